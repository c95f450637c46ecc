//! Incidents put into the traffic, and what they did to it.

use super::super::random::Random;
use super::{DAY_S, Request};

/// What goes wrong. Lengths in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A share of the requests fails, at once.
    Step { share: f64, length_s: f64 },
    /// The share rises in a straight line.
    Climb { to: f64, length_s: f64 },
    /// It fails and recovers again and again.
    Flap { share: f64, on_s: f64, off_s: f64, times: u32 },
    /// No request comes.
    Hole { length_s: f64 },
    /// A share of the requests does not come.
    Loss { share: f64, length_s: f64 },
    /// A share of the requests takes seconds, and is answered.
    Slow { share: f64, length_s: f64 },
}

impl Kind {
    pub(crate) fn step(share: f64, length_s: i64) -> Kind {
        Kind::Step { share, length_s: length_s as f64 }
    }

    pub(crate) fn length_s(&self) -> f64 {
        match *self {
            Kind::Step { length_s, .. }
            | Kind::Climb { length_s, .. }
            | Kind::Hole { length_s }
            | Kind::Loss { length_s, .. }
            | Kind::Slow { length_s, .. } => length_s,
            Kind::Flap { on_s, off_s, times, .. } => (on_s + off_s) * f64::from(times) - off_s,
        }
    }

    /// Share of the requests that it hits so many seconds after its beginning.
    fn share(&self, since_s: f64) -> f64 {
        if since_s < 0.0 || since_s >= self.length_s() {
            return 0.0;
        }
        match *self {
            Kind::Step { share, .. } | Kind::Loss { share, .. } | Kind::Slow { share, .. } => share,
            Kind::Climb { to, length_s } => to * since_s / length_s,
            Kind::Flap { share, on_s, off_s, .. } => f64::from(u8::from(since_s % (on_s + off_s) < on_s)) * share,
            Kind::Hole { .. } => 1.0,
        }
    }
}

/// An incident at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Injected {
    pub(crate) kind: Kind,
    /// Microseconds since 1970.
    pub(crate) from_us: i64,
    /// The only virtual host or backend that it hits.
    pub(crate) part: Option<u8>,
}

impl Injected {
    /// A microsecond at which nothing of it happens any more.
    pub(crate) fn to_us(self) -> i64 {
        self.from_us + (self.kind.length_s() * 1e6) as i64
    }

    pub(super) fn share_at(&self, at_us: i64) -> f64 {
        self.kind.share((at_us - self.from_us) as f64 / 1e6)
    }
}

/// How near two incidents lie at one time of day, in seconds. A third one there would be told as recurring, or a third
/// silence as expected, and rightly so (methods, 1.5 and 2.5).
const SAME_TIME_S: i64 = 2400;
/// How often another moment is drawn at most.
const DRAWS: usize = 50;

/// So many incidents of a kind at random moments from `start_s`, far enough apart, and no three at one time of day.
pub(crate) fn apart(kind: Kind, count: usize, (start_s, length_s): (i64, i64), random: &mut Random) -> Vec<Injected> {
    let slot_s = length_s / count.max(1) as i64;
    // Room to either side, for what is usual there.
    let room_s = (slot_s as f64 - kind.length_s()).max(0.0);
    let margin_s = (room_s / 4.0).min(3.0 * 3600.0);
    let at = |index: usize, random: &mut Random| {
        let from_s = margin_s + random.share() * (room_s - 2.0 * margin_s);
        (start_s + index as i64 * slot_s) * 1_000_000 + (from_s * 1e6) as i64
    };
    let mut all: Vec<Injected> = Vec::with_capacity(count);
    for index in 0..count {
        let mut from_us = at(index, random);
        for _ in 0..DRAWS {
            if all.iter().filter(|other| is_same_time(other.from_us, from_us)).count() < 2 {
                break;
            }
            from_us = at(index, random);
        }
        all.push(Injected { kind, from_us, part: None });
    }
    all
}

fn is_same_time(one_us: i64, other_us: i64) -> bool {
    let apart_s = ((one_us - other_us) / 1_000_000).rem_euclid(DAY_S);
    apart_s.min(DAY_S - apart_s) < SAME_TIME_S
}

/// What an incident did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Truth {
    pub(crate) injected: Injected,
    /// First and last request that failed, or was slow, because of it, in microseconds since 1970.
    pub(crate) hit_us: Option<(i64, i64)>,
    /// Requests that failed, or were slow, because of it.
    pub(crate) failed: u64,
    /// All requests from the first to the last of them.
    pub(crate) requests: u64,
    /// Requests that should have come and did not.
    pub(crate) missed: u64,
    /// Requests since the first one hit.
    since: u64,
}

impl Truth {
    pub(super) fn new(injected: Injected) -> Truth {
        Truth { injected, hit_us: None, failed: 0, requests: 0, missed: 0, since: 0 }
    }

    /// Takes note of a logged request. `is_hit`: this incident made it fail or slow.
    pub(super) fn add(&mut self, request: &Request, is_hit: bool) {
        self.since += u64::from(is_hit || self.hit_us.is_some());
        if is_hit {
            self.hit_us = Some((self.hit_us.map_or(request.at_us, |(first, _)| first), request.at_us));
            self.failed += 1;
            self.requests = self.since;
        }
    }

    /// Percent of the requests from the first to the last one hit.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.failed as f64 / self.requests.max(1) as f64
    }
}
