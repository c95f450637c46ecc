//! HAProxy's log-format, as `parse_logformat_string` in `src/log.c` reads it.
//!
//! `%ci`, `%{+Q}r`, `%[capture.req.hdr(0)]`, `%(status)ST`; a blank may be written `\ `. Flags on `%o` hold for all that
//! follows. With `+Q` texts stand in quotes (of captured headers each), but not numbers, dates and states; `+X` writes addresses, ports and
//! the process in hexadecimal digits; `+json` makes one object of all that has a name.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till, take_while1};
use nom::character::complete::{anychar, char, none_of};
use nom::combinator::{map, opt, recognize};
use nom::multi::{many0, many0_count, many1_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::draft::{Directive, Escape, Slot, Timer};
use super::moment::Form;
use super::pattern::{Pattern, Piece, Shape};
use super::{Kind, Lines, Template, json};

/// Reads a log-format.
pub(super) fn compile(string: &'static str) -> Result<Template, String> {
    let read: IResult<&str, Vec<Item>> = many0(item).parse(string);
    let Ok(("", items)) = read else {
        return Err("haproxy: a % without an alias, an expression or flags behind it".to_owned());
    };
    let mut built = Built::default();
    for item in items {
        match item {
            Item::Blank => built.blank(),
            Item::Letter(letter) => built.push(Piece::Literal(letter.to_string().into_bytes())),
            Item::Value(spelled) => built.value(&spelled)?,
        }
    }
    Ok(built.template())
}

/// The template, as it is put together.
#[derive(Default)]
struct Built {
    /// What `%o` set for all that follows.
    global: Flags,
    pattern: Pattern,
    /// Captured headers, of which it is not known yet whether a blank follows.
    captured: Option<Vec<Piece>>,
    /// Members of `+json`.
    named: Vec<Directive>,
    is_http: bool,
    /// Whether something was written that a blank can follow.
    has_text: bool,
}

impl Built {
    /// HAProxy writes no blank at the beginning, nor behind captured headers if none are declared.
    fn blank(&mut self) {
        let blank = Piece::Literal(b" ".to_vec());
        match self.captured.take() {
            Some(captured) => self.pattern.push_field(captured.into_iter().chain([blank]).collect(), true),
            None if self.has_text => self.pattern.push(blank),
            None => {}
        }
    }

    fn push(&mut self, piece: Piece) {
        if let Some(captured) = self.captured.take() {
            self.pattern.push_field(captured, true);
        }
        self.has_text = true;
        self.pattern.push(piece);
    }

    fn value(&mut self, spelled: &Spelled) -> Result<(), String> {
        let flags = spelled.flags.iter().fold(self.global, |flags, flag| flags.with(flag));
        if flags.binary {
            return Err("haproxy: +bin and +cbor write no lines of text".to_owned());
        }
        if spelled.what == What::Alias("o") {
            self.global = flags;
            return Ok(());
        }
        let directive = spelled.directive(flags)?;
        self.is_http |=
            matches!(directive.slot, Slot::Request | Slot::Method | Slot::Target | Slot::Path | Slot::Status);
        if self.global.json {
            self.named.extend(spelled.name.map(|name| Directive { name, ..directive }));
            return Ok(());
        }
        let has_quotes = flags.quoted && spelled.takes_quotes(&directive);
        let value = Piece::Value(Box::new(directive));
        let pieces = if has_quotes {
            vec![Piece::Literal(b"\"".to_vec()), value, Piece::Literal(b"\"".to_vec())]
        } else {
            vec![value]
        };
        if matches!(spelled.what, What::Alias("hr" | "hs" | "hrl" | "hsl")) {
            self.captured = Some(pieces);
        } else {
            pieces.into_iter().for_each(|piece| self.push(piece));
        }
        Ok(())
    }

    fn template(mut self) -> Template {
        if let Some(captured) = self.captured.take() {
            self.pattern.push_field(captured, true);
        }
        let name = if self.is_http { "haproxy-http" } else { "haproxy-tcp" };
        let template = if self.global.json {
            Template {
                name,
                program: None,
                kind: Kind::Traffic,
                lines: Lines::Object(json::Reader { directives: self.named }),
            }
        } else {
            self.pattern.may_be_cut = true;
            Template::traffic(name, self.pattern)
        };
        Template { program: Some("haproxy"), ..template }
    }
}

enum Item {
    /// Any number of blanks, of which HAProxy writes one.
    Blank,
    Letter(char),
    Value(Spelled),
}

/// A value as it is spelled.
struct Spelled {
    /// `%(name)`, of 3.0 and later
    name: Option<&'static str>,
    flags: Vec<&'static str>,
    what: What,
}

#[derive(PartialEq)]
enum What {
    Alias(&'static str),
    Expression(&'static str),
}

/// `+Q`, `+X` and their like.
#[derive(Clone, Copy, Default)]
struct Flags {
    quoted: bool,
    hexadecimal: bool,
    escaped: bool,
    json: bool,
    binary: bool,
}

impl Flags {
    fn with(self, flag: &str) -> Flags {
        let is_on = !flag.starts_with('-');
        match flag.trim_start_matches(['+', '-']) {
            "Q" => Flags { quoted: is_on, ..self },
            "X" => Flags { hexadecimal: is_on, ..self },
            "E" => Flags { escaped: is_on, ..self },
            "json" => Flags { json: is_on, ..self },
            "bin" | "cbor" => Flags { binary: is_on, ..self },
            _ => self,
        }
    }
}

fn item(input: &'static str) -> IResult<&'static str, Item> {
    let blank = many1_count(alt((tag(" "), tag("\\ ")))).map(|_| Item::Blank);
    let percent = tag("%%").map(|_| Item::Letter('%'));
    let letter = alt((preceded(char('\\'), anychar), none_of("%"))).map(Item::Letter);
    alt((blank, percent, map(value, Item::Value), letter)).parse(input)
}

/// `%ci`, `%{+Q,-E}r`, `%[src]`, `%(status:sint)ST`
fn value(input: &'static str) -> IResult<&'static str, Spelled> {
    let name = delimited(
        char('('),
        recognize((take_till(|letter| matches!(letter, ':' | ')')), opt((char(':'), is_not(")"))))),
        char(')'),
    );
    let flags = delimited(char('{'), take_till(|letter| letter == '}'), char('}'));
    let what = alt((
        map(delimited(char('['), inside_brackets, char(']')), What::Expression),
        map(take_while1(|letter: char| letter.is_ascii_alphanumeric()), What::Alias),
    ));
    let (rest, (name, flags, what)) = preceded(char('%'), (opt(name), opt(flags), what)).parse(input)?;
    let name = name.map(|name| name.split_once(':').map_or(name, |(name, _)| name)).filter(|name| !name.is_empty());
    let flags = flags.map(|flags| flags.split(',').map(str::trim).collect()).unwrap_or_default();
    Ok((rest, Spelled { name, flags, what }))
}

/// `capture.req.hdr(1),lower`, in which brackets may stand in pairs or in quotes.
fn inside_brackets(input: &'static str) -> IResult<&'static str, &'static str> {
    let quoted = alt((
        recognize((char('\''), take_till(|letter| letter == '\''), char('\''))),
        recognize((char('"'), take_till(|letter| letter == '"'), char('"'))),
    ));
    let inner = recognize((char('['), inside_brackets, char(']')));
    recognize(many0_count(alt((quoted, inner, recognize(none_of("[]")))))).parse(input)
}

impl Spelled {
    fn directive(&self, flags: Flags) -> Result<Directive, String> {
        let (name, (slot, shape), escape) = match self.what {
            What::Alias(alias) => {
                let unknown = || {
                    format!("haproxy: no alias %{alias}; section 8.2.6 of HAProxy's configuration manual lists them")
                };
                (field(alias), alias_meaning(alias, flags).ok_or_else(unknown)?, Escape::Hash)
            }
            What::Expression(expression) => {
                let escape = if flags.escaped { Escape::Bracketed } else { Escape::None };
                (self.name.unwrap_or(expression), expression_meaning(expression), escape)
            }
        };
        let rank = match (&self.what, &slot) {
            (_, Slot::Count | Slot::Text | Slot::Captured | Slot::Moment(_) | Slot::Timer(_)) => 0,
            (What::Alias("B" | "ci" | "r" | "ST" | "tsc" | "ft" | "b" | "s"), _) => 3,
            (What::Alias(_), _) => 2,
            (What::Expression(_), _) => 1,
        };
        Ok(Directive { name, slot, rank, shape, escape })
    }

    /// Whether `+Q` puts the value between quotes.
    fn takes_quotes(&self, directive: &Directive) -> bool {
        let is_state = matches!(self.what, What::Alias("ts" | "tsc"));
        let is_text = !is_state
            && !matches!(directive.shape, Shape::Number | Shape::Moment(_) | Shape::Quoted)
            && !matches!(directive.slot, Slot::HexPort);
        is_text || matches!(self.what, What::Expression(_))
    }
}

/// What an alias writes.
fn alias_meaning(alias: &str, flags: Flags) -> Option<(Slot, Shape)> {
    let moment = |form: Form| (Slot::Moment(form.clone()), Shape::Moment(form));
    let timer = |timer| (Slot::Timer(timer), Shape::Number);
    let hexadecimal = |otherwise| if flags.hexadecimal { (Slot::Text, Shape::Hexadecimal) } else { otherwise };
    Some(match alias {
        "ci" if flags.hexadecimal => (Slot::HexClient, Shape::Hexadecimal),
        "ci" => (Slot::Client, Shape::Address),
        "cp" if flags.hexadecimal => (Slot::HexPort, Shape::Hexadecimal),
        "cp" => (Slot::ClientPort, Shape::Number),
        "t" | "tr" => moment(Form::Haproxy),
        "T" | "Tl" | "trg" | "trl" => moment(Form::Clf),
        "Ts" if !flags.hexadecimal => moment(Form::Seconds),
        "ms" if !flags.hexadecimal => moment(Form::MillisOfSecond),
        "f" | "ft" => (Slot::Frontend, Shape::Word),
        "b" => (Slot::Backend, Shape::Word),
        "s" => (Slot::Server, Shape::Word),
        "r" => (Slot::Request, Shape::Free),
        "HM" => (Slot::Method, Shape::Word),
        "HU" => (Slot::Target, Shape::Free),
        "HP" => (Slot::Path, Shape::Free),
        "HQ" => (Slot::Query, Shape::Query),
        "HV" => (Slot::Protocol, Shape::Word),
        "ST" => (Slot::Status, Shape::Number),
        "B" => (Slot::Bytes, Shape::Number),
        "ts" | "tsc" => (Slot::Termination, Shape::Word),
        "rc" => (Slot::Retries, Shape::Number),
        "TR" | "Tq" => timer(Timer::Request),
        "Tw" => timer(Timer::Queue),
        "Tc" => timer(Timer::Connect),
        "Tr" => timer(Timer::Response),
        "Ta" | "Tt" => timer(Timer::Total),
        "ID" => (Slot::RequestId, Shape::Word),
        "pid" if !flags.hexadecimal => (Slot::Pid, Shape::Number),
        "ac" | "fc" | "bc" | "sc" | "sq" | "bq" | "lc" | "U" | "Td" | "Th" | "Ti" | "Tu" => {
            (Slot::Count, Shape::Number)
        }
        "rt" | "bp" | "fp" | "sp" => hexadecimal((Slot::Count, Shape::Number)),
        "bi" | "fi" | "si" => hexadecimal((Slot::Text, Shape::Word)),
        "Ts" | "ms" | "pid" => (Slot::Text, Shape::Hexadecimal),
        "hr" | "hs" => (Slot::Captured, Shape::Braced),
        "hrl" | "hsl" if flags.quoted => (Slot::Captured, Shape::Quoted),
        "CC" | "CS" | "hrl" | "hsl" | "HPO" => (Slot::Text, Shape::Free),
        "H" | "OG" | "sslc" | "sslv" => (Slot::Text, Shape::Word),
        _ => return None,
    })
}

/// The name in `fields`, as HAProxy's manual has it.
fn field(alias: &'static str) -> &'static str {
    match alias {
        "ac" => "actconn",
        "fc" => "feconn",
        "bc" => "beconn",
        "sc" => "srv_conn",
        "sq" => "srv_queue",
        "bq" => "backend_queue",
        "U" => "bytes_uploaded",
        "CC" => "captured_request_cookie",
        "CS" => "captured_response_cookie",
        "hr" | "hrl" => "captured_request_headers",
        "hs" | "hsl" => "captured_response_headers",
        alias => alias,
    }
}

/// What an expression writes, if it is one of those that stand for an alias.
fn expression_meaning(expression: &'static str) -> (Slot, Shape) {
    if let Some(form) = date_form(expression) {
        return (Slot::Moment(form.clone()), Shape::Moment(form));
    }
    match expression {
        "src" => (Slot::Client, Shape::Address),
        "src_port" => (Slot::ClientPort, Shape::Number),
        "capture.req.method" | "method" => (Slot::Method, Shape::Word),
        "capture.req.uri" | "url" | "pathq" => (Slot::Target, Shape::Free),
        "path" => (Slot::Path, Shape::Free),
        "capture.req.ver" | "capture.res.ver" => (Slot::Protocol, Shape::Word),
        "status" | "txn.status" => (Slot::Status, Shape::Number),
        "fe_name" => (Slot::Frontend, Shape::Word),
        "be_name" => (Slot::Backend, Shape::Word),
        "srv_name" => (Slot::Server, Shape::Word),
        "bytes_out" | "res.bytes_out" => (Slot::Bytes, Shape::Number),
        "unique-id" => (Slot::RequestId, Shape::Word),
        _ => (Slot::Text, Shape::Free),
    }
}

/// `date,ltime(%Y-%m-%dT%H:%M:%S%z)`, `accept_date,utime("%s")`
fn date_form(expression: &'static str) -> Option<Form> {
    let (date, converter) = expression.split_once(',')?;
    let is_date = ["date", "accept_date", "request_date"].iter().any(|name| date.split('(').next() == Some(*name));
    let form = converter.strip_prefix("ltime(").or_else(|| converter.strip_prefix("utime("))?.strip_suffix(')')?;
    is_date.then(|| Form::strftime(form.trim_matches(['"', '\''])))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, Record, Timers, Value};

    fn read<'a>(string: &'static str, line: &'a str) -> Record<'a> {
        let template = compile(string).unwrap_or_else(|error| unreachable!("{error}"));
        template.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{string} does not read {line}"))
    }

    #[test]
    fn flags_change_what_stands_there() {
        for (why, string, line) in [
            ("none", "%ci:%cp %ft %b/%s %ST %r", "127.0.0.1:39642 web~ www/s1 200 GET / HTTP/1.1"),
            (
                "one in quotes",
                r#"%{+Q}ci:%cp %ft %b/%s %ST %{+Q}r"#,
                r#""127.0.0.1":39642 web~ www/s1 200 "GET / HTTP/1.1""#,
            ),
            (
                "all in quotes",
                r#"%{+Q}o %ci:%cp %ft %b/%{-Q}s %ST %r"#,
                r#""127.0.0.1":39642 "web~" "www"/s1 200 "GET / HTTP/1.1""#,
            ),
            ("hexadecimal", "%{+X}o%ci:%cp %ft %b/%s %ST %r", "7F000001:9ADA web~ www/s1 200 GET / HTTP/1.1"),
            (
                "JSON",
                r"%{+json}o %(client)ci %(port)cp %(fe)ft %(be)b %(srv)s %(status:sint)ST %(request)r",
                r#"{"client": "127.0.0.1", "port": 39642, "fe": "web~", "be": "www", "srv": "s1", "status": 200, "request": "GET / HTTP/1.1"}"#,
            ),
        ] {
            let record = read(string, line);
            assert_eq!((record.client.as_deref(), record.client_port), (Some("127.0.0.1"), Some(39642)), "{why}");
            let request = record.request.unwrap_or_default();
            assert_eq!((request.frontend.as_deref(), request.server.as_deref()), (Some("web"), Some("s1")), "{why}");
            assert_eq!((request.status, request.target.as_deref()), (Some(200), Some("/")), "{why}");
        }
    }

    #[test]
    fn raw_values_end_by_what_follows() {
        let record = read(r#"%ST "%[capture.req.hdr(1)]" %Ta"#, r#"200 "agent "x" [y]" 904"#);
        assert_eq!(record.text_field("capture.req.hdr(1)"), Some("agent \"x\" [y]"));
        let request = record.request.unwrap_or_default();
        assert_eq!(
            (request.duration_s, request.timers),
            (Some(0.904), Some(Timers { total: Some(904), ..Timers::default() }))
        );
    }

    #[test]
    fn captured_headers_are_missing_with_their_blanks() {
        const FORM: &str = r#"%B %hrl %hsl "%HM %HP %HV""#;
        for (line, headers, method) in [
            (r#"198 shop.example agent - "GET /slow HTTP/1.1""#, Some("shop.example"), Some("GET")),
            (r#"0 "<BADREQ> <BADREQ> <BADREQ>""#, None, None),
        ] {
            let record = read(FORM, line);
            assert_eq!(record.text_field("captured_request_headers"), headers, "{line}");
            assert_eq!(record.request.unwrap_or_default().method.as_deref(), method, "{line}");
        }
    }

    #[test]
    fn captured_headers_in_quotes_are_so_one_by_one() {
        const FORM: &str = r#"%ST %tsc %{+Q}hrl %{+Q}r %Tt"#;
        let list = |items: &[&'static str]| Some(Value::List(items.iter().map(|item| (*item).into()).collect()));
        for (line, headers, method) in [
            (r#"200 ---- "shop.example" "" "GET / HTTP/1.1" 9"#, list(&["shop.example", ""]), Some("GET")),
            (r#"200 ---- "a #22q#22" "GET / HTTP/1.1" 9"#, list(&["a \"q\""]), Some("GET")),
            (r#"400 PR-- "<BADREQ>" 0"#, None, None),
        ] {
            let record = read(FORM, line);
            let field = record.fields.iter().find(|(name, _)| name == "captured_request_headers");
            assert_eq!(field.map(|(_, value)| value.clone()), headers, "{line}");
            assert_eq!(record.request.unwrap_or_default().method.as_deref(), method, "{line}");
        }
    }

    #[test]
    fn a_client_at_a_unix_socket_has_no_port() {
        for (line, client, port) in
            [("unix:3 - web 200", None, None), ("127.0.0.1:3 - web 200", Some("127.0.0.1"), Some(3))]
        {
            let record = read("%ci:%cp - %b %ST", line);
            assert_eq!((record.client.as_deref(), record.client_port), (client, port), "{line}");
        }
    }

    #[test]
    fn a_line_may_be_cut_anywhere() {
        let record = read(
            r#"%ci:%cp [%tr] %ft %b/%s %ST %{+Q}r"#,
            r#"127.0.0.1:39642 [24/Nov/2026:08:15:02.604] web www/s1 503 "GET /abc"#,
        );
        let request = record.request.unwrap_or_default();
        assert_eq!((request.status, request.method), (Some(503), None));
    }

    #[test]
    fn what_is_no_alias_is_told() {
        assert!(compile("%ci %zz").is_err_and(|error| error.contains("%zz")));
        assert!(compile("%{+cbor}o %ci").is_err());
    }
}
