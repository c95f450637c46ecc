//! The config file as the contract gives it (section 7), and `pmtrace formats`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value as Json;
use tempfile::TempDir;

const CONFIG: &str = r#"
input-tz = "Europe/Berlin"

[[path]]
glob = "*/edge.log"
format = 'nginx:$remote_addr|$time_iso8601|$status'

[[path]]
glob = "utc.log"
tz = "UTC"

[[format]]
name = "shop"
regex = '^(?P<time>\S+ \S+) (?P<client>\S+) (?P<method>\S+) (?P<target>\S+) (?P<status>\d{3})$'
samples = ["2026-11-20 10:00:00.1 10.0.0.1 GET /cart 200"]
"#;

/// A folder with three logs in forms of their own, and a config file that tells of them.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shop = "2026-11-20 10:00:00.1 10.0.0.1 GET /cart 200\n2026-11-20 10:00:01.2 10.0.0.2 GET /cart 502\n";
    for (name, text) in [
        ("pmtrace/config.toml", CONFIG),
        ("logs/shop.log", shop),
        ("logs/utc.log", shop),
        ("logs/edge.log", "10.0.0.3|2026-11-20T10:00:00+01:00|499\n"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    command.current_dir(folder).env("XDG_CONFIG_HOME", folder).args(args).output().unwrap()
}

fn records(output: &Output) -> Vec<Json> {
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn it_tells_formats_and_zones_of_files() {
    let folder = folder();
    let output = run(folder.path(), &["parse", "logs"]);
    let read: Vec<_> = records(&output)
        .iter()
        .map(|record| format!("{} {} {} {}", record["file"], record["format"], record["time"], record["status"]))
        .collect();
    let want = [
        r#""logs/edge.log" "nginx-access" "2026-11-20T09:00:00Z" 499"#,
        r#""logs/shop.log" "shop" "2026-11-20T09:00:00.1Z" 200"#,
        r#""logs/shop.log" "shop" "2026-11-20T09:00:01.2Z" 502"#,
        r#""logs/utc.log" "shop" "2026-11-20T10:00:00.1Z" 200"#,
        r#""logs/utc.log" "shop" "2026-11-20T10:00:01.2Z" 502"#,
    ];
    assert_eq!(read, want, "{}", said(&output));
}

#[test]
fn what_is_typed_wins() {
    let folder = folder();
    let time = |args: &[&str]| records(&run(folder.path(), args)).first().map(|record| record["time"].clone());
    for (why, args, want) in [
        ("the file alone", &["parse", "logs/shop.log"][..], Some("2026-11-20T09:00:00.1Z")),
        (
            "an option beside it",
            &["parse", "--input-tz", "Asia/Tokyo", "logs/shop.log"],
            Some("2026-11-20T01:00:00.1Z"),
        ),
        ("no file", &["parse", "--no-config", "logs/shop.log"], None),
        ("a format beside it", &["parse", "--input-format", "nginx-access", "logs/shop.log"], None),
    ] {
        assert_eq!(time(args), want.map(Json::from), "{why}");
    }
}

#[test]
fn mistakes_are_told_with_the_file() {
    let folder = folder();
    for (text, told) in [
        ("no-such-option = 1", "no option \"no-such-option\""),
        ("input-tz = \"Europe/Berln\"", "did you mean \"Europe/Berlin\""),
        ("[[path]]\nglob = \"*\"\nformat = \"shopp\"", "no format \"shopp\""),
        ("[[format]\n", "line 1: "),
    ] {
        fs::write(folder.path().join("mine.toml"), text).unwrap();
        let output = run(folder.path(), &["--config", "mine.toml", "logs"]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        assert!(said(&output).contains("mine.toml") && said(&output).contains(told), "{text}: {}", said(&output));
    }
    let output = run(folder.path(), &["--config", "no-such.toml", "logs"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("no-such.toml: no such file"), "{}", said(&output));
    fs::write(folder.path().join("quiet.toml"), format!("quiet = true\n{CONFIG}")).unwrap();
    let output = run(folder.path(), &["--config", "quiet.toml", "-v", "logs"]);
    assert!(said(&output).contains("records as"), "what is typed wins: {}", said(&output));
}

#[test]
fn formats_are_listed_and_checked() {
    let folder = folder();
    let listed = String::from_utf8(run(folder.path(), &["formats"]).stdout).unwrap();
    assert!(listed.lines().any(|line| line.starts_with("nginx-access ")), "{listed}");
    let check = |name: &str| {
        let output = run(folder.path(), &["formats", "--check", name]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let read = "shop: sample 1: read: time, client, method, target, status\n";
    assert_eq!(check("pmtrace/config.toml"), (Some(0), read.to_owned()));
    fs::write(folder.path().join("bad.toml"), CONFIG.replace("GET /cart", "GET")).unwrap();
    let (status, text) = check("bad.toml");
    assert_eq!((status, text.contains("sample 1: not read: ")), (Some(1), true), "{text}");
}
