//! The words in other mouths: what clients, people and other programs say.

use super::*;

/// Wordings of servers that need no name.
const TEXTS: &[&str] = &[
    "listen tcp :80: bind: address already in use",
    "Error: listen EADDRINUSE: address already in use :::3000",
    "OSError: [Errno 98] Address already in use",
    "java.net.BindException: Address already in use",
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
    "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80",
    "error: Bind to port 22 on 0.0.0.0 failed: Address already in use.",
    "Web server failed to start. Port 8080 was already in use.",
    "Bind for 0.0.0.0:80 failed: port is already allocated",
    "panic: runtime error: index out of range [3] with length 3",
];

#[test]
fn quoted_by_others() {
    for (program, before, after) in [
        ("logger", "", ""),
        ("chatbot", "user42: how do I fix \"", "\"?"),
        ("chatbot", "user42: ", ""),
        ("helpdesk", "ticket 12: ", ""),
        ("mailer", "to=<ops@example.org>, subject=\"", "\""),
        ("postfix/cleanup", "4F1D2A: warning: header Subject: ", " from localhost; from=<a@b>"),
        ("exim4", "1abc-0001-Xy <= a@b H=x [10.0.0.9] P=esmtp S=1 T=\"", "\""),
        ("CRON", "(root) CMD (echo \"", "\")"),
        ("sshd", "Invalid user ", " from 127.0.0.1 port 39262"),
        ("shop-api", "{\"level\":\"info\",\"msg\":\"search\",\"q\":\"", "\"}"),
        ("shop-api", "{\"level\":\"error\",\"msg\":\"bad request\",\"user_agent\":\"", "\"}"),
        ("shop-api", "{\"level\":\"info\",\"msg\":\"user said: ", "\"}"),
        ("shop-api", "level=info msg=request ua=\"", "\""),
        ("shop-api", "level=info msg=\"user said: ", "\""),
        ("shop-api", "GET /?q=", " HTTP/1.1"),
        ("", "203.0.113.5 - - [24/Nov/2026:03:00:00 +0000] \"GET / HTTP/1.1\" 200 2 \"-\" \"", "\""),
        ("", "GET /?q=", ""),
        ("", "\"", "\""),
        ("", "# ", ""),
        ("", "+ echo ", ""),
        ("", "review: ", ""),
        ("postgres", "2026-11-24 03:00:00.123 UTC [912] STATEMENT:  select '", "'"),
        ("postgres", "2026-11-24 03:00:00.123 UTC [912] anna@shop LOG:  duration: 1.2 ms  statement: -- ", ""),
        ("", "2026-11-24 03:00:00.123 UTC [912] anna@shop LOG:  duration: 1.2 ms  statement: -- ", ""),
        ("ansible-command", "Invoked with _raw_params=grep \"", "\" /var/log/syslog"),
        ("fail2ban.actions", "NOTICE [nginx] Ban 10.0.0.9: ", ""),
        ("deploy", "waiting: ", ""),
        ("snoopy", "[uid:0 filename:/bin/echo]: echo ", ""),
        ("test-runner", "not ok 3 - ", ""),
    ] {
        for text in TEXTS {
            let line = format!("{before}{text}{after}");
            assert_eq!(said_by(program, &line), None, "{program}: {line}");
        }
    }
}

#[test]
fn of_clients_and_of_what_is_free() {
    for (program, line) in [
        ("go-app", "dial tcp 10.0.0.9:0->10.0.0.5:5432: bind: address already in use"),
        ("go-app", "retrying after error: dial tcp 10.0.0.5:80: connect: connection refused"),
        ("shop-api", "Error: connect EADDRNOTAVAIL 10.0.0.5:80 - Local (10.0.0.9:0)"),
        ("shop-api", "Error: EACCES: permission denied, open '/etc/x'"),
        ("shop-api", "PermissionError: [Errno 13] Permission denied: '/var/log/x'"),
        ("shop-api", "Error: Email address already in use"),
        ("shop-api", "Error: email address already in use"),
        ("shop-api", "port 80 is not in use"),
        ("shop-api", "Port 8080 is free"),
        ("node", "Port 3000 is in use, trying another one..."),
        ("node", "warn  - Port 3000 is in use, trying 3001 instead."),
        ("ssh", "bind [127.0.0.1]:8080: Address already in use"),
        ("curl", "curl: (45) bind failed with errno 98: Address already in use"),
        ("spark", "WARN Utils: Service 'SparkUI' could not bind on port 4040. Attempting port 4041."),
        ("jupyter", "[I 2026-11-24 03:00:00.123 ServerApp] The port 8888 is already in use, trying another port."),
        ("nslcd", "failed to bind to LDAP server ldap://10.0.0.5: Can't contact LDAP server: Connection refused"),
        ("snmpd", "Connection from UDP: [10.0.0.9]:41234->[10.0.0.5]:161"),
        ("openvpn", "TCP/UDP: Preserving recently used remote address: [AF_INET]10.0.0.9:1194"),
    ] {
        assert_eq!(said_by(program, line), None, "{program}: {line}");
    }
}
