//! Silences and losses (methods, 8.4): what is found by the silence alone, and how well the missed requests are told.

use crate::cases::{Bar, per_second, side_by_side, whole_percent};
use crate::frame::{Figure, Scale, Table, percent, quantile};
use crate::simulate::Kind;
use crate::spikes::{Around, Row, logs, shown};
use crate::told::{Case, Way, case, felt};

const MINUTE_S: f64 = 60.0;
const KINDS: [(&str, Kind); 11] = [
    ("hole 5s", Kind::Hole { length_s: 5.0 }),
    ("hole 30s", Kind::Hole { length_s: 30.0 }),
    ("hole 2min", Kind::Hole { length_s: 2.0 * MINUTE_S }),
    ("hole 5min", Kind::Hole { length_s: 5.0 * MINUTE_S }),
    ("hole 15min", Kind::Hole { length_s: 15.0 * MINUTE_S }),
    ("hole 60min", Kind::Hole { length_s: 60.0 * MINUTE_S }),
    ("hole 4h", Kind::Hole { length_s: 240.0 * MINUTE_S }),
    ("loss 50% 10min", Kind::Loss { share: 0.5, length_s: 10.0 * MINUTE_S }),
    ("loss 50% 30min", Kind::Loss { share: 0.5, length_s: 30.0 * MINUTE_S }),
    ("loss 80% 30min", Kind::Loss { share: 0.8, length_s: 30.0 * MINUTE_S }),
    ("loss 30% 30min", Kind::Loss { share: 0.3, length_s: 30.0 * MINUTE_S }),
];

/// What the logs of a row gave.
#[derive(Clone, Debug, Default)]
struct Silent {
    all: usize,
    found: usize,
    start_s: Vec<f64>,
    end_s: Vec<f64>,
    /// Percent of the missed requests by which their number is off.
    missed: Vec<f64>,
    /// Intervals of that number, how many of them hold the truth, and their widths in percent of it.
    ranges: usize,
    covered: usize,
    widths: Vec<f64>,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let around = Around { chronic: 0.001, is_hard: false, clients: crate::simulate::Clients::Many };
    let mut rows: Vec<Row> = Vec::new();
    for rate in [100.0, 10.0, 1.0, 0.1] {
        let incidents = if rate >= 100.0 { scale.of(25, 1) } else { scale.of(80, if rate < 10.0 { 8 } else { 4 }) };
        rows.extend(KINDS.map(|(kind, of)| Row { rate, kind, of, around, incidents }));
    }
    let mut jobs: Vec<(usize, crate::simulate::Order, Way)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let seed = scale.seed * 1_000_003 + 104_729 * (index as u64 + 1);
        jobs.extend(logs(scale, row, seed).into_iter().map(|(order, way)| (index, order, way)));
    }
    let told = side_by_side(&jobs, |(_, order, way)| case(order, *way));
    let mut all: Vec<(Row, Silent)> = rows.into_iter().map(|row| (row, Silent::default())).collect();
    for ((index, _, _), case) in jobs.iter().zip(told) {
        if let (Some((_, silent)), Some(case)) = (all.get_mut(*index), case) {
            silent.add(&case);
        }
    }
    vec![table(scale, &all)]
}

impl Silent {
    fn add(&mut self, case: &Case) {
        for truth in &case.truths {
            let Some((start, end)) = felt(truth) else { continue };
            self.all += 1;
            let Some(told) = case.told_for(truth) else { continue };
            self.found += 1;
            // The edges lie between requests: whole seconds of logs are nearer than one second.
            let off = |told: f64, true_s: f64| ((told - true_s).abs() - 1.0).max(0.0).ceil();
            self.start_s.push(off(told.start_s, start));
            self.end_s.push(off(told.end_s, end));
            let missed = truth.missed as f64;
            self.missed.push(100.0 * (told.missed - missed).abs() / missed.max(1.0));
            if let Some((low, high)) = told.missed_range {
                self.ranges += 1;
                self.covered += usize::from((low - 0.5..=high + 0.5).contains(&missed));
                self.widths.push(100.0 * (high - low) / told.missed.max(1.0));
            }
        }
    }
}

fn table(scale: &Scale, all: &[(Row, Silent)]) -> Table {
    let mut rows = Vec::new();
    for rate in [0.1, 1.0, 10.0, 100.0] {
        for (row, silent) in all.iter().filter(|(row, _)| row.rate == rate) {
            let mut silent = silent.clone();
            let missed = [0.5, 0.9].map(|share| quantile(&mut silent.missed, share));
            rows.push(vec![
                per_second(rate),
                row.kind.into(),
                silent.all.to_string(),
                whole_percent(silent.found, silent.all),
                shown(quantile(&mut silent.start_s, 0.9), ""),
                shown(quantile(&mut silent.end_s, 0.9), ""),
                match missed {
                    [Some(median), Some(most)] => format!("{median:.1} % / {most:.1} %"),
                    _ => "–".into(),
                },
                whole_percent(silent.covered, silent.ranges),
                quantile(&mut silent.widths, 0.5).map_or_else(|| "–".into(), |width| format!("{width:.0}%")),
            ]);
        }
    }
    Table {
        title: "Silences and losses, by the silence alone".into(),
        columns: [
            "rate",
            "kind",
            "n",
            "found",
            "start p90",
            "end p90",
            "missed error p50 / p90",
            "cover 95 %",
            "width",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        figures: figures(scale, all),
    }
}

/// The rows of methods, 8.9, that this table answers.
fn figures(scale: &Scale, all: &[(Row, Silent)]) -> Vec<Figure> {
    let sum = |rates: &[f64], wanted: &dyn Fn(&Row) -> bool| {
        let mut sum = Silent::default();
        for (_, row) in all.iter().filter(|(row, _)| rates.contains(&row.rate) && wanted(row)) {
            sum.all += row.all;
            sum.found += row.found;
            sum.start_s.extend(&row.start_s);
            sum.end_s.extend(&row.end_s);
            sum.missed.extend(&row.missed);
        }
        sum
    };
    let is_hole = |row: &Row| matches!(row.of, Kind::Hole { .. });
    let busy = [10.0, 100.0];
    let mut figures = Vec::new();
    for (what, rates, bar) in [("1/s", &[1.0][..], 97.0), ("≥ 10/s", &busy, 100.0)] {
        let sum = sum(rates, &|row| is_hole(row) && row.of.length_s() >= 300.0);
        let bar = Bar::at_least(format!("holes ≥ 5 min found by silence alone, {what}"), bar, 100.0);
        figures.push(bar.share(scale, sum.found, sum.all));
    }
    for (what, rates, bar, goal) in [("1/s", &[1.0][..], 10.0, 5.0), ("≥ 10/s", &busy, 1.0, 0.0)] {
        let mut edges = sum(rates, &is_hole);
        edges.start_s.append(&mut edges.end_s);
        let bar = Bar::at_most(format!("hole edges p90, {what}"), bar, goal);
        figures.push(bar.quantile(scale, &mut edges.start_s, 0.9, " s"));
    }
    for (what, kind, rates, bar) in [
        ("80 % for 30 min, ≥ 1/s", "loss 80% 30min", &[1.0, 10.0, 100.0][..], 98.0),
        ("50 % for 30 min, ≥ 10/s", "loss 50% 30min", &busy, 95.0),
    ] {
        let sum = sum(rates, &|row| row.kind == kind);
        figures.push(Bar::at_least(format!("partial loss found: {what}"), bar, 100.0).share(scale, sum.found, sum.all));
    }
    let mut long = sum(&[1.0, 10.0, 100.0], &|row| is_hole(row) && row.of.length_s() >= 900.0);
    for (share, word, bar, goal) in [(0.5, "p50", 9.0, 6.0), (0.9, "p90", 25.0, 15.0)] {
        let bar = Bar::at_most(format!("missed requests, holes ≥ 15 min, ≥ 1/s: error {word}"), bar, goal);
        figures.push(bar.quantile(scale, &mut long.missed, share, " %"));
    }
    figures.extend(coverage(scale, all));
    figures
}

/// How often the interval of the missed requests holds the truth, on average over the rows with enough of them.
fn coverage(scale: &Scale, all: &[(Row, Silent)]) -> Vec<Figure> {
    let least = scale.of(25, 4);
    let rows = all.iter().filter(|(_, silent)| silent.ranges >= least);
    let shares: Vec<f64> = rows.clone().filter_map(|(_, silent)| percent(silent.covered, silent.ranges)).collect();
    let cases = rows.map(|(_, silent)| silent.ranges).sum();
    let mean = (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64);
    vec![
        Bar::at_least("coverage of the 95 % interval of missed requests, at least", 90.0, 93.0)
            .value(scale, mean, cases, " %"),
        Bar::at_most("coverage of the 95 % interval of missed requests, at most", 99.0, 97.0)
            .value(scale, mean, cases, " %"),
    ]
}
