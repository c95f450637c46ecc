//! The printed example of methods, 5.5, and a table of the weights of 5.2.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::analysis::world::{Evidence, Happening, Service, SignLines};
use crate::clock::Instant;
use crate::facts::Event;
use crate::facts::claim::{Claim, How, Protocol};
use crate::facts::event::{Kind, Said};
use crate::facts::sign::Sign;
use crate::facts::traffic::Second;

/// The moment of the first failed bind.
const FIRST: i64 = 1_800_000_000;
/// Eight services with the usual ports 22, 25, 53, 80, 3306, 5432, 6379, 9090.
const SERVICES: [&str; 8] = ["ssh", "postfix", "named", "caddy", "mysql", "postgresql", "redis-server", "prometheus"];
/// The third of them, counted from 0: the usual port of its software is 80.
const THIRD: &str = "caddy";

fn at(seconds: f64) -> Instant {
    let s = seconds.floor();
    Instant { s: FIRST + s as i64, nanos: ((seconds - s) * 1e9).round() as u32, digits: 3 }
}

fn line(source: usize) -> Evidence {
    Evidence { source, line: 1, offset: 0, text: String::new() }
}

fn event(seconds: f64, kind: Kind, service: &str) -> Happening {
    said(seconds, Said::of(kind, Some(service.into())), "")
}

fn said(seconds: f64, said: Said, message: &str) -> Happening {
    let event = Event {
        program: said.service.clone(),
        said,
        pid: None,
        message: message.into(),
        user: None,
        image: None,
        exit_code: None,
    };
    Happening { at: at(seconds), host: None, event, evidence: vec![line(0)] }
}

fn failure(seconds: f64, message: &str) -> Happening {
    let mut failure = Said::of(Kind::BindFailure, Some("web".into()));
    (failure.address, failure.port, failure.errno) = (Some("0.0.0.0".into()), Some(80), Some("EADDRINUSE"));
    Happening {
        event: Event { pid: Some(700), ..said(seconds, failure.clone(), message).event },
        ..said(seconds, failure, message)
    }
}

fn claim(
    seconds: Option<f64>,
    holder: &str,
    port: u16,
    how: How,
) -> (Option<Instant>, Option<String>, Claim, Evidence) {
    (seconds.map(at), None, Claim::of(holder.into(), port, how, Protocol::Tcp), line(1))
}

/// The failing service stopped at −10 s; bind failures for port 80 at 0, 1, 2, 61 s; started at 120 s. The others
/// were up long before.
fn world(further: Vec<Happening>) -> World {
    let mut world = World::default();
    world.events = SERVICES.iter().map(|name| event(-86_000.0, Kind::ServiceStart, name)).collect();
    world.events.push(event(-10.0, Kind::ServiceStop, "web"));
    world.events.extend([0.0, 1.0, 2.0, 61.0].map(|seconds| failure(seconds, "")));
    world.events.push(event(120.0, Kind::ServiceStart, "web"));
    world.events.extend(further);
    world.events.sort_by_key(|event| event.at);
    world
}

fn only(world: &World) -> Conflict {
    let mut found = conflicts(world);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn of<'c>(conflict: &'c Conflict, holder: &Holder) -> &'c HolderHypothesis {
    conflict.hypotheses.iter().find(|hypothesis| hypothesis.holder == *holder).unwrap()
}

fn third() -> Holder {
    Holder::Service(THIRD.into())
}

fn weights(conflict: &Conflict, holder: &Holder) -> Vec<f64> {
    of(conflict, holder).reasons.iter().map(|reason| reason.weight).collect()
}

#[test]
fn the_printed_example() {
    let started = || event(-8.0, Kind::ServiceStart, THIRD);
    let with = |mut world: World, claims: Vec<_>| {
        world.claims = claims;
        world
    };
    let a = with(
        world(vec![started(), event(110.0, Kind::ServiceStop, THIRD)]),
        vec![claim(Some(-7.5), THIRD, 80, How::OwnLine)],
    );
    let b = world(vec![started()]);
    let c = with(world(Vec::new()), vec![claim(None, THIRD, 8080, How::Configured)]);
    let d = with(
        world(vec![event(-600.0, Kind::ContainerStart, "shop")]),
        vec![claim(None, "shop", 80, How::Published), claim(None, THIRD, 8080, How::Configured)],
    );
    let mut e = world(Vec::new());
    e.signs.push(SignLines {
        sign: Sign::LeftOver,
        service: "systemd".into(),
        about: Some("web".into()),
        seconds: [(FIRST - 1, 1)].into(),
        samples: vec![(at(-0.4), line(2))],
    });
    e.services.push(Service {
        name: "web".into(),
        seconds: vec![Second { at: FIRST + 30, requests: 40, ..Second::default() }],
        ..Service::default()
    });
    let f = with(
        world(vec![event(-20_000.0, Kind::ServiceStop, THIRD)]),
        vec![claim(Some(-30_000.0), THIRD, 80, How::OwnLine)],
    );
    let shop = Holder::Container("shop".into(), None);
    for (case, world, best, posterior, confidence, second, of_second) in [
        ("A", a, third(), 1.0, Confidence::Certain, Holder::Unknown, 0.0),
        ("B", b, third(), 0.7890, Confidence::Possible, Holder::Unknown, 0.1156),
        ("C", c, Holder::Unknown, 0.5477, Confidence::Possible, Holder::SelfStale, 0.2015),
        ("D", d, shop, 0.9926, Confidence::Certain, Holder::Unknown, 0.0041),
        ("E", e, Holder::SelfStale, 0.9997, Confidence::Certain, Holder::Unknown, 0.0001),
        ("F", f, Holder::Unknown, 0.5479, Confidence::Possible, Holder::SelfStale, 0.2016),
    ] {
        let conflict = only(&world);
        let best_of = &conflict.hypotheses[0];
        assert_eq!((&best_of.holder, best_of.confidence), (&best, confidence), "{case}");
        let printed = |probability: f64| (probability * 1e4).round() / 1e4;
        let told = [printed(best_of.probability), printed(of(&conflict, &second).probability)];
        assert!(
            told.iter().zip([posterior, of_second]).all(|(told, want)| (told - want).abs() < 1.01e-4),
            "{case}: {told:?}"
        );
        // A name is said from "likely" on only.
        let is_named = best != Holder::Unknown && confidence >= Confidence::Likely;
        assert_eq!(conflict.holder().is_some(), is_named, "{case}");
        if case == "A" {
            let mut weights = weights(&conflict, &best);
            weights.sort_by(f64::total_cmp);
            assert_eq!(weights, [2.0, 3.0, 3.0, 7.0]);
            assert!((best_of.score - weights.iter().sum::<f64>() + 3.0794).abs() < 1e-4);
        }
    }
}

#[test]
fn what_weighs_for_and_against_a_service() {
    let stop = |seconds: f64| event(seconds, Kind::ServiceStop, THIRD);
    let start = |seconds: f64| event(seconds, Kind::ServiceStart, THIRD);
    for (why, events, claims, want) in [
        ("its configuration", vec![], vec![claim(None, THIRD, 80, How::Configured)], vec![4.0]),
        ("another port of its own", vec![], vec![claim(Some(-9.0), THIRD, 8080, How::OwnLine)], vec![-4.0]),
        ("gone before", vec![stop(-600.0)], vec![], vec![3.0, -9.0]),
        ("gone before, and back", vec![stop(-600.0), start(-500.0)], vec![], vec![3.0]),
        ("down within the tolerance", vec![stop(-0.5)], vec![], vec![3.0]),
        ("gone in the middle", vec![stop(20.0)], vec![], vec![3.0, -7.0]),
        ("gone in the middle, and back", vec![stop(20.0), start(25.0)], vec![], vec![3.0]),
        ("left in time", vec![stop(100.0)], vec![], vec![3.0, 3.0]),
        ("left after the start", vec![stop(130.0)], vec![], vec![3.0]),
        ("came in between", vec![start(-100.0)], vec![], vec![3.0, 2.0]),
        ("came long before", vec![start(-140.0)], vec![], vec![3.0]),
        (
            "its words, and a reboot since",
            vec![said(-60.0, Said::of(Kind::HostBoot, None), "")],
            vec![claim(Some(-90.0), THIRD, 80, How::OwnLine)],
            vec![3.0, -9.0],
        ),
        ("a table while it lasts", vec![], vec![claim(Some(30.0), "caddy", 80, How::Table)], vec![3.0, 9.0]),
        ("a table before the start", vec![], vec![claim(Some(90.0), "caddy", 80, How::Table)], vec![3.0, 9.0]),
        ("a table long before", vec![], vec![claim(Some(-3700.0), "caddy", 80, How::Table)], vec![3.0]),
        ("a table after the start", vec![], vec![claim(Some(121.0), "caddy", 80, How::Table)], vec![3.0]),
        ("a table of somebody else", vec![], vec![claim(Some(30.0), "redis-server", 80, How::Table)], vec![3.0, -6.0]),
        ("a table of another port", vec![], vec![claim(Some(30.0), "redis-server", 81, How::Table)], vec![3.0]),
    ] {
        let mut world = world(events);
        world.claims = claims;
        assert_eq!(weights(&only(&world), &third()), want, "{why}");
    }
}

#[test]
fn a_service_that_starts_only_later_cannot_have_been_it() {
    let mut world = world(vec![event(5.0, Kind::ServiceStart, "nginx")]);
    let nginx = Holder::Service("nginx".into());
    assert_eq!(weights(&only(&world), &nginx), [3.0, -6.0]);
    // Unless its requests show that it ran before.
    let second = Second { at: FIRST - 50, requests: 1, ..Second::default() };
    world.services.push(Service { name: "nginx".into(), seconds: vec![second], ..Service::default() });
    assert_eq!(weights(&only(&world), &nginx), [3.0]);
}

#[test]
fn what_weighs_for_and_against_a_container() {
    let started = |seconds: f64| event(seconds, Kind::ContainerStart, "shop");
    let ended = |seconds: f64| event(seconds, Kind::ContainerStop, "shop");
    let killed = said(-30.0, Said { signal: Some(9), ..Said::of(Kind::ContainerKill, Some("shop".into())) }, "");
    let published = || claim(None, "shop", 80, How::Published);
    for (why, events, claims, want) in [
        ("running", vec![started(-600.0)], vec![published()], vec![7.0]),
        ("running since before the logs", vec![ended(100.0)], vec![published()], vec![7.0, 3.0]),
        ("ended before", vec![started(-600.0), ended(-60.0)], vec![published()], vec![-9.0]),
        ("killed before", vec![started(-600.0), killed], vec![published()], vec![-9.0]),
        ("started too late", vec![started(30.0)], vec![published()], vec![-9.0]),
        ("gone in the middle", vec![started(-600.0), ended(20.0)], vec![published()], vec![7.0, -7.0]),
        ("nothing of its life", vec![], vec![published()], vec![]),
        (
            "the engine's stand-in in a table",
            vec![started(-600.0)],
            vec![published(), claim(Some(30.0), "docker-proxy", 80, How::Table)],
            vec![7.0, 5.0],
        ),
        (
            "somebody else in a table",
            vec![started(-600.0)],
            vec![published(), claim(Some(30.0), "caddy", 80, How::Table)],
            vec![7.0, -6.0],
        ),
    ] {
        let mut world = world(events);
        world.claims = claims;
        assert_eq!(weights(&only(&world), &Holder::Container("shop".into(), None)), want, "{why}");
    }
}

#[test]
fn an_engine_tells_its_own_table_from_somebody_outside() {
    for (message, of_container, of_service) in [
        ("Bind for 0.0.0.0:80 failed: port is already allocated", [7.0, 5.0], [3.0, -4.0]),
        ("failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use", [7.0, -3.0], [3.0, 0.0]),
    ] {
        let mut world = world(vec![event(-600.0, Kind::ContainerStart, "shop")]);
        world.events.iter_mut().filter(|event| event.kind() == Kind::BindFailure).for_each(|event| {
            event.event.message = message.into();
        });
        world.claims.push(claim(None, "shop", 80, How::Published));
        let conflict = only(&world);
        assert_eq!(weights(&conflict, &Holder::Container("shop".into(), None)), of_container, "{message}");
        let mut told = weights(&conflict, &third());
        told.resize(2, 0.0);
        assert_eq!(told, of_service, "{message}");
    }
}

#[test]
fn what_weighs_for_the_victim_itself() {
    let table = |pid: i64| {
        let mut row = claim(Some(30.0), "web", 80, How::Table);
        row.2.pid = Some(pid);
        row
    };
    let own_line = |pid: i64| {
        let mut own = claim(Some(-0.5), "web", 80, How::OwnLine);
        own.2.pid = Some(pid);
        own
    };
    let configured = |offset: usize, source: usize| {
        let mut own = claim(None, "web", 80, How::Configured);
        own.3 = Evidence { offset, ..line(source) };
        own
    };
    let edited = || said(-900.0, Said::of(Kind::OperatorAction, None), "/usr/bin/vim /etc/web/ports.conf");
    for (why, events, claims, stale, duplicate) in [
        ("another process in a table", vec![], vec![table(650)], vec![9.0], vec![-6.0]),
        ("the failing process in a table", vec![], vec![table(700)], vec![], vec![]),
        ("it listened in the same start", vec![], vec![own_line(700)], vec![], vec![6.0]),
        ("it listened in an earlier start", vec![], vec![own_line(650)], vec![], vec![]),
        ("asked for twice", vec![], vec![configured(10, 3), configured(90, 3)], vec![], vec![6.0]),
        ("in two copies of a file", vec![], vec![configured(10, 3), configured(10, 4)], vec![], vec![]),
        ("an edited configuration", vec![edited()], vec![], vec![], vec![1.0]),
    ] {
        let mut world = world(events);
        world.claims = claims;
        let conflict = only(&world);
        assert_eq!(weights(&conflict, &Holder::SelfStale), stale, "{why}");
        assert_eq!(weights(&conflict, &Holder::SelfDuplicate), duplicate, "{why}");
    }
}

#[test]
fn addresses_that_are_not_in_the_way_are_no_claim() {
    let mut world = world(Vec::new());
    world.events.iter_mut().filter(|event| event.kind() == Kind::BindFailure).for_each(|event| {
        event.event.said.address = Some("192.0.2.1".into());
    });
    let mut own = claim(Some(-60.0), THIRD, 80, How::OwnLine);
    own.2.address = Some("127.0.0.1".into());
    world.claims.push(own);
    assert_eq!(weights(&only(&world), &third()), [-4.0]);
    world.claims[0].2.address = Some("0.0.0.0".into());
    assert_eq!(weights(&only(&world), &third()), [7.0, 3.0]);
    world.claims[0].2.protocol = Protocol::Udp;
    assert_eq!(weights(&only(&world), &third()), [-4.0]);
}

#[test]
fn a_process_of_which_only_a_table_tells_is_named() {
    let mut world = world(Vec::new());
    let mut row = claim(Some(30.0), "python3", 80, How::Table);
    row.2.pid = Some(4242);
    world.claims.push(row);
    let conflict = only(&world);
    let holder = conflict.holder().unwrap();
    assert_eq!((&holder.holder, holder.pid), (&Holder::Process("python3".into()), Some(4242)));
    assert_eq!(holder.confidence, Confidence::Certain);
}

#[test]
fn a_unit_that_fails_at_once_has_not_started() {
    let mut world = world(Vec::new());
    world.events.push(event(62.0, Kind::ServiceStart, "web"));
    world.events.push(event(62.5, Kind::ServiceFailed, "web"));
    world.events.sort_by_key(|event| event.at);
    assert_eq!(only(&world).solved, Some(at(120.0).as_f64()));
}
