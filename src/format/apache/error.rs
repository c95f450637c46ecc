//! The error log of Apache, as `do_errorlog_default` in `server/log.c` writes it.
//!
//! ```text
//! [Tue Nov 24 02:04:03.123456 2026] [proxy:error] [pid 788:tid 791] mod_x.c(820): (111)Connection refused: [client 203.0.113.9:51234] AH00957: …, referer: https://e.example/
//! [Mon Dec 26 16:22:08 2016] [error] [client 192.0.2.1] File does not exist: /x
//! (98)Address already in use: AH00072: make_sock: could not bind to address [::]:80
//! ```
//!
//! The stamp is the server's local time without offset. Version 2.2 has neither fraction nor module, process and code.
//! What is said at start-up, before the log is open, has no stamp and no level, here as on standard error. Lines of
//! other forms are what a child wrote to the standard error that it inherited: they continue the record before.
//! The code stays in the message. Quotes are not escaped, all else as in the access log.

use memchr::{memchr, memmem, memrchr};

use crate::format::access::{is_address, unescape};
use crate::format::{Format, Level, Record, Request, Value, stamp, text};

/// The error log, in its default forms since 2.2.
pub struct ErrorLog;

impl Format for ErrorLog {
    fn name(&self) -> &'static str {
        "apache-error"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        stamped(line).is_some() || is_cut_stamp(line) || is_bare(line) && !is_continued(previous)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        bare(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "[Sun Nov 22 11:00:06.001006 2026] [core:notice] [pid 811:tid 139820934743936] AH00051: child pid 4455 exit signal Segmentation fault (11), possible coredump in /etc/apache2",
            "[Sat Mar 02 10:06:07 2013] [error] [client 192.0.2.7] proxy: error reading status line from remote server 127.0.0.1, referer: http://www.example.com/",
            "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80",
            "AH00015: Unable to open logs",
        ]
    }
}

/// A line of Apache inside an envelope: the whole form, that form without its stamp (as it goes to syslog), or bare as
/// on standard error.
pub fn bare(line: &[u8]) -> Option<Record<'_>> {
    let mut record = Record::new("apache-error");
    let rest = match stamped(line) {
        Some((stamp, rest)) => {
            record.stamp = Some(stamp);
            rest
        }
        None => line,
    };
    match level(rest) {
        Some((module, level, rest)) => {
            if !module.is_empty() {
                put(&mut record, "module", module);
            }
            record.level = Some(level);
            tell(process(rest, &mut record), &mut record);
        }
        None if record.stamp.is_none() && is_bare(line) => tell_bare(line, &mut record),
        None => return None,
    }
    Some(record)
}

/// `[core:notice] [pid 811:tid 812] AH00094: …`: the form of syslog, by its shape alone.
pub fn within_syslog(line: &[u8]) -> Option<Record<'_>> {
    let (_, _, rest) = level(line)?;
    rest.starts_with(b"[pid ").then(|| bare(line))?
}

/// `[Tue Nov 24 02:04:03.123456 2026] `, before another bracket: the stamp and the rest.
fn stamped(line: &[u8]) -> Option<(stamp::Stamp, &[u8])> {
    let inside = line.strip_prefix(b"[")?;
    let end = memchr(b']', inside.get(..40).unwrap_or(inside))?;
    let rest = inside[end + 1..].strip_prefix(b" ")?;
    rest.starts_with(b"[").then_some((stamp::asctime(&inside[..end])?, rest))
}

/// Whether the line was cut in the middle of its stamp: it is no record, but continues none either.
fn is_cut_stamp(line: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"[Mon ", b"[Tue ", b"[Wed ", b"[Thu ", b"[Fri ", b"[Sat ", b"[Sun "];
    let is_stamp = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b':' | b'.');
    DAYS.iter().any(|day| line.strip_prefix(*day).is_some_and(|rest| rest.len() < 30 && rest.iter().all(is_stamp)))
}

/// `[proxy_http:error] `, `[:error] `, `[error] `: module and level, and the rest.
fn level(text: &[u8]) -> Option<(&[u8], Level, &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let end = memchr(b']', inside)?;
    let (module, level) = match memrchr(b':', &inside[..end]) {
        Some(colon) => (&inside[..colon], &inside[colon + 1..end]),
        None => (&inside[..0], &inside[..end]),
    };
    let rest = &inside[end + 1..];
    Some((module, Level::from_name(level)?, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `[pid 788:tid 791] `, `[pid 788] `; gives the rest.
fn process<'a>(text: &'a [u8], record: &mut Record<'a>) -> &'a [u8] {
    let read = || {
        let inside = text.strip_prefix(b"[pid ")?;
        let end = memchr(b']', inside)?;
        let (pid, tid) = match memmem::find(&inside[..end], b":tid ") {
            Some(at) => (&inside[..at], Some(&inside[at + 5..end])),
            None => (&inside[..end], None),
        };
        let rest = &inside[end + 1..];
        Some((number(pid)?, tid.and_then(number), rest.strip_prefix(b" ").unwrap_or(rest)))
    };
    match read() {
        Some((pid, tid, rest)) => {
            record.pid = Some(pid);
            record.tid = tid;
            rest
        }
        None => text,
    }
}

fn number(text: &[u8]) -> Option<i64> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// All behind process and thread.
fn tell<'a>(rest: &'a [u8], record: &mut Record<'a>) {
    let rest = match source(rest) {
        Some((source, rest)) => {
            put(record, "source", source);
            rest
        }
        None => rest,
    };
    let rest = tell_errno(rest, record);
    let rest = match peer(rest, b"[client ") {
        Some((peer, rest)) => {
            tell_client(peer, record);
            rest
        }
        // A backend, which is nobody's client.
        None => peer(rest, b"[remote ").map_or(rest, |(_, rest)| rest),
    };
    let (line, children) = rest.split_at(memchr(b'\n', rest).unwrap_or(rest.len()));
    let (message, has_referer) = tell_referer(line, record);
    if !has_referer {
        return tell_message(rest, record);
    }
    tell_message(message, record);
    // What children wrote behind the line belongs to no header.
    if let Some(message) = record.message.as_mut().filter(|_| !children.is_empty()) {
        message.to_mut().push_str(&text(children));
    }
}

/// What is bare has an errno and a message, and no client to forge a referer.
fn tell_bare<'a>(line: &'a [u8], record: &mut Record<'a>) {
    let message = tell_errno(line, record);
    tell_message(message, record);
}

fn tell_message<'a>(message: &'a [u8], record: &mut Record<'a>) {
    record.code = code(message).map(text);
    record.message = Some(text(message));
}

/// `AH00072` of `AH00072: make_sock: …`
pub(in crate::format) fn code(message: &[u8]) -> Option<&[u8]> {
    let digits = message.strip_prefix(b"AH")?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let code = &message[..2 + digits];
    (digits == 5 && message[2 + digits..].starts_with(b":")).then_some(code)
}

/// `mod_proxy.c(820): `: the place in the source, and the rest.
fn source(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().take(80).position(|byte| *byte == b' ')?;
    let place = text[..end].strip_suffix(b"):")?;
    let open = memchr(b'(', place)?;
    let file = &place[..open];
    let is_file =
        memchr(b'.', file).is_some() && file.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(byte));
    (is_file && number(&place[open + 1..]).is_some()).then_some((&text[..end - 1], &text[end + 1..]))
}

/// `(111)Connection refused: `: notes the number, gives the rest. The text may hold parentheses, and on Windows
/// colons and a second blank; it ends where a client, a code or the message begins.
fn tell_errno<'a>(text: &'a [u8], record: &mut Record<'a>) -> &'a [u8] {
    let Some((number, rest)) = errno_text(text) else { return text };
    if let Some(number) = number {
        record.fields.push(("errno".into(), Value::Number(number)));
    }
    rest
}

/// The number of a system's error, and all behind its text.
fn errno_text(text: &[u8]) -> Option<(Option<i64>, &[u8])> {
    let (number, described) = errno(text)?;
    // Windows ends its own texts with a full stop, blanks and a colon.
    let windows = if text.starts_with(b"(OS ") { memmem::find(described, b".  : ").map(|at| at + 5) } else { None };
    let end = windows.or_else(|| memmem::find(described, b": ").map(|at| at + 2))?;
    Some((number, &described[end..]))
}

/// `(98)`, `(EAI 2)`, `(OS 10048)` and the text behind it. The numbers of `(EAI …)` are not those of the system.
pub(in crate::format) fn errno(text: &[u8]) -> Option<(Option<i64>, &[u8])> {
    let inside = text.strip_prefix(b"(")?;
    let end = inside.iter().take(16).position(|byte| *byte == b')')?;
    let (name, rest) = (&inside[..end], &inside[end + 1..]);
    if let Some(eai) = name.strip_prefix(b"EAI ") {
        return number(eai).map(|_| (None, rest));
    }
    let digits = name.strip_prefix(b"OS ").unwrap_or(name);
    digits.iter().all(u8::is_ascii_digit).then(|| Some((Some(number(digits)?), rest)))?
}

/// `[client 203.0.113.9:51234] `: the address, and the rest.
fn peer<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let inside = text.strip_prefix(mark)?;
    let end = memchr(b']', inside)?;
    let rest = &inside[end + 1..];
    Some((&inside[..end], rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `203.0.113.9:51234`, `2001:db8::79f3:51234` (without brackets), port 0 if unknown; `192.0.2.7` of 2.2.
fn tell_client<'a>(peer: &'a [u8], record: &mut Record<'a>) {
    let port = |colon: usize| stamp::digits(&peer[colon + 1..]).and_then(|port| u16::try_from(port).ok());
    let split = memrchr(b':', peer).and_then(|colon| Some((&peer[..colon], port(colon)?)));
    let (address, port) = match split {
        // 2.2 wrote addresses alone, of which those of version 6 look as if they had a port.
        Some((address, port)) if record.pid.is_some() || !is_address(peer) => (address, Some(port)),
        _ => (peer, None),
    };
    record.client = Some(text(address));
    record.client_port = port.filter(|port| *port != 0);
}

/// `, referer: https://e.example/` at the end: notes it, gives the message before. A client can write anything into
/// it, so it begins at the first.
fn tell_referer<'a>(rest: &'a [u8], record: &mut Record<'a>) -> (&'a [u8], bool) {
    const MARK: &[u8] = b", referer: ";
    let Some(at) = memmem::find(rest, MARK).filter(|_| record.client.is_some()) else { return (rest, false) };
    let referer = &rest[at + MARK.len()..];
    if !matches!(referer, b"" | b"-") {
        record.request = Some(Box::new(Request { referer: Some(unescape(referer)), ..Request::default() }));
    }
    (&rest[..at], true)
}

fn put<'a>(record: &mut Record<'a>, name: &'static str, value: &'a [u8]) {
    record.fields.push((name.into(), Value::Text(text(value))));
}

/// Whether the line is one that Apache writes without a stamp while it starts.
fn is_bare(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 5] =
        [b"no listening sockets", b"Unable to open logs", b"Syntax error on line", b"apache2: ", b"httpd: "];
    code(line).is_some()
        || errno(line).is_some_and(|(_, text)| text.first().is_some_and(u8::is_ascii_alphabetic))
        || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether the line needs the next one: the place of a mistake in the configuration, before the mistake.
fn is_continued(line: &[u8]) -> bool {
    line.ends_with(b":") && (line.starts_with(b"AH00526: ") || line.starts_with(b"Syntax error on line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Record<'_> {
        ErrorLog.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{line}"))
    }

    #[test]
    fn all_parts() {
        let record = read(
            "[Tue Nov 24 02:04:03.123456 2026] [proxy_http:error] [pid 788:tid 140221074937536] mod_proxy_http.c(820): (104)Connection reset by peer: [client 2001:db8::79f3:51234] AH01102: error reading status line from remote server 127.0.0.1:80, referer: https://e.example/\\xc3\\xbc",
        );
        assert_eq!((record.stamp.map(|stamp| stamp.digits), record.level), (Some(6), Some(Level::Error)));
        assert_eq!((record.pid, record.tid), (Some(788), Some(140_221_074_937_536)));
        assert_eq!(
            (record.text_field("module"), record.text_field("source")),
            (Some("proxy_http"), Some("mod_proxy_http.c(820)"))
        );
        assert_eq!((record.number_field("errno"), record.code.as_deref()), (Some(104), Some("AH01102")));
        assert_eq!((record.client.as_deref(), record.client_port), (Some("2001:db8::79f3"), Some(51234)));
        assert_eq!(record.message(), "AH01102: error reading status line from remote server 127.0.0.1:80");
        assert_eq!(record.request.and_then(|request| request.referer).as_deref(), Some("https://e.example/ü"));
    }

    #[test]
    fn parts_that_vary() {
        for (rest, errno, client, message) in [
            ("[core:notice] [pid 8] AH00094: x", None, None, "AH00094: x"),
            ("[:error] [pid 8] [client 192.0.2.7:0] PHP Notice:  a, b", None, Some("192.0.2.7"), "PHP Notice:  a, b"),
            (
                "[error] [client 2001:db8::7] File does not exist: /x",
                None,
                Some("2001:db8::7"),
                "File does not exist: /x",
            ),
            ("[http:info] [pid 8:tid 9] [remote 127.0.0.1:80] AH01587: x", None, None, "AH01587: x"),
            ("[core:error] [pid 8] (70007)The timeout specified has expired: x", Some(70007), None, "x"),
            (
                "[ssl:info] [pid 8] (20014)Internal error (specific information not available): AH1: x",
                Some(20014),
                None,
                "AH1: x",
            ),
            ("[core:error] [pid 8] (EAI 2)Name or service not known: AH00547: x", None, None, "AH00547: x"),
            (
                "[core:crit] [pid 8] (OS 10048)Only one usage of each socket address (protocol/network address/port) is normally permitted.  : AH00072: x",
                Some(10048),
                None,
                "AH00072: x",
            ),
            ("[core:error] [pid 8] x, referer: not a client's", None, None, "x, referer: not a client's"),
        ] {
            let line = format!("[Tue Nov 24 02:04:03.123456 2026] {rest}");
            let record = read(&line);
            assert_eq!((record.number_field("errno"), record.client.as_deref()), (errno, client), "{rest}");
            assert_eq!(record.message(), message, "{rest}");
            assert_eq!(record.client_port, None, "{rest}");
        }
    }

    #[test]
    fn what_children_write_is_no_referer() {
        let record = read(
            "[Tue Nov 24 02:04:03.123456 2026] [cgid:error] [pid 8] [client ::1:51234] AH01264: x, referer: https://e.example/\nline one\nline two",
        );
        assert_eq!(record.message(), "AH01264: x\nline one\nline two");
        assert_eq!(record.request.and_then(|request| request.referer).as_deref(), Some("https://e.example/"));
    }

    #[test]
    fn a_stamp_without_a_level_of_apache_is_none_of_its_lines() {
        assert_eq!(ErrorLog.parse(b"[Tue Nov 24 02:04:03.123456 2026] [core:loud] [pid 8] x"), None);
    }

    #[test]
    fn lines_without_a_stamp() {
        for (line, errno, code, message) in [
            ("(98)Address already in use: AH00072: make_sock: x", Some(98), Some("AH00072"), "AH00072: make_sock: x"),
            ("(98)Address already in use: make_sock: x", Some(98), None, "make_sock: x"),
            (
                "no listening sockets available, shutting down",
                None,
                None,
                "no listening sockets available, shutting down",
            ),
            ("AH00015: Unable to open logs", None, Some("AH00015"), "AH00015: Unable to open logs"),
            ("httpd: Could not open configuration file", None, None, "httpd: Could not open configuration file"),
            (
                "AH00526: Syntax error on line 1 of /a:\nInvalid command",
                None,
                Some("AH00526"),
                "AH00526: Syntax error on line 1 of /a:\nInvalid command",
            ),
        ] {
            let record = read(line);
            assert_eq!((record.number_field("errno"), record.code.as_deref()), (errno, code), "{line}");
            assert_eq!((record.message(), record.level, record.stamp), (message, None, None), "{line}");
        }
        let record = read("[core:emerg] [pid 8] AH00019: Unable to open logs, exiting"); // in syslog
        assert_eq!((record.level, record.pid, record.stamp), (Some(Level::Emerg), Some(8), None));
    }

    #[test]
    fn starts() {
        let mistake = "AH00526: Syntax error on line 621 of /etc/apache2/apache2.conf:";
        for (previous, line, want) in [
            ("", "[Tue Nov 24 02:04:03.123456 2026] [core:notice] [pid 8] x", true),
            ("", "[Tue Nov 24 02:04:03 2026] [notice] x", true),
            ("", "[Tue Nov 24 02:0", true), // cut in the middle of a write; it is no record
            ("", mistake, true),
            (mistake, "Invalid command 'Bogus', perhaps misspelled", false),
            (mistake, "httpd: no such module", false),
            ("", "(a)b", false),
            ("", "(98) items in the basket", false),
            ("", "sh: 1: foo: not found", false),
            ("", "PHP Warning:  a in /b on line 1", false),
            ("", "[Tue Nov 24 02:04:03 2026] worker began", false),
            ("", "AHA: x", false),
            ("", "2026/11/24 03:22:01 [notice] 812#812: start worker processes", false),
        ] {
            assert_eq!(ErrorLog.is_start(previous.as_bytes(), line.as_bytes()), want, "{line}");
        }
    }
}
