//! A format string as a list of steps, and how a line is taken apart by it.
//!
//! A value ends where what follows it begins; of several such places, at the first from which the rest of the line
//! can be read, too. What a value can hold at all (its [`Shape`], its escapes) keeps clients from moving that place.
//! A line is tried three times at most: as servers usually write it, then with what they only seldom write, and, where
//! the writer cuts its lines, as a line without its end.

use super::draft::Directive;
use super::moment::Form;
use crate::format::Level;
use crate::format::access::is_address;

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
    /// A client's address, `unix` (HAProxy), seldom its name.
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
    fn fits(&self, value: &[u8], strict: bool) -> bool {
        let is_word = || !value.iter().any(|byte| matches!(byte, b' ' | b'\t'));
        let is_missing = || matches!(value, b"" | b"-");
        match self {
            Shape::Free | Shape::User => true,
            Shape::Listed => !value.ends_with(b","),
            Shape::Word => is_word(),
            Shape::Address => {
                is_missing()
                    || if strict { value == b"unix" || is_address(value) } else { is_word() && !value.ends_with(b",") }
            }
            Shape::Hyphen => value == b"-" || !strict && !value.is_empty() && is_word(),
            Shape::Number => is_missing() || is_number(value),
            Shape::Hexadecimal => {
                is_missing() || value.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'.' | b':'))
            }
            Shape::Query => is_missing() || value.starts_with(b"?") || value == b"<BADREQ>",
            Shape::Upstreams => value.is_empty() || is_list(value),
            Shape::Errno => value.starts_with(b"(") && value.contains(&b')'),
            Shape::Source => is_word() && value.ends_with(b")") && value.contains(&b'('),
            Shape::Level => Level::from_name(value).is_some(),
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
        [Rigour::Usual, Rigour::Seldom, Rigour::Cut]
            .into_iter()
            .filter(|rigour| *rigour != Rigour::Cut || self.may_be_cut)
            .find_map(|rigour| {
                let mut reading = Reading { steps: &self.steps, line, rigour, left: STEPS, values: Vec::new() };
                reading.go(0, 0).then_some(reading.values)
            })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rigour {
    Usual,
    Seldom,
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
        let strict = self.rigour == Rigour::Usual;
        let reach = match (&directive.shape, strict) {
            (Shape::User, true) if rest.starts_with(b"\"\"") => 2,
            (Shape::Quoted, _) => rest.len(),
            (_, true) => directive.escape.reach(rest),
            (_, false) => rest.len(),
        };
        for end in at..=at + reach {
            if self.can_follow(step + 1, end)
                && directive.shape.fits(&line[at..end], strict)
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
        for (shape, value, usual, seldom) in [
            (Shape::Upstreams, "10.0.0.7:80, [::1]:80 : 10.0.0.9:80", true, true),
            (Shape::Upstreams, "10.0.0.7:80,", false, false),
            (Shape::Upstreams, ": 200", false, false),
            (Shape::Upstreams, "502 200", false, false),
            (Shape::Upstreams, "-", true, true),
            (Shape::Listed, "10.0.0.2, 10.0.0.1", true, true),
            (Shape::Listed, "10.0.0.2,", false, false),
            (Shape::Address, "2001:db8::1", true, true),
            (Shape::Address, "shop.example", false, true),
            (Shape::Hyphen, "-", true, true),
            (Shape::Hyphen, "frank", false, true),
            (Shape::Number, "-1", true, true),
            (Shape::Number, "0.034", true, true),
            (Shape::Number, "1.2.3", false, false),
            (Shape::Word, "a b", false, false),
            (Shape::Query, "<BADREQ>", true, true),
            (Shape::Braced, "{shop.example|a b}", true, true),
            (Shape::Braced, "{a} \"GET / HTTP/1.1\" {b}", false, false),
            (Shape::Quoted, "\"shop.example\" \"\"", true, true),
            (Shape::Quoted, "\"a\" 200 \"b\"", false, false),
        ] {
            assert_eq!(
                (shape.fits(value.as_bytes(), true), shape.fits(value.as_bytes(), false)),
                (usual, seldom),
                "{value}"
            );
        }
    }
}
