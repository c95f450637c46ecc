//! Format strings of Apache, nginx and HAProxy, turned into formats: what `--input-format` takes.
//!
//! ```text
//! apache:%h %l %u %t "%r" %>s %b
//! apache-error:[%{u}t] [%-m:%l] [pid %P] %7F: %E: [client\ %a] %M
//! nginx:escape=json {"time":"$time_iso8601","status":$status}
//! haproxy:%ci:%cp [%tr] %ft %b/%s %ST %{+Q}r
//! ```
//!
//! A format string becomes a [`pattern`] of literals and directives; each server's file says what its directives write
//! ([`draft::Slot`]) and what that looks like ([`pattern::Shape`]). Records are those of the server's own formats:
//! values of a directive that has no place in a record stay in `fields` under the directive's name.

mod apache;
mod apache_error;
mod draft;
mod haproxy;
mod json;
mod keys;
mod moment;
mod nginx;
mod own;
mod pattern;
mod within;

use std::borrow::Cow;

use draft::Draft;
use pattern::Pattern;

use super::tag::pri;
use super::{FORMATS, Format, Framing, Record, Text, nest, syslog, text};

pub use json::JsonAccessLog;
pub use own::{OwnFormat, named as renamed, regex};
pub use within::{Inner, Within};

/// How the names of format strings begin, and what reads them.
const SERVERS: [(&str, Compile); 4] = [
    ("apache:", apache::compile),
    ("apache-error:", apache_error::compile),
    ("nginx:", nginx::compile),
    ("haproxy:", haproxy::compile),
];

/// Reads a format string; the error says what it does not understand.
type Compile = fn(&'static str) -> Result<Template, String>;

/// Whether the text is a server's format string, not a format's name.
pub fn is_format_string(text: &str) -> bool {
    SERVERS.iter().any(|(server, _)| text.starts_with(server))
}

/// A server's format string, with the server in front.
///
/// # Errors
/// What of it is no format string.
pub fn of_server(text: &str) -> Result<Template, String> {
    let Some((server, compile)) = SERVERS.iter().find(|(server, _)| text.starts_with(server)) else {
        let servers = SERVERS.map(|(server, _)| server).join(", ");
        return Err(format!("a server's format string begins with one of {servers}; got \"{text}\""));
    };
    compile(String::leak(text[server.len()..].to_owned()))
}

/// The format of that name. Several forms of one program's log may share a name: the last reads most.
pub fn named(name: &str) -> Option<&'static dyn Format> {
    let name = match name {
        "haproxy-tcp" | "haproxy-clf" | "haproxy-error" => "haproxy-http",
        name => name,
    };
    FORMATS.iter().rev().find(|format| format.name() == name).copied()
}

/// What a template's lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Traffic,
    /// Of Apache's error log.
    Messages,
    /// Of a user's own format.
    Own,
}

/// A format string, ready to read lines.
#[derive(Debug)]
pub struct Template {
    name: &'static str,
    program: Option<&'static str>,
    kind: Kind,
    lines: Lines,
}

/// The form of a template's lines.
#[derive(Debug)]
enum Lines {
    /// Literals and values.
    Pattern(Pattern),
    /// An object of JSON, by its names.
    Object(json::Reader),
    /// A regex, by its groups.
    Regex(own::Groups),
}

impl Template {
    fn traffic(name: &'static str, mut pattern: Pattern) -> Template {
        draft::settle(&mut pattern);
        Template { name, program: None, kind: Kind::Traffic, lines: Lines::Pattern(pattern) }
    }

    /// Reads a line without an envelope.
    fn bare<'a>(&self, line: &'a [u8]) -> Option<Record<'a>> {
        let mut draft = Draft::new(self.name);
        match &self.lines {
            Lines::Pattern(pattern) => {
                for (directive, raw) in pattern.read(line)? {
                    draft.tell(&directive.slot, Cow::Borrowed(directive.name), raw, directive.escape);
                }
            }
            Lines::Object(reader) => reader.read(line, &mut draft)?,
            Lines::Regex(groups) => groups.read(line, &mut draft)?,
        }
        let record = match self.kind {
            Kind::Traffic => draft.traffic(),
            Kind::Messages => apache_error::finish(draft.message()),
            Kind::Own => draft.message(),
        };
        Some(Record { program: record.program.or(self.program.map(Text::Borrowed)), ..record })
    }

    /// Reads the message of a line of syslog, which may stand around the lines of nginx and HAProxy; of HAProxy also
    /// with nothing but `<134>` in front.
    fn enveloped<'a>(&self, line: &'a [u8]) -> Option<Record<'a>> {
        let (level, text) = pri(line);
        if let Some(record) = self.bare(text).filter(|_| level.is_some()) {
            return Some(Record { level, ..record });
        }
        let formats: [&dyn Format; 3] = [&syslog::Rfc5424, &syslog::Iso, &syslog::Rfc3164];
        let envelope =
            formats.iter().filter(|format| format.is_start(b"", line)).find_map(|format| format.parse(line))?;
        nest::within(envelope, |message| self.bare(message))
    }
}

impl Format for Template {
    fn name(&self) -> &'static str {
        self.name
    }

    fn framing(&self) -> Framing {
        match self.kind {
            Kind::Traffic => Framing::SingleLines,
            Kind::Messages | Kind::Own => Framing::Lines,
        }
    }

    /// Apache writes what it says of a request or a connection to the same log in forms of their own: such a line
    /// goes on with no message, though it cannot be read by this form.
    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let opens = || matches!(&self.lines, Lines::Pattern(pattern) if pattern.opens_with_moment(line));
        self.kind == Kind::Traffic || opens() || self.bare(line).is_some()
    }

    /// Lines that go on with a message of the error log belong to the message, whatever stands behind it in the form.
    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (line, more) = record.split_at(match self.kind {
            Kind::Traffic => record.len(),
            Kind::Messages | Kind::Own => memchr::memchr(b'\n', record).unwrap_or(record.len()),
        });
        let mut read = self.bare(line).or_else(|| self.enveloped(line))?;
        if let Some(message) = read.message.as_mut().filter(|_| !more.is_empty()) {
            message.to_mut().push_str(&text(more));
        }
        Some(read)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[]
    }
}
