//! What the closer look must bring: the findings' windows, and where seconds are divided in them.

use super::finding::{Finding, Shape};
use super::ports::Conflict;
use super::world::{Service, World};
use crate::facts::closer::Wanted;
use crate::facts::closer::by_hash::ByHash;

/// From so many requests in the windows on, what they have in common is told by a part of them: enough for a share of
/// one in a thousand to be told within a tenth.
const MOST_SAMPLED: u64 = 150_000;

/// What to look at for these findings; `windows` may overlap.
pub(super) fn wanted(world: &World, conflicts: &[Conflict], findings: &[Finding], windows: Vec<(i64, i64)>) -> Wanted {
    let windows = joined(windows);
    let mut spans: Vec<(i64, i64)> =
        findings.iter().map(|finding| (finding.start.floor() as i64, finding.end.ceil() as i64)).collect();
    spans.sort_unstable();
    spans.dedup();
    let until = world.coverage.map_or(i64::MAX, |(_, last)| last.s);
    let of_conflict = |index: usize| {
        let (from, to) = conflicts[index].window();
        (from, to.unwrap_or(until as f64))
    };
    let mut felt: Vec<usize> = findings.iter().filter_map(|finding| finding.conflict).collect();
    felt.sort_unstable();
    felt.dedup();
    let refused =
        felt.iter().map(|index| of_conflict(*index)).map(|(from, to)| (from.floor() as i64 - 2, to.ceil() as i64 + 2));
    // A holder's requests count from a second before it took the port to a second after it gave it back.
    let held = felt.iter().flat_map(|index| {
        let (from, to) = of_conflict(*index);
        [from - 1.0, to + 1.0]
    });
    let silent = findings.iter().filter(|finding| finding.shape != Shape::Spike);
    let edges = silent.flat_map(|finding| [finding.start, finding.end]).chain(held);
    let mut edges: Vec<i64> = edges.filter(|edge| edge.fract() != 0.0).map(nanos).collect();
    edges.sort_unstable();
    edges.dedup();
    let requests = |service: &Service| {
        let of_window = |(first, last): &(i64, i64)| u64::from(service.count(*first, last + 1).requests);
        windows.iter().map(of_window).sum::<u64>()
    };
    let times = world.services.iter().map(requests).sum::<u64>() / MOST_SAMPLED;
    Wanted {
        refused: refused.collect(),
        failed: failed(world, &windows),
        sample_halvings: (64 - times.leading_zeros()).min(20),
        windows,
        spans,
        edges,
    }
}

/// Nanoseconds since 1970, of whole microseconds: more a number of seconds with its fraction does not tell.
fn nanos(at: f64) -> i64 {
    (at.floor() as i64).saturating_mul(1_000_000_000) + ((at - at.floor()) * 1e6).round() as i64 * 1000
}

/// Windows that overlap or touch as one, in order.
fn joined(mut windows: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    windows.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (first, last) in windows {
        match joined.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// When each client failed inside the windows.
fn failed(world: &World, windows: &[(i64, i64)]) -> ByHash<Vec<i64>> {
    let mut failed: ByHash<Vec<i64>> = ByHash::default();
    for service in &world.services {
        for (first, last) in windows {
            let from = service.failures.partition_point(|failure| failure.at < *first);
            for failure in service.failures[from..].iter().take_while(|failure| failure.at <= *last) {
                failed.entry(failure.client).or_default().push(failure.at);
            }
        }
    }
    for times in failed.values_mut() {
        times.sort_unstable();
        times.dedup();
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_joined() {
        assert_eq!(joined(vec![(50, 60), (0, 10), (5, 20), (21, 30)]), [(0, 30), (50, 60)]);
        assert_eq!(nanos(10.25), 10_250_000_000);
    }
}
