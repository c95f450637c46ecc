//! The method's worked examples, and what is an incident and what is none.

use super::*;
use crate::facts::hearing::Heard;

/// `requests` a second, of which those at these times fail, by client.
fn series(seconds: i64, requests: u32, failing: &[(i64, u64)]) -> (Vec<Second>, Vec<Failure>) {
    let mut failures: Vec<Failure> = failing
        .iter()
        .map(|(at, client)| Failure { at: *at, client: *client, status: 503, ..Failure::default() })
        .collect();
    failures.sort_unstable();
    let second = |at| Second {
        at,
        requests,
        failing: failures.iter().filter(|failure| failure.at == at).count() as u32,
        ..Second::default()
    };
    ((0..seconds).map(second).collect(), failures)
}

fn of(seconds: &[Second], failures: &[Failure]) -> Found {
    bursts(&Log { seconds, failures, crowd: &Crowd::default(), scopes: 1 })
}

/// Methods, 1.10: two requests in each second of an hour; an outage of half a minute.
fn example() -> Vec<(i64, u64)> {
    let mut failing = vec![(400, 1), (3000, 2)];
    failing.extend((0..30).map(|i| (1800 + i, 100 + i as u64)));
    failing
}

#[test]
fn the_worked_example_of_the_method() {
    let (seconds, failures) = series(3600, 2, &example());
    let found = of(&seconds, &failures);
    assert_eq!(format!("{:.8}", found.baseline.share), "0.00035009");
    assert_eq!((found.baseline.dispersion, found.bursts.len()), (1.0, 1));
    let run = found.bursts[0];
    assert_eq!((run.start, run.end, run.requests, run.failing, run.clients), (1800, 1829, 60, 30, 30));
    assert_eq!((run.level, run.top, format!("{:.4}", run.score)), (0.35, 0.35, "194.3119".into()));
    assert_eq!((run.is_open_at_start, run.is_open_at_end, run.climb, run.falls), (false, false, None, 0));
    let levels = Usual::guess(&Series::of(&seconds, &failures, &vec![true; failures.len()]));
    let usual = levels.next(&Series::of(&seconds, &failures, &vec![true; failures.len()]), &[]);
    assert_eq!(usual.ladders().0[0].count, 6);
    assert_eq!(gamma(2, 1), 10.0);
}

/// (b): one client in a loop on top.
#[test]
fn a_client_in_a_loop_changes_nothing() {
    let (mut seconds, _) = series(3600, 2, &[]);
    let mut failing = example();
    failing.extend((600..800).map(|at| (at, 7)));
    let (_, failures) = series(3600, 2, &failing);
    for second in &mut seconds {
        second.failing = failures.iter().filter(|failure| failure.at == second.at).count() as u32;
        second.requests += u32::from((600..800).contains(&second.at));
    }
    let found = of(&seconds, &failures);
    assert_eq!(format!("{:.8}", found.baseline.share), "0.00076988");
    let run = found.bursts[0];
    assert_eq!((run.start, run.end, found.bursts.len(), found.blips.len()), (1800, 1829, 1, 0));
    assert_eq!(format!("{:.4}", run.score), "171.2343");
}

/// (c): the log begins inside an outage.
#[test]
fn a_log_that_begins_inside_an_outage_is_open_at_its_start() {
    let failing: Vec<(i64, u64)> = (0..20).flat_map(|at| [(at, at as u64 * 2), (at, at as u64 * 2 + 1)]).collect();
    let (seconds, failures) = series(3600, 2, &failing);
    let found = of(&seconds, &failures);
    assert_eq!(format!("{:.10}", found.baseline.share), "0.0000698227");
    let run = found.bursts[0];
    assert_eq!((run.start, run.end, run.level, found.bursts.len()), (0, 19, 0.98, 1));
    assert_eq!(format!("{:.4}", run.score), "381.9740");
    assert_eq!((run.is_open_at_start, run.is_open_at_end, run.is_throughout()), (true, false, false));
}

#[test]
fn why_runs_are_dropped() {
    let at = |times: &[i64], from: i64| -> Vec<(i64, u64)> {
        times.iter().enumerate().map(|(index, at)| (from + at, 100 + index as u64)).collect()
    };
    let each = |count: i64, step: i64, clients: i64| -> Vec<(i64, u64)> {
        (0..count).map(|i| (2000 + i * step, 100 + (i % clients) as u64)).collect()
    };
    for (why, failing, want) in [
        ("lone failures", (0..6).map(|i| (i * 600 + 13, i as u64)).collect(), None),
        ("one client in a loop", each(200, 1, 1), None),
        ("four failures", at(&[0, 3, 6, 9], 1000), Some(Dropped::TooFew)),
        ("two clients", each(60, 31, 2), Some(Dropped::TooFew)),
        ("five in less than a minute", at(&[0, 6, 12, 18, 24], 1000), Some(Dropped::TooShort)),
        ("twelve in nine seconds", at(&[0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1000), Some(Dropped::TooShort)),
        (
            "nearly all in five seconds",
            at(&[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 50, 90, 130], 1000),
            Some(Dropped::OneMoment),
        ),
    ] {
        let (seconds, failures) = series(3600, 2, &failing);
        let found = of(&seconds, &failures);
        assert_eq!(found.bursts, [], "{why}");
        assert_eq!(found.blips.first().map(|blip| blip.why), want, "{why}: {:?}", found.blips);
    }
}

#[test]
fn one_client_that_is_answered_in_between_is_no_incident_of_all() {
    // It fails in each second of five minutes, and is answered in between; two others fail a few times.
    let mut failing: Vec<(i64, u64)> = (1000..1300).map(|at| (at, 7)).collect();
    failing.extend([(1050, 8), (1200, 9)]);
    let (seconds, mut failures) = series(3600, 4, &failing);
    let answer = |failures: &mut [Failure]| {
        failures.iter_mut().for_each(|failure| failure.heard = Heard::new(0, true, true));
    };
    answer(&mut failures);
    let found = of(&seconds, &failures);
    assert_eq!((found.bursts.len(), found.blips.len()), (0, 1));
    assert_eq!(found.blips[0].why, Dropped::OneClient(7));
    // With others that fail as often, it is one.
    failing.extend((0..30).map(|i| (1000 + i * 10, 10 + i as u64)));
    let (seconds, mut failures) = series(3600, 4, &failing);
    answer(&mut failures);
    assert_eq!(of(&seconds, &failures).bursts.len(), 1);
}

#[test]
fn clients_behind_a_proxy() {
    let failing: Vec<(i64, u64)> = (0..60).map(|i| (2000 + i, 7)).collect();
    let (seconds, mut failures) = series(3600, 2, &failing);
    let mut crowd = Crowd::default();
    (0..7200).for_each(|_| crowd.add(7));
    let with = |failures: &[Failure]| bursts(&Log { seconds: &seconds, failures, crowd: &crowd, scopes: 1 });
    let found = with(&failures);
    assert_eq!((found.hidden.as_slice(), found.bursts.len()), ([7].as_slice(), 1), "nobody can be told apart");
    for (index, failure) in failures.iter_mut().enumerate() {
        failure.heard = Heard::new(index as u32 % 12, false, true);
    }
    let found = with(&failures);
    assert_eq!((found.bursts.len(), found.bursts[0].clients), (1, 12), "paths are witnesses");
    assert_eq!(of(&seconds, &failures).bursts.len(), 0, "one client among others");
}

#[test]
fn the_end_follows_clients_that_try_again() {
    // All fail for a minute; then three of them try again and fail, while nobody is answered.
    let mut failing: Vec<(i64, u64)> = (0..60).map(|i| (2000 + i, 100 + i as u64)).collect();
    failing.extend([(2063, 159), (2066, 158), (2069, 157)]);
    let (mut seconds, failures) = series(3600, 1, &failing);
    seconds.retain(|second| second.failing > 0 || !(2060..2080).contains(&second.at));
    let run = of(&seconds, &failures).bursts[0];
    assert_eq!((run.start, run.end), (2000, 2069));
    // Where others are answered in between, the outage is over.
    let (seconds, failures) = series(3600, 1, &failing);
    assert_eq!(of(&seconds, &failures).bursts[0].end, 2059);
}

#[test]
fn a_pause_of_a_quarter_of_an_hour_ends_a_run() {
    let failing: Vec<(i64, u64)> =
        (0..60).map(|i| (2000 + i, i as u64)).chain((0..60).map(|i| (2059 + 901 + i, 100 + i as u64))).collect();
    let (seconds, failures) = series(7200, 2, &failing);
    assert_eq!(of(&seconds, &failures).bursts.len(), 2);
}

#[test]
fn flapping() {
    let failing: Vec<(i64, u64)> =
        (0..5).flat_map(|turn| (0..120).map(move |i| (2000 + turn * 300 + i, (turn * 200 + i) as u64))).collect();
    let (seconds, failures) = series(7200, 2, &failing);
    let found = of(&seconds, &failures);
    assert!(found.bursts.iter().all(|burst| burst.is_flapping), "{:?}", found.bursts);
    let (seconds, failures) = series(7200, 2, &failing[..240]);
    assert!(of(&seconds, &failures).bursts.iter().all(|burst| !burst.is_flapping));
}

#[test]
fn refusals_need_a_level_that_bots_do_not_reach() {
    for (why, refused, want) in [("an eighth and more", 2, 1), ("less", 20, 0)] {
        let refused: Vec<Refusal> =
            (2000..2300).filter(|at| at % refused == 0).map(|at| Refusal { at, client: at as u64 }).collect();
        let second = |at| Second {
            at,
            requests: 2,
            refused: refused.iter().filter(|refusal| refusal.at == at).count() as u32,
            ..Second::default()
        };
        let seconds: Vec<Second> = (0..7200).map(second).collect();
        assert_eq!(refusals(&seconds, &refused, (2000, 2300)).len(), want, "{why}");
    }
}

#[test]
fn an_outage_is_told_from_its_first_failure_to_its_last() {
    // Ten requests a second; it begins late in one second and ends early in another.
    let mut failing: Vec<(i64, u64)> = (0..300).map(|i| (1801 + i / 10, 1000 + i as u64)).collect();
    failing.extend([(400, 1), (1800, 2), (1831, 3), (3000, 4)]);
    let (seconds, failures) = series(3600, 10, &failing);
    let found = of(&seconds, &failures);
    assert_eq!((found.bursts.len(), found.bursts[0].start, found.bursts[0].end), (1, 1800, 1831));
}

#[test]
fn a_short_outage_is_told_by_few_clients_that_go_on_failing() {
    for (why, clients, lasts, want) in [
        ("six clients, none of which is answered", 6, 20, 1),
        ("four besides the worst are too few", 5, 20, 0),
        ("two besides the worst are too few", 3, 20, 0),
        ("a moment", 5, 6, 0),
    ] {
        let mut failing = vec![(400, 1), (3000, 2)];
        failing.extend((0..lasts).map(|i| (1800 + i, 100 + i as u64 % clients)));
        let (seconds, failures) = series(3600, 1, &failing);
        assert_eq!(of(&seconds, &failures).bursts.len(), want, "{why}");
    }
}
