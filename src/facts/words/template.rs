//! Wordings: what a program says of itself, as a template that must fit a whole message.
//!
//! ```text
//! Bind to port <port> on <address> failed: <reason>.
//! ```
//!
//! What stands between `<` and `>` is a hole; all else must stand in the message as it is. Holes that are not listed
//! in [`Hole`] are text of the message (`<null>:8080`).

use memchr::memmem;

use super::socket::{Socket, errno, errno_of_number, signal_of_name, socket};

/// What the holes of a wording held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::facts) struct Told {
    /// Address and port.
    pub(in crate::facts) socket: Socket,
    pub(in crate::facts) errno: Option<&'static str>,
    pub(in crate::facts) pid: Option<i64>,
    pub(in crate::facts) signal: Option<i64>,
    /// Whom the line is about, where that is not the writer.
    pub(in crate::facts) about: Option<String>,
}

/// A part of a wording that differs from line to line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    /// `0.0.0.0:80`, `[::]:80`, `/run/x.sock`, `('::', 80, 0, 0)`, in any of the forms that [`socket`] reads.
    Socket,
    /// An address alone, perhaps in brackets.
    Address,
    /// A numeric address.
    Ip,
    Port,
    /// The path of a socket file.
    Path,
    /// An error's text or number that says the errno.
    Reason,
    /// As before, but only that the address is in use, in words that stand for themselves: `[Errno 98] Address already
    /// in use`. The other errors of a socket may be a file's or an outgoing connection's.
    InUse,
    /// An error's text that may say the errno.
    Why,
    /// An error's number, of which only the errno counts.
    Errno,
    Pid,
    /// A signal's number.
    Signal,
    /// A signal's number or name, but for those by which somebody asks a process to end.
    Deadly,
    /// An exit status that is not 0.
    Code,
    /// Name of the service that the line is about.
    Name,
    /// As before, where it may hold blanks.
    Title,
    Number,
    /// `20.11.1`
    Version,
    /// Text without a blank.
    Word,
    /// Anything.
    Any,
    /// The program's own words before the wording, a stamp or where it was: nothing that a client could have sent.
    Lead,
    /// As before, up to within a word.
    Place,
    /// `0,0,0,0`, as Erlang writes addresses.
    ErlangIp,
}

impl Hole {
    fn from_name(name: &str) -> Option<Hole> {
        Some(match name {
            "socket" => Hole::Socket,
            "address" => Hole::Address,
            "ip" => Hole::Ip,
            "port" => Hole::Port,
            "path" => Hole::Path,
            "reason" => Hole::Reason,
            "in-use" => Hole::InUse,
            "why" => Hole::Why,
            "errno" => Hole::Errno,
            "pid" => Hole::Pid,
            "signal" => Hole::Signal,
            "deadly" => Hole::Deadly,
            "code" => Hole::Code,
            "name" => Hole::Name,
            "title" => Hole::Title,
            "number" => Hole::Number,
            "version" => Hole::Version,
            "word" => Hole::Word,
            "any" => Hole::Any,
            "lead" => Hole::Lead,
            "place" => Hole::Place,
            "erlang-ip" => Hole::ErlangIp,
            _ => return None,
        })
    }

    /// Whether `text` may stand in this hole; what it tells goes into `told`.
    fn take(self, text: &str, told: &mut Told) -> bool {
        match self {
            Hole::Any => true,
            Hole::Word => !text.is_empty() && !text.contains(' '),
            Hole::Version => text.split('.').all(|part| number(part).is_some()),
            Hole::Number => number(text).is_some(),
            Hole::Lead => (text.is_empty() || text.ends_with([' ', ']'])) && is_own(text),
            Hole::Place => is_own(text),
            Hole::ErlangIp => set(&mut told.socket.address, erlang_ip(text)),
            Hole::Why => {
                told.errno = errno(text).or(told.errno);
                !text.is_empty()
            }
            Hole::Reason => set(&mut told.errno, errno(text)),
            Hole::InUse => {
                // `in use` alone may be said of anything; the C library's translations are not.
                let is_address = text.contains("ddress") || !text.is_ascii();
                set(&mut told.errno, errno(text).filter(|errno| is_address && *errno == "EADDRINUSE"))
            }
            Hole::Errno => {
                told.errno = number(text).and_then(errno_of_number);
                number(text).is_some()
            }
            Hole::Pid => set(&mut told.pid, number(text)),
            Hole::Signal => set(&mut told.signal, number(text)),
            Hole::Deadly => {
                set(&mut told.signal, signal_of_name(text).filter(|signal| !matches!(signal, 1 | 2 | 3 | 15)))
            }
            Hole::Code => number(text).is_some_and(|code| code != 0),
            Hole::Name => set(&mut told.about, is_name(text).then(|| text.to_owned())),
            Hole::Title => {
                set(&mut told.about, (!text.is_empty() && !text.contains(['"', '['])).then(|| text.to_owned()))
            }
            Hole::Port => set(&mut told.socket.port, text.parse().ok()),
            Hole::Path => set(&mut told.socket.address, text.contains('/').then(|| text.to_owned())),
            Hole::Address => {
                let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
                told.socket.address = (bare != "*" && !bare.is_empty()).then(|| bare.to_owned());
                !text.contains([' ', '"'])
            }
            Hole::Ip => {
                set(&mut told.socket.address, text.parse::<std::net::IpAddr>().is_ok().then(|| text.to_owned()))
            }
            Hole::Socket => match socket(text) {
                Some(socket) => {
                    told.socket = socket;
                    true
                }
                None => false,
            },
        }
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_some = value.is_some();
    if is_some {
        *place = value;
    }
    is_some
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Names of units, containers and processes of supervisors.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '"', '\'', '/'])
}

/// What a program writes before an error's text: `main: starting: `, a stamp. Quotes and the marks of a URL would be
/// somebody else's words, and so would a comment, or what a person or a statement is said to have said.
fn is_own(text: &str) -> bool {
    let is_quoted = text.contains(['"', '?', '=', '&', '%']) || text.starts_with(['#', '<', '>', '+', '|', '$']);
    !is_quoted && text.split(' ').all(|word| !is_of_quoting(word))
}

/// Words before what somebody said: `statement: `, `ticket 12: `, `user42: `, `echo `.
fn is_of_quoting(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "statement",
        "query",
        "subject",
        "ticket",
        "issue",
        "comment",
        "review",
        "message",
        "chat",
        "question",
        "said",
        "says",
        "wrote",
        "asked",
        "reported",
        "echo",
        "grep",
        "ban",
        "match",
        "text",
        "body",
        "input",
        "search",
        "note",
        "example",
        "how",
        "why",
        "if",
        "re",
        "fw",
        "fwd",
        "quote",
        "alert",
        "expected",
        "expect",
        "assert",
        "throws",
        "returns",
        "rejects",
        "pass",
        "retrying",
    ];
    let bare = word.trim_matches(|mark: char| !mark.is_ascii_alphanumeric());
    let is_person = bare.strip_prefix("user").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    is_person || WORDS.iter().any(|known| bare.eq_ignore_ascii_case(known))
}

/// `0,0,0,0` is `0.0.0.0`, `0,0,0,0,0,0,0,1` is `::1`.
fn erlang_ip(text: &str) -> Option<String> {
    let numbers: Vec<u16> = text.split(',').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if let Ok(groups) = <[u16; 8]>::try_from(numbers.as_slice()) {
        return Some(std::net::Ipv6Addr::from(groups).to_string());
    }
    let bytes: Vec<u8> = numbers.iter().map(|number| u8::try_from(*number).ok()).collect::<Option<_>>()?;
    <[u8; 4]>::try_from(bytes.as_slice()).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string())
}

/// What `text` tells if it is worded as `template`, all of it.
pub(in crate::facts) fn tells(template: &str, text: &str) -> Option<Told> {
    if begins_otherwise(template.as_bytes(), text.as_bytes()) {
        return None;
    }
    fit(template, text, &Told::default())
}

/// Whether the text differs before the first hole, or holds nothing of what follows a hole at the beginning: what
/// nearly all wordings are told apart by, without taking the template to pieces.
fn begins_otherwise(template: &[u8], text: &[u8]) -> bool {
    if template.first() == Some(&b'<') {
        let mut parts = template.split(|byte| matches!(byte, b'<' | b'>'));
        let next = parts.nth(2).unwrap_or_default();
        return next.len() > 2 && memmem::find(text, next).is_none();
    }
    for (index, byte) in template.iter().enumerate() {
        if *byte == b'<' {
            return false;
        }
        if text.get(index) != Some(byte) {
            return true;
        }
    }
    template.len() != text.len()
}

fn fit(template: &str, text: &str, told: &Told) -> Option<Told> {
    let Some((literal, hole, rest)) = split(template) else {
        return (template == text).then(|| told.clone());
    };
    let text = text.strip_prefix(literal)?;
    let next = split(rest).map_or(rest, |(next, _, _)| next);
    if next.is_empty() {
        let mut told = told.clone();
        return hole.take(text, &mut told).then_some(told);
    }
    text.match_indices(next).find_map(|(at, _)| {
        let (value, after) = text.split_at(at);
        let mut told = told.clone();
        if hole.take(value, &mut told) { fit(rest, after, &told) } else { None }
    })
}

/// The text before the first hole, the hole, and what follows it.
fn split(template: &str) -> Option<(&str, Hole, &str)> {
    let mut from = 0;
    loop {
        let open = from + template.get(from..)?.find('<')?;
        let close = open + template.get(open..)?.find('>')?;
        if let Some(hole) = template.get(open + 1..close).and_then(Hole::from_name) {
            return Some((template.get(..open)?, hole, template.get(close + 1..)?));
        }
        from = open + 1;
    }
}

/// What stands in a template's angles without being a hole, but for what programs print themselves.
#[cfg(test)]
pub(super) fn unknown_holes(template: &str) -> Vec<&str> {
    let names = template.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name);
    names.filter(|name| *name != "null" && Hole::from_name(name).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_fits_the_whole_message() {
        let wording = "Bind to port <port> on <address> failed: <reason>.";
        let told = tells(wording, "Bind to port 22 on :: failed: Address in use.");
        let socket = Socket { address: Some("::".into()), port: Some(22) };
        assert_eq!(told, Some(Told { socket, errno: Some("EADDRINUSE"), ..Told::default() }));
        for (why, text) in [
            ("something before", "error: Bind to port 22 on :: failed: Address in use."),
            ("something after", "Bind to port 22 on :: failed: Address in use. from 203.0.113.5"),
            ("no such port", "Bind to port 99999 on :: failed: Address in use."),
            ("no reason", "Bind to port 22 on :: failed: a b c."),
        ] {
            assert_eq!(tells(wording, text), None, "{why}");
        }
    }

    #[test]
    fn a_lead_holds_no_words_of_a_client() {
        let wording = "<lead>listen tcp <socket>: bind: <reason>";
        for (text, fits) in [
            ("listen tcp :80: bind: address already in use", true),
            ("2026/11/24 03:00:20 listen tcp :80: bind: address already in use", true),
            ("Error: loading new config: listen tcp :80: bind: address already in use", true),
            ("GET /?q=listen tcp :80: bind: address already in use", false),
            ("user42: why \"listen tcp :80: bind: address already in use", false),
            ("xlisten tcp :80: bind: address already in use", false),
            ("user42: listen tcp :80: bind: address already in use", false),
            ("<anna> listen tcp :80: bind: address already in use", false),
            ("ticket 12: listen tcp :80: bind: address already in use", false),
            ("LOG:  statement: -- listen tcp :80: bind: address already in use", false),
            ("# listen tcp :80: bind: address already in use", false),
            ("error when starting: listen tcp :80: bind: address already in use", true),
            ("dial tcp :80: connect: address already in use", false),
        ] {
            assert_eq!(tells(wording, text).is_some(), fits, "{text}");
        }
    }

    #[test]
    fn a_hole_that_is_none_is_text() {
        assert!(tells("x <null>:<port>", "x <null>:8080").is_some());
        assert!(tells("x <null>:<port>", "x <none>:8080").is_none());
    }
}
