//! Holes: stretches in which requests should have come and none did (methods, section 2).

use std::collections::BTreeMap;

use crate::facts::traffic::Second;

/// False holes a series and log.
const ALPHA: f64 = 0.02;
/// Entries that a class of rates needs for a bar of its own.
const CLASS_ENTRIES: u64 = 2000;
/// Reach to either side for the expected requests: doubled from the first to the last.
const NEAR_S: i64 = 1800;
const FAR_S: i64 = 10_800;
/// Requests that make a neighbourhood large enough: 7 % error.
const ENOUGH: f64 = 200.0;
/// Shortest silence that is looked at, in seconds.
const SHORTEST_S: i64 = 3;

/// A stretch without requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hole {
    /// First second without a request.
    pub from: i64,
    /// First second with one again, or the end of what the logs cover.
    pub to: i64,
    /// Requests expected in it by what came before and after.
    pub expected: f64,
    /// By the more cautious of both sides.
    pub expected_least: f64,
    /// Log-odds of "down" from the silence alone.
    pub odds: f64,
    /// Whether it reaches the end of what the logs cover.
    pub is_open: bool,
}

/// Requests expected from `from` to `to`, and by the more cautious of both sides: the rate of the half hours before
/// and after, each doubled until it holds [`ENOUGH`] requests or [`FAR_S`].
pub fn expected(seconds: &[Second], from: i64, to: i64) -> (f64, f64) {
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else { return (0.0, 0.0) };
    let before = side(seconds, first.at, last.at + 1, from, -1);
    let after = side(seconds, first.at, last.at + 1, to, 1);
    let length = (to - from) as f64;
    let rate = |(count, seconds): (f64, f64)| if seconds > 0.0 { Some(count / seconds) } else { None };
    let both = (before.0 + after.0) / (before.1 + after.1).max(1.0) * length;
    // The half hours may be busier than the moments beside the silence: at the bottom of the night both are.
    let near = [nearest(seconds, from, -1), nearest(seconds, to, 1)];
    let rates = [rate(before), rate(after)].into_iter().chain(near).flatten();
    let least = rates.fold(both / length.max(1.0), f64::min) * length;
    (both, least)
}

/// Requests that tell the rate just beside a silence.
const NEAREST: f64 = 60.0;

/// Requests a second of the nearest [`NEAREST`] requests on one side; `None` where there are fewer.
fn nearest(seconds: &[Second], edge: i64, direction: i64) -> Option<f64> {
    let split = seconds.partition_point(|second| second.at < edge);
    let mut count = 0.0;
    let mut reaches = |second: &Second| {
        count += f64::from(second.requests);
        (count >= NEAREST).then(|| count / ((second.at - edge).abs() + 1) as f64)
    };
    if direction < 0 {
        seconds[..split].iter().rev().find_map(&mut reaches)
    } else {
        seconds[split..].iter().find_map(reaches)
    }
}

/// Requests and seconds of the neighbourhood on one side.
fn side(seconds: &[Second], first: i64, end: i64, edge: i64, direction: i64) -> (f64, f64) {
    let mut reach = NEAR_S;
    loop {
        let (from, to) = if direction < 0 { (edge - reach, edge) } else { (edge, edge + reach) };
        let (from, to) = (from.clamp(first, end), to.clamp(first, end));
        let start = seconds.partition_point(|second| second.at < from);
        let stop = seconds.partition_point(|second| second.at < to);
        let count: f64 = seconds[start..stop.max(start)].iter().map(|second| f64::from(second.requests)).sum();
        let whole = if direction < 0 { from == first } else { to == end };
        if count >= ENOUGH || reach >= FAR_S || whole {
            return (count, (to - from) as f64);
        }
        reach *= 2;
    }
}

/// Silences that chance does not explain. `until` is the end of what all logs cover.
pub fn holes(seconds: &[Second], until: i64) -> Vec<Hole> {
    let bars = Bars::of(seconds);
    let total: u64 = seconds.iter().map(|second| u64::from(second.requests)).sum();
    if total < 50 {
        return Vec::new();
    }
    let ends = seconds.iter().skip(1).map(|second| (second.at, false)).chain([(until, true)]);
    seconds
        .iter()
        .zip(ends)
        .filter_map(|(before, (to, is_open))| {
            let from = before.at + 1;
            if to - from < SHORTEST_S {
                return None;
            }
            let (expected, expected_least) = expected(seconds, from, to);
            let (bar, slope) = bars.bar(expected_least / (to - from) as f64);
            let odds = (0.1f64 / ALPHA).ln() + (expected_least - bar) / slope;
            let hole = Hole { from, to, expected, expected_least, odds: odds.clamp(-3.0, 6.0), is_open };
            (expected_least > bar).then_some(hole)
        })
        .collect()
}

/// How long a silence the log itself shows to be ordinary, by class of rate: requests come in sessions, so a pure
/// Poisson test cries wolf.
struct Bars {
    /// By floor(log2 rate): bar and slope.
    classes: BTreeMap<i32, (f64, f64)>,
    fallback: (f64, f64),
}

impl Bars {
    fn of(seconds: &[Second]) -> Bars {
        let mut gaps: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
        let mut hour = (i64::MIN, 0.0);
        for (index, second) in seconds.iter().enumerate() {
            if second.at.div_euclid(3600) != hour.0 {
                hour = (second.at.div_euclid(3600), hourly_rate(seconds, second.at));
            }
            let next = seconds.get(index + 1).map_or(second.at + 1, |next| next.at);
            gaps.entry(class(hour.1)).or_default().push(hour.1 * (next - second.at - 1) as f64);
        }
        let all: u64 = gaps.values().map(|gaps| gaps.len() as u64).sum();
        let mut classes = BTreeMap::new();
        for (class, mut own) in gaps {
            if own.len() as u64 >= CLASS_ENTRIES {
                own.sort_by(f64::total_cmp);
                classes.insert(class, tail(&own, all));
            }
        }
        let highest = classes.values().map(|(bar, _)| *bar).fold(f64::NEG_INFINITY, f64::max);
        let steepest = classes.values().map(|(_, slope)| *slope).fold(f64::NEG_INFINITY, f64::max);
        // Without a tail to read: requests come in clumps of four, or of what the counts show.
        let slope = clumps(seconds).max(4.0);
        let none = slope * (all.max(100) as f64 / ALPHA).ln();
        let fallback = if classes.is_empty() { (none, slope) } else { (highest, steepest) };
        Bars { classes, fallback }
    }

    fn bar(&self, rate: f64) -> (f64, f64) {
        self.classes.get(&class(rate)).copied().unwrap_or(self.fallback)
    }
}

fn class(rate: f64) -> i32 {
    rate.max(1e-6).log2().floor() as i32
}

/// Requests a second in the hour of `at`, as far as the series reaches into it.
fn hourly_rate(seconds: &[Second], at: i64) -> f64 {
    let from = at.div_euclid(3600) * 3600;
    let (first, last) = (seconds[0].at, seconds[seconds.len() - 1].at + 1);
    let start = seconds.partition_point(|second| second.at < from);
    let stop = seconds.partition_point(|second| second.at < from + 3600);
    let count: f64 = seconds[start..stop].iter().map(|second| f64::from(second.requests)).sum();
    count / ((from + 3600).min(last) - from.max(first)).max(1) as f64
}

/// Expected requests of a window in which the clumps are measured.
const CLUMP_WINDOW: f64 = 20.0;

/// How many requests come together: variance over mean of their counts in windows of [`CLUMP_WINDOW`] expected ones,
/// by the median, so that outages do not count. 0.4549 is the median of a chi-square of one degree of freedom.
fn clumps(seconds: &[Second]) -> f64 {
    let mut ratios: Vec<f64> = Vec::new();
    let Some(last) = seconds.last() else { return 1.0 };
    let mut from = seconds[0].at;
    let mut hour = (i64::MIN, 0.0);
    while from <= last.at {
        if from.div_euclid(3600) != hour.0 {
            hour = (from.div_euclid(3600), hourly_rate(seconds, from).max(1e-6));
        }
        let rate = hour.1;
        let length = (CLUMP_WINDOW / rate).ceil().clamp(1.0, 3600.0) as i64;
        let start = seconds.partition_point(|second| second.at < from);
        let stop = seconds.partition_point(|second| second.at < from + length);
        let count: f64 = seconds[start..stop].iter().map(|second| f64::from(second.requests)).sum();
        let mean = rate * length as f64;
        ratios.push((count - mean).powi(2) / mean);
        from += length;
    }
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).map_or(1.0, |median| (median / 0.4549).max(1.0))
}

/// Bar and slope of a class from the tail of its own gaps (methods, 2.2).
fn tail(sorted: &[f64], all: u64) -> (f64, f64) {
    let total = sorted.len() as f64;
    let pu = (20.0 / total).max(1e-4);
    let pl = (30.0 * pu).min(0.1);
    let upper = |p: f64| {
        let index = ((1.0 - p) * total).ceil() as usize;
        let value = sorted[index.min(sorted.len() - 1)].min(200.0);
        (value / 0.1).floor() * 0.1 + 0.05
    };
    let (qu, ql) = (upper(pu), upper(pl));
    let slope = ((qu - ql) / (pl / pu).ln()).max(1.0);
    let bar = qu + 1.1 * slope * ((all as f64 / ALPHA).ln() + pu.ln()).max(0.0);
    (bar, slope)
}

/// 95 % of the time the missed requests lie between these (methods, 2.4, the fallback without a back-test).
pub fn interval(expected: f64) -> (f64, f64) {
    let sd = (2.0 * expected + (0.15 * expected).powi(2)).sqrt();
    ((expected - 1.96 * sd).max(0.0), expected + 1.96 * sd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(range: std::ops::Range<i64>, requests: u32, hole: std::ops::Range<i64>) -> Vec<Second> {
        range.filter(|at| !hole.contains(at)).map(|at| Second { at, requests, ..Second::default() }).collect()
    }

    #[test]
    fn the_worked_example_of_the_method() {
        let seconds = series(0..7200, 1, 3600..3720);
        let found = holes(&seconds, 7200);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].to, found[0].is_open), (3600, 3720, false));
        assert!((found[0].expected - 120.0).abs() < 1e-9);
        let (bar, _) = Bars::of(&seconds).bar(1.0);
        assert!((bar - 8.393).abs() < 0.001, "{bar}");
        let (low, high) = interval(120.0);
        assert!((low - 73.4526).abs() < 0.01 && (high - 166.5474).abs() < 0.01);
    }

    #[test]
    fn a_short_log_needs_a_long_silence() {
        let seconds = series(0..1000, 2, 500..560);
        let (bar, _) = Bars::of(&seconds).bar(2.0);
        assert!((bar - 43.032).abs() < 0.001, "{bar}");
        assert_eq!(holes(&seconds, 1000).len(), 1);
        assert_eq!(holes(&series(0..1000, 2, 500..515), 1000), []);
        assert_eq!(holes(&[], 1000), []);
    }
}
