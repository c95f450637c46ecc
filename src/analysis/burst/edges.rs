//! Where a run begins and ends inside a second (methods, 1.4 and 1.5: from the first failing request of the incident to
//! the last one).
//!
//! The automaton pays for all good requests of a second, but an outage that begins inside one follows good requests, and
//! one that ends inside is followed by them. So the second is sought that explains the counts best if the incident
//! begins (or ends) at a random place in it, all seconds between it and the run being of the run's level. With f of n
//! requests failing, level q and baseline p, such a second is likelier than a quiet one by
//!
//! ```text
//! (q/p)^f · 1/(n+1) · Σ C(m,f)/C(n,f) · ((1−q)/(1−p))^(m−f),  m = f … n requests at the level
//! ```

use super::automaton::{PAUSE_S, Run};
use super::baseline::Usual;
use super::series::{Exposure, Moment, Series};

/// Evidence against all seconds between, in nats, from which no further second is looked at: as a change of level.
const FAR: f64 = 5.0;

/// The first and the last moment of a run, by index, where requests are counted; else as the automaton has them.
pub(super) fn edges(series: &Series, usual: &Usual, run: &Run) -> (usize, usize) {
    if series.exposure == Exposure::Seconds {
        return (run.first, run.last);
    }
    let moments = &series.moments;
    let first = edge(usual, run.onset_level, moments[..=run.first].iter().rev());
    let last = edge(usual, run.ending_level, moments[run.last..].iter());
    (run.first - first, run.last + last)
}

/// How many moments the edge lies beyond the first of these, which lead away from the run.
fn edge<'a>(usual: &Usual, level: f64, mut outwards: impl Iterator<Item = &'a Moment>) -> usize {
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

    #[test]
    fn an_edge_lies_inside_its_second() {
        let usual = |moments: &[Moment]| {
            let good = moments.last().map_or(0, Moment::through);
            let (half_hours, failing) = (Vec::new(), 400);
            let moments = moments.to_vec();
            let exposure = Exposure::Requests;
            let series = Series { moments, exposure, good: good + 500_000, failing, half_hours, first_half_hour: 0 };
            Usual::guess(&series).next(&series, &[])
        };
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
            assert_eq!(edge(&usual, level, backwards.iter().rev()), want, "{why}");
            let forwards: Vec<(i64, u32)> = failing.iter().map(|(at, failing)| (200 - at, *failing)).collect();
            assert_eq!(edge(&usual, level, moments(&forwards).iter()), want, "{why}, at the end");
        }
    }
}
