//! nginx and Apache (`formats/nginx.md`, "Messages that are events"; `formats/apache.md`, section 3).

use crate::facts::event::{Kind, Said};
use crate::facts::words::socket::{Socket, errno_of_number, socket};
use crate::facts::words::{self, Wording, life, own_line, without_code};
use crate::format::{Level, Record};

/// `src/core/nginx.c`, `src/os/unix/ngx_process.c`, `src/event/ngx_event_connect.c`.
const NGINX: &[Wording] = &[
    life(Kind::ServiceFailed, "still could not bind()"),
    life(Kind::ServiceStop, "signal <number> (SIGTERM) received from <number>, exiting"),
    life(Kind::ServiceStop, "signal <number> (SIGTERM) received, exiting"),
    life(Kind::ServiceStop, "signal <number> (SIGINT) received from <number>, exiting"),
    life(Kind::ServiceStop, "signal <number> (SIGINT) received, exiting"),
    life(Kind::ServiceStop, "signal <number> (SIGQUIT) received from <number>, shutting down"),
    life(Kind::ServiceStop, "signal <number> (SIGQUIT) received, shutting down"),
    life(Kind::Reload, "signal <number> (SIGHUP) received from <number>, reconfiguring"),
    life(Kind::Reload, "signal <number> (SIGHUP) received, reconfiguring"),
    life(Kind::Crash, "worker process <pid> exited on signal <signal>"),
    life(Kind::Crash, "worker process <pid> exited on signal <signal> (core dumped)"),
    life(Kind::Crash, "cache manager process <pid> exited on signal <signal>"),
    life(Kind::Crash, "cache manager process <pid> exited on signal <signal> (core dumped)"),
    life(Kind::Crash, "cache loader process <pid> exited on signal <signal>"),
    life(Kind::Crash, "cache loader process <pid> exited on signal <signal> (core dumped)"),
    life(Kind::ResourceLimit, "<number> worker_connections are not enough"),
    life(Kind::ResourceLimit, "<number> worker_connections are not enough, reusing connections"),
    life(Kind::ResourceLimit, "<number> worker_connections are not enough while <any>"),
    life(Kind::BackendDown, "upstream server temporarily disabled while <any>"),
    life(Kind::BackendDown, "no live upstreams while <any>"),
];

/// Names that nginx and its relatives give themselves in the line of a start: `nginx/1.27.0 (nginx-plus-r33)`.
const NGINX_NAMES: &[&str] = &["nginx", "openresty", "angie", "tengine", "freenginx"];

pub(super) fn nginx(record: &Record<'_>) -> Option<Said> {
    let message = own_line(record);
    let service = || words::service(record).or_else(|| Some("nginx".into()));
    if let Some(said) = words::said(NGINX, message, service) {
        let peer = if said.kind == Kind::BackendDown { upstream(record) } else { Socket::default() };
        return Some(Said { address: peer.address, port: peer.port, ..said });
    }
    if record.level == Some(Level::Notice) && is_version(message) {
        return Some(Said::of(Kind::ServiceStart, service()));
    }
    let is_failure = record.level.is_some_and(|level| level <= Level::Error);
    // A path that a client chose may hold a line's end: here the whole message counts.
    let errno = exhausted(record.message()).filter(|_| is_failure)?;
    Some(Said { errno: Some(errno), ..Said::of(Kind::ResourceLimit, service()) })
}

/// The server that is down; a group's name is no address.
fn upstream(record: &Record<'_>) -> Socket {
    let upstream = record.request.as_ref().and_then(|request| request.upstream.as_deref());
    upstream.filter(|upstream| upstream.contains(':')).and_then(socket).unwrap_or_default()
}

/// `nginx/1.22.1`, alone.
fn is_version(message: &str) -> bool {
    let Some((name, version)) = message.split_once('/') else { return false };
    let version = match version.split_once(" (") {
        Some((version, rest)) if rest.ends_with(')') => version,
        Some(_) => return false,
        None => version,
    };
    let starts_as_number = version.starts_with(|first: char| first.is_ascii_digit());
    NGINX_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) && starts_as_number && !version.contains(' ')
}

/// What ran out, from `… failed (24: Too many open files)` at the end, or before the action. A path that a client
/// chose may hold such words too, but stands in quotes that close behind them.
fn exhausted(message: &str) -> Option<&'static str> {
    const TEXTS: &[(&str, i64)] = &[
        ("24: Too many open files", 24),
        ("23: Too many open files in system", 23),
        ("12: Cannot allocate memory", 12),
        ("12: Out of memory", 12),
        ("28: No space left on device", 28),
    ];
    let (_, error) = message.rsplit_once(" failed (")?;
    let (text, action) = error.split_once(')')?;
    let is_end = action.is_empty() || action.starts_with(" while ") && !action.contains('"');
    let number = TEXTS.iter().find(|(known, _)| *known == text).map(|(_, number)| *number)?;
    is_end.then(|| errno_of_number(number)).flatten()
}

/// `server/main.c`, `server/log.c`, `server/mpm_unix.c`, `server/mpm/*`, `modules/proxy/proxy_util.c`, from 2.2 on;
/// the texts are the same in all MPMs, the codes are not.
const APACHE: &[Wording] = &[
    life(Kind::ServiceFailed, "no listening sockets available, shutting down"),
    life(Kind::ServiceFailed, "Unable to open logs"),
    life(Kind::ServiceFailed, "Unable to open logs, exiting"),
    life(Kind::ServiceFailed, "Configuration Failed"),
    life(Kind::ServiceFailed, "Configuration Failed, exiting"),
    life(Kind::ServiceFailed, "Child <pid> returned a Fatal error... Apache is exiting!"),
    life(Kind::ServiceStart, "Apache/<any> configured -- resuming normal operations"),
    life(Kind::ServiceStart, "Apache configured -- resuming normal operations"), // ServerTokens Prod of old versions
    life(Kind::ServiceStop, "caught SIGTERM, shutting down"),
    life(Kind::ServiceStop, "caught SIGWINCH, shutting down gracefully"),
    life(Kind::ServiceStop, "Parent: Received shutdown signal -- Shutting down the server."), // Windows, as the next
    life(Kind::Restart, "Parent: Received restart signal -- Restarting the server."),
    life(Kind::Reload, "Graceful restart requested, doing restart"),
    life(Kind::Reload, "SIGUSR1 received.  Doing graceful restart"),
    life(Kind::Restart, "SIGHUP received.  Attempting to restart"),
    life(Kind::Crash, "child pid <pid> exit signal <any> (<signal>)"),
    life(Kind::Crash, "child pid <pid> exit signal <any> (<signal>), possible coredump in <any>"),
    life(Kind::Crash, "seg fault or similar nasty error detected in the parent process"),
    life(Kind::ResourceLimit, "server reached MaxRequestWorkers setting, <any>"),
    life(Kind::ResourceLimit, "server reached MaxClients setting, <any>"),
    life(Kind::ResourceLimit, "scoreboard is full, not at MaxRequestWorkers<any>"),
    life(Kind::ResourceLimit, "scoreboard is full, not at MaxClients<any>"),
    life(Kind::ResourceLimit, "server is within MinSpareThreads of MaxRequestWorkers, <any>"),
    life(Kind::ResourceLimit, "server is within MinSpareThreads of MaxClients, <any>"),
    life(Kind::BackendDown, "ap_proxy_connect_backend disabling worker for (<socket>) for <number>s"),
    life(Kind::BackendDown, "ap_proxy_connect_backend disabling worker for (<address>) for <number>s"),
];

pub(super) fn apache(record: &Record<'_>) -> Option<Said> {
    // A line with a client is about a request; its text may be the application's.
    let is_own = record.client.is_none();
    is_own.then(|| words::said(APACHE, without_code(own_line(record)), || words::service(record))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Request;

    fn nginx_said(level: Level, message: &str) -> Option<Said> {
        let mut record = Record { level: Some(level), message: Some(message.into()), ..Record::new("nginx-error") };
        record.request = Some(Box::new(Request { upstream: Some("127.0.0.1:8080".into()), ..Request::default() }));
        nginx(&record)
    }

    #[test]
    fn nginx_lives_and_dies() {
        use Kind::*;
        for (level, message, kind) in [
            (Level::Notice, "nginx/1.22.1", ServiceStart),
            (Level::Notice, "openresty/1.21.4.1", ServiceStart),
            (Level::Notice, "nginx/1.27.0 (nginx-plus-r33)", ServiceStart),
            (Level::Notice, "signal 15 (SIGTERM) received from 28822, exiting", ServiceStop),
            (Level::Notice, "signal 15 (SIGTERM) received, exiting", ServiceStop),
            (Level::Notice, "signal 3 (SIGQUIT) received from 1, shutting down", ServiceStop),
            (Level::Notice, "signal 1 (SIGHUP) received from 1326, reconfiguring", Reload),
            (Level::Emerg, "still could not bind()", ServiceFailed),
            (Level::Alert, "8 worker_connections are not enough", ResourceLimit),
            (Level::Warn, "8 worker_connections are not enough, reusing connections", ResourceLimit),
            (Level::Crit, "accept4() failed (24: Too many open files)", ResourceLimit),
            (Level::Alert, "socket() failed (24: Too many open files) while connecting to upstream", ResourceLimit),
            (
                Level::Crit,
                "write() to \"/var/log/nginx/access.log\" failed (28: No space left on device)",
                ResourceLimit,
            ),
            (Level::Warn, "upstream server temporarily disabled while connecting to upstream", BackendDown),
            (Level::Error, "no live upstreams while connecting to upstream", BackendDown),
            (Level::Emerg, "still could not bind()\nwhat a module wrote to standard error", ServiceFailed),
        ] {
            assert_eq!(nginx_said(level, message).map(|said| said.kind), Some(kind), "{message}");
        }
    }

    #[test]
    fn nginx_near_misses() {
        for (level, message) in [
            (Level::Notice, "using the \"epoll\" event method"),
            (Level::Notice, "signal 17 (SIGCHLD) received from 54"),
            (Level::Notice, "signal 10 (SIGUSR1) received from 1, reopening logs"),
            (Level::Notice, "worker process 53 exited with code 0"),
            (Level::Notice, "reconfiguring"),
            (Level::Error, "nginx/1.22.1"),
            (Level::Error, "open() \"/srv/a failed (24: Too many open files)\" failed (2: No such file or directory)"),
            (
                Level::Error,
                "\"/srv/a failed (24: Too many open files) while x/index.html\" is not found (2: No such file or directory)",
            ),
            (
                Level::Error,
                "open() \"/srv/a failed (24: Too many open files)\nb\" failed (2: No such file or directory)",
            ),
            (Level::Error, "open() \"/srv/a\nstill could not bind()\" failed (2: No such file or directory)"),
            (Level::Error, "open() \"/srv/still could not bind()\" failed (2: No such file or directory)"),
        ] {
            assert_eq!(nginx_said(level, message), None, "{message}");
        }
    }

    #[test]
    fn a_crash_names_process_and_signal() {
        let said = nginx_said(Level::Alert, "worker process 771 exited on signal 11 (core dumped)");
        let want = Said { pid: Some(771), signal: Some(11), ..Said::of(Kind::Crash, Some("nginx".into())) };
        assert_eq!(said, Some(want));
    }

    #[test]
    fn a_disabled_upstream_names_its_address() {
        let said = nginx_said(Level::Warn, "upstream server temporarily disabled while connecting to upstream");
        let want = (Some("127.0.0.1".into()), Some(8080));
        assert_eq!(said.map(|said| (said.address, said.port)), Some(want));
    }

    fn apache_said(message: &str) -> Option<Said> {
        apache(&Record {
            message: Some(message.into()),
            program: Some("apache2".into()),
            ..Record::new("apache-error")
        })
    }

    #[test]
    fn apache_lives_and_dies() {
        use Kind::*;
        for (message, kind) in [
            ("AH00489: Apache/2.4.71 (Debian) OpenSSL/3.0.19 configured -- resuming normal operations", ServiceStart),
            ("Apache/2.2.15 (Unix) DAV/2 configured -- resuming normal operations", ServiceStart),
            ("AH00492: caught SIGWINCH, shutting down gracefully", ServiceStop),
            ("AH00493: SIGUSR1 received.  Doing graceful restart", Reload),
            ("AH00171: Graceful restart requested, doing restart", Reload),
            ("AH00494: SIGHUP received.  Attempting to restart", Restart),
            ("AH00052: child pid 25243 exit signal Segmentation fault (11)", Crash),
            (
                "AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting",
                ResourceLimit,
            ),
            ("AH00288: scoreboard is full, not at MaxRequestWorkers", ResourceLimit),
            ("AH00959: ap_proxy_connect_backend disabling worker for (127.0.0.1:18299) for 60s", BackendDown),
            ("AH00019: Unable to open logs, exiting", ServiceFailed),
            ("no listening sockets available, shutting down", ServiceFailed),
            ("AH00015: Unable to open logs\nAction 'start' failed.", ServiceFailed),
            ("AH00422: Parent: Received shutdown signal -- Shutting down the server.", ServiceStop),
            ("AH00424: Parent: Received restart signal -- Restarting the server.", Restart),
        ] {
            assert_eq!(apache_said(message).map(|said| said.kind), Some(kind), "{message}");
        }
        for message in [
            "AH00094: Command line: '/usr/sbin/apache2'",
            "AH00957: http: attempt to connect to 127.0.0.1:18299 (127.0.0.1:18299) failed",
            "AH01215: caught SIGTERM, shutting down: /srv/cgi/x",
        ] {
            assert_eq!(apache_said(message), None, "{message}");
        }
    }
}
