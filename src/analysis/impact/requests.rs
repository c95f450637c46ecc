//! The share of requests, with its interval (methods, 3.1).

use serde::Serialize;

use super::{Silence, Z};
use crate::analysis::hole::interval;

/// From this share of the failing requests on those that fail on any day are taken out.
const CHRONIC: f64 = 0.05;

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
    /// Failing requests that are not counted, as so many fail on any day.
    #[serde(skip)]
    pub chronic: u64,
    /// Between how many the missed are in 95 of 100 cases.
    #[serde(skip)]
    pub missed_range: Option<(u64, u64)>,
}

impl Requests {
    /// Of so many requests that were seen, and those that failed of them. `is_cut`: the window begins and ends with a
    /// failing request, so two of its ends fail by construction.
    pub(super) fn of(seen: f64, failed: f64, chronic_share: f64, is_cut: bool, silences: &[Silence]) -> Requests {
        let missed: f64 = silences.iter().map(|silence| silence.missed).sum();
        let chronic = chronic_share * seen;
        let chronic = if chronic > CHRONIC * failed { chronic.min(failed) } else { 0.0 };
        Requests {
            chronic: chronic.round() as u64,
            ..shares(seen, failed - chronic, (missed, missed_range(silences, missed)), is_cut)
        }
    }

    /// Whether the interval says more than the count itself.
    pub fn needs_interval(&self) -> bool {
        self.missed > 0 || self.expected < 400
    }
}

/// 95 of 100 times the missed requests lie between these: by how well each stretch can be told, or by the scatter of
/// what has no log to learn it from. Errors of stretches are taken as independent.
fn missed_range(silences: &[Silence], missed: f64) -> (f64, f64) {
    if missed <= 0.0 {
        return (0.0, 0.0);
    }
    let known: Option<Vec<(f64, f64)>> = silences
        .iter()
        .map(|silence| silence.factors.map(|by| (silence.missed * by.0, silence.missed * by.1)))
        .collect();
    let Some(known) = known else { return interval(missed) };
    let pairs = || silences.iter().zip(&known);
    let below: f64 = pairs().map(|(silence, (low, _))| (silence.missed - low).powi(2)).sum();
    let above: f64 = pairs().map(|(silence, (_, high))| (high - silence.missed).powi(2)).sum();
    ((missed - below.sqrt()).max(0.0), missed + above.sqrt())
}

/// I(s, m) = (s N + m) / (N + m), its interval by the root of the squares of both parts (the MOVER idea of Zou and
/// Donner, *Construction of confidence limits about effect measures*, 2008).
fn shares(n: f64, f: f64, (m, (least, most)): (f64, (f64, f64)), is_cut: bool) -> Requests {
    let share = |s: f64, m: f64| if n + m > 0.0 { (s * n + m) / (n + m) } else { 0.0 };
    let own = if n > 0.0 { f / n } else { 0.0 };
    let here = share(own, m);
    let (low, high) = if is_cut && f >= 1.0 && n > 1.0 { wilson(f - 1.0, n - 1.0) } else { wilson(f, n) };
    // With one failure taken out the interval may miss the share itself.
    let (low, high) = (low.min(own), high.max(own));
    let (below, above) = (here - share(low, m), share(high, m) - here);
    let percent = |value: f64| Some((value.clamp(0.0, 1.0) * 1e4).round() / 100.0);
    Requests {
        failed: f.round() as u64,
        missed: m.round() as u64,
        expected: n.round() as u64 + m.round() as u64,
        percent: percent(here),
        low: percent(here - below.hypot(here - share(own, least))),
        high: percent(here + above.hypot(share(own, most) - here)),
        chronic: 0,
        missed_range: (m > 0.0).then(|| (least.round() as u64, most.round() as u64)),
    }
}

/// Wilson's interval for `k` of `n` (*Probable inference*, 1927). Nothing known: all of 0 to 1.
pub fn wilson(k: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let (share, z2) = (k / n, Z * Z);
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).max(0.0).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
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
        let figures = |of: Requests| (of.percent, of.low, of.high);
        let both = shares(800.0, 240.0, (200.0, (150.0, 260.0)), false);
        assert_eq!(figures(both), (Some(44.0), Some(40.16), Some(48.11)));
        let some = shares(100.0, 31.0, (0.0, (0.0, 0.0)), false);
        assert_eq!(figures(some), (Some(31.0), Some(22.78), Some(40.63)));
        let hole = shares(0.0, 0.0, (118.0, (97.0, 141.0)), false);
        assert_eq!((hole.percent, hole.expected, hole.missed_range), (Some(100.0), 118, Some((97, 141))));
    }

    #[test]
    fn ends_of_a_window_that_fail_by_construction() {
        let few = shares(10.0, 3.0, (0.0, (0.0, 0.0)), true);
        let (low, high) = wilson(2.0, 9.0);
        assert_eq!(few.percent, Some(30.0));
        assert_eq!((few.low, few.high), (Some((low * 1e4).round() / 100.0), Some((high * 1e4).round() / 100.0)));
        assert!(shares(1.0, 1.0, (0.0, (0.0, 0.0)), true).high == Some(100.0));
    }

    #[test]
    fn what_fails_on_any_day_is_taken_out_where_it_counts() {
        let of = |failed, chronic| Requests::of(10_000.0, failed, chronic, true, &[]);
        let mild = of(412.0, 0.0031);
        assert_eq!((mild.failed, mild.chronic, mild.percent), (381, 31, Some(3.81)));
        let plain = of(412.0, 0.001);
        assert_eq!((plain.failed, plain.chronic, plain.percent), (412, 0, Some(4.12)));
    }

    #[test]
    fn the_range_of_the_missed() {
        let silence = |missed, factors| Silence { service: 0, from: 0, to: 60, missed, share: 1.0, factors };
        let known = missed_range(&[silence(100.0, Some((0.8, 1.3))), silence(100.0, Some((0.8, 1.3)))], 200.0);
        assert!((known.0 - (200.0 - 800f64.sqrt())).abs() < 1e-9 && (known.1 - (200.0 + 1800f64.sqrt())).abs() < 1e-9);
        let fallback = missed_range(&[silence(100.0, None), silence(20.0, Some((0.8, 1.3)))], 120.0);
        assert!((fallback.0 - 73.4526).abs() < 0.01 && (fallback.1 - 166.5474).abs() < 0.01);
    }
}
