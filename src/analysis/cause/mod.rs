//! Why it failed: mechanisms, each with its own line or signature, against "not determined" (methods, 5.4).

mod cascade;
pub mod common;
mod mechanisms;
pub mod trigger;
pub mod unusual;

use super::evidence::{Confidence, Reason, score, softmax};
use super::finding::Finding;
use super::impact::Profile;
use super::ports::{Conflict, HolderHypothesis};
use super::world::{Evidence, Happening, World};

/// Kinds of causes (contract, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Cause {
    PortConflict,
    BindPermission,
    Crash,
    Oom,
    BackendDown,
    UpstreamTimeout,
    Misconfiguration,
    Overload,
    ResourceLimit,
    HostDown,
    Unknown,
}

impl Cause {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Cause::PortConflict => "port-conflict",
            Cause::BindPermission => "bind-permission",
            Cause::Crash => "crash",
            Cause::Oom => "oom",
            Cause::BackendDown => "backend-down",
            Cause::UpstreamTimeout => "upstream-timeout",
            Cause::Misconfiguration => "misconfiguration",
            Cause::Overload => "overload",
            Cause::ResourceLimit => "resource-limit",
            Cause::HostDown => "host-down",
            Cause::Unknown => "unknown",
        }
    }
}

/// A cause with what speaks for and against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    #[allow(missing_docs)]
    pub cause: Cause,
    /// The service that broke.
    pub service: Option<String>,
    /// The conflict, if it is one, by index.
    pub conflict: Option<usize>,
    /// Who held the port, from "likely" on.
    pub holder: Option<HolderHypothesis>,
    #[allow(missing_docs)]
    pub reasons: Vec<Reason>,
    /// When its first trace was seen, in seconds since 1970.
    pub since: Option<f64>,
    #[allow(missing_docs)]
    pub probability: f64,
    #[allow(missing_docs)]
    pub confidence: Confidence,
}

/// What an incident's causes are weighed by.
pub struct Context<'a> {
    #[allow(missing_docs)]
    pub world: &'a World,
    #[allow(missing_docs)]
    pub conflicts: &'a [Conflict],
    #[allow(missing_docs)]
    pub findings: Vec<&'a Finding>,
    #[allow(missing_docs)]
    pub start: f64,
    #[allow(missing_docs)]
    pub end: f64,
    #[allow(missing_docs)]
    pub profile: &'a Profile,
}

/// The causes of an incident, ranked; the first is the one that the report names.
pub fn causes(context: &Context<'_>) -> Vec<Hypothesis> {
    let mut all = vec![hypothesis(Cause::Unknown, front(context), Vec::new())];
    all.extend(mechanisms::all(context));
    let way = cascade::Way::of(context);
    all.extend(cascade::symptoms(context, &way));
    cascade::blame_the_deepest(&way, &mut all);
    let scores: Vec<f64> = all.iter().map(|hypothesis| score(0.0, &hypothesis.reasons)).collect();
    for (hypothesis, probability) in all.iter_mut().zip(softmax(&scores)) {
        let is_direct = hypothesis.reasons.iter().any(|reason| reason.is_direct);
        hypothesis.probability = probability;
        if hypothesis.cause != Cause::Unknown {
            hypothesis.confidence = Confidence::of(probability, is_direct);
        }
    }
    all.sort_by(|one, other| {
        other
            .probability
            .total_cmp(&one.probability)
            .then((one.cause, &one.service).cmp(&(other.cause, &other.service)))
    });
    all
}

fn hypothesis(cause: Cause, service: Option<String>, reasons: Vec<Reason>) -> Hypothesis {
    let confidence = Confidence::NotDetermined;
    Hypothesis { cause, service, conflict: None, holder: None, reasons, since: None, probability: 0.0, confidence }
}

/// The service that showed it.
fn front(context: &Context<'_>) -> Option<String> {
    context.findings.first().map(|finding| finding.service.clone())
}

fn within<'a>(context: &'a Context<'_>, before_s: f64, after_s: f64) -> impl Iterator<Item = &'a Happening> {
    let span = context.start - before_s..=context.end + after_s;
    context.world.events.iter().filter(move |event| span.contains(&event.s()))
}

/// `once`, `twice`, `5 times`
fn times(count: usize) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

fn lines(events: &[&Happening]) -> Vec<Evidence> {
    events.iter().take(3).flat_map(|event| event.evidence.iter().take(1).cloned()).collect()
}
