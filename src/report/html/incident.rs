//! An incident as the page shows it.

use serde::Serialize;

use super::super::model::{Hypothesis, Incident, Reason, Report};
use super::super::text::Page;
use super::super::words::{self, duration, percent, zone_name};
use super::Limits;
use super::chart::{Chart, chart};
use super::evidence::{Ledger, Reference, Shown};
use super::impact::{Figure, Formula, figures, formulas};
use super::lanes::{Lanes, lanes, role_word};
use super::moments::{Numbered, moments};
use super::shown::cut;
use super::timeline::{Timeline, timeline};
use super::when::{Moment, full, on_day};

/// What the template needs of an incident.
#[derive(Debug, Serialize)]
pub(super) struct View {
    id: String,
    title: String,
    ongoing: bool,
    summary: String,
    confidence: &'static str,
    /// A class of the page for the confidence.
    sure: &'static str,
    start: Moment,
    end: Option<Moment>,
    zone: String,
    duration: String,
    /// How far start and end may be off.
    margin: Option<String>,
    services: Vec<Service>,
    more_services: usize,
    figures: Vec<Figure>,
    formulas: Vec<Formula>,
    statement: String,
    moments: Vec<Numbered>,
    chart: Option<Chart>,
    lanes: Option<Lanes>,
    /// Said where a port was taken and nobody knows by whom.
    holder_unknown: Option<String>,
    timeline: Timeline,
    causes: Vec<Cause>,
    more_causes: usize,
    evidence: Shown,
    assumptions: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Service {
    name: String,
    role: &'static str,
}

/// A hypothesis.
#[derive(Debug, Serialize)]
struct Cause {
    id: String,
    kind: String,
    summary: String,
    confidence: &'static str,
    sure: &'static str,
    share: String,
    facts: Vec<String>,
    evidence_for: Vec<Speaks>,
    evidence_against: Vec<Speaks>,
    left_out: usize,
}

/// What speaks for or against it.
#[derive(Debug, Serialize)]
struct Speaks {
    /// What kind of reason it is, where it is more than evidence.
    label: Option<&'static str>,
    text: String,
    proof: Vec<Reference>,
    more_proof: usize,
}

/// How reasons begin that are more than evidence.
const LABELS: &[&str] = &[words::TRIGGER, words::PERHAPS, words::SILENCE, words::IN_COMMON, words::UNUSUAL];
/// Lines that prove a reason.
const PROOFS: usize = 3;

pub(super) fn view(report: &Report, page: &Page<'_>, incident: &Incident, limits: &Limits) -> View {
    let mut ledger = Ledger::new(page, &incident.id, limits.lines, limits.letters);
    let start = Page::instant(&incident.start);
    let causes: Vec<Cause> =
        incident.hypotheses.iter().take(limits.causes).map(|of| cause(of, &mut ledger, limits)).collect();
    let moments = moments(report, incident, &mut ledger, limits);
    let timeline = timeline(report, incident, &mut ledger, limits);
    View {
        id: incident.id.clone(),
        title: super::own(&incident.title, limits.text),
        ongoing: incident.ongoing,
        summary: super::own(&incident.cause.summary, limits.text),
        confidence: incident.cause.confidence,
        sure: sure(incident.cause.confidence),
        start: full(&incident.start, &report.zone),
        end: incident.end.as_deref().map(|end| on_day(Page::instant(end), start, &report.zone)),
        zone: zone_name(&report.zone, start),
        duration: duration(incident.duration_s),
        margin: margin(incident),
        services: services(incident, limits.lanes),
        more_services: incident.services.len().saturating_sub(limits.lanes),
        figures: figures(report, incident),
        formulas: formulas(incident),
        statement: super::own(&incident.impact.statement, limits.text * 3),
        chart: chart(report, incident, &moments, limits),
        lanes: lanes(report, incident, limits),
        holder_unknown: holder_unknown(incident),
        moments,
        timeline,
        more_causes: incident.hypotheses.len().saturating_sub(causes.len()),
        causes,
        evidence: ledger.shown(),
        assumptions: incident.assumptions.iter().take(limits.notes).map(|text| cut(text, limits.text)).collect(),
    }
}

fn services(incident: &Incident, most: usize) -> Vec<Service> {
    let service = |of: &super::super::model::Service| Service { name: super::name(&of.name), role: role_word(of.role) };
    incident.services.iter().take(most).map(service).collect()
}

/// The class of a confidence.
fn sure(confidence: &str) -> &'static str {
    match confidence {
        "certain" => "certain",
        "likely" => "likely",
        "possible" => "possible",
        _ => "undetermined",
    }
}

/// `start exact to 1 s, end exact to 2 min`
fn margin(incident: &Incident) -> Option<String> {
    let of = |name: &str, error: Option<f64>| match error? {
        ..0.05 => None,
        error @ 0.05..10.0 => Some(format!("{name} within {error}\u{a0}s")),
        error => Some(format!("{name} within {}", duration(error).replace(' ', "\u{a0}"))),
    };
    let end = of("end", incident.end_error_s.filter(|_| !incident.ongoing));
    let parts: Vec<String> = [of("start", incident.start_error_s), end].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn holder_unknown(incident: &Incident) -> Option<String> {
    let cause = &incident.cause;
    let port = cause.port.map_or_else(|| "the port".into(), |port| format!("port {port}"));
    (cause.kind == "port-conflict" && cause.holder.is_none()).then(|| format!("Who held {port} is not determined."))
}

fn cause(of: &Hypothesis, ledger: &mut Ledger<'_>, limits: &Limits) -> Cause {
    let most = limits.reasons;
    let mut reasons = |all: &[Reason]| -> Vec<Speaks> {
        let speaks = |reason: &Reason| {
            let label = LABELS.iter().find(|label| reason.text.starts_with(**label)).copied();
            Speaks {
                label,
                text: super::own(&reason.text[label.map_or(0, str::len)..], limits.text),
                proof: ledger.references(&reason.evidence, PROOFS),
                more_proof: reason.evidence.len().saturating_sub(PROOFS),
            }
        };
        all.iter().take(most).map(speaks).collect()
    };
    let left_out = |all: &[Reason]| all.len().saturating_sub(most);
    Cause {
        id: of.id.clone(),
        kind: of.kind.replace('-', " "),
        summary: cut(&of.summary, limits.text),
        confidence: of.confidence,
        sure: sure(of.confidence),
        share: percent((of.probability * 1e4).round() / 100.0),
        facts: facts(of),
        evidence_for: reasons(&of.evidence_for),
        evidence_against: reasons(&of.evidence_against),
        left_out: left_out(&of.evidence_for) + left_out(&of.evidence_against),
    }
}

/// `port 80 at 0.0.0.0`, `EADDRINUSE`, `image shop/preview:1.3`
fn facts(of: &Hypothesis) -> Vec<String> {
    let mut facts = Vec::new();
    match (of.port, &of.address) {
        (Some(port), Some(address)) => facts.push(format!("port {port} at {}", super::name(address))),
        (Some(port), None) => facts.push(format!("port {port}")),
        (None, Some(address)) => facts.push(super::name(address)),
        (None, None) => {}
    }
    facts.extend(of.errno.map(str::to_owned));
    if let Some(holder) = &of.holder {
        facts.extend(holder.image.as_deref().map(|image| format!("image {}", super::name(image))));
        facts.extend(holder.pid.map(|pid| format!("process {pid}")));
    }
    facts
}
