//! What a file is that is no log, in words for a person.

/// Signatures of files that lie beside logs, and what a person calls them.
const SIGNS: &[(&[u8], &str)] = &[
    (b"LPKSHHRH", "a binary journal; read it with: journalctl -o export --file FILE | pmtrace -"),
    (b"\x1f\x8b", "gzip data; unpack it first: zcat FILE | pmtrace -"),
    (b"\xfd7zXZ\0", "xz data; unpack it first: xzcat FILE | pmtrace -"),
    (b"\x28\xb5\x2f\xfd", "zstd data; unpack it first: zstdcat FILE | pmtrace -"),
    (b"BZh", "bzip2 data; unpack it first: bzcat FILE | pmtrace -"),
    (b"\x04\x22\x4d\x18", "lz4 data; unpack it first: lz4cat FILE | pmtrace -"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\x89PNG", "not a log: image/png"),
    (b"\xff\xd8\xff", "not a log: image/jpeg"),
    (b"GIF8", "not a log: image/gif"),
    (b"%PDF", "not a log: application/pdf"),
    (b"\x7fELF", "not a log: a program"),
    (b"SQLite format 3\0", "not a log: a SQLite database"),
    (b"ElfFile\0", "not a log: Windows event log"),
];

/// Why nothing in these bytes could be read.
pub fn of(bytes: &[u8]) -> String {
    if let Some((_, what)) = SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign)) {
        return (*what).into();
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return "a tar archive; unpack it first".into();
    }
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) { "not a log: binary data".into() } else { "no known format".into() }
}
