//! The worked example of the README: a format is one file and two lines.
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(unreachable_pub)] // as it would stand in the library
#[path = "adding_a_format/squid.rs"]
mod squid;

use pmtrace::format::{Format, Framing, Record, Request, Stamp};

#[test]
fn the_example_reads_its_sample() {
    let line = squid::AccessLog.samples()[0].as_bytes();
    assert!(squid::AccessLog.is_start(b"", line));
    assert_eq!(squid::AccessLog.framing(), Framing::SingleLines);
    let record = squid::AccessLog.parse(line).unwrap();
    let request = record.request.unwrap();
    assert_eq!(
        (record.client.as_deref(), request.status, request.duration_s),
        (Some("10.0.0.1"), Some(200), Some(0.031))
    );
    assert!(squid::AccessLog.parse(b"1795487636.123 cut off").is_none());
}

#[test]
fn the_readme_shows_the_example() {
    let readme = include_str!("../README.md").replace("\r\n", "\n");
    assert!(readme.contains(include_str!("adding_a_format/squid.rs").trim_end()));
}
