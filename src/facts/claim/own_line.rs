//! Where a server says that it listens now: readiness lines that name the socket (`formats/lifecycle.md`, section 2).
//!
//! ```text
//! Server listening on 0.0.0.0 port 22.
//! [2026-11-24 03:00:20 +0000] [100] [INFO] Listening at: http://127.0.0.1:8000 (100)
//! ```

use super::{Claim, How, Protocol};
use crate::facts::words;
use crate::format::Record;

/// What stands before the socket. The first that the line has counts, so a longer one stands before its beginning.
const BEFORE: &[&str] = &[
    "listening on IPv4 interface ", // BIND: the interface's name follows
    "listening on IPv6 interface ",
    "listening on IPv4 address ", // PostgreSQL
    "listening on IPv6 address ",
    "listening on addr=", // unicorn
    "Server listening on ",
    "Server listening at ", // Fastify
    "Server is listening on ",
    "Server running at ",
    "Server started on ",
    "Listening at: ",
    "Uvicorn running on ",
    "Now listening on: ", // Kestrel
    "Running on ",        // Flask, Hypercorn
    "started TCP listener on ",
    "The server is now ready to accept connections on ", // Redis up to 6
    "Opening ipv4 listen socket on ",                    // Mosquitto
    "Opening ipv6 listen socket on ",
    "Awaiting socket connections on ", // Kafka
    "Tomcat started on ",              // Spring Boot
    "Netty started on ",
    "Jetty started on ",
    "Undertow started on ",
    "Serving HTTP on ", // Python's http.server
    "app listening on ",
    "app listening at ",
    "listening at ",
    "listening on ",
    "Listening on ",
];

/// Prometheus and its exporters, in pairs.
const PAIRS: &str = "msg=\"Listening on\" address=";

/// The claim of a program's own line. What a container says of its ports holds only inside it.
pub(super) fn claim(record: &Record<'_>) -> Option<Claim> {
    let is_inside = record.container.is_some() || matches!(record.format, "systemd" | "kernel" | "dockerd");
    if is_inside || record.client.is_some() || words::is_quoter(record) {
        return None;
    }
    let message = words::own_line(record);
    let (address, port) = match message.split_once(PAIRS) {
        Some((_, place)) => socket(place)?,
        None => BEFORE.iter().find_map(|before| behind(message, before))?,
    };
    let holder = words::service(record)?;
    Some(Claim { address, pid: record.pid, ..Claim::of(holder, port, How::OwnLine, Protocol::Tcp) })
}

type Socket = (Option<String>, u16);

/// The socket behind these words, with nothing before them that somebody else could have said.
fn behind(message: &str, before: &str) -> Option<Socket> {
    let (lead, place) = message.split_once(before)?;
    let place = match before.ends_with(" interface ") {
        true => place.split_once(", ").map(|(_, place)| place)?,
        false => place,
    };
    words::is_lead(lead).then(|| socket(place)).flatten()
}

/// `0.0.0.0 port 22.`, `http://127.0.0.1:8000 (100)`, `[::]:80`, `:8080`, `port 3000`, `port(s): 8080 (http)`,
/// `"0.0.0.0", port 5432`, `127.0.0.1#53`
fn socket(text: &str) -> Option<Socket> {
    let number = |text: &str| {
        let digits: &str = &text[..text.bytes().take_while(u8::is_ascii_digit).count()];
        digits.parse().ok().filter(|port| *port != 0)
    };
    for word in ["port(s): ", "ports ", "port: ", "port "] {
        if let Some(rest) = text.strip_prefix(word) {
            return Some((None, number(rest)?));
        }
    }
    if let Some((address, rest)) = text.split_once(" port ") {
        let address = address.trim_matches([',', '"', '[', ']']);
        let is_address = !address.is_empty() && !address.contains(' ');
        return is_address.then(|| number(rest).map(|port| (Some(address.to_owned()), port))).flatten();
    }
    let word = text.split_whitespace().next()?;
    let place = word.split_once("://").map_or(word, |(_, place)| place);
    let place = place.split('/').next().unwrap_or(place).trim_end_matches(['.', ',', ';']);
    let (address, port) = place.rsplit_once([':', '#'])?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let is_host = address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-_%*".contains(&byte));
    let address = (!matches!(address, "" | "*")).then(|| address.to_owned());
    (is_port && is_host).then(|| number(port).map(|port| (address, port))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets() {
        for (text, want) in [
            ("0.0.0.0 port 22.", Some((Some("0.0.0.0"), 22))),
            ("http://127.0.0.1:8000 (100)", Some((Some("127.0.0.1"), 8000))),
            ("http://[::]:5000", Some((Some("::"), 5000))),
            (":8080", Some((None, 8080))),
            ("port 3000", Some((None, 3000))),
            ("port(s): 8080 (http) with context path ''", Some((None, 8080))),
            ("\"0.0.0.0\", port 5432", Some((Some("0.0.0.0"), 5432))),
            ("127.0.0.1#53", Some((Some("127.0.0.1"), 53))),
            ("/run/docker.sock", None),
            ("the same port as before", None),
            ("behalf of: all", None),
        ] {
            let want = want.map(|(address, port): (Option<&str>, u16)| (address.map(str::to_owned), port));
            assert_eq!(socket(text), want, "{text}");
        }
    }

    #[test]
    fn lines_of_servers() {
        for (program, message, port) in [
            ("sshd", "Server listening on 0.0.0.0 port 22.", Some(22)),
            ("shop", "2026/11/24 03:00:20 listening on :8080", Some(8080)),
            ("shop", "[2026-11-24 03:00:20 +0000] [100] [INFO] Listening at: http://0.0.0.0:80 (100)", Some(80)),
            ("postgres", "LOG:  listening on IPv4 address \"0.0.0.0\", port 5432", Some(5432)),
            ("named", "listening on IPv4 interface lo, 127.0.0.1#53", Some(53)),
            ("prometheus", "level=info component=web msg=\"Listening on\" address=[::]:9090", Some(9090)),
            ("logger", "Server listening on 0.0.0.0 port 22.", None),
            ("shop", "GET /?q=\"listening on :80\"", None),
            ("shop", "user anna: \"why is it listening on :80\"", None),
            ("mysqld", "ready for connections", None),
        ] {
            let record = Record {
                program: Some(program.into()),
                message: Some(message.into()),
                pid: Some(7),
                ..Record::new("syslog-rfc3164")
            };
            let told = claim(&record).map(|claim| (claim.holder, claim.port, claim.pid));
            assert_eq!(told, port.map(|port| (program.to_owned(), port, Some(7))), "{message}");
        }
    }
}
