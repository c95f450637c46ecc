//! How the lines of programs begin: stamps, levels and process ids before the text itself.
//!
//! Each function takes one program's (or one family's) own head off a line, and `None` if the line has another: that
//! is also how a container's output, which has no name, tells who writes.

/// Takes the head off.
pub(super) type Head = fn(&str) -> Option<&str>;

/// The program writes bare text.
pub(super) fn none(line: &str) -> Option<&str> {
    Some(line)
}

/// What follows `sign`, in which `d` stands for a digit, `_` for a digit or a blank and `.` for a dot or a comma.
fn after<'a>(line: &'a str, sign: &str) -> Option<&'a str> {
    let head = line.get(..sign.len())?;
    let fits = |(byte, sign): (u8, u8)| match sign {
        b'd' => byte.is_ascii_digit(),
        b'_' => byte.is_ascii_digit() || byte == b' ',
        b'.' => byte == b'.' || byte == b',',
        _ => byte == sign,
    };
    head.bytes().zip(sign.bytes()).all(fits).then(|| line.get(sign.len()..)).flatten()
}

/// What follows a run of digits.
fn digits(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|next: char| next.is_ascii_digit());
    (rest.len() < line.len()).then_some(rest)
}

/// What follows a word of letters, and blanks.
fn word(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|next: char| next.is_ascii_alphabetic());
    (rest.len() < line.len()).then(|| rest.trim_start_matches(' '))
}

/// What follows `open`, text without it, `close`.
fn enclosed<'a>(line: &'a str, open: &str, close: &str) -> Option<&'a str> {
    line.strip_prefix(open)?.split_once(close).map(|(_, rest)| rest)
}

/// `[2026-11-24 02:56:14 +0000] [586] [INFO] ` of gunicorn and hypercorn
pub(super) fn gunicorn(line: &str) -> Option<&str> {
    let rest = enclosed(after(line, "[dddd-dd-dd dd:dd:dd ")?, "", "] ")?;
    enclosed(digits(rest.strip_prefix('[')?)?.strip_prefix("] ")?, "[", "] ")
}

/// `INFO:     ` of uvicorn, padded to ten
pub(super) fn uvicorn(line: &str) -> Option<&str> {
    const LEVELS: &[&str] = &["INFO:     ", "WARNING:  ", "ERROR:    ", "CRITICAL: "];
    LEVELS.iter().find_map(|level| line.strip_prefix(level))
}

/// `[24-Nov-2026 02:56:31] ` of php-fpm
pub(super) fn php_fpm(line: &str) -> Option<&str> {
    let rest = word(after(line, "[dd-")?)?;
    let rest = after(rest, "-dddd dd:dd:dd")?;
    rest.split_once("] ").map(|(_, rest)| rest)
}

/// `[Tue Nov 24 02:56:31 2026] ` of `php -S`
pub(super) fn php_server(line: &str) -> Option<&str> {
    let rest = word(word(line.strip_prefix('[')?)?)?;
    after(rest.trim_start_matches(' '), "d").and(rest.split_once("] ")).map(|(_, rest)| rest)
}

/// `[1] ` of puma's cluster
pub(super) fn puma(line: &str) -> Option<&str> {
    digits(line.strip_prefix('[')?)?.strip_prefix("] ")
}

/// `2026-11-24 02:56:33: (network.c.537) ` of lighttpd
pub(super) fn lighttpd(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-dd dd:dd:dd: (").unwrap_or_else(|| line.strip_prefix('(').unwrap_or_default());
    rest.split_once(") ").filter(|(place, _)| place.contains(".c.")).map(|(_, rest)| rest)
}

/// `1356:M 24 Nov 2026 02:56:34.187 # ` of Redis; up to 2.8 `[1356] 24 Nov 02:56:34.187 # `
pub(super) fn redis(line: &str) -> Option<&str> {
    let rest = match line.strip_prefix('[') {
        Some(rest) => digits(rest)?.strip_prefix("] ")?,
        None => digits(line)?.strip_prefix(':')?.get(1..)?.strip_prefix(' ')?,
    };
    let rest = word(digits(rest)?.strip_prefix(' ')?)?;
    let rest = after(rest, "dddd ").unwrap_or(rest);
    after(rest, "dd:dd:dd.ddd ")?.get(1..)?.strip_prefix(' ')
}

/// `[1470] 2026/11/24 03:04:53.869390 [INF] ` of NATS
pub(super) fn nats(line: &str) -> Option<&str> {
    let rest = digits(line.strip_prefix('[')?)?.strip_prefix("] ")?;
    enclosed(digits(after(rest, "dddd/dd/dd dd:dd:dd.")?)?, " [", "] ")
}

/// `2026-11-24  3:00:19 0 [ERROR] ` of MariaDB, `2026-11-24T03:00:00.000000Z 0 [System] [MY-010931] [Server] ` of MySQL,
/// `261124  3:02:29 [ERROR] ` of both when they crash
pub(super) fn mysql(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-dd _d:dd:dd ")
        .or_else(|| digits(after(line, "dddd-dd-ddTdd:dd:dd.")?)?.split_once(' ').map(|(_, rest)| rest))
        .or_else(|| after(line, "dddddd _d:dd:dd "))?;
    let rest = digits(rest).map_or(rest, |rest| rest.trim_start_matches(' '));
    let mut text = enclosed(rest, "[", "] ")?;
    while let Some(rest) = enclosed(text, "[MY-", "] ").or_else(|| enclosed(text, "[Server", "] ")) {
        text = rest;
    }
    Some(text)
}

/// `2026-11-24 03:02:43.152 UTC [1051] ` of PostgreSQL, or what `log_line_prefix` makes of it, before `LOG:  `
pub(super) fn postgres(line: &str) -> Option<&str> {
    const SEVERITIES: &[&str] =
        &["LOG", "FATAL", "PANIC", "ERROR", "WARNING", "HINT", "DETAIL", "STATEMENT", "CONTEXT"];
    let (before, _) = line.split_once(":  ")?;
    let severity = SEVERITIES.iter().find(|severity| before.ends_with(**severity))?;
    let (before, rest) = line.split_at_checked(before.len() - severity.len())?;
    let is_prefix = before.is_empty() || before.contains('[') && before.ends_with(' ');
    (is_prefix && before.len() < 120 && !before.contains(['"', '\''])).then_some(rest)
}

/// `[1795488995] unbound[1502:0] ` of unbound; to syslog `[1502:0] `
pub(super) fn unbound(line: &str) -> Option<&str> {
    let rest = digits(line.strip_prefix('[')?)?;
    match rest.strip_prefix("] unbound[") {
        Some(rest) => rest.split_once("] ").map(|(_, rest)| rest),
        None => digits(rest.strip_prefix(':')?)?.strip_prefix("] "),
    }
}

/// `2026.11.24 03:01:52 LOG5[ui]: ` of stunnel; before its log is open `[.] `
pub(super) fn stunnel(line: &str) -> Option<&str> {
    const MARKS: &[&str] = &["[ ] ", "[.] ", "[:] ", "[!] "];
    let marked = MARKS.iter().find_map(|mark| line.strip_prefix(mark));
    marked.or_else(|| {
        let rest = after(line, "dddd.dd.dd dd:dd:dd ").unwrap_or(line);
        enclosed(after(rest, "LOGd")?, "[", "]: ")
    })
}

/// `2026/11/24 03:02:30| `, `2026/11/24 03:02:30 kid1| ` of Squid
pub(super) fn squid(line: &str) -> Option<&str> {
    let rest = after(line, "dddd/dd/dd dd:dd:dd")?;
    let (kid, text) = rest.split_once("| ")?;
    (kid.is_empty() || kid.starts_with(" kid")).then_some(text)
}

/// `2026-11-24T03:00:00: ` of mosquitto where `log_timestamp_format` asks for it, as the default configuration of 2.1 does
pub(super) fn mosquitto_iso(line: &str) -> Option<&str> {
    after(line, "dddd-dd-ddTdd:dd:dd: ")
}

/// `1795489340: ` of mosquitto
pub(super) fn mosquitto(line: &str) -> Option<&str> {
    digits(after(line, "ddddddddd")?)?.strip_prefix(": ")
}

/// `[2026-11-24T03:03:41+0000] info     : ` of Monit; up to 5.26 `[UTC Nov 24 03:03:41] info     : `
pub(super) fn monit(line: &str) -> Option<&str> {
    let dated = after(line, "[dddd-dd-ddTdd:dd:dd");
    let named = || after(word(word(line.strip_prefix('[')?)?)?, "_d dd:dd:dd");
    word(dated.or_else(named)?.split_once("] ")?.1)?.strip_prefix(": ")
}

/// `INFO      Nov 24 03:04:47.840 [1462]: ` of tinyproxy
pub(super) fn tinyproxy(line: &str) -> Option<&str> {
    const LEVELS: &[&str] = &["NOTICE ", "INFO ", "CONNECT ", "WARNING ", "ERROR ", "CRITICAL "];
    let rest = LEVELS.iter().find_map(|level| line.strip_prefix(level))?.trim_start_matches(' ');
    let rest = after(word(rest)?, "_d dd:dd:dd.")?;
    enclosed(digits(rest)?, " [", "]: ")
}

/// `2026-11-24 03:04:27.333915+00:00 [info] <0.486.0> ` of RabbitMQ; `13:14:23.613 [error] ` of older ones
pub(super) fn rabbitmq(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-dd ").unwrap_or(line);
    let rest = digits(after(rest, "dd:dd:dd.")?)?;
    let (zone, rest) = rest.split_once(" [")?;
    let rest = word(rest).filter(|_| zone.len() <= 6)?.strip_prefix("] ")?;
    Some(enclosed(rest, "<", "> ").unwrap_or(rest))
}

/// `6b04fed4.33540744 0x7f333b900200 ` of OpenLDAP
pub(super) fn slapd(line: &str) -> Option<&str> {
    let (stamp, rest) = line.split_once(' ')?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'.');
    let rest = rest.strip_prefix("0x")?.split_once(' ')?.1;
    (stamp.len() == 17 && hex(stamp)).then_some(rest)
}

/// `2026-11-24 03:03:22,517 INFO ` of supervisord
pub(super) fn supervisord(line: &str) -> Option<&str> {
    const LEVELS: &[&str] = &["CRIT ", "ERRO ", "WARN ", "INFO ", "DEBG "];
    let rest = after(line, "dddd-dd-dd dd:dd:dd.ddd ")?;
    LEVELS.iter().find_map(|level| rest.strip_prefix(level))
}

/// Without its stamp, as supervisord writes to a terminal that stamps by itself, or to syslog.
pub(super) fn supervisord_bare(line: &str) -> Option<&str> {
    const LEVELS: &[&str] = &["CRIT ", "ERRO ", "WARN ", "INFO "];
    LEVELS.iter().find_map(|level| line.strip_prefix(level))
}

/// `2026-11-24T03:04:08: PM2 log: `, `PM2 log: `, `PM2      | ` of pm2
pub(super) fn pm2(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-ddTdd:dd:dd: ").unwrap_or(line);
    let rest = rest.strip_prefix("PM2")?.trim_start_matches(' ');
    ["log: ", "error: ", "| "].iter().find_map(|head| rest.strip_prefix(head))
}

/// `2026/11/24 03:00:00.123\tINFO\t` of Caddy on a terminal
pub(super) fn caddy(line: &str) -> Option<&str> {
    word(after(line, "dddd/dd/dd dd:dd:dd.ddd\t")?)?.strip_prefix('\t')
}

/// `postfix/master[812]: ` where Postfix writes its log itself
pub(super) fn postfix(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("postfix/master").or_else(|| {
        let rest = word(line)?;
        let (_, rest) = after(rest, "_d dd:dd:dd ")?.split_once(' ')?;
        rest.strip_prefix("postfix/master")
    })?;
    digits(rest.strip_prefix('[')?)?.strip_prefix("]: ")
}

/// `2026-11-24 03:00:00 ` of Exim, perhaps with its zone and process
pub(super) fn exim(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-dd dd:dd:dd")?;
    let rest = rest.split_once(' ').filter(|(zone, _)| zone.len() <= 8).map(|(_, rest)| rest)?;
    Some(enclosed(rest, "[", "] ").unwrap_or(rest))
}

/// `Tue Nov 24 03:00:00 2026 -> ` of ClamAV
pub(super) fn clamd(line: &str) -> Option<&str> {
    after(word(word(line)?)?, "_d dd:dd:dd dddd -> ")
}

/// `Tue Nov 24 03:00:00 2026 : Error: ` of FreeRADIUS
pub(super) fn radius(line: &str) -> Option<&str> {
    word(after(word(word(line)?)?, "_d dd:dd:dd dddd : ")?)?.strip_prefix(": ")
}

/// `[2026-11-24T03:00:00.123456] ` of syslog-ng
pub(super) fn syslog_ng(line: &str) -> Option<&str> {
    digits(after(line, "[dddd-dd-ddTdd:dd:dd.")?)?.strip_prefix("] ")
}

/// `[2026-11-24 03:00:00.123] nsd[123]: ` of NSD
pub(super) fn nsd(line: &str) -> Option<&str> {
    let rest = digits(after(line, "[dddd-dd-dd dd:dd:dd.")?)?.strip_prefix("] nsd[")?;
    digits(rest)?.strip_prefix("]: ")
}

/// `[2026-11-24 03:00:00] ERROR[123] `, `[Nov 24 03:00:00] ERROR[123][C-00000001] ` of Asterisk
pub(super) fn asterisk(line: &str) -> Option<&str> {
    let dated = after(line, "[dddd-dd-dd dd:dd:dd");
    let rest = dated.or_else(|| after(word(line.strip_prefix('[')?)?, "_d dd:dd:dd"))?.split_once("] ")?.1;
    let rest = digits(word(rest.strip_prefix(['E', 'W', 'N', 'V', 'D'])?)?.strip_prefix('[')?)?;
    rest.split_once("] ").map(|(_, text)| text).or_else(|| rest.split_once("]: ").map(|(_, text)| text))
}

/// `  1234:20261124:030000.123 ` of Zabbix
pub(super) fn zabbix(line: &str) -> Option<&str> {
    after(digits(line.trim_start_matches(' '))?, ":dddddddd:dddddd.ddd ")
}

/// `[2026-11-24 03:00:00 +0000] ` of Icinga 2
pub(super) fn icinga(line: &str) -> Option<&str> {
    let rest = after(line, "[dddd-dd-dd dd:dd:dd ")?;
    digits(rest.get(1..)?)?.strip_prefix("] ")
}

/// `2026.11.24 03:00:00.123456 [ 1 ] {} <Error> ` of ClickHouse
pub(super) fn clickhouse(line: &str) -> Option<&str> {
    let rest = digits(after(line, "dddd.dd.dd dd:dd:dd.")?)?.strip_prefix(" [ ")?;
    let (_, rest) = rest.split_once("} <")?;
    rest.split_once("> ").map(|(_, text)| text)
}

/// `2026-11-24 03:00:00.123 UTC [1] ` of PgBouncer
pub(super) fn pgbouncer(line: &str) -> Option<&str> {
    let rest = after(line, "dddd-dd-dd dd:dd:dd.ddd ")?;
    digits(word(rest)?.strip_prefix('[')?)?.strip_prefix("] ")
}

/// `2025-03-14T10:43:42.700-0500 E STORAGE  ` of MongoDB up to 4.2, before `[initandlisten] `; 2.4 began `Tue Mar 14
/// 10:43:42.700 `
pub(super) fn mongodb(line: &str) -> Option<&str> {
    let old = || after(word(word(line)?)?, "_d dd:dd:dd.ddd");
    let rest = after(line, "dddd-dd-ddTdd:dd:dd.ddd").or_else(old)?;
    let at = rest.find(" [")?;
    let (before, text) = rest.split_at_checked(at + 1)?;
    (before.len() < 30).then_some(text)
}

/// `[2020-02-04 12:04:03,945] INFO ` of Kafka and others with log4j
pub(super) fn log4j(line: &str) -> Option<&str> {
    word(after(line, "[dddd-dd-dd dd:dd:dd.ddd] ")?)
}

/// `[2021-03-01T10:00:00,123][INFO ][o.e.n.Node               ] [node-1] ` of Elasticsearch, of its node alone
pub(super) fn elasticsearch(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('[').filter(|rest| after(rest, "dddd-dd-dd").is_some())?;
    let (_, rest) = rest.split_once("][")?;
    let (_level, rest) = rest.split_once("][")?;
    let (logger, rest) = rest.split_once("] ")?;
    let is_node = matches!(logger.trim_end_matches(' '), "o.e.n.Node" | "o.o.n.Node" | "node");
    is_node.then(|| enclosed(rest, "[", "] ")).flatten()
}

/// `E, [2026-11-24T03:00:07.133153 #11196] ERROR -- : ` of Ruby's logger
pub(super) fn ruby(line: &str) -> Option<&str> {
    let (level, rest) = line.split_once(", [")?;
    let rest = (level.len() == 1).then(|| rest.split_once("] ")).flatten()?.1;
    rest.split_once(" -- : ").filter(|(level, _)| level.len() < 8).map(|(_, text)| text)
}

/// `E [24/Nov/2026:03:00:10 +0000] ` of CUPS
pub(super) fn cups(line: &str) -> Option<&str> {
    let (level, rest) = line.split_once(" [")?;
    (level.len() == 1).then(|| after(rest, "dd/")?.split_once("] ")).flatten().map(|(_, text)| text)
}

/// `2026/11/24 02:56:49 socat[2175] E ` of socat
pub(super) fn socat(line: &str) -> Option<&str> {
    let rest = after(line, "dddd/dd/dd dd:dd:dd ").unwrap_or(line);
    let rest = digits(rest.strip_prefix("socat[")?)?.strip_prefix("] ")?;
    rest.get(1..)?.strip_prefix(' ')
}

/// `dnsmasq: ` on standard error, `dnsmasq[282]: ` in a log of its own
pub(super) fn dnsmasq(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("dnsmasq")?;
    let rest = rest.strip_prefix("-dhcp").unwrap_or(rest);
    rest.strip_prefix(": ").or_else(|| digits(rest.strip_prefix('[')?)?.strip_prefix("]: "))
}

/// `24-Nov-2026 02:59:11.439 ` of BIND, perhaps with category and severity; to syslog without the stamp
pub(super) fn named(line: &str) -> Option<&str> {
    const CATEGORIES: &[&str] = &["general: ", "network: ", "default: "];
    const SEVERITIES: &[&str] = &["critical: ", "error: ", "warning: ", "notice: ", "info: "];
    let is_one = |names: &[&str], text: &str| names.iter().any(|name| text.starts_with(name));
    let stamped = || after(word(after(line, "dd-")?)?, "-dddd dd:dd:dd.ddd ");
    let text = stamped().or_else(|| Some(line).filter(|line| is_one(CATEGORIES, line) || is_one(SEVERITIES, line)))?;
    let text = CATEGORIES.iter().find_map(|category| text.strip_prefix(category)).unwrap_or(text);
    Some(SEVERITIES.iter().find_map(|severity| text.strip_prefix(severity)).unwrap_or(text))
}

/// `2026-11-24 02:56:34.844859 C | etcdmain: ` of etcd up to 3.4
pub(super) fn etcd(line: &str) -> Option<&str> {
    let rest = digits(after(line, "dddd-dd-dd dd:dd:dd.")?)?.strip_prefix(' ')?;
    rest.get(1..)?.strip_prefix(" | ")?.split_once(": ").map(|(_, text)| text)
}

/// `[2026-11-24 03:00:00.123][1][critical][main] [source/server/server.cc:117] ` of Envoy
pub(super) fn envoy(line: &str) -> Option<&str> {
    let rest = after(line, "[dddd-dd-dd dd:dd:dd.ddd][")?;
    let rest = digits(rest)?.strip_prefix("][")?;
    let (_, text) = rest.split_once("] ")?;
    Some(enclosed(text, "[", "] ").unwrap_or(text))
}

/// `E0118 15:18:19.124718   26788 proxier.go:1600] ` of Kubernetes
pub(super) fn klog(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['I', 'W', 'E', 'F'])?;
    let rest = digits(after(rest, "dddd dd:dd:dd.")?)?.trim_start_matches(' ');
    let (place, text) = digits(rest)?.strip_prefix(' ')?.split_once("] ")?;
    (!place.contains(' ')).then_some(text)
}

/// `nginx: [emerg] ` of nginx before its log is open
pub(super) fn nginx(line: &str) -> Option<&str> {
    line.strip_prefix("nginx: [emerg] ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_its_own_head() {
        let cases: &[(&str, Head, &str)] = &[
            ("gunicorn", gunicorn, "[2026-11-24 02:56:14 +0000] [586] [ERROR] TEXT"),
            ("uvicorn", uvicorn, "ERROR:    TEXT"),
            ("php-fpm", php_fpm, "[24-Nov-2026 02:56:31] TEXT"),
            ("php -S", php_server, "[Tue Nov 24 02:56:31 2026] TEXT"),
            ("puma", puma, "[223] TEXT"),
            ("lighttpd", lighttpd, "2026-11-24 02:56:33: (network.c.537) TEXT"),
            ("redis", redis, "1356:M 24 Nov 2026 02:56:34.187 # TEXT"),
            ("redis 2.8", redis, "[1356] 24 Nov 02:56:34.187 * TEXT"),
            ("nats", nats, "[1470] 2026/11/24 03:04:53.869390 [INF] TEXT"),
            ("mysql of MariaDB", mysql, "2026-11-24  3:00:19 0 [ERROR] TEXT"),
            ("mysql", mysql, "2026-11-24T03:00:00.000000Z 0 [System] [MY-010931] [Server] TEXT"),
            ("mysql's crash", mysql, "261124  3:03:19 [ERROR] TEXT"),
            ("unbound", unbound, "[1795488995] unbound[1502:0] TEXT"),
            ("unbound in syslog", unbound, "[1502:0] TEXT"),
            ("stunnel", stunnel, "2026.11.24 03:01:52 LOG5[ui]: TEXT"),
            ("stunnel's start", stunnel, "[.] TEXT"),
            ("squid", squid, "2026/11/24 03:02:30 kid1| TEXT"),
            ("mosquitto", mosquitto, "1795489340: TEXT"),
            ("monit", monit, "[2026-11-24T03:03:41+0000] info     : TEXT"),
            ("tinyproxy", tinyproxy, "INFO      Nov 24 03:04:47.840 [1462]: TEXT"),
            ("rabbitmq", rabbitmq, "2026-11-24 03:04:27.333915+00:00 [info] <0.486.0> TEXT"),
            ("rabbitmq 3.7", rabbitmq, "13:14:23.613 [error] TEXT"),
            ("slapd", slapd, "6b04fed4.33540744 0x7f333b900200 TEXT"),
            ("supervisord", supervisord, "2026-11-24 03:03:22,517 INFO TEXT"),
            ("pm2", pm2, "2026-11-24T03:04:08: PM2 log: TEXT"),
            ("kafka", log4j, "[2020-02-04 12:04:03,945] INFO TEXT"),
            (
                "elasticsearch",
                elasticsearch,
                "[2021-03-01T10:00:00,123][INFO ][o.e.n.Node               ] [node-1] TEXT",
            ),
            ("unicorn", ruby, "E, [2026-11-24T03:00:07.133153 #11196] ERROR -- : TEXT"),
            ("cups", cups, "E [24/Nov/2026:03:00:10 +0000] TEXT"),
            ("socat", socat, "2026/11/24 02:56:49 socat[2175] E TEXT"),
            ("dnsmasq", dnsmasq, "dnsmasq[282]: TEXT"),
            ("dnsmasq on stderr", dnsmasq, "dnsmasq: TEXT"),
            ("named", named, "24-Nov-2026 02:59:11.439 TEXT"),
            ("named in syslog", named, "general: notice: TEXT"),
            ("named with severity", named, "24-Nov-2026 02:59:11.439 general: notice: TEXT"),
            ("etcd", etcd, "2026-11-24 02:56:34.844859 C | etcdmain: TEXT"),
            ("envoy", envoy, "[2026-11-24 03:00:00.123][1][critical][main] [source/server/server.cc:117] TEXT"),
            ("monit 5.26", monit, "[UTC Nov 24 03:03:41] info     : TEXT"),
            ("caddy", caddy, "2026/11/24 03:00:00.123\tINFO\tTEXT"),
            ("postfix", postfix, "postfix/master[812]: TEXT"),
            ("postfix with a stamp", postfix, "Nov 24 03:00:00 mail postfix/master[812]: TEXT"),
            ("clamd", clamd, "Tue Nov 24 03:00:00 2026 -> TEXT"),
            ("radius", radius, "Tue Nov 24 03:00:00 2026 : Error: TEXT"),
            ("syslog-ng", syslog_ng, "[2026-11-24T03:00:00.123456] TEXT"),
            ("nsd", nsd, "[2026-11-24 03:00:00.123] nsd[123]: TEXT"),
            ("asterisk", asterisk, "[2026-11-24 03:00:00] ERROR[123] TEXT"),
            ("asterisk with a call", asterisk, "[Nov 24 03:00:00] ERROR[123][C-00000001] TEXT"),
            ("zabbix", zabbix, "  1234:20261124:030000.123 TEXT"),
            ("icinga", icinga, "[2026-11-24 03:00:00 +0000] TEXT"),
            ("clickhouse", clickhouse, "2026.11.24 03:00:00.123456 [ 1 ] {} <Error> TEXT"),
            ("pgbouncer", pgbouncer, "2026-11-24 03:00:00.123 UTC [1] TEXT"),
            ("klog", klog, "E0118 15:18:19.124718   26788 proxier.go:1600] TEXT"),
        ];
        for (program, head, line) in cases {
            assert_eq!(head(line), Some("TEXT"), "{program}");
            for (other, _, line) in cases {
                let is_same = program.split(['\'', ' ']).next() == other.split(['\'', ' ']).next();
                assert!(is_same || head(line) != Some("TEXT"), "{program} reads the head of {other}");
            }
            assert_eq!(head("bind() to 0.0.0.0:80 failed"), None, "{program}");
            assert_eq!(head(""), None, "{program}");
        }
    }

    #[test]
    fn keeps_what_tells_the_wordings_apart() {
        assert_eq!(postgres("2026-11-24 03:02:43.152 UTC [1051] LOG:  x"), Some("LOG:  x"));
        assert_eq!(postgres("[3-1] FATAL:  x"), Some("FATAL:  x"));
        assert_eq!(postgres("2026 [1] LOG:  statement: insert 'LOG:  x'"), Some("LOG:  statement: insert 'LOG:  x'"));
        assert_eq!(mongodb("2025-03-14T10:43:42.700-0500 E STORAGE  [initandlisten] x"), Some("[initandlisten] x"));
    }
}
