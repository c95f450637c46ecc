//! How many were hit: shares of requests and clients over an incident's window, at the outermost layer (methods, 3).

mod attempts;
mod clients;
mod count;
mod profile;
mod requests;
mod time;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::hole::Usual;
use super::world::{self, World};
use crate::facts::closer::{Close, Seen};
use crate::facts::traffic::{Outcome, Second};

pub use attempts::Attempts;
pub use clients::{Clients, Machine};
pub use profile::Profile;
pub use requests::{Requests, wilson};
pub use time::Chart;

use count::Counted;

/// z of a 95 % interval.
const Z: f64 = 1.959_964;
/// A silence inside a hole counts as missed requests from so many expected ones on: chance leaves it in one of twenty.
const LEAST_MISSED: f64 = 3.0;

/// What an incident did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// `None` where no log of requests covers the incident.
    pub requests: Option<Requests>,
    #[allow(missing_docs)]
    pub clients: Option<Clients>,
    /// Failing requests as what people tried, where any was tried again.
    pub attempts: Option<Attempts>,
    /// Start and percent.
    pub worst_minute: Option<(i64, f64)>,
    /// Percent of the day's requests.
    pub day_percent: Option<f64>,
    /// The service that counts: the outermost that logs.
    pub layer: Option<String>,
    /// What must be known of where the requests were counted.
    pub remarks: Vec<Remark>,
    #[allow(missing_docs)]
    pub chart: Option<Chart>,
    /// First and last failing request.
    pub first: Option<Seen>,
    #[allow(missing_docs)]
    pub last: Option<Seen>,
    /// How the failing requests ended.
    pub profile: Profile,
    /// Failing requests that only a wrong server on the port made.
    pub refused_by_holder: u64,
    /// Failing requests whose clients did not wait for the answer.
    pub gave_up: u64,
}

/// What must be known of where the requests were counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// This service stands in front, but its log does not cover the time.
    NoLogInFront(String),
    /// Requests that came to this service past the layer in front are counted as well; their share of its requests,
    /// in percent.
    PastTheFront(String, f64),
    /// Services that have nothing to do with each other were hit, and all their requests count.
    Entries(Vec<String>),
    /// The service runs on several hosts, and all their requests count.
    Hosts(usize),
}

/// A window and whose requests count in it.
pub struct Window<'a> {
    /// First and last moment, seconds since 1970.
    pub start: f64,
    #[allow(missing_docs)]
    pub end: f64,
    /// The services of the outermost layer, by index.
    pub services: Vec<usize>,
    /// Services behind it that requests also reach past it, with the share of their requests that do.
    pub added: Vec<(usize, f64)>,
    /// The service that held the port, and while it did: from, to.
    pub holder: Option<(usize, f64, f64)>,
    /// Stretches in which its refusals count as failures: where it refused far more than it is used to.
    pub refusals: Vec<(f64, f64)>,
    /// Whether requests whose clients gave up count as failed: they rose with the failing ones.
    pub gave_up: bool,
    /// Whether it begins and ends with a silence: then good requests of the seconds at its edges lie outside.
    pub begins_silent: bool,
    #[allow(missing_docs)]
    pub ends_silent: bool,
    /// Stretches in which requests may be missing.
    pub holes: Vec<Gap>,
    /// Share of requests that fail in quiet times.
    pub chronic_share: f64,
    /// First second of the day and of the next, for the day's share.
    pub day: (i64, i64),
    #[allow(missing_docs)]
    pub remarks: Vec<Remark>,
    #[allow(missing_docs)]
    pub world: &'a World,
}

/// A stretch in which requests of a service are missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// By index.
    pub service: usize,
    /// Seconds since 1970.
    pub start: f64,
    #[allow(missing_docs)]
    pub end: f64,
    /// Whether some requests did come: then `missed` says how many did not.
    pub is_partial: bool,
    /// As the finding tells it.
    pub missed: f64,
    /// Between how many these are in 95 of 100 cases, as the finding tells it.
    pub range: Option<(f64, f64)>,
}

/// A stretch in which requests of a service should have come and did not.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Silence {
    service: usize,
    from: i64,
    to: i64,
    missed: f64,
    /// Of the requests that should have come.
    share: f64,
    /// Between how many times `missed` the true number lies in 95 of 100 cases, where it is known.
    factors: Option<(f64, f64)>,
}

/// Counts the window. `close` are the requests around it.
pub fn impact(window: &Window<'_>, close: &[Close]) -> Impact {
    let layer = window.services.first().map(|index| window.world.services[*index].name.clone());
    let counted = Counted::of(window, close);
    let (from, to) = (window.start.floor() as i64, window.end.ceil() as i64);
    let silences = silences(window, &counted);
    let missed: f64 = silences.iter().map(|silence| silence.missed).sum();
    let (seen, failed) = counted.inside(window);
    if layer.is_none() || (seen < 0.5 && missed < 1.0) {
        return Impact { layer, ..Impact::default() };
    }
    let is_cut = !window.begins_silent && !window.ends_silent;
    let requests = Requests::of(seen, failed, window.chronic_share, is_cut, &silences);
    let failing = counted.failing(window);
    Impact {
        clients: Some(clients::clients(window, &counted, &silences)),
        attempts: attempts::attempts(window, &counted),
        worst_minute: time::worst_minute(from, to, &counted.cells_inside(window), &silences),
        day_percent: time::day_percent(window, &requests),
        chart: Some(time::chart(window, &counted, &silences)),
        first: failing.iter().min().map(|seen| **seen),
        last: failing.iter().max().map(|seen| **seen),
        profile: profile::profile(window, &counted, &failing, failed),
        refused_by_holder: counted.refused_by_holder(window),
        gave_up: counted.gave_up(window),
        remarks: window.remarks.clone(),
        requests: Some(requests),
        layer,
    }
}

/// The requests by which the silences of a service are measured: its own, or, where it had none before the window, those
/// of the holder of its port as well. In order of time, each second once.
fn usual_requests<'a>(window: &Window<'a>, service: usize) -> Cow<'a, [Second]> {
    let own = &window.world.services[service].seconds;
    let served = own.first().is_some_and(|first| (first.at as f64) < window.start);
    let holder = window.holder.map(|(holder, _, _)| &window.world.services[holder].seconds);
    match holder.filter(|_| !served) {
        None => Cow::Borrowed(own),
        Some(holder) => {
            let mut both = [own.as_slice(), holder.as_slice()].concat();
            world::joined(&mut both);
            Cow::Owned(both)
        }
    }
}

/// Silent stretches of the holes, and the dips.
fn silences(window: &Window<'_>, counted: &Counted<'_>) -> Vec<Silence> {
    let mut silences = Vec::new();
    // What is usual takes a look at the whole log: once for each service.
    let silent = window.holes.iter().filter(|gap| !gap.is_partial).map(|gap| gap.service);
    let requests: BTreeMap<usize, Cow<'_, [Second]>> =
        silent.collect::<BTreeSet<_>>().into_iter().map(|index| (index, usual_requests(window, index))).collect();
    let usual: BTreeMap<usize, Usual<'_>> = requests.iter().map(|(index, own)| (*index, Usual::of(own))).collect();
    for gap in &window.holes {
        let (from, to) = (gap.start.ceil() as i64, gap.end.floor() as i64);
        let factors = gap.range.filter(|_| gap.missed > 0.0).map(|(low, high)| (low / gap.missed, high / gap.missed));
        let weight = window.added.iter().find(|(index, _)| *index == gap.service).map_or(1.0, |(_, share)| *share);
        let silence = |from, to, missed: f64, share| Silence {
            service: gap.service,
            from,
            to,
            missed: missed * weight,
            share,
            factors,
        };
        if gap.is_partial {
            let came = f64::from(window.world.services[gap.service].count(from, to).requests);
            silences.push(silence(from, to, gap.missed, gap.missed / (gap.missed + came).max(1.0)));
            continue;
        }
        let busy = counted.busy(window, gap.service, from, to);
        let expected = usual.get(&gap.service).map_or(0.0, |usual| usual.expected(from, to).expected);
        let per_second = expected / ((to - from).max(1) as f64);
        let mut at = from;
        for second in busy.into_iter().chain([to]) {
            let silent = per_second * (second - at) as f64;
            if second > at && silent >= LEAST_MISSED {
                silences.push(silence(at, second, silent, 1.0));
            }
            at = second + 1;
        }
    }
    silences
}
