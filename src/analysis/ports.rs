//! Who held the port: conflicts by their failed binds, and the hypotheses of who sat there (methods, 5.1 to 5.3).
//!
//! A name is said only with evidence. *Unknown* is a hypothesis like the others: a process started by hand leaves no
//! trace.

use std::collections::BTreeSet;

use super::evidence::{Confidence, Reason, score, softmax};
use super::listeners::usual_ports;
use super::world::{Evidence, Happening, Service, World};
use crate::facts::claim::{Claim, How};
use crate::facts::event::Kind;
use crate::facts::sign::Sign;

/// Failed binds of one service at most so far apart are one conflict, in seconds; any distance, if it did not start in
/// between.
const EPISODE_S: f64 = 600.0;
/// A stop so long before the first failure belongs to the conflict, in seconds.
const STOP_BEFORE_S: f64 = 600.0;
/// A start so long before the victim's stop still "came in between", in seconds.
const STARTED_BEFORE_S: f64 = 120.0;
/// Tolerance of every comparison in time, in seconds.
const TOLERANCE_S: f64 = 1.0;
/// Requests answered between the failures that show that an old copy serves on.
const STILL_SERVES: u32 = 5;

/// A service that could not bind.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// The victim.
    pub service: String,
    #[allow(missing_docs)]
    pub address: Option<String>,
    #[allow(missing_docs)]
    pub port: Option<u16>,
    #[allow(missing_docs)]
    pub errno: Option<&'static str>,
    /// First and last failed bind.
    pub first: f64,
    #[allow(missing_docs)]
    pub last: f64,
    /// When the victim had been stopped before, if the logs tell.
    pub stopped: Option<f64>,
    /// The first start that succeeded afterwards.
    pub solved: Option<f64>,
    /// Indices of its events.
    pub failures: Vec<usize>,
    /// Ranked.
    pub hypotheses: Vec<HolderHypothesis>,
}

/// Who may hold a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// Somebody who left no trace.
    Unknown,
    /// An old process of the same service.
    SelfStale,
    #[allow(missing_docs)]
    Service(String),
    /// Name and image.
    Container(String, Option<String>),
}

/// A holder with what speaks for and against it.
#[derive(Clone, Debug, PartialEq)]
pub struct HolderHypothesis {
    #[allow(missing_docs)]
    pub holder: Holder,
    #[allow(missing_docs)]
    pub reasons: Vec<Reason>,
    #[allow(missing_docs)]
    pub score: f64,
    #[allow(missing_docs)]
    pub probability: f64,
    #[allow(missing_docs)]
    pub confidence: Confidence,
    /// Since and until when it held the port, where told.
    pub since: Option<f64>,
    #[allow(missing_docs)]
    pub until: Option<f64>,
    /// Its process, where told.
    pub pid: Option<i64>,
}

impl Conflict {
    /// The holder, from "likely" on.
    pub fn holder(&self) -> Option<&HolderHypothesis> {
        let best = self.hypotheses.first()?;
        (best.holder != Holder::Unknown && best.confidence >= Confidence::Likely).then_some(best)
    }

    /// From the stop or the first failed bind to the start that succeeded.
    pub fn window(&self) -> (f64, Option<f64>) {
        (self.stopped.unwrap_or(self.first), self.solved)
    }
}

/// Finds the conflicts and weighs who held the port.
pub fn conflicts(world: &World) -> Vec<Conflict> {
    let mut found = episodes(world);
    for conflict in &mut found {
        conflict.hypotheses = hypotheses(world, conflict);
    }
    found
}

/// Failed binds of one service and port, in episodes.
fn episodes(world: &World) -> Vec<Conflict> {
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

fn same_host(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// The first start of the victim after its last failed bind, else the first request that it answers.
fn solved(world: &World, conflict: &Conflict) -> Option<f64> {
    let after = |event: &&Happening| {
        matches!(event.kind(), Kind::ServiceStart | Kind::ContainerStart)
            && event.service() == Some(&conflict.service)
            && same_host(&event.host, &conflict.host)
            && event.s() > conflict.last
    };
    let start = world.events.iter().find(after).map(Happening::s);
    let answers = series(world, &conflict.service, &conflict.host).and_then(|service| {
        let next = service.seconds.partition_point(|second| (second.at as f64) <= conflict.last + TOLERANCE_S);
        service.seconds.get(next).map(|second| second.at as f64)
    });
    start.or(answers)
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

/// What the host runs that can listen: by the table, by its own words, by its traffic. Not every unit can.
fn listeners(world: &World, conflict: &Conflict) -> Vec<String> {
    let here = |host: &Option<String>| same_host(host, &conflict.host);
    let mut names: BTreeSet<String> = BTreeSet::new();
    let events = world.events.iter().filter(|event| here(&event.host));
    names.extend(
        events
            .filter(|event| !matches!(event.kind(), Kind::OperatorAction | Kind::PackageChange))
            .filter(|event| !is_container_event(event.kind()))
            .filter_map(Happening::service)
            .filter(|name| usual_ports(name).is_some())
            .map(str::to_owned),
    );
    names.extend(world.services.iter().filter(|series| here(&series.host)).map(|series| series.name.clone()));
    let claims = world.claims.iter().filter(|(_, host, claim, _)| here(host) && claim.how == How::OwnLine);
    names.extend(claims.map(|(_, _, claim, _)| claim.holder.clone()));
    // A configuration alone may be one that nobody runs, but if it has the port, it is worth a look.
    let would = |claim: &Claim| claim.how == How::Configured && Some(claim.port) == conflict.port;
    let would = world.claims.iter().filter(|(_, host, claim, _)| here(host) && would(claim));
    for (_, _, claim, _) in would {
        let aliases = aliases(&claim.holder);
        if !aliases.iter().any(|name| names.contains(*name) || *name == conflict.service) {
            names.insert(claim.holder.clone());
        }
    }
    // sshd by its unit and by its program is one.
    if names.contains("ssh") {
        names.remove("sshd");
    }
    names.remove(&conflict.service);
    names.into_iter().collect()
}

fn is_container_event(kind: Kind) -> bool {
    matches!(kind, Kind::ContainerStart | Kind::ContainerStop | Kind::ContainerKill | Kind::ContainerHealth)
}

fn hypotheses(world: &World, conflict: &Conflict) -> Vec<HolderHypothesis> {
    let services = listeners(world, conflict);
    let prior = -1.0 - (services.len().max(1) as f64).ln();
    let mut all = vec![hypothesis(Holder::Unknown, 0.0, Vec::new(), None, None)];
    all.push(self_stale(world, conflict));
    all.extend(services.iter().map(|name| service(world, conflict, name, prior)));
    all.extend(containers(world, conflict));
    let scores: Vec<f64> = all.iter().map(|hypothesis| hypothesis.score).collect();
    for (hypothesis, probability) in all.iter_mut().zip(softmax(&scores)) {
        hypothesis.probability = probability;
        let is_direct = hypothesis.reasons.iter().any(|reason| reason.is_direct);
        hypothesis.confidence = Confidence::of(probability, is_direct);
    }
    all.sort_by(|one, other| other.probability.total_cmp(&one.probability).then_with(|| one.holder.cmp(&other.holder)));
    all
}

fn hypothesis(
    holder: Holder,
    prior: f64,
    reasons: Vec<Reason>,
    since: Option<f64>,
    until: Option<f64>,
) -> HolderHypothesis {
    let score = score(prior, &reasons);
    let confidence = Confidence::NotDetermined;
    HolderHypothesis { holder, reasons, score, probability: 0.0, confidence, since, until, pid: None }
}

/// Starts and stops of somebody, in order: time, whether it is up afterwards, and the event.
fn life<'a>(
    world: &'a World,
    conflict: &Conflict,
    name: &str,
    up: &[Kind],
    down: &[Kind],
) -> Vec<(f64, bool, &'a Happening)> {
    let aliases = aliases(name);
    world
        .events
        .iter()
        .filter(|event| same_host(&event.host, &conflict.host))
        .filter(|event| event.service().is_some_and(|service| aliases.contains(&service)))
        .filter_map(|event| {
            let is_up = up.contains(&event.kind());
            (is_up || down.contains(&event.kind())).then_some((event.s(), is_up, event))
        })
        .collect()
}

fn aliases(name: &str) -> Vec<&str> {
    match name {
        "ssh" | "sshd" => vec!["ssh", "sshd"],
        "apache2" | "httpd" => vec!["apache2", "httpd"],
        _ => vec![name],
    }
}

const UP: [Kind; 1] = [Kind::ServiceStart];
const DOWN: [Kind; 4] = [Kind::ServiceStop, Kind::ServiceFailed, Kind::Crash, Kind::OomKill];

fn service(world: &World, conflict: &Conflict, name: &str, prior: f64) -> HolderHypothesis {
    let mut reasons = claimed(world, conflict, name);
    let life = life(world, conflict, name, &UP, &DOWN);
    let (since, until) = in_between(conflict, &life, name, &mut reasons);
    let before = life.iter().rev().find(|(at, _, _)| *at <= conflict.first + TOLERANCE_S);
    if let Some((_, false, event)) = before {
        let text = format!("{name} was down at the first failed bind");
        reasons.push(Reason::new(-9.0, text, event.evidence.clone()));
    }
    if before.is_none()
        && let Some((_, true, event)) = life.first()
    {
        let text = format!("{name} is first seen to start only after the first failed bind");
        reasons.push(Reason::new(-6.0, text, event.evidence.clone()));
    }
    if let Some(reason) = answers(world, conflict, name) {
        reasons.push(reason);
    }
    hypothesis(Holder::Service(name.into()), prior, reasons, since, until)
}

/// What is known of where a service listens: its own words, else its configuration, else what its software usually has.
fn claimed(world: &World, conflict: &Conflict, name: &str) -> Vec<Reason> {
    let Some(port) = conflict.port else { return Vec::new() };
    let own = claims_of(world, conflict, name, How::OwnLine);
    let here = own.iter().find(|(claim, _)| claim.port == port);
    match (here, own.first()) {
        (Some((_, line)), _) => {
            let text = format!("{name} itself says that it listens on port {port}");
            return vec![Reason::new(7.0, text, vec![(*line).clone()]).direct()];
        }
        (None, Some((claim, line))) => {
            let text = format!("{name} listens on port {}", claim.port);
            return vec![Reason::new(-4.0, text, vec![(*line).clone()])];
        }
        (None, None) => {}
    }
    let configured = claims_of(world, conflict, name, How::Configured);
    let here = configured.iter().find(|(claim, _)| claim.port == port);
    match (here, configured.first(), usual_ports(name)) {
        (Some((_, line)), _, _) => {
            let text = format!("by its configuration, {name} listens on port {port}");
            let mut reasons = vec![Reason::new(4.0, text, vec![(*line).clone()])];
            if !is_seen(world, conflict, name) {
                reasons.push(Reason::new(-1.5, format!("no log shows that {name} ran"), Vec::new()));
            }
            reasons
        }
        // It may be a part of its configuration only.
        (None, Some((claim, line)), _) => {
            let text = format!("by its configuration, {name} listens on port {}", claim.port);
            vec![Reason::new(-2.0, text, vec![(*line).clone()])]
        }
        (None, None, Some(usual)) if usual.contains(&port) => {
            vec![Reason::new(3.0, format!("port {port} is what {name} usually listens on"), Vec::new())]
        }
        _ => Vec::new(),
    }
}

/// Where a service listens on the conflict's host, by claims of that kind made until the conflict.
fn claims_of<'w>(world: &'w World, conflict: &Conflict, name: &str, how: How) -> Vec<(&'w Claim, &'w Evidence)> {
    let aliases = aliases(name);
    let claims = world.claims.iter().filter(|(at, host, claim, _)| {
        claim.how == how
            && aliases.contains(&claim.holder.as_str())
            && same_host(host, &conflict.host)
            && at.is_none_or(|at| at.as_f64() <= conflict.first + TOLERANCE_S)
    });
    claims.map(|(_, _, claim, line)| (claim, line)).collect()
}

/// Whether any log shows that a service ran on the conflict's host.
fn is_seen(world: &World, conflict: &Conflict, name: &str) -> bool {
    let aliases = aliases(name);
    let is_here = |event: &&Happening| {
        same_host(&event.host, &conflict.host) && event.service().is_some_and(|service| aliases.contains(&service))
    };
    series(world, name, &conflict.host).is_some() || world.events.iter().any(|event| is_here(&event))
}

/// Whether it came in between and left just before the port was free; and since and until when it was there.
fn in_between(
    conflict: &Conflict,
    life: &[(f64, bool, &Happening)],
    name: &str,
    reasons: &mut Vec<Reason>,
) -> (Option<f64>, Option<f64>) {
    let from = conflict.stopped.unwrap_or(conflict.first) - STARTED_BEFORE_S;
    let start = life.iter().rev().find(|(at, up, _)| *up && (from..=conflict.first + TOLERANCE_S).contains(at));
    if let Some((_, _, event)) = start {
        let text = format!("{name} started shortly before the first failed bind");
        reasons.push(Reason::new(2.0, text, event.evidence.clone()));
    }
    let gone = life.iter().find(|(at, up, _)| !*up && *at > conflict.first + TOLERANCE_S);
    if let Some((at, _, event)) = gone {
        let back = life.iter().any(|(later, up, _)| *up && later > at && *later <= conflict.last);
        if *at + TOLERANCE_S < conflict.last && !back {
            let text = format!("{name} was gone while binds still failed");
            reasons.push(Reason::new(-7.0, text, event.evidence.clone()));
        }
    }
    let freed = life.iter().find(|(at, up, _)| {
        !*up && *at >= conflict.last - TOLERANCE_S && conflict.solved.is_some_and(|solved| *at <= solved + TOLERANCE_S)
    });
    if let Some((_, _, event)) = freed {
        let text = format!("{name} stopped between the last failed bind and the start that succeeded");
        reasons.push(Reason::new(3.0, text, event.evidence.clone()));
    }
    (start.map(|(at, _, _)| *at), freed.map(|(at, _, _)| *at))
}

/// Who answers the port's users has the port: its requests come while the victim is down, and end when it is back.
fn answers(world: &World, conflict: &Conflict, name: &str) -> Option<Reason> {
    let solved = conflict.solved?;
    let traffic = series(world, name, &conflict.host)?;
    let (from, to) = (conflict.first.floor() as i64, solved.ceil() as i64);
    let inside = traffic.count(from, to).requests;
    let after = traffic.count(to + 2, to + 2 + (to - from)).requests;
    let ends = inside >= STILL_SERVES && f64::from(after) <= 0.1 * f64::from(inside);
    // Before it, the holder had not the victim's users, unless it had the port before the victim ever did.
    let victim = series(world, &conflict.service, &conflict.host);
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

fn containers(world: &World, conflict: &Conflict) -> Vec<HolderHypothesis> {
    let here = |host: &Option<String>| same_host(host, &conflict.host);
    let mut names: BTreeSet<(String, bool)> = BTreeSet::new();
    for (_, host, claim, _) in &world.claims {
        if claim.how == How::Published && here(host) && Some(claim.port) == conflict.port {
            names.insert((claim.holder.clone(), true));
        }
    }
    // Docker's own failure to bind for a container tells what that container publishes.
    let is_container =
        |name: &str| world.events.iter().any(|event| is_container_event(event.kind()) && event.service() == Some(name));
    for event in world.events.iter().filter(|event| here(&event.host) && event.kind() == Kind::BindFailure) {
        let said = &event.event.said;
        if let Some(name) = &said.service
            && said.port == conflict.port
            && *name != conflict.service
            && is_container(name)
        {
            names.insert((name.clone(), true));
        }
    }
    // A container of unknown ports that ran only while the port was taken.
    for event in world.events.iter().filter(|event| here(&event.host) && event.kind() == Kind::ContainerStart) {
        if let Some(name) = event.service()
            && !names.contains(&(name.to_owned(), true))
        {
            names.insert((name.to_owned(), false));
        }
    }
    names.into_iter().map(|(name, publishes)| container(world, conflict, &name, publishes)).collect()
}

fn container(world: &World, conflict: &Conflict, name: &str, publishes: bool) -> HolderHypothesis {
    let mut reasons = Vec::new();
    let life = life(world, conflict, name, &[Kind::ContainerStart], &[Kind::ContainerStop]);
    let before = life.iter().rev().find(|(at, _, _)| *at <= conflict.first + TOLERANCE_S);
    let port = conflict.port.unwrap_or(0);
    match before {
        Some((_, true, event)) if publishes => {
            let text = format!("container {name}, which publishes port {port}, was running at the first failed bind");
            let mut lines = event.evidence.clone();
            lines.extend(published_by(world, conflict, name));
            reasons.push(Reason::new(7.0, text, lines).direct());
        }
        Some((_, true, _)) => {}
        _ => {
            let text = format!("container {name} was not running at the first failed bind");
            reasons.push(Reason::new(
                -9.0,
                text,
                before.map(|(_, _, event)| event.evidence.clone()).unwrap_or_default(),
            ));
        }
    }
    let (since, until) = in_between(conflict, &life, &format!("container {name}"), &mut reasons);
    // A start in between is already in the weight of "running then" where the port is known.
    if publishes {
        reasons.retain(|reason| reason.weight != 2.0);
    }
    let image = life.iter().find_map(|(_, _, event)| event.event.image.clone());
    hypothesis(Holder::Container(name.into(), image), -1.5, reasons, since, until)
}

/// The lines that tell which port a container publishes.
fn published_by(world: &World, conflict: &Conflict, name: &str) -> Vec<Evidence> {
    let claims =
        world.claims.iter().filter(|(_, _, claim, _)| claim.holder == name && Some(claim.port) == conflict.port);
    claims.map(|(_, _, _, line)| line.clone()).take(1).collect()
}

fn self_stale(world: &World, conflict: &Conflict) -> HolderHypothesis {
    let mut reasons = Vec::new();
    let span = conflict.first - 300.0..=conflict.last;
    let left = world.signs.iter().filter(|signs| signs.sign == Sign::LeftOver);
    let left = left.filter(|signs| signs.about.as_deref() == Some(&conflict.service));
    let line = left.flat_map(|signs| &signs.samples).find(|(at, _)| span.contains(&at.as_f64()));
    if let Some((_, line)) = line {
        let text = format!("systemd found a left-over process of {}", conflict.service);
        reasons.push(Reason::new(5.0, text, vec![line.clone()]).direct());
    }
    if let Some(own) = series(world, &conflict.service, &conflict.host) {
        let end = conflict.solved.unwrap_or(conflict.last).floor() as i64;
        // From a second after the first failure to a second before the start: whole seconds stand for both sides.
        let answered = own.count(conflict.first.ceil() as i64 + 1, end - 1).requests;
        if answered >= STILL_SERVES {
            let text = format!("{} went on answering: {answered} requests between the failed binds", conflict.service);
            reasons.push(Reason::new(5.0, text, Vec::new()).direct());
        }
    }
    hypothesis(Holder::SelfStale, -1.0, reasons, None, None)
}
