//! What a host says besides its access log: errors of nginx, reloads, deploys, a restart a week.

use std::io::{self, Write};
use std::path::Path;

use super::super::random::Random;
use super::created;
use super::lines::{error_stamp, host, put_address, put_request, syslog_head};
use crate::simulate::{DAY_S, Order, Request};

/// Seconds between deploys, and between restarts.
const DEPLOYS_S: f64 = DAY_S as f64 / 2.0;
const RESTARTS_S: f64 = 7.0 * DAY_S as f64;

/// The line of nginx's error log for a request that failed.
pub(super) fn error_line(request: &Request, line: &mut Vec<u8>) {
    error_stamp(request.at_s(), line);
    line.extend_from_slice(b" [error] 812#812: *");
    line.extend_from_slice((request.chance >> 40).to_string().as_bytes());
    line.extend_from_slice(match request.status {
        504 => b" upstream timed out (110: Connection timed out) while reading response header from upstream, client: ",
        500 => b" upstream sent invalid header while reading response header from upstream, client: ",
        _ => b" connect() failed (111: Connection refused) while connecting to upstream, client: ".as_slice(),
    });
    put_address(request.client, line);
    line.extend_from_slice(b", server: ");
    line.extend_from_slice(host(request).as_bytes());
    line.extend_from_slice(b", request: \"");
    put_request(request, line);
    line.extend_from_slice(b"\", upstream: \"http://127.0.0.1:8080/\", host: \"");
    line.extend_from_slice(host(request).as_bytes());
    line.extend_from_slice(b"\"\n");
}

/// Writes syslog: deploys with a reload, restarts of nginx, and what else a host says.
pub(super) fn write(folder: &Path, order: &Order) -> io::Result<()> {
    let mut random = Random::new(order.seed, "logs", "host");
    let mut file = created(&folder.join("syslog"))?;
    let mut said: Vec<(i64, &str, String)> = Vec::new();
    for at in moments(order, 3600.0, &mut random) {
        said.push((at, "CRON[4711]", "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)".into()));
    }
    for at in moments(order, DEPLOYS_S, &mut random) {
        said.push((
            at,
            "sudo",
            "  deploy : PWD=/srv/shop ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx".into(),
        ));
        said.push((at + 40_000, "systemd[1]", "Reloading nginx.service - nginx...".into()));
        said.push((at + 90_000, "systemd[1]", "Reloaded nginx.service - nginx.".into()));
    }
    for at in moments(order, RESTARTS_S, &mut random) {
        said.push((at, "systemd[1]", "Stopping nginx.service - nginx...".into()));
        said.push((at + 30_000, "systemd[1]", "nginx.service: Deactivated successfully.".into()));
        said.push((at + 31_000, "systemd[1]", "Stopped nginx.service - nginx.".into()));
        said.push((at + 35_000, "systemd[1]", "Starting nginx.service - nginx...".into()));
        said.push((at + 80_000, "systemd[1]", "Started nginx.service - nginx.".into()));
    }
    said.sort();
    let mut line = Vec::new();
    for (at_us, tag, text) in said {
        line.clear();
        syslog_head(at_us, "web1", tag, &mut line);
        line.extend_from_slice(text.as_bytes());
        line.push(b'\n');
        file.write_all(&line)?;
    }
    file.flush()
}

fn moments(order: &Order, mean_s: f64, random: &mut Random) -> Vec<i64> {
    let (mut at, end) = (order.start_s * 1_000_000, order.end_s() * 1_000_000);
    let mut moments = Vec::new();
    loop {
        at += random.waiting(mean_s * 1e6);
        if at >= end {
            return moments;
        }
        moments.push(at);
    }
}
