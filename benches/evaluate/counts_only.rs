//! Error logs without a log of requests (methods, 8.3, "counts only").

use crate::cases::{per_second, side_by_side, spread, whole_percent};
use crate::frame::{Scale, Table};
use crate::logs::Style;
use crate::random::Random;
use crate::simulate::{DAY_S, Kind, Order, START_S, apart};
use crate::spikes::Measured;
use crate::told::{Way, case, felt};

/// Days of a log, and incidents in it.
const LOG_S: i64 = 10 * DAY_S;
const A_LOG: usize = 4;

const KINDS: [(&str, Option<Kind>); 6] = [
    ("quiet", None),
    ("2% 30min", Some(Kind::Step { share: 0.02, length_s: 1800.0 })),
    ("5% 30min", Some(Kind::Step { share: 0.05, length_s: 1800.0 })),
    ("30% 5min", Some(Kind::Step { share: 0.3, length_s: 300.0 })),
    ("100% 5min", Some(Kind::Step { share: 1.0, length_s: 300.0 })),
    ("100% 30min", Some(Kind::Step { share: 1.0, length_s: 1800.0 })),
];

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let rates = [0.1, 1.0, 10.0];
    let mut jobs: Vec<(f64, usize, Order)> = Vec::new();
    for rate in rates.into_iter().rev() {
        let logs = if rate >= 10.0 { scale.of(15, 1) } else { scale.of(15, 2) };
        for (number, (name, kind)) in KINDS.into_iter().enumerate() {
            let mut random = Random::new(scale.seed, "counts only", &format!("{rate} {name}"));
            for _ in 0..logs {
                let start_s = START_S + random.between(0, 7) * DAY_S;
                let place = |kind| apart(kind, A_LOG, (start_s, LOG_S), &mut random);
                let incidents = kind.map(place).unwrap_or_default();
                let order = Order { start_s, incidents, ..Order::new(rate, LOG_S, random.next()) };
                jobs.push((rate, number, order));
            }
        }
    }
    let told = side_by_side(&jobs, |(_, _, order)| case(order, Way::Files(Style::ErrorsOnly)));
    let mut rows = Vec::new();
    for rate in rates {
        for (number, (name, _)) in KINDS.into_iter().enumerate() {
            let mut row = Measured::default();
            for (job, case) in jobs.iter().zip(&told).filter(|(job, _)| (job.0, job.1) == (rate, number)) {
                if let Some(case) = case {
                    add(&mut row, job.2.length_s, case);
                }
            }
            rows.push(vec![
                per_second(rate),
                name.into(),
                row.all.to_string(),
                whole_percent(row.found, row.all),
                spread(&mut row.start_s, 0),
                spread(&mut row.end_s, 0),
                row.false_rate(),
            ]);
        }
    }
    vec![Table {
        title: "Counts only (error log alone)".into(),
        columns: ["rate of requests", "kind", "n", "found", "start p50 / p90", "end p50 / p90", "false in 10 days"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        figures: Vec::new(),
    }]
}

/// Adds a log, whose incidents may be of any shape: nothing but error lines tells them.
fn add(row: &mut Measured, length_s: i64, case: &crate::told::Case) {
    for truth in &case.truths {
        let Some((start, end)) = felt(truth) else { continue };
        row.all += 1;
        let Some(told) = case.told_for(truth) else { continue };
        row.found += 1;
        row.start_s.push((told.start_s.floor() - start).abs());
        row.end_s.push((told.end_s.floor() - end).abs());
    }
    row.false_ones += case.false_ones().count();
    row.days += length_s as f64 / DAY_S as f64;
}
