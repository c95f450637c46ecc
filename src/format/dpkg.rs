//! The log of dpkg, `/var/log/dpkg.log`, from `lib/dpkg/log.c`: local time in whole seconds, without offset.
//!
//! ```text
//! 2026-11-24 02:21:45 startup archives unpack
//! 2026-11-24 02:21:45 install nginx:amd64 <none> 1.22.1-9
//! 2026-11-24 02:21:45 status half-installed nginx:amd64 1.22.1-9
//! 2026-11-24 02:21:46 conffile /etc/nginx/nginx.conf keep
//! ```
//!
//! `<none>` is no version. The names of the fields are those of dpkg(1), under `--log`.

use super::{Format, Framing, Record, Stamp, Value, stamp, text};

/// One action, state or step of dpkg a line.
pub struct Log;

/// What follows the stamp: the action, and the names of its words.
const ACTIONS: &[(&str, &[&str])] = &[
    ("startup", &["type", "command"]),
    ("status", &["state", "package", "installed_version"]),
    ("install", VERSIONS),
    ("upgrade", VERSIONS),
    ("configure", VERSIONS),
    ("trigproc", VERSIONS),
    ("disappear", VERSIONS),
    ("remove", VERSIONS),
    ("purge", VERSIONS),
    ("conffile", &["filename", "decision"]),
];

const VERSIONS: &[&str] = &["package", "installed_version", "available_version"];

impl Format for Log {
    fn name(&self) -> &'static str {
        "dpkg"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        split(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (stamp, message) = split(record)?;
        let mut words = message.split(|byte| *byte == b' ');
        let (action, names) = ACTIONS.iter().find(|(action, _)| Some(action.as_bytes()) == words.clone().next())?;
        words.next();
        let mut fields = vec![("action".into(), Value::Text((*action).into()))];
        for name in *names {
            let word = words.next()?;
            if word != b"<none>" {
                fields.push(((*name).into(), Value::Text(text(word))));
            }
        }
        Some(Record {
            stamp: Some(stamp),
            program: Some("dpkg".into()),
            message: Some(text(message)),
            fields,
            ..Record::new("dpkg")
        })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026-11-24 02:21:45 startup archives unpack",
            "2026-11-24 02:21:45 install nginx:amd64 <none> 1.22.1-9",
            "2025-06-24 14:36:25 upgrade libudev1:amd64 252.36-1~deb12u1 252.38-1~deb12u1",
            "2025-06-24 14:36:25 status unpacked libsystemd0:amd64 252.38-1~deb12u1",
            "2026-09-22 04:48:38 remove libcurl4-gnutls-dev:amd64 7.88.1-10+deb12u15 <none>",
        ]
    }
}

/// The stamp, and what follows it if that begins as one of dpkg's lines.
fn split(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, taken) = stamp::iso(line.get(..19)?).filter(|_| line.get(10) == Some(&b' '))?;
    let message = line.get(taken..)?.strip_prefix(b" ")?;
    let is_action = |(action, _): &(&str, &[&str])| {
        message.strip_prefix(action.as_bytes()).is_some_and(|rest| rest.starts_with(b" "))
    };
    ACTIONS.iter().any(is_action).then_some((stamp, message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_samples() {
        for line in Log.samples() {
            assert!(Log.is_start(b"", line.as_bytes()), "{line}");
            assert_eq!(Log.parse(line.as_bytes()).unwrap().message(), &line[20..], "{line}");
        }
    }

    #[test]
    fn names_the_words() {
        let record = Log.parse(b"2026-11-24 02:21:45 install nginx:amd64 <none> 1.22.1-9").unwrap();
        for (name, expected) in [
            ("action", Some("install")),
            ("package", Some("nginx:amd64")),
            ("installed_version", None),
            ("available_version", Some("1.22.1-9")),
        ] {
            assert_eq!(record.text_field(name), expected, "{name}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("cut off", "2026-11-24 02:21:45 install nginx:amd64"),
            ("no action", "2026-11-24 02:21:45 installing nginx:amd64 <none> 1"),
            ("no such day", "2026-02-30 02:21:45 startup archives unpack"),
            ("dnf", "2022-03-23T16:46:43-0400 SUBDEBUG Installed: nginx-1:1.20.1-14.el9.x86_64"),
        ] {
            assert_eq!(Log.parse(line.as_bytes()), None, "{why}");
        }
    }
}
