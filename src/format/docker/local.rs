//! A container's output as docker's `local` driver keeps it: `local-logs/container.log`, binary.
//!
//! Each entry is a length of four bytes, the highest first, a message `LogEntry` of protocol buffers, and the same
//! length again (`daemon/logger/local/local.go`, `api/types/plugins/logdriver/entry.proto`). There is no magic: a file
//! is known by a length that is found again behind its message. A line of 16 KiB and more comes in pieces with one id,
//! of which the last is marked.

use std::ops::Range;

use crate::format::{Format, Framing, Part, Record, Stamp, Text, Value, nest, text};

/// A log of the `local` driver.
pub struct Local;

impl Format for Local {
    fn name(&self) -> &'static str {
        "docker-local"
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"\0") // no entry has 16 MiB
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let mut whole: Vec<Open<'a>> = Vec::new();
        for (number, (range, entry)) in entries(bytes).enumerate() {
            let waits = |open: &&mut Open<'a>| !open.is_ended && entry.id.is_some() && open.entry.id == entry.id;
            match whole.iter_mut().rev().take(PIECES_APART).find(waits) {
                Some(open) => {
                    open.more.extend_from_slice(entry.line);
                    open.pieces += 1;
                    open.is_ended = entry.is_last;
                }
                None => {
                    let is_ended = entry.id.is_none() || entry.is_last;
                    whole.push(Open { number, range, entry, more: Vec::new(), pieces: 1, is_ended });
                }
            }
        }
        whole.into_iter().map(Open::into_part).collect()
    }

    fn samples(&self) -> &'static [&'static str] {
        &["\0\0\0\x10\x0a\x06stdout\x10\x01\x1a\x04text\0\0\0\x10"]
    }
}

/// Entries within which a piece is continued.
const PIECES_APART: usize = 64;

/// A line of which pieces may follow.
struct Open<'a> {
    number: usize,
    range: Range<usize>,
    entry: Entry<'a>,
    more: Vec<u8>,
    pieces: usize,
    is_ended: bool,
}

impl<'a> Open<'a> {
    fn into_part(self) -> Part<'a> {
        let mut record = Record::new("docker-local");
        let nanos = u32::try_from(self.entry.time_nano.rem_euclid(1_000_000_000)).unwrap_or_default();
        record.stamp = Some(Stamp::utc(self.entry.time_nano.div_euclid(1_000_000_000), nanos, 9));
        record.fields.push(("stream".into(), Value::Text(text(self.entry.source))));
        for (key, value) in self.entry.attributes {
            record.fields.push((format!("attrs.{}", text(key)).into(), Value::Text(text(value))));
        }
        record.message = Some(if self.more.is_empty() {
            text(self.entry.line)
        } else {
            Text::Owned(text(&[self.entry.line, &self.more].concat()).into_owned())
        });
        Part { range: self.range, entries: Some((self.number, self.pieces)), record: nest::nest_output(record) }
    }
}

/// The entries of a file, with their bytes; ends where one is damaged.
fn entries(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, Entry<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let (length, rest) = rest.split_at_checked(4)?;
        let len = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        let (message, rest) = rest.split_at_checked(len)?;
        if rest.get(..4)? != length {
            return None;
        }
        let range = at..at + len + 8;
        at = range.end;
        Some((range, entry(message)?))
    })
}

/// A message `LogEntry`.
#[derive(Default)]
struct Entry<'a> {
    source: &'a [u8],
    time_nano: i64,
    line: &'a [u8],
    /// Of the pieces of one line.
    id: Option<&'a [u8]>,
    is_last: bool,
    attributes: Vec<(&'a [u8], &'a [u8])>,
}

fn entry(message: &[u8]) -> Option<Entry<'_>> {
    let mut entry = Entry::default();
    for field in Fields(message) {
        match field? {
            (1, Field::Bytes(source)) => entry.source = source,
            (2, Field::Number(nanos)) => entry.time_nano = i64::try_from(nanos).ok()?,
            (3, Field::Bytes(line)) => entry.line = line,
            (5, Field::Bytes(metadata)) => {
                for field in Fields(metadata) {
                    match field? {
                        (1, Field::Number(last)) => entry.is_last = last != 0,
                        (2, Field::Bytes(id)) => entry.id = Some(id),
                        _ => {}
                    }
                }
            }
            (6, Field::Bytes(attribute)) => {
                let (mut key, mut value): (&[u8], &[u8]) = (b"", b"");
                for field in Fields(attribute) {
                    match field? {
                        (1, Field::Bytes(bytes)) => key = bytes,
                        (2, Field::Bytes(bytes)) => value = bytes,
                        _ => {}
                    }
                }
                entry.attributes.push((key, value));
            }
            _ => {}
        }
    }
    matches!(entry.source, b"stdout" | b"stderr").then_some(entry)
}

/// A value of a protocol buffer.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, by their numbers; `None` for what is none, and nothing behind it.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Number(self.varint()?),
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(len)?;
                self.0 = rest;
                Field::Bytes(bytes)
            }
            _ => return None,
        };
        Some((key >> 3, field))
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(line: &str, id: &str, is_last: bool) -> Vec<u8> {
        let field =
            |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap_or(0)], bytes].concat();
        let mut message = [field(1, b"stdout"), vec![0x10, 1], field(3, line.as_bytes())].concat();
        if !id.is_empty() {
            let metadata = [vec![0x08, u8::from(is_last)], field(2, id.as_bytes())].concat();
            message.extend(field(5, &metadata));
        }
        let length = u32::try_from(message.len()).unwrap_or(0).to_be_bytes();
        [&length, message.as_slice(), &length].concat()
    }

    #[test]
    fn entries_and_pieces() {
        let log =
            [piece("one", "", false), piece("two ", "a", false), piece("other", "", false), piece("halves", "a", true)];
        let log = log.concat();
        assert!(Local.is_start(b"", &log));
        let parts = Local.document(&log);
        let told: Vec<_> = parts.iter().map(|part| (part.entries, part.record.message())).collect();
        assert_eq!(told, [(Some((0, 1)), "one"), (Some((1, 2)), "two halves"), (Some((2, 1)), "other")]);
    }

    #[test]
    fn what_is_damaged_ends_the_log() {
        let log = piece("one", "", false);
        for (why, bytes, count) in [
            ("cut off", [log.clone(), log[..9].to_vec()].concat(), 1),
            ("another length behind", [log.clone(), [&log[..log.len() - 1], b"\x01"].concat()].concat(), 1),
            ("zero bytes", vec![0; 64], 0),
            ("a sample", Local.samples()[0].as_bytes().to_vec(), 1),
        ] {
            assert_eq!(Local.document(&bytes).len(), count, "{why}");
        }
    }
}
