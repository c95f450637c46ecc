//! Which part of a service an incident is confined to: a virtual host, a backend, a path (methods, 1.8).

use super::impact::Profile;
use crate::facts::closer::feature::Kind;

/// Share of the excess of failing requests that the part must hold.
pub const LEAST_EXCESS: f64 = 0.8;
/// How many times the share of failing requests elsewhere its own must be.
const LEAST_RATIO: f64 = 3.0;
/// Failing requests that the rest would have, did it fail as the part does: else the rest is too small to tell.
const LEAST_SPARED: f64 = 5.0;
/// Kinds in the order in which they are tried.
const KINDS: [Kind; 7] =
    [Kind::Vhost, Kind::Backend, Kind::Server, Kind::Upstream, Kind::Path, Kind::SubPath, Kind::Method];

/// A part of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    #[allow(missing_docs)]
    pub kind: Kind,
    /// As the requests name it, values in a path as `*`.
    pub name: String,
    /// Requests of the window in it, and the failing ones.
    pub requests: u64,
    #[allow(missing_docs)]
    pub failing: u64,
}

/// The smallest part that holds nearly all of the excess of failing requests over the share of quiet times, and fails
/// far more than the rest; of equal ones the first in the order of kinds, then of names. `all` and `failing` are the
/// requests of the window.
pub fn scope(profile: &Profile, (all, failing): (u64, u64), quiet_share: f64) -> Option<Scope> {
    let excess = |failing: u64, all: u64| failing as f64 - quiet_share * all as f64;
    let whole = excess(failing, all);
    if whole <= 0.0 {
        return None;
    }
    let confines = |kind: Kind, part: u64, bad: u64| {
        let (rest, spared) = (all.saturating_sub(part), failing.saturating_sub(bad));
        if part == 0 || rest == 0 || profile.lacking.contains(&kind) {
            return false;
        }
        let (own, others) = (bad as f64 / part as f64, spared as f64 / rest as f64);
        excess(bad, part) >= LEAST_EXCESS * whole && own >= LEAST_RATIO * others && rest as f64 * own >= LEAST_SPARED
    };
    let of_kind = |kind: Kind| profile.features.iter().filter(move |((known, _), _)| *known == kind);
    let parts = KINDS.into_iter().flat_map(of_kind).filter(|((kind, name), (bad, other))| {
        // `<NOSRV>`: HAProxy had no server left, which is what went wrong and not where.
        !name.contains('<') && confines(*kind, bad + other, *bad)
    });
    let smallest = parts.min_by_key(|(_, (bad, other))| bad + other)?;
    let ((kind, name), (bad, other)) = smallest;
    Some(Scope { kind: *kind, name: name.clone(), requests: bad + other, failing: *bad })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(features: &[(Kind, &str, u64, u64)], all: u64, failing: u64) -> Option<String> {
        let features = features.iter().map(|(kind, name, bad, other)| ((*kind, (*name).to_owned()), (*bad, *other)));
        let profile = Profile { features: features.collect(), ..Profile::default() };
        scope(&profile, (all, failing), 0.001).map(|scope| scope.name)
    }

    #[test]
    fn the_smallest_part_that_holds_the_excess() {
        use Kind::{Method, Path, Server, SubPath, Vhost};
        for (why, features, all, failing, want) in [
            ("one path", &[(Path, "/checkout", 120, 0), (Path, "/", 3, 900)][..], 1023, 123, Some("/checkout")),
            ("everything", &[(Path, "/checkout", 30, 70), (Path, "/", 270, 630)], 1000, 300, None),
            (
                "the path within its host",
                &[(Vhost, "shop", 120, 400), (Path, "/checkout", 118, 2), (Vhost, "www", 3, 500)],
                1023,
                123,
                Some("/checkout"),
            ),
            (
                "as many in both: the wider kind",
                &[(Vhost, "shop", 120, 5), (Path, "/pay", 120, 5), (SubPath, "/pay/card", 120, 5)],
                1000,
                121,
                Some("shop"),
            ),
            ("no server left", &[(Server, "web/<NOSRV>", 120, 0), (Server, "web/a", 0, 900)], 1020, 120, None),
            ("nothing else was asked for", &[(Method, "GET", 100, 0)], 100, 100, None),
            ("too little else to tell", &[(Method, "GET", 100, 100), (Method, "HEAD", 0, 6)], 206, 100, None),
            ("half of it", &[(Path, "/a", 60, 0), (Path, "/b", 60, 0), (Path, "/c", 0, 900)], 1020, 120, None),
        ] {
            assert_eq!(of(features, all, failing).as_deref(), want, "{why}");
        }
    }
}
