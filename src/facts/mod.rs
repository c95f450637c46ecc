//! Records to facts.

pub mod bind;
pub mod event;
pub mod lifecycle;
pub mod operator;

use crate::format::Record;
use event::Said;

/// What the record says happened, if anything. Only from a line that a program writes about itself: never from a
/// traffic line, whose text is the client's.
pub fn said(record: &Record<'_>) -> Option<Said> {
    if record.is_traffic {
        return None;
    }
    bind::failure(record).or_else(|| lifecycle::event(record)).or_else(|| operator::action(record))
}
