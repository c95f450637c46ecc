//! Findings to incidents: what is one outage and what two (methods, 6.1).
//!
//! Each finding is compared with the last one, by its end, of each incident before it. One outage: findings that
//! overlap and concern the same requests; one known cause within half an hour; a repair after which it failed again;
//! failures of one kind that come and go. Two: everything else, above all two known causes that differ.

use std::collections::BTreeMap;

use super::cause::{Cause, Hypothesis};
use super::evidence::Confidence;
use super::finding::{Finding, Shape, is_same};
use super::incident::depth;
use super::marks::is_repair;
use super::world::World;
use crate::facts::event::Kind;

/// Gap up to which findings of one known cause are one, in seconds.
const SAME_CAUSE_S: f64 = 1800.0;
/// The same of one service whose requests fail alike, as where it flaps.
const SAME_SERVICE_S: f64 = 600.0;
/// Gap up to which a repair between two findings of one service can have failed, and how soon the second then began.
const RELAPSE_S: f64 = 240.0;
const RELAPSE_AFTER_S: f64 = 90.0;
/// How long before the first finding's end, and after the second's start, such a repair may stand in the logs.
const REPAIR_BEFORE_S: f64 = 60.0;
const REPAIR_AFTER_S: f64 = 5.0;
/// Up to this gap a repair with a fault of its own stays in the incident, though its cause is another, in seconds.
const OWN_FAULT_S: f64 = 60.0;
/// A silence that begins so soon after failures end, or the reverse, goes on with them, in seconds.
const TURNS_SILENT_S: f64 = 5.0;
/// Cosine from which two findings fail alike.
const ALIKE: f64 = 0.5;
/// How long before an incident slow answers still announce it, in seconds.
const ANNOUNCES_S: f64 = 600.0;

/// What fails in a finding: shares over layer, status and backend. A silence has one key, the layer's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signature(BTreeMap<(String, u16, String), f64>);

impl Signature {
    /// Of counts of failing requests.
    pub fn of(counts: impl IntoIterator<Item = ((String, u16, String), f64)>) -> Signature {
        Signature(counts.into_iter().collect())
    }

    /// Of a finding, by the requests that failed in its layer while it lasted.
    pub fn of_finding(world: &World, finding: &Finding) -> Signature {
        let layer = finding.series.map_or(&finding.service, |index| &world.services[index].name);
        let silent = || Signature::of([((layer.clone(), 0, String::new()), 1.0)]);
        let (Some(index), Shape::Spike) = (finding.series, finding.shape) else { return silent() };
        let service = &world.services[index];
        let (from, to) = (finding.start.floor() as i64, finding.end.floor() as i64);
        let mut by_hash: BTreeMap<(u16, u64), f64> = BTreeMap::new();
        let begins = service.failures.partition_point(|failure| failure.at < from);
        for failure in service.failures[begins..].iter().take_while(|failure| failure.at <= to) {
            *by_hash.entry((failure.status, failure.scope)).or_default() += 1.0;
        }
        let mut counts: BTreeMap<(String, u16, String), f64> = BTreeMap::new();
        for ((status, scope), count) in by_hash {
            let backend = service.scopes.get(&scope).cloned().unwrap_or_default();
            *counts.entry((layer.clone(), status, backend)).or_default() += count;
        }
        Signature::of(counts)
    }

    /// How alike two are: the cosine of the angle between them, from 0 to 1.
    pub fn similarity(&self, other: &Signature) -> f64 {
        let length = |of: &Signature| of.0.values().map(|share| share * share).sum::<f64>().sqrt();
        let product: f64 = self.0.iter().map(|(key, share)| share * other.0.get(key).copied().unwrap_or(0.0)).sum();
        let lengths = length(self) * length(other);
        if lengths > 0.0 { product / lengths } else { 0.0 }
    }
}

/// A finding with what it is compared by.
#[derive(Clone, Debug)]
pub struct Weighed<'a> {
    #[allow(missing_docs)]
    pub finding: &'a Finding,
    /// Its own causes, ranked.
    pub causes: Vec<Hypothesis>,
    #[allow(missing_docs)]
    pub signature: Signature,
}

type Known<'a> = (Cause, &'a Option<String>);

impl Weighed<'_> {
    /// Its cause, if that is likely or certain.
    fn known(&self) -> Option<Known<'_>> {
        let best = self.causes.first()?;
        (best.cause != Cause::Unknown && best.confidence >= Confidence::Likely).then_some((best.cause, &best.service))
    }

    /// Whether it has evidence for that cause, too: as a symptom of something deeper.
    fn has_evidence_for(&self, known: Known<'_>) -> bool {
        self.causes.iter().any(|cause| cause.cause == known.0 && cause.service == *known.1 && !cause.reasons.is_empty())
    }
}

/// The findings of each incident, by index. They must be in order of start, end and service.
pub fn groups(world: &World, weighed: &[Weighed<'_>]) -> Vec<Vec<usize>> {
    let is_slow = |index: &usize| weighed[*index].finding.shape == Shape::Slow;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in (0..weighed.len()).filter(|index| !is_slow(index)) {
        let group = groups.iter_mut().rev().find(|group| belongs(world, weighed, group, &weighed[index]));
        match group {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    // Slow answers belong to what they accompany; alone, and so many that they are a finding, they are an incident.
    for index in (0..weighed.len()).filter(is_slow) {
        let slow = weighed[index].finding;
        match groups.iter_mut().find(|group| accompanies(weighed, group, slow)) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups.sort_unstable();
    groups
}

/// Whether slow answers overlap the incident or come shortly before it, at one of its services or in its way.
fn accompanies(weighed: &[Weighed<'_>], group: &[usize], slow: &Finding) -> bool {
    let members = || group.iter().map(|index| weighed[*index].finding).filter(|finding| finding.shape != Shape::Slow);
    let start = members().map(|finding| finding.start).fold(f64::INFINITY, f64::min);
    let end = members().map(|finding| finding.end).fold(f64::NEG_INFINITY, f64::max);
    let is_near = slow.start <= end && slow.end >= start - ANNOUNCES_S;
    is_near && members().any(|finding| is_one_service(finding, slow) || is_in_line(finding, slow))
}

/// Whether a finding belongs to an incident, by its last finding and by its last one of the same service.
fn belongs(world: &World, weighed: &[Weighed<'_>], group: &[usize], next: &Weighed<'_>) -> bool {
    let latest = |wanted: &dyn Fn(&Weighed<'_>) -> bool| {
        let members = group.iter().map(|index| &weighed[*index]).filter(|member| wanted(member));
        members.max_by(|one, other| one.finding.end.total_cmp(&other.finding.end))
    };
    let last = latest(&|_| true);
    let same = latest(&|member| is_one_service(member.finding, next.finding));
    last.is_some_and(|last| follows(world, last, next)) || same.is_some_and(|last| follows(world, last, next))
}

fn is_one_service(one: &Finding, other: &Finding) -> bool {
    let hosts = one.host.is_none() || other.host.is_none() || one.host == other.host;
    is_same(&one.service, &other.service) && hosts
}

/// Whether one may stand in front of the other: a proxy and what is behind it.
fn is_in_line(one: &Finding, other: &Finding) -> bool {
    depth(&one.service) != depth(&other.service)
}

/// The rules of methods, 6.1, in their order.
fn follows(world: &World, last: &Weighed<'_>, next: &Weighed<'_>) -> bool {
    let (earlier, later) = (last.finding, next.finding);
    let gap = later.start - earlier.end;
    let same_service = is_one_service(earlier, later);
    let (one, other) = (last.known(), next.known());
    let differ = matches!((one, other), (Some(one), Some(other))
        if one != other && !last.has_evidence_for(other) && !next.has_evidence_for(one));
    let one_conflict = earlier.conflict.is_some() && earlier.conflict == later.conflict;
    let is_alike = last.signature.similarity(&next.signature) >= ALIKE;
    if gap <= 0.0 || same_service && turns_silent(earlier, later, gap) {
        // A proxy that blames what is behind it, and a service further in that says why, tell one story.
        let blames = |known: Option<Known<'_>>| matches!(known, Some((Cause::BackendDown | Cause::UpstreamTimeout, _)));
        let in_line = is_in_line(earlier, later);
        let is_related = same_service || one_conflict || in_line || is_alike;
        return is_related && (!differ || same_service || one_conflict || in_line && (blames(one) || blames(other)));
    }
    if one_conflict || is_one_cause(last, next) {
        return gap <= SAME_CAUSE_S;
    }
    let relapse = same_service && gap <= RELAPSE_S && relapses(world, earlier, later);
    if differ {
        return gap <= OWN_FAULT_S && relapse;
    }
    relapse || same_service && gap <= SAME_SERVICE_S && is_alike
}

/// Whether both have one known cause. What a service says of itself, as that what it asks does not answer, is another
/// thing on another host.
fn is_one_cause(last: &Weighed<'_>, next: &Weighed<'_>) -> bool {
    let (Some(one), Some(other)) = (last.known(), next.known()) else { return false };
    let is_own = |of: &Finding| one.1.as_ref().is_none_or(|name| is_same(name, &of.service));
    one == other && (is_one_service(last.finding, next.finding) || !is_own(last.finding) && !is_own(next.finding))
}

/// Whether failures turn into silence, or the reverse.
fn turns_silent(earlier: &Finding, later: &Finding, gap: f64) -> bool {
    let is_silent = |finding: &Finding| matches!(finding.shape, Shape::Hole | Shape::Dip);
    gap <= TURNS_SILENT_S && is_silent(earlier) != is_silent(later)
}

/// A repair between two findings, soon after which the second began.
fn relapses(world: &World, earlier: &Finding, later: &Finding) -> bool {
    let span = earlier.end - REPAIR_BEFORE_S..=later.start + REPAIR_AFTER_S;
    let repairs = world.events.iter().filter(|event| {
        let is_action = match event.kind() {
            Kind::OperatorAction => is_repair(event.kind(), &event.event.message),
            // A start that failed was tried; a stop is half of a restart.
            Kind::ServiceStart
            | Kind::ServiceStop
            | Kind::ServiceFailed
            | Kind::Restart
            | Kind::Reload
            | Kind::ConfigChange
            | Kind::PackageChange
            | Kind::ContainerStart => true,
            _ => false,
        };
        is_action && span.contains(&event.s())
    });
    repairs.map(|event| event.s().max(earlier.end)).any(|at| later.start - at <= RELAPSE_AFTER_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::world::Happening;
    use crate::clock::Instant;
    use crate::facts::Event;
    use crate::facts::event::Said;

    /// A finding of a service from one second to another, and what is known of its cause.
    fn finding(shape: Shape, service: &str, span: (f64, f64)) -> Finding {
        Finding { shape, service: service.into(), start: span.0, end: span.1, ..Finding::default() }
    }

    fn cause(known: Option<(Cause, &str)>) -> Vec<Hypothesis> {
        let (cause, service) = known.unzip();
        vec![Hypothesis {
            cause: cause.unwrap_or(Cause::Unknown),
            service: service.map(str::to_owned),
            conflict: None,
            holder: None,
            since: None,
            reasons: Vec::new(),
            probability: 0.9,
            confidence: Confidence::Likely,
        }]
    }

    fn signature(status: u16) -> Signature {
        Signature::of([(("nginx".to_owned(), status, String::new()), 100.0)])
    }

    /// A restart of some service.
    fn repair(at: i64) -> Happening {
        Happening {
            at: Instant::second(at),
            host: None,
            event: Event {
                said: Said::of(Kind::ServiceStart, None),
                program: None,
                pid: None,
                message: String::new(),
                user: None,
                image: None,
                exit_code: None,
            },
            evidence: Vec::new(),
        }
    }

    type Half<'a> = (Shape, &'a str, (f64, f64), u16, Option<(Cause, &'a str)>);

    /// How many incidents two findings make.
    fn count(halves: [Half<'_>; 2], repaired: Option<i64>) -> usize {
        let mut world = World::default();
        world.events.extend(repaired.map(repair));
        let findings = halves.map(|(shape, service, span, _, _)| finding(shape, service, span));
        let weighed: Vec<Weighed<'_>> = findings
            .iter()
            .zip(halves)
            .map(|(finding, half)| Weighed { finding, causes: cause(half.4), signature: signature(half.3) })
            .collect();
        groups(&world, &weighed).len()
    }

    #[test]
    fn pairs_of_findings() {
        use Shape::{Dip, Hole, Slow, Spike};
        let (app, shop) = (Some((Cause::Crash, "app")), Some((Cause::Crash, "shop")));
        let first: Half<'_> = (Spike, "nginx", (0.0, 600.0), 502, None);
        let known: Half<'_> = (Spike, "nginx", (0.0, 600.0), 502, app);
        for (why, one, other, repaired, wanted) in [
            ("overlap", first, (Spike, "nginx", (300.0, 900.0), 500, None), None, 1),
            ("overlap, a proxy and what is behind it", first, (Spike, "apache2", (300.0, 900.0), 500, None), None, 1),
            (
                "overlap, other services",
                (Hole, "a", (0.0, 600.0), 0, None),
                (Hole, "b", (300.0, 900.0), 1, None),
                None,
                2,
            ),
            ("overlap, other causes, same service", known, (Spike, "nginx", (300.0, 900.0), 500, shop), None, 1),
            ("overlap, other causes and services", known, (Spike, "apache2", (300.0, 900.0), 502, shop), None, 2),
            ("one cause in half an hour", known, (Spike, "nginx", (2400.0, 2500.0), 500, app), None, 1),
            ("one cause later", known, (Spike, "nginx", (2401.0, 2500.0), 500, app), None, 2),
            ("other causes three minutes apart", known, (Spike, "nginx", (780.0, 900.0), 502, shop), None, 2),
            ("a repair's own fault", known, (Spike, "nginx", (655.0, 900.0), 500, shop), Some(601), 1),
            ("a repair's own fault, too late", known, (Spike, "nginx", (665.0, 900.0), 500, shop), Some(601), 2),
            ("a failed repair", first, (Spike, "nginx", (680.0, 900.0), 500, None), Some(599), 1),
            ("a repair that held for two minutes", first, (Spike, "nginx", (721.0, 900.0), 500, None), Some(599), 2),
            ("a second try later", first, (Spike, "nginx", (840.0, 900.0), 500, None), Some(760), 1),
            ("a second try too late", first, (Spike, "nginx", (841.0, 900.0), 500, None), Some(760), 2),
            ("flapping", first, (Spike, "nginx", (1200.0, 1300.0), 502, None), None, 1),
            ("flapping with long pauses", first, (Spike, "nginx", (1201.0, 1300.0), 502, None), None, 2),
            ("another failure of one service", first, (Spike, "nginx", (700.0, 900.0), 500, None), None, 2),
            ("another service", first, (Spike, "apache2", (700.0, 900.0), 502, None), None, 2),
            ("failures turn into silence", first, (Hole, "nginx", (605.0, 900.0), 0, None), None, 1),
            ("silence later", first, (Hole, "nginx", (606.0, 900.0), 0, None), None, 2),
            (
                "silence turns into failures",
                (Hole, "nginx", (0.0, 600.0), 0, app),
                (Spike, "nginx", (604.0, 900.0), 502, shop),
                None,
                1,
            ),
            ("some get lost", first, (Dip, "nginx", (604.0, 900.0), 0, None), None, 1),
            (
                "slow in ten minutes before",
                (Slow, "nginx", (0.0, 100.0), 0, None),
                (Spike, "nginx", (700.0, 900.0), 502, None),
                None,
                1,
            ),
            ("slow while it lasts, behind it", first, (Slow, "apache2", (500.0, 900.0), 0, None), None, 1),
        ] {
            assert_eq!(count([one, other], repaired), wanted, "{why}");
        }
    }

    #[test]
    fn slow_answers_alone_are_an_incident() {
        let slow = finding(Shape::Slow, "nginx", (0.0, 100.0));
        let alone = Weighed { finding: &slow, causes: cause(None), signature: signature(0) };
        assert_eq!(groups(&World::default(), &[alone]), [[0]]);
    }

    #[test]
    fn how_alike() {
        let of = |counts: &[(u16, f64)]| {
            Signature::of(counts.iter().map(|(status, count)| (("nginx".to_owned(), *status, String::new()), *count)))
        };
        for (one, other, wanted) in [
            (of(&[(502, 5.0)]), of(&[(502, 900.0)]), 1.0),
            (of(&[(502, 1.0)]), of(&[(500, 1.0)]), 0.0),
            (of(&[(502, 3.0), (504, 4.0)]), of(&[(504, 1.0)]), 0.8),
            (of(&[]), of(&[(504, 1.0)]), 0.0),
        ] {
            assert!((one.similarity(&other) - wanted).abs() < 1e-12, "{one:?} {other:?}");
        }
    }
}
