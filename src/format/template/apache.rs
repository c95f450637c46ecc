//! Apache's LogFormat, as `mod_log_config.c` reads it.
//!
//! A directive is a percent sign, modifiers, an argument in braces, and a letter; the modifiers stand on either side of
//! the argument: `%>s`, `%!200,304{Referer}i`. A condition that does not hold leaves a hyphen.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take};
use nom::character::complete::{anychar, char, digit1, none_of, one_of};
use nom::combinator::{map, recognize};
use nom::multi::many0;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::Template;
use super::draft::{Directive, Escape, Slot};
use super::moment::Form;
use super::pattern::{Pattern, Piece, Shape};

/// Reads a LogFormat.
pub(super) fn compile(string: &'static str) -> Result<Template, String> {
    let read: IResult<&str, Vec<Item>> = many0(item).parse(string);
    let Ok(("", items)) = read else { return Err("apache: a % at the end; %% is a percent sign".to_owned()) };
    let mut pieces = Vec::new();
    for item in items {
        match item {
            Item::Letter(letter) => pieces.push(Piece::Literal(letter.to_string().into_bytes())),
            Item::Directive(spelled) => spelled.pieces(&mut pieces)?,
        }
    }
    Ok(Template::traffic("apache-access", Pattern::new(pieces)))
}

enum Item {
    Letter(char),
    Directive(Spelled),
}

/// A directive as it is spelled.
struct Spelled {
    /// Whether the final request is asked for, after internal redirects.
    is_final: bool,
    argument: Option<&'static str>,
    letter: &'static str,
}

/// One of the things before a directive's letter.
enum Before {
    Original,
    Final,
    Condition,
    Argument(&'static str),
}

fn item(input: &'static str) -> IResult<&'static str, Item> {
    let escaped = preceded(char('\\'), one_of("ntr\\\"")).map(|letter| match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        letter => letter,
    });
    let percent = map(tag("%%"), |_| '%');
    alt((
        map(percent, Item::Letter),
        map(directive, Item::Directive),
        map(escaped, Item::Letter),
        map(none_of("%"), Item::Letter),
    ))
    .parse(input)
}

/// `%>s`, `%400,501{User-agent}i`, `%^FB`
fn directive(input: &'static str) -> IResult<&'static str, Spelled> {
    let before = alt((
        map(char('<'), |_| Before::Original),
        map(char('>'), |_| Before::Final),
        map(alt((recognize(one_of("!,")), digit1)), |_| Before::Condition),
        map(braces, Before::Argument),
    ));
    let letter = alt((recognize((char('^'), take(2usize))), recognize(anychar)));
    let (rest, (before, letter)) = preceded(char('%'), (many0(before), letter)).parse(input)?;
    let is_final = before.iter().any(|part| matches!(part, Before::Final));
    let argument = before.iter().find_map(|part| match part {
        Before::Argument(argument) => Some(*argument),
        _ => None,
    });
    Ok((rest, Spelled { is_final, argument, letter }))
}

/// `{Referer}`
pub(super) fn braces(input: &'static str) -> IResult<&'static str, &'static str> {
    delimited(char('{'), alt((is_not("}"), tag(""))), char('}')).parse(input)
}

impl Spelled {
    /// Its name in `fields`: without modifiers.
    fn name(&self) -> &'static str {
        match self.argument {
            Some(argument) => String::leak(format!("{{{argument}}}{}", self.letter)),
            None => self.letter,
        }
    }

    fn pieces(self, pieces: &mut Vec<Piece>) -> Result<(), String> {
        let brackets = self.letter == "t" && matches!(self.argument, None | Some("" | "begin" | "end"));
        let unknown = || {
            format!(
                "apache: no directive %{}; https://httpd.apache.org/docs/2.4/mod/mod_log_config.html lists them",
                self.name()
            )
        };
        let (slot, shape, rank) = if self.letter == "t" {
            moment(self.argument).ok_or_else(unknown)?
        } else {
            self.meaning().ok_or_else(unknown)?
        };
        let value =
            Piece::Value(Box::new(Directive { name: self.name(), slot, rank, shape, escape: Escape::Backslash }));
        if brackets {
            pieces.extend([Piece::Literal(b"[".to_vec()), value, Piece::Literal(b"]".to_vec())]);
        } else {
            pieces.push(value);
        }
        Ok(())
    }

    /// What the directive writes: slot, form, and rank among those for the same slot.
    fn meaning(&self) -> Option<(Slot, Shape, u8)> {
        let count = || (Slot::Count, Shape::Number, 0);
        let free = || (Slot::Text, Shape::Free, 0);
        Some(match (self.letter, self.argument) {
            ("a", Some("c")) => (Slot::Client, Shape::Address, 2),
            ("a", _) => (Slot::Client, Shape::Address, 4),
            ("h", Some("c")) => (Slot::Client, Shape::Address, 1),
            ("h", _) => (Slot::Client, Shape::Address, 3),
            ("A", _) => (Slot::Text, Shape::Address, 0),
            ("l", _) => (Slot::Text, Shape::Hyphen, 0),
            ("u", _) => (Slot::User, Shape::User, 1 + u8::from(self.is_final)),
            ("r", _) => (Slot::Request, Shape::Free, 1),
            ("m", _) => (Slot::Method, Shape::Method, 1),
            ("U", _) => (Slot::Path, Shape::Path, 1),
            ("q", _) => (Slot::Query, Shape::Query, 1),
            ("H", _) => (Slot::Protocol, Shape::Protocol, 1),
            ("s", _) => (Slot::Status, Shape::Status, 1 + u8::from(self.is_final)),
            ("b" | "B", _) => (Slot::Bytes, Shape::Number, 2),
            ("O", _) => (Slot::Bytes, Shape::Number, 1),
            ("D", _) => (Slot::Duration(1e6), Shape::Number, 4),
            ("T", Some("us")) => (Slot::Duration(1e6), Shape::Number, 3),
            ("T", Some("ms")) => (Slot::Duration(1e3), Shape::Number, 2),
            ("T", None | Some("s" | "")) => (Slot::Duration(1.0), Shape::Number, 1),
            ("v", _) => (Slot::Vhost, Shape::Word, 2),
            ("V", _) => (Slot::Vhost, Shape::Name, 1),
            ("p", None | Some("" | "canonical")) => (Slot::ServerPort, Shape::Number, 1),
            ("p", Some("remote")) => (Slot::ClientPort, Shape::Number, 1),
            ("P", None | Some("" | "pid")) => (Slot::Pid, Shape::Number, 1),
            ("P", Some("tid")) => (Slot::Tid, Shape::Number, 1),
            ("P", Some("hextid")) => (Slot::HexTid, Shape::Hexadecimal, 1),
            ("i", Some(name)) => header(name),
            ("e", Some("UNIQUE_ID")) => (Slot::RequestId, Shape::Word, 3),
            ("L", None) => (Slot::RequestId, Shape::Word, 1),
            ("L", Some(_)) | ("R", _) => (Slot::Text, Shape::Word, 0),
            ("X", _) => (Slot::Verbatim, Shape::Word, 0),
            ("I" | "S" | "k" | "p" | "F" | "^FB" | "^FU", _) => count(),
            ("x" | "c" | "o" | "C" | "e" | "n" | "f" | "^ti" | "^to", _) => free(),
            _ => return None,
        })
    }
}

/// `%{Referer}i`; names of headers know no case.
fn header(name: &str) -> (Slot, Shape, u8) {
    match name.to_ascii_lowercase().as_str() {
        "referer" => (Slot::Referer, Shape::Free, 1),
        "user-agent" => (Slot::UserAgent, Shape::Free, 1),
        "x-request-id" => (Slot::RequestId, Shape::Word, 2),
        "x-forwarded-for" => (Slot::Text, Shape::Listed, 0),
        _ => (Slot::Text, Shape::Free, 0),
    }
}

/// `%t`, `%{end:usec}t`, `%{%d/%b/%Y}t`
fn moment(argument: Option<&'static str>) -> Option<(Slot, Shape, u8)> {
    let argument = argument.unwrap_or_default();
    let (is_end, form) = match argument {
        "" | "begin" => (false, ""),
        "end" => (true, ""),
        _ => match argument.strip_prefix("end:") {
            Some(form) => (true, form),
            None => (false, argument.strip_prefix("begin:").unwrap_or(argument)),
        },
    };
    let form = || {
        Some(match form {
            "" => Form::Clf,
            "sec" => Form::Seconds,
            "msec" => Form::Millis,
            "usec" => Form::Micros,
            "msec_frac" => Form::MillisOfSecond,
            "usec_frac" => Form::MicrosOfSecond,
            _ => Form::strftime(form)?,
        })
    };
    let slot = if is_end { Slot::End(form()?) } else { Slot::Moment(form()?) };
    Some((slot, Shape::Moment(form()?), 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, Record};

    fn read<'a>(string: &'static str, line: &'a str) -> Record<'a> {
        let template = compile(string).unwrap_or_else(|error| unreachable!("{error}"));
        template.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{string} does not read {line}"))
    }

    #[test]
    fn a_value_ends_where_the_next_literal_begins() {
        for (why, string, line, client, user) in [
            (
                "combined",
                r#"%h %l %u %t "%r" %>s %b"#,
                r#"::1 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 5"#,
                "::1",
                None,
            ),
            (
                "blanks in a user",
                r#"%h %l %u %t "%r" %>s %b"#,
                r#"::1 - a b] [c [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 5"#,
                "::1",
                Some("a b] [c"),
            ),
            (
                "an empty user",
                r#"%h %l %u %t "%r" %>s %b"#,
                r#"::1 - "" [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 5"#,
                "::1",
                Some(""),
            ),
            (
                "a list of proxies",
                r#"%{X-Forwarded-For}i %h %l %u %t "%r" %>s %b"#,
                r#"10.0.0.2, 10.0.0.1, 192.0.2.1 2001:db8::fee3 - - [24/Nov/2026:08:10:43 +0530] "GET / HTTP/1.1" 200 5"#,
                "2001:db8::fee3",
                None,
            ),
            (
                "an address with its port behind",
                r#"%t %a:%{remote}p "%r" %>s %b %u"#,
                r#"[24/Nov/2026:08:10:43 +0530] 2001:db8::617a:0 "GET / HTTP/1.1" 200 5 frank"#,
                "2001:db8::617a",
                Some("frank"),
            ),
        ] {
            let record = read(string, line);
            let request = record.request.as_deref();
            assert_eq!((record.client.as_deref(), record.user.as_deref()), (Some(client), user), "{why}");
            assert_eq!(request.and_then(|request| request.status), Some(200), "{why}");
            assert_eq!(request.and_then(|request| request.target.as_deref()), Some("/"), "{why}");
            assert!(record.is_traffic, "{why}");
        }
    }

    #[test]
    fn the_more_precise_of_several_counts() {
        let record = read(
            r#"%a %h %{c}a [%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] "%m %U%q %H" %s>%>s %O %b %T %{ms}T %D %X"#,
            r#"::1 shop.example 127.0.0.1 [24/Nov/2026:08:10:43.814040 +0530] "GET /a?b HTTP/1.1" 302>200 783 520 0 0 104 -"#,
        );
        assert_eq!(record.client.as_deref(), Some("::1"));
        assert_eq!(record.stamp.map(|stamp| (stamp.nanos, stamp.digits)), Some((814_040_000, 6)));
        let request = record.request.clone().unwrap_or_default();
        assert_eq!((request.status, request.bytes, request.duration_s), (Some(200), Some(520), Some(0.000_104)));
        assert_eq!(request.target.as_deref(), Some("/a?b"));
        let names: Vec<&str> = record.fields.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["h", "{c}a", "s", "O", "T", "{ms}T", "X"]);
    }

    #[test]
    fn conditions_and_percent_signs() {
        let record = read(
            r#"%h "%400,501{User-agent}i" %!200,304{Referer}i %% %t"#,
            "::1 \"-\" https://e.example/a b % [24/Nov/2026:08:10:43 +0530]",
        );
        let request = record.request.unwrap_or_default();
        assert_eq!((request.user_agent, request.referer.as_deref()), (None, Some("https://e.example/a b")));
    }

    #[test]
    fn what_is_no_directive_is_told() {
        assert_eq!(compile("%h %Z").map(|_| ()).map_err(|error| error.contains("%Z")), Err(true));
    }
}
