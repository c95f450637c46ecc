//! What stands out in the traffic: spikes, holes, and conflicts that users felt.

use super::burst::{Baseline, bursts};
use super::felt::felt;
use super::hole::{expected, holes};
use super::ports::{Conflict, Holder};
use super::world::{Happening, Service, World};
use crate::facts::event::Kind;
use crate::facts::traffic::Failure;

/// How far from a hole's edge a stop or start of the service still is that edge, in seconds at least.
pub const EDGE_S: f64 = 5.0;
/// The same in mean gaps of the traffic.
pub const EDGE_GAPS: f64 = 20.0;

/// What stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Shape {
    Spike,
    Hole,
    /// Users of the port were answered by its holder.
    WrongServer,
    /// A service could not start, and no log of its requests exists.
    NoTraffic,
}

/// One thing that stands out, of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    #[allow(missing_docs)]
    pub shape: Shape,
    /// Index into [`World::services`]; `None` where the service has no traffic.
    pub series: Option<usize>,
    #[allow(missing_docs)]
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// Seconds since 1970, as exact as it is known.
    pub start: f64,
    /// The same; the end of the logs where it goes on.
    pub end: f64,
    /// How far each may be off, in seconds.
    pub start_error_s: f64,
    #[allow(missing_docs)]
    pub end_error_s: f64,
    /// Whether the log does not prove health before and after.
    pub is_open_at_start: bool,
    #[allow(missing_docs)]
    pub is_open_at_end: bool,
    /// Requests that never came, where it is a hole.
    pub missed: f64,
    /// The conflict that it is the effect of, by index.
    pub conflict: Option<usize>,
    /// Quiet times of its service.
    pub baseline: Option<Baseline>,
    /// Share of failing requests at its end, where it is a spike.
    pub level: f64,
}

/// All findings, in order of time.
pub fn findings(world: &World, conflicts: &[Conflict]) -> Vec<Finding> {
    let mut found = Vec::new();
    let until = world.coverage.map_or(0, |(_, last)| last.s);
    for (index, service) in world.services.iter().enumerate() {
        found.extend(spikes(index, service));
        found.extend(holes_of(world, conflicts, index, service, until));
    }
    for index in 0..world.services.len() {
        let told = told_holes(world, index, &found);
        found.extend(told);
    }
    for (index, conflict) in conflicts.iter().enumerate() {
        felt(world, index, conflict, &mut found);
    }
    let later = aftershocks(world, &found);
    found.extend(later);
    found.sort_by(|one, other| {
        one.start
            .total_cmp(&other.start)
            .then(one.end.total_cmp(&other.end))
            .then_with(|| one.service.cmp(&other.service))
    });
    found
}

fn spikes(index: usize, service: &Service) -> Vec<Finding> {
    let (baseline, bursts) = bursts(&service.seconds, &service.failures);
    let finding = |burst: super::burst::Burst| Finding {
        shape: Shape::Spike,
        series: Some(index),
        service: service.name.clone(),
        host: service.host.clone(),
        start: burst.start as f64,
        end: burst.end as f64,
        start_error_s: 1.0,
        end_error_s: 1.0,
        is_open_at_start: burst.is_open_at_start,
        is_open_at_end: burst.is_open_at_end,
        missed: 0.0,
        conflict: None,
        baseline: Some(baseline),
        level: burst.level,
    };
    bursts.into_iter().map(finding).collect()
}

fn holes_of(world: &World, conflicts: &[Conflict], index: usize, service: &Service, until: i64) -> Vec<Finding> {
    let covered = |from: i64, to: i64| {
        let spans = service.sources.iter().filter_map(|source| world.spans.get(*source).copied().flatten());
        spans.into_iter().any(|(first, last)| first.s < from && last.s >= to)
    };
    holes(&service.seconds, until)
        .into_iter()
        .filter_map(|hole| {
            let edges = Edges::of(world, service, &hole);
            let is_told = edges.stop.is_some() || failed_inside(world, service, hole.from, hole.to);
            if gave_way(conflicts, service, hole.from) {
                return None;
            }
            // A log that ends, or whose next part is missing, is no outage: only what the service itself tells.
            if (hole.is_open || !covered(hole.from, hole.to)) && !is_told {
                return None;
            }
            // The log in front shows that nobody was hit.
            if !is_told
                && world.services.iter().any(|outer| {
                    is_behind(service, outer)
                        && outer.span().is_some_and(|(first, last)| first < hole.from && last > hole.to)
                })
            {
                return None;
            }
            if hole.is_open && came_back(world, service, hole.from) {
                return None;
            }
            Some(hole_finding(index, service, &edges, &hole))
        })
        .collect()
}

/// Silences that the service itself explains: it was stopped or ended, a start failed, and nothing was answered until
/// the start that succeeded. However short, if requests were missed (methods, 2.5).
fn told_holes(world: &World, index: usize, found: &[Finding]) -> Vec<Finding> {
    let service = &world.services[index];
    let own: Vec<&Happening> =
        world.events.iter().filter(|event| event.service().is_some_and(|name| is_same(name, &service.name))).collect();
    let mut holes = Vec::new();
    let mut down: Option<(f64, bool)> = None;
    for event in own {
        match event.kind() {
            Kind::ServiceStop | Kind::Crash if down.is_none() => down = Some((event.s(), false)),
            Kind::ServiceFailed | Kind::BindFailure => down = Some((down.map_or(event.s(), |(at, _)| at), true)),
            Kind::ServiceStart => {
                if let Some((from, true)) = down {
                    holes.extend(told_hole(index, service, from, event.s(), found));
                }
                down = None;
            }
            _ => {}
        }
    }
    holes
}

/// Requests that a silence must have cost to be told.
pub const LEAST_MISSED: f64 = 3.0;

fn told_hole(index: usize, service: &Service, from: f64, to: f64, found: &[Finding]) -> Option<Finding> {
    let known = found.iter().any(|finding| finding.series == Some(index) && finding.start <= to && finding.end >= from);
    let (first, last) = (from.floor() as i64 + 1, to.ceil() as i64 - 1);
    let is_silent = service.count(first, last).requests == 0;
    let served = service.count(i64::MIN, first).requests > 0;
    let (missed, _) = expected(&service.seconds, from.round() as i64, to.round() as i64);
    (!known && is_silent && served && missed >= LEAST_MISSED).then(|| Finding {
        shape: Shape::Hole,
        series: Some(index),
        service: service.name.clone(),
        host: service.host.clone(),
        start: from,
        end: to,
        start_error_s: 1.0,
        end_error_s: 1.0,
        is_open_at_start: false,
        is_open_at_end: false,
        missed,
        conflict: None,
        baseline: None,
        level: 1.0,
    })
}

/// How long after a spike a stop of the service behind it still belongs to it, in seconds.
const AFTERSHOCK_S: f64 = 600.0;
/// Failures too few for the automaton, but explained: in the minutes after a spike a service was stopped and started
/// once more, and requests in between failed as they had in the spike.
fn aftershocks(world: &World, found: &[Finding]) -> Vec<Finding> {
    let mut later: Vec<Finding> = Vec::new();
    for spike in found.iter().filter(|finding| finding.shape == Shape::Spike && !finding.is_open_at_end) {
        let Some(series) = spike.series else { continue };
        let mut end = spike.end;
        for (from, to) in outages_of_others(world, &spike.service) {
            if !(end..end + AFTERSHOCK_S).contains(&from) {
                continue;
            }
            let span = from.floor() as i64..=to.ceil() as i64 + 5;
            let own = &world.services[series].failures;
            let known_end = |failure: &&Failure| {
                let of_spike = own.iter().filter(|other| (spike.start..=spike.end).contains(&(other.at as f64)));
                of_spike
                    .into_iter()
                    .any(|other| (other.status, other.termination) == (failure.status, failure.termination))
            };
            let failures: Vec<_> = own.iter().filter(|failure| span.contains(&failure.at)).filter(known_end).collect();
            let known =
                found.iter().any(|other| other.series == spike.series && other.start <= to && other.end >= from);
            if let (Some(first), Some(last)) = (failures.first(), failures.last())
                && !known
            {
                later.push(Finding {
                    start: first.at as f64,
                    end: last.at as f64,
                    is_open_at_start: false,
                    ..spike.clone()
                });
                end = last.at as f64;
            }
        }
    }
    later
}

/// Stretches from a stop to the next start, of services other than `front`.
fn outages_of_others(world: &World, front: &str) -> Vec<(f64, f64)> {
    let mut down: Vec<(&str, f64)> = Vec::new();
    let mut outages = Vec::new();
    for event in &world.events {
        let Some(name) = event.service().filter(|name| !is_same(name, front)) else { continue };
        match event.kind() {
            Kind::ServiceStop | Kind::Crash if !down.iter().any(|(known, _)| *known == name) => {
                down.push((name, event.s()));
            }
            Kind::ServiceStart => {
                if let Some(index) = down.iter().position(|(known, _)| *known == name) {
                    outages.push((down.remove(index).1, event.s()));
                }
            }
            _ => {}
        }
    }
    outages.sort_by(|one, other| one.0.total_cmp(&other.0));
    outages
}

/// Whether the requests of a service come through another: nearly all of its seconds are seconds of the other too,
/// and that is not chance.
fn is_behind(inner: &Service, outer: &Service) -> bool {
    if super::incident::depth(&outer.name) >= super::incident::depth(&inner.name) {
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

/// Whether the silence is that of a holder which gave the port back.
fn gave_way(conflicts: &[Conflict], service: &Service, from: i64) -> bool {
    conflicts.iter().any(|conflict| {
        let holds = conflict.holder().is_some_and(|holder| match &holder.holder {
            Holder::Service(name) | Holder::Container(name, _) => is_same(name, &service.name),
            Holder::Unknown | Holder::SelfStale => false,
        });
        let end = conflict.solved.unwrap_or(f64::INFINITY);
        holds && (conflict.first - EDGE_S..=end + 30.0).contains(&(from as f64))
    })
}

/// Whether the service says that it is up again, after the silence began.
fn came_back(world: &World, service: &Service, from: i64) -> bool {
    world.events.iter().any(|event| {
        event.kind() == Kind::ServiceStart
            && event.service().is_some_and(|name| is_same(name, &service.name))
            && event.s() > from as f64
    })
}

/// Moments at which the service itself went and came back.
struct Edges {
    stop: Option<f64>,
    start: Option<f64>,
    /// Last second with a request before, first one after.
    last: i64,
    next: i64,
}

impl Edges {
    fn of(world: &World, service: &Service, hole: &super::hole::Hole) -> Edges {
        let (from, to) = (hole.from as f64, hole.to as f64);
        let near = EDGE_S.max(EDGE_GAPS * (to - from) / hole.expected.max(0.1)).min((to - from) / 2.0 + EDGE_S);
        let own = |event: &&Happening| {
            event.service().is_some_and(|name| is_same(name, &service.name))
                && (event.host.is_none() || service.host.is_none() || event.host == service.host)
        };
        let events: Vec<&Happening> = world.events.iter().filter(own).collect();
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
        let starts = events.iter().filter(|event| event.kind() == Kind::ServiceStart);
        let start = starts
            .map(|event| event.s())
            .filter(|at| *at > from && (to - near.max(2.0 * EDGE_S)..=to + 1.0).contains(at))
            .reduce(f64::max);
        // Up, and down again before anything was answered: no end.
        let start = start
            .filter(|start| !events.iter().any(|event| is_down(event) && event.s() > *start && event.s() < to - 1.0));
        Edges { stop, start, last: hole.from - 1, next: hole.to }
    }
}

/// Whether two names are one service's: Apache is `apache2` on Debian and `httpd` elsewhere.
pub fn is_same(one: &str, other: &str) -> bool {
    let apache = |name: &str| matches!(name, "apache2" | "httpd");
    one == other || apache(one) && apache(other)
}

/// Whether the service says that it failed in the meantime.
fn failed_inside(world: &World, service: &Service, from: i64, to: i64) -> bool {
    world.events.iter().any(|event| {
        matches!(event.kind(), Kind::BindFailure | Kind::ServiceFailed | Kind::ServiceStop | Kind::Crash)
            && event.service().is_some_and(|name| is_same(name, &service.name))
            && (from as f64 - EDGE_S..=to as f64).contains(&event.s())
    })
}

fn hole_finding(index: usize, service: &Service, edges: &Edges, hole: &super::hole::Hole) -> Finding {
    // A request is still answered after the stop was asked for; the hole begins with the later of both.
    let start = edges.stop.map_or(edges.last as f64 + 0.5, |stop| stop.max(edges.last as f64));
    let end = edges.start.map_or(edges.next as f64, |start| start.min(edges.next as f64 + 0.999));
    let gap = (hole.to - hole.from) as f64 / hole.expected.max(0.1);
    Finding {
        shape: Shape::Hole,
        series: Some(index),
        service: service.name.clone(),
        host: service.host.clone(),
        start,
        end,
        start_error_s: if edges.stop.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        end_error_s: if edges.start.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        is_open_at_start: false,
        is_open_at_end: hole.is_open,
        missed: hole.expected,
        conflict: None,
        baseline: None,
        level: 1.0,
    }
}
