mod further;
mod lives;
mod quoted;

use super::Kind::*;
use super::*;

/// What `program` (or a container, if it is empty) says.
fn said_by(program: &str, line: &str) -> Option<Said> {
    let program = (!program.is_empty()).then(|| program.into());
    let record = Record { program, message: Some(line.into()), ..Record::new("syslog-iso") };
    failure_of_program(&record).or_else(|| life_of_program(&record))
}

#[test]
fn bind_failures() {
    const USED: Option<&str> = Some("EADDRINUSE");
    const DENIED: Option<&str> = Some("EACCES");
    const MISSING: Option<&str> = Some("EADDRNOTAVAIL");
    for (program, line, address, port, errno) in [
        (
            "caddy",
            "Error: loading new config: http app module: start: listening on :8080: listen tcp :8080: bind: address already in use",
            None,
            Some(8080),
            USED,
        ),
        (
            "traefik",
            r#"time="2019-07-02T15:43:19Z" level=fatal msg="Error preparing server: error opening listener: listen tcp :80: bind: address already in use""#,
            None,
            Some(80),
            USED,
        ),
        (
            "envoy",
            "[2026-11-24 03:00:00.123][1][critical][main] [source/server/server.cc:117] error initializing configuration '/etc/envoy.yaml': cannot bind '0.0.0.0:80': Address already in use",
            Some("0.0.0.0"),
            Some(80),
            USED,
        ),
        (
            "lighttpd",
            "2026-11-24 02:56:33: (network.c.537) can't bind to socket: 192.0.2.10:80: Cannot assign requested address",
            Some("192.0.2.10"),
            Some(80),
            MISSING,
        ),
        ("", "Error: Could not get socket :80: Address already in use", None, Some(80), USED),
        (
            "squid",
            "2026/11/24 03:02:30| commBind Cannot bind socket FD 9 to [::]:3128: (98) Address already in use",
            Some("::"),
            Some(3128),
            USED,
        ),
        ("stunnel", "[.] Binding service [https] to :::443: Address already in use (98)", Some("::"), Some(443), USED),
        (
            "",
            "2026/11/24 02:56:49 socat[2175] E bind(5, {AF=2 0.0.0.0:8080}, 16): Address already in use",
            Some("0.0.0.0"),
            Some(8080),
            USED,
        ),
        (
            "",
            "Caused by: java.io.IOException: Failed to bind to 0.0.0.0/0.0.0.0:8080",
            Some("0.0.0.0"),
            Some(8080),
            None,
        ),
        ("java", "java.net.BindException: Address already in use (Bind failed) <null>:8080", None, Some(8080), USED),
        (
            "tomcat9",
            "SEVERE [main] org.apache.catalina.util.LifecycleBase.handleSubClassException Failed to initialize component [Connector[\"http-nio-8080\"]]",
            None,
            Some(8080),
            None,
        ),
        (
            "wildfly",
            r#"ERROR [org.jboss.as.controller] (Boot) WFLYCTL0013: Operation ("add") failed - failure description: {"WFLYCTL0080: Failed services" => {"org.wildfly.undertow.listener.https" => "Address already in use: bind /0.0.0.0:8443"}}"#,
            Some("0.0.0.0"),
            Some(8443),
            USED,
        ),
        ("", "Web server failed to start. Port 8080 was already in use.", None, Some(8080), USED),
        ("", "Error: listen EADDRINUSE: address already in use :::3000", Some("::"), Some(3000), USED),
        ("shop-web", "Server error: listen EACCES: permission denied 0.0.0.0:80", Some("0.0.0.0"), Some(80), DENIED),
        ("", "Error: listen EADDRINUSE: address already in use /run/app.sock", Some("/run/app.sock"), None, USED),
        ("", "Error: bind EADDRINUSE 0.0.0.0:53", Some("0.0.0.0"), Some(53), USED),
        ("", "EADDRINUSE: Failed to start server. Is port 3000 in use?", None, Some(3000), USED),
        ("", "error: Uncaught (in promise) AddrInUse: Address already in use (os error 98)", None, None, USED),
        ("python3", "OSError: [Errno 98] Address already in use", None, None, USED),
        (
            "uvicorn",
            "ERROR:    [Errno 98] error while attempting to bind on address ('::', 8000, 0, 0): address already in use",
            Some("::"),
            Some(8000),
            USED,
        ),
        (
            "gunicorn",
            "[2026-11-24 02:55:57 +0000] [566] [ERROR] Connection in use: ('0.0.0.0', 8000)",
            Some("0.0.0.0"),
            Some(8000),
            USED,
        ),
        (
            "python3",
            "[2026-11-24 02:55:57 +0000] [566] [ERROR] connection to ('0.0.0.0', 81) failed: [Errno 13] Permission denied",
            Some("0.0.0.0"),
            Some(81),
            DENIED,
        ),
        ("uwsgi", "bind(): Address already in use [core/socket.c line 769]", None, None, USED),
        (
            "flask",
            "Port 5000 is in use by another program. Either identify and stop that program, or start the server with a different port.",
            None,
            Some(5000),
            USED,
        ),
        (
            "puma",
            "/usr/lib/ruby/puma/binder.rb:341:in `initialize': Address already in use - bind(2) for \"127.0.0.1\" port 3000 (Errno::EADDRINUSE)",
            Some("127.0.0.1"),
            Some(3000),
            USED,
        ),
        (
            "unicorn",
            "E, [2026-11-24T03:00:07.133153 #11196] ERROR -- : adding listener failed addr=0.0.0.0:8080 (in use)",
            Some("0.0.0.0"),
            Some(8080),
            USED,
        ),
        (
            "php-fpm8.2",
            "[24-Nov-2026 02:56:31] ERROR: unable to bind listening socket for address '9000': Address already in use (98)",
            None,
            Some(9000),
            USED,
        ),
        (
            "shop-api",
            "2026/11/24 03:00:22 listen tcp 192.0.2.10:80: bind: cannot assign requested address",
            Some("192.0.2.10"),
            Some(80),
            MISSING,
        ),
        ("shop-api", "Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }", None, None, USED),
        (
            "",
            "System.IO.IOException: Failed to bind to address http://[::]:8096: address already in use.",
            Some("::"),
            Some(8096),
            USED,
        ),
        (
            "",
            "2025-05-26 16:28:42.027000+03:00 [error] <0.624.0> Failed to start Ranch listener {acceptor,{0,0,0,0},5671} in ranch_ssl:listen(#{}) for reason eaddrinuse (address already in use)",
            Some("0.0.0.0"),
            Some(5671),
            USED,
        ),
        ("perl", "Cannot listen on port 8080: IO::Socket::INET: Address already in use", None, Some(8080), USED),
        (
            "postgres",
            "2026-11-24 02:56:33.123 UTC [77] LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use",
            Some("127.0.0.1"),
            None,
            USED,
        ),
        (
            "mariadbd",
            "2026-11-24  3:00:19 0 [ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use",
            None,
            None,
            USED,
        ),
        (
            "redis-server",
            "1339:M 24 Nov 2026 02:56:34.131 # Warning: Could not create server TCP listening socket *:6379: bind: Address already in use",
            None,
            Some(6379),
            USED,
        ),
        (
            "mongod",
            "2025-03-14T10:43:42.700-0500 E STORAGE  [initandlisten] Failed to set up listener: SocketException: Address already in use",
            None,
            None,
            USED,
        ),
        (
            "mongod",
            r#"{"t":{"$date":"x"},"s":"E","ctx":"initandlisten","msg":"Failed to set up listener","attr":{"error":"SocketException: Address already in use"}}"#,
            None,
            None,
            USED,
        ),
        ("memcached", "failed to listen on TCP port 11211: Address already in use", None, Some(11211), USED),
        (
            "",
            "kafka.common.KafkaException: Socket server failed to bind to 0.0.0.0:9092: Address already in use.",
            Some("0.0.0.0"),
            Some(9092),
            USED,
        ),
        (
            "elasticsearch",
            "BindTransportException[Failed to bind to [9501]]; nested: ChannelException[Failed to bind to: /127.0.0.1:9501]; nested: BindException[Address already in use];",
            Some("127.0.0.1"),
            Some(9501),
            USED,
        ),
        (
            "etcd",
            "2026-11-24 02:56:34.844859 C | etcdmain: listen tcp 127.0.0.1:2380: bind: address already in use",
            Some("127.0.0.1"),
            Some(2380),
            USED,
        ),
        (
            "consul",
            "==> Error starting agent: Failed to start TCP listener. Err: listen tcp 0.0.0.0:8301: bind: address already in use",
            Some("0.0.0.0"),
            Some(8301),
            USED,
        ),
        (
            "nats-server",
            "[11691] 2026/11/24 03:00:09.934511 [FTL] Error listening on port: 0.0.0.0:4222, \"listen tcp 0.0.0.0:4222: bind: address already in use\"",
            Some("0.0.0.0"),
            Some(4222),
            USED,
        ),
        ("mosquitto", "1795489340: Error: Address already in use", None, None, USED),
        ("sshd", "error: Bind to port 22 on 0.0.0.0 failed: Address already in use.", Some("0.0.0.0"), Some(22), USED),
        (
            "postfix/master",
            "fatal: bind fe80::1 port 25: Can't assign requested address",
            Some("fe80::1"),
            Some(25),
            MISSING,
        ),
        (
            "dovecot",
            "master: Error: service(imap-login): listen(*, 143) failed: Address already in use",
            None,
            Some(143),
            USED,
        ),
        ("dnsmasq", "failed to create listening socket for port 53: Address already in use", None, Some(53), USED),
        (
            "unbound",
            "[1795488995] unbound[1502:0] error: can't bind socket: Address already in use for 127.0.0.1 port 53",
            Some("127.0.0.1"),
            Some(53),
            USED,
        ),
        (
            "cupsd",
            "E [24/Nov/2026:03:00:10 +0000] Unable to open listen socket for address 127.0.0.1:631 - Address already in use.",
            Some("127.0.0.1"),
            Some(631),
            USED,
        ),
        (
            "syslog-ng",
            "Error binding socket; addr='AF_INET(0.0.0.0:5140)', error='Address already in use (98)'",
            Some("0.0.0.0"),
            Some(5140),
            USED,
        ),
        (
            "k3s",
            r#"E0118 15:18:19.124718   26788 proxier.go:1600] "can't open port, skipping it" err="listen tcp4 :31058: bind: address already in use" port={a=b}"#,
            None,
            Some(31058),
            USED,
        ),
        (
            "podman",
            "Error: rootlessport cannot expose privileged port 80, you can add 'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf (currently 1024), or choose a larger port number (>= 1024): listen tcp 0.0.0.0:80: bind: permission denied",
            Some("0.0.0.0"),
            Some(80),
            DENIED,
        ),
        (
            "4f1d2a7b9c0e",
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
            Some("0.0.0.0"),
            Some(80),
            USED,
        ),
    ] {
        let said = said_by(program, line).map(|said| (said.kind, said.address, said.port, said.errno));
        assert_eq!(said, Some((BindFailure, address.map(str::to_owned), port, errno)), "{program}: {line}");
    }
}

#[test]
fn what_only_looks_like_a_bind_failure() {
    for (program, line) in [
        ("logger", "listen tcp :80: bind: address already in use"),
        ("logger", "test: nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"),
        ("nginx-helper", "bind() to 0.0.0.0:80 failed (98: Address already in use)"),
        ("shop-api", "bind() to 0.0.0.0:80 failed (98: Address already in use)"),
        ("", "GET /?q=listen tcp :80: bind: address already in use"),
        ("", "203.0.113.5 - - \"GET / HTTP/1.1\" 200 \"OSError: [Errno 98] Address already in use\""),
        ("shop-api", r#"{"level":"warn","msg":"upstream said","body":"listen tcp :80: bind: address already in use"}"#),
        ("shop-api", r#"{"level":"info","msg":"search","q":"address already in use"}"#),
        ("shop-api", "review: great\nlisten tcp :80: bind: address already in use"),
        ("go-app", "dial tcp 10.0.0.5:5432: connect: cannot assign requested address"),
        ("shop-api", "Error: Permission denied (os error 13)"),
        ("shop-api", "OSError: [Errno 99] Cannot assign requested address"),
        ("rsync", "rsync: [sender] bind() failed: Cannot assign requested address (99)"),
        ("sshd", "error: bind [::1]:6010: Cannot assign requested address"),
        ("sshd", "Invalid user Address already in use from 127.0.0.1 port 39262"),
        (
            "postgres",
            "2026-11-24 03:00:00.123 UTC [912] LOG:  execute <unnamed>: insert into tickets(text) values ('listen tcp :80: bind: address already in use')",
        ),
        (
            "postgres",
            "2026-11-24 03:00:00.123 UTC [912] LOG:  statement: select 1\nLOG:  could not bind IPv4 address \"::1\": Address already in use",
        ),
        ("", "\tLOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use"),
        ("postfix/smtp", "warning: smtp_connect_addr: bind 192.0.2.9: Cannot assign requested address"),
        ("sssd_be", "Could not bind to LDAP server: Invalid credentials"),
        ("dhclient", "bound to 10.0.0.5 -- renewal in 1800 seconds."),
        ("java", "java.rmi.AlreadyBoundException: shop"),
        ("uwsgi", "probably another instance of uWSGI is running on the same address (127.0.0.1:9000)."),
        ("mariadbd", "2026-11-24  3:00:19 0 [Note] Server socket created on IP: '0.0.0.0', port: '3306'."),
        ("", "warn: Port 3000 is in use, using port 3001 instead."),
        (
            "",
            "Verify the connector's configuration, identify and stop any process that's listening on port 8080, or configure this application to listen on another port.",
        ),
        (
            "mpd",
            "exception: bind to '0.0.0.0:6600' failed (continuing anyway, because binding to '[::]:6600' succeeded): Address already in use",
        ),
    ] {
        assert_eq!(said_by(program, line), None, "{program}: {line}");
    }
}

#[test]
fn lives() {
    for (program, line, kind, service) in [
        (
            "gunicorn",
            "[2026-11-24 03:00:27 +0000] [100] [INFO] Listening at: http://127.0.0.1:8000 (100)",
            ServiceStart,
            "gunicorn",
        ),
        ("gunicorn", "[2026-11-24 03:00:28 +0000] [100] [INFO] Handling signal: hup", Reload, "gunicorn"),
        (
            "gunicorn",
            "[2026-11-24 03:00:30 +0000] [100] [ERROR] Worker (pid:108) was sent SIGKILL! Perhaps out of memory?",
            Crash,
            "gunicorn",
        ),
        ("gunicorn", "[2026-11-24 03:00:35 +0000] [100] [INFO] Shutting down: Master", ServiceStop, "gunicorn"),
        (
            "uvicorn",
            "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
            ServiceStart,
            "uvicorn",
        ),
        ("uvicorn", "INFO:     Child process [135] died", Crash, "uvicorn"),
        ("uwsgi", "DAMN ! worker 2 (pid: 152) died, killed by signal 9 :( trying respawn ...", Crash, "uwsgi"),
        (
            "php-fpm8.2",
            "[24-Nov-2026 03:01:13] WARNING: [pool www] child 169 exited on signal 11 (SIGSEGV - core dumped) after 1.47 seconds from start",
            Crash,
            "php-fpm8.2",
        ),
        (
            "php-fpm8.2",
            "[24-Nov-2026 03:01:13] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
            ResourceLimit,
            "php-fpm8.2",
        ),
        ("puma", "* Restarting...", Restart, "puma"),
        ("redis-server", "233:M 24 Nov 2026 03:01:37.440 * Ready to accept connections", ServiceStart, "redis-server"),
        (
            "redis-server",
            "242:M 24 Nov 2026 03:01:40.453 # Redis 7.0.15 crashed by signal: 11, si_code: 0",
            Crash,
            "redis-server",
        ),
        (
            "postgres",
            "2026-11-24 03:02:51.893 UTC [1051] LOG:  server process (PID 1081) was terminated by signal 9: Killed",
            Crash,
            "postgres",
        ),
        (
            "postgres",
            "2026-11-24 03:02:49.881 UTC [1051] LOG:  received SIGHUP, reloading configuration files",
            Reload,
            "postgres",
        ),
        ("mariadbd", "2026-11-24  3:03:14 0 [Note] mariadbd: ready for connections.", ServiceStart, "mariadbd"),
        (
            "mysqld",
            "2026-11-24T03:00:00.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.0.36'  socket: '/run/mysqld.sock'  port: 3306  x.",
            ServiceStart,
            "mysqld",
        ),
        ("mariadbd", "261124  3:03:19 [ERROR] mariadbd got signal 11 ;", Crash, "mariadbd"),
        ("caddy", r#"{"level":"info","ts":1795489330.8,"logger":"admin.api","msg":"load complete"}"#, Reload, "caddy"),
        ("squid", "2026/11/24 03:02:38| Squid Cache (Version 5.7): Exiting normally.", ServiceStop, "squid"),
        ("sshd", "Received SIGHUP; restarting.", Reload, "sshd"),
        ("named", "24-Nov-2026 02:59:11.439 running", ServiceStart, "named"),
        ("postfix/master", "daemon started -- version 3.7.11, configuration /etc/postfix", ServiceStart, "postfix"),
        ("supervisord", "2026-11-24 03:03:22,529 WARN exited: broken (exit status 1; not expected)", Crash, "broken"),
        ("supervisord", "2026-11-24 03:03:29,752 WARN stopped: web (terminated by SIGTERM)", ServiceStop, "web"),
        ("pm2", "2026-11-24T03:04:09: PM2 log: App [api:0] exited with code [1] via signal [SIGINT]", Crash, "api"),
        (
            "pm2",
            "2026-11-24T03:04:09: PM2 log: App [api:0] exited with code [0] via signal [SIGINT]",
            ServiceStop,
            "api",
        ),
        ("monit", "[2026-11-24T03:03:41+0000] info     : 'web' trying to restart", Restart, "web"),
        (
            "kubelet",
            r#"E0301 01:06:01.286649    1869 pod_workers.go:1294] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"alpine\" with CrashLoopBackOff: \"back-off 5m0s\"" pod="default/x""#,
            ServiceFailed,
            "alpine",
        ),
        (
            "systemd-oomd",
            "Killed /system.slice/shop.service due to memory pressure for /system.slice being 64.44% > 50.00%",
            OomKill,
            "shop",
        ),
        (
            "systemd-coredump",
            "Process 4321 (nginx) of user 33 dumped core.\n\nStack trace of thread 4321:",
            Crash,
            "nginx",
        ),
        ("shop-api", "panic: runtime error: invalid memory address or nil pointer dereference", Crash, "shop-api"),
    ] {
        let said = said_by(program, line).map(|said| (said.kind, said.service));
        assert_eq!(said, Some((kind, Some(service.to_owned()))), "{program}: {line}");
    }
}

#[test]
fn what_only_looks_like_a_life() {
    for (program, line) in [
        ("shop-api", "restart of subscription 4711 requested by customer"),
        ("shop-api", r#"{"level":"info","msg":"order 9 started"}"#),
        ("shop-api", "Started order 9 in 3 seconds (fast)"),
        ("logger", "systemd[1]: Started nginx.service - A high performance web server and a reverse proxy server."),
        ("gunicorn", "[2026-11-24 03:00:28 +0000] [103] [INFO] Booting worker with pid: 103"),
        ("gunicorn", "[2026-11-24 03:00:28 +0000] [100] [ERROR] Worker (pid:108) was sent SIGTERM!"),
        ("uvicorn", "INFO:     Application startup complete."),
        (
            "postgres",
            "2026-11-24 03:02:43.148 UTC [1074] LOG:  database system was shut down at 2026-11-24 03:02:43 UTC",
        ),
        (
            "postgres",
            "2026-11-24 03:02:43.148 UTC [1074] LOG:  statement: select 'LOG:  received fast shutdown request'",
        ),
        ("", "2026-11-24 03:02:43 [1] LOG:  statement: select\nLOG:  received fast shutdown request"),
        ("redis-server", "233:C 24 Nov 2026 03:01:37.438 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"),
        (
            "php-fpm8.2",
            "[24-Nov-2026 03:01:13] WARNING: [pool www] child 169 exited on signal 15 (SIGTERM) after 1.47 seconds from start",
        ),
        ("squid", "2026/11/24 03:02:38| Squid Parent: squid-1 process 77 exited with status 0"),
        ("supervisord", "2026-11-24 03:03:22,517 INFO spawned: 'broken' with pid 1149"),
        ("tinyproxy", "NOTICE    Nov 24 03:04:47.840 [1462]: Reloading config file"),
        ("stunnel", "2026.11.24 03:01:50 LOG5[ui]: Reading configuration from file /srv/app/stunnel2.conf"),
        ("sshd", "Received disconnect from 10.0.0.9 port 51234:11: disconnected by user"),
        ("nats-server", "[1470] 2026/11/24 03:04:54.864010 [ERR] Failed to reload server configuration: x"),
        ("cron", "(root) CMD (echo panic: x)"),
        ("", "running"),
        ("", "Terminated"),
        ("", "started"),
    ] {
        assert_eq!(said_by(program, line), None, "{program}: {line}");
    }
}

#[test]
fn every_hole_is_known() {
    let tables = speakers().map(|speaker| speaker.says).chain(runtimes::TABLES.iter().copied());
    for wording in tables.flatten() {
        let unknown = template::unknown_holes(wording.text);
        assert!(unknown.is_empty(), "{}: {unknown:?}", wording.text);
    }
}

#[test]
fn every_bind_failure_has_a_word_of_listening() {
    let tables = speakers().map(|speaker| speaker.says).chain(runtimes::TABLES.iter().copied());
    for wording in tables.flatten().filter(|wording| wording.kind == BindFailure) {
        // An error of the C library has such a word itself.
        let is_address = wording.text.contains("<in-use>") || wording.text == "Error: <reason>";
        let plain: String =
            wording.text.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        assert!(is_address || may_be_of_listening(&plain), "{}", wording.text);
    }
}

#[test]
fn whose_line_it_is() {
    for (unit, program, want) in [
        (Some("nginx.service"), Some("nginx"), Some("nginx")),
        (Some("httpd.service"), Some("apachectl"), Some("httpd")),
        (None, Some("apachectl"), Some("apache2")),
        (Some("session-3.scope"), Some("nginx"), Some("nginx")),
        (Some("user@1000.service"), Some("node"), Some("node")),
        (Some("docker.service"), Some("4f1d2a7b9c0e"), None),
        (Some("docker.service"), Some("dockerd"), Some("docker")),
        (None, None, None),
    ] {
        let record = Record { unit: unit.map(Into::into), program: program.map(Into::into), ..Record::default() };
        assert_eq!(service(&record).as_deref(), want, "{unit:?} {program:?}");
    }
}
