//! Exit status and signals.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;
use pmtrace::cli::{Cli, Command, ParseArgs};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Parse(args)) => parse(&args),
        _ => ExitCode::from(2),
    }
}

fn parse(args: &ParseArgs) -> ExitCode {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = match pmtrace::parse::parse(args, &mut out).and_then(|outcome| out.flush().map(|()| outcome)) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pmtrace: standard output: {error}");
            return ExitCode::from(1);
        }
    };
    for skipped in &outcome.skipped {
        if !args.run.quiet {
            eprintln!("pmtrace: {}: {}", skipped.path, skipped.reason);
        }
    }
    let has_problem = !outcome.shrunk.is_empty() || outcome.skipped.iter().any(|skipped| skipped.is_problem);
    ExitCode::from(if outcome.read == 0 { 1 } else if has_problem { 3 } else { 0 })
}
