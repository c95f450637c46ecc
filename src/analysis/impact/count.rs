//! Which of the requests around a window count in it, and which of these as failed.

use std::collections::BTreeSet;

use super::{Outcome, Window};
use crate::facts::closer::visits::{Met, Visit};
use crate::facts::closer::{Cell, Close, Seen};

/// The requests around a window that count: of the layer, of the holder while it had the port, and of services behind
/// the layer that are also reached past it.
pub(super) struct Counted<'a> {
    pub(super) parts: Vec<Part<'a>>,
}

/// The requests of one service of one source.
pub(super) struct Part<'a> {
    pub(super) close: &'a Close,
    /// The service, by index; `None` where only the holder's time counts.
    pub(super) own: Option<usize>,
    pub(super) is_holder: bool,
    /// Share of its requests that count: all but for those that the layer in front counts already.
    pub(super) weight: f64,
}

/// Requests of one cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    pub(super) s: i64,
    pub(super) all: f64,
    pub(super) failed: f64,
}

impl<'a> Counted<'a> {
    pub(super) fn of(window: &Window<'_>, close: &'a [Close]) -> Counted<'a> {
        let parts = close.iter().filter_map(|close| {
            let is_of = |index: usize| {
                let service = &window.world.services[index];
                service.name == close.service
                    && (close.host.is_none() || service.host == close.host)
                    && service.sources.contains(&close.source)
            };
            let own = window.services.iter().copied().find(|index| is_of(*index));
            let added = window.added.iter().find(|(index, _)| is_of(*index));
            let is_holder = window.holder.is_some_and(|(index, _, _)| is_of(index));
            let weight = if own.is_some() || is_holder { 1.0 } else { added?.1 };
            Some(Part { close, own: own.or(added.map(|(index, _)| *index)), is_holder, weight })
        });
        Counted { parts: parts.collect() }
    }

    /// Requests in the window, and the failed ones of them.
    pub(super) fn inside(&self, window: &Window<'_>) -> (f64, f64) {
        let cells = self.cells_inside(window);
        (cells.iter().map(|cell| cell.all).sum(), cells.iter().map(|cell| cell.failed).sum())
    }

    /// The cells of the window. Of the seconds in which it begins and ends only a part lies inside: their other requests
    /// count as far as the share of the seconds between goes with their failed ones.
    pub(super) fn cells_inside(&self, window: &Window<'_>) -> Vec<Tally> {
        let mut tallies = self.tallies(window, &|part, cell| {
            let failed = part.failed(window, cell);
            let others = if holds_other(window, cell) { cell.requests() as f64 - failed } else { 0.0 };
            let failed = if holds_failed(window, cell.s()) { failed } else { 0.0 };
            (failed + others, failed)
        });
        let is_cut = |second: i64| {
            second == window.start.floor() as i64 && !window.begins_silent
                || second == window.end.floor() as i64 && !window.ends_silent
        };
        let between = tallies.iter().filter(|tally| !is_cut(tally.s));
        let (all, failed) = between.fold((0.0, 0.0), |sum, tally| (sum.0 + tally.all, sum.1 + tally.failed));
        if failed > 0.0 {
            for tally in tallies.iter_mut().filter(|tally| is_cut(tally.s)) {
                tally.all = tally.all.min(tally.failed * all / failed).max(tally.failed);
            }
        }
        tallies
    }

    /// All cells, of the window and around it.
    pub(super) fn cells(&self, window: &Window<'_>) -> Vec<Tally> {
        self.tallies(window, &|part, cell| (cell.requests() as f64, part.failed(window, cell)))
    }

    fn tallies(&self, window: &Window<'_>, count: &dyn Fn(&Part<'_>, &Cell) -> (f64, f64)) -> Vec<Tally> {
        let mut tallies = Vec::new();
        for part in &self.parts {
            for cell in part.close.cells.iter().filter(|cell| part.counts(window, cell.s(), cell.as_f64())) {
                let (all, failed) = count(part, cell);
                if all > 0.0 {
                    tallies.push(Tally { s: cell.s(), all: all * part.weight, failed: failed * part.weight });
                }
            }
        }
        tallies
    }

    /// The failed requests of the window that are kept one by one.
    pub(super) fn failing(&self, window: &Window<'_>) -> Vec<&'a Seen> {
        let mut failing = Vec::new();
        for part in &self.parts {
            let is_inside = |seen: &&Seen| {
                holds_failed(window, seen.at.s)
                    && part.counts(window, seen.at.s, seen.at.as_f64())
                    && part.is_failed(window, seen)
            };
            failing.extend(part.close.seen.iter().filter(is_inside));
        }
        failing
    }

    /// Failed requests that were refused by the holder of the port.
    pub(super) fn refused_by_holder(&self, window: &Window<'_>) -> u64 {
        self.sum(window, &|part, cell| part.refused(window, cell))
    }

    /// Failed requests whose clients did not wait for the answer.
    pub(super) fn gave_up(&self, window: &Window<'_>) -> u64 {
        self.sum(window, &|part, cell| part.gave_up(window, cell))
    }

    fn sum(&self, window: &Window<'_>, count: &dyn Fn(&Part<'_>, &Cell) -> u32) -> u64 {
        let of = |part: &Part<'_>| {
            let cells = part.close.cells.iter().filter(|cell| holds_failed(window, cell.s()));
            let counted = cells.filter(|cell| part.counts(window, cell.s(), cell.as_f64()));
            counted.map(|cell| u64::from(count(part, cell))).sum::<u64>()
        };
        self.parts.iter().map(of).sum()
    }

    /// Seconds from `from` on and before `to` in which the service, or the holder of its port, had a request.
    pub(super) fn busy(&self, window: &Window<'_>, service: usize, from: i64, to: i64) -> BTreeSet<i64> {
        let parts = self.parts.iter().filter(|part| part.is_of(window, service));
        parts
            .flat_map(|part| part.close.cells.iter().filter(|cell| part.counts(window, cell.s(), cell.as_f64())))
            .map(Cell::s)
            .filter(|second| (from..to).contains(second))
            .collect()
    }
}

impl Part<'_> {
    /// Whether its requests of that moment count.
    pub(super) fn counts(&self, window: &Window<'_>, second: i64, at: f64) -> bool {
        let of_source = |index: usize| window.world.services[index].owners.counts(self.close.source, second);
        self.own.is_some_and(of_source) || self.is_held(window, at) && self.holder_index(window).is_some_and(of_source)
    }

    fn holder_index(&self, window: &Window<'_>) -> Option<usize> {
        window.holder.filter(|_| self.is_holder).map(|(index, _, _)| index)
    }

    /// Whether the service held the port at that moment. The stamps of its stop and start are a second off at most.
    fn is_held(&self, window: &Window<'_>, at: f64) -> bool {
        let holds = |(_, from, to): (usize, f64, f64)| (from - 1.0..=to + 1.0).contains(&at);
        self.is_holder && window.holder.is_some_and(holds)
    }

    fn refuses(&self, window: &Window<'_>, at: f64) -> bool {
        self.is_held(window, at) && window.refusals.iter().any(|(from, to)| (from.floor()..=to.ceil()).contains(&at))
    }

    /// Failed requests of a cell.
    fn failed(&self, window: &Window<'_>, cell: &Cell) -> f64 {
        f64::from(cell.failing) + f64::from(self.refused(window, cell)) + f64::from(self.gave_up(window, cell))
    }

    fn refused(&self, window: &Window<'_>, cell: &Cell) -> u32 {
        if self.refuses(window, cell.as_f64()) { cell.refused } else { 0 }
    }

    fn gave_up(&self, window: &Window<'_>, cell: &Cell) -> u32 {
        if window.gave_up && self.own.is_some() { cell.gave_up } else { 0 }
    }

    /// Its failed requests of the window, and the others.
    pub(super) fn inside(&self, window: &Window<'_>) -> (u64, u64) {
        let is_inside = |cell: &&Cell| holds_failed(window, cell.s()) && self.counts(window, cell.s(), cell.as_f64());
        self.close.cells.iter().filter(is_inside).fold((0, 0), |sum, cell| {
            let failed = self.failed(window, cell) as u64;
            (sum.0 + failed, sum.1 + cell.requests() - failed)
        })
    }

    /// Whether a request counts as failed.
    pub(super) fn is_failed(&self, window: &Window<'_>, seen: &Seen) -> bool {
        match seen.outcome {
            Outcome::Failing => true,
            Outcome::Refused => self.refuses(window, seen.at.as_f64()),
            Outcome::GaveUp => window.gave_up && self.own.is_some(),
            Outcome::Good => false,
        }
    }

    /// Whether a visit met a failure.
    pub(super) fn is_hit(&self, window: &Window<'_>, visit: &Visit) -> bool {
        match visit.met {
            Met::Failing => true,
            Met::Refused => self.refuses(window, visit.at as f64),
            Met::GaveUp => window.gave_up && self.own.is_some(),
            Met::Other => false,
        }
    }

    /// Whether it is of that service, or of the holder of its port.
    pub(super) fn is_of(&self, window: &Window<'_>, service: usize) -> bool {
        let of = &window.world.services[service];
        let of_source = || window.world.hosts.get(self.close.source).and_then(Option::as_deref);
        let host = self.close.host.as_deref().or_else(of_source);
        of.sources.contains(&self.close.source) && host == of.host.as_deref() && of.name == self.close.service
            || self.is_holder
    }
}

/// Whether failed requests of that second are part of the incident. A stamp of whole seconds stands for all of it.
pub(super) fn holds_failed(window: &Window<'_>, second: i64) -> bool {
    (window.start.floor() as i64..=window.end.ceil() as i64).contains(&second)
}

/// Whether the other requests of a cell are part of the incident.
fn holds_other(window: &Window<'_>, cell: &Cell) -> bool {
    let at = cell.as_f64();
    let lasts = if cell.is_whole { 1.0 } else { 0.0 };
    let after = at >= window.start || !window.begins_silent && at + lasts > window.start;
    // A cell begins at an edge or at a whole second; one that begins where the window ends lies behind it, unless the
    // end is known no better than to the second.
    let is_last = at == window.end && at.fract() == 0.0;
    let before = if cell.is_whole { at + lasts <= window.end } else { at < window.end };
    after && (before || !window.ends_silent && (is_last || cell.is_whole && at <= window.end))
}
