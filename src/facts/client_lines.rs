//! Clients that error lines name, each with its moment: what finds the zone of an error log beside an access log.
//!
//! Of a source those lines are kept whose hashes are the smallest, as in [`sketch`](super::sketch): enough to find a
//! zone by, and the same ones however the log was divided.

use crate::format::Stamp;

/// Lines kept of a source.
const KEPT: usize = 1 << 16;

/// A client that an error line names, with its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientLine {
    #[allow(missing_docs)]
    pub stamp: Stamp,
    /// [`client_hash`](super::traffic::client_hash)
    pub client: u64,
}

impl ClientLine {
    /// By which it is kept or not: equal lines alike.
    fn hash(&self) -> u64 {
        let at = (self.stamp.civil_s as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (self.client ^ at.rotate_left(29)).wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }
}

/// The lines of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientLines {
    lines: Vec<ClientLine>,
    /// Hashes from here on are dropped.
    limit: Option<u64>,
}

impl ClientLines {
    /// Takes note of a line.
    pub fn add(&mut self, line: ClientLine) {
        self.take(line, KEPT);
    }

    /// Adds the lines of another part, in any order.
    pub fn merge(&mut self, other: ClientLines) {
        self.limit = [self.limit, other.limit].into_iter().flatten().min();
        other.lines.into_iter().for_each(|line| self.take(line, KEPT));
    }

    /// Brings the lines into their order, and drops those that are too many.
    pub fn settle(&mut self) {
        self.fit(KEPT);
        self.lines.sort_unstable();
    }

    /// The lines, after [`ClientLines::settle`] in order of time.
    pub fn iter(&self) -> impl Iterator<Item = &ClientLine> {
        self.lines.iter()
    }

    fn take(&mut self, line: ClientLine, most: usize) {
        if self.limit.is_none_or(|limit| line.hash() < limit) {
            self.lines.push(line);
            if self.lines.len() >= 2 * most {
                self.fit(most);
            }
        }
    }

    fn fit(&mut self, most: usize) {
        if self.lines.len() > most {
            let mut hashes: Vec<u64> = self.lines.iter().map(ClientLine::hash).collect();
            let (_, limit, _) = hashes.select_nth_unstable(most);
            self.limit = Some(self.limit.map_or(*limit, |old| old.min(*limit)));
        }
        if let Some(limit) = self.limit {
            self.lines.retain(|line| line.hash() < limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::traffic::client_hash;
    use crate::format::Zone;

    fn line(number: i64) -> ClientLine {
        let stamp = Stamp { civil_s: number / 10, nanos: 0, digits: 0, zone: Zone::Unknown, has_year: true };
        ClientLine { stamp, client: client_hash(&number.to_le_bytes()) }
    }

    #[test]
    fn of_too_many_the_same_ones_stay_in_any_order() {
        const MOST: usize = 100;
        let of = |numbers: &mut dyn Iterator<Item = i64>| {
            let mut lines = ClientLines::default();
            numbers.for_each(|number| {
                lines.take(line(number), MOST);
                assert!(lines.lines.len() < 2 * MOST);
            });
            lines.fit(MOST);
            lines.lines.sort_unstable();
            lines
        };
        let whole = of(&mut (0..5000));
        assert_eq!((whole.lines.len(), of(&mut (0..5000).rev())), (MOST, whole.clone()));
        let mut merged = of(&mut (2000..5000));
        let other = of(&mut (0..2000));
        merged.limit = merged.limit.min(other.limit);
        other.lines.into_iter().for_each(|line| merged.take(line, MOST));
        merged.fit(MOST);
        merged.lines.sort_unstable();
        assert_eq!(merged, whole);
        let few = of(&mut (0..50));
        assert_eq!((few.lines.len(), few.limit), (50, None));
    }
}
