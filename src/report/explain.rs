//! How a figure came about: the rule, what went into it with the lines that show it, and the arithmetic.
//!
//! Every figure of an incident has an id below the incident's: `i1.start`, `i1.requests`, `i1.c2`. The text report names
//! them, `--explain ID` prints one.

mod found;

use super::build::{Lines, hypotheses};
use super::model::{Evidence, Report};
use super::text::Page;
use super::words::{self, duration, local, number, percent};
use crate::analysis::cause::Hypothesis;
use crate::analysis::evidence::{Reason, score};
use crate::analysis::finding::{Finding, Shape};
use crate::analysis::incident::Incident;
use crate::analysis::ports::{Conflict, HolderHypothesis};
use crate::analysis::world::World;
use crate::clock::Instant;
use crate::clock::zone::Rule;
use crate::facts::closer::Seen;

/// Evidence lines shown for one input.
const LINES: usize = 3;

/// What went into a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    #[allow(missing_docs)]
    pub text: String,
    /// Lines that show it; none where it is a count or follows from other facts.
    pub lines: Vec<Evidence>,
}

impl Fact {
    fn new(text: impl Into<String>) -> Fact {
        Fact { text: text.into(), lines: Vec::new() }
    }
}

/// How one figure came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// `i1.requests`
    pub id: String,
    /// The figure as the report gives it.
    pub what: String,
    /// The rule in plain words.
    pub rule: String,
    #[allow(missing_docs)]
    pub inputs: Vec<Fact>,
    /// One step a line.
    pub arithmetic: Vec<String>,
}

/// Everything that an explanation needs besides the incident.
pub struct Source<'a> {
    #[allow(missing_docs)]
    pub world: &'a World,
    #[allow(missing_docs)]
    pub lines: &'a Lines<'a>,
    /// In which times are shown.
    pub zone: &'a Rule,
}

/// The explanations of all figures of an incident. `number` counts from 1.
pub fn explanations(of: &Incident, number: usize, source: &Source<'_>) -> Vec<Explanation> {
    let id = format!("i{number}");
    let below = |name: &str| format!("{id}.{name}");
    let mut all = vec![source.incident(of, &id), source.start(of, below("start")), source.end(of, below("end"))];
    all.extend(source.silences(of, &below));
    all.extend(requests(of, below("requests"), source));
    all.extend(clients(of, below("clients")));
    all.extend(worst_minute(of, below("worst-minute"), source));
    all.extend(day(of, below("day")));
    all.extend(source.scope(of, below("scope")));
    all.extend(source.common(of, below("common")));
    all.extend(source.trigger(of, below("trigger")));
    let causes = hypotheses(of);
    all.extend(causes.iter().zip(1..).map(|(cause, rank)| source.cause(of, cause, below(&format!("c{rank}")))));
    all
}

/// The explanation of that id as text in lines of at most `columns`; else the ids that there are.
pub fn text(report: &Report, id: &str, columns: usize) -> Result<String, String> {
    let known = || report.explanations.iter().map(|explanation| explanation.id.as_str());
    let Some(found) = report.explanations.iter().find(|explanation| explanation.id == id) else {
        let ids: Vec<&str> = known().collect();
        return Err(match ids.as_slice() {
            [] => format!("--explain {id}: no incident was found, so there is nothing to explain"),
            ids => format!("--explain {id}: no such figure; there are {}", ids.join(", ")),
        });
    };
    let page = Page::of(report, columns);
    let mut out = String::new();
    page.paragraph(&mut out, "", &format!("{}  {}", found.id, found.what));
    out.push('\n');
    page.labelled(&mut out, "Rule", &found.rule);
    for (index, fact) in found.inputs.iter().enumerate() {
        page.labelled(&mut out, if index == 0 { "Inputs" } else { "" }, &format!("- {}", fact.text));
        for line in fact.lines.iter().take(LINES) {
            page.labelled(&mut out, "", &format!("  {}:{}: {}", page.short(&line.file), line.line, line.text.trim()));
        }
    }
    for (index, step) in found.arithmetic.iter().enumerate() {
        page.labelled(&mut out, if index == 0 { "Sum" } else { "" }, step);
    }
    Ok(out)
}

/// A number with the digits that it needs to be followed: `0.0012`, `12.3`, `840`.
fn figure(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == v.trunc() => 0,
        v if v >= 1.0 => 2,
        v if v >= 0.01 => 4,
        _ => 6,
    };
    format!("{value:.digits$}")
}

impl Source<'_> {
    fn at(&self, seconds: f64) -> String {
        local(Instant::second(seconds.floor() as i64), self.zone)
    }

    fn request(&self, what: &str, seen: &Seen) -> Fact {
        let status = if seen.status > 0 { format!(", status {}", seen.status) } else { String::new() };
        let text = format!("{what}: {}{status}", local(seen.at, self.zone));
        Fact { text, lines: self.lines.all(&[self.world.line(seen.place)]) }
    }

    /// Which findings are one incident.
    fn incident(&self, of: &Incident, id: &str) -> Explanation {
        let finding = |finding: &Finding| {
            let what = match finding.shape {
                Shape::Spike => "requests failed",
                Shape::Hole => "no request came",
                Shape::Dip => "far fewer requests came than should have",
                Shape::Slow => "answers took far longer than usual",
                Shape::WrongServer => "the holder of the port answered in its place",
                Shape::NoTraffic => "it could not start; no log of its requests exists",
            };
            Fact::new(format!("{}, {} to {}: {what}", finding.service, self.at(finding.start), self.at(finding.end)))
        };
        let count = of.findings.len();
        Explanation {
            id: id.to_owned(),
            what: words::title(of),
            rule: "Findings are one incident if they overlap, have the same known cause at most 30 minutes apart, are \
                   a relapse after a repair, or are of one service at most 10 minutes apart and fail in the same way; \
                   different known causes make two."
                .into(),
            inputs: of.findings.iter().map(finding).collect(),
            arithmetic: vec![format!("{count} {}, one incident", if count == 1 { "finding" } else { "findings" })],
        }
    }

    fn start(&self, of: &Incident, id: String) -> Explanation {
        // The layer that counts may feel it later than another.
        let off = |finding: &Finding| (finding.start - of.start.as_f64()).abs();
        let first = of.findings.iter().min_by(|one, other| off(one).total_cmp(&off(other)));
        let mut of_edge = self.edge(of, id, of.impact.first.as_ref(), first, "first failing request");
        of_edge.what = format!("began {}", local(of.start, self.zone));
        let note = match of.start_error_s {
            Some(error) => format!("it may be off by {}", duration(error.max(1.0))),
            None => "the logs do not prove health before it, so it began then or earlier".into(),
        };
        of_edge.arithmetic.push(note);
        of_edge
    }

    fn end(&self, of: &Incident, id: String) -> Explanation {
        let off = |finding: &Finding| (finding.end - of.until.as_f64()).abs();
        let last = of.findings.iter().min_by(|one, other| off(one).total_cmp(&off(other)));
        let mut of_edge = self.edge(of, id, of.impact.last.as_ref(), last, "last failing request");
        of_edge.what = if of.is_ongoing {
            format!("not over when the logs end, {}", local(of.until, self.zone))
        } else {
            format!("ended {}", local(of.until, self.zone))
        };
        of_edge.arithmetic.push(match of.end_error_s {
            Some(error) => format!("it may be off by {}", duration(error.max(1.0))),
            None => "the logs do not prove health after it".into(),
        });
        of_edge
    }

    /// An edge of the incident, by the finding that has it.
    fn edge(
        &self,
        of: &Incident,
        id: String,
        seen: Option<&Seen>,
        finding: Option<&Finding>,
        what: &str,
    ) -> Explanation {
        let shape = finding.map(|finding| finding.shape);
        let (rule, request) = match shape {
            Some(Shape::Hole) => (
                "A silence begins with the last request before it, or with the line by which the service says that it \
                 stopped; it ends with the first request after it, or with the line that says it is up.",
                None,
            ),
            Some(Shape::Dip) => ("A dip begins and ends where its requests fit a step best, to the second.", None),
            Some(Shape::Slow) => ("It begins and ends with the first and last slow request.", seen),
            Some(Shape::NoTraffic) => {
                ("No log of requests covers it: it lasts from the stop or failed start to the next start.", None)
            }
            _ => (
                "A run of requests of which clearly more fail than in quiet times begins and ends with its first and \
                 last failing request.",
                seen,
            ),
        };
        let mut inputs: Vec<Fact> = request.map(|seen| self.request(what, seen)).into_iter().collect();
        let mut arithmetic = Vec::new();
        if let Some(finding) = finding {
            if let Some(quiet) = finding.baseline {
                inputs.push(Fact::new(format!(
                    "in quiet times {} of the requests fail, in clumps of {}",
                    percent(quiet.share * 100.0),
                    figure(quiet.dispersion)
                )));
                let level = finding.level.clamp(1e-6, 0.999_999);
                let (fail, good) = ((level / quiet.share).ln(), ((1.0 - level) / (1.0 - quiet.share).max(1e-9)).ln());
                arithmetic.push(format!(
                    "at its level of {} each failing request counts ln({} / {}) = {} nats, each good one {}",
                    percent(level * 100.0),
                    figure(level),
                    figure(quiet.share),
                    figure(fail / quiet.dispersion),
                    figure(good / quiet.dispersion)
                ));
            }
            if finding.missed > 0.0 {
                inputs.push(Fact::new(format!("{} requests should have come in it", figure(finding.missed))));
            }
        }
        // The lines by which the services themselves tell of the edge.
        let near =
            |item: &&crate::analysis::marks::Item| {
                let edge = finding.map_or(of.start.as_f64(), |finding| {
                    if what.starts_with("first") { finding.start } else { finding.end }
                });
                request.is_none() && !item.evidence.is_empty() && (item.at.as_f64() - edge).abs() <= 5.0
            };
        inputs.extend(of.timeline.iter().filter(near).map(|item| Fact {
            text: format!("{} {}", local(item.at, self.zone), words::event(item)),
            lines: self.lines.all(&item.evidence),
        }));
        Explanation { id, what: String::new(), rule: rule.into(), inputs, arithmetic }
    }

    fn cause(&self, of: &Incident, cause: &Hypothesis, id: String) -> Explanation {
        let conflict = of.conflict.as_ref().filter(|_| cause.conflict.is_some());
        let mut inputs = self.reasons(&cause.reasons);
        let mut arithmetic = vec![weighed(0.0, &cause.reasons)];
        let others: Vec<f64> = of.causes.iter().map(|other| score(0.0, &other.reasons)).collect();
        arithmetic.push(posterior(score(0.0, &cause.reasons), &others, cause.probability));
        if let Some(conflict) = conflict {
            arithmetic.extend(self.holders(conflict, &mut inputs));
        }
        Explanation {
            id,
            what: format!("{} ({})", words::summary(cause, conflict), cause.confidence.name()),
            rule: "Each cause has the sum of the weights of what speaks for and against it; a weight is the natural \
                   logarithm of how much likelier the evidence is if the cause is true. \"Not determined\" has 0. The \
                   shares of e to these sums are the probabilities: from 0.985 on, with a direct trace, certain; from \
                   0.85 likely; from 0.5 possible."
                .into(),
            inputs,
            arithmetic,
        }
    }

    fn reasons(&self, reasons: &[Reason]) -> Vec<Fact> {
        let fact = |reason: &Reason| Fact {
            text: format!("{:+} {}", Short(reason.weight), reason.text),
            lines: self.lines.all(&reason.evidence),
        };
        reasons.iter().map(fact).collect()
    }

    /// Who may have held the port: each with its reasons, and the arithmetic.
    fn holders(&self, conflict: &Conflict, inputs: &mut Vec<Fact>) -> Vec<String> {
        let mut steps = Vec::new();
        let name = |of: &HolderHypothesis| words::holder(of, &conflict.service);
        for (rank, of) in conflict.hypotheses.iter().enumerate() {
            // The others only where something is known of them.
            if rank > 0 && of.reasons.is_empty() && of.probability < 0.01 {
                continue;
            }
            inputs.extend(
                self.reasons(&of.reasons)
                    .into_iter()
                    .map(|fact| Fact { text: format!("{}: {}", name(of), fact.text), ..fact }),
            );
            let sum: f64 = of.reasons.iter().map(|reason| reason.weight).sum();
            let prior = of.score - sum;
            steps.push(format!(
                "{}: {}; probability {} ({})",
                name(of),
                weighed(prior, &of.reasons),
                figure(of.probability),
                of.confidence.name()
            ));
        }
        steps
    }
}

/// A weight as it is written: `+3`, `-3.08`.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the sign of a zero.
        let rounded = (self.0 * 100.0).round() / 100.0 + 0.0;
        if f.sign_plus() && rounded >= 0.0 { write!(f, "+{rounded}") } else { write!(f, "{rounded}") }
    }
}

/// `prior -3.08 +7 +3 = 6.92`
fn weighed(prior: f64, reasons: &[Reason]) -> String {
    let weights: Vec<String> = reasons.iter().map(|reason| format!("{:+}", Short(reason.weight))).collect();
    let sum = score(prior, reasons);
    if weights.is_empty() {
        return format!("prior {}, nothing for or against it", Short(prior));
    }
    format!("prior {} {} = {}", Short(prior), weights.join(" "), Short(sum))
}

/// `e^6.92 of a sum of 1013.4 = 0.999`
fn posterior(own: f64, all: &[f64], probability: f64) -> String {
    let highest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let others: Vec<String> = all.iter().map(|score| format!("e^{}", Short(score - highest))).collect();
    format!("e^{} / ({}) = {}", Short(own - highest), others.join(" + "), figure(probability))
}

fn requests(of: &Incident, id: String, source: &Source<'_>) -> Option<Explanation> {
    let requests = of.impact.requests.as_ref()?;
    let (failed, missed) = (requests.failed, requests.missed);
    let seen = requests.expected - missed;
    let mut inputs = vec![
        Fact::new(format!("{} requests seen between start and end", number(seen))),
        Fact::new(format!("{} of them failed", number(failed))),
    ];
    inputs.extend(of.impact.first.as_ref().map(|seen| source.request("the first", seen)));
    inputs.extend(of.impact.last.as_ref().map(|seen| source.request("the last", seen)));
    if of.impact.refused_by_holder > 0 {
        let refused = number(of.impact.refused_by_holder);
        inputs.push(Fact::new(format!("{refused} of these were refused by the server that held the port")));
    }
    if of.impact.gave_up > 0 {
        let gave_up = number(of.impact.gave_up);
        inputs.push(Fact::new(format!("{gave_up} of these were given up by their clients, more than in other times")));
    }
    if missed > 0 {
        inputs.push(Fact::new(format!("about {} requests should have come and never did", number(missed))));
        inputs.extend(of.findings.iter().filter(|finding| finding.missed > 0.0).map(|finding| {
            let range = finding.missed_range.map_or_else(String::new, |(low, high)| {
                format!("; in 95 of 100 cases {} to {}", figure(low), figure(high))
            });
            Fact::new(format!(
                "{}: {} missed between {} and {}{range}",
                finding.service,
                figure(finding.missed),
                source.at(finding.start),
                source.at(finding.end)
            ))
        }));
    }
    let share = requests.percent.map_or_else(|| "not known".into(), percent);
    let mut arithmetic =
        vec![format!("({} + {}) / ({} + {}) = {share}", number(failed), number(missed), number(seen), number(missed))];
    if let (Some(low), Some(high)) = (requests.low, requests.high) {
        arithmetic.push(format!(
            "interval {} to {}: Wilson's for {} of {}, and that of the missed ones, combined by the root of squares",
            percent(low),
            percent(high),
            number(failed),
            number(seen)
        ));
    }
    let layer = of.impact.layer.as_deref().unwrap_or("the service");
    Some(Explanation {
        id,
        what: format!("{share} of requests, counted at {layer}, the outermost that logs"),
        rule: "(failed + missed) / (seen + missed). Failed are answers that the user saw as failed: 5xx, HAProxy's \
               sessions that ended by the server's fault, and what a wrong server on the port refused. Missed are \
               those that should have come by the traffic before and after. Retries count."
            .into(),
        inputs,
        arithmetic,
    })
}

fn clients(of: &Incident, id: String) -> Option<Explanation> {
    let clients = of.impact.clients.as_ref().filter(|clients| clients.seen > 0)?;
    let share = clients.percent.map_or_else(|| "not known".into(), percent);
    let mut inputs = vec![
        Fact::new(format!("{} clients seen or expected", number(clients.seen))),
        Fact::new(format!("{} of them met at least one failure", number(clients.affected))),
    ];
    if clients.expected > 0 {
        inputs.push(Fact::new(format!(
            "{} of these were expected in the silence, by the clients of as long a stretch beside it",
            number(clients.expected)
        )));
    }
    Some(Explanation {
        id,
        what: format!("{share} of clients"),
        rule: "Clients are told apart by address. One with at least one failing request is affected. In a silence \
               nobody can be seen: those expected there count as seen and as affected."
            .into(),
        inputs,
        arithmetic: vec![format!("{} / {} = {share}", number(clients.affected), number(clients.seen))],
    })
}

fn worst_minute(of: &Incident, id: String, source: &Source<'_>) -> Option<Explanation> {
    let (at, share) = of.impact.worst_minute?;
    Some(Explanation {
        id,
        what: format!("worst minute {}, from {}", percent(share), source.at(at as f64)),
        rule: "The 60 seconds with the largest share of failed and missed requests, among those with at least ten \
               expected; the earliest of equal ones."
            .into(),
        inputs: Vec::new(),
        arithmetic: vec![format!("{} from {} on", percent(share), source.at(at as f64))],
    })
}

fn day(of: &Incident, id: String) -> Option<Explanation> {
    let (share, requests) = (of.impact.day_percent?, of.impact.requests.as_ref()?);
    let hit = requests.failed + requests.missed;
    let all = if share > 0.0 {
        format!(" / {} % ≈ {}", figure(share), number((hit as f64 * 100.0 / share) as u64))
    } else {
        String::new()
    };
    Some(Explanation {
        id,
        what: format!("{} of the day's requests", percent(share)),
        rule: "Failed and missed requests of the incident, of all requests of its calendar day with the missed ones."
            .into(),
        inputs: vec![Fact::new(format!("{} failed or missed", number(hit)))],
        arithmetic: vec![format!("{}{all} requests of the day", number(hit))],
    })
}
