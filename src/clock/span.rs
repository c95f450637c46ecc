//! `--since` and `--until`: moments as people type them (contract, section 2).
//!
//! ```text
//! 2026-11-20T10:00:00Z   2026-11-20 10:00   2026-11-20   10:00   2h
//! ```
//!
//! A time of day is that of the logs' last day, a length of time goes back from the end of the logs; dates and times
//! without an offset are in the zone that the report prints.

use std::fmt;
use std::str::FromStr;

use super::Instant;
use super::zone::Rule;
use crate::format::{Zone, stamp};

const DAY_S: i64 = 86_400;

/// A moment, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// With its offset: seconds since 1970.
    Instant(i64),
    /// A date, with or without a time: civil seconds since 1970.
    Civil(i64),
    /// Seconds of the last day of the logs.
    OfLastDay(i64),
    /// Seconds before the end of the logs.
    BeforeEnd(i64),
}

impl When {
    /// Seconds since 1970, where the logs end at `end` and people read them in `zone`.
    pub fn utc_s(self, end: Instant, zone: &Rule) -> i64 {
        match self {
            When::Instant(at) => at,
            When::Civil(civil) => zone.utc_s(civil),
            When::OfLastDay(second) => {
                let civil = end.s + i64::from(zone.offset_at(end.s));
                zone.utc_s(civil - civil.rem_euclid(DAY_S) + second)
            }
            When::BeforeEnd(seconds) => end.s - seconds,
        }
    }
}

/// As it may be typed again.
impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            When::Instant(at) => out.write_str(&Instant::second(at).rfc3339()),
            When::Civil(at) => out.write_str(&Instant::second(at).rfc3339().replace('T', " ").replace('Z', "")),
            When::OfLastDay(second) => {
                write!(out, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
            }
            When::BeforeEnd(seconds) => write!(out, "{seconds}s"),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<When, String> {
        let known = || length(text).or_else(|| time_of_day(text)).or_else(|| date(text));
        known().ok_or_else(|| {
            "not a time; give one as 2026-11-20T10:00:00Z, \"2026-11-20 10:00\", 10:00 of the logs' last day, or 2h \
             before their end"
                .into()
        })
    }
}

/// `90s`, `15min`, `2h`, `1d`
fn length(text: &str) -> Option<When> {
    let at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(at);
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => DAY_S,
        _ => return None,
    };
    Some(When::BeforeEnd(count.parse::<i64>().ok()?.checked_mul(seconds)?))
}

/// `10:00`, `10:00:30`
fn time_of_day(text: &str) -> Option<When> {
    let mut parts = text.split(':');
    let part = |parts: &mut std::str::Split<'_, char>, most: i64| -> Option<i64> {
        let part = parts.next()?;
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number| is_number && *number < most)
    };
    let (hour, minute) = (part(&mut parts, 24)?, part(&mut parts, 60)?);
    let second = if text.len() > 5 { part(&mut parts, 60)? } else { 0 };
    parts.next().is_none().then_some(When::OfLastDay(3600 * hour + 60 * minute + second))
}

/// `2026-11-20T10:00:00+01:00`, `2026-11-20 10:00`, `2026-11-20`
fn date(text: &str) -> Option<When> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    let (stamp, length) = stamp::iso(whole.replacen(' ', "T", 1).as_bytes())?;
    (length == whole.len()).then_some(match stamp.zone {
        Zone::Offset(_) => When::Instant(stamp.utc_s()?),
        _ => When::Civil(stamp.civil_s),
    })
}

/// Only this span, as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    #[allow(missing_docs)]
    pub since: Option<When>,
    #[allow(missing_docs)]
    pub until: Option<When>,
}

impl Span {
    /// First and last second that are wanted, of logs that end at `end`; `None` if all are.
    pub fn seconds(&self, end: Instant, zone: &Rule) -> Option<(i64, i64)> {
        let of = |when: Option<When>| when.map(|when| when.utc_s(end, zone));
        let (since, until) = (of(self.since), of(self.until));
        (since.is_some() || until.is_some()).then(|| (since.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_people_type_them() {
        // The logs end on 2026-11-20 at 12:30:00 UTC, which is 13:30 in Berlin.
        let end = Instant::second(1_795_177_800);
        let berlin: Rule = "Europe/Berlin".parse().unwrap_or(Rule::Offset(3600));
        for (text, want) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
            ("2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00Z"),
            ("2026-11-20 10:00", "2026-11-20T09:00:00Z"),
            ("2026-11-20 10:00:30", "2026-11-20T09:00:30Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("10:00", "2026-11-20T09:00:00Z"),
            ("00:15:20", "2026-11-19T23:15:20Z"),
            ("2h", "2026-11-20T10:30:00Z"),
            ("90s", "2026-11-20T12:28:30Z"),
            ("15min", "2026-11-20T12:15:00Z"),
        ] {
            let told = text.parse::<When>().map(|when| Instant::second(when.utc_s(end, &berlin)).rfc3339());
            assert_eq!(told, Ok(want.to_owned()), "{text}");
        }
        for text in ["", "h", "25:00", "10:60", "1:00", "10", "2 hours", "2026-13-01", "yesterday", "10:00:00:00"] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
    }
}
