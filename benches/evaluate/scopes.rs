//! Outages of a part of a service: whether the report names the part.

use rayon::prelude::*;

use crate::access::{Request, Writer, log, moments, report};
use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;

/// The parts of which each request has one of each kind, and how many in a hundred have it.
const VHOSTS: [(&str, u64); 4] =
    [("www.example.com", 50), ("api.example.com", 25), ("shop.example.com", 15), ("img.example.com", 10)];
const BACKENDS: [(&str, u64); 5] = [("app", 40), ("api", 25), ("static", 15), ("search", 12), ("auth", 8)];
const PATHS: [(&str, u64); 5] =
    [("/catalog", 48), ("/search", 25), ("/account", 15), ("/checkout", 10), ("/export", 2)];
const LENGTH_S: i64 = 8 * 3600;
const OUTAGE_S: i64 = 1200;

/// What fails: the path, or everything, and how many in a hundred.
const CASES: [(&str, Option<&str>, f64); 4] = [
    ("one path prefix (10 % of requests) fails 100 %", Some("/checkout"), 1.0),
    ("one path prefix (10 %) fails 30 %", Some("/checkout"), 0.3),
    ("one path prefix (2 %) fails 100 %", Some("/export"), 1.0),
    ("whole service 30 %", None, 0.3),
];

/// What the report said.
#[derive(Clone, Copy, PartialEq)]
enum Said {
    Nothing,
    Right,
    Wrong,
    Whole,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let mut table = Table {
        title: "Scopes: outages of 20 minutes of a part of a service".into(),
        columns: ["rate", "case", "n", "found", "right scope", "wrong scope", "said whole service"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    for (rate, count, bar, goal) in [(1.0, scale.of(40, 2), 88.0, 97.0), (10.0, scale.of(20, 1), 98.0, 100.0)] {
        let (mut right, mut wrong, mut all) = (0, 0, 0);
        for (name, part, share) in CASES {
            let said: Vec<Said> = (0..count)
                .into_par_iter()
                .map(|number| case(scale.seed, &format!("{name} at {rate} number {number}"), rate, part, share))
                .collect();
            let count_of = |wanted: Said| said.iter().filter(|said| **said == wanted).count();
            let found = count - count_of(Said::Nothing);
            table.rows.push(
                [
                    format!("{rate}/s"),
                    name.into(),
                    count.to_string(),
                    found.to_string(),
                    count_of(Said::Right).to_string(),
                    count_of(Said::Wrong).to_string(),
                    count_of(Said::Whole).to_string(),
                ]
                .to_vec(),
            );
            wrong += count_of(Said::Wrong);
            if part.is_some() {
                right += count_of(Said::Right);
                all += found;
            }
        }
        let figure =
            |what: String, reached, of, side, bar, goal, unit| Figure { what, reached, of, side, bar, goal, unit };
        table.figures.push(figure(
            format!("right scope at {rate}/s"),
            percent(right, all),
            all,
            Side::AtLeast,
            bar,
            goal,
            " %",
        ));
        table.figures.push(figure(
            format!("wrong scope at {rate}/s"),
            Some(wrong as f64),
            count * CASES.len(),
            Side::AtMost,
            0.0,
            0.0,
            "",
        ));
    }
    vec![table]
}

fn one_of(random: &mut Random, parts: &[(&'static str, u64)]) -> &'static str {
    let mut left = random.between(0, 100) as u64;
    for (name, weight) in parts {
        if left < *weight {
            return name;
        }
        left -= weight;
    }
    parts[0].0
}

fn case(seed: u64, name: &str, rate: f64, part: Option<&str>, share: f64) -> Said {
    let mut random = Random::new(seed, name, "scopes");
    let start_ms = random.between(7200, LENGTH_S - 7200) * 1000;
    let requests: Vec<Request> = moments(&mut random, rate, LENGTH_S)
        .into_iter()
        .map(|at_ms| {
            let prefix = one_of(&mut random, &PATHS);
            let inside = (start_ms..start_ms + OUTAGE_S * 1000).contains(&at_ms);
            let is_hit = inside && part.is_none_or(|part| part == prefix) && random.happens(share);
            Request {
                at_ms,
                client: format!("198.51.100.{}", random.between(1, 250)),
                vhost: one_of(&mut random, &VHOSTS),
                backend: one_of(&mut random, &BACKENDS),
                path: format!("{prefix}/{}?v={}", random.between(1, 5000), random.between(1, 9)),
                status: if is_hit || random.happens(0.001) { 500 } else { 200 },
                bytes: random.between(200, 40_000) as u64,
                took_ms: random.between(3, 200),
            }
        })
        .collect();
    let Some((_, incidents)) = report(&[("nginx/access.log", log(&requests, Writer::Nginx))]) else {
        return Said::Nothing;
    };
    let Some(incident) = incidents.first() else { return Said::Nothing };
    match (incident.scope.as_ref().map(|scope| scope.name.as_str()), part) {
        (None, _) => Said::Whole,
        (Some(said), Some(part)) if said == part => Said::Right,
        (Some(_), _) => Said::Wrong,
    }
}
