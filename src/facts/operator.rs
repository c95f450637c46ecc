//! What people did: commands that sudo ran, packages that were changed (`formats/syslog.md`, sections 4 and 5).

use super::event::{Kind, Said};
use super::words::unit_name;
use crate::format::Record;

/// What somebody did, if the record tells it.
pub fn action(record: &Record<'_>) -> Option<Said> {
    match record.format {
        "sudo" => sudo(record),
        "dpkg" => dpkg(record),
        "apt-history" => Some(Said::of(Kind::PackageChange, None)),
        "dnf" => dnf(record.message()),
        _ if matches!(record.program.as_deref(), Some("yum" | "dnf")) => dnf(record.message()),
        _ => None,
    }
}

/// A command that sudo ran. With a reason it refused to.
fn sudo(record: &Record<'_>) -> Option<Said> {
    let command = record.text_field("COMMAND").filter(|_| record.text_field("reason").is_none())?;
    Some(Said::of(Kind::OperatorAction, concerns(command)))
}

/// Programs that act on a service by their own name.
const ACT_ON_THEMSELVES: &[(&str, &str)] = &[
    ("nginx", "nginx"),
    ("apachectl", "apache2"),
    ("apache2ctl", "apache2"),
    ("httpd", "httpd"),
    ("haproxy", "haproxy"),
];

/// The service that a command is about, where that is clear: `systemctl restart nginx`, `service nginx restart`,
/// `nginx -s quit`, `docker stop -t 2 web`.
fn concerns(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    if let Some((_, service)) = ACT_ON_THEMSELVES.iter().find(|(name, _)| *name == program) {
        return Some((*service).to_owned());
    }
    let words: Vec<&str> = words.collect();
    let plain = || words.iter().copied().filter(|word| !word.starts_with('-'));
    match program {
        "systemctl" => of_units(plain()),
        "service" | "invoke-rc.d" | "rc-service" => plain().next().map(str::to_owned),
        "docker" | "podman" => of_container(&words),
        _ => None,
    }
}

/// `restart nginx`, `enable --now apache2.service`: one unit, named in full.
fn of_units<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<String> {
    const VERBS: &[&str] = &[
        "start",
        "stop",
        "restart",
        "reload",
        "try-restart",
        "reload-or-restart",
        "try-reload-or-restart",
        "kill",
        "enable",
        "disable",
        "mask",
        "unmask",
        "reset-failed",
        "status",
        "is-active",
    ];
    words.next().filter(|verb| VERBS.contains(verb))?;
    let unit = words.next()?;
    let is_one = words.next().is_none() && !unit.contains(['*', '?', '[']);
    is_one.then(|| unit_name(unit).unwrap_or(unit).to_owned())
}

/// `stop -t 2 web`, `run -d --name web … image`: the container by its name.
fn of_container(words: &[&str]) -> Option<String> {
    let words = words.strip_prefix(&["container"]).unwrap_or(words);
    let (verb, rest) = words.split_first()?;
    match *verb {
        "run" | "create" => rest.iter().enumerate().find_map(|(index, word)| match word.strip_prefix("--name") {
            Some("") => rest.get(index + 1).map(|name| (*name).to_owned()),
            Some(name) => name.strip_prefix('=').map(str::to_owned),
            None => None,
        }),
        "start" | "stop" | "restart" | "kill" | "rm" | "pause" | "unpause" => {
            let last = rest.last().filter(|word| !word.starts_with('-'))?;
            Some((*last).to_owned())
        }
        _ => None,
    }
}

/// The actions of dpkg that change what is installed; `configure` and states follow them.
fn dpkg(record: &Record<'_>) -> Option<Said> {
    let mut words = record.message().split(' ');
    let changes = matches!(words.next(), Some("install" | "upgrade" | "remove" | "purge"));
    let package = words.next().filter(|_| changes)?;
    Some(Said::of(Kind::PackageChange, package.split(':').next().map(str::to_owned)))
}

/// `Installed: nginx-1:1.20.1-14.el9.x86_64` of dnf and yum, perhaps behind the level of dnf's own log.
fn dnf(message: &str) -> Option<Said> {
    const VERBS: &[&str] = &[
        "Installed",
        "Upgrade",
        "Upgraded",
        "Updated",
        "Erase",
        "Erased",
        "Removed",
        "Reinstall",
        "Reinstalled",
        "Downgrade",
        "Downgraded",
        "Obsoleted",
    ];
    let (before, _) = message.split_once(": ")?;
    let verb = before.rsplit(' ').next()?;
    VERBS.contains(&verb).then(|| Said::of(Kind::PackageChange, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, dpkg as format, sudo as sudo_format};

    #[test]
    fn commands_that_sudo_ran() {
        for (line, service) in [
            ("deploy : PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl restart app@shop", Some("app@shop")),
            ("deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl enable --now apache2.service", Some("apache2")),
            (
                "deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl status app@catalog --no-pager",
                Some("app@catalog"),
            ),
            ("deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl reset-failed app@*", None),
            ("deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl daemon-reload", None),
            ("anna : PWD=/ ; USER=root ; COMMAND=/usr/sbin/service nginx restart", Some("nginx")),
            ("anna : PWD=/ ; USER=root ; COMMAND=/usr/sbin/nginx -s quit", Some("nginx")),
            ("anna : PWD=/ ; USER=root ; COMMAND=/usr/bin/docker stop -t 2 web-preview", Some("web-preview")),
            (
                "anna : PWD=/ ; USER=root ; COMMAND=/usr/bin/docker run -d --name web-preview -p 80:3000 shop/preview:1.3",
                Some("web-preview"),
            ),
            ("anna : PWD=/ ; USER=root ; COMMAND=/usr/bin/docker ps", None),
            ("anna : TTY=pts/0 ; PWD=/srv/a ; b ; USER=root ; COMMAND=/usr/bin/tail -2 /var/log/nginx/error.log", None),
        ] {
            let said = sudo_format::message(line).and_then(|record| action(&record));
            assert_eq!(said, Some(Said::of(Kind::OperatorAction, service.map(str::to_owned))), "{line}");
        }
    }

    #[test]
    fn what_sudo_refused_is_none() {
        for line in [
            "mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/mallory ; USER=root ; COMMAND=/usr/bin/systemctl stop nginx",
            "tsg : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/root ; USER=root ; COMMAND=/bin/ls",
            "pam_unix(sudo:session): session opened for user root(uid=0) by anna(uid=1000)",
            "vagrant : (command continued) '/etc/metricbeat/metricbeat.yml)",
        ] {
            assert_eq!(sudo_format::message(line).and_then(|record| action(&record)), None, "{line}");
        }
    }

    #[test]
    fn packages() {
        for (line, package) in [
            ("2026-11-24 02:21:45 install nginx:amd64 <none> 1.22.1-9", Some("nginx")),
            ("2026-09-22 04:48:38 remove libpcre2-dev:amd64 10.42-1 <none>", Some("libpcre2-dev")),
            ("2026-11-24 02:21:45 startup archives unpack", None),
            ("2026-11-24 02:21:45 status half-installed nginx:amd64 1.22.1-9", None),
            ("2026-11-24 02:21:46 configure nginx:amd64 1.22.1-9 <none>", None),
        ] {
            let said = format::Log.parse(line.as_bytes()).and_then(|record| action(&record));
            assert_eq!(said.and_then(|said| said.service).as_deref(), package, "{line}");
        }
        assert!(dnf("Installed: nginx-1:1.20.1-14.el9.x86_64").is_some());
        assert!(dnf("SUBDEBUG Upgrade: openssl-libs-1:1.1.1g-16.el8_4").is_some());
        assert!(dnf("--- logging initialized ---").is_none());
    }
}
