//! Lanes as a picture.

use super::super::super::model::Incident;
use super::super::Limits;
use super::super::chart::window;
use super::super::shown::cut;
use super::super::svg::Svg;
use super::super::when::Span;
use super::{Hold, Lane, Run, Sign, State};
use crate::clock::zone::Rule;

/// Pixels.
const LABEL: f64 = 20.0;
const BAR: f64 = 16.0;
const HELD: f64 = 18.0;
const GAP: f64 = 10.0;
/// Letters of a label.
const LETTERS: usize = 60;

/// Where the parts of a lane stand.
fn height(lane: &Lane) -> f64 {
    LABEL + BAR + GAP + if lane.hold.is_some() { HELD } else { 0.0 }
}

pub(super) fn draw(incident: &Incident, lanes: &[Lane], span: &Span, zone: &Rule, limits: &Limits) -> String {
    let bottom: f64 = lanes.iter().map(height).sum::<f64>() + 4.0;
    let id = format!("{}-lanes", incident.id);
    let mut svg = Svg::begin(&id, "lanes", bottom + 24.0, super::title(incident), &description(lanes));
    let stripes = format!("{id}-stripes");
    svg.stripes(&stripes, "stripes-held");
    let (from, to) = window(incident, span);
    svg.rect("window", (from, to), (0.0, bottom), None);
    for edge in [from, to] {
        if edge > 0.0 && edge < 100.0 {
            svg.line("edge", (edge, 0.0), (edge, bottom));
        }
    }
    let mut top = 0.0;
    for lane in lanes {
        self::lane(&mut svg, lane, top, span, &stripes, limits);
        top += height(lane);
    }
    svg.axis(span, zone, bottom);
    svg.end()
}

fn lane(svg: &mut Svg, lane: &Lane, top: f64, span: &Span, stripes: &str, limits: &Limits) {
    let role = if lane.hold.is_some() { "" } else { lane.role };
    svg.label(top + 14.0, &cut(&lane.name, LETTERS), role);
    let bar = top + LABEL;
    for run in &lane.runs {
        stretch(svg, run, bar, span);
    }
    if let Some(hold) = &lane.hold {
        held(svg, lane, hold, bar, span, stripes);
    }
    for marked in lane.signs.iter().take(limits.signs) {
        let place = (span.percent(marked.at), bar + BAR / 2.0);
        svg.sign(class(marked.sign), place, path(marked.sign), &cut(&marked.text, limits.text));
    }
}

fn stretch(svg: &mut Svg, run: &Run, bar: f64, span: &Span) {
    let (from, to) = (span.clamped(run.from), span.clamped(run.to));
    let middle = bar + BAR / 2.0;
    match run.state {
        State::Up => svg.group("up", |svg| svg.rect("up", (from, to), (bar, BAR), None)),
        State::Down => svg.group("down", |svg| svg.line("down", (from, middle), (to, middle))),
        State::Unknown => svg.group("not known", |svg| svg.line("unknown", (from, middle), (to, middle))),
    }
}

fn held(svg: &mut Svg, lane: &Lane, hold: &Hold, bar: f64, span: &Span, stripes: &str) {
    let (from, to) = (span.clamped(hold.shown.0), span.clamped(hold.shown.1));
    let says = format!("{} {}", lane.name, hold.text);
    svg.group(&says, |svg| svg.rect("held", (from, to), (bar, BAR), Some(stripes)));
    // The text begins with the bar where there is room for it, else it ends with the picture.
    let (class, place) = if from < 30.0 { ("holds", from) } else { ("holds last", 100.0) };
    svg.text(class, (place, bar + BAR + 14.0), &hold.brief);
}

/// The class of a sign, in the picture and in the legend.
pub(super) fn class(sign: Sign) -> &'static str {
    match sign {
        Sign::Bind => "sign bind",
        Sign::Crash => "sign crash",
        Sign::OutOfMemory => "sign memory",
        Sign::Failed => "sign not-started",
        Sign::Signal => "sign signal",
        Sign::Better => "sign better",
        Sign::Worse => "sign worse",
        Sign::NoEffect => "sign no-effect",
        Sign::Action => "sign action",
        Sign::Note => "sign note",
    }
}

/// Each kind has a shape of its own, so that none hangs on its colour.
fn path(sign: Sign) -> &'static str {
    match sign {
        Sign::Bind => "M-5-5 5 5M5-5-5 5",
        Sign::Crash => "M-6-7H6L0 6Z",
        Sign::OutOfMemory => "M-6-6H6V6H-6Z",
        Sign::Failed => "M-6 0H6M0-6V6",
        Sign::Signal => "M0-8V8",
        Sign::Better => "M-6 6H6L0-6Z",
        Sign::Worse => "M-6-6H6L0 6Z",
        Sign::NoEffect => "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z",
        Sign::Action => "M0-5 5 0 0 5-5 0Z",
        Sign::Note => "M-5-5H5V2L2 5H-5Z",
    }
}

fn description(lanes: &[Lane]) -> String {
    let told = lanes.iter().map(|lane| {
        let runs = lane.runs.len();
        let mut text = lane.name.clone();
        if let Some(hold) = &lane.hold {
            text += &format!(" {}", hold.text);
        } else if runs > 0 {
            let ups = lane.runs.iter().filter(|run| run.state == State::Up).count();
            text += &format!(", up in {ups} of {runs} stretches");
        }
        match lane.signs.iter().filter(|marked| marked.sign == Sign::Bind).count() {
            0 => text,
            1 => text + ", 1 failed bind",
            binds => format!("{text}, {binds} times failed binds"),
        }
    });
    let told: Vec<String> = told.collect();
    cut(&format!("{}. The table below says from when to when.", told.join("; ")), 1500)
}
