//! How the work is divided does not show: any number of threads, any order of the inputs, any size of the blocks and
//! any zone of the machine give the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pmtrace::Question;
use pmtrace::facts::Facts;
use pmtrace::facts::survey::{Input, survey};
use pmtrace::facts::traffic::SeriesKey;
use pmtrace::format::recognise::{Recognised, recognise};
use pmtrace::input::{Found, Source};
use proptest::prelude::*;

const STORIES: [&str; 2] = ["apache-docker-port-80", "nginx-apache-port"];

fn story(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents").join(name)
}

fn files(below: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn investigate(paths: Vec<PathBuf>, block_bytes: Option<usize>) -> String {
    json(&pmtrace::investigate(&Question { paths, block_bytes, ..Question::default() }))
}

fn json(report: &pmtrace::report::model::Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

/// What the program writes on a story, in the machine's zone `zone`.
fn written(story: &Path, args: &[&str], zone: &str) -> Vec<u8> {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pmtrace"));
    let output = command.current_dir(story).env("TZ", zone).args(args).arg(".").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Names the first line that differs, as two whole reports are nothing to read.
fn assert_same(why: &str, one: &str, other: &str) {
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{why}: {differs:?}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    for story in STORIES.map(story) {
        for args in [&["-o", "json", "-j"][..], &["-o", "text", "-j"], &["parse", "-j"]] {
            let with = |threads| written(&story, &[args, &[threads]].concat(), "UTC");
            let [one, two, eight] = ["1", "2", "8"].map(with);
            assert!(one == two && one == eight, "{}: {args:?}", story.display());
        }
    }
}

#[test]
fn the_zone_of_the_machine_does_not_show() {
    for story in STORIES.map(story) {
        for args in [&["-o", "json"][..], &["-o", "text"], &["parse"]] {
            let [utc, tokyo] = ["UTC", "Asia/Tokyo"].map(|zone| written(&story, args, zone));
            assert!(utc == tokyo, "{}: {args:?}", story.display());
        }
    }
}

#[test]
fn the_order_of_the_inputs_does_not_show() {
    for story in STORIES.map(story) {
        let files = files(&story);
        let wanted = investigate(files.clone(), None);
        let mut random = 0x9E37_79B9_7F4A_7C15u64;
        for _ in 0..20 {
            let mut shuffled = files.clone();
            for last in (1..shuffled.len()).rev() {
                // Knuth's generator of 64 bits; its upper half is even enough.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(last, (random >> 33) as usize % (last + 1));
            }
            assert_same(&format!("{shuffled:?}"), &investigate(shuffled, None), &wanted);
        }
    }
}

#[test]
fn the_size_of_the_blocks_does_not_show() {
    for story in STORIES.map(story) {
        let whole = investigate(vec![story.clone()], Some(usize::MAX));
        for size in [None, Some(1), Some(1 << 10), Some(7 << 10), Some(64 << 10)] {
            assert_same(&format!("{}: {size:?}", story.display()), &investigate(vec![story.clone()], size), &whole);
        }
    }
}

#[test]
fn the_zone_of_a_log_is_found_in_blocks_of_any_size() {
    // The journal holds only the end of what syslog holds, an hour behind.
    let (mut syslog, mut journal) = (String::new(), String::new());
    for (line, second) in (1_795_478_400i64..).take(6000).enumerate() {
        let at = civil(second + 3600).format("%b %e %H:%M:%S");
        writeln!(syslog, "{at} web01 app[812]: answer {line} of many").unwrap();
        if line >= 5000 {
            writeln!(
                journal,
                "__CURSOR=s={line}\n__REALTIME_TIMESTAMP={second}000000\n_HOSTNAME=web01\n_PID=812\nSYSLOG_IDENTIFIER=app\nMESSAGE=answer {line} of many\n"
            )
            .unwrap();
        }
    }
    let logs = [("journal.export".to_owned(), journal), ("syslog".to_owned(), syslog)];
    let whole = answer(&logs, usize::MAX);
    assert!(whole.contains("\"how\": \"inferred\""), "{whole}");
    for size in [1 << 10, 64 << 10] {
        assert_same(&format!("{size}"), &answer(&logs, size), &whole);
    }
}

#[test]
fn the_evidence_of_a_late_outage_does_not_hang_on_earlier_blocks() {
    // A few errors in the morning, and an outage of five minutes an hour later.
    let (mut access, mut error) = (String::new(), String::new());
    for second in 0..5400 {
        let at = 1_795_478_400 + second;
        let is_down = (3600..3900).contains(&second);
        // Of seven clients; 19 and 14 choose a 502 and a 200, and 28 more the same for the next client.
        let client = u8::try_from(second % 7).unwrap() * 28;
        nginx_access(&mut access, at, client + if is_down { 19 } else { 14 });
        if is_down || second % 600 < 2 {
            nginx_error(&mut error, at, 19 + client);
        }
    }
    let logs = [("nginx/access.log".to_owned(), access), ("nginx/error.log".to_owned(), error)];
    let whole = answer(&logs, usize::MAX);
    assert!(whole.contains("connect() failed"), "{whole}");
    for size in [1, 1 << 10, 64 << 10] {
        assert_same(&format!("{size}"), &answer(&logs, size), &whole);
    }
}

/// Writes a line of a log: the civil second, in days of November 2026 or around the turn of a year, and a number that
/// chooses among the wordings.
type Writer = fn(&mut String, i64, u8);

/// Forms of logs, by a name that tells the server.
const FORMS: [(&str, Writer); 6] = [
    ("nginx/access.log", nginx_access),
    ("nginx/error.log", nginx_error),
    ("apache2/error.log", apache_error),
    ("syslog", syslog),
    ("haproxy.log", haproxy),
    ("journal.export", journal),
];

fn civil(second: i64) -> chrono::NaiveDateTime {
    chrono::DateTime::from_timestamp(second, 0).unwrap().naive_utc()
}

/// The offset changes with the choice, as when clocks go back.
fn nginx_access(log: &mut String, second: i64, choice: u8) {
    let (at, offset) = (civil(second).format("%d/%b/%Y:%H:%M:%S"), 1 + choice / 200);
    let status = [200, 200, 304, 404, 499, 502, 503][usize::from(choice % 7)];
    let client = choice % 11;
    writeln!(
        log,
        "10.0.0.{client} - - [{at} +0{offset}00] \"GET /{choice} HTTP/1.1\" {status} 512 \"-\" \"curl/8.5.0\""
    )
    .unwrap();
}

fn nginx_error(log: &mut String, second: i64, choice: u8) {
    let at = civil(second).format("%Y/%m/%d %H:%M:%S");
    let client = choice % 11;
    match choice % 4 {
        0 => writeln!(log, "{at} [emerg] 812#812: bind() to 0.0.0.0:80 failed (98: Address already in use)"),
        1 => writeln!(log, "{at} [notice] 812#812: signal 15 (SIGTERM) received, exiting"),
        2 => writeln!(log, "no record\n  and a line that goes on"),
        _ => writeln!(
            log,
            "{at} [error] 815#815: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.{client}, server: _, request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:8080/\", host: \"example.com\""
        ),
    }
    .unwrap();
}

fn apache_error(log: &mut String, second: i64, choice: u8) {
    let at = civil(second).format("%a %b %d %H:%M:%S.000001 %Y");
    match choice % 4 {
        0 => writeln!(log, "(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80"),
        1 => writeln!(log, "no listening sockets available, shutting down\nAH00015: Unable to open logs"),
        2 => writeln!(log, "[{at}] [mpm_event:notice] [pid 812:tid 812] AH00491: caught SIGTERM, shutting down"),
        _ => writeln!(log, "[{at}] [php:error] [pid 812] [client 10.0.0.1:5000] PHP Fatal error:  x in /y.php:3\nStack trace:\n#0 {{main}}\n  thrown"),
    }
    .unwrap();
}

fn syslog(log: &mut String, second: i64, choice: u8) {
    let at = civil(second).format("%b %e %H:%M:%S");
    match choice % 5 {
        0 => writeln!(log, "{at} web01 systemd[1]: Started nginx.service - A high performance web server."),
        1 => writeln!(log, "{at} web01 systemd[1]: nginx.service: Failed with result 'exit-code'."),
        2 => writeln!(log, "{at} web01 kernel: [12345.678901] Out of memory: Killed process 812 (mysqld) total-vm:1kB, anon-rss:1kB"),
        3 => writeln!(log, "{at} web01 sudo:    anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx"),
        _ => writeln!(log, "{at} web01 CRON[{choice}]: (root) CMD (true)"),
    }
    .unwrap();
}

fn haproxy(log: &mut String, second: i64, choice: u8) {
    let (stamp, at) = (civil(second).format("%b %e %H:%M:%S"), civil(second).format("%d/%b/%Y:%H:%M:%S"));
    let (status, state) = [(200, "----"), (503, "SC--"), (502, "SH--"), (504, "sH--")][usize::from(choice % 4)];
    writeln!(
        log,
        "{stamp} lb01 haproxy[99]: 10.0.0.{choice}:5000 [{at}.123] www app/web1 0/0/1/2/3 {status} 512 - - {state} 1/1/1/1/0 0/0 \"GET / HTTP/1.1\""
    )
    .unwrap();
}

/// Some entries hold a binary field in which another one seems to begin.
fn journal(log: &mut String, second: i64, choice: u8) {
    write!(
        log,
        "__CURSOR=s={choice}\n__REALTIME_TIMESTAMP={second}000000\n_PID=812\n_COMM=nginx\nSYSLOG_IDENTIFIER=nginx\n"
    )
    .unwrap();
    let message = [
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "x\n\n__CURSOR=s=no\n__REALTIME_TIMESTAMP=1\nMESSAGE=none\n\n",
        "hello",
    ];
    let message = message[usize::from(choice % 3)];
    if message.contains('\n') {
        log.push_str("MESSAGE\n");
        log.extend((message.len() as u64).to_le_bytes().map(char::from));
        writeln!(log, "{message}\n").unwrap();
    } else {
        writeln!(log, "MESSAGE={message}\n").unwrap();
    }
}

/// A log's name and its text: some lines of one form from a day of November, of October when clocks go back, or
/// around New Year, with gaps of up to `gap_s`, a few of them backwards.
fn log() -> impl Strategy<Value = (String, String)> {
    let start = prop::sample::select(vec![1_795_478_400, 1_792_890_000, 1_798_761_000]);
    let lines = prop::collection::vec((-3i64..60, any::<u8>()), 1..60);
    (prop::sample::select(FORMS.to_vec()), start, lines).prop_map(|((name, write), start, lines)| {
        let (mut text, mut second) = (String::new(), start);
        for (gap, choice) in lines {
            second += gap;
            write(&mut text, second, choice);
        }
        (name.to_owned(), text)
    })
}

/// Logs with a name of their own each.
fn logs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(log(), 1..4).prop_map(|logs| {
        logs.into_iter().enumerate().map(|(index, (name, text))| (format!("{index}/{name}"), text)).collect()
    })
}

/// The report on logs in memory.
fn answer(logs: &[(String, String)], block_bytes: usize) -> String {
    let sources = logs.iter().map(|(name, text)| Source::read(name, text.clone().into_bytes())).collect();
    let question = Question { block_bytes: Some(block_bytes), ..Question::default() };
    json(&pmtrace::answer(&question, Found { sources, skipped: Vec::new() }))
}

/// The facts of one log, as a part of what one source says: without its blocks, whose numbers are those of other parts.
fn part(name: &str, bytes: &[u8], recognised: &Recognised, block_bytes: usize) -> Facts {
    let mut facts = survey(&[Input { name, bytes, recognised }], block_bytes);
    facts.blocks.clear();
    facts
}

/// The requests of each series by second, wherever its blocks end.
fn series(facts: &Facts) -> String {
    let mut seconds: BTreeMap<_, [u64; 5]> = BTreeMap::new();
    let mut refused: BTreeSet<_> = BTreeSet::new();
    for (key, series) in &facts.series {
        let of = SeriesKey { stretch: None, ..key.clone() };
        for second in &series.seconds {
            let sums = seconds.entry((of.clone(), second.at)).or_default();
            let counts = [second.requests, second.failing, second.refused, second.gave_up].map(u64::from);
            let counts = counts.into_iter().chain([second.print]);
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.wrapping_add(count));
        }
        refused.extend(series.failures.iter().map(|failure| format!("{of:?} {failure:?}")));
        refused.extend(series.refusals.iter().map(|refusal| format!("{of:?} {refusal:?}")));
    }
    format!("{seconds:?} {refused:?}")
}

/// What is told of facts whatever the order in which they came together.
fn told(facts: Facts) -> String {
    format!("{:#?}", facts.sorted())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn blocks_of_any_size_give_the_same_report(logs in logs(), block_bytes in 1usize..4096) {
        let (blocks, whole) = (answer(&logs, block_bytes), answer(&logs, usize::MAX));
        let differs = blocks.lines().zip(whole.lines()).find(|(one, other)| one != other);
        prop_assert!(blocks == whole, "{:?}", differs);
    }

    #[test]
    fn blocks_of_any_size_count_the_same((name, text) in log(), block_bytes in 1usize..4096) {
        let Some(recognised) = recognise(&name, text.as_bytes()) else { return Ok(()) };
        let [blocks, whole] = [block_bytes, usize::MAX].map(|size| part(&name, text.as_bytes(), &recognised, size));
        prop_assert_eq!(series(&blocks), series(&whole));
        let facts = |facts: &Facts| facts.events.iter().map(|event| (event.place.offset, event.fact.clone())).collect::<Vec<_>>();
        prop_assert_eq!(facts(&blocks), facts(&whole));
        let counts = |facts: &Facts| {
            let own = &facts.sources[&0];
            (own.records, own.continuations, own.unparsed, own.zoneless, own.formats.clone(), own.offsets.clone(), own.hosts.clone())
        };
        prop_assert_eq!(counts(&blocks), counts(&whole));
    }

    #[test]
    fn merge_is_the_same_in_any_order(logs in prop::collection::vec(log(), 3), order in Just(vec![0usize, 1, 2]).prop_shuffle()) {
        let parts: Vec<Facts> = logs
            .iter()
            .map(|(name, text)| recognise(name, text.as_bytes()).map_or_else(Facts::default, |recognised| part(name, text.as_bytes(), &recognised, usize::MAX)))
            .collect();
        let [mut left, mut right, mut shuffled] = [parts[0].clone(), parts[0].clone(), Facts::default()];
        left.merge(parts[1].clone());
        left.merge(parts[2].clone());
        let mut last = parts[1].clone();
        last.merge(parts[2].clone());
        right.merge(last);
        order.iter().for_each(|index| shuffled.merge(parts[*index].clone()));
        let left = told(left);
        prop_assert!(left == told(right), "a + (b + c) is not (a + b) + c");
        prop_assert!(left == told(shuffled), "the order {:?} shows", order);
    }
}
