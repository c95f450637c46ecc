//! When hosts' clocks were set, on the one time.

use super::world::{Evidence, World, host_of};
use crate::clock::{Instant, Timebase};
use crate::facts::Facts;

/// A host's clock was set.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockStep {
    /// By the clock as it was set.
    pub at: Instant,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// By how many seconds forward; negative: back. `None` where the line does not say.
    pub by_s: Option<f64>,
    #[allow(missing_docs)]
    pub evidence: Evidence,
}

pub(super) fn clock_steps(facts: &Facts, timebase: &Timebase, world: &World) -> Vec<ClockStep> {
    let step = |of: &crate::facts::At<crate::facts::clock_step::ClockStep>| {
        Some(ClockStep {
            at: timebase.instant(of.place.block, of.moment?),
            host: host_of(&of.host, of.place, &world.hosts),
            by_s: of.fact.by_ms.map(|by| by as f64 / 1000.0),
            evidence: world.line(of.place),
        })
    };
    let mut steps: Vec<ClockStep> = facts.clock_steps.iter().filter_map(step).collect();
    steps.sort_by(|one, other| (one.at, &one.evidence).cmp(&(other.at, &other.evidence)));
    steps
}
