//! Zones that sources do not state, inferred from what other sources say of the same things (methods, section 4).
//!
//! Each thing that two sources tell votes for the zone that puts both on one moment: the same message of the same
//! process, the same second of requests, the failing request of a client whom an error line names, the same start or
//! stop of a service. Candidates are the offsets in use in the world, so a skew of minutes spoils no vote.

use std::collections::{BTreeMap, HashMap};

use super::zone::{Rule, offset_name};
use super::{How, SourceName, Timebase};
use crate::facts::event::Kind;
use crate::facts::{Facts, Moment, Place, SourceFacts};

/// Offsets in use, in minutes east of UTC, besides the whole hours from −12 to +14.
const BROKEN_HOURS: [i64; 12] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765];
/// How near two tellings of one thing lie, in seconds.
const NEAR_S: i64 = 2;
/// Seconds from the last line of a busy file to its mtime, and in another, where it is the last line's own writing.
const IDLE_S: i64 = 120;
const FLUSH_S: i64 = 5;
/// Lines of a busy file: so many, and so fast one after another in the mean.
const BUSY_RECORDS: i64 = 10;
const BUSY_GAP_S: i64 = 60;
/// Votes that the best zone needs, and how far it must lead.
const LEAST_VOTES: u64 = 4;
const LEAD: u64 = 3;

/// Finds the zones of sources for which UTC would have to be assumed.
pub fn zones(facts: &Facts, names: &[SourceName], timebase: &mut Timebase) {
    for_assumed(timebase, |_, source| own_lines(facts, source));
    // What the first round finds can speak for others in the second.
    for _ in 0..2 {
        for_assumed(timebase, |timebase, source| {
            let votes = votes(facts, timebase, source);
            let found = elected(&votes).or_else(|| mate(facts, names, timebase, source));
            found.or_else(|| neighbour(facts, names, timebase, source, &votes))
        });
    }
    for_assumed(timebase, |timebase, source| written(facts, names, timebase, source));
    for_assumed(timebase, |timebase, source| mate(facts, names, timebase, source));
}

/// Looks for the zone of each source for which UTC would have to be assumed.
fn for_assumed(timebase: &mut Timebase, find: impl Fn(&Timebase, usize) -> Option<(Rule, String)>) {
    for source in 0..timebase.sources.len() {
        if timebase.sources[source].how != How::Assumed {
            continue;
        }
        if let Some((rule, reason)) = find(timebase, source) {
            let clock = &mut timebase.sources[source];
            (clock.rule, clock.how, clock.reason) = (rule, How::Inferred, reason);
        }
    }
}

/// What the source's own lines reveal: an envelope whose lines inside state the zone, or lines beside those without
/// one that do, as where a server's access and error log go into one file.
fn own_lines(facts: &Facts, source: usize) -> Option<(Rule, String)> {
    let own = facts.sources.get(&source)?;
    let is_bare = own.formats.keys().all(|(_, envelope)| envelope.is_empty());
    let beside = if is_bare { most(&own.offsets) } else { None };
    let offset = most(&own.revealed).or(beside)?;
    Some((Rule::Offset(offset), format!("other stamps of its lines have {}", offset_name(offset))))
}

/// The offset that far more records have than any other.
fn most(offsets: &BTreeMap<i32, u64>) -> Option<i32> {
    let (offset, top) = offsets.iter().rev().max_by_key(|(_, count)| **count)?;
    let second = offsets.iter().filter(|(other, _)| *other != offset).map(|(_, count)| *count).max().unwrap_or(0);
    (*top >= LEAD * second).then_some(*offset)
}

/// The zone of another file of the same rotated set.
fn mate(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<(Rule, String)> {
    let set = timebase.streams.iter().find(|stream| stream.contains(&source))?;
    let known = |other: &&usize| match timebase.sources.get(**other).map(|clock| clock.how) {
        Some(How::Given | How::Inferred) => true,
        Some(How::Stated) => facts.sources.get(*other).is_some_and(|own| !own.offsets.is_empty() && !is_in_utc(own)),
        _ => false,
    };
    let other = set.iter().rev().find(known)?;
    let rule = timebase.sources.get(*other)?.rule.clone();
    let name = names.get(*other)?.name.rsplit('/').next().unwrap_or_default();
    let reason = format!("{name}, of the same set, has {}", rule.name());
    Some((rule, reason))
}

/// The offset that puts the last line on the moment at which the file was last written (`formats/time.md`, 2.3).
fn written(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<(Rule, String)> {
    let modified_s = names.get(source)?.modified_s?;
    let own = facts.sources.get(&source)?;
    let (first_s, last_s) = zoneless_ends(facts, timebase, source)?;
    let records = i64::try_from(own.records).ok()?;
    let is_busy = records >= BUSY_RECORDS && last_s - first_s <= BUSY_GAP_S * records;
    let allowed_s = if is_busy { IDLE_S } else { FLUSH_S };
    let offset_s = candidates().find(|offset_s| (-NEAR_S..=allowed_s).contains(&(modified_s - (last_s - offset_s))))?;
    let rule = Rule::Offset(i32::try_from(offset_s).ok()?);
    let reason = format!("its last line and the time at which it was last written fit at {}", rule.name());
    Some((rule, reason))
}

/// The earliest and latest stamp without a zone, as civil seconds.
fn zoneless_ends(facts: &Facts, timebase: &Timebase, source: usize) -> Option<(i64, i64)> {
    let mut ends: Option<(i64, i64)> = None;
    for (id, block) in facts.blocks.range((source, 0)..(source + 1, 0)) {
        for stretches in [&block.order.yearless, &block.order.dated] {
            for (stretch, of) in (0..).zip(stretches) {
                // The rule is still UTC: what it gives is the civil time in its year.
                let at = |stamp| timebase.instant(*id, Moment { stamp, stretch }).s;
                let (first, last) = ends.unwrap_or((i64::MAX, i64::MIN));
                ends = Some((first.min(at(of.earliest)), last.max(at(of.latest))));
            }
        }
    }
    ends
}

fn is_in_utc(own: &SourceFacts) -> bool {
    own.formats.keys().all(|(format, envelope)| {
        let outermost = envelope.first().unwrap_or(format);
        crate::format::nest::counts_in_utc(outermost)
    })
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
    let at_s = facts.sources.get(&source).and_then(|own| own.span).map_or(0, |(_, last)| last.stamp.civil_s);
    let beside = rule_of(facts, timebase, at_s, |other| folder(other) == folder(source));
    let host = facts.sources.get(&source).and_then(|facts| facts.hosts.keys().next());
    let of_host = |other: usize| {
        let hosts = facts.sources.get(&other).map(|facts| &facts.hosts);
        host.is_some_and(|host| hosts.is_some_and(|hosts| hosts.contains_key(host)))
    };
    let of_host = rule_of(facts, timebase, at_s, of_host);
    let one_host =
        facts.sources.values().flat_map(|facts| facts.hosts.keys()).collect::<std::collections::BTreeSet<_>>().len()
            <= 1;
    let anywhere = if one_host { rule_of(facts, timebase, at_s, |_| true) } else { None };
    let found = beside.map(|rule| (rule, "the log beside it")).or(of_host.map(|rule| (rule, "other logs of its host")));
    let (rule, who) = found.or(anywhere.map(|rule| (rule, "all other logs")))?;
    let offset = i64::from(rule.offset_at(at_s));
    let agreed = votes.iter().all(|(voted, count)| *voted == offset || *count < 2);
    let name = if rule.is_fixed() { offset_name(rule.offset_at(at_s)) } else { rule.name() };
    agreed.then(|| (rule, format!("{who} has {name}")))
}

/// The one zone that is known of all those sources; the journal's UTC does not count, it is no host's zone. A name
/// says more than its offset at that time.
fn rule_of(facts: &Facts, timebase: &Timebase, at_s: i64, wanted: impl Fn(usize) -> bool) -> Option<Rule> {
    let mut rules = facts.sources.iter().filter(|(source, _)| wanted(**source)).flat_map(|(source, own)| {
        let clock = &timebase.sources[*source];
        match clock.how {
            How::Stated if !is_in_utc(own) => own.offsets.keys().map(|offset| Rule::Offset(*offset)).collect(),
            How::Inferred | How::Given => vec![clock.rule.clone()],
            _ => Vec::new(),
        }
    });
    let first = rules.next()?;
    rules.try_fold(first, |known, rule| match (known.is_fixed(), rule.is_fixed()) {
        _ if known == rule => Some(known),
        (true, false) if known.offset_at(at_s) == rule.offset_at(at_s) => Some(rule),
        (false, true) if known.offset_at(at_s) == rule.offset_at(at_s) => Some(known),
        _ => None,
    })
}
