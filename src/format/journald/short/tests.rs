#![allow(clippy::unwrap_used)]

use super::*;

const SHORT: Short = Short(Likeness::Own);

const AT: i64 = 1_795_488_230; // 2026-11-24T02:43:50Z

#[test]
fn stamps_of_all_forms() {
    let line = |start: &str| {
        SHORT.parse(format!("{start} web01 nginx[8611]: text").as_bytes()).map(|record| nest::owned(&record))
    };
    for (why, start, civil_s, nanos, zone) in [
        ("short-iso", "2026-11-24T02:43:50+0100", AT, 0, Zone::Offset(3600)),
        ("short-iso since 255", "2026-11-24T02:43:50+01:00", AT, 0, Zone::Offset(3600)),
        ("short-iso-precise", "2026-11-24T02:43:50.001234-0330", AT, 1_234_000, Zone::Offset(-12_600)),
        ("short-full", "Tue 2026-11-24 02:43:50 CET", AT, 0, Zone::Offset(3600)),
        ("short-full, ambiguous", "Tue 2026-11-24 02:43:50 CST", AT, 0, Zone::Unknown),
        ("short-full, number", "Tue 2026-11-24 02:43:50 +0530", AT, 0, Zone::Offset(19_800)),
        ("short-unix", "1795488230.001234", AT, 1_234_000, Zone::Offset(0)),
    ] {
        let record = line(start).unwrap_or_else(|| unreachable!("{why}"));
        let stamp = record.stamp.unwrap();
        assert_eq!((stamp.civil_s, stamp.nanos, stamp.zone), (civil_s, nanos, zone), "{why}");
        assert_eq!(
            (record.host.as_deref(), record.program.as_deref(), record.pid),
            (Some("web01"), Some("nginx"), Some(8611))
        );
    }
    for (why, start, month, nanos) in [
        ("short", "Nov 24 02:43:50", 11, 0),
        ("syslog's blank", "Nov  4 02:43:50", 11, 0),
        ("short-precise", "Nov 24 02:43:50.001234", 11, 1_234_000),
        ("German", "Mär 24 02:43:50", 3, 0),
        ("German, three letters", "Dez 24 02:43:50", 12, 0),
        ("French", "févr. 24 02:43:50", 2, 0),
        ("French, precise", "juil. 24 02:43:50.001234", 7, 1_234_000),
        ("Japanese", " 1月 24 02:43:50", 1, 0),
    ] {
        let stamp = line(start).unwrap_or_else(|| unreachable!("{why}")).stamp.unwrap();
        assert!(!stamp.has_year, "{why}");
        let days = stamp.civil_s.div_euclid(86_400);
        let first = stamp::days_from_civil(stamp::YEARLESS, month, 1);
        assert!((first..first + 31).contains(&days), "{why}");
        assert_eq!(stamp.nanos, nanos, "{why}");
    }
    for start in [
        "[ 3072.468141]",
        "[ 3072.468141                ]",
        "[ 3072.468141 <    0.001000 >]",
        "[13072.468141 <    0.001000*>]",
    ] {
        assert_eq!(line(start).map(|record| record.stamp), Some(None), "{start}");
    }
}

#[test]
fn heads() {
    let at = "Nov 24 02:43:50";
    for (why, rest, host, identifier, pid) in [
        ("usual", "web01 nginx[8611]: text", Some("web01"), "nginx", Some(8611)),
        ("no pid", "web01 kernel: text", Some("web01"), "kernel", None),
        ("no host", "nginx[8611]: text", None, "nginx", Some(8611)),
        ("neither", "nginx: text", None, "nginx", None),
        ("blanks", "web01 app name[77]: text", Some("web01"), "app name", Some(77)),
        ("empty", "web01 [8613]: text", Some("web01"), "", Some(8613)),
        ("a bracket", "web01 gdm-password][587]: text", Some("web01"), "gdm-password]", Some(587)),
        ("no message", "web01 app[8613]: ", Some("web01"), "app", Some(8613)),
        ("no message, cut", "web01 app[8613]:", Some("web01"), "app", Some(8613)),
    ] {
        let line = format!("{at} {rest}");
        let head = Head::of(line.as_bytes()).unwrap_or_else(|| unreachable!("{why}"));
        let got = (head.host, head.identifier, head.pid);
        assert_eq!(got, (host.map(str::as_bytes), identifier.as_bytes(), pid), "{why}");
        assert!(matches!(line.get(head.len..), Some("text" | "")), "{why}");
    }
}

#[test]
fn messages_of_several_lines() {
    for (why, record, message) in [
        ("two", "Nov 24 02:43:50 web01 app[7]: two\n                              lines", "two\nlines"),
        ("more blanks", "Nov 24 02:43:50 web01 app[7]: a\n                                b", "a\n  b"),
        ("an empty one", "Nov 24 02:43:50 web01 app[7]: a\n\n                              b", "a"),
        ("not indented", "Nov 24 02:43:50 web01 app[7]: a\nb", "a"),
        ("blanks at the beginning", "Nov 24 02:43:50 web01 app[7]:    a", "   a"),
        (
            "units of system and user",
            "Tue 2026-11-24 02:43:50 CET web01 user@1000.service/a.service[7]: a\n                                                                          b",
            "a\nb",
        ),
        ("none", "Nov 24 02:43:50 web01 app[7]: ", ""),
    ] {
        assert_eq!(SHORT.parse(record.as_bytes()).unwrap().message(), message, "{why}");
    }
}

#[test]
fn units_in_place_of_programs() {
    let record = SHORT.parse(b"Tue 2026-11-24 03:19:36 CET web01 ssh.service[60]: Server listening").unwrap();
    assert_eq!((record.unit.as_deref(), record.program), (Some("ssh.service"), None));
    let record = SHORT.parse(b"Tue 2026-11-24 03:19:36 CET web01 init.scope[1]: Starting x").unwrap();
    assert_eq!((record.unit.as_deref(), record.program.as_deref()), (Some("init.scope"), Some("systemd")));
    let record = SHORT.parse(b"Tue 2026-11-24 03:19:36 CET web01 user@1000.service/a.service[1]: x").unwrap();
    assert_eq!(record.unit.as_deref(), Some("user@1000.service"));
    let record = SHORT.parse(b"Tue 2026-11-24 03:19:36 CET web01 unknown[1]: x").unwrap();
    assert_eq!((record.unit, record.program), (None, None));
}

#[test]
fn which_lines_are_journalctls() {
    let (syslog, iso) = ("Nov 24 02:43:50 web01 app[7]: two", "2026-11-24T02:43:50+01:00 web01 app[7]: x");
    let (rfc3164, own) = (Some(Likeness::Rfc3164), Some(Likeness::Own));
    for (why, previous, line, next, marked) in [
        ("a boot", "", "-- Boot 7a4a2967006a45b2b46ecf3a1211e901 --", syslog, rfc3164),
        ("a boot before the other form", "", "-- Boot 7a4a --", iso, Some(Likeness::Iso)),
        ("a boot at the end", syslog, "-- Boot 7a4a --", "", rfc3164),
        ("a day with a zero", "", "Nov 05 02:43:50 web01 app[7]: x", "", rfc3164),
        ("a fraction", "", "Nov 24 02:43:50.001234 web01 app[7]: x", "", rfc3164),
        ("another language", "", "déc. 24 02:43:50 web01 app[7]: x", "", rfc3164),
        ("a status", "", "● nginx.service - A web server", syslog, rfc3164),
        ("a further line", syslog, "                              lines", "", rfc3164),
        ("a line indented less", syslog, "    lines", "", None),
        ("syslog", "", syslog, "", None),
        ("syslog's day", "", "Nov  5 02:43:50 web01 app[7]: x", "", None),
        ("rsyslog", "", "2026-11-24T02:43:50.001234+01:00 web01 app[7]: x", "", None),
        ("dmesg", "", "[    0.000000] Linux version 5.10: x", "", None),
    ] {
        assert_eq!(marks(previous.as_bytes(), line.as_bytes(), next.as_bytes()), marked, "{why}");
    }
    for (line, of) in [(syslog, rfc3164), (iso, Some(Likeness::Iso)), (SHORT.samples()[0], own), ("text", None)] {
        assert_eq!(likeness(line.as_bytes()), of, "{line}");
    }
    assert_eq!(likeness(b"2026-11-24T02:43:50+0100 web01 app[7]: x"), own);
}

#[test]
fn lines_between_entries() {
    for line in [
        "-- Boot 7a4a2967006a45b2b46ecf3a1211e901 --",
        "-- Reboot --",
        "-- Journal begins at Mon 2021-03-01 10:00:00 CET, ends at Mon 2021-03-01 11:00:00 CET. --",
        "-- Logs begin at Tue 2026-11-24 02:43:49 UTC, end at Tue 2026-11-24 02:43:56 UTC. --",
        "-- No entries --",
        "-- cursor: s=781577724c1240c3b90f6a04b9febcdb;i=21",
        "░░ Subject: A start job for unit nginx.service has failed",
        "Hint: You are currently not seeing messages from other users and the system.",
    ] {
        assert!(is_separator(line.as_bytes()) && SHORT.parse(line.as_bytes()).is_none(), "{line}");
    }
    assert!(!is_separator(b"Nov 24 02:43:50 web01 app[7]: -- x --"));
}

#[test]
fn leaves_the_rest_alone() {
    for (why, line) in [
        ("docker's events", "2026-11-24T02:40:57.250947143Z image tag x (name=shop/web:1.4)"),
        ("no such day", "Feb 30 02:43:50 web01 app[7]: x"),
        ("cut off", "Nov 24 02:43:50 web01 app[7"),
        ("dmesg", "[    0.000000] Linux version 5.10.0: x"),
        ("dnf", "2026-11-24T02:43:50+0100 SUBDEBUG Upgrade: nginx-1:1.20"),
        ("dnf, more", "2026-11-24T02:43:50+0100 INFO Upgrade: nginx-1:1.20"),
        ("nginx", "2026/11/24 02:43:50 [emerg] 8976#8976: still could not bind()"),
        ("Apache", "[Tue Nov 24 02:43:50.123456 2026] [core:error] [pid 1] x"),
        ("Squid", "1286536308.779    180 192.168.0.1 TCP_MISS/200 411 GET http://x: - DIRECT"),
        ("a word in place of the month", "Foo 24 02:43:50 web01 app[7]: x"),
        ("nothing", ""),
    ] {
        assert!(SHORT.parse(line.as_bytes()).is_none(), "{why}");
    }
}

#[test]
fn reads_its_samples() {
    for sample in SHORT.samples() {
        let line = sample.as_bytes();
        assert!(SHORT.is_start(b"", line) && SHORT.parse(line).is_some(), "{sample}");
    }
    let without_pid = b"[ 3404.556652] web01 su: text";
    let program =
        |format: Short| format.parse(without_pid).and_then(|record| record.program.map(|name| name.into_owned()));
    assert_eq!((program(SHORT), program(Short(Likeness::Monotonic)).as_deref()), (None, Some("su")));
    assert!(is_monotonic(b"[    5.006217] web01 app[7]: x") && !is_monotonic(b"[    5.006217] web01 app: x"));
    assert!(!is_monotonic(b"[    5.006217] systemd[1]: x"));
}
