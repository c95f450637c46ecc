//! Each kind of silence, from log lines to what it is called.

use super::*;
use crate::clock::{Given, SourceName, align};
use crate::facts::survey::{Input, survey};
use crate::facts::traffic::Second;
use crate::format::recognise::recognise;

/// 2026-11-24 00:00:00 UTC
const MIDNIGHT: i64 = 1_795_478_400;

fn clock(at: i64) -> String {
    format!("{:02}:{:02}:{:02}", at / 3600, at / 60 % 60, at % 60)
}

/// An access log with one request every `step` seconds of `span`, without those in `hole`; seconds of the day.
fn access(span: std::ops::Range<i64>, step: usize, hole: std::ops::Range<i64>) -> String {
    span.step_by(step)
        .filter(|at| !hole.contains(at))
        .map(|at| {
            let client = at % 50;
            let at = clock(at);
            format!("10.0.0.{client} - - [24/Nov/2026:{at} +0000] \"GET / HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n")
        })
        .collect()
}

/// Lines of syslog, by second of the day.
fn syslog(lines: &[(i64, &str)]) -> String {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.iter().map(|(at, text)| format!("2026-11-24T{}+00:00 web01 {text}\n", clock(*at))).collect()
}

fn world_of(logs: &[(&str, String)]) -> World {
    let recognised: Vec<_> = logs.iter().filter_map(|(name, text)| recognise(name, text.as_bytes())).collect();
    assert_eq!(recognised.len(), logs.len());
    let inputs: Vec<Input<'_>> = logs
        .iter()
        .zip(&recognised)
        .map(|((name, text), recognised)| Input { name, bytes: text.as_bytes(), recognised })
        .collect();
    let mut facts = survey(&inputs, usize::MAX);
    let names: Vec<SourceName> =
        logs.iter().map(|(name, _)| SourceName { name: (*name).into(), modified_s: None }).collect();
    let timebase = align(&facts, &names, &Given { zones: Vec::new(), year: None });
    crate::analysis::world::world(&mut facts, &timebase, &logs.iter().map(|(name, _)| *name).collect::<Vec<_>>())
}

/// What the silences of a service are called, and how many of them are findings.
fn kinds(world: &World, service: &str) -> (Vec<HoleKind>, usize) {
    let conflicts = crate::analysis::ports::conflicts(world);
    let until = world.coverage.map_or(0, |(_, last)| last.s);
    let found = world.services.iter().enumerate().find(|(_, own)| own.name == service);
    let Some((index, own)) = found else { return (Vec::new(), 0) };
    let judged = Case::of(world, &conflicts, own, until).judged();
    let mut asides = Asides::default();
    let findings = silences_of(world, &conflicts, index, until, &mut asides);
    assert!(asides.seen.len() + findings.len() <= judged.len());
    (judged.iter().map(|judged| judged.facts.kind).collect(), findings.len())
}

/// Lines that a host writes all the time, every 30 seconds of two hours but in `hole`.
fn chatter(hole: std::ops::Range<i64>) -> Vec<(i64, &'static str)> {
    let says = "sudo: ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/uptime";
    (0..7200).step_by(30).filter(|at| !hole.contains(at)).map(|at| (at, says)).collect()
}

#[test]
fn each_kind_of_silence() {
    const NGINX: &str = "nginx/access.log";
    let failed = "nginx[77]: nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)";
    let boot = "kernel: Linux version 6.1.0-49-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP";
    let stepped = "chronyd[400]: System clock was stepped by 299.871031 seconds";
    let other = "chronyd[400]: System clock was stepped by 17.000000 seconds";
    let synchronised = "systemd-timesyncd[300]: Initial clock synchronization to Tue 2026-11-24 01:05:00.1 UTC.";
    let stop = "systemd[1]: Stopped nginx.service - A high performance web server and a reverse proxy server.";
    let start = "systemd[1]: Started nginx.service - A high performance web server and a reverse proxy server.";
    let (hole, all) = (3600..3900, 0..7200);
    let nginx = |hole: std::ops::Range<i64>| (NGINX, access(all.clone(), 1, hole));
    let says = |lines: &[(i64, &str)]| ("syslog", syslog(lines));
    let muted = |line: (i64, &'static str)| ("syslog", syslog(&[chatter(hole.clone()), vec![line]].concat()));
    for (why, logs, want) in [
        ("nothing but the silence", vec![nginx(hole.clone())], HoleKind::Down),
        ("hardly longer than others", vec![nginx(3600..3610)], HoleKind::ProbablyDown),
        ("a failed bind in no silence to speak of", vec![nginx(3600..3603), says(&[(3601, failed)])], HoleKind::Silent),
        ("a failed bind in a short silence", vec![nginx(3600..3608), says(&[(3601, failed)])], HoleKind::Down),
        ("the host boots at its end", vec![nginx(hole.clone()), muted((3880, boot))], HoleKind::HostDown),
        ("the host says nothing either", vec![nginx(hole.clone()), muted((10, stepped))], HoleKind::HostProbablyDown),
        ("the host goes on talking", vec![nginx(hole.clone()), ("syslog", syslog(&chatter(0..0)))], HoleKind::Down),
        (
            "the clock was set forward by as much",
            vec![nginx(hole.clone()), says(&[(0, failed), (3901, stepped)])],
            HoleKind::Clock,
        ),
        ("the clock was set by less", vec![nginx(hole.clone()), says(&[(0, failed), (3901, other)])], HoleKind::Down),
        ("the clock was set at another time", vec![nginx(hole.clone()), says(&[(100, stepped)])], HoleKind::Down),
        (
            "the clock was set, nobody says by how much, and nothing of the host lies in it",
            vec![nginx(hole.clone()), muted((3900, synchronised))],
            HoleKind::Clock,
        ),
        (
            "the same, but the host went on talking",
            vec![nginx(hole.clone()), ("syslog", syslog(&[chatter(0..0), vec![(3900, synchronised)]].concat()))],
            HoleKind::Down,
        ),
        (
            "a file of the rotated set is missing, and another service goes on",
            vec![
                ("nginx/access.log.2", access(0..3600, 1, 0..0)),
                (NGINX, access(3900..7200, 1, 0..0)),
                ("apache2/access.log", access(0..7200, 1, 0..0)),
            ],
            HoleKind::NotCovered,
        ),
        (
            "a file of the rotated set is missing",
            vec![("nginx/access.log.2", access(0..3600, 1, 0..0)), (NGINX, access(3900..7200, 1, 0..0))],
            HoleKind::NotCovered,
        ),
        (
            "files of no set, and nobody else was asked",
            vec![
                ("nginx/access-before.log", access(0..3600, 1, 0..0)),
                ("nginx/access-after.log", access(3900..7200, 1, 0..0)),
            ],
            HoleKind::Down,
        ),
        (
            "the set is whole: it was rotated in the silence",
            vec![
                ("nginx/access.log.1", access(0..3600, 1, 0..0)),
                (NGINX, access(3900..7200, 1, 0..0)),
                ("apache2/access.log", access(0..7200, 1, 0..0)),
            ],
            HoleKind::Down,
        ),
        (
            "the log ends before the others",
            vec![(NGINX, access(0..3600, 1, 0..0)), ("syslog", syslog(&chatter(0..0)))],
            HoleKind::Open,
        ),
        ("a restart", vec![nginx(3600..3609), says(&[(3600, stop), (3608, start)])], HoleKind::Expected),
        (
            "a restart in the middle of a long silence",
            vec![nginx(hole.clone()), says(&[(3700, stop), (3702, start)])],
            HoleKind::Down,
        ),
        (
            "stopped, and started at its end",
            vec![nginx(hole.clone()), says(&[(3600, stop), (3899, start)])],
            HoleKind::Down,
        ),
    ] {
        let (found, findings) = kinds(&world_of(&logs), "nginx");
        assert_eq!(found, [want], "{why}");
        assert_eq!(findings, usize::from(want.is_outage()), "{why}");
    }
}

#[test]
fn the_same_silence_every_day_is_expected() {
    // Requests every ten seconds for six days, and none for ten minutes from four o'clock on.
    let is_night = |at: &i64| (4 * 3600..4 * 3600 + 600).contains(&at.rem_euclid(86_400));
    let seconds: Vec<Second> = (0..6 * 86_400)
        .step_by(10)
        .filter(|at| !is_night(at))
        .map(|at| Second { at: MIDNIGHT + at, requests: 10, ..Second::default() })
        .collect();
    let moment = |at: i64| crate::clock::Instant::second(MIDNIGHT + at);
    let span = Some((moment(0), moment(6 * 86_400)));
    let sources = std::collections::BTreeSet::from([0]);
    let service = Service { name: "nginx".into(), seconds, sources, ..Service::default() };
    let mut world = World::default();
    (world.services, world.spans, world.coverage) = (vec![service], vec![span], span);
    let (kinds, findings) = kinds(&world, "nginx");
    assert!(kinds.iter().all(|kind| matches!(kind, HoleKind::Expected | HoleKind::Open)), "{kinds:?}");
    assert_eq!(findings, 0);
}
