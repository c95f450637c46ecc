//! Bytes to records. The formats of one program live in one file; all of them give the same [`Record`].
//!
//! A format says by which sign its records begin, and reads one record. Which of them a file holds is decided by
//! [`recognise`]; what of an envelope and what of the line inside it counts is decided once, by [`nest`].

pub mod access;
pub mod apache;
pub mod app;
pub mod apt;
pub mod compose;
pub mod config;
pub mod cri;
pub mod cron;
pub mod dnf;
pub mod docker;
mod document;
pub mod dpkg;
pub mod haproxy;
pub mod journald;
pub mod kernel;
pub mod kubectl;
mod lanes;
pub mod nest;
pub mod nginx;
pub mod owner;
mod pieces;
pub mod podman;
pub mod read;
pub mod recognise;
pub mod sockets;
pub mod sshd;
pub mod stamp;
pub mod sudo;
pub mod syslog;
pub mod systemd;
mod tag;
pub mod template;

use std::borrow::Cow;

pub use stamp::{Stamp, Zone};

/// Text out of a log: borrowed from the block where nothing had to be unescaped. Invalid UTF-8 reads as U+FFFD.
pub type Text<'a> = Cow<'a, str>;

/// How records of a format follow one another in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A record is a line, and the lines after it that are no start of a record.
    Lines,
    /// A record is exactly one line; no other line ever continues it.
    SingleLines,
    /// A record is a line, or several of one stream of output, as [`Format::piece`] tells.
    Pieces,
    /// The file is one document, read as a whole by [`Format::document`].
    Document,
    /// `journalctl -o export`: entries of fields, some binary with a counted length, ended by an empty line.
    JournalExport,
    /// The same, out of a binary file: an entry counts as one line.
    JournalFile,
    /// A record is a JSON object over several lines, from a `{` to a `}` that stand alone in theirs.
    Objects,
}

impl Framing {
    /// Whether records hold values of counted lengths, so that their ends cannot be found by looking at lines.
    pub fn is_counted(self) -> bool {
        matches!(self, Framing::JournalExport | Framing::JournalFile)
    }
}

/// A line of [`Framing::Pieces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// `stdout`, `stderr`
    pub stream: &'a [u8],
    /// Whether the next line of the same stream goes on with this one.
    pub goes_on: bool,
}

/// A record of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// The bytes that it was read from.
    pub range: std::ops::Range<usize>,
    /// In binary documents the number of the entry, counted from 0, and how many make the record.
    pub entries: Option<(usize, usize)>,
    #[allow(missing_docs)]
    pub record: Record<'a>,
}

impl<'a> Part<'a> {
    /// A part of a text.
    pub fn of_text(range: std::ops::Range<usize>, record: Record<'a>) -> Self {
        Part { range, entries: None, record }
    }
}

/// The records of one program in one form. Each is listed once in [`FORMATS`].
pub trait Format: Sync + Send {
    /// The name by which records and users call it (the contract, section 4).
    fn name(&self) -> &'static str;

    /// How its records follow one another.
    fn framing(&self) -> Framing {
        Framing::Lines
    }

    /// Whether a record starts with `line`; `previous` is the line before it (empty at the start of a file), for
    /// formats in which an open quote there means that a client wrote this line. Cheap: a look at the first bytes.
    fn is_start(&self, previous: &[u8], line: &[u8]) -> bool;

    /// Reads one record without its last newline. `None` if the program did not write it.
    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>>;

    /// The stream and the place of a line among the pieces of [`Framing::Pieces`]; `None` if the program did not write
    /// it. [`Format::parse`] then gets all pieces of a record, one a line.
    fn piece<'a>(&self, line: &'a [u8]) -> Option<Piece<'a>> {
        let _ = line;
        None
    }

    /// The records of a [`Framing::Document`], in their order; none if it is no such document. [`Format::is_start`]
    /// is asked about its first line that is not empty.
    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let _ = bytes;
        Vec::new()
    }

    /// Whether a line belongs to the form, but begins no record: the headings of a table, the further lines of a block.
    fn is_heading(&self, line: &[u8]) -> bool {
        let _ = line;
        false
    }

    /// Where the record lies in the binary file that it was read from; `None` where the bytes are those of the input.
    fn offset(&self, record: &[u8]) -> Option<u64> {
        let _ = record;
        None
    }

    /// What the survey needs of one request, without building a [`Record`]; `None` sends the line to [`Format::parse`].
    fn hit<'a>(&self, line: &'a [u8], stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
        let _ = (line, stamps);
        None
    }

    /// Real lines of the format, which it must read and no other format may claim.
    fn samples(&self) -> &'static [&'static str];
}

/// All formats that a file can be recognised as, the more specific first.
pub static FORMATS: &[&dyn Format] = &[
    &journald::Binary,
    &journald::Export,
    &journald::Json,
    &kubectl::Events,
    &kubectl::EventLines,
    &kubectl::Table,
    &compose::File,
    &docker::Inspect,
    &docker::Ps,
    &docker::PsJson,
    &nginx::Config,
    &haproxy::Config,
    &apache::Config,
    &podman::EventsJson,
    &podman::EventsText,
    &journald::JsonPretty,
    &journald::Verbose,
    &docker::EventsJson,
    &docker::EventsText,
    &docker::DaemonLog,
    &docker::JsonFile,
    &docker::Local,
    &cri::Log,
    &kubectl::Logs,
    &compose::Logs,
    &nginx::ErrorLog,
    &apache::ErrorLog,
    &haproxy::Traffic,
    &haproxy::Notice,
    &apache::VhostAccessLog { is_known: false },
    &nginx::AccessLog,
    &apache::AccessLog,
    &template::JsonAccessLog,
    &dpkg::Log,
    &apt::History,
    &dnf::Log,
    &sockets::Ss,
    &sockets::Netstat,
    &sockets::Lsof,
    &syslog::Rfc5424,
    &journald::Short(journald::Likeness::Own),
    &journald::Short(journald::Likeness::Iso),
    &syslog::Iso,
    &journald::Short(journald::Likeness::Rfc3164),
    &syslog::Rfc3164,
    &app::Log,
    &app::Stamped,
    &app::Dmesg,
];

/// Formats of lines that stand only inside envelopes, each with a line. A file of theirs is an envelope's.
pub static MESSAGES: &[(&str, &str)] = &[
    ("systemd", "Nov 24 02:40:01 web01 systemd[1]: Started nginx.service - A high performance web server."),
    ("kernel", "Nov 24 02:40:01 web01 kernel: [ 3404.556651] Out of memory: Killed process 812 (java) total-vm:8192kB"),
    ("sudo", "Nov 24 02:40:01 web01 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id"),
    ("sshd", "Nov 24 02:40:01 web01 sshd[812]: Accepted publickey for alice from 198.51.100.7 port 42012 ssh2"),
    ("cron", "Nov 24 02:40:01 web01 CRON[812]: (root) CMD (run-parts --report /etc/cron.hourly)"),
];

/// Severity, by syslog's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Level {
    Emerg,
    Alert,
    Crit,
    Error,
    Warn,
    Notice,
    Info,
    Debug,
    Trace,
}

impl Level {
    /// The level that nginx, Apache, HAProxy (`ALERT`), busybox (`err`) or logrus (`warning`, `fatal`) call by this name.
    pub fn from_name(name: &[u8]) -> Option<Level> {
        Some(match name.to_ascii_lowercase().as_slice() {
            b"emerg" | b"panic" => Level::Emerg,
            b"alert" => Level::Alert,
            b"crit" | b"critical" | b"fatal" => Level::Crit,
            b"error" | b"err" => Level::Error,
            b"warn" | b"warning" => Level::Warn,
            b"notice" => Level::Notice,
            b"info" | b"diag" => Level::Info,
            b"debug" => Level::Debug,
            name if name.starts_with(b"trace") => Level::Trace,
            _ => return None,
        })
    }

    /// Syslog's severity 0 (emergency) to 7 (debug).
    pub fn from_severity(severity: u8) -> Option<Level> {
        use Level::*;
        [Emerg, Alert, Crit, Error, Warn, Notice, Info, Debug].get(usize::from(severity)).copied()
    }

    /// The name in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Emerg => "emerg",
            Level::Alert => "alert",
            Level::Crit => "crit",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Notice => "notice",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

/// A value of a field that has no place of its own in a [`Record`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text, as the source had it.
    Text(Text<'a>),
    /// A count that the source writes as a number.
    Number(i64),
    /// A field that came several times, or a list.
    List(Vec<Text<'a>>),
}

/// A container as docker, podman or CRI name it.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Container<'a> {
    pub id: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    pub image: Option<Text<'a>>,
}

/// HAProxy's five times of a request, in milliseconds; −1 means that the step never happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Timers {
    pub request: Option<i64>,
    pub queue: Option<i64>,
    pub connect: Option<i64>,
    pub response: Option<i64>,
    pub total: Option<i64>,
}

/// What a request line and the answer to it said: access logs, HAProxy's traffic, and the context of error lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// Method, target and protocol as the client sent them; absent where the line was no HTTP.
    pub method: Option<Text<'a>>,
    /// Path and query, as sent.
    pub target: Option<Text<'a>>,
    /// `HTTP/1.1`
    pub protocol: Option<Text<'a>>,
    /// Status of the answer; absent where none was sent.
    pub status: Option<u16>,
    /// Body bytes (HAProxy: with headers).
    pub bytes: Option<u64>,
    /// Seconds from the first byte read to the last sent.
    pub duration_s: Option<f64>,
    #[allow(missing_docs)]
    pub referer: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub user_agent: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub request_id: Option<Text<'a>>,
    /// The last upstream that was tried, as `address:port`.
    pub upstream: Option<Text<'a>>,
    /// All upstreams, if several were tried.
    pub upstreams: Vec<Text<'a>>,
    #[allow(missing_docs)]
    pub upstream_status: Option<u16>,
    #[allow(missing_docs)]
    pub upstream_duration_s: Option<f64>,
    /// HAProxy's names.
    pub frontend: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub backend: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub server: Option<Text<'a>>,
    /// HAProxy's termination state, `SC--`.
    pub termination: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub timers: Option<Timers>,
    /// Connection attempts after the first.
    pub retries: Option<i64>,
}

/// One record of a log: when, who, and what. Borrows from the block that it was read from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    /// Innermost format, by the contract's names.
    pub format: &'static str,
    /// Formats around it, outermost first.
    pub envelope: Vec<&'static str>,
    /// The moment of the record, as written.
    pub stamp: Option<Stamp>,
    /// The moment at which it ended, where the format gives both.
    pub stamp_end: Option<Stamp>,
    /// The envelope's moment, where the line inside keeps its own: the two together may tell a zone.
    pub outer: Option<Stamp>,
    #[allow(missing_docs)]
    pub host: Option<Text<'a>>,
    /// Who wrote it, without path and version.
    pub program: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub pid: Option<i64>,
    #[allow(missing_docs)]
    pub tid: Option<i64>,
    /// The writer's unit.
    pub unit: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub level: Option<Level>,
    /// The text, without what has a field of its own.
    pub message: Option<Text<'a>>,
    /// `AH00072`, a `MESSAGE_ID`.
    pub code: Option<Text<'a>>,
    /// Peer's address, without port.
    pub client: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub client_port: Option<u16>,
    #[allow(missing_docs)]
    pub user: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub vhost: Option<Text<'a>>,
    #[allow(missing_docs)]
    pub server_port: Option<u16>,
    /// Present in access logs and traffic lines, and in error lines that tell the request.
    pub request: Option<Box<Request<'a>>>,
    /// Whether the record counts one request or session (access logs, HAProxy's traffic).
    pub is_traffic: bool,
    #[allow(missing_docs)]
    pub container: Option<Container<'a>>,
    /// The raw word of an event of docker or Kubernetes, `health_status: healthy`.
    pub action: Option<Text<'a>>,
    /// What such an event says about its object.
    pub attributes: Vec<(Text<'a>, Text<'a>)>,
    /// Every other field of the source, under its own name.
    pub fields: Vec<(Text<'a>, Value<'a>)>,
}

impl<'a> Record<'a> {
    /// A record of `format`, with nothing known yet.
    pub fn new(format: &'static str) -> Self {
        Record { format, ..Record::default() }
    }

    /// The field of that name, if it is text.
    pub fn text_field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.as_ref()),
            _ => None,
        })
    }

    /// The field of that name, if it is a number.
    pub fn number_field(&self, name: &str) -> Option<i64> {
        self.fields.iter().find(|(key, _)| key == name).and_then(|(_, value)| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
    }

    /// The message, or nothing.
    pub fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }
}

/// One request as the survey counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// Start of the request, or end: what the format stamps.
    pub stamp: Stamp,
    /// Peer's address as written; empty if there is none.
    pub client: &'a [u8],
    /// 0 where no answer was sent.
    pub status: u16,
    /// HAProxy's termination state; empty elsewhere.
    pub termination: &'a [u8],
    /// Method, a blank and the target, for telling requests apart; empty where the request line is broken.
    pub request: &'a [u8],
    /// Virtual host, or HAProxy's `backend/server`; empty if the line has none.
    pub scope: &'a [u8],
    /// Bytes sent, 0 where the line has none.
    pub bytes: u64,
}

/// Text of bytes that may not be UTF-8.
pub fn text(bytes: &[u8]) -> Text<'_> {
    // Nearly all is ASCII, which the library checks in large steps; it looks for damage in small ones.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Text::Borrowed)
}
