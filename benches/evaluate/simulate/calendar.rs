//! How much traffic a minute has: the rhythm of day and week, the day's own level, the minute's noise, surges.

use std::f64::consts::TAU;

use super::super::random::Random;
use super::Order;

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;
/// Hour of the day, in UTC, with the most traffic.
const PEAK_H: f64 = 15.0;
/// By how much the peak lies above the mean, and the night below it.
const RHYTHM: f64 = 0.7;
/// Traffic of a Saturday or Sunday.
const WEEKEND: f64 = 0.75;
/// By how much days differ.
const DAY_LEVEL: f64 = 0.1;
/// Standard deviation of a minute's noise, and how much of it the next minute keeps.
const NOISE: f64 = 0.1;
const KEPT: f64 = 0.9;

/// Traffic by minute, in means.
pub(super) struct Calendar {
    first_s: i64,
    minutes: Vec<f64>,
}

impl Calendar {
    /// From `first_s` to the end of what is ordered.
    pub(super) fn of(order: &Order, first_s: i64) -> Calendar {
        let mut random = Random::new(order.seed, "simulate", "calendar");
        let mut surges = random.divide();
        let surges = if order.has_surges { surged(order, &mut surges) } else { Vec::new() };
        let mut level = (i64::MIN, 1.0);
        let mut noise = NOISE * normal(&mut random);
        let minutes = (0..(order.end_s() - first_s) / 60 + 1).map(|minute| {
            let at = first_s + minute * 60;
            let day = at.div_euclid(DAY_S);
            if day != level.0 {
                level = (day, 1.0 + DAY_LEVEL * (2.0 * random.share() - 1.0));
            }
            noise = KEPT * noise + (1.0 - KEPT * KEPT).sqrt() * NOISE * normal(&mut random);
            let surge = surges.iter().find(|(from, to, _)| (*from..*to).contains(&at)).map_or(1.0, |surge| surge.2);
            rhythm(at) * weekday(day) * level.1 * (1.0 + noise).max(0.2) * surge
        });
        Calendar { first_s, minutes: minutes.collect() }
    }

    /// Traffic of that second, in means.
    pub(super) fn at(&self, s: i64) -> f64 {
        let minute = usize::try_from((s - self.first_s) / 60).unwrap_or(0);
        self.minutes.get(minute).or(self.minutes.last()).copied().unwrap_or(1.0)
    }
}

fn rhythm(at: i64) -> f64 {
    let hour = at.rem_euclid(DAY_S) as f64 / 3600.0;
    1.0 + RHYTHM * (TAU * (hour - PEAK_H) / 24.0).cos()
}

fn weekday(day: i64) -> f64 {
    // 1970-01-01 was a Thursday.
    if matches!((day + 4).rem_euclid(7), 0 | 6) { WEEKEND } else { 1.0 }
}

/// From, to and how much: ten minutes to three hours of two to five times the traffic, every second day.
fn surged(order: &Order, random: &mut Random) -> Vec<(i64, i64, f64)> {
    let mut at = order.start_s + random.waiting(2.0 * DAY_S as f64);
    let mut surges = Vec::new();
    while at < order.end_s() {
        let to = at + random.between(600, 3 * 3600);
        surges.push((at, to, 2.0 + 3.0 * random.share()));
        at = to + random.waiting(2.0 * DAY_S as f64);
    }
    surges
}

/// A draw of the normal distribution (Box and Muller, *A note on the generation of random normal deviates*, 1958).
fn normal(random: &mut Random) -> f64 {
    (-2.0 * (1.0 - random.share()).ln()).sqrt() * (TAU * random.share()).cos()
}
