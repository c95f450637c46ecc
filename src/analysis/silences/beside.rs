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

/// How far from a silence's edges a file's last and the next one's first line may be, in seconds.
const SEAM_S: i64 = 2;

/// Whether the service's files cover the silence: one goes on over it, or the next of its rotated set follows. Where a
/// file of the set is missing its requests are lost; between other files they may be, if other services of the host had
/// some.
pub(super) fn is_covered(world: &World, service: &Service, hole: &Hole) -> bool {
    let span = |source: &usize| world.spans.get(*source).copied().flatten().map(|span| (*source, span));
    let spans = || service.sources.iter().filter_map(span);
    if spans().any(|(_, (first, last))| first.s < hole.from && (last.s >= hole.to || hole.is_open)) {
        return true;
    }
    let ends = spans().filter(|(_, (_, last))| (hole.from - SEAM_S..hole.to).contains(&last.s));
    let begins = || spans().filter(|(_, (first, _))| (hole.from..=hole.to + SEAM_S).contains(&first.s));
    let seams = ends.flat_map(|(one, _)| begins().filter_map(move |(next, _)| world.sequels.get(&(one, next))));
    let is_whole = seams.copied().reduce(|one, other| one || other);
    is_whole.unwrap_or_else(|| Host::of(world, service).is_unasked(hole.from as f64, hole.to as f64))
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

/// How near to a silence's edge its clock step is told, in seconds, and how well its size fits.
const STEP_S: f64 = 5.0;
const STEP_FITS_S: f64 = 2.0;
/// A silence lasts longer than the step by the wait for the next request: up to so many mean gaps.
const STEP_GAPS: f64 = 3.0;

/// Whether the host's clock was set forward over the silence: by as much as it lasts; or, where the line does not say
/// by how much, with nothing of a host in it that else tells much.
pub(super) fn is_clock_step(world: &World, service: &Service, hole: &Hole) -> bool {
    let (from, to) = (hole.from as f64, hole.to as f64);
    let lasts = to - from;
    let fits = |by: f64| {
        let longer = lasts - by;
        by > 0.0 && (-STEP_FITS_S..=STEP_FITS_S + STEP_GAPS * lasts / hole.expected.max(1.0)).contains(&longer)
    };
    let host = Host::of(world, service);
    let is_near = |at: f64| (at - from).abs() <= STEP_S || (at - to).abs() <= STEP_S;
    let mut steps = world.clock_steps.iter().filter(|step| host.is(&step.host) && is_near(step.at.as_f64()));
    steps.any(|step| step.by_s.map_or_else(|| host.boot(from, to).is_none() && host.is_mute(from, to), fits))
}

/// All but a service of its host.
struct Host<'a> {
    world: &'a World,
    service: &'a Service,
    events: Vec<&'a Happening>,
}

impl<'a> Host<'a> {
    fn of(world: &'a World, service: &'a Service) -> Host<'a> {
        let mut host = Host { world, service, events: Vec::new() };
        host.events = world.events.iter().filter(|event| host.is(&event.host)).collect();
        host
    }

    fn is(&self, host: &Option<String>) -> bool {
        self.service.host.is_none() || *host == self.service.host
    }

    /// When it booted.
    fn boot(&self, from: f64, to: f64) -> Option<f64> {
        let is_boot = |event: &&&Happening| event.kind() == Kind::HostBoot && event.s() > from && event.s() <= to;
        self.events.iter().find(is_boot).map(|event| event.s())
    }

    /// Whether none of its services was asked.
    fn is_unasked(&self, from: f64, to: f64) -> bool {
        let is_silent = |other: &&Service| other.count(from.ceil() as i64, to.floor() as i64).requests == 0;
        self.world.services.iter().filter(|other| self.is(&other.host)).all(|other| is_silent(&other))
    }

    /// Its lines that are no requests.
    fn lines(&self, from: f64, to: f64) -> f64 {
        let is_other =
            |event: &&&Happening| event.evidence.iter().any(|line| !self.service.sources.contains(&line.source));
        let inside = self.events.iter().filter(is_other).filter(|event| event.s() > from && event.s() < to).count();
        let of = |seconds: &std::collections::BTreeMap<i64, u64>| -> u64 {
            let (from, to) = (from.ceil() as i64, to.floor() as i64);
            if from < to { seconds.range(from..to).map(|(_, count)| *count).sum() } else { 0 }
        };
        inside as f64 + self.world.signs.iter().map(|signs| of(&signs.seconds) as f64).sum::<f64>()
    }

    /// Whether it told nothing where it tells much, and nobody asked it.
    fn is_mute(&self, from: f64, to: f64) -> bool {
        if to - from < 2.0 * EDGE_S || !self.is_unasked(from, to) || self.lines(from + 1.0, to - 1.0) > 0.0 {
            return false;
        }
        let reach = LINES_S.max(to - from);
        let (before, after) = (self.lines(from - reach, from), self.lines(to, to + reach));
        before.min(after) / reach * (to - from) >= LEAST_LINES
    }
}

/// Whether all of the host was silent: its other services had no requests, and it booted, or told nothing where it
/// tells much.
pub(super) fn host_down(world: &World, service: &Service, hole: &Hole) -> Option<HoleKind> {
    let (from, to) = (hole.from as f64, hole.to as f64);
    let host = Host::of(world, service);
    let boot = host.boot(from, to);
    // While it shuts down, a host still answers.
    let silent_from = host
        .events
        .iter()
        .filter(|event| event.kind() == Kind::HostShutdown && event.s() < boot.unwrap_or(to))
        .map(|event| event.s() + 2.0 * EDGE_S)
        .fold(from, f64::max);
    if !host.is_unasked(silent_from, boot.unwrap_or(to)) {
        return None;
    }
    if boot.is_some() {
        return Some(HoleKind::HostDown);
    }
    host.is_mute(from, to).then_some(HoleKind::HostProbablyDown)
}
