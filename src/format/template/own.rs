//! Formats that users spell out as a regex, by the groups that they name.
//!
//! ```text
//! ^(?P<time>\S+) (?P<client>\S+) (?P<method>\S+) (?P<target>\S+) (?P<status>\d{3})$
//! 2026-11-20T10:00:00.1+0000 10.0.0.1 GET /cart 200
//! ```
//!
//! A group that is named as a field of a record (the contract, section 3) or as a variable of nginx fills that field; any
//! other stays in `fields`. The moment is read by a text of strftime, as chrono knows it, or by its looks.

use std::borrow::Cow;

use regex::bytes::Regex;

use super::draft::{Directive, Draft, Escape, Slot, losers};
use super::moment::Form;
use super::pattern::Shape;
use super::{Kind, Lines, Template, nginx};
use crate::format::{FORMATS, Format, MESSAGES};

/// A format of a config file.
pub struct OwnFormat {
    #[allow(missing_docs)]
    pub name: String,
    #[allow(missing_docs)]
    pub format: &'static dyn Format,
    /// Records that it must read.
    pub samples: Vec<String>,
}

/// A user's own format.
///
/// # Errors
/// What is wrong with its regex or with its time.
pub fn regex(name: &str, regex: &str, time: Option<&str>) -> Result<Template, String> {
    let name = free_name(name)?;
    let compiled = Regex::new(regex).map_err(|error| format!("regex: {}", last_line(&error.to_string())))?;
    let form = match time {
        Some(text) => Form::strftime(String::leak(text.to_owned()))
            .ok_or_else(|| format!("time: \"{text}\" is no text of strftime; an example is %Y-%m-%dT%H:%M:%S%.f%z"))?,
        None => Form::Any,
    };
    let groups = compiled.capture_names().enumerate();
    let named = groups.filter_map(|(index, name)| Some((index, directive(String::leak(name?.to_owned()), &form))));
    let mut groups: Vec<(usize, Directive)> = named.collect();
    if groups.is_empty() {
        return Err("regex: no named group, such as (?P<status>\\d+); nothing of a line would be kept".to_owned());
    }
    let has_line = groups.iter().any(|(_, group)| matches!(group.slot, Slot::Request));
    let slots = groups.iter().map(|(_, group)| (group.rank > 0).then_some((&group.slot, group.rank)));
    let losers = losers(slots, has_line);
    for ((_, group), loses) in groups.iter_mut().zip(losers) {
        if loses {
            group.slot = Slot::Text;
        }
    }
    let of_requests = |group: &Directive| matches!(group.slot, Slot::Status | Slot::Request | Slot::Method);
    let kind = if groups.iter().any(|(_, group)| of_requests(group)) { Kind::Traffic } else { Kind::Own };
    Ok(Template { name, program: None, kind, lines: Lines::Regex(Groups { regex: compiled, groups }) })
}

/// A user's own name for a server's format string.
///
/// # Errors
/// That the name is one of pmtrace's own.
pub fn named(name: &str, template: Template) -> Result<Template, String> {
    Ok(Template { name: free_name(name)?, ..template })
}

fn free_name(name: &str) -> Result<&'static str, String> {
    let is_taken =
        FORMATS.iter().any(|format| format.name() == name) || MESSAGES.iter().any(|(inner, _)| *inner == name);
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    match () {
        () if is_taken => Err(format!("name: \"{name}\" is a format that pmtrace knows; take another")),
        () if name.is_empty() || !name.chars().all(fits) => {
            Err(format!("name: \"{name}\" has other letters than a-z, A-Z, 0-9, -, _ and ."))
        }
        () => Ok(String::leak(name.to_owned())),
    }
}

/// The last line of what the crate says: the reason, below a picture of the place.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

/// A regex, ready to read lines.
#[derive(Debug)]
pub(super) struct Groups {
    regex: Regex,
    /// The numbers of the named ones.
    groups: Vec<(usize, Directive)>,
}

impl Groups {
    pub(super) fn read<'a>(&self, line: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
        let captures = self.regex.captures(line)?;
        for (index, group) in &self.groups {
            if let Some(found) = captures.get(*index) {
                draft.tell(&group.slot, Cow::Borrowed(group.name), found.as_bytes(), group.escape);
            }
        }
        Some(())
    }
}

/// What a group fills.
fn directive(name: &'static str, time: &Form) -> Directive {
    let slot = match name {
        "time" => Slot::Moment(time.clone()),
        "time_end" => Slot::End(time.clone()),
        "host" => Slot::Host,
        "program" => Slot::Program,
        "unit" => Slot::Unit,
        "pid" => Slot::Pid,
        "tid" => Slot::Tid,
        "level" => Slot::Level,
        "message" => Slot::Message,
        "code" => Slot::Code,
        "client" => Slot::Client,
        "client_port" => Slot::ClientPort,
        "user" => Slot::User,
        "vhost" => Slot::Vhost,
        "method" => Slot::Method,
        "target" => Slot::Target,
        "protocol" => Slot::Protocol,
        "bytes" => Slot::Bytes,
        "duration_s" => Slot::Duration(1.0),
        "duration_ms" => Slot::Duration(1e3),
        "referer" => Slot::Referer,
        "user_agent" => Slot::UserAgent,
        "upstream" => Slot::Upstreams,
        "upstream_duration_s" => Slot::UpstreamTimes,
        "frontend" => Slot::Frontend,
        "backend" => Slot::Backend,
        "server" => Slot::Server,
        "termination" => Slot::Termination,
        "retries" => Slot::Retries,
        _ if nginx::VARIABLES.contains(&name) => return nginx::directive(name, Escape::None),
        _ => Slot::Text,
    };
    let rank = if matches!(slot, Slot::Text | Slot::Moment(_) | Slot::End(_)) { 0 } else { 9 };
    Directive { name, slot, rank, shape: Shape::Free, escape: Escape::None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::Level;

    #[test]
    fn named_groups_fill_the_record() {
        let shop = regex(
            "shop",
            r"^(?P<time>\S+) (?P<client>\S+) (?P<method>\S+) (?P<target>\S+) (?P<status>\d{3}) (?P<ms>\d+)$",
            Some("%Y-%m-%dT%H:%M:%S%.f%z"),
        )
        .unwrap();
        let record = shop.parse(b"2026-11-20T10:00:00.1+0000 10.0.0.1 GET /cart 200 31").unwrap();
        assert_eq!((record.format, record.client.as_deref()), ("shop", Some("10.0.0.1")));
        assert_eq!(record.stamp.map(|stamp| (stamp.nanos, stamp.digits)), Some((100_000_000, 1)));
        let told = record.request.as_deref().map(|request| (request.method.as_deref(), request.status));
        assert_eq!((told, record.is_traffic), (Some((Some("GET"), Some(200))), true));
        assert_eq!(record.text_field("ms"), Some("31"));
        assert!(shop.parse(b"no such line").is_none());
    }

    #[test]
    fn messages_go_on_over_lines_that_do_not_fit() {
        let log = regex("log", r"^(?P<time>[\d-]+ [\d:,]+) (?P<level>[A-Z]+) (?P<message>.*)$", None).unwrap();
        assert!(log.is_start(b"", b"2026-11-20 10:00:00,123 WARN slow") && !log.is_start(b"", b"  at shop.js:1"));
        let record = log.parse(b"2026-11-20 10:00:00,123 WARN slow\n  at shop.js:1").unwrap();
        assert_eq!((record.message(), record.level), ("slow\n  at shop.js:1", Some(Level::Warn)));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (why, name, text, time, told) in [
            ("no regex", "a", "(", None, "unclosed group"),
            ("no group", "a", "^x$", None, "no named group"),
            ("a name of pmtrace's", "nginx-access", "(?P<a>x)", None, "take another"),
            ("a name of a line inside", "kernel", "(?P<a>x)", None, "take another"),
            ("no strftime", "a", "(?P<a>x)", Some("%Q"), "strftime"),
        ] {
            assert!(regex(name, text, time).is_err_and(|error| error.contains(told)), "{why}");
        }
    }
}
