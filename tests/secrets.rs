//! No secret leaves the house: 200 of all common kinds are planted wherever a log holds free text, in the middle of an
//! outage; no output shows one where it is to be redacted, and what a reader needs stays readable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[allow(unreachable_pub)]
#[path = "secrets/generator.rs"]
mod generator;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use generator::{Secret, logs, secrets};
use tempfile::TempDir;

const SECRETS: usize = 200;

/// A folder with the logs and the notes.
fn folder(seed: u64, secrets: &[Secret]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs(seed, secrets);
    for (name, text) in &logs.files {
        let path = folder.path().join("logs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), logs.notes).unwrap();
    folder
}

/// Standard output and standard error; `None` where the program does not know the options.
fn run(folder: &Path, args: &[&str]) -> Option<String> {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    command.current_dir(folder).args(["--no-config", "--notes", "notes.txt", "-v"]).args(args).arg("logs");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(2) && said.contains("invalid value") {
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &said)
}

/// All files below a folder, with their names.
fn files(folder: &Path) -> String {
    let mut all = String::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            all += &format!("{}\n", path.display());
            if path.is_dir() {
                folders.push(path);
            } else {
                all += &String::from_utf8_lossy(&fs::read(path).unwrap());
            }
        }
    }
    all
}

/// Whether a text holds it, in one piece or over the ends of lines.
fn holds(text: &str, joined: &str, secret: &str) -> bool {
    text.contains(secret) || joined.contains(&secret.replace(' ', ""))
}

fn leaks<'s>(text: &str, secrets: &'s [Secret]) -> Vec<&'s Secret> {
    let joined: String = text.split_whitespace().collect();
    secrets.iter().filter(|secret| holds(text, &joined, &secret.value)).collect()
}

/// Asserts that neither a secret, nor a client of the traffic, nor the operator is in it.
fn assert_clean(what: &str, text: &str, secrets: &[Secret]) {
    let leaks = leaks(text, secrets);
    let lines = |value: &str| text.lines().find(|line| line.contains(value)).unwrap_or_default().to_owned();
    let told: Vec<String> =
        leaks.iter().map(|secret| format!("{}: {} in {}", secret.kind, secret.value, lines(&secret.value))).collect();
    assert!(told.is_empty(), "{what} holds {} of them:\n{}", told.len(), told.join("\n"));
    for person in ["203.0.113.", "kowalski"] {
        assert!(!text.contains(person), "{what}: {}", lines(person));
    }
}

/// The ids that `--explain` knows.
fn ids(folder: &Path) -> Vec<String> {
    let said = run(folder, &["--explain", "none"]).unwrap();
    let known = said.split("there are ").nth(1).expect("an incident").trim().to_owned();
    known.split(", ").map(str::to_owned).collect()
}

#[test]
fn nothing_leaks_where_all_is_redacted() {
    for seed in [1, 2, 3, 6] {
        let secrets = secrets(seed, SECRETS);
        let folder = folder(seed, &secrets);
        for form in ["text", "json", "markdown", "html", "jsonl", "csv", "timesketch", "grafana"] {
            match run(folder.path(), &["--redact", "always", "-o", form]) {
                Some(text) => assert_clean(&format!("{form}, seed {seed}"), &text, &secrets),
                None => println!("skipped: this program has no form {form}"),
            }
        }
        run(folder.path(), &["--redact", "always", "--extract", "out"]).unwrap();
        assert_clean(&format!("the extract, seed {seed}"), &files(&folder.path().join("out")), &secrets);
    }
}

#[test]
fn nothing_leaks_in_an_explanation() {
    let secrets = secrets(1, SECRETS);
    let folder = folder(1, &secrets);
    for id in ids(folder.path()) {
        let text = run(folder.path(), &["--redact", "always", "--explain", &id]).unwrap();
        assert_clean(&id, &text, &secrets);
    }
}

#[test]
fn documents_are_redacted_unless_one_says_never() {
    let secrets = secrets(1, SECRETS);
    let folder = folder(1, &secrets);
    for form in ["markdown", "html"] {
        let Some(text) = run(folder.path(), &["-o", form]) else {
            println!("skipped: this program has no form {form}");
            continue;
        };
        assert_clean(form, &text, &secrets);
    }
}

#[test]
fn the_secrets_are_there_where_nothing_is_redacted() {
    let secrets = secrets(1, SECRETS);
    assert_eq!(secrets.len(), SECRETS);
    assert!(secrets.iter().map(|secret| secret.kind).collect::<BTreeSet<_>>().len() >= 25);
    let folder = folder(1, &secrets);
    for when in ["never", "auto"] {
        run(folder.path(), &["--redact", when, "--extract", when]).unwrap();
        let found = leaks(&files(&folder.path().join(when)), &secrets).len();
        assert!(found > SECRETS * 9 / 10, "{when}: {found}"); // notes are no input
        let json = run(folder.path(), &["--redact", when, "-o", "json"]).unwrap();
        assert!(leaks(&json, &secrets).len() > 10, "{when}: {}", leaks(&json, &secrets).len());
    }
}

#[test]
fn what_a_reader_needs_stays() {
    let secrets = secrets(1, SECRETS);
    let folder = folder(1, &secrets);
    let text = run(folder.path(), &["--redact", "always"]).unwrap();
    for word in ["nginx", "container web-preview held port 80", "0.0.0.0", "haproxy", "10:00:0"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    run(folder.path(), &["--redact", "always", "--extract", "out"]).unwrap();
    let files = files(&folder.path().join("out"));
    for word in [
        "bind() to 0.0.0.0:80 failed",
        "http://10.0.0.5:8080/",
        "Chrome/120.0.0.0",
        "curl/8.5.0",
        "nginx:1.25.3",
        "web-preview",
    ] {
        assert!(files.contains(word), "{word}");
    }
    // The same client has one name in all outputs.
    let json = run(folder.path(), &["--redact", "always", "-o", "json"]).unwrap();
    assert!(json.contains("client-1") && files.contains("client-1:40000"));
}
