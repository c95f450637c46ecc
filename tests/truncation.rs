//! A log may be cut short while it is read (`copytruncate`, `> access.log`): the program survives at any moment, and
//! the report says which input changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pmtrace::Question;
use serde_json::Value as Json;

/// Size of the log that is cut.
const LOG_BYTES: usize = 100 << 20;

/// Runs that are disturbed, spread over the time of an undisturbed one.
const MOMENTS: u32 = 21;

/// Lengths that remain, one after the other: a whole number of pages, nothing, and the middle of a page.
const LEFT_BYTES: [u64; 3] = [50 << 20, 0, (33 << 20) + 1234];

/// Records of the healthy log beside it.
const BESIDE: usize = 30;

/// Requests of nginx, some forty a second, of which those of one minute fail, so that the closer look reads as well.
fn access(bytes: usize) -> Vec<u8> {
    let mut log = Vec::with_capacity(bytes + 200);
    for request in 0usize.. {
        if log.len() >= bytes {
            break;
        }
        let second = request / 40;
        let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
        let status = if (hour, minute) == (2, 30) { 502 } else { 200 };
        let (client, target) = (request % 251, request % 97);
        writeln!(
            log,
            "10.1.{}.{client} - - [20/Nov/2026:{hour:02}:{minute:02}:{second:02} +0100] \"GET /item/{target} HTTP/1.1\" {status} {request} \"-\" \"curl/8.5.0\"",
            client % 5
        )
        .unwrap();
    }
    log
}

fn write_beside(folder: &Path) {
    let line = "[Fri Nov 20 10:00:01.000001 2026] [mpm_event:notice] [pid 812:tid 812] AH00489: Apache/2.4.57 (Debian) configured -- resuming normal operations\n";
    fs::create_dir(folder.join("apache2")).unwrap();
    fs::write(folder.join("apache2/error.log"), line.repeat(BESIDE)).unwrap();
}

fn cut(log: &Path, length: u64) {
    OpenOptions::new().write(true).open(log).unwrap().set_len(length).unwrap();
}

/// What a run left behind.
struct Run {
    status: ExitStatus,
    report: Json,
    said: String,
}

/// Runs on `folder`, and cuts the log after a while.
fn run(folder: &Path, disturbance: Option<(Duration, u64)>) -> Run {
    let (out, said) = (folder.with_extension("json"), folder.with_extension("said"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_pmtrace"))
        .current_dir(folder)
        .args(["-o", "json", "access.log", "apache2"])
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&said).unwrap())
        .spawn()
        .unwrap();
    if let Some((after, length)) = disturbance {
        sleep(after);
        cut(&folder.join("access.log"), length);
    }
    let status = child.wait().unwrap();
    let said = fs::read_to_string(said).unwrap();
    let report =
        serde_json::from_slice(&fs::read(out).unwrap()).unwrap_or_else(|error| panic!("{status}: {error}: {said}"));
    Run { status, report, said }
}

fn records(report: &Json, path: &str) -> Option<u64> {
    let inputs = report["inputs"].as_array().unwrap();
    inputs.iter().find(|input| input["path"] == path)?["records"].as_u64()
}

/// Whether the report and the notices name the log as changed; both do or neither.
fn names_the_change(run: &Run) -> bool {
    let parts = [&run.report["inputs"], &run.report["skipped"]].map(|part| part.as_array().unwrap());
    let mut entries = parts.into_iter().flatten().filter(|entry| entry["path"] == "access.log");
    let in_report = entries
        .any(|entry| [&entry["problem"], &entry["reason"]].iter().any(|text| text.to_string().contains("changed")));
    let in_notices = run.said.lines().any(|line| line.starts_with("pmtrace: access.log: ") && line.contains("changed"));
    assert_eq!(in_report, in_notices, "{}", run.said);
    in_report
}

#[test]
fn a_log_cut_at_any_moment_ends_no_run() {
    let room = tempfile::tempdir().unwrap();
    let folder = room.path().join("logs");
    fs::create_dir(&folder).unwrap();
    let (log, bytes) = (folder.join("access.log"), access(LOG_BYTES));
    fs::write(&log, &bytes).unwrap();
    write_beside(&folder);

    let begin = Instant::now();
    let whole = run(&folder, None);
    let duration = begin.elapsed();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!(whole.status.code(), Some(0), "{}", whole.said);
    assert_eq!(records(&whole.report, "access.log"), Some(lines));
    assert_eq!(whole.report["incidents"].as_array().unwrap().len(), 1);

    let mut named = 0;
    for moment in 0..MOMENTS {
        let after = duration * moment / MOMENTS;
        let length = LEFT_BYTES[moment as usize % LEFT_BYTES.len()];
        let disturbed = run(&folder, Some((after, length)));
        let why = format!("cut to {length} after {after:?} of {duration:?}: {}", disturbed.said);
        assert_eq!(disturbed.status.signal(), None, "{why}");
        let changed = names_the_change(&disturbed);
        assert_eq!(disturbed.status.code(), Some(if changed { 3 } else { 0 }), "{why}");
        assert_eq!(records(&disturbed.report, "apache2/error.log"), Some(BESIDE as u64), "{why}");
        assert!(records(&disturbed.report, "access.log").unwrap_or(0) <= lines, "{why}");
        named += u32::from(changed);
        fs::write(&log, &bytes).unwrap();
    }
    assert!(named > 0, "no cut fell into a run of {duration:?}");
}

#[test]
fn a_log_cut_before_its_first_byte_is_read_is_named_as_changed() {
    for length in [0, 1 << 20, (1 << 20) + 1234] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("access.log");
        fs::write(&log, access(4 << 20)).unwrap();
        write_beside(folder.path());
        let question = Question { paths: vec![folder.path().into()], ..Question::default() };
        let found = pmtrace::input::discover(&question.paths);
        cut(&log, length);
        let report = pmtrace::answer(&question, found);
        let report = serde_json::to_value(report).unwrap();
        let entries = [&report["inputs"], &report["skipped"]].map(|part| part.as_array().unwrap());
        let name = log.to_str().unwrap();
        let entry = entries.into_iter().flatten().find(|entry| entry["path"] == name).unwrap();
        assert!(entry.to_string().contains("changed while"), "cut to {length}: {entry}");
    }
}

#[test]
fn records_written_of_a_log_that_was_cut_end_with_status_3_and_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    fs::write(&log, access(8 << 20)).unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pmtrace"))
        .current_dir(folder.path())
        .args(["parse", "access.log"])
        .stdout(writer)
        .stderr(File::create(folder.path().join("said")).unwrap())
        .spawn()
        .unwrap();
    // With one record taken, the pipe is full soon, and the program waits in the middle of the log.
    let mut first = [0; 1];
    std::io::Read::read_exact(&mut reader, &mut first).unwrap();
    cut(&log, (2 << 20) + 77);
    let mut rest = first.to_vec();
    std::io::Read::read_to_end(&mut reader, &mut rest).unwrap();
    let status = child.wait().unwrap();
    let said = fs::read_to_string(folder.path().join("said")).unwrap();
    for line in rest.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        serde_json::from_slice::<Json>(line).unwrap();
    }
    assert!(said.contains("pmtrace: access.log: ") && said.contains("changed"), "{status}: {said:?}");
    assert_eq!(status.code(), Some(3), "{said}");
}
