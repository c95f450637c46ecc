//! The kernel: memory and crashes (`mm/oom_kill.c`, `arch/x86/mm/fault.c`, `formats/syslog.md`, section 3), boots.
//!
//! One kill has several lines; `Killed process` is the kill, all others announce it or tell it again. The service is
//! the name of the thread, 15 bytes at most, so not always that of its unit.

use crate::facts::event::{Kind, Said};
use crate::format::Record;

/// What comes before `Killed process N (NAME) `.
const BEFORE_KILL: &[&str] =
    &["", "Out of memory: ", "Memory cgroup out of memory: ", "Out of memory (oom_kill_allocating_task): "];

pub(super) fn event(record: &Record<'_>) -> Option<Said> {
    let message = record.message();
    kill(message)
        .or_else(|| segfault(message))
        .or_else(|| trap(message))
        .or_else(|| limit(message))
        .or_else(|| boot(message))
}

/// `Out of memory: Killed process 1234 (mysqld) total-vm:…`
fn kill(message: &str) -> Option<Said> {
    let rest = BEFORE_KILL.iter().find_map(|before| message.strip_prefix(before)?.strip_prefix("Killed process "))?;
    // Up to 2.6 `Killed process 1234, UID 27, (mysqld) total-vm:…`; names may hold blanks and brackets.
    let (pid, rest) = rest.split_once(" (")?;
    let pid = pid.split_once(", UID ").map_or(pid, |(pid, _)| pid);
    let (name, _) =
        rest.split_once(") total-vm:").or_else(|| rest.split_once(") vsz:")).or_else(|| rest.split_once("), UID"))?;
    Some(Said { pid: Some(pid.parse().ok()?), ..Said::of(Kind::OomKill, Some(name.to_owned())) })
}

/// `nginx[4321]: segfault at 0 ip 00007f1c…`; `rip` up to 2.6. Other machines than Intel's tell the signal:
/// `nginx[4321]: unhandled signal 11 code 0x1 at 0x…`, `…: unhandled level 2 translation fault (11) at 0x…`.
fn segfault(message: &str) -> Option<Said> {
    let (process, rest) = message.split_once(": ")?;
    if let Some(fault) = rest.strip_prefix("unhandled ") {
        return crash(process, unhandled(fault)?);
    }
    let at = rest.strip_prefix("segfault at ")?;
    let is_fault = (at.contains(" ip ") || at.contains(" ip:") || at.contains(" rip ")) && at.contains("sp");
    is_fault.then(|| crash(process, 11)).flatten()
}

/// `signal 11 code 0x1 at 0x…` (RISC-V, PowerPC), `level 2 translation fault (11) at 0x…` (ARM)
fn unhandled(fault: &str) -> Option<i64> {
    let number = match fault.strip_prefix("signal ") {
        Some(rest) => rest.split(' ').next()?,
        None => fault.split_once(" (")?.1.split_once(") at ")?.0,
    };
    number.parse().ok()
}

/// `traps: node[99] trap invalid opcode ip:…`, `traps: x[1] general protection fault ip:…`
fn trap(message: &str) -> Option<Said> {
    const TRAPS: &[(&str, i64)] = &[
        ("general protection", 11),
        ("trap invalid opcode", 4),
        ("trap divide error", 8),
        ("trap int3", 5),
        ("trap stack segment", 7),
        ("trap alignment check", 7),
        ("trap bounds", 11),
    ];
    let (process, rest) = message.strip_prefix("traps: ").unwrap_or(message).split_once("] ")?; // `traps: ` from 3.10 on
    let signal = TRAPS.iter().find(|(words, _)| rest.starts_with(words)).map(|(_, signal)| *signal)?;
    crash(&format!("{process}]"), signal)
}

/// `nginx[4321]`
fn crash(process: &str, signal: i64) -> Option<Said> {
    let (name, pid) = process.strip_suffix(']')?.rsplit_once('[')?;
    let pid = pid.parse().ok()?;
    Some(Said { pid: Some(pid), signal: Some(signal), ..Said::of(Kind::Crash, Some(name.to_owned())) })
}

fn limit(message: &str) -> Option<Said> {
    let is_table = message.starts_with("nf_conntrack: ") || message.starts_with("ip_conntrack: ");
    let is_full = is_table && message.trim_end_matches('.').ends_with("table full, dropping packet")
        || message.starts_with("VFS: file-max limit ")
        || is_flooded(message);
    is_full.then(|| Said { port: flooded_port(message), ..Said::of(Kind::ResourceLimit, None) })
}

/// `TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.`; before 5.15 only the port.
fn is_flooded(message: &str) -> bool {
    let rest = message.strip_prefix("TCP: ").unwrap_or(message);
    rest.split_once("ossible SYN flooding on port ")
        .is_some_and(|(before, _)| before.len() < 40 && !before.contains('"'))
}

fn flooded_port(message: &str) -> Option<u16> {
    let (_, rest) = message.split_once("SYN flooding on port ")?;
    let place = rest.split(". ").next()?;
    place.rsplit(':').next()?.parse().ok()
}

/// `Linux version 6.1.0-49-amd64 (debian-kernel@lists.debian.org) …`, the first line of a boot.
fn boot(message: &str) -> Option<Said> {
    let version = message.strip_prefix("Linux version ")?;
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| Said::of(Kind::HostBoot, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &'static str) -> Option<(Kind, Option<String>, Option<i64>)> {
        let record = Record { message: Some(message.into()), ..Record::new("kernel") };
        event(&record).map(|said| (said.kind, said.service, said.pid))
    }

    #[test]
    fn kills_and_crashes() {
        for (message, kind, name, pid) in [
            (
                "Killed process 55438 (ruby) total-vm:1771344kB, anon-rss:1469448kB, file-rss:4992kB",
                Kind::OomKill,
                "ruby",
                55438,
            ),
            (
                "Out of memory: Killed process 1234 (mysqld) total-vm:2345678kB, anon-rss:1kB",
                Kind::OomKill,
                "mysqld",
                1234,
            ),
            (
                "Memory cgroup out of memory: Killed process 50 (Web Content) total-vm:547760kB",
                Kind::OomKill,
                "Web Content",
                50,
            ),
            (
                "nginx[4321]: segfault at 0 ip 00007f1c2b3a4d5e sp 00007ffd0a1b2c30 error 4 in libc.so.6[7f+15]",
                Kind::Crash,
                "nginx",
                4321,
            ),
            (
                "traps: node[99] trap invalid opcode ip:55d0c8a7 sp:7ffc2d0 error:0 in node[55d0c8000000+1000]",
                Kind::Crash,
                "node",
                99,
            ),
            ("traps: php-fpm[7] general protection fault ip:55d0 sp:7ff error:0 in php", Kind::Crash, "php-fpm", 7),
            ("php-fpm[7] general protection ip:55d0 sp:7ff error:0 in php", Kind::Crash, "php-fpm", 7),
            ("nginx[4321]: segfault at 7f rip 00007f rsp 00007f error 4", Kind::Crash, "nginx", 4321),
            ("nginx[4321]: unhandled signal 11 code 0x1 at 0x0 in nginx[1+2]", Kind::Crash, "nginx", 4321),
            (
                "nginx[4321]: unhandled level 2 translation fault (11) at 0x00000008, esr 0x92000006",
                Kind::Crash,
                "nginx",
                4321,
            ),
            (
                "Killed process 1234, UID 27, (mysqld) total-vm:2345678kB, anon-rss:1234567kB, file-rss:12kB",
                Kind::OomKill,
                "mysqld",
                1234,
            ),
        ] {
            assert_eq!(said(message), Some((kind, Some(name.into()), Some(pid))), "{message}");
        }
    }

    #[test]
    fn limits_and_boots() {
        for (message, kind) in [
            ("nf_conntrack: nf_conntrack: table full, dropping packet", Kind::ResourceLimit),
            ("TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.", Kind::ResourceLimit),
            ("possible SYN flooding on port 80. Sending cookies.", Kind::ResourceLimit),
            ("Linux version 6.1.0-49-amd64 (debian-kernel@lists.debian.org)", Kind::HostBoot),
        ] {
            assert_eq!(said(message), Some((kind, None, None)), "{message}");
        }
    }

    #[test]
    fn near_misses() {
        for message in [
            "nginx invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "Out of memory: Kill process 1234 (mysqld) score 504 or sacrifice child",
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,task=mysqld,pid=1234,uid=27",
            "oom_reaper: reaped process 1234 (mysqld), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
            "usbcore: registered new interface driver usb-storage",
            "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
        ] {
            assert_eq!(said(message), None, "{message}");
        }
    }
}
