//! What the values of a line mean: directives, their escapes, and the record that they fill.

use super::json::unescape as unescape_json;
use super::moment::{Clock, Form};
use super::pattern::{Pattern, Shape};
use crate::format::{Level, Record, Request, Text, Timers, Value, access, haproxy, stamp, text};

/// One directive of a format string.
#[derive(Debug)]
pub(super) struct Directive {
    /// Its name in `fields`, should it stay there.
    pub(super) name: &'static str,
    /// Where its value goes.
    pub(super) slot: Slot,
    /// Of several directives for one slot the highest wins; the others go to `fields`. 0: they share it.
    pub(super) rank: u8,
    pub(super) shape: Shape,
    pub(super) escape: Escape,
}

/// A place in a record.
#[derive(Debug)]
pub(super) enum Slot {
    Host,
    Program,
    Unit,
    Code,
    Client,
    ClientPort,
    User,
    Vhost,
    ServerPort,
    /// `GET / HTTP/1.1`
    Request,
    Method,
    /// Path and query
    Target,
    Path,
    Query,
    Protocol,
    Status,
    Bytes,
    /// Units of the value in a second
    Duration(f64),
    Referer,
    UserAgent,
    RequestId,
    Pid,
    Tid,
    HexTid,
    Upstreams,
    UpstreamStatuses,
    UpstreamTimes,
    /// Units of the value in a second
    UpstreamDuration(f64),
    Moment(Form),
    End(Form),
    Level,
    /// `203.0.113.9:51234`
    ClientWithPort,
    Message,
    Frontend,
    Backend,
    Server,
    Termination,
    Retries,
    Timer(Timer),
    /// `7F000001`
    HexClient,
    HexPort,
    /// A field that is a list, `{shop.example|}`.
    Captured,
    /// A field that is a count.
    Count,
    /// A field.
    Text,
    /// A field in which a hyphen is a value.
    Verbatim,
}

/// One of HAProxy's times.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    Request,
    Queue,
    Connect,
    Response,
    Total,
}

/// How a value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// `\"`, `\\`, `\n`, `\xhh`: Apache's access logs, nginx's default
    Backslash,
    /// The same, but quotes stand as they are: Apache's error log
    BackslashButQuotes,
    /// JSON's
    Json,
    /// `#XX`: HAProxy's
    Hash,
    /// `\"`, `\]`, `\\`: HAProxy's `+E`
    Bracketed,
    /// Raw
    None,
}

impl Escape {
    /// How far a value can reach in the text: up to a byte that the writer would have escaped.
    pub(super) fn reach(self, rest: &[u8]) -> usize {
        let escapes = !matches!(self, Escape::Hash | Escape::None);
        let quotes = !matches!(self, Escape::BackslashButQuotes | Escape::None);
        let mut at = 0;
        while let Some(byte) = rest.get(at) {
            match byte {
                b'\\' if escapes => at += 1,
                b'"' if quotes => return at,
                0..0x20 if self != Escape::None => return at,
                _ => {}
            }
            at += 1;
        }
        rest.len()
    }

    /// Undoes it.
    fn undone(self) -> for<'a> fn(&'a [u8]) -> Text<'a> {
        match self {
            Escape::Backslash | Escape::BackslashButQuotes => access::unescape,
            Escape::Json => unescape_json,
            Escape::Hash => haproxy::unescape,
            Escape::Bracketed => unescape_bracketed,
            Escape::None => text,
        }
    }

    /// Whether a missing value is written as nothing, too.
    pub(super) fn hides_missing(self) -> bool {
        !matches!(self, Escape::Backslash | Escape::BackslashButQuotes)
    }
}

/// `agent \"x\" [y\]`
fn unescape_bracketed(value: &[u8]) -> Text<'_> {
    if memchr::memchr(b'\\', value).is_none() {
        return text(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.iter();
    while let Some(byte) = rest.next() {
        bytes.extend(if *byte == b'\\' { rest.next() } else { Some(byte) });
    }
    Text::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// Leaves each slot to the directive that tells most; what the others wrote stays in `fields`.
pub(super) fn settle(pattern: &mut Pattern) {
    let contest = |directive: &Directive| directive.rank > 0;
    let has_line = pattern.directives().any(|directive| matches!(directive.slot, Slot::Request));
    let slots = pattern.directives().map(|directive| contest(directive).then_some((&directive.slot, directive.rank)));
    let loses = losers(slots, has_line);
    for (directive, _) in pattern.directives_mut().zip(loses).filter(|(_, loses)| *loses) {
        directive.slot =
            if matches!(directive.shape, Shape::Number | Shape::Status) { Slot::Count } else { Slot::Text };
    }
}

/// Which of them do not get the slot that they ask for: another has a higher rank, or the same and comes first, or
/// the whole request line tells it. `None` asks for none.
pub(super) fn losers<'s>(slots: impl Iterator<Item = Option<(&'s Slot, u8)>>, has_line: bool) -> Vec<bool> {
    let kind = |slot: &Slot| std::mem::discriminant(slot);
    let is_part = |slot: &Slot| matches!(slot, Slot::Method | Slot::Target | Slot::Path | Slot::Query | Slot::Protocol);
    let asked: Vec<_> = slots.map(|asked| asked.map(|(slot, rank)| (kind(slot), rank, is_part(slot)))).collect();
    let mut loses = Vec::with_capacity(asked.len());
    for (at, here) in asked.iter().enumerate() {
        loses.push(here.is_some_and(|(slot, rank, is_part)| {
            let is_beaten = asked.iter().enumerate().any(|(other, asked)| {
                asked.is_some_and(|(same, higher, _)| same == slot && (higher > rank || higher == rank && other < at))
            });
            is_part && has_line || is_beaten
        }));
    }
    loses
}

/// A record in the making.
pub(super) struct Draft<'a> {
    record: Record<'a>,
    request: Request<'a>,
    begin: Clock,
    end: Clock,
    path: Option<Text<'a>>,
    query: Option<Text<'a>>,
    timers: Timers,
    /// Whether the client came by a UNIX socket: then its port is the number of HAProxy's listener.
    is_local: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(format: &'static str) -> Self {
        Draft {
            record: Record::new(format),
            request: Request::default(),
            begin: Clock::default(),
            end: Clock::default(),
            path: None,
            query: None,
            timers: Timers::default(),
            is_local: false,
        }
    }

    /// Puts what a directive wrote where it belongs.
    pub(super) fn tell(&mut self, slot: &Slot, name: Text<'a>, raw: &'a [u8], escape: Escape) {
        match slot {
            Slot::Verbatim => self.record.fields.push((name, Value::Text(escape.undone()(raw)))),
            _ if raw == b"-" || raw.is_empty() && escape.hides_missing() => {}
            Slot::Text => self.record.fields.push((name, Value::Text(escape.undone()(raw)))),
            Slot::Count => {
                let value = number(raw).map_or_else(|| Value::Text(escape.undone()(raw)), Value::Number);
                self.record.fields.push((name, value));
            }
            Slot::Captured => {
                self.record.fields.push((name, Value::List(captured(raw).into_iter().map(escape.undone()).collect())));
            }
            Slot::Request => self.tell_line(raw, escape),
            Slot::Method | Slot::Target | Slot::Path | Slot::Query | Slot::Protocol => {
                self.tell_part(slot, raw, escape)
            }
            Slot::Upstreams | Slot::UpstreamStatuses | Slot::UpstreamTimes => self.tell_upstreams(slot, raw),
            Slot::Moment(form) => self.begin.read(form, raw),
            Slot::End(form) => self.end.read(form, raw),
            Slot::Timer(timer) => self.tell_timer(*timer, raw),
            Slot::Status | Slot::Bytes | Slot::Duration(_) | Slot::UpstreamDuration(_) | Slot::Retries => {
                self.tell_figure(slot, raw);
            }
            Slot::Frontend => self.request.frontend = Some(text(raw.strip_suffix(b"~").unwrap_or(raw))),
            Slot::Referer | Slot::UserAgent | Slot::RequestId | Slot::Backend | Slot::Server | Slot::Termination => {
                self.tell_of_request(slot, escape.undone()(raw));
            }
            _ => self.tell_of_record(slot, raw, escape),
        }
    }

    fn tell_line(&mut self, raw: &'a [u8], escape: Escape) {
        if escape == Escape::Hash {
            haproxy::put_request(&mut self.record, &mut self.request, raw);
        } else {
            access::tell_request(raw, &mut self.request, &mut self.record, escape.undone());
        }
    }

    fn tell_part(&mut self, slot: &Slot, raw: &'a [u8], escape: Escape) {
        let value = Some(escape.undone()(raw)).filter(|value| value != "<BADREQ>");
        match slot {
            Slot::Method => self.request.method = value,
            Slot::Target => self.request.target = value,
            Slot::Path => self.path = value,
            Slot::Query => self.query = value,
            _ => self.request.protocol = value,
        }
    }

    /// Lists of nginx's: one element for each upstream, of which the last counts.
    fn tell_upstreams(&mut self, slot: &Slot, raw: &'a [u8]) {
        let elements = || {
            raw.split(|byte| *byte == b' ')
                .filter(|word| *word != b":")
                .map(|word| word.strip_suffix(b",").unwrap_or(word))
        };
        let last = elements().next_back().unwrap_or_default();
        match slot {
            Slot::UpstreamStatuses => self.request.upstream_status = status(last),
            Slot::UpstreamTimes => self.request.upstream_duration_s = decimal(last),
            _ => {
                self.request.upstream = (last != b"-").then(|| text(last));
                self.request.upstreams =
                    Some(elements().map(text).collect()).filter(|all: &Vec<_>| all.len() > 1).unwrap_or_default();
            }
        }
    }

    fn tell_timer(&mut self, timer: Timer, raw: &[u8]) {
        let value = number(raw);
        let place = match timer {
            Timer::Request => &mut self.timers.request,
            Timer::Queue => &mut self.timers.queue,
            Timer::Connect => &mut self.timers.connect,
            Timer::Response => &mut self.timers.response,
            Timer::Total => &mut self.timers.total,
        };
        *place = value;
        if let (Timer::Total, Some(total)) = (timer, value.and_then(|total| u32::try_from(total).ok())) {
            self.request.duration_s = Some(f64::from(total) / 1000.0);
        }
    }

    fn tell_figure(&mut self, slot: &Slot, raw: &[u8]) {
        match slot {
            Slot::Status => self.request.status = status(raw),
            Slot::Bytes => self.request.bytes = number(raw).and_then(|bytes| u64::try_from(bytes).ok()),
            Slot::Retries => self.request.retries = number(raw),
            Slot::Duration(in_a_second) => {
                self.request.duration_s = decimal(raw).map(|duration| duration / in_a_second)
            }
            Slot::UpstreamDuration(in_a_second) => {
                self.request.upstream_duration_s = decimal(raw).map(|duration| duration / in_a_second);
            }
            _ => {}
        }
    }

    fn tell_of_request(&mut self, slot: &Slot, value: Text<'a>) {
        let request = &mut self.request;
        let place = match slot {
            Slot::Referer => &mut request.referer,
            Slot::UserAgent => &mut request.user_agent,
            Slot::RequestId => &mut request.request_id,
            Slot::Backend => &mut request.backend,
            Slot::Server => &mut request.server,
            _ => &mut request.termination,
        };
        *place = Some(value);
    }

    fn tell_of_record(&mut self, slot: &Slot, raw: &'a [u8], escape: Escape) {
        let record = &mut self.record;
        let port = |raw| number(raw).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
        match slot {
            Slot::Client if raw == b"unix" => self.is_local = true,
            Slot::Client => record.client = Some(raw).filter(|raw| *raw != b"unix:").map(text),
            Slot::ClientPort => record.client_port = port(raw),
            Slot::HexClient => record.client = address_of_hex(raw).map(Text::Owned),
            Slot::HexPort => record.client_port = hex(raw).and_then(|port| u16::try_from(port).ok()),
            Slot::ClientWithPort => match memchr::memrchr(b':', raw) {
                Some(colon) => {
                    let address = &raw[..colon];
                    let inside = address.strip_prefix(b"[").and_then(|address| address.strip_suffix(b"]"));
                    record.client = Some(text(inside.unwrap_or(address)));
                    record.client_port = port(&raw[colon + 1..]);
                }
                None => record.client = Some(text(raw)),
            },
            Slot::User => record.user = Some(if raw == b"\"\"" { Text::Borrowed("") } else { escape.undone()(raw) }),
            Slot::Vhost => record.vhost = Some(escape.undone()(raw)),
            Slot::Host => record.host = Some(escape.undone()(raw)),
            Slot::Program => record.program = Some(escape.undone()(raw)),
            Slot::Unit => record.unit = Some(escape.undone()(raw)),
            Slot::Code => record.code = Some(escape.undone()(raw)),
            Slot::ServerPort => record.server_port = port(raw),
            Slot::Pid => record.pid = number(raw),
            Slot::Tid => record.tid = number(raw),
            Slot::HexTid => record.tid = hex(raw),
            Slot::Level => record.level = Level::from_name(raw),
            Slot::Message => record.message = Some(text(raw)),
            _ => {}
        }
    }

    /// The record of a request.
    pub(super) fn traffic(mut self) -> Record<'a> {
        let has_timers = self.timers != Timers::default();
        self.request.timers = has_timers.then_some(self.timers);
        if let Some(path) = self.path.take() {
            let target = match self.query.take() {
                Some(query) if query.is_empty() || query.starts_with('?') => Text::Owned(format!("{path}{query}")),
                Some(query) => Text::Owned(format!("{path}?{query}")),
                None => path,
            };
            self.request.target.get_or_insert(target);
        }
        self.record.client_port = self.record.client_port.filter(|_| !self.is_local);
        self.record.is_traffic = true;
        let request = Some(Box::new(self.request));
        // What tells its end alone counts by it, as every line of nginx does.
        let end = self.end.stamp();
        Record { stamp: self.begin.stamp().or(end), stamp_end: end, request, ..self.record }
    }

    /// The record of a message.
    pub(super) fn message(self) -> Record<'a> {
        let request = Some(self.request).filter(|request| *request != Request::default()).map(Box::new);
        Record { stamp: self.begin.stamp(), request, ..self.record }
    }
}

/// The headers of `{shop.example|}` or, with `+Q`, of `"shop.example" ""`.
fn captured(raw: &[u8]) -> Vec<&[u8]> {
    let raw = raw.trim_ascii_start();
    match raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")) {
        Some(quoted) => quoted.split(|byte| *byte == b'"').step_by(2).collect(),
        None => {
            let items = raw.strip_prefix(b"{").and_then(|raw| raw.strip_suffix(b"}")).unwrap_or(raw);
            items.split(|byte| *byte == b'|').collect()
        }
    }
}

/// `12`, `-1`, `+5`
fn number(raw: &[u8]) -> Option<i64> {
    str::from_utf8(raw).ok()?.parse().ok()
}

/// `0.034`, `644`
fn decimal(raw: &[u8]) -> Option<f64> {
    let is_decimal = raw.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    str::from_utf8(raw).ok().filter(|_| is_decimal)?.parse().ok()
}

/// Three digits; `000` and `-1` stand for none.
fn status(raw: &[u8]) -> Option<u16> {
    let status = stamp::digits(raw).filter(|_| raw.len() == 3)?;
    u16::try_from(status).ok().filter(|status| *status != 0)
}

fn hex(raw: &[u8]) -> Option<i64> {
    let digits = str::from_utf8(raw).ok()?;
    i64::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16).ok()
}

/// `7F000001`, and 32 digits for an address of version 6.
fn address_of_hex(raw: &[u8]) -> Option<String> {
    let digits = str::from_utf8(raw).ok()?;
    match digits.len() {
        8 => u32::from_str_radix(digits, 16).ok().map(|bits| std::net::Ipv4Addr::from(bits).to_string()),
        32 => u128::from_str_radix(digits, 16).ok().map(|bits| std::net::Ipv6Addr::from(bits).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reaches_up_to_what_would_be_escaped() {
        for (escape, text, reach) in [
            (Escape::Backslash, r#"a \"b\" c" x"#, 9),
            (Escape::Backslash, "a\tb", 1),
            (Escape::Backslash, r"\\", 2),
            (Escape::BackslashButQuotes, r#"a "b" c"#, 7),
            (Escape::Hash, r#"a\"b"#, 2),
            (Escape::None, "a\t\"", 3),
        ] {
            assert_eq!(escape.reach(text.as_bytes()), reach, "{escape:?} {text}");
        }
    }

    #[test]
    fn figures() {
        assert_eq!((status(b"200"), status(b"009"), status(b"000"), status(b"-1")), (Some(200), Some(9), None, None));
        assert_eq!((decimal(b"0.034"), decimal(b"-"), decimal(b"1e3")), (Some(0.034), None, None));
        assert_eq!(address_of_hex(b"7F000001").as_deref(), Some("127.0.0.1"));
        assert_eq!(address_of_hex(b"00000000000000000000000000000001").as_deref(), Some("::1"));
        assert_eq!(unescape_bracketed(br#"agent \"x\" [y\]"#), "agent \"x\" [y]");
    }
}
