//! Who held the port: stories with a known holder, from the bytes of their logs to the report (methods, 8.5).

mod lines;
mod story;

use std::collections::BTreeMap;
use std::path::Path;

use pmtrace::report::model::{Hypothesis, Report};
use pmtrace::{Question, investigate};
use rayon::prelude::*;

use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;
use story::{Story, Who};

/// Other services that run, with the bar and the goal for a holder with a trace, and for false holders, in percent.
const ROWS: [(usize, [f64; 2], [f64; 2]); 3] =
    [(3, [96.0, 98.0], [0.3, 0.1]), (8, [95.0, 97.0], [0.1, 0.0]), (20, [92.0, 95.0], [0.1, 0.0])];

/// What a report said of a story.
#[derive(Clone, Debug)]
struct Outcome {
    who: Who,
    has_trace: bool,
    /// Whether a holder is named, and rightly.
    named: Option<bool>,
    confidence: &'static str,
    /// Whether the best that is only possible is right.
    possible: Option<bool>,
    is_reported: bool,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let stories = scale.of(12_000, 400);
    let measured: Vec<(usize, Vec<Outcome>)> =
        ROWS.iter().map(|(services, ..)| (*services, measure(scale, *services, stories))).collect();
    let mut first = rows(&measured);
    first.figures = figures(&measured);
    vec![first, by_holder(&measured)]
}

fn measure(scale: &Scale, services: usize, stories: usize) -> Vec<Outcome> {
    // Where the system has a folder in memory, the logs need no disk.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    (0..stories).into_par_iter().filter_map(|index| outcome(scale.seed, services, index, &folder)).collect()
}

fn outcome(seed: u64, services: usize, index: usize, folder: &Path) -> Option<Outcome> {
    let chance = Random::new(seed, &format!("ports {services}"), &index.to_string());
    let mut story = Story::new(chance, services);
    let folder = tempfile::tempdir_in(folder).ok()?;
    story.logs.write(folder.path()).ok()?;
    let report = investigate(&Question { paths: vec![folder.path().to_path_buf()], ..Question::default() });
    Some(compared(&story, &report))
}

fn compared(story: &Story, report: &Report) -> Outcome {
    let mut conflicts = report.incidents.iter().filter(|incident| incident.cause.kind == "port-conflict");
    let incident = conflicts.clone().find(|incident| incident.cause.holder.is_some()).or_else(|| conflicts.next());
    let right = |hypothesis: &Hypothesis| {
        hypothesis.holder.as_ref().map(|holder| is_right(story, holder.kind, holder.name.as_deref()))
    };
    let possible = incident.and_then(|incident| {
        incident.hypotheses.iter().find(|of| of.confidence == "possible" && of.kind == "port-conflict").and_then(right)
    });
    Outcome {
        who: story.who,
        has_trace: story.has_trace,
        named: incident.and_then(|incident| right(&incident.cause)),
        confidence: incident.map_or("", |incident| incident.cause.confidence),
        possible,
        is_reported: incident.is_some(),
    }
}

fn is_right(story: &Story, kind: &str, name: Option<&str>) -> bool {
    let kinds = match story.who {
        Who::Service => "service",
        Who::Stale => "self-stale",
        Who::Duplicate => "self-duplicate",
        Who::Container => "container",
        Who::ByHand => return false,
    };
    // A syslog does not tell the units of those who write: there the victim has the name of its program.
    let is_own = matches!(story.who, Who::Stale | Who::Duplicate);
    // Where only a table of sockets names it, nothing tells that the process is a service: its name is right.
    let is_kind = kind == kinds || story.who == Who::Service && kind == "process";
    is_kind && (name == Some(story.name) || is_own && name == Some(story.victim.program))
}

fn shown(part: usize, of: usize) -> String {
    percent(part, of).map_or_else(|| "–".into(), |share| format!("{share:.2} %"))
}

fn count(outcomes: &[Outcome], wanted: impl Fn(&Outcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| wanted(outcome)).count()
}

fn rows(measured: &[(usize, Vec<Outcome>)]) -> Table {
    let columns = [
        "services",
        "stories",
        "named",
        "right when named",
        "false holder (of all)",
        "named right when a trace exists",
        "started by hand: no name said",
        "not determined",
        "certain (right)",
        "likely (right)",
        "\"possible\" right",
        "no conflict reported",
    ];
    let row = |(services, all): &(usize, Vec<Outcome>)| {
        let named = count(all, |of| of.named.is_some());
        let false_holder = count(all, |of| of.named == Some(false));
        let by_hand = count(all, |of| of.who == Who::ByHand);
        let word = |word: &str| {
            let said = count(all, |of| of.named.is_some() && of.confidence == word);
            let right = count(all, |of| of.named == Some(true) && of.confidence == word);
            format!("{} ({})", shown(said, all.len()), shown(right, said))
        };
        let traced = count(all, |of| of.has_trace);
        let possible = count(all, |of| of.possible.is_some());
        vec![
            services.to_string(),
            all.len().to_string(),
            shown(named, all.len()),
            shown(named - false_holder, named),
            shown(false_holder, all.len()),
            format!("{} of {traced}", shown(count(all, |of| of.has_trace && of.named == Some(true)), traced)),
            shown(count(all, |of| of.who == Who::ByHand && of.named.is_none()), by_hand),
            shown(all.len() - named, all.len()),
            word("certain"),
            word("likely"),
            format!("{} of {possible}", shown(count(all, |of| of.possible == Some(true)), possible)),
            shown(count(all, |of| !of.is_reported), all.len()),
        ]
    };
    Table {
        title: "Who held the port".into(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: measured.iter().map(row).collect(),
        figures: Vec::new(),
    }
}

fn by_holder(measured: &[(usize, Vec<Outcome>)]) -> Table {
    let mut lines: BTreeMap<Who, Vec<String>> = BTreeMap::new();
    for (_, all) in measured {
        for who in [Who::Service, Who::Stale, Who::Duplicate, Who::Container, Who::ByHand] {
            let of = |wanted: fn(&Outcome) -> bool| count(all, |of| of.who == who && wanted(of));
            let numbers = format!(
                "{}: {} traced, {} right, {} false",
                of(|_| true),
                of(|of| of.has_trace),
                of(|of| of.named == Some(true)),
                of(|of| of.named == Some(false))
            );
            lines.entry(who).or_default().push(numbers);
        }
    }
    let columns = ["true holder".to_owned()].into_iter();
    Table {
        title: "Who held the port, by the true holder".into(),
        columns: columns.chain(measured.iter().map(|(services, _)| format!("{services} services"))).collect(),
        rows: lines
            .into_iter()
            .map(|(who, numbers)| [format!("{who:?}")].into_iter().chain(numbers).collect())
            .collect(),
        figures: Vec::new(),
    }
}

fn figures(measured: &[(usize, Vec<Outcome>)]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for ((services, all), (_, traced, wrong)) in measured.iter().zip(ROWS) {
        let of = count(all, |of| of.has_trace);
        figures.push(Figure {
            what: format!("holder named right when a trace exists, {services} services"),
            reached: percent(count(all, |of| of.has_trace && of.named == Some(true)), of),
            of,
            side: Side::AtLeast,
            bar: traced[0],
            goal: traced[1],
            unit: " %",
        });
        figures.push(Figure {
            what: format!("false holder, of all stories, {services} services"),
            reached: percent(count(all, |of| of.named == Some(false)), all.len()),
            of: all.len(),
            side: Side::AtMost,
            bar: wrong[0],
            goal: wrong[1],
            unit: " %",
        });
    }
    let all: Vec<Outcome> = measured.iter().flat_map(|(_, outcomes)| outcomes.clone()).collect();
    let certain = count(&all, |of| of.named.is_some() && of.confidence == "certain");
    figures.push(Figure {
        what: "holder right when \"certain\"".into(),
        reached: percent(count(&all, |of| of.named == Some(true) && of.confidence == "certain"), certain),
        of: certain,
        side: Side::AtLeast,
        bar: 99.9,
        goal: 100.0,
        unit: " %",
    });
    let by_hand = count(&all, |of| of.who == Who::ByHand);
    figures.push(Figure {
        what: "a name said though started by hand without a trace".into(),
        reached: percent(count(&all, |of| of.who == Who::ByHand && of.named.is_some()), by_hand),
        of: by_hand,
        side: Side::AtMost,
        bar: 1.0,
        goal: 0.0,
        unit: " %",
    });
    figures
}
