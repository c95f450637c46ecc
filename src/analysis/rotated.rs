//! Rotated sets, whose files are one stream: what is in two of them at the seam, and what is there twice.

use std::collections::{BTreeMap, BTreeSet};

use super::world::COPY_SHARE;
use crate::clock::{Instant, Timebase, rotated};
use crate::facts::Facts;

/// First and last moment of each source, by its index.
pub(super) type Spans = [Option<(Instant, Instant)>];

/// Files of a rotated set that follow one another, by the indices of their sources: whether none is missing between them,
/// where their names tell.
pub(super) fn sequels(timebase: &Timebase, names: &[&str]) -> BTreeMap<(usize, usize), bool> {
    let age = |source: usize| names.get(source).map(|name| rotated::set_of(name).1);
    let pairs = timebase.streams.iter().flat_map(|stream| stream.windows(2)).map(|pair| (pair[0], pair[1]));
    pairs.filter_map(|(one, next)| Some(((one, next), rotated::is_next(age(one)?, age(next)?)?))).collect()
}

/// The seconds in which one file of the source's rotated set ends and the next begins.
pub(super) fn seams(timebase: &Timebase, spans: &Spans, source: usize) -> BTreeSet<i64> {
    let set = timebase.streams.iter().find(|stream| stream.contains(&source));
    let own = spans.get(source).copied().flatten();
    let others = set.into_iter().flatten().filter_map(|other| spans.get(*other).copied().flatten());
    let seam = |(first, last): (Instant, Instant)| {
        let own = own.filter(|own| own.0.s < own.1.s && first.s < last.s)?;
        [(own.1.s, first.s), (last.s, own.0.s)].into_iter().find(|(end, begin)| end == begin).map(|(end, _)| end)
    };
    others.filter_map(seam).collect()
}

/// Finds the files of a rotated set whose messages another file of it tells again, at the same moments: `logrotate`'s
/// `copytruncate`, a copy beside the live file.
pub(super) fn retold(facts: &Facts, timebase: &Timebase, spans: &Spans, copies: &mut BTreeMap<usize, usize>) {
    let span = |source: usize| spans.get(source).copied().flatten();
    for (one, other) in timebase.streams.iter().flat_map(|set| pairs(set)) {
        let (Some(here), Some(there)) = (span(one), span(other)) else { continue };
        let is_within = there.0 <= here.0 && here.1 <= there.1;
        let is_copy = is_within && !copies.contains_key(&one) && !copies.contains_key(&other);
        if is_copy && tells_again(facts, timebase, one, other) {
            copies.insert(one, other);
        }
    }
}

fn pairs(set: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    set.iter().flat_map(move |one| set.iter().filter(move |other| *other != one).map(move |other| (*one, *other)))
}

/// Whether most messages of the one are among those of the other.
fn tells_again(facts: &Facts, timebase: &Timebase, one: usize, other: usize) -> bool {
    let told = |source: usize| -> BTreeSet<(u64, Instant)> {
        let messages = facts.messages.get(&source).into_iter().flat_map(|messages| messages.told_once());
        messages.map(|(hash, place, moment)| (hash, timebase.instant(place.block, moment))).collect()
    };
    let (own, others) = (told(one), told(other));
    let both = own.intersection(&others).count();
    both > 0 && both as f64 >= COPY_SHARE * own.len() as f64
}
