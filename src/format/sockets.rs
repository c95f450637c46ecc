//! Who holds the port, as `ss`, `netstat` and `lsof` print it: saved output, without a moment of its own.
//!
//! ```text
//! LISTEN 1      511        127.0.0.1:28080      0.0.0.0:*    users:(("nginx",pid=23514,fd=3),("nginx",pid=23430,fd=3))
//! tcp6       0      0 :::28082                :::*                    LISTEN      23430/nginx: master
//! nginx   23430 root    3u  IPv4 1224425      0t0  TCP 127.0.0.1:28080 (LISTEN)
//! ```
//!
//! Each row tells all by itself, so headings may be missing. Of several processes with the same socket the first is
//! given, all of them in `users`. Names are cut: at 15 letters by `ss`, at 20 with the pid by `netstat`, at 9 by `lsof`.
//! Sources: iproute2's `misc/ss.c`, net-tools' `netstat.c`, lsof's `print.c`.

use super::{Format, Framing, Record, Text, Value, nest};

/// `ss`, with or without `-n`, `-l`, `-p`, `-H`.
pub struct Ss;

/// `netstat`, of the internet's protocols.
pub struct Netstat;

/// `lsof -i`
pub struct Lsof;

impl Format for Ss {
    fn name(&self) -> &'static str {
        "ss"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        str::from_utf8(line).is_ok_and(|line| ss(line).is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        row(record, ss)
    }

    fn is_heading(&self, line: &[u8]) -> bool {
        const OTHERS: [&[u8]; 9] =
            [b"u_str ", b"u_dgr ", b"u_seq ", b"nl ", b"p_raw ", b"p_dgr ", b"v_str ", b"v_dgr ", b"xdp "];
        memchr::memmem::find(line, b" Local Address:Port ").is_some() || OTHERS.iter().any(|net| line.starts_with(net))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            r#"LISTEN 1      511        127.0.0.1:28080      0.0.0.0:*    users:(("nginx",pid=23514,fd=3),("nginx",pid=23430,fd=3))"#,
            "udp   UNCONN 0      0          127.0.0.53%lo:53        0.0.0.0:*",
        ]
    }
}

impl Format for Netstat {
    fn name(&self) -> &'static str {
        "netstat"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        str::from_utf8(line).is_ok_and(|line| netstat(line).is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        row(record, netstat)
    }

    fn is_heading(&self, line: &[u8]) -> bool {
        const OTHERS: [&[u8]; 5] =
            [b"Active ", b"Proto Recv-Q Send-Q ", b"Proto RefCnt Flags ", b"unix  ", b"(Not all processes could be "];
        OTHERS.iter().any(|beginning| line.starts_with(beginning))
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "tcp        1      0 127.0.0.1:28080         0.0.0.0:*               LISTEN      23430/nginx: master ",
            "udp        0      0 127.0.0.53:53           0.0.0.0:*                           -                   ",
        ]
    }
}

impl Format for Lsof {
    fn name(&self) -> &'static str {
        "lsof"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        str::from_utf8(line).is_ok_and(|line| lsof(line).is_some())
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        row(record, lsof)
    }

    fn is_heading(&self, line: &[u8]) -> bool {
        line.starts_with(b"COMMAND ") && line.trim_ascii_end().ends_with(b" NAME")
            || str::from_utf8(line).is_ok_and(is_of_file)
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "nginx   23430 root    3u  IPv4 1224425      0t0  TCP 127.0.0.1:28080 (LISTEN)",
            "docker-pr 812 root    4u  IPv6   22301      0t0  TCP *:http (LISTEN)",
        ]
    }
}

fn row<'a>(line: &'a [u8], read: for<'t> fn(&'t str) -> Option<Record<'t>>) -> Option<Record<'a>> {
    match str::from_utf8(line) {
        Ok(line) => read(line),
        Err(_) => read(&String::from_utf8_lossy(line)).map(|record| nest::owned(&record)),
    }
}

/// `[NETID] STATE RECV-Q SEND-Q LOCAL PEER [users:(…)]`
fn ss(line: &str) -> Option<Record<'_>> {
    const NETIDS: &[&str] = &["tcp", "udp", "sctp", "dccp", "mptcp", "raw", "icmp6"];
    const STATES: &[&str] = &[
        "LISTEN",
        "ESTAB",
        "UNCONN",
        "SYN-SENT",
        "SYN-RECV",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "TIME-WAIT",
        "CLOSE-WAIT",
        "LAST-ACK",
        "CLOSING",
        "CLOSED",
    ];
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    let netid = NETIDS.contains(&first).then_some(first);
    let state = if netid.is_some() { words.next()? } else { first };
    STATES.contains(&state).then_some(())?;
    counts(&mut words)?;
    let (address, port) = socket(words.next()?)?;
    let peer = words.next()?;
    socket(peer)?;
    let mut record = of_socket("ss", (address, port), state);
    put(&mut record, "netid", netid);
    put(&mut record, "peer_address", Some(peer));
    if let Some(users) = line.split_once(" users:(").map(|(_, users)| users) {
        let names = users.split("(\"").skip(1).filter_map(|user| user.split_once("\",pid="));
        let mut all = Vec::new();
        for (name, rest) in names {
            let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
            if all.is_empty() {
                record.program = Some(name.into());
                record.pid = digits.parse().ok();
            }
            all.push(format!("{name}[{digits}]").into());
        }
        record.fields.push(("users".into(), Value::List(all)));
    }
    Some(record)
}

/// `PROTO RECV-Q SEND-Q LOCAL FOREIGN [STATE] [PID/PROGRAM]`; also with user and inode before the program (`-e`).
fn netstat(line: &str) -> Option<Record<'_>> {
    const PROTOCOLS: &[&str] = &["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "sctp", "raw", "raw6"];
    let mut words = line.split_ascii_whitespace();
    let protocol = words.next().filter(|protocol| PROTOCOLS.contains(protocol))?;
    counts(&mut words)?;
    let local = socket(words.next()?)?;
    let peer = words.next()?;
    socket(peer)?;
    let state = words
        .clone()
        .next()
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'));
    let state = state.filter(|word| word.starts_with(|letter: char| letter.is_ascii_uppercase()));
    if state.is_some() {
        words.next();
    }
    let mut record = of_socket("netstat", local, state.unwrap_or_default());
    put(&mut record, "protocol", Some(protocol));
    put(&mut record, "peer_address", Some(peer));
    let owner = words.find_map(|word| {
        let (pid, program) = word.split_once('/')?;
        Some((pid.parse().ok()?, program))
    });
    if let Some((pid, program)) = owner {
        record.pid = Some(pid);
        // A program that gives itself a title: `nginx: master`.
        let name = program.split(':').next().unwrap_or(program);
        record.program = Some(name.rsplit('/').next().unwrap_or(name).into());
    }
    Some(record)
}

/// `COMMAND PID [TID [TASKCMD]] USER FD TYPE DEVICE SIZE/OFF NODE NAME [(STATE)]`, of the internet's protocols.
fn lsof(line: &str) -> Option<Record<'_>> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let kind = words.iter().position(|word| matches!(*word, "IPv4" | "IPv6")).filter(|at| *at >= 4)?;
    let (command, pid) = (words.first()?, words.get(1)?.parse().ok()?);
    // Flags of the file may stand before the device (`+fg`).
    let node = (kind + 3..=kind + 4).find(|at| matches!(words.get(*at), Some(&("TCP" | "UDP"))))?;
    let name = *words.get(node + 1)?;
    let state = words.get(node + 2).and_then(|state| state.strip_prefix('(')?.strip_suffix(')'));
    let mut record = of_socket("lsof", socket(name)?, state.unwrap_or_default());
    record.program =
        Some(if command.contains("\\x20") { command.replace("\\x20", " ").into() } else { (*command).into() });
    record.pid = Some(pid);
    record.user = Some((*words.get(kind - 2)?).into());
    put(&mut record, "protocol", words.get(node).copied());
    put(&mut record, "type", words.get(kind).copied());
    Some(record)
}

/// Whether it is a row of `lsof` about another file than a socket of the internet's protocols.
fn is_of_file(line: &str) -> bool {
    const TYPES: [&str; 14] = [
        "DIR", "REG", "CHR", "BLK", "FIFO", "LINK", "unix", "sock", "netlink", "a_inode", "pack", "unknown", "DEL",
        "raw",
    ];
    let words: Vec<&str> = line.split_ascii_whitespace().take(9).collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    words.get(1).is_some_and(|pid| is_number(pid)) && words.iter().skip(4).any(|word| TYPES.contains(word))
}

/// The two queues.
fn counts<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<()> {
    let is_count = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    (is_count(words.next()?) && is_count(words.next()?)).then_some(())
}

/// `127.0.0.1:28080`, `*:http`, `[::1]:443`, `:::80`: the address as printed, and the port where it is a number. The
/// port of a connection in `lsof` is the last.
fn socket(text: &str) -> Option<(&str, &str)> {
    let (address, port) = text.rsplit_once(':')?;
    let is_port = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '*' | '.' | '+');
    (!address.is_empty() && !port.is_empty() && port.chars().all(is_port)).then_some((address, port))
}

fn of_socket<'a>(format: &'static str, (address, port): (&'a str, &'a str), state: &'a str) -> Record<'a> {
    let mut record = Record::new(format);
    record.server_port = port.parse().ok();
    put(&mut record, "local_address", Some(address));
    let is_named = record.server_port.is_none();
    put(&mut record, "service", Some(port).filter(|_| is_named));
    put(&mut record, "state", Some(state).filter(|state| !state.is_empty()));
    record
}

fn put<'a>(record: &mut Record<'a>, name: &'static str, value: Option<&'a str>) {
    record.fields.extend(value.map(|value| (name.into(), Value::Text(Text::Borrowed(value)))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let formats: [&dyn Format; 3] = [&Ss, &Netstat, &Lsof];
        for (line, format, address, port, state, program, pid) in [
            (Ss.samples()[0], "ss", "127.0.0.1", Some(28080), Some("LISTEN"), Some("nginx"), Some(23514)),
            (Ss.samples()[1], "ss", "127.0.0.53%lo", Some(53), Some("UNCONN"), None, None),
            (
                "python3 6100 root 3u IPv4 RW,CX 558285 0t0 TCP 127.0.0.1:25001 (LISTEN)",
                "lsof",
                "127.0.0.1",
                Some(25001),
                Some("LISTEN"),
                Some("python3"),
                Some(6100),
            ),
            ("LISTEN 0 128 *:http *:*", "ss", "*", None, Some("LISTEN"), None, None),
            ("ESTAB 0 0 [::1]:28443 [::1]:50000", "ss", "[::1]", Some(28443), Some("ESTAB"), None, None),
            (Netstat.samples()[0], "netstat", "127.0.0.1", Some(28080), Some("LISTEN"), Some("nginx"), Some(23430)),
            (Netstat.samples()[1], "netstat", "127.0.0.53", Some(53), None, None, None),
            (
                "tcp6 0 0 :::80 :::* LISTEN 0 22301 812/docker-proxy",
                "netstat",
                "::",
                Some(80),
                Some("LISTEN"),
                Some("docker-proxy"),
                Some(812),
            ),
            (Lsof.samples()[0], "lsof", "127.0.0.1", Some(28080), Some("LISTEN"), Some("nginx"), Some(23430)),
            (Lsof.samples()[1], "lsof", "*", None, Some("LISTEN"), Some("docker-pr"), Some(812)),
            (
                "Web\\x20Con 8 9 a root 4u IPv6 2 0t0 UDP [::1]:53",
                "lsof",
                "[::1]",
                Some(53),
                None,
                Some("Web Con"),
                Some(8),
            ),
        ] {
            for reader in formats {
                assert_eq!(
                    reader.is_start(b"", line.as_bytes()),
                    reader.name() == format,
                    "{} reads {line}",
                    reader.name()
                );
            }
            let record = formats.iter().find_map(|reader| reader.parse(line.as_bytes())).unwrap_or_default();
            assert_eq!((record.text_field("local_address"), record.server_port), (Some(address), port), "{line}");
            assert_eq!(
                (record.text_field("state"), record.program.as_deref(), record.pid),
                (state, program, pid),
                "{line}"
            );
        }
    }

    #[test]
    fn leaves_the_rest_alone() {
        for line in [
            "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process",
            "Proto Recv-Q Send-Q Local Address           Foreign Address         State",
            "COMMAND   PID USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME",
            "LISTEN to 1.2.3.4:80 now",
            "nginx 1 root cwd DIR 8,1 4096 2 /",
            "",
        ] {
            for reader in [&Ss as &dyn Format, &Netstat, &Lsof] {
                assert!(!reader.is_start(b"", line.as_bytes()), "{line}");
            }
        }
        for (format, line) in [
            (&Ss as &dyn Format, "u_str LISTEN 0 4096 /run/systemd/private 18 * 0 users:((\"systemd\",pid=1,fd=20))"),
            (&Netstat, "unix  2      [ ACC ]     STREAM     LISTENING     18     1/init    /run/systemd/private"),
            (&Netstat, "Active UNIX domain sockets (servers and established)"),
            (&Lsof, "nginx 1 root cwd DIR 8,1 4096 2 /"),
            (&Lsof, "nginx 1 2 worker root mem REG 8,1 4096 2 /usr/sbin/nginx"),
        ] {
            assert!(format.is_heading(line.as_bytes()) && !format.is_start(b"", line.as_bytes()), "{line}");
        }
        assert!(Ss.is_heading(b"State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess"));
    }
}
