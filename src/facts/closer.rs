//! The closer look: the requests of a few windows one by one, for what needs exactness. Reads only the blocks that
//! overlap a window.

use rayon::prelude::*;

use super::order::Order;
use super::survey::Input;
use super::traffic::{Outcome, Scratch, client_hash, hit_of, outcome, service};
use super::{BlockId, Facts, Moment, Place};
use crate::format::read::{Detail, Item, walk};
use crate::format::stamp::Instant;
use crate::format::{Hit, Stamp};

/// By how much a civil second is later, at most, in the second pass of an hour that comes twice.
const SECOND_PASS_S: i64 = 2 * 3600;

/// What turns stamps into moments: the clocks are found after the survey, and by another room.
pub trait Clocks: Sync {
    /// A stamp of that block as an instant.
    fn instant(&self, block: BlockId, moment: Moment) -> Instant;
    /// A second of a source without stated zone, in UTC.
    fn utc_s(&self, source: usize, civil_s: i64) -> i64;
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
    /// Hash of the virtual host or `backend/server`.
    pub scope: u64,
    #[allow(missing_docs)]
    pub status: u16,
    #[allow(missing_docs)]
    pub outcome: Outcome,
    /// First two letters of HAProxy's termination state, or zeros.
    pub termination: [u8; 2],
}

/// The requests of one service in the windows.
#[derive(Clone, Debug, Default)]
pub struct Close {
    /// Service and, where its lines name it, host: as in the survey's series.
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// In order of time.
    pub seen: Vec<Seen>,
    /// Names of the scopes, by hash.
    pub scopes: std::collections::BTreeMap<u64, String>,
}

/// Reads the requests of `windows` (first and last second, in UTC) from the blocks that hold them.
pub fn look(inputs: &[Input<'_>], facts: &Facts, clocks: &dyn Clocks, windows: &[(i64, i64)]) -> Vec<Close> {
    let jobs: Vec<_> = facts
        .blocks
        .iter()
        .filter(|(id, block)| {
            let is_zoneless = facts.sources.get(&id.0).is_some_and(|own| own.zoneless > 0);
            let later_s = if is_zoneless { SECOND_PASS_S } else { 0 };
            let utc = |at: i64| at_most_a_day_off(clocks, id.0, at);
            let holds = |(first, last): (i64, i64)| {
                let (from, to) = (utc(first), utc(last));
                windows.iter().any(|(start, end)| from.0 <= *end && to.1 + later_s >= *start)
            };
            block.span.is_some_and(holds) && facts.series.keys().any(|key| key.source == id.0)
        })
        .collect();
    // Few long lists, not one of each block: there may be as many requests as lines.
    let mut all: Vec<Close> = jobs
        .par_iter()
        .fold(Vec::new, |mut found, (id, block)| {
            let input = &inputs[id.0];
            let mut scratch = Scratch::default();
            let mut order = Order::default();
            let mut moment = |stamp: Stamp| Moment { stamp, stretch: order.take(&stamp) };
            walk(input.recognised, input.bytes, block.bytes, Detail::Hits, &mut |place, item| {
                let at = Place { block: **id, line: place.line, offset: place.offset };
                match item {
                    Item::Hit(hit) => {
                        let of = service(input.recognised.format.name(), input.name);
                        take(&mut found, of, None, hit, (at, moment(hit.stamp)), clocks, windows);
                    }
                    Item::Record(record) => {
                        let when = record.stamp.map(&mut moment);
                        if let Some(when) = when
                            && let Some(hit) = hit_of(&record, &mut scratch)
                        {
                            let host = record.host.as_deref().filter(|_| !record.envelope.is_empty());
                            let of = service(record.format, input.name);
                            take(&mut found, of, host, &hit, (at, when), clocks, windows);
                        }
                    }
                    Item::Unparsed | Item::Separator => {}
                }
            });
            found
        })
        .reduce(Vec::new, merged);
    all.sort_by(|one, other| (&one.service, &one.host).cmp(&(&other.service, &other.host)));
    for close in &mut all {
        close.seen.par_sort_unstable();
    }
    all
}

/// Two lists as one, each service once.
fn merged(mut all: Vec<Close>, more: Vec<Close>) -> Vec<Close> {
    for part in more {
        match all.iter_mut().find(|close| close.service == part.service && close.host == part.host) {
            Some(close) => {
                close.seen.extend(part.seen);
                close.scopes.extend(part.scopes);
            }
            None => all.push(part),
        }
    }
    all
}

/// A block's span holds seconds in UTC and civil ones side by side, where a file mixes both.
fn at_most_a_day_off(clocks: &dyn Clocks, source: usize, at: i64) -> (i64, i64) {
    let utc = clocks.utc_s(source, at);
    (utc.min(at), utc.max(at))
}

fn take(
    found: &mut Vec<Close>,
    service: &str,
    host: Option<&str>,
    hit: &Hit<'_>,
    (place, moment): (Place, Moment),
    clocks: &dyn Clocks,
    windows: &[(i64, i64)],
) {
    let at = clocks.instant(place.block, moment);
    if !windows.iter().any(|(start, end)| (*start..=*end).contains(&at.s)) {
        return;
    }
    let index = found.iter().position(|close| close.service == service && close.host.as_deref() == host);
    let index = index.unwrap_or_else(|| {
        found.push(Close { service: service.into(), host: host.map(str::to_owned), ..Close::default() });
        found.len() - 1
    });
    let close = &mut found[index];
    let scope = client_hash(hit.scope);
    if !hit.scope.is_empty() && !close.scopes.contains_key(&scope) {
        close.scopes.insert(scope, String::from_utf8_lossy(hit.scope).into_owned());
    }
    let mut termination = [0; 2];
    for (kept, byte) in termination.iter_mut().zip(hit.termination) {
        *kept = *byte;
    }
    close.seen.push(Seen {
        at,
        place,
        client: client_hash(hit.client),
        scope,
        status: hit.status,
        outcome: outcome(hit.status, hit.termination),
        termination,
    });
}
