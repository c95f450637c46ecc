//! What stands out and is no incident, in a sentence for each kind.

use std::collections::BTreeMap;

use super::model::Warning;
use super::words::{duration, local, number};
use crate::analysis::aside::{Aside, Asides, LeastNoticed, Why};
use crate::analysis::burst::Rhythm;
use crate::clock::Instant;
use crate::clock::zone::Rule;

/// From so long a silence on, in seconds, a log is too slow to notice shorter ones, and says so.
const SLOW_S: f64 = 60.0;

/// All things of a kind.
struct Kind<'a> {
    count: usize,
    failing: u64,
    first: &'a Aside,
}

/// A sentence for each kind of thing, with how many there are and where the first is.
pub fn sentences(asides: &Asides, zone: &Rule) -> Vec<String> {
    let mut kinds: BTreeMap<Why, Kind<'_>> = BTreeMap::new();
    for aside in &asides.seen {
        let own = kinds.entry(aside.why).or_insert(Kind { count: 0, failing: 0, first: aside });
        own.count += 1;
        own.failing += aside.failing;
    }
    kinds.iter().map(|(why, kind)| sentence(*why, kind, zone)).collect()
}

fn sentence(why: Why, kind: &Kind<'_>, zone: &Rule) -> String {
    let Kind { count, failing, first } = kind;
    let counted = |one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{} {many}", number(*count as u64)),
    };
    let failures = match failing {
        1 => "1 failing request".to_owned(),
        failing => format!("{} failing requests", number(*failing)),
    };
    let at = format!("{} at {}", first.service, local(Instant::second(first.start), zone));
    let place = if *count == 1 { at } else { format!("first of {at}") };
    match why {
        Why::Blip => {
            format!("{} of {failures}, too few or too short for an incident: {place}", counted("burst", "bursts"))
        }
        Why::OneClient => {
            let runs = counted("run of failing requests", "runs of failing requests");
            format!("{runs} by one client alone, so no incident: {place}")
        }
        Why::Recurring(Rhythm::Often) => {
            format!("{} of {failures}, which come again and again, so no incident: {place}", counted("burst", "bursts"))
        }
        Why::Recurring(Rhythm::Daily) => format!(
            "{} of {failures}, mild and at about the same time of the day, so no incident: {place}",
            counted("run", "runs")
        ),
        Why::Silence(what) => {
            let word = what.word().map_or_else(String::new, |word| format!("{word}, "));
            format!(
                "{} without a request, no outage ({word}{}): {place}, for {}",
                counted("stretch", "stretches"),
                what.reason(),
                duration((first.end - first.start) as f64)
            )
        }
    }
}

/// Services of slow logs that are named.
const NAMES: usize = 4;

/// That logs are so slow that only long silences would be noticed (methods, 8.8).
pub fn slow_logs(asides: &Asides) -> Option<Warning> {
    let mut slow: Vec<&LeastNoticed> = asides.least_noticed.iter().filter(|own| own.seconds > SLOW_S).collect();
    slow.sort_by(|one, other| other.seconds.total_cmp(&one.seconds).then_with(|| name(one).cmp(&name(other))));
    let about = |own: &LeastNoticed| format!("about {}", duration(rounded(own.seconds)));
    let text = match slow.as_slice() {
        [] => return None,
        [only] => {
            format!("{}: at its log's rate a silence shorter than {} would not be noticed.", name(only), about(only))
        }
        all => {
            let named: Vec<String> =
                all.iter().take(NAMES).map(|own| format!("{} {}", name(own), about(own))).collect();
            let more = match all.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(", and less for {more} more"),
            };
            let named = named.join(", ");
            format!("At the rates of these logs shorter silences would not be noticed than: {named}{more}.")
        }
    };
    Some(Warning { code: "slow-log", text, input: None })
}

/// `nginx`, `haproxy of lb02`
fn name(own: &LeastNoticed) -> String {
    own.host.as_ref().map_or_else(|| own.service.clone(), |host| format!("{} of {host}", own.service))
}

/// To ten seconds below two minutes, else to whole minutes.
fn rounded(seconds: f64) -> f64 {
    let unit = if seconds < 115.0 { 10.0 } else { 60.0 };
    (seconds / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::hole::HoleKind;

    #[test]
    fn a_sentence_for_each_kind() {
        let aside =
            |why: Why, start: i64, end: i64, failing: u64| Aside { why, service: "nginx".into(), start, end, failing };
        let asides = Asides {
            seen: vec![
                aside(Why::Blip, 3600, 3603, 4),
                aside(Why::Recurring(Rhythm::Often), 7200, 7210, 9),
                aside(Why::Silence(HoleKind::Clock), 8000, 8300, 0),
                aside(Why::Recurring(Rhythm::Often), 17_200, 17_210, 9),
                aside(Why::OneClient, 20_000, 20_100, 200),
                aside(Why::Silence(HoleKind::Silent), 30_000, 30_012, 0),
            ],
            least_noticed: Vec::new(),
        };
        assert_eq!(
            sentences(&asides, &Rule::Offset(0)),
            [
                "1 burst of 4 failing requests, too few or too short for an incident: nginx at 1970-01-01 01:00:00",
                "1 run of failing requests by one client alone, so no incident: nginx at 1970-01-01 05:33:20",
                "2 bursts of 18 failing requests, which come again and again, so no incident: first of nginx at \
                 1970-01-01 02:00:00",
                "1 stretch without a request, no outage (the clock was set): nginx at 1970-01-01 02:13:20, for 5 min",
                "1 stretch without a request, no outage (possibly down, no requests; could be chance): nginx at \
                 1970-01-01 08:20:00, for 12 s",
            ]
        );
    }

    #[test]
    fn slow_logs_say_so() {
        let own = |service: &str, host: Option<&str>, seconds: f64| LeastNoticed {
            service: service.into(),
            host: host.map(str::to_owned),
            seconds,
        };
        let told = |least_noticed: Vec<LeastNoticed>| {
            slow_logs(&Asides { seen: Vec::new(), least_noticed }).map(|warning| warning.text)
        };
        assert_eq!(told(vec![own("nginx", None, 59.0)]), None);
        assert_eq!(
            told(vec![own("nginx", None, 658.0), own("haproxy", Some("lb01"), 12.0)]).as_deref(),
            Some("nginx: at its log's rate a silence shorter than about 11 min would not be noticed.")
        );
        assert_eq!(
            told(vec![own("apache2", Some("web01"), 84.0), own("apache2", Some("web02"), 300.0)]).as_deref(),
            Some(
                "At the rates of these logs shorter silences would not be noticed than: apache2 of web02 about 5 min, \
                 apache2 of web01 about 80 s."
            )
        );
    }
}
