//! How long answers took, by minute: counts of durations in bins of an eighth of an octave, for what tells them.

use std::collections::BTreeMap;

use crate::format::recognise::Recognised;
use crate::input::blocks::split_line;

/// Bins of one octave.
const BINS_AN_OCTAVE: f64 = 8.0;
/// The shortest duration that has a bin of its own, in seconds.
const SHORTEST_S: f64 = 1e-6;
/// Lines of a source that are looked at for durations, evenly spread.
const PROBES: usize = 32;

/// Counts by bin.
pub type Bins = BTreeMap<u16, u32>;

/// Durations of one service, by minute (the first second of it, as the series counts).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    #[allow(missing_docs)]
    pub minutes: BTreeMap<i64, Bins>,
}

impl Durations {
    /// Counts an answer.
    pub fn add(&mut self, at: i64, duration_s: f64) {
        let minute = self.minutes.entry(at.div_euclid(60) * 60).or_default();
        *minute.entry(bin(duration_s)).or_default() += 1;
    }

    /// Adds the answers of another part.
    pub fn merge(&mut self, other: Durations) {
        for (minute, bins) in other.minutes {
            let own = self.minutes.entry(minute).or_default();
            for (bin, count) in bins {
                *own.entry(bin).or_default() += count;
            }
        }
    }
}

/// The bin of a duration.
pub fn bin(duration_s: f64) -> u16 {
    let octaves = (duration_s.max(SHORTEST_S) / SHORTEST_S).log2();
    (octaves * BINS_AN_OCTAVE).floor().clamp(0.0, f64::from(u16::MAX)) as u16
}

/// The shortest duration of a bin, in seconds.
pub fn seconds(bin: u16) -> f64 {
    SHORTEST_S * (f64::from(bin) / BINS_AN_OCTAVE).exp2()
}

/// The bin under which that share of the counts lie.
pub fn quantile(bins: &Bins, share: f64) -> Option<u16> {
    let all: u64 = bins.values().map(|count| u64::from(*count)).sum();
    let wanted = ((all as f64 * share).ceil() as u64).max(1);
    let mut sum = 0;
    bins.iter().find_map(|(bin, count)| {
        sum += u64::from(*count);
        (sum >= wanted).then_some(*bin)
    })
}

/// Whether the lines of a source that the fast path reads tell durations, which it leaves out: then they are read with
/// care. By lines all over the source, so that the answer does not hang on how it is divided.
pub fn are_told(bytes: &[u8], recognised: &Recognised) -> bool {
    let step = bytes.len().div_ceil(PROBES).max(1);
    let mut stamps = crate::format::stamp::Cache::default();
    (0..bytes.len()).step_by(step).any(|at| {
        let behind = if at == 0 { Some(0) } else { memchr::memchr(b'\n', &bytes[at..]).map(|end| at + end + 1) };
        let Some(rest) = behind.and_then(|from| bytes.get(from..)) else { return false };
        let (line, _) = split_line(rest);
        recognised.format.hit(line, &mut stamps).is_some() && told(line, recognised).is_some()
    })
}

/// The duration that a line tells, in seconds.
pub fn told(line: &[u8], recognised: &Recognised) -> Option<f64> {
    recognised.format.parse(line)?.request?.duration_s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_an_eighth_of_an_octave() {
        for duration_s in [0.001, 0.02, 0.5, 1.0, 3.0, 60.0] {
            let least = seconds(bin(duration_s));
            assert!(least <= duration_s * 1.000_001 && duration_s < least * 1.1, "{duration_s}: {least}");
        }
        assert_eq!((bin(0.0), bin(-1.0)), (0, 0));
    }

    #[test]
    fn quantiles_and_parts() {
        let mut whole = Durations::default();
        let mut parts = [Durations::default(), Durations::default()];
        for number in 0..200i32 {
            let (at, took) = (i64::from(number) % 120, f64::from(number % 20 + 1) / 10.0);
            whole.add(at, took);
            parts[usize::from(number % 3 == 0)].add(at, took);
        }
        let [mut merged, other] = parts;
        merged.merge(other);
        assert_eq!(merged, whole);
        let minute = &whole.minutes[&0];
        assert_eq!(quantile(minute, 0.5), Some(bin(1.0)));
        assert_eq!(quantile(&Bins::default(), 0.5), None);
    }
}
