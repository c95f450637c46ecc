//! Apache's ErrorLogFormat, as `parse_errorlog_string` and `do_errorlog_format` in `server/core.c` and `server/log.c`
//! read and write it.
//!
//! A blank in the format string begins a field, and if one of its directives has nothing to write, the field is left
//! out as a whole, with its blank and its literals. `\ ` is a blank that begins none, `% ` begins one without a blank.
//! A hyphen (`%-a`) writes one in the place of nothing. What stands before the message is a field of its own, and so
//! is what follows it.

use nom::branch::alt;
use nom::bytes::complete::take;
use nom::character::complete::{anychar, char, none_of, one_of};
use nom::combinator::{map, opt};
use nom::multi::{many0, many1};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::apache::braces;
use super::draft::{Directive, Escape, Slot};
use super::moment::Form;
use super::pattern::{Pattern, Piece, Shape};
use super::{Kind, Lines, Template};
use crate::format::{Record, Text, Value, apache, text};

/// Reads an ErrorLogFormat.
pub(super) fn compile(string: &'static str) -> Result<Template, String> {
    let read: IResult<&str, Vec<Item>> = many0(item).parse(string);
    let Ok(("", items)) = read else { return Err("apache-error: a % at the end; %% is a percent sign".to_owned()) };
    let mut fields = Fields::default();
    for item in items {
        match item {
            Item::Begin => fields.end(),
            Item::Blanks(blanks) => {
                fields.end();
                fields.pieces.push(Piece::Literal(blanks.into_bytes()));
            }
            Item::Literal(literal) => fields.pieces.push(Piece::Literal(literal.into_bytes())),
            Item::Directive(spelled) => fields.push(&spelled)?,
        }
    }
    fields.end();
    Ok(Template { name: "apache-error", program: None, kind: Kind::Messages, lines: Lines::Pattern(fields.pattern) })
}

enum Item {
    /// Here begins a field.
    Begin,
    /// Here, too, and the blanks stand in it.
    Blanks(String),
    Literal(String),
    Directive(Spelled),
}

/// A directive as it is spelled.
struct Spelled {
    /// Whether it writes a hyphen rather than nothing.
    has_hyphen: bool,
    /// Whether less severe levels only write it.
    has_level: bool,
    argument: Option<&'static str>,
    letter: &'static str,
}

fn item(input: &'static str) -> IResult<&'static str, Item> {
    let begin = map((char('%'), char(' ')), |_| Item::Begin);
    let percent = map((char('%'), char('%')), |_| Item::Literal("%".to_owned()));
    let blanks = map(many1(char(' ')), |blanks| Item::Blanks(blanks.into_iter().collect()));
    let escaped = preceded(char('\\'), anychar).map(|letter| match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        letter => letter,
    });
    let literal = map(many1(alt((escaped, none_of("% ")))), |letters| Item::Literal(letters.into_iter().collect()));
    alt((begin, percent, map(directive, Item::Directive), blanks, literal)).parse(input)
}

/// `%-m`, `%7F`, `%{cu}t`
fn directive(input: &'static str) -> IResult<&'static str, Spelled> {
    let flags = many0(one_of("-+0123456789"));
    let (rest, (flags, argument, letter)) = preceded(char('%'), (flags, opt(braces), take(1usize))).parse(input)?;
    let has = |wanted: fn(&char) -> bool| flags.iter().any(wanted);
    Ok((rest, Spelled { has_hyphen: has(|flag| *flag == '-'), has_level: has(char::is_ascii_digit), argument, letter }))
}

/// The fields, as they are put together.
#[derive(Default)]
struct Fields {
    pattern: Pattern,
    /// Of the field that is not ended yet.
    pieces: Vec<Piece>,
    /// Whether it may be left out.
    vanishes: bool,
}

impl Fields {
    fn end(&mut self) {
        self.pattern.push_field(std::mem::take(&mut self.pieces), self.vanishes);
        self.vanishes = false;
    }

    fn push(&mut self, spelled: &Spelled) -> Result<(), String> {
        let (name, slot, shape) = spelled.meaning().ok_or_else(|| {
            format!("apache-error: no directive %{}; https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat lists them", spelled.letter)
        })?;
        let value =
            Piece::Value(Box::new(Directive { name, slot, rank: 0, shape, escape: Escape::BackslashButQuotes }));
        if spelled.letter == "M" {
            self.end();
            self.pieces.push(value);
            self.end();
        } else {
            // A moment and a level are never missing.
            self.vanishes |= spelled.has_level || !spelled.has_hyphen && !matches!(spelled.letter, "t" | "l");
            self.pieces.push(value);
        }
        Ok(())
    }
}

impl Spelled {
    /// The field's name, its slot, and what it looks like.
    fn meaning(&self) -> Option<(&'static str, Slot, Shape)> {
        let named = |name: &'static str, shape| (name, Slot::Text, shape);
        let own = || match self.argument {
            Some(argument) => String::leak(format!("{{{argument}}}{}", self.letter)),
            None => self.letter,
        };
        Some(match (self.letter, self.argument) {
            ("t", argument) => {
                let form = moment(argument.unwrap_or_default())?;
                ("t", Slot::Moment(form.clone()), Shape::Moment(form))
            }
            ("a", None) => ("a", Slot::ClientWithPort, Shape::Peer),
            ("E", _) => ("errno", Slot::Verbatim, Shape::Errno),
            ("F", _) => named("source", Shape::Source),
            ("l", _) => ("l", Slot::Level, Shape::Level),
            ("m", _) => named("module", Shape::Word),
            ("M", _) => ("M", Slot::Message, Shape::Free),
            ("P", _) => ("P", Slot::Pid, Shape::Number),
            ("T", _) => ("T", Slot::Tid, Shape::Number),
            ("v", _) => ("v", Slot::Vhost, Shape::Name),
            ("V", _) => named("V", Shape::Name),
            ("L", None) => ("L", Slot::RequestId, Shape::LogId),
            ("i", Some(header)) if header.eq_ignore_ascii_case("referer") => ("i", Slot::Referer, Shape::Free),
            ("i", Some(header)) if header.eq_ignore_ascii_case("user-agent") => ("i", Slot::UserAgent, Shape::Free),
            ("k", _) => ("k", Slot::Count, Shape::Number),
            ("A" | "a", _) => named(own(), Shape::Peer),
            ("L", _) => named(own(), Shape::LogId),
            ("e" | "i" | "n", Some(_)) => named(own(), Shape::Free),
            _ => return None,
        })
    }
}

/// `%t`, `%{cuz}t`: compact, microseconds, zone; anything with a percent sign is strftime's.
fn moment(argument: &'static str) -> Option<Form> {
    if argument.contains('%') {
        return Form::strftime(argument);
    }
    let has = |letter| argument.contains(letter);
    let form = if has('c') { Form::Iso } else { Form::Asctime };
    Some(if has('z') { Form::WithOffset(Box::new(form)) } else { form })
}

/// What the record of an error line has beyond its directives: the number out of `(111)Connection refused`, the
/// message's code.
pub(super) fn finish(mut record: Record<'_>) -> Record<'_> {
    for (_, value) in record.fields.iter_mut().filter(|(name, _)| name == "errno") {
        if let Value::Text(told) = &*value
            && let Some((Some(number), _)) = apache::errno(told.as_bytes())
        {
            *value = Value::Number(number);
        }
    }
    // A resolver's error has a text and no number of the system's.
    record.fields.retain(|(name, value)| name != "errno" || matches!(value, Value::Number(_)));
    let code = |message: &[u8]| apache::code(message).map(|code| text(code).into_owned());
    record.code = record.message.as_ref().and_then(|message| code(message.as_bytes())).map(Text::Owned);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    #[test]
    fn fields_vanish_as_a_whole() {
        const FORM: &str = r"[%{u}t] [%-m:%l] [pid %P] [client\ %a] [vhost\ %v] %E: %M ,\ referer\ %{Referer}i";
        const HEAD: &str = "[Tue Nov 24 08:10:58.740677 2026] [proxy:error] [pid 22631]";
        let template = compile(FORM).unwrap_or_else(|error| unreachable!("{error}"));
        for (why, rest, client, vhost, errno, message, referer) in [
            (
                "all of them",
                " [client ::1:51234] [vhost a.example] (111)Connection refused: AH00957: HTTP: x , referer https://e.example/",
                Some("::1"),
                Some("a.example"),
                Some(111),
                "AH00957: HTTP: x",
                Some("https://e.example/"),
            ),
            ("none of them", " AH00957: HTTP: x", None, None, None, "AH00957: HTTP: x", None),
            (
                "an error with parentheses",
                " (20014)Internal error (specific information not available): AH01102: y",
                None,
                None,
                Some(20014),
                "AH01102: y",
                None,
            ),
        ] {
            let line = format!("{HEAD}{rest}");
            let record = template.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{why}"));
            assert_eq!((record.client.as_deref(), record.vhost.as_deref()), (client, vhost), "{why}");
            assert_eq!((record.number_field("errno"), record.message()), (errno, message), "{why}");
            assert_eq!(record.request.as_ref().and_then(|request| request.referer.as_deref()), referer, "{why}");
            assert!(record.code.is_some() && record.pid == Some(22631), "{why}");
        }
        assert!(template.parse(b"Some text of a child").is_none());
    }

    #[test]
    fn fields_of_single_words_are_told_apart_from_the_message() {
        let template = compile("%{cz}t [%l] %v %a %L %M").unwrap_or_else(|error| unreachable!("{error}"));
        const HEAD: &str = "2026-11-24 08:10:58 +0530 [error]";
        for (rest, vhost, client, id) in [
            ("a.example ::1:51234 bE6tdUyWbsQ AH00957: x", Some("a.example"), Some("::1"), Some("bE6tdUyWbsQ")),
            ("a.example 192.0.2.7:0 AH00957: x", Some("a.example"), Some("192.0.2.7"), None),
            ("a.example AH00957: x", Some("a.example"), None, None),
            ("AH00957: x", None, None, None),
        ] {
            let line = format!("{HEAD} {rest}");
            let record = template.parse(line.as_bytes()).unwrap_or_default();
            let request_id = record.request.as_ref().and_then(|request| request.request_id.as_deref());
            assert_eq!((record.vhost.as_deref(), record.client.as_deref()), (vhost, client), "{rest}");
            assert_eq!((request_id, record.message()), (id, "AH00957: x"), "{rest}");
        }
    }

    #[test]
    fn hyphens_stand_for_what_is_missing() {
        const FORM: &str = "%{cu}t|%l|%-m|%P|%-F|%-a|%-E|%M";
        let template = compile(FORM).unwrap_or_else(|error| unreachable!("{error}"));
        let line = b"2026-11-24 08:10:58.740677|warn|-|22631|-|-|-|AH01882: x";
        let record = template.parse(line).unwrap_or_default();
        assert_eq!(
            (record.level, record.pid, record.message()),
            (Some(crate::format::Level::Warn), Some(22631), "AH01882: x")
        );
        assert!(record.fields.is_empty() && record.client.is_none());
    }

    #[test]
    fn a_plain_blank_leaves_the_literal_before_it_standing() {
        let template = compile("[%t] [%l] %E: [client %a] %M").unwrap_or_else(|error| unreachable!("{error}"));
        let line = b"[Tue Nov 24 08:10:58 2026] [error] (111)Connection refused: [client AH00957: x";
        let record = template.parse(line).unwrap_or_default();
        assert_eq!((record.client.as_deref(), record.message()), (None, "AH00957: x"));
    }
}
