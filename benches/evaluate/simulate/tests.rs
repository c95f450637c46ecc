//! The simulator against what it promises (methods, 8.1).
#![allow(clippy::unwrap_used)]

use super::super::random::Random;
use super::{Clients, DAY_S, Injected, Kind, Order, Request, START_S, apart, requests, run_until};

/// Ten quiet days of that rate.
fn quiet(rate: f64) -> Vec<Request> {
    requests(&Order::new(rate, 14 * DAY_S, 7)).0
}

#[test]
fn the_rate_has_a_rhythm() {
    let all = quiet(1.0);
    let mean = all.len() as f64 / (14 * DAY_S) as f64;
    assert!((0.85..1.05).contains(&mean), "{mean}");
    let at = |hour: i64| all.iter().filter(|request| request.at_s() / 3600 % 24 == hour).count() as f64;
    let ratio = at(3) / at(15);
    assert!((0.13..0.24).contains(&ratio), "the night has about a sixth of the peak: {ratio}");
    assert!(all.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us), "in order of time");
}

#[test]
fn requests_come_in_sessions() {
    // Variance over mean of the counts of minutes: more than one where requests come together.
    let dispersion = |rate: f64| {
        let all = quiet(rate);
        let mut minutes = vec![0.0f64; (14 * 1440) as usize];
        for request in &all {
            minutes[((request.at_s() - START_S) / 60) as usize] += 1.0;
        }
        // Neighbours have the same rate: half the mean square of their difference.
        let mean = all.len() as f64 / minutes.len() as f64;
        let squares: f64 = minutes.chunks(2).map(|pair| (pair[0] - pair[1]).powi(2) / 2.0).sum();
        squares / (minutes.len() / 2) as f64 / mean
    };
    let sessions = dispersion(1.0);
    assert!(sessions > 2.0, "{sessions}");
}

#[test]
fn a_share_fails_in_quiet_times() {
    let order = Order { chronic: 0.01, ..Order::new(1.0, 14 * DAY_S, 3) };
    let (all, _) = requests(&order);
    let share = all.iter().filter(|request| request.is_failed()).count() as f64 / all.len() as f64;
    // Clumps and bots come on top.
    assert!((0.0095..0.0125).contains(&share), "{share}");
}

#[test]
fn incidents_do_what_they_say() {
    let mut random = Random::new(1, "test", "places");
    for (kind, share) in [
        (Kind::step(0.3, 1800), 0.3),
        (Kind::Flap { share: 1.0, on_s: 120.0, off_s: 180.0, times: 5 }, 0.45),
        (Kind::Climb { to: 0.3, length_s: 3600.0 }, 0.15),
    ] {
        let incidents = apart(kind, 4, (START_S, 10 * DAY_S), &mut random);
        let order = Order { incidents: incidents.clone(), ..Order::new(2.0, 10 * DAY_S, 5) };
        let (all, truths) = requests(&order);
        for (index, truth) in truths.iter().enumerate() {
            let own: Vec<&Request> =
                all.iter().filter(|request| request.incident == u16::try_from(index).ok()).collect();
            let (first, last) = truth.hit_us.unwrap();
            assert_eq!((first, last), (own[0].at_us, own[own.len() - 1].at_us));
            assert_eq!(truth.failed, own.len() as u64);
            assert_eq!(
                truth.requests,
                all.iter().filter(|request| (first..=last).contains(&request.at_us)).count() as u64
            );
            assert!(first >= truth.injected.from_us && last < truth.injected.to_us());
            assert!((truth.percent() / 100.0 - share).abs() < 0.35 * share, "{kind:?}: {}", truth.percent());
        }
    }
}

#[test]
fn what_is_missed_is_not_logged() {
    let at = |kind: Kind| Injected { kind, from_us: (START_S + 40_000) * 1_000_000, part: None };
    let hole = at(Kind::Hole { length_s: 900.0 });
    let order = Order { incidents: vec![hole], ..Order::new(5.0, DAY_S, 11) };
    let (all, truths) = requests(&order);
    assert!(!all.iter().any(|request| (hole.from_us..hole.to_us()).contains(&request.at_us)));
    assert!((2000..8000).contains(&truths[0].missed), "{}", truths[0].missed);
    let loss = at(Kind::Loss { share: 0.5, length_s: 900.0 });
    let (all, truths) = requests(&Order { incidents: vec![loss], ..order });
    let seen = all.iter().filter(|request| (loss.from_us..loss.to_us()).contains(&request.at_us)).count() as f64;
    assert!((seen / truths[0].missed as f64 - 1.0).abs() < 0.1);
}

#[test]
fn an_incident_may_hit_one_part_only() {
    let hit = Injected { kind: Kind::step(1.0, 3600), from_us: (START_S + 50_000) * 1_000_000, part: Some(2) };
    let (all, _) = requests(&Order { incidents: vec![hit], ..Order::new(2.0, DAY_S, 2) });
    let own = all.iter().filter(|request| (hit.from_us..hit.to_us()).contains(&request.at_us));
    assert!(own.clone().count() > 1000);
    for request in own {
        assert_eq!(request.part() == 2, request.incident == Some(0));
    }
}

#[test]
fn a_second_telling_is_the_same() {
    for clients in [Clients::Many, Clients::Sessions, Clients::Few(12), Clients::New] {
        let order = Order { clients, is_hard: true, has_surges: true, ..Order::new(1.0, DAY_S, 9) };
        let (all, _) = requests(&order);
        let until = order.start_s + DAY_S / 2;
        let mut half = Vec::new();
        run_until(&order, until, &mut |request: &Request| half.push(*request));
        assert_eq!(half, all.iter().filter(|request| request.at_s() < until).copied().collect::<Vec<_>>());
        let mut names: Vec<u32> = all.iter().map(|request| request.client).collect();
        names.sort_unstable();
        names.dedup();
        match clients {
            Clients::Few(count) => assert_eq!(names.len(), count as usize),
            Clients::New => assert!(names.len() * 10 > all.len() * 9),
            Clients::Many | Clients::Sessions => assert!(names.len() > 5000),
        }
    }
}
