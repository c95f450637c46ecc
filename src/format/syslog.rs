//! Syslog's envelopes, as daemons write them to files and senders put them on the wire.
//!
//! ```text
//! Nov 24 02:33:56 web01 nginx[77]: text                                  RFC 3164, most files
//! 2026-11-24T02:33:56.485104+01:00 web01 nginx[77]: text                 rsyslog's RSYSLOG_FileFormat
//! <134>1 2026-11-24T02:33:56.485104+01:00 web01 nginx 77 - - text        RFC 5424
//! ```
//!
//! The grammar is that of rsyslog's `tools/pmrfc3164.c` and `runtime/datetime.c`, with the habits of busybox, macOS,
//! OpenWrt and Cisco. A file mostly lacks `<PRI>`, and with it the level; RFC 3164 has neither year nor zone. The host
//! may be missing, and HAProxy (`log … format iso|timed`) leaves out the tag as well. Lines that begin with no
//! stamp continue the message before them. What the program inside wrote is read by [`super::nest`].

use super::tag::{Sender, number, pri, rest_of_word, sender, without_path};
use super::{Format, Level, Record, Stamp, Text, Value, nest, stamp, text};

/// `[<PRI>]Mon dd HH:MM:SS HOST TAG[PID]: MSG`
pub struct Rfc3164;

impl Format for Rfc3164 {
    fn name(&self) -> &'static str {
        "syslog-rfc3164"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        bsd_stamp(pri(line).1).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (level, rest) = pri(record);
        let (stamp, rest) = bsd_stamp(rest)?;
        let sender = sender(rest);
        // Others begin lines with the stamp of logread as well: vsftpd, clamd, changelogs. It gives the level.
        let is_logread = stamp.has_year && record.get(3) == Some(&b' ') && record.get(7) == Some(&b' ');
        (!is_logread || sender.level.is_some()).then(|| build(self.name(), stamp, level, &sender))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "Nov 24 02:50:08 web01 systemd[1]: Started nginx.service - A high performance web server.",
            "Nov  5 06:07:08 web01 app: no pid",
            "<187>Nov 24 03:21:54 nginx: 2026/11/24 03:21:54 [error] 1538#1538: *121 access forbidden by rule",
            "Nov  5 03:00:05 web01 user.notice app[5]: two lines",
            "Mar 11 09:39:39: --- last message repeated 5 times ---",
        ]
    }
}

/// `[<PRI>]YYYY-MM-DDTHH:MM:SS[.f…](Z|±hh:mm) HOST TAG[PID]: MSG`
pub struct Iso;

impl Format for Iso {
    fn name(&self) -> &'static str {
        "syslog-iso"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        iso_stamp(pri(line).1).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (level, rest) = pri(record);
        let (stamp, offset, rest) = iso_stamp(rest)?;
        let sender = sender(rest);
        if !sender.has_tag && sender.level.is_none() && may_lack_sender(&stamp, offset) {
            // HAProxy writes no sender at all: its text begins where the host would be.
            let whole = Sender { message: rest, ..Sender::default() };
            let record = build(self.name(), stamp, level, &whole);
            if record.format != self.name() {
                return Some(record);
            }
        }
        is_syslog(&stamp, offset, &sender).then_some(())?;
        let record = build(self.name(), stamp, level, &sender);
        // Whole seconds in `Z` before a word with a colon: notes of people look so, too.
        let is_bare = offset == Offset::Letter && stamp.digits == 0 && record.pid.is_none() && record.level.is_none();
        (!is_bare || record.format != self.name()).then_some(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026-11-05T06:07:08+00:00 web01 app[123]: plain text",
            "2026-11-24T03:41:24.961468+01:00 web01 cron[55]: (CRON) INFO (pidfile fd = 3)",
            "2024-11-05T06:07:08.000003-07:00 192.0.2.1 myproc[8710] %% It is time to make the do-nuts.",
            "<13>2026-11-24T02:50:08.232236+00:00 web01 root: logger without pid",
        ]
    }
}

/// `[LEN ]<PRI>1 TIME HOST APP PROCID MSGID SD[ MSG]`
pub struct Rfc5424;

impl Format for Rfc5424 {
    fn name(&self) -> &'static str {
        "syslog-rfc5424"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        version(line).is_some_and(|(_, rest)| rest.starts_with(b"- ") || stamp::iso(rest).is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (level, rest) = version(record)?;
        let (envelope, message) = rfc5424(Some(level), rest)?;
        Some(finish(envelope, message))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "<13>1 2026-11-05T06:07:08+00:00 web01 app 123 - -  plain text",
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] An application event log entry...",
            "<30>1 2026-11-24T02:50:08.212076+00:00 web01 systemd 1 - -  via socket",
        ]
    }
}

/// `TIME HOST APP PROCID MSGID SD[ MSG]`: the envelope, and the message.
fn rfc5424(level: Option<Level>, rest: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (time, rest) = word(rest)?;
    let (host, rest) = word(rest)?;
    let (program, rest) = word(rest)?;
    let (process, rest) = word(rest)?;
    let (id, rest) = word(rest)?;
    let stamp = match present(time) {
        Some(time) => Some(stamp::iso(time).filter(|(_, taken)| *taken == time.len())?.0),
        None => None,
    };
    let pid = present(process).and_then(number);
    let mut envelope = Record { stamp, level, pid, ..Record::new(Rfc5424.name()) };
    envelope.host = present(host).map(text);
    envelope.program = present(program).map(|name| text(without_path(name)));
    if let Some(process) = present(process).filter(|_| pid.is_none()) {
        envelope.fields.push(("PROCID".into(), Value::Text(text(process))));
    }
    if let Some(id) = present(id) {
        envelope.fields.push(("MSGID".into(), Value::Text(text(id))));
    }
    let rest = structured_data(rest, &mut envelope)?;
    let message = rest.strip_prefix(b" ").unwrap_or(rest);
    Some((envelope, message.strip_prefix("\u{feff}".as_bytes()).unwrap_or(message)))
}

/// The record of an envelope, or of the line inside it.
fn build<'a>(format: &'static str, stamp: Stamp, level: Option<Level>, sender: &Sender<'a>) -> Record<'a> {
    finish(envelope(format, stamp, level, sender), sender.message)
}

fn envelope<'a>(format: &'static str, stamp: Stamp, level: Option<Level>, sender: &Sender<'a>) -> Record<'a> {
    Record {
        stamp: Some(stamp),
        level: level.or(sender.level),
        host: sender.host.and_then(present).map(text),
        program: sender.program.map(text),
        pid: sender.pid,
        ..Record::new(format)
    }
}

/// The record of an envelope, or of what is inside: the header that a relay found before the message and did not
/// understand, or the line of a program.
fn finish<'a>(envelope: Record<'a>, message: &'a [u8]) -> Record<'a> {
    match relayed(message).filter(|_| envelope.program.is_none()) {
        Some((inner, message)) => nest::join(envelope, of_program(inner, message)),
        None => of_program(envelope, message),
    }
}

/// `<134>Nov 24 02:33:55 web01 app[7]: text`, `1 2026-11-24T02:33:55Z web01 app 7 - - text` as a message of its own. Only
/// a tag shows that it is such a header.
fn relayed(message: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (level, rest) = pri(message);
    if let Some(rest) = rest.strip_prefix(b"1 ").filter(|rest| stamp::iso(rest).is_some()) {
        return rfc5424(level, rest);
    }
    let (format, stamp, rest) = match bsd_stamp(rest) {
        Some((stamp, rest)) => (Rfc3164.name(), stamp, rest),
        None => iso_stamp(rest).map(|(stamp, _, rest)| (Iso.name(), stamp, rest))?,
    };
    let sender = sender(rest);
    sender.has_tag.then(|| (envelope(format, stamp, level, &sender), sender.message))
}

/// Reads the message with the format of its program. Blanks before it, which rsyslog adds to RFC 5424's, do not hide
/// a line from its program, but belong to a message that no program claims.
fn of_program<'a>(mut envelope: Record<'a>, message: &'a [u8]) -> Record<'a> {
    let format = envelope.format;
    let indented = message.starts_with(b" ");
    envelope.message = Some(text(message.trim_ascii_start()));
    let mut record = nest::nest(envelope);
    if indented && record.format == format {
        record.message = Some(text(message));
    }
    record
}

/// Whether a line with a stamp in front of host and tag is syslog's. Containers' and programs' own logs begin with
/// such stamps too, mostly in `Z` or with nine digits; a level or a stream stands where syslog has the host.
fn is_syslog(stamp: &Stamp, offset: Offset, sender: &Sender<'_>) -> bool {
    const OBJECTS: &[&[u8]] = &[
        b"container",
        b"image",
        b"network",
        b"volume",
        b"plugin",
        b"daemon",
        b"service",
        b"node",
        b"secret",
        b"config",
        b"builder",
        b"pod",
    ];
    let is_of_docker = |host: &[u8]| stamp.digits > 6 && OBJECTS.contains(&host);
    match sender.host {
        Some(host) if is_of_docker(host) || matches!(host, b"stdout" | b"stderr") => false,
        Some(_) if sender.has_tag || sender.level.is_some() => true,
        Some(host) => may_lack_sender(stamp, offset) && !host.iter().all(u8::is_ascii_digit),
        None => sender.pid.is_some() || sender.level.is_some() || sender.is_repeat(),
    }
}

/// Whether rsyslog or HAProxy may have written the stamp, which write the offset in digits and no nanoseconds.
fn may_lack_sender(stamp: &Stamp, offset: Offset) -> bool {
    offset == Offset::Digits && stamp.digits <= 6
}

/// A stamp of RFC 3164 and what follows it, without the blank. Besides the standard's `Nov  5 06:07:08` those that
/// rsyslog reads: `Nov  5 2024 06:07:08`, `2024 Nov  5 06:07:08`, `*Nov  5 2024 06:07:08.123:` of Cisco; and
/// `Tue Nov 24 03:00:02 2026` of OpenWrt's logread.
fn bsd_stamp(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, rest) = match line {
        [b'A'..=b'Z', ..] => plain_stamp(line).or_else(|| year_inside(line)).or_else(|| year_behind(line))?,
        [b'0'..=b'9', ..] => year_before(line)?,
        [b'*' | b'.', line @ ..] => plain_stamp(line).or_else(|| year_inside(line))?,
        _ => return None,
    };
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    if rest.is_empty() { Some((stamp, rest)) } else { rest.strip_prefix(b" ").map(|rest| (stamp, rest)) }
}

/// `Nov  5 06:07:08.123`
fn plain_stamp(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, taken) = stamp::rfc3164(text)?;
    Some((stamp, text.get(taken..)?))
}

/// `Nov  5 2024 06:07:08`
fn year_inside(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let year = stamp::digits(text.get(7..11)?)?;
    // The same without the year; a fraction has nine digits at most.
    let mut plain = [b' '; 26];
    plain.get_mut(..7)?.copy_from_slice(text.get(..7)?);
    let clock = text.get(12..)?.iter().take(19).enumerate();
    clock.for_each(|(index, byte)| plain[7 + index] = *byte);
    let (stamp, taken) = stamp::rfc3164(&plain).filter(|_| text.get(11) == Some(&b' '))?;
    Some((in_year(&stamp, year)?, text.get(taken + 5..)?))
}

/// `2024 Nov  5 06:07:08`
fn year_before(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let year = stamp::digits(text.get(..4)?)?;
    let (stamp, rest) = plain_stamp(text.get(4..)?.strip_prefix(b" ")?)?;
    Some((in_year(&stamp, year)?, rest))
}

/// `Tue Nov 24 03:00:02 2026`
fn year_behind(text: &[u8]) -> Option<(Stamp, &[u8])> {
    const WEEKDAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    WEEKDAYS.contains(&text.get(..3)?).then_some(())?;
    let (stamp, rest) = plain_stamp(text.get(3..)?.strip_prefix(b" ")?)?;
    let rest = rest.strip_prefix(b" ")?;
    let year = stamp::digits(rest.get(..4)?)?;
    Some((in_year(&stamp, year)?, rest.get(4..)?))
}

/// The stamp in its year, if that has such a day.
fn in_year(stamp: &Stamp, year: u32) -> Option<Stamp> {
    let dated = stamp.in_year(i32::try_from(year).ok()?);
    (dated.in_year(stamp::YEARLESS).civil_s == stamp.civil_s).then_some(dated)
}

/// How a stamp writes its offset.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offset {
    /// `Z`
    Letter,
    /// `+01:00`
    Digits,
}

/// `2026-11-24T02:33:56.485104+01:00` or `…Z`, and what follows it, without the blank. An offset without colon is
/// journalctl's, and a stamp without offset nobody's.
fn iso_stamp(line: &[u8]) -> Option<(Stamp, Offset, &[u8])> {
    let (b'T' | b't') = line.get(10)? else { return None };
    let (stamp, taken) = stamp::iso(line)?;
    let (written, rest) = line.split_at_checked(taken)?;
    let offset = match written {
        [.., b'Z' | b'z'] => Offset::Letter,
        [.., b'+' | b'-', _, _, b':', _, _] => Offset::Digits,
        _ => return None,
    };
    rest.strip_prefix(b" ").map(|rest| (stamp, offset, rest))
}

/// `[LEN ]<PRI>1 `: the level and what follows.
fn version(line: &[u8]) -> Option<(Level, &[u8])> {
    let (level, rest) = pri(line);
    Some((level?, rest.strip_prefix(b"1 ")?))
}

/// A word and what follows the blank behind it.
fn word(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = rest_of_word(input);
    (!word.is_empty()).then(|| (word, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// `-` stands for an absent value.
fn present(word: &[u8]) -> Option<&[u8]> {
    (word != b"-").then_some(word)
}

/// `[id name="value" …]…` or `-`, into fields `id.name`; gives what follows.
fn structured_data<'a>(input: &'a [u8], envelope: &mut Record<'a>) -> Option<&'a [u8]> {
    if let Some(rest) = input.strip_prefix(b"-") {
        return (rest.is_empty() || rest.starts_with(b" ")).then_some(rest);
    }
    let mut rest = input;
    while let Some(element) = rest.strip_prefix(b"[") {
        let end = element.iter().position(|byte| matches!(byte, b' ' | b']'))?;
        let (id, mut params) = element.split_at_checked(end)?;
        while let Some(param) = params.strip_prefix(b" ") {
            let equals = memchr::memchr(b'=', param)?;
            let name = param.get(..equals)?;
            let (value, after) = quoted(param.get(equals + 1..)?)?;
            envelope.fields.push((format!("{}.{}", text(id), text(name)).into(), Value::Text(value)));
            params = after;
        }
        rest = params.strip_prefix(b"]")?;
    }
    (rest.len() < input.len()).then_some(rest)
}

/// `"a \"quoted\" value"`, with `\"`, `\\` and `\]` for these characters, and what follows it.
fn quoted(input: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let inner = input.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        match inner.get(at)? {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    let (value, rest) = (inner.get(..at)?, inner.get(at + 1..)?);
    if !value.contains(&b'\\') {
        return Some((text(value), rest));
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut bytes = value.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = bytes.next_if(|next| byte == b'\\' && matches!(next, b'"' | b'\\' | b']'));
        plain.push(escaped.unwrap_or(byte));
    }
    Some((text(&plain).into_owned().into(), rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::Zone;

    const ALL: [&dyn Format; 3] = [&Rfc3164, &Iso, &Rfc5424];

    #[test]
    fn reads_its_samples_and_no_others() {
        for format in ALL {
            for line in format.samples() {
                for other in ALL {
                    let reads = other.is_start(b"", line.as_bytes()) && other.parse(line.as_bytes()).is_some();
                    assert_eq!(reads, other.name() == format.name(), "{} reads {line}", other.name());
                }
            }
        }
    }

    #[test]
    fn reads_stamps_as_they_are_written() {
        let text = |line: &str, year: Option<i32>| {
            let stamp = Rfc3164.parse(line.as_bytes())?.stamp?;
            let at = chrono::DateTime::from_timestamp(stamp.civil_s, stamp.nanos)?;
            (stamp.has_year == year.is_some()).then(|| at.format("%Y-%m-%d %H:%M:%S%.f").to_string())
        };
        for (line, year, expected) in [
            ("Nov  5 06:07:08 web01 a: x", None, "2000-11-05 06:07:08"),
            ("Nov 05 06:07:08 web01 a: x", None, "2000-11-05 06:07:08"),
            ("Nov  5 06:07:08.123 web01 a: x", None, "2000-11-05 06:07:08.123"),
            ("Nov  5 06:07:08: web01 a: x", None, "2000-11-05 06:07:08"),
            ("Feb 29 06:07:08 web01 a: x", None, "2000-02-29 06:07:08"),
            ("Nov  5 2024 06:07:08 web01 a: x", Some(2024), "2024-11-05 06:07:08"),
            ("Nov  5 2024 06:07:08.5 web01 a: x", Some(2024), "2024-11-05 06:07:08.500"),
            ("2024 Nov  5 06:07:08 web01 a: x", Some(2024), "2024-11-05 06:07:08"),
            ("*Nov  5 2024 06:07:08.123: %SYS-5-CONFIG_I: x", Some(2024), "2024-11-05 06:07:08.123"),
            (".Nov  5 06:07:08: %LINK-3-UPDOWN: x", None, "2000-11-05 06:07:08"),
            ("Tue Nov 24 03:00:02 2026 daemon.info dnsmasq[1]: x", Some(2026), "2026-11-24 03:00:02"),
            ("<13>Nov  5 06:07:08 web01 a: x", None, "2000-11-05 06:07:08"),
        ] {
            assert_eq!(text(line, year).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("no such day", "Feb 30 06:07:08 web01 a: x"),
            ("no such day in that year", "Feb 29 2023 06:07:08 web01 a: x"),
            ("no such hour", "Nov  5 24:07:08 web01 a: x"),
            ("another language", "août  5 06:07:08 web01 a: x"),
            ("no blank behind the stamp", "Nov  5 06:07:08web01 a: x"),
            ("journalctl's short-iso", "2026-11-24T02:33:56+0100 web01 a: x"),
            ("no offset", "2026-11-24T02:33:56 web01 a: x"),
            ("a blank for T", "2026-11-24 02:33:56+01:00 web01 a: x"),
            ("CRI", "2026-11-24T02:33:56.123456789+01:00 stdout F a[5]: x"),
            ("docker events", "2026-11-24T02:33:56.123456789+01:00 container health_status: healthy 5ab0 (name=web)"),
            ("docker logs -t", "2026-11-24T02:33:56.123456789Z nginx: [emerg] bind() to 0.0.0.0:80 failed"),
            ("a program's own log", "2026-11-24T02:33:56.123Z INFO main: started"),
            ("MySQL", "2026-11-24T02:33:56.123456Z 0 [System] [MY-010116] [Server] mysqld: ready"),
            ("MySQL in local time", "2026-11-24T02:33:56.123456+01:00 0 [System] [MY-010116] [Server] mysqld: ready"),
            ("dnf", "2019-03-23T16:46:43Z SUBDEBUG Installed: nginx-1:1.20.1-14.el9.x86_64"),
            ("no structured data", "<13>1 2026-11-05T06:07:08Z web01 app 123 - x"),
            ("an open element", "<13>1 2026-11-05T06:07:08Z web01 app 123 - [a b=\"c\" x"),
            ("an open value", "<13>1 2026-11-05T06:07:08Z web01 app 123 - [a b=\"c\\"),
            ("cut off", "<13>1 2026-11-05T06:07:08Z web01"),
            ("a number too large", "<999>Nov  5 06:07:08 web01 a: x"),
            ("a priority alone", "<13>"),
            ("a priority and no stamp", "<134>1.2.3.4:5 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0/3/4 200 1"),
            ("docker logs -t of HAProxy", "2026-11-24T02:33:56.123456789Z 1.2.3.4:5 [24/Nov/2026:02:33:56.101] www x"),
            ("nothing", ""),
        ] {
            for format in ALL {
                let reads = format.is_start(b"", line.as_bytes()) && format.parse(line.as_bytes()).is_some();
                assert!(!reads, "{why}: {}", format.name());
            }
        }
    }

    #[test]
    fn a_line_without_tag_is_syslogs_where_the_offset_has_digits() {
        for (line, expected) in [
            ("2026-11-24T02:33:56.485104+01:00 web01 this is debug", Some((Some("web01"), "this is debug"))),
            ("2026-11-24T02:33:56+00:00 last message repeated 3 times", Some((None, "last message repeated 3 times"))),
            ("2026-11-24T02:33:56.485104Z web01 this is debug", None),
        ] {
            let record = Iso.parse(line.as_bytes());
            assert_eq!(record.as_ref().map(|record| (record.host.as_deref(), record.message())), expected, "{line}");
        }
    }

    #[test]
    fn reads_structured_data() {
        let line = "42 <165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 /opt/proc main ID47 \
                    [x@1 a=\"1\" b=\"q\\\"\\\\\\]\\n\"][y] \u{feff}%% It's";
        let record = Rfc5424.parse(line.as_bytes()).unwrap();
        assert_eq!((record.program.as_deref(), record.pid, record.level), (Some("proc"), None, Some(Level::Notice)));
        for (name, expected) in [("PROCID", "main"), ("MSGID", "ID47"), ("x@1.a", "1"), ("x@1.b", "q\"\\]\\n")] {
            assert_eq!(record.text_field(name), Some(expected), "{name}");
        }
        assert_eq!(record.message(), "%% It's");
    }

    #[test]
    fn a_blank_before_the_text_belongs_to_the_message_but_hides_no_program() {
        let line = "<30>1 2026-11-15T06:07:08+00:00 web01 systemd 1 - -  Started nginx.service - x";
        let record = Rfc5424.parse(line.as_bytes()).unwrap();
        assert_eq!((record.format, record.text_field("UNIT")), ("systemd", Some("nginx.service")));
        let line = "<30>1 2026-11-15T06:07:08+00:00 - - - - -  text";
        assert_eq!(Rfc5424.parse(line.as_bytes()).unwrap().message(), " text");
    }

    #[test]
    fn a_relay_may_put_a_header_before_another() {
        for (line, program, formats, message) in [
            (
                "Nov 24 02:33:56 relay Nov 24 02:33:55 web01 app[7]: x",
                Some("app"),
                vec!["syslog-rfc3164", "syslog-rfc3164"],
                "x",
            ),
            (
                "Nov 24 02:33:56 relay <11>Nov 24 02:33:55 web01 cron[7]: (root) RELOAD (crontabs/root)",
                Some("cron"),
                vec!["syslog-rfc3164", "syslog-rfc3164", "cron"],
                "(root) RELOAD (crontabs/root)",
            ),
            (
                "Nov 24 02:33:56 relay 1 2026-11-24T02:33:55.003Z web01 app 7 - - x",
                Some("app"),
                vec!["syslog-rfc3164", "syslog-rfc5424"],
                "x",
            ),
            ("Nov 24 02:33:56 relay Nov 24 02:33:55 x", None, vec!["syslog-rfc3164"], "Nov 24 02:33:55 x"),
        ] {
            let record = Rfc3164.parse(line.as_bytes()).unwrap();
            assert_eq!((record.host.as_deref(), record.program.as_deref()), (Some("relay"), program), "{line}");
            assert_eq!([record.envelope.clone(), vec![record.format]].concat(), formats, "{line}");
            assert_eq!(record.message(), message, "{line}");
        }
    }

    #[test]
    fn haproxy_writes_no_sender() {
        let line = "<6>2026-11-24T03:41:50.200834+01:00 ::1:49726 [24/Nov/2026:03:41:49.490] www web/s1 0/0/0/-1/710 \
                    504 198 - - sHNN 1/1/0/0/0 0/0 \"GET /slow HTTP/1.1\"";
        let record = Iso.parse(line.as_bytes()).unwrap();
        let stamp = Stamp { zone: Zone::Offset(3600), ..stamp::haproxy(b"24/Nov/2026:03:41:49.490").unwrap() };
        assert_eq!((record.format, record.host, record.level), ("haproxy-http", None, Some(Level::Info)));
        assert_eq!((record.stamp, record.envelope), (Some(stamp), vec!["syslog-iso"]));
    }

    proptest! {
        #[test]
        fn what_is_no_start_is_no_record(head in 0usize..6, tail in "[-<>0-9A-Za-z:.\\[\\]\"= ]{0,60}") {
            let heads = ["", "<13>", "<13>1 ", "Nov  5 06:07:08", "2026-11-24T03:41:50+01:00 ", "<13>1 - h a - - ["];
            let line = format!("{}{tail}", heads[head]);
            for format in ALL {
                let reads = format.parse(line.as_bytes()).is_some();
                prop_assert!(!reads || format.is_start(b"", line.as_bytes()), "{} reads {line}", format.name());
            }
        }
    }

    #[test]
    fn a_message_may_span_lines_and_need_not_be_utf8() {
        let record = Rfc3164.parse(b"Nov  5 06:07:08 web01 app[5]: one \xff\nNov two\n  three").unwrap();
        assert_eq!(record.message(), "one \u{fffd}\nNov two\n  three");
    }
}
