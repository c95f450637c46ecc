//! The history of apt, `/var/log/apt/history.log`: a block of lines for each run, as `apt-pkg/deb/dpkgpm.cc` writes it,
//! in local time without offset.
//!
//! ```text
//! Start-Date: 2019-07-10  16:38:08
//! Commandline: apt-get upgrade
//! Requested-By: anna (1000)
//! Upgrade: vim-common:amd64 (2:8.0.0197-4+deb9u1, 2:8.0.0197-4+deb9u3)
//! End-Date: 2019-07-10  16:38:10
//! ```
//!
//! Without an end the run was interrupted.

use super::{Format, Record, Stamp, Text, Value, stamp, text};

/// A run of apt in a block of lines.
pub struct History;

impl Format for History {
    fn name(&self) -> &'static str {
        "apt-history"
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.strip_prefix(b"Start-Date: ").is_some_and(|date| moment(date).is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let mut lines = record.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty());
        let stamp = moment(lines.next()?.strip_prefix(b"Start-Date: ")?)?;
        let mut record = Record { stamp: Some(stamp), program: Some("apt".into()), ..Record::new(self.name()) };
        for line in lines {
            let end = memchr::memmem::find(line, b": ")?;
            let (name, value) = (text(line.get(..end)?), line.get(end + 2..)?);
            match name.as_ref() {
                "End-Date" => record.stamp_end = moment(value),
                "Requested-By" => {
                    let user = text(value);
                    record.user = Some(user.split(' ').next().unwrap_or_default().to_owned().into());
                    record.fields.push((name, Value::Text(user)));
                }
                _ => record.fields.push((name, Value::Text(text(value)))),
            }
        }
        record.message = record.text_field("Commandline").map(|command| Text::Owned(command.to_owned()));
        Some(record)
    }

    fn is_heading(&self, line: &[u8]) -> bool {
        const NAMES: [&str; 10] = [
            "Commandline",
            "Requested-By",
            "Install",
            "Upgrade",
            "Remove",
            "Purge",
            "Reinstall",
            "Downgrade",
            "Error",
            "End-Date",
        ];
        NAMES.iter().any(|name| line.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b": ")))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "Start-Date: 2019-07-10  16:38:08\nCommandline: apt-get upgrade\nUpgrade: vim:amd64 (1, 2)\nEnd-Date: 2019-07-10  16:38:10",
        ]
    }
}

/// `2019-07-10  16:38:08`, with two blanks.
fn moment(date: &[u8]) -> Option<Stamp> {
    let (day, clock) = (date.get(..10)?, date.get(10..)?.trim_ascii());
    let joined = [day, b" ", clock].concat();
    let (stamp, len) = stamp::iso(&joined)?;
    (len == joined.len()).then_some(stamp)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_run() {
        let record = History.parse(History.samples()[0].as_bytes()).unwrap();
        assert_eq!(record.stamp_end.unwrap().civil_s - record.stamp.unwrap().civil_s, 2);
        assert_eq!(record.text_field("Commandline"), Some("apt-get upgrade"));
        assert_eq!(record.text_field("Upgrade"), Some("vim:amd64 (1, 2)"));
    }

    #[test]
    fn an_interrupted_run_has_no_end() {
        let record = History.parse(b"Start-Date: 2019-07-10  16:38:08\nRequested-By: anna (1000)\n").unwrap();
        assert_eq!((record.stamp_end, record.user.as_deref()), (None, Some("anna")));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in ["Start-Date: soon", "End-Date: 2019-07-10  16:38:08", "Log started: 2026-11-24  02:21:44", ""] {
            assert!(!History.is_start(b"", line.as_bytes()), "{line}");
        }
    }
}
