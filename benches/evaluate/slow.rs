//! Slowness without failures: whether it is found, where its edges are, and what is told of quiet logs.

use rayon::prelude::*;

use crate::access::{Request, Writer, log, moments, report, seconds};
use crate::frame::{Figure, Scale, Side, Table, number, percent, quantile};
use crate::random::Random;

const LENGTH_S: i64 = 8 * 3600;

/// What happens: for how long, to which share of the requests.
const CASES: [(&str, i64, f64); 4] = [
    ("half of the answers take 3 to 9 s, 20 min", 1200, 0.5),
    ("a fifth of the answers takes 3 to 9 s, 30 min", 1800, 0.2),
    ("all answers take 3 to 9 s, 5 min", 300, 1.0),
    ("nothing", 0, 0.0),
];

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let mut table = Table {
        title: "Slow answers without failures".into(),
        columns: ["rate", "case", "n", "found", "start off p90 (s)", "end off p90 (s)"].map(str::to_owned).to_vec(),
        ..Table::default()
    };
    let (mut found_in_all, mut all, mut quiet, mut false_ones) = (0, 0, 0, 0);
    let mut edges: Vec<f64> = Vec::new();
    for (rate, count) in [(1.0, scale.of(40, 2)), (10.0, scale.of(10, 1))] {
        for (name, lasts_s, share) in CASES {
            let told: Vec<Option<(f64, f64)>> = (0..count)
                .into_par_iter()
                .map(|number| case(scale.seed, &format!("{name} at {rate} number {number}"), rate, lasts_s, share))
                .collect();
            let found: Vec<(f64, f64)> = told.iter().copied().flatten().collect();
            if lasts_s == 0 {
                (quiet, false_ones) = (quiet + count, false_ones + found.len());
            } else {
                (all, found_in_all) = (all + count, found_in_all + found.len());
                edges.extend(found.iter().flat_map(|(start, end)| [*start, *end]));
            }
            let p90 = |edge: fn(&(f64, f64)) -> f64| {
                let mut all: Vec<f64> = found.iter().map(edge).collect();
                if lasts_s == 0 { "–".into() } else { quantile(&mut all, 0.9).map_or_else(|| "–".into(), number) }
            };
            let row = [
                format!("{rate}/s"),
                name.into(),
                count.to_string(),
                found.len().to_string(),
                p90(|of| of.0),
                p90(|of| of.1),
            ];
            table.rows.push(row.to_vec());
        }
    }
    table.figures = vec![
        Figure::of("slow answers found", percent(found_in_all, all), all, Side::AtLeast, 95.0, 100.0, " %"),
        Figure::of(
            "edges of slow runs off: p90",
            quantile(&mut edges, 0.9),
            edges.len(),
            Side::AtMost,
            90.0,
            60.0,
            " s",
        ),
        Figure::of("slow runs told of quiet logs", Some(false_ones as f64), quiet, Side::AtMost, 0.0, 0.0, ""),
    ];
    vec![table]
}

/// How far start and end are off, if something was found.
fn case(seed: u64, name: &str, rate: f64, lasts_s: i64, share: f64) -> Option<(f64, f64)> {
    let mut random = Random::new(seed, name, "slow");
    let start_s = random.between(7200, LENGTH_S - 7200);
    let requests: Vec<Request> = moments(&mut random, rate, LENGTH_S)
        .into_iter()
        .map(|at_ms| {
            let is_slow = (start_s * 1000..(start_s + lasts_s) * 1000).contains(&at_ms) && random.happens(share);
            // One in three hundred is slow on any day.
            let usual = if random.happens(0.003) { random.between(800, 4000) } else { 10 + random.waiting(80.0) };
            Request {
                at_ms,
                client: format!("198.51.100.{}", random.between(1, 250)),
                vhost: "www.example.com",
                backend: "web",
                path: format!("/item/{}", random.between(1, 20_000)),
                status: if random.happens(0.001) { 500 } else { 200 },
                bytes: random.between(200, 40_000) as u64,
                took_ms: if is_slow { random.between(3000, 9000) } else { usual },
            }
        })
        .collect();
    let (report, _) = report(&[("nginx/access.log", log(&requests, Writer::Nginx))])?;
    let incident = report.incidents.first()?;
    let end = seconds(incident.end.as_deref()?);
    Some(((seconds(&incident.start) - start_s as f64).abs(), (end - (start_s + lasts_s) as f64).abs()))
}
