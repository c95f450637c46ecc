//! Which format is this? By content alone: a sample of lines is read with every format, and the one that reads most
//! of them is the file's own. Others that read lines which it cannot are kept beside it, as files may mix formats.
//!
//! A text that only quotes a log is none. A log begins with a record, or with few lines of other kinds, and hardly
//! anything but records follows; a letter, a page or a program has its own words around the lines that it quotes.

use memchr::{memchr, memmem};

use super::owner::Owner;
use super::{FORMATS, Format, Framing, Record, access, apache, journald, nginx};
use crate::input::blocks::{line_before, split_line};

/// Lines looked at: at the beginning, and at each of the places further on.
const HEAD_LINES: usize = 200;
const LATER_LINES: usize = 40;
/// Where else to look, in eighths of the file.
const LATER: [usize; 3] = [2, 5, 7];
/// Bytes looked at in one place, for files of very long lines.
const PLACE_BYTES: usize = 256 << 10;

/// One of so many lines at least is a record,
const LEAST_SHARE: usize = 5;
/// or one of so many where the file begins with one and a message may span lines.
const LEAST_SHARE_OF_LONG: usize = 50;
/// For each line before the first record there are so many records,
const RECORDS_A_LEAD: usize = 4;
/// or so many in all, and of the lines behind the first of them three in four: what a program prints while it starts.
const MANY_RECORDS: usize = 10;

/// Bytes of the beginning in which every line is looked at for rare formats, and of each of the places further on.
const RARE_HEAD_BYTES: usize = 1 << 20;
const RARE_PLACE_BYTES: usize = 32 << 10;
/// How many such places there are.
const RARE_PLACES: usize = 32;

/// Longest line that may be a record: the journal's largest entries (`DATA_SIZE_MAX`) are of this order, other lines
/// are far shorter. Behind a log that was cut off there may be gigabytes of zeros.
const LONGEST_BYTES: usize = 16 << 20;

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

impl Recognised {
    fn only(name: &str, format: &'static dyn Format) -> Recognised {
        Recognised { format, others: Vec::new(), owner: Owner::of(name) }
    }

    /// The format of which a record starts with `line`.
    pub fn starts(&self, previous: &[u8], line: &[u8]) -> Option<&'static dyn Format> {
        let starts = |format: &&'static dyn Format| format.is_start(previous, line);
        Some(self.format).filter(starts).or_else(|| self.others.iter().copied().find(starts))
    }
}

/// The formats of `bytes`; `None` if no known program wrote them. The name decides only between programs whose lines
/// are the same to the byte: Apache and nginx, journalctl and a syslog daemon; it tells whose output a container's log is.
pub fn recognise(name: &str, bytes: &[u8]) -> Option<Recognised> {
    if let Some(format) = document(bytes) {
        return Some(Recognised::only(name, format));
    }
    let sample = Sample::of(bytes);
    let mut readers: Vec<Reader> = FORMATS.iter().map(|format| sample.reader(*format)).collect();
    settle_journal(name, &sample, &mut readers);
    settle_access(name, &sample, &mut readers);
    let Some(best) = best(&readers) else {
        let is_empty = sample.lines.iter().any(|(_, line)| journald::is_empty_listing(line));
        return is_empty.then(|| Recognised::only(name, &journald::Short(journald::Likeness::Rfc3164)));
    };
    if !sample.is_log(&readers, best.format) {
        return None;
    }
    let adds = |other: &&Reader| other.reads.iter().zip(&best.reads).any(|(other, own)| *other && !own);
    let others = readers.iter().filter(adds).map(|other| other.format).collect();
    let is_monotonic = || sample.lines.iter().any(|(_, line)| journald::is_monotonic(line));
    let format = match best.format.name() {
        "journald-short" if is_monotonic() => &journald::Short(journald::Likeness::Monotonic),
        _ => best.format,
    };
    let mut recognised = Recognised { format, others, owner: Owner::of(name) };
    if !best.format.framing().is_counted() {
        add_rare(name, bytes, &mut recognised);
    }
    Some(recognised)
}

/// How many lines of a sample of the file the format reads; 0 if they are too few for the file to be of that format.
pub fn covers(format: &'static dyn Format, bytes: &[u8]) -> usize {
    if format.framing() == Framing::Document {
        return if format.document(bytes).is_empty() { 0 } else { usize::MAX };
    }
    let sample = Sample::of(bytes);
    let count = sample.reader(format).reads.into_iter().filter(|reads| *reads).count();
    let heads = sample.lines.iter().filter(|(_, line)| is_head(line, format)).count();
    if count * LEAST_SHARE < heads { 0 } else { count }
}

/// The line before the one at `at`, or its end if it is long: each line of the sample asks for it with each format, and a
/// log that is being cut off may turn to gigabytes of zeros meanwhile.
pub fn before(bytes: &[u8], at: usize) -> &[u8] {
    const END_BYTES: usize = 16 << 10;
    let from = at.saturating_sub(END_BYTES);
    bytes.get(from..).map_or(&[], |rest| line_before(rest, at - from))
}

/// Lines from several places of a file, with their offsets.
pub fn sample(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    Sample::of(bytes).lines
}

/// What a file holds in which a user says that `format` is: beside it only other forms of the same log, as
/// what Apache writes before its log is open.
pub fn chosen(name: &str, format: &'static dyn Format) -> Recognised {
    let others = FORMATS.iter().filter(|other| other.name() == format.name()).copied().collect();
    Recognised { format, others, owner: Owner::of(name) }
}

/// Which lines of the sample a format reads.
struct Reader {
    format: &'static dyn Format,
    reads: Vec<bool>,
    /// Whether one of them at least says more than a stamp before any words does.
    is_sure: bool,
}

/// The format that reads most lines; of several the first in the list.
fn best(readers: &[Reader]) -> Option<&Reader> {
    let count = |reader: &Reader| reader.reads.iter().filter(|reads| **reads).count();
    readers.iter().rev().max_by_key(|reader| count(reader)).filter(|reader| count(reader) > 0)
}

/// Lines from several places of a file, with their offsets; none is empty.
struct Sample<'a> {
    bytes: &'a [u8],
    lines: Vec<(usize, &'a [u8])>,
}

impl<'a> Sample<'a> {
    fn of(bytes: &'a [u8]) -> Sample<'a> {
        let mut lines = Vec::new();
        take(bytes, 0, (HEAD_LINES, PLACE_BYTES), &mut lines);
        for eighth in LATER {
            let at = bytes.len() / 8 * eighth;
            if at > lines.last().map_or(0, |(at, _)| *at) {
                take(bytes, next_line(bytes, at), (LATER_LINES, PLACE_BYTES), &mut lines);
            }
        }
        Sample { bytes, lines }
    }

    /// What `format` reads of the sample.
    fn reader(&self, format: &'static dyn Format) -> Reader {
        let mut is_sure = false;
        let mut reads = |(at, line): &(usize, &[u8])| {
            let record = read(format, self.bytes, *at, line);
            is_sure = is_sure || record.as_ref().is_some_and(says_who);
            record.is_some()
        };
        Reader { format, reads: self.lines.iter().map(&mut reads).collect(), is_sure }
    }

    /// The lines that one of the readers reads.
    fn read_by(&self, readers: &[&Reader]) -> Vec<&'a [u8]> {
        let is_read = |index: usize| readers.iter().any(|reader| reader.reads.get(index) == Some(&true));
        self.lines.iter().enumerate().filter(|(index, _)| is_read(*index)).map(|(_, (_, line))| *line).collect()
    }

    /// Whether the file is a log, and not some text with lines in it that look like a log's.
    fn is_log(&self, readers: &[Reader], best: &dyn Format) -> bool {
        let is_record = |index: usize| readers.iter().any(|reader| reader.reads.get(index) == Some(&true));
        let is_head = |(index, (_, line)): (usize, &(usize, &[u8]))| is_record(index) || is_head(line, best);
        let count = |from, to| self.lines.iter().enumerate().take(to).skip(from).filter(|at| is_head(*at)).count();
        let first = (0..self.lines.len()).find(|index| is_record(*index)).unwrap_or_default();
        let (lead, heads) = (count(0, first), count(first, self.lines.len()));
        let records = (0..self.lines.len()).filter(|index| is_record(*index)).count();
        let is_quoted = self.lines.iter().take(first).any(|(_, line)| is_markup(line));
        // Fields of an entry count, too: most lines are fields, and only the first of an entry is a record's.
        let fields = || self.lines.iter().filter(|(_, line)| best.is_heading(line)).count();
        match lead {
            _ if is_quoted || !readers.iter().any(|reader| reader.is_sure) => false,
            _ if best.framing().is_counted() => records + fields() >= lead * RECORDS_A_LEAD,
            0 if best.framing() == Framing::Lines => records * LEAST_SHARE_OF_LONG >= heads,
            _ if records * LEAST_SHARE < lead + heads => false,
            _ => records >= lead * RECORDS_A_LEAD || records >= MANY_RECORDS && records * 4 >= heads * 3,
        }
    }
}

/// What `format` reads at a line.
fn read<'a>(format: &dyn Format, bytes: &'a [u8], at: usize, line: &'a [u8]) -> Option<Record<'a>> {
    let is_start = format.is_start(before(bytes, at), line) && !(is_access(format) && access::is_foreign(line));
    is_start.then(|| format.parse(whole(format, bytes, at, line))).flatten()
}

/// Whether the writer is told. A stamp before any words is not enough for a line of syslog or the journal: notes, tables
/// of figures and lists of commits look so.
fn says_who(record: &Record<'_>) -> bool {
    let is_repeat = || record.message().contains("last message repeated");
    match record.format {
        "syslog-iso" | "journald-short" => {
            let is_sent = record.program.is_some() && (record.host.is_some() || record.level.is_some());
            is_sent || record.pid.is_some() || record.unit.is_some() || is_repeat()
        }
        "syslog-rfc3164" => record.host.is_some() || record.pid.is_some() || record.level.is_some() || is_repeat(),
        _ => true,
    }
}

/// Whether a line should be a record: none goes on with one that is indented, heads a table, or stands between the
/// lines of a program, as other programs put lines there.
fn is_head(line: &[u8], best: &dyn Format) -> bool {
    let is_indented = line.starts_with(b" ") || line.starts_with(b"\t");
    !is_indented && !best.is_heading(line) && !is_between(line) && !is_entrypoint(line)
}

/// Whether a line stands between records, and is part of none: what journalctl, `systemctl status` and `tail` of several
/// files (`==> access.log <==`) put there.
pub(super) fn is_between(line: &[u8]) -> bool {
    let is_of_tail = line.starts_with(b"==> ") && line.ends_with(b" <==");
    is_of_tail || journald::is_separator(line) || journald::is_status(line)
}

/// `/docker-entrypoint.sh: Configuration complete`, `10-listen-on-ipv6-by-default.sh: info: …`: what images of
/// servers write before the server starts.
fn is_entrypoint(line: &[u8]) -> bool {
    let word = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_script = word.ends_with(b".sh:") || word.ends_with(b".envsh:");
    is_script && (word.starts_with(b"/docker-entrypoint") || word.first().is_some_and(u8::is_ascii_digit))
}

/// Whether a line is of a text with marks of its own, in which a log is only quoted: a page, a block of Markdown, a
/// program's text of several lines.
fn is_markup(line: &[u8]) -> bool {
    let is_tag = matches!(line, [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'!' | b'?' | b'/', ..]);
    let opens = |quote: &[u8]| line.starts_with(quote) || line.ends_with(quote);
    is_tag
        || line.starts_with(b"~~~")
        || line.ends_with(b"`")
        || [b"```", b"\"\"\"", b"'''"].iter().any(|quote| opens(*quote))
}

/// Adds the formats of lines between those of the sample.
fn add_rare(name: &str, bytes: &[u8], recognised: &mut Recognised) {
    let mut lines = Vec::new();
    take(bytes, 0, (usize::MAX, RARE_HEAD_BYTES), &mut lines);
    for place in 0..RARE_PLACES {
        let at = bytes.len() / RARE_PLACES * place;
        if at > RARE_HEAD_BYTES {
            take(bytes, next_line(bytes, at), (usize::MAX, RARE_PLACE_BYTES), &mut lines);
        }
    }
    for (at, line) in lines {
        let is_indented = line.starts_with(b" ") || line.starts_with(b"\t");
        if is_indented || recognised.starts(before(bytes, at), line).is_some() {
            continue;
        }
        let reads = |format: &&&'static dyn Format| read(**format, bytes, at, line).as_ref().is_some_and(says_who);
        let Some(format) = FORMATS.iter().filter(|format| is_plain(**format)).find(reads) else { continue };
        recognised.others.push(if is_access(*format) { access_log(name, &[line]) } else { *format });
        recognised.others.sort_by_key(|other| FORMATS.iter().position(|format| format.name() == other.name()));
    }
}

/// Whether a line alone shows the format.
fn is_plain(format: &dyn Format) -> bool {
    !format.framing().is_counted() && format.framing() != Framing::Document && !format.samples().is_empty()
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

/// The start of the next line behind `at`, or the end.
fn next_line(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(bytes.len(), |newline| at + newline + 1)
}

/// Adds so many lines from `from` on, or those that begin in so many bytes.
fn take<'a>(bytes: &'a [u8], from: usize, (count, len): (usize, usize), lines: &mut Vec<(usize, &'a [u8])>) {
    let mut at = from;
    let until = bytes.len().min(from.saturating_add(len));
    for _ in 0..count {
        if at >= until {
            break;
        }
        let (line, rest) = split_line(&bytes[at..]);
        if !line.is_empty() && line.len() <= LONGEST_BYTES {
            lines.push((at, line));
        }
        at = bytes.len() - rest.len();
    }
}

/// Decides between journalctl and a syslog daemon, for each of the two forms that both write. In the list of formats
/// journalctl's stands just before the daemon's.
fn settle_journal(name: &str, sample: &Sample<'_>, readers: &mut [Reader]) {
    let marks = |(at, line): &(usize, &[u8])| {
        let (next, _) = split_line(&sample.bytes[next_line(sample.bytes, *at)..]);
        journald::marks(before(sample.bytes, *at), line, next)
    };
    let marked: Vec<journald::Likeness> = sample.lines.iter().filter_map(marks).collect();
    for (daemon, likeness) in [("syslog-rfc3164", journald::Likeness::Rfc3164), ("syslog-iso", journald::Likeness::Iso)]
    {
        let at = readers.iter().position(|reader| reader.format.name() == daemon).unwrap_or_default();
        let Some([.., journal, daemon]) = readers.get_mut(..=at) else { continue };
        let is_journal = marked.contains(&likeness) || is_named_journal(name);
        for (journal, daemon) in journal.reads.iter_mut().zip(&mut daemon.reads) {
            *daemon = *daemon && !(is_journal && *journal);
            *journal = *journal && is_journal;
        }
    }
}

/// Whether the file is called after the journal.
fn is_named_journal(path: &str) -> bool {
    path.rsplit(['/', '!']).next().unwrap_or_default().to_ascii_lowercase().contains("journal")
}

fn is_access(format: &dyn Format) -> bool {
    matches!(format.name(), "nginx-access" | "apache-access")
}

/// Puts the one access log that the lines are of in the place of the three that read them.
fn settle_access(name: &str, sample: &Sample<'_>, readers: &mut Vec<Reader>) {
    let family: Vec<&Reader> = readers.iter().filter(|reader| is_access(reader.format)).collect();
    let lines = sample.read_by(&family);
    let at = readers.iter().position(|reader| is_access(reader.format)).unwrap_or_default();
    readers.retain(|reader| !is_access(reader.format));
    readers.insert(at.min(readers.len()), sample.reader(access_log(name, &lines)));
}

/// Whose access log it is, of which these lines are.
fn access_log(name: &str, lines: &[&[u8]]) -> &'static dyn Format {
    const KNOWN: apache::VhostAccessLog = apache::VhostAccessLog { is_known: true };
    // An address in front of a client is a virtual host's only where most lines have a name there.
    let vhost = |line: &[u8]| KNOWN.parse(line).is_some_and(|record| record.vhost.is_some());
    let certain = lines.iter().filter(|line| apache::VhostAccessLog { is_known: false }.parse(line).is_some()).count();
    if certain * 2 > lines.len() && lines.iter().all(|line| vhost(line)) {
        return &KNOWN;
    }
    let reads = |format: &dyn Format| lines.iter().filter(|line| format.parse(line).is_some()).count();
    if reads(&apache::AccessLog) > reads(&nginx::AccessLog) {
        return &apache::AccessLog;
    }
    let (mut as_nginx, mut as_apache) = (0u32, 0u32);
    for line in lines {
        let marks = access::marks(line);
        as_nginx += marks.nginx;
        as_apache += marks.apache;
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

    /// A line of Apache's or nginx's: its front, and its user agent with what follows.
    fn line(front: &str, tail: &str) -> String {
        format!("{front} - - [24/Nov/2026:08:10:43 +0530] \"GET / HTTP/1.1\" 200 5 \"-\" {tail}\n")
    }

    #[test]
    fn who_wrote_a_combined_log_is_told_by_most_of_its_lines() {
        const APACHE: &str = r#""\"x\"""#;
        const NGINX: &str = r#""\x22x""#;
        for (why, lines, want) in [
            ("nothing tells", [line("::1", "\"x\""), line("::1", "\"y\"")], "nginx-access"),
            ("Apache's escapes", [line("::1", "\"x\""), line("::1", APACHE)], "apache-access"),
            (
                "what nginx's packages add, and Apache's escapes",
                [line("::1", "\"x\" \"::1\""), line("::1", APACHE)],
                "apache-access",
            ),
            (
                "a list of proxies, and no known form",
                [line("10.0.0.1 ::1", APACHE), line("a b ::1", "\"x\"")],
                "apache-access",
            ),
            ("virtual hosts", [line("a.example ::1", "\"x\""), line("b.example ::1", "\"x\"")], "apache-access"),
            ("nginx's escapes", [line("::1", "\"x\""), line("::1", NGINX)], "nginx-access"),
        ] {
            let recognised = recognise("access.log", lines.concat().as_bytes());
            assert_eq!(recognised.map(|recognised| recognised.format.name()), Some(want), "{why}");
        }
    }

    #[test]
    fn an_address_is_no_riddle_in_a_log_of_virtual_hosts() {
        let rare = line("198.51.100.1 192.0.2.7", "\"x\"");
        let lines = [line("a.example 192.0.2.7", "\"x\"").repeat(300), rare.clone()].concat();
        let recognised = recognise("access.log", lines.as_bytes());
        let record = recognised.as_ref().and_then(|recognised| recognised.format.parse(rare.trim_end().as_bytes()));
        let record = record.unwrap_or_default();
        assert_eq!((record.vhost.as_deref(), record.client.as_deref()), (Some("198.51.100.1"), Some("192.0.2.7")));
    }

    #[test]
    fn the_last_part_of_a_path_that_names_a_server_decides() {
        assert_eq!(named("nginx-apache-port/web01/var/log/nginx/access.log"), (true, false));
        assert_eq!(named("/var/log/httpd/access_log"), (false, true));
        assert_eq!(named("access.log"), (false, false));
    }
}
