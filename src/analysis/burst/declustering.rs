//! Which failures count: a client that retries in a loop is one witness, not fifty (methods, 1.2).

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use crate::facts::crowd::Crowd;
use crate::facts::traffic::Failure;

/// After a failure that counts, further ones of that client do not count for so long, in seconds. It doubles with each
/// that counts nevertheless, up to the second value.
pub(super) const DEAF_S: u16 = 30;
const DEAF_MOST_S: i64 = 3600;
/// A client without a failure for so long is heard as one that never failed, in seconds.
const FORGOTTEN_S: i64 = 3600;
/// As many as that are remembered in any case.
const LEAST_DEAF: usize = 1 << 16;
/// Share of all requests from which an address hides its clients: a proxy, a balancer, a machine.
const CROWD_SHARE: f64 = 0.1;
/// Fewer witnesses than that in the whole log are none.
const LEAST_WITNESSES: usize = 3;

/// How long a client that failed is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Twice as long each time, until it is answered once.
    Doubling,
    /// Always so many seconds.
    Fixed(u16),
}

/// A failure, by who tells of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) at: i64,
    /// The witness: a client, or, behind an address that hides its clients, a path.
    pub(super) client: u64,
    /// What is not heard again for a while: the witness, or one kind of error line of it.
    pub(super) key: u64,
    /// Whether that was answered since its failure before.
    pub(super) is_answered: bool,
    pub(super) rule: Rule,
}

/// Who tells of failures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Witnesses {
    /// Addresses that hide their clients, sorted.
    pub(super) hidden: Vec<u64>,
    /// All failures, in order of time.
    pub(super) told: Vec<Told>,
    /// Whether nobody can be told apart: then each failure counts, and no check asks who failed.
    pub(super) are_waived: bool,
}

impl Witnesses {
    pub(super) fn of(failures: &[Failure], crowd: &Crowd, rule: Rule) -> Witnesses {
        let hidden = hidden(failures, crowd);
        let told = |failure: &Failure| {
            let is_hidden = !hidden.is_empty() && hidden.binary_search(&failure.client).is_ok();
            let heard = failure.heard;
            let (client, is_answered) = if is_hidden {
                (with_path(failure.client, heard.path()), heard.is_path_answered())
            } else {
                (failure.client, heard.is_client_answered())
            };
            Told { at: failure.at, client, key: client, is_answered, rule }
        };
        let told: Vec<Told> = failures.iter().map(told).collect();
        let mut all = BTreeSet::new();
        let are_waived = !hidden.is_empty()
            && !told.iter().any(|told| {
                all.insert(told.client);
                all.len() >= LEAST_WITNESSES
            });
        Witnesses { hidden, told, are_waived }
    }
}

/// An address and a path as one witness.
fn with_path(client: u64, path: u32) -> u64 {
    (client ^ u64::from(path) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Addresses of failures that hide their clients, sorted.
fn hidden(failures: &[Failure], crowd: &Crowd) -> Vec<u64> {
    if crowd.requests() == 0 {
        return Vec::new();
    }
    let least = CROWD_SHARE * crowd.requests() as f64;
    let mut hidden: Vec<u64> = Vec::new();
    for failure in failures.iter().filter(|failure| crowd.requests_of(failure.client) as f64 >= least) {
        // There are hardly more than ten.
        if !hidden.contains(&failure.client) {
            hidden.push(failure.client);
        }
    }
    hidden.sort_unstable();
    hidden
}

/// What is known of a witness that failed.
#[derive(Clone, Copy, Debug)]
struct Deaf {
    /// Its last failure.
    last: i64,
    /// Until when it is not heard, and for how long that is.
    until: i64,
    lasts_s: i64,
}

/// Which of the failures, in order of time, count.
pub(super) fn declustered(witnesses: &Witnesses) -> Vec<bool> {
    if witnesses.are_waived {
        return vec![true; witnesses.told.len()];
    }
    let mut deafness = Deafness::default();
    witnesses.told.iter().map(|told| deafness.counts(told)).collect()
}

/// Those that count if there were no others.
pub(super) fn declustered_anew<'a>(told: impl Iterator<Item = &'a Told>) -> Vec<Told> {
    let mut deafness = Deafness::default();
    told.filter(|told| deafness.counts(told)).copied().collect()
}

/// Those that count if each witness is heard once in half a minute.
pub(super) fn declustered_within<'a>(told: impl Iterator<Item = &'a Told>) -> Vec<Told> {
    let mut deafness = Deafness::default();
    let plain = |told: &Told| Told { key: told.client, is_answered: false, rule: Rule::Fixed(DEAF_S), ..*told };
    told.map(plain).filter(|told| deafness.counts(told)).collect()
}

/// The witnesses that are not heard for a while.
#[derive(Default)]
struct Deafness {
    deaf: HashMap<u64, Deaf, Hashed>,
    /// How many are known before those are dropped that would be heard again anyway.
    most: usize,
}

impl Deafness {
    /// Whether a failure counts. They come in order of time.
    fn counts(&mut self, told: &Told) -> bool {
        let at = told.at;
        let first_s = i64::from(if let Rule::Fixed(seconds) = told.rule { seconds } else { DEAF_S });
        let fresh = Deaf { last: at, until: at + first_s, lasts_s: first_s };
        let Some(known) = self.deaf.get_mut(&told.key) else {
            self.deaf.insert(told.key, fresh);
            if self.deaf.len() > self.most.max(LEAST_DEAF) {
                self.forget(at);
            }
            return true;
        };
        if at - known.last >= FORGOTTEN_S || told.is_answered {
            *known = fresh;
        } else if at >= known.until {
            let lasts_s = if told.rule == Rule::Doubling { (2 * known.lasts_s).min(DEAF_MOST_S) } else { first_s };
            *known = Deaf { last: at, until: at + lasts_s, lasts_s };
        } else {
            known.last = at;
            return false;
        }
        true
    }

    /// Where each client is a new one the table holds those of an hour, not of the whole log.
    fn forget(&mut self, at: i64) {
        self.deaf.retain(|_, deaf| at - deaf.last < FORGOTTEN_S);
        self.most = 2 * self.deaf.len();
    }
}

/// A table by what is a hash already.
pub(super) type Hashed = BuildHasherDefault<Already>;

/// Takes a hash as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::hearing::Heard;

    fn kept(failures: &[(i64, u64, Heard)]) -> Vec<i64> {
        let failure = |(at, client, heard): &(i64, u64, Heard)| Failure {
            at: *at,
            client: *client,
            heard: *heard,
            ..Failure::default()
        };
        let failures: Vec<Failure> = failures.iter().map(failure).collect();
        let counts = declustered(&Witnesses::of(&failures, &Crowd::default(), Rule::Doubling));
        failures.iter().zip(counts).filter(|(_, counts)| *counts).map(|(failure, _)| failure.at).collect()
    }

    #[test]
    fn a_client_in_a_loop_is_heard_ever_less() {
        let none = Heard::default();
        let answered = Heard::new(0, true, true);
        let each = |from: i64, count: i64, step: i64| (0..count).map(move |i| (from + i * step, 7, none));
        for (why, failures, want) in [
            ("200 failures, one a second (printed)", each(600, 200, 1).collect::<Vec<_>>(), vec![600, 630, 690]),
            ("one each half a minute", each(0, 8, 30).collect(), vec![0, 30, 90, 210]),
            ("one an hour", each(0, 4, 3600).collect(), vec![0, 3600, 7200, 10_800]),
            ("one after an answer", vec![(0, 7, none), (1, 7, none), (2, 7, answered), (3, 7, none)], vec![0, 2]),
            (
                "after an answer it begins anew",
                vec![(0, 7, none), (30, 7, none), (40, 7, answered), (69, 7, none), (70, 7, none)],
                vec![0, 30, 40, 70],
            ),
            ("two clients", vec![(0, 7, none), (1, 8, none), (2, 7, none), (3, 8, none)], vec![0, 1]),
        ] {
            assert_eq!(kept(&failures), want, "{why}");
        }
    }

    #[test]
    fn the_table_holds_the_witnesses_of_an_hour() {
        let mut deafness = Deafness::default();
        for client in 0..400_000u64 {
            let told = Told { at: client as i64 / 10, client, key: client, is_answered: false, rule: Rule::Doubling };
            assert!(deafness.counts(&told));
        }
        assert!(deafness.deaf.len() <= 2 * LEAST_DEAF, "{}", deafness.deaf.len());
    }

    #[test]
    fn not_more_than_an_hour_and_not_after_an_hour_of_peace() {
        let busy: Vec<(i64, u64, Heard)> = (0..30_000).map(|at| (at, 7, Heard::default())).collect();
        let times = kept(&busy);
        assert_eq!(times[..8], [0, 30, 90, 210, 450, 930, 1890, 3810]);
        assert!(times.windows(2).skip(7).all(|pair| pair[1] - pair[0] == 3600), "{times:?}");
    }

    #[test]
    fn behind_a_proxy_the_paths_are_the_witnesses() {
        let failure = |at: i64, client: u64, path: u32| Failure {
            at,
            client,
            heard: Heard::new(path, false, false),
            ..Failure::default()
        };
        let crowd = |requests: &[(u64, u32)]| {
            let mut crowd = Crowd::default();
            requests.iter().for_each(|(client, count)| (0..*count).for_each(|_| crowd.add(*client as u32)));
            crowd
        };
        let of_paths: Vec<Failure> = (0..6).map(|i| failure(i, 5, i as u32 % 3)).collect();
        for (why, failures, crowd, hidden, waived, count) in [
            ("one of many", of_paths.clone(), crowd(&[(5, 9), (6, 91)]), vec![], false, 1),
            ("a tenth of all requests", of_paths.clone(), crowd(&[(5, 10), (6, 90)]), vec![5], false, 3),
            ("two paths are no witnesses", of_paths[..2].to_vec(), crowd(&[(5, 100)]), vec![5], true, 2),
            ("not counted", of_paths.clone(), Crowd::default(), vec![], false, 1),
        ] {
            let witnesses = Witnesses::of(&failures, &crowd, Rule::Doubling);
            assert_eq!((&witnesses.hidden, witnesses.are_waived), (&hidden, waived), "{why}");
            let kept = declustered(&witnesses);
            assert_eq!(kept.iter().filter(|kept| **kept).count(), count, "{why}");
        }
    }
}
