//! stub

use super::event::Said;
use crate::format::Record;

/// stub
pub fn action(record: &Record<'_>) -> Option<Said> {
    let _ = record;
    None
}
