//! stub

use super::{Format, Record};

/// stub
pub struct ErrorLog;

impl Format for ErrorLog {
    fn name(&self) -> &'static str {
        "apache-error"
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
pub struct AccessLog;

impl Format for AccessLog {
    fn name(&self) -> &'static str {
        "apache-access"
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
pub struct VhostAccessLog;

impl Format for VhostAccessLog {
    fn name(&self) -> &'static str {
        "apache-access"
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

/// Whether a program of this name writes Apache's lines: `apache2`, `httpd`, `apachectl`, `apache2ctl`.
pub fn writes_as(program: &str) -> bool {
    program == "apache2"
}

/// A line of Apache inside an envelope: the whole form, or bare as on standard error.
pub fn bare(text: &[u8]) -> Option<Record<'_>> {
    let _ = text;
    None
}
