//! Facts to incidents. Pure functions: no files, no clock, no printing.
//!
//! [`survey`](crate::facts::survey) tells what happened second by second; [`plan`] finds what stands out in it and the
//! windows that need a closer look; [`incidents`] weighs causes, groups, and measures.

pub mod burst;
pub mod cause;
pub mod evidence;
pub mod felt;
pub mod finding;
pub mod hole;
pub mod impact;
pub mod incident;
pub mod listeners;
pub mod marks;
pub mod ports;
mod rotated;
pub mod silences;
pub mod spikes;
pub mod world;

use crate::facts::closer::Close;
use finding::{Finding, Shape};
use incident::Incident;
use ports::Conflict;
use world::World;

/// Room beside a window for what is usual there, at least and at most, in seconds.
const BESIDE_S: (f64, f64) = (60.0, 4.0 * 3600.0);
/// The most where nothing was silent, so that nothing has to be estimated from the traffic beside it: enough for the
/// chart's margin and the last failures of clients that try again.
const BESIDE_SPIKES_S: f64 = 3600.0;

/// What stands out, before the closer look.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    #[allow(missing_docs)]
    pub conflicts: Vec<Conflict>,
    #[allow(missing_docs)]
    pub findings: Vec<Finding>,
    /// First and last second of what must be looked at closer.
    pub windows: Vec<(i64, i64)>,
}

/// Finds what stands out.
pub fn plan(world: &World) -> Plan {
    let conflicts = ports::conflicts(world);
    let findings = finding::findings(world, &conflicts);
    let only_spikes = findings.iter().all(|finding| finding.shape == Shape::Spike);
    let most = if only_spikes { BESIDE_SPIKES_S } else { BESIDE_S.1 };
    let windows = findings
        .iter()
        .map(|finding| {
            let beside = (finding.end - finding.start).clamp(BESIDE_S.0, most) + 10.0;
            ((finding.start - beside).floor() as i64, (finding.end + beside).ceil() as i64)
        })
        .collect();
    Plan { conflicts, findings, windows }
}

/// Weighs, groups and measures. `close` are the requests in the plan's windows.
pub fn incidents(world: &World, plan: &Plan, close: &[Close]) -> Vec<Incident> {
    incident::incidents(world, &plan.conflicts, &plan.findings, close)
}
