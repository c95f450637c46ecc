//! A compose file: what its services are to publish. Of YAML it takes what such files use: keys by indentation, lists
//! of ports in both forms, quotes and comments.
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.25
//!     ports:
//!       - "127.0.0.1:8080:80"
//!       - target: 443
//!         published: "8443"
//! ```
//!
//! What it wants is not what runs: profiles, overrides and variables may change it.

use std::ops::Range;

use crate::format::document::lines;
use crate::format::{Container, Format, Framing, Part, Record, Text, Value};

/// `compose.yaml`, `docker-compose.yml`.
pub struct File;

/// Keys with which such a file may begin.
const KEYS: &[&str] = &["services", "version", "name", "networks", "volumes", "configs", "secrets", "include"];

impl Format for File {
    fn name(&self) -> &'static str {
        "compose-file"
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let begins = |key: &str| line.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b":"));
        line.starts_with(b"#")
            || line.starts_with(b"---")
            || line.starts_with(b"x-")
            || KEYS.iter().any(|key| begins(key))
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let Ok(text) = str::from_utf8(bytes) else { return Vec::new() };
        let services: Vec<Service<'a>> = services(text);
        let is_known = |service: &Service<'_>| service.image.is_some() || service.is_built;
        if !services.iter().any(is_known) {
            return Vec::new();
        }
        services.into_iter().map(|service| Part::of_text(service.range.clone(), service.into_record())).collect()
    }

    fn samples(&self) -> &'static [&'static str] {
        &["services:\n  web:\n    image: nginx:1.25\n    ports:\n      - \"80:80\"\n"]
    }
}

/// One service.
#[derive(Debug, Default)]
struct Service<'a> {
    name: &'a str,
    range: Range<usize>,
    image: Option<&'a str>,
    container_name: Option<&'a str>,
    network_mode: Option<&'a str>,
    is_built: bool,
    ports: Vec<Text<'a>>,
}

impl<'a> Service<'a> {
    fn into_record(self) -> Record<'a> {
        let mut record = Record::new("compose-file");
        let own = |text: &'a str| Text::Borrowed(text);
        record.container = Some(Container { id: None, name: Some(own(self.name)), image: self.image.map(own) });
        let named = [("container_name", self.container_name), ("network_mode", self.network_mode)];
        for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            record.fields.push((name.into(), Value::Text(value.into())));
        }
        if !self.ports.is_empty() {
            record.fields.push(("ports".into(), Value::List(self.ports)));
        }
        record
    }

    /// Takes `key: value`, directly below the service.
    fn take(&mut self, key: &str, value: &'a str) {
        match key {
            "image" => self.image = Some(unquoted(value)),
            "container_name" => self.container_name = Some(unquoted(value)),
            "network_mode" => self.network_mode = Some(unquoted(value)),
            "build" => self.is_built = true,
            "ports" => {
                let listed = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
                let entries = listed.into_iter().flat_map(|value| value.split(','));
                self.ports.extend(entries.map(|entry| unquoted(entry.trim()).into()));
            }
            _ => {}
        }
    }
}

/// The services of a file.
fn services(text: &str) -> Vec<Service<'_>> {
    let mut found: Vec<Service<'_>> = Vec::new();
    let (mut is_inside, mut depth, mut key_depth, mut key) = (false, None, None, "");
    for (range, line) in lines(text) {
        let content = without_comment(line);
        let body = content.trim_start_matches(' ');
        let indent = content.len() - body.len();
        if body.is_empty() {
            continue;
        }
        if indent == 0 && !body.starts_with('-') {
            is_inside = body == "services:";
            continue;
        }
        if !is_inside {
            continue;
        }
        let depth = *depth.get_or_insert(indent);
        match found.last_mut() {
            _ if indent == depth => {
                let Some(name) = body.strip_suffix(':') else { continue };
                let start = range.start;
                found.push(Service { name: unquoted(name), range: start..range.end, ..Service::default() });
                (key_depth, key) = (None, "");
            }
            Some(service) => {
                service.range.end = range.end;
                let at = *key_depth.get_or_insert(indent);
                if indent <= at && !body.starts_with('-') {
                    let (name, value) = body.split_once(':').unwrap_or((body, ""));
                    key = name;
                    service.take(name, value.trim());
                } else if key == "ports" {
                    port(&mut service.ports, body);
                }
            }
            None => {}
        }
    }
    found
}

/// `- "80:80"`, `- target: 80`, or what goes on with the latter.
fn port<'a>(ports: &mut Vec<Text<'a>>, line: &'a str) {
    match line.strip_prefix('-') {
        Some(entry) => ports.push(unquoted(entry.trim()).into()),
        None => {
            if let Some(last) = ports.last_mut() {
                *last = format!("{last}, {line}").into();
            }
        }
    }
}

fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

/// The line without ` # …`; a `#` in quotes is none.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') if before == ' ' => return line.get(..at).unwrap_or(line).trim_end(),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        before = letter;
    }
    line.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(yaml: &str) -> Vec<(String, Vec<String>)> {
        let services = services(yaml).into_iter();
        let own = |ports: Vec<Text<'_>>| ports.into_iter().map(Text::into_owned).collect();
        services.map(|service| (service.name.to_owned(), own(service.ports))).collect()
    }

    #[test]
    fn ports_in_all_forms() {
        for (why, yaml, want) in [
            (
                "short",
                "services:\n  web:\n    ports:\n      - 80:8080\n      - \"127.0.0.1:8443:443\" # TLS\n",
                vec!["80:8080", "127.0.0.1:8443:443"],
            ),
            (
                "at the key's own depth",
                "services:\n  web:\n    ports:\n    - '53:53/udp'\n    image: a\n",
                vec!["53:53/udp"],
            ),
            ("in one line", "services:\n  web:\n    ports: [\"80:80\", 81:81]\n", vec!["80:80", "81:81"]),
            (
                "long",
                "services:\n  web:\n    ports:\n      - target: 80\n        published: \"8080\"\n      - 81:81\n",
                vec!["target: 80, published: \"8080\"", "81:81"],
            ),
            ("none", "services:\n  web:\n    expose:\n      - 80\n", vec![]),
        ] {
            let want: Vec<String> = want.into_iter().map(str::to_owned).collect();
            assert_eq!(ports(yaml), [("web".to_owned(), want)], "{why}");
        }
    }

    #[test]
    fn only_services_are_records() {
        let yaml = "# shop\nservices:\n  web:\n    image: nginx:1.25\n\n  db:\n    build: .\nnetworks:\n  private:\n    internal: true\n";
        let parts = File.document(yaml.as_bytes());
        let names: Vec<_> = parts.iter().map(|part| &yaml[part.range.clone()]).collect();
        assert_eq!(names, ["  web:\n    image: nginx:1.25", "  db:\n    build: ."]);
        for other in ["version: 2\nservices:\n  a: b\n", "name: x\nsteps:\n  - run: y\n", "", "services: []\n"] {
            assert!(File.document(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
