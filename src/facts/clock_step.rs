//! A host's clock was set: the lines of the programs that set it (methods, 2.5).
//!
//! Only of those that set it themselves. What merely takes note of a change (systemd's `Time has been changed`, the
//! resolver's `Clock change detected. Flushing caches.`) does so after a suspended machine went on, too, and there the
//! time did pass.

use crate::format::Record;

/// A host's clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockStep {
    /// By how much forward, in milliseconds; negative: back. `None` where the line does not say.
    pub by_ms: Option<i64>,
}

/// The step that a line tells.
pub fn clock_step(record: &Record<'_>) -> Option<ClockStep> {
    let message = record.message();
    let is_told = |begin: &str| message.starts_with(begin).then_some(ClockStep { by_ms: None });
    match record.program.as_deref()? {
        // `System clock was stepped by 4.005564 seconds` (`LCL_MakeStep` in chrony's `local.c`)
        "chronyd" => stepped(message, "System clock was stepped by "),
        // `time reset +4.005564 s`, formerly `time reset (step) 4.005564 s`; `0.0.0.0 061c 0c clock_step +4.005564 s`;
        // NTPsec's `CLOCK: time stepped by 4.005564` (`ntpd/ntp_loopfilter.c`)
        "ntpd" => ["time reset (step) ", "time reset ", "clock_step ", "CLOCK: time stepped by "]
            .iter()
            .find_map(|words| stepped(message, words)),
        // `step time server 192.0.2.1 offset -151.316557 sec` (`ntpdate/ntpdate.c`)
        "ntpdate" if message.starts_with("step time server ") => stepped(message, " offset "),
        "ntpdate" => stepped(message, "CLOCK: time stepped by "),
        // `Initial clock synchronization to Tue 2026-11-24 13:04:24.450935 UTC.` (`src/timesync/timesyncd-manager.c`)
        "systemd-timesyncd" => is_told("Initial clock synchronization to "),
        // `Changed local time to Tue 2026-11-24 13:04:24 UTC` (`src/timedate/timedated.c`)
        "systemd-timedated" => is_told("Changed local time to "),
        _ => None,
    }
}

/// The seconds that stand behind these words.
fn stepped(message: &str, words: &str) -> Option<ClockStep> {
    let (_, rest) = message.split_once(words)?;
    let seconds: f64 = rest.split(' ').next()?.parse().ok()?;
    let by_ms = Some((seconds * 1000.0).round() as i64);
    seconds.is_finite().then_some(ClockStep { by_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_programs_say() {
        for (program, message, want) in [
            ("chronyd", "System clock was stepped by 4.005564 seconds", Some(Some(4006))),
            ("chronyd", "2026-01-03T14:32:43Z System clock was stepped by -1.707730 seconds", Some(Some(-1708))),
            ("chronyd", "System clock wrong by 4.005564 seconds", None),
            ("ntpd", "time reset +299.871031 s", Some(Some(299_871))),
            ("ntpd", "time reset (step) -0.500000 s", Some(Some(-500))),
            ("ntpd", "0.0.0.0 061c 0c clock_step +3.250000 s", Some(Some(3250))),
            ("ntpd", "time slew +0.012000 s", None),
            ("ntpd", "time reset nan s", None),
            ("ntpdate", "step time server 192.0.2.1 offset -151.316557 sec", Some(Some(-151_317))),
            ("ntpdate", "adjust time server 192.0.2.1 offset -0.000008 sec", None),
            ("ntpdate", "CLOCK: time stepped by 28799.624267", Some(Some(28_799_624))),
            ("systemd-timesyncd", "Initial clock synchronization to Tue 2026-11-24 13:04:24.450935 UTC.", Some(None)),
            ("systemd-timesyncd", "Contacted time server 192.0.2.1:123 (ntp.example.org).", None),
            ("systemd-timedated", "Changed local time to Tue 2026-11-24 13:04:24 UTC", Some(None)),
            ("systemd-resolved", "Clock change detected. Flushing caches.", None),
            ("app", "System clock was stepped by 4.005564 seconds", None),
        ] {
            let record = Record {
                program: Some(program.into()),
                message: Some(message.into()),
                ..Record::new("syslog-rfc3164")
            };
            assert_eq!(clock_step(&record).map(|step| step.by_ms), want, "{program}: {message}");
        }
    }
}
