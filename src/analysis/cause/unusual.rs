//! Messages that the servers say far more often in an incident than at other times (methods, 5.4).
//!
//! The test is the likelihood ratio of two Poisson rates, G² (Dunning, *Accurate methods for the statistics of surprise
//! and coincidence*, 1993): it holds for the few lines of a rare message, where a normal approximation does not.

use std::collections::BTreeSet;

use crate::analysis::incident::Incident;
use crate::analysis::world::{Evidence, World};
use crate::clock::Timebase;
use crate::facts::{Facts, Place};

/// A message counts from so long before the onset on, in seconds.
const BEFORE_S: i64 = 120;
/// Quiet times are looked at for so long before the onset, in seconds.
const BASELINE_S: i64 = 7 * 86_400;
/// Lines in the incident, at least.
const LEAST_LINES: u64 = 3;
/// How many times as often as in quiet times, at least.
const TIMES: f64 = 4.0;
/// Evidence beyond that of chance among all wordings, in nats twice: G² ≥ 2 ln(wordings) + 11.
const MARGIN: f64 = 11.0;
/// Messages shown of an incident.
const MOST: usize = 5;

/// A wording of one source, on the one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    #[allow(missing_docs)]
    pub source: usize,
    /// Who says it.
    pub program: String,
    /// The message, what changes in it masked by `*`.
    pub text: String,
    /// For each minute in which it was said: the second of the first line, how many, and where the first stands.
    pub minutes: Vec<(i64, u32, Place)>,
}

/// A message that was said unusually often.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// Who says it.
    pub program: String,
    /// The message, what changes in it masked by `*`.
    pub text: String,
    /// Lines from two minutes before the onset to the end.
    pub inside: u64,
    /// Lines in quiet times.
    pub outside: u64,
    /// How long these are, in seconds.
    pub inside_s: f64,
    #[allow(missing_docs)]
    pub outside_s: f64,
    /// The likelihood ratio, twice in nats.
    pub g2: f64,
    /// Whether it was never said before.
    pub is_new: bool,
    /// The first line in the incident.
    pub evidence: Evidence,
}

/// The wordings of all sources, on the one time.
pub fn wordings(facts: &Facts, timebase: &Timebase) -> Vec<Wording> {
    let mut all = Vec::new();
    for (source, templates) in &facts.templates {
        for (_, template) in templates.sorted() {
            let mut minutes: Vec<(i64, u32, Place)> = template
                .minutes
                .iter()
                .map(|minute| {
                    let (place, moment) = minute.first(*source);
                    (timebase.instant(place.block, moment).s, minute.count, place)
                })
                .collect();
            minutes.sort_unstable();
            let (program, text) = (template.program.to_string(), template.text.to_string());
            all.push(Wording { source: *source, program, text, minutes });
        }
    }
    all
}

/// G²: how much better two rates explain `a` lines in `a_s` seconds and `b` lines in `b_s` than one does, twice in nats.
pub fn g2(a: f64, a_s: f64, b: f64, b_s: f64) -> f64 {
    let expected = |part: f64| part * (a + b) / (a_s + b_s);
    let term = |count: f64, expected: f64| if count > 0.0 { count * (count / expected).ln() } else { 0.0 };
    2.0 * (term(a, expected(a_s)) + term(b, expected(b_s)))
}

/// Whether something is told at least four times as often in one span as in the rest.
pub(super) fn is_over_represented(inside: u64, inside_s: f64, outside: u64, outside_s: f64) -> bool {
    inside as f64 / inside_s.max(1.0) >= TIMES * (outside as f64 + 0.5) / outside_s.max(1.0)
}

/// Finds the unusual messages of each incident. Quiet times are those of no incident.
pub fn find(world: &World, incidents: &mut [Incident]) {
    let spans: Vec<(i64, i64)> =
        incidents.iter().map(|incident| (incident.start.s - BEFORE_S, incident.until.s + 1)).collect();
    for (incident, span) in incidents.iter_mut().zip(&spans) {
        incident.unusual = unusual(world, *span, &spans);
    }
}

fn unusual(world: &World, (from, to): (i64, i64), spans: &[(i64, i64)]) -> Vec<Unusual> {
    let onset = from + BEFORE_S;
    let (from, to) = (from.div_euclid(60) * 60, (to + 59).div_euclid(60) * 60);
    let least = 2.0 * (world.wordings.len().max(1) as f64).ln() + MARGIN;
    let mut found: Vec<Unusual> = Vec::new();
    for wording in world.wordings.iter().filter(|wording| !world.copies.contains_key(&wording.source)) {
        let Some(covered) = world.spans.get(wording.source).copied().flatten() else { continue };
        let covered = (covered.0.s.max(onset - BASELINE_S), covered.1.s + 1);
        let begin = wording.minutes.partition_point(|minute| minute.0 < from);
        let end = wording.minutes.partition_point(|minute| minute.0 < to);
        let inside: u64 = wording.minutes[begin..end].iter().map(|minute| u64::from(minute.1)).sum();
        let Some((first, _, place)) = wording.minutes[begin..end].first().filter(|_| inside >= LEAST_LINES) else {
            continue;
        };
        let is_quiet = |at: i64| {
            (covered.0..covered.1).contains(&at)
                && !spans.iter().any(|span| (span.0..span.1).contains(&at))
                && !(from..to).contains(&at)
        };
        let quiet = wording.minutes.iter().filter(|minute| is_quiet(minute.0));
        let outside: u64 = quiet.map(|minute| u64::from(minute.1)).sum();
        let inside_s = (to.min(covered.1) - from.max(covered.0)).max(1) as f64;
        let outside_s = quiet_s(covered, (from, to), spans);
        let g2 = g2(inside as f64, inside_s, outside as f64, outside_s.max(1.0));
        if is_over_represented(inside, inside_s, outside, outside_s) && g2 >= least {
            found.push(Unusual {
                program: wording.program.clone(),
                text: wording.text.clone(),
                inside,
                outside,
                inside_s,
                outside_s,
                g2,
                is_new: begin == 0 && *first <= onset,
                evidence: world.line(*place),
            });
        }
    }
    found.sort_by(|one, other| {
        let order = other.is_new.cmp(&one.is_new).then(other.g2.total_cmp(&one.g2));
        order.then_with(|| (&one.text, &one.evidence).cmp(&(&other.text, &other.evidence)))
    });
    // Several collectors of one log tell the same.
    let mut told: BTreeSet<String> = BTreeSet::new();
    found.retain(|unusual| told.insert(unusual.text.clone()));
    found.truncate(MOST);
    found
}

/// Seconds of what a source covers that belong to no incident.
fn quiet_s(covered: (i64, i64), window: (i64, i64), spans: &[(i64, i64)]) -> f64 {
    let mut taken: Vec<(i64, i64)> = spans.iter().copied().chain([window]).collect();
    taken.sort_unstable();
    let (mut quiet, mut at) = (0, covered.0);
    for (from, to) in taken {
        quiet += (from.min(covered.1) - at).max(0);
        at = at.max(to);
    }
    (quiet + (covered.1 - at).max(0)) as f64
}

/// In words: `nginx said 120 times, 3 times outside: connect() failed …`.
pub fn sentence(unusual: &Unusual) -> String {
    let Unusual { program, text, inside, outside, is_new, .. } = unusual;
    let before = match (is_new, outside) {
        (true, _) => "never before".to_owned(),
        (false, 0) => "never in quiet times".to_owned(),
        (false, count) => format!("{count} times in all of the quiet times"),
    };
    format!("{program} said {inside} times, and {before}: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Instant;

    #[test]
    fn the_worked_examples_of_the_method() {
        assert!((g2(12.0, 600.0, 20.0, 86_400.0) - 77.378).abs() < 5e-4);
        assert!((g2(3.0, 600.0, 0.0, 86_400.0) - 29.860).abs() < 5e-4);
    }

    #[test]
    fn quiet_times_are_those_of_no_incident() {
        for (covered, window, spans, wanted) in [
            ((0, 1000), (400, 500), vec![(410, 490)], 900.0),
            ((0, 1000), (400, 500), vec![(450, 700)], 700.0),
            ((600, 1000), (400, 500), vec![], 400.0),
            ((0, 450), (400, 500), vec![(0, 100)], 300.0),
        ] {
            assert_eq!(quiet_s(covered, window, &spans), wanted, "{covered:?} {window:?} {spans:?}");
        }
    }

    fn place(line: usize) -> Place {
        Place { block: (0, 0), line, offset: line }
    }

    fn wording(text: &str, minutes: &[(i64, u32)]) -> Wording {
        let minutes = minutes.iter().enumerate().map(|(line, (at, count))| (*at, *count, place(line))).collect();
        Wording { source: 0, program: "app".into(), text: text.into(), minutes }
    }

    #[test]
    fn what_is_said_more_often_and_what_is_not() {
        let daily: Vec<(i64, u32)> = (0..1440).map(|minute| (minute * 60, 2)).collect();
        let (from, to) = (40_000 / 60 * 60, 41_000);
        let mut world = World::default();
        world.spans = vec![Some((Instant::second(0), Instant::second(86_399)))];
        world.wordings = vec![
            wording("all day", &daily),
            wording("never before", &[(from + 100, 4), (from + 200, 5)]),
            wording("later", &[(from + 400, 40), (80_000, 1)]),
            wording("twice", &[(from + 400, 2)]),
            wording("elsewhere", &[(80_000, 400)]),
        ];
        let found = unusual(&world, (from, to), &[(from, to), (80_400, 80_500)]);
        let told: Vec<(&str, u64, u64, bool)> =
            found.iter().map(|own| (own.text.as_str(), own.inside, own.outside, own.is_new)).collect();
        assert_eq!(told, [("never before", 9, 0, true), ("later", 40, 1, false)]);
        assert_eq!(found[0].evidence.line, 1);
        assert!(unusual(&world, (80_000, 80_100), &[(80_000, 80_100)]).iter().any(|own| own.text == "elsewhere"));
    }
}
