//! What a second is to the findings: worked out once for all of its requests.

use super::{AFTER_S, Wanted};
use crate::facts::Place;
use crate::format::stamp::Instant;

/// A second among the findings.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    at: Option<i64>,
    /// Whether it lies in a finding, and how many cuts lie before it or in it.
    pub(super) is_inside: bool,
    pub(super) span: usize,
    /// Whether requests that were refused in it may count as failed.
    pub(super) is_refused: bool,
    /// Whether it lies behind a finding, or at its end: the first good requests are looked for there.
    pub(super) is_behind: bool,
    /// Whether a finding begins or ends in it.
    pub(super) is_edge: bool,
    /// The findings that it lies behind, so near that clients that failed in them are followed.
    pub(super) before: Vec<(i64, i64)>,
    /// Its earliest good request so far.
    pub(super) first_good: Option<(Instant, Place)>,
}

impl Around {
    /// Turns to that second, if it is another than the last.
    #[inline]
    pub(super) fn turn_to(&mut self, at: i64, wanted: &Wanted, cuts: &[i64]) {
        if self.at != Some(at) {
            *self = Around::of(at, wanted, cuts);
        }
    }

    fn of(at: i64, wanted: &Wanted, cuts: &[i64]) -> Around {
        let is_in = |stretches: &[(i64, i64)]| stretches.iter().any(|(first, last)| (*first..=*last).contains(&at));
        let is_before = |(_, last): &&(i64, i64)| (*last + 1..=*last + AFTER_S).contains(&at);
        Around {
            at: Some(at),
            is_inside: is_in(&wanted.spans),
            span: cuts.partition_point(|cut| *cut <= at),
            is_refused: is_in(&wanted.refused),
            is_behind: wanted.spans.iter().any(|(_, last)| (*last - 1..=*last + AFTER_S).contains(&at)),
            is_edge: wanted.is_edge(at),
            before: wanted.spans.iter().filter(is_before).copied().collect(),
            first_good: None,
        }
    }
}
