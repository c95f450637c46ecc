//! Finds the files behind the paths that were given: folders are walked, links followed, a file found twice read once,
//! packed ones unpacked.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::map::Map;
use super::unpack::unpack;
use super::{Bytes, Skipped, Source};

/// From this size on a file is mapped; a smaller one costs less to read (20 KB: 8 against 14 µs a file).
const MAP_FROM_BYTES: u64 = 1 << 20;

/// What the paths led to.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of their names, so that the order of the arguments does not show.
    pub sources: Vec<Source>,
    #[allow(missing_docs)]
    pub skipped: Vec<Skipped>,
}

/// Opens all files at and below `paths`; `-` is standard input.
pub fn discover(paths: &[PathBuf]) -> Found {
    let mut walk = Walk::default();
    for path in paths {
        match path.to_str() {
            Some("-") => walk.standard_input(),
            _ => walk.argument(path),
        }
    }
    let opened: Vec<Found> = walk.listed.par_iter().map(Listed::open).collect();
    let mut found = walk.found;
    for more in opened {
        found.sources.extend(more.sources);
        found.skipped.extend(more.skipped);
    }
    found.sources.sort_by(|one, other| one.name.cmp(&other.name));
    found.skipped.sort();
    found.skipped.dedup();
    found
}

/// The length that the file has now, if it is still the same file.
pub(super) fn length_now(source: &Source) -> Option<u64> {
    let meta = fs::metadata(&source.name).ok()?;
    (Some((meta.dev(), meta.ino())) == source.identity).then_some(meta.len())
}

/// The bytes of a file as they lie on the disk; `None` where it cannot be read.
pub(super) fn bytes_of(path: &str) -> Option<Bytes> {
    let path = Path::new(path);
    open(path, &fs::metadata(path).ok().filter(Metadata::is_file)?).ok()
}

/// A file that was found.
struct Listed {
    path: PathBuf,
    meta: Metadata,
    was_named: bool,
}

impl Listed {
    /// What is in it: packed files are unpacked here, several at a time.
    fn open(&self) -> Found {
        let Listed { path, meta, was_named } = self;
        let mut found = Found::default();
        match open(path, meta) {
            Ok(bytes) => {
                let len = match &bytes {
                    Bytes::Read(bytes) => meta.len().max(bytes.len() as u64),
                    Bytes::Mapped(_) | Bytes::BuiltIn(_) => meta.len(),
                };
                let name = path.display().to_string();
                let (modified_s, identity) = (Some(meta.mtime()), Some((meta.dev(), meta.ino())));
                let was_named = *was_named;
                let source = Source { name, bytes, len, modified_s, identity, problem: None, was_named };
                unpack(source, &mut found);
            }
            Err(error) => found.skip(path, with_remedy(&error), true),
        }
        found
    }
}

impl Found {
    fn skip(&mut self, path: &Path, reason: impl Into<String>, is_problem: bool) {
        self.skipped.push(Skipped { path: path.display().to_string(), reason: reason.into(), is_problem });
    }
}

#[derive(Default)]
struct Walk {
    found: Found,
    /// Files to be opened.
    listed: Vec<Listed>,
    /// Folders on the way down, by which a loop of links is known.
    folders: BTreeSet<(u64, u64)>,
    files: BTreeSet<(u64, u64)>,
    read_input: bool,
}

impl Walk {
    fn skip(&mut self, path: &Path, reason: impl Into<String>, is_problem: bool) {
        self.found.skip(path, reason, is_problem);
    }

    fn standard_input(&mut self) {
        if std::mem::replace(&mut self.read_input, true) {
            return;
        }
        let mut bytes = Vec::new();
        match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => unpack(Source::read("-", bytes), &mut self.found),
            Err(error) => self.skip(Path::new("-"), format!("standard input: {}", plain(&error)), true),
        }
    }

    /// A path as the user gave it: what cannot be read here is a problem.
    fn argument(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(meta) if meta.file_type().is_fifo() && is_descriptor(path) => self.stream(path),
            Ok(meta) => self.visit(path, &meta, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let dangling = fs::symlink_metadata(path).is_ok();
                let what = if dangling { "a link that leads nowhere" } else { "no such file or folder" };
                self.skip(path, format!("{what}; check the name"), true);
            }
            Err(error) => self.skip(path, with_remedy(&error), true),
        }
    }

    /// `<(zcat access.log.gz)` of a shell: a pipe that has a writer.
    fn stream(&mut self, path: &Path) {
        match fs::read(path) {
            Ok(bytes) => unpack(Source::read(&path.display().to_string(), bytes), &mut self.found),
            Err(error) => self.skip(path, with_remedy(&error), true),
        }
    }

    fn visit(&mut self, path: &Path, meta: &Metadata, is_argument: bool) {
        let kind = meta.file_type();
        if kind.is_dir() {
            self.folder(path, meta);
        } else if kind.is_file() {
            self.file(path, meta, is_argument);
        } else if kind.is_fifo() {
            self.skip(path, "a named pipe, which may never end; use: pmtrace - < PIPE", is_argument);
        } else if kind.is_socket() {
            self.skip(path, "a socket, not a file", is_argument);
        } else {
            self.skip(path, "a device, not a file", is_argument);
        }
    }

    fn folder(&mut self, path: &Path, meta: &Metadata) {
        let identity = (meta.dev(), meta.ino());
        if !self.folders.insert(identity) {
            return; // a link to a folder that is being walked, or was
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.skip(path, with_remedy(&error), true),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        for path in paths {
            match fs::metadata(&path) {
                Ok(meta) => self.visit(&path, &meta, false),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.skip(&path, "a link that leads nowhere", false);
                }
                Err(error) => self.skip(&path, with_remedy(&error), true),
            }
        }
    }

    fn file(&mut self, path: &Path, meta: &Metadata, was_named: bool) {
        let identity = (meta.dev(), meta.ino());
        if !self.files.insert(identity) {
            return; // the same file by another name
        }
        if meta.len() == 0 && !is_virtual(path) {
            return self.skip(path, "empty", false);
        }
        self.listed.push(Listed { path: path.to_owned(), meta: meta.clone(), was_named });
    }
}

fn open(path: &Path, meta: &Metadata) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    if meta.len() >= MAP_FROM_BYTES
        && let Ok(map) = Map::of(&file)
    {
        return Ok(Bytes::Mapped(map));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(Bytes::Read(bytes))
}

/// `/dev/stdin`, `/dev/fd/63`, `/proc/self/fd/63`: names of what this process was given open.
fn is_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// Files of `/proc` and `/sys` say that they are empty and are not.
fn is_virtual(path: &Path) -> bool {
    path.starts_with("/proc") || path.starts_with("/sys")
}

/// The system's words without its error number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.chars().next().map_or_else(String::new, |first| first.to_lowercase().chain(text.chars().skip(1)).collect())
}

fn with_remedy(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "permission denied; read it as root, or as a member of the group adm or systemd-journal".into()
        }
        _ => plain(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_links_to_itself_is_walked_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/x.log"), "x\n").unwrap();
        fs::write(folder.path().join("a/empty"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("a/dangling")).unwrap();
        let found = discover(&[folder.path().into(), folder.path().join("a")]);
        let names: Vec<_> = found.sources.iter().map(|source| source.name.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["x.log"]);
        let reasons: Vec<_> = found.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
        assert_eq!(reasons, ["a link that leads nowhere", "empty"]);
    }

    #[test]
    fn a_missing_file_is_a_problem_and_a_device_is_not_read() {
        let found = discover(&["/no/such.log".into(), "/dev/zero".into()]);
        assert!(found.sources.is_empty());
        assert!(found.skipped.iter().all(|skipped| skipped.is_problem));
        assert_eq!(found.skipped.len(), 2);
    }
}
