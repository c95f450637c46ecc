//! Records as JSON lines (`pmtrace parse`), by the contract's section 3.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::clock::Timebase;
use crate::facts::{BlockId, Moment, said};
use crate::format::read::Place;
use crate::format::{Record, Value};

/// A record with its place and moment, as the contract has it. `block` and `moment` find the year and zone.
pub fn record_json(
    record: &Record<'_>,
    file: &str,
    line: usize,
    place: &Place<'_>,
    times: (Option<String>, Option<String>),
) -> Map<String, Json> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            out.insert(key.into(), value);
        }
    };
    let text = |text: &Option<crate::format::Text<'_>>| text.as_deref().map(Json::from);
    put("time", times.0.map(Json::from));
    put("time_end", times.1.map(Json::from));
    put("file", Some(file.into()));
    put("line", Some(line.into()));
    put("offset", Some(place.offset.into()));
    put("lines", (place.lines > 1).then(|| place.lines.into()));
    put("format", Some(record.format.into()));
    put("envelope", (!record.envelope.is_empty()).then(|| json!(record.envelope)));
    put("host", text(&record.host));
    put("program", text(&record.program));
    put("pid", record.pid.map(Json::from));
    put("tid", record.tid.map(Json::from));
    put("unit", text(&record.unit));
    put("level", record.level.map(|level| level.name().into()));
    put("message", text(&record.message));
    put("code", text(&record.code));
    put("client", text(&record.client));
    put("client_port", record.client_port.map(Json::from));
    put("user", text(&record.user));
    put("vhost", text(&record.vhost));
    put("server_port", record.server_port.map(Json::from));
    if let Some(request) = &record.request {
        put("method", text(&request.method));
        put("target", text(&request.target));
        put("protocol", text(&request.protocol));
        put("status", request.status.map(Json::from));
        put("bytes", request.bytes.map(Json::from));
        put("duration_s", request.duration_s.map(Json::from));
        put("referer", text(&request.referer));
        put("user_agent", text(&request.user_agent));
        put("request_id", text(&request.request_id));
        put("upstream", text(&request.upstream));
        put("upstreams", (request.upstreams.len() > 1).then(|| json!(request.upstreams)));
        put("upstream_status", request.upstream_status.map(Json::from));
        put("upstream_duration_s", request.upstream_duration_s.map(Json::from));
        put("frontend", text(&request.frontend));
        put("backend", text(&request.backend));
        put("server", text(&request.server));
        put("termination", text(&request.termination));
        put("timers", request.timers.map(|timers| timers_json(&timers)));
        put("retries", request.retries.map(Json::from));
    }
    if let Some(container) = &record.container {
        let parts = [("id", &container.id), ("name", &container.name), ("image", &container.image)];
        let known = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), text(value)?)));
        put("container", Some(Json::Object(known.collect())));
    }
    put("action", text(&record.action));
    if !record.attributes.is_empty() {
        let pairs = record.attributes.iter().map(|(key, value)| (key.clone().into_owned(), value.as_ref().into()));
        put("attributes", Some(Json::Object(pairs.collect())));
    }
    if !record.fields.is_empty() {
        let pairs = record.fields.iter().map(|(key, value)| (key.clone().into_owned(), field_json(value)));
        put("fields", Some(Json::Object(pairs.collect())));
    }
    put("event", said(record).and_then(|said| serde_json::to_value(said).ok()));
    out
}

fn timers_json(timers: &crate::format::Timers) -> Json {
    let parts = [
        ("request", timers.request),
        ("queue", timers.queue),
        ("connect", timers.connect),
        ("response", timers.response),
        ("total", timers.total),
    ];
    Json::Object(parts.into_iter().filter_map(|(key, ms)| Some((key.to_owned(), ms?.into()))).collect())
}

fn field_json(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) => text.as_ref().into(),
        Value::Number(number) => (*number).into(),
        Value::List(texts) => json!(texts),
    }
}

/// The moments of a record in UTC. `turn` counts how often the year has turned in its block before it.
pub fn times(record: &Record<'_>, block: BlockId, turn: u32, timebase: &Timebase) -> (Option<String>, Option<String>) {
    let utc = |stamp| timebase.instant(block, Moment { stamp, turn }).rfc3339();
    (record.stamp.map(utc), record.stamp_end.map(utc))
}

/// Writes one JSON object on a line of its own.
///
/// # Errors
/// What the writer says.
pub fn write_line(out: &mut dyn Write, object: &Map<String, Json>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}
