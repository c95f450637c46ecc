//! The heads of servers' own log lines, each with the part of the program's source, or its documented default, that
//! makes it.

use crate::format::{Level, Stamp, Zone, stamp};

/// A head, read, and the message behind it.
pub(super) struct Shape<'a> {
    pub(super) stamp: Stamp,
    pub(super) level: Option<Level>,
    pub(super) pid: Option<i64>,
    pub(super) message: &'a [u8],
}

pub(super) type Read = for<'a> fn(&'a [u8]) -> Option<Shape<'a>>;

/// Programs and the shape of their lines; a family of programs has no name.
pub(super) const SHAPES: &[(&str, Read)] = &[
    ("mariadbd", mariadb),
    ("mysqld", mysql),
    ("postgres", postgres),
    ("redis-server", redis),
    ("php-fpm", php_fpm),
    ("gunicorn", gunicorn),
    ("tomcat", tomcat),
    ("lighttpd", lighttpd),
    ("squid", squid),
    ("rabbitmq", rabbitmq),
    ("elasticsearch", elasticsearch),
    ("", klog),
    ("", log4j),
];

/// `2026-11-24  3:00:19 0 [ERROR] ` (`sql/log.cc`: the hour is padded with a blank)
fn mariadb(line: &[u8]) -> Option<Shape<'_>> {
    let (day, clock) = (line.get(..10)?, line.get(10..19)?);
    let padded: Vec<u8> = [day, b" ", clock.strip_prefix(b" ")?].concat();
    let padded: Vec<u8> =
        padded.iter().enumerate().map(|(at, byte)| if at == 11 && *byte == b' ' { b'0' } else { *byte }).collect();
    let (stamp, 19) = stamp::iso(&padded)? else { return None };
    let (_thread, rest) = number(line.get(19..)?.strip_prefix(b" ")?)?;
    let (word, message) = bracketed(rest.trim_ascii_start())?;
    let level = sql_level(word)?;
    Some(Shape { stamp, level, pid: None, message })
}

/// `2026-11-24T03:00:00.000000Z 0 [System] [MY-010931] [Server] `; 5.7 has only the level (`sql/server_component`)
fn mysql(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 6 && line.get(10) == Some(&b'T'))?;
    let (_thread, rest) = number(line.get(len..)?.strip_prefix(b" ")?)?;
    let (word, mut message) = bracketed(rest.strip_prefix(b" ")?)?;
    let level = sql_level(word)?;
    while let Some((_, rest)) = bracketed(message).filter(|(word, _)| word.starts_with(b"MY-") || *word == b"Server") {
        message = rest;
    }
    Some(Shape { stamp, level, pid: None, message })
}

/// Levels of MySQL and MariaDB; `System` is none.
fn sql_level(word: &[u8]) -> Option<Option<Level>> {
    match word.to_ascii_lowercase().as_slice() {
        b"error" => Some(Some(Level::Error)),
        b"warning" => Some(Some(Level::Warn)),
        b"note" => Some(Some(Level::Notice)),
        b"system" => Some(None),
        _ => None,
    }
}

/// `2026-11-24 03:02:43.152 UTC [1051] LOG:  `: `log_line_prefix = '%m [%p] '`, the default. The severity tells the
/// wordings apart and stays.
fn postgres(line: &[u8]) -> Option<Shape<'_>> {
    const SEVERITIES: &[(&[u8], Option<Level>)] = &[
        (b"LOG:  ", None),
        (b"PANIC:  ", Some(Level::Crit)),
        (b"FATAL:  ", Some(Level::Crit)),
        (b"ERROR:  ", Some(Level::Error)),
        (b"WARNING:  ", Some(Level::Warn)),
        (b"NOTICE:  ", Some(Level::Notice)),
        (b"INFO:  ", Some(Level::Info)),
        (b"DEBUG", Some(Level::Debug)),
        (b"HINT:  ", None),
        (b"DETAIL:  ", None),
        (b"CONTEXT:  ", None),
        (b"STATEMENT:  ", None),
    ];
    let (stamp, len) =
        stamp::iso(line).filter(|(stamp, _)| stamp.zone == Zone::Unknown && line.get(10) == Some(&b' '))?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let (zone, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (pid, rest) = number(rest.strip_prefix(b" [")?)?;
    let behind = rest.get(memchr::memchr(b']', rest)? + 2..)?;
    // What else a prefix may hold (user, database) stands between.
    let (at, level) = SEVERITIES
        .iter()
        .find_map(|(word, level)| Some((memchr::memmem::find(behind.get(..120.min(behind.len()))?, word)?, level)))?;
    let is_prefix = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'_' | b'-' | b'.' | b' ' | b'[' | b']' | b',' | b'=')
    };
    behind.get(..at)?.iter().all(is_prefix).then_some(())?;
    let zone = if matches!(zone, b"UTC" | b"GMT") { Zone::Offset(0) } else { Zone::Unknown };
    Some(Shape { stamp: Stamp { zone, ..stamp }, level: *level, pid: Some(pid), message: behind.get(at..)? })
}

/// `1356:M 24 Nov 2026 02:56:34.187 # ` (`serverLogRaw` in `src/server.c`); marks are `.-*#`, from debug to warning
fn redis(line: &[u8]) -> Option<Shape<'_>> {
    let (pid, rest) = number(line)?;
    let rest = rest.strip_prefix(b":")?;
    let rest = rest.split_first().filter(|(role, _)| b"MSCXU".contains(role))?.1.strip_prefix(b" ")?;
    let (day, clock) = (rest.get(..11)?, rest.get(11..24)?.strip_prefix(b" ")?);
    let stamp = named_day(day, b' ', clock)?;
    let (mark, message) = rest.get(24..)?.strip_prefix(b" ")?.split_first()?;
    let level = match mark {
        b'.' => Level::Debug,
        b'-' => Level::Info,
        b'*' => Level::Notice,
        b'#' => Level::Warn,
        _ => return None,
    };
    Some(Shape { stamp, level: Some(level), pid: Some(pid), message: message.strip_prefix(b" ")? })
}

/// `[24-Nov-2026 02:56:31] NOTICE: ` (`fpm_clock`, `zlog.c`); the level is part of the wordings and stays
fn php_fpm(line: &[u8]) -> Option<Shape<'_>> {
    let inside = line.strip_prefix(b"[")?;
    let end = memchr::memchr(b']', inside)?;
    let (day, clock) = inside.get(..end)?.split_at_checked(11)?;
    let stamp = named_day(day, b'-', clock.strip_prefix(b" ")?)?;
    let message = inside.get(end + 1..)?.strip_prefix(b" ")?;
    let word = message.get(..memchr::memchr(b':', message)?)?;
    let level = match word {
        b"ALERT" | b"ERROR" | b"WARNING" | b"NOTICE" | b"DEBUG" => Level::from_name(word)?,
        _ => return None,
    };
    Some(Shape { stamp, level: Some(level), pid: None, message })
}

/// `[2026-11-24 02:56:14 +0000] [586] [INFO] ` of gunicorn and hypercorn (`glogging.py`)
fn gunicorn(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = bracketed(line)?;
    let (stamp, _) = stamp::iso(moment.get(..19)?)?;
    let offset = moment.get(19..)?.strip_prefix(b" ")?;
    let joined = [moment.get(..19)?, offset].concat();
    let zone = stamp::iso(&joined).filter(|(_, len)| *len == joined.len())?.0.zone;
    let (pid, rest) = bracketed(rest)?;
    let (word, message) = bracketed(rest)?;
    let pid = i64::from(stamp::digits(pid)?);
    Some(Shape { stamp: Stamp { zone, ..stamp }, level: Some(Level::from_name(word)?), pid: Some(pid), message })
}

/// `24-Nov-2026 02:56:14.123 INFO [main] org.apache.… ` (`OneLineFormatter` of JULI)
fn tomcat(line: &[u8]) -> Option<Shape<'_>> {
    let (day, rest) = line.split_at_checked(11)?;
    let clock = rest.strip_prefix(b" ")?.get(..12)?;
    let stamp = named_day(day, b'-', clock)?;
    let message = rest.get(13..)?.strip_prefix(b" ")?;
    let (word, thread) = message.split_at(memchr::memchr(b' ', message)?);
    let level = match word {
        b"SEVERE" => Level::Error,
        b"WARNING" => Level::Warn,
        b"INFO" | b"CONFIG" => Level::Info,
        b"FINE" | b"FINER" | b"FINEST" => Level::Debug,
        _ => return None,
    };
    thread.starts_with(b" [").then_some(Shape { stamp, level: Some(level), pid: None, message })
}

/// `2026-11-24 02:56:33: (network.c.537) ` (`log.c`)
fn lighttpd(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, 19) = stamp::iso(line)? else { return None };
    let rest = line.get(19..)?.strip_prefix(b": (")?;
    let (place, message) = rest.split_at(memchr::memchr(b')', rest)?);
    memchr::memmem::find(place, b".c.")?;
    Some(Shape { stamp, level: None, pid: None, message: message.strip_prefix(b") ")? })
}

/// `2026/11/24 03:02:30| `, `2026/11/24 03:02:30 kid1| ` (`debugLogTime`)
fn squid(line: &[u8]) -> Option<Shape<'_>> {
    let stamp = stamp::nginx_error(line)?;
    let rest = line.get(19..)?;
    let (kid, message) = rest.split_at(rest.iter().take(10).position(|byte| *byte == b'|')?);
    (kid.is_empty() || kid.starts_with(b" kid")).then_some(())?;
    Some(Shape { stamp, level: None, pid: None, message: message.strip_prefix(b"| ")? })
}

/// `2026-11-24 03:04:27.333915+00:00 [info] <0.486.0> ` (RabbitMQ from 3.9 on)
fn rabbitmq(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) =
        stamp::iso(line).filter(|(stamp, _)| stamp.zone != Zone::Unknown && line.get(10) == Some(&b' '))?;
    let (word, rest) = bracketed(line.get(len..)?.strip_prefix(b" ")?)?;
    let process = rest.strip_prefix(b"<")?;
    let message = process.get(memchr::memchr(b'>', process)? + 1..)?;
    Some(Shape {
        stamp,
        level: Some(Level::from_name(word)?),
        pid: None,
        message: message.strip_prefix(b" ").unwrap_or(message),
    })
}

/// `[2021-03-01T10:00:00,123][INFO ][o.e.n.Node               ] [node-1] `: the logger tells whose words they are, so
/// the head stays
fn elasticsearch(line: &[u8]) -> Option<Shape<'_>> {
    let inside = line.strip_prefix(b"[")?;
    // A comma before the milliseconds; the JVM's own log has a dot, and an offset behind.
    let has_comma = inside.get(10) == Some(&b'T') && inside.get(19) == Some(&b',');
    let (stamp, len) = stamp::iso(inside).filter(|(stamp, _)| stamp.digits == 3 && has_comma)?;
    let rest = inside.get(len..)?.strip_prefix(b"][")?;
    let (word, message) = rest.split_at(memchr::memchr(b']', rest)?);
    message.starts_with(b"][").then_some(())?;
    Some(Shape { stamp, level: Some(Level::from_name(word.trim_ascii())?), pid: None, message: line })
}

/// `E0118 15:18:19.124718   26788 proxier.go:1600] ` of Kubernetes (`klog.go`): no year, no zone
fn klog(line: &[u8]) -> Option<Shape<'_>> {
    let level = match line.first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Crit,
        _ => return None,
    };
    let month = stamp::digits(line.get(1..3)?)?;
    let day = stamp::digits(line.get(3..5)?)?;
    let written = [b"2000-00-00T".as_slice(), line.get(5..21)?.strip_prefix(b" ")?].concat();
    let clock: Vec<u8> =
        written.iter().enumerate().map(|(at, byte)| if at == 6 || at == 9 { b'1' } else { *byte }).collect();
    let (clock, len) = stamp::iso(&clock)?;
    (len == 26).then_some(())?;
    let civil_s = stamp::civil(stamp::YEARLESS, month, day, 0, 0, 0)? + clock.civil_s.rem_euclid(86_400);
    let (tid, rest) = number(line.get(21..)?.trim_ascii_start())?;
    let place = rest.strip_prefix(b" ")?;
    let end = memchr::memmem::find(place, b"] ")?;
    let is_place = place.get(..end)?.iter().all(|byte| *byte != b' ');
    let stamp = Stamp { civil_s, has_year: false, zone: Zone::Unknown, ..clock };
    is_place.then_some(Shape { stamp, level: Some(level), pid: Some(tid), message: place.get(end + 2..)? })
}

/// `[2020-02-04 12:04:03,945] INFO ` of Kafka and others with log4j: who writes is told by the text, so the head stays
fn log4j(line: &[u8]) -> Option<Shape<'_>> {
    let (moment, rest) = bracketed(line)?;
    let (stamp, 23) = stamp::iso(moment)? else { return None };
    let word = rest.get(..memchr::memchr(b' ', rest)?)?;
    Some(Shape { stamp, level: Some(Level::from_name(word)?), pid: None, message: line })
}

/// `24 Nov 2026`, `24-Nov-2026`, and the time of day behind it; all of both.
pub(super) fn named_day(day: &[u8], between: u8, clock: &[u8]) -> Option<Stamp> {
    let [d1, d2, first, m1, m2, m3, second, year @ ..] = day else { return None };
    if *first != between || *second != between || year.len() != 4 {
        return None;
    }
    let month = stamp::month(&[*m1, *m2, *m3])?;
    let written = [year, format!("-{month:02}-").as_bytes(), &[*d1, *d2], b" ", clock].concat();
    stamp::iso(&written).filter(|(_, len)| *len == written.len()).map(|(stamp, _)| stamp)
}

/// `[word] ` at the beginning: the word, and what follows the blank.
pub(super) fn bracketed(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = line.strip_prefix(b"[")?;
    let end = memchr::memchr(b']', inside)?;
    Some((inside.get(..end)?, inside.get(end + 1..)?.strip_prefix(b" ")?))
}

/// Digits at the beginning, and what follows them.
pub(super) fn number(line: &[u8]) -> Option<(i64, &[u8])> {
    let len = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = line.split_at(len);
    Some((i64::from(stamp::digits(digits)?), rest))
}
