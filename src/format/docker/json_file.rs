//! A container's output as docker's `json-file` driver keeps it: `/var/lib/docker/containers/ID/ID-json.log`.
//!
//! ```text
//! {"log":"GET /\n","stream":"stdout","attrs":{"tag":"web/22e4bc9123f2"},"time":"2026-11-24T02:41:08.91608671Z"}
//! ```
//!
//! By `daemon/logger/jsonfilelog`, after `daemon/logger/copier.go` has cut lines of 16 KiB and more into pieces: all but
//! the last have no newline. The container is named by the path only. A crash of the host can leave half an object, or
//! zero bytes, before the next one.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;

use crate::format::{Format, Framing, Piece, Record, Text, Value, nest, stamp};

/// Bytes of a piece that is not the last (`defaultBufSize` of the copier).
const PIECE_BYTES: usize = 16 << 10;

/// A log of the `json-file` driver.
pub struct JsonFile;

impl Format for JsonFile {
    fn name(&self) -> &'static str {
        "docker-json-file"
    }

    fn framing(&self) -> Framing {
        Framing::Pieces
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        begins(line).is_some()
    }

    fn piece<'a>(&self, line: &'a [u8]) -> Option<Piece<'a>> {
        // In the text quotes are escaped, so the name of the next member is found without reading it.
        let log = begins(line)?;
        let at = memmem::find(log, b"\"stream\"")?;
        let stream =
            log.get(at + 8..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        let stream = stream.get(..memchr::memchr(b'"', stream)?)?;
        let value = log.get(..at)?.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end().strip_suffix(b"\"")?;
        let is_long = value.len() >= PIECE_BYTES;
        let goes_on = is_long && !ends_line(value) && entry(line).is_some_and(|entry| entry.log.len() >= PIECE_BYTES);
        Some(Piece { stream, goes_on })
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match std::str::from_utf8(record) {
            Ok(record) => read(self.name(), record),
            Err(_) => read(self.name(), &String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "{\"log\":\"GET /\\n\",\"stream\":\"stdout\",\"attrs\":{\"tag\":\"web/22e4bc9123f2\"},\"time\":\"2026-11-24T02:41:08.91608671Z\"}",
            "{\"log\": \"no newline\", \"stream\": \"stdout\", \"time\": \"2016-10-05T00:00:30Z\"}",
        ]
    }
}

/// What follows `{"log":"` at the beginning of an object.
fn begins(line: &[u8]) -> Option<&[u8]> {
    let object = line.trim_ascii_start();
    let object = match object.first() {
        Some(0) => object.get(object.iter().position(|byte| *byte != 0)?..)?,
        _ => object,
    };
    let member = object.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"log\"")?.trim_ascii_start();
    member.strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")
}

/// Whether an escaped text ends in a newline, and not in a backslash and an `n`.
fn ends_line(value: &[u8]) -> bool {
    let Some(before) = value.strip_suffix(b"n") else { return false };
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// An object.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    log: Text<'a>,
    #[serde(borrow, default)]
    stream: Text<'a>,
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow)]
    attrs: Option<BTreeMap<Text<'a>, Text<'a>>>,
}

fn entry(line: &[u8]) -> Option<Entry<'_>> {
    str::from_utf8(line).ok().and_then(object)
}

/// The object of a line; the last, where half of another stands before it.
fn object(line: &str) -> Option<Entry<'_>> {
    let line = line.trim_start_matches(['\0', ' ']);
    serde_json::from_str(line).ok().or_else(|| {
        let at = line.rfind("{\"log\":\"").filter(|at| *at > 0)?;
        serde_json::from_str(line.get(at..)?).ok()
    })
}

fn read<'a>(format: &'static str, record: &'a str) -> Option<Record<'a>> {
    let mut lines = record.split('\n');
    let first = object(lines.next()?)?;
    let mut log = first.log;
    for line in lines {
        log.to_mut().push_str(&object(line)?.log);
    }
    let mut record = Record::new(format);
    record.stamp = Some(stamp::iso(first.time.as_bytes())?.0);
    record.message = Some(without_line_end(log));
    if !first.stream.is_empty() {
        record.fields.push(("stream".into(), Value::Text(first.stream)));
    }
    for (name, value) in first.attrs.unwrap_or_default() {
        record.fields.push((format!("attrs.{name}").into(), Value::Text(value)));
    }
    Some(nest::nest_output(record))
}

/// Terminals end lines with `\r\n`.
fn without_line_end(log: Text<'_>) -> Text<'_> {
    let end = |log: &str| log.strip_suffix('\n').map_or(log.len(), |log| log.strip_suffix('\r').unwrap_or(log).len());
    match log {
        Text::Borrowed(log) => Text::Borrowed(log.get(..end(log)).unwrap_or(log)),
        Text::Owned(mut log) => {
            log.truncate(end(&log));
            Text::Owned(log)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(log: &str, stream: &str) -> String {
        format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"2026-11-24T02:41:08.9Z\"}}")
    }

    #[test]
    fn samples_are_read() {
        for line in JsonFile.samples() {
            assert!(JsonFile.is_start(b"", line.as_bytes()) && JsonFile.parse(line.as_bytes()).is_some(), "{line}");
            assert_eq!(JsonFile.piece(line.as_bytes()), Some(Piece { stream: b"stdout", goes_on: false }), "{line}");
        }
    }

    #[test]
    fn only_full_pieces_without_newline_go_on() {
        let full = "x".repeat(PIECE_BYTES);
        for (why, log, goes_on) in [
            ("full", full.clone(), true),
            ("exactly full, with newline", format!("{}\\n", &full[1..]), false),
            ("full, ends in a backslash and an n", format!("{}\\\\n", &full[2..]), true),
            ("long only by its escapes", "\\u003c".repeat(PIECE_BYTES / 2), false),
            ("flushed", "x".into(), false),
        ] {
            let line = line(&log, "stderr");
            assert_eq!(JsonFile.piece(line.as_bytes()), Some(Piece { stream: b"stderr", goes_on }), "{why}");
        }
    }

    #[test]
    fn what_was_written() {
        for (why, lines, message) in [
            ("escaped", line("tab\\u0009 \\\"q\\\" \\u003ca\\u003e\\n", "stdout"), "tab\t \"q\" <a>"),
            ("a terminal's", line("cr\\r\\n", "stdout"), "cr"),
            ("pieces", format!("{}\n{}", line("one ", "stdout"), line("line\\n", "stdout")), "one line"),
            ("zero bytes before it", format!("\0\0{}", line("a\\n", "stdout")), "a"),
            ("half a line before it", format!("{{\"log\":\"b\\n\",\"str{}", line("a\\n", "stdout")), "a"),
        ] {
            assert!(JsonFile.is_start(b"", lines.as_bytes()), "{why}");
            assert_eq!(JsonFile.parse(lines.as_bytes()).unwrap().message(), message, "{why}");
        }
    }

    #[test]
    fn the_server_inside_keeps_its_form() {
        for (log, format) in [
            (
                r#"203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8.5.0\"\n"#,
                "nginx-access",
            ),
            (r#"203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] \"GET / HTTP/1.1\" 304 -\n"#, "apache-access"),
            (
                "2026/11/24 03:22:01 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)\\n",
                "nginx-error",
            ),
            ("[NOTICE]   (91) : Loading success.\\n", "haproxy-notice"),
            ("Ready to accept connections\\n", "docker-json-file"),
        ] {
            let line = line(log, "stdout");
            assert_eq!(JsonFile.parse(line.as_bytes()).unwrap().format, format, "{log}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in [
            r#"{"log":"cut","stream":"stdout","ti"#,
            r#"{"log":"no moment","stream":"stdout"}"#,
            r#"{"level":"info","msg":"x","time":"2026-11-24T02:41:08Z"}"#,
            "\0\0\0",
            "",
        ] {
            assert!(JsonFile.parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
