//! The header and the objects of a journal file: what of them may be believed.

/// Bytes of the oldest header.
const LEAST_HEADER_BYTES: u64 = 208;
/// Incompatible flags: XZ, LZ4, KEYED_HASH, ZSTD, COMPACT.
const KNOWN_FLAGS: u32 = 0b1_1111;
const COMPACT: u32 = 16;
/// The state of a file that a journald has open, or had when it was copied or the machine crashed.
const ONLINE: u8 = 1;
/// Bytes of what all objects begin with: type, flags, size.
const HEAD_BYTES: u64 = 16;

/// The kinds of objects that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Data = 1,
    Entry = 3,
    EntryArray = 6,
}

/// An object, head included, at least as long as its kind asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    kind: Kind,
    bytes: &'a [u8],
}

impl<'a> Object<'a> {
    /// `len` bytes from `start` on; fewer where the object ends before.
    pub(super) fn at(&self, start: usize, len: usize) -> &'a [u8] {
        let rest = self.bytes.get(start..).unwrap_or_default();
        rest.get(..len).unwrap_or(rest)
    }

    /// The number at `start`.
    pub(super) fn u64_at(&self, start: usize) -> u64 {
        u64_of(self.at(start, 8))
    }

    /// Compression and the like.
    pub(super) fn flags(&self) -> u8 {
        self.bytes.get(1).copied().unwrap_or_default()
    }

    /// The offset of the array behind this one.
    pub(super) fn next_array(&self) -> u64 {
        self.u64_at(16)
    }

    /// The payload of a data object, perhaps compressed.
    pub(super) fn payload(&self, is_compact: bool) -> &'a [u8] {
        self.bytes.get(if is_compact { 72 } else { 64 }..).unwrap_or_default()
    }
}

/// A journal file.
pub(super) struct File<'a> {
    /// What of it is in use.
    bytes: &'a [u8],
    pub(super) header_bytes: u64,
    pub(super) is_compact: bool,
    /// Whether it was not closed.
    pub(super) is_open: bool,
    pub(super) seqnum_id: [u8; 16],
    /// Entries, as the header counts them.
    pub(super) entries: u64,
    pub(super) first_array: u64,
    /// The length that it has and the one that it should have, if it is shorter.
    pub(super) cut: Option<(u64, u64)>,
}

impl<'a> File<'a> {
    /// Reads the header.
    pub(super) fn of(bytes: &'a [u8]) -> Result<File<'a>, String> {
        let len = bytes.len() as u64;
        let number = |at: usize| u64_of(bytes.get(at..at + 8).unwrap_or_default());
        let flags = u32::try_from(number(12) & 0xffff_ffff).unwrap_or(u32::MAX);
        let (header_bytes, arena_bytes) = (number(88), number(96));
        if len < LEAST_HEADER_BYTES {
            return Err(format!("a journal that ends early at byte {len}, within its header; nothing could be read"));
        }
        if flags & !KNOWN_FLAGS != 0 {
            let unknown = flags & !KNOWN_FLAGS;
            return Err(format!(
                "a journal of a newer kind (flags 0x{unknown:x}); read it with: journalctl -o export --file FILE | pmtrace -"
            ));
        }
        if header_bytes < LEAST_HEADER_BYTES || header_bytes % 8 != 0 || header_bytes > len {
            return Err("a journal whose header is damaged; nothing could be read".into());
        }
        let stated = header_bytes.saturating_add(arena_bytes);
        let used = usize::try_from(stated).unwrap_or(usize::MAX).min(bytes.len());
        let mut seqnum_id = [0; 16];
        seqnum_id.copy_from_slice(bytes.get(72..88).unwrap_or(&[0; 16]));
        Ok(File {
            bytes: bytes.get(..used).unwrap_or(bytes),
            header_bytes,
            is_compact: flags & COMPACT != 0,
            is_open: bytes.get(16) == Some(&ONLINE),
            seqnum_id,
            entries: number(152),
            first_array: number(176),
            cut: (stated > len).then_some((len, stated)),
        })
    }

    /// The type and the bytes of whatever lies at `offset`.
    fn any(&self, offset: u64) -> Option<(u8, &'a [u8])> {
        if offset < self.header_bytes || !offset.is_multiple_of(8) {
            return None;
        }
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let size = u64_of(rest.get(8..16)?);
        let object = rest.get(..usize::try_from(size).ok()?)?;
        (size >= HEAD_BYTES).then_some((*object.first()?, object))
    }

    /// The object of that kind at `offset`.
    pub(super) fn object(&self, offset: u64, kind: Kind) -> Option<Object<'a>> {
        let (found, bytes) = self.any(offset)?;
        let item = if self.is_compact { 4 } else { 8 };
        let (least, multiple) = match kind {
            Kind::Data => (if self.is_compact { 72 } else { 64 }, 1),
            Kind::Entry => (64, if self.is_compact { 4 } else { 16 }),
            Kind::EntryArray => (24, item),
        };
        let fits = found == kind as u8 && bytes.len() >= least && (bytes.len() - least).is_multiple_of(multiple);
        fits.then_some(Object { kind, bytes })
    }

    /// The offsets that an entry or an array lists.
    pub(super) fn items(&self, object: Object<'a>) -> impl Iterator<Item = u64> + use<'a> {
        let (start, step, width) = match (object.kind, self.is_compact) {
            (Kind::EntryArray, true) => (24, 4, 4),
            (Kind::EntryArray, false) => (24, 8, 8),
            (_, true) => (64, 4, 4),
            (_, false) => (64, 16, 8), // each with its hash
        };
        let items = object.bytes.get(start..).unwrap_or_default();
        items.chunks_exact(step).map(move |item| u64_of(item.get(..width).unwrap_or_default()))
    }

    /// The type of the object at `offset`, and where the next one lies. `None` where there is none.
    pub(super) fn step(&self, offset: u64) -> Option<(u8, u64)> {
        let (kind, bytes) = self.any(offset)?;
        (kind != 0).then_some((kind, offset + (bytes.len() as u64).next_multiple_of(8)))
    }
}

/// The number in up to eight bytes.
fn u64_of(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
