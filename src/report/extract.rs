//! The incidents' lines, to be handed on: of every input the records from two minutes before to two minutes after each
//! incident, and all lines that stand as evidence.
//!
//! The files keep their names below the folder. Nothing is overwritten, and no name leads out of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::model::{Evidence, Incident as Told, Report};
use crate::analysis::incident::Incident;
use crate::facts::Facts;
use crate::facts::closer::{self, Clocks};
use crate::facts::survey::Input;
use crate::input::discover::plain;

/// Seconds before and after an incident.
const ROOM_S: i64 = 120;
/// Bytes of one part of a name; most systems take 255.
const NAME_BYTES: usize = 180;
/// What was unpacked to be read is written as it was read.
const PACKED: &[&str] = &[".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"];

/// What is handed on of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// The input's.
    pub path: String,
    /// Its lines, as they stand in it.
    pub bytes: Vec<u8>,
}

/// The incidents' lines of each input that has some.
pub fn extracts(
    report: &Report,
    incidents: &[Incident],
    inputs: &[Input<'_>],
    facts: &Facts,
    clocks: &dyn Clocks,
) -> Vec<Extract> {
    let is_told = |number: usize| report.incidents.iter().any(|told| told.id == format!("i{number}"));
    let of_told = incidents.iter().zip(1..).filter(|(_, number)| is_told(*number));
    let windows: Vec<(i64, i64)> =
        of_told.map(|(of, _)| (of.start.s - ROOM_S, of.until.s.saturating_add(ROOM_S))).collect();
    let source = |line: &Evidence| inputs.iter().position(|input| input.name == line.file);
    let wanted: BTreeSet<(usize, usize)> =
        evidence(report).into_iter().filter_map(|line| Some((source(line)?, line.offset))).collect();
    let found = closer::lines::lines(inputs, facts, clocks, &windows, &wanted);
    let extract = |(input, ranges): (&Input<'_>, Vec<std::ops::Range<usize>>)| {
        let mut bytes = Vec::new();
        for range in ranges {
            bytes.extend_from_slice(input.bytes.get(range).unwrap_or_default());
            if !bytes.ends_with(b"\n") {
                bytes.push(b'\n');
            }
        }
        (!bytes.is_empty()).then(|| Extract { path: input.name.to_owned(), bytes })
    };
    inputs.iter().zip(found).filter_map(extract).collect()
}

/// All lines that stand as evidence for the incidents.
fn evidence(report: &Report) -> Vec<&Evidence> {
    let explained = report.explanations.iter().flat_map(|of| &of.inputs).flat_map(|fact| &fact.lines);
    let waiting = report.latent.iter().flat_map(|latent| &latent.evidence).filter(|_| !report.incidents.is_empty());
    report.incidents.iter().flat_map(of_incident).chain(explained).chain(waiting).collect()
}

fn of_incident(of: &Told) -> Vec<&Evidence> {
    let reasons =
        of.hypotheses.iter().chain([&of.cause]).flat_map(|by| by.evidence_for.iter().chain(&by.evidence_against));
    let marks = [
        &of.marks.trigger,
        &of.marks.impact_start,
        &of.marks.detected,
        &of.marks.mitigated,
        &of.marks.ended,
        &of.marks.verified,
    ];
    let marked = marks.into_iter().flatten().flat_map(|mark| &mark.evidence);
    let lines = reasons.flat_map(|reason| &reason.evidence).chain(marked);
    lines.chain(of.timeline.iter().flat_map(|item| &item.evidence)).collect()
}

/// Whether lines may be written below this folder: it is new, or empty.
///
/// # Errors
/// What is in the way, and what to do.
pub fn check(folder: &Path) -> Result<(), String> {
    let name = folder.display();
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(false) => {
            Err(format!("--extract {name}: the folder is not empty, and nothing is overwritten; name a new one"))
        }
        Err(error) if fs::symlink_metadata(folder).is_ok() => {
            Err(format!("--extract {name}: {}; name a new folder", plain(&error)))
        }
        _ => Ok(()),
    }
}

/// Writes the lines below the folder.
///
/// # Errors
/// What could not be written, and what to do.
pub fn write(extracts: &[Extract], folder: &Path) -> Result<(), String> {
    check(folder)?;
    let mut names = Names::default();
    for extract in extracts {
        let path = folder.join(names.below(&extract.path));
        write_file(&path, &extract.bytes).map_err(|error| {
            format!(
                "--extract {}: {}; check its disk and rights, then name a new folder",
                path.display(),
                plain(&error)
            )
        })?;
    }
    Ok(())
}

/// Through a temporary file beside it, so that there is never half a file.
fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// The names that are given out.
#[derive(Default)]
struct Names {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl Names {
    /// The name of an input below the folder: without a root, without steps upwards, an archive as a folder, each once.
    fn below(&mut self, name: &str) -> PathBuf {
        let name = if name == "-" { "standard-input" } else { name };
        let parts = name.split(['/', '!', '\\']).map(part).filter(|part| !matches!(part.as_str(), "" | "." | ".."));
        let mut parts: Vec<String> = parts.collect();
        let last = parts.pop().unwrap_or_else(|| "input".into());
        let unpacked = PACKED.iter().find_map(|ending| last.strip_suffix(ending)).filter(|rest| !rest.is_empty());
        let last = unpacked.unwrap_or(&last).to_owned();
        let mut folder = PathBuf::new();
        for part in parts {
            // What is a file already is no folder.
            folder = numbered(&folder, &part, |path| !self.files.contains(path));
            self.folders.insert(folder.clone());
        }
        let path = numbered(&folder, &last, |path| !self.files.contains(path) && !self.folders.contains(path));
        self.files.insert(path.clone());
        path
    }
}

/// The name in the folder, with the first number behind it that makes it free.
fn numbered(folder: &Path, name: &str, is_free: impl Fn(&Path) -> bool) -> PathBuf {
    let numbers = (2usize..).map(|number| folder.join(format!("{name}-{number}")));
    let mut all = std::iter::once(folder.join(name)).chain(numbers);
    all.find(|path| is_free(path)).unwrap_or_else(|| folder.join(name))
}

/// A part of a name as every system takes it.
fn part(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() || letter == ':' { '_' } else { letter };
    let mut name: String = text.chars().map(plain).collect();
    while name.len() > NAME_BYTES {
        name.pop();
    }
    name
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_and_none_comes_twice() {
        let mut names = Names::default();
        for (name, want) in [
            ("/var/log/syslog", "var/log/syslog"),
            ("../../etc/passwd", "etc/passwd"),
            ("logs/./x/../y.log", "logs/x/y.log"),
            ("logs/x/y.log", "logs/x/y.log-2"),
            ("a.tar.gz!x/../../y.log", "a.tar.gz/x/y.log"),
            ("access.log.2.gz", "access.log.2"),
            ("access.log.2", "access.log.2-2"),
            ("access.log.2/x", "access.log.2-3/x"),
            ("-", "standard-input"),
            ("..", "input"),
            ("/", "input-2"),
            ("a\0b\nc:\\d", "a_b_c_/d"),
            (".gz", ".gz"),
        ] {
            let path = names.below(name);
            assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))), "{name}");
            assert_eq!(path, Path::new(want), "{name}");
        }
        let long = names.below(&format!("{}/x", "ä".repeat(400)));
        assert!(long.components().all(|part| part.as_os_str().len() <= NAME_BYTES));
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let extract = Extract { path: "/var/log/../log/a.log".into(), bytes: b"x\n".to_vec() };
        let below = folder.path().join("new");
        write(std::slice::from_ref(&extract), &below).unwrap();
        assert_eq!(fs::read(below.join("var/log/log/a.log")).unwrap(), b"x\n");
        let problem = write(&[extract], &below).unwrap_err();
        assert!(problem.contains("not empty") && problem.contains("name a new one"), "{problem}");
        fs::write(folder.path().join("file"), "x").unwrap();
        assert!(check(&folder.path().join("file")).is_err());
        assert!(check(&folder.path().join("none")).is_ok());
    }
}
