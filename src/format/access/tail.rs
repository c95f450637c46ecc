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

use super::marks::{CERTAIN, LEANING};
use super::{Dialect, Marks, given, is_address, number, quoted, word};
use crate::format::{Record, Request, Value, stamp, text};

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
    let (referer, user_agent, added) = combined(tail);
    request.referer = referer.and_then(given);
    request.user_agent = user_agent.and_then(given);
    if added.is_empty() {
        return;
    }
    if let Some(ingress) = ingress(added) {
        ingress.tell(request, record);
        return;
    }
    (request.duration_s, request.upstream_duration_s) = durations(added, dialect);
    tell_added(added, dialect, record);
}

/// Whether a program wrote the tail that shares only the common form with Apache and nginx: CUPS, Squid or Traefik.
pub(super) fn is_foreign(tail: &[u8]) -> bool {
    let is_answer =
        |word: &[u8]| [b"successful-", b"client-erro", b"server-erro"].iter().any(|of| word.starts_with(*of));
    let is_cache = |word: &[u8]| word.starts_with(b"TCP_") && word.contains(&b':');
    let is_millis = |word: &[u8]| word.strip_suffix(b"ms").and_then(number).is_some();
    match Items(tail).take(7).collect::<Vec<_>>()[..] {
        // `Print-Job successful-ok`
        [Item::Bare(_), Item::Bare(answer)] => is_answer(answer),
        // `TCP_MISS:HIER_DIRECT`, also behind referer and user agent
        [Item::Bare(cache)] | [Item::Quoted(_), Item::Quoted(_), Item::Bare(cache)] => is_cache(cache),
        // `"-" "-" 1 "web@docker" "http://10.0.0.2:80" 3ms`
        [Item::Quoted(_), Item::Quoted(_), Item::Bare(_), Item::Quoted(_), Item::Quoted(_), Item::Bare(took)] => {
            is_millis(took)
        }
        _ => false,
    }
}

/// Referer and user agent (`-` in quotes or without), and all behind them.
fn combined(tail: &[u8]) -> (Option<&[u8]>, Option<&[u8]>, &[u8]) {
    let mut items = Items(tail);
    let mut added = tail;
    let mut next = || {
        let value = match items.next() {
            Some(Item::Quoted(value)) => Some(value),
            Some(Item::Bare(b"-")) => None,
            _ => return None,
        };
        added = items.0;
        value
    };
    let (referer, user_agent) = (next(), next());
    (referer, user_agent, added.trim_ascii())
}

/// What a request and its upstream took, in seconds.
fn durations(added: &[u8], dialect: Dialect) -> (Option<f64>, Option<f64>) {
    if dialect == Dialect::Apache
        && let (Some(micros), 1) = (micros(added), Items(added).take(2).count())
    {
        return (Some(micros), None);
    }
    let (mut took, mut upstream) = (None, None);
    for item in Items(added) {
        match item {
            Item::Named(b"rt" | b"request_time", value) => took = seconds(value),
            Item::Named(b"urt" | b"upstream_response_time", value) => upstream = seconds(last(value)),
            Item::Bare(value) if took.is_none() => took = seconds(value),
            Item::Bare(value) if upstream.is_none() => upstream = seconds(last(value)),
            _ => {}
        }
    }
    (took, upstream)
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
    let (whole, fraction) = word.split_at_checked(word.len().checked_sub(4)?)?;
    let millis = number(whole)?.checked_mul(1000)? + number(fraction.strip_prefix(b".")?)?;
    Some(millis as f64 / 1000.0)
}

/// What somebody added to the combined form, but for durations, as far as it is plain what it is.
fn tell_added<'a>(added: &'a [u8], dialect: Dialect, record: &mut Record<'a>) {
    let mut put = |name: &'a str, value| {
        if let Some(value) = given(value) {
            record.fields.push((name.into(), Value::Text(value)));
        }
    };
    for (at, item) in Items(added).enumerate() {
        match item {
            Item::Quoted(ratio) if at == 0 && is_ratio(ratio) => put("gzip_ratio", ratio),
            Item::Quoted(list) if at == 0 => put(dialect.forwarded_for(), list),
            Item::Named(b"rt" | b"request_time" | b"urt" | b"upstream_response_time", _) => {}
            Item::Named(b"uct", value) => put("upstream_connect_time", value),
            Item::Named(b"uht", value) => put("upstream_header_time", value),
            Item::Named(name, value) => put(str::from_utf8(name).unwrap_or_default(), value),
            Item::Bare(_) | Item::Quoted(_) | Item::Bracketed(_) => {}
        }
    }
    if dialect == Dialect::Apache
        && let Some((received, sent)) = received_and_sent(added)
    {
        record.fields.extend([("I".into(), Value::Number(received)), ("O".into(), Value::Number(sent))]);
    }
}

/// `172 783`, mod_logio's `%I %O`
fn received_and_sent(added: &[u8]) -> Option<(i64, i64)> {
    let (received, sent) = word(added);
    let count = |word| i64::try_from(number(word)?).ok();
    Some((count(received)?, count(sent.strip_prefix(b" ")?)?))
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

/// What the Kubernetes ingress controller adds: `$request_length $request_time [$proxy_upstream_name]
/// [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time
/// $upstream_status $req_id`. The alternative and the identity came later than the rest.
struct Ingress<'a> {
    length: i64,
    took_s: f64,
    name: &'a [u8],
    alternative: &'a [u8],
    addresses: &'a [u8],
    lengths: &'a [u8],
    times: &'a [u8],
    statuses: &'a [u8],
    id: &'a [u8],
}

fn ingress(added: &[u8]) -> Option<Ingress<'_>> {
    fn bare(item: Option<Item<'_>>) -> Option<&[u8]> {
        if let Some(Item::Bare(value)) = item { Some(value) } else { None }
    }
    let mut items = Items(added);
    let length = i64::try_from(number(bare(items.next())?)?).ok()?;
    let took_s = seconds(bare(items.next())?)?;
    let Some(Item::Bracketed(name)) = items.next() else { return None };
    let (alternative, addresses) = match items.next() {
        Some(Item::Bracketed(alternative)) => (alternative, items.next()),
        addresses => (&[] as &[u8], addresses),
    };
    Some(Ingress {
        length,
        took_s,
        name,
        alternative,
        addresses: bare(addresses)?,
        lengths: bare(items.next())?,
        times: bare(items.next())?,
        statuses: bare(items.next())?,
        id: bare(items.next()).unwrap_or_default(),
    })
}

impl<'a> Ingress<'a> {
    fn tell(&self, request: &mut Request<'a>, record: &mut Record<'a>) {
        request.duration_s = Some(self.took_s);
        tell_upstreams(self.addresses, request);
        request.upstream_duration_s = seconds(last(self.times));
        request.upstream_status = stamp::digits(last(self.statuses)).and_then(|status| u16::try_from(status).ok());
        request.request_id = given(self.id).filter(|id| !id.is_empty());
        record.fields.push(("request_length".into(), Value::Number(self.length)));
        for (name, value) in [
            ("proxy_upstream_name", self.name),
            ("proxy_alternative_upstream_name", self.alternative),
            ("upstream_response_length", self.lengths),
        ] {
            if !matches!(value, b"" | b"-") {
                record.fields.push((name.into(), Value::Text(text(value))));
            }
        }
    }
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
    let of_nginx = |item: &Item<'_>| match item {
        Item::Named(b"rt" | b"uct" | b"uht" | b"urt", _) => CERTAIN,
        Item::Bare(value) if seconds(value).is_some() => CERTAIN,
        Item::Quoted(value) if is_ratio(value) || *value == b"-" || elements(value).all(is_address) => LEANING,
        _ => 0,
    };
    let is_apache = |item: &Item<'_>| matches!(item, Item::Bare(value) if micros(value).is_some());
    let nginx = added.iter().map(of_nginx).max().unwrap_or_default();
    let apache = nginx == 0 && !added.is_empty() && added.iter().all(is_apache);
    Marks { nginx, apache: if apache { LEANING } else { 0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tail: &str, dialect: Dialect) -> (Request<'_>, Vec<(String, String)>) {
        let (mut request, mut record) = (Request::default(), Record::default());
        tell(tail.as_bytes(), dialect, &mut request, &mut record);
        let text = |value: &Value<'_>| match value {
            Value::Text(text) => text.clone().into_owned(),
            other => format!("{other:?}"),
        };
        let fields = record.fields.iter().map(|(name, value)| (name.clone().into_owned(), text(value))).collect();
        (request, fields)
    }

    #[test]
    fn referer_and_user_agent() {
        for (tail, referer, user_agent) in [
            (r#" "-" "curl/8.5.0""#, None, Some("curl/8.5.0")),
            (r#" "https://e.example/\x22" """#, Some("https://e.example/\""), Some("")),
            (" - -", None, None),
            (r#" "a" "cut in the mid"#, Some("a"), Some("cut in the mid")),
            (" 1664", None, None),
        ] {
            let (request, fields) = read(tail, Dialect::Apache);
            assert_eq!((request.referer.as_deref(), request.user_agent.as_deref()), (referer, user_agent), "{tail}");
            assert!(fields.is_empty(), "{tail}");
        }
    }

    #[test]
    fn durations_in_seconds() {
        use Dialect::{Apache, Nginx};
        for (added, dialect, took, upstream) in [
            ("1664", Apache, Some(0.001_664), None),
            ("0/1664", Apache, Some(0.001_664), None),
            ("172 783", Apache, None, None),
            ("1664", Nginx, None, None), // perhaps $request_length
            ("0.123", Nginx, Some(0.123), None),
            ("0.123 0.001, 0.002 : 0.003", Nginx, Some(0.123), Some(0.003)),
            ("\"10.0.0.1\" 0.123 -", Nginx, Some(0.123), None),
            ("rt=0.002 uct=\"-\" uht=\"-\" urt=\"0.000, 0.001, 0.002\"", Nginx, Some(0.002), Some(0.002)),
            ("rt=0.001 uct=\"0.000, -\" uht=\"0.000, -\" urt=\"0.000, -\"", Nginx, Some(0.001), None),
            ("", Nginx, None, None),
        ] {
            let tail = format!(" \"-\" \"x\" {added}");
            let (request, _) = read(&tail, dialect);
            assert_eq!((request.duration_s, request.upstream_duration_s), (took, upstream), "{added}");
        }
    }

    #[test]
    fn added_fields() {
        let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        for (added, dialect, want) in [
            ("\"10.0.0.2, 10.0.0.1\"", Dialect::Nginx, field("http_x_forwarded_for", "10.0.0.2, 10.0.0.1")),
            ("\"unknown\"", Dialect::Apache, field("{X-Forwarded-For}i", "unknown")),
            ("\"-\"", Dialect::Nginx, vec![]),
            ("\"2.75\"", Dialect::Nginx, field("gzip_ratio", "2.75")),
            ("X-Forwarded-For=\"10.0.0.1\"", Dialect::Apache, field("X-Forwarded-For", "10.0.0.1")),
            ("rt=0.001 uct=\"0.000, -\"", Dialect::Nginx, field("upstream_connect_time", "0.000, -")),
            ("172 783", Dialect::Nginx, vec![]),
        ] {
            assert_eq!(read(&format!(" \"-\" \"x\" {added}"), dialect).1, want, "{added}");
        }
    }

    #[test]
    fn ingress_controller() {
        let (request, fields) = read(
            r#" "-" "x" 138 0.050 [shop-80] [] 10.0.0.7:80, [::1]:80 : 10.0.0.9:80 0, 0 : 37 0.001, 0.002 : - 502, 504 : 200 6e05"#,
            Dialect::Nginx,
        );
        assert_eq!((request.upstream.as_deref(), request.upstreams.len()), (Some("10.0.0.9:80"), 3));
        assert_eq!((request.upstream_status, request.upstream_duration_s), (Some(200), None));
        assert_eq!((request.duration_s, request.request_id.as_deref()), (Some(0.05), Some("6e05")));
        assert_eq!(
            fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["request_length", "proxy_upstream_name", "upstream_response_length"]
        );
        let (request, _) = read(r#" "-" "x" 138 0.050 [shop-80] - - - -"#, Dialect::Nginx); // before 0.20
        assert_eq!((request.duration_s, request.upstream, request.request_id), (Some(0.05), None, None));
    }
}
