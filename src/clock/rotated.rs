//! Rotated sets: `syslog`, `syslog.1`, `syslog.2.gz` are one stream of lines, cut where a file was full or a day over.
//!
//! The names tell it, as logrotate (numbers, larger ones older; `dateext`), Apache's `rotatelogs` and loggers of
//! applications (dates, before or behind the ending) give them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

/// Endings of packed files.
const PACKED: [&str; 7] = [".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma", ".Z"];

/// How old a file of a set is by its name; the older is the less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// `.2`
    Numbered(Reverse<u32>),
    /// `-20261120`, and the digits of a time behind it
    Dated(NaiveDate, u64),
    /// The file that is written to.
    Live,
}

impl Age {
    /// The end of the day that the name tells, in seconds since 1970.
    pub fn day_ends_s(self) -> Option<i64> {
        let Age::Dated(date, _) = self else { return None };
        Some((i64::from(date.num_days_from_ce()) - 719_163 + 1) * 86_400)
    }
}

/// Whether nothing is missing between two files of a set, the older first; `None` where their names do not tell: sets of
/// dates may be of days, weeks or months.
pub fn is_next(older: Age, newer: Age) -> Option<bool> {
    match (older, newer) {
        (Age::Numbered(Reverse(older)), Age::Numbered(Reverse(newer))) => Some(older == newer + 1),
        (Age::Numbered(Reverse(older)), Age::Live) => Some(older <= 1),
        (Age::Dated(older, _), Age::Dated(newer, _)) => ((newer - older).num_days() <= 1).then_some(true),
        (Age::Dated(..), Age::Live) => Some(true),
        (Age::Live, _) | (Age::Numbered(_), Age::Dated(..)) | (Age::Dated(..), Age::Numbered(_)) => None,
    }
}

/// Whether a file is packed, by its name.
pub fn is_packed(path: &str) -> bool {
    PACKED.iter().any(|ending| path.ends_with(ending))
}

/// The sources by their names as streams: each a set, the oldest file first.
pub fn streams<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let mut sets: BTreeMap<String, Vec<(Age, &str, usize)>> = BTreeMap::new();
    for (index, name) in names.enumerate() {
        let (set, age) = set_of(name);
        sets.entry(set).or_default().push((age, name, index));
    }
    let in_order = |mut set: Vec<(Age, &str, usize)>| {
        set.sort();
        set.into_iter().map(|(_, _, index)| index).collect()
    };
    sets.into_values().map(in_order).collect()
}

/// The name of the file's set, and its place in it.
pub fn set_of(path: &str) -> (String, Age) {
    let name_at = path.rfind(['/', '!']).map_or(0, |at| at + 1);
    let (folder, mut name) = path.split_at(name_at);
    while let Some(inner) = PACKED.iter().find_map(|ending| name.strip_suffix(ending)) {
        name = inner;
    }
    let (set, age) = numbered(name).or_else(|| dated(name)).unwrap_or_else(|| (name.to_owned(), Age::Live));
    (format!("{folder}{set}"), age)
}

/// `access.log.2`; not `192.168.1.2`, a folder's file for each host.
fn numbered(name: &str) -> Option<(String, Age)> {
    let (set, number) = name.rsplit_once('.')?;
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let of_address = set.rsplit('.').take(3).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit())).count();
    if !is_number || set.is_empty() || of_address == 3 {
        return None;
    }
    // What was dated and numbered belongs to the set of its date.
    let set = dated(set).map_or(set.to_owned(), |(set, _)| set);
    Some((set, Age::Numbered(Reverse(number.parse().ok()?))))
}

/// `access.log-20261120`, `access-2026-11-20.log`, `access.log.2026-11-20-17`, `messages.2024-11`, `access.1732406400`
fn dated(name: &str) -> Option<(String, Age)> {
    let starts = name.char_indices().map(|(at, _)| at);
    let mut starts = starts.filter(|at| !name[..*at].ends_with(|last: char| last.is_ascii_digit()));
    starts.find_map(|at| {
        let (date, rest) = date(&name[at..]).or_else(|| epoch(&name[at..]))?;
        let (time, rest) = time(rest);
        (rest.is_empty() || rest.starts_with('.')).then(|| {
            let set = format!("{}{rest}", name[..at].trim_end_matches(['-', '.', '_']));
            (set, Age::Dated(date, time))
        })
    })
}

/// `20261120`, `2026-11-20`, `2026_11_20`, `2026-11` (the month's last day)
fn date(text: &str) -> Option<(NaiveDate, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let year = i32::try_from(number(0, 4)?).ok().filter(|year| (1990..2100).contains(year))?;
    let day = |month: Option<u32>, day: Option<u32>| NaiveDate::from_ymd_opt(year, month?, day?);
    if digits(text) == 8 || digits(text) == 14 {
        return Some((day(number(4, 6), number(6, 8))?, &text[8..]));
    }
    let mark = text.get(4..5).filter(|mark| digits(text) == 4 && matches!(*mark, "-" | "_" | "."))?;
    match text.get(7..8) {
        Some(same) if same == mark && text.get(8..).map(digits) == Some(2) => {
            Some((day(number(5, 7), number(8, 10))?, &text[10..]))
        }
        _ if text.get(5..).map(digits) == Some(2) => {
            let first = day(number(5, 7), Some(1))?;
            Some((first.checked_add_months(chrono::Months::new(1))?.pred_opt()?, &text[7..]))
        }
        _ => None,
    }
}

/// `1732406400`, as `rotatelogs` names a file by the second of its beginning
fn epoch(text: &str) -> Option<(NaiveDate, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let second: i64 = text.get(..digits).filter(|_| digits == 10)?.parse().ok()?;
    Some((chrono::DateTime::from_timestamp(second, 0)?.date_naive(), &text[digits..]))
}

/// The digits of a time behind a date, `-17`, `T170000`, `_17-00-00`; and what follows them.
fn time(text: &str) -> (u64, &str) {
    let is_time = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '_' | 'T' | ':');
    let len = text.find(|letter| !is_time(letter)).unwrap_or(text.len());
    let digits: String = text[..len].chars().filter(char::is_ascii_digit).collect();
    // `17` and `170000` are the same hour.
    (format!("{digits:0<10}").parse().unwrap_or(0), &text[len..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_in_a_set() {
        for (older, newer, want) in [
            ("access.log.2.gz", "access.log.1", Some(true)),
            ("access.log.3.gz", "access.log.1", Some(false)),
            ("access.log.1", "access.log", Some(true)),
            ("messages.0", "messages", Some(true)),
            ("access.log.2.gz", "access.log", Some(false)),
            ("access.log-20251231.gz", "access.log-20260101", Some(true)),
            ("access.log-20251225.gz", "access.log-20260101", None),
            ("access.log-20260101", "access.log", Some(true)),
            ("access.log", "access.log", None),
        ] {
            assert_eq!(is_next(set_of(older).1, set_of(newer).1), want, "{older} {newer}");
        }
    }

    #[test]
    fn names_of_sets() {
        for (why, names) in [
            ("logrotate", &["x/syslog.2.gz", "x/syslog.1", "x/syslog"][..]),
            ("ten are more than nine", &["access.log.10.gz", "access.log.9.gz", "access.log"]),
            ("dateext", &["access.log-20251231.gz", "access.log-20260101", "access.log"]),
            ("dateext with an ending", &["access-2026-11-20.log", "access-20261121.log.xz", "access.log"]),
            ("hours", &["error.log.2026-11-20-09", "error.log.2026-11-20-17", "error.log.2026-11-20T180000"]),
            ("rotatelogs", &["access_log.1732406400", "access_log.1732492800"]),
            ("months", &["messages.2024-11", "messages.2024-12", "messages"]),
            ("in an archive", &["a.tar.gz!var/log/syslog.1.gz", "a.tar.gz!var/log/syslog"]),
            ("busybox", &["messages.0", "messages"]),
        ] {
            let wanted: Vec<usize> = (0..names.len()).rev().collect();
            let reversed = names.iter().rev().copied();
            assert_eq!(streams(reversed), [wanted], "{why}");
        }
    }

    #[test]
    fn what_is_no_set() {
        for (why, names) in [
            ("other names", ["access.log", "error.log.1"]),
            ("other folders", ["a/access.log", "b/access.log.1"]),
            ("hosts", ["remote/192.168.1.10", "remote/192.168.1.11"]),
            ("hosts by number", ["web-1.log", "web-2.log"]),
            ("other archives", ["a.zip!syslog", "b.zip!syslog.1"]),
            ("no date", ["app-20261399.log", "app.log"]),
        ] {
            assert_eq!(streams(names.into_iter()).len(), 2, "{why}");
        }
    }
}
