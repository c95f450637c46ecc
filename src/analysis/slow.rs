//! Slowness: minutes in which far more answers than usual took very long (methods, 1.9). A rise of the median or of the
//! 95th percentile without failures is a finding of its own kind; beside failures it tells when it began to hurt.

use std::collections::BTreeMap;

use super::finding::{Finding, Shape};
use super::world::{Service, World};
use crate::clock::Timebase;
use crate::facts::Facts;
use crate::facts::durations::{Bins, Durations, bin, quantile, seconds};

/// Shortest duration that can be slow, in seconds; the same in medians, and the share of answers that are usually slow.
const LEAST_SLOW_S: f64 = 1.0;
const MEDIANS: f64 = 4.0;
const USUAL_SHARE: f64 = 0.005;
/// Share of slow answers from which a run is told.
const LEVELS: [f64; 4] = [0.12, 0.35, 0.70, 0.98];
/// Evidence that a run needs, in nats, and answers that tell at least.
const LEAST_EVIDENCE: f64 = 10.0;
const LEAST_ANSWERS: u64 = 50;
const LEAST_SLOW: u64 = 10;
const LEAST_MINUTES: usize = 30;
/// By how much median or 95th percentile must have risen.
const RISE: f64 = 2.0;
/// Shortest run, in seconds; a pause of the traffic that ends one.
const SHORTEST_S: i64 = 120;
const PAUSE_S: i64 = 900;
/// A slow run so long before the failures of its service, or so long after them, is theirs, in seconds.
const BEFORE_S: f64 = 900.0;
const AFTER_S: f64 = 300.0;

/// A run of slow answers. Durations in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowRun {
    /// First second of its first minute.
    pub start: i64,
    /// First second behind its last minute.
    pub end: i64,
    /// What counts as slow.
    pub threshold_s: f64,
    /// Share of slow answers.
    pub share: f64,
    /// Usually, and in the run.
    pub median_s: (f64, f64),
    /// The 95th percentile, usually and in the run.
    pub p95_s: (f64, f64),
}

/// Durations of each service that tells them, by its index.
pub fn durations(facts: &Facts, timebase: &Timebase, world: &World) -> BTreeMap<usize, Durations> {
    let mut all: BTreeMap<usize, Durations> = BTreeMap::new();
    for (key, own) in &facts.durations {
        let host = key.host.clone().or_else(|| world.hosts.get(key.source).cloned().flatten());
        let is_of = |service: &Service| {
            service.name == key.service && service.host == host && service.sources.contains(&key.source)
        };
        let Some(index) = world.services.iter().position(is_of) else { continue };
        let utc = |at: i64| if key.zoned { at } else { timebase.utc_s(key.source, at) };
        let minutes = own.minutes.iter().map(|(at, bins)| (utc(*at).div_euclid(60) * 60, bins.clone())).collect();
        all.entry(index).or_default().merge(Durations { minutes });
    }
    all
}

/// The slow runs of all services: those beside failures are put into these findings, the others are findings.
pub fn slow(world: &World, found: &mut Vec<Finding>) {
    let mut alone = Vec::new();
    for (index, durations) in &world.durations {
        let service = &world.services[*index];
        for run in runs(&durations.minutes) {
            // A log that stamps the end of a request is silent while the first slow ones last: nothing was missed.
            found.retain(|finding| !(finding.series == Some(*index) && is_delay(finding, &run)));
            let beside = |finding: &&mut Finding| {
                finding.series == Some(*index)
                    && run.start as f64 <= finding.end + AFTER_S
                    && run.end as f64 >= finding.start - BEFORE_S
            };
            match found.iter_mut().find(beside) {
                Some(finding) => finding.slow = finding.slow.or(Some(run)),
                None => alone.push(Finding {
                    start_error_s: 60.0,
                    end_error_s: 60.0,
                    slow: Some(run),
                    is_open_at_start: service.span().is_some_and(|(first, _)| run.start - first < 60),
                    is_open_at_end: service.span().is_some_and(|(_, last)| last <= run.end),
                    level: run.share,
                    ..Finding::of(Shape::Slow, *index, service, (run.start as f64, run.end as f64))
                }),
            }
        }
    }
    found.extend(alone);
}

/// Whether a silence is only the time that the first slow answers of a run took.
fn is_delay(finding: &Finding, run: &SlowRun) -> bool {
    let minute_s = 60.0;
    finding.shape == Shape::Hole
        && finding.conflict.is_none()
        && finding.end - finding.start <= run.p95_s.1 + 1.0
        && finding.start >= run.start as f64 - minute_s
        && finding.end <= run.end as f64
}

/// The slow runs of one service.
fn runs(minutes: &BTreeMap<i64, Bins>) -> Vec<SlowRun> {
    let answers: u64 = minutes.values().flat_map(Bins::values).map(|count| u64::from(*count)).sum();
    let Some(usual) = usual(minutes).filter(|_| minutes.len() >= LEAST_MINUTES && answers >= LEAST_ANSWERS) else {
        return Vec::new();
    };
    let (Some(median), Some(p95)) = (quantile(&usual, 0.5), quantile(&usual, 0.95)) else { return Vec::new() };
    let highest = quantile(&usual, 1.0 - USUAL_SHARE).map_or(0.0, |bin| seconds(bin + 1));
    let threshold_s = LEAST_SLOW_S.max(MEDIANS * seconds(median)).max(highest);
    let over = bin(threshold_s);
    let counts: Vec<(i64, u64, u64)> =
        minutes.iter().map(|(at, bins)| (*at, sum(bins.range(over..)), sum(bins.range(..)))).collect();
    let usually = (sum(usual.range(over..)) as f64 + 0.5) / (sum(usual.range(..)) as f64 + 1.0);
    let told = |(first, last): (usize, usize)| {
        let mut bins = Bins::new();
        for of in minutes.values().take(last + 1).skip(first) {
            of.iter().for_each(|(bin, count)| *bins.entry(*bin).or_default() += count);
        }
        let (slow, all) = (sum(bins.range(over..)), sum(bins.range(..)));
        let run = SlowRun {
            start: counts[first].0,
            end: counts[last].0 + 60,
            threshold_s,
            share: slow as f64 / all.max(1) as f64,
            median_s: (seconds(median), seconds(quantile(&bins, 0.5)?)),
            p95_s: (seconds(p95), seconds(quantile(&bins, 0.95)?)),
        };
        let has_risen = run.median_s.1 >= RISE * run.median_s.0 || run.p95_s.1 >= RISE * run.p95_s.0;
        (slow >= LEAST_SLOW && run.share >= LEVELS[0] && has_risen && run.end - run.start >= SHORTEST_S).then_some(run)
    };
    automaton(&counts, usually.clamp(USUAL_SHARE, LEVELS[0] / 2.0)).into_iter().filter_map(told).collect()
}

fn sum<'a>(bins: impl Iterator<Item = (&'a u16, &'a u32)>) -> u64 {
    bins.map(|(_, count)| u64::from(*count)).sum()
}

/// The durations of quiet times: of the minutes whose 95th percentile is at most twice that of most minutes.
fn usual(minutes: &BTreeMap<i64, Bins>) -> Option<Bins> {
    let p95 = |bins: &Bins| quantile(bins, 0.95);
    let mut all: Vec<u16> = minutes.values().filter_map(p95).collect();
    all.sort_unstable();
    let most = seconds(*all.get(all.len() / 2)?) * RISE;
    let mut usual = Bins::new();
    for bins in minutes.values().filter(|bins| p95(bins).is_some_and(|bin| seconds(bin) <= most)) {
        bins.iter().for_each(|(bin, count)| *usual.entry(*bin).or_default() += count);
    }
    Some(usual)
}

/// Runs of minutes that are likelier at a higher level than usually: two states, after Kleinberg (2002), the higher
/// one at the level that fits it best.
fn automaton(counts: &[(i64, u64, u64)], usually: f64) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    // The sum of the evidence since its lowest point: a run goes from there to where the sum is highest.
    let score = |slow: u64, all: u64| {
        let (k, n) = (slow as f64, all as f64);
        let of = |level: f64| k * (level / usually).ln() + (n - k) * ((1.0 - level) / (1.0 - usually)).ln();
        let fitting = if n > 0.0 { (k / n).clamp(LEVELS[0], LEVELS[3]) } else { LEVELS[0] };
        LEVELS
            .into_iter()
            .min_by(|one, other| (one - fitting).abs().total_cmp(&(other - fitting).abs()))
            .map_or(0.0, of)
    };
    let (mut sum, mut start, mut best) = (0.0f64, 0, (0.0f64, 0));
    let mut end = |best: (f64, usize), start: usize| {
        if best.0 >= LEAST_EVIDENCE {
            runs.push((start, best.1));
        }
    };
    for (index, (at, slow, all)) in counts.iter().enumerate() {
        let pauses = index > 0 && at - counts[index - 1].0 > PAUSE_S;
        if pauses || sum <= 0.0 || sum < best.0 - LEAST_EVIDENCE {
            end(best, start);
            (sum, start, best) = (0.0, index, (0.0, index));
        }
        sum += score(*slow, *all);
        if sum > best.0 {
            best = (sum, index);
        }
    }
    end(best, start);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes of sixty answers, most of them of 50 ms; in some every third takes `slow_s`.
    fn minutes(length: i64, slow: std::ops::Range<i64>, slow_s: f64) -> BTreeMap<i64, Bins> {
        let mut durations = Durations::default();
        for minute in 0..length {
            for number in 0..60i32 {
                let usual_s = 0.05 * (1.0 + f64::from((number * 7 + (minute % 11) as i32) % 10) / 10.0);
                let is_slow = slow.contains(&minute) && number % 3 == 0;
                durations.add(minute * 60, if is_slow { slow_s } else { usual_s });
            }
        }
        durations.minutes
    }

    #[test]
    fn a_rise_is_told_with_its_minutes() {
        let found = runs(&minutes(180, 100..120, 4.0));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].start, found[0].end), (6000, 7200));
        assert!((found[0].share - 1.0 / 3.0).abs() < 0.01 && found[0].threshold_s == 1.0);
        assert!(found[0].p95_s.1 > 3.5 && found[0].p95_s.0 < 0.11);
    }

    #[test]
    fn a_silence_as_long_as_the_answers_is_none() {
        let run = runs(&minutes(180, 100..120, 4.0))[0];
        let hole = |start: f64, end: f64, shape| Finding { shape, start, end, ..Finding::default() };
        assert!(is_delay(&hole(6003.0, 6007.5, Shape::Hole), &run));
        for (why, finding) in [
            ("longer than the answers", hole(6003.0, 6040.0, Shape::Hole)),
            ("elsewhere", hole(5000.0, 5004.0, Shape::Hole)),
            ("failures", hole(6003.0, 6007.0, Shape::Spike)),
        ] {
            assert!(!is_delay(&finding, &run), "{why}");
        }
    }

    #[test]
    fn what_is_no_slowness() {
        assert_eq!(runs(&minutes(180, 0..0, 4.0)), [], "nothing");
        assert_eq!(runs(&minutes(180, 100..120, 0.4)), [], "under a second");
        assert_eq!(runs(&minutes(180, 0..180, 4.0)), [], "always as slow");
        assert_eq!(runs(&minutes(180, 100..101, 4.0)), [], "one minute");
        assert_eq!(runs(&minutes(20, 10..15, 4.0)), [], "too short a log");
    }
}
