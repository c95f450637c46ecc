//! Spikes: runs of requests of which clearly more fail than in quiet times (methods, section 1).
//!
//! A burst automaton after Kleinberg (*Bursty and hierarchical structure in streams*, KDD 2002) in its binomial form,
//! with six levels and log-likelihood scores. In quiet times a share p0 of the requests fails; a run is told when it is
//! e^γ times likelier under one of the higher levels, and passes the checks that keep blips and single clients out.

use std::collections::{BTreeSet, HashMap};

use crate::facts::traffic::{Failure, Refusal, Second};

/// False alarms a series and log.
const ALPHA: f64 = 0.02;
/// Least evidence for a run, in nats.
const GAMMA_FLOOR: f64 = 10.0;
/// Evidence that a change of level costs, in nats: twice the worth of a lone chronic failure at p0 = 0.1 %.
const CHANGE: f64 = 5.0;
/// A pause without a failure that ends a run, in seconds.
const PAUSE_S: i64 = 900;
/// After a failure of a client that counts, further ones of that client do not count for so long, in seconds.
const DEAF_S: i64 = 30;
/// Share of refused requests from which they are told.
const REFUSED_LEVEL: f64 = 0.12;
/// Levels above the first.
const LEVELS: [f64; 5] = [0.04, 0.12, 0.35, 0.70, 0.98];
/// Under so many requests or seconds nothing is tested.
const LEAST_REQUESTS: u64 = 50;
const LEAST_SECONDS: i64 = 120;

/// A run of failing requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// First and last second with a failing request.
    pub start: i64,
    #[allow(missing_docs)]
    pub end: i64,
    /// Requests in the run, without failures that do not count.
    pub requests: u64,
    /// Failing requests that count: one of a client in [`DEAF_S`].
    pub failing: u64,
    #[allow(missing_docs)]
    pub clients: usize,
    /// The level at the end of the run.
    pub level: f64,
    /// Nats by which it is likelier than quiet.
    pub score: f64,
    /// Whether the log does not prove health before it.
    pub is_open_at_start: bool,
    /// Whether the log does not prove health after it.
    pub is_open_at_end: bool,
}

/// What the automaton learned of quiet times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// Share of requests that fail in quiet times.
    pub share: f64,
    /// Variance over mean of their counts.
    pub dispersion: f64,
}

/// Finds the runs. `seconds` and `failures` are in order of time.
pub fn bursts(seconds: &[Second], failures: &[Failure]) -> (Baseline, Vec<Burst>) {
    let total: u64 = seconds.iter().map(|second| u64::from(second.requests)).sum();
    let lasts = seconds.last().zip(seconds.first()).map_or(0, |(last, first)| last.at - first.at);
    let none = Baseline { share: 0.5 / (total.max(1) as f64), dispersion: 1.0 };
    if total < LEAST_REQUESTS || lasts < LEAST_SECONDS || failures.is_empty() {
        return (none, Vec::new());
    }
    let kept = declustered(failures);
    let series = Failing::of(seconds, failures, &kept);
    let mut baseline = Baseline { share: first_guess(&series), dispersion: 1.0 };
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs = automaton(&series, &baseline);
        let next = quiet(&series, &runs);
        let moved = (next.share / baseline.share - 1.0).abs().max((next.dispersion / baseline.dispersion - 1.0).abs());
        baseline = next;
        if moved < 0.03 {
            break;
        }
    }
    let bursts = runs.iter().filter_map(|run| series.burst(run, &baseline, &kept, seconds, failures));
    (baseline, bursts.collect())
}

/// Runs of refused requests (4xx) between two moments, by the same automaton against their own baseline; only those of
/// a level that bots do not reach. A series without a history outside has no baseline: there any such share counts.
pub fn refusals(seconds: &[Second], refused: &[Refusal], (from, to): (i64, i64)) -> Vec<(i64, i64)> {
    let inside = |at: i64| (from..=to).contains(&at);
    let outside: u64 =
        seconds.iter().filter(|second| !inside(second.at)).map(|second| u64::from(second.requests)).sum();
    if outside < LEAST_REQUESTS {
        let all: u64 = seconds.iter().map(|second| u64::from(second.requests)).sum();
        let mut times = refused.iter().map(|failure| failure.at).filter(|at| inside(*at));
        let first = times.next();
        let count = 1 + times.clone().count();
        let span = first.map(|first| (first, times.next_back().unwrap_or(first)));
        return span.filter(|_| count >= 5 && count as f64 >= REFUSED_LEVEL * all as f64).into_iter().collect();
    }
    let seconds: Vec<Second> = seconds.iter().map(|second| Second { failing: second.refused, ..*second }).collect();
    let failure = |of: &Refusal| Failure { at: of.at, client: of.client, scope: 0, status: 0, termination: [0; 2] };
    let runs = bursts(&seconds, &refused.iter().map(failure).collect::<Vec<_>>()).1;
    let high = runs.iter().filter(|run| run.failing as f64 >= REFUSED_LEVEL * run.requests as f64);
    high.map(|run| (run.start, run.end)).filter(|(start, end)| *start <= to && *end >= from).collect()
}

/// Failures that count: a client that retries in a loop is one witness, not fifty.
fn declustered(failures: &[Failure]) -> Vec<Failure> {
    let mut heard: HashMap<u64, i64> = HashMap::new();
    let mut kept = Vec::new();
    for failure in failures {
        let last = heard.get(&failure.client);
        if last.is_none_or(|last| failure.at - last >= DEAF_S) {
            heard.insert(failure.client, failure.at);
            kept.push(*failure);
        }
    }
    kept
}

/// A second with failures that count.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: i64,
    failing: u64,
    /// Succeeding requests in this second.
    good: u64,
    /// Succeeding requests since the failing second before.
    gap: u64,
    /// Requests of the series up to and with this second.
    through: u64,
}

struct Failing {
    moments: Vec<Moment>,
    total: u64,
}

/// A run of moments, by index, with its levels at both ends.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: usize,
    last: usize,
    first_level: f64,
    last_level: f64,
}

impl Failing {
    fn of(seconds: &[Second], failures: &[Failure], kept: &[Failure]) -> Failing {
        let count = |failures: &[Failure]| {
            let mut counts: HashMap<i64, u64> = HashMap::new();
            for failure in failures {
                *counts.entry(failure.at).or_default() += 1;
            }
            counts
        };
        let (all, kept) = (count(failures), count(kept));
        let mut moments = Vec::with_capacity(kept.len());
        let (mut through, mut gap) = (0, 0);
        for second in seconds {
            let failing = kept.get(&second.at).copied().unwrap_or(0);
            let failed = all.get(&second.at).copied().unwrap_or(0);
            let good = u64::from(second.requests).saturating_sub(failed);
            through += good + failing;
            if failing > 0 {
                moments.push(Moment { at: second.at, failing, good, gap, through });
                gap = 0;
            } else {
                gap += good;
            }
        }
        Failing { moments, total: through }
    }

    fn failing(&self) -> u64 {
        self.moments.iter().map(|moment| moment.failing).sum()
    }

    /// Requests of a run, and the failing ones of them.
    fn counts(&self, run: &Run) -> (u64, u64) {
        let (first, last) = (self.moments[run.first], self.moments[run.last]);
        let before = first.through - first.failing - first.good;
        let failing = self.moments[run.first..=run.last].iter().map(|moment| moment.failing).sum();
        // The good requests of the first and the last second lie on either side of the edge.
        ((last.through - before).max(failing), failing)
    }

    /// The run as a burst, if it passes the checks of methods 1.5.
    fn burst(
        &self,
        run: &Run,
        baseline: &Baseline,
        kept: &[Failure],
        seconds: &[Second],
        failures: &[Failure],
    ) -> Option<Burst> {
        let (start, end) = (self.moments[run.first].at, self.moments[run.last].at);
        let inside: Vec<&Failure> = kept.iter().filter(|failure| (start..=end).contains(&failure.at)).collect();
        let (requests, failing) = self.counts(run);
        let mut by_client: HashMap<u64, u64> = HashMap::new();
        for failure in &inside {
            *by_client.entry(failure.client).or_default() += 1;
        }
        let lasts = end - start;
        let enough = failing >= 5 && by_client.len() >= 3;
        let long = (failing >= 6 || lasts >= 60) && (failing >= 30 || lasts >= 10);
        let gamma = gamma(self.failing());
        let score = |failing: u64, requests: u64| evidence(failing, requests, baseline);
        let without_best = failing >= 20 || {
            let best = inside.iter().map(|failure| best_of(&inside, failure.at)).max().unwrap_or(0);
            let rest = failing.saturating_sub(best);
            rest >= 4 && score(rest, requests.saturating_sub(best)) >= gamma
        };
        let worst = by_client.values().copied().max().unwrap_or(0);
        let without_worst = worst * 5 < failing || {
            let rest = failing - worst;
            rest >= 5 && by_client.len() > 3 && score(rest, requests - worst) >= gamma
        };
        if !(enough && long && without_best && without_worst) {
            return None;
        }
        let proves = |good: u64, level: f64| good as f64 * -((1.0 - level) / (1.0 - baseline.share)).ln() >= 3.0;
        let end = with_retries(end, run.last_level, seconds, failures);
        let before = self.moments[run.first].through - self.moments[run.first].failing - self.moments[run.first].good;
        let after = self.total - self.moments[run.last].through;
        Some(Burst {
            start,
            end,
            requests,
            failing,
            clients: by_client.len(),
            level: run.last_level,
            score: score(failing, requests),
            is_open_at_start: !proves(before, run.first_level),
            is_open_at_end: !proves(after, run.last_level),
        })
    }
}

/// Failures in the five seconds from `at`.
fn best_of(failures: &[&Failure], at: i64) -> u64 {
    failures.iter().filter(|failure| (at..at + 5).contains(&failure.at)).count() as u64
}

/// The end moved over failures that did not count, as their clients had failed before: on as long as the share stays
/// over half of the level, without a pause of [`DEAF_S`].
fn with_retries(end: i64, level: f64, seconds: &[Second], failures: &[Failure]) -> i64 {
    let mut last = end;
    let from = failures.partition_point(|failure| failure.at <= end);
    let (mut good, mut failing) = (0.0, 0.0);
    let mut next = seconds.partition_point(|second| second.at <= end);
    for failure in &failures[from..] {
        if failure.at - last > DEAF_S || failure.at - end > 600 {
            break;
        }
        while let Some(second) = seconds.get(next).filter(|second| second.at <= failure.at) {
            good += f64::from(second.requests.saturating_sub(second.failing));
            failing += f64::from(second.failing);
            next += 1;
        }
        if failing / (failing + good) < level / 2.0 {
            break;
        }
        last = failure.at;
    }
    last
}

/// The evidence that a run needs: each failure that counts is a chance for a false start.
fn gamma(failing: u64) -> f64 {
    ((failing.max(10)) as f64 / ALPHA).ln().max(GAMMA_FLOOR)
}

/// Nats by which so many failures of so many requests are likelier at their own share than in quiet times.
fn evidence(failing: u64, requests: u64, baseline: &Baseline) -> f64 {
    let (k, n) = (failing as f64, requests.max(failing) as f64);
    let share = k / n.max(1.0);
    let good = if n > k { (n - k) * ((1.0 - share) / (1.0 - baseline.share)).ln() } else { 0.0 };
    if k == 0.0 { 0.0 } else { (k * (share / baseline.share).ln() + good) / baseline.dispersion }
}

/// p0 = 1.678 / G, where G is the length-weighted median gap between failures: for a constant rate the gap that covers
/// a random request is Gamma(2), whose median is 1.678 mean gaps. Half of all requests may belong to incidents.
fn first_guess(series: &Failing) -> f64 {
    let mut gaps: Vec<f64> = Vec::new();
    let mut before = 0;
    for moment in &series.moments {
        let within = (moment.through - before) as f64;
        gaps.extend(std::iter::repeat_n(within / moment.failing as f64, moment.failing as usize));
        before = moment.through;
    }
    gaps.push((series.total - before) as f64);
    gaps.sort_by(f64::total_cmp);
    let mut sum = 0.0;
    let median = gaps.iter().find(|gap| {
        sum += **gap;
        sum >= series.total as f64 / 2.0
    });
    limited(1.678 / median.copied().unwrap_or(1.0).max(1.0), series.total)
}

fn limited(share: f64, total: u64) -> f64 {
    share.max(1e-6).max(0.5 / total.max(1) as f64).min(0.05)
}

/// The share and the dispersion of failures outside the runs.
fn quiet(series: &Failing, runs: &[Run]) -> Baseline {
    let (mut requests, mut failing) = (series.total, series.failing());
    for run in runs {
        let (n, k) = series.counts(run);
        requests = requests.saturating_sub(n);
        failing = failing.saturating_sub(k);
    }
    let share = limited((failing as f64 + 0.5) / (requests as f64 + 1.0), series.total);
    Baseline { share, dispersion: dispersion(series, runs, share) }
}

/// Variance over mean of the failures in windows of two expected ones, from 1 to 4; 1 where there are too few.
fn dispersion(series: &Failing, runs: &[Run], share: f64) -> f64 {
    let window = 2.0 / share;
    let windows = (series.total as f64 / window) as usize;
    let mut counts = vec![0.0; windows];
    let mut is_quiet = vec![true; windows];
    for (index, moment) in series.moments.iter().enumerate() {
        let place = (moment.through as f64 / window) as usize;
        if place >= windows {
            continue;
        }
        counts[place] += moment.failing as f64;
        if runs.iter().any(|run| (run.first..=run.last).contains(&index)) {
            is_quiet[place] = false;
        }
    }
    let counts: Vec<f64> =
        counts.into_iter().zip(is_quiet).filter(|(_, quiet)| *quiet).map(|(count, _)| count).collect();
    let mean = counts.iter().sum::<f64>() / counts.len().max(1) as f64;
    if counts.len() < 10 || mean <= 0.2 {
        return 1.0;
    }
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (counts.len() - 1) as f64;
    (variance / mean).clamp(1.0, 4.0)
}

/// The most likely path of levels through the failing seconds (methods, 1.4).
fn automaton(series: &Failing, baseline: &Baseline) -> Vec<Run> {
    let first = (3.0 * baseline.share).max(baseline.share + 0.012).min(0.5);
    let mut levels = vec![first];
    levels.extend(LEVELS.iter().copied().filter(|level| *level > 1.7 * first));
    let fail: Vec<f64> = levels.iter().map(|level| (level / baseline.share).ln() / baseline.dispersion).collect();
    let good: Vec<f64> =
        levels.iter().map(|level| ((1.0 - level) / (1.0 - baseline.share)).ln() / baseline.dispersion).collect();
    let half = gamma(series.failing()) / 2.0;
    let mut quiet = 0.0f64;
    let mut value = vec![f64::NEG_INFINITY; levels.len()];
    // Where each state came from: the level before, or none (from quiet).
    let mut from: Vec<Vec<Option<usize>>> = Vec::with_capacity(series.moments.len());
    // The level that was left for quiet after each moment, if any.
    let mut left: Vec<Option<usize>> = Vec::with_capacity(series.moments.len());
    let mut previous: Option<i64> = None;
    for moment in &series.moments {
        let enter = quiet - half;
        let pause = previous.is_none_or(|at| moment.at - at > PAUSE_S);
        let (gap, here) = (moment.gap as f64, moment.good as f64);
        let mut next = vec![enter; levels.len()];
        let mut origin = vec![None; levels.len()];
        if !pause {
            for j in 0..levels.len() {
                for m in 0..levels.len() {
                    let change = if m == j { 0.0 } else { CHANGE };
                    let paid =
                        value[m] - change + (gap * good[m]).max(if m == j { f64::NEG_INFINITY } else { gap * good[j] });
                    if paid > next[j] {
                        next[j] = paid;
                        origin[j] = Some(m);
                    }
                }
            }
        }
        for j in 0..levels.len() {
            next[j] += here * good[j] + moment.failing as f64 * fail[j];
        }
        value = next;
        from.push(origin);
        let best = (0..levels.len()).rev().max_by(|one, other| value[*one].total_cmp(&value[*other]));
        left.push(best.filter(|best| value[*best] - half > quiet));
        if let Some(best) = left.last().copied().flatten() {
            quiet = value[best] - half;
        }
        previous = Some(moment.at);
    }
    runs(&levels, &from, &left)
}

/// Walks back from the end: each level that was left gives a run.
fn runs(levels: &[f64], from: &[Vec<Option<usize>>], left: &[Option<usize>]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut index = left.len();
    while index > 0 {
        index -= 1;
        let Some(mut level) = left[index] else { continue };
        let (last, last_level) = (index, levels[level]);
        while let Some(before) = from[index][level] {
            level = before;
            index -= 1;
        }
        runs.push(Run { first: index, last, first_level: levels[level], last_level });
    }
    runs.reverse();
    runs
}

/// Clients of the failures from `start` to `end`.
pub fn clients(failures: &[Failure], start: i64, end: i64) -> BTreeSet<u64> {
    failures.iter().filter(|failure| (start..=end).contains(&failure.at)).map(|failure| failure.client).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(seconds: i64, requests: u32, failing: &[(i64, u64)]) -> (Vec<Second>, Vec<Failure>) {
        let failures: Vec<Failure> = failing
            .iter()
            .map(|(at, client)| Failure { at: *at, client: *client, scope: 0, status: 503, termination: [0; 2] })
            .collect();
        let second = |at| Second {
            at,
            requests,
            failing: u32::try_from(failures.iter().filter(|failure| failure.at == at).count()).unwrap_or(0),
            ..Second::default()
        };
        ((0..seconds).map(second).collect(), failures)
    }

    #[test]
    fn the_worked_example_of_the_method() {
        let mut failing = vec![(400, 1), (3000, 2)];
        failing.extend((0..30).map(|i| (1800 + i, 100 + i as u64)));
        failing.sort_unstable();
        let (seconds, failures) = series(3600, 2, &failing);
        let (baseline, found) = bursts(&seconds, &failures);
        assert!((baseline.share - 0.000_350_09).abs() < 1e-7, "{baseline:?}");
        assert_eq!(found.len(), 1);
        let run = &found[0];
        assert_eq!((run.start, run.end, run.requests, run.failing, run.clients), (1800, 1829, 60, 30, 30));
        assert!((run.level - 0.35).abs() < 1e-9);
        assert_eq!((run.is_open_at_start, run.is_open_at_end), (false, false));
    }

    #[test]
    fn what_is_no_incident() {
        let lone: Vec<(i64, u64)> = (0..6).map(|i| (i * 600 + 13, i as u64)).collect();
        let one_client: Vec<(i64, u64)> = (600..800).map(|at| (at, 7)).collect();
        let blip: Vec<(i64, u64)> = (0..4).map(|i| (1000 + i, i as u64)).collect();
        for (why, failing) in [("lone failures", lone), ("one client in a loop", one_client), ("a blip", blip)] {
            let (seconds, failures) = series(3600, 2, &failing);
            assert_eq!(bursts(&seconds, &failures).1, [], "{why}");
        }
    }

    #[test]
    fn a_log_that_begins_inside_an_outage_is_open_at_its_start() {
        let failing: Vec<(i64, u64)> = (0..20).flat_map(|at| [(at, at as u64 * 2), (at, at as u64 * 2 + 1)]).collect();
        let (seconds, failures) = series(3600, 2, &failing);
        let (_, found) = bursts(&seconds, &failures);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].start, found[0].end), (0, 19));
        assert_eq!((found[0].is_open_at_start, found[0].is_open_at_end), (true, false));
    }
}
