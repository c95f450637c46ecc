//! Why it failed: mechanisms, each with its own line or signature, against "not determined" (methods, 5.4).

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Confidence, Reason, score, softmax};
use super::finding::{Finding, Shape};
use super::impact::Profile;
use super::ports::{Conflict, HolderHypothesis};
use super::world::{Evidence, Happening, World};
use crate::facts::event::Kind;
use crate::facts::sign::Sign;

/// Kinds of causes (contract, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Cause {
    PortConflict,
    BindPermission,
    Crash,
    Oom,
    BackendDown,
    UpstreamTimeout,
    Misconfiguration,
    Overload,
    ResourceLimit,
    HostDown,
    Unknown,
}

impl Cause {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Cause::PortConflict => "port-conflict",
            Cause::BindPermission => "bind-permission",
            Cause::Crash => "crash",
            Cause::Oom => "oom",
            Cause::BackendDown => "backend-down",
            Cause::UpstreamTimeout => "upstream-timeout",
            Cause::Misconfiguration => "misconfiguration",
            Cause::Overload => "overload",
            Cause::ResourceLimit => "resource-limit",
            Cause::HostDown => "host-down",
            Cause::Unknown => "unknown",
        }
    }
}

/// A cause with what speaks for and against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    #[allow(missing_docs)]
    pub cause: Cause,
    /// The service that broke.
    pub service: Option<String>,
    /// The conflict, if it is one, by index.
    pub conflict: Option<usize>,
    /// Who held the port, from "likely" on.
    pub holder: Option<HolderHypothesis>,
    #[allow(missing_docs)]
    pub reasons: Vec<Reason>,
    #[allow(missing_docs)]
    pub probability: f64,
    #[allow(missing_docs)]
    pub confidence: Confidence,
}

/// What an incident's causes are weighed by.
pub struct Context<'a> {
    #[allow(missing_docs)]
    pub world: &'a World,
    #[allow(missing_docs)]
    pub conflicts: &'a [Conflict],
    #[allow(missing_docs)]
    pub findings: Vec<&'a Finding>,
    #[allow(missing_docs)]
    pub start: f64,
    #[allow(missing_docs)]
    pub end: f64,
    #[allow(missing_docs)]
    pub profile: &'a Profile,
}

/// The causes of an incident, ranked; the first is the one that the report names.
pub fn causes(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut all = vec![hypothesis(Cause::Unknown, front(context), Vec::new())];
    all.extend(conflicts(context));
    all.extend(configuration(context));
    all.extend(out_of_memory(context));
    all.extend(crashes(context));
    all.extend(limits(context));
    all.extend(upstreams(context));
    all.extend(one_server(context));
    blame_the_deepest(&mut all);
    let scores: Vec<f64> = all.iter().map(|hypothesis| score(0.0, &hypothesis.reasons)).collect();
    for (hypothesis, probability) in all.iter_mut().zip(softmax(&scores)) {
        let is_direct = hypothesis.reasons.iter().any(|reason| reason.is_direct);
        hypothesis.probability = probability;
        hypothesis.confidence = Confidence::of(probability, is_direct);
    }
    all.sort_by(|one, other| {
        other
            .probability
            .total_cmp(&one.probability)
            .then((one.cause, &one.service).cmp(&(other.cause, &other.service)))
    });
    all
}

/// Weight of a mechanism with its own direct line.
const OWN_LINE: f64 = 6.0;
/// What a symptom at the proxy loses where the service behind tells why, in nats.
const EXPLAINED: f64 = -4.0;

/// That a backend does not answer is a symptom where a service says itself what happened to it: the deepest mechanism
/// with evidence of its own is named (methods, 5.4).
fn blame_the_deepest(all: &mut [Hypothesis]) {
    let deepest = all.iter().filter(|hypothesis| {
        matches!(
            hypothesis.cause,
            Cause::PortConflict | Cause::BindPermission | Cause::Crash | Cause::Oom | Cause::Misconfiguration
        ) && score(0.0, &hypothesis.reasons) >= OWN_LINE
    });
    let Some(service) = deepest.filter_map(|hypothesis| hypothesis.service.clone()).min() else { return };
    for symptom in
        all.iter_mut().filter(|hypothesis| matches!(hypothesis.cause, Cause::BackendDown | Cause::UpstreamTimeout))
    {
        symptom.reasons.push(Reason::new(EXPLAINED, format!("what happened to {service} explains it"), Vec::new()));
    }
}

fn hypothesis(cause: Cause, service: Option<String>, reasons: Vec<Reason>) -> Hypothesis {
    let confidence = Confidence::NotDetermined;
    Hypothesis { cause, service, conflict: None, holder: None, reasons, probability: 0.0, confidence }
}

/// The service that showed it.
fn front(context: &Context<'_>) -> Option<String> {
    context.findings.first().map(|finding| finding.service.clone())
}

fn within<'a>(context: &'a Context<'_>, before_s: f64, after_s: f64) -> impl Iterator<Item = &'a Happening> {
    let span = context.start - before_s..=context.end + after_s;
    context.world.events.iter().filter(move |event| span.contains(&event.s()))
}

/// A service's bind failed around the onset and had not succeeded before it.
fn conflicts(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut found = Vec::new();
    for (index, conflict) in context.conflicts.iter().enumerate() {
        let over = conflict.solved.is_some_and(|solved| solved < context.start);
        let felt = context.findings.iter().any(|finding| finding.conflict == Some(index));
        if over || conflict.first > context.end || !felt {
            continue;
        }
        let near = context.start - 60.0..=context.end;
        let is_near = conflict.failures.iter().any(|index| near.contains(&context.world.events[*index].s()));
        let lines =
            conflict.failures.iter().take(3).flat_map(|index| context.world.events[*index].evidence.clone()).collect();
        let count = conflict.failures.len();
        let what = format!(
            "{} could not bind its port: {count} failed {}",
            conflict.service,
            if count == 1 { "try" } else { "tries" }
        );
        let reason = Reason::new(if is_near { 8.0 } else { 3.0 }, what, lines).direct();
        let cause = match conflict.errno {
            Some("EADDRINUSE") => Cause::PortConflict,
            Some("EACCES") => Cause::BindPermission,
            Some(_) => Cause::Misconfiguration,
            // HAProxy up to 2.2 writes no errno; a held port is by far the commonest reason.
            None => Cause::PortConflict,
        };
        let holder = conflict.holder().filter(|_| cause == Cause::PortConflict).cloned();
        let mut own = hypothesis(cause, Some(conflict.service.clone()), vec![reason]);
        own.conflict = Some(index);
        own.holder = holder;
        // Several conflicts of one service over one port are one cause, told by the first of them whose holder is known.
        let port = conflict.port;
        let same = found.iter_mut().find(|other: &&mut Hypothesis| {
            let earlier = other.conflict.map(|index| &context.conflicts[index]);
            other.cause == cause
                && earlier.is_some_and(|earlier| earlier.service == conflict.service && earlier.port == port)
        });
        match same {
            Some(earlier) if earlier.holder.is_none() && own.holder.is_some() => *earlier = own,
            Some(_) => {}
            None => found.push(own),
        }
    }
    found
}

/// The service, or another in the way of its requests, says that its configuration is wrong.
fn configuration(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut found: BTreeMap<String, Hypothesis> = BTreeMap::new();
    let signs =
        context.world.signs.iter().filter(|signs| matches!(signs.sign, Sign::Configuration | Sign::CertificateOrName));
    for signs in signs {
        let count = |from: f64, to: f64| -> u64 {
            signs.seconds.range(from.floor() as i64..=to.ceil() as i64).map(|(_, count)| *count).sum()
        };
        // Lines of failing requests count while they fail; those of a start or reload around the onset.
        let near = count(context.start - 60.0, context.start + 60.0);
        let earlier = count(context.start - 600.0, context.start - 60.0);
        if near + earlier == 0 {
            continue;
        }
        let span = context.start - 600.0..=context.end;
        let lines = signs
            .samples
            .iter()
            .filter(|(at, _)| span.contains(&at.as_f64()))
            .map(|(_, line)| line.clone())
            .take(2)
            .collect();
        let text = format!("{} says that its configuration is wrong", signs.service);
        let reason = Reason::new(if near > 0 { 6.0 } else { 3.0 }, text, lines).direct();
        let own = found
            .entry(signs.service.clone())
            .or_insert_with(|| hypothesis(Cause::Misconfiguration, Some(signs.service.clone()), Vec::new()));
        match own.reasons.first_mut() {
            Some(first) if first.weight >= reason.weight => first.evidence.extend(reason.evidence),
            Some(first) => *first = reason,
            None => own.reasons.push(reason),
        }
    }
    found.into_values().collect()
}

/// The kernel killed a process for memory; the unit that ended in that moment is the one.
fn out_of_memory(context: &Context<'_>) -> Vec<Hypothesis> {
    let kills: Vec<&Happening> = within(context, 120.0, 10.0).filter(|event| event.kind() == Kind::OomKill).collect();
    let Some(first) = kills.first() else { return Vec::new() };
    let ended = |event: &&Happening| {
        matches!(event.kind(), Kind::Restart | Kind::Crash | Kind::ServiceFailed | Kind::OomKill)
            && event.service().is_some()
            && event.event.program.as_deref() == Some("systemd")
    };
    let unit = within(context, 120.0, 60.0)
        .filter(ended)
        .find(|event| kills.iter().any(|kill| (-1.0..15.0).contains(&(event.s() - kill.s()))));
    let service = unit.or(Some(*first)).and_then(Happening::service).map(str::to_owned);
    let text = format!("the kernel killed it for memory, {}", times(kills.len()));
    vec![hypothesis(Cause::Oom, service, vec![Reason::new(7.0, text, lines(&kills)).direct()])]
}

/// A service other than the one in front died unasked around the onset.
fn crashes(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut by_service: BTreeMap<String, Vec<&Happening>> = BTreeMap::new();
    for event in within(context, 60.0, 0.0) {
        let died = matches!(event.kind(), Kind::Crash | Kind::Restart) && !is_operators(context, event);
        if died
            && let Some(service) = event.service()
            && !is_explained(context, service, event)
        {
            by_service.entry(service.to_owned()).or_default().push(event);
        }
    }
    let oom = within(context, 120.0, 10.0).any(|event| event.kind() == Kind::OomKill);
    by_service
        .into_iter()
        .filter(|(_, events)| events[0].s() <= context.start + 10.0)
        .filter(|(service, events)| !never_came_up(context, service, events[0]))
        .map(|(service, events)| {
            let text = format!("{service} died unasked and was started again, {}", times(events.len()));
            let weight = if oom { 0.0 } else { 6.0 };
            hypothesis(Cause::Crash, Some(service), vec![Reason::new(weight, text, lines(&events)).direct()])
        })
        .collect()
}

/// Whether a person asked for it: a command on that service in the seconds before.
fn is_operators(context: &Context<'_>, event: &Happening) -> bool {
    context.world.events.iter().any(|other| {
        other.kind() == Kind::OperatorAction
            && event.service().is_some_and(|service| other.event.message.contains(service))
            && (0.0..5.0).contains(&(event.s() - other.s()))
    })
}

/// Whether it died within seconds of a start that a person had just asked for: a version that does not come up, and
/// not a service that crashed.
fn never_came_up(context: &Context<'_>, service: &str, death: &Happening) -> bool {
    context.world.events.iter().any(|other| {
        other.kind() == Kind::OperatorAction
            && other.event.message.contains(service)
            && other.event.message.split(' ').any(|word| matches!(word, "start" | "restart"))
            && (0.0..30.0).contains(&(death.s() - other.s()))
    })
}

/// Whether a failed bind or a wrong configuration of the same service says why it ended.
fn is_explained(context: &Context<'_>, service: &str, event: &Happening) -> bool {
    let bound = context.world.events.iter().any(|other| {
        other.kind() == Kind::BindFailure
            && other.service() == Some(service)
            && (-1.0..10.0).contains(&(event.s() - other.s()))
    });
    let at = event.at.s;
    let configured = context.world.signs.iter().any(|signs| {
        signs.service == service
            && signs.sign == Sign::Configuration
            && signs.seconds.range(at - 10..=at + 1).next().is_some()
    });
    bound || configured
}

/// A limit was reached, more often than in quiet times.
fn limits(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut by_service: BTreeMap<String, Vec<&Happening>> = BTreeMap::new();
    for event in within(context, 30.0, 0.0).filter(|event| event.kind() == Kind::ResourceLimit) {
        by_service.entry(event.service().unwrap_or_default().to_owned()).or_default().push(event);
    }
    let lasts = (context.end - context.start + 30.0).max(1.0);
    by_service
        .into_iter()
        .filter(|(service, events)| {
            let all = context
                .world
                .events
                .iter()
                .filter(|event| event.kind() == Kind::ResourceLimit && event.service() == Some(service));
            let outside = all.count().saturating_sub(events.len()) as f64;
            let covered = context.world.coverage.map_or(0.0, |(first, last)| last.as_f64() - first.as_f64());
            events.len() as f64 / lasts >= 4.0 * (outside / (covered - lasts).max(1.0))
        })
        .map(|(service, events)| {
            let text = format!("{service} reached a limit of its own, {}", times(events.len()));
            hypothesis(Cause::ResourceLimit, Some(service), vec![Reason::new(5.0, text, lines(&events)).direct()])
        })
        .collect()
}

/// Backends that do not answer, or too late, in at least half of the failing requests.
fn upstreams(context: &Context<'_>) -> Vec<Hypothesis> {
    let profile = context.profile;
    if profile.failing == 0 {
        return Vec::new();
    }
    let status = |wanted: &[u16]| wanted.iter().filter_map(|status| profile.statuses.get(status)).sum::<u64>();
    let ended = |wanted: &[&[u8; 2]]| wanted.iter().filter_map(|state| profile.terminations.get(*state)).sum::<u64>();
    let slow = status(&[504]).max(ended(&[b"sH", b"sD", b"sQ"]));
    let down =
        status(&[502, 503]).saturating_sub(ended(&[b"sQ", b"PC", b"sC"])).max(ended(&[b"SC", b"sC", b"SH", b"SD"]));
    let half = |count: u64| count * 2 >= profile.failing;
    let mut found = Vec::new();
    let backend = |signs: &[Sign]| failing_scope(profile).or_else(|| about(context, signs));
    if half(slow) {
        let text = format!("{} of {} failing requests waited too long for the service behind", slow, profile.failing);
        let service = backend(&[Sign::UpstreamSlow]);
        found.push(hypothesis(
            Cause::UpstreamTimeout,
            service,
            vec![Reason::new(4.0, text, sign_lines(context, &[Sign::UpstreamSlow])).direct()],
        ));
    }
    if half(down) {
        let signs = [Sign::UpstreamDown, Sign::UpstreamBroke];
        let text = format!("{} of {} failing requests found the service behind unreachable", down, profile.failing);
        let mut reasons = vec![Reason::new(4.0, text, sign_lines(context, &signs)).direct()];
        let marked: Vec<&Happening> =
            within(context, 30.0, 0.0).filter(|event| event.kind() == Kind::BackendDown).collect();
        if !marked.is_empty() {
            reasons.push(Reason::new(2.0, "its health check marked it down", lines(&marked)).direct());
        }
        found.push(hypothesis(Cause::BackendDown, backend(&signs), reasons));
    }
    found
}

/// The backend of HAProxy that most failing requests were for: `backend/server` where one server has most of them.
fn failing_scope(profile: &Profile) -> Option<String> {
    let mut backends: BTreeMap<&str, u64> = BTreeMap::new();
    let mut servers: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (scope, (_, failing)) in &profile.scopes {
        if let Some((backend, server)) = scope.split_once('/') {
            *backends.entry(backend).or_default() += failing;
            *servers.entry((backend, server)).or_default() += failing;
        }
    }
    let (backend, of_backend) = backends.into_iter().rev().max_by_key(|(_, failing)| *failing)?;
    let server = servers
        .into_iter()
        .find(|((own, server), failing)| *own == backend && !server.starts_with('<') && *failing * 5 >= of_backend * 4);
    Some(server.map_or_else(|| backend.to_owned(), |((_, server), _)| format!("{backend}/{server}")))
}

/// The upstream that most error lines name.
fn about(context: &Context<'_>, signs: &[Sign]) -> Option<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for lines in context.world.signs.iter().filter(|lines| signs.contains(&lines.sign)) {
        if let Some(about) = &lines.about {
            let span = context.start.floor() as i64 - 30..=context.end.ceil() as i64;
            *counts.entry(about).or_default() += lines.seconds.range(span).map(|(_, count)| *count).sum::<u64>();
        }
    }
    counts
        .into_iter()
        .rev()
        .filter(|(_, count)| *count > 0)
        .max_by_key(|(_, count)| *count)
        .map(|(about, _)| about.to_owned())
}

/// One server of several answers with failures, though its health check is content.
fn one_server(context: &Context<'_>) -> Vec<Hypothesis> {
    let profile = context.profile;
    let servers: Vec<(&String, u64, u64)> = profile
        .scopes
        .iter()
        .filter(|(scope, _)| scope.contains('/') && !scope.contains('<'))
        .map(|(scope, (all, failing))| (scope, *all, *failing))
        .collect();
    let backends: BTreeSet<&str> =
        servers.iter().filter_map(|(scope, _, _)| scope.split_once('/').map(|(backend, _)| backend)).collect();
    if servers.len() < 2 || backends.len() != 1 {
        return Vec::new();
    }
    let (all, failing) = servers.iter().fold((0, 0), |sum, server| (sum.0 + server.1, sum.1 + server.2));
    let worst = servers.iter().max_by_key(|server| server.2);
    let concentrated = worst.filter(|(_, own, bad)| {
        let rest = (failing - bad) as f64 / ((all - own).max(1)) as f64;
        bad * 5 >= failing * 4 && *bad as f64 / (*own).max(1) as f64 >= 3.0 * rest && *bad >= 5
    });
    let Some((scope, own, bad)) = concentrated else { return Vec::new() };
    let text = format!("{scope} failed {bad} of its {own} requests, the other servers {} of theirs", failing - bad);
    vec![hypothesis(Cause::BackendDown, Some((*scope).clone()), vec![Reason::new(4.0, text, Vec::new()).direct()])]
}

fn times(count: usize) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

fn lines(events: &[&Happening]) -> Vec<Evidence> {
    events.iter().take(3).flat_map(|event| event.evidence.iter().take(1).cloned()).collect()
}

fn sign_lines(context: &Context<'_>, signs: &[Sign]) -> Vec<Evidence> {
    let span = context.start - 30.0..=context.end;
    let of = context.world.signs.iter().filter(|lines| signs.contains(&lines.sign));
    of.flat_map(|lines| &lines.samples)
        .filter(|(at, _)| span.contains(&at.as_f64()))
        .map(|(_, line)| line.clone())
        .take(2)
        .collect()
}

/// Whether a hole or wrong answers of the conflict's victim are among the findings.
pub fn is_outage(findings: &[&Finding]) -> bool {
    findings.iter().any(|finding| finding.shape != Shape::Spike)
}
