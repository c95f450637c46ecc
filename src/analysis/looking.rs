//! Which of an operator's commands change something, and which only look.

/// Programs that only look.
const LOOK: &[&str] = &[
    "ss",
    "netstat",
    "lsof",
    "tail",
    "head",
    "cat",
    "less",
    "more",
    "grep",
    "zgrep",
    "zcat",
    "egrep",
    "ls",
    "ps",
    "top",
    "htop",
    "df",
    "du",
    "free",
    "id",
    "whoami",
    "w",
    "who",
    "last",
    "uptime",
    "dmesg",
    "journalctl",
    "curl",
    "wget",
    "ping",
    "dig",
    "host",
    "nslookup",
    "ip",
    "tcpdump",
    "strace",
    "stat",
    "find",
    "test",
    "which",
    "true",
    "vmstat",
    "iostat",
    "fuser",
    "pgrep",
    "wc",
    "debsums",
    "diff",
    "md5sum",
    "sha256sum",
    "file",
    "hostname",
    "date",
    "env",
    "echo",
    "awk",
    "nmap",
    "mtr",
    "traceroute",
    "lscpu",
    "lsblk",
    "getent",
];
/// Words by which other programs only look, or change nothing that runs.
const LOOKING_WORDS: &[(&str, &[&str])] = &[
    (
        "systemctl",
        &[
            "status",
            "is-active",
            "is-enabled",
            "is-failed",
            "show",
            "cat",
            "list-units",
            "list-unit-files",
            "list-timers",
            "list-sockets",
            "reset-failed",
            "daemon-reload",
            "help",
        ],
    ),
    ("service", &["status", "--status-all"]),
    (
        "docker",
        &["ps", "logs", "inspect", "images", "stats", "events", "top", "port", "info", "version", "diff", "history"],
    ),
    (
        "podman",
        &["ps", "logs", "inspect", "images", "stats", "events", "top", "port", "info", "version", "diff", "history"],
    ),
    ("kubectl", &["get", "describe", "logs", "top", "explain", "version"]),
    ("apt", &["list", "show", "search", "update", "policy"]),
    ("apt-get", &["update", "check", "changelog"]),
    ("apt-cache", &["show", "search", "policy"]),
    ("dpkg", &["-l", "-L", "-s", "-S", "--list", "--status"]),
    ("dnf", &["list", "info", "search", "check-update", "history"]),
    ("yum", &["list", "info", "search", "check-update", "history"]),
    ("nginx", &["-t", "-T", "-v", "-V"]),
    ("apachectl", &["configtest", "-t", "-S", "-M", "-v", "-V", "status", "fullstatus"]),
    ("apache2ctl", &["configtest", "-t", "-S", "-M", "-v", "-V", "status", "fullstatus"]),
    ("httpd", &["-t", "-S", "-M", "-v", "-V"]),
    ("haproxy", &["-c", "-v", "-vv"]),
    ("iptables", &["-L", "-S", "-nL", "-nvL", "--list"]),
    ("nft", &["list"]),
    ("ufw", &["status"]),
    ("git", &["status", "log", "diff", "show"]),
    ("crontab", &["-l"]),
];

/// Whether a command changes nothing that runs; also where there is none.
pub fn only_looks(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let Some(program) = words.next().and_then(|word| word.rsplit('/').next()) else { return true };
    let looking = LOOKING_WORDS.iter().find(|(known, _)| *known == program);
    LOOK.contains(&program) || looking.is_some_and(|(_, looking)| words.any(|word| looking.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_change_something() {
        for (command, wanted) in [
            ("/usr/bin/systemctl restart nginx", true),
            ("/usr/bin/systemctl status nginx --no-pager", false),
            ("/usr/bin/tail -n 50 /var/log/nginx/error.log", false),
            ("/usr/bin/sed -i s/a/b/ /etc/nginx/nginx.conf", true),
            ("/usr/sbin/nginx -t", false),
            ("/usr/sbin/nginx -s reload", true),
            ("/usr/bin/docker ps -a", false),
            ("/usr/bin/docker compose up -d", true),
            ("/opt/deploy.sh 1.4", true),
            ("", false),
        ] {
            assert_eq!(!only_looks(command), wanted, "{command}");
        }
    }
}
