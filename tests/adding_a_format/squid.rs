//! Squid's access.log in its native form, as `Log::Format::SquidNative` in `src/log/FormatSquidNative.cc` writes it.
//!
//! ```text
//! 1795487636.123     31 10.0.0.1 TCP_MISS/200 512 GET http://shop.example/ - HIER_DIRECT/203.0.113.9 text/html
//! ```

use super::{Format, Framing, Record, Request, Stamp};

/// The access log.
pub struct AccessLog;

impl Format for AccessLog {
    fn name(&self) -> &'static str {
        "squid-access"
    }

    fn framing(&self) -> Framing {
        Framing::SingleLines
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.get(..10).is_some_and(|seconds| seconds.iter().all(u8::is_ascii_digit)) && line.get(10) == Some(&b'.')
    }

    fn parse<'a>(&self, record: &'a [u8]) -> Option<Record<'a>> {
        let words: Vec<&str> = str::from_utf8(record).ok()?.split_ascii_whitespace().collect();
        let [at, duration_ms, client, answer, bytes, method, target, ..] = *words.as_slice() else { return None };
        let (seconds, millis) = at.split_once('.')?;
        let millis: u32 = millis.parse().ok()?;
        let request = Request {
            method: Some(method.into()),
            target: Some(target.into()),
            status: answer.rsplit_once('/')?.1.parse().ok().filter(|status| *status != 0),
            bytes: bytes.parse().ok(),
            duration_s: duration_ms.parse().ok().map(|millis: f64| millis / 1000.0),
            ..Request::default()
        };
        Some(Record {
            stamp: Some(Stamp::utc(seconds.parse().ok()?, millis * 1_000_000, 3)),
            client: Some(client.into()),
            request: Some(Box::new(request)),
            is_traffic: true,
            ..Record::new(self.name())
        })
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "1795487636.123     31 10.0.0.1 TCP_MISS/200 512 GET http://shop.example/ - HIER_DIRECT/203.0.113.9 text/html",
        ]
    }
}
