//! How failing requests ended, and what requests of the window have in common.

use std::collections::BTreeMap;

use super::Window;
use super::count::Counted;
use crate::facts::closer::Seen;
use crate::facts::closer::feature::Kind;

/// How failing requests ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    #[allow(missing_docs)]
    pub failing: u64,
    #[allow(missing_docs)]
    pub statuses: BTreeMap<u16, u64>,
    /// By the first two letters of HAProxy's termination state.
    pub terminations: BTreeMap<[u8; 2], u64>,
    /// By virtual host or `backend/server`: all, failing.
    pub scopes: BTreeMap<String, (u64, u64)>,
    /// By what requests have in common: failing, others.
    pub features: BTreeMap<(Kind, String), (u64, u64)>,
    /// By the host that answered, where there are several: failing, others.
    pub hosts: BTreeMap<String, (u64, u64)>,
    /// Kinds of which there are too many values to know all.
    pub lacking: Vec<Kind>,
}

/// The profile of the window; `failing` are the failed requests that are kept, `failed` how many failed in all.
pub(super) fn profile(window: &Window<'_>, counted: &Counted<'_>, failing: &[&Seen], failed: f64) -> Profile {
    // Where they are those of a share of the clients, each stands for as many.
    let scale = if failing.is_empty() { 1.0 } else { (failed / failing.len() as f64).max(1.0) };
    let all = |count: u64| if scale < 1.001 { count } else { (count as f64 * scale).round() as u64 };
    let mut profile = Profile { failing: failed.round() as u64, ..Profile::default() };
    for seen in failing {
        *profile.statuses.entry(seen.status).or_default() += 1;
        *profile.terminations.entry(seen.termination).or_default() += 1;
    }
    profile.statuses.values_mut().for_each(|count| *count = all(*count));
    profile.terminations.values_mut().for_each(|count| *count = all(*count));
    let (from, to) = (window.start.floor() as i64, window.end.ceil() as i64 + 1);
    for part in &counted.parts {
        let cuts = &part.close.cuts;
        // The span of that number lies between these two cuts.
        let is_inside = |number: usize| {
            let begins = number.checked_sub(1).and_then(|before| cuts.get(before));
            let ends = cuts.get(number);
            begins.is_some_and(|begins| *begins >= from) && ends.is_some_and(|ends| *ends <= to)
        };
        for (span, kind, name, counts) in part.close.features.all().filter(|(span, ..)| is_inside(*span)) {
            let at = cuts.get(span - 1).copied().unwrap_or(from);
            if !part.counts(window, at, at as f64) {
                continue;
            }
            let refused = if part.is_holder { counts.refused } else { 0 };
            let of = profile.features.entry((kind, name.to_owned())).or_default();
            of.0 += counts.failing + refused;
            of.1 += counts.all() - counts.failing - refused;
        }
        profile.lacking.extend([Kind::Path, Kind::SubPath].into_iter().filter(|kind| part.close.features.lacks(*kind)));
    }
    profile.hosts = hosts(window, counted);
    profile.lacking.sort_unstable();
    profile.lacking.dedup();
    let scopes = profile.features.iter().filter(|((kind, _), _)| matches!(kind, Kind::Vhost | Kind::Server));
    profile.scopes = scopes.map(|((_, name), (failing, other))| (name.clone(), (failing + other, *failing))).collect();
    profile
}

/// Requests by the host of their service: failing, others.
fn hosts(window: &Window<'_>, counted: &Counted<'_>) -> BTreeMap<String, (u64, u64)> {
    let mut hosts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for part in &counted.parts {
        let host = part.own.and_then(|index| window.world.services[index].host.clone());
        let Some(host) = host else { continue };
        let (of, (failed, others)) = (hosts.entry(host).or_default(), part.inside(window));
        *of = (of.0 + failed, of.1 + others);
    }
    if hosts.len() > 1 { hosts } else { BTreeMap::new() }
}
