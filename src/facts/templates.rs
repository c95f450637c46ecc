//! What servers say, by its wording: messages with what changes from one to the next masked, counted by minute.
//!
//! Kept of a source are the [`TEMPLATES`] wordings with the smallest hashes; the rest counts as "other". Which these are
//! hangs on the whole log only: a wording that is among the smallest of all is among the smallest of every part that
//! has it, so it is never dropped on the way, and its counts are exact however the log was divided.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Moment, Place};
use crate::format::{Record, Stamp, Zone};

/// Wordings kept of a source.
pub const TEMPLATES: usize = 20_000;
/// Bytes of a message that its wording is made of.
const MESSAGE_BYTES: usize = 400;
/// What stands for a masked piece.
const MASK: u8 = b'*';

/// Lines of one wording in one minute of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute {
    /// As [`Moment::stretch`].
    stretch: u32,
    block: u32,
    /// Minutes since 1970 by the stamp as written.
    civil_min: i32,
    /// As [`Stamp::zone`], in seconds.
    offset_s: Option<i32>,
    has_year: bool,
    /// Second of the first line in it, and where that stands.
    second: u8,
    line: u32,
    offset: u64,
    /// Lines.
    pub count: u32,
}

impl Minute {
    fn of(place: Place, moment: Moment) -> Minute {
        let stamp = moment.stamp;
        let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Minute {
            stretch: moment.stretch,
            block: small(place.block.1),
            civil_min: i32::try_from(stamp.civil_s.div_euclid(60)).unwrap_or(i32::MAX),
            offset_s: if let Zone::Offset(offset) = stamp.zone { Some(offset) } else { None },
            has_year: stamp.has_year,
            second: stamp.civil_s.rem_euclid(60) as u8,
            line: small(place.line),
            offset: place.offset as u64,
            count: 1,
        }
    }

    /// The first of its lines: when, by the stamp as written, and where.
    pub fn first(&self, source: usize) -> (Place, Moment) {
        let zone = self.offset_s.map_or(Zone::Unknown, Zone::Offset);
        let civil_s = i64::from(self.civil_min) * 60 + i64::from(self.second);
        let stamp = Stamp { civil_s, nanos: 0, digits: 0, zone, has_year: self.has_year };
        let place = Place {
            block: (source, self.block as usize),
            line: self.line as usize,
            offset: usize::try_from(self.offset).unwrap_or(usize::MAX),
        };
        (place, Moment { stamp, stretch: self.stretch })
    }

    fn key(&self) -> (u32, u32, i32, Option<i32>, bool) {
        (self.block, self.stretch, self.civil_min, self.offset_s, self.has_year)
    }

    fn add(&mut self, other: &Minute) {
        let earlier = (other.second, other.line, other.offset) < (self.second, self.line, self.offset);
        let count = self.count.saturating_add(other.count);
        *self = Minute { count, ..if earlier { *other } else { *self } };
    }
}

/// One wording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Who says it.
    pub program: Box<str>,
    /// The message, masked.
    pub text: Box<str>,
    /// When it was said; each minute of a block once, after [`Templates::sort`] in one order.
    pub minutes: Vec<Minute>,
}

/// The wordings of a source.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Templates {
    kept: HashMap<u64, Template, BuildHasherDefault<Same>>,
    /// All lines, those of wordings that were dropped too.
    pub lines: u64,
    /// Hashes from here on are dropped.
    limit: Option<u64>,
}

/// In the order of the hashes: that of the table hangs on its history.
impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates")
            .field("kept", &self.sorted())
            .field("lines", &self.lines)
            .field("limit", &self.limit)
            .finish()
    }
}

/// A hash is its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Templates {
    /// Counts a line of `program`. `scratch` is room for the masked message.
    pub fn add(&mut self, record: &Record<'_>, program: &str, at: (Place, Moment), scratch: &mut Vec<u8>) {
        if !is_own_words(record) {
            return;
        }
        let (place, moment) = at;
        scratch.clear();
        scratch.extend_from_slice(program.as_bytes());
        scratch.push(0);
        let head = scratch.len();
        mask(first_bytes(record.message()), scratch);
        if scratch.len() == head {
            return;
        }
        self.lines += 1;
        let hash = rapidhash::v3::rapidhash_v3(scratch);
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        let minute = Minute::of(place, moment);
        let template = self.kept.entry(hash).or_insert_with(|| Template {
            program: program.into(),
            text: String::from_utf8_lossy(&scratch[head..]).into(),
            minutes: Vec::new(),
        });
        match template.minutes.last_mut() {
            Some(last) if last.key() == minute.key() => last.add(&minute),
            _ => template.minutes.push(minute),
        }
        if self.kept.len() > 2 * TEMPLATES {
            self.trim();
        }
    }

    /// Drops all but the smallest hashes.
    fn trim(&mut self) {
        if self.kept.len() <= TEMPLATES {
            return;
        }
        let mut hashes: Vec<u64> = self.kept.keys().copied().collect();
        let (_, limit, _) = hashes.select_nth_unstable(TEMPLATES);
        let limit = self.limit.map_or(*limit, |old| old.min(*limit));
        self.kept.retain(|hash, _| *hash < limit);
        self.limit = Some(limit);
    }

    /// Adds what another part of the same source says.
    pub fn merge(&mut self, other: Templates) {
        self.lines += other.lines;
        self.limit = [self.limit, other.limit].into_iter().flatten().min();
        for (hash, template) in other.kept {
            match self.kept.entry(hash) {
                std::collections::hash_map::Entry::Occupied(mut own) => own.get_mut().minutes.extend(template.minutes),
                std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(template)),
            }
        }
        if let Some(limit) = self.limit {
            self.kept.retain(|hash, _| *hash < limit);
        }
        self.trim();
    }

    /// Brings the minutes into the one order that does not depend on how they were merged.
    pub fn sort(&mut self) {
        self.trim();
        for template in self.kept.values_mut() {
            template.minutes.sort_unstable();
            template.minutes.dedup_by(|next, kept| {
                let same = next.key() == kept.key();
                if same {
                    kept.add(next);
                }
                same
            });
        }
    }

    /// The wordings by their hashes.
    pub fn sorted(&self) -> Vec<(u64, &Template)> {
        let mut all: Vec<(u64, &Template)> = self.kept.iter().map(|(hash, template)| (*hash, template)).collect();
        all.sort_unstable_by_key(|(hash, _)| *hash);
        all
    }
}

/// Whether a line is a server's own: none that tells what people do and who logs in, no traffic, no configuration.
fn is_own_words(record: &Record<'_>) -> bool {
    let is_of_people = matches!(record.format, "sudo" | "sshd" | "cron") || record.message().starts_with("pam_unix(");
    !record.is_traffic && !is_of_people && !record.format.ends_with("-config")
}

/// The message's first line, cut at a character.
fn first_bytes(message: &str) -> &[u8] {
    let message = message.as_bytes();
    let message = &message[..message.len().min(MESSAGE_BYTES)];
    memchr::memchr(b'\n', message).map_or(message, |end| &message[..end])
}

/// Whether a byte is part of a word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Appends the message without what changes from one to the next: numbers, hexadecimal words, quoted texts, paths and
/// addresses become a mask each. A number behind a mask and a separator belongs to it: addresses, times, versions.
fn mask(message: &[u8], out: &mut Vec<u8>) {
    let begin = out.len();
    let mut at = 0;
    while let Some(&byte) = message.get(at) {
        let before = at.checked_sub(1).map_or(b' ', |before| message[before]);
        let rest = &message[at..];
        let taken = match byte {
            b'"' => quoted(rest).max(1),
            b'\'' if !is_word(before) => quoted(rest),
            b'/' if !is_word(before) && before != b'/' && rest.get(1).is_some_and(|next| is_word(*next)) => path(rest),
            b':' if rest.starts_with(b"://") => path(rest),
            _ => 0,
        };
        if taken > 0 {
            put_mask(out, begin);
            at += taken;
        } else if is_word(byte) {
            let len = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
            word(&rest[..len], at == 0 && rest.get(len) == Some(&b':'), out, begin);
            at += len;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    while out.len() > begin && out.last().is_some_and(u8::is_ascii_whitespace) {
        out.pop();
    }
}

/// A word; `is_code` where it stands before all else with a colon behind it: `AH00072:` is a message's number.
fn word(word: &[u8], is_code: bool, out: &mut Vec<u8>, begin: usize) {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_hex = || word.iter().all(u8::is_ascii_hexdigit);
    let is_behind = || is_behind_mask(&out[begin..]);
    if digits == 0 {
        // The groups of an address or a UUID may be letters only.
        if word.len() <= 12 && is_behind() && is_hex() {
            put_mask(out, begin);
        } else {
            out.extend_from_slice(word);
        }
        return;
    }
    if is_code && word[0].is_ascii_uppercase() {
        out.extend_from_slice(word);
        return;
    }
    let is_number = digits == word.len() || word.len() >= 8 && is_hex() || word.starts_with(b"0x");
    if is_number || is_behind() {
        put_mask(out, begin);
        return;
    }
    let mut was_digit = false;
    for byte in word {
        if !byte.is_ascii_digit() {
            out.push(*byte);
        } else if !was_digit {
            out.push(MASK);
        }
        was_digit = byte.is_ascii_digit();
    }
}

/// Whether what comes next is joined to a mask: `*.`, `*:`, `*-`.
fn is_behind_mask(out: &[u8]) -> bool {
    matches!(out, [.., MASK, b'.' | b':' | b'-' | b'/' | b','])
}

/// A mask, or none where it goes on with the one before.
fn put_mask(out: &mut Vec<u8>, begin: usize) {
    if is_behind_mask(&out[begin..]) {
        out.pop();
    } else if out.len() == begin || out.last() != Some(&MASK) {
        out.push(MASK);
    }
}

/// The length of a text in quotes; all of the rest where it does not close, 0 for a lone apostrophe.
fn quoted(rest: &[u8]) -> usize {
    let quote = rest[0];
    let closing = memchr::memchr_iter(quote, &rest[1..])
        .map(|end| end + 1)
        .find(|end| rest[end - 1] != b'\\' && (quote == b'"' || rest.get(end + 1).is_none_or(|next| !is_word(*next))));
    match closing {
        Some(end) => end + 1,
        None if quote == b'"' => rest.len(),
        None => 0,
    }
}

/// The length of a path or of the rest of an address behind its scheme.
fn path(rest: &[u8]) -> usize {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",;)]}>\"'|".contains(byte);
    let len = rest.iter().position(ends).unwrap_or(rest.len());
    // `/etc/nginx/nginx.conf:12:` is followed by a number, `/run/app.sock:` by the text.
    let colon = rest[3.min(len)..len].iter().position(|byte| *byte == b':');
    if rest[0] == b'/' { colon.map_or(len, |colon| colon + 3.min(len)) } else { len }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(message: &str) -> String {
        let mut out = Vec::new();
        mask(message.as_bytes(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn what_changes_is_masked() {
        for (message, wanted) in [
            (
                "AH00072: make_sock: could not bind to address 0.0.0.0:80",
                "AH00072: make_sock: could not bind to address *",
            ),
            ("worker process 771 exited on signal 11", "worker process * exited on signal *"),
            (
                "open() \"/srv/a b\" failed (2: No such file or directory)",
                "open() * failed (*: No such file or directory)",
            ),
            (
                "connect() to [::1]:8080 failed, upstream: http://127.0.0.1:8080/a?b",
                "connect() to [::*]:* failed, upstream: http*",
            ),
            ("session 4a3f9c21-abcd-4e5f-9abc-0123456789ab closed", "session * closed"),
            ("can't open /etc/nginx/nginx.conf:12, isn't there", "can't open *, isn't there"),
            ("user 'alice' has left at 10:20:30,123", "user * has left at *"),
            ("took 12ms of 1.5s", "took *ms of *"),
            ("app1 and app22 disagree", "app* and app* disagree"),
            ("code 0xdeadbeef", "code *"),
            ("", ""),
            ("\"unclosed", "*"),
        ] {
            assert_eq!(masked(message), wanted, "{message}");
        }
    }

    fn record(message: &str) -> Record<'_> {
        Record { program: Some("app".into()), message: Some(message.into()), ..Record::new("app-log") }
    }

    fn moment(civil_s: i64) -> Moment {
        Moment { stamp: Stamp { civil_s, nanos: 0, digits: 0, zone: Zone::Unknown, has_year: true }, stretch: 0 }
    }

    /// The templates of some lines, in parts of `size` each, merged in order or against it.
    fn told(lines: &[(String, i64)], size: usize, is_reversed: bool) -> Templates {
        let mut parts: Vec<Templates> = lines
            .chunks(size)
            .enumerate()
            .map(|(part, lines)| {
                let mut templates = Templates::default();
                for (line, (message, at)) in lines.iter().enumerate() {
                    let place = Place { block: (0, 0), line: part * size + line, offset: part * size + line };
                    templates.add(&record(message), "app", (place, moment(*at)), &mut Vec::new());
                }
                templates
            })
            .collect();
        if is_reversed {
            parts.reverse();
        }
        let mut all = Templates::default();
        parts.into_iter().for_each(|part| all.merge(part));
        all.sort();
        all
    }

    #[test]
    fn the_division_does_not_show() {
        let word = |number: usize| {
            let letter = |place: u32| char::from(b'g' + (number / 20usize.pow(place) % 20) as u8);
            (0..4).map(letter).collect::<String>()
        };
        let lines: Vec<(String, i64)> =
            (0..70_000).map(|line| (format!("lost {} {line}", word(line * 7 % 50_000)), line as i64 / 9)).collect();
        let whole = told(&lines, lines.len(), false);
        assert_eq!((whole.kept.len(), whole.lines), (TEMPLATES, 70_000));
        for (size, is_reversed) in [(1000, false), (1000, true), (33_333, true)] {
            let parts = told(&lines, size, is_reversed);
            assert!(parts.sorted() == whole.sorted(), "{size}");
            assert_eq!(parts.lines, whole.lines);
        }
    }

    #[test]
    fn people_and_requests_are_left_out() {
        let mut templates = Templates::default();
        for record in [
            Record { format: "sudo", ..record("x") },
            Record { is_traffic: true, ..record("x") },
            record("pam_unix(sudo:session): session opened for user root"),
            record(""),
        ] {
            let place = Place { block: (0, 0), line: 0, offset: 0 };
            templates.add(&record, "app", (place, moment(0)), &mut Vec::new());
        }
        assert_eq!(templates.lines, 0);
    }
}
