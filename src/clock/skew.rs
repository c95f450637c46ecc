//! Clocks that go wrong by seconds or minutes: found by the requests and messages that two machines both log, and
//! taken out before anything is compared (methods, section 4).
//!
//! All logs of one machine have one clock: files of a rotated set, of a host that their lines name, of a folder. The
//! clock that agrees best with the others is taken as right. Which of two is wrong no log can tell; the report says
//! what was assumed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::infer::votes::{AGREE_S, Elected, common, elect_skew, sketches};
use super::{How, SourceName, Timebase};
use crate::facts::Facts;
use crate::facts::sketch::Sketch;

/// A smaller skew is none: stamps have whole seconds, and lines are written when a request ends.
const LEAST_S: i64 = 2;
/// The same where a log stamps the beginning of its requests and does not tell how long they took.
const LEAST_OF_UNKNOWN_LENGTH_S: i64 = 10;
/// Skews are told apart by stretches of so many seconds; where they differ by more than [`DRIFT_S`], the clock drifts.
const BLOCK_S: i64 = 6 * 3600;
const DRIFT_S: i64 = 2;

/// By how much a clock is ahead, and how that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// At these moments, in seconds of UTC, by so many milliseconds; between them by straight lines.
    pub knots: Vec<(i64, i64)>,
    /// The source by which it was found.
    pub by: usize,
    /// Requests or messages that agree.
    pub votes: usize,
}

impl Skew {
    /// By how many seconds the clock is ahead when it shows `at_s`.
    pub fn at(&self, at_s: i64) -> i64 {
        seconds(self.ms_at(at_s))
    }

    /// The same in milliseconds.
    fn ms_at(&self, at_s: i64) -> i64 {
        let (Some(first), Some(last)) = (self.knots.first(), self.knots.last()) else { return 0 };
        if !self.drifts() {
            return first.1;
        }
        // The first and last moments are the middles of stretches, in whose other halves it drifts on.
        let at_s = at_s.clamp(first.0 - BLOCK_S / 2, last.0 + BLOCK_S / 2);
        let next = self.knots.partition_point(|(knot, _)| *knot <= at_s).clamp(1, self.knots.len() - 1);
        let ((from, here), (to, there)) = (self.knots[next - 1], self.knots[next]);
        let part = (at_s - from) as f64 / (to - from) as f64;
        (here as f64 + part * (there - here) as f64).round() as i64
    }

    /// Whether it changes.
    pub fn drifts(&self) -> bool {
        self.knots.len() > 1
    }

    /// In seconds at the first and at the last moment that tells it.
    pub fn ends(&self) -> (i64, i64) {
        let of = |knot: Option<&(i64, i64)>| knot.map_or(0, |(_, ms)| seconds(*ms));
        (of(self.knots.first()), of(self.knots.last()))
    }

    /// The largest, whichever way, in seconds.
    fn most_s(&self) -> i64 {
        self.knots.iter().map(|(_, ms)| seconds(ms.abs())).max().unwrap_or(0)
    }

    /// The other clock's, seen from this one.
    fn turned(&self) -> Skew {
        Skew { knots: self.knots.iter().map(|(at, skew)| (*at, -skew)).collect(), ..self.clone() }
    }

    /// This one on top of another.
    fn plus(&self, other: &Skew) -> Skew {
        let moments: BTreeSet<i64> = self.knots.iter().chain(&other.knots).map(|(at, _)| *at).collect();
        let knots = moments.into_iter().map(|at| (at, self.ms_at(at) + other.ms_at(at))).collect();
        Skew { knots, ..self.clone() }
    }
}

/// The nearest whole second.
fn seconds(ms: i64) -> i64 {
    (ms + 500).div_euclid(1000)
}

/// Finds the skews of all sources.
pub(super) fn find(facts: &Facts, names: &[SourceName], timebase: &mut Timebase) {
    let machines = Machines::of(facts, names, timebase);
    let Some(skews) = machines.skews(names) else { return };
    for (source, clock) in timebase.sources.iter_mut().enumerate() {
        clock.skew = machines.of_source.get(&source).and_then(|machine| skews.get(machine)).cloned();
    }
}

/// A rotated set, with what it can share with others.
struct Told {
    sources: Vec<usize>,
    requests: [Sketch; 2],
    messages: HashMap<u64, i64>,
    /// Whether its requests are stamped when they begin, and how long they took is not known.
    is_of_unknown_length: bool,
}

/// Sources by whose clock they have.
struct Machines {
    told: Vec<Told>,
    /// The machine of each source, by the first source of it.
    of_source: BTreeMap<usize, usize>,
    /// Skews between two of the sets, by their indices.
    between: BTreeMap<(usize, usize), Skew>,
}

impl Machines {
    fn of(facts: &Facts, names: &[SourceName], timebase: &Timebase) -> Machines {
        let told: Vec<Told> = timebase.streams.iter().map(|set| told(facts, timebase, set)).collect();
        let mut between = BTreeMap::new();
        for one in 0..told.len() {
            for other in 0..one {
                if let Some(skew) = skew_between(&told[one], &told[other]) {
                    between.insert((one, other), skew);
                }
            }
        }
        let mut machines = Machines { told, of_source: BTreeMap::new(), between };
        machines.of_source = machines.group(facts, names);
        machines
    }

    /// Which sources have one clock: those of one set, of one host, and of a folder whose logs name no two hosts and do
    /// not differ.
    fn group(&self, facts: &Facts, names: &[SourceName]) -> BTreeMap<usize, usize> {
        let mut groups: Vec<usize> = (0..self.told.len()).collect();
        let mut join = |one: usize, other: usize| {
            let (into, from) = (groups[one].min(groups[other]), groups[one].max(groups[other]));
            groups.iter_mut().filter(|group| **group == from).for_each(|group| *group = into);
        };
        let host = |set: usize| {
            self.told[set].sources.iter().find_map(|source| facts.sources.get(source)?.hosts.keys().next())
        };
        let folder = |set: usize| {
            let name = self.told[set].sources.first().and_then(|source| names.get(*source)).map_or("", |of| &of.name);
            name.rsplit_once(['/', '!']).map_or("", |(folder, _)| folder)
        };
        let mut by_host: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
        let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for set in 0..self.told.len() {
            if let Some(host) = host(set) {
                by_host.entry(host).or_default().push(set);
            }
            by_folder.entry(folder(set)).or_default().push(set);
        }
        by_folder.retain(|_, sets| {
            let hosts: BTreeSet<&String> = sets.iter().filter_map(|set| host(*set)).collect();
            let differ = self
                .between
                .iter()
                .any(|((one, other), skew)| sets.contains(one) && sets.contains(other) && skew.most_s() >= LEAST_S);
            hosts.len() <= 1 && !differ
        });
        for sets in by_host.values().chain(by_folder.values()) {
            sets.windows(2).for_each(|pair| join(pair[0], pair[1]));
        }
        let sources = |(set, group): (usize, &usize)| {
            let first = self.told[*group].sources.first().copied().unwrap_or(0);
            self.told[set].sources.iter().map(move |source| (*source, first)).collect::<Vec<_>>()
        };
        groups.iter().enumerate().flat_map(sources).collect()
    }

    /// By how much each machine's clock is ahead of the one that is taken as right; `None` if none is.
    fn skews(&self, names: &[SourceName]) -> Option<BTreeMap<usize, Skew>> {
        let edges = self.edges();
        if edges.values().all(|skew| skew.most_s() < LEAST_S) {
            return None;
        }
        let machines: BTreeSet<usize> = edges.keys().flat_map(|(one, other)| [*one, *other]).collect();
        let mut found = BTreeMap::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        for machine in &machines {
            if seen.contains(machine) {
                continue;
            }
            let reached: Vec<usize> = from(*machine, &edges).into_keys().collect();
            seen.extend(&reached);
            let members = |of: usize| self.of_source.values().filter(|machine| **machine == of).count();
            let rank = |root: &&usize| {
                let all: i64 = from(**root, &edges).values().map(Skew::most_s).sum();
                (all, std::cmp::Reverse(members(**root)), names.get(**root).map(|of| &of.name))
            };
            let Some(right) = reached.iter().min_by_key(rank) else { continue };
            found.extend(from(*right, &edges).into_iter().filter(|(_, skew)| skew.most_s() >= LEAST_S));
        }
        Some(found)
    }

    /// The best known skew between each two machines, both ways: of the first, by the second.
    fn edges(&self) -> BTreeMap<(usize, usize), Skew> {
        let mut edges: BTreeMap<(usize, usize), Skew> = BTreeMap::new();
        let machine = |set: usize| {
            let first = self.told[set].sources.first()?;
            self.of_source.get(first).copied().map(|machine| (machine, *first))
        };
        for ((one, other), skew) in &self.between {
            let (Some((here, first)), Some((there, second))) = (machine(*one), machine(*other)) else { continue };
            if here == there || edges.get(&(here, there)).is_some_and(|known| known.votes >= skew.votes) {
                continue;
            }
            edges.insert((here, there), Skew { by: second, ..skew.clone() });
            edges.insert((there, here), Skew { by: first, ..skew.turned() });
        }
        edges
    }
}

/// The skew of each machine that can be compared with `root`, directly or by others: over the pairs that share most.
fn from(root: usize, edges: &BTreeMap<(usize, usize), Skew>) -> BTreeMap<usize, Skew> {
    let mut known = BTreeMap::from([(root, Skew::default())]);
    loop {
        let next = edges
            .iter()
            .filter(|((here, there), _)| !known.contains_key(here) && known.contains_key(there))
            .max_by_key(|((here, there), skew)| (skew.votes, std::cmp::Reverse((*here, *there))));
        let Some(((here, there), skew)) = next else { return known };
        let skew = skew.plus(&known[there]);
        known.insert(*here, skew);
    }
}

/// What a rotated set tells, on its own clock in UTC. Where a zone is only assumed, it tells nothing.
fn told(facts: &Facts, timebase: &Timebase, set: &[usize]) -> Told {
    let is_known = |source: &usize| timebase.sources.get(*source).is_some_and(|clock| clock.how != How::Assumed);
    let known: Vec<usize> = set.iter().copied().filter(is_known).collect();
    let utc = |source: usize, zoned: bool, at: i64| if zoned { at } else { timebase.utc_s(source, at) };
    let mut messages: HashMap<u64, i64> = HashMap::new();
    let mut twice: BTreeSet<u64> = BTreeSet::new();
    for source in &known {
        for (hash, place, moment) in facts.messages.get(source).into_iter().flat_map(|own| own.told_once()) {
            if messages.insert(hash, timebase.instant(place.block, moment).s).is_some() {
                twice.insert(hash);
            }
        }
    }
    messages.retain(|hash, _| !twice.contains(hash));
    let is_of_apache = |source: &usize| {
        facts.sources.get(source).is_some_and(|own| own.formats.keys().any(|(format, _)| *format == "apache-access"))
    };
    Told {
        requests: sketches(facts, &known, &utc),
        messages,
        is_of_unknown_length: known.iter().any(is_of_apache),
        sources: set.to_vec(),
    }
}

/// By how much the first is ahead of the second; one within [`LEAST_S`] counts as none, but as known.
fn skew_between(one: &Told, other: &Told) -> Option<Skew> {
    let mut pairs = common(&one.requests, &other.requests);
    let of_messages = one.messages.iter().filter_map(|(hash, here)| Some((*here, *other.messages.get(hash)?)));
    let of_messages: Vec<(i64, i64)> = of_messages.collect();
    if of_messages.len() > pairs.len() {
        pairs = of_messages;
    }
    pairs.sort_unstable();
    let least_s =
        if one.is_of_unknown_length != other.is_of_unknown_length { LEAST_OF_UNKNOWN_LENGTH_S } else { LEAST_S };
    let mut skew = drift(&pairs).or_else(|| steady(&pairs))?;
    if skew.most_s() < least_s {
        skew.knots = vec![(0, 0)];
    }
    Some(skew)
}

fn elected(pairs: &[(i64, i64)]) -> Option<Elected> {
    elect_skew(&pairs.iter().map(|(here, there)| here - there).collect::<Vec<_>>())
}

fn steady(pairs: &[(i64, i64)]) -> Option<Skew> {
    let elected = elected(pairs)?;
    Some(Skew { knots: vec![(0, 1000 * elected.skew_s)], by: 0, votes: elected.votes })
}

/// The skew by stretches of time, if it changes from one to another: in each the mean of what agrees, as within hours a
/// drift is larger than what lies between two stamps of one request.
fn drift(pairs: &[(i64, i64)]) -> Option<Skew> {
    let mut knots = Vec::new();
    let mut votes = 0;
    for block in pairs.chunk_by(|one, other| one.0.div_euclid(BLOCK_S) == other.0.div_euclid(BLOCK_S)) {
        let Some(elected) = elected(block) else { continue };
        let agree = block.iter().filter(|(here, there)| (here - there - elected.skew_s).abs() <= AGREE_S);
        let (mut count, mut at, mut ahead) = (0, 0, 0);
        for (here, there) in agree {
            (count, at, ahead) = (count + 1, at + here - block[0].0, ahead + here - there);
        }
        let count = count.max(1);
        knots.push((block[0].0 + at / count, 1000 * ahead / count));
        votes += elected.votes;
    }
    let skews = || knots.iter().map(|(_, ms)| *ms);
    let differ = skews().max()? - skews().min()? > 1000 * DRIFT_S;
    differ.then_some(Skew { knots, by: 0, votes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skew(knots: &[(i64, i64)]) -> Skew {
        let ms = knots.iter().map(|(at, ahead_s)| (*at, 1000 * ahead_s)).collect();
        Skew { knots: ms, by: 0, votes: 9 }
    }

    #[test]
    fn between_two_moments_a_drift_is_a_straight_line() {
        let drift = skew(&[(100_000, 10), (200_000, 20)]);
        let at = [0, 89_200, 100_000, 150_000, 200_000, 210_000, 999_999];
        assert_eq!(at.map(|at| drift.at(at)), [9, 9, 10, 15, 20, 21, 21]);
        assert_eq!(skew(&[(0, -7)]).at(123), -7);
        assert_eq!(Skew::default().at(123), 0);
    }

    #[test]
    fn skews_by_what_both_tell() {
        let pairs = |skew_of: &dyn Fn(i64) -> i64, count: i64| -> Vec<(i64, i64)> {
            (0..count).map(|index| (index * 600 + skew_of(index * 600), index * 600)).collect()
        };
        assert_eq!(steady(&pairs(&|_| 37, 8)).map(|skew| skew.knots), Some(vec![(0, 37_000)]));
        assert_eq!(drift(&pairs(&|_| 37, 144)), None, "steady");
        let found = drift(&pairs(&|at| at / 8640, 144)).unwrap_or_default();
        assert!(found.drifts() && (found.at(43_200) - 5).abs() <= 1 && (found.at(64_800) - 7).abs() <= 1, "{found:?}");
    }

    #[test]
    fn skews_add_up_over_machines_between() {
        let mut edges = BTreeMap::new();
        for (here, there, by) in [(1, 0, 5), (2, 1, 30)] {
            edges.insert((here, there), skew(&[(0, by)]));
            edges.insert((there, here), skew(&[(0, -by)]));
        }
        let of = |root: usize| -> Vec<i64> { from(root, &edges).values().map(|skew| skew.at(0)).collect() };
        assert_eq!(of(0), [0, 5, 35]);
        assert_eq!(of(1), [-5, 0, 30]);
    }
}
