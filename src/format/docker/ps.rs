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
        str::from_utf8(line).is_ok_and(is_of_containers)
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

/// Whether these are headings of `docker ps`, also in an order of one's own (`--format 'table {{.Names}}\t{{.Ports}}'`,
/// `cli/command/formatter/container.go`), of `docker compose ps` (`NAME … SERVICE … PORTS`), or of `podman ps`.
fn is_of_containers(headings: &str) -> bool {
    const KNOWN: [&str; 20] = [
        "COMMAND",
        "CONTAINER ID",
        "CREATED",
        "CREATED AT",
        "EXIT CODE",
        "HEALTH",
        "IMAGE",
        "LABELS",
        "LOCAL VOLUMES",
        "MOUNTS",
        "NAME",
        "NAMES",
        "NETWORKS",
        "PORTS",
        "PROJECT",
        "RUNNING FOR",
        "SERVICE",
        "SIZE",
        "STATE",
        "STATUS",
    ];
    if !headings.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        return false;
    }
    let columns = Columns::of(headings.trim_end());
    let has = |name: &str| columns.names().any(|column| column == name);
    let tells = has("PORTS") || has("STATUS") || has("IMAGE");
    columns.names().all(|name| KNOWN.contains(&name))
        && (has("NAMES") && tells || has("NAME") && has("SERVICE") && has("PORTS"))
}

fn row<'a>(cells: Vec<(&'a str, &'a str)>) -> Option<Record<'a>> {
    let mut record = Record::new(NAME);
    let mut container = Container::default();
    for (heading, cell) in cells {
        match heading {
            "CONTAINER ID" => container.id = Some(cell.into()),
            "IMAGE" => container.image = Some(cell.into()),
            "NAMES" | "NAME" => container.name = Some(cell.into()),
            _ => record.fields.push((heading.into(), Value::Text(cell.into()))),
        }
    }
    let is_id = |id: &str| id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b',');
    let is_row = match (&container.id, &container.name) {
        (Some(id), _) => is_id(id),
        (None, Some(name)) => name.bytes().all(is_letter),
        (None, None) => false,
    };
    is_row.then_some(())?;
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
    fn tables_of_all_commands() {
        let ports = Some("0.0.0.0:80->80/tcp, [::]:80->80/tcp");
        for (why, table, id) in [
            (
                "columns of one's own",
                "NAMES   PORTS\nshop    0.0.0.0:80->80/tcp, [::]:80->80/tcp\nno row of it\n",
                None,
            ),
            (
                "the id among them",
                "CONTAINER ID   NAMES   PORTS\ne958d5114afa   shop    0.0.0.0:80->80/tcp, [::]:80->80/tcp\n",
                Some("e958d5114afa"),
            ),
            (
                "docker compose ps",
                "NAME   IMAGE   SERVICE   STATUS   PORTS\n\
                 shop   a:1     web       Up 2 m   0.0.0.0:80->80/tcp, [::]:80->80/tcp\n",
                None,
            ),
        ] {
            let parts = Ps.document(table.as_bytes());
            let [Part { record, .. }] = parts.as_slice() else { unreachable!("{why}") };
            let container = record.container.as_ref().unwrap();
            assert_eq!((container.id.as_deref(), container.name.as_deref()), (id, Some("shop")), "{why}");
            assert_eq!(record.text_field("PORTS"), ports, "{why}");
        }
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
        for line in [
            "CONTAINER ID",
            "CONTAINER ID   NAME   CPU %",
            "REPOSITORY   TAG   IMAGE ID",
            "NAME   STATUS   CONFIG FILES",
            "NAME   READY   STATUS   RESTARTS   AGE",
            "NAME   STATUS   PORTS",
            "names   ports",
            "",
        ] {
            assert!(!Ps.is_start(b"", line.as_bytes()), "{line}");
        }
        assert!(PsJson.parse(br#"{"Names":"a","Image":"b","Ports":""}"#).is_none());
    }
}
