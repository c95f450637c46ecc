//! Exit status and signals.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use pmtrace::Question;
use pmtrace::cli::{Cli, Command, Output, ParseArgs, ReportArgs, RunArgs};
use pmtrace::report::model::Report;

/// Exit statuses of the contract, section 2.
const NOTHING_READ: u8 = 1;
const WRONG_USAGE: u8 = 2;
const INPUT_PROBLEM: u8 = 3;
const INCIDENT_FOUND: u8 = 10;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let status = match cli.command {
        Some(Command::Parse(args)) => with_input(&args.paths, &args.run, || parse(&args)),
        Some(Command::Demo(args)) => demo(&args),
        None => {
            let args = &cli.report;
            with_input(&args.paths, &args.run, || report(args))
        }
    };
    ExitCode::from(status)
}

/// Runs with the threads that were asked for; without a path on a terminal, shows how to begin.
fn with_input(paths: &[std::path::PathBuf], run: &RunArgs, job: impl FnOnce() -> u8) -> u8 {
    if paths.is_empty() && io::stdin().is_terminal() {
        let usual = ["/var/log/apache2", "/var/log/httpd", "/var/log/nginx", "/var/log/haproxy.log", "/var/log/syslog"];
        let here: Vec<&str> = usual.into_iter().filter(|path| std::path::Path::new(path).exists()).collect();
        let here = if here.is_empty() { "/var/log".to_owned() } else { here.join(" ") };
        eprintln!("{}\nOn this machine: pmtrace {here}", Cli::command().render_usage());
        return WRONG_USAGE;
    }
    if run.threads > 0 && rayon::ThreadPoolBuilder::new().num_threads(run.threads).build_global().is_err() {
        eprintln!("pmtrace: --threads {}: so many threads cannot be started", run.threads);
        return WRONG_USAGE;
    }
    job()
}

/// No path with piped input is standard input.
fn paths(given: &[std::path::PathBuf]) -> Vec<std::path::PathBuf> {
    if given.is_empty() { vec!["-".into()] } else { given.to_vec() }
}

fn report(args: &ReportArgs) -> u8 {
    let notes = match &args.notes {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => {
                eprintln!("pmtrace: --notes {}: {error}; check the name", path.display());
                return WRONG_USAGE;
            }
        },
        None => None,
    };
    let question = Question {
        paths: paths(&args.paths),
        zones: args.clock.input_tz.clone(),
        formats: args.inputs.input_format.clone(),
        year: args.clock.year,
        shown_in: args.tz.clone(),
        notes,
        block_bytes: None,
    };
    let report = pmtrace::investigate(&question);
    notices(&report, &args.run);
    let written = write(&report, args.output);
    status(&report, written, args.exit_code)
}

fn demo(args: &pmtrace::cli::DemoArgs) -> u8 {
    let Some(found) = pmtrace::demo::story(args.story.as_deref()) else {
        let names: Vec<&str> = pmtrace::demo::names().collect();
        let name = args.story.as_deref().unwrap_or_default();
        eprintln!("pmtrace: demo: no story \"{name}\"; there are {}", names.join(", "));
        return WRONG_USAGE;
    };
    let report = pmtrace::answer(&Question::default(), found);
    let written = write(&report, args.output);
    status(&report, written, false)
}

fn write(report: &Report, form: Output) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match form {
        Output::Text => {
            let columns = terminal_columns().unwrap_or(100);
            out.write_all(pmtrace::report::text::text(report, columns).as_bytes())?;
        }
        Output::Json => {
            serde_json::to_writer_pretty(&mut out, report)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

/// The terminal's width; a pipe has none.
fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .or_else(pmtrace::input::map::terminal_columns)
}

fn notices(report: &Report, run: &RunArgs) {
    if run.quiet {
        return;
    }
    for skipped in &report.skipped {
        eprintln!("pmtrace: {}: {}", skipped.path, skipped.reason);
    }
    for input in &report.inputs {
        if let Some(problem) = &input.problem {
            eprintln!("pmtrace: {}: {problem}", input.path);
        }
        if run.verbose {
            let zone = &input.zone;
            let why = if zone.reason.is_empty() { String::new() } else { format!(": {}", zone.reason) };
            eprintln!(
                "pmtrace: {}: {} records as {}, zone {} {}{why}",
                input.path, input.records, input.format, zone.name, zone.how
            );
            for (line, text) in &input.samples {
                eprintln!("pmtrace: {}:{line}: not understood: {text}", input.path);
            }
        }
    }
}

fn status(report: &Report, written: io::Result<()>, exit_code: bool) -> u8 {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("pmtrace: standard output: {error}");
            return NOTHING_READ;
        }
        _ => {}
    }
    let has_problem = report.skipped.iter().any(|skipped| skipped.is_problem)
        || report.inputs.iter().any(|input| input.problem.is_some());
    match () {
        () if report.inputs.is_empty() => NOTHING_READ,
        () if exit_code && !report.incidents.is_empty() => INCIDENT_FOUND,
        () if has_problem => INPUT_PROBLEM,
        () => 0,
    }
}

fn parse(args: &ParseArgs) -> u8 {
    let args = ParseArgs { paths: paths(&args.paths), ..args.clone() };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = match pmtrace::parse::parse(&args, &mut out).and_then(|outcome| out.flush().map(|()| outcome)) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
        Err(error) => {
            eprintln!("pmtrace: standard output: {error}");
            return NOTHING_READ;
        }
    };
    for skipped in outcome.skipped.iter().filter(|_| !args.run.quiet) {
        eprintln!("pmtrace: {}: {}", skipped.path, skipped.reason);
    }
    for (path, problem) in outcome.problems.iter().filter(|_| !args.run.quiet) {
        eprintln!("pmtrace: {path}: {problem}");
    }
    let has_problem = !outcome.problems.is_empty() || outcome.skipped.iter().any(|skipped| skipped.is_problem);
    match () {
        () if outcome.read == 0 => NOTHING_READ,
        () if has_problem => INPUT_PROBLEM,
        () => 0,
    }
}
