//! What is secret by its shape, or by what stands before it.
//!
//! A rule is a pattern whose group `v` is cut out. A value ends where the form around it ends it: at its quote, at the
//! next blank, at the end of a capture; rather too much is cut than too little.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

/// What is cut, and what stands in its place.
struct Rule {
    pattern: &'static str,
    mark: &'static str,
    /// Whether what was found is meant at all.
    is_meant: fn(&str) -> bool,
}

const fn rule(pattern: &'static str, mark: &'static str) -> Rule {
    Rule { pattern, mark, is_meant: |_| true }
}

const fn rule_if(pattern: &'static str, mark: &'static str, is_meant: fn(&str) -> bool) -> Rule {
    Rule { pattern, mark, is_meant }
}

/// A value, in quotes (of a text in a text, too) or up to the next blank.
macro_rules! value {
    () => {
        r#"(?P<v>\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'|}]+)"#
    };
}

/// A value that is no option and no file.
fn is_value(text: &str) -> bool {
    !text.starts_with(['-', '/'])
}

/// In the order in which they are applied: those that take more before those that take less.
const RULES: &[Rule] = &[
    // Credentials in addresses: `https://anna:geheim@shop.example`, `anna:geheim@tcp(db:3306)`, and encoded.
    rule(r#"://(?P<v>[^\s/"'<>]+)@"#, "[credentials]"),
    rule(r#"(?P<v>[^\s:/"'@=]+:[^\s/"'@]+)@(?:tcp|unix)\("#, "[credentials]"),
    rule(r#"(?i)%3A%2F%2F(?P<v>[^\s/"'&]+?(?:%3A|:)[^\s"'&]+?)(?:%40|@)"#, "[credentials]"),
    // Headers that are nothing but a secret, by their names.
    rule(r#"(?i)(?:cookies?2?|authorization)\\?["']?\s*(?:=>|[:=])\s*\\?["']?(?P<v>[^"'|}\n]+)"#, "[secret]"),
    // Queries, plain, encoded in another, and under their own name.
    rule_if(r#"\?(?P<v>(?:[^\s"\\]|\\[^"])+)"#, "[query]", |query| {
        query.starts_with(|first: char| first.is_alphanumeric() || "%_-+~[&$!*".contains(first))
    }),
    rule(r#"%3[Ff](?P<v>(?:[^\s"\\]|\\[^"])+)"#, "[query]"),
    rule(r#"(?i)\b(?:args|query|query_?string|qs)\\?"?\s*[:=]\s*\\?"(?P<v>(?:[^"\\]|\\[^"])+)"#, "[query]"),
    // What HAProxy captures: cookies, then headers that an administrator chose.
    rule_if(r" \d{3} \+?\d+ (?P<v>\S+ \S+) [A-Za-z-]{4} \d+/\d+/\d+/\d+/\+?\d+ \d+/\d+", "[cookie]", |cookies| {
        cookies != "- -"
    }),
    rule(r"\d+/\d+/\d+/\d+/\+?\d+ \d+/\d+ \{(?P<v>[^}\n]+)\}", "[captured]"),
    rule(r"\d+/\d+/\d+/\d+/\+?\d+ \d+/\d+ \{[^}\n]*\} \{(?P<v>[^}\n]+)\}", "[captured]"),
    // Passwords of commands.
    rule(
        concat!(r"(?:mysql\w*|mariadb[\w-]*|mycli)\b[^;|&\n]*?\s-p", r#"(?P<v>'[^']*'|\\?"[^"]*"|[^\s"';]+)"#),
        "[secret]",
    ),
    rule_if(
        concat!(
            r"\b(?:sshpass\b[^;|\n]*?\s-p|(?:docker|podman|helm|az)\s[^;|\n]*?login\b[^;|\n]*?\s-p|mongo\w*\b[^;|\n]*?\s-p",
            r"|redis-cli\b[^;|\n]*?\s-a|ldap\w+\b[^;|\n]*?\s-w|(?:curl|https?)\b[^;|\n]*?\s(?:-u|--user|--proxy-user))[ =]*",
            value!()
        ),
        "[secret]",
        is_value,
    ),
    rule(r"\bhtpasswd\b[^;|\n]*?\s-[A-Za-z]*b[A-Za-z]*\s+\S+\s+\S+\s+(?P<v>\S+)", "[secret]"),
    rule(r#"\becho\s+(?:-n\s+)?(?P<v>'[^']*'|\\?"[^"]*"|[^\s|]+)\s*\|"#, "[secret]"),
    rule(r"\s-U\s*(?P<v>[^\s%]+%\S+)", "[credentials]"),
    rule_if(
        concat!(
            r#"(?i)(?:^|[^\w-])--?[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api-?key|key|pass|credentials?|auth)[\w-]*"#,
            r#"(?:\s+|=|\\?",\s*)"#,
            value!()
        ),
        "[secret]",
        is_value,
    ),
    // Statements.
    rule(r#"(?i)\bidentified\s+(?:with\s+\S+\s+)?by\s+(?P<v>'[^']*'|\\?"[^"]*"|\S+)"#, "[secret]"),
    rule(r#"(?i)\bpassw(?:or)?d\s+(?P<v>'[^']*'|\\?"[^"]*")"#, "[secret]"),
    rule(r"\b(?:requirepass|masterauth|AUTH)\s+(?P<v>\S+)", "[secret]"),
    // What people write down.
    rule(
        r"(?i)\b(?:passw(?:or)?d|passphrase|passwort|pw|token|secret|pin|api key)\s+(?:is|was|to|now|set to|changed to)\s*:?\s*(?P<v>\S+)",
        "[secret]",
    ),
    // By the name before it; `PWD=` of sudo is a folder.
    rule(
        concat!(
            r"(?i)(?:[\w.-]*(?:passw(?:or)?d|passwort|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key",
            r"|auth[-_]?key|credentials?|session|sessid|sess|csrf|xsrf|jwt|signature|_pwd)[\w-]*",
            r"|\b(?:pass|sid|sig|key|auth|pin|pw|otp|(?-i:pwd)))",
            r#"(?:\[\w*\])?\\?["']?\s*(?:=>|[:=]|%3[ad])\s*"#,
            value!()
        ),
        "[secret]",
    ),
    rule_if(
        r"(?i)\b(?:basic|bearer|digest|negotiate|ntlm|apikey|token)(?:\s+|%20|\+)(?P<v>[A-Za-z0-9+/=._~-]{6,})",
        "[secret]",
        |word| !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.'),
    ),
    // Tokens by the marks that their makers gave them.
    rule(
        concat!(
            r"(?-u)\b(?P<v>eyJ[\w-]{8,}(?:\.[\w-]+)*|gh[pousr]_\w{8,}|github_pat_\w{8,}|xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}",
            r"|(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{10,}|(?:sk|pk|rk)_(?:live|test)_\w{4,}|whsec_\w{6,}|AIza[\w-]{20,}",
            r"|ya29\.[\w-]{8,}|GOCSPX-[\w-]{8,}|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{8,}|npm_\w{16,}|pypi-[\w-]{16,}",
            r"|SG\.[\w-]{8,}\.[\w-]{8,}|sk-[\w-]{16,}|hv[sb]\.[\w-]{8,}|dop_v1_\w{8,}|shp(?:at|ss|ca|pa)_\w{8,}|hf_\w{16,}",
            r"|dckr_pat_[\w-]{8,}|sq0[a-z]{3}-[\w-]{8,}|key-[0-9a-f]{16,}|\d{8,10}:AA[\w-]{30,})"
        ),
        "[token]",
    ),
    rule(r"hooks\.slack\.com/(?:services|workflows)/(?P<v>[\w/]+)", "[token]"),
    rule_if(
        concat!(
            r"(?i)/(?:reset|password|passwd|token|sessions?|invite|verify|confirm|activate|unsubscribe|magic|keys?|secret|auth",
            r#"|login|signin|callback|share)[\w-]*/(?P<v>[^/\s?"'#]{8,})"#
        ),
        "[secret]",
        |part| part.bytes().any(|byte| byte.is_ascii_digit()) && part.bytes().any(|byte| byte.is_ascii_alphabetic()),
    ),
    // People.
    rule_if(r"(?P<v>[\w.+%-]*[\w+-](?:@|%40)[\w-]+(?:\.[\w-]+)*\.\p{Alphabetic}{2,})", "[email]", is_no_unit),
    rule_if(r#"/(?:home|Users)/(?P<v>[^/\s"':;,)\\]+)"#, "[user]", is_person),
    rule_if(
        r"(?P<v>[\w.@$-]+) : (?:TTY|PWD|USER|COMMAND|\d+ incorrect|user NOT|command not|a password)",
        "[user]",
        is_person,
    ),
    rule_if(
        r#"(?i)(?:user|user_?name|uname|logname|login|account|acct)\\?["']?\s*[:=]\s*\\?["'<]?(?P<v>[\w.@+-]+)"#,
        "[user]",
        is_person,
    ),
    rule_if(
        r#"(?i)\b(?:invalid |for |of |unknown )?user ['"\[]?(?P<v>[\w.@$-]*\w)['"\]]?(?:\(|:|,|\.?$|\.? (?:from|by|not|on|at|is|has|port)\b)"#,
        "[user]",
        is_person,
    ),
    rule_if(r"\b(?:Accepted|Failed|Postponed) \S+ for (?:invalid user )?(?P<v>\S+) from ", "[user]", is_person),
    rule_if(r"\bby (?P<v>[\w.@$-]+)\(uid=", "[user]", is_person),
    rule_if(r"\S+ \S+ (?P<v>[^\s\[]+) \[\d\d/[A-Za-z]{3}/\d{4}:\d\d", "[user]", |name| {
        is_person(name) && !name.contains(':') && name.parse::<IpAddr>().is_err() && name != "-"
    }),
    // Containers' ids and images' digests are known by their first twelve digits.
    rule(
        concat!(
            r#"(?i)(?:sha256:|docker[-/]|libpod-|containers?(?:[/="': ]|id)+|moby/|\bid\\?["']?[=:]\s*\\?["']?|/containers/|"#,
            r"container (?:create|start|die|stop|kill|destroy|attach|exec_\w+:?|health_status:? ?\w*) )[0-9a-f]{12}(?P<v>[0-9a-f]{52})\b"
        ),
        "",
    ),
];

/// A key, from its first to its last line, or to the end of what is there.
const KEY: Rule = rule(
    r"(?s)(?P<v>-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$))",
    "[private key]",
);

/// `tomcat@shop.service` is a unit and no address.
fn is_no_unit(address: &str) -> bool {
    const ENDINGS: &[&str] =
        &["service", "socket", "slice", "scope", "timer", "target", "mount", "automount", "path", "device", "swap"];
    !ENDINGS.contains(&address.rsplit('.').next().unwrap_or_default())
}

/// Whether an account may be a person's: not those that programs run as.
fn is_person(name: &str) -> bool {
    const ACCOUNTS: &[&str] = &[
        "root",
        "daemon",
        "bin",
        "sys",
        "adm",
        "mail",
        "news",
        "nobody",
        "www-data",
        "www",
        "nginx",
        "apache",
        "apache2",
        "httpd",
        "haproxy",
        "mysql",
        "mariadb",
        "postgres",
        "redis",
        "memcache",
        "rabbitmq",
        "mongodb",
        "syslog",
        "sshd",
        "messagebus",
        "dbus",
        "docker",
        "tomcat",
        "jenkins",
        "git",
        "ftp",
        "postfix",
        "dovecot",
        "man",
        "backup",
        "cron",
        // Words that stand in the place of a name.
        "session",
        "auth",
        "account",
        "unknown",
        "name",
        "the",
        "and",
        "is",
        "no",
        "null",
        "none",
        "system",
        "-",
    ];
    !ACCOUNTS.contains(&name) && !name.starts_with("systemd-") && !name.starts_with('[')
}

/// The patterns, compiled when the first text is redacted.
static COMPILED: LazyLock<Vec<(Regex, &Rule)>> = LazyLock::new(|| compiled(RULES));
static KEYS: LazyLock<Vec<(Regex, &Rule)>> = LazyLock::new(|| compiled(std::slice::from_ref(&KEY)));

/// A test sees that all of them compile.
fn compiled(rules: &'static [Rule]) -> Vec<(Regex, &'static Rule)> {
    rules.iter().filter_map(|rule| Some((Regex::new(rule.pattern).ok()?, rule))).collect()
}

/// Cuts private keys out.
pub(super) fn without_keys(text: &mut String) {
    KEYS.iter().for_each(|(pattern, rule)| cut(pattern, rule, text));
}

/// Cuts out of a text what the rules find.
pub(super) fn apply(text: &mut String) {
    without_keys(text);
    COMPILED.iter().for_each(|(pattern, rule)| cut(pattern, rule, text));
}

fn cut(pattern: &Regex, rule: &Rule, text: &mut String) {
    let mut out = String::new();
    let mut kept = 0;
    for found in pattern.captures_iter(text) {
        let Some(value) = found.name("v").filter(|value| (rule.is_meant)(value.as_str())) else { continue };
        out.push_str(text.get(kept..value.start()).unwrap_or_default());
        out.push_str(rule.mark);
        kept = value.end();
    }
    if kept > 0 {
        out.push_str(text.get(kept..).unwrap_or_default());
        *text = out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_patterns_compile_and_name_their_value() {
        for rule in RULES.iter().chain([&KEY]) {
            let compiled = Regex::new(rule.pattern);
            let names =
                compiled.map(|pattern| pattern.capture_names().flatten().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(names, Ok(vec!["v".to_owned()]), "{}", rule.pattern);
        }
    }
}
