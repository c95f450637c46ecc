//! `journalctl -o verbose`: a line with moment and cursor, then the fields, one a line, indented.
//!
//! ```text
//! Tue 2026-11-24 02:43:56.999980 UTC [s=af8d…;i=21;b=eb47…;m=cb5c3b96;t=660fcae90952c;x=b496d22c4d3e3ce7]
//!     _BOOT_ID=eb47142e91c14e5ba696166ba06f0c0a
//!     MESSAGE=first line
//!             second line
//! ```
//!
//! The moment in the first line is the sender's and has an abbreviation for its zone; `t=` in the cursor, in
//! hexadecimal, is that of the reception, in UTC. A value that cannot be printed is `[25B blob data]`.

use memchr::memmem;

use super::entry::Entry;
use crate::format::{Format, Record, stamp, text};

/// Blanks before the name of a field.
const INDENT: usize = 4;

/// `journalctl -o verbose`.
pub struct Verbose;

impl Format for Verbose {
    fn name(&self) -> &'static str {
        "journald-verbose"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        cursor(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let mut lines =
            record.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).peekable();
        let cursor = cursor(lines.next()?)?;
        let mut entry = Entry::new(self.name());
        entry.add("__CURSOR".into(), text(cursor));
        entry.add("__REALTIME_TIMESTAMP".into(), received(cursor)?.to_string().into());
        while let Some(line) = lines.next() {
            let Some((name, value)) = field(line) else { continue };
            let mut value = text(value);
            while let Some(further) = lines.next_if(|line| field(line).is_none() && line.starts_with(b"  ")) {
                let blanks = further.iter().take(INDENT + name.len() + 1).take_while(|byte| **byte == b' ').count();
                let whole = value.to_mut();
                whole.push('\n');
                whole.push_str(&text(further.get(blanks..).unwrap_or_default()));
            }
            entry.add(text(name), value);
        }
        entry.finish()
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "Tue 2026-11-24 02:43:55.599420 UTC [s=4b65edd5dfb1470aaba0dc8081561974;i=1;b=eb47142e91c14e5ba696166ba06f0c0a;\
           m=cb46dcfa;t=660fcae7b368f;x=6821713b6149016c]\n    _HOSTNAME=web01\n    MESSAGE=priority 0\n    _PID=9379",
        ]
    }
}

/// The cursor in the first line of an entry.
fn cursor(line: &[u8]) -> Option<&[u8]> {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let sign = memmem::find(line.get(..64).unwrap_or(line), b" [s=")?;
    // Day, date, clock and zone, and nothing else: a message may hold the sign too.
    let words = line.get(..sign)?.split(|byte| *byte == b' ').count();
    let is_head = DAYS.contains(&line.get(..3)?) && stamp::iso(line.get(4..)?).is_some() && words == 4;
    line.get(sign + 2..)?.strip_suffix(b"]").filter(|_| is_head)
}

/// Microseconds since 1970 of `t=660fcae90952c`.
fn received(cursor: &[u8]) -> Option<u64> {
    let time = cursor.split(|byte| *byte == b';').find_map(|part| part.strip_prefix(b"t="))?;
    u64::from_str_radix(std::str::from_utf8(time).ok()?, 16).ok()
}

/// `    NAME=value`: further lines of a value are indented by more.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (blanks, rest) = line.split_at_checked(INDENT)?;
    let sign = memchr::memchr(b'=', rest)?;
    let name = rest.get(..sign)?;
    let fits = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    let is_field = blanks.iter().all(|byte| *byte == b' ') && !name.is_empty() && name.iter().all(fits);
    is_field.then_some((name, rest.get(sign + 1..)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str = "Tue 2026-11-24 03:43:56.999980 CET [s=af8d;i=21;b=eb47;m=cb5c3b96;t=660fcae90952c;x=b496]";

    #[test]
    fn further_lines_of_a_value_lose_their_indent() {
        let entry = format!(
            "{HEAD}\n    _COMM=shop\n    MESSAGE=first line\n              second line\n            \n            A=b\n    _PID=7"
        );
        let record = Verbose.parse(entry.as_bytes()).unwrap();
        assert_eq!(record.message(), "first line\n  second line\n\nA=b");
        assert_eq!((record.pid, record.program.as_deref()), (Some(7), Some("shop")));
        assert_eq!(record.stamp, stamp::micros(b"1795488236999980"));
    }

    #[test]
    fn starts_of_entries() {
        for (why, line, is_start) in [
            ("a head", HEAD, true),
            ("a field", "    _BOOT_ID=eb47142e91c14e5ba696166ba06f0c0a", false),
            ("short-full", "Tue 2026-11-24 03:43:56 CET web01 app[7]: x [s=1]", false),
            ("cut off", "Tue 2026-11-24 03:43:56.999980 CET [s=af8d;i=21", false),
            ("no day", "Tux 2026-11-24 03:43:56.999980 CET [s=af8d;t=1]", false),
            ("nothing", "", false),
        ] {
            assert_eq!(Verbose.is_start(b"", line.as_bytes()), is_start, "{why}");
        }
    }

    #[test]
    fn reads_its_samples() {
        for sample in Verbose.samples() {
            let record = Verbose.parse(sample.as_bytes()).unwrap();
            assert_eq!(
                (record.host.as_deref(), record.message(), record.pid),
                (Some("web01"), "priority 0", Some(9379))
            );
        }
    }
}
