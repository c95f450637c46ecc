//! stub

use super::{Format, Record};

/// stub
pub struct Export;

impl Format for Export {
    fn name(&self) -> &'static str {
        "journald-export"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        let _ = (previous, line);
        false
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let _ = record;
        None
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}

/// stub
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "journald-json"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        let _ = (previous, line);
        false
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let _ = record;
        None
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}

/// stub
pub struct Short;

impl Format for Short {
    fn name(&self) -> &'static str {
        "journald-short"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        let _ = (previous, line);
        false
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let _ = record;
        None
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Length of the entry at the beginning of `bytes`, with the empty line behind it.
pub fn entry_len(bytes: &[u8]) -> usize {
    bytes.len()
}

/// Whether a line can only stand in the output of journalctl.
pub fn shows_marks(previous: &[u8], line: &[u8]) -> bool {
    let _ = (previous, line);
    false
}

/// Whether a line is no entry.
pub fn is_separator(line: &[u8]) -> bool {
    let _ = line;
    false
}
