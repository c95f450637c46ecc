//! Where a run begins and ends (methods, 1.4 and 1.5: from the first failing request of the incident to the last one).
//!
//! The automaton has six levels, and an incident's own share of failing requests lies between two of them. At the lower
//! one it joins a chance failure from too far away. So each edge is sought once more: it is the failure from which the
//! requests up to those inside are likeliest to have one share of their own, against the usual one.
//!
//! Then, the automaton pays for all good requests of a second, but an outage that begins inside one follows good
//! requests, and one that ends inside is followed by them. So the second is sought that explains the counts best if the
//! incident begins (or ends) at a random place in it, all seconds between it and the run being of that share. With f of n
//! requests failing, share q and baseline p, such a second is likelier than a quiet one by
//!
//! ```text
//! (q/p)^f · 1/(n+1) · Σ C(m,f)/C(n,f) · ((1−q)/(1−p))^(m−f),  m = f … n requests inside
//! ```

use super::automaton::{PAUSE_S, Run};
use super::baseline::Usual;
use super::series::{Exposure, Moment, Series};

/// Evidence against all seconds between, in nats, from which no further second is looked at: as a change of level.
const FAR: f64 = 5.0;
/// So many failures at an edge tell its share: further ones would tell what came later, as of a climb. Of 2 % of one
/// request a second the start is off by up to 134 s in nine of ten cases with 12, and by 147 s with 20 and with 40; that
/// of a climb to 30 % in 20 minutes by 139, 150 and 154 s.
const LOCAL: u64 = 12;
/// The share of a total outage, at most: as of the automaton.
const MOST: f64 = 0.98;
/// And so many seconds with failures, as the outermost may lie inside in part only.
const SECONDS: usize = 3;

/// The first and the last moment of a run, by index, where requests are counted, at the automaton's levels; else as the
/// automaton has them.
pub(super) fn edges(series: &Series, usual: &Usual, run: &Run) -> (usize, usize) {
    if series.exposure == Exposure::Seconds {
        return (run.first, run.last);
    }
    let moments = &series.moments;
    let first = inside(usual, run.onset_level, moments[..=run.first].iter().rev());
    let last = inside(usual, run.ending_level, moments[run.last..].iter());
    (run.first - first, run.last + last)
}

/// The same at the run's own share at each edge: when it began and ended. Whether it is an incident is judged by what the
/// automaton has, as a lone clump can be stretched far.
pub(super) fn own_edges(series: &Series, usual: &Usual, run: &Run) -> (usize, usize) {
    if series.exposure == Exposure::Seconds {
        return (run.first, run.last);
    }
    let moments = &series.moments;
    let onset = run.first + inner(moments[run.first..=run.onset].iter());
    let ending = run.last - inner(moments[run.ending..=run.last].iter().rev());
    let first = onset - edge(usual, (onset - run.first, run.onset_level), moments[..=onset].iter().rev());
    let last = ending + edge(usual, (run.last - ending, run.ending_level), moments[ending..].iter());
    (first.min(last), last.max(first))
}

/// How many moments from the edge inwards tell its share.
fn inner<'a>(inwards: impl Iterator<Item = &'a Moment>) -> usize {
    let mut failing = 0;
    let within = inwards.enumerate().take_while(|(index, moment)| {
        let is_needed = *index < SECONDS || failing < LOCAL;
        failing += u64::from(moment.failing);
        is_needed
    });
    within.count().saturating_sub(1)
}

/// How many moments the edge lies beyond the first of these, which lead from inside out of the run; the automaton has it
/// at `near`, at that level.
fn edge<'a>(usual: &Usual, (near, level): (usize, f64), outwards: impl Iterator<Item = &'a Moment> + Clone) -> usize {
    let Some(inmost) = outwards.clone().next() else { return 0 };
    let (mut failing, mut best, mut beyond, mut own) = (0, f64::NEG_INFINITY, 0, 0.0f64);
    let mut last = inmost;
    for (index, moment) in outwards.clone().enumerate() {
        let base = usual.share_at(moment.at);
        // A clump of failures beyond a long good stretch is another thing, however many it has.
        let between = inmost.through().max(moment.before) - inmost.before.min(moment.through());
        let is_far = usual.evidence(failing, between + failing, base) < best - FAR;
        if index > near && (is_far || (moment.at - last.at).abs() > PAUSE_S) {
            break;
        }
        failing += u64::from(moment.failing);
        let good = inmost.through().max(moment.through()) - inmost.before.min(moment.before);
        let sum = usual.evidence(failing, good + failing, base);
        last = moment;
        if sum >= best {
            (best, beyond, own) = (sum, index, failing as f64 / (good + failing) as f64);
        }
    }
    // The outermost seconds lie inside in part, so of a total outage the level is nearer the truth than its own share.
    beyond + inside(usual, own.clamp(level, level.max(MOST)), outwards.skip(beyond))
}

/// How many moments the edge lies beyond the first of these where they lie inside in part.
fn inside<'a>(usual: &Usual, level: f64, mut outwards: impl Iterator<Item = &'a Moment>) -> usize {
    let Some(own) = outwards.next() else { return 0 };
    let base = usual.share_at(own.at);
    let worth = Worth { fail: (level / base).ln(), good: ((1.0 - level) / (1.0 - base)).ln() };
    let (mut best, mut beyond) = (worth.partly(own), 0);
    let (mut between, mut inner) = (0.0, own);
    for (index, moment) in (1..).zip(outwards) {
        let gap = moment.before.max(inner.before) - moment.through().min(inner.through());
        between += worth.wholly(inner) + worth.good * gap as f64;
        if between < -FAR || (moment.at - inner.at).abs() > PAUSE_S {
            break;
        }
        let sum = between + worth.partly(moment);
        if sum > best {
            (best, beyond) = (sum, index);
        }
        inner = moment;
    }
    beyond
}

/// Nats by which a request is likelier at the level than usual.
struct Worth {
    fail: f64,
    good: f64,
}

impl Worth {
    /// Of a second that lies inside.
    fn wholly(&self, moment: &Moment) -> f64 {
        f64::from(moment.failing) * self.fail + f64::from(moment.good) * self.good
    }

    /// Of a second in which the level is left or reached at a random place.
    fn partly(&self, moment: &Moment) -> f64 {
        let (failing, all) = (f64::from(moment.failing), f64::from(moment.failing) + f64::from(moment.good));
        // ln of the term for m; from m = n on, C(m−1,f) = C(m,f) · (m−f)/m. The sum is kept by its largest term.
        let (mut term, mut largest, mut sum) = (f64::from(moment.good) * self.good, f64::NEG_INFINITY, 0.0);
        let mut inside = all;
        loop {
            if term > largest {
                (sum, largest) = (sum * (largest - term).exp() + 1.0, term);
            } else {
                sum += (term - largest).exp();
            }
            if inside <= failing {
                break;
            }
            term += ((inside - failing) / inside).ln() - self.good;
            inside -= 1.0;
        }
        failing * self.fail + largest + sum.ln() - (all + 1.0).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments of ten requests a second, at these seconds, with so many failing.
    fn moments(failing: &[(i64, u32)]) -> Vec<Moment> {
        let mut failed = 0;
        let moment = |(at, failing): &(i64, u32)| {
            let before = 10 * at.unsigned_abs() - failed;
            failed += u64::from(*failing);
            Moment { at: *at, before, good: 10 - failing, failing: *failing }
        };
        failing.iter().map(moment).collect()
    }

    #[test]
    fn the_formula_is_the_sum_over_all_places() {
        let worth = Worth { fail: (0.35f64 / 0.001).ln(), good: (0.65f64 / 0.999).ln() };
        // One of three failing: it is the last of all, one of the last two, or one of three.
        let of_places = (1.0 / 3.0 + 2.0 / 3.0 * worth.good.exp() + (2.0 * worth.good).exp()) / 4.0;
        let moment = Moment { at: 0, before: 0, good: 2, failing: 1 };
        assert!((worth.partly(&moment) - worth.fail - of_places.ln()).abs() < 1e-12);
        let whole = Moment { good: 0, failing: 7, ..moment };
        assert!((worth.partly(&whole) - 7.0 * worth.fail + 8f64.ln()).abs() < 1e-12);
    }

    /// A baseline of 0.08 %, beside these moments.
    fn usual(moments: &[Moment]) -> Usual {
        let good = moments.last().map_or(0, Moment::through) + 500_000;
        let (moments, half_hours) = (moments.to_vec(), Vec::new());
        let exposure = Exposure::Requests;
        let series = Series { moments, exposure, good, failing: 400, half_hours, first_half_hour: 0 };
        Usual::guess(&series).next(&series, &[])
    }

    #[test]
    fn an_edge_goes_by_the_share_of_its_own() {
        // Of ten requests a second one fails in each fifth second; before, one failed by chance. The automaton's level
        // of 1.2 % would join it up to 24 seconds away, 2 % up to 16.
        for (chance, near, want) in [(120, 12, 11), (132, 12, 12), (120, 11, 11), (132, 11, 12), (20, 11, 11)] {
            let mut failing: Vec<(i64, u32)> = (0..12).map(|index| (140 + 5 * index, 1)).collect();
            failing.insert(0, (chance, 1));
            let forwards = moments(&failing);
            let usual = usual(&forwards);
            assert_eq!(edge(&usual, (near, 0.04), forwards.iter().rev()), want, "chance failure at {chance}");
            let turned: Vec<(i64, u32)> = failing.iter().rev().map(|(at, failing)| (400 - at, *failing)).collect();
            assert_eq!(
                edge(&usual, (near, 0.04), moments(&turned).iter()),
                want,
                "chance failure at {chance}, at the end"
            );
        }
    }

    #[test]
    fn an_edge_lies_inside_its_second() {
        for (why, level, failing, want) in [
            ("the second before has the first failure", 0.98, &[(100, 10), (99, 1)][..], 1),
            ("most of the second is good, and nothing failed before", 0.98, &[(100, 1), (80, 1)], 0),
            ("the edge lies in this second already", 0.98, &[(100, 4), (99, 1)], 0),
            ("a good second lies between", 0.98, &[(100, 10), (98, 1)], 0),
            ("of a third some are good", 0.35, &[(100, 4), (99, 1)], 1),
        ] {
            let mut outwards: Vec<(i64, u32)> = failing.to_vec();
            outwards.reverse();
            let backwards = moments(&outwards);
            let usual = usual(&backwards);
            assert_eq!(inside(&usual, level, backwards.iter().rev()), want, "{why}");
            let forwards: Vec<(i64, u32)> = failing.iter().map(|(at, failing)| (200 - at, *failing)).collect();
            assert_eq!(inside(&usual, level, moments(&forwards).iter()), want, "{why}, at the end");
        }
    }
}
