//! Addresses of clients, as stable names: `client-1`, `client-2` … in the order in which they are met.
//!
//! An address stays where it is a service's own: loopback, unspecified, or shown by some line of the report as one that
//! a program listens on, was to bind, publishes, or asks as its upstream. A number in four parts behind a product's name
//! (`Chrome/120.0.0.0`) is a version.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What stands before an address that is a service's own.
const OWN: &[&str] = &[
    r#"upstream\\?"?: ?\\?"?(?:[a-z]+://)?\[?(?P<v>[0-9A-Fa-f:.]+)"#,
    r#""upstream_addr\\?":\\?"\[?(?P<v>[0-9A-Fa-f:.]+)"#,
    r"bind(?:\(\))? (?:to )?(?:address )?\[?(?P<v>[0-9A-Fa-f:.]+)",
    r"cannot bind socket[^\[]*\[(?P<v>[0-9A-Fa-f:.]+)",
    r"(?:bind|listen) to address \[?(?P<v>[0-9A-Fa-f:.]+)",
    r"attempt to connect to \[?(?P<v>[0-9A-Fa-f:.]+)",
    r"[Ll]isten(?:ing)?(?: on| at)?:?(?: IPv[46] address)? \\?.?(?:https?://)?\[?(?P<v>[0-9A-Fa-f:.]+)",
    r"host port (?:for )?\[?(?P<v>[0-9A-Fa-f:.]+)",
    r"LISTEN\s+\d+\s+\d+\s+\[?(?P<v>[0-9A-Fa-f:.]+)",
    r"tcp6?\s+\d+\s+\d+\s+(?P<v>[0-9A-Fa-f:.]+)\s+\S+\s+LISTEN",
    r"\[?(?P<v>[0-9A-Fa-f:.]+)\]?:\d+->\d+",
    r"(?:-p|--publish)[ =](?P<v>[0-9.]+):\d+:\d+",
    r"^\s*server \S+ (?P<v>[0-9.]+):\d+",
];

static OWN_PLACES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| OWN.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// The addresses that were met.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    own: BTreeSet<IpAddr>,
    clients: BTreeMap<IpAddr, usize>,
}

impl Addresses {
    /// Takes note of the addresses that a text shows to be services' own.
    pub(super) fn learn(&mut self, text: &str) {
        if !text.contains(['.', ':']) {
            return;
        }
        let places = OWN_PLACES.iter().flat_map(|pattern| pattern.captures_iter(text));
        let values = places.filter_map(|found| found.name("v"));
        let own: Vec<IpAddr> = values.flat_map(|value| addresses(value.as_str())).map(|(_, address)| address).collect();
        self.own.extend(own);
    }

    /// Puts names in the places of clients' addresses.
    pub(super) fn apply(&mut self, text: &mut String) {
        let found = addresses(text);
        let mut out = String::new();
        let mut kept = 0;
        for (range, address) in found {
            if address.is_loopback() || address.is_unspecified() || self.own.contains(&address) {
                continue;
            }
            let next = self.clients.len() + 1;
            let number = *self.clients.entry(address).or_insert(next);
            out.push_str(text.get(kept..range.start).unwrap_or_default());
            out.push_str(&format!("client-{number}"));
            kept = range.end;
        }
        if kept > 0 {
            out.push_str(text.get(kept..).unwrap_or_default());
            *text = out;
        }
    }
}

/// The addresses of a text, in order.
fn addresses(text: &str) -> Vec<(Range<usize>, IpAddr)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        if !is_part(&bytes[at]) {
            at += 1;
            continue;
        }
        let len = bytes[at..].iter().take_while(|byte| is_part(byte)).count();
        let run = at..at + len;
        found.extend(in_run(text, run.clone()));
        at = run.end;
    }
    found
}

/// The addresses in a run of hexadecimal digits, colons and dots: one of IPv6 with or without a port, or some of IPv4.
fn in_run(text: &str, run: Range<usize>) -> Vec<(Range<usize>, IpAddr)> {
    let joins = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let bytes = text.as_bytes();
    let before = run.start.checked_sub(1).and_then(|at| bytes.get(at));
    let is_alone = !before.is_some_and(joins) && !bytes.get(run.end).is_some_and(joins);
    let part = text.get(run.clone()).unwrap_or_default();
    if is_alone
        && part.matches(':').count() >= 2
        && let Some((range, address)) = six(part)
    {
        return vec![(run.start + range.start..run.start + range.end, address)];
    }
    four(text, run)
}

/// One of IPv6, with a port or a stray dot or colon behind it.
fn six(part: &str) -> Option<(Range<usize>, IpAddr)> {
    let start = if part.starts_with("::") { 0 } else { part.len() - part.trim_start_matches([':', '.']).len() };
    let mut end = if part.ends_with("::") { part.len() } else { part.trim_end_matches([':', '.']).len() };
    for _ in 0..2 {
        let text = part.get(start..end)?;
        // `::ffff:*` of a wording is the beginning of one, not one.
        if let Some(address) = text.parse::<Ipv6Addr>().ok().filter(|_| text != "::ffff") {
            let address = address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4);
            return Some((start..end, address));
        }
        end = start + text.rfind(':')?;
    }
    None
}

/// Those of IPv4: four numbers that nothing joins to more.
fn four(text: &str, run: Range<usize>) -> Vec<(Range<usize>, IpAddr)> {
    let part = text.get(run.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut at = run.start;
    for piece in part.split(|letter: char| !letter.is_ascii_digit() && letter != '.') {
        let trimmed = piece.trim_matches('.');
        let start = at + (piece.len() - piece.trim_start_matches('.').len());
        let range = start..start + trimmed.len();
        let parsed = four_numbers(trimmed);
        if let Some(address) = parsed.filter(|_| stands_alone(text, &range) && !is_version(text, range.start)) {
            found.push((range, IpAddr::V4(address)));
        }
        at += piece.len() + 1;
    }
    found
}

/// Leading zeros are no reason to let an address through.
fn four_numbers(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u8> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [one, two, three, four] = parts.as_slice() else { return None };
    Some(Ipv4Addr::new(*one, *two, *three, *four))
}

/// Whether no letter or digit touches it.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let joins = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    !joins(range.start.checked_sub(1).and_then(|at| bytes.get(at))) && !joins(bytes.get(range.end))
}

/// Whether a product's name stands before it (`Chrome/120.0.0.0`, not `/host/192.0.2.1`), or the word itself.
fn is_version(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let lower = before.trim_end_matches([' ', ':', '"', '=']).to_ascii_lowercase();
    if lower.ends_with("version") || [":amd64 ", ":all ", ":arm64 ", ":i386 "].iter().any(|end| before.ends_with(end)) {
        return true;
    }
    let Some(product) = before.strip_suffix('/') else { return false };
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let lead = product.trim_end_matches(is_name);
    lead.len() < product.len() && !lead.ends_with(['/', '@', '?', '%', '&', '='])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[&str]) -> Vec<String> {
        let mut addresses = Addresses::default();
        texts.iter().for_each(|text| addresses.learn(text));
        let redacted = |text: &&str| {
            let mut text = (*text).to_owned();
            addresses.apply(&mut text);
            text
        };
        texts.iter().map(redacted).collect()
    }

    #[test]
    fn all_patterns_compile() {
        assert_eq!(OWN_PLACES.len(), OWN.len());
    }

    #[test]
    fn clients_have_names_that_last() {
        assert_eq!(
            told(&[
                "203.0.113.9 - - GET /ip/198.51.100.7/x",
                "client: 198.51.100.7, server: shop, upstream: \"http://10.0.0.5:8080/\"",
                "203.0.113.9:51234 [x] 10.0.0.5 [2001:db8::7]:443 2001:db8::7:51234 ::ffff:203.0.113.9",
            ]),
            [
                "client-1 - - GET /ip/client-2/x",
                "client: client-2, server: shop, upstream: \"http://10.0.0.5:8080/\"",
                "client-1:51234 [x] 10.0.0.5 [client-3]:443 client-3:51234 client-1",
            ]
        );
    }

    #[test]
    fn services_and_versions_stay() {
        for text in [
            "bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "could not bind to address [::]:80 127.0.0.1:3000 ::1",
            "(98)Address already in use: make_sock: could not bind to address 192.0.2.10:443",
            "0.0.0.0:80->80/tcp, :::80->80/tcp",
            "Mozilla/5.0 (X11) Chrome/120.0.0.0 Safari/537.36",
            "install libfoo:amd64 1.2.3.4 version 4.3.2.1",
            "2026-11-24T03:00:20+00:00 10:00:07 std::bad_alloc Foo::Bar 1.2.3 0/0/1/25/26",
            "LISTEN 0 511 192.0.2.4:80 0.0.0.0:*",
        ] {
            assert_eq!(told(&[text]), [text]);
        }
    }
}
