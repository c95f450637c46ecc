//! stub

use super::Record;

/// What systemd says in `text`, by the envelope's program and pid.
pub fn message<'a>(envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>> {
    let _ = (envelope, text);
    None
}
