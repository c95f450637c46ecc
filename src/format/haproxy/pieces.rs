//! The pieces that HAProxy's lines of traffic share: words, numbers, timers, counters, the request, its escapes.

use nom::bytes::streaming::{tag, take_till1};
use nom::character::streaming::i64;
use nom::combinator::verify;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::split_word;
use crate::format::{Record, Request, Stamp, Text, Timers, Value, text};

/// What a piece of a line reads as.
pub(super) type Read<'a, T> = IResult<&'a [u8], T>;

/// A word and its blank.
pub(super) fn word(line: &[u8]) -> Read<'_, &[u8]> {
    terminated(take_till1(|byte| byte == b' '), blank).parse(line)
}

pub(super) fn blank(line: &[u8]) -> Read<'_, &[u8]> {
    tag(" ").parse(line)
}

/// `12 `, `-1 `; with `+` where it is not final (`option logasap`).
pub(super) fn number(line: &[u8]) -> Read<'_, i64> {
    terminated(i64, blank).parse(line)
}

/// `0/0/+2`
pub(super) fn numbers<const N: usize>(mut line: &[u8]) -> Read<'_, [i64; N]> {
    let mut numbers = [0; N];
    for (index, number) in numbers.iter_mut().enumerate() {
        if index > 0 {
            (line, _) = tag("/").parse(line)?;
        }
        (line, *number) = i64(line)?;
    }
    Ok((line, numbers))
}

/// `SC--`, in TCP `SC`: who ended it, in which phase, and what became of the cookie.
pub(super) fn termination(line: &[u8]) -> Read<'_, &[u8]> {
    const STATES: [&[u8]; 4] = [b"-LcCsSPRIDKU", b"-RCHDLQT", b"-NIDVEOU7", b"-NPDIRU67"];
    let is_state = |state: &[u8]| {
        matches!(state.len(), 2 | 4) && state.iter().zip(STATES).all(|(byte, known)| known.contains(byte))
    };
    verify(word, is_state).parse(line)
}

/// `web/s1`, `shop-tls/1`: what stands before and behind the slash.
pub(super) fn place(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = memchr::memchr(b'/', word).filter(|slash| *slash > 0 && slash + 1 < word.len())?;
    Some((&word[..slash], &word[slash + 1..]))
}

/// Text, or nothing where HAProxy writes `-`.
pub(super) fn present(word: &[u8]) -> Option<Text<'_>> {
    (!matches!(word, b"" | b"-")).then(|| text(word))
}

/// `www`, with TLS `www~`.
pub(super) fn frontend_name(word: &[u8]) -> Option<Text<'_>> {
    present(word.strip_suffix(b"~").unwrap_or(word))
}

/// A status that was sent; HAProxy writes −1 or 0 for none.
pub(super) fn status_of(number: i64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (100..1000).contains(status))
}

pub(super) fn http_timers(timers: [i64; 5]) -> Timers {
    let [request, queue, connect, response, total] = timers.map(Some);
    Timers { request, queue, connect, response, total }
}

/// The moment `total` milliseconds later.
pub(super) fn end(start: Stamp, total: i64) -> Option<Stamp> {
    let millis = u64::try_from(total).ok()?.checked_add(u64::from(start.nanos / 1_000_000))?;
    let civil_s = start.civil_s.checked_add_unsigned(millis / 1000)?;
    Some(Stamp { civil_s, nanos: u32::try_from(millis % 1000).ok()? * 1_000_000, ..start })
}

pub(super) fn put<'a>(record: &mut Record<'a>, name: &'static str, value: Value<'a>) {
    record.fields.push((name.into(), value));
}

pub(super) fn put_timers(request: &mut Request<'_>, timers: Timers) {
    let total = timers.total.and_then(|total| u32::try_from(total).ok());
    request.duration_s = total.map(|total| f64::from(total) / 1000.0);
    request.timers = Some(timers);
}

/// Connections of the process, the frontend, the backend and the server at the end of the session, and retries.
pub(super) fn put_counts(record: &mut Record<'_>, request: &mut Request<'_>, counts: [i64; 5]) {
    let [.., retries] = counts;
    for (name, count) in ["actconn", "feconn", "beconn", "srv_conn"].into_iter().zip(counts) {
        put(record, name, Value::Number(count));
    }
    request.retries = Some(retries);
}

/// Requests that were served before this one from the queues of the server and of the backend.
pub(super) fn put_queues(record: &mut Record<'_>, queues: [i64; 2]) {
    for (name, count) in ["srv_queue", "backend_queue"].into_iter().zip(queues) {
        put(record, name, Value::Number(count));
    }
}

pub(super) fn put_cookies<'a>(record: &mut Record<'a>, cookies: [Option<&'a [u8]>; 2]) {
    for (name, cookie) in ["captured_request_cookie", "captured_response_cookie"].into_iter().zip(cookies) {
        if let Some(cookie) = cookie.and_then(present) {
            put(record, name, Value::Text(cookie));
        }
    }
}

/// What administrators add behind a default format.
pub(super) fn put_rest<'a>(record: &mut Record<'a>, rest: &'a [u8]) -> Read<'a, ()> {
    if !rest.trim_ascii().is_empty() {
        blank(rest)?;
        record.message = Some(text(rest.trim_ascii()));
    }
    Ok((b"", ()))
}

/// `GET /cart?id=1 HTTP/1.1`, and whatever clients send in its place: `<BADREQ>`, `BAD`. HAProxy cuts it at 1024 bytes
/// (`tune.http.logurilen`): the protocol is missing then, and the target ends early.
pub(in crate::format) fn put_request<'a>(record: &mut Record<'a>, request: &mut Request<'a>, asked: &'a [u8]) {
    let Some(line) = request_line(asked) else {
        return put(record, "request", Value::Text(unescape(asked)));
    };
    request.method = Some(text(line.method));
    request.target = Some(unescape(line.target));
    request.protocol = line.protocol.map(text);
}

/// A request whose line was cut: whatever is whole counts, the rest is kept as it is.
pub(super) fn put_cut_request<'a>(record: &mut Record<'a>, request: &mut Request<'a>, asked: &'a [u8]) {
    match request_line(asked) {
        Some(RequestLine { protocol: Some(_), .. }) => put_request(record, request, asked),
        Some(line) => {
            request.method = Some(text(line.method));
            put(record, "request", Value::Text(unescape(asked)));
        }
        None if asked.is_empty() => {}
        None => put(record, "request", Value::Text(unescape(asked))),
    }
}

pub(super) struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    protocol: Option<&'a [u8]>,
}

pub(super) fn request_line(asked: &[u8]) -> Option<RequestLine<'_>> {
    let (method, rest) = split_word(asked)?;
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!$%&'*+-.^_`|~".contains(byte);
    if method.is_empty() || !method.iter().all(is_token) {
        return None;
    }
    let is_protocol = |word: &[u8]| matches!(word, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit());
    let protocol = memchr::memrchr(b' ', rest).filter(|blank| *blank > 0 && is_protocol(&rest[blank + 1..]));
    if let Some(blank) = protocol {
        return Some(RequestLine { method, target: &rest[..blank], protocol: Some(&rest[blank + 1..]) });
    }
    let is_target = matches!(rest.first(), Some(b'/' | b'*')) || memchr::memmem::find(rest, b"://").is_some();
    is_target.then_some(RequestLine { method, target: rest, protocol: None })
}

/// Text in which HAProxy wrote `#XX` for controls, bytes that are not ASCII, `"` and `#`, in headers also for `{|}`.
pub(in crate::format) fn unescape(escaped: &[u8]) -> Text<'_> {
    if memchr::memchr(b'#', escaped).is_none() {
        return text(escaped);
    }
    let hex = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let (mut rest, mut bytes) = (escaped, Vec::with_capacity(escaped.len()));
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(byte);
        if let (b'#', [high, low, after @ ..]) = (byte, after)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.pop();
            bytes.push(high << 4 | low);
            rest = after;
        }
    }
    Text::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn error(line: &[u8]) -> nom::error::Error<&[u8]> {
    nom::error::Error::new(line, nom::error::ErrorKind::Verify)
}
