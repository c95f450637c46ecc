//! `docker events`, in its default form.
//!
//! ```text
//! 2026-11-24T03:41:02.653808522+01:00 container die 22e4… (exitCode=2, image=shop/web:1.4, name=web, note=a=b, c)
//! 2015-01-28T20:21:31.000000000-08:00 59211849bc10: (from whenry/testimage:latest) die       before 1.10
//! 2021-03-01 10:00:00.123456 container start 22e4… (image=shop/web:1.4, name=web)            docker-compose events
//! ```
//!
//! Always nine digits, in the zone of the client; compose prints local time without zone. Nothing is escaped: three
//! actions carry a command or a state, and a value may hold what separates values.

use memchr::memmem;

use super::Event;
use crate::format::{Format, Framing, Record, Stamp, Text, Zone, stamp, text};

/// `docker events` as text.
pub struct EventsText;

impl Format for EventsText {
    fn name(&self) -> &'static str {
        "docker-events-text"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.first().is_some_and(u8::is_ascii_digit)
            && begin(line).is_some_and(|(_, rest)| kind(rest).is_some() || memmem::find(rest, b": (from ").is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (stamp, rest) = begin(record.strip_suffix(b"\r").unwrap_or(record))?;
        let event = match kind(rest) {
            Some((kind, rest)) => event(kind, rest)?,
            None => old_event(rest)?,
        };
        Some(Event { stamp: Some(stamp), ..event }.into_record(self.name()))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026-11-24T02:41:01.806744103Z container die \
             3408b00ff84b14f187263c1519ae8438ba25830cb8f2618047a2d8a728787546 (exitCode=3, image=shop/web:1.4, name=crash)",
            "2026-11-24T03:41:28.410176297+01:00 image tag \
             sha256:8251723dfde1495f76475eb75d1553efd59def5cf24cb3bf9401062584070625 (name=shop/preview:1.3)",
            "2015-01-28T20:21:31.000000000-08:00 59211849bc10: (from whenry/testimage:latest) die",
        ]
    }
}

/// The stamp, and what follows it.
fn begin(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, len) = stamp::iso(line)?;
    let by_compose = line.get(10) == Some(&b' ') && stamp.zone == Zone::Unknown && matches!(stamp.digits, 0 | 6);
    let by_docker = line.get(10) == Some(&b'T') && stamp.zone != Zone::Unknown && stamp.digits == 9;
    let rest = line.get(len..)?;
    let rest = rest.strip_prefix(b"07:00").unwrap_or(rest); // `Z07:00` of docker's own documentation
    (by_compose || by_docker).then_some((stamp, rest.strip_prefix(b" ")?))
}

/// `container `: what the event is about.
fn kind(rest: &[u8]) -> Option<(&'static str, &[u8])> {
    const KINDS: [&str; 10] =
        ["container", "image", "network", "volume", "daemon", "plugin", "node", "service", "secret", "config"];
    let mut kinds = KINDS.iter().chain(&["builder"]);
    kinds.find_map(|kind| Some((*kind, rest.strip_prefix(kind.as_bytes())?.strip_prefix(b" ")?)))
}

/// `die 22e4… (exitCode=2, name=web)`, from the end of the action on.
fn event<'a>(kind: &'static str, rest: &'a [u8]) -> Option<Event<'a>> {
    let word = rest.get(..rest.iter().position(|byte| *byte == b' ')?)?;
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-');
    if word.is_empty() || !word.strip_suffix(b":").unwrap_or(word).iter().all(is_word) {
        return None;
    }
    let start = if word.ends_with(b":") { id_behind_text(rest)? } else { word.len() + 1 };
    let (action, behind) = (rest.get(..start - 1)?, rest.get(start..)?);
    let (id, attributes) = match memmem::find(behind, b" (") {
        Some(at) => (behind.get(..at)?, behind.get(at + 2..)?.strip_suffix(b")")?),
        None => (behind, [].as_slice()),
    };
    if id.contains(&b' ') {
        return None;
    }
    Some(Event {
        kind: kind.into(),
        action: text(action),
        id: text(id),
        attributes: split(attributes),
        ..Event::default()
    })
}

/// Where the id begins behind an action with text (`exec_create: sh -c echo "a b": (x=1) 22e4… (…)`): the first word
/// of 64 hexadecimal digits that only attributes follow. Documents shorten ids; there the word before the last
/// attributes.
fn id_behind_text(rest: &[u8]) -> Option<usize> {
    let is_id = |at: usize| {
        let id = rest.get(at + 1..at + 65)?;
        let behind = rest.get(at + 65..)?;
        let fits = id.iter().all(u8::is_ascii_hexdigit) && (behind.is_empty() || behind.starts_with(b" ("));
        fits.then_some(at + 1)
    };
    memchr::memchr_iter(b' ', rest).find_map(is_id).or_else(|| {
        let attributes =
            memmem::rfind_iter(rest, b" (").find(|at| starts_attribute(rest.get(at + 2..).unwrap_or_default()));
        let before = rest.get(..attributes.unwrap_or(rest.len()))?;
        Some(memchr::memrchr(b' ', before)? + 1)
    })
}

/// `59211849bc10: (from whenry/testimage:latest) die`
fn old_event(rest: &[u8]) -> Option<Event<'_>> {
    let at = memmem::find(rest, b": (from ")?;
    let (id, behind) = (rest.get(..at)?, rest.get(at + 8..)?);
    let end = memmem::find(behind, b") ")?;
    if !id.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    Some(Event {
        kind: "container".into(),
        action: text(behind.get(end + 2..)?),
        id: text(id),
        attributes: vec![("image".into(), text(behind.get(..end)?))],
        ..Event::default()
    })
}

/// `exitCode=2, image=shop/web:1.4, note=a=b, c`: three attributes, as only a name and `=` begin a new one.
pub(in crate::format) fn split(attributes: &[u8]) -> Vec<(Text<'_>, Text<'_>)> {
    let mut found = Vec::new();
    let mut rest = attributes;
    while let Some(sign) = memchr::memchr(b'=', rest) {
        let (name, behind) = (rest.get(..sign).unwrap_or_default(), rest.get(sign + 1..).unwrap_or_default());
        let next =
            memmem::find_iter(behind, b", ").find(|at| starts_attribute(behind.get(at + 2..).unwrap_or_default()));
        let end = next.unwrap_or(behind.len());
        found.push((text(name), text(behind.get(..end).unwrap_or_default())));
        rest = behind.get(end + 2..).unwrap_or_default();
    }
    found
}

/// `com.docker.compose.project=`, `read/write=`: a name and `=`.
fn starts_attribute(rest: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/');
    let len = rest.iter().take_while(|byte| is_letter(byte)).count();
    len > 0 && rest.get(len) == Some(&b'=')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ID: &str = "22e4bc9123f200294f671e383e1848483086e45818de06465a981f7963235d65";

    #[test]
    fn actions_and_ids() {
        for (why, line, action, id, count) in [
            ("plain", format!("container die {ID} (exitCode=2, image=shop/web:1.4)"), "die", ID, 2),
            ("a comma in a value", format!("container die {ID} (name=web, note=a=b, c)"), "die", ID, 2),
            (
                "a command",
                format!("container exec_create: sh -c echo \"a b\": (x=1) {ID} (name=web)"),
                "exec_create: sh -c echo \"a b\": (x=1)",
                ID,
                1,
            ),
            (
                "a command with an id",
                format!("container exec_start: docker inspect {ID} {ID} (name=web)"),
                &format!("exec_start: docker inspect {ID}"),
                ID,
                1,
            ),
            (
                "no arguments",
                format!("container exec_create: /bin/nosuch  {ID} (name=web)"),
                "exec_create: /bin/nosuch ",
                ID,
                1,
            ),
            (
                "health",
                format!("container health_status: unhealthy {ID} (name=web)"),
                "health_status: unhealthy",
                ID,
                1,
            ),
            (
                "health, short id",
                "container health_status: healthy abc123 (name=web)".into(),
                "health_status: healthy",
                "abc123",
                1,
            ),
            ("no attributes", format!("container die {ID}"), "die", ID, 0),
            (
                "shortened",
                "container start 0fdb...ff37 (image=alpine:latest, name=test)".into(),
                "start",
                "0fdb...ff37",
                2,
            ),
            ("an empty value", format!("container commit {ID} (comment=, image=a)"), "commit", ID, 2),
        ] {
            let line = format!("2026-11-24T02:40:57.462747767Z {line}");
            assert!(EventsText.is_start(b"", line.as_bytes()), "{why}");
            let record = EventsText.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{why}"));
            assert_eq!(record.action.as_deref(), Some(action), "{why}");
            assert_eq!(record.container.unwrap().id.as_deref(), Some(id), "{why}");
            assert_eq!(record.attributes.len(), count, "{why}");
        }
    }

    #[test]
    fn events_of_all_versions() {
        let zone = Zone::Offset(-8 * 3600);
        for (line, action, zone) in [
            ("2015-01-28T20:21:31.000000000-08:00 59211849bc10: (from whenry/testimage:latest) die", "die", zone),
            ("2021-03-01 10:00:00.123456 container start 22e4 (image=a, name=web)", "start", Zone::Unknown),
            ("2026-11-24T02:40:57.462747767Z network prune  (reclaimed=0)", "prune", Zone::Offset(0)),
            (
                "2014-09-03T15:49:29.999999999Z07:00 container die 4386fb97867d (image=ubuntu:24.04)",
                "die",
                Zone::Offset(0),
            ),
        ] {
            let record = EventsText.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{line}"));
            assert_eq!((record.action.as_deref(), record.stamp.unwrap().zone), (Some(action), zone), "{line}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("rsyslog", "2026-11-24T02:43:50.001234+01:00 web01 dockerd[1]: container die x"),
            ("a host of that name", "2026-11-24T02:43:50.001234+01:00 container app[1]: x"),
            ("docker logs -t", "2026-11-24T02:41:08.916086710Z GET /"),
            ("CRI", "2016-10-06T00:17:09.669794202Z stdout F The content"),
            ("cut off", "2026-11-24T02:40:57.462747767Z container die 22e4 (exitCode=3, ima"),
            ("podman", "2026-11-24 02:43:50.001234567 +0100 CET container died 22e4 (image=a, name=b)"),
        ] {
            assert!(EventsText.parse(line.as_bytes()).is_none(), "{why}");
        }
        for sample in EventsText.samples() {
            assert!(EventsText.is_start(b"", sample.as_bytes()) && EventsText.parse(sample.as_bytes()).is_some());
        }
    }
}
