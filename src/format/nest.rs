//! A record inside a record: a line of nginx in syslog, of HAProxy in the journal.
//!
//! The one place that decides what of the envelope and what of the inner line counts (contract, section 3): the
//! envelope's moment, host and pid; the line's own level; traffic lines keep their own moment.

use super::{
    Format, Record, Stamp, Text, Zone, access, apache, cron, docker, haproxy, kernel, nginx, sshd, sudo, systemd,
};

/// How far apart the end of a request and the stamp of its envelope lie, in seconds.
const TRANSPORT_S: i64 = 5;

/// Reads the message of `envelope` with the format of the program that wrote it. Gives the envelope back as it is
/// where the program has no format of its own.
pub fn nest(envelope: Record<'_>) -> Record<'_> {
    nest_with(envelope, &OfProgram)
}

/// Reads the message of a container's output, of which no program is named: by the shape of the line alone.
pub fn nest_output(envelope: Record<'_>) -> Record<'_> {
    nest_with(envelope, &OfShape)
}

fn nest_with<'a>(mut envelope: Record<'a>, reader: &dyn Reader) -> Record<'a> {
    match inner(&mut envelope, reader) {
        Some(line) => join(envelope, line),
        None => envelope,
    }
}

/// Reads the line inside an envelope.
trait Reader {
    fn read<'a>(&self, envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>>;
}

struct OfProgram;

impl Reader for OfProgram {
    fn read<'a>(&self, envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>> {
        line(envelope, text)
    }
}

struct OfShape;

impl Reader for OfShape {
    fn read<'a>(&self, _envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>> {
        output(text.as_bytes())
    }
}

/// Reads the message of `envelope` with `read`; `None` if it reads nothing.
pub(super) fn within<'a>(
    mut envelope: Record<'a>,
    read: impl for<'t> Fn(&'t [u8]) -> Option<Record<'t>>,
) -> Option<Record<'a>> {
    let line = match envelope.message.take()? {
        Text::Borrowed(text) => read(text.as_bytes())?,
        Text::Owned(text) => owned(&read(text.as_bytes())?),
    };
    Some(join(envelope, line))
}

/// The line inside, by the program that wrote it; HAProxy's traffic and web servers' lines by their shape, as their
/// tags are free.
fn inner<'a>(envelope: &mut Record<'a>, reader: &dyn Reader) -> Option<Record<'a>> {
    let message = envelope.message.take()?;
    let read = match &message {
        Text::Borrowed(text) => reader.read(envelope, text),
        // An owned message cannot be borrowed from: the record is read from the copy and made its own.
        Text::Owned(text) => reader.read(envelope, text).map(|record| owned(&record)),
    };
    if read.is_none() {
        envelope.message = Some(message);
    }
    read
}

fn line<'a>(envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>> {
    if let Some(record) = haproxy::traffic(text.as_bytes()) {
        return Some(record);
    }
    let program = envelope.program.as_deref().unwrap_or_default();
    match program {
        "systemd" => systemd::message(envelope, text),
        "kernel" => kernel::message(text),
        "sudo" => sudo::message(text),
        "dockerd" | "docker" | "containerd" => docker::daemon_line(text),
        _ if sshd::writes_as(program) => sshd::message(text),
        _ if cron::writes_as(program) => cron::message(text),
        _ if nginx::writes_as(program) => {
            nginx::bare(text.as_bytes()).or_else(|| hit(&nginx::AccessLog, text.as_bytes()))
        }
        _ if apache::writes_as(program) => {
            hit(&apache::AccessLog, text.as_bytes()).or_else(|| apache::bare(text.as_bytes()))
        }
        _ => haproxy::notice(text.as_bytes()).or_else(|| tagged(envelope, text.as_bytes())),
    }
}

/// A line of a web server under a tag of its administrator's choice: nginx's `tag=`, Apache's `syslog:local1:web`,
/// an access log behind `logger -t`. Only a form that nothing else has counts, and nginx's own stamp must be that of
/// the envelope.
fn tagged<'a>(envelope: &Record<'_>, line: &'a [u8]) -> Option<Record<'a>> {
    nginx::stamped(line)
        .filter(|record| is_same_moment(envelope.stamp, record.stamp))
        .or_else(|| apache::within_syslog(line))
        .or_else(|| access::is_start(line).then(|| access_of_either(line)).flatten())
}

/// Seconds that a line may take into its envelope.
const ON_THE_WAY_S: i64 = 5;

/// Whether two stamps are of one moment, in whatever zones and years.
fn is_same_moment(outer: Option<Stamp>, inner: Option<Stamp>) -> bool {
    let (Some(outer), Some(inner)) = (outer, inner) else { return true };
    (outer.civil_s - inner.civil_s + ON_THE_WAY_S).rem_euclid(900) <= 2 * ON_THE_WAY_S
}

/// A line that a server wrote to its standard output or error. Combined lines without a mark of either server are
/// nginx's, as in a file.
fn output(line: &[u8]) -> Option<Record<'_>> {
    haproxy::traffic(line)
        .or_else(|| starts(&nginx::ErrorLog, line))
        .or_else(|| starts(&apache::ErrorLog, line))
        .or_else(|| access_of_either(line))
        .or_else(|| haproxy::notice(line))
}

fn access_of_either(line: &[u8]) -> Option<Record<'_>> {
    let marks = access::marks(line);
    if marks.apache > marks.nginx {
        return hit(&apache::AccessLog, line);
    }
    hit(&nginx::AccessLog, line).or_else(|| hit(&apache::AccessLog, line))
}

/// A line of an access log.
fn hit<'a>(format: &dyn Format, line: &'a [u8]) -> Option<Record<'a>> {
    starts(format, line).filter(|record| record.is_traffic)
}

fn starts<'a>(format: &dyn Format, line: &'a [u8]) -> Option<Record<'a>> {
    format.is_start(b"", line).then(|| format.parse(line)).flatten()
}

/// What of the envelope and what of the line counts.
pub(super) fn join<'a>(envelope: Record<'a>, line: Record<'a>) -> Record<'a> {
    let outer = Envelope { stamp: envelope.stamp, in_utc: counts_in_utc(envelope.format) };
    let mut formats = envelope.envelope;
    formats.push(envelope.format);
    formats.extend(line.envelope);
    let stamp = if line.is_traffic { line.stamp.or(envelope.stamp) } else { envelope.stamp.or(line.stamp) };
    let mut fields = envelope.fields;
    fields.extend(line.fields);
    let stamp = stamp.map(|stamp| known_zone(stamp, &outer, line.stamp_end));
    let zone = stamp.map(|stamp| stamp.zone);
    Record {
        envelope: formats,
        stamp,
        outer: envelope.stamp.filter(|_| line.is_traffic && line.stamp.is_some()),
        stamp_end: line.stamp_end.map(|end| Stamp { zone: zone.unwrap_or(end.zone), ..end }),
        host: envelope.host.or(line.host),
        program: line.program.or(envelope.program).or_else(|| haproxy::writer(line.format)),
        pid: envelope.pid.or(line.pid),
        unit: envelope.unit.or(line.unit),
        level: line.level.or(envelope.level),
        code: line.code.or(envelope.code),
        container: envelope.container.or(line.container),
        fields,
        ..line
    }
}

/// An inner stamp without a zone takes that of its envelope: the same process wrote both. The journal states UTC and
/// not the zone; there the difference between the two moments is the offset, in whole quarters of an hour. So it is
/// where another offset than the envelope's puts the end of a request on it: HAProxy in a container has its own zone.
fn known_zone(stamp: Stamp, envelope: &Envelope, end: Option<Stamp>) -> Stamp {
    let (Zone::Unknown, Some(outer)) = (stamp.zone, envelope.stamp) else { return stamp };
    let (Some(outer_s), Zone::Offset(of_envelope)) = (outer.utc_s(), outer.zone) else { return stamp };
    let difference_s = end.unwrap_or(stamp).civil_s - outer_s;
    let offset_s = (difference_s + 450).div_euclid(900) * 900;
    let is_offset = offset_s.abs() <= 14 * 3600;
    let fits = end.is_some() && is_offset && (difference_s - offset_s).abs() <= TRANSPORT_S;
    match i32::try_from(offset_s) {
        Ok(offset) if envelope.in_utc && is_offset || fits => Stamp { zone: Zone::Offset(offset), ..stamp },
        _ if envelope.in_utc => stamp,
        _ => Stamp { zone: Zone::Offset(of_envelope), ..stamp },
    }
}

/// Whether the stamps of an envelope are UTC whatever the host's zone.
pub fn counts_in_utc(format: &str) -> bool {
    matches!(
        format,
        "journald-export"
            | "journald-json"
            | "journald-verbose"
            | "journald-binary"
            | "docker-events-json"
            | "docker-json-file"
            | "cri"
    )
}

/// What [`known_zone`] needs of an envelope.
struct Envelope {
    stamp: Option<Stamp>,
    /// Whether its stamps are UTC whatever the host's zone.
    in_utc: bool,
}

/// The same record, borrowing nothing.
pub fn owned(record: &Record<'_>) -> Record<'static> {
    fn own(text: &Text<'_>) -> Text<'static> {
        Text::Owned(text.clone().into_owned())
    }
    fn all(texts: &[Text<'_>]) -> Vec<Text<'static>> {
        texts.iter().map(own).collect()
    }
    let request = record.request.as_ref().map(|request| {
        Box::new(super::Request {
            method: request.method.as_ref().map(own),
            target: request.target.as_ref().map(own),
            protocol: request.protocol.as_ref().map(own),
            referer: request.referer.as_ref().map(own),
            user_agent: request.user_agent.as_ref().map(own),
            request_id: request.request_id.as_ref().map(own),
            upstream: request.upstream.as_ref().map(own),
            upstreams: all(&request.upstreams),
            frontend: request.frontend.as_ref().map(own),
            backend: request.backend.as_ref().map(own),
            server: request.server.as_ref().map(own),
            termination: request.termination.as_ref().map(own),
            status: request.status,
            bytes: request.bytes,
            duration_s: request.duration_s,
            upstream_status: request.upstream_status,
            upstream_duration_s: request.upstream_duration_s,
            timers: request.timers,
            retries: request.retries,
        })
    });
    let value = |value: &super::Value<'_>| match value {
        super::Value::Text(text) => super::Value::Text(own(text)),
        super::Value::Number(number) => super::Value::Number(*number),
        super::Value::List(texts) => super::Value::List(all(texts)),
    };
    Record {
        format: record.format,
        envelope: record.envelope.clone(),
        stamp: record.stamp,
        stamp_end: record.stamp_end,
        outer: record.outer,
        host: record.host.as_ref().map(own),
        program: record.program.as_ref().map(own),
        pid: record.pid,
        tid: record.tid,
        unit: record.unit.as_ref().map(own),
        level: record.level,
        message: record.message.as_ref().map(own),
        code: record.code.as_ref().map(own),
        client: record.client.as_ref().map(own),
        client_port: record.client_port,
        user: record.user.as_ref().map(own),
        vhost: record.vhost.as_ref().map(own),
        server_port: record.server_port,
        request,
        is_traffic: record.is_traffic,
        container: record.container.as_ref().map(|container| super::Container {
            id: container.id.as_ref().map(own),
            name: container.name.as_ref().map(own),
            image: container.image.as_ref().map(own),
        }),
        action: record.action.as_ref().map(own),
        attributes: record.attributes.iter().map(|(key, value)| (own(key), own(value))).collect(),
        fields: record.fields.iter().map(|(key, field)| (own(key), value(field))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::stamp;

    #[test]
    fn tags_of_web_servers_are_free() {
        for (why, program, message, format) in [
            (
                "nginx's tag=web_1",
                "web_1",
                "2026/11/24 03:22:01 [emerg] 812#812: still could not bind()",
                Some("nginx-error"),
            ),
            ("a line of another hour", "shop", "2026/11/24 03:04:01 [emerg] 812#812: still could not bind()", None),
            (
                "Apache's syslog:local1:web",
                "web",
                "[core:notice] [pid 811:tid 812] AH00094: Command line: 'httpd'",
                Some("apache-error"),
            ),
            ("a text in brackets", "web", "[core:notice] a text", None),
            (
                "logger -t",
                "access",
                r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "\"x\"""#,
                Some("apache-access"),
            ),
            (
                "nginx's access log",
                "access",
                r#"::1 - - [24/Nov/2026:03:22:01 +0100] "GET / HTTP/1.1" 200 5 "-" "\x22x""#,
                Some("nginx-access"),
            ),
        ] {
            let envelope = Record {
                stamp: stamp::nginx_error(b"2026/11/24 03:22:02"),
                program: Some(program.into()),
                message: Some(message.into()),
                ..Record::new("syslog-rfc3164")
            };
            assert_eq!(nest(envelope).format, format.unwrap_or("syslog-rfc3164"), "{why}");
        }
    }
}
