//! The incident over time: its worst minute, its day, its chart.

use super::count::{Counted, Tally};
use super::{Requests, Silence, Window};

/// Expected requests that a minute needs for a share of its own.
const LEAST_A_MINUTE: f64 = 10.0;
/// Seconds of a window at most whose worst minute is looked for.
const LONGEST_S: usize = 10_000_000;
/// Bars of the chart at most.
const MOST_STEPS: i64 = 120;

/// Requests by step.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Chart {
    pub step_s: i64,
    pub start: i64,
    pub requests: Vec<u64>,
    pub failed: Vec<u64>,
    pub missed: Vec<u64>,
}

/// The minute with the largest share, of those with enough requests; the earliest of equal ones.
pub(super) fn worst_minute(from: i64, to: i64, inside: &[Tally], silences: &[Silence]) -> Option<(i64, f64)> {
    let length = usize::try_from(to - from + 1).ok().filter(|length| *length < LONGEST_S)?;
    let (mut failed, mut all) = (vec![0.0; length], vec![0.0; length]);
    let index = |at: i64| usize::try_from(at - from).ok().filter(|index| *index < length);
    for cell in inside {
        if let Some(index) = index(cell.s) {
            all[index] += cell.all;
            failed[index] += cell.failed;
        }
    }
    for silence in silences {
        for index in (silence.from..silence.to).filter_map(index) {
            let each = silence.missed / (silence.to - silence.from).max(1) as f64;
            all[index] += each;
            failed[index] += each;
        }
    }
    let width = length.min(60);
    let sum = |values: &[f64], at: usize| values[at..at + width].iter().sum::<f64>();
    let mut best: Option<(i64, f64)> = None;
    for start in 0..=length - width {
        let (bad, of) = (sum(&failed, start), sum(&all, start));
        if of >= LEAST_A_MINUTE && best.is_none_or(|(_, share)| bad / of > share + 1e-12) {
            best = Some((from + start as i64, bad / of));
        }
    }
    best.map(|(at, share)| (at, (share * 1e4).round() / 100.0))
}

/// Percent of the requests of the window's day.
pub(super) fn day_percent(window: &Window<'_>, requests: &Requests) -> Option<f64> {
    let (from, to) = window.day;
    let held = window.holder.map_or(0, |(holder, from, to)| {
        u64::from(window.world.services[holder].count(from as i64, to as i64 + 1).requests)
    });
    let count = |index: &usize| u64::from(window.world.services[*index].count(from, to).requests);
    let of_day: u64 = window.services.iter().map(count).sum();
    let past = window
        .added
        .iter()
        .map(|(index, share)| f64::from(window.world.services[*index].count(from, to).requests) * share);
    let all = of_day + held + requests.missed + past.sum::<f64>().round() as u64;
    (all > 0).then(|| ((requests.failed + requests.missed) as f64 / all as f64 * 1e4).round().min(1e4) / 100.0)
}

/// The requests of the window and beside it.
pub(super) fn chart(window: &Window<'_>, counted: &Counted<'_>, silences: &[Silence]) -> Chart {
    let margin = ((window.end - window.start) / 4.0).clamp(30.0, 1800.0);
    let start = (window.start - margin).floor() as i64;
    let length = ((window.end + margin).ceil() as i64 - start).max(1);
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    let step_s = steps.into_iter().find(|step| length / step <= MOST_STEPS).unwrap_or(7200);
    let start = start.div_euclid(step_s) * step_s;
    let count = usize::try_from(length / step_s + 2).unwrap_or(1);
    let mut bars = [vec![0.0; count], vec![0.0; count], vec![0.0; count]];
    let index = |at: i64| usize::try_from((at - start).div_euclid(step_s)).ok().filter(|index| *index < count);
    for cell in counted.cells(window) {
        if let Some(index) = index(cell.s) {
            bars[0][index] += cell.all;
            bars[1][index] += cell.failed;
        }
    }
    for silence in silences {
        for index in (silence.from..silence.to).filter_map(index) {
            bars[2][index] += silence.missed / (silence.to - silence.from).max(1) as f64;
        }
    }
    let [requests, failed, missed] =
        bars.map(|bars| bars.into_iter().map(|bar: f64| bar.round() as u64).collect::<Vec<_>>());
    Chart { step_s, start, requests, failed, missed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_of_the_worst_minutes_with_enough_requests() {
        // One request a second; half of them fail from 100 to 219, all of three in a quiet corner before.
        let tally = |s: i64, failed: f64| Tally { s, all: 1.0, failed };
        let mut cells: Vec<Tally> =
            (60..400).map(|s| tally(s, f64::from(u8::from((100..220).contains(&s) && s % 2 == 0)))).collect();
        cells.extend((0..3).map(|s| tally(s, 1.0)));
        assert_eq!(worst_minute(0, 399, &cells, &[]), Some((99, 50.0)));
        let silence = Silence { service: 0, from: 300, to: 360, missed: 60.0, share: 1.0, factors: None };
        let rest: Vec<Tally> = cells.into_iter().filter(|cell| !(300..360).contains(&cell.s)).collect();
        assert_eq!(worst_minute(0, 399, &rest, &[silence]), Some((300, 100.0)));
        assert_eq!(worst_minute(0, 5, &rest[..3], &[]), None);
    }
}
