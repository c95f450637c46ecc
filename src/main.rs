//! Exit status and signals.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use pmtrace::Question;
use pmtrace::choice::Choices;
use pmtrace::cli::{Cli, Command, ConfigArgs, FormatsArgs, Output, ParseArgs, Redact, ReportArgs, RunArgs};
use pmtrace::config::Config;
use pmtrace::report::model::Report;

/// Exit statuses of the contract, section 2.
const NOTHING_READ: u8 = 1;
const WRONG_USAGE: u8 = 2;
const INPUT_PROBLEM: u8 = 3;
const INCIDENT_FOUND: u8 = 10;

fn main() -> ExitCode {
    ExitCode::from(run().unwrap_or_else(|problem| {
        eprintln!("pmtrace: {problem}");
        WRONG_USAGE
    }))
}

/// # Errors
/// What is wrong with the command line or the config file.
fn run() -> Result<u8, String> {
    let typed = Cli::parse();
    let (cli, config) = configured(typed)?;
    Ok(match &cli.command {
        Some(Command::Parse(args)) => {
            let formats = Choices::new(&args.inputs.input_format, &config)?;
            with_input(&args.paths, &args.run, || parse(args, &formats))
        }
        Some(Command::Formats(args)) => formats(args)?,
        Some(Command::Demo(args)) => demo(args),
        None => {
            let args = &cli.report;
            let formats = Choices::new(&args.inputs.input_format, &config)?;
            with_input(&args.paths, &args.run, || report(args, formats))
        }
    })
}

/// The command line again, with the defaults of the config file before what was typed.
fn configured(typed: Cli) -> Result<(Cli, Config), String> {
    let (command, run) = match &typed.command {
        Some(Command::Parse(args)) => (Some("parse"), &args.run),
        Some(_) => return Ok((typed, Config::default())),
        None => (None, &typed.report.run),
    };
    let Some(config) = read_config(&run.config)? else { return Ok((typed, Config::default())) };
    let names = |command: &clap::Command| -> Vec<String> {
        command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned)).collect()
    };
    let whole = Cli::command();
    let of_command = command.and_then(|name| whole.find_subcommand(name)).map_or_else(|| names(&whole), names);
    let all: Vec<String> = std::iter::once(&whole).chain(whole.get_subcommands()).flat_map(names).collect();
    // These two exclude each other: what was typed wins.
    let is_settled = |name: &str| matches!(name, "quiet" | "verbose") && (run.quiet || run.verbose);
    let of_command: Vec<&str> = of_command.iter().map(String::as_str).filter(|name| !is_settled(name)).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let defaults = config.arguments(&of_command, &all)?;
    let mut arguments: Vec<_> = std::env::args_os().collect();
    let at = if command.is_some() { 2 } else { 1 };
    arguments.splice(at..at, defaults);
    Ok((Cli::try_parse_from(arguments).map_err(|error| format!("{}: {error}", config.name))?, config))
}

/// The config file that was asked for, or the usual one, if there is one.
fn read_config(args: &ConfigArgs) -> Result<Option<Config>, String> {
    let of_env = |name: &str, below: &str| std::env::var_os(name).map(|folder| Path::new(&folder).join(below));
    let usual = || {
        let folder = of_env("XDG_CONFIG_HOME", "").filter(|folder| folder.is_absolute());
        folder.or_else(|| of_env("HOME", ".config")).map(|folder| folder.join("pmtrace/config.toml"))
    };
    let path = match &args.config {
        _ if args.no_config => return Ok(None),
        Some(path) => Some(path.clone()),
        None => usual().filter(|path| path.is_file()),
    };
    path.as_deref().map(config_file).transpose()
}

fn config_file(path: &Path) -> Result<Config, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: {}; check the name", path.display(), pmtrace::input::discover::plain(&error)))?;
    Config::parse(&path.display().to_string(), &text)
}

/// Lists the formats, or tests those of a config file.
fn formats(args: &FormatsArgs) -> Result<u8, String> {
    let Some(path) = &args.check else {
        return Ok(printed(&pmtrace::report::formats::list(terminal_columns().unwrap_or(100))));
    };
    let (text, is_good) = pmtrace::report::formats::check(&config_file(path)?.formats);
    let status = printed(&text);
    Ok(if is_good { status } else { NOTHING_READ })
}

fn printed(text: &str) -> u8 {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("pmtrace: standard output: {error}");
            NOTHING_READ
        }
        _ => 0,
    }
}

/// Runs with the threads that were asked for; without a path on a terminal, shows how to begin.
fn with_input(paths: &[PathBuf], run: &RunArgs, job: impl FnOnce() -> u8) -> u8 {
    if paths.is_empty() && io::stdin().is_terminal() {
        let usual = ["/var/log/apache2", "/var/log/httpd", "/var/log/nginx", "/var/log/haproxy.log", "/var/log/syslog"];
        let here: Vec<&str> = usual.into_iter().filter(|path| Path::new(path).exists()).collect();
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
fn paths(given: &[PathBuf]) -> Vec<PathBuf> {
    if given.is_empty() { vec!["-".into()] } else { given.to_vec() }
}

fn report(args: &ReportArgs, formats: Choices) -> u8 {
    if let Some(Err(problem)) = args.extract.as_deref().map(pmtrace::report::extract::check) {
        eprintln!("pmtrace: {problem}");
        return WRONG_USAGE;
    }
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
        formats,
        year: args.clock.year,
        shown_in: args.tz.clone(),
        notes,
        with_lines: args.extract.is_some(),
        block_bytes: None,
    };
    let mut report = pmtrace::investigate(&question);
    redact(&mut report, args.redact, args.output);
    notices(&report, &args.run);
    if let Some(Err(problem)) = args.extract.as_deref().map(|folder| extract(&report, folder, &args.run)) {
        eprintln!("pmtrace: {problem}");
        return NOTHING_READ;
    }
    let written = match &args.explain {
        None => write(&report, args.output),
        Some(id) => match pmtrace::report::explain::text(&report, id, terminal_columns().unwrap_or(100)) {
            Ok(text) => io::stdout().lock().write_all(text.as_bytes()),
            Err(problem) => {
                eprintln!("pmtrace: {problem}");
                return WRONG_USAGE;
            }
        },
    };
    status(&report, written, args.exit_code)
}

/// Takes out of the report what must not leave the house, before any of it is written.
fn redact(report: &mut Report, when: Redact, form: Output) {
    if when.applies(form) {
        let mut redaction = pmtrace::report::redact::Redaction::of(report);
        if when == Redact::Always {
            redaction.extracts(&mut report.extracts);
            report.options.insert("redact", "always".into());
        }
    }
}

/// # Errors
/// What could not be written.
fn extract(report: &Report, folder: &Path, run: &RunArgs) -> Result<(), String> {
    if report.extracts.is_empty() {
        if !run.quiet {
            eprintln!("pmtrace: --extract {}: no incident was found, so nothing was written", folder.display());
        }
        return Ok(());
    }
    pmtrace::report::extract::write(&report.extracts, folder)
}

fn demo(args: &pmtrace::cli::DemoArgs) -> u8 {
    let Some(found) = pmtrace::demo::story(args.story.as_deref()) else {
        let names: Vec<&str> = pmtrace::demo::names().collect();
        let name = args.story.as_deref().unwrap_or_default();
        eprintln!("pmtrace: demo: no story \"{name}\"; there are {}", names.join(", "));
        return WRONG_USAGE;
    };
    let mut report = pmtrace::answer(&Question::default(), found);
    redact(&mut report, Redact::Auto, args.output);
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
                "pmtrace: {}: {} records as {}, {} continuation lines, {} unparsed lines, zone {} {}{why}",
                input.path, input.records, input.format, input.continuations, input.unparsed, zone.name, zone.how
            );
            not_understood(&input.path, &input.samples);
        }
    }
}

/// The first lines of an input that could not be read.
fn not_understood(path: &str, samples: &[(usize, String)]) {
    for (line, text) in samples {
        eprintln!("pmtrace: {path}:{line}: not understood: {text}");
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

fn parse(args: &ParseArgs, formats: &Choices) -> u8 {
    let args = ParseArgs { paths: paths(&args.paths), ..args.clone() };
    let mut out = io::stdout();
    let outcome =
        match pmtrace::parse::parse(&args, formats, &mut out).and_then(|outcome| out.flush().map(|()| outcome)) {
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
    for account in outcome.accounts.iter().filter(|_| !args.run.quiet && (args.run.verbose || args.unparsed)) {
        eprintln!(
            "pmtrace: {}: {} records as {}, {} continuation lines, {} unparsed lines",
            account.name, account.records, account.format, account.continuations, account.unparsed
        );
        if !args.unparsed {
            not_understood(&account.name, &account.samples); // else they stand on standard output
        }
    }
    let has_problem = !outcome.problems.is_empty() || outcome.skipped.iter().any(|skipped| skipped.is_problem);
    match () {
        () if outcome.read == 0 => NOTHING_READ,
        () if has_problem => INPUT_PROBLEM,
        () => 0,
    }
}
