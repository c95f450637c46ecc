//! Inputs that are no healthy log: each is named with a remedy where one helps, and the healthy logs beside it are
//! reported whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::fd::FromRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::ptr::null_mut;
use std::time::Duration;

use serde_json::Value as Json;
use tempfile::TempDir;

/// The healthy logs, and how many records they hold.
const HEALTHY: [(&str, u64); 2] = [("nginx/access.log", 40), ("apache2/error.log", 5)];

/// Time enough for any of the runs; one that waits for a pipe's writer or reads a device has no end.
const LIMIT: Duration = Duration::from_secs(120);

/// The user "nobody", whom permissions bind.
const NOBODY: u32 = 65_534;

/// Requests of nginx, one in three seconds.
fn access(requests: u64) -> String {
    (0..requests).fold(String::new(), |mut log, request| {
        let (minute, second) = (request / 20 % 60, request % 20 * 3);
        let (client, target) = (request % 7 + 1, request % 5);
        writeln!(
            log,
            "10.0.0.{client} - - [20/Nov/2026:10:{minute:02}:{second:02} +0100] \"GET /item/{target} HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\""
        )
        .unwrap();
        log
    })
}

/// Notices of Apache, one a minute.
fn notices(records: u64) -> String {
    (0..records).fold(String::new(), |mut log, minute| {
        writeln!(
            log,
            "[Fri Nov 20 10:{minute:02}:01.000001 2026] [mpm_event:notice] [pid 812:tid 812] AH00489: Apache/2.4.57 (Debian) configured -- resuming normal operations"
        )
        .unwrap();
        log
    })
}

/// A folder with the healthy logs.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for ((path, records), write) in HEALTHY.into_iter().zip([access as fn(u64) -> String, notices]) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, write(records)).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    command.current_dir(folder).args(args).timeout(LIMIT).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn report(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

/// Records and unread lines of an input, if it was read.
fn counts(report: &Json, path: &str) -> Option<(u64, u64)> {
    let inputs = report["inputs"].as_array().unwrap();
    let input = inputs.iter().find(|input| input["path"] == path)?;
    Some((input["records"].as_u64().unwrap(), input["unparsed"].as_u64().unwrap()))
}

fn assert_healthy_logs_are_whole(why: &str, report: &Json, below: &str) {
    for (path, records) in HEALTHY {
        assert_eq!(counts(report, &format!("{below}{path}")), Some((records, 0)), "{why}: {path}");
    }
}

/// What lies beside the healthy logs under the name `bad`.
struct Case {
    name: &'static str,
    make: fn(&Path),
    /// Words of the notice that names it.
    says: &'static [&'static str],
    status: i32,
    /// Records and unread lines, where it can be read.
    read: Option<(u64, u64)>,
}

/// A line of 100 MB.
fn long(begin: &str, end: &str) -> Vec<u8> {
    let mut line = begin.as_bytes().to_vec();
    line.resize(100_000_000, b'a');
    line.extend_from_slice(end.as_bytes());
    line
}

fn make_long_line(path: &Path, line: &[u8], log: &str) {
    let mut file = File::create(path).unwrap();
    for part in [log.as_bytes(), line, b"\n", log.as_bytes()] {
        file.write_all(part).unwrap();
    }
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success(), "mkfifo");
}

/// Paths that were given: what cannot be read is a problem, as a user who names a file expects it to be read.
const NAMED: &[Case] = &[
    Case { name: "a missing file", make: |_| (), says: &["no such file", "check the name"], status: 3, read: None },
    Case {
        name: "a link that leads nowhere",
        make: |path| symlink("nowhere", path).unwrap(),
        says: &["leads nowhere", "check"],
        status: 3,
        read: None,
    },
    Case { name: "an empty file", make: |path| fs::write(path, "").unwrap(), says: &["empty"], status: 0, read: None },
    Case {
        name: "a binary file",
        make: |path| fs::write(path, (0..=255).cycle().take(5000).collect::<Vec<u8>>()).unwrap(),
        says: &["not a log", "binary"],
        status: 3,
        read: None,
    },
    Case {
        name: "a damaged gzip file",
        make: |path| fs::write(path, b"\x1f\x8b\x08\0\0\0\0\0\0\x03 and no more").unwrap(),
        says: &["gzip"],
        status: 3,
        read: None,
    },
    Case { name: "a named pipe", make: make_fifo, says: &["pipe", "pmtrace - <"], status: 3, read: None },
    Case {
        name: "a device without end",
        make: |path| symlink("/dev/zero", path).unwrap(),
        says: &["a device, not a file"],
        status: 3,
        read: None,
    },
    Case {
        name: "a file cut at both ends in the middle of a line",
        make: |path| {
            let log = access(30);
            fs::write(path, &log[50..log.len() - 75]).unwrap();
        },
        says: &["28 records", "bad:1: not understood", "bad:30: not understood"],
        status: 0,
        read: Some((28, 2)),
    },
    Case {
        name: "lines that end with CR and LF",
        make: |path| fs::write(path, access(30).replace('\n', "\r\n")).unwrap(),
        says: &["30 records"],
        status: 0,
        read: Some((30, 0)),
    },
    Case {
        name: "bytes that are not UTF-8",
        make: |path| {
            let mut log = access(30).into_bytes();
            log.extend_from_slice(
                b"10.0.0.9 - - [20/Nov/2026:10:30:00 +0100] \"GET /caf\xe9?\xff\xfe HTTP/1.1\" 200 5 \"-\" \"\xc3\x28\"\n",
            );
            fs::write(path, log).unwrap();
        },
        says: &["31 records"],
        status: 0,
        read: Some((31, 0)),
    },
    Case {
        name: "a line of 100 MB that nobody wrote, between requests",
        make: |path| make_long_line(path, &long("", ""), &access(20)),
        says: &["40 records", "bad:21: not understood"],
        status: 0,
        read: Some((40, 1)),
    },
    Case {
        name: "a request of 100 MB",
        make: |path| {
            let begin = "10.0.0.1 - - [20/Nov/2026:10:01:00 +0100] \"GET /";
            make_long_line(path, &long(begin, " HTTP/1.1\" 414 0 \"-\" \"-\""), &access(20));
        },
        says: &["41 records"],
        status: 0,
        read: Some((41, 0)),
    },
    Case {
        name: "a line of 100 MB behind a record of an error log",
        make: |path| make_long_line(path, &long("\t", ""), &notices(10)),
        says: &["20 records"],
        status: 0,
        read: Some((20, 0)),
    },
    Case {
        name: "nothing but a line of 100 MB",
        make: |path| fs::write(path, long("", "")).unwrap(),
        says: &["no known format"],
        status: 3,
        read: None,
    },
];

#[test]
fn a_bad_input_that_was_named_does_not_spoil_the_others() {
    for case in NAMED {
        let folder = folder();
        (case.make)(&folder.path().join("bad"));
        let output = run(folder.path(), &["-o", "json", "-v", "nginx", "bad", "apache2"]);
        let (said, report) = (said(&output), report(&output));
        let named: Vec<&str> = said.lines().filter(|line| line.starts_with("pmtrace: bad:")).collect();
        for word in case.says {
            assert!(named.iter().any(|line| line.contains(word)), "{}: {word:?} is not in {said}", case.name);
        }
        assert_eq!(counts(&report, "bad"), case.read, "{}: {said}", case.name);
        assert_healthy_logs_are_whole(case.name, &report, "");
        assert_eq!(output.status.code(), Some(case.status), "{}: {said}", case.name);
    }
}

#[test]
fn a_bad_input_alone_leaves_nothing_to_read() {
    for case in NAMED.iter().filter(|case| case.read.is_none()) {
        let folder = tempfile::tempdir().unwrap();
        (case.make)(&folder.path().join("bad"));
        let output = run(folder.path(), &["-o", "json", "bad"]);
        assert!(said(&output).contains("pmtrace: bad:"), "{}: {}", case.name, said(&output));
        assert!(report(&output)["quiet"]["text"].is_string(), "{}", case.name);
        assert_eq!(output.status.code(), Some(1), "{}: {}", case.name, said(&output));
    }
}

/// What puts something at a path.
type Make = fn(&Path);

#[test]
fn what_is_no_log_in_a_folder_is_named_but_no_problem() {
    let folder = folder();
    let beside: [(&str, Make); 5] = [
        ("binary", |path| fs::write(path, [0, 1, 2, 255].repeat(1000)).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("pipe", make_fifo),
        ("dangling", |path| symlink("nowhere", path).unwrap()),
        ("zeros", |path| symlink("/dev/zero", path).unwrap()),
    ];
    for (name, make) in beside {
        make(&folder.path().join(name));
    }
    let output = run(folder.path(), &["-o", "json", "."]);
    let (said, report) = (said(&output), report(&output));
    for (name, _) in beside {
        assert!(said.contains(&format!("pmtrace: ./{name}: ")), "{name}: {said}");
        let skipped = report["skipped"].as_array().unwrap();
        assert!(skipped.iter().any(|skipped| skipped["path"] == format!("./{name}")), "{name}");
    }
    assert_healthy_logs_are_whole("a folder", &report, "./");
    assert_eq!(output.status.code(), Some(0), "{said}");
}

#[test]
fn a_folder_that_links_to_itself_is_read_once() {
    let folder = folder();
    for (target, link) in [(".", "self"), ("..", "nginx/up"), ("access.log", "nginx/current"), ("nginx", "again")] {
        symlink(target, folder.path().join(link)).unwrap();
    }
    let output = run(folder.path(), &["-o", "json", "."]);
    let inputs = report(&output)["inputs"].as_array().unwrap().clone();
    let records: u64 = inputs.iter().map(|input| input["records"].as_u64().unwrap()).sum();
    assert_eq!(inputs.len(), HEALTHY.len());
    assert_eq!(records, HEALTHY.iter().map(|(_, records)| records).sum::<u64>());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// Runs as a user whom permissions bind; `None`, with the reason printed, where that cannot be had.
fn run_bound(folder: &Path, args: &[&str]) -> Option<Output> {
    let closed = folder.join("probe");
    fs::write(&closed, "x").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    let is_root = File::open(&closed).is_ok();
    fs::remove_file(&closed).unwrap();
    if !is_root {
        return Some(run(folder, args));
    }
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("pmtrace");
    fs::copy(env!("CARGO_BIN_EXE_pmtrace"), &program).unwrap();
    for open in [home.path(), &program, folder] {
        fs::set_permissions(open, Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(&program);
    command.uid(NOBODY).gid(NOBODY).current_dir(folder).args(args);
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: root is bound by no permissions, and nobody cannot start the program: {error}");
            None
        }
    }
}

#[test]
fn without_permission_the_rest_is_reported() {
    let folder = folder();
    let closed = [("secret", true), ("nginx/closed.log", false)];
    for (name, is_folder) in closed {
        let path = folder.path().join(name);
        if is_folder {
            fs::create_dir(&path).unwrap();
            fs::write(path.join("access.log"), access(10)).unwrap();
        } else {
            fs::write(&path, access(10)).unwrap();
        }
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    }
    let Some(output) = run_bound(folder.path(), &["-o", "json", "."]) else { return };
    let (said, report) = (said(&output), report(&output));
    for (name, _) in closed {
        let named = said.lines().find(|line| line.starts_with(&format!("pmtrace: ./{name}: "))).expect(name);
        assert!(named.contains("permission denied") && named.contains("root") && named.contains("adm"), "{named}");
    }
    assert_healthy_logs_are_whole("no permission", &report, "./");
    assert_eq!(output.status.code(), Some(3), "{said}");
    fs::set_permissions(folder.path().join("secret"), Permissions::from_mode(0o700)).unwrap();
}

/// Both ends of a new terminal.
#[allow(unsafe_code)]
fn terminal() -> Option<(File, File)> {
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: `openpty` writes two descriptors, which live through the call; null asks for no name and for the usual
    // settings. It opened both of them for this function alone, which gives each to one `File`.
    unsafe {
        let opened = libc::openpty(&mut ours, &mut theirs, null_mut(), null_mut(), null_mut());
        (opened == 0).then(|| (File::from_raw_fd(ours), File::from_raw_fd(theirs)))
    }
}

#[test]
fn no_path_on_a_terminal_shows_how_to_begin() {
    let Some((_ours, theirs)) = terminal() else {
        println!("skipped: no terminal can be had");
        return;
    };
    for args in [&[][..], &["parse"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pmtrace"));
        let output = command.args(args).stdin(theirs.try_clone().unwrap()).output().unwrap();
        let said = said(&output);
        assert!(said.contains("Usage: pmtrace") && said.contains("pmtrace /var/log"), "{said}");
        assert!(said.lines().count() < 10, "short: {said}");
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
}
