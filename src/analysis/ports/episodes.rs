//! Failed binds to conflicts: from the first failure of a series to the last, then the start that succeeded (methods,
//! 5.1).

use super::super::world::{Happening, Service, World};
use super::{Conflict, TOLERANCE_S};
use crate::facts::event::Kind;

/// Failed binds of one service at most so far apart are one conflict, in seconds; any distance, if it did not start in
/// between.
const EPISODE_S: f64 = 600.0;
/// A stop so long before the first failure belongs to the conflict, in seconds.
const STOP_BEFORE_S: f64 = 600.0;
/// A unit whose program fails at once is told as started and as failed within so many seconds.
const FAILS_AT_ONCE_S: f64 = 2.0;

/// Failed binds of one service and port, in episodes.
pub(super) fn episodes(world: &World) -> Vec<Conflict> {
    let mut found: Vec<Conflict> = Vec::new();
    for (index, event) in world.events.iter().enumerate().filter(|(_, event)| event.kind() == Kind::BindFailure) {
        let said = &event.event.said;
        let Some(service) = event.service() else { continue };
        let same = found.iter_mut().rev().find(|conflict| {
            conflict.service == service
                && (conflict.port == said.port || said.port.is_none())
                && same_host(&conflict.host, &event.host)
                && (event.s() - conflict.last <= EPISODE_S || !started_between(world, conflict, event.s()))
                && conflict.errno == said.errno
        });
        match same {
            Some(conflict) => {
                conflict.last = event.s();
                conflict.failures.push(index);
                // The address that stands for all others, where both families are tried.
                if said.address.as_deref() == Some("0.0.0.0") {
                    conflict.address.clone_from(&said.address);
                }
            }
            None => found.push(Conflict {
                host: event.host.clone(),
                service: service.to_owned(),
                address: said.address.clone(),
                port: said.port,
                errno: said.errno,
                first: event.s(),
                last: event.s(),
                stopped: None,
                solved: None,
                failures: vec![index],
                hypotheses: Vec::new(),
            }),
        }
    }
    for conflict in &mut found {
        conflict.solved = solved(world, conflict);
        conflict.stopped = stopped(world, conflict);
    }
    found
}

/// Whether the victim was up between its last failed bind and `until`.
fn started_between(world: &World, conflict: &Conflict, until: f64) -> bool {
    let is_start = |event: &Happening| {
        matches!(event.kind(), Kind::ServiceStart | Kind::ContainerStart)
            && event.service() == Some(&conflict.service)
            && same_host(&event.host, &conflict.host)
    };
    let started = world.events.iter().any(|event| is_start(event) && event.s() > conflict.last && event.s() < until);
    // Where no line tells of starts, the requests that it answered do.
    let span = (conflict.last.ceil() as i64 + 1, until.floor() as i64 - 1);
    let answered =
        series(world, &conflict.service, &conflict.host).is_some_and(|own| own.count(span.0, span.1).requests > 0);
    started || answered
}

pub(super) fn same_host(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// The first start of the victim after its last failed bind, else the first request that it answers.
fn solved(world: &World, conflict: &Conflict) -> Option<f64> {
    let after = |event: &&Happening| {
        matches!(event.kind(), Kind::ServiceStart | Kind::ContainerStart)
            && event.service() == Some(&conflict.service)
            && same_host(&event.host, &conflict.host)
            && event.s() > conflict.last
            && !fails_at_once(world, event)
    };
    let start = world.events.iter().find(after).map(Happening::s);
    let answers = series(world, &conflict.service, &conflict.host).and_then(|service| {
        let next = service.seconds.partition_point(|second| (second.at as f64) <= conflict.last + TOLERANCE_S.0);
        service.seconds.get(next).map(|second| second.at as f64)
    });
    start.or(answers)
}

/// Whether a unit that was told as started failed right then: systemd does not wait for a program to listen.
fn fails_at_once(world: &World, start: &Happening) -> bool {
    let from = world.events.partition_point(|event| event.at <= start.at);
    let soon = world.events[from..].iter().take_while(|event| event.s() - start.s() <= FAILS_AT_ONCE_S);
    let mut own = soon.filter(|event| event.service() == start.service() && same_host(&event.host, &start.host));
    own.any(|event| event.kind() == Kind::ServiceFailed)
}

/// The victim's last stop before its first failed bind, if it did not start in between.
fn stopped(world: &World, conflict: &Conflict) -> Option<f64> {
    let of_victim = |event: &&Happening| {
        event.service() == Some(&conflict.service)
            && same_host(&event.host, &conflict.host)
            && event.s() <= conflict.first
    };
    let last = world
        .events
        .iter()
        .filter(of_victim)
        .rfind(|event| matches!(event.kind(), Kind::ServiceStart | Kind::ServiceStop))?;
    (last.kind() == Kind::ServiceStop && conflict.first - last.s() <= STOP_BEFORE_S).then(|| last.s())
}

/// The traffic of a service on a host.
pub fn series<'a>(world: &'a World, service: &str, host: &Option<String>) -> Option<&'a Service> {
    let same = |name: &str| name == service || (is_apache(name) && is_apache(service));
    world.services.iter().find(|series| same(&series.name) && same_host(&series.host, host))
}

fn is_apache(name: &str) -> bool {
    matches!(name, "apache2" | "httpd" | "apache")
}
