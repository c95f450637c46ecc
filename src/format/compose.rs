//! docker compose: the output of its containers, as `docker compose up` and `docker compose logs` print it, and its
//! files ([`File`]).
//!
//! ```text
//! Attaching to web-1, redis-1
//! web-1    | GET /
//! ESC[2KESC[33mweb-1  | ESC[0m2024-04-25T05:32:35.584725130Z GET /           colours, and with -t
//! web_1    | GET /                                                           v1
//! web-1 exited with code 1
//! 2026-11-24T02:40:57.462747767Z web.1.iuhi1xhjbu5n@node1    | GET /          docker service logs -t
//! ```
//!
//! The names are padded to the longest and one or two blanks more. Without `-t` no line has a moment, and lines of
//! different containers are not in order of time. Sources: `formatter/logs.go` of docker/compose, `cli/log_printer.py`
//! of version 1.

mod file;

pub use file::File;

use super::{Container, Format, Framing, Record, Stamp, Text, nest, stamp, text};

/// The output of several containers, each line with the name of its own.
pub struct Logs;

impl Format for Logs {
    fn name(&self) -> &'static str {
        "compose-logs"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let line = without_erasure(line);
        prefix(line).is_some()
            || of_task(line).is_some()
            || exited(line).is_some()
            || line.starts_with(b"Attaching to ")
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let line = without_erasure(record);
        let mut record = Record::new(self.name());
        if let Some((name, code)) = exited(line) {
            record.container = named(name);
            record.action = Some("die".into());
            record.attributes.push(("exitCode".into(), text(code)));
            record.message = Some(text(line));
        } else if let Some((name, content)) = prefix(line) {
            let (moment, content) =
                stamp::prefix(content).map_or((None, content), |(moment, rest)| (Some(moment), rest));
            record.container = named(name);
            record.stamp = moment;
            record.message = Some(without_colours(text(content)));
        } else if let Some((moment, name, content)) = of_task(line) {
            record.container = named(name);
            record.stamp = Some(moment);
            record.message = Some(without_colours(text(content)));
        } else {
            line.starts_with(b"Attaching to ").then_some(())?;
            record.message = Some(text(line));
            return Some(record);
        }
        Some(if record.action.is_none() { nest::nest_output(record) } else { record })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "Attaching to web-1, redis-1",
            "web-1    | GET /",
            "\x1b[2K\x1b[33mweb-1  | \x1b[0m2024-04-25T05:32:35.584725130Z GET /",
            "\x1b[36mweb_1    |\x1b[0m GET /",
            "shop_web_1 exited with code 1",
        ]
    }
}

fn named(name: &[u8]) -> Option<Container<'_>> {
    Some(Container { name: Some(text(name)), ..Container::default() })
}

/// The line without what erases the one before it on a terminal.
fn without_erasure(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\x1b[2K").unwrap_or(line)
}

/// `ESC[33m` at the beginning, and what follows it.
fn colour(line: &[u8]) -> Option<&[u8]> {
    let inside = line.strip_prefix(b"\x1b[")?;
    let end = inside.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';')?;
    inside.get(end..)?.strip_prefix(b"m")
}

/// `web-1    | `: the container's name, and the line behind the bar.
fn prefix(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, behind) = name(colour(line).unwrap_or(line))?;
    let padded = behind.trim_ascii_start();
    // A name and one blank before a bar begin the rows of many tables.
    let blanks = behind.len() - padded.len();
    let behind = padded.strip_prefix(b"|").filter(|_| blanks >= 2)?;
    let behind = colour(behind).unwrap_or(behind);
    let content = match behind.strip_prefix(b" ") {
        Some(content) => content,
        None if behind.is_empty() => behind,
        None => return None,
    };
    Some((name, colour(content).filter(|_| line.starts_with(b"\x1b")).unwrap_or(content)))
}

/// `2026-11-24T02:40:57.462747767Z web.1.iuhi1xhjbu5n@node1    | `: docker's CLI puts the moment of a service's line
/// before the task (`logWriter` in `cli/command/service/logs.go`).
fn of_task(line: &[u8]) -> Option<(Stamp, &[u8], &[u8])> {
    let (moment, rest) = stamp::prefix(line)?;
    let (name, content) = prefix(rest).filter(|(name, _)| name.contains(&b'@'))?;
    Some((moment, name, content))
}

/// A container's name, and what follows it.
fn name(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@');
    let len = line.iter().take_while(|byte| is_letter(byte)).count();
    // Digits alone before a bar number the lines in a compiler's picture of a source.
    let is_number = line.iter().take(len).all(u8::is_ascii_digit);
    (line.first().is_some_and(u8::is_ascii_alphanumeric) && !is_number).then(|| line.split_at(len))
}

/// `web-1 exited with code 1`, in version 2 also with two blanks: the name and the code.
fn exited(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, behind) = name(colour(line).unwrap_or(line))?;
    let code = behind.trim_ascii_start().strip_prefix(b"exited with code ")?;
    let code = code.get(..code.iter().take_while(|byte| byte.is_ascii_digit()).count())?;
    (!code.is_empty() && behind.starts_with(b" ")).then_some((name, code))
}

/// The text without the colours that the program in the container, or compose, gave it.
fn without_colours(line: Text<'_>) -> Text<'_> {
    if !line.contains('\x1b') {
        return line;
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.as_ref();
    while let Some(at) = rest.find("\x1b[") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        rest = match colour(escape.as_bytes()) {
            Some(behind) => escape.get(escape.len() - behind.len()..).unwrap_or_default(),
            None => {
                plain.push('\x1b');
                escape.get(1..).unwrap_or_default()
            }
        };
    }
    plain.push_str(rest);
    Text::Owned(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_versions() {
        for (line, name, message) in [
            ("web-1    | GET /", "web-1", "GET /"),
            ("web-1  |  * two blanks", "web-1", " * two blanks"),
            ("web-1  | ", "web-1", ""),
            ("\x1b[36mweb_1    |\x1b[0m GET /", "web_1", "GET /"),
            ("\x1b[2K\x1b[33mweb-1  | \x1b[0mGET /", "web-1", "GET /"),
            ("\x1b[2Kweb-1  | \x1b[31m\x1b[1mWARNING\x1b[0m: x", "web-1", "WARNING: x"),
            ("shop.db  | 2024-04-25T05:32:35.584725130Z ready", "shop.db", "ready"),
            ("web.1.iuhi1xhjbu5n@node1    | ready", "web.1.iuhi1xhjbu5n@node1", "ready"),
            ("2026-11-24T02:40:57.4Z web.1.iuhi1@node1    | ready", "web.1.iuhi1@node1", "ready"),
            ("shop_web_1 exited with code 137", "shop_web_1", "shop_web_1 exited with code 137"),
        ] {
            assert!(Logs.is_start(b"", line.as_bytes()), "{line}");
            let record = Logs.parse(line.as_bytes()).unwrap();
            assert_eq!(record.message(), message, "{line}");
            assert_eq!(record.container.unwrap().name.as_deref(), Some(name), "{line}");
        }
    }

    #[test]
    fn moments_and_ends() {
        let line = "web-1  | 2024-04-25T05:32:35.584725130Z a";
        let nanos = Logs.parse(line.as_bytes()).and_then(|record| record.stamp).map(|stamp| stamp.nanos);
        assert_eq!(nanos, Some(584_725_130));
        let record = Logs.parse(b"web-1 exited with code 1").unwrap();
        assert_eq!((record.action.as_deref(), record.stamp), (Some("die"), None));
        assert_eq!(record.attributes, [("exitCode".into(), "1".into())]);
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("a table", "name | value"),
            ("a table's row", "  1  | web"),
            ("a compiler's picture of a source", "15  |     let a = b;"),
            ("a wide table", "web     |value"),
            ("a sentence", "the child exited with code"),
            ("nothing", ""),
        ] {
            assert!(!Logs.is_start(b"", line.as_bytes()), "{why}");
        }
    }
}
