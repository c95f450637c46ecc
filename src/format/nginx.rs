//! stub

use super::{Format, Record};

/// stub
pub struct ErrorLog;

impl Format for ErrorLog {
    fn name(&self) -> &'static str {
        "nginx-error"
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
        "nginx-access"
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

/// Whether a program of this name writes nginx's lines: `nginx`, `openresty`, `angie`, `tengine`, `freenginx`.
pub fn writes_as(program: &str) -> bool {
    program == "nginx"
}

/// A line of nginx inside an envelope: with its own stamp, or bare as on standard error (`nginx: [emerg] …`).
pub fn bare(text: &[u8]) -> Option<Record<'_>> {
    let _ = text;
    None
}
