//! The zone of an error log by the requests that failed when it has lines (methods, section 4).
//!
//! At the right zone most lines have a failing request beside them; at any other as many as chance gives, and the
//! logarithm of how much likelier the lines are made so is the evidence for a zone.

use std::collections::BTreeSet;

use super::beside::is_fresh;
use super::{Found, NEAR_S, candidates, is_known, rule_of_offset};
use crate::clock::{SourceName, Timebase};
use crate::facts::Facts;
use crate::facts::client_lines::ClientLines;

/// Share of an error log's lines that have a failing request beside them.
const MATCHED: f64 = 0.6;
/// Share of all seconds beside a failing request that is reckoned with, at least and at most.
const CHANCE: (f64, f64) = (0.001, 0.9);
/// Evidence from which a zone is inferred, and from which it is probable, in nats.
const INFERRED: f64 = 8.0;
const PROBABLE: f64 = 4.0;
/// What the moment at which a file was last written is worth, in nats.
const WRITTEN: f64 = 3.0;

/// The zone that the failing requests prove.
pub(super) fn inferred(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<Found> {
    found(facts, names, timebase, source, INFERRED, "its lines and failing requests fit at")
}

/// The zone that the failing requests make probable.
pub(super) fn probable(facts: &Facts, names: &[SourceName], timebase: &Timebase, source: usize) -> Option<Found> {
    found(facts, names, timebase, source, PROBABLE, "its lines and failing requests probably fit at")
}

fn found(
    facts: &Facts,
    names: &[SourceName],
    timebase: &Timebase,
    source: usize,
    least: f64,
    what: &str,
) -> Option<Found> {
    let lines = lines(facts, source);
    if lines.is_empty() {
        return None;
    }
    let logs: BTreeSet<usize> = facts.series.keys().map(|key| key.source).filter(|other| *other != source).collect();
    let logs = logs.into_iter().filter(|log| is_known(timebase, *log));
    let found = logs.filter_map(|log| {
        let requests = Requests::of(facts, timebase, log)?;
        let of_offset = |offset: i64| {
            let written = if is_fresh(facts, names, timebase, source, offset) { WRITTEN } else { 0.0 };
            (offset, requests.score(&lines, offset).map(|score| score + written))
        };
        best(candidates().map(of_offset))
    });
    let (offset, nats) = found.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))?;
    let rule = rule_of_offset(offset).filter(|_| nats >= least)?;
    let reason = format!("{what} {}", rule.name());
    Some((rule, reason))
}

/// The best zone with its lead over the second, or over none at all.
fn best(scores: impl Iterator<Item = (i64, Option<f64>)>) -> Option<(i64, f64)> {
    let mut scores: Vec<(i64, f64)> = scores.filter_map(|(offset, score)| Some((offset, score?))).collect();
    scores.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let top = *scores.first()?;
    let second = scores.get(1).map_or(0.0, |second| second.1);
    Some((top.0, top.1 - second.max(0.0)))
}

/// Civil seconds of a source's error lines without a zone.
fn lines(facts: &Facts, source: usize) -> Vec<i64> {
    let is_zoneless = |stamp: &crate::format::Stamp| stamp.has_year && stamp.zone == crate::format::Zone::Unknown;
    let of_clients = facts.client_lines.get(&source).into_iter().flat_map(ClientLines::iter).map(|line| line.stamp);
    let of_signs = facts.signs.iter().filter(|(key, _)| key.source == source);
    let of_signs = of_signs.flat_map(|(_, signs)| signs.seconds.keys().map(|(moment, _)| moment.stamp));
    let mut seconds: Vec<i64> = of_clients.chain(of_signs).filter(is_zoneless).map(|stamp| stamp.civil_s).collect();
    seconds.sort_unstable();
    seconds.dedup();
    seconds
}

/// When requests of a log failed.
struct Requests {
    /// First and last second of the log.
    span: (i64, i64),
    /// Seconds with a failing request, in order.
    failing: Vec<i64>,
    /// Share of the span's seconds that lie beside one.
    chance: f64,
}

impl Requests {
    fn of(facts: &Facts, timebase: &Timebase, source: usize) -> Option<Requests> {
        let mut failing = Vec::new();
        let mut span: Option<(i64, i64)> = None;
        for (key, series) in facts.series.iter().filter(|(key, _)| key.source == source) {
            let utc = |at: i64| if key.zoned { at } else { timebase.utc_s(source, at) };
            failing.extend(series.failures.iter().map(|failure| utc(failure.at)));
            if let (Some(first), Some(last)) = (series.seconds.first(), series.seconds.last()) {
                let (from, to) = span.unwrap_or((i64::MAX, i64::MIN));
                span = Some((from.min(utc(first.at)), to.max(utc(last.at))));
            }
        }
        let span = span.filter(|_| !failing.is_empty())?;
        failing.sort_unstable();
        failing.dedup();
        let (mut beside, mut reached) = (0, span.0 - 1);
        for at in &failing {
            let (from, to) = ((at - NEAR_S).max(reached + 1), (at + NEAR_S).min(span.1));
            beside += (to - from + 1).max(0);
            reached = reached.max(to);
        }
        let chance = (beside as f64 / (span.1 - span.0 + 1) as f64).clamp(CHANCE.0, CHANCE.1);
        Some(Requests { span, failing, chance })
    }

    /// Evidence that the lines are of that zone, in nats; `None` if none of them falls into the log.
    fn score(&self, lines: &[i64], offset: i64) -> Option<f64> {
        let inside = lines.partition_point(|at| at - offset < self.span.0);
        let inside = lines[inside..].iter().map(|at| at - offset).take_while(|at| *at <= self.span.1);
        let (mut hits, mut misses) = (0, 0);
        for at in inside {
            let next = self.failing.partition_point(|failing| *failing < at - NEAR_S);
            let is_hit = self.failing.get(next).is_some_and(|failing| *failing <= at + NEAR_S);
            if is_hit { hits += 1 } else { misses += 1 }
        }
        let (hit, miss) = ((MATCHED / self.chance).ln(), ((1.0 - MATCHED) / (1.0 - self.chance)).ln());
        (hits + misses > 0).then_some(f64::from(hits) * hit + f64::from(misses) * miss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beside_failing_requests() {
        let failing: Vec<i64> = (0..20).map(|index| 10_000 + 971 * index).collect();
        let requests = Requests { span: (0, 86_400), failing: failing.clone(), chance: 0.001 };
        let at = |count: usize, shift: i64| -> Vec<i64> { failing[..count].iter().map(|at| at + shift).collect() };
        for (why, lines, wanted) in [
            ("five at an hour east", at(5, 3601), Some((3600, true))),
            ("two are inferred where failures are rare", at(2, 3600), Some((3600, true))),
            ("one is probable", at(1, 3600), Some((3600, false))),
            ("none matches", at(5, 900), None),
        ] {
            let got = best(candidates().map(|offset| (offset, requests.score(&lines, offset))));
            let got = got.filter(|(_, nats)| *nats >= PROBABLE).map(|(offset, nats)| (offset, nats >= INFERRED));
            assert_eq!(got, wanted, "{why}");
        }
    }
}
