//! What requests have in common: host, path, method, network, agent. Counted over the spans of findings, so that an
//! incident can be confined to a part of the service, and its cause to a kind of request.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::by_hash::ByHash;
use crate::facts::traffic::{Outcome, client_hash};
use crate::format::{Hit, Record};

/// Values of the kinds without bounds that are kept.
const MOST: usize = 100_000;
/// Longest segment of a path that is a name; a longer one is a value.
const SEGMENT_BYTES: usize = 40;
/// Least digits of a hexadecimal segment that is a value.
const HEX_DIGITS: usize = 8;

/// A kind of thing that requests have in common, from the widest to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Vhost,
    Backend,
    /// `backend/server`
    Server,
    /// An address that nginx names.
    Upstream,
    /// First segment of the path, values in it as `*`.
    Path,
    /// First two segments.
    SubPath,
    Method,
    /// Network of the client: /24 of IPv4, /48 of IPv6.
    Network,
    /// Family of the user agent.
    Agent,
}

impl Kind {
    /// Whether there may be any number of values.
    fn is_unbounded(self) -> bool {
        matches!(self, Kind::Path | Kind::SubPath | Kind::Network | Kind::Agent)
    }
}

/// Requests with one feature in one span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub failing: u64,
    pub refused: u64,
    pub other: u64,
}

impl Counts {
    #[allow(missing_docs)]
    pub fn all(&self) -> u64 {
        self.failing + self.refused + self.other
    }

    /// Adds the requests of another part.
    pub fn add(&mut self, other: Counts) {
        self.failing += other.failing;
        self.refused += other.refused;
        self.other += other.other;
    }
}

/// A request with what a hit does not hold.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    #[allow(missing_docs)]
    pub hit: &'a Hit<'a>,
    /// Where the rest stands.
    pub rest: Rest<'a>,
}

/// What holds the fields that are seldom needed.
#[derive(Clone, Copy)]
pub enum Rest<'a> {
    /// The line, which the fast path read.
    Line(&'a [u8]),
    #[allow(missing_docs)]
    Record(&'a Record<'a>),
}

impl<'a> Asked<'a> {
    /// User agent as written; empty where none is logged.
    pub fn agent(&self) -> &'a [u8] {
        match self.rest {
            Rest::Line(line) => agent_of(line, self.hit.request),
            Rest::Record(record) => {
                let request = record.request.as_ref();
                request.and_then(|request| request.user_agent.as_deref()).unwrap_or_default().as_bytes()
            }
        }
    }

    /// The upstream that answered.
    pub fn upstream(&self) -> Option<&'a str> {
        match self.rest {
            Rest::Line(_) => None,
            Rest::Record(record) => record.request.as_ref().and_then(|request| request.upstream.as_deref()),
        }
    }
}

/// The counts of all features, by span.
#[derive(Clone, Debug, Default)]
pub struct Features {
    halvings: u32,
    unbounded: usize,
    /// By a hash of span, kind and name.
    counts: ByHash<Feature>,
    /// By a hash of kind and name.
    names: ByHash<String>,
    scratch: Vec<u8>,
}

/// One feature in one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Feature {
    span: usize,
    kind: Kind,
    /// Of the name.
    hash: u64,
    counts: Counts,
}

impl Feature {
    fn name(&self) -> u64 {
        self.hash ^ (self.kind as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn key(&self) -> u64 {
        self.name() ^ (self.span as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }

    fn stays(&self, halvings: u32) -> bool {
        !self.kind.is_unbounded() || self.hash.trailing_zeros() >= halvings
    }
}

impl Features {
    /// Counts a request of the span of that number, with its user agent, which stands for `times` of them.
    pub fn add(&mut self, span: usize, asked: &Asked<'_>, agent: &[u8], outcome: Outcome, times: u64) {
        let (hit, of) = (asked.hit, (outcome, times));
        if !hit.scope.is_empty() {
            let is_server = !hit.termination.is_empty();
            if is_server {
                let backend = hit.scope.split(|byte| *byte == b'/').next().unwrap_or_default();
                self.count(span, Kind::Backend, backend, of);
                self.count(span, Kind::Server, hit.scope, of);
            } else {
                self.count(span, Kind::Vhost, hit.scope, of);
            }
        }
        if let Some(upstream) = asked.upstream() {
            self.count(span, Kind::Upstream, upstream.as_bytes(), of);
        }
        if let Some(blank) = memchr::memchr(b' ', hit.request) {
            let (method, target) = hit.request.split_at(blank);
            self.count(span, Kind::Method, method, of);
            let mut prefix = std::mem::take(&mut self.scratch);
            let [first, both] = masked(&target[1..], &mut prefix);
            if let Some(end) = first {
                self.count(span, Kind::Path, &prefix[..end], of);
            }
            if let Some(end) = both {
                self.count(span, Kind::SubPath, &prefix[..end], of);
            }
            self.scratch = prefix;
        }
        let mut network = std::mem::take(&mut self.scratch);
        if network_of(hit.client, &mut network) {
            self.count(span, Kind::Network, &network, of);
        }
        self.scratch = network;
        if !agent.is_empty() && agent != b"-" {
            self.count(span, Kind::Agent, family(agent), of);
        }
    }

    fn count(&mut self, span: usize, kind: Kind, name: &[u8], (outcome, times): (Outcome, u64)) {
        let feature = Feature { span, kind, hash: client_hash(name), counts: Counts::default() };
        if !feature.stays(self.halvings) {
            return;
        }
        let mut is_new = false;
        let known = self.counts.entry(feature.key()).or_insert_with(|| {
            is_new = true;
            feature
        });
        match outcome {
            Outcome::Failing => known.counts.failing += times,
            Outcome::Refused => known.counts.refused += times,
            Outcome::Good | Outcome::GaveUp => known.counts.other += times,
        }
        if is_new {
            self.names.entry(feature.name()).or_insert_with(|| String::from_utf8_lossy(name).into_owned());
            self.unbounded += usize::from(kind.is_unbounded());
            self.fit();
        }
    }

    /// Where there are too many values, half of them, chosen by their hashes: the same ones in any order.
    fn fit(&mut self) {
        while self.unbounded > MOST {
            self.halvings += 1;
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        let halvings = self.halvings;
        self.counts.retain(|_, feature| feature.stays(halvings));
        self.unbounded = self.counts.values().filter(|feature| feature.kind.is_unbounded()).count();
        let named: std::collections::HashSet<u64> = self.counts.values().map(Feature::name).collect();
        self.names.retain(|name, _| named.contains(name));
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: Features) {
        self.halvings = self.halvings.max(other.halvings);
        self.names.extend(other.names);
        for (key, feature) in other.counts {
            let none = Feature { counts: Counts::default(), ..feature };
            self.counts.entry(key).or_insert(none).counts.add(feature.counts);
        }
        self.thin_out();
        self.fit();
    }

    /// Whether values of that kind are missing, because there are too many.
    pub fn lacks(&self, kind: Kind) -> bool {
        kind.is_unbounded() && self.halvings > 0
    }

    /// All counts: span, kind, name; in no order.
    pub fn all(&self) -> impl Iterator<Item = (usize, Kind, &str, Counts)> {
        self.counts.values().filter_map(|feature| {
            Some((feature.span, feature.kind, self.names.get(&feature.name())?.as_str(), feature.counts))
        })
    }
}

/// Puts the first two segments of the path into `prefix`, without the query, values as `*`; gives where the first and
/// where both end in it.
fn masked(target: &[u8], prefix: &mut Vec<u8>) -> [Option<usize>; 2] {
    prefix.clear();
    let path = &target[..memchr::memchr2(b'?', b'#', target).unwrap_or(target.len())];
    // A proxy is asked with the whole address.
    let path = match memchr::memmem::find(path, b"://").filter(|_| path.first() != Some(&b'/')) {
        Some(at) => memchr::memchr(b'/', &path[at + 3..]).map_or(b"/" as &[u8], |slash| &path[at + 3 + slash..]),
        None => path,
    };
    let mut ends = [None; 2];
    let Some(path) = path.strip_prefix(b"/") else { return ends };
    for (number, segment) in path.split(|byte| *byte == b'/').take(2).enumerate() {
        if number > 0 && segment.is_empty() {
            break;
        }
        prefix.push(b'/');
        prefix.extend_from_slice(if is_value(segment) { b"*" } else { segment });
        ends[number] = Some(prefix.len());
    }
    ends
}

/// Digits, eight or more of hexadecimal, a UUID, or too long for a name.
fn is_value(segment: &[u8]) -> bool {
    let is_number = !segment.is_empty() && segment.iter().all(u8::is_ascii_digit);
    let is_hex = || segment.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let digits = || segment.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    is_number || segment.len() > SEGMENT_BYTES || segment.len() >= HEX_DIGITS && is_hex() && digits() >= HEX_DIGITS
}

/// Puts the network of an address into `network`: `192.0.2.0/24`, `2001:db8:1::/48`.
fn network_of(client: &[u8], network: &mut Vec<u8>) -> bool {
    network.clear();
    let mut dots = memchr::memchr_iter(b'.', client);
    if let (Some(_), Some(_), Some(third), None) = (dots.next(), dots.next(), dots.next(), dots.next())
        && client.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    {
        network.extend_from_slice(&client[..third]);
        network.extend_from_slice(b".0/24");
        return true;
    }
    match std::str::from_utf8(client).ok().and_then(|text| text.parse::<std::net::IpAddr>().ok()) {
        Some(std::net::IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            network.extend_from_slice(format!("{a:x}:{b:x}:{c:x}::/48").as_bytes());
        }
        _ => return false,
    }
    true
}

/// `Chrome`, `curl`, `kube-probe`: the program, without version. Browsers name each other first and themselves last.
pub fn family(agent: &[u8]) -> &[u8] {
    let first = agent.split(|byte| matches!(byte, b'/' | b' ' | b';' | b'(')).next().unwrap_or_default();
    if first != b"Mozilla" {
        return first;
    }
    BROWSERS.iter().find(|name| name.find(agent).is_some()).map_or(b"Mozilla", |name| name.needle())
}

/// What browsers call themselves, those that name others before the others.
static BROWSERS: LazyLock<[Finder<'static>; 8]> = LazyLock::new(|| {
    ["bot", "Edg", "OPR", "SamsungBrowser", "Firefox", "Chrome", "Safari", "Trident"].map(Finder::new)
});

/// The user agent of a line of the combined form that the fast path read: the second value in quotes behind the
/// request. Empty where there is none, or where escapes make it doubtful.
fn agent_of<'a>(line: &'a [u8], request: &[u8]) -> &'a [u8] {
    // The request is a part of the line.
    let start = (request.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
    let Some(rest) = start.checked_add(request.len()).and_then(|end| line.get(end..)) else { return &[] };
    let mut quotes = memchr::memchr_iter(b'"', rest);
    let (Some(_), Some(_), Some(_), Some(from), Some(to)) =
        (quotes.next(), quotes.next(), quotes.next(), quotes.next(), quotes.next())
    else {
        return &[];
    };
    if memchr::memchr(b'\\', &rest[..to]).is_some() { &[] } else { &rest[from + 1..to] }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_paths() {
        let prefix = |target: &str, depth: usize| {
            let mut prefix = Vec::new();
            let end: Option<usize> = masked(target.as_bytes(), &mut prefix)[depth - 1];
            end.map(|end| String::from_utf8_lossy(&prefix[..end]).into_owned())
        };
        for (target, one, two) in [
            ("/", Some("/"), None),
            ("/checkout", Some("/checkout"), None),
            ("/checkout?cart=7", Some("/checkout"), None),
            ("/shop/cart/17/pay", Some("/shop"), Some("/shop/cart")),
            ("/item/4711", Some("/item"), Some("/item/*")),
            ("/item/deadbeef01", Some("/item"), Some("/item/*")),
            ("/item/facade", Some("/item"), Some("/item/facade")),
            ("/0b2f7f0e-94b2-4d1a-9d3e-0c5a0b6f0001/x", Some("/*"), Some("/*/x")),
            ("https://www.example.com/a/b", Some("/a"), Some("/a/b")),
            ("*", None, None),
        ] {
            assert_eq!((prefix(target, 1).as_deref(), prefix(target, 2).as_deref()), (one, two), "{target}");
        }
    }

    #[test]
    fn agents_and_networks() {
        let line =
            br#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "https://e.example/" "curl/8.5" "1""#;
        assert_eq!(agent_of(line, &line[43..48]), b"curl/8.5");
        let common = br#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5"#;
        assert_eq!(agent_of(common, &common[38..43]), b"");
        let chrome = b"Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
        assert_eq!((family(chrome), family(b"kube-probe/1.27")), (b"Chrome" as &[u8], b"kube-probe" as &[u8]));
        let mut network = Vec::new();
        assert!(network_of(b"2001:db8:1:2::3", &mut network));
        assert_eq!(network, b"2001:db8:1::/48");
        assert!(network_of(b"192.0.2.7", &mut network) && network == b"192.0.2.0/24");
        assert!(!network_of(b"unix:", &mut network));
    }

    #[test]
    fn too_many_values_leave_the_same_ones_in_any_order() {
        let hit = |request: &'static str| Hit {
            stamp: crate::format::stamp::iso(b"2026-11-24T00:00:00Z").unwrap().0,
            client: b"",
            status: 500,
            termination: b"",
            request: request.as_bytes(),
            scope: b"",
            bytes: 0,
        };
        let mut halves = [Features::default(), Features::default()];
        let mut whole = Features::default();
        for number in 0..120_000u32 {
            let request: &'static str = Box::leak(format!("GET /page-{number}").into_boxed_str());
            let asked = Asked { hit: &hit(request), rest: Rest::Line(b"") };
            whole.add(0, &asked, b"", Outcome::Failing, 1);
            halves[usize::from(number % 7 == 0)].add(0, &asked, b"", Outcome::Failing, 1);
        }
        let [mut merged, other] = halves;
        merged.merge(other);
        assert!(whole.lacks(Kind::Path) && !whole.lacks(Kind::Method));
        assert_eq!(whole.counts, merged.counts);
        let methods = whole.all().find(|(_, kind, ..)| *kind == Kind::Method);
        assert_eq!(methods.map(|(_, _, name, counts)| (name, counts.all())), Some(("GET", 120_000)));
    }
}
