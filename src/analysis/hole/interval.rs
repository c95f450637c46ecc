//! How well the missed requests are told: the same estimate tried on quiet stretches of the same log (methods, 2.4).

use super::{Bars, Usual};

/// Stretches that are tried, and how many of them must be of use.
const STRETCHES: i64 = 400;
const LEAST_STRETCHES: usize = 40;
/// How far from a silence a stretch is quiet, in seconds.
const QUIET_S: i64 = 3600;
/// How far a stretch's estimate may be from the one that is judged, as a factor: small counts scatter more.
const ALIKE: f64 = 2.5;
/// Share of the tries that lies outside on each side.
const OUTSIDE: f64 = 0.025;
/// z of a 95 % interval.
const Z: f64 = 1.96;

/// 95 % of the time the missed requests lie between these: the estimate with the scatter of requests that come one by
/// one and 15 % for the traffic's ups and downs.
pub fn interval(expected: f64) -> (f64, f64) {
    fallback(expected, 1.0)
}

/// The same where so many requests come together.
fn fallback(expected: f64, clumping: f64) -> (f64, f64) {
    let sd = (2.0 * clumping * expected + (0.15 * expected).powi(2)).sqrt();
    ((expected - Z * sd).max(0.0), expected + Z * sd)
}

/// 95 % of the time the requests that should have come from `from` to `to` lie between these. `expected` is their
/// estimate, `avoid` are the silences of the log.
pub fn back_test(
    usual: &Usual<'_>,
    bars: &Bars,
    (from, to): (i64, i64),
    expected: f64,
    avoid: &[(i64, i64)],
) -> (f64, f64) {
    let (first, end) = usual.counts.span();
    let length = to - from;
    let room = end - first - length;
    let mut ratios: Vec<f64> = Vec::new();
    for index in 0..if room > 0 { STRETCHES } else { 0 } {
        let start = first + (i128::from(room) * i128::from(index) / i128::from(STRETCHES - 1)) as i64;
        let stop = start + length;
        if avoid.iter().any(|(from, to)| start < to + QUIET_S && stop > from - QUIET_S) {
            continue;
        }
        let estimate = usual.expected(start, stop).expected;
        if estimate * ALIKE < expected || estimate > expected * ALIKE {
            continue;
        }
        ratios.push((usual.counts.count(start, stop) as f64 + 0.5) / (estimate + 0.5));
    }
    if ratios.len() < LEAST_STRETCHES {
        return fallback(expected, bars.clumping());
    }
    ratios.sort_by(f64::total_cmp);
    let outside = (OUTSIDE * ratios.len() as f64).floor() as usize;
    let (low, high) = (ratios[outside].min(1.0), ratios[ratios.len() - 1 - outside].max(1.0));
    (expected * low, expected * high)
}
