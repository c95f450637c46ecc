//! Cuts the bytes of a source into blocks that begin at the start of a record, so that one file keeps all cores busy.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// Size of a block. Chunks of 1 to 4 MiB were fastest, 16 MiB a little slower (`benches/`).
pub const BLOCK_BYTES: usize = 2 << 20;

/// The first line of `bytes`, without its newline (and without a carriage return before it), and the rest.
#[inline]
pub fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b'\n', bytes) {
        Some(end) => (without_cr(&bytes[..end]), &bytes[end + 1..]),
        None => (without_cr(bytes), &[]),
    }
}

/// A line of a file with CRLF ends, without the CR.
#[inline]
pub fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The line that ends just before `at`, which is the start of a line; empty at the start of the file.
pub fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let Some(end) = at.checked_sub(1) else { return &[] };
    let start = memrchr(b'\n', &bytes[..end]).map_or(0, |newline| newline + 1);
    without_cr(&bytes[start..end])
}

/// Cuts `len` bytes into blocks of about `size`. `next_start` gives the first start of a record behind an offset, so
/// that each block begins with one; a record that is larger than a block stays whole.
pub fn cut(len: usize, size: usize, next_start: &dyn Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut blocks = Vec::with_capacity(len / size.max(1) + 1);
    let mut start = 0;
    while start < len {
        let target = start.saturating_add(size.max(1));
        let end = if target >= len { len } else { next_start(target).clamp(target, len) };
        blocks.push(start..end);
        start = end;
    }
    blocks
}
