//! Incidents of failing requests (methods, 8.3): how many are found, and how exact their edges and shares are.

use crate::cases::{Bar, per_second, side_by_side, spread, whole_percent};
use crate::frame::{Figure, Scale, Table, number, percent};
use crate::logs::Style;
use crate::random::Random;
use crate::simulate::{Clients, DAY_S, Kind, Order, START_S, apart};
use crate::told::{Case, Way, case, felt};

/// What a row measures, by its name in the table.
pub(crate) const KINDS: [(&str, Kind); 13] = [
    ("step 2% 30min", Kind::Step { share: 0.02, length_s: 1800.0 }),
    ("step 5% 30min", Kind::Step { share: 0.05, length_s: 1800.0 }),
    ("step 30% 30min", Kind::Step { share: 0.3, length_s: 1800.0 }),
    ("step 100% 30min", Kind::Step { share: 1.0, length_s: 1800.0 }),
    ("step 5% 10min", Kind::Step { share: 0.05, length_s: 600.0 }),
    ("step 30% 5min", Kind::Step { share: 0.3, length_s: 300.0 }),
    ("step 100% 5min", Kind::Step { share: 1.0, length_s: 300.0 }),
    ("burst 100% 60s", Kind::Step { share: 1.0, length_s: 60.0 }),
    ("burst 100% 20s", Kind::Step { share: 1.0, length_s: 20.0 }),
    ("climb 0-30% 20min", Kind::Climb { to: 0.3, length_s: 1200.0 }),
    ("climb 0-30% 60min", Kind::Climb { to: 0.3, length_s: 3600.0 }),
    ("flap 100% 2on/3off x5", Kind::Flap { share: 1.0, on_s: 120.0, off_s: 180.0, times: 5 }),
    ("flap 50% 1on/1off x8", Kind::Flap { share: 0.5, on_s: 60.0, off_s: 60.0, times: 8 }),
];
const HARD: [&str; 5] = ["step 2% 30min", "step 5% 30min", "step 30% 5min", "step 100% 5min", "climb 0-30% 20min"];
const FEW: [&str; 5] = ["step 2% 30min", "step 5% 30min", "step 30% 5min", "step 100% 5min", "burst 100% 60s"];

/// Rows so near their bars that a few incidents decide: they have more (methods, 8.9).
const CLOSE: [(f64, &str); 4] =
    [(1.0, "step 2% 30min"), (1.0, "burst 100% 60s"), (1.0, "climb 0-30% 20min"), (10.0, "step 5% 30min")];

/// Days of a log, in the full and in the quick form, and incidents in it, the more in large ones. Four short ones that
/// are alike would be told as recurring, and rightly so (methods, 1.5).
const LOG: (usize, usize) = (10, 4);
const A_LOG: (usize, usize) = (3, 8);
/// Incidents of a day's log, as long as each has hours of its own.
const A_DAY: usize = 3;

/// What surrounds the incidents of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Around {
    pub(crate) chronic: f64,
    pub(crate) is_hard: bool,
    pub(crate) clients: Clients,
}

const PLAIN: Around = Around { chronic: 0.001, is_hard: false, clients: Clients::Many };

/// A row of incidents of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) rate: f64,
    pub(crate) kind: &'static str,
    pub(crate) of: Kind,
    pub(crate) around: Around,
    pub(crate) incidents: usize,
}

/// What the row gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// Incidents that hit a request.
    pub(crate) all: usize,
    pub(crate) found: usize,
    /// Seconds by which the edges are off, of those that were found.
    pub(crate) start_s: Vec<f64>,
    pub(crate) end_s: Vec<f64>,
    /// Percentage points by which the share is off.
    pub(crate) share: Vec<f64>,
    /// Intervals of the share, and how many of them hold the truth.
    pub(crate) ranges: usize,
    pub(crate) covered: usize,
    /// Of how many it is told whether they climbed, and which did.
    pub(crate) shapes: usize,
    pub(crate) climbs: usize,
    /// What was told though nothing was there, and in how many days.
    pub(crate) false_ones: usize,
    pub(crate) days: f64,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let kind = |name: &str| KINDS.into_iter().find(|(own, _)| *own == name);
    let mut rows: Vec<Row> = Vec::new();
    for rate in [100.0, 10.0, 1.0, 0.1] {
        rows.extend(KINDS.map(|(kind, of)| {
            let incidents = match rate {
                100.0 => scale.of(30, 2),
                rate if CLOSE.contains(&(rate, kind)) => scale.of(320, if rate < 10.0 { 16 } else { 4 }),
                rate => scale.of(80, if rate < 10.0 { 16 } else { 4 }),
            };
            Row { rate, kind, of, around: PLAIN, incidents }
        }));
    }
    for rate in [10.0, 1.0, 0.1] {
        let hard = Around { is_hard: true, ..PLAIN };
        let incidents = scale.of(40, 4);
        rows.extend(HARD.into_iter().filter_map(kind).map(|(kind, of)| Row {
            rate,
            kind,
            of,
            around: hard,
            incidents,
        }));
        if scale.is_quick && rate >= 10.0 {
            continue;
        }
        let few = Around { chronic: 0.01, clients: Clients::Few(12), ..PLAIN };
        let new = Around { clients: Clients::New, ..PLAIN };
        let sessions = Around { clients: Clients::Sessions, ..PLAIN };
        for around in [few, new, sessions] {
            let incidents = scale.of(40, 4);
            rows.extend(FEW.into_iter().filter_map(kind).map(|(kind, of)| Row { rate, kind, of, around, incidents }));
        }
    }
    let measured: Vec<(Row, Measured)> = measured(scale, rows);
    vec![plain(scale, &measured), hard(&measured), few(&measured)]
}

/// A log of one row.
struct Job {
    row: usize,
    order: Order,
    way: Way,
}

/// Makes the logs of all rows, and compares.
fn measured(scale: &Scale, rows: Vec<Row>) -> Vec<(Row, Measured)> {
    let mut jobs = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let seed = scale.seed * 1_000_003 + 7919 * (index as u64 + 1);
        jobs.extend(logs(scale, row, seed).into_iter().map(|(order, way)| Job { row: index, order, way }));
    }
    let told = side_by_side(&jobs, |job| case(&job.order, job.way));
    let mut all: Vec<(Row, Measured)> = rows.into_iter().map(|row| (row, Measured::default())).collect();
    for (job, case) in jobs.iter().zip(told) {
        if let (Some((row, measured)), Some(case)) = (all.get_mut(job.row), case) {
            measured.add(row, &case);
        }
    }
    all
}

/// The logs of a row: of ten days with several incidents each; at 100/s the first is a day, as files.
pub(crate) fn logs(scale: &Scale, row: &Row, seed: u64) -> Vec<(Order, Way)> {
    let mut random = Random::new(seed, "spikes", row.kind);
    let mut logs = Vec::new();
    let mut left = row.incidents;
    let a_log = if row.rate >= 10.0 && !scale.is_quick { A_LOG.1 } else { A_LOG.0 };
    while left > 0 {
        let number = logs.len();
        let is_day = row.rate >= 100.0 && (number == 0 || scale.is_quick);
        let (length_s, most) = if is_day { (DAY_S, A_DAY) } else { (scale.of(LOG.0, LOG.1) as i64 * DAY_S, a_log) };
        let count = left.min(if row.of.length_s() > 7200.0 && is_day { 1 } else { most });
        let way = match (row.rate >= 10.0, is_day && !scale.is_quick) {
            (false, _) => Way::Files(Style::of(number + seed as usize, false)),
            (true, true) => Way::Files(Style::of(seed as usize, true)),
            (true, false) => Way::Tallies,
        };
        // Each log begins on another day of the week.
        let start_s = START_S + random.between(0, 7) * DAY_S;
        let order = Order {
            chronic: row.around.chronic,
            is_hard: row.around.is_hard,
            has_surges: row.around.is_hard,
            clients: row.around.clients,
            start_s,
            incidents: apart(row.of, count, (start_s, length_s), &mut random),
            ..Order::new(row.rate, length_s, random.next())
        };
        logs.push((order, way));
        left -= count;
    }
    logs
}

impl Measured {
    /// Adds what a log of the row gave.
    pub(crate) fn add(&mut self, row: &Row, case: &Case) {
        for truth in &case.truths {
            let Some((start, end)) = felt(truth) else { continue };
            self.all += 1;
            let Some(told) = case.told_for(truth) else { continue };
            self.found += 1;
            self.start_s.push((told.start_s.floor() - start).abs());
            self.end_s.push((told.end_s.floor() - end).abs());
            if let Some(percent) = told.percent {
                self.share.push((percent - truth.percent()).abs());
            }
            self.shapes += usize::from(told.is_climb.is_some());
            self.climbs += usize::from(told.is_climb == Some(true));
            if let (Kind::Step { share, .. }, Some((low, high))) = (row.of, told.range) {
                // The chronic part may be in it, or may have been taken off.
                let most = 100.0 * (share + (1.0 - share) * row.around.chronic);
                self.ranges += 1;
                self.covered += usize::from(low <= most + 0.005 && high >= 100.0 * share - 0.005);
            }
        }
        self.false_ones += case.false_ones().count();
        self.days += case.length_s as f64 / DAY_S as f64;
    }

    fn exact(errors: &[f64]) -> usize {
        errors.iter().filter(|error| **error < 0.5).count()
    }

    /// False incidents in ten days.
    pub(crate) fn false_rate(&self) -> String {
        format!("{:.2}", 10.0 * self.false_ones as f64 / self.days.max(1.0))
    }
}

fn is_step(kind: &Kind) -> bool {
    matches!(kind, Kind::Step { .. })
}

fn plain(scale: &Scale, all: &[(Row, Measured)]) -> Table {
    let own: Vec<&(Row, Measured)> = all.iter().filter(|(row, _)| row.around == PLAIN).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for rate in [0.1, 1.0, 10.0, 100.0] {
        for (row, measured) in own.iter().filter(|(row, _)| row.rate == rate) {
            let mut measured = measured.clone();
            let exact =
                |errors: &[f64]| percent(Measured::exact(errors), errors.len()).map(|share| format!("{share:.0}"));
            let dash = || "–".to_owned();
            rows.push(vec![
                per_second(rate),
                row.kind.into(),
                measured.all.to_string(),
                whole_percent(measured.found, measured.all),
                spread(&mut measured.start_s, 0),
                spread(&mut measured.end_s, 0),
                format!(
                    "{} / {}",
                    exact(&measured.start_s).unwrap_or_else(dash),
                    exact(&measured.end_s).unwrap_or_else(dash)
                ),
                spread(&mut measured.share, 2),
                if is_step(&row.of) { whole_percent(measured.covered, measured.ranges) } else { dash() },
            ]);
        }
    }
    Table {
        title: "Incidents of failing requests".into(),
        columns: [
            "rate",
            "kind",
            "n",
            "found",
            "start p50 / p90",
            "end p50 / p90",
            "exact start / end %",
            "share error p50 / p90",
            "Wilson",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        figures: figures(scale, &own),
    }
}

/// The rows of methods, 8.9, that this table answers.
fn figures(scale: &Scale, own: &[&(Row, Measured)]) -> Vec<Figure> {
    let sum = |rates: &[f64], kinds: &[&str]| {
        let mut sum = Measured::default();
        for (_, row) in own.iter().filter(|(row, _)| rates.contains(&row.rate) && kinds.contains(&row.kind)) {
            sum.all += row.all;
            sum.found += row.found;
            sum.start_s.extend(&row.start_s);
            sum.end_s.extend(&row.end_s);
            sum.share.extend(&row.share);
            sum.shapes += row.shapes;
            sum.climbs += row.climbs;
        }
        sum
    };
    let found = |what: &str, rates: &[f64], kinds: &[&str], bar: f64, goal: f64| {
        let sum = sum(rates, kinds);
        Bar::at_least(format!("found: {what}"), bar, goal).share(scale, sum.found, sum.all)
    };
    let total = ["step 100% 30min", "step 100% 5min", "step 30% 30min"];
    let mut figures = vec![
        found("100 % for ≥ 5 min, 30 % for 30 min, ≥ 1/s", &[1.0, 10.0, 100.0], &total, 100.0, 100.0),
        found("100 % and 30 % for 30 min, 0.1/s", &[0.1], &["step 100% 30min", "step 30% 30min"], 97.0, 100.0),
        found("100 % for 5 min, 0.1/s", &[0.1], &["step 100% 5min"], 86.0, 92.0),
        found("5 % for 30 min, ≥ 1/s", &[1.0, 10.0, 100.0], &["step 5% 30min"], 99.0, 100.0),
        found("5 % for 30 min, 0.1/s", &[0.1], &["step 5% 30min"], 48.0, 65.0),
        found("2 % for 30 min, 1/s", &[1.0], &["step 2% 30min"], 97.0, 100.0),
        found("2 % for 30 min, ≥ 10/s", &[10.0, 100.0], &["step 2% 30min"], 100.0, 100.0),
        found("100 % for 60 s, 1/s", &[1.0], &["burst 100% 60s"], 97.0, 100.0),
        found("100 % for 20 s, 1/s", &[1.0], &["burst 100% 20s"], 73.0, 85.0),
    ];
    let sharp =
        ["step 100% 30min", "step 100% 5min", "burst 100% 60s", "burst 100% 20s", "step 30% 30min", "step 30% 5min"];
    for (what, rates, bar, goal) in [("≥ 10/s", &[10.0, 100.0][..], 96.0, 100.0), ("1/s", &[1.0], 94.0, 99.0)] {
        let sum = sum(rates, &sharp);
        let exact = Measured::exact(&sum.start_s) + Measured::exact(&sum.end_s);
        let bar =
            Bar::at_least(format!("edges of total outages and 30 % steps exact to the second, {what}"), bar, goal);
        figures.push(bar.share(scale, exact, sum.start_s.len() + sum.end_s.len()));
    }
    for (kind, bars) in [
        ("step 5% 30min", [(1.0, 45.0, 30.0), (10.0, 2.0, 0.0), (100.0, 1.0, 0.0)]),
        ("step 2% 30min", [(1.0, 180.0, 100.0), (10.0, 22.0, 12.0), (100.0, 4.0, 3.0)]),
        ("climb 0-30% 20min", [(1.0, 150.0, 100.0), (10.0, 50.0, 40.0), (100.0, 26.0, 18.0)]),
    ] {
        for (rate, bar, goal) in bars {
            let mut sum = sum(&[rate], &[kind]);
            let bar = Bar::at_most(format!("start p90 of a {kind}, {}", per_second(rate)), bar, goal);
            figures.push(bar.quantile(scale, &mut sum.start_s, 0.9, " s"));
        }
    }
    let long = KINDS.into_iter().filter(|(_, kind)| is_step(kind) && kind.length_s() >= 300.0).map(|(name, _)| name);
    let long: Vec<&str> = long.collect();
    for (what, rates, bar, goal) in [("1/s", &[1.0][..], 0.7, 0.5), ("≥ 10/s", &[10.0, 100.0], 0.2, 0.15)] {
        let mut sum = sum(rates, &long);
        let bar = Bar::at_most(format!("share of failing requests, error p90, steps ≥ 5 min, {what}"), bar, goal);
        figures.push(bar.quantile(scale, &mut sum.share, 0.9, " points"));
    }
    let climbs = sum(&[10.0, 100.0], &["climb 0-30% 20min", "climb 0-30% 60min"]);
    let bar = Bar::at_least("climbs recognised, ≥ 10/s", 97.0, 100.0);
    figures.push(bar.share(scale, climbs.climbs, climbs.shapes));
    let steps: Vec<&str> = KINDS.into_iter().filter(|(_, kind)| is_step(kind)).map(|(name, _)| name).collect();
    let steps = sum(&[1.0, 10.0, 100.0], &steps);
    figures.push(Bar::at_most("steps called climbs, ≥ 1/s", 1.0, 0.0).share(scale, steps.climbs, steps.shapes));
    figures.extend(coverage(scale, own));
    figures
}

/// How often the intervals of shares hold the truth, on average over the rows of steps at 1/s and more.
fn coverage(scale: &Scale, own: &[&(Row, Measured)]) -> Vec<Figure> {
    let rows = own.iter().filter(|(row, measured)| row.rate >= 1.0 && is_step(&row.of) && measured.ranges > 0);
    let shares: Vec<f64> = rows.clone().filter_map(|(_, row)| percent(row.covered, row.ranges)).collect();
    let cases = rows.map(|(_, row)| row.ranges).sum();
    let mean = (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64);
    vec![
        Bar::at_least("coverage of the share's 95 % interval, steps ≥ 1/s, at least", 90.0, 93.0)
            .value(scale, mean, cases, " %"),
        Bar::at_most("coverage of the share's 95 % interval, steps ≥ 1/s, at most", 99.0, 97.0)
            .value(scale, mean, cases, " %"),
    ]
}

fn hard(all: &[(Row, Measured)]) -> Table {
    let mut rows = Vec::new();
    for rate in [0.1, 1.0, 10.0] {
        for (row, measured) in all.iter().filter(|(row, _)| row.around.is_hard && row.rate == rate) {
            let mut measured = measured.clone();
            rows.push(vec![
                per_second(rate),
                row.kind.into(),
                whole_percent(measured.found, measured.all),
                spread(&mut measured.start_s, 0),
                spread(&mut measured.end_s, 0),
                measured.false_rate(),
            ]);
        }
    }
    Table {
        title: "With the hard noise around them".into(),
        columns: ["rate", "kind", "found", "start p50 / p90", "end p50 / p90", "false incidents per 10 days"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        figures: Vec::new(),
    }
}

fn few(all: &[(Row, Measured)]) -> Table {
    let mut rows = Vec::new();
    for (clients, name) in [
        (Clients::Few(12), "12 clients in all, p0 1 %"),
        (Clients::New, "each request a new client, p0 0.1 %"),
        (Clients::Sessions, "each session one client, p0 0.1 %"),
    ] {
        for rate in [0.1, 1.0, 10.0] {
            for (row, measured) in all.iter().filter(|(row, _)| row.around.clients == clients && row.rate == rate) {
                let mut measured = measured.clone();
                rows.push(vec![
                    name.into(),
                    per_second(rate),
                    row.kind.into(),
                    whole_percent(measured.found, measured.all),
                    spread(&mut measured.start_s, 0),
                    spread(&mut measured.end_s, 0),
                    spread(&mut measured.share, 2),
                    measured.false_rate(),
                ]);
            }
        }
    }
    Table {
        title: "Few clients, nothing but new ones, and sessions of one client each".into(),
        columns: [
            "clients",
            "rate",
            "kind",
            "found",
            "start p50 / p90",
            "end p50 / p90",
            "share error p50 / p90",
            "false per 10 days",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        figures: vec![],
    }
}

/// A figure with its digits, for other tables.
pub(crate) fn shown(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{}{unit}", number(value)))
}
