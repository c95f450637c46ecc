//! Dips: stretches in which far fewer requests came than should have (methods, 2.3).
//!
//! An automaton over minutes after Kleinberg (*Bursty and hierarchical structure in streams*, KDD 2002) with Poisson
//! scores: a minute with x requests of e expected is worth (x ln r − e(r − 1))/φ for the level r.

use super::bars::CHI_SQUARE_MEDIAN;
use super::day::{BIN_S, DAY_S, median};
use super::{ALPHA, Hole, Usual};

const MINUTE_S: i64 = 60;
/// Shares of the usual requests that come: nothing lost, and the levels of a loss.
const LEVELS: [f64; 4] = [1.0, 0.65, 0.35, 0.10];
/// What a change of level costs, in nats.
const CHANGE: f64 = 3.0;
/// Bins on either side that tell what is usual: two hours.
const BESIDE_BINS: i64 = 12;
/// A dip has less than this share of what should have come.
const LOST: f64 = 0.75;
/// Longest dip, shortest log, in seconds.
const LONGEST_S: i64 = 8 * 3600;
const SHORTEST_LOG_S: i64 = 4 * 3600;
/// A log over more years than this is a stray stamp, in minutes.
const LONGEST_LOG: i64 = 10 * 366 * 1440;
/// Other days that are asked how many requests came at that time.
const OTHER_DAYS: usize = 3;
/// Share of a dip that holes may fill; else the holes stand.
const HOLES: f64 = 0.3;
/// How far an edge is moved, in seconds.
const EDGE_S: i64 = 90;
/// How much less likely an edge may be to be within its error, in nats: half the 95 % quantile of a chi-square of one
/// degree of freedom.
const EDGE_NATS: f64 = 1.92;

/// A stretch with far fewer requests than should have come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dip {
    /// First second of it, and the first after it.
    pub from: i64,
    #[allow(missing_docs)]
    pub to: i64,
    /// Requests that should have come, and those that did.
    pub expected: f64,
    #[allow(missing_docs)]
    pub seen: u64,
    /// How far each edge may be off, in seconds.
    pub from_error_s: f64,
    #[allow(missing_docs)]
    pub to_error_s: f64,
    /// Whether it reaches the end of the series.
    pub is_open: bool,
}

/// The minutes of a series: requests, and expected ones.
struct Minutes {
    /// Number of the first one since 1970.
    first: i64,
    seen: Vec<f64>,
    expected: Vec<f64>,
}

impl Usual<'_> {
    /// Partial losses. Those that mostly consist of holes are none.
    pub fn dips(&self, holes: &[Hole]) -> Vec<Dip> {
        let Some(minutes) = Minutes::of(self) else { return Vec::new() };
        let runs = minutes.runs(minutes.dispersion());
        runs.into_iter().filter_map(|(start, stop)| self.dip(&minutes, holes, start, stop)).collect()
    }

    /// The dip of a run of minutes, if it stands the checks.
    fn dip(&self, minutes: &Minutes, holes: &[Hole], start: usize, stop: usize) -> Option<Dip> {
        let (from, to) = (minutes.at(start), minutes.at(stop));
        if to - from > LONGEST_S || !self.is_lost(from, to) {
            return None;
        }
        let in_holes: i64 = holes.iter().map(|hole| (hole.to.min(to) - hole.from.max(from)).max(0)).sum();
        if in_holes as f64 >= HOLES * (to - from) as f64 {
            return None;
        }
        let is_open = stop == minutes.seen.len();
        let share = minutes.share(start, stop);
        let (from, from_error_s) = self.edge(minutes, from, (from, to), share, true);
        let (to, to_error_s) = match is_open {
            true => (self.counts.span().1, 0.0),
            false => self.edge(minutes, to, (from, to), share, false),
        };
        let (expected, seen) = (self.expected(from, to).expected, self.counts.count(from, to));
        let dip = Dip { from, to, expected, seen, from_error_s, to_error_s, is_open };
        (to > from && (seen as f64) < expected).then_some(dip)
    }

    /// Whether fewer came than the neighbourhood and the other days let one expect.
    fn is_lost(&self, from: i64, to: i64) -> bool {
        let seen = self.counts.count(from, to) as f64;
        if seen >= LOST * self.expected(from, to).least {
            return false;
        }
        let (first, end) = self.counts.span();
        let days = ((first - from) / DAY_S..=(end - to) / DAY_S).filter(|day| *day != 0);
        let mut others: Vec<f64> =
            days.map(|day| self.counts.count(from + day * DAY_S, to + day * DAY_S) as f64).collect();
        others.len() < OTHER_DAYS || median(&mut others).is_none_or(|usual| seen < LOST * usual)
    }

    /// An edge moved to the second that makes a step of the requests there most likely, and how far it may be off.
    fn edge(&self, minutes: &Minutes, edge: i64, (from, to): (i64, i64), share: f64, is_start: bool) -> (i64, f64) {
        let middle = from + (to - from) / 2;
        let (low, high) = match is_start {
            true => (edge - EDGE_S, (edge + EDGE_S).min(middle)),
            false => ((edge - EDGE_S).max(middle), edge + EDGE_S),
        };
        // The evidence of each second for the loss; all of those inside the edge count.
        let loss = |at: i64| {
            let usual = minutes.expected_at(at);
            self.counts.count(at, at + 1) as f64 * share.ln() - usual * (share - 1.0)
        };
        let mut sums: Vec<(i64, f64)> = Vec::new();
        let mut sum = 0.0;
        if is_start {
            sums.push((high, 0.0));
            for at in (low..high).rev() {
                sum += loss(at);
                sums.push((at, sum));
            }
        } else {
            sums.push((low, 0.0));
            for at in low..high {
                sum += loss(at);
                sums.push((at + 1, sum));
            }
        }
        let best = sums
            .iter()
            .copied()
            .fold((edge, f64::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best });
        let near = sums.iter().filter(|(_, sum)| *sum >= best.1 - EDGE_NATS).map(|(at, _)| (at - best.0).abs());
        (best.0, near.max().unwrap_or(MINUTE_S).max(1) as f64)
    }
}

impl Minutes {
    /// Whole minutes of the series; `None` where it is too short.
    fn of(usual: &Usual<'_>) -> Option<Minutes> {
        let (first, end) = usual.counts.span();
        let (start, stop) = (first.div_euclid(MINUTE_S) + 1, end.div_euclid(MINUTE_S));
        if end - first < SHORTEST_LOG_S || stop - start > LONGEST_LOG || usual.is_small() {
            return None;
        }
        let levels = levels(usual, (start * MINUTE_S, stop * MINUTE_S));
        let first_bin = (start * MINUTE_S).div_euclid(BIN_S);
        let mut minutes = Minutes { first: start, seen: Vec::new(), expected: Vec::new() };
        for minute in start..stop {
            let at = minute * MINUTE_S;
            let level = usize::try_from(at.div_euclid(BIN_S) - first_bin).ok().and_then(|bin| levels.get(bin));
            minutes.seen.push(usual.counts.count(at, at + MINUTE_S) as f64);
            minutes.expected.push(level.copied().unwrap_or(0.0) * usual.shape.integral(at, at + MINUTE_S));
        }
        Some(minutes)
    }

    /// The second at which a minute begins.
    fn at(&self, minute: usize) -> i64 {
        (self.first + minute as i64) * MINUTE_S
    }

    /// Requests expected in a second.
    fn expected_at(&self, at: i64) -> f64 {
        let minute = (at.div_euclid(MINUTE_S) - self.first).clamp(0, self.expected.len() as i64 - 1);
        self.expected.get(usize::try_from(minute).unwrap_or(0)).copied().unwrap_or(0.0) / MINUTE_S as f64
    }

    /// Share of the expected requests that came in a run, without the minutes at its edges where it is long enough.
    fn share(&self, start: usize, stop: usize) -> f64 {
        let (start, stop) = if stop - start > 4 { (start + 1, stop - 1) } else { (start, stop) };
        let sum = |values: &[f64]| values[start..stop].iter().sum::<f64>();
        (sum(&self.seen) / sum(&self.expected).max(1e-9)).clamp(0.02, 0.9)
    }

    /// φ: how much more the counts scatter than chance makes them, the larger of single minutes and of ten.
    fn dispersion(&self) -> f64 {
        let of = |width: usize| {
            let windows = self.seen.chunks(width).zip(self.expected.chunks(width));
            let mut ratios: Vec<f64> = windows
                .map(|(seen, expected)| (seen.iter().sum::<f64>(), expected.iter().sum::<f64>()))
                .filter(|(_, expected)| *expected > 1e-9)
                .map(|(seen, expected)| (seen - expected).powi(2) / expected)
                .collect();
            median(&mut ratios).unwrap_or(1.0) / CHI_SQUARE_MEDIAN
        };
        of(1).max(of(10)).max(1.0)
    }

    /// Runs of minutes at a level of loss: the most likely ones (Viterbi). First and end.
    fn runs(&self, dispersion: f64) -> Vec<(usize, usize)> {
        let step = (self.seen.len() as f64 / ALPHA).ln() / 2.0;
        let price = |from: usize, to: usize| match (from, to) {
            (from, to) if from == to => 0.0,
            (0, _) | (_, 0) => step,
            _ => CHANGE,
        };
        let logs = LEVELS.map(f64::ln);
        let mut best = [0.0, -step, -step, -step];
        let mut origins: Vec<[u8; 4]> = Vec::with_capacity(self.seen.len());
        for (seen, expected) in self.seen.iter().zip(&self.expected) {
            let (mut next, mut origin) = ([f64::NEG_INFINITY; 4], [0u8; 4]);
            for to in 0..4 {
                for (from, before) in best.iter().enumerate() {
                    let score = before - price(from, to);
                    if score > next[to] {
                        (next[to], origin[to]) = (score, from as u8);
                    }
                }
                next[to] += (seen * logs[to] - expected * (LEVELS[to] - 1.0)) / dispersion;
            }
            best = next;
            origins.push(origin);
        }
        // What goes on at the end of the log pays for its end, too.
        let mut state = 0;
        for level in 1..4 {
            if best[level] - step > best[state] - if state == 0 { 0.0 } else { step } {
                state = level;
            }
        }
        let mut is_lost = vec![false; origins.len()];
        for (minute, origin) in origins.iter().enumerate().rev() {
            is_lost[minute] = state > 0;
            state = usize::from(origin[state]);
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for minute in (0..is_lost.len()).filter(|minute| is_lost[*minute]) {
            match runs.last_mut() {
                Some((_, end)) if *end == minute => *end += 1,
                _ => runs.push((minute, minute + 1)),
            }
        }
        runs
    }
}

/// The usual requests a mean second of each bin: the median of the bins within two hours.
fn levels(usual: &Usual<'_>, (from, to): (i64, i64)) -> Vec<f64> {
    let (first_bin, last_bin) = (from.div_euclid(BIN_S), (to - 1).div_euclid(BIN_S));
    let (first, end) = usual.counts.span();
    let own: Vec<f64> = (first_bin..=last_bin)
        .map(|bin| {
            let (start, stop) = ((bin * BIN_S).max(first), ((bin + 1) * BIN_S).min(end));
            usual.counts.count(start, stop) as f64 / usual.shape.integral(start, stop).max(1e-9)
        })
        .collect();
    let count = own.len() as i64;
    (0..count)
        .map(|bin| {
            let near = (bin - BESIDE_BINS).max(0) as usize..(bin + BESIDE_BINS + 1).min(count) as usize;
            median(&mut own[near].to_vec()).unwrap_or(0.0)
        })
        .collect()
}
