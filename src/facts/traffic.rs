//! Requests by second, service and outcome: what the survey keeps of a traffic line.

use std::collections::{BTreeMap, HashMap};

use super::crowd::Crowd;
use super::hearing::{Answer, Heard, path_hash};
use super::sketch::Sketch;
use crate::format::{Hit, Record, Stamp, Zone};

/// What an answer meant for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered.
    Good,
    /// Answered with a failure of the server, or not at all by the server's fault.
    Failing,
    /// 4xx but for 499: refused, not found. Bots make these; a wrong server on the port makes them too.
    Refused,
    /// The client went away before it was answered (nginx 499, HAProxy `C…`).
    GaveUp,
}

/// The outcome by status and HAProxy's termination state (`formats/haproxy.md`, "What ended it"): the first letter
/// says who ended the session; `S`, `s`, `R`, `I`, `D`, `U` are the server's side, `P` only with a status of 5xx.
pub fn outcome(status: u16, termination: &[u8]) -> Outcome {
    match (termination.first(), status) {
        (Some(b'S' | b's' | b'R' | b'I' | b'D' | b'U'), _) | (_, 500..=599) => Outcome::Failing,
        (Some(b'C' | b'c'), _) | (_, 499) => Outcome::GaveUp,
        (_, 400..=498) => Outcome::Refused,
        _ => Outcome::Good,
    }
}

/// Requests of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// The second: UTC where the series is zoned, else the writer's civil time.
    pub at: i64,
    #[allow(missing_docs)]
    pub requests: u32,
    #[allow(missing_docs)]
    pub failing: u32,
    #[allow(missing_docs)]
    pub refused: u32,
    #[allow(missing_docs)]
    pub gave_up: u32,
    /// Sum of the requests' fingerprints: equal in two logs of the same requests.
    pub print: u64,
}

impl Second {
    /// Counts the requests of another part of the same second.
    pub fn add(&mut self, other: &Second) {
        self.requests += other.requests;
        self.failing += other.failing;
        self.refused += other.refused;
        self.gave_up += other.gave_up;
        self.print = self.print.wrapping_add(other.print);
    }
}

/// A failing request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Failure {
    /// As in [`Second::at`].
    pub at: i64,
    /// [`client_hash`]
    pub client: u64,
    /// The path that it asked for, and whether it was answered since its failure before.
    pub heard: Heard,
    /// Hash of the virtual host or `backend/server`; its name is in [`Series::scopes`].
    pub scope: u64,
    #[allow(missing_docs)]
    pub status: u16,
    /// First two letters of HAProxy's termination state, or zeros.
    pub termination: [u8; 2],
}

/// A refused request, which counts as a failure only while a wrong server holds the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal {
    /// As in [`Second::at`].
    pub at: i64,
    /// [`client_hash`]
    pub client: u64,
}

/// Whose requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// Index of the source.
    pub source: usize,
    /// `nginx`, `apache2`, `httpd`, `haproxy`
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// Whether the seconds are UTC (else civil time of an unknown zone).
    pub zoned: bool,
    /// Block and stretch of civil seconds that come twice in some zone; `None` for all others.
    pub stretch: Option<(usize, u32)>,
}

/// The requests of one service in one source.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// In order of time, one for each second with requests.
    pub seconds: Vec<Second>,
    /// In order of time, then client.
    pub failures: Vec<Failure>,
    /// In order of time, then client.
    pub refusals: Vec<Refusal>,
    /// Names of the scopes of failures, by their hash; of too many some are not known.
    pub scopes: BTreeMap<u64, String>,
    /// Requests by client.
    pub crowd: Crowd,
    /// How the requests of a block were answered, in their order, until [`Hearing`](super::hearing::Hearing) went through them.
    pub answers: Vec<Answer>,
    /// Requests by client, request line and status, at the end of each where that is known.
    pub of_clients: Sketch,
    /// The same without the client, whose address the server behind a proxy may not see.
    pub of_anyone: Sketch,
}

impl Series {
    /// Adds the requests of another part of the same source. In any order: the sums are the same.
    pub fn merge(&mut self, other: Series) {
        self.seconds = merged(std::mem::take(&mut self.seconds), other.seconds);
        self.failures.extend(other.failures);
        self.refusals.extend(other.refusals);
        self.scopes.extend(other.scopes);
        keep_names(&mut self.scopes, SCOPES);
        self.crowd.merge(&other.crowd);
        self.answers.extend(other.answers);
        self.of_clients.merge(other.of_clients);
        self.of_anyone.merge(other.of_anyone);
    }
}

/// Names of scopes kept of a series: clients choose the name of a virtual host.
const SCOPES: usize = 1 << 14;

/// Of too many names those with the smallest hashes stay: the same ones in any order.
fn keep_names(scopes: &mut BTreeMap<u64, String>, most: usize) {
    while scopes.len() > most {
        scopes.pop_last();
    }
}

/// Merges two lists of seconds, each in order of time.
fn merged(one: Vec<Second>, other: Vec<Second>) -> Vec<Second> {
    let in_order = |one: &[Second], other: &[Second]| match (one.last(), other.first()) {
        (Some(last), Some(first)) => last.at <= first.at,
        _ => true,
    };
    let (mut first, second) = if in_order(&one, &other) { (one, other) } else { (other, one) };
    let appends = in_order(&first, &second);
    first.reserve(second.len());
    for next in second {
        match first.last_mut() {
            Some(last) if appends && last.at == next.at => last.add(&next),
            _ => first.push(next),
        }
    }
    if !appends {
        first.sort_by_key(|second| second.at);
        first.dedup_by(|next, kept| {
            let same = next.at == kept.at;
            if same {
                kept.add(next);
            }
            same
        });
    }
    first
}

/// The same client in all logs, on all machines and in all versions.
#[inline]
pub fn client_hash(client: &[u8]) -> u64 {
    rapidhash::v3::rapidhash_v3(client)
}

/// Collects the requests of a block.
#[derive(Default)]
pub struct Builder {
    series: BTreeMap<SeriesKey, Growing>,
    /// Bytes of the source.
    bytes: usize,
}

/// A series while its block is read: seconds in order of their first request.
#[derive(Default)]
pub struct Growing {
    seconds: Vec<Second>,
    index: HashMap<i64, usize>,
    last: usize,
    failures: Vec<Failure>,
    refusals: Vec<Refusal>,
    scopes: BTreeMap<u64, String>,
    answers: Vec<Answer>,
    of_clients: Sketch,
    of_anyone: Sketch,
}

impl Builder {
    /// Of a source of so many bytes.
    pub fn of_bytes(bytes: usize) -> Builder {
        Builder { series: BTreeMap::new(), bytes }
    }

    /// The series of that key, to which hits are added.
    pub fn series(&mut self, key: SeriesKey) -> &mut Growing {
        let bytes = self.bytes;
        self.series.entry(key).or_insert_with(|| Growing::of_bytes(bytes))
    }

    /// What was collected, in order of time.
    pub fn finish(self) -> BTreeMap<SeriesKey, Series> {
        self.series.into_iter().map(|(key, series)| (key, series.finish())).collect()
    }
}

/// The moment by which a hit is counted: UTC if the stamp tells it, else civil time.
#[inline]
pub fn counted_at(stamp: &Stamp) -> i64 {
    match stamp.zone {
        Zone::Offset(offset) => stamp.civil_s - i64::from(offset),
        Zone::Unknown => stamp.civil_s,
    }
}

impl Growing {
    /// Of a source of so many bytes.
    pub fn of_bytes(bytes: usize) -> Growing {
        let sketch = Sketch::of_bytes(bytes);
        Growing { of_clients: sketch.clone(), of_anyone: sketch, ..Growing::default() }
    }

    /// Counts a request.
    #[inline]
    pub fn add(&mut self, hit: &Hit<'_>) {
        self.add_lasting(hit, 0);
    }

    /// The same of one that is known to have lasted so many seconds from its stamp on.
    #[inline]
    pub fn add_lasting(&mut self, hit: &Hit<'_>, lasted_s: i64) {
        let at = counted_at(&hit.stamp);
        let client = client_hash(hit.client);
        let request = client_hash(hit.request);
        if !hit.request.is_empty() {
            let of_anyone = request ^ u64::from(hit.status).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.of_anyone.add(of_anyone, at + lasted_s);
            self.of_clients.add(of_anyone ^ client.rotate_left(17), at + lasted_s);
        }
        let outcome = outcome(hit.status, hit.termination);
        let path = path_hash(hit.request, request);
        self.answers.push(Answer::new(client, path, outcome));
        let second = self.second(at);
        second.requests += 1;
        second.print = second.print.wrapping_add(print(hit, client, request));
        match outcome {
            Outcome::Good => {}
            Outcome::GaveUp => second.gave_up += 1,
            Outcome::Refused => {
                second.refused += 1;
                self.refusals.push(Refusal { at, client });
            }
            Outcome::Failing => {
                second.failing += 1;
                let failure = self.failure(at, client, path, hit);
                self.failures.push(failure);
            }
        }
    }

    /// Counts so many answered requests of one second, of clients that are not told: for series that are counted
    /// elsewhere.
    pub fn add_answered(&mut self, stamp: &Stamp, requests: u32) {
        self.second(counted_at(stamp)).requests += requests;
    }

    fn failure(&mut self, at: i64, client: u64, path: u32, hit: &Hit<'_>) -> Failure {
        let scope = client_hash(hit.scope);
        if !hit.scope.is_empty() && !self.scopes.contains_key(&scope) {
            self.scopes.insert(scope, String::from_utf8_lossy(hit.scope).into_owned());
            keep_names(&mut self.scopes, SCOPES);
        }
        let mut termination = [0; 2];
        for (kept, byte) in termination.iter_mut().zip(hit.termination) {
            *kept = *byte;
        }
        let heard = Heard::new(path, false, false);
        Failure { at, client, heard, scope, status: hit.status, termination }
    }

    #[inline]
    fn second(&mut self, at: i64) -> &mut Second {
        if self.seconds.get(self.last).is_none_or(|second| second.at != at) {
            let next = self.seconds.len();
            self.last = *self.index.entry(at).or_insert(next);
            if self.last == next {
                self.seconds.push(Second { at, ..Second::default() });
            }
        }
        &mut self.seconds[self.last]
    }

    /// Whether there was no request.
    pub fn is_empty(&self) -> bool {
        self.seconds.is_empty()
    }

    /// The seconds in order of time.
    pub fn finish(mut self) -> Series {
        self.seconds.sort_by_key(|second| second.at);
        let mut crowd = Crowd::default();
        self.answers.iter().for_each(|request| crowd.add(request.client()));
        Series {
            seconds: self.seconds,
            failures: self.failures,
            refusals: self.refusals,
            scopes: self.scopes,
            crowd,
            answers: self.answers,
            of_clients: self.of_clients,
            of_anyone: self.of_anyone,
        }
    }
}

/// A fingerprint of the request that is the same whichever collector brings its line.
#[inline]
fn print(hit: &Hit<'_>, client: u64, request: u64) -> u64 {
    let rest = u64::from(hit.status) << 48 ^ hit.bytes;
    (client ^ request.rotate_left(17)).wrapping_add(rest).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The service that writes traffic lines of this record, by its format; a file of Apache's under its folder's name.
pub fn service(record_format: &str, source: &str) -> &'static str {
    match record_format {
        format if format.starts_with("haproxy") => "haproxy",
        "apache-access" | "apache-error" | "apache-config" if source.contains("httpd") => "httpd",
        "apache-access" | "apache-error" | "apache-config" => "apache2",
        _ => "nginx",
    }
}

/// Room for the parts of a hit that a record does not hold in one piece.
#[derive(Debug, Default)]
pub struct Scratch {
    request: String,
    scope: String,
}

/// What the survey counts of a record that is a request or a session; `None` if it is none or has no moment.
pub fn hit_of<'a>(record: &'a Record<'_>, scratch: &'a mut Scratch) -> Option<Hit<'a>> {
    let request = record.request.as_ref().filter(|_| record.is_traffic)?;
    if record.format == "haproxy-error" {
        return None; // a client's broken handshake is no request
    }
    scratch.request.clear();
    if let (Some(method), Some(target)) = (&request.method, &request.target) {
        scratch.request.extend([method, " ", target]);
    }
    let scope = match (&request.backend, &request.server, &record.vhost) {
        (Some(backend), Some(server), _) => {
            scratch.scope = format!("{backend}/{server}");
            scratch.scope.as_bytes()
        }
        (_, _, Some(vhost)) => vhost.as_bytes(),
        _ => &[],
    };
    Some(Hit {
        stamp: record.stamp.filter(|stamp| stamp.has_year)?,
        client: record.client.as_deref().unwrap_or_default().as_bytes(),
        status: request.status.unwrap_or(0),
        termination: request.termination.as_deref().unwrap_or_default().as_bytes(),
        request: scratch.request.as_bytes(),
        scope,
        bytes: request.bytes.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        for (why, status, termination, want) in [
            ("a page", 200, "", Outcome::Good),
            ("not found", 404, "", Outcome::Refused),
            ("bad gateway", 502, "", Outcome::Failing),
            ("client gone (nginx)", 499, "", Outcome::GaveUp),
            ("HAProxy, ordinary", 200, "--", Outcome::Good),
            ("HAProxy, no server", 503, "SC", Outcome::Failing),
            ("HAProxy, cut during data", 200, "SD", Outcome::Failing),
            ("HAProxy, refused by a rule", 403, "PR", Outcome::Refused),
            ("HAProxy, proxy full", 503, "PC", Outcome::Failing),
            ("HAProxy, client gone", 0, "CD", Outcome::GaveUp),
        ] {
            assert_eq!(outcome(status, termination.as_bytes()), want, "{why}");
        }
    }

    #[test]
    fn of_too_many_names_the_same_ones_stay() {
        let of = |numbers: &mut dyn Iterator<Item = u64>| {
            let mut scopes = BTreeMap::new();
            numbers.for_each(|number| {
                let name = format!("www{number}.example");
                scopes.insert(client_hash(name.as_bytes()), name);
                keep_names(&mut scopes, 10);
            });
            scopes
        };
        assert_eq!((of(&mut (0..100)).len(), of(&mut (0..100))), (10, of(&mut (0..100).rev())));
    }

    #[test]
    fn seconds_add_up_in_any_order() {
        let at = |at, requests| Second { at, requests, ..Second::default() };
        let parts = [vec![at(1, 1), at(3, 1)], vec![at(3, 2), at(4, 1)], vec![at(2, 5)]];
        let whole = vec![at(1, 1), at(2, 5), at(3, 3), at(4, 1)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let sum = order.iter().fold(Vec::new(), |sum, part: &usize| merged(sum, parts[*part].clone()));
            assert_eq!(sum, whole, "{order:?}");
        }
    }
}
