//! Zones that sources do not state, inferred from what other sources say of the same things (methods, section 4).

use super::{SourceName, Timebase};
use crate::facts::Facts;

/// Finds the zones of sources for which it would have to be assumed.
pub fn zones(facts: &Facts, names: &[SourceName], timebase: &mut Timebase) {
    let _ = (facts, names, timebase);
}
