//! HAProxy, 1.5 to 3.4. It speaks through two mouths: `log` directives give traffic and the state of servers to syslog
//! (`src/log.c`, `sess_build_logline`), and standard error gets starts, failed binds, workers and servers
//! (`src/errors.c`, `print_message`).
//!
//! ```text
//! 127.0.0.1:49674 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0/3/4 200 1368 - - --NI 1/1/0/0/0 0/0 "GET / HTTP/1.1"
//! [ALERT] 327/023607 (31297) : Starting frontend http-in: cannot bind socket [0.0.0.0:80]
//! ```
//!
//! The tag in syslog is free, so these lines are known by their shape. The date in brackets is the start of the request,
//! in local time and without offset; the notices have no year, and since 2.4 no time at all.

mod clf;
pub(super) mod config;
mod notice;
mod pieces;
mod traffic;

use memchr::memmem;

pub use config::Config;
pub use notice::notice;
pub(super) use pieces::{put_request, unescape};

use super::tag::pri;
use super::{Format, Framing, Record, Text};

const HTTP: &str = "haproxy-http";
const TCP: &str = "haproxy-tcp";
const CLF: &str = "haproxy-clf";
const ERROR: &str = "haproxy-error";
const NOTICE: &str = "haproxy-notice";

/// Who writes these lines, whatever `log-tag` says.
const PROGRAM: Text<'static> = Text::Borrowed("haproxy");

/// Sessions and connection errors: `option httplog`, `httpslog`, `tcplog`, `httplog clf` and the default format.
pub struct Traffic;

impl Format for Traffic {
    fn name(&self) -> &'static str {
        HTTP
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let (_, text) = pri(line);
        let Some((_, rest)) = split_word(text) else { return false };
        let has_millis = rest.first() == Some(&b'[') && rest.get(3) == Some(&b'/') && rest.get(21) == Some(&b'.');
        let is_clf = || rest.starts_with(b"- - [") && memmem::find(rest, b" \"\" \"\" ").is_some();
        has_millis || text.starts_with(b"Connect ") || is_clf()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        traffic(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"127.0.0.1:49674 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0/3/4 200 1368 - - --NI 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
            "<134>127.0.0.1:50850 [24/Nov/2026:03:41:56.588] tcp-down tcpdead/td1 1/-1/607 0 SC 1/1/0/0/2 0/0",
            r#"127.0.0.1 - - [24/Nov/2026:02:41:55 +0000] "GET /404?a=b HTTP/1.1" 404 1375 "" "" 56694 076 "www-clf" "web" "s1" 0 0 0 0 0 --NI 1 1 0 0 0 0 0 "" "" "#,
            "127.0.0.1:39112 [24/Nov/2026:03:41:57.645] shop-tls/1: SSL handshake failure",
            "Connect from 127.0.0.1:42820 to 127.0.0.1:21007 (plain/HTTP)",
        ]
    }
}

/// What HAProxy says about itself and its servers, on standard error or bare.
pub struct Notice;

impl Format for Notice {
    fn name(&self) -> &'static str {
        NOTICE
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        notice::is_notice(line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        notice(record).map(|record| Record { program: Some(PROGRAM), ..record })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "[ALERT] 327/023607 (31297) : Starting frontend http-in: cannot bind socket [0.0.0.0:80]",
            "[NOTICE]   (61) : New worker (65) forked",
            "<129>Backup Server web/s2 is DOWN. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "<5>haproxy-systemd-wrapper: re-executing",
        ]
    }
}

/// HAProxy, for its notices in an envelope that names nobody (`log … format iso|timed`).
pub(super) fn writer(format: &str) -> Option<Text<'static>> {
    (format == NOTICE).then_some(PROGRAM)
}

/// One line of traffic, or a connection error, without the syslog header; `<134>` (`log … format priority`) or `<6>`
/// (`format short`) may stand before it.
pub fn traffic(text: &[u8]) -> Option<Record<'_>> {
    let (level, text) = pri(text);
    let record = traffic::read(text).or_else(|| clf::read(text))?;
    Some(Record { level, program: Some(PROGRAM), is_traffic: true, ..record })
}

/// The first word and what follows its blank.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', text)?;
    Some((&text[..blank], &text[blank + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_by_their_own_format_only() {
        for line in Traffic.samples() {
            assert!(Traffic.is_start(b"", line.as_bytes()), "{line}");
            assert!(Traffic.parse(line.as_bytes()).is_some(), "{line}");
            assert!(!Notice.is_start(b"", line.as_bytes()) && Notice.parse(line.as_bytes()).is_none(), "{line}");
        }
        for line in Notice.samples() {
            assert!(Notice.is_start(b"", line.as_bytes()), "{line}");
            assert!(Notice.parse(line.as_bytes()).is_some(), "{line}");
            assert!(!Traffic.is_start(b"", line.as_bytes()) && Traffic.parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
