//! stub

use super::event::Said;
use crate::format::Record;

/// stub
pub fn event(record: &Record<'_>) -> Option<Said> {
    let _ = record;
    None
}
