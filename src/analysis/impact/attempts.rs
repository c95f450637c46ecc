//! What people tried: requests of one client for one thing, each soon after the failure of the one before, are one
//! attempt (methods, 3.2).

use super::Window;
use super::count::{Counted, holds_failed};
use crate::facts::closer::{RETRY_S, Seen};

/// Attempts in the window that met a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Whose last request failed.
    pub failed: u64,
    /// Whose last request was answered.
    pub saved: u64,
    /// Requests that tried again.
    pub retries: u64,
    /// Whether they are told by a share of the clients, as there were too many.
    pub is_about: bool,
}

/// Counts the attempts; `None` where nobody tried again.
pub(super) fn attempts(window: &Window<'_>, counted: &Counted<'_>) -> Option<Attempts> {
    let halvings = counted.parts.iter().map(|part| part.close.seen_halvings).max().unwrap_or(0);
    let mut requests: Vec<(Seen, bool)> = Vec::new();
    for part in counted.parts.iter().filter(|part| part.weight >= 1.0) {
        let near = |seen: &&Seen| {
            (window.start.floor() as i64..=window.end.ceil() as i64 + RETRY_S).contains(&seen.at.s)
                && part.counts(window, seen.at.s, seen.at.as_f64())
                && crate::facts::closer::visits::is_sampled(seen.client, halvings)
        };
        requests.extend(part.close.seen.iter().filter(near).map(|seen| (*seen, part.is_failed(window, seen))));
    }
    let found = fold(&mut requests, &|seen| holds_failed(window, seen.at.s));
    let of_all = |count: u64| count << halvings;
    (found.retries > 0).then(|| Attempts {
        failed: of_all(found.failed),
        saved: of_all(found.saved),
        retries: of_all(found.retries),
        is_about: halvings > 0,
    })
}

/// Folds requests, each with whether it failed, into the attempts that begin where `begins` says.
fn fold(requests: &mut [(Seen, bool)], begins: &dyn Fn(&Seen) -> bool) -> Attempts {
    requests.sort_unstable_by_key(|(seen, _)| (seen.attempt, *seen));
    let mut found = Attempts::default();
    let mut last: Option<(Seen, bool)> = None;
    let mut is_counted = false;
    let end = |last: Option<(Seen, bool)>, is_counted: bool, found: &mut Attempts| {
        let Some((_, is_failed)) = last.filter(|_| is_counted) else { return };
        *(if is_failed { &mut found.failed } else { &mut found.saved }) += 1;
    };
    for (seen, is_failed) in requests.iter().copied() {
        let is_retry = last.is_some_and(|(before, failed)| {
            failed && before.attempt == seen.attempt && seen.at.s - before.at.s <= RETRY_S
        });
        if is_retry {
            found.retries += u64::from(is_counted);
        } else {
            end(last, is_counted, &mut found);
            is_counted = is_failed && begins(&seen);
        }
        last = Some((seen, is_failed));
    }
    end(last, is_counted, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Place;
    use crate::facts::traffic::Outcome;

    #[test]
    fn retries_are_folded() {
        let request = |attempt: u64, s: i64, is_failed: bool| {
            let place = Place { block: (0, 0), line: usize::try_from(s).unwrap_or(0), offset: 0 };
            let at = crate::clock::Instant::second(s);
            let outcome = if is_failed { Outcome::Failing } else { Outcome::Good };
            let seen = Seen { at, place, client: attempt, attempt, status: 0, outcome, termination: [0; 2] };
            (seen, is_failed)
        };
        let of = |requests: &[(u64, i64, bool)]| {
            let mut all: Vec<_> = requests.iter().map(|(attempt, s, failed)| request(*attempt, *s, *failed)).collect();
            let found = fold(&mut all, &|seen| seen.at.s < 100);
            (found.failed, found.saved, found.retries)
        };
        for (why, requests, want) in [
            ("failed three times", &[(1, 0, true), (1, 30, true), (1, 55, true)][..], (1, 0, 2)),
            ("got through", &[(1, 0, true), (1, 5, false)], (0, 1, 1)),
            ("came back later", &[(1, 0, true), (1, 31, true)], (2, 0, 0)),
            ("a new attempt after success", &[(1, 0, true), (1, 5, false), (1, 10, true)], (1, 1, 1)),
            ("two clients", &[(1, 0, true), (2, 1, true)], (2, 0, 0)),
            ("saved behind the window", &[(1, 99, true), (1, 120, false)], (0, 1, 1)),
            ("begun behind the window", &[(1, 101, true), (1, 120, true)], (0, 0, 0)),
            ("nothing failed", &[(1, 0, false), (1, 5, false)], (0, 0, 0)),
        ] {
            assert_eq!(of(requests), want, "{why}");
        }
    }
}
