//! Requests of quiet times, one by one with all that two logs of the same requests have in common: whether one service
//! stands in front of another is told by these. What clocks are set by is in [`sketch`](crate::facts::sketch).

use rayon::prelude::*;

use super::feature::{Asked, Rest};
use super::{Clocks, NANOS, blocks_of, requests};
use crate::facts::survey::Input;
use crate::facts::traffic::client_hash;
use crate::facts::{Facts, Place};
use crate::format::Record;
use crate::format::stamp::Instant;

/// A request of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sampled {
    /// Nanoseconds since 1970.
    pub at: i64,
    #[allow(missing_docs)]
    pub place: Place,
    /// Hash of method, path with query, status and bytes.
    pub key: u64,
    /// The same without the bytes, which differ where a layer adds headers or compresses.
    pub loose: u64,
    /// [`client_hash`]
    pub client: u64,
    /// The client that a layer in front tells, as a hash.
    pub forwarded: Option<u64>,
    /// Whether the line names what is behind.
    pub has_upstream: bool,
    /// Microseconds that the answer took.
    pub took_us: Option<u64>,
}

/// The sample of one service of one source.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    #[allow(missing_docs)]
    pub service: String,
    #[allow(missing_docs)]
    pub host: Option<String>,
    #[allow(missing_docs)]
    pub source: usize,
    /// In order of time.
    pub requests: Vec<Sampled>,
}

/// The requests of these stretches (first and last second, UTC).
pub fn sample(inputs: &[Input<'_>], facts: &Facts, clocks: &dyn Clocks, stretches: &[(i64, i64)]) -> Vec<Sample> {
    if stretches.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(String, Option<String>, usize, Sampled)> = blocks_of(facts, clocks, stretches)
        .par_iter()
        .flat_map_iter(|(id, block)| {
            let mut found = Vec::new();
            requests(inputs, **id, block, clocks, &mut |(service, host), place, at, asked| {
                if stretches.iter().any(|(first, last)| (*first..=*last).contains(&at.s)) {
                    let sampled = sampled(place, at, asked, inputs[id.0].recognised.format);
                    found.push((service.to_owned(), host.map(str::to_owned), id.0, sampled));
                }
            });
            found
        })
        .collect();
    found.sort_unstable();
    let mut samples: Vec<Sample> = Vec::new();
    for (service, host, source, request) in found {
        match samples.last_mut() {
            Some(last) if (&last.service, &last.host, last.source) == (&service, &host, source) => {
                last.requests.push(request);
            }
            _ => samples.push(Sample { service, host, source, requests: vec![request] }),
        }
    }
    samples
}

fn sampled(place: Place, at: Instant, asked: &Asked<'_>, format: &dyn crate::format::Format) -> Sampled {
    let hit = asked.hit;
    let loose = client_hash(hit.request) ^ (u64::from(hit.status) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut sampled = Sampled {
        at: at.s.saturating_mul(NANOS).saturating_add(i64::from(at.nanos)),
        place,
        key: loose ^ hit.bytes.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(31),
        loose,
        client: client_hash(hit.client),
        forwarded: None,
        has_upstream: asked.upstream().is_some(),
        took_us: None,
    };
    let mut tell = |record: &Record<'_>| {
        let lists =
            ["http_x_forwarded_for", "{X-Forwarded-For}i"].into_iter().filter_map(|name| record.text_field(name));
        let first = lists.filter_map(|list| list.split(',').next()).map(str::trim).find(|name| !name.is_empty());
        sampled.forwarded = first.map(|name| client_hash(name.as_bytes()));
        if let Some(request) = &record.request {
            sampled.has_upstream |= request.upstream.is_some() || request.server.as_deref().is_some_and(is_server);
            sampled.took_us = request.duration_s.map(|seconds| (seconds * 1e6).round() as u64);
        }
    };
    match asked.rest {
        Rest::Record(record) => tell(record),
        Rest::Line(line) => format.parse(line).iter().for_each(tell),
    }
    sampled
}

/// Whether HAProxy passed the request on (`<NOSRV>`: it did not; `<STATS>`: it answered itself).
fn is_server(name: &str) -> bool {
    !name.starts_with('<')
}
