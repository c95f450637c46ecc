//! The logs beside a silence: the layer in front, the host, the conflict over the port, and what the files cover.

use super::super::finding::is_same;
use super::super::hole::{Hole, HoleKind};
use super::super::incident::depth;
use super::super::ports::{Conflict, Holder};
use super::super::world::{Happening, Service, World};
use super::EDGE_S;
use crate::facts::event::Kind;

/// Requests that failed in front, from which the front says that the service is not available.
const FRONT_FAILURES: usize = 3;
/// Lines of a host that must be expected in a silence, for their absence to tell something.
const LEAST_LINES: f64 = 3.0;
/// How far on both sides a host's lines are counted, in seconds at least.
const LINES_S: f64 = 3600.0;

/// What the layer in front did during a silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Front {
    /// It answered requests, without complaint.
    Serves,
    /// It answered 502, 503 or 504, from that moment on.
    Fails(f64),
    /// No request reached it either.
    Silent,
}

/// The services through which the requests of a service come.
pub(super) fn fronts<'a>(world: &'a World, service: &Service) -> Vec<&'a Service> {
    world.services.iter().filter(|outer| is_behind(service, outer)).collect()
}

/// What the layer in front did; `None` where no log of it covers the silence.
pub(super) fn front(fronts: &[&Service], hole: &Hole) -> Option<Front> {
    let spans = |outer: &&&Service| outer.span().is_some_and(|(first, last)| first < hole.from && last > hole.to);
    let covering: Vec<&&Service> = fronts.iter().filter(spans).collect();
    let failures = covering.iter().flat_map(|outer| {
        let start = outer.failures.partition_point(|failure| failure.at < hole.from);
        let end = outer.failures.partition_point(|failure| failure.at < hole.to);
        &outer.failures[start..end.max(start)]
    });
    let away: Vec<i64> =
        failures.filter(|failure| matches!(failure.status, 502..=504)).map(|failure| failure.at).collect();
    if covering.is_empty() {
        return None;
    }
    if let (Some(first), true) = (away.iter().min(), away.len() >= FRONT_FAILURES) {
        return Some(Front::Fails(*first as f64));
    }
    let is_silent = covering.iter().all(|outer| outer.count(hole.from, hole.to).requests == 0);
    Some(if is_silent { Front::Silent } else { Front::Serves })
}

/// Whether the requests of a service come through another: nearly all of its seconds are seconds of the other too,
/// and that is not chance.
fn is_behind(inner: &Service, outer: &Service) -> bool {
    if depth(&outer.name) >= depth(&inner.name) {
        return false;
    }
    let Some((first, last)) = inner.span() else { return false };
    let busy = |from: i64, to: i64| outer.count(from, to).requests > 0;
    let shared = inner.seconds.iter().filter(|second| busy(second.at - 1, second.at + 2)).count();
    let sampled = (first..=last).step_by(usize::try_from((last - first) / 2000 + 1).unwrap_or(1));
    let (mut chance, mut all) = (0, 0);
    for at in sampled {
        all += 1;
        chance += usize::from(busy(at - 1, at + 2));
    }
    let (c, d) = (shared as f64 / inner.seconds.len() as f64, f64::from(chance as u32) / f64::from(all.max(1)));
    d <= 0.9 && (c - d) / (1.0 - d) >= 0.5
}

/// Whether one of the service's files goes on over the silence: else it ends there, and the next one begins after it.
pub(super) fn is_covered(world: &World, service: &Service, hole: &Hole) -> bool {
    let spans = service.sources.iter().filter_map(|source| world.spans.get(*source).copied().flatten());
    spans.into_iter().any(|(first, last)| first.s < hole.from && (last.s >= hole.to || hole.is_open))
}

/// Whether the silence is that of a holder which gave the port back.
pub(super) fn gave_way(conflicts: &[Conflict], service: &Service, from: i64) -> bool {
    conflicts.iter().any(|conflict| {
        let holds = conflict.holder().is_some_and(|holder| match &holder.holder {
            Holder::Service(name) | Holder::Container(name, _) => is_same(name, &service.name),
            Holder::Unknown | Holder::Process(_) | Holder::SelfStale | Holder::SelfDuplicate => false,
        });
        let end = conflict.solved.unwrap_or(f64::INFINITY);
        holds && (conflict.first - EDGE_S..=end + 30.0).contains(&(from as f64))
    })
}

/// Whether all of the host was silent: its other services had no requests, and it booted, or told nothing where it
/// tells much.
pub(super) fn host_down(world: &World, service: &Service, hole: &Hole) -> Option<HoleKind> {
    let (from, to) = (hole.from as f64, hole.to as f64);
    let of_host = |host: &Option<String>| service.host.is_none() || *host == service.host;
    let events: Vec<&Happening> = world.events.iter().filter(|event| of_host(&event.host)).collect();
    let boot = events
        .iter()
        .find(|event| event.kind() == Kind::HostBoot && event.s() > from && event.s() <= to)
        .map(|event| event.s());
    // While it shuts down, a host still answers.
    let silent_from = events
        .iter()
        .filter(|event| event.kind() == Kind::HostShutdown && event.s() < boot.unwrap_or(to))
        .map(|event| event.s() + 2.0 * EDGE_S)
        .fold(from, f64::max);
    let end = boot.unwrap_or(to);
    let is_silent = |other: &Service| other.count(silent_from.ceil() as i64, end.floor() as i64).requests == 0;
    if !world.services.iter().filter(|other| of_host(&other.host)).all(is_silent) {
        return None;
    }
    if boot.is_some() {
        return Some(HoleKind::HostDown);
    }
    // Lines that are no requests.
    let is_other = |event: &&&Happening| event.evidence.iter().any(|line| !service.sources.contains(&line.source));
    let count = |from: f64, to: f64| {
        let inside = events.iter().filter(is_other).filter(|event| event.s() > from && event.s() < to).count();
        let of = |seconds: &std::collections::BTreeMap<i64, u64>| -> u64 {
            seconds.range(from.ceil() as i64..to.floor() as i64).map(|(_, count)| *count).sum()
        };
        inside as f64 + world.signs.iter().map(|signs| of(&signs.seconds) as f64).sum::<f64>()
    };
    if to - from < 2.0 * EDGE_S || count(from + 1.0, to - 1.0) > 0.0 {
        return None;
    }
    let reach = LINES_S.max(to - from);
    let (before, after) = (count(from - reach, from), count(to, to + reach));
    (before.min(after) / reach * (to - from) >= LEAST_LINES).then_some(HoleKind::HostProbablyDown)
}
