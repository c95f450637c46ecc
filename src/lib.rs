//! pmtrace reads servers' logs after an outage and reports the incident: what failed, since when, how many were hit,
//! and who held the port.
//!
//! Six rooms in a row; a room imports only from those before it:
//!
//! - [`input`] finds the files, maps, reads or unpacks them, and cuts them into blocks.
//! - [`format`] turns bytes into records, each format of a program in its file.
//! - [`facts`] turns records into facts: requests by second, events in each program's words, signs, claims.
//! - [`clock`] puts many clocks on one time.
//! - [`analysis`] turns facts into incidents.
//! - [`report`] turns incidents into what people read and tools use.
//!
//! Beside the rooms, [`cli`] and [`config`] say what is asked for, and [`parse`] is the run cut short after the clocks.
//!
//! A line's way: `input` cuts it out, `format` reads it, `facts` counts it, `clock` finds its moment, `analysis` finds
//! the outage that it belongs to, `report` shows it as proof. Which format reads it, [`choice`] decides by what the
//! user says and by the file itself, and [`configured`] by the servers' configurations among the inputs.
//!
//! Invariants: nothing after `facts` knows how the work was divided, so the same inputs give the same bytes for any
//! number of threads and any order. `analysis` never sees a file. What a client can write into a log never makes an
//! event. A figure that is not known is absent, never invented. The zone of the machine that runs pmtrace never counts;
//! its clock only where lines have no year and nothing else tells one, as when they come from a pipe.

pub mod analysis;
pub mod choice;
pub mod cli;
pub mod clock;
pub mod config;
pub mod configured;
pub mod demo;
pub mod facts;
pub mod format;
pub mod input;
pub mod parse;
pub mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use analysis::incident::Incident;
use choice::Choices;
use clock::span::Span;
use clock::zone::{ForPaths, Rule};
use facts::Facts;
use facts::survey::Input;
use format::recognise::Recognised;
use input::{Found, Skipped, Source};
use rayon::prelude::*;
use report::build::{Lines, Note};
use report::model::Report;

/// What a report is asked for.
#[derive(Clone, Default)]
pub struct Question {
    /// Files and folders; `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// Zones of stamps without one.
    pub zones: Vec<ForPaths>,
    /// Formats of files, as the user knows them.
    pub formats: Choices,
    /// Year of the first stamp without one.
    pub year: Option<i32>,
    /// Zone of the printed times.
    pub shown_in: Option<Rule>,
    /// Only this span.
    pub span: Span,
    /// Only the incident of this id, and only those of this service.
    pub incident: Option<String>,
    #[allow(missing_docs)]
    pub service: Option<String>,
    /// Whether the inputs' checksums are wanted.
    pub checksum: bool,
    /// Name and text of what people noted.
    pub notes: Option<(String, String)>,
    /// Whether the incidents' lines are wanted, to be handed on.
    pub with_lines: bool,
    /// Size of the blocks in bytes; it does not change the answer.
    pub block_bytes: Option<usize>,
}

/// Reads everything and reports the incidents: discovers the sources, surveys them once in parallel, puts all clocks
/// on one time, finds the incidents, takes a closer look at their windows, reports.
pub fn investigate(question: &Question) -> Report {
    answer(question, input::discover(&question.paths))
}

/// The same for sources that are at hand.
pub fn answer(question: &Question, found: Found) -> Report {
    worked_out(question, found).0
}

/// The same with the incidents that the report is made from: they know more than it tells, which the evaluation
/// compares with the truth.
pub fn worked_out(question: &Question, found: Found) -> (Report, Vec<Incident>) {
    concluded(question, surveyed(question, found))
}

/// What the first look at all sources brought.
pub struct Surveyed {
    sources: Vec<(Source, Recognised)>,
    skipped: Vec<Skipped>,
    facts: Facts,
}

/// Reads everything once.
pub fn surveyed(question: &Question, found: Found) -> Surveyed {
    let (sources, skipped) = recognised(found, &question.formats);
    let inputs: Vec<Input<'_>> = sources.iter().map(|(source, recognised)| input_of(source, recognised)).collect();
    let facts = facts::survey::survey(&inputs, question.block_bytes.unwrap_or(input::blocks::BLOCK_BYTES));
    Surveyed { sources, skipped, facts }
}

/// All that follows: puts all clocks on one time, finds the incidents, takes a closer look at their windows, reports.
pub fn concluded(question: &Question, surveyed: Surveyed) -> (Report, Vec<Incident>) {
    let Surveyed { sources, skipped, mut facts } = surveyed;
    let inputs: Vec<Input<'_>> = sources.iter().map(|(source, recognised)| input_of(source, recognised)).collect();
    let timebase = clock::align(&facts, &names(&sources), &given(question));
    let mut world =
        analysis::world::world(&mut facts, &timebase, &inputs.iter().map(|input| input.name).collect::<Vec<_>>());
    world.date_tables(&sources.iter().map(|(source, _)| source.modified_s).collect::<Vec<_>>());
    let shown_in = question.shown_in.clone().unwrap_or_else(|| report::inputs::common_zone(&timebase, &facts));
    let span = world.coverage.and_then(|(_, end)| question.span.seconds(end, &shown_in));
    span.into_iter().for_each(|span| world.keep_within(span));
    let plan = analysis::plan(&world);
    let close = facts::closer::look(&inputs, &facts, &timebase, &plan.wanted);
    let samples = facts::closer::sample::sample(&inputs, &facts, &timebase, &plan.quiet);
    let incidents = analysis::incidents(&world, &plan, &close, &samples, &shown_in);
    let lines = Lines {
        names: inputs.iter().map(|input| input.name).collect(),
        bytes: inputs.iter().map(|input| input.bytes).collect(),
    };
    let notes = noted(question, &shown_in);
    let asides = plan.asides.outside(&incidents);
    let numbered = || incidents.iter().zip(1..);
    let source = report::explain::Source { world: &world, lines: &lines, zone: &shown_in };
    let explanations = numbered().flat_map(|(of, number)| report::explain::explanations(of, number, &source)).collect();
    let told = numbered().map(|(of, number)| report::build::incident(of, number, &lines, &notes)).collect();
    let read: Vec<&Source> = sources.iter().map(|(source, _)| source).collect();
    let mut report = report::inputs::report(
        &report::inputs::Read { sources: &read, facts: &facts, timebase: &timebase, world: &world, asides: &asides },
        told,
        explanations,
        skipped,
        options(question),
        shown_in,
    );
    report.latent = report::latent::told(&analysis::latent::latent(&world, &plan.conflicts), &lines);
    report.keep(question.incident.as_deref(), question.service.as_deref());
    if question.checksum {
        let sums: Vec<String> = sources.par_iter().map(|(source, _)| input::checksum::sha256(source)).collect();
        report.inputs.iter_mut().zip(sums).for_each(|(input, sum)| input.sha256 = Some(sum));
    }
    if question.with_lines {
        report.extracts = report::extract::extracts(&report, &incidents, &inputs, &facts, &timebase);
    }
    (report, incidents)
}

/// The sources that a format was found for; the others with the reason.
fn recognised(found: Found, formats: &Choices) -> (Vec<(Source, Recognised)>, Vec<Skipped>) {
    let mut skipped = found.skipped;
    let mut sources = Vec::new();
    for (source, recognised) in configured::recognise_all(found.sources, formats) {
        match recognised {
            Some(recognised) => sources.push((source, recognised)),
            None => skipped.push(source.unread()),
        }
    }
    skipped.sort();
    (sources, skipped)
}

fn input_of<'a>(source: &'a Source, recognised: &'a Recognised) -> Input<'a> {
    Input { name: &source.name, bytes: source.bytes(), recognised }
}

fn names(sources: &[(Source, Recognised)]) -> Vec<clock::SourceName> {
    let name = |(source, _): &(Source, Recognised)| clock::SourceName {
        name: source.name.clone(),
        modified_s: source.modified_s,
    };
    sources.iter().map(name).collect()
}

fn given(question: &Question) -> clock::Given {
    clock::Given { zones: question.zones.clone(), year: question.year }
}

fn noted(question: &Question, zone: &Rule) -> Vec<Note> {
    question.notes.as_ref().map(|(name, text)| report::build::notes(name, text, zone)).unwrap_or_default()
}

/// The options that change the result.
fn options(question: &Question) -> BTreeMap<&'static str, String> {
    let mut options = BTreeMap::new();
    if !question.zones.is_empty() {
        let zones = question.zones.iter().map(|zone| {
            zone.glob.as_ref().map_or_else(|| zone.rule.name(), |glob| format!("{glob}={}", zone.rule.name()))
        });
        options.insert("input-tz", zones.collect::<Vec<_>>().join(" "));
    }
    if !question.formats.typed.is_empty() {
        let formats = question.formats.typed.iter().map(|choice| {
            choice.glob.as_ref().map_or_else(|| choice.typed.clone(), |glob| format!("{glob}={}", choice.typed))
        });
        options.insert("input-format", formats.collect::<Vec<_>>().join(" "));
    }
    if let Some(year) = question.year {
        options.insert("year", year.to_string());
    }
    if let Some(zone) = &question.shown_in {
        options.insert("tz", zone.name());
    }
    for (name, when) in [("since", question.span.since), ("until", question.span.until)] {
        options.extend(when.map(|when| (name, when.to_string())));
    }
    for (name, value) in [("incident", &question.incident), ("service", &question.service)] {
        options.extend(value.clone().map(|value| (name, value)));
    }
    if let Some((name, _)) = &question.notes {
        options.insert("notes", name.clone());
    }
    options
}
