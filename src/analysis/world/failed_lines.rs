//! Error lines of failing requests, each once.

use std::collections::BTreeMap;

use super::{FailedLines, World, append, utc_s};
use crate::clock::Timebase;
use crate::facts::failed::FailedLine;
use crate::facts::traffic::SeriesKey;

/// Error lines that tell of failing requests. Of several collectors of one writer, that with the most counts in each
/// second.
pub(super) fn merged(
    told: BTreeMap<SeriesKey, Vec<FailedLine>>,
    timebase: &Timebase,
    world: &World,
) -> Vec<FailedLines> {
    type BySource = BTreeMap<usize, Vec<FailedLine>>;
    let mut all: BTreeMap<(Option<String>, String), (FailedLines, BySource)> = BTreeMap::new();
    for (key, mut lines) in told {
        let host = key.host.clone().or_else(|| world.hosts.get(key.source).cloned().flatten());
        if world.copies.contains_key(&key.source) || world.has_requests(&key.service, &host) {
            continue;
        }
        let (own, sources) = all.entry((host.clone(), key.service.clone())).or_insert_with(|| {
            let (service, span) = (key.service.clone(), (i64::MAX, i64::MIN));
            (FailedLines { service, host, lines: Vec::new(), span }, BTreeMap::new())
        });
        lines.iter_mut().for_each(|line| line.at = utc_s(timebase, &key, line.at));
        append(sources.entry(key.source).or_default(), lines);
        if let Some((first, last)) = world.spans.get(key.source).copied().flatten() {
            own.span = (own.span.0.min(first.s), own.span.1.max(last.s + 1));
        }
    }
    let one = |(mut own, mut sources): (FailedLines, BySource)| {
        if sources.len() == 1 {
            own.lines = sources.pop_first().map(|(_, lines)| lines).unwrap_or_default();
            own.lines.sort_unstable();
            return own;
        }
        // How often each line is told: as often as by the source that tells it most often.
        let mut counts: BTreeMap<FailedLine, usize> = BTreeMap::new();
        for lines in sources.into_values() {
            let mut of_source: BTreeMap<FailedLine, usize> = BTreeMap::new();
            lines.into_iter().for_each(|line| *of_source.entry(line).or_default() += 1);
            for (line, count) in of_source {
                let most = counts.entry(line).or_default();
                *most = count.max(*most);
            }
        }
        own.lines = counts.into_iter().flat_map(|(line, count)| std::iter::repeat_n(line, count)).collect();
        own
    };
    all.into_values().map(one).collect()
}
