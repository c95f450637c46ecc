//! The host's services as holders of the port (methods, 5.2).

use std::collections::BTreeSet;

use super::super::evidence::Reason;
use super::super::listeners::{is_alias, usual_ports};
use super::super::world::Happening;
use super::case::{Case, Claimed, Engine, Life, Named, State};
use super::episodes::series;
use super::{Holder, HolderHypothesis, STILL_SERVES, hypothesis};
use crate::facts::claim::How;
use crate::facts::event::Kind;

/// A start so long before the victim's stop still "came in between", in seconds.
const STARTED_BEFORE_S: f64 = 120.0;

const UP: [Kind; 1] = [Kind::ServiceStart];
const DOWN: [Kind; 4] = [Kind::ServiceStop, Kind::ServiceFailed, Kind::Crash, Kind::OomKill];

/// A hypothesis for each service of the host that can listen, and for each process that only a table names.
pub(super) fn all(case: &Case<'_>) -> Vec<HolderHypothesis> {
    let services = listeners(case);
    let prior = -1.0 - (services.len().max(1) as f64).ln();
    let mut all: Vec<HolderHypothesis> = services.iter().map(|name| service(case, name, prior)).collect();
    let processes: BTreeSet<&String> = case
        .rows
        .iter()
        .filter_map(|row| match &row.named {
            Named::Process(name) => Some(name),
            _ => None,
        })
        .collect();
    all.extend(processes.into_iter().map(|name| process(case, name, prior)));
    all
}

/// What the host runs that can listen: by the table, by its own words, by its traffic. Not every unit can.
fn listeners(case: &Case<'_>) -> Vec<String> {
    let (world, victim) = (case.world, case.conflict.service.as_str());
    let mut names: BTreeSet<String> = BTreeSet::new();
    let events = world.events.iter().filter(|event| case.here(&event.host));
    names.extend(
        events
            .filter(|event| !matches!(event.kind(), Kind::OperatorAction | Kind::PackageChange))
            .filter(|event| !is_container_event(event.kind()))
            .filter_map(Happening::service)
            .filter(|name| usual_ports(name).is_some())
            .map(str::to_owned),
    );
    names.extend(world.services.iter().filter(|series| case.here(&series.host)).map(|series| series.name.clone()));
    names.extend(case.claims(How::OwnLine).map(|(_, claim, _)| claim.holder.clone()));
    names.extend(case.rows.iter().filter_map(|row| match &row.named {
        Named::Service(name) => Some(name.clone()),
        _ => None,
    }));
    // A configuration alone may be one that nobody runs, but if it has the port, it is worth a look.
    for (_, claim, _) in case.claims(How::Configured).filter(|(_, claim, _)| case.is_wanted(claim)) {
        names.insert(claim.holder.clone());
    }
    // One service by its unit and by its program is one: the name that its life goes by.
    let has_life = |name: &str| world.events.iter().any(|event| event.service() == Some(name));
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if is_alias(&name, victim) {
            continue;
        }
        match kept.iter_mut().find(|known| is_alias(known, &name)) {
            Some(known) if !has_life(known) && has_life(&name) => *known = name,
            Some(_) => {}
            None => kept.push(name),
        }
    }
    kept
}

pub(super) fn is_container_event(kind: Kind) -> bool {
    matches!(kind, Kind::ContainerStart | Kind::ContainerStop | Kind::ContainerKill | Kind::ContainerHealth)
}

fn service(case: &Case<'_>, name: &str, prior: f64) -> HolderHypothesis {
    let life = case.life(name, &UP, &DOWN);
    let mut reasons = claimed(case, name, &life);
    let (since, until) = in_between(case, &life, name, &mut reasons);
    reasons.extend(was_down(case, name, &life));
    reasons.extend(answers(case, name));
    let named = case.rows.iter().find(|row| row.named == Named::Service(name.into()));
    if let Some(row) = named {
        let text = format!("a table of sockets names {name}");
        reasons.push(Reason::new(9.0, text, vec![row.line.clone()]).direct());
    }
    reasons.extend(case.named_otherwise(|named| *named == Named::Service(name.into())));
    if case.engine == Some(Engine::OwnTable) {
        let text = "the container engine says that one of its own containers has the port";
        reasons.push(Reason::new(-4.0, text, failure_line(case)));
    }
    let pid = named.and_then(|row| row.claim.pid);
    HolderHypothesis { since, until, pid, ..hypothesis(Holder::Service(name.into()), prior, reasons) }
}

fn process(case: &Case<'_>, name: &str, prior: f64) -> HolderHypothesis {
    let is_this = |named: &Named| *named == Named::Process(name.into());
    let row = case.rows.iter().find(|row| is_this(&row.named));
    let text = format!("a table of sockets names {name}");
    let reason = row.map(|row| Reason::new(9.0, text, vec![row.line.clone()]).direct());
    let reasons = reason.into_iter().chain(case.named_otherwise(is_this)).collect();
    let pid = row.and_then(|row| row.claim.pid);
    HolderHypothesis { pid, ..hypothesis(Holder::Process(name.into()), prior, reasons) }
}

/// The line of the first failed bind.
pub(super) fn failure_line(case: &Case<'_>) -> Vec<super::super::world::Evidence> {
    let first = case.conflict.failures.first();
    first.map(|index| case.world.events[*index].evidence.iter().take(1).cloned().collect()).unwrap_or_default()
}

/// What is known of where a service listens: its own words, its configuration, what its software usually has.
fn claimed(case: &Case<'_>, name: &str, life: &Life<'_>) -> Vec<Reason> {
    let Some(port) = case.conflict.port else { return Vec::new() };
    let of = |how| {
        let own = case.claims(how).filter(|(_, claim, _)| is_alias(&claim.holder, name));
        own.collect::<Vec<Claimed<'_>>>()
    };
    let (own, configured) = (of(How::OwnLine), of(How::Configured));
    let first = case.conflict.first;
    // A claim ends with the process that made it.
    let holds = |(at, claim, _): &&Claimed<'_>| {
        case.is_wanted(claim) && at.is_some_and(|at| at <= first + super::TOLERANCE_S.0 && !life.ended_since(at, case))
    };
    let mut reasons = Vec::new();
    if let Some((_, _, line)) = own.iter().rev().find(holds) {
        let text = format!("{name} itself says that it listens on port {port}");
        reasons.push(Reason::new(7.0, text, vec![(*line).clone()]).direct());
    }
    let here = configured.iter().find(|(_, claim, _)| case.is_wanted(claim));
    if let Some((_, _, line)) = here {
        let text = format!("by its configuration, {name} listens on port {port}");
        reasons.push(Reason::new(4.0, text, vec![(*line).clone()]));
        if !is_seen(case, name) {
            reasons.push(Reason::new(-1.5, format!("no log shows that {name} ran"), Vec::new()));
        }
    }
    let all = || own.iter().chain(&configured);
    let is_known_here = all().any(|(_, claim, _)| case.is_wanted(claim));
    let elsewhere = all().find(|(_, claim, _)| !case.is_wanted(claim));
    match elsewhere {
        Some((_, claim, line)) if !is_known_here => {
            let how = if claim.how == How::Configured { "by its configuration, " } else { "" };
            let text = format!("{how}{name} listens on port {}", claim.port);
            reasons.push(Reason::new(-4.0, text, vec![(*line).clone()]));
        }
        None if configured.is_empty() && usual_ports(name).is_some_and(|usual| usual.contains(&port)) => {
            reasons.push(Reason::new(3.0, format!("port {port} is what {name} usually listens on"), Vec::new()));
        }
        _ => {}
    }
    reasons
}

/// Whether any log shows that a service ran on the conflict's host.
fn is_seen(case: &Case<'_>, name: &str) -> bool {
    let is_here =
        |event: &&Happening| case.here(&event.host) && event.service().is_some_and(|service| is_alias(service, name));
    series(case.world, name, &case.conflict.host).is_some() || case.world.events.iter().any(|event| is_here(&event))
}

/// That it was not there when the first bind failed.
fn was_down(case: &Case<'_>, name: &str, life: &Life<'_>) -> Option<Reason> {
    match life.at_first(case) {
        State::Down(event) => {
            let text = format!("{name} was down at the first failed bind");
            Some(Reason::new(-9.0, text, event.evidence.clone()))
        }
        State::StartsLater(event) if !was_up(case, name) => {
            let text = format!("{name} is first seen to start only after the first failed bind");
            Some(Reason::new(-6.0, text, event.evidence.clone()))
        }
        _ => None,
    }
}

/// Whether something else than a start shows that it ran before the first failure: its own words, or its requests.
fn was_up(case: &Case<'_>, name: &str) -> bool {
    let first = case.conflict.first;
    let said = case
        .claims(How::OwnLine)
        .any(|(at, claim, _)| is_alias(&claim.holder, name) && at.is_some_and(|at| at < first));
    let served = series(case.world, name, &case.conflict.host);
    said || served.and_then(|series| series.span()).is_some_and(|(from, _)| (from as f64) < first)
}

/// How many services that can listen started from then to the first failure.
fn started_since(case: &Case<'_>, from: f64) -> usize {
    let span = from..=case.conflict.first;
    let is_start = |event: &&Happening| event.kind() == Kind::ServiceStart && span.contains(&event.s());
    let here = case.world.events.iter().filter(|event| case.here(&event.host)).filter(is_start);
    let names: BTreeSet<&str> = here.filter_map(Happening::service).collect();
    listeners(case).iter().filter(|name| names.iter().any(|started| is_alias(started, name))).count()
}

/// Whether it came in between and left just before the port was free; and since and until when it was there.
pub(super) fn in_between(
    case: &Case<'_>,
    life: &Life<'_>,
    name: &str,
    reasons: &mut Vec<Reason>,
) -> (Option<f64>, Option<f64>) {
    let conflict = case.conflict;
    let from = conflict.stopped.unwrap_or(conflict.first) - STARTED_BEFORE_S;
    let start = life.start(case).filter(|event| event.s() >= from);
    if let Some(event) = start {
        // Of several that did, as in a storm of restarts, each is as likely the one.
        let count = started_since(case, from).max(1);
        let with = if count > 1 { format!(", as {} others did", count - 1) } else { String::new() };
        let text = format!("{name} started shortly before the first failed bind{with}");
        reasons.push(Reason::new((2.0 - (count as f64).ln()).max(0.0), text, event.evidence.clone()));
    }
    if let Some(event) = life.gone(case) {
        let text = format!("{name} was gone while binds still failed");
        reasons.push(Reason::new(-7.0, text, event.evidence.clone()));
    }
    let freed = life.freed(case);
    if let Some(event) = freed {
        let text = format!("{name} stopped between the last failed bind and the start that succeeded");
        reasons.push(Reason::new(3.0, text, event.evidence.clone()));
    }
    (start.map(Happening::s), freed.map(Happening::s))
}

/// Who answers the port's users has the port: its requests come while the victim is down, and end when it is back.
fn answers(case: &Case<'_>, name: &str) -> Option<Reason> {
    let conflict = case.conflict;
    let solved = conflict.solved?;
    let traffic = series(case.world, name, &conflict.host)?;
    let (from, to) = (conflict.first.floor() as i64, solved.ceil() as i64);
    let inside = traffic.count(from, to).requests;
    let after = traffic.count(to + 2, to + 2 + (to - from)).requests;
    let ends = inside >= STILL_SERVES && f64::from(after) <= 0.1 * f64::from(inside);
    // Before it, the holder had not the victim's users, unless it had the port before the victim ever did.
    let victim = series(case.world, &conflict.service, &conflict.host);
    let began = conflict.stopped.unwrap_or(conflict.first).floor() as i64;
    let before = traffic.count(began - (to - from), began - 1).requests;
    let victim_served = victim.is_some_and(|victim| victim.count(i64::MIN, began).requests > 0);
    let fits = !victim_served || f64::from(before) <= 0.1 * f64::from(inside);
    (ends && fits).then(|| {
        let text = format!(
            "{name} answered {inside} requests while the port was taken, and hardly any once {} was back",
            conflict.service
        );
        Reason::new(5.0, text, Vec::new())
    })
}
