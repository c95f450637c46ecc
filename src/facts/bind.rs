//! Bind failures: a program says that it cannot listen where it was told to (`formats/bind-failures.md`).
//!
//! Each program by its own wording and only by that: the same words in a URL, a user's name or the quotes of a chat
//! are no event. All tries of one failed start count here; the analysis makes one episode of them.

mod docker;
mod haproxy;

use super::event::{Kind, Said};
use super::words::socket::errno_of_number;
use super::words::{self, Wording, bind, unit_name};
use crate::format::{Level, Record};

/// The bind failure that the record tells, if any.
pub fn failure(record: &Record<'_>) -> Option<Said> {
    match record.format {
        "nginx-error" => nginx(record),
        "apache-error" => apache(record),
        "haproxy-notice" => haproxy::failure(record),
        "systemd" => systemd(record),
        "dockerd" => docker::failure(record),
        _ if record.action.is_some() => None,
        _ => docker::of_client(record).or_else(|| words::failure_of_program(record)),
    }
}

/// `ngx_open_listening_sockets` in `src/core/ngx_connection.c`. Outgoing `bind(192.0.2.9) failed` has no `to`.
const NGINX: &[Wording] = &[
    bind("bind() to <socket> failed (<errno>: <any>)"),
    bind("listen() to <socket>, backlog <any> failed (<errno>: <any>)"),
];

fn nginx(record: &Record<'_>) -> Option<Said> {
    let is_own = record.level == Some(Level::Emerg) && record.client.is_none();
    is_own.then(|| words::said(NGINX, words::own_line(record), || service_or(record, "nginx"))).flatten()
}

/// `make_sock` in `server/listen.c`; 2.2 writes no codes.
const APACHE: &[Wording] = &[
    bind("make_sock: could not bind to address <socket>"),
    bind("make_sock: unable to listen for connections on address <socket>"),
];

fn apache(record: &Record<'_>) -> Option<Said> {
    if record.client.is_some() {
        return None;
    }
    let said = words::said(APACHE, words::without_code(words::own_line(record)), || words::service(record))?;
    let errno = record.number_field("errno").or_else(|| record.text_field("errno").and_then(last_number));
    Some(Said { errno: errno.and_then(errno_of_number), ..said })
}

/// `98`, `OS 10048`
fn last_number(text: &str) -> Option<i64> {
    text.rsplit(' ').next()?.parse().ok()
}

/// `src/core/socket.c`; before v242 without the address.
const SYSTEMD: &[Wording] = &[
    bind("Failed to create listening socket (<socket>): <why>"),
    bind("Failed to create listening socket: <why>"),
    bind("Failed to listen on sockets: <why>"),
];

fn systemd(record: &Record<'_>) -> Option<Said> {
    let (unit, text) = record.message().split_once(": ")?;
    let service = unit.ends_with(".socket").then(|| unit_name(unit)).flatten()?;
    words::said(SYSTEMD, text, || Some(service.to_owned()))
}

/// The record's service, else the one that its format names.
fn service_or(record: &Record<'_>, program: &str) -> Option<String> {
    words::service(record).or_else(|| Some(program.to_owned()))
}

/// A bind failure of `service`, with nothing more known.
fn failure_of(service: Option<String>) -> Said {
    Said::of(Kind::BindFailure, service)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(format: &'static str, level: Level, message: &'static str) -> Record<'static> {
        Record { level: Some(level), message: Some(message.into()), ..Record::new(format) }
    }

    #[test]
    fn nginx_names_address_port_and_error() {
        for (message, address, port, errno) in [
            ("bind() to 0.0.0.0:80 failed (98: Address already in use)", "0.0.0.0", Some(80), "EADDRINUSE"),
            ("bind() to [::]:443 failed (98: Address already in use)", "::", Some(443), "EADDRINUSE"),
            (
                "listen() to 0.0.0.0:443, backlog 511 failed (98: Address already in use)",
                "0.0.0.0",
                Some(443),
                "EADDRINUSE",
            ),
            ("bind() to unix:/run/x.sock failed (98: Address already in use)", "unix:/run/x.sock", None, "EADDRINUSE"),
            (
                "bind() to 203.0.113.77:80 failed (99: Cannot assign requested address)",
                "203.0.113.77",
                Some(80),
                "EADDRNOTAVAIL",
            ),
            (
                "bind() to 127.0.0.1:443 failed (10013: An attempt was made to access a socket in a way forbidden by its access permissions)",
                "127.0.0.1",
                Some(443),
                "EACCES",
            ),
        ] {
            let said = failure(&record("nginx-error", Level::Emerg, message));
            let want =
                Said { address: Some(address.into()), port, errno: Some(errno), ..failure_of(Some("nginx".into())) };
            assert_eq!(said, Some(want), "{message}");
        }
    }

    #[test]
    fn what_nginx_says_of_requests_is_none() {
        for (why, level, message) in [
            (
                "proxy_bind",
                Level::Crit,
                "bind(127.0.0.1:8082) failed (98: Address already in use) while connecting to upstream",
            ),
            ("a retry", Level::Notice, "try again to bind() after 500ms"),
            (
                "no listener of its own",
                Level::Alert,
                "listen() to 0.0.0.0:80, backlog 511 failed (98: Address already in use), ignored",
            ),
            (
                "a decoded path",
                Level::Error,
                "open() \"/srv/bind() to 0.0.0.0:80 failed (98: Address already in use)\" failed (2: No such file or directory)",
            ),
            (
                "the end of a path",
                Level::Emerg,
                "bind() to 0.0.0.0:80 failed (98: Address already in use)\" failed (2: No such file or directory), client: 127.0.0.1",
            ),
        ] {
            assert_eq!(failure(&record("nginx-error", level, message)), None, "{why}");
        }
    }

    #[test]
    fn apache_by_the_number_before_its_code() {
        use crate::format::Value;
        let mut line = record("apache-error", Level::Crit, "AH00072: make_sock: could not bind to address [::]:80");
        line.program = Some("apachectl".into());
        line.fields.push(("errno".into(), Value::Number(98)));
        let want = Said {
            address: Some("::".into()),
            port: Some(80),
            errno: Some("EADDRINUSE"),
            ..failure_of(Some("apache2".into()))
        };
        assert_eq!(failure(&line), Some(want));
        line.message =
            Some("AH00558: apache2: Could not reliably determine the server's fully qualified domain name".into());
        assert_eq!(failure(&line), None);
    }

    #[test]
    fn systemd_speaks_of_the_socket_unit() {
        let line = record(
            "systemd",
            Level::Error,
            "mpd.socket: Failed to create listening socket ([::]:6600): Address already in use",
        );
        let want = Said {
            address: Some("::".into()),
            port: Some(6600),
            errno: Some("EADDRINUSE"),
            ..failure_of(Some("mpd".into()))
        };
        assert_eq!(failure(&line), Some(want));
        assert_eq!(failure(&record("systemd", Level::Error, "mpd.socket: Failed with result 'resources'.")), None);
    }
}
