//! What pmtrace tells of a simulated log, beside what is true.

use std::path::Path;

use pmtrace::Question;
use pmtrace::analysis::finding::{Finding, Shape};
use pmtrace::analysis::incident::Incident;

use crate::logs::{self, Style};
use crate::simulate::{Kind, Order, Truth};
use crate::tallies;

/// How a simulated log reaches the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As log files: made, read and removed.
    Files(Style),
    /// As tallies, by the code that the parsers feed.
    Tallies,
}

/// An incident as it was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Seconds since 1970.
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
    pub(crate) is_open_at_start: bool,
    pub(crate) is_open_at_end: bool,
    /// Of the finding that missed the most requests, else of the first.
    pub(crate) shape: Shape,
    /// Of all its findings.
    pub(crate) shapes: Vec<Shape>,
    /// Percent of the requests that failed, or never came, and its interval.
    pub(crate) percent: Option<f64>,
    pub(crate) range: Option<(f64, f64)>,
    /// Whether its share of failing requests is said to have climbed; `None` where the program does not tell.
    pub(crate) is_climb: Option<bool>,
    pub(crate) missed: f64,
    pub(crate) missed_range: Option<(f64, f64)>,
}

impl Told {
    pub(crate) fn of(incident: &Incident) -> Told {
        let most = incident.findings.iter().fold(None, |most: Option<&Finding>, finding| match most {
            Some(known) if known.missed >= finding.missed => Some(known),
            _ => Some(finding),
        });
        let requests = incident.impact.requests.as_ref();
        Told {
            start_s: incident.start.as_f64(),
            end_s: incident.until.as_f64(),
            is_open_at_start: incident.start_error_s.is_none(),
            is_open_at_end: incident.is_ongoing,
            shape: most.map_or(Shape::Spike, |finding| finding.shape),
            shapes: incident.findings.iter().map(|finding| finding.shape).collect(),
            percent: requests.and_then(|requests| requests.percent),
            range: requests.and_then(|requests| requests.low.zip(requests.high)),
            is_climb: Some(most.is_some_and(|finding| finding.climb.is_some())),
            missed: requests.map_or(0.0, |requests| requests.missed as f64),
            missed_range: most.and_then(|finding| finding.missed_range),
        }
    }

    pub(crate) fn is_silence(&self) -> bool {
        is_silence(self.shape)
    }

    /// Seconds that both have, and one more where they touch.
    fn overlap_s(&self, (from, to): (f64, f64)) -> f64 {
        (self.end_s.min(to) - self.start_s.max(from)) + 1.0
    }
}

fn is_silence(shape: Shape) -> bool {
    matches!(shape, Shape::Hole | Shape::Dip)
}

/// A log that was told.
pub(crate) struct Case {
    pub(crate) truths: Vec<Truth>,
    pub(crate) told: Vec<Told>,
    pub(crate) length_s: i64,
}

/// When the incident was felt: in seconds since 1970, to the whole second as most logs have it.
pub(crate) fn felt(truth: &Truth) -> Option<(f64, f64)> {
    let second = |us: i64| us.div_euclid(1_000_000) as f64;
    match truth.injected.kind {
        Kind::Hole { .. } | Kind::Loss { .. } => {
            (truth.missed > 0).then(|| (truth.injected.from_us as f64 / 1e6, truth.injected.to_us() as f64 / 1e6))
        }
        _ => truth.hit_us.map(|(first, last)| (second(first), second(last))),
    }
}

impl Case {
    /// The incident that was told for a true one: that which has most of it.
    pub(crate) fn told_for(&self, truth: &Truth) -> Option<&Told> {
        let span = felt(truth)?;
        let wants_silence = matches!(truth.injected.kind, Kind::Hole { .. } | Kind::Loss { .. });
        let is_like = |told: &&Told| told.shapes.iter().any(|shape| is_silence(*shape) == wants_silence);
        let fits = self.told.iter().filter(is_like).filter(|told| told.overlap_s(span) > 0.0);
        fits.max_by(|one, other| one.overlap_s(span).total_cmp(&other.overlap_s(span)))
    }

    /// What was told though nothing was there.
    pub(crate) fn false_ones(&self) -> impl Iterator<Item = &Told> {
        let is_true = |told: &Told| self.truths.iter().filter_map(felt).any(|span| told.overlap_s(span) > 0.0);
        self.told.iter().filter(move |told| !is_true(told))
    }
}

/// Makes the log that is ordered, and lets pmtrace tell its incidents; `None` where the disk has no room for it.
pub(crate) fn case(order: &Order, way: Way) -> Option<Case> {
    let (truths, told) = match way {
        Way::Tallies => tallies::told(order),
        Way::Files(style) => {
            let written = logs::write(order, style).map_err(|error| eprintln!("a log is left out: {error}"));
            let (folder, truths) = written.ok()?;
            (truths, read(folder.path()))
        }
    };
    Some(Case { truths, told, length_s: order.length_s })
}

/// What pmtrace reports of the files below a folder: the times as the report has them.
fn read(folder: &Path) -> Vec<Told> {
    let question = Question { paths: vec![folder.to_owned()], ..Question::default() };
    let (report, incidents) = pmtrace::worked_out(&question, pmtrace::input::discover(&question.paths));
    let told = report.incidents.iter().zip(&incidents).map(|(reported, incident)| {
        let own = Told::of(incident);
        let moment = |text: &str| {
            let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
            Some(at.timestamp_micros() as f64 / 1e6)
        };
        Told {
            start_s: moment(&reported.start).unwrap_or(own.start_s),
            end_s: reported.end.as_deref().and_then(moment).unwrap_or(own.end_s),
            is_open_at_start: reported.start_error_s.is_none(),
            is_open_at_end: reported.ongoing,
            ..own
        }
    });
    told.collect()
}
