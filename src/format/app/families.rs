//! Heads that whole families of programs share, as their logging library makes them by default. The head stays in the
//! message: it tells apart whose words they are.

use super::daemons::{epoch, shape};
use super::shape::{Read, Shape, bracketed, number};
use crate::format::{Level, Stamp, Zone, stamp};

/// The shapes; only that of Grafana tells the program.
pub(super) const SHAPES: &[(&str, Read)] =
    &[("grafana", grafana), ("", ruby), ("", hclog), ("", spring), ("", jboss), ("", go_kit), ("", zap)];

/// `logger=server t=2026-11-24T03:00:00.123+00:00 level=error msg="…"` (`pkg/infra/log`)
fn grafana(line: &[u8]) -> Option<Shape<'_>> {
    line.starts_with(b"logger=").then_some(())?;
    pairs(line, b" t=")
}

/// `ts=2026-11-24T02:56:35.056Z caller=main.go:802 level=error msg="…"`, `time=… level=ERROR source=main.go:802 msg="…"` of
/// Prometheus and its exporters (go-kit's log, Go's slog)
fn go_kit(line: &[u8]) -> Option<Shape<'_>> {
    let begins = [b"ts=".as_slice(), b"level=", b"time=", b"caller="].iter().any(|key| line.starts_with(key));
    let has = |key: &[u8]| memchr::memmem::find(line, key).is_some();
    let is_own = has(b" caller=") || line.starts_with(b"caller=") || has(b" source=");
    (begins && is_own).then_some(())?;
    let padded = if line.starts_with(b"ts=") { b"ts=".as_slice() } else { b"time=" };
    pairs(line, if line.starts_with(padded) { padded } else { b" ts=" })
}

/// The moment behind `key`, and the level of the line.
fn pairs<'a>(line: &'a [u8], key: &[u8]) -> Option<Shape<'a>> {
    let value = |key: &[u8]| line.get(memchr::memmem::find(line, key)? + key.len()..);
    let (stamp, _) = stamp::iso(value(key)?).filter(|(stamp, _)| stamp.zone != Zone::Unknown)?;
    let level = value(b"level=").and_then(|rest| rest.split(|byte| *byte == b' ').next()).and_then(Level::from_name);
    shape(stamp, level, line)
}

/// `E, [2026-11-24T03:00:07.133153 #11196] ERROR -- : ` of Ruby's logger (`logger/formatter.rb`)
fn ruby(line: &[u8]) -> Option<Shape<'_>> {
    let rest = line.get(1..)?.strip_prefix(b", [").filter(|_| b"DIWEFA".contains(&line[0]))?;
    let (stamp, len) = stamp::iso(rest).filter(|(stamp, _)| stamp.digits == 6)?;
    let (pid, rest) = number(rest.get(len..)?.strip_prefix(b" #")?)?;
    let rest = rest.strip_prefix(b"]")?.trim_ascii_start();
    let level = Level::from_name(rest.get(..memchr::memchr(b' ', rest)?)?)?;
    memchr::memmem::find(rest, b" -- ").filter(|at| *at < 8)?;
    Some(Shape { pid: Some(pid), ..shape(stamp, Some(level), line)? })
}

/// `2021-10-12T12:59:26.053Z [INFO]  agent: ` of Consul, Vault and Nomad (`hclog`'s `intlogger.go`)
fn hclog(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 3 && stamp.zone != Zone::Unknown)?;
    let (word, _) = bracketed(line.get(len..)?.strip_prefix(b" ")?)?;
    let is_upper = word.iter().all(u8::is_ascii_uppercase);
    is_upper.then(|| shape(stamp, Some(Level::from_name(word)?), line)).flatten()
}

/// `2016-12-11 03:15:39.717  INFO 20842 --- [           main] ` of Spring Boot (its `logback/defaults.xml`)
fn spring(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, len) = stamp::iso(line).filter(|(stamp, _)| stamp.digits == 3)?;
    let rest = line.get(len..)?.trim_ascii_start();
    let (word, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (pid, rest) = number(rest.strip_prefix(b" ")?)?;
    let is_own = rest.starts_with(b" --- [");
    is_own.then(|| Some(Shape { pid: Some(pid), ..shape(stamp, Some(Level::from_name(word)?), line)? })).flatten()
}

/// `2018-11-24 03:00:00,123 ERROR [org.jboss.msc.service.fail] (MSC service thread 1-3) ` of WildFly and Quarkus
/// (`%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c] (%t) %s%e%n`)
fn jboss(line: &[u8]) -> Option<Shape<'_>> {
    let (stamp, 23) = stamp::iso(line)? else { return None };
    let rest = line.get(23..)?.strip_prefix(b" ")?;
    let (word, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (_logger, rest) = bracketed(rest.trim_ascii_start())?;
    let is_own = line.get(19) == Some(&b',') && rest.starts_with(b"(");
    is_own.then(|| shape(stamp, Some(Level::from_name(word)?), line)).flatten()
}

/// `{"level":"info","ts":1795489329.9048624,"msg":"serving initial configuration"}`, the moment as a number or as text:
/// zap's production encoder, of Caddy, etcd and others
fn zap(line: &[u8]) -> Option<Shape<'_>> {
    let rest = line.strip_prefix(b"{\"level\":\"")?;
    let (word, rest) = rest.split_at(memchr::memchr(b'"', rest)?);
    let moment = rest.strip_prefix(b"\",\"ts\":")?;
    let stamp = match moment.strip_prefix(b"\"") {
        Some(written) => stamp::iso(written).filter(|(stamp, _)| stamp.zone != Zone::Unknown)?.0,
        None => {
            let (seconds, rest) = moment.split_at_checked(10)?;
            let fraction = rest.strip_prefix(b".").unwrap_or_default();
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count().min(9);
            let nanos = fraction.iter().take(digits).fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
            let scale = 10_u32.pow(u32::try_from(9 - digits).ok()?);
            Stamp { nanos: nanos * scale, digits: u8::try_from(digits).ok()?, ..epoch(seconds)? }
        }
    };
    let has_message = memchr::memmem::find(line, b"\"msg\":\"").is_some() && line.ends_with(b"}");
    has_message.then(|| shape(stamp, Some(Level::from_name(word)?), line)).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_the_head_tells() {
        for (program, level, pid, line) in ROWS {
            let all = super::super::shapes();
            let read: Vec<_> = all.filter_map(|(name, read)| Some((*name, read(line.as_bytes())?))).collect();
            assert_eq!(read.len(), 1, "{line}");
            let (name, shape) = &read[0];
            assert_eq!((name, shape.level.map(Level::name), shape.pid), (program, *level, *pid), "{line}");
            assert_eq!(shape.message, line.as_bytes());
            assert!((1_765_000_000..1_800_000_000).contains(&shape.stamp.civil_s), "{line}");
        }
    }

    type Row = (&'static str, Option<&'static str>, Option<i64>, &'static str);

    const ROWS: &[Row] = &[
        ("grafana", Some("error"), None, "logger=server t=2026-11-24T03:00:00.123+00:00 level=error msg=TEXT"),
        ("", Some("error"), Some(11196), "E, [2026-11-24T03:00:07.133153 #11196] ERROR -- : TEXT"),
        ("", Some("info"), None, "2026-10-12T12:59:26.053Z [INFO]  agent: TEXT"),
        ("", Some("info"), Some(20842), "2026-11-24 03:15:39.717  INFO 20842 --- [           main] c.e.App : TEXT"),
        ("", Some("error"), None, "2026-11-24 03:00:00,123 ERROR [org.jboss.msc.service.fail] (MSC thread 1-3) TEXT"),
        ("", Some("error"), None, "ts=2026-11-24T02:56:35.056Z caller=main.go:802 level=error msg=TEXT"),
        ("", Some("error"), None, "time=2026-11-24T02:56:35.056Z level=ERROR source=main.go:802 msg=TEXT"),
        ("", Some("info"), None, r#"{"level":"info","ts":1795489329.9048624,"msg":"TEXT"}"#),
        ("", Some("crit"), None, r#"{"level":"fatal","ts":"2026-11-24T03:02:16.927Z","caller":"x.go:1","msg":"TEXT"}"#),
    ];
}
