//! The same thing in two logs, once in each: the difference of its two stamps votes for a zone, and what is left of it is
//! the skew (methods, section 4).

use std::collections::HashMap;

use super::{Found, candidates, is_known, rule_of_offset};
use crate::clock::Timebase;
use crate::facts::Facts;
use crate::facts::sketch::Sketch;

/// Farther from any zone a difference votes for none, in seconds.
const FAR_S: i64 = 420;
/// Votes that agree differ by no more, in seconds.
pub(crate) const AGREE_S: i64 = 3;
/// Votes that are needed, by how many and how far they must lead, and which share of all they must be.
const LEAST: usize = 4;
const LEAD: usize = 3;
const SHARE: f64 = 0.3;

/// What votes agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elected {
    /// Seconds east of UTC.
    pub(crate) offset_s: i64,
    /// By how many seconds the first clock is ahead besides.
    pub(crate) skew_s: i64,
    pub(crate) votes: usize,
}

/// The zone of the first of two logs by the differences of its civil stamps to the other's UTC.
pub(crate) fn elect(differences: &[i64]) -> Option<Elected> {
    let zones: Vec<i64> = candidates().collect();
    elect_of(differences, &zones)
}

/// The skew of the first of two logs by the differences of their stamps, both in UTC.
pub(crate) fn elect_skew(differences: &[i64]) -> Option<Elected> {
    elect_of(differences, &[0])
}

fn elect_of(differences: &[i64], zones: &[i64]) -> Option<Elected> {
    let mut cast: Vec<(i64, i64)> = differences
        .iter()
        .filter_map(|difference| {
            let zone = zones.iter().min_by_key(|zone| ((difference - **zone).abs(), **zone))?;
            let rest = difference - zone;
            (rest.abs() <= FAR_S).then_some((*zone, rest))
        })
        .collect();
    cast.sort_unstable();
    let mut agreed: Vec<Elected> = Vec::new();
    let mut from = 0;
    for of_zone in cast.chunk_by(|one, other| one.0 == other.0) {
        let rests = &cast[from..from + of_zone.len()];
        from += of_zone.len();
        agreed.extend(largest(rests));
    }
    agreed.sort_by_key(|of| (std::cmp::Reverse(of.votes), of.offset_s));
    let top = *agreed.first()?;
    // With one candidate the second best is another skew; there are always some votes for one, by chance.
    let second = if zones.len() > 1 {
        agreed.get(1).map_or(0, |of| of.votes)
    } else {
        let others: Vec<(i64, i64)> =
            cast.iter().copied().filter(|(_, rest)| (rest - top.skew_s).abs() > AGREE_S).collect();
        largest(&others).map_or(0, |of| of.votes)
    };
    let is_clear = top.votes >= LEAST
        && top.votes >= LEAD * second
        && (zones.len() == 1 || top.votes - second >= LEAST)
        && top.votes as f64 >= SHARE * cast.len() as f64;
    is_clear.then_some(top)
}

/// The largest set of sorted votes for one zone that agree, with its middle.
fn largest(votes: &[(i64, i64)]) -> Option<Elected> {
    let mut best: Option<(usize, usize)> = None;
    let mut from = 0;
    for to in 0..votes.len() {
        while votes[to].1 - votes[from].1 > AGREE_S {
            from += 1;
        }
        if best.is_none_or(|(first, end)| to + 1 - from > end - first) {
            best = Some((from, to + 1));
        }
    }
    let (first, end) = best?;
    let (offset_s, skew_s) = votes[first + (end - first) / 2];
    Some(Elected { offset_s, skew_s, votes: end - first })
}

/// What is in both sketches, once in each: pairs of moments, by hash.
pub(crate) fn in_both(one: &Sketch, other: &Sketch) -> Vec<(i64, i64)> {
    let (mut one, mut other) = (one.made_once().peekable(), other.made_once().peekable());
    let mut both = Vec::new();
    while let (Some(here), Some(there)) = (one.peek().copied(), other.peek().copied()) {
        if here.0 == there.0 {
            both.push((here.1, there.1));
        }
        if here.0 <= there.0 {
            one.next();
        }
        if there.0 <= here.0 {
            other.next();
        }
    }
    both
}

/// The requests of some sources, each moved as told: by client, and by anyone.
pub(crate) fn sketches(facts: &Facts, sources: &[usize], moved: &dyn Fn(usize, bool, i64) -> i64) -> [Sketch; 2] {
    let mut sketches = [Sketch::default(), Sketch::default()];
    for (key, series) in facts.series.iter().filter(|(key, _)| sources.contains(&key.source)) {
        let on_clock = |at: i64| moved(key.source, key.zoned, at);
        sketches[0].merge(series.of_clients.moved(on_clock));
        sketches[1].merge(series.of_anyone.moved(on_clock));
    }
    sketches.iter_mut().for_each(Sketch::settle);
    sketches
}

/// Requests in both, by client; where too few are, by anyone.
pub(crate) fn common(one: &[Sketch; 2], other: &[Sketch; 2]) -> Vec<(i64, i64)> {
    let of_clients = in_both(&one[0], &other[0]);
    if of_clients.len() >= LEAST { of_clients } else { in_both(&one[1], &other[1]) }
}

/// The zone by the requests, or the messages, that the source shares with another.
pub(super) fn shared(facts: &Facts, timebase: &Timebase, source: usize) -> Option<Found> {
    let by = |elected: Option<Elected>, what: &str| {
        let elected = elected?;
        let rule = rule_of_offset(elected.offset_s)?;
        let reason = format!("{} {what} are in another log, too, at {}", elected.votes, rule.name());
        Some((rule, reason))
    };
    by(of_requests(facts, timebase, source), "requests")
        .or_else(|| by(of_messages(facts, timebase, source), "messages"))
}

/// The best of several elections, if none that comes near it says otherwise.
fn best(mut elected: Vec<Elected>) -> Option<Elected> {
    elected.sort_by_key(|of| (std::cmp::Reverse(of.votes), of.offset_s));
    let top = *elected.first()?;
    let agree = elected.iter().all(|of| of.offset_s == top.offset_s || of.votes * LEAD <= top.votes);
    agree.then_some(top)
}

fn of_requests(facts: &Facts, timebase: &Timebase, source: usize) -> Option<Elected> {
    let is_zoneless = facts.series.keys().any(|key| key.source == source && !key.zoned);
    if !is_zoneless {
        return None;
    }
    let civil = |_: usize, _: bool, at: i64| at;
    let utc = |source: usize, zoned: bool, at: i64| if zoned { at } else { timebase.utc_s(source, at) };
    let own = sketches(facts, &[source], &civil);
    let with_requests = facts.series.keys().map(|key| key.source).filter(|other| *other != source);
    let mut others: Vec<usize> = with_requests.filter(|other| is_known(timebase, *other)).collect();
    others.dedup();
    let elections = others.into_iter().filter_map(|other| {
        let both = common(&own, &sketches(facts, &[other], &utc));
        elect(&both.iter().map(|(here, there)| here - there).collect::<Vec<_>>())
    });
    best(elections.collect())
}

fn of_messages(facts: &Facts, timebase: &Timebase, source: usize) -> Option<Elected> {
    let told_once = |source: usize| {
        let messages = facts.messages.get(&source).into_iter().flat_map(|messages| messages.told_once());
        messages.map(|(hash, place, moment)| (hash, timebase.instant(place.block, moment).s))
    };
    let own: HashMap<u64, i64> = told_once(source).collect();
    if own.is_empty() {
        return None;
    }
    let others = facts.messages.keys().filter(|other| **other != source && is_known(timebase, **other));
    let elections = others.filter_map(|other| {
        let pairs = told_once(*other).filter_map(|(hash, there)| Some(own.get(&hash)? - there));
        elect(&pairs.collect::<Vec<_>>())
    });
    best(elections.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_for_zones() {
        let hour = 3600;
        for (why, differences, wanted) in [
            ("all agree", vec![hour, hour, hour + 1, hour], Some((hour, 0, 4))),
            ("a skew of a minute", vec![hour + 61, hour + 60, hour + 60, hour + 62], Some((hour, 61, 4))),
            ("broken hours", vec![20_700; 4], Some((20_700, 0, 4))),
            ("three are too few", vec![hour; 3], None),
            ("two zones", vec![0, 0, 0, 0, hour, hour, hour, hour], None),
            ("a third as many", vec![0, 0, 0, 0, 0, 0, hour, hour], Some((0, 0, 6))),
            ("more than a third", vec![0, 0, 0, 0, 0, hour, hour], None),
            ("far from all zones", vec![hour + 421; 6], None),
            ("no two agree", vec![0, 10, 20, 30, 40, 50], None),
            (
                "under a third of all",
                (0..4).map(|_| 0).chain((0..10).map(|index| (index - 4) * hour + 30 * index)).collect(),
                None,
            ),
        ] {
            let got = elect(&differences).map(|of| (of.offset_s, of.skew_s, of.votes));
            assert_eq!(got, wanted, "{why}");
        }
    }

    #[test]
    fn votes_for_a_skew() {
        for (why, differences, wanted) in [
            ("all agree", vec![37, 36, 38, 37], Some((37, 4))),
            ("strays", vec![37, 36, 38, 37, 90, -200, 300], Some((37, 4))),
            ("two skews", vec![37, 37, 37, 37, 80, 80], None),
            ("an hour is no skew", vec![3600; 8], None),
        ] {
            assert_eq!(elect_skew(&differences).map(|of| (of.skew_s, of.votes)), wanted, "{why}");
        }
    }
}
