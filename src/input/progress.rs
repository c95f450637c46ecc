//! How much of the inputs has been read, for whoever shows it. Counted for the process as a whole: it never changes an
//! answer.

use std::sync::atomic::{AtomicU64, Ordering};

static ALL: AtomicU64 = AtomicU64::new(0);
static READ: AtomicU64 = AtomicU64::new(0);

/// Bytes that will be read.
pub fn expect(bytes: u64) {
    ALL.fetch_add(bytes, Ordering::Relaxed);
}

/// Bytes that have been read.
pub fn add(bytes: u64) {
    READ.fetch_add(bytes, Ordering::Relaxed);
}

/// Bytes read, and bytes in all as far as is known.
pub fn state() -> (u64, u64) {
    (READ.load(Ordering::Relaxed), ALL.load(Ordering::Relaxed))
}
