//! Other servers' own log files, and what docker and Kubernetes print with stamps: known by the shape of the line alone.
//!
//! ```text
//! 2026-11-24  3:00:19 0 [ERROR] Aborting                                    MariaDB
//! 2026-11-24 03:02:43.152 UTC [1051] LOG:  listening on …                   PostgreSQL
//! 1356:M 24 Nov 2026 02:56:34.187 # Redis is now ready to exit              Redis
//! E0118 15:18:19.124718   26788 proxier.go:1600] "can't open port" …        klog of Kubernetes
//! 2026-11-24T02:41:08.916086710Z GET /                                      docker logs -t
//! [1470] 2026/11/24 03:04:53.869390 [INF] Server is ready                   NATS
//! docker: Error response from daemon: …                                     docker's client, kept in a file
//! ```
//!
//! Each shape is that of one program (or one family, then without a name), with the parts of its head; what is left is
//! the message. The lines behind, such as a stack, go on with the record.

mod daemons;
mod families;
mod shape;

use super::{Format, Framing, Record, apache, cri, docker, nest, stamp, text};
use shape::{Read, Shape};

/// A server's own log, of those that have no format of their own here.
pub struct Log;

const NAME: &str = "app-log";

impl Format for Log {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        first(line).is_some() || is_client(line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        if is_client(record) {
            return Some(Record { program: Some("docker".into()), message: Some(text(record)), ..Record::new(NAME) });
        }
        let (program, shape) = first(record)?;
        Some(Record {
            stamp: Some(shape.stamp),
            level: shape.level,
            program: Some(program).filter(|program| !program.is_empty()).map(Into::into),
            pid: shape.pid,
            message: Some(text(shape.message)),
            ..Record::new(NAME)
        })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "2026-11-24  3:00:19 0 [ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use",
            "2026-11-24T03:00:00.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.",
            "2026-11-24 03:02:43.152 UTC [1051] LOG:  database system is ready to accept connections",
            "1356:M 24 Nov 2026 02:56:34.187 # Redis is now ready to exit, bye bye...",
            "[24-Nov-2026 02:56:31] NOTICE: ready to handle connections",
            "[2026-11-24 02:56:14 +0000] [586] [INFO] Listening at: http://127.0.0.1:8000 (586)",
            "24-Nov-2026 02:56:14.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [812] milliseconds",
            "E0118 15:18:19.124718   26788 proxier.go:1600] \"can't open port, skipping it\" err=\"listen tcp4 :31058\"",
            "[1470] 2026/11/24 03:04:53.870344 [INF] Server is ready",
            "[1795488995] unbound[1502:0] info: start of service (unbound 1.17.1).",
            "2026.11.24 03:01:50 LOG5[ui]: Configuration successful",
            "2026-11-24 03:03:22,517 INFO spawned: 'web' with pid 1151",
            "[2026-11-24T03:03:41+0000] info     : 'web' trying to restart",
            "E [24/Nov/2026:03:00:10 +0000] Unable to open listen socket for address 127.0.0.1:631 - Address already in use.",
            "[2026-11-24 03:00:00.123][1][critical][main] [source/server/server.cc:117] error initializing configuration",
            "24-Nov-2026 02:59:11.439 running",
            "2026-11-24 02:56:34.844859 C | etcdmain: listen tcp 127.0.0.1:2380: bind: address already in use",
            "docker: Error response from daemon: No such image: nosuch/image:1.",
        ]
    }
}

/// The first shape that the line has, and its program.
fn first(line: &[u8]) -> Option<(&'static str, Shape<'_>)> {
    shapes().find_map(|(program, read)| Some((*program, read(line)?)))
}

/// All shapes, with their programs.
fn shapes() -> impl Iterator<Item = &'static (&'static str, Read)> {
    shape::SHAPES.iter().chain(daemons::SHAPES).chain(families::SHAPES)
}

/// What docker's client, or compose's, printed to its user: `docker: ` with the daemon's answer or its own complaint
/// behind (`cli/command`), `ERROR: for web  Cannot start service web: …` of compose's first version.
fn is_client(line: &[u8]) -> bool {
    const ANSWERS: [&str; 6] = [
        "Error response from daemon: ",
        "Cannot connect to the Docker daemon",
        "permission denied while trying to connect to the Docker daemon",
        "error during connect: ",
        "invalid reference format",
        "failed to register layer: ",
    ];
    let answer = line.strip_prefix(b"docker: ").unwrap_or(line);
    let is_of_docker = ANSWERS.iter().any(|words| answer.starts_with(words.as_bytes()));
    let of_compose = line.strip_prefix(b"ERROR: for ");
    is_of_docker || of_compose.is_some_and(|rest| memchr::memmem::find(rest, b"  ").is_some())
}

/// `docker logs -t`, `kubectl logs --timestamps`: the lines of a container behind the moment at which they were written.
pub struct Stamped;

impl Format for Stamped {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        // Always nine digits and UTC; the stamps of syslog have six at most.
        let is_stamped = line.get(19) == Some(&b'.') && line.get(29) == Some(&b'Z') && stamp::prefix(line).is_some();
        is_stamped && !cri::Log.is_start(b"", line) && !docker::EventsText.is_start(b"", line)
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (stamp, content) = stamp::prefix(record).filter(|(stamp, _)| stamp.digits == 9)?;
        Some(nest::nest_output(Record { stamp: Some(stamp), message: Some(text(content)), ..Record::new(NAME) }))
    }

    fn samples(&self) -> &'static [&'static str] {
        &["2026-11-24T02:41:08.916086710Z ready", "2026-11-24T02:41:08.916086710Z "]
    }
}

/// `dmesg -T` (util-linux, `sys-utils/dmesg.c`): the kernel's lines behind the civil time at which they were written, by
/// the clock of today; after a suspend it is off.
pub struct Dmesg;

impl Format for Dmesg {
    fn name(&self) -> &'static str {
        NAME
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        of_kernel(line).is_some()
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let (stamp, message) = of_kernel(record)?;
        let (program, message) = (Some("kernel".into()), Some(text(message)));
        Some(nest::nest(Record { stamp: Some(stamp), program, message, ..Record::new(NAME) }))
    }

    fn samples(&self) -> &'static [&'static str] {
        &["[Mon Jun  3 02:15:22 2024] Out of memory: Killed process 812 (mysqld) total-vm:1kB, anon-rss:1kB"]
    }
}

/// `[Mon Jun  3 02:15:22 2024] `, and what follows it; not of Apache, nor of PHP's own server, which stamp alike.
fn of_kernel(line: &[u8]) -> Option<(stamp::Stamp, &[u8])> {
    const DAYS: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
    let inside = line.strip_prefix(b"[")?;
    let (moment, rest) = inside.split_at_checked(24).filter(|(moment, _)| DAYS.contains(&&moment[..4]))?;
    let (stamp, message) = (stamp::asctime(moment)?, rest.strip_prefix(b"] ")?);
    let is_of_php = message.starts_with(b"PHP ") || is_peer(message);
    let is_of_apache = message.starts_with(b"[") && apache::ErrorLog.parse(line).is_some();
    (!is_of_php && !is_of_apache).then_some((stamp, message))
}

/// Whether the text begins with a client's address and port.
fn is_peer(text: &[u8]) -> bool {
    let word = text.split(|byte| *byte == b' ').next().and_then(|word| str::from_utf8(word).ok());
    word.is_some_and(|word| word.parse::<std::net::SocketAddr>().is_ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::Level;

    #[test]
    fn the_kernel_behind_a_civil_stamp() {
        let record = Dmesg.parse(Dmesg.samples()[0].as_bytes()).unwrap();
        assert_eq!((record.format, record.envelope, record.program.as_deref()), ("kernel", vec![NAME], Some("kernel")));
        assert_eq!(record.stamp.map(|stamp| stamp.civil_s), stamp::civil(2024, 6, 3, 2, 15, 22));
        assert!(Dmesg.is_start(b"", b"[Mon Jun  3 02:15:22 2024] [drm] Initialized"));
        for (why, line) in [
            ("Apache 2.2", "[Mon Jun 03 02:15:22 2024] [error] server reached MaxClients"),
            ("PHP's server", "[Mon Jun  3 02:15:22 2024] PHP 8.2.7 Development Server (http://localhost:8000) started"),
            ("its requests", "[Mon Jun  3 02:15:22 2024] 127.0.0.1:51234 [200]: GET /"),
            ("no day", "[Mon Jun 31 02:15:22 2024] x"),
            ("no weekday", "[x]  Jun  3 02:15:22 2024] x"),
        ] {
            assert!(!Dmesg.is_start(b"", line.as_bytes()), "{why}");
        }
    }

    #[test]
    fn who_wrote_the_line() {
        let programs = [
            "mariadbd",
            "mysqld",
            "postgres",
            "redis-server",
            "php-fpm",
            "gunicorn",
            "tomcat",
            "",
            "nats-server",
            "unbound",
            "stunnel",
            "supervisord",
            "monit",
            "cupsd",
            "envoy",
            "named",
            "etcd",
            "docker",
        ];
        for (line, program) in Log.samples().iter().zip(programs) {
            assert!(Log.is_start(b"", line.as_bytes()), "{line}");
            let record = Log.parse(line.as_bytes()).unwrap();
            assert_eq!(record.program.as_deref().unwrap_or_default(), program, "{line}");
        }
    }

    #[test]
    fn parts_of_the_head() {
        for (line, level, pid, message) in [
            (Log.samples()[1], None, None, "/usr/sbin/mysqld: ready for connections."),
            (Log.samples()[2], None, Some(1051), "LOG:  database system is ready to accept connections"),
            (Log.samples()[3], Some(Level::Warn), Some(1356), "Redis is now ready to exit, bye bye..."),
            (Log.samples()[4], Some(Level::Notice), None, "NOTICE: ready to handle connections"),
            (Log.samples()[5], Some(Level::Info), Some(586), "Listening at: http://127.0.0.1:8000 (586)"),
        ] {
            let record = Log.parse(line.as_bytes()).unwrap();
            assert_eq!((record.level, record.pid, record.message()), (level, pid, message), "{line}");
        }
    }

    #[test]
    fn a_server_behind_a_stamp_is_read() {
        let line = "2026-11-24T02:41:08.916086710Z 2026/11/24 02:41:08 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)";
        let record = Stamped.parse(line.as_bytes()).unwrap();
        assert_eq!((record.format, record.stamp.unwrap().digits), ("nginx-error", 9));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("rsyslog", "2026-11-24T02:43:50.001234+01:00 web01 app[1]: x"),
            ("nginx", "2026/11/24 03:22:01 [emerg] 812#812: x"),
            ("Apache", "[Tue Nov 24 02:04:03.123456 2026] [proxy:error] [pid 788:tid 791] x"),
            ("dpkg", "2026-11-24 02:21:45 startup archives unpack"),
            ("compose events", "2021-03-01 10:00:00.123456 container start 22e4 (image=a, name=web)"),
            ("syslog", "Nov 24 02:56:31 web01 app[1]: x"),
            ("text", "Every day [at noon] LOG:  nothing"),
            ("nothing", ""),
        ] {
            assert!(!Log.is_start(b"", line.as_bytes()), "{why}");
            assert!(!Stamped.is_start(b"", line.as_bytes()), "{why}");
        }
    }
}
