//! Weighing: hypotheses with what speaks for and against each, and the words for their probability.

use super::world::Evidence;

/// A reason for or against, and the line that shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Natural logarithm of how much likelier the evidence is if the hypothesis is true; negative: against it.
    pub weight: f64,
    /// In words for a person.
    pub text: String,
    #[allow(missing_docs)]
    pub evidence: Vec<Evidence>,
    /// Whether it is a direct trace, without which nothing is certain.
    pub is_direct: bool,
}

impl Reason {
    /// A reason with the line that shows it.
    pub fn new(weight: f64, text: impl Into<String>, evidence: Vec<Evidence>) -> Reason {
        Reason { weight, text: text.into(), evidence, is_direct: false }
    }

    /// The same as a direct trace.
    pub fn direct(self) -> Reason {
        Reason { is_direct: true, ..self }
    }
}

/// A prior and reasons.
pub fn score(prior: f64, reasons: &[Reason]) -> f64 {
    prior + reasons.iter().map(|reason| reason.weight).sum::<f64>()
}

/// Probabilities of hypotheses by their scores.
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// The words of methods, 5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Confidence {
    NotDetermined,
    Possible,
    Likely,
    Certain,
}

impl Confidence {
    /// Of a probability, and whether a direct trace stands behind it.
    pub fn of(probability: f64, is_direct: bool) -> Confidence {
        match probability {
            p if p >= 0.985 && is_direct => Confidence::Certain,
            p if p >= 0.85 => Confidence::Likely,
            p if p >= 0.5 => Confidence::Possible,
            _ => Confidence::NotDetermined,
        }
    }

    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::NotDetermined => "not determined",
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}
