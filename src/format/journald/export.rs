//! `journalctl -o export`: entries of fields, one a line, ended by an empty line.
//!
//! ```text
//! __CURSOR=s=739a…;i=4ece7;b=6c7c…;m=4fc72436e;t=4c508a72423d9;x=d3e5610681098c10
//! __REALTIME_TIMESTAMP=1342540861416409
//! _HOSTNAME=epsilon
//! MESSAGE
//! <8 bytes: length, little-endian><that many bytes>
//! ```
//!
//! A value with control characters has its length in front of it, and both may hold newlines: they are counted, never
//! searched.

use memchr::{memchr, memmem};

use super::entry::Entry;
use crate::format::{Format, Framing, Record, text};

/// Largest value that is believed; systemd's own limit (`DATA_SIZE_MAX`).
const MOST_BYTES: u64 = 768 << 20;

/// `journalctl -o export`.
pub struct Export;

impl Format for Export {
    fn name(&self) -> &'static str {
        "journald-export"
    }

    fn framing(&self) -> Framing {
        Framing::JournalExport
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"__CURSOR=")
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        read(self.name(), record)
    }

    /// `_SYSTEMD_UNIT=nginx.service`: a field.
    fn is_heading(&self, line: &[u8]) -> bool {
        let is_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        line.iter().position(|byte| !is_name(byte)).is_some_and(|end| end > 0 && line.get(end) == Some(&b'='))
    }

    fn samples(&self) -> &'static [&'static str] {
        &["__CURSOR=s=739ad463348b4ceca5a9e69c95a3c93f;i=4ece8;b=6c7c6013a26343b29e964691ff25d04c;m=4fc72572f;\
           t=4c508a7243799;x=68597058a89b7246;p=system.journal\n\
           __REALTIME_TIMESTAMP=1342540861421465\n\
           __MONOTONIC_TIMESTAMP=21415221039\n\
           _TRANSPORT=syslog\n\
           PRIORITY=6\n\
           SYSLOG_IDENTIFIER=/USR/SBIN/CROND\n\
           SYSLOG_PID=8278\n\
           MESSAGE=(root) CMD (run-parts /etc/cron.hourly)\n\
           _HOSTNAME=epsilon"]
    }
}

/// A binary file of the journal, as `input` hands it on: an export of which each entry tells its place in the file.
pub struct Binary;

impl Format for Binary {
    fn name(&self) -> &'static str {
        "journald-binary"
    }

    fn framing(&self) -> Framing {
        Framing::JournalFile
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        Export.is_start(previous, line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        place(record)?;
        read(self.name(), record)
    }

    /// Where the entry lies in the binary file.
    fn offset(&self, record: &[u8]) -> Option<u64> {
        place(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "__CURSOR=s=4bad5f952b284f0fa5c83702e41601c3;i=3;b=eb47142e91c14e5ba696166ba06f0c0a;m=fb1639f6;t=660fcde4a938b;\
           x=82e6cf9f0edbb1f5\n__OFFSET=45696\n__REALTIME_TIMESTAMP=1795489037718411\n_HOSTNAME=web01\n_PID=8278",
        ]
    }
}

/// `__OFFSET=45696`, the second line of an entry.
fn place(record: &[u8]) -> Option<u64> {
    let second = record.get(memchr(b'\n', record)? + 1..)?.strip_prefix(b"__OFFSET=")?;
    let digits = second.get(..memchr(b'\n', second)?)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn read<'a>(format: &'static str, record: &'a [u8]) -> Option<Record<'a>> {
    let mut entry = Entry::new(format);
    let mut rest = record;
    while let Some(field) = next_field(&mut rest) {
        match field {
            Field::Value(b"__OFFSET", _) => {}
            Field::Value(name, value) => entry.add(text(name), text(value)),
            Field::End | Field::Damaged => {}
        }
    }
    entry.finish()
}

/// One line of an entry, or one value with its length.
enum Field<'a> {
    Value(&'a [u8], &'a [u8]),
    /// An empty line.
    End,
    /// A line that is no field.
    Damaged,
}

/// Takes the next field from `rest`. `None` at the end, and where a value claims more bytes than there are.
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    if rest.is_empty() {
        return None;
    }
    let end = memchr(b'\n', rest).unwrap_or(rest.len());
    let (line, behind) = rest.split_at(end);
    let behind = behind.get(1..).unwrap_or_default();
    let field = match memchr(b'=', line) {
        _ if line.is_empty() => Field::End,
        Some(sign) => Field::Value(&line[..sign], &line[sign + 1..]),
        None if !is_name(line) => Field::Damaged,
        None => {
            let (value, behind) = counted(behind)?;
            *rest = behind;
            return Some(Field::Value(line, value));
        }
    };
    *rest = behind;
    Some(field)
}

/// Eight bytes of length, the value, a newline.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = bytes.split_first_chunk::<8>()?;
    let length = Some(u64::from_le_bytes(*length)).filter(|length| *length <= MOST_BYTES)?;
    let (value, behind) = behind.split_at_checked(usize::try_from(length).ok()?)?;
    match behind {
        [b'\n', behind @ ..] => Some((value, behind)),
        [] => Some((value, behind)),
        _ => None,
    }
}

/// `_SYSTEMD_UNIT`: a capital or `_`, then those and digits.
fn is_name(line: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
    line.len() <= 64
        && line.first().is_some_and(is_letter)
        && line.iter().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

/// Bytes of the first entry in `bytes`, with the empty lines behind it; empty lines at the beginning are an entry of
/// their own, without fields. An entry may end without empty line: at the end of the bytes, or at the next cursor.
/// Where a length is damaged, the entry goes on to the next cursor behind an empty line.
pub fn entry_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut has_cursor = false;
    loop {
        let before = rest;
        match next_field(&mut rest) {
            Some(Field::Value(b"__CURSOR", _)) if has_cursor => return bytes.len() - before.len(),
            Some(Field::Value(name, _)) => has_cursor |= name == b"__CURSOR",
            Some(Field::Damaged) => {}
            Some(Field::End) => {
                let empty = rest.iter().take_while(|byte| **byte == b'\n').count();
                return bytes.len() - rest.len() + empty;
            }
            None => {
                let next = memmem::find(before, b"\n\n__CURSOR=").map_or(before.len(), |at| at + 2);
                return bytes.len() - before.len() + next;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::stamp;

    const FIRST: &[u8] = b"__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1795487897648706\nMESSAGE=first = 1\n";
    const BINARY: &[u8] = b"__CURSOR=s=1;i=2\nMESSAGE\n\x0d\0\0\0\0\0\0\0foo\n\n__CURSOR\n_PID=7\n";

    fn together(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn entries_end_at_their_empty_lines() {
        for (why, parts, len) in [
            ("one", vec![FIRST, b"\n"], FIRST.len() + 1),
            ("cut off", vec![FIRST], FIRST.len()),
            ("several empty lines", vec![FIRST, b"\n\n\n", FIRST], FIRST.len() + 3),
            ("only empty lines", vec![b"\n\n", FIRST], 2),
            ("newlines and a cursor inside a value", vec![BINARY, b"\n", FIRST], BINARY.len() + 1),
            ("no empty line before the next cursor", vec![FIRST, FIRST], FIRST.len()),
            ("a length that cannot be", vec![b"__CURSOR=1\nMESSAGE\nplain text instead\n\n", FIRST], 39),
            ("a length beyond the end", vec![b"__CURSOR=1\nMESSAGE\n\xff\0\0\0\0\0\0\0cut"], 30),
            ("a length cut off", vec![b"__CURSOR=1\nMESSAGE\n\xff\0"], 21),
            ("a line that is no field", vec![b"__CURSOR=1\n-- rotated\nA=b\n\n", FIRST], 27),
            ("nothing", vec![], 0),
        ] {
            assert_eq!(entry_len(&together(&parts)), len, "{why}");
        }
    }

    #[test]
    fn values_are_counted() {
        let record = Export.parse(BINARY).unwrap();
        assert_eq!(record.message(), "foo\n\n__CURSOR");
        assert_eq!(record.pid, Some(7));
        let record = Export.parse(FIRST).unwrap();
        assert_eq!((record.message(), record.stamp), ("first = 1", stamp::micros(b"1795487897648706")));
        assert!(Export.parse(b"\n\n").is_none());
    }

    #[test]
    fn entries_of_a_file_tell_their_places() {
        for sample in Binary.samples() {
            let record = Binary.parse(sample.as_bytes()).unwrap();
            assert_eq!((record.format, record.pid), ("journald-binary", Some(8278)));
            assert!(record.text_field("__OFFSET").is_none());
            assert_eq!(Binary.offset(sample.as_bytes()), Some(45696));
        }
        assert!(Binary.parse(FIRST).is_none());
    }

    #[test]
    fn reads_its_samples() {
        for sample in Export.samples() {
            assert!(Export.is_start(b"", sample.as_bytes()));
            let record = Export.parse(sample.as_bytes()).unwrap();
            assert_eq!((record.program.as_deref(), record.pid), (Some("CROND"), Some(8278)));
        }
    }
}
