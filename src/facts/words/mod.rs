//! The words of each program: what it says when it cannot bind, starts, stops, reloads or crashes.

mod applications;
mod databases;
mod head;
mod infrastructure;
mod java;
mod mail;
mod names;
mod runtimes;
mod sayings;
pub(super) mod socket;
mod supervisors;
pub(super) mod template;
mod web;
mod who;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::event::{Kind, Said};
use crate::format::Record;
use head::Head;
use template::{Told, tells};
use who::{INTERPRETERS, QUOTERS, one_of};

/// One wording and what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    pub(super) kind: Kind,
    /// All of a message, with holes (`template`).
    pub(super) text: &'static str,
    /// What the words mean where they name no error.
    errno: Option<&'static str>,
}

/// A try to listen that failed, with the error in the line, if at all.
pub(super) const fn bind(text: &'static str) -> Wording {
    Wording { kind: Kind::BindFailure, text, errno: None }
}

/// A try to listen on what another holds, said without the error's own text.
pub(super) const fn in_use(text: &'static str) -> Wording {
    Wording { kind: Kind::BindFailure, text, errno: Some("EADDRINUSE") }
}

/// An event of a service's life.
pub(super) const fn life(kind: Kind, text: &'static str) -> Wording {
    Wording { kind, text, errno: None }
}

/// A failed try to listen, said without the error's own text but in words that mean `errno`.
pub(super) const fn bind_because(errno: &'static str, text: &'static str) -> Wording {
    Wording { kind: Kind::BindFailure, text, errno: Some(errno) }
}

/// The event of the first wording that is all of `text`, of `service` unless the line is about another.
pub(super) fn said(wordings: &[Wording], text: &str, service: impl FnOnce() -> Option<String>) -> Option<Said> {
    let (wording, told) = wordings.iter().find_map(|wording| Some((wording, tells(wording.text, text)?)))?;
    Some(as_said(wording, told, service))
}

fn as_said(wording: &Wording, told: Told, service: impl FnOnce() -> Option<String>) -> Said {
    Said {
        kind: wording.kind,
        service: told.about.or_else(service),
        address: told.socket.address,
        port: told.socket.port,
        errno: told.errno.or(wording.errno),
        pid: told.pid,
        signal: told.signal,
    }
}

/// A program (or several that say the same), how its lines begin, and what it says.
pub(super) struct Speaker {
    /// Its names in syslog and the journal; a `*` at the end stands for a version or a part.
    names: &'static [&'static str],
    /// The heads of its lines. With [`head::none`] among them its bare wordings hold for a container's output, too,
    /// which has no name; without any head they hold only under its name.
    heads: &'static [Head],
    says: &'static [Wording],
    /// What its runtime says in its place.
    runtime: &'static [&'static [Wording]],
}

/// All that have words of their own, by what they do.
const SPEAKERS: &[&[Speaker]] = &[
    web::SPEAKERS,
    applications::SPEAKERS,
    databases::SPEAKERS,
    names::SPEAKERS,
    mail::SPEAKERS,
    infrastructure::SPEAKERS,
    supervisors::SPEAKERS,
];

fn speakers() -> impl Iterator<Item = &'static Speaker> {
    SPEAKERS.iter().copied().flatten()
}

/// Words of which every bind failure has one: most lines have none, and need no closer look.
const OF_LISTENING: &[&str] = &[
    "isten",
    "bind",
    "Bind",
    "in use",
    "AddrInUse",
    "ailed to start",
    "connection to ",
    "get socket",
    "Connector[",
    "ProtocolHandler",
    "StandardServer.await",
    "WFLYCTL0080",
    "interface ",
    "Invalid address",
    "IP address",
    "permission to access",
    "ermission denied",
    "used by another",
    "not free",
    "not available",
    "requested address",
    "command channel",
    "ould not create ",
    "could not be started",
    "annot open an HTTP",
    "annot create ",
    "specified endpoint",
    "shutdown socket",
    "standalone server",
    "any address",
    "connect to TCP",
    "no acceptor",
    "nable to connect to",
    "server socket",
    "open_socket_in",
    "eaddrinuse",
    "verwendet",
    "utilisée",
    "使用",
];

/// Whether a line may be a bind failure.
fn may_be_of_listening(message: &str) -> bool {
    static FINDERS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| OF_LISTENING.iter().map(Finder::new).collect());
    FINDERS.iter().any(|finder| finder.find(message.as_bytes()).is_some())
}

/// The bind failure that the record tells by the words of the program that wrote it.
pub(super) fn failure_of_program(record: &Record<'_>) -> Option<Said> {
    let message = record.message();
    let looks_so = may_be_of_listening(message) && !sayings::is_calm(message);
    looks_so.then(|| of_program(record, |kind| kind == Kind::BindFailure).or_else(|| of_traceback(record))).flatten()
}

/// The errors that may be a file's or an outgoing connection's, at the end of a traceback of Python in which `bind` was
/// called: `PermissionError: [Errno 13] Permission denied`.
fn of_traceback(record: &Record<'_>) -> Option<Said> {
    const ERRORS: &[Wording] =
        &[bind("PermissionError: <reason>"), bind("OSError: <reason>"), bind("socket.error: <reason>")];
    let is_quoted = record.program.as_deref().is_some_and(|program| one_of(QUOTERS, program));
    let behind = sayings::lines(record.message()).skip_while(|line| !line.contains(".bind("));
    behind.skip(1).filter(|_| !is_quoted).find_map(|line| said(ERRORS, line, || service(record)))
}

/// Any other event that it tells so.
pub(super) fn life_of_program(record: &Record<'_>) -> Option<Said> {
    of_program(record, |kind| kind != Kind::BindFailure)
}

/// What the record says by the words of the program that wrote it, if that is an event for which `wanted` holds.
fn of_program(record: &Record<'_>, wanted: fn(Kind) -> bool) -> Option<Said> {
    let message = record.message();
    if message.is_empty() {
        return None;
    }
    let program = record.program.as_deref().filter(|program| !is_container(record, program));
    let told = match program {
        None => find(sayings::lines(message), |text| nameless(text, wanted)),
        Some(program) if one_of(QUOTERS, program) => None,
        Some(program) if one_of(INTERPRETERS, program) => {
            find(sayings::lines(message), |text| named(program, text, wanted))
        }
        Some(program) if speakers().any(|speaker| one_of(speaker.names, program)) => {
            // Of more lines the others may hold what a client said.
            find(message.lines().take(1), |text| named(program, text, wanted))
        }
        Some(_) => find(sayings::lines(message), |text| stamped(text, wanted).or_else(|| of_runtime(text, wanted))),
    };
    let (wording, told) = told?;
    let is_of_host = matches!(wording.kind, Kind::HostBoot | Kind::HostShutdown);
    Some(as_said(wording, told, || service(record).filter(|_| !is_of_host)))
}

/// The first event that one of the lines tells.
fn find<'a>(mut lines: impl Iterator<Item = &'a str>, read: impl Fn(&str) -> Found) -> Found {
    lines.find_map(|line| sayings::sayings(line).iter().find_map(|saying| read(saying)))
}

type Found = Option<(&'static Wording, Told)>;

/// Under its name a program may drop the head of its lines, as syslog has one of its own. An interpreter may run any
/// other program besides.
fn named(program: &str, text: &str, wanted: fn(Kind) -> bool) -> Found {
    let own = speakers().filter(|speaker| one_of(speaker.names, program)).find_map(|speaker| {
        let tables = || std::iter::once(speaker.says).chain(speaker.runtime.iter().copied());
        let headless = speaker.heads.iter().filter_map(|head| head(text));
        std::iter::once(text).chain(headless).find_map(|text| tables().find_map(|table| look_up(table, text, wanted)))
    });
    own.or_else(|| one_of(INTERPRETERS, program).then(|| nameless(text, wanted)).flatten())
}

/// The output of a container: by the head of the line, or by wordings that no other program has.
fn nameless(text: &str, wanted: fn(Kind) -> bool) -> Found {
    let own =
        speakers().find_map(|speaker| speaker.heads.iter().find_map(|head| look_up(speaker.says, head(text)?, wanted)));
    own.or_else(|| of_runtime(text, wanted))
}

/// Under a name that is not its own (an instance's, a container's) a program is known by a head with its own stamp.
fn stamped(text: &str, wanted: fn(Kind) -> bool) -> Found {
    /// Digits of a stamp, at least: `Nov 24 02:56:34`.
    const DIGITS: usize = 8;
    let is_stamp = |head: &str| head.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
    let own = |head: &Head| {
        let rest = head(text)?;
        text.strip_suffix(rest).is_some_and(is_stamp).then_some(rest)
    };
    speakers().find_map(|speaker| speaker.heads.iter().find_map(|head| look_up(speaker.says, own(head)?, wanted)))
}

/// What any program may say in the words of the language that it is written in.
fn of_runtime(text: &str, wanted: fn(Kind) -> bool) -> Found {
    runtimes::TABLES.iter().find_map(|table| look_up(table, text, wanted))
}

fn look_up(table: &'static [Wording], text: &str, wanted: fn(Kind) -> bool) -> Found {
    let of_kind = table.iter().filter(|wording| wanted(wording.kind));
    of_kind.into_iter().find_map(|wording| Some((wording, tells(wording.text, text)?)))
}

/// Whether the record is of a program that passes on what others say.
pub(super) fn is_quoter(record: &Record<'_>) -> bool {
    record.program.as_deref().is_some_and(|program| one_of(QUOTERS, program))
}

/// Whether it may stand before a program's own words: a stamp, a level, where it was, nothing that a client said.
pub(super) fn is_lead(text: &str) -> bool {
    tells("<lead>", text).is_some()
}

/// Docker's logging drivers tag a container's lines with its id, or name it in fields of their own.
fn is_container(record: &Record<'_>, program: &str) -> bool {
    let is_id = matches!(program.len(), 12 | 64) && program.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id || record.container.is_some()
}

/// Programs by which others are started, and what they start.
const WRAPPERS: &[(&str, &str)] = &[
    ("apachectl", "apache2"),
    ("apache2ctl", "apache2"),
    ("httpd-foreground", "httpd"),
    ("master", "postfix"), // where the tag is cut like a path
];

/// Whose line it is: the container, the unit without `.service`, else the program (contract, section 6).
pub(super) fn service(record: &Record<'_>) -> Option<String> {
    if let Some(name) = record.container.as_ref().and_then(|container| container.name.as_deref()) {
        return Some(name.to_owned());
    }
    let program = record.program.as_deref().filter(|program| !program.is_empty());
    if program.is_some_and(|program| is_container(record, program)) {
        return None; // its unit is that of docker
    }
    if let Some(unit) = record.unit.as_deref().and_then(unit_name) {
        return Some(unit.to_owned());
    }
    let started = WRAPPERS.iter().find(|(wrapper, _)| Some(*wrapper) == program).map(|(_, started)| *started);
    // Postfix logs as `NAME/master`, where NAME is that of the instance.
    let instance = program.and_then(|program| program.strip_suffix("/master"));
    started.or(instance).or(program).map(str::to_owned)
}

/// A unit's service: `nginx.service`, `mpd.socket`. Scopes, sessions and user managers hold programs of people, which
/// go by their own names.
pub(super) fn unit_name(unit: &str) -> Option<&str> {
    let name = unit.strip_suffix(".service").or_else(|| unit.strip_suffix(".socket"))?;
    (!name.starts_with("user@")).then_some(name)
}

/// What the server itself wrote: its message up to a line's end. Behind it stands what its children, or modules with
/// more to say, wrote to the same log; before it nothing, as both servers begin a message in words of their own.
pub(super) fn own_line<'r>(record: &'r Record<'_>) -> &'r str {
    let message = record.message();
    message.split_once('\n').map_or(message, |(line, _)| line.trim_end_matches('\r'))
}

/// Apache's message behind its number: `AH00072: text`. The number may be missing.
pub(super) fn without_code(message: &str) -> &str {
    match message.split_once(": ") {
        Some((code, text))
            if code.len() >= 7 && code.starts_with("AH") && code.bytes().skip(2).all(|byte| byte.is_ascii_digit()) =>
        {
            text
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests;
