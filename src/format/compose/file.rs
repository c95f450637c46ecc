//! A compose file: what its services are to publish. Of YAML it takes what such files use: keys by indentation, lists
//! of ports in both forms, quotes, comments, and anchors with what is taken over from them.
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

/// One service, or what several have in common.
#[derive(Clone, Debug, Default)]
struct Service<'a> {
    name: &'a str,
    /// `&web`: by which others take it over.
    anchor: Option<&'a str>,
    /// `<<: *common`: what it takes over.
    merged: Vec<&'a str>,
    /// Whether a list in brackets goes on in the next line.
    is_open: bool,
    range: Range<usize>,
    image: Option<&'a str>,
    container_name: Option<&'a str>,
    network_mode: Option<&'a str>,
    restart: Option<&'a str>,
    is_built: bool,
    ports: Vec<Text<'a>>,
}

impl<'a> Service<'a> {
    fn into_record(self) -> Record<'a> {
        let mut record = Record::new("compose-file");
        let own = |text: &'a str| Text::Borrowed(text);
        record.container = Some(Container { id: None, name: Some(own(self.name)), image: self.image.map(own) });
        let named =
            [("container_name", self.container_name), ("network_mode", self.network_mode), ("restart", self.restart)];
        for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            record.fields.push((name.into(), Value::Text(value.into())));
        }
        if !self.ports.is_empty() {
            record.fields.push(("ports".into(), Value::List(self.ports)));
        }
        record
    }

    /// `web:`, `web: &web`
    fn begin(range: Range<usize>, line: &'a str) -> Option<Self> {
        let (name, value) = line.split_once(':')?;
        let anchor = value.trim().strip_prefix('&').filter(|anchor| !anchor.contains(' '));
        let is_block = value.is_empty() || anchor.is_some();
        is_block.then(|| Service { name: unquoted(name.trim_end()), anchor, range, ..Service::default() })
    }

    /// Takes `key: value`, directly below the service.
    fn take(&mut self, key: &str, value: &'a str) {
        let value = match value.strip_prefix('&') {
            Some(anchored) => anchored.split_once(' ').map_or("", |(_, value)| value.trim()),
            None => value,
        };
        match key {
            "image" => self.image = Some(unquoted(value)),
            "container_name" => self.container_name = Some(unquoted(value)),
            "network_mode" => self.network_mode = Some(unquoted(value)),
            "restart" => self.restart = Some(unquoted(value)),
            "build" => self.is_built = true,
            "<<" => {
                let names = value.trim_matches(['[', ']']).split(',');
                self.merged.extend(names.filter_map(|name| name.trim().strip_prefix('*')));
            }
            "ports" => {
                if let Some(listed) = value.strip_prefix('[') {
                    self.listed(listed);
                }
            }
            _ => {}
        }
    }

    /// `"80:80", "81:81"]`, perhaps going on in the next line.
    fn listed(&mut self, entries: &'a str) {
        self.is_open = !entries.ends_with(']');
        let entries = entries.strip_suffix(']').unwrap_or(entries).split(',').map(str::trim);
        self.ports.extend(entries.filter(|entry| !entry.is_empty()).map(|entry| unquoted(entry).into()));
    }

    /// `- "80:80"`, `- target: 80`, or what goes on with the latter.
    fn port(&mut self, line: &'a str) {
        match line.strip_prefix('-') {
            Some(entry) => self.ports.push(unquoted(entry.trim()).into()),
            None if self.is_open => self.listed(line),
            None => {
                if let Some(last) = self.ports.last_mut() {
                    *last = format!("{last}, {line}").into();
                }
            }
        }
    }

    /// Takes over what it does not say itself.
    fn merge(&mut self, known: &[Service<'a>]) {
        let mut names = std::mem::take(&mut self.merged);
        let mut seen = Vec::new();
        while let Some(name) = names.pop().filter(|name| !seen.contains(name)) {
            seen.push(name);
            let Some(other) = known.iter().find(|other| other.anchor == Some(name)) else { continue };
            self.image = self.image.or(other.image);
            self.network_mode = self.network_mode.or(other.network_mode);
            self.restart = self.restart.or(other.restart);
            self.is_built |= other.is_built;
            if self.ports.is_empty() {
                self.ports.clone_from(&other.ports);
            }
            names.extend(&other.merged);
        }
    }
}

/// The services of a file, with what they take over from others (`<<: *common`).
fn services(text: &str) -> Vec<Service<'_>> {
    let mut reader = Reader::default();
    for (range, line) in lines(text) {
        let content = without_comment(line);
        let body = content.trim_start_matches(' ');
        if !body.is_empty() {
            reader.line(range, content.len() - body.len(), body);
        }
    }
    let shared = reader.shared;
    let known: Vec<Service<'_>> = shared.iter().chain(&reader.services).cloned().collect();
    let mut services = reader.services;
    services.iter_mut().for_each(|service| service.merge(&known));
    services
}

/// Where in a file a line stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Section {
    Services,
    /// `x-common: &common`
    Shared,
    #[default]
    Other,
}

#[derive(Default)]
struct Reader<'a> {
    services: Vec<Service<'a>>,
    /// What stands at the top for services to take over.
    shared: Vec<Service<'a>>,
    section: Section,
    /// Blanks before a service's name, and before its keys.
    depth: Option<usize>,
    key_depth: Option<usize>,
    key: &'a str,
}

impl<'a> Reader<'a> {
    fn line(&mut self, range: Range<usize>, indent: usize, body: &'a str) {
        if indent == 0 && !body.starts_with(['-', ']', '}']) {
            return self.section(range, body);
        }
        let depth = match self.section {
            Section::Other => return,
            Section::Shared => 0,
            Section::Services => *self.depth.get_or_insert(indent),
        };
        if indent == depth {
            self.services.extend(Service::begin(range, body));
            (self.key_depth, self.key) = (None, "");
            return;
        }
        let list = if self.section == Section::Shared { &mut self.shared } else { &mut self.services };
        let Some(service) = list.last_mut() else { return };
        service.range.end = range.end;
        let at = *self.key_depth.get_or_insert(indent);
        if indent <= at && !body.starts_with(['-', ']']) {
            let (name, value) = body.split_once(':').unwrap_or((body, ""));
            self.key = name.trim_end();
            service.take(self.key, value.trim());
        } else if self.key == "ports" {
            service.port(body);
        }
    }

    /// `services:`, `x-common: &common`, and whatever else stands at the beginning of a line.
    fn section(&mut self, range: Range<usize>, body: &'a str) {
        (self.key_depth, self.key) = (None, "");
        self.section = match Service::begin(range, body).filter(|block| block.anchor.is_some()) {
            Some(block) => {
                self.shared.push(block);
                Section::Shared
            }
            None if body == "services:" => Section::Services,
            None => Section::Other,
        };
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
            (
                "in brackets over lines",
                "services:\n  web:\n    ports: [\n      \"80:80\",\n      81:81\n    ]\n    image: a\n",
                vec!["80:80", "81:81"],
            ),
            ("an anchor", "services:\n  web: &web\n    ports:\n      - \"${PORT:-80}:80\"\n", vec!["${PORT:-80}:80"]),
            (
                "taken over",
                "x-all: &all\n  ports:\n    - 80:80\n  image: a\nservices:\n  web:\n    <<: *all\n    build: .\n",
                vec!["80:80"],
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
