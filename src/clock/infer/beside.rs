//! The zone of a file by what lies beside it: other files of its set, of its writer, of its host; and by the moment
//! at which it was last written.

use std::collections::BTreeSet;

use super::told::Votes;
use super::{Found, NEAR_S, candidates, is_in_utc, rule_of_offset};
use crate::clock::zone::{Rule, offset_name};
use crate::clock::{How, SourceName, Timebase, rotated};
use crate::facts::{Facts, Moment, SourceFacts};

/// Seconds from the last line of a busy file to its mtime, and in another, where it is the last line's own writing.
const IDLE_S: i64 = 120;
const FLUSH_S: i64 = 5;
/// The same where requests speak for the zone, too.
const FRESH_S: i64 = 60;
/// Lines of a busy file: so many, and so fast one after another in the mean.
const BUSY_RECORDS: i64 = 10;
const BUSY_GAP_S: i64 = 60;

/// The zone of another file of the same rotated set.
pub(super) fn mate(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<Found> {
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
pub(super) fn written(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<Found> {
    let modified_s = written_s(names, source)?;
    let own = facts.sources.get(&source)?;
    let (first_s, last_s) = zoneless_ends(facts, timebase, source)?;
    let records = i64::try_from(own.records).ok()?;
    let is_busy = records >= BUSY_RECORDS && last_s - first_s <= BUSY_GAP_S * records;
    let allowed_s = if is_busy { IDLE_S } else { FLUSH_S };
    let offset_s = candidates().find(|offset_s| (-NEAR_S..=allowed_s).contains(&(modified_s - (last_s - offset_s))))?;
    let rule = rule_of_offset(offset_s)?;
    let reason = format!("its last line and the time at which it was last written fit at {}", rule.name());
    Some((rule, reason))
}

/// Whether the file was last written right after its last line, if it is of that zone.
pub(super) fn is_fresh(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize, offset_s: i64) -> bool {
    let ends = zoneless_ends(facts, timebase, source);
    let idle_s = written_s(names, source).zip(ends).map(|(modified_s, (_, last_s))| modified_s - (last_s - offset_s));
    idle_s.is_some_and(|idle_s| (-NEAR_S..=FRESH_S).contains(&idle_s))
}

/// When the file was last written. What was packed says when that was done.
fn written_s(names: &[SourceName], source: usize) -> Option<i64> {
    let name = names.get(source)?;
    name.modified_s.filter(|_| !rotated::is_packed(&name.name))
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

/// The zone of what the same program on the same machine writes: the access log beside an error log, in its folder;
/// other logs of the host that the lines name. Only where the votes, if any, do not speak for another.
pub(super) fn is_same_writer(
    facts: &Facts,
    names: &[SourceName],
    timebase: &Timebase,
    source: usize,
    votes: &Votes,
) -> Option<Found> {
    let at_s = last_s(facts, source);
    let is_web = |index: usize| facts.sources.get(&index).is_some_and(is_of_web_server);
    let in_folder = |other: usize| is_web(other) && folder(names, other) == folder(names, source);
    let beside = if is_web(source) { rule_of(facts, timebase, at_s, in_folder) } else { None };
    let host = facts.sources.get(&source).and_then(|facts| facts.hosts.keys().next());
    let of_host = |other: usize| {
        let hosts = facts.sources.get(&other).map(|facts| &facts.hosts);
        host.is_some_and(|host| hosts.is_some_and(|hosts| hosts.contains_key(host)))
    };
    let of_host = || rule_of(facts, timebase, at_s, of_host);
    let found = beside.map(|rule| (rule, "the log beside it"));
    let (rule, who) = found.or_else(|| of_host().map(|rule| (rule, "other logs of its host")))?;
    agreed(rule, who, at_s, votes)
}

/// The zone that is likeliest where nothing proves one: of the other logs in the folder, else of all others if they
/// are of one host as far as their lines tell.
pub(super) fn guess(
    facts: &Facts,
    names: &[SourceName],
    timebase: &Timebase,
    source: usize,
    votes: &Votes,
) -> Option<Found> {
    let at_s = last_s(facts, source);
    let beside = rule_of(facts, timebase, at_s, |other| folder(names, other) == folder(names, source));
    let hosts: BTreeSet<&String> = facts.sources.values().flat_map(|facts| facts.hosts.keys()).collect();
    let anywhere = if hosts.len() <= 1 { rule_of(facts, timebase, at_s, |_| true) } else { None };
    let found = beside.map(|rule| (rule, "the log beside it"));
    let (rule, who) = found.or(anywhere.map(|rule| (rule, "all other logs")))?;
    agreed(rule, who, at_s, votes)
}

fn agreed(rule: Rule, who: &str, at_s: i64, votes: &Votes) -> Option<Found> {
    let offset = i64::from(rule.offset_at(at_s));
    let agreed = votes.iter().all(|(voted, count)| *voted == offset || *count < 2);
    let name = if rule.is_fixed() { offset_name(rule.offset_at(at_s)) } else { rule.name() };
    let verb = if who.ends_with('s') { "have" } else { "has" };
    agreed.then(|| (rule, format!("{who} {verb} {name}")))
}

fn folder(names: &[SourceName], source: usize) -> Option<&str> {
    names.get(source).map(|name| name.name.rsplit_once('/').map_or("", |(folder, _)| folder))
}

fn last_s(facts: &Facts, source: usize) -> i64 {
    facts.sources.get(&source).and_then(|own| own.span).map_or(0, |(_, last)| last.stamp.civil_s)
}

/// Whether all lines are what Apache or nginx write into files of their own.
fn is_of_web_server(own: &SourceFacts) -> bool {
    const OWN: [&str; 5] = ["apache-access", "apache-error", "nginx-access", "nginx-error", "json-access"];
    own.formats.keys().all(|(format, envelope)| envelope.is_empty() && OWN.contains(format))
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
