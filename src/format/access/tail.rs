//! What stands behind the bytes of an access log's line.
//!
//! ```text
//! … 157 "https://www.example.com/" "curl/8.5.0" "10.0.0.1"
//! … 157 "-" "curl/8.5.0" rt=0.002 uct="0.000, 0.001" uht="-, 0.001" urt="0.000, 0.002"
//! … 157 "-" "curl/8.5.0" 138 0.001 [shop-80] [] 10.0.0.7:80, 10.0.0.8:80 0, 37 0.000, 0.001 502, 200 6e054e7e2a35
//! … 157 "-" "curl/8.5.0" 1664
//! ```
//!
//! Referer and user agent, and then what people add. Only what the form itself makes plain is read: a number of its
//! own behind the user agent is Apache's `%D`, two are mod_logio's `%I %O`, seconds with three decimals are nginx's.

use memchr::memchr;

use super::{Dialect, Marks, given, is_address, number, quoted, word};
use crate::format::{Record, Request, Value, text};

/// One of the things behind the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item<'a> {
    /// `"curl/8.5.0"`
    Quoted(&'a [u8]),
    /// `rt=0.002`, `urt="0.000, 0.002"`
    Named(&'a [u8], &'a [u8]),
    /// `[shop-80]`
    Bracketed(&'a [u8]),
    /// `0.001`, or a list as nginx writes it: `0.000, 0.001 : 0.004`
    Bare(&'a [u8]),
}

/// The items of a tail, in order. A value that the end of the line cuts off ends there.
struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let rest = self.0.trim_ascii_start();
        let (item, rest) = match rest {
            [] => return None,
            [b'"', ..] => {
                let (value, rest) = quoted(rest).unwrap_or((&rest[1..], &[]));
                (Item::Quoted(value), rest)
            }
            [b'[', inside @ ..] => match memchr(b']', inside) {
                Some(end) => (Item::Bracketed(&inside[..end]), &inside[end + 1..]),
                None => (Item::Bare(rest), &[] as &[u8]),
            },
            _ => match named(rest) {
                Some((name, value @ [b'"', ..])) => {
                    let (value, rest) = quoted(value).unwrap_or((&value[1..], &[]));
                    (Item::Named(name, value), rest)
                }
                Some((name, value)) => {
                    let (value, rest) = list(value);
                    (Item::Named(name, value), rest)
                }
                None => {
                    let (value, rest) = list(rest);
                    (Item::Bare(value), rest)
                }
            },
        };
        self.0 = rest;
        Some(item)
    }
}

/// `rt=…`: a name and all behind its sign.
fn named(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let end = text.iter().position(|byte| !is_name(byte))?;
    (end > 0).then(|| text[end..].strip_prefix(b"=")).flatten().map(|value| (&text[..end], value))
}

/// A word that goes on as long as `, ` or ` : ` does, and the rest.
fn list(text: &[u8]) -> (&[u8], &[u8]) {
    let (first, _) = word(text);
    let mut end = first.len();
    loop {
        let skipped = match &text[end..] {
            [b' ', b':', b' ', _, ..] => 3,
            [b' ', next, ..] if *next != b' ' && text[..end].ends_with(b",") => 1,
            _ => return text.split_at(end),
        };
        end += skipped + word(&text[end + skipped..]).0.len();
    }
}

/// Puts all that `tail` says into the record and its request.
pub(super) fn tell<'a>(tail: &'a [u8], dialect: Dialect, request: &mut Request<'a>, record: &mut Record<'a>) {
    let mut items = Items(tail);
    let mut rest = tail;
    for value in [&mut request.referer, &mut request.user_agent] {
        match items.next() {
            Some(Item::Quoted(text)) => *value = given(text),
            Some(Item::Bare(b"-")) => {}
            _ => break,
        }
        rest = items.0;
    }
    if rest.trim_ascii().is_empty() || tell_ingress(rest, request, record) {
        return;
    }
    let items: Vec<Item<'_>> = Items(rest).collect();
    match (dialect, items.as_slice()) {
        (Dialect::Apache, [Item::Bare(took)]) if micros(took).is_some() => request.duration_s = micros(took),
        (Dialect::Apache, [Item::Bare(received), Item::Bare(sent)]) => {
            for (name, bytes) in [("I", received), ("O", sent)] {
                let count = number(bytes).and_then(|bytes| i64::try_from(bytes).ok());
                record.fields.extend(count.map(|count| (name.into(), Value::Number(count))));
            }
        }
        (_, items) => tell_added(items, dialect, request, record),
    }
}

/// `1664` of `%D`, `0/1664` of `%T/%D`
fn micros(word: &[u8]) -> Option<f64> {
    let micros = match memchr(b'/', word) {
        Some(slash) => number(&word[..slash]).and(number(&word[slash + 1..])),
        None => number(word),
    };
    micros.map(|micros| micros as f64 / 1e6)
}

/// `0.123`, as nginx writes all its times.
fn seconds(word: &[u8]) -> Option<f64> {
    let point = word.len().checked_sub(4)?;
    (word[point] == b'.' && number(&word[..point]).is_some() && number(&word[point + 1..]).is_some()).then_some(())?;
    str::from_utf8(word).ok()?.parse().ok()
}

/// What somebody added to the combined form, as far as it is plain what it is.
fn tell_added<'a>(items: &[Item<'a>], dialect: Dialect, request: &mut Request<'a>, record: &mut Record<'a>) {
    let mut put = |name: &'a str, value| {
        if let Some(value) = given(value) {
            record.fields.push((name.into(), Value::Text(value)));
        }
    };
    for (at, item) in items.iter().enumerate() {
        match *item {
            Item::Quoted(ratio) if at == 0 && is_ratio(ratio) => put("gzip_ratio", ratio),
            Item::Quoted(list) if at == 0 => put(dialect.forwarded_for(), list),
            Item::Named(b"rt" | b"request_time", value) => request.duration_s = seconds(value),
            Item::Named(b"urt" | b"upstream_response_time", value) => {
                request.upstream_duration_s = seconds(last(value));
            }
            Item::Named(b"uct", value) => put("upstream_connect_time", value),
            Item::Named(b"uht", value) => put("upstream_header_time", value),
            Item::Named(name, value) => put(str::from_utf8(name).unwrap_or_default(), value),
            Item::Bare(value) if request.duration_s.is_none() => request.duration_s = seconds(value),
            Item::Bare(value) if request.upstream_duration_s.is_none() => {
                request.upstream_duration_s = seconds(last(value));
            }
            _ => {}
        }
    }
}

/// `2.75`, `$gzip_ratio`
fn is_ratio(value: &[u8]) -> bool {
    memchr(b'.', value).is_some_and(|point| number(&value[..point]).and(number(&value[point + 1..])).is_some())
}

/// The elements of a list of nginx's, of all servers and after internal redirects.
fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b' ').filter(|word| *word != b":").map(|word| word.strip_suffix(b",").unwrap_or(word))
}

/// The last element of a list.
fn last(list: &[u8]) -> &[u8] {
    elements(list).last().unwrap_or_default()
}

/// The form of the Kubernetes ingress controller: ` $request_length $request_time [$proxy_upstream_name]
/// [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time
/// $upstream_status $req_id`; the alternative came later than the rest. Says whether the tail has that form.
fn tell_ingress<'a>(tail: &'a [u8], request: &mut Request<'a>, record: &mut Record<'a>) -> bool {
    let mut items = Items(tail);
    let (Some(Item::Bare(length)), Some(Item::Bare(took)), Some(Item::Bracketed(name))) =
        (items.next(), items.next(), items.next())
    else {
        return false;
    };
    let mut next = items.next();
    let mut alternative: &[u8] = b"";
    if let Some(Item::Bracketed(name)) = next {
        alternative = name;
        next = items.next();
    }
    let (Some(Item::Bare(addresses)), Some(Item::Bare(lengths)), Some(Item::Bare(times)), Some(Item::Bare(statuses))) =
        (next, items.next(), items.next(), items.next())
    else {
        return false;
    };
    let (Some(length), Some(took)) = (number(length), seconds(took)) else { return false };
    request.duration_s = Some(took);
    tell_upstreams(addresses, request);
    request.upstream_duration_s = seconds(last(times));
    request.upstream_status = str::from_utf8(last(statuses)).ok().and_then(|status| status.parse().ok());
    if let Some(Item::Bare(id)) = items.next() {
        request.request_id = given(id);
    }
    if let Ok(length) = i64::try_from(length) {
        record.fields.push(("request_length".into(), Value::Number(length)));
    }
    for (name, value) in [
        ("proxy_upstream_name", name),
        ("proxy_alternative_upstream_name", alternative),
        ("upstream_response_length", lengths),
    ] {
        if !matches!(value, b"" | b"-") {
            record.fields.push((name.into(), Value::Text(text(value))));
        }
    }
    true
}

/// `127.0.0.1:8081, 127.0.0.1:8080 : 127.0.0.1:9000`; the name of the group if no server was alive; `-` if none was asked.
fn tell_upstreams<'a>(list: &'a [u8], request: &mut Request<'a>) {
    if list == b"-" {
        return;
    }
    request.upstream = Some(text(last(list)));
    let all: Vec<_> = elements(list).map(text).collect();
    if all.len() > 1 {
        request.upstreams = all;
    }
}

/// Who writes such a tail.
pub(super) fn marks(tail: &[u8]) -> Marks {
    let added: Vec<Item<'_>> = Items(tail).skip(2).collect();
    let is_nginx = |item: &Item<'_>| match item {
        Item::Named(name, _) => matches!(*name, b"rt" | b"uct" | b"uht" | b"urt"),
        Item::Bare(value) => seconds(value).is_some(),
        Item::Quoted(value) => is_ratio(value) || *value == b"-" || elements(value).all(is_address),
        Item::Bracketed(_) => false,
    };
    let is_apache = |item: &Item<'_>| matches!(item, Item::Bare(value) if micros(value).is_some());
    let nginx = added.iter().any(is_nginx);
    Marks { nginx, apache: !nginx && !added.is_empty() && added.iter().all(is_apache) }
}
