//! Apache's configuration, in the lines of `ap_cfg_getline` and the words of `ap_getword_conf` (`server/util.c`).
//!
//! ```text
//! Listen 192.0.2.1:443 https
//! LogFormat "%h %t \"%r\" %>s" shop
//! <VirtualHost *:80>
//!     CustomLog ${APACHE_LOG_DIR}/shop.log shop
//! </VirtualHost>
//! ```
//!
//! A directive is a line; a backslash at its end goes on with the next, in comments too. Within quotes a backslash
//! takes the quote or a backslash as it is, and stays before any other letter. `${NAME}` stands for what `Define` gave
//! it, or for a variable of the environment, which only the running server knows. Names know no case.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::config::{DEPTH, Directive, Logging, Matter, Names, Tree, each, is_listed, told};
use crate::format::{Format, Framing, Part, Record, text};

/// `apache2.conf`, `httpd.conf`, `ports.conf`, a file of `sites-enabled` or `conf.d`.
pub struct Config;

const MATTER: Matter = Matter {
    format: "apache-config",
    program: "apache2",
    sections: &[
        (
            "VirtualHost",
            &[
                "ServerName",
                "ServerAlias",
                "DocumentRoot",
                "LogFormat",
                "CustomLog",
                "TransferLog",
                "ErrorLog",
                "ErrorLogFormat",
                "ProxyPass",
                "ProxyPassMatch",
                "SSLEngine",
            ],
        ),
        ("Proxy", &["BalancerMember"]),
    ],
    alone: &[
        "User",
        "Listen",
        "ServerName",
        "ServerRoot",
        "DocumentRoot",
        "LogFormat",
        "CustomLog",
        "GlobalLog",
        "TransferLog",
        "ErrorLog",
        "ErrorLogFormat",
        "ProxyPass",
        "ProxyPassMatch",
        "BalancerMember",
        "MaxRequestWorkers",
        "MaxClients",
        "ServerLimit",
        "LoadModule",
        "Include",
        "IncludeOptional",
        "Define",
    ],
    parts: &[
        ("LogFormat", &["format", "name"]),
        ("CustomLog", &["path", "format"]),
        ("GlobalLog", &["path", "format"]),
        ("TransferLog", &["path"]),
        ("ErrorLog", &["path"]),
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
        line.first().is_some_and(|byte| matches!(byte, b'#' | b'<') || byte.is_ascii_alphabetic())
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        read(bytes).map(|directives| MATTER.parts(bytes, &directives, true)).unwrap_or_default()
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "# If you just change the port or add more ports here\nListen 80\n\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n",
            "<VirtualHost *:80>\n\tServerName shop.example\n\tErrorLog ${APACHE_LOG_DIR}/error.log\n\tCustomLog ${APACHE_LOG_DIR}/access.log combined\n</VirtualHost>\n",
            "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O\" common\n",
        ]
    }
}

/// The directives of a file; `None` if it is no configuration of Apache.
pub(in crate::format) fn read(bytes: &[u8]) -> Option<Vec<Directive>> {
    told(bytes, tree, tells)
}

/// Whether hardly anybody but Apache has such a directive.
fn tells(directive: &Directive) -> bool {
    const SECTIONS: &str = "VirtualHost Directory DirectoryMatch Files FilesMatch Location LocationMatch IfModule IfDefine Proxy IfVersion";
    let is = |name| directive.name().eq_ignore_ascii_case(name);
    let first = directive.argument(0);
    let second = directive.argument(1);
    if directive.is_section {
        return is_listed(SECTIONS, directive.name());
    }
    is_listed(TELLING, directive.name())
        || is("Listen") && is_socket(directive.arguments())
        || is("LogFormat") && first.contains('%')
        || is("ErrorLogFormat") && (first.contains('%') || second.contains('%'))
        || (is("CustomLog") || is("GlobalLog")) && !second.is_empty()
        || is("LoadModule") && first.ends_with("_module") && !second.is_empty()
        || is("ErrorLog") && first.contains(['/', '|', ':'])
        || is("TransferLog") && first.contains('/')
        || (is("ProxyPass") || is("ProxyPassMatch") || is("ProxyPassReverse")) && second.contains(':')
        || (is("RewriteRule") || is("RewriteCond")) && !second.is_empty()
}

/// `80`, `192.0.2.1:443 https`, `${PORT}`: what `Listen` takes, and no row of a table of sockets.
fn is_socket(arguments: &[String]) -> bool {
    let Some((socket, more)) = arguments.split_first() else { return false };
    let port = socket.rsplit(':').next().unwrap_or_default();
    let is_port = port.starts_with("${") || port.parse::<u16>().is_ok_and(|port| port > 0);
    is_port && more.len() < 3 && more.iter().all(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
}

/// What a configuration says of logs. `TransferLog` has the format without a name, wherever that stands
/// (`open_multi_logs` in `mod_log_config.c`), else Apache's own.
pub(in crate::format) fn logging(directives: &[Directive], all: &mut Logging) {
    each(directives, &mut |directive| {
        let is = |name| directive.name().eq_ignore_ascii_case(name);
        match directive.arguments() {
            [format] if is("LogFormat") => all.add("apache", None, format.clone()),
            [format, name, ..] if is("LogFormat") => all.add("apache", Some(name), format.clone()),
            [path, format, ..] if is("CustomLog") || is("GlobalLog") => {
                if format.contains('%') {
                    all.add("apache", Some(format), format.clone());
                }
                all.tags.extend(tag(path).map(|tag| ("apache", tag)));
                all.files_of("apache", path, Some(format));
            }
            [path] if is("TransferLog") => all.files_of("apache", path, None),
            [format] if is("ErrorLogFormat") => all.add("apache-error", None, format.clone()),
            [path] if is("ErrorLog") => all.files_of("apache-error", path, None),
            _ => {}
        }
    });
}

impl Logging {
    /// Adds the file of `logs/access_log` and `|/usr/bin/rotatelogs /var/log/access.%Y%m%d 86400`.
    fn files_of(&mut self, language: &'static str, path: &str, format: Option<&str>) {
        let Some(program) = path.strip_prefix('|') else {
            if !path.starts_with("syslog") {
                self.add_file(language, glob(path), format);
            }
            return;
        };
        let words = program.trim_start_matches(['|', '$']).split_ascii_whitespace();
        let paths = words.skip(1).map(|word| word.trim_matches(['"', '\''])).filter(|word| word.contains('/'));
        paths.for_each(|path| self.add_file(language, glob(path), format));
    }
}

/// The tag of `|/usr/bin/logger -t shop -p local6.info`.
fn tag(path: &str) -> Option<String> {
    let words: Vec<&str> = path.strip_prefix('|')?.split_ascii_whitespace().collect();
    let at = words.iter().position(|word| matches!(*word, "-t" | "--tag"))?;
    words.get(at + 1).map(|tag| (*tag).to_owned())
}

/// A path with `*` in the place of variables and of strftime's conversions.
fn glob(path: &str) -> String {
    let mut glob = String::new();
    let mut rest = path;
    while let Some(at) = rest.find(['$', '%']) {
        glob.push_str(&rest[..at]);
        glob.push('*');
        let mark = &rest[at..];
        let end = if mark.starts_with("${") { mark.find('}').map_or(mark.len(), |end| end + 1) } else { 2 };
        rest = mark.get(end..).unwrap_or_default();
    }
    glob + rest
}

/// The directives of a text, and how many of their names are Apache's.
fn tree(bytes: &[u8]) -> Option<Tree> {
    let mut names = Names::default();
    let mut defined: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![Directive::default()];
    for (range, line) in lines(bytes) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = resolved(&line, &defined);
        if let Some(name) = line.strip_prefix("</") {
            let section = open.pop().filter(|_| !open.is_empty())?;
            if !name.trim_end().strip_suffix('>')?.eq_ignore_ascii_case(section.name()) {
                return None;
            }
            let whole = section.whole.start..range.end;
            open.last_mut()?.inside.push(Directive { whole, ..section });
            continue;
        }
        let is_section = line.starts_with('<');
        let words =
            if is_section { words(line.strip_prefix('<')?.trim_end().strip_suffix('>')?) } else { words(&line) };
        let directive = Directive { words, head: range.clone(), whole: range, is_section, inside: Vec::new() };
        let is_listen = directive.name().eq_ignore_ascii_case("Listen");
        if !is_name(directive.name())
            || is_listed(FOREIGN, directive.name())
            || is_listen && !is_socket(directive.arguments())
            || open.len() > DEPTH
        {
            return None;
        }
        names.add(is_known(directive.name(), is_section));
        if names.are_foreign() {
            return None;
        }
        match directive.arguments() {
            [name, value] if directive.name().eq_ignore_ascii_case("Define") => {
                defined.insert(name.clone(), value.clone());
            }
            _ => {}
        }
        if is_section {
            open.push(directive);
        } else {
            open.last_mut()?.inside.push(directive);
        }
    }
    let root = open.pop().filter(|_| open.is_empty())?;
    Some((root.inside, names))
}

/// The lines of a text, joined where a backslash ends one, each with its bytes, without blanks around.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let mut line: Vec<u8> = Vec::new();
        loop {
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty());
            let Some(rest) = rest else {
                if at == start {
                    return None;
                }
                break;
            };
            let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            at += len + 1;
            let part = &rest[..len];
            let part = part.strip_suffix(b"\r").unwrap_or(part);
            let goes_on = part.strip_suffix(b"\\");
            line.extend(goes_on.unwrap_or(part));
            if goes_on.is_none() {
                break;
            }
        }
        let raw = &bytes[start..at.min(bytes.len())];
        let begin = start + raw.len() - raw.trim_ascii_start().len();
        let end = (start + raw.trim_ascii_end().len()).max(begin);
        Some((begin..end, text(line.trim_ascii()).into_owned()))
    })
}

/// The text with the values of `Define` in their places.
fn resolved(line: &str, defined: &BTreeMap<String, String>) -> String {
    let mut resolved = line.to_owned();
    for (name, value) in defined.iter().filter(|_| line.contains("${")) {
        resolved = resolved.replace(&format!("${{{name}}}"), value);
    }
    resolved
}

/// The words of a line.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let quote = Some(first).filter(|first| matches!(first, '"' | '\''));
        let inside = if quote.is_some() { &rest[1..] } else { rest };
        let mut letters = inside.char_indices();
        let mut word = String::new();
        let mut end = inside.len();
        while let Some((at, letter)) = letters.next() {
            let next = inside[at + letter.len_utf8()..].chars().next();
            if quote.map_or(letter.is_ascii_whitespace(), |quote| letter == quote) {
                end = at;
                break;
            }
            let is_escape = letter == '\\' && next.is_some_and(|next| next == '\\' || Some(next) == quote);
            word.push(if is_escape { letters.next().map_or(letter, |(_, letter)| letter) } else { letter });
        }
        words.push(word);
        rest = inside.get(end + usize::from(quote.is_some())..).unwrap_or_default().trim_start();
    }
    words
}

fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Names by which programs with a like configuration are known: CUPS, ProFTPD, tinyproxy, sshd, SquidGuard.
const FOREIGN: &str = "Port ServerType ListenAddress Browsing Policy SystemGroup SystemGroupAuthKey Anonymous \
    DefaultServer Umask ConnectPort ViaProxyName UsePAM HostKey Subsystem DefaultAuthType Global MaxInstances";

/// Names that are in no other program's configuration.
const TELLING: &str =
    "MaxRequestWorkers MaxConnectionsPerChild ThreadsPerChild ServerTokens ServerSignature TraceEnable
AddDefaultCharset DirectoryIndex IncludeOptional SetEnvIf SetEnvIfNoCase BrowserMatch AddOutputFilterByType AddType
AddHandler AddIcon AddEncoding AddLanguage ErrorDocument RequestReadTimeout ScriptSock SSLCipherSuite SSLProtocol
SSLCertificateFile DocumentRoot AllowOverride MimeMagicFile DAVLockDB";

const SECTIONS: &str = "AuthnProviderAlias AuthtProviderAlias AuthzProviderAlias Directory DirectoryMatch Else ElseIf
Files FilesMatch If IfDefine IfDirective IfFile IfModule IfSection IfVersion Limit LimitExcept Location LocationMatch
Macro Proxy ProxyMatch RequireAll RequireAny RequireNone RequireNotAll VirtualHost Perl MDomain MDomainSet";

/// Directives of Apache's own modules that have no prefix in common, from their tables of commands.
const NAMES: &str = "
AcceptFilter AcceptMutex AcceptPathInfo AccessFileName Action AsyncFilter AsyncRequestWorkerFactor BufferSize
BufferedLogs ChrootDir ClientRecheckTime CoreDumpDirectory CustomLog DefaultIcon DefaultLanguage DefaultRuntimeDir
DefaultStateDir DefaultType Define DocumentRoot Error ErrorDocument ErrorLog ErrorLogFormat ExtendedStatus
FallbackResource FancyIndexing FileETag FlushMaxPipelined FlushMaxThreshold ForceLanguagePriority ForceType
ForensicLog GlobalLog GracefulShutdownTimeout Group Header HeaderName HostnameLookups Include IncludeOptional
KeepAlive KeepAliveTimeout KeptBodySize LanguagePriority ListenBacklog Listen ListenCoresBucketsRatio LoadFile
LoadModule LockFile LogFormat LogLevel LogLevelOverride LogMessage MaxClients MaxConnectionsPerChild
MaxKeepAliveRequests MaxMemFree MaxRangeOverlaps MaxRangeReversals MaxRanges MaxRequestWorkers MaxRequestsPerChild
MaxSpareServers MaxSpareThreads MaxThreads MergeSlashes MergeTrailers MimeMagicFile MinSpareServers MinSpareThreads
ModMimeUsePathInfo MultiviewsMatch Mutex NameVirtualHost NoProxy Options PassEnv PidFile Protocol
Protocols ProtocolsHonorOrder QualifyRedirectURL RLimitCPU RLimitMEM RLimitNPROC ReadBufferSize ReadmeName
RequestHeader RequestReadTimeout Require Satisfy ScoreBoardFile SecureListen
SeeRequestTail SendBufferSize ReceiveBufferSize ServerAdmin ServerAlias ServerLimit ServerName ServerPath ServerRoot
ServerSignature ServerTokens SetEnv SetEnvIf SetEnvIfExpr SetEnvIfNoCase SetHandler SetInputFilter SetOutputFilter
StartServers StartThreads StrictHostCheck Substitute SuexecUserGroup ThreadLimit ThreadStackSize
ThreadsPerChild Timeout TraceEnable TransferLog TypesConfig UnDefine UnsetEnv Use UseCanonicalName
UseCanonicalPhysicalPort User UserDir Warning Order Allow Deny WatchdogInterval BrowserMatch BrowserMatchNoCase Alias
AliasMatch AliasPreservePath Redirect RedirectMatch RedirectPermanent RedirectTemp RedirectRelative DirectoryIndex
DirectoryIndexRedirect DirectorySlash BalancerMember BalancerGrowth BalancerInherit BalancerPersist ExpiresActive
ExpiresByType ExpiresDefault HttpProtocolOptions RegexDefaultOptions RegisterHttpMethod FilterDeclare FilterProvider
FilterChain FilterProtocol FilterTrace NameVirtualHost RPAFenable";

/// Beginnings of the names of Apache's modules, and of those of others that are met often, in small letters.
const PREFIXES: &[&str] = &[
    "add",
    "allowoverride",
    "allowencoded",
    "allowmethods",
    "auth",
    "brotli",
    "cache",
    "cgi",
    "charset",
    "check",
    "cookie",
    "crypto",
    "dav",
    "dbd",
    "deflate",
    "dumpio",
    "extfilter",
    "fcgi",
    "h2",
    "heartbeat",
    "identitycheck",
    "imap",
    "index",
    "isapi",
    "ldap",
    "limit",
    "lua",
    "md",
    "memcache",
    "metadir",
    "metafiles",
    "metasuffix",
    "ocsp",
    "proxy",
    "ratelimit",
    "remoteip",
    "remove",
    "rewrite",
    "script",
    "session",
    "ssi",
    "ssl",
    "suexec",
    "virtual",
    "xbit",
    "xml2",
    "anonymous",
    "policy",
    "firehose",
    "php_",
    "phpinidir",
    "wsgi",
    "passenger",
    "sec",
    "qs_",
    "dos",
    "oidc",
    "shib",
    "mellon",
    "perl",
    "jk",
    "modpagespeed",
    "svn",
    "evasive",
    "geoip",
    "maxminddb",
    "rpaf",
    "enable",
];

fn is_known(name: &str, is_section: bool) -> bool {
    let small = name.to_ascii_lowercase();
    if is_section {
        return is_listed(SECTIONS, name) || small.starts_with("lua");
    }
    is_listed(NAMES, name) || PREFIXES.iter().any(|prefix| small.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Value;

    #[test]
    fn words_as_apache_reads_them() {
        for (why, line, want) in [
            ("blanks", "Listen   80\thttp", vec!["Listen", "80", "http"]),
            ("quotes", r#"LogFormat "%h \"%r\" \\ \n" 'a b'"#, vec!["LogFormat", r#"%h "%r" \ \n"#, "a b"]),
            ("another quote inside", r#"A "it's \'x\'""#, vec!["A", r"it's \'x\'"]),
            ("no end", "A \"b c", vec!["A", "b c"]),
            ("an empty word", "A \"\" b", vec!["A", "", "b"]),
            ("quotes inside a word", "A b\"c d\"", vec!["A", "b\"c", "d\""]),
        ] {
            assert_eq!(words(line), want, "{why}");
        }
    }

    #[test]
    fn records_with_their_places() {
        let config = "# x \\\nListen 1\nListen 80\n\nLogFormat \"%h %t \\\n  %>s\" a\r\n<virtualhost *:80>\n  servername x\n  CustomLog \\\n    /a/b a\n  <IfModule y>\n    ProxyPass / http://c:81/\n  </IfModule>\n</VirtualHost>\n";
        let parts = Config.document(config.as_bytes());
        let told: Vec<_> = parts
            .iter()
            .map(|part| (config[..part.range.start].lines().count() + 1, part.record.message().to_owned()))
            .collect();
        let want = [(3, "Listen 80"), (5, "LogFormat \"%h %t %>s\" a"), (7, "<virtualhost *:80>")];
        assert_eq!(told, want.map(|(line, text)| (line, text.to_owned())));
        let Some(host) = parts.get(2) else { unreachable!("a virtual host") };
        let fields: Vec<_> = host.record.fields.iter().map(|(name, value)| (name.as_ref(), value.clone())).collect();
        let list = |value: &str| Value::List(vec![value.to_owned().into()]);
        let want = [
            ("VirtualHost", list("*:80")),
            ("ServerName", list("x")),
            ("CustomLog", list("/a/b a")),
            ("ProxyPass", list("/ http://c:81/")),
        ];
        assert_eq!(fields, want);
    }

    #[test]
    fn fragments() {
        for (why, config, is_one) in [
            ("a port", "Listen 8080\n", true),
            ("a port of a variable", "Define SHOP 8080\nListen ${SHOP}\n", true),
            ("a module", "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n", true),
            ("what a module needs", "<IfModule mime_module>\n  TypesConfig /etc/mime.types\n</IfModule>\n", true),
            ("a third party's", "<IfModule x>\n  SecRuleEngine On\n</IfModule>\n", true),
            ("no port", "Listen on\n", false),
            ("a section that stays open", "<VirtualHost *:80>\n", false),
            ("another one's end", "<VirtualHost *:80>\n</Directory>\n", false),
            ("mostly unknown", "Listen 80\nFoo a\nBar b\n", false),
        ] {
            assert_eq!(!Config.document(config.as_bytes()).is_empty(), is_one, "{why}");
        }
    }

    #[test]
    fn logs_and_their_formats() {
        let config = "LogFormat \"%t %a\" shop\nCustomLog ${APACHE_LOG_DIR}/shop.log shop env=!quiet\nCustomLog \"|/usr/bin/rotatelogs /var/log/x.%Y%m%d 86400\" \"%t %>s\"\nCustomLog \"|/usr/bin/logger -t shop\" shop\nTransferLog logs/a\nLogFormat \"%h %t\"\nTransferLog logs/b\nErrorLogFormat \"[%t] %M\"\nErrorLogFormat request \"%L\"\nErrorLog logs/error_log\n";
        let mut all = Logging::default();
        logging(&read(config.as_bytes()).unwrap_or_default(), &mut all);
        let formats: Vec<_> =
            all.formats.iter().map(|format| (format.name.as_deref(), format.string.as_str())).collect();
        let want = [(Some("shop"), "%t %a"), (Some("%t %>s"), "%t %>s"), (None, "%h %t"), (None, "[%t] %M")];
        assert_eq!(formats, want);
        let files: Vec<_> = all.files.iter().map(|file| (file.path.as_str(), file.format.as_deref())).collect();
        let want = [
            ("*/shop.log", Some("shop")),
            ("/var/log/x.***", Some("%t %>s")),
            ("logs/a", None),
            ("logs/b", None),
            ("logs/error_log", None),
        ];
        assert_eq!(files, want);
        assert_eq!(all.tags, [("apache", "shop".to_owned())]);
    }
}
