//! What the closer look must bring: the findings' windows, and where seconds are divided in them.

use super::finding::{Finding, Shape};
use super::ports::Conflict;
use super::world::{Service, World};
use crate::facts::closer::Wanted;
use crate::facts::closer::failed::Failed;
use crate::facts::closer::visits::is_sampled;

/// From so many requests in the windows on, what they have in common is told by a part of them: enough for a share of
/// one in a thousand to be told within a tenth.
const MOST_SAMPLED: u64 = 150_000;

/// Failures in the windows by which what follows them is told. Beyond that, those of a share of the clients: the closer
/// look keeps fewer anyway.
const MOST_FAILED: usize = 1 << 20;

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
        failed: failed(world, &windows, MOST_FAILED),
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
fn failed(world: &World, windows: &[(i64, i64)], most: usize) -> Failed {
    let inside = || {
        world.services.iter().flat_map(move |service| {
            windows.iter().flat_map(move |(first, last)| {
                let from = service.failures.partition_point(|failure| failure.at < *first);
                service.failures[from..].iter().take_while(|failure| failure.at <= *last)
            })
        })
    };
    // How many are left by how often the clients are halved.
    let mut by_zeros = [0usize; 65];
    inside().for_each(|failure| by_zeros[failure.client.trailing_zeros() as usize] += 1);
    let mut left: usize = by_zeros.iter().sum();
    let mut halvings = 0;
    while left > most && halvings < 64 {
        left -= by_zeros[halvings as usize];
        halvings += 1;
    }
    let kept = inside().filter(|failure| is_sampled(failure.client, halvings));
    Failed::of(kept.map(|failure| (failure.client, failure.at)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::traffic::Failure;

    #[test]
    fn of_too_many_failures_those_of_a_share_of_the_clients_are_followed() {
        let failure = |client: u64| Failure { at: client as i64, client, ..Failure::default() };
        let service = Service { failures: (0..1024).map(failure).collect(), ..Service::default() };
        let mut world = World::default();
        world.services.push(service);
        let followed = |most: usize| {
            let failed = failed(&world, &[(0, 511), (600, 1023)], most);
            (0..1024).filter(|client| failed.any(*client, 0, 1023)).collect::<Vec<u64>>()
        };
        let all =
            |step: usize| (0..512).chain(600..1024).filter(|client| client % step as u64 == 0).collect::<Vec<_>>();
        assert_eq!((followed(936), followed(935), followed(100)), (all(1), all(2), all(16)));
    }

    #[test]
    fn windows_are_joined() {
        assert_eq!(joined(vec![(50, 60), (0, 10), (5, 20), (21, 30)]), [(0, 30), (50, 60)]);
        assert_eq!(nanos(10.25), 10_250_000_000);
    }
}
