//! The words of each program: what it says when it cannot bind, starts, stops, reloads or crashes.

pub(super) mod socket;
pub(super) mod template;

use super::event::{Kind, Said};
use crate::format::Record;
use template::{Told, tells};

/// One wording and what it means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    pub(super) kind: Kind,
    /// All of a message, with holes ([`template`]).
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

/// Programs by which others are started, and what they start.
const WRAPPERS: &[(&str, &str)] = &[("apachectl", "apache2"), ("apache2ctl", "apache2"), ("httpd-foreground", "httpd")];

/// Whose line it is: the container, the unit without `.service`, else the program (contract, section 6).
pub(super) fn service(record: &Record<'_>) -> Option<String> {
    if let Some(name) = record.container.as_ref().and_then(|container| container.name.as_deref()) {
        return Some(name.to_owned());
    }
    if let Some(unit) = record.unit.as_deref().and_then(unit_name) {
        return Some(unit.to_owned());
    }
    let program = record.program.as_deref().filter(|program| !program.is_empty())?;
    let started = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == program).map(|(_, started)| *started);
    Some(started.unwrap_or(program).to_owned())
}

/// A unit's service: `nginx.service`, `mpd.socket`. Scopes, sessions and user managers hold programs of people, which
/// go by their own names.
pub(super) fn unit_name(unit: &str) -> Option<&str> {
    let name = unit.strip_suffix(".service").or_else(|| unit.strip_suffix(".socket"))?;
    (!name.starts_with("user@")).then_some(name)
}

/// Apache's message behind its number: `AH00072: text`. The number may be missing.
pub(super) fn without_code(message: &str) -> &str {
    match message.split_once(": ") {
        Some((code, text)) if code.len() >= 7 && code.starts_with("AH") && code.bytes().skip(2).all(|byte| byte.is_ascii_digit()) => text,
        _ => message,
    }
}
