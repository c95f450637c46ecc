//! Counts only: an error log, and no log of the requests (methods, 1.7). The same automaton with time in the place of
//! requests. What it finds has no percentage: nobody knows how many requests were answered.

use super::declustering::{Rule, Told, Witnesses, declustered};
use super::series::Series;
use super::{Baseline, Found, LEAST_SECONDS, Log, judged};
use crate::facts::crowd::Crowd;
use crate::facts::failed::FailedLine;

/// A line without a client is not heard again for so long, in seconds.
const NAMELESS_S: u16 = 2;

/// Finds runs of error lines, in order of time, of a log from one second to another (exclusive). The shares of what is
/// found are lines a second; `requests` of a run are its seconds.
pub fn bursts(lines: &[FailedLine], (from, to): (i64, i64)) -> Found {
    let baseline = Baseline { share: 0.5 / (to - from).max(1) as f64, dispersion: 1.0 };
    if to - from < LEAST_SECONDS || lines.is_empty() {
        return Found::nothing(baseline);
    }
    let told = |line: &FailedLine| {
        let template = u64::from(line.template);
        let (client, key, rule) = match line.client {
            Some(client) => (client, (client ^ template << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15), Rule::Doubling),
            None => (template, template, Rule::Fixed(NAMELESS_S)),
        };
        Told { at: line.at, client, key, is_answered: false, rule }
    };
    let told = lines.iter().filter(|line| (from..to).contains(&line.at)).map(told).collect();
    let witnesses = Witnesses { told, ..Witnesses::default() };
    let kept = declustered(&witnesses);
    let times = witnesses.told.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(told, _)| told.at);
    let series = Series::of_lines(times, (from, to));
    if series.failing == 0 {
        return Found::nothing(baseline);
    }
    judged(&series, &witnesses, &kept, &Log { seconds: &[], failures: &[], crowd: &Crowd::default(), scopes: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, client: u64) -> FailedLine {
        FailedLine { at, client: Some(client), template: 1 }
    }

    /// Methods, 1.10 (d).
    #[test]
    fn the_worked_example_of_the_method() {
        let mut lines: Vec<FailedLine> = (0..24).map(|i| line(1800 + 3600 * i, i as u64)).collect();
        lines.extend((0..60).map(|i| line(40_000 + i, 100 + i as u64)));
        lines.sort_unstable();
        let found = bursts(&lines, (0, 86_400));
        assert_eq!(format!("{:.9}", found.baseline.share), "0.000283755");
        let run = found.bursts[0];
        assert_eq!((run.start, run.end, run.failing, run.clients, found.bursts.len()), (40_000, 40_059, 60, 60, 1));
        assert_eq!(format!("{:.4}", run.score), "430.9411");
        assert_eq!((run.is_open_at_start, run.is_open_at_end), (false, false));
    }

    #[test]
    fn what_is_no_run_of_lines() {
        let lone: Vec<FailedLine> = (0..24).map(|i| line(1800 + 3600 * i, i as u64)).collect();
        let with = |more: Vec<FailedLine>| {
            let mut lines = [lone.clone(), more].concat();
            lines.sort_unstable();
            lines
        };
        let rhythm: Vec<FailedLine> = (0..86_400)
            .step_by(20)
            .filter(|at| (at / 21_600) % 2 == 0 || at % 60 == 0)
            .map(|at| line(at, at as u64))
            .collect();
        for (why, lines) in [
            ("none", Vec::new()),
            ("lone lines", lone.clone()),
            ("one client in a loop", with((0..600).map(|i| line(40_000 + i, 7)).collect())),
            ("two clients", with((0..600).map(|i| line(40_000 + i, 7 + i as u64 % 2)).collect())),
            ("a moment", with((0..20).map(|i| line(40_000 + i / 5, 100 + i as u64)).collect())),
            ("three times as many by day as by night", rhythm),
        ] {
            assert_eq!(bursts(&lines, (0, 86_400)).bursts, [], "{why}");
        }
    }

    #[test]
    fn nameless_lines_are_heard_again_soon() {
        let mut lines: Vec<FailedLine> =
            (0..300).map(|i| FailedLine { at: 40_000 + i, client: None, template: 1 + i as u32 % 5 }).collect();
        lines.insert(0, line(1000, 1));
        let found = bursts(&lines, (0, 86_400));
        assert_eq!((found.bursts.len(), found.bursts[0].start, found.bursts[0].end), (1, 40_000, 40_299));
    }
}
