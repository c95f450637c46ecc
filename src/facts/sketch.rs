//! Requests that two logs can share: a sketch of all of them by their hash, with how often each was made, for finding
//! what sets the clocks of the two apart (methods, section 4). Whole requests of quiet times, by which layers are told,
//! are in [`closer::sample`](super::closer::sample).
//!
//! Kept are the requests with the smallest hashes (Broder, *On the resemblance and containment of documents*, 1997), so
//! that two logs of the same requests keep the same ones, and parts merge to the sketch of the whole.

/// Requests kept of a series.
const KEPT: usize = 1024;
/// Length from which the list is cut to them.
const FULL: usize = 4 * KEPT;
/// Of a large file only so many times [`KEPT`] requests are looked at, by their hash: enough where one request in so many
/// is a new one.
const LOOKED_AT: u64 = 16;
/// Bytes of a line, about.
const LINE_BYTES: u64 = 200;

/// A request, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    #[allow(missing_docs)]
    pub hash: u64,
    /// When it was first made, as [`super::traffic::Second::at`].
    pub at: i64,
    #[allow(missing_docs)]
    pub count: u64,
}

/// A sketch of requests: those with the smallest hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    made: Vec<Made>,
    /// Hashes from here on are not kept.
    limit: u64,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch { made: Vec::new(), limit: u64::MAX }
    }
}

impl Sketch {
    /// An empty sketch of a file of so many bytes.
    pub fn of_bytes(bytes: usize) -> Sketch {
        let lines = (bytes as u64 / LINE_BYTES).max(1);
        let share = LOOKED_AT * KEPT as u64;
        let limit = if lines <= share { u64::MAX } else { u64::MAX / lines * share };
        Sketch { made: Vec::new(), limit }
    }

    /// Takes note of a request.
    #[inline]
    pub fn add(&mut self, hash: u64, at: i64) {
        if hash < self.limit {
            self.take(Made { hash, at, count: 1 });
        }
    }

    fn take(&mut self, made: Made) {
        self.made.push(made);
        if self.made.len() >= FULL {
            self.settle();
        }
    }

    /// Adds the requests of another part, in any order. What the parts keep together is settled when it is much, and at
    /// last by [`Sketch::settle`].
    pub fn merge(&mut self, other: Sketch) {
        self.limit = self.limit.min(other.limit);
        self.made.extend(other.made);
        if self.made.len() >= FULL {
            self.settle();
        }
    }

    /// Puts each request once, in order of its hash, and cuts the list to its length.
    pub fn settle(&mut self) {
        let limit = self.limit;
        self.made.retain(|made| made.hash < limit);
        self.made.sort_unstable();
        self.made.dedup_by(|next, kept| {
            let same = next.hash == kept.hash;
            if same {
                kept.count += next.count;
            }
            same
        });
        if let Some(first) = self.made.get(KEPT) {
            self.limit = first.hash;
            self.made.truncate(KEPT);
        }
    }

    /// The same requests on another clock.
    pub fn moved(&self, moved: impl Fn(i64) -> i64) -> Sketch {
        let made = self.made.iter().map(|made| Made { at: moved(made.at), ..*made }).collect();
        Sketch { made, limit: self.limit }
    }

    /// Requests that were made exactly once, in order of their hash. Only of a settled sketch.
    pub fn made_once(&self) -> impl Iterator<Item = (u64, i64)> {
        self.made.iter().filter(|made| made.count == 1).map(|made| (made.hash, made.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_large_files_few_requests_are_looked_at() {
        assert_eq!(Sketch::of_bytes(3_000_000), Sketch::default());
        let large = Sketch::of_bytes(1_000_000_000).limit as f64 / u64::MAX as f64;
        assert!((large * 5e6 / (LOOKED_AT as f64 * KEPT as f64) - 1.0).abs() < 1e-3, "{large}");
    }

    #[test]
    fn parts_merge_to_the_sketch_of_the_whole() {
        let hash = |index: u64| (index % 5000).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let of = |from: u64, to: u64| {
            let mut sketch = Sketch::default();
            (from..to).for_each(|index| sketch.add(hash(index), index as i64));
            sketch.settle();
            sketch
        };
        let whole = of(0, 7000);
        assert_eq!(whole.made.len(), KEPT);
        // The first 2000 hashes come twice.
        assert_eq!(whole.made.iter().filter(|made| made.count == 2).count() / 100, 4);
        let cuts = [0, 100, 1500, 5200, 7000];
        let parts: Vec<Sketch> = cuts.windows(2).map(|cut| of(cut[0], cut[1])).collect();
        for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]] {
            let mut sum = Sketch::default();
            order.iter().for_each(|part: &usize| sum.merge(parts[*part].clone()));
            sum.settle();
            assert_eq!(sum, whole, "{order:?}");
        }
        let mut right = parts[2].clone();
        right.merge(parts[3].clone());
        let mut left = parts[0].clone();
        left.merge(parts[1].clone());
        left.merge(right);
        left.settle();
        assert_eq!(left, whole, "in pairs");
    }
}
