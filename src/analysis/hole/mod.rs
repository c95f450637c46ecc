//! Holes and dips: stretches in which requests should have come and none, or far fewer, did (methods, section 2).
//!
//! [`Usual`] tells what a series is used to: its [`Counts`] and the [`DayShape`]. [`Bars`] are the silences that it
//! shows to be ordinary, [`Usual::holes`] those that are not, [`Usual::dips`] the partial losses; [`back_test`] says how
//! well the missed requests are told, and [`HoleKind`] what a silence is.

mod bars;
mod counts;
mod day;
mod dips;
mod interval;
mod kinds;
#[cfg(test)]
mod tests;

use crate::facts::traffic::Second;
pub use bars::Bars;
pub use counts::Counts;
pub use day::DayShape;
pub use dips::Dip;
pub use interval::{back_test, interval};
pub use kinds::{Anchor, HoleFacts, HoleKind, LEAST_DOWN, LEAST_PROBABLE, TRUE_ONES, anchored_odds, free_odds};

/// False holes a series and log.
pub const ALPHA: f64 = 0.02;
/// Reach to either side for the expected requests: doubled from the first to the last.
const NEAR_S: i64 = 1800;
const FAR_S: i64 = 10_800;
/// Requests that make a neighbourhood large enough: 7 % error.
const ENOUGH: u64 = 200;
/// Requests that tell the rate just beside a silence.
const NEAREST: f64 = 60.0;
/// Shortest silence that is looked at, in seconds.
const SHORTEST_S: i64 = 3;
/// Requests and seconds that a log needs, below which nothing is tested (methods, 8.8).
const LEAST_REQUESTS: u64 = 50;
const LEAST_S: i64 = 120;

/// A stretch without requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hole {
    /// First second without a request.
    pub from: i64,
    /// First second with one again, or the end of what the logs cover.
    pub to: i64,
    /// Requests expected in it by what came before and after.
    pub expected: f64,
    /// By the more cautious of both sides.
    pub expected_least: f64,
    /// Expected requests from which on a silence stands out here, and the mean length of the tail of those that do not.
    pub bar: f64,
    #[allow(missing_docs)]
    pub slope: f64,
    /// Log-odds of "down" from the silence alone.
    pub odds: f64,
    /// Whether it reaches the end of what the logs cover.
    pub is_open: bool,
}

/// Requests that should have come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expectation {
    /// By what came before and after.
    pub expected: f64,
    /// By the more cautious of both sides.
    pub least: f64,
}

/// What a series is used to.
pub struct Usual<'a> {
    #[allow(missing_docs)]
    pub counts: Counts<'a>,
    #[allow(missing_docs)]
    pub shape: DayShape,
}

impl<'a> Usual<'a> {
    /// Of a series in order of time.
    pub fn of(seconds: &'a [Second]) -> Usual<'a> {
        let counts = Counts::of(seconds);
        let shape = DayShape::of(&counts);
        Usual { counts, shape }
    }

    /// Requests expected from `from` to `to`: the requests of the half hours before and after, each doubled until it
    /// holds [`ENOUGH`] or [`FAR_S`], by the usual shape of the day.
    pub fn expected(&self, from: i64, to: i64) -> Expectation {
        let (before, after) = (self.side(from, -1), self.side(to, 1));
        let own = self.shape.integral(from, to);
        let by = |(count, length): (u64, f64)| (length > 0.0).then(|| own * count as f64 / length);
        let expected = by((before.0 + after.0, before.1 + after.1)).unwrap_or(0.0);
        let mut least = [by(before), by(after)].into_iter().flatten().fold(expected, f64::min);
        if self.shape.is_flat() {
            // The half hours may be busier than the moments beside the silence: at the bottom of the night both are.
            let near = [self.nearest(from, -1), self.nearest(to, 1)];
            least = near.into_iter().flatten().map(|rate| rate * (to - from) as f64).fold(least, f64::min);
        }
        Expectation { expected, least }
    }

    /// Requests and mean seconds of the neighbourhood on one side.
    fn side(&self, edge: i64, direction: i64) -> (u64, f64) {
        let (first, end) = self.counts.span();
        let mut reach = NEAR_S;
        loop {
            let (from, to) = if direction < 0 { (edge - reach, edge) } else { (edge, edge + reach) };
            let (from, to) = (from.clamp(first, end), to.clamp(first, end));
            let count = self.counts.count(from, to);
            let is_whole = if direction < 0 { from == first } else { to == end };
            if count >= ENOUGH || reach >= FAR_S || is_whole {
                return (count, self.shape.integral(from, to));
            }
            reach = (2 * reach).min(FAR_S);
        }
    }

    /// Requests a second of the nearest [`NEAREST`] requests on one side; `None` where there are fewer.
    fn nearest(&self, edge: i64, direction: i64) -> Option<f64> {
        let (before, after) = self.counts.seconds().split_at(self.counts.position(edge));
        let mut count = 0.0;
        let mut reaches = |second: &Second| {
            count += f64::from(second.requests);
            // From the edge over all of that second.
            let length = if direction < 0 { edge - second.at } else { second.at + 1 - edge };
            (count >= NEAREST).then(|| count / length.max(1) as f64)
        };
        if direction < 0 { before.iter().rev().find_map(&mut reaches) } else { after.iter().find_map(reaches) }
    }

    /// Whether the log is too small for any test.
    pub fn is_small(&self) -> bool {
        let (first, end) = self.counts.span();
        self.counts.total() < LEAST_REQUESTS || end - first < LEAST_S
    }

    /// Silences that chance does not explain. `until` is the end of what all logs cover.
    pub fn holes(&self, bars: &Bars, until: i64) -> Vec<Hole> {
        if self.is_small() {
            return Vec::new();
        }
        let seconds = self.counts.seconds();
        let (_, end) = self.counts.span();
        let inside = self.counts.gaps.iter().map(|(position, length)| {
            let from = seconds[*position as usize].at + 1;
            (from, from + length, false)
        });
        let least_bar = bars.least();
        let most = self.most_a_mean_second();
        inside
            .chain([(end, until, true)])
            .filter(|(from, to, _)| to - from >= SHORTEST_S)
            // Most silences are far too short, whatever the neighbourhood is.
            .filter(|(from, to, _)| most.is_none_or(|most| most * self.shape.integral(*from, *to) > least_bar))
            .map(|(from, to, is_open)| self.hole(bars, from, to, is_open))
            .filter(|hole| hole.expected_least > hole.bar)
            .collect()
    }

    /// The silence from `from` to `to`, whatever it is.
    pub fn hole(&self, bars: &Bars, from: i64, to: i64, is_open: bool) -> Hole {
        let of = self.expected(from, to);
        let (bar, slope) = bars.bar(of.least / (to - from).max(1) as f64);
        let odds = free_odds(of.least, bar, slope);
        Hole { from, to, expected: of.expected, expected_least: of.least, bar, slope, odds, is_open }
    }

    /// Most requests that the neighbourhood of a silence has a mean second. `None` for a log that is too short to have
    /// whole neighbourhoods.
    fn most_a_mean_second(&self) -> Option<f64> {
        let (first, end) = self.counts.span();
        let bins = (end - first) / day::BIN_S;
        if !(12..=144 * 3660).contains(&bins) {
            return None;
        }
        // A neighbourhood of 1800 s lies in four of these bins, three of which it fills.
        let of = |bin: i64| {
            let from = first + bin * day::BIN_S;
            self.counts.count(from, from + day::BIN_S) as f64 / self.shape.integral(from, from + day::BIN_S)
        };
        Some(1.5 * (0..bins + 1).map(of).fold(0.0, f64::max))
    }
}

/// Requests expected from `from` to `to`, and by the more cautious of both sides.
pub fn expected(seconds: &[Second], from: i64, to: i64) -> (f64, f64) {
    let of = Usual::of(seconds).expected(from, to);
    (of.expected, of.least)
}

/// Silences that chance does not explain. `until` is the end of what all logs cover.
pub fn holes(seconds: &[Second], until: i64) -> Vec<Hole> {
    let usual = Usual::of(seconds);
    usual.holes(&Bars::of(&usual.counts), until)
}
