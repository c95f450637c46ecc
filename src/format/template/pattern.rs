//! A format string as a list of steps, and how a line is taken apart by it.
//!
//! A value ends where what follows it begins; of several such places, at the first from which the rest of the line
//! can be read, too. What a value can hold at all (its [`Shape`], its escapes) keeps clients from moving that place.
//! A line is tried a few times at most, each time with less that counts for certain: see [`Rigour`].

use super::draft::Directive;
use super::moment::Form;
use crate::format::Level;
use crate::format::access::{is_address, is_client, is_token};

/// Tries that one line may cost, so that none stops the run.
const STEPS: u32 = 100_000;

/// Values that a line without its end must at least hold.
const LEAST_OF_CUT: usize = 4;

/// Bytes that a moment without its end may have.
const CUT_MOMENT_BYTES: usize = 40;

/// One thing of a format string.
#[derive(Debug)]
pub(super) enum Piece {
    /// Bytes that stand so in every line.
    Literal(Vec<u8>),
    /// What a directive writes.
    Value(Box<Directive>),
}

#[derive(Debug)]
struct Step {
    piece: Piece,
    /// Where the line goes on if the field that begins here was left out.
    skip_to: Option<usize>,
}

/// What the text of a value looks like.
#[derive(Debug)]
pub(super) enum Shape {
    /// Whatever its escapes allow, blanks too.
    Free,
    /// The same, but never ending in a comma: `10.0.0.2, 10.0.0.1`.
    Listed,
    /// The same, and `""` where it is empty: a user, as Apache writes it.
    User,
    /// No blanks.
    Word,
    /// The name of a host, as a client gave it, who may bring anything.
    Name,
    /// `GET`, or a hyphen
    Method,
    /// `/a b`, `*`, or a hyphen
    Path,
    /// `HTTP/1.1`, or a hyphen
    Protocol,
    /// Three digits, or a hyphen.
    Status,
    /// A client's address, `unix` (HAProxy), or its name where the server looks names up.
    Address,
    /// Usually a hyphen, seldom a word.
    Hyphen,
    /// `12`, `-1`, `0.034`, `+5`, or a hyphen.
    Number,
    /// `7F000001`
    Hexadecimal,
    /// `?` and what follows, or nothing; of a broken request `<BADREQ>`.
    Query,
    /// nginx's list of one value for each upstream: `502, 200 : 200`.
    Upstreams,
    /// `203.0.113.9:51234`, `2001:db8::79f3:51234`
    Peer,
    /// `bE6tdUyWbsQ`, Apache's name of a request or a connection
    LogId,
    /// `(111)Connection refused`
    Errno,
    /// `mod_proxy.c(820)`
    Source,
    /// `error`, `trace3`
    Level,
    /// `{shop.example|}`
    Braced,
    /// `"shop.example" ""`
    Quoted,
    /// A moment, which tells its own length.
    Moment(Form),
}

impl Shape {
    fn fits(&self, value: &[u8], rigour: Rigour, hides_missing: bool) -> bool {
        let is_word = || !value.iter().any(|byte| matches!(byte, b' ' | b'\t'));
        let is_missing = || matches!(value, b"" | b"-");
        let is_loose = rigour > Rigour::Named || hides_missing && value.is_empty();
        match self {
            Shape::Free | Shape::User => true,
            Shape::Listed => !value.ends_with(b","),
            Shape::Word => is_word(),
            Shape::Name => is_loose || value == b"-" || is_name(value),
            Shape::Peer => value == b"-" || is_peer(value),
            Shape::LogId => value == b"-" || is_log_id(value),
            Shape::Method => is_loose || is_token(value),
            Shape::Path => is_loose || value.starts_with(b"/") || matches!(value, b"*" | b"-"),
            Shape::Protocol => is_loose || is_missing() || value.starts_with(b"HTTP/") && is_word(),
            Shape::Status => value == b"-" || (is_loose || value.len() == 3) && is_number(value),
            Shape::Address => {
                let is_named = || match rigour {
                    Rigour::Usual => value == b"unix" || is_address(value),
                    Rigour::Named => is_client(value),
                    _ => is_word() && !value.ends_with(b","),
                };
                is_missing() || is_named()
            }
            Shape::Hyphen => value == b"-" || is_loose && !value.is_empty() && is_word(),
            Shape::Number => is_missing() || is_number(value),
            Shape::Hexadecimal => {
                is_missing() || value.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'.' | b':'))
            }
            Shape::Query => {
                value.is_empty() || value.starts_with(b"?") || value == b"<BADREQ>" || is_loose && value == b"-"
            }
            Shape::Upstreams => value.is_empty() || is_list(value),
            Shape::Errno => value == b"-" || value.starts_with(b"(") && value.contains(&b')'),
            Shape::Source => value == b"-" || is_word() && value.ends_with(b")") && value.contains(&b'('),
            Shape::Level => value == b"-" || Level::from_name(value).is_some(),
            Shape::Braced => value.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).is_some_and(is_escaped),
            Shape::Quoted => value.strip_prefix(b"\"").is_some_and(|rest| rest.ends_with(b"\"")) && is_quoted(value),
            Shape::Moment(form) => form.len(value) == Some(value.len()),
        }
    }
}

fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").or_else(|| value.strip_prefix(b"+")).unwrap_or(value);
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && digits.iter().filter(|byte| **byte == b'.').count() < 2
}

/// Whether none of the bytes stands there that HAProxy escapes in captured headers (`hdr_encode_map`), but the bars
/// between them.
fn is_escaped(headers: &[u8]) -> bool {
    !headers.iter().any(|byte| matches!(byte, b'"' | b'{' | b'}'))
}

/// Texts in quotes, with a blank between two of them.
fn is_quoted(value: &[u8]) -> bool {
    let (mut is_open, mut rest) = (false, value);
    while let Some((byte, behind)) = rest.split_first() {
        match byte {
            b'"' => is_open = !is_open,
            b' ' if !is_open && !behind.starts_with(b"\"") => return false,
            _ if !is_open && *byte != b' ' => return false,
            _ => {}
        }
        rest = behind;
    }
    !is_open
}

/// A name, perhaps with a port; an address without.
fn is_name(value: &[u8]) -> bool {
    is_client(value) && !value.ends_with(b":") && !has_port(value)
}

/// An address, a colon and a port; `unix:…` has none.
fn is_peer(value: &[u8]) -> bool {
    has_port(value) || is_address(value)
}

fn has_port(value: &[u8]) -> bool {
    let split = memchr::memrchr(b':', value).map(|colon| (&value[..colon], &value[colon + 1..]));
    split.is_some_and(|(address, port)| is_address(address) && is_number(port))
}

/// Eleven letters of base64 (`core_generate_log_id`), or those of mod_unique_id, which replaces them.
fn is_log_id(value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'@' | b'_' | b'-');
    // A word of a message looks like one of them, but for its letters.
    let is_word = value.get(1..).is_none_or(|rest| rest.iter().all(u8::is_ascii_lowercase));
    matches!(value.len(), 11 | 24..=32) && value.iter().all(is_letter) && !is_word
}

/// Elements without blanks, with `, ` or ` : ` between them.
fn is_list(value: &[u8]) -> bool {
    let mut wants_element = true;
    for word in value.split(|byte| *byte == b' ') {
        match word {
            b"" => return false,
            b":" if wants_element => return false,
            b":" => wants_element = true,
            _ if !wants_element => return false,
            _ => wants_element = word.ends_with(b","),
        }
    }
    !wants_element
}

/// The steps of a format string.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    steps: Vec<Step>,
    /// Whether the writer may cut its lines anywhere, without a mark.
    pub(super) may_be_cut: bool,
}

impl Pattern {
    pub(super) fn new(pieces: Vec<Piece>) -> Pattern {
        let mut pattern = Pattern::default();
        pieces.into_iter().for_each(|piece| pattern.push(piece));
        pattern
    }

    /// Adds a piece that stands in every line.
    pub(super) fn push(&mut self, piece: Piece) {
        // What follows a field that may be missing stands for itself.
        let end = self.steps.len();
        let follows_field = self.steps.iter().any(|step| step.skip_to == Some(end));
        if let (false, Piece::Literal(more), Some(Step { piece: Piece::Literal(text), .. })) =
            (follows_field, &piece, self.steps.last_mut())
        {
            text.extend(more);
        } else {
            self.steps.push(Step { piece, skip_to: None });
        }
    }

    /// Adds a field; `vanishes`: it may be missing from a line as a whole.
    pub(super) fn push_field(&mut self, pieces: Vec<Piece>, vanishes: bool) {
        let first = self.steps.len();
        self.steps.extend(pieces.into_iter().map(|piece| Step { piece, skip_to: None }));
        let end = self.steps.len();
        if let Some(step) = self.steps.get_mut(first).filter(|_| vanishes) {
            step.skip_to = Some(end);
        }
    }

    /// The directives, in the order of the line.
    pub(super) fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.steps.iter().filter_map(|step| match &step.piece {
            Piece::Value(directive) => Some(directive.as_ref()),
            Piece::Literal(_) => None,
        })
    }

    /// The same, to change them.
    pub(super) fn directives_mut(&mut self) -> impl Iterator<Item = &mut Directive> {
        self.steps.iter_mut().filter_map(|step| match &mut step.piece {
            Piece::Value(directive) => Some(directive.as_mut()),
            Piece::Literal(_) => None,
        })
    }

    /// Whether the line begins as all do of a form that opens with a moment.
    pub(super) fn opens_with_moment(&self, line: &[u8]) -> bool {
        let (text, next): (&[u8], _) = match self.steps.first().map(|step| &step.piece) {
            Some(Piece::Literal(text)) => (text, self.steps.get(1)),
            _ => (b"", self.steps.first()),
        };
        let Some(Step { piece: Piece::Value(directive), .. }) = next else { return false };
        let Shape::Moment(form) = &directive.shape else { return false };
        line.strip_prefix(text).is_some_and(|rest| form.len(rest).is_some())
    }

    /// Takes a line apart: what each directive wrote, in their order. `None` if the line has another form.
    pub(super) fn read<'p, 'a>(&'p self, line: &'a [u8]) -> Option<Vec<(&'p Directive, &'a [u8])>> {
        [Rigour::Usual, Rigour::Named, Rigour::Seldom, Rigour::Unescaped, Rigour::Cut]
            .into_iter()
            .filter(|rigour| *rigour != Rigour::Cut || self.may_be_cut)
            .find_map(|rigour| {
                let mut reading = Reading { steps: &self.steps, line, rigour, left: STEPS, values: Vec::new() };
                reading.go(0, 0).then_some(reading.values)
            })
    }
}

/// What is taken for certain of a line. What a client sent cannot move the end of a value as long as its escapes
/// count, so these are given up last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rigour {
    /// Values look as servers usually write them.
    Usual,
    /// The same, but clients may have names.
    Named,
    /// Any value may look unusual, as those of broken requests do.
    Seldom,
    /// Nothing is escaped: Apache before 2.0.46, and modules that forget it.
    Unescaped,
    /// The line ends where the writer cut it.
    Cut,
}

struct Reading<'p, 'a> {
    steps: &'p [Step],
    line: &'a [u8],
    rigour: Rigour,
    left: u32,
    values: Vec<(&'p Directive, &'a [u8])>,
}

impl<'p> Reading<'p, '_> {
    /// Whether the line can be read from that step and place to its end; then `values` holds what was read.
    fn go(&mut self, step: usize, at: usize) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let steps = self.steps;
        let Some(here) = steps.get(step) else { return at == self.line.len() };
        let held = self.values.len();
        let is_read = match &here.piece {
            Piece::Literal(literal) => self.literal(literal, step, at),
            Piece::Value(directive) => self.value(directive, step, at),
        };
        if is_read {
            return true;
        }
        self.values.truncate(held);
        here.skip_to.is_some_and(|next| self.go(next, at))
    }

    fn literal(&mut self, literal: &[u8], step: usize, at: usize) -> bool {
        let rest = &self.line[at..];
        if rest.starts_with(literal) {
            return self.go(step + 1, at + literal.len());
        }
        self.rigour == Rigour::Cut && literal.starts_with(rest) && self.values.len() >= LEAST_OF_CUT
    }

    fn value(&mut self, directive: &'p Directive, step: usize, at: usize) -> bool {
        let line = self.line;
        let rest = &line[at..];
        if let Shape::Moment(form) = &directive.shape {
            return match form.len(rest) {
                Some(len) => self.go_behind(directive, step, (at, at + len)),
                None => self.is_cut(directive, rest),
            };
        }
        let reach = match (&directive.shape, self.rigour) {
            (_, Rigour::Unescaped) | (Shape::Quoted, _) => rest.len(),
            (Shape::User, _) if rest.starts_with(b"\"\"") => 2,
            _ => directive.escape.reach(rest),
        };
        let is_list = matches!(directive.shape, Shape::Upstreams) && self.rigour <= Rigour::Named;
        let goes_on = |end: usize| is_list && line[end..].starts_with(b" : ");
        for end in at..=at + reach {
            if self.can_follow(step + 1, end)
                && !goes_on(end)
                && directive.shape.fits(&line[at..end], self.rigour, directive.escape.hides_missing())
                && self.go_behind(directive, step, (at, end))
            {
                return true;
            }
        }
        self.is_cut(directive, rest)
    }

    fn go_behind(&mut self, directive: &'p Directive, step: usize, (start, end): (usize, usize)) -> bool {
        let held = self.values.len();
        self.values.push((directive, &self.line[start..end]));
        let is_read = self.go(step + 1, end);
        if !is_read {
            self.values.truncate(held);
        }
        is_read
    }

    /// Whether the line may end inside the value that was not found: then all before it counts.
    fn is_cut(&self, directive: &Directive, rest: &[u8]) -> bool {
        let can_hold = match directive.shape {
            Shape::Free | Shape::Listed | Shape::User => directive.escape.reach(rest) == rest.len(),
            Shape::Moment(_) => rest.len() < CUT_MOMENT_BYTES,
            _ => !rest.contains(&b' '),
        };
        self.rigour == Rigour::Cut && can_hold && self.values.len() >= LEAST_OF_CUT
    }

    /// Whether that step can begin there, by a look at its first bytes.
    fn can_follow(&self, step: usize, at: usize) -> bool {
        let Some(next) = self.steps.get(step) else { return at == self.line.len() };
        let begins = match &next.piece {
            Piece::Literal(literal) => self.line[at..].starts_with(literal),
            Piece::Value(_) => true,
        };
        begins || next.skip_to.is_some_and(|to| self.can_follow(to, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_values_look_like() {
        use Rigour::{Named, Seldom, Usual};
        for (shape, value, from) in [
            (Shape::Upstreams, "10.0.0.7:80, [::1]:80 : 10.0.0.9:80", Some(Usual)),
            (Shape::Upstreams, "10.0.0.7:80,", None),
            (Shape::Upstreams, ": 200", None),
            (Shape::Upstreams, "502 200", None),
            (Shape::Upstreams, "-", Some(Usual)),
            (Shape::Listed, "10.0.0.2, 10.0.0.1", Some(Usual)),
            (Shape::Listed, "10.0.0.2,", None),
            (Shape::Address, "2001:db8::1", Some(Usual)),
            (Shape::Address, "shop.example", Some(Named)),
            (Shape::Address, r#"\"x\""#, Some(Seldom)),
            (Shape::Hyphen, "-", Some(Usual)),
            (Shape::Hyphen, "frank", Some(Seldom)),
            (Shape::Number, "-1", Some(Usual)),
            (Shape::Number, "0.034", Some(Usual)),
            (Shape::Number, "1.2.3", None),
            (Shape::Status, "502", Some(Usual)),
            (Shape::Status, "5021", Some(Seldom)),
            (Shape::Method, "GET", Some(Usual)),
            (Shape::Method, "", Some(Seldom)),
            (Shape::Path, "/a b", Some(Usual)),
            (Shape::Path, "a.example:443", Some(Seldom)),
            (Shape::Protocol, "HTTP/1.1", Some(Usual)),
            (Shape::Protocol, "HTTP/1.1 ", Some(Seldom)),
            (Shape::Query, "-", Some(Seldom)),
            (Shape::Name, "AH00957:", Some(Seldom)),
            (Shape::Peer, "2001:db8::79f3:51234", Some(Usual)),
            (Shape::Peer, "AH00957:", None),
            (Shape::LogId, "bE6tdUyWbsQ", Some(Usual)),
            (Shape::LogId, "Configuring", None),
            (Shape::Name, "a.example:80", Some(Usual)),
            (Shape::Name, "192.0.2.7:80", Some(Seldom)),
            (Shape::Errno, "-", Some(Usual)),
            (Shape::Word, "a b", None),
            (Shape::Name, "a b", Some(Seldom)),
            (Shape::Query, "<BADREQ>", Some(Usual)),
            (Shape::Braced, "{shop.example|a b}", Some(Usual)),
            (Shape::Braced, "{a} \"GET / HTTP/1.1\" {b}", None),
            (Shape::Quoted, "\"shop.example\" \"\"", Some(Usual)),
            (Shape::Quoted, "\"a\" 200 \"b\"", None),
        ] {
            let fits = [Usual, Named, Seldom].into_iter().find(|rigour| shape.fits(value.as_bytes(), *rigour, false));
            assert_eq!(fits, from, "{value}");
        }
    }
}
