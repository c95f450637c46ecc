//! The options of the contract that are built. One that is not is refused as unknown.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::choice::FormatFor;
use crate::clock::zone::{ForPaths, Rule};

/// Reads servers' logs after an outage: what failed, since when, how many were hit, who held the port.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    after_help = "Examples:\n  pmtrace /var/log/apache2/error.log /var/log/nginx/*.log\n  \
                  journalctl -o export --since today | pmtrace - /var/log/nginx\n  pmtrace -o json logs/ | jq .incidents[0].cause"
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
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people, on one screen
    #[default]
    Text,
    /// For programs: one object
    Json,
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
            (Redact::Auto, Output::Text | Output::Json) => false,
        }
    }
}

/// Forms of `parse`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ParseOutput {
    /// One JSON object a line
    #[default]
    Jsonl,
}

/// What the inputs do not say of their clocks.
#[derive(Clone, Debug, Default, Args)]
pub struct ClockArgs {
    /// Zone of stamps without one: an IANA name or an offset such as +02:00; only for files that fit GLOB, if given
    #[arg(long, value_name = "[GLOB=]ZONE", allow_hyphen_values = true)]
    pub input_tz: Vec<ForPaths>,
    /// Year of the first stamp that has none [default: inferred]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1970..=9999))]
    pub year: Option<i32>,
}

/// What the inputs are.
#[derive(Clone, Debug, Default, Args)]
pub struct InputArgs {
    /// Format of the inputs, only of files that fit GLOB, if given: a name, or the server's own format string behind
    /// apache:, apache-error:, nginx: or haproxy: [default: by content]
    #[arg(long, value_name = "[GLOB=]FORMAT")]
    pub input_format: Vec<FormatFor>,
}

/// `pmtrace [OPTIONS] PATH…`
#[derive(Clone, Debug, Default, Args)]
pub struct ReportArgs {
    /// Files and folders; - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Form of the report
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: Output,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub clock: ClockArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub inputs: InputArgs,
    /// Zone of the printed times [default: the logs' own where all agree, else UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<Rule>,
    /// What people saw and did: lines of a time and text, from a chat or a pager
    #[arg(long, value_name = "FILE")]
    pub notes: Option<PathBuf>,
    /// Instead of the report, how a figure came about: its rule, its inputs with their lines, and the arithmetic; ID
    /// as the text report names it, such as i1.requests
    #[arg(long, value_name = "ID")]
    pub explain: Option<String>,
    /// Writes the incidents' lines below DIR, one file per input: two minutes before to two minutes after, and all lines
    /// that stand as evidence
    #[arg(long, value_name = "DIR")]
    pub extract: Option<PathBuf>,
    /// Takes secrets and personal data out: passwords, tokens, cookies, queries, e-mail and clients' addresses
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub redact: Redact,
    /// Exit with status 10 if an incident was found
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub run: RunArgs,
}

/// How to run.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// Threads; 0 for all cores
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
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
pub struct ConfigArgs {
    /// Defaults for options, and your own formats [default: pmtrace/config.toml in $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no config file
    #[arg(long, conflicts_with = "config")]
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
    /// Files and folders; - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Form of the records
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t)]
    pub output: ParseOutput,
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
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_options_fit_together() {
        super::Cli::command().debug_assert();
    }
}
