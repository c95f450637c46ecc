//! Unpacks what is packed: compressed streams, archives, archives in them, binary journals in those.
//!
//! The members of an archive become sources of their own, named `a.tar.gz!x/y.log`. Whatever is damaged gives what
//! could be read of it, and its problem says where it ended. Nothing is written but to temporary files without a name.

mod archives;
mod store;
mod streams;

use std::cell::Cell;
use std::io::{self, Read, Write};

use archives::{Member, TAR_BLOCK, is_tar, is_zip};
use streams::{Packing, Unpacker};

pub(crate) use store::{Budget, Store};

use super::discover::Found;
use super::{Bytes, CHANGED, Skipped, Source, journal};

/// Layers that are taken off: `a.tar.gz` has two, and a `.gz` in it makes three.
const MOST_LAYERS: usize = 8;

/// Bytes unpacked in one step. Of a step that ends in an error nothing is kept, so they are few.
const STEP_BYTES: usize = 8 << 10;

/// Adds what is in `source` to what was `found`: itself, if it is not packed.
pub(super) fn unpack(source: Source, found: &mut Found) {
    let budget = Budget::of(source.bytes().len());
    Unpack { found, budget: &budget }.layer(source, 0);
}

struct Unpack<'a> {
    found: &'a mut Found,
    budget: &'a Budget,
}

impl Unpack<'_> {
    /// Takes one layer off, and those below it.
    fn layer(&mut self, source: Source, layers: usize) {
        let bytes = source.bytes();
        let packing = Packing::of(bytes);
        let is_packed = packing.is_some() || is_tar(bytes) || is_zip(bytes);
        if is_packed && layers >= MOST_LAYERS {
            return self.skip(source.name, format!("packed more than {MOST_LAYERS} times; unpack it first"), true);
        }
        let has_shrunk = match (packing, is_packed) {
            (Some(packing), _) => self.stream(&source, packing, layers),
            (None, true) if is_zip(bytes) => self.zip(&source, layers),
            (None, true) => self.plain_tar(&source, layers),
            (None, false) if journal::is_journal(bytes) => self.journal(&source),
            (None, false) if bytes.is_empty() => {
                let reason = source.problem.clone();
                let is_problem = reason.is_some();
                return self.skip(source.name, reason.unwrap_or_else(|| "empty".into()), is_problem);
            }
            (None, false) => return self.found.sources.push(source),
        };
        if has_shrunk {
            self.skip(source.name, CHANGED.into(), true);
        }
    }

    fn skip(&mut self, path: String, reason: String, is_problem: bool) {
        self.found.skipped.push(Skipped { path, reason, is_problem });
    }

    /// Goes on with what was unpacked.
    fn unpacked(&mut self, of: Unpacked, store: Store, layers: usize) {
        let Unpacked { name, modified_s, problem, was_named } = of;
        match store.finish() {
            Ok(bytes) => {
                let len = bytes.bytes().len() as u64;
                let source = Source { name, bytes, len, modified_s, identity: None, problem, was_named };
                self.layer(source, layers + 1);
            }
            Err(error) => self.skip(name, format!("temporary file: {}", super::discover::plain(&error)), true),
        }
    }

    /// gzip and its like, perhaps with a tar archive inside. Tells whether the file has shrunk meanwhile.
    fn stream(&mut self, source: &Source, packing: Packing, layers: usize) -> bool {
        let bytes = source.bytes();
        let at = Cell::new(0);
        let mut reader = store::Within::new(self.budget, Unpacker::new(packing, bytes, &at));
        let words = |error: &io::Error| streams::problem(packing, error, at.get(), bytes.len());
        let mut head = Store::new();
        let copied = copy(&mut (&mut reader).take(TAR_BLOCK as u64), &mut head);
        let modified_s = streams::modified_s(bytes).or(source.modified_s);
        let head = match head.finish() {
            Ok(Bytes::Read(head)) => head,
            _ => Vec::new(),
        };
        if copied.error.is_none() && is_tar(&head) {
            let mut whole = Watched { inner: head.as_slice().chain(&mut reader), error: None };
            let walked = self.tar(&source.name, &mut whole, layers);
            let problem = whole.error.as_ref().map(&words).or_else(|| walked.err().map(|_| damaged_tar()));
            if let Some(problem) = problem {
                self.skip(source.name.clone(), problem, true);
            }
        } else {
            let mut store = Store::new();
            let mut error = store.write_all(&head).err().or(copied.error);
            if error.is_none() {
                error = copy(&mut reader, &mut store).error;
            }
            let problem = source.problem.clone().or_else(|| error.as_ref().map(words));
            let (name, was_named) = (source.name.clone(), source.was_named);
            self.unpacked(Unpacked { name, modified_s, problem, was_named }, store, layers);
        }
        source.has_shrunk()
    }

    fn plain_tar(&mut self, source: &Source, layers: usize) -> bool {
        let mut bytes = source.bytes();
        if self.tar(&source.name, &mut bytes, layers).is_err() {
            self.skip(source.name.clone(), damaged_tar(), true);
        }
        source.has_shrunk()
    }

    fn tar(&mut self, name: &str, reader: &mut dyn Read, layers: usize) -> io::Result<()> {
        archives::tar(reader, &mut |found| self.member(name, found, layers))
    }

    fn zip(&mut self, source: &Source, layers: usize) -> bool {
        if archives::zip(source.bytes(), &mut |found| self.member(&source.name, found, layers)).is_err() {
            let reason = "the zip archive ends early, or is damaged; what could be found in it was read";
            self.skip(source.name.clone(), reason.into(), true);
        }
        source.has_shrunk()
    }

    /// One file of an archive; whether there is budget for more.
    fn member(&mut self, archive: &str, found: archives::Found<'_>, layers: usize) -> archives::Continue {
        if !self.budget.take_member() {
            self.skip(archive.into(), "more than 100000 members; the rest was not read".into(), true);
            return false;
        }
        let Member { path, modified_s, len, contents } = match found {
            archives::Found::Member(member) => member,
            archives::Found::Unread(path, reason) => {
                self.skip(format!("{archive}!{path}"), reason.into(), true);
                return true;
            }
        };
        let mut store = Store::new();
        let copied = copy(&mut store::Within::new(self.budget, contents), &mut store);
        let problem = match copied.error {
            Some(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Some("unpacks to over 1 GiB and over 1000 times its archive's size; the rest was not read".to_owned())
            }
            None if copied.bytes >= len => None,
            _ => Some(format!("damaged in its archive behind byte {}; what was before it was read", copied.bytes)),
        };
        let is_bomb = self.budget.left() == 0;
        let name = format!("{archive}!{path}");
        // Who names an archive does not say that all in it are logs.
        self.unpacked(Unpacked { name, modified_s, problem, was_named: false }, store, layers);
        !is_bomb
    }

    fn journal(&mut self, source: &Source) -> bool {
        let mut store = Store::new();
        let read = journal::export(source.bytes(), self.budget, &mut store);
        let name = source.name.clone();
        match read {
            Err(reason) => self.skip(name, reason, true),
            Ok(read) if read.entries == 0 => {
                let problem = source.problem.clone().or(read.problem);
                let is_problem = problem.is_some();
                self.skip(name, problem.unwrap_or_else(|| "a journal without entries".into()), is_problem);
            }
            Ok(read) => match store.finish() {
                Ok(bytes) => {
                    let problem = source.problem.clone().or(read.problem);
                    let (len, modified_s) = (source.len, source.modified_s);
                    let was_named = source.was_named;
                    self.found.sources.push(Source {
                        name,
                        bytes,
                        len,
                        modified_s,
                        identity: None,
                        problem,
                        was_named,
                    });
                }
                Err(error) => self.skip(name, format!("temporary file: {}", super::discover::plain(&error)), true),
            },
        }
        source.has_shrunk()
    }
}

/// A source but for its bytes.
struct Unpacked {
    name: String,
    modified_s: Option<i64>,
    problem: Option<String>,
    was_named: bool,
}

fn damaged_tar() -> String {
    "the tar archive ends early, or is damaged; what was before it was read".into()
}

/// How far a copy came.
struct Copied {
    bytes: u64,
    error: Option<io::Error>,
}

/// Copies to the end, or to the first error.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Copied {
    let mut copied = Copied { bytes: 0, error: None };
    let mut step = vec![0; STEP_BYTES];
    loop {
        let read = from.read(&mut step).and_then(|count| {
            to.write_all(step.get(..count).unwrap_or_default())?;
            Ok(count)
        });
        match read {
            Ok(0) => return copied,
            Ok(count) => copied.bytes += count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                copied.error = Some(error);
                return copied;
            }
        }
    }
}

/// A reader that remembers what went wrong in it; after that it is at its end.
struct Watched<R> {
    inner: R,
    error: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.error = Some(error);
                Ok(0)
            }
            read => read,
        }
    }
}

#[cfg(test)]
#[path = "unpack/tests.rs"]
mod tests;
