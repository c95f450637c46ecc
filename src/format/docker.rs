//! stub

use super::{Format, Record};

/// stub
pub struct EventsJson;

impl Format for EventsJson {
    fn name(&self) -> &'static str {
        "docker-events-json"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        let _ = (previous, line);
        false
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let _ = record;
        None
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}

/// stub
pub struct EventsText;

impl Format for EventsText {
    fn name(&self) -> &'static str {
        "docker-events-text"
    }

    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool {
        let _ = (previous, line);
        false
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let _ = record;
        None
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}

/// A line of dockerd's own log (logfmt) inside an envelope.
pub fn daemon_line(text: &str) -> Option<Record<'_>> {
    let _ = text;
    None
}
