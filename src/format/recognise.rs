//! Which format is this? By content alone: a sample of lines is read with every format, and the one that reads most
//! of them is the file's own. Others that read lines which it cannot are kept beside it, as files may mix formats.

use memchr::{memchr, memmem};

use super::owner::Owner;
use super::{FORMATS, Format, Framing, access, apache, journald, nginx};
use crate::input::blocks::{line_before, split_line};

/// Lines looked at: at the beginning, and at each of the places further on.
const HEAD_LINES: usize = 200;
const LATER_LINES: usize = 40;
/// Where else to look, in eighths of the file.
const LATER: [usize; 3] = [2, 5, 7];
/// One of so many lines at least must be a record.
const LEAST_SHARE: usize = 5;
/// Bytes looked at in one place, for files of very long lines.
const PLACE_BYTES: usize = 256 << 10;

/// Largest document: an answer of a command, read as a whole.
const DOCUMENT_BYTES: usize = 256 << 20;

/// What a file holds.
#[derive(Clone)]
pub struct Recognised {
    /// The format of most of its records.
    pub format: &'static dyn Format,
    /// Formats that some of its lines have besides.
    pub others: Vec<&'static dyn Format>,
    /// The container whose output it is, where only the file's name tells.
    pub owner: Option<Owner>,
}

/// The formats of `bytes`; `None` if no known program wrote them. The name decides only between Apache and nginx,
/// whose combined logs are the same to the byte, and tells whose output a container's log is.
pub fn recognise(name: &str, bytes: &[u8]) -> Option<Recognised> {
    if let Some(format) = document(bytes) {
        return Some(Recognised { format, others: Vec::new(), owner: Owner::of(name) });
    }
    let lines = sample(bytes);
    let reads = |format: &dyn Format, at: usize, line: &[u8]| {
        format.is_start(line_before(bytes, at), line) && format.parse(whole(format, bytes, at, line)).is_some()
    };
    let read: Vec<Vec<bool>> =
        FORMATS.iter().map(|format| lines.iter().map(|(at, line)| reads(*format, *at, line)).collect()).collect();
    let counts = read.iter().map(|lines| lines.iter().filter(|read| **read).count());
    let (best, most) = counts.enumerate().rev().max_by_key(|(_, count)| *count)?;
    // Lines that go on with a record before them are indented, or are few; a text in which some line happens to look
    // like a record of a log is none.
    let is_head = |line: &[u8]| !line.starts_with(b" ") && !line.starts_with(b"\t") && !FORMATS[best].is_heading(line);
    let heads = lines.iter().filter(|(_, line)| is_head(line)).count();
    if most == 0 && lines.iter().any(|(_, line)| journald::is_empty_listing(line)) {
        return Some(Recognised { format: &journald::Short::Any, others: Vec::new(), owner: None });
    }
    if most == 0 || most * LEAST_SHARE < heads && !FORMATS[best].framing().is_counted() {
        return None;
    }
    let format = settle(FORMATS[best], name, bytes, &lines);
    let others = FORMATS.iter().zip(&read).enumerate().filter(|(index, (other, lines))| {
        let adds = lines.iter().zip(&read[best]).any(|(other, own)| *other && !own);
        *index != best && other.name() != format.name() && adds
    });
    let others = others.map(|(_, (format, _))| *format).collect();
    Some(Recognised { format, others, owner: Owner::of(name) })
}

/// How many lines of a sample of the file the format reads; 0 if they are too few for the file to be of that format.
pub fn covers(format: &'static dyn Format, bytes: &[u8]) -> usize {
    if format.framing() == Framing::Document {
        return if format.document(bytes).is_empty() { 0 } else { usize::MAX };
    }
    let lines = sample(bytes);
    let reads = |(at, line): &&(usize, &[u8])| {
        let is_start = format.is_start(line_before(bytes, *at), line);
        is_start && format.parse(whole(format, bytes, *at, line)).is_some()
    };
    let count = lines.iter().filter(reads).count();
    let heads = lines.iter().filter(|(_, line)| !line.starts_with(b" ") && !line.starts_with(b"\t")).count();
    if count * LEAST_SHARE < heads { 0 } else { count }
}

/// What a file holds in which a user says that `format` is: beside it only other forms of the same log, as
/// what Apache writes before its log is open.
pub fn chosen(name: &str, format: &'static dyn Format) -> Recognised {
    let others = FORMATS.iter().filter(|other| other.name() == format.name()).copied().collect();
    Recognised { format, others, owner: Owner::of(name) }
}

/// What `parse` needs to see of a record that begins with `line`: for binary entries more than the line.
fn whole<'a>(format: &dyn Format, bytes: &'a [u8], at: usize, line: &'a [u8]) -> &'a [u8] {
    match format.framing() {
        Framing::JournalExport | Framing::JournalFile => {
            let len = journald::entry_len(&bytes[at..]);
            &bytes[at..at + len]
        }
        Framing::Objects => {
            let rest = &bytes[at..bytes.len().min(at + PLACE_BYTES)];
            memmem::find(rest, b"\n}").map_or(line, |end| &rest[..end + 2])
        }
        _ => line,
    }
}

/// The format of a file that is one document.
fn document(bytes: &[u8]) -> Option<&'static dyn Format> {
    let (first, _) = split_line(bytes.trim_ascii_start());
    let is_whole = |format: &&dyn Format| {
        format.framing() == Framing::Document
            && bytes.len() <= DOCUMENT_BYTES
            && format.is_start(b"", first)
            && !format.document(bytes).is_empty()
    };
    FORMATS.iter().copied().find(is_whole)
}

/// Lines from several places of the file, with their offsets.
pub fn sample(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut lines = Vec::new();
    take(bytes, 0, HEAD_LINES, &mut lines);
    for eighth in LATER {
        let at = bytes.len() / 8 * eighth;
        if at > lines.last().map_or(0, |(at, _)| *at)
            && let Some(newline) = bytes.get(at..).and_then(|rest| memchr(b'\n', rest))
        {
            take(bytes, at + newline + 1, LATER_LINES, &mut lines);
        }
    }
    lines
}

fn take<'a>(bytes: &'a [u8], from: usize, count: usize, lines: &mut Vec<(usize, &'a [u8])>) {
    let mut at = from;
    let until = bytes.len().min(from.saturating_add(PLACE_BYTES));
    for _ in 0..count {
        if at >= until {
            break;
        }
        let (line, rest) = split_line(&bytes[at..]);
        if !line.is_empty() {
            lines.push((at, line));
        }
        at = bytes.len() - rest.len();
    }
}

/// Decides between forms that the same line can have.
fn settle(format: &'static dyn Format, name: &str, bytes: &[u8], lines: &[(usize, &[u8])]) -> &'static dyn Format {
    match format.name() {
        "nginx-access" | "apache-access" => settle_combined(format, name, lines),
        "syslog-rfc3164" | "syslog-iso" => {
            let marked = lines.iter().any(|(at, line)| journald::shows_marks(line_before(bytes, *at), line));
            if marked { &journald::Short::Any } else { format }
        }
        "journald-short" if lines.iter().any(|(_, line)| journald::is_monotonic(line)) => &journald::Short::Monotonic,
        _ => format,
    }
}

fn settle_combined(format: &'static dyn Format, name: &str, lines: &[(usize, &[u8])]) -> &'static dyn Format {
    let vhost = |line: &[u8]| apache::VhostAccessLog.parse(line).is_some();
    let common = |line: &[u8]| nginx::AccessLog.parse(line).is_none();
    if lines.iter().all(|(_, line)| vhost(line)) {
        return &apache::VhostAccessLog;
    }
    if format.name() == "apache-access" || lines.iter().any(|(_, line)| common(line) && !vhost(line)) {
        return format;
    }
    let (mut as_nginx, mut as_apache) = (0, 0);
    for (_, line) in lines {
        let marks = access::marks(line);
        as_nginx += usize::from(marks.nginx);
        as_apache += usize::from(marks.apache);
    }
    let (named_nginx, named_apache) = named(name);
    match as_nginx.cmp(&as_apache) {
        std::cmp::Ordering::Less if !named_nginx => &apache::AccessLog,
        std::cmp::Ordering::Equal if named_apache => &apache::AccessLog,
        _ if named_apache && as_nginx == 0 => &apache::AccessLog,
        _ => &nginx::AccessLog,
    }
}

/// Whether the path speaks of nginx, or of Apache: by its last part that speaks of one of them.
fn named(path: &str) -> (bool, bool) {
    let path = path.to_ascii_lowercase();
    let speaks =
        path.rsplit('/').map(|part| (part.contains("nginx"), part.contains("apache") || part.contains("httpd")));
    speaks.into_iter().find(|(nginx, apache)| nginx != apache).unwrap_or((false, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_path_that_names_a_server_decides() {
        assert_eq!(named("nginx-apache-port/web01/var/log/nginx/access.log"), (true, false));
        assert_eq!(named("/var/log/httpd/access_log"), (false, true));
        assert_eq!(named("access.log"), (false, false));
    }
}
