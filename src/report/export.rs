//! Records as JSON lines (`pmtrace parse`), by the contract's section 3.
//!
//! Members are written in the order of their names, straight into a buffer: a tree of them costs three times all the rest.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::clock::Timebase;
use crate::facts::{BlockId, Moment, said};
use crate::format::read::Place;
use crate::format::{Record, Request, Stamp, Text, Value};

/// `,"client":` in one piece, as there are a dozen on a line.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
/// The moments of the records of a block. Most have that of the record before, which is not written out again.
pub struct Moments<'a> {
    block: BlockId,
    timebase: &'a Timebase,
    last: Option<(Moment, String)>,
}

impl<'a> Moments<'a> {
    #[allow(missing_docs)]
    pub fn new(block: BlockId, timebase: &'a Timebase) -> Self {
        Moments { block, timebase, last: None }
    }

    /// The moment in UTC. `stretch` is that of its block which it is in.
    fn utc(&mut self, stamp: Stamp, stretch: u32) -> &str {
        let moment = Moment { stamp, stretch };
        if self.last.as_ref().is_none_or(|(last, _)| *last != moment) {
            self.last = Some((moment, self.timebase.instant(self.block, moment).rfc3339()));
        }
        self.last.as_ref().map_or("", |(_, text)| text)
    }
}

/// Where a record stands, and what the lines say beside it.
pub struct Standing<'a> {
    /// The file's name as JSON, with its quotes.
    pub file: &'a str,
    /// Number of the first line, counted from 1.
    pub line: usize,
    #[allow(missing_docs)]
    pub place: &'a Place<'a>,
    /// The stretch of its block that it is in.
    pub stretch: u32,
    /// Whether the line itself is wanted, as `raw`.
    pub with_raw: bool,
}

/// Writes a record as one JSON object on a line of its own.
pub fn write_record(out: &mut Vec<u8>, record: &Record<'_>, at: &Standing<'_>, moments: &mut Moments<'_>) {
    let place = at.place;
    let none = Request::default();
    let request = record.request.as_deref().unwrap_or(&none);
    let mut object = Members { start: out.len(), out };
    object.text(key!("action"), &record.action);
    object.value(key!("attributes"), (!record.attributes.is_empty()).then(|| attributes(record)));
    object.text(key!("backend"), &request.backend);
    object.value(key!("bytes"), request.bytes);
    object.text(key!("client"), &record.client);
    object.value(key!("client_port"), record.client_port);
    object.text(key!("code"), &record.code);
    object.value(key!("container"), record.container.as_ref().map(container));
    object.value(key!("duration_s"), request.duration_s);
    object.value(key!("envelope"), (!record.envelope.is_empty()).then_some(&record.envelope));
    object.value(key!("event"), said(record).and_then(|said| serde_json::to_value(said).ok()));
    object.value(key!("fields"), (!record.fields.is_empty()).then(|| fields(record)));
    object.json(key!("file"), at.file);
    object.name(key!("format"), record.format);
    object.text(key!("frontend"), &request.frontend);
    object.text(key!("host"), &record.host);
    if let Some(level) = record.level {
        object.name(key!("level"), level.name());
    }
    object.value(key!("line"), Some(at.line));
    object.value(key!("lines"), (place.lines > 1).then_some(place.lines));
    object.text(key!("message"), &record.message);
    object.text(key!("method"), &request.method);
    object.value(key!("offset"), Some(place.offset));
    object.value(key!("pid"), record.pid);
    object.text(key!("program"), &record.program);
    object.text(key!("protocol"), &request.protocol);
    object.value(key!("raw"), at.with_raw.then(|| String::from_utf8_lossy(place.raw)));
    object.text(key!("referer"), &request.referer);
    object.text(key!("request_id"), &request.request_id);
    object.value(key!("retries"), request.retries);
    object.text(key!("server"), &request.server);
    object.value(key!("server_port"), record.server_port);
    object.value(key!("status"), request.status);
    object.text(key!("target"), &request.target);
    object.text(key!("termination"), &request.termination);
    object.value(key!("tid"), record.tid);
    object.value(key!("time"), record.stamp.map(|stamp| moments.utc(stamp, at.stretch)));
    object.value(key!("time_end"), record.stamp_end.map(|stamp| moments.utc(stamp, at.stretch)));
    object.value(key!("timers"), request.timers.map(|timers| timers_json(&timers)));
    object.text(key!("unit"), &record.unit);
    object.text(key!("upstream"), &request.upstream);
    object.value(key!("upstream_duration_s"), request.upstream_duration_s);
    object.value(key!("upstream_status"), request.upstream_status);
    object.value(key!("upstreams"), (request.upstreams.len() > 1).then_some(&request.upstreams));
    object.text(key!("user"), &record.user);
    object.text(key!("user_agent"), &request.user_agent);
    object.text(key!("vhost"), &record.vhost);
    object.end();
}

/// An object in the making.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    /// Where it begins: with the comma of its first member, which becomes the brace.
    start: usize,
}

impl Members<'_> {
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(key.as_bytes());
    }

    /// A text in which nothing has to be escaped.
    fn name(&mut self, key: &str, name: &str) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
    }

    fn text(&mut self, key: &str, text: &Option<Text<'_>>) {
        let Some(text) = text.as_deref() else { return };
        // A look without branches at all bytes costs less than one at each that may end it.
        let must_escape = text.bytes().fold(false, |found, byte| found | matches!(byte, 0..0x20 | b'"' | b'\\'));
        if must_escape {
            return self.value(key, Some(text));
        }
        self.name(key, text);
    }

    fn value(&mut self, key: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.key(key);
            // Writing to memory does not fail, nor do maps whose keys are texts.
            let _ = serde_json::to_writer(&mut *self.out, &value);
        }
    }

    /// A value that is JSON already.
    fn json(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    fn end(self) {
        if let Some(first) = self.out.get_mut(self.start) {
            *first = b'{';
        }
        self.out.extend_from_slice(b"}\n");
    }
}

fn attributes(record: &Record<'_>) -> Map<String, Json> {
    record.attributes.iter().map(|(key, value)| (key.clone().into_owned(), value.as_ref().into())).collect()
}

fn fields(record: &Record<'_>) -> Map<String, Json> {
    record.fields.iter().map(|(key, value)| (key.clone().into_owned(), field_json(value))).collect()
}

fn container(container: &crate::format::Container<'_>) -> Map<String, Json> {
    let parts = [("id", &container.id), ("name", &container.name), ("image", &container.image)];
    parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.as_deref()?.into()))).collect()
}

fn timers_json(timers: &crate::format::Timers) -> Map<String, Json> {
    let parts = [
        ("request", timers.request),
        ("queue", timers.queue),
        ("connect", timers.connect),
        ("response", timers.response),
        ("total", timers.total),
    ];
    parts.into_iter().filter_map(|(key, ms)| Some((key.to_owned(), ms?.into()))).collect()
}

fn field_json(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) => text.as_ref().into(),
        Value::Number(number) => (*number).into(),
        Value::List(texts) => texts.iter().map(|text| text.as_ref()).collect::<Vec<&str>>().into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::FORMATS;

    #[test]
    fn lines_are_json_with_their_members_in_order() {
        let timebase = Timebase::default();
        for sample in FORMATS.iter().flat_map(|format| format.samples().iter().map(move |sample| (format, sample))) {
            let (format, sample) = sample;
            let parts = format.document(sample.as_bytes()).into_iter().map(|part| part.record);
            for record in format.parse(sample.as_bytes()).into_iter().chain(parts) {
                let place = Place { offset: 7, line: 0, lines: 2, raw: sample.as_bytes() };
                let at = Standing { file: "\"a \\\"b\\\".log\"", line: 1, place: &place, stretch: 0, with_raw: true };
                let mut line = Vec::new();
                write_record(&mut line, &record, &at, &mut Moments::new((0, 0), &timebase));
                // A tree of serde_json keeps its members in the order of their names, and each once.
                let tree: Json = serde_json::from_slice(&line).unwrap();
                assert_eq!(String::from_utf8(line).unwrap(), format!("{tree}\n"), "{}", format.name());
            }
        }
    }
}
