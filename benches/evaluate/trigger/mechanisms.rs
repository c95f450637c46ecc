//! What broke: one story for each mechanism that leaves a trace, with unrelated trouble beside it.

use rayon::prelude::*;

use super::logs::{Failing, Logs, ONSET_S, incident};
use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;

/// Incidents of a story.
const INCIDENTS: (usize, usize) = (300, 8);
/// Where the application listens, and its database.
const APP: &str = "http://127.0.0.1:8000";
const REFUSED: &str = "connect() failed (111: Connection refused) while connecting to upstream";
const CLOSED: &str = "upstream prematurely closed connection while reading response header from upstream";
const SLOW: &str = "upstream timed out (110: Connection timed out) while reading response header from upstream";
const CERTIFICATE: &str =
    "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream";

/// What a story is called, which cause is right, and of which service.
struct Story {
    name: &'static str,
    cause: &'static str,
    services: &'static [&'static str],
    write: fn(&mut Logs, i64, &mut Random),
}

const STORIES: &[Story] = &[
    Story {
        name: "configuration error at a restart",
        cause: "misconfiguration",
        services: &["nginx"],
        write: configuration,
    },
    Story {
        name: "configuration changed and loaded, no error line",
        cause: "misconfiguration",
        services: &["nginx"],
        write: loaded,
    },
    Story { name: "killed for memory", cause: "oom", services: &["app@shop"], write: memory },
    Story { name: "crash of the application", cause: "crash", services: &["app@shop"], write: crash },
    Story { name: "connections of nginx used up", cause: "resource-limit", services: &["nginx"], write: connections },
    Story {
        name: "connections of the database used up",
        cause: "resource-limit",
        services: &["postgresql@15-main"],
        write: database_full,
    },
    Story {
        name: "application stopped, no more said",
        cause: "backend-down",
        services: &["app@shop", "127.0.0.1:8000"],
        write: stopped,
    },
    Story {
        name: "two steps down: database crashed",
        cause: "crash",
        services: &["postgresql@15-main"],
        write: database_crashed,
    },
    Story {
        name: "two steps down: database gone, no more said",
        cause: "backend-down",
        services: &["postgresql@15-main", "127.0.0.1:5432"],
        write: database_gone,
    },
    Story {
        name: "application too slow",
        cause: "upstream-timeout",
        services: &["app@shop", "127.0.0.1:8000"],
        write: slow,
    },
    Story {
        name: "too slow, a crash elsewhere",
        cause: "upstream-timeout",
        services: &["app@shop", "127.0.0.1:8000"],
        write: slow_and_crash_elsewhere,
    },
    Story {
        name: "application stopped, a crash elsewhere",
        cause: "backend-down",
        services: &["app@shop", "127.0.0.1:8000"],
        write: stopped_and_crash_elsewhere,
    },
    Story {
        name: "certificate of the application expired",
        cause: "misconfiguration",
        services: &["nginx"],
        write: certificate,
    },
    Story { name: "nothing said", cause: "unknown", services: &[], write: nothing },
];

/// How a report did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NotFound,
    Right,
    /// A cause that is not the right one, from "likely" on.
    Wrong,
    Undetermined,
}

pub(super) fn table(scale: &Scale) -> Table {
    let count = scale.of(INCIDENTS.0, INCIDENTS.1);
    let (mut rows, mut right, mut wrong, mut all) = (Vec::new(), 0, 0, 0);
    for story in STORIES {
        let told: Vec<Told> = (0..count)
            .into_par_iter()
            .map(|index| {
                let mut random = Random::new(scale.seed, story.name, &index.to_string());
                told(story, &mut random)
            })
            .collect();
        let number_of = |wanted: Told| told.iter().filter(|told| **told == wanted).count();
        let share =
            |wanted: Told| percent(number_of(wanted), count).map_or("–".into(), |value| format!("{value:.1} %"));
        let cells = [Told::Right, Told::Wrong, Told::Undetermined, Told::NotFound].map(share);
        rows.push([vec![story.name.into(), story.cause.into(), count.to_string()], cells.to_vec()].concat());
        right += number_of(Told::Right);
        wrong += number_of(Told::Wrong);
        all += count;
    }
    let figure = |what: &str, part: usize, side: Side, bar: f64, goal: f64| Figure {
        what: what.into(),
        reached: percent(part, all),
        of: all,
        side,
        bar,
        goal,
        unit: " %",
    };
    Table {
        title: "Mechanism of an incident".into(),
        columns: ["story", "cause", "incidents", "right", "wrong", "not determined", "not found"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        figures: vec![
            figure("mechanism right", right, Side::AtLeast, 97.0, 99.5),
            figure("mechanism wrong, from \"likely\" on", wrong, Side::AtMost, 1.0, 0.1),
        ],
    }
}

fn told(story: &Story, random: &mut Random) -> Told {
    let mut logs = Logs::default();
    let lasts_s = random.between(240, 1500);
    background(&mut logs, random);
    (story.write)(&mut logs, lasts_s, random);
    let Ok(report) = logs.report() else { return Told::NotFound };
    let Some(incident) = incident(&report) else { return Told::NotFound };
    let cause = &incident.cause;
    let is_service =
        story.services.is_empty() || cause.service.as_deref().is_some_and(|own| story.services.contains(&own));
    if cause.kind == story.cause && is_service {
        Told::Right
    } else if cause.kind == "unknown" || matches!(cause.confidence, "possible" | "not determined") {
        Told::Undetermined
    } else {
        Told::Wrong
    }
}

/// What a host says anyway, a day long: who listens where, timers, a limit that is reached now and then, a unit that
/// crashes once, single requests that the application does not answer.
fn background(logs: &mut Logs, random: &mut Random) {
    let begin = ONSET_S as f64 - 86_400.0;
    logs.syslog(begin, "systemd[1]", "Started postgresql@15-main.service - PostgreSQL Cluster 15-main.");
    logs.syslog(begin + 20.0, "systemd[1]", "Started app@shop.service - Shop.");
    listens(logs, begin + 21.0);
    for _ in 0..24 {
        let at = begin + 84_000.0 * random.share();
        logs.syslog(at, "systemd[1]", "Started logrotate.service - Rotate log files.");
    }
    for _ in 0..random.between(0, 5) {
        let at = begin + 80_000.0 * random.share();
        died(logs, at, "mailhook", "dumped, status=6/ABRT");
        let at = begin + 80_000.0 * random.share();
        logs.nginx(at, "alert", "768 worker_connections are not enough");
        let at = begin + 80_000.0 * random.share();
        logs.nginx(
            at,
            "error",
            &format!(
                "*99 {SLOW}, client: 198.51.9.9, server: shop.example, request: \"GET /cart HTTP/1.1\", \
             upstream: \"{APP}/cart\", host: \"shop.example\""
            ),
        );
    }
}

/// The lines of systemd about a unit whose main process died.
fn died(logs: &mut Logs, at: f64, unit: &str, how: &str) {
    logs.syslog(at, "systemd[1]", &format!("{unit}.service: Main process exited, code={how}"));
    logs.syslog(at + 0.01, "systemd[1]", &format!("{unit}.service: Failed with result 'core-dump'."));
    logs.syslog(at + 2.0, "systemd[1]", &format!("{unit}.service: Scheduled restart job, restart counter is at 1."));
    logs.syslog(at + 2.1, "systemd[1]", &format!("Started {unit}.service - {unit}."));
    if unit == "app@shop" {
        listens(logs, at + 2.6);
    }
}

/// The application is ready.
fn listens(logs: &mut Logs, at: f64) {
    logs.syslog(at, "gunicorn[700]", "[INFO] Listening at: http://127.0.0.1:8000 (700)");
}

/// Requests that fail with what nginx says of each.
fn failing(logs: &mut Logs, lasts_s: i64, status: u16, says: Option<&'static str>, random: &mut Random) {
    let share = 0.4 + 0.6 * random.share();
    logs.requests(&Failing { lasts_s, share, status, says, upstream: APP }, random);
}

/// Moments from the onset to the end, about every `every_s` seconds.
fn moments(lasts_s: i64, every_s: i64, random: &mut Random) -> Vec<f64> {
    let mut at = ONSET_S as f64 - random.share();
    let mut moments = Vec::new();
    while at < (ONSET_S + lasts_s) as f64 {
        moments.push(at);
        at += random.between(1, 2 * every_s) as f64 + random.share();
    }
    moments
}

fn configuration(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    logs.silence(lasts_s, random);
    let at = ONSET_S as f64 + random.share();
    let edit = "  deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/sed -i s/a/b/ /etc/nginx/sites-available/shop";
    logs.syslog(at - 40.0, "sudo", edit);
    logs.syslog(at, "systemd[1]", "Stopped nginx.service - nginx.");
    logs.nginx(at, "emerg", "unknown directive \"proxy_buffer_sise\" in /etc/nginx/sites-enabled/shop:12");
    logs.syslog(at + 0.1, "systemd[1]", "nginx.service: Control process exited, code=exited, status=1/FAILURE");
    logs.syslog(at + 0.1, "systemd[1]", "Failed to start nginx.service - nginx.");
    logs.syslog((ONSET_S + lasts_s) as f64 - 0.5, "systemd[1]", "Started nginx.service - nginx.");
}

fn loaded(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 500, None, random);
    let at = ONSET_S as f64 - 0.2 - random.share();
    let edit = "  deploy : PWD=/ ; USER=root ; COMMAND=/usr/bin/sed -i s/a/b/ /etc/nginx/sites-available/shop";
    for (after, before_s) in [(0.0, 30.0 + 600.0 * random.share()), (lasts_s as f64, 20.0)] {
        logs.syslog(at + after - before_s, "sudo", edit);
        logs.syslog(at + after, "systemd[1]", "Reloaded nginx.service - nginx.");
    }
}

fn memory(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 502, Some(REFUSED), random);
    for at in moments(lasts_s, 120, random) {
        let text = "Out of memory: Killed process 700 (gunicorn) total-vm:2345678kB, anon-rss:1234567kB, file-rss:0kB";
        logs.syslog(at, "kernel", &format!("[123456.789012] {text}"));
        let unit = "app@shop.service: A process of this unit has been killed by the OOM killer.";
        logs.syslog(at + 0.1, "systemd[1]", unit);
        died(logs, at + 0.2, "app@shop", "killed, status=9/KILL");
    }
}

fn crash(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 502, Some(random.of(&[REFUSED, CLOSED])), random);
    let has_kernel = random.happens(0.5);
    for at in moments(lasts_s, 60, random) {
        if has_kernel {
            let text =
                "gunicorn[700]: segfault at 0 ip 00007f1c2b3a4d5e sp 00007ffd0a1b2c30 error 4 in libc.so.6[7f+15]";
            logs.syslog(at - 0.1, "kernel", &format!("[123456.789012] {text}"));
        }
        died(logs, at, "app@shop", "dumped, status=11/SEGV");
    }
}

fn connections(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 500, None, random);
    for at in moments(lasts_s, 10, random) {
        logs.nginx(at, "alert", "768 worker_connections are not enough");
    }
}

fn database_full(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 500, None, random);
    for at in moments(lasts_s, 8, random) {
        let text = "[812] shop@shop FATAL:  sorry, too many clients already";
        logs.syslog(at, "postgresql@15-main[900]", text);
        let error = "psycopg2.OperationalError: FATAL:  sorry, too many clients already";
        logs.syslog(at + 0.1, "gunicorn[700]", error);
    }
}

fn stopped(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 502, Some(REFUSED), random);
    if random.happens(0.5) {
        logs.syslog(ONSET_S as f64 - 0.5, "systemd[1]", "Stopped app@shop.service - Shop.");
        logs.syslog((ONSET_S + lasts_s) as f64 - 0.5, "systemd[1]", "Started app@shop.service - Shop.");
    }
}

/// What the application says of its database, while nginx sees errors of the application.
fn application_without_database(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    let (status, says) = random.of(&[(500, None), (502, Some(CLOSED))]);
    failing(logs, lasts_s, status, says, random);
    for at in moments(lasts_s, 5, random) {
        let text =
            "psycopg2.OperationalError: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused";
        logs.syslog(at, "gunicorn[700]", text);
    }
}

fn database_crashed(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    application_without_database(logs, lasts_s, random);
    let at = ONSET_S as f64 - 3.0 * random.share();
    died(logs, at, "postgresql@15-main", "dumped, status=6/ABRT");
}

fn database_gone(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    application_without_database(logs, lasts_s, random);
}

fn slow(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 504, Some(SLOW), random);
}

fn slow_and_crash_elsewhere(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    slow(logs, lasts_s, random);
    died(logs, ONSET_S as f64 - 40.0 * random.share(), "mailhook", "dumped, status=6/ABRT");
}

fn stopped_and_crash_elsewhere(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    stopped(logs, lasts_s, random);
    died(logs, ONSET_S as f64 - 40.0 * random.share(), "mailhook", "dumped, status=6/ABRT");
}

fn certificate(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 502, Some(CERTIFICATE), random);
}

fn nothing(logs: &mut Logs, lasts_s: i64, random: &mut Random) {
    failing(logs, lasts_s, 500, None, random);
}
