//! Time within a file and a rotated set: years, zones and hours that come twice, found from the lines themselves, in
//! blocks of any size and files in any order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

use pmtrace::Question;
use pmtrace::clock::{Given, SourceName, align};
use pmtrace::facts::Moment;
use pmtrace::facts::order::Order;
use pmtrace::facts::survey::{Input, survey};
use pmtrace::format::read::{Detail, Item, walk};
use pmtrace::format::recognise::recognise;
use pmtrace::input::{Found, Source};
use proptest::prelude::*;
use serde_json::Value as Json;

/// Seconds since 1970 of `2026-11-20 10:00:00`.
fn second(text: &str) -> i64 {
    chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().timestamp()
}

/// The moments of a file's records, read in blocks of that size.
fn moments(name: &str, text: &str, modified_s: Option<i64>, given: &Given, block_bytes: usize) -> Vec<String> {
    let recognised = recognise(name, text.as_bytes()).expect(text);
    let input = Input { name, bytes: text.as_bytes(), recognised: &recognised };
    let facts = survey(&[input], block_bytes);
    let timebase = align(&facts, &[SourceName { name: name.into(), modified_s }], given);
    let mut moments = Vec::new();
    for (id, block) in &facts.blocks {
        let mut order = Order::default();
        walk(&recognised, text.as_bytes(), block.bytes, Detail::Records, &mut |_, item| {
            if let Item::Record(record) = item {
                let stamp = record.stamp.unwrap();
                let moment = Moment { stamp, stretch: order.take(&stamp) };
                moments.push(timebase.instant(*id, moment).rfc3339());
            }
        });
    }
    moments
}

/// The same for blocks of one line and for all in one.
fn moments_in_any_blocks(name: &str, text: &str, modified_s: Option<i64>, given: &Given) -> Vec<String> {
    let whole = moments(name, text, modified_s, given, usize::MAX);
    for block_bytes in [1, 100, 200] {
        assert_eq!(moments(name, text, modified_s, given, block_bytes), whole, "blocks of {block_bytes}: {text}");
    }
    whole
}

fn syslog(stamps: &[&str]) -> String {
    stamps.iter().map(|stamp| format!("{stamp} web01 app[7]: said something\n")).collect()
}

fn given(zone: Option<&str>, year: Option<i32>) -> Given {
    Given { zones: zone.iter().map(|zone| zone.parse().unwrap()).collect(), year }
}

#[test]
fn the_year_turns_once_whatever_comes_late() {
    for (why, stamps, written, wanted) in [
        ("in order", &["Dec 31 23:59:59", "Jan  1 00:00:00"][..], "2026-01-01 00:00:00", &[2025, 2026][..]),
        (
            "out of order",
            &[
                "Dec 31 23:59:59",
                "Jan  1 00:00:00",
                "Dec 31 23:59:59",
                "Jan  1 00:00:00",
                "Dec 31 23:59:58",
                "Jan  1 00:00:01",
            ],
            "2026-01-01 00:00:01",
            &[2025, 2026, 2025, 2026, 2025, 2026],
        ),
        (
            "late at the beginning",
            &["Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01"],
            "2026-01-01 00:00:02",
            &[2026, 2025, 2026],
        ),
        (
            "late at the end",
            &["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:59"],
            "2026-01-01 00:00:00",
            &[2025, 2026, 2025],
        ),
        (
            "with a gap",
            &["Nov 20 10:00:00", "Jan 20 10:00:00", "Feb  1 00:00:00"],
            "2026-02-01 00:00:00",
            &[2025, 2026, 2026],
        ),
        (
            "half a year",
            &["Jul 20 10:00:00", "Jan 20 10:00:00", "Jan 21 00:00:00"],
            "2026-01-21 00:00:00",
            &[2025, 2026, 2026],
        ),
        ("a gap within a year", &["Jan 20 10:00:00", "Sep  3 10:00:00"], "2026-09-03 10:00:00", &[2026, 2026]),
        (
            "set back by a day",
            &["Mar  5 10:00:00", "Mar  4 10:00:00", "Mar  5 10:00:01"],
            "2026-03-05 10:00:01",
            &[2026; 3],
        ),
        ("set back by two months", &["Mar  5 10:00:00", "Jan 20 10:00:00"], "2026-03-05 10:00:01", &[2026; 2]),
        (
            "booted without a clock",
            &["Nov 19 10:00:00", "Jan  1 00:00:05", "Jan  1 00:00:25", "Nov 19 10:02:00"],
            "2026-11-19 10:02:00",
            &[2026; 4],
        ),
        ("a leap day", &["Feb 28 10:00:00", "Feb 29 10:00:00", "Mar  1 10:00:00"], "2026-11-19 10:02:00", &[2024; 3]),
        (
            "a leap day two turns ago",
            &[
                "Feb 29 10:00:00",
                "Dec 31 10:00:00",
                "Jan  1 10:00:00",
                "Jul  1 10:00:00",
                "Dec 31 10:00:00",
                "Jan  1 10:00:00",
            ],
            "2026-01-01 10:00:00",
            &[2024, 2024, 2025, 2025, 2025, 2026],
        ),
    ] {
        let got = moments_in_any_blocks("syslog", &syslog(stamps), Some(second(written)), &given(None, None));
        let years: Vec<i32> = got.iter().map(|moment| moment[..4].parse().unwrap()).collect();
        assert_eq!(years, wanted, "{why}");
    }
}

#[test]
fn what_tells_the_year() {
    let (nov, dec) = ("Nov 20 10:00:00", "Dec 31 23:00:00");
    let inner = "Nov 24 02:34:03 lb01 haproxy[99]: 10.0.0.1:5000 [24/Nov/2023:02:33:56.460] www app/web1 0/0/1/2/3 200 512 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n";
    for (why, name, text, written, year, wanted) in [
        ("the mtime", "syslog", syslog(&[nov]), Some("2024-11-20 10:00:03"), None, "2024"),
        ("the mtime, after New Year", "syslog", syslog(&[dec]), Some("2025-01-01 00:10:00"), None, "2024"),
        ("a copy's mtime", "syslog", syslog(&[nov]), Some("2026-03-01 00:00:00"), None, "2025"),
        (
            "the name, not the copy's mtime",
            "syslog-20241121.gz",
            syslog(&[nov]),
            Some("2026-03-01 00:00:00"),
            None,
            "2024",
        ),
        (
            "lines that have one",
            "haproxy.log",
            inner.to_owned() + &syslog(&["Nov 24 02:34:05"]),
            Some("2026-11-24 03:00:00"),
            None,
            "2023",
        ),
        ("the user", "syslog", syslog(&[nov]), Some("2024-11-20 10:00:03"), Some(2019), "2019"),
        ("the user, but for the leap day", "syslog", syslog(&["Feb 29 10:00:00"]), None, Some(2025), "2024"),
    ] {
        let got = moments_in_any_blocks(name, &text, written.map(second), &given(None, year));
        assert_eq!(&got.last().unwrap()[..4], wanted, "{why}");
    }
}

/// Lines of three forms without a zone, at civil times of one day.
fn zoneless(times: &[&str]) -> [(&'static str, String, Option<i32>); 3] {
    let each = |line: &dyn Fn(&str) -> String| times.iter().map(|time| line(time)).collect::<String>();
    [
        ("syslog", each(&|time| format!("Oct 25 {time} web01 app[7]: said something\n")), Some(2026)),
        ("error.log", each(&|time| format!("2026/10/25 {time} [error] 815#815: *7 said something\n")), None),
        (
            "haproxy.log",
            each(&|time| {
                format!(
                    "10.0.0.1:5000 [25/Oct/2026:{time}.000] www app/web1 0/0/1/2/3 200 512 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n"
                )
            }),
            None,
        ),
    ]
}

#[test]
fn an_hour_that_comes_twice_is_told_by_the_order_of_the_lines() {
    let times = ["01:59:58", "02:00:00", "02:59:59", "02:00:01", "02:30:00", "03:00:00"];
    let wanted = ["23:59:58", "00:00:00", "00:59:59", "01:00:01", "01:30:00", "02:00:00"];
    for (name, text, year) in zoneless(&times) {
        let got = moments_in_any_blocks(name, &text, None, &given(Some("Europe/Berlin"), year));
        let clocks: Vec<&str> = got.iter().map(|moment| &moment[11..19]).collect();
        assert_eq!(clocks, wanted, "{name}");
        let fixed = moments_in_any_blocks(name, &text, None, &given(Some("+01:00"), year));
        assert_eq!(&fixed[2][11..19], "01:59:59", "{name}: an offset has no such hour");
    }
}

#[test]
fn an_hour_that_does_not_exist_is_read_with_the_offset_before_it() {
    let text =
        "2026/03/29 01:59:59 [error] 1#1: x\n2026/03/29 02:30:00 [error] 1#1: x\n2026/03/29 03:00:00 [error] 1#1: x\n";
    let got = moments_in_any_blocks("error.log", text, None, &given(Some("Europe/Berlin"), None));
    assert_eq!(got, ["2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z"]);
}

#[test]
fn what_a_file_reveals_of_its_own_zone() {
    const HIT: &str = "10.0.0.1 - - [24/Nov/2026:02:33:56 +0100] \"GET / HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n";
    const ERROR: &str = "2026/11/24 02:33:57 [error] 815#815: *7 said something\n";
    let session = |stamp: &str, inner: &str| {
        format!(
            "{stamp} lb01 haproxy[99]: 10.0.0.1:5000 [24/Nov/2026:{inner}.460] www app/web1 0/0/1/2/3 200 512 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n"
        )
    };
    let busy: String = (10..57).map(|second| ERROR.replace(":57", &format!(":{second}"))).collect();
    let inside = |hit: &str| format!("Nov 24 02:33:57 web01 nginx: {hit}{}", syslog(&["Nov 24 02:33:57"]));
    for (why, name, text, written, wanted) in [
        ("a line beside it", "web.log", HIT.repeat(3) + ERROR, None, "01:33:57"),
        ("a line inside", "syslog", inside(HIT), None, "01:33:57"),
        ("a line inside, in UTC", "syslog", inside(&HIT.replace("02:33:56 +0100", "01:33:56 +0000")), None, "01:33:57"),
        ("the envelope", "haproxy.log", session("2026-11-24T02:33:57+01:00", "02:33:56"), None, "01:33:56"),
        ("not the envelope's own", "haproxy.log", session("2026-11-24T02:33:57+01:00", "01:33:56"), None, "01:33:56"),
        ("the mtime", "error.log", ERROR.into(), Some("2026-11-24 01:33:59"), "01:33:57"),
        ("the mtime of a busy file", "error.log", busy.clone(), Some("2026-11-23 21:05:20"), "21:03:56"),
        ("not that of a copy", "error.log", busy, Some("2026-11-24 01:41:00"), "02:33:56"),
        ("not that of a file long idle", "error.log", ERROR.into(), Some("2026-11-24 01:35:30"), "02:33:57"),
    ] {
        let got = moments_in_any_blocks(name, &text, written.map(second), &given(None, None));
        assert_eq!(&got.last().unwrap()[11..19], wanted, "{why}");
    }
}

/// The report on logs in memory, with their mtimes.
fn report(logs: &[(String, String)], zone: Option<&str>, block_bytes: usize) -> Json {
    let source = |(name, text): &(String, String)| {
        let mut source = Source::read(name, text.clone().into_bytes());
        source.modified_s = Some(second("2026-10-30 10:00:00"));
        source
    };
    let zones = given(zone, None).zones;
    let question = Question { block_bytes: Some(block_bytes), zones, ..Question::default() };
    let sources = logs.iter().map(source).collect();
    serde_json::to_value(pmtrace::answer(&question, Found { sources, skipped: Vec::new() })).unwrap()
}

/// What of a report does not name files.
fn story(report: &Json) -> String {
    let incidents = report["incidents"].as_array().unwrap().iter().map(|incident| {
        let timeline = incident["timeline"].as_array().unwrap().iter();
        let timeline: Vec<_> =
            timeline.map(|item| (&item["time"], &item["kind"], &item["count"], &item["text"])).collect();
        format!(
            "{} {} {} {} {} {timeline:?}",
            incident["title"], incident["start"], incident["end"], incident["impact"], incident["series"]
        )
    });
    format!("{} {}", report["coverage"], incidents.collect::<Vec<_>>().join("\n"))
}

/// An outage about New Year: an access log that states its zone, an error log and a syslog that do not.
fn new_year() -> [(&'static str, Vec<String>); 3] {
    let (mut access, mut error, mut syslog) = (Vec::new(), Vec::new(), Vec::new());
    for offset in 0..4 * 3600 {
        let at = chrono::DateTime::from_timestamp(second("2025-12-31 22:00:00") + offset, 0).unwrap().naive_utc();
        let client = offset % 7;
        let is_down = (6800..7700).contains(&offset);
        let status = if is_down { 502 } else { 200 };
        access.push(format!(
            "10.0.0.{client} - - [{} +0100] \"GET /{offset} HTTP/1.1\" {status} 512 \"-\" \"curl/8.5.0\"\n",
            at.format("%d/%b/%Y:%H:%M:%S")
        ));
        if is_down {
            error.push(format!(
                "{} [error] 815#815: *{offset} connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.{client}, server: _, request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:8080/\", host: \"example.com\"\n",
                at.format("%Y/%m/%d %H:%M:%S")
            ));
        }
        let stamp = at.format("%b %e %H:%M:%S");
        match offset {
            6799 => syslog.push(format!("{stamp} web01 systemd[1]: app.service: Failed with result 'exit-code'.\n")),
            7700 => syslog.push(format!("{stamp} web01 systemd[1]: Started app.service - App.\n")),
            _ if offset % 60 == 0 => syslog.push(format!("{stamp} web01 CRON[{offset}]: (root) CMD (true)\n")),
            _ => {}
        }
    }
    [("nginx/access.log", access), ("nginx/error.log", error), ("syslog", syslog)]
}

#[test]
fn a_rotated_set_is_one_stream() {
    let logs = new_year();
    let whole: Vec<(String, String)> = logs.iter().map(|(name, lines)| ((*name).into(), lines.concat())).collect();
    let whole = story(&report(&whole, None, usize::MAX));
    assert!(whole.contains("2025-12-31T22:53:20Z") && whole.contains("\"2026-01-01T00:59:59Z\""), "{whole}");
    // Names of the parts, the oldest first, and where each begins and ends, in twelfths of the lines.
    let cuts = [
        ("numbers", [(".2", 0, 3), (".1", 3, 8), ("", 8, 12)]),
        ("dates", [("-20251231", 0, 4), ("-20260101", 4, 6), ("", 6, 12)]),
        ("a copy of the beginning", [(".2", 0, 4), (".1", 0, 8), ("", 0, 12)]),
        ("parts that overlap", [(".2", 0, 5), (".1", 4, 9), ("", 7, 12)]),
    ];
    for (why, parts) in cuts {
        let mut files = Vec::new();
        for (name, lines) in &logs {
            for (ending, from, to) in parts {
                let part = lines[lines.len() * from / 12..lines.len() * to / 12].concat();
                files.push((format!("{name}{ending}"), part));
            }
        }
        for turn in 0..3 {
            files.rotate_left(turn * 2);
            let report = report(&files, None, 64 << 10);
            assert!(story(&report) == whole, "{why}, turned {turn}:\n{}\n{whole}", story(&report));
            let zones: Vec<&Json> =
                report["inputs"].as_array().unwrap().iter().map(|input| &input["zone"]["offset_s"]).collect();
            assert!(zones.iter().all(|offset| **offset == 3600), "{why}: {zones:?}");
        }
    }
}

#[test]
fn a_copy_in_a_rotated_set_is_named() {
    let logs = new_year();
    let (_, lines) = &logs[2];
    let files = [("syslog".to_owned(), lines.concat()), ("syslog.1".to_owned(), lines[..200].concat())];
    let report = report(&files, None, usize::MAX);
    assert_eq!(report["inputs"][1]["duplicate_of"], "syslog");
    assert_eq!(report["inputs"][0]["duplicate_of"], Json::Null);
}

/// A request every five seconds for four hours, in local time, of which ten minutes failed.
fn sessions(zone: &str, from_s: i64, failed: std::ops::Range<i64>) -> String {
    let zone: chrono_tz::Tz = zone.parse().unwrap();
    let mut text = String::new();
    for offset in (0..4 * 3600).step_by(5) {
        let at = chrono::DateTime::from_timestamp(from_s + offset, 0).unwrap();
        let local = at.with_timezone(&zone).format("%d/%b/%Y:%H:%M:%S");
        let (status, state) = if failed.contains(&(from_s + offset)) { (503, "SC--") } else { (200, "----") };
        let client = offset / 5 % 9;
        writeln!(
            text,
            "10.0.0.{client}:5000 [{local}.123] www app/web1 0/0/1/2/3 {status} 512 - - {state} 1/1/1/1/0 0/0 \"GET / HTTP/1.1\""
        )
        .unwrap();
    }
    text
}

#[test]
fn requests_of_an_hour_that_comes_twice_make_no_hole() {
    for (zone, change) in [("Europe/Berlin", "2026-10-25 01:00:00"), ("America/New_York", "2026-11-01 06:00:00")] {
        // From two hours before the change, with an outage in the second pass.
        let change_s = second(change);
        let text = sessions(zone, change_s - 7200, change_s + 1200..change_s + 1800);
        let logs = [("haproxy.log".to_owned(), text)];
        let whole = report(&logs, Some(zone), usize::MAX);
        let incidents = whole["incidents"].as_array().unwrap();
        assert_eq!(incidents.len(), 1, "{zone}: {whole}");
        let start = incidents[0]["start"].as_str().unwrap();
        assert_eq!(&start[14..], "20:00.123Z", "{zone}");
        assert_eq!(incidents[0]["impact"]["requests"]["failed"], 120, "{zone}");
        for block_bytes in [1, 4096, 64 << 10] {
            assert_eq!(story(&report(&logs, Some(zone), block_bytes)), story(&whole), "{zone}, {block_bytes}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Lines in order of real time, some late by seconds, written in local time over a change and over New Year: the
    /// moments that are found are those that were written.
    #[test]
    fn moments_survive_being_written_without_year_and_pass(
        start in prop::sample::select(vec!["2025-10-25 23:30:00", "2025-12-31 22:00:00", "2026-03-28 23:30:00", "2024-02-28 22:00:00"]),
        gaps in prop::collection::vec((0i64..240, 0i64..3), 20..80),
        block_bytes in 1usize..2000,
    ) {
        let zone: chrono_tz::Tz = "Europe/Berlin".parse().unwrap();
        let (mut text, mut wanted, mut now) = (String::new(), Vec::new(), second(start));
        for (gap, late) in gaps {
            now += gap;
            let at = chrono::DateTime::from_timestamp(now - late, 0).unwrap();
            writeln!(text, "{} web01 app[7]: said something", at.with_timezone(&zone).format("%b %e %H:%M:%S")).unwrap();
            wanted.push(at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
        let got = moments("syslog", &text, Some(now + 1), &given(Some("Europe/Berlin"), None), block_bytes);
        // A silence over the whole change leaves no sign of it.
        let silent = wanted.windows(2).any(|pair| {
            let at = |text: &str| second(&text.replace('T', " ").replace('Z', ""));
            at(&pair[1]) - at(&pair[0]) > 200
        });
        prop_assert!(got == wanted || silent, "{:?}", got.iter().zip(&wanted).find(|(got, wanted)| got != wanted));
    }
}
