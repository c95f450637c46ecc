//! Archives: tar and zip. Only the contents of their files are read; links, devices and folders are not, and nothing is
//! written anywhere, so it does not matter where their paths lead.

use std::io::{self, Cursor, Read};

use zip::ZipArchive;
use zip::read::{ZipFile, read_zipfile_from_stream};

/// Bytes of a header of tar.
pub(super) const TAR_BLOCK: usize = 512;

/// Whether a tar archive begins with these bytes: by its magic, or, for those of before 1988, by its checksum.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(head) = head.get(..TAR_BLOCK) else { return false };
    if head.get(257..262) == Some(b"ustar") {
        return true;
    }
    let stated = head.get(148..156).and_then(|field| {
        let digits = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
        u32::from_str_radix(digits, 8).ok()
    });
    let bytes = head.iter().enumerate();
    let sum: u32 = bytes.map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
    head.first() != Some(&0) && stated == Some(sum)
}

/// Whether a zip archive begins with these bytes.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// A file in an archive.
pub(super) struct Member<'a> {
    /// Its path there, as text that can be printed.
    pub(super) path: String,
    pub(super) modified_s: Option<i64>,
    /// Its length as the archive states it.
    pub(super) len: u64,
    pub(super) contents: &'a mut dyn Read,
}

/// What a reader of archives gives.
pub(super) enum Found<'a> {
    Member(Member<'a>),
    /// A member that cannot be read, and why.
    Unread(String, &'static str),
}

/// Whether the caller wants more.
pub(super) type Continue = bool;

/// Gives all files of a tar archive to `each`.
///
/// # Errors
/// What ended the walk before its time.
pub(super) fn tar(archive: &mut dyn Read, each: &mut dyn FnMut(Found<'_>) -> Continue) -> io::Result<()> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            continue;
        }
        let path = printable(&entry.path_bytes());
        let modified_s = entry.header().mtime().ok().and_then(|seconds| i64::try_from(seconds).ok());
        let modified_s = modified_s.filter(|seconds| *seconds > 0);
        let len = entry.size();
        if !each(Found::Member(Member { path, modified_s, len, contents: &mut entry })) {
            break;
        }
    }
    Ok(())
}

/// Gives all files of a zip archive to `each`. Where its directory at the end is missing, the members are read one after
/// the other, as far as they go.
///
/// # Errors
/// That the directory is missing.
pub(super) fn zip(bytes: &[u8], each: &mut dyn FnMut(Found<'_>) -> Continue) -> io::Result<()> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return zip_without_directory(bytes, each) };
    for index in 0..archive.len() {
        let name = archive.name_for_index(index).and_then(Result::ok);
        let name = name.map(|name| printable(name.as_bytes())).unwrap_or_default();
        let goes_on = match archive.by_index(index) {
            Ok(mut file) if file.is_file() => each(member(name, &mut file)),
            Ok(_) => true,
            Err(zip::result::ZipError::UnsupportedArchive(_)) => {
                each(Found::Unread(name, "encrypted, or packed in a way that pmtrace does not know; unpack it first"))
            }
            Err(_) => each(Found::Unread(name, "damaged in its zip archive")),
        };
        if !goes_on {
            break;
        }
    }
    Ok(())
}

fn zip_without_directory(bytes: &[u8], each: &mut dyn FnMut(Found<'_>) -> Continue) -> io::Result<()> {
    let mut rest = bytes;
    while let Ok(Some(mut file)) = read_zipfile_from_stream(&mut rest) {
        let name = printable(file.name_raw());
        if file.is_file() && !each(member(name, &mut file)) {
            break;
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

fn member<'a, R: Read>(path: String, file: &'a mut ZipFile<'_, R>) -> Found<'a> {
    // A zip archive knows wall clocks only; their zone is lost, and a year needs no hours.
    let modified_s = file.last_modified().and_then(|at| {
        let day = chrono::NaiveDate::from_ymd_opt(at.year().into(), at.month().into(), at.day().into())?;
        Some(day.and_hms_opt(at.hour().into(), at.minute().into(), at.second().into())?.and_utc().timestamp())
    });
    Found::Member(Member { path, modified_s, len: file.size(), contents: file })
}

/// A path as text, without the `./` before it, and without what would do something to a terminal.
fn printable(path: &[u8]) -> String {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let shown = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    String::from_utf8_lossy(path).chars().map(shown).collect()
}
