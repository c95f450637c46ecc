//! The report for people: the answer first, on one screen.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use super::model::{Evidence, Incident, Input, Item, Report};
use super::words::{self, clock, duration, local, number, percent, zone_name};
use crate::analysis::cause::Cause;
use crate::clock::Instant;

/// Width at most, so that lines stay readable on a wide terminal; and at least.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
/// Columns of a label.
const LABEL: usize = 10;
/// Lines of a report of one incident: a screen. Its timeline has what is left of them, within these bounds.
const SCREEN: usize = 40;
const TIMELINE_ITEMS: (usize, usize) = (6, 16);
/// What the failing requests of one incident have in common.
const MOST_IN_COMMON: usize = 2;
/// Files that were not read, by name; standard error and the JSON report name all.
const NOT_READ_NAMES: usize = 12;

/// The report as text, in lines of at most `columns`.
pub fn text(report: &Report, columns: usize) -> String {
    let page = Page::of(report, columns);
    let mut out = String::new();
    if let Some(quiet) = &report.quiet {
        page.paragraph(&mut out, "", &quiet.text);
    }
    if report.incidents.len() > 1 {
        page.paragraph(&mut out, "", &format!("{} incidents", report.incidents.len()));
        for incident in &report.incidents {
            let line = format!("{}  {}  {}", incident.id, page.local(&incident.start), incident.title);
            page.paragraph(&mut out, "    ", &line);
        }
        out.push('\n');
    }
    let mut tail = String::new();
    page.waiting(&mut tail, report);
    page.inputs(&mut tail, report);
    for incident in &report.incidents {
        page.incident(&mut out, incident, tail.lines().count());
    }
    out + &tail
}

/// Where and how wide text is set.
pub(super) struct Page<'a> {
    width: usize,
    zone: &'a crate::clock::zone::Rule,
    /// The folder of all inputs, which is said once and left out elsewhere.
    folder: String,
}

/// The longest folder, with its slash, that all paths lie in.
fn common_folder<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let folder = |path: &'a str| path.rfind('/').map_or("", |slash| &path[..=slash]);
    let common = |one: &'a str, other: &'a str| {
        let same = one.split_inclusive('/').zip(other.split_inclusive('/')).take_while(|(one, other)| one == other);
        &one[..same.map(|(part, _)| part.len()).sum()]
    };
    paths.map(folder).reduce(common).unwrap_or_default().to_owned()
}

impl<'a> Page<'a> {
    pub(super) fn of(report: &'a Report, columns: usize) -> Page<'a> {
        let folder = common_folder(report.inputs.iter().map(|input| input.path.as_str()));
        Page { width: columns.clamp(NARROWEST, WIDEST), zone: &report.zone, folder }
    }

    pub(super) fn instant(text: &str) -> Instant {
        let stamp = crate::format::stamp::iso(text.as_bytes()).map(|(stamp, _)| stamp);
        stamp.map_or(Instant::second(0), |stamp| Instant { s: stamp.civil_s, nanos: stamp.nanos, digits: 0 })
    }

    fn local(&self, time: &str) -> String {
        local(Self::instant(time), self.zone)
    }

    /// Wraps a paragraph; lines after the first begin with `indent`.
    pub(super) fn paragraph(&self, out: &mut String, indent: &str, text: &str) {
        let mut lines = Lines { out, indent, width: self.width, column: 0, is_empty: true };
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            lines.word(&plain(word));
        }
        out.push('\n');
    }

    /// A paragraph with a label before it, all its lines below the first word behind the label.
    pub(super) fn labelled(&self, out: &mut String, label: &str, text: &str) {
        let _ = write!(out, "{label:<LABEL$}");
        let mut lines = Lines { out, indent: &" ".repeat(LABEL), width: self.width, column: LABEL, is_empty: true };
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            lines.word(&plain(word));
        }
        out.push('\n');
    }

    /// An incident, with so much of its timeline that it fits a screen with the lines that follow.
    fn incident(&self, out: &mut String, incident: &Incident, following: usize) {
        let before = out.lines().count();
        let start = Self::instant(&incident.start);
        self.paragraph(out, "", &format!("{}  {}", incident.id, incident.title));
        out.push('\n');
        let zone = zone_name(self.zone, start);
        let window = match &incident.end {
            Some(end) => format!(
                "{} to {} {zone}, {}",
                self.local(&incident.start),
                self.until(&incident.start, end),
                duration(incident.duration_s)
            ),
            None => format!(
                "since {} {zone}, for {}; not over when the logs end",
                self.local(&incident.start),
                duration(incident.duration_s)
            ),
        };
        self.labelled(out, "When", &window);
        self.labelled(out, "Cause", &format!("{} ({})", incident.cause.summary, incident.cause.confidence));
        let told = [words::TRIGGER, words::SILENCE, words::IN_COMMON, words::UNUSUAL];
        let reasons = || incident.cause.evidence_for.iter();
        let is_told = |text: &str| told.iter().chain(&[words::PERHAPS]).any(|begin| text.starts_with(begin));
        for reason in reasons().filter(|reason| !is_told(&reason.text)).take(3) {
            self.labelled(out, "", &format!("- {}{}", reason.text, self.proof(&reason.evidence)));
        }
        for begin in told {
            // What a silence is need not be said where its cause is.
            if begin == words::SILENCE && incident.cause.kind != Cause::Unknown.name() {
                continue;
            }
            let own = reasons().filter_map(|reason| Some((reason, reason.text.strip_prefix(begin)?)));
            let most = if begin == words::IN_COMMON { MOST_IN_COMMON } else { 1 };
            for (index, (reason, text)) in own.take(most).enumerate() {
                let label = if index == 0 { begin.trim_end_matches(": ") } else { "" };
                self.labelled(out, label, &format!("{text}{}", self.proof(&reason.evidence)));
            }
        }
        self.labelled(out, "Impact", &self.impact(incident));
        self.labelled(out, "", &incident.impact.statement);
        self.chart(out, incident);
        out.push('\n');
        // Besides: the line that says how many are left out, and an empty one.
        let left = SCREEN.saturating_sub(out.lines().count() - before + following + 2);
        let lines = |count: usize| {
            let mut timeline = String::new();
            selected(incident, count).iter().for_each(|item| self.item(&mut timeline, item));
            timeline.lines().count()
        };
        let (least, most) = TIMELINE_ITEMS;
        let count = (least..=most).rev().find(|count| lines(*count) <= left).unwrap_or(least);
        let shown = selected(incident, count);
        shown.iter().for_each(|item| self.item(out, item));
        let more = incident.timeline.len() - shown.len();
        if more > 0 {
            self.paragraph(out, "", &format!("          … {more} more in -o json"));
        }
        out.push('\n');
        for assumption in &incident.assumptions {
            self.labelled(out, "Assumed", assumption);
        }
    }

    /// ` [web01/syslog:16]`: where the first line that shows it stands.
    fn proof(&self, evidence: &[Evidence]) -> String {
        evidence.first().map_or_else(String::new, |line| format!(" [{}:{}]", self.short(&line.file), line.line))
    }

    /// The folder of all inputs, with its slash.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// A path without the folder of all inputs.
    pub(super) fn short<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(self.folder.as_str()).unwrap_or(path)
    }

    /// Requests and failures over time, and below them where the incident was.
    fn chart(&self, out: &mut String, incident: &Incident) {
        let Some(series) = &incident.series else { return };
        let columns = self.width - LABEL;
        let Some(chart) = super::chart::Chart::of(incident, series, columns) else { return };
        for (label, line) in [("Requests", &chart.requests), ("Failed", &chart.failed), ("", &chart.window)] {
            let _ = writeln!(out, "{label:<LABEL$}{}", line.trim_end());
        }
    }

    /// The end, without the date where it is that of the start.
    fn until(&self, start: &str, end: &str) -> String {
        let (start, end) = (self.local(start), self.local(end));
        if start[..10] == end[..10] { end[11..].to_owned() } else { end }
    }

    fn impact(&self, incident: &Incident) -> String {
        let share = |percent_of: Option<f64>, low: Option<f64>, high: Option<f64>| {
            let value = percent_of.map(percent)?;
            match (low, high) {
                (Some(low), Some(high)) if high - low >= 1.0 => {
                    Some(format!("{value} ({} to {})", percent(low), percent(high)))
                }
                _ => Some(value),
            }
        };
        let requests = incident.impact.requests.as_ref().and_then(|requests| {
            // Without requests that never came, many enough are a count, which has no error.
            let (low, high) = if requests.needs_interval() { (requests.low, requests.high) } else { (None, None) };
            Some(format!("{} of requests", share(requests.percent, low, high)?))
        });
        let clients = incident
            .impact
            .clients
            .as_ref()
            .and_then(|clients| Some(format!("{} of clients", share(clients.percent, clients.low, clients.high)?)));
        let parts: Vec<String> = [requests, clients].into_iter().flatten().collect();
        if parts.is_empty() { "not known".into() } else { parts.join(", ") }
    }

    fn item(&self, out: &mut String, item: &Item) {
        let proof = self.proof(&item.evidence);
        let effect = match item.effect {
            Some("none") => " – without effect",
            Some("better") => " – this helped",
            Some("worse") => " – this made it worse",
            _ => "",
        };
        let source = if item.source == "notes" { "(note) " } else { "" };
        self.paragraph(
            out,
            "          ",
            &format!("{}  {source}{}{effect}{proof}", clock(item.at, self.zone), item.text),
        );
    }

    /// How the zones of the files are known, and which they are.
    fn clocks(&self, report: &Report) -> String {
        // A file without a stamp, as a configuration is, has no clock.
        let stamped: Vec<&Input> = report.inputs.iter().filter(|input| input.first.is_some()).collect();
        let mut zones: Vec<&str> = stamped.iter().map(|input| input.zone.name.as_str()).collect();
        zones.sort_unstable();
        zones.dedup();
        let mut parts = Vec::new();
        for how in ["stated", "given", "inferred", "assumed"] {
            let files: Vec<&&Input> = stamped.iter().filter(|input| input.zone.how == how).collect();
            let count = match files[..] {
                [] => continue,
                [only] => self.short(&only.path).to_owned(),
                _ => format!("{} files", files.len()),
            };
            parts.push(format!("{how} {} {count}", if how == "stated" { "in" } else { "for" }));
        }
        if parts.is_empty() { String::new() } else { format!("zone {}: {}", zones.join(", "), parts.join(", ")) }
    }

    /// What waits to happen, each with the command that shows it on the host.
    fn waiting(&self, out: &mut String, report: &Report) {
        for (index, latent) in report.latent.iter().enumerate() {
            let label = if index == 0 { "Waiting" } else { "" };
            self.labelled(out, label, &format!("- {}{}", latent.text, self.proof(&latent.evidence)));
            self.labelled(out, "", &format!("  shown by: {}", latent.command));
        }
        if !report.latent.is_empty() {
            out.push('\n');
        }
    }

    fn inputs(&self, out: &mut String, report: &Report) {
        let records: u64 = report.inputs.iter().map(|input| input.records).sum();
        let unparsed: u64 = report.inputs.iter().map(|input| input.unparsed).sum();
        let files = report.inputs.len();
        let mut read = format!("{} records of {files} {}", number(records), if files == 1 { "file" } else { "files" });
        if let Some(coverage) = &report.coverage {
            let zone = zone_name(self.zone, Self::instant(&coverage.first));
            let _ = write!(
                read,
                ", {} to {} {zone}",
                self.local(&coverage.first),
                self.until(&coverage.first, &coverage.last)
            );
        }
        if !self.folder.is_empty() {
            let _ = write!(read, "; paths are below {}", self.folder);
        }
        if unparsed > 0 {
            let _ = write!(read, "; {} lines not understood (-v shows some)", number(unparsed));
        }
        self.labelled(out, "Read", &read);
        if !report.skipped.is_empty() {
            let names = report.skipped.iter().map(|skipped| self.short(&skipped.path));
            let mut shown = names.take(NOT_READ_NAMES).collect::<Vec<&str>>().join(", ");
            if let Some(more) = report.skipped.len().checked_sub(NOT_READ_NAMES).filter(|more| *more > 0) {
                let _ = write!(shown, " … and {} more", number(more as u64));
            }
            self.labelled(out, "Not read", &shown);
        }
        let clocks = self.clocks(report);
        if !clocks.is_empty() {
            self.labelled(out, "Clocks", &clocks);
        }
        for (index, aside) in report.asides.iter().enumerate() {
            self.labelled(out, if index == 0 { "Besides" } else { "" }, aside);
        }
        self.notes(out, report);
        if !report.incidents.is_empty() {
            let of_first = |id: &&str| id.split('.').next() == Some("i1");
            let ids = report.explanations.iter().map(|explanation| explanation.id.as_str()).filter(of_first);
            let ids: Vec<&str> = ids.collect();
            self.labelled(out, "Next", "--out page.html, --out postmortem.md; --notes FILE adds what people saw");
            self.labelled(out, "Explain", &format!("--explain {}", ids.join(", ")));
        }
    }

    /// What was assumed, and what else to know of the figures: beside an incident in short.
    fn notes(&self, out: &mut String, report: &Report) {
        let is_short =
            |code: &str| !report.incidents.is_empty() && matches!(code, "zone-assumed" | "year-inferred" | "slow-log");
        for warning in report.warnings.iter().filter(|warning| !is_short(warning.code)) {
            self.labelled(out, "Note", &warning.text.replace(&self.folder, ""));
        }
        let count = |code: &str| report.warnings.iter().filter(|warning| warning.code == code).count();
        let files = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        let mut parts = Vec::new();
        for (code, what) in [("zone-assumed", "zone assumed in"), ("year-inferred", "year inferred in")] {
            let count = count(code);
            if is_short(code) && count > 0 {
                parts.push(format!("{what} {}", files(count)));
            }
        }
        if is_short("slow-log") && count("slow-log") > 0 {
            parts.push("short silences of quiet logs are not noticed".to_owned());
        }
        if !parts.is_empty() {
            self.labelled(out, "Note", &format!("{}; more in -o json", parts.join(", ")));
        }
    }
}

/// Words set in lines.
struct Lines<'a> {
    out: &'a mut String,
    indent: &'a str,
    width: usize,
    column: usize,
    /// Whether the line has no word yet.
    is_empty: bool,
}

impl Lines<'_> {
    fn word(&mut self, word: &str) {
        let mut rest = word;
        loop {
            let gap = usize::from(!self.is_empty);
            if self.column + gap + width(rest) <= self.width {
                self.put(&" ".repeat(gap));
                self.put(rest);
                self.is_empty = false;
                return;
            }
            if self.is_empty {
                // A word longer than a line is cut.
                let (head, tail) = split_at_width(rest, self.width - self.column);
                self.put(head);
                rest = tail;
            }
            self.out.push('\n');
            self.out.push_str(self.indent);
            (self.column, self.is_empty) = (self.indent.len(), true);
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += width(text);
    }
}

/// The lines that tell the story, where there are more than fit: failures, actions, edges before all else.
fn selected(incident: &Incident, count: usize) -> Vec<&Item> {
    let items = incident.timeline.as_slice();
    let rank = |item: &Item| match item.kind {
        "first-failure" | "last-failure" | "recovered" => 0,
        "bind-failure" | "oom-kill" | "crash" | "resource-limit" => 1,
        "container-start" | "container-stop" | "service-stop" | "service-start" | "backend-down" | "reload" => 2,
        "operator-action" | "note" | "service-failed" => 3,
        _ => 4,
    };
    // What is told again and again is told first where it began.
    let is_again = |index: usize| {
        let item = &items[index];
        items[..index].iter().any(|earlier| earlier.kind == item.kind && earlier.service == item.service)
    };
    // That the port became free, and that the service came up, is how it ended.
    let is_of = |item: &Item, role: &str| {
        incident.services.iter().any(|own| own.role == role && item.service.as_deref() == Some(own.name.as_str()))
    };
    let rank_of = |index: usize| match items[index].kind {
        "container-stop" | "service-stop" if is_of(&items[index], "holder") && !is_again(index) => 1,
        "service-start" if is_of(&items[index], "victim") && !is_again(index) => 1,
        "bind-failure" | "oom-kill" | "crash" | "resource-limit" if is_again(index) => 3,
        _ => rank(&items[index]),
    };
    let (first, last) = edges(items);
    let mut order: Vec<usize> = (0..items.len()).collect();
    let outside = |item: &Item| (first - item.at.s).max(item.at.s - last).max(0) / 60;
    order.sort_by_key(|index| (outside(&items[*index]).min(20), rank_of(*index), *index));
    order.truncate(count);
    order.sort_unstable();
    order.into_iter().map(|index| &items[index]).collect()
}

fn edges(items: &[Item]) -> (i64, i64) {
    let at = |kind: &str| items.iter().find(|item| item.kind == kind).map(|item| item.at.s);
    (at("first-failure").unwrap_or(i64::MIN / 2), at("recovered").or(at("last-failure")).unwrap_or(i64::MAX / 2))
}

/// Text of a log as a terminal may show it: no control characters, no marks that turn the direction of writing.
pub(super) fn plain(text: &str) -> String {
    let is_hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|letter| if is_hidden(letter) { '\u{fffd}' } else { letter }).collect()
}

fn width(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

fn split_at_width(text: &str, columns: usize) -> (&str, &str) {
    let mut taken = 0;
    for (index, letter) in text.char_indices() {
        taken += letter.width().unwrap_or(0);
        if taken > columns.max(1) && index > 0 {
            return text.split_at(index);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_wrap_and_long_words_are_cut() {
        let page = Page { width: 10, zone: &crate::clock::zone::Rule::Offset(0), folder: String::new() };
        let mut out = String::new();
        page.paragraph(&mut out, "  ", "one two three abcdefghijklmnop");
        assert_eq!(out, "one two\n  three\n  abcdefgh\n  ijklmnop\n");
        assert!(out.lines().all(|line| width(line) <= 10));
    }

    #[test]
    fn control_characters_of_a_log_do_not_reach_the_terminal() {
        assert_eq!(plain("a\x1b[31mb\u{202e}c"), "a\u{fffd}[31mb\u{fffd}c");
    }
}
