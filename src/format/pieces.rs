//! Lines that a logging driver cut into pieces: those of one stream belong together, while lines of the other stream
//! may lie between them.
//!
//! A piece goes on with the next line of its stream if that is among the [`APART`] lines behind it; so whether one is
//! still open at some place of a file is seen from the lines just before, and a file can be cut wherever none is.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memrchr;

use super::read::{Item, Place, read, spans_lines};
use super::recognise::{Recognised, is_between};
use super::{Format, nest};
use crate::input::blocks::{split_line, without_cr};

/// Lines within which a piece is continued. The other stream writes few while one line is copied.
const APART: usize = 64;

/// Whether no piece before `at`, the start of a line, waits for a line from there on.
pub(super) fn all_ended(format: &dyn Format, bytes: &[u8], at: usize) -> bool {
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut end = at;
    for _ in 0..APART {
        let Some(line_end) = end.checked_sub(1) else { return true };
        let start = memrchr(b'\n', &bytes[..line_end]).map_or(0, |newline| newline + 1);
        if let Some(piece) = format.piece(without_cr(&bytes[start..line_end]))
            && !seen.contains(&piece.stream)
        {
            if piece.goes_on {
                return false;
            }
            seen.push(piece.stream);
        }
        end = start;
    }
    true
}

/// Calls `each` for every record of `bytes[start..end]`, in the order of their first pieces.
pub(super) fn walk<'a>(
    recognised: &Recognised,
    bytes: &'a [u8],
    (start, end): (usize, usize),
    each: &mut dyn FnMut(Place<'a>, Item<'a>),
) -> (usize, usize) {
    let (mut at, mut count) = (start, 0);
    let mut taken = BTreeSet::new();
    let mut previous: &[u8] = &[];
    while at < end {
        let (line, behind) = split_line(&bytes[at..]);
        let (offset, number) = (at, count);
        at = bytes.len() - behind.len();
        count += 1;
        if taken.remove(&offset) {
            continue;
        }
        if recognised.format.piece(line).is_none() && recognised.starts(previous, line).is_some_and(spans_lines) {
            // A record of another format, up to the next line that starts one.
            let mut last = line;
            let mut raw_end = offset + line.len();
            while at < end {
                let (next, behind) = split_line(&bytes[at..]);
                if recognised.starts(last, next).is_some() || is_between(next) {
                    break;
                }
                raw_end = at + next.len();
                (at, last, count) = (bytes.len() - behind.len(), next, count + 1);
            }
            let raw = bytes.get(offset..raw_end).unwrap_or(line);
            let item = read(recognised, recognised.starts(previous, line), previous, line, raw);
            each(Place { offset, line: number, lines: count - number, raw }, item);
            previous = last;
            continue;
        }
        let goes_on = recognised.format.piece(line).filter(|piece| piece.goes_on);
        let more = goes_on.map(|piece| continuation(recognised.format, bytes, (at, end), piece.stream));
        let more = more.unwrap_or_default();
        taken.extend(more.iter().map(|piece| piece.start));
        let item = |raw| {
            let format = recognised.starts(previous, line);
            read(recognised, format, previous, line, raw)
        };
        let (raw, item) = if follows(at, &more) {
            let raw = bytes.get(offset..more.last().map_or(offset + line.len(), |last| last.end)).unwrap_or(line);
            (raw, item(raw))
        } else {
            (line, apart(recognised.format, bytes, line, &more).unwrap_or_else(|| item(line)))
        };
        each(Place { offset, line: number, lines: 1 + more.len(), raw }, item);
        previous = line;
    }
    (at, count)
}

/// Where the pieces lie that go on with a line of `stream`, which ends at `at`.
fn continuation(format: &dyn Format, bytes: &[u8], (mut at, end): (usize, usize), stream: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut left = APART;
    while at < end && left > 0 {
        let (line, behind) = split_line(&bytes[at..]);
        left -= 1;
        if let Some(piece) = format.piece(line).filter(|piece| piece.stream == stream) {
            found.push(at..at + line.len());
            if !piece.goes_on {
                break;
            }
            left = APART;
        }
        at = bytes.len() - behind.len();
    }
    found
}

/// Whether the pieces follow one another, and the line that ends at `at`, with nothing between.
fn follows(mut at: usize, pieces: &[Range<usize>]) -> bool {
    pieces.iter().all(|piece| {
        let is_next = piece.start == at;
        at = piece.end + 1;
        is_next
    })
}

/// The record of pieces with other lines between them.
fn apart<'a>(format: &dyn Format, bytes: &[u8], line: &[u8], pieces: &[Range<usize>]) -> Option<Item<'a>> {
    let mut whole = line.to_vec();
    for piece in pieces {
        whole.push(b'\n');
        whole.extend_from_slice(bytes.get(piece.clone())?);
    }
    Some(Item::Record(Box::new(nest::owned(&format.parse(&whole)?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::cri;
    use crate::format::read::{Detail, blocks, walk};

    const LOG: &str = "2026-11-24T02:46:33.1Z stdout F plain\n\
                       2026-11-24T02:46:33.2Z stdout P no \n\
                       2026-11-24T02:46:33.3Z stderr P to \n\
                       2026-11-24T02:46:33.4Z stdout P newline \n\
                       2026-11-24T02:46:33.5Z stderr F stderr\n\
                       2026-11-24T02:46:33.6Z stdout F here\n\
                       2026-11-24T02:46:33.7Z stdout F last\n\
                       2026-11-24T02:46:33.8Z stderr P never ended\n";

    fn records(block: usize) -> Vec<(usize, usize, String)> {
        let recognised = Recognised { format: &cri::Log, others: Vec::new(), owner: None };
        let (mut found, mut first) = (Vec::new(), 1);
        for range in blocks(LOG.as_bytes(), &recognised, block) {
            let (_, lines) =
                walk(&recognised, LOG.as_bytes(), (range.start, range.end), Detail::Records, &mut |place, item| {
                    if let Item::Record(record) = item {
                        found.push((first + place.line, place.lines, record.message().to_owned()));
                    }
                });
            first += lines;
        }
        found
    }

    #[test]
    fn pieces_of_a_stream_are_one_record() {
        let row = |line, lines, text: &str| (line, lines, text.to_owned());
        let all = [
            row(1, 1, "plain"),
            row(2, 3, "no newline here"),
            row(3, 2, "to stderr"),
            row(7, 1, "last"),
            row(8, 1, "never ended"),
        ];
        assert_eq!(records(usize::MAX), all);
    }

    #[test]
    fn the_division_does_not_show() {
        for block in 1..LOG.len() {
            assert_eq!(records(block), records(usize::MAX), "blocks of {block} bytes");
        }
    }
}
