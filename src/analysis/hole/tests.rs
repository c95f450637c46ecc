//! The worked examples of the methods document, and short tables of cases.

use super::*;

fn series(range: std::ops::Range<i64>, requests: u32, hole: std::ops::Range<i64>) -> Vec<Second> {
    range.filter(|at| !hole.contains(at)).map(|at| Second { at, requests, ..Second::default() }).collect()
}

#[test]
fn the_worked_example_of_the_method() {
    for (seconds, until, rate, span, bar) in [
        (series(0..7200, 1, 3600..3720), 7200, 1.0, (3600, 3720), 8.393),
        (series(0..1000, 2, 500..560), 1000, 2.0, (500, 560), 43.032),
    ] {
        let usual = Usual::of(&seconds);
        let bars = Bars::of(&usual.counts);
        let found = usual.holes(&bars, until);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].to, found[0].is_open), (span.0, span.1, false));
        assert!((found[0].expected - 120.0).abs() < 1e-9 && (found[0].expected_least - 120.0).abs() < 1e-9);
        assert!((bars.bar(rate).0 - bar).abs() < 0.001, "{:?}", bars.bar(rate));
        let (low, high) = back_test(&usual, &bars, span, found[0].expected, &[span]);
        assert!((low - 73.4526).abs() < 5e-5 && (high - 166.5474).abs() < 5e-5, "{low} {high}");
    }
}

#[test]
fn a_short_log_needs_a_long_silence() {
    assert_eq!(holes(&series(0..1000, 2, 500..515), 1000), []);
    assert_eq!(holes(&[], 1000), []);
    assert_eq!(holes(&series(0..100, 2, 20..70), 1000), []);
    assert!(Usual::of(&series(0..100, 1, 0..0)).is_small());
    // 43.032 expected requests at two a second.
    let seconds = series(0..1000, 2, 500..560);
    let noticed = Bars::of(&Usual::of(&seconds).counts).least_noticed();
    assert!(noticed.is_some_and(|seconds| (22.0..24.0).contains(&seconds)), "{noticed:?}");
}

#[test]
fn odds_of_the_silence_alone_and_of_what_points_at_it() {
    use Anchor::{BindFailure, Ended, FrontFails, FrontSilent, Recurring, Signal, StartedAtEnd};
    // At the bar L is ln(0.1/0.02); each slope above it one nat more.
    assert!((free_odds(8.0, 8.0, 2.0) - 1.6094).abs() < 1e-4);
    assert!((free_odds(10.0, 8.0, 2.0) - 2.6094).abs() < 1e-4);
    assert_eq!([free_odds(500.0, 8.0, 2.0), free_odds(0.0, 80.0, 2.0)], [6.0, -3.0]);
    for (anchors, least, want, kind) in [
        (&[BindFailure][..], 4.0, 1.0, HoleKind::Silent),
        (&[BindFailure], 12.0, 3.0, HoleKind::ProbablyDown),
        (&[BindFailure], 20.0, 5.0, HoleKind::Down),
        (&[Ended], 0.0, 3.0, HoleKind::ProbablyDown),
        (&[Ended, StartedAtEnd], 2.0, 5.0, HoleKind::Down),
        (&[Signal], 4.0, 2.5, HoleKind::ProbablyDown),
        (&[FrontFails], 0.0, 5.0, HoleKind::Down),
        (&[Ended, FrontSilent], 4.0, 1.0, HoleKind::Silent),
        (&[BindFailure, Recurring], 12.0, -1.0, HoleKind::Silent),
        (&[Ended, FrontFails], 40.0, 6.0, HoleKind::Down),
    ] {
        let odds = anchored_odds(anchors, least, 4.0);
        assert!((odds - want).abs() < 1e-9, "{anchors:?}: {odds}");
        assert_eq!(HoleKind::of_odds(odds), kind, "{anchors:?}");
    }
}

#[test]
fn a_loss_of_most_requests_is_a_dip() {
    // A day with two requests a second; for half an hour every fifth second has one.
    let lost = 40_000..41_800;
    let at = |at: i64| Second { at, requests: if lost.contains(&at) { 1 } else { 2 }, ..Second::default() };
    let comes = |at: &i64| !lost.contains(at) || at % 5 == 0;
    let seconds: Vec<Second> = (0..86_400).filter(comes).map(at).collect();
    let usual = Usual::of(&seconds);
    let dips = usual.dips(&[]);
    assert_eq!(dips.len(), 1, "{dips:?}");
    let dip = dips[0];
    assert!((dip.from - 40_000).abs() <= 2 && (dip.to - 41_800).abs() <= 5, "{dip:?}");
    assert!((dip.expected - 3600.0).abs() < 15.0 && (355..=370).contains(&dip.seen), "{dip:?}");
    // Where silences fill most of it they stand, and the dip does not.
    let hole = usual.hole(&Bars::of(&usual.counts), 40_000, 41_000, false);
    assert_eq!(usual.dips(&[hole]), []);
    let quiet: Vec<Second> = (0..86_400).map(|at| Second { at, requests: 2, ..Second::default() }).collect();
    assert_eq!(Usual::of(&quiet).dips(&[]), []);
}

#[test]
fn the_interval_is_that_of_the_log_itself() {
    // Two days of one request a second, without scatter: the estimate is right everywhere.
    let seconds = series(0..172_800, 1, 90_000..90_300);
    let usual = Usual::of(&seconds);
    let (low, high) = back_test(&usual, &Bars::of(&usual.counts), (90_000, 90_300), 300.0, &[(90_000, 90_300)]);
    assert!((299.0..=300.0).contains(&low) && (300.0..=301.0).contains(&high), "{low} {high}");
}

#[test]
fn a_long_silence_by_the_shape_of_the_day() {
    // Ten days with a rhythm of ±70 %, and four hours of silence at any time of the sixth.
    let rate = |at: i64| 1.0 + 0.7 * (at as f64 / 86_400.0 * std::f64::consts::TAU).sin();
    for hour in 0..24 {
        let (from, to) = (5 * 86_400 + hour * 3600, 5 * 86_400 + (hour + 4) * 3600);
        let mut owed = 0.0;
        let mut seconds = Vec::new();
        let mut truth = 0.0;
        for at in 0..10 * 86_400 {
            if (from..to).contains(&at) {
                truth += rate(at);
                continue;
            }
            owed += rate(at);
            let requests = owed as u32;
            owed -= f64::from(requests);
            if requests > 0 {
                seconds.push(Second { at, requests, ..Second::default() });
            }
        }
        let (expected, _) = expected(&seconds, from, to);
        assert!((expected / truth - 1.0).abs() < 0.05, "{hour}: {expected} for {truth}");
    }
}
