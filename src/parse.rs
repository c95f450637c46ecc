//! `pmtrace parse`: the run cut short after the clocks. Records leave in file order, as JSON lines.

use std::io::{self, Write};

use serde_json::Value as Json;

use crate::choice::Choices;
use crate::cli::ParseArgs;
use crate::clock::{Given, SourceName, align};
use crate::facts::survey::{Input, survey, turns_year};
use crate::format::read::{Detail, Item, Place, walk};
use crate::format::recognise::Recognised;
use crate::input::blocks::BLOCK_BYTES;
use crate::input::{Skipped, Source, discover};
use crate::report::export::{record_json, times, write_line};

/// What a run of `parse` met.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Paths that gave no records.
    pub skipped: Vec<Skipped>,
    /// Sources of which records were written.
    pub read: usize,
    /// Names of sources of which a part could not be read, and why.
    pub problems: Vec<(String, String)>,
}

/// Writes the records of all paths.
///
/// # Errors
/// What the writer says.
pub fn parse(args: &ParseArgs, formats: &Choices, out: &mut dyn Write) -> io::Result<Outcome> {
    let found = discover(&args.paths);
    let mut outcome = Outcome { skipped: found.skipped, ..Outcome::default() };
    for source in found.sources {
        match formats.recognised(&source.name, source.bytes()) {
            Some(recognised) => {
                write_source(&source, &recognised, args, out)?;
                outcome.read += 1;
                outcome.problems.extend(source.problem_now().map(|problem| (source.name.clone(), problem)));
            }
            None => outcome.skipped.push(source.unread()),
        }
    }
    Ok(outcome)
}

fn write_source(source: &Source, recognised: &Recognised, args: &ParseArgs, out: &mut dyn Write) -> io::Result<()> {
    let input = Input { name: &source.name, bytes: source.bytes(), recognised };
    let facts = survey(&[input], BLOCK_BYTES);
    let names = [SourceName { name: source.name.clone(), modified_s: source.modified_s }];
    let given = Given { zones: args.clock.input_tz.clone(), year: args.clock.year };
    let timebase = align(&facts, &names, &given);
    let mut first_line = 1;
    for (id, block) in &facts.blocks {
        let mut result = Ok(());
        let mut years = Turns::default();
        walk(recognised, source.bytes(), block.bytes, Detail::Records, &mut |place, item| {
            if result.is_err() {
                return;
            }
            let line = first_line + place.line;
            result = match item {
                Item::Record(record) if !args.unparsed => {
                    let turn = record.stamp.map_or(0, |stamp| years.turn(stamp));
                    let times = times(&record, *id, turn, &timebase);
                    let offset = recognised.format.offset(place.raw).and_then(|offset| usize::try_from(offset).ok());
                    let place = Place { offset: offset.unwrap_or(place.offset), ..place };
                    let mut object = record_json(&record, &source.name, line, &place, times);
                    if args.raw {
                        object.insert("raw".into(), Json::from(String::from_utf8_lossy(place.raw)));
                    }
                    write_line(out, &object)
                }
                Item::Unparsed if args.unparsed => {
                    let raw = String::from_utf8_lossy(place.raw);
                    writeln!(out, "{}:{line}: {raw}", source.name)
                }
                _ => Ok(()),
            };
        });
        result?;
        first_line += block.lines;
    }
    Ok(())
}

/// Counts the turns of the year among a block's stamps that have none.
#[derive(Default)]
struct Turns {
    last: Option<crate::format::Stamp>,
    turns: u32,
}

impl Turns {
    fn turn(&mut self, stamp: crate::format::Stamp) -> u32 {
        if stamp.has_year {
            return 0;
        }
        self.turns += u32::from(self.last.is_some_and(|last| turns_year(&last, &stamp)));
        self.last = Some(stamp);
        self.turns
    }
}
