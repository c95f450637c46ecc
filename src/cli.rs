//! The options of the contract that are built. One that is not is refused as unknown.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::choice::FormatFor;
use crate::clock::span::{Span, When};
use crate::clock::zone::{ForPaths, Rule};

/// Reads servers' logs after an outage: what failed, since when, how many were hit, who held the port.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    after_help = "Example: pmtrace /var/log/apache2/error.log /var/log/nginx/*.log",
    after_long_help = "Examples:\n  pmtrace /var/log/apache2/error.log /var/log/nginx/*.log\n  \
                  journalctl -o export --since today | pmtrace - /var/log/nginx\n  \
                  pmtrace --since 2h --out incident.json logs/",
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Option<Command>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub report: ReportArgs,
}

#[allow(missing_docs)]
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One JSON line per record, in file order
    #[command(args_override_self = true)]
    Parse(ParseArgs),
    /// The formats that pmtrace knows; or tests your own formats against their samples
    Formats(FormatsArgs),
    /// The report of a built-in story, without any file
    Demo(DemoArgs),
    /// The JSON Schema of the report, or of a record
    Schema(SchemaArgs),
    /// Completions for a shell, on standard output
    Completions(CompletionsArgs),
    /// The man page, on standard output
    Man,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people, on one screen
    #[default]
    Text,
    /// For people to complete: the draft of a postmortem
    Markdown,
    /// For the review meeting: one page that needs nothing else
    Html,
    /// For programs: one object
    Json,
    /// For programs: one incident a line
    Jsonl,
    /// The timelines as a table
    Csv,
    /// The timelines for Timesketch and Plaso, as JSON lines
    Timesketch,
    /// The incidents and their timelines as annotations for Grafana
    Grafana,
}

impl Output {
    /// The form that a file's ending stands for.
    pub fn of_ending(path: &Path) -> Option<Output> {
        match path.extension()?.to_str()? {
            "json" => Some(Output::Json),
            "jsonl" | "ndjson" => Some(Output::Jsonl),
            "csv" => Some(Output::Csv),
            "md" | "markdown" => Some(Output::Markdown),
            "html" | "htm" => Some(Output::Html),
            _ => None,
        }
    }
}

/// When secrets and personal data are taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Redact {
    /// In the forms that are made to be handed on
    #[default]
    Auto,
    /// In all that is written: reports, explanations, extracts, notices
    Always,
    /// Nowhere
    Never,
}

impl Redact {
    /// Whether a report of that form is redacted.
    pub fn applies(self, form: Output) -> bool {
        match (self, form) {
            (Redact::Always, _) => true,
            (Redact::Never, _) => false,
            (Redact::Auto, Output::Markdown | Output::Html) => true,
            (
                Redact::Auto,
                Output::Text | Output::Json | Output::Jsonl | Output::Csv | Output::Timesketch | Output::Grafana,
            ) => false,
        }
    }
}

/// Forms of `parse`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ParseOutput {
    /// One JSON object a line
    #[default]
    Jsonl,
    /// A table, whose first row names the columns
    Csv,
}

/// What the inputs do not say of their clocks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Inputs")]
pub struct ClockArgs {
    /// Zone of stamps without one: an IANA name, or +02:00
    ///
    /// Only for files that fit GLOB, if given; may be repeated.
    #[arg(long, value_name = "[GLOB=]ZONE", allow_hyphen_values = true)]
    pub input_tz: Vec<ForPaths>,
    /// Year of the first stamp that has none [default: inferred]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1970..=9999), hide_short_help = true)]
    pub year: Option<i32>,
    /// Only from then on: "2026-11-20 10:00", 10:00, 2h
    ///
    /// RFC 3339 too. A time of day is that of the logs' last day; a length of time goes back from the end of the logs; without an
    /// offset in the zone of the printed times.
    #[arg(long, value_name = "TIME")]
    pub since: Option<When>,
    /// Only up to then
    #[arg(long, value_name = "TIME")]
    pub until: Option<When>,
}

impl ClockArgs {
    /// The span that is wanted.
    pub fn span(&self) -> Span {
        Span { since: self.since, until: self.until }
    }
}

/// What the inputs are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Inputs")]
pub struct InputArgs {
    /// Format of the inputs [default: by content]
    ///
    /// A name (pmtrace formats lists them), or the server's own format string behind apache:, apache-error:, nginx: or
    /// haproxy:. Only for files that fit GLOB, if given; may be repeated.
    #[arg(long, value_name = "[GLOB=]FORMAT")]
    pub input_format: Vec<FormatFor>,
}

/// `pmtrace [OPTIONS] PATH…`
#[derive(Clone, Debug, Default, Args)]
pub struct ReportArgs {
    /// Files, folders and archives; - for standard input
    #[arg(value_name = "PATH", hide_short_help = true)]
    pub paths: Vec<PathBuf>,
    /// Form: text, markdown, html, json, jsonl, csv, timesketch, grafana
    ///
    /// [default: text; with --out by the file's ending]
    #[arg(short, long, value_name = "FORM", value_enum, help_heading = "Report", hide_possible_values = true)]
    pub output: Option<Output>,
    /// Form of the draft: postmortem, sre, status, or a template of your own
    ///
    /// Of -o markdown; the template is minijinja. [default: postmortem]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Report")]
    pub template: Option<String>,
    /// Write the report there, whole or not at all
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub out: Option<PathBuf>,
    /// Zone of the printed times [default: the logs' own, else UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true, help_heading = "Report")]
    pub tz: Option<Rule>,
    /// What people saw and did: lines of a time and text
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub notes: Option<PathBuf>,
    /// Only the incident of that id, such as i1
    #[arg(long, value_name = "ID", help_heading = "Report")]
    pub incident: Option<String>,
    /// Only incidents of that service
    #[arg(long, value_name = "NAME", help_heading = "Report", hide_short_help = true)]
    pub service: Option<String>,
    /// How a figure came about; ID as the text report names it
    ///
    /// Instead of the report: the rule, the inputs with their lines, and the arithmetic, such as of i1.requests.
    #[arg(long, value_name = "ID", help_heading = "Report")]
    pub explain: Option<String>,
    /// Write the incidents' lines below DIR, one file per input
    ///
    /// From two minutes before to two minutes after, and all lines that stand as evidence.
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    pub extract: Option<PathBuf>,
    /// Take secrets and personal data out: auto, always or never
    ///
    /// Passwords, tokens, cookies, queries, e-mail and clients' addresses. auto: in markdown and html; always: in all
    /// that is written.
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Report"
    )]
    pub redact: Redact,
    /// Add the SHA-256 of every input to the report
    #[arg(long, help_heading = "Report", hide_short_help = true)]
    pub checksum: bool,
    /// Exit with status 10 if an incident was found
    #[arg(long, help_heading = "Report", hide_short_help = true)]
    pub exit_code: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub clock: ClockArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub run: RunArgs,
}

impl ReportArgs {
    /// The form that was asked for, by name or by the file's ending.
    pub fn form(&self) -> Output {
        self.output.or_else(|| Output::of_ending(self.out.as_deref()?)).unwrap_or_default()
    }
}

/// When to do something that only a terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnTerminal {
    /// Where a terminal shows it
    #[default]
    Auto,
    /// In files and pipes too
    Always,
    #[allow(missing_docs)]
    Never,
}

/// How to run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Threads; 0 for all cores
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub threads: usize,
    /// Progress on standard error: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true, hide_short_help = true)]
    pub progress: OnTerminal,
    /// No notices on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More notices on standard error: unread lines with samples
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub config: ConfigArgs,
}

/// The config file.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Run")]
pub struct ConfigArgs {
    /// Defaults for options, and your own formats
    ///
    /// [default: pmtrace/config.toml in $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub config: Option<PathBuf>,
    /// Read no config file
    #[arg(long, conflicts_with = "config", hide_short_help = true)]
    pub no_config: bool,
}

/// `pmtrace formats [--check FILE]`
#[derive(Clone, Debug, Default, Args)]
pub struct FormatsArgs {
    /// Reads the samples of all formats of this config file, and tells what they were read to
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

/// `pmtrace parse [OPTIONS] PATH…`
#[derive(Clone, Debug, Default, Args)]
pub struct ParseArgs {
    /// Files, folders and archives; - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Form of the records
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: ParseOutput,
    /// Write them there, whole or not at all
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub clock: ClockArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,
    /// Add the line itself as "raw"
    #[arg(long)]
    pub raw: bool,
    /// Only what could not be read
    #[arg(long)]
    pub unparsed: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub run: RunArgs,
}

/// `pmtrace demo [STORY]`
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArgs {
    /// The story's name; without one, an outage of Apache by a container that took its port
    #[arg(value_name = "STORY")]
    pub story: Option<String>,
    /// Form of the report
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Output,
    /// Form of the draft: postmortem, sre, status, or a minijinja template of your own [default: postmortem]
    #[arg(long, value_name = "NAME|FILE")]
    pub template: Option<String>,
}

/// `pmtrace schema [report|record]`
#[derive(Clone, Debug, Default, Args)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_name = "OF", value_enum, default_value_t)]
    pub of: SchemaOf,
}

/// What a schema describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// What -o json writes
    #[default]
    Report,
    /// A line of pmtrace parse
    Record,
}

/// `pmtrace completions SHELL`
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that is to complete
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_options_fit_together() {
        super::Cli::command().debug_assert();
    }
}
