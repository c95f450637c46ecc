//! What a line says in plain words: all of it, or where it is JSON, logfmt or klog its message and its error. Other
//! fields hold what clients and other programs said.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::head;

/// The sentences of a line, each of which may be worded as an event.
pub(super) fn sayings(line: &str) -> Vec<Cow<'_, str>> {
    // Blanks are the program's own indentation; a tab is how PostgreSQL marks lines of a client's statement.
    let line = line.trim_end().trim_start_matches(' ');
    if line.starts_with('{') && line.ends_with('}') {
        return json(line).unwrap_or_default();
    }
    if let Some(text) = head::klog(line) {
        return klog(text);
    }
    if let Some(pairs) = logfmt(line) {
        let own = pairs.into_iter().filter(|(key, _)| matches!(*key, "msg" | "err" | "error"));
        return own.map(|(_, value)| value).collect();
    }
    vec![Cow::Borrowed(line.strip_prefix("==> ").unwrap_or(line))]
}

/// Lines of a message that are looked at.
const MOST_LINES: usize = 60;

/// The lines of a message that tell events: the first, and where it holds a stack trace, which stands above or below
/// the error, all of them. rsyslog writes a newline as `#012`.
pub(super) fn lines(message: &str) -> impl Iterator<Item = &str> {
    let escaped = !message.contains('\n') && message.contains("#012");
    let separator = if escaped { "#012" } else { "\n" };
    let is_frame = |line: &str| {
        let line = line.trim_start();
        line.starts_with("at ") || line.starts_with("File \"") || line.starts_with("Traceback (")
    };
    let traced = message.contains(separator) && message.split(separator).any(is_frame);
    message.split(separator).take(if traced { MOST_LINES } else { 1 })
}

/// The fields of loggers in JSON that hold the program's own words.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    msg: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    error: Option<Value>,
    err: Option<Value>,
    level: Option<Value>,
    /// Who says it within the program: zap.
    #[serde(borrow)]
    logger: Option<Cow<'a, str>>,
    /// The same in MongoDB, where `attr.error` is the error.
    #[serde(borrow)]
    ctx: Option<Cow<'a, str>>,
    attr: Option<Value>,
}

fn json(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    let mut sayings = Vec::new();
    let message = line.msg.or(line.message);
    if let Some(message) = &message {
        match (&line.ctx, &line.logger) {
            // As MongoDB wrote it up to 4.2.
            (Some(context), _) => {
                let error = line.attr.as_ref().and_then(|attr| attr.get("error")).and_then(Value::as_str);
                let error = error.map(|error| format!(": {error}")).unwrap_or_default();
                sayings.push(format!("[{context}] {message}{error}").into());
            }
            (None, Some(logger)) => sayings.push(format!("{logger}: {message}").into()),
            (None, None) => {}
        }
        if line.level.as_ref().and_then(Value::as_str) == Some("fatal") {
            sayings.push(format!("fatal: {message}").into());
        }
    }
    let errors = [line.error, line.err];
    sayings
        .extend(errors.into_iter().flatten().filter_map(|error| error.as_str().map(|error| error.to_owned().into())));
    sayings.extend(message);
    Some(sayings)
}

/// `"can't open port, skipping it" err="…" port=…`, or plain text as before 1.19
fn klog(text: &str) -> Vec<Cow<'_, str>> {
    let Some((message, rest)) = quoted(text) else { return vec![Cow::Borrowed(text)] };
    let mut sayings = vec![message];
    let pairs = pairs(rest.trim_start_matches(' '));
    sayings.extend(pairs.into_iter().filter(|(key, _)| *key == "err").map(|(_, value)| value));
    sayings
}

/// A line of pairs, with a message among them.
fn logfmt(line: &str) -> Option<Vec<(&str, Cow<'_, str>)>> {
    let (first, _) = line.split_once('=')?;
    let is_first = matches!(first, "time" | "ts" | "t" | "level" | "lvl" | "msg" | "logger" | "caller");
    is_first.then(|| pairs(line))
}

/// `key=value key="quoted value"`, up to where the line is no longer of this form.
fn pairs(line: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while let Some((key, after)) = rest.split_once('=') {
        if key.is_empty() || key.contains([' ', '"']) {
            break;
        }
        let (value, next) = match quoted(after) {
            Some((value, next)) => (value, next),
            None => match after.split_once(' ') {
                Some((value, next)) => (Cow::Borrowed(value), next),
                None => (Cow::Borrowed(after), ""),
            },
        };
        pairs.push((key, value));
        rest = next.trim_start_matches(' ');
    }
    pairs
}

/// A string as Go quotes it, and what follows.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let body = text.strip_prefix('"')?;
    let mut unescaped: Option<String> = None;
    let mut from = 0;
    loop {
        let at = from + body.get(from..)?.find(['"', '\\'])?;
        let plain = body.get(from..at)?;
        if body.as_bytes().get(at) == Some(&b'"') {
            let value = match unescaped {
                Some(mut value) => {
                    value.push_str(plain);
                    Cow::Owned(value)
                }
                None => Cow::Borrowed(plain),
            };
            return Some((value, body.get(at + 1..)?));
        }
        let value = unescaped.get_or_insert_default();
        value.push_str(plain);
        let escaped = body.get(at + 1..)?.chars().next()?;
        match escaped {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '"' | '\\' => value.push(escaped),
            _ => value.extend(['\\', escaped]),
        }
        from = at + 1 + escaped.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_is_read_to_the_error() {
        for (message, count) in [
            ("one line", 1),
            ("a text\nof a client", 1),
            (
                "Traceback (most recent call last):\n  File \"x.py\", line 1\nOSError: [Errno 98] Address already in use",
                3,
            ),
            ("Error: listen EADDRINUSE :::3000#012    at Server.setup (node:net:1)#012", 3),
        ] {
            assert_eq!(lines(message).count(), count, "{message}");
        }
    }

    #[test]
    fn the_programs_own_words() {
        for (line, want) in [
            ("plain text", &["plain text"][..]),
            ("==> Error starting agent", &["Error starting agent"]),
            (r#"{"level":"info","ts":1,"msg":"serving initial configuration"}"#, &["serving initial configuration"]),
            (r#"{"logger":"admin.api","msg":"load complete"}"#, &["admin.api: load complete", "load complete"]),
            (
                r#"{"level":"fatal","msg":"discovery failed","error":"listen tcp x"}"#,
                &["fatal: discovery failed", "listen tcp x", "discovery failed"],
            ),
            (r#"{"level":"warn","msg":"upstream said","body":"listen tcp :80"}"#, &["upstream said"]),
            (
                r#"{"ctx":"initandlisten","msg":"Failed","attr":{"error":"SocketException: x"}}"#,
                &["[initandlisten] Failed: SocketException: x", "Failed"],
            ),
            (
                r#"ts=2026 level=error msg="Unable to start" err="listen tcp \"x\"""#,
                &["Unable to start", r#"listen tcp "x""#],
            ),
            (r#"time="2019-07-02T15:43:19Z" level=fatal msg=short"#, &["short"]),
            (
                r#"E0118 15:18:19.124718   26788 proxier.go:1600] "can't open" err="listen tcp4 :31058" port={a=b}"#,
                &["can't open", "listen tcp4 :31058"],
            ),
            ("E0118 15:18:19.124718   26788 pod_workers.go:182] Error syncing pod", &["Error syncing pod"]),
            ("{not json}", &[]),
        ] {
            assert_eq!(sayings(line), want, "{line}");
        }
    }
}
