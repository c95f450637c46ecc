//! nginx's configuration, in the tokens of `ngx_conf_read_token` (`src/core/ngx_conf_file.c`).
//!
//! ```text
//! upstream shop { server 192.0.2.7:8080; }
//! server {
//!     listen 80 default_server;
//!     access_log /var/log/nginx/shop.log shop;
//! }
//! ```
//!
//! A directive ends with `;` or opens a block, over as many lines as it likes. Quotes stand around whole words; a
//! backslash takes the next letter as it is; `${` opens no block; `#` begins a comment only where a word may begin.
//! Modules in Lua read their blocks themselves.

use std::ops::Range;

use super::super::config::{DEPTH, Directive, Logging, Matter, Names, Tree, each, is_listed, told};
use crate::format::{Format, Framing, Part, Record, text};

/// `nginx.conf`, a file of `sites-enabled` or `conf.d`.
pub struct Config;

const MATTER: Matter = Matter {
    format: "nginx-config",
    program: "nginx",
    sections: &[
        (
            "server",
            &[
                "listen",
                "server_name",
                "root",
                "access_log",
                "error_log",
                "proxy_pass",
                "fastcgi_pass",
                "uwsgi_pass",
                "scgi_pass",
                "grpc_pass",
                "include",
            ],
        ),
        ("upstream", &["server", "keepalive"]),
    ],
    alone: &[
        "user",
        "pid",
        "worker_processes",
        "worker_connections",
        "worker_rlimit_nofile",
        "include",
        "listen",
        "server_name",
        "log_format",
        "access_log",
        "error_log",
        "proxy_pass",
        "fastcgi_pass",
        "uwsgi_pass",
        "scgi_pass",
        "grpc_pass",
    ],
    parts: &[
        ("log_format", &["name"]),
        ("access_log", &["path", "format"]),
        ("error_log", &["path", "level"]),
        ("upstream", &["name"]),
    ],
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
        line.first().is_some_and(|byte| *byte == b'#' || byte.is_ascii_lowercase())
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        read(bytes).map(|directives| MATTER.parts(bytes, &directives, true)).unwrap_or_default()
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "server {\n\tlisten 80 default_server;\n\tlisten [::]:80 default_server;\n\n\tserver_name _;\n\tlocation / {\n\t\ttry_files $uri $uri/ =404;\n\t}\n}\n",
            "upstream shop {\n    server 192.0.2.7:8080 max_fails=3;\n    server unix:/run/shop.sock backup;\n}\n",
            "log_format  main  '$remote_addr - $remote_user [$time_local] \"$request\" '\n                  '$status $body_bytes_sent';\n",
        ]
    }
}

/// The directives of a file; `None` if it is no configuration of nginx.
pub(in crate::format) fn read(bytes: &[u8]) -> Option<Vec<Directive>> {
    told(bytes, tree, tells)
}

/// Whether nobody but nginx has such a directive: names like `if` and `return` are those of many languages.
fn tells(directive: &Directive) -> bool {
    const SECTIONS: &str = "server http events stream mail upstream location types map geo split_clients charset_map";
    match directive.name() {
        name if directive.is_section => is_listed(SECTIONS, name),
        "listen" => directive.argument(0).contains(|letter: char| letter.is_ascii_digit()),
        name => name.contains('_') && is_known(name),
    }
}

/// What a configuration says of access logs. The error log has one form only.
pub(in crate::format) fn logging(directives: &[Directive], all: &mut Logging) {
    each(directives, &mut |directive| match (directive.name(), directive.arguments()) {
        ("log_format", [name, strings @ ..]) => {
            let (escape, strings) = match strings {
                [first, rest @ ..] if first.starts_with("escape=") => (format!("{first} "), rest),
                strings => (String::new(), strings),
            };
            all.add("nginx", Some(name), escape + &strings.concat());
        }
        ("access_log", [path, options @ ..]) => {
            if let Some(tag) =
                path.starts_with("syslog:").then(|| path.split(',').find_map(|part| part.strip_prefix("tag=")))
            {
                all.tags.extend(tag.map(|tag| ("nginx", tag.to_owned())));
            } else if path.contains('/') {
                let name = options.first().filter(|option| !option.contains('=')).map_or("combined", String::as_str);
                all.add_file("nginx", glob(path), Some(name));
            }
        }
        _ => {}
    });
}

/// A path with `*` in the place of variables.
fn glob(path: &str) -> String {
    let mut pieces = path.split('$');
    let mut glob = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = match piece.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(_, rest)| rest),
            None => piece.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_'),
        };
        glob.push('*');
        glob.push_str(rest);
    }
    glob
}

/// The directives of a text, and how many of their names are nginx's.
fn tree(bytes: &[u8]) -> Option<Tree> {
    let mut reader = Reader { bytes, at: 0 };
    let mut names = Names::default();
    let mut open = vec![Directive::default()];
    loop {
        let is_free = open.last().is_some_and(|section| is_free(section.name()));
        let (directive, end) = reader.next(is_free)?;
        if !is_free && !directive.words.is_empty() {
            names.add(is_known(directive.name()));
            if names.are_foreign() {
                return None;
            }
        }
        match end {
            End::Directive => open.last_mut()?.inside.push(directive),
            End::Block if open.len() > DEPTH => return None,
            End::Block if directive.name().ends_with("_by_lua_block") => {
                reader.skip_lua()?;
                open.last_mut()?.inside.push(Directive { whole: directive.whole.start..reader.at, ..directive });
            }
            End::Block => open.push(directive),
            End::OfBlock => {
                let section = open.pop()?;
                let whole = section.whole.start..reader.at;
                open.last_mut()?.inside.push(Directive { whole, ..section });
            }
            End::File => {
                let root = open.pop().filter(|_| open.is_empty())?;
                return Some((root.inside, names));
            }
        }
    }
}

/// Blocks whose lines begin with any word.
fn is_free(section: &str) -> bool {
    matches!(section, "map" | "types" | "geo" | "split_clients" | "charset_map" | "geoip2" | "match")
}

/// What stands at the end of a row of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// `;`
    Directive,
    /// `{`
    Block,
    /// `}`
    OfBlock,
    File,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The words up to the next `;` or brace. `is_free`: the first may be any, else it must be a name.
    fn next(&mut self, is_free: bool) -> Option<(Directive, End)> {
        let mut words: Vec<String> = Vec::new();
        let mut head = None;
        loop {
            self.skip_blanks();
            let start = self.at;
            let byte = self.bytes.get(start).copied();
            let end = match byte {
                None => End::File,
                Some(b';') => End::Directive,
                Some(b'{') => End::Block,
                Some(b'}') => End::OfBlock,
                Some(_) => {
                    let word = self.word()?;
                    if words.is_empty() && !is_free && !is_name(&word) {
                        return None;
                    }
                    words.push(word);
                    head = Some(head.unwrap_or(start..start).start..self.at);
                    continue;
                }
            };
            // Words end with `;` or `{`, and neither stands alone.
            if words.is_empty() == matches!(end, End::Directive | End::Block) {
                return None;
            }
            self.at += usize::from(byte.is_some());
            let head: Range<usize> = head.unwrap_or(start..start);
            let directive = Directive {
                words,
                whole: head.start..self.at,
                head,
                is_section: end == End::Block,
                inside: Vec::new(),
            };
            return Some((directive, end));
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at),
                _ => break,
            }
        }
    }

    /// A word, in quotes or not.
    fn word(&mut self) -> Option<String> {
        match *self.bytes.get(self.at)? {
            quote @ (b'"' | b'\'') => self.quoted(quote),
            _ => self.bare(),
        }
    }

    fn quoted(&mut self, quote: u8) -> Option<String> {
        self.at += 1;
        let start = self.at;
        loop {
            match *self.bytes.get(self.at)? {
                b'\\' => self.at += 2,
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        let word = unescaped(&self.bytes[start..self.at]);
        self.at += 1;
        let is_ended = matches!(self.bytes.get(self.at)?, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')');
        is_ended.then_some(word)
    }

    fn bare(&mut self) -> Option<String> {
        let start = self.at;
        let mut is_variable = false;
        loop {
            match *self.bytes.get(self.at)? {
                b'{' if is_variable => self.at += 1,
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' => break,
                b'\\' => {
                    is_variable = false;
                    self.at += 2;
                }
                byte => {
                    is_variable = byte == b'$';
                    self.at += 1;
                }
            }
        }
        Some(unescaped(&self.bytes[start..self.at]))
    }

    /// Goes behind the brace that closes a block of Lua, in which braces stand in pairs but in texts and comments.
    fn skip_lua(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            let rest = self.bytes.get(self.at..)?;
            self.at += match *rest.first()? {
                b'-' if rest.starts_with(b"--") => memchr::memchr(b'\n', rest)?,
                quote @ (b'"' | b'\'') => 1 + lua_text(&rest[1..], quote)?,
                brace @ (b'{' | b'}') => {
                    depth = if brace == b'{' { depth + 1 } else { depth - 1 };
                    1
                }
                _ => 1,
            };
        }
        Some(())
    }
}

/// Bytes of a text of Lua's up to and with its closing quote.
fn lua_text(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match *rest.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// `\"`, `\'`, `\\`, `\t`, `\r`, `\n`; any other backslash stays.
fn unescaped(raw: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, after @ ..] = rest {
        let escaped = match after.first().filter(|_| *byte == b'\\') {
            Some(letter @ (b'"' | b'\'' | b'\\')) => Some(*letter),
            Some(b't') => Some(b'\t'),
            Some(b'r') => Some(b'\r'),
            Some(b'n') => Some(b'\n'),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &after[1..] } else { after };
    }
    text(&bytes).into_owned()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Directives of nginx's own modules that have no prefix in common, from their tables of commands.
const NAMES: &str = "
absolute_redirect accept_mutex accept_mutex_delay access_log add_after_body add_before_body add_header
add_header_inherit add_trailer add_trailer_inherit addition_types aio aio_write alias allow ancient_browser
autoindex break charset charset_map chunked_transfer_encoding connection_pool_size create_full_put_path daemon
debug_connection debug_points default_type deny directio directio_alignment disable_symlinks early_hints empty_gif
env error_log error_page etag events expires flv geo google_perftools_profiles gunzip gunzip_buffers gzip hash http
http2 http3 if if_modified_since ignore_invalid_headers include index internal ip_hash keepalive
large_client_header_buffers least_conn least_time listen load_module location lock_file log_format log_not_found
log_subrequest mail map map_hash_bucket_size map_hash_max_size master_process match max_errors max_headers
max_ranges merge_slashes min_delete_depth mirror modern_browser modern_browser_value mp4 msie_padding msie_refresh
multi_accept output_buffers override_charset pass pcre_jit perl pid port_in_redirect post_action
postpone_output protocol proxy random random_index read_ahead real_ip_header real_ip_recursive
recursive_error_pages referer_hash_bucket_size referer_hash_max_size request_pool_size reset_timedout_connection
resolver return rewrite rewrite_log root satisfy send_lowat send_timeout sendfile sendfile_max_chunk server
server_name server_name_in_redirect server_names_hash_bucket_size server_names_hash_max_size server_tokens set
set_real_ip_from slice source_charset split_clients ssi starttls sticky stream stub_status
subrequest_output_buffer_size tcp_nodelay tcp_nopush thread_pool timeout timer_resolution try_files types
types_hash_bucket_size types_hash_max_size underscores_in_headers uninitialized_variable_warn upstream use user
userid valid_referers variables_hash_bucket_size variables_hash_max_size working_directory xclient xml_entities
zone status_zone health_check ntlm session_log rtmp vhost_traffic_status
modsecurity passenger_enabled brotli zstd dav_ext_methods fancyindex geoip2 image_filter";

/// Beginnings of the names of nginx's modules, and of those of others that are met often.
const PREFIXES: &[&str] = &[
    "proxy_",
    "uwsgi_",
    "fastcgi_",
    "scgi_",
    "ssl_",
    "grpc_",
    "http2_",
    "http3_",
    "quic_",
    "limit_",
    "gzip_",
    "memcached_",
    "userid_",
    "client_",
    "auth_",
    "worker_",
    "ssi_",
    "image_filter_",
    "open_",
    "keepalive_",
    "xslt_",
    "geoip_",
    "sub_filter",
    "smtp_",
    "imap_",
    "pop3_",
    "secure_link",
    "perl_",
    "mp4_",
    "autoindex_",
    "lingering_",
    "mirror_",
    "charset_",
    "dav_",
    "preread_",
    "resolver_",
    "tunnel_",
    "lua_",
    "more_",
    "brotli_",
    "zstd_",
    "vhost_traffic_status_",
    "modsecurity_",
    "passenger_",
    "pagespeed",
    "geoip2_",
    "js_",
    "otel_",
    "opentracing",
    "rtmp_",
    "zone_sync",
    "health_check_",
    "app_protect",
    "real_ip_",
    "naxsi_",
    "acme_",
];

fn is_known(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name.contains("_by_lua") || is_listed(NAMES, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(config: &str) -> Option<Vec<Vec<String>>> {
        let (directives, _) = tree(config.as_bytes())?;
        let mut all = Vec::new();
        each(&directives, &mut |directive| all.push(directive.words.clone()));
        Some(all)
    }

    #[test]
    fn words_as_nginx_reads_them() {
        for (why, config, want) in [
            (
                "blanks and newlines",
                "listen\n  80\t default_server ;",
                Some(vec![vec!["listen", "80", "default_server"]]),
            ),
            ("a comment between", "listen # here\n 80;", Some(vec![vec!["listen", "80"]])),
            ("no comment inside a word", "root /a#b;", Some(vec![vec!["root", "/a#b"]])),
            (
                "quotes",
                r#"log_format a '"$request"' "it's";"#,
                Some(vec![vec!["log_format", "a", "\"$request\"", "it's"]]),
            ),
            ("escapes", r#"log_format a '\'\\\t\d';"#, Some(vec![vec!["log_format", "a", "'\\\t\\d"]])),
            ("an escaped end", r"root /a\;b;", Some(vec![vec!["root", r"/a\;b"]])),
            ("a variable in braces", "root /srv/${host}/x;", Some(vec![vec!["root", "/srv/${host}/x"]])),
            ("a block", "events{multi_accept on;}", Some(vec![vec!["events"], vec!["multi_accept", "on"]])),
            (
                "any words in a map",
                "map $a $b { default 1; ~*x 2; }",
                Some(vec![vec!["map", "$a", "$b"], vec!["default", "1"], vec!["~*x", "2"]]),
            ),
            (
                "Lua",
                "access_by_lua_block { local a = {\"}\"} -- }\n } root /x;",
                Some(vec![vec!["access_by_lua_block"], vec!["root", "/x"]]),
            ),
            (
                "a quote in a condition",
                r#"if ($a ~ "x"){return 403;}"#,
                Some(vec![vec!["if", "($a", "~", "x", ")"], vec!["return", "403"]]),
            ),
            ("nothing before the end", ";", None),
            ("a block that stays open", "events {", None),
            ("one too many", "events {}}", None),
            ("no end", "listen 80", None),
            ("a quote inside", "root 'a'b;", None),
        ] {
            let want: Option<Vec<Vec<String>>> =
                want.map(|all| all.into_iter().map(|words| words.into_iter().map(str::to_owned).collect()).collect());
            assert_eq!(words(config), want, "{why}");
        }
    }

    #[test]
    fn records_with_their_places() {
        let config = "http {\n  log_format shop escape=json '{\"a\":'\n    '$status}';\n  server {\n    listen 80;\n    listen [::]:80;\n    location / { proxy_pass http://shop; }\n  }\n  include sites/*;\n}\n";
        let parts = Config.document(config.as_bytes());
        let told: Vec<_> = parts.iter().map(|part| (part.range.start, part.record.message().to_owned())).collect();
        let at = |text: &str| config.find(text).unwrap_or_default();
        assert_eq!(
            told,
            [
                (at("log_format"), "log_format shop escape=json '{\"a\":' '$status}'".to_owned()),
                (at("server"), "server".to_owned()),
                (at("include"), "include sites/*".to_owned()),
            ]
        );
        let Some(server) = parts.get(1) else { unreachable!("a server") };
        assert!(config[server.range.clone()].ends_with("  }"));
        let fields: Vec<_> = server.record.fields.iter().map(|(name, value)| (name.as_ref(), value.clone())).collect();
        let list = |values: &[&str]| {
            crate::format::Value::List(values.iter().map(|value| (*value).to_owned().into()).collect())
        };
        assert_eq!(fields, [("listen", list(&["80", "[::]:80"])), ("proxy_pass", list(&["http://shop"]))]);
    }

    #[test]
    fn fragments() {
        for (why, config, is_one) in [
            ("a server", "server { listen 80; }", true),
            ("a log", "access_log /var/log/nginx/shop.log;", true),
            ("what others include", "proxy_set_header Host $host;\nproxy_http_version 1.1;\n", true),
            ("types", "types {\n  text/html html htm;\n}\n", true),
            ("a third party's", "more_clear_headers Server;\nlisten 80;\n", true),
            ("mostly unknown", "listen 80;\nfoo a;\nbar b;\n", false),
            ("a common word", "return 0;", false),
        ] {
            assert_eq!(!Config.document(config.as_bytes()).is_empty(), is_one, "{why}");
        }
    }

    #[test]
    fn logs_and_their_formats() {
        let config = "log_format a escape=json '{'\n '$status}';\naccess_log /var/log/nginx/$host.log a buffer=32k;\naccess_log logs/x.log;\naccess_log syslog:server=unix:/dev/log,tag=shop,severity=info a;\naccess_log off;";
        let mut all = Logging::default();
        let directives = read(config.as_bytes()).unwrap_or_default();
        logging(&directives, &mut all);
        assert_eq!(all.formats.first().map(|format| format.string.as_str()), Some("escape=json {$status}"));
        let files: Vec<_> = all.files.iter().map(|file| (file.path.as_str(), file.format.as_deref())).collect();
        assert_eq!(files, [("/var/log/nginx/*.log", Some("a")), ("logs/x.log", Some("combined"))]);
        assert_eq!(all.tags, [("nginx", "shop".to_owned())]);
    }
}
