//! A format string of a configuration inside an envelope: HAProxy's lines in syslog, nginx's in a container's output.
//!
//! The envelope's own format reads each record; only where it finds no line of a known form inside, and the writer is
//! the server whose string it is, the string is tried.

use crate::format::{Format, Framing, Hit, Part, Piece, Record, Request, apache, nest, nginx, stamp};

/// A format string and who writes by it.
#[derive(Clone)]
pub struct Inner {
    /// `apache`, `apache-error`, `nginx`, `haproxy`
    pub language: &'static str,
    /// Names by which the configuration makes the server known in syslog.
    pub tags: Vec<String>,
    #[allow(missing_docs)]
    pub format: &'static dyn Format,
}

impl Inner {
    /// Whether a program of that name may write such lines; a container's output names none.
    fn is_of(&self, program: Option<&str>) -> bool {
        let Some(program) = program else { return true };
        let is_own = match self.language {
            "haproxy" => program == "haproxy",
            "nginx" => nginx::writes_as(program),
            _ => apache::writes_as(program),
        };
        is_own || self.tags.iter().any(|tag| tag == program)
    }
}

/// An envelope, and the strings by which lines inside may be written.
pub struct Within {
    #[allow(missing_docs)]
    pub envelope: &'static dyn Format,
    #[allow(missing_docs)]
    pub inner: Vec<Inner>,
}

impl Within {
    /// Whether a format is an envelope of servers' lines.
    pub fn is_envelope(name: &str) -> bool {
        name.starts_with("syslog-")
            || name.starts_with("journald-")
            || matches!(name, "docker-json-file" | "docker-local" | "cri" | "compose-logs" | "kubectl-logs")
    }

    /// The record with the line inside it read, if one of the strings reads it as a whole.
    fn opened<'a>(&self, record: Record<'a>) -> Record<'a> {
        if !Within::is_envelope(record.format) || record.is_traffic {
            return record;
        }
        let reads = |inner: &&Inner| {
            let read = || inner.format.parse(record.message().as_bytes());
            inner.is_of(record.program.as_deref()) && read().is_some_and(|line| is_sure(&line))
        };
        match self.inner.iter().find(reads) {
            Some(inner) => nest::within(record, |message| inner.format.parse(message)).unwrap_or_default(),
            None => record,
        }
    }
}

/// Whether no text of another kind reads so: `%{User-Agent}i` alone fits any.
fn is_sure(line: &Record<'_>) -> bool {
    let told = |request: &Request<'_>| request.status.is_some() || request.termination.is_some();
    line.stamp.is_some() || line.request.as_deref().is_some_and(told)
}

impl Format for Within {
    fn name(&self) -> &'static str {
        self.envelope.name()
    }

    fn framing(&self) -> Framing {
        self.envelope.framing()
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        self.envelope.is_start(previous, line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        self.envelope.parse(record).map(|record| self.opened(record))
    }

    fn piece<'a>(&self, line: &'a [u8]) -> Option<Piece<'a>> {
        self.envelope.piece(line)
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let parts = self.envelope.document(bytes).into_iter();
        parts.map(|part| Part { record: self.opened(part.record), ..part }).collect()
    }

    fn is_heading(&self, line: &[u8]) -> bool {
        self.envelope.is_heading(line)
    }

    fn offset(&self, record: &[u8]) -> Option<u64> {
        self.envelope.offset(record)
    }

    fn hit<'a>(&self, line: &'a [u8], stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
        self.envelope.hit(line, stamps)
    }

    fn samples(&self) -> &'static [&'static str] {
        self.envelope.samples()
    }
}

#[cfg(test)]
mod tests {
    use super::super::of_server;
    use super::*;
    use crate::format::syslog;

    #[test]
    fn a_string_that_fits_any_text_opens_nothing() {
        let Ok(template) = of_server("apache:%{User-agent}i") else { unreachable!("a format") };
        let format = Box::leak(Box::new(template));
        let inner = Inner { language: "apache", tags: Vec::new(), format };
        let within = Within { envelope: &syslog::Rfc3164, inner: vec![inner] };
        let line = b"Nov 24 02:03:04 web01 apachectl[12]: Action 'start' failed.";
        assert!(within.parse(line).is_some_and(|record| !record.is_traffic));
    }

    #[test]
    fn only_lines_of_the_server_are_opened() {
        let Ok(template) = of_server("haproxy:%ci %ft %b/%s %ST %{+Q}r") else { unreachable!("a format") };
        let format = Box::leak(Box::new(template));
        let inner = Inner { language: "haproxy", tags: vec!["lb".into()], format };
        let within = Within { envelope: &syslog::Rfc3164, inner: vec![inner] };
        for (why, line, format, status) in [
            (
                "its line",
                "Nov 24 02:03:04 web01 haproxy[12]: 192.0.2.9 www shop/s1 503 \"GET / HTTP/1.1\"",
                "haproxy-http",
                Some(503),
            ),
            (
                "by its tag",
                "Nov 24 02:03:04 web01 lb[12]: 192.0.2.9 www shop/s1 200 \"GET / HTTP/1.1\"",
                "haproxy-http",
                Some(200),
            ),
            (
                "another program's",
                "Nov 24 02:03:04 web01 shop[12]: 192.0.2.9 www shop/s1 503 \"GET / HTTP/1.1\"",
                "syslog-rfc3164",
                None,
            ),
            ("another line of it", "Nov 24 02:03:04 web01 haproxy[12]: Proxy www started.", "haproxy-notice", None),
        ] {
            let record = within.parse(line.as_bytes()).unwrap_or_default();
            let read = record.request.as_ref().and_then(|request| request.status);
            assert_eq!((record.format, read), (format, status), "{why}");
            assert!(record.stamp.is_some() && record.host.as_deref() == Some("web01"), "{why}");
        }
    }
}
