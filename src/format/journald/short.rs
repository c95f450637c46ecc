//! The text forms of `journalctl`: `-o short` and all whose names begin so, and `with-unit`.
//!
//! ```text
//! Nov 24 02:43:50 web01 nginx[8611]: text                          short
//! Nov 24 02:43:50.001234 web01 nginx[8611]: text                   short-precise
//! 2026-11-24T02:43:50+0100 web01 nginx[8611]: text                 short-iso, with a colon in the offset since 255
//! 2026-11-24T02:43:50.001234+0100 web01 nginx[8611]: text          short-iso-precise
//! Tue 2026-11-24 02:43:50 CET web01 nginx[8611]: text              short-full
//! Tue 2026-11-24 02:43:50 CET web01 nginx.service[8611]: text      with-unit
//! 1795488230.001234 web01 nginx[8611]: text                        short-unix
//! [ 3072.468141] web01 nginx[8611]: text                           short-monotonic
//! ```
//!
//! None of them tells the level. Further lines of a message are indented by the length of what precedes it. Months are
//! those of the reader's locale. `short` differs from syslog's files only by a few marks ([`shows_marks`]).

use super::entry::{nest_as, without_path};
use super::{months, zones};
use crate::format::stamp::{self, digits};
use crate::format::{Format, Level, Record, Stamp, Text, Zone, nest, text};

/// `journalctl -o short`, and all forms of its kind.
pub enum Short {
    /// Any of them.
    Any,
    /// `short-monotonic` in a file of it: there lines without a pid, which could be `dmesg`'s, are its own too.
    Monotonic,
}

impl Format for Short {
    fn name(&self) -> &'static str {
        "journald-short"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        stamp(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let line = first_line(record);
        let head = match self {
            Short::Monotonic => Head::read(line).filter(|head| head.stamp.form == Form::Monotonic),
            Short::Any => Head::of(line),
        };
        head.or_else(|| Head::of(line)).map(|head| entry(record, head))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "Tue 2026-11-24 03:43:50 CET web01 CRON[8601]: (root) CMD (run-parts --report /etc/cron.hourly)",
            "Tue 2026-11-24 03:21:56 CET web01 init.scope[1]: nginx.service: Failed with result 'exit-code'.",
            "1795488235.599420 web01 shop[9379]: priority 0",
            "[ 3404.556651] web01 systemd-journald[8443]: Journal started",
            "janv. 03 23:59:07 web01 systemd-journald[8443]: Journal started",
        ]
    }
}

/// Whether only `short-monotonic` writes the line.
pub fn is_monotonic(line: &[u8]) -> bool {
    line.starts_with(b"[") && Head::of(line).is_some_and(|head| head.host.is_some() && head.pid.is_some())
}

fn first_line(record: &[u8]) -> &[u8] {
    record.get(..memchr::memchr(b'\n', record).unwrap_or(record.len())).unwrap_or_default()
}

/// The record of an entry.
fn entry<'a>(record: &'a [u8], head: Head<'a>) -> Record<'a> {
    let mut entry = Record::new(Short::Any.name());
    entry.stamp = head.stamp.moment;
    entry.host = head.host.map(text);
    entry.pid = head.pid;
    entry.message = Some(message(record, &head));
    let identifier = match head.units() {
        Some((unit, _)) => text(unit),
        None => without_path(text(head.identifier)),
    };
    if head.stamp.form == Form::Full && is_unit(&identifier) {
        return of_unit(entry, identifier);
    }
    let is_container = is_container_id(&identifier);
    entry.program = Some(identifier).filter(|name| !matches!(name.as_ref(), "" | "unknown"));
    if is_container { of_container(entry) } else { nest::nest(entry) }
}

/// Whether the line is no entry but something that journalctl puts between entries: `-- Boot 7a4a… --`,
/// `-- Logs begin at …`, `-- cursor: …`, texts of the catalogue (`-x`), hints.
pub fn is_separator(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [
        b"-- ",
        "░░".as_bytes(),
        b"Hint: You are currently not seeing messages",
        b"Warning: Journal has been rotated",
        b"Warning: journal has been rotated",
        b"Notice: journal has been rotated",
    ];
    line == b"--" || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether `line` is what journalctl prints where it has nothing to print.
pub fn is_empty_listing(line: &[u8]) -> bool {
    [b"-- No entries --".as_slice(), b"-- Logs begin at ", b"-- Journal begins at "]
        .iter()
        .any(|sign| line.starts_with(sign))
}

/// Whether `line` shows that journalctl printed the file and not a syslog daemon: a line between entries, a day `05`,
/// a fraction of six digits, an offset without colon, a month of another language, a form that only journalctl has,
/// or a line indented as far as the message in the `previous` one.
pub fn shows_marks(previous: &[u8], line: &[u8]) -> bool {
    if is_separator(line) {
        return true;
    }
    let Some(found) = stamp(line) else { return continues(previous, line) };
    match found.form {
        Form::Syslog => line.get(4) == Some(&b'0') || found.moment.is_some_and(|moment| moment.digits == 6),
        Form::Iso => found.len.checked_sub(3).and_then(|at| line.get(at)) != Some(&b':'),
        Form::Translated | Form::Full | Form::Unix | Form::Monotonic => Head::of(line).is_some(),
    }
}

/// Whether `line` is indented exactly as a further line of the message that begins in `previous`.
fn continues(previous: &[u8], line: &[u8]) -> bool {
    let indent = line.iter().take_while(|byte| **byte == b' ').count();
    indent >= 20 && Head::of(previous).is_some_and(|head| indent >= head.len)
}

/// The kinds of stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `Nov 24 02:43:50`, as in files of syslog daemons.
    Syslog,
    /// `févr. 24 02:43:50`
    Translated,
    /// `2026-11-24T02:43:50+0100`
    Iso,
    /// `Tue 2026-11-24 02:43:50 CET`
    Full,
    /// `1795488230.001234`
    Unix,
    /// `[ 3072.468141]`: since boot.
    Monotonic,
}

/// The stamp of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LineStamp {
    form: Form,
    /// `None` where it counts from the boot.
    moment: Option<Stamp>,
    /// Bytes, without the blank behind it.
    len: usize,
}

/// The stamp at the beginning of a line, if a blank follows.
fn stamp(line: &[u8]) -> Option<LineStamp> {
    let found = match line {
        [b'[', ..] => monotonic(line)?,
        [first, ..] if first.is_ascii_digit() => iso(line).or_else(|| unix(line))?,
        [_, _, _, b' ', year, ..] if year.is_ascii_digit() => {
            full(line).or_else(|| syslog(line)).or_else(|| translated(line))?
        }
        [first, ..] if first.is_ascii_uppercase() => syslog(line).or_else(|| translated(line))?,
        _ => translated(line)?,
    };
    (line.get(found.len) == Some(&b' ')).then_some(found)
}

/// `Nov 24 02:43:50`, `Nov 24 02:43:50.001234`
fn syslog(line: &[u8]) -> Option<LineStamp> {
    let (moment, len) = stamp::rfc3164(line)?;
    Some(LineStamp { form: Form::Syslog, moment: Some(moment), len })
}

/// `févr. 24 02:43:50`, ` 1月 24 02:43:50`: read as if the month were English.
fn translated(line: &[u8]) -> Option<LineStamp> {
    let lead = usize::from(line.first() == Some(&b' '));
    let word = line.get(lead..)?.iter().take(12).position(|byte| *byte == b' ')?;
    let month = months::english(line.get(lead..lead + word)?)?;
    let clock = line.get(lead + word..)?;
    let mut english = [b' '; 3 + 23];
    let taken = clock.len().min(23);
    english.get_mut(..3)?.copy_from_slice(month.as_bytes());
    english.get_mut(3..3 + taken)?.copy_from_slice(clock.get(..taken)?);
    let (moment, len) = stamp::rfc3164(&english)?;
    Some(LineStamp { form: Form::Translated, moment: Some(moment), len: lead + word + len - 3 })
}

/// `2026-11-24T02:43:50+0100`, also `+01:00`, also with six digits of a fraction
fn iso(line: &[u8]) -> Option<LineStamp> {
    let (moment, len) = stamp::iso(line)?;
    let fits = line.get(10) == Some(&b'T') && matches!(moment.digits, 0 | 6);
    let has_offset = moment.zone != Zone::Unknown && line.get(len - 1) != Some(&b'Z');
    (fits && has_offset).then_some(LineStamp { form: Form::Iso, moment: Some(moment), len })
}

/// `Tue 2026-11-24 02:43:50 CET`, also with six digits of a fraction
fn full(line: &[u8]) -> Option<LineStamp> {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    if !DAYS.contains(&line.get(..3)?) {
        return None;
    }
    let (mut moment, len) = stamp::iso(line.get(4..)?)?;
    let zone = line.get(4 + len..)?.strip_prefix(b" ")?;
    let zone = zone.get(..zone.iter().take(8).position(|byte| *byte == b' ')?)?;
    let is_zone = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-');
    if moment.zone != Zone::Unknown || zone.is_empty() || !zone.iter().all(is_zone) {
        return None;
    }
    if let Some(offset) = zones::abbreviated(zone) {
        moment.zone = Zone::Offset(offset);
    }
    Some(LineStamp { form: Form::Full, moment: Some(moment), len: 4 + len + 1 + zone.len() })
}

/// `1795488230.001234`
fn unix(line: &[u8]) -> Option<LineStamp> {
    let text = std::str::from_utf8(line.get(..line.iter().take(24).position(|byte| *byte == b' ')?)?).ok()?;
    let (seconds, fraction) =
        text.split_once('.').filter(|(seconds, fraction)| seconds.len() >= 9 && fraction.len() == 6)?;
    let micros = digits(fraction.as_bytes())?;
    let moment = Stamp::utc(seconds.parse().ok()?, micros * 1000, 6);
    Some(LineStamp { form: Form::Unix, moment: Some(moment), len: text.len() })
}

/// `[ 3072.468141]`, `[ 3072.468141 <    0.000001 >]`
fn monotonic(line: &[u8]) -> Option<LineStamp> {
    let end = line.iter().take(64).position(|byte| *byte == b']')?;
    let since = line.get(1..end)?.trim_ascii_start();
    let (seconds, fraction) = since.split_at_checked(since.iter().position(|byte| *byte == b'.')?)?;
    digits(seconds)?;
    digits(fraction.get(1..7)?)?;
    matches!(fraction.get(7), None | Some(b' ')).then_some(LineStamp {
        form: Form::Monotonic,
        moment: None,
        len: end + 1,
    })
}

/// What precedes the message: `Nov 24 02:43:50 web01 nginx[8611]: `.
#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    stamp: LineStamp,
    host: Option<&'a [u8]>,
    /// May be empty, or hold blanks.
    identifier: &'a [u8],
    pid: Option<i64>,
    /// Bytes of all that, the blank before the message included.
    len: usize,
}

impl<'a> Head<'a> {
    /// The head of a line that others cannot have stamped in the same way.
    fn of(line: &'a [u8]) -> Option<Self> {
        Head::read(line).filter(|head| {
            let is_like_dmesg = head.stamp.form == Form::Monotonic && head.identifier != b"kernel";
            let is_level = |word: &[u8]| word.ends_with(b"DEBUG") || Level::from_name(word).is_some();
            let is_like_dnf = head.stamp.form == Form::Iso && head.host.is_some_and(is_level);
            head.pid.is_some() || !is_like_dmesg && !is_like_dnf
        })
    }

    fn read(line: &'a [u8]) -> Option<Self> {
        let stamp = stamp(line)?;
        let rest = line.get(stamp.len + 1..)?;
        let first = rest.get(..rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len()))?;
        // Without a host (`--no-hostname`) the first word is the identifier and ends in a colon.
        let (host, rest) = match first {
            [] | [.., b':'] => (None, rest),
            _ => (Some(first), rest.get(first.len() + 1..)?),
        };
        let end = memchr::memmem::find(rest, b": ").or_else(|| rest.strip_suffix(b":").map(<[u8]>::len))?;
        let (identifier, pid) = identifier(rest.get(..end)?);
        let len = line.len() - rest.len() + (end + 2).min(rest.len());
        Some(Head { stamp, host, identifier, pid, len })
    }

    /// By how much further lines are indented: by the head's length, in which `with-unit` counts the system's unit
    /// twice where that of a user follows it (`output_short`): `user@1000.service/app.service[7]: `.
    fn indent(&self) -> usize {
        self.units().map_or(self.len, |(unit, of_user)| self.len + unit.len() - of_user.len())
    }

    /// The system's unit and that of a user.
    fn units(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (unit, of_user) = self.identifier.split_at_checked(memchr::memchr(b'/', self.identifier)?)?;
        let is_pair = self.stamp.form == Form::Full && is_unit(&text(unit));
        is_pair.then(|| (unit, of_user.get(1..).unwrap_or_default()))
    }
}

/// `nginx[8611]`, `nginx`, `[8611]`
fn identifier(text: &[u8]) -> (&[u8], Option<i64>) {
    let pid = || {
        let inside = text.strip_suffix(b"]")?;
        let at = memchr::memrchr(b'[', inside)?;
        Some((inside.get(..at)?, i64::from(digits(inside.get(at + 1..)?)?)))
    };
    pid().map_or((text, None), |(name, pid)| (name, Some(pid)))
}

/// The message of a record, with its further lines, of which the indent is removed. Lines that are not indented belong
/// to something else.
fn message<'a>(record: &'a [u8], head: &Head<'_>) -> Text<'a> {
    let (end, indent) = (first_line(record).len(), head.indent());
    let first = record.get(head.len..end).unwrap_or_default();
    let first = first.strip_suffix(b"\r").unwrap_or(first);
    let mut rest = record.get(end + 1..).unwrap_or_default().split(|byte| *byte == b'\n').peekable();
    let belongs = |line: &[u8]| line.first().is_none_or(|byte| matches!(byte, b' ' | b'\r'));
    if rest.peek().is_none_or(|line| line.is_empty() || !belongs(line)) {
        return text(first);
    }
    let mut whole = text(first).into_owned();
    for line in rest.take_while(|line| belongs(line)) {
        let blanks = line.iter().take(indent).take_while(|byte| **byte == b' ').count();
        let line = line.get(blanks..).unwrap_or_default();
        whole.push('\n');
        whole.push_str(&text(line.strip_suffix(b"\r").unwrap_or(line)));
    }
    whole.into()
}

/// Whether `with-unit` put a unit in the place of the identifier: `nginx.service`.
fn is_unit(identifier: &str) -> bool {
    const KINDS: [&str; 11] = [
        ".service",
        ".scope",
        ".socket",
        ".mount",
        ".timer",
        ".slice",
        ".swap",
        ".device",
        ".target",
        ".automount",
        ".path",
    ];
    KINDS.iter().any(|kind| identifier.len() > kind.len() && identifier.ends_with(kind))
}

/// A line of `with-unit`. It does not tell the program, but pid 1 in `init.scope` is systemd, and the words in
/// `nginx.service` are read as nginx's.
fn of_unit<'a>(mut record: Record<'a>, unit: Text<'a>) -> Record<'a> {
    if unit == "init.scope" {
        record.program = Some("systemd".into());
        record.unit = Some(unit);
        return nest::nest(record);
    }
    let stem = unit.split(['@', '.']).next().unwrap_or_default().to_owned();
    record.unit = Some(unit);
    let mut record = nest_as(record, stem.clone());
    if !record.envelope.is_empty() {
        record.program = Some(stem.into());
    }
    record
}

/// `4f1d2a7b9c0e`: how docker's journald driver names a container.
fn is_container_id(identifier: &str) -> bool {
    identifier.len() == 12 && identifier.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A line of a container, whose program only its words tell.
fn of_container(record: Record<'_>) -> Record<'_> {
    let mut record = record;
    for program in ["nginx", "apache2"] {
        record = nest_as(record, program.into());
        if !record.envelope.is_empty() {
            break;
        }
    }
    record
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_488_230; // 2026-11-24T02:43:50Z

    #[test]
    fn stamps_of_all_forms() {
        let line = |start: &str| {
            Short::Any.parse(format!("{start} web01 nginx[8611]: text").as_bytes()).map(|record| nest::owned(&record))
        };
        for (why, start, civil_s, nanos, zone) in [
            ("short-iso", "2026-11-24T02:43:50+0100", AT, 0, Zone::Offset(3600)),
            ("short-iso since 255", "2026-11-24T02:43:50+01:00", AT, 0, Zone::Offset(3600)),
            ("short-iso-precise", "2026-11-24T02:43:50.001234-0330", AT, 1_234_000, Zone::Offset(-12_600)),
            ("short-full", "Tue 2026-11-24 02:43:50 CET", AT, 0, Zone::Offset(3600)),
            ("short-full, ambiguous", "Tue 2026-11-24 02:43:50 CST", AT, 0, Zone::Unknown),
            ("short-full, number", "Tue 2026-11-24 02:43:50 +0530", AT, 0, Zone::Offset(19_800)),
            ("short-unix", "1795488230.001234", AT, 1_234_000, Zone::Offset(0)),
        ] {
            let record = line(start).unwrap_or_else(|| unreachable!("{why}"));
            let stamp = record.stamp.unwrap();
            assert_eq!((stamp.civil_s, stamp.nanos, stamp.zone), (civil_s, nanos, zone), "{why}");
            assert_eq!(
                (record.host.as_deref(), record.program.as_deref(), record.pid),
                (Some("web01"), Some("nginx"), Some(8611))
            );
        }
        for (why, start, month, nanos) in [
            ("short", "Nov 24 02:43:50", 11, 0),
            ("syslog's blank", "Nov  4 02:43:50", 11, 0),
            ("short-precise", "Nov 24 02:43:50.001234", 11, 1_234_000),
            ("German", "Mär 24 02:43:50", 3, 0),
            ("German, three letters", "Dez 24 02:43:50", 12, 0),
            ("French", "févr. 24 02:43:50", 2, 0),
            ("French, precise", "juil. 24 02:43:50.001234", 7, 1_234_000),
            ("Japanese", " 1月 24 02:43:50", 1, 0),
        ] {
            let stamp = line(start).unwrap_or_else(|| unreachable!("{why}")).stamp.unwrap();
            assert!(!stamp.has_year, "{why}");
            let days = stamp.civil_s.div_euclid(86_400);
            let first = stamp::days_from_civil(stamp::YEARLESS, month, 1);
            assert!((first..first + 31).contains(&days), "{why}");
            assert_eq!(stamp.nanos, nanos, "{why}");
        }
        for start in [
            "[ 3072.468141]",
            "[ 3072.468141                ]",
            "[ 3072.468141 <    0.001000 >]",
            "[13072.468141 <    0.001000*>]",
        ] {
            assert_eq!(line(start).map(|record| record.stamp), Some(None), "{start}");
        }
    }

    #[test]
    fn heads() {
        let at = "Nov 24 02:43:50";
        for (why, rest, host, identifier, pid) in [
            ("usual", "web01 nginx[8611]: text", Some("web01"), "nginx", Some(8611)),
            ("no pid", "web01 kernel: text", Some("web01"), "kernel", None),
            ("no host", "nginx[8611]: text", None, "nginx", Some(8611)),
            ("neither", "nginx: text", None, "nginx", None),
            ("blanks", "web01 app name[77]: text", Some("web01"), "app name", Some(77)),
            ("empty", "web01 [8613]: text", Some("web01"), "", Some(8613)),
            ("a bracket", "web01 gdm-password][587]: text", Some("web01"), "gdm-password]", Some(587)),
            ("no message", "web01 app[8613]: ", Some("web01"), "app", Some(8613)),
            ("no message, cut", "web01 app[8613]:", Some("web01"), "app", Some(8613)),
        ] {
            let line = format!("{at} {rest}");
            let head = Head::of(line.as_bytes()).unwrap_or_else(|| unreachable!("{why}"));
            let got = (head.host, head.identifier, head.pid);
            assert_eq!(got, (host.map(str::as_bytes), identifier.as_bytes(), pid), "{why}");
            assert!(matches!(line.get(head.len..), Some("text" | "")), "{why}");
        }
    }

    #[test]
    fn messages_of_several_lines() {
        for (why, record, message) in [
            ("two", "Nov 24 02:43:50 web01 app[7]: two\n                              lines", "two\nlines"),
            ("more blanks", "Nov 24 02:43:50 web01 app[7]: a\n                                b", "a\n  b"),
            ("an empty one", "Nov 24 02:43:50 web01 app[7]: a\n\n                              b", "a"),
            ("not indented", "Nov 24 02:43:50 web01 app[7]: a\nb", "a"),
            ("blanks at the beginning", "Nov 24 02:43:50 web01 app[7]:    a", "   a"),
            (
                "units of system and user",
                "Tue 2026-11-24 02:43:50 CET web01 user@1000.service/a.service[7]: a\n                                                                          b",
                "a\nb",
            ),
            ("none", "Nov 24 02:43:50 web01 app[7]: ", ""),
        ] {
            assert_eq!(Short::Any.parse(record.as_bytes()).unwrap().message(), message, "{why}");
        }
    }

    #[test]
    fn units_in_place_of_programs() {
        let record = Short::Any.parse(b"Tue 2026-11-24 03:19:36 CET web01 ssh.service[60]: Server listening").unwrap();
        assert_eq!((record.unit.as_deref(), record.program), (Some("ssh.service"), None));
        let record = Short::Any.parse(b"Tue 2026-11-24 03:19:36 CET web01 init.scope[1]: Starting x").unwrap();
        assert_eq!((record.unit.as_deref(), record.program.as_deref()), (Some("init.scope"), Some("systemd")));
        let record = Short::Any.parse(b"Tue 2026-11-24 03:19:36 CET web01 user@1000.service/a.service[1]: x").unwrap();
        assert_eq!(record.unit.as_deref(), Some("user@1000.service"));
        let record = Short::Any.parse(b"Tue 2026-11-24 03:19:36 CET web01 unknown[1]: x").unwrap();
        assert_eq!((record.unit, record.program), (None, None));
    }

    #[test]
    fn marks() {
        let before = b"Nov 24 02:43:50 web01 app[7]: two".as_slice();
        for (why, line, shown) in [
            ("a boot", "-- Boot 7a4a2967006a45b2b46ecf3a1211e901 --", true),
            ("a day with a zero", "Nov 05 02:43:50 web01 app[7]: x", true),
            ("a fraction", "Nov 24 02:43:50.001234 web01 app[7]: x", true),
            ("another language", "déc. 24 02:43:50 web01 app[7]: x", true),
            ("an offset without colon", "2026-11-24T02:43:50+0100 web01 app[7]: x", true),
            ("a weekday", "Tue 2026-11-24 02:43:50 CET web01 app[7]: x", true),
            ("a further line", "                              lines", true),
            ("a line indented less", "    lines", false),
            ("syslog", "Nov 24 02:43:50 web01 app[7]: x", false),
            ("syslog's day", "Nov  5 02:43:50 web01 app[7]: x", false),
            ("rsyslog", "2026-11-24T02:43:50.001234+01:00 web01 app[7]: x", false),
            ("dmesg", "[    0.000000] Linux version 5.10: x", false),
        ] {
            assert_eq!(shows_marks(before, line.as_bytes()), shown, "{why}");
        }
    }

    #[test]
    fn lines_between_entries() {
        for line in [
            "-- Boot 7a4a2967006a45b2b46ecf3a1211e901 --",
            "-- Reboot --",
            "-- Journal begins at Mon 2021-03-01 10:00:00 CET, ends at Mon 2021-03-01 11:00:00 CET. --",
            "-- Logs begin at Tue 2026-11-24 02:43:49 UTC, end at Tue 2026-11-24 02:43:56 UTC. --",
            "-- No entries --",
            "-- cursor: s=781577724c1240c3b90f6a04b9febcdb;i=21",
            "░░ Subject: A start job for unit nginx.service has failed",
            "Hint: You are currently not seeing messages from other users and the system.",
        ] {
            assert!(is_separator(line.as_bytes()) && Short::Any.parse(line.as_bytes()).is_none(), "{line}");
        }
        assert!(!is_separator(b"Nov 24 02:43:50 web01 app[7]: -- x --"));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("docker's events", "2026-11-24T02:40:57.250947143Z image tag x (name=shop/web:1.4)"),
            ("no such day", "Feb 30 02:43:50 web01 app[7]: x"),
            ("cut off", "Nov 24 02:43:50 web01 app[7"),
            ("dmesg", "[    0.000000] Linux version 5.10.0: x"),
            ("dnf", "2026-11-24T02:43:50+0100 SUBDEBUG Upgrade: nginx-1:1.20"),
            ("dnf, more", "2026-11-24T02:43:50+0100 INFO Upgrade: nginx-1:1.20"),
            ("nginx", "2026/11/24 02:43:50 [emerg] 8976#8976: still could not bind()"),
            ("Apache", "[Tue Nov 24 02:43:50.123456 2026] [core:error] [pid 1] x"),
            ("Squid", "1286536308.779    180 192.168.0.1 TCP_MISS/200 411 GET http://x: - DIRECT"),
            ("a word in place of the month", "Foo 24 02:43:50 web01 app[7]: x"),
            ("nothing", ""),
        ] {
            assert!(Short::Any.parse(line.as_bytes()).is_none(), "{why}");
        }
    }

    #[test]
    fn reads_its_samples() {
        for sample in Short::Any.samples() {
            let line = sample.as_bytes();
            assert!(Short::Any.is_start(b"", line) && Short::Any.parse(line).is_some(), "{sample}");
        }
        let without_pid = b"[ 3404.556652] web01 su: text";
        let program =
            |format: Short| format.parse(without_pid).and_then(|record| record.program.map(|name| name.into_owned()));
        assert_eq!((program(Short::Any), program(Short::Monotonic).as_deref()), (None, Some("su")));
        assert!(is_monotonic(b"[    5.006217] web01 app[7]: x") && !is_monotonic(b"[    5.006217] web01 app: x"));
        assert!(!is_monotonic(b"[    5.006217] systemd[1]: x"));
    }
}
