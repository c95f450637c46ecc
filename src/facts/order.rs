//! The order of a file's stamps, as far as it tells what they do not: the year, and which of its two passes an hour
//! is in that comes twice.
//!
//! What a stamp lacks is known only when all of the file, and its rotated mates, are read: a block keeps where its
//! stamps jump, and `clock` reads the jumps of all blocks in their order. A file without jumps costs one stretch a block.

use std::collections::HashMap;

use chrono::{LocalResult, TimeZone};

use crate::format::{Stamp, Zone};

/// From this step on, forwards or backwards, a stamp does not go on from the one before it: half of the shortest hour
/// that comes twice (Lord Howe's half hour). What is late by less stays in its stretch.
pub const JUMP_S: i64 = 15 * 60;

/// Stamps of a block, in the order of their lines, without a jump between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Of the first line, as [`Stamp::civil_s`].
    pub first_s: i64,
    /// Of the last line.
    pub last_s: i64,
    /// The earliest of all.
    pub earliest: Stamp,
    /// The latest of all.
    pub latest: Stamp,
    /// Whether one of them, without a year, is of 29 February.
    pub has_leap_day: bool,
}

impl Stretch {
    fn of(stamp: &Stamp) -> Stretch {
        let has_leap_day = stamp.is_leap_day();
        Stretch { first_s: stamp.civil_s, last_s: stamp.civil_s, earliest: *stamp, latest: *stamp, has_leap_day }
    }

    fn add(&mut self, stamp: &Stamp) {
        self.last_s = stamp.civil_s;
        self.earliest = self.earliest.min(*stamp);
        self.latest = self.latest.max(*stamp);
        self.has_leap_day |= stamp.is_leap_day();
    }
}

/// The stretches of a block: of stamps without a year, and of those with a year but without a zone. A stamp that
/// states both needs no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    #[allow(missing_docs)]
    pub yearless: Vec<Stretch>,
    #[allow(missing_docs)]
    pub dated: Vec<Stretch>,
}

impl Order {
    /// Takes note of the next stamp of the block. Gives the number of its stretch among those of its kind.
    #[inline]
    pub fn take(&mut self, stamp: &Stamp) -> u32 {
        match (stamp.has_year, stamp.zone) {
            (true, Zone::Offset(_)) => 0,
            (true, Zone::Unknown) => take(&mut self.dated, stamp),
            (false, _) => take(&mut self.yearless, stamp),
        }
    }
}

fn take(stretches: &mut Vec<Stretch>, stamp: &Stamp) -> u32 {
    match stretches.last_mut() {
        Some(stretch) if !jumps(stretch.last_s, stamp.civil_s) => stretch.add(stamp),
        _ => stretches.push(Stretch::of(stamp)),
    }
    u32::try_from(stretches.len() - 1).unwrap_or(u32::MAX)
}

/// Whether the second of two civil moments does not go on from the first.
pub fn jumps(before_s: i64, after_s: i64) -> bool {
    (after_s - before_s).abs() >= JUMP_S
}

/// The quarter hours that come twice in some zone: what is counted in them is kept by stretches, as the zone is not known
/// yet. Clocks go back at whole quarters of an hour.
#[derive(Debug, Default)]
pub struct Folds {
    /// The quarter that was asked about last.
    last: Option<(i64, bool)>,
    /// All that were asked about: late lines go back and forth.
    known: HashMap<i64, bool>,
}

impl Folds {
    /// Whether clocks show that second twice, somewhere in the world.
    #[inline]
    pub fn hold(&mut self, civil_s: i64) -> bool {
        let quarter = civil_s.div_euclid(900);
        match self.last {
            Some((last, holds)) if last == quarter => holds,
            _ => {
                let holds = *self.known.entry(quarter).or_insert_with(|| comes_twice(quarter * 900));
                self.last = Some((quarter, holds));
                holds
            }
        }
    }
}

#[inline(never)]
fn comes_twice(civil_s: i64) -> bool {
    let Some(civil) = chrono::DateTime::from_timestamp(civil_s, 0).map(|at| at.naive_utc()) else { return false };
    let twice = |zone: &chrono_tz::Tz| matches!(zone.offset_from_local_datetime(&civil), LocalResult::Ambiguous(..));
    chrono_tz::TZ_VARIANTS.iter().any(twice)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::stamp;

    #[test]
    fn a_stretch_ends_where_the_stamps_jump() {
        for (why, times, wanted) in [
            ("no jump", &["10:00:00", "10:14:59", "10:00:00"][..], &[0, 0, 0][..]),
            ("a silence", &["10:00:00", "10:15:00"], &[0, 1]),
            ("set back", &["10:00:00", "09:45:00", "09:46:00"], &[0, 1, 1]),
            ("late line", &["10:00:00", "09:00:00", "10:00:01"], &[0, 1, 2]),
        ] {
            let mut order = Order::default();
            let stamps = times.iter().map(|time| stamp::rfc3164(format!("Nov  5 {time}").as_bytes()).unwrap().0);
            let got: Vec<u32> = stamps.map(|stamp| order.take(&stamp)).collect();
            assert_eq!(got, wanted, "{why}");
        }
    }

    #[test]
    fn only_what_lacks_something_is_kept() {
        let mut order = Order::default();
        order.take(&stamp::clf(b"24/Nov/2026:02:33:56 +0100").unwrap());
        assert_eq!(order, Order::default());
        order.take(&stamp::nginx_error(b"2026/11/24 02:33:56").unwrap());
        order.take(&stamp::rfc3164(b"Feb 29 02:33:56").unwrap().0);
        assert_eq!((order.dated.len(), order.yearless.len()), (1, 1));
        assert!(order.yearless[0].has_leap_day && !order.dated[0].has_leap_day);
    }

    #[test]
    fn hours_that_come_twice_somewhere() {
        let mut folds = Folds::default();
        for (why, (month, day, hour, minute), wanted) in [
            ("Berlin", (10, 25, 2, 30), true),
            ("no longer", (10, 25, 4, 0), false),
            ("New York", (11, 1, 1, 59), true),
            ("Chatham", (4, 5, 3, 44), true),
            ("an ordinary hour", (11, 24, 2, 30), false),
        ] {
            assert_eq!(folds.hold(stamp::civil(2026, month, day, hour, minute, 0).unwrap()), wanted, "{why}");
        }
    }
}
