//! Compressed streams: gzip, xz, zstd, bzip2 and lz4, each possibly of several members that follow one another.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use liblzma::stream::Stream;

/// Memory that an xz stream may ask for: `xz -9` needs 65 MiB, no file needs more than 1.5 GiB.
const XZ_MEMORY_BYTES: u64 = 512 << 20;

/// The kinds of compressed streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    Zstd,
    Bzip2,
    Lz4,
}

impl Packing {
    /// By the first bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Packing> {
        Some(match bytes {
            [0x1f, 0x8b, 8, ..] => Packing::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd, // a frame to be skipped, as pzstd writes it
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Packing::Bzip2,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Packing::Bzip2, // of nothing
            [0x04, 0x22, 0x4d, 0x18, ..] => Packing::Lz4,
            _ => return None,
        })
    }

    #[allow(missing_docs)]
    pub(super) fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Xz => "xz",
            Packing::Zstd => "zstd",
            Packing::Bzip2 => "bzip2",
            Packing::Lz4 => "lz4",
        }
    }
}

/// When the file in a gzip stream was last written, where the stream tells it.
pub(super) fn modified_s(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [0x1f, 0x8b, 8, _, a, b, c, d, ..] => {
            Some(i64::from(u32::from_le_bytes([*a, *b, *c, *d]))).filter(|seconds| *seconds > 0)
        }
        _ => None,
    }
}

/// Packed bytes, and how many of them were read.
struct Packed<'a> {
    bytes: &'a [u8],
    at: &'a Cell<usize>,
}

impl<'a> Packed<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at.get()..).unwrap_or_default()
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest().read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, count: usize) {
        self.at.set((self.at.get() + count).min(self.bytes.len()));
    }
}

/// Unpacks all members of a stream.
pub(super) struct Unpacker<'a> {
    packing: Packing,
    bytes: &'a [u8],
    at: &'a Cell<usize>,
    member: Option<Box<dyn Read + 'a>>,
    /// Where the last member began. One that takes none of its bytes would never end.
    begun: usize,
}

impl<'a> Unpacker<'a> {
    /// Of `bytes`; `at` tells how many of them were used.
    pub(super) fn new(packing: Packing, bytes: &'a [u8], at: &'a Cell<usize>) -> Self {
        Unpacker { packing, bytes, at, member: None, begun: 0 }
    }

    /// Whether the lz4 frame that was read last has its end mark, four zeros, before the checksum that it may have. Its
    /// decoder takes the end of the bytes for one.
    fn is_closed(&self) -> bool {
        let frame = self.bytes.get(self.begun..self.at.get()).unwrap_or_default();
        let has_checksum = frame.get(4).is_some_and(|flags| flags & 4 != 0);
        let end = frame.len().saturating_sub(if has_checksum { 4 } else { 0 });
        frame.get(..end).is_some_and(|frame| frame.ends_with(&[0; 4]))
    }

    /// Begins the next member. `None` at the end; blocks of zeros are filling.
    fn next_member(&mut self) -> io::Result<Option<Box<dyn Read + 'a>>> {
        let rest = self.bytes.get(self.at.get()..).unwrap_or_default();
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        let rest = rest.get(zeros..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        if Packing::of(rest) != Some(self.packing) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.begun = self.at.get() + zeros;
        self.at.set(self.begun);
        let packed = Packed { bytes: self.bytes, at: self.at };
        Ok(Some(match self.packing {
            Packing::Gzip => Box::new(flate2::bufread::GzDecoder::new(packed)),
            Packing::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY_BYTES, 0)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
            }
            Packing::Zstd => Box::new(zstd::Decoder::with_buffer(packed)?.single_frame()),
            Packing::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(packed)),
            Packing::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(packed)),
        }))
    }
}

impl Read for Unpacker<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let mut member = match self.member.take() {
                Some(member) => member,
                None => match self.next_member()? {
                    Some(member) => member,
                    None => return Ok(0),
                },
            };
            match member.read(buffer)? {
                0 if self.at.get() == self.begun => return Err(io::ErrorKind::InvalidData.into()),
                0 if self.packing == Packing::Lz4 && !self.is_closed() => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                0 => {}
                count => {
                    self.member = Some(member);
                    return Ok(count);
                }
            }
        }
    }
}

/// What an error while unpacking means.
pub(super) fn problem(packing: Packing, error: &io::Error, at: usize, len: usize) -> String {
    let name = packing.name();
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            format!("{name} data unpack to over 1 GiB and over 1000 times their size; the rest was not read")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("no room for the unpacked {name} data in the folder for temporary files; set TMPDIR to another")
        }
        _ if at >= len => format!("{name} data end early at byte {len}; what was before it was read"),
        _ => format!("{name} data are damaged near byte {at}; what was before it was read"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// `plain` as one member.
    pub(in crate::input::unpack) fn pack(packing: Packing, plain: &[u8]) -> Vec<u8> {
        match packing {
            Packing::Gzip => {
                let header = flate2::GzBuilder::new().mtime(1_795_488_229);
                let mut encoder = header.write(Vec::new(), flate2::Compression::fast());
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
            Packing::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
            Packing::Zstd => zstd::encode_all(plain, 1).unwrap(),
            Packing::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
            Packing::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    pub(in crate::input::unpack) const ALL: [Packing; 5] =
        [Packing::Gzip, Packing::Xz, Packing::Zstd, Packing::Bzip2, Packing::Lz4];

    fn unpacked(packing: Packing, bytes: &[u8]) -> (Vec<u8>, Option<String>) {
        let at = Cell::new(0);
        let mut unpacker = Unpacker::new(packing, bytes, &at);
        let (mut plain, mut chunk) = (Vec::new(), [0; 100]);
        loop {
            match unpacker.read(&mut chunk) {
                Ok(0) => return (plain, None),
                Ok(count) => plain.extend_from_slice(&chunk[..count]),
                Err(error) => return (plain, Some(problem(packing, &error, at.get(), bytes.len()))),
            }
        }
    }

    #[test]
    fn members_follow_one_another() {
        for packing in ALL {
            let (one, other) = (pack(packing, b"one\n"), pack(packing, b"other\n"));
            assert_eq!(Packing::of(&one), Some(packing));
            for (why, bytes, plain) in [
                ("one", one.clone(), "one\n"),
                ("two", [one.as_slice(), &other].concat(), "one\nother\n"),
                ("filled with zeros", [one.as_slice(), &[0; 512]].concat(), "one\n"),
                ("zeros between", [one.as_slice(), &[0; 8], &other].concat(), "one\nother\n"),
                ("of nothing", [pack(packing, b"").as_slice(), &other].concat(), "other\n"),
            ] {
                assert_eq!(unpacked(packing, &bytes), (plain.as_bytes().to_vec(), None), "{packing:?}, {why}");
            }
        }
    }

    #[test]
    fn what_is_before_the_damage_is_read() {
        for packing in ALL {
            let one = pack(packing, b"one\n");
            let (plain, problem) = unpacked(packing, &[one.as_slice(), b"and text"].concat());
            let expected = format!("{} data are damaged near byte {}", packing.name(), one.len());
            assert_eq!(plain, b"one\n");
            assert!(problem.unwrap().starts_with(&expected), "{packing:?}");
            for len in 8..one.len() {
                let (_, problem) = unpacked(packing, &one[..len]);
                let expected = format!("{} data end early at byte {len}; what was before it was read", packing.name());
                assert_eq!(problem, Some(expected), "{packing:?}, {len}");
            }
        }
    }
}
