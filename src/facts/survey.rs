//! The first look: every record of every source once, all blocks in parallel.

use rayon::prelude::*;

use super::claim::{Claim, claims};
use super::client_lines::ClientLine;
use super::clock_step::clock_step;
use super::failed::failed_line;
use super::hearing::Hearing;
use super::standing::standings;
use super::traffic::{Builder, Scratch, SeriesKey, counted_at, hit_of, service};
use super::{
    At, BlockFacts, BlockId, Event, Facts, MESSAGE_CHARS, Messages, Moment, Place, SignKey, SourceFacts, durations,
    event, order, said, sign, templates, traffic,
};
use crate::format::read::{self, Detail, Item, blocks, walk};
use crate::format::recognise::Recognised;
use crate::format::{Hit, Record, Stamp};
use crate::input::blocks::split_line;
use crate::input::progress;

/// Blocks that are read before they are heard one after the other.
const BLOCKS_AT_A_TIME: usize = 32;
/// Unread lines kept of a block.
const SAMPLES: usize = 3;
/// How far apart the stamps of a line and of its envelope lie, in seconds.
const TRANSPORT_S: i64 = 5;
/// Bytes kept of an unread line.
const SAMPLE_BYTES: usize = 200;

/// A source that a format was found for.
pub struct Input<'a> {
    #[allow(missing_docs)]
    pub name: &'a str,
    #[allow(missing_docs)]
    pub bytes: &'a [u8],
    #[allow(missing_docs)]
    pub recognised: &'a Recognised,
}

/// Reads all records of all inputs; block by block, in parallel within one file and across files.
pub fn survey(inputs: &[Input<'_>], block_bytes: usize) -> Facts {
    let jobs: Vec<Job> = inputs
        .iter()
        .enumerate()
        .flat_map(|(source, input)| {
            let blocks = blocks(input.bytes, input.recognised, block_bytes);
            blocks.into_iter().enumerate().map(move |(index, block)| ((source, index), (block.start, block.end)))
        })
        .collect();
    let timed: Vec<bool> = inputs.par_iter().map(|input| durations::are_told(input.bytes, input.recognised)).collect();
    let read = |jobs: &[Job]| -> Vec<(Facts, usize)> {
        let read = |(id, range): &Job| {
            let facts = block(&inputs[id.0], *id, *range, timed[id.0]);
            progress::add((range.1 - range.0) as u64);
            facts
        };
        jobs.par_iter().map(read).collect()
    };
    progress::expect(inputs.iter().map(|input| input.bytes.len() as u64).sum());
    let mut gathered = Gathered::of(inputs, &timed);
    // So many at a time that what must be heard in the order of the source stays small. While one lot is heard, the next
    // is read.
    let mut lots = jobs.chunks(BLOCKS_AT_A_TIME);
    let mut next = lots.next().map(|jobs| (jobs, read(jobs)));
    while let Some((jobs, parts)) = next {
        let coming = lots.next();
        let ((), parts) = rayon::join(|| gathered.take(jobs, parts), || coming.map(read));
        next = coming.zip(parts);
    }
    gathered.facts.sorted()
}

/// A block and its bytes, from and to.
type Job = (BlockId, (usize, usize));

/// What the blocks said so far, in their order.
struct Gathered<'a> {
    inputs: &'a [Input<'a>],
    timed: &'a [bool],
    facts: Facts,
    hearing: Hearing,
    /// The last block's source, and where its last record ended.
    previous: Option<(usize, usize)>,
}

impl<'a> Gathered<'a> {
    fn of(inputs: &'a [Input<'a>], timed: &'a [bool]) -> Self {
        Gathered { inputs, timed, facts: Facts::default(), hearing: Hearing::default(), previous: None }
    }

    /// Takes the next blocks, each with where its last record ended.
    fn take(&mut self, jobs: &[Job], parts: Vec<(Facts, usize)>) {
        for ((id, range), (part, end)) in jobs.iter().zip(parts) {
            let input = &self.inputs[id.0];
            let begins = self.previous.filter(|(source, _)| *source == id.0).map_or(range.0, |(_, end)| end);
            // A record reached beyond its block (a binary field held what looks like a record's start): this block was
            // read from the wrong place, so it is read again from where the last record ended.
            let misplaced = input.recognised.format.framing().is_counted() && begins != range.0;
            let (mut part, end) = if misplaced {
                block(input, *id, (begins, range.1.max(begins)), self.timed[id.0])
            } else {
                (part, end)
            };
            if self.previous.is_some_and(|(source, _)| source != id.0) {
                self.hearing.forget();
            }
            part.series.iter_mut().for_each(|(key, series)| self.hearing.listen(key, series));
            self.facts.merge(part);
            self.previous = Some((id.0, end));
        }
    }
}

/// Reads one block; gives its facts and where its last record ended.
fn block(input: &Input<'_>, id: BlockId, range: (usize, usize), is_timed: bool) -> (Facts, usize) {
    let mut reader = Reader::new(input, id, is_timed);
    let (end, lines) = walk(input.recognised, input.bytes, range, Detail::Hits, &mut |place, item| match item {
        Item::Hit(hit) => {
            reader.hit(hit);
            if reader.is_timed {
                reader.took(None, &hit.stamp, durations::told(place.raw, input.recognised));
            }
        }
        Item::Record(record) => reader.record(&place, &record),
        Item::Unparsed => reader.unparsed(&place),
        Item::Separator => {}
    });
    (reader.finish((range.0, end), lines), end)
}

/// Collects the facts of a block.
struct Reader<'a> {
    input: &'a Input<'a>,
    id: BlockId,
    facts: Facts,
    source: SourceFacts,
    block: BlockFacts,
    traffic: Builder,
    /// Requests of the fast path, without and with a zone: one service, no host.
    plain: [traffic::Growing; 2],
    /// The last moment of the fast path, and how many requests in a row have it.
    run: (Option<Moment>, u64),
    folds: order::Folds,
    hits: u64,
    scratch: Scratch,
    messages: Messages,
    templates: templates::Templates,
    /// Room for a masked message.
    masked: Vec<u8>,
    /// Whether lines of the fast path tell durations.
    is_timed: bool,
}

impl<'a> Reader<'a> {
    fn new(input: &'a Input<'a>, id: BlockId, is_timed: bool) -> Self {
        Reader {
            input,
            id,
            facts: Facts::default(),
            source: SourceFacts::default(),
            block: BlockFacts::default(),
            traffic: Builder::of_bytes(input.bytes.len()),
            plain: [(); 2].map(|()| traffic::Growing::of_bytes(input.bytes.len())),
            run: (None, 0),
            folds: order::Folds::default(),
            hits: 0,
            scratch: Scratch::default(),
            messages: Messages::default(),
            templates: templates::Templates::default(),
            masked: Vec::new(),
            is_timed,
        }
    }

    /// Where a record of this block stands.
    fn at(&self, place: &read::Place<'_>) -> Place {
        Place { block: self.id, line: place.line, offset: place.offset }
    }

    #[inline]
    fn hit(&mut self, hit: &Hit<'_>) {
        let moment = match self.run.0.filter(|moment| moment.stamp == hit.stamp) {
            Some(moment) => moment,
            None => {
                self.end_run();
                let moment = self.moment(hit.stamp);
                self.run = (Some(moment), 0);
                moment
            }
        };
        self.run.1 += 1;
        match self.stretch(moment) {
            None => self.plain[usize::from(stated(&hit.stamp).is_some())].add(hit),
            stretch => self.in_fold(hit, stretch),
        }
    }

    /// A request without a zone in an hour that may come twice.
    #[inline(never)]
    fn in_fold(&mut self, hit: &Hit<'_>, stretch: Option<(usize, u32)>) {
        let service = service(self.input.recognised.format.name(), self.input.name).into();
        let key = SeriesKey { source: self.id.0, service, host: None, zoned: false, stretch };
        self.traffic.series(key).add(hit);
    }

    /// By which stretch a request is counted, if its civil second may come twice.
    #[inline]
    fn stretch(&mut self, moment: Moment) -> Option<(usize, u32)> {
        let may_repeat = stated(&moment.stamp).is_none() && self.folds.hold(moment.stamp.civil_s);
        may_repeat.then_some((self.id.1, moment.stretch))
    }

    /// Counts the requests that had the last stamp.
    fn end_run(&mut self) {
        if let (Some(moment), count) = self.run {
            self.hits += count;
            self.zone(&moment.stamp, count);
        }
    }

    /// Takes note of what so many records say of their zone.
    fn zone(&mut self, stamp: &Stamp, records: u64) {
        match stated(stamp) {
            Some(offset) => *self.source.offsets.entry(offset).or_default() += records,
            None => self.source.zoneless += records,
        }
    }

    #[inline(never)] // the fast path stays small
    fn record(&mut self, place: &read::Place<'_>, record: &Record<'_>) {
        let at = self.at(place);
        self.source.records += 1;
        self.source.continuations += place.lines as u64 - 1;
        *self.source.formats.entry((record.format, record.envelope.clone())).or_default() += 1;
        let moment = record.stamp.map(|stamp| self.moment(stamp));
        if let Some(stamp) = &record.stamp {
            self.zone(stamp, 1);
        }
        if let Some(offset) = revealed(record) {
            *self.source.revealed.entry(offset).or_default() += 1;
        }
        let host = record.host.as_deref().map(str::to_owned);
        if let Some(host) = &host {
            *self.source.hosts.entry(host.clone()).or_default() += 1;
        }
        if record.is_traffic {
            self.traffic_line(record, host, moment);
            return;
        }
        let at = |fact| At { place: at, moment, host: host.clone(), fact };
        if let Some(mut said) = said(record) {
            // Apache's own log does not name its writer: the folder does.
            if said.service.is_none() && record.format == "apache-error" {
                said.service = Some(service_of(record, self.input.name));
            }
            self.facts.events.push(at_event(&at, said, record));
        }
        self.facts.claims.extend(claims(record).into_iter().map(|claim| {
            // Nor does its configuration.
            let of_apache = record.format == "apache-config";
            let holder = if of_apache { service_of(record, self.input.name) } else { claim.holder };
            At { place: at(()).place, moment, host: host.clone(), fact: Claim { holder, ..claim } }
        }));
        let standings = standings(record).into_iter();
        self.facts.standings.extend(standings.map(|fact| At { place: at(()).place, moment, host: host.clone(), fact }));
        if let Some(step) = clock_step(record) {
            self.facts.clock_steps.push(At { place: at(()).place, moment, host: host.clone(), fact: step });
        }
        if let Some((sign, about)) = sign::sign(record) {
            self.sign(sign, about, record, &at(()));
        }
        self.failed_line(record, &host, moment);
        if let (Some(client), Some(stamp)) = (&record.client, record.stamp) {
            let client = traffic::client_hash(client.as_bytes());
            self.facts.client_lines.entry(self.id.0).or_default().add(ClientLine { stamp, client });
        }
        if let Some(moment) = moment {
            let by_format = || match record.format {
                "apache-error" | "nginx-error" | "haproxy-notice" => service(record.format, self.input.name),
                other => other,
            };
            let program = record.program.as_deref().unwrap_or_else(by_format);
            self.templates.add(record, program, (at(()).place, moment), &mut self.masked);
        }
        if let (Some(program), Some(moment)) = (&record.program, moment) {
            let key = format!("{program}\0{}\0{}", record.pid.unwrap_or(-1), record.message().trim());
            let hash = rapidhash::v3::rapidhash_v3(key.as_bytes());
            self.messages.add(hash, at(()).place, moment);
        }
    }

    fn traffic_line(&mut self, record: &Record<'_>, host: Option<String>, moment: Option<Moment>) {
        let stretch = moment.and_then(|moment| self.stretch(moment));
        if let Some(hit) = hit_of(record, &mut self.scratch) {
            let zoned = stated(&hit.stamp).is_some();
            let host = host.filter(|_| !record.envelope.is_empty());
            let of = service(record.format, self.input.name);
            // Beside those of the fast path: the order of a client's requests counts.
            let plain = service(self.input.recognised.format.name(), self.input.name);
            let (stamp, took_s) = (hit.stamp, record.request.as_ref().and_then(|request| request.duration_s));
            if host.is_none() && stretch.is_none() && of == plain {
                self.plain[usize::from(zoned)].add_lasting(&hit, lasted_s(record));
            } else {
                let key = SeriesKey { source: self.id.0, service: of.into(), host: host.clone(), zoned, stretch };
                self.traffic.series(key).add_lasting(&hit, lasted_s(record));
            }
            self.took(Some((of, host)), &stamp, took_s);
        }
    }

    /// An error line that tells of a failing request.
    fn failed_line(&mut self, record: &Record<'_>, host: &Option<String>, moment: Option<Moment>) {
        let Some(moment) = moment.filter(|moment| moment.stamp.has_year) else { return };
        if let Some(line) = failed_line(record, &moment.stamp) {
            let key = SeriesKey {
                source: self.id.0,
                service: service_of(record, self.input.name),
                host: host.clone().filter(|_| !record.envelope.is_empty()),
                zoned: stated(&moment.stamp).is_some(),
                stretch: self.stretch(moment),
            };
            self.facts.failed_lines.entry(key).or_default().push(line);
        }
    }

    /// Counts how long an answer took: of that service and host, or of the one that the fast path reads.
    fn took(&mut self, of: Option<(&'static str, Option<String>)>, stamp: &Stamp, took_s: Option<f64>) {
        let Some(took_s) = took_s else { return };
        let (service, host) =
            of.unwrap_or_else(|| (service(self.input.recognised.format.name(), self.input.name), None));
        let zoned = stated(stamp).is_some();
        let key = SeriesKey { source: self.id.0, service: service.into(), host, zoned, stretch: None };
        self.facts.durations.entry(key).or_default().add(counted_at(stamp), took_s);
    }

    fn sign(&mut self, sign: sign::Sign, about: Option<String>, record: &Record<'_>, at: &At<()>) {
        let Some(moment) = at.moment else { return };
        let service = service_of(record, self.input.name);
        let signs = self.facts.signs.entry(SignKey { source: self.id.0, sign, service, about }).or_default();
        *signs
            .seconds
            .entry((Moment { stamp: Stamp { nanos: 0, digits: 0, ..moment.stamp }, ..moment }, self.id))
            .or_default() += 1;
        let samples = signs.samples.entry(counted_at(&moment.stamp).div_euclid(60)).or_default();
        if samples.len() < super::SAMPLES_A_MINUTE {
            let text: String = record.message().chars().take(MESSAGE_CHARS).collect();
            samples.push(At { place: at.place, moment: at.moment, host: at.host.clone(), fact: text });
        }
    }

    #[inline(never)]
    fn unparsed(&mut self, place: &read::Place<'_>) {
        self.source.unparsed += place.lines as u64;
        if self.source.samples.len() < SAMPLES {
            let (line, _) = split_line(place.raw);
            let kept = &line[..line.len().min(SAMPLE_BYTES)];
            self.source.samples.push((self.at(place), String::from_utf8_lossy(kept).into_owned()));
        }
    }

    /// Takes note of a moment: for the span of the block, and for its place in the file's order.
    fn moment(&mut self, stamp: Stamp) -> Moment {
        let moment = Moment { stamp, stretch: self.block.order.take(&stamp) };
        if stamp.has_year {
            let at = counted_at(&stamp);
            self.block.span = Some(self.block.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            let here = Some((moment, moment));
            self.source.span = super::wider(self.source.span, here);
            if stated(&stamp).is_some() {
                self.source.stated_span = super::wider(self.source.stated_span, here);
            }
        }
        moment
    }

    fn finish(mut self, bytes: (usize, usize), lines: usize) -> Facts {
        self.end_run();
        self.block.bytes = bytes;
        self.block.lines = lines;
        if self.hits > 0 {
            self.source.records += self.hits;
            let format = self.input.recognised.format.name();
            *self.source.formats.entry((format, Vec::new())).or_default() += self.hits;
        }
        let mut facts = self.facts;
        facts.series = self.traffic.finish();
        for (growing, zoned) in self.plain.into_iter().zip([false, true]).filter(|(growing, _)| !growing.is_empty()) {
            let format = self.input.recognised.format.name();
            let service = service(format, self.input.name).into();
            let key = SeriesKey { source: self.id.0, service, host: None, zoned, stretch: None };
            facts.series.entry(key).or_default().merge(growing.finish());
        }
        facts.messages.entry(self.id.0).or_default().merge(self.messages);
        facts.templates.entry(self.id.0).or_default().merge(self.templates);
        facts.blocks.insert(self.id, self.block);
        facts.sources.insert(self.id.0, self.source);
        facts
    }
}

/// How long after its stamp a request ended, in whole seconds: HAProxy and Apache stamp its beginning, nginx its end.
fn lasted_s(record: &Record<'_>) -> i64 {
    let ends = record.stamp.zip(record.stamp_end).map(|(begins, ends)| ends.civil_s - begins.civil_s);
    let lasted = record.request.as_ref().filter(|_| record.format == "apache-access").and_then(|own| own.duration_s);
    ends.or(lasted.map(|seconds| seconds.round() as i64)).unwrap_or(0).max(0)
}

/// The offset that the stamp states.
fn stated(stamp: &Stamp) -> Option<i32> {
    match stamp.zone {
        crate::format::Zone::Offset(offset) => Some(offset),
        crate::format::Zone::Unknown => None,
    }
}

/// The offset of an envelope without one, by the line inside it that states its own: the difference of the two
/// moments, if it is one of whole quarters of an hour.
fn revealed(record: &Record<'_>) -> Option<i32> {
    let outer = record.outer.filter(|outer| stated(outer).is_none())?;
    let inner_s = record.stamp_end.or(record.stamp)?.utc_s()?;
    let difference_s = outer.in_year_near(inner_s).civil_s - inner_s;
    let offset = (difference_s + 450).div_euclid(900) * 900;
    let is_offset = (difference_s - offset).abs() <= TRANSPORT_S && offset.abs() <= 14 * 3600;
    i32::try_from(offset).ok().filter(|_| is_offset)
}

/// The service whose error line this is.
pub fn service_of(record: &Record<'_>, source: &str) -> String {
    match record.format {
        "nginx-error" => "nginx".into(),
        "haproxy-notice" => "haproxy".into(),
        "apache-error" | "apache-config" => service(record.format, source).into(),
        _ => super::event::service_name(record).unwrap_or_default(),
    }
}

fn at_event(at: &dyn Fn(()) -> At<()>, said: event::Said, record: &Record<'_>) -> At<Event> {
    let At { place, moment, host, .. } = at(());
    let own = |text: &Option<crate::format::Text<'_>>| text.as_deref().map(str::to_owned);
    let text = match (&record.action, &record.container, record.text_field("COMMAND")) {
        (Some(action), Some(container), _) => {
            format!("{action} {}", container.name.as_deref().unwrap_or_default())
        }
        (_, _, Some(command)) => command.to_owned(),
        _ if matches!(record.format, "nginx-error" | "apache-error") => super::words::own_line(record).to_owned(),
        _ => record.message().to_owned(),
    };
    let exit_code =
        record.attributes.iter().find(|(key, _)| key == "exitCode").and_then(|(_, value)| value.parse().ok());
    let event = Event {
        said,
        program: own(&record.program),
        pid: record.pid,
        message: text.trim().chars().take(MESSAGE_CHARS).collect(),
        user: own(&record.user),
        image: record.container.as_ref().and_then(|container| own(&container.image)),
        exit_code,
    };
    At { place, moment, host, fact: event }
}
