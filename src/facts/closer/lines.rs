//! Where the records of some windows lie, whatever their format: what is handed on of an incident.

use std::collections::BTreeSet;
use std::ops::Range;

use rayon::prelude::*;

use super::{Clocks, may_overlap};
use crate::facts::order::Order;
use crate::facts::survey::Input;
use crate::facts::{BlockFacts, BlockId, Facts, Moment};
use crate::format::read::{Detail, Item, walk};
use crate::format::{Framing, Stamp};

/// By source, the bytes of the records in the windows (first and last second, UTC) and of those that begin at the
/// `wanted` offsets of a source. What has no moment of its own, such as the further lines of a trace, goes with the
/// record above it.
pub fn lines(
    inputs: &[Input<'_>],
    facts: &Facts,
    clocks: &dyn Clocks,
    windows: &[(i64, i64)],
    wanted: &BTreeSet<(usize, usize)>,
) -> Vec<Vec<Range<usize>>> {
    let holds_wanted = |id: BlockId, block: &BlockFacts| {
        wanted.range((id.0, block.bytes.0)..(id.0, block.bytes.1.max(block.bytes.0))).next().is_some()
    };
    let is_wanted = |(id, block): &(&BlockId, &BlockFacts)| {
        may_overlap(facts, clocks, windows, **id, block) || holds_wanted(**id, block)
    };
    let blocks: Vec<(&BlockId, &BlockFacts)> = facts.blocks.iter().filter(is_wanted).collect();
    let of_blocks: Vec<(usize, Vec<Range<usize>>)> =
        blocks.par_iter().map(|(id, block)| (id.0, of_block(inputs, **id, block, clocks, windows, wanted))).collect();
    let mut all = vec![Vec::new(); inputs.len()];
    for (source, ranges) in of_blocks {
        all[source].extend(ranges);
    }
    all
}

fn of_block(
    inputs: &[Input<'_>],
    id: BlockId,
    block: &BlockFacts,
    clocks: &dyn Clocks,
    windows: &[(i64, i64)],
    wanted: &BTreeSet<(usize, usize)>,
) -> Vec<Range<usize>> {
    let input = &inputs[id.0];
    let framing = input.recognised.format.framing();
    let is_document = framing == Framing::Document;
    let mut order = Order::default();
    let mut holds = |stamp: Stamp| {
        let at = clocks.instant(id, Moment { stamp, stretch: order.take(&stamp) }).s;
        windows.iter().any(|(first, last)| (*first..=*last).contains(&at))
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut is_inside, mut is_next) = (false, false);
    walk(input.recognised, input.bytes, block.bytes, Detail::Hits, &mut |place, item| {
        let own = match item {
            Item::Hit(hit) => Some(holds(hit.stamp)),
            Item::Record(record) => record.stamp.map(&mut holds),
            Item::Separator if is_document => return,
            Item::Unparsed | Item::Separator => None,
        };
        is_inside = own.unwrap_or(is_inside && !is_document);
        if is_inside || wanted.contains(&(id.0, place.offset)) {
            let end = line_end(input.bytes, place.offset + place.raw.len(), framing);
            match found.last_mut() {
                // Pieces of a record may lie between two that follow one another.
                Some(last) if is_next && place.offset >= last.start => last.end = last.end.max(end),
                _ => found.push(place.offset..end),
            }
            is_next = true;
        } else {
            is_next = false;
        }
    });
    found
}

/// Behind the end of the line, and behind the empty line that ends an entry of the journal.
fn line_end(bytes: &[u8], mut at: usize, framing: Framing) -> usize {
    for _ in 0..if framing.is_counted() { 2 } else { 1 } {
        let rest = bytes.get(at..).unwrap_or_default();
        at += if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    }
    at
}
