//! Zones that sources do not state, inferred from what other sources say of the same things (methods, section 4).
//!
//! Each thing that two sources tell votes for the zone that puts both on one moment: the same message of the same
//! process, the same second of requests, the failing request of a client whom an error line names, the same start or
//! stop of a service. Candidates are the offsets in use in the world, so a skew of minutes spoils no vote.

use std::collections::{BTreeMap, HashMap};

use super::zone::{Rule, offset_name};
use super::{How, SourceName, Timebase};
use crate::facts::event::Kind;
use crate::facts::{Facts, Moment, Place};

/// Offsets in use, in minutes east of UTC, besides the whole hours from −12 to +14.
const BROKEN_HOURS: [i64; 12] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765];
/// How near two tellings of one thing lie, in seconds.
const NEAR_S: i64 = 2;
/// Votes that the best zone needs, and how far it must lead.
const LEAST_VOTES: u64 = 4;
const LEAD: u64 = 3;

/// Finds the zones of sources for which UTC would have to be assumed.
pub fn zones(facts: &Facts, names: &[SourceName], timebase: &mut Timebase) {
    // What the first round finds can speak for others in the second.
    for _ in 0..2 {
        for source in 0..timebase.sources.len() {
            if timebase.sources[source].how != How::Assumed {
                continue;
            }
            let votes = votes(facts, timebase, source);
            if let Some((rule, reason)) = elected(&votes).or_else(|| neighbour(facts, names, timebase, source, &votes))
            {
                let clock = &mut timebase.sources[source];
                clock.rule = rule;
                clock.how = How::Inferred;
                clock.reason = reason;
            }
        }
    }
}

type Votes = BTreeMap<i64, u64>;

fn candidates() -> impl Iterator<Item = i64> {
    (-12..=14).map(|hour| hour * 3600).chain(BROKEN_HOURS.map(|minutes| minutes * 60))
}

fn elected(votes: &Votes) -> Option<(Rule, String)> {
    let (offset, top) = votes.iter().rev().max_by_key(|(_, votes)| **votes)?;
    let second = votes.iter().filter(|(other, _)| *other != offset).map(|(_, votes)| *votes).max().unwrap_or(0);
    let clear = *top >= LEAST_VOTES && *top >= LEAD * second && top - second >= LEAST_VOTES;
    let rule = Rule::Offset(i32::try_from(*offset).ok()?);
    let reason = format!("{top} lines tell the same as other logs at {}", rule.name());
    clear.then_some((rule, reason))
}

fn votes(facts: &Facts, timebase: &Timebase, source: usize) -> Votes {
    let mut votes = Votes::new();
    message_votes(facts, timebase, source, &mut votes);
    client_votes(facts, timebase, source, &mut votes);
    traffic_votes(facts, timebase, source, &mut votes);
    lifecycle_votes(facts, timebase, source, &mut votes);
    votes
}

fn is_known(timebase: &Timebase, source: usize) -> bool {
    timebase.sources.get(source).is_some_and(|clock| clock.how != How::Assumed)
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
    for line in facts.client_lines.iter().filter(|line| line.source == source) {
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

/// What lies beside a source states its zone: the access log in the same folder, the other files of the same host.
/// Only where the votes, if any, do not speak for another.
fn neighbour(
    facts: &Facts,
    names: &[SourceName],
    timebase: &Timebase,
    source: usize,
    votes: &Votes,
) -> Option<(Rule, String)> {
    let folder =
        |index: usize| names.get(index).map(|name| name.name.rsplit_once('/').map_or("", |(folder, _)| folder));
    let beside = offset_of(facts, timebase, |other| folder(other) == folder(source));
    let host = facts.sources.get(&source).and_then(|facts| facts.hosts.keys().next());
    let of_host = |other: usize| {
        let hosts = facts.sources.get(&other).map(|facts| &facts.hosts);
        host.is_some_and(|host| hosts.is_some_and(|hosts| hosts.contains_key(host)))
    };
    let of_host = offset_of(facts, timebase, of_host);
    let one_host =
        facts.sources.values().flat_map(|facts| facts.hosts.keys()).collect::<std::collections::BTreeSet<_>>().len()
            <= 1;
    let anywhere = if one_host { offset_of(facts, timebase, |_| true) } else { None };
    let found =
        beside.map(|offset| (offset, "the log beside it")).or(of_host.map(|offset| (offset, "other logs of its host")));
    let (offset, who) = found.or(anywhere.map(|offset| (offset, "all other logs")))?;
    let agreed = votes.iter().all(|(voted, count)| *voted == i64::from(offset) || *count < 2);
    agreed.then(|| (Rule::Offset(offset), format!("{who} has {}", offset_name(offset))))
}

/// The one offset that is known of all those sources; the journal's UTC does not count, it is no host's zone.
fn offset_of(facts: &Facts, timebase: &Timebase, wanted: impl Fn(usize) -> bool) -> Option<i32> {
    let mut offsets = facts.sources.iter().filter(|(source, _)| wanted(**source)).flat_map(|(source, own)| {
        let in_utc = own.formats.keys().all(|(format, envelope)| {
            let outermost = envelope.first().unwrap_or(format);
            crate::format::nest::counts_in_utc(outermost)
        });
        let clock = &timebase.sources[*source];
        let offsets: Vec<i32> = match clock.how {
            How::Stated if !in_utc => own.offsets.keys().copied().collect(),
            How::Inferred | How::Given => vec![clock.rule.offset_at(0)],
            _ => Vec::new(),
        };
        offsets
    });
    let first = offsets.next()?;
    offsets.all(|offset| offset == first).then_some(first)
}
