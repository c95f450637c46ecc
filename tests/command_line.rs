//! The command line as the contract gives it: statuses, what is refused, what goes where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;

const MISSING: &str = "no-such.log";

fn story(name: &str) -> String {
    format!("{}/fixtures/incidents/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A folder with one healthy log, `access.log`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let line = "10.0.0.1 - - [20/Nov/2026:10:00:00 +0100] \"GET / HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n";
    fs::write(folder.path().join("access.log"), line.repeat(30)).unwrap();
    folder
}

fn run(args: &[&str]) -> Output {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace")).current_dir(folder().path()).args(args).output().unwrap()
}

fn run_here(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    command.current_dir(folder).args(args).write_stdin(input).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

#[test]
fn statuses() {
    let (folder, outage, quiet) = (folder(), story("nginx-apache-8080"), story("quiet-day"));
    for (why, args, status) in [
        ("all was read", &["access.log"][..], 0),
        ("an incident alone is no error", &[&outage], 0),
        ("nothing could be read", &[MISSING], 1),
        ("a wrong option", &["--no-such-option", "access.log"], 2),
        ("a wrong value", &["--year", "26", "access.log"], 2),
        ("options that exclude each other", &["-q", "-v", "access.log"], 2),
        ("one of two is missing", &["access.log", MISSING], 3),
        ("an incident was asked for and found", &["--exit-code", &outage], 10),
        ("found, although one input is missing", &["--exit-code", &outage, MISSING], 10),
        ("asked for and not found", &["--exit-code", &quiet], 0),
        ("asked for and not found, and one input is missing", &["--exit-code", &quiet, MISSING], 3),
        ("asked for, and nothing could be read", &["--exit-code", MISSING], 1),
        ("records", &["parse", "access.log"], 0),
        ("no records", &["parse", MISSING], 1),
        ("records with a wrong option", &["parse", "--exit-code", "access.log"], 2),
        ("records of one of two", &["parse", "access.log", MISSING], 3),
        ("a story", &["demo"], 0),
        ("no such story", &["demo", "no-such-story"], 2),
        ("help", &["--help"], 0),
        ("the version", &["--version"], 0),
    ] {
        let output = run_here(folder.path(), args, b"");
        assert_eq!(output.status.code(), Some(status), "{why}: {args:?}: {}", said(&output));
    }
}

#[test]
fn a_full_disk_is_status_1() {
    if !Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full");
        return;
    }
    let folder = folder();
    for args in [&["access.log"][..], &["-o", "json", "access.log"], &["parse", "access.log"], &["demo"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pmtrace"));
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command.current_dir(folder.path()).args(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
        assert!(said(&output).contains("standard output"), "{args:?}: {}", said(&output));
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let outage = story("apache-docker-port-80");
    for args in [
        &["-q", &outage][..],
        &["-q", "-o", "json", &outage],
        &["parse", "-q", &outage],
        &["demo"],
        &["--help"],
        &["--version"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_pmtrace")).args(args).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn what_is_not_built_is_refused_and_never_ignored() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let parse_help = String::from_utf8(run(&["parse", "--help"]).stdout).unwrap();
    let options = [
        "--out",
        "--template",
        "--since",
        "--until",
        "--input-tz",
        "--tz",
        "--input-format",
        "--year",
        "--notes",
        "--incident",
        "--service",
        "--explain",
        "--extract",
        "--redact",
        "--checksum",
        "--exit-code",
        "--config",
        "--no-config",
        "--threads",
        "--color",
        "--progress",
    ];
    for option in options {
        for (before, help) in [(&[][..], &help), (&["parse"], &parse_help)] {
            if !help.split([' ', '\n', '=', ',']).any(|word| word == option) {
                let output = run(&[before, &[option, "x", "access.log"]].concat());
                assert_eq!(output.status.code(), Some(2), "{before:?} {option}: {}", said(&output));
                assert!(
                    output.stdout.is_empty() && said(&output).contains(option),
                    "{before:?} {option}: {}",
                    said(&output)
                );
            }
        }
    }
    for form in ["text", "markdown", "html", "json", "jsonl", "csv", "timesketch", "grafana", "yaml"] {
        let known = form != "yaml";
        let output = run(&["-o", form, "access.log"]);
        assert_eq!(output.status.code(), Some(if known { 0 } else { 2 }), "{form}: {}", said(&output));
        assert!(known || said(&output).contains(form) && output.stdout.is_empty(), "{form}: {}", said(&output));
    }
}

#[test]
fn a_zone_that_does_not_exist_is_answered_with_the_one_that_was_meant() {
    for args in [["--input-tz", "Europe/Berln"], ["--input-tz", "*.log=Europe/Berln"], ["--tz", "Europe/Berln"]] {
        let output = run(&[&args[..], &["access.log"]].concat());
        assert!(said(&output).contains(args[0]), "{}", said(&output));
        assert!(
            said(&output).contains("no zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?"),
            "{}",
            said(&output)
        );
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn standard_input_is_read_as_a_dash_and_without_a_path() {
    let log = fs::read(story("nginx-apache-8080") + "/var/log/nginx/error.log").unwrap();
    let folder = folder();
    for form in ["json", "text"] {
        let dash = run_here(folder.path(), &["-o", form, "-"], &log);
        let bare = run_here(folder.path(), &["-o", form], &log);
        assert_eq!(dash.status.code(), Some(0), "{}", said(&dash));
        assert!(!dash.stdout.is_empty() && dash == bare, "{form}");
    }
    let report = json(&run_here(folder.path(), &["-o", "json"], &log));
    assert_eq!(report["inputs"][0]["path"], "-");
    assert_eq!(report["incidents"].as_array().unwrap().len(), 1);
    let both = json(&run_here(folder.path(), &["-o", "json", "-", "access.log", "-"], &log));
    assert_eq!(both["inputs"].as_array().unwrap().len(), 2);
    let [dash, bare] = [&["parse", "-"][..], &["parse"]].map(|args| run_here(folder.path(), args, &log));
    assert!(!dash.stdout.is_empty() && dash == bare, "parse");
}

fn files(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_folder_and_the_list_of_its_files_are_the_same() {
    for name in ["apache-docker-port-80", "nginx-apache-port"] {
        let folder = story(name);
        let files: Vec<String> = files(Path::new(&folder)).iter().map(|path| path.display().to_string()).collect();
        let list: Vec<&str> = ["-o", "json"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let (one, other) = (json(&run(&["-o", "json", &folder])), json(&run(&list)));
        assert_eq!(one["incidents"].as_array().unwrap().len(), 1, "{name}");
        for part in ["inputs", "warnings", "coverage", "incidents"] {
            assert!(one[part] == other[part], "{name}: {part}");
        }
    }
}

#[test]
fn the_report_goes_to_standard_output_and_notices_to_standard_error() {
    let folder = folder();
    let args = ["access.log", MISSING];
    for form in [&["-o", "json"][..], &["-o", "text"], &["parse"]] {
        let loud = run_here(folder.path(), &[form, &args].concat(), b"");
        let quiet = run_here(folder.path(), &[form, &["-q"], &args].concat(), b"");
        assert!(said(&loud).lines().all(|line| line.starts_with("pmtrace: ")), "{}", said(&loud));
        assert!(
            said(&loud).contains(&format!("pmtrace: {MISSING}: no such file or folder; check the name")),
            "{form:?}"
        );
        assert_eq!(said(&quiet), "", "{form:?}");
        assert_eq!((&quiet.stdout, quiet.status), (&loud.stdout, loud.status), "{form:?}");
        assert!(!quiet.stdout.is_empty(), "{form:?}");
    }
    let report = json(&run_here(folder.path(), &["-o", "json", "access.log", MISSING], b""));
    assert_eq!(report["skipped"][0]["path"], MISSING);
}

#[test]
fn unread_lines_are_shown_on_demand() {
    let folder = folder();
    let log = fs::read_to_string(folder.path().join("access.log")).unwrap();
    fs::write(folder.path().join("access.log"), log + "what is this\n").unwrap();
    let shown = "pmtrace: access.log:31: not understood: what is this";
    for (args, wanted) in [(&["access.log"][..], false), (&["-v", "access.log"], true)] {
        let output = run_here(folder.path(), args, b"");
        assert_eq!(said(&output).contains(shown), wanted, "{}", said(&output));
        assert_eq!(output.status.code(), Some(0));
    }
    let unparsed = run_here(folder.path(), &["parse", "--unparsed", "access.log"], b"");
    assert_eq!(String::from_utf8(unparsed.stdout).unwrap(), "access.log:31: what is this\n");
}

/// Every id that the text report names can be explained; the arithmetic of the share is that of the report; each input
/// line that is shown stands where it is said to.
#[test]
fn every_figure_is_explained() {
    let story = story("apache-docker-port-80");
    let report = json(&run(&["-o", "json", &story]));
    let text = String::from_utf8(run(&[&story]).stdout).unwrap();
    let ids = text.replace('\n', " ");
    let (_, ids) = ids.split_once("--explain ").unwrap();
    let ids: Vec<&str> = ids.split([',', ' ']).filter(|id| !id.is_empty()).collect();
    for wanted in ["i1", "i1.start", "i1.end", "i1.requests", "i1.clients", "i1.worst-minute", "i1.day", "i1.c1"]
        .into_iter()
        .chain(["i1.silence", "i1.scope", "i1.common", "i1.trigger"])
    {
        assert!(ids.contains(&wanted), "{wanted} is not among {ids:?}");
    }
    for id in &ids {
        let output = run(&["--explain", id, &story]);
        assert!(output.status.success(), "{id}: {}", said(&output));
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.starts_with(&format!("{id} ")) && told.contains("\nRule ") && told.contains("\nSum "), "{told}");
    }
    let requests = String::from_utf8(run(&["--explain", "i1.requests", &story]).stdout).unwrap();
    let counts = &report["incidents"][0]["impact"]["requests"];
    let count = |name: &str| counts[name].as_u64().unwrap();
    let plain = requests.replace(',', "");
    let sum = format!(
        "({} + {}) / ({} + {})",
        count("failed"),
        count("missed"),
        count("expected") - count("missed"),
        count("missed")
    );
    assert!(plain.contains(&sum), "{sum}: {requests}");
    let first = requests.lines().find_map(|line| line.trim().strip_prefix("lb01/var/log/haproxy.log:")).unwrap();
    let (number, line) = first.split_once(": ").unwrap();
    let log = fs::read_to_string(Path::new(&story).join("lb01/var/log/haproxy.log")).unwrap();
    let there = log.lines().nth(number.parse::<usize>().unwrap() - 1).unwrap();
    assert!(there.starts_with(line), "{there}: {line}");

    // What points at the silence, what set it off, and one of the requests of the part.
    for (id, file) in [
        ("i1.silence", "web01/var/log/apache2/error.log"),
        ("i1.trigger", "web01/var/log/apache2/error.log"),
        ("i1.scope", "lb01/var/log/haproxy.log"),
    ] {
        let told = String::from_utf8(run(&["--explain", id, &story]).stdout).unwrap();
        let shown = told.lines().find_map(|line| line.trim().strip_prefix(file)?.strip_prefix(':')).unwrap();
        let (number, line) = shown.split_once(": ").unwrap();
        let log = fs::read_to_string(Path::new(&story).join(file)).unwrap();
        let there = log.lines().nth(number.parse::<usize>().unwrap() - 1).unwrap();
        assert!(there.starts_with(line), "{id}: {there}: {line}");
    }

    let unknown = run(&["--explain", "i7.requests", &story]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("i1.requests"), "{}", said(&unknown));
}
