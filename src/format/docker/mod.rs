//! docker: what `docker events` prints, the log of its daemon, and those of its containers.
//!
//! An event says what happened to a container, an image, a network or a volume; it holds no port and no error. Those
//! stand only in dockerd's log. Sources: moby's `daemon/events` and `api/types/events`, docker's CLI
//! `cli/command/system/events.go`.

mod daemon;
mod events_json;
mod events_text;
mod inspect;
mod json_file;
mod local;
mod ps;

pub use daemon::{DaemonLog, daemon_line};
pub use events_json::EventsJson;
pub use events_text::EventsText;
pub(super) use events_text::split as attributes;
pub use inspect::Inspect;
pub use json_file::JsonFile;
pub use local::Local;
pub use ps::{Ps, PsJson};

use super::{Container, Record, Stamp, Text, Value};

/// An event, in either form.
#[derive(Debug, Default)]
struct Event<'a> {
    stamp: Option<Stamp>,
    /// `container`, `image`, `network`, …
    kind: Text<'a>,
    action: Text<'a>,
    /// May be empty (`prune`).
    id: Text<'a>,
    attributes: Vec<(Text<'a>, Text<'a>)>,
    /// `local` or `swarm`; only in JSON.
    scope: Option<Text<'a>>,
}

impl<'a> Event<'a> {
    fn into_record(self, format: &'static str) -> Record<'a> {
        let mut record = Record::new(format);
        record.stamp = self.stamp;
        record.action = Some(self.action);
        let id = Some(self.id).filter(|id| !id.is_empty());
        if self.kind == "container" {
            let attribute = |name: &str| {
                let found = self.attributes.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
            };
            record.container = Some(Container { id, name: attribute("name"), image: attribute("image") });
        } else if let Some(id) = id {
            record.fields.push(("ID".into(), Value::Text(id)));
        }
        record.attributes = self.attributes;
        record.fields.push(("Type".into(), Value::Text(self.kind)));
        if let Some(scope) = self.scope {
            record.fields.push(("scope".into(), Value::Text(scope)));
        }
        record
    }
}
