//! The share of clients: those that were seen, and those that a silence hid (methods, 3.2).

use std::collections::BTreeMap;

use serde::Serialize;

use super::count::{Counted, Part, holds_failed};
use super::{Silence, Window, Z};
use crate::facts::closer::visits::{Visit, is_sampled};

/// Share of the requests from which one address is no person: a proxy, or a machine.
const MACHINE_SHARE: f64 = 0.10;
/// Other clients that must be seen for one to stand out as a machine, and how many times the requests of the next
/// busiest it must make.
const LEAST_OTHERS: usize = 20;
const STANDS_OUT: f64 = 3.0;
/// User agents of health checks, by their family.
const CHECKS: [&str; 12] = [
    "kube-probe",
    "ELB-HealthChecker",
    "GoogleHC",
    "Amazon-Route53-Health-Check-Service",
    "Consul",
    "check_http",
    "UptimeRobot",
    "Pingdom.com_bot_version_1.4_",
    "StatusCake",
    "Blackbox",
    "HAProxy",
    "Better",
];
/// Requests at one period that make a check, share of the gaps that are of this period, and how far they may be off.
const LEAST_BEATS: usize = 20;
const STEADY_SHARE: f64 = 0.9;
const JITTER_S: i64 = 1;
/// Shortest period of a check, in seconds.
const SHORTEST_PERIOD_S: i64 = 2;

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
    /// Whether there were too many to count one by one.
    #[serde(skip)]
    pub is_about: bool,
    /// Who is left out, as no person.
    #[serde(skip)]
    pub machines: Vec<Machine>,
}

/// A client that is no person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Machine {
    /// A health check: its name, or its address where it has none.
    Check(String),
    /// One address with a large part of the requests.
    Busy(String),
}

/// Whom the window hit.
struct Sight<'a> {
    window: &'a Window<'a>,
    /// Visits that count, each with its part.
    visits: Vec<(&'a Part<'a>, Visit)>,
    halvings: u32,
}

/// Distinct clients. In a silence none can be seen: those expected in it, by the traffic beside it, count as hit.
pub(super) fn clients(window: &Window<'_>, counted: &Counted<'_>, silences: &[Silence]) -> Clients {
    let halvings = counted.parts.iter().map(|part| part.close.visits.halvings()).max().unwrap_or(0);
    let own = || counted.parts.iter().filter(|part| part.weight >= 1.0);
    // There may be a million: a list that grows would be copied again and again.
    let mut visits: Vec<(&Part<'_>, Visit)> = Vec::with_capacity(own().map(|part| part.close.visits.len()).sum());
    visits.extend(
        own().flat_map(|part| part.close.visits.between(i64::MIN, i64::MAX).map(move |visit| (part, visit))).filter(
            |(part, visit)| is_sampled(visit.client, halvings) && part.counts(window, visit.at, visit.at as f64),
        ),
    );
    let machines = machines(&visits);
    let is_person = |visit: &Visit| !machines.contains_key(&visit.client);
    let visits = visits.into_iter().filter(|(_, visit)| is_person(visit)).collect();
    let sight = Sight { window, visits, halvings };
    let (seen, hit) = (sight.seen(&|_| true), sight.hit(&|_| true));
    let (mut unseen, mut expected) = (0, 0);
    let mut silent: Vec<usize> = silences.iter().map(|silence| silence.service).collect();
    silent.sort_unstable();
    silent.dedup();
    for service in silent {
        let here = |part: &Part<'_>| part.is_of(window, service);
        let of_service = || silences.iter().filter(|silence| silence.service == service);
        let length: i64 = of_service().map(|silence| silence.to - silence.from).sum();
        // In a dip some of them did come.
        let share = of_service().map(|silence| silence.share).fold(0.0, f64::max);
        let in_silence = (sight.beside(&here, length) as f64 * share).round() as u64;
        let in_window = sight.beside(&here, (window.end - window.start).ceil() as i64).max(in_silence);
        expected += in_silence.saturating_sub(sight.hit(&here));
        unseen += in_window.saturating_sub(sight.seen(&here));
    }
    let affected = hit + expected;
    let all = (seen + unseen).max(affected);
    let percent = |part: f64| (all > 0).then(|| (part.clamp(0.0, all as f64) / all as f64 * 1e4).round() / 100.0);
    // Those that were seen are a count; those that were expected scatter like one (Poisson).
    let scatter = Z * (expected as f64).sqrt();
    let (low, high) = (percent(affected as f64 - scatter), percent(affected as f64 + scatter));
    let mut machines: Vec<Machine> = machines.into_values().collect();
    machines.sort();
    machines.dedup();
    let percent = percent(affected as f64);
    Clients { affected, seen: all, percent, low, high, expected, is_about: halvings > 0, machines }
}

impl Sight<'_> {
    /// Clients with a request in the window.
    fn seen(&self, of: &dyn Fn(&Part<'_>) -> bool) -> u64 {
        let (start, end) = (self.window.start, self.window.end);
        let first = if self.window.begins_silent { start.ceil() } else { start.floor() } as i64;
        let last = if self.window.ends_silent { end.floor() - 1.0 } else { end.floor() } as i64;
        self.distinct(&|part, visit| {
            let is_inside = if part.is_hit(self.window, visit) {
                holds_failed(self.window, visit.at)
            } else {
                (first..=last).contains(&visit.at)
            };
            is_inside && of(part)
        })
    }

    /// Clients with a failed request in the window.
    fn hit(&self, of: &dyn Fn(&Part<'_>) -> bool) -> u64 {
        self.distinct(&|part, visit| part.is_hit(self.window, visit) && holds_failed(self.window, visit.at) && of(part))
    }

    /// Clients that a stretch of that length usually has: of the half before the window and the half after it, each
    /// longer where the log has less on the other side.
    fn beside(&self, of: &dyn Fn(&Part<'_>) -> bool, length: i64) -> u64 {
        let (start, end) = (self.window.start.floor() as i64 - 1, self.window.end.ceil() as i64 + 1);
        let times = || self.visits.iter().filter(|(part, _)| of(part)).map(|(_, visit)| visit.at);
        let first = times().min().unwrap_or(start).min(start);
        let last = times().max().unwrap_or(end).max(end);
        let before = (length / 2).max(length - (last - end)).min(start - first);
        let after = (length - before).min(last - end);
        let is_beside = |at: i64| (start - before..start).contains(&at) || (end + 1..=end + after).contains(&at);
        self.distinct(&|part, visit| is_beside(visit.at) && of(part))
    }

    fn distinct(&self, is_wanted: &dyn Fn(&Part<'_>, &Visit) -> bool) -> u64 {
        let wanted = self.visits.iter().filter(|(part, visit)| is_wanted(part, visit));
        // In the order of the clients, part by part.
        let mut clients: Vec<u64> = wanted.map(|(_, visit)| visit.client).collect();
        clients.dedup();
        clients.sort_unstable();
        clients.dedup();
        (clients.len() as u64) << self.halvings
    }
}

/// Clients that are no persons, by their hash.
fn machines(visits: &[(&Part<'_>, Visit)]) -> BTreeMap<u64, Machine> {
    let mut requests: BTreeMap<u64, u64> = BTreeMap::new();
    // In the order of the clients, part by part.
    for same in visits.chunk_by(|(_, one), (_, other)| one.client == other.client) {
        let count: u64 = same.iter().map(|(_, visit)| u64::from(visit.requests)).sum();
        requests.entry(same[0].1.client).and_modify(|known| *known += count).or_insert(count);
    }
    let known = |hash: u64| visits.iter().find_map(|(part, _)| part.close.clients.get(&hash));
    let mut machines = BTreeMap::new();
    let all: u64 = requests.values().sum();
    let mut busiest: Vec<(u64, u64)> = requests.iter().map(|(client, count)| (*count, *client)).collect();
    busiest.sort_unstable_by(|one, other| other.cmp(one));
    if let [(most, client), (next, _), ..] = busiest[..]
        && most as f64 >= MACHINE_SHARE * all as f64
        && most as f64 >= STANDS_OUT * next as f64
        && busiest.len() > LEAST_OTHERS
    {
        let name = known(client).map_or_else(|| "one address".into(), |known| known.name.clone());
        machines.insert(client, Machine::Busy(name));
    }
    if busiest.len() <= LEAST_OTHERS {
        return machines;
    }
    let mut parts: Vec<&Part<'_>> = Vec::new();
    for (part, _) in visits {
        if !parts.iter().any(|known| std::ptr::eq(*known, *part)) {
            parts.push(part);
        }
    }
    // Those that ask for one thing only may be checks; few do, so their times are gathered once.
    let mut asks_one: BTreeMap<u64, (&crate::facts::closer::Client, Vec<i64>)> = BTreeMap::new();
    for part in parts {
        for (hash, client) in &part.close.clients {
            let agent = client.agent.as_deref().unwrap_or_default();
            if requests.contains_key(hash) && CHECKS.contains(&agent) {
                machines.entry(*hash).or_insert_with(|| Machine::Check(agent.to_owned()));
            } else if client.asks.is_some() && requests.get(hash).is_some_and(|count| *count >= LEAST_BEATS as u64) {
                asks_one.insert(*hash, (client, Vec::new()));
            }
        }
    }
    for (_, visit) in visits {
        if let Some((_, times)) = asks_one.get_mut(&visit.client) {
            times.push(visit.at);
        }
    }
    for (hash, (client, mut times)) in asks_one {
        times.sort_unstable();
        if is_steady(&times) {
            machines.entry(hash).or_insert_with(|| Machine::Check(client.name.clone()));
        }
    }
    machines
}

/// Whether requests come at a fixed period.
fn is_steady(times: &[i64]) -> bool {
    let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut sorted = gaps.clone();
    sorted.sort_unstable();
    let Some(period) = sorted.get(sorted.len() / 2).copied() else { return false };
    let steady = gaps.iter().filter(|gap| (**gap - period).abs() <= JITTER_S).count();
    times.len() >= LEAST_BEATS
        && period >= SHORTEST_PERIOD_S.max(2 * JITTER_S + 1)
        && steady as f64 >= STEADY_SHARE * gaps.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_no_person() {
        let every = |step: i64| (0..40).map(|beat| beat * step + i64::from(beat % 3 == 0)).collect::<Vec<_>>();
        assert!(is_steady(&every(10)) && is_steady(&every(60)));
        assert!(!is_steady(&every(2)), "as fast as its own jitter");
        assert!(!is_steady(&every(10)[..10]), "too few");
        let people: Vec<i64> = (0..40i64).map(|number| number * number * 7 % 1000).collect();
        let mut people = people;
        people.sort_unstable();
        assert!(!is_steady(&people));
    }
}
