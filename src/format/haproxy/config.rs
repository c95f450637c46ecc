//! HAProxy's configuration, in the words of `parse_line` (`src/tools.c`).
//!
//! ```text
//! frontend www
//!     bind *:80,:443 ssl crt /etc/haproxy/shop.pem
//!     log-format "%ci:%cp [%tr] %ft %b/%s %ST"
//!     default_backend shop
//! ```
//!
//! A directive is a line, and belongs to the section whose keyword came last. Quotes may stand anywhere in a word: in
//! double ones `\` and `$` mean something, in single ones nothing does. A backslash takes a blank, a quote, `#` and
//! itself as they are. Before 1.6 there were no quotes, and blanks of a log-format stood behind a backslash.

use super::super::config::{Directive, Logging, Matter, Names, is_listed, is_text};
use crate::format::document::lines;
use crate::format::{Format, Framing, Part, Record};

/// `haproxy.cfg`, a file of `conf.d`.
pub struct Config;

const PROXY: &[&str] = &[
    "bind",
    "server",
    "server-template",
    "mode",
    "log",
    "log-tag",
    "log-format",
    "log-format-sd",
    "error-log-format",
    "default_backend",
    "use_backend",
    "maxconn",
];

const MATTER: Matter = Matter {
    format: "haproxy-config",
    program: "haproxy",
    sections: &[
        ("global", &["log", "log-tag", "maxconn", "nbthread", "nbproc", "user", "stats", "pidfile"]),
        ("defaults", PROXY),
        ("frontend", PROXY),
        ("backend", PROXY),
        ("listen", PROXY),
        ("peers", &["bind", "peer", "server"]),
        ("log-forward", &["bind", "dgram-bind", "log"]),
        ("log-profile", &["on", "log-tag"]),
        ("ring", &["server"]),
        ("resolvers", &["nameserver"]),
        ("mailers", &["mailer"]),
    ],
    alone: &[],
    parts: &[],
};

impl Format for Config {
    fn name(&self) -> &'static str {
        MATTER.format
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        let line = line.trim_ascii_start();
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        line.starts_with(b"#")
            || line.starts_with(b".")
            || str::from_utf8(word).is_ok_and(|word| is_listed(SECTIONS, word))
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        read(bytes).map(|sections| MATTER.parts(bytes, &sections, true)).unwrap_or_default()
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "global\n\tlog /dev/log\tlocal0\n\tchroot /var/lib/haproxy\n\tuser haproxy\n\ndefaults\n\tlog\tglobal\n\tmode\thttp\n\toption\thttplog\n        timeout connect 5000\n",
            "frontend www\n    bind *:80\n    default_backend shop\n",
            "backend shop\n    server s1 192.0.2.7:8080 check\n",
        ]
    }
}

/// The sections of a file; `None` if it is no configuration of HAProxy.
pub(in crate::format) fn read(bytes: &[u8]) -> Option<Vec<Directive>> {
    // A log of any size is refused before it is read through.
    let text = str::from_utf8(is_text(bytes).then_some(bytes)?).ok()?;
    let mut names = Names::default();
    let mut sections: Vec<Directive> = Vec::new();
    for (range, line) in lines(text) {
        let words = words(line)?;
        let Some(name) = words.first().filter(|name| !is_condition(name)) else { continue };
        let start = range.start + line.len() - line.trim_start().len();
        let head = start..(range.start + line.trim_end().len());
        if is_listed(SECTIONS, name) {
            is_section(&words).then_some(())?;
            sections.push(Directive { words, whole: head.clone(), head, is_section: true, inside: Vec::new() });
            continue;
        }
        let section = sections.last_mut()?;
        let name = if matches!(name.as_str(), "no" | "default") { words.get(1)? } else { name };
        names.add(is_known(name));
        if names.are_foreign() {
            return None;
        }
        section.whole.end = head.end;
        section.inside.push(Directive { words, whole: head.clone(), head, is_section: false, inside: Vec::new() });
    }
    sections.iter_mut().for_each(move_bind);
    names.fit().then_some(sections)
}

/// `.if`, `.notice`: for the reader of the file.
fn is_condition(word: &str) -> bool {
    matches!(word, ".if" | ".elif" | ".else" | ".endif" | ".diag" | ".notice" | ".warning" | ".alert")
}

/// A proxy has a name, and no section has braces.
fn is_section(words: &[String]) -> bool {
    let needs_name = words.first().is_some_and(|name| matches!(name.as_str(), "frontend" | "backend" | "listen"));
    let is_name = |word: &String| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    words.get(1).map_or(!needs_name, is_name) && !words.iter().any(|word| word == "{")
}

/// `listen stats 192.0.2.1:1936` of 1.5 and before: an address behind the name is a bind.
fn move_bind(section: &mut Directive) {
    let is_proxy = matches!(section.name(), "frontend" | "listen");
    let is_address = |word: &&String| word.contains(':') || word.starts_with('/');
    if let Some(address) = section.words.get(2).filter(is_address).filter(|_| is_proxy) {
        let words = vec!["bind".to_owned(), address.clone()];
        let (head, whole) = (section.head.clone(), section.head.clone());
        section.inside.insert(0, Directive { words, head, whole, ..Directive::default() });
    }
}

/// What a configuration says of logs: they go to syslog, so any of the strings may be a line's. `log-format-sd` writes
/// into RFC 5424's structured data, not into the message.
pub(in crate::format) fn logging(sections: &[Directive], all: &mut Logging) {
    for directive in sections.iter().flat_map(|section| &section.inside) {
        match (directive.name(), directive.arguments()) {
            ("log-format" | "error-log-format", [string, ..]) => all.add("haproxy", None, spelled(string)),
            ("on", steps) => {
                let format = steps.iter().position(|word| word == "format").and_then(|at| steps.get(at + 1));
                format.into_iter().for_each(|string| all.add("haproxy", None, spelled(string)));
            }
            ("log-tag", [tag, ..]) => all.tags.push(("haproxy", tag.clone())),
            _ => {}
        }
    }
}

/// A format as `--input-format` takes it: backslashes that are left are letters.
fn spelled(string: &str) -> String {
    string.replace('\\', "\\\\")
}

/// The words of a line; `None` if HAProxy would not read it.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let mut len = letter.len_utf8();
        match letter {
            '#' if quote.is_none() => break,
            '"' | '\'' if quote.is_none() => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            _ if quote == Some(letter) => quote = None,
            '\\' if quote != Some('\'') => {
                let (escaped, read) = escape(&rest[1..])?;
                word.get_or_insert_default().push(escaped.unwrap_or('\\'));
                len += read;
            }
            _ if letter.is_ascii_whitespace() && quote.is_none() => words.extend(word.take()),
            '$' if quote == Some('"') => {
                let (name, read) = variable(&rest[1..])?;
                let own = FORMATS.iter().find(|(known, _)| *known == name).map(|(_, string)| *string);
                len += read;
                word.get_or_insert_default().push_str(own.unwrap_or(&rest[..len]));
            }
            _ => word.get_or_insert_default().push(letter),
        }
        rest = rest.get(len..)?;
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// What follows a backslash: the letter that it stands for, if it is one, and its length.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let Some(letter) = rest.chars().next() else { return Some((None, 0)) };
    Some(match letter {
        ' ' | '\\' | '#' | '\'' | '"' | '$' => (Some(letter), 1),
        't' => (Some('\t'), 1),
        'n' => (Some('\n'), 1),
        'r' => (Some('\r'), 1),
        'x' => (u8::from_str_radix(rest.get(1..3)?, 16).ok().map(char::from), 3),
        _ => (None, 0),
    })
}

/// `HOME` of `$HOME`, `LB` of `${LB-default}` and `${LB[*]}`: the name, and its length with the braces.
fn variable(rest: &str) -> Option<(&str, usize)> {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    let braced = rest.strip_prefix('{');
    let name = braced.unwrap_or(rest);
    let end = name.find(|letter| !in_name(letter)).unwrap_or(name.len());
    let len = if braced.is_some() { rest.find('}')? + 1 } else { end };
    name.get(..end).filter(|name| !name.is_empty()).map(|name| (name, len))
}

/// Variables that HAProxy sets itself (`src/haproxy.c`), with its own formats (`src/log.c`).
const FORMATS: &[(&str, &str)] = &[
    (
        "HAPROXY_HTTP_LOG_FMT",
        "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r",
    ),
    (
        "HAPROXY_HTTPS_LOG_FMT",
        "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r \
         %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc",
    ),
    ("HAPROXY_TCP_LOG_FMT", "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq"),
    (
        "HAPROXY_HTTP_CLF_LOG_FMT",
        "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc \
         %sq %bq %CC %CS %hrl %hsl",
    ),
];

/// Keywords that begin a section (`REGISTER_CONFIG_SECTION`).
const SECTIONS: &str = "global defaults frontend backend listen peers resolvers userlist mailers cache ring \
    http-errors log-forward log-profile program fcgi-app namespace_list crt-store acme traces healthcheck";

/// Keywords within sections that have no prefix in common.
const NAMES: &str = "
acl backlog balance bind bind-process block capture clitimeout contimeout srvtimeout compression cookie crt declare
default-server default_backend description dgram-bind disabled dispatch email-alert enabled error-log-format
errorfile errorfiles errorloc errorloc302 errorloc303 external-check filter filter-sequence force-be-switch
force-persist fullconn grace guid hash-balance-factor hash-preserve-affinity hash-type id ignore-persist
load-server-state-from-file load log log-format log-format-sd log-steps log-tag maxconn mode monitor monitor-net
monitor-uri option persist quic-initial rate-limit redirect retries retry-on server server-state-file-name
server-template source stats stick stick-table timeout transparent unique-id-format unique-id-header use-fcgi-app
use-server use_backend appsession table peer nameserver parse-resolv-conf resolve_retries accepted_payload_size hold
user group mailer total-max-size max-object-size max-age process-vary max-secondary-entries format maxlen size
backing-file on command docroot index path-info pass-header log-stderr namespace key-base crt-base ca-base chroot
cluster-secret cpu-map cpu-affinity cpu-policy cpu-set daemon debug default-path fd-hard-limit gid uid nbproc nbthread
node pidfile ulimit-n localpeer quiet strict-limits issuers-chain-path hard-stop-after master-worker prealloc-fd
presetenv setenv resetenv unsetenv set-dumpable set-var set-var-fmt spread-checks stats-file unix-bind zero-warning
busy-polling numa-cpu-mapping anonkey thread-group thread-groups wurfl-data-file directory contact challenge keytype
account-key domains bits curves map trace limited-quic";

const PREFIXES: &[&str] = &[
    "http-",
    "tcp-",
    "tune.",
    "ssl-",
    "lua-",
    "max-",
    "mworker-",
    "server-state-",
    "expose-",
    "h1-",
    "h2-",
    "harden.",
    "insecure-",
    "log-send-",
    "ocsp-update.",
    "profiling.",
    "wurfl-",
    "51degrees-",
    "deviceatlas-",
    "httpclient.",
    "noepoll",
    "nokqueue",
    "nopoll",
    "nosplice",
    "nogetaddrinfo",
    "noreuseport",
    "noevports",
    "no-memory",
    "maxc",
    "maxs",
    "maxp",
    "maxz",
    "srvtcpka-",
    "clitcpka-",
    "reqi",
    "reqa",
    "reqd",
    "reqt",
    "reqr",
    "rspi",
    "rspd",
    "rspa",
    "rspr",
    "pp2-",
    "dns-",
    "module-",
    "jwt.",
    "quic-",
    "thread-",
    "force-",
    "ot-",
    "option",
];

fn is_known(name: &str) -> bool {
    is_listed(NAMES, name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Value;

    #[test]
    fn words_as_haproxy_reads_them() {
        for (why, line, want) in [
            ("blanks and a comment", "\tbind  *:80 ssl # x", Some(vec!["bind", "*:80", "ssl"])),
            ("a blank behind a backslash", r"log-format %ci\ %ST\ \#", Some(vec!["log-format", "%ci %ST #"])),
            ("double quotes", r#"log-format "%ci \"%r\" # \$a""#, Some(vec!["log-format", r#"%ci "%r" # $a"#])),
            ("single quotes", r#"log-format '%ci "%r" \n'"#, Some(vec!["log-format", r#"%ci "%r" \n"#])),
            ("quotes inside a word", r#"a b"c d"'e f'g"#, Some(vec!["a", "bc de fg"])),
            ("an empty word", "a \"\" b", Some(vec!["a", "", "b"])),
            ("a letter by its number", r"a \x41\d", Some(vec!["a", r"A\d"])),
            ("a variable", r#"bind "${LB}:80" "$X-" $y"#, Some(vec!["bind", "${LB}:80", "$X-", "$y"])),
            (
                "HAProxy's own",
                r#"log-format "${HAPROXY_TCP_LOG_FMT} x""#,
                Some(vec!["log-format", "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq x"]),
            ),
            ("an open quote", "a \"b", None),
            ("nothing", "  # x", Some(vec![])),
        ] {
            let want = want.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(words(line), want, "{why}");
        }
    }

    #[test]
    fn sections_are_records() {
        let config = "# x\nglobal\n  daemon\n\n  maxconn 10 # all\nfrontend www\n  bind *:80,:443 ssl\n  bind :8000-8010\n  no option httplog\n  default_backend b\n\n\nlisten stats 192.0.2.1:1936\n  stats enable\n";
        let parts = Config.document(config.as_bytes());
        let told: Vec<_> = parts.iter().map(|part| (part.range.start, part.record.message().to_owned())).collect();
        let at = |text: &str| config.find(text).unwrap_or_default();
        let want =
            [(at("global"), "global"), (at("frontend"), "frontend www"), (at("listen"), "listen stats 192.0.2.1:1936")];
        assert_eq!(told, want.map(|(place, text)| (place, text.to_owned())));
        let ends: Vec<_> = parts.iter().map(|part| part.range.end).collect();
        let end = |text: &str| at(text) + text.len();
        assert_eq!(ends, [end("maxconn 10 # all"), end("default_backend b"), end("stats enable")]);
        let fields = |index: usize| -> Vec<(String, Value<'_>)> {
            let fields = parts.get(index).map(|part| part.record.fields.clone()).unwrap_or_default();
            fields.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
        };
        let list = |values: &[&str]| Value::List(values.iter().map(|value| (*value).to_owned().into()).collect());
        let field = |name: &str, values: &[&str]| (name.to_owned(), list(values));
        assert_eq!(
            fields(1),
            [
                field("frontend", &["www"]),
                field("bind", &["*:80,:443 ssl", ":8000-8010"]),
                field("default_backend", &["b"])
            ]
        );
        assert_eq!(fields(2), [field("listen", &["stats 192.0.2.1:1936"]), field("bind", &["192.0.2.1:1936"])]);
    }

    #[test]
    fn fragments() {
        for (why, config, is_one) in [
            ("a frontend", "frontend www\n  bind :80\n", true),
            ("a backend", "backend shop\n  server s1 192.0.2.7:80 check\n", true),
            ("a condition", ".if defined(X)\nlisten a\n  bind :80\n.endif\n", true),
            ("users", "userlist u\n  user a insecure-password b\n", true),
            ("no section", "  bind :80\n", false),
            ("no name", "frontend\n  bind :80\n", false),
            ("nothing in it", "listen a\n", false),
            ("Varnish", "backend default {\n  .host = \"x\";\n}\n", false),
            ("mostly unknown", "global\n  foo a\n  bar b\n  daemon\n", false),
        ] {
            assert_eq!(!Config.document(config.as_bytes()).is_empty(), is_one, "{why}");
        }
    }

    #[test]
    fn formats_of_logs() {
        let config = "defaults\n  log-format %ci\\ %ST\n  log-tag shop\nfrontend www\n  error-log-format '%ci \\d'\n  log-format-sd %{+Q,+E}o\\ [x]\nlog-profile p\n  on http-req format \"%ci [%tr]\" sd x\n";
        let mut all = Logging::default();
        logging(&read(config.as_bytes()).unwrap_or_default(), &mut all);
        let strings: Vec<_> = all.formats.iter().map(|format| format.string.as_str()).collect();
        assert_eq!(strings, ["%ci %ST", "%ci \\\\d", "%ci [%tr]"]);
        assert_eq!(all.tags, [("haproxy", "shop".to_owned())]);
    }
}
