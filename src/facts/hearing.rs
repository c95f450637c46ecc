//! Whether a client was answered between two of its failures (methods, 1.2): a client that retries in a loop is one
//! witness, but one that meets both good and bad answers is heard in full.
//!
//! Blocks are read side by side, and a good request may lie in another block than the failures around it. So each block
//! keeps its requests as eight bytes each ([`Answer`]), and [`Hearing`] goes through them in the order of the source, a
//! few blocks at a time. It remembers clients that failed within the last hour, so in quiet times nearly nothing.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::traffic::{Failure, Outcome, Series, SeriesKey};

/// A client without a failure for so long is forgotten, in seconds; and how many are remembered at most.
const FORGOTTEN_S: i64 = 3600;
const MOST: usize = 65_536;
/// Bits of the filter before the table.
const FILTER: usize = 1 << 16;
/// Bits of a path's hash.
const PATH: u32 = (1 << 30) - 1;

/// What is known of the client of a failing request, besides its hash: the path that it asked for, and whether it was
/// answered since its failure before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Heard(u32);

impl Heard {
    /// `path` is the hash of the path without its query, of which 30 bits are kept; answered: a good request of this
    /// client, and of this client for this path, lies between its failure before and this one, in this source.
    pub fn new(path: u32, is_client_answered: bool, is_path_answered: bool) -> Heard {
        Heard(path & PATH | u32::from(is_client_answered) << 30 | u32::from(is_path_answered) << 31)
    }

    /// Hash of the path without its query.
    pub fn path(self) -> u32 {
        self.0 & PATH
    }

    /// Whether the client was answered since its failure before, whatever it asked for.
    pub fn is_client_answered(self) -> bool {
        self.0 >> 30 & 1 == 1
    }

    /// Whether it was answered on this path since its failure before on this path.
    pub fn is_path_answered(self) -> bool {
        self.0 >> 31 == 1
    }
}

/// How a request was answered: whose it was, for which path, and whether it went well, failed, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer(u64);

const GOOD: u64 = 1;
const FAILING: u64 = 2;

impl Answer {
    /// `path` as in [`Heard::new`].
    #[inline]
    pub fn new(client: u64, path: u32, outcome: Outcome) -> Answer {
        let how = match outcome {
            Outcome::Good => GOOD,
            Outcome::Failing => FAILING,
            Outcome::Refused | Outcome::GaveUp => 0,
        };
        Answer(client << 32 | u64::from(path & PATH) << 2 | how)
    }

    /// The lower half of the client's hash.
    #[inline]
    pub fn client(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Client and path.
    fn key(self) -> u64 {
        self.0 & !3
    }
}

/// Hash of the method and path of a request, without its query. `whole` is the hash of all of it, which is known
/// already: most have no query.
#[inline]
pub fn path_hash(request: &[u8], whole: u64) -> u32 {
    let path = memchr::memchr(b'?', request).map(|at| rapidhash::v3::rapidhash_v3(&request[..at]));
    path.unwrap_or(whole) as u32 & PATH
}

/// A client, or a client and a path, that failed.
#[derive(Clone, Copy, Debug)]
struct Known {
    failed: i64,
    is_answered: bool,
}

/// Those of one series.
#[derive(Default)]
struct Ears {
    clients: HashMap<u32, Known, Mixed>,
    paths: HashMap<u64, Known, Mixed>,
    /// One bit for each of some clients: without it, a client is not among them.
    filter: Vec<u64>,
    /// When old ones were last forgotten.
    swept: i64,
}

/// Goes through the requests of a source in their order.
#[derive(Default)]
pub struct Hearing {
    series: BTreeMap<SeriesKey, Ears>,
}

impl Hearing {
    /// Tells the failures of the next part of a series which of their clients were answered; its requests are dropped.
    pub fn listen(&mut self, key: &SeriesKey, series: &mut Series) {
        let answers = std::mem::take(&mut series.answers);
        if series.failures.is_empty() && self.series.is_empty() {
            return;
        }
        // An hour that may come twice is one with what is around it.
        let key = SeriesKey { stretch: None, ..key.clone() };
        if series.failures.is_empty() && !self.series.contains_key(&key) {
            return;
        }
        self.series.entry(key).or_default().listen(&answers, &mut series.failures);
    }

    /// Begins another source.
    pub fn forget(&mut self) {
        self.series.clear();
    }
}

impl Ears {
    fn listen(&mut self, answers: &[Answer], failures: &mut [Failure]) {
        let mut failures = failures.iter_mut();
        for request in answers {
            match request.0 & 3 {
                GOOD if self.may_know(request.client()) => {
                    let of_client = self.clients.get_mut(&request.client());
                    let of_path = self.paths.get_mut(&request.key());
                    of_client.into_iter().chain(of_path).for_each(|known| known.is_answered = true);
                }
                FAILING => {
                    if let Some(failure) = failures.next() {
                        self.failed(*request, failure);
                    }
                }
                _ => {}
            }
        }
    }

    fn failed(&mut self, request: Answer, failure: &mut Failure) {
        let now = Known { failed: failure.at, is_answered: false };
        let of_client = self.clients.insert(request.client(), now).is_some_and(|known| known.is_answered);
        let of_path = self.paths.insert(request.key(), now).is_some_and(|known| known.is_answered);
        failure.heard = Heard::new(failure.heard.path(), of_client, of_path);
        self.note(request.client());
        if failure.at - self.swept > FORGOTTEN_S || self.clients.len() > MOST || self.paths.len() > MOST {
            self.sweep(failure.at);
        }
    }

    #[inline]
    fn may_know(&self, client: u32) -> bool {
        let bit = client as usize % FILTER;
        self.filter.get(bit / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    fn note(&mut self, client: u32) {
        self.filter.resize(FILTER / 64, 0);
        let bit = client as usize % FILTER;
        self.filter[bit / 64] |= 1 << (bit % 64);
    }

    /// Forgets what failed more than an hour ago, and the oldest of too many.
    fn sweep(&mut self, at: i64) {
        self.swept = at;
        forget(&mut self.clients, at);
        forget(&mut self.paths, at);
        self.filter.clear();
        let known: Vec<u32> =
            self.clients.keys().copied().chain(self.paths.keys().map(|key| (key >> 32) as u32)).collect();
        known.into_iter().for_each(|client| self.note(client));
    }
}

/// Forgets the old, and of more than three quarters of [`MOST`] the oldest; ties by key.
fn forget<K: Copy + Ord + std::hash::Hash>(known: &mut HashMap<K, Known, Mixed>, at: i64) {
    known.retain(|_, known| at - known.failed <= FORGOTTEN_S);
    let most = MOST / 4 * 3;
    if known.len() > most {
        let mut ages: Vec<(i64, K)> = known.iter().map(|(key, known)| (known.failed, *key)).collect();
        ages.sort_unstable();
        ages[..known.len() - most].iter().for_each(|(_, key)| {
            known.remove(key);
        });
    }
}

type Mixed = BuildHasherDefault<Mixing>;

/// Mixes numbers that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Mixing(u64);

impl Hasher for Mixing {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(target: &str) -> u32 {
        let request = format!("GET {target}");
        path_hash(request.as_bytes(), rapidhash::v3::rapidhash_v3(request.as_bytes()))
    }

    const NAMES: [&str; 5] = ["/a", "/b", "/a?x=1", "/b?", "/"];

    #[test]
    fn a_path_is_hashed_without_its_query() {
        let hash = |target: &str| path(target);
        assert_eq!(hash("/a"), hash("/a?x=1"));
        assert_ne!(hash("/a"), hash("/b"));
        assert_eq!(hash(""), hash("?x"));
    }

    /// What the rule says, straight from a list of requests.
    fn plainly(requests: &[(u64, usize, bool)]) -> Vec<(bool, bool)> {
        let path = |index: usize| path(NAMES[index]);
        let answered = |before: &[(u64, usize, bool)], is_same: &dyn Fn(&(u64, usize, bool)) -> bool| {
            let own: Vec<bool> = before.iter().filter(|request| is_same(request)).map(|request| request.2).collect();
            let failed = own.iter().rposition(|is_failed| *is_failed);
            failed.is_some_and(|at| at + 1 < own.len())
        };
        let failing = requests.iter().enumerate().filter(|(_, request)| request.2);
        failing
            .map(|(index, (client, target, _))| {
                let before = &requests[..index];
                (
                    answered(before, &|other| other.0 == *client),
                    answered(before, &|other| other.0 == *client && path(other.1) == path(*target)),
                )
            })
            .collect()
    }

    #[test]
    fn however_the_requests_are_divided() {
        let mut state = 1u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let requests: Vec<(u64, usize, bool)> =
            (0..4000).map(|_| (random(40), random(5) as usize, random(6) == 0)).collect();
        let want = plainly(&requests);
        assert!(want.iter().any(|flags| flags.1) && want.iter().any(|flags| !flags.0));
        let key = SeriesKey { source: 0, service: "nginx".into(), host: None, zoned: true, stretch: None };
        for size in [1, 7, 100, 4000] {
            let mut hearing = Hearing::default();
            let mut found = Vec::new();
            for part in requests.chunks(size) {
                let mut series = Series::default();
                for (index, (client, target, is_failed)) in part.iter().enumerate() {
                    let path = path(NAMES[*target]);
                    let outcome = if *is_failed { Outcome::Failing } else { Outcome::Good };
                    series.answers.push(Answer::new(*client, path, outcome));
                    if *is_failed {
                        let heard = Heard::new(path, false, false);
                        series.failures.push(Failure {
                            at: index as i64,
                            client: *client,
                            heard,
                            ..Failure::default()
                        });
                    }
                }
                hearing.listen(&key, &mut series);
                assert!(series.answers.is_empty());
                let flags = |failure: &Failure| (failure.heard.is_client_answered(), failure.heard.is_path_answered());
                found.extend(series.failures.iter().map(flags));
            }
            assert_eq!(found, want, "{size} requests at a time");
        }
    }

    #[test]
    fn of_too_many_the_oldest_are_forgotten() {
        let mut ears = Ears::default();
        for client in 0..100_000u64 {
            let mut failure = Failure { at: client as i64 / 100, client, ..Failure::default() };
            ears.failed(Answer::new(client, 0, Outcome::Failing), &mut failure);
        }
        assert!((MOST / 2..=MOST).contains(&ears.clients.len()), "{}", ears.clients.len());
        assert!(ears.clients.contains_key(&99_999) && !ears.clients.contains_key(&0));
        ears.sweep(100_000);
        assert_eq!((ears.clients.len(), ears.paths.len()), (0, 0));
        assert!(!ears.may_know(99_999));
    }
}
