//! Spikes as findings: runs of failing requests of each service, and failures too few for the automaton but explained.

use super::aside::Asides;
use super::burst::{Burst, Found, Log, bursts, lines};
use super::finding::{Finding, Shape, is_same};
use super::world::{Service, World};
use crate::facts::event::Kind;
use crate::facts::traffic::{Failure, Second};

/// The spikes of a service; `index` is its own in [`World::services`]. Runs that are no incident go to the asides.
pub fn spikes(index: usize, service: &Service, asides: &mut Asides) -> Vec<Finding> {
    let log = Log { seconds: &service.seconds, failures: &service.failures, crowd: &service.crowd, scopes: 1 };
    let found = bursts(&log);
    asides.add_runs(&service.name, &found, &|from, to| {
        let until = |at: i64| service.failures.partition_point(|failure| failure.at < at);
        until(to + 1) - until(from)
    });
    let of = |burst: &Burst| Finding {
        start_error_s: edge_error_s(&service.seconds, burst.start, burst.first_level, Side::Before),
        end_error_s: edge_error_s(&service.seconds, burst.end, burst.level, Side::Behind),
        ..Finding::of(Shape::Spike, index, service, (burst.start as f64, burst.end as f64))
    };
    found.bursts.iter().map(|burst| spike(&found, burst, of(burst))).collect()
}

/// Seconds with requests beside an edge that tell how close together they come there.
const BESIDE: usize = 20;

/// On which side of an edge the quiet time lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

/// How far the first or last failing request may be from the moment at which it began or ended to fail, in seconds.
/// Nothing tells of the time between it and the quiet request beside it; and where only a share fails, every so many
/// requests are one that does.
fn edge_error_s(seconds: &[Second], edge: i64, level: f64, quiet: Side) -> f64 {
    let beside = match quiet {
        Side::Before => {
            let end = seconds.partition_point(|second| second.at < edge);
            &seconds[end.saturating_sub(BESIDE)..end]
        }
        Side::Behind => {
            let begin = seconds.partition_point(|second| second.at <= edge);
            &seconds[begin..(begin + BESIDE).min(seconds.len())]
        }
    };
    let (Some(first), Some(last)) = (beside.first(), beside.last()) else { return 1.0 };
    let (nearest, farthest) = if quiet == Side::Before { (last, first) } else { (first, last) };
    let requests: f64 = beside.iter().map(|second| f64::from(second.requests)).sum();
    let mean_gap = (edge - farthest.at).abs() as f64 / requests.max(1.0);
    let nearest_gap = (edge - nearest.at).abs() as f64;
    nearest_gap.max(mean_gap / level.clamp(0.001, 1.0)).max(1.0)
}

fn spike(found: &Found, burst: &Burst, base: Finding) -> Finding {
    Finding {
        is_open_at_start: burst.is_open_at_start,
        is_open_at_end: burst.is_open_at_end,
        baseline: Some(found.baseline),
        level: burst.level,
        climb: burst.climb,
        is_flapping: burst.is_flapping,
        hidden: found.hidden.clone(),
        ..base
    }
}

/// The spikes of servers of which only the error log is at hand: there is nothing to take a share of. Runs that are no
/// incident go to the asides.
pub fn spikes_of_lines(world: &World, asides: &mut Asides) -> Vec<Finding> {
    let mut findings = Vec::new();
    for own in &world.failed_lines {
        let found = lines::bursts(&own.lines, own.span);
        asides.add_runs(&own.service, &found, &|from, to| {
            let until = |at: i64| own.lines.partition_point(|line| line.at < at);
            until(to + 1) - until(from)
        });
        let base = |burst: &Burst| Finding {
            service: own.service.clone(),
            host: own.host.clone(),
            start: burst.start as f64,
            end: burst.end as f64,
            start_error_s: 1.0,
            end_error_s: 1.0,
            ..Finding::default()
        };
        let spike = |burst: &Burst| Finding {
            // Lines a second: neither is a share of requests.
            baseline: None,
            level: 1.0,
            ..spike(&found, burst, base(burst))
        };
        findings.extend(found.bursts.iter().map(spike));
    }
    findings
}

/// How long after a spike a stop of the service behind it still belongs to it, in seconds.
const AFTERSHOCK_S: f64 = 600.0;
/// Failures too few for the automaton, but explained: in the minutes after a spike a service was stopped and started
/// once more, and requests in between failed as they had in the spike.
pub fn aftershocks(world: &World, found: &[Finding]) -> Vec<Finding> {
    let mut later: Vec<Finding> = Vec::new();
    for spike in found.iter().filter(|finding| finding.shape == Shape::Spike && !finding.is_open_at_end) {
        let Some(series) = spike.series else { continue };
        let mut end = spike.end;
        for (from, to) in outages_of_others(world, &spike.service) {
            if !(end..end + AFTERSHOCK_S).contains(&from) {
                continue;
            }
            let span = from.floor() as i64..=to.ceil() as i64 + 5;
            let own = &world.services[series].failures;
            let known_end = |failure: &&Failure| {
                let of_spike = own.iter().filter(|other| (spike.start..=spike.end).contains(&(other.at as f64)));
                of_spike
                    .into_iter()
                    .any(|other| (other.status, other.termination) == (failure.status, failure.termination))
            };
            let failures: Vec<_> = own.iter().filter(|failure| span.contains(&failure.at)).filter(known_end).collect();
            let known =
                found.iter().any(|other| other.series == spike.series && other.start <= to && other.end >= from);
            if let (Some(first), Some(last)) = (failures.first(), failures.last())
                && !known
            {
                later.push(Finding {
                    start: first.at as f64,
                    end: last.at as f64,
                    is_open_at_start: false,
                    ..spike.clone()
                });
                end = last.at as f64;
            }
        }
    }
    later
}

/// Stretches from a stop to the next start, of services other than `front`.
fn outages_of_others(world: &World, front: &str) -> Vec<(f64, f64)> {
    let mut down: Vec<(&str, f64)> = Vec::new();
    let mut outages = Vec::new();
    for event in &world.events {
        let Some(name) = event.service().filter(|name| !is_same(name, front)) else { continue };
        match event.kind() {
            Kind::ServiceStop | Kind::Crash if !down.iter().any(|(known, _)| *known == name) => {
                down.push((name, event.s()));
            }
            Kind::ServiceStart => {
                if let Some(index) = down.iter().position(|(known, _)| *known == name) {
                    outages.push((down.remove(index).1, event.s()));
                }
            }
            _ => {}
        }
    }
    outages.sort_by(|one, other| one.0.total_cmp(&other.0));
    outages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_known_as_well_as_requests_come_beside_it() {
        let every = |gap: i64| -> Vec<Second> {
            (0..200).map(|number| Second { at: number * gap, requests: 1, ..Second::default() }).collect()
        };
        for (why, gap, level, want) in [
            ("every second, all fail", 1, 1.0, 1.0),
            ("every second, one in ten fails", 1, 0.1, 10.0),
            ("every ten seconds, all fail", 10, 1.0, 10.0),
            ("every ten seconds, one in three fails", 10, 1.0 / 3.0, 30.0),
        ] {
            let seconds = every(gap);
            for quiet in [Side::Before, Side::Behind] {
                let got = edge_error_s(&seconds, 100 * gap, level, quiet);
                assert!((got - want).abs() < 1e-6, "{why}: {got}");
            }
        }
        // The last quiet request came long before.
        let mut seconds = every(1);
        seconds.retain(|second| !(80..100).contains(&second.at));
        assert!((edge_error_s(&seconds, 100, 1.0, Side::Before) - 21.0).abs() < 1e-6);
        assert!((edge_error_s(&[], 100, 1.0, Side::Behind) - 1.0).abs() < 1e-6);
    }
}
