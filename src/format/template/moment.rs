//! Moments in lines of a template: in which forms they are written, and one stamp out of several pieces.
//!
//! `[%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t]` is one moment in three pieces; `%t %{usec}t` tells one moment twice, and
//! the more precise counts.

use chrono::format::{Item, Parsed, StrftimeItems, parse_and_remainder};

use crate::format::stamp::YEARLESS;
use crate::format::{Stamp, Zone, stamp};

/// Bytes in which a stamp of strftime must end.
const STRFTIME_BYTES: usize = 120;

/// How a moment is written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// `24/Nov/2026:02:33:56 +0100`
    Clf,
    /// `24/Nov/2026:02:33:56.460`, local
    Haproxy,
    /// `2026-11-24T03:21:53+01:00`; also with a blank for `T`, a fraction, no offset
    Iso,
    /// `Sun Nov 24 02:04:03 2026`, with or without a fraction
    Asctime,
    /// One of the two before, a blank and `+0100`
    WithOffset(Box<Form>),
    /// `1795487267`, since 1970
    Seconds,
    /// `1795487267123`
    Millis,
    /// `1795487267123456`
    Micros,
    /// `1795487267123456789`
    Nanos,
    /// `1795487267.123`
    Decimal,
    /// `123`, a part of the second
    MillisOfSecond,
    /// `123456`
    MicrosOfSecond,
    /// Whatever strftime was told to write.
    Strftime(Vec<Item<'static>>),
    /// Any of those that a JSON log may hold.
    Any,
}

impl Form {
    /// The form of strftime's text; `None` if it has a conversion that nobody can read back.
    pub(super) fn strftime(text: &'static str) -> Option<Form> {
        let items: Vec<_> = StrftimeItems::new(text).collect();
        (!items.contains(&Item::Error)).then_some(Form::Strftime(items))
    }

    /// How many bytes at the beginning of the text are such a moment.
    pub(super) fn len(&self, text: &[u8]) -> Option<usize> {
        let digits = || text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let counted = |least: usize| Some(digits()).filter(|count| (least..=19).contains(count));
        match self {
            Form::Clf => stamp::clf(text).map(|_| 26),
            Form::Haproxy => stamp::haproxy(text).map(|_| 24),
            Form::Iso => stamp::iso(text).map(|(_, len)| len),
            Form::Asctime => [31, 24].into_iter().find(|len| text.get(..*len).and_then(stamp::asctime).is_some()),
            Form::WithOffset(form) => {
                let len = form.len(text)?;
                let offset = text.get(len..len + 6)?;
                (matches!(offset, [b' ', b'+' | b'-', ..]) && stamp::digits(&offset[2..]).is_some()).then_some(len + 6)
            }
            Form::Seconds => counted(1),
            Form::Millis => counted(4),
            Form::Micros => counted(7),
            Form::Nanos => counted(10),
            Form::Decimal => {
                let whole = digits();
                let fraction = text.get(whole..)?.strip_prefix(b".")?;
                let places = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
                (whole > 0 && places > 0).then_some(whole + 1 + places)
            }
            Form::MillisOfSecond => (digits() >= 3).then_some(3),
            Form::MicrosOfSecond => (digits() >= 6).then_some(6),
            Form::Strftime(items) => {
                let (text, mut parsed) = (ascii(text), Parsed::new());
                let rest = parse_and_remainder(&mut parsed, text, items.iter()).ok()?;
                Some(text.len() - rest.len())
            }
            Form::Any => Some(text.len()),
        }
    }
}

/// The beginning of the text as far as it can belong to a stamp.
fn ascii(text: &[u8]) -> &str {
    let end = text.iter().take(STRFTIME_BYTES).take_while(|byte| byte.is_ascii()).count();
    str::from_utf8(&text[..end]).unwrap_or_default()
}

/// What the pieces of a line tell of one moment.
#[derive(Debug, Default)]
pub(super) struct Clock {
    stamps: Vec<Stamp>,
    /// Of all pieces of strftime.
    parts: Parsed,
    /// Digits of the fraction among them.
    digits: u8,
    /// Nanoseconds of the second, and digits.
    fraction: Option<(u32, u8)>,
}

impl Clock {
    /// Takes note of a piece.
    pub(super) fn read(&mut self, form: &Form, text: &[u8]) {
        match form {
            Form::MillisOfSecond => self.fraction_of(text, 3),
            Form::MicrosOfSecond => self.fraction_of(text, 6),
            Form::Strftime(items) => {
                let mut parts = self.parts.clone();
                if parse_and_remainder(&mut parts, ascii(text), items.iter()).is_ok() {
                    self.parts = parts;
                    self.digits = self.digits.max(digits_of(self.parts.nanosecond(), text));
                } else {
                    // It contradicts the pieces before, as a second stamp of another zone does.
                    let mut parts = Parsed::new();
                    if parse_and_remainder(&mut parts, ascii(text), items.iter()).is_ok() {
                        self.stamps.extend(stamp_of(&parts, digits_of(parts.nanosecond(), text)));
                    }
                }
            }
            _ => self.stamps.extend(whole(form, text)),
        }
    }

    fn fraction_of(&mut self, text: &[u8], digits: u8) {
        let nanos = stamp::digits(text).map(|number| number * 10u32.pow(9 - u32::from(digits)));
        let is_finer = self.fraction.is_none_or(|(_, known)| known < digits);
        if let Some(nanos) = nanos.filter(|_| is_finer) {
            self.fraction = Some((nanos, digits));
        }
    }

    /// The moment, as precise as the pieces together tell it.
    pub(super) fn stamp(mut self) -> Option<Stamp> {
        self.stamps.extend(stamp_of(&self.parts, self.digits));
        if let Some((nanos, digits)) = self.fraction {
            self.stamps.iter_mut().filter(|stamp| stamp.digits < digits).for_each(|stamp| {
                (stamp.nanos, stamp.digits) = (nanos, digits);
            });
        }
        let is_zoned = |stamp: &Stamp| stamp.zone != Zone::Unknown;
        let best = *self.stamps.iter().rev().max_by_key(|stamp| (stamp.digits, is_zoned(stamp)))?;
        let other = self.stamps.iter().find(|stamp| is_zoned(stamp));
        match (best.zone, other) {
            (Zone::Unknown, Some(other)) => Some(Stamp { zone: zone_by(&best, other), ..best }),
            _ => Some(best),
        }
    }
}

/// The zone of a local stamp beside one of the same moment that states its own, perhaps GMT: the difference of the
/// two, in whole quarters of an hour.
fn zone_by(local: &Stamp, other: &Stamp) -> Zone {
    let offset = other.utc_s().map(|utc| (local.civil_s - utc + 450).div_euclid(900) * 900);
    match offset.and_then(|offset| i32::try_from(offset).ok()) {
        Some(offset) if offset.abs() <= 14 * 3600 => Zone::Offset(offset),
        _ => Zone::Unknown,
    }
}

/// A moment that one piece tells alone.
fn whole(form: &Form, text: &[u8]) -> Option<Stamp> {
    let counted = |per_second: i64, digits: u8| {
        let count: i64 = str::from_utf8(text).ok()?.parse().ok()?;
        let part = u32::try_from(count.rem_euclid(per_second)).ok()?;
        Some(Stamp::utc(count.div_euclid(per_second), part * 10u32.pow(9 - u32::from(digits)), digits))
    };
    match form {
        Form::Clf => stamp::clf(text),
        Form::Haproxy => stamp::haproxy(text),
        Form::Iso => stamp::iso(text).map(|(stamp, _)| stamp),
        Form::Asctime => stamp::asctime(text),
        Form::WithOffset(form) => {
            let (civil, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            let joined = [b"1970-01-01T00:00:00", offset.trim_ascii_start()].concat();
            let (zoned, _) = stamp::iso(&joined)?;
            Some(Stamp { zone: zoned.zone, ..whole(form, civil)? })
        }
        Form::Seconds => counted(1, 0),
        Form::Millis => counted(1000, 3),
        Form::Micros => counted(1_000_000, 6),
        Form::Nanos => counted(1_000_000_000, 9),
        Form::Decimal => {
            let point = memchr::memchr(b'.', text)?;
            let seconds = whole(&Form::Seconds, &text[..point])?;
            let digits = text[point + 1..].len().min(9);
            let fraction = stamp::digits(&text[point + 1..=point + digits])?;
            let digits = u8::try_from(digits).ok()?;
            Some(Stamp { nanos: fraction * 10u32.pow(9 - u32::from(digits)), digits, ..seconds })
        }
        Form::Any => any(text),
        Form::MillisOfSecond | Form::MicrosOfSecond | Form::Strftime(_) => None,
    }
}

/// A moment in a form that a log of JSON lines may hold. Counts since 1970 tell their unit by their length.
fn any(text: &[u8]) -> Option<Stamp> {
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text);
    if text.iter().all(u8::is_ascii_digit) {
        let form = match text.len() {
            9..=11 => Form::Seconds,
            12..=14 => Form::Millis,
            15..=17 => Form::Micros,
            18..=19 => Form::Nanos,
            _ => return None,
        };
        return whole(&form, text);
    }
    let forms = [Form::Clf, Form::Iso, Form::Decimal, Form::Asctime, Form::Haproxy];
    forms.iter().filter(|form| form.len(text) == Some(text.len())).find_map(|form| whole(form, text))
}

/// With how many digits behind a point or comma the text tells these nanoseconds: `.5` is another precision than `.500`.
fn digits_of(nanos: Option<u32>, text: &[u8]) -> u8 {
    let Some(nanos) = nanos else { return 0 };
    let tells = |run: &&[u8]| {
        let zeros = 9u32.checked_sub(u32::try_from(run.len()).unwrap_or(u32::MAX));
        stamp::digits(run).zip(zeros).is_some_and(|(number, zeros)| number.checked_mul(10u32.pow(zeros)) == Some(nanos))
    };
    let digits = |behind: &'_ [u8]| behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind_points = text.split(|byte| matches!(byte, b'.' | b',')).skip(1).map(|behind| &behind[..digits(behind)]);
    behind_points
        .filter(|run| !run.is_empty())
        .filter(tells)
        .last()
        .and_then(|run| u8::try_from(run.len()).ok())
        .unwrap_or(9)
}

/// The stamp of strftime's parts, if they make one.
fn stamp_of(parts: &Parsed, fraction_digits: u8) -> Option<Stamp> {
    if let Some(seconds) = parts.timestamp() {
        return Some(Stamp::utc(seconds, 0, 0));
    }
    let mut parts = parts.clone();
    let has_year = parts.year().is_some() || parts.year_mod_100().is_some();
    if !has_year {
        parts.set_year(i64::from(YEARLESS)).ok()?;
    }
    let civil = parts.to_naive_datetime_with_offset(0).ok()?;
    let (nanos, digits) = parts.nanosecond().map_or((0, 0), |nanos| (nanos, fraction_digits));
    let zone = parts.offset().map_or(Zone::Unknown, Zone::Offset);
    Some(Stamp { civil_s: civil.and_utc().timestamp(), nanos, digits, zone, has_year })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_487_636; // 2026-11-24T02:33:56Z

    fn strftime(text: &'static str) -> Form {
        Form::strftime(text).unwrap_or_else(|| unreachable!("{text}"))
    }

    #[test]
    fn forms_tell_their_length_and_their_moment() {
        let offset = Zone::Offset(3600);
        for (form, text, len, civil_s, digits, zone) in [
            (Form::Clf, "24/Nov/2026:02:33:56 +0100] x", 26, AT, 0, offset),
            (Form::Haproxy, "24/Nov/2026:02:33:56.460]", 24, AT, 3, Zone::Unknown),
            (Form::Iso, "2026-11-24T02:33:56+01:00 x", 25, AT, 0, offset),
            (Form::Asctime, "Tue Nov 24 02:33:56.123456 2026]", 31, AT, 6, Zone::Unknown),
            (Form::Asctime, "Tue Nov 24 02:33:56 2026] [core:error]", 24, AT, 0, Zone::Unknown),
            (Form::WithOffset(Box::new(Form::Iso)), "2026-11-24 02:33:56.123456 +0100\"", 32, AT, 6, offset),
            (Form::Seconds, "1795487636 ", 10, AT, 0, Zone::Offset(0)),
            (Form::Millis, "1795487636123;", 13, AT, 3, Zone::Offset(0)),
            (Form::Micros, "1795487636123456", 16, AT, 6, Zone::Offset(0)),
            (Form::Nanos, "1795487636123456789", 19, AT, 9, Zone::Offset(0)),
            (Form::Decimal, "1795487636.123\t", 14, AT, 3, Zone::Offset(0)),
            (strftime("%Y-%m-%dT%H:%M:%S%z"), "2026-11-24T02:33:56+0100 x", 24, AT, 0, offset),
            (strftime("%d/%b/%Y:%T"), "24/Nov/2026:02:33:56.1", 20, AT, 0, Zone::Unknown),
            (strftime("%Y-%m-%d %H:%M:%S%.f"), "2026-11-24 02:33:56.250 x", 23, AT, 3, Zone::Unknown),
            (strftime("%Y-%m-%d %I:%M:%S %p %z"), "2026-11-24 02:33:56 AM +01:00 x", 29, AT, 0, offset),
            (strftime("%b %e %H:%M:%S %Y"), "Nov 24 02:33:56 2026", 20, AT, 0, Zone::Unknown),
            (strftime("%j/%y %T"), "328/26 02:33:56", 15, AT, 0, Zone::Unknown),
            (strftime("%s"), "1795487636", 10, AT, 0, Zone::Offset(0)),
        ] {
            assert_eq!(form.len(text.as_bytes()), Some(len), "{text}");
            let mut clock = Clock::default();
            clock.read(&form, &text.as_bytes()[..len]);
            let stamp = clock.stamp().map(|stamp| (stamp.civil_s, stamp.digits, stamp.zone));
            assert_eq!(stamp, Some((civil_s, digits, zone)), "{text}");
        }
    }

    #[test]
    fn pieces_make_one_moment() {
        let clock = |pieces: &[(Form, &str)]| {
            let mut clock = Clock::default();
            pieces.iter().for_each(|(form, text)| clock.read(form, text.as_bytes()));
            clock.stamp().map(|stamp| (stamp.civil_s, stamp.nanos, stamp.digits, stamp.zone))
        };
        let parts = [
            (strftime("%d/%b/%Y:%T"), "24/Nov/2026:02:33:56"),
            (Form::MicrosOfSecond, "000123"),
            (strftime("%z"), "+0100"),
        ];
        assert_eq!(clock(&parts), Some((AT, 123_000, 6, Zone::Offset(3600))), "date, fraction, zone");
        let twice = [(Form::Clf, "24/Nov/2026:02:33:56 +0000"), (Form::Millis, "1795487636123")];
        assert_eq!(clock(&twice), Some((AT, 123_000_000, 3, Zone::Offset(0))), "the more precise");
        let gmt = [(Form::Clf, "24/Nov/2026:02:33:55 +0000"), (Form::Haproxy, "24/Nov/2026:08:03:56.460")];
        assert_eq!(clock(&gmt).map(|stamp| stamp.3), Some(Zone::Offset(19_800)), "a zone out of GMT");
        assert_eq!(clock(&[(strftime("%z"), "+0100")]), None, "no date");
    }
}
