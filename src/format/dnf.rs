//! The logs of dnf and yum: `dnf.rpm.log`, `dnf.log`, `yum.log`.
//!
//! ```text
//! 2022-03-23T16:46:43-0400 SUBDEBUG Installed: nginx-1:1.20.1-14.el9.x86_64
//! 2019-02-26T18:27:00Z SUBDEBUG Installed: rpm-build-4.14.2-9.el8.x86_64         dnf of 2019
//! Oct 04 14:39:17 Installed: tree-1.6.0-10.el7.x86_64                            yum, without a year
//! 2026-11-24T02:21:45Z [4711] INFO Command line: dnf install nginx               dnf 5
//! ```
//!
//! By `dnf/logging.py` and yum's `rpmtrans.py`.

use super::{Format, Level, Record, Stamp, Zone, stamp, text};

/// A line of dnf or yum.
pub struct Log;

impl Format for Log {
    fn name(&self) -> &'static str {
        "dnf"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        dnf(line).or_else(|| yum(line)).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (program, (stamp, level, message)) = match dnf(record) {
            Some(line) => ("dnf", line),
            None => ("yum", yum(record)?),
        };
        Some(Record {
            stamp: Some(stamp),
            level,
            program: Some(program.into()),
            pid: five(record).map(|(pid, _)| pid),
            message: Some(text(message)),
            ..Record::new(self.name())
        })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2022-03-23T16:46:43-0400 SUBDEBUG Installed: nginx-1:1.20.1-14.el9.x86_64",
            "2019-02-26T18:38:40Z INFO --- logging initialized ---",
            "Oct 04 14:39:17 Installed: tree-1.6.0-10.el7.x86_64",
        ]
    }
}

type Line<'a> = (Stamp, Option<Level>, &'a [u8]);

/// `2026-11-24T02:21:45Z [4711] INFO `: dnf 5 counts in UTC and tells its pid (`StringLogger::write` in
/// `libdnf5/logger/logger.cpp`). The pid, and what follows it.
fn five(line: &[u8]) -> Option<(i64, &[u8])> {
    let (stamp, len) = stamp::iso(line).filter(|_| line.get(10) == Some(&b'T'))?;
    let inside = line.get(len..)?.strip_prefix(b" [")?;
    let (pid, rest) = inside.split_at_checked(memchr::memchr(b']', inside)?)?;
    let pid = stamp::digits(pid).filter(|_| stamp.digits == 0 && stamp.zone != Zone::Unknown)?;
    Some((pid.into(), rest.strip_prefix(b"] ")?))
}

/// Stamp, one of Python's levels, text. Other programs stamp their lines so, too: in UTC the level or the text must be
/// dnf's own.
fn dnf(line: &[u8]) -> Option<Line<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|_| line.get(10) == Some(&b'T'))?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let of_five = five(line).map(|(_, rest)| rest);
    let rest = of_five.unwrap_or(rest);
    let end = memchr::memchr(b' ', rest)?;
    let (word, message) = (rest.get(..end)?, rest.get(end + 1..)?);
    let level = match word {
        b"CRITICAL" => Level::Crit,
        b"ERROR" => Level::Error,
        b"WARNING" => Level::Warn,
        b"NOTICE" => Level::Notice,
        b"INFO" => Level::Info,
        b"DEBUG" | b"SUBDEBUG" | b"DDEBUG" | b"ALL" => Level::Debug,
        b"TRACE" => Level::Trace,
        _ => return None,
    };
    // `%z` of Python: four digits without colon.
    let is_python = stamp.zone != Zone::Unknown && stamp.digits == 0 && len == 24;
    let is_own = of_five.is_some()
        || matches!(word, b"SUBDEBUG" | b"DDEBUG")
        || message.starts_with(b"--- logging ")
        || is_change(message);
    (stamp.zone != Zone::Unknown && (is_python || is_own)).then_some((stamp, Some(level), message))
}

/// Without host and tag, so that syslog's lines are none.
fn yum(line: &[u8]) -> Option<Line<'_>> {
    let (stamp, len) = stamp::rfc3164(line)?;
    let message = line.get(len..)?.strip_prefix(b" ")?;
    is_change(message).then_some((stamp, None, message))
}

/// `Installed: nginx-…`
fn is_change(message: &[u8]) -> bool {
    const VERBS: &[&[u8]] = &[
        b"Installed",
        b"Upgrade",
        b"Upgraded",
        b"Updated",
        b"Erase",
        b"Erased",
        b"Removed",
        b"Reinstalled",
        b"Downgrade",
        b"Downgraded",
        b"Obsoleted",
        b"Obsoleting",
        b"Dep-Installed",
        b"Cleanup",
    ];
    let verb = memchr::memchr(b':', message).and_then(|end| message.get(..end));
    verb.is_some_and(|verb| VERBS.contains(&verb))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, program, level) in [
            (Log.samples()[0], "dnf", Some(Level::Debug)),
            (Log.samples()[1], "dnf", Some(Level::Info)),
            ("2022-03-23T16:46:43+0000 INFO Dependencies resolved.", "dnf", Some(Level::Info)),
            ("2026-11-24T02:21:45Z [4711] NOTICE a", "dnf", Some(Level::Notice)),
            (Log.samples()[2], "yum", None),
            ("Oct 04 14:39:17 Dep-Installed: tree-1.6.0-10.el7.x86_64", "yum", None),
        ] {
            assert!(Log.is_start(b"", line.as_bytes()), "{line}");
            let record = Log.parse(line.as_bytes()).unwrap();
            assert_eq!((record.program.as_deref(), record.level), (Some(program), level), "{line}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("a program in UTC", "2026-11-24T02:56:33Z INFO server started"),
            ("a program with a name in brackets", "2026-11-24T02:56:33Z [main] INFO server started"),
            ("rsyslog", "2026-11-24T02:56:33+01:00 web01 yum[77]: Installed: a"),
            ("syslog", "Oct 04 14:39:17 web01 yum[77]: Installed: tree"),
            ("no level", "2022-03-23T16:46:43-0400 Installed: a"),
        ] {
            assert!(!Log.is_start(b"", line.as_bytes()), "{why}");
        }
    }
}
