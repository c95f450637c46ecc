//! The report as one page for the review meeting: a file that needs nothing else, asks nobody for anything, runs no
//! script, and prints.
//!
//! Values become text in the page by one door, [`shown::write`], so that nothing that a log says is ever markup. The
//! page allows itself one style sheet, by its hash, and nothing else. However much was read, it stays below
//! [`MOST_BYTES`]: it is made again with tighter [`Limits`] where it would not.

mod chart;
mod evidence;
mod impact;
mod incident;
mod inputs;
mod lanes;
mod moments;
mod shown;
mod svg;
mod timeline;
mod when;

use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::model::Report;
use super::text::Page;
use super::words::duration;
use inputs::Inputs;
use shown::cut;
use when::{Moment, full};

/// Bytes of a page at most.
pub const MOST_BYTES: usize = 400_000;

const TEMPLATE: &str = include_str!("../templates/page.html");
const STYLE: &str = include_str!("../templates/page.css");

/// How much of each a page shows; the JSON report has all.
#[derive(Clone, Copy, Debug)]
struct Limits {
    incidents: usize,
    /// Incidents in the list at the top.
    listed: usize,
    /// Entries of a timeline.
    items: usize,
    /// Lines of a log, as evidence of an incident.
    lines: usize,
    /// Letters of such a line.
    letters: usize,
    /// Letters of a sentence.
    text: usize,
    /// Bars of a chart.
    points: usize,
    lanes: usize,
    /// Signs on a lane.
    signs: usize,
    /// Rows of the table behind the lanes.
    lane_rows: usize,
    causes: usize,
    reasons: usize,
    inputs: usize,
    /// Warnings, things besides, and the like, each.
    notes: usize,
}

/// From generous to so tight that every page fits.
const LIMITS: &[Limits] = &[
    Limits {
        incidents: 12,
        listed: 60,
        items: 120,
        lines: 100,
        letters: 400,
        text: 400,
        points: 150,
        lanes: 10,
        signs: 80,
        lane_rows: 120,
        causes: 8,
        reasons: 16,
        inputs: 120,
        notes: 40,
    },
    Limits {
        incidents: 8,
        listed: 40,
        items: 50,
        lines: 40,
        letters: 300,
        text: 300,
        points: 100,
        lanes: 8,
        signs: 30,
        lane_rows: 50,
        causes: 4,
        reasons: 8,
        inputs: 60,
        notes: 20,
    },
    Limits {
        incidents: 3,
        listed: 20,
        items: 24,
        lines: 20,
        letters: 160,
        text: 160,
        points: 60,
        lanes: 6,
        signs: 12,
        lane_rows: 24,
        causes: 3,
        reasons: 5,
        inputs: 30,
        notes: 10,
    },
    Limits {
        incidents: 1,
        listed: 10,
        items: 12,
        lines: 8,
        letters: 100,
        text: 120,
        points: 40,
        lanes: 5,
        signs: 8,
        lane_rows: 12,
        causes: 2,
        reasons: 4,
        inputs: 15,
        notes: 6,
    },
];

/// Letters of a name, as of a service or a host.
const NAME: usize = 80;

/// Letters of the window's title.
const TITLE: usize = 58;

/// Sentences of pmtrace's own, with no line end within `69 %` or `port 80`.
fn own(text: &str, letters: usize) -> String {
    cut(text, letters).replace(" %", "\u{a0}%").replace(" port ", " port\u{a0}")
}

/// A name, however long it is in the log.
fn name(text: &str) -> String {
    cut(text, NAME)
}

/// What the template needs.
#[derive(Serialize)]
struct View {
    version: &'static str,
    schema: &'static str,
    /// The style sheet, and its hash for the page's own rules of what it may load.
    style: Value,
    style_hash: String,
    title: String,
    quiet: Option<String>,
    listed: Vec<Listed>,
    incidents: Vec<incident::View>,
    /// All that were found.
    count: usize,
    /// Of the incidents that are listed or told not at all.
    not_listed: usize,
    not_told: usize,
    latent: Vec<Latent>,
    more_latent: usize,
    besides: Notes,
    inputs: Inputs,
    explained: Vec<String>,
}

/// A line of the list of incidents.
#[derive(Serialize)]
struct Listed {
    id: String,
    title: String,
    start: Moment,
    duration: String,
    ongoing: bool,
    /// Whether the page tells of it below.
    is_told: bool,
}

/// Something that waits to happen.
#[derive(Serialize)]
struct Latent {
    kind: String,
    text: String,
    command: String,
    lines: Vec<(String, String)>,
}

/// Sentences, and how many are left out.
#[derive(Serialize)]
struct Notes {
    texts: Vec<String>,
    left_out: usize,
}

impl Notes {
    fn of<'t>(texts: impl ExactSizeIterator<Item = &'t str>, limits: &Limits) -> Notes {
        let left_out = texts.len().saturating_sub(limits.notes);
        Notes { texts: texts.take(limits.notes).map(|text| cut(text, limits.text)).collect(), left_out }
    }
}

/// The report as a page.
pub fn html(report: &Report) -> String {
    let environment = match environment() {
        Ok(environment) => environment,
        Err(error) => return failed(&error),
    };
    let mut smallest = String::new();
    for limits in LIMITS {
        let page = environment.get_template("page.html").and_then(|template| template.render(view(report, limits)));
        match page {
            Ok(page) if page.len() <= MOST_BYTES => return page,
            Ok(page) => smallest = page,
            Err(error) => return failed(&error),
        }
    }
    smallest
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(shown::write);
    environment.add_template("page.html", TEMPLATE)?;
    Ok(environment)
}

/// A fault of the template, which is part of the program: said where the page would have been.
fn failed(error: &minijinja::Error) -> String {
    let text = shown::escaped(&format!("{error:#}"));
    format!(
        "<!doctype html>\n<html lang=\"en\"><title>pmtrace</title><p>The page could not be made: {text}</p></html>\n"
    )
}

fn view(report: &Report, limits: &Limits) -> View {
    let page = Page::of(report, 100);
    let told = report.incidents.len().min(limits.incidents);
    let listed = report.incidents.iter().take(limits.listed).enumerate().map(|(index, incident)| Listed {
        id: incident.id.clone(),
        title: own(&incident.title, limits.text),
        start: full(&incident.start, &report.zone),
        duration: duration(incident.duration_s),
        ongoing: incident.ongoing,
        is_told: index < told,
    });
    let first = report.incidents.first();
    let explained = report.explanations.iter().map(|explanation| explanation.id.clone());
    let of_first = explained.filter(|id| first.is_some_and(|first| id.split('.').next() == Some(first.id.as_str())));
    View {
        version: report.version,
        schema: report.schema,
        style: Value::from_safe_string(STYLE.to_owned()),
        style_hash: style_hash(STYLE),
        title: format!("{} – pmtrace", title(report)),
        quiet: report.quiet.as_ref().map(|quiet| {
            // The heading has said so.
            cut(quiet.text.strip_prefix("No incident. ").unwrap_or(&quiet.text), limits.text)
        }),
        listed: listed.collect(),
        incidents: report.incidents.iter().take(told).map(|of| incident::view(report, &page, of, limits)).collect(),
        count: report.incidents.len(),
        not_listed: report.incidents.len().saturating_sub(limits.listed),
        not_told: report.incidents.len() - told,
        latent: report.latent.iter().take(limits.notes).map(|of| latent(of, &page, limits)).collect(),
        more_latent: report.latent.len().saturating_sub(limits.notes),
        besides: Notes::of(report.asides.iter().map(String::as_str), limits),
        inputs: inputs::inputs(report, &page, limits),
        explained: of_first.take(limits.notes).collect(),
    }
}

/// The title of the window: short enough for its bar.
fn title(report: &Report) -> String {
    match report.incidents.as_slice() {
        [] => "No incident".into(),
        [only] => cut(&only.title, TITLE),
        several => format!("{} incidents", several.len()),
    }
}

fn latent(of: &super::model::Latent, page: &Page<'_>, limits: &Limits) -> Latent {
    let line = |line: &super::model::Evidence| {
        (format!("{}:{}", cut(page.short(&line.file), NAME), line.line), cut(&line.text, limits.letters))
    };
    Latent {
        kind: of.kind.replace('-', " "),
        text: cut(&of.text, limits.text),
        command: cut(&of.command, limits.text),
        lines: of.evidence.iter().take(2).map(line).collect(),
    }
}

/// As a policy names an allowed style sheet: `sha256-…` in base 64.
fn style_hash(style: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(style.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | three.get(at).map_or(0, |byte| u32::from(*byte)));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_as_its_rfc_shows_it() {
        for (bytes, wanted) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), wanted);
        }
    }

    #[test]
    fn the_policy_names_the_style_sheet_as_it_stands_in_the_page() {
        assert!(TEMPLATE.contains("<style>{{ style }}</style>"), "no byte more between the tags");
        assert!(!STYLE.contains('<') && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
