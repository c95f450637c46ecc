//! Logs of two hours or one (methods, 8.3): what is found, and whether an open edge is said.

use crate::cases::{Bar, known, per_second, side_by_side, whole_percent};
use crate::frame::{Scale, Table, quantile};
use crate::logs::Style;
use crate::random::Random;
use crate::simulate::{DAY_S, Injected, Kind, Order, START_S};
use crate::told::{Way, case, felt};

const HOUR_S: i64 = 3600;

/// Where an incident lies in a log.
#[derive(Clone, Copy, Debug)]
struct Short {
    name: &'static str,
    log_s: i64,
    /// Seconds of the log from and to which a share of the requests fails; beyond its ends where it goes on.
    incident: Option<(i64, i64, f64)>,
    /// Whether the log begins, and ends, inside, and so lightly that this may not be seen.
    opens: Opens,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Opens {
    No,
    /// All requests fail there.
    Totally,
    /// A share of them does.
    Partly,
}

const BEYOND_S: i64 = 1800;

const CASES: [Short; 12] = [
    short("2 h, 30 min of 100%", 2, Some((2700, 4500, 1.0)), Opens::No),
    short("2 h, 30 min of 30%", 2, Some((2700, 4500, 0.3)), Opens::No),
    short("2 h, 30 min of 5%", 2, Some((2700, 4500, 0.05)), Opens::No),
    short("2 h, 80 min of 100%", 2, Some((1200, 6000, 1.0)), Opens::No),
    short("2 h, 80 min of 30%", 2, Some((1200, 6000, 0.3)), Opens::No),
    short("starts inside, 20 min of 100% then 100 min", 2, Some((-BEYOND_S, 1200, 1.0)), Opens::Totally),
    short("starts inside, 20 min of 30%", 2, Some((-BEYOND_S, 1200, 0.3)), Opens::Partly),
    short("ends inside, 100 min then 20 min of 100%", 2, Some((6000, 7200 + BEYOND_S, 1.0)), Opens::Totally),
    short("ends inside, 20 min of 30%", 2, Some((6000, 7200 + BEYOND_S, 0.3)), Opens::Partly),
    short("failing all through, 60 min of 100%", 1, Some((-BEYOND_S, HOUR_S + BEYOND_S, 1.0)), Opens::Totally),
    short("failing all through, 60 min of 30%", 1, Some((-BEYOND_S, HOUR_S + BEYOND_S, 0.3)), Opens::Partly),
    short("quiet 2 h", 2, None, Opens::No),
];

const fn short(name: &'static str, hours: i64, incident: Option<(i64, i64, f64)>, opens: Opens) -> Short {
    Short { name, log_s: hours * HOUR_S, incident, opens }
}

/// What the logs of a row gave.
#[derive(Clone, Debug, Default)]
struct Row {
    logs: usize,
    all: usize,
    found: usize,
    start_s: Vec<f64>,
    end_s: Vec<f64>,
    open: (usize, usize),
    others: usize,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let rates = [0.1, 1.0, 10.0, 100.0];
    let mut jobs: Vec<(f64, usize, Order, Way)> = Vec::new();
    for (index, rate) in rates.into_iter().enumerate().rev() {
        for (number, short) in CASES.iter().enumerate() {
            let mut random = Random::new(scale.seed, "short", &format!("{rate} {}", short.name));
            let count = scale.of(60, if rate >= 100.0 { 2 } else { 6 });
            jobs.extend((0..count).map(|log| {
                let way = if rate >= 10.0 { Way::Tallies } else { Way::Files(Style::of(log, false)) };
                (rates[index], number, order(rate, short, &mut random), way)
            }));
        }
    }
    let told = side_by_side(&jobs, |(_, _, order, way)| case(order, *way));
    let mut rows: Vec<(f64, Short, Row)> = Vec::new();
    for rate in rates {
        for (number, short) in CASES.iter().enumerate() {
            let mut row = Row::default();
            for (job, case) in jobs.iter().zip(&told).filter(|(job, _)| (job.0, job.1) == (rate, number)) {
                if let Some(case) = case {
                    row.add(&job.2, case);
                }
            }
            rows.push((rate, *short, row));
        }
    }
    vec![table(scale, rows)]
}

/// A log at a random time of the day.
fn order(rate: f64, short: &Short, random: &mut Random) -> Order {
    let start_s = START_S + random.between(0, 7 * DAY_S);
    let incidents = short.incident.map(|(from, to, share)| Injected {
        kind: Kind::Step { share, length_s: (to - from) as f64 },
        from_us: (start_s + from) * 1_000_000,
        part: None,
    });
    Order { start_s, incidents: incidents.into_iter().collect(), ..Order::new(rate, short.log_s, random.next()) }
}

impl Row {
    fn add(&mut self, order: &Order, case: &crate::told::Case) {
        self.logs += 1;
        self.others += case.false_ones().count();
        for truth in &case.truths {
            let Some((start, end)) = felt(truth) else { continue };
            self.all += 1;
            let Some(told) = case.told_for(truth) else { continue };
            self.found += 1;
            self.open.0 += usize::from(told.is_open_at_start);
            self.open.1 += usize::from(told.is_open_at_end);
            self.start_s.push((told.start_s.floor() - start).abs());
            // Of one that goes on, the last failing request is not an end.
            let goes_on = told.is_open_at_end && truth.injected.to_us() > order.end_s() * 1_000_000;
            self.end_s.push(if goes_on { 0.0 } else { (told.end_s.floor() - end).abs() });
        }
    }
}

fn table(scale: &Scale, all: Vec<(f64, Short, Row)>) -> Table {
    let mut figures = Vec::new();
    let quiet = all.iter().filter(|(_, short, _)| short.incident.is_none());
    let (others, logs) = quiet.fold((0, 0), |sum, (_, _, row)| (sum.0 + row.others, sum.1 + row.logs));
    let bar = Bar::at_most("false incidents in 2-hour quiet logs", 0.0, 0.0);
    figures.push(bar.value(&Scale { is_quick: false, ..*scale }, Some(others as f64), logs, ""));
    for (what, opens, bar, goal) in
        [("total outage", Opens::Totally, 100.0, 100.0), ("30 %, log of two hours", Opens::Partly, 88.0, 95.0)]
    {
        let (mut said, mut of) = (0, 0);
        for (_, short, row) in all.iter().filter(|(_, short, _)| short.opens == opens) {
            let (from, to, _) = short.incident.unwrap_or_default();
            // Where all of a log fails in part, there is nothing to compare with, and no bar (methods, 8.9).
            if opens == Opens::Partly && from < 0 && to > short.log_s {
                continue;
            }
            for (is_open, count) in [(from < 0, row.open.0), (to > short.log_s, row.open.1)] {
                if is_open {
                    (said, of) = (said + count, of + row.found);
                }
            }
        }
        figures.push(Bar::at_least(format!("open edges said: {what}"), bar, goal).share(scale, said, of));
    }
    let row = |(rate, short, mut row): (f64, Short, Row)| {
        vec![
            per_second(rate),
            short.name.into(),
            row.logs.to_string(),
            whole_percent(row.found, row.all),
            known(quantile(&mut row.start_s, 0.9)),
            known(quantile(&mut row.end_s, 0.9)),
            format!("{} / {}", row.open.0, row.open.1),
            row.others.to_string(),
        ]
    };
    Table {
        title: "Short logs (2 h or 1 h in all, p0 0.1 %)".into(),
        columns: ["rate", "case", "n", "found", "start p90", "end p90", "open start / end said", "other incidents"]
            .map(str::to_owned)
            .to_vec(),
        rows: all.into_iter().map(row).collect(),
        figures,
    }
}
