//! What waits to happen: each kind from the lines that prove it, and beside it the case that must not be told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use pmtrace::Question;
use pmtrace::input::{Found, Source};
use serde_json::Value as Json;

/// The kinds that are told of these logs, with service and port.
fn told(logs: &[(&str, String)]) -> Vec<(String, String, Option<u64>)> {
    let sources = logs.iter().map(|(name, text)| Source::read(name, text.clone().into_bytes())).collect();
    let report = pmtrace::answer(&Question::default(), Found { sources, ..Found::default() });
    kinds(&serde_json::to_value(report).unwrap())
}

fn kinds(report: &Json) -> Vec<(String, String, Option<u64>)> {
    let all = report["latent"].as_array().unwrap();
    for latent in all {
        let lines = latent["evidence"].as_array().unwrap();
        assert!(!lines.is_empty() && lines.iter().all(|line| line["text"] != ""), "{latent}");
        assert!(latent["command"].as_str().unwrap().len() > 5 && latent["text"].as_str().unwrap().ends_with('.'));
    }
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    all.iter().map(|latent| (text(&latent["kind"]), text(&latent["service"]), latent["port"].as_u64())).collect()
}

fn want(kind: &str, service: &str, port: impl Into<Option<u64>>) -> Vec<(String, String, Option<u64>)> {
    vec![(kind.into(), service.into(), port.into())]
}

/// Seconds since 1970 of 2026-11-20 00:00.
const DAY: usize = 1_795_132_800;

fn clock(s: usize) -> String {
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

fn stamped(s: usize, text: &str) -> String {
    format!("2026-11-20T{}.000000+00:00 web01 {text}\n", clock(s))
}

fn systemd(s: usize, text: &str) -> String {
    stamped(s, &format!("systemd[1]: {text}"))
}

fn ran(s: usize, command: &str) -> String {
    stamped(s, &format!("sudo:   deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND={command}"))
}

fn event(s: usize, action: &str) -> String {
    format!(
        "{{\"status\":\"{action}\",\"id\":\"89988dd0e5a3\",\"Type\":\"container\",\"Action\":\"{action}\",\"Actor\":{{\"ID\":\"89988dd0e5a3\",\"Attributes\":{{\"image\":\"shop/web:1.4\",\"name\":\"web\"}}}},\"time\":{}}}\n",
        DAY + s
    )
}

/// A failed start of nginx.
fn fails(s: usize) -> String {
    systemd(s, "Starting nginx.service - A high performance web server...")
        + &stamped(s, "nginx[812]: nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)")
        + &systemd(s + 1, "nginx.service: Control process exited, code=exited, status=1/FAILURE")
        + &systemd(s + 1, "nginx.service: Failed with result 'exit-code'.")
        + &systemd(s + 1, "Failed to start nginx.service - A high performance web server.")
}

const T: usize = 36_000;

/// nginx is stopped, and cannot start again up to `T + 600`.
fn outage() -> String {
    systemd(T - 3, "Stopped nginx.service - A high performance web server.") + &fails(T + 5) + &fails(T + 600)
}

fn starts(s: usize) -> String {
    systemd(s, "Started nginx.service - A high performance web server.")
}

/// A container holds the port of nginx. `commands` are run, one after the other, from `T + 700` on.
fn of_container(policy: &str, ends: bool, commands: &[&str]) -> Vec<(&'static str, String)> {
    let mut auth = ran(T - 100, &format!("/usr/bin/docker run -d --name web {policy} -p 80:3000 shop/web:1.4"));
    for (index, command) in commands.iter().enumerate() {
        auth += &ran(T + 700 + index * 10, command);
    }
    let mut syslog = outage();
    let mut events = event(T - 1, "start");
    if ends {
        events += &event(T + 620, "die");
        syslog += &starts(T + 630);
    }
    vec![("web01/auth.log", auth), ("web01/syslog", syslog), ("web01/docker-events.json", events)]
}

#[test]
fn a_container_that_docker_brings_back() {
    let returns = want("holder-returns", "nginx", 80);
    let shared = want("shared-port", "nginx", 80);
    for (why, policy, commands, want) in [
        ("always", "--restart always", &[][..], &returns),
        ("always, in one word", "--restart=always", &[], &returns),
        ("no policy", "", &[], &shared),
        ("stopped by hand, and left alone then", "--restart unless-stopped", &[], &shared),
        ("always, and changed since", "--restart always", &["/usr/bin/docker update --restart=no web"], &shared),
        ("set later", "", &["/usr/bin/docker update --restart=always web"], &returns),
        ("removed", "--restart always", &["/usr/bin/docker rm web"], &Vec::new()),
        ("another is removed", "--restart always", &["/usr/bin/docker rm web2"], &returns),
        (
            "nginx was given another port",
            "--restart always",
            &["/usr/bin/sed -i s/80/8080/ /etc/nginx/sites-enabled/default"],
            &Vec::new(),
        ),
        ("who only looks changes nothing", "--restart always", &["/usr/bin/cat /etc/nginx/nginx.conf"], &returns),
    ] {
        assert_eq!(&told(&of_container(policy, true, commands)), want, "{why}");
    }
    // A file may say it, too, or say otherwise.
    for (policy, want) in [("always", &returns), ("on-failure:3", &shared)] {
        let mut logs = of_container("", true, &[]);
        logs.remove(0);
        let compose = format!(
            "services:\n  web:\n    image: shop/web:1.4\n    container_name: web\n    restart: {policy}\n    ports:\n      - \"80:3000\"\n"
        );
        logs.push(("web01/compose.yaml", compose));
        assert_eq!(&told(&logs), want, "{policy}");
    }
}

#[test]
fn a_unit_that_cannot_start_while_the_port_is_held() {
    assert_eq!(told(&of_container("", false, &[])), want("unit-would-fail", "nginx", 80));
    // The container is gone, so nobody knows what the next start would meet.
    let mut logs = of_container("", false, &[]);
    logs[2].1 += &event(T + 650, "die");
    assert_eq!(told(&logs), []);
}

/// Apache holds the port of nginx, is stopped, and nginx starts.
fn of_apache(before: &str, after: &str) -> Vec<(&'static str, String)> {
    let syslog = systemd(T - 2, "Started apache2.service - The Apache HTTP Server.")
        + &outage()
        + &systemd(T + 640, "Stopped apache2.service - The Apache HTTP Server.")
        + &starts(T + 650);
    let auth = [(T - 50, before), (T + 630, after)]
        .into_iter()
        .filter(|(_, command)| !command.is_empty())
        .fold(String::new(), |all, (s, command)| all + &ran(s, command));
    vec![("web01/auth.log", auth + &ran(T + 900, "/usr/bin/uptime")), ("web01/syslog", syslog)]
}

#[test]
fn a_service_that_had_the_port() {
    for (why, before, after, want) in [
        ("both are there", "", "", want("shared-port", "nginx", 80)),
        ("it is enabled", "/usr/bin/systemctl enable apache2", "", want("holder-returns", "nginx", 80)),
        ("and disabled again", "/usr/bin/systemctl enable apache2", "/usr/bin/systemctl disable --now apache2", vec![]),
        ("it is removed", "", "/usr/bin/apt-get remove -y apache2", vec![]),
        ("it has another port now", "", "/usr/bin/sed -i 's/Listen 80$/Listen 8080/' /etc/apache2/ports.conf", vec![]),
        ("who knows what this changed", "", "/usr/bin/ansible-pull -U https://git.example.org/ops.git", vec![]),
    ] {
        assert_eq!(told(&of_apache(before, after)), want, "{why}");
    }
}

/// Two programs that say where they listen, the first from 10:00 to 11:00.
fn two(first: &str, next: &str) -> Vec<(&'static str, String)> {
    let syslog = systemd(T, "Started shop.service - Shop.")
        + &stamped(T + 1, &format!("shop[100]: listening on {first}"))
        + &systemd(T + 3600, "Stopped shop.service - Shop.")
        + &systemd(T + 3700, "Started blog.service - Blog.")
        + &stamped(T + 3701, &format!("blog[200]: listening on {next}"))
        + &stamped(T + 7200, "cron[5]: (root) CMD (true)");
    vec![("web01/syslog", syslog)]
}

#[test]
fn quiet_logs_tell_of_a_shared_port() {
    for (first, next, want) in [
        ("0.0.0.0:8080", "0.0.0.0:8080", want("shared-port", "blog", 8080)),
        ("0.0.0.0:8080", "127.0.0.1:8080", want("shared-port", "blog", 8080)),
        ("127.0.0.1:8080", "192.0.2.1:8080", vec![]),
        ("0.0.0.0:8080", "0.0.0.0:8081", vec![]),
    ] {
        assert_eq!(told(&two(first, next)), want, "{first} {next}");
    }
    // One service under the names of its unit and of its program.
    let mut logs = two("0.0.0.0:8080", "0.0.0.0:8080");
    logs[0].1 = logs[0].1.replace("blog[200]", "blog[100]");
    assert_eq!(told(&logs), []);
}

/// Requests of nginx, all well.
fn access() -> String {
    (0..1800).fold(String::new(), |all, index| {
        let line = format!(
            "10.0.0.{} - - [20/Nov/2026:{} +0000] \"GET /item/{} HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n",
            index % 9 + 1,
            clock(T + index * 2),
            index % 5
        );
        all + &line
    })
}

#[test]
fn a_configuration_that_was_refused() {
    let at = |s: usize, text: &str| format!("2026/11/20 {} {text}\n", clock(s));
    let refused = at(T + 600, "[emerg] 812#812: unknown directive \"proxy_buffer_sise\" in /etc/nginx/nginx.conf:12");
    let logs = |error: String, auth: String| {
        let quiet = stamped(T + 1, "cron[5]: (root) CMD (true)");
        vec![("web01/nginx/access.log", access()), ("web01/nginx/error.log", error), ("web01/auth.log", quiet + &auth)]
    };
    assert_eq!(told(&logs(refused.clone(), String::new())), want("unit-would-fail", "nginx", None));
    let mended = ran(T + 700, "/usr/sbin/nginx -t");
    assert_eq!(told(&logs(refused.clone(), mended)), []);
    let client = at(
        T + 600,
        "[error] 812#812: *7 open() \"/srv/[emerg] unknown directive in /etc/nginx/nginx.conf:12\" failed (2: No such file or directory), client: 10.0.0.1, server: shop",
    );
    assert_eq!(told(&logs(client, String::new())), []);
}

#[test]
fn a_server_that_runs_as_another_user() {
    let ignored = "2026/11/20 10:00:01 [warn] 812#812: the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:1\n";
    let log = |text: &str| ("web01/nginx/error.log", text.to_owned());
    let notice = "2026/11/20 10:00:01 [notice] 812#812: using the \"epoll\" event method\n";
    assert_eq!(told(&[("web01/nginx/access.log", access()), log(ignored)]), want("wrong-user", "nginx", None));
    assert_eq!(told(&[("web01/nginx/access.log", access()), log(notice)]), []);
    // It was started since, and did not say it again.
    let started = ("web01/syslog", systemd(T + 900, "Started nginx.service - A high performance web server."));
    assert_eq!(told(&[log(ignored), started]), []);
    // A configuration against a list of open sockets.
    let config = ("nginx.conf", "user portal;\nworker_processes 1;\nevents { worker_connections 64; }\n".to_owned());
    let lsof = |user: &str| {
        let head = "COMMAND   PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\n";
        let row = |pid, user| format!("nginx   {pid} {user:>8}    6u  IPv4  22301      0t0  TCP *:80 (LISTEN)\n");
        ("lsof.txt", head.to_owned() + &row(812, "root") + &row(813, user))
    };
    assert_eq!(told(&[config.clone(), lsof("www-data")]), want("wrong-user", "nginx", None));
    assert_eq!(told(&[config, lsof("portal")]), []);
}

#[test]
fn quiet_days_have_none_and_the_stories_only_what_their_lines_prove() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let of = |below: &str| {
        let report = pmtrace::investigate(&Question { paths: vec![root.join(below)], ..Question::default() });
        kinds(&serde_json::to_value(report).unwrap())
    };
    for (story, want) in [
        ("incidents/quiet-day", vec![]),
        // The container was removed, nginx moved away, Apache's port was changed.
        ("incidents/apache-docker-port-80", vec![]),
        ("incidents/haproxy-nginx-port-80", vec![]),
        ("incidents/nginx-apache-port", vec![]),
        ("incidents/apache-vhost-500", vec![]),
        // Apache was killed, and nobody changed its port.
        ("incidents/nginx-apache-8080", want("shared-port", "nginx", 8080)),
        ("captures/nginx-apache-8080", want("shared-port", "nginx", 8080)),
        ("captures/deploy-reload-fails", vec![]),
        ("captures/holder-unknown", vec![]),
        ("captures/ongoing-outage", vec![]),
    ] {
        assert_eq!(of(story), want, "{story}");
    }
}
