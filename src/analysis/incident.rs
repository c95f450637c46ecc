//! Findings to incidents: what belongs together, and what is one outage and what two (methods, 6.1).

use std::collections::BTreeSet;

use super::cause::{Cause, Context, Hypothesis, causes};
use super::evidence::Confidence;
use super::felt::holder_series;
use super::finding::{Finding, Shape};
use super::impact::{Impact, Profile, Window, impact};
use super::marks::{Item, Marks, marks, timeline};
use super::ports::{Conflict, series};
use super::world::World;
use crate::clock::Instant;
use crate::facts::closer::{Close, Seen};
use crate::facts::event::Kind;
use crate::facts::traffic::Outcome;

/// Gaps up to which findings of one known cause, of one service, and of a failed repair are one, in seconds.
const SAME_CAUSE_S: f64 = 1800.0;
const SAME_SERVICE_S: f64 = 600.0;
const RELAPSE_S: f64 = 240.0;
const RELAPSE_AFTER_S: f64 = 90.0;
/// Up to this gap a repair with a fault of its own stays in the incident, though its cause is another, in seconds.
const OWN_FAULT_S: f64 = 60.0;

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
    #[allow(missing_docs)]
    pub impact: Impact,
    #[allow(missing_docs)]
    pub marks: Marks,
    #[allow(missing_docs)]
    pub timeline: Vec<Item>,
    #[allow(missing_docs)]
    pub findings: Vec<Finding>,
}

/// A finding with its own cause.
struct Weighed<'a> {
    finding: &'a Finding,
    causes: Vec<Hypothesis>,
    impact: Impact,
}

impl Weighed<'_> {
    fn known(&self) -> Option<(Cause, &Option<String>)> {
        let best = self.causes.first()?;
        (best.cause != Cause::Unknown && best.confidence >= Confidence::Likely).then_some((best.cause, &best.service))
    }
}

/// Groups the findings and measures each incident. `close` are the requests around them.
pub fn incidents(world: &World, conflicts: &[Conflict], findings: &[Finding], close: &[Close]) -> Vec<Incident> {
    let findings: Vec<Finding> = findings.iter().map(|finding| with_last_retries(world, finding, close)).collect();
    let weighed: Vec<Weighed<'_>> = findings
        .iter()
        .map(|finding| {
            let impact = measure(world, conflicts, &[finding], close);
            Weighed { finding, causes: weigh(world, conflicts, &[finding], &impact.profile), impact }
        })
        .collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, next) in weighed.iter().enumerate() {
        let group = groups.iter_mut().rev().find(|group| belongs(world, &weighed, group, next));
        match group {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
        .into_iter()
        .map(|group| {
            let findings: Vec<&Finding> = group.iter().map(|index| weighed[*index].finding).collect();
            // A finding of its own has been measured already.
            let known = if let [only] = group[..] { Some(weighed[only].impact.clone()) } else { None };
            incident(world, conflicts, &findings, close, known)
        })
        .collect()
}

/// How long after a spike its clients' failures still belong to it, in seconds, and the evidence of their good
/// requests that ends it, in nats.
const RETRIES_S: f64 = 600.0;
const RETRIES_END: f64 = 5.0;

/// A spike with its end moved over the last failures of clients that had failed in it, which the automaton does not
/// count twice: to where the evidence of their failing and good requests is largest (methods, 1.5).
fn with_last_retries(world: &World, finding: &Finding, close: &[Close]) -> Finding {
    let mut moved = finding.clone();
    let (Some(index), Some(baseline), Shape::Spike) = (finding.series, finding.baseline, finding.shape) else {
        return moved;
    };
    let service = &world.services[index];
    let of_service =
        close.iter().filter(|part| part.service == service.name && (part.host.is_none() || part.host == service.host));
    let counts = |seen: &&Seen| {
        service.sources.contains(&seen.place.block.0) && service.owners.counts(seen.place.block.0, seen.at.s)
    };
    let is_failing = |seen: &Seen| seen.outcome == Outcome::Failing;
    let (start, end) = (finding.start.floor() as i64, finding.end.floor() as i64);
    let until = (finding.end + RETRIES_S).floor() as i64;
    let mut clients: BTreeSet<u64> = BTreeSet::new();
    let mut later: Vec<&Seen> = Vec::new();
    for part in of_service {
        let index = |second: i64| part.seen.partition_point(|seen| seen.at.s < second);
        let inside = part.seen[index(start)..index(end + 1)].iter().filter(counts);
        clients.extend(inside.filter(|seen| is_failing(seen)).map(|seen| seen.client));
        later.extend(part.seen[index(end + 1)..index(until + 1)].iter().filter(counts));
    }
    later.sort_unstable();
    let level = finding.level.clamp(0.012, 0.98);
    let (fail, good) = ((level / baseline.share).ln(), ((1.0 - level) / (1.0 - baseline.share)).ln());
    let (mut sum, mut best) = (0.0, 0.0);
    for seen in later.into_iter().filter(|seen| clients.contains(&seen.client)) {
        sum += if is_failing(seen) { fail } else { good };
        if is_failing(seen) && sum > best {
            best = sum;
            moved.end = seen.at.s as f64;
        }
        if sum < best - RETRIES_END {
            break;
        }
    }
    moved
}

/// The rules of methods, 6.1, against the group's last finding by its end, and its last one of the same service.
fn belongs(world: &World, weighed: &[Weighed<'_>], group: &[usize], next: &Weighed<'_>) -> bool {
    let latest = |wanted: &dyn Fn(&Weighed<'_>) -> bool| {
        let members = group.iter().map(|index| &weighed[*index]).filter(|member| wanted(member));
        members.max_by(|one, other| one.finding.end.total_cmp(&other.finding.end))
    };
    let same =
        latest(&|member| member.finding.service == next.finding.service && member.finding.host == next.finding.host);
    follows(world, latest(&|_| true), next) || follows(world, same, next)
}

fn follows(world: &World, last: Option<&Weighed<'_>>, next: &Weighed<'_>) -> bool {
    let Some(last) = last else { return false };
    let gap = next.finding.start - last.finding.end;
    let same_service = last.finding.service == next.finding.service;
    let (one, other) = (last.known(), next.known());
    // What one of them calls the cause, the other may know too, as a symptom of something deeper.
    let knows = |causes: &[Hypothesis], of: (Cause, &Option<String>)| {
        causes.iter().any(|cause| cause.cause == of.0 && cause.service == *of.1 && !cause.reasons.is_empty())
    };
    let differ = matches!((one, other), (Some(one), Some(other)) if one != other && !knows(&last.causes, other) && !knows(&next.causes, one));
    if gap <= 0.0 {
        // A proxy that blames what is behind it, and a service further in that says why, tell one story.
        let blames = |known: Option<(Cause, &Option<String>)>| {
            matches!(known, Some((Cause::BackendDown | Cause::UpstreamTimeout, _)))
        };
        let in_line = depth(&last.finding.service) != depth(&next.finding.service) && (blames(one) || blames(other));
        return !differ
            || in_line
            || same_service
            || last.finding.conflict.is_some() && last.finding.conflict == next.finding.conflict;
    }
    let one_conflict = last.finding.conflict.is_some() && last.finding.conflict == next.finding.conflict;
    if one_conflict || one.is_some() && one == other {
        return gap <= SAME_CAUSE_S;
    }
    let relapse = same_service && gap <= RELAPSE_S && relapses(world, last.finding, next.finding);
    if differ {
        return gap <= OWN_FAULT_S && relapse;
    }
    relapse || same_service && gap <= SAME_SERVICE_S && last.finding.shape == next.finding.shape
}

/// A repair between two findings, soon after which the second began.
fn relapses(world: &World, last: &Finding, next: &Finding) -> bool {
    let repairs = world.events.iter().filter(|event| {
        matches!(
            event.kind(),
            Kind::ServiceStart
                | Kind::ServiceStop
                | Kind::Restart
                | Kind::Reload
                | Kind::ConfigChange
                | Kind::PackageChange
                | Kind::ContainerStart
                | Kind::OperatorAction
                | Kind::ServiceFailed
        ) && (last.end - 60.0..=next.start + 5.0).contains(&event.s())
    });
    repairs.map(|event| event.s().max(last.end)).any(|at| next.start - at <= RELAPSE_AFTER_S)
}

fn weigh(world: &World, conflicts: &[Conflict], findings: &[&Finding], profile: &Profile) -> Vec<Hypothesis> {
    let (start, end) = span(findings);
    causes(&Context { world, conflicts, findings: findings.to_vec(), start, end, profile })
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
fn outermost<'a>(world: &World, findings: &[&'a Finding]) -> Vec<&'a Finding> {
    let layer =
        |finding: &Finding| depth(finding.series.map_or(finding.service.as_str(), |index| &world.services[index].name));
    let least = findings.iter().map(|finding| layer(finding)).min();
    findings.iter().copied().filter(|finding| Some(layer(finding)) == least).collect()
}

fn measure(world: &World, conflicts: &[Conflict], findings: &[&Finding], close: &[Close]) -> Impact {
    let outer = outermost(world, findings);
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
    let is_holder = |index: &usize| holder.is_some_and(|(holder, _, _)| holder == *index);
    let name = outer.iter().find_map(|finding| finding.series.filter(|index| !is_holder(index)));
    let name = name.map(|index| world.services[index].name.as_str()).or_else(|| {
        let victim = series(world, &first.service, &first.host);
        victim.map(|service| service.name.as_str())
    });
    let mut services: Vec<usize> =
        (0..world.services.len()).filter(|index| Some(world.services[*index].name.as_str()) == name).collect();
    if services.is_empty() {
        services.extend(holder.map(|(index, _, _)| index));
    }
    let holes = outer
        .iter()
        .filter(|finding| finding.shape != Shape::Spike)
        .filter_map(|finding| Some((finding.series?, finding.start, finding.end)))
        .collect();
    let day = (start as i64).div_euclid(86_400) * 86_400;
    let is_silent = |at: f64, edge: &dyn Fn(&Finding) -> f64| {
        outer.iter().any(|finding| finding.shape != Shape::Spike && (edge(finding) - at).abs() < 0.001)
    };
    let refusals = holder.map_or_else(Vec::new, |(index, from, to)| {
        let service = &world.services[index];
        let span = (from.floor() as i64 - 1, to.ceil() as i64 + 1);
        let runs = super::burst::refusals(&service.seconds, &service.refusals, span);
        runs.into_iter().map(|(first, last)| (first as f64, last as f64)).collect()
    });
    let window = Window {
        refusals,
        start,
        end,
        begins_silent: is_silent(start, &|finding| finding.start),
        ends_silent: is_silent(end, &|finding| finding.end),
        services,
        holder,
        holes,
        day: (day, day + 86_400),
        world,
    };
    impact(&window, close)
}

fn incident(
    world: &World,
    conflicts: &[Conflict],
    findings: &[&Finding],
    close: &[Close],
    known: Option<Impact>,
) -> Incident {
    let impact = known.unwrap_or_else(|| measure(world, conflicts, findings, close));
    let causes = weigh(world, conflicts, findings, &impact.profile);
    let outer = outermost(world, findings);
    let (start, end) = span(&outer);
    let first = outer.iter().min_by(|one, other| one.start.total_cmp(&other.start));
    let last = outer.iter().max_by(|one, other| one.end.total_cmp(&other.end));
    let is_ongoing = last.is_some_and(|finding| finding.is_open_at_end);
    let end_of_logs = world.coverage.map(|(_, last)| last);
    let from_request = first.is_some_and(|finding| finding.shape != Shape::Hole);
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
    let mut incident = Incident {
        start: start_at,
        until,
        is_ongoing,
        start_error_s: first.filter(|finding| !finding.is_open_at_start).map(|finding| finding.start_error_s),
        end_error_s: last.filter(|_| !is_ongoing).map(|finding| finding.end_error_s),
        services,
        causes,
        conflict,
        impact,
        marks: Marks::default(),
        timeline: Vec::new(),
        findings: findings.iter().map(|finding| (*finding).clone()).collect(),
    };
    incident.timeline = timeline(world, &incident, close);
    incident.marks = marks(world, &incident);
    incident
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
                super::ports::Holder::Unknown | super::ports::Holder::SelfStale => {}
            }
        }
    }
    for finding in findings {
        let is_proxy = finding.shape == Shape::Spike && Some(&finding.service) == impact.layer.as_ref();
        add(finding.service.clone(), if is_proxy { Role::Proxy } else { Role::Affected });
    }
    roles
}
