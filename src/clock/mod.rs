//! Many clocks to one time: which zone and year a source's stamps are in, and how that is known.
//!
//! In this order: stated in the line, given by the user, inferred from other sources, assumed to be UTC. The zone of
//! the machine that runs pmtrace never counts: its clock is not the logs'.

pub mod infer;
pub mod zone;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::facts::closer::Clocks;
use crate::facts::{BlockId, Facts, Moment};
pub use crate::format::stamp::Instant;
use crate::format::{Stamp, Zone};
use zone::Rule;

/// How a source's zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum How {
    Stated,
    Given,
    Inferred,
    Assumed,
}

impl How {
    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            How::Stated => "stated",
            How::Given => "given",
            How::Inferred => "inferred",
            How::Assumed => "assumed",
        }
    }
}

/// The clock of one source.
#[derive(Clone, Debug)]
pub struct SourceClock {
    /// For stamps without an offset.
    pub rule: Rule,
    #[allow(missing_docs)]
    pub how: How,
    /// Why, in words; empty where the lines state it.
    pub reason: String,
    /// The year of the first stamp without one, by block.
    pub years: BTreeMap<usize, i32>,
    /// How the year is known, if any stamp lacks it.
    pub year_how: Option<How>,
}

/// The clocks of all sources.
#[derive(Clone, Debug, Default)]
pub struct Timebase {
    /// By the source's index.
    pub sources: Vec<SourceClock>,
}

impl Timebase {
    /// A stamp of that block as an instant.
    pub fn instant(&self, block: BlockId, moment: Moment) -> Instant {
        let Some(clock) = self.sources.get(block.0) else { return Instant::second(moment.stamp.civil_s) };
        let year = clock.years.get(&block.1).copied().unwrap_or(crate::format::stamp::YEARLESS);
        let turn = i32::try_from(moment.turn).unwrap_or(0);
        let stamp = if moment.stamp.has_year { moment.stamp } else { moment.stamp.in_year(year + turn) };
        clock.instant(&stamp)
    }

    /// A second of a series without stated zone, in UTC.
    pub fn utc_s(&self, source: usize, civil_s: i64) -> i64 {
        self.sources.get(source).map_or(civil_s, |clock| clock.rule.utc_s(civil_s))
    }
}

impl Clocks for Timebase {
    fn instant(&self, block: BlockId, moment: Moment) -> Instant {
        self.instant(block, moment)
    }

    fn utc_s(&self, source: usize, civil_s: i64) -> i64 {
        self.utc_s(source, civil_s)
    }
}

impl SourceClock {
    fn instant(&self, stamp: &Stamp) -> Instant {
        let s = match stamp.zone {
            Zone::Offset(offset) => stamp.civil_s - i64::from(offset),
            Zone::Unknown => self.rule.utc_s(stamp.civil_s),
        };
        Instant { s, nanos: stamp.nanos, digits: stamp.digits }
    }
}

/// What the user said of the clocks.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--input-tz`: a pattern of paths, or all, and the zone.
    pub zones: Vec<zone::ForPaths>,
    /// `--year`: the year of the first stamp that has none.
    pub year: Option<i32>,
}

/// What is known of a source beside its lines.
#[derive(Clone, Debug)]
pub struct SourceName {
    #[allow(missing_docs)]
    pub name: String,
    /// When the file was last written.
    pub modified_s: Option<i64>,
}

/// Puts all sources on one time.
pub fn align(facts: &Facts, names: &[SourceName], given: &Given) -> Timebase {
    let mut timebase = Timebase { sources: Vec::new() };
    for (index, name) in names.iter().enumerate() {
        let own = facts.sources.get(&index);
        let zoneless = own.is_some_and(|facts| facts.zoneless > 0);
        let zone = given.zones.iter().rev().find(|zone| zone.matches(&name.name));
        let (rule, how, reason) = match zone {
            Some(zone) if zoneless => (zone.rule.clone(), How::Given, "--input-tz".to_owned()),
            _ if zoneless => (Rule::Offset(0), How::Assumed, String::new()),
            _ => (stated(own), How::Stated, String::new()),
        };
        timebase.sources.push(SourceClock { rule, how, reason, years: BTreeMap::new(), year_how: None });
    }
    years(facts, names, given, &mut timebase);
    infer::zones(facts, names, &mut timebase);
    timebase
}

/// The offset that most lines state.
fn stated(facts: Option<&crate::facts::SourceFacts>) -> Rule {
    let offsets = facts.map(|facts| &facts.offsets);
    let most = offsets.and_then(|offsets| offsets.iter().rev().max_by_key(|(_, count)| **count));
    Rule::Offset(most.map_or(0, |(offset, _)| *offset))
}

/// Finds the year of each block's first stamp without one (`formats/time.md`, section 3): forwards from `--year`, else
/// backwards from the last stamp, which gets the latest year that is not after the newest other evidence.
fn years(facts: &Facts, names: &[SourceName], given: &Given, timebase: &mut Timebase) {
    let newest = facts.sources.values().filter_map(|source| source.span).map(|(_, last)| last);
    let newest = newest.filter(|last| last.stamp.has_year).map(|last| last.stamp.civil_s).max();
    for (source, clock) in timebase.sources.iter_mut().enumerate() {
        let blocks = facts.blocks.range((source, 0)..(source + 1, 0));
        let mut turns = 0;
        let mut before: Option<Stamp> = None;
        let mut first_turns = BTreeMap::new();
        for ((_, block), facts) in blocks {
            let Some((first, last, inside)) = facts.yearless else { continue };
            turns += u32::from(before.is_some_and(|before| crate::facts::survey::turns_year(&before, &first)));
            first_turns.insert(*block, i32::try_from(turns).unwrap_or(0));
            turns += inside;
            before = Some(last);
        }
        let Some(last) = before else { continue };
        let turns = i32::try_from(turns).unwrap_or(0);
        let modified_s = names.get(source).and_then(|name| name.modified_s);
        let first_year = match given.year {
            Some(year) => year,
            None => newest.or(modified_s).map_or(1970, |anchor| latest_year(&last, anchor)) - turns,
        };
        clock.years = first_turns.into_iter().map(|(block, turns)| (block, first_year + turns)).collect();
        clock.year_how = Some(if given.year.is_some() { How::Given } else { How::Inferred });
    }
}

/// The latest year in which the stamp is at most a day after `anchor`; a leap year for 29 February.
fn latest_year(stamp: &Stamp, anchor: i64) -> i32 {
    let year = NaiveDate::from_num_days_from_ce_opt(i32::try_from(anchor.div_euclid(86_400) + 719_163).unwrap_or(0));
    let year = year.map_or(1970, |date| date.year());
    let fits = |year: &i32| stamp.in_year(*year).civil_s <= anchor + 86_400 && stamp.is_day_of(*year);
    (0..9).map(|back| year + 1 - back).find(fits).unwrap_or(year)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::stamp;

    #[test]
    fn the_year_of_a_stamp_is_the_latest_that_is_not_in_the_future() {
        let anchor = stamp::civil(2026, 1, 10, 0, 0, 0).unwrap();
        for (text, year) in [("Jan  9 12:00:00", 2026), ("Dec 31 23:59:59", 2025), ("Feb 29 01:00:00", 2024)] {
            let (stamp, _) = stamp::rfc3164(text.as_bytes()).unwrap();
            assert_eq!(latest_year(&stamp, anchor), year, "{text}");
        }
    }
}
