//! The first look: every record of every source once, all blocks in parallel.

use rayon::prelude::*;

use super::claim::claims;
use super::traffic::{Builder, Scratch, SeriesKey, counted_at, hit_of, service};
use super::{
    At, BlockFacts, BlockId, ClientLine, Event, Facts, MESSAGE_CHARS, Messages, Moment, Place, SignKey, SourceFacts,
    event, said, sign, traffic,
};
use crate::format::read::{self, Detail, Item, blocks, walk};
use crate::format::recognise::Recognised;
use crate::format::{Hit, Record, Stamp};

/// Unread lines kept of a block.
const SAMPLES: usize = 3;
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
    let jobs: Vec<(BlockId, (usize, usize))> = inputs
        .iter()
        .enumerate()
        .flat_map(|(source, input)| {
            let blocks = blocks(input.bytes, input.recognised.format, block_bytes);
            blocks.into_iter().enumerate().map(move |(index, block)| ((source, index), (block.start, block.end)))
        })
        .collect();
    let read: Vec<(Facts, usize)> = jobs.par_iter().map(|(id, range)| block(&inputs[id.0], *id, *range)).collect();
    let mut facts = Facts::default();
    let mut previous: Option<(usize, usize)> = None;
    for ((id, range), (part, end)) in jobs.into_iter().zip(read) {
        let input = &inputs[id.0];
        let begins = previous.filter(|(source, _)| *source == id.0).map_or(range.0, |(_, end)| end);
        // A record reached beyond its block (a binary field held what looks like a record's start): this block was
        // read from the wrong place, so it is read again from where the last record ended.
        let misplaced = input.recognised.format.framing().is_counted() && begins != range.0;
        let (part, end) = if misplaced { block(input, id, (begins, range.1.max(begins))) } else { (part, end) };
        facts.merge(part);
        previous = Some((id.0, end));
    }
    facts.sorted()
}

/// Reads one block; gives its facts and where its last record ended.
fn block(input: &Input<'_>, id: BlockId, range: (usize, usize)) -> (Facts, usize) {
    let mut reader = Reader::new(input, id);
    let (end, lines) = walk(input.recognised, input.bytes, range, Detail::Hits, &mut |place, item| match item {
        Item::Hit(hit) => reader.hit(hit),
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
    /// The last stamp of the fast path, and how many requests in a row have it.
    run: (Option<Stamp>, u64),
    hits: u64,
    scratch: Scratch,
    messages: Messages,
}

impl<'a> Reader<'a> {
    fn new(input: &'a Input<'a>, id: BlockId) -> Self {
        Reader {
            input,
            id,
            facts: Facts::default(),
            source: SourceFacts::default(),
            block: BlockFacts::default(),
            traffic: Builder::default(),
            plain: Default::default(),
            run: (None, 0),
            hits: 0,
            scratch: Scratch::default(),
            messages: Messages::default(),
        }
    }

    /// Where a record of this block stands.
    fn at(&self, place: &read::Place<'_>) -> Place {
        Place { block: self.id, line: place.line, offset: place.offset }
    }

    #[inline]
    fn hit(&mut self, hit: &Hit<'_>) {
        if self.run.0 != Some(hit.stamp) {
            self.end_run();
            self.run = (Some(hit.stamp), 0);
            self.moment(hit.stamp);
        }
        self.run.1 += 1;
        self.plain[usize::from(stated(&hit.stamp).is_some())].add(hit);
    }

    /// Counts the requests that had the last stamp.
    fn end_run(&mut self) {
        if let (Some(stamp), count) = self.run {
            self.hits += count;
            self.zone(&stamp, count);
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
        let host = record.host.as_deref().map(str::to_owned);
        if let Some(host) = &host {
            *self.source.hosts.entry(host.clone()).or_default() += 1;
        }
        if record.is_traffic {
            self.traffic_line(record, host);
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
        self.facts.claims.extend(claims(record).into_iter().map(|claim| At {
            place: at(()).place,
            moment,
            host: host.clone(),
            fact: claim,
        }));
        if let Some((sign, about)) = sign::sign(record) {
            self.sign(sign, about, record, &at(()));
        }
        if let (Some(client), Some(stamp)) = (&record.client, record.stamp) {
            let client = traffic::client_hash(client.as_bytes());
            self.facts.client_lines.push(ClientLine { source: self.id.0, stamp, client });
        }
        if let (Some(program), Some(moment)) = (&record.program, moment) {
            let key = format!("{program}\0{}\0{}", record.pid.unwrap_or(-1), record.message().trim());
            let hash = rapidhash::v3::rapidhash_v3(key.as_bytes());
            self.messages.add(hash, at(()).place, moment);
        }
    }

    fn traffic_line(&mut self, record: &Record<'_>, host: Option<String>) {
        if let Some(hit) = hit_of(record, &mut self.scratch) {
            let key = SeriesKey {
                source: self.id.0,
                service: service(record.format, self.input.name).into(),
                host: host.filter(|_| !record.envelope.is_empty()),
                zoned: stated(&hit.stamp).is_some(),
            };
            self.traffic.series(key).add(&hit);
        }
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
        if place.raw.iter().all(|byte| *byte == 0) {
            return; // a part of the file that was lost while it was read, or never written
        }
        self.source.unparsed += 1;
        if self.source.samples.len() < SAMPLES {
            let kept = &place.raw[..place.raw.len().min(SAMPLE_BYTES)];
            self.source.samples.push((self.at(place), String::from_utf8_lossy(kept).into_owned()));
        }
    }

    /// Takes note of a moment: for the span of the block, and for turns of the year.
    fn moment(&mut self, stamp: Stamp) -> Moment {
        let turn = if stamp.has_year { 0 } else { self.turn(stamp) };
        let moment = Moment { stamp, turn };
        if stamp.has_year {
            let at = counted_at(&stamp);
            self.block.span = Some(self.block.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        if stamp.has_year {
            let (first, last) = self.source.span.unwrap_or((moment, moment));
            self.source.span = Some((first.min_by(moment), last.max_by(moment)));
        } else {
            let key = |moment: &Moment| (moment.turn, moment.stamp);
            let (first, last) = self.block.yearless_span.unwrap_or((moment, moment));
            let first = if key(&moment) < key(&first) { moment } else { first };
            let last = if key(&moment) > key(&last) { moment } else { last };
            self.block.yearless_span = Some((first, last));
        }
        moment
    }

    /// How often the year has turned in this block: when the month falls by six or more (`formats/time.md`, 3.2).
    fn turn(&mut self, stamp: Stamp) -> u32 {
        let (first, last, turns) = self.block.yearless.unwrap_or((stamp, stamp, 0));
        let turns = turns + u32::from(turns_year(&last, &stamp));
        self.block.yearless = Some((first, stamp, turns));
        turns
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
            let key = SeriesKey { source: self.id.0, service, host: None, zoned };
            facts.series.entry(key).or_default().merge(growing.finish());
        }
        facts.messages.entry(self.id.0).or_default().merge(self.messages);
        facts.blocks.insert(self.id, self.block);
        facts.sources.insert(self.id.0, self.source);
        facts
    }
}

/// Whether the year turns between two stamps without one: the month falls by six or more.
pub fn turns_year(before: &Stamp, after: &Stamp) -> bool {
    before.civil_s - after.civil_s > 180 * 86_400
}

/// The offset that the stamp states.
fn stated(stamp: &Stamp) -> Option<i32> {
    match stamp.zone {
        crate::format::Zone::Offset(offset) => Some(offset),
        crate::format::Zone::Unknown => None,
    }
}

/// The service whose error line this is.
pub fn service_of(record: &Record<'_>, source: &str) -> String {
    match record.format {
        "nginx-error" => "nginx".into(),
        "haproxy-notice" => "haproxy".into(),
        "apache-error" => service(record.format, source).into(),
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
