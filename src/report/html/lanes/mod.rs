//! Who was up when, and who held the port: a lane for each service and container, told by the timeline alone.
//!
//! A start makes a lane up, an end makes it down. What a lane was before its first line follows from that line: what
//! stops was up. Where nothing tells, nothing is claimed.

mod draw;

use std::collections::BTreeMap;

use minijinja::Value;
use serde::Serialize;

use super::super::model::{Holder, Incident, Item, Report};
use super::super::text::Page;
use super::Limits;
use super::shown::cut;
use super::when::{Moment, Span, on_day};
use crate::clock::Instant;
use crate::clock::zone::Rule;

/// What is known of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Up,
    Down,
    Unknown,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Down => "down",
            State::Unknown => "not known",
        }
    }
}

/// A stretch of a lane, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    from: f64,
    to: f64,
    state: State,
}

/// What stands on a lane at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Bind,
    Crash,
    OutOfMemory,
    Failed,
    Signal,
    Better,
    Worse,
    NoEffect,
    Action,
    Note,
}

impl Sign {
    /// What stands on the lane of a service.
    fn of_event(kind: &str) -> Option<Sign> {
        Some(match kind {
            "bind-failure" => Sign::Bind,
            "crash" => Sign::Crash,
            "oom-kill" => Sign::OutOfMemory,
            "service-failed" => Sign::Failed,
            "container-kill" => Sign::Signal,
            _ => return None,
        })
    }

    /// What stands on the lane of people.
    fn of_person(item: &Item) -> Option<Sign> {
        match (item.kind, item.effect) {
            ("operator-action", Some("better")) => Some(Sign::Better),
            ("operator-action", Some("worse")) => Some(Sign::Worse),
            ("operator-action", Some("none")) => Some(Sign::NoEffect),
            ("operator-action", _) => Some(Sign::Action),
            ("note" | "detected" | "escalation", _) => Some(Sign::Note),
            _ => None,
        }
    }

    fn legend(self) -> &'static str {
        match self {
            Sign::Bind => "failed bind",
            Sign::Crash => "crash",
            Sign::OutOfMemory => "killed for memory",
            Sign::Failed => "failed to start",
            Sign::Signal => "sent a signal",
            Sign::Better => "an action that helped",
            Sign::Worse => "an action that made it worse",
            Sign::NoEffect => "an action without effect",
            Sign::Action => "another action",
            Sign::Note => "a note",
        }
    }
}

#[derive(Clone, Debug)]
struct Marked {
    at: f64,
    sign: Sign,
    text: String,
}

/// When the port was held, as far as it is known. Where an edge is not, the failed binds still show that it was held
/// between them.
#[derive(Clone, Debug)]
struct Hold {
    since: Option<Instant>,
    until: Option<Instant>,
    shown: (f64, f64),
    text: String,
    /// The same for the picture, whose legend says the rest.
    brief: String,
}

/// What the picture shows of one service, container or server.
#[derive(Clone, Debug)]
struct Lane {
    name: String,
    role: &'static str,
    runs: Vec<Run>,
    signs: Vec<Marked>,
    hold: Option<Hold>,
}

/// The picture with its legend and what stands behind it.
#[derive(Debug, Serialize)]
pub(super) struct Lanes {
    title: &'static str,
    svg: Value,
    legend: Vec<Entry>,
    has_hold: bool,
    rows: Vec<Row>,
    left_out: usize,
    rows_left_out: usize,
}

#[derive(Debug, Serialize)]
struct Entry {
    class: &'static str,
    text: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    lane: String,
    what: String,
    from: Moment,
    to: Option<Moment>,
}

/// The lanes of an incident; `None` where no line tells of a service.
pub(super) fn lanes(report: &Report, incident: &Incident, limits: &Limits) -> Option<Lanes> {
    let span = Span::of(incident);
    let mut all = all(incident, &span, &report.zone);
    let left_out = all.len().saturating_sub(limits.lanes);
    all.truncate(limits.lanes);
    if all.is_empty() {
        return None;
    }
    all.extend(people(incident, &span));
    let start = Page::instant(&incident.start);
    let mut rows = rows(&all, start, &report.zone, limits.text);
    let rows_left_out = rows.len().saturating_sub(limits.lane_rows);
    rows.truncate(limits.lane_rows);
    let mut signs: Vec<Sign> = all.iter().flat_map(|lane| lane.signs.iter().map(|marked| marked.sign)).collect();
    signs.sort_unstable();
    signs.dedup();
    let svg = draw::draw(incident, &all, &span, &report.zone, limits);
    Some(Lanes {
        title: title(incident),
        svg: Value::from_safe_string(svg),
        legend: signs.into_iter().map(|sign| Entry { class: draw::class(sign), text: sign.legend() }).collect(),
        has_hold: all.iter().any(|lane| lane.hold.is_some()),
        rows,
        left_out,
        rows_left_out,
    })
}

/// What the picture is about.
fn title(incident: &Incident) -> &'static str {
    if incident.cause.kind == "port-conflict" { "Who was up, and who held the port" } else { "Who was up when" }
}

/// Name and host; of a server behind a proxy, the proxy that sees it.
type Key = (String, Option<String>);

fn all(incident: &Incident, span: &Span, zone: &Rule) -> Vec<Lane> {
    let mut of: BTreeMap<Key, Vec<(&Item, Option<State>)>> = BTreeMap::new();
    for item in &incident.timeline {
        for (key, state) in told(item) {
            of.entry(key).or_default().push((item, state));
        }
    }
    let mut lanes: Vec<(usize, Lane)> = Vec::new();
    for ((service, host), mut items) in of {
        in_order(&mut items);
        let role = incident.services.iter().find(|known| known.name == service).map(|known| known.role);
        let is_container = items.iter().any(|(item, _)| item.kind.starts_with("container-"));
        let shown = format!("{}{}", if is_container { "container " } else { "" }, super::name(&service));
        let by = if is_server(&service) { "as seen by" } else { "on" };
        let name = host.map_or_else(|| shown.clone(), |host| format!("{shown} {by} {}", super::name(&host)));
        let lane = Lane {
            name,
            role: role.map_or("", role_word),
            runs: runs(&items, span),
            signs: signs(&items, span),
            hold: None,
        };
        let is_dull = lane.signs.is_empty() && lane.runs.iter().all(|run| run.state == State::Unknown);
        if !is_dull || role.is_some() {
            lanes.push((rank(role, &service), lane));
        }
    }
    hold(&mut lanes, incident, span, zone);
    // The sort is stable: within a rank by name.
    lanes.sort_by_key(|(rank, _)| *rank);
    lanes.into_iter().map(|(_, lane)| lane).collect()
}

/// The lanes that an item tells of, and what it makes of them.
fn told(item: &Item) -> Vec<(Key, Option<State>)> {
    let of = |name: &str| (name.to_owned(), item.host.clone());
    let state = match item.kind {
        "service-start" | "container-start" => Some(State::Up),
        "service-stop" | "container-stop" | "crash" | "oom-kill" => Some(State::Down),
        "backend-down" | "backend-up" => {
            let state = if item.kind == "backend-up" { State::Up } else { State::Down };
            let seen_by = item.service.clone();
            return servers(item).into_iter().map(|server| ((server, seen_by.clone()), Some(state))).collect();
        }
        "bind-failure" | "service-failed" | "container-kill" | "restart" | "reload" => None,
        _ => return Vec::new(),
    };
    item.service.as_deref().map(|service| (of(service), state)).into_iter().collect()
}

/// Servers behind a proxy that an item names: `Server shop/web01 is DOWN`.
fn servers(item: &Item) -> Vec<String> {
    let texts = std::iter::once(item.text.as_str()).chain(item.evidence.iter().map(|line| line.text.as_str()));
    let named = |text: &str| {
        let (name, rest) = text.split_once("Server ")?.1.split_once(' ')?;
        (rest.starts_with("is ") && name.contains('/')).then(|| name.to_owned())
    };
    let mut servers: Vec<String> = texts.filter_map(named).collect();
    servers.sort();
    servers.dedup();
    servers
}

/// Whether a lane is a server behind a proxy: `shop/web01`.
fn is_server(name: &str) -> bool {
    name.contains('/')
}

/// By time. Stamps of whole seconds do not tell which of a stop and a start in one second came first: a service is
/// stopped and then started.
fn in_order(items: &mut [(&Item, Option<State>)]) {
    let coarse: std::collections::BTreeSet<i64> =
        items.iter().filter(|(item, _)| item.at.digits == 0).map(|(item, _)| item.at.s).collect();
    items.sort_by_key(|(item, state)| {
        let is_start = u32::from(*state == Some(State::Up));
        (item.at.s, if coarse.contains(&item.at.s) { is_start } else { item.at.nanos })
    });
}

/// From the events of a lane to its stretches within the picture.
fn runs(items: &[(&Item, Option<State>)], span: &Span) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let first = items.iter().find_map(|(_, state)| *state);
    // What stops was up; what starts may have been up before, as after a reload.
    let mut state = if first == Some(State::Down) { State::Up } else { State::Unknown };
    let mut from = span.start;
    let changes = items.iter().filter_map(|(item, own)| Some((item.at.as_f64(), changed(item, *own)?)));
    for (at, next) in changes {
        // A failed start of what is up does not tell whether the old one still runs.
        let next = match (state, next) {
            (State::Up, Change::Failed) => State::Unknown,
            (_, Change::Failed) => State::Down,
            (_, Change::To(next)) => next,
        };
        let at = at.clamp(span.start, span.end);
        if at > from {
            push(&mut runs, Run { from, to: at, state });
        }
        (from, state) = (at.max(from), next);
    }
    if span.end > from {
        push(&mut runs, Run { from, to: span.end, state });
    }
    runs
}

enum Change {
    To(State),
    Failed,
}

fn changed(item: &Item, state: Option<State>) -> Option<Change> {
    match item.kind {
        "service-failed" => Some(Change::Failed),
        _ => state.map(Change::To),
    }
}

fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.state == run.state => last.to = run.to,
        _ => runs.push(run),
    }
}

fn signs(items: &[(&Item, Option<State>)], span: &Span) -> Vec<Marked> {
    let is_bound = items.iter().any(|(item, _)| item.kind == "bind-failure");
    let marked = |(item, _): &(&Item, Option<State>)| {
        // Where a bind failed, that says more than that the start did.
        let sign = Sign::of_event(item.kind).filter(|sign| *sign != Sign::Failed || !is_bound)?;
        span.has_item(item).then(|| Marked { at: item.at.as_f64(), sign, text: item.text.clone() })
    };
    items.iter().filter_map(marked).collect()
}

/// What people did and noted.
fn people(incident: &Incident, span: &Span) -> Option<Lane> {
    let marked = |item: &Item| {
        let sign = Sign::of_person(item)?;
        span.has_item(item).then(|| Marked { at: item.at.as_f64(), sign, text: item.text.clone() })
    };
    let signs: Vec<Marked> = incident.timeline.iter().filter_map(marked).collect();
    (!signs.is_empty()).then(|| Lane { name: "People".into(), role: "", runs: Vec::new(), signs, hold: None })
}

/// What a service was in the incident, in words.
pub(super) fn role_word(role: &'static str) -> &'static str {
    match role {
        "victim" => "the service that broke",
        "holder" => "held the port",
        "proxy" => "the proxy in front",
        "backend" => "the service behind",
        other => other,
    }
}

/// The service that broke first, then who held its port, then the others of the incident, servers, all else.
fn rank(role: Option<&str>, name: &str) -> usize {
    match role {
        Some("victim") => 0,
        Some("holder") => 1,
        Some(_) => 2,
        None if is_server(name) => 3,
        None => 4,
    }
}

/// Marks the lane of who held the port, with a lane of its own where it has none.
fn hold(lanes: &mut Vec<(usize, Lane)>, incident: &Incident, span: &Span, zone: &Rule) {
    let Some(holder) = &incident.cause.holder else { return };
    let instant = |time: &Option<String>| time.as_deref().map(Page::instant);
    let (since, until) = (instant(&holder.since), instant(&holder.until));
    let start = Page::instant(&incident.start);
    let moment = |at: Instant| on_day(at, start, zone).text;
    let port = incident.cause.port.map_or_else(|| "the port".into(), |port| format!("port {port}"));
    let (brief, rest) = match (since, until) {
        (Some(since), Some(until)) => (format!("{port} from {} to {}", moment(since), moment(until)), ""),
        (Some(since), None) => (format!("{port} from {} on", moment(since)), ""),
        (None, Some(until)) => (format!("{port} until {}", moment(until)), "; since when is not known"),
        (None, None) => (port, "; from when to when is not known"),
    };
    let (first, last) = binds(incident);
    let shown = (since.map_or(first, Instant::as_f64), until.map_or(last, Instant::as_f64));
    let hold = Some(Hold { since, until, text: format!("held {brief}{rest}"), brief, shown });
    let is_own = holder.kind.starts_with("self-");
    let found = lanes.iter_mut().find(|(rank, _)| *rank == 1 && !is_own);
    match found {
        Some((_, lane)) => lane.hold = hold,
        None => {
            let runs = vec![Run { from: span.start, to: span.end, state: State::Unknown }];
            let lane = Lane { name: holder_name(holder), role: "", runs, signs: Vec::new(), hold };
            lanes.push((1, lane));
        }
    }
}

/// The first and the last failed bind of the service that broke; where there is none, the incident.
fn binds(incident: &Incident) -> (f64, f64) {
    let service = incident.cause.service.as_deref();
    let failed = |item: &&Item| item.kind == "bind-failure" && item.service.as_deref() == service;
    let at = || incident.timeline.iter().filter(failed).map(|item| item.at.as_f64());
    let start = Page::instant(&incident.start).as_f64();
    (at().reduce(f64::min).unwrap_or(start), at().reduce(f64::max).unwrap_or(start + incident.duration_s))
}

fn holder_name(holder: &Holder) -> String {
    let name = holder.name.as_deref().or(holder.service.as_deref()).map_or("an unknown process".into(), super::name);
    let pid = holder.pid.map_or_else(String::new, |pid| format!(", pid {pid}"));
    match holder.kind {
        "self-stale" => format!("an old process of {name}{pid}"),
        "self-duplicate" => format!("{name}, a second time{pid}"),
        "container" => format!("container {name}"),
        _ => format!("{name}{pid}"),
    }
}

/// What stands in the picture, for those who read it as a table.
fn rows(lanes: &[Lane], start: Instant, zone: &Rule, letters: usize) -> Vec<Row> {
    let moment = |at: f64| on_day(Instant::second(at as i64), start, zone);
    let mut rows = Vec::new();
    for lane in lanes {
        let row = |what: &str, from: Moment, to: Option<Moment>| Row {
            lane: lane.name.clone(),
            what: cut(what, letters),
            from,
            to,
        };
        let runs = lane.runs.iter();
        rows.extend(runs.map(|run| row(run.state.word(), moment(run.from), Some(moment(run.to)))));
        if let Some(hold) = &lane.hold {
            let from = hold.since.map_or_else(
                || Moment { datetime: String::new(), text: "not known".into() },
                |at| on_day(at, start, zone),
            );
            rows.push(row(&hold.text, from, hold.until.map(|at| on_day(at, start, zone))));
        }
        rows.extend(lane.signs.iter().map(|marked| row(&marked.text, moment(marked.at), None)));
    }
    rows
}

#[cfg(test)]
mod tests;
