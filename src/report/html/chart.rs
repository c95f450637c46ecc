//! The picture of requests by step of time: answered, failed, and those that never came.

use minijinja::Value;
use serde::Serialize;

use super::super::model::{Incident, Item, Report, Series};
use super::super::text::Page;
use super::super::words::{duration, number};
use super::Limits;
use super::moments::Numbered;
use super::shown::cut;
use super::svg::Svg;
use super::when::{Moment, Span, on_day};
use crate::clock::Instant;
use crate::clock::zone::Rule;

/// Pixels.
const PLOT: f64 = 180.0;
const ROW: f64 = 20.0;
const STRIP: f64 = 9.0;
/// Numbers of moments stand in one row only that far apart, in percent.
const APART: f64 = 6.0;
/// Stretches, and those of them that the legend names.
const STRIPS: usize = 24;
const KINDS: usize = 4;
/// Rows of numbers.
const ROWS: usize = 6;

/// The picture with its legend and the figures behind it.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    svg: Value,
    caption: String,
    has_failed: bool,
    has_missed: bool,
    /// Kinds of stretches in it, in words: silences and the like.
    strips: Vec<Strip>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Strip {
    class: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct Row {
    moment: Moment,
    requests: String,
    failed: String,
    missed: String,
}

/// A step of time. Several of the series are put together where there are too many for a page.
struct Step {
    start: f64,
    requests: u64,
    failed: u64,
    missed: u64,
}

impl Step {
    fn height(&self) -> u64 {
        self.requests.saturating_add(self.missed)
    }

    fn says(&self, zone: &Rule, day_of: Instant) -> String {
        let at = on_day(Instant::second(self.start as i64), day_of, zone).text;
        let requests =
            if self.requests == 1 { "1 request".into() } else { format!("{} requests", number(self.requests)) };
        let mut text = format!("{at}: {requests}");
        if self.failed > 0 {
            text += &format!(", {} failed", number(self.failed));
        }
        if self.missed > 0 {
            text += &format!(", about {} more never came", number(self.missed));
        }
        text
    }
}

/// The chart of an incident; `None` where no log of requests covers it.
pub(super) fn chart(report: &Report, incident: &Incident, moments: &[Numbered], limits: &Limits) -> Option<Chart> {
    let series = incident.series.as_ref().filter(|series| !series.requests.is_empty())?;
    let (steps, step_s) = steps(series, limits.points);
    let (zone, start) = (&report.zone, Page::instant(&incident.start));
    let layer =
        incident.impact.layer.as_deref().map_or_else(String::new, |layer| format!(" at {}", super::name(layer)));
    let caption = format!("Requests{layer}, by {}", duration(step_s));
    let strips = strips(&incident.timeline);
    let drawing = Drawing { span: Span::of(incident), id: &incident.id, zone, start };
    let svg = drawing.draw(incident, (&steps, step_s), moments, &strips, &caption);
    let rows = steps.iter().map(|step| Row {
        moment: on_day(Instant::second(step.start as i64), start, zone),
        requests: number(step.requests),
        failed: number(step.failed),
        missed: number(step.missed),
    });
    let mut kinds: Vec<Strip> = Vec::new();
    for (class, text, _, _) in &strips {
        if !kinds.iter().any(|kind| kind.text == *text) && kinds.len() < KINDS {
            kinds.push(Strip { class, text: text.clone() });
        }
    }
    Some(Chart {
        svg: Value::from_safe_string(svg),
        caption,
        has_failed: steps.iter().any(|step| step.failed > 0),
        has_missed: steps.iter().any(|step| step.missed > 0),
        strips: kinds,
        rows: rows.collect(),
    })
}

/// At most `most` steps, and how long each is.
fn steps(series: &Series, most: usize) -> (Vec<Step>, f64) {
    let count = series.requests.len();
    let together = count.div_ceil(most.max(1)).max(1);
    let step_s = series.step_s.max(1) as f64;
    let start = Page::instant(&series.start).as_f64();
    let sum = |of: &[u64], from: usize| -> u64 {
        of.iter().skip(from).take(together).fold(0, |sum, count| sum.saturating_add(*count))
    };
    let step = |from: usize| Step {
        start: start + from as f64 * step_s,
        requests: sum(&series.requests, from),
        failed: sum(&series.failed, from),
        missed: sum(&series.missed, from),
    };
    ((0..count).step_by(together).map(step).collect(), step_s * together as f64)
}

/// Stretches below the bars: class, what it is, from, to.
type Stretch = (&'static str, String, f64, f64);

fn strips(timeline: &[Item]) -> Vec<Stretch> {
    let stretch = |item: &Item| {
        let class = match item.kind {
            "hole" => "silence",
            "dip" => "dip",
            "slow" => "slow",
            _ => return None,
        };
        let place = item.host.as_deref().map_or_else(String::new, |host| format!(" on {}", super::name(host)));
        Some((
            class,
            format!("{}{place}", cut(&item.text, 100)),
            item.at.as_f64(),
            Page::instant(item.end.as_deref()?).as_f64(),
        ))
    };
    timeline.iter().filter_map(stretch).take(STRIPS).collect()
}

/// Round numbers for the axis: the largest at least `most`, three or four lines.
fn levels(most: u64) -> Vec<u64> {
    let most = most.max(1);
    let least = most.div_ceil(4);
    let unit = 10u64.pow(least.max(1).ilog10());
    let step = [1, 2, 5, 10].iter().map(|factor| unit.saturating_mul(*factor)).find(|step| *step >= least);
    let step = step.unwrap_or(least);
    (1..=most.div_ceil(step)).map(|count| count.saturating_mul(step)).collect()
}

/// In which row the number of each moment stands, so that none covers another.
pub(super) fn rows(places: &[f64]) -> Vec<usize> {
    let mut last: Vec<f64> = Vec::new();
    let mut rows = Vec::with_capacity(places.len());
    for place in places {
        let free = last.iter().position(|before| place - before >= APART).unwrap_or(last.len()).min(ROWS - 1);
        if free == last.len() {
            last.push(*place);
        } else {
            last[free] = *place;
        }
        rows.push(free);
    }
    rows
}

struct Drawing<'a> {
    span: Span,
    id: &'a str,
    zone: &'a Rule,
    start: Instant,
}

impl Drawing<'_> {
    fn draw(
        &self,
        incident: &Incident,
        (steps, step_s): (&[Step], f64),
        moments: &[Numbered],
        strips: &[Stretch],
        caption: &str,
    ) -> String {
        let seen: Vec<(f64, &Numbered)> = moments
            .iter()
            .filter(|moment| self.span.has(moment.at.as_f64()))
            .map(|moment| (self.span.percent(moment.at.as_f64()), moment))
            .collect();
        let rows = rows(&seen.iter().map(|(place, _)| *place).collect::<Vec<_>>());
        let top = rows.iter().max().map_or(6.0, |most| (*most + 1) as f64 * ROW + 6.0);
        let bottom = top + PLOT;
        let below = if strips.is_empty() { 0.0 } else { STRIP + 5.0 };
        let mut svg = Svg::begin(
            &format!("{}-chart", self.id),
            "chart",
            bottom + below + 24.0,
            caption,
            &self.description(incident, steps, step_s),
        );
        let stripes = format!("{}-chart-stripes", self.id);
        svg.stripes(&stripes, "stripes-missed");
        let (from, to) = window(incident, &self.span);
        svg.rect("window", (from, to), (top, PLOT), None);
        let levels = levels(steps.iter().map(Step::height).max().unwrap_or(0));
        let highest = levels.last().copied().unwrap_or(1) as f64;
        for level in &levels {
            let y = bottom - PLOT * *level as f64 / highest;
            svg.line("grid", (0.0, y), (100.0, y));
            svg.text("level", (0.0, y + 4.0), &number(*level));
        }
        svg.text("level", (0.0, bottom + 4.0), "0");
        for step in steps.iter().filter(|step| step.height() > 0) {
            svg.group(&step.says(self.zone, self.start), |svg| {
                self.bar(svg, step, step_s, (bottom, highest), &stripes)
            });
        }
        for edge in [from, to] {
            if edge > 0.0 && edge < 100.0 {
                svg.line("edge", (edge, top), (edge, bottom));
            }
        }
        for ((place, moment), row) in seen.iter().zip(&rows) {
            let y = 9.0 + *row as f64 * ROW;
            svg.line("stem", (*place, y + 8.0), (*place, bottom));
            svg.numbered(
                (*place, y),
                moment.number,
                &format!("{}: {} {}", moment.name, moment.moment.text, moment.text),
            );
        }
        for (class, text, begin, end) in strips {
            let place = (self.span.clamped(*begin), self.span.clamped(*end));
            svg.group(text, |svg| svg.rect(&format!("strip {class}"), place, (bottom + 3.0, STRIP), None));
        }
        svg.axis(&self.span, self.zone, bottom + below);
        svg.end()
    }

    /// Answered at the bottom, then failed, then missed.
    fn bar(&self, svg: &mut Svg, step: &Step, step_s: f64, (bottom, highest): (f64, f64), stripes: &str) {
        let (from, to) = (self.span.percent(step.start), self.span.clamped(step.start + step_s));
        let place = (from, from + (to - from) * 0.86);
        let failed = step.failed.min(step.requests);
        let mut y = bottom;
        let parts = [("answered", step.requests - failed), ("failed", failed), ("missed", step.missed)];
        for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            let height = PLOT * count as f64 / highest;
            y -= height;
            svg.rect(class, place, (y, height), (class == "missed").then_some(stripes));
        }
    }

    fn description(&self, incident: &Incident, steps: &[Step], step_s: f64) -> String {
        let sum = |of: fn(&Step) -> u64| number(steps.iter().map(of).fold(0, u64::saturating_add));
        let moment = |at: f64| on_day(Instant::second(at as i64), self.start, self.zone).text;
        let mut text = format!(
            "{} bars of {} each, from {} to {}: {} requests, {} of them failed",
            steps.len(),
            duration(step_s),
            moment(self.span.start),
            moment(self.span.end),
            sum(|step| step.requests),
            sum(|step| step.failed)
        );
        if steps.iter().any(|step| step.missed > 0) {
            text += &format!(", and about {} more never came", sum(|step| step.missed));
        }
        text += &format!(". The incident begins at {}", moment(Page::instant(&incident.start).as_f64()));
        match &incident.end {
            Some(end) => text += &format!(" and ends at {}.", moment(Page::instant(end).as_f64())),
            None => text += " and is not over when the logs end.",
        }
        text + " The table below has the same figures."
    }
}

/// The incident in percent of the width.
pub(super) fn window(incident: &Incident, span: &Span) -> (f64, f64) {
    let end = incident.end.as_deref().map_or(span.end, |end| Page::instant(end).as_f64());
    (span.clamped(Page::instant(&incident.start).as_f64()), span.clamped(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_round_and_few() {
        for (most, wanted) in
            [(0, vec![1]), (3, vec![1, 2, 3]), (76, vec![20, 40, 60, 80]), (81, vec![50, 100]), (1000, vec![500, 1000])]
        {
            assert_eq!(levels(most), wanted, "{most}");
        }
        assert!(levels(u64::MAX).len() <= 5);
    }

    #[test]
    fn numbers_that_stand_close_have_rows_of_their_own() {
        assert_eq!(rows(&[1.0, 2.0, 3.0, 9.0, 50.0]), [0, 1, 2, 0, 0]);
        assert_eq!(rows(&[1.0; 9]).into_iter().max(), Some(ROWS - 1));
    }

    #[test]
    fn a_long_series_is_put_together() {
        let series = Series {
            step_s: 10,
            start: "2026-11-24T02:00:00Z".into(),
            requests: vec![2; 1001],
            failed: vec![1; 1001],
            missed: vec![0; 3],
        };
        let (steps, step_s) = steps(&series, 100);
        assert_eq!((steps.len(), step_s), (91, 110.0));
        assert_eq!(steps.iter().map(|step| step.requests).sum::<u64>(), 2002);
        assert_eq!(steps.iter().map(|step| step.failed).sum::<u64>(), 1001);
    }
}
