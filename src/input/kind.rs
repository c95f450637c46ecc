//! What a file is that is no log, in words for a person. A reason is given only where the bytes show it.

/// Signatures of files that lie beside logs, and what a person calls them.
const SIGNS: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!", "a rar archive; unpack it first"),
    (b"MSCF", "a cab archive; unpack it first"),
    (b"!<arch>\n", "not a log: a package or library (ar)"),
    (b"070701", "a cpio archive; unpack it first"),
    (b"KSHHRHLP", "not a log: sealing keys of a journal"),
    (b"\x89PNG", "not a log: image/png"),
    (b"\xff\xd8\xff", "not a log: image/jpeg"),
    (b"GIF8", "not a log: image/gif"),
    (b"\0\0\x01\0", "not a log: image/x-icon"),
    (b"RIFF", "not a log: a picture, sound or film"),
    (b"%PDF", "not a log: application/pdf"),
    (b"%!PS", "not a log: application/postscript"),
    (b"{\\rtf", "not a log: text/rtf"),
    (b"\x7fELF", "not a log: a program"),
    (b"MZ", "not a log: a program of Windows"),
    (b"\xca\xfe\xba\xbe", "not a log: compiled Java"),
    (b"\0asm", "not a log: a program (WebAssembly)"),
    (b"SQLite format 3\0", "not a log: a SQLite database"),
    (b"PACK\0\0\0", "not a log: a pack of git"),
    (b"ElfFile\0", "not a log: Windows event log; export it as text with wevtutil on that host"),
    (b"\x30\0\0\0LfLe", "not a log: Windows event log of the old kind (evt)"),
    (b"regf", "not a log: registry of Windows"),
    (b"\xd4\xc3\xb2\xa1", "not a log: recorded network traffic (pcap)"),
    (b"\xa1\xb2\xc3\xd4", "not a log: recorded network traffic (pcap)"),
    (b"\x0a\x0d\x0d\x0a", "not a log: recorded network traffic (pcapng)"),
    (b"-----BEGIN ", "not a log: a key or certificate"),
    (b"#!", "not a log: a script"),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
];

const UTF16: &str = "UTF-16 text, as Windows writes; convert it first: iconv -f UTF-16 -t UTF-8";

/// How texts begin that are no log, letters in any case.
const TEXTS: &[(&str, &str)] = &[
    ("<!doctype html", "not a log: text/html"),
    ("<html", "not a log: text/html"),
    ("<svg", "not a log: image/svg+xml"),
    ("<?xml", "not a log: application/xml"),
    ("#software: microsoft internet information", "a log of IIS, which pmtrace does not read"),
    ("#version: ", "a log in the W3C form, which pmtrace does not read"),
];

/// Magic numbers of Berkeley DB, at byte 12: btree and hash.
const BERKELEY_DB: [[u8; 4]; 4] = [*b"\x62\x31\x05\0", *b"\0\x05\x31\x62", *b"\x61\x15\x06\0", *b"\0\x06\x15\x61"];

/// Bytes of a record of `utmp(5)`, in files of 64-bit hosts.
const UTMP_BYTES: usize = 384;

/// Why nothing in these bytes could be read.
pub fn of(bytes: &[u8]) -> String {
    if let Some((_, what)) = SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign)) {
        return (*what).into();
    }
    let head = &bytes[..bytes.len().min(8192)];
    if head.contains(&0) {
        return format!("not a log: {}", binary(bytes));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |(begin, _): &&(&str, &str)| {
        text.get(..begin.len()).is_some_and(|text| text.eq_ignore_ascii_case(begin.as_bytes()))
    };
    match TEXTS.iter().find(begins) {
        Some((_, what)) => (*what).into(),
        None if text.is_empty() => "only blanks".into(),
        None => "text in no known format; if it is a log, name its format with --input-format".into(),
    }
}

/// What bytes with zeros among them are.
fn binary(bytes: &[u8]) -> &'static str {
    if bytes.iter().all(|byte| *byte == 0) {
        "only zero bytes"
    } else if BERKELEY_DB.iter().any(|magic| bytes.get(12..16) == Some(magic)) {
        "a Berkeley database"
    } else if is_utmp(bytes) {
        "binary data, logins as last(1) reads them"
    } else {
        "binary data"
    }
}

/// Whether `bytes` are records of `utmp(5)`: types of 0 to 9, then the line of a terminal.
fn is_utmp(bytes: &[u8]) -> bool {
    let is_record = |record: &[u8]| {
        matches!(record, [0..=9, 0, 0, 0, ..]) && record.get(8..40).is_some_and(|line| line.iter().all(u8::is_ascii))
    };
    bytes.len().is_multiple_of(UTMP_BYTES) && bytes.chunks(UTMP_BYTES).all(is_record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bytes_show() {
        let login = [&b"\x07\0\0\0\x34\x12\0\0pts/0"[..], &[0; 371]].concat();
        for (bytes, says) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "image/png"),
            (b"\xff\xfeW\0i\0n\0", "iconv"),
            (b"<!DOCTYPE html>\n<p>", "text/html"),
            (b"\xef\xbb\xbf\n<HTML>", "text/html"),
            (b"#Software: Microsoft Internet Information Services 10.0\r\n", "IIS"),
            (&login, "logins"),
            (&[0; 100], "zero"),
            (&[0; 384], "zero"),
            (b"a\0b", "binary"),
            (b"\n \n", "blanks"),
            (b"Hello\n", "no known format"),
        ] {
            assert!(of(bytes).contains(says), "{}: {says}", of(bytes));
        }
    }
}
