//! When clients failed, as one list: what tells the good requests that follow a failure of their client.

use super::by_hash::ByHash;

/// The seconds in which each client failed.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    /// Where the seconds of a client begin, and where they end.
    clients: ByHash<(u32, u32)>,
    /// Those of one client behind those of the other, each in order.
    seconds: Vec<i64>,
}

impl Failed {
    /// Of clients, by their hash, and seconds, in any order.
    pub fn of(mut all: Vec<(u64, i64)>) -> Failed {
        all.sort_unstable();
        all.dedup();
        let mut failed = Failed { clients: ByHash::default(), seconds: Vec::with_capacity(all.len()) };
        for same in all.chunk_by(|one, other| one.0 == other.0) {
            let end = |seconds: &[i64]| u32::try_from(seconds.len()).unwrap_or(u32::MAX);
            let from = end(&failed.seconds);
            failed.seconds.extend(same.iter().map(|(_, second)| second));
            failed.clients.insert(key(same[0].0), (from, end(&failed.seconds)));
        }
        failed
    }

    /// The seconds in which a client failed, in order.
    #[inline]
    pub(super) fn of_client(&self, client: u64) -> &[i64] {
        let range = self.clients.get(&key(client)).map(|(from, to)| *from as usize..*to as usize);
        range.and_then(|range| self.seconds.get(range)).unwrap_or_default()
    }

    /// Whether a client failed between two seconds, both included.
    pub fn any(&self, client: u64, from: i64, to: i64) -> bool {
        is_any(self.of_client(client), from, to)
    }
}

/// Clients of a share have the same lowest bits, by which the map spreads its keys.
fn key(client: u64) -> u64 {
    client.rotate_left(32)
}

/// Whether one of the seconds lies between two, both included.
pub(super) fn is_any(seconds: &[i64], from: i64, to: i64) -> bool {
    let next = seconds.partition_point(|second| *second < from);
    seconds.get(next).is_some_and(|second| *second <= to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_when() {
        let failed = Failed::of(vec![(7, 50), (9, 20), (7, 10), (7, 50)]);
        assert_eq!(
            (failed.of_client(7), failed.of_client(9), failed.of_client(8)),
            (&[10, 50][..], &[20][..], &[][..])
        );
        for (client, from, to, want) in [(7, 11, 49, false), (7, 11, 50, true), (7, 10, 10, true), (8, 0, 99, false)] {
            assert_eq!(failed.any(client, from, to), want, "{client}: {from} to {to}");
        }
    }
}
