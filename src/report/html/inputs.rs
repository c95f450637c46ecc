//! What was read, by which clocks, what was not, and what the reader must know of it.

use serde::Serialize;

use super::super::model::{Input, Report};
use super::super::text::Page;
use super::super::words::{number, zone_name};
use super::shown::cut;
use super::when::{Moment, full};
use super::{Limits, Notes, name};

/// Letters of a path.
const PATH: usize = 160;

/// The section of what was read.
#[derive(Serialize)]
pub(super) struct Inputs {
    folder: String,
    files: Vec<File>,
    left_out: usize,
    count: usize,
    records: String,
    unparsed: Option<String>,
    coverage: Option<Coverage>,
    has_hashes: bool,
    skipped: Vec<(String, String)>,
    more_skipped: usize,
    warnings: Notes,
    options: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Coverage {
    first: Moment,
    last: Moment,
    zone: String,
}

#[derive(Serialize)]
struct File {
    path: String,
    format: String,
    records: String,
    unparsed: String,
    has_unparsed: bool,
    first: Option<Moment>,
    last: Option<Moment>,
    host: String,
    zone: String,
    how: &'static str,
    reason: String,
    sha256: Option<String>,
    /// What is wrong with it.
    remark: Option<String>,
}

pub(super) fn inputs(report: &Report, page: &Page<'_>, limits: &Limits) -> Inputs {
    let unparsed: u64 = report.inputs.iter().map(|input| input.unparsed).sum();
    let skipped = report.skipped.iter().take(limits.notes);
    Inputs {
        folder: cut(page.folder(), PATH),
        files: report.inputs.iter().take(limits.inputs).map(|input| file(input, report, page, limits)).collect(),
        left_out: report.inputs.len().saturating_sub(limits.inputs),
        count: report.inputs.len(),
        records: number(report.inputs.iter().map(|input| input.records).sum()),
        unparsed: (unparsed > 0).then(|| number(unparsed)),
        coverage: report.coverage.as_ref().map(|of| Coverage {
            first: full(&of.first, &report.zone),
            last: full(&of.last, &report.zone),
            zone: zone_name(&report.zone, Page::instant(&of.first)),
        }),
        has_hashes: report.inputs.iter().any(|input| input.sha256.is_some()),
        skipped: skipped.map(|of| (cut(page.short(&of.path), PATH), cut(&of.reason, limits.text))).collect(),
        more_skipped: report.skipped.len().saturating_sub(limits.notes),
        warnings: warnings(report, page, limits),
        options: report
            .options
            .iter()
            .map(|(option, value)| (format!("--{option}"), cut(value, limits.text)))
            .collect(),
    }
}

/// Warnings with short paths, as the text report has them.
fn warnings(report: &Report, page: &Page<'_>, limits: &Limits) -> Notes {
    let short = |text: &str| if page.folder().is_empty() { text.to_owned() } else { text.replace(page.folder(), "") };
    let texts: Vec<String> = report.warnings.iter().map(|warning| short(&warning.text)).collect();
    Notes::of(texts.iter().map(String::as_str), limits)
}

fn file(input: &Input, report: &Report, page: &Page<'_>, limits: &Limits) -> File {
    let copy = input.duplicate_of.as_deref().map(|other| format!("a copy of {}", cut(page.short(other), PATH)));
    let problem = input.problem.as_deref().map(|problem| cut(problem, limits.text));
    let within: String = input.envelope.iter().map(|envelope| format!(" in {envelope}")).collect();
    // A file without a stamp, as a configuration is, has no clock.
    let has_clock = input.first.is_some();
    File {
        path: cut(page.short(&input.path), PATH),
        format: format!("{}{within}", input.format),
        records: number(input.records),
        unparsed: number(input.unparsed),
        has_unparsed: input.unparsed > 0,
        first: input.first.as_deref().map(|first| full(first, &report.zone)),
        last: input.last.as_deref().map(|last| full(last, &report.zone)),
        host: input.host.as_deref().map(name).unwrap_or_default(),
        zone: if has_clock { name(&input.zone.name) } else { String::new() },
        how: if has_clock { input.zone.how } else { "" },
        reason: if has_clock { cut(&input.zone.reason, limits.text) } else { String::new() },
        sha256: input.sha256.clone(),
        remark: match (copy, problem) {
            (Some(copy), Some(problem)) => Some(format!("{copy}; {problem}")),
            (copy, problem) => copy.or(problem),
        },
    }
}
