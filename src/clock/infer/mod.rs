//! Zones that sources do not state, inferred from what other sources say of the same things (methods, section 4).
//!
//! Each thing that two sources tell votes for the zone that puts both on one moment: the same request, the same message
//! of the same process, the same second of requests, the failing request of a client whom an error line names, the same
//! start or stop of a service. Candidates are the offsets in use in the world, so a skew of minutes spoils no vote.
//! What falls short of the margins is no inference: the likeliest zone is then assumed, with its reason.

mod beside;
mod errors;
mod told;
pub(super) mod votes;

use std::collections::BTreeMap;

use super::zone::{Rule, offset_name};
use super::{How, SourceName, Timebase};
use crate::facts::{Facts, SourceFacts};
use beside::{guess, is_same_writer, mate, written};

/// Offsets in use, in minutes east of UTC, besides the whole hours from −12 to +14.
const BROKEN_HOURS: [i64; 12] = [-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765];
/// How near two tellings of one thing lie, in seconds.
const NEAR_S: i64 = 2;
/// How far the best zone must lead.
const LEAD: u64 = 3;

/// A zone, and why.
type Found = (Rule, String);

/// Finds the zones of sources for which UTC would have to be assumed.
pub fn zones(facts: &Facts, names: &[SourceName], timebase: &mut Timebase) {
    for_assumed(timebase, How::Inferred, |_, source| own_lines(facts, source));
    // What the first round finds can speak for others in the second.
    for _ in 0..2 {
        for_assumed(timebase, How::Inferred, |timebase, source| {
            let shared = votes::shared(facts, timebase, source);
            let found = shared.or_else(|| errors::inferred(facts, names, timebase, source));
            found.or_else(|| {
                let votes = told::votes(facts, timebase, source);
                let told = told::elected(&votes).or_else(|| mate(facts, names, timebase, source));
                told.or_else(|| is_same_writer(facts, names, timebase, source, &votes))
            })
        });
    }
    for_assumed(timebase, How::Inferred, |timebase, source| written(facts, names, timebase, source));
    for_assumed(timebase, How::Inferred, |timebase, source| mate(facts, names, timebase, source));
    // All of these from what is known, not from each other.
    let before = timebase.clone();
    for_assumed(timebase, How::Assumed, |_, source| {
        let probable = errors::probable(facts, names, &before, source);
        probable.or_else(|| guess(facts, names, &before, source, &told::votes(facts, &before, source)))
    });
}

/// Looks for the zone of each source for which UTC would have to be assumed.
fn for_assumed(timebase: &mut Timebase, how: How, find: impl Fn(&Timebase, usize) -> Option<Found>) {
    for source in 0..timebase.sources.len() {
        if timebase.sources[source].how != How::Assumed {
            continue;
        }
        if let Some((rule, reason)) = find(timebase, source) {
            let clock = &mut timebase.sources[source];
            (clock.rule, clock.how, clock.reason) = (rule, how, reason);
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

/// Whether all stamps are of a program that writes in UTC whatever the host's zone.
fn is_in_utc(own: &SourceFacts) -> bool {
    own.formats.keys().all(|(format, envelope)| {
        let outermost = envelope.first().unwrap_or(format);
        crate::format::nest::counts_in_utc(outermost)
    })
}

fn candidates() -> impl Iterator<Item = i64> {
    (-12..=14).map(|hour| hour * 3600).chain(BROKEN_HOURS.map(|minutes| minutes * 60))
}

fn is_known(timebase: &Timebase, source: usize) -> bool {
    timebase.sources.get(source).is_some_and(|clock| clock.how != How::Assumed)
}

fn rule_of_offset(offset_s: i64) -> Option<Rule> {
    i32::try_from(offset_s).ok().map(Rule::Offset)
}
