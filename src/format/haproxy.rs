//! stub

use super::{Format, Record};

/// stub
pub struct Traffic;

impl Format for Traffic {
    fn name(&self) -> &'static str {
        "haproxy-http"
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
pub struct Notice;

impl Format for Notice {
    fn name(&self) -> &'static str {
        "haproxy-notice"
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

/// One line of traffic, or a connection error, without the syslog header.
pub fn traffic(text: &[u8]) -> Option<Record<'_>> {
    let _ = text;
    None
}

/// A notice inside an envelope: `[ALERT]    (31297) : text`, or the bare text that goes to syslog.
pub fn notice(text: &[u8]) -> Option<Record<'_>> {
    let _ = text;
    None
}
