//! `src/protocol.c`, `src/proto_tcp.c`, `src/sock_inet.c`, `src/proto_uxst.c` of HAProxy 1.5 to 3.4
//! (`formats/haproxy.md`, section 3).
//!
//! ```text
//! Starting frontend http-in: cannot bind socket [0.0.0.0:80]
//! Starting frontend http-in: cannot bind socket (Address already in use) [0.0.0.0:80]
//! Binding [/etc/haproxy/haproxy.cfg:27] for frontend http-in: protocol tcpv4: cannot bind socket (Address already in use) for [0.0.0.0:80].
//! ```
//!
//! Up to 2.2 without the error. `Cannot bind to source address before connect()` is an outgoing connection's.

use super::{failure_of, service_or};
use crate::facts::event::Said;
use crate::facts::words::socket::{errno, socket};
use crate::format::Record;

pub(super) fn failure(record: &Record<'_>) -> Option<Said> {
    let (what, place) = parts(record.message())?;
    let socket = socket(place).unwrap_or_default(); // `fd 5` names none
    let reason = what.rsplit_once('(').and_then(|(_, reason)| reason.split_once(')')).map(|(reason, _)| reason);
    Some(Said {
        address: socket.address,
        port: socket.port,
        errno: reason.and_then(errno),
        ..failure_of(service_or(record, "haproxy"))
    })
}

/// What failed, and what stands in the last brackets.
fn parts(message: &str) -> Option<(&str, &str)> {
    let message = message.strip_suffix('.').unwrap_or(message);
    let rest = message.strip_prefix("Starting ").or_else(|| message.strip_prefix("Binding "))?;
    let listener = match rest.strip_prefix('[') {
        Some(configured) => configured.split_once("] for ")?.1,
        None => rest,
    };
    let (section, what) = listener.split_once(": ")?;
    let what = match what.strip_prefix("protocol ") {
        Some(protocol) => protocol.split_once(": ")?.1,
        None => what,
    };
    let (what, place) = what.strip_suffix(']')?.rsplit_once(" [")?;
    let what = what.strip_suffix(" for").unwrap_or(what);
    (section.split(' ').count() == 2 && is_failure(what)).then_some((what, place))
}

fn is_failure(what: &str) -> bool {
    const BEGINNINGS: &[&str] = &["cannot ", "error when trying to ", "inherited socket ", "not enough free sockets"];
    BEGINNINGS.iter().any(|beginning| what.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &'static str) -> Option<(Option<String>, Option<u16>, Option<&'static str>)> {
        let record = Record { message: Some(message.into()), ..Record::new("haproxy-notice") };
        failure(&record).map(|said| (said.address, said.port, said.errno))
    }

    #[test]
    fn every_release() {
        for (message, address, port, errno) in [
            ("Starting frontend http-in: cannot bind socket [127.0.0.1:80]", "127.0.0.1", Some(80), None),
            ("Starting proxy shop: cannot bind socket [::1:22443]", "::1", Some(22443), None),
            (
                "Starting frontend x: cannot bind socket (Address already in use) [0.0.0.0:80]",
                "0.0.0.0",
                Some(80),
                Some("EADDRINUSE"),
            ),
            (
                "Binding [/etc/haproxy/haproxy.cfg:27] for frontend x: cannot bind socket (Permission denied) for [0.0.0.0:80]",
                "0.0.0.0",
                Some(80),
                Some("EACCES"),
            ),
            (
                "Binding [h.cfg:7] for frontend x: protocol tcpv6: cannot bind socket (Cannot assign requested address) for [:::443].",
                "::",
                Some(443),
                Some("EADDRNOTAVAIL"),
            ),
            (
                "Binding [h.cfg:7] for frontend x: protocol unix_stream: cannot bind UNIX socket (No such file or directory) [/run/x.sock].",
                "/run/x.sock",
                None,
                Some("ENOENT"),
            ),
            (
                "Starting [h.cfg:7] for frontend x: cannot listen to socket: (Address already in use) for [0.0.0.0:80]",
                "0.0.0.0",
                Some(80),
                Some("EADDRINUSE"),
            ),
        ] {
            assert_eq!(told(message), Some((Some(address.into()), port, errno)), "{message}");
        }
    }

    #[test]
    fn near_misses() {
        for message in [
            "Cannot bind to source address before connect() for backend b. Aborting.",
            "Connect() failed for backend b: local address already in use.",
            "Starting frontend x: fine [0.0.0.0:80]",
            "Server web/s1 is DOWN, reason: Layer4 connection problem, info: \"cannot bind socket [0.0.0.0:80]\"",
        ] {
            assert_eq!(told(message), None, "{message}");
        }
    }
}
