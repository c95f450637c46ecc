//! What a file is that is no log, in words for a person.

/// Signatures of files that lie beside logs, and what a person calls them.
const SIGNS: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!", "a rar archive; unpack it first"),
    (b"KSHHRHLP", "not a log: sealing keys of a journal"),
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
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) { "not a log: binary data".into() } else { "no known format".into() }
}
