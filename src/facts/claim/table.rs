//! Who listens by a saved table of sockets: `ss -ltnp`, `netstat -plnt`, `lsof -i`. A row without a process, as one
//! gets without root's rights, names nobody.

use super::{Claim, How, Protocol};
use crate::format::Record;

/// Names that tables print for ports, without `-n` or `-P` (`/etc/services`).
const NAMED: &[(&str, u16)] = &[
    ("ftp", 21),
    ("ssh", 22),
    ("smtp", 25),
    ("domain", 53),
    ("http", 80),
    ("www", 80),
    ("imap", 143),
    ("imap2", 143),
    ("https", 443),
    ("submission", 587),
    ("imaps", 993),
    ("mysql", 3306),
    ("postgresql", 5432),
    ("redis", 6379),
    ("http-alt", 8080),
    ("webcache", 8080),
];

/// The claim of a row, if it is of a listening socket.
pub(super) fn claim(record: &Record<'_>) -> Option<Claim> {
    let text = |name| record.text_field(name).unwrap_or_default();
    let protocol = match text("netid").to_owned() + text("protocol") {
        name if name.to_ascii_lowercase().starts_with("udp") => Protocol::Udp,
        _ => Protocol::Tcp,
    };
    let listens = match protocol {
        Protocol::Tcp => text("state") == "LISTEN",
        Protocol::Udp => matches!(text("state"), "UNCONN" | ""),
    };
    let named = || NAMED.iter().find(|(name, _)| *name == text("service")).map(|(_, port)| *port);
    let port = record.server_port.or_else(named)?;
    let holder = record.program.as_deref().filter(|_| listens)?;
    let printed = text("local_address");
    let bare = printed.split('%').next().unwrap_or(printed).trim_matches(['[', ']']);
    let address = (!matches!(bare, "" | "*")).then(|| bare.to_owned());
    // `ss` prints `*` for a socket of both families, and `[::]` only for one of IPv6 alone.
    let is_v6_only = record.format == "ss" && printed == "[::]";
    Some(Claim { address, is_v6_only, pid: record.pid, ..Claim::of(holder.into(), port, How::Table, protocol) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::format::FORMATS;

    #[test]
    fn rows_of_listening_sockets() {
        for (format, line, want) in [
            (
                "ss",
                r#"LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=23,fd=3))"#,
                Some(("nginx", Some("127.0.0.1"), 80, Protocol::Tcp, false, Some(23))),
            ),
            (
                "ss",
                r#"tcp LISTEN 0 511 [::]:80 [::]:* users:(("nginx",pid=23,fd=3))"#,
                Some(("nginx", Some("::"), 80, Protocol::Tcp, true, Some(23))),
            ),
            (
                "ss",
                r#"udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=5,fd=3))"#,
                Some(("systemd-resolve", Some("127.0.0.53"), 53, Protocol::Udp, false, Some(5))),
            ),
            ("ss", "LISTEN 0 511 0.0.0.0:80 0.0.0.0:*", None),
            ("ss", r#"ESTAB 0 0 127.0.0.1:80 127.0.0.1:5000 users:(("nginx",pid=23,fd=3))"#, None),
            (
                "netstat",
                "tcp6 0 0 :::80 :::* LISTEN 812/docker-proxy",
                Some(("docker-proxy", Some("::"), 80, Protocol::Tcp, false, Some(812))),
            ),
            (
                "lsof",
                "docker-pr 812 root 4u IPv6 22301 0t0 TCP *:http (LISTEN)",
                Some(("docker-pr", None, 80, Protocol::Tcp, false, Some(812))),
            ),
        ] {
            let format = FORMATS.iter().find(|known| known.name() == format).expect("a format");
            let record = format.parse(line.as_bytes()).unwrap();
            let want = want.map(|(holder, address, port, protocol, is_v6_only, pid)| Claim {
                address: address.map(str::to_owned),
                is_v6_only,
                pid,
                ..Claim::of(holder.into(), port, How::Table, protocol)
            });
            assert_eq!(claim(&record), want, "{line}");
        }
    }
}
