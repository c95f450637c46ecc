//! Moments in the zone of the report, and the axis of time that the pictures share.

use serde::Serialize;

use super::super::model::{Incident, Item};
use super::super::text::Page;
use super::super::words::{clock, local};
use crate::clock::Instant;
use crate::clock::zone::Rule;

/// A moment as a `time` element has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Moment {
    /// In UTC, for programs; HTML allows three digits of a fraction.
    pub datetime: String,
    /// In the zone of the report, for people.
    pub text: String,
}

/// With the day: `2024-06-11 10:00:07`.
pub(super) fn full(time: &str, zone: &Rule) -> Moment {
    let at = Page::instant(time);
    Moment { datetime: datetime(at), text: local(at, zone) }
}

/// Without the day where it is the same one: `10:00:07`.
pub(super) fn on_day(at: Instant, day_of: Instant, zone: &Rule) -> Moment {
    let (text, other) = (local(at, zone), local(day_of, zone));
    let same = text.get(..10) == other.get(..10);
    Moment { datetime: datetime(at), text: if same { clock(at, zone) } else { text } }
}

fn datetime(at: Instant) -> String {
    Instant { digits: at.digits.min(3), ..at }.rfc3339()
}

/// The stretch of time that the pictures of an incident show, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub start: f64,
    pub end: f64,
}

/// Ticks of an axis of time at most.
const TICKS: f64 = 8.0;

/// Distances of ticks, in seconds.
const STEPS: &[i64] = &[
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000, 31_536_000,
];

impl Span {
    /// That of the series, else the incident with a fifth before and after.
    pub(super) fn of(incident: &Incident) -> Span {
        if let Some(series) = &incident.series {
            let start = Page::instant(&series.start).as_f64();
            let steps = series.requests.len().max(1) as i64;
            return Span { start, end: start + (steps * series.step_s.max(1)) as f64 };
        }
        let start = Page::instant(&incident.start).as_f64();
        let around = (incident.duration_s / 5.0).max(30.0);
        Span { start: (start - around).floor(), end: (start + incident.duration_s + around).ceil() }
    }

    /// Where a moment stands, in percent of the width; outside of 0 to 100 it is not in the picture.
    pub(super) fn percent(&self, at: f64) -> f64 {
        (at - self.start) / (self.end - self.start).max(1e-9) * 100.0
    }

    /// The same, moved to the nearer edge where it lies outside.
    pub(super) fn clamped(&self, at: f64) -> f64 {
        self.percent(at).clamp(0.0, 100.0)
    }

    pub(super) fn has(&self, at: f64) -> bool {
        (self.start..=self.end).contains(&at)
    }

    pub(super) fn has_item(&self, item: &Item) -> bool {
        self.has(item.at.as_f64())
    }

    /// Ticks at whole local times: where in percent, and what stands there.
    pub(super) fn ticks(&self, zone: &Rule) -> Vec<(f64, String)> {
        let least = (self.end - self.start) / TICKS;
        let step = STEPS.iter().copied().find(|step| *step as f64 >= least).unwrap_or(least as i64 + 1);
        let offset = i64::from(zone.offset_at(self.start as i64));
        let mut at = (self.start as i64 + offset).div_euclid(step) * step - offset;
        let mut ticks = Vec::new();
        while (at as f64) <= self.end {
            let percent = self.percent(at as f64);
            if (0.0..=100.0).contains(&percent) {
                ticks.push((percent, tick(Instant::second(at), step, zone)));
            }
            at += step;
        }
        ticks
    }
}

/// As exact as the step is.
fn tick(at: Instant, step: i64, zone: &Rule) -> String {
    let text = local(at, zone);
    let part = match step {
        ..60 => 11..19,
        60..86_400 => 11..16,
        _ => 0..10,
    };
    text.get(part).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_at_whole_local_times() {
        for (why, start, end, zone, wanted) in [
            (
                "an hour and a half",
                3600.0,
                9000.0,
                Rule::Offset(0),
                "0 01:00, 17 01:15, 33 01:30, 50 01:45, 67 02:00, 83 02:15, 100 02:30",
            ),
            (
                "half an hour off UTC",
                1800.0,
                5400.0,
                Rule::Offset(19_800),
                "0 06:00, 17 06:10, 33 06:20, 50 06:30, 67 06:40, 83 06:50, 100 07:00",
            ),
            ("seconds", 0.0, 20.0, Rule::Offset(0), "0 00:00:00, 25 00:00:05, 50 00:00:10, 75 00:00:15, 100 00:00:20"),
            ("no time at all", 7.0, 7.0, Rule::Offset(0), "0 00:00:07"),
        ] {
            let ticks = Span { start, end }.ticks(&zone);
            let told: Vec<String> = ticks.iter().map(|(at, text)| format!("{at:.0} {text}")).collect();
            assert_eq!(told.join(", "), wanted, "{why}");
        }
    }
}
