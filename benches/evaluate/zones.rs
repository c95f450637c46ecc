//! Zones and skews that logs do not state, found by what they share with others (methods, 4 and 8.6).

use pmtrace::clock::{Given, How, SourceName, Timebase, align};
use pmtrace::facts::survey::{Input, survey};
use pmtrace::format::recognise::recognise;
use rayon::prelude::*;

use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;
use crate::scene::{DAY_S, Scene, civil, combined, session};

/// Offsets that a log may have, in minutes.
const OFFSETS: [i64; 18] =
    [-720, -570, -480, -300, -210, -180, 0, 60, 120, 180, 210, 330, 345, 420, 480, 570, 765, 840];
/// Requests that both logs have, and each of them once.
const SHARED: [usize; 7] = [0, 2, 4, 6, 10, 30, 200];
/// Lines of an error log with and without a failing request.
const LINES: [(usize, usize); 6] = [(0, 20), (3, 5), (5, 5), (10, 20), (30, 30), (100, 100)];
/// By how much the clock of one of two hosts is ahead, in seconds; and by how much more a day later.
const SKEWS: [(i64, i64); 8] = [(0, 0), (1, 0), (3, 0), (10, 0), (60, 0), (-240, 0), (5, 8), (-20, -12)];

/// The tables.
pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    vec![shared(scale), errors(scale), skews(scale)]
}

/// What a case came to.
#[derive(Clone, Copy, Default)]
struct Found {
    is_inferred: bool,
    is_right: bool,
    /// By how much the skew is off, in seconds; of a skewed log whose zone is inferred.
    off_s: Option<i64>,
}

fn measured(scale: &Scale, row: &str, cases: usize, case: impl Fn(&mut Random) -> Found + Sync) -> Vec<Found> {
    let of = |index: usize| case(&mut Random::new(scale.seed, row, &index.to_string()));
    (0..cases).into_par_iter().map(of).collect()
}

fn shared(scale: &Scale) -> Table {
    let mut table = Table {
        title: "Zone from requests that two logs share (half of the pairs with a skew of up to 90 s)".into(),
        columns: ["shared requests", "pairs", "inferred", "right when inferred", "wrong", "skew within 1 s"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    let (mut enough, mut inferred, mut wrong, mut all) = (0, 0, 0, 0);
    let (mut skewed, mut near) = (0, 0);
    for count in SHARED {
        let cases = scale.of(600, 20);
        let found = measured(scale, &format!("shared {count}"), cases, |random| pair(random, count));
        let told = found.iter().filter(|found| found.is_inferred).count();
        let right = found.iter().filter(|found| found.is_inferred && found.is_right).count();
        let off: Vec<i64> = found.iter().filter_map(|found| found.off_s).collect();
        let within = off.iter().filter(|off| **off <= 1).count();
        if count >= 6 {
            (enough, inferred) = (enough + cases, inferred + told);
            (skewed, near) = (skewed + off.len(), near + within);
        }
        (wrong, all) = (wrong + told - right, all + cases);
        let share = |part: usize, of: usize| percent(part, of).map_or("–".into(), |share| format!("{share:.1}%"));
        table.rows.push(vec![
            count.to_string(),
            cases.to_string(),
            share(told, cases),
            share(right, told),
            (told - right).to_string(),
            share(within, off.len()),
        ]);
    }
    table.figures = vec![
        figure("zone inferred with ≥ 6 shared requests", (inferred, enough), Side::AtLeast, 99.0, 100.0),
        figure("zone from shared requests: inferred and wrong, of all", (wrong, all), Side::AtMost, 0.05, 0.0),
        figure("skew within 1 s with ≥ 6 shared requests", (near, skewed), Side::AtLeast, 99.0, 100.0),
    ];
    table
}

fn figure(what: &str, (part, of): (usize, usize), side: Side, bar: f64, goal: f64) -> Figure {
    Figure { what: what.into(), reached: percent(part, of), of, side, bar, goal, unit: " %" }
}

/// nginx's log in UTC and HAProxy's in a zone that it does not state, of one night.
fn pair(random: &mut Random, count: usize) -> Found {
    const LASTS_S: i64 = 8 * 3600;
    let offset_s = 60 * random.of(&OFFSETS);
    let skew_s = if random.happens(0.5) { random.between(-90, 91) } else { 0 };
    let mut here: Vec<(i64, String, u16)> = Vec::new();
    let mut there = Vec::new();
    let client = |number: i64| format!("203.0.113.{}", number % 250);
    for index in 0..count as i64 {
        let at = DAY_S + random.between(0, LASTS_S);
        let path = format!("/order/{index}?step={}", random.hex(6));
        here.push((at + random.between(0, 2), path.clone(), 200));
        there.push((at, path, 200));
    }
    // Popular ones are in both, often, and at no common moment.
    for index in 0..300 {
        for log in [&mut here, &mut there] {
            for _ in 0..random.between(2, 5) {
                log.push((DAY_S + random.between(0, LASTS_S), format!("/page/{index}"), 200));
            }
        }
    }
    for index in 0..random.between(0, 13) {
        for log in [&mut here, &mut there] {
            log.push((DAY_S + random.between(0, LASTS_S), format!("/stray/{index}"), 200));
        }
    }
    for job in 0..random.between(0, 3) {
        let minute = random.between(0, 3600);
        for log in [&mut here, &mut there] {
            let first = random.between(0, 3);
            log.extend((first..8).map(|hour| (DAY_S + 3600 * hour + minute, format!("/job/{job}"), 200)));
        }
    }
    here.sort();
    there.sort();
    let mut scene = Scene::default();
    let number = |path: &str| path.bytes().map(i64::from).sum::<i64>();
    for (at, path, status) in here {
        scene.file("web/access.log").push_str(&combined(at, &client(number(&path)), &path, status));
    }
    for (at, path, status) in there {
        let shown = at + offset_s + skew_s;
        scene.file("lb/haproxy.log").push_str(&session(shown, &client(number(&path)), &path, status));
    }
    let timebase = clocks(&scene);
    let clock = &timebase.sources[1];
    let is_inferred = clock.how == How::Inferred;
    let told = i64::from(clock.rule.offset_at(DAY_S));
    Found { is_inferred, is_right: told == offset_s, off_s: off_s(&timebase, skew_s).filter(|_| is_inferred) }
}

/// How far the difference of the two clocks is off, where there is one of at least two seconds or one is told.
fn off_s(timebase: &Timebase, skew_s: i64) -> Option<i64> {
    let ahead = |source: usize| timebase.sources[source].skew.as_ref().map_or(0, |skew| skew.at(DAY_S));
    let told = ahead(1) - ahead(0);
    (skew_s.abs() > 2 || told != 0).then_some((told - skew_s).abs())
}

/// The clocks of a scene's files.
fn clocks(scene: &Scene) -> Timebase {
    let files = scene.files();
    let recognised: Vec<_> =
        files.iter().filter_map(|(name, text)| Some((name, text, recognise(name, text.as_bytes())?))).collect();
    let inputs: Vec<Input<'_>> =
        recognised.iter().map(|(name, text, recognised)| Input { name, bytes: text.as_bytes(), recognised }).collect();
    let names: Vec<SourceName> =
        inputs.iter().map(|input| SourceName { name: input.name.into(), modified_s: None }).collect();
    align(&survey(&inputs, usize::MAX), &names, &Given::default())
}

fn errors(scale: &Scale) -> Table {
    let mut table = Table {
        title: "Zone of an error log from failing requests".into(),
        columns: ["lines with a failing request", "other lines", "logs", "inferred", "right when inferred", "wrong"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    let (mut enough, mut inferred, mut wrong, mut all) = (0, 0, 0, 0);
    for (matching, others) in LINES {
        let cases = scale.of(600, 20);
        let row = format!("errors {matching} {others}");
        let found = measured(scale, &row, cases, |random| error_log(random, matching, others));
        let told = found.iter().filter(|found| found.is_inferred).count();
        let right = found.iter().filter(|found| found.is_inferred && found.is_right).count();
        if matching >= 5 {
            (enough, inferred) = (enough + cases, inferred + told);
        }
        (wrong, all) = (wrong + told - right, all + cases);
        table.rows.push(vec![
            matching.to_string(),
            others.to_string(),
            cases.to_string(),
            format!("{:.1}%", percent(told, cases).unwrap_or(0.0)),
            percent(right, told).map_or("–".into(), |share| format!("{share:.2}%")),
            (told - right).to_string(),
        ]);
    }
    table.figures = vec![
        figure("zone inferred with ≥ 5 matching error lines", (inferred, enough), Side::AtLeast, 98.0, 99.9),
        figure("zone from error lines: inferred and wrong, of all", (wrong, all), Side::AtMost, 0.1, 0.0),
    ];
    table
}

/// A day of an access log in UTC, of which requests fail now and then, and an error log elsewhere in another zone.
fn error_log(random: &mut Random, matching: usize, others: usize) -> Found {
    const LASTS_S: i64 = 86_400;
    let offset_s = 60 * random.of(&OFFSETS);
    let mut requests: Vec<(i64, i64, u16)> =
        (0..3000).map(|_| (DAY_S + random.between(0, LASTS_S), random.between(1, 250), 200)).collect();
    // An outage of some minutes, and failures at any time.
    let outage = DAY_S + random.between(0, LASTS_S - 900);
    for _ in 0..matching + 20 {
        let inside = random.happens(0.5);
        let at = if inside { outage + random.between(0, 900) } else { DAY_S + random.between(0, LASTS_S) };
        requests.push((at, random.between(1, 250), 502));
    }
    let failing: Vec<(i64, i64, u16)> = requests.iter().copied().filter(|request| request.2 == 502).collect();
    let mut lines: Vec<(i64, i64)> =
        failing.iter().take(matching).map(|(at, client, _)| (at - random.between(0, 2), *client)).collect();
    lines.extend((0..others).map(|_| (DAY_S + random.between(0, LASTS_S), random.between(1, 250))));
    requests.sort_unstable();
    lines.sort_unstable();
    let mut scene = Scene::default();
    for (at, client, status) in requests {
        scene.file("web/access.log").push_str(&combined(at, &format!("203.0.113.{client}"), "/", status));
    }
    for (at, client) in lines {
        let stamp = civil(at + offset_s, "%Y/%m/%d %H:%M:%S");
        let line = format!(
            "{stamp} [error] 815#815: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.{client}, server: _, request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:8080/\", host: \"example.com\"\n"
        );
        scene.file("other/error.log").push_str(&line);
    }
    let timebase = clocks(&scene);
    let clock = &timebase.sources[1];
    let told = i64::from(clock.rule.offset_at(DAY_S));
    Found { is_inferred: clock.how == How::Inferred, is_right: told == offset_s, off_s: None }
}

fn skews(scale: &Scale) -> Table {
    let mut table = Table {
        title: "Two hosts whose clocks differ (a balancer and a server behind it, a day at 0.1 requests a second)"
            .into(),
        columns: ["ahead by", "a day later by", "pairs", "skew told", "within 1 s all day", "largest error"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    let (mut all, mut near, mut quiet, mut false_) = (0, 0, 0, 0);
    for (skew, drift) in SKEWS {
        let cases = scale.of(40, 2);
        let found = measured(scale, &format!("skew {skew} {drift}"), cases, |random| hosts(random, skew, drift));
        let told = found.iter().filter(|found| found.is_inferred).count();
        let right = found.iter().filter(|found| found.is_right).count();
        if skew.abs() >= 2 {
            (all, near) = (all + cases, near + right);
        } else {
            (quiet, false_) = (quiet + cases, false_ + told);
        }
        let off = found.iter().filter_map(|found| found.off_s).max().unwrap_or(0);
        table.rows.push(vec![
            format!("{skew} s"),
            format!("{} s", skew + drift),
            cases.to_string(),
            format!("{:.1}%", percent(told, cases).unwrap_or(0.0)),
            format!("{:.1}%", percent(right, cases).unwrap_or(0.0)),
            format!("{off} s"),
        ]);
    }
    table.figures = vec![
        figure("skew of two hosts within 1 s all day", (near, all), Side::AtLeast, 97.0, 100.0),
        figure("skew told where it is under 2 s", (false_, quiet), Side::AtMost, 0.5, 0.0),
    ];
    table
}

/// Both hosts log each request; the server sees the balancer as its client. `is_inferred`: a skew is told.
fn hosts(random: &mut Random, skew_s: i64, drift_s: i64) -> Found {
    const LASTS_S: i64 = 86_400;
    let mut scene = Scene::default();
    let ahead = |at: i64| skew_s + drift_s * (at - DAY_S) / LASTS_S;
    let mut at = DAY_S;
    while at < DAY_S + LASTS_S {
        at += random.waiting(10.0);
        let path = if random.happens(0.6) {
            format!("/page/{}", random.between(0, 300))
        } else {
            format!("/search?q={}", random.hex(8))
        };
        let client = format!("203.0.113.{}", random.between(1, 250));
        let status = if random.happens(0.001) { 502 } else { 200 };
        scene.file("web01/access.log").push_str(&combined(at + random.between(0, 2), "10.0.0.2", &path, status));
        let line = session(at + ahead(at), &client, &path, status);
        let stamp = civil(at + ahead(at), "%Y-%m-%dT%H:%M:%S.300000+00:00");
        scene.file("lb01/haproxy.log").push_str(&format!("{stamp} lb01 haproxy[99]: {line}"));
    }
    let timebase = clocks(&scene);
    let of = |source: usize, at: i64| timebase.sources[source].skew.as_ref().map_or(0, |skew| skew.at(at));
    let off = (0..24).map(|hour| {
        let at = DAY_S + 3600 * hour + 1800;
        (of(1, at) - of(0, at) - ahead(at)).abs()
    });
    let off = off.max().unwrap_or(0);
    let is_told = timebase.sources.iter().any(|clock| clock.skew.is_some());
    Found { is_inferred: is_told, is_right: off <= 1, off_s: Some(off) }
}
