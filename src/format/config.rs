//! Configurations of Apache, nginx and HAProxy: what they share. Each server's file reads its language into
//! [`Directive`]s; here those that matter become records, and those on logs are put together.
//!
//! ```text
//! log_format shop '$remote_addr [$time_local] "$request" $status';
//! server { listen 80; access_log /var/log/nginx/shop.log shop; }
//! ```
//!
//! A record is a directive, or a section with what matters in it. Its message is the directive as written, in one
//! line; its fields hold, under the name of each directive, a list of what stands behind it. A configuration says what
//! a server would do: not that it runs, nor that this file is the one that it reads.

use std::ops::Range;

use super::{Part, Record, Text, Value, apache, haproxy, nginx, text};

/// Largest configuration; a log that begins like one is not read to its end for nothing.
const BYTES: usize = 4 << 20;

/// Sections in sections; no server's own come near it.
pub(super) const DEPTH: usize = 64;

/// A directive as its server reads it: words without quotes and escapes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Directive {
    /// Its name first.
    pub(super) words: Vec<String>,
    /// The bytes of its words; of a section, those of its head.
    pub(super) head: Range<usize>,
    /// All its bytes, to the end of a section.
    pub(super) whole: Range<usize>,
    /// Whether it opens a section.
    pub(super) is_section: bool,
    /// What stands in the section.
    pub(super) inside: Vec<Directive>,
}

impl Directive {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The words behind the name.
    pub(super) fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The word at that place behind the name; empty where there is none.
    pub(super) fn argument(&self, index: usize) -> &str {
        self.arguments().get(index).map_or("", String::as_str)
    }
}

/// Whether a file can be a configuration at all: a text, and not a long one.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.len() <= BYTES && memchr::memchr(0, bytes).is_none()
}

/// The directives of a file, and how many of their names its server knows.
pub(super) type Tree = (Vec<Directive>, Names);

/// The directives of a file that is to its end in a server's language, as `tree` reads it, if nearly all of its names are
/// known there, and if one `tells` that hardly any other program has it.
pub(super) fn told(
    bytes: &[u8],
    tree: fn(&[u8]) -> Option<Tree>,
    tells: fn(&Directive) -> bool,
) -> Option<Vec<Directive>> {
    let (directives, names) = is_text(bytes).then(|| tree(bytes)).flatten()?;
    let mut is_telling = false;
    each(&directives, &mut |directive| is_telling |= tells(directive));
    (is_telling && names.fit()).then_some(directives)
}

/// The directives of one server that matter, by their names in its manual.
pub(super) struct Matter {
    /// The records' format.
    pub(super) format: &'static str,
    /// Whose configuration it is.
    pub(super) program: &'static str,
    /// Sections that are a record, and what of their inside is.
    pub(super) sections: &'static [(&'static str, &'static [&'static str])],
    /// Directives that are a record where they stand outside of these.
    pub(super) alone: &'static [&'static str],
    /// The parts of directives that have names of their own.
    pub(super) parts: &'static [(&'static str, &'static [&'static str])],
}

impl Matter {
    /// The records of a configuration, in their order. Of a file in which nothing matters, but which `is_known` to be
    /// the server's in all its words, those at its top.
    pub(super) fn parts<'a>(&self, bytes: &'a [u8], directives: &[Directive], is_known: bool) -> Vec<Part<'a>> {
        let mut found = Vec::new();
        directives.iter().for_each(|directive| self.walk(bytes, directive, &mut found));
        if found.is_empty() && is_known {
            found.extend(directives.iter().map(|directive| self.part(bytes, directive, &[])));
        }
        found
    }

    fn walk<'a>(&self, bytes: &'a [u8], directive: &Directive, found: &mut Vec<Part<'a>>) {
        let named = |name: &&str| same(name, directive.name());
        match self.sections.iter().find(|(name, _)| directive.is_section && named(name)) {
            Some((_, wanted)) => found.push(self.part(bytes, directive, wanted)),
            None if !directive.is_section && self.alone.iter().any(named) => {
                found.push(self.part(bytes, directive, &[]))
            }
            None => directive.inside.iter().for_each(|inner| self.walk(bytes, inner, found)),
        }
    }

    fn part<'a>(&self, bytes: &'a [u8], directive: &Directive, wanted: &[&'static str]) -> Part<'a> {
        let mut record = Record::new(self.format);
        record.program = Some(Text::Borrowed(self.program));
        record.message = Some(one_line(bytes.get(directive.head.clone()).unwrap_or_default()));
        let mut fields: Vec<(&str, Vec<String>)> = Vec::new();
        if !directive.arguments().is_empty() {
            fields.push((self.spelled(directive.name()), vec![directive.arguments().join(" ")]));
        }
        gather(directive, wanted, &mut fields);
        let lists = fields.into_iter().map(|(name, values)| {
            let values = values.into_iter().map(Text::Owned).collect();
            (Text::Owned(name.to_owned()), Value::List(values))
        });
        record.fields.extend(lists);
        let parts =
            self.parts.iter().find(|(name, _)| same(name, directive.name())).map_or(&[][..], |(_, parts)| parts);
        let named = parts.iter().zip(directive.arguments());
        record.fields.extend(named.map(|(part, word)| (Text::Borrowed(*part), Value::Text(word.clone().into()))));
        Part::of_text(directive.whole.clone(), record)
    }

    /// A name as the manual spells it.
    fn spelled<'n>(&self, name: &'n str) -> &'n str {
        let of_sections = self.sections.iter().map(|(section, _)| *section);
        of_sections.chain(self.alone.iter().copied()).find(|known| same(known, name)).unwrap_or(name)
    }
}

/// What stands behind the wanted directives of a section, however deep.
fn gather(section: &Directive, wanted: &[&'static str], fields: &mut Vec<(&str, Vec<String>)>) {
    for inner in &section.inside {
        if let Some(name) = wanted.iter().find(|name| same(name, inner.name()) && !inner.is_section) {
            let value = inner.arguments().join(" ");
            match fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value),
                None => fields.push((name, vec![value])),
            }
        }
        gather(inner, wanted, fields);
    }
}

/// Names know no case: Apache's have none, and those of the others are all small.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// A directive as written, without its line ends: `\` and a newline of Apache's, newlines of nginx's.
fn one_line(raw: &[u8]) -> Text<'_> {
    let raw = text(raw);
    if !raw.contains(['\n', '\t']) {
        return raw;
    }
    let lines = raw.lines().map(|line| line.trim().trim_end_matches('\\').trim_end().replace('\t', " "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    Text::Owned(lines.join(" "))
}

/// The values of a table of names, apart by blanks.
pub(super) fn is_listed(table: &str, name: &str) -> bool {
    table.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(name))
}

/// How many names of a configuration are the server's, and how many are not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    pub(super) known: usize,
    pub(super) unknown: usize,
}

impl Names {
    /// Takes note of a name.
    pub(super) fn add(&mut self, is_known: bool) {
        if is_known {
            self.known += 1;
        } else {
            self.unknown += 1;
        }
    }

    /// Whether the file is the server's: modules of others bring names of their own, but never many.
    pub(super) fn fit(self) -> bool {
        self.known > 0 && self.unknown * 4 <= self.known
    }

    /// Whether it surely is not, so that the rest need not be read.
    pub(super) fn are_foreign(self) -> bool {
        self.unknown > 20 && self.unknown > self.known
    }
}

/// A server's format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatString {
    /// What reads it, as `--input-format` calls it: `nginx`, `apache`, `apache-error`, `haproxy`.
    pub language: &'static str,
    /// By which directives of logs name it.
    pub name: Option<String>,
    #[allow(missing_docs)]
    pub string: String,
}

/// A file that a server writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// As in [`FormatString`].
    pub language: &'static str,
    /// As configured, `*` for what is filled in when it runs.
    pub path: String,
    /// The name of the format; `None`: any that has none.
    pub format: Option<String>,
}

/// What configurations say of logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    #[allow(missing_docs)]
    pub formats: Vec<FormatString>,
    #[allow(missing_docs)]
    pub files: Vec<LogFile>,
    /// Names by which the servers are known in syslog, with the language of their lines.
    pub tags: Vec<(&'static str, String)>,
}

impl Logging {
    /// Adds a format, once.
    pub(super) fn add(&mut self, language: &'static str, name: Option<&str>, string: String) {
        let format = FormatString { language, name: name.map(str::to_owned), string };
        if !self.formats.contains(&format) {
            self.formats.push(format);
        }
    }

    /// Adds a file, once.
    pub(super) fn add_file(&mut self, language: &'static str, path: String, format: Option<&str>) {
        let file = LogFile { language, path, format: format.map(str::to_owned) };
        if !self.files.contains(&file) {
            self.files.push(file);
        }
    }
}

/// Adds what a file says of logs, if it is a configuration of one of the servers.
pub fn logging(bytes: &[u8], all: &mut Logging) {
    if let Some(directives) = nginx::config::read(bytes) {
        nginx::config::logging(&directives, all);
    } else if let Some(directives) = haproxy::config::read(bytes) {
        haproxy::config::logging(&directives, all);
    } else if let Some(directives) = apache::config::read(bytes) {
        apache::config::logging(&directives, all);
    }
}

/// Calls `each` for all directives, however deep.
pub(super) fn each<'d>(directives: &'d [Directive], call: &mut impl FnMut(&'d Directive)) {
    for directive in directives {
        call(directive);
        each(&directive.inside, call);
    }
}

#[cfg(test)]
mod tests {
    use crate::format::{FORMATS, Framing};

    #[test]
    fn other_files_are_no_configuration_of_a_server() {
        for (what, text) in [
            ("a shell script", "#!/bin/sh\nset -e\nif [ -f /etc/x ]; then\n  listen 80;\nfi\nexit 0\n"),
            ("a function of a shell", "server() {\n  listen 80;\n  return 0;\n}\n"),
            ("an INI file", "[global]\nlisten = 80\n[server]\nroot = /srv\n"),
            ("Samba", "[global]\n  workgroup = X\n  log level = 1\n"),
            ("YAML", "global:\n  scrape_interval: 15s\nserver:\n  listen: 80\n"),
            ("JSON", "{\"server\": {\"listen\": 80}}\n"),
            ("C", "#include <stdio.h>\nint main(void) {\n  return 0;\n}\n"),
            ("C with structures", "struct server {\n  int listen;\n};\n"),
            ("a unit of systemd", "[Unit]\nDescription=nginx\n[Service]\nUser=www-data\nExecStart=/usr/sbin/nginx\n"),
            ("sudoers", "# sudo\nDefaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"),
            ("logrotate", "/var/log/nginx/*.log {\n  daily\n  missingok\n  rotate 14\n}\n"),
            ("sshd", "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\nLogLevel INFO\nUsePAM yes\nAllowUsers a\n"),
            (
                "CUPS",
                "LogLevel warn\nListen localhost:631\nListen /run/cups/cups.sock\nBrowsing Off\n<Location />\n  Order allow,deny\n</Location>\n<Policy default>\n</Policy>\n",
            ),
            (
                "tinyproxy",
                "User tinyproxy\nGroup tinyproxy\nPort 8888\nTimeout 600\nListen 192.0.2.1\nAllow 127.0.0.1\n",
            ),
            (
                "ProFTPD",
                "ServerName \"Debian\"\nServerType standalone\nPort 21\nUmask 022\nTransferLog /var/log/xferlog\n",
            ),
            ("Caddy", "example.com {\n  root * /srv\n  file_server\n}\n"),
            ("named", "options {\n  directory \"/var/cache/bind\";\n  listen-on { any; };\n};\n"),
            ("dhcpd", "subnet 192.0.2.0 netmask 255.255.255.0 {\n  range 192.0.2.10 192.0.2.20;\n}\n"),
            ("style sheet", "server { color: red; }\n"),
            ("Varnish", "vcl 4.0;\nbackend default {\n  .host = \"127.0.0.1\";\n  .port = \"8080\";\n}\n"),
            ("keepalived", "global_defs {\n  router_id X\n}\nvrrp_instance V {\n  state MASTER\n}\n"),
            ("dnsmasq", "listen-address=127.0.0.1\nserver=192.0.2.1\n"),
            ("XML", "<VirtualHost>\n<Listen>80</Listen>\n</VirtualHost>\n"),
            ("HTML", "<html>\n<body>\n<p>Listen 80</p>\n</body>\n</html>\n"),
            ("a text", "Listen 80 times to it.\nThen the server is up.\nNobody knows why.\n"),
            ("a list of words", "global\ndefaults\nlisten\n"),
            ("syslog", "Nov 24 02:03:04 web01 haproxy[12]: Proxy www started.\n"),
            ("sockets", "LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:((\"nginx\",pid=1,fd=6))\n"),
            (
                "sockets with their headings",
                "State Recv-Q Send-Q\nLISTEN 0 511\nLISTEN 0 128\nLISTEN 0 1\nLISTEN 0 5\n",
            ),
            ("levels", "Error 1 happened\nWarning 2 happened\nTimeout 3 happened\n"),
            ("only a comment", "# server { listen 80; }\n"),
            ("nothing", "\n\n"),
        ] {
            for format in FORMATS.iter().filter(|format| format.name().ends_with("-config")) {
                assert!(format.document(text.as_bytes()).is_empty(), "{what} is no {}", format.name());
            }
        }
    }

    #[test]
    fn samples_are_read_by_their_own_format_only() {
        let configs: Vec<_> = FORMATS.iter().filter(|format| format.name().ends_with("-config")).collect();
        assert_eq!(configs.len(), 3);
        for format in &configs {
            for sample in format.samples() {
                let first = sample.lines().next().unwrap_or_default();
                assert!(format.is_start(b"", first.as_bytes()), "{sample}");
                assert!(!format.document(sample.as_bytes()).is_empty(), "{sample}");
                for other in FORMATS.iter().filter(|other| other.name() != format.name()) {
                    let is_document = other.framing() == Framing::Document && other.is_start(b"", first.as_bytes());
                    assert!(!is_document || other.document(sample.as_bytes()).is_empty(), "{sample}: {}", other.name());
                }
            }
        }
    }
}
