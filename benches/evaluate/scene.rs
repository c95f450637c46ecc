//! Small logs of one or two machines, line by line, for tables in which what happens between lines is measured.

use std::fmt::Write as _;
use std::fs;

use pmtrace::Question;
use serde_json::Value;

use crate::random::Random;

/// Where a day of the evaluation begins: a Friday, in seconds since 1970.
pub(crate) const DAY_S: i64 = 1_795_132_800;

/// `20/Nov/2026:10:00:00`
pub(crate) fn clf(at: i64) -> String {
    civil(at, "%d/%b/%Y:%H:%M:%S")
}

/// A moment by chrono's format.
pub(crate) fn civil(at: i64, format: &str) -> String {
    chrono::DateTime::from_timestamp(at, 0).map_or_else(String::new, |at| at.format(format).to_string())
}

/// A request as nginx and Apache log it, in UTC.
pub(crate) fn combined(at: i64, client: &str, path: &str, status: u16) -> String {
    format!("{client} - - [{} +0000] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"curl/8.5.0\"\n", clf(at))
}

/// The same as HAProxy logs it into a file, in its host's zone.
pub(crate) fn session(civil: i64, client: &str, path: &str, status: u16) -> String {
    let state = if status >= 500 { "SH--" } else { "----" };
    format!(
        "{client}:5000 [{}.250] www app/web1 0/0/1/2/3 {status} 512 - - {state} 1/1/1/1/0 0/0 \"GET {path} HTTP/1.1\"\n",
        clf(civil)
    )
}

/// A line of syslog with its zone.
pub(crate) fn syslog(at: i64, host: &str, text: &str) -> String {
    format!("{}.000000+00:00 {host} {text}\n", civil(at, "%Y-%m-%dT%H:%M:%S"))
}

/// A command by sudo.
pub(crate) fn sudo(at: i64, host: &str, command: &str) -> String {
    syslog(at, host, &format!("sudo[4711]:     anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND={command}"))
}

/// So many requests in a second, in the mean: a Poisson number.
pub(crate) fn arrivals(random: &mut Random, rate: f64) -> usize {
    let (limit, mut product, mut count) = ((-rate).exp(), random.share(), 0);
    while product > limit {
        product *= random.share();
        count += 1;
    }
    count
}

/// Files of a case: path and text.
#[derive(Default)]
pub(crate) struct Scene(Vec<(&'static str, String)>);

impl Scene {
    /// The text of a file, to be written to.
    pub(crate) fn file(&mut self, path: &'static str) -> &mut String {
        let index = self.0.iter().position(|(known, _)| *known == path).unwrap_or_else(|| {
            self.0.push((path, String::new()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    /// The files with their texts.
    pub(crate) fn files(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// The report on them, written into a folder and read from there; `None` if that cannot be.
    pub(crate) fn report(&self) -> Option<Value> {
        let folder = tempfile::tempdir().ok()?;
        for (path, text) in &self.0 {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent()?).ok()?;
            fs::write(path, text).ok()?;
        }
        let question = Question { paths: vec![folder.path().to_owned()], ..Question::default() };
        serde_json::to_value(pmtrace::investigate(&question)).ok()
    }
}

/// Requests of a web server: a rate, and at which moments which share of which requests fails with what.
pub(crate) struct Traffic {
    pub(crate) rate: f64,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) failures: Vec<Failing>,
}

/// A stretch of time in which requests fail.
#[derive(Clone, Copy)]
pub(crate) struct Failing {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) share: f64,
    pub(crate) status: u16,
}

/// Share of requests that fails in quiet times.
const QUIET: f64 = 0.001;

impl Traffic {
    /// Writes the lines.
    pub(crate) fn write(&self, random: &mut Random, log: &mut String) {
        for at in self.from..self.to {
            for _ in 0..arrivals(random, self.rate) {
                let failing = self.failures.iter().find(|failing| (failing.from..failing.to).contains(&at));
                let (share, status) =
                    failing.map_or((QUIET, 500), |failing| (failing.share.max(QUIET), failing.status));
                let status = if random.happens(share) { status } else { 200 };
                let client = format!("198.51.100.{}", random.between(1, 255));
                let path = format!("/item/{}", random.between(0, 400));
                let _ = write!(log, "{}", combined(at, &client, &path, status));
            }
        }
    }
}
