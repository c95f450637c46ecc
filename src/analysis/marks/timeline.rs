//! The story in order of time: what lines tell of the incident's services and hosts, and what the requests show.

use super::actions::{effects, is_change};
use super::{BEFORE_S, Item};
use crate::analysis::finding::Shape;
use crate::analysis::incident::Incident;
use crate::analysis::world::{Evidence, Happening, World};
use crate::clock::Instant;
use crate::facts::closer::{Close, Seen};
use crate::facts::event::{Kind, Said};
use crate::facts::traffic::Second;

/// How long after the end events still belong to the story, in seconds.
const AFTER_S: f64 = 600.0;
/// Lines of one event told again within so many seconds are one item.
const REPEAT_S: f64 = 30.0;
/// Under this share of failing requests a service answered all the time, in percent.
const MOSTLY_ANSWERED: f64 = 60.0;
/// Items at most.
const MOST_ITEMS: usize = 300;

/// The story in order of time.
pub fn timeline(world: &World, incident: &Incident, close: &[Close]) -> Vec<Item> {
    let (start, end) = (incident.start.as_f64(), incident.until.as_f64());
    let inside = |event: &&Happening| {
        let before = if is_change(event.kind()) { BEFORE_S } else { 120.0 };
        (start - before..=end + AFTER_S).contains(&event.s()) || of_conflict(world, incident, event)
    };
    let mut items: Vec<Item> = Vec::new();
    for event in world.events.iter().filter(inside).filter(|event| is_of_interest(event, incident)) {
        add(&mut items, event);
    }
    items.extend(seen(world, incident, close));
    items.sort_by(|one, other| {
        (one.at.s, one.at.nanos, one.said.kind, &one.evidence).cmp(&(
            other.at.s,
            other.at.nanos,
            other.said.kind,
            &other.evidence,
        ))
    });
    effects(&mut items, world, incident);
    if items.len() > MOST_ITEMS {
        // What lies farthest from the incident goes first.
        let distance = |item: &Item| (start - item.at.as_f64()).max(item.at.as_f64() - end).max(0.0);
        items.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
        items.truncate(MOST_ITEMS);
        items.sort_by(|one, other| {
            (one.at.s, one.at.nanos, one.said.kind, &one.evidence).cmp(&(
                other.at.s,
                other.at.nanos,
                other.said.kind,
                &other.evidence,
            ))
        });
    }
    items
}

/// Whether an event belongs to one of the failed starts of the conflict behind the incident, however long before it.
fn of_conflict(world: &World, incident: &Incident, event: &Happening) -> bool {
    let Some(conflict) = &incident.conflict else { return false };
    event.service() == Some(&conflict.service)
        && matches!(event.kind(), Kind::BindFailure | Kind::ServiceFailed)
        && conflict.failures.iter().any(|index| (-1.0..12.0).contains(&(event.s() - world.events[*index].s())))
}

/// The first second with an answered request after the end, where the closer look does not reach so far.
fn first_good_second(world: &World, incident: &Incident) -> Option<i64> {
    let of_layer = world.services.iter().filter(|service| Some(&service.name) == incident.impact.layer.as_ref());
    let first = of_layer.filter_map(|service| {
        let begins = service.seconds.partition_point(|second| second.at <= incident.until.s);
        let is_good = |second: &&Second| second.requests > second.failing + second.refused + second.gave_up;
        service.seconds[begins..].iter().find(is_good).map(|second| second.at)
    });
    first.min()
}

/// Units of the machine itself, which come and go with logins and timers.
pub(in crate::analysis) fn is_plumbing(name: &str) -> bool {
    const PREFIXES: [&str; 22] = [
        "user@",
        "user-runtime-dir@",
        "session-",
        "systemd-",
        "getty",
        "serial-getty",
        "console-getty",
        "dbus",
        "rsyslog",
        "cron",
        "logrotate",
        "apt-daily",
        "man-db",
        "e2scrub",
        "fstrim",
        "polkit",
        "dpkg-db",
        "motd",
        "init.scope",
        "containerd",
        "keyboard-setup",
        "kmod",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || matches!(name, "ssh" | "sshd" | "docker" | "networking" | "ifup@lo")
}

fn is_of_interest(event: &Happening, incident: &Incident) -> bool {
    let service = event.service();
    let involved =
        |name: &str| incident.services.iter().any(|(known, _)| known == name || known.ends_with(&format!("/{name}")));
    match event.kind() {
        Kind::ServiceStart | Kind::ServiceStop | Kind::Reload | Kind::Restart | Kind::ServiceFailed => {
            service.is_some_and(|name| involved(name) || !is_plumbing(name))
        }
        _ => true,
    }
}

/// Adds an event, or counts it as the same one told again.
fn add(items: &mut Vec<Item>, event: &Happening) {
    let said = &event.event.said;
    let again = items.iter_mut().rev().find(|item| {
        let same = (item.said.kind, &item.said.service, item.said.port, &item.said.errno)
            == (said.kind, &said.service, said.port, &said.errno);
        let latest = item.end.unwrap_or(item.at).as_f64();
        let told_once = matches!(said.kind, Kind::OperatorAction | Kind::PackageChange | Kind::OomKill);
        same && event.s() - latest <= repeat_s(said.kind) && (!told_once || item.message == event.event.message)
    });
    match again {
        Some(item) => {
            item.end = Some(event.at).filter(|at| *at > item.at);
            item.count += 1;
            if item.evidence.len() < 6 {
                item.evidence.extend(event.evidence.iter().cloned());
            }
        }
        None => items.push(Item {
            at: event.at,
            end: None,
            said: said.clone(),
            host: event.host.clone(),
            count: 1,
            message: event.event.message.clone(),
            user: event.event.user.clone(),
            effect: None,
            is_inferred: false,
            evidence: event.evidence.clone(),
        }),
    }
}

/// Within which time the same is told again: the tries of one start follow in seconds, and so do the lines of one stop.
fn repeat_s(kind: Kind) -> f64 {
    match kind {
        Kind::BindFailure | Kind::ResourceLimit | Kind::BackendDown | Kind::BackendUp => REPEAT_S / 3.0,
        Kind::Restart | Kind::Crash => REPEAT_S,
        Kind::ServiceStop | Kind::ServiceFailed | Kind::ServiceStart | Kind::Reload => 1.5,
        _ => 2.0,
    }
}

/// What the requests show: the first and the last failure, or the silence, and that it is over.
fn seen(world: &World, incident: &Incident, close: &[Close]) -> Vec<Item> {
    let service = incident.impact.layer.clone();
    let item = |at: Instant, kind: Kind, evidence: Vec<Evidence>| Item {
        at,
        end: None,
        said: Said::of(kind, service.clone()),
        host: None,
        count: 1,
        message: String::new(),
        user: None,
        effect: None,
        is_inferred: true,
        evidence,
    };
    let line = |seen: &Seen| vec![world.line(seen.place)];
    let mut items = Vec::new();
    let first = incident.impact.first.as_ref().filter(|seen| seen.at == incident.start);
    items.push(item(incident.start, Kind::FirstFailure, first.map(line).unwrap_or_default()));
    for finding in &incident.findings {
        let kind = match finding.shape {
            Shape::Hole => Kind::Hole,
            Shape::Dip => Kind::Dip,
            Shape::Spike | Shape::WrongServer | Shape::NoTraffic | Shape::Slow => continue,
        };
        let at = |s: f64| Instant::second(s.floor() as i64);
        // The log that was silent need not be the one at which requests are counted.
        items.push(Item {
            end: Some(at(finding.end)),
            said: Said::of(kind, Some(finding.service.clone())),
            host: finding.host.clone(),
            ..item(at(finding.start), kind, Vec::new())
        });
    }
    for run in incident.findings.iter().filter_map(|finding| finding.slow) {
        items.push(Item {
            end: Some(Instant::second(run.end)),
            ..item(Instant::second(run.start), Kind::Slow, Vec::new())
        });
    }
    if !incident.is_ongoing {
        let last = incident.impact.last.as_ref().filter(|seen| seen.at == incident.until);
        // Where most were answered all the time, only the failing ones are new.
        let percent = incident.impact.requests.as_ref().and_then(|requests| requests.percent);
        let what = if percent.is_some_and(|percent| percent < MOSTLY_ANSWERED) { "all requests" } else { "" };
        let item = |at: Instant, kind: Kind, evidence: Vec<Evidence>| Item {
            message: if kind == Kind::Recovered { what.into() } else { String::new() },
            ..item(at, kind, evidence)
        };
        items.push(item(incident.until, Kind::LastFailure, last.map(line).unwrap_or_default()));
        match first_good(incident, close) {
            Some(good) => items.push(item(good.at, Kind::Recovered, line(&good))),
            None => {
                let good = first_good_second(world, incident);
                items.extend(good.map(|at| item(Instant::second(at), Kind::Recovered, Vec::new())));
            }
        }
    }
    items
}

/// The first request that was answered after the end.
fn first_good(incident: &Incident, close: &[Close]) -> Option<Seen> {
    let last = incident.impact.last.as_ref().filter(|seen| seen.at == incident.until);
    let of_layer = close.iter().filter(|part| Some(&part.service) == incident.impact.layer.as_ref());
    of_layer.filter_map(|part| part.first_good(incident.until, last)).min()
}
