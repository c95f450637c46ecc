//! When a recovery is certain (methods, 6.2).

use crate::analysis::finding::Shape;
use crate::analysis::incident::Incident;
use crate::analysis::world::World;
use crate::clock::Instant;

/// Evidence of health that makes it certain, in nats.
const CERTAIN: f64 = 10.0;
/// And the least time since the end, in seconds.
const LEAST_S: i64 = 300;
/// Share of requests that fails in quiet times, where nothing tells it.
const QUIET: f64 = 0.001;
/// Highest and lowest level of an incident.
const LEVELS: (f64, f64) = (0.012, 0.98);

/// The first moment by which the good requests since the end are so many that the incident, were it not over, would
/// have made more fail: three after a total outage, some 830 after a mild one. `None` if the logs end before.
pub(super) fn verified(world: &World, incident: &Incident) -> Option<Instant> {
    let (_, covered) = world.coverage?;
    let layer = incident.impact.layer.as_ref()?;
    let loud = incident.findings.iter().filter(|finding| finding.shape != Shape::Slow);
    let last = loud.max_by(|one, other| one.end.total_cmp(&other.end)).filter(|_| !incident.is_ongoing)?;
    let level = if last.shape == Shape::Spike { last.level.clamp(LEVELS.0, LEVELS.1) } else { LEVELS.1 };
    let quiet = last.baseline.map_or(QUIET, |baseline| baseline.share).min(level / 2.0);
    let needed = (CERTAIN / -((1.0 - level) / (1.0 - quiet)).ln()).ceil() as u64;
    let of_layer = || world.services.iter().filter(|service| service.name == *layer);
    let end = incident.until.s;
    let mut good: Vec<(i64, u64)> = of_layer()
        .flat_map(|service| &service.seconds[service.seconds.partition_point(|second| second.at <= end)..])
        .map(|second| (second.at, u64::from(second.requests.saturating_sub(second.failing))))
        .collect();
    good.sort_unstable();
    let mut seen = 0;
    let enough = good.into_iter().find(|(_, count)| {
        seen += count;
        seen >= needed
    })?;
    let at = enough.0.max(end + LEAST_S);
    let ends = of_layer().filter_map(|service| service.span()).map(|(_, last)| last).max()?;
    (covered.s >= at && ends >= at).then_some(Instant::second(at))
}

/// Takes back what a later outage of the same requests disproves.
pub fn unverify(incidents: &mut [Incident]) {
    let begun: Vec<(i64, Option<String>)> =
        incidents.iter().map(|incident| (incident.start.s, incident.impact.layer.clone())).collect();
    for incident in incidents {
        let end = incident.until.s;
        let Some(mark) = &incident.marks.verified else { continue };
        let again = |(start, layer): &(i64, Option<String>)| {
            *layer == incident.impact.layer && *start > end && *start <= mark.at.s
        };
        if begun.iter().any(again) {
            incident.marks.verified = None;
        }
    }
}
