//! What users felt of a conflict over a port: refusals of the wrong server, silences of the port, or the failures that
//! the traffic shows anyway.

use super::burst::refusals;
use super::finding::{Finding, Shape, is_same};
use super::hole::{expected, holes};
use super::ports::{Conflict, Holder, series};
use super::silences::{EDGE_GAPS, EDGE_S, LEAST_MISSED};
use super::world::{Happening, Service, World};
use crate::facts::event::Kind;
use crate::facts::traffic::Second;

/// Adds what users felt of a conflict, where the traffic alone did not show it; else marks what it caused.
pub fn felt(world: &World, index: usize, conflict: &Conflict, found: &mut Vec<Finding>) {
    // A container that docker refuses to start is nobody's outage yet.
    if is_container(world, conflict) {
        return;
    }
    let until = world.coverage.map_or(conflict.last, |(_, last)| last.as_f64());
    let (from, to) = conflict.window();
    let end = to.unwrap_or(until);
    let mut is_felt = false;
    for finding in found.iter_mut() {
        // The conflict began with or in it, and was not over when it began.
        if finding.start <= end && finding.end >= conflict.first - 1.0 && finding.conflict.is_none() {
            finding.conflict = Some(index);
            is_felt |= finding.shape != Shape::Spike || finding.service == conflict.service;
        }
    }
    let position = |wanted: &Service| world.services.iter().position(|service| std::ptr::eq(service, wanted));
    let base = Finding {
        shape: Shape::NoTraffic,
        service: conflict.service.clone(),
        host: conflict.host.clone(),
        start: from,
        end,
        start_error_s: 1.0,
        end_error_s: 1.0,
        is_open_at_end: to.is_none(),
        conflict: Some(index),
        level: 1.0,
        ..Finding::default()
    };
    if let Some(holder) = holder_series(world, conflict) {
        let span = (from.floor() as i64 - 1, end.ceil() as i64 + 1);
        for (first, last) in refusals(&holder.seconds, &holder.refusals, span) {
            let (start, end) = ((first as f64).max(from), (last as f64).min(end));
            found.push(Finding {
                shape: Shape::WrongServer,
                series: position(holder),
                start,
                end,
                is_open_at_end: false,
                ..base.clone()
            });
            is_felt = true;
        }
        let silent = port_silences(world, conflict, holder, (conflict.first, end));
        for (start, end, missed) in silent {
            let known = found
                .iter()
                .any(|finding| finding.shape == Shape::Hole && finding.start <= end && finding.end >= start);
            if !known {
                let is_open_at_end = to.is_none() && end >= until - 1.0;
                found.push(Finding {
                    shape: Shape::Hole,
                    series: position(holder),
                    start,
                    end,
                    missed,
                    is_open_at_end,
                    ..base.clone()
                });
                is_felt = true;
            }
        }
    }
    if is_felt {
        return;
    }
    let inside = |service: &Service| service.count(from.ceil() as i64 + 1, end.floor() as i64);
    match series(world, &conflict.service, &conflict.host) {
        // Down by its own words, and nothing was answered in between: a hole, however short.
        Some(service) if inside(service).requests == 0 && service.count(i64::MIN, from as i64).requests > 0 => {
            let (missed, _) = expected(&service.seconds, from.floor() as i64, end.ceil() as i64);
            found.push(Finding { shape: Shape::Hole, series: position(service), missed, ..base });
        }
        None if world.services.is_empty() => found.push(base),
        _ => {}
    }
}

/// Silences of the port: of its holder and its victim together, while the conflict lasts. The last one, from the
/// holder's end to the victim's start, counts however short, as both tell it themselves.
fn port_silences(world: &World, conflict: &Conflict, holder: &Service, span: (f64, f64)) -> Vec<(f64, f64, f64)> {
    let victim = series(world, &conflict.service, &conflict.host);
    let mut seconds: Vec<Second> = holder.seconds.clone();
    seconds.extend(victim.iter().flat_map(|victim| &victim.seconds));
    seconds.sort_by_key(|second| second.at);
    let until = world.coverage.map_or(0, |(_, last)| last.s);
    let touches = |from: f64, to: f64| from <= span.1 + 1.0 && to >= span.0 - 1.0;
    let mut silences: Vec<(f64, f64, f64)> = holes(&seconds, until)
        .into_iter()
        .filter(|hole| touches(hole.from as f64, hole.to as f64) && !(hole.is_open && conflict.solved.is_some()))
        .map(|hole| {
            let end = conflict.solved.filter(|solved| {
                (solved - hole.to as f64).abs()
                    <= EDGE_S.max(EDGE_GAPS * (hole.to - hole.from) as f64 / hole.expected.max(0.1))
            });
            (
                (hole.from - 1) as f64 + 0.5,
                end.map_or(hole.to as f64, |end| end.min(hole.to as f64 + 0.999)),
                hole.expected,
            )
        })
        .collect();
    if let Some(solved) = conflict.solved {
        let down = world.events.iter().filter(|event| {
            matches!(event.kind(), Kind::ServiceStop | Kind::Crash)
                && event.service().is_some_and(|name| is_same(name, &holder.name))
                && event.s() <= solved
                && event.s() >= conflict.last - 1.0
        });
        if let Some(from) = down.map(Happening::s).reduce(f64::max) {
            let (first, last) = (from.floor() as i64 + 1, solved.ceil() as i64 - 1);
            let is_silent = !seconds.iter().any(|second| (first..last).contains(&second.at));
            let (missed, _) = expected(&seconds, from.round() as i64, solved.round() as i64);
            if is_silent && missed >= LEAST_MISSED && !silences.iter().any(|known| known.0 <= solved && known.1 >= from)
            {
                silences.push((from, solved, missed));
            }
        }
    }
    silences
}

/// Whether the conflict's victim is a container: its engine says that the port is taken, or tells its life.
fn is_container(world: &World, conflict: &Conflict) -> bool {
    let kinds = [Kind::ContainerStart, Kind::ContainerStop, Kind::ContainerKill];
    let engines = ["dockerd", "docker", "containerd", "podman"];
    let of_engine =
        |index: &usize| world.events[*index].event.program.as_deref().is_some_and(|name| engines.contains(&name));
    conflict.failures.iter().any(of_engine)
        || world.events.iter().any(|event| kinds.contains(&event.kind()) && event.service() == Some(&conflict.service))
}

/// The traffic of the service that held the port.
pub fn holder_series<'a>(world: &'a World, conflict: &Conflict) -> Option<&'a Service> {
    match &conflict.holder()?.holder {
        Holder::Service(name) => series(world, name, &conflict.host),
        Holder::Container(name, _) => world.services.iter().find(|service| service.name == *name),
        Holder::Unknown | Holder::Process(_) | Holder::SelfStale | Holder::SelfDuplicate => None,
    }
}
