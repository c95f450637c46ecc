//! What of a report's time is left after its logs are read: on a quiet log, next to nothing.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use pmtrace::Question;

use crate::cases::{Bar, spread};
use crate::frame::{Figure, Scale, Table, quantile};

#[allow(dead_code)] // only quiet days are written here
#[path = "../large/logs/mod.rs"]
mod large;

/// Bytes of the log, in full and in the quick form.
const BYTES: (usize, usize) = (1_000_000_000, 100_000_000);
/// Times that each is measured.
const ROUNDS: usize = 7;

/// Milliseconds of one report: of reading, and of all that follows.
struct Run {
    read_ms: f64,
    rest_ms: f64,
}

/// The table of a quiet log.
pub(crate) fn table(scale: &Scale) -> Table {
    let bytes = scale.of(BYTES.0, BYTES.1);
    let runs = runs(bytes as u64, scale.seed).unwrap_or_default();
    let column = |of: &dyn Fn(&Run) -> f64| spread(&mut runs.iter().map(of).collect::<Vec<_>>(), 0);
    let mut shares: Vec<f64> = runs.iter().map(|run| 100.0 * run.rest_ms / (run.read_ms + run.rest_ms)).collect();
    Table {
        title: format!("Cost of a report: a quiet access log of {} MB, all cores", bytes / 1_000_000),
        columns: ["reports", "reading, ms", "after it, ms", "share after it, %"].map(str::to_owned).to_vec(),
        rows: vec![vec![
            runs.len().to_string(),
            column(&|run| run.read_ms),
            column(&|run| run.rest_ms),
            spread(&mut shares.clone(), 1),
        ]],
        figures: vec![figure(scale, quantile(&mut shares, 0.5))],
    }
}

fn figure(scale: &Scale, reached: Option<f64>) -> Figure {
    // In the quick form, of a smaller log and on busy cores, it is shown and not judged.
    Bar::at_most("share of a report's time after reading, quiet log", 10.0, 5.0).value(scale, reached, ROUNDS, " %")
}

fn runs(bytes: u64, seed: u64) -> io::Result<Vec<Run>> {
    let mut file = BufWriter::with_capacity(1 << 20, tempfile::NamedTempFile::with_suffix(".log")?);
    large::write(&large::Order { kind: large::Kind::Access, bytes, day: large::Day::Quiet, seed }, &mut file)?;
    file.flush()?;
    let path = file.get_ref().path().to_owned();
    Ok((0..ROUNDS).map(|_| run(&path)).collect())
}

fn run(path: &Path) -> Run {
    let question = Question { paths: vec![path.to_owned()], ..Question::default() };
    let ms = |begun: Instant| begun.elapsed().as_secs_f64() * 1000.0;
    let begun = Instant::now();
    let surveyed = pmtrace::surveyed(&question, pmtrace::input::discover(&question.paths));
    let read_ms = ms(begun);
    let begun = Instant::now();
    std::hint::black_box(pmtrace::concluded(&question, surveyed));
    Run { read_ms, rest_ms: ms(begun) }
}
