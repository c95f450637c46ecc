//! `option httplog clf`, and `option tcplog clf` of 3.1 and later: what analysers of access logs can read, with
//! HAProxy's own fields behind (`clf_http_log_format`, `clf_tcp_log_format` in `src/log.c`).
//!
//! ```text
//! %ci - - [%trg] "%r" %ST %B "" "" %cp %ms "%ft" "%b" "%s" %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq "%CC" "%CS" %hrl %hsl
//! %ci - - [%T] "TCP " 000 %B "" "" %cp %ms "%ft" "%b" "%s" %Th %Tw %Tc %Tt %U %ts-- %ac %fc %bc %sc %rc %sq %bq "" ""
//! ```
//!
//! The date is GMT in whole seconds; `%ms` belongs to the date of the accept, so the two must not be joined.

use nom::bytes::streaming::{tag, take_till};
use nom::combinator::map_opt;
use nom::sequence::{delimited, terminated};
use nom::{Err, Needed, Parser};

use super::pieces::{
    Read, frontend_name, http_timers, number, present, put, put_cookies, put_counts, put_queues, put_request,
    put_timers, status_of, termination, unescape, word,
};
use super::{CLF, split_word};
use crate::format::{Record, Request, Timers, Value, stamp, text};

/// Reads a line that holds at least the frontend's name: cut before, it could be any access log.
pub(super) fn read(line: &[u8]) -> Option<Record<'_>> {
    let (client, rest) = split_word(line)?;
    let rest = rest.strip_prefix(b"- - [")?;
    let stamp = stamp::clf(rest)?;
    let rest = rest.get(26..)?.strip_prefix(b"] ")?;
    let client = present(client).filter(|client| client != "unix");
    let mut record = Record { stamp: Some(stamp), client, ..Record::default() };
    let mut request = Box::<Request>::default();
    match session(&mut record, &mut request, rest) {
        Ok(_) | Err(Err::Incomplete(_)) if !record.format.is_empty() => {
            record.request = Some(request);
            Some(record)
        }
        _ => None,
    }
}

/// `"GET / HTTP/1.1" 200 1368 "" "" 56672 074 "www-clf" …`, behind the date.
fn session<'a>(record: &mut Record<'a>, request: &mut Request<'a>, line: &'a [u8]) -> Read<'a, ()> {
    let (line, asked) = quoted(line)?;
    let (line, status) = number(line)?;
    let (line, bytes) = number(line)?;
    let (line, _) = tag("\"\" \"\" ").parse(line)?;
    let (line, port) = word(line)?;
    let (line, millis) = map_opt(word, stamp::digits).parse(line)?;
    let (line, frontend) = quoted(line)?;
    record.format = CLF;
    record.client_port = stamp::digits(port).and_then(|port| port.try_into().ok()).filter(|_| record.client.is_some());
    put(record, "ms", Value::Number(millis.into()));
    request.status = status_of(status);
    request.bytes = u64::try_from(bytes).ok();
    request.frontend = frontend_name(frontend);
    let is_tcp = asked == b"TCP ";
    if !is_tcp {
        put_request(record, request, asked);
    }
    let (line, backend) = quoted(line)?;
    let (line, server) = quoted(line)?;
    (request.backend, request.server) = (present(backend), present(server));
    let (line, timers) = numbers(line)?;
    if is_tcp {
        let [handshake, queue, connect, total, uploaded] = timers;
        put_timers(request, Timers { request: None, response: None, ..http_timers([0, queue, connect, 0, total]) });
        put(record, "Th", Value::Number(handshake));
        put(record, "bytes_uploaded", Value::Number(uploaded));
    } else {
        put_timers(request, http_timers(timers));
    }
    tail(record, request, line)
}

/// `--NI 1 1 0 0 0 0 0 "" "" "shop.example" "nginx"`
fn tail<'a>(record: &mut Record<'a>, request: &mut Request<'a>, line: &'a [u8]) -> Read<'a, ()> {
    let (line, termination) = termination(line)?;
    request.termination = Some(text(termination));
    let (line, counts) = numbers(line)?;
    put_counts(record, request, counts);
    let (line, queues) = numbers(line)?;
    put_queues(record, queues);
    let (line, request_cookie) = cookie(line)?;
    let (mut line, response_cookie) = cookie(line)?;
    put_cookies(record, [request_cookie, response_cookie].map(Some));
    let mut captured = Vec::new();
    while !line.trim_ascii_start().is_empty() {
        let (rest, item) = text_in_quotes(line.trim_ascii_start())?;
        captured.push(unescape(item));
        line = rest;
    }
    if !captured.is_empty() {
        put(record, "captured_headers", Value::List(captured));
    }
    Ok((line, ()))
}

/// `"id=a"b" `: a captured cookie stands raw, so it may hold quotes; what follows it is the next text or the end.
fn cookie(line: &[u8]) -> Read<'_, &[u8]> {
    let (line, _) = tag("\"").parse(line)?;
    let ends = |at: &usize| matches!(&line[at + 1..], [] | [b' '] | [b' ', b'"', ..]);
    let Some(end) = memchr::memchr_iter(b'"', line).find(ends) else { return Err(Err::Incomplete(Needed::Unknown)) };
    let behind = &line[end + 1..];
    Ok((behind.strip_prefix(b" ").unwrap_or(behind), &line[..end]))
}

/// `1 1 0 0 0 `
fn numbers<const N: usize>(mut line: &[u8]) -> Read<'_, [i64; N]> {
    let mut numbers = [0; N];
    for value in &mut numbers {
        (line, *value) = number(line)?;
    }
    Ok((line, numbers))
}

/// `"web" `
fn quoted(line: &[u8]) -> Read<'_, &[u8]> {
    terminated(text_in_quotes, tag(" ")).parse(line)
}

/// `"web"`
fn text_in_quotes(line: &[u8]) -> Read<'_, &[u8]> {
    delimited(tag("\""), take_till(|byte| byte == b'"'), tag("\"")).parse(line)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"127.0.0.1 - - [24/Nov/2026:02:41:55 +0000] "GET /404?a=b HTTP/1.1" 404 1375 "" "" 56694 076 "#;

    #[test]
    fn reads_http() {
        let line = format!(r#"{HEAD}"www-clf~" "web" "s1" 0 1 2 3 4 --NI 1 2 3 4 +5 6 7 "" "id=1" "shop.example" """#);
        let record = read(line.as_bytes()).unwrap();
        assert_eq!(
            (record.format, record.client.as_deref(), record.client_port),
            (CLF, Some("127.0.0.1"), Some(56694))
        );
        assert_eq!(record.stamp.and_then(|stamp| stamp.utc_s()), Some(1_795_488_115));
        assert_eq!(record.text_field("captured_response_cookie"), Some("id=1"));
        assert_eq!((record.number_field("srv_conn"), record.number_field("backend_queue")), (Some(4), Some(7)));
        let captured = Value::List(vec!["shop.example".into(), "".into()]);
        assert!(record.fields.contains(&("captured_headers".into(), captured)));
        let request = record.request.unwrap();
        assert_eq!((request.frontend.as_deref(), request.server.as_deref()), (Some("www-clf"), Some("s1")));
        assert_eq!(
            (request.target.as_deref(), request.status, request.bytes),
            (Some("/404?a=b"), Some(404), Some(1375))
        );
        assert_eq!((request.timers, request.retries), (Some(http_timers([0, 1, 2, 3, 4])), Some(5)));
    }

    #[test]
    fn cookies_may_hold_quotes() {
        for (cookies, request, response) in [
            (r#""id=a" """#, Some("id=a"), None),
            (r#""id=a"b" "id=c"d e; path=/" "#, Some("id=a\"b"), Some("id=c\"d e; path=/")),
            (r#""id=a"b" "" "shop.example""#, Some("id=a\"b"), None),
            (r#""" "id=c"#, None, None),
        ] {
            let line = format!(r#"{HEAD}"www-clf~" "web" "s1" 0 1 2 3 4 --NI 1 2 3 4 +5 6 7 {cookies}"#);
            let record = read(line.as_bytes()).unwrap();
            assert_eq!(record.text_field("captured_request_cookie"), request, "{cookies}");
            assert_eq!(record.text_field("captured_response_cookie"), response, "{cookies}");
        }
    }

    #[test]
    fn reads_tcp() {
        let line = r#"::1 - - [24/Nov/2026:02:41:55 +0000] "TCP " 000 1369 "" "" 56694 076 "tcp-in" "tcpweb" "t1" 9 1 0 702 88 sD-- 2 2 1 1 0 0 0 "" "" "#;
        let record = read(line.as_bytes()).unwrap();
        assert_eq!((record.number_field("Th"), record.number_field("bytes_uploaded")), (Some(9), Some(88)));
        let request = record.request.unwrap();
        assert_eq!((request.method, request.status, request.bytes), (None, None, Some(1369)));
        let timers = Timers { queue: Some(1), connect: Some(0), total: Some(702), ..Timers::default() };
        assert_eq!((request.timers, request.termination.as_deref()), (Some(timers), Some("sD--")));
    }

    #[test]
    fn a_cut_line_is_told_from_an_access_log_by_the_frontend() {
        let status = |line: &str| read(line.as_bytes()).and_then(|record| record.request?.status);
        assert_eq!(status(HEAD), None);
        assert_eq!(status(&format!(r#"{HEAD}"www-cl"#)), None);
        assert_eq!(status(&format!(r#"{HEAD}"www-clf" "we"#)), Some(404));
        assert_eq!(
            status(r#"1.2.3.4 - - [24/Nov/2026:02:41:55 +0000] "GET / HTTP/1.1" 200 9 "-" "curl/8" 5 7 "x" "#),
            None
        );
    }
}
