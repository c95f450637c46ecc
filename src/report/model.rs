//! The report as the contract gives it, word by word: what `-o json` writes. A figure that is not known is `null`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::impact::{Clients, Requests};

/// The whole report.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Report {
    /// `pmtrace-report/1`
    pub schema: &'static str,
    pub version: &'static str,
    /// Only those that change the result.
    pub options: BTreeMap<&'static str, String>,
    pub inputs: Vec<Input>,
    pub skipped: Vec<Skipped>,
    pub warnings: Vec<Warning>,
    pub coverage: Option<Coverage>,
    /// Why nothing was found; `null` if something was.
    pub quiet: Option<Quiet>,
    pub incidents: Vec<Incident>,
    /// What waits to happen.
    pub latent: Vec<Latent>,
    /// The zone in which times are printed for people; not part of the contract.
    #[serde(skip)]
    pub zone: crate::clock::zone::Rule,
    /// What stands out and is no incident, in sentences; not part of the contract.
    #[serde(skip)]
    pub asides: Vec<String>,
    /// How each figure came about; not part of the contract.
    #[serde(skip)]
    pub explanations: Vec<super::explain::Explanation>,
    /// The incidents' lines, where they are wanted; not part of the contract.
    #[serde(skip)]
    pub extracts: Vec<super::extract::Extract>,
}

impl Report {
    /// Leaves only the incident of that id, and those of that service.
    pub fn keep(&mut self, id: Option<&str>, service: Option<&str>) {
        let has = |incident: &Incident, name: &str| incident.services.iter().any(|own| own.name == name);
        self.incidents
            .retain(|incident| id.is_none_or(|id| incident.id == id) && service.is_none_or(|name| has(incident, name)));
    }
}

/// A file that was read.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Input {
    pub path: String,
    pub format: &'static str,
    pub envelope: Vec<&'static str>,
    pub bytes: u64,
    pub records: u64,
    pub continuations: u64,
    pub unparsed: u64,
    pub first: Option<String>,
    pub last: Option<String>,
    pub host: Option<String>,
    pub zone: Zone,
    pub duplicate_of: Option<String>,
    pub sha256: Option<String>,
    pub problem: Option<String>,
    /// Unread lines, for `-v`.
    #[serde(skip)]
    pub samples: Vec<(usize, String)>,
}

/// The zone of a file's stamps.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Zone {
    pub name: String,
    pub offset_s: i32,
    /// `stated`, `given`, `inferred`, `assumed`
    pub how: &'static str,
    /// Why, for people.
    #[serde(skip)]
    pub reason: String,
}

/// A path that gave no records.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
    #[serde(skip)]
    pub is_problem: bool,
}

/// Something that the reader must know about the figures.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Warning {
    pub code: &'static str,
    pub text: String,
    pub input: Option<String>,
}

/// First and last moment of all logs.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Coverage {
    pub first: String,
    pub last: String,
}

/// Why nothing was found.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Quiet {
    pub text: String,
}

/// An outage.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Incident {
    pub id: String,
    pub title: String,
    pub start: String,
    /// `null` if it goes on.
    pub end: Option<String>,
    pub ongoing: bool,
    pub duration_s: f64,
    pub start_error_s: Option<f64>,
    pub end_error_s: Option<f64>,
    pub services: Vec<Service>,
    pub cause: Hypothesis,
    pub hypotheses: Vec<Hypothesis>,
    pub impact: Impact,
    pub marks: Marks,
    pub timeline: Vec<Item>,
    pub series: Option<Series>,
    pub assumptions: Vec<String>,
}

/// A service and what it was in the incident.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Service {
    pub name: String,
    pub role: &'static str,
}

/// A cause.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Hypothesis {
    pub id: String,
    pub kind: &'static str,
    pub service: Option<String>,
    pub address: Option<String>,
    pub port: Option<u16>,
    pub errno: Option<&'static str>,
    /// `null` unless evidence names it.
    pub holder: Option<Holder>,
    pub probability: f64,
    pub confidence: &'static str,
    pub summary: String,
    pub evidence_for: Vec<Reason>,
    pub evidence_against: Vec<Reason>,
}

/// Who held the port.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Holder {
    pub kind: &'static str,
    pub name: Option<String>,
    pub service: Option<String>,
    pub image: Option<String>,
    pub pid: Option<i64>,
    pub since: Option<String>,
    pub until: Option<String>,
}

/// What speaks for or against a cause, or a moment with its proof.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Reason {
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// A line that proves something.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Evidence {
    pub file: String,
    pub line: usize,
    pub offset: usize,
    pub text: String,
}

/// How many were hit.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Impact {
    pub requests: Option<Requests>,
    pub clients: Option<Clients>,
    pub worst_minute: Option<WorstMinute>,
    pub day: Option<Day>,
    pub layer: Option<String>,
    pub statement: String,
}

/// The minute with the largest share.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct WorstMinute {
    pub time: String,
    pub percent: f64,
}

/// Of the day's requests.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Day {
    pub percent: f64,
}

/// The moments that people ask for.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Marks {
    pub trigger: Option<Mark>,
    pub impact_start: Option<Mark>,
    pub detected: Option<Mark>,
    pub mitigated: Option<Mark>,
    pub ended: Option<Mark>,
    pub verified: Option<Mark>,
}

/// A moment with its proof.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Mark {
    pub time: String,
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// An entry of the timeline.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Item {
    pub time: String,
    pub end: Option<String>,
    pub kind: &'static str,
    pub service: Option<String>,
    pub host: Option<String>,
    pub count: usize,
    pub text: String,
    /// `log`, `notes`, `inferred`
    pub source: &'static str,
    /// `none`, `worse`, `better`; `null`: cannot tell, or no action.
    pub effect: Option<&'static str>,
    pub evidence: Vec<Evidence>,
    /// The moment again, for ordering and printing.
    #[serde(skip)]
    pub at: crate::clock::Instant,
}

/// Requests by step of time.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Series {
    pub step_s: i64,
    pub start: String,
    pub requests: Vec<u64>,
    pub failed: Vec<u64>,
    pub missed: Vec<u64>,
}

/// Something that waits to happen.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Latent {
    pub kind: &'static str,
    pub service: Option<String>,
    pub address: Option<String>,
    pub port: Option<u16>,
    pub text: String,
    pub command: String,
    pub evidence: Vec<Evidence>,
}
