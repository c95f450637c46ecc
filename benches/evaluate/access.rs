//! Access logs for the evaluation: requests at random moments, written as HAProxy and nginx write them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pmtrace::Question;
use pmtrace::analysis::incident::Incident;
use pmtrace::report::model::Report;

use crate::random::Random;

/// First second of all logs: 2026-11-24T00:00:00Z.
pub(crate) const FIRST_S: i64 = 1_795_478_400;

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Milliseconds since [`FIRST_S`].
    pub(crate) at_ms: i64,
    pub(crate) client: String,
    pub(crate) vhost: &'static str,
    pub(crate) backend: &'static str,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) took_ms: i64,
}

/// Who writes a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Writer {
    Haproxy,
    /// With the virtual host in front, and the time that a request took behind.
    Nginx,
}

/// The moments of `length_s` seconds of requests at this mean rate, in milliseconds.
pub(crate) fn moments(random: &mut Random, rate: f64, length_s: i64) -> Vec<i64> {
    let mut moments = Vec::new();
    let mut at_us = 0;
    loop {
        at_us += random.waiting(1e6 / rate).max(1);
        if at_us / 1_000_000 >= length_s {
            return moments;
        }
        moments.push(at_us / 1000);
    }
}

/// The log, in order of its stamps.
pub(crate) fn log(requests: &[Request], writer: Writer) -> String {
    let stamp_of = |request: &Request| {
        // HAProxy stamps the beginning, nginx the end.
        if writer == Writer::Nginx { request.at_ms + request.took_ms } else { request.at_ms }
    };
    let mut order: Vec<(i64, &Request)> = requests.iter().map(|request| (stamp_of(request), request)).collect();
    order.sort_by_key(|(at, _)| *at);
    let mut text = String::with_capacity(requests.len() * 120);
    for (at_ms, request) in order {
        let (s, ms) = (at_ms.div_euclid(1000), at_ms.rem_euclid(1000));
        let (day, hour, minute, second) = (24 + s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
        let Request { client, vhost, backend, path, status, bytes, took_ms, .. } = request;
        let _ = match writer {
            Writer::Haproxy => writeln!(
                text,
                "Nov {day} {hour:02}:{minute:02}:{second:02} lb haproxy[812]: {client}:40312 [{day}/Nov/2026:{hour:02}:{minute:02}:{second:02}.{ms:03}] http {backend}/{backend}1 0/0/0/{took_ms}/{took_ms} {status} {bytes} - - ---- 1/1/0/0/0 0/0 \"GET {path} HTTP/1.1\""
            ),
            Writer::Nginx => writeln!(
                text,
                "{vhost} {client} - - [{day}/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET {path} HTTP/1.1\" {status} {bytes} \"-\" \"Mozilla/5.0 Firefox/128.0\" rt={}.{:03}",
                took_ms / 1000,
                took_ms % 1000
            ),
        };
    }
    text
}

/// What the program says of these files, and the incidents that it is made from: what they know needs no reading of
/// sentences.
pub(crate) fn report(files: &[(&str, String)]) -> Option<(Report, Vec<Incident>)> {
    let folder = tempfile::tempdir().ok()?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path: PathBuf = Path::new(folder.path()).join(name);
        fs::create_dir_all(path.parent()?).ok()?;
        fs::write(&path, text).ok()?;
        paths.push(path);
    }
    let question = Question { paths, year: Some(2026), ..Question::default() };
    Some(pmtrace::worked_out(&question, pmtrace::input::discover(&question.paths)))
}

/// Seconds since [`FIRST_S`] of a time of the report.
pub(crate) fn seconds(time: &str) -> f64 {
    let at = chrono::DateTime::parse_from_rfc3339(time);
    at.map_or(f64::NAN, |at| at.timestamp_millis() as f64 / 1000.0 - FIRST_S as f64)
}
