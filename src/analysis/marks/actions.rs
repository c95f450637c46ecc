//! Actions within an incident, by whomever, and what they did.

use super::{Effect, Item, Tally, verdict};
use crate::analysis::finding::{Finding, Shape};
use crate::analysis::incident::Incident;
use crate::analysis::world::{Service, World};
use crate::facts::event::Kind;

/// Actions that follow one another so soon are one, in seconds: no request tells which of them did it.
const ONE_ACTION_S: f64 = 5.0;
/// So long after a command the lines of what it does still belong to it, in seconds: a stop may wait for its clients.
const CARRIED_OUT_S: f64 = 15.0;
/// A start that fails says so within this time, in seconds.
const FAILS_WITHIN_S: f64 = 12.0;
/// Gaps between failing requests, in the mean, after which an outage that goes on would have shown itself in all but one
/// of 150; and no longer than so many seconds.
const UNSEEN_GAPS: f64 = 5.0;
const UNSEEN_S: f64 = 60.0;
/// A service that was down is up again so soon after the start that ended it, in seconds.
const UP_WITHIN_S: f64 = 15.0;

/// Whether an event may have changed something, so that what follows can be its doing.
pub(super) fn is_change(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::OperatorAction
            | Kind::Reload
            | Kind::ConfigChange
            | Kind::PackageChange
            | Kind::ContainerStart
            | Kind::ServiceStop
            | Kind::ServiceStart
    )
}

/// Whether an event is an action: start, stop, restart, reload, kill, a change of configuration or packages, of a
/// container; not a command that only looks.
pub(super) fn is_action(kind: Kind, message: &str) -> bool {
    let is_of_container = matches!(kind, Kind::ContainerStop | Kind::ContainerKill | Kind::Restart);
    (is_change(kind) || is_of_container) && is_repair(kind, message)
}

/// Whether somebody meant it, other than what supervisors do and what services tell of themselves.
fn is_deliberate(kind: Kind) -> bool {
    !matches!(kind, Kind::ServiceStart | Kind::ServiceStop | Kind::Restart)
}

/// Whether an event changes something (and does not only look).
pub fn is_repair(kind: Kind, message: &str) -> bool {
    const VERBS: [&str; 9] = ["start", "restart", "reload", "stop", "kill", "disable", "rm", "undo", "rollback"];
    match kind {
        Kind::OperatorAction => message.split([' ', '/', '-']).any(|word| VERBS.contains(&word)),
        _ => true,
    }
}

/// Whether a command starts something (a failed start after a stop is no fault of the stop).
fn is_start(item: &Item) -> bool {
    item.message.split(' ').any(|word| matches!(word, "start" | "restart" | "reload" | "try-restart"))
}

/// Actions that are told apart by nothing: a command, and the lines of what it did.
#[derive(Debug, Default)]
struct Act {
    /// By index in the timeline.
    items: Vec<usize>,
    first: f64,
    last: f64,
    is_deliberate: bool,
}

/// Says of each action what it did, by the requests before and after it; else by the lines that follow it.
pub(super) fn effects(items: &mut [Item], world: &World, incident: &Incident) {
    let requests = Requests::of(world, incident);
    let acts = acts(items, incident);
    for (index, act) in acts.iter().enumerate() {
        // What comes after the next command is not the doing of this one.
        let next = acts[index + 1..].iter().find(|next| next.is_deliberate).map_or(f64::INFINITY, |next| next.first);
        let until = next.min(world.coverage.map_or(f64::INFINITY, |(_, last)| last.as_f64()));
        let told = verdict(&|from, to| requests.tally(from, to), (act.first, act.last), until);
        let told = told.or_else(|| (ends_silence(act, items, incident)).then_some(Effect::Better));
        for item in lead(act, items) {
            items[item].effect = told;
        }
    }
    without_effect(items, &acts);
}

/// The last moment at which an action can have ended the incident: had it gone on, the next failing request would have
/// come soon after the last one.
pub(super) fn latest(incident: &Incident) -> f64 {
    let (start, end) = (incident.start.as_f64(), incident.until.as_f64());
    let failed = incident.impact.requests.as_ref().map_or(0, |requests| requests.failed);
    let gap = if failed > 1 { (end - start) / (failed - 1) as f64 } else { 0.0 };
    end + (UNSEEN_GAPS * gap).clamp(1.0, UNSEEN_S)
}

/// The actions within the incident, in order of time.
fn acts(items: &[Item], incident: &Incident) -> Vec<Act> {
    let (start, latest) = (incident.start.as_f64(), latest(incident));
    let mut acts: Vec<Act> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = item.at.as_f64();
        if !(start - 1.0..=latest).contains(&at) || !is_action(item.said.kind, &item.message) {
            continue;
        }
        let is_deliberate = is_deliberate(item.said.kind);
        let joins = |act: &&mut Act| {
            let carried_out = act.is_deliberate && !is_deliberate && at - act.first <= CARRIED_OUT_S;
            at - act.last <= ONE_ACTION_S || carried_out
        };
        match acts.last_mut().filter(joins) {
            Some(act) => {
                act.items.push(index);
                act.last = at;
                act.is_deliberate |= is_deliberate;
            }
            None => acts.push(Act { items: vec![index], first: at, last: at, is_deliberate }),
        }
    }
    acts
}

/// The items by which an action is named: the command; else the start; else the stop.
fn lead(act: &Act, items: &[Item]) -> Vec<usize> {
    let of = |wanted: &dyn Fn(Kind) -> bool| -> Vec<usize> {
        act.items.iter().copied().filter(|index| wanted(items[*index].said.kind)).collect()
    };
    let commands = of(&|kind| kind == Kind::OperatorAction);
    let deliberate = || of(&is_deliberate);
    let starts = || of(&|kind| kind != Kind::ServiceStop);
    [commands, deliberate(), starts()].into_iter().find(|found| !found.is_empty()).unwrap_or_else(|| act.items.clone())
}

/// Whether a service that was down by its own words, or without requests, is up again right after the action.
fn ends_silence(act: &Act, items: &[Item], incident: &Incident) -> bool {
    let end = incident.until.as_f64();
    let last = incident.findings.iter().max_by(|one, other| one.end.total_cmp(&other.end));
    let is_silent = last.is_some_and(|finding| !matches!(finding.shape, Shape::Spike | Shape::Slow));
    let starts = act.items.iter().any(|index| {
        let item = &items[*index];
        matches!(item.said.kind, Kind::ServiceStart | Kind::Restart | Kind::ContainerStart | Kind::Reload)
            || item.said.kind == Kind::OperatorAction && is_start(item)
    });
    !incident.is_ongoing && is_silent && starts && (act.first - 1.0..=act.last + UP_WITHIN_S).contains(&end)
}

/// A command after which the start fails had no effect, unless the requests show that it made things worse.
fn without_effect(items: &mut [Item], acts: &[Act]) {
    let fails = |item: &Item| matches!(item.said.kind, Kind::ServiceFailed | Kind::BindFailure);
    let failed: Vec<(f64, Option<String>)> =
        items.iter().filter(|item| fails(item)).map(|item| (item.at.as_f64(), item.said.service.clone())).collect();
    for index in acts.iter().flat_map(|act| &act.items) {
        let item = &items[*index];
        let at = item.at.as_f64();
        let is_about = |service: &Option<String>| {
            service
                .as_ref()
                .is_some_and(|name| item.message.contains(name.as_str()) || item.said.service.as_ref() == Some(name))
        };
        let failed =
            failed.iter().any(|(later, service)| (-0.5..FAILS_WITHIN_S).contains(&(later - at)) && is_about(service));
        if item.said.kind == Kind::OperatorAction && is_start(item) && failed && item.effect != Some(Effect::Worse) {
            items[*index].effect = Some(Effect::None);
        }
    }
}

/// The requests by which actions of an incident are judged: those of its outermost layer, and of a holder of its port.
struct Requests<'a> {
    services: Vec<&'a Service>,
    /// Findings in which requests were missing, or refused by the wrong server.
    findings: Vec<(&'a Finding, &'a Service)>,
}

impl<'a> Requests<'a> {
    fn of(world: &'a World, incident: &'a Incident) -> Requests<'a> {
        let is_of_layer = |index: usize| Some(&world.services[index].name) == incident.impact.layer.as_ref();
        let of_holder = |index: usize| {
            let wrong = |finding: &&Finding| finding.shape == Shape::WrongServer;
            incident.findings.iter().filter(wrong).any(|finding| finding.series == Some(index))
        };
        let counts: Vec<usize> =
            (0..world.services.len()).filter(|index| is_of_layer(*index) || of_holder(*index)).collect();
        let findings = incident.findings.iter().filter_map(|finding| {
            let index = finding.series.filter(|index| counts.contains(index))?;
            let is_judged = matches!(finding.shape, Shape::Hole | Shape::Dip | Shape::WrongServer);
            is_judged.then_some((finding, &world.services[index]))
        });
        Requests {
            findings: findings.collect(),
            services: counts.iter().map(|index| &world.services[*index]).collect(),
        }
    }

    /// Requests, and those of them that failed, were refused by the wrong server, or never came.
    fn tally(&self, from: i64, to: i64) -> Tally {
        let mut tally = Tally::default();
        for service in &self.services {
            let count = service.count(from, to);
            tally.requests += f64::from(count.requests);
            tally.failing += f64::from(count.failing);
        }
        for (finding, service) in &self.findings {
            let (begins, ends) = (finding.start.max(from as f64), finding.end.min(to as f64));
            if ends <= begins {
                continue;
            }
            if finding.shape == Shape::WrongServer {
                tally.failing += f64::from(service.count(begins.floor() as i64, ends.ceil() as i64).refused);
            } else {
                let missing = finding.missed * (ends - begins) / (finding.end - finding.start);
                tally.requests += missing;
                tally.failing += missing;
            }
        }
        tally
    }
}
