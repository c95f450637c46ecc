//! The survey of an access log of 256 MiB: every record parsed and counted, the answer checked against the generator's
//! truth.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pmtrace::facts::Facts;
use pmtrace::facts::survey::{Input, survey};
use pmtrace::format::recognise::recognise;
use pmtrace::input::blocks::BLOCK_BYTES;

#[path = "large/logs/mod.rs"]
#[allow(dead_code)] // the example writes files, and knows more kinds
mod logs;
#[path = "../fixtures/generate/simulator/random.rs"]
#[allow(dead_code, unused_imports)] // the stories need more kinds of chance
mod random;

use logs::{Day, Kind, Order, Truth};

const BYTES: u64 = 256 << 20;

fn access_log(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("survey");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(8));
    for (name, day) in [("access log, quiet", Day::Quiet), ("access log, outage", Day::Outage)] {
        let mut log = Vec::with_capacity(BYTES as usize + 4096);
        let order = Order { kind: Kind::Access, bytes: BYTES, day, seed: 1 };
        let Ok(truth) = logs::write(&order, &mut log) else { return };
        let Some(recognised) = recognise("access.log", &log) else { return };
        let input = || [Input { name: "access.log", bytes: &log, recognised: &recognised }];
        check(&survey(&input(), BLOCK_BYTES), &truth);
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(survey(&input(), BLOCK_BYTES))));
    }
    group.finish();
}

/// A fast wrong count is worth nothing.
fn check(facts: &Facts, truth: &Truth) {
    let seconds = || facts.series.values().flat_map(|series| &series.seconds);
    let requests: u64 = seconds().map(|second| u64::from(second.requests)).sum();
    let failing: u64 = seconds().map(|second| u64::from(second.failing)).sum();
    let records: u64 = facts.sources.values().map(|source| source.records).sum();
    assert_eq!((records, requests, failing), (truth.lines, truth.lines, truth.failing));
}

criterion_group!(benches, access_log);
criterion_main!(benches);
