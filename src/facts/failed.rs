//! Error lines that tell of a failing request: what is left to count where no log of the requests exists (methods, 1.7).
//!
//! Only lines by which a server says that it, or what is behind it, failed a client: not those of what was not found or
//! not allowed, which bots make.

use super::traffic::{client_hash, counted_at};
use crate::format::{Level, Record, Stamp};

/// An error line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailedLine {
    /// The second: UTC where the series is zoned, else the writer's civil time.
    pub at: i64,
    /// [`client_hash`]; `None` where the line names nobody.
    pub client: Option<u64>,
    /// Hash of what it says, without what differs from line to line.
    pub template: u32,
}

/// What the record tells of a failing request, if it does.
pub fn failed_line(record: &Record<'_>, stamp: &Stamp) -> Option<FailedLine> {
    let says = match record.format {
        "nginx-error" => nginx(record),
        "apache-error" => apache(record.message()),
        _ => None,
    }?;
    let client = record.client.as_deref().map(|client| client_hash(client.as_bytes()));
    Some(FailedLine { at: counted_at(stamp), client, template: client_hash(says.as_bytes()) as u32 })
}

/// Beginnings of messages of `src/http/ngx_http_upstream.c` and `src/stream/ngx_stream_proxy_module.c` about what is
/// behind, and of failures of nginx itself that end in 500 (`formats/nginx.md`, section 2).
const NGINX: &[&str] = &[
    "upstream timed out",
    "upstream prematurely closed",
    "upstream sent",
    "upstream rejected",
    "no live upstreams",
    "rewrite or internal redirection cycle",
    "worker_connections are not enough",
];
/// Those of calls that nginx makes to clients, too: only where the upstream is named.
const NGINX_CALLS: &[&str] = &[
    "connect() ",
    "recv() failed",
    "readv() failed",
    "send() failed",
    "writev() failed",
    "SSL_do_handshake() failed",
    "peer closed connection",
];

/// Of lines of level `error` and worse with a client: there is a request then.
fn nginx<'a>(record: &'a Record<'_>) -> Option<&'a str> {
    let message = record.message();
    record.client.as_ref()?;
    if !matches!(record.level, Some(Level::Error | Level::Crit | Level::Alert | Level::Emerg)) {
        return None;
    }
    let begins = |of: &[&'static str]| of.iter().copied().find(|beginning| message.starts_with(beginning));
    // While the answer is read its status is already sent.
    begins(NGINX).or_else(|| begins(NGINX_CALLS).filter(|_| message.contains("upstream"))).or_else(|| {
        let (name, _) = message.split_once(" could not be resolved (")?;
        (!name.contains(' ')).then_some("could not be resolved")
    })
}

/// Codes of `modules/proxy/` and of `server/` that end in 500, 502 or 503 (`formats/apache.md`, section 3). AH00957 and
/// AH01102 are told beside others of the same request.
const APACHE: &[&str] = &[
    "AH01114", "AH01079", "AH00898", "AH00940", "AH01170", "AH01144", "AH00124", "AH01075", "AH01067", "AH01084",
    "AH01097",
];

fn apache(message: &str) -> Option<&str> {
    message.get(..7).filter(|code| APACHE.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Zone;

    fn told(
        format: &'static str,
        level: Level,
        client: Option<&'static str>,
        message: &'static str,
    ) -> Option<FailedLine> {
        let record = Record {
            level: Some(level),
            client: client.map(Into::into),
            message: Some(message.into()),
            ..Record::new(format)
        };
        let stamp = Stamp { civil_s: 7200, nanos: 0, digits: 0, zone: Zone::Offset(3600), has_year: true };
        failed_line(&record, &stamp)
    }

    #[test]
    fn lines_of_failing_requests() {
        let client = Some("192.0.2.7");
        for (format, level, message) in [
            ("nginx-error", Level::Error, "connect() failed (111: Connection refused) while connecting to upstream"),
            (
                "nginx-error",
                Level::Crit,
                "connect() to unix:/run/x failed (2: No such file or directory) while connecting to upstream",
            ),
            (
                "nginx-error",
                Level::Error,
                "upstream timed out (110: Connection timed out) while reading response header from upstream",
            ),
            ("nginx-error", Level::Error, "no live upstreams while connecting to upstream"),
            ("nginx-error", Level::Error, "app.example could not be resolved (3: Host not found)"),
            ("apache-error", Level::Error, "AH01114: HTTP: failed to make connection to backend: 127.0.0.1"),
            ("apache-error", Level::Error, "AH00898: Error reading from remote server returned by /a"),
        ] {
            let line = told(format, level, client, message);
            assert_eq!(
                line.map(|line| (line.at, line.client)),
                Some((3600, Some(client_hash(b"192.0.2.7")))),
                "{message}"
            );
        }
    }

    #[test]
    fn lines_of_no_failing_request() {
        let client = Some("192.0.2.7");
        for (why, format, level, client, message) in [
            (
                "not found",
                "nginx-error",
                Level::Error,
                client,
                r#"open() "/srv/a" failed (2: No such file or directory)"#,
            ),
            (
                "a client's words",
                "nginx-error",
                Level::Error,
                client,
                r#"open() "/no live upstreams" failed (2: No such file)"#,
            ),
            (
                "its words again",
                "nginx-error",
                Level::Error,
                client,
                r#"open() "/x could not be resolved (3" failed (2: No such file)"#,
            ),
            ("forbidden", "nginx-error", Level::Error, client, "access forbidden by rule"),
            (
                "a client that is gone",
                "nginx-error",
                Level::Error,
                client,
                "recv() failed (104: Connection reset by peer) while waiting for request",
            ),
            (
                "a warning",
                "nginx-error",
                Level::Warn,
                client,
                "upstream server temporarily disabled while connecting to upstream",
            ),
            ("of nobody", "nginx-error", Level::Error, None, "no live upstreams while connecting to upstream"),
            ("not found (Apache)", "apache-error", Level::Error, client, "AH00128: File does not exist: /srv/AH01114"),
            ("another program", "syslog-rfc3164", Level::Error, client, "AH01114: x"),
        ] {
            assert_eq!(told(format, level, client, message), None, "{why}");
        }
    }

    #[test]
    fn one_template_for_one_kind() {
        let told = |message| told("nginx-error", Level::Error, Some("a"), message).map(|line| line.template);
        let refused = |address| told(address);
        assert_eq!(
            refused("connect() failed (111: Connection refused) while connecting to upstream"),
            refused("connect() to unix:/run/x failed (2: No such file or directory) while connecting to upstream")
        );
        assert_ne!(told("no live upstreams while connecting to upstream"), told("upstream timed out (110: x)"));
    }
}
