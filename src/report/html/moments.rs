//! The moments that people ask for: numbered, so that the list and the picture name the same thing.

use serde::Serialize;

use super::super::model::{Incident, Mark, Report};
use super::super::text::Page;
use super::super::words::duration;
use super::Limits;
use super::evidence::{Ledger, Reference};
use super::shown::cut;
use super::when::{Moment, on_day};
use crate::clock::Instant;

/// A moment of the list.
#[derive(Debug, Serialize)]
pub(super) struct Numbered {
    pub number: usize,
    pub name: &'static str,
    pub moment: Moment,
    pub text: String,
    /// How long before or after the first failure, in words.
    pub after: Option<String>,
    pub proof: Vec<Reference>,
    #[serde(skip)]
    pub at: Instant,
}

/// The moments that are known, by time.
pub(super) fn moments(report: &Report, incident: &Incident, ledger: &mut Ledger<'_>, limits: &Limits) -> Vec<Numbered> {
    let marks = &incident.marks;
    let named: [(&str, &Option<Mark>); 6] = [
        ("Trigger", &marks.trigger),
        ("Impact begins", &marks.impact_start),
        ("Detected", &marks.detected),
        ("Mitigated", &marks.mitigated),
        ("Impact ends", &marks.ended),
        ("Verified", &marks.verified),
    ];
    let start = Page::instant(&incident.start);
    let mut moments: Vec<Numbered> = named
        .into_iter()
        .filter_map(|(name, mark)| Some((name, mark.as_ref()?)))
        .map(|(name, mark)| {
            let at = Page::instant(&mark.time);
            Numbered {
                number: 0,
                name,
                moment: on_day(at, start, &report.zone),
                text: cut(&mark.text, limits.text),
                after: after(at.as_f64() - start.as_f64()),
                proof: ledger.references(&mark.evidence, 1),
                at,
            }
        })
        .collect();
    moments.sort_by_key(|moment| (moment.at.s, moment.at.nanos));
    moments.iter_mut().zip(1..).for_each(|(moment, number)| moment.number = number);
    moments
}

fn after(seconds: f64) -> Option<String> {
    match seconds {
        -0.5..0.5 => None,
        ..0.0 => Some(format!("{} before", duration(-seconds))),
        _ => Some(format!("{} after", duration(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_after_the_first_failure() {
        let told: Vec<Option<String>> = [-5.2, 0.2, 1037.0].into_iter().map(after).collect();
        assert_eq!(told, [Some("5 s before".into()), None, Some("17 min 17 s after".into())]);
    }
}
