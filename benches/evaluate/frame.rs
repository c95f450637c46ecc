//! What every table of the evaluation is made of, and how it is printed.

use std::fmt::Write as _;

/// How much is measured, and on which logs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// A sample that takes two minutes in all.
    pub(crate) is_quick: bool,
    /// Other logs of the same kinds.
    pub(crate) seed: u64,
}

impl Scale {
    /// The number for the full evaluation, or for the quick one.
    pub(crate) fn of(&self, full: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { full }
    }
}

/// A table of figures, as it stands in README.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// What the table says of the program as a whole.
    pub(crate) figures: Vec<Figure>,
}

/// Which side of its bar a figure must lie on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    AtMost,
    AtLeast,
}

/// A figure with the least that it must reach, and what is worth trying for.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) what: String,
    /// `None` where too few cases were measured to tell.
    pub(crate) reached: Option<f64>,
    /// Cases behind it.
    pub(crate) of: usize,
    pub(crate) side: Side,
    pub(crate) bar: f64,
    pub(crate) goal: f64,
    /// ` %`, ` s`, ` ms`, or nothing.
    pub(crate) unit: &'static str,
}

impl Figure {
    #[allow(clippy::too_many_arguments)] // one for each column of the summary
    pub(crate) fn of(
        what: &str,
        reached: Option<f64>,
        of: usize,
        side: Side,
        bar: f64,
        goal: f64,
        unit: &'static str,
    ) -> Figure {
        Figure { what: what.into(), reached, of, side, bar, goal, unit }
    }

    fn meets(&self, limit: f64) -> Option<bool> {
        self.reached.map(|reached| match self.side {
            Side::AtMost => reached <= limit + 1e-9,
            Side::AtLeast => reached >= limit - 1e-9,
        })
    }

    /// Whether it reaches its bar; what was not measured does.
    pub(crate) fn is_met(&self) -> bool {
        self.meets(self.bar) != Some(false)
    }

    fn row(&self) -> Vec<String> {
        let sign = if self.side == Side::AtMost { "≤" } else { "≥" };
        let limit = |value: f64| format!("{sign} {}{}", number(value), self.unit);
        let verdict = match (self.meets(self.goal), self.meets(self.bar)) {
            (Some(true), _) => "goal",
            (_, Some(true)) => "bar",
            (_, Some(false)) => "**missed**",
            _ => "not measured",
        };
        vec![
            self.what.clone(),
            self.reached.map_or_else(|| "–".into(), |reached| format!("{}{}", number(reached), self.unit)),
            self.of.to_string(),
            limit(self.bar),
            limit(self.goal),
            verdict.into(),
        ]
    }
}

/// The tables' figures against their bars, as a table.
pub(crate) fn summary(tables: &[Table]) -> Table {
    Table {
        title: "What must be reached".into(),
        columns: ["what", "reached", "cases", "bar", "goal", "meets"].map(str::to_owned).to_vec(),
        rows: tables.iter().flat_map(|table| &table.figures).map(Figure::row).collect(),
        figures: Vec::new(),
    }
}

/// The table in Markdown.
pub(crate) fn markdown(table: &Table) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("### {}\n\n{}", table.title, line(&table.columns));
    let _ = writeln!(text, "|{}", " --- |".repeat(table.columns.len()));
    table.rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// A number with as many digits as it can bear.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == v.trunc() => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// The value under which `share` of the sorted values lie.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let index = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1)) - 1;
    values.get(index).copied()
}

/// `part` of `of` in percent; `None` of nothing.
pub(crate) fn percent(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| 100.0 * part as f64 / of as f64)
}
