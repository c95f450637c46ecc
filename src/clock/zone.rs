//! Zones: IANA names and fixed offsets, as given or found.

use std::str::FromStr;

use chrono::{LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// Which of the two, of a civil second that comes twice when clocks go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Pass {
    First,
    Second,
}

/// Turns civil time into UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Seconds east of UTC, always.
    Offset(i32),
    /// A zone with its history and summer time.
    Named(Tz),
}

impl Rule {
    /// UTC of a civil second. The first of two such moments when clocks go back; when they go forward, by the offset
    /// before the change (`formats/time.md`, section 2).
    pub fn utc_s(&self, civil_s: i64) -> i64 {
        self.utc_of_pass_s(civil_s, Pass::First)
    }

    /// UTC of a civil second that is in that pass, if it comes twice.
    pub fn utc_of_pass_s(&self, civil_s: i64, pass: Pass) -> i64 {
        match self {
            Rule::Offset(offset) => civil_s - i64::from(*offset),
            Rule::Named(zone) => civil_s - i64::from(local_offset(*zone, civil_s, pass)),
        }
    }

    /// By how many seconds the clocks went back, if the civil second comes twice.
    pub fn fold_s(&self, civil_s: i64) -> Option<i64> {
        let Rule::Named(zone) = self else { return None };
        let LocalResult::Ambiguous(first, second) = zone.offset_from_local_datetime(&naive(civil_s)?) else {
            return None;
        };
        Some(i64::from(first.fix().local_minus_utc() - second.fix().local_minus_utc()))
    }

    /// Whether no civil second comes twice.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Rule::Offset(_))
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(&self, utc_s: i64) -> i32 {
        match self {
            Rule::Offset(offset) => *offset,
            Rule::Named(zone) => {
                naive(utc_s).map_or(0, |at| zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
            }
        }
    }

    /// `Europe/Berlin`, `UTC`, `+02:00`
    pub fn name(&self) -> String {
        match self {
            Rule::Offset(0) => "UTC".into(),
            Rule::Offset(offset) => offset_name(*offset),
            Rule::Named(zone) => zone.name().into(),
        }
    }

    /// What people call the zone at an instant: `CET`, `UTC`, `+02:00`.
    pub fn abbreviation(&self, utc_s: i64) -> String {
        match self {
            Rule::Named(zone) => {
                let short = naive(utc_s).map(|at| zone.offset_from_utc_datetime(&at).to_string());
                short
                    .filter(|name| name.starts_with(char::is_alphabetic))
                    .unwrap_or_else(|| offset_name(self.offset_at(utc_s)))
            }
            Rule::Offset(_) => self.name(),
        }
    }
}

/// `+05:30`
pub fn offset_name(offset_s: i32) -> String {
    let sign = if offset_s < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset_s.abs() / 3600, offset_s.abs() / 60 % 60)
}

fn naive(seconds: i64) -> Option<NaiveDateTime> {
    chrono::DateTime::from_timestamp(seconds, 0).map(|at| at.naive_utc())
}

fn local_offset(zone: Tz, civil_s: i64, pass: Pass) -> i32 {
    let Some(local) = naive(civil_s) else { return 0 };
    match (zone.offset_from_local_datetime(&local), pass) {
        (LocalResult::Single(offset), _)
        | (LocalResult::Ambiguous(offset, _), Pass::First)
        | (LocalResult::Ambiguous(_, offset), Pass::Second) => offset.fix().local_minus_utc(),
        (LocalResult::None, _) => {
            let before = local - TimeDelta::hours(3);
            zone.offset_from_local_datetime(&before).earliest().map_or(0, |offset| offset.fix().local_minus_utc())
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Rule, String> {
        if let Ok(zone) = text.parse::<Tz>() {
            return Ok(if zone == Tz::UTC { Rule::Offset(0) } else { Rule::Named(zone) });
        }
        if text == "Z" || text.eq_ignore_ascii_case("utc") {
            return Ok(Rule::Offset(0));
        }
        if let Some(offset) = parse_offset(text) {
            return Ok(Rule::Offset(offset));
        }
        let near = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).min_by_key(|name| distance(name, text));
        let hint = near.filter(|name| distance(name, text) <= 3).map(|name| format!("; did you mean \"{name}\"?"));
        Err(format!(
            "no zone \"{text}\"{}",
            hint.unwrap_or_else(|| "; an IANA name or an offset such as +02:00".into())
        ))
    }
}

fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes() {
        [b'+', ..] => (1, &text[1..]),
        [b'-', ..] => (-1, &text[1..]),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?),
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Edits between two names, letters' case aside (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, counterpart) in other.bytes().enumerate() {
            let cost = (diagonal + usize::from(letter != counterpart)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], cost);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// `--input-tz [GLOB=]ZONE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForPaths {
    /// `*` and `?`, against the whole path or its last part; `None`: all.
    pub glob: Option<String>,
    #[allow(missing_docs)]
    pub rule: Rule,
}

impl ForPaths {
    /// Whether it is meant for that path.
    pub fn matches(&self, path: &str) -> bool {
        self.glob.as_ref().is_none_or(|glob| is_meant(glob, path))
    }
}

/// Whether the whole path or its last part fits to the glob, of `*` and `?`.
pub fn is_meant(glob: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    fits(glob.as_bytes(), path.as_bytes()) || fits(glob.as_bytes(), name.as_bytes())
}

impl FromStr for ForPaths {
    type Err = String;

    fn from_str(text: &str) -> Result<ForPaths, String> {
        match text.rsplit_once('=') {
            Some((glob, zone)) => Ok(ForPaths { glob: Some(glob.into()), rule: zone.parse()? }),
            None => Ok(ForPaths { glob: None, rule: text.parse()? }),
        }
    }
}

/// Whether `*` and `?` of the pattern can stand for the text.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
        ([b'?', rest @ ..], [_, more @ ..]) => fits(rest, more),
        ([letter, rest @ ..], [same, more @ ..]) if letter == same => fits(rest, more),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn zones_that_people_type() {
        assert_eq!("Europe/Berlin".parse(), Ok(Rule::Named(Tz::Europe__Berlin)));
        assert_eq!("+05:30".parse(), Ok(Rule::Offset(19_800)));
        assert_eq!("UTC".parse(), Ok(Rule::Offset(0)));
        assert_eq!(
            "Europe/Berln".parse::<Rule>().unwrap_err(),
            "no zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?"
        );
        let given: ForPaths = "*.log=Asia/Tokyo".parse().unwrap();
        assert!(given.matches("logs/nginx/error.log") && !given.matches("logs/syslog"));
    }

    #[test]
    fn summer_time() {
        let berlin = Rule::Named(Tz::Europe__Berlin);
        let at = |hour, minute| crate::format::stamp::civil(2026, 10, 25, hour, minute, 0).unwrap();
        assert_eq!(berlin.utc_s(at(1, 30)), at(1, 30) - 7200);
        assert_eq!(berlin.utc_s(at(2, 30)), at(2, 30) - 7200, "the first of the two");
        assert_eq!(berlin.utc_of_pass_s(at(2, 30), Pass::Second), at(2, 30) - 3600);
        assert_eq!(berlin.utc_s(at(3, 30)), at(3, 30) - 3600);
        assert_eq!([at(1, 59), at(2, 0), at(3, 0)].map(|at| berlin.fold_s(at)), [None, Some(3600), None]);
        let gap = crate::format::stamp::civil(2026, 3, 29, 2, 30, 0).unwrap();
        assert_eq!(berlin.utc_s(gap), gap - 3600, "by the offset before the gap");
        assert_eq!(berlin.abbreviation(at(12, 0)), "CET");
    }
}
