//! What comes again and again: told once, and no incident (methods, 1.5).

use super::Dropped;
use super::automaton::Run;
use super::checks::Extent;
use super::series::Series;

/// A run up to so long may be one of many, if it is not total: level, and failures from which it is.
const SHORT_S: i64 = 15;
const TOTAL: (f64, u64) = (0.9, 30);
/// How often, how far apart at least, how long each at most, in seconds.
const OFTEN: usize = 4;
const APART_S: i64 = 3600;
const LIKE_S: i64 = 30;
/// At least so large: of its failing share, and of its failures.
const LIKE_SHARE: f64 = 1.0 / 3.0;
const LIKE_FAILING: u64 = 6;
/// A mild run may come daily: failing share, days, how far from the same time of day in seconds, part of its failures.
const MILD: f64 = 0.1;
const DAYS: usize = 3;
const SAME_TIME_S: i64 = 900;
const DAILY_FAILING: u64 = 4;
const DAY_S: i64 = 86_400;

/// Why it is told as recurring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rhythm {
    /// Moments that come several times.
    Often,
    /// At the same time of the day.
    Daily,
}

/// Runs of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Recurring {
    #[allow(missing_docs)]
    pub rhythm: Rhythm,
    /// First and last second of each.
    pub times: Vec<(i64, i64)>,
}

/// A run or blip.
#[derive(Clone, Copy, Debug)]
struct Like {
    start: i64,
    end: i64,
    failing: u64,
    share: f64,
    top: f64,
}

/// Says of each run whether it recurs, and tells those once. `verdicts` says which of them would be no incident anyway.
pub(super) fn recurring(
    series: &Series,
    runs: &[(Run, Extent)],
    verdicts: &[Option<Dropped>],
) -> (Vec<bool>, Vec<Recurring>) {
    let like = |(run, extent): &(Run, Extent)| {
        let (all, failing) = series.counts(run);
        let share = failing as f64 / all.max(1) as f64;
        Like { start: extent.start, end: extent.end, failing: extent.failing, share, top: run.top }
    };
    let all: Vec<Like> = runs.iter().map(like).collect();
    let mut told: Vec<Recurring> = Vec::new();
    let mut is_one = vec![false; runs.len()];
    for (index, own) in all.iter().enumerate().filter(|(index, _)| verdicts[*index].is_none()) {
        let rhythm = match own {
            own if is_often(own, &all) => Rhythm::Often,
            own if is_daily(own, &all) => Rhythm::Daily,
            _ => continue,
        };
        is_one[index] = true;
        let same = told.iter_mut().find(|known| {
            known.rhythm == rhythm
                && (rhythm == Rhythm::Often || known.times.iter().any(|(start, _)| is_same_time(*start, own.start)))
        });
        match same {
            Some(known) => known.times.push((own.start, own.end)),
            None => told.push(Recurring { rhythm, times: vec![(own.start, own.end)] }),
        }
    }
    (is_one, told)
}

/// Over in a moment, and one of several such moments hours apart.
fn is_often(own: &Like, all: &[Like]) -> bool {
    let is_total = own.top >= TOTAL.0 && own.failing >= TOTAL.1;
    if own.end - own.start > SHORT_S || is_total {
        return false;
    }
    let is_like = |other: &&Like| {
        other.end - other.start <= LIKE_S
            && other.share >= LIKE_SHARE * own.share
            && other.failing * LIKE_FAILING >= own.failing
    };
    let mut last: Option<i64> = None;
    let counts = |other: &&Like| {
        let counts = last.is_none_or(|last| other.start - last >= APART_S);
        if counts {
            last = Some(other.start);
        }
        counts
    };
    all.iter().filter(is_like).filter(counts).count() >= OFTEN
}

/// Mild, and at about the same time on several days.
fn is_daily(own: &Like, all: &[Like]) -> bool {
    if own.share >= MILD {
        return false;
    }
    let is_like = |other: &&Like| other.failing * DAILY_FAILING >= own.failing && is_same_time(other.start, own.start);
    // Days are counted from the run's own time, so that midnight divides nothing.
    let day = |other: &Like| (other.start - own.start + DAY_S / 2).div_euclid(DAY_S);
    let mut days: Vec<i64> = all.iter().filter(is_like).map(day).collect();
    days.dedup();
    days.len() >= DAYS
}

fn is_same_time(one: i64, other: i64) -> bool {
    let apart = (one - other).rem_euclid(DAY_S);
    apart.min(DAY_S - apart) <= SAME_TIME_S
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(start: i64, lasts: i64, failing: u64, share: f64) -> Like {
        Like { start, end: start + lasts, failing, share, top: 0.35 }
    }

    #[test]
    fn moments_that_come_again() {
        let own = like(0, 12, 40, 0.3);
        let hours = |hours: &[i64], of: Like| -> Vec<Like> {
            let at = |hour: &i64| Like { start: of.start + hour * 3600, end: of.end + hour * 3600, ..of };
            hours.iter().map(at).collect()
        };
        for (why, own, others, want) in [
            ("four", own, hours(&[1, 2, 3], own), true),
            ("three", own, hours(&[1, 2], own), false),
            (
                "four, two of them close",
                own,
                vec![like(1800, 12, 40, 0.3), like(7200, 12, 40, 0.3), like(12_000, 12, 40, 0.3)],
                false,
            ),
            ("long ones do not count", own, hours(&[1, 2, 3], like(0, 40, 40, 0.3)), false),
            ("mild ones do not count", own, hours(&[1, 2, 3], like(0, 12, 40, 0.05)), false),
            ("small ones do not count", own, hours(&[1, 2, 3], like(0, 12, 6, 0.3)), false),
            ("itself long", like(0, 16, 40, 0.3), hours(&[1, 2, 3], own), false),
            ("itself total", Like { top: 0.98, ..own }, hours(&[1, 2, 3], own), false),
            ("total, but small", Like { top: 0.98, failing: 29, ..own }, hours(&[1, 2, 3], own), true),
        ] {
            let mut all = others;
            all.insert(0, own);
            assert_eq!(is_often(&own, &all), want, "{why}");
        }
    }

    #[test]
    fn mild_runs_that_come_daily() {
        let own = like(2 * DAY_S + 100, 900, 40, 0.03);
        for (why, own, others, want) in [
            ("three days", own, vec![(100, 40), (DAY_S - 700, 12)], true),
            ("about midnight", own, vec![(DAY_S - 800, 40), (5 * DAY_S, 40)], true),
            ("two days", own, vec![(100, 40), (200, 40)], false),
            ("at another time", own, vec![(100, 40), (DAY_S + 1100, 40)], false),
            ("small ones do not count", own, vec![(100, 9), (DAY_S, 9)], false),
            ("a tenth fails", Like { share: 0.1, ..own }, vec![(100, 40), (DAY_S, 40)], false),
        ] {
            let mut all: Vec<Like> = others.into_iter().map(|(at, failing)| like(at, 900, failing, 0.03)).collect();
            all.push(own);
            all.sort_by_key(|like| like.start);
            assert_eq!(is_daily(&own, &all), want, "{why}");
        }
    }
}
