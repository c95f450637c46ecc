//! Which format a file has: as a user says with `--input-format` or in the config file, else by content.

use std::str::FromStr;

use crate::clock::zone::is_meant;
use crate::config::Config;
use crate::format::recognise::{Recognised, chosen, covers, recognise};
use crate::format::template::{is_format_string, named, of_server};
use crate::format::{FORMATS, Format};

/// `--input-format [GLOB=]FORMAT`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatFor {
    /// `*` and `?`, against the whole path or its last part; `None`: all.
    pub glob: Option<String>,
    /// The format's name or format string, as typed.
    pub typed: String,
}

impl FromStr for FormatFor {
    type Err = std::convert::Infallible;

    /// A format string has no glob in front, as it may hold `=` itself.
    fn from_str(text: &str) -> Result<FormatFor, Self::Err> {
        let (glob, typed) = match text.rsplit_once('=') {
            Some((glob, name)) if !is_format_string(text) => (Some(glob.to_owned()), name),
            _ => (None, text),
        };
        Ok(FormatFor { glob, typed: typed.to_owned() })
    }
}

/// What a user says of the formats of files.
#[derive(Clone, Default)]
pub struct Choices {
    /// Patterns of paths with their formats; the last that fits counts.
    of_paths: Vec<(Option<String>, &'static dyn Format)>,
    /// The options as they were typed, for the report.
    pub typed: Vec<FormatFor>,
    /// Formats of the config file, which are recognised as those of pmtrace are.
    own: Vec<&'static dyn Format>,
}

impl Choices {
    /// Of the options and of the config file; an option wins.
    ///
    /// # Errors
    /// Which format there is none of, and which there are.
    pub fn new(options: &[FormatFor], config: &Config) -> Result<Choices, String> {
        let own: Vec<&'static dyn Format> = config.formats.iter().map(|format| format.format).collect();
        let of = |from: &str, choice: &FormatFor| {
            let format = format(&choice.typed, &own).map_err(|error| format!("{from}: {error}"))?;
            Ok((choice.glob.clone(), format))
        };
        let of_config = config.paths.iter().map(|choice| of(&config.name, choice));
        let of_paths = of_config.chain(options.iter().map(|choice| of("--input-format", choice)));
        Ok(Choices { of_paths: of_paths.collect::<Result<_, String>>()?, typed: options.to_vec(), own })
    }

    /// Whether the user says which format that file has.
    pub fn tell(&self, name: &str) -> bool {
        self.of_path(name).is_some()
    }

    fn of_path(&self, name: &str) -> Option<&'static dyn Format> {
        let is_for = |glob: &Option<String>| glob.as_ref().is_none_or(|glob| is_meant(glob, name));
        self.of_paths.iter().rev().find(|(glob, _)| is_for(glob)).map(|(_, format)| *format)
    }

    /// The formats of a file: what the user says of it, else what its content shows. A user's own format is its
    /// format where it reads more of it than those of pmtrace.
    pub fn recognised(&self, name: &str, bytes: &[u8]) -> Option<Recognised> {
        if let Some(format) = self.of_path(name) {
            return Some(chosen(name, format));
        }
        let by_content = recognise(name, bytes);
        let known = by_content.as_ref().map_or(0, |known| covers(known.format, bytes));
        let own = self.own.iter().rev().map(|own| (covers(*own, bytes), *own)).max_by_key(|(count, _)| *count);
        match own {
            Some((count, own)) if count > known => Some(chosen(name, own)),
            _ => by_content,
        }
    }
}

/// The format of that name, or with that format string.
fn format(typed: &str, own: &[&'static dyn Format]) -> Result<&'static dyn Format, String> {
    if is_format_string(typed) {
        return Ok(Box::leak(Box::new(of_server(typed)?)));
    }
    let own_format = own.iter().rev().find(|format| format.name() == typed).copied();
    own_format.or_else(|| named(typed)).ok_or_else(|| {
        let mut names: Vec<&str> = FORMATS.iter().chain(own).map(|format| format.name()).collect();
        names.sort_unstable();
        names.dedup();
        let names = names.join(", ");
        format!(
            "no format \"{typed}\"; there are {names}, and format strings behind apache:, apache-error:, nginx:, haproxy:"
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn choices(typed: &[&str], config: &str) -> Result<Choices, String> {
        let options: Vec<FormatFor> = typed.iter().map(|typed| typed.parse().unwrap()).collect();
        Choices::new(&options, &Config::parse("x.toml", config).unwrap())
    }

    const SHOP: &str = r#"
        [[path]]
        glob = "*error*"
        format = "apache-error"

        [[format]]
        name = "shop"
        regex = '^(?P<time>\S+) (?P<client>\S+) (?P<method>\S+) (?P<target>\S+) (?P<status>\d{3})$'
    "#;

    #[test]
    fn what_people_type() {
        for (typed, glob, name) in [
            ("nginx-access", None, "nginx-access"),
            ("*.log=nginx-access", Some("*.log"), "nginx-access"),
            ("haproxy-tcp", None, "haproxy-http"),
            ("shop", None, "shop"),
            ("apache:%h a=%u %t", None, "apache-access"),
            (r"apache-error:[%t] [%l] %M", None, "apache-error"),
            ("nginx:escape=json rt=$request_time", None, "nginx-access"),
            ("haproxy:%ci ms=%Ta", None, "haproxy-tcp"),
        ] {
            let choices = choices(&[typed], SHOP).unwrap();
            let (read, format) = choices.of_paths.last().unwrap();
            assert_eq!((read.as_deref(), format.name()), (glob, name), "{typed}");
        }
        assert!(choices(&["nginx-acess"], "").is_err_and(|error| error.contains("nginx-access")));
    }

    #[test]
    fn the_last_choice_for_a_path_counts() {
        let choices = choices(&["nginx-access", "*slow*=shop"], SHOP).unwrap();
        let format = |name| choices.recognised(name, b"").map(|recognised| recognised.format.name());
        assert_eq!((format("logs/slow.log"), format("access.log")), (Some("shop"), Some("nginx-access")));
        let config_only = super::tests::choices(&[], SHOP).unwrap();
        let format = |name| config_only.recognised(name, b"").map(|recognised| recognised.format.name());
        assert_eq!((format("logs/error.log"), format("access.log")), (Some("apache-error"), None));
    }

    #[test]
    fn a_format_of_the_config_file_is_recognised() {
        let choices = choices(&[], SHOP).unwrap();
        let format = |bytes: &[u8]| choices.recognised("x.log", bytes).map(|recognised| recognised.format.name());
        assert_eq!(format(b"2026-11-20T10:00:00.1+0000 10.0.0.1 GET /cart 200\n"), Some("shop"));
        let combined = b"10.0.0.1 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
        assert_eq!(format(combined), Some("nginx-access"));
        assert_eq!(format(b"some text\n"), None);
    }
}
