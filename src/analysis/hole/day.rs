//! The shape of the day: how many more requests come at noon than at night (methods, 2.1).

use std::collections::BTreeMap;

use super::counts::Counts;

/// Seconds of a day, and of one of the bins in which its shape is told.
pub(super) const DAY_S: i64 = 86_400;
/// The same of a bin.
pub(super) const BIN_S: i64 = 600;
const BINS: usize = 144;
/// Whole days from which a shape can be told, and from which workdays and weekends each have their own.
const LEAST_DAYS: usize = 3;
const LEAST_DAYS_APART: usize = 14;
/// Requests from which a day counts for the shape.
const LEAST_REQUESTS: u64 = 36;
/// A silence so long, in seconds, and of so many requests by the mean of its day, is an outage: that day has another
/// shape than the usual one.
const OUTAGE_S: i64 = 1800;
const OUTAGE_REQUESTS: f64 = 120.0;
/// Least share of a mean bin: the night of a small service is not empty for ever.
const LEAST_SHARE: f64 = 0.02;

/// The day's shape as its integral up to each bin, in mean seconds: a whole day has some 86,400 of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayShape {
    /// Of workdays and of weekends; `None` where there are too few days: then each second counts the same.
    kinds: Option<[Vec<f64>; 2]>,
}

/// Whether a day, counted from 1970, is a Saturday or Sunday. 1970 began with a Thursday.
fn is_weekend(day: i64) -> bool {
    matches!((day + 4).rem_euclid(7), 0 | 6)
}

impl DayShape {
    /// The median over the whole days. Days are those of the series' clock, UTC where it is known.
    pub fn of(counts: &Counts<'_>) -> DayShape {
        let mut days: BTreeMap<bool, Vec<Vec<f64>>> = BTreeMap::new();
        let (first, end) = counts.span();
        let (first_day, end_day) =
            (first.div_euclid(DAY_S) + i64::from(first.rem_euclid(DAY_S) > 0), end.div_euclid(DAY_S));
        let silent_s = longest_silences(counts);
        let mut day = first_day;
        while day < end_day {
            let requests = counts.count(day * DAY_S, (day + 1) * DAY_S);
            let outage_s = OUTAGE_S.max((OUTAGE_REQUESTS * DAY_S as f64 / requests.max(1) as f64) as i64);
            if requests < LEAST_REQUESTS {
                if let Some(next) = counts.seconds().get(counts.position((day + 1) * DAY_S)) {
                    // Straight to the next day with requests.
                    day = next.at.div_euclid(DAY_S) - 1;
                }
            } else if silent_s.get(&day).is_none_or(|longest| *longest < outage_s) {
                days.entry(is_weekend(day)).or_default().push(shares(counts, day));
            }
            day += 1;
        }
        let all: Vec<&Vec<f64>> = days.values().flatten().collect();
        if all.len() < LEAST_DAYS {
            return DayShape::default();
        }
        let of_kind = |is_weekend: bool| {
            let own: Vec<&Vec<f64>> = days.get(&is_weekend).into_iter().flatten().collect();
            let apart = all.len() >= LEAST_DAYS_APART && own.len() >= LEAST_DAYS;
            integral(if apart { &own } else { &all })
        };
        DayShape { kinds: Some([of_kind(false), of_kind(true)]) }
    }

    /// Whether nothing is known of the day.
    pub fn is_flat(&self) -> bool {
        self.kinds.is_none()
    }

    /// Mean seconds from `from` to `to`.
    pub fn integral(&self, from: i64, to: i64) -> f64 {
        let Some(kinds) = &self.kinds else { return (to - from) as f64 };
        if to <= from {
            return 0.0;
        }
        let (first, last) = (from.div_euclid(DAY_S), (to - 1).div_euclid(DAY_S));
        (first..=last)
            .map(|day| {
                let shape = &kinds[usize::from(is_weekend(day))];
                let (start, end) = (from.max(day * DAY_S), to.min((day + 1) * DAY_S));
                up_to(shape, end - day * DAY_S) - up_to(shape, start - day * DAY_S)
            })
            .sum()
    }
}

/// The longest silence of each day that has one of [`OUTAGE_S`], in seconds.
fn longest_silences(counts: &Counts<'_>) -> BTreeMap<i64, i64> {
    let mut longest: BTreeMap<i64, i64> = BTreeMap::new();
    for (position, length) in counts.gaps.iter().filter(|(_, length)| *length >= OUTAGE_S) {
        let Some(before) = counts.seconds().get(*position as usize) else { continue };
        let (from, to) = (before.at + 1, before.at + 1 + length);
        // Days that are silent throughout do not count anyway.
        for day in [from.div_euclid(DAY_S), (to - 1).div_euclid(DAY_S)] {
            let inside = to.min((day + 1) * DAY_S) - from.max(day * DAY_S);
            let known = longest.entry(day).or_default();
            *known = inside.max(*known);
        }
    }
    longest
}

/// The integral up to a second of the day.
fn up_to(shape: &[f64], second: i64) -> f64 {
    let bin = usize::try_from(second / BIN_S).unwrap_or(0).min(BINS - 1);
    let inside = (second - bin as i64 * BIN_S) as f64 / BIN_S as f64;
    shape[bin] + (shape[bin + 1] - shape[bin]) * inside
}

/// Requests of each bin with the two on both sides, over the mean of the day's bins.
fn shares(counts: &Counts<'_>, day: i64) -> Vec<f64> {
    let (first, end) = counts.span();
    let mean = counts.count(day * DAY_S, (day + 1) * DAY_S) as f64 / BINS as f64;
    (0..BINS as i64)
        .map(|bin| {
            let (from, to) = (day * DAY_S + (bin - 2) * BIN_S, day * DAY_S + (bin + 3) * BIN_S);
            let (from, to) = (from.max(first), to.min(end));
            let bins = (to - from).max(1) as f64 / BIN_S as f64;
            counts.count(from, to) as f64 / bins / mean
        })
        .collect()
}

/// The median of each bin, summed up to each.
fn integral(days: &[&Vec<f64>]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(BINS + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for bin in 0..BINS {
        let mut shares: Vec<f64> = days.iter().filter_map(|day| day.get(bin).copied()).collect();
        sum += median(&mut shares).unwrap_or(1.0).max(LEAST_SHARE) * BIN_S as f64;
        sums.push(sum);
    }
    sums
}

/// The middle value, or the mean of the middle two. `None` of none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = if is_even { below.iter().copied().max_by(f64::total_cmp) } else { None };
    Some(lower.map_or(upper, |lower| (lower + upper) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::traffic::Second;

    /// So many days: one request each 10 s from 8 to 20 o'clock, one a minute at night; at weekends all day the same.
    fn series(days: std::ops::Range<i64>) -> Vec<Second> {
        let busy = |at: i64| {
            let day = (8 * 3600..20 * 3600).contains(&at.rem_euclid(DAY_S));
            at % if day && !is_weekend(at.div_euclid(DAY_S)) { 10 } else { 60 } == 0
        };
        let all = days.start * DAY_S..days.end * DAY_S;
        all.filter(|at| busy(*at)).map(|at| Second { at, requests: 1, ..Second::default() }).collect()
    }

    #[test]
    fn day_and_night() {
        // 1970-01-05 is a Monday.
        let seconds = series(4..9);
        let shape = DayShape::of(&Counts::of(&seconds));
        let hour = |day: i64, hour: i64| shape.integral(day * DAY_S + hour * 3600, day * DAY_S + (hour + 1) * 3600);
        let ratio = hour(5, 12) / hour(5, 2);
        assert!((ratio - 6.0).abs() < 0.01, "{ratio}");
        let day = shape.integral(5 * DAY_S, 6 * DAY_S);
        assert!((day - 86_400.0).abs() < 400.0, "{day}");
        // A whole equals its parts, over midnight too.
        let (from, to) = (5 * DAY_S - 777, 6 * DAY_S + 12_345);
        let parts: f64 = (from..to).map(|at| shape.integral(at, at + 1)).sum();
        assert!((shape.integral(from, to) - parts).abs() < 1e-6);
    }

    #[test]
    fn weekends_have_their_own_shape_after_two_weeks() {
        for (days, want) in [(4..11, 6.0), (4..25, 1.0)] {
            let seconds = series(days.clone());
            let shape = DayShape::of(&Counts::of(&seconds));
            // The tenth day is a Saturday... the ninth, counted from 0.
            let hour = |hour: i64| shape.integral(9 * DAY_S + hour * 3600, 9 * DAY_S + (hour + 1) * 3600);
            let ratio = hour(12) / hour(2);
            assert!((ratio - want).abs() < 0.05, "{days:?}: {ratio}");
        }
    }

    #[test]
    fn too_few_days_have_no_shape() {
        let seconds = series(4..6);
        let shape = DayShape::of(&Counts::of(&seconds));
        assert!(shape.is_flat());
        assert!((shape.integral(0, 100) - 100.0).abs() < 1e-12);
        assert_eq!(median(&mut [3.0, 1.0, 2.0, 10.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }
}
