//! Only a span of the logs: all that lies outside is taken out, as if the logs did not hold it.

use super::World;
use crate::clock::Instant;

impl World {
    /// Keeps what lies between two seconds, both included.
    pub fn keep_within(&mut self, (from, to): (i64, i64)) {
        let is_inside = |at: i64| (from..=to).contains(&at);
        for service in &mut self.services {
            service.seconds.retain(|second| is_inside(second.at));
            service.failures.retain(|failure| is_inside(failure.at));
            service.refusals.retain(|refusal| is_inside(refusal.at));
        }
        self.events.retain(|event| is_inside(event.at.s));
        for signs in &mut self.signs {
            signs.seconds.retain(|second, _| is_inside(*second));
            signs.samples.retain(|(at, _)| is_inside(at.s));
        }
        self.signs.retain(|signs| !signs.seconds.is_empty());
        for lines in &mut self.failed_lines {
            lines.lines.retain(|line| is_inside(line.at));
            lines.span = (lines.span.0.max(from), lines.span.1.min(to.saturating_add(1)));
        }
        self.failed_lines.retain(|lines| lines.span.0 < lines.span.1);
        self.claims.retain(|(at, ..)| at.is_none_or(|at| is_inside(at.s)));
        self.clock_steps.retain(|step| is_inside(step.at.s));
        for durations in self.durations.values_mut() {
            durations.minutes.retain(|minute, _| is_inside(*minute));
        }
        for wording in &mut self.wordings {
            wording.minutes.retain(|(at, ..)| is_inside(*at));
        }
        self.wordings.retain(|wording| !wording.minutes.is_empty());
        self.spans.iter_mut().for_each(|span| *span = span.and_then(|span| cut(span, (from, to))));
        self.coverage = self.coverage.and_then(|span| cut(span, (from, to)));
    }
}

/// What two spans have in common.
fn cut((first, last): (Instant, Instant), (from, to): (i64, i64)) -> Option<(Instant, Instant)> {
    let first = if first.s < from { Instant::second(from) } else { first };
    let last = if last.s > to { Instant::second(to) } else { last };
    (first <= last).then_some((first, last))
}
