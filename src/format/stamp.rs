//! Time stamps: what a line says about its moment, before anyone knows the zone.
//!
//! A stamp keeps its digits: `02:33:56` stands for the whole second, `02:33:56.500000` for a microsecond. Stamps of
//! RFC 3164 have no year; they are placed in the leap year [`YEARLESS`], so that 29 February survives, until
//! [`crate::clock`] finds the year.

use chrono::{Datelike, NaiveDate};

/// The year that stands for "unknown".
pub const YEARLESS: i32 = 2000;

/// Days since 1970 of 29 February of that year.
const YEARLESS_LEAP_DAY: i64 = 11_016;

/// The year that stands for "unknown" where a stamp counts the days of the year (HAProxy): a leap year, too.
pub const YEARLESS_BY_DAY: i32 = 2004;

/// What a stamp says about its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// The line states its offset: seconds east of UTC.
    Offset(i32),
    /// Local time of the writer.
    Unknown,
}

/// A moment as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Seconds since 1970 of the civil time as written, as if it were UTC. UTC itself where `zone` is `Offset(0)`.
    pub civil_s: i64,
    /// Nanoseconds of the second; from 1,000,000,000 on in a leap second (`:60`), which follows on `civil_s`.
    pub nanos: u32,
    /// How many digits of the fraction the source had.
    pub digits: u8,
    /// Whether the source tells the zone.
    pub zone: Zone,
    /// Whether the source tells the year.
    pub has_year: bool,
}

impl Stamp {
    /// Seconds and a fraction in UTC, from sources that count since 1970.
    pub fn utc(seconds: i64, nanos: u32, digits: u8) -> Stamp {
        Stamp { civil_s: seconds, nanos, digits, zone: Zone::Offset(0), has_year: true }
    }

    /// The moment in UTC, if the stamp tells it.
    pub fn utc_s(&self) -> Option<i64> {
        match self.zone {
            Zone::Offset(offset) if self.has_year => Some(self.civil_s - i64::from(offset)),
            _ => None,
        }
    }

    /// The same day and time in `year`. 29 February becomes 1 March where `year` has none, the 366th day 1 January.
    pub fn in_year(&self, year: i32) -> Stamp {
        let (date, second) = (self.date(), self.civil_s.rem_euclid(86_400));
        let days = match self.counts_days() {
            true => days_from_civil(year, 1, 1) + i64::from(date.ordinal0()),
            false => days_from_civil(year, date.month(), date.day()),
        };
        Stamp { civil_s: days * 86_400 + second, has_year: true, ..*self }
    }

    /// The same day and time in the year that puts it nearest to a civil moment.
    pub fn in_year_near(&self, civil_s: i64) -> Stamp {
        let year = date_of(civil_s).year();
        let years = if self.has_year { 0..=0 } else { -1..=1 };
        let placed = years.map(|more| if self.has_year { *self } else { self.in_year(year + more) });
        placed.min_by_key(|stamp| (stamp.civil_s - civil_s).abs()).unwrap_or(*self)
    }

    /// The month, from 1.
    pub fn month(&self) -> u32 {
        self.date().month()
    }

    /// Whether it is of 29 February, in a year that it does not tell.
    pub fn is_leap_day(&self) -> bool {
        !self.has_year && self.civil_s.div_euclid(86_400) == YEARLESS_LEAP_DAY
    }

    /// Whether `year` has the day of the stamp.
    pub fn is_day_of(&self, year: i32) -> bool {
        let date = self.in_year(year).date();
        date.year() == year && (self.counts_days() || date.day() == self.date().day())
    }

    fn counts_days(&self) -> bool {
        !self.has_year && self.date().year() == YEARLESS_BY_DAY
    }

    fn date(&self) -> NaiveDate {
        date_of(self.civil_s)
    }
}

/// The day of a civil second.
pub fn date_of(civil_s: i64) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day_to_ce(civil_s.div_euclid(86_400))).unwrap_or_default()
}

/// A moment on the one time that all sources share: UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Seconds since 1970.
    pub s: i64,
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// Digits of the fraction that the source had.
    pub digits: u8,
}

impl Instant {
    /// A whole second.
    pub fn second(s: i64) -> Instant {
        Instant { s, nanos: 0, digits: 0 }
    }

    /// Seconds with a fraction.
    pub fn as_f64(self) -> f64 {
        self.s as f64 + f64::from(self.nanos) / 1e9
    }

    /// The same, where a leap second that is none, because it does not end a day of UTC, is the next second.
    pub fn settled(self) -> Instant {
        let is_leap = self.nanos >= SECOND_NANOS;
        if is_leap && self.s.rem_euclid(86_400) != 86_399 {
            return Instant { s: self.s + 1, nanos: self.nanos - SECOND_NANOS, ..self };
        }
        self
    }

    /// RFC 3339 in UTC, with as many digits as the source had. A leap second is `23:59:60`.
    pub fn rfc3339(self) -> String {
        let at = self.settled();
        let (date, second) = (date_of(at.s), at.s.rem_euclid(86_400));
        let leap = i64::from(at.nanos / SECOND_NANOS);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60 + leap);
        let mut text =
            format!("{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", date.year(), date.month(), date.day());
        if self.digits > 0 {
            let fraction = format!("{:09}", at.nanos % SECOND_NANOS);
            text.push('.');
            text.push_str(&fraction[..usize::from(self.digits.min(9))]);
        }
        text.push('Z');
        text
    }
}

fn day_to_ce(day: i64) -> i32 {
    i32::try_from(day + 719_163).unwrap_or(719_163)
}

const SECOND_NANOS: u32 = 1_000_000_000;

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
/// After Howard Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `days_from_civil`.
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let month = i64::from(month);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A stamp of its parts: year, month and day, the clock, nanoseconds and digits. `:60` is the second after `:59`.
fn stamp(
    (year, month, day): (i32, u32, u32),
    (hour, minute, second): (u32, u32, u32),
    (nanos, digits): (u32, u8),
    zone: Zone,
) -> Option<Stamp> {
    let leap = u32::from(second == 60);
    let civil_s = civil(year, month, day, hour, minute, second - leap)?;
    Some(Stamp { civil_s, nanos: nanos + leap * SECOND_NANOS, digits, zone, has_year: true })
}

/// Civil date and time to seconds since 1970 as if UTC; `None` if there is no such date or time. A leap second
/// (`:60`) reads as the next second.
pub fn civil(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<i64> {
    let days_in_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    };
    if year < 1 || day == 0 || day > days_in_month || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some(days_from_civil(year, month, day) * 86_400 + seconds)
}

/// Month of its English name of three letters, first one capital, as all servers write it.
pub fn month(name: &[u8]) -> Option<u32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    NAMES.iter().position(|known| *known == name).and_then(|index| u32::try_from(index + 1).ok())
}

/// Exactly these digits as a number.
pub fn digits(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Two digits, of which the first may be a blank: ` 5`, `05`.
fn padded(text: &[u8]) -> Option<u32> {
    match text {
        [b' ', last] => digits(&[*last]),
        _ => digits(text),
    }
}

/// `yyyy-mm-dd` at the beginning, whatever stands between.
fn date(text: &[u8]) -> Option<(i32, u32, u32)> {
    let text = text.get(..10)?;
    Some((i32::try_from(digits(&text[..4])?).ok()?, digits(&text[5..7])?, digits(&text[8..])?))
}

/// `hh:mm:ss` at the beginning.
fn clock(text: &[u8]) -> Option<(u32, u32, u32)> {
    match text.get(..8)? {
        [h1, h2, b':', m1, m2, b':', s1, s2] => {
            Some((digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?))
        }
        _ => None,
    }
}

/// A fraction of a second after `.` or `,`: nanoseconds, digits, and how many bytes it took. Nothing: no fraction.
fn fraction(text: &[u8]) -> (u32, u8, usize) {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return (0, 0, 0);
    }
    let count = text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return (0, 0, 0);
    }
    let kept = count.min(9);
    let nanos = digits(&text[1..=kept]).unwrap_or(0) * 10u32.pow(9 - u32::try_from(kept).unwrap_or(9));
    (nanos, u8::try_from(kept).unwrap_or(9), count + 1)
}

/// `Z`, `+01:00`, `+0100`, `+01`: seconds east of UTC and bytes taken.
fn offset(text: &[u8]) -> Option<(i32, usize)> {
    let sign = match text.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(text.get(1..3)?)?;
    let (minutes, taken) = match text.get(3..) {
        Some([b':', rest @ ..]) if rest.len() >= 2 => (digits(&rest[..2])?, 6),
        Some(rest) if rest.len() >= 2 && rest[0].is_ascii_digit() => (digits(&rest[..2])?, 5),
        _ => (0, 3),
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some((sign * i32::try_from(hours * 3600 + minutes * 60).ok()?, taken))
}

/// `24/Nov/2026:02:33:56 +0100` of access logs: 26 bytes.
pub fn clf(text: &[u8]) -> Option<Stamp> {
    let text = text.get(..26)?;
    let local = clf_local(text, (0, 0))?;
    if text[20] != b' ' {
        return None;
    }
    let (offset, taken) = offset(&text[21..])?;
    (taken == 5).then_some(Stamp { zone: Zone::Offset(offset), ..local })
}

/// `24/Nov/2026:02:33:56`, with nanoseconds and digits of what follows.
fn clf_local(text: &[u8], fraction: (u32, u8)) -> Option<Stamp> {
    let text = text.get(..20)?;
    if text[2] != b'/' || text[6] != b'/' || text[11] != b':' {
        return None;
    }
    let date = (i32::try_from(digits(&text[7..11])?).ok()?, month(&text[3..6])?, digits(&text[..2])?);
    stamp(date, clock(&text[12..])?, fraction, Zone::Unknown)
}

/// `24/Nov/2026:02:33:56.460` of HAProxy, local time: 24 bytes.
pub fn haproxy(text: &[u8]) -> Option<Stamp> {
    let (nanos, digits, taken) = fraction(text.get(20..24)?);
    (taken == 4).then(|| clf_local(text, (nanos, digits))).flatten()
}

/// `2026/11/24 02:33:56` of nginx's error log, local time: 19 bytes.
pub fn nginx_error(text: &[u8]) -> Option<Stamp> {
    let text = text.get(..19)?;
    if text[4] != b'/' || text[7] != b'/' || text[10] != b' ' {
        return None;
    }
    stamp(date(text)?, clock(&text[11..])?, (0, 0), Zone::Unknown)
}

/// `Tue Nov 24 02:33:56.123456 2026` of Apache's error log, with or without fraction; all of `text`.
pub fn asctime(text: &[u8]) -> Option<Stamp> {
    let [_, _, _, b' ', rest @ ..] = text else { return None };
    if rest.len() < 20 || rest[3] != b' ' || rest[6] != b' ' {
        return None;
    }
    let clock = clock(&rest[7..])?;
    let (nanos, fraction_digits, taken) = fraction(&rest[15..]);
    let year = rest.get(15 + taken..)?.strip_prefix(b" ")?;
    if year.len() != 4 {
        return None;
    }
    let date = (i32::try_from(digits(year)?).ok()?, month(&rest[..3])?, padded(&rest[4..6])?);
    stamp(date, clock, (nanos, fraction_digits), Zone::Unknown)
}

/// `Nov  5 06:07:08`, `Nov 05 06:07:08.123456` of syslog, without year and zone; and how many bytes it took.
pub fn rfc3164(text: &[u8]) -> Option<(Stamp, usize)> {
    let head = text.get(..15)?;
    if head[3] != b' ' || head[6] != b' ' {
        return None;
    }
    let (nanos, digits, taken) = fraction(&text[15..]);
    let date = (YEARLESS, month(&head[..3])?, padded(&head[4..6])?);
    let stamp = stamp(date, clock(&head[7..])?, (nanos, digits), Zone::Unknown)?;
    Some((Stamp { has_year: false, ..stamp }, 15 + taken))
}

/// `2026-11-24T02:33:56.485104+01:00` of RFC 3339, `+0100` of journalctl's `short-iso`, also with a blank in place
/// of `T`, also without an offset (then local); and how many bytes it took.
pub fn iso(text: &[u8]) -> Option<(Stamp, usize)> {
    let head = text.get(..19)?;
    if head[4] != b'-' || head[7] != b'-' || !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    let (nanos, digits, taken) = fraction(&text[19..]);
    let rest = &text[19 + taken..];
    let (zone, more) = match offset(rest) {
        Some((offset, more)) => (Zone::Offset(offset), more),
        None => (Zone::Unknown, 0),
    };
    Some((stamp(date(head)?, clock(&head[11..])?, (nanos, digits), zone)?, 19 + taken + more))
}

/// `2026-11-24T02:41:08.916086710Z ` before a container's line, as docker and kubectl print it with `-t` and
/// `--timestamps`: the moment, and what follows the blank. They count nanoseconds (`RFC3339NanoFixed` of moby, older
/// ones of kubectl without the zeros at the end); a stamp of milliseconds or microseconds is the program's own.
pub fn prefix(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, len) = iso(line).filter(|(stamp, _)| stamp.zone != Zone::Unknown && line.get(10) == Some(&b'T'))?;
    if matches!(stamp.digits, 3 | 6) {
        return None;
    }
    let rest = line.get(len..)?;
    Some((stamp, if rest.is_empty() { rest } else { rest.strip_prefix(b" ")? }))
}

/// Microseconds since 1970, as journald counts.
pub fn micros(text: &[u8]) -> Option<Stamp> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let nanos = u32::try_from(number.rem_euclid(1_000_000)).ok()? * 1000;
    Some(Stamp::utc(number.div_euclid(1_000_000), nanos, 6))
}

/// Remembers the last stamp of an access log by its bytes: most lines have that of the line before.
#[derive(Debug, Default)]
pub struct Cache {
    bytes: [u8; 26],
    stamp: Option<Stamp>,
}

impl Cache {
    /// As [`clf`], for the 26 bytes at the beginning of `text`.
    #[inline]
    pub fn clf(&mut self, text: &[u8]) -> Option<Stamp> {
        let bytes: &[u8; 26] = text.get(..26)?.try_into().ok()?;
        if *bytes != self.bytes {
            self.stamp = clf(bytes);
            self.bytes = *bytes;
        }
        self.stamp
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_487_636; // 2026-11-24T02:33:56Z

    #[test]
    fn a_stamp_before_a_containers_line() {
        for (line, rest) in [
            ("2026-11-24T02:33:56.916086710Z text", Some("text")),
            ("2026-11-24T02:33:56Z text", Some("text")),
            ("2026-11-24T02:33:56.5Z ", Some("")),
            ("2026-11-24T02:33:56.916Z 0 [ERROR] the program's own", None),
            ("2026-11-24T02:33:56.916086Z 0 [ERROR] the program's own", None),
            ("2026-11-24 02:33:56.916086710Z text", None),
        ] {
            assert_eq!(prefix(line.as_bytes()).map(|(_, rest)| rest), rest.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn reads_what_servers_write() {
        let offset = Zone::Offset(3600);
        for (why, got, civil_s, nanos, digits, zone) in [
            ("access log", clf(b"24/Nov/2026:02:33:56 +0100"), AT, 0, 0, offset),
            ("HAProxy", haproxy(b"24/Nov/2026:02:33:56.460"), AT, 460_000_000, 3, Zone::Unknown),
            ("nginx", nginx_error(b"2026/11/24 02:33:56"), AT, 0, 0, Zone::Unknown),
            ("Apache", asctime(b"Tue Nov 24 02:33:56.123456 2026"), AT, 123_456_000, 6, Zone::Unknown),
            ("Apache 2.2", asctime(b"Tue Nov 24 02:33:56 2026"), AT, 0, 0, Zone::Unknown),
            ("rsyslog", iso(b"2026-11-24T02:33:56.5+01:00 x").map(|got| got.0), AT, 500_000_000, 1, offset),
            ("short-iso", iso(b"2026-11-24T02:33:56+0100 x").map(|got| got.0), AT, 0, 0, offset),
            ("journald", micros(b"1795487636000001"), AT, 1000, 6, Zone::Offset(0)),
        ] {
            let stamp = got.unwrap_or_else(|| unreachable!("{why}"));
            assert_eq!((stamp.civil_s, stamp.nanos, stamp.digits, stamp.zone), (civil_s, nanos, digits, zone), "{why}");
        }
    }

    #[test]
    fn leaves_alone_what_is_no_moment() {
        assert_eq!(clf(b"31/Feb/2026:02:33:56 +0100"), None);
        assert_eq!(clf(b"24/nov/2026:02:33:56 +0100"), None);
        assert_eq!(nginx_error(b"2026/11/24 24:00:00"), None);
        assert_eq!(iso(b"2026-11-24T02:33:56+24:00").map(|got| got.0.zone), Some(Zone::Unknown));
        assert_eq!(rfc3164(b"Feb 30 00:00:00 x"), None);
    }

    #[test]
    fn a_leap_day_survives_without_a_year() {
        let (stamp, taken) = rfc3164(b"Feb 29 06:07:08 host x").unwrap();
        assert_eq!((taken, stamp.has_year), (15, false));
        assert_eq!(stamp.in_year(2024).civil_s, civil(2024, 2, 29, 6, 7, 8).unwrap());
    }

    #[test]
    fn an_instant_keeps_its_digits() {
        let at = Instant { s: 1_795_487_636, nanos: 500_000_000, digits: 3 };
        assert_eq!(at.rfc3339(), "2026-11-24T02:33:56.500Z");
        assert_eq!(Instant::second(-1).rfc3339(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn moments_far_away_and_leap_seconds() {
        for (why, text, wanted) in [
            ("before 1970", "1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z"),
            ("after 2038", "2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z"),
            ("the last second", "9999-12-31T23:59:59,999999999Z", "9999-12-31T23:59:59.999999999Z"),
            ("the first one", "0001-01-01T00:00:00-00:00", "0001-01-01T00:00:00Z"),
            ("a leap second", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
            ("the same elsewhere", "2017-01-01T00:59:60.5+0100", "2016-12-31T23:59:60.5Z"),
            ("a guess of its writer", "2026-11-24T02:33:60.123Z", "2026-11-24T02:34:00.123Z"),
            ("no seconds in the offset's way", "2026-11-24t02:33:56-03:30", "2026-11-24T06:03:56Z"),
        ] {
            let (stamp, taken) = iso(text.as_bytes()).unwrap();
            assert_eq!(taken, text.len(), "{why}");
            let at = Instant { s: stamp.utc_s().unwrap(), nanos: stamp.nanos, digits: stamp.digits };
            assert_eq!(at.rfc3339(), wanted, "{why}");
        }
        for text in ["2026-11-24T02:33:61Z", "2026-11-24T24:00:00Z", "0000-01-01T00:00:00Z", "2025-02-29T00:00:00Z"] {
            assert_eq!(iso(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_year_nearest_to_a_moment() {
        let near = civil(2026, 1, 1, 0, 30, 0).unwrap();
        for (text, wanted) in [
            ("Dec 31 23:30:00", near - 3600),
            ("Jan  1 00:30:00", near),
            ("Jun  1 00:30:00", civil(2026, 6, 1, 0, 30, 0).unwrap()),
        ] {
            assert_eq!(rfc3164(text.as_bytes()).unwrap().0.in_year_near(near).civil_s, wanted, "{text}");
        }
    }
}
