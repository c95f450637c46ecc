//! What is usual: the share that fails in quiet times, how much it scatters, and at which time of the day it is higher
//! (methods, 1.3).

use super::Baseline;
use super::automaton::{LEVELS, Ladder, Ladders, Run};
use super::series::{Exposure, HALF_HOUR_S, HalfHour, Series};

/// Mean gaps in the length-weighted median gap: the gap that covers a random request is Gamma(2).
const GAMMA_MEDIAN: f64 = 1.678;
/// Least share, and the most: a service that fails more all the time is in trouble.
const LEAST_SHARE: f64 = 1e-6;
const MOST_SHARE: f64 = 0.05;
/// The lowest level: so many times the baseline, and so much above it.
const FIRST_TIMES: f64 = 3.0;
const FIRST_ABOVE: f64 = 0.012;
/// Levels above the first, where they are at least so many times the first.
const HIGHER: [f64; LEVELS - 1] = [0.04, 0.12, 0.35, 0.70, 0.98];
const HIGHER_TIMES: f64 = 1.7;
/// The same for error lines a second, and the step from one level to the next.
const LINES_TIMES: f64 = 8.0;
const LINES_ABOVE: f64 = 1.0 / 60.0;
const LINES_STEP: f64 = 4.0;
/// Failures expected in a window of the dispersion; windows and failures in each that it needs; its limit.
const IN_WINDOW: f64 = 2.0;
const LEAST_WINDOWS: usize = 10;
const LEAST_MEAN: f64 = 0.2;
const MOST_DISPERSION: f64 = 4.0;
/// Nats from which good requests prove health: at a level of 98 % one does, at 35 % seven.
const HEALTH: f64 = 3.0;
/// Half hours of a day, and days from which the time of day is looked at.
const OF_DAY: usize = 48;
const LEAST_DAYS: usize = 3;
/// How far above its share a raised time of day is assumed: with its neighbours, and alone; and the most.
const RAISED: f64 = 1.6;
const RAISED_ALONE: f64 = 1.3;
const MOST_RAISED: f64 = 0.1;

/// What is usual in a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Usual {
    pub(super) baseline: Baseline,
    /// Failures that count outside of runs.
    pub(super) failing: u64,
    exposure: Exposure,
    /// By half hour of the day, where some are raised.
    by_half_hour: Option<[f64; OF_DAY]>,
}

impl Usual {
    /// p0 = 1.678 / G, where G is the length-weighted median gap between failures: half of all requests may belong to
    /// incidents before it breaks.
    pub(super) fn guess(series: &Series) -> Usual {
        let share = limited(GAMMA_MEDIAN / median_gap(series).max(1.0), series);
        let baseline = Baseline { share, dispersion: 1.0 };
        Usual { baseline, failing: series.failing, exposure: series.exposure, by_half_hour: None }
    }

    /// The same with the runs taken out.
    pub(super) fn next(&self, series: &Series, runs: &[Run]) -> Usual {
        let (mut all, mut failing) = (series.total(), series.failing);
        for run in runs {
            let (n, k) = series.counts(run);
            all = all.saturating_sub(n);
            failing = failing.saturating_sub(k);
        }
        let share = limited((failing as f64 + 0.5) / (all as f64 + 1.0), series);
        let by_half_hour = by_half_hour(series, share);
        let dispersion = dispersion(series, runs, share, by_half_hour.as_ref());
        let baseline = Baseline { share, dispersion };
        Usual { baseline, failing, exposure: series.exposure, by_half_hour }
    }

    /// By which part share and dispersion differ; all of it where the time of day does.
    pub(super) fn moved(&self, next: &Usual) -> f64 {
        let part = |one: f64, other: f64| (other / one - 1.0).abs();
        let (one, other) = (&self.baseline, &next.baseline);
        let moved = part(one.share, other.share).max(part(one.dispersion, other.dispersion));
        let (here, there) = (self.by_half_hour, next.by_half_hour);
        let differ = |half_hour: usize| part(self.of(here, half_hour), next.of(there, half_hour));
        if here.is_some() || there.is_some() { (0..OF_DAY).map(differ).fold(moved, f64::max) } else { moved }
    }

    fn of(&self, table: Option<[f64; OF_DAY]>, half_hour: usize) -> f64 {
        table.map_or(self.baseline.share, |table| table[half_hour])
    }

    /// The share that is usual at that second.
    pub(super) fn share_at(&self, at: i64) -> f64 {
        self.of(self.by_half_hour, half_hour_of_day(at.div_euclid(HALF_HOUR_S)))
    }

    /// The levels of the automaton, and what requests are worth at each.
    pub(super) fn ladders(&self) -> Ladders {
        let share = self.baseline.share;
        if self.exposure == Exposure::Seconds {
            return Ladders(vec![self.ladder_of_lines()]);
        }
        let first = first_level(share);
        let higher: Vec<f64> = HIGHER.iter().copied().filter(|level| *level > HIGHER_TIMES * first).collect();
        let ladder = |share: f64| {
            let first = first_level(share);
            let raised = higher.iter().map(|level| level.max((HIGHER_TIMES * first).min(HIGHER[LEVELS - 2])));
            self.ladder(std::iter::once(first).chain(raised), share)
        };
        let shares = self.by_half_hour.map_or_else(|| vec![share], |table| table.to_vec());
        Ladders(shares.into_iter().map(ladder).collect())
    }

    fn ladder(&self, levels: impl Iterator<Item = f64>, share: f64) -> Ladder {
        let mut ladder = Ladder { count: 0, levels: [0.0; LEVELS], fail: [0.0; LEVELS], good: [0.0; LEVELS] };
        for (index, level) in levels.take(LEVELS).enumerate() {
            ladder.levels[index] = level;
            ladder.fail[index] = self.worth_of_failing(level, share);
            ladder.good[index] = self.worth_of_good(level, share);
            ladder.count = index + 1;
        }
        ladder
    }

    fn ladder_of_lines(&self) -> Ladder {
        let usual = self.baseline.share;
        let first = (LINES_TIMES * usual).max(usual + LINES_ABOVE);
        self.ladder((0..5).map(|step| first * LINES_STEP.powi(step)), usual)
    }

    /// Nats by which a failing request is likelier at a level than usual.
    pub(super) fn worth_of_failing(&self, level: f64, usual: f64) -> f64 {
        (level / usual).ln() / self.baseline.dispersion
    }

    /// The same of a succeeding request, or of a second without a line: below zero.
    pub(super) fn worth_of_good(&self, level: f64, usual: f64) -> f64 {
        let worth = match self.exposure {
            Exposure::Requests => ((1.0 - level) / (1.0 - usual)).ln(),
            Exposure::Seconds => usual - level,
        };
        worth / self.baseline.dispersion
    }

    /// Whether so many good requests prove that nothing failed at that level.
    pub(super) fn proves_health(&self, good: u64, level: f64, usual: f64) -> bool {
        -(good as f64) * self.worth_of_good(level, usual) * self.baseline.dispersion >= HEALTH
    }

    /// Nats by which `failing` of `all` are likelier at their own share than usual.
    pub(super) fn evidence(&self, failing: u64, all: u64, usual: f64) -> f64 {
        let k = failing as f64;
        let n = if self.exposure == Exposure::Requests { all.max(failing) as f64 } else { all.max(1) as f64 };
        if failing == 0 || k / n <= usual {
            return 0.0;
        }
        let good = if self.exposure == Exposure::Requests { n - k } else { n };
        let of_good = if good > 0.0 { good * self.worth_of_good(k / n, usual) } else { 0.0 };
        k * self.worth_of_failing(k / n, usual) + of_good
    }
}

fn first_level(share: f64) -> f64 {
    (FIRST_TIMES * share).max(share + FIRST_ABOVE).min(0.5)
}

fn limited(share: f64, series: &Series) -> f64 {
    let least = 0.5 / series.total().max(1) as f64;
    match series.exposure {
        Exposure::Requests => share.max(LEAST_SHARE).max(least).min(MOST_SHARE),
        Exposure::Seconds => share.max(least),
    }
}

fn half_hour_of_day(half_hour: i64) -> usize {
    half_hour.rem_euclid(OF_DAY as i64) as usize
}

/// The gap between failures that covers half of all requests, the gaps sorted. Counted, not sorted: there may be
/// millions of short ones.
fn median_gap(series: &Series) -> f64 {
    const SHORT: usize = 1 << 16;
    let requests = u64::from(series.exposure == Exposure::Requests);
    let mut short = vec![0u64; SHORT];
    let mut long: Vec<u64> = Vec::new();
    let mut through = 0;
    for moment in &series.moments {
        let failing = u64::from(moment.failing);
        let gap = (moment.through() - through + requests * failing) / failing;
        match short.get_mut(gap as usize) {
            Some(count) => *count += failing,
            None => long.extend(std::iter::repeat_n(gap, moment.failing as usize)),
        }
        through = moment.through();
    }
    long.push(series.good - through);
    long.sort_unstable();
    let half = series.total() as f64 / 2.0;
    let mut sum = 0.0;
    // The last gap may be a short one behind longer ones; so few requests change nothing.
    for (gap, count) in (0u64..).zip(short).filter(|(_, count)| *count > 0).chain(long.into_iter().map(|gap| (gap, 1)))
    {
        sum += (gap * count) as f64;
        if sum >= half {
            return gap as f64;
        }
    }
    1.0
}

/// Variance over mean of the failures in windows of two expected ones, outside of runs and of raised times of day; from
/// 1 to 4, and 1 where there are too few windows.
fn dispersion(series: &Series, runs: &[Run], share: f64, raised: Option<&[f64; OF_DAY]>) -> f64 {
    let is_raised = |half_hour: i64| raised.is_some_and(|table| table[half_hour_of_day(half_hour)] > share);
    let requests = u64::from(series.exposure == Exposure::Requests);
    let window = IN_WINDOW / share;
    // Requests that are left out, up to a half hour.
    let mut left_out = Vec::with_capacity(series.half_hours.len() + 1);
    let mut sum = 0;
    for (half_hour, own) in (series.first_half_hour..).zip(&series.half_hours) {
        left_out.push(sum);
        sum += if is_raised(half_hour) { own.requests } else { 0 };
    }
    let mut all = series.total() - sum.min(series.total());
    for run in runs.iter().filter(|run| !is_raised(series.span(run).0.div_euclid(HALF_HOUR_S))) {
        all = all.saturating_sub(series.counts(run).0);
    }
    let windows = (all as f64 / window) as usize;
    if windows < LEAST_WINDOWS {
        return 1.0;
    }
    let mut counts = vec![0u64; windows];
    let (mut failing, mut of_runs, mut next) = (0, 0, 0);
    for (index, moment) in series.moments.iter().enumerate() {
        failing += u64::from(moment.failing) * requests;
        while runs.get(next).is_some_and(|run| run.last < index) {
            if !is_raised(series.span(&runs[next]).0.div_euclid(HALF_HOUR_S)) {
                of_runs += series.counts(&runs[next]).0;
            }
            next += 1;
        }
        let half_hour = moment.at.div_euclid(HALF_HOUR_S);
        if runs.get(next).is_some_and(|run| run.first <= index) || is_raised(half_hour) {
            continue;
        }
        let of_raised = usize::try_from(half_hour - series.first_half_hour).ok().and_then(|at| left_out.get(at));
        let place = (moment.through() + failing).saturating_sub(of_runs + of_raised.copied().unwrap_or(0));
        if let Some(count) = counts.get_mut((place as f64 / window) as usize) {
            *count += u64::from(moment.failing);
        }
    }
    let (sum, squares) = counts.iter().fold((0, 0), |(sum, squares), count| (sum + count, squares + count * count));
    let mean = sum as f64 / windows as f64;
    if mean <= LEAST_MEAN {
        return 1.0;
    }
    let variance = (squares as f64 - mean * sum as f64) / (windows - 1) as f64;
    (variance / mean).clamp(1.0, MOST_DISPERSION)
}

/// The baseline of each half hour of the day, where one is raised: a nightly job that fails, a share that breathes. The
/// worst quarter of the days does not count, as an outage may lie there.
fn by_half_hour(series: &Series, share: f64) -> Option<[f64; OF_DAY]> {
    if series.half_hours.len() < LEAST_DAYS * OF_DAY {
        return None;
    }
    let mut table = [share; OF_DAY];
    for (of_day, usual) in table.iter_mut().enumerate() {
        let skip = (of_day as i64 - series.first_half_hour).rem_euclid(OF_DAY as i64) as usize;
        let days = (skip..series.half_hours.len()).step_by(OF_DAY);
        let around = |index: usize| index.saturating_sub(1)..(index + 2).min(series.half_hours.len());
        let wide = raised(series, days.clone().map(around), share, RAISED);
        let alone = raised(series, days.map(|index| index..index + 1), share, RAISED_ALONE);
        *usual = wide.max(alone);
    }
    table.iter().any(|usual| *usual > share).then_some(table)
}

/// The share at these stretches, one of each day, if it is clearly higher than usual.
fn raised(series: &Series, days: impl Iterator<Item = std::ops::Range<usize>>, share: f64, factor: f64) -> f64 {
    let sum = |range: std::ops::Range<usize>| {
        series.half_hours[range].iter().fold(HalfHour::default(), |sum, own| HalfHour {
            requests: sum.requests + own.requests,
            failing: sum.failing + own.failing,
        })
    };
    let mut days: Vec<HalfHour> = days.map(sum).filter(|day| day.requests > 0).collect();
    // The worst day last: k / n against k' / n', without dividing.
    days.sort_by_key(|day| (day.failing, day.requests));
    days.sort_by(|one, other| {
        let cross = |one: &HalfHour, other: &HalfHour| u128::from(one.failing) * u128::from(other.requests);
        cross(one, other).cmp(&cross(other, one))
    });
    let kept = days.len().saturating_sub((days.len() / 4).max(1));
    let (k, n) = days[..kept].iter().fold((0, 0), |(k, n), day| (k + day.failing, n + day.requests));
    let (k, n) = (k as f64, n as f64);
    let expected = share * n;
    if n > 0.0 && k > expected + 4.0 * expected.sqrt() + 3.0 {
        (factor * k / n).min(MOST_RAISED).max(share)
    } else {
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::traffic::{Failure, Second};

    /// Four days of two requests a second; `fails` says of a second whether one of them fails.
    fn days(fails: impl Fn(i64) -> bool) -> Series {
        let seconds: Vec<Second> = (0..4 * 86_400).map(|at| Second { at, requests: 2, ..Second::default() }).collect();
        let failures: Vec<Failure> =
            (0..4 * 86_400).filter(|at| fails(*at)).map(|at| Failure { at, ..Failure::default() }).collect();
        Series::of(&seconds, &failures, &vec![true; failures.len()])
    }

    #[test]
    fn a_nightly_job_raises_its_half_hours_only() {
        let of_day = |at: i64| at.rem_euclid(86_400) / HALF_HOUR_S;
        let series = days(|at| at % 500 == 0 || of_day(at) == 4 && at % 25 == 0);
        let usual = Usual::guess(&series).next(&series, &[]);
        let at = |half_hour: i64| usual.share_at(half_hour * HALF_HOUR_S) / usual.baseline.share;
        assert!(at(4) > 10.0, "{}", at(4));
        assert!(at(3) > 5.0 && at(5) > 5.0, "its neighbours may be late or early: {} {}", at(3), at(5));
        assert!((at(10) - 1.0).abs() < 1e-9 && (at(47) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_outage_of_one_day_raises_nothing() {
        let series = days(|at| at % 500 == 0 || (100_000..101_800).contains(&at));
        let usual = Usual::guess(&series).next(&series, &[]);
        assert_eq!(usual.by_half_hour, None);
    }

    #[test]
    fn dispersion() {
        for (why, fails, want) in [
            ("evenly", (|at: i64| at % 500 == 0) as fn(i64) -> bool, 1.0),
            ("in clumps of four", |at: i64| at % 4000 < 8 && at % 2 == 0, 2.0),
            ("in clumps of twenty", |at: i64| at % 20_000 < 20, 4.0),
        ] {
            let series = days(fails);
            let usual = Usual::guess(&series).next(&series, &[]);
            let reached = usual.baseline.dispersion;
            assert!((reached - want).abs() < 0.5, "{why}: {reached}");
        }
    }

    #[test]
    fn how_many_good_requests_prove_health() {
        let baseline = Baseline { share: 0.0004, dispersion: 2.0 };
        let usual = Usual { baseline, failing: 0, exposure: Exposure::Requests, by_half_hour: None };
        for (level, least) in [(0.98, 1), (0.35, 7), (0.0124, 249)] {
            let proves = |good: u64| usual.proves_health(good, level, 0.0004);
            assert!(!proves(least - 1) && proves(least), "{level}");
        }
    }

    #[test]
    fn the_share_has_floor_and_cap() {
        for (why, fails, low, high) in [
            ("every fifth second", (|at: i64| at % 5 == 0) as fn(i64) -> bool, 0.05, 0.05),
            ("once", |at: i64| at == 5000, 0.5 / 691_200.0, 4e-6),
        ] {
            let series = days(fails);
            let share = Usual::guess(&series).next(&series, &[]).baseline.share;
            assert!((low..=high).contains(&share), "{why}: {share}");
        }
    }
}
