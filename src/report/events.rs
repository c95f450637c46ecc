//! The incidents' timelines for other tools: CSV, Timesketch, annotations of Grafana.

use serde_json::{Value, json};

use super::model::{Evidence, Incident, Item, Report};
use super::text::{Page, plain};
use crate::clock::Instant;

/// Characters by which a spreadsheet takes a cell for a formula (OWASP, *CSV Injection*).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

const COLUMNS: [&str; 11] =
    ["incident", "time", "end", "kind", "service", "host", "count", "source", "effect", "text", "evidence"];

/// One incident a line.
pub fn json_lines(report: &Report) -> String {
    report
        .incidents
        .iter()
        .filter_map(|incident| serde_json::to_string(incident).ok())
        .map(|line| line + "\n")
        .collect()
}

/// The timelines as CSV (RFC 4180), times in UTC. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe.
pub fn csv(report: &Report) -> String {
    let mut out = row(COLUMNS.map(str::to_owned));
    for (incident, item) in items(report) {
        out += &row([
            incident.id.clone(),
            item.time.clone(),
            item.end.clone().unwrap_or_default(),
            item.kind.to_owned(),
            item.service.clone().unwrap_or_default(),
            item.host.clone().unwrap_or_default(),
            item.count.to_string(),
            item.source.to_owned(),
            item.effect.unwrap_or_default().to_owned(),
            item.text.clone(),
            item.evidence.iter().map(place).collect::<Vec<_>>().join(" "),
        ]);
    }
    out
}

fn items(report: &Report) -> impl Iterator<Item = (&Incident, &Item)> {
    report.incidents.iter().flat_map(|incident| incident.timeline.iter().map(move |item| (incident, item)))
}

fn place(line: &Evidence) -> String {
    format!("{}:{}", line.file, line.line)
}

/// A row of CSV.
pub(super) fn row(cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().map(|text| cell(&plain(&text))).collect::<Vec<_>>().join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let safe = if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// JSON lines that Timesketch and Plaso import: each needs `message`, `datetime` and `timestamp_desc`
/// (<https://timesketch.org/guides/user/import-from-json-csv/>); `timestamp` is in microseconds.
pub fn timesketch(report: &Report) -> String {
    let line = |(incident, item): (&Incident, &Item)| {
        let mut tags = vec![incident.id.clone(), item.kind.to_owned()];
        tags.extend(item.effect.filter(|effect| *effect != "none").map(|effect| format!("effect-{effect}")));
        let first = item.evidence.first();
        let value = json!({
            "message": plain(&item.text),
            "datetime": item.time.replace('Z', "+00:00"),
            "timestamp": micros(item.at),
            "timestamp_desc": describe(item.kind),
            "tag": tags,
            "data_type": format!("pmtrace:{}", item.kind),
            "incident": incident.id,
            "service": item.service,
            "hostname": item.host,
            "count": item.count,
            "source": item.source,
            "effect": item.effect,
            "filename": first.map(|line| &line.file),
            "line": first.map(|line| line.line),
            "evidence": first.map(|line| plain(&line.text)),
        });
        without_nulls(value).to_string() + "\n"
    };
    items(report).map(line).collect()
}

fn micros(at: Instant) -> i64 {
    at.s * 1_000_000 + i64::from(at.nanos / 1000)
}

/// `bind-failure` as `Bind Failure`.
fn describe(kind: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.split('-').filter(|word| !word.is_empty()).map(capital).collect::<Vec<_>>().join(" ")
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// Annotations as Grafana's `POST /api/annotations` takes them, one after the other
/// (<https://grafana.com/docs/grafana/latest/developers/http_api/annotations/>): a region for each incident and a point
/// for each entry of its timeline, in milliseconds. Grafana shows the text as HTML.
pub fn grafana(report: &Report) -> String {
    let mut all: Vec<Value> = Vec::new();
    for incident in &report.incidents {
        let millis = |time: &str| micros(Page::instant(time)) / 1000;
        let end = incident.end.as_deref().map_or_else(
            || report.coverage.as_ref().map_or(millis(&incident.start), |coverage| millis(&coverage.last)),
            millis,
        );
        all.push(json!({
            "time": millis(&incident.start),
            "timeEnd": end,
            "tags": ["pmtrace", "incident", incident.id, incident.cause.kind],
            "text": html(&format!("{}: {}", incident.title, incident.cause.summary)),
        }));
        all.extend(incident.timeline.iter().map(|item| {
            json!({
                "time": micros(item.at) / 1000,
                "timeEnd": item.end.as_deref().map_or(micros(item.at) / 1000, millis),
                "tags": ["pmtrace", incident.id, item.kind],
                "text": html(&item.text),
            })
        }));
    }
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

fn html(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula() {
        for (text, want) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), want);
        }
    }

    #[test]
    fn kinds_are_described_in_words() {
        assert_eq!(describe("bind-failure"), "Bind Failure");
        assert_eq!(describe("note"), "Note");
    }

    #[test]
    fn text_of_a_log_is_no_html() {
        assert_eq!(html("<img onerror=x> & \u{1b}[31m"), "&lt;img onerror=x&gt; &amp; \u{fffd}[31m");
    }
}
