#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::clock::Instant;
use crate::clock::zone::Rule;
use crate::report::explain::{Explanation, Fact};
use crate::report::model::*;

const MARK: &str = "MARKED";

fn marked() -> String {
    MARK.into()
}

fn some() -> Option<String> {
    Some(marked())
}

fn lines() -> Vec<Evidence> {
    vec![Evidence { file: marked(), line: 1, offset: 0, text: marked() }]
}

fn hypothesis() -> Hypothesis {
    let reason = || vec![Reason { text: marked(), evidence: lines() }];
    let (name, service, image, since, until) = (some(), some(), some(), some(), some());
    Hypothesis {
        id: marked(),
        kind: "port-conflict",
        service: some(),
        address: some(),
        port: Some(80),
        errno: None,
        holder: Some(Holder { kind: "container", name, service, image, pid: None, since, until }),
        probability: 1.0,
        confidence: "certain",
        summary: marked(),
        evidence_for: reason(),
        evidence_against: reason(),
    }
}

fn incident() -> Incident {
    let mark = || Some(Mark { time: marked(), text: marked(), evidence: lines() });
    Incident {
        id: marked(),
        title: marked(),
        start: marked(),
        end: some(),
        ongoing: false,
        duration_s: 0.0,
        start_error_s: None,
        end_error_s: None,
        services: vec![Service { name: marked(), role: "victim" }],
        cause: hypothesis(),
        hypotheses: vec![hypothesis()],
        impact: Impact {
            requests: None,
            clients: None,
            worst_minute: Some(WorstMinute { time: marked(), percent: 1.0 }),
            day: None,
            layer: some(),
            statement: marked(),
        },
        marks: Marks {
            trigger: mark(),
            impact_start: mark(),
            detected: mark(),
            mitigated: mark(),
            ended: mark(),
            verified: mark(),
        },
        timeline: vec![Item {
            time: marked(),
            end: some(),
            kind: "note",
            service: some(),
            host: some(),
            count: 1,
            text: marked(),
            source: "log",
            effect: None,
            evidence: lines(),
            at: Instant::second(0),
        }],
        series: Some(Series { step_s: 1, start: marked(), requests: vec![], failed: vec![], missed: vec![] }),
        assumptions: vec![marked()],
    }
}

/// A report in which every text is the mark.
fn report() -> Report {
    let latent = Latent {
        kind: "shared-port",
        service: some(),
        address: some(),
        port: None,
        text: marked(),
        command: marked(),
        evidence: lines(),
    };
    Report {
        schema: "",
        version: "",
        options: BTreeMap::from([("notes", marked())]),
        inputs: vec![Input {
            path: marked(),
            format: "",
            envelope: vec![],
            bytes: 0,
            records: 0,
            continuations: 0,
            unparsed: 0,
            first: some(),
            last: some(),
            host: some(),
            zone: Zone { name: marked(), offset_s: 0, how: "", reason: marked() },
            duplicate_of: some(),
            sha256: None,
            problem: some(),
            samples: vec![(1, marked())],
        }],
        skipped: vec![Skipped { path: marked(), reason: marked(), is_problem: false }],
        warnings: vec![Warning { code: "", text: marked(), input: some() }],
        coverage: Some(Coverage { first: marked(), last: marked() }),
        quiet: Some(Quiet { text: marked() }),
        incidents: vec![incident()],
        latent: vec![latent],
        zone: Rule::Offset(0),
        asides: vec![marked()],
        explanations: vec![Explanation {
            id: marked(),
            what: marked(),
            rule: marked(),
            inputs: vec![Fact { text: marked(), lines: lines() }],
            arithmetic: vec![marked()],
        }],
        extracts: vec![Extract { path: marked(), bytes: vec![] }],
    }
}

#[test]
fn the_walk_leaves_no_text_out() {
    let mut report = report();
    let count = serde_json::to_string(&report).unwrap().matches(MARK).count();
    assert!(count > 80, "{count}");
    texts(&mut report, &mut |text| *text = "x".into());
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains(MARK), "{json}");
    // With what is no part of the contract. Names of files are given when the lines are written.
    report.extracts.clear();
    assert!(!format!("{report:?}").contains(MARK), "{report:?}");
}

fn told(text: &str) -> String {
    let mut text = text.to_owned();
    Redaction::default().text(&mut text);
    text
}

#[test]
fn secrets_and_people() {
    for (text, want) in [
        ("GET /pay?card=1&token=abc HTTP/1.1", "GET /pay?[query] HTTP/1.1"),
        ("\"GET /x?a=\\x22b HTTP/1.1\" 200", "\"GET /x?[query] HTTP/1.1\" 200"),
        ("{\"log\":\"GET /x?a=b\\\" 200\"}", "{\"log\":\"GET /x?[query]\\\" 200\"}"),
        ("postgres://shop:s3cret@db:5432/shop", "postgres://[credentials]@db:5432/shop"),
        ("COMMAND=/usr/bin/mysql -u root -pgeheim shop", "COMMAND=/usr/bin/mysql -u root -p[secret] shop"),
        ("COMMAND=/usr/bin/docker run -p 80:80 --name web x", "COMMAND=/usr/bin/docker run -p 80:80 --name web x"),
        ("PGPASSWORD=geheim pg_dump", "PGPASSWORD=[secret] pg_dump"),
        ("curl --user anna:geheim https://x", "curl --user [secret] https://x"),
        ("deploy --token abc --verbose", "deploy --token [secret] --verbose"),
        ("{\"password\":\"ab\\\"c d\",\"x\":1}", "{\"password\":[secret],\"x\":1}"),
        ("Cookie: a=b; c=d\" 200", "Cookie: [secret]\" 200"),
        ("Authorization: Bearer abcdef", "Authorization: [secret]"),
        ("ALTER USER shop PASSWORD 'x y'", "ALTER USER shop PASSWORD [secret]"),
        ("we set the password to geheim today", "we set the password to [secret] today"),
        ("mail to anna@example.org bounced", "mail to [email] bounced"),
        ("tomcat@shop.service: Failed", "tomcat@shop.service: Failed"),
        (
            "sudo:    anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/bin/ls",
            "sudo:    [user] : TTY=pts/0 ; PWD=/home/[user] ; USER=root ; COMMAND=/bin/ls",
        ),
        ("Accepted publickey for anna from 203.0.113.9 port 22", "Accepted publickey for [user] from client-1 port 22"),
        (
            "pam_unix(sshd:session): session opened for user anna(uid=1000) by (uid=0)",
            "pam_unix(sshd:session): session opened for user [user](uid=1000) by (uid=0)",
        ),
        (
            "203.0.113.9 - anna [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200",
            "client-1 - [user] [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "[private key] x"),
        (
            "Actor ID \"id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
            "Actor ID \"id\":\"0123456789ab\"",
        ),
    ] {
        assert_eq!(told(text), want, "{text}");
    }
}

#[test]
fn lines_of_servers_stay_as_they_are() {
    for text in [
        "2026/11/20 10:00:01 [emerg] 812#812: bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "nginx.service: Control process exited, code=exited, status=1/FAILURE",
        "nginx.service: Failed with result 'exit-code'.",
        "apache2.service: Scheduled restart job, restart counter is at 5.",
        "AH00072: make_sock: could not bind to address [::]:80",
        "haproxy[77]: 127.0.0.1:40000 [20/Nov/2026:10:00:01.000] shop shop/web01 0/0/1/2/3 200 217 - - ---- 1/1/0/0/0 0/0 \"GET /item/3 HTTP/1.1\"",
        "Server shop/web01 is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms.",
        "2026-11-20 10:00:01 upgrade nginx:amd64 1.24.0-2ubuntu7 1.24.0-2ubuntu7.1",
        "COMMAND=/usr/bin/ansible-pull -U https://git.example.org/ops/lb.git lb.yml",
        "haproxy version is 2.8.5-1ubuntu3 container web-preview started shop/web:1.4",
        "apache2 could not start, because container web-preview held port 80 (0.0.0.0).",
        "[Fri Nov 20 10:00:01.000001 2026] [mpm_event:notice] [pid 812:tid 812] AH00489: Apache/2.4.57 (Debian) configured",
        "Stopping user@1000.service - User Manager for UID 1000...",
        "Out of memory: Killed process 4242 (java) total-vm:8123456kB, anon-rss:4123456kB",
    ] {
        assert_eq!(told(text), text);
    }
}
