//! What broke: mechanisms that tell of themselves by a line or an event of their own (methods, 5.4).

use std::collections::BTreeMap;

use super::cascade::Names;
use super::trigger::edits;
use super::unusual::is_over_represented;
use super::{Cause, Context, Hypothesis, hypothesis, lines, times, within};
use crate::analysis::evidence::Reason;
use crate::analysis::finding::{Finding, is_same};
use crate::analysis::hole::HoleKind;
use crate::analysis::world::{Evidence, Happening, SignLines};
use crate::facts::event::Kind;
use crate::facts::sign::Sign;

/// A configuration error counts so long before and after the onset, in seconds.
const CONFIGURATION_S: (f64, f64) = (600.0, 60.0);
/// A kill for memory.
const OOM_S: (f64, f64) = (120.0, 10.0);
/// The first death of a crash.
const CRASH_S: (f64, f64) = (60.0, 5.0);
/// A limit is reached from so long before the onset on, in seconds.
const LIMIT_S: f64 = 30.0;
/// A reload or restart so shortly before the onset loads what was changed, in seconds.
const LOADS_S: f64 = 120.0;
/// And the change was made at most so long before it.
const CHANGED_S: f64 = 1800.0;
/// How long after a kill its unit's end may be told, in seconds.
const KILL_TOLD_S: f64 = 15.0;

/// All mechanisms with a trace.
pub(super) fn all(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut all = conflicts(context);
    all.extend(configuration(context));
    all.extend(loaded_change(context, &all));
    all.extend(out_of_memory(context));
    all.extend(crashes(context));
    all.extend(limits(context));
    all.extend(host_down(context));
    all
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
        own.since = Some(conflict.first);
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

/// A server says that its configuration is wrong, or that a certificate or a name in it does not serve.
fn configuration(context: &Context<'_>) -> Vec<Hypothesis> {
    let (start, end) = (context.start, context.end);
    let mut found: BTreeMap<&str, Hypothesis> = BTreeMap::new();
    for signs in &context.world.signs {
        let span = start - CONFIGURATION_S.0..=start + CONFIGURATION_S.1;
        let near = counted(signs, *span.start(), *span.end());
        let weight = match signs.sign {
            Sign::Configuration if near > 0 => 6.0,
            Sign::CertificateOrName if is_more_often(context, signs) => 5.0,
            _ => continue,
        };
        let (what, until) = match signs.sign {
            Sign::Configuration => ("its configuration is wrong", *span.end()),
            _ => ("a certificate or a name that it needs does not serve", end),
        };
        let text = format!("{} says that {what}", signs.service);
        let reason = Reason::new(weight, text, samples(signs, *span.start(), until.max(end))).direct();
        let since = signs.seconds.range((start - CONFIGURATION_S.0).floor() as i64..).next().map(|(at, _)| *at as f64);
        let own = found
            .entry(&signs.service)
            .or_insert_with(|| hypothesis(Cause::Misconfiguration, Some(signs.service.clone()), Vec::new()));
        own.since = own.since.into_iter().chain(since).reduce(f64::min);
        match own.reasons.first_mut() {
            Some(first) if first.weight >= weight => first.evidence.extend(reason.evidence),
            Some(first) => *first = reason,
            None => own.reasons.push(reason),
        }
    }
    found.into_values().collect()
}

/// Lines of a kind between two moments.
pub(super) fn counted(signs: &SignLines, from: f64, to: f64) -> u64 {
    signs.seconds.range(from.floor() as i64..=to.ceil() as i64).map(|(_, count)| *count).sum()
}

/// The first of them.
pub(super) fn samples(signs: &SignLines, from: f64, to: f64) -> Vec<Evidence> {
    let of = signs.samples.iter().filter(|(at, _)| (from.floor()..=to.ceil()).contains(&at.as_f64()));
    of.map(|(_, line)| line.clone()).take(2).collect()
}

/// Whether lines of a kind are told more often in the incident, or in the minutes that lead to it, than elsewhere.
fn is_more_often(context: &Context<'_>, signs: &SignLines) -> bool {
    let from = context.start - CONFIGURATION_S.0;
    let inside = counted(signs, from, context.end);
    let outside = signs.seconds.values().sum::<u64>().saturating_sub(inside);
    let lasts = context.end - from;
    inside > 0 && (outside == 0 || is_over_represented(inside, lasts, outside, covered_s(context) - lasts))
}

fn covered_s(context: &Context<'_>) -> f64 {
    context.world.coverage.map_or(0.0, |(first, last)| last.as_f64() - first.as_f64())
}

/// Somebody changed the configuration of a service that failed, and it was loaded right before the onset. No line says
/// that it is wrong, so this alone makes it likely at most.
fn loaded_change(context: &Context<'_>, known: &[Hypothesis]) -> Vec<Hypothesis> {
    let mut found: Vec<Hypothesis> = Vec::new();
    let loads = within(context, LOADS_S, 0.0).filter(|event| {
        event.s() <= context.start + 2.0
            && matches!(event.kind(), Kind::Reload | Kind::Restart | Kind::ServiceStart)
            && event
                .service()
                .is_some_and(|service| context.findings.iter().any(|finding| is_same(&finding.service, service)))
    });
    for load in loads {
        let Some(service) = load.service() else { continue };
        let changed = context
            .world
            .events
            .iter()
            .rev()
            .find(|event| (0.0..=CHANGED_S).contains(&(load.s() - event.s())) && edits(event, service));
        let Some(changed) = changed else { continue };
        let is_known = known.iter().chain(&found).any(|other| {
            other.cause == Cause::Misconfiguration && other.service.as_deref().is_some_and(|own| is_same(own, service))
        });
        if is_known {
            continue;
        }
        let text = format!("the configuration of {service} was changed and then loaded, right before requests failed");
        let reason = Reason::new(3.0, text, lines(&[changed, load]));
        let own = hypothesis(Cause::Misconfiguration, Some(service.to_owned()), vec![reason]);
        found.push(Hypothesis { since: Some(load.s()), ..own });
    }
    found
}

/// The kernel killed a process for memory; the unit that ended in that moment is the one.
fn out_of_memory(context: &Context<'_>) -> Vec<Hypothesis> {
    let kills: Vec<&Happening> = kills(context).collect();
    let Some(first) = kills.first().filter(|first| first.s() <= context.start + OOM_S.1) else { return Vec::new() };
    let ended = |event: &&Happening| {
        matches!(event.kind(), Kind::Restart | Kind::Crash | Kind::ServiceFailed | Kind::OomKill)
            && event.service().is_some()
            && event.event.program.as_deref() == Some("systemd")
    };
    let unit = within(context, OOM_S.0, 60.0)
        .filter(ended)
        .find(|event| kills.iter().any(|kill| (-1.0..KILL_TOLD_S).contains(&(event.s() - kill.s()))));
    let service = unit.or(Some(*first)).and_then(Happening::service).map(str::to_owned);
    let text = format!("the kernel killed it for memory, {}", times(kills.len()));
    let own = hypothesis(Cause::Oom, service, vec![Reason::new(7.0, text, lines(&kills)).direct()]);
    vec![Hypothesis { since: Some(first.s()), ..own }]
}

fn kills<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Happening> {
    within(context, OOM_S.0, 0.0).filter(|event| event.kind() == Kind::OomKill)
}

/// A service died unasked around the onset.
fn crashes(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut by_service: BTreeMap<String, Vec<&Happening>> = BTreeMap::new();
    for event in within(context, CRASH_S.0, 0.0) {
        let died = matches!(event.kind(), Kind::Crash | Kind::Restart) && !is_operators(context, event);
        if died
            && let Some(service) = event.service()
            && !is_explained(context, service, event)
        {
            by_service.entry(unit_of(context, service, event)).or_default().push(event);
        }
    }
    by_service
        .into_iter()
        .filter(|(_, events)| events[0].s() <= context.start + CRASH_S.1)
        .filter(|(service, events)| !never_came_up(context, service, events[0]))
        .map(|(service, events)| {
            let text = format!("{service} died unasked and was started again, {}", times(events.len()));
            let killed = kills(context).any(|kill| is_told_by(kill, events[0]));
            let weight = if killed { 0.0 } else { 6.0 };
            let own = hypothesis(Cause::Crash, Some(service), vec![Reason::new(weight, text, lines(&events)).direct()]);
            Hypothesis { since: Some(events[0].s()), ..own }
        })
        .collect()
}

/// Whether that death is what the kernel's kill looks like from the supervisor.
fn is_told_by(kill: &Happening, death: &Happening) -> bool {
    let pid = |event: &Happening| event.event.said.pid;
    let same_process = pid(kill).is_some() && pid(kill) == pid(death);
    same_process || (-2.0..KILL_TOLD_S).contains(&(death.s() - kill.s()))
}

/// The unit of a process that the kernel names by its thread: the one that its supervisor says ended then.
fn unit_of(context: &Context<'_>, service: &str, death: &Happening) -> String {
    let of_kernel = death.event.program.as_deref().is_none_or(|program| program == "kernel");
    let told = within(context, CRASH_S.0, 0.0).find(|event| {
        event.event.program.as_deref() == Some("systemd")
            && matches!(event.kind(), Kind::Crash | Kind::Restart | Kind::ServiceFailed)
            && event.service().is_some()
            && (-1.0..KILL_TOLD_S).contains(&(event.s() - death.s()))
    });
    told.filter(|_| of_kernel).and_then(Happening::service).unwrap_or(service).to_owned()
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

/// The whole host was silent, and booted at the end of it, or told nothing where it tells much.
fn host_down(context: &Context<'_>) -> Option<Hypothesis> {
    let of_kind = |kind: HoleKind| {
        let is_so = |finding: &&&&Finding| finding.hole.as_ref().is_some_and(|facts| facts.kind == kind);
        context.findings.iter().find(|finding| is_so(&finding)).copied()
    };
    let own = |finding: &Finding, reason: Reason| {
        let since = Some(finding.start);
        Hypothesis { since, ..hypothesis(Cause::HostDown, Some(finding.service.clone()), vec![reason]) }
    };
    if let Some(finding) = of_kind(HoleKind::HostDown) {
        let is_boot = |event: &&Happening| {
            let of_host = finding.host.is_none() || event.host == finding.host;
            event.kind() == Kind::HostBoot && of_host && (finding.start..=finding.end + 1.0).contains(&event.s())
        };
        let boots: Vec<&Happening> = context.world.events.iter().filter(is_boot).take(1).collect();
        return Some(own(finding, Reason::new(7.0, HoleKind::HostDown.reason(), lines(&boots)).direct()));
    }
    let finding = of_kind(HoleKind::HostProbablyDown)?;
    Some(own(finding, Reason::new(3.0, HoleKind::HostProbablyDown.reason(), Vec::new())))
}

/// A limit was reached, more often than in quiet times.
fn limits(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut by_service: BTreeMap<String, (u64, u64, Option<f64>, Vec<Evidence>)> = BTreeMap::new();
    let (from, to) = (context.start - LIMIT_S, context.end);
    for event in context.world.events.iter().filter(|event| event.kind() == Kind::ResourceLimit) {
        let own = by_service.entry(event.service().unwrap_or_default().to_owned()).or_default();
        if (from..=to).contains(&event.s()) {
            own.0 += 1;
            own.2 = own.2.or(Some(event.s()));
            own.3.extend(event.evidence.first().cloned());
        } else {
            own.1 += 1;
        }
    }
    let names = Names::of(context.world);
    for signs in context.world.signs.iter().filter(|signs| signs.sign == Sign::Limit) {
        // A client tells the limit of the database behind it.
        let behind = signs.about.as_deref().map(|about| names.behind(about)).unwrap_or_default();
        let owner = behind.into_iter().next().or_else(|| signs.about.clone());
        let own = by_service.entry(owner.unwrap_or_else(|| signs.service.clone())).or_default();
        let inside = counted(signs, from, to);
        own.0 += inside;
        own.1 += signs.seconds.values().sum::<u64>().saturating_sub(inside);
        let first = signs.seconds.range(from.floor() as i64..).next().map(|(at, _)| *at as f64);
        own.2 = own.2.into_iter().chain(first).reduce(f64::min);
        own.3.extend(samples(signs, from, to));
    }
    let lasts = (to - from).max(1.0);
    by_service
        .into_iter()
        .filter(|(_, (inside, outside, _, _))| {
            let rest = covered_s(context) - lasts;
            *inside > 0 && (*outside == 0 || is_over_represented(*inside, lasts, *outside, rest))
        })
        .map(|(service, (inside, _, since, mut lines))| {
            let count = usize::try_from(inside).unwrap_or(usize::MAX);
            let text = format!("{service} reached a limit of its own, {}", times(count));
            lines.truncate(3);
            let service = Some(service).filter(|name| !name.is_empty());
            let own = hypothesis(Cause::ResourceLimit, service, vec![Reason::new(5.0, text, lines).direct()]);
            Hypothesis { since, ..own }
        })
        .collect()
}
