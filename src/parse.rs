//! `pmtrace parse`: the run cut short after the clocks. Records leave in file order, as JSON lines.

use std::io::{self, Write};

use rayon::prelude::*;
use serde_json::Value as Json;

use crate::choice::Choices;
use crate::cli::ParseArgs;
use crate::clock::{Given, SourceName, Timebase, align};
use crate::configured::recognise_all;
use crate::facts::order::Order;
use crate::facts::survey::{Input, survey};
use crate::facts::{BlockId, Facts, Moment};
use crate::format::read::{Detail, Item, Place, walk};
use crate::format::recognise::Recognised;
use crate::input::blocks::BLOCK_BYTES;
use crate::input::{Skipped, Source, discover};
use crate::report::export::{Moments, Standing, write_record};
use crate::report::inputs::{common_zone, samples};

/// What a run of `parse` met.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Paths that gave no records.
    pub skipped: Vec<Skipped>,
    /// Sources of which records were written.
    pub read: usize,
    /// Names of sources of which a part could not be read, and why.
    pub problems: Vec<(String, String)>,
    /// What became of the lines of each source that was read.
    pub accounts: Vec<Account>,
}

/// What became of the lines of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    #[allow(missing_docs)]
    pub name: String,
    /// The format of most of its records.
    pub format: &'static str,
    #[allow(missing_docs)]
    pub records: u64,
    /// Lines of records behind their first.
    pub continuations: u64,
    /// Lines that no known program wrote.
    pub unparsed: u64,
    /// The first three of these, with their numbers.
    pub samples: Vec<(usize, String)>,
}

impl Account {
    fn of(source: &Source, recognised: &Recognised, facts: &Facts) -> Account {
        let counts = facts.sources.get(&0).cloned().unwrap_or_default();
        Account {
            name: source.name.clone(),
            format: recognised.format.name(),
            records: counts.records,
            continuations: counts.continuations,
            unparsed: counts.unparsed,
            samples: samples(facts, 0),
        }
    }
}

/// Writes the records of all paths.
///
/// # Errors
/// What the writer says.
pub fn parse(args: &ParseArgs, formats: &Choices, out: &mut (dyn Write + Send)) -> io::Result<Outcome> {
    let found = discover(&args.paths);
    let mut outcome = Outcome { skipped: found.skipped, ..Outcome::default() };
    for (source, recognised) in recognise_all(found.sources, formats) {
        match recognised {
            Some(recognised) => {
                outcome.accounts.push(write_source(&source, &recognised, args, out)?);
                outcome.read += 1;
                outcome.problems.extend(source.problem_now().map(|problem| (source.name.clone(), problem)));
            }
            None => outcome.skipped.push(source.unread()),
        }
    }
    Ok(outcome)
}

/// Blocks whose lines are held at a time, for each thread.
const BLOCKS_AT_ONCE: usize = 2;

fn write_source(
    source: &Source,
    recognised: &Recognised,
    args: &ParseArgs,
    out: &mut (dyn Write + Send),
) -> io::Result<Account> {
    let input = Input { name: &source.name, bytes: source.bytes(), recognised };
    let facts = survey(&[input], BLOCK_BYTES);
    let names = [SourceName { name: source.name.clone(), modified_s: source.modified_s }];
    let given = Given { zones: args.clock.input_tz.clone(), year: args.clock.year };
    let timebase = align(&facts, &names, &given);
    let file = Json::from(source.name.as_str()).to_string();
    let wanted = span(&facts, &timebase, args);
    let reader = Lines { source, recognised, args, timebase: &timebase, file: &file, wanted };
    let mut first_line = 1;
    let blocks: Vec<(BlockId, (usize, usize), usize)> = facts
        .blocks
        .iter()
        .map(|(id, block)| {
            let begins = first_line;
            first_line += block.lines;
            (*id, block.bytes, begins)
        })
        .collect();
    // The lines of some blocks are written while those of the next are made.
    let mut ready: Vec<Vec<u8>> = Vec::new();
    for next in blocks.chunks(BLOCKS_AT_ONCE * rayon::current_num_threads()) {
        let make = || next.par_iter().map(|(id, bytes, line)| reader.block(*id, *bytes, *line)).collect();
        let (written, made) = rayon::join(|| ready.iter().try_for_each(|lines| out.write_all(lines)), make);
        written?;
        ready = made;
    }
    ready.iter().try_for_each(|lines| out.write_all(lines))?;
    Ok(Account::of(source, recognised, &facts))
}

/// What the lines of a source are made of.
struct Lines<'a> {
    source: &'a Source,
    recognised: &'a Recognised,
    args: &'a ParseArgs,
    timebase: &'a Timebase,
    /// The source's name as JSON.
    file: &'a str,
    /// First and last second that are wanted; `None`: all.
    wanted: Option<(i64, i64)>,
}

/// The span that is wanted of a source, by where it ends and by its own zone.
fn span(facts: &Facts, timebase: &Timebase, args: &ParseArgs) -> Option<(i64, i64)> {
    let (_, end) = crate::analysis::world::span(facts, timebase, 0)?;
    args.clock.span().seconds(end, &common_zone(timebase, facts))
}

impl Lines<'_> {
    /// The lines of a block of which the first line has that number.
    fn block(&self, id: BlockId, bytes: (usize, usize), first_line: usize) -> Vec<u8> {
        let Lines { source, recognised, args, .. } = self;
        let mut out = Vec::with_capacity((bytes.1 - bytes.0) * 2);
        let mut order = Order::default();
        let mut moments = Moments::new(id, self.timebase);
        walk(recognised, source.bytes(), bytes, Detail::Records, &mut |place, item| {
            let line = first_line + place.line;
            match item {
                Item::Record(record) if !args.unparsed => {
                    let stretch = record.stamp.map_or(0, |stamp| order.take(&stamp));
                    let offset = recognised.format.offset(place.raw).and_then(|offset| usize::try_from(offset).ok());
                    let place = Place { offset: offset.unwrap_or(place.offset), ..place };
                    let is_wanted = self.wanted.is_none_or(|(since, until)| {
                        let at = record.stamp.map(|stamp| self.timebase.instant(id, Moment { stamp, stretch }).s);
                        at.is_some_and(|at| (since..=until).contains(&at))
                    });
                    if !is_wanted {
                        return;
                    }
                    let at = Standing { file: self.file, line, place: &place, stretch, with_raw: args.raw };
                    write_record(&mut out, &record, &at, &mut moments);
                }
                Item::Unparsed if args.unparsed => {
                    let lines = String::from_utf8_lossy(place.raw);
                    for (behind, text) in lines.split('\n').enumerate() {
                        out.extend_from_slice(format!("{}:{}: {text}\n", source.name, line + behind).as_bytes());
                    }
                }
                _ => {}
            }
        });
        out
    }
}
