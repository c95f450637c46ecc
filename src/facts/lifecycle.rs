//! Starts, stops, reloads, restarts, crashes, and what ran out: from the lines in which each program and each
//! supervisor tells it (`formats/lifecycle.md`).
//!
//! A start is the line that says "ready", a stop the one that says "asked to stop". Each line of one failed start is
//! an event here; the analysis makes one episode of them.

mod containers;
mod haproxy;
mod kernel;
mod servers;
mod systemd;

use super::event::Said;
use super::words;
use crate::format::Record;

/// What the record says of a service's life, if anything.
pub fn event(record: &Record<'_>) -> Option<Said> {
    if record.action.is_some() {
        return containers::event(record);
    }
    match record.format {
        "nginx-error" => servers::nginx(record),
        "apache-error" => servers::apache(record),
        "haproxy-notice" => haproxy::event(record),
        "systemd" => systemd::event(record),
        "kernel" => kernel::event(record),
        "dockerd" => containers::daemon(record),
        _ => words::life_of_program(record),
    }
}
