//! Events of Kubernetes: `kubectl get events -o json`, single objects of exporters, and the tables that
//! `kubectl get events` and `kubectl events` print.
//!
//! ```text
//! LAST SEEN   TYPE      REASON             OBJECT                MESSAGE
//! 3m14s       Warning   BackOff            pod/custom-cmd        Back-off restarting failed container
//! ```
//!
//! Ages are counted from the moment of printing, which the table does not tell: its rows have none. By
//! `staging/src/k8s.io/api/core/v1` and `events/v1`.

use memchr::memmem;
use serde::Deserialize;

use crate::format::document::{Columns, lines, objects};
use crate::format::{Container, Format, Framing, Level, Part, Record, Text, Value, nest, stamp};

const NAME: &str = "kubectl-events";

/// A list of events, or a series of them, over several lines.
pub struct Events;

impl Format for Events {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"{")
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let head = bytes.get(..bytes.len().min(HEAD_BYTES)).unwrap_or_default();
        let is_of_kubernetes = memmem::find(head, b"\"apiVersion\"").is_some();
        let Some(text) = str::from_utf8(bytes).ok().filter(|_| is_of_kubernetes) else { return Vec::new() };
        let items = text.find("\"items\"").and_then(|at| Some(at + text.get(at..)?.find('[')?));
        let events = objects::<Event<'a>>(text, items.unwrap_or(0)).into_iter();
        events.filter_map(|(range, event)| Some(Part::of_text(range, event.into_record()?))).collect()
    }

    fn samples(&self) -> &'static [&'static str] {
        &["{\"apiVersion\":\"v1\",\"items\":[\n{\"kind\":\"Event\",\"involvedObject\":{\"kind\":\"Pod\"},\
           \"lastTimestamp\":\"2020-01-17T04:56:55Z\",\"message\":\"Pulled image\",\"reason\":\"Pulled\",\"type\":\"Normal\"}\n],\"kind\":\"List\"}"]
    }
}

/// Where the version of a list or of its first object stands.
const HEAD_BYTES: usize = 4096;

/// Events one a line, as exporters write them.
pub struct EventLines;

impl Format for EventLines {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let holds = |name: &[u8]| memmem::find(line, name).is_some();
        line.starts_with(b"{") && holds(b"\"reason\"") && (holds(b"\"involvedObject\"") || holds(b"\"regarding\""))
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match str::from_utf8(record) {
            Ok(object) => serde_json::from_str::<Event<'_>>(object).ok()?.into_record(),
            Err(_) => {
                let copy = String::from_utf8_lossy(record);
                Some(nest::owned(&serde_json::from_str::<Event<'_>>(&copy).ok()?.into_record()?))
            }
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &["{\"kind\":\"Event\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"web-1\"},\"reason\":\"Killing\",\
           \"message\":\"Stopping container nginx\",\"type\":\"Normal\",\"lastTimestamp\":\"2026-11-24T02:13:05Z\"}"]
    }
}

/// The table of `kubectl get events` and `kubectl events`.
pub struct Table;

impl Format for Table {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let Ok(line) = str::from_utf8(line) else { return false };
        let names: Vec<_> = Columns::of(line).names().collect();
        names.contains(&"LAST SEEN") && names.contains(&"REASON") && names.contains(&"MESSAGE")
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let Ok(text) = str::from_utf8(bytes) else { return Vec::new() };
        let mut columns = None;
        let mut parts = Vec::new();
        for (range, line) in lines(text) {
            if self.is_start(b"", line.as_bytes()) {
                columns = Some(Columns::of(line));
            } else if let Some(record) = columns.as_ref().and_then(|columns| row(&columns.cells(line))) {
                parts.push(Part::of_text(range, record));
            }
        }
        parts
    }

    fn samples(&self) -> &'static [&'static str] {
        &["LAST SEEN   TYPE      REASON    OBJECT           MESSAGE\n\
           3m14s       Warning   BackOff   pod/custom-cmd   Back-off restarting failed container\n"]
    }
}

/// A row. A message may hold line ends; what follows one is no row.
fn row<'a>(cells: &[(&str, &'a str)]) -> Option<Record<'a>> {
    let cell = |name: &str| cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| *cell);
    let mut record = Record::new(NAME);
    record.level = Some(level(cell("TYPE")?)?);
    record.action = Some(cell("REASON")?.into());
    record.message = cell("MESSAGE").map(Text::Borrowed);
    let object = cell("OBJECT").and_then(|object| object.split_once('/'));
    // Up to 1.14 the object stands in two columns; NAME is that of the event where there is OBJECT (`-o wide`).
    let object = object.or_else(|| cell("KIND").zip(cell("NAME")).filter(|_| cell("OBJECT").is_none()));
    let parts = [
        ("kind", object.map(|(kind, _)| kind)),
        ("namespace", cell("NAMESPACE")),
        ("name", object.map(|(_, name)| name)),
        ("fieldPath", cell("SUBOBJECT")),
    ];
    record.attributes = parts.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into()))).collect();
    let container = cell("SUBOBJECT").and_then(container_of);
    record.container = container.map(|name| Container { name: Some(name.into()), ..Container::default() });
    let (component, host) = cell("SOURCE").map_or((None, None), |source| {
        source.split_once(", ").map_or((Some(source), None), |(component, host)| (Some(component), Some(host)))
    });
    record.host = host.map(Text::Borrowed);
    let texts = [("LAST SEEN", cell("LAST SEEN")), ("FIRST SEEN", cell("FIRST SEEN")), ("component", component)];
    record.fields =
        texts.into_iter().filter_map(|(name, text)| Some((name.into(), Value::Text(text?.into())))).collect();
    let count = cell("COUNT").and_then(|count| count.parse().ok());
    record.fields.extend(count.map(|count| ("count".into(), Value::Number(count))));
    Some(record)
}

/// `Normal`, `Warning`
fn level(kind: &str) -> Option<Level> {
    match kind {
        "Normal" => Some(Level::Info),
        "Warning" => Some(Level::Warn),
        _ => None,
    }
}

/// An event, by the names of `v1` and of `events.k8s.io/v1`.
#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Event<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    note: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    eventTime: Option<Text<'a>>,
    #[serde(borrow)]
    firstTimestamp: Option<Text<'a>>,
    #[serde(borrow)]
    lastTimestamp: Option<Text<'a>>,
    count: Option<i64>,
    series: Option<Series<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    involvedObject: Option<Object<'a>>,
    #[serde(borrow)]
    regarding: Option<Object<'a>>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
    #[serde(borrow)]
    reportingComponent: Option<Text<'a>>,
    #[serde(borrow)]
    reportingInstance: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Series<'a> {
    #[serde(borrow)]
    lastObservedTime: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Metadata<'a> {
    #[serde(borrow)]
    creationTimestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Object<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    fieldPath: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    component: Option<Text<'a>>,
    #[serde(borrow)]
    host: Option<Text<'a>>,
}

impl<'a> Event<'a> {
    fn into_record(self) -> Option<Record<'a>> {
        let mut record = Record::new(NAME);
        let last_seen = self.series.and_then(|series| series.lastObservedTime);
        let created = self.metadata.and_then(|metadata| metadata.creationTimestamp);
        let moments = [last_seen, self.lastTimestamp, self.eventTime, self.firstTimestamp, created];
        let stamp = moments.into_iter().flatten().find_map(|moment| stamp::iso(moment.as_bytes()));
        record.stamp = stamp.map(|(stamp, _)| stamp);
        record.action = Some(self.reason?);
        record.message = self.message.or(self.note);
        record.level = self.kind.as_deref().and_then(level);
        let source = self.source.unwrap_or(Source { component: None, host: None });
        let component = source.component.or(self.reportingComponent).filter(|component| !component.is_empty());
        let is_of_node = component.as_deref() == Some("kubelet");
        record.host = source.host.or(self.reportingInstance.filter(|_| is_of_node));
        let object = self.involvedObject.or(self.regarding)?;
        let container = object.fieldPath.as_deref().and_then(container_of).map(str::to_owned);
        record.container = container.map(|name| Container { name: Some(Text::Owned(name)), ..Container::default() });
        let parts = [
            ("kind", object.kind),
            ("namespace", object.namespace),
            ("name", object.name),
            ("fieldPath", object.fieldPath),
        ];
        record.attributes = parts.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect();
        record.fields.extend(component.map(|component| ("component".into(), Value::Text(component))));
        record.fields.extend(self.count.map(|count| ("count".into(), Value::Number(count))));
        Some(record)
    }
}

/// `web` of `spec.containers{web}`
fn container_of(path: &str) -> Option<&str> {
    path.strip_suffix('}')?.split_once('{').map(|(_, name)| name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(members: &str) -> Record<'static> {
        let object = format!(
            "{{\"reason\":\"Killing\",\"involvedObject\":{{\"kind\":\"Pod\",\"fieldPath\":\"spec.containers{{web}}\"}},{members}}}"
        );
        assert!(EventLines.is_start(b"", object.as_bytes()), "{object}");
        nest::owned(&EventLines.parse(object.as_bytes()).unwrap())
    }

    #[test]
    fn the_moment_of_an_event() {
        for (why, members, second) in [
            ("last of several", r#""firstTimestamp":"2026-11-24T02:00:00Z","lastTimestamp":"2026-11-24T02:00:05Z""#, 5),
            ("only eventTime", r#""eventTime":"2026-11-24T02:00:07.123456Z","lastTimestamp":null"#, 7),
            (
                "a series",
                r#""lastTimestamp":"2026-11-24T02:00:05Z","series":{"lastObservedTime":"2026-11-24T02:00:09Z"}"#,
                9,
            ),
            ("nothing else", r#""metadata":{"creationTimestamp":"2026-11-24T02:00:03Z"}"#, 3),
        ] {
            let record = event(members);
            assert_eq!(record.stamp.unwrap().civil_s.rem_euclid(60), second, "{why}");
            assert_eq!(record.container.unwrap().name.as_deref(), Some("web"), "{why}");
        }
    }

    #[test]
    fn a_list_and_a_table() {
        let list =
            "{\n \"apiVersion\": \"v1\",\n \"items\": [\n  {\"reason\": \"Pulled\", \"involvedObject\": {}}\n ]\n}";
        let parts = Events.document(list.as_bytes());
        assert_eq!(parts.iter().map(|part| part.range.start).collect::<Vec<_>>(), [37]);
        let parts = Table.document(Table.samples()[0].as_bytes());
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].record.message(), "Back-off restarting failed container");
        assert_eq!(parts[0].record.level, Some(Level::Warn));
    }

    #[test]
    fn tables_of_all_versions() {
        const WIDE: &str = "LAST SEEN   TYPE      REASON    OBJECT      SUBOBJECT                SOURCE           MESSAGE    FIRST SEEN   COUNT   NAME\n\
                            2m          Warning   BackOff   pod/web-1   spec.containers{nginx}   kubelet, node1   Back-off   10m          5       web-1.17a\n";
        const OLD: &str = "LAST SEEN   FIRST SEEN   COUNT   NAME    KIND   SUBOBJECT                TYPE      REASON    SOURCE           MESSAGE\n\
                           2m          10m          5       web-1   Pod    spec.containers{nginx}   Warning   BackOff   kubelet, node1   Back-off\n";
        for (why, table, kind) in [("wide", WIDE, "pod"), ("before 1.15", OLD, "Pod")] {
            let parts = Table.document(table.as_bytes());
            let [Part { record, .. }] = parts.as_slice() else { unreachable!("{why}") };
            let attribute =
                |name: &str| record.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
            assert_eq!((attribute("kind"), attribute("name")), (Some(kind), Some("web-1")), "{why}");
            assert_eq!(record.container.as_ref().unwrap().name.as_deref(), Some("nginx"), "{why}");
            assert_eq!(
                (record.host.as_deref(), record.text_field("component")),
                (Some("node1"), Some("kubelet")),
                "{why}"
            );
            assert_eq!((record.number_field("count"), record.message()), (Some(5), "Back-off"), "{why}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for other in ["{\"apiVersion\": \"v1\", \"items\": [{\"kind\": \"Pod\"}]}", "{\"a\": 1}", "", "{"] {
            assert!(Events.document(other.as_bytes()).is_empty(), "{other}");
        }
        assert!(!Table.is_start(b"", b"NAME   READY   STATUS"));
    }
}
