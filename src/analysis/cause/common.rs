//! What the failing requests of an incident have in common, and the others have not (methods, 5.4).
//!
//! The test is that of [`super::unusual`]: failing requests take the place of the seconds inside, succeeding ones that
//! of the seconds outside.

use std::collections::BTreeMap;

use super::unusual::g2;
use crate::analysis::impact::Profile;

/// Share of the failing requests that have it, at least.
const LEAST_SHARE: f64 = 0.8;
/// The share of failing requests among those that have it, over that among the others, at least.
const TIMES: f64 = 3.0;
/// Failing requests, at least: fewer have much in common by chance.
const LEAST_FAILING: u64 = 5;
/// Evidence beyond that of chance among all names, in nats twice: G² ≥ 2 ln(names) + 11.
const MARGIN: f64 = 11.0;
/// Properties shown of an incident.
const MOST: usize = 3;

/// A property of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// `backend/server`, a backend, or a virtual host.
    Scope,
    /// The first one or two segments of the path.
    Path,
    #[allow(missing_docs)]
    Method,
    /// `203.0.113.0/24` or `2001:db8::/48`
    Network,
    /// The agent's first product, `curl`.
    UserAgent,
    /// The status of the answer, which only failing requests have.
    Status,
}

/// Requests by feature and name: failing, succeeding.
pub type Table = BTreeMap<(Feature, String), (u64, u64)>;

/// What the failing requests have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    #[allow(missing_docs)]
    pub feature: Feature,
    #[allow(missing_docs)]
    pub name: String,
    /// Failing requests that have it, of how many.
    pub failing: (u64, u64),
    /// Succeeding requests that have it, of how many.
    pub succeeding: (u64, u64),
    /// The likelihood ratio, twice in nats.
    pub g2: f64,
}

/// The table of what an incident's requests are counted by.
pub fn table(profile: &Profile) -> Table {
    let mut table = Table::new();
    let mut backends: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (scope, (all, failing)) in &profile.scopes {
        let counts = (*failing, all.saturating_sub(*failing));
        table.insert((Feature::Scope, scope.clone()), counts);
        if let Some((backend, _)) = scope.split_once('/') {
            let sum = backends.entry(backend).or_default();
            *sum = (sum.0 + counts.0, sum.1 + counts.1);
        }
    }
    for (backend, counts) in backends {
        table.insert((Feature::Scope, backend.to_owned()), counts);
    }
    for (status, failing) in profile.statuses.iter().filter(|(status, _)| **status > 0) {
        table.insert((Feature::Status, status.to_string()), (*failing, 0));
    }
    table
}

/// What `failing` requests have in common and `succeeding` ones of the same time have not, the clearest first.
pub fn common(table: &Table, failing: u64, succeeding: u64) -> Vec<Common> {
    let least = 2.0 * (table.len().max(1) as f64).ln() + MARGIN;
    let mut found: Vec<Common> = Vec::new();
    for ((feature, name), (bad, good)) in table {
        let g2 = g2(*bad as f64, failing as f64, *good as f64, succeeding as f64);
        let rate = |bad: u64, good: u64| bad as f64 / (bad + good).max(1) as f64;
        let here = rate(*bad, *good);
        let others = rate(failing.saturating_sub(*bad), succeeding.saturating_sub(*good));
        let holds = failing >= LEAST_FAILING
            && succeeding > 0
            && *bad as f64 >= LEAST_SHARE * failing as f64
            && here >= TIMES * others
            && g2 >= least;
        if holds {
            found.push(Common {
                feature: *feature,
                name: name.clone(),
                failing: (*bad, failing),
                succeeding: (*good, succeeding),
                g2,
            });
        }
    }
    found.sort_by(|one, other| {
        // Only failing requests end with a status of failure: it says what they are, not whose.
        let is_status = |common: &Common| common.feature == Feature::Status;
        let order = is_status(one).cmp(&is_status(other)).then(other.g2.total_cmp(&one.g2));
        // Of equal ones the narrower name.
        order.then(other.name.len().cmp(&one.name.len())).then_with(|| one.name.cmp(&other.name))
    });
    // A backend and its only server tell the same.
    let mut shown: Vec<Common> = Vec::new();
    for next in found {
        let is_told = shown.iter().any(|own: &Common| own.feature == next.feature && own.failing == next.failing);
        if !is_told {
            shown.push(next);
        }
    }
    shown.truncate(MOST);
    shown
}

/// In words: `all of the 512 failing requests were for /checkout; 3 % of the others`.
pub fn sentence(common: &Common) -> String {
    let Common { feature, name, failing: (bad, failing), succeeding: (good, succeeding), .. } = common;
    let part = if bad == failing { "all".to_owned() } else { bad.to_string() };
    let what = match feature {
        Feature::Scope => format!("were for {name}"),
        Feature::Path => format!("were for paths below {name}"),
        Feature::Method => format!("had the method {name}"),
        Feature::Network => format!("came from {name}"),
        Feature::UserAgent => format!("came from {name}"),
        Feature::Status => format!("ended with {name}"),
    };
    let told = format!("{part} of the {failing} failing requests {what}");
    if *feature == Feature::Status {
        return told;
    }
    let share = 100.0 * *good as f64 / (*succeeding).max(1) as f64;
    let others = match share {
        _ if *good == 0 => "none".to_owned(),
        share if share < 1.0 => "under 1 %".to_owned(),
        share => format!("{share:.0} %"),
    };
    format!("{told}; {others} of the others")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(Feature, &str, u64, u64)]) -> Table {
        rows.iter().map(|(feature, name, bad, good)| ((*feature, (*name).to_owned()), (*bad, *good))).collect()
    }

    #[test]
    fn what_failing_requests_share() {
        use Feature::*;
        for (why, rows, failing, succeeding, wanted) in [
            (
                "one path",
                vec![(Path, "/checkout", 512, 30), (Path, "/", 0, 970)],
                512,
                1000,
                vec!["all of the 512 failing requests were for paths below /checkout; 3 % of the others"],
            ),
            (
                "what all requests share says nothing",
                vec![(Scope, "shop", 100, 900), (Method, "GET", 98, 880)],
                100,
                900,
                vec![],
            ),
            (
                "the server, not its backend",
                vec![(Scope, "shop", 90, 900), (Scope, "shop/web1", 90, 2)],
                90,
                900,
                vec!["all of the 90 failing requests were for shop/web1; under 1 % of the others"],
            ),
            ("too few", vec![(Path, "/a", 4, 0)], 4, 100, vec![]),
            ("not most of them", vec![(Path, "/a", 60, 0)], 100, 1000, vec![]),
            (
                "a network, and last the status",
                vec![(Network, "203.0.113.0/24", 95, 0), (Status, "500", 100, 0)],
                100,
                1000,
                vec![
                    "95 of the 100 failing requests came from 203.0.113.0/24; none of the others",
                    "all of the 100 failing requests ended with 500",
                ],
            ),
            ("nothing to compare with", vec![(Path, "/a", 100, 0)], 100, 0, vec![]),
        ] {
            let found: Vec<String> = common(&of(&rows), failing, succeeding).iter().map(sentence).collect();
            assert_eq!(found, wanted, "{why}");
        }
    }
}
