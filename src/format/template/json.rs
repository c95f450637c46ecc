//! Lines of JSON: access logs whose administrators chose the keys, and HAProxy's `+json`.
//!
//! ```text
//! {"time":"2026-11-24T03:21:53+01:00","remote_addr":"2001:db8::1","request":"GET / HTTP/1.1","status":200,"http_user_agent":"back\\slash"}
//! ```
//!
//! Servers write such lines by a format string, so not all of them are JSON to the letter: Apache escapes with `\xhh`
//! and `\v`, and writes a bare hyphen where a number is missing; nginx writes nothing there, or `009`. All that is
//! read here. What keys mean is said by [`keys`]; any other stays in `fields`, inner objects with dots in their names.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, char, multispace0, none_of};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::draft::{Directive, Draft, Escape, Slot, losers};
use super::keys;
use crate::format::{Format, Framing, Record, Text, text};

/// An access log of JSON lines.
pub struct JsonAccessLog;

impl Format for JsonAccessLog {
    fn name(&self) -> &'static str {
        "json-access"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.starts_with(b"{") && line.contains(&b':')
    }

    /// A moment, an answer or a request, and something of the client or of what it asked for: less is some other log.
    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let members = members(record)?;
        let mut draft = Draft::new("json-access");
        tell(members, &mut draft);
        let record = draft.traffic();
        let request = record.request.as_ref()?;
        let asked = request.method.is_some() || request.target.is_some() || record.text_field("request").is_some();
        let answered = request.status.is_some() || request.method.is_some();
        (record.stamp.is_some() && answered && (asked || record.client.is_some())).then_some(record)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"{"time":"2026-11-24T03:21:53+01:00","remote_addr":"2001:db8::b223","remote_user":"","request":"GET /?n=0 HTTP/1.1","status":200,"body_bytes_sent":520,"request_time":0.000}"#,
            r#"{"time_local":"24/Nov/2026:03:21:53 +0100","remote_addr":"198.51.100.7","request_method":"GET","request_uri":"/","status":"200","http_user_agent":"evil \x22quoted\x22 agent"}"#,
        ]
    }
}

/// Puts all members into the record.
fn tell<'a>(members: Vec<Member<'a>>, draft: &mut Draft<'a>) {
    let has = |name: &str| members.iter().any(|member| member.name == name);
    let known: Vec<_> = members.iter().map(|member| keys::meaning(&member.name, has)).collect();
    let line = |(member, key): (&Member<'_>, &Option<&Directive>)| {
        key.is_some_and(|key| matches!(key.slot, Slot::Request))
            && memchr::memmem::find(member.raw, b" HTTP/").is_some()
    };
    let has_line = members.iter().zip(&known).any(line);
    let loses =
        losers(known.iter().map(|key| key.filter(|key| key.rank > 0).map(|key| (&key.slot, key.rank))), has_line);
    for ((member, key), loses) in members.into_iter().zip(known).zip(loses) {
        let free = if member.is_quoted { &Slot::Text } else { &Slot::Count };
        match key.filter(|_| !loses) {
            Some(key) => draft.tell(&key.slot, member.name, alone(member.raw), Escape::Json),
            None => draft.tell(free, member.name, member.raw, Escape::Json),
        }
    }
}

/// `curl/8.5.0` of `["curl/8.5.0"]`: a header in Go's words.
fn alone(raw: &[u8]) -> &[u8] {
    let item = raw.strip_prefix(b"[\"").and_then(|rest| rest.strip_suffix(b"\"]"));
    item.filter(|item| memchr::memmem::find(item, b"\",\"").is_none()).unwrap_or(raw)
}

/// HAProxy's `%{+json}o`: its aliases by the names that the format string gives them.
#[derive(Debug)]
pub(super) struct Reader {
    /// Under the names of the object's members.
    pub(super) directives: Vec<Directive>,
}

impl Reader {
    pub(super) fn read<'a>(&self, line: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
        for member in members(line)? {
            let known = self.directives.iter().find(|directive| directive.name == member.name);
            let free = if member.is_quoted { &Slot::Text } else { &Slot::Count };
            draft.tell(known.map_or(free, |directive| &directive.slot), member.name, member.raw, Escape::Json);
        }
        Some(())
    }
}

/// One member of an object; of inner objects, each with its path.
struct Member<'a> {
    name: Text<'a>,
    /// The value, a text without its quotes but with its escapes.
    raw: &'a [u8],
    is_quoted: bool,
}

/// All members of the object that the line is.
fn members(line: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut members = Vec::new();
    let (rest, ()) = object(line.trim_ascii(), "", &mut members, DEPTH).ok()?;
    rest.is_empty().then_some(members)
}

/// Objects inside one another that are followed.
const DEPTH: u8 = 8;

/// `{ "a": 1, "b": {"c": "d"} }`
fn object<'a>(input: &'a [u8], path: &str, members: &mut Vec<Member<'a>>, depth: u8) -> IResult<&'a [u8], ()> {
    let (mut input, _) = (char('{'), multispace0).parse(input)?;
    while !input.starts_with(b"}") {
        let (rest, name) = terminated(quoted, (multispace0, char(':'), multispace0)).parse(input)?;
        let name = match path {
            "" => unescape(name),
            _ => Text::Owned(format!("{path}.{}", unescape(name))),
        };
        let rest = if rest.starts_with(b"{") && depth > 0 {
            object(rest, &name, members, depth - 1)?.0
        } else {
            let (rest, (raw, is_quoted)) = value(rest)?;
            members.push(Member { name, raw, is_quoted });
            rest
        };
        (input, _) = (multispace0, opt(char(',')), multispace0).parse(rest)?;
    }
    let (input, _) = char('}').parse(input)?;
    Ok((input, ()))
}

/// A text, a list as it stands, or a bare word: a number, `null`, `-`, nothing.
fn value(input: &[u8]) -> IResult<&[u8], (&[u8], bool)> {
    let text = quoted.map(|text| (text, true));
    let list =
        recognize((char('['), many0_count(alt((recognize(quoted_whole), recognize(none_of("\"]"))))), char(']')));
    alt((text, list.map(|list| (list, true)), bare.map(|word| (bare_word(word), false)))).parse(input)
}

/// All up to the end of the object, or to a comma before the next name: `0.001, 0.002` is one value of nginx's.
fn bare(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let part = |byte| !matches!(byte, b',' | b'}' | b'"' | b'{' | b'[');
    let more = (char(','), multispace0, take_while1(part));
    recognize((take_while(part), many0_count(more))).parse(input)
}

/// `200`; `null` is nothing.
fn bare_word(word: &[u8]) -> &[u8] {
    match word.trim_ascii() {
        b"null" => &[],
        word => word,
    }
}

/// `"a \"b\""`: what stands between the quotes.
fn quoted(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(char('"'), inside, char('"')).parse(input)
}

fn quoted_whole(input: &[u8]) -> IResult<&[u8], &[u8]> {
    recognize(quoted).parse(input)
}

fn inside(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let plain = take_while(|byte| !matches!(byte, b'"' | b'\\'));
    recognize((plain, many0_count((preceded(char('\\'), anychar), take_while(|byte| !matches!(byte, b'"' | b'\\'))))))
        .parse(input)
}

/// Undoes the escapes of JSON, and those of Apache and nginx that stand in such lines: `\xhh`, `\v`.
pub(in crate::format) fn unescape(value: &[u8]) -> Text<'_> {
    let Some(first) = memchr::memchr(b'\\', value) else { return text(value) };
    let mut bytes = value[..first].to_vec();
    let mut rest = &value[first..];
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            bytes.push(*byte);
        } else if let Ok((after, letter)) = escaped(rest) {
            let mut utf8 = [0; 4];
            match letter {
                Escaped::Byte(byte) => bytes.push(byte),
                Escaped::Char(letter) => bytes.extend(letter.encode_utf8(&mut utf8).as_bytes()),
            }
            rest = after;
        } else {
            bytes.push(b'\\');
        }
    }
    Text::Owned(String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()))
}

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Char(char),
}

/// What follows a backslash.
fn escaped(input: &[u8]) -> IResult<&[u8], Escaped> {
    let short = nom::combinator::map_opt(anychar, |letter| {
        Some(Escaped::Byte(match letter {
            '"' | '\\' | '/' => u8::try_from(letter).ok()?,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            _ => return None,
        }))
    });
    let byte = preceded(char('x'), hex(2)).map_opt(|number| u8::try_from(number).ok().map(Escaped::Byte));
    let pair = (preceded(char('u'), hex(4)), preceded(tag("\\u"), hex(4)));
    let pair = pair.map_opt(|(high, low)| {
        let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
        is_pair.then(|| char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(Escaped::Char))?
    });
    let unit = preceded(char('u'), hex(4))
        .map(|number| Escaped::Char(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)));
    alt((short, byte, pair, unit)).parse(input)
}

/// So many digits.
fn hex(digits: usize) -> impl FnMut(&[u8]) -> IResult<&[u8], u32> {
    move |input| {
        let number = |text: &[u8]| u32::from_str_radix(str::from_utf8(text).ok()?, 16).ok();
        nom::combinator::map_opt(nom::bytes::complete::take(digits), number).parse(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_their_escapes() {
        for (raw, want) in [
            (r"plain", "plain"),
            (r#"a \"b\" \\ \/"#, "a \"b\" \\ /"),
            (r"\u00e4\ud83d\ude00", "ä😀"),
            (r"\xc3\xa4", "ä"),
            (r"\ud83d", "\u{fffd}"),
            (r"\v\q", "\u{b}\\q"),
        ] {
            assert_eq!(unescape(raw.as_bytes()), want, "{raw}");
        }
    }

    #[test]
    fn what_servers_write_for_json() {
        for (why, line, reads) in [
            ("JSON", r#"{ "a" : 1, "b":{"c":[1,"]"]}, "d":null }"#, true),
            ("a hyphen for a number", r#"{"bytes":-,"status":200}"#, true),
            ("nothing for a number", r#"{"bytes":,"status":009}"#, true),
            ("a list of nginx's", r#"{"urt":0.001, 0.002 : 0.003,"status":200}"#, true),
            ("cut off", r#"{"a":"b"#, false),
            ("two", r#"{"a":1}{"b":2}"#, false),
        ] {
            assert_eq!(members(line.as_bytes()).is_some(), reads, "{why}");
        }
    }

    #[test]
    fn keys_of_other_servers() {
        for (server, line, client, target, bytes, took, agent) in [
            (
                "Caddy",
                r#"{"level":"info","ts":1795487636.5241024,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","remote_port":"41342","client_ip":"192.0.2.7","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/a?b","headers":{"User-Agent":["curl/8.5.0"],"Accept":["*/*"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":502}"#,
                "192.0.2.7",
                "/a?b",
                10900,
                0.000_929_675,
                Some("curl/8.5.0"),
            ),
            (
                "Traefik",
                r#"{"ClientAddr":"192.0.2.7:41342","ClientHost":"192.0.2.7","ClientPort":"41342","ClientUsername":"-","DownstreamContentSize":19,"DownstreamStatus":502,"Duration":1234567,"OriginStatus":502,"RequestMethod":"GET","RequestPath":"/a?b","RequestProtocol":"HTTP/1.1","RetryAttempts":0,"StartUTC":"2026-11-24T02:33:56.5241024Z","level":"info","msg":"","request_User-Agent":"curl/8.5.0","time":"2026-11-24T02:33:56Z"}"#,
                "192.0.2.7",
                "/a?b",
                19,
                0.001_234_567,
                Some("curl/8.5.0"),
            ),
            (
                "Envoy",
                r#"{"authority":"shop.example","bytes_received":0,"bytes_sent":91,"downstream_remote_address":"192.0.2.7:41342","duration":3,"method":"GET","path":"/a?b","protocol":"HTTP/1.1","response_code":502,"response_flags":"UF","start_time":"2026-11-24T02:33:56.524Z","upstream_host":"10.0.0.7:80","user_agent":null}"#,
                "192.0.2.7",
                "/a?b",
                91,
                0.003,
                None,
            ),
            (
                "Apache",
                r#"{ "timestamp":"2026-11-24T08:03:56.524+0530", "remoteIP":"192.0.2.7", "requestPath":"/a", "query":"?b", "method":"GET", "status":"502", "bytes":"5", "duration_us":1500, "userAgent":"\"curl\"" }"#,
                "192.0.2.7",
                "/a?b",
                5,
                0.0015,
                Some("\"curl\""),
            ),
        ] {
            let record = JsonAccessLog.parse(line.as_bytes()).unwrap_or_else(|| unreachable!("{server}"));
            let request = record.request.clone().unwrap_or_default();
            assert_eq!((record.client.as_deref(), request.target.as_deref()), (Some(client), Some(target)), "{server}");
            assert_eq!((request.method.as_deref(), request.status), (Some("GET"), Some(502)), "{server}");
            assert_eq!((request.bytes, request.duration_s), (Some(bytes), Some(took)), "{server}");
            assert_eq!(request.user_agent.as_deref(), agent, "{server}");
            assert_eq!(record.stamp.and_then(|stamp| stamp.utc_s()), Some(1_795_487_636), "{server}");
        }
    }

    #[test]
    fn only_lines_of_requests_are_an_access_log() {
        for line in JsonAccessLog.samples() {
            assert!(
                JsonAccessLog.is_start(b"", line.as_bytes()) && JsonAccessLog.parse(line.as_bytes()).is_some(),
                "{line}"
            );
        }
        for (why, line) in [
            ("docker's log driver", r#"{"log":"GET / HTTP/1.1\n","stream":"stdout","time":"2026-11-24T03:21:53.1Z"}"#),
            ("a docker event", r#"{"status":"start","id":"ab","time":1795487636,"timeNano":1795487636000000001}"#),
            ("no moment", r#"{"remote_addr":"::1","status":200,"method":"GET"}"#),
            ("an application", r#"{"ts":"2026-11-24T03:21:53Z","level":"info","msg":"listening"}"#),
        ] {
            assert_eq!(JsonAccessLog.parse(line.as_bytes()), None, "{why}");
        }
    }
}
