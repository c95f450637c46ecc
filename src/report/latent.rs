//! What waits to happen, as the contract gives it.

use super::build::Lines;
use super::model;
use crate::analysis::latent::Latent;

/// Lines shown for each.
const LINES: usize = 6;

/// In the words and lines of the report.
pub fn told(found: &[Latent], lines: &Lines<'_>) -> Vec<model::Latent> {
    let told = |of: &Latent| model::Latent {
        kind: of.kind.name(),
        service: Some(of.service.clone()),
        address: of.address.clone(),
        port: of.port,
        text: of.text.clone(),
        command: of.command.clone(),
        evidence: lines.all(&of.evidence).into_iter().take(LINES).collect(),
    };
    found.iter().map(told).collect()
}
