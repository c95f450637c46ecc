//! Facts in words for people: titles, summaries, the sentences of the timeline.

use crate::analysis::cause::trigger::Trigger;
use crate::analysis::cause::{Cause, Hypothesis};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Shape;
use crate::analysis::hole::{HoleFacts, HoleKind};
use crate::analysis::impact::{Impact, Machine, Remark, Requests};
use crate::analysis::incident::Incident;
use crate::analysis::marks::Item;
use crate::analysis::ports::{Conflict, Holder, HolderHypothesis};
use crate::analysis::scope::Scope;
use crate::analysis::slow::SlowRun;
use crate::clock::Instant;
use crate::clock::zone::{Rule, offset_name};
use crate::facts::closer::feature::Kind as Feature;
use crate::facts::event::Kind;

/// `21 min`, `1 h 5 min`, `67 s`
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as i64;
    match whole {
        ..120 => format!("{whole} s"),
        120..7200 if whole % 60 != 0 => format!("{} min {} s", whole / 60, whole % 60),
        120..7200 => format!("{} min", whole / 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `2026-11-24 03:21:43` in a zone.
pub fn local(at: Instant, zone: &Rule) -> String {
    let shifted = Instant { s: at.s + i64::from(zone.offset_at(at.s)), nanos: 0, digits: 0 };
    shifted.rfc3339().replace('T', " ").replace('Z', "")
}

/// `03:21:43`
pub fn clock(at: Instant, zone: &Rule) -> String {
    local(at, zone).split_off(11)
}

/// `CET, UTC+01:00`; `UTC`
pub fn zone_name(zone: &Rule, at: Instant) -> String {
    let (short, offset) = (zone.abbreviation(at.s), zone.offset_at(at.s));
    if short == "UTC" || short == "GMT" && offset == 0 {
        return short;
    }
    let full = format!("UTC{}", offset_name(offset));
    if short.starts_with(['+', '-']) { full } else { format!("{short}, {full}") }
}

/// A share with two digits: `44 %`, `0.4 %`; all and nothing only where the counts say so.
pub fn percent(value: f64) -> String {
    match value {
        100.0 => "100 %".into(),
        0.0 => "0 %".into(),
        v if v > 99.0 => format!("{} %", (v * 10.0).floor() / 10.0),
        v if v >= 10.0 => format!("{v:.0} %"),
        v if v >= 0.1 => format!("{v:.1} %"),
        _ => "under 0.1 %".into(),
    }
}

/// `12,345`
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An estimate: one digit below 100, two above.
pub fn about(value: u64) -> u64 {
    let unit = if value < 10 {
        1
    } else if value < 100 {
        10
    } else {
        10u64.pow(value.ilog10() - 1)
    };
    (value + unit / 2) / unit * unit
}

/// `container web`, `apache2`, `an old nginx`
pub fn holder(holder: &HolderHypothesis, victim: &str) -> String {
    match &holder.holder {
        Holder::Container(name, _) => format!("container {name}"),
        Holder::Service(name) => name.clone(),
        Holder::SelfStale => format!("an old process of {victim}"),
        Holder::SelfDuplicate => format!("{victim} itself, a second time,"),
        Holder::Process(name) => format!("a process named {name}"),
        Holder::Unknown => "an unknown process".into(),
    }
}

/// The title of an incident: `apache2 down for 21 min: container web held port 80`, `shop/web2 did not answer: 98 % of
/// its requests failed for 2 min`.
pub fn title(incident: &Incident) -> String {
    let lasts = duration(incident.until.as_f64() - incident.start.as_f64());
    let lasts = if incident.is_ongoing { format!("for {lasts}, and not over") } else { format!("for {lasts}") };
    let cause = incident.causes.first();
    let service = cause.and_then(|cause| cause.service.as_deref()).unwrap_or("the service");
    let scope = incident.scope.as_ref();
    let what = match scope {
        Some(scope) if cause.is_some() && scope.name == service => format!("{} of its requests", share(scope)),
        Some(scope) => confined(scope),
        None => "requests".into(),
    };
    let failed = format!("{what} failed {lasts}");
    // What is not told as requests that failed says of which, if not of all.
    let part = if scope.is_some() { format!("; {what} failed") } else { String::new() };
    let Some(cause) = cause else { return failed };
    match cause.cause {
        Cause::PortConflict => {
            let port = incident.conflict.as_ref().and_then(|conflict| conflict.port);
            let port = port.map_or_else(|| "its port".into(), |port| format!("port {port}"));
            match &cause.holder {
                Some(by) => format!("{service} down {lasts}: {} held {port}{part}", holder(by, service)),
                None => format!("{service} down {lasts}: {port} was taken, the holder is not determined{part}"),
            }
        }
        Cause::BindPermission => format!("{service} down {lasts}: it was not allowed to bind its port{part}"),
        Cause::Crash => format!("{service} crashed: {failed}"),
        Cause::Oom => format!("{service} killed for memory: {failed}"),
        Cause::BackendDown => format!("{service} did not answer: {failed}"),
        Cause::UpstreamTimeout => format!("{service} too slow: {failed}"),
        Cause::Misconfiguration => format!("{service} failing {lasts}: its configuration is wrong{part}"),
        Cause::Overload => format!("{service} overloaded {lasts}{part}"),
        Cause::ResourceLimit => format!("{service} at its limit {lasts}{part}"),
        Cause::HostDown => {
            let probably = incident.findings.iter().filter_map(|finding| finding.hole.as_ref());
            let is_sure = probably.into_iter().any(|facts| facts.kind == HoleKind::HostDown);
            format!("the host of {service} was {}down {lasts}", if is_sure { "" } else { "probably " })
        }
        Cause::Unknown => format!("{}, the cause is not determined", undetermined(incident, service, &lasts, &failed)),
    }
}

/// What is known where the cause is not.
fn undetermined(incident: &Incident, service: &str, lasts: &str, failed: &str) -> String {
    let is_all = |shape: Shape| incident.findings.iter().all(|finding| finding.shape == shape);
    let words = || incident.findings.iter().filter_map(|finding| finding.hole.as_ref()?.kind.word());
    // The surer of two words is the shorter.
    match words().min_by_key(|word| word.len()) {
        _ if is_all(Shape::Slow) => format!("{service} slow {lasts}"),
        _ if is_all(Shape::Dip) => format!("{service} had far fewer requests than usual {lasts}"),
        Some(word) if is_all(Shape::Hole) => format!("{service} {word} {lasts}"),
        _ => format!("{service}: {failed}"),
    }
}

/// `100 % of requests to /checkout`, `78 % of GET requests`
pub fn confined(scope: &Scope) -> String {
    let share = share(scope);
    match scope.kind {
        Feature::Method => format!("{share} of {} requests", scope.name),
        _ => format!("{share} of requests to {}", scope.name),
    }
}

fn share(scope: &Scope) -> String {
    percent((scope.failing as f64 / scope.requests.max(1) as f64 * 1e4).round() / 100.0)
}

/// A cause in one plain sentence.
pub fn summary(cause: &Hypothesis, conflict: Option<&Conflict>) -> String {
    let service = cause.service.as_deref().unwrap_or("The service");
    match cause.cause {
        Cause::PortConflict => {
            let place = conflict.map_or_else(|| "its port".into(), place);
            match &cause.holder {
                Some(by) => {
                    format!("{service} could not start, because {} held {place}.", holder(by, service))
                }
                None => format!("{service} could not start, because {place} was taken; who held it is not determined."),
            }
        }
        Cause::BindPermission => format!("{service} could not start: it was not allowed to bind its port."),
        Cause::Crash => format!("{service} died unasked, so requests that needed it failed."),
        Cause::Oom => format!("{service} was killed by the kernel for memory, so requests that needed it failed."),
        Cause::BackendDown => format!("{service} did not answer the proxy in front of it."),
        Cause::UpstreamTimeout => format!("{service} answered too slowly, so the proxy in front gave up."),
        Cause::Misconfiguration => format!("{service} ran into an error in its configuration."),
        Cause::Overload => format!("{service} had more requests than it could serve."),
        Cause::ResourceLimit => format!("{service} reached a limit of its own."),
        Cause::HostDown => "The host was down.".into(),
        Cause::Unknown => "The logs do not show the cause.".into(),
    }
}

/// `port 80 (0.0.0.0)`
fn place(conflict: &Conflict) -> String {
    match (conflict.port, &conflict.address) {
        (Some(port), Some(address)) => format!("port {port} ({address})"),
        (Some(port), None) => format!("port {port}"),
        (None, Some(address)) => address.clone(),
        (None, None) => "its port".into(),
    }
}

/// How a reason begins that tells what set the incident off, what its failing requests share, what was said unusually
/// often.
pub const TRIGGER: &str = "Trigger: ";
#[allow(missing_docs)]
pub const PERHAPS: &str = "Possibly the trigger: ";
#[allow(missing_docs)]
pub const IN_COMMON: &str = "In common: ";
#[allow(missing_docs)]
pub const UNUSUAL: &str = "Unusual: ";
/// How a reason begins that tells what a silence is, and why.
pub const SILENCE: &str = "Silence: ";

/// What a silence is called, and why: `nginx probably down: requests should have come and none did, about 30 by the
/// traffic beside it`.
pub fn silence(service: &str, facts: &HoleFacts) -> String {
    let word = facts.kind.word().map_or_else(String::new, |word| format!(" {word}"));
    let count = number(about(facts.expected.round() as u64));
    let mut text = format!("{service}{word}: {}, about {count} by the traffic beside it", facts.kind.reason());
    for anchor in &facts.anchors {
        text += &format!("; {}", anchor.reason());
    }
    text
}

/// What set it off; below "likely" only that it may have.
pub fn trigger(trigger: &Trigger, item: &Item) -> String {
    let when = match trigger.before_s {
        before if before < 1.0 => "right before the first failure".to_owned(),
        before => format!("{} before the first failure", duration(before)),
    };
    let more = match trigger.count {
        0 | 1 => String::new(),
        2 => ", with another change".to_owned(),
        count => format!(", with {} other changes", count - 1),
    };
    let what = event(item);
    if trigger.confidence >= Confidence::Likely {
        format!("{TRIGGER}{what}, {when}{more} (likely)")
    } else {
        format!("{PERHAPS}{what}, {when}{more}")
    }
}

/// How the share came about, in plain sentences.
pub fn statement(impact: &Impact, scope: Option<&Scope>, slow: Option<SlowRun>) -> String {
    let (Some(requests), Some(layer)) = (&impact.requests, &impact.layer) else {
        return "No log of requests covers the incident, so no share can be given.".into();
    };
    let mut text = counts(impact, requests);
    text += &format!("; counted at {}", counted_at(impact, layer));
    text += &impact.remarks.iter().filter_map(remark).collect::<String>();
    text.push('.');
    if requests.chronic > 0 {
        text += &format!(" About {} more failed, as many as on any day.", number(requests.chronic));
    }
    if let (Some(scope), Some(share)) = (scope, requests.percent) {
        text += &format!(" {} failed, {} of all requests.", confined(scope), percent(share));
    }
    if let Some(attempts) = impact.attempts.filter(|attempts| attempts.failed + attempts.saved > 0) {
        let about = if attempts.is_about { "about " } else { "" };
        text += &format!(
            " Retries folded, {about}{} attempts failed and {} got through on a retry.",
            number(attempts.failed),
            number(attempts.saved)
        );
    }
    if let Some(run) = slow {
        text += &format!(
            " {} of the answers took {:.1} s or longer: half of them {} or longer, usually {}; one in twenty {} or longer, usually {}.",
            percent((run.share * 1e4).round() / 100.0),
            run.threshold_s,
            took(run.median_s.1),
            took(run.median_s.0),
            took(run.p95_s.1),
            took(run.p95_s.0)
        );
    }
    text + &clients(impact)
}

/// `0.12 s`, `4.1 s`
fn took(seconds: f64) -> String {
    if seconds < 0.95 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

/// `240 of the 800 requests seen failed, and about 200 (150 to 260) more never arrived`
fn counts(impact: &Impact, requests: &Requests) -> String {
    let seen = requests.expected - requests.missed;
    let mut text = String::new();
    if seen > 0 {
        let noun = if seen == 1 { "request" } else { "requests" };
        text += &format!("{} of the {} {noun} seen failed", number(requests.failed), number(seen));
        if impact.refused_by_holder > 0 {
            text +=
                &format!(" ({} of them refused by the server that held the port)", number(impact.refused_by_holder));
        }
        if impact.gave_up > 0 {
            text += &format!(" ({} of them given up by their clients)", number(impact.gave_up));
        }
    }
    if requests.missed > 0 {
        let join = if seen > 0 { ", and about " } else { "About " };
        let more = if seen > 0 { "more never arrived" } else { "requests never arrived" };
        let range = requests
            .missed_range
            .map_or_else(String::new, |(low, high)| format!(" ({} to {})", number(about(low)), number(about(high))));
        text += &format!("{join}{}{range} {more}, by the rate before and after", number(about(requests.missed)));
    }
    text
}

/// `haproxy`, `nginx on 2 hosts`, `apache2 and nginx, which see different requests, on 2 hosts`
fn counted_at(impact: &Impact, layer: &str) -> String {
    let entries = impact.remarks.iter().find_map(|remark| match remark {
        Remark::Entries(names) => Some(format!("{}, which see different requests", names.join(" and "))),
        _ => None,
    });
    let hosts = impact.remarks.iter().find_map(|remark| match remark {
        Remark::Hosts(count) => Some(format!("on {count} hosts")),
        _ => None,
    });
    match (entries, hosts) {
        (None, None) => layer.to_owned(),
        (None, Some(hosts)) => format!("{layer} {hosts}"),
        (Some(entries), None) => entries,
        (Some(entries), Some(hosts)) => format!("{entries}, {hosts}"),
    }
}

fn remark(remark: &Remark) -> Option<String> {
    match remark {
        Remark::NoLogInFront(name) => {
            Some(format!("; the log of {name}, which stands in front, does not cover the time"))
        }
        Remark::PastTheFront(name, share) => {
            Some(format!("; with the {} of {name}'s requests that came to it directly", percent(*share)))
        }
        Remark::Entries(_) | Remark::Hosts(_) => None,
    }
}

fn clients(impact: &Impact) -> String {
    let Some(clients) = impact.clients.as_ref().filter(|clients| clients.seen > 0) else { return String::new() };
    let about = if clients.is_about { "About " } else { "" };
    let mut text =
        format!(" {about}{} of {} clients met at least one failure", number(clients.affected), number(clients.seen));
    if clients.expected > 0 {
        text += &format!(", {} of them expected in the silence", number(clients.expected));
    }
    text.push('.');
    let busy =
        clients.machines.iter().filter_map(|machine| if let Machine::Busy(name) = machine { Some(name) } else { None });
    let checks = clients
        .machines
        .iter()
        .filter_map(|machine| if let Machine::Check(name) = machine { Some(name) } else { None });
    let busy: Vec<&str> = busy.map(String::as_str).collect();
    let checks: Vec<&str> = checks.map(String::as_str).take(NAMES).collect();
    if !busy.is_empty() {
        text += &format!(" {} made a tenth of all requests or more, and is not counted as a client.", busy.join(", "));
    }
    if !checks.is_empty() {
        text += &format!(" Health checks ({}) are not counted as clients.", checks.join(", "));
    }
    text
}

/// Health checks that are named.
const NAMES: usize = 3;

/// What happened, in a sentence.
pub fn event(item: &Item) -> String {
    let service = item.said.service.as_deref().unwrap_or("a service");
    let port = item.said.port.map(|port| format!(" port {port}")).unwrap_or_default();
    let times = if item.count > 1 { format!(" ({} times)", item.count) } else { String::new() };
    let errno = match item.said.errno {
        Some("EADDRINUSE") => ": address already in use",
        Some("EACCES") => ": permission denied",
        Some("EADDRNOTAVAIL") => ": no such address",
        _ => "",
    };
    match item.said.kind {
        Kind::BindFailure => format!("{service} could not bind{port}{errno}{times}"),
        Kind::ServiceStart => format!("{service} started"),
        Kind::ServiceStop => format!("{service} stopped"),
        Kind::ServiceFailed => format!("{service} failed to start"),
        Kind::Restart => format!("{service} was restarted by its supervisor{times}"),
        Kind::Reload => format!("{service} reloaded"),
        Kind::Crash => format!("{service} crashed{times}"),
        Kind::OomKill => format!("{service} was killed for memory"),
        Kind::ContainerStart => format!("container {service} started"),
        Kind::ContainerStop => format!("container {service} ended"),
        Kind::ContainerKill => format!("container {service} was sent a signal"),
        Kind::ContainerHealth => format!("container {service}: {}", item.message),
        Kind::OperatorAction => format!("an operator ran: {}", item.message),
        Kind::PackageChange => format!("a package changed: {}", item.message),
        Kind::ConfigChange => format!("the configuration of {service} changed"),
        Kind::HostBoot => "the host booted".into(),
        Kind::HostShutdown => "the host shut down".into(),
        Kind::BackendDown | Kind::BackendUp => format!("{service}: {}{times}", first_clause(&item.message)),
        Kind::ResourceLimit => format!("{service} reached a limit: {}{times}", item.message),
        Kind::FirstFailure if item.evidence.is_empty() => "from here on requests are missing".into(),
        Kind::FirstFailure => "first failing request".into(),
        Kind::LastFailure => {
            let what =
                if item.evidence.is_empty() { "until here requests are missing" } else { "last failing request" };
            let how = if item.message.is_empty() { String::new() } else { format!("; {}", item.message) };
            format!("{what}{how}")
        }
        Kind::Hole => format!("no request reached {service}"),
        Kind::Recovered if item.message.is_empty() => format!("{service} answers again"),
        Kind::Recovered => format!("{service} answers {} again", item.message),
        Kind::Spike => "requests fail".into(),
        Kind::Dip => "fewer requests than usual".into(),
        Kind::Slow => "requests are slow".into(),
        Kind::Detected | Kind::Note | Kind::Escalation => item.message.clone(),
    }
}

/// `Server shop/web01 is DOWN, reason: Layer4 connection problem` of HAProxy's longer line.
fn first_clause(message: &str) -> &str {
    let end = [", info: ", ", code: ", ", check duration", ". "].iter().filter_map(|mark| message.find(mark)).min();
    message[..end.unwrap_or(message.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_people() {
        assert_eq!(
            [duration(67.2), duration(1260.0), duration(4000.0), duration(9000.0)],
            ["67 s", "21 min", "66 min 40 s", "2 h 30 min"]
        );
        assert_eq!(
            [percent(99.96), percent(44.4), percent(0.04), percent(100.0)],
            ["99.9 %", "44 %", "under 0.1 %", "100 %"]
        );
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!([about(7), about(84), about(1234)], [7, 80, 1200]);
    }
}
