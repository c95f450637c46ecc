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
//! and freenginx. What an error line tells of its request is read by [`context`];
//! its configuration by [`Config`].

pub(super) mod config;
mod context;

use memchr::memchr_iter;

use super::access::{self, Dialect};
use super::{Format, Framing, Hit, Level, Record, Value, stamp, text};
pub use config::Config;

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
        (head(line).is_some() || line.starts_with(b"nginx: ") || is_cut_head(line))
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

/// A line with its own stamp, whoever passes it on.
pub(super) fn stamped(line: &[u8]) -> Option<Record<'_>> {
    head(line).map(with_stamp)
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

/// Whether the line was cut in the middle of a write, before its message: it is no record, but continues none either.
fn is_cut_head(line: &[u8]) -> bool {
    const SIGN: &[u8] = b"dddd/dd/dd dd:dd:dd ["; // d stands for a digit
    let fits = |(byte, sign): (&u8, &u8)| if *sign == b'd' { byte.is_ascii_digit() } else { byte == sign };
    let (stamp, rest) = line.split_at(line.len().min(SIGN.len()));
    let is_head = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b']' | b' ' | b'#');
    line.len() > 4 && stamp.iter().zip(SIGN).all(fits) && rest.iter().all(is_head)
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
/// in the configuration. Windows has hexadecimal ones too.
fn errno(message: &[u8]) -> Option<i64> {
    memchr_iter(b'(', message).rev().find_map(|open| {
        let before = message[..open].strip_suffix(b" ")?;
        let inside = &message[open + 1..];
        let colon = inside.iter().take(12).position(|byte| *byte == b':')?;
        let described = inside[colon..].strip_prefix(b": ")?;
        memchr_iter(b')', described).find(|close| ends_errno(&described[close + 1..]))?;
        let code = str::from_utf8(&inside[..colon]).ok()?;
        let code = code.parse().ok().or_else(|| i64::from_str_radix(code, 16).ok())?;
        // The resolver's answers look alike: `(3: Host not found)` is a code of DNS.
        let is_answer = before.ends_with(b"could not be resolved") && code < 10;
        (!is_answer).then_some(code)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(line: &str) -> Record<'_> {
        ErrorLog.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{line}"))
    }

    #[test]
    fn heads() {
        let record =
            read("2026/11/24 03:22:01 [emerg] 812#815: *7 bind() to 0.0.0.0:80 failed (98: Address already in use)");
        assert_eq!((record.level, record.pid, record.tid), (Some(Level::Emerg), Some(812), Some(815)));
        assert_eq!((record.program.as_deref(), record.number_field("connection")), (Some("nginx"), Some(7)));
        assert_eq!(record.stamp, stamp::nginx_error(b"2026/11/24 03:22:01"));
        let record = read("nginx: [emerg] still could not bind()");
        assert_eq!((record.level, record.stamp), (Some(Level::Emerg), None));
        assert_eq!((record.program.as_deref(), record.message()), (Some("nginx"), "still could not bind()"));
        let record = read("nginx: configuration file /etc/nginx/nginx.conf test failed");
        assert_eq!((record.level, record.message()), (None, "configuration file /etc/nginx/nginx.conf test failed"));
    }

    #[test]
    fn system_errors() {
        for (message, want) in [
            ("bind() to 0.0.0.0:80 failed (98: Address already in use)", Some(98)),
            ("connect() failed (111: Connection refused) while connecting to upstream", Some(111)),
            ("open() \"/a\" failed (2: No such file or directory) in /etc/nginx/nginx.conf:3", Some(2)),
            ("bind() to 0.0.0.0:80 failed (10013: An attempt (of any kind) was made)", Some(10013)),
            ("CreateFile() failed (800705AA: x)", Some(0x8007_05aa)),
            ("backend.internal could not be resolved (3: Host not found)", None),
            ("backend.internal could not be resolved (110: Operation timed out)", Some(110)),
            ("cannot load certificate \"/a\": BIO_new_file() failed (SSL: error:80000002:system library)", None),
            ("signal 15 (SIGTERM) received from 1, exiting", None),
            ("open() \"/a (5: b) c\" failed (2: No such file or directory)", Some(2)),
        ] {
            assert_eq!(errno(message.as_bytes()), want, "{message}");
        }
    }

    #[test]
    fn a_client_cannot_forge_a_record() {
        let forged = b"2026/11/24 03:22:01 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)\" failed (2: No such file or directory), client: 192.0.2.7, server: a, request: \"GET /a%0A2026 HTTP/1.1\"";
        let open = b"2026/11/24 03:22:01 [error] 7#7: *1 open() \"/srv/a";
        let cut = [&open[..], &[b'a'; 2047]].concat();
        let closed =
            b"2026/11/24 03:22:01 [error] 7#7: *1 open() \"/srv/a\"b\" failed (2: x), client: 192.0.2.7, server: a";
        for (why, previous, want) in [
            ("at the start of a file", &b""[..], true),
            ("behind an open quote", open, false),
            ("behind a line that was cut", &cut, true),
            ("behind a quote of a client, closed", closed, true),
            ("behind another program's line", b"say \"hello", true),
        ] {
            assert_eq!(ErrorLog.is_start(previous, forged), want, "{why}");
        }
        assert!(!ErrorLog.is_start(open, b"nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"));
    }

    #[test]
    fn starts() {
        for (line, want) in [
            ("2026/11/24 03:22:01 [notice] 812#812: start worker processes", true),
            ("nginx: [warn] conflicting server name \"a\" on 0.0.0.0:80, ignored", true),
            ("2026/11/24 03:22:01 [e", true), // cut in the middle of a write; it is no record
            ("2026/11/2", true),
            ("2026", false),
            ("PHP message: PHP Notice:  second in /var/www/a.php on line 2", false),
            ("2026/11/24 03:22:01 deploy of shop", false),
            ("2026/02/30 03:22:01 [error] 1#1: x", false),
            ("[Sun Nov 22 11:00:06.001006 2026] [core:notice] [pid 811] AH00051: x", false),
        ] {
            assert_eq!(ErrorLog.is_start(b"", line.as_bytes()), want, "{line}");
        }
        assert!(ErrorLog.parse(b"2026/11/24 03:22:01 [e").is_none());
    }

    #[test]
    fn samples_are_read() {
        for line in ErrorLog.samples() {
            assert!(ErrorLog.is_start(b"", line.as_bytes()) && ErrorLog.parse(line.as_bytes()).is_some(), "{line}");
        }
        for line in AccessLog.samples() {
            assert!(AccessLog.is_start(b"", line.as_bytes()) && AccessLog.parse(line.as_bytes()).is_some(), "{line}");
        }
    }

    #[test]
    fn a_status_of_nginx() {
        let line = br#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 009 37 "-" "-""#;
        assert_eq!(AccessLog.parse(line).unwrap().request.unwrap().status, Some(9));
    }
}
