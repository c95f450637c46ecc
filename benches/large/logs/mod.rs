//! Large logs of one day, written as fast as a disk takes them, and counted meanwhile.
//!
//! Their lines are spread evenly over [`SECONDS`]. A kind of log is one file, an entry in [`KINDS`] and an arm in
//! [`write()`].

mod access;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// First second of the day, since 1970: 2026-11-24T00:00:00Z.
const FIRST_S: i64 = 1_795_478_400;
/// Seconds of the day.
const SECONDS: u64 = 86_400;
/// Seconds of the day in which an outage fails [`OUTAGE_SHARE`] of the requests: a quarter, from 09:00.
const OUTAGE: Range<u64> = 32_400..54_000;
const OUTAGE_SHARE: f64 = 0.7;
/// Share of the requests that fail at other times.
const QUIET_SHARE: f64 = 0.003;

/// What a log is written by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// nginx's access log, combined.
    Access,
}

/// All kinds by their names.
pub(crate) const KINDS: [(&str, Kind); 1] = [("access", Kind::Access)];

/// What happened on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Day {
    Quiet,
    Outage,
}

impl Day {
    /// Share of the requests that fail at that second.
    fn share(self, second: u64) -> f64 {
        if self == Day::Outage && OUTAGE.contains(&second) { OUTAGE_SHARE } else { QUIET_SHARE }
    }
}

/// Which log is wanted.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    /// The log ends with the line that reaches this size.
    pub(crate) bytes: u64,
    pub(crate) day: Day,
    pub(crate) seed: u64,
}

/// What was written.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Truth {
    #[allow(missing_docs)]
    pub(crate) bytes: u64,
    #[allow(missing_docs)]
    pub(crate) lines: u64,
    /// Requests by class of their status: `2xx` to `5xx`.
    pub(crate) requests: BTreeMap<&'static str, u64>,
    /// Requests that failed: those of `5xx`.
    pub(crate) failing: u64,
    /// Distinct clients.
    pub(crate) clients: u64,
    /// Moment of the first line.
    pub(crate) first: String,
    /// Moment of the last line.
    pub(crate) last: String,
}

/// Writes the log, and tells what it holds.
///
/// # Errors
/// What `out` says.
pub(crate) fn write(order: &Order, out: &mut impl Write) -> io::Result<Truth> {
    match order.kind {
        Kind::Access => spread(order, out, access::Log::new(order)),
    }
}

/// The lines of one kind.
trait Lines {
    /// Puts a line of that second of the day, with its newline, into `line`, which is empty.
    fn line(&mut self, second: u64, line: &mut Vec<u8>);

    /// What the lines so far hold, but for bytes, lines and moments.
    fn truth(&self) -> Truth;
}

/// Spreads lines over the day until the wanted size is reached.
fn spread(order: &Order, out: &mut impl Write, mut lines: impl Lines) -> io::Result<Truth> {
    let mut line = Vec::with_capacity(4096);
    let (mut bytes, mut count, mut first, mut last) = (0, 0, None, 0);
    while bytes < order.bytes {
        let second = (u128::from(bytes) * u128::from(SECONDS) / u128::from(order.bytes)) as u64;
        line.clear();
        lines.line(second, &mut line);
        out.write_all(&line)?;
        bytes += line.len() as u64;
        count += 1;
        first.get_or_insert(second);
        last = second;
    }
    let moment = |second| moment(second).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    Ok(Truth { bytes, lines: count, first: moment(first.unwrap_or(0)), last: moment(last), ..lines.truth() })
}

/// The moment of a second of the day.
fn moment(second: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(FIRST_S + second as i64, 0).unwrap_or_default()
}
