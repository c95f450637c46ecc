//! Sessions, connection errors and `Connect from`: `default_http_log_format` and its like in `src/log.c`,
//! `session_prepare_log_prefix` in `src/session.c`, `frontend_accept` in `src/frontend.c`.
//!
//! ```text
//! %ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r
//! %ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq
//! %ci:%cp [%t] FRONTEND/LISTENER: TEXT
//! ```
//!
//! 1.5 and 1.6 write the same shape with other times: the first includes the idle time of a kept connection, the date is
//! that of the accept. The line does not say which.
//!
//! A line may be cut anywhere (`log … len 1024`), without a mark. The parsers are nom's streaming ones, which tell a
//! line that ends too early (`Incomplete`) from one that HAProxy did not write; of a cut line, all that is whole counts.

use nom::bytes::streaming::{tag, take_until};
use nom::character::streaming::i64;
use nom::combinator::{map_opt, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{Err, Parser};

use super::pieces::{
    Read, blank, end, error, frontend_name, http_timers, number, numbers, place, present, put, put_cookies, put_counts,
    put_cut_request, put_queues, put_request, put_rest, put_timers, status_of, termination, unescape, word,
};
use super::{ERROR, HTTP, TCP, split_word};
use crate::format::{Record, Request, Text, Timers, Value, stamp, text};

/// Reads a session, a connection error or `Connect from`.
pub(super) fn read(line: &[u8]) -> Option<Record<'_>> {
    let (peer, rest) = split_word(line)?;
    if peer == b"Connect" {
        return connect(rest);
    }
    let stamp = stamp::haproxy(rest.strip_prefix(b"[")?)?;
    let rest = rest.get(25..)?.strip_prefix(b"] ")?;
    let (client, client_port) = peer_of(peer)?;
    let mut record = Record { stamp: Some(stamp), client, client_port, ..Record::default() };
    let mut request = Box::<Request>::default();
    match session(&mut record, &mut request, rest) {
        Ok(_) | Err(Err::Incomplete(_)) if !record.format.is_empty() => {
            record.request = Some(request);
            Some(record)
        }
        _ => connection_error(record, rest),
    }
}

/// `127.0.0.1:49674`, `::1:41280`; of a UNIX socket `unix:3`, the number of the listener; `-:-` and, in connection
/// errors, `unknown` where there is no address.
fn peer_of(peer: &[u8]) -> Option<(Option<Text<'_>>, Option<u16>)> {
    if matches!(peer, b"unknown" | b"-:-") {
        return Some((None, None));
    }
    let colon = memchr::memrchr(b':', peer)?;
    let (address, port) = (&peer[..colon], stamp::digits(&peer[colon + 1..])?);
    if address == b"unix" {
        return Some((None, None));
    }
    let is_address = address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
        && address.iter().any(|byte| matches!(byte, b'.' | b':'));
    let port = u16::try_from(port).ok().filter(|_| is_address)?;
    Some((Some(text(address)), Some(port)))
}

/// `www~ web/s1 0/0/0/3/4 200 …`, behind the date.
fn session<'a>(record: &mut Record<'a>, request: &mut Request<'a>, line: &'a [u8]) -> Read<'a, ()> {
    let (line, frontend) = verify(word, |word: &[u8]| !word.contains(&b'/')).parse(line)?;
    let (line, (backend, server)) = map_opt(word, place).parse(line)?;
    request.frontend = frontend_name(frontend);
    (request.backend, request.server) = (present(backend), present(server));
    record.format = TCP; // the least that it can be, should it be cut here
    let (line, first) = numbers::<3>(line)?;
    let (line, timers) = if line.first() == Some(&b'/') {
        record.format = HTTP;
        let (line, [response, total]) = preceded(tag("/"), numbers::<2>).parse(line)?;
        (line, http_timers([first[0], first[1], first[2], response, total]))
    } else {
        let [queue, connect, total] = first.map(Some);
        (line, Timers { queue, connect, total, ..Timers::default() })
    };
    let (line, _) = blank(line)?;
    put_timers(request, timers);
    record.stamp_end = record.stamp.zip(timers.total).and_then(|(start, total)| end(start, total));
    if record.format == HTTP { http(record, request, line) } else { tcp(record, request, line) }
}

/// `1369 -- 2/2/1/1/0 0/0`
fn tcp<'a>(record: &mut Record<'a>, request: &mut Request<'a>, line: &'a [u8]) -> Read<'a, ()> {
    let (line, bytes) = number(line)?;
    request.bytes = u64::try_from(bytes).ok();
    let (line, termination) = termination(line)?;
    request.termination = Some(text(termination));
    let (line, counts) = terminated(numbers::<5>, blank).parse(line)?;
    put_counts(record, request, counts);
    let (line, server_queue) = terminated(i64, tag("/")).parse(line)?;
    let (line, backend_queue) = nom::character::complete::i64(line)?; // nothing follows by which a cut would show
    put_queues(record, [server_queue, backend_queue]);
    put_rest(record, line)
}

/// `200 1368 - - --NI 1/1/0/0/0 0/0 {shop.example} "GET / HTTP/1.1"`
fn http<'a>(record: &mut Record<'a>, request: &mut Request<'a>, line: &'a [u8]) -> Read<'a, ()> {
    let (line, status) = number(line)?;
    request.status = status_of(status);
    let (line, bytes) = number(line)?;
    request.bytes = u64::try_from(bytes).ok();
    let (line, cookies) = cookies(line)?;
    put_cookies(record, cookies);
    let (line, termination) = termination(line)?;
    request.termination = Some(text(termination));
    let (line, counts) = terminated(numbers::<5>, blank).parse(line)?;
    put_counts(record, request, counts);
    let (line, queues) = terminated(numbers::<2>, blank).parse(line)?;
    put_queues(record, queues);
    let line = captures(record, line)?;
    let (line, _) = tag("\"").parse(line)?;
    let Some(end) = memchr::memchr(b'"', line) else {
        put_cut_request(record, request, line);
        return Ok((b"", ()));
    };
    put_request(record, request, &line[..end]);
    let rest = &line[end + 1..];
    match tls(rest) {
        Some(fields) => record.fields.extend(fields),
        None => return put_rest(record, rest),
    }
    Ok((b"", ()))
}

/// `- - `, `JSESSIONID=1a2b - `: what the client and the server sent of the captured cookie. It stands raw, so it may
/// hold blanks; then the termination state and the counts tell its end.
fn cookies(line: &[u8]) -> Read<'_, [Option<&[u8]>; 2]> {
    let follows = |rest| (termination, terminated(numbers::<5>, blank)).parse(rest);
    let (rest, request) = word(line)?;
    let (rest, response) = word(rest)?;
    if !matches!(follows(rest), Err(Err::Error(_))) {
        return Ok((rest, [request, response].map(Some)));
    }
    let end = memchr::memchr_iter(b' ', line).find(|blank| follows(&line[blank + 1..]).is_ok());
    let Some(end) = end else { return Err(Err::Error(error(line))) };
    let both = &line[..end];
    let split = match both {
        [b'-', b' ', ..] => Some(1),
        _ => second_cookie(both).or_else(|| memchr::memrchr(b' ', both)),
    };
    let cookies = split.map_or([Some(both), None], |blank| [Some(&both[..blank]), Some(&both[blank + 1..])]);
    Ok((&line[end + 1..], cookies))
}

/// Where in `id=a b id=c; path=/` the server's cookie follows the client's: `capture cookie` looks for the same name in
/// both.
fn second_cookie(both: &[u8]) -> Option<usize> {
    let name = &both[..=memchr::memchr(b'=', both)?];
    memchr::memchr_iter(b' ', both).find(|blank| both[blank + 1..].starts_with(name))
}

/// `{shop.example|} {nginx} `: the captured headers, where any are declared. Of a single group nothing tells whether it
/// is of the request or of the response.
fn captures<'a>(record: &mut Record<'a>, line: &'a [u8]) -> Result<&'a [u8], Err<nom::error::Error<&'a [u8]>>> {
    let (mut rest, mut groups) = (line, Vec::new());
    while rest.first() == Some(&b'{') {
        let (after, group) = delimited(tag("{"), take_until("}"), tag("}")).parse(rest)?;
        groups.push(group);
        rest = after.strip_prefix(b" ").unwrap_or(after);
    }
    let names: &[&'static str] = match groups.len() {
        0 | 1 => &["captured_headers"],
        _ => &["captured_request_headers", "captured_response_headers"],
    };
    for (name, group) in names.iter().zip(groups) {
        let items = group.split(|byte| *byte == b'|').map(unescape).collect();
        put(record, name, Value::List(items));
    }
    Ok(rest)
}

/// What `option httpslog` adds: ` 0/0000000000000000/0/0/0 lab.example/TLSv1.3/TLS_AES_256_GCM_SHA384`
fn tls(rest: &[u8]) -> Option<Vec<(Text<'_>, Value<'_>)>> {
    const NUMBERS: [&str; 5] = ["fc_err", "ssl_fc_err", "ssl_c_err", "ssl_c_ca_err", "ssl_fc_is_resumed"];
    const TEXTS: [&str; 3] = ["ssl_fc_sni", "ssl_version", "ssl_ciphers"];
    let (numbers, texts) = split_word(rest.strip_prefix(b" ")?)?;
    let (numbers, texts) = (parts::<5>(numbers)?, parts::<3>(texts)?);
    let mut fields = Vec::with_capacity(NUMBERS.len() + TEXTS.len());
    for (name, part) in NUMBERS.into_iter().zip(numbers) {
        let value = match stamp::digits(part) {
            Some(number) if name != "ssl_fc_err" => Value::Number(number.into()), // that one is hexadecimal
            _ if part.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-') => Value::Text(text(part)),
            _ => return None,
        };
        fields.push((name.into(), value));
    }
    let texts =
        TEXTS.into_iter().zip(texts).filter_map(|(name, part)| Some((name.into(), Value::Text(present(part)?))));
    fields.extend(texts);
    fields.retain(|(_, value)| *value != Value::Text("-".into()));
    Some(fields)
}

/// Exactly `N` parts, divided by `/`.
fn parts<const N: usize>(text: &[u8]) -> Option<[&[u8]; N]> {
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'/').collect();
    parts.try_into().ok()
}

/// `shop-tls/1: SSL handshake failure`, behind the date: the frontend and the bind line's name or number, and what
/// went wrong before there was a session.
fn connection_error<'a>(record: Record<'a>, rest: &'a [u8]) -> Option<Record<'a>> {
    let colon = memchr::memmem::find(rest, b": ")?;
    let (place_text, message) = (&rest[..colon], rest[colon + 2..].trim_ascii_end());
    let (frontend, listener) = place(place_text)?;
    if message.is_empty() || frontend.contains(&b' ') {
        return None;
    }
    Some(Record {
        format: ERROR,
        message: Some(text(message)),
        stamp_end: None,
        request: Some(Box::new(Request { frontend: frontend_name(frontend), ..Request::default() })),
        fields: vec![("listener".into(), Value::Text(text(listener)))],
        ..record
    })
}

/// `from 127.0.0.1:42820 to 127.0.0.1:21007 (plain/HTTP)`, `from unknown source to listener 3 (plain/HTTP)`,
/// `to unix:3 (plain/HTTP)`: no format is set. Without a date of its own.
fn connect(rest: &[u8]) -> Option<Record<'_>> {
    let rest = rest.trim_ascii_end().strip_suffix(b")")?;
    let open = memchr::memmem::find(rest, b" (")?;
    let (ends, (frontend, mode)) = (&rest[..open], place(&rest[open + 2..])?);
    let mut record = Record { format: TCP, ..Record::default() };
    match ends.strip_prefix(b"from ") {
        Some(ends) if ends.strip_prefix(b"unknown source to listener ").and_then(stamp::digits).is_some() => {}
        Some(ends) => {
            let (source, ends) = split_word(ends)?;
            let (target, server_port) = peer_of(ends.strip_prefix(b"to ")?)?;
            (record.client, record.client_port) = peer_of(source)?;
            record.server_port = server_port;
            record.fields.extend(target.map(|target| ("frontend_ip".into(), Value::Text(target))));
        }
        None => _ = stamp::digits(ends.strip_prefix(b"to unix:")?)?,
    }
    if !matches!(mode, b"HTTP" | b"TCP") {
        return None;
    }
    put(&mut record, "mode", Value::Text(text(mode)));
    record.request = Some(Box::new(Request { frontend: frontend_name(frontend), ..Request::default() }));
    Some(record)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The session in one line: format, client, place, status, bytes, termination, retries, request.
    fn told(line: &str) -> String {
        let record = read(line.as_bytes()).unwrap_or_else(|| unreachable!("{line}"));
        let request = record.request.as_deref().unwrap();
        let or_none = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("none").to_owned();
        [
            record.format.to_owned(),
            format!("{}:{}", or_none(&record.client), record.client_port.unwrap_or(0)),
            format!("{} {}/{}", or_none(&request.frontend), or_none(&request.backend), or_none(&request.server)),
            format!("{:?} {:?}", request.status.unwrap_or(0), request.bytes.unwrap_or(0)),
            format!("{} +{}", or_none(&request.termination), request.retries.unwrap_or(0)),
            format!("{} {} {}", or_none(&request.method), or_none(&request.target), or_none(&request.protocol)),
        ]
        .join(" | ")
    }

    #[test]
    fn reads_sessions() {
        for (why, line, want) in [
            (
                "httplog",
                r#"127.0.0.1:49796 [24/Nov/2026:03:41:50.305] www down/d1 0/0/-1/-1/0 503 217 - - SC-- 1/1/0/0/+2 0/0 "GET /down HTTP/1.1""#,
                "haproxy-http | 127.0.0.1:49796 | www down/d1 | 503 217 | SC-- +2 | GET /down HTTP/1.1",
            ),
            (
                "TLS, IPv6 and HTTP/2",
                r#"2001:db8::9:51234 [24/Nov/2026:03:41:58.738] shop~ web/s1 0/0/0/0/0 200 1368 - - --NI 1/1/0/0/0 0/0 "GET https://a.example/h2 HTTP/2.0""#,
                "haproxy-http | 2001:db8::9:51234 | shop web/s1 | 200 1368 | --NI +0 | GET https://a.example/h2 HTTP/2.0",
            ),
            (
                "a client at a UNIX socket",
                r#"unix:3 [24/Nov/2026:03:41:53.376] www web/s1 0/0/0/3/3 200 1368 - - --NI 1/1/0/0/0 0/0 "GET /unix HTTP/1.1""#,
                "haproxy-http | none:0 | www web/s1 | 200 1368 | --NI +0 | GET /unix HTTP/1.1",
            ),
            (
                "no status was sent",
                r#"127.0.0.1:1 [24/Nov/2026:03:41:50.938] www www/<NOSRV> -1/-1/-1/-1/602 -1 0 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
                "haproxy-http | 127.0.0.1:1 | www www/<NOSRV> | 0 0 | CR-- +0 | none none none",
            ),
            (
                "option logasap",
                r#"127.0.0.1:35676 [24/Nov/2026:03:41:55.073] asap web/s1 0/0/0/0/+0 500 +1450 - - --NI 1/1/1/1/0 0/0 "GET /500 HTTP/1.1""#,
                "haproxy-http | 127.0.0.1:35676 | asap web/s1 | 500 1450 | --NI +0 | GET /500 HTTP/1.1",
            ),
            (
                "escapes",
                r#"127.0.0.1:1 [24/Nov/2026:03:41:50.921] www web/s1 0/0/0/0/0 200 9 - - ---- 1/1/0/0/0 0/0 "GET /with#22quote/caf#C3#A9#23x#zz HTTP/1.1""#,
                "haproxy-http | 127.0.0.1:1 | www web/s1 | 200 9 | ---- +0 | GET /with\"quote/café#x#zz HTTP/1.1",
            ),
            (
                "cut by tune.http.logurilen",
                r#"127.0.0.1:1 [24/Nov/2026:03:41:50.921] www web/s1 0/0/0/0/0 200 9 - - ---- 1/1/0/0/0 0/0 "GET /lllllll""#,
                "haproxy-http | 127.0.0.1:1 | www web/s1 | 200 9 | ---- +0 | GET /lllllll none",
            ),
            (
                "a cookie with a blank",
                r#"127.0.0.1:1 [24/Nov/2026:03:41:50.921] www web/s1 0/0/0/0/0 200 9 id=a b - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
                "haproxy-http | 127.0.0.1:1 | www web/s1 | 200 9 | ---- +0 | GET / HTTP/1.1",
            ),
            (
                "tcplog",
                "127.0.0.1:50850 [24/Nov/2026:03:41:56.588] tcp-down tcpdead/td1 1/-1/607 0 SC 1/1/0/0/2 0/0",
                "haproxy-tcp | 127.0.0.1:50850 | tcp-down tcpdead/td1 | 0 0 | SC +2 | none none none",
            ),
        ] {
            assert_eq!(told(line), want, "{why}");
        }
    }

    #[test]
    fn a_cut_line_tells_what_is_whole() {
        const LINE: &str = r#"1.2.3.4:5 [24/Nov/2026:03:04:07.702] edge pool/s1 0/0/0/2/2 200 116 - - ---- 1/1/0/0/0 0/0 {a|b} "GET /x HTTP/1.1""#;
        for (why, last, want) in [
            ("in the place", "pool/", None),
            (
                "behind the place",
                "pool/s1 ",
                Some("haproxy-tcp | 1.2.3.4:5 | edge pool/s1 | 0 0 | none +0 | none none none"),
            ),
            (
                "in the timers",
                "0/0/0/2/",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 0 0 | none +0 | none none none"),
            ),
            (
                "in the bytes",
                "200 11",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 200 0 | none +0 | none none none"),
            ),
            (
                "behind the bytes",
                "200 116 ",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 200 116 | none +0 | none none none"),
            ),
            (
                "in the captures",
                "{a|",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 200 116 | ---- +0 | none none none"),
            ),
            (
                "in the target",
                "GET /",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 200 116 | ---- +0 | GET none none"),
            ),
            (
                "before the quote",
                "HTTP/1.1",
                Some("haproxy-http | 1.2.3.4:5 | edge pool/s1 | 200 116 | ---- +0 | GET /x HTTP/1.1"),
            ),
        ] {
            let cut = &LINE[..LINE.find(last).unwrap() + last.len()];
            assert_eq!(read(cut.as_bytes()).map(|_| told(cut)).as_deref(), want, "{why}");
        }
    }

    #[test]
    fn keeps_every_other_field_under_its_name() {
        let texts = |texts: &[&'static str]| Value::List(texts.iter().map(|text| (*text).into()).collect());
        for (why, end, name, want) in [
            (
                "both groups",
                r#"- - ---- 6/5/4/3/2 1/0 {a||} {|b} "GET / HTTP/1.1""#,
                "captured_request_headers",
                Some(texts(&["a", "", ""])),
            ),
            (
                "both groups",
                r#"- - ---- 6/5/4/3/2 1/0 {a||} {|b} "GET / HTTP/1.1""#,
                "captured_response_headers",
                Some(texts(&["", "b"])),
            ),
            (
                "one group",
                r#"- - ---- 6/5/4/3/2 1/0 {curl/8 #7Bx#7D} "GET / HTTP/1.1""#,
                "captured_headers",
                Some(texts(&["curl/8 {x}"])),
            ),
            ("no group", r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#, "captured_headers", None),
            ("no cookie", r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#, "captured_request_cookie", None),
            (
                "a cookie",
                r#"id=a b c=d ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#,
                "captured_request_cookie",
                Some(Value::Text("id=a b".into())),
            ),
            (
                "a cookie",
                r#"- c=d e ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#,
                "captured_response_cookie",
                Some(Value::Text("c=d e".into())),
            ),
            (
                "a cookie of both, with blanks",
                r#"id=a b id=c; path=/ ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#,
                "captured_response_cookie",
                Some(Value::Text("id=c; path=/".into())),
            ),
            (
                "connections of the process",
                r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#,
                "actconn",
                Some(Value::Number(6)),
            ),
            ("the server's queue", r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1""#, "srv_queue", Some(Value::Number(1))),
            ("unreadable", r#"- - PR-- 6/5/4/3/2 1/0 "<BADREQ>""#, "request", Some(Value::Text("<BADREQ>".into()))),
            (
                "what 1.8 read",
                r##"- - PR-- 6/5/4/3/2 1/0 "#16#03 /""##,
                "request",
                Some(Value::Text("\u{16}\u{3} /".into())),
            ),
            ("cut", r#"- - ---- 6/5/4/3/2 1/0 "GET /long"#, "request", Some(Value::Text("GET /long".into()))),
            (
                "httpslog",
                r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1" 0/0/0/0/1 1wt.eu/TLSv1.3/AES"#,
                "ssl_version",
                Some(Value::Text("TLSv1.3".into())),
            ),
            (
                "httpslog without SNI",
                r#"- - ---- 6/5/4/3/2 1/0 "GET / HTTP/1.1" 0/0/0/0/1 -/TLSv1.3/AES"#,
                "ssl_fc_sni",
                None,
            ),
        ] {
            let line = format!("1.2.3.4:5 [24/Nov/2026:03:04:07.702] www web/s1 0/0/0/2/2 200 116 {end}");
            let record = read(line.as_bytes()).unwrap();
            let got = record.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            assert_eq!(got, want.as_ref(), "{why}: {name}");
        }
    }

    #[test]
    fn reads_connection_errors_and_connections() {
        let error =
            read(b"127.0.0.1:39118 [24/Nov/2026:03:41:57.748] shop-tls/1: Timeout during SSL handshake").unwrap();
        assert_eq!((error.format, error.message()), (ERROR, "Timeout during SSL handshake"));
        assert_eq!(error.request.and_then(|request| request.frontend).as_deref(), Some("shop-tls"));
        let unknown = read(b"unknown [24/Nov/2026:03:41:57.748] f/l: SSL handshake failure (error:0A00010B:SSL routines::wrong version number)");
        assert_eq!(unknown.map(|record| (record.format, record.client)), Some((ERROR, None)));
        for (why, line, client, port) in [
            ("TCP", "Connect from 127.0.0.1:42820 to 127.0.0.1:21007 (plain/HTTP)", Some("127.0.0.1"), Some(21007)),
            ("UNIX socket", "Connect to unix:3 (plain/TCP)", None, None),
            ("unknown", "Connect from unknown source to listener 3 (plain/TCP)", None, None),
        ] {
            let record = read(line.as_bytes()).unwrap();
            assert_eq!((record.format, record.client.as_deref(), record.server_port), (TCP, client, port), "{why}");
        }
    }

    #[test]
    fn the_end_is_the_start_and_the_total_time() {
        let end = |line: &[u8]| read(line).and_then(|record| record.stamp_end).map(|end| (end.civil_s % 60, end.nanos));
        let tcp = b"1.2.3.4:5 [24/Nov/2026:03:41:58.600] t b/s 1/0/1702 0 sD 2/2/1/1/0 0/0";
        assert_eq!(end(tcp), Some((0, 302_000_000)));
        assert_eq!(end(b"1.2.3.4:5 [24/Nov/2026:03:41:58.600] t b/s 1/0/-1 0 sD 2/2/1/1/0 0/0"), None);
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("another access log", r#"1.2.3.4 - - [24/Nov/2026:02:33:56 +0100] "GET / HTTP/1.1" 200 12 "-" "curl""#),
            ("a date without milliseconds", r#"1.2.3.4:5 [24/Nov/2026:03:41:49] www web/s1 0/0/3 200 --"#),
            ("no address", "host:80 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0 0 -- 1/1/0/0/0 0/0"),
            ("a port too large", "1.2.3.4:65536 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0 0 -- 1/1/0/0/0 0/0"),
            ("another termination", "1.2.3.4:5 [24/Nov/2026:03:41:49.477] www web/s1 0/0/0 0 XX 1/1/0/0/0 0/0"),
            ("a custom format", "7F000001:9BDA [24/Nov/2026:08:15:01.188] hexglobal web/s1 200 119 5"),
            (
                "a custom format with a time",
                r#"1.2.3.4:5 [24/Nov/2026:08:15:02.604] sample web/s1 1 200 119 "GET /" host=x"#,
            ),
            (
                "a custom error format",
                "1.2.3.4:5 [24/Nov/2026:03:04:07.712] err 15/Received something which does not look like it",
            ),
            ("words", "Connect from home (vpn/TCP)"),
        ] {
            assert_eq!(read(line.as_bytes()), None, "{why}");
        }
    }
}
