//! Incidents: findings that belong together, with their causes, what they did, and their marks.

use std::collections::BTreeSet;

use super::cause::common::{Common, common, table};
use super::cause::trigger::{Onset, Trigger, trigger};
use super::cause::unusual::{self, Unusual};
use super::cause::{Cause, Context, Hypothesis, causes};
use super::felt::holder_series;
use super::finding::{Finding, Shape};
use super::group::{Signature, Weighed, groups};
use super::impact::{Gap, Impact, Profile, Remark, Window, impact};
use super::layers::{Layers, outermost as in_front};
use super::marks::{Item, Marks, marks, timeline, unverify};
use super::ports::{Conflict, series};
use super::scope::{Scope, scope};
use super::world::World;
use crate::clock::Instant;
use crate::clock::zone::Rule;
use crate::facts::closer::Close;

/// What a service was in an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Role {
    Victim,
    Affected,
    Holder,
    Backend,
    Proxy,
}

impl Role {
    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Role::Victim => "victim",
            Role::Affected => "affected",
            Role::Holder => "holder",
            Role::Backend => "backend",
            Role::Proxy => "proxy",
        }
    }
}

/// An outage: when, what, why, how many.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// First failing request, or where the silence begins.
    pub start: Instant,
    /// Last failing request, or where the silence ends; the end of the logs where it goes on.
    pub until: Instant,
    #[allow(missing_docs)]
    pub is_ongoing: bool,
    /// How far each may be off, in seconds; `None` where the logs begin inside.
    pub start_error_s: Option<f64>,
    #[allow(missing_docs)]
    pub end_error_s: Option<f64>,
    #[allow(missing_docs)]
    pub services: Vec<(String, Role)>,
    /// Ranked; the first is the cause.
    pub causes: Vec<Hypothesis>,
    /// The conflict behind the cause, if it is one.
    pub conflict: Option<Conflict>,
    /// The change that set it off, if the logs show one.
    pub trigger: Option<Trigger>,
    /// Messages that servers say far more often in it than at other times, the most telling first.
    pub unusual: Vec<Unusual>,
    /// What the failing requests have in common and the others have not.
    pub common: Vec<Common>,
    #[allow(missing_docs)]
    pub impact: Impact,
    /// The part of the layer that it is confined to, if it is.
    pub scope: Option<Scope>,
    #[allow(missing_docs)]
    pub marks: Marks,
    #[allow(missing_docs)]
    pub timeline: Vec<Item>,
    #[allow(missing_docs)]
    pub findings: Vec<Finding>,
}

/// What incidents are told by.
pub struct Given<'a> {
    #[allow(missing_docs)]
    pub world: &'a World,
    #[allow(missing_docs)]
    pub conflicts: &'a [Conflict],
    /// The requests around the findings.
    pub close: &'a [Close],
    /// Which services stand in front of which.
    pub layers: &'a Layers,
    /// The zone whose days count.
    pub zone: &'a Rule,
}

/// Groups the findings and measures each incident.
pub fn incidents(given: &Given<'_>, findings: &[Finding]) -> Vec<Incident> {
    let (world, conflicts) = (given.world, given.conflicts);
    let mut findings = findings.to_vec();
    let mut impacts = Vec::new();
    for finding in &mut findings {
        let impact = measure(given, &[&*finding]);
        finding.scope = confined(&[&*finding], &impact).map(|scope| scope.name);
        impacts.push(impact);
    }
    let weighed: Vec<Weighed<'_>> = findings
        .iter()
        .zip(&impacts)
        .map(|(finding, impact)| {
            let causes = weigh(world, conflicts, &[finding], &impact.profile);
            Weighed { finding, causes, signature: Signature::of_finding(world, finding) }
        })
        .collect();
    let mut incidents: Vec<Incident> = groups(world, &weighed)
        .into_iter()
        .map(|group| {
            let findings: Vec<&Finding> = group.iter().map(|index| weighed[*index].finding).collect();
            // A finding of its own has been measured already.
            let known = if let [only] = group[..] { Some(impacts[only].clone()) } else { None };
            incident(given, &findings, known)
        })
        .collect();
    unverify(&mut incidents);
    unusual::find(world, &mut incidents);
    incidents
}

fn weigh(world: &World, conflicts: &[Conflict], findings: &[&Finding], profile: &Profile) -> Vec<Hypothesis> {
    let (start, end) = span(&loud(findings));
    causes(&Context { world, conflicts, findings: findings.to_vec(), start, end, profile })
}

/// Without slow answers, which accompany an outage and are none.
fn loud<'a>(findings: &[&'a Finding]) -> Vec<&'a Finding> {
    let loud: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.shape != Shape::Slow).collect();
    if loud.is_empty() { findings.to_vec() } else { loud }
}

fn span(findings: &[&Finding]) -> (f64, f64) {
    let start = findings.iter().map(|finding| finding.start).fold(f64::INFINITY, f64::min);
    let end = findings.iter().map(|finding| finding.end).fold(f64::NEG_INFINITY, f64::max);
    (start, end)
}

/// How far outside a service stands: HAProxy before nginx before Apache before applications.
pub fn depth(service: &str) -> usize {
    ["haproxy", "nginx", "apache2", "httpd"].iter().position(|name| *name == service).unwrap_or(4)
}

/// The findings of the outermost layer, by whose requests they are.
fn outermost<'a>(given: &Given<'_>, findings: &[&'a Finding]) -> Vec<&'a Finding> {
    let world = given.world;
    let hit: BTreeSet<usize> = findings.iter().filter_map(|finding| finding.series).collect();
    let front = in_front(given.layers, world, &hit);
    // A service without requests of its own is no layer, but where none has any.
    let least = findings.iter().map(|finding| depth(&finding.service)).min();
    let is_outer = |finding: &&Finding| match finding.series {
        Some(series) => front.contains(&series),
        None => {
            front.iter().all(|index| depth(&finding.service) < depth(&world.services[*index].name))
                && Some(depth(&finding.service)) == least
        }
    };
    let outer: Vec<&Finding> = findings.iter().copied().filter(|finding| is_outer(finding)).collect();
    // Where requests fail, these tell when; slowness comes before and goes after.
    let is_slow = |finding: &&Finding| finding.shape == Shape::Slow;
    if outer.iter().all(&is_slow) { outer } else { outer.into_iter().filter(|finding| !is_slow(finding)).collect() }
}

/// The part of the layer that spikes are confined to.
fn confined(findings: &[&Finding], impact: &Impact) -> Option<Scope> {
    let requests = impact.requests.as_ref().filter(|requests| requests.missed == 0)?;
    let quiet_share =
        findings.iter().filter_map(|finding| finding.baseline).map(|baseline| baseline.share).fold(0.0, f64::max);
    let is_spike = findings.iter().all(|finding| finding.shape == Shape::Spike);
    let (all, failing) = (requests.expected, requests.failed + requests.chronic);
    is_spike.then(|| scope(&impact.profile, (all, failing), quiet_share)).flatten()
}

fn measure(given: &Given<'_>, findings: &[&Finding]) -> Impact {
    let (world, conflicts) = (given.world, given.conflicts);
    let outer = outermost(given, findings);
    let Some(first) = outer.first() else { return Impact::default() };
    let (start, end) = span(&outer);
    let until = world.coverage.map_or(end, |(_, last)| last.as_f64());
    let holder = findings.iter().find_map(|finding| finding.conflict).and_then(|index| {
        let conflict = &conflicts[index];
        let series = holder_series(world, conflict)?;
        let position = world.services.iter().position(|service| std::ptr::eq(service, series))?;
        let (from, to) = conflict.window();
        // Only a layer that is the victim itself loses its users to the holder.
        (conflict.service == first.service || first.series == Some(position)).then_some((
            position,
            from,
            to.unwrap_or(until),
        ))
    });
    let is_holder = |index: usize| holder.is_some_and(|(holder, _, _)| holder == index);
    let (services, mut remarks) = layer(given, &outer, &is_holder);
    let services = if services.is_empty() { holder.map(|(index, _, _)| index).into_iter().collect() } else { services };
    let is_own = |index: usize| services.contains(&index) || is_holder(index);
    let added = past_the_front(given, &services, &is_own);
    remarks.extend(added.iter().map(|(index, share)| {
        Remark::PastTheFront(world.services[*index].name.clone(), (share * 1000.0).round() / 10.0)
    }));
    remarks.extend(no_log_in_front(given, &services, (start, end)));
    let gap = |finding: &&&Finding| {
        let service = finding.series?;
        let is_partial = finding.shape == Shape::Dip;
        let (missed, range) = (finding.missed, finding.missed_range);
        Some(Gap { service, start: finding.start, end: finding.end, is_partial, missed, range })
    };
    let is_gap = |shape: Shape| !matches!(shape, Shape::Spike | Shape::Slow);
    let holes = outer.iter().filter(|finding| is_gap(finding.shape)).filter_map(|finding| gap(&finding)).collect();
    let is_silent = |at: f64, edge: &dyn Fn(&Finding) -> f64| {
        outer.iter().any(|finding| is_gap(finding.shape) && (edge(finding) - at).abs() < 0.001)
    };
    let refusals = holder.map_or_else(Vec::new, |(index, from, to)| {
        let service = &world.services[index];
        let span = (from.floor() as i64 - 1, to.ceil() as i64 + 1);
        let runs = super::burst::refusals(&service.seconds, &service.refusals, span);
        runs.into_iter().map(|(first, last)| (first as f64, last as f64)).collect()
    });
    let baselines = outer.iter().filter_map(|finding| finding.baseline).map(|baseline| baseline.share);
    let has_failures = outer.iter().any(|finding| finding.shape == Shape::Spike);
    let window = Window {
        gave_up: has_failures && more_gave_up(world, &services, (start, end)),
        refusals,
        start,
        end,
        begins_silent: is_silent(start, &|finding| finding.start),
        ends_silent: is_silent(end, &|finding| finding.end),
        services,
        added,
        holder,
        holes,
        chronic_share: baselines.fold(0.0, f64::max),
        day: day_of(start as i64, given.zone),
        remarks,
        world,
    };
    impact(&window, given.close)
}

/// Evidence that clients gave up more often in the window than else, in nats, as for a run of failures; and how many
/// times as often, at least.
const GAVE_UP: f64 = 10.0;
const GAVE_UP_TIMES: f64 = 3.0;

/// Whether clients that gave up, nginx's 499 and HAProxy's `C`, rose in the window: then they are failures to their users
/// (methods, words).
fn more_gave_up(world: &World, services: &[usize], (start, end): (f64, f64)) -> bool {
    let sum = |from: i64, to: i64| {
        services
            .iter()
            .map(|index| world.services[*index].count(from, to))
            .fold((0.0, 0.0), |sum, of| (sum.0 + f64::from(of.gave_up), sum.1 + f64::from(of.requests)))
    };
    let (whole, (gave_up, all)) = (sum(i64::MIN, i64::MAX), sum(start.floor() as i64, end.ceil() as i64 + 1));
    let usual = (whole.0 - gave_up + 0.5) / (whole.1 - all + 1.0);
    let share = gave_up / all.max(1.0);
    if gave_up < 1.0 || share < GAVE_UP_TIMES * usual {
        return false;
    }
    let stayed = if share < 1.0 { (all - gave_up) * ((1.0 - share) / (1.0 - usual).max(1e-9)).ln() } else { 0.0 };
    gave_up * (share / usual).ln() + stayed >= GAVE_UP
}

/// First second of the day that a moment lies in, and of the next.
fn day_of(at: i64, zone: &Rule) -> (i64, i64) {
    let civil = at + i64::from(zone.offset_at(at));
    let midnight = civil.div_euclid(86_400) * 86_400;
    (zone.utc_s(midnight), zone.utc_s(midnight + 86_400))
}

/// The services whose requests count: those of the outermost layer, on all hosts.
fn layer(given: &Given<'_>, outer: &[&Finding], is_holder: &dyn Fn(usize) -> bool) -> (Vec<usize>, Vec<Remark>) {
    let world = given.world;
    let hit: Vec<usize> =
        outer.iter().filter_map(|finding| finding.series).filter(|index| !is_holder(*index)).collect();
    let mut names: Vec<&str> = Vec::new();
    for index in &hit {
        let name = world.services[*index].name.as_str();
        // Another name is another entry only if it is known to see other requests.
        let is_other = hit.iter().any(|other| {
            names.contains(&world.services[*other].name.as_str())
                && given.layers.between(*index, *other) == Some(super::layers::Relation::Unrelated)
        });
        if !names.contains(&name) && (names.is_empty() || is_other) {
            names.push(name);
        }
    }
    if names.is_empty() {
        let victim = outer.first().and_then(|first| series(world, &first.service, &first.host));
        names.extend(victim.map(|service| service.name.as_str()));
    }
    let of_name: Vec<usize> =
        (0..world.services.len()).filter(|index| names.contains(&world.services[*index].name.as_str())).collect();
    // One that stands behind another of them is no entry.
    let is_behind = |index: usize| of_name.iter().any(|other| given.layers.coverage(index, *other).is_some());
    let mut services: Vec<usize> = of_name.iter().copied().filter(|index| !is_behind(*index)).collect();
    if services.is_empty() {
        services = of_name.clone();
    }
    services.sort_by_key(|index| names.iter().position(|name| *name == world.services[*index].name));
    let mut remarks = Vec::new();
    let hosts: BTreeSet<&Option<String>> = services.iter().map(|index| &world.services[*index].host).collect();
    if names.len() > 1 {
        remarks.push(Remark::Entries(names.iter().map(|name| (*name).to_owned()).collect()));
    }
    if hosts.len() > 1 {
        remarks.push(Remark::Hosts(hosts.len()));
    }
    (services, remarks)
}

/// Under this share of its requests seen by the layer in front, the others of a service behind it count as well.
const SEEN_IN_FRONT: f64 = 0.9;

/// Services behind the layer that requests reach past it, with the share that does.
fn past_the_front(given: &Given<'_>, services: &[usize], is_own: &dyn Fn(usize) -> bool) -> Vec<(usize, f64)> {
    let others = (0..given.world.services.len()).filter(|index| !is_own(*index));
    let past = others.filter_map(|index| {
        let seen = services.iter().filter_map(|outer| given.layers.coverage(index, *outer)).reduce(f64::max)?;
        // Behind something else as well, it has its requests from there.
        let between = (0..given.world.services.len()).any(|other| {
            !services.contains(&other) && given.layers.coverage(index, other).is_some_and(|by| by >= SEEN_IN_FRONT)
        });
        (seen < SEEN_IN_FRONT && !between).then_some((index, 1.0 - seen))
    });
    past.collect()
}

/// Services in front of the layer whose logs do not cover the time.
fn no_log_in_front(given: &Given<'_>, services: &[usize], (start, end): (f64, f64)) -> Vec<Remark> {
    let world = given.world;
    let is_in_front = |outer: usize| services.iter().any(|inner| given.layers.coverage(*inner, outer).is_some());
    let lacks = |outer: usize| {
        let span = world.services[outer].span();
        span.is_some_and(|(first, last)| (last as f64) < start || first as f64 > end)
    };
    let front: BTreeSet<&str> = (0..world.services.len())
        .filter(|index| !services.contains(index) && is_in_front(*index) && lacks(*index))
        .map(|index| world.services[index].name.as_str())
        .collect();
    front.into_iter().map(|name| Remark::NoLogInFront(name.to_owned())).collect()
}

fn incident(given: &Given<'_>, findings: &[&Finding], known: Option<Impact>) -> Incident {
    let (world, conflicts, close) = (given.world, given.conflicts, given.close);
    let loud = loud(findings);
    let impact = known.unwrap_or_else(|| measure(given, &loud));
    let causes = weigh(world, conflicts, findings, &impact.profile);
    let outer = outermost(given, &loud);
    let (start, end) = span(&outer);
    let first = outer.iter().min_by(|one, other| one.start.total_cmp(&other.start));
    let last = outer.iter().max_by(|one, other| one.end.total_cmp(&other.end));
    let is_ongoing = last.is_some_and(|finding| finding.is_open_at_end);
    let end_of_logs = world.coverage.map(|(_, last)| last);
    let from_request = first.is_some_and(|finding| !matches!(finding.shape, Shape::Hole | Shape::Dip | Shape::Slow));
    let to_request = last.is_some_and(|finding| matches!(finding.shape, Shape::Spike | Shape::WrongServer));
    let edge = |at: f64| Instant {
        s: at.floor() as i64,
        nanos: ((at - at.floor()) * 1e9) as u32 / 1_000_000 * 1_000_000,
        digits: 3,
    };
    let start_at = impact.first.map(|seen| seen.at).filter(|_| from_request).unwrap_or(edge(start));
    let until = impact.last.map(|seen| seen.at).filter(|_| to_request).unwrap_or(edge(end));
    let until = if is_ongoing { end_of_logs.unwrap_or(until) } else { until.max(start_at) };
    let conflict = causes.first().and_then(|cause| cause.conflict).map(|index| conflicts[index].clone());
    let services = roles(findings, &causes, &impact);
    let scope = confined(&outer, &impact);
    let mut incident = Incident {
        start: start_at,
        until,
        is_ongoing,
        start_error_s: first.filter(|own| !own.is_open_at_start).map(|own| error_s(own, own.start_error_s)),
        end_error_s: last.filter(|_| !is_ongoing).map(|own| error_s(own, own.end_error_s)),
        services,
        conflict,
        trigger: None,
        unusual: Vec::new(),
        common: in_common(&impact, scope.as_ref(), causes.first()),
        scope,
        causes,
        impact,
        marks: Marks::default(),
        timeline: Vec::new(),
        findings: findings.iter().map(|finding| (*finding).clone()).collect(),
    };
    incident.trigger = trigger(world, &Onset::of(world, &incident));
    incident.timeline = timeline(world, &incident, close);
    incident.marks = marks(world, &incident);
    incident
}

/// In 19 of 20 cases the next request comes within so many mean gaps.
const GAPS: f64 = 3.0;

/// How far the edge of a finding may be from what the first or last user met, in seconds: a service may be down a while
/// before anybody asks it, however exactly its own line tells when it stopped.
fn error_s(finding: &Finding, own_s: f64) -> f64 {
    if finding.shape == Shape::Hole && finding.missed > 0.0 {
        own_s.max(GAPS * (finding.end - finding.start) / finding.missed)
    } else {
        own_s
    }
}

/// What the failing requests share, but for what the title says: the service that broke and the part that it is
/// confined to, with what holds either.
fn in_common(impact: &Impact, scope: Option<&Scope>, cause: Option<&Hypothesis>) -> Vec<Common> {
    let broke = cause.and_then(|cause| cause.service.as_deref());
    let named = [broke, scope.map(|scope| scope.name.as_str())];
    let told: BTreeSet<&str> = named
        .into_iter()
        .flatten()
        .flat_map(|name| [Some(name), name.rsplit_once('/').map(|(wider, _)| wider)])
        .flatten()
        .filter(|name| !name.is_empty())
        .collect();
    common(&table(&impact.profile, &told))
}

fn roles(findings: &[&Finding], causes: &[Hypothesis], impact: &Impact) -> Vec<(String, Role)> {
    let mut roles: Vec<(String, Role)> = Vec::new();
    let mut add = |name: String, role: Role| {
        if !roles.iter().any(|(known, _)| *known == name) {
            roles.push((name, role));
        }
    };
    if let Some(cause) = causes.first() {
        if let Some(service) = &cause.service {
            let is_backend = matches!(cause.cause, Cause::BackendDown | Cause::UpstreamTimeout);
            add(service.clone(), if is_backend { Role::Backend } else { Role::Victim });
        }
        if let Some(holder) = &cause.holder {
            match &holder.holder {
                super::ports::Holder::Service(name) | super::ports::Holder::Container(name, _) => {
                    add(name.clone(), Role::Holder)
                }
                super::ports::Holder::Process(name) => add(name.clone(), Role::Holder),
                super::ports::Holder::Unknown
                | super::ports::Holder::SelfStale
                | super::ports::Holder::SelfDuplicate => {}
            }
        }
    }
    for finding in findings {
        let is_proxy = finding.shape == Shape::Spike && Some(&finding.service) == impact.layer.as_ref();
        add(finding.service.clone(), if is_proxy { Role::Proxy } else { Role::Affected });
    }
    roles
}
