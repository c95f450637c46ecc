//! What the tables share: many cases side by side, and figures with their bars.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::frame::{Figure, Scale, Side, number, percent};

/// Does all jobs, as many at a time as there are cores, and gives what they give in their order. Not by rayon, which the
/// program itself uses inside: a thread that waits there would begin another job, with all of its memory.
pub(crate) fn side_by_side<Job: Sync, Done: Send>(jobs: &[Job], done: impl Fn(&Job) -> Done + Sync) -> Vec<Done> {
    let next = AtomicUsize::new(0);
    let all: Mutex<Vec<(usize, Done)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, job)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(index).map(|job| (index, job))
                } {
                    let result = done(job);
                    if let Ok(mut all) = all.lock() {
                        all.push((index, result));
                    }
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

/// What a figure must reach (methods, 8.9).
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) what: String,
    pub(crate) side: Side,
    pub(crate) bar: f64,
    pub(crate) goal: f64,
}

impl Bar {
    pub(crate) fn at_least(what: impl Into<String>, bar: f64, goal: f64) -> Bar {
        Bar { what: what.into(), side: Side::AtLeast, bar, goal }
    }

    pub(crate) fn at_most(what: impl Into<String>, bar: f64, goal: f64) -> Bar {
        Bar { what: what.into(), side: Side::AtMost, bar, goal }
    }

    /// A share of cases, in percent. In the quick form a share that only chance may have put on the wrong side is not
    /// told: where the 95 % interval of so few cases holds the bar, or one case makes the difference.
    pub(crate) fn share(&self, scale: &Scale, part: usize, of: usize) -> Figure {
        let (low, high) = pmtrace::analysis::impact::wilson(part as f64, of as f64);
        let one = 100.0 / of.max(1) as f64;
        let reached = percent(part, of).filter(|reached| {
            let may_be_chance = match self.side {
                Side::AtLeast => *reached < self.bar && (100.0 * high >= self.bar || reached + one >= self.bar),
                Side::AtMost => *reached > self.bar && (100.0 * low <= self.bar || reached - one <= self.bar),
            };
            !(scale.is_quick && may_be_chance)
        });
        self.figure(reached, of, " %")
    }

    /// So many events in so many units, such as months. In the quick form not told where chance gives as many at the
    /// bar's rate once in twenty times (Poisson).
    pub(crate) fn rate(&self, scale: &Scale, count: usize, of: f64) -> Figure {
        let mean = self.bar * of;
        let (mut term, mut fewer) = ((-mean).exp(), 0.0);
        for events in 0..count {
            fewer += term;
            term *= mean / (events + 1) as f64;
        }
        let reached = (of > 0.0).then(|| count as f64 / of);
        let may_be_chance = scale.is_quick && 1.0 - fewer > 0.05;
        let reached = reached.filter(|reached| *reached <= self.bar || !may_be_chance);
        self.figure(reached, of.ceil() as usize, "")
    }

    /// A quantile of errors. In the quick form not told where only chance may have put it on the wrong side: where the
    /// 95 % interval of the share of cases beyond the bar holds that of the quantile.
    pub(crate) fn quantile(&self, scale: &Scale, errors: &mut [f64], at: f64, unit: &'static str) -> Figure {
        let beyond = errors.iter().filter(|error| **error > self.bar).count();
        let (low, _) = pmtrace::analysis::impact::wilson(beyond as f64, errors.len() as f64);
        let may_be_chance = scale.is_quick && low <= 1.0 - at;
        let reached = crate::frame::quantile(errors, at).filter(|reached| *reached <= self.bar || !may_be_chance);
        self.figure(reached, errors.len(), unit)
    }

    /// Another value; in the quick form only of at least so many cases.
    pub(crate) fn value(&self, scale: &Scale, value: Option<f64>, of: usize, unit: &'static str) -> Figure {
        const LEAST: usize = 40;
        self.figure(value.filter(|_| !scale.is_quick || of >= LEAST), of, unit)
    }

    fn figure(&self, reached: Option<f64>, of: usize, unit: &'static str) -> Figure {
        let Bar { what, side, bar, goal } = self.clone();
        Figure { what, reached, of, side, bar, goal, unit }
    }
}

/// A rate of requests: `0.1/s`.
pub(crate) fn per_second(rate: f64) -> String {
    format!("{rate}/s")
}

/// `98%`, or a dash.
pub(crate) fn whole_percent(part: usize, of: usize) -> String {
    percent(part, of).map_or_else(|| "–".into(), |share| format!("{share:.0}%"))
}

/// Median and 90 % quantile: `0 / 104`, or a dash.
pub(crate) fn spread(values: &mut [f64], digits: usize) -> String {
    use crate::frame::quantile;
    match (quantile(values, 0.5), quantile(values, 0.9)) {
        (Some(median), Some(most)) => format!("{median:.digits$} / {most:.digits$}"),
        _ => "–".into(),
    }
}

/// A value, or a dash.
pub(crate) fn known(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), number)
}
