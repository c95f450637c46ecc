//! The log of a container as CRI lays it down: containerd, CRI-O and conmon, in `/var/log/pods` and
//! `/var/log/containers`.
//!
//! ```text
//! 2016-10-06T00:17:09.669794202Z stdout F The content
//! 2026-11-24T02:46:33.985459113+00:00 stdout P no newline
//! ```
//!
//! `F` ends a line, `P` is a piece of one. The line says nothing of the container: pod, namespace and name are in the
//! path only.

use std::borrow::Cow;

use super::{Format, Framing, Piece, Record, Stamp, Text, Value, nest, stamp, text};

/// A log by CRI.
pub struct Log;

impl Format for Log {
    fn name(&self) -> &'static str {
        "cri"
    }

    fn framing(&self) -> Framing {
        Framing::Pieces
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        entry(line).is_some()
    }

    fn piece<'a>(&self, line: &'a [u8]) -> Option<Piece<'a>> {
        entry(line).map(|entry| Piece { stream: entry.stream, goes_on: entry.goes_on })
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let mut lines = record.split(|byte| *byte == b'\n');
        let first = entry(lines.next()?)?;
        let mut content = Cow::Borrowed(first.content);
        for line in lines {
            content.to_mut().extend_from_slice(entry(line)?.content);
        }
        let mut record = Record::new(self.name());
        record.stamp = Some(first.stamp);
        record.fields.push(("stream".into(), Value::Text(text(first.stream))));
        record.message = Some(match content {
            Cow::Borrowed(content) => text(content),
            Cow::Owned(content) => Text::Owned(text(&content).into_owned()),
        });
        Some(nest::nest_output(record))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2016-10-06T00:17:09.669794202Z stdout F The content",
            "2026-11-24T02:46:33.985459113+00:00 stderr P no newline",
            "2026-11-24T02:46:34Z stdout F ",
        ]
    }
}

/// A line.
struct Entry<'a> {
    stamp: Stamp,
    stream: &'a [u8],
    goes_on: bool,
    content: &'a [u8],
}

/// Stamp, stream, tags (of which the first tells whether the line is whole), and one blank before the content.
fn entry(line: &[u8]) -> Option<Entry<'_>> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let (stamp, len) = stamp::iso(line)?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let (stream, rest) = rest.split_at_checked(6).filter(|(stream, _)| matches!(*stream, b"stdout" | b"stderr"))?;
    let rest = rest.strip_prefix(b" ")?;
    let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    let (tags, content) = (rest.get(..end)?, rest.get(end + 1..).unwrap_or_default());
    let goes_on = match tags {
        b"F" | [b'F', b':', ..] => false,
        b"P" | [b'P', b':', ..] => true,
        _ => return None,
    };
    Some(Entry { stamp, stream, goes_on, content })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read() {
        for line in Log.samples() {
            assert!(Log.is_start(b"", line.as_bytes()) && Log.parse(line.as_bytes()).is_some(), "{line}");
        }
    }

    #[test]
    fn lines() {
        for (why, line, goes_on, message) in [
            ("whole", "2016-10-06T00:17:09.6Z stdout F a b", false, "a b"),
            ("a piece", "2016-10-06T00:17:09.6Z stderr P a ", true, "a "),
            ("more tags", "2016-10-06T00:17:09.6Z stdout P:x a", true, "a"),
            ("empty", "2016-10-06T00:17:09.6Z stdout F ", false, ""),
            ("blanks of its own", "2016-10-06T00:17:09.6Z stdout F  a", false, " a"),
        ] {
            assert_eq!(Log.piece(line.as_bytes()).map(|piece| piece.goes_on), Some(goes_on), "{why}");
            let record = Log.parse(line.as_bytes()).unwrap();
            assert_eq!(record.message(), message, "{why}");
        }
    }

    #[test]
    fn a_server_in_the_container_is_read() {
        let line =
            "2026-11-24T02:46:33Z stderr F nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)";
        let record = Log.parse(line.as_bytes()).unwrap();
        assert_eq!((record.format, record.envelope.as_slice()), ("nginx-error", ["cri"].as_slice()));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("docker logs -t", "2026-11-24T02:41:08.916086710Z GET /"),
            ("docker events", "2026-11-24T02:41:01.806744103Z container die 3408"),
            ("rsyslog", "2026-11-24T02:43:50.001234+01:00 stdout app[1]: F x"),
            ("no tag", "2026-11-24T02:43:50.001234+01:00 stdout x"),
            ("cut off", "2026-11-24T02:43:50.001234+01:00 stdout"),
        ] {
            assert!(Log.parse(line.as_bytes()).is_none() && Log.piece(line.as_bytes()).is_none(), "{why}");
        }
    }
}
