//! Every story below `fixtures` end to end: what the report says against the truth that the simulation, or the clients
//! of the lab, recorded. A new story is a new folder and needs no new code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use pmtrace::Question;
use serde_json::Value as Json;

/// Requests answered by the wrong server with 200 are failures to users, which no log shows; a report's share may lie
/// anywhere between.
fn fair_shares(truth: &Json) -> (f64, f64) {
    let share = truth["requests"]["percent"].as_f64().unwrap();
    let hides = truth["requests"]["failed_by_result"].get("200-wrong").is_some();
    let logged = truth["logged_share"]["percent"].as_f64().filter(|_| hides);
    logged.map_or((share, share), |logged| (logged.min(share), share))
}

fn folders(below: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(below);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.join("truth.json").exists());
    folders.sort();
    folders
}

fn truth(folder: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap()
}

fn report(folder: &Path, notes: bool) -> Json {
    let path = folder.join("notes.txt");
    let notes = (notes && path.exists()).then(|| ("notes.txt".to_owned(), fs::read_to_string(path).unwrap()));
    let question = Question { paths: vec![folder.into()], notes, ..Question::default() };
    serde_json::to_value(pmtrace::investigate(&question)).unwrap()
}

fn seconds(time: &Json) -> f64 {
    let at = chrono::DateTime::parse_from_rfc3339(time.as_str().expect("a time")).unwrap();
    at.timestamp() as f64 + f64::from(at.timestamp_subsec_nanos()) / 1e9
}

/// How far `got` lies outside the span from `from` to `to`.
fn off(got: f64, from: f64, to: f64) -> f64 {
    (from - got).max(got - to).max(0.0)
}

/// Distances that a report may have from the truth.
struct Tolerance {
    /// Seconds, where requests show the edge.
    edge_s: f64,
    /// Seconds, where only a silence shows it.
    hole_s: f64,
    share: f64,
    share_if_missed: f64,
}

fn check(folder: &Path, report: &Json, tolerance: &Tolerance) {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let truth = truth(folder);
    let incidents = report["incidents"].as_array().unwrap();
    if truth["quiet"] == Json::Bool(true) {
        assert!(incidents.is_empty(), "{name}: {}", incidents[0]["title"]);
        assert!(report["quiet"]["text"].is_string(), "{name}: says why it is quiet");
        return;
    }
    let truth = &truth["incidents"][0];
    let titles: Vec<&Json> = incidents.iter().map(|incident| &incident["title"]).collect();
    assert_eq!(incidents.len(), 1, "{name}: {titles:?}");
    let found = &incidents[0];
    check_edges(&name, truth, found, tolerance);
    check_cause(&name, truth, found);
    check_impact(&name, truth, found, tolerance);
}

fn check_edges(name: &str, truth: &Json, found: &Json, tolerance: &Tolerance) {
    let of = |edge: &str| if truth[edge] == "hole" { tolerance.hole_s } else { tolerance.edge_s };
    let seen =
        |time: &str, other: &str| if truth[other].is_null() { seconds(&truth[time]) } else { seconds(&truth[other]) };
    let start = off(seconds(&found["start"]), seconds(&truth["start"]), seen("start", "start_seen"));
    assert!(start <= of("start_edge"), "{name}: starts at {}, not {}", found["start"], truth["start"]);
    if truth["end"].is_null() {
        assert_eq!(found["ongoing"], true, "{name}: is not over");
        assert!(found["end"].is_null(), "{name}");
        return;
    }
    let end = off(seconds(&found["end"]), seen("end", "end_sent"), seconds(&truth["end"]));
    assert!(end <= of("end_edge"), "{name}: ends at {}, not {}", found["end"], truth["end"]);
    let lasts = found["duration_s"].as_f64().unwrap();
    assert!((lasts - (seconds(&found["end"]) - seconds(&found["start"]))).abs() < 0.01, "{name}: duration");
}

fn check_cause(name: &str, truth: &Json, found: &Json) {
    let cause = &found["cause"];
    let accepts = |list: &Json, got: &Json| list.as_array().unwrap().iter().any(|known| known == got);
    assert!(accepts(&truth["kind_accept"], &cause["kind"]), "{name}: {}", cause["summary"]);
    assert!(accepts(&truth["service"], &cause["service"]), "{name}: {}", cause["service"]);
    if truth["kind"] == "port-conflict" {
        assert_eq!(cause["port"], truth["port"], "{name}");
        assert_eq!(cause["errno"], truth["errno"], "{name}");
    }
    match truth["holder"].get("accept") {
        Some(names) => {
            let holder = &cause["holder"];
            let said = [&holder["name"], &holder["service"], &holder["image"]];
            assert!(said.iter().any(|said| accepts(names, said)), "{name}: the holder is {holder}");
        }
        None => assert!(cause["holder"].is_null(), "{name}: nobody's trace names {}", cause["holder"]),
    }
    assert!(!cause["evidence_for"].as_array().unwrap().is_empty(), "{name}: a cause has evidence");
}

fn check_impact(name: &str, truth: &Json, found: &Json, tolerance: &Tolerance) {
    let share = found["impact"]["requests"]["percent"].as_f64().expect("a share of requests");
    let (low, high) = fair_shares(truth);
    let missed = found["impact"]["requests"]["missed"].as_u64().unwrap() > 0;
    let allowed = if missed { tolerance.share_if_missed } else { tolerance.share };
    assert!(off(share, low, high) <= allowed, "{name}: {share} % of requests, not {low} to {high}");
    let clients = found["impact"]["clients"]["percent"].as_f64().expect("a share of clients");
    let wanted = truth["clients"]["percent"].as_f64().unwrap();
    assert!((clients - wanted).abs() <= allowed, "{name}: {clients} % of clients, not {wanted}");
}

#[test]
fn simulated_stories() {
    let folders = folders("incidents");
    assert!(folders.len() >= 6, "{folders:?}");
    for folder in folders {
        let truth = truth(&folder);
        let gap = truth["incidents"][0]["mean_gap_s"].as_f64().unwrap_or(0.0);
        let tolerance = Tolerance { edge_s: 1.0, hole_s: 2.0 * gap, share: 1.0, share_if_missed: 5.0 };
        for notes in [false, true] {
            check(&folder, &report(&folder, notes), &tolerance);
        }
    }
}

#[test]
fn captures_of_real_servers() {
    let folders = folders("captures");
    assert!(folders.len() >= 3, "{folders:?}");
    for folder in folders {
        // Access logs have whole seconds, and users who try again make more attempts than a silence shows.
        let tolerance = Tolerance { edge_s: 3.0, hole_s: 3.0, share: 2.0, share_if_missed: 6.0 };
        check(&folder, &report(&folder, false), &tolerance);
    }
}

#[test]
fn what_happened_stands_in_the_timeline() {
    for folder in [folders("incidents"), folders("captures")].concat() {
        let (truth, report) = (truth(&folder), report(&folder, false));
        let Some(incident) = truth["incidents"].get(0) else { continue };
        let timeline = report["incidents"][0]["timeline"].as_array().unwrap();
        assert!(timeline.len() <= 300, "{}", folder.display());
        for kind in ["bind-failure", "container-start", "container-stop", "oom-kill"] {
            for event in incident["key_events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind) {
                let near = |item: &&Json| {
                    let until = if item["end"].is_null() { &item["time"] } else { &item["end"] };
                    off(seconds(&event["time"]), seconds(&item["time"]), seconds(until))
                        <= event["tolerance_s"].as_f64().unwrap() + 1.0
                };
                let told = timeline.iter().filter(|item| item["kind"] == kind).any(|item| near(&item));
                assert!(told, "{}: {kind} at {} is missing", folder.display(), event["time"]);
            }
        }
    }
}

#[test]
fn every_piece_of_evidence_is_the_line_that_it_names() {
    let folder = folders("incidents").remove(0);
    let report = report(&folder, false);
    let mut lines = 0;
    for item in report["incidents"][0]["timeline"].as_array().unwrap() {
        for evidence in item["evidence"].as_array().unwrap() {
            let text = fs::read_to_string(evidence["file"].as_str().unwrap()).unwrap();
            let number = evidence["line"].as_u64().unwrap() as usize;
            let line = text.lines().nth(number - 1).unwrap();
            assert!(line.starts_with(evidence["text"].as_str().unwrap()), "{evidence}");
            let offset = evidence["offset"].as_u64().unwrap() as usize;
            assert!(text[offset..].starts_with(line), "{evidence}");
            lines += 1;
        }
    }
    assert!(lines > 20);
}

#[test]
fn notes_of_people_stand_in_the_timeline() {
    for folder in folders("incidents").into_iter().filter(|folder| folder.join("notes.txt").exists()) {
        let with = report(&folder, true);
        let Some(incident) = with["incidents"].get(0) else { continue };
        let notes = incident["timeline"].as_array().unwrap().iter().filter(|item| item["source"] == "notes").count();
        assert!(notes > 0, "{}", folder.display());
    }
}
