//! systemd about its units, in the words of v215 to v256 (`formats/syslog.md`, section 2).
//!
//! The unit is in `fields.UNIT`; only text of versions and settings that print descriptions alone has none. There a
//! few well-known descriptions tell the service.

use crate::facts::event::{Kind, Said};
use crate::facts::words::socket::signal_of_name;
use crate::facts::words::unit_name;
use crate::format::Record;

pub(super) fn event(record: &Record<'_>) -> Option<Said> {
    let message = record.message();
    let unit = record.text_field("UNIT").or_else(|| record.text_field("USER_UNIT"));
    // A user's manager reaches `shutdown.target` at each logout: only process 1 speaks of the host.
    let of_host = host(message).filter(|_| record.pid.is_none_or(|pid| pid == 1));
    of_host.or_else(|| match unit {
        Some(unit) => of_unit(unit, message),
        None => described(message),
    })
}

/// `Started nginx.service - A high performance web server….`, `nginx.service: Scheduled restart job, …`
fn of_unit(unit: &str, message: &str) -> Option<Said> {
    let is_service = unit.ends_with(".service");
    let service = Some(unit_name(unit).or_else(|| unit.strip_suffix(".service"))?.to_owned());
    if let Some((_, kind)) = job(message).filter(|(words, _)| is_service || OF_SOCKETS.contains(words)) {
        return Some(Said::of(kind, service));
    }
    if !is_service {
        return None;
    }
    let rest = match message.strip_prefix(unit) {
        Some(rest) => rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' ')).unwrap_or(rest),
        None => message,
    };
    if let Some(signal) = died(rest) {
        return Some(Said { signal: Some(signal), ..Said::of(Kind::Crash, service) });
    }
    let kind = match rest {
        "Unit entered failed state." => Kind::ServiceFailed,
        "Service hold-off time over, scheduling restart." => Kind::Restart,
        "holdoff time over, scheduling restart." | "has no holdoff time, scheduling restart." => Kind::Restart,
        "A process of this unit has been killed by the OOM killer." => Kind::OomKill,
        _ if rest.starts_with("Scheduled restart job, restart counter is at ") => Kind::Restart,
        _ if rest.starts_with("Service RestartSec=") && rest.ends_with(" expired, scheduling restart.") => {
            Kind::Restart
        }
        _ if rest.starts_with("systemd-oomd killed ") => Kind::OomKill,
        _ if rest == format!("Unit {unit} entered failed state.") => Kind::ServiceFailed,
        _ => return None,
    };
    Some(Said::of(kind, service))
}

/// What became of a job. Not `Starting …`, `Stopping …`, and not `Finished …` of a unit that only runs once.
const JOBS: &[(&str, Kind)] = &[
    ("Started ", Kind::ServiceStart),
    ("Listening on ", Kind::ServiceStart),
    ("Stopped ", Kind::ServiceStop),
    ("Failed to start ", Kind::ServiceFailed),
    ("Failed to listen on ", Kind::ServiceFailed),
    ("Timed out starting ", Kind::ServiceFailed),
    ("Reloaded ", Kind::Reload),
];

/// A socket unit listens in place of its service.
const OF_SOCKETS: &[&str] = &["Listening on ", "Failed to listen on "];

/// The job that the message tells, by its first words.
fn job(message: &str) -> Option<(&'static str, Kind)> {
    let is_target = message.starts_with("Stopped target ");
    JOBS.iter().find(|(words, _)| message.starts_with(words) && !is_target).copied()
}

/// The signal of which the main process died unasked: `Main process exited, code=dumped, status=11/SEGV`. A status
/// alone says only that it ended, TERM and KILL that somebody ended it.
fn died(rest: &str) -> Option<i64> {
    let rest = rest.strip_prefix("Main process exited, ").or_else(|| rest.strip_prefix("main process exited, "))?;
    let (code, status) = rest.strip_prefix("code=")?.split_once(", status=")?;
    let (number, name) = status.split_once('/')?;
    let of_itself = matches!(name, "SEGV" | "ABRT" | "BUS" | "ILL" | "FPE" | "SYS" | "TRAP");
    let is_crash = code == "dumped" || code == "killed" && of_itself;
    is_crash.then(|| signal_of_name(name).or_else(|| number.parse().ok())).flatten()
}

/// Descriptions that say which unit is meant, of the packages of Debian, Ubuntu, Red Hat and the projects themselves.
/// `The Apache HTTP Server` is apache2 in one half of the world and httpd in the other.
const DESCRIPTIONS: &[(&str, Option<&str>)] = &[
    ("A high performance web server and a reverse proxy server", Some("nginx")),
    ("The nginx HTTP and reverse proxy server", Some("nginx")),
    ("nginx - high performance web server", Some("nginx")),
    ("The Apache HTTP Server", None),
    ("HAProxy Load Balancer", Some("haproxy")),
    ("Docker Application Container Engine", Some("docker")),
    ("containerd container runtime", Some("containerd")),
    ("OpenBSD Secure Shell server", Some("ssh")),
    ("OpenSSH server daemon", Some("sshd")),
    ("MySQL Community Server", Some("mysql")),
    ("MySQL Server", Some("mysqld")),
    ("PostgreSQL RDBMS", Some("postgresql")),
    ("PostgreSQL database server", Some("postgresql")),
    ("Advanced key-value store", Some("redis-server")),
    ("Redis persistent key-value database", Some("redis")),
    ("memcached daemon", Some("memcached")),
    ("Caddy", Some("caddy")),
    ("Caddy web server", Some("caddy")),
    ("Lighttpd Daemon", Some("lighttpd")),
    ("Squid Web Proxy Server", Some("squid")),
    ("Squid caching proxy", Some("squid")),
    ("The PHP FastCGI Process Manager", Some("php-fpm")),
];

/// A job of a unit that is named by its description alone.
fn described(message: &str) -> Option<Said> {
    let (_, kind) = job(message)?;
    let description = message.strip_suffix('.')?;
    let known = DESCRIPTIONS.iter().find(|(known, _)| {
        description.strip_suffix(known).is_some_and(|before| before.ends_with(' ') && !before.contains('-'))
    });
    match known {
        Some((_, service)) => Some(Said::of(kind, service.map(str::to_owned))),
        // Whatever could not be started is worth knowing; sessions, timers and finished jobs are started all day.
        None if kind == Kind::ServiceFailed && !description.contains(" Session ") => Some(Said::of(kind, None)),
        None => None,
    }
}

/// The machine as a whole.
fn host(message: &str) -> Option<Said> {
    let kind = match message {
        _ if message.starts_with("Startup finished in ") && message.contains("(kernel)") => Kind::HostBoot,
        _ if message.starts_with("systemd ") && message.contains(" running in system mode") => Kind::HostBoot,
        _ => {
            let target = message.strip_prefix("Reached target ")?;
            let is_end = ["poweroff.target", "reboot.target", "halt.target", "kexec.target", "shutdown.target"]
                .iter()
                .any(|unit| target.starts_with(unit))
                || [
                    "Power-Off.",
                    "System Power Off.",
                    "Power Off.",
                    "Reboot.",
                    "System Reboot.",
                    "Shutdown.",
                    "System Shutdown.",
                    "Halt.",
                ]
                .contains(&target);
            if !is_end {
                return None;
            }
            Kind::HostShutdown
        }
    };
    Some(Said::of(kind, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Value, systemd};

    fn said(message: &str) -> Option<(Kind, Option<String>)> {
        let mut record = Record { message: Some(message.into()), ..Record::new("systemd") };
        if let Some(unit) = systemd::unit(message) {
            record.fields.push(("UNIT".into(), Value::Text(unit.into())));
        }
        event(&record).map(|said| (said.kind, said.service))
    }

    #[test]
    fn jobs_and_ends_of_every_version() {
        use Kind::*;
        for (message, kind, service) in [
            (
                "Started nginx.service - A high performance web server and a reverse proxy server.",
                ServiceStart,
                "nginx",
            ),
            ("Started nginx.service.", ServiceStart, "nginx"),
            ("Started A high performance web server and a reverse proxy server.", ServiceStart, "nginx"),
            ("Started run-u12.service - /bin/sh -c echo Failed to start nginx.service.", ServiceStart, "run-u12"),
            ("Started user@1001.service - User Manager for UID 1001.", ServiceStart, "user@1001"),
            ("Listening on docker.socket - Docker Socket for the API.", ServiceStart, "docker"),
            (
                "Stopped user-runtime-dir@1001.service - User Runtime Directory /run/user/1001.",
                ServiceStop,
                "user-runtime-dir@1001",
            ),
            ("Failed to start apache2.service - The Apache HTTP Server.", ServiceFailed, "apache2"),
            ("Unit httpd.service entered failed state.", ServiceFailed, "httpd"),
            ("nginx.service: Unit entered failed state.", ServiceFailed, "nginx"),
            ("Reloaded nginx.service - A high performance web server and a reverse proxy server.", Reload, "nginx"),
            ("app@pricing.service: Scheduled restart job, restart counter is at 1.", Restart, "app@pricing"),
            ("httpd.service holdoff time over, scheduling restart.", Restart, "httpd"),
            ("nginx.service: Service RestartSec=100ms expired, scheduling restart.", Restart, "nginx"),
            ("mysql.service: Service hold-off time over, scheduling restart.", Restart, "mysql"),
            ("php8.2-fpm.service: A process of this unit has been killed by the OOM killer.", OomKill, "php8.2-fpm"),
            ("apache2.service: Main process exited, code=dumped, status=11/SEGV", Crash, "apache2"),
            ("apache2.service: Main process exited, code=killed, status=6/ABRT", Crash, "apache2"),
        ] {
            assert_eq!(said(message), Some((kind, Some(service.into()))), "{message}");
        }
        assert_eq!(said("Failed to start The Apache HTTP Server."), Some((ServiceFailed, None)));
        assert_eq!(said("Reached target poweroff.target - System Power Off."), Some((HostShutdown, None)));
    }

    #[test]
    fn near_misses() {
        for message in [
            "Starting nginx.service - A high performance web server and a reverse proxy server...",
            "Stopping apache2.service - The Apache HTTP Server...",
            "Finished systemd-sysusers.service - Create System Users.",
            "Started session-152.scope - Session 152 of User deploy.",
            "Started Session 152 of user deploy.",
            "Started logrotate.timer - Daily rotation of log files.",
            "Started Daily apt upgrade and clean activities.",
            "Stopped target default.target - Main User Target.",
            "Stopped target Multi-User System.",
            "Reached target sysinit.target - System Initialization.",
            "Mounted sys-fs-fuse-connections.mount - FUSE Control File System.",
            "apache2.service: Deactivated successfully.",
            "apache2.service: Main process exited, code=exited, status=1/FAILURE",
            "apache2.service: Main process exited, code=killed, status=15/TERM",
            "apache2.service: Failed with result 'exit-code'.",
            "app@pricing.service: Start request repeated too quickly.",
            "docker.service: Consumed 1min 2.345s CPU time.",
            "Reloading.",
            "Reexecuting.",
            "Reloading requested from client PID 77 ('systemctl') (unit session-3.scope)...",
        ] {
            assert_eq!(said(message), None, "{message}");
        }
    }
}
