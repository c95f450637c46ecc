//! The forms that programs read: schemas, tables, exports, files that are written whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};

const STORIES: [&str; 5] =
    ["apache-docker-port-80", "haproxy-nginx-port-80", "apache-vhost-500", "nginx-apache-port", "nginx-apache-8080"];

fn pmtrace(arguments: &[&str]) -> Output {
    Command::cargo_bin("pmtrace").unwrap().env_remove("XDG_CONFIG_HOME").args(arguments).output().unwrap()
}

fn told(arguments: &[&str]) -> String {
    String::from_utf8(pmtrace(arguments).stdout).unwrap()
}

fn story(name: &str) -> Value {
    serde_json::from_str(&told(&["demo", name, "-o", "json"])).unwrap()
}

fn validator(of: &str) -> jsonschema::Validator {
    jsonschema::draft202012::new(&serde_json::from_str(&told(&["schema", of])).unwrap()).unwrap()
}

#[test]
fn reports_fit_their_schema() {
    let schema = validator("report");
    let quiet = told(&["-q", "-o", "json", "fixtures/incidents/quiet-day"]);
    let captures = std::fs::read_dir("fixtures/captures").unwrap().map(|entry| entry.unwrap().path());
    let captured = captures.map(|path| told(&["-q", "-o", "json", "--checksum", path.to_str().unwrap()]));
    let reports = STORIES.map(story).into_iter();
    for report in reports.chain(captured.chain([quiet]).map(|text| serde_json::from_str(&text).unwrap())) {
        let problems: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new());
    }
}

#[test]
fn spoiled_reports_are_refused() {
    let schema = validator("report");
    let whole = story("apache-docker-port-80");
    assert!(schema.is_valid(&whole));
    let spoiled = |spoil: &dyn Fn(&mut Value)| {
        let mut report = whole.clone();
        spoil(&mut report);
        schema.is_valid(&report)
    };
    for pointer in ["", "/incidents/0", "/incidents/0/cause", "/incidents/0/impact", "/incidents/0/marks", "/inputs/0"]
    {
        let names: Vec<String> = whole.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let without = spoiled(&|report| {
                report.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(&name);
            });
            assert!(!without, "{pointer} without {name}");
        }
        let with = spoiled(&|report| report.pointer_mut(pointer).unwrap()["no-such-field"] = json!(1));
        assert!(!with, "{pointer} with an unknown field");
    }
    for (pointer, value) in [
        ("/schema", json!("pmtrace-report/2")),
        ("/incidents/0/cause/kind", json!("gremlins")),
        ("/incidents/0/cause/confidence", json!("sure")),
        ("/incidents/0/cause/probability", json!(1.5)),
        ("/incidents/0/timeline/0/kind", json!("party")),
        ("/incidents/0/timeline/0/effect", json!("good")),
        ("/incidents/0/services/0/role", json!("culprit")),
        ("/incidents/0/start", json!("10 o'clock")),
        ("/incidents/0/impact/requests/percent", json!(170)),
        ("/incidents/0/series/requests/0", json!(-1)),
        ("/inputs/0/zone/how", json!("guessed")),
    ] {
        assert!(whole.pointer(pointer).is_some(), "{pointer}");
        assert!(!spoiled(&|report| *report.pointer_mut(pointer).unwrap() = value.clone()), "{pointer} {value}");
    }
}

#[test]
fn records_fit_their_schema() {
    let schema = validator("record");
    let lines = told(&["parse", "-q", "--raw", "fixtures/incidents", "fixtures/captures"]);
    let mut count = 0;
    for line in lines.lines().step_by(7) {
        let record: Value = serde_json::from_str(line).unwrap();
        let problems: Vec<String> = schema.iter_errors(&record).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new(), "{line}");
        count += 1;
    }
    assert!(count > 1000, "{count}");
    for spoiled in
        [json!({"file": "a", "line": 1, "offset": 0}), json!({"file": "a", "line": 0, "offset": 0, "format": "x"})]
    {
        assert!(!schema.is_valid(&spoiled), "{spoiled}");
    }
}

#[test]
fn timelines_leave_for_other_tools() {
    let report = story("nginx-apache-port");
    let items = report["incidents"][0]["timeline"].as_array().unwrap().len();
    let rows = told(&["demo", "nginx-apache-port", "-o", "csv"]);
    assert_eq!(rows.matches("\r\n").count(), items + 1);
    assert!(rows.starts_with("incident,time,end,kind,service,host,count,source,effect,text,evidence\r\n"));
    let lines = told(&["demo", "nginx-apache-port", "-o", "timesketch"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), items);
    for line in &lines {
        for name in ["message", "datetime", "timestamp_desc"] {
            assert!(line[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {line}");
        }
        let at = chrono::DateTime::parse_from_rfc3339(line["datetime"].as_str().unwrap()).unwrap();
        assert_eq!(line["timestamp"].as_i64().unwrap(), at.timestamp_micros());
    }
    let notes: Value = serde_json::from_str(&told(&["demo", "nginx-apache-port", "-o", "grafana"])).unwrap();
    let notes = notes.as_array().unwrap();
    assert_eq!(notes.len(), items + 1);
    assert!(notes.iter().all(|note| note["time"].is_i64() && note["timeEnd"].as_i64() >= note["time"].as_i64()));
    let incidents = told(&["demo", "nginx-apache-port", "-o", "jsonl"]);
    assert_eq!(
        incidents.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect::<Vec<_>>(),
        ["i1"]
    );
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let logs = "fixtures/incidents/nginx-apache-port";
    for (name, begins) in [("r.json", "{\n  \"schema\""), ("r.csv", "incident,time"), ("r.txt", "i1 nginx down")] {
        let run = pmtrace(&["-q", "--out", &path(name), logs]);
        assert_eq!((run.status.code(), run.stdout.len()), (Some(0), 0), "{name}");
        assert!(std::fs::read_to_string(path(name)).unwrap().starts_with(begins), "{name}");
    }
    let run = pmtrace(&["-q", "--out", &path("no/such/folder.json"), logs]);
    let problem = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(problem.contains("--out") && problem.contains("choose a folder"), "{problem}");
    let run = pmtrace(&["parse", "-q", "-o", "csv", "--out", &path("records.csv"), logs]);
    assert_eq!((run.status.code(), run.stdout.len()), (Some(0), 0));
    let records = told(&["parse", "-q", logs]).lines().count();
    assert_eq!(std::fs::read_to_string(path("records.csv")).unwrap().matches("\r\n").count(), records + 1);
}

#[test]
fn only_a_span_only_an_incident_only_a_service() {
    let logs = "fixtures/incidents/apache-vhost-500";
    let of = |more: &[&str]| -> Value {
        let arguments = [&["-q", "-o", "json", logs], more].concat();
        serde_json::from_str(&told(&arguments)).unwrap()
    };
    let count = |report: &Value| report["incidents"].as_array().unwrap().len();
    let whole = of(&[]);
    assert_eq!(count(&whole), 1);
    let before = of(&["--until", "2024-01-21 14:30"]);
    assert_eq!(count(&before), 0);
    assert_eq!(before["coverage"]["last"], "2024-01-21T14:30:00Z");
    assert_eq!(before["options"]["until"], "2024-01-21 14:30:00");
    assert_eq!(count(&of(&["--since", "15:00", "--until", "17:30"])), 1);
    assert_eq!(count(&of(&["--incident", "i1"])), 1);
    assert_eq!(count(&of(&["--service", "nobody"])), 0);
    let name = whole["incidents"][0]["services"][0]["name"].as_str().unwrap();
    assert_eq!(count(&of(&["--service", name])), 1);
    let run = pmtrace(&["-q", "--incident", "i9", logs]);
    assert_eq!(run.status.code(), Some(2));
    let logs = &format!("{logs}/var/log/apache2/api_access.log");
    let all = told(&["parse", "-q", logs]).lines().count();
    let some = told(&["parse", "-q", "--since", "15:00", "--until", "15:10", logs]);
    assert!(some.lines().count() > 0 && some.lines().count() < all / 10);
    for line in some.lines() {
        let time = serde_json::from_str::<Value>(line).unwrap()["time"].as_str().unwrap().to_owned();
        assert!(("2024-01-21T15:00:00"..="2024-01-21T15:10:01").contains(&time.as_str()), "{time}");
    }
}

#[test]
fn checksums_are_those_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = std::fs::read("fixtures/incidents/nginx-apache-port/web01/var/log/nginx/error.log").unwrap();
    std::fs::write(folder.path().join("error.log"), &log).unwrap();
    let report: Value =
        serde_json::from_str(&told(&["-q", "-o", "json", "--checksum", folder.path().to_str().unwrap()])).unwrap();
    let sum = report["inputs"][0]["sha256"].as_str().unwrap().to_owned();
    let other = std::process::Command::new("sha256sum").arg(folder.path().join("error.log")).output();
    match other {
        Ok(output) => assert!(String::from_utf8(output.stdout).unwrap().starts_with(&sum)),
        Err(error) => println!("skipped: sha256sum: {error}"),
    }
}

#[test]
fn the_help_fits_a_screen_and_shells_complete() {
    let help = told(&["-h"]);
    assert!(help.lines().count() <= 40 && help.lines().all(|line| line.chars().count() <= 100), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(told(&["completions", shell]).contains("pmtrace"), "{shell}");
    }
    assert!(told(&["man"]).contains(".SH SYNOPSIS"));
}

#[test]
fn the_first_screen_tells_how_it_began_and_how_it_ended() {
    for (name, lines) in [
        ("apache-docker-port-80", ["apache2 could not bind port 80", "container web-preview ended", "apache2 started"]),
        ("haproxy-nginx-port-80", ["haproxy could not bind port 80", "nginx stopped", "haproxy started"]),
        ("nginx-apache-port", ["nginx could not bind port 80", "apache2 stopped", "nginx started"]),
    ] {
        let text = told(&["demo", name]);
        assert!(text.lines().count() <= 40, "{text}");
        for line in lines {
            assert!(text.lines().any(|own| own.contains(line)), "{name}, {line}: {text}");
        }
    }
}
