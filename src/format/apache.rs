//! Apache httpd: its access logs, its error log, and what it writes to standard error.
//!
//! ```text
//! 203.0.113.9 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 520
//! www.example.com:80 203.0.113.9 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 783 "-" "curl/8.5.0"
//! [Tue Nov 24 02:04:03.123456 2026] [proxy:error] [pid 788:tid 791] (111)Connection refused: AH00957: …
//! (98)Address already in use: AH00072: make_sock: could not bind to address [::]:80
//! ```
//!
//! An access line is written when the request ends and stamped with its beginning, so a file is not sorted by its
//! stamps. The error log is read by [`error`], its configuration by [`Config`].

pub(super) mod config;
mod error;

use super::access::{self, Dialect};
use super::{Format, Framing, Hit, Record, stamp};
pub use config::Config;
pub use error::{ErrorLog, bare, within_syslog};
pub(super) use error::{code, errno};

/// The access log: common, combined and what people add to them, with or without a virtual host.
pub struct AccessLog;

impl Format for AccessLog {
    fn name(&self) -> &'static str {
        "apache-access"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        access::is_start(line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        access::read(record, Dialect::Apache)
    }

    #[inline]
    fn hit<'a>(&self, line: &'a [u8], stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
        access::hit(line, Dialect::Apache, stamps)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"203.0.113.9 - - [24/Nov/2026:08:10:43 +0530] "GET /\"q\" HTTP/1.1" 404 202"#,
            r#"2001:db8::8cb5 - frank [24/Nov/2026:08:10:43 +0530] "GET /cgi/ctl HTTP/1.1" 200 - "-" "umlaut-\xc3\xa4""#,
        ]
    }
}

/// The access log of all virtual hosts, `other_vhosts_access.log` of Debian: the name stands in front.
pub struct VhostAccessLog {
    /// Whether a file is known to be such a log: then an address in front is a virtual host's, too, and a line without
    /// any is read as well.
    pub is_known: bool,
}

impl Format for VhostAccessLog {
    fn name(&self) -> &'static str {
        "apache-access"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        access::is_start(line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        if self.is_known {
            return access::read_with_vhost(record, Dialect::Apache);
        }
        access::read(record, Dialect::Apache).filter(|record| record.vhost.is_some())
    }

    #[inline]
    fn hit<'a>(&self, line: &'a [u8], stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
        access::hit(line, Dialect::Apache, stamps).filter(|hit| !hit.scope.is_empty())
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"www.example.com:80 203.0.113.121 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 783 "-" "curl/8.5.0""#,
            r#"www.example.com 203.0.113.121 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 520"#,
        ]
    }
}

/// Whether a program of this name writes Apache's lines: `apache2`, `httpd`, `apachectl`, `apache2ctl`.
pub fn writes_as(program: &str) -> bool {
    matches!(program, "apache2" | "httpd" | "apachectl" | "apache2ctl" | "httpd.bin" | "httpd-prefork" | "httpd-worker")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VHOSTS: VhostAccessLog = VhostAccessLog { is_known: false };
    const KNOWN: VhostAccessLog = VhostAccessLog { is_known: true };

    #[test]
    fn samples_are_read() {
        for format in [&AccessLog as &dyn Format, &VHOSTS, &ErrorLog] {
            for line in format.samples() {
                assert!(format.is_start(b"", line.as_bytes()) && format.parse(line.as_bytes()).is_some(), "{line}");
            }
        }
    }

    #[test]
    fn what_stands_in_front_of_a_client() {
        let line = r#"198.51.100.1 203.0.113.121 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 520"#;
        let vhost = |format: &dyn Format, line: &str| {
            let record = format.parse(line.as_bytes()).unwrap_or_default();
            (record.vhost.map(|vhost| vhost.into_owned()), record.client.map(|client| client.into_owned()))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(vhost(&AccessLog, line), (None, text("203.0.113.121")));
        assert_eq!(vhost(&KNOWN, line), (text("198.51.100.1"), text("203.0.113.121")));
        assert_eq!(vhost(&KNOWN, AccessLog.samples()[1]), (None, text("2001:db8::8cb5")));
        assert_eq!(KNOWN.hit(line.as_bytes(), &mut stamp::Cache::default()), None);
    }

    #[test]
    fn only_lines_with_a_virtual_host_are_of_its_log() {
        for line in AccessLog.samples() {
            assert!(VHOSTS.parse(line.as_bytes()).is_none(), "{line}");
            assert!(VHOSTS.hit(line.as_bytes(), &mut stamp::Cache::default()).is_none(), "{line}");
        }
    }
}
