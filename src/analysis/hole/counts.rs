//! Requests of any stretch of time at once: sums up to each second, made in one pass.

use crate::facts::traffic::Second;

/// Seconds of a block, at the position of whose first second a search begins.
const BLOCK_S: i64 = 60;

/// The requests of a series up to each of its seconds.
pub struct Counts<'a> {
    seconds: &'a [Second],
    /// Requests before each second of the series, and at last all.
    sums: Vec<u64>,
    /// Position of the first second in or after each block, and at last their number.
    blocks: Vec<u32>,
    block_s: i64,
    /// First second with a request, and the one after the last.
    first: i64,
    end: i64,
    /// Position of each second after which at least one is silent, and how many are.
    pub gaps: Vec<(u32, i64)>,
}

impl<'a> Counts<'a> {
    /// Of a series in order of time.
    pub fn of(seconds: &'a [Second]) -> Counts<'a> {
        let (first, end) = match (seconds.first(), seconds.last()) {
            (Some(first), Some(last)) => (first.at, last.at + 1),
            _ => (0, 0),
        };
        let mut block_s = BLOCK_S;
        // A stray stamp years away must not cost memory for the years.
        while (end - first) / block_s > 2 * seconds.len() as i64 + 1000 {
            block_s *= 2;
        }
        let mut counts = Counts {
            seconds,
            sums: Vec::with_capacity(seconds.len() + 1),
            blocks: Vec::with_capacity(usize::try_from((end - first) / block_s).unwrap_or(0) + 2),
            block_s,
            first,
            end,
            gaps: Vec::new(),
        };
        let (mut sum, mut next_block, mut earlier) = (0u64, first, first - 1);
        for (position, second) in (0u32..).zip(seconds) {
            if second.at >= next_block {
                let blocks = (second.at - first) / block_s;
                counts.blocks.resize(usize::try_from(blocks).unwrap_or(0) + 1, position);
                next_block = first + (blocks + 1) * block_s;
            }
            let silent = second.at - earlier - 1;
            if silent > 0 && position > 0 {
                counts.gaps.push((position - 1, silent));
            }
            earlier = second.at;
            counts.sums.push(sum);
            sum += u64::from(second.requests);
        }
        counts.sums.push(sum);
        counts.blocks.push(u32::try_from(seconds.len()).unwrap_or(u32::MAX));
        counts
    }

    /// First second with a request, and the one after the last.
    pub fn span(&self) -> (i64, i64) {
        (self.first, self.end)
    }

    /// All requests.
    pub fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The seconds with requests.
    pub fn seconds(&self) -> &'a [Second] {
        self.seconds
    }

    /// Position of the first second with requests from that one on.
    #[inline]
    pub fn position(&self, at: i64) -> usize {
        if at <= self.first {
            return 0;
        }
        if at >= self.end {
            return self.seconds.len();
        }
        let block = usize::try_from((at - self.first) / self.block_s).unwrap_or(0);
        let start = self.blocks[block] as usize;
        let stop = self.blocks.get(block + 1).map_or(self.seconds.len(), |stop| *stop as usize);
        // Where each second has requests, no search is needed.
        let straight = start + usize::try_from((at - self.first) % self.block_s).unwrap_or(0);
        if straight < stop && self.seconds[straight].at == at && (straight == 0 || self.seconds[straight - 1].at < at) {
            return straight;
        }
        start + self.seconds[start..stop].partition_point(|second| second.at < at)
    }

    /// Requests from `from` (inclusive) to `to` (exclusive).
    #[inline]
    pub fn count(&self, from: i64, to: i64) -> u64 {
        if to <= from { 0 } else { self.sums[self.position(to)] - self.sums[self.position(from)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stretch() {
        let ats = [-130, -7, 0, 1, 2, 3, 59, 60, 61, 119, 120, 4000, 4001, 1_000_000, 9_000_000_000];
        let seconds: Vec<Second> =
            ats.iter().zip(1..).map(|(at, requests)| Second { at: *at, requests, ..Second::default() }).collect();
        let counts = Counts::of(&seconds);
        for from in ats.iter().flat_map(|at| [at - 1, *at, at + 1]) {
            for to in ats.iter().flat_map(|at| [at - 1, *at, at + 1]) {
                let inside = seconds.iter().filter(|second| (from..to).contains(&second.at));
                let want: u64 = inside.map(|second| u64::from(second.requests)).sum();
                assert_eq!(counts.count(from, to), want, "{from} to {to}");
            }
        }
        assert!(counts.blocks.len() < 2000, "{}", counts.blocks.len());
        assert_eq!(counts.gaps[..3], [(0, 122), (1, 6), (5, 55)]);
        assert_eq!((Counts::of(&[]).count(0, 10), Counts::of(&[]).total()), (0, 0));
    }
}
