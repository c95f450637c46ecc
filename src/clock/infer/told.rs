//! Votes of things that two programs tell, each in its own words: the error line of a client and its failing request,
//! the same start or stop of a service; and of whole seconds that two collectors of one log share. One thing may fit at
//! several zones: then it votes for all of them.

use std::collections::{BTreeMap, HashMap};

use super::{Found, LEAD, NEAR_S, candidates, is_known, rule_of_offset};
use crate::clock::Timebase;
use crate::facts::client_lines::ClientLines;
use crate::facts::event::Kind;
use crate::facts::{Facts, Moment, Place};

/// Votes that the best zone needs, and by how many it must lead.
const LEAST_VOTES: u64 = 4;

/// By offset, in seconds.
pub(super) type Votes = BTreeMap<i64, u64>;

/// The zone that clearly leads.
pub(super) fn elected(votes: &Votes) -> Option<Found> {
    let (offset, top) = votes.iter().rev().max_by_key(|(_, votes)| **votes)?;
    let second = votes.iter().filter(|(other, _)| *other != offset).map(|(_, votes)| *votes).max().unwrap_or(0);
    let clear = *top >= LEAST_VOTES && *top >= LEAD * second && top - second >= LEAST_VOTES;
    let rule = rule_of_offset(*offset)?;
    let reason = format!("{top} lines tell the same as other logs at {}", rule.name());
    clear.then_some((rule, reason))
}

/// Votes of all kinds.
pub(super) fn votes(facts: &Facts, timebase: &Timebase, source: usize) -> Votes {
    let mut votes = Votes::new();
    message_votes(facts, timebase, source, &mut votes);
    client_votes(facts, timebase, source, &mut votes);
    traffic_votes(facts, timebase, source, &mut votes);
    lifecycle_votes(facts, timebase, source, &mut votes);
    votes
}

/// The difference as a vote for the candidate that it lies near.
fn vote(votes: &mut Votes, difference_s: i64) {
    if let Some(offset) = candidates().find(|offset| (difference_s - offset).abs() <= NEAR_S) {
        *votes.entry(offset).or_default() += 1;
    }
}

/// The same message of the same process, once in each of two sources.
fn message_votes(facts: &Facts, timebase: &Timebase, source: usize, votes: &mut Votes) {
    let Some(own) = facts.messages.get(&source) else { return };
    let at = |place: Place, moment: Moment| timebase.instant(place.block, moment).s;
    let own: HashMap<u64, i64> = own.told_once().map(|(hash, place, moment)| (hash, at(place, moment))).collect();
    let mut voted = BTreeMap::new();
    for (_, messages) in facts.messages.iter().filter(|(other, _)| **other != source && is_known(timebase, **other)) {
        for (hash, place, moment) in messages.told_once() {
            if let Some(here) = own.get(&hash) {
                voted.insert(hash, here - at(place, moment));
            }
        }
    }
    for difference in voted.into_values() {
        vote(votes, difference);
    }
}

/// Error lines of a client that has a failing request in a log that states its zone.
fn client_votes(facts: &Facts, timebase: &Timebase, source: usize, votes: &mut Votes) {
    let mut failures: HashMap<u64, Vec<i64>> = HashMap::new();
    for (_, series) in facts.series.iter().filter(|(key, _)| key.zoned && is_known(timebase, key.source)) {
        for failure in &series.failures {
            failures.entry(failure.client).or_default().push(failure.at);
        }
    }
    for line in facts.client_lines.get(&source).into_iter().flat_map(ClientLines::iter) {
        let Some(times) = failures.get(&line.client) else { continue };
        let mut offsets: Vec<i64> = Vec::new();
        for time in times {
            let difference = line.stamp.civil_s - time;
            offsets.extend(candidates().find(|offset| (difference - offset).abs() <= NEAR_S));
        }
        offsets.sort_unstable();
        offsets.dedup();
        for offset in offsets {
            *votes.entry(offset).or_default() += 1;
        }
    }
}

/// Seconds with exactly the same requests: two collectors of one log.
fn traffic_votes(facts: &Facts, timebase: &Timebase, source: usize, votes: &mut Votes) {
    let own = facts.series.iter().filter(|(key, _)| key.source == source && !key.zoned);
    for (key, series) in own {
        let prints: HashMap<u64, i64> = series.seconds.iter().map(|second| (second.print, second.at)).collect();
        let others = facts
            .series
            .iter()
            .filter(|(other, _)| other.zoned && other.service == key.service && is_known(timebase, other.source));
        for second in others.flat_map(|(_, series)| &series.seconds) {
            if let Some(here) = prints.get(&second.print) {
                vote(votes, here - second.at);
            }
        }
    }
}

/// The same start, stop or failed bind of a service, told by two programs.
fn lifecycle_votes(facts: &Facts, timebase: &Timebase, source: usize, votes: &mut Votes) {
    const KINDS: [Kind; 5] =
        [Kind::ServiceStart, Kind::ServiceStop, Kind::Reload, Kind::BindFailure, Kind::BackendDown];
    let told = |from: &dyn Fn(usize) -> bool| -> Vec<(Kind, Option<&str>, i64)> {
        let events =
            facts.events.iter().filter(|event| from(event.place.block.0) && KINDS.contains(&event.fact.said.kind));
        events
            .filter_map(|event| {
                let at = timebase.instant(event.place.block, event.moment?).s;
                Some((event.fact.said.kind, event.fact.said.service.as_deref(), at))
            })
            .collect()
    };
    let there = told(&|from| from != source && is_known(timebase, from));
    let mut seen = Vec::new();
    for (kind, service, here) in told(&|from| from == source) {
        let mut offsets: Vec<i64> = Vec::new();
        for (_, _, other) in there.iter().filter(|other| other.0 == kind && other.1 == service) {
            offsets.extend(candidates().find(|offset| (here - other - offset).abs() <= NEAR_S));
        }
        offsets.sort_unstable();
        offsets.dedup();
        // Several lines of one start are one vote.
        if seen.iter().any(|(earlier, of, at): &(Kind, Option<&str>, i64)| {
            *earlier == kind && *of == service && (here - at).abs() <= 10
        }) {
            continue;
        }
        seen.push((kind, service, here));
        for offset in offsets {
            *votes.entry(offset).or_default() += 1;
        }
    }
}
