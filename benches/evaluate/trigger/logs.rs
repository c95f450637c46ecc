//! The logs of one host for the tables of causes: requests around an incident, and what is said in the days before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use pmtrace::Question;
use pmtrace::report::model::{Incident, Report};
use tempfile::TempDir;

use crate::random::Random;

/// The onset of every incident: 2026-11-24T09:30:00Z.
pub(super) const ONSET_S: i64 = 1_795_512_600;
/// The host.
pub(super) const HOST: &str = "web01";
/// Seconds of traffic before the onset and after the end.
const BEFORE_S: i64 = 3600;
const AFTER_S: i64 = 900;
/// Requests a second, about.
const RATE: i64 = 1;

/// Logs by file name; lines are brought in order of time when they are written.
#[derive(Debug, Default)]
pub(super) struct Logs {
    files: Vec<(&'static str, Vec<(f64, String)>)>,
}

/// How requests fail.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    /// Until when, from the onset on, in seconds.
    pub(super) lasts_s: i64,
    pub(super) share: f64,
    pub(super) status: u16,
    /// What nginx's error log says of each failing request, before the request's own fields.
    pub(super) says: Option<&'static str>,
    /// `http://127.0.0.1:8000`
    pub(super) upstream: &'static str,
}

impl Logs {
    fn add(&mut self, file: &'static str, at: f64, line: String) {
        match self.files.iter_mut().find(|(name, _)| *name == file) {
            Some((_, lines)) => lines.push((at, line)),
            None => self.files.push((file, vec![(at, line)])),
        }
    }

    /// A line of syslog with a stamp of RFC 3339.
    pub(super) fn syslog(&mut self, at: f64, tag: &str, text: &str) {
        self.add("syslog", at, format!("{} {HOST} {tag}: {text}", iso(at)));
    }

    /// A line of dpkg's own log, whose stamps have no zone.
    pub(super) fn dpkg(&mut self, at: f64, text: &str) {
        self.add("dpkg.log", at, format!("{} {text}", civil(at, "%Y-%m-%d %H:%M:%S")));
    }

    /// What `docker events` tells of a container.
    pub(super) fn docker(&mut self, at: f64, action: &str, name: &str) {
        let (seconds, nanos) = (at.floor() as i64, (at * 1e9) as i64);
        let line = format!(
            "{{\"Type\":\"container\",\"Action\":\"{action}\",\"Actor\":{{\"ID\":\"3408b00ff84b14f187263c1519ae84\",\
             \"Attributes\":{{\"image\":\"shop/{name}:1.4\",\"name\":\"{name}\"}}}},\"scope\":\"local\",\
             \"time\":{seconds},\"timeNano\":{nanos}}}"
        );
        self.add("docker-events.json", at, line);
    }

    /// A line of nginx's error log.
    pub(super) fn nginx(&mut self, at: f64, level: &str, text: &str) {
        self.add("error.log", at, format!("{} [{level}] 812#812: {text}", civil(at, "%Y/%m/%d %H:%M:%S")));
    }

    /// Requests of nginx from an hour before the onset on; the first one of the onset's second fails.
    pub(super) fn requests(&mut self, failing: &Failing, random: &mut Random) {
        let end = ONSET_S + failing.lasts_s;
        for second in ONSET_S - BEFORE_S..end + AFTER_S {
            let is_edge = second == ONSET_S || second == end;
            for _ in 0..random.between(0, 2 * RATE + 1).max(i64::from(is_edge)) {
                let is_inside = (ONSET_S..=end).contains(&second);
                let fails = is_inside && (is_edge || random.happens(failing.share)) || random.happens(0.0005);
                self.request(second as f64, if fails { failing.status } else { 200 }, failing, random);
            }
        }
    }

    /// A silence: no request is answered from the onset to the end.
    pub(super) fn silence(&mut self, lasts_s: i64, random: &mut Random) {
        let good = Failing { lasts_s, share: 0.0, status: 200, says: None, upstream: "" };
        for second in (ONSET_S - BEFORE_S..ONSET_S).chain(ONSET_S + lasts_s..ONSET_S + lasts_s + AFTER_S) {
            for _ in 0..random.between(1, 4) {
                self.request(second as f64, 200, &good, random);
            }
        }
    }

    fn request(&mut self, at: f64, status: u16, failing: &Failing, random: &mut Random) {
        let client = format!("198.51.{}.{}", random.between(0, 40), random.between(1, 250));
        let path = random.of(&["/", "/cart", "/items/12", "/search?q=a", "/login", "/img/a.png"]);
        let stamp = civil(at, "%d/%b/%Y:%H:%M:%S +0000");
        let line = format!(
            "{client} - - [{stamp}] \"GET {path} HTTP/1.1\" {status} {} \"-\" \"curl/8.5.0\"",
            random.between(150, 9000)
        );
        self.add("access.log", at, line);
        if let Some(says) = failing.says.filter(|_| status >= 500) {
            let connection = random.between(100, 90_000);
            let text = format!(
                "*{connection} {says}, client: {client}, server: shop.example, request: \"GET {path} HTTP/1.1\", \
                 upstream: \"{}{path}\", host: \"shop.example\"",
                failing.upstream
            );
            self.nginx(at, "error", &text);
        }
    }

    /// Writes the files below a folder of their own, and reads them with the program itself.
    pub(super) fn report(mut self) -> io::Result<Report> {
        let folder = TempDir::new()?;
        for (name, lines) in &mut self.files {
            lines.sort_by(|one, other| one.0.total_cmp(&other.0));
            let text: String = lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect();
            fs::write(path(folder.path(), name), text)?;
        }
        Ok(pmtrace::investigate(&Question { paths: vec![folder.path().to_owned()], ..Question::default() }))
    }
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

/// The incident at the onset, if the report has one.
pub(super) fn incident(report: &Report) -> Option<&Incident> {
    report
        .incidents
        .iter()
        .find(|incident| seconds(&incident.start).is_some_and(|at| (at - ONSET_S as f64).abs() < 120.0))
}

/// A time of the report, in seconds since 1970.
pub(super) fn seconds(time: &str) -> Option<f64> {
    let at = DateTime::parse_from_rfc3339(time).ok()?;
    Some(at.timestamp_micros() as f64 / 1e6)
}

fn civil(at: f64, form: &str) -> String {
    DateTime::from_timestamp(at.floor() as i64, 0).unwrap_or_default().format(form).to_string()
}

fn iso(at: f64) -> String {
    let micros = ((at - at.floor()) * 1e6) as u32;
    format!("{}.{micros:06}+00:00", civil(at, "%Y-%m-%dT%H:%M:%S"))
}
