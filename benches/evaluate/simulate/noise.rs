//! What fails in quiet times besides the chronic share: clumps of one client, bots, blips; in the hard setting pauses
//! and a nightly job.

use std::cmp::Reverse;
use std::f64::consts::TAU;

use super::super::random::Random;
use super::Order;
use super::calendar::DAY_S;

/// Seconds between clumps, bots, and blips; the last where traffic is slow, too.
const CLUMPS_S: f64 = 3.0 * 3600.0;
const BOTS_S: f64 = 3.0 * DAY_S as f64;
const BLIPS_S: (f64, f64) = (DAY_S as f64, 4.0 * DAY_S as f64);
/// Requests a second under which blips are rare.
const SLOW_RATE: f64 = 0.5;
/// Mean failures of a clump, and seconds between them.
const CLUMP: f64 = 5.0;
const CLUMP_GAP_S: f64 = 6.0;
/// Seconds between pauses.
const PAUSES_S: f64 = DAY_S as f64 / 3.0;
/// The nightly job: seconds of the day, and the share that fails then.
const NIGHTLY_S: (i64, i64) = (3 * 3600, 3 * 3600 + 1800);
const NIGHTLY: f64 = 0.02;

/// What fails besides.
pub(super) struct Noise {
    /// Failing requests that come on top: microsecond and client, the latest first.
    pub(super) extra: Vec<(i64, u32)>,
    /// Microseconds from and to, and the share that fails, the latest first.
    raised: Vec<(i64, i64, f64)>,
    chronic: f64,
    breathes: bool,
}

impl Noise {
    pub(super) fn of(order: &Order) -> Noise {
        let mut random = Random::new(order.seed, "simulate", "noise");
        let span = (order.start_s * 1_000_000, order.end_s() * 1_000_000);
        let mut extra = Vec::new();
        let client = |random: &mut Random| random.between(0, i64::from(order.pool())) as u32;
        for at in moments(span, CLUMPS_S, &mut random.divide()) {
            let (own, mut next) = (client(&mut random), at);
            loop {
                extra.push((next, own));
                next += random.waiting(CLUMP_GAP_S * 1e6);
                if random.happens(1.0 / CLUMP) {
                    break;
                }
            }
        }
        for at in moments(span, BOTS_S, &mut random.divide()) {
            let (own, failures) = (client(&mut random), random.between(30, 201));
            let length = random.between(120_000_000, 360_000_000);
            extra.extend((0..failures).map(|_| (at + random.between(0, length), own)));
        }
        let blips_s = if order.rate < SLOW_RATE { BLIPS_S.1 } else { BLIPS_S.0 };
        for at in moments(span, blips_s, &mut random.divide()) {
            let first = client(&mut random);
            for number in 0..random.between(2, 5) {
                extra.push((at + random.between(0, 3_000_000), (first + 7 * number as u32) % order.pool()));
            }
        }
        extra.retain(|(at, _)| *at < span.1);
        extra.sort_unstable_by(|one, other| other.cmp(one));
        let raised = if order.is_hard { raised(order, span, &mut random.divide()) } else { Vec::new() };
        Noise { extra, raised, chronic: order.chronic, breathes: order.is_hard }
    }

    /// Share of the requests that fail at that moment without an incident. To be asked in order of time.
    pub(super) fn share_at(&mut self, at_us: i64) -> f64 {
        while self.raised.last().is_some_and(|(_, to, _)| *to <= at_us) {
            self.raised.pop();
        }
        let chronic = if self.breathes { self.chronic * breath(at_us) } else { self.chronic };
        self.raised.last().filter(|(from, _, _)| *from <= at_us).map_or(chronic, |(_, _, share)| share.max(chronic))
    }
}

/// From once to twice the chronic share over the day.
fn breath(at_us: i64) -> f64 {
    1.5 - 0.5 * (TAU * (at_us / 1_000_000).rem_euclid(DAY_S) as f64 / DAY_S as f64).cos()
}

/// Moments of a Poisson process, in microseconds.
fn moments((from, to): (i64, i64), mean_s: f64, random: &mut Random) -> Vec<i64> {
    let mut moments = Vec::new();
    let mut at = from + random.waiting(mean_s * 1e6);
    while at < to {
        moments.push(at);
        at += random.waiting(mean_s * 1e6);
    }
    moments
}

/// Pauses of two to six seconds with 10 to 40 % failing, and the nightly job, the latest first. Where both meet, the
/// job goes on after the pause.
fn raised(order: &Order, span: (i64, i64), random: &mut Random) -> Vec<(i64, i64, f64)> {
    let mut raised: Vec<(i64, i64, f64)> = moments(span, PAUSES_S, random)
        .into_iter()
        .map(|at| (at, at + random.between(2_000_000, 6_000_000), 0.1 + 0.3 * random.share()))
        .collect();
    for day in order.start_s.div_euclid(DAY_S)..=order.end_s().div_euclid(DAY_S) {
        // No night is like the other.
        let share = NIGHTLY * (0.7 + 0.6 * random.share());
        let (from, to) = ((day * DAY_S + NIGHTLY_S.0) * 1_000_000, (day * DAY_S + NIGHTLY_S.1) * 1_000_000);
        let inside: Vec<(i64, i64)> =
            raised.iter().filter(|(at, _, _)| (from..to).contains(at)).map(|(at, until, _)| (*at, *until)).collect();
        let mut begin = from;
        for (at, until) in inside {
            raised.push((begin, at, share));
            begin = until;
        }
        raised.push((begin, to, share));
    }
    raised.retain(|(from, to, _)| from < to);
    raised.sort_unstable_by_key(|span| Reverse(span.0));
    raised
}
