//! How long a silence the log itself shows to be ordinary: requests come in sessions, so a pure Poisson test cries wolf
//! (methods, 2.2).

use std::collections::BTreeMap;

use super::ALPHA;
use super::counts::Counts;

/// Entries that a class of rates needs for a bar of its own.
const CLASS_ENTRIES: u64 = 2000;
const HOUR_S: i64 = 3600;
/// Width of the histogram's bins, in expected requests, and their number: up to 200, and one for all above.
const BIN: f64 = 0.1;
const BINS: usize = 2001;
/// Entries above the upper quantile, and how many times as many above the lower, which is at most a tenth of all.
const TAIL_ENTRIES: f64 = 20.0;
const TAIL_TIMES: f64 = 30.0;
const TAIL_SHARE: f64 = 0.1;
/// Classes with fewer entries do not reach far enough into their tail to show its slope: where requests come in
/// sessions, it is steep near the body and flattens only where whole sessions are missing.
const DEEP_ENTRIES: u64 = (TAIL_ENTRIES * TAIL_TIMES / TAIL_SHARE) as u64;
/// The tail is taken this much longer than it looks.
const CAUTION: f64 = 1.1;

/// From how many expected requests on a silence is told, by class of rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// By floor(log2 rate): bar and slope.
    classes: BTreeMap<i32, (f64, f64)>,
    fallback: (f64, f64),
    /// Mean requests a second of each hour with requests, in order.
    rates: Vec<f64>,
}

/// The gaps of one class of rates.
struct Class {
    /// Expected requests of its gaps, by bin.
    bins: Vec<u32>,
    entries: u64,
}

impl Bars {
    /// From the gaps of the series: for each second with requests the silence that follows it, in expected requests of
    /// its hour.
    pub fn of(counts: &Counts<'_>) -> Bars {
        let mut gaps: BTreeMap<i32, Class> = BTreeMap::new();
        let mut rates = Vec::new();
        let seconds = counts.seconds();
        let (mut position, mut gap) = (0, 0);
        while let Some(second) = seconds.get(position) {
            let from = second.at.div_euclid(HOUR_S) * HOUR_S;
            let next = counts.position(from + HOUR_S);
            let rate = hourly_rate(counts, from);
            let class = gaps.entry(class(rate)).or_insert_with(|| Class { bins: vec![0; BINS], entries: 0 });
            let mut silent = 0;
            while let Some((_, length)) = counts.gaps.get(gap).filter(|(at, _)| (*at as usize) < next) {
                let bin = ((rate * *length as f64 / BIN) as usize).min(BINS - 1);
                class.bins[bin] += 1;
                silent += 1;
                gap += 1;
            }
            let all = next - position;
            class.entries += all as u64;
            class.bins[0] += u32::try_from(all - silent).unwrap_or(0);
            rates.push(rate);
            position = next;
        }
        let all: u64 = gaps.values().map(|class| class.entries).sum();
        let large = || gaps.iter().filter(|(_, class)| class.entries >= CLASS_ENTRIES);
        let deep = large().filter(|(_, class)| class.entries >= DEEP_ENTRIES).map(|(_, class)| Tail::of(class).slope);
        let deepest = deep.reduce(f64::max);
        let bar = |class: &Class| {
            let tail = Tail::of(class);
            let shown = if class.entries >= DEEP_ENTRIES { 1.0 } else { deepest.unwrap_or_else(|| clumps(counts)) };
            tail.bar(tail.slope.max(shown), all)
        };
        let classes: BTreeMap<i32, (f64, f64)> = large().map(|(key, class)| (*key, bar(class))).collect();
        let highest = classes.values().map(|(bar, _)| *bar).fold(f64::NEG_INFINITY, f64::max);
        let steepest = classes.values().map(|(_, slope)| *slope).fold(f64::NEG_INFINITY, f64::max);
        let fallback = if classes.is_empty() {
            // Without a tail to read: requests come in clumps of four, or of what the counts show.
            let slope = clumps(counts).max(4.0);
            (slope * (all.max(100) as f64 / ALPHA).ln(), slope)
        } else {
            (highest, steepest)
        };
        Bars { classes, fallback, rates }
    }

    /// Bar and slope, in expected requests, where so many are expected a second.
    pub fn bar(&self, rate: f64) -> (f64, f64) {
        self.classes.get(&class(rate)).copied().unwrap_or(self.fallback)
    }

    /// The lowest of all bars.
    pub fn least(&self) -> f64 {
        self.classes.values().map(|(bar, _)| *bar).fold(self.fallback.0, f64::min)
    }

    /// The largest slope, about the requests of a session; 1 where the log is too short to show it.
    pub fn clumping(&self) -> f64 {
        if self.classes.is_empty() { 1.0 } else { self.fallback.1 }
    }

    /// The shortest silence, in seconds, that would be noticed in the log's median hour (methods, 8.8).
    pub fn least_noticed(&self) -> Option<f64> {
        let rate = super::day::median(&mut self.rates.clone()).filter(|rate| *rate > 0.0)?;
        Some(self.bar(rate).0 / rate)
    }
}

fn class(rate: f64) -> i32 {
    rate.max(1e-6).log2().floor() as i32
}

/// Requests a second in the hour that begins at `from`, as far as the series reaches into it.
fn hourly_rate(counts: &Counts<'_>, from: i64) -> f64 {
    let (first, end) = counts.span();
    let length = (from + HOUR_S).min(end) - from.max(first);
    counts.count(from, from + HOUR_S) as f64 / length.max(1) as f64
}

/// The tail of a class's gaps: the share above its upper quantile, that quantile, and the slope down to it.
struct Tail {
    share: f64,
    upper: f64,
    slope: f64,
}

impl Tail {
    fn of(class: &Class) -> Tail {
        let total = class.entries as f64;
        let pu = (TAIL_ENTRIES / total).max(1e-4);
        let pl = (TAIL_TIMES * pu).min(TAIL_SHARE);
        let upper = |p: f64| {
            let index = (((1.0 - p) * total).ceil() as u64).min(class.entries.saturating_sub(1));
            let mut below = 0;
            let holds = |count: &u32| {
                below += u64::from(*count);
                below > index
            };
            class.bins.iter().position(holds).unwrap_or(BINS - 1) as f64 * BIN + BIN / 2.0
        };
        let (qu, ql) = (upper(pu), upper(pl));
        Tail { share: pu, upper: qu, slope: ((qu - ql) / (pl / pu).ln()).max(1.0) }
    }

    /// Bar and slope, with that slope, where all classes have so many entries.
    fn bar(&self, slope: f64, all: u64) -> (f64, f64) {
        (self.upper + CAUTION * slope * ((all as f64 / ALPHA).ln() + self.share.ln()).max(0.0), slope)
    }
}

/// Expected requests of a window in which the clumps are measured.
const CLUMP_WINDOW: f64 = 20.0;
/// The median of a chi-square of one degree of freedom.
pub(super) const CHI_SQUARE_MEDIAN: f64 = 0.4549;

/// How many requests come together: variance over mean of their counts in windows of [`CLUMP_WINDOW`] expected ones,
/// by the median, so that outages do not count.
fn clumps(counts: &Counts<'_>) -> f64 {
    let mut ratios: Vec<f64> = Vec::new();
    let (first, end) = counts.span();
    let mut from = first;
    let mut hour = (i64::MIN, 0.0);
    while from < end {
        let hour_from = from.div_euclid(HOUR_S) * HOUR_S;
        if hour_from != hour.0 {
            hour = (hour_from, hourly_rate(counts, hour_from).max(1e-6));
        }
        let rate = hour.1;
        let length = (CLUMP_WINDOW / rate).ceil().clamp(1.0, HOUR_S as f64) as i64;
        let mean = rate * length as f64;
        ratios.push((counts.count(from, from + length) as f64 - mean).powi(2) / mean);
        from += length;
        // Years without a request say nothing.
        if counts.count(from, from + 24 * HOUR_S) == 0 {
            from = counts.seconds().get(counts.position(from)).map_or(end, |next| next.at);
        }
    }
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).map_or(1.0, |median| (median / CHI_SQUARE_MEDIAN).max(1.0))
}
