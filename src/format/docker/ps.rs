//! `docker ps`, as table and as JSON, and podman's table: who publishes which port. Ages are counted from the moment of
//! printing, which is not told.
//!
//! ```text
//! CONTAINER ID   IMAGE          COMMAND      CREATED         STATUS         PORTS                NAMES
//! e958d5114afa   shop/web:1.4   "sleep 60"   2 minutes ago   Up 2 minutes   [::1]:8093->80/tcp   six
//! ```
//!
//! The table is padded by Go's `tabwriter`, in letters; a cell may be empty.

use std::collections::BTreeMap;

use memchr::memmem;
use serde_json::Value as Json;

use crate::format::document::{Columns, lines};
use crate::format::{Container, Format, Framing, Part, Record, Text, Value, nest};

const NAME: &str = "docker-ps";

/// The table.
pub struct Ps;

impl Format for Ps {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"CONTAINER ID ") && line.trim_ascii_end().ends_with(b"NAMES")
            || line.starts_with(b"CONTAINER ID ") && memmem::find(line, b" NAMES ").is_some()
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
            } else if let Some(record) = columns.as_ref().and_then(|columns| row(columns.cells(line))) {
                parts.push(Part::of_text(range, record));
            }
        }
        parts
    }

    fn samples(&self) -> &'static [&'static str] {
        &["CONTAINER ID   IMAGE          COMMAND      CREATED         STATUS         PORTS                NAMES\n\
           e958d5114afa   shop/web:1.4   \"sleep 60\"   2 minutes ago   Up 2 minutes   [::1]:8093->80/tcp   six\n"]
    }
}

fn row<'a>(cells: Vec<(&'a str, &'a str)>) -> Option<Record<'a>> {
    let mut record = Record::new(NAME);
    let mut container = Container::default();
    for (heading, cell) in cells {
        match heading {
            "CONTAINER ID" => container.id = Some(cell.into()),
            "IMAGE" => container.image = Some(cell.into()),
            "NAMES" => container.name = Some(cell.into()),
            _ => record.fields.push((heading.into(), Value::Text(cell.into()))),
        }
    }
    let is_id = |id: &str| id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    container.id.as_deref().filter(|id| is_id(id))?;
    record.container = Some(container);
    Some(record)
}

/// `docker ps --format '{{json .}}'`
pub struct PsJson;

impl Format for PsJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let holds = |name: &[u8]| memmem::find(line, name).is_some();
        line.starts_with(b"{") && holds(b"\"Names\":") && holds(b"\"Image\":") && holds(b"\"Ports\":")
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        match str::from_utf8(record) {
            Ok(object) => json(object),
            Err(_) => json(&String::from_utf8_lossy(record)).map(|record| nest::owned(&record)),
        }
    }

    fn samples(&self) -> &'static [&'static str] {
        &["{\"Command\":\"\\\"sleep 60\\\"\",\"CreatedAt\":\"2026-11-24 02:41:00 +0000 UTC\",\"ID\":\"e958d5114afa\",\
           \"Image\":\"shop/web:1.4\",\"Names\":\"six\",\"Ports\":\"[::1]:8093-\\u003e80/tcp\",\"State\":\"running\"}"]
    }
}

fn json(object: &str) -> Option<Record<'_>> {
    let members: BTreeMap<Text<'_>, Json> = serde_json::from_str(object).ok()?;
    let mut record = Record::new(NAME);
    let mut container = Container::default();
    for (name, member) in members {
        let value = match member {
            Json::String(text) if text.is_empty() => continue,
            Json::String(text) => text,
            Json::Null => continue,
            other => other.to_string(),
        };
        match name.as_ref() {
            "ID" => container.id = Some(value.into()),
            "Image" => container.image = Some(value.into()),
            "Names" => container.name = Some(value.into()),
            _ => record.fields.push((name, Value::Text(value.into()))),
        }
    }
    container.id.as_ref()?;
    record.container = Some(container);
    Some(record)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_ports() {
        let table = "CONTAINER ID   IMAGE   COMMAND     STATUS         PORTS                NAMES\n\
                     e958d5114afa   a:1     \"sleep …\"   Up 2 minutes   [::1]:8093->80/tcp   six\n\
                     242c9bc5f918   a:1     \"nosuch\"    Created                             nocmd\n\
                     no row\n";
        let parts = Ps.document(table.as_bytes());
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.record.container.as_ref().unwrap().name.as_deref(), part.record.text_field("PORTS")))
            .collect();
        assert_eq!(told, [(Some("six"), Some("[::1]:8093->80/tcp")), (Some("nocmd"), None)]);
    }

    #[test]
    fn a_row_as_json() {
        let line = PsJson.samples()[0].as_bytes();
        assert!(PsJson.is_start(b"", line));
        let record = PsJson.parse(line).unwrap();
        assert_eq!(record.text_field("Ports"), Some("[::1]:8093->80/tcp"));
        assert_eq!(record.container.unwrap().id.as_deref(), Some("e958d5114afa"));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in ["CONTAINER ID", "CONTAINER ID   NAME   CPU %", "REPOSITORY   TAG   IMAGE ID", ""] {
            assert!(!Ps.is_start(b"", line.as_bytes()), "{line}");
        }
        assert!(PsJson.parse(br#"{"Names":"a","Image":"b","Ports":""}"#).is_none());
    }
}
