//! The fast path: what the survey counts of a usual line, in one pass and without allocating.

use memchr::memchr;

use super::{Dialect, IN_CLIENT, IN_TOKEN, STAMP_BYTES, is_address, is_of, number, vhost};
use crate::format::lanes::{self, Lanes};
use crate::format::{Hit, stamp};

/// Reads a usual line: no escapes in what is counted, a client, a request of HTTP with its version. Anything else is
/// `None`, and [`super::read`] decides; what both read, they read alike.
#[inline]
pub(in crate::format) fn hit<'a>(line: &'a [u8], dialect: Dialect, stamps: &mut stamp::Cache) -> Option<Hit<'a>> {
    let (first, rest) = dotted(line).or_else(|| run(line, IN_CLIENT))?;
    let (client, scope, rest) = match ident_and_user(rest) {
        Some(rest) => (first, &[] as &[u8], rest),
        None => {
            let (client, rest) = run(rest, IN_CLIENT)?;
            (client, scope(first)?, ident_and_user(rest)?)
        }
    };
    (client != b"-" && client != b"unix:").then_some(())?;
    let after = rest.get(STAMP_BYTES..)?.strip_prefix(b"] \"")?;
    let stamp = stamps.clf(rest)?;
    let end = bare_value(after)?;
    let request = method_and_target(&after[..end])?;
    let (status, rest) = status(&after[end + 1..])?;
    let (bytes, tail) = bytes(rest)?;
    (dialect == Dialect::Apache || !tail.trim_ascii().is_empty()).then_some(())?;
    Some(Hit { stamp, client, status, termination: &[], request, scope, bytes })
}

/// An address of IPv4 before a blank, and all behind it: what most lines begin with.
#[inline(always)]
fn dotted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let lanes = Lanes::of(line)?;
    let end = lanes::first_without(lanes.within(b'.', b'9') & !lanes.equal(b'/'));
    (end > 0 && line.get(end) == Some(&b' ')).then(|| (&line[..end], &line[end + 1..]))
}

/// Where the quote stands that ends a value of ASCII without escapes.
#[inline(always)]
fn bare_value(text: &[u8]) -> Option<usize> {
    let stops = |byte: &u8| (*byte == b'"') | (*byte == b'\\') | (*byte > 127);
    // Without a branch for each byte, the compiler compares all sixteen at once.
    let is_plain = |bytes: &[u8; 16]| bytes.iter().fold(0, |stop, byte| stop | u8::from(stops(byte))) == 0;
    let mut at = 0;
    while text[at..].first_chunk().is_some_and(is_plain) {
        at += 16;
    }
    let stop = match Lanes::of(&text[at..]) {
        Some(lanes) => lanes::first(lanes.equal(b'"') | lanes.equal(b'\\') | lanes.not_ascii()),
        None => text[at..].iter().position(stops)?,
    };
    (text[at + stop] == b'"').then_some(at + stop)
}

/// The bytes of that class before the first blank, and all behind it.
#[inline]
fn run(text: &[u8], class: u8) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !is_of(*byte, class)).filter(|end| *end > 0)?;
    (text[end] == b' ').then(|| (&text[..end], &text[end + 1..]))
}

/// All up to the first blank, and all behind it.
#[inline]
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr(b' ', text)?;
    Some((&text[..blank], &text[blank + 1..]))
}

/// `- - [`, `- frank [`: gives all behind it.
#[inline]
fn ident_and_user(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"- - [") {
        return Some(rest);
    }
    let (user, rest) = split(text.strip_prefix(b"- ")?)?;
    rest.strip_prefix(b"[").filter(|_| !user.is_empty())
}

/// The name of the virtual host in front of a client.
#[inline]
fn scope(first: &[u8]) -> Option<&[u8]> {
    let (name, _) = vhost(first)?;
    let is_certain = name.len() != first.len() || first != b"unknown" && !is_address(first);
    (is_certain && name != b"-").then_some(name)
}

/// `GET /a` of `GET /a HTTP/1.1`
#[inline(always)]
fn method_and_target(line: &[u8]) -> Option<&[u8]> {
    let (request, protocol) = line.split_at(line.len().checked_sub(9)?);
    matches!(protocol, [b' ', b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']).then_some(())?;
    let target = match request {
        [b'G', b'E', b'T', b' ', target @ ..] | [b'P', b'O', b'S', b'T', b' ', target @ ..] => target,
        _ => run(request, IN_TOKEN).filter(|(method, _)| *method != b"-")?.1,
    };
    matches!((target.first()?, target.last()?), (b'!'..=b'~', b'!'..=b'~')).then_some(request)
}

/// ` 502 `: gives all behind it.
#[inline(always)]
fn status(text: &[u8]) -> Option<(u16, &[u8])> {
    match text {
        [b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', rest @ ..] => {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Some((digit(a) * 100 + digit(b) * 10 + digit(c), rest))
        }
        _ => None,
    }
}

/// `157` or `-`: gives all behind it, which begins with a blank, if anything.
#[inline(always)]
fn bytes(text: &[u8]) -> Option<(u64, &[u8])> {
    if let Some((number, digits)) = lanes::number(text)
        && text[digits] == b' '
    {
        return Some((number, &text[digits..]));
    }
    let (word, tail) = text.split_at(memchr(b' ', text).unwrap_or(text.len()));
    Some((if word == b"-" { 0 } else { number(word)? }, tail))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::read;
    use super::*;
    use crate::facts::traffic::{Scratch, hit_of};

    /// Both ways to read the line, if the fast one reads it: they must agree.
    fn agree(line: &str, dialect: Dialect) -> bool {
        let Some(hit) = hit(line.as_bytes(), dialect, &mut stamp::Cache::default()) else { return false };
        let record = read(line.as_bytes(), dialect).unwrap_or_else(|| unreachable!("only the fast path reads {line}"));
        let mut scratch = Scratch::default();
        assert_eq!(hit_of(&record, &mut scratch), Some(hit), "{line}");
        true
    }

    #[test]
    fn reads_usual_lines() {
        for (why, line) in [
            (
                "combined",
                r#"203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] "GET /a?b HTTP/1.1" 502 157 "-" "curl/8.5.0""#,
            ),
            ("a user", r#"2001:db8::1 - frank [24/Nov/2026:03:22:01 +0100] "GET / HTTP/2.0" 200 0 "" """#),
            (
                "main",
                r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "https://e.example/" "x" "10.0.0.1""#,
            ),
            ("vhost", r#"a.example:80 192.0.2.7 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "x""#),
            (
                "vhost without port",
                r#"a.example 192.0.2.7 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "x""#,
            ),
            ("escapes in headers", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 - "\x22" "\"a\"""#),
            (
                "timed",
                r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "x" rt=1.002 uct="-" urt="1.001""#,
            ),
            (
                "ingress",
                r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "x" 138 0.050 [a-80] [] - - - - 86bb"#,
            ),
        ] {
            assert!(agree(line, Dialect::Nginx), "{why}");
            assert!(agree(line, Dialect::Apache), "{why}");
        }
        let common = r#"203.0.113.5 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5"#;
        assert!(agree(common, Dialect::Apache) && !agree(common, Dialect::Nginx));
        assert!(agree(&format!(r#"{common} "-" "x" 1664"#), Dialect::Apache));
    }

    #[test]
    fn leaves_the_unusual_to_the_parser() {
        for (why, line) in [
            ("an escape in the target", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET /\x22 HTTP/1.1" 200 5 "-" "x""#),
            ("no request", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "" 400 0 "-" "-""#),
            ("no HTTP", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / RTSP/1.0" 400 0 "-" "-""#),
            ("no version", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET /" 200 0 "-" "-""#),
            ("no client", r#"unix: - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 0 "-" "-""#),
            ("a user with blanks", r#"::1 - a b [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 0 "-" "-""#),
            ("proxies in front", r#"10.0.0.1 ::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 0 "-" "-""#),
            ("no such day", r#"::1 - - [31/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 0 "-" "-""#),
            ("cut", r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HT"#),
        ] {
            assert!(!agree(line, Dialect::Nginx) && !agree(line, Dialect::Apache), "{why}");
        }
    }

    /// Lines of usual and unusual parts in the right order; one part in seven is unusual.
    fn line() -> impl Strategy<Value = String> {
        let parts = |usual: &[&str], unusual: &[&str]| {
            let one_of = |parts: &[&str]| {
                proptest::sample::select(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>())
            };
            prop_oneof![6 => one_of(usual), 1 => one_of(unusual)]
        };
        let vhost = parts(
            &["", "a.example:80 ", "a.example "],
            &["a.example: ", "unknown ", "- ", "10.0.0.1, ", "10.0.0.1 ", "10.0.0.1:80 ", "- - ", "[::1]:80 ", "x:y "],
        );
        let client = parts(&["192.0.2.7", "2001:db8::1", "a.example"], &["unix:", "-", "10.0.0.2,", "a/b", ""]);
        let ident = parts(&["-"], &["bob", ""]);
        let user = parts(&["-", "frank"], &["a b", "a] \\\"GET", "\\x22", "\"\"", "192.0.2.9 - -", ""]);
        let stamp = parts(&["24/Nov/2026:03:22:01 +0100"], &["29/Feb/2026:03:22:01 +0100", "24/Nov/2026:03:22:01.123"]);
        let request = prop_oneof![
            10 => parts(
                &["GET / HTTP/1.1", "POST /a?b=c HTTP/2.0", "get /a b HTTP/1.1"],
                &[
                    "GET  /a  HTTP/1.1", "GET / HTTP/3", "GET /", "GET ", "- - HTTP/1.0", "", "-", "GET /\\\" HTTP/1.1",
                    "GET /\\x22 HTTP/1.1", "GET /ä HTTP/1.1", "\\x16\\x03\\x01", "G(T / HTTP/1.1", "GET HTTP/1.1",
                    "GET /a\\\\", "GET \t HTTP/1.1", "GET HTTP/1.1 HTTP/1.1", "GET /\u{a0} HTTP/1.1",
                ],
            ),
            1 => "[A-Z/ .0-9\\\\\"]{0,20}",
        ];
        let status = parts(&["200", "502", "009", "000"], &["-", "20", "2000", ""]);
        let bytes = parts(&["0", "157", "-"], &["", "x", "99999999999999999999"]);
        let tail = prop_oneof![
            6 => parts(
                &["", r#" "-" "x""#, r#" "-" "x" "10.0.0.1""#, r#" "a\"" "\x22""#, r#" "-" "x" 12"#, r#" "-" "x" rt=0.012 "y""#],
                &[
                    " ", " - -", r#" "-" "x"#, r#" "-" "x" 0/12"#, r#" "-" "x" 12 13"#, r#" "-" "x"  "2.5""#, r#" "-""x""#,
                    r#" "-" "x" 0.012 0.001, 0.002"#, r#" "a" "b \" " 0.123 ""#, r#" "b \" rt="0.123""#, " 12", r#" "-" 12"#, r#" x "-" 0.123"#, r#" "-" "x" - 0.123"#,
                    r#" "-" "x" 5 0.012 [a] 10.0.0.1:80, 10.0.0.2:80 0, 1 0.001, 0.002 502, 200 id"#,
                ],
            ),
            1 => "[ \"\\\\0-9.x]{0,12}",
        ];
        (vhost, client, ident, user, stamp, request, status, bytes, tail).prop_map(
            |(vhost, client, ident, user, stamp, request, status, bytes, tail)| {
                format!("{vhost}{client} {ident} {user} [{stamp}] \"{request}\" {status} {bytes}{tail}")
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn the_fast_path_agrees_with_the_parser(line in line()) {
            agree(&line, Dialect::Nginx);
            agree(&line, Dialect::Apache);
        }
    }
}
