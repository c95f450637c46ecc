//! How many were hit: the figures at the top, and the arithmetic behind them.

use serde::Serialize;

use super::super::model::{Incident, Report};
use super::super::text::Page;
use super::super::words::{duration, number, percent, zone_name};
use super::when::on_day;

/// A figure in large type.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    value: String,
    label: String,
    note: String,
}

/// How a share came about.
#[derive(Debug, Serialize)]
pub(super) struct Formula {
    name: &'static str,
    text: String,
    /// The name of the figure for `--explain`.
    explain: String,
}

pub(super) fn figures(report: &Report, incident: &Incident) -> Vec<Figure> {
    let mut figures = vec![requests(incident), clients(incident), lasted(report, incident)];
    let start = Page::instant(&incident.start);
    if let Some(worst) = &incident.impact.worst_minute {
        let moment = on_day(Page::instant(&worst.time), start, &report.zone).text;
        figures.push(Figure {
            value: percent(worst.percent),
            label: "in the worst minute".into(),
            note: format!("from {moment} on"),
        });
    }
    if let Some(day) = &incident.impact.day {
        let (label, note) = ("of the day’s requests".into(), "by its calendar day".into());
        figures.push(Figure { value: percent(day.percent), label, note });
    }
    figures
}

fn unknown(label: &str) -> Figure {
    Figure { value: "not known".into(), label: label.into(), note: "no log tells it".into() }
}

fn interval(low: Option<f64>, high: Option<f64>) -> Option<String> {
    Some(format!("{} to {}", percent(low?), percent(high?)))
}

fn requests(incident: &Incident) -> Figure {
    let known = incident.impact.requests.as_ref().and_then(|requests| Some((requests, requests.percent?)));
    let Some((requests, share)) = known else { return unknown("of requests") };
    let label = if requests.missed > 0 { "of requests failed or never came" } else { "of requests failed" };
    let counted = format!("{} of {}", number(requests.failed + requests.missed), number(requests.expected));
    let counted = if requests.missed > 0 { format!("about {counted}") } else { counted };
    let interval = interval(requests.low, requests.high).filter(|_| requests.needs_interval());
    let note = interval.map_or(counted.clone(), |interval| format!("{interval}; {counted}"));
    Figure { value: percent(share), label: label.into(), note }
}

fn clients(incident: &Incident) -> Figure {
    let known = incident.impact.clients.as_ref().and_then(|clients| Some((clients, clients.percent?)));
    let Some((clients, share)) = known else { return unknown("of clients") };
    let about = if clients.is_about { "about " } else { "" };
    let counted = format!("{about}{} of {}", number(clients.affected), number(clients.seen));
    let is_wide = clients.low.zip(clients.high).is_some_and(|(low, high)| high - low >= 1.0);
    let interval = interval(clients.low, clients.high).filter(|_| is_wide);
    let note = interval.map_or(counted.clone(), |interval| format!("{interval}; {counted}"));
    Figure { value: percent(share), label: "of clients met a failure".into(), note }
}

fn lasted(report: &Report, incident: &Incident) -> Figure {
    let start = Page::instant(&incident.start);
    let zone = zone_name(&report.zone, start);
    let from = on_day(start, start, &report.zone).text;
    let note = match &incident.end {
        Some(end) => format!("{from} to {} {zone}", on_day(Page::instant(end), start, &report.zone).text),
        None => format!("since {from} {zone}"),
    };
    let label = if incident.ongoing { "so far, and not over" } else { "from first to last failure" };
    Figure { value: duration(incident.duration_s), label: label.into(), note }
}

pub(super) fn formulas(incident: &Incident) -> Vec<Formula> {
    let mut formulas = Vec::new();
    if let Some((of, share)) = incident.impact.requests.as_ref().and_then(|of| Some((of, of.percent?))) {
        let mut text = format!(
            "(failed + missed) / expected = ({} + {}) / {} = {}",
            number(of.failed),
            number(of.missed),
            number(of.expected),
            exact(share)
        );
        text += &within(of.low, of.high);
        formulas.push(Formula { name: "Requests", text, explain: format!("{}.requests", incident.id) });
    }
    if let Some((of, share)) = incident.impact.clients.as_ref().and_then(|of| Some((of, of.percent?))) {
        let mut text = format!(
            "with at least one failure / seen or expected = {} / {} = {}",
            number(of.affected),
            number(of.seen),
            exact(share)
        );
        if of.low != of.high {
            text += &within(of.low, of.high);
        }
        formulas.push(Formula { name: "Clients", text, explain: format!("{}.clients", incident.id) });
    }
    formulas
}

/// Two digits, as the JSON report has them.
fn exact(percent: f64) -> String {
    format!("{percent:.2}\u{a0}%")
}

fn within(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("; in 95 of 100 cases between {} and {}", exact(low), exact(high)),
        _ => String::new(),
    }
}
