//! Requests and failures over time in two lines of a terminal.

use super::model::{Incident, Series};
use super::text::Page;

/// Heights of a column, from one eighth on.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Under so many columns nothing can be seen.
const NARROWEST: usize = 16;

/// The lines, of one width.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chart {
    /// Requests that came, and those that should have come.
    pub(super) requests: String,
    /// Requests that failed or never came, on the same scale.
    pub(super) failed: String,
    /// `├────┤` below the incident.
    pub(super) window: String,
}

impl Chart {
    /// At most so many columns; each stands for the same number of steps.
    pub(super) fn of(incident: &Incident, series: &Series, columns: usize) -> Option<Chart> {
        let steps = series.requests.len();
        if steps < NARROWEST || columns < NARROWEST || series.requests.len() != series.failed.len() {
            return None;
        }
        let each = steps.div_ceil(columns);
        let sums = |values: &[u64]| -> Vec<u64> { values.chunks(each).map(|chunk| chunk.iter().sum()).collect() };
        let missed = sums(&series.missed);
        let with_missed = |values: &[u64]| -> Vec<u64> {
            sums(values).iter().enumerate().map(|(index, sum)| sum + missed.get(index).unwrap_or(&0)).collect()
        };
        let (requests, failed) = (with_missed(&series.requests), with_missed(&series.failed));
        let most = requests.iter().max().copied().filter(|most| *most > 0)?;
        let line = |values: &[u64]| values.iter().map(|value| bar(*value, most)).collect();
        let begins = Page::instant(&series.start).as_f64();
        let per_column = (series.step_s * each as i64) as f64;
        let column =
            |time: f64| ((time - begins) / per_column).floor().clamp(0.0, (requests.len() - 1) as f64) as usize;
        let first = column(Page::instant(&incident.start).as_f64());
        let last = column(Page::instant(&incident.start).as_f64() + incident.duration_s);
        Some(Chart { window: window(first, last, incident.ongoing), requests: line(&requests), failed: line(&failed) })
    }
}

fn bar(value: u64, most: u64) -> char {
    match value {
        0 => ' ',
        _ => BARS[((value * 8).div_ceil(most)).clamp(1, 8) as usize - 1],
    }
}

/// A line below the columns of the incident; it has no end where the incident goes on.
fn window(first: usize, last: usize, is_ongoing: bool) -> String {
    let mut line = " ".repeat(first);
    match last - first {
        0 => line.push('│'),
        between => {
            line.push('├');
            line.push_str(&"─".repeat(between - 1));
            line.push(if is_ongoing { '→' } else { '┤' });
        }
    }
    line.push_str(" the incident");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_eighths_of_the_largest() {
        assert_eq!([0, 1, 12, 13, 50, 99, 100].map(|value| bar(value, 100)), [' ', '▁', '▁', '▂', '▄', '█', '█']);
    }

    #[test]
    fn the_window_lies_below_its_columns() {
        assert_eq!(window(3, 6, false), "   ├──┤ the incident");
        assert_eq!(window(0, 2, true), "├─→ the incident");
        assert_eq!(window(2, 2, false), "  │ the incident");
    }
}
