//! Writes large logs for measuring speed, each with its truth beside it.
//!
//! ```text
//! cargo run --release --example large -- --kind access --size 1GB --outage --seed 7 --out target/access.log
//! ```
//!
//! The same seed gives the same bytes. `target/access.log.truth.json` counts what was written, while it was written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

mod logs;
#[allow(dead_code, unused_imports)] // the stories need more kinds of chance
#[path = "../../fixtures/generate/simulator/random.rs"]
mod random;

use logs::{Day, KINDS, Kind, Order, Truth};

const USAGE: &str = "usage: large --kind KIND --size BYTES[kB|MB|GB|KiB|MiB|GiB] --out FILE [--outage] [--seed N]";

/// What was asked for on the command line.
struct Options {
    order: Order,
    out: PathBuf,
}

fn main() -> ExitCode {
    let options = match options(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match write(&options) {
        Ok(truth) => {
            println!("{}: {} lines, {} bytes", options.out.display(), truth.lines, truth.bytes);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{}: {problem}", options.out.display());
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line.
fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut kind, mut bytes, mut day, mut seed, mut out) = (None, None, Day::Quiet, 1, None);
    while let Some(word) = words.next() {
        if word == "--outage" {
            day = Day::Outage;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word}: a value is missing"))?;
        match word.as_str() {
            "--kind" => kind = Some(self::kind(&value)?),
            "--size" => bytes = Some(size(&value)?),
            "--out" => out = Some(PathBuf::from(value)),
            "--seed" => {
                seed = value.parse().map_err(|_| format!("--seed: expected a number such as 7, got {value:?}"))?;
            }
            _ => return Err(format!("{word}: no such option")),
        }
    }
    let kind = kind.ok_or("--kind: which kind of log?")?;
    let bytes = bytes.ok_or("--size: how large?")?;
    let out = out.ok_or("--out: which file?")?;
    Ok(Options { order: Order { kind, bytes, day, seed }, out })
}

fn kind(name: &str) -> Result<Kind, String> {
    let names = || KINDS.map(|(name, _)| name).join(", ");
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind).ok_or_else(|| format!("--kind: no kind {name:?}; there are {}", names()))
}

/// `1GB` is 10⁹ bytes, `1GiB` 2³⁰.
fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 6] =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let (number, unit) =
        UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes))).unwrap_or((text, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(|| format!("--size: expected a size such as 1GB or 256MiB, got {text:?}"))
}

/// Writes the log, and its truth beside it.
fn write(options: &Options) -> io::Result<Truth> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&options.out)?);
    let truth = logs::write(&options.order, &mut out)?;
    out.flush()?;
    fs::write(beside(&options.out), serde_json::to_vec_pretty(&truth)?)?;
    Ok(truth)
}

/// `access.log.truth.json` of `access.log`.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".truth.json");
    PathBuf::from(name)
}
