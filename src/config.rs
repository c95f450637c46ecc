//! The config file: defaults for options, formats of files by their paths, and a user's own formats (the contract,
//! section 7).
//!
//! ```toml
//! input-tz = "Europe/Berlin"
//!
//! [[path]]
//! glob = "/srv/shop/*.log"
//! format = "shop"
//! tz = "UTC"
//!
//! [[format]]
//! name = "shop"
//! regex = '^(?P<time>\S+) (?P<client>\S+) (?P<method>\S+) (?P<target>\S+) (?P<status>\d{3})$'
//! time = "%Y-%m-%dT%H:%M:%S%.f%z"
//! samples = ["2026-11-20T10:00:00.1+0000 10.0.0.1 GET /cart 200"]
//! ```
//!
//! Defaults become options that stand before those that were typed, so that what is typed wins.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::Deserialize;

use crate::choice::FormatFor;
use crate::format::template::{OwnFormat, of_server, regex, renamed};

/// What a config file says.
#[derive(Default)]
pub struct Config {
    /// What the file is called in messages.
    pub name: String,
    /// Defaults for options, by their long names.
    options: BTreeMap<String, toml::Value>,
    /// Formats of files, by the patterns of their paths.
    pub paths: Vec<FormatFor>,
    /// Zones of files, as `--input-tz` takes them.
    zones: Vec<String>,
    /// A user's own formats, in the order of the file.
    pub formats: Vec<OwnFormat>,
}

/// The file as TOML has it.
#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    path: Vec<PathText>,
    #[serde(default)]
    format: Vec<FormatText>,
    #[serde(flatten)]
    options: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathText {
    glob: String,
    format: Option<String>,
    tz: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatText {
    name: String,
    /// A server's format string, such as `nginx:$remote_addr …`.
    format: Option<String>,
    regex: Option<String>,
    time: Option<String>,
    #[serde(default)]
    samples: Vec<String>,
}

impl Config {
    /// Reads the text of a config file of that name.
    ///
    /// # Errors
    /// What of it is no TOML, or no format.
    pub fn parse(name: &str, text: &str) -> Result<Config, String> {
        Config::read(name, text).map_err(|error| format!("{name}: {error}"))
    }

    fn read(name: &str, text: &str) -> Result<Config, String> {
        let read: Text = toml::from_str(text).map_err(|error| place(&error, text))?;
        let zone = |path: &PathText| path.tz.as_ref().map(|tz| format!("{}={tz}", path.glob));
        let choice = |path: &PathText| {
            let glob = Some(path.glob.clone());
            path.format.as_ref().map(|typed| FormatFor { glob, typed: typed.clone() })
        };
        Ok(Config {
            name: name.to_owned(),
            zones: read.path.iter().filter_map(zone).collect(),
            paths: read.path.iter().filter_map(choice).collect(),
            formats: read.format.into_iter().map(own_format).collect::<Result<_, String>>()?,
            options: read.options,
        })
    }

    /// The defaults as arguments, of those options that the command has.
    ///
    /// # Errors
    /// Which option no command has, and which value no option takes.
    pub fn arguments(&self, command: &[&str], all: &[&str]) -> Result<Vec<OsString>, String> {
        let mut arguments = Vec::new();
        for (name, value) in &self.options {
            if !all.contains(&name.as_str()) {
                return Err(format!(
                    "{}: no option \"{name}\"; options are spelled as on the command line, without --",
                    self.name
                ));
            }
            let words = words(name, value).map_err(|error| format!("{}: {error}", self.name))?;
            if command.contains(&name.as_str()) {
                arguments.extend(words.into_iter().map(OsString::from));
            }
        }
        if command.contains(&"input-tz") {
            arguments.extend(self.zones.iter().map(|zone| format!("--input-tz={zone}").into()));
        }
        Ok(arguments)
    }
}

/// `--input-tz=UTC`
fn words(name: &str, value: &toml::Value) -> Result<Vec<String>, String> {
    use toml::Value;
    Ok(match value {
        Value::Boolean(true) => vec![format!("--{name}")],
        Value::Boolean(false) => Vec::new(),
        Value::String(text) => vec![format!("--{name}={text}")],
        Value::Integer(number) => vec![format!("--{name}={number}")],
        Value::Array(values) => values.iter().map(|value| words(name, value)).collect::<Result<Vec<_>, _>>()?.concat(),
        _ => return Err(format!("{name}: expected a text, a number, true or false, or a list of texts")),
    })
}

/// `line 3: unknown field "globb", expected one of …`
fn place(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!("line {}: ", before.matches('\n').count() + 1)).unwrap_or_default();
    format!("{line}{}", error.message().trim().replace('`', "\""))
}

fn own_format(text: FormatText) -> Result<OwnFormat, String> {
    let FormatText { name, format, regex: pattern, time, samples } = text;
    let template = match (&format, &pattern) {
        (Some(string), None) => of_server(string).and_then(|template| renamed(&name, template)),
        (None, Some(pattern)) => regex(&name, pattern, time.as_deref()),
        _ => Err("expected either \"regex\" or \"format\"".to_owned()),
    };
    let template = template.map_err(|error| format!("format \"{name}\": {error}"))?;
    Ok(OwnFormat { name, format: Box::leak(Box::new(template)), samples })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        input-tz = ["Europe/Berlin", "*.utc=UTC"]
        threads = 2
        quiet = true
        verbose = false

        [[path]]
        glob = "/srv/shop/*.log"
        format = "shop"
        tz = "UTC"

        [[format]]
        name = "shop"
        regex = '^(?P<time>\S+) (?P<client>\S+) (?P<status>\d{3})$'
        samples = ["2026-11-20T10:00:00.1+0000 10.0.0.1 200", "no line of the shop"]

        [[format]]
        name = "edge"
        format = 'nginx:$remote_addr $status'
        samples = ["::1 502"]
    "#;

    #[test]
    fn defaults_become_arguments_of_the_commands_that_have_them() {
        let config = Config::parse("x.toml", FILE).unwrap();
        let all = ["input-tz", "threads", "quiet", "verbose", "tz"];
        let arguments = config.arguments(&["input-tz", "quiet"], &all).unwrap();
        let want = ["--input-tz=Europe/Berlin", "--input-tz=*.utc=UTC", "--quiet", "--input-tz=/srv/shop/*.log=UTC"];
        assert_eq!(arguments, want.map(OsString::from));
        assert!(config.arguments(&[], &["quiet"]).is_err_and(|error| error.contains("no option \"input-tz\"")));
    }

    #[test]
    fn formats_have_their_names_and_samples() {
        let config = Config::parse("x.toml", FILE).unwrap();
        let told: Vec<_> =
            config.formats.iter().map(|own| (own.name.as_str(), own.format.name(), own.samples.len())).collect();
        assert_eq!(told, [("shop", "shop", 2), ("edge", "edge", 1)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, told) in [
            ("a = [1\n", "line "),
            ("\n[[path]]\nglobb = \"x\"", "line 3: unknown field \"globb\""),
            ("[[format]]\nname = \"x\"", "format \"x\": expected either \"regex\" or \"format\""),
            ("[[format]]\nname = \"x\"\nregex = \"(\"", "format \"x\": regex: "),
            ("[[format]]\nname = \"x\"\nformat = \"$a\"", "begins with one of apache:"),
        ] {
            let error = Config::parse("x.toml", text).err().unwrap_or_default();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
