//! What `pmtrace formats` prints: the formats that pmtrace knows, each with a line of it, or what became of the samples
//! of a user's own formats.

use std::collections::BTreeMap;
use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use crate::format::template::OwnFormat;
use crate::format::{FORMATS, Format, MESSAGES, Record, Request};

/// The formats by name, each with the first line of a sample, as far as `columns` of a terminal hold it.
pub fn list(columns: usize) -> String {
    let mut samples: BTreeMap<&str, &str> = MESSAGES.iter().copied().collect();
    for format in FORMATS {
        for sample in format.samples() {
            // One format may read records of several names, and those of programs inside its lines.
            let read = format.parse(sample.as_bytes()).map(|record| record.format);
            for name in [Some(format.name()), read].into_iter().flatten() {
                samples.entry(name).or_insert(sample);
            }
        }
    }
    let width = samples.keys().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, sample) in samples {
        let line = sample.lines().map(str::trim).find(|line| line.len() > 1).unwrap_or_default();
        let line = shortened(line, columns.saturating_sub(width + 2));
        let _ = writeln!(text, "{name:width$}  {line}");
    }
    text
}

/// As much of a line as fits.
fn shortened(line: &str, columns: usize) -> String {
    let mut used = 0;
    let shown: String = line
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used < columns
        })
        .collect();
    if shown.len() < line.len() { shown + "…" } else { shown }
}

/// What became of each sample, and whether all were read.
pub fn check(formats: &[OwnFormat]) -> (String, bool) {
    let (mut text, mut is_good) = (String::new(), true);
    for own in formats {
        if own.samples.is_empty() {
            let _ = writeln!(text, "{}: no samples; add some lines that it must read: samples = [\"…\"]", own.name);
        }
        for (index, sample) in own.samples.iter().enumerate() {
            let number = index + 1;
            let _ = match read(own.format, sample) {
                Some(fields) => writeln!(text, "{}: sample {number}: read: {}", own.name, fields.join(", ")),
                None => {
                    is_good = false;
                    writeln!(text, "{}: sample {number}: not read: {sample}", own.name)
                }
            };
        }
    }
    if formats.is_empty() {
        text.push_str("no format in this file; one begins with [[format]]\n");
    }
    (text, is_good)
}

/// The fields that a sample was read to, or `None` if it was not read.
fn read(format: &dyn Format, sample: &str) -> Option<Vec<&'static str>> {
    let first = sample.lines().next().unwrap_or_default();
    let record = format.is_start(b"", first.as_bytes()).then(|| format.parse(sample.as_bytes())).flatten()?;
    Some(fields(&record))
}

/// The names of the fields that a record has.
fn fields(record: &Record<'_>) -> Vec<&'static str> {
    let request = record.request.as_deref();
    let has = |is_there: bool, name| is_there.then_some(name);
    let of = |is_there: &dyn Fn(&Request<'_>) -> bool| request.is_some_and(is_there);
    let names = [
        has(record.stamp.is_some(), "time"),
        has(record.host.is_some(), "host"),
        has(record.program.is_some(), "program"),
        has(record.pid.is_some(), "pid"),
        has(record.level.is_some(), "level"),
        has(record.message.is_some(), "message"),
        has(record.client.is_some(), "client"),
        has(record.vhost.is_some(), "vhost"),
        has(of(&|request| request.method.is_some()), "method"),
        has(of(&|request| request.target.is_some()), "target"),
        has(of(&|request| request.status.is_some()), "status"),
        has(of(&|request| request.bytes.is_some()), "bytes"),
        has(of(&|request| request.duration_s.is_some()), "duration_s"),
        has(of(&|request| request.upstream.is_some()), "upstream"),
        has(!record.fields.is_empty(), "fields"),
    ];
    names.into_iter().flatten().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::template::regex;

    #[test]
    fn all_names_of_the_contract_are_listed() {
        const NAMES: &str = "apache-access apache-error nginx-access nginx-error haproxy-http haproxy-tcp haproxy-clf \
            haproxy-error haproxy-notice journald-export journald-json journald-short journald-verbose journald-binary \
            docker-events-json docker-events-text docker-json-file docker-local dockerd docker-inspect docker-ps \
            compose-logs compose-file podman-events cri kubectl-events kubectl-logs syslog-rfc3164 syslog-rfc5424 \
            syslog-iso systemd kernel sudo sshd cron dpkg apt-history dnf ss netstat lsof json-access app-log apache-config nginx-config haproxy-config";
        let list = list(80);
        let listed: Vec<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
        let missing: Vec<&str> = NAMES.split_whitespace().filter(|name| !listed.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
        assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    }

    #[test]
    fn samples_that_are_not_read_are_shown() {
        let format = Box::leak(Box::new(regex("x", r"^(?P<status>\d+)$", None).unwrap()));
        let samples = vec!["200".to_owned(), "none".to_owned()];
        let (text, is_good) = check(&[OwnFormat { name: "x".into(), format, samples }]);
        assert_eq!(text, "x: sample 1: read: status\nx: sample 2: not read: none\n");
        assert!(!is_good);
    }
}
