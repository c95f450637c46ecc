//! What fails because of something behind it: a proxy that finds its backend down or slow, and what is said there
//! (methods, 5.4).
//!
//! The way of a request is followed at most three steps down, by what each service says of the one behind it. The
//! deepest mechanism with evidence of its own is the one that is named; what stands before it is its symptom.

use std::collections::{BTreeMap, BTreeSet};

use super::mechanisms::{counted, samples};
use super::unusual::is_over_represented;
use super::{Cause, Context, Hypothesis, hypothesis, lines, within};
use crate::analysis::evidence::{Reason, score};
use crate::analysis::finding::is_same;
use crate::analysis::impact::Profile;
use crate::analysis::listeners::usual_ports;
use crate::analysis::world::{Evidence, Happening, SignLines, World};
use crate::facts::event::Kind;
use crate::facts::sign::Sign;

/// Steps down from the service that shows it.
const STEPS: usize = 3;
/// Weight of a mechanism with its own direct line, at least.
const OWN_LINE: f64 = 5.0;
/// What a symptom loses where the service behind tells why, in nats.
const EXPLAINED: f64 = -4.0;
/// What a mechanism loses that is none of the services on the failing requests' way.
const ELSEWHERE: f64 = -3.0;
/// "Before" between two logs needs a difference of so many seconds.
const ORDER_S: f64 = 2.0;
/// Lines about the service behind count from so long before the onset on, in seconds.
const LINES_S: f64 = 60.0;
/// A program says that it listens at most so long after its unit was started, in seconds.
const STARTED_S: f64 = 10.0;
/// Lines about it, at least.
const LEAST_LINES: u64 = 3;

/// Symptoms at the services that the failing requests went through.
pub(super) fn symptoms(context: &Context<'_>, way: &Way<'_>) -> Vec<Hypothesis> {
    let mut all = upstreams(context);
    all.extend(one_server(context));
    let further = further_down(context, way, &all);
    all.extend(further);
    all
}

/// Signs of what is behind a service, and which cause they are of.
fn of_sign(sign: Sign) -> Option<Cause> {
    match sign {
        Sign::UpstreamDown | Sign::UpstreamBroke => Some(Cause::BackendDown),
        Sign::UpstreamSlow => Some(Cause::UpstreamTimeout),
        _ => None,
    }
}

/// Lines of services about what is behind them, around the incident.
fn about_behind<'a>(context: &'a Context<'_>) -> impl Iterator<Item = (&'a SignLines, Cause)> {
    let of_behind = context.world.signs.iter().filter_map(|signs| Some((signs, of_sign(signs.sign)?)));
    of_behind.filter(|(signs, _)| counted(signs, context.start - LINES_S, context.end) >= LEAST_LINES)
}

/// The failing requests' way: which services they went through, as far as these tell it.
pub(super) struct Way<'a> {
    /// How many steps down each is from the service that shows it.
    steps: BTreeMap<String, usize>,
    names: Names<'a>,
    /// Whether a unit of systemd is known behind the first step, so that a unit that is not among them is elsewhere.
    has_units: bool,
}

impl<'a> Way<'a> {
    /// Follows what each service says of the one behind it.
    pub(super) fn of(context: &'a Context<'_>) -> Way<'a> {
        let names = Names::of(context.world);
        let mut steps: BTreeMap<String, usize> = BTreeMap::new();
        let mut level: BTreeSet<String> = context.findings.iter().map(|finding| finding.service.clone()).collect();
        for step in 0..=STEPS {
            let mut next = BTreeSet::new();
            for (signs, _) in about_behind(context) {
                let is_here = level.iter().any(|service| is_same(service, &signs.service));
                next.extend(signs.about.iter().filter(|_| is_here).flat_map(|about| names.behind(about)));
            }
            if step == 0 {
                next.extend(failing_scope(context.profile).iter().flat_map(|scope| names.behind(scope)));
            }
            next.retain(|service| !steps.contains_key(service) && !level.contains(service));
            steps.extend(level.into_iter().map(|service| (service, step)));
            level = next;
        }
        let is_unit = |service: &str| {
            let of_unit = |event: &Happening| event.service() == Some(service);
            context.world.events.iter().any(|event| of_unit(event) && is_of_systemd(event))
        };
        let has_units = steps.iter().any(|(service, step)| *step > 0 && is_unit(service));
        Way { steps, names, has_units }
    }

    /// The step of a service, if it is on the way.
    fn step(&self, service: &str) -> Option<usize> {
        let own = self.steps.iter().filter(|(name, _)| is_same(name, service)).map(|(_, step)| *step).max();
        own.or_else(|| self.names.behind(service).iter().filter_map(|name| self.steps.get(name)).copied().max())
    }
}

fn is_of_systemd(event: &Happening) -> bool {
    event.event.program.as_deref() == Some("systemd")
}

/// All names of services that the logs hold, and who listens where.
pub(super) struct Names<'a> {
    world: &'a World,
    known: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(world: &'a World) -> Names<'a> {
        let events = world.events.iter().filter_map(Happening::service);
        let signs = world.signs.iter().map(|signs| signs.service.as_str());
        let services = world.services.iter().map(|service| service.name.as_str());
        let claims = world.claims.iter().map(|(_, _, claim, _)| claim.holder.as_str());
        Names { world, known: events.chain(signs).chain(services).chain(claims).collect() }
    }

    /// The services that a name or an address of a proxy's configuration may stand for: a server's name is that of its
    /// unit, its unit's instance or its container; an address is that of who says that it listens there.
    pub(super) fn behind(&self, name: &str) -> BTreeSet<String> {
        let part = name.rsplit('/').next().unwrap_or(name);
        match part.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()) {
            Some(port) => self.listening(port),
            None => {
                let part = part.strip_suffix(".sock").unwrap_or(part);
                // HAProxy's `backend/server`
                let backend = name.split_once('/').map(|(backend, _)| backend).filter(|backend| !backend.is_empty());
                let is_it = |service: &&&str| {
                    let is_named = |own: &str| own == part || own == name || Some(own) == backend;
                    is_same(service, name) || is_named(service) || service.split('@').any(is_named)
                };
                self.known.iter().filter(is_it).map(|service| (*service).to_owned()).collect()
            }
        }
    }

    /// Who listens on a port: by claims, with the units that started them; where there are none, by its usual use.
    fn listening(&self, port: u16) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for (at, _, claim, _) in self.world.claims.iter().filter(|(_, _, claim, _)| claim.port == port) {
            told.insert(claim.holder.clone());
            told.extend(at.and_then(|at| self.started_at(at.as_f64())));
        }
        if told.is_empty() {
            let is_usual = |service: &&&str| usual_ports(service).is_some_and(|ports| ports.contains(&port));
            told.extend(self.known.iter().filter(is_usual).map(|service| (*service).to_owned()));
        }
        told
    }

    /// The one unit that systemd started right before a program said that it listens; `None` where it may be several.
    fn started_at(&self, at: f64) -> Option<String> {
        let span = at - STARTED_S..=at + ORDER_S;
        let from = self.world.events.partition_point(|event| event.s() < *span.start());
        let near = self.world.events[from..].iter().take_while(|event| event.s() <= *span.end());
        let is_start = |event: &&Happening| event.kind() == Kind::ServiceStart && is_of_systemd(event);
        let units: BTreeSet<&str> = near.filter(is_start).filter_map(Happening::service).collect();
        let [unit] = units.into_iter().collect::<Vec<_>>()[..] else { return None };
        Some(unit.to_owned())
    }
}

/// What services further down say of those behind them: the one in front only knows the first step. A service of which
/// no log tells that the requests went there counts where it says so from the onset on, and not before.
fn further_down(context: &Context<'_>, way: &Way<'_>, known: &[Hypothesis]) -> Vec<Hypothesis> {
    let mut found: Vec<Hypothesis> = Vec::new();
    let (from, to) = (context.start - LINES_S, context.end);
    for (signs, cause) in about_behind(context) {
        let Some(about) = &signs.about else { continue };
        let weight = match way.step(&signs.service) {
            Some(0) => continue,
            Some(_) => 4.0,
            None if !way.has_units && begins_here(context, signs) => 3.0,
            None => continue,
        };
        let behind: Vec<String> = way.names.behind(about).into_iter().collect();
        let name = if let [only] = &behind[..] { only.clone() } else { about.clone() };
        let is_known = known.iter().chain(&found).any(|other| {
            other.cause == cause && other.service.as_ref().is_some_and(|own| *own == name || own == about)
        });
        if is_known {
            continue;
        }
        let what = if cause == Cause::BackendDown { "could not be reached" } else { "answered too late" };
        let text = format!("{} says that {name} {what}", signs.service);
        let own = hypothesis(cause, Some(name), vec![Reason::new(weight, text, samples(signs, from, to)).direct()]);
        let since = signs.seconds.range(from.floor() as i64..).next().map(|(at, _)| *at as f64);
        found.push(Hypothesis { since, ..own });
    }
    found
}

/// Whether lines begin with the incident and are told far more often in it than elsewhere.
fn begins_here(context: &Context<'_>, signs: &SignLines) -> bool {
    let (from, to) = (context.start - LINES_S, context.end);
    let inside = counted(signs, from, to);
    let outside = signs.seconds.values().sum::<u64>().saturating_sub(inside);
    let covered = context.world.coverage.map_or(0.0, |(first, last)| last.as_f64() - first.as_f64());
    counted(signs, from, context.start + LINES_S) > 0
        && is_over_represented(inside, to - from, outside, covered - (to - from))
}

/// Whether a cause is what another service shows of it.
fn is_symptom(cause: Cause) -> bool {
    matches!(cause, Cause::BackendDown | Cause::UpstreamTimeout)
}

/// A mechanism with evidence of its own.
struct Own {
    step: Option<usize>,
    since: Option<f64>,
    service: String,
    /// Whether it is known to be beside the way.
    is_elsewhere: bool,
    /// Whether it tells why what is before it got no answer.
    explains: bool,
}

/// A symptom loses where a service behind says itself what happened to it, and a mechanism where one further down does
/// that was not clearly later.
pub(super) fn blame_the_deepest(way: &Way<'_>, all: &mut [Hypothesis]) {
    let step = |hypothesis: &Hypothesis| way.step(hypothesis.service.as_deref()?);
    let steps: Vec<Option<usize>> = all.iter().map(step).collect();
    let shows = |cause: Cause| all.iter().any(|own| own.cause == cause);
    // What died refuses connections: it does not answer late.
    let only_late = shows(Cause::UpstreamTimeout) && !shows(Cause::BackendDown);
    let own_of = |hypothesis: &Hypothesis, step: Option<usize>| {
        let is_own = hypothesis.cause != Cause::Unknown
            && !is_symptom(hypothesis.cause)
            && score(0.0, &hypothesis.reasons) >= OWN_LINE;
        let died = matches!(hypothesis.cause, Cause::Crash | Cause::Oom);
        let is_elsewhere = died && step.is_none() && (way.has_units || only_late);
        let is_limit = hypothesis.cause == Cause::ResourceLimit;
        is_own.then(|| Own {
            step,
            since: hypothesis.since,
            service: hypothesis.service.clone().unwrap_or_default(),
            is_elsewhere,
            explains: !is_elsewhere && (!is_limit || step > Some(0)),
        })
    };
    let own: Vec<Option<Own>> = all.iter().zip(&steps).map(|(hypothesis, step)| own_of(hypothesis, *step)).collect();
    let deepest =
        own.iter().flatten().filter(|own| own.explains).max_by_key(|own| (own.step, std::cmp::Reverse(&own.service)));
    let symptom = all.iter().zip(&steps).filter(|(own, _)| is_symptom(own.cause)).filter_map(|(_, step)| *step).max();
    // Off the way nothing is deeper, but what the front does not see may still be said behind it.
    let off_way = all.iter().zip(&steps).any(|(own, step)| is_symptom(own.cause) && step.is_none());
    let mut against: Vec<Option<Reason>> = Vec::with_capacity(all.len());
    for ((hypothesis, step), mechanism) in all.iter().zip(&steps).zip(&own) {
        let reason = match (mechanism, deepest) {
            (Some(own), _) if own.is_elsewhere => Some((ELSEWHERE, "the failing requests did not need it".to_owned())),
            (Some(own), Some(other))
                if own.step.is_some()
                    && other.step > own.step
                    && other.service != own.service
                    && other.since.zip(own.since).is_none_or(|(other, own)| other <= own + ORDER_S) =>
            {
                Some((EXPLAINED, format!("what happened to {}, further down, explains it", other.service)))
            }
            (None, Some(other)) if is_symptom(hypothesis.cause) => {
                Some((EXPLAINED, format!("what happened to {} explains it", other.service)))
            }
            (None, None) if is_symptom(hypothesis.cause) && !off_way && symptom > *step => {
                Some((EXPLAINED, "a service further down explains it".to_owned()))
            }
            _ => None,
        };
        against.push(reason.map(|(weight, text)| Reason::new(weight, text, Vec::new())));
    }
    for (hypothesis, reason) in all.iter_mut().zip(against) {
        hypothesis.reasons.extend(reason);
    }
}

/// Backends that do not answer, or too late, in at least half of the failing requests.
fn upstreams(context: &Context<'_>) -> Vec<Hypothesis> {
    let profile = context.profile;
    if profile.failing == 0 {
        return Vec::new();
    }
    let status = |wanted: &[u16]| wanted.iter().filter_map(|status| profile.statuses.get(status)).sum::<u64>();
    let ended = |wanted: &[&[u8; 2]]| wanted.iter().filter_map(|state| profile.terminations.get(*state)).sum::<u64>();
    let late = status(&[504]).max(ended(&[b"sH", b"sD", b"sQ"]));
    let down =
        status(&[502, 503]).saturating_sub(ended(&[b"sQ", b"PC", b"sC"])).max(ended(&[b"SC", b"sC", b"SH", b"SD"]));
    // Clients that gave up waited too long, too, where others were answered too late; else they say nothing of it.
    let aborted = profile.terminations.iter().filter(|(state, _)| matches!(state[0], b'C' | b'c'));
    let gave_up = status(&[499]).max(aborted.map(|(_, count)| *count).sum());
    let slow = if late > down { late + gave_up } else { late };
    let half = |count: u64| count * 2 >= profile.failing;
    let mut found = Vec::new();
    let backend = |signs: &[Sign]| failing_scope(profile).or_else(|| about(context, signs));
    if half(slow) {
        let text = format!("{} of {} failing requests waited too long for the service behind", slow, profile.failing);
        let service = backend(&[Sign::UpstreamSlow]);
        found.push(hypothesis(
            Cause::UpstreamTimeout,
            service,
            vec![Reason::new(4.0, text, front_lines(context, &[Sign::UpstreamSlow])).direct()],
        ));
    }
    if down > 0 && down * 2 >= profile.failing.saturating_sub(gave_up) {
        let signs = [Sign::UpstreamDown, Sign::UpstreamBroke];
        let text = format!("{} of {} failing requests found the service behind unreachable", down, profile.failing);
        let mut reasons = vec![Reason::new(4.0, text, front_lines(context, &signs)).direct()];
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

/// Lines of these signs that the services that show it write.
fn of_front<'a>(context: &'a Context<'_>, signs: &'a [Sign]) -> impl Iterator<Item = &'a SignLines> {
    let is_front = |service: &str| context.findings.iter().any(|finding| is_same(&finding.service, service));
    context.world.signs.iter().filter(move |lines| signs.contains(&lines.sign) && is_front(&lines.service))
}

/// The first of them in the incident, or shortly before it.
fn front_lines(context: &Context<'_>, signs: &[Sign]) -> Vec<Evidence> {
    let all = of_front(context, signs).flat_map(|lines| samples(lines, context.start - 30.0, context.end));
    all.take(2).collect()
}

/// The upstream that most error lines name.
fn about(context: &Context<'_>, signs: &[Sign]) -> Option<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for lines in of_front(context, signs) {
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
