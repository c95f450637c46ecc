//! The heads of daemons' own log lines, each with the part of the program's source, or its documented default, that
//! makes it.

use super::shape::{Read, Shape, bracketed, named_day, number};
use crate::format::{Level, Stamp, Zone, stamp};

/// Programs and the shape of their lines.
pub(super) const SHAPES: &[(&str, Read)] = &[
    ("mongod", mongod_json),
    ("mongod", mongod),
    ("nats-server", nats),
    ("etcd", etcd),
    ("stunnel", stunnel),
    ("unbound", unbound),
    ("mosquitto", mosquitto),
    ("slapd", slapd),
    ("monit", monit),
    ("tinyproxy", tinyproxy),
    ("supervisord", supervisord),
    ("pm2", pm2),
    ("cupsd", cups),
    ("socat", socat),
    ("envoy", envoy),
    ("jetty", jetty),
    ("zookeeper", zookeeper),
    ("clamd", clamd),
    ("radiusd", radius),
    ("asterisk", asterisk),
    ("zabbix", zabbix),
    ("icinga2", icinga),
    ("clickhouse-server", clickhouse),
    ("nsd", nsd),
    ("syslog-ng", syslog_ng),
    ("pgbouncer", pgbouncer),
    ("caddy", caddy),
    ("named", named),
];

/// A shape of a head that tells no process.
pub(super) fn shape(stamp: Stamp, level: Option<Level>, message: &[u8]) -> Option<Shape<'_>> {
    Some(Shape { stamp, level, pid: None, message })
}

/// `{"t":{"$date":"2026-11-24T03:00:00.000+00:00"},"s":"I",  "c":"NETWORK", …}` from 4.4 on (`log_detail` in
/// `src/mongo/logv2/json_formatter.cpp`)
fn mongod_json(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line.strip_prefix(b"{\"t\":{\"$date\":\"")?)?;
    let rest = line.get(15 + len..)?.strip_prefix(b"\"},\"s\":\"")?;
    shape(stamp, mongod_level(*rest.first()?), line)
}

/// `2019-03-14T10:43:42.700-0500 E STORAGE  [initandlisten] ` (`MessageEventDetailsEncoder`, up to 4.2)
fn mongod(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 3 && stamp.zone != Zone::Unknown)?;
    let (letter, rest) = line.get(len..)?.strip_prefix(b" ")?.split_first()?;
    let level = mongod_level(*letter)?;
    let rest = rest.strip_prefix(b" ")?;
    let end = rest.iter().position(|byte| !byte.is_ascii_uppercase() && *byte != b'-')?;
    let message = rest.get(end..)?.trim_ascii_start();
    (end > 0 && message.starts_with(b"[")).then(|| shape(stamp, Some(level), message)).flatten()
}

fn mongod_level(letter: u8) -> Option<Level> {
    Some(match letter {
        b'F' => Level::Crit,
        b'E' => Level::Error,
        b'W' => Level::Warn,
        b'I' => Level::Info,
        b'D' => Level::Debug,
        _ => return None,
    })
}

/// `[1470] 2026/11/24 03:04:53.869390 [INF] ` (`logger/log.go`)
fn nats(line: &[u8]) -> Option<Shape<'_>> {
    let (pid, rest) = bracketed(line)?;
    let (stamp, rest) = slashed(rest, 6)?;
    let (word, message) = bracketed(rest.strip_prefix(b" ")?)?;
    Some(Shape { pid: Some(i64::from(stamp::digits(pid)?)), ..shape(stamp, Some(short_level(word)?), message)? })
}

/// The three letters of NATS and zerolog.
fn short_level(word: &[u8]) -> Option<Level> {
    Some(match word {
        b"FTL" => Level::Crit,
        b"ERR" => Level::Error,
        b"WRN" => Level::Warn,
        b"INF" => Level::Info,
        b"DBG" => Level::Debug,
        b"TRC" => Level::Trace,
        _ => return None,
    })
}

/// `2026/11/24 03:04:53.869390` and what follows: the stamp of Go's `log`, with so many digits.
fn slashed(line: &[u8], digits: usize) -> Option<(Stamp, &[u8])> {
    let day: Vec<u8> = line.get(..19)?.iter().map(|byte| if *byte == b'/' { b'-' } else { *byte }).collect();
    let written = [day.as_slice(), line.get(19..20 + digits)?].concat();
    let (stamp, len) = stamp::iso(&written)?;
    (line.get(4) == Some(&b'/') && len == written.len()).then_some((stamp, line.get(len..)?))
}

/// `2026-11-24 02:56:34.844859 C | etcdmain: ` (capnslog, up to 3.4)
fn etcd(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 6 && stamp.zone == Zone::Unknown)?;
    let (letter, rest) = line.get(len..)?.strip_prefix(b" ")?.split_first()?;
    let level = match letter {
        b'C' => Level::Crit,
        b'E' => Level::Error,
        b'W' => Level::Warn,
        b'N' => Level::Notice,
        b'I' => Level::Info,
        b'D' | b'T' => Level::Debug,
        _ => return None,
    };
    rest.starts_with(b" | ").then(|| shape(stamp, Some(level), line)).flatten()
}

/// `2026.11.24 03:01:50 LOG5[ui]: ` (`src/log.c`); the digit is syslog's severity
fn stunnel(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, rest) = dotted(line, 0)?;
    let (digit, rest) = rest.strip_prefix(b" LOG")?.split_first()?;
    let message = rest.strip_prefix(b"[")?;
    let end = memchr::memmem::find(message, b"]: ")?;
    let level = Level::from_severity(digit.checked_sub(b'0')?)?;
    (end < 40).then(|| shape(stamp, Some(level), message.get(end + 3..)?)).flatten()
}

/// `2026.11.24 03:01:50`, with so many digits of a fraction, and what follows.
fn dotted(line: &[u8], digits: usize) -> Option<(Stamp, &[u8])> {
    let is_day = line.get(4) == Some(&b'.') && line.get(7) == Some(&b'.');
    let day: Vec<u8> = line.get(..10)?.iter().map(|byte| if *byte == b'.' { b'-' } else { *byte }).collect();
    let len = 19 + if digits > 0 { 1 + digits } else { 0 };
    let written = [day.as_slice(), line.get(10..len)?].concat();
    let (stamp, read) = stamp::iso(&written)?;
    (is_day && read == len).then_some((stamp, line.get(len..)?))
}

/// `[1795488995] unbound[1502:0] info: ` (`log_vmsg` in `util/log.c`); the severity is part of the wordings
fn unbound(line: &[u8]) -> Option<Shape<'_>> {
    let (seconds, rest) = bracketed(line)?;
    let (pid, rest) = number(rest.strip_prefix(b"unbound[")?)?;
    let message = rest.get(memchr::memmem::find(rest, b"] ")? + 2..)?;
    let word = message.get(..memchr::memchr(b':', message)?)?;
    let level = Level::from_name(word.strip_prefix(b"fatal ").unwrap_or(word));
    Some(Shape { pid: Some(pid), ..shape(epoch(seconds)?, level, message)? })
}

/// Ten digits: seconds since 1970.
pub(super) fn epoch(digits: &[u8]) -> Option<Stamp> {
    let seconds = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (digits.len() == 10).then(|| Stamp::utc(seconds, 0, 0))
}

/// `1795489340: ` (`src/logging.c`)
fn mosquitto(line: &[u8]) -> Option<Shape<'_>> {
    let (seconds, rest) = line.split_at_checked(10)?;
    let message = rest.strip_prefix(b": ").filter(|message| message.first().is_some_and(u8::is_ascii_alphabetic))?;
    let level = message.starts_with(b"Error: ").then_some(Level::Error);
    shape(epoch(seconds)?, level, message)
}

/// `6b04fed4.33540744 0x7f333b900200 `: seconds and nanoseconds in hexadecimal (`libraries/liblber/debug.c`, from 2.5 on)
fn slapd(line: &[u8]) -> Option<Shape<'_>> {
    let hex = |text: &[u8]| i64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
    let (seconds, nanos) = (hex(line.get(..8)?)?, hex(line.get(8..17)?.strip_prefix(b".")?)?);
    let rest = line.get(17..)?.strip_prefix(b" 0x")?;
    let message = rest.get(memchr::memchr(b' ', rest)? + 1..)?;
    shape(Stamp::utc(seconds, u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?, 9), None, message)
}

/// `[2026-11-24T03:03:41+0000] info     : ` (`src/log.c`)
fn monit(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = bracketed(line)?;
    let (stamp, len) = stamp::iso(moment)?;
    let (word, message) = rest.split_at_checked(9)?;
    let level = Level::from_name(word.trim_ascii_end())?;
    let message = message.strip_prefix(b": ")?;
    (len == moment.len() && stamp.zone != Zone::Unknown).then(|| shape(stamp, Some(level), message)).flatten()
}

/// `INFO      Nov 24 03:04:47.840 [1462]: ` (`src/log.c`)
fn tinyproxy(line: &[u8]) -> Option<Shape<'_>> {
    let (word, rest) = line.split_at_checked(10)?;
    let level = match word.trim_ascii_end() {
        b"CONNECT" => Level::Info,
        word => Level::from_name(word)?,
    };
    let (stamp, len) = stamp::rfc3164(rest).filter(|(stamp, _)| stamp.digits == 3)?;
    let (pid, rest) = number(rest.get(len..)?.strip_prefix(b" [")?)?;
    Some(Shape { pid: Some(pid), ..shape(stamp, Some(level), rest.strip_prefix(b"]: ")?)? })
}

/// `2026-11-24 03:03:22,517 INFO ` (`supervisor/loggers.py`). Programs in Python log so, too: only its own words count.
fn supervisord(line: &[u8]) -> Option<Shape<'_>> {
    const WORDS: &[&str] = &[
        "spawned: ",
        "success: ",
        "exited: ",
        "stopped: ",
        "gave up: ",
        "spawnerr: ",
        "waiting for ",
        "killing ",
        "received SIG",
        "reaped ",
        "supervisord started",
        "Supervisor is running",
        "Set uid to user",
        "RPC interface ",
        "Server 'unix_http_server'",
        "Server 'inet_http_server'",
        "Included extra file",
        "Increased RLIMIT",
        "daemonizing",
    ];
    let (stamp, 23) = stamp::iso(line)? else { return None };
    let rest = line.get(23..)?.strip_prefix(b" ")?;
    let level = match rest.get(..5)? {
        b"CRIT " => Level::Crit,
        b"ERRO " => Level::Error,
        b"WARN " => Level::Warn,
        b"INFO " => Level::Info,
        b"DEBG " => Level::Debug,
        _ => return None,
    };
    let message = rest.get(5..)?;
    let is_own = WORDS.iter().any(|words| message.starts_with(words.as_bytes()));
    (is_own && line.get(19) == Some(&b',')).then(|| shape(stamp, Some(level), message)).flatten()
}

/// `2026-11-24T03:04:08: PM2 log: ` (`lib/Common.js`)
fn pm2(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, 19) = stamp::iso(line)? else { return None };
    let message = line.get(19..)?.strip_prefix(b": ")?;
    message.starts_with(b"PM2 ").then(|| shape(stamp, None, message)).flatten()
}

/// `E [24/Nov/2026:03:00:10 +0000] ` (`cupsdLogMessage` in `scheduler/log.c`)
fn cups(line: &[u8]) -> Option<Shape<'_>> {
    let level = match line.first()? {
        b'X' => Level::Emerg,
        b'A' => Level::Alert,
        b'C' => Level::Crit,
        b'E' => Level::Error,
        b'W' => Level::Warn,
        b'N' => Level::Notice,
        b'I' => Level::Info,
        b'D' | b'd' => Level::Debug,
        _ => return None,
    };
    let (moment, message) = bracketed(line.get(1..)?.strip_prefix(b" ")?)?;
    let stamp = stamp::clf(moment).filter(|_| moment.len() == 26)?;
    shape(stamp, Some(level), message)
}

/// `2026/11/24 02:56:49 socat[2175] E ` (`error.c`)
fn socat(line: &[u8]) -> Option<Shape<'_>> {
    let stamp = stamp::nginx_error(line)?;
    let (pid, rest) = number(line.get(19..)?.strip_prefix(b" socat[")?)?;
    let (letter, message) = rest.strip_prefix(b"] ")?.split_first()?;
    let level = match letter {
        b'F' => Level::Crit,
        b'E' => Level::Error,
        b'W' => Level::Warn,
        b'N' => Level::Notice,
        b'I' => Level::Info,
        b'D' => Level::Debug,
        _ => return None,
    };
    Some(Shape { pid: Some(pid), ..shape(stamp, Some(level), message.strip_prefix(b" ")?)? })
}

/// `[2026-11-24 03:00:00.123][1][critical][main] ` (`Logger::DEFAULT_LOG_FORMAT`); the place in the source may follow
fn envoy(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = line.strip_prefix(b"[")?.split_at_checked(23)?;
    let (stamp, 23) = stamp::iso(moment)? else { return None };
    let (_thread, rest) = number(rest.strip_prefix(b"][")?)?;
    let rest = rest.strip_prefix(b"][")?;
    let (word, rest) = rest.split_at(memchr::memchr(b']', rest)?);
    let (_logger, message) = bracketed(rest.strip_prefix(b"]")?)?;
    let message = bracketed(message).filter(|(place, _)| place.contains(&b':')).map_or(message, |(_, text)| text);
    shape(stamp, Some(Level::from_name(word)?), message)
}

/// `2016-12-11 03:15:39.717:INFO:oejs.Server:main: ` (`StdErrLog`, up to 9)
fn jetty(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, 23) = stamp::iso(line)? else { return None };
    let rest = line.get(23..)?.strip_prefix(b":")?;
    let (word, message) = rest.split_at(memchr::memchr(b':', rest)?);
    shape(stamp, Some(Level::from_name(word)?), message.strip_prefix(b":")?)
}

/// `2026-11-24 03:00:00,123 [myid:1] - INFO  [main:QuorumPeer@89] - ` (`conf/log4j.properties`)
fn zookeeper(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, 23) = stamp::iso(line)? else { return None };
    let (_, rest) = bracketed(line.get(23..)?.strip_prefix(b" ")?).filter(|(id, _)| id.starts_with(b"myid:"))?;
    let rest = rest.strip_prefix(b"- ")?;
    let (word, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let place = rest.trim_ascii_start();
    let message = place.get(memchr::memmem::find(place, b"] - ")? + 4..)?;
    shape(stamp, Some(Level::from_name(word)?), message)
}

/// `Tue Nov 24 03:00:00 2026 -> ` (`logg` in `common/output.c`)
fn clamd(line: &[u8]) -> Option<Shape<'_>> {
    let stamp = stamp::asctime(line.get(..24)?)?;
    shape(stamp, None, line.get(24..)?.strip_prefix(b" -> ")?)
}

/// `Tue Nov 24 03:00:00 2026 : Error: ` (`src/main/log.c`, `src/lib/log.c`)
fn radius(line: &[u8]) -> Option<Shape<'_>> {
    let stamp = stamp::asctime(line.get(..24)?)?;
    let rest = line.get(24..)?.strip_prefix(b" : ")?;
    let (word, message) = rest.split_at(memchr::memchr(b':', rest).filter(|at| *at < 10)?);
    shape(stamp, Level::from_name(word), message.strip_prefix(b": ")?)
}

/// `[2026-11-24 03:00:00] ERROR[123] `, `[2026-11-24 03:00:00] ERROR[123][C-00000001] ` (`main/logger.c`)
fn asterisk(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = bracketed(line)?;
    let stamp = stamp::iso(moment).filter(|(_, len)| *len == moment.len()).map(|(stamp, _)| stamp);
    let stamp =
        stamp.or_else(|| stamp::rfc3164(moment).filter(|(_, len)| *len == moment.len()).map(|(stamp, _)| stamp))?;
    let (word, rest) = rest.split_at(memchr::memchr(b'[', rest)?);
    let level = Level::from_name(word).or_else(|| (word == b"VERBOSE").then_some(Level::Info))?;
    let (thread, rest) = number(rest.strip_prefix(b"[")?)?;
    let message = rest.get(memchr::memmem::find(rest, b"] ").filter(|at| *at < 16)? + 2..)?;
    let is_upper = word.iter().all(u8::is_ascii_uppercase);
    is_upper.then(|| Some(Shape { pid: Some(thread), ..shape(stamp, Some(level), message)? })).flatten()
}

/// `  1234:20261124:030000.123 ` (`zbx_log` in `src/libs/zbxlog`)
fn zabbix(line: &[u8]) -> Option<Shape<'_>> {
    let (pid, rest) = number(line.trim_ascii_start())?;
    let digits = rest.strip_prefix(b":")?;
    let (day, clock) = (digits.get(..8)?, digits.get(8..19)?.strip_prefix(b":")?);
    let part = |text: &[u8], from: usize, len: usize| stamp::digits(text.get(from..from + len)?);
    let [year, month, day] = [part(day, 0, 4)?, part(day, 4, 2)?, part(day, 6, 2)?];
    let [hour, minute, second] = [part(clock, 0, 2)?, part(clock, 2, 2)?, part(clock, 4, 2)?];
    let millis = stamp::digits(clock.get(6..)?.strip_prefix(b".")?)?;
    let civil_s = stamp::civil(i32::try_from(year).ok()?, month, day, hour, minute, second)?;
    let stamp = Stamp { civil_s, nanos: millis * 1_000_000, digits: 3, zone: Zone::Unknown, has_year: true };
    Some(Shape { pid: Some(pid), ..shape(stamp, None, digits.get(19..)?.strip_prefix(b" ")?)? })
}

/// `[2026-11-24 03:00:00 +0000] critical/ApiListener: ` (`lib/base/streamlogger.cpp`); the facility is part of the wordings
fn icinga(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, message) = bracketed(line)?;
    let joined = [moment.get(..19)?, moment.get(19..)?.strip_prefix(b" ")?].concat();
    let (stamp, len) = stamp::iso(&joined)?;
    let word = message.get(..memchr::memchr(b'/', message)?)?;
    let level = match word {
        b"information" => Level::Info,
        word => Level::from_name(word)?,
    };
    (len == joined.len()).then(|| shape(stamp, Some(level), message)).flatten()
}

/// `2026.11.24 03:00:00.123456 [ 1 ] {} <Error> ` (`OwnPatternFormatter`)
fn clickhouse(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, rest) = dotted(line, 6)?;
    let (thread, rest) = number(rest.strip_prefix(b" [ ")?)?;
    let rest = rest.strip_prefix(b" ] {")?;
    let rest = rest.get(memchr::memmem::find(rest, b"} <")? + 3..)?;
    let (word, message) = rest.split_at(memchr::memchr(b'>', rest)?);
    let level = match word {
        b"Information" => Level::Info,
        b"Test" => Level::Trace,
        word => Level::from_name(word)?,
    };
    Some(Shape { pid: Some(thread), ..shape(stamp, Some(level), message.strip_prefix(b"> ")?)? })
}

/// `[2026-11-24 03:00:00.123] nsd[123]: ` (`log_file` in `util.c`)
fn nsd(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = bracketed(line)?;
    let (stamp, 23) = stamp::iso(moment)? else { return None };
    let (pid, rest) = number(rest.strip_prefix(b"nsd[")?)?;
    let message = rest.strip_prefix(b"]: ")?;
    let level = message.split(|byte| *byte == b':').next().and_then(Level::from_name);
    Some(Shape { pid: Some(pid), ..shape(stamp, level, message)? })
}

/// `[2026-11-24T03:00:00.123456] ` (`lib/messages.c`)
fn syslog_ng(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, message) = bracketed(line)?;
    let (stamp, len) = stamp::iso(moment).filter(|(stamp, _)| stamp.digits == 6 && stamp.zone == Zone::Unknown)?;
    let is_own = len == moment.len() && moment.get(10) == Some(&b'T') && message.ends_with(b"'");
    is_own.then(|| shape(stamp, None, message)).flatten()
}

/// `2026-11-24 03:00:00.123 UTC [1] WARNING ` (`log_generic` in `lib/usual/logging.c`); the level is part of the wordings
fn pgbouncer(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 3 && stamp.zone == Zone::Unknown)?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let (zone, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (pid, rest) = number(rest.strip_prefix(b" [")?)?;
    let message = rest.strip_prefix(b"] ")?;
    let level = match message.split(|byte| *byte == b' ').next()? {
        b"LOG" => Level::Info,
        b"DEBUG" | b"NOISE" => Level::Debug,
        word @ (b"FATAL" | b"ERROR" | b"WARNING") => Level::from_name(word)?,
        _ => return None,
    };
    let zone = if matches!(zone, b"UTC" | b"GMT") { Zone::Offset(0) } else { Zone::Unknown };
    Some(Shape { pid: Some(pid), ..shape(Stamp { zone, ..stamp }, Some(level), message)? })
}

/// `2026/11/24 03:00:00.123\tINFO\tadmin.api\tload complete` (zap's console encoder, as Caddy sets it)
fn caddy(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, rest) = slashed(line, 3)?;
    let rest = rest.strip_prefix(b"\t")?;
    let (word, message) = rest.split_at(memchr::memchr(b'\t', rest)?);
    shape(stamp, Some(Level::from_name(word)?), message.strip_prefix(b"\t")?)
}

/// `24-Nov-2026 02:59:11.439 `, perhaps with category and severity (`isc_log_doit` in `lib/isc/log.c`)
fn named(line: &[u8]) -> Option<Shape<'_>> {
    let (day, rest) = line.split_at_checked(11)?;
    let stamp = named_day(day, b'-', rest.strip_prefix(b" ")?.get(..12)?)?;
    let message = rest.get(13..)?.strip_prefix(b" ")?;
    // JULI puts the thread in brackets behind the level.
    let is_juli = message.split(|byte| *byte == b' ').nth(1).is_some_and(|word| word.starts_with(b"["));
    let level = message.split(|byte| *byte == b' ').take(2).find_map(|word| Level::from_name(word.strip_suffix(b":")?));
    (stamp.digits == 3 && !is_juli).then(|| shape(stamp, level, message)).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_the_line() {
        for (program, level, pid, line) in ROWS {
            let read: Vec<_> =
                super::super::shapes().filter_map(|(name, read)| Some((*name, read(line.as_bytes())?))).collect();
            assert_eq!(read.len(), 1, "{line}");
            let (name, shape) = &read[0];
            assert_eq!((name, shape.level.map(Level::name), shape.pid), (program, *level, *pid), "{line}");
            let message = std::str::from_utf8(shape.message).unwrap();
            assert!(message == "TEXT" || message.ends_with(": TEXT") || message == *line, "{message}");
            assert!((1_765_000_000..1_800_000_000).contains(&shape.stamp.civil_s) || !shape.stamp.has_year, "{line}");
        }
    }

    type Row = (&'static str, Option<&'static str>, Option<i64>, &'static str);

    const ROWS: &[Row] = &[
        (
            "mongod",
            Some("error"),
            None,
            r#"{"t":{"$date":"2026-11-24T03:00:00.000+00:00"},"s":"E",  "c":"STORAGE",  "id":20568,   "ctx":"initandlisten","msg":"x","attr":{}}"#,
        ),
        ("mongod", Some("error"), None, "2026-11-24T02:56:33.700-0500 E STORAGE  [initandlisten]: TEXT"),
        ("nats-server", Some("info"), Some(1470), "[1470] 2026/11/24 03:04:53.869390 [INF] TEXT"),
        ("etcd", Some("crit"), None, "2026-11-24 02:56:34.844859 C | etcdmain: TEXT"),
        ("stunnel", Some("notice"), None, "2026.11.24 03:01:50 LOG5[ui]: TEXT"),
        ("unbound", Some("error"), Some(1502), "[1795488995] unbound[1502:0] fatal error: TEXT"),
        ("mosquitto", None, None, "1795489340: TEXT"),
        ("slapd", None, None, "6b04fed4.33540744 0x7f333b900200 TEXT"),
        ("monit", Some("info"), None, "[2026-11-24T03:03:41+0000] info     : TEXT"),
        ("tinyproxy", Some("info"), Some(1462), "INFO      Nov 24 03:04:47.840 [1462]: TEXT"),
        ("supervisord", Some("info"), None, "2026-11-24 03:03:22,517 INFO spawned: TEXT"),
        ("pm2", None, None, "2026-11-24T03:04:08: PM2 log: TEXT"),
        ("cupsd", Some("error"), None, "E [24/Nov/2026:03:00:10 +0000] TEXT"),
        ("socat", Some("error"), Some(2175), "2026/11/24 02:56:49 socat[2175] E TEXT"),
        (
            "envoy",
            Some("crit"),
            None,
            "[2026-11-24 03:00:00.123][1][critical][main] [source/server/server.cc:117] TEXT",
        ),
        ("jetty", Some("info"), None, "2026-11-24 03:15:39.717:INFO:oejs.Server:main: TEXT"),
        ("zookeeper", Some("info"), None, "2026-11-24 03:00:00,123 [myid:1] - INFO  [main:QuorumPeer@89] - TEXT"),
        ("clamd", None, None, "Tue Nov 24 03:00:00 2026 -> TEXT"),
        ("radiusd", Some("error"), None, "Tue Nov 24 03:00:00 2026 : Error: TEXT"),
        ("asterisk", Some("error"), Some(123), "[2026-11-24 03:00:00] ERROR[123][C-00000001] TEXT"),
        ("asterisk", Some("error"), Some(123), "[Nov 24 03:00:00] ERROR[123] TEXT"),
        ("zabbix", None, Some(1234), "  1234:20261124:030000.123 TEXT"),
        ("icinga2", Some("crit"), None, "[2026-11-24 03:00:00 +0000] critical/ApiListener: TEXT"),
        ("clickhouse-server", Some("error"), Some(1), "2026.11.24 03:00:00.123456 [ 1 ] {} <Error> TEXT"),
        ("nsd", Some("error"), Some(123), "[2026-11-24 03:00:00.123] nsd[123]: error: TEXT"),
        ("pgbouncer", Some("warn"), Some(1), "2026-11-24 03:00:00.123 UTC [1] WARNING cannot listen: TEXT"),
        ("caddy", Some("info"), None, "2026/11/24 03:00:00.123\tINFO\tTEXT"),
        ("named", Some("notice"), None, "24-Nov-2026 02:59:11.439 general: notice: TEXT"),
        ("named", None, None, "24-Nov-2026 02:59:11.439 TEXT"),
    ];

    #[test]
    fn leaves_the_rest_alone() {
        for (why, line) in [
            ("Python", "2026-11-24 03:03:22,517 INFO order 9 started"),
            ("Hadoop", "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created"),
            (
                "OpenStack",
                "2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b] 10.11.10.1",
            ),
            ("Windows", "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack"),
            ("Go", "2026/11/24 03:00:20 main.go:14: ready"),
            ("a number", "1795489340"),
            ("CSV", "1795489340,3,web01"),
            ("JSON", r#"{"level":"info","msg":"x"}"#),
            ("a term of pairs", "level=info msg=x"),
            ("text", "E [the rest] is silence"),
            ("nothing", ""),
        ] {
            let read = super::super::shapes().find(|(_, read)| read(line.as_bytes()).is_some());
            assert_eq!(read.map(|(name, _)| *name), None, "{why}");
        }
    }
}
