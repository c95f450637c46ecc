//! `podman events`: as text, as JSON, and the file of `events_logger=file`.
//!
//! ```text
//! 2026-11-24 02:46:29.8568158 +0000 UTC container died 0bbd… (image=localhost/shop/web:1.4, name=crash)
//! 2026-11-24 02:46:34.01421291 +0000 UTC image pull  shop/web:1.4
//! {"ID":"4aa1…","Image":"localhost/shop/web:1.4","Name":"web","Status":"died","Time":"2026-11-24T02:46:29.784804351Z","Type":"container","Attributes":{}}
//! ```
//!
//! Text is `Event.ToHumanReadable` of `libpod/events/events.go`: the moment in Go's own form, in the zone of whoever
//! recorded it. From version 5 on JSON counts seconds and nanoseconds (`time`, `timeNano`). A container's end is
//! `died`.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;

use super::docker::attributes;
use super::{Container, Format, Framing, Record, Stamp, Text, Value, Zone, nest, stamp};

const NAME: &str = "podman-events";

/// `podman events`.
pub struct EventsText;

impl Format for EventsText {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        moment(line).and_then(|(_, rest)| kind(rest)).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match str::from_utf8(record) {
            Ok(record) => text_event(record),
            Err(_) => text_event(&String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026-11-24 02:46:29.8568158 +0000 UTC container died 0bbd60ac2b59 (image=localhost/shop/web:1.4, name=crash)",
            "2026-11-24 02:46:34.01421291 +0100 CET image pull  shop/web:1.4",
            "2026-11-24 02:46:29.229653711 +0000 UTC system refresh",
        ]
    }
}

/// `podman events --format json`.
pub struct EventsJson;

impl Format for EventsJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let holds = |name: &[u8]| memmem::find(line, name).is_some();
        line.starts_with(b"{") && holds(b"\"Status\":") && holds(b"\"Type\":") && !holds(b"\"Actor\":")
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match str::from_utf8(record) {
            Ok(record) => json_event(record),
            Err(_) => json_event(&String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "{\"ID\":\"4aa1833d8ae2\",\"Image\":\"localhost/shop/web:1.4\",\"Name\":\"web\",\"Status\":\"create\",\
             \"Time\":\"2026-11-24T02:46:29.521904091Z\",\"Type\":\"container\",\"Attributes\":{}}",
            "{\"ContainerExitCode\":137,\"ID\":\"0fdb48addc82\",\"Image\":\"nginx:1.27\",\"Name\":\"web\",\"Status\":\"died\",\
             \"time\":1764403200,\"timeNano\":1764403200123456789,\"Type\":\"container\",\"Attributes\":null}",
        ]
    }
}

/// `2026-11-24 02:46:29.8568158 +0000 UTC `, perhaps with ` m=+0.123` behind it; and what follows.
fn moment(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, len) =
        stamp::iso(line).filter(|(stamp, _)| line.get(10) == Some(&b' ') && stamp.zone == Zone::Unknown)?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let (offset, rest) = rest.split_at_checked(5)?;
    let sign = match offset.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = stamp::digits(offset.get(1..3)?)?;
    let minutes = stamp::digits(offset.get(3..5)?)?;
    let seconds = sign * i32::try_from(hours * 3600 + minutes * 60).ok()?;
    let rest = rest.strip_prefix(b" ")?;
    let rest = rest.get(memchr::memchr(b' ', rest)? + 1..)?;
    let rest = match rest.strip_prefix(b"m=") {
        Some(clock) => clock.get(memchr::memchr(b' ', clock)? + 1..)?,
        None => rest,
    };
    Some((Stamp { zone: Zone::Offset(seconds), ..stamp }, rest))
}

/// `container `: what the event is about, and what follows.
fn kind(rest: &[u8]) -> Option<(&'static str, &[u8])> {
    const KINDS: [&str; 8] = ["container", "image", "network", "pod", "system", "volume", "machine", "secret"];
    KINDS.iter().find_map(|kind| Some((*kind, rest.strip_prefix(kind.as_bytes())?.strip_prefix(b" ")?)))
}

fn text_event(line: &str) -> Option<Record<'_>> {
    let (stamp, rest) = moment(line.as_bytes())?;
    let (kind, rest) = kind(rest)?;
    let rest = line.get(line.len() - rest.len()..)?;
    let (status, object) = rest.split_once(' ').unwrap_or((rest, ""));
    if status.is_empty() || !status.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-')) {
        return None;
    }
    let (object, told) = match object.split_once(" (") {
        Some((object, told)) => (object, attributes(told.strip_suffix(')')?.as_bytes())),
        None => (object, Vec::new()),
    };
    // An image's event has its id, which may be empty, and its name.
    let (id, name) = object.split_once(' ').unwrap_or((object, ""));
    let attribute = |name: &str| told.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let name = attribute("name").or(Some(Text::Borrowed(name)));
    let event = Event { id: Some(id.into()), name, image: attribute("image"), ..Event::default() };
    let mut record = event.into_record(kind.into(), status.into());
    record.stamp = Some(stamp);
    record.attributes = told;
    Some(record)
}

/// The object, by podman's own names.
#[derive(Default, Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "ID")]
    id: Option<Text<'a>>,
    #[serde(borrow, rename = "Name")]
    name: Option<Text<'a>>,
    #[serde(borrow, rename = "Image")]
    image: Option<Text<'a>>,
    #[serde(borrow, rename = "Type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, rename = "Status")]
    status: Option<Text<'a>>,
    #[serde(borrow, rename = "Time")]
    moment: Option<Text<'a>>,
    time: Option<i64>,
    #[serde(rename = "timeNano")]
    time_nano: Option<i64>,
    #[serde(borrow, rename = "Attributes")]
    attributes: Option<BTreeMap<Text<'a>, Text<'a>>>,
    #[serde(rename = "ContainerExitCode")]
    exit_code: Option<i64>,
    #[serde(rename = "OOMKilled")]
    oom_killed: Option<bool>,
    #[serde(borrow)]
    health_status: Option<Text<'a>>,
}

fn json_event(object: &str) -> Option<Record<'_>> {
    let mut event: Event<'_> = serde_json::from_str(object).ok()?;
    let stamp = match (event.time_nano, event.time, &event.moment) {
        (Some(nanos), _, _) => {
            let fraction = u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
            Stamp::utc(nanos.div_euclid(1_000_000_000), fraction, 9)
        }
        (None, Some(seconds), _) => Stamp::utc(seconds, 0, 0),
        (None, None, Some(moment)) => stamp::iso(moment.as_bytes())?.0,
        (None, None, None) => return None,
    };
    let (kind, status) = (event.kind.take()?, event.status.take()?);
    let mut told: Vec<_> = event.attributes.take().unwrap_or_default().into_iter().collect();
    let is_end = matches!(status.as_ref(), "died" | "exec_died" | "cleanup");
    told.extend(event.exit_code.filter(|_| is_end).map(|code| ("exitCode".into(), code.to_string().into())));
    told.extend(event.oom_killed.filter(|killed| *killed).map(|_| ("OOMKilled".into(), "true".into())));
    told.extend(
        event.health_status.take().filter(|status| !status.is_empty()).map(|status| ("health_status".into(), status)),
    );
    let mut record = event.into_record(kind, status);
    record.stamp = Some(stamp);
    record.attributes = told;
    Some(record)
}

impl<'a> Event<'a> {
    fn into_record(self, kind: Text<'a>, status: Text<'a>) -> Record<'a> {
        let present = |text: Option<Text<'a>>| text.filter(|text| !text.is_empty());
        let (id, name, image) = (present(self.id), present(self.name), present(self.image));
        let mut record = Record::new(NAME);
        record.action = Some(status);
        if kind == "container" {
            record.container = Some(Container { id, name, image });
        } else {
            record.fields.extend(id.map(|id| ("ID".into(), Value::Text(id))));
            record.fields.extend(name.map(|name| ("Name".into(), Value::Text(name))));
        }
        record.fields.push(("Type".into(), Value::Text(kind)));
        record
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn events_as_text() {
        for (why, line, action, name, offset) in [
            ("a container", EventsText.samples()[0], "died", Some("crash"), 0),
            ("an image without id", EventsText.samples()[1], "pull", None, 3600),
            ("the system", EventsText.samples()[2], "refresh", None, 0),
            (
                "Go's own clock behind it",
                "2026-11-24 02:46:29.85 +0000 UTC m=+0.123 container start 0bbd (image=a, name=b, note=x, y)",
                "start",
                Some("b"),
                0,
            ),
            ("an offset west", "2026-11-24 02:46:29.85 -0330 NST volume create data", "create", None, -12_600),
        ] {
            assert!(EventsText.is_start(b"", line.as_bytes()), "{why}");
            let record = EventsText.parse(line.as_bytes()).unwrap();
            assert_eq!(record.action.as_deref(), Some(action), "{why}");
            assert_eq!(record.container.and_then(|container| container.name).as_deref(), name, "{why}");
            assert_eq!(record.stamp.unwrap().zone, Zone::Offset(offset), "{why}");
        }
    }

    #[test]
    fn events_as_json() {
        let [four, five] = EventsJson.samples() else { unreachable!() };
        for (line, action, nanos) in [(four, "create", 521_904_091), (five, "died", 123_456_789)] {
            assert!(EventsJson.is_start(b"", line.as_bytes()), "{line}");
            let record = EventsJson.parse(line.as_bytes()).unwrap();
            assert_eq!((record.action.as_deref(), record.stamp.unwrap().nanos), (Some(action), nanos), "{line}");
            assert_eq!(record.container.unwrap().name.as_deref(), Some("web"), "{line}");
        }
        assert_eq!(EventsJson.parse(five.as_bytes()).unwrap().attributes, [("exitCode".into(), "137".into())]);
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("docker-compose events", "2021-03-01 10:00:00.123456 container start 22e4 (image=a, name=web)"),
            ("docker events", "2026-11-24T02:40:57.462747767Z container die 22e4 (image=a)"),
            ("Go's log", "2026-11-24 02:46:29.85 +0000 UTC something else"),
            ("cut off", "2026-11-24 02:46:29.85 +0000 UTC container died 0bbd (image=a"),
        ] {
            assert!(EventsText.parse(line.as_bytes()).is_none(), "{why}");
        }
        let docker = r#"{"Type":"container","Status":"x","Action":"die","Actor":{"ID":"1"},"time":1}"#;
        assert!(!EventsJson.is_start(b"", docker.as_bytes()));
    }
}
