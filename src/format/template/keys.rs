//! The keys under which access logs of JSON lines tell what a record has a place for.
//!
//! Apache and nginx write what their administrators spell out; others have keys of their own: Caddy's `marshalRequest`
//! and `handled request` (`modules/caddyhttp/server.go`), Traefik's `CoreLogData` (`pkg/middlewares/accesslog/logdata.go`),
//! and the names that Envoy's documentation and Istio give to Envoy's operators. Keys of inner objects stand behind
//! those of the outer ones, with a dot between.

use std::sync::LazyLock;

use super::draft::{Directive, Escape, Slot};
use super::moment::Form;
use super::nginx;
use super::pattern::Shape;

/// A moment under each of these. Of several the most precise counts.
const MOMENTS: [&str; 10] = [
    "time",
    "@timestamp",
    "timestamp",
    "ts",
    "msec",
    "time_local",
    "time_iso8601",
    "datetime",
    "start_time",
    "StartUTC",
];

/// Keys that are known, as if they were directives.
static KEYS: LazyLock<Vec<Directive>> = LazyLock::new(|| {
    let mut keys: Vec<Directive> = MOMENTS.into_iter().map(|name| key(name, Slot::Moment(Form::Any), 0)).collect();
    keys.extend(of_records());
    keys.extend(nginx::VARIABLES.iter().map(|name| nginx::directive(name, Escape::Json)));
    keys.extend(of_apache());
    keys.extend(of_caddy());
    keys.extend(of_traefik());
    keys.extend(of_envoy());
    keys
});

fn key(name: &'static str, slot: Slot, rank: u8) -> Directive {
    Directive { name, slot, rank, shape: Shape::Free, escape: Escape::Json }
}

/// A record's own names.
fn of_records() -> Vec<Directive> {
    vec![
        key("client", Slot::Client, 4),
        key("client_port", Slot::ClientPort, 4),
        key("user", Slot::User, 4),
        key("vhost", Slot::Vhost, 4),
        key("method", Slot::Method, 4),
        key("target", Slot::Target, 4),
        key("protocol", Slot::Protocol, 4),
        key("bytes", Slot::Bytes, 4),
        key("duration_s", Slot::Duration(1.0), 4),
        key("referer", Slot::Referer, 4),
        key("user_agent", Slot::UserAgent, 4),
        key("upstream", Slot::Upstreams, 4),
        key("upstream_duration_s", Slot::UpstreamTimes, 4),
        key("pid", Slot::Pid, 4),
    ]
}

/// Names that administrators usually give.
fn of_apache() -> Vec<Directive> {
    vec![
        key("remoteIP", Slot::Client, 3),
        key("remote_ip", Slot::Client, 3),
        key("client_ip", Slot::Client, 3),
        key("clientip", Slot::Client, 3),
        key("remote_host", Slot::Client, 2),
        key("http_method", Slot::Method, 3),
        key("path", Slot::Path, 3),
        key("requestPath", Slot::Path, 2),
        key("url", Slot::Path, 1),
        key("query", Slot::Query, 3),
        key("query_string", Slot::Query, 1),
        key("status_code", Slot::Status, 2),
        key("duration_us", Slot::Duration(1e6), 3),
        key("duration_ms", Slot::Duration(1e3), 2),
        key("http_referrer", Slot::Referer, 1),
        key("referrer", Slot::Referer, 1),
        key("userAgent", Slot::UserAgent, 1),
        key("useragent", Slot::UserAgent, 1),
    ]
}

fn of_caddy() -> Vec<Directive> {
    vec![
        key("request.client_ip", Slot::Client, 4),
        key("request.remote_ip", Slot::Client, 3),
        key("request.remote_addr", Slot::ClientWithPort, 1), // before 2.5
        key("request.remote_port", Slot::ClientPort, 1),
        key("user_id", Slot::User, 1),
        key("request.host", Slot::Vhost, 1),
        key("request.method", Slot::Method, 1),
        key("request.uri", Slot::Target, 1),
        key("request.proto", Slot::Protocol, 1),
        key("size", Slot::Bytes, 1),
        key("request.headers.Referer", Slot::Referer, 1),
        key("request.headers.User-Agent", Slot::UserAgent, 1),
        key("request.headers.X-Request-Id", Slot::RequestId, 1),
    ]
}

fn of_traefik() -> Vec<Directive> {
    vec![
        key("ClientHost", Slot::Client, 1),
        key("ClientPort", Slot::ClientPort, 1),
        key("ClientUsername", Slot::User, 1),
        key("RequestHost", Slot::Vhost, 1),
        key("RequestMethod", Slot::Method, 1),
        key("RequestPath", Slot::Target, 1),
        key("RequestProtocol", Slot::Protocol, 1),
        key("DownstreamStatus", Slot::Status, 1),
        key("DownstreamContentSize", Slot::Bytes, 1),
        key("Duration", Slot::Duration(1e9), 1),
        key("ServiceAddr", Slot::Upstreams, 1),
        key("OriginStatus", Slot::UpstreamStatuses, 1),
        key("OriginDuration", Slot::UpstreamDuration(1e9), 1),
        key("RetryAttempts", Slot::Retries, 1),
        key("request_Referer", Slot::Referer, 1),
        key("request_User-Agent", Slot::UserAgent, 1),
        key("request_X-Request-Id", Slot::RequestId, 1),
    ]
}

fn of_envoy() -> Vec<Directive> {
    vec![
        key("downstream_remote_address", Slot::ClientWithPort, 2),
        key("authority", Slot::Vhost, 1),
        key("response_code", Slot::Status, 1),
        key("upstream_host", Slot::Upstreams, 1),
        key("upstream_service_time", Slot::UpstreamDuration(1e3), 1),
    ]
}

/// What a key means in an object that has `others`, too.
pub(super) fn meaning<'k>(name: &str, others: impl Fn(&str) -> bool) -> Option<&'k Directive> {
    static SECONDS: LazyLock<Directive> = LazyLock::new(|| key("duration", Slot::Duration(1.0), 1));
    static MILLIS: LazyLock<Directive> = LazyLock::new(|| key("duration", Slot::Duration(1e3), 1));
    match name {
        // Caddy's are seconds, Envoy's milliseconds; of others nobody knows.
        "duration" if others("request.uri") => Some(&SECONDS),
        "duration" if others("response_code") => Some(&MILLIS),
        // Caddy's count of the answer's body; others may mean anything by it.
        "size" if !others("request.uri") => None,
        _ => KEYS.iter().find(|key| key.name == name),
    }
}
