//! Quiet months (methods, 8.2): how often something is told though nothing happened.

use crate::cases::{Bar, per_second, side_by_side};
use crate::frame::{Figure, Scale, Table};
use crate::logs::Style;
use crate::simulate::{DAY_S, Order};
use crate::told::{Way, case};

const RATES: [f64; 4] = [0.1, 1.0, 10.0, 100.0];
const CHRONIC: [f64; 3] = [0.0001, 0.001, 0.01];
/// Days of a month; in the quick form only its first ten are looked at.
const MONTH: usize = 30;
const FIRST_DAYS: usize = 10;

/// A quiet month.
struct Month {
    rate: f64,
    chronic: f64,
    is_hard: bool,
    days: usize,
    seed: u64,
    way: Way,
}

/// What was told of it.
#[derive(Clone, Copy, Debug, Default)]
struct False {
    spikes: usize,
    holes: usize,
    dips: usize,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let months = months(scale);
    let told = side_by_side(&months, false_ones);
    let all: Vec<(&Month, False)> =
        months.iter().zip(told).filter_map(|(month, told)| told.map(|told| (month, told))).collect();
    vec![spikes(scale, &all), silences(scale, &all)]
}

/// All months, the long ones first.
fn months(scale: &Scale) -> Vec<Month> {
    let mut months = Vec::new();
    for rate in RATES.into_iter().rev() {
        for (cell, chronic) in CHRONIC.into_iter().enumerate() {
            for is_hard in [false, true] {
                let count = match (rate >= 100.0, is_hard) {
                    (true, false) => scale.of(4, 0),
                    (true, true) => scale.of(3, 0),
                    (false, false) => scale.of(24, if rate < 1.0 { 6 } else { 2 }),
                    (false, true) => scale.of(12, if rate < 1.0 { 3 } else { 1 }),
                };
                for index in 0..count {
                    // Of the busy months the first of each cell are files: two of each plain cell make six.
                    let is_file = rate < 10.0 || rate < 100.0 && !is_hard && index < scale.of(2, 0);
                    let style = Style::of(index + cell, rate >= 10.0);
                    let seed = scale.seed * 1_000_003 + months.len() as u64;
                    let way = if is_file { Way::Files(style) } else { Way::Tallies };
                    let days = scale.of(MONTH, FIRST_DAYS);
                    months.push(Month { rate, chronic, is_hard, days, seed, way });
                }
            }
        }
    }
    months
}

fn false_ones(month: &Month) -> Option<False> {
    let order = Order {
        chronic: month.chronic,
        is_hard: month.is_hard,
        has_surges: month.is_hard,
        ..Order::new(month.rate, month.days as i64 * DAY_S, month.seed)
    };
    let mut count = False::default();
    for told in case(&order, month.way)?.told {
        *match told.shape {
            pmtrace::analysis::finding::Shape::Dip => &mut count.dips,
            _ if told.is_silence() => &mut count.holes,
            _ => &mut count.spikes,
        } += 1;
    }
    Some(count)
}

fn spikes(scale: &Scale, all: &[(&Month, False)]) -> Table {
    let cell = |rate: f64, chronic: f64, is_hard: bool| {
        let own =
            all.iter().filter(|(month, _)| (month.rate, month.chronic, month.is_hard) == (rate, chronic, is_hard));
        own.fold((0, 0), |(told, months), (_, own)| (told + own.spikes, months + 1))
    };
    let part = scale.of(MONTH, FIRST_DAYS) as f64 / MONTH as f64;
    let columns = [(false, ""), (true, "hard ")].into_iter().flat_map(|(is_hard, word)| {
        CHRONIC.into_iter().map(move |chronic| (is_hard, chronic, format!("{word}{} %", chronic * 100.0)))
    });
    let columns: Vec<_> = columns.collect();
    let rows = RATES.into_iter().map(|rate| {
        let cells = columns.iter().map(|(is_hard, chronic, _)| match cell(rate, *chronic, *is_hard) {
            (_, 0) => "–".into(),
            (told, months) => format!("{told} in {months}"),
        });
        std::iter::once(per_second(rate)).chain(cells).collect()
    });
    let sum = |is_hard: bool| {
        let own = all.iter().filter(|(month, _)| month.is_hard == is_hard);
        own.fold((0, 0), |(told, months), (_, own)| (told + own.spikes, months + 1))
    };
    let (plain, hard) = (sum(false), sum(true));
    let cells = RATES.into_iter().flat_map(|rate| CHRONIC.into_iter().map(move |chronic| cell(rate, chronic, true)));
    let worst = cells
        .filter(|(_, months)| *months > 0)
        .max_by(|one, other| (one.0 as f64 / one.1 as f64).total_cmp(&(other.0 as f64 / other.1 as f64)));
    let mut figures = vec![
        Bar::at_most("false spikes a quiet month, plain noise", 0.03, 0.0).rate(scale, plain.0, part * plain.1 as f64),
        Bar::at_most("false spikes a quiet month, hard noise", 0.25, 0.1).rate(scale, hard.0, part * hard.1 as f64),
    ];
    let bar = Bar::at_most("false spikes a quiet month, hard noise, worst cell", 1.0, 0.1);
    figures.extend(worst.map(|(told, months)| bar.rate(scale, told, part * months as f64)));
    Table {
        title: format!(
            "False incidents from spikes in quiet {}, by chronic share",
            if scale.is_quick { "thirds of months" } else { "months" }
        ),
        columns: std::iter::once("rate".to_owned()).chain(columns.iter().map(|column| column.2.clone())).collect(),
        rows: rows.collect(),
        figures,
    }
}

fn silences(scale: &Scale, all: &[(&Month, False)]) -> Table {
    let of = |rate: Option<f64>, is_hard: bool| -> (usize, usize, usize) {
        let own =
            all.iter().filter(|(month, _)| rate.is_none_or(|rate| month.rate == rate) && month.is_hard == is_hard);
        own.fold((0, 0, 0), |sum, (_, own)| (sum.0 + own.holes, sum.1 + own.dips, sum.2 + 1))
    };
    let part = scale.of(MONTH, FIRST_DAYS) as f64 / MONTH as f64;
    let a_month = |count: usize, months: usize| match months {
        0 => "–".into(),
        months => format!("{:.3}", count as f64 / (part * months as f64)),
    };
    let rows = RATES.into_iter().map(|rate| {
        let (plain, surges) = (of(Some(rate), false), of(Some(rate), true));
        let cells = [(plain.0, plain.2), (plain.1, plain.2), (surges.0, surges.2), (surges.1, surges.2)];
        std::iter::once(per_second(rate)).chain(cells.into_iter().map(|(count, of)| a_month(count, of))).collect()
    });
    let figure = |what: &str, (holes, dips, months): (usize, usize, usize)| -> Figure {
        Bar::at_most(what, 0.4, 0.1).rate(scale, holes + dips, part * months as f64)
    };
    Table {
        title: "False holes and dips a quiet month".into(),
        columns: ["rate", "false holes", "false dips", "holes, with surges", "dips, with surges"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        figures: vec![
            figure("false holes and dips a quiet month", of(None, false)),
            figure("false holes and dips a quiet month, with surges", of(None, true)),
        ],
    }
}
