//! Years of stamps without one (`formats/time.md`, section 3): the order of the lines tells where the year turns, and
//! one line whose year is known gives that of all.

use chrono::Datelike;

use super::stream::{self, Run};
use super::{Given, How, SourceName, Timebase, rotated};
use crate::facts::{BlockId, Facts};
use crate::format::Zone;
use crate::format::stamp::{self, Stamp};

const DAY_S: i64 = 86_400;
/// Of the leap year that stands for the unknown one.
const YEAR_S: i64 = 366 * DAY_S;
/// Months by which a stamp falls, or rises, when the year turns between it and the one before.
const TURN_MONTHS: i64 = 6;
/// Stamps that are so near over New Year are of two years, whatever comes after them; and so soon lines must go on from
/// where they were that are no turn.
const NEW_YEAR_S: i64 = 7 * DAY_S;
/// How long lines go on that are no turn of the year, but late, or of a clock that was not set yet.
const EXCURSION_S: i64 = DAY_S;
/// A file was last written so long after its last line, if its mtime is its own.
const CLOSE_S: i64 = 2 * DAY_S;
/// Years back in which a leap year is looked for: 1900 was none.
const YEARS_BACK: i32 = 9;

/// Finds the years of all stamps without one.
pub(super) fn find(facts: &Facts, names: &[SourceName], given: &Given, timebase: &mut Timebase) {
    for members in timebase.streams.clone() {
        let runs = stream::runs(facts, &members, stream::yearless);
        if runs.is_empty() {
            continue;
        }
        let stream = Stream { facts, names, members: &members, turns: turns(&runs), runs: &runs };
        let first_year = given.year.unwrap_or_else(|| stream.first_year());
        for (run, turn) in stream.runs.iter().zip(&stream.turns) {
            timebase.set_year(run, first_year + turn);
        }
        let how = if given.year.is_some() { How::Given } else { How::Inferred };
        for source in runs.iter().flat_map(|run| &run.parts).map(|((source, _), _)| *source) {
            if let Some(clock) = timebase.sources.get_mut(source) {
                clock.year_how = Some(how);
            }
        }
    }
}

/// The stamp in its year; 29 February in the last year before that has one.
pub(super) fn placed(stamp: &Stamp, year: i32) -> Stamp {
    if stamp.has_year {
        return *stamp;
    }
    let year = (0..YEARS_BACK).map(|back| year - back).find(|year| stamp.is_day_of(*year)).unwrap_or(year);
    stamp.in_year(year)
}

/// A stamp without a year, of its civil second.
pub(super) fn yearless(civil_s: i64) -> Stamp {
    Stamp { civil_s, nanos: 0, digits: 0, zone: Zone::Unknown, has_year: false }
}

/// How often the year has turned before each run. A month that falls by six or more is a turn, one that rises so over
/// New Year a line of the old year; what soon goes on from where it was is neither.
fn turns(runs: &[Run]) -> Vec<i32> {
    let mut turns = Vec::with_capacity(runs.len());
    let (mut turn, mut before_s) = (0, runs.first().map_or(0, |run| run.first_s));
    for (index, run) in runs.iter().enumerate() {
        let (months, step_s) = (months(before_s, run.first_s), of_year_s(run.first_s) - of_year_s(before_s));
        let direction = if months <= -TURN_MONTHS { 1 } else { -1 };
        if months.abs() < TURN_MONTHS {
            before_s = run.last_s;
        } else if YEAR_S - step_s.abs() <= NEW_YEAR_S {
            turn += direction;
            before_s = run.last_s;
        } else if is_excursion(before_s, &runs[index..]) {
            turns.push(turn + direction.min(0));
            continue;
        } else {
            turn += direction.max(0);
            before_s = run.last_s;
        }
        turns.push(turn);
    }
    turns
}

/// Whether the first of these runs, and those about it, are left again for where the lines stood before.
fn is_excursion(before_s: i64, runs: &[Run]) -> bool {
    let Some(first) = runs.first() else { return false };
    let is_about = |run: &&Run| {
        [run.first_s, run.last_s].iter().all(|at| (of_year_s(*at) - of_year_s(first.first_s)).abs() <= EXCURSION_S)
    };
    let next = runs.get(runs.iter().take_while(is_about).count());
    next.is_some_and(|next| {
        let back_s = of_year_s(next.first_s) - of_year_s(before_s);
        (-EXCURSION_S..=NEW_YEAR_S).contains(&back_s) && is_about(&first)
    })
}

/// By how many months the second is later in its year.
fn months(before_s: i64, after_s: i64) -> i64 {
    let month = |civil_s| i64::from(stamp::date_of(civil_s).month());
    month(after_s) - month(before_s)
}

/// Seconds since the beginning of the unknown year, of which there are two.
fn of_year_s(civil_s: i64) -> i64 {
    civil_s - stamp::days_from_civil(stamp::date_of(civil_s).year(), 1, 1) * DAY_S
}

/// The lines of a file or a rotated set, with what is known of its years.
struct Stream<'a> {
    facts: &'a Facts,
    names: &'a [SourceName],
    /// The oldest file first.
    members: &'a [usize],
    runs: &'a [Run],
    turns: Vec<i32>,
}

/// The earliest or latest stamp of a file, with the turns before it.
type Turned = (i32, Stamp);

impl Stream<'_> {
    /// The year of the first line: from the newest file that tells one, by its lines that have a year, by its mtime, by
    /// the day in its name; else by the newest moment that other files tell; else by when the newest was written, or
    /// is read.
    fn first_year(&self) -> i32 {
        let own = self.members.iter().rev().find_map(|source| self.own_year(*source));
        own.or_else(|| {
            let newest = self.members.iter().rev().find_map(|source| Some((*source, self.ends(*source)?.1)));
            let (source, last) = newest?;
            let anchor_s = newest_dated_s(self.facts).or(self.names.get(source)?.modified_s).or_else(now_s)?;
            Some(self.latest_year(last, anchor_s))
        })
        .unwrap_or(1970)
    }

    fn own_year(&self, source: usize) -> Option<i32> {
        let (first, last) = self.ends(source)?;
        if let Some((from, to)) = self.facts.sources.get(&source).and_then(|own| own.span) {
            return Some(self.nearest_year((first, last), (from.stamp.civil_s, to.stamp.civil_s)));
        }
        let name = self.names.get(source)?;
        let is_close = |modified_s: &i64| {
            let year = self.latest_year(last, *modified_s) + last.0;
            modified_s - placed(&last.1, year).civil_s <= CLOSE_S
        };
        let by_mtime = name.modified_s.filter(is_close);
        let anchor_s = by_mtime.or_else(|| rotated::set_of(&name.name).1.day_ends_s())?;
        Some(self.latest_year(last, anchor_s))
    }

    /// The earliest and the latest stamp of one file.
    fn ends(&self, source: usize) -> Option<(Turned, Turned)> {
        let parts =
            self.runs.iter().zip(&self.turns).flat_map(|(run, turn)| run.parts.iter().map(move |at| (at, *turn)));
        let of_source = parts.filter(|((block, _), _)| block.0 == source);
        let mut ends: Option<(Turned, Turned)> = None;
        for ((block, index), turn) in of_source {
            let Some((earliest, latest)) = self.stamps(*block, *index) else { continue };
            let (first, last) = ends.unwrap_or(((turn, earliest), (turn, latest)));
            ends = Some((first.min((turn, earliest)), last.max((turn, latest))));
        }
        ends
    }

    fn stamps(&self, block: BlockId, index: usize) -> Option<(Stamp, Stamp)> {
        let stretch = self.facts.blocks.get(&block)?.order.yearless.get(index)?;
        Some((stretch.earliest, stretch.latest))
    }

    /// The latest year of the first line in which the last is at most a day after `anchor_s`.
    fn latest_year(&self, (turn, last): Turned, anchor_s: i64) -> i32 {
        let anchor = stamp::date_of(anchor_s).year();
        let years = || (-1..YEARS_BACK).map(|back| anchor - back);
        let fits = |year: &i32| placed(&last, *year).civil_s <= anchor_s + DAY_S && last.is_day_of(*year);
        let leaps = |year: &i32| fits(year) && self.has_leap_days(year - turn);
        years().find(leaps).or_else(|| years().find(fits)).unwrap_or(anchor) - turn
    }

    /// The year of the first line in which both ends are nearest to moments of the same file.
    fn nearest_year(&self, (first, last): (Turned, Turned), (from_s, to_s): (i64, i64)) -> i32 {
        let anchor = stamp::date_of(to_s).year() - last.0;
        let away_s = |year: i32, (turn, stamp): Turned, s: i64| (placed(&stamp, year + turn).civil_s - s).abs();
        let away = |year: &i32| {
            (!self.has_leap_days(*year), away_s(*year, first, from_s).saturating_add(away_s(*year, last, to_s)))
        };
        (anchor - 4..=anchor + 4).min_by_key(away).unwrap_or(anchor)
    }

    /// Whether every 29 February is in a leap year, if the first line is of that year.
    fn has_leap_days(&self, first_year: i32) -> bool {
        let is_leap = |year: i32| chrono::NaiveDate::from_ymd_opt(year, 2, 29).is_some();
        self.runs.iter().zip(&self.turns).all(|(run, turn)| !run.has_leap_day || is_leap(first_year + turn))
    }
}

/// The newest moment that any file tells with its year.
fn newest_dated_s(facts: &Facts) -> Option<i64> {
    facts.sources.values().filter_map(|source| source.span).map(|(_, last)| last.stamp.civil_s).max()
}

/// Now: the last resort, for lines from a pipe beside which nothing tells a year.
fn now_s() -> Option<i64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}
