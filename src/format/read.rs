//! Walks over the records of a block.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};

use super::owner::Owner;
use super::recognise::{Recognised, is_between};
use super::{Format, Framing, Hit, Part, Record, journald, pieces, stamp};
use crate::input::blocks::{cut, line_before, split_line};

/// What a walk meets.
pub enum Item<'a> {
    /// A request that the fast path read.
    Hit(&'a Hit<'a>),
    /// A record, read with care, and the format that read it.
    Record(Box<Record<'a>>),
    /// A line that no known program wrote.
    Unparsed,
    /// A line that is no record but belongs to the form: `-- Boot … --`, a blank line.
    Separator,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Bytes before it in the source.
    pub offset: usize,
    /// Lines before its first line in the block.
    pub line: usize,
    /// Lines that it spans.
    pub lines: usize,
    /// Its bytes, without the last newline.
    pub raw: &'a [u8],
}

/// Whether records are wanted whole, or requests only as hits where that is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    #[allow(missing_docs)]
    Hits,
    #[allow(missing_docs)]
    Records,
}

/// Cuts `bytes` into blocks of about `size`, each beginning at the start of a record of `format`.
pub fn blocks(bytes: &[u8], recognised: &Recognised, size: usize) -> Vec<Range<usize>> {
    let size = if recognised.format.framing() == Framing::Document { usize::MAX } else { size };
    cut(bytes.len(), size, &|from| next_start(bytes, from, recognised))
}

/// The first start of a record behind `from`.
fn next_start(bytes: &[u8], from: usize, recognised: &Recognised) -> usize {
    let format = recognised.format;
    let others_span = recognised.others.iter().any(|other| spans_lines(*other));
    if format.framing().is_counted() {
        // A binary field may hold these bytes too: the survey checks each block against the end of the one before.
        return memmem::find(&bytes[from..], b"\n\n__CURSOR=").map_or(bytes.len(), |found| from + found + 2);
    }
    let mut at = from;
    loop {
        let Some(newline) = memchr(b'\n', &bytes[at..]) else { return bytes.len() };
        at += newline + 1;
        if at >= bytes.len() || format.framing() == Framing::SingleLines && !others_span {
            return at;
        }
        let (line, _) = split_line(&bytes[at..]);
        let is_start = match format.framing() {
            Framing::Pieces if others_span && format.piece(line).is_none() => false,
            Framing::Pieces => pieces::all_ended(format, bytes, at),
            _ => format.is_start(line_before(bytes, at), line),
        };
        if is_start {
            return at;
        }
    }
}

/// Calls `each` for every record of `bytes[start..end]`. Gives the offset at which the last one ended (behind `end`,
/// where the last record begins before it) and the number of lines.
pub fn walk<'a>(
    recognised: &Recognised,
    bytes: &'a [u8],
    (start, end): (usize, usize),
    detail: Detail,
    each: &mut impl FnMut(Place<'a>, Item<'_>),
) -> (usize, usize) {
    match (recognised.format.framing(), &recognised.owner) {
        (Framing::JournalExport | Framing::JournalFile, _) => entries(recognised, bytes, (start, end), each),
        (Framing::Lines | Framing::SingleLines | Framing::Objects, _) => {
            lines(recognised, bytes, (start, end), detail, each)
        }
        (Framing::Pieces, Some(owner)) => {
            pieces::walk(recognised, bytes, (start, end), &mut |place, item| each(place, completed(item, owner)))
        }
        (Framing::Pieces, None) => pieces::walk(recognised, bytes, (start, end), each),
        (Framing::Document, Some(owner)) => {
            document(recognised, bytes, &mut |place, item| each(place, completed(item, owner)))
        }
        (Framing::Document, None) => document(recognised, bytes, each),
    }
}

/// A container's line with what only the name of its file tells.
fn completed<'a>(item: Item<'a>, owner: &'a Owner) -> Item<'a> {
    match item {
        Item::Record(mut record) => {
            owner.complete(&mut record);
            Item::Record(record)
        }
        item => item,
    }
}

fn document<'a>(
    recognised: &Recognised,
    bytes: &'a [u8],
    each: &mut impl FnMut(Place<'a>, Item<'_>),
) -> (usize, usize) {
    let (mut at, mut line, mut told) = (0, 0, 0);
    let newlines = |from, to| memchr_iter(b'\n', bytes.get(from..to).unwrap_or_default()).count();
    // Lines of the document that are of no record: brackets, headings of a table.
    let between = |each: &mut dyn FnMut(Place<'a>, Item<'_>), told: usize, line: usize| {
        let place = Place { offset: 0, line: told, lines: line.saturating_sub(told), raw: b"".as_slice() };
        if place.lines > 0 {
            each(place, Item::Separator);
        }
    };
    for Part { range, entries, record } in recognised.format.document(bytes) {
        line += newlines(at, range.start);
        at = range.start;
        let raw = bytes.get(range.clone()).unwrap_or_default();
        let (first, lines) = entries.unwrap_or_else(|| (line, newlines(range.start, range.end) + 1));
        if entries.is_none() {
            between(each, told, line);
            told = told.max(line + lines);
        }
        each(Place { offset: at, line: first, lines, raw }, Item::Record(Box::new(record)));
    }
    let lines = newlines(0, bytes.len()) + usize::from(!bytes.ends_with(b"\n"));
    if told > 0 {
        between(each, told, lines);
    }
    (bytes.len(), lines)
}

fn entries<'a>(
    recognised: &Recognised,
    bytes: &'a [u8],
    (start, end): (usize, usize),
    each: &mut impl FnMut(Place<'a>, Item<'_>),
) -> (usize, usize) {
    let (mut at, mut line) = (start, 0);
    while at < end {
        let len = journald::entry_len(&bytes[at..]).max(1);
        let raw = &bytes[at..at + len];
        let entry = raw.trim_ascii_end();
        let (count, lines) = match recognised.format.framing() {
            Framing::JournalFile => (1, 1),
            _ => (memchr_iter(b'\n', raw).count(), memchr_iter(b'\n', entry).count() + 1),
        };
        let item = match recognised.format.parse(raw) {
            _ if entry.is_empty() => Item::Separator,
            Some(record) => Item::Record(Box::new(record)),
            None => Item::Unparsed,
        };
        each(Place { offset: at, line, lines, raw: entry }, item);
        at += len;
        line += count;
    }
    (at, line)
}

fn lines<'a>(
    recognised: &Recognised,
    bytes: &'a [u8],
    (start, end): (usize, usize),
    detail: Detail,
    each: &mut impl FnMut(Place<'a>, Item<'_>),
) -> (usize, usize) {
    let mut stamps = stamp::Cache::default();
    let mut cursor = Cursor { bytes, at: start, line: 0, end, last: line_before(bytes, start) };
    while cursor.at < end {
        let previous = cursor.last;
        let (offset, first) = (cursor.at, cursor.line);
        let line = cursor.next_line();
        if detail == Detail::Hits
            && let Some(hit) = &recognised.format.hit(line, &mut stamps)
        {
            each(Place { offset, line: first, lines: 1, raw: line }, Item::Hit(hit));
        } else {
            let format = recognised.starts(previous, line);
            if format.is_some_and(spans_lines) {
                cursor.continue_record(recognised);
            }
            let raw = cursor.since(offset);
            let place = Place { offset, line: first, lines: cursor.line - first, raw };
            each(place, read(recognised, format, previous, line, raw));
        }
    }
    (cursor.at, cursor.line)
}

/// Whether a record may go on behind its first line.
pub(super) fn spans_lines(format: &dyn Format) -> bool {
    matches!(format.framing(), Framing::Lines | Framing::Objects)
}

/// Reads a record with the format that its first line shows, else with another that starts so.
pub(super) fn read<'a>(
    recognised: &Recognised,
    format: Option<&'static dyn Format>,
    previous: &[u8],
    line: &'a [u8],
    raw: &'a [u8],
) -> Item<'a> {
    if let Some(record) = format.and_then(|format| format.parse(raw)) {
        return Item::Record(Box::new(record));
    }
    // Zeros stand where a part of the file was lost while it was read, or never written.
    let is_nothing = line.iter().all(|byte| *byte == 0);
    if is_nothing || is_between(line) || recognised.format.is_heading(line) {
        return Item::Separator;
    }
    let reads = |format: &&&'static dyn Format| format.is_start(previous, line);
    let record = recognised.others.iter().filter(reads).find_map(|format| format.parse(raw));
    record.map_or(Item::Unparsed, |record| Item::Record(Box::new(record)))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    end: usize,
    /// The line that was read last.
    last: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn next_line(&mut self) -> &'a [u8] {
        let (line, rest) = split_line(&self.bytes[self.at..]);
        self.at = self.bytes.len() - rest.len();
        self.line += 1;
        self.last = line;
        line
    }

    /// Takes the lines that go on with the record of the last line.
    fn continue_record(&mut self, recognised: &Recognised) {
        while self.at < self.end {
            let (next, _) = split_line(&self.bytes[self.at..]);
            if recognised.starts(self.last, next).is_some() || is_between(next) {
                break;
            }
            self.next_line();
        }
    }

    /// The bytes since `offset`, without the last line end.
    fn since(&self, offset: usize) -> &'a [u8] {
        let raw = &self.bytes[offset..self.at];
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        raw.strip_suffix(b"\r").unwrap_or(raw)
    }
}
