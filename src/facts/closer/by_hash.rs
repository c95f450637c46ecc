//! Maps whose keys are hashes already: hashing them once more would cost more than all else.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// By a hash of 64 bits.
pub type ByHash<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;

/// Takes a number as its hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= rapidhash::v3::rapidhash_v3(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
