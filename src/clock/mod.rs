//! Many clocks to one time: which zone and year a source's stamps are in, and how that is known.
//!
//! A zone is, in this order, stated in the line, given by the user, inferred from the file's own lines, from other
//! sources and from when the file was last written, or assumed to be UTC. The zone of the machine that runs pmtrace never
//! counts: its clock is not the logs'. What two machines both log shows by how much the clock of one is ahead.

mod fold;
pub mod infer;
pub mod rotated;
pub mod skew;
pub mod span;
mod stream;
mod year;
pub mod zone;

use std::collections::BTreeMap;

use crate::facts::closer::Clocks;
use crate::facts::{BlockId, Facts, Moment, SourceFacts};
pub use crate::format::stamp::Instant;
use crate::format::{Stamp, Zone};
use stream::Run;
use zone::{Pass, Rule};

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
    /// By how much it is ahead, where other logs show it.
    pub skew: Option<skew::Skew>,
    /// How the year is known, if any stamp lacks it.
    pub year_how: Option<How>,
    /// The year of the first stamp that lacks it.
    pub first_year: Option<i32>,
    /// What the order of the lines tells of each block's stretches.
    stretches: BTreeMap<usize, Stretches>,
}

/// The stretches of a block, by their numbers.
#[derive(Clone, Debug, Default)]
struct Stretches {
    /// The years of those without one.
    years: Vec<i32>,
    /// Where the second pass of an hour that comes twice begins, of those without a year.
    yearless_second: Vec<Option<i64>>,
    /// And of those with one.
    dated_second: Vec<Option<i64>>,
}

impl Stretches {
    fn second(&self, has_year: bool, stretch: usize) -> Option<i64> {
        let second = if has_year { &self.dated_second } else { &self.yearless_second };
        second.get(stretch).copied().flatten()
    }
}

/// The clocks of all sources.
#[derive(Clone, Debug, Default)]
pub struct Timebase {
    /// By the source's index.
    pub sources: Vec<SourceClock>,
    /// The sources by rotated sets, the oldest file of each first.
    pub streams: Vec<Vec<usize>>,
}

impl Timebase {
    /// A stamp of that block as an instant.
    pub fn instant(&self, block: BlockId, moment: Moment) -> Instant {
        let Some(clock) = self.sources.get(block.0) else { return Instant::second(moment.stamp.civil_s) };
        clock.instant(block.1, moment)
    }

    /// A second of a series that is kept by stretches, in UTC.
    pub fn stretch_utc_s(&self, block: BlockId, stretch: u32, civil_s: i64) -> i64 {
        let stamp = Stamp { civil_s, nanos: 0, digits: 0, zone: Zone::Unknown, has_year: true };
        self.instant(block, Moment { stamp, stretch }).s
    }

    /// A second of a series without stated zone, in UTC.
    pub fn utc_s(&self, source: usize, civil_s: i64) -> i64 {
        self.sources.get(source).map_or(civil_s, |clock| clock.without_skew(clock.rule.utc_s(civil_s)))
    }

    /// A second of a series that states its zone, without the clock's skew.
    pub fn without_skew(&self, source: usize, utc_s: i64) -> i64 {
        self.sources.get(source).map_or(utc_s, |clock| clock.without_skew(utc_s))
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
    fn without_skew(&self, utc_s: i64) -> i64 {
        self.skew.as_ref().map_or(utc_s, |skew| utc_s - skew.at(utc_s))
    }

    fn instant(&self, block: usize, moment: Moment) -> Instant {
        let shown = self.shown(block, moment);
        Instant { s: self.without_skew(shown.s), ..shown }
    }

    /// What the clock showed.
    fn shown(&self, block: usize, Moment { stamp, stretch }: Moment) -> Instant {
        if let (Zone::Offset(offset), true) = (stamp.zone, stamp.has_year) {
            return instant_of(&stamp, stamp.civil_s - i64::from(offset));
        }
        let stretches = self.stretches.get(&block);
        let stretch = usize::try_from(stretch).unwrap_or(usize::MAX);
        let year = stretches.and_then(|stretches| stretches.years.get(stretch)).copied();
        let dated = year::placed(&stamp, year.unwrap_or(crate::format::stamp::YEARLESS));
        let second = stretches.and_then(|stretches| stretches.second(stamp.has_year, stretch));
        let pass = if fold::is_second(second, dated.civil_s) { Pass::Second } else { Pass::First };
        match stamp.zone {
            Zone::Offset(offset) => instant_of(&dated, dated.civil_s - i64::from(offset)),
            Zone::Unknown => instant_of(&dated, self.rule.utc_of_pass_s(dated.civil_s, pass)),
        }
    }
}

fn instant_of(stamp: &Stamp, s: i64) -> Instant {
    Instant { s, nanos: stamp.nanos, digits: stamp.digits }.settled()
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
    let streams = rotated::streams(names.iter().map(|name| name.name.as_str()));
    let sources = names.iter().enumerate().map(|(index, name)| clock_of(facts.sources.get(&index), name, given));
    let mut timebase = Timebase { sources: sources.collect(), streams };
    year::find(facts, names, given, &mut timebase);
    passes(facts, &mut timebase);
    infer::zones(facts, names, &mut timebase);
    passes(facts, &mut timebase);
    skew::find(facts, names, &mut timebase);
    timebase
}

/// What the source itself and the user say of its zone.
fn clock_of(own: Option<&SourceFacts>, name: &SourceName, given: &Given) -> SourceClock {
    let zoneless = own.is_some_and(|facts| facts.zoneless > 0);
    let zone = given.zones.iter().rev().find(|zone| zone.matches(&name.name));
    let (rule, how, reason) = match zone {
        Some(zone) if zoneless => (zone.rule.clone(), How::Given, "--input-tz".to_owned()),
        _ if zoneless => (Rule::Offset(0), How::Assumed, String::new()),
        _ => (stated(own), How::Stated, String::new()),
    };
    SourceClock { rule, how, reason, skew: None, year_how: None, first_year: None, stretches: BTreeMap::new() }
}

/// The offset that most lines state.
fn stated(facts: Option<&SourceFacts>) -> Rule {
    let offsets = facts.map(|facts| &facts.offsets);
    let most = offsets.and_then(|offsets| offsets.iter().rev().max_by_key(|(_, count)| **count));
    Rule::Offset(most.map_or(0, |(offset, _)| *offset))
}

/// Finds where the second pass of an hour that comes twice begins, in all streams of a zone that has such hours.
fn passes(facts: &Facts, timebase: &mut Timebase) {
    for stream in &timebase.streams.clone() {
        let Some(rule) = stream.last().and_then(|source| timebase.sources.get(*source)).map(|clock| clock.rule.clone())
        else {
            continue;
        };
        let of_rule = |source: &&usize| timebase.sources.get(**source).is_some_and(|clock| clock.rule == rule);
        let same: Vec<usize> = stream.iter().filter(of_rule).copied().collect();
        if rule.is_fixed() {
            continue;
        }
        for kind in [stream::yearless, stream::dated] {
            let runs = stream::runs(facts, &same, kind);
            let civil: Vec<(i64, i64)> = runs.iter().map(|run| timebase.civil(run)).collect();
            for (run, second) in runs.iter().zip(fold::second_passes(&rule, &civil)) {
                timebase.set_second(run, second);
            }
        }
    }
}

impl Timebase {
    /// First and last civil second of a run, in its year.
    fn civil(&self, run: &Run) -> (i64, i64) {
        let year = self.year_of(run);
        let placed = |civil_s: i64| year.map_or(civil_s, |year| year::placed(&year::yearless(civil_s), year).civil_s);
        (placed(run.first_s), placed(run.last_s))
    }

    /// The year of a run of stamps without one.
    fn year_of(&self, run: &Run) -> Option<i32> {
        let ((source, block), stretch) = *run.parts.first().filter(|_| !run.has_year)?;
        self.sources.get(source)?.stretches.get(&block)?.years.get(stretch).copied()
    }

    fn set_second(&mut self, run: &Run, second: Option<i64>) {
        for ((source, block), stretch) in &run.parts {
            let Some(clock) = self.sources.get_mut(*source) else { continue };
            let stretches = clock.stretches.entry(*block).or_default();
            let seconds = if run.has_year { &mut stretches.dated_second } else { &mut stretches.yearless_second };
            seconds.resize(seconds.len().max(stretch + 1), None);
            seconds[*stretch] = second;
        }
    }

    fn set_year(&mut self, run: &Run, year: i32) {
        for ((source, block), stretch) in &run.parts {
            let Some(clock) = self.sources.get_mut(*source) else { continue };
            clock.first_year.get_or_insert(year);
            let years = &mut clock.stretches.entry(*block).or_default().years;
            years.resize(years.len().max(stretch + 1), year);
            years[*stretch] = year;
        }
    }
}
