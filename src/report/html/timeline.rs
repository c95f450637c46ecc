//! The timeline as a table. What comes again and again is told once, then counted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::model::{Incident, Item, Report};
use super::super::text::Page;
use super::super::words::number;
use super::Limits;
use super::evidence::{Ledger, Reference};
use super::shown::cut;
use super::when::{Moment, on_day};

/// An entry that was told so often is a repetition.
const TOLD: usize = 2;
/// So many repetitions in a row make one entry.
const FOLDED: usize = 4;
/// Different texts of repetitions that are named.
const NAMED: usize = 6;
/// Lines that prove an entry.
const PROOFS: usize = 2;

/// An entry of the table.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    moment: Moment,
    /// The end of several that are told as one.
    until: Option<Moment>,
    text: String,
    /// `noted`, `inferred`
    source: Option<&'static str>,
    effect: Option<Effect>,
    proof: Vec<Reference>,
    /// Lines that prove it and are not named.
    more_proof: usize,
    class: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Effect {
    class: &'static str,
    text: &'static str,
}

/// The table, with how many entries it leaves out.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    entries: Vec<Entry>,
    left_out: usize,
}

pub(super) fn timeline(report: &Report, incident: &Incident, ledger: &mut Ledger<'_>, limits: &Limits) -> Timeline {
    let start = Page::instant(&incident.start);
    let mut entries = Vec::new();
    let mut told = 0;
    for part in parts(&incident.timeline) {
        if entries.len() >= limits.items {
            break;
        }
        told += part.len();
        entries.push(match part {
            [item] => single(report, item, start, ledger, limits),
            several => folded(report, several, start, ledger, limits),
        });
    }
    Timeline { entries, left_out: incident.timeline.len() - told }
}

/// What makes two entries the same: text, service, host, effect.
type Telling<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// Single items, and runs of repetitions that are told as one.
fn parts(items: &[Item]) -> Vec<&[Item]> {
    let mut seen: BTreeMap<Telling<'_>, usize> = BTreeMap::new();
    let is_again: Vec<bool> = items
        .iter()
        .map(|item| {
            let count =
                seen.entry((&item.text, item.service.as_deref(), item.host.as_deref(), item.effect)).or_default();
            *count += 1;
            *count > TOLD
        })
        .collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < items.len() {
        let run = is_again.iter().skip(at).take_while(|is_again| **is_again).count();
        let taken = if run >= FOLDED { run } else { 1 };
        parts.push(&items[at..at + taken]);
        at += taken;
    }
    parts
}

fn single(
    report: &Report,
    item: &Item,
    start: crate::clock::Instant,
    ledger: &mut Ledger<'_>,
    limits: &Limits,
) -> Entry {
    let effect = item.effect.and_then(|effect| {
        Some(match effect {
            "better" => Effect { class: "better", text: "helped" },
            "worse" => Effect { class: "worse", text: "made it worse" },
            "none" => Effect { class: "no-effect", text: "no effect" },
            _ => return None,
        })
    });
    // A silence lasts; what else has an end is told at its begin.
    let lasts = matches!(item.kind, "hole" | "dip" | "slow" | "spike");
    let end = item.end.as_deref().filter(|_| lasts).map(Page::instant);
    Entry {
        moment: on_day(item.at, start, &report.zone),
        until: end.map(|end| on_day(end, start, &report.zone)),
        text: cut(&item.text, limits.text),
        source: match item.source {
            "notes" => Some("noted"),
            "inferred" => Some("inferred"),
            _ => None,
        },
        effect,
        proof: ledger.references(&item.evidence, PROOFS),
        more_proof: item.evidence.len().saturating_sub(PROOFS),
        class: class(item.kind),
    }
}

fn folded(
    report: &Report,
    items: &[Item],
    start: crate::clock::Instant,
    ledger: &mut Ledger<'_>,
    limits: &Limits,
) -> Entry {
    let mut texts: Vec<(&str, usize)> = Vec::new();
    for item in items {
        match texts.iter_mut().find(|(text, _)| *text == item.text) {
            Some((_, count)) => *count += 1,
            None => texts.push((&item.text, 1)),
        }
    }
    let times = |count: usize| if count == 1 { "once".into() } else { format!("{} times", number(count as u64)) };
    let named: Vec<String> = texts
        .iter()
        .take(NAMED)
        .map(|(text, count)| format!("{}, {}", cut(text, limits.text / 2), times(*count)))
        .collect();
    let more = if texts.len() > NAMED { format!("; and {} others", texts.len() - NAMED) } else { String::new() };
    let (first, last) = (items.first(), items.last());
    let at = first.map_or(start, |item| item.at);
    Entry {
        moment: on_day(at, start, &report.zone),
        until: last.map(|item| on_day(item.at, start, &report.zone)),
        text: format!("The same again: {}{more}", named.join("; ")),
        source: None,
        effect: None,
        proof: ledger.references(first.map_or(&[], |item| item.evidence.as_slice()), 1),
        more_proof: items.iter().map(|item| item.evidence.len()).sum::<usize>().saturating_sub(1),
        class: "again",
    }
}

/// How an entry is marked; the text says the same.
fn class(kind: &str) -> &'static str {
    match kind {
        "first-failure" | "last-failure" => "boundary",
        "recovered" => "good",
        "bind-failure" | "crash" | "oom-kill" | "service-failed" | "backend-down" | "resource-limit" | "hole" => "bad",
        "operator-action" => "action",
        "note" | "detected" | "escalation" => "note",
        _ => "plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Instant;

    fn item(s: i64, text: &str) -> Item {
        Item {
            time: String::new(),
            end: None,
            kind: "restart",
            service: None,
            host: None,
            count: 1,
            text: text.into(),
            source: "log",
            effect: None,
            evidence: Vec::new(),
            at: Instant::second(s),
        }
    }

    #[test]
    fn repetitions_are_folded_where_they_are_many() {
        for (why, texts, wanted) in [
            ("few", "a b a b a b", vec![1; 6]),
            ("many", "a b a b a b a b", vec![1, 1, 1, 1, 4]),
            ("something between", "a a a a x a a a a", vec![1, 1, 1, 1, 1, 4]),
        ] {
            let items: Vec<Item> = texts.split(' ').zip(1..).map(|(text, s)| item(s, text)).collect();
            assert_eq!(parts(&items).iter().map(|part| part.len()).collect::<Vec<_>>(), wanted, "{why}");
        }
    }
}
