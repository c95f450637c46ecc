//! stub

use super::{Format, Record};

/// stub
pub struct Rfc3164;

impl Format for Rfc3164 {
    fn name(&self) -> &'static str {
        "syslog-rfc3164"
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
pub struct Rfc5424;

impl Format for Rfc5424 {
    fn name(&self) -> &'static str {
        "syslog-rfc5424"
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
pub struct Iso;

impl Format for Iso {
    fn name(&self) -> &'static str {
        "syslog-iso"
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
