//! Which program wrote a line of the combined form: nginx and Apache escape differently, and each has habits of its own.

use memchr::memchr;

use super::{front_of, parts, tail};

/// What tells in a line which program wrote it: of each, nothing, [`LEANING`] or [`CERTAIN`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Certain: `\x22`, `\xC3`, times in seconds with milliseconds, a status that only nginx has. A third quoted field
    /// is in its packages' configuration, but people add one to Apache's, too.
    pub nginx: u32,
    /// Certain: `\"`, `\\`, `\xc3`, no bytes (`-`), a request line `-`, an identity. A number at the end is mostly `%D`.
    pub apache: u32,
}

/// A mark that the other program may show as well.
pub(in crate::format) const LEANING: u32 = 1;
/// A mark of one program. It outweighs the others of all lines that are looked at.
pub(in crate::format) const CERTAIN: u32 = 1 << 12;

/// The marks of a line of the combined family; none if it is no such line.
pub fn marks(line: &[u8]) -> Marks {
    let Some(parts) = parts(line, front_of) else { return Marks::default() };
    let (mut nginx, mut apache) = escape_marks(line);
    nginx |= matches!(parts.status, Some(9 | 444 | 494..=497 | 499));
    apache |= parts.bytes.is_none() || parts.request == b"-" || !matches!(parts.front.ident, b"" | b"-");
    let certain = |is_marked| if is_marked { CERTAIN } else { 0 };
    let tail = tail::marks(parts.tail);
    Marks { nginx: tail.nginx.max(certain(nginx)), apache: tail.apache.max(certain(apache)) }
}

/// Whether the line has escapes of nginx, and of Apache.
fn escape_marks(line: &[u8]) -> (bool, bool) {
    let (mut nginx, mut apache) = (false, false);
    let mut rest = line;
    while let Some(at) = memchr(b'\\', rest) {
        let escaped = &rest[at + 1..];
        if let [b'x', high, low, ..] = escaped {
            let digits = [high, low];
            // Apache has shorter escapes for these; nginx has no other for them.
            let is_short = matches!(digits, [b'2', b'2'] | [b'5', b'C' | b'c'] | [b'0', b'8'..=b'9' | b'A' | b'D']);
            nginx |= is_short || digits.iter().any(|digit| digit.is_ascii_uppercase());
            apache |= digits.iter().any(|digit| digit.is_ascii_lowercase());
        } else {
            apache = true;
        }
        // What an escaped backslash precedes is the client's own text.
        rest = escaped.get(1..).unwrap_or_default();
    }
    (nginx, apache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_writer() {
        let line = |request: &str, rest: &str| format!("::1 - - [24/Nov/2026:02:33:56 +0100] \"{request}\" {rest}");
        let get = "GET / HTTP/1.1";
        for (why, line, nginx, apache) in [
            ("nothing tells", line(get, r#"200 5 "-" "curl/8.5.0""#), false, false),
            ("nginx's quote", line(get, r#"200 5 "-" "\x22""#), true, false),
            ("nginx's umlaut", line(get, r#"200 5 "-" "\xC3\xA4""#), true, false),
            ("nginx's status", line(get, r#"499 0 "-" "-""#), true, false),
            ("nginx's times", line(get, r#"200 5 "-" "-" rt=0.001 uct="-" uht="-" urt="-""#), true, false),
            ("Apache's quote", line(get, r#"200 5 "-" "\"""#), false, true),
            ("Apache's umlaut", line(get, r#"200 5 "-" "\xc3\xa4""#), false, true),
            ("Apache's bytes", line(get, r#"304 - "-" "-""#), false, true),
            ("Apache's timeout", line("-", r#"408 0 "-" "-""#), false, true),
            ("Apache's backslash, and what a client sent", line(get, r#"200 5 "-" "\\x22 \\xC3""#), false, true),
            ("no access log", r"\x22 \xc3".to_owned(), false, false),
        ] {
            let certain = |is_marked| if is_marked { CERTAIN } else { 0 };
            let want = Marks { nginx: certain(nginx), apache: certain(apache) };
            assert_eq!(marks(line.as_bytes()), want, "{why}");
        }
        let third = marks(line(get, r#"200 5 "-" "-" "10.0.0.1, 10.0.0.2""#).as_bytes());
        assert_eq!(third, Marks { nginx: LEANING, apache: 0 });
        let number = marks(line(get, r#"200 5 "-" "-" 1664"#).as_bytes());
        assert_eq!(number, Marks { nginx: 0, apache: LEANING });
    }
}
