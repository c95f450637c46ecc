//! What set an incident off, and what broke: whole log sets with a known trigger or mechanism, through the program.

mod logs;
mod mechanisms;

use rayon::prelude::*;

use crate::frame::{Figure, Scale, Side, Table, number, percent};
use crate::random::Random;
use logs::{Failing, Logs, ONSET_S, incident, seconds};

/// Unrelated changes a day.
const ROWS: [f64; 4] = [0.5, 3.0, 10.0, 40.0];
/// Incidents a row.
const INCIDENTS: (usize, usize) = (2000, 40);
/// Days of logs before the onset.
const DAYS: f64 = 7.0;
/// Changes at most so far apart are one bunch, and one candidate, in seconds.
const BUNCH_S: f64 = 60.0;

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    vec![triggers(scale), mechanisms::table(scale)]
}

/// What the report says of one incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    /// Whether the incident was found at all.
    is_found: bool,
    has_trigger: bool,
    /// Named as a trigger, from "likely" on.
    is_likely: bool,
    is_possible: bool,
    is_right: bool,
}

fn triggers(scale: &Scale) -> Table {
    let mut rows = Vec::new();
    let (mut likely, mut right, mut all, mut wrong) = (0, 0, 0, 0);
    for (row, per_day) in ROWS.into_iter().enumerate() {
        let count = scale.of(INCIDENTS.0, INCIDENTS.1);
        let said: Vec<Said> = (0..count)
            .into_par_iter()
            .map(|index| case(&mut Random::new(scale.seed, "trigger", &format!("{row} {index}")), per_day))
            .collect();
        let number_of = |wanted: &dyn Fn(&Said) -> bool| said.iter().filter(|said| wanted(said)).count();
        let named_likely = number_of(&|said| said.is_likely);
        let right_likely = number_of(&|said| said.is_likely && said.is_right);
        let possible = number_of(&|said| said.is_possible);
        let share = |part: usize, of: usize| percent(part, of).map_or("–".into(), |value| format!("{value:.1} %"));
        rows.push(vec![
            number(per_day),
            count.to_string(),
            share(number_of(&|said| said.is_found), count),
            share(named_likely, count),
            share(right_likely, named_likely),
            share(named_likely - right_likely, count),
            share(number_of(&|said| said.has_trigger && said.is_right), number_of(&|said| said.has_trigger)),
            share(possible, count),
            share(number_of(&|said| said.is_possible && said.is_right), possible),
        ]);
        likely += named_likely;
        right += right_likely;
        all += count;
        wrong += named_likely - right_likely;
    }
    Table {
        title: "Trigger of an incident".into(),
        columns: [
            "unrelated changes a day",
            "incidents",
            "incident found",
            "\"likely\" said",
            "right when likely",
            "false trigger (of all)",
            "true triggers named (likely or possible)",
            "\"possible\" said",
            "right when possible",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        figures: vec![
            Figure {
                what: "trigger right when \"likely\"".into(),
                reached: percent(right, likely),
                of: likely,
                side: Side::AtLeast,
                bar: 99.0,
                goal: 100.0,
                unit: " %",
            },
            Figure {
                what: "false trigger, of all incidents".into(),
                reached: percent(wrong, all),
                of: all,
                side: Side::AtMost,
                bar: 0.3,
                goal: 0.0,
                unit: " %",
            },
        ],
    }
}

/// One incident: half have a trigger in the logs, two thirds of these within a minute before the onset, the rest up to
/// half an hour before. Three of four touch the service that fails, half are undone or done again at the end.
fn case(random: &mut Random, per_day: f64) -> Said {
    let mut logs = Logs::default();
    let lasts_s = random.between(240, 1500);
    let failing = Failing {
        lasts_s,
        share: 0.4 + 0.6 * random.share(),
        status: random.of(&[500, 502, 503]),
        says: None,
        upstream: "",
    };
    logs.requests(&failing, random);
    let (from, to) = (ONSET_S as f64 - DAYS * 86_400.0, (ONSET_S + lasts_s) as f64 + 800.0);
    logs.syslog(from, "systemd[1]", "Started cron.service - Regular background program processing daemon.");
    let mut at = from;
    while at < to {
        at += random.waiting(86_400_000.0 / per_day) as f64 / 1000.0;
        let bunch = if random.happens(0.25) { random.between(2, 6) } else { 1 };
        for _ in 0..bunch {
            Change::any(random).write(&mut logs, at);
            at += random.between(1, 12) as f64;
        }
    }
    let trigger = random.happens(0.5).then(|| {
        let before_s = if random.happens(2.0 / 3.0) { 60.0 } else { 1800.0 } * random.share();
        let at = ONSET_S as f64 - before_s;
        let change = if random.happens(0.75) { Change::of_nginx(random) } else { Change::any(random) };
        change.write(&mut logs, at);
        if random.happens(0.5) {
            change.write_again(&mut logs, (ONSET_S + lasts_s) as f64 - 50.0 * random.share());
        }
        at
    });
    let Ok(report) = logs.report() else { return Said::default() };
    let Some(incident) = incident(&report) else {
        return Said { has_trigger: trigger.is_some(), ..Said::default() };
    };
    let named = incident.marks.trigger.as_ref().and_then(|mark| seconds(&mark.time));
    let is_likely = incident.cause.evidence_for.iter().any(|reason| reason.text.starts_with("Trigger: "));
    Said {
        is_found: true,
        has_trigger: trigger.is_some(),
        is_likely: named.is_some() && is_likely,
        is_possible: named.is_some() && !is_likely,
        is_right: trigger.zip(named).is_some_and(|(truth, named)| (truth - named).abs() <= BUNCH_S),
    }
}

/// A change, and whether it is the first or undoes it.
#[derive(Clone, Copy, Debug)]
enum Change {
    Reload(&'static str),
    Package(&'static str),
    Container(&'static str),
    Command(&'static str),
    Start(&'static str),
    Stop(&'static str),
}

const UNITS: &[&str] =
    &["grafana-server", "redis-server", "postgresql", "memcached", "prometheus", "mailhook", "worker"];

impl Change {
    /// Of anything on the host.
    fn any(random: &mut Random) -> Change {
        match random.between(0, 6) {
            0 => Change::Reload(random.of(&["nginx", "haproxy-exporter", "grafana-server"])),
            1 => Change::Package(random.of(&["vim", "openssl", "curl", "tzdata", "git", "nginx-doc"])),
            2 => Change::Container(random.of(&["report", "backup", "preview"])),
            3 => Change::Command(random.of(&[
                "/opt/backup/run.sh",
                "/usr/bin/chown -R app /srv",
                "/usr/sbin/logrotate -f x",
            ])),
            4 => Change::Start(random.of(UNITS)),
            _ => Change::Stop(random.of(UNITS)),
        }
    }

    /// Of the service that fails.
    fn of_nginx(random: &mut Random) -> Change {
        match random.between(0, 4) {
            0 => Change::Reload("nginx"),
            1 => Change::Package("nginx"),
            2 => Change::Command("/usr/bin/systemctl restart nginx"),
            _ => Change::Command("/usr/bin/sed -i s/a/b/ /etc/nginx/nginx.conf"),
        }
    }

    fn write(self, logs: &mut Logs, at: f64) {
        match self {
            Change::Reload(unit) => logs.syslog(at, "systemd[1]", &format!("Reloaded {unit}.service - {unit}.")),
            Change::Package(package) => {
                logs.dpkg(at, "startup archives unpack");
                logs.dpkg(at, &format!("upgrade {package}:amd64 1.22.1-8 1.22.1-9"));
            }
            Change::Container(name) => logs.docker(at, "start", name),
            Change::Command(command) => {
                let text = format!("  deploy : PWD=/srv/shop ; USER=root ; COMMAND={command}");
                logs.syslog(at, "sudo", &text);
            }
            Change::Start(unit) => logs.syslog(at, "systemd[1]", &format!("Started {unit}.service - {unit}.")),
            Change::Stop(unit) => logs.syslog(at, "systemd[1]", &format!("Stopped {unit}.service - {unit}.")),
        }
    }

    /// Undoes it, or does it again.
    fn write_again(self, logs: &mut Logs, at: f64) {
        match self {
            Change::Container(name) => {
                logs.docker(at, "kill", name);
                logs.docker(at + 1.0, "die", name);
            }
            Change::Start(unit) => Change::Stop(unit).write(logs, at),
            Change::Stop(unit) => Change::Start(unit).write(logs, at),
            same => same.write(logs, at),
        }
    }
}
