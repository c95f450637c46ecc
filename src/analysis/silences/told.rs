//! Silences that the service itself explains: however short, if requests were missed (methods, 2.5).

use super::super::finding::{Finding, Shape};
use super::super::hole::{Anchor, Bars, HoleFacts, HoleKind, Usual, back_test};
use super::super::world::{Service, World};
use super::{LEAST_MISSED, is_own};
use crate::facts::event::Kind;

/// From a stop or an end to the next start, where a start failed in between and nothing was answered.
pub fn told_holes(world: &World, index: usize, found: &[Finding]) -> Vec<Finding> {
    let service = &world.services[index];
    let mut holes: Vec<(f64, f64)> = Vec::new();
    let mut down: Option<(f64, bool)> = None;
    for event in world.events.iter().filter(|event| is_own(event, service)) {
        match event.kind() {
            Kind::ServiceStop | Kind::Crash if down.is_none() => down = Some((event.s(), false)),
            Kind::ServiceFailed | Kind::BindFailure => down = Some((down.map_or(event.s(), |(at, _)| at), true)),
            Kind::ServiceStart => {
                if let Some((from, true)) = down {
                    holes.push((from, event.s()));
                }
                down = None;
            }
            _ => {}
        }
    }
    let is_new = |(from, to): &(f64, f64)| is_silent(service, *from, *to) && !is_known(found, index, *from, *to);
    holes.retain(is_new);
    if holes.is_empty() {
        return Vec::new();
    }
    let usual = Usual::of(&service.seconds);
    let bars = Bars::of(&usual.counts);
    holes.into_iter().filter_map(|span| told_hole(index, service, &usual, &bars, span)).collect()
}

/// Whether a finding of the service has some of that time.
fn is_known(found: &[Finding], index: usize, from: f64, to: f64) -> bool {
    found.iter().any(|finding| finding.series == Some(index) && finding.start <= to && finding.end >= from)
}

/// Whether requests came before, and none in between.
fn is_silent(service: &Service, from: f64, to: f64) -> bool {
    let (first, last) = (from.floor() as i64 + 1, to.ceil() as i64 - 1);
    service.count(first, last).requests == 0 && service.count(i64::MIN, first).requests > 0
}

fn told_hole(
    index: usize,
    service: &Service,
    usual: &Usual<'_>,
    bars: &Bars,
    (start, end): (f64, f64),
) -> Option<Finding> {
    let (from, to) = (start.round() as i64, end.round() as i64);
    let of = usual.expected(from, to);
    let (bar, slope) = bars.bar(of.least / (to - from).max(1) as f64);
    let facts = HoleFacts {
        kind: HoleKind::Down,
        expected: of.expected,
        expected_least: of.least,
        bar,
        slope,
        odds: 6.0,
        anchors: vec![Anchor::Ended, Anchor::StartedAtEnd],
        anchored: Some((start, of.least)),
    };
    (of.expected >= LEAST_MISSED).then(|| Finding {
        missed: of.expected,
        missed_range: Some(back_test(usual, bars, (from, to), of.expected, &[(from, to)])),
        hole: Some(facts),
        ..Finding::of(Shape::Hole, index, service, (start, end))
    })
}
