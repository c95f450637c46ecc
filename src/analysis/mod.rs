//! Facts to incidents. Pure functions: no files, no clock, no printing.
//!
//! [`survey`](crate::facts::survey) tells what happened second by second; [`plan`] finds what stands out in it and the
//! windows that need a closer look; [`incidents`] weighs causes, groups, and measures.

pub mod aside;
pub mod burst;
pub mod cause;
mod clock_steps;
pub mod evidence;
pub mod felt;
pub mod finding;
pub mod group;
pub mod hole;
pub mod impact;
pub mod incident;
pub mod latent;
pub mod layers;
pub mod listeners;
pub mod looking;
pub mod marks;
pub mod ports;
mod rotated;
pub mod scope;
pub mod silences;
pub mod slow;
pub mod spikes;
mod wanted;
pub mod world;

use crate::clock::zone::Rule;
use crate::facts::closer::sample::Sample;
use crate::facts::closer::{Close, Wanted};
use aside::Asides;
use finding::{Finding, Shape};
use incident::Incident;
use layers::Layers;
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
    /// What stands out and is no incident.
    pub asides: Asides,
    /// What must be looked at closer.
    pub wanted: Wanted,
    /// Stretches of quiet time (first and last second) by which services are compared.
    pub quiet: Vec<(i64, i64)>,
}

/// Finds what stands out.
pub fn plan(world: &World) -> Plan {
    let conflicts = ports::conflicts(world);
    let (findings, asides) = finding::findings(world, &conflicts);
    let only_spikes = findings.iter().all(|finding| finding.shape == Shape::Spike);
    let most = if only_spikes { BESIDE_SPIKES_S } else { BESIDE_S.1 };
    let windows = findings
        .iter()
        .map(|finding| {
            let beside = (finding.end - finding.start).clamp(BESIDE_S.0, most) + 10.0;
            ((finding.start - beside).floor() as i64, (finding.end + beside).ceil() as i64)
        })
        .collect();
    let wanted = wanted::wanted(world, &conflicts, &findings, windows);
    Plan { quiet: layers::stretches(world, &findings), wanted, conflicts, findings, asides }
}

/// Weighs, groups and measures. `close` are the requests in the plan's windows, `samples` those of its quiet times;
/// `zone` is the one whose days count.
pub fn incidents(world: &World, plan: &Plan, close: &[Close], samples: &[Sample], zone: &Rule) -> Vec<Incident> {
    let layers = Layers::of(world, samples, &plan.quiet);
    incident::incidents(
        &incident::Given { world, conflicts: &plan.conflicts, close, layers: &layers, zone },
        &plan.findings,
    )
}
