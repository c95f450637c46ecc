//! Drafts of the stories, of stories with very long and very short timelines, and of hostile logs.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::Question;

const CAUSES: [&str; 11] = [
    "port-conflict",
    "bind-permission",
    "crash",
    "oom",
    "backend-down",
    "upstream-timeout",
    "misconfiguration",
    "overload",
    "resource-limit",
    "host-down",
    "unknown",
];

fn story(name: &str) -> Report {
    crate::answer(&Question::default(), crate::demo::story(Some(name)).unwrap())
}

/// The draft, whose words are within the limits.
fn checked(what: &str, report: &Report) -> String {
    let text = markdown(report, &Template::default()).unwrap();
    let count = words::count(&text);
    assert!((LEAST_WORDS..=MOST_WORDS).contains(&count), "{what}: {count} words\n{text}");
    text
}

#[test]
fn every_cause_is_told_with_a_long_and_a_short_timeline() {
    for name in crate::demo::names() {
        let report = story(name);
        for cause in CAUSES {
            let mut of = report.clone();
            of.incidents[0].cause.kind = cause;
            checked(&format!("{name}, {cause}"), &of);
            of.incidents[0].timeline.truncate(3);
            checked(&format!("{name}, {cause}, 3 items"), &of);
            of.incidents[0].timeline.clear();
            of.incidents[0].cause.holder = None;
            of.incidents[0].marks.trigger = None;
            of.incidents[0].impact.clients = None;
            of.incidents[0].cause.evidence_for.clear();
            checked(&format!("{name}, {cause}, hardly anything"), &of);
            of = report.clone();
            of.incidents[0].cause.kind = cause;
            let items = of.incidents[0].timeline.clone();
            of.incidents[0].timeline = items.into_iter().flat_map(|item| vec![item; 10]).collect();
            checked(&format!("{name}, {cause}, many items"), &of);
        }
    }
}

#[test]
fn one_that_goes_on_has_no_resolution() {
    let mut report = story("haproxy-nginx-port-80");
    (report.incidents[0].end, report.incidents[0].ongoing) = (None, true);
    let text = checked("ongoing", &report);
    assert!(text.contains("goes on when the logs end") && text.contains("no resolution is known"), "{text}");
    assert!(text.contains("time to resolve: not known"), "{text}");
}

/// What a reader of Markdown may take for marks: no code, and nothing behind a backslash.
fn plain(line: &str) -> String {
    let line = line.replace("[?]", "").replace("- [ ]", "");
    let mut plain = String::new();
    let mut rest = line.as_str();
    while let Some(first) = rest.chars().next() {
        let ticks = &rest[..rest.len() - rest.trim_start_matches('`').len()];
        rest = match first {
            '\\' => rest.get(2..).unwrap_or_default(),
            '`' => rest[ticks.len()..].split_once(ticks).map_or("", |(_, after)| after),
            _ => {
                plain.push(first);
                &rest[first.len_utf8()..]
            }
        };
    }
    plain
}

#[test]
fn what_a_log_holds_cannot_shape_the_draft() {
    const HOSTILE: &str = "x\n# Heading <b>bold</b> [link](http://evil.example) | cell `tick` *stars*";
    let mut report = story("apache-docker-port-80");
    let incident = &mut report.incidents[0];
    incident.title = HOSTILE.into();
    incident.cause.summary = HOSTILE.into();
    incident.cause.service = Some(HOSTILE.into());
    for reason in &mut incident.cause.evidence_for {
        reason.text = HOSTILE.into();
    }
    for item in &mut incident.timeline {
        item.text = if item.kind == "operator-action" { format!("an operator ran: {HOSTILE}") } else { HOSTILE.into() };
        item.host = Some(HOSTILE.into());
        for line in &mut item.evidence {
            line.file = HOSTILE.into();
        }
    }
    for template in ["postmortem", "sre", "status"] {
        let text = markdown(&report, &Template::choose(Some(template)).unwrap()).unwrap();
        for line in text.lines() {
            assert!(!line.starts_with("# Heading"), "{line}");
            let plain = plain(line);
            assert!(!plain.contains(['<', '[']), "{line}");
            assert!(!plain.contains("*stars") && !plain.contains("://"), "{line}");
            if line.starts_with('|') {
                assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
            }
        }
    }
}

#[test]
fn several_incidents_and_none() {
    let mut report = story("nginx-apache-port");
    report.incidents.push(report.incidents[0].clone());
    let text = markdown(&report, &Template::default()).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 2);
    report.incidents.clear();
    report.quiet = Some(crate::report::model::Quiet { text: "No incident. All is well.".into() });
    for template in ["postmortem", "sre", "status"] {
        let text = markdown(&report, &Template::choose(Some(template)).unwrap()).unwrap();
        assert!(text.contains("No incident. All is well."), "{text}");
    }
}

#[test]
fn a_status_is_short() {
    for name in crate::demo::names() {
        let text = markdown(&story(name), &Template::choose(Some("status")).unwrap()).unwrap();
        assert!(words::count(&text) < 120, "{name}: {text}");
    }
}

#[test]
fn templates_of_ones_own() {
    let report = story("nginx-apache-port");
    let own = |text: &str| markdown(&report, &Template::own("own.md", text.into()));
    let text = own("{% for draft in drafts %}{{ draft.id }} {{ draft.state }}{% endfor %}, {{ report.schema | code }}");
    assert_eq!(text.unwrap(), "i1 down, `pmtrace-report/1`\n");
    for (text, line) in
        [("\n{{ nothing }}", "line 2"), ("{% for x %}", "line 1"), ("{{ drafts | no_filter }}", "line 1")]
    {
        let problem = own(text).unwrap_err();
        assert!(problem.starts_with("--template own.md, ") && problem.contains(line), "{problem}");
        assert!(problem.contains("; correct it there"), "{problem}");
    }
    let missing = Template::choose(Some("no/such.md")).unwrap_err();
    assert!(
        missing.starts_with("--template no/such.md: ") && missing.ends_with("one of postmortem, sre, status"),
        "{missing}"
    );
}
