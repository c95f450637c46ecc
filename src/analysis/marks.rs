//! The timeline of an incident, and its marks: trigger, detection, actions with their effect, mitigation, end
//! (methods, 6.2).

use super::incident::Incident;
use super::world::{Evidence, Happening, World};
use crate::clock::Instant;
use crate::facts::closer::Close;
use crate::facts::event::{Kind, Said};

/// How long before the start events still belong to the story, in seconds.
const BEFORE_S: f64 = 1800.0;
/// How long after the end.
const AFTER_S: f64 = 600.0;
/// Lines of one event told again within so many seconds are one item.
const REPEAT_S: f64 = 30.0;
/// An action so shortly before the end ended it, in seconds.
const MITIGATES_S: f64 = 120.0;
/// Items at most.
const MOST_ITEMS: usize = 300;

/// What an action did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Effect {
    None,
    Worse,
    Better,
}

impl Effect {
    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Worse => "worse",
            Effect::Better => "better",
        }
    }
}

/// One entry of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    #[allow(missing_docs)]
    pub at: Instant,
    /// The last of several.
    pub end: Option<Instant>,
    /// What happened, as a line tells it; for what the analysis saw, only kind and service.
    pub said: Said,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// How often it was told.
    pub count: usize,
    /// What the line says; empty where no line says it.
    pub message: String,
    /// Who acted.
    pub user: Option<String>,
    /// `None`: cannot tell, or no action.
    pub effect: Option<Effect>,
    /// Whether no line says it, but the requests show it.
    pub is_inferred: bool,
    #[allow(missing_docs)]
    pub evidence: Vec<Evidence>,
}

/// A moment with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    #[allow(missing_docs)]
    pub at: Instant,
    /// The item that it rests on.
    pub item: Item,
}

/// The moments that people ask for.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Marks {
    pub trigger: Option<Mark>,
    pub impact_start: Option<Mark>,
    pub detected: Option<Mark>,
    pub mitigated: Option<Mark>,
    pub ended: Option<Mark>,
    pub verified: Option<Mark>,
}

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
    effects(&mut items, incident);
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

fn is_change(kind: Kind) -> bool {
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

/// Units of the machine itself, which come and go with logins and timers.
fn is_plumbing(name: &str) -> bool {
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
    let line = |seen: &crate::facts::closer::Seen| vec![world.line(seen.place)];
    let mut items = Vec::new();
    let first = incident.impact.first.as_ref().filter(|seen| seen.at == incident.start);
    items.push(item(incident.start, Kind::FirstFailure, first.map(line).unwrap_or_default()));
    for finding in &incident.findings {
        if finding.shape == super::finding::Shape::Hole {
            let at = |s: f64| Instant { s: s.floor() as i64, nanos: 0, digits: 0 };
            items.push(Item { end: Some(at(finding.end)), ..item(at(finding.start), Kind::Hole, Vec::new()) });
        }
    }
    if !incident.is_ongoing {
        let last = incident.impact.last.as_ref().filter(|seen| seen.at == incident.until);
        items.push(item(incident.until, Kind::LastFailure, last.map(line).unwrap_or_default()));
        if let Some(good) = first_good(incident, close) {
            items.push(item(good.at, Kind::Recovered, line(&good)));
        }
    }
    items
}

/// The first request that was answered after the end.
fn first_good(incident: &Incident, close: &[Close]) -> Option<crate::facts::closer::Seen> {
    let of_layer = close.iter().filter(|part| Some(&part.service) == incident.impact.layer.as_ref());
    let after = |seen: &&crate::facts::closer::Seen| {
        seen.at.as_f64() >= incident.until.as_f64() - 1.0
            && seen.outcome == crate::facts::traffic::Outcome::Good
            && seen.at.s >= incident.until.s
    };
    of_layer.filter_map(|part| part.seen.iter().find(after)).min().copied()
}

/// What the actions did, as far as the next lines tell: a start that fails has no effect, the last one before the end
/// ended it.
fn effects(items: &mut [Item], incident: &Incident) {
    let (start, end) = (incident.start.as_f64(), incident.until.as_f64());
    let failed: Vec<(f64, Option<String>)> = items
        .iter()
        .filter(|item| matches!(item.said.kind, Kind::ServiceFailed | Kind::BindFailure))
        .map(|item| (item.at.as_f64(), item.said.service.clone()))
        .collect();
    let mut best: Option<usize> = None;
    for (index, item) in items.iter_mut().enumerate() {
        let at = item.at.as_f64();
        if !(start - 1.0..=end + 1.0).contains(&at) || !is_change(item.said.kind) || item.said.kind == Kind::ServiceStop
        {
            continue;
        }
        let of_service =
            |service: &Option<String>| service.as_ref().is_some_and(|name| item.message.contains(name.as_str()));
        let fails = failed.iter().any(|(later, service)| (-0.5..12.0).contains(&(later - at)) && of_service(service));
        if item.said.kind == Kind::OperatorAction && fails && is_start(item) {
            item.effect = Some(Effect::None);
        } else if !incident.is_ongoing && end - at <= MITIGATES_S && is_repair(item) {
            best = Some(index);
        }
    }
    if let Some(index) = best {
        items[index].effect = Some(Effect::Better);
    }
}

/// Whether a command starts something (a failed start after a stop is no fault of the stop).
fn is_start(item: &Item) -> bool {
    item.message.split(' ').any(|word| matches!(word, "start" | "restart" | "reload" | "try-restart"))
}

/// Whether an item changes something (and does not only look).
fn is_repair(item: &Item) -> bool {
    const VERBS: [&str; 9] = ["start", "restart", "reload", "stop", "kill", "disable", "rm", "undo", "rollback"];
    match item.said.kind {
        Kind::OperatorAction => item.message.split([' ', '/', '-']).any(|word| VERBS.contains(&word)),
        _ => true,
    }
}

/// The marks, from the timeline.
pub fn marks(world: &World, incident: &Incident) -> Marks {
    let items = &incident.timeline;
    let (start, end) = (incident.start.as_f64(), incident.until.as_f64());
    let mark = |item: &Item| Mark { at: item.at, item: item.clone() };
    let find = |wanted: &dyn Fn(&Item) -> bool| items.iter().find(|item| wanted(item)).map(mark);
    let last = |wanted: &dyn Fn(&Item) -> bool| items.iter().rev().find(|item| wanted(item)).map(mark);
    let knows = |item: &Item| {
        matches!(item.said.kind, Kind::BackendDown | Kind::OperatorAction | Kind::ContainerHealth)
            && item.at.as_f64() > start
            && item.at.as_f64() <= end
    };
    Marks {
        trigger: trigger(items, incident).map(mark),
        impact_start: find(&|item| item.said.kind == Kind::FirstFailure),
        detected: find(&knows),
        mitigated: last(&|item| item.effect == Some(Effect::Better)),
        ended: last(&|item| item.said.kind == Kind::LastFailure).filter(|_| !incident.is_ongoing),
        verified: verified(world, incident).map(|at| Mark {
            at,
            item: Item {
                at,
                ..items
                    .iter()
                    .find(|item| item.said.kind == Kind::Recovered)
                    .cloned()
                    .unwrap_or_else(|| items[0].clone())
            },
        }),
    }
}

/// The change that set it off: the softmax of methods, 5.4, over the changes before the onset.
fn trigger<'a>(items: &'a [Item], incident: &Incident) -> Option<&'a Item> {
    let start = incident.start.as_f64();
    let involved = |name: &Option<String>, message: &str| {
        incident.services.iter().any(|(known, _)| name.as_deref() == Some(known) || message.contains(known.as_str()))
    };
    let changes: Vec<&Item> = items
        .iter()
        .filter(|item| is_change(item.said.kind) && item.said.kind != Kind::ServiceStart && is_repair(item))
        .filter(|item| (start - BEFORE_S..=start + 2.0).contains(&item.at.as_f64()))
        .collect();
    let score = |item: &&Item| {
        let ago = (start - item.at.as_f64()).max(0.0);
        -3.0 + 5.0 * (-ago / 120.0).exp2() + if involved(&item.said.service, &item.message) { 1.5 } else { -0.5 }
    };
    let mut scores: Vec<f64> = changes.iter().map(score).collect();
    scores.push(0.0);
    let probabilities = super::evidence::softmax(&scores);
    // Several changes in a bunch are one candidate: their sum counts, the best of them is named.
    let none = probabilities.last().copied().unwrap_or(1.0);
    let best = changes.iter().max_by(|one, other| score(one).total_cmp(&score(other)))?;
    (1.0 - none >= 0.5).then_some(*best)
}

/// When the recovery was certain: five minutes without a new failure, and requests in them.
fn verified(world: &World, incident: &Incident) -> Option<Instant> {
    let at = incident.until.s + 300;
    let (_, last) = world.coverage?;
    let layer = incident.impact.layer.as_ref()?;
    let of_layer = || world.services.iter().filter(|service| service.name == *layer);
    let good: u32 = of_layer()
        .map(|service| service.count(incident.until.s + 1, at))
        .map(|count| count.requests - count.failing)
        .sum();
    let ends = of_layer().filter_map(|service| service.span()).map(|(_, last)| last).max()?;
    (!incident.is_ongoing && last.s >= at && ends >= at && good >= 10).then_some(Instant::second(at))
}
