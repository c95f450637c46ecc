//! What set an incident off: the changes before its onset, weighed against "nothing in these logs" (methods, 5.4).
//!
//! A change is weaker evidence the longer before the onset it was made, and the more changes of its kind are made
//! anyway. It is stronger where it touches what failed, and where it was undone, or done again, right before the end.

use std::collections::BTreeSet;

use super::cascade::Names;
use crate::analysis::evidence::{Confidence, softmax};
use crate::analysis::finding::{Shape, is_same};
use crate::analysis::incident::Incident;
use crate::analysis::looking::only_looks;
use crate::analysis::marks::is_plumbing;
use crate::analysis::world::{Happening, World};
use crate::facts::event::Kind;

/// A change counts from so long before the onset to so long after it, in seconds.
const BEFORE_S: f64 = 1800.0;
const AFTER_S: f64 = 2.0;
/// An onset that is a silence's may be so much later than its last request, at most, in seconds.
const SILENT_S: f64 = 60.0;
/// Changes at most so far apart are a bunch, and one candidate, in seconds.
const BUNCH_S: f64 = 60.0;
/// What is done again so shortly before the end, in seconds.
const UNDONE_S: f64 = 60.0;
/// A change belongs to the repair up to so long after the end, and says nothing of how often things change, in seconds.
const REPAIR_S: f64 = 600.0;
/// Changes of one bunch whose scores differ by less are equal, in nats: some three seconds.
const NEARLY: f64 = 0.1;
/// What starts so soon after a boot, or after its log begins, was not changed, but comes up, in seconds.
const COMES_UP_S: f64 = 120.0;
/// A supervisor starts what died within so many seconds.
const SUPERVISED_S: f64 = 30.0;
/// Seconds of a day.
const DAY_S: f64 = 86_400.0;

/// The change that set an incident off, possibly at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// The change; of a bunch, the one that most speaks for.
    pub event: Happening,
    /// Changes in its bunch.
    pub count: usize,
    /// How long before the onset it was made, in seconds.
    pub before_s: f64,
    #[allow(missing_docs)]
    pub probability: f64,
    #[allow(missing_docs)]
    pub confidence: Confidence,
    /// What its score is made of.
    pub weighing: Weighing,
    /// The scores of "none in these logs", which is 0, and of all candidates, in order of time.
    pub scores: Vec<f64>,
}

/// What a change is weighed by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighing {
    /// From the nearest change of its bunch to the onset, in seconds.
    pub before_s: f64,
    /// Whether it touches what failed.
    pub touches: bool,
    /// Whether it was undone, or done again, right before the end.
    pub is_undone: bool,
    /// Changes of its kind a day.
    pub per_day: f64,
}

impl Weighing {
    /// The summands of its score: that it is a change, how near it is, whether it touches what failed, whether it was
    /// undone, how often such changes are made anyway.
    pub fn summands(&self) -> [f64; 5] {
        let near = 5.0 * (-self.before_s / 120.0).exp2();
        let touches = if self.touches { 1.5 } else { -0.5 };
        let undone = if self.is_undone { 3.0 } else { 0.0 };
        [-3.0, near, touches, undone, -self.per_day.ln_1p()]
    }

    /// The log of how much likelier the onset is to follow this change than none.
    pub fn score(&self) -> f64 {
        self.summands().iter().sum()
    }
}

/// What a change is weighed by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Onset {
    /// Start and end of the incident, in seconds since 1970.
    pub start: f64,
    /// `None` while it goes on.
    pub end: Option<f64>,
    /// By how much later it may have begun than it is seen to, in seconds.
    pub later_s: f64,
    /// The hosts of the failing layer, and of what broke behind it; empty where no log tells them.
    pub hosts: BTreeSet<String>,
    /// The names by which a change may touch what failed: the services, their parts, and who is behind them.
    pub names: BTreeSet<String>,
}

impl Onset {
    /// Of an incident. A silence may begin later than after its last request.
    pub fn of(world: &World, incident: &Incident) -> Onset {
        let silences = incident.findings.iter().filter(|finding| finding.shape == Shape::Hole);
        let later_s = silences.map(|finding| finding.start_error_s).fold(0.0, f64::max).min(SILENT_S);
        let end = Some(incident.until.as_f64()).filter(|_| !incident.is_ongoing);
        let (hosts, names) = (hosts(world, incident), names(world, incident));
        Onset { start: incident.start.as_f64(), end, later_s, hosts, names }
    }
}

/// The trigger, from "possible" on.
pub fn trigger(world: &World, onset: &Onset) -> Option<Trigger> {
    let Onset { start, end, later_s, hosts, names } = onset;
    let span = start - BEFORE_S..=start + AFTER_S.max(*later_s);
    let changes = Changes::of(world);
    let is_here = |event: &Happening| hosts.is_empty() || event.host.as_ref().is_none_or(|host| hosts.contains(host));
    let near: Vec<&Happening> =
        changes.events.iter().copied().filter(|event| span.contains(&event.s()) && is_here(event)).collect();
    let repairs: Vec<&Happening> = changes
        .events
        .iter()
        .copied()
        .filter(|event| event.s() > *span.end())
        .filter(|event| end.is_some_and(|end| (end - UNDONE_S..=end + AFTER_S).contains(&event.s())))
        .collect();
    let repair = *span.end()..=end.map_or(f64::INFINITY, |end| end + REPAIR_S);
    let mut candidates: Vec<(Weighing, &Happening, usize, f64)> = Vec::new();
    for bunch in near.chunk_by(|one, other| other.s() - one.s() <= BUNCH_S) {
        let before_s = |event: &Happening| (start - event.s()).max(0.0);
        let nearest_s = bunch.iter().map(|event| before_s(event)).fold(f64::INFINITY, f64::min);
        let rest = |event: &Happening| {
            let is_undone = repairs.iter().any(|other| is_same_thing(event, other));
            let (touches, per_day) = (touches(event, names), changes.per_day(event.kind(), bunch, &repair));
            Weighing { before_s: nearest_s, touches, is_undone, per_day }
        };
        let rests: Vec<Weighing> = bunch.iter().map(|event| rest(event)).collect();
        let all = rests.iter().copied().reduce(|best, next| if next.score() > best.score() { next } else { best });
        let Some(all) = all else { continue };
        // The one that most speaks for by its own time; the earliest of nearly equal ones, as a command comes before the
        // lines of what it did.
        let own: Vec<f64> = bunch
            .iter()
            .zip(&rests)
            .map(|(event, rest)| Weighing { before_s: before_s(event), ..*rest }.score())
            .collect();
        let best = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let named = bunch.iter().zip(&own).find(|(_, own)| **own >= best - NEARLY);
        candidates.extend(named.map(|(event, _)| (all, *event, bunch.len(), before_s(event))));
    }
    let scores: Vec<f64> = std::iter::once(0.0).chain(candidates.iter().map(|candidate| candidate.0.score())).collect();
    let probabilities = softmax(&scores).into_iter().skip(1);
    let best = candidates.into_iter().zip(probabilities).reduce(|best, next| if next.1 > best.1 { next } else { best });
    let ((weighing, event, count, before_s), probability) = best?;
    let confidence = Confidence::of(probability, false);
    let event = event.clone();
    (confidence >= Confidence::Possible).then_some(Trigger {
        event,
        count,
        before_s,
        probability,
        confidence,
        weighing,
        scores,
    })
}

/// All changes in the logs.
struct Changes<'a> {
    /// In order of time.
    events: Vec<&'a Happening>,
    /// How many days the logs that tell them cover, at least one.
    days: f64,
}

impl<'a> Changes<'a> {
    fn of(world: &'a World) -> Changes<'a> {
        let deaths: Vec<&Happening> = world.events.iter().filter(|event| is_death(event)).collect();
        let boots: Vec<f64> =
            world.events.iter().filter(|event| event.kind() == Kind::HostBoot).map(Happening::s).collect();
        let is_made =
            |event: &&Happening| is_change(event) && !is_supervised(event, &deaths) && !comes_up(world, &boots, event);
        let events: Vec<&Happening> = world.events.iter().filter(is_made).collect();
        let sources: BTreeSet<usize> =
            events.iter().flat_map(|event| &event.evidence).map(|line| line.source).collect();
        let spans = || sources.iter().filter_map(|source| world.spans.get(*source).copied().flatten());
        let covered = spans().map(|span| span.0).min().zip(spans().map(|span| span.1).max());
        let days = covered.map_or(1.0, |(first, last)| (last.as_f64() - first.as_f64()) / DAY_S).max(1.0);
        Changes { events, days }
    }

    /// Changes of a kind a day, bunches counted once: without the candidate itself, and without repairs.
    fn per_day(&self, kind: Kind, bunch: &[&Happening], repair: &std::ops::RangeInclusive<f64>) -> f64 {
        let own = bunch.first().map_or(0.0, |event| event.s())..=bunch.last().map_or(0.0, |event| event.s());
        let mut last = f64::NEG_INFINITY;
        let mut count = 0.0;
        for event in self.events.iter().filter(|event| event.kind() == kind) {
            let at = event.s();
            if repair.contains(&at) || own.contains(&at) {
                continue;
            }
            if at - last > BUNCH_S {
                count += 1.0;
            }
            last = at;
        }
        count / self.days
    }
}

/// Whether somebody, or a deploy, changed something.
fn is_change(event: &Happening) -> bool {
    let of_machine = || event.service().is_some_and(is_plumbing);
    match event.kind() {
        Kind::ConfigChange | Kind::PackageChange | Kind::ContainerStart | Kind::ContainerKill => true,
        Kind::Reload | Kind::ServiceStart | Kind::ServiceStop => event.service().is_some() && !of_machine(),
        Kind::OperatorAction => !only_looks(&event.event.message),
        _ => false,
    }
}

/// Whether a service or container ended unasked.
fn is_death(event: &Happening) -> bool {
    match event.kind() {
        Kind::Crash | Kind::Restart | Kind::OomKill | Kind::ServiceFailed | Kind::BindFailure => true,
        Kind::ContainerStop => event.event.exit_code.is_some_and(|code| code != 0),
        _ => false,
    }
}

/// Whether a service starts with its host, or where the log begins that tells it: nothing says that it ran before.
fn comes_up(world: &World, boots: &[f64], event: &Happening) -> bool {
    let is_start = matches!(event.kind(), Kind::ServiceStart | Kind::ContainerStart);
    let begins = event.evidence.iter().filter_map(|line| world.spans.get(line.source).copied().flatten());
    let begins = begins.map(|(first, _)| first.as_f64()).chain(boots.iter().copied());
    is_start && begins.into_iter().any(|at| (0.0..COMES_UP_S).contains(&(event.s() - at)))
}

/// Whether its supervisor started it because it had died.
fn is_supervised(event: &Happening, deaths: &[&Happening]) -> bool {
    let is_start = matches!(event.kind(), Kind::ServiceStart | Kind::ContainerStart | Kind::ServiceStop);
    let from = deaths.partition_point(|death| death.s() < event.s() - SUPERVISED_S);
    let until = deaths.partition_point(|death| death.s() <= event.s());
    is_start && deaths[from..until].iter().any(|death| death.service() == event.service())
}

/// Whether an event changes the configuration of a service.
pub(super) fn edits(event: &Happening, service: &str) -> bool {
    let message = &event.event.message;
    match event.kind() {
        Kind::ConfigChange => event.service().is_some_and(|own| is_same(own, service)),
        Kind::OperatorAction => {
            let folder = |name: &str| message.contains(&format!("/etc/{name}/"));
            let is_apache = is_same(service, "apache2");
            let enables = ["a2ensite", "a2dissite", "a2enmod", "a2dismod", "a2enconf", "a2disconf"];
            let is_in_folder = folder(service) || is_apache && (folder("apache2") || folder("httpd"));
            !only_looks(message)
                && (is_in_folder || is_apache && enables.iter().any(|command| message.contains(command)))
        }
        _ => false,
    }
}

/// Whether two changes are of the same thing: one undoes the other, or does it again.
fn is_same_thing(one: &Happening, other: &Happening) -> bool {
    let family = |event: &Happening| match event.kind() {
        Kind::PackageChange => 1,
        Kind::ContainerStart | Kind::ContainerStop | Kind::ContainerKill => 2,
        Kind::OperatorAction => 0,
        _ => 3,
    };
    let (here, there) = (family(one), family(other));
    match (one.service(), other.service()) {
        (Some(service), Some(also)) => is_same(service, also) && (here == there || here == 0 || there == 0),
        _ => one.kind() == other.kind() && one.event.message == other.event.message,
    }
}

/// The names by which a change may touch what failed: the incident's services, their parts, and who is behind them.
fn names(world: &World, incident: &Incident) -> BTreeSet<String> {
    let known = Names::of(world);
    let mut names = BTreeSet::new();
    for (service, _) in &incident.services {
        names.insert(service.clone());
        names.extend(service.split(['/', '@']).map(str::to_owned));
        names.extend(known.behind(service));
    }
    names.retain(|name| name.len() > 1);
    names
}

/// Whether a change is of one of these services.
fn touches(event: &Happening, names: &BTreeSet<String>) -> bool {
    let is_named = |own: &str| {
        let instance = own.rsplit('@').next().unwrap_or(own);
        names.iter().any(|name| is_same(own, name) || is_same(instance, name))
    };
    let in_text = |text: &str| {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        text.split(|letter: char| !is_part(letter)).any(|word| names.contains(word))
    };
    let is_told = matches!(event.kind(), Kind::OperatorAction | Kind::PackageChange);
    event.service().is_some_and(is_named) || is_told && in_text(&event.event.message)
}

/// The hosts of the failing layer, and of what broke behind it.
fn hosts(world: &World, incident: &Incident) -> BTreeSet<String> {
    let broke = incident.causes.first().and_then(|cause| cause.service.as_deref());
    let of_cause = world.events.iter().filter(|event| event.service().is_some() && event.service() == broke);
    let of_findings = incident.findings.iter().filter_map(|finding| finding.host.clone());
    of_findings.chain(of_cause.filter_map(|event| event.host.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::world::Evidence;
    use crate::clock::Instant;
    use crate::facts::Event;
    use crate::facts::event::Said;

    #[test]
    fn the_worked_examples_of_the_method() {
        for (before_s, wanted, posterior) in [(10.0, 2.526, 0.926), (600.0, -2.037, 0.115)] {
            let own = Weighing { before_s, touches: true, is_undone: false, per_day: 1.0 }.score();
            assert!((own - wanted).abs() < 5e-4, "{own}");
            assert!((softmax(&[0.0, own])[1] - posterior).abs() < 5e-4, "{before_s}");
        }
    }

    fn event(at: i64, kind: Kind, service: &str, message: &str) -> Happening {
        let said = Said::of(kind, Some(service.to_owned()).filter(|name| !name.is_empty()));
        Happening {
            at: Instant::second(at),
            host: Some("web01".into()),
            event: Event {
                said,
                program: None,
                pid: None,
                message: message.into(),
                user: None,
                image: None,
                exit_code: None,
            },
            evidence: vec![Evidence { source: 0, line: at as usize, offset: 0, text: String::new() }],
        }
    }

    /// The trigger of an outage of nginx from 500,000 to 500,600 in a week of logs.
    fn found(events: Vec<Happening>) -> Option<(usize, &'static str, usize)> {
        let mut events = events;
        events.sort_by_key(|event| event.at);
        let covered = Some((Instant::second(0), Instant::second(604_800)));
        let mut world = World::default();
        (world.events, world.spans) = (events, vec![covered]);
        let names = BTreeSet::from(["nginx".to_owned()]);
        let onset = Onset { start: 500_000.0, end: Some(500_600.0), names, ..Onset::default() };
        trigger(&world, &onset).map(|own| (own.event.evidence[0].line, own.confidence.name(), own.count))
    }

    #[test]
    fn which_change_it_was() {
        use Kind::*;
        let reload = |at| event(at, Reload, "nginx", "");
        for (why, events, wanted) in [
            ("nothing", vec![], None),
            ("a reload right before", vec![reload(499_990)], Some((499_990, "likely", 1))),
            ("half an hour before", vec![reload(498_300)], None),
            ("long before", vec![reload(490_000)], None),
            ("after the onset", vec![reload(500_010)], None),
            ("and undone at the end", vec![reload(499_700), reload(500_570)], Some((499_700, "likely", 1))),
            (
                "of something else",
                vec![event(499_990, PackageChange, "vim", "install vim")],
                Some((499_990, "possible", 1)),
            ),
            (
                "a bunch with one that touches it",
                vec![
                    event(499_930, PackageChange, "vim", "upgrade vim:amd64 1 2"),
                    event(499_950, PackageChange, "nginx", "upgrade nginx:amd64 1 2"),
                    event(499_980, PackageChange, "less", "upgrade less:amd64 1 2"),
                ],
                Some((499_950, "likely", 3)),
            ),
            ("one of many a day", (0..280).map(|index| reload(index * 2000)).chain([reload(499_990)]).collect(), None),
            (
                "somebody only looked",
                vec![event(499_990, OperatorAction, "nginx", "/usr/bin/systemctl status nginx")],
                None,
            ),
            (
                "a command and what it did",
                vec![
                    event(499_990, OperatorAction, "nginx", "/usr/bin/systemctl stop nginx"),
                    event(499_990, ServiceStop, "nginx", ""),
                ],
                Some((499_990, "likely", 2)),
            ),
            (
                "its supervisor started it again",
                vec![event(499_990, Restart, "nginx", ""), event(499_991, ServiceStart, "nginx", "")],
                None,
            ),
        ] {
            assert_eq!(found(events), wanted, "{why}");
        }
    }

    #[test]
    fn what_comes_up_with_the_log_was_not_changed() {
        for (begins, is_trigger) in [(0, true), (499_900, false)] {
            let mut world = World::default();
            world.events = vec![event(499_990, Kind::ServiceStart, "nginx", "")];
            world.spans = vec![Some((Instant::second(begins), Instant::second(604_800)))];
            let names = BTreeSet::from(["nginx".to_owned()]);
            let onset = Onset { start: 500_000.0, names, ..Onset::default() };
            assert_eq!(trigger(&world, &onset).is_some(), is_trigger, "{begins}");
        }
    }

    #[test]
    fn another_host_is_none_of_it() {
        let mut other = event(499_990, Kind::Reload, "nginx", "");
        other.host = Some("mail".into());
        let mut world = World::default();
        world.events = vec![other];
        let names = BTreeSet::from(["nginx".to_owned()]);
        let onset = |host: &str| {
            let hosts = BTreeSet::from([host.to_owned()]);
            Onset { start: 500_000.0, hosts, names: names.clone(), ..Onset::default() }
        };
        assert_eq!(trigger(&world, &onset("web01")), None);
        assert!(trigger(&world, &onset("mail")).is_some());
    }
}
