//! What applications say of the services behind them, and of their own limits: the words of the runtimes and drivers
//! that they are written with, at the end or the beginning of a line of theirs, never in the middle of a text.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Sign;
use crate::format::{Level, Record};

/// Lines of a message that are looked at, from its end: a traceback tells the error last.
const LINES: usize = 40;

/// Pieces of which every wording below has one: most lines have none, and need no closer look.
static MAY_BE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(?-u)[Cc]onnection refused|ECONNREFUSED|ETIMEDOUT|i/o timeout|[Tt]imed out|deadline exceeded|onnect to MySQL\
         |oo many (?:open files|clients|connections)|o space left|onnection slots|QueuePool limit|OutOfMemoryError\
         |not available, request|name resolution|service not known|no such host|ENOTFOUND|EAI_AGAIN|UnknownHost\
         |x509: certificate|CERT_HAS_EXPIRED|certificate verify failed",
    )
    .ok()
});

/// A sign and the service behind that it is about.
type Told = (Sign, Option<String>);

/// What a line of an application says of the cause.
pub(super) fn sign(record: &Record<'_>, message: &str) -> Option<Told> {
    let is_log = !record.is_traffic && record.stamp.is_some() && !record.format.ends_with("-config");
    let is_bad = record.level.is_none_or(|level| level <= Level::Warn);
    let may_be = || MAY_BE.as_ref().is_some_and(|words| words.is_match(message.as_bytes()));
    if !is_log || !is_bad || !may_be() {
        return None;
    }
    let (sign, about) = message.lines().rev().take(LINES).find_map(|line| told(line.trim()))?;
    // A database that says it itself is not behind itself.
    let program = record.program.as_deref().unwrap_or_default();
    let is_own = about.as_deref().is_some_and(|about| is_of(program, about));
    Some((sign, about.filter(|_| !is_own)))
}

/// Databases by the names of their programs and units.
const DATABASES: &[(&str, &[&str])] = &[("postgresql", &["postgres", "postmaster"]), ("mysql", &["mysql", "mariadb"])];

/// Whether a program is that database.
fn is_of(program: &str, database: &str) -> bool {
    let names = DATABASES.iter().find(|(name, _)| *name == database).map(|(_, names)| *names);
    names.is_some_and(|names| names.iter().any(|name| program.starts_with(name)))
}

fn told(line: &str) -> Option<Told> {
    refused(line)
        .map(|about| (Sign::UpstreamDown, about))
        .or_else(|| slow(line).map(|about| (Sign::UpstreamSlow, about)))
        .or_else(|| limit(line).map(|about| (Sign::Limit, about.map(str::to_owned))))
        .or_else(|| is_certificate_or_name(line).then_some((Sign::CertificateOrName, None)))
}

/// What stands between two pieces of a line, the last of the first and the next of the second.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = line.rsplit_once(before)?;
    rest.split_once(after).map(|(between, _)| between)
}

/// `A:P`, if it is one.
fn socket(text: &str) -> Option<String> {
    let (address, port) = text.rsplit_once(':')?;
    let is_address = !address.is_empty() && !address.contains([' ', '/', '"']);
    (is_address && port.parse::<u16>().is_ok()).then(|| text.to_owned())
}

/// Nobody listens there: Go, Node, libpq, redis-py, Java, PHP, Python, MySQL's client.
fn refused(line: &str) -> Option<Option<String>> {
    if line.ends_with(": connect: connection refused") {
        return Some(between(line, "dial tcp ", ": connect").and_then(socket));
    }
    if let Some((_, socket_text)) = line.rsplit_once("connect ECONNREFUSED ") {
        return Some(Some(socket(socket_text.trim_end_matches(['{', ' ']))?));
    }
    if line.ends_with("Connection refused") && line.contains("connection to server at \"") {
        let host = between(line, "connection to server at \"", "\"")?;
        let port = between(line, ", port ", " failed")?;
        return Some(Some(format!("{host}:{port}")));
    }
    if line.ends_with(". Connection refused.") {
        return Some(between(line, "connecting to ", ". Connection").and_then(socket));
    }
    if let Some(place) = between(line, "Can't connect to MySQL server on '", "'").filter(|_| line.ends_with("(111)")) {
        return Some(Some(if place.contains(':') { place.to_owned() } else { format!("{place}:3306") }));
    }
    const ENDS: [&str; 4] = [
        "[Errno 111] Connection refused",
        "SQLSTATE[HY000] [2002] Connection refused",
        "java.net.ConnectException: Connection refused",
        "java.net.ConnectException: Connection refused (Connection refused)",
    ];
    ENDS.iter().any(|end| line.ends_with(end)).then_some(None)
}

/// Who listens there answers too late.
fn slow(line: &str) -> Option<Option<String>> {
    if line.ends_with(": i/o timeout") {
        let place = between(line, "dial tcp ", ": i/o").or_else(|| between(line, "->", ": i/o"));
        return Some(place.and_then(socket));
    }
    if let Some((_, place)) = line.rsplit_once("connect ETIMEDOUT ") {
        return Some(Some(socket(place)?));
    }
    if line.contains(": Read timed out. (read timeout=") {
        let host = between(line, "(host='", "'")?;
        let port = between(line, ", port=", ")")?;
        return Some(socket(&format!("{host}:{port}")));
    }
    const ENDS: [&str; 4] = [
        "java.net.SocketTimeoutException: Read timed out",
        "[Errno 110] Connection timed out",
        "context deadline exceeded",
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ];
    ENDS.iter().any(|end| line.ends_with(end)).then_some(None)
}

/// Connections, workers, files, memory or space have run out; and of which database, where the words are one's.
fn limit(line: &str) -> Option<Option<&'static str>> {
    const ENDS: [&str; 5] = [
        "Too many open files",
        ": too many open files",
        "No space left on device",
        "java.lang.OutOfMemoryError: Java heap space",
        "java.lang.OutOfMemoryError: GC overhead limit exceeded",
    ];
    const BEGINS: [&str; 3] = [
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size ",
        "Error: EMFILE: too many open files",
        "Error: ENOSPC: no space left on device",
    ];
    if line.ends_with("sorry, too many clients already")
        || line.contains("remaining connection slots are reserved for ")
    {
        return Some(Some("postgresql"));
    }
    if line.ends_with("Too many connections") {
        return Some(Some("mysql"));
    }
    let is_own = ENDS.iter().any(|end| line.ends_with(end))
        || BEGINS.iter().any(|begin| line.starts_with(begin))
        || line.contains("Connection is not available, request timed out after ") && line.contains("Pool");
    is_own.then_some(None)
}

/// A name of the configuration that does not resolve, a certificate that does not serve.
fn is_certificate_or_name(line: &str) -> bool {
    const ENDS: [&str; 5] = [
        "Temporary failure in name resolution",
        "Name or service not known",
        ": no such host",
        "x509: certificate has expired or is not yet valid",
        "code: 'CERT_HAS_EXPIRED'",
    ];
    let is_end = ENDS.iter().any(|end| line.ends_with(end));
    let begins = |begin: &str| line.starts_with(begin) || line.contains(&format!("Caused by: {begin}"));
    is_end
        || begins("Error: getaddrinfo ENOTFOUND ")
        || begins("Error: getaddrinfo EAI_AGAIN ")
        || begins("java.net.UnknownHostException: ")
        || line.contains("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
        || line.contains("x509: certificate has expired or is not yet valid: current time ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_applications_say() {
        use Sign::{CertificateOrName, Limit, UpstreamDown, UpstreamSlow};
        for (line, sign, about) in [
            ("dial tcp 127.0.0.1:5432: connect: connection refused", UpstreamDown, Some("127.0.0.1:5432")),
            ("Error: connect ECONNREFUSED 127.0.0.1:6379", UpstreamDown, Some("127.0.0.1:6379")),
            (
                "psycopg2.OperationalError: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused",
                UpstreamDown,
                Some("127.0.0.1:5432"),
            ),
            (
                "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
                UpstreamDown,
                Some("localhost:6379"),
            ),
            (
                "ERROR 2003 (HY000): Can't connect to MySQL server on '127.0.0.1:3306' (111)",
                UpstreamDown,
                Some("127.0.0.1:3306"),
            ),
            ("ConnectionRefusedError: [Errno 111] Connection refused", UpstreamDown, None),
            ("dial tcp 10.0.0.5:8080: i/o timeout", UpstreamSlow, Some("10.0.0.5:8080")),
            ("read tcp 10.0.0.2:44312->10.0.0.5:5432: i/o timeout", UpstreamSlow, Some("10.0.0.5:5432")),
            (
                "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='127.0.0.1', port=9000): Read timed out. (read timeout=5)",
                UpstreamSlow,
                Some("127.0.0.1:9000"),
            ),
            ("FATAL:  sorry, too many clients already", Limit, Some("postgresql")),
            ("OSError: [Errno 24] Too many open files", Limit, None),
            ("HikariPool-1 - Connection is not available, request timed out after 30000ms.", Limit, None),
            ("socket.gaierror: [Errno -3] Temporary failure in name resolution", CertificateOrName, None),
            ("Error: getaddrinfo ENOTFOUND db.internal", CertificateOrName, None),
            ("dial tcp: lookup db on 127.0.0.53:53: no such host", CertificateOrName, None),
        ] {
            assert_eq!(told(line), Some((sign, about.map(str::to_owned))), "{line}");
            let message = format!("Traceback (most recent call last):\n  File \"a.py\"\n{line}");
            let record = Record { stamp: Some(stamp()), ..Record::new("app-log") };
            assert_eq!(super::sign(&record, &message).map(|told| told.0), Some(sign), "{line}");
        }
    }

    fn stamp() -> crate::format::Stamp {
        let zone = crate::format::Zone::Unknown;
        crate::format::Stamp { civil_s: 0, nanos: 0, digits: 0, zone, has_year: true }
    }

    #[test]
    fn near_misses() {
        for line in [
            "GET /search?q=Connection+refused",
            "user asked: why Connection refused?",
            "too many clients already, he said",
            "connect ECONNREFUSED by a client's text",
            "all connections are back",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
        let own = Record { stamp: Some(stamp()), program: Some("postgres".into()), ..Record::new("app-log") };
        let line = "FATAL:  sorry, too many clients already";
        assert_eq!(super::sign(&own, line), Some((Sign::Limit, None)));
        let record = Record { stamp: Some(stamp()), level: Some(Level::Info), ..Record::new("app-log") };
        assert_eq!(super::sign(&record, "dial tcp 127.0.0.1:5432: connect: connection refused"), None);
    }
}
