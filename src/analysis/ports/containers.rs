//! Containers as holders of the port (methods, 5.1 and 5.2).

use std::collections::BTreeSet;

use super::super::evidence::Reason;
use super::super::world::{Evidence, Happening};
use super::case::{Case, Engine, Named, State};
use super::services::{failure_line, in_between, is_container_event};
use super::{Holder, HolderHypothesis, hypothesis};
use crate::facts::claim::How;
use crate::facts::event::Kind;

const PRIOR: f64 = -1.5;

/// A hypothesis for each container that ever published the port, or whose ports are not known.
pub(super) fn all(case: &Case<'_>) -> Vec<HolderHypothesis> {
    let victim = case.conflict.service.as_str();
    let published = case.claims(How::Published).filter(|(_, claim, _)| case.is_wanted(claim));
    let mut publish: BTreeSet<String> = published.map(|(_, claim, _)| claim.holder.clone()).collect();
    let events = || case.world.events.iter().filter(|event| case.here(&event.host));
    let is_container =
        |name: &str| events().any(|event| is_container_event(event.kind()) && event.service() == Some(name));
    // Docker's own failure to bind for a container tells what that container publishes.
    for event in events().filter(|event| event.kind() == Kind::BindFailure) {
        if let Some(name) = event.service()
            && event.event.said.port == case.conflict.port
            && is_container(name)
        {
            publish.insert(name.to_owned());
        }
    }
    publish.remove(victim);
    // One that is known to publish other ports only has not this one.
    let elsewhere: BTreeSet<&str> = case
        .claims(How::Published)
        .filter(|(_, claim, _)| !case.is_wanted(claim))
        .map(|(_, claim, _)| claim.holder.as_str())
        .collect();
    let started = events().filter(|event| event.kind() == Kind::ContainerStart).filter_map(Happening::service);
    let unknown: BTreeSet<&str> =
        started.filter(|name| *name != victim && !publish.contains(*name) && !elsewhere.contains(name)).collect();
    let known = publish.iter().map(|name| container(case, name, true));
    known.chain(unknown.into_iter().map(|name| container(case, name, false))).collect()
}

fn container(case: &Case<'_>, name: &str, publishes: bool) -> HolderHypothesis {
    let life = case.life(name, &[Kind::ContainerStart], &[Kind::ContainerStop]);
    let mut reasons: Vec<Reason> = running(case, name, publishes, &life.at_first(case)).into_iter().collect();
    let mut between = Vec::new();
    let (since, until) = in_between(case, &life, &format!("container {name}"), &mut between);
    // A start in between is already in the weight of "running then" where the port is known.
    reasons.extend(between.into_iter().filter(|reason| !publishes || reason.weight != 2.0));
    let is_running = !matches!(life.at_first(case), State::Down(_) | State::StartsLater(_));
    let row = case.rows.iter().find(|row| row.named == Named::Proxy);
    if let Some(row) = row.filter(|_| is_running) {
        let text = format!("a table of sockets names {}, which holds the ports of containers", row.claim.holder);
        reasons.push(Reason::new(5.0, text, vec![row.line.clone()]).direct());
    }
    reasons.extend(case.named_otherwise(|named| *named == Named::Proxy));
    match case.engine {
        Some(Engine::OwnTable) if publishes => {
            let text = "the container engine says that one of its own containers has the port";
            reasons.push(Reason::new(5.0, text, failure_line(case)));
        }
        Some(Engine::Outside) => {
            let text = "the container engine says that somebody outside of it has the port";
            reasons.push(Reason::new(-3.0, text, failure_line(case)));
        }
        _ => {}
    }
    let events = case.world.events.iter().filter(|event| event.service() == Some(name));
    let image = events.filter_map(|event| event.event.image.clone()).next();
    HolderHypothesis { since, until, ..hypothesis(Holder::Container(name.into(), image), PRIOR, reasons) }
}

/// Whether it ran when the first bind failed.
fn running(case: &Case<'_>, name: &str, publishes: bool, state: &State<'_>) -> Option<Reason> {
    let port = case.conflict.port.unwrap_or(0);
    match state {
        State::Up(event) | State::StopsLater(event) if publishes => {
            let text = format!("container {name}, which publishes port {port}, was running at the first failed bind");
            let mut lines = event.evidence.clone();
            lines.extend(published_by(case, name));
            Some(Reason::new(7.0, text, lines).direct())
        }
        State::Down(event) | State::StartsLater(event) => {
            let text = format!("container {name} was not running at the first failed bind");
            Some(Reason::new(-9.0, text, event.evidence.clone()))
        }
        State::Up(_) | State::StopsLater(_) | State::Unclear => None,
    }
}

/// The lines that tell which port a container publishes.
fn published_by(case: &Case<'_>, name: &str) -> Vec<Evidence> {
    let claims = case.claims(How::Published).filter(|(_, claim, _)| claim.holder == name && case.is_wanted(claim));
    claims.map(|(_, _, line)| line.clone()).take(1).collect()
}
