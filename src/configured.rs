//! Formats by the servers' own configurations, where these are among the inputs: which log is written by which string.
//!
//! A log whose path a configuration names is read by the string that it names there, if that reads as much of a sample
//! as the formats that are known anyway; any other by the string that reads most of it, if that is more than they do.
//! Where both read the sample alike, the known format stays, as it is the faster one. What the user says of a file
//! stands above all of this.

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::choice::Choices;
use crate::clock::zone::is_meant;
use crate::format::config::{FormatString, LogFile, Logging, logging};
use crate::format::recognise::{Recognised, before, chosen, sample};
use crate::format::template::{Inner, Within, of_server};
use crate::format::{Format, Framing, Record, Value};
use crate::input::Source;

/// Of a file that no configuration names, one of so many lines at least must be a record.
const LEAST_SHARE: usize = 2;
/// Lines that are read with both of two formats, to see whether they read alike.
const COMPARED_LINES: usize = 40;

/// The formats that the configurations among the inputs have.
#[derive(Default)]
pub struct Configured {
    strings: Vec<(FormatString, &'static dyn Format)>,
    files: Vec<LogFile>,
    inner: Vec<Inner>,
}

impl Configured {
    /// What all configurations among the sources say. A string that cannot be read, of a module that is not known, is
    /// as if it were not there.
    pub fn of(sources: &[Source]) -> Configured {
        let mut all = Logging::default();
        sources.iter().for_each(|source| logging(source.bytes(), &mut all));
        let compiled = |string: FormatString| {
            let typed = format!("{}:{}", string.language, string.string);
            let format: &'static dyn Format = Box::leak(Box::new(of_server(&typed).ok()?));
            Some((string, format))
        };
        let strings: Vec<(FormatString, &'static dyn Format)> = all.formats.into_iter().filter_map(compiled).collect();
        let tags = |language: &str| -> Vec<String> {
            all.tags.iter().filter(|(of, _)| *of == language).map(|(_, tag)| tag.clone()).collect()
        };
        let inner = strings.iter().map(|(string, format)| Inner {
            language: string.language,
            tags: tags(string.language),
            format: *format,
        });
        Configured { inner: inner.collect(), strings, files: all.files }
    }

    /// The formats of a file: by the user's choice, by the configuration, by its content.
    pub fn recognised(&self, choices: &Choices, name: &str, bytes: &[u8]) -> Option<Recognised> {
        let known = choices.recognised(name, bytes);
        if self.strings.is_empty() || choices.tell(name) {
            return known;
        }
        let by_string = if is_taken(known.as_ref()) { None } else { self.by_string(name, bytes, known.as_ref()) };
        by_string.or_else(|| known.map(|known| self.opened(known)))
    }

    /// The same file, but with lines inside of envelopes read by the strings.
    fn opened(&self, known: Recognised) -> Recognised {
        let open = |format: &'static dyn Format| -> &'static dyn Format {
            if !Within::is_envelope(format.name()) {
                return format;
            }
            Box::leak(Box::new(Within { envelope: format, inner: self.inner.clone() }))
        };
        let others = known.others.into_iter().map(open).collect();
        Recognised { format: open(known.format), others, ..known }
    }

    /// The strings that read more of a file than the formats that are known anyway.
    fn by_string(&self, name: &str, bytes: &[u8], known: Option<&Recognised>) -> Option<Recognised> {
        let sample = Sample { bytes, lines: sample(bytes) };
        let named = self.named(name);
        let known_count = known.map_or(0, |known| sample.reads_with(known));
        let guesses = known.is_some_and(|known| matches!(known.format.name(), "app-log" | "json-access"));
        if named.is_empty() && !guesses && known_count == sample.lines.len() {
            return None;
        }
        let is_named = |index: &usize| named.contains(index);
        let mut ranked: Vec<(usize, usize)> = (0..self.strings.len())
            .map(|index| (sample.reads(self.strings[index].1, is_named(&index)), index))
            .filter(|(count, _)| *count > 0)
            .collect();
        ranked.sort_by_key(|(count, index)| (!is_named(index), Reverse(*count), *index));
        let (count, best) = *ranked.first()?;
        let format = self.strings[best].1;
        let wins = if is_named(&best) {
            count >= known_count && count * LEAST_SHARE >= known_count.max(1)
        } else {
            count * LEAST_SHARE >= sample.lines.len() && (count > known_count || guesses && count == known_count)
        };
        if !wins || known.is_some_and(|known| sample.are_alike(format, known)) {
            return None;
        }
        let Recognised { mut others, owner, .. } = chosen(name, format);
        others.extend(ranked.iter().skip(1).map(|(_, index)| self.strings[*index].1));
        others.extend(known.into_iter().flat_map(|known| [known.format].into_iter().chain(known.others.clone())));
        others.retain(|other| {
            sample.adds(*other, format) || other.name() == "apache-error" && format.name() == other.name()
        });
        Some(Recognised { format, others, owner })
    }

    /// The strings by which the configuration has that file written: those of the entry that shares most of its path.
    fn named(&self, name: &str) -> Vec<usize> {
        let shares = |file: &LogFile| shared_parts(&file.path, name);
        let most = self.files.iter().map(shares).max().unwrap_or(0);
        let entries = || self.files.iter().filter(|file| most > 0 && shares(file) == most);
        let is_named = |string: &FormatString| {
            entries().any(|file| file.language == string.language && file.format == string.name)
        };
        (0..self.strings.len()).filter(|index| is_named(&self.strings[*index].0)).collect()
    }
}

/// Whether a file is of a form in which a server's lines stand alone in no case.
fn is_taken(known: Option<&Recognised>) -> bool {
    known.is_some_and(|known| {
        let name = known.format.name();
        !matches!(known.format.framing(), Framing::Lines | Framing::SingleLines)
            || Within::is_envelope(name) && name != "syslog-iso"
    })
}

/// How many parts two paths share from their ends on, where the last may be that of a rotated log. 0: they are not of
/// the same file.
fn shared_parts(configured: &str, name: &str) -> usize {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split(['/', '!']).filter(|part| !matches!(*part, "" | "."));
        parts.rev().map(str::to_owned).collect()
    };
    let (configured, name) = (parts(configured), parts(name));
    let is_last =
        |pattern: &str, name: &str| pattern != "*" && before_rotation(name).any(|name| is_meant(pattern, name));
    let [pattern, folders @ ..] = configured.as_slice() else { return 0 };
    let [last, above @ ..] = name.as_slice() else { return 0 };
    if !is_last(pattern, last) {
        return 0;
    }
    1 + folders.iter().zip(above).take_while(|(one, other)| one == other).count()
}

/// `shop.log.2.gz`, `shop.log-20261124` and what they were called before: first the name itself.
fn before_rotation(name: &str) -> impl Iterator<Item = &str> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    std::iter::successors(Some(name), move |name| {
        let (before, last) = name.rsplit_once('.')?;
        if matches!(last, "gz" | "xz" | "bz2" | "zst" | "lz4") || is_number(last) {
            return Some(before);
        }
        // `dateext` puts a date behind the ending, or, with `extension`, before it.
        let (before, date) = name.split_once('-')?;
        is_number(date).then_some(before)
    })
}

/// Lines of a file, for trying formats.
struct Sample<'a> {
    bytes: &'a [u8],
    lines: Vec<(usize, &'a [u8])>,
}

impl<'a> Sample<'a> {
    fn read(&self, format: &dyn Format, at: usize, line: &'a [u8]) -> Option<Record<'a>> {
        format.is_start(before(self.bytes, at), line).then(|| format.parse(line)).flatten()
    }

    /// How many of the lines a string reads. Without a moment, a line of any text could be one: the configuration must
    /// name the file then.
    fn reads(&self, format: &dyn Format, is_named: bool) -> usize {
        let read = self.lines.iter().filter_map(|(at, line)| self.read(format, *at, line));
        read.filter(|record| is_named || record.stamp.is_some()).count()
    }

    fn reads_with(&self, known: &Recognised) -> usize {
        let formats = || [known.format].into_iter().chain(known.others.iter().copied());
        self.lines.iter().filter(|(at, line)| formats().any(|format| self.read(format, *at, line).is_some())).count()
    }

    /// Whether a format reads lines that the other does not.
    fn adds(&self, format: &dyn Format, to: &dyn Format) -> bool {
        let reads = |format, (at, line): &(usize, &'a [u8])| self.read(format, *at, line).is_some();
        self.lines.iter().any(|line| reads(format, line) && !reads(to, line))
    }

    /// Whether both read the same out of the lines.
    fn are_alike(&self, format: &dyn Format, known: &Recognised) -> bool {
        let lines = || self.lines.iter().take(COMPARED_LINES);
        lines().all(|(at, line)| {
            let own = self.read(format, *at, line).map(plain);
            own.is_none() || own == self.read(known.format, *at, line).map(plain)
        })
    }
}

/// A record without what its format's name brings, and with its fields in order.
fn plain(record: Record<'_>) -> Record<'_> {
    let mut record = Record { format: "", program: None, ..record };
    record.fields.retain(|(_, value)| *value != Value::Text("".into()));
    record.fields.sort_by(|one, other| one.0.cmp(&other.0));
    record
}

/// The formats of all sources, by the configurations among them; several sources at a time.
pub fn recognise_all(sources: Vec<Source>, choices: &Choices) -> Vec<(Source, Option<Recognised>)> {
    let configured = Configured::of(&sources);
    let of = |source: &Source| configured.recognised(choices, &source.name, source.bytes());
    let recognised: Vec<Option<Recognised>> = sources.par_iter().map(of).collect();
    sources.into_iter().zip(recognised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::FormatFor;
    use crate::config::Config;

    fn configured(config: &str) -> Configured {
        Configured::of(&[Source::read("x.conf", config.as_bytes().to_vec())])
    }

    #[test]
    fn paths_of_logs_and_of_their_copies() {
        for (configured, name, parts) in [
            ("/var/log/nginx/shop.log", "logs/var/log/nginx/shop.log", 4),
            ("/var/log/nginx/shop.log", "shop.log", 1),
            ("/var/log/nginx/shop.log", "web01/nginx/shop.log.1", 2),
            ("/var/log/nginx/shop.log", "nginx/shop.log.2.gz", 2),
            ("/var/log/nginx/shop.log", "nginx/shop.log-20261124.xz", 2),
            ("/var/log/nginx/shop.log", "a.tar.gz!var/log/nginx/shop.log", 4),
            ("/var/log/nginx/shop.log", "nginx/shop.log.old", 0),
            ("/var/log/nginx/shop.log", "nginx/workshop.log", 0),
            ("*/shop.log", "apache2/shop.log", 1),
            ("/var/log/nginx/*.shop.log", "www.shop.log", 1),
            ("/var/log/x.***", "x.20261124", 1),
            ("/dev/*", "anything", 0),
            ("logs/access_log", "/etc/httpd/logs/access_log", 2),
        ] {
            assert_eq!(shared_parts(configured, name), parts, "{configured} {name}");
        }
    }

    const LINE: &str = "[24/Nov/2026:03:21:53 +0100] 200 ::1 GET /a\n";

    /// Whether a log of such lines is read by a string of the configuration.
    fn is_by_string(config: &str, name: &str, log: &str) -> bool {
        let recognised = configured(config).recognised(&Choices::default(), name, log.as_bytes());
        recognised.is_some_and(|recognised| recognised.format.samples().is_empty())
    }

    #[test]
    fn which_format_a_log_has() {
        const SHOP: &str = "log_format shop '[$time_local] $status $remote_addr $request_method $request_uri';\n";
        const JSON: &str = "log_format j escape=json '{\"at\":\"$time_iso8601\",\"who\":\"$remote_addr\",\"status\":\"$status\",\"request\":\"$request\"}';";
        let object = "{\"at\":\"2026-11-24T03:21:53+01:00\",\"who\":\"::1\",\"status\":\"200\",\"request\":\"GET / HTTP/1.1\"}\n";
        for (why, config, name, log, is_string) in [
            ("named", format!("{SHOP}access_log /l/shop.log shop;"), "l/shop.log", LINE.repeat(3), true),
            ("not named, but nobody else reads it", SHOP.to_owned(), "x", LINE.repeat(3), true),
            ("half of it is something else", SHOP.to_owned(), "x", format!("{LINE}a\nb\nc\n"), false),
            ("JSON of which nobody knows the names", JSON.to_owned(), "x", object.repeat(3), true),
            (
                "any text",
                "log_format any '$request'; access_log /l/any.log any;".to_owned(),
                "x",
                "a\nb\n".to_owned(),
                false,
            ),
        ] {
            assert_eq!(is_by_string(&config, name, &log), is_string, "{why}");
        }
    }

    #[test]
    fn known_forms_stay_with_their_own_formats() {
        const COMBINED: &str = "::1 - - [24/Nov/2026:03:21:53 +0100] \"GET /?a=b HTTP/1.1\" 200 5 \"-\" \"curl\"";
        const COMMON: &str = "::1 - frank [24/Nov/2026:03:21:53 +0100] \"GET / HTTP/1.1\" 200 5";
        let nginx = |string: &str| format!("log_format a '{string}';\naccess_log /l/a.log a;");
        let apache = |string: &str| format!("LogFormat \"{string}\" a\nCustomLog /l/a.log a\n");
        let main = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
        let combined = r#"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""#;
        for (why, config, line, is_string) in [
            ("nginx's combined", nginx(main), COMBINED.to_owned(), false),
            (
                "nginx.org's main",
                nginx(&format!("{main} \"$http_x_forwarded_for\"")),
                format!("{COMBINED} \"192.0.2.1\""),
                false,
            ),
            ("a variable more", nginx(&format!("{main} $my_own")), format!("{COMBINED} x"), true),
            ("a variable that no line has yet", nginx(&format!("{main} $my_own")), COMBINED.to_owned(), false),
            ("Apache's combined", apache(combined), COMBINED.to_owned(), false),
            ("common", apache(r#"%h %l %u %t \"%r\" %>s %b"#), COMMON.to_owned(), false),
            ("vhost_combined", apache(&format!("%v:%p {combined}")), format!("shop.example:80 {COMBINED}"), false),
            (
                "combinedio",
                apache(&format!("{combined} %I %O").replace("%>s %O", "%>s %b")),
                format!("{COMBINED} 78 520"),
                false,
            ),
            ("the proxy's client", apache(&combined.replace("%h", "%{X-Forwarded-For}i")), COMBINED.to_owned(), true),
        ] {
            assert_eq!(is_by_string(&config, "l/a.log", &format!("{line}\n").repeat(3)), is_string, "{why}");
        }
    }

    #[test]
    fn a_choice_stands_above_a_configuration() {
        let config = configured("log_format shop '[$time_local] $status $remote_addr $request_method $request_uri';\n");
        let typed: Vec<FormatFor> = "*.log=apache-access".parse().into_iter().collect();
        let choices = Choices::new(&typed, &Config::default()).unwrap_or_default();
        let format = |name| {
            let recognised = config.recognised(&choices, name, LINE.as_bytes());
            recognised.map(|recognised| recognised.format.name())
        };
        assert_eq!((format("a.log"), format("a.txt")), (Some("apache-access"), Some("nginx-access")));
    }
}
