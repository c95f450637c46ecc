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
//! those of the reader's locale. `short` differs from syslog's files only by a few marks ([`marks`]).

use super::entry::{nest_as, without_path};
use super::{months, zones};
use crate::format::stamp::{self, digits};
use crate::format::{Format, Level, Record, Stamp, Text, Zone, nest, tag, text};

const NAME: &str = "journald-short";

/// `journalctl -o short`, and all forms of its kind: those of one likeness, so that a file can hold journalctl's lines
/// beside those of a syslog daemon.
pub struct Short(pub Likeness);

/// The forms by what else writes lines that look so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Only journalctl does.
    Own,
    /// The same in a file of `short-monotonic`: there lines without a pid, which could be `dmesg`'s, are its own too.
    Monotonic,
    /// Syslog daemons do: `Nov 24 02:43:50`.
    Rfc3164,
    /// rsyslog does: `2026-11-24T02:43:50+01:00`.
    Iso,
}

impl Format for Short {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let own = if self.0 == Likeness::Monotonic { Likeness::Own } else { self.0 };
        likeness(line) == Some(own)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let line = first_line(record);
        let head = match self.0 {
            Likeness::Monotonic => Head::read(line).filter(|head| head.stamp.form == Form::Monotonic),
            _ => None,
        };
        head.or_else(|| Head::of(line)).map(|head| entry(record, head))
    }

    fn samples(&self) -> &'static [&'static str] {
        match self.0 {
            Likeness::Own | Likeness::Monotonic => &[
                "Tue 2026-11-24 03:43:50 CET web01 CRON[8601]: (root) CMD (run-parts --report /etc/cron.hourly)",
                "Tue 2026-11-24 03:21:56 CET web01 init.scope[1]: nginx.service: Failed with result 'exit-code'.",
                "1795488235.599420 web01 shop[9379]: priority 0",
                "[ 3404.556651] web01 systemd-journald[8443]: Journal started",
                "janv. 03 23:59:07 web01 systemd-journald[8443]: Journal started",
                "2026-11-24T02:43:50+0100 web01 nginx[8611]: text",
            ],
            // No line of its own: the lines around tell who wrote it.
            Likeness::Rfc3164 | Likeness::Iso => &[],
        }
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
    let mut entry = Record::new(NAME);
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

/// Which lines are journalctl's, by `line`, whose neighbours are `previous` and `next`: those like it, if it has a day
/// `05`, a fraction of six digits or a month of another language, or stands between entries, heads those of `systemctl
/// status`, or is indented as far as the message before it.
pub fn marks(previous: &[u8], line: &[u8], next: &[u8]) -> Option<Likeness> {
    if is_status(line) {
        return Some(Likeness::Rfc3164);
    }
    if is_separator(line) {
        return likeness(next).or_else(|| likeness(previous));
    }
    let Some(found) = stamp(line) else { return likeness(previous).filter(|_| continues(previous, line)) };
    let is_marked = match found.form {
        Form::Syslog => line.get(4) == Some(&b'0') || found.moment.is_some_and(|moment| moment.digits == 6),
        Form::Translated => Head::of(line).is_some(),
        _ => false,
    };
    is_marked.then_some(Likeness::Rfc3164)
}

/// What else writes stamps like that of the line.
fn likeness(line: &[u8]) -> Option<Likeness> {
    let found = stamp(line)?;
    let has_colon = || found.len.checked_sub(3).and_then(|at| line.get(at)) == Some(&b':');
    Some(match found.form {
        // busybox puts `daemon.info` between host and tag.
        Form::Syslog if tag::has_words(line.get(found.len + 1..)?) => return None,
        Form::Syslog => Likeness::Rfc3164,
        Form::Iso if has_colon() => Likeness::Iso,
        _ => Likeness::Own,
    })
}

/// `● nginx.service - A high performance web server`: `systemctl status`, which ends in lines of the journal.
pub fn is_status(line: &[u8]) -> bool {
    ["● ", "○ ", "× ", "↻ ", "* "].iter().any(|dot| {
        let unit = line.strip_prefix(dot.as_bytes()).and_then(|rest| rest.split(|byte| *byte == b' ').next());
        unit.and_then(|unit| std::str::from_utf8(unit).ok()).is_some_and(is_unit)
    })
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
#[path = "short/tests.rs"]
mod tests;
