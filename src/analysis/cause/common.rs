//! What the failing requests of an incident have in common, and the others have not (methods, 5.4).
//!
//! The test is that of [`super::unusual`]: failing requests take the place of the seconds inside, succeeding ones that
//! of the seconds outside.

use std::collections::{BTreeMap, BTreeSet};

use super::unusual::g2;
use crate::analysis::impact::Profile;
use crate::facts::closer::feature::Kind;

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
    /// `backend/server`, a backend, an upstream, or a virtual host.
    Scope,
    /// The machine that answered.
    Host,
    /// The first one or two segments of the path, values in it as `*`.
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

impl Feature {
    fn of(kind: Kind) -> Feature {
        match kind {
            Kind::Vhost | Kind::Backend | Kind::Server | Kind::Upstream => Feature::Scope,
            Kind::Path | Kind::SubPath => Feature::Path,
            Kind::Method => Feature::Method,
            Kind::Network => Feature::Network,
            Kind::Agent => Feature::UserAgent,
        }
    }
}

/// What an incident's requests are counted by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// By feature and name: failing, succeeding.
    pub rows: BTreeMap<(Feature, String), (u64, u64)>,
    /// All of both.
    pub failing: u64,
    #[allow(missing_docs)]
    pub succeeding: u64,
}

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

/// The table of an incident's requests, without the names that are told elsewhere.
pub fn table(profile: &Profile, told: &BTreeSet<&str>) -> Table {
    let mut table = Table::default();
    // No request has two values of a kind, and nearly all have one of the commonest kind.
    let mut totals: BTreeMap<Kind, (u64, u64)> = BTreeMap::new();
    for ((kind, name), (failing, succeeding)) in &profile.features {
        let total = totals.entry(*kind).or_default();
        *total = (total.0 + failing, total.1 + succeeding);
        // `<NOSRV>`: HAProxy had no server left, which is what went wrong and not where.
        if !name.contains('<') && !told.contains(name.as_str()) {
            let row = table.rows.entry((Feature::of(*kind), name.clone())).or_default();
            *row = (row.0.max(*failing), row.1.max(*succeeding));
        }
    }
    let most = |of: &dyn Fn(&(u64, u64)) -> u64| totals.values().map(of).max().unwrap_or(0);
    table.failing = profile.failing.max(most(&|total| total.0));
    table.succeeding = most(&|total| total.1);
    for (host, counts) in &profile.hosts {
        table.rows.insert((Feature::Host, host.clone()), *counts);
    }
    for (status, failing) in profile.statuses.iter().filter(|(status, _)| **status > 0) {
        table.rows.insert((Feature::Status, status.to_string()), (*failing, 0));
    }
    table
}

/// What failing requests have in common and succeeding ones of the same time have not, the clearest first.
pub fn common(table: &Table) -> Vec<Common> {
    let Table { rows, failing, succeeding } = table;
    let (failing, succeeding) = (*failing, *succeeding);
    let least = 2.0 * (rows.len().max(1) as f64).ln() + MARGIN;
    let mut found: Vec<Common> = Vec::new();
    for ((feature, name), (bad, good)) in rows {
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
        // Of equal ones the wider name.
        order
            .then(one.feature.cmp(&other.feature))
            .then(one.name.len().cmp(&other.name.len()))
            .then_with(|| one.name.cmp(&other.name))
    });
    // A backend and its only server tell the same, and so do a path and the one below it.
    let mut shown: Vec<Common> = Vec::new();
    for next in found {
        if !shown.iter().any(|own: &Common| own.feature == next.feature) {
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
        Feature::Host => format!("came to the host {name}"),
        Feature::Path => format!("were for {name}"),
        Feature::Method => format!("were {name} requests"),
        Feature::Network => format!("came from {name}"),
        Feature::UserAgent => format!("were made by {name}"),
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

    fn of(rows: &[(Feature, &str, u64, u64)], failing: u64, succeeding: u64) -> Table {
        let row =
            |(feature, name, bad, good): &(Feature, &str, u64, u64)| ((*feature, (*name).to_owned()), (*bad, *good));
        Table { rows: rows.iter().map(row).collect(), failing, succeeding }
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
                vec!["all of the 512 failing requests were for /checkout; 3 % of the others"],
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
            let found: Vec<String> = common(&of(&rows, failing, succeeding)).iter().map(sentence).collect();
            assert_eq!(found, wanted, "{why}");
        }
    }

    #[test]
    fn the_features_of_the_requests_are_tested() {
        use Kind::*;
        let told = |features: &[(Kind, &str, u64, u64)], told: &[&str]| -> Vec<String> {
            let features =
                features.iter().map(|(kind, name, bad, other)| ((*kind, (*name).to_owned()), (*bad, *other)));
            let features: BTreeMap<(Kind, String), (u64, u64)> = features.collect();
            let profile = Profile { failing: 200, features, ..Profile::default() };
            common(&table(&profile, &told.iter().copied().collect())).iter().map(sentence).collect()
        };
        let one_path = [
            (Method, "GET", 150, 1500),
            (Method, "POST", 50, 500),
            (Path, "/shop", 200, 900),
            (Path, "/", 0, 1100),
            (SubPath, "/shop/cart", 190, 10),
            (SubPath, "/shop/list", 10, 890),
            (Network, "198.51.100.0/24", 100, 1000),
            (Network, "203.0.113.0/24", 100, 1000),
        ];
        for (why, features, known, wanted) in [
            (
                "one path: the one below its head is the clearer",
                &one_path[..],
                &[][..],
                vec!["190 of the 200 failing requests were for /shop/cart; under 1 % of the others"],
            ),
            ("which the title says already", &one_path, &["/shop/cart", "/shop"], vec![]),
            (
                "one network and one agent",
                &[
                    (Network, "203.0.113.0/24", 195, 40),
                    (Network, "198.51.100.0/24", 5, 1960),
                    (Agent, "okhttp", 200, 100),
                    (Agent, "Chrome", 0, 1900),
                ],
                &[],
                vec![
                    "195 of the 200 failing requests came from 203.0.113.0/24; 2 % of the others",
                    "all of the 200 failing requests were made by okhttp; 5 % of the others",
                ],
            ),
            (
                "no server was left: what went wrong, not where",
                &[(Backend, "web", 200, 1000), (Server, "web/<NOSRV>", 200, 0), (Server, "web/a", 0, 1000)],
                &[],
                vec![],
            ),
            (
                "nothing in common",
                &[
                    (Path, "/a", 100, 1000),
                    (Path, "/b", 100, 1000),
                    (Method, "GET", 200, 2000),
                    (Agent, "curl", 60, 700),
                ],
                &[],
                vec![],
            ),
        ] {
            assert_eq!(told(features, known), wanted, "{why}");
        }
    }
}
