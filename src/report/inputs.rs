//! What was read, over which time, by which clocks, and what could not be: the frame of every report.

use std::collections::BTreeMap;

use super::asides;
use super::model::{Coverage, Incident, Input, Quiet, Report, Skipped, Warning, Zone};
use super::words::{local, number, zone_name};
use crate::analysis::aside::Asides;
use crate::analysis::world::World;
use crate::clock::skew::Skew;
use crate::clock::zone::Rule;
use crate::clock::{How, Timebase};
use crate::facts::{BlockId, Facts, Place};
use crate::input::Source;

/// What a report is made of, besides incidents.
pub struct Read<'a> {
    #[allow(missing_docs)]
    pub sources: &'a [&'a Source],
    #[allow(missing_docs)]
    pub facts: &'a Facts,
    #[allow(missing_docs)]
    pub timebase: &'a Timebase,
    #[allow(missing_docs)]
    pub world: &'a World,
    /// What stands out and is no incident.
    pub asides: &'a Asides,
}

/// The whole report.
pub fn report(
    read: &Read<'_>,
    incidents: Vec<Incident>,
    explanations: Vec<super::explain::Explanation>,
    skipped: Vec<crate::input::Skipped>,
    options: BTreeMap<&'static str, String>,
    zone: Rule,
) -> Report {
    let inputs: Vec<Input> = (0..read.sources.len()).map(|source| input(read, source)).collect();
    let coverage = read.world.coverage.map(|(first, last)| Coverage { first: first.rfc3339(), last: last.rfc3339() });
    let quiet = incidents.is_empty().then(|| quiet(read, &zone));
    Report {
        schema: "pmtrace-report/1",
        version: env!("CARGO_PKG_VERSION"),
        options,
        warnings: warnings(read, &inputs),
        inputs,
        skipped: skipped
            .into_iter()
            .map(|skipped| Skipped { path: skipped.path, reason: skipped.reason, is_problem: skipped.is_problem })
            .collect(),
        coverage,
        quiet,
        incidents,
        latent: Vec::new(),
        asides: asides::sentences(read.asides, &zone),
        zone,
        explanations,
        extracts: Vec::new(),
    }
}

fn input(read: &Read<'_>, source: usize) -> Input {
    let of = read.sources[source];
    let facts = read.facts.sources.get(&source).cloned().unwrap_or_default();
    let (format, envelope) = facts
        .formats
        .iter()
        .rev()
        .max_by_key(|(_, count)| **count)
        .map(|((format, envelope), _)| (*format, envelope.clone()))
        .unwrap_or_default();
    let span = read.world.spans.get(source).copied().flatten();
    let problem = of.problem_now();
    let copy =
        read.world.copies.get(&source).and_then(|other| read.sources.get(*other)).map(|other| other.name.clone());
    Input {
        path: of.name.clone(),
        format,
        envelope,
        bytes: of.len,
        records: facts.records,
        continuations: facts.continuations,
        unparsed: facts.unparsed,
        first: span.map(|(first, _)| first.rfc3339()),
        last: span.map(|(_, last)| last.rfc3339()),
        host: read.world.hosts.get(source).cloned().flatten(),
        zone: zone_of(read, source, span.map_or(0, |(first, _)| first.s)),
        duplicate_of: copy,
        sha256: None,
        problem,
        samples: samples(read.facts, source),
    }
}

/// The first three lines of a source that could not be read, with their numbers counted from 1.
pub fn samples(facts: &Facts, source: usize) -> Vec<(usize, String)> {
    let first_line = |block: BlockId| -> usize { facts.blocks.range((source, 0)..block).map(|(_, of)| of.lines).sum() };
    let kept = facts.sources.get(&source).map(|of| of.samples.as_slice()).unwrap_or_default();
    let numbered = |(place, text): &(Place, String)| (first_line(place.block) + place.line + 1, text.clone());
    kept.iter().take(3).map(numbered).collect()
}

fn zone_of(read: &Read<'_>, source: usize, at: i64) -> Zone {
    let Some(clock) = read.timebase.sources.get(source) else {
        return Zone { name: "UTC".into(), offset_s: 0, how: How::Assumed.name(), reason: String::new() };
    };
    Zone {
        name: clock.rule.name(),
        offset_s: clock.rule.offset_at(at),
        how: clock.how.name(),
        reason: clock.reason.clone(),
    }
}

fn warnings(read: &Read<'_>, inputs: &[Input]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, clock) in read.timebase.sources.iter().enumerate() {
        let path = inputs[index].path.clone();
        if clock.how == How::Assumed {
            let name = path.rsplit('/').next().unwrap_or(&path);
            let taken = if clock.reason.is_empty() {
                "nothing tells it; taken as UTC".into()
            } else {
                format!("nothing proves one; taken as {}, because {}", clock.rule.name(), clock.reason)
            };
            let text = format!("{path}: its stamps have no zone and {taken}. Give it with --input-tz '{name}=ZONE'.");
            warnings.push(Warning { code: "zone-assumed", text, input: Some(path.clone()) });
        }
        if let Some(skew) = &clock.skew {
            let text = skewed(&path, skew, inputs.get(skew.by).map_or("", |other| &other.path));
            warnings.push(Warning { code: "clock-skew", text, input: Some(path.clone()) });
        }
        if clock.year_how == Some(How::Inferred) {
            let year = clock.first_year.unwrap_or_default();
            let text =
                format!("{path}: its stamps have no year; the first is taken as {year}, by the newest other evidence.");
            warnings.push(Warning { code: "year-inferred", text, input: Some(path.clone()) });
        }
        if let Some(problem) = &inputs[index].problem {
            warnings.push(Warning { code: "input-changed", text: format!("{path}: {problem}"), input: Some(path) });
        }
    }
    warnings.extend(asides::slow_logs(read.asides));
    warnings
}

/// By how much a source's clock is off, and how that is known.
fn skewed(path: &str, skew: &Skew, other: &str) -> String {
    let off = |seconds: i64| format!("{} s {}", seconds.abs(), if seconds < 0 { "behind" } else { "ahead" });
    let (first, last) = skew.ends();
    let by = if skew.drifts() {
        format!("{} at first, {} at last, and drifts evenly between", off(first), off(last))
    } else {
        off(first)
    };
    let votes = skew.votes;
    format!("{path}: its clock is {by}, by {votes} records that {other} has, too; its times are corrected.")
}

fn quiet(read: &Read<'_>, zone: &Rule) -> Quiet {
    let requests: u64 =
        read.world.services.iter().flat_map(|service| &service.seconds).map(|second| u64::from(second.requests)).sum();
    let failing: u64 =
        read.world.services.iter().flat_map(|service| &service.seconds).map(|second| u64::from(second.failing)).sum();
    let records: u64 = read.facts.sources.values().map(|source| source.records).sum();
    let over = read.world.coverage.map_or_else(String::new, |(first, last)| {
        format!(" from {} to {} {}", local(first, zone), local(last, zone), zone_name(zone, first))
    });
    let text = match (records, requests) {
        (0, _) => "No incident: nothing could be read.".into(),
        (records, 0) => format!(
            "No incident. {} records{over}; no log of requests among them, and no service says that it failed.",
            number(records)
        ),
        (records, requests) => {
            let share = failing as f64 * 100.0 / requests as f64;
            format!(
                "No incident. {} records{over}, {} requests among them, of which {} failed ({share:.2} %): no more than usual for this log.",
                number(records),
                number(requests),
                number(failing)
            )
        }
    };
    Quiet { text }
}

/// The zone in which times are printed: that of the logs where all agree, else UTC.
pub fn common_zone(timebase: &Timebase, facts: &Facts) -> Rule {
    let mut rules = timebase.sources.iter().enumerate().filter(|(source, clock)| {
        // The journal and docker count in UTC whatever the host's zone.
        let in_utc = facts.sources.get(source).is_some_and(|own| {
            own.formats.keys().all(|(format, envelope)| {
                let outermost = envelope.first().unwrap_or(format);
                crate::format::nest::counts_in_utc(outermost)
            })
        });
        // What has no stamps, as a configuration, has no zone.
        let is_stamped = facts.sources.get(source).is_none_or(|own| own.zoneless > 0 || !own.offsets.is_empty());
        is_stamped && !in_utc && clock.how != How::Assumed
    });
    let Some((source, first)) = rules.next() else { return Rule::Offset(0) };
    let (mut common, mut at) = (first.rule.clone(), days(facts, source));
    for (source, clock) in rules {
        let own = days(facts, source);
        match (&common, &clock.rule) {
            (one, other) if one == other => {}
            // A named zone says more than its offset of the day.
            (Rule::Offset(offset), Rule::Named(_)) if had(&clock.rule, *offset, at) => {
                (common, at) = (clock.rule.clone(), own);
            }
            (Rule::Named(_), Rule::Offset(offset)) if had(&common, *offset, own) => {}
            _ => return Rule::Offset(0),
        }
    }
    common
}

/// First and last second of a source's stamps, as far as they have a year.
fn days(facts: &Facts, source: usize) -> (i64, i64) {
    let span = facts.sources.get(&source).and_then(|own| own.span);
    span.map_or((0, 0), |(first, last)| (first.stamp.civil_s, last.stamp.civil_s))
}

/// Whether a zone had that offset when the stamps were written.
fn had(zone: &Rule, offset: i32, (first, last): (i64, i64)) -> bool {
    [first, last].iter().any(|at| zone.offset_at(at - i64::from(offset)) == offset)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::{Given, SourceName, align};
    use crate::facts::survey::{Input as Surveyed, survey};
    use crate::format::recognise::recognise;

    /// The zone in which a report on these logs is printed.
    fn common(logs: &[(&str, &str)], zone: &str) -> String {
        let recognised: Vec<_> = logs.iter().map(|(name, text)| recognise(name, text.as_bytes()).unwrap()).collect();
        let inputs: Vec<Surveyed<'_>> = logs
            .iter()
            .zip(&recognised)
            .map(|((name, text), recognised)| Surveyed { name, bytes: text.as_bytes(), recognised })
            .collect();
        let facts = survey(&inputs, usize::MAX);
        let name = |(name, _): &(&str, &str)| SourceName { name: (*name).into(), modified_s: None };
        let given = Given { zones: vec![zone.parse().unwrap()], year: None };
        common_zone(&align(&facts, &logs.iter().map(name).collect::<Vec<_>>(), &given), &facts).name()
    }

    #[test]
    fn a_named_zone_is_compared_at_the_time_of_the_logs() {
        let access = |stamp: &str| format!("10.0.0.1 - - [{stamp}] \"GET / HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n");
        let error = "2026/07/24 12:33:57 [error] 815#815: *7 said something\n";
        for (why, stamp, zone, wanted) in [
            ("summer time", "24/Jul/2026:12:33:56 +0200", "Europe/Berlin", "Europe/Berlin"),
            ("winter time", "24/Nov/2026:12:33:56 +0100", "Europe/Berlin", "Europe/Berlin"),
            ("what London had in 1970", "24/Nov/2026:12:33:56 +0100", "Europe/London", "UTC"),
            ("London in summer", "24/Jul/2026:12:33:56 +0100", "Europe/London", "Europe/London"),
            ("another zone", "24/Jul/2026:12:33:56 +0000", "Europe/Berlin", "UTC"),
        ] {
            let access = access(stamp);
            let logs = [("a/access.log", access.as_str()), ("b/error.log", error)];
            assert_eq!(common(&logs, zone), wanted, "{why}");
            assert_eq!(common(&[logs[1], logs[0]], zone), wanted, "{why}, the other way round");
        }
    }
}
