//! How exact pmtrace is: logs with a known truth are made, read by the program itself, and its reports compared.
//!
//! ```text
//! cargo run --release --example evaluate [-- [--quick] [--seed N] [TABLE…]]
//! ```
//!
//! Prints tables in Markdown, at the end every figure with its bar; exits with 1 if one misses its bar. The same seed
//! gives the same logs. They are written below the system's folder for temporary files, one by one, and removed.

use std::env;
use std::process::ExitCode;
use std::time::Instant;

mod access;
mod cases;
mod cost;
mod counts_only;
mod effect;
mod frame;
mod grouping;
mod holes;
mod layers;
#[allow(dead_code)] // not every table needs all of it
mod logs;
mod phases;
mod ports;
mod quiet;
#[allow(dead_code, unused_imports)] // the stories need more kinds of chance
#[path = "../../fixtures/generate/simulator/random.rs"]
mod random;
mod scene;
mod scopes;
mod short;
#[allow(dead_code)] // the modules of the tables use different parts
mod simulate;
mod slow;
mod spikes;
mod tallies;
mod told;
mod trigger;
mod zones;

use frame::{Figure, Scale, Table, markdown, summary};

const USAGE: &str = "usage: evaluate [--quick] [--seed N] [TABLE…]";

/// A group of tables, and how it is measured.
type Group = (&'static str, fn(&Scale) -> Vec<Table>);

/// All groups, by the name that chooses one.
const GROUPS: &[Group] = &[
    ("quiet", quiet::tables),
    ("spikes", spikes::tables),
    ("short", short::tables),
    ("counts", counts_only::tables),
    ("holes", holes::tables),
    ("cost", cost::tables),
    ("trigger", trigger::tables),
    ("layers", layers::tables),
    ("scopes", scopes::tables),
    ("slow", slow::tables),
    ("grouping", grouping::tables),
    ("effect", effect::tables),
    ("zones", zones::tables),
    ("ports", ports::tables),
];

fn main() -> ExitCode {
    let (scale, wanted) = match options(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut all = Vec::new();
    for (name, measure) in GROUPS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|own| own == name)) {
        let begun = Instant::now();
        let tables = measure(&scale);
        eprintln!("{name}: {:.0} s", begun.elapsed().as_secs_f64());
        tables.iter().for_each(|table| println!("{}", markdown(table)));
        all.extend(tables);
    }
    println!("{}", markdown(&summary(&all)));
    let is_met = all.iter().flat_map(|table| &table.figures).all(Figure::is_met);
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads the command line: the scale, and the names of groups.
fn options(mut words: impl Iterator<Item = String>) -> Result<(Scale, Vec<String>), String> {
    let mut scale = Scale { is_quick: false, seed: 1 };
    let mut wanted = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => scale.is_quick = true,
            "--seed" => {
                let value = words.next().ok_or("--seed: a value is missing")?;
                scale.seed = value.parse().map_err(|_| format!("--seed: not a number: {value}"))?;
            }
            name if GROUPS.iter().any(|(known, _)| *known == name) => wanted.push(word),
            other => return Err(format!("not known: {other}")),
        }
    }
    Ok((scale, wanted))
}
