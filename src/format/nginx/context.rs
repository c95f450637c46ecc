//! The context of a line of nginx's error log: what it tells of the connection and the request.
//!
//! ```text
//! …, client: 203.0.113.5, server: www.example.com, request: "GET / HTTP/1.1", subrequest: "/a", upstream: "http://127.0.0.1:8080/", host: "www.example.com", referrer: "https://e.example/"
//! …, client: 203.0.113.5, server: 0.0.0.0:8087, upstream: "127.0.0.1:8203", bytes from/to client:1/0, bytes from/to upstream:0/1
//! …, client: 203.0.113.5, server: 0.0.0.0:25, login: "frank", upstream: 127.0.0.1:9000
//! ```
//!
//! The order is fixed (`ngx_http_log_error_handler`), but nothing is escaped: quotes, commas and whole names come raw
//! from the client. So the context is taken apart from the left, and what the client sent last, the referrer, runs to
//! the last quote. A line that was cut leaves the last value open.

use memchr::{memchr, memchr_iter, memmem, memrchr};

use crate::format::access::{self, is_address};
use crate::format::{Record, Request, Text, Value, text};

/// Splits at the first `, client: ` that an address and the server follow. UDP says `, udp client: `.
pub(super) fn split(message: &[u8]) -> (&[u8], Option<&[u8]>) {
    const CLIENT: &[u8] = b"client: ";
    let found = memmem::find_iter(message, CLIENT).find_map(|at| {
        let before = &message[..at];
        let text = before.strip_suffix(b", udp ").or_else(|| before.strip_suffix(b", "))?;
        let context = &message[at + CLIENT.len()..];
        let (client, rest) = upto(context, b", ");
        (is_address(client) && (rest.is_empty() || rest.starts_with(b", server: "))).then_some((text, context))
    });
    found.map_or((message, None), |(text, context)| (text, Some(context)))
}

/// All up to the first `mark`, and the rest with it.
fn upto<'a>(text: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    text.split_at(memmem::find(text, mark).unwrap_or(text.len()))
}

/// The quoted names, in their order.
const QUOTED: [&str; 6] = ["login", "request", "subrequest", "upstream", "host", "referrer"];

/// Puts a context, that begins with the client's address, into the record.
pub(super) fn tell<'a>(context: &'a [u8], record: &mut Record<'a>) {
    let (client, rest) = upto(context, b", ");
    record.client = (client != b"unix:").then(|| text(client));
    let Some(rest) = rest.strip_prefix(b", server: ") else { return };
    let (server, mut rest) = upto(rest, b", ");
    put(record, "server", server);
    let mut request = Request::default();
    for (at, name) in QUOTED.iter().enumerate() {
        let Some(inside) = opening(rest, name) else { continue };
        let value;
        (value, rest) = quoted(inside, name, &QUOTED[at + 1..]);
        match *name {
            "request" => access::tell_request(value, &mut request, record, text),
            "upstream" => {
                request.upstream = Some(text(address(value)));
                put(record, name, value);
            }
            "host" => record.vhost = given(value),
            "referrer" => request.referer = given(value),
            _ => put(record, name, value),
        }
    }
    // Mail does not quote its upstream.
    if let Some(upstream) = rest.strip_prefix(b", upstream: ") {
        request.upstream = Some(text(upto(upstream, b", ").0));
        put(record, "upstream", upstream);
    }
    for name in ["bytes from/to client", "bytes from/to upstream"] {
        if let Some(counts) =
            rest.strip_prefix(b", ").and_then(|rest| rest.strip_prefix(name.as_bytes())?.strip_prefix(b":"))
        {
            let value;
            (value, rest) = upto(counts, b", ");
            put(record, name, value);
        }
    }
    if request != Request::default() {
        record.request = Some(Box::new(request));
    }
}

fn put<'a>(record: &mut Record<'a>, name: &'static str, value: &'a [u8]) {
    if !value.is_empty() {
        record.fields.push((name.into(), Value::Text(text(value))));
    }
}

/// A header's value: an empty one and `-` are none.
fn given(value: &[u8]) -> Option<Text<'_>> {
    (!matches!(value, b"" | b"-")).then(|| text(value))
}

/// `, host: "`: gives all behind it.
fn opening<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    text.strip_prefix(b", ")?.strip_prefix(name.as_bytes())?.strip_prefix(b": \"")
}

/// A value up to its quote, and the rest behind it. `later` are the names that may follow.
fn quoted<'a>(inside: &'a [u8], name: &str, later: &[&str]) -> (&'a [u8], &'a [u8]) {
    let from = if name == "request" { protocol_end(inside) } else { 0 };
    let ends = |end: &usize| later.iter().any(|name| opening(&inside[*end + 1..], name).is_some());
    let mut quotes = memchr_iter(b'"', &inside[from..]).map(|at| from + at);
    let end = match name {
        _ if from > 0 => quotes.next(),
        "referrer" => None,
        // Stream and mail have no later name; a client has no say in what stands there.
        "upstream" | "login" => quotes.find(ends).or_else(|| memchr(b'"', inside)),
        _ => quotes.find(ends),
    };
    match end.or_else(|| memrchr(b'"', inside)) {
        Some(end) => (&inside[..end], &inside[end + 1..]),
        None => (inside, &[]),
    }
}

/// Where the first ` HTTP/1.1` ends; 0 if there is none.
fn protocol_end(request: &[u8]) -> usize {
    let protocol = memmem::find_iter(request, b" HTTP/").find(|at| {
        matches!(&request[at + 6..], [major, b'.', minor, b'"', ..] if major.is_ascii_digit() && minor.is_ascii_digit())
    });
    protocol.map_or(0, |at| at + 9)
}

/// The address in `http://127.0.0.1:8080/a`, `fastcgi://127.0.0.1:9000`, `http://unix:/run/x.sock:/a`, `127.0.0.1:53`.
fn address(upstream: &[u8]) -> &[u8] {
    let rest = match memmem::find(upstream, b"://") {
        Some(scheme) => &upstream[scheme + 3..],
        None => upstream,
    };
    match rest.strip_prefix(b"unix:") {
        Some(path) => &rest[..5 + memmem::find(path, b":").unwrap_or(path.len())],
        None => upto(rest, b"/").0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (&str, Record<'_>) {
        let (message, context) = split(line.as_bytes());
        let mut record = Record::new("nginx-error");
        if let Some(context) = context {
            tell(context, &mut record);
        }
        (str::from_utf8(message).unwrap_or_default(), record)
    }

    #[test]
    fn all_fields() {
        let (message, record) = read(
            r#"connect() failed (111: Connection refused) while connecting to upstream, client: 2001:db8::1, server: www.example.com, request: "GET /a?b="c" HTTP/1.1", subrequest: "/auth", upstream: "http://[::1]:8080/auth", host: "www.example.com:80", referrer: "https://e.example/, upstream: "http://6.6.6.6/", host: "spoof"""#,
        );
        let request = record.request.clone().unwrap_or_default();
        assert_eq!(message, "connect() failed (111: Connection refused) while connecting to upstream");
        assert_eq!(
            (record.client.as_deref(), record.text_field("server")),
            (Some("2001:db8::1"), Some("www.example.com"))
        );
        assert_eq!((request.target.as_deref(), request.protocol.as_deref()), (Some("/a?b=\"c\""), Some("HTTP/1.1")));
        assert_eq!(
            (record.text_field("subrequest"), record.vhost.as_deref()),
            (Some("/auth"), Some("www.example.com:80"))
        );
        assert_eq!(
            (request.upstream.as_deref(), record.text_field("upstream")),
            (Some("[::1]:8080"), Some("http://[::1]:8080/auth"))
        );
        assert_eq!(
            request.referer.as_deref(),
            Some(r#"https://e.example/, upstream: "http://6.6.6.6/", host: "spoof""#)
        );
    }

    #[test]
    fn no_request() {
        for (line, server, field, value) in [
            (r#"x, client: 192.0.2.7, server: , request: "\x05""#, None, "request", Some(r"\x05")),
            (r#"x, client: 192.0.2.7, server: a, request: ""\"""#, Some("a"), "request", Some(r#""\""#)),
            (
                r#"x, client: 192.0.2.7, server: a, request: "GET / HT", host: "b""#,
                Some("a"),
                "request",
                Some("GET / HT"),
            ),
            (
                r#"x, client: 192.0.2.7, server: a, request: "GET / cut in the mid"#,
                Some("a"),
                "request",
                Some("GET / cut in the mid"),
            ),
            ("x, client: 192.0.2.7, server: 0.0.0.0:80", Some("0.0.0.0:80"), "request", None),
            (
                r#"x, client: 192.0.2.7, server: 0.0.0.0:25, login: "frank", upstream: 127.0.0.1:9000"#,
                Some("0.0.0.0:25"),
                "login",
                Some("frank"),
            ),
            (
                r#"x, udp client: 192.0.2.7, server: 0.0.0.0:53, upstream: "127.0.0.1:53", bytes from/to client:1/0, bytes from/to upstream:0/1"#,
                Some("0.0.0.0:53"),
                "bytes from/to upstream",
                Some("0/1"),
            ),
        ] {
            let (message, record) = read(line);
            assert_eq!((message, record.client.as_deref()), ("x", Some("192.0.2.7")), "{line}");
            assert_eq!((record.text_field("server"), record.text_field(field)), (server, value), "{line}");
        }
    }

    #[test]
    fn no_context() {
        for line in [
            "still could not bind()",
            "send() failed (111: Connection refused) while resolving, resolver: 127.0.0.1:53",
            "FastCGI sent in stderr: \"PHP message: text, client: 6.6.6.6, text",
            "open() \"/srv/a, client: b, server: c",
        ] {
            assert_eq!(split(line.as_bytes()), (line.as_bytes(), None));
        }
        let (_, record) = read("x, client: unix:, server: a");
        assert_eq!(record.client, None);
    }

    #[test]
    fn addresses_of_upstreams() {
        for (upstream, want) in [
            ("http://127.0.0.1:8080/a", "127.0.0.1:8080"),
            ("https://[::1]:80/", "[::1]:80"),
            ("fastcgi://127.0.0.1:9000", "127.0.0.1:9000"),
            ("http://unix:/run/x.sock:/a", "unix:/run/x.sock"),
            ("fastcgi://unix:/run/x.sock:", "unix:/run/x.sock"),
            ("http://dead/a", "dead"),
            ("127.0.0.1:53", "127.0.0.1:53"),
        ] {
            assert_eq!(address(upstream.as_bytes()), want.as_bytes(), "{upstream}");
        }
    }
}
