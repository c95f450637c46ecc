//! All facts on one time, each thing once: the input of the analysis.
//!
//! One thing seen by several collectors is one thing (journald and syslog and the server's own file; a live log and
//! its rotated copy). This is the one place where that is decided.

mod failed_lines;
mod within;

use std::collections::{BTreeMap, BTreeSet};

use super::cause::unusual::{Wording, wordings};
use super::clock_steps::{ClockStep, clock_steps};
use super::finding::is_same as is_same_service;
use super::rotated::{Spans, retold, seams, sequels};
use crate::clock::{Instant, Timebase};
use crate::facts::claim::{Claim, How};
use crate::facts::crowd::Crowd;
use crate::facts::event::Kind;
use crate::facts::failed::FailedLine;
use crate::facts::sign::Sign;
use crate::facts::standing::Standing;
use crate::facts::traffic::{Failure, Refusal, Second, SeriesKey};
use crate::facts::{Event, Facts, Moment, Place};

/// How far apart two collectors' stamps of one event may lie: whole seconds on one side, and a late clock.
const SAME_EVENT_S: f64 = 2.0;
/// Share of the seconds that both span, with equal requests, from which two sources hold the same log.
pub(super) const COPY_SHARE: f64 = 0.5;

/// A line that proves something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Index of the source.
    pub source: usize,
    /// 1-based line in it.
    pub line: usize,
    /// Bytes before it.
    pub offset: usize,
    /// What it says.
    pub text: String,
}

/// An event on the one time, with all lines that tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    #[allow(missing_docs)]
    pub at: Instant,
    #[allow(missing_docs)]
    pub host: Option<String>,
    #[allow(missing_docs)]
    pub event: Event,
    #[allow(missing_docs)]
    pub evidence: Vec<Evidence>,
}

impl Happening {
    /// What happened.
    pub fn kind(&self) -> Kind {
        self.event.said.kind
    }

    /// To whom.
    pub fn service(&self) -> Option<&str> {
        self.event.said.service.as_deref()
    }

    /// Seconds since 1970, with their fraction.
    pub fn s(&self) -> f64 {
        self.at.as_f64()
    }
}

/// Error lines of one kind, by second.
#[derive(Clone, Debug, PartialEq)]
pub struct SignLines {
    #[allow(missing_docs)]
    pub sign: Sign,
    /// Who writes.
    pub service: String,
    /// The upstream that it is about.
    pub about: Option<String>,
    /// Lines by second.
    pub seconds: BTreeMap<i64, u64>,
    /// The first of them.
    pub samples: Vec<(Instant, Evidence)>,
}

/// The requests of one service of one host.
#[derive(Clone, Debug, Default)]
pub struct Service {
    #[allow(missing_docs)]
    pub name: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// In order of time.
    pub seconds: Vec<Second>,
    /// In order of time.
    pub failures: Vec<Failure>,
    /// In order of time: requests that were refused.
    pub refusals: Vec<Refusal>,
    /// Names of the failures' scopes.
    pub scopes: BTreeMap<u64, String>,
    /// Requests by client.
    pub crowd: Crowd,
    /// Sources that bring it.
    pub sources: BTreeSet<usize>,
    /// Seconds that another source than the group's first counts, where several hold the same requests.
    pub owners: Owners,
}

/// Which of several copies counts a second.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// The group of copies of each source.
    groups: BTreeMap<usize, usize>,
    /// By group and second: the source that counts it.
    seconds: BTreeMap<(usize, i64), usize>,
}

impl Owners {
    /// Whether the requests of that second count in that source.
    pub fn counts(&self, source: usize, second: i64) -> bool {
        let Some(group) = self.groups.get(&source) else { return true };
        self.seconds.get(&(*group, second)).is_none_or(|owner| *owner == source)
    }
}

impl Service {
    /// Requests and failing ones from `from` (inclusive) to `to` (exclusive), in seconds.
    pub fn count(&self, from: i64, to: i64) -> Second {
        let start = self.seconds.partition_point(|second| second.at < from);
        let end = self.seconds.partition_point(|second| second.at < to);
        let mut sum = Second { at: from, ..Second::default() };
        for second in &self.seconds[start..end.max(start)] {
            sum.requests += second.requests;
            sum.failing += second.failing;
            sum.refused += second.refused;
            sum.gave_up += second.gave_up;
        }
        sum
    }

    /// First and last second with a request.
    pub fn span(&self) -> Option<(i64, i64)> {
        Some((self.seconds.first()?.at, self.seconds.last()?.at))
    }
}

/// Error lines of one service of one host that tell of failing requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailedLines {
    #[allow(missing_docs)]
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// In order of time.
    pub lines: Vec<FailedLine>,
    /// What its logs cover: first second, and the one after the last.
    pub span: (i64, i64),
}

/// Everything that the logs say, on one time.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// By host and name.
    pub services: Vec<Service>,
    /// In order of time.
    pub events: Vec<Happening>,
    #[allow(missing_docs)]
    pub signs: Vec<SignLines>,
    /// Error lines that tell of failing requests, of services whose requests are in no log.
    pub failed_lines: Vec<FailedLines>,
    #[allow(missing_docs)]
    pub claims: Vec<(Option<Instant>, Option<String>, Claim, Evidence)>,
    /// What holds for services until it is changed, with moment and host where told.
    pub standings: Vec<(Option<Instant>, Option<String>, Standing, Evidence)>,
    /// In order of time: when hosts' clocks were set.
    pub clock_steps: Vec<ClockStep>,
    /// How long answers took, by the index of the service, where its lines tell it.
    pub durations: BTreeMap<usize, crate::facts::durations::Durations>,
    /// First and last moment of all logs.
    pub coverage: Option<(Instant, Instant)>,
    /// By source: what it covers.
    pub spans: Vec<Option<(Instant, Instant)>>,
    /// Sources that follow one another in a rotated set: whether none is missing between them, where their names tell.
    pub sequels: BTreeMap<(usize, usize), bool>,
    /// By source: the first source that holds all of its requests too.
    pub copies: BTreeMap<usize, usize>,
    /// The host of each source.
    pub hosts: Vec<Option<String>>,
    /// What servers say, by its wording.
    pub wordings: Vec<Wording>,
    lines: FirstLines,
}

impl World {
    /// Whether a log holds requests of that service.
    fn has_requests(&self, name: &str, host: &Option<String>) -> bool {
        let is_host = |own: &Option<String>| own.is_none() || host.is_none() || own == host;
        self.services.iter().any(|service| is_same_service(&service.name, name) && is_host(&service.host))
    }

    /// Dates the saved tables of sockets, whose rows have no moment, by when each source was last written.
    pub fn date_tables(&mut self, written_s: &[Option<i64>]) {
        for (at, _, claim, line) in &mut self.claims {
            if claim.how == How::Table && at.is_none() {
                *at = written_s.get(line.source).copied().flatten().map(Instant::second);
            }
        }
    }

    /// The line at a place, as evidence.
    pub fn line(&self, place: Place) -> Evidence {
        self.lines.evidence(place, "")
    }
}

/// Puts all facts on one time. `names` are the paths of the sources, by index. The seconds, failures and refusals of the
/// series and the error lines that tell of failing requests are taken out of the facts: there may be millions.
pub fn world(facts: &mut Facts, timebase: &Timebase, names: &[&str]) -> World {
    let lines = FirstLines::of(facts);
    let hosts = hosts(facts, names);
    let mut world = World { hosts, ..World::default() };
    world.spans = (0..names.len()).map(|source| span(facts, timebase, source)).collect();
    world.sequels = sequels(timebase, names);
    let spans = || world.spans.iter().flatten();
    world.coverage = spans().map(|span| span.0).min().zip(spans().map(|span| span.1).max());
    world.services = services(facts, timebase, &world.hosts, &mut world.copies);
    world.events = events(facts, timebase, &world.hosts, &lines);
    world.wordings = wordings(facts, timebase);
    world.signs = signs(facts, timebase, &lines, &world.spans);
    retold(facts, timebase, &world.spans, &mut world.copies);
    world.failed_lines = failed_lines::merged(std::mem::take(&mut facts.failed_lines), timebase, &world);
    world.durations = super::slow::durations(facts, timebase, &world);
    let copies = world.copies.clone();
    world.claims = facts
        .claims
        .iter()
        .filter(|claim| !copies.contains_key(&claim.place.block.0))
        .map(|claim| {
            let at = claim.moment.map(|moment| timebase.instant(claim.place.block, moment));
            (at, host_of(&claim.host, claim.place, &world.hosts), claim.fact.clone(), lines.evidence(claim.place, ""))
        })
        .collect();
    world.standings = facts
        .standings
        .iter()
        .map(|standing| {
            let at = standing.moment.map(|moment| timebase.instant(standing.place.block, moment));
            let host = host_of(&standing.host, standing.place, &world.hosts);
            (at, host, standing.fact.clone(), lines.evidence(standing.place, ""))
        })
        .collect();
    world.lines = lines;
    world.clock_steps = clock_steps(facts, timebase, &world);
    world
}

/// The number of each block's first line.
#[derive(Clone, Debug, Default)]
struct FirstLines(BTreeMap<(usize, usize), usize>);

impl FirstLines {
    fn of(facts: &Facts) -> FirstLines {
        let mut first = BTreeMap::new();
        let (mut source, mut line) = (usize::MAX, 1);
        for (id, block) in &facts.blocks {
            if id.0 != source {
                (source, line) = (id.0, 1);
            }
            first.insert(*id, line);
            line += block.lines;
        }
        FirstLines(first)
    }

    fn evidence(&self, place: Place, text: &str) -> Evidence {
        let first = self.0.get(&place.block).copied().unwrap_or(1);
        Evidence { source: place.block.0, line: first + place.line, offset: place.offset, text: text.into() }
    }
}

/// The host of each source: that which its lines name; else, where all logs name one host, that; else the one whose
/// name is a folder of its path.
fn hosts(facts: &Facts, names: &[&str]) -> Vec<Option<String>> {
    let all: BTreeSet<&String> = facts.sources.values().flat_map(|source| source.hosts.keys()).collect();
    let of = |(index, name): (usize, &&str)| {
        let own = facts.sources.get(&index).and_then(|source| {
            source.hosts.iter().rev().max_by_key(|(_, count)| **count).map(|(host, _)| host.clone())
        });
        let in_path =
            || all.iter().find(|host| name.split('/').any(|part| part == host.as_str())).map(|host| (*host).clone());
        let only = || (all.len() == 1).then(|| all.iter().next().map(|host| (*host).clone())).flatten();
        own.or_else(only).or_else(in_path)
    };
    names.iter().enumerate().map(of).collect()
}

pub(super) fn host_of(stated: &Option<String>, place: Place, hosts: &[Option<String>]) -> Option<String> {
    stated.clone().or_else(|| hosts.get(place.block.0).cloned().flatten())
}

/// First and last moment of a source.
pub fn span(facts: &Facts, timebase: &Timebase, source: usize) -> Option<(Instant, Instant)> {
    let own = facts.sources.get(&source)?;
    let blocks = facts.blocks.range((source, 0)..(source + 1, 0));
    let mut moments: Vec<Instant> = Vec::new();
    for (id, block) in blocks {
        for stretches in [&block.order.yearless, &block.order.dated] {
            for (stretch, of) in (0..).zip(stretches) {
                let ends = [of.earliest, of.latest].map(|stamp| Moment { stamp, stretch });
                moments.extend(ends.map(|moment| timebase.instant(*id, moment)));
            }
        }
    }
    // Those that state their zone need no block.
    if let Some((first, last)) = own.stated_span {
        moments.extend([first, last].map(|moment| timebase.instant((source, 0), moment)));
    }
    moments.iter().min().copied().zip(moments.iter().max().copied())
}

/// One part of a service's requests: what one source brings.
struct Part {
    source: usize,
    seconds: Vec<Second>,
    failures: Vec<Failure>,
    refusals: Vec<Refusal>,
    scopes: BTreeMap<u64, String>,
    crowd: Crowd,
}

fn services(
    facts: &mut Facts,
    timebase: &Timebase,
    hosts: &[Option<String>],
    copies: &mut BTreeMap<usize, usize>,
) -> Vec<Service> {
    let mut parts: BTreeMap<(Option<String>, String), Vec<Part>> = BTreeMap::new();
    for (key, series) in &mut facts.series {
        let host = key.host.clone().or_else(|| hosts.get(key.source).cloned().flatten());
        let utc = |at: &mut i64| *at = utc_s(timebase, key, *at);
        let mut seconds = std::mem::take(&mut series.seconds);
        seconds.iter_mut().for_each(|second| utc(&mut second.at));
        let mut failures = std::mem::take(&mut series.failures);
        failures.iter_mut().for_each(|failure| utc(&mut failure.at));
        let mut refusals = std::mem::take(&mut series.refusals);
        refusals.iter_mut().for_each(|refusal| utc(&mut refusal.at));
        let (scopes, crowd) = (std::mem::take(&mut series.scopes), std::mem::take(&mut series.crowd));
        let part = Part { source: key.source, seconds, failures, refusals, scopes, crowd };
        let of_service = parts.entry((host, key.service.clone())).or_default();
        match of_service.iter_mut().find(|earlier| earlier.source == key.source) {
            Some(earlier) => {
                // Stamps with and without a zone in one file, and hours that come twice.
                earlier.seconds.extend(part.seconds);
                joined(&mut earlier.seconds);
                earlier.failures.extend(part.failures);
                earlier.refusals.extend(part.refusals);
                earlier.scopes.extend(part.scopes);
                earlier.crowd.merge(&part.crowd);
            }
            None => of_service.push(part),
        }
    }
    parts.into_iter().map(|((host, name), parts)| service(name, host, parts, copies)).collect()
}

/// A second of a series in UTC.
fn utc_s(timebase: &Timebase, key: &SeriesKey, at: i64) -> i64 {
    match key.stretch {
        _ if key.zoned => timebase.without_skew(key.source, at),
        Some((block, stretch)) => timebase.stretch_utc_s((key.source, block), stretch, at),
        None => timebase.utc_s(key.source, at),
    }
}

fn service(name: String, host: Option<String>, parts: Vec<Part>, copies: &mut BTreeMap<usize, usize>) -> Service {
    let owners = owners(&parts, copies);
    let mut service = Service { name, host, ..Service::default() };
    for mut part in parts {
        part.seconds.retain(|second| owners.counts(part.source, second.at));
        part.failures.retain(|failure| owners.counts(part.source, failure.at));
        part.refusals.retain(|refusal| owners.counts(part.source, refusal.at));
        service.sources.insert(part.source);
        append(&mut service.seconds, part.seconds);
        append(&mut service.failures, part.failures);
        append(&mut service.refusals, part.refusals);
        service.scopes.extend(part.scopes);
        service.crowd.merge(&part.crowd);
    }
    joined(&mut service.seconds);
    service.failures.sort_unstable();
    service.refusals.sort_unstable();
    service.owners = owners;
    service
}

/// In order of time, each second once.
pub(super) fn joined(seconds: &mut Vec<Second>) {
    seconds.sort_by_key(|second| second.at);
    seconds.dedup_by(|next, kept| {
        let same = next.at == kept.at;
        if same {
            kept.add(next);
        }
        same
    });
}

/// Puts `more` behind what is there; without a copy where nothing is.
fn append<T>(list: &mut Vec<T>, mut more: Vec<T>) {
    if list.is_empty() {
        *list = more;
    } else {
        list.append(&mut more);
    }
}

/// Which of the parts hold the same requests, and which of them counts each common second: the one with the most.
fn owners(parts: &[Part], copies: &mut BTreeMap<usize, usize>) -> Owners {
    let mut group: Vec<usize> = (0..parts.len()).collect();
    for (index, part) in parts.iter().enumerate() {
        // One that overlaps two others makes all three one group, whatever their order.
        for other in (0..index).filter(|other| holds_same(part, &parts[*other])) {
            let (into, from) = (group[index].min(group[other]), group[index].max(group[other]));
            group.iter_mut().filter(|group| **group == from).for_each(|group| *group = into);
        }
    }
    let mut owners = Owners::default();
    for (index, part) in parts.iter().enumerate() {
        let members: Vec<&Part> =
            (0..parts.len()).filter(|other| group[*other] == group[index]).map(|other| &parts[other]).collect();
        if members.len() < 2 {
            continue;
        }
        owners.groups.insert(part.source, group[index]);
        for second in &part.seconds {
            let rank = |member: &&&Part| (requests_at(member, second.at), std::cmp::Reverse(member.source));
            if let Some(owner) = members.iter().max_by_key(rank) {
                owners.seconds.insert((group[index], second.at), owner.source);
            }
        }
    }
    for part in parts {
        let own = |second: &Second| owners.counts(part.source, second.at);
        if let Some(group) = owners.groups.get(&part.source)
            && !part.seconds.iter().any(own)
            && let Some(owner) = owners.seconds.range((*group, i64::MIN)..).next()
        {
            copies.insert(part.source, *owner.1);
        }
    }
    owners
}

fn requests_at(part: &Part, at: i64) -> u32 {
    part.seconds.binary_search_by_key(&at, |second| second.at).map_or(0, |index| part.seconds[index].requests)
}

/// Whether two parts hold the same log: of the seconds that both span, most are equal to the last request.
fn holds_same(one: &Part, other: &Part) -> bool {
    let span = |part: &Part| Some((part.seconds.first()?.at, part.seconds.last()?.at));
    let (Some(here), Some(there)) = (span(one), span(other)) else { return false };
    let (from, to) = (here.0.max(there.0), here.1.min(there.1));
    if from == to && here.0 < here.1 && there.0 < there.1 {
        return false; // one goes on where the other ends
    }
    let common = |part: &Part| part.seconds.iter().filter(|second| (from..=to).contains(&second.at)).count();
    let print = |at: i64| {
        other.seconds.binary_search_by_key(&at, |second| second.at).ok().map(|index| other.seconds[index].print)
    };
    let equal = one.seconds.iter().filter(|second| print(second.at) == Some(second.print)).count();
    equal > 0 && equal as f64 >= COPY_SHARE * common(one).min(common(other)) as f64
}

/// Puts the events of all sources on one time, and those that several sources tell into one.
fn events(facts: &Facts, timebase: &Timebase, hosts: &[Option<String>], lines: &FirstLines) -> Vec<Happening> {
    let mut all: Vec<Happening> = Vec::with_capacity(facts.events.len());
    let mut above: Option<(usize, crate::facts::Moment)> = None;
    // In the order of their lines: an event without a moment happened when the one above it in its file did.
    for event in &facts.events {
        let source = event.place.block.0;
        let moment = event.moment.or(above.filter(|(earlier, _)| *earlier == source).map(|(_, moment)| moment));
        let Some(moment) = moment else { continue };
        above = Some((source, moment));
        let at = timebase.instant(event.place.block, moment);
        let host = host_of(&event.host, event.place, hosts);
        let evidence = vec![lines.evidence(event.place, &event.fact.message)];
        all.push(Happening { at, host, event: event.fact.clone(), evidence });
    }
    all.sort_by(|one, other| (one.at, &one.evidence).cmp(&(other.at, &other.evidence)));
    let mut merged: Vec<Happening> = Vec::with_capacity(all.len());
    for next in all {
        let same = merged.iter_mut().rev().take_while(|earlier| next.s() - earlier.s() <= SAME_EVENT_S);
        // The nearest that no line of the same source tells yet.
        match same.filter(|earlier| is_same(earlier, &next)).last() {
            Some(earlier) => join(earlier, next),
            None => merged.push(next),
        }
    }
    merged.sort_by(|one, other| (one.at, &one.evidence).cmp(&(other.at, &other.evidence)));
    without_bookkeeping(merged)
}

/// Without the `Stopped U` that systemd writes right after `Scheduled restart job`: nobody stopped it
/// (`formats/lifecycle.md`, section 3).
fn without_bookkeeping(events: Vec<Happening>) -> Vec<Happening> {
    let restarts: Vec<(f64, Option<String>)> = events
        .iter()
        .filter(|event| event.kind() == Kind::Restart)
        .map(|event| (event.s(), event.service().map(str::to_owned)))
        .collect();
    let is_bookkeeping = |event: &Happening| {
        event.kind() == Kind::ServiceStop
            && restarts
                .iter()
                .any(|(at, service)| (0.0..1.0).contains(&(event.s() - at)) && service.as_deref() == event.service())
    };
    events.into_iter().filter(|event| !is_bookkeeping(event)).collect()
}

/// Whether two lines of different sources tell the same event.
fn is_same(one: &Happening, other: &Happening) -> bool {
    let (said, also) = (&one.event.said, &other.event.said);
    let hosts = one.host.is_none() || other.host.is_none() || one.host == other.host;
    let sources = one.evidence.iter().any(|line| line.source == other.evidence[0].source);
    let pids = matches!((one.event.pid, other.event.pid), (Some(pid), Some(also)) if pid != also);
    let kinds =
        (said.kind, &said.service, &said.address, said.port) == (also.kind, &also.service, &also.address, also.port);
    let messages = message_key(&one.event.message) == message_key(&other.event.message);
    kinds && hosts && messages && !sources && !pids
}

/// A message without what only one collector adds.
fn message_key(message: &str) -> &str {
    message.trim_end_matches('.').trim()
}

fn join(earlier: &mut Happening, next: Happening) {
    if next.at.digits > earlier.at.digits {
        earlier.at = next.at;
    }
    earlier.host = earlier.host.take().or(next.host);
    earlier.event.pid = earlier.event.pid.or(next.event.pid);
    earlier.event.user = earlier.event.user.take().or(next.event.user);
    earlier.event.image = earlier.event.image.take().or(next.event.image);
    earlier.evidence.extend(next.evidence);
    earlier.evidence.sort();
}

fn signs(facts: &Facts, timebase: &Timebase, lines: &FirstLines, spans: &Spans) -> Vec<SignLines> {
    let mut all: BTreeMap<(Sign, String, Option<String>), SignLines> = BTreeMap::new();
    for (key, signs) in &facts.signs {
        let of = (key.sign, key.service.clone(), key.about.clone());
        let own = all.entry(of).or_insert_with(|| SignLines {
            sign: key.sign,
            service: key.service.clone(),
            about: key.about.clone(),
            seconds: BTreeMap::new(),
            samples: Vec::new(),
        });
        let mut seconds: BTreeMap<i64, u64> = BTreeMap::new();
        for ((moment, block), count) in &signs.seconds {
            *seconds.entry(timebase.instant(*block, *moment).s).or_default() += count;
        }
        // Two collectors of the same lines: the larger count of a second, not the sum; but the second in which a log
        // was rotated is in both files.
        let rotated = seams(timebase, spans, key.source);
        for (second, count) in seconds {
            let kept = own.seconds.entry(second).or_default();
            *kept = if rotated.contains(&second) { *kept + count } else { count.max(*kept) };
        }
        for sample in signs.samples.values().flatten() {
            if let Some(moment) = sample.moment {
                let at = timebase.instant(sample.place.block, moment);
                own.samples.push((at, lines.evidence(sample.place, &sample.fact)));
            }
        }
        own.samples.sort();
    }
    all.into_values().collect()
}
