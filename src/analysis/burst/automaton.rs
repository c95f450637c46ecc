//! The most likely path of levels through the failing seconds (methods, 1.4).

use super::series::{HALF_HOUR_S, Series};

/// Evidence that a change of level costs, in nats: twice the worth of a lone chronic failure at p0 = 0.1 %.
const CHANGE: f64 = 5.0;
/// A pause without a failure that ends a run, in seconds: longer runs of slow logs were chains of chance.
pub(super) const PAUSE_S: i64 = 900;
/// Levels at most.
pub(super) const LEVELS: usize = 6;
/// From the baseline, in a table of where a state came from.
const ENTERED: u8 = u8::MAX;
/// The requests since the last failing second are paid at the new level, not at the old one.
const AT_NEW: u8 = 0x80;

/// What requests are worth at each level against the baseline, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ladder {
    pub(super) count: usize,
    pub(super) levels: [f64; LEVELS],
    /// Worth of a failing request, and of a succeeding one (or a second).
    pub(super) fail: [f64; LEVELS],
    pub(super) good: [f64; LEVELS],
}

/// By half hour of the day, or one for all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ladders(pub(super) Vec<Ladder>);

impl Ladders {
    #[inline]
    pub(super) fn at(&self, at: i64) -> &Ladder {
        let index = if self.0.len() == 1 { 0 } else { at.div_euclid(HALF_HOUR_S).rem_euclid(self.0.len() as i64) };
        &self.0[index as usize]
    }
}

/// A run of moments, by index, with its path of levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) first_level: f64,
    pub(super) last_level: f64,
    /// The level in which it begins: of its first second, or of the next one where that is higher, as the first may lie
    /// inside in part only; and the same at its end.
    pub(super) onset_level: f64,
    #[allow(missing_docs)]
    pub(super) ending_level: f64,
    /// The last moment of the level in which it begins, and the first one of that in which it ends; the outermost
    /// moments may have another one.
    pub(super) onset: usize,
    #[allow(missing_docs)]
    pub(super) ending: usize,
    /// The highest level.
    pub(super) top: f64,
    /// Nats by which the path is likelier than the baseline, without what entering and changes cost.
    pub(super) score: f64,
}

/// Finds the runs, in order of time. Going into one and out of it cost `gamma` together.
pub(super) fn runs(series: &Series, ladders: &Ladders, gamma: f64) -> Vec<Run> {
    let count = ladders.0[0].count;
    let half = gamma / 2.0;
    let mut quiet = 0.0f64;
    let mut value = [f64::NEG_INFINITY; LEVELS];
    // Where each state came from, and the level that was left for quiet after each moment.
    let mut from = vec![ENTERED; series.moments.len() * count];
    let mut left = vec![ENTERED; series.moments.len()];
    let (mut previous, mut through) = (i64::MIN / 2, 0);
    for (index, moment) in series.moments.iter().enumerate() {
        let ladder = ladders.at(moment.at);
        let enter = quiet - half;
        let (failing, good) = (f64::from(moment.failing), f64::from(moment.good));
        let mut next = [enter; LEVELS];
        if moment.at - previous <= PAUSE_S {
            let gap = (moment.before - through) as f64;
            // The best level to come from does not depend on the level to go to.
            let (mut old, mut old_from) = (f64::NEG_INFINITY, 0);
            let (mut new, mut new_from) = (f64::NEG_INFINITY, 0);
            for (level, (value, good)) in (0u8..).zip(value.iter().zip(&ladder.good).take(count)) {
                let paid = value + gap * good;
                if paid > old {
                    (old, old_from) = (paid, level);
                }
                if *value > new {
                    (new, new_from) = (*value, level);
                }
            }
            // In quiet times no way is worth more than to enter anew: good requests are worth nothing at any level.
            if old > enter || new - CHANGE > enter {
                let origins = &mut from[index * count..(index + 1) * count];
                for level in 0..count {
                    let paid = gap * ladder.good[level];
                    let ways = [
                        (value[level] + paid, level as u8),
                        (old - CHANGE, old_from),
                        (new - CHANGE + paid, new_from | AT_NEW),
                    ];
                    for (worth, origin) in ways {
                        if worth > next[level] {
                            (next[level], origins[level]) = (worth, origin);
                        }
                    }
                }
            }
        }
        let (mut best, mut best_level) = (f64::NEG_INFINITY, ENTERED);
        for level in 0..count {
            value[level] = next[level] + good * ladder.good[level] + failing * ladder.fail[level];
            if value[level] > best {
                (best, best_level) = (value[level], level as u8);
            }
        }
        if best - half > quiet {
            quiet = best - half;
            left[index] = best_level;
        }
        (previous, through) = (moment.at, moment.through());
    }
    walked_back(series, ladders, &from, &left)
}

/// Walks back from the end: each level that was left gives a run.
fn walked_back(series: &Series, ladders: &Ladders, from: &[u8], left: &[u8]) -> Vec<Run> {
    let count = ladders.0[0].count;
    let mut runs = Vec::new();
    // The levels of a run's moments, from its last to its first.
    let mut path = Vec::new();
    let mut index = left.len();
    while index > 0 {
        index -= 1;
        if left[index] == ENTERED {
            continue;
        }
        let mut level = usize::from(left[index]);
        let last_level = ladders.at(series.moments[index].at).levels[level];
        let mut run = Run {
            first: index,
            last: index,
            first_level: last_level,
            last_level,
            onset_level: 0.0,
            ending_level: 0.0,
            onset: index,
            ending: index,
            top: 0.0,
            score: 0.0,
        };
        path.clear();
        loop {
            let moment = &series.moments[index];
            let ladder = ladders.at(moment.at);
            path.push(level);
            run.first = index;
            run.onset_level = run.first_level.max(ladder.levels[level]);
            run.first_level = ladder.levels[level];
            run.top = run.top.max(run.first_level);
            if run.last - run.first <= 1 {
                run.ending_level = run.top;
            }
            run.score += f64::from(moment.good) * ladder.good[level] + f64::from(moment.failing) * ladder.fail[level];
            let origin = from[index * count + level];
            if origin == ENTERED {
                break;
            }
            let before = usize::from(origin & !AT_NEW);
            let paid_at = if origin & AT_NEW == 0 { before } else { level };
            run.score += (moment.before - series.moments[index - 1].through()) as f64 * ladder.good[paid_at];
            (level, index) = (before, index - 1);
        }
        run.ending = run.last - same(path.iter());
        run.onset = run.first + same(path.iter().rev());
        runs.push(run);
    }
    runs.reverse();
    runs
}

/// How many levels behind the first one are the same.
fn same<'a>(levels: impl Iterator<Item = &'a usize>) -> usize {
    let mut behind = levels.skip(1);
    behind.next().map_or(0, |own| 1 + behind.take_while(|level| *level == own).count())
}
