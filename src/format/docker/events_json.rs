//! `docker events --format '{{json .}}'`, and the stream of the API.
//!
//! ```text
//! {"Type":"container","Action":"die","Actor":{"ID":"3408…","Attributes":{"exitCode":"3","image":"shop/web:1.4",
//!  "name":"crash"}},"scope":"local","time":1795488061,"timeNano":1795488061806744103}
//! {"action":"die","attributes":{"exitCode":"3","name":"shop-web-1"},"id":"3408…","service":"web",
//!  "time":"2026-11-24T02:41:01.806744Z","type":"container"}            docker compose events --json
//! ```
//!
//! In one line. Engines to 28 repeat action, id and image as `status`, `id` and `from`; before 1.10 there was nothing
//! else.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;

use super::Event;
use crate::format::{Format, Framing, Record, Stamp, Text, Value, nest, stamp};

/// `docker events` as JSON.
pub struct EventsJson;

impl Format for EventsJson {
    fn name(&self) -> &'static str {
        "docker-events-json"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let holds = |name: &[u8]| memmem::find(line, name).is_some();
        line.trim_ascii_start().first() == Some(&b'{')
            && (holds(b"\"Actor\"") && holds(b"\"Action\"")
                || line.starts_with(b"{\"status\":") && holds(b"\"id\":")
                || holds(b"\"action\"") && holds(b"\"service\"") && holds(b"\"attributes\""))
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match std::str::from_utf8(record) {
            Ok(record) => event(record),
            Err(_) => event(&String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "{\"status\":\"die\",\"id\":\"3408b00ff84b14f187263c1519ae8438ba25830cb8f2618047a2d8a728787546\",\
             \"from\":\"shop/web:1.4\",\"Type\":\"container\",\"Action\":\"die\",\
             \"Actor\":{\"ID\":\"3408b00ff84b14f187263c1519ae8438ba25830cb8f2618047a2d8a728787546\",\
             \"Attributes\":{\"exitCode\":\"3\",\"image\":\"shop/web:1.4\",\"name\":\"crash\"}},\
             \"scope\":\"local\",\"time\":1795488061,\"timeNano\":1795488061806744103}",
            "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"abc123\",\
             \"Attributes\":{\"image\":\"ubuntu:latest\"}},\"scope\":\"local\",\"time\":2000000000,\"timeNano\":2000000000}",
        ]
    }
}

/// The object, by docker's own names.
#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Message<'a> {
    #[serde(borrow)]
    Type: Option<Text<'a>>,
    #[serde(borrow)]
    Action: Option<Text<'a>>,
    #[serde(borrow)]
    Actor: Option<Actor<'a>>,
    #[serde(borrow)]
    scope: Option<Text<'a>>,
    time: Option<i64>,
    timeNano: Option<i64>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Actor<'a> {
    #[serde(borrow, default)]
    ID: Text<'a>,
    #[serde(borrow)]
    Attributes: Option<BTreeMap<Text<'a>, Text<'a>>>,
}

/// What compose prints (`runEvents` in `cmd/compose/events.go`; version 1 `events` in `compose/cli/main.py`).
#[derive(Deserialize)]
struct OfCompose<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    attributes: BTreeMap<Text<'a>, Text<'a>>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    service: Text<'a>,
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

fn event(object: &str) -> Option<Record<'_>> {
    const NAME: &str = "docker-events-json";
    if let Some(event) = read(object) {
        return Some(event.into_record(NAME));
    }
    let told: OfCompose<'_> = serde_json::from_str(object).ok()?;
    let event = Event {
        stamp: Some(stamp::iso(told.time.as_bytes())?.0),
        kind: told.kind,
        action: told.action,
        id: told.id,
        attributes: told.attributes.into_iter().collect(),
        scope: None,
    };
    let mut record = event.into_record(NAME);
    record.fields.push(("service".into(), Value::Text(told.service)));
    Some(record)
}

fn read(object: &str) -> Option<Event<'_>> {
    let message: Message<'_> = serde_json::from_str(object).ok()?;
    let stamp = match (message.timeNano, message.time) {
        (Some(nanos), _) => {
            let fraction = u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
            Some(Stamp::utc(nanos.div_euclid(1_000_000_000), fraction, 9))
        }
        (None, Some(seconds)) => Some(Stamp::utc(seconds, 0, 0)),
        (None, None) => None,
    };
    let actor = message.Actor.unwrap_or(Actor { ID: Text::default(), Attributes: None });
    let mut attributes: Vec<_> = actor.Attributes.unwrap_or_default().into_iter().collect();
    if let (None, Some(from)) = (&message.Type, message.from) {
        attributes.push(("image".into(), from));
    }
    Some(Event {
        stamp,
        kind: message.Type.unwrap_or("container".into()),
        action: message.Action.or(message.status)?,
        id: if actor.ID.is_empty() { message.id.unwrap_or_default() } else { actor.ID },
        attributes,
        scope: message.scope,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn events_of_all_versions() {
        // why, line, action, container's id, its image, nanoseconds
        for (why, line, action, id, image, nanos) in [
            (
                "20.10",
                EventsJson.samples()[0],
                "die",
                "3408b00ff84b14f187263c1519ae8438ba25830cb8f2618047a2d8a728787546",
                "shop/web:1.4",
                806_744_103,
            ),
            ("29", EventsJson.samples()[1], "start", "abc123", "ubuntu:latest", 0),
            (
                "before 1.10",
                r#"{"status":"die","id":"59211849bc10","from":"whenry/testimage","time":1422505291}"#,
                "die",
                "59211849bc10",
                "whenry/testimage",
                0,
            ),
            (
                "docker compose events --json",
                r#"{"action":"die","attributes":{"image":"a","name":"shop-web-1"},"id":"3408","service":"web","time":"2026-11-24T02:41:01.5Z","type":"container"}"#,
                "die",
                "3408",
                "a",
                500_000_000,
            ),
            (
                "escaped",
                r#"{"Type":"container","Action":"exec_create: sh -c \"a\"","Actor":{"ID":"1","Attributes":{"image":"a"}},"timeNano":1}"#,
                "exec_create: sh -c \"a\"",
                "1",
                "a",
                1,
            ),
        ] {
            assert!(EventsJson.is_start(b"", line.as_bytes()), "{why}");
            let record = EventsJson.parse(line.as_bytes()).unwrap();
            let container = record.container.unwrap();
            assert_eq!(record.action.as_deref(), Some(action), "{why}");
            assert_eq!((container.id.as_deref(), container.image.as_deref()), (Some(id), Some(image)), "{why}");
            assert_eq!(record.stamp.unwrap().nanos, nanos, "{why}");
        }
    }

    #[test]
    fn an_event_of_a_network_has_no_container() {
        let line = r#"{"Type":"network","Action":"prune","Actor":{"ID":"","Attributes":{"reclaimed":"0"}},"time":1}"#;
        let record = EventsJson.parse(line.as_bytes()).unwrap();
        assert_eq!(
            (record.container.is_none(), record.text_field("Type"), record.text_field("ID")),
            (true, Some("network"), None)
        );
        assert_eq!(record.attributes, [("reclaimed".into(), "0".into())]);
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            (
                "podman",
                r#"{"ID":"1","Image":"a","Name":"b","Status":"died","Time":"2026-11-24T02:40:57Z","Type":"container"}"#,
            ),
            (
                "a container's log",
                r#"{"log":"\"Actor\" \"Action\"\n","stream":"stdout","time":"2026-11-24T02:41:08Z"}"#,
            ),
            ("the journal", r#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":"x"}"#),
            ("cut off", r#"{"Type":"container","Action":"die","Actor":{"ID":"1","#),
        ] {
            let is_read = EventsJson.is_start(b"", line.as_bytes()) && EventsJson.parse(line.as_bytes()).is_some();
            assert!(!is_read, "{why}");
        }
    }
}
