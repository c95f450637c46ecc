//! The stamps of a stream, a file or a rotated set, in the order of their lines: runs without a jump, whatever the
//! blocks that they were read in.

use crate::facts::order::{Order, Stretch, jumps};
use crate::facts::{BlockId, Facts};

/// Stamps of one kind without a jump between them.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Of which kind they are.
    pub has_year: bool,
    /// Civil second of the first line.
    pub first_s: i64,
    /// Civil second of the last line.
    pub last_s: i64,
    #[allow(missing_docs)]
    pub has_leap_day: bool,
    /// The stretches that make it: block, and number in it.
    pub parts: Vec<(BlockId, usize)>,
}

/// The runs of a stream's stamps of one kind.
pub(super) fn runs(facts: &Facts, stream: &[usize], kind: fn(&Order) -> &[Stretch]) -> Vec<Run> {
    let blocks = stream.iter().flat_map(|source| facts.blocks.range((*source, 0)..(*source + 1, 0)));
    let mut runs: Vec<Run> = Vec::new();
    for (id, block) in blocks {
        for (index, stretch) in kind(&block.order).iter().enumerate() {
            match runs.last_mut().filter(|run| !jumps(run.last_s, stretch.first_s)) {
                Some(run) => {
                    run.last_s = stretch.last_s;
                    run.has_leap_day |= stretch.has_leap_day;
                    run.parts.push((*id, index));
                }
                None => runs.push(Run {
                    has_year: stretch.earliest.has_year,
                    first_s: stretch.first_s,
                    last_s: stretch.last_s,
                    has_leap_day: stretch.has_leap_day,
                    parts: vec![(*id, index)],
                }),
            }
        }
    }
    runs
}

/// Of stamps without a year.
pub(super) fn yearless(order: &Order) -> &[Stretch] {
    &order.yearless
}

/// Of stamps with a year and without a zone.
pub(super) fn dated(order: &Order) -> &[Stretch] {
    &order.dated
}
