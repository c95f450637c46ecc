//! What a report says in words, from small logs made here: what failing requests have in common, what a silence is
//! called, and what is seen but is no incident.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;

use pmtrace::Question;
use pmtrace::report::model::Report;

const AGENTS: [&str; 3] = [
    "okhttp/4.12.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
    "curl/8.5.0",
];
const PATHS: [&str; 3] = ["/checkout", "/list", "/"];
const NETWORKS: [&str; 4] = ["203.0.113", "198.51.100", "192.0.2", "10.0.0"];

/// A request of the log, by its number: what it asks for, from where, and with what.
struct Asked {
    number: usize,
    path: &'static str,
    network: &'static str,
    agent: &'static str,
}

/// An access log of two hours with two requests a second. `status` says how a request of that second ends, `None` that
/// none came.
fn access(status: impl Fn(i64, &Asked) -> Option<u16>) -> String {
    let mut log = String::new();
    for number in 0..14_400usize {
        let at = number as i64 / 2;
        let mixed = number.wrapping_mul(2_654_435_761) >> 7;
        let asked =
            Asked { number, path: PATHS[mixed % 3], network: NETWORKS[mixed / 3 % 4], agent: AGENTS[mixed / 12 % 3] };
        let Some(status) = status(at, &asked) else { continue };
        let clock = format!("{:02}:{:02}:{:02}", at / 3600, at / 60 % 60, at % 60);
        let (Asked { path, network, agent, .. }, host) = (&asked, mixed / 36 % 200);
        log += &format!(
            "{network}.{host} - - [24/Nov/2026:{clock} +0000] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"{agent}\"\n"
        );
    }
    log
}

fn report(files: &[(&str, String)]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }
    pmtrace::investigate(&Question { paths: vec![folder.path().into()], ..Question::default() })
}

/// A report, and the text of it as one line.
fn told(files: &[(&str, String)]) -> (Report, String) {
    let report = report(files);
    let text = pmtrace::report::text::text(&report, 100);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (report, line)
}

fn in_common(report: &Report) -> Vec<String> {
    let reasons = report.incidents.iter().flat_map(|incident| &incident.cause.evidence_for);
    reasons.filter_map(|reason| Some(reason.text.strip_prefix("In common: ")?.to_owned())).collect()
}

#[test]
fn what_failing_requests_have_in_common() {
    type Fails = fn(&Asked) -> bool;
    for (why, fails, title, common) in [
        (
            "a path, which the title says",
            (|own| own.path == "/checkout") as Fails,
            Some("% of requests to /checkout failed"),
            &[][..],
        ),
        ("a network", |own| own.network == "203.0.113", None, &["came from 203.0.113.0/24; none of the others"]),
        ("an agent", |own| own.agent == AGENTS[0], None, &["were made by okhttp; none of the others"]),
        ("nothing: every fifth fails", |own| own.number * 7 % 5 == 0, None, &[]),
    ] {
        let is_hit = |at: i64, own: &Asked| (3600..4200).contains(&at) && fails(own);
        let log = access(|at, own| Some(if is_hit(at, own) { 500 } else { 200 }));
        let report = report(&[("nginx/access.log", log)]);
        assert_eq!(report.incidents.len(), 1, "{why}");
        let said = in_common(&report);
        let (status, others): (Vec<&String>, Vec<&String>) =
            said.iter().partition(|text| text.ends_with(" ended with 500"));
        assert_eq!(status.len(), 1, "{why}: {said:?}");
        assert_eq!(others.len(), common.len(), "{why}: {said:?}");
        assert!(others.iter().zip(common).all(|(text, want)| text.ends_with(want)), "{why}: {said:?}");
        let own = &report.incidents[0].title;
        assert_eq!(title.is_some(), own.contains("% of "), "{why}: {own}");
        assert!(title.is_none_or(|title| own.contains(title)), "{why}: {own}");
    }
}

#[test]
fn a_silence_is_called_what_it_is() {
    let silent = |hole: std::ops::Range<i64>| access(|at, _| (!hole.contains(&at)).then_some(200));
    let boot = "2026-11-24T01:04:40+00:00 web01 kernel: Linux version 6.1.0-49-amd64 (debian) (gcc-12) #1 SMP\n";
    let stepped = "2026-11-24T01:05:01+00:00 web01 chronyd[400]: System clock was stepped by 299.871031 seconds\n";
    let early = "2026-11-24T00:00:00+00:00 web01 chronyd[400]: chronyd starting\n";
    let with = |line: &str| vec![("nginx/access.log", silent(3600..3900)), ("syslog", format!("{early}{line}"))];
    let (report, text) = told(&[("nginx/access.log", silent(3600..3900))]);
    assert_eq!(report.incidents[0].title, "nginx down for 5 min 1 s, the cause is not determined");
    assert!(text.contains("Silence nginx down: requests should have come and none did, about 600 by"), "{text}");
    let (report, _) = told(&[("nginx/access.log", silent(3600..3605))]);
    assert_eq!(report.incidents[0].title, "nginx probably down for 6 s, the cause is not determined");
    let (report, text) = told(&with(boot));
    assert_eq!(report.incidents[0].title, "the host of nginx was down for 5 min 1 s");
    assert_eq!(report.incidents[0].cause.kind, "host-down");
    assert!(text.contains("the host was silent and booted [syslog:2]"), "{text}");
    let (report, text) = told(&with(stepped));
    assert!(report.incidents.is_empty());
    let aside =
        "Besides 1 stretch without a request, no outage (the clock was set): nginx at 2026-11-24 01:00:00, for 5 min";
    assert!(text.contains(aside), "{text}");
}

#[test]
fn failures_that_are_no_incident_are_told() {
    let quiet = access(|at, _| Some(if at == 3600 || at == 3601 { 500 } else { 200 }));
    let (report, text) = told(&[("nginx/access.log", quiet)]);
    assert!(report.incidents.is_empty());
    let aside =
        "Besides 1 burst of 4 failing requests, too few or too short for an incident: nginx at 2026-11-24 01:00:00";
    assert!(text.contains(aside), "{text}");
    let silent = access(|_, _| Some(200));
    assert!(!told(&[("nginx/access.log", silent)]).1.contains("Besides"));
}

#[test]
fn a_slow_log_says_what_it_would_not_show() {
    let slow = access(|at, own| (own.number % 2 == 0 && at % 20 == 0).then_some(200));
    let (report, text) = told(&[("nginx/access.log", slow)]);
    assert!(report.warnings.iter().any(|warning| warning.code == "slow-log"), "{text}");
    assert!(text.contains("Note nginx: at its log's rate a silence shorter than about "), "{text}");
    let busy = access(|_, _| Some(200));
    assert!(report_is_silent(&busy));
}

fn report_is_silent(log: &str) -> bool {
    report(&[("nginx/access.log", log.to_owned())]).warnings.iter().all(|warning| warning.code != "slow-log")
}

#[test]
fn clients_that_give_up_count_where_they_rise_with_the_failures() {
    for (why, one_in, counts) in [("hardly any usually", 200, true), ("as many as ever", 3, false)] {
        let log = access(|at, own| {
            let is_hit = (3600..4200).contains(&at);
            Some(match own.number % 3 {
                1 if is_hit => 504,
                2 if is_hit || own.number.is_multiple_of(one_in) || one_in == 3 => 499,
                _ => 200,
            })
        });
        let (report, text) = told(&[("nginx/access.log", log)]);
        assert_eq!(report.incidents.len(), 1, "{why}: {text}");
        let requests = report.incidents[0].impact.requests.as_ref().unwrap();
        // Of 1200 requests in ten minutes a third each.
        let wanted = if counts { 800 } else { 400 };
        assert!(requests.failed.abs_diff(wanted) <= 4, "{why}: {}", requests.failed);
        assert_eq!(text.contains("given up by their clients"), counts, "{why}: {text}");
        assert_eq!(report.incidents[0].cause.kind, "upstream-timeout", "{why}");
    }
}
