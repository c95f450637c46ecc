//! From what the analysis found to the report of the contract.

use super::model::{self, Evidence, Mark, Reason};
use super::words;
use crate::analysis::cause::{Cause, Hypothesis, common, unusual};
use crate::analysis::evidence::Confidence;
use crate::analysis::impact::Chart;
use crate::analysis::incident::Incident;
use crate::analysis::marks;
use crate::analysis::ports::{Conflict, Holder, HolderHypothesis};
use crate::analysis::world;
use crate::clock::Instant;

/// Characters of a line shown as evidence.
pub(super) const EVIDENCE_CHARS: usize = 400;

/// What a report needs to know of the sources.
pub struct Lines<'a> {
    /// Names, by index.
    pub names: Vec<&'a str>,
    /// Bytes, by index.
    pub bytes: Vec<&'a [u8]>,
}

impl Lines<'_> {
    /// The line itself, and where it stands.
    fn evidence(&self, of: &world::Evidence) -> Evidence {
        let rest = self.bytes.get(of.source).and_then(|bytes| bytes.get(of.offset..)).unwrap_or_default();
        let (line, _) = crate::input::blocks::split_line(rest);
        // An entry of the journal is shown by its message, not by its cursor.
        let text = if is_head_of_entry(line) {
            if of.text.is_empty() { message_of_entry(rest) } else { of.text.clone() }
        } else {
            String::from_utf8_lossy(line).chars().take(EVIDENCE_CHARS).collect()
        };
        let file = self.names.get(of.source).copied().unwrap_or_default().to_owned();
        Evidence { file, line: of.line, offset: of.offset, text }
    }

    /// Each line once.
    pub(super) fn all(&self, lines: &[world::Evidence]) -> Vec<Evidence> {
        let mut all: Vec<Evidence> = Vec::new();
        for line in lines {
            let line = self.evidence(line);
            if !all.contains(&line) {
                all.push(line);
            }
        }
        all
    }
}

/// What the entry of `journalctl -o export` that begins here says, if it is a text.
fn message_of_entry(entry: &[u8]) -> String {
    let entry = memchr::memmem::find(entry, b"\n\n").and_then(|end| entry.get(..end)).unwrap_or(entry);
    let lines = entry.split(|byte| *byte == b'\n');
    let message = lines.filter_map(|line| line.strip_prefix(b"MESSAGE=")).next().unwrap_or_default();
    String::from_utf8_lossy(message).chars().take(EVIDENCE_CHARS).collect()
}

/// Whether a record of the journal begins so in one of the forms of many lines: export, verbose, json-pretty.
fn is_head_of_entry(line: &[u8]) -> bool {
    let is_verbose = || memchr::memmem::find(line.get(..64).unwrap_or(line), b" [s=").is_some();
    line.starts_with(b"__CURSOR=") || line == b"{" || line.ends_with(b"]") && is_verbose()
}

/// A note of a person: when and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    #[allow(missing_docs)]
    pub at: Instant,
    #[allow(missing_docs)]
    pub text: String,
    /// Where it stands.
    pub evidence: Evidence,
}

/// The incident of the contract. `number` counts from 1.
pub fn incident(of: &Incident, number: usize, lines: &Lines<'_>, notes: &[Note]) -> model::Incident {
    let id = format!("i{number}");
    let causes = hypotheses(of);
    let mut hypotheses: Vec<model::Hypothesis> =
        causes.iter().zip(1..).map(|(cause, rank)| hypothesis(cause, of, format!("{id}.c{rank}"), lines)).collect();
    if let Some(cause) = hypotheses.first_mut() {
        cause.evidence_for.extend(details(of, lines));
    }
    let cause = hypotheses.first().cloned().unwrap_or_else(|| unknown(format!("{id}.c1")));
    let mut timeline: Vec<model::Item> = of.timeline.iter().map(|item| timeline_item(item, lines)).collect();
    let around = |note: &&Note| (of.start.s - 3600..=of.until.s + 3600).contains(&note.at.s);
    timeline.extend(notes.iter().filter(around).map(note_item));
    timeline.sort_by_key(|item| (item.at.s, item.at.nanos));
    model::Incident {
        title: words::title(of),
        start: of.start.rfc3339(),
        end: (!of.is_ongoing).then(|| of.until.rfc3339()),
        ongoing: of.is_ongoing,
        duration_s: ((of.until.as_f64() - of.start.as_f64()) * 1000.0).round() / 1000.0,
        start_error_s: of.start_error_s.map(tenths),
        end_error_s: of.end_error_s.map(tenths),
        services: of
            .services
            .iter()
            .map(|(name, role)| model::Service { name: name.clone(), role: role.name() })
            .collect(),
        cause,
        hypotheses,
        impact: impact(of),
        marks: model::Marks {
            trigger: mark(&of.marks.trigger, lines),
            impact_start: mark(&of.marks.impact_start, lines),
            detected: mark(&of.marks.detected, lines),
            mitigated: mark(&of.marks.mitigated, lines),
            ended: mark(&of.marks.ended, lines),
            verified: mark(&of.marks.verified, lines),
        },
        timeline,
        series: of.impact.chart.as_ref().map(series),
        assumptions: assumptions(of),
        id,
    }
}

/// All hypotheses in their order: each cause, and behind it the holders of its port that are possible.
pub(super) fn hypotheses(of: &Incident) -> Vec<Hypothesis> {
    of.causes.iter().flat_map(|cause| std::iter::once(cause.clone()).chain(possible(cause, of))).collect()
}

/// What set it off, what its silences are, what its failing requests have in common, and what the servers said far more
/// often than usual.
fn details(of: &Incident, lines: &Lines<'_>) -> Vec<Reason> {
    let trigger = of.trigger.as_ref().zip(of.marks.trigger.as_ref()).map(|(trigger, mark)| Reason {
        text: words::trigger(trigger, &mark.item),
        evidence: lines.all(&mark.item.evidence),
    });
    let silences = of.findings.iter().filter_map(|finding| {
        let facts = finding.hole.as_ref()?;
        let text = format!("{}{}", words::SILENCE, words::silence(&finding.service, facts));
        Some(Reason { text, evidence: Vec::new() })
    });
    let common = of.common.iter().map(|common| Reason {
        text: format!("{}{}", words::IN_COMMON, common::sentence(common)),
        evidence: Vec::new(),
    });
    let unusual = of.unusual.iter().map(|unusual| Reason {
        text: format!("{}{}", words::UNUSUAL, unusual::sentence(unusual)),
        evidence: lines.all(std::slice::from_ref(&unusual.evidence)),
    });
    trigger.into_iter().chain(silences).chain(common).chain(unusual).collect()
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

fn unknown(id: String) -> model::Hypothesis {
    model::Hypothesis {
        id,
        kind: Cause::Unknown.name(),
        service: None,
        address: None,
        port: None,
        errno: None,
        holder: None,
        probability: 1.0,
        confidence: "not determined",
        summary: "The logs do not show the cause.".into(),
        evidence_for: Vec::new(),
        evidence_against: Vec::new(),
    }
}

/// The same cause with a holder that is only possible: it stands among the hypotheses, never in the cause (methods,
/// 5.3).
fn possible(cause: &Hypothesis, of: &Incident) -> Option<Hypothesis> {
    let conflict = of.conflict.as_ref().filter(|_| cause.cause == Cause::PortConflict && cause.conflict.is_some())?;
    let best = conflict.hypotheses.first().filter(|best| best.holder != Holder::Unknown)?;
    (cause.holder.is_none() && best.confidence == Confidence::Possible)
        .then(|| Hypothesis { holder: Some(best.clone()), ..cause.clone() })
}

fn hypothesis(cause: &Hypothesis, of: &Incident, id: String, lines: &Lines<'_>) -> model::Hypothesis {
    let is_bind = cause.conflict.is_some();
    let conflict = of.conflict.as_ref().filter(|_| is_bind);
    let mut reasons: Vec<&crate::analysis::evidence::Reason> = cause.reasons.iter().collect();
    if let Some(holder) = &cause.holder {
        reasons.extend(&holder.reasons);
    }
    let reason = |reason: &&crate::analysis::evidence::Reason| Reason {
        text: reason.text.clone(),
        evidence: lines.all(&reason.evidence),
    };
    // What names a holder is no surer than the holder is.
    let by = cause.holder.as_ref();
    let probability = cause.probability * by.map_or(1.0, |by| by.probability);
    let confidence = by.map_or(cause.confidence, |by| cause.confidence.min(by.confidence));
    let summary = match by.filter(|by| by.confidence == Confidence::Possible) {
        Some(by) => {
            let name = words::holder(by, cause.service.as_deref().unwrap_or("the service"));
            format!("{name} could have held the port; `ss -ltnp` would settle it while it is taken.")
        }
        None => words::summary(cause, conflict),
    };
    model::Hypothesis {
        id,
        kind: cause.cause.name(),
        service: cause.service.clone(),
        address: conflict.and_then(|conflict| conflict.address.clone()),
        port: conflict.and_then(|conflict| conflict.port),
        errno: conflict.and_then(|conflict| conflict.errno),
        holder: cause.holder.as_ref().map(|by| holder(by, conflict)),
        probability: (probability * 1e4).round() / 1e4,
        confidence: confidence.name(),
        summary,
        evidence_for: reasons.iter().filter(|reason| reason.weight > 0.0).map(reason).collect(),
        evidence_against: reasons.iter().filter(|reason| reason.weight < 0.0).map(reason).collect(),
    }
}

fn holder(by: &HolderHypothesis, conflict: Option<&Conflict>) -> model::Holder {
    let victim = conflict.map(|conflict| conflict.service.clone());
    let time = |at: Option<f64>| {
        at.map(|at| Instant { s: at.floor() as i64, nanos: ((at - at.floor()) * 1e9) as u32, digits: 3 }.rfc3339())
    };
    let (kind, name, service, image) = match &by.holder {
        Holder::Container(name, image) => ("container", Some(name.clone()), None, image.clone()),
        Holder::Service(name) => ("service", Some(name.clone()), Some(name.clone()), None),
        Holder::SelfStale => ("self-stale", victim.clone(), victim, None),
        Holder::SelfDuplicate => ("self-duplicate", victim.clone(), victim, None),
        Holder::Process(name) => ("process", Some(name.clone()), None, None),
        Holder::Unknown => ("process", None, None, None),
    };
    model::Holder { kind, name, service, image, pid: by.pid, since: time(by.since), until: time(by.until) }
}

fn impact(of: &Incident) -> model::Impact {
    let impact = &of.impact;
    model::Impact {
        requests: impact.requests.clone(),
        clients: impact.clients.clone(),
        worst_minute: impact
            .worst_minute
            .map(|(at, percent)| model::WorstMinute { time: Instant::second(at).rfc3339(), percent }),
        day: impact.day_percent.map(|percent| model::Day { percent }),
        layer: impact.layer.clone(),
        statement: words::statement(impact, of.scope.as_ref(), of.findings.iter().find_map(|finding| finding.slow)),
    }
}

fn series(chart: &Chart) -> model::Series {
    model::Series {
        step_s: chart.step_s,
        start: Instant::second(chart.start).rfc3339(),
        requests: chart.requests.clone(),
        failed: chart.failed.clone(),
        missed: chart.missed.clone(),
    }
}

fn mark(of: &Option<marks::Mark>, lines: &Lines<'_>) -> Option<Mark> {
    let of = of.as_ref()?;
    Some(Mark { time: of.at.rfc3339(), text: words::event(&of.item), evidence: lines.all(&of.item.evidence) })
}

fn timeline_item(item: &marks::Item, lines: &Lines<'_>) -> model::Item {
    model::Item {
        time: item.at.rfc3339(),
        end: item.end.map(Instant::rfc3339),
        kind: item.said.kind.name(),
        service: item.said.service.clone(),
        host: item.host.clone(),
        count: item.count,
        text: match item.effect {
            Some(marks::Effect::ForAWhile) => format!("{}, which helped for a while", words::event(item)),
            _ => words::event(item),
        },
        source: if item.is_inferred { "inferred" } else { "log" },
        effect: item.effect.map(marks::Effect::name),
        evidence: lines.all(&item.evidence),
        at: item.at,
    }
}

fn note_item(note: &Note) -> model::Item {
    model::Item {
        time: note.at.rfc3339(),
        end: None,
        kind: "note",
        service: None,
        host: None,
        count: 1,
        text: note.text.clone(),
        source: "notes",
        effect: None,
        evidence: vec![note.evidence.clone()],
        at: note.at,
    }
}

fn assumptions(of: &Incident) -> Vec<String> {
    let mut assumptions = Vec::new();
    if !of.is_ongoing && of.impact.layer.is_some() && of.marks.verified.is_none() {
        assumptions.push(
            "That it is over is not verified: too few requests follow before the logs end, or it fails again.".into(),
        );
    }
    if of.impact.requests.as_ref().is_some_and(|requests| requests.missed > 0) {
        assumptions
            .push("Requests that never arrived are counted by the rate of the half hours before and after.".into());
    }
    if of.impact.refused_by_holder > 0 {
        assumptions.push("What the holder of the port refused (401, 403, 404) counts as failed; its other answers do not, as no log tells that the page was the wrong one.".into());
    }
    assumptions
}

/// Notes of people: lines of a time and text, the time with a zone or in `zone`.
pub fn notes(name: &str, text: &str, zone: &crate::clock::zone::Rule) -> Vec<Note> {
    let mut offset = 0;
    let mut notes = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let (at, line_offset) = (crate::format::stamp::iso(line.trim_start().as_bytes()), offset);
        offset += line.len();
        let Some((stamp, taken)) = at else { continue };
        let said = line.trim_start().get(taken..).unwrap_or_default().trim().to_owned();
        let s = match stamp.zone {
            crate::format::Zone::Offset(offset) => stamp.civil_s - i64::from(offset),
            crate::format::Zone::Unknown => zone.utc_s(stamp.civil_s),
        };
        notes.push(Note {
            at: Instant { s, nanos: stamp.nanos, digits: stamp.digits },
            evidence: Evidence {
                file: name.into(),
                line: index + 1,
                offset: line_offset,
                text: line.trim_end().into(),
            },
            text: said,
        });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::zone::Rule;

    #[test]
    fn notes_with_and_without_a_zone() {
        let text = "2026-11-24T02:21:52Z monitoring: ALERT\nnot a note\n2026-11-24 03:22 no seconds\n2026-11-24 03:21:53 on-call: looks\n";
        let found = notes("notes.txt", text, &Rule::Offset(3600));
        let told: Vec<(i64, &str, usize)> =
            found.iter().map(|note| (note.at.s % 100_000, note.text.as_str(), note.evidence.line)).collect();
        assert_eq!(told, [(86_912, "monitoring: ALERT", 1), (86_913, "on-call: looks", 4)]);
    }
}
