//! What points at a silence: events of the service in it and at its edges.

use super::super::hole::{Anchor, Hole};
use super::super::world::Happening;
use super::{Case, EDGE_GAPS, EDGE_S};
use crate::facts::event::Kind;

/// A start so long before the silence's end, in seconds, still coincides with it.
const AT_END_S: f64 = 10.0;
/// A stop and the start that follows within so many seconds, and no failure, are a restart.
const RESTART_S: f64 = 10.0;

/// What an event says of the service, if it is a sign that it went down.
pub(super) fn sign(event: &Happening) -> Option<Anchor> {
    let message = event.event.message.as_str();
    match event.kind() {
        Kind::BindFailure => Some(Anchor::BindFailure),
        // `signal 15 (SIGTERM) received from 1, exiting`, `caught SIGTERM, shutting down`
        Kind::ServiceStop if message.contains("SIG") => Some(Anchor::Signal),
        Kind::ServiceStop | Kind::ServiceFailed | Kind::OomKill => Some(Anchor::Ended),
        // A worker's or child's end is not that of the service.
        Kind::Crash if ["worker", "cache ", "child "].iter().any(|part| message.starts_with(part)) => None,
        Kind::Crash => Some(Anchor::Ended),
        _ => None,
    }
}

/// Whether the service says that it is up.
pub(super) fn is_start(event: &Happening) -> bool {
    event.kind() == Kind::ServiceStart
}

/// What points at a silence.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Signs {
    /// Each kind once, in order.
    pub(super) anchors: Vec<Anchor>,
    /// The earliest sign, in seconds since 1970.
    pub(super) at: Option<f64>,
    /// The start after it, if it was before the silence's end: from then on nothing explains the silence.
    pub(super) end: Option<f64>,
    has_failed: bool,
}

impl Signs {
    /// The service's own.
    pub(super) fn of(case: &Case<'_>, hole: &Hole) -> Signs {
        let (from, to) = (hole.from as f64, hole.to as f64);
        // Requests are still answered after the stop was asked for.
        let inside = || case.own.iter().filter(|event| (from - EDGE_S..to).contains(&event.s()));
        let mut signs = Signs::default();
        // A service that was up again before the silence began was not down in it.
        let up_before =
            inside().filter(|event| is_start(event) && event.s() < from).map(|event| event.s()).reduce(f64::max);
        let after_start = |event: &&&Happening| up_before.is_none_or(|start| event.s() > start);
        for event in inside().filter(after_start) {
            if let Some(anchor) = sign(event) {
                signs.add(anchor, event.s());
                signs.has_failed |= event.kind() != Kind::ServiceStop;
            }
        }
        let Some(at) = signs.at else { return signs };
        let starts: Vec<f64> =
            inside().filter(|event| is_start(event) && event.s() > at).map(|event| event.s()).collect();
        let last_sign = inside().filter(|event| sign(event).is_some()).map(|event| event.s()).fold(at, f64::max);
        // Up, and down again before anything was answered, is no end.
        signs.end = starts.iter().copied().find(|start| *start > last_sign);
        let near_end = |start: &f64| (to - AT_END_S..=to + 1.0).contains(start);
        let at_end = starts.iter().copied().find(near_end);
        if at_end.is_some() {
            signs.add(Anchor::StartedAtEnd, to);
        }
        signs
    }

    /// Takes note of a sign.
    pub(super) fn add(&mut self, anchor: Anchor, at: f64) {
        if !self.anchors.contains(&anchor) {
            self.anchors.push(anchor);
            self.anchors.sort_unstable();
        }
        if anchor.is_sign() {
            self.at = Some(self.at.map_or(at, |earlier| earlier.min(at)));
        }
    }

    /// The restart, a stop with the start right after it: when.
    pub(super) fn restart(&self) -> Option<(f64, f64)> {
        self.at.zip(self.end).filter(|(at, end)| end - at < RESTART_S && !self.has_failed)
    }
}

/// Moments at which the service itself went and came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edges {
    pub(super) stop: Option<f64>,
    pub(super) start: Option<f64>,
}

impl Edges {
    pub(super) fn of(case: &Case<'_>, hole: &Hole) -> Edges {
        let (from, to) = (hole.from as f64, hole.to as f64);
        let near = EDGE_S.max(EDGE_GAPS * (to - from) / hole.expected.max(0.1)).min((to - from) / 2.0 + EDGE_S);
        let events = &case.own;
        let is_down = |event: &Happening| {
            matches!(event.kind(), Kind::ServiceStop | Kind::Crash | Kind::ServiceFailed | Kind::OomKill)
        };
        // Asked to stop, then stopped: the last of the lines of one stop, before anything else happens to the service.
        let stops: Vec<f64> = events
            .iter()
            .filter(|event| is_down(event) && (from - EDGE_S..from + near).contains(&event.s()))
            .map(|event| event.s())
            .collect();
        let first = stops.first().copied();
        let stop =
            first.and_then(|first| stops.iter().copied().filter(|stop| *stop <= first + EDGE_S).reduce(f64::max));
        let starts = events.iter().filter(|event| is_start(event));
        let start = starts
            .map(|event| event.s())
            .filter(|at| *at > from && (to - near.max(2.0 * EDGE_S)..=to + 1.0).contains(at))
            .reduce(f64::max);
        // Up, and down again before anything was answered: no end.
        let start = start
            .filter(|start| !events.iter().any(|event| is_down(event) && event.s() > *start && event.s() < to - 1.0));
        Edges { stop, start }
    }
}
