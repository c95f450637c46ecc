//! How many requests each client made, about: a Count-Min table (Cormode and Muthukrishnan, *An improved data stream
//! summary*, 2005) with fixed hashes. It adds up in any order, so that nothing hangs on how the work was divided.

/// Columns of each of the two rows: a count is too high by two in a thousand of all requests, seldom more.
const COLUMNS: usize = 1024;

/// Requests by client, without their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crowd {
    /// Two rows, one behind the other; none as long as there is no request.
    counts: Vec<u32>,
    requests: u64,
}

impl Crowd {
    /// Counts a request of a client, by the lower half of [`client_hash`](super::traffic::client_hash).
    #[inline]
    pub fn add(&mut self, client: u32) {
        if self.counts.is_empty() {
            self.counts = vec![0; 2 * COLUMNS];
        }
        self.requests += 1;
        for place in places(client) {
            self.counts[place] = self.counts[place].saturating_add(1);
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Crowd) {
        if self.counts.is_empty() {
            *self = other.clone();
            return;
        }
        self.requests += other.requests;
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*more);
        }
    }

    /// Requests of all clients.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Requests of a client, by [`client_hash`](super::traffic::client_hash): at least so many as it made.
    pub fn requests_of(&self, client: u64) -> u64 {
        let counts = places(client as u32).map(|place| self.counts.get(place).copied().unwrap_or(0));
        u64::from(counts[0].min(counts[1]))
    }
}

/// Where a client is counted, by bits of its hash that do not overlap.
#[inline]
fn places(client: u32) -> [usize; 2] {
    let client = client as usize;
    [client % COLUMNS, COLUMNS + client / COLUMNS % COLUMNS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::traffic::client_hash;

    #[test]
    fn a_busy_client_stands_out_and_parts_add_up_in_any_order() {
        let client = |number: u32| client_hash(format!("192.0.2.{number}").as_bytes());
        let mut parts = vec![Crowd::default(); 3];
        for request in 0..30_000u32 {
            let number = if request % 10 == 0 { 0 } else { 1 + request % 900 };
            parts[request as usize % 3].add(client(number) as u32);
        }
        let sum = |order: [usize; 3]| {
            let mut sum = Crowd::default();
            order.iter().for_each(|part| sum.merge(&parts[*part]));
            sum
        };
        let whole = sum([0, 1, 2]);
        assert_eq!((whole.clone(), whole.clone()), (sum([2, 1, 0]), sum([1, 0, 2])));
        assert_eq!(whole.requests(), 30_000);
        assert!((3000..3200).contains(&whole.requests_of(client(0))), "{}", whole.requests_of(client(0)));
        assert!((1..300).all(|number| whole.requests_of(client(number)) < 500));
    }
}
