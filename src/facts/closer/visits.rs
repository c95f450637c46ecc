//! Which client came when, in bounded memory: what tells distinct clients of any stretch inside the windows.
//!
//! Exact, second by second, up to [`MOST`] visits. Beyond that the steps of time grow, but never over an edge of the
//! windows, so that whole windows stay exact; and beyond a million clients a share of the clients is kept with all
//! their visits (P. Flajolet, *On adaptive sampling*, 1990). A sketch such as HyperLogLog would tell one stretch only,
//! less exactly, and not which of the clients failed. The level depends on nothing but the visits, so parts merge in
//! any order to the same.

use rayon::prelude::*;

/// Visits that are kept.
const MOST: usize = 1_000_000;
/// Steps of time, in seconds, from exact to coarse; behind the last, each level halves the clients.
const STEPS_S: [i64; 4] = [1, 10, 60, 600];

/// What a visit met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    #[allow(missing_docs)]
    Other,
    #[allow(missing_docs)]
    Failing,
    #[allow(missing_docs)]
    Refused,
    /// The client did not wait for the answer.
    GaveUp,
}

/// Requests of one client in one step of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// [`client_hash`](crate::facts::traffic::client_hash)
    pub client: u64,
    /// First second of the step.
    pub at: i64,
    #[allow(missing_docs)]
    pub met: Met,
    #[allow(missing_docs)]
    pub requests: u32,
}

/// The visits of all clients.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    level: usize,
    list: Vec<Packed>,
}

/// A visit in 16 bytes: client, second (of 32 bits), and requests with what they met in the two lowest bits.
type Packed = (u64, u32, u32);

impl Visits {
    /// Takes note of a request. `cuts` are the seconds that no step reaches over, in order.
    pub fn add(&mut self, client: u64, at: i64, met: Met, cuts: &[i64]) {
        if !is_sampled(client, self.halvings()) {
            return;
        }
        let at = stepped(u32::try_from(at.max(0)).unwrap_or(u32::MAX), self.step_s(), cuts);
        match self.list.last_mut() {
            Some(last) if (last.0, last.1, last.2 & 3) == (client, at, met as u32) && last.2 < u32::MAX - 4 => {
                last.2 += 4;
            }
            _ => self.list.push((client, at, 4 | met as u32)),
        }
        if self.list.len() > MOST + MOST / 2 {
            self.settle(cuts);
        }
    }

    /// Adds the visits of another part.
    pub fn merge(&mut self, other: Visits, cuts: &[i64]) {
        let level = self.level.max(other.level);
        let list = if self.list.is_empty() { Vec::new() } else { std::mem::take(&mut self.list) };
        let (own, more) = (Visits { level: self.level, list }, other);
        let mut lists = [own, more].map(|part| part.at_level(level, cuts));
        lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
        let [mut list, more] = lists;
        list.extend(more);
        *self = Visits { level, list };
        if self.list.len() > MOST + MOST / 2 {
            self.settle(cuts);
        }
    }

    fn at_level(mut self, level: usize, cuts: &[i64]) -> Vec<Packed> {
        if self.level < level {
            self.level = level;
            self.coarsen(cuts);
        }
        self.list
    }

    /// Each step once, at the finest level that fits.
    pub fn settle(&mut self, cuts: &[i64]) {
        loop {
            self.list.par_sort_unstable();
            self.list.dedup_by(|next, kept| {
                let same = (next.0, next.1, next.2 & 3) == (kept.0, kept.1, kept.2 & 3);
                if same {
                    kept.2 = kept.2.saturating_add(next.2 & !3).min((u32::MAX - 3) | (kept.2 & 3));
                }
                same
            });
            if self.list.len() <= MOST {
                return;
            }
            self.level += 1;
            self.coarsen(cuts);
        }
    }

    fn coarsen(&mut self, cuts: &[i64]) {
        let (step, halvings) = (self.step_s(), self.halvings());
        self.list.retain(|visit| is_sampled(visit.0, halvings));
        for visit in &mut self.list {
            visit.1 = stepped(visit.1, step, cuts);
        }
        // The order of what is the same now: by what it met, then by count.
        self.list.sort_unstable_by_key(|visit| (visit.0, visit.1, visit.2 & 3, visit.2));
    }

    fn step_s(&self) -> i64 {
        STEPS_S[self.level.min(STEPS_S.len() - 1)]
    }

    /// How often the clients were halved: each that is kept stands for 2 to this power.
    pub fn halvings(&self) -> u32 {
        u32::try_from(self.level.saturating_sub(STEPS_S.len() - 1)).unwrap_or(63).min(63)
    }

    /// How many steps are kept.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The visits from `from` to `to`, by client.
    pub fn between(&self, from: i64, to: i64) -> impl Iterator<Item = Visit> {
        let visits = self.list.iter().map(|(client, at, packed)| Visit {
            client: *client,
            at: i64::from(*at),
            met: match packed & 3 {
                0 => Met::Other,
                1 => Met::Failing,
                2 => Met::Refused,
                _ => Met::GaveUp,
            },
            requests: packed >> 2,
        });
        visits.filter(move |visit| (from..=to).contains(&visit.at))
    }
}

/// Whether a client is among those that are kept after so many halvings.
pub fn is_sampled(client: u64, halvings: u32) -> bool {
    client.trailing_zeros() >= halvings
}

fn stepped(at: u32, step_s: i64, cuts: &[i64]) -> u32 {
    if step_s == 1 {
        return at;
    }
    let at = i64::from(at);
    let cut = cuts[..cuts.partition_point(|cut| *cut <= at)].last().copied().unwrap_or(0);
    u32::try_from((at.div_euclid(step_s) * step_s).max(cut)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(visits: &Visits, from: i64, to: i64, met: Met) -> usize {
        let found = visits.between(from, to).filter(|visit| visit.met == met).map(|visit| visit.client);
        found.collect::<std::collections::BTreeSet<_>>().len()
    }

    #[test]
    fn a_second_is_counted_once_whatever_the_order() {
        let all = [(7, 100, Met::Other), (9, 100, Met::Failing), (7, 100, Met::Other), (7, 101, Met::Failing)];
        let add = |order: &[usize]| {
            let mut visits = Visits::default();
            order.iter().for_each(|index| visits.add(all[*index].0, all[*index].1, all[*index].2, &[]));
            visits.settle(&[]);
            visits.list
        };
        assert_eq!(add(&[0, 1, 2, 3]), add(&[3, 2, 1, 0]));
        let mut halves = [Visits::default(), Visits::default()];
        all.iter().enumerate().for_each(|(index, of)| halves[index % 2].add(of.0, of.1, of.2, &[]));
        let [mut whole, other] = halves;
        whole.merge(other, &[]);
        whole.settle(&[]);
        assert_eq!(whole.list, add(&[0, 1, 2, 3]));
        assert_eq!((clients(&whole, 100, 101, Met::Failing), clients(&whole, 100, 100, Met::Other)), (2, 1));
        assert_eq!(whole.between(100, 100).map(|visit| visit.requests).sum::<u32>(), 3);
    }

    #[test]
    fn too_many_visits_make_longer_steps_that_keep_the_edges() {
        // A thousand clients each second: more visits than are kept, and the same whether in one part or in two.
        let cuts = [1500];
        let (mut whole, mut parts) = (Visits::default(), [Visits::default(), Visits::default()]);
        for at in 0..3000 {
            for client in 0..1000u64 {
                let hash = client.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let met = if client < 400 && at >= 1500 { Met::Failing } else { Met::Other };
                whole.add(hash, at, met, &cuts);
                parts[usize::from(client % 3 == 0)].add(hash, at, met, &cuts);
            }
        }
        whole.settle(&cuts);
        let [mut merged, other] = parts;
        merged.merge(other, &cuts);
        merged.settle(&cuts);
        assert_eq!(whole.list, merged.list);
        assert!(whole.list.len() <= MOST && whole.level > 0 && whole.halvings() == 0);
        assert_eq!((clients(&whole, 0, 1499, Met::Failing), clients(&whole, 1500, 2999, Met::Failing)), (0, 400));
    }
}
