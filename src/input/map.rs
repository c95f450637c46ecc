//! Memory maps of files that others may cut short meanwhile.
//!
//! A page of a map that lies behind the file's end raises SIGBUS when it is touched: rotation by `copytruncate`, or
//! `> access.log`, would kill the program in the middle of its report. So a handler puts zero pages in the place of the
//! lost ones and notes it; the parsers then read NUL bytes, which are no line of any log, and the report names the
//! file as changed. Known from ripgrep #581 and uutils/coreutils #12971; `MAP_PRIVATE` does not help.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use memmap2::Mmap;

/// A file mapped for reading. While it lives, its pages may be lost without harm.
#[derive(Debug)]
pub struct Map {
    pages: Option<Mmap>,
    region: &'static Region,
}

impl Map {
    /// Maps the whole file, which must not be empty.
    ///
    /// # Errors
    /// What `mmap` says, or that too many files are mapped at once.
    pub fn of(file: &File) -> io::Result<Map> {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(install_handler);
        // SAFETY: the map is only read. If another process changes the file, the bytes that a parser sees may change
        // between two looks at them: it may then count a line twice or not at all, but every index into the slice
        // stays in its bounds, as the length is that of the map. If the file shrinks, `on_sigbus` steps in.
        let pages = unsafe { Mmap::map(file)? };
        let Some(region) = Region::claim(pages.as_ptr() as usize, pages.len()) else {
            return Err(io::Error::other("more files are mapped than pmtrace can watch"));
        };
        Ok(Map { pages: Some(pages), region })
    }

    /// The bytes; zeros in the place of what was lost.
    pub fn bytes(&self) -> &[u8] {
        self.pages.as_deref().unwrap_or_default()
    }

    /// Whether pages were lost since the file was mapped.
    pub fn lost_pages(&self) -> bool {
        self.region.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // The region is given back only when nothing is mapped there any more.
        self.pages = None;
        self.region.start.store(0, Ordering::Release);
    }
}

/// Where a map lies; read by the signal handler, hence atomics and a fixed table.
#[derive(Debug)]
struct Region {
    /// 0: free, 1: being filled in.
    start: AtomicUsize,
    len: AtomicUsize,
    lost: AtomicBool,
}

/// More maps than the kernel allows a process by default (`vm.max_map_count`, 65530) would fail before.
static REGIONS: [Region; 16_384] =
    [const { Region { start: AtomicUsize::new(0), len: AtomicUsize::new(0), lost: AtomicBool::new(false) } }; 16_384];

impl Region {
    fn claim(start: usize, len: usize) -> Option<&'static Region> {
        let free = |region: &&Region| region.start.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let region = REGIONS.iter().find(free)?;
        region.len.store(len, Ordering::Relaxed);
        region.lost.store(false, Ordering::Relaxed);
        region.start.store(start, Ordering::Release);
        Some(region)
    }
}

fn install_handler() {
    // SAFETY: `action` is all zeros but for the handler and its flags, which is a valid `sigaction`; the handler has the
    // signature that SA_SIGINFO asks for. A failure leaves the default (the process ends), which is no worse than before.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_sigbus as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
    }
}

/// Puts zero pages in the place of the lost ones of a watched map; any other SIGBUS ends the process as usual.
extern "C" fn on_sigbus(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: only calls that are safe in a signal handler: atomics, `sysconf`, `mmap`, `sigaction`. The kernel gives a
    // valid `info`. MAP_FIXED replaces pages only inside a region that this process mapped and still holds: from the
    // page that faulted, which has no file behind it any more, to the region's end.
    unsafe {
        let fault = (*info).si_addr() as usize;
        let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
        for region in &REGIONS {
            let start = region.start.load(Ordering::Acquire);
            let end = start + region.len.load(Ordering::Relaxed);
            if start > 1 && (start..end.next_multiple_of(page)).contains(&fault) {
                let from = fault - fault % page;
                let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
                let len = end.next_multiple_of(page) - from;
                let zeros = libc::mmap(from as *mut libc::c_void, len, libc::PROT_READ, flags, -1, 0);
                if zeros != libc::MAP_FAILED {
                    region.lost.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(libc::SIGBUS, &default, std::ptr::null_mut());
    }
}

/// The width of the terminal on standard output, if the system tells.
pub fn terminal_columns() -> Option<usize> {
    // SAFETY: TIOCGWINSZ fills in the `winsize` that it is given, which lives through the call; a failure is seen by
    // the result, and all zeros are a valid `winsize`.
    let (result, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size), size)
    };
    (result == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lost_pages_read_as_zeros() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let map = Map::of(&file).unwrap();
        file.set_len(5000).unwrap();
        assert_eq!(map.bytes()[4999], b'x');
        assert_eq!(map.bytes()[1 << 19], 0);
        assert_eq!(map.bytes().iter().filter(|byte| **byte == b'x').count(), 5000);
        assert!(map.lost_pages());
    }
}
