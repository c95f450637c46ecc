//! Silences as findings: which holes and dips are an outage, by what the service and the logs beside it tell
//! (methods, 2.5).

mod anchors;
mod beside;
#[cfg(test)]
mod tests;
mod told;

use std::cell::OnceCell;

use super::aside::{Asides, LeastNoticed};
use super::finding::{Finding, Shape, is_same};
use super::hole::{Anchor, Bars, Dip, Hole, HoleFacts, HoleKind, LEAST_PROBABLE, Usual, anchored_odds, back_test};
use super::ports::Conflict;
use super::world::{Happening, Service, World};
use anchors::{Edges, Signs};
use beside::Front;
pub use told::told_holes;

/// How far from a hole's edge a stop or start of the service still is that edge, in seconds at least.
pub const EDGE_S: f64 = 5.0;
/// The same in mean gaps of the traffic.
pub const EDGE_GAPS: f64 = 20.0;
/// Requests that a silence must have cost to be told.
pub const LEAST_MISSED: f64 = 3.0;
/// A silence at the same time of the day, to so many seconds, on so many days is usual.
const SAME_TIME_S: i64 = 900;
const SAME_TIME_DAYS: usize = 3;
/// So many silences of the same length, to a quarter of it, are the same one again and again.
const RECURRING: usize = 3;
const SAME_LENGTH: f64 = 0.25;

/// A silence with what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    #[allow(missing_docs)]
    pub hole: Hole,
    #[allow(missing_docs)]
    pub facts: HoleFacts,
    edges: Edges,
}

/// A service with all that its silences are judged by.
struct Case<'a> {
    world: &'a World,
    conflicts: &'a [Conflict],
    service: &'a Service,
    /// The service's own events, in order of time.
    own: Vec<&'a Happening>,
    usual: Usual<'a>,
    bars: Bars,
    /// The end of what all logs cover.
    until: i64,
    /// Silences that chance does not explain.
    holes: Vec<Hole>,
    fronts: OnceCell<Vec<&'a Service>>,
}

/// The silences and losses of a service that are an outage; `index` is its own in [`World::services`]. Other silences
/// that stand out go to the asides.
pub fn silences_of(
    world: &World,
    conflicts: &[Conflict],
    index: usize,
    until: i64,
    asides: &mut Asides,
) -> Vec<Finding> {
    let service = &world.services[index];
    let case = Case::of(world, conflicts, service, until);
    let (judged, others): (Vec<Judged>, Vec<Judged>) =
        case.judged().into_iter().partition(|judged| judged.facts.kind.is_outage());
    others.iter().filter(|judged| judged.stands_out()).for_each(|judged| asides.add_silence(&service.name, judged));
    let least_noticed_s = case.bars.least_noticed().filter(|_| !case.usual.is_small());
    asides.least_noticed.extend(least_noticed_s.map(|seconds| LeastNoticed::of(service, seconds)));
    let dips: Vec<Dip> = case.usual.dips(&case.holes).into_iter().filter(|dip| case.is_loss(dip)).collect();
    let avoid: Vec<(i64, i64)> =
        case.holes.iter().map(|hole| (hole.from, hole.to)).chain(dips.iter().map(|dip| (dip.from, dip.to))).collect();
    // What happened inside a dip belongs to it, but for what the service itself tells.
    let is_inside = |judged: &Judged| {
        let hole = &judged.hole;
        !judged.facts.is_told() && dips.iter().any(|dip| hole.from < dip.to && hole.to > dip.from)
    };
    let holes: Vec<Finding> = judged
        .iter()
        .filter(|judged| !is_inside(judged))
        .map(|judged| hole_finding(&case, index, judged, &avoid))
        .collect();
    let losses = dips.iter().map(|dip| dip_finding(&case, index, dip, &holes, &avoid)).collect::<Vec<_>>();
    holes.into_iter().chain(losses).collect()
}

/// What an event says of a silence of its service: that it points at it, or that the service came back.
pub fn points_at(event: &Happening) -> Option<Anchor> {
    anchors::sign(event).or_else(|| anchors::is_start(event).then_some(Anchor::StartedAtEnd))
}

impl Judged {
    /// Whether chance alone does not explain it.
    fn stands_out(&self) -> bool {
        self.facts.expected_least > self.facts.bar
    }
}

impl<'a> Case<'a> {
    fn of(world: &'a World, conflicts: &'a [Conflict], service: &'a Service, until: i64) -> Case<'a> {
        let usual = Usual::of(&service.seconds);
        let bars = Bars::of(&usual.counts);
        let holes = usual.holes(&bars, until);
        let own = world.events.iter().filter(|event| is_own(event, service)).collect();
        Case { world, conflicts, service, own, usual, bars, until, holes, fronts: OnceCell::new() }
    }

    /// Services through which this one's requests come.
    fn fronts(&self) -> &[&'a Service] {
        self.fronts.get_or_init(|| beside::fronts(self.world, self.service))
    }

    fn judged(&self) -> Vec<Judged> {
        let mut holes = self.holes.clone();
        for at in self.own.iter().filter(|event| anchors::sign(event).is_some()).map(|event| event.s()) {
            let hole = self.silence_after(at);
            holes.extend(hole.filter(|hole| !holes.iter().any(|known| known.from == hole.from)));
        }
        holes.sort_by_key(|hole| (hole.from, hole.to));
        holes.iter().map(|hole| self.judge(hole)).collect()
    }

    /// The silence that an event lies in, if requests came before.
    fn silence_after(&self, at: f64) -> Option<Hole> {
        let seconds = self.usual.counts.seconds();
        let next = self.usual.counts.position(at.floor() as i64 + 1);
        let last = seconds[..next].last()?;
        let (to, is_open) = seconds.get(next).map_or((self.until, true), |second| (second.at, false));
        let from = last.at + 1;
        (to > from && !self.usual.is_small()).then(|| self.usual.hole(&self.bars, from, to, is_open))
    }

    /// What a silence is; the first that fits (methods, 2.5).
    fn judge(&self, hole: &Hole) -> Judged {
        let edges = Edges::of(self, hole);
        let mut signs = Signs::of(self, hole);
        let front = beside::front(self.fronts(), hole);
        match front {
            Some(Front::Fails(at)) => signs.add(Anchor::FrontFails, at),
            Some(Front::Silent) => signs.add(Anchor::FrontSilent, hole.to as f64),
            Some(Front::Serves) | None => {}
        }
        if self.is_recurring(hole) {
            signs.add(Anchor::Recurring, hole.to as f64);
        }
        let anchored = signs.at.map(|at| {
            let from = (at.ceil() as i64).max(hole.from);
            let to = signs.end.map_or(hole.to, |end| (end.floor() as i64).clamp(from, hole.to));
            (at, self.usual.expected(from, to).least)
        });
        let bound = anchored.map(|(_, least)| anchored_odds(&signs.anchors, least, hole.slope));
        // Under its bar a silence says nothing by itself.
        let free = (hole.expected_least > hole.bar).then_some(hole.odds);
        let odds = free.into_iter().chain(bound).fold(-6.0, f64::max);
        let is_told = signs.anchors.iter().any(|anchor| anchor.is_sign());
        let kind = if beside::gave_way(self.conflicts, self.service, hole.from) {
            HoleKind::Expected
        } else if hole.is_open && (!is_told || self.came_back(hole)) {
            HoleKind::Open
        } else if !is_told && beside::is_clock_step(self.world, self.service, hole) {
            HoleKind::Clock
        } else if !is_told && !beside::is_covered(self.world, self.service, hole) {
            HoleKind::NotCovered
        } else if let Some(kind) = beside::host_down(self.world, self.service, hole).filter(|_| odds >= LEAST_PROBABLE)
        {
            kind
        } else if !is_told && front.is_some() || self.is_restart(&signs, hole) || !is_told && self.is_usual(hole) {
            HoleKind::Expected
        } else if free.is_none() && anchored.is_none_or(|(_, least)| least < LEAST_MISSED) {
            HoleKind::Silent
        } else {
            HoleKind::of_odds(odds)
        };
        let facts = HoleFacts {
            kind,
            expected: hole.expected,
            expected_least: hole.expected_least,
            bar: hole.bar,
            slope: hole.slope,
            odds,
            anchors: signs.anchors,
            anchored,
        };
        Judged { hole: *hole, facts, edges }
    }

    /// Whether a restart is all that the silence is: what lies before and behind it does not stand out.
    fn is_restart(&self, signs: &Signs, hole: &Hole) -> bool {
        signs.restart().is_some_and(|(at, end)| {
            let (at, end) =
                ((at.ceil() as i64).clamp(hole.from, hole.to), (end.floor() as i64).clamp(hole.from, hole.to));
            let rest = self.usual.expected(hole.from, at).least + self.usual.expected(end, hole.to).least;
            rest <= hole.bar
        })
    }

    /// Whether the service says that it is up again, after the silence began.
    fn came_back(&self, hole: &Hole) -> bool {
        self.own.iter().any(|event| anchors::is_start(event) && event.s() > hole.from as f64)
    }

    /// Whether the same silence comes at the same time of the day on several days.
    fn is_usual(&self, hole: &Hole) -> bool {
        const DAY_S: i64 = 86_400;
        let near = |other: &&Hole| {
            let apart = (other.from - hole.from).rem_euclid(DAY_S);
            apart.min(DAY_S - apart) <= SAME_TIME_S
        };
        let mut days: Vec<i64> = self
            .holes
            .iter()
            .filter(near)
            .map(|other| (other.from - hole.from + DAY_S / 2).div_euclid(DAY_S))
            .collect();
        days.sort_unstable();
        days.dedup();
        days.len() >= SAME_TIME_DAYS
    }

    /// Whether silences of this length come again and again without anything that explains them.
    fn is_recurring(&self, hole: &Hole) -> bool {
        let length = (hole.to - hole.from) as f64;
        let same = |other: &&Hole| ((other.to - other.from) as f64 - length).abs() <= SAME_LENGTH * length;
        let is_bare = |other: &&Hole| Signs::of(self, other).anchors.is_empty();
        self.holes.iter().filter(same).filter(is_bare).take(RECURRING).count() == RECURRING
    }

    /// Whether a dip is one of the users: the log goes on, and no layer in front answered them all the same.
    fn is_loss(&self, dip: &Dip) -> bool {
        let as_hole = Hole {
            from: dip.from,
            to: dip.to,
            expected: dip.expected,
            expected_least: dip.expected,
            bar: 0.0,
            slope: 1.0,
            odds: 0.0,
            is_open: dip.is_open,
        };
        beside::is_covered(self.world, self.service, &as_hole)
            && !beside::gave_way(self.conflicts, self.service, dip.from)
            && beside::front(self.fronts(), &as_hole).is_none()
    }
}

/// Whether an event is the service's own: by its name, on its host.
fn is_own(event: &Happening, service: &Service) -> bool {
    event.service().is_some_and(|name| is_same(name, &service.name))
        && (event.host.is_none() || service.host.is_none() || event.host == service.host)
}

impl HoleFacts {
    /// Whether something says that the service was down, beside the silence.
    pub fn is_told(&self) -> bool {
        self.anchors.iter().any(|anchor| anchor.is_sign())
    }
}

fn hole_finding(case: &Case<'_>, index: usize, judged: &Judged, avoid: &[(i64, i64)]) -> Finding {
    let Judged { hole, facts, edges } = judged;
    let last = (hole.from - 1) as f64;
    // A request is still answered after the stop was asked for; the hole begins with the later of both. A silence that
    // does not stand out by itself begins with what points at it.
    let sign = facts.anchored.map(|(at, _)| at).filter(|_| hole.expected_least <= hole.bar);
    let start = edges.stop.or(sign).map_or(last + 0.5, |stop| stop.max(last));
    let end = edges.start.map_or(hole.to as f64, |start| start.min(hole.to as f64 + 0.999)).max(start);
    let (from, to) = match (start > last + 1.0, end < hole.to as f64 - 1.0) {
        (false, false) => (hole.from, hole.to),
        _ => ((start.round() as i64).max(hole.from), (end.round() as i64).min(hole.to)),
    };
    let missed = case.usual.expected(from, to.max(from)).expected;
    let gap = (hole.to - hole.from) as f64 / hole.expected.max(0.1);
    Finding {
        start_error_s: if edges.stop.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        end_error_s: if edges.start.is_some() { gap.min(1.0) } else { gap.max(1.0) },
        is_open_at_end: hole.is_open,
        missed,
        missed_range: Some(back_test(&case.usual, &case.bars, (from, to.max(from)), missed, avoid)),
        hole: Some(facts.clone()),
        ..Finding::of(Shape::Hole, index, case.service, (start, end))
    }
}

fn dip_finding(case: &Case<'_>, index: usize, dip: &Dip, holes: &[Finding], avoid: &[(i64, i64)]) -> Finding {
    // Requests that a silence inside it misses are counted there.
    let inside = |hole: &&Finding| hole.start < dip.to as f64 && hole.end > dip.from as f64;
    let counted: f64 = holes.iter().filter(inside).map(|hole| hole.missed).sum();
    let (low, high) = back_test(&case.usual, &case.bars, (dip.from, dip.to), dip.expected, avoid);
    let less = |expected: f64| (expected - dip.seen as f64 - counted).max(0.0);
    let missed = less(dip.expected);
    Finding {
        start_error_s: dip.from_error_s,
        end_error_s: dip.to_error_s,
        is_open_at_end: dip.is_open,
        missed,
        missed_range: Some((less(low), less(high))),
        level: missed / dip.expected.max(1.0),
        ..Finding::of(Shape::Dip, index, case.service, (dip.from as f64, dip.to as f64))
    }
}
