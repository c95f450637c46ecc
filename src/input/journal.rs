//! The binary files of journald, turned into the bytes of `journalctl -o export`, which a format then reads.
//!
//! Each entry has a field more than journalctl prints, `__OFFSET`: where the entry lies in the file. By it the format
//! knows that these entries were never lines. The order is that of the file. Source: systemd's
//! `docs/JOURNAL_FILE_FORMAT.md` and `src/libsystemd/sd-journal/journal-def.h`.
//!
//! A file that was open while it was copied, was cut off, or is damaged gives the entries that can be read. Every
//! offset and size is checked before it is used; offsets that are followed must rise, so the work is bounded by the
//! size of the file.

mod objects;
mod payload;

use std::io::{self, Write};

use objects::{File, Kind};
use payload::Payloads;

use super::discover::plain;
use super::unpack::Budget;

/// Fields that are read of one entry; journald writes no more (`ENTRY_FIELD_COUNT_MAX`).
const MOST_FIELDS: usize = 1024;
/// Bytes that are read of one entry.
const MOST_ENTRY_BYTES: usize = 64 << 20;

/// Whether a journal begins with these bytes.
pub(super) fn is_journal(bytes: &[u8]) -> bool {
    bytes.starts_with(b"LPKSHHRH")
}

/// What a journal gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Exported {
    pub(super) entries: u64,
    pub(super) problem: Option<String>,
}

/// Writes all entries to `out`.
///
/// # Errors
/// In words for a person: why nothing of it can be read, or could be written.
pub(super) fn export(bytes: &[u8], budget: &Budget, out: &mut dyn Write) -> Result<Exported, String> {
    let file = File::of(bytes)?;
    let (offsets, is_damaged) = offsets(&file);
    let mut export = Export { file, payloads: Payloads::new(budget), budget, out, entries: 0, lost: 0 };
    let mut is_whole = true;
    for offset in offsets {
        is_whole = export.entry(offset).map_err(|error| format!("temporary file: {}", plain(&error)))?;
        if !is_whole {
            break;
        }
    }
    Ok(Exported { entries: export.entries, problem: export.problem(is_whole, is_damaged) })
}

/// Where the entries lie, and whether their list is damaged. Then those that are found by going from object to object
/// are among them; nothing else is searched, as a client may have sent what looks like an entry.
fn offsets(file: &File<'_>) -> (Vec<u64>, bool) {
    let (mut offsets, mut is_damaged) = listed(file);
    is_damaged |= !file.is_open && (offsets.len() as u64) < file.entries;
    if is_damaged {
        let mut at = file.header_bytes;
        while let Some((kind, next)) = file.step(at) {
            if kind == Kind::Entry as u8 {
                offsets.push(at);
            }
            at = next;
        }
        offsets.sort_unstable();
        offsets.dedup();
    }
    (offsets, is_damaged)
}

/// The entries that the arrays list, as far as these lead, and whether something is wrong with them.
fn listed(file: &File<'_>) -> (Vec<u64>, bool) {
    let (mut offsets, mut is_damaged) = (Vec::new(), false);
    let (mut next, mut before) = (file.first_array, 0);
    while next != 0 {
        // Rising offsets end every loop.
        let array = if next > before { file.object(next, Kind::EntryArray) } else { None };
        let Some(array) = array else { return (offsets, true) };
        for offset in file.items(array) {
            let is_behind = offsets.last().is_none_or(|last| offset > *last);
            match file.object(offset, Kind::Entry) {
                _ if offset == 0 => return (offsets, is_damaged),
                Some(_) if is_behind => offsets.push(offset),
                _ => is_damaged = true,
            }
        }
        (before, next) = (next, array.next_array());
    }
    (offsets, is_damaged)
}

struct Export<'a, 'o> {
    file: File<'a>,
    payloads: Payloads<'a>,
    budget: &'a Budget,
    out: &'o mut dyn Write,
    entries: u64,
    /// Entries that are damaged, or have lost a field.
    lost: u64,
}

impl Export<'_, '_> {
    /// Writes the entry at `offset`, if it can be read; whether there is budget for more.
    fn entry(&mut self, offset: u64) -> io::Result<bool> {
        let Some(entry) = self.file.object(offset, Kind::Entry) else {
            self.lost += 1;
            return Ok(true);
        };
        let (seqnum, realtime, monotonic) = (entry.u64_at(16), entry.u64_at(24), entry.u64_at(32));
        let (boot, xor) = (hex(entry.at(40, 16)), entry.u64_at(56));
        let mut text = Vec::with_capacity(1024);
        writeln!(
            text,
            "__CURSOR=s={};i={seqnum:x};b={boot};m={monotonic:x};t={realtime:x};x={xor:x}\n__OFFSET={offset}\n\
             __REALTIME_TIMESTAMP={realtime}\n__MONOTONIC_TIMESTAMP={monotonic}\n_BOOT_ID={boot}",
            hex(&self.file.seqnum_id)
        )?;
        let (mut has_data, mut has_lost) = (false, false);
        for data in self.file.items(entry).take(MOST_FIELDS) {
            if text.len() > MOST_ENTRY_BYTES {
                break;
            }
            let object = self.file.object(data, Kind::Data);
            match object.and_then(|object| self.payloads.of(data, object, self.file.is_compact)) {
                Some(payload) => {
                    has_data = true;
                    field(&mut text, payload);
                }
                None => has_lost = true,
            }
        }
        if !has_data {
            self.lost += 1; // linked into the file before its data were written
            return Ok(self.budget.left() > 0);
        }
        self.lost += u64::from(has_lost);
        text.push(b'\n');
        if !self.budget.take(text.len() as u64) {
            return Ok(false);
        }
        self.out.write_all(&text)?;
        self.entries += 1;
        Ok(true)
    }

    fn problem(&self, is_whole: bool, is_damaged: bool) -> Option<String> {
        let read = self.entries;
        if !is_whole {
            return Some(format!(
                "the journal unpacks to over 1 GiB and over 1000 times its size; only {read} entries were read"
            ));
        }
        if let Some((len, stated)) = self.file.cut {
            return Some(format!(
                "the journal ends early at byte {len} of {stated}; the {read} entries that could be found were read"
            ));
        }
        let missing = if self.file.is_open { 0 } else { self.file.entries.saturating_sub(read) };
        match self.lost.max(missing) {
            0 if is_damaged => {
                Some(format!("the journal's list of entries is damaged; the {read} that could be found were read"))
            }
            0 => None,
            lost => Some(format!("the journal is damaged: of {lost} entries at least a part could not be read")),
        }
    }
}

/// Writes `NAME=value` as journalctl does: with its length, where it cannot be a line.
fn field(out: &mut Vec<u8>, payload: &[u8]) {
    let Some(sign) = memchr::memchr(b'=', payload) else { return };
    let (name, value) = (payload.get(..sign).unwrap_or_default(), payload.get(sign + 1..).unwrap_or_default());
    // The boot's id stands in the entry's head.
    if !is_name(name) || name == b"_BOOT_ID" {
        return;
    }
    out.extend_from_slice(name);
    if is_printable(value) {
        out.push(b'=');
    } else {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    }
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// `_SYSTEMD_UNIT`
fn is_name(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    (1..=64).contains(&name.len()) && name.iter().all(fits) && !name.starts_with(b"__")
}

fn is_printable(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| text.chars().all(|char| char == '\t' || !char.is_control()))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
#[path = "journal/tests.rs"]
mod tests;
