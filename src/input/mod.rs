//! Paths to bytes: finds the files, maps, reads or unpacks them, and cuts them into blocks.

pub mod blocks;
pub mod checksum;
pub mod discover;
mod journal;
pub mod kind;
pub mod map;
pub mod progress;
mod unpack;

use map::Map;

pub use discover::{Found, discover};

/// Where the bytes of a source lie.
#[derive(Debug)]
pub enum Bytes {
    /// A plain file, or a temporary one with what was unpacked, mapped.
    Mapped(Map),
    /// A small file, a stream, or what was unpacked, in memory.
    Read(Vec<u8>),
    /// Part of the program: a built-in story.
    BuiltIn(&'static [u8]),
}

/// What is said of a file that became shorter.
pub const CHANGED: &str = "changed while it was read: it became shorter, so its end is missing; run again";

impl Bytes {
    fn bytes(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map.bytes(),
            Bytes::Read(bytes) => bytes,
            Bytes::BuiltIn(bytes) => bytes,
        }
    }
}

/// One stream of bytes.
#[derive(Debug)]
pub struct Source {
    /// The path as given, or found below a folder that was given; `-` for standard input. A file in an archive has the
    /// archive's before it: `a.tar.gz!x/y.log`.
    pub name: String,
    bytes: Bytes,
    /// Length when it was opened.
    pub len: u64,
    /// When the file was last written, in seconds since 1970, by its gzip or tar header if it was packed; `None` for
    /// streams.
    pub modified_s: Option<i64>,
    /// Device and inode, by which a file that is named twice is known; `None` for streams and for what was unpacked.
    pub identity: Option<(u64, u64)>,
    /// What went wrong with it, if anything.
    pub problem: Option<String>,
    /// Whether the user named it, and did not only name a folder around it.
    pub was_named: bool,
}

impl Source {
    /// A source that was read from somewhere else than a file.
    pub fn read(name: &str, bytes: Vec<u8>) -> Source {
        let len = bytes.len() as u64;
        Source::of(name, Bytes::Read(bytes), len)
    }

    /// A source that is part of the program.
    pub fn built_in(name: &str, bytes: &'static [u8]) -> Source {
        let len = bytes.len() as u64;
        Source::of(name, Bytes::BuiltIn(bytes), len)
    }

    fn of(name: &str, bytes: Bytes, len: u64) -> Source {
        Source { name: name.into(), bytes, len, modified_s: None, identity: None, problem: None, was_named: true }
    }

    /// All its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    /// Whether the file has become shorter since it was opened, so that a part of it could not be read.
    pub fn has_shrunk(&self) -> bool {
        match &self.bytes {
            Bytes::Mapped(map) => map.lost_pages() || discover::length_now(self).is_some_and(|now| now < self.len),
            Bytes::Read(bytes) => self.identity.is_some() && (bytes.len() as u64) < self.len,
            Bytes::BuiltIn(_) => false,
        }
    }

    /// What is said of it where no known program wrote its bytes.
    pub fn unread(&self) -> Skipped {
        let problem = self.problem_now();
        let is_problem = problem.is_some() || self.was_named;
        let reason = problem.unwrap_or_else(|| kind::of(self.bytes()));
        Skipped { path: self.name.clone(), reason, is_problem }
    }

    /// What is wrong with it, as far as is known now.
    pub fn problem_now(&self) -> Option<String> {
        if self.has_shrunk() { Some(CHANGED.into()) } else { self.problem.clone() }
    }
}

/// A path that gave no source, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    #[allow(missing_docs)]
    pub path: String,
    /// In words for a person.
    pub reason: String,
    /// Whether the user was right to expect that it could be read: exit status 3.
    pub is_problem: bool,
}
