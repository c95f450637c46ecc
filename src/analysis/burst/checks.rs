//! Which runs are no incident: blips, moments, single clients (methods, 1.5).

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Dropped;
use super::automaton::Run;
use super::baseline::Usual;
use super::declustering::{Hashed, Told, declustered_anew, declustered_within};
use super::edges;
use super::series::{Exposure, Series};
use crate::facts::traffic::Second;

/// Least failures and witnesses of an incident.
const LEAST_FAILING: u64 = 5;
const LEAST_CLIENTS: usize = 3;
/// So many failures, or so many seconds.
const FEW: (u64, i64) = (6, 60);
const MANY: (u64, i64) = (30, 10);
/// Under so many failures, those of the worst stretch of so many seconds must not be all of it.
const WITHOUT_BEST: u64 = 20;
const BEST_S: i64 = 5;
/// What must remain without it.
const LEAST_REST: u64 = 4;
/// A client with more than one in so many failures is left out once.
const WORST: u64 = 5;
/// How far past a run's end its clients' failures are followed, in seconds, and what ends it, in nats.
const RETRIES_S: i64 = 600;
const RETRIES_END: f64 = 5.0;
/// An error log's day alone reaches two to three times its mean.
const RHYTHM: f64 = 4.0;

/// A run as it was felt, with the failures that do not count as witnesses: who tries again fails again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    /// First and last second with a failing request of it.
    pub(super) start: i64,
    pub(super) end: i64,
    /// All failing requests between; of an error log the lines that count, as one fault writes many.
    pub(super) failing: u64,
}

/// What a run is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks<'a> {
    /// All failures, in order of time, and whether each counts.
    pub(super) told: &'a [Told],
    pub(super) kept: &'a [bool],
    /// The requests; none of an error log.
    pub(super) seconds: &'a [Second],
    pub(super) series: &'a Series,
    pub(super) usual: &'a Usual,
    pub(super) gamma: f64,
    /// Whether no check asks who failed.
    pub(super) are_waived: bool,
}

impl Checks<'_> {
    /// The failures of these seconds, by index.
    fn range(&self, from: i64, to: i64) -> Range<usize> {
        self.told.partition_point(|told| told.at < from)..self.told.partition_point(|told| told.at <= to)
    }

    /// Those of them that count.
    fn counted(&self, from: i64, to: i64) -> impl Iterator<Item = &Told> {
        self.range(from, to).filter(|index| self.kept[*index]).map(|index| &self.told[index])
    }

    /// How many witnesses tell of a run.
    pub(super) fn clients(&self, run: &Run) -> usize {
        let (start, end) = self.series.span(run);
        self.counted(start, end).map(|told| told.client).collect::<HashSet<u64, Hashed>>().len()
    }

    /// A run from its first to its last failing request, as it is judged.
    pub(super) fn extent(&self, run: &Run) -> Extent {
        self.between(run, edges::edges(self.series, self.usual, run))
    }

    /// The same as it is told.
    pub(super) fn told_extent(&self, run: &Run) -> Extent {
        self.between(run, edges::own_edges(self.series, self.usual, run))
    }

    fn between(&self, run: &Run, (first, last): (usize, usize)) -> Extent {
        let start = self.series.moments[first].at;
        let end = self.end_of_retries(run, (start, self.series.moments[last].at));
        let failing = if self.is_lines() { self.counted(start, end).count() } else { self.range(start, end).len() };
        Extent { start, end, failing: failing as u64 }
    }

    fn is_lines(&self) -> bool {
        self.series.exposure == Exposure::Seconds
    }

    /// Why a run is no incident; `None` if it is one.
    pub(super) fn why_dropped(&self, run: &Run, extent: &Extent) -> Option<Dropped> {
        let (start, end) = self.series.span(run);
        let (_, failing) = self.series.counts(run);
        let lasts = extent.end - extent.start;
        let rhythm = RHYTHM * self.usual.baseline.share * (end - start) as f64;
        let is_rhythm = self.is_lines() && (failing as f64) < rhythm;
        let clients = self.clients(run);
        if extent.failing < LEAST_FAILING || is_rhythm || clients < LEAST_CLIENTS && !self.are_waived {
            return Some(Dropped::TooFew);
        }
        if extent.failing < FEW.0 && lasts < FEW.1 || failing < MANY.0 && lasts < MANY.1 {
            return Some(Dropped::TooShort);
        }
        let usual = self.usual.share_at(start);
        if failing < WITHOUT_BEST && !self.holds_without_best(extent, usual) {
            return Some(Dropped::OneMoment);
        }
        if self.are_waived {
            return None;
        }
        self.worst(start, end, failing)
            .filter(|worst| !self.holds_without(*worst, extent, usual))
            .map(Dropped::OneClient)
    }

    /// Whether it stays a run without the seconds with the most failures. Who failed in these is heard again in the rest:
    /// a client that goes on failing tells of more than that moment.
    fn holds_without_best(&self, &Extent { start, end, .. }: &Extent, usual: f64) -> bool {
        let times: Vec<i64> = self.counted(start, end).map(|told| told.at).collect();
        let of = |from: i64| times.iter().filter(|at| (from..from + BEST_S).contains(at)).count() as u64;
        // The earliest of equals.
        let best = times.iter().map(|at| (of(*at), std::cmp::Reverse(*at))).max();
        let Some((most, std::cmp::Reverse(from))) = best else { return false };
        let until = (from + BEST_S - 1).min(end);
        let good = self.good(start, end).saturating_sub(self.good(from, until));
        if self.is_lines() || self.are_waived {
            let rest = times.len() as u64 - most;
            return rest >= LEAST_REST && self.usual.evidence(rest, self.exposed(good, rest), usual) >= self.gamma;
        }
        let others = || self.told[self.range(start, end)].iter().filter(|told| !(from..=until).contains(&told.at));
        others().count() as u64 >= LEAST_REST && self.hold(&declustered_anew(others()), good, usual)
    }

    /// Whether these witnesses make a run of their own.
    fn hold(&self, witnesses: &[Told], good: u64, usual: f64) -> bool {
        let clients: HashSet<u64, Hashed> = witnesses.iter().map(|told| told.client).collect();
        let failing = witnesses.len() as u64;
        clients.len() >= LEAST_CLIENTS && self.usual.evidence(failing, self.exposed(good, failing), usual) >= self.gamma
    }

    /// All that could fail, of what did not and what did.
    fn exposed(&self, good: u64, failing: u64) -> u64 {
        if self.is_lines() { good } else { good + failing }
    }

    /// What did not fail in these seconds: good requests, or seconds.
    fn good(&self, from: i64, to: i64) -> u64 {
        if self.is_lines() {
            return u64::try_from(to - from).unwrap_or(0);
        }
        let index = |at: i64| self.seconds.partition_point(|second| second.at < at);
        let requests: u64 =
            self.seconds[index(from)..index(to + 1)].iter().map(|second| u64::from(second.requests)).sum();
        requests.saturating_sub(self.range(from, to).len() as u64)
    }

    /// The witness of a fifth of the failures or more.
    fn worst(&self, start: i64, end: i64, failing: u64) -> Option<u64> {
        let mut counts: HashMap<u64, u64, Hashed> = HashMap::default();
        for told in self.counted(start, end) {
            *counts.entry(told.client).or_default() += 1;
        }
        let worst = counts.into_iter().max_by_key(|(client, count)| (*count, std::cmp::Reverse(*client)))?;
        (worst.1 * WORST >= failing).then_some(worst.0)
    }

    /// Whether it stays a run without that witness, each other one heard once in half a minute.
    fn holds_without(&self, worst: u64, &Extent { start, end, .. }: &Extent, usual: f64) -> bool {
        let others = self.told[self.range(start, end)].iter().filter(|told| told.client != worst);
        let others = declustered_within(others);
        others.len() as u64 >= LEAST_FAILING && self.hold(&others, self.good(start, end), usual)
    }

    /// The end of a run, moved over the last failures of its clients, which do not count as they had failed before: to
    /// the second where the evidence of their failures against all good requests is largest.
    fn end_of_retries(&self, run: &Run, (start, end): (i64, i64)) -> i64 {
        let usual = self.usual.share_at(end);
        let (fail, good) =
            (self.usual.worth_of_failing(run.last_level, usual), self.usual.worth_of_good(run.last_level, usual));
        let later = self.range(end + 1, end + RETRIES_S);
        if later.is_empty() {
            return end;
        }
        let clients: HashSet<u64, Hashed> = self.told[self.range(start, end)].iter().map(|told| told.client).collect();
        let (mut sum, mut best, mut last) = (0.0, 0.0, end);
        let mut next = later.start;
        let from = self.seconds.partition_point(|second| second.at <= end);
        for second in self.seconds[from..].iter().take_while(|second| second.at <= end + RETRIES_S) {
            let (mut failed, mut known) = (0u32, 0u32);
            while let Some(told) = self.told.get(next).filter(|told| told.at <= second.at) {
                failed += 1;
                known += u32::from(clients.contains(&told.client));
                next += 1;
            }
            // An outage may end within a second: its failures came before the good requests of it.
            sum += f64::from(known) * fail;
            if known > 0 && sum > best {
                (best, last) = (sum, second.at);
            }
            sum += f64::from(second.requests.saturating_sub(failed)) * good;
            if sum < best - RETRIES_END {
                break;
            }
        }
        last
    }
}
