//! What stands out and is no incident: told in the details, so that who sees failures or a silence in a log finds why
//! nothing is made of it (methods, 7).

use super::burst::{Blip, Dropped, Found, Rhythm};
use super::hole::HoleKind;
use super::incident::Incident;
use super::silences::Judged;
use super::world::Service;

/// Why it is no incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Too few failing requests or clients, or over in a moment.
    Blip,
    /// All of it hangs on one client.
    OneClient,
    /// It comes again and again.
    Recurring(Rhythm),
    /// A silence, with what it is.
    Silence(HoleKind),
}

/// One thing that stands out.
#[derive(Clone, Debug, PartialEq)]
pub struct Aside {
    #[allow(missing_docs)]
    pub why: Why,
    #[allow(missing_docs)]
    pub service: String,
    /// First and last second of it.
    pub start: i64,
    #[allow(missing_docs)]
    pub end: i64,
    /// Failing requests; none in a silence.
    pub failing: u64,
}

/// All that is told in the details.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asides {
    /// In order of time.
    pub seen: Vec<Aside>,
    /// Of each service.
    pub least_noticed: Vec<LeastNoticed>,
}

/// The shortest silence that would be noticed at a service's usual rate.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastNoticed {
    #[allow(missing_docs)]
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    #[allow(missing_docs)]
    pub seconds: f64,
}

impl LeastNoticed {
    pub(super) fn of(service: &Service, seconds: f64) -> LeastNoticed {
        LeastNoticed { service: service.name.clone(), host: service.host.clone(), seconds }
    }
}

/// What lies so near to an incident, in seconds, belongs to its time.
const NEAR_S: f64 = 60.0;

impl Asides {
    /// Adds the runs of failing requests of a service that are no incident; `failing` counts all failures from one second
    /// to another, also those that the detection leaves out.
    pub(super) fn add_runs(&mut self, service: &str, found: &Found, failing: &dyn Fn(i64, i64) -> usize) {
        let recurs = |blip: &Blip| found.recurring.iter().find(|own| own.times.contains(&(blip.start, blip.end)));
        self.seen.extend(found.blips.iter().map(|blip| Aside {
            why: match blip.why {
                Dropped::Recurring => recurs(blip).map_or(Why::Blip, |own| Why::Recurring(own.rhythm)),
                Dropped::OneClient(_) => Why::OneClient,
                Dropped::TooFew | Dropped::TooShort | Dropped::OneMoment => Why::Blip,
            },
            service: service.to_owned(),
            start: blip.start,
            end: blip.end,
            failing: failing(blip.start, blip.end) as u64,
        }));
    }

    /// Adds a silence of a service that is no outage.
    pub(super) fn add_silence(&mut self, service: &str, judged: &Judged) {
        let (start, end) = (judged.hole.from, judged.hole.to);
        let why = Why::Silence(judged.facts.kind);
        self.seen.push(Aside { why, service: service.to_owned(), start, end, failing: 0 });
    }

    /// In order of time, without what lies in the time of an incident: there it is told.
    pub fn outside(&self, incidents: &[Incident]) -> Asides {
        let spans = incidents.iter().map(|incident| (incident.start.as_f64(), incident.until.as_f64()));
        self.outside_of(&spans.collect::<Vec<_>>())
    }

    fn outside_of(&self, spans: &[(f64, f64)]) -> Asides {
        let is_told = |aside: &&Aside| {
            let (start, end) = (aside.start as f64, aside.end as f64);
            spans.iter().any(|(from, to)| *from <= end + NEAR_S && *to >= start - NEAR_S)
        };
        let mut outside = self.clone();
        outside.seen = self.seen.iter().filter(|aside| !is_told(aside)).cloned().collect();
        outside.seen.sort_by(|one, other| {
            let key = |of: &Aside| (of.start, of.end, of.why);
            key(one).cmp(&key(other)).then_with(|| one.service.cmp(&other.service))
        });
        outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::burst::{Baseline, Recurring};

    #[test]
    fn runs_that_are_no_incident() {
        let blip = |start: i64, why: Dropped| Blip { start, end: start + 9, requests: 40, failing: 4, why };
        let found = Found {
            baseline: Baseline { share: 0.001, dispersion: 1.0 },
            bursts: Vec::new(),
            blips: vec![
                blip(100, Dropped::TooFew),
                blip(5000, Dropped::OneClient(7)),
                blip(9000, Dropped::Recurring),
                blip(20_000, Dropped::OneMoment),
            ],
            recurring: vec![Recurring { rhythm: Rhythm::Daily, times: vec![(9000, 9009)] }],
            hidden: Vec::new(),
        };
        let mut asides = Asides::default();
        asides.add_runs("nginx", &found, &|_, _| 4);
        // The last is a part of an incident.
        let outside = asides.outside_of(&[(19_950.0, 19_990.0)]).seen;
        let told: Vec<(i64, Why)> = outside.iter().map(|aside| (aside.start, aside.why)).collect();
        assert_eq!(told, [(100, Why::Blip), (5000, Why::OneClient), (9000, Why::Recurring(Rhythm::Daily))]);
    }
}
