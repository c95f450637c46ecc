//! The closer look: what the windows around findings hold, in bounded memory. Reads only the blocks that overlap a
//! window.
//!
//! Good requests are counted: by second (seconds are divided at the findings' edges), by what they have in common
//! ([`feature`]), and by client ([`visits`]). Failing ones are kept one by one as well, and so are the good ones that
//! follow a failure of their client: whether a retry got through is told by these. Beyond [`MOST_SEEN`] only those of
//! a share of the clients are kept; counts stay exact.

mod around;
pub mod by_hash;
pub mod failed;
pub mod feature;
pub mod lines;
pub mod sample;
pub mod visits;

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::order::Order;
use super::survey::Input;
use super::traffic::{Outcome, Scratch, client_hash, hit_of, outcome, service};
use super::{BlockFacts, BlockId, Facts, Moment, Place};
use crate::format::read::{Detail, Item, walk};
use crate::format::stamp::Instant;
use crate::format::{Hit, Stamp};
use around::Around;
use by_hash::ByHash;
use failed::{Failed, is_any};
use feature::{Asked, Features, Rest, family};
use visits::{Met, Visits, is_sampled};

/// By how much a civil second is later, at most, in the second pass of an hour that comes twice.
const SECOND_PASS_S: i64 = 2 * 3600;
/// By how much a clock is ahead or behind, at most, in seconds.
const SKEW_S: i64 = 600;
/// Requests kept one by one.
const MOST_SEEN: usize = 100_000;
/// Clients whose names are kept.
const MOST_NAMES: usize = 50_000;
/// Within so many seconds of its client's failure a request may be another try.
pub const RETRY_S: i64 = 30;
/// So long after a finding the requests of clients that failed in it are kept, in seconds.
pub const AFTER_S: i64 = 600;
const NANOS: i64 = 1_000_000_000;
/// The golden ratio in 64 bits: a multiple of it is spread over all of them.
const MIXES: u64 = 0x9E37_79B9_7F4A_7C15;

/// What turns stamps into moments: the clocks are found after the survey, and by another room.
pub trait Clocks: Sync {
    /// A stamp of that block as an instant.
    fn instant(&self, block: BlockId, moment: Moment) -> Instant;
    /// A second of a source without stated zone, in UTC.
    fn utc_s(&self, source: usize, civil_s: i64) -> i64;
}

/// What is to be looked at. All moments are UTC, all lists in order.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// First and last second of what is read; no two overlap.
    pub windows: Vec<(i64, i64)>,
    /// First and last second of each finding.
    pub spans: Vec<(i64, i64)>,
    /// Edges of findings inside a second, in nanoseconds since 1970.
    pub edges: Vec<i64>,
    /// First and last second of stretches in which refused requests may count as failed.
    pub refused: Vec<(i64, i64)>,
    /// When each client failed inside the windows; of a share of the clients where there are too many.
    pub failed: Failed,
    /// What requests have in common, and who the clients are, is told by one of so many powers of 2.
    pub sample_halvings: u32,
}

impl Wanted {
    /// The seconds at which findings begin or are over: no count reaches over one.
    pub fn cuts(&self) -> Vec<i64> {
        let mut cuts: Vec<i64> = self.spans.iter().flat_map(|(first, last)| [*first, *last + 1]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// Whether a request is of the sample, by where it stands: the same in any division of the work.
    fn is_sampled(&self, place: Place) -> bool {
        let mixed = (place.offset as u64 ^ (place.block.0 as u64) << 48).wrapping_mul(MIXES);
        self.sample_halvings == 0 || mixed >> (64 - self.sample_halvings) == 0
    }

    fn holds(&self, at: i64) -> bool {
        let next = self.windows.partition_point(|(_, last)| *last < at);
        self.windows.get(next).is_some_and(|(first, _)| *first <= at)
    }

    /// Whether a finding begins or ends in that second.
    fn is_edge(&self, at: i64) -> bool {
        self.spans.iter().any(|(first, last)| at == *first || at == *last)
    }

    /// Whether a good request may tell how a failure of its client went on; `before` are the findings that its second
    /// lies behind.
    fn follows_failure(&self, client: u64, at: i64, before: &[(i64, i64)]) -> bool {
        let failed = self.failed.of_client(client);
        let any = |from: i64, to: i64| is_any(failed, from, to);
        !failed.is_empty() && (any(at - RETRY_S, at) || before.iter().any(|(first, last)| any(*first, *last)))
    }
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    #[allow(missing_docs)]
    pub at: Instant,
    /// Where its line stands.
    pub place: Place,
    /// [`client_hash`]
    pub client: u64,
    /// Hash of client, method, path without query, and user agent: further tries of one attempt have the same.
    pub attempt: u64,
    #[allow(missing_docs)]
    pub status: u16,
    #[allow(missing_docs)]
    pub outcome: Outcome,
    /// First two letters of HAProxy's termination state, or zeros.
    pub termination: [u8; 2],
}

/// Requests of one second, or of its part before or after an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Its beginning, in nanoseconds since 1970.
    pub from: i64,
    /// Whether the stamps are of whole seconds: each stands for all of its second.
    pub is_whole: bool,
    #[allow(missing_docs)]
    pub good: u32,
    #[allow(missing_docs)]
    pub failing: u32,
    #[allow(missing_docs)]
    pub refused: u32,
    #[allow(missing_docs)]
    pub gave_up: u32,
}

impl Cell {
    /// The second that it is in.
    pub fn s(&self) -> i64 {
        self.from.div_euclid(NANOS)
    }

    /// Its beginning, seconds since 1970.
    pub fn as_f64(&self) -> f64 {
        self.s() as f64 + self.from.rem_euclid(NANOS) as f64 / 1e9
    }

    #[allow(missing_docs)]
    pub fn requests(&self) -> u64 {
        u64::from(self.good) + u64::from(self.failing) + u64::from(self.refused) + u64::from(self.gave_up)
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Good => self.good += 1,
            Outcome::Failing => self.failing += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::GaveUp => self.gave_up += 1,
        }
    }

    fn add(&mut self, other: &Cell) {
        self.good += other.good;
        self.failing += other.failing;
        self.refused += other.refused;
        self.gave_up += other.gave_up;
    }
}

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// As written.
    pub name: String,
    /// Family of its user agent, if it has only one agent.
    pub agent: Option<String>,
    /// Hash of the user agent.
    agent_hash: u64,
    /// Method and path without query, as a hash, if it asks for nothing else.
    pub asks: Option<u64>,
}

/// The requests of one service of one source in the windows.
#[derive(Clone, Debug, Default)]
pub struct Close {
    /// Service and, where its lines name it, host: as in the survey's series.
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// Index of the source.
    pub source: usize,
    /// In order of time.
    pub cells: Vec<Cell>,
    /// Those that are kept one by one, in order of time.
    pub seen: Vec<Seen>,
    /// How often the clients of [`Close::seen`] were halved.
    pub seen_halvings: u32,
    /// By second, the first good request behind the end of a finding.
    pub good: BTreeMap<i64, Seen>,
    #[allow(missing_docs)]
    pub visits: Visits,
    /// By hash; those with the smallest hashes where there are too many.
    pub clients: ByHash<Client>,
    /// Clients with larger hashes are not known.
    most_client: Option<u64>,
    /// By how many cuts lie before them.
    pub features: Features,
    /// The seconds at which findings begin or are over, in order.
    pub cuts: Vec<i64>,
    index: HashMap<(i64, bool), usize>,
    last: usize,
    /// The second of the last request.
    around: Around,
}

impl Close {
    fn of(service: &str, host: Option<&str>, source: usize) -> Close {
        Close { service: service.into(), host: host.map(str::to_owned), source, ..Close::default() }
    }

    fn is_of(&self, other: &Close) -> bool {
        (&self.service, &self.host, self.source) == (&other.service, &other.host, other.source)
    }

    /// The first good request behind the last failing one, or, without it, from the second of `from` on; if it is near
    /// the end of a finding.
    pub fn first_good(&self, from: Instant, last: Option<&Seen>) -> Option<Seen> {
        let is_later = |seen: &&Seen| seen.at.s >= from.s && last.is_none_or(|last| *seen > last);
        let kept = self.good.range(from.s..).map(|(_, seen)| seen).find(is_later);
        let also = self.seen.iter().filter(|seen| seen.outcome == Outcome::Good).find(is_later);
        kept.into_iter().chain(also).min().copied()
    }

    fn add(&mut self, asked: &Asked<'_>, place: Place, at: Instant, wanted: &Wanted, cuts: &[i64]) {
        let hit = asked.hit;
        let client = client_hash(hit.client);
        let outcome = outcome(hit.status, hit.termination);
        // Looked for once, and only where it is needed.
        let agent = LazyCell::new(|| asked.agent());
        self.around.turn_to(at.s, wanted, cuts);
        self.cell(at, wanted).count(outcome);
        let met = match outcome {
            Outcome::Failing => Met::Failing,
            Outcome::Refused => Met::Refused,
            Outcome::GaveUp => Met::GaveUp,
            Outcome::Good => Met::Other,
        };
        self.visits.add(client, at.s, met, cuts);
        if wanted.is_sampled(place) {
            self.know(client, hit, *agent);
            if self.around.is_inside {
                self.features.add(self.around.span, asked, *agent, outcome, 1 << wanted.sample_halvings);
            }
        }
        let is_kept = match outcome {
            Outcome::Failing => true,
            Outcome::Refused => self.around.is_refused,
            Outcome::GaveUp if self.around.is_inside => true,
            Outcome::Good | Outcome::GaveUp => wanted.follows_failure(client, at.s, &self.around.before),
        };
        // The seconds at the edges stay whole, as in [`Close::fit`].
        let is_kept = is_kept && (is_sampled(client, self.seen_halvings) || self.around.is_edge);
        let is_first = outcome == Outcome::Good
            && self.around.is_behind
            && self.around.first_good.is_none_or(|first| (at, place) < first);
        if !is_kept && !is_first {
            return;
        }
        let mut termination = [0; 2];
        for (kept, byte) in termination.iter_mut().zip(hit.termination) {
            *kept = *byte;
        }
        let who = client.rotate_left(21) ^ client_hash(*agent);
        let attempt = who.wrapping_mul(MIXES) ^ asks_for(hit);
        let seen = Seen { at, place, client, attempt, status: hit.status, outcome, termination };
        if is_first {
            let first = self.good.entry(at.s).or_insert(seen);
            *first = (*first).min(seen);
            self.around.first_good = Some((first.at, first.place));
        }
        if is_kept {
            self.seen.push(seen);
            if self.seen.len() > MOST_SEEN + MOST_SEEN / 4 {
                self.fit(&wanted.spans);
            }
        }
    }

    fn cell(&mut self, at: Instant, wanted: &Wanted) -> &mut Cell {
        let second = at.s.saturating_mul(NANOS);
        let (mut from, is_whole) = (second, at.digits == 0);
        if !wanted.edges.is_empty() && !is_whole {
            let here = second + i64::from(at.nanos).min(NANOS - 1);
            let before = wanted.edges.partition_point(|edge| *edge <= here);
            from = wanted.edges[..before].last().map_or(from, |edge| (*edge).max(from));
        }
        if self.cells.get(self.last).is_none_or(|cell| (cell.from, cell.is_whole) != (from, is_whole)) {
            let next = self.cells.len();
            self.last = *self.index.entry((from, is_whole)).or_insert(next);
            if self.last == next {
                self.cells.push(Cell { from, is_whole, ..Cell::default() });
            }
        }
        &mut self.cells[self.last]
    }

    fn know(&mut self, hash: u64, hit: &Hit<'_>, agent: &[u8]) {
        if self.most_client.is_some_and(|most| hash > most) {
            return;
        }
        if let Some(known) = self.clients.get_mut(&hash) {
            if known.asks.is_some_and(|own| own != asks_for(hit)) {
                known.asks = None;
            }
            if known.agent.is_some() && known.agent_hash != client_hash(agent) {
                known.agent = None;
            }
            return;
        }
        let (agent_hash, asks) = (client_hash(agent), asks_for(hit));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let agent = Some(text(family(agent)));
        self.clients.insert(hash, Client { name: text(hit.client), agent, agent_hash, asks: Some(asks) });
        if self.clients.len() > 2 * MOST_NAMES {
            self.fit_clients();
        }
    }

    /// Where too many clients are known, those with the smallest hashes.
    fn fit_clients(&mut self) {
        if self.clients.len() > MOST_NAMES {
            let mut hashes: Vec<u64> = self.clients.keys().copied().collect();
            let (_, most, _) = hashes.select_nth_unstable(MOST_NAMES - 1);
            let most = *most;
            self.clients.retain(|hash, _| *hash <= most);
            self.most_client = Some(most);
        }
    }

    /// Where too many are kept, those of half of the clients; but all of the seconds in which a finding begins or ends.
    fn fit(&mut self, spans: &[(i64, i64)]) {
        let is_edge = |at: i64| spans.iter().any(|(first, last)| at == *first || at == *last);
        let of_others = |seen: &[Seen]| seen.iter().filter(|seen| !is_edge(seen.at.s)).count();
        // The level hangs on those alone that it thins out.
        while self.seen.len() > MOST_SEEN && of_others(&self.seen) > MOST_SEEN && self.seen_halvings < 63 {
            self.seen_halvings += 1;
            let halvings = self.seen_halvings;
            self.seen.retain(|seen| is_edge(seen.at.s) || is_sampled(seen.client, halvings));
        }
    }

    fn merge(&mut self, other: Close, wanted: &Wanted, cuts: &[i64]) {
        self.cells.extend(other.cells);
        self.visits.merge(other.visits, cuts);
        self.features.merge(other.features);
        self.seen_halvings = self.seen_halvings.max(other.seen_halvings);
        let halvings = self.seen_halvings;
        self.seen.extend(other.seen);
        if halvings > 0 {
            self.seen.retain(|seen| wanted.is_edge(seen.at.s) || is_sampled(seen.client, halvings));
        }
        if self.seen.len() > MOST_SEEN + MOST_SEEN / 4 {
            self.fit(&wanted.spans);
        }
        for (second, seen) in other.good {
            let first = self.good.entry(second).or_insert(seen);
            *first = (*first).min(seen);
        }
        for (hash, client) in other.clients {
            match self.clients.get_mut(&hash) {
                Some(known) => {
                    known.asks = known.asks.filter(|own| Some(*own) == client.asks);
                    if known.agent_hash != client.agent_hash || client.agent.is_none() {
                        known.agent = None;
                    }
                }
                None => {
                    self.clients.insert(hash, client);
                }
            }
        }
        if self.clients.len() > 2 * MOST_NAMES {
            self.fit_clients();
        }
    }

    fn finish(&mut self, wanted: &Wanted, cuts: &[i64]) {
        self.fit(&wanted.spans);
        self.fit_clients();
        self.cells.sort_unstable_by_key(|cell| (cell.from, cell.is_whole));
        self.cells.dedup_by(|next, kept| {
            let same = (next.from, next.is_whole) == (kept.from, kept.is_whole);
            if same {
                kept.add(next);
            }
            same
        });
        self.seen.par_sort_unstable();
        self.visits.settle(cuts);
        self.index = HashMap::new();
        self.cuts = cuts.to_vec();
    }
}

/// Method and path without query, as a hash.
fn asks_for(hit: &Hit<'_>) -> u64 {
    client_hash(&hit.request[..memchr::memchr2(b'?', b'#', hit.request).unwrap_or(hit.request.len())])
}

/// Reads the requests of the windows from the blocks that hold them.
pub fn look(inputs: &[Input<'_>], facts: &Facts, clocks: &dyn Clocks, wanted: &Wanted) -> Vec<Close> {
    let cuts = wanted.cuts();
    let jobs = blocks_of(facts, clocks, &wanted.windows);
    // Few lists, not one of each block: each holds clients of its own.
    let parts = jobs.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
    let mut all: Vec<Close> = jobs
        .par_chunks(parts)
        .map(|jobs| {
            let mut found = Vec::new();
            for (id, block) in jobs {
                // Many in a row are of one second.
                let mut last = (i64::MIN, false);
                requests(inputs, **id, block, clocks, &mut |of, place, at, asked| {
                    if last.0 != at.s {
                        last = (at.s, wanted.holds(at.s));
                    }
                    if last.1 {
                        part(&mut found, of, id.0).add(asked, place, at, wanted, &cuts);
                    }
                });
            }
            found
        })
        .reduce(Vec::new, |mut all, more| {
            for part in more {
                match all.iter_mut().find(|close| close.is_of(&part)) {
                    Some(close) => close.merge(part, wanted, &cuts),
                    None => all.push(part),
                }
            }
            all
        });
    all.sort_by(|one, other| (&one.service, &one.host, one.source).cmp(&(&other.service, &other.host, other.source)));
    all.par_iter_mut().for_each(|close| close.finish(wanted, &cuts));
    all
}

/// Takes one request: its hit, where it stands, and its moment.
pub type Take<'a> = dyn FnMut(&Hit<'_>, Place, Instant) + 'a;

/// The same of requests that come from no source: those of one service, which `walk` hands over in order of time.
pub fn look_at(service: &str, wanted: &Wanted, walk: impl FnOnce(&mut Take<'_>)) -> Close {
    let cuts = wanted.cuts();
    let mut close = Close::of(service, None, 0);
    walk(&mut |hit, place, at| {
        if wanted.holds(at.s) {
            close.add(&Asked { hit, rest: Rest::Line(&[]) }, place, at, wanted, &cuts);
        }
    });
    close.finish(wanted, &cuts);
    close
}

fn part<'a>(found: &'a mut Vec<Close>, (service, host): Of<'_>, source: usize) -> &'a mut Close {
    let is_same = |close: &Close| close.source == source && close.service == service && close.host.as_deref() == host;
    let index = found.iter().position(is_same).unwrap_or_else(|| {
        found.push(Close::of(service, host, source));
        found.len() - 1
    });
    &mut found[index]
}

/// Service and host of a request.
type Of<'a> = (&'a str, Option<&'a str>);

/// The blocks with requests that may lie in one of the windows, in order.
fn blocks_of<'a>(facts: &'a Facts, clocks: &dyn Clocks, windows: &[(i64, i64)]) -> Vec<(&'a BlockId, &'a BlockFacts)> {
    let has_requests: std::collections::BTreeSet<usize> = facts.series.keys().map(|key| key.source).collect();
    let is_wanted = |(id, block): &(&BlockId, &BlockFacts)| {
        has_requests.contains(&id.0) && may_overlap(facts, clocks, windows, **id, block)
    };
    facts.blocks.iter().filter(is_wanted).collect()
}

/// Whether records of the block may lie in one of the windows.
fn may_overlap(facts: &Facts, clocks: &dyn Clocks, windows: &[(i64, i64)], id: BlockId, block: &BlockFacts) -> bool {
    let is_zoneless = facts.sources.get(&id.0).is_some_and(|own| own.zoneless > 0);
    let later_s = if is_zoneless { SECOND_PASS_S } else { 0 };
    let utc = |at: i64| at_most_a_day_off(clocks, id.0, at);
    let holds = |(first, last): (i64, i64)| {
        let (from, to) = (utc(first), utc(last));
        windows.iter().any(|(start, end)| from.0 - SKEW_S <= *end && to.1 + later_s + SKEW_S >= *start)
    };
    block.span.is_some_and(holds)
}

/// A block's span holds seconds in UTC and civil ones side by side, where a file mixes both.
fn at_most_a_day_off(clocks: &dyn Clocks, source: usize, at: i64) -> (i64, i64) {
    let utc = clocks.utc_s(source, at);
    (utc.min(at), utc.max(at))
}

/// Calls `each` for every request of a block.
fn requests(
    inputs: &[Input<'_>],
    id: BlockId,
    block: &BlockFacts,
    clocks: &dyn Clocks,
    each: &mut dyn FnMut(Of<'_>, Place, Instant, &Asked<'_>),
) {
    let input = &inputs[id.0];
    let mut scratch = Scratch::default();
    let mut order = Order::default();
    let mut moment = |stamp: Stamp| Moment { stamp, stretch: order.take(&stamp) };
    let mut last: Option<(Stamp, Instant)> = None;
    walk(input.recognised, input.bytes, block.bytes, Detail::Hits, &mut |place, item| {
        let at = Place { block: id, line: place.line, offset: place.offset };
        match item {
            Item::Hit(hit) => {
                // Many in a row have one stamp.
                let when = match last.filter(|(stamp, _)| *stamp == hit.stamp) {
                    Some((_, when)) => when,
                    None => {
                        let when = clocks.instant(id, moment(hit.stamp));
                        last = Some((hit.stamp, when));
                        when
                    }
                };
                let of = service(input.recognised.format.name(), input.name);
                each((of, None), at, when, &Asked { hit, rest: Rest::Line(place.raw) });
            }
            Item::Record(record) => {
                last = None;
                let when = record.stamp.map(&mut moment);
                if let Some(when) = when
                    && let Some(hit) = hit_of(&record, &mut scratch)
                {
                    let host = record.host.as_deref().filter(|_| !record.envelope.is_empty());
                    let of = (service(record.format, input.name), host);
                    each(of, at, clocks.instant(id, when), &Asked { hit: &hit, rest: Rest::Record(&record) });
                }
            }
            Item::Unparsed | Item::Separator => {}
        }
    });
}
