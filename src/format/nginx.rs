//! nginx: its access log, its error log, and what it writes to standard error.
//!
//! ```text
//! 203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] "GET /api/ HTTP/1.1" 502 157 "-" "curl/8.5.0"
//! 2026/11/24 03:22:01 [error] 812#812: *7 connect() failed (111: Connection refused) while connecting to upstream, client: …
//! nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)
//! ```
//!
//! An access line is written when the request ends; one of the error log as `ngx_log_error_core` in
//! `src/core/ngx_log.c` makes it, in the server's local time without offset. The same for OpenResty, Angie, Tengine
//! and freenginx. What an error line tells of its request is read by [`context`].

mod context;

use memchr::memchr_iter;

use super::access::{self, Dialect};
use super::{Format, Framing, Hit, Level, Record, Value, stamp, text};

/// The access log: combined, main and what people add to them.
pub struct AccessLog;

impl Format for AccessLog {
    fn name(&self) -> &'static str {
        "nginx-access"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        access::is_start(line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        access::read(record, Dialect::Nginx)
    }

    #[inline]
    fn hit<'a>(&self, line: &'a [u8], stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
        access::hit(line, Dialect::Nginx, stamps)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] "GET /?q=\x22z\x22 HTTP/1.1" 502 157 "-" "curl/8.5.0""#,
            r#"2001:db8::d5f5 - - [24/Nov/2026:03:24:39 +0100] "GET /sleep/ HTTP/2.0" 499 0 "-" "umlaut-\xC3\xA4" "10.0.0.1""#,
        ]
    }
}

/// The error log.
pub struct ErrorLog;

/// Bytes of a line that nginx cuts (`NGX_MAX_ERROR_STR`, without the newline).
const CUT_BYTES: usize = 2047;

impl Format for ErrorLog {
    fn name(&self) -> &'static str {
        "nginx-error"
    }

    /// A path is decoded before it is logged, so that a client can put a newline into a line, and behind it what looks
    /// like another. Then the line before leaves a quote open in its message. So does one that was cut.
    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        (line.starts_with(b"nginx: ") || head(line).is_some())
            && (previous.len() >= CUT_BYTES || !leaves_open(previous))
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        bare(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026/11/24 03:22:01 [emerg] 812#812: bind() to 0.0.0.0:80 failed (98: Address already in use)",
            r#"2026/11/24 03:22:01 [error] 812#815: *7 open() "/srv/a" failed (2: No such file or directory), client: 203.0.113.5, server: www.example.com, request: "GET /a HTTP/1.1", host: "www.example.com""#,
            "nginx: [emerg] still could not bind()",
            "nginx: configuration file /etc/nginx/nginx.conf test failed",
        ]
    }
}

/// Whether a program of this name writes nginx's lines: `nginx`, `openresty`, `angie`, `tengine`, `freenginx`.
pub fn writes_as(program: &str) -> bool {
    matches!(program, "nginx" | "openresty" | "angie" | "tengine" | "freenginx")
}

/// A line of nginx inside an envelope: with its own stamp, or bare as on standard error (`nginx: [emerg] …`).
pub fn bare(line: &[u8]) -> Option<Record<'_>> {
    match head(line) {
        Some(head) => Some(with_stamp(head)),
        None => without_stamp(line),
    }
}

/// What stands before the message.
struct Head<'a> {
    stamp: stamp::Stamp,
    level: Level,
    pid: i64,
    tid: i64,
    message: &'a [u8],
}

/// `2026/11/24 03:22:01 [emerg] 812#815: `
fn head(line: &[u8]) -> Option<Head<'_>> {
    let stamp = stamp::nginx_error(line)?;
    let (level, rest) = level(line[19..].strip_prefix(b" ")?)?;
    let (pid, rest) = number(rest.strip_prefix(b" ")?)?;
    let (tid, rest) = number(rest.strip_prefix(b"#")?)?;
    Some(Head { stamp, level, pid, tid, message: rest.strip_prefix(b": ")? })
}

/// `[emerg]` and the rest.
fn level(text: &[u8]) -> Option<(Level, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let end = inside.iter().take(8).position(|byte| *byte == b']')?;
    Some((Level::from_name(&inside[..end])?, &inside[end + 1..]))
}

/// Digits at the beginning and the rest.
fn number(text: &[u8]) -> Option<(i64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let number = str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((number, &text[end..]))
}

fn with_stamp(head: Head<'_>) -> Record<'_> {
    let mut record = named();
    record.stamp = Some(head.stamp);
    record.level = Some(head.level);
    record.pid = Some(head.pid);
    record.tid = Some(head.tid);
    tell(head.message, &mut record);
    record
}

/// `nginx: [emerg] bind() to …`, `nginx: configuration file … test failed`
fn without_stamp(line: &[u8]) -> Option<Record<'_>> {
    let mut record = named();
    let line = line.strip_prefix(b"nginx: ").or_else(|| level(line).map(|_| line))?;
    let message = match level(line) {
        Some((level, rest)) => {
            record.level = Some(level);
            rest.strip_prefix(b" ").unwrap_or(rest)
        }
        None => line,
    };
    tell(message, &mut record);
    Some(record)
}

fn named() -> Record<'static> {
    Record { program: Some("nginx".into()), ..Record::new("nginx-error") }
}

/// `*7 connect() failed (111: Connection refused) while connecting to upstream, client: …`
fn tell<'a>(message: &'a [u8], record: &mut Record<'a>) {
    let (connection, message) = match message.strip_prefix(b"*").and_then(number) {
        Some((connection, rest)) if rest.starts_with(b" ") => (Some(connection), &rest[1..]),
        _ => (None, message),
    };
    let (message, context) = context::split(message);
    record.message = Some(text(message));
    let numbers = [("connection", connection), ("errno", errno(message))];
    record.fields.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.into(), Value::Number(number?)))));
    if let Some(context) = context {
        context::tell(context, record);
    }
}

/// `98` of ` (98: Address already in use)`, which `ngx_log_errno` puts behind the text, before an action or a place
/// in the configuration. Windows has hexadecimal ones too. The resolver's codes look alike and are no errno.
fn errno(message: &[u8]) -> Option<i64> {
    memchr_iter(b'(', message).rev().find_map(|open| {
        let inside = &message[open + 1..];
        let colon = inside.iter().take(12).position(|byte| *byte == b':')?;
        let close = memchr_iter(b')', inside).find(|close| ends_errno(&inside[close + 1..]))?;
        let is_resolver = message[..open].ends_with(b"could not be resolved ");
        (message[..open].ends_with(b" ") && inside[colon..].starts_with(b": ") && colon < close && !is_resolver)
            .then_some(())?;
        let code = str::from_utf8(&inside[..colon]).ok()?;
        code.parse().ok().or_else(|| i64::from_str_radix(code, 16).ok())
    })
}

/// Whether the text can stand behind an errno.
fn ends_errno(rest: &[u8]) -> bool {
    rest.is_empty() || [&b" while "[..], b" in ", b", ", b"\n"].iter().any(|next| rest.starts_with(next))
}

/// Whether a line with nginx's stamp leaves a quote open in its own message.
fn leaves_open(line: &[u8]) -> bool {
    let Some(head) = head(line) else { return false };
    let (message, context) = context::split(head.message);
    context.is_none() && memchr_iter(b'"', message).count() % 2 == 1
}
