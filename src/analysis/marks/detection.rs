//! When someone or something first knew (methods, 6.2).

use super::Item;
use super::actions::is_change;
use crate::analysis::incident::Incident;
use crate::analysis::world::{Happening, World};
use crate::facts::event::{Kind, Said};

/// The first line that shows that somebody knew: a health check that marks a server down, a health check of a
/// container, a login, a command. `None` is "not seen in the logs".
pub(super) fn detected(world: &World, incident: &Incident) -> Option<Item> {
    let (start, end) = (incident.start.as_f64(), incident.until.as_f64());
    let told = incident.timeline.iter().find(|item| is_inside(item.at.as_f64(), start, end) && knows(item));
    let login = world.events.iter().find(|event| is_inside(event.s(), start, end) && is_login(event));
    match (told, login) {
        (Some(told), Some(login)) if login.at < told.at => Some(arrival(login)),
        (Some(told), _) => Some(told.clone()),
        (None, login) => login.map(arrival),
    }
}

/// After the onset, and not after the end: a command that set it off is no detection.
fn is_inside(at: f64, start: f64, end: f64) -> bool {
    at > start && at <= end
}

fn knows(item: &Item) -> bool {
    match item.said.kind {
        Kind::BackendDown | Kind::OperatorAction | Kind::Detected | Kind::Escalation => true,
        // Docker tells of its health checks when a container turns healthy, too.
        Kind::ContainerHealth => item.message.contains("unhealthy"),
        // Of what people change, systemd alone does not tell who did it.
        kind => is_change(kind) && item.user.is_some(),
    }
}

/// A session that systemd opens for a person: `Started session-12.scope - Session 12 of User bob.` Those of `root`
/// may be cron's.
fn is_login(event: &Happening) -> bool {
    event.kind() == Kind::ServiceStart
        && event.service().is_some_and(|name| name.starts_with("session-"))
        && person(event).is_some_and(|name| name != "root")
}

fn person(event: &Happening) -> Option<&str> {
    let (_, name) = event.event.message.rsplit_once("of User ").or(event.event.message.rsplit_once("of user "))?;
    Some(name.trim_end_matches('.').trim())
}

fn arrival(event: &Happening) -> Item {
    let name = person(event).unwrap_or("somebody").to_owned();
    Item {
        at: event.at,
        end: None,
        said: Said::of(Kind::Detected, None),
        host: event.host.clone(),
        count: 1,
        message: format!("{name} logged in"),
        user: Some(name),
        effect: None,
        is_inferred: false,
        evidence: event.evidence.clone(),
    }
}
