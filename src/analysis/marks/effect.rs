//! What an action did, by the shares of requests that failed before and after it: a pooled two-proportion z test
//! (methods, 6.2).

use super::Effect;

/// How long before an action its requests are counted, in seconds: the first that holds enough failures.
const WIDTHS_S: [i64; 3] = [60, 120, 300];
/// Failures before an action that its effect can be told by.
const LEAST_FAILURES: f64 = 12.0;
/// An action takes so long to have its effect, in seconds.
const TAKES_S: i64 = 5;
/// Requests after it, and failures expected among them, that its effect can be told by.
const LEAST_AFTER: f64 = 10.0;
const LEAST_EXPECTED: f64 = 8.0;
/// Standard errors by which the shares must differ: one of two hundred actions without effect passes.
const Z: f64 = 2.6;
/// Share of what failed before that may still fail where it helped.
const HELPS: f64 = 0.5;
/// By how much more of all requests fail where it made things worse.
const WORSENS: f64 = 0.2;
/// Within this time failures come back where it helped only for a while, in seconds.
const COMES_BACK_S: i64 = 300;

/// Requests of a stretch of time, and those that failed or never came. Missing ones are estimates, so no whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Tally {
    pub requests: f64,
    pub failing: f64,
}

impl Tally {
    fn share(&self) -> f64 {
        if self.requests > 0.0 { self.failing / self.requests } else { 0.0 }
    }
}

/// What an action from `first` to `last` did; `None` if the requests cannot tell. `tally` counts those from a second to
/// another, which is not included. What comes from `until` on is not the action's doing.
pub fn verdict(tally: &dyn Fn(i64, i64) -> Tally, (first, last): (f64, f64), until: f64) -> Option<Effect> {
    let begins = first.floor() as i64;
    let before = |width: i64| (width, tally(begins - width, begins));
    let (width, before) = WIDTHS_S.iter().map(|width| before(*width)).find(|(_, of)| of.failing >= LEAST_FAILURES)?;
    let after_s = last.ceil() as i64 + TAKES_S;
    let limit = if until.is_finite() { until.floor() as i64 } else { i64::MAX };
    let after = tally(after_s, (after_s + width).min(limit).max(after_s));
    if after.requests < LEAST_AFTER || before.share() * after.requests < LEAST_EXPECTED {
        return None;
    }
    let z = z(&before, &after);
    if after.share() <= HELPS * before.share() && z >= Z {
        let comes_back =
            (after_s + width..(after_s + COMES_BACK_S).min(limit)).step_by(WIDTHS_S[0] as usize).any(|at| {
                let later = tally(at, (at + WIDTHS_S[0]).min(limit));
                later.requests >= LEAST_AFTER && later.share() > HELPS * before.share()
            });
        return Some(if comes_back { Effect::ForAWhile } else { Effect::Better });
    }
    if after.share() >= before.share() + WORSENS && z <= -Z {
        return Some(Effect::Worse);
    }
    Some(Effect::None)
}

/// By how many standard errors fewer requests fail after than before, under the share of both together.
fn z(before: &Tally, after: &Tally) -> f64 {
    let pooled = (before.failing + after.failing) / (before.requests + after.requests);
    let error = (pooled * (1.0 - pooled) * (1.0 / before.requests + 1.0 / after.requests)).sqrt();
    if error > 0.0 { (before.share() - after.share()) / error } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten requests a second; of those before the action, from 5 s and from 65 s after it so many fail.
    fn told(rate: f64, before: f64, after: f64, later: f64, until: f64) -> Option<Effect> {
        let share = |at: i64| match at {
            ..1000 => before,
            1000..1065 => after,
            _ => later,
        };
        let tally = |from: i64, to: i64| {
            let failing: f64 = (from..to).map(|at| rate * share(at)).sum();
            Tally { requests: rate * (to - from) as f64, failing }
        };
        verdict(&tally, (1000.0, 1000.0), until)
    }

    #[test]
    fn effects_by_the_requests() {
        for (why, rate, shares, until, wanted) in [
            ("an outage ends", 10.0, (1.0, 0.0, 0.0), 2000.0, Some(Effect::Better)),
            ("half is not enough better", 10.0, (0.3, 0.16, 0.16), 2000.0, Some(Effect::None)),
            ("nothing happens", 10.0, (0.3, 0.3, 0.3), 2000.0, Some(Effect::None)),
            ("worse", 10.0, (0.3, 1.0, 1.0), 2000.0, Some(Effect::Worse)),
            ("a little worse is no effect", 10.0, (0.3, 0.45, 0.45), 2000.0, Some(Effect::None)),
            ("for a while", 10.0, (1.0, 0.0, 1.0), 2000.0, Some(Effect::ForAWhile)),
            ("back only after the next action", 10.0, (1.0, 0.0, 1.0), 1060.0, Some(Effect::Better)),
            ("too few failures before", 0.03, (1.0, 0.0, 0.0), 2000.0, None),
            ("five minutes are needed", 0.1, (1.0, 0.0, 0.0), 2000.0, Some(Effect::Better)),
            ("the log ends", 10.0, (1.0, 0.0, 0.0), 1005.0, None),
            ("too few after it to tell", 1.0, (0.3, 0.0, 0.0), 1020.0, None),
        ] {
            assert_eq!(told(rate, shares.0, shares.1, shares.2, until), wanted, "{why}");
        }
    }

    #[test]
    fn too_weak_to_be_told_from_chance() {
        // 12 of 60 before, 2 of 30 after: under half, but z = 1.6.
        let tally = |from: i64, _: i64| match from {
            ..1000 => Tally { requests: 60.0, failing: 12.0 },
            _ => Tally { requests: 45.0, failing: 4.0 },
        };
        assert!(z(&tally(0, 0), &tally(1005, 0)) < Z);
        assert_eq!(verdict(&tally, (1000.0, 1000.0), 9000.0), Some(Effect::None));
    }
}
