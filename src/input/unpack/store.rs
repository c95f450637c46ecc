//! Where unpacked bytes are kept, and how many there may be.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, Write};

use tempfile::{SpooledData, SpooledTempFile};

use crate::input::Bytes;
use crate::input::map::Map;

/// From this size on they lie in a temporary file without a name, which is mapped: more logs may be packed than there
/// is memory.
const MEMORY_BYTES: usize = 64 << 20;
/// An input may always unpack to so much.
const FREE_BYTES: u64 = 1 << 30;
/// Beyond that, to so many times its size: gzip reaches 1032 with zeros only, logs reach 100.
const MOST_TIMES: u64 = 1000;
/// Members of archives that are read of one input.
const MOST_MEMBERS: u64 = 100_000;

/// What is being unpacked.
pub(crate) struct Store(SpooledTempFile);

impl Store {
    #[allow(missing_docs)]
    pub(crate) fn new() -> Store {
        Store(SpooledTempFile::new(MEMORY_BYTES))
    }

    /// All that was written.
    ///
    /// # Errors
    /// What the system says about the temporary file.
    pub(crate) fn finish(self) -> io::Result<Bytes> {
        match self.0.into_inner() {
            SpooledData::InMemory(written) => {
                let mut bytes = written.into_inner();
                bytes.shrink_to_fit();
                Ok(Bytes::Read(bytes))
            }
            SpooledData::OnDisk(file) => on_disk(file),
        }
    }
}

fn on_disk(mut file: File) -> io::Result<Bytes> {
    if let Ok(map) = Map::of(&file) {
        return Ok(Bytes::Mapped(map));
    }
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Bytes::Read(bytes))
}

impl Write for Store {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How much may still be unpacked of one input, all its layers and members together.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: Cell<u64>,
    members: Cell<u64>,
}

impl Budget {
    /// For an input of so many bytes as it was found.
    pub(crate) fn of(packed_bytes: usize) -> Budget {
        Budget::new(FREE_BYTES.max((packed_bytes as u64).saturating_mul(MOST_TIMES)))
    }

    /// For so many unpacked bytes.
    pub(crate) fn new(bytes: u64) -> Budget {
        Budget { bytes: Cell::new(bytes), members: Cell::new(MOST_MEMBERS) }
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> u64 {
        self.bytes.get()
    }

    /// Takes so many bytes off; whether there were as many.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        let left = self.bytes.get();
        self.bytes.set(left.saturating_sub(bytes));
        bytes <= left
    }

    /// Takes one member off; whether there was one left.
    pub(super) fn take_member(&self) -> bool {
        let left = self.members.get();
        self.members.set(left.saturating_sub(1));
        left > 0
    }
}

/// A reader that stops with [`io::ErrorKind::FileTooLarge`] where the budget is spent.
pub(super) struct Within<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<'a, R: Read> Within<'a, R> {
    pub(super) fn new(budget: &'a Budget, inner: R) -> Self {
        Within { inner, budget }
    }
}

impl<R: Read> Read for Within<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if self.budget.take(count as u64) { Ok(count) } else { Err(io::ErrorKind::FileTooLarge.into()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn large_contents_lie_in_a_mapped_file() {
        for (bytes, is_mapped) in [(1000, false), (MEMORY_BYTES + 1, true)] {
            let mut store = Store::new();
            store.write_all(&vec![b'x'; bytes]).unwrap();
            let kept = store.finish().unwrap();
            assert_eq!(matches!(kept, Bytes::Mapped(_)), is_mapped, "{bytes}");
            assert_eq!(kept.bytes().len(), bytes);
        }
    }

    #[test]
    fn a_reader_stops_where_the_budget_is_spent() {
        let budget = Budget::new(1000);
        let mut reader = Within::new(&budget, io::repeat(7));
        let mut buffer = [0; 600];
        assert_eq!(reader.read(&mut buffer).unwrap(), 600);
        assert_eq!(reader.read(&mut buffer).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(budget.left(), 0);
    }
}
