//! The fast path: what the survey counts of a usual line, in one pass and without allocating.

use memchr::{memchr, memchr_iter, memchr2};

use super::{Dialect, STAMP_BYTES, is_address, is_client, is_token_byte, number, vhost};
use crate::format::{Hit, stamp};

/// Reads a usual line: no escapes in what is counted, a client, a request of HTTP with its version. Anything else is
/// `None`, and [`super::read`] decides; what both read, they read alike.
#[inline]
pub(in crate::format) fn hit<'a>(line: &'a [u8], dialect: Dialect, stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
    let (first, rest) = split(line)?;
    let (client, scope, rest) = match ident_and_user(rest) {
        Some(rest) => (first, &[] as &[u8], rest),
        None => {
            let (client, rest) = split(rest)?;
            (client, scope(first, client)?, ident_and_user(rest)?)
        }
    };
    (is_client(client) && client != b"-" && client != b"unix:").then_some(())?;
    let after = rest.get(STAMP_BYTES..)?.strip_prefix(b"] \"")?;
    let stamp = stamps.clf(rest)?;
    let end = memchr2(b'"', b'\\', after).filter(|end| after[*end] == b'"')?;
    let request = method_and_target(&after[..end])?;
    let (status, rest) = status(&after[end + 1..])?;
    let (bytes, tail) = bytes(rest)?;
    has_no_duration(tail, dialect).then_some(())?;
    Some(Hit { stamp, client, status, termination: &[], request, scope, bytes, duration_ms: None })
}

/// All up to the first blank, and all behind it.
#[inline]
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr(b' ', text)?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// `- - [`, `- frank [`: gives all behind it.
#[inline]
fn ident_and_user(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"- - [") {
        return Some(rest);
    }
    let (user, rest) = split(text.strip_prefix(b"- ")?)?;
    rest.strip_prefix(b"[").filter(|_| !user.is_empty())
}

/// The name of the virtual host in front of a client.
#[inline]
fn scope<'a>(first: &'a [u8], client: &[u8]) -> Option<&'a [u8]> {
    let (name, _) = vhost(first)?;
    let is_certain = name.len() != first.len() || first != b"unknown" && !is_address(first) && is_address(client);
    (is_certain && name != b"-").then_some(name)
}

/// `GET /a` of `GET /a HTTP/1.1`
#[inline]
fn method_and_target(line: &[u8]) -> Option<&[u8]> {
    let (request, protocol) = line.split_at(line.len().checked_sub(9)?);
    matches!(protocol, [b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']).then_some(())?;
    let (method, target) = split(request)?;
    let is_token = !method.is_empty() && method != b"-" && method.iter().all(|byte| is_token_byte(*byte));
    let is_bare = matches!((target.first()?, target.last()?), (b'!'..=b'~', b'!'..=b'~'));
    (is_token && is_bare && target.is_ascii()).then_some(request)
}

/// ` 502 `: gives all behind it.
#[inline]
fn status(text: &[u8]) -> Option<(u16, &[u8])> {
    match text {
        [b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', rest @ ..] => {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Some((digit(a) * 100 + digit(b) * 10 + digit(c), rest))
        }
        _ => None,
    }
}

/// `157` or `-`, up to a blank or the end.
#[inline]
fn bytes(text: &[u8]) -> Option<(u64, &[u8])> {
    let (word, tail) = text.split_at(memchr(b' ', text).unwrap_or(text.len()));
    Some((if word == b"-" { 0 } else { number(word)? }, tail))
}

/// Whether nothing but quoted values follows, with one blank between them: no form tells a duration in quotes only.
#[inline]
fn has_no_duration(tail: &[u8], dialect: Dialect) -> bool {
    if tail.is_empty() {
        return dialect == Dialect::Apache;
    }
    let mut end = 0; // behind the last value
    let mut quotes = memchr_iter(b'"', tail);
    while let Some(open) = quotes.next() {
        let Some(close) = quotes.next() else { return false };
        if open != end + 1 || tail[end] != b' ' {
            return false;
        }
        end = close + 1;
    }
    end == tail.len()
}
