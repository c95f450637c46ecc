//! Requests and the failures that count, second by second: only seconds with a failure are kept one by one.

use super::automaton::Run;
use crate::facts::traffic::{Failure, Second};

/// Half an hour, in seconds: the step of the time of day.
pub(super) const HALF_HOUR_S: i64 = 1800;
/// Half hours kept at most: a stray stamp makes no log of centuries.
const MOST_HALF_HOURS: i64 = 48 * 1000;

/// A second with failures that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) at: i64,
    /// Succeeding requests (of an error log: seconds) of the series before this second.
    pub(super) before: u64,
    /// Succeeding requests in this second.
    pub(super) good: u32,
    pub(super) failing: u32,
}

impl Moment {
    /// Succeeding requests up to and with this second.
    pub(super) fn through(&self) -> u64 {
        self.before + u64::from(self.good)
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Requests: a failing one is one of them.
    Requests,
    /// Seconds of an error log.
    Seconds,
}

/// Requests and failing ones of half an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HalfHour {
    pub(super) requests: u64,
    pub(super) failing: u64,
}

/// A series.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) moments: Vec<Moment>,
    pub(super) exposure: Exposure,
    /// Succeeding requests in all, or seconds.
    pub(super) good: u64,
    pub(super) failing: u64,
    /// By half hour from the first one (of all time, not of the day); empty where the log is too long or has no requests.
    pub(super) half_hours: Vec<HalfHour>,
    /// The first half hour's number, counted from 1970.
    pub(super) first_half_hour: i64,
}

impl Series {
    /// `kept` says of each failure whether it counts. Those that do not are no requests either.
    pub(super) fn of(seconds: &[Second], failures: &[Failure], kept: &[bool]) -> Series {
        let half_hour = |at: i64| at.div_euclid(HALF_HOUR_S);
        let (first, last) = seconds
            .first()
            .zip(seconds.last())
            .map_or((0, -1), |(first, last)| (half_hour(first.at), half_hour(last.at)));
        let count = if last - first < MOST_HALF_HOURS { last - first + 1 } else { 0 };
        let mut half_hours = vec![HalfHour::default(); usize::try_from(count).unwrap_or(0)];
        let mut moments = Vec::new();
        let (mut next, mut before, mut all) = (0, 0, 0);
        for second in seconds {
            let (mut failed, mut failing) = (0, 0);
            while let Some(failure) = failures.get(next).filter(|failure| failure.at <= second.at) {
                if failure.at == second.at {
                    failed += 1;
                    failing += u32::from(kept[next]);
                }
                next += 1;
            }
            let good = second.requests.saturating_sub(failed);
            if failing > 0 {
                moments.push(Moment { at: second.at, before, good, failing });
            }
            if let Some(own) = half_hours.get_mut(usize::try_from(half_hour(second.at) - first).unwrap_or(usize::MAX)) {
                own.requests += u64::from(good + failing);
                own.failing += u64::from(failing);
            }
            before += u64::from(good);
            all += u64::from(failing);
        }
        Series { moments, exposure: Exposure::Requests, good: before, failing: all, half_hours, first_half_hour: first }
    }

    /// Of an error log from one second to another (exclusive): at which seconds lines count, in order of time.
    pub(super) fn of_lines(times: impl Iterator<Item = i64>, (from, to): (i64, i64)) -> Series {
        let mut moments: Vec<Moment> = Vec::new();
        let mut failing = 0;
        for at in times {
            failing += 1;
            match moments.last_mut() {
                Some(last) if last.at == at => last.failing += 1,
                _ => {
                    let before = u64::try_from(at - from).unwrap_or(0);
                    moments.push(Moment { at, before, good: 0, failing: 1 });
                }
            }
        }
        let good = u64::try_from(to - from).unwrap_or(0);
        let none = Vec::new();
        Series { moments, exposure: Exposure::Seconds, good, failing, half_hours: none, first_half_hour: 0 }
    }

    /// All that can fail: requests, or seconds.
    pub(super) fn total(&self) -> u64 {
        self.exposed(self.good, self.failing)
    }

    fn exposed(&self, good: u64, failing: u64) -> u64 {
        if self.exposure == Exposure::Requests { good + failing } else { good }
    }

    /// First and last second of a run.
    pub(super) fn span(&self, run: &Run) -> (i64, i64) {
        (self.moments[run.first].at, self.moments[run.last].at)
    }

    /// Requests (or seconds) of a run, and the failing ones of them. The good requests of its first and last second are
    /// in it.
    pub(super) fn counts(&self, run: &Run) -> (u64, u64) {
        let failing = self.moments[run.first..=run.last].iter().map(|moment| u64::from(moment.failing)).sum();
        let good = self.moments[run.last].through() - self.moments[run.first].before;
        (self.exposed(good, failing), failing)
    }

    /// Succeeding requests before and after a run, and failing ones that lie outside of it.
    pub(super) fn beside(&self, run: &Run) -> (u64, u64) {
        let failing = |moments: &[Moment]| moments.iter().map(|moment| u64::from(moment.failing)).sum::<u64>();
        let before = self.moments[run.first].before;
        let after = self.good - self.moments[run.last].through();
        (
            self.exposed(before, failing(&self.moments[..run.first])),
            self.exposed(after, failing(&self.moments[run.last + 1..])),
        )
    }
}
