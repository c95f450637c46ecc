//! Pairs of outages: what is one incident and what two (methods, 6.1 and 8.6). Whole logs, from bytes to the report.

use rayon::prelude::*;
use serde_json::Value;

use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;
use crate::scene::{DAY_S, Failing, Scene, Traffic, sudo, syslog};

/// A kind of pairs.
struct Kind {
    name: &'static str,
    /// Incidents that are right.
    right: usize,
    bar: f64,
    goal: f64,
    make: fn(&mut Random) -> Pair,
}

const KINDS: [Kind; 5] = [
    Kind { name: "failed repair (one)", right: 1, bar: 86.0, goal: 93.0, make: failed_repair },
    Kind { name: "flap, same cause (one)", right: 1, bar: 95.0, goal: 99.0, make: flap },
    Kind { name: "other cause, other service (two)", right: 2, bar: 99.0, goal: 100.0, make: other_service },
    Kind { name: "other cause, same service (two)", right: 2, bar: 93.0, goal: 97.0, make: other_cause },
    Kind { name: "same cause, over half an hour later (two)", right: 2, bar: 99.0, goal: 100.0, make: much_later },
];

/// The table.
pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let mut table = Table {
        title: "Grouping of pairs of outages".into(),
        columns: ["pair (what is right)", "pairs", "right", "one", "two", "one not found"].map(str::to_owned).to_vec(),
        ..Table::default()
    };
    for kind in &KINDS {
        let cases = scale.of(400, 10);
        let found: Vec<Option<usize>> = (0..cases)
            .into_par_iter()
            .map(|case| {
                let mut random = Random::new(scale.seed, kind.name, &case.to_string());
                let (scene, outages) = (kind.make)(&mut random);
                incidents(&scene.report()?, &outages)
            })
            .collect();
        let count = |wanted: usize| found.iter().filter(|count| **count == Some(wanted)).count();
        // An outage that is not found at all is no matter of grouping.
        let told = count(1) + count(2);
        let right = percent(count(kind.right), told);
        table.rows.push(vec![
            kind.name.into(),
            cases.to_string(),
            format!("{:.1}%", right.unwrap_or(0.0)),
            count(1).to_string(),
            count(2).to_string(),
            (cases - told).to_string(),
        ]);
        table.figures.push(Figure {
            what: format!("grouping: {}", kind.name),
            reached: right,
            of: told,
            side: Side::AtLeast,
            bar: kind.bar,
            goal: kind.goal,
            unit: " %",
        });
    }
    vec![table]
}

/// Files, and the two outages that they tell of.
type Pair = (Scene, [Outage; 2]);

/// Over how many incidents the two outages are told: one or two; `None` if one of them is in none.
fn incidents(report: &Value, outages: &[Outage; 2]) -> Option<usize> {
    let second = |time: &Value| Some(chrono::DateTime::parse_from_rfc3339(time.as_str()?).ok()?.timestamp());
    let incidents = report["incidents"].as_array()?;
    let of = |outage: &Outage| {
        incidents.iter().position(|incident| {
            let end = second(&incident["end"]).unwrap_or(i64::MAX);
            second(&incident["start"]).is_some_and(|start| start < outage.to && end >= outage.from)
        })
    };
    Some(if of(&outages[0])? == of(&outages[1])? { 1 } else { 2 })
}

/// Requests a second.
const RATE: f64 = 2.0;
/// Quiet time before the first outage and after the last, in seconds.
const QUIET_S: i64 = 2400;

/// An outage of a service behind nginx.
#[derive(Clone, Copy)]
struct Outage {
    from: i64,
    to: i64,
    share: f64,
    status: u16,
    service: &'static str,
    /// Whether the service says that it crashed.
    is_told: bool,
}

impl Outage {
    /// Of two to twelve minutes; which status and share its requests have is drawn.
    fn of(random: &mut Random, from: i64, service: &'static str) -> Outage {
        Outage {
            from,
            to: from + random.between(120, 720),
            share: random.of(&[0.3, 0.6, 1.0]),
            status: random.of(&[500, 502, 503, 504]),
            service,
            is_told: random.happens(0.6),
        }
    }

    fn failing(&self) -> Failing {
        Failing { from: self.from, to: self.to, share: self.share, status: self.status }
    }

    /// Its crash, if it is told; and, where `repair` is so, the command that started it again.
    fn tell(&self, host: &str, repair: bool, log: &mut String) {
        let service = self.service;
        if self.is_told {
            let lines = [
                format!("systemd[1]: {service}.service: Main process exited, code=killed, status=11/SEGV"),
                format!("systemd[1]: {service}.service: Failed with result 'signal'."),
            ];
            lines.iter().for_each(|line| log.push_str(&syslog(self.from, host, line)));
        }
        if repair {
            log.push_str(&sudo(self.to - 1, host, &format!("/usr/bin/systemctl restart {service}")));
            log.push_str(&syslog(self.to, host, &format!("systemd[1]: Started {service}.service - {service}.")));
        }
    }
}

/// Two outages of one nginx, each repaired or not.
fn scene(random: &mut Random, outages: [(Outage, bool); 2]) -> Pair {
    let mut scene = Scene::default();
    let failures = outages.iter().map(|(outage, _)| outage.failing()).collect();
    let to = outages[1].0.to + QUIET_S;
    Traffic { rate: RATE, from: DAY_S, to, failures }.write(random, scene.file("nginx/access.log"));
    outages.iter().for_each(|(outage, repair)| outage.tell("web01", *repair, scene.file("syslog")));
    (scene, outages.map(|(outage, _)| outage))
}

/// A repair that does not last: half a minute in the median, rarely over three minutes. Then the same fails, or, in one
/// of three, the repair's own fault.
fn failed_repair(random: &mut Random) -> Pair {
    let first = Outage::of(random, DAY_S + QUIET_S, "app");
    let gap = 5 + random.waiting(45.0).min(295);
    let again = Outage::of(random, first.to + gap, "app");
    let same = Outage { status: first.status, ..again };
    let second = if random.happens(0.33) { again } else { same };
    scene(random, [(first, true), (second, true)])
}

/// It comes and goes by itself, for up to ten minutes.
fn flap(random: &mut Random) -> Pair {
    let first = Outage::of(random, DAY_S + QUIET_S, "app");
    let gap = random.between(20, 590);
    let again = Outage::of(random, first.to + gap, "app");
    let second = Outage { status: first.status, ..again };
    scene(random, [(first, false), (second, false)])
}

/// nginx, then Apache on another machine, for reasons of their own.
fn other_service(random: &mut Random) -> Pair {
    let first = Outage::of(random, DAY_S + QUIET_S, "app");
    let gap = random.between(10, 1800);
    let second = Outage::of(random, first.to + gap, "shop");
    let mut scene = Scene::default();
    let (from, to) = (DAY_S, second.to + QUIET_S);
    let own = Traffic { rate: RATE, from, to, failures: vec![first.failing()] };
    own.write(random, scene.file("web01/nginx/access.log"));
    let others = Traffic { rate: RATE, from, to, failures: vec![second.failing()] };
    others.write(random, scene.file("web02/apache2/access.log"));
    first.tell("web01", true, scene.file("web01/syslog"));
    second.tell("web02", true, scene.file("web02/syslog"));
    (scene, [first, second])
}

/// Another service behind the same nginx: in one of four both fail with one status.
fn other_cause(random: &mut Random) -> Pair {
    let first = Outage::of(random, DAY_S + QUIET_S, "app");
    let gap = random.between(60, 1800);
    let second = Outage::of(random, first.to + gap, "shop");
    let told = random.happens(0.9);
    let repaired = random.happens(0.7);
    scene(random, [(Outage { is_told: true, ..first }, repaired), (Outage { is_told: told, ..second }, true)])
}

/// The same again, after half an hour to an hour and a half.
fn much_later(random: &mut Random) -> Pair {
    let first = Outage::of(random, DAY_S + QUIET_S, "app");
    let gap = random.between(1860, 5400);
    let again = Outage::of(random, first.to + gap, "app");
    let second = Outage { status: first.status, ..again };
    scene(random, [(first, true), (second, true)])
}
