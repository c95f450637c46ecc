//! What stands out in the traffic: spikes, holes, and conflicts that users felt.

use super::aside::Asides;
use super::burst::{Baseline, Climb};
use super::felt::felt;
use super::hole::HoleFacts;
use super::ports::Conflict;
use super::silences::{silences_of, told_holes};
use super::slow::{SlowRun, slow};
use super::spikes::{aftershocks, spikes, spikes_of_lines};
use super::world::{Service, World};

/// What stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Shape {
    #[default]
    Spike,
    Hole,
    /// Far fewer requests than should have come.
    Dip,
    /// Answers that took far longer than they usually do.
    Slow,
    /// Users of the port were answered by its holder.
    WrongServer,
    /// A service could not start, and no log of its requests exists.
    NoTraffic,
}

/// One thing that stands out, of one service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    #[allow(missing_docs)]
    pub shape: Shape,
    /// Index into [`World::services`]; `None` where the service has no traffic.
    pub series: Option<usize>,
    #[allow(missing_docs)]
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// Seconds since 1970, as exact as it is known.
    pub start: f64,
    /// The same; the end of the logs where it goes on.
    pub end: f64,
    /// How far each may be off, in seconds.
    pub start_error_s: f64,
    #[allow(missing_docs)]
    pub end_error_s: f64,
    /// Whether the log does not prove health before and after.
    pub is_open_at_start: bool,
    #[allow(missing_docs)]
    pub is_open_at_end: bool,
    /// Requests that never came, where it is a hole or a dip.
    pub missed: f64,
    /// Between how many these are in 95 of 100 cases, where the log itself shows how well they can be told.
    pub missed_range: Option<(f64, f64)>,
    /// Why it is called what it is, where it is a silence that the traffic shows.
    pub hole: Option<HoleFacts>,
    /// The conflict that it is the effect of, by index.
    pub conflict: Option<usize>,
    /// Quiet times of its service.
    pub baseline: Option<Baseline>,
    /// Share of failing requests at its end, where it is a spike.
    pub level: f64,
    /// How its share of failing requests rose, where it did not begin at once.
    pub climb: Option<Climb>,
    /// Whether it fell to the baseline often, or is one of several spikes close together.
    pub is_flapping: bool,
    /// Addresses behind which clients cannot be told apart, by [`client_hash`](crate::facts::traffic::client_hash).
    pub hidden: Vec<u64>,
    /// The virtual host, backend, server or path that it is confined to, if it is.
    pub scope: Option<String>,
    /// When answers took far longer than usual, where it is that, or beside it.
    pub slow: Option<SlowRun>,
}

impl Finding {
    /// Of that service, whose index in [`World::services`] is `index`, with edges known to the second.
    pub fn of(shape: Shape, index: usize, service: &Service, (start, end): (f64, f64)) -> Finding {
        Finding {
            shape,
            series: Some(index),
            service: service.name.clone(),
            host: service.host.clone(),
            start,
            end,
            start_error_s: 1.0,
            end_error_s: 1.0,
            level: 1.0,
            ..Finding::default()
        }
    }
}

/// All findings, in order of time; and what stands out beside them and is no incident.
pub fn findings(world: &World, conflicts: &[Conflict]) -> (Vec<Finding>, Asides) {
    let (mut found, mut asides) = (Vec::new(), Asides::default());
    let until = world.coverage.map_or(0, |(_, last)| last.s);
    for (index, service) in world.services.iter().enumerate() {
        found.extend(spikes(index, service, &mut asides));
        found.extend(silences_of(world, conflicts, index, until, &mut asides));
    }
    found.extend(spikes_of_lines(world, &mut asides));
    for index in 0..world.services.len() {
        let told = told_holes(world, index, &found);
        found.extend(told);
    }
    for (index, conflict) in conflicts.iter().enumerate() {
        felt(world, index, conflict, &mut found);
    }
    let later = aftershocks(world, &found);
    found.extend(later);
    slow(world, &mut found);
    found.sort_by(|one, other| {
        one.start
            .total_cmp(&other.start)
            .then(one.end.total_cmp(&other.end))
            .then_with(|| one.service.cmp(&other.service))
    });
    (found, asides)
}

/// Whether two names are one service's: Apache is `apache2` on Debian and `httpd` elsewhere.
pub fn is_same(one: &str, other: &str) -> bool {
    let apache = |name: &str| matches!(name, "apache2" | "httpd");
    one == other || apache(one) && apache(other)
}
