//! `--extract`: the incidents' lines of each input, below one folder, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value as Json;

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    command.current_dir(folder).args(["--no-config", "-q"]).args(args).output().unwrap()
}

/// A folder with the files of a story, which lie in `name` below it.
fn copy(story: &str) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(story);
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(from) = folders.pop() {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = Path::new("logs").join(path.strip_prefix(&root).unwrap());
            let to = folder.path().join(&name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(path, to).unwrap();
            files.push(name);
        }
    }
    (folder, files)
}

/// All lines that the report shows as evidence for its incidents, with their files.
fn evidence(value: &Json, found: &mut Vec<(String, String)>) {
    match value {
        Json::Object(object) => {
            if let (Some(file), Some(text)) = (object.get("file"), object.get("text")) {
                found.push((file.as_str().unwrap().into(), text.as_str().unwrap().into()));
            }
            object.values().for_each(|value| evidence(value, found));
        }
        Json::Array(array) => array.iter().for_each(|value| evidence(value, found)),
        _ => {}
    }
}

#[test]
fn whole_lines_of_the_inputs_in_their_order_and_all_evidence() {
    for story in ["incidents/apache-docker-port-80", "incidents/nginx-apache-port", "captures/nginx-apache-8080"] {
        let (folder, files) = copy(story);
        let output = run(folder.path(), &["-o", "json", "--extract", "out", "logs"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Json = serde_json::from_slice(&output.stdout).unwrap();
        let mut lines = Vec::new();
        evidence(&report["incidents"], &mut lines);
        assert!(lines.len() > 20);
        for (file, text) in lines.iter().filter(|(file, _)| !file.ends_with("journal.export")) {
            let extract =
                String::from_utf8_lossy(&fs::read(folder.path().join("out").join(file)).unwrap()).into_owned();
            assert!(extract.contains(text.as_str()), "{file}: {text}");
        }
        let (mut kept, mut all) = (0, 0);
        for file in &files {
            let whole = fs::read_to_string(folder.path().join(file)).unwrap();
            let Ok(extract) = fs::read_to_string(folder.path().join("out").join(file)) else { continue };
            let mut of_whole = whole.lines();
            for line in extract.lines() {
                assert!(of_whole.any(|own| own == line), "{}: not in order: {line}", file.display());
            }
            kept += extract.lines().count();
            all += whole.lines().count();
        }
        assert!(kept > 50 && kept < all, "{story}: {kept} of {all}");
    }
}

#[test]
fn an_extract_of_the_journal_tells_the_same_cause() {
    let (folder, _) = copy("captures/nginx-apache-8080");
    run(folder.path(), &["--extract", "out", "logs/journal.export", "logs/var/log/nginx", "logs/var/log/apache2"]);
    let output = run(folder.path(), &["-o", "json", "out"]);
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["incidents"][0]["cause"]["kind"], "port-conflict", "{report}");
    let unparsed: u64 =
        report["inputs"].as_array().unwrap().iter().map(|input| input["unparsed"].as_u64().unwrap()).sum();
    assert_eq!(unparsed, 0);
}

#[test]
fn nothing_is_overwritten_and_nothing_is_made_of_nothing() {
    let (folder, _) = copy("incidents/nginx-apache-port");
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/x"), "x").unwrap();
    let refused = run(folder.path(), &["--extract", "full", "logs"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("--extract full") && said.contains("not empty") && said.contains("name a new one"), "{said}");
    assert!(refused.stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path().join("full")).unwrap().count(), 1);
    let (quiet, _) = copy("incidents/quiet-day");
    assert_eq!(run(quiet.path(), &["--extract", "out", "logs"]).status.code(), Some(0));
    assert!(!quiet.path().join("out").exists());
    // A name that leads upwards leads nowhere.
    fs::create_dir(folder.path().join("deep")).unwrap();
    let upwards = run(&folder.path().join("deep"), &["--extract", "out", "../logs"]);
    assert_eq!(upwards.status.code(), Some(0));
    assert!(folder.path().join("deep/out/logs").is_dir());
    let mut here: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    here.sort();
    assert_eq!(here, ["deep", "full", "logs"]);
}
