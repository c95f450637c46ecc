//! How many were hit: shares of requests and clients over an incident's window, at the outermost layer (methods, 3).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::hole::{expected, interval};
use super::world::World;
use crate::facts::closer::{Close, Seen};
use crate::facts::traffic::{Outcome, Second};

/// z of a 95 % interval.
const Z: f64 = 1.959_964;
/// A silence inside a hole counts as missed requests from so many expected ones on: chance leaves it in one of twenty.
const LEAST_MISSED: f64 = 3.0;
/// Expected requests that a minute needs for a share of its own.
const LEAST_A_MINUTE: f64 = 10.0;
/// Bars of the chart at most.
const MOST_STEPS: i64 = 120;

/// Shares of requests, in percent, with their interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Requests {
    pub failed: u64,
    pub missed: u64,
    pub expected: u64,
    pub percent: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Shares of clients, in percent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Clients {
    pub affected: u64,
    pub seen: u64,
    pub percent: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Those of them that were expected in a silence, and seen by nobody.
    #[serde(skip)]
    pub expected: u64,
}

/// Requests by step.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Chart {
    pub step_s: i64,
    pub start: i64,
    pub requests: Vec<u64>,
    pub failed: Vec<u64>,
    pub missed: Vec<u64>,
}

/// What an incident did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// `None` where no log of requests covers the incident.
    pub requests: Option<Requests>,
    #[allow(missing_docs)]
    pub clients: Option<Clients>,
    /// Start and percent.
    pub worst_minute: Option<(i64, f64)>,
    /// Percent of the day's requests.
    pub day_percent: Option<f64>,
    /// The service that counts: the outermost that logs.
    pub layer: Option<String>,
    #[allow(missing_docs)]
    pub chart: Option<Chart>,
    /// First and last failing request.
    pub first: Option<Seen>,
    #[allow(missing_docs)]
    pub last: Option<Seen>,
    /// How the failing requests ended.
    pub profile: Profile,
    /// Failing requests that only a wrong server on the port made.
    pub refused_by_holder: u64,
}

/// How failing requests ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    #[allow(missing_docs)]
    pub failing: u64,
    #[allow(missing_docs)]
    pub statuses: BTreeMap<u16, u64>,
    /// By the first two letters of HAProxy's termination state.
    pub terminations: BTreeMap<[u8; 2], u64>,
    /// By virtual host or `backend/server`: all, failing.
    pub scopes: BTreeMap<String, (u64, u64)>,
}

/// A window and whose requests count in it.
pub struct Window<'a> {
    /// First and last moment, seconds since 1970.
    pub start: f64,
    #[allow(missing_docs)]
    pub end: f64,
    /// The services of the outermost layer, by index.
    pub services: Vec<usize>,
    /// The service that held the port, and while it did: from, to.
    pub holder: Option<(usize, f64, f64)>,
    /// Stretches in which its refusals count as failures: where it refused far more than it is used to.
    pub refusals: Vec<(f64, f64)>,
    /// Whether it begins and ends with a silence: then good requests of the seconds at its edges lie outside.
    pub begins_silent: bool,
    #[allow(missing_docs)]
    pub ends_silent: bool,
    /// Stretches in which requests may be missing, and of which service, by index.
    pub holes: Vec<(usize, f64, f64)>,
    /// What the logs cover of it, for the day's share.
    pub day: (i64, i64),
    #[allow(missing_docs)]
    pub world: &'a World,
}

impl Window<'_> {
    /// Whether a request is part of the incident. A stamp of whole seconds stands for all of its second.
    fn holds(&self, request: &Counted<'_>) -> bool {
        let at = request.seen.at;
        if request.is_failed {
            return (self.start.floor() as i64..=self.end.ceil() as i64).contains(&at.s);
        }
        let second = if at.digits == 0 { 1.0 } else { 0.0 };
        let after = at.as_f64() >= self.start || !self.begins_silent && at.as_f64() + second > self.start;
        let before = at.as_f64() + second <= self.end || !self.ends_silent && at.as_f64() <= self.end;
        after && before
    }
}

/// A stretch in which requests of a service should have come and none did.
struct Silence {
    service: usize,
    from: i64,
    to: i64,
    missed: f64,
}

impl Counted<'_> {
    /// Whether it is a request of that service, or of the holder of its port.
    fn is_of(&self, window: &Window<'_>, service: usize) -> bool {
        let source = self.seen.place.block.0;
        let of = |index: usize| &window.world.services[index];
        of(service).sources.contains(&source) && self.host == of(service).host.as_deref()
            || window.holder.is_some_and(|(holder, _, _)| of(holder).sources.contains(&source))
    }
}

/// A request in the window, and whether it counts as failed.
struct Counted<'a> {
    seen: &'a Seen,
    is_failed: bool,
    host: Option<&'a str>,
}

/// Counts the window. `close` are the requests around it, one by one.
pub fn impact(window: &Window<'_>, close: &[Close]) -> Impact {
    let layer = window.services.first().map(|index| window.world.services[*index].name.clone());
    let counted = counted(window, close);
    let (from, to) = (window.start.floor() as i64, window.end.ceil() as i64);
    let inside: Vec<&Counted<'_>> = counted.iter().filter(|request| window.holds(request)).collect();
    let failed: Vec<&Counted<'_>> = inside.iter().copied().filter(|request| request.is_failed).collect();
    let seconds = added(window, &window.services);
    let silences = silences(window, &counted);
    let missed: f64 = silences.iter().map(|silence| silence.missed).sum();
    if layer.is_none() || (inside.is_empty() && missed < 1.0) {
        return Impact { layer, ..Impact::default() };
    }
    let requests = requests(inside.len() as u64, failed.len() as u64, missed);
    let chart = chart(window, &counted, &silences);
    let profile = profile(&inside, close);
    Impact {
        clients: Some(clients(window, &counted, &silences)),
        worst_minute: worst_minute(from, to, &inside, &silences),
        day_percent: day_percent(window, &requests, &seconds),
        requests: Some(requests),
        layer,
        chart: Some(chart),
        first: failed.iter().map(|request| *request.seen).min(),
        last: failed.iter().map(|request| *request.seen).max(),
        profile,
        refused_by_holder: failed.iter().filter(|request| request.seen.outcome == Outcome::Refused).count() as u64,
    }
}

/// The requests around the window that count: of the layer, and of the holder while it had the port.
fn counted<'a>(window: &Window<'a>, close: &'a [Close]) -> Vec<Counted<'a>> {
    let mut counted = Vec::new();
    for part in close {
        let of = |index: &usize| {
            let service = &window.world.services[*index];
            service.name == part.service && (part.host.is_none() || service.host == part.host)
        };
        let host_fits = |index: &usize, seen: &Seen| {
            let service = &window.world.services[*index];
            service.sources.contains(&seen.place.block.0) && service.owners.counts(seen.place.block.0, seen.at.s)
        };
        let holder = window.holder.filter(|(index, _, _)| of(index));
        let own: Vec<&usize> = window.services.iter().filter(|index| of(index)).collect();
        for seen in &part.seen {
            let held = holder.filter(|(index, from, to)| {
                host_fits(index, seen) && (*from - 1.0..=*to + 1.0).contains(&seen.at.as_f64())
            });
            let is_own = own.iter().any(|index| host_fits(index, seen));
            if held.is_none() && !is_own {
                continue;
            }
            let refuses =
                window.refusals.iter().any(|(from, to)| (from.floor()..=to.ceil()).contains(&seen.at.as_f64()));
            let is_failed =
                seen.outcome == Outcome::Failing || held.is_some() && refuses && seen.outcome == Outcome::Refused;
            let of_source = || window.world.hosts.get(seen.place.block.0).and_then(Option::as_deref);
            let host = part.host.as_deref().or_else(of_source);
            counted.push(Counted { seen, is_failed, host });
        }
    }
    counted.sort_unstable_by_key(|request| request.seen);
    counted
}

/// Requests by second of those services.
fn added(window: &Window<'_>, services: &[usize]) -> Vec<Second> {
    let mut by_second: BTreeMap<i64, u32> = BTreeMap::new();
    for second in services.iter().flat_map(|index| &window.world.services[*index].seconds) {
        *by_second.entry(second.at).or_default() += second.requests;
    }
    by_second.into_iter().map(|(at, requests)| Second { at, requests, ..Second::default() }).collect()
}

/// Silent stretches of the holes.
fn silences(window: &Window<'_>, counted: &[Counted<'_>]) -> Vec<Silence> {
    let mut silences = Vec::new();
    for (service, start, end) in &window.holes {
        let (from, to) = (start.ceil() as i64, end.floor() as i64);
        // A service without requests of its own before is measured by those that the holder of its port had.
        let own = added(window, &[*service]);
        let served = own.first().is_some_and(|first| (first.at as f64) < window.start);
        let holder = window.holder.map(|(holder, _, _)| holder);
        let usual = if served {
            own
        } else {
            added(window, &[Some(*service), holder].into_iter().flatten().collect::<Vec<_>>())
        };
        let here = counted.iter().filter(|request| request.is_of(window, *service)).map(|request| request.seen.at.s);
        let busy: BTreeSet<i64> = here.filter(|s| (from..to).contains(s)).collect();
        let per_second = expected(&usual, from, to).0 / ((to - from).max(1) as f64);
        let mut at = from;
        for second in busy.into_iter().chain([to]) {
            let silent = per_second * (second - at) as f64;
            if second > at && silent >= LEAST_MISSED {
                silences.push(Silence { service: *service, from: at, to: second, missed: silent });
            }
            at = second + 1;
        }
    }
    silences
}

fn requests(seen: u64, failed: u64, missed: f64) -> Requests {
    let (n, f, m) = (seen as f64, failed as f64, missed);
    let share = |s: f64, m: f64| if n + m > 0.0 { (s * n + m) / (n + m) } else { 0.0 };
    let own = if n > 0.0 { f / n } else { 0.0 };
    let here = share(own, m);
    let (least, most) = if m > 0.0 { interval(m) } else { (0.0, 0.0) };
    let (low, high) = wilson(f, n);
    let (below, above) = (here - share(low, m), share(high, m) - here);
    let percent = |value: f64| Some((value.clamp(0.0, 1.0) * 1e4).round() / 100.0);
    Requests {
        failed,
        missed: m.round() as u64,
        expected: seen + m.round() as u64,
        percent: percent(here),
        low: percent(here - below.hypot(here - share(own, least))),
        high: percent(here + above.hypot(share(own, most) - here)),
    }
}

/// Wilson's interval for `k` of `n` (*Probable inference*, 1927). Nothing known: all of 0 to 1.
pub fn wilson(k: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let (share, z2) = (k / n, Z * Z);
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Distinct clients. In a silence none can be seen: those expected in it, by the traffic beside it, count as hit.
fn clients(window: &Window<'_>, counted: &[Counted<'_>], silences: &[Silence]) -> Clients {
    let inside = || counted.iter().filter(|request| window.holds(request));
    let seen: BTreeSet<u64> = inside().map(|request| request.seen.client).collect();
    let hit: BTreeSet<u64> = inside().filter(|request| request.is_failed).map(|request| request.seen.client).collect();
    let (mut unseen, mut expected) = (0, 0);
    let silent: BTreeSet<usize> = silences.iter().map(|silence| silence.service).collect();
    for service in silent {
        let here = |request: &&Counted<'_>| request.is_of(window, service);
        let own = |only_hit: bool| {
            let requests = inside().filter(here).filter(|request| !only_hit || request.is_failed);
            requests.map(|request| request.seen.client).collect::<BTreeSet<_>>().len() as u64
        };
        let length: i64 =
            silences.iter().filter(|silence| silence.service == service).map(|silence| silence.to - silence.from).sum();
        let beside: Vec<&Counted<'_>> = counted.iter().filter(here).collect();
        let in_silence = clients_beside(window, &beside, length);
        let in_window = clients_beside(window, &beside, (window.end - window.start).ceil() as i64).max(in_silence);
        expected += in_silence.saturating_sub(own(true));
        unseen += in_window.saturating_sub(own(false));
    }
    let affected = hit.len() as u64 + expected;
    let all = (seen.len() as u64 + unseen).max(affected);
    let percent = |part: f64| (all > 0).then(|| (part.clamp(0.0, all as f64) / all as f64 * 1e4).round() / 100.0);
    // Those that were seen are a count; those that were expected scatter like one (Poisson).
    let scatter = Z * (expected as f64).sqrt();
    let (low, high) = (percent(affected as f64 - scatter), percent(affected as f64 + scatter));
    Clients { affected, seen: all, percent: percent(affected as f64), low, high, expected }
}

/// Clients that a stretch of that length usually has: of the half before the window and the half after it, each
/// longer where the log has less on the other side.
fn clients_beside(window: &Window<'_>, requests: &[&Counted<'_>], length: i64) -> u64 {
    let (start, end) = (window.start.floor() as i64 - 1, window.end.ceil() as i64 + 1);
    let first = requests.iter().map(|request| request.seen.at.s).min().unwrap_or(start).min(start);
    let last = requests.iter().map(|request| request.seen.at.s).max().unwrap_or(end).max(end);
    let before = (length / 2).max(length - (last - end)).min(start - first);
    let after = (length - before).min(last - end);
    let is_beside = |at: i64| (start - before..start).contains(&at) || (end + 1..=end + after).contains(&at);
    requests
        .iter()
        .filter(|request| is_beside(request.seen.at.s))
        .map(|request| request.seen.client)
        .collect::<BTreeSet<_>>()
        .len() as u64
}

/// The minute with the largest share, of those with enough requests; the earliest of equal ones.
fn worst_minute(from: i64, to: i64, inside: &[&Counted<'_>], silences: &[Silence]) -> Option<(i64, f64)> {
    let length = usize::try_from(to - from + 1).ok().filter(|length| *length < 10_000_000)?;
    let (mut failed, mut all) = (vec![0.0; length], vec![0.0; length]);
    let index = |at: i64| usize::try_from(at - from).ok().filter(|index| *index < length);
    for request in inside {
        if let Some(index) = index(request.seen.at.s) {
            all[index] += 1.0;
            failed[index] += f64::from(u8::from(request.is_failed));
        }
    }
    for silence in silences {
        for index in (silence.from..silence.to).filter_map(index) {
            let each = silence.missed / (silence.to - silence.from).max(1) as f64;
            all[index] += each;
            failed[index] += each;
        }
    }
    let width = length.min(60);
    let sum = |values: &[f64], at: usize| values[at..at + width].iter().sum::<f64>();
    let mut best: Option<(i64, f64)> = None;
    for start in 0..=length - width {
        let (bad, of) = (sum(&failed, start), sum(&all, start));
        if of >= LEAST_A_MINUTE && best.is_none_or(|(_, share)| bad / of > share + 1e-12) {
            best = Some((from + start as i64, bad / of));
        }
    }
    best.map(|(at, share)| (at, (share * 1e4).round() / 100.0))
}

fn day_percent(window: &Window<'_>, requests: &Requests, seconds: &[Second]) -> Option<f64> {
    let (from, to) = window.day;
    let held = window.holder.map_or(0, |(holder, from, to)| {
        u64::from(window.world.services[holder].count(from as i64, to as i64 + 1).requests)
    });
    let of_day: u64 =
        seconds.iter().filter(|second| (from..to).contains(&second.at)).map(|second| u64::from(second.requests)).sum();
    let all = of_day + held + requests.missed;
    (all > 0).then(|| ((requests.failed + requests.missed) as f64 / all as f64 * 1e4).round().min(1e4) / 100.0)
}

fn chart(window: &Window<'_>, counted: &[Counted<'_>], silences: &[Silence]) -> Chart {
    let margin = ((window.end - window.start) / 4.0).clamp(30.0, 1800.0);
    let start = (window.start - margin).floor() as i64;
    let length = ((window.end + margin).ceil() as i64 - start).max(1);
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    let step_s = steps.into_iter().find(|step| length / step <= MOST_STEPS).unwrap_or(7200);
    let start = start.div_euclid(step_s) * step_s;
    let count = usize::try_from(length / step_s + 2).unwrap_or(1);
    let mut chart = Chart { step_s, start, requests: vec![0; count], failed: vec![0; count], missed: vec![0; count] };
    let index = |at: i64| usize::try_from((at - start).div_euclid(step_s)).ok().filter(|index| *index < count);
    for request in counted {
        if let Some(index) = index(request.seen.at.s) {
            chart.requests[index] += 1;
            chart.failed[index] += u64::from(request.is_failed);
        }
    }
    let mut missed = vec![0.0; count];
    for silence in silences {
        for index in (silence.from..silence.to).filter_map(index) {
            missed[index] += silence.missed / (silence.to - silence.from).max(1) as f64;
        }
    }
    chart.missed = missed.into_iter().map(|missed| missed.round() as u64).collect();
    chart
}

fn profile(inside: &[&Counted<'_>], close: &[Close]) -> Profile {
    let mut profile = Profile::default();
    let name = |scope: u64| close.iter().find_map(|part| part.scopes.get(&scope).cloned());
    let mut scopes: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for request in inside {
        let scope = scopes.entry(request.seen.scope).or_default();
        scope.0 += 1;
        if request.is_failed {
            scope.1 += 1;
            profile.failing += 1;
            *profile.statuses.entry(request.seen.status).or_default() += 1;
            *profile.terminations.entry(request.seen.termination).or_default() += 1;
        }
    }
    profile.scopes = scopes.into_iter().filter_map(|(scope, counts)| Some((name(scope)?, counts))).collect();
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_of_the_method() {
        let near = |got: (f64, f64), want: (f64, f64)| (got.0 - want.0).abs() < 1e-5 && (got.1 - want.1).abs() < 1e-5;
        assert!(near(wilson(30.0, 30.0), (0.886_487, 1.0)));
        assert!(near(wilson(0.0, 50.0), (0.0, 0.071_348)));
        assert!(near(wilson(7.0, 20.0), (0.181_192, 0.567_146)));
        let some = requests(100, 31, 0.0);
        assert_eq!((some.percent, some.low, some.high), (Some(31.0), Some(22.78), Some(40.63)));
        let hole = requests(0, 0, 118.0);
        assert_eq!((hole.percent, hole.expected), (Some(100.0), 118));
    }
}
