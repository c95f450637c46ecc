//! What the access logs of nginx and Apache share: the family of NCSA's combined form.
//!
//! ```text
//! www.example.com:443 203.0.113.5 - frank [24/Nov/2026:02:33:56 +0100] "GET /a?b HTTP/1.1" 502 157 "-" "curl/8.5.0"
//! ```
//!
//! The virtual host is there only where somebody asked for it; the common form ends behind the bytes; whatever else
//! follows is read by [`tail`]. nginx stamps the end of a request, Apache its beginning; neither line says which of
//! the two wrote it, but its escapes may ([`marks`]). A request line that is no HTTP goes whole into `fields.request`.
//!
//! Quotes inside values are escaped by both, so `] "` ends the stamp and the first unescaped quote ends a value,
//! whatever a client sends.

mod hit;
mod marks;
mod tail;

use std::net::IpAddr;

use memchr::{memchr, memchr_iter};

use super::{Record, Request, Stamp, Text, Value, stamp, text};
pub(super) use hit::hit;
pub use marks::{Marks, marks};

/// Which program's names a record takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `$variables`; the common form is not nginx's.
    Nginx,
    /// `%directives`
    Apache,
}

impl Dialect {
    fn format(self) -> &'static str {
        match self {
            Dialect::Nginx => "nginx-access",
            Dialect::Apache => "apache-access",
        }
    }

    fn forwarded_for(self) -> &'static str {
        match self {
            Dialect::Nginx => "http_x_forwarded_for",
            Dialect::Apache => "{X-Forwarded-For}i",
        }
    }
}

/// What editors put in front of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far behind the start of a line its stamp may begin: names, a list of proxies and a user stand before it.
const FRONT_BYTES: usize = 1024;

/// Bytes of `24/Nov/2026:02:33:56 +0100`.
const STAMP_BYTES: usize = 26;

/// Whether the line looks like one of the family: a word, and a stamp in brackets before a quote or a word.
pub(super) fn is_start(line: &[u8]) -> bool {
    let head = &line[..line.len().min(FRONT_BYTES)];
    let begins = matches!(head.first(), Some(byte) if !matches!(byte, b'[' | b'{' | b'"' | b'<' | b' ' | b'\t'));
    begins && memchr_iter(b'[', head).any(|at| is_stamp(&line[at + 1..]))
}

/// `24/Nov/2026:02:33:56 +0100] "`, by its punctuation.
fn is_stamp(text: &[u8]) -> bool {
    const SIGN: &[u8] = b"dd/aaa/dddd:dd:dd:dd sdddd] \"";
    let fits = |(byte, sign): (&u8, &u8)| match sign {
        b'd' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        b's' => matches!(byte, b'+' | b'-'),
        _ => byte == sign,
    };
    text.len() >= SIGN.len() && text.iter().zip(SIGN).all(fits)
}

/// A line taken apart, its values still escaped.
struct Parts<'a> {
    front: Front<'a>,
    stamp: Stamp,
    request: &'a [u8],
    status: Option<u16>,
    bytes: Option<u64>,
    /// All behind the bytes, with the blank in front.
    tail: &'a [u8],
}

/// Reads a line of the family.
pub(super) fn read(line: &[u8], dialect: Dialect) -> Option<Record<'_>> {
    record(parts(line, front_of)?, dialect)
}

/// Reads a line of a log in which a virtual host stands in front of all lines, be it an address.
pub(super) fn read_with_vhost(line: &[u8], dialect: Dialect) -> Option<Record<'_>> {
    record(parts(line, |front| front_with_vhost(front).or_else(|| front_of(front)))?, dialect)
}

fn record(parts: Parts<'_>, dialect: Dialect) -> Option<Record<'_>> {
    if dialect == Dialect::Nginx && parts.tail.is_empty() {
        return None;
    }
    let mut record = Record::new(dialect.format());
    record.is_traffic = true;
    record.stamp = Some(parts.stamp);
    parts.front.tell(&mut record, dialect);
    let mut request = Request { status: parts.status, bytes: parts.bytes, ..Request::default() };
    tell_request(parts.request, &mut request, &mut record, unescape);
    tail::tell(parts.tail, dialect, &mut request, &mut record);
    record.request = Some(Box::new(request));
    Some(record)
}

fn parts(line: &[u8], front_of: fn(&[u8]) -> Option<Front<'_>>) -> Option<Parts<'_>> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let (front, stamp, rest) = stamped(line)?;
    let front = front_of(front)?;
    let (request, rest) = quoted(rest)?;
    let (status, rest) = word(rest.strip_prefix(b" ")?);
    let (bytes, tail) = word(rest.strip_prefix(b" ")?);
    let tail = if tail.trim_ascii().is_empty() { &[] } else { tail };
    Some(Parts { front, stamp, request, status: status_of(status)?, bytes: bytes_of(bytes)?, tail })
}

/// Whether another program than nginx and Apache wrote the line.
pub(super) fn is_foreign(line: &[u8]) -> bool {
    parts(line, front_of).is_some_and(|parts| tail::is_foreign(parts.tail))
}

/// Splits at ` [24/Nov/2026:02:33:56 +0100] "`; the rest begins with the quote.
fn stamped(line: &[u8]) -> Option<(&[u8], Stamp, &[u8])> {
    let head = &line[..line.len().min(FRONT_BYTES)];
    memchr_iter(b'[', head).find_map(|at| {
        let rest = line.get(at + 1 + STAMP_BYTES..)?.strip_prefix(b"] ")?;
        let front = line[..at].strip_suffix(b" ")?;
        (rest.first() == Some(&b'"')).then_some(())?;
        Some((front, stamp::clf(&line[at + 1..])?, rest))
    })
}

/// A quoted value at the beginning, without its quotes, and the rest.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let end = memchr_iter(b'"', inside).find(|end| !is_escaped(&inside[..*end]))?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// Whether an odd number of backslashes ends the text, so that the byte behind it is escaped.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// All up to the next blank, and the rest with the blank.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(memchr(b' ', text).unwrap_or(text.len()))
}

/// `502`, nginx's `009` and `000` (none), Apache's `-` (none). `None` if it is no status.
fn status_of(word: &[u8]) -> Option<Option<u16>> {
    match word {
        b"-" | b"000" => Some(None),
        _ if word.len() == 3 => Some(u16::try_from(stamp::digits(word)?).ok()),
        _ => None,
    }
}

/// `157`, `-` (none). `None` if it is no count.
fn bytes_of(word: &[u8]) -> Option<Option<u64>> {
    match word {
        b"-" => Some(None),
        _ => Some(Some(number(word)?)),
    }
}

/// Only digits.
#[inline]
fn number(word: &[u8]) -> Option<u64> {
    let (first, rest) = word.split_first()?;
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    rest.iter().try_fold(digit(*first)?, |sum, byte| sum.checked_mul(10)?.checked_add(digit(*byte)?))
}

/// All before the stamp.
#[derive(Debug, Default, PartialEq)]
struct Front<'a> {
    vhost: Option<&'a [u8]>,
    server_port: Option<u16>,
    forwarded_for: Option<&'a [u8]>,
    client: &'a [u8],
    ident: &'a [u8],
    user: &'a [u8],
}

impl<'a> Front<'a> {
    fn tell(&self, record: &mut Record<'a>, dialect: Dialect) {
        record.vhost = self.vhost.map(text);
        record.server_port = self.server_port;
        record.client = Some(self.client).filter(|client| !matches!(*client, b"-" | b"unix:")).map(text);
        record.user = match self.user {
            b"" | b"-" => None,
            b"\"\"" => Some(Text::Borrowed("")), // Apache's way to write an empty one
            user => Some(unescape(user)),
        };
        if !matches!(self.ident, b"" | b"-") {
            record.fields.push(("l".into(), Value::Text(unescape(self.ident))));
        }
        if let Some(list) = self.forwarded_for.filter(|list| *list != b"-") {
            record.fields.push((dialect.forwarded_for().into(), Value::Text(unescape(list))));
        }
    }
}

/// `CLIENT IDENT USER`; before it perhaps a virtual host, or a list of addresses out of X-Forwarded-For. The user may
/// hold blanks, and then the identity is nginx's hyphen (or Apache's, which hardly ever knows one).
fn front_of(front: &[u8]) -> Option<Front<'_>> {
    let (first, rest) = word(front);
    if first.ends_with(b",") {
        let (forwarded_for, rest) = list_of_addresses(front);
        let plain = Front {
            forwarded_for: Some(forwarded_for),
            client: first.strip_suffix(b",").unwrap_or(first),
            ..Front::default()
        };
        return named_peer(rest).map(|peer| Front { forwarded_for: Some(forwarded_for), ..peer }).or_else(|| {
            let user = rest.strip_prefix(b" - ")?;
            is_client(plain.client).then_some(Front { ident: b"-", user, ..plain })
        });
    }
    // `$http_x_forwarded_for - $remote_addr - $remote_user`
    if let Some(peer) = rest.strip_prefix(b" -").and_then(peer) {
        return Some(Front { forwarded_for: Some(first), ..peer });
    }
    if let Some(plain) = client_ident_user(front) {
        return Some(plain);
    }
    let is_list =
        matches!(first, b"-" | b"unknown") || is_address(first) || first.starts_with(b"\\") || first.contains(&b',');
    if is_list {
        return named_peer(rest).map(|peer| Front { forwarded_for: Some(first), ..peer });
    }
    front_with_vhost(front)
}

/// `VHOST CLIENT IDENT USER`
fn front_with_vhost(front: &[u8]) -> Option<Front<'_>> {
    let (first, rest) = word(front);
    let (vhost, server_port) = vhost(first)?;
    let plain = client_ident_user(rest.strip_prefix(b" ")?)?;
    Some(Front { vhost: Some(vhost).filter(|name| *name != b"-"), server_port, ..plain })
}

/// ` ADDRESS IDENT USER`
fn peer(rest: &[u8]) -> Option<Front<'_>> {
    client_ident_user(rest.strip_prefix(b" ")?).filter(|peer| is_address(peer.client))
}

/// The same, also with the name of a client whose address the server looked up.
fn named_peer(rest: &[u8]) -> Option<Front<'_>> {
    client_ident_user(rest.strip_prefix(b" ")?).filter(|peer| peer.client != b"-")
}

/// `CLIENT - USER`, `CLIENT IDENT USER`
fn client_ident_user(text: &[u8]) -> Option<Front<'_>> {
    let (client, rest) = word(text);
    let (ident, user) = word(rest.strip_prefix(b" ")?);
    let user = user.strip_prefix(b" ")?;
    let plain = ident == b"-" || !ident.is_empty() && !user.is_empty() && !user.contains(&b' ');
    (plain && is_client(client)).then_some(Front { client, ident, user, ..Front::default() })
}

/// `10.0.0.2, 10.0.0.1, 192.0.2.1`, and the rest with its blank.
fn list_of_addresses(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        let (entry, _) = word(&text[end..]);
        end += entry.len();
        if !entry.ends_with(b",") || end == text.len() {
            return text.split_at(end);
        }
        end += 1;
    }
}

/// `www.example.com:443`, `www.example.com:` (a unix socket has no port), `www.example.com`, `[::1]:80`
fn vhost(word: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (name, port) = match memchr::memrchr(b':', word) {
        Some(colon) => (&word[..colon], Some(&word[colon + 1..])),
        None => (word, None),
    };
    let is_name = if name.starts_with(b"[") { name.ends_with(b"]") } else { !name.contains(&b':') };
    let port = match port {
        Some(b"") | None => None,
        Some(port) => Some(u16::try_from(stamp::digits(port)?).ok()?),
    };
    (is_name && is_client(name)).then_some((name, port))
}

/// A name or an address, by its bytes.
pub(super) fn is_client(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| is_of(*byte, IN_CLIENT))
}

/// A token, as methods are.
pub(super) fn is_token(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| is_of(*byte, IN_TOKEN))
}

/// An address, or nginx's word for a peer at a unix socket.
pub(super) fn is_address(word: &[u8]) -> bool {
    let scoped = memchr(b'%', word).map_or(word, |scope| &word[..scope]);
    word == b"unix:" || str::from_utf8(scoped).is_ok_and(|word| word.parse::<IpAddr>().is_ok())
}

/// Puts a request line into its fields, or whole into `fields.request` if it is no HTTP. `-` and nothing: none came.
pub(super) fn tell_request<'a>(
    line: &'a [u8],
    request: &mut Request<'a>,
    record: &mut Record<'a>,
    value: fn(&'a [u8]) -> Text<'a>,
) {
    if let Some((method, target, protocol)) = request_line(line) {
        request.method = Some(text(method));
        request.target = Some(value(target));
        request.protocol = protocol.map(text);
    } else if !matches!(line, b"" | b"-") {
        record.fields.push(("request".into(), Value::Text(value(line))));
    }
}

/// Method, target and protocol.
type RequestLine<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);

/// `GET /a b HTTP/1.1`; `GET /` alone is HTTP/0.9.
fn request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let (method, rest) = word(line);
    let rest = rest.strip_prefix(b" ").filter(|_| is_token(method) && method != b"-")?;
    let (target, protocol) = match memchr::memrchr(b' ', rest) {
        Some(blank) if is_protocol(&rest[blank + 1..]) => (rest[..blank].trim_ascii(), Some(&rest[blank + 1..])),
        None if !is_protocol(rest) => (rest, None),
        _ => return None,
    };
    (!target.is_empty()).then_some((method, target, protocol))
}

/// `HTTP/1.1`, `HTTP/3`
fn is_protocol(word: &[u8]) -> bool {
    matches!(word.strip_prefix(b"HTTP/"), Some([b'0'..=b'9'] | [b'0'..=b'9', b'.', b'0'..=b'9']))
}

/// In [`CLASSES`]: a byte of a name or an address.
const IN_CLIENT: u8 = 1;
/// In [`CLASSES`]: a byte of a token, RFC 9110, section 5.6.2.
const IN_TOKEN: u8 = 2;

/// What each byte can be part of.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        let is_word = byte.is_ascii_alphanumeric();
        if is_word || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%' | b'[' | b']') {
            classes[byte as usize] |= IN_CLIENT;
        }
        if is_word || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
        {
            classes[byte as usize] |= IN_TOKEN;
        }
        byte += 1;
    }
    classes
};

#[inline]
fn is_of(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// The value of a quoted field: `-` is none.
fn given(value: &[u8]) -> Option<Text<'_>> {
    (value != b"-").then(|| unescape(value))
}

/// Undoes the escapes of both: `\xHH`; Apache's `\"`, `\\`, `\n`, `\r`, `\t`, `\v`, `\b`.
pub(super) fn unescape(value: &[u8]) -> Text<'_> {
    let Some(first) = memchr(b'\\', value) else { return text(value) };
    let mut out = value[..first].to_vec();
    let mut rest = &value[first..];
    while let Some((byte, taken)) = unescaped_byte(rest) {
        out.push(byte);
        rest = &rest[taken..];
    }
    Text::Owned(String::from_utf8(out).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()))
}

/// The next byte meant, and how many stand for it.
fn unescaped_byte(text: &[u8]) -> Option<(u8, usize)> {
    Some(match text {
        [] => return None,
        [b'\\', b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            (hex(*high) << 4 | hex(*low), 4)
        }
        [b'\\', b'n', ..] => (b'\n', 2),
        [b'\\', b'r', ..] => (b'\r', 2),
        [b'\\', b't', ..] => (b'\t', 2),
        [b'\\', b'v', ..] => (0x0b, 2),
        [b'\\', b'b', ..] => (0x08, 2),
        [b'\\', byte @ (b'"' | b'\\'), ..] => (*byte, 2),
        [byte, ..] => (*byte, 1),
    })
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What is in front of ` [24/Nov/2026:02:33:56 +0100]`.
    fn front(text: &str) -> Option<Front<'_>> {
        front_of(text.as_bytes())
    }

    #[test]
    fn who_asked() {
        let plain = |client: &'static str, ident: &'static str, user: &'static str| Front {
            client: client.as_bytes(),
            ident: ident.as_bytes(),
            user: user.as_bytes(),
            ..Front::default()
        };
        let vhost = |name: &'static str, server_port| Front {
            vhost: Some(name.as_bytes()),
            server_port,
            ..plain("192.0.2.7", "-", "-")
        };
        let behind =
            |list: &'static str| Front { forwarded_for: Some(list.as_bytes()), ..plain("192.0.2.7", "-", "-") };
        for (text, want) in [
            ("203.0.113.5 - -", plain("203.0.113.5", "-", "-")),
            ("2001:db8::d5f5 - frank smith", plain("2001:db8::d5f5", "-", "frank smith")),
            ("203.0.113.61 - a] \\\"GET", plain("203.0.113.61", "-", "a] \\\"GET")),
            ("224.92.49.50 bob frank", plain("224.92.49.50", "bob", "frank")),
            ("client.example.net - -", plain("client.example.net", "-", "-")),
            ("unix: - -", plain("unix:", "-", "-")),
            ("127.0.0.1 - ", plain("127.0.0.1", "-", "")), // nginx with escape=none
            ("www.example.com:443 192.0.2.7 - -", vhost("www.example.com", Some(443))),
            ("www.example.com 192.0.2.7 - -", vhost("www.example.com", None)),
            ("www.example.com: 192.0.2.7 - -", vhost("www.example.com", None)),
            ("67.43.156.15:80 192.0.2.7 - -", vhost("67.43.156.15", Some(80))),
            ("10.0.0.2, 10.0.0.1, 192.0.2.1 192.0.2.7 - -", behind("10.0.0.2, 10.0.0.1, 192.0.2.1")),
            ("www.example.com a.example - -", Front { client: b"a.example", ..vhost("www.example.com", None) }),
            ("unknown 192.0.2.7 - -", behind("unknown")),
            ("10.0.0.2, 10.0.0.1 a.example - -", Front { client: b"a.example", ..behind("10.0.0.2, 10.0.0.1") }),
            ("10.0.0.1,10.0.0.2 192.0.2.7 - -", behind("10.0.0.1,10.0.0.2")),
            ("- a.example - -", Front { client: b"a.example", ..behind("-") }),
            ("- 192.0.2.7 - -", behind("-")),
            ("10.0.0.1 - 192.0.2.7 - -", behind("10.0.0.1")),
        ] {
            assert_eq!(front(text), Some(want), "{text}");
        }
        for (why, text) in [
            ("syslog", "Nov 24 03:21:54 web01 nginx: 192.0.2.7 - -"),
            ("syslog with an ISO stamp", "2026-11-24T03:21:54+01:00 web01 nginx: 192.0.2.7 - -"),
            ("compose", "web_1  | 192.0.2.7 - -"),
            ("HAProxy", "192.0.2.7:51234"),
            ("no client", " - -"),
        ] {
            assert_eq!(front(text), None, "{why}");
        }
    }

    #[test]
    fn request_lines() {
        let http = |method: &'static str, target: &'static str, protocol: &'static str| {
            let protocol = (!protocol.is_empty()).then_some(protocol.as_bytes());
            Some((method.as_bytes(), target.as_bytes(), protocol))
        };
        for (line, want) in [
            ("GET /a?b HTTP/1.1", http("GET", "/a?b", "HTTP/1.1")),
            ("M-SEARCH * HTTP/2.0", http("M-SEARCH", "*", "HTTP/2.0")),
            ("GET /a b c HTTP/1.1", http("GET", "/a b c", "HTTP/1.1")),
            ("GET  /two  HTTP/1.1", http("GET", "/two", "HTTP/1.1")),
            ("GET / HTTP/3", http("GET", "/", "HTTP/3")),
            ("GET /", http("GET", "/", "")),
            ("GET", None),
            ("GET ", None),
            ("GET /a b", None),
            ("GET / http/1.1", None),
            ("GET / RTSP/1.0", None),
            ("GET HTTP/1.1", None),
            ("- - HTTP/1.0", None),
            (r"\x16\x03\x01", None),
            (r#"\"GET\" / HTTP/1.1"#, None),
        ] {
            assert_eq!(request_line(line.as_bytes()), want, "{line}");
        }
    }

    #[test]
    fn escapes() {
        for (escaped, want) in [
            ("plain", "plain"),
            (r"\x22\xC3\xA4\xc3\xb6\x5C", "\"äö\\"),
            (r#"\"a\\ \t\n\r\b\v"#, "\"a\\ \t\n\r\u{8}\u{b}"),
            (r"\xFF", "\u{fffd}"),
            (r"\xg1 \q \", r"\xg1 \q \"),
        ] {
            assert_eq!(unescape(escaped.as_bytes()), want, "{escaped}");
        }
    }

    #[test]
    fn a_client_cannot_forge_the_rest_of_a_line() {
        let line = br#"192.0.2.7 - a [12/Dec/2020:00:00:00 +0000] \"GET / HTTP/1.1\" 503 1 [24/Nov/2026:02:33:56 +0100] "GET /\" 500 0 \"-\" HTTP/1.1" 200 5 "-" "\\" 7"#;
        let record = read(line, Dialect::Apache).unwrap();
        let request = record.request.unwrap();
        assert_eq!(record.user.as_deref(), Some(r#"a [12/Dec/2020:00:00:00 +0000] "GET / HTTP/1.1" 503 1"#));
        assert_eq!(record.stamp.and_then(|stamp| stamp.utc_s()), Some(1_795_484_036));
        assert_eq!((request.status, request.target.as_deref()), (Some(200), Some(r#"/" 500 0 "-""#)));
        assert_eq!((request.user_agent.as_deref(), request.duration_s), (Some("\\"), Some(7e-6)));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("cut", r#"192.0.2.6 - - [22/Nov/2026:10:15:05 +0100] "GET"#),
            ("no such day", r#"192.0.2.6 - - [31/Nov/2026:10:15:05 +0100] "GET / HTTP/1.1" 200 0 "-" "-""#),
            (
                "HAProxy",
                r#"192.0.2.6:5 [22/Nov/2026:10:15:05.460] web app/a1 0/0/1/2/3 200 5 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
            ),
            ("ssl_request_log", r#"[22/Nov/2026:10:15:05 +0100] 192.0.2.6 TLSv1.3 AES "GET / HTTP/1.1" 200"#),
            ("Apache's error log", "[Sun Nov 22 11:00:06.001006 2026] [core:notice] [pid 811] AH00051: x"),
        ] {
            assert!(read(line.as_bytes(), Dialect::Apache).is_none(), "{why}");
        }
        let common = br#"192.0.2.6 - - [22/Nov/2026:10:15:05 +0100] "GET / HTTP/1.1" 200 0"#;
        assert!(read(common, Dialect::Nginx).is_none() && read(common, Dialect::Apache).is_some());
    }

    #[test]
    fn starts() {
        assert!(is_start(br#"192.0.2.6 - a] [b [22/Nov/2026:10:15:05 +0100] "-" 408 0"#));
        assert!(!is_start(b"192.0.2.6:5 [22/Nov/2026:10:15:05.460] web"));
        assert!(!is_start(br#"[22/Nov/2026:10:15:05 +0100] "x""#));
    }
}
