//! Several hosts and several entry points: what counts once, what is added up, and what is one incident.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

use pmtrace::Question;
use pmtrace::input::{Found, Source};
use serde_json::Value as Json;

/// 2026-11-10T09:00:00Z
const START_S: i64 = 1_794_301_200;
/// Seconds of the logs, and in them of the outage.
const LENGTH_S: i64 = 3600;
const OUTAGE_S: std::ops::Range<i64> = 1800..2100;

/// A request: its second, client, path and bytes, by chance but always the same.
struct Asked {
    s: i64,
    client: u64,
    path: u64,
    bytes: u64,
    /// Which of two hosts it comes to.
    host: usize,
}

/// Four requests a second.
fn asked() -> impl Iterator<Item = Asked> {
    let mut random = 7u64;
    (0..LENGTH_S * 4).map(move |number| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Asked {
            s: number / 4,
            client: random >> 56,
            path: random >> 40 & 0xffff,
            bytes: 500 + (random >> 20 & 0xfff),
            host: (random >> 33 & 1) as usize,
        }
    })
}

fn at(s: i64, form: &str) -> String {
    chrono::DateTime::from_timestamp(START_S + s, 0).unwrap().format(form).to_string()
}

/// A line of an access log.
fn access(log: &mut String, of: &Asked, client: &str, status: u16) {
    let (at, bytes) = (at(of.s, "%d/%b/%Y:%H:%M:%S +0000"), if status == 200 { of.bytes } else { 157 });
    writeln!(log, "{client} - - [{at}] \"GET /{} HTTP/1.1\" {status} {bytes} \"-\" \"Mozilla/5.0\"", of.path).unwrap();
}

fn client(of: &Asked) -> String {
    format!("203.0.113.{}", of.client)
}

/// A log that names its host now and then.
fn syslog(host: &str) -> String {
    (0..LENGTH_S)
        .step_by(600)
        .map(|s| format!("{} {host} CRON[812]: (root) CMD (true)\n", at(s, "%Y-%m-%dT%H:%M:%S+00:00")))
        .collect()
}

/// The logs of two hosts, `web01` with nginx and `web02` with that server.
fn of_two_hosts([one, other]: [String; 2], server: &str) -> Vec<(String, String)> {
    vec![
        ("web01/nginx/access.log".into(), one),
        ("web01/syslog".into(), syslog("web01")),
        (format!("web02/{server}/access.log"), other),
        ("web02/syslog".into(), syslog("web02")),
    ]
}

fn incidents(logs: &[(String, String)]) -> Vec<Json> {
    let sources = logs.iter().map(|(name, text)| Source::read(name, text.clone().into_bytes())).collect();
    let report = pmtrace::answer(&Question::default(), Found { sources, skipped: Vec::new() });
    serde_json::to_value(report).unwrap()["incidents"].as_array().unwrap().clone()
}

/// The whole counts of an incident: failed, seen, and the sentence of how they were counted.
fn counted(incident: &Json) -> (u64, u64, String) {
    let requests = &incident["impact"]["requests"];
    let count = |name: &str| requests[name].as_u64().unwrap();
    (count("failed"), count("expected"), incident["impact"]["statement"].as_str().unwrap().to_owned())
}

#[test]
fn one_service_on_two_hosts_is_counted_together() {
    let mut logs = [String::new(), String::new()];
    let (mut failed, mut all) = (0, 0);
    for of in asked() {
        let fails = of.host == 0 && OUTAGE_S.contains(&of.s);
        failed += u64::from(fails);
        all += u64::from(OUTAGE_S.contains(&of.s));
        access(&mut logs[of.host], &of, &client(&of), if fails { 502 } else { 200 });
    }
    let found = incidents(&of_two_hosts(logs, "nginx"));
    assert_eq!(found.len(), 1, "{found:#?}");
    let (told, expected, method) = counted(&found[0]);
    assert_eq!(told, failed);
    // The seconds at the edges may hold requests of before and after.
    assert!(expected.abs_diff(all) <= 8, "{expected} of {all}");
    assert!(method.contains("nginx on 2 hosts"), "{method}");
    let reasons = serde_json::to_string(&found[0]["cause"]["evidence_for"]).unwrap();
    assert!(reasons.contains("came to the host web01; none of the others"), "{reasons}");
}

#[test]
fn what_passes_a_front_and_a_host_behind_it_is_counted_once() {
    let (mut front, mut behind) = (String::new(), [String::new(), String::new()]);
    let (mut failed, mut all) = (0, 0);
    for (number, of) in asked().enumerate() {
        let fails = of.host == 0 && OUTAGE_S.contains(&of.s);
        failed += u64::from(fails);
        all += u64::from(OUTAGE_S.contains(&of.s));
        let (status, bytes) = if fails { (502, 157) } else { (200, of.bytes) };
        let millis = number % 4 * 240 + 10;
        let stamp = at(of.s, "%d/%b/%Y:%H:%M:%S");
        writeln!(
            front,
            "{}.{millis:03}+00:00 lb01 haproxy[811]: {}:40000 [{stamp}.{millis:03}] www shop/web0{} 0/0/1/5/6 {status} {} - - ---- 9/9/3/2/0 0/0 \"GET /{} HTTP/1.1\"",
            at(of.s, "%Y-%m-%dT%H:%M:%S"),
            client(&of),
            of.host + 1,
            bytes + 120,
            of.path
        )
        .unwrap();
        access(&mut behind[of.host], &of, "10.0.0.5", status);
    }
    let found = incidents(&[of_two_hosts(behind, "nginx"), vec![("lb01/haproxy.log".into(), front)]].concat());
    assert_eq!(found.len(), 1, "{found:#?}");
    let (told, expected, method) = counted(&found[0]);
    assert_eq!(told, failed);
    assert!(expected.abs_diff(all) <= 8, "{expected} of {all}");
    assert!(method.contains("counted at haproxy"), "{method}");
    let percent = found[0]["impact"]["requests"]["percent"].as_f64().unwrap();
    assert!((percent - 100.0 * failed as f64 / all as f64).abs() < 1.0, "{percent}");
}

#[test]
fn two_entry_points_that_fail_alike_are_one_incident_and_added_up() {
    let mut logs = [String::new(), String::new()];
    let mut all = 0;
    for of in asked() {
        let fails = OUTAGE_S.contains(&of.s);
        all += u64::from(fails);
        access(&mut logs[of.host], &of, &client(&of), if fails { 500 } else { 200 });
    }
    let found = incidents(&of_two_hosts(logs, "apache2"));
    assert_eq!(found.len(), 1, "{found:#?}");
    let (told, _, method) = counted(&found[0]);
    assert_eq!(told, all);
    assert!(method.contains("nginx") && method.contains("apache2") && method.contains("2 hosts"), "{method}");
}

#[test]
fn outages_of_two_hosts_at_different_times_are_two() {
    let mut logs = [String::new(), String::new()];
    for of in asked() {
        // Half an hour lies between them.
        let fails = [600..780, 2580..2760][of.host].contains(&of.s);
        access(&mut logs[of.host], &of, &client(&of), if fails { 500 } else { 200 });
    }
    let found = incidents(&of_two_hosts(logs, "apache2"));
    let starts: Vec<&str> = found.iter().filter_map(|incident| incident["start"].as_str()).collect();
    assert_eq!(found.len(), 2, "{starts:?}");
    assert!(
        starts.iter().any(|start| start.contains("T09:10:0")) && starts.iter().any(|start| start.contains("T09:43:0")),
        "{starts:?}"
    );
}
