//! Silences as findings: which holes are an outage, by what the service and the logs beside it tell (methods, 2.5).

use super::finding::{Finding, Shape, is_same};
use super::hole::{expected, holes};
use super::ports::{Conflict, Holder};
use super::world::{Happening, Service, World};
use crate::facts::event::Kind;

/// How far from a hole's edge a stop or start of the service still is that edge, in seconds at least.
pub const EDGE_S: f64 = 5.0;
/// The same in mean gaps of the traffic.
pub const EDGE_GAPS: f64 = 20.0;

/// The holes of a service that are an outage.
pub fn holes_of(world: &World, conflicts: &[Conflict], index: usize, service: &Service, until: i64) -> Vec<Finding> {
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
pub fn told_holes(world: &World, index: usize, found: &[Finding]) -> Vec<Finding> {
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
    (!known && is_silent && served && missed >= LEAST_MISSED)
        .then(|| Finding { missed, ..Finding::of(Shape::Hole, index, service, (from, to)) })
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
            Holder::Unknown | Holder::Process(_) | Holder::SelfStale | Holder::SelfDuplicate => false,
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
        start_error_s: if edges.stop.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        end_error_s: if edges.start.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        is_open_at_end: hole.is_open,
        missed: hole.expected,
        ..Finding::of(Shape::Hole, index, service, (start, end))
    }
}
