#![allow(clippy::unwrap_used)]

use super::*;

/// Writes journal files, in either mode.
struct Writer {
    bytes: Vec<u8>,
    is_compact: bool,
    entries: Vec<u64>,
}

impl Writer {
    fn new(is_compact: bool) -> Writer {
        let mut bytes = vec![0; 208];
        bytes[..8].copy_from_slice(b"LPKSHHRH");
        bytes[12] = if is_compact { 16 + 8 } else { 8 };
        bytes[72..88].copy_from_slice(&[0xab; 16]);
        Writer { bytes, is_compact, entries: Vec::new() }.with(88, 208)
    }

    fn with(mut self, at: usize, number: u64) -> Writer {
        self.put(at, number);
        self
    }

    fn put(&mut self, at: usize, number: u64) {
        self.bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }

    fn object(&mut self, kind: u8, flags: u8, body: &[u8]) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let offset = self.bytes.len() as u64;
        self.bytes.extend([kind, flags, 0, 0, 0, 0, 0, 0]);
        self.bytes.extend((16 + body.len() as u64).to_le_bytes());
        self.bytes.extend(body);
        offset
    }

    fn data(&mut self, flags: u8, payload: &[u8]) -> u64 {
        let head = if self.is_compact { 56 } else { 48 };
        self.object(1, flags, &[vec![0; head].as_slice(), payload].concat())
    }

    fn offsets(&self, offsets: &[u64], has_hashes: bool) -> Vec<u8> {
        let mut items = Vec::new();
        for offset in offsets {
            let bytes = offset.to_le_bytes();
            items.extend(if self.is_compact { &bytes[..4] } else { &bytes });
            if has_hashes && !self.is_compact {
                items.extend([0; 8]);
            }
        }
        items
    }

    fn entry(&mut self, data: &[u64]) -> u64 {
        let number = self.entries.len() as u64 + 1;
        let mut body: Vec<u8> =
            [number, 1_795_489_037_718_411, 4_212_537_846].into_iter().flat_map(u64::to_le_bytes).collect();
        body.extend([0xeb; 16]);
        body.extend(0x82e6_u64.to_le_bytes());
        body.extend(self.offsets(data, true));
        let offset = self.object(3, 0, &body);
        self.entries.push(offset);
        offset
    }

    /// Lists the entries in two arrays, and closes the file.
    fn close(mut self) -> Vec<u8> {
        let (first, second) = self.entries.split_at(self.entries.len().div_ceil(2));
        let (first, mut second) = (first.to_vec(), second.to_vec());
        second.extend([0, 0]);
        let next = 0_u64.to_le_bytes();
        let array = self.object(6, 0, &[next.as_slice(), &self.offsets(&first, false)].concat());
        let behind = self.object(6, 0, &[next.as_slice(), &self.offsets(&second, false)].concat());
        self.put(usize::try_from(array).unwrap() + 16, behind);
        self.put(176, array);
        self.put(152, self.entries.len() as u64);
        self.put(96, self.bytes.len() as u64 - 208);
        self.bytes
    }
}

/// Three entries, the second one with a long value and one that is no line.
fn journal(is_compact: bool) -> Vec<u8> {
    let mut writer = Writer::new(is_compact);
    let long = format!("MESSAGE={}", "long ".repeat(200));
    let host = writer.data(0, b"_HOSTNAME=web01");
    let one = writer.data(0, b"MESSAGE=one = 1");
    writer.entry(&[host, one]);
    let packed = writer.data(4, &zstd::encode_all(long.as_bytes(), 1).unwrap());
    let lines = writer.data(0, b"TEXT=two\nlines");
    writer.object(9, 0, b"of an unknown kind");
    writer.entry(&[host, packed, lines]);
    let three = writer.data(0, b"MESSAGE=three");
    writer.entry(&[host, three]);
    writer.close()
}

fn read(bytes: &[u8]) -> (Vec<u8>, Result<Exported, String>) {
    let mut out = Vec::new();
    let exported = export(bytes, &Budget::of(bytes.len()), &mut out);
    (out, exported)
}

fn messages(export: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(export).into_owned();
    let messages = text.lines().filter_map(|line| line.strip_prefix("MESSAGE="));
    messages.map(|message| message.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn entries_are_written_as_journalctl_writes_them() {
    for is_compact in [false, true] {
        let bytes = journal(is_compact);
        let (out, exported) = read(&bytes);
        assert_eq!(exported, Ok(Exported { entries: 3, problem: None }), "{is_compact}");
        let head = format!(
            "__CURSOR=s={};i=1;b={};m=fb1639f6;t=660fcde4a938b;x=82e6\n__OFFSET=",
            "ab".repeat(16),
            "eb".repeat(16)
        );
        assert!(out.starts_with(head.as_bytes()), "{}", String::from_utf8_lossy(&out));
        let lines = b"\nTEXT\n\x09\0\0\0\0\0\0\0two\nlines\n\n__CURSOR";
        assert!(memchr::memmem::find(&out, lines).is_some());
        assert_eq!(messages(&out), ["one", "long", "three"]);
    }
}

#[test]
fn values_may_be_packed_in_three_ways() {
    let plain = format!("MESSAGE={}", "packed ".repeat(100));
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(plain.as_bytes()).unwrap();
    let block = lz4_flex::block::compress(plain.as_bytes());
    let lz4 = [(plain.len() as u64).to_le_bytes().as_slice(), &block].concat();
    let too_long = [u64::MAX.to_le_bytes().as_slice(), &block].concat();
    for (why, flags, payload, is_read) in [
        ("xz", 1, xz.finish().unwrap(), true),
        ("lz4", 2, lz4.clone(), true),
        ("zstd", 4, zstd::encode_all(plain.as_bytes(), 1).unwrap(), true),
        ("two ways at once", 3, lz4, false),
        ("a length that cannot be", 2, too_long, false),
        ("not packed at all", 4, plain.clone().into_bytes(), false),
    ] {
        let mut writer = Writer::new(false);
        let data = writer.data(flags, &payload);
        let host = writer.data(0, b"_HOSTNAME=web01");
        writer.entry(&[host, data]);
        let (out, exported) = read(&writer.close());
        assert_eq!(messages(&out).len(), usize::from(is_read), "{why}");
        let exported = exported.unwrap();
        assert_eq!((exported.entries, exported.problem.is_none()), (1, is_read), "{why}");
    }
}

#[test]
fn damage_is_told_and_what_can_be_found_is_read() {
    let whole = journal(false);
    let array = usize::try_from(u64::from_le_bytes(whole[176..184].try_into().unwrap())).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    for (why, bytes, entries, told) in [
        (
            "the list leads into itself",
            changed(array + 16, &(array as u64).to_le_bytes()),
            3,
            "list of entries is damaged",
        ),
        ("the list leads nowhere", changed(176, &[0xff; 8]), 3, "list of entries is damaged"),
        ("the first entry is no entry", changed(array + 24, &[0xff; 4]), 3, "list of entries is damaged"),
        ("the list is cut off", whole[..array].to_vec(), 3, "ends early at byte"),
        ("a size near 2^64", changed(208 + 8, &[0xff; 8]), 3, "of 3 entries at least a part"),
        ("more entries are stated", changed(152, &[9]), 3, "of 6 entries at least a part"),
    ] {
        let (_, exported) = read(&bytes);
        let exported = exported.unwrap();
        assert_eq!(exported.entries, entries, "{why}");
        assert!(exported.problem.as_ref().is_some_and(|problem| problem.contains(told)), "{why}: {exported:?}");
    }
    for (why, bytes, told) in [
        ("an unknown flag", changed(12, &[0x28]), "of a newer kind (flags 0x20)"),
        ("cut in the header", whole[..100].to_vec(), "ends early at byte 100"),
        ("no header size", changed(88, &[0; 8]), "header is damaged"),
    ] {
        assert!(read(&bytes).1.is_err_and(|reason| reason.contains(told)), "{why}");
    }
    // A journal that is open may count an entry that is not there yet.
    let mut open = changed(152, &[9]);
    open[16] = 1;
    assert_eq!(read(&open).1, Ok(Exported { entries: 3, problem: None }));
}

#[test]
fn damage_anywhere_does_no_harm() {
    for is_compact in [false, true] {
        let whole = journal(is_compact);
        for at in 8..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let (out, _) = read(&damaged);
                assert!(out.len() < 1 << 16, "{at}");
            }
            let (out, _) = read(&whole[..at]);
            assert!(out.len() < 1 << 16, "cut at {at}");
        }
    }
}

#[test]
fn an_entry_that_repeats_itself_is_bounded() {
    let mut writer = Writer::new(true);
    let zeros = vec![b'0'; 1 << 20];
    let data = writer.data(4, &zstd::encode_all([b"A=".as_slice(), &zeros].concat().as_slice(), 1).unwrap());
    for _ in 0..3 {
        writer.entry(&[data; 5000]);
    }
    let bytes = writer.close();
    let mut out = io::sink();
    let exported = export(&bytes, &Budget::new(100 << 20), &mut out).unwrap();
    assert!(exported.entries < 3 && exported.problem.unwrap().contains("over 1 GiB"));
}
