//! Which services see the same requests, one in front of the other (methods, 3.3). Told by the requests of quiet times
//! that both logs hold, not by names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::finding::Finding;
use super::world::{Service, World};
use crate::facts::closer::sample::{Sample, Sampled};

const NANOS: i64 = 1_000_000_000;
/// How far apart the two lines of one request may be, in seconds.
const NEAR_S: i64 = 2;
/// A key is rare if so many of its requests are expected by chance in [`CHANCE_S`].
const CHANCE: f64 = 0.2;
const CHANCE_S: f64 = 5.0;
/// By how much one log is shifted for learning what chance matches, in seconds.
const DECOY_S: i64 = 61;
/// Coverage from which two services see the same requests, and requests that it must be told by.
const RELATED: f64 = 0.5;
const LEAST_RARE: usize = 30;
/// Requests of a service in the sample, stretches at least and at most, and their length in seconds.
const MOST_LINES: f64 = 20_000.0;
const STRETCHES: (f64, f64) = (8.0, 72.0);
const STRETCH_S: i64 = 600;
/// Time beside a finding that is not quiet, in seconds.
const BESIDE_S: i64 = 30;
/// Services at most that are compared, the busiest first: each with each.
const MOST_SERVICES: usize = 24;

/// What two services have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// They see other requests.
    Unrelated,
    /// One stands behind the other; `coverage` is the share of its requests that the other has seen too.
    Behind {
        /// The service behind, by index.
        inner: usize,
        /// The service in front, by index.
        outer: usize,
        #[allow(missing_docs)]
        coverage: f64,
    },
}

/// The relations that the sample tells; of other pairs nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    pairs: BTreeMap<(usize, usize), Relation>,
}

/// Stretches of quiet time at which services are compared (first and last second); none where there is one service.
pub fn stretches(world: &World, findings: &[Finding]) -> Vec<(i64, i64)> {
    let spans: Vec<(i64, i64)> = world.services.iter().filter_map(Service::span).collect();
    if spans.len() < 2 || findings.is_empty() {
        return Vec::new();
    }
    // Where at least two services have requests.
    let mut firsts: Vec<i64> = spans.iter().map(|span| span.0).collect();
    let mut lasts: Vec<i64> = spans.iter().map(|span| span.1).collect();
    firsts.sort_unstable();
    lasts.sort_unstable();
    let (from, to) = (firsts[1], lasts[lasts.len() - 2]);
    let loud: Vec<(i64, i64)> = findings
        .iter()
        .map(|finding| (finding.start.floor() as i64 - BESIDE_S, finding.end.ceil() as i64 + BESIDE_S))
        .collect();
    let mut pieces = Vec::new();
    for piece in quiet(from, to, &loud) {
        let mut at = piece.0;
        while at <= piece.1 {
            pieces.push((at, (at + STRETCH_S - 1).min(piece.1)));
            at += STRETCH_S;
        }
    }
    let length: i64 = pieces.iter().map(|(first, last)| last - first + 1).sum();
    let rate = world
        .services
        .iter()
        .map(|service| pieces.iter().map(|(first, last)| f64::from(service.count(*first, last + 1).requests)).sum())
        .fold(0.0, f64::max)
        / length.max(1) as f64;
    let wanted = (MOST_LINES / (STRETCH_S as f64 * rate.max(1e-6))).clamp(STRETCHES.0, STRETCHES.1) as usize;
    let each_s = (MOST_LINES / (wanted as f64 * rate.max(1e-6))).clamp(1.0, STRETCH_S as f64) as i64;
    let step = pieces.len().div_ceil(wanted).max(1);
    pieces.into_iter().step_by(step).map(|(first, last)| (first, last.min(first + each_s - 1))).collect()
}

/// What is left between `from` and `to` without the loud stretches.
fn quiet(from: i64, to: i64, loud: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut loud = loud.to_vec();
    loud.sort_unstable();
    let mut pieces = Vec::new();
    let mut at = from;
    for (first, last) in loud {
        if first > at {
            pieces.push((at, (first - 1).min(to)));
        }
        at = at.max(last + 1);
    }
    pieces.push((at, to));
    pieces.retain(|(first, last)| first <= last);
    pieces
}

impl Layers {
    /// Compares each service of the sample with each other. `stretches` are those that the sample was taken from.
    pub fn of(world: &World, samples: &[Sample], stretches: &[(i64, i64)]) -> Layers {
        let mut lines: Vec<(usize, Vec<Sampled>)> = Vec::new();
        for (index, service) in world.services.iter().enumerate() {
            let mut own: Vec<Sampled> = samples
                .iter()
                .filter(|sample| is_of(service, sample))
                .flat_map(|sample| counted(service, sample))
                .collect();
            own.sort_unstable();
            if !own.is_empty() {
                lines.push((index, own));
            }
        }
        lines.sort_by_key(|(index, own)| (std::cmp::Reverse(own.len()), *index));
        lines.truncate(MOST_SERVICES);
        lines.sort_by_key(|(index, _)| *index);
        let mut pairs = BTreeMap::new();
        for (position, (one, of_one)) in lines.iter().enumerate() {
            for (other, of_other) in &lines[position + 1..] {
                let names = [*one, *other].map(|index| world.services[index].name.as_str());
                if let Some(relation) = relation((*one, of_one), (*other, of_other), names, stretches) {
                    pairs.insert((*one, *other), relation);
                }
            }
        }
        Layers { pairs }
    }

    /// What is known of two services.
    pub fn between(&self, one: usize, other: usize) -> Option<Relation> {
        self.pairs.get(&(one.min(other), one.max(other))).copied()
    }

    /// The share of the requests of `inner` that `outer`, in front of it, has seen; `None` where it is not behind it.
    pub fn coverage(&self, of: usize, by: usize) -> Option<f64> {
        match self.between(of, by)? {
            Relation::Behind { inner, outer, coverage } if (inner, outer) == (of, by) => Some(coverage),
            _ => None,
        }
    }
}

fn is_of(service: &Service, sample: &Sample) -> bool {
    service.name == sample.service
        && (sample.host.is_none() || service.host == sample.host)
        && service.sources.contains(&sample.source)
}

/// The requests of a sample that no copy of the log counts.
fn counted<'a>(service: &'a Service, sample: &'a Sample) -> impl Iterator<Item = Sampled> + 'a {
    let counts = |request: &&Sampled| service.owners.counts(sample.source, request.at.div_euclid(NANOS));
    sample.requests.iter().filter(counts).copied()
}

/// What two services have to do with each other, as far as enough rare requests tell.
fn relation(
    (one, of_one): (usize, &[Sampled]),
    (other, of_other): (usize, &[Sampled]),
    names: [&str; 2],
    stretches: &[(i64, i64)],
) -> Option<Relation> {
    let shared = |lines: &[Sampled], by: &[Sampled]| {
        let span = by.first().zip(by.last()).map(|(first, last)| (first.at, last.at)).unwrap_or((0, -1));
        let near = NEAR_S * NANOS;
        lines.iter().filter(|line| (span.0 - near..=span.1 + near).contains(&line.at)).copied().collect::<Vec<_>>()
    };
    let (of_one, of_other) = (shared(of_one, of_other), shared(of_other, of_one));
    let compare = |key: fn(&Sampled) -> u64| Compared::of(&of_one, &of_other, key, stretches);
    let by_bytes = compare(|line| line.key);
    // Bytes differ between layers that add headers or compress.
    let best = if by_bytes.is_related() { by_bytes } else { compare(|line| line.loose) };
    if !best.is_related() {
        return (best.rare.0.min(best.rare.1) >= LEAST_RARE).then_some(Relation::Unrelated);
    }
    let other_is_outside = outside(&of_one, &of_other, &best.pairs, names);
    Some(if other_is_outside {
        Relation::Behind { inner: one, outer: other, coverage: best.coverage.0 }
    } else {
        Relation::Behind { inner: other, outer: one, coverage: best.coverage.1 }
    })
}

/// Two logs compared by one kind of key.
struct Compared {
    /// Rare requests of both.
    rare: (usize, usize),
    /// Share of the rare requests of each that the other has too, without what chance gives.
    coverage: (f64, f64),
    /// Matched requests, by index.
    pairs: Vec<(usize, usize)>,
}

impl Compared {
    fn of(one: &[Sampled], other: &[Sampled], key: fn(&Sampled) -> u64, stretches: &[(i64, i64)]) -> Compared {
        let count = |lines: &[Sampled]| {
            let mut counts: HashMap<u64, u64> = HashMap::new();
            lines.iter().for_each(|line| *counts.entry(key(line)).or_default() += 1);
            counts
        };
        let counts = [count(one), count(other)];
        let span_s: i64 = stretches.iter().map(|(first, last)| last - first + 1).sum();
        let is_rare = |line: &Sampled| {
            let most = counts.iter().filter_map(|counts| counts.get(&key(line))).max().copied().unwrap_or(0);
            most as f64 * CHANCE_S / span_s.max(1) as f64 <= CHANCE
        };
        let rare = |lines: &[Sampled]| {
            let rare = lines.iter().enumerate().filter(|(_, line)| is_rare(line));
            rare.map(|(index, line)| (index, line.at, key(line))).collect::<Vec<_>>()
        };
        let (one, other) = (rare(one), rare(other));
        let (forth, back) = (matched(&one, &other, 0), matched(&other, &one, 0));
        let corrected = |pairs: &[(usize, usize)], from: &[Rare], by: &[Rare]| {
            let inside =
                |at: i64| stretches.iter().any(|(first, last)| (*first..=*last).contains(&at.div_euclid(NANOS)));
            let shifted: Vec<Rare> = from.iter().filter(|rare| inside(rare.1 + DECOY_S * NANOS)).copied().collect();
            let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
            let chance = share(matched(&shifted, by, DECOY_S).len(), shifted.len());
            ((share(pairs.len(), from.len()) - chance) / (1.0 - chance).max(0.05)).clamp(0.0, 1.0)
        };
        let coverage = (corrected(&forth, &one, &other), corrected(&back, &other, &one));
        Compared { rare: (one.len(), other.len()), coverage, pairs: forth }
    }

    fn is_related(&self) -> bool {
        self.coverage.0 >= RELATED && self.rare.0 >= LEAST_RARE
            || self.coverage.1 >= RELATED && self.rare.1 >= LEAST_RARE
    }
}

/// A rare request: its index, moment and key.
type Rare = (usize, i64, u64);

/// Each request with the earliest unused one of the other log of the same key and nearly the same time.
fn matched(from: &[Rare], by: &[Rare], shift_s: i64) -> Vec<(usize, usize)> {
    let mut waiting: HashMap<u64, (Vec<(i64, usize)>, usize)> = HashMap::new();
    for (index, at, key) in by {
        waiting.entry(*key).or_default().0.push((*at, *index));
    }
    let mut pairs = Vec::new();
    for (index, at, key) in from {
        let Some((others, next)) = waiting.get_mut(key) else { continue };
        let at = at + shift_s * NANOS;
        while others.get(*next).is_some_and(|(other, _)| *other < at - NEAR_S * NANOS) {
            *next += 1;
        }
        if let Some((_, other)) = others.get(*next).filter(|(other, _)| *other <= at + NEAR_S * NANOS) {
            pairs.push((*index, *other));
            *next += 1;
        }
    }
    pairs
}

/// Whether the second of two services stands in front of the first, by the first kind of evidence that tells.
fn outside(one: &[Sampled], other: &[Sampled], pairs: &[(usize, usize)], names: [&str; 2]) -> bool {
    let share = |is: &dyn Fn(&(usize, usize)) -> bool| {
        pairs.iter().filter(|pair| is(pair)).count() as f64 / pairs.len().max(1) as f64
    };
    // Names what is behind it.
    let upstreams = (share(&|pair| one[pair.0].has_upstream), share(&|pair| other[pair.1].has_upstream));
    // Sees one client only, as all come from the layer in front.
    let (alone, also) = (is_alone(one), is_alone(other));
    // Is told the other's clients.
    let told = (
        share(&|pair| one[pair.0].forwarded == Some(other[pair.1].client)),
        share(&|pair| other[pair.1].forwarded == Some(one[pair.0].client)),
    );
    let mut longer: Vec<i64> = pairs
        .iter()
        .filter_map(|pair| {
            let took = |line: &Sampled| line.took_us.and_then(|took| i64::try_from(took).ok());
            Some(took(&other[pair.1])? - took(&one[pair.0])?)
        })
        .collect();
    longer.sort_unstable();
    let longer = longer.get(longer.len() / 2).copied().unwrap_or(0);
    let evidence = [
        (upstreams.1 >= 0.5) as i8 - (upstreams.0 >= 0.5) as i8,
        i8::from(alone) - i8::from(also),
        (told.0 >= 0.5) as i8 - (told.1 >= 0.5) as i8,
        longer.signum() as i8,
        (super::incident::depth(names[0]) as i64 - super::incident::depth(names[1]) as i64).signum() as i8,
    ];
    evidence.into_iter().find(|of| *of != 0).unwrap_or(-1) > 0
}

/// Whether nearly all requests come from one address.
fn is_alone(lines: &[Sampled]) -> bool {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    lines.iter().for_each(|line| *counts.entry(line.client).or_default() += 1);
    counts.values().max().is_some_and(|most| *most as f64 >= 0.95 * lines.len() as f64)
}

/// Which of the services hit stand in front of all others that were: those that none of them covers.
pub fn outermost(layers: &Layers, world: &World, hit: &BTreeSet<usize>) -> BTreeSet<usize> {
    let is_behind = |inner: usize, outer: usize| match layers.between(inner, outer) {
        Some(Relation::Behind { inner: behind, .. }) => behind == inner,
        Some(Relation::Unrelated) => false,
        None => {
            let depth = |index: usize| super::incident::depth(&world.services[index].name);
            depth(outer) < depth(inner)
        }
    };
    hit.iter().copied().filter(|inner| !hit.iter().any(|outer| outer != inner && is_behind(*inner, *outer))).collect()
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
