//! kubectl: `kubectl logs --prefix` ([`Logs`]), and the events of a cluster ([`events`]).
//!
//! ```text
//! [pod/web-7d4b9c6f8-x2x9k/nginx] 2026-11-20T10:00:02.123456789Z text
//! ```
//!
//! The stamp only with `--timestamps`; the stream is not told.

mod events;

pub use events::{EventLines, Events, Table};

use super::{Container, Format, Framing, Record, Value, nest, stamp, text};

/// `kubectl logs --prefix`.
pub struct Logs;

impl Format for Logs {
    fn name(&self) -> &'static str {
        "kubectl-logs"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        prefix(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (pod, container, content) = prefix(record)?;
        let mut record = Record::new(self.name());
        let (moment, content) = stamp::prefix(content).map_or((None, content), |(moment, rest)| (Some(moment), rest));
        record.stamp = moment;
        record.container = Some(Container { name: Some(text(container)), ..Container::default() });
        record.fields.push(("pod".into(), Value::Text(text(pod))));
        record.message = Some(text(content));
        Some(nest::nest_output(record))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "[pod/web-7d4b9c6f8-x2x9k/nginx] 2026-11-20T10:00:02.123456789Z text",
            "[pod/web-7d4b9c6f8-x2x9k/agent] plain text",
        ]
    }
}

/// `[pod/NAME/CONTAINER] `: pod, container, and the line.
fn prefix(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let inside = line.strip_prefix(b"[pod/")?;
    let end = memchr::memchr(b']', inside)?;
    let (names, behind) = inside.split_at(end);
    let slash = memchr::memchr(b'/', names)?;
    let (pod, container) = (names.get(..slash)?, names.get(slash + 1..)?);
    let is_name = |name: &[u8]| {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        !name.is_empty() && name.iter().all(is_letter)
    };
    let content = behind.strip_prefix(b"]")?;
    (is_name(pod) && is_name(container)).then_some((pod, container, content.strip_prefix(b" ").unwrap_or(content)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, container, has_moment, message) in [
            ("[pod/web-7d4b9c6f8-x2x9k/nginx] 2026-11-24T02:13:07.5Z worker started", "nginx", true, "worker started"),
            ("[pod/web-7d4b9c6f8-x2x9k/agent] 2026-11-24T02:13:06Z whole second", "agent", true, "whole second"),
            ("[pod/web-7d4b9c6f8-x2x9k/agent] plain", "agent", false, "plain"),
            ("[pod/a/b] ", "b", false, ""),
        ] {
            let record = Logs.parse(line.as_bytes()).unwrap();
            assert_eq!((record.stamp.is_some(), record.message()), (has_moment, message), "{line}");
            assert_eq!(record.container.unwrap().name.as_deref(), Some(container), "{line}");
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in ["[pod/a] x", "[pod/a/b x", "[pod//b] x", "[pods] x", ""] {
            assert!(!Logs.is_start(b"", line.as_bytes()), "{line}");
        }
    }
}
