//! The values in data objects, of which the longer ones are compressed.

use std::collections::HashMap;
use std::io::Read;

use liblzma::stream::Stream;

use super::objects::Object;
use crate::input::unpack::Budget;

/// Largest value that is unpacked. systemd's own limit is 768 MiB; no line of a log comes near this one.
const MOST_BYTES: usize = 64 << 20;
/// Memory that the unpacking of xz may take.
const XZ_MEMORY_BYTES: u64 = 128 << 20;
/// LZ4 cannot pack better than this.
const LZ4_MOST_TIMES: usize = 255;
/// Values that are kept unpacked, as many entries share them (a long `_CMDLINE`), and how long they may be.
const KEPT: usize = 256;
const KEPT_BYTES: usize = 16 << 10;

/// Gives payloads unpacked.
pub(super) struct Payloads<'a> {
    kept: HashMap<u64, Vec<u8>>,
    /// The last one that was too long to be kept.
    long: Vec<u8>,
    budget: &'a Budget,
}

impl<'a> Payloads<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Payloads { kept: HashMap::new(), long: Vec::new(), budget }
    }

    /// `NAME=value` of the data object that lies at `offset`. `None` if it is damaged.
    pub(super) fn of<'s>(&'s mut self, offset: u64, object: Object<'s>, is_compact: bool) -> Option<&'s [u8]> {
        let packed = object.payload(is_compact);
        if object.flags() & 7 == 0 {
            return Some(packed);
        }
        if !self.kept.contains_key(&offset) {
            let plain = unpacked(object.flags() & 7, packed)?;
            if !self.budget.take(plain.len() as u64) {
                return None;
            }
            if plain.len() > KEPT_BYTES {
                self.long = plain;
                return Some(&self.long);
            }
            if self.kept.len() >= KEPT {
                self.kept.clear();
            }
            self.kept.insert(offset, plain);
        }
        self.kept.get(&offset).map(Vec::as_slice)
    }
}

/// By the flags of the object, of which one at most may be set.
fn unpacked(flags: u8, packed: &[u8]) -> Option<Vec<u8>> {
    match flags {
        1 => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY_BYTES, 0).ok()?;
            whole(liblzma::bufread::XzDecoder::new_stream(packed, stream))
        }
        2 => lz4(packed),
        4 => whole(zstd::Decoder::with_buffer(packed).ok()?.single_frame()),
        _ => None,
    }
}

/// All bytes of a stream, if there are not too many.
fn whole(stream: impl Read) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    stream.take(MOST_BYTES as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= MOST_BYTES).then_some(plain)
}

/// Eight bytes of length, then one block.
fn lz4(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, block) = packed.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    if length > MOST_BYTES || length > block.len().saturating_mul(LZ4_MOST_TIMES) {
        return None;
    }
    let mut plain = vec![0; length];
    let written = lz4_flex::block::decompress_into(block, &mut plain).ok()?;
    (written == length).then_some(plain)
}
