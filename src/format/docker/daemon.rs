//! The log of dockerd and containerd: logfmt, as logrus writes it to standard error.
//!
//! ```text
//! time="2026-11-24T02:40:59.372958811Z" level=warning msg="Failed to allocate and map port" error="address already in use"
//! INFO[2026-11-24T02:40:55.497616319Z] Starting up                        on a terminal, with colours
//! {"level":"info","msg":"Starting up","time":"2026-11-24T02:40:55.497616319Z"}      --log-format json, since 25
//! ```
//!
//! Values are quoted as Go's `%q` does where they hold more than letters, digits and `-._/@^+`.

use std::collections::BTreeMap;

use crate::format::{Format, Level, Record, Text, Value, stamp, text};

/// The log of dockerd or containerd in a file of its own.
pub struct DaemonLog;

impl Format for DaemonLog {
    fn name(&self) -> &'static str {
        "dockerd"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"time=\"") || line.starts_with(b"{\"level\":\"") || terminal_level(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let mut record = match std::str::from_utf8(record) {
            Ok(text) => daemon_line(text)?,
            Err(_) => crate::format::nest::owned(&daemon_line(&text(record))?),
        };
        record.program = Some("dockerd".into());
        Some(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "time=\"2026-11-24T02:40:59.372958811Z\" level=warning msg=\"Failed to allocate and map port 8090-8090: \
             Error starting userland proxy: listen tcp4 203.0.113.9:8090: bind: cannot assign requested address\"",
            "INFO[2026-11-24T02:40:55.497616319Z] Starting up                                  ",
        ]
    }
}

/// A line of dockerd's or containerd's own log inside an envelope, or in a file.
pub fn daemon_line(text: &str) -> Option<Record<'_>> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.starts_with("time=") {
        logfmt(text)
    } else if text.starts_with('{') {
        json(text)
    } else {
        terminal(text)
    }
}

/// `time="…" level=error msg="…" error="…"`
fn logfmt(line: &str) -> Option<Record<'_>> {
    let mut record = Record::new("dockerd");
    let mut rest = line;
    while let Some((name, value, behind)) = pair(rest) {
        place(&mut record, name.into(), value);
        rest = behind;
    }
    (record.stamp.is_some() && record.message.is_some()).then_some(record)
}

/// Puts a value where it belongs; all that is not time, level or message keeps its name.
fn place<'a>(record: &mut Record<'a>, name: Text<'a>, value: Text<'a>) {
    match name.as_ref() {
        "time" if record.stamp.is_none() => record.stamp = stamp::iso(value.as_bytes()).map(|(stamp, _)| stamp),
        "level" if record.level.is_none() => record.level = Level::from_name(value.as_bytes()),
        "msg" if record.message.is_none() => record.message = Some(value),
        _ => record.fields.push((name, Value::Text(value))),
    }
}

/// `name=value` at the beginning, and what is behind it. `None` where there is none.
fn pair(line: &str) -> Option<(&str, Text<'_>, &str)> {
    let line = line.trim_start_matches(' ');
    let end = line.find(['=', ' ', '"']).filter(|end| *end > 0)?;
    let (name, behind) = line.split_at(end);
    let behind = behind.strip_prefix('=')?;
    let (value, behind) = match behind.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => {
            let (value, behind) = behind.split_at(behind.find(' ').unwrap_or(behind.len()));
            (Text::Borrowed(value), behind)
        }
    };
    Some((name, value, behind))
}

/// The text up to the closing quote, with Go's escapes read, and what is behind the quote.
fn unquote(quoted: &str) -> Option<(Text<'_>, &str)> {
    let end = quoted.find(['"', '\\'])?;
    let (plain, behind) = quoted.split_at(end);
    if let Some(behind) = behind.strip_prefix('"') {
        return Some((Text::Borrowed(plain), behind));
    }
    let mut value = plain.as_bytes().to_vec();
    let mut rest = behind;
    loop {
        let at = rest.find(['"', '\\'])?;
        value.extend_from_slice(rest.as_bytes().get(..at)?);
        rest = match rest.get(at..)?.strip_prefix('\\') {
            Some(escape) => unescape(escape, &mut value)?,
            None => return Some((text(&value).into_owned().into(), rest.get(at + 1..)?)),
        };
    }
}

/// What follows a backslash: `n`, `"`, `x1b`, `u00fc`. Writes the letter, and gives what is behind.
fn unescape<'a>(escape: &'a str, value: &mut Vec<u8>) -> Option<&'a str> {
    let letter = escape.chars().next()?;
    let behind = escape.get(letter.len_utf8()..)?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let number = u32::from_str_radix(behind.get(..digits)?, 16).ok()?;
        match u8::try_from(number) {
            Ok(byte) if letter == 'x' => value.push(byte),
            _ => value
                .extend_from_slice(char::from_u32(number).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]).as_bytes()),
        }
        return behind.get(digits..);
    }
    let plain = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        other => other,
    };
    value.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
    Some(behind)
}

/// `{"level":"info","msg":"Starting up","time":"…"}`. logrus sorts the keys; loggers of other languages do not.
fn json(line: &str) -> Option<Record<'_>> {
    let (msg, time) = (line.find("\"msg\":")?, line.rfind("\"time\":")?);
    (msg < time).then_some(())?;
    let members: BTreeMap<Text<'_>, serde_json::Value> = serde_json::from_str(line).ok()?;
    let mut record = Record::new("dockerd");
    for (name, member) in members {
        let value = match member {
            serde_json::Value::String(text) => text,
            serde_json::Value::Null => continue,
            other => other.to_string(),
        };
        place(&mut record, name, value.into());
    }
    (record.stamp.is_some() && record.level.is_some() && record.message.is_some()).then_some(record)
}

/// `WARN[2026-11-24T03:06:52.829467997Z] failed to load plugin x  error="devmapper not configured"`, colours removed.
/// `[0000]` counts seconds since the start.
fn terminal(line: &str) -> Option<Record<'_>> {
    let level = terminal_level(line.as_bytes())?;
    let (head, message) = line.split_once(']')?;
    let moment = head.rsplit_once('[')?.1;
    let mut record = Record::new("dockerd");
    record.level = Some(level);
    record.stamp = stamp::iso(moment.as_bytes()).map(|(stamp, _)| stamp);
    if record.stamp.is_none() && !moment.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let message = message.strip_prefix(' ').unwrap_or(message);
    // In colour the names of fields are coloured, too; a message may hold pairs of its own.
    let end = if line.starts_with('\x1b') { message.find(" \x1b[") } else { fields_at(message) };
    let (message, fields) = message.split_at(end.unwrap_or(message.len()));
    let fields = without_colours(fields);
    let mut rest = fields.as_str();
    while let Some((name, value, behind)) = pair(rest) {
        record.fields.push((name.to_owned().into(), Value::Text(value.into_owned().into())));
        rest = behind;
    }
    record.message = Some(message.trim_end_matches(' ').into());
    Some(record)
}

/// Where the fields begin behind a message of the terminal's form: at the first blank from where on there are only
/// pairs.
fn fields_at(message: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let start = from + message.get(from..)?.find(' ')?;
        let mut rest = message.get(start..)?;
        while let Some((_, _, behind)) = pair(rest) {
            rest = behind;
        }
        let end = message.len() - rest.len();
        if end > start && rest.trim_matches(' ').is_empty() {
            return Some(start);
        }
        from = end.max(start + 1); // what is no pair from here on is none from a pair before it
    }
}

/// `INFO[`, also in colour.
fn terminal_level(line: &[u8]) -> Option<Level> {
    let line = line.strip_prefix(b"\x1b[").map_or(line, |rest| {
        let end = rest.iter().take(8).position(|byte| *byte == b'm').map_or(0, |at| at + 1);
        rest.get(end..).unwrap_or_default()
    });
    let name = line.get(..4)?;
    let is_open = matches!(line.get(4..)?, [b'[', ..] | [b'\x1b', b'[', b'0', b'm', b'[', ..]);
    let level = match name {
        b"TRAC" => Level::Trace,
        b"DEBU" => Level::Debug,
        b"INFO" => Level::Info,
        b"WARN" => Level::Warn,
        b"ERRO" => Level::Error,
        b"FATA" => Level::Crit,
        b"PANI" => Level::Emerg,
        _ => return None,
    };
    is_open.then_some(level)
}

/// The line without `ESC [ … m`.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, behind)| behind));
    }
    plain
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_the_daemon_writes() {
        for (line, level, message, field) in [
            (
                r#"time="2026-11-24T02:40:55.610596288Z" level=info msg=serving... address=/run/c.sock"#,
                Level::Info,
                "serving...",
                Some(("address", "/run/c.sock")),
            ),
            (
                r#"time="2026-11-24T02:40:55+01:00" level=error msg="a \"b\"\n\x1b\u00fc" error="listen tcp4 0.0.0.0:80: bind""#,
                Level::Error,
                "a \"b\"\n\x1bü",
                Some(("error", "listen tcp4 0.0.0.0:80: bind")),
            ),
            (
                r#"time="2026-11-24T02:40:55Z" level=warning msg="gr\xfc\xdfe""#,
                Level::Warn,
                "gr\u{fffd}\u{fffd}e",
                None,
            ),
            (
                r#"time="2026-11-24T02:40:55Z" level=fatal msg="" graphdriver(s)=vfs"#,
                Level::Crit,
                "",
                Some(("graphdriver(s)", "vfs")),
            ),
            (
                "INFO[2026-11-24T03:06:52.732949174Z] Starting up                                  ",
                Level::Info,
                "Starting up",
                None,
            ),
            (
                "\x1b[33mWARN\x1b[0m[2026-11-24T03:06:52.829Z] failed to load  \x1b[33merror\x1b[0m=\"not configured\"",
                Level::Warn,
                "failed to load",
                Some(("error", "not configured")),
            ),
            (
                "\x1b[33mWARN\x1b[0m[0000] version `1`, see https://x/y?a=b for more \r",
                Level::Warn,
                "version `1`, see https://x/y?a=b for more",
                None,
            ),
            (
                r#"{"level":"error","msg":"x","time":"2026-11-24T02:40:55Z","error":"y"}"#,
                Level::Error,
                "x",
                Some(("error", "y")),
            ),
        ] {
            assert!(DaemonLog.is_start(b"", line.as_bytes()), "{line}");
            let record = daemon_line(line).unwrap_or_else(|| unreachable!("{line}"));
            assert_eq!((record.level, record.message()), (Some(level), message), "{line}");
            if let Some((name, value)) = field {
                assert_eq!(record.text_field(name), Some(value), "{line}");
            }
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in [
            r#"time="2026-11-24T02:40:55Z" level=info"#,
            r#"time="soon" level=info msg=x"#,
            r#"time="2026-11-24T02:40:55Z" level=info msg="cut o"#,
            "INFO: started",
            "INFO[web] started",
            r#"{"level":"error","msg":"x"}"#,
            "",
        ] {
            assert!(daemon_line(line).is_none(), "{line}");
        }
        for sample in DaemonLog.samples() {
            assert!(DaemonLog.parse(sample.as_bytes()).is_some());
        }
    }
}
