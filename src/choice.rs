//! `--input-format`: which format a user says that a file has.

use std::str::FromStr;

use crate::clock::zone::is_meant;
use crate::format::recognise::{Recognised, chosen, recognise};
use crate::format::template::{Chosen, is_format_string};

/// `--input-format [GLOB=]FORMAT`
#[derive(Clone, Debug)]
pub struct FormatFor {
    /// `*` and `?`, against the whole path or its last part; `None`: all.
    pub glob: Option<String>,
    /// The format's name or format string, as typed.
    pub typed: String,
    #[allow(missing_docs)]
    pub format: Chosen,
}

impl FromStr for FormatFor {
    type Err = String;

    /// A format string has no glob in front, as it may hold `=` itself.
    fn from_str(text: &str) -> Result<FormatFor, String> {
        let (glob, typed) = match text.rsplit_once('=') {
            Some((glob, name)) if !is_format_string(text) => (Some(glob.to_owned()), name),
            _ => (None, text),
        };
        Ok(FormatFor { glob, typed: typed.to_owned(), format: typed.parse()? })
    }
}

/// The formats of a file: the last of the user's choices that is meant for it, else what its content shows.
pub fn recognised(choices: &[FormatFor], name: &str, bytes: &[u8]) -> Option<Recognised> {
    let is_for = |choice: &&FormatFor| choice.glob.as_ref().is_none_or(|glob| is_meant(glob, name));
    match choices.iter().rev().find(is_for) {
        Some(choice) => Some(chosen(choice.format.0)),
        None => recognise(name, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        for (typed, glob, name) in [
            ("nginx-access", None, "nginx-access"),
            ("*.log=nginx-access", Some("*.log"), "nginx-access"),
            ("haproxy-tcp", None, "haproxy-http"),
            ("apache:%h a=%u %t", None, "apache-access"),
            (r"apache-error:[%t] [%l] %M", None, "apache-error"),
            ("nginx:escape=json rt=$request_time", None, "nginx-access"),
            ("haproxy:%ci ms=%Ta", None, "haproxy-tcp"),
        ] {
            let choice: Result<FormatFor, String> = typed.parse();
            let read = choice.as_ref().map(|choice| (choice.glob.as_deref(), choice.format.0.name()));
            assert_eq!(read, Ok((glob, name)), "{typed}");
        }
        assert!("nginx-acess".parse::<FormatFor>().is_err_and(|error| error.contains("nginx-access")));
    }

    #[test]
    fn the_last_choice_for_a_path_counts() {
        let choices: Vec<FormatFor> =
            ["nginx-access", "*error*=apache-error"].iter().filter_map(|typed| typed.parse().ok()).collect();
        let format = |name| recognised(&choices, name, b"").map(|recognised| recognised.format.name());
        assert_eq!((format("logs/error.log"), format("access.log")), (Some("apache-error"), Some("nginx-access")));
        assert_eq!(recognised(&[], "access.log", b"").map(|recognised| recognised.format.name()), None);
    }
}
