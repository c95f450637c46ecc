//! nginx's log_format: text with variables, `$status` or `${status}`, perhaps behind `escape=json`, `escape=none` or
//! `escape=default`.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{alpha1, char};
use nom::combinator::{all_consuming, map, opt};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::Template;
use super::draft::{Directive, Escape, Slot};
use super::moment::Form;
use super::pattern::{Pattern, Piece, Shape};

/// Reads a log_format.
pub(super) fn compile(string: &'static str) -> Result<Template, String> {
    let (string, mode) = escape(string).map_err(|_| "nginx: no log_format".to_owned())?;
    let escape = match mode {
        None | Some("default") => Escape::Backslash,
        Some("json") => Escape::Json,
        Some("none") => Escape::None,
        Some(mode) => return Err(format!("nginx: no escape={mode}; there are default, json and none")),
    };
    let text = map(is_not("$"), |text: &'static str| Piece::Literal(text.as_bytes().to_vec()));
    let value = map(variable, |name| Piece::Value(Box::new(directive(name, escape))));
    match all_consuming(many0(alt((value, text)))).parse(string) {
        Ok((_, pieces)) => Ok(Template::traffic("nginx-access", Pattern::new(pieces))),
        Err(_) => Err("nginx: a $ without a variable's name behind it; variables are $name or ${name}".to_owned()),
    }
}

/// `escape=json `
fn escape(input: &'static str) -> IResult<&'static str, Option<&'static str>> {
    opt(delimited(tag("escape="), alpha1, char(' '))).parse(input)
}

/// `$status`, `${status}`
fn variable(input: &'static str) -> IResult<&'static str, &'static str> {
    let name = || take_while1(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    preceded(char('$'), alt((delimited(char('{'), name(), char('}')), terminated(name(), tag(""))))).parse(input)
}

/// The variables that have a place in a record.
pub(super) static VARIABLES: &[&str] = &[
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_method",
    "request_uri",
    "server_protocol",
    "status",
    "body_bytes_sent",
    "bytes_sent",
    "request_time",
    "http_referer",
    "http_user_agent",
    "request_id",
    "http_x_request_id",
    "req_id",
    "host",
    "server_name",
    "http_host",
    "server_port",
    "upstream_addr",
    "upstream_status",
    "upstream_response_time",
    "connection",
    "connection_requests",
    "request_length",
];

/// What a variable writes.
pub(super) fn directive(name: &'static str, escape: Escape) -> Directive {
    let moment = |form: Form| (Slot::Moment(form.clone()), Shape::Moment(form), 0);
    let (slot, shape, rank) = match name {
        "time_local" => moment(Form::Clf),
        "time_iso8601" => moment(Form::Iso),
        "msec" => moment(Form::Decimal),
        "remote_addr" => (Slot::Client, Shape::Address, 1),
        "remote_port" => (Slot::ClientPort, Shape::Number, 1),
        "remote_user" => (Slot::User, Shape::Free, 1),
        "request" => (Slot::Request, Shape::Free, 1),
        "request_method" => (Slot::Method, Shape::Method, 1),
        "request_uri" => (Slot::Target, Shape::Path, 1),
        "server_protocol" => (Slot::Protocol, Shape::Protocol, 1),
        "status" => (Slot::Status, Shape::Status, 1),
        "body_bytes_sent" => (Slot::Bytes, Shape::Number, 2),
        "bytes_sent" => (Slot::Bytes, Shape::Number, 1),
        "request_time" => (Slot::Duration(1.0), Shape::Number, 1),
        "http_referer" => (Slot::Referer, Shape::Free, 1),
        "http_user_agent" => (Slot::UserAgent, Shape::Free, 1),
        "request_id" => (Slot::RequestId, Shape::Word, 3),
        "req_id" => (Slot::RequestId, Shape::Word, 2),
        "http_x_request_id" => (Slot::RequestId, Shape::Word, 1),
        "host" => (Slot::Vhost, Shape::Name, 3),
        "server_name" => (Slot::Vhost, Shape::Name, 2),
        "http_host" => (Slot::Vhost, Shape::Name, 1),
        "server_port" => (Slot::ServerPort, Shape::Number, 1),
        "pid" => (Slot::Pid, Shape::Number, 1),
        "upstream_addr" => (Slot::Upstreams, Shape::Upstreams, 1),
        "upstream_status" => (Slot::UpstreamStatuses, Shape::Upstreams, 1),
        "upstream_response_time" => (Slot::UpstreamTimes, Shape::Upstreams, 1),
        "connection" | "connection_requests" | "request_length" | "upstream_queue_time" => {
            (Slot::Count, Shape::Number, 0)
        }
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" => (Slot::Text, Shape::Listed, 0),
        "scheme"
        | "pipe"
        | "gzip_ratio"
        | "ssl_protocol"
        | "ssl_cipher"
        | "upstream_cache_status"
        | "http2"
        | "http3"
        | "tcpinfo_rtt" => (Slot::Text, Shape::Word, 0),
        _ if name.starts_with("upstream_")
            && (name.ends_with("_time") || name.ends_with("_length") || name.starts_with("upstream_bytes_")) =>
        {
            (Slot::Text, Shape::Upstreams, 0)
        }
        _ => (Slot::Text, Shape::Free, 0),
    };
    Directive { name, slot, rank, shape, escape }
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
    fn lists_of_upstreams_go_on_behind_commas_and_colons() {
        const FORM: &str = "$upstream_addr $upstream_status $upstream_response_time [$time_local] ${remote_addr}";
        for (line, upstream, count, status, took) in [
            ("- - - [24/Nov/2026:03:21:53 +0100] ::1", None, 0, None, None),
            (
                "127.0.0.1:81 200 0.001 [24/Nov/2026:03:21:53 +0100] ::1",
                Some("127.0.0.1:81"),
                0,
                Some(200),
                Some(0.001),
            ),
            (
                "127.0.0.1:81, [::1]:82 : unix:/a 502, 504 : 200 0.001, 0.036 : - [24/Nov/2026:03:21:53 +0100] ::1",
                Some("unix:/a"),
                3,
                Some(200),
                None,
            ),
        ] {
            let request = read(FORM, line).request.unwrap_or_default();
            assert_eq!((request.upstream.as_deref(), request.upstreams.len()), (upstream, count), "{line}");
            assert_eq!((request.upstream_status, request.upstream_duration_s), (status, took), "{line}");
        }
    }

    #[test]
    fn missing_values_by_the_way_of_escaping() {
        for (form, line, user, referer) in [
            (r#"$msec $remote_user "$http_referer""#, r#"1795486913.959 - "\x22a\x5C""#, None, Some("\"a\\")),
            (r#"$msec $remote_user "$http_referer""#, r#"1795486913.959 - """#, None, Some("")),
            (r#"escape=json $msec $remote_user "$http_referer""#, r#"1795486913.959  """#, None, None),
            (
                r#"escape=json $msec $remote_user "$http_referer""#,
                r#"1795486913.959 a b "\"c\"""#,
                Some("a b"),
                Some("\"c\""),
            ),
            (
                r#"escape=none $msec $remote_user "$http_referer""#,
                r#"1795486913.959 a "b" c""#,
                Some("a"),
                Some("b\" c"),
            ),
        ] {
            let record = read(form, line);
            let request = record.request.unwrap_or_default();
            assert_eq!((record.user.as_deref(), request.referer.as_deref()), (user, referer), "{form} {line}");
        }
    }

    #[test]
    fn what_is_no_log_format_is_told() {
        assert!(compile("escape=yaml $status").is_err_and(|error| error.contains("yaml")));
        assert!(compile("$ status").is_err());
    }
}
