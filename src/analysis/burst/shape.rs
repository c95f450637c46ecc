//! How a run went: whether the log proves health before and after it, a climb or a step, falls in between (methods, 1.6).

use super::Burst;
use super::automaton::Run;
use super::series::{Moment, Series};
use crate::facts::traffic::Second;

/// Slices of a run, of which every sixth is tried as the end of the climb.
const SLICES: i64 = 120;
const EVERY: usize = 6;
/// What a climb must be better than a step, in nats, and how long it takes at least, in seconds and of the run.
const CLIMB: f64 = 5.0;
const CLIMB_S: f64 = 60.0;
const CLIMB_PART: f64 = 0.2;
/// A fall to the baseline lasts so long at least, in seconds; so many falls or runs are flapping; runs up to so far
/// apart belong together, in seconds.
const FALL_S: i64 = 20;
const FLAPS: usize = 3;
const TOGETHER_S: i64 = 600;
/// Level up to which a fall must be proved.
const FALL_LEVEL: f64 = 0.35;

/// A share of failing requests that rises in a straight line and then stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climb {
    /// From the first failing request to the top, in seconds.
    pub lasts_s: f64,
    /// The share that it reaches, 0 to 1.
    pub top: f64,
}

/// Succeeding requests and failures that count, of a slice of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slice {
    good: f64,
    failing: f64,
}

/// The climb of a run, if a line that rises fits better than a constant share.
pub(super) fn climb(series: &Series, seconds: &[Second], run: &Run) -> Option<Climb> {
    let (start, end) = series.span(run);
    let lasts = end - start + 1;
    let count = lasts.min(SLICES);
    if (lasts as f64) < CLIMB_S || seconds.is_empty() {
        return None;
    }
    let place = |at: i64| usize::try_from((at - start) * count / lasts).unwrap_or(0);
    let mut slices = vec![Slice::default(); usize::try_from(count).unwrap_or(0)];
    let index = |at: i64| seconds.partition_point(|second| second.at < at);
    for second in &seconds[index(start)..index(end + 1)] {
        slices[place(second.at)].good += f64::from(second.requests.saturating_sub(second.failing));
    }
    for moment in &series.moments[run.first..=run.last] {
        slices[place(moment.at)].failing += f64::from(moment.failing);
    }
    ramp(&slices, lasts as f64 / count as f64)
}

/// The best ramp through slices of `slice_s` seconds each.
fn ramp(slices: &[Slice], slice_s: f64) -> Option<Climb> {
    let failing: f64 = slices.iter().map(|slice| slice.failing).sum();
    let fitted = |lasts: f64| {
        let share = |index: usize| if lasts > 0.0 { ((index as f64 + 0.5) / lasts).min(1.0) } else { 1.0 };
        let weighted = |(index, slice): (usize, &Slice)| (slice.good + slice.failing) * share(index);
        let top = failing / slices.iter().enumerate().map(weighted).sum::<f64>().max(1.0);
        let likelihood = |(index, slice): (usize, &Slice)| {
            let at = (top * share(index)).clamp(1e-9, 1.0 - 1e-9);
            slice.failing * at.ln() + slice.good * (1.0 - at).ln()
        };
        (slices.iter().enumerate().map(likelihood).sum::<f64>(), top)
    };
    let step = fitted(0.0).0;
    let lasting = (EVERY..=slices.len()).step_by(EVERY).map(|lasts| lasts as f64);
    let best =
        lasting.map(|lasts| (fitted(lasts), lasts)).fold(None, |best: Option<((f64, f64), f64)>, next| match best {
            Some(known) if known.0.0 >= next.0.0 => Some(known),
            _ => Some(next),
        });
    let ((likelihood, top), lasts) = best?;
    let is_long = lasts * slice_s >= CLIMB_S && lasts >= CLIMB_PART * slices.len() as f64;
    (is_long && likelihood - step >= CLIMB).then_some(Climb { lasts_s: lasts * slice_s, top: top.min(1.0) })
}

/// How often a run fell to the baseline and rose again.
pub(super) fn falls(series: &Series, run: &Run, proves_health: impl Fn(u64, f64) -> bool) -> usize {
    let fell = |pair: &&[Moment]| {
        let good = pair[1].before - pair[0].through();
        pair[1].at - pair[0].at > FALL_S && proves_health(good, run.top.min(FALL_LEVEL))
    };
    series.moments[run.first..=run.last].windows(2).filter(fell).count()
}

/// Marks runs that fell often, and three or more that follow each other closely.
pub(super) fn mark_flapping(bursts: &mut [Burst]) {
    let mut first = 0;
    for index in 0..bursts.len() {
        let ends = bursts.get(index + 1).is_none_or(|next| next.start - bursts[index].end > TOGETHER_S);
        if ends {
            let are_many = index + 1 - first >= FLAPS;
            bursts[first..=index].iter_mut().for_each(|burst| burst.is_flapping = are_many || burst.falls >= FLAPS);
            first = index + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbs_and_steps() {
        let slices = |of: fn(f64) -> f64| -> Vec<Slice> {
            let slice = |index: i32| {
                let failing = (100.0 * of((f64::from(index) + 0.5) / 120.0)).round();
                Slice { good: 100.0 - failing, failing }
            };
            (0..120).map(slice).collect()
        };
        for (why, of, slice_s, want) in [
            ("a step", (|_| 0.3) as fn(f64) -> f64, 10.0, None),
            ("to the end", |x| 0.3 * x, 10.0, Some((1200.0, 0.3))),
            ("a third of the run", |x| 0.9 * (3.0 * x).min(1.0) / 3.0, 10.0, Some((420.0, 0.3))),
            ("a tenth of the run", |x| 0.3 * (10.0 * x).min(1.0), 10.0, None),
            ("falling", |x| 0.3 * (1.0 - x), 10.0, None),
            ("in half a minute", |x| 0.3 * x, 0.25, None),
        ] {
            let found = ramp(&slices(of), slice_s);
            assert_eq!(found.is_some(), want.is_some(), "{why}: {found:?}");
            if let (Some(climb), Some((lasts_s, top))) = (found, want) {
                assert!((climb.lasts_s - lasts_s).abs() <= 60.0 && (climb.top - top).abs() < 0.02, "{why}: {climb:?}");
            }
        }
    }
}
