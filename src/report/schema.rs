//! JSON Schemas (2020-12) of what programs read: they refuse unknown kinds and missing fields.

/// Of the report (`-o json`).
pub const REPORT: &str = include_str!("schema/report.json");
/// Of a record, a line of `pmtrace parse`.
pub const RECORD: &str = include_str!("schema/record.json");
