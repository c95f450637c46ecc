//! Who held the port: conflicts by their failed binds, and the hypotheses of who sat there (methods, 5.1 to 5.3).
//!
//! [`episodes`] makes conflicts of failed binds; [`case`] gathers what is known of one: who claims the port, the lives
//! of its neighbours, tables of sockets. [`services`], [`containers`] and [`own`] weigh the hypotheses. A name is said
//! only with evidence. *Unknown* is a hypothesis like the others: a process started by hand leaves no trace.

pub(super) mod address;
mod case;
mod containers;
mod episodes;
mod own;
mod services;
#[cfg(test)]
mod tests;

pub use episodes::series;

use super::evidence::{Confidence, Reason, score, softmax};
use super::world::World;
use case::Case;

/// Tolerance of every comparison in time, in seconds; and where a stamp has whole seconds only.
const TOLERANCE_S: (f64, f64) = (1.0, 2.0);
/// Requests answered between the failures that show that somebody serves there.
const STILL_SERVES: u32 = 5;

/// A service that could not bind.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// The victim.
    pub service: String,
    #[allow(missing_docs)]
    pub address: Option<String>,
    #[allow(missing_docs)]
    pub port: Option<u16>,
    #[allow(missing_docs)]
    pub errno: Option<&'static str>,
    /// First and last failed bind.
    pub first: f64,
    #[allow(missing_docs)]
    pub last: f64,
    /// When the victim had been stopped before, if the logs tell.
    pub stopped: Option<f64>,
    /// The first start that succeeded afterwards.
    pub solved: Option<f64>,
    /// Indices of its events.
    pub failures: Vec<usize>,
    /// Ranked.
    pub hypotheses: Vec<HolderHypothesis>,
}

/// Who may hold a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// Somebody who left no trace.
    Unknown,
    /// An old process of the same service.
    SelfStale,
    /// The service itself: its configuration names the address twice, or another unit runs the same program.
    SelfDuplicate,
    #[allow(missing_docs)]
    Service(String),
    /// Name and image.
    Container(String, Option<String>),
    /// A program of which only a table of sockets tells.
    Process(String),
}

/// A holder with what speaks for and against it.
#[derive(Clone, Debug, PartialEq)]
pub struct HolderHypothesis {
    #[allow(missing_docs)]
    pub holder: Holder,
    #[allow(missing_docs)]
    pub reasons: Vec<Reason>,
    #[allow(missing_docs)]
    pub score: f64,
    #[allow(missing_docs)]
    pub probability: f64,
    #[allow(missing_docs)]
    pub confidence: Confidence,
    /// Since and until when it held the port, where told.
    pub since: Option<f64>,
    #[allow(missing_docs)]
    pub until: Option<f64>,
    /// Its process, where told.
    pub pid: Option<i64>,
}

impl Conflict {
    /// The holder, from "likely" on.
    pub fn holder(&self) -> Option<&HolderHypothesis> {
        let best = self.hypotheses.first()?;
        (best.holder != Holder::Unknown && best.confidence >= Confidence::Likely).then_some(best)
    }

    /// From the stop or the first failed bind to the start that succeeded.
    pub fn window(&self) -> (f64, Option<f64>) {
        (self.stopped.unwrap_or(self.first), self.solved)
    }
}

/// Finds the conflicts and weighs who held the port.
pub fn conflicts(world: &World) -> Vec<Conflict> {
    let mut found = episodes::episodes(world);
    for conflict in &mut found {
        conflict.hypotheses = hypotheses(&Case::of(world, conflict));
    }
    found
}

/// All hypotheses, ranked.
fn hypotheses(case: &Case<'_>) -> Vec<HolderHypothesis> {
    let mut all = vec![unknown(case), own::stale(case), own::duplicate(case)];
    all.extend(services::all(case));
    all.extend(containers::all(case));
    let scores: Vec<f64> = all.iter().map(|hypothesis| hypothesis.score).collect();
    for (hypothesis, probability) in all.iter_mut().zip(softmax(&scores)) {
        let is_direct = hypothesis.reasons.iter().any(|reason| reason.is_direct);
        hypothesis.probability = probability;
        hypothesis.confidence = Confidence::of(probability, is_direct);
    }
    all.sort_by(|one, other| other.probability.total_cmp(&one.probability).then_with(|| one.holder.cmp(&other.holder)));
    all
}

/// A process started by hand leaves nothing; its prior is what all others are measured by.
fn unknown(case: &Case<'_>) -> HolderHypothesis {
    hypothesis(Holder::Unknown, 0.0, case.named_otherwise(|_| false).into_iter().collect())
}

fn hypothesis(holder: Holder, prior: f64, reasons: Vec<Reason>) -> HolderHypothesis {
    HolderHypothesis {
        holder,
        score: score(prior, &reasons),
        reasons,
        probability: 0.0,
        confidence: Confidence::NotDetermined,
        since: None,
        until: None,
        pid: None,
    }
}
