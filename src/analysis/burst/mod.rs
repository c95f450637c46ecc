//! Spikes: runs of requests of which clearly more fail than in quiet times (methods, section 1).
//!
//! A burst automaton after Kleinberg (*Bursty and hierarchical structure in streams*, KDD 2002) in its binomial form,
//! with six levels and log-likelihood scores. In quiet times a share p0 of the requests fails; a run is told when it is
//! e^γ times likelier under one of the higher levels, and passes the checks that keep blips and single clients out.
//!
//! [`declustering`] lets a client that retries in a loop be one witness. [`series`] is what is left, second by second.
//! [`baseline`] says what is usual, [`automaton`] finds the runs, [`checks`] and [`recurrence`] say which of them are no
//! incident, [`shape`] says how the others went. [`lines`] is the same for an error log alone.

mod automaton;
mod baseline;
mod checks;
mod declustering;
mod edges;
pub mod lines;
mod recurrence;
mod series;
mod shape;
#[cfg(test)]
mod tests;

use crate::facts::crowd::Crowd;
use crate::facts::traffic::{Failure, Refusal, Second};
use automaton::Run;
use baseline::Usual;
use checks::{Checks, Extent};
use declustering::{Rule, Witnesses, declustered};
pub use recurrence::{Recurring, Rhythm};
use series::Series;
pub use shape::Climb;

/// False alarms a series and log.
const ALPHA: f64 = 0.02;
/// Least evidence for a run, in nats: the floor that slow logs need.
const GAMMA_FLOOR: f64 = 10.0;
/// Share of refused requests from which they are told: bots make less.
const REFUSED_LEVEL: f64 = 0.12;
/// Under so many requests or seconds nothing is tested.
const LEAST_REQUESTS: u64 = 50;
const LEAST_SECONDS: i64 = 120;
/// How often the baseline is learned at most, and by which part it must have moved for another time.
const ROUNDS: usize = 3;
const MOVED: f64 = 0.03;

/// The requests of a service, or of one scope of it.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// In order of time, each second once.
    pub seconds: &'a [Second],
    /// In order of time.
    pub failures: &'a [Failure],
    /// Requests by client.
    pub crowd: &'a Crowd,
    /// How many series are tested beside each other: each is a chance for a false alarm.
    pub scopes: usize,
}

/// A run of failing requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// First and last second with a failing request.
    pub start: i64,
    #[allow(missing_docs)]
    pub end: i64,
    /// Requests in the run, without failures that do not count.
    pub requests: u64,
    /// Failing requests that count (methods, 1.2).
    pub failing: u64,
    /// Witnesses of them: clients, where the log tells them apart.
    pub clients: usize,
    /// The levels at the beginning and at the end of the run: shares of failing requests, 0 to 1.
    pub first_level: f64,
    #[allow(missing_docs)]
    pub level: f64,
    /// The highest level in it.
    pub top: f64,
    /// Nats by which its path of levels is likelier than quiet.
    pub score: f64,
    /// Whether the log does not prove health before it.
    pub is_open_at_start: bool,
    /// Whether the log does not prove health after it.
    pub is_open_at_end: bool,
    /// How it rose, if it did not begin at once.
    pub climb: Option<Climb>,
    /// How often it fell to the baseline inside.
    pub falls: usize,
    /// Whether it fell often, or is one of several that follow each other closely.
    pub is_flapping: bool,
}

impl Burst {
    /// Whether it failed throughout the log: nothing healthy is there to compare with.
    pub fn is_throughout(&self) -> bool {
        self.is_open_at_start && self.is_open_at_end
    }
}

/// What the automaton learned of quiet times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// Share of requests that fail in quiet times.
    pub share: f64,
    /// Variance over mean of their counts.
    pub dispersion: f64,
}

/// Why a run is no incident (methods, 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Too few failures or clients.
    TooFew,
    /// Over in a moment.
    TooShort,
    /// All of it hangs on its worst five seconds.
    OneMoment,
    /// All of it hangs on one client: its witness' hash, which is the client's where the log tells clients apart.
    OneClient(u64),
    /// It comes again and again.
    Recurring,
}

/// A run that is no incident, for the detailed report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blip {
    /// First and last second with a failing request.
    pub start: i64,
    #[allow(missing_docs)]
    pub end: i64,
    #[allow(missing_docs)]
    pub requests: u64,
    #[allow(missing_docs)]
    pub failing: u64,
    #[allow(missing_docs)]
    pub why: Dropped,
}

/// What was found in a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    #[allow(missing_docs)]
    pub baseline: Baseline,
    /// In order of time.
    pub bursts: Vec<Burst>,
    /// In order of time.
    pub blips: Vec<Blip>,
    /// What comes again and again, told once.
    pub recurring: Vec<Recurring>,
    /// Addresses behind which clients cannot be told apart, by their hash: there a client and a path are one witness.
    pub hidden: Vec<u64>,
}

impl Found {
    fn nothing(baseline: Baseline) -> Found {
        Found { baseline, bursts: Vec::new(), blips: Vec::new(), recurring: Vec::new(), hidden: Vec::new() }
    }
}

/// Finds the runs of failing requests.
pub fn bursts(log: &Log<'_>) -> Found {
    found(log, Rule::Doubling)
}

fn found(log: &Log<'_>, rule: Rule) -> Found {
    let total: u64 = log.seconds.iter().map(|second| u64::from(second.requests)).sum();
    let lasts = log.seconds.last().zip(log.seconds.first()).map_or(0, |(last, first)| last.at - first.at);
    let baseline = Baseline { share: 0.5 / (total.max(1) as f64), dispersion: 1.0 };
    let nothing = Found::nothing(baseline);
    if total < LEAST_REQUESTS || lasts < LEAST_SECONDS || log.failures.is_empty() {
        return nothing;
    }
    let witnesses = Witnesses::of(log.failures, log.crowd, rule);
    let kept = declustered(&witnesses);
    let series = Series::of(log.seconds, log.failures, &kept);
    if series.failing == 0 {
        return nothing;
    }
    judged(&series, &witnesses, &kept, log)
}

/// The runs of a series, and which of them are incidents.
fn judged(series: &Series, witnesses: &Witnesses, kept: &[bool], log: &Log<'_>) -> Found {
    let (usual, runs, gamma) = learned(series, log.scopes);
    let checks = Checks {
        told: &witnesses.told,
        kept,
        seconds: log.seconds,
        series,
        usual: &usual,
        gamma,
        are_waived: witnesses.are_waived,
    };
    let runs: Vec<(Run, Extent)> = runs.into_iter().map(|run| (run, checks.extent(&run))).collect();
    let verdicts: Vec<Option<Dropped>> = runs.iter().map(|(run, extent)| checks.why_dropped(run, extent)).collect();
    let (again, recurring) = recurrence::recurring(series, &runs, &verdicts);
    let hidden = witnesses.hidden.clone();
    let mut found = Found { recurring, hidden, ..Found::nothing(usual.baseline) };
    for (((run, _), verdict), is_recurring) in runs.iter().zip(verdicts).zip(again) {
        let verdict = verdict.or(is_recurring.then_some(Dropped::Recurring));
        match verdict {
            None => found.bursts.push(burst(&checks, run)),
            Some(why) => {
                let (start, end) = series.span(run);
                let (requests, failing) = series.counts(run);
                found.blips.push(Blip { start, end, requests, failing, why });
            }
        }
    }
    shape::mark_flapping(&mut found.bursts);
    found
}

/// Learns what is usual, and finds the runs against it, in turns.
fn learned(series: &Series, scopes: usize) -> (Usual, Vec<Run>, f64) {
    let mut usual = Usual::guess(series);
    let mut quiet_failing = series.failing;
    let mut turn = 0;
    loop {
        let gamma = gamma(quiet_failing, scopes);
        let runs = automaton::runs(series, &usual.ladders(), gamma);
        let next = usual.next(series, &runs);
        let moved = usual.moved(&next);
        quiet_failing = next.failing;
        usual = next;
        turn += 1;
        if moved < MOVED || turn == ROUNDS {
            return (usual, runs, gamma);
        }
    }
}

/// The evidence that a run needs: each failure that counts is a chance for a false start, in each series.
fn gamma(failing: u64, scopes: usize) -> f64 {
    (failing.max(10) as f64 / ALPHA).ln().max(GAMMA_FLOOR) + (scopes.max(1) as f64).ln()
}

fn burst(checks: &Checks<'_>, run: &Run) -> Burst {
    let Extent { start, end, .. } = checks.told_extent(run);
    let Checks { seconds, series, usual, .. } = *checks;
    let (requests, failing) = series.counts(run);
    let (before, after) = series.beside(run);
    let base = usual.share_at(start);
    let proves = |good: u64, level: f64| usual.proves_health(good, level, base);
    Burst {
        start,
        end,
        requests,
        failing,
        clients: checks.clients(run),
        first_level: run.first_level,
        level: run.last_level,
        top: run.top,
        score: run.score,
        is_open_at_start: !proves(before, run.first_level),
        is_open_at_end: !proves(after, run.last_level),
        climb: shape::climb(series, seconds, run),
        falls: shape::falls(series, run, |good, level| usual.proves_health(good, level, base)),
        is_flapping: false,
    }
}

/// Runs of refused requests (4xx) between two moments, by the same automaton against their own baseline; only those of
/// a level that bots do not reach. A series without a history outside has no baseline: there any such share counts.
pub fn refusals(seconds: &[Second], refused: &[Refusal], (from, to): (i64, i64)) -> Vec<(i64, i64)> {
    let inside = |at: i64| (from..=to).contains(&at);
    let outside: u64 =
        seconds.iter().filter(|second| !inside(second.at)).map(|second| u64::from(second.requests)).sum();
    if outside < LEAST_REQUESTS {
        let all: u64 = seconds.iter().map(|second| u64::from(second.requests)).sum();
        let mut times = refused.iter().map(|failure| failure.at).filter(|at| inside(*at));
        let first = times.next();
        let count = 1 + times.clone().count();
        let span = first.map(|first| (first, times.next_back().unwrap_or(first)));
        return span.filter(|_| count >= 5 && count as f64 >= REFUSED_LEVEL * all as f64).into_iter().collect();
    }
    let seconds: Vec<Second> = seconds.iter().map(|second| Second { failing: second.refused, ..*second }).collect();
    let failure = |of: &Refusal| Failure { at: of.at, client: of.client, ..Failure::default() };
    let failures: Vec<Failure> = refused.iter().map(failure).collect();
    // Neither their paths nor the good requests between them are kept: bots make too many. So no address hides its
    // clients here, and a client is not heard ever less.
    let log = Log { seconds: &seconds, failures: &failures, crowd: &Crowd::default(), scopes: 1 };
    let high = found(&log, Rule::Fixed(declustering::DEAF_S)).bursts;
    let high = high.iter().filter(|run| run.failing as f64 >= REFUSED_LEVEL * run.requests as f64);
    high.map(|run| (run.start, run.end)).filter(|(start, end)| *start <= to && *end >= from).collect()
}
