//! Simulated traffic as facts, by the code that the parsers feed: for logs that would be too large as files.

use std::collections::BTreeMap;

use pmtrace::analysis::world::{World, world};
use pmtrace::clock::zone::Rule;
use pmtrace::clock::{self, Given, SourceName};
use pmtrace::facts::closer::{Close, Wanted, look_at};
use pmtrace::facts::crowd::Crowd;
use pmtrace::facts::traffic::{Builder, SeriesKey};
use pmtrace::facts::{BlockFacts, Facts, Moment, Place, SourceFacts};
use pmtrace::format::stamp::Instant;
use pmtrace::format::{Hit, Stamp, Zone};

use crate::logs::address;
use crate::simulate::{Order, Request, Truth, run, run_until};
use crate::told::Told;

const NAME: &str = "nginx/access.log";
const SERVICE: &str = "nginx";

/// The truth, and what is told of it.
pub(crate) fn told(order: &Order) -> (Vec<Truth>, Vec<Told>) {
    let (world, truths) = counted(order);
    let plan = pmtrace::analysis::plan(&world);
    let close = if plan.wanted.windows.is_empty() { Vec::new() } else { vec![close(order, &plan.wanted)] };
    let incidents = pmtrace::analysis::incidents(&world, &plan, &close, &[], &Rule::Offset(0));
    (truths, incidents.iter().map(Told::of).collect())
}

/// The first look: requests by second, and each failing one.
pub(crate) fn counted(order: &Order) -> (World, Vec<Truth>) {
    let mut builder = Builder::default();
    let key = SeriesKey { source: 0, service: SERVICE.into(), host: None, zoned: true, stretch: None };
    let series = builder.series(key);
    let mut heard = Heard::default();
    let (mut first, mut last) = (None, order.start_s);
    // Answered requests of clients that did not fail within the last hour need no name.
    let (mut second, mut answered) = (order.start_s, 0);
    let truths = run(order, &mut |request: &Request| {
        let at_s = request.at_s();
        if at_s != second {
            if answered > 0 {
                series.add_answered(&stamp(second), answered);
            }
            (second, answered) = (at_s, 0);
        }
        first.get_or_insert(at_s);
        last = at_s;
        let is_good = request.status < 400;
        if is_good && !heard.knows(request.client, at_s) {
            answered += 1;
            return;
        }
        if request.is_failed() {
            heard.add(request.client, at_s);
        }
        with_hit(request, |hit| series.add(hit));
    });
    if answered > 0 {
        series.add_answered(&stamp(second), answered);
    }
    let mut series = builder.finish();
    // Who asks most is not told by the few requests that have a name.
    series.values_mut().for_each(|series| series.crowd = Crowd::default());
    let mut facts = Facts { series, ..Facts::default() };
    let ends = [first.unwrap_or(order.start_s), last].map(|at_s| Moment { stamp: stamp(at_s), stretch: 0 });
    let span = Some((ends[0], ends[1]));
    let source = SourceFacts { span, stated_span: span, offsets: BTreeMap::from([(0, 1)]), ..SourceFacts::default() };
    facts.sources.insert(0, source);
    let block = BlockFacts { span: first.map(|first| (first, last)), ..BlockFacts::default() };
    facts.blocks.insert((0, 0), block);
    let mut facts = facts.sorted();
    let names = [SourceName { name: NAME.into(), modified_s: None }];
    let timebase = clock::align(&facts, &names, &Given { zones: Vec::new(), year: None });
    (world(&mut facts, &timebase, &[NAME]), truths)
}

/// The closer look: the same requests once more, those in the windows one by one.
fn close(order: &Order, wanted: &Wanted) -> Close {
    let until = wanted.windows.iter().map(|(_, end)| *end).max().unwrap_or(order.start_s);
    let mut line = 0;
    look_at(SERVICE, wanted, |take| {
        run_until(order, until + 1, &mut |request: &Request| {
            line += 1;
            let place = Place { block: (0, 0), line, offset: 0 };
            with_hit(request, |hit| take(hit, place, Instant::second(request.at_s())));
        });
    })
}

fn stamp(at_s: i64) -> Stamp {
    Stamp { civil_s: at_s, nanos: 0, digits: 0, zone: Zone::Offset(0), has_year: true }
}

/// The request as the parsers give it.
fn with_hit(request: &Request, take: impl FnOnce(&Hit<'_>)) {
    take(&Hit {
        stamp: stamp(request.at_s()),
        client: &address(request.client),
        status: request.status,
        termination: b"",
        request: &[request.path()],
        scope: b"",
        bytes: u64::from(request.bytes()),
    });
}

/// A client without a failure for so long is forgotten, in seconds (methods, 1.2): then its good requests tell nothing.
const FORGOTTEN_S: i64 = 3600;

/// When clients failed last, by their number.
#[derive(Default)]
struct Heard(Vec<i64>);

impl Heard {
    fn knows(&self, client: u32, at_s: i64) -> bool {
        self.0.get(client as usize).is_some_and(|failed| at_s - failed <= FORGOTTEN_S)
    }

    fn add(&mut self, client: u32, at_s: i64) {
        let index = client as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, i64::MIN / 2);
        }
        self.0[index] = at_s;
    }
}
