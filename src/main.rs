//! Exit status and signals.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use pmtrace::Question;
use pmtrace::choice::Choices;
use pmtrace::cli::{
    Cli, Command, ConfigArgs, FormatsArgs, OnTerminal, Output, ParseArgs, ParseOutput, Redact, ReportArgs, RunArgs,
    SchemaOf,
};
use pmtrace::config::Config;
use pmtrace::report::markdown::Template;
use pmtrace::report::model::Report;
use pmtrace::report::progress::Progress;
use pmtrace::report::write;

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
        Some(Command::Schema(args)) => printed(match args.of {
            SchemaOf::Report => pmtrace::report::schema::REPORT,
            SchemaOf::Record => pmtrace::report::schema::RECORD,
        }),
        Some(Command::Completions(args)) => completions(args.shell),
        Some(Command::Man) => man(),
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
    handed_over(text, None).map_or_else(
        |problem| {
            eprintln!("pmtrace: {problem}");
            NOTHING_READ
        },
        |()| 0,
    )
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
    let Some(template) = template(args.template.as_deref()) else { return WRONG_USAGE };
    if let Some(Err(problem)) = args.extract.as_deref().map(pmtrace::report::extract::check) {
        eprintln!("pmtrace: {problem}");
        return WRONG_USAGE;
    }
    let notes = match &args.notes {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => {
                let reason = pmtrace::input::discover::plain(&error);
                eprintln!("pmtrace: --notes {}: {reason}; check the name", path.display());
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
        span: args.clock.span(),
        incident: args.incident.clone(),
        service: args.service.clone(),
        checksum: args.checksum,
        notes,
        with_lines: args.extract.is_some(),
        block_bytes: None,
    };
    let progress = begin_progress(&args.run);
    let mut report = pmtrace::investigate(&question);
    drop(progress);
    redact(&mut report, args.redact, args.form());
    notices(&report, &args.run);
    if let Some(id) = args.incident.as_ref().filter(|_| report.incidents.is_empty()) {
        eprintln!("pmtrace: --incident {id}: these logs have none of that name; run without it to see all");
        return WRONG_USAGE;
    }
    if let Some(Err(problem)) = args.extract.as_deref().map(|folder| extract(&report, folder, &args.run)) {
        eprintln!("pmtrace: {problem}");
        return NOTHING_READ;
    }
    let rendered = match &args.explain {
        None => rendered(&report, args.form(), &template, args.out.as_deref().map(|_| 100)),
        Some(id) => pmtrace::report::explain::text(&report, id, terminal_columns().unwrap_or(100)),
    };
    let rendered = match rendered {
        Ok(text) => text,
        Err(problem) => {
            eprintln!("pmtrace: {problem}");
            return WRONG_USAGE;
        }
    };
    match handed_over(&rendered, args.out.as_deref()) {
        Ok(()) => status(&report, args.exit_code),
        Err(problem) => {
            eprintln!("pmtrace: {problem}");
            NOTHING_READ
        }
    }
}

/// Progress, where a terminal shows it.
fn begin_progress(run: &RunArgs) -> Option<Progress> {
    let is_wanted = match run.progress {
        OnTerminal::Always => true,
        OnTerminal::Never => false,
        OnTerminal::Auto => {
            !run.quiet && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    is_wanted.then(Progress::begin)
}

/// The form of a draft; what is wrong with it is told.
fn template(given: Option<&str>) -> Option<Template> {
    Template::choose(given).inspect_err(|problem| eprintln!("pmtrace: {problem}")).ok()
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
    let Some(template) = template(args.template.as_deref()) else { return WRONG_USAGE };
    let Some(found) = pmtrace::demo::story(args.story.as_deref()) else {
        let names: Vec<&str> = pmtrace::demo::names().collect();
        let name = args.story.as_deref().unwrap_or_default();
        eprintln!("pmtrace: demo: no story \"{name}\"; there are {}", names.join(", "));
        return WRONG_USAGE;
    };
    let mut report = pmtrace::answer(&Question::default(), found);
    redact(&mut report, Redact::Auto, args.output);
    let status = status(&report, false);
    match rendered(&report, args.output, &template, None) {
        Ok(text) => printed(&text).max(status),
        Err(problem) => {
            eprintln!("pmtrace: {problem}");
            WRONG_USAGE
        }
    }
}

/// The report in the form that was asked for. `columns`: of text that no terminal shows.
///
/// # Errors
/// What is wrong with a template of the user's own.
fn rendered(report: &Report, form: Output, template: &Template, columns: Option<usize>) -> Result<String, String> {
    Ok(match form {
        Output::Text => {
            let columns = columns.or_else(terminal_columns).unwrap_or(100);
            pmtrace::report::text::text(report, columns)
        }
        Output::Markdown => pmtrace::report::markdown::markdown(report, template)?,
        Output::Html => pmtrace::report::html::html(report),
        Output::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        Output::Jsonl => pmtrace::report::events::json_lines(report),
        Output::Csv => pmtrace::report::events::csv(report),
        Output::Timesketch => pmtrace::report::events::timesketch(report),
        Output::Grafana => pmtrace::report::events::grafana(report),
    })
}

/// Writes a text to the file, or to standard output. A closed pipe is no error.
///
/// # Errors
/// What went wrong, where, and what to do.
fn handed_over(text: &str, path: Option<&Path>) -> Result<(), String> {
    match path {
        Some(path) => write::whole(path, |out| out.write_all(text.as_bytes())),
        None => match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(format!("standard output: {}", pmtrace::input::discover::plain(&error)))
            }
            _ => Ok(()),
        },
    }
}

/// Writes what a shell needs to complete the command line.
fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pmtrace", &mut text);
    printed(&String::from_utf8_lossy(&text))
}

fn man() -> u8 {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut text);
    printed(&String::from_utf8_lossy(&text))
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

fn status(report: &Report, exit_code: bool) -> u8 {
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
    let mut met = None;
    let mut run = |out: &mut (dyn Write + Send)| -> io::Result<()> {
        met = Some(match args.output {
            ParseOutput::Jsonl => pmtrace::parse::parse(&args, formats, out)?,
            ParseOutput::Csv => {
                let mut table = pmtrace::report::table::Table::begin(out)?;
                let outcome = pmtrace::parse::parse(&args, formats, &mut table)?;
                table.flush()?;
                outcome
            }
        });
        out.flush()
    };
    let written = match &args.out {
        Some(path) => write::whole(path, run),
        None => match run(&mut io::stdout()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
            Err(error) => Err(format!("standard output: {}", pmtrace::input::discover::plain(&error))),
            Ok(()) => Ok(()),
        },
    };
    if let Err(problem) = written {
        eprintln!("pmtrace: {problem}");
        return NOTHING_READ;
    }
    let Some(outcome) = met else { return NOTHING_READ };
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
