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
    // A term of Erlang begins and ends so, too.
    if (line.starts_with("{\"") || line.starts_with("{ ")) && line.ends_with('}') {
        return json(line).unwrap_or_default();
    }
    if let Some(text) = head::klog(line) {
        return klog(text);
    }
    if let Some((_, rest)) = quoted(line) {
        return errors(rest).collect(); // klog without its head
    }
    if let Some(pairs) = logfmt(line) {
        let own = pairs.into_iter().filter(|(key, _)| matches!(*key, "msg" | "err" | "error"));
        return own.map(|(_, value)| value).collect();
    }
    let mut sayings = vec![Cow::Borrowed(line.strip_prefix("==> ").unwrap_or(line))];
    sayings.extend(error_behind(line));
    sayings
}

/// The error that hclog (Consul, Vault) and zerolog (Traefik 3) print behind a message that is not quoted itself:
/// `2026-11-24T03:00:00.123Z [ERROR] agent: Error starting agent: error="…"`, `… ERR Command error error="…"`.
fn error_behind(line: &str) -> Option<Cow<'_, str>> {
    const LEVELS: &[&str] = &[" [ERROR] ", " ERR ", " FTL ", " [ERR] "];
    let (before, rest) = line.split_once(" error=").or_else(|| line.split_once(" err="))?;
    let is_own = LEVELS.iter().any(|level| before.contains(level)) && !before.contains('"');
    let (error, behind) = quoted(rest).filter(|_| is_own)?;
    (behind.is_empty() || behind.starts_with(' ')).then_some(error)
}

/// Whether a line in JSON or of pairs says of itself that nothing is wrong: `"level":"info"`, `level=debug`, pino's 30.
/// What failed to listen is told louder.
pub(super) fn is_calm(line: &str) -> bool {
    let line = line.trim();
    let level = if line.starts_with('{') {
        let level = serde_json::from_str::<Line<'_>>(line).ok().and_then(|line| line.level);
        match level {
            Some(Value::Number(number)) => return number.as_u64().is_some_and(|number| number <= 30),
            Some(Value::String(level)) => level,
            _ => return false,
        }
    } else {
        let pairs = logfmt(line).unwrap_or_default();
        let level = pairs.into_iter().find(|(key, _)| matches!(*key, "level" | "lvl"));
        level.map(|(_, level)| level.into_owned()).unwrap_or_default()
    };
    ["info", "debug", "trace"].iter().any(|calm| level.eq_ignore_ascii_case(calm))
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
    /// The same in Elasticsearch, up to 7 and from 8 on.
    #[serde(borrow)]
    component: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "log.logger")]
    log_logger: Option<Cow<'a, str>>,
    /// The same in MongoDB, where `attr.error` is the error.
    #[serde(borrow)]
    ctx: Option<Cow<'a, str>>,
    attr: Option<Value>,
}

/// What an error's value says: text, or an object that holds it (pino, MongoDB).
fn error_text(error: &Value) -> Option<String> {
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    match (error.as_str(), text("codeName"), text("errmsg")) {
        (Some(error), _, _) => Some(error.to_owned()),
        (_, Some(name), Some(message)) => Some(format!("{name}: {message}")),
        _ => text("message").map(str::to_owned),
    }
}

fn json(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    let mut sayings = Vec::new();
    let message = line.msg.or(line.message);
    if let Some(message) = &message {
        match (&line.ctx, line.logger.as_ref().or(line.component.as_ref()).or(line.log_logger.as_ref())) {
            // As MongoDB wrote it up to 4.2.
            (Some(context), _) => sayings.extend(of_mongodb(context, message, line.attr.as_ref())),
            (None, Some(logger)) => sayings.push(format!("{logger}: {message}").into()),
            (None, None) => {}
        }
        if line.level.as_ref().and_then(Value::as_str) == Some("fatal") {
            sayings.push(format!("fatal: {message}").into());
        }
    }
    let errors = [line.error, line.err];
    sayings.extend(errors.iter().flatten().filter_map(error_text).map(Cow::Owned));
    sayings.extend(message);
    Some(sayings)
}

/// `[initandlisten] Failed to set up listener: SocketException: …`; an exit with its code, a crash with its own words.
fn of_mongodb<'a>(context: &str, message: &str, attr: Option<&Value>) -> Vec<Cow<'a, str>> {
    let part = |key: &str| attr.and_then(|attr| attr.get(key));
    let error = part("error").and_then(error_text).map(|error| format!(": {error}"));
    let code = part("exitCode").map(|code| format!(" with code:{code}"));
    let crash = part("message").and_then(Value::as_str).map(|text| format!("[{context}] {}", text.trim_end()));
    let whole = format!("[{context}] {message}{}{}", error.unwrap_or_default(), code.unwrap_or_default());
    std::iter::once(whole).chain(crash).map(Cow::Owned).collect()
}

/// `"can't open port, skipping it" err="…" port=…`, or plain text as before 1.19
fn klog(text: &str) -> Vec<Cow<'_, str>> {
    let Some((message, rest)) = quoted(text) else { return vec![Cow::Borrowed(text)] };
    std::iter::once(message).chain(errors(rest)).collect()
}

/// ` err="…" port=…`
fn errors(rest: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let pairs = pairs(rest.trim_start_matches(' '));
    pairs.into_iter().filter(|(key, _)| *key == "err").map(|(_, value)| value)
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
    fn lines_of_which_the_level_says_that_all_is_well() {
        for (line, calm) in [
            (r#"{"level":"info","msg":"x"}"#, true),
            (r#"{"level":"error","msg":"x"}"#, false),
            (r#"{"level":30,"msg":"x"}"#, true),
            (r#"{"level":50,"msg":"x"}"#, false),
            (r#"{"msg":"x"}"#, false),
            ("ts=1 level=INFO msg=x", true),
            ("ts=1 level=error msg=x", false),
            ("level: info", false),
        ] {
            assert_eq!(is_calm(line), calm, "{line}");
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
            (r#""can't open" err="listen tcp4 :31058" port={a=b}"#, &["listen tcp4 :31058"]),
            (r#""listen tcp :80""#, &[]),
            ("{\"not\": json}", &[]),
            (r#"{listen_error,shop,eaddrinuse}"#, &["{listen_error,shop,eaddrinuse}"]),
            (
                r#"{"ctx":"initandlisten","msg":"Error","attr":{"error":{"codeName":"SocketException","errmsg":"x"}}}"#,
                &["[initandlisten] Error: SocketException: x", "Error"],
            ),
            (
                r#"{"ctx":"x","msg":"Shutting down","attr":{"exitCode":48}}"#,
                &["[x] Shutting down with code:48", "Shutting down"],
            ),
            (r#"{"level":50,"err":{"message":"listen x"},"msg":"y"}"#, &["listen x", "y"]),
            (
                r#"2026-11-24T03:00:00.123Z [ERROR] agent: Error starting agent: error="listen tcp x""#,
                &[
                    r#"2026-11-24T03:00:00.123Z [ERROR] agent: Error starting agent: error="listen tcp x""#,
                    "listen tcp x",
                ],
            ),
            (r#"GET /?q= error="listen tcp x""#, &[r#"GET /?q= error="listen tcp x""#]),
        ] {
            assert_eq!(sayings(line), want, "{line}");
        }
    }
}
