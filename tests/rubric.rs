//! Drafts of postmortems, judged by the rubric of the stories (section 3): those of every story and capture reach the
//! bar from logs alone, each check bites, and what is written is what was read by people.
//!
//! By hand: `RUBRIC_DRAFT=draft.md RUBRIC_REPORT=report.json cargo test --test rubric a_draft_that_is_named --
//! --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[path = "rubric/draft.rs"]
mod draft;
#[path = "rubric/score.rs"]
mod score;

use std::fs;
use std::path::{Path, PathBuf};

use pmtrace::Question;
use pmtrace::report::markdown::{Template, markdown};
use pmtrace::report::model::Report;
use score::{Judged, judge};
use serde_json::Value as Json;

/// Marks of 60 that a draft reaches from logs alone, and demands that have both marks then.
const LEAST: u32 = 46;
const IN_FULL: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 18, 19, 20, 21, 22, 23, 24, 27];

fn fixtures(below: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(below);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.join("truth.json").exists());
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn report(paths: Vec<PathBuf>, notes: Option<String>, zone: Option<&str>) -> Report {
    let zones = zone.map(|zone| zone.parse().unwrap()).into_iter().collect();
    let notes = notes.map(|text| ("notes.txt".to_owned(), text));
    pmtrace::investigate(&Question { paths, notes, zones, ..Question::default() })
}

/// Draft by draft of a report with one or more incidents.
fn drafts(report: &Report) -> Vec<String> {
    let text = markdown(report, &Template::default()).unwrap();
    let mut drafts: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("# ") {
            drafts.push(String::new());
        }
        drafts.last_mut().unwrap().push_str(line);
    }
    drafts
}

/// What misses the bar.
fn misses(what: &str, report: &Report, notes: &str) -> Vec<String> {
    let json = serde_json::to_value(report).unwrap();
    let mut found = Vec::new();
    for (index, draft) in drafts(report).iter().enumerate().take(report.incidents.len()) {
        let judged = judge(draft, &json, index, notes);
        println!("{what}, incident {}: {} of 60, not in full: {:?}", index + 1, judged.total(), judged.lacking());
        let lacking: Vec<usize> = IN_FULL.iter().copied().filter(|demand| judged.marks[demand - 1] < 2).collect();
        if judged.total() < LEAST || !lacking.is_empty() || !judged.broken.is_empty() {
            found.push(format!(
                "{what}, incident {}: {} of 60, lacking {lacking:?}, {:?}\n{draft}",
                index + 1,
                judged.total(),
                judged.broken
            ));
        }
    }
    found
}

#[test]
fn drafts_from_logs_alone_reach_the_bar() {
    let mut missed = Vec::new();
    let mut count = 0;
    for folder in fixtures("incidents").into_iter().chain(fixtures("captures")) {
        let report = report(vec![folder.clone()], None, None);
        count += report.incidents.len();
        missed.extend(misses(&name(&folder), &report, ""));
    }
    assert!(count >= 9, "{count} incidents");
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn drafts_with_notes_reach_the_bar() {
    let mut missed = Vec::new();
    for folder in fixtures("incidents") {
        let notes = fs::read_to_string(folder.join("notes.txt")).unwrap();
        let report = report(vec![folder.clone()], Some(notes.clone()), None);
        missed.extend(misses(&name(&folder), &report, &notes));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// Captures of real servers that are not part of the repository: `PMTRACE_LAB` names their folder, where it is.
#[test]
fn drafts_of_the_lab_reach_the_bar() {
    let Some(lab) = std::env::var_os("PMTRACE_LAB").map(PathBuf::from).filter(|lab| lab.is_dir()) else {
        println!("skipped: PMTRACE_LAB names no folder of captures");
        return;
    };
    let mut missed = Vec::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(lab).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("sets.json").exists());
    folders.sort();
    for folder in folders {
        let read =
            |file: &str| -> Json { serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap() };
        let (sets, truth) = (read("sets.json"), read("truth.json"));
        let files =
            sets["plain"].as_array().unwrap().iter().map(|file| folder.join("logs").join(file.as_str().unwrap()));
        let needs = |zone: &Json| zone.as_array().is_some_and(|sets| sets.iter().any(|set| set == "plain"));
        let zone = truth["zone"].as_str().filter(|_| needs(&truth["zone_needed_for"]));
        missed.extend(misses(&name(&folder), &report(files.collect(), None, zone), ""));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// The story that is told where none is named.
fn told() -> (Report, String) {
    let report = pmtrace::answer(&Question::default(), pmtrace::demo::story(None).unwrap());
    let draft = drafts(&report).remove(0);
    (report, draft)
}

/// A draft without the lines that hold this.
fn without(draft: &str, part: &str) -> String {
    draft.split_inclusive('\n').filter(|line| !line.contains(part)).collect()
}

/// A draft with something else in a section.
fn in_section(draft: &str, heading: &str, change: impl Fn(&str) -> String) -> String {
    let begin = draft.find(heading).unwrap() + heading.len();
    let end = draft[begin..].find("\n## ").map_or(draft.len(), |end| begin + end);
    format!("{}{}{}", &draft[..begin], change(&draft[begin..end]), &draft[end..])
}

fn replaced(draft: &str, pattern: &str, by: &str) -> String {
    draft::regex(pattern).replace_all(draft, by).into_owned()
}

type Spoil = fn(&str) -> String;

/// For each demand a draft that is spoiled in that one point.
const SPOILINGS: &[(usize, Spoil)] = &[
    (1, |draft| draft.replace("## Timeline", "## What happened")),
    (1, |draft| draft.replace("## Corrective and preventative measures", "## Next steps")),
    (2, |draft| draft.replace("to 11:29:37 UTC", "to 12:00:00 UTC")),
    (2, |draft| draft.replace("(89 min 30 s)", "").replace("89 min 30 s", "long")),
    (3, |draft| draft.replace(" was down.", " was not as it is meant to be.")),
    (4, |draft| draft.replace("Users saw status 503", "Users saw status 451")),
    (4, |draft| draft.replace("Users saw status 503 (service unavailable).", "")),
    (5, |draft| draft.replace("72 % of users", "12 % of users")),
    (5, |draft| draft.replace("; counted, so without an interval", "")),
    (6, |draft| {
        draft.replace(
            "**Root cause:** apache2 could not start, because container web-preview",
            "**Root cause:** apache2 could not start, because the network",
        )
    }),
    (7, |draft| draft.replace("- **10:00:07** The first", "- **12:00:07** The first")),
    (7, |draft| draft.replace("- **10:00:07** The first", "- The first")),
    (8, |draft| {
        draft.replace(
            "The first request failed.",
            &format!("The first request failed{}.", " and then one more".repeat(9)),
        )
    }),
    (8, |draft| draft.replace("The first request failed.", "The first request failed. It was one. Others followed.")),
    (9, |draft| {
        replaced(&without(draft, "Who noticed"), "Time to detect: at once", "Time to detect: not known")
            .replace("Detection:", "")
    }),
    (10, |draft| without(draft, "Who noticed").replace("health check", "thing").replace("detection", "it")),
    (11, |draft| replaced(draft, r"Effect: [^(]*\(", "(")),
    (12, |draft| {
        replaced(draft, r"\*\*Resolution\.\*\*.*", "**Resolution.** What changed: all, because somebody repaired it.")
    }),
    (13, |draft| {
        in_section(draft, "## Root cause and resolution", |text| {
            text.replace("container web-preview held", "something held")
        })
    }),
    (14, |draft| without(draft, "assumed to be wrong")),
    (15, |draft| draft.replace("none, a misleading path", "as hoped")),
    (16, |draft| without(draft, "escalated after")),
    (17, |draft| replaced(draft, r"(?m)^\d+\. ", "")),
    (18, |draft| replaced(draft, r"What changed: [^.]*\. It ended [^.]*\.", "")),
    (19, |draft| {
        in_section(draft, "## Corrective and preventative measures", |text| text[text.find("- [ ]").unwrap()..].into())
    }),
    (20, |draft| replaced(draft, r"(?m)^- \[ \] .*$", "- [ ] Be more careful (prevent).")),
    (21, |draft| draft.replace("(detect sooner)", "(prevent)")),
    (22, |draft| format!("{draft}{}", "More words of no use. ".repeat(60))),
    (22, |draft| draft[..draft.find("## Timeline").unwrap()].to_owned()),
    (23, |draft| draft.replace("An operator ran", "anna ran")),
    (23, |draft| draft.replace("What changed:", "The operator should have looked. What changed:")),
    (24, |draft| in_section(draft, "## Timeline", |text| replaced(text, r"`[^`]+:\d+`", "here"))),
    (25, |draft| draft.replace("This suggests", "So it is")),
    (26, |draft| {
        draft.replace("[?] Who noticed", &format!("{}[?] Who noticed", "[?] Is there more to say?\n\n".repeat(7)))
    }),
    (26, |draft| replaced(draft, r"\[\?\] .*", "[?] What now?")),
    (27, |draft| draft.replace("1,633 of 2,356", "1,633 of 2,999")),
    (27, |draft| draft.replace("69 % of all", "61 % of all")),
    (28, |draft| replaced(draft, r" time to mitigate: [^;]*;", "")),
    (28, |draft| draft.replace("time to resolve: 89 min 30 s", "time to resolve: 75 min 9 s")),
    (29, |draft| replaced(draft, r"The impact was computed by counting: ", "")),
    (30, |draft| draft.replace("Root cause:**", "Root cause:** evidence_for null")),
];

#[test]
fn each_demand_bites() {
    let (report, draft) = told();
    let json = serde_json::to_value(&report).unwrap();
    let judged = judge(&draft, &json, 0, "");
    assert!(judged.lacking().is_empty(), "{:?} {:?}\n{draft}", judged.lacking(), judged.broken);
    let mut blunt = Vec::new();
    for (index, (demand, spoil)) in SPOILINGS.iter().enumerate() {
        let spoiled = spoil(&draft);
        assert_ne!(spoiled, draft, "spoiling {index}, of demand {demand}, changes nothing");
        let marks = judge(&spoiled, &json, 0, "").marks;
        if marks[demand - 1] >= judged.marks[demand - 1] {
            blunt.push((index, *demand));
        }
    }
    assert!(blunt.is_empty(), "no marks lost: {blunt:?}");
    for demand in 1..=30 {
        assert!(SPOILINGS.iter().any(|(of, _)| *of == demand), "demand {demand} has no spoiling");
    }
}

#[test]
fn the_two_rules_bite() {
    let (report, draft) = told();
    let json = serde_json::to_value(&report).unwrap();
    for part in [
        "It was 03:14:15 then.",
        "In all 4,711 people called.",
        "It took 17 min 3 s.",
        "See there (`web01/var/log/apache2/error.log:99999`).",
        "The client 198.51.100.7 saw it.",
        "It used password=correcthorse.",
    ] {
        let spoiled = draft.replace("All times are UTC.", &format!("All times are UTC. {part}"));
        assert!(!judge(&spoiled, &json, 0, "").broken.is_empty(), "{part}");
    }
    // What notes tell may be told.
    let spoiled = draft.replace("All times are UTC.", "All times are UTC. In all 4,711 people called.");
    assert!(judge(&spoiled, &json, 0, "4711 calls").broken.is_empty());
}

#[test]
fn drafts_are_those_that_people_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshots");
    let mut changed = Vec::new();
    let quiet = "quiet-day";
    for story in pmtrace::demo::names().chain([quiet]) {
        let report = match story {
            "quiet-day" => report(vec![root.with_file_name("incidents").join(story)], None, None),
            _ => pmtrace::answer(&Question::default(), pmtrace::demo::story(Some(story)).unwrap()),
        };
        let (draft, path) = (markdown(&report, &Template::default()).unwrap(), root.join(format!("{story}.md")));
        if std::env::var_os("PMTRACE_WRITE_SNAPSHOTS").is_some() {
            fs::create_dir_all(&root).unwrap();
            fs::write(&path, &draft).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != draft {
            changed.push(story);
        }
    }
    assert!(
        changed.is_empty(),
        "{changed:?} changed; read them: PMTRACE_WRITE_SNAPSHOTS=1 cargo test --test rubric, then git diff \
         fixtures/snapshots"
    );
}

/// The program's answer: status, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pmtrace")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn drafts_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let good = own("good.md", "{% for draft in drafts %}{{ draft.service }}: {{ draft.state }}{% endfor %}");
    let (undefined, broken) = (own("undefined.md", "x\n{{ drafts[0].nothing }}"), own("broken.md", "{% for %}"));
    let draft = |template: &str| run(&["demo", "-o", "markdown", "--template", template]);
    assert!(run(&["demo", "-o", "markdown"]).1.starts_with("# apache2 down for 89 min 30 s"));
    assert!(draft("postmortem").1.contains("\n## Issue Summary\n"));
    assert!(draft("sre").1.contains("\n| Action item | Type | Owner | Bug |\n"));
    assert!(draft("status").1.starts_with("**Resolved: apache2 down**"));
    assert_eq!(draft(&good), (Some(0), "apache2: down\n".into(), String::new()));
    for (template, told) in [
        (undefined.as_str(), ", line 2: undefined value"),
        (broken.as_str(), ", line 1: syntax error"),
        ("no/such.md", ": no such file or directory; name a file, or one of postmortem, sre, status"),
    ] {
        let (status, out, problem) = draft(template);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{template}: {problem}");
        assert!(problem.starts_with(&format!("pmtrace: --template {template}{told}")), "{problem}");
    }
}

/// Scores a draft of one's own: RUBRIC_DRAFT and RUBRIC_REPORT name the files, RUBRIC_NOTES the notes.
#[test]
fn a_draft_that_is_named_is_scored() {
    let read = |name: &str| std::env::var(name).ok().map(|path| fs::read_to_string(path).unwrap());
    let (Some(draft), Some(report)) = (read("RUBRIC_DRAFT"), read("RUBRIC_REPORT")) else {
        println!("skipped: RUBRIC_DRAFT and RUBRIC_REPORT name no files");
        return;
    };
    let json = serde_json::from_str(&report).unwrap();
    let judged: Judged = judge(&draft, &json, 0, &read("RUBRIC_NOTES").unwrap_or_default());
    for (index, mark) in judged.marks.iter().enumerate() {
        println!("demand {:2}: {mark}", index + 1);
    }
    println!("{} of 60; rules broken: {:?}", judged.total(), judged.broken);
    assert!(judged.broken.is_empty());
}
