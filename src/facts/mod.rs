//! Records to facts: plain data that merges. Counts of requests by second, events in the words of each program, signs
//! of a cause, claims of ports. [`Facts::merge`] is associative and commutative, so nothing after this room knows how
//! the work was divided.

pub mod bind;
pub mod claim;
pub mod client_lines;
pub mod clock_step;
pub mod closer;
pub mod crowd;
pub mod durations;
pub mod event;
pub mod failed;
pub mod hearing;
pub mod lifecycle;
pub mod operator;
pub mod order;
pub mod sign;
pub mod sketch;
pub mod standing;
pub mod survey;
pub mod templates;
pub mod traffic;
mod words;

use std::collections::BTreeMap;

use crate::format::{Record, Stamp};
use claim::Claim;
use client_lines::ClientLines;
use clock_step::ClockStep;
use event::Said;
use failed::FailedLine;
use hearing::Hearing;
use sign::Sign;
use standing::Standing;
use traffic::{Series, SeriesKey};

/// What the record says happened, if anything. Only from a line that a program writes about itself: never from a
/// traffic line, whose text is the client's, nor from a configuration, which says what would be.
pub fn said(record: &Record<'_>) -> Option<Said> {
    if record.is_traffic || record.format.ends_with("-config") {
        return None;
    }
    bind::failure(record).or_else(|| lifecycle::event(record)).or_else(|| operator::action(record))
}

/// A block of a source: the source's index, and the block's.
pub type BlockId = (usize, usize);

/// Where a record stands: source, block, and its first line counted from the block's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    #[allow(missing_docs)]
    pub block: BlockId,
    /// Lines before it in the block.
    pub line: usize,
    /// Bytes before it in the source.
    pub offset: usize,
}

/// A moment as written, with what finds its year and its pass: the stretch of its block that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    #[allow(missing_docs)]
    pub stamp: Stamp,
    /// As [`order::Order::take`] counts.
    pub stretch: u32,
}

impl Moment {
    /// An order in time that holds for stamps of different offsets, too.
    fn order(&self) -> (i64, u32, Moment) {
        (traffic::counted_at(&self.stamp), self.stamp.nanos, *self)
    }

    fn min_by(self, other: Moment) -> Moment {
        if other.order() < self.order() { other } else { self }
    }

    fn max_by(self, other: Moment) -> Moment {
        if other.order() > self.order() { other } else { self }
    }
}

/// A fact with its place and moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At<T> {
    #[allow(missing_docs)]
    pub place: Place,
    /// `None` where the record has none: bare lines of Apache.
    pub moment: Option<Moment>,
    #[allow(missing_docs)]
    pub host: Option<String>,
    #[allow(missing_docs)]
    pub fact: T,
}

/// An event, with what the line says of who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    #[allow(missing_docs)]
    pub said: Said,
    #[allow(missing_docs)]
    pub program: Option<String>,
    /// The writer's.
    pub pid: Option<i64>,
    /// What the writer said; at most [`MESSAGE_CHARS`].
    pub message: String,
    /// Who acted: sudo's user.
    pub user: Option<String>,
    #[allow(missing_docs)]
    pub image: Option<String>,
    /// A container's exit status.
    pub exit_code: Option<i64>,
}

/// Characters kept of a message.
pub const MESSAGE_CHARS: usize = 400;

/// One kind of error line of one writer, counted by second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// Lines by civil second (UTC where the stamp tells it), with whether it does.
    pub seconds: BTreeMap<(Moment, BlockId), u64>,
    /// The first lines of each minute as written, as samples; at most [`SAMPLES_A_MINUTE`].
    pub samples: BTreeMap<i64, Vec<At<String>>>,
}

/// Error lines kept of a minute: an incident anywhere in the log then has its own as evidence.
pub const SAMPLES_A_MINUTE: usize = 2;

/// Whose error lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignKey {
    #[allow(missing_docs)]
    pub source: usize,
    #[allow(missing_docs)]
    pub sign: Sign,
    /// The service that writes.
    pub service: String,
    /// The upstream or backend that it is about.
    pub about: Option<String>,
}

/// What a block holds, besides facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockFacts {
    /// Bytes of the source from and to.
    pub bytes: (usize, usize),
    #[allow(missing_docs)]
    pub lines: usize,
    /// Earliest and latest moment, as [`traffic::counted_at`].
    pub span: Option<(i64, i64)>,
    /// Where the stamps that lack a year or a zone jump.
    pub order: order::Order,
}

/// What is counted of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// Records by innermost format and the formats around it.
    pub formats: BTreeMap<(&'static str, Vec<&'static str>), u64>,
    #[allow(missing_docs)]
    pub hosts: BTreeMap<String, u64>,
    #[allow(missing_docs)]
    pub records: u64,
    /// Lines that continue a record.
    pub continuations: u64,
    #[allow(missing_docs)]
    pub unparsed: u64,
    /// The first unread lines of each block.
    pub samples: Vec<(Place, String)>,
    /// Earliest and latest stamp that has a year.
    pub span: Option<(Moment, Moment)>,
    /// Earliest and latest of those that state their zone, too.
    pub stated_span: Option<(Moment, Moment)>,
    /// Records by the offset that their stamps state.
    pub offsets: BTreeMap<i32, u64>,
    /// Records by the offset that their envelope, which states none, must have by the line inside, which does.
    pub revealed: BTreeMap<i32, u64>,
    /// Records whose stamps state none.
    pub zoneless: u64,
}

/// What one block, one file, one host has to say.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    #[allow(missing_docs)]
    pub sources: BTreeMap<usize, SourceFacts>,
    #[allow(missing_docs)]
    pub blocks: BTreeMap<BlockId, BlockFacts>,
    #[allow(missing_docs)]
    pub series: BTreeMap<SeriesKey, Series>,
    /// How long answers took, where lines tell it; of hours that come twice both together.
    pub durations: BTreeMap<SeriesKey, durations::Durations>,
    #[allow(missing_docs)]
    pub events: Vec<At<Event>>,
    #[allow(missing_docs)]
    pub signs: BTreeMap<SignKey, Signs>,
    #[allow(missing_docs)]
    pub claims: Vec<At<Claim>>,
    /// What holds for services until it is changed.
    pub standings: Vec<At<Standing>>,
    /// Lines by which programs say that they set their host's clock.
    pub clock_steps: Vec<At<ClockStep>>,
    /// Clients that error lines name, by source.
    pub client_lines: BTreeMap<usize, ClientLines>,
    /// Error lines that tell of failing requests, by their writer.
    pub failed_lines: BTreeMap<SeriesKey, Vec<FailedLine>>,
    /// Messages of programs in syslog and the journal, by source, for finding its zone.
    pub messages: BTreeMap<usize, Messages>,
    /// What servers say, by its wording, by source.
    pub templates: BTreeMap<usize, templates::Templates>,
}

/// A sample of a source's messages: those with the smallest hashes, so that two logs of the same messages keep the same
/// ones, and parts merge to the sample of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages(BTreeMap<u64, Message>);

/// When and where a message was first told, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    place: Place,
    moment: Moment,
    count: u64,
}

/// Messages kept of a source.
const MESSAGES: usize = 8192;

impl Messages {
    /// Takes note of a message by its hash.
    pub fn add(&mut self, hash: u64, place: Place, moment: Moment) {
        self.take(hash, Message { place, moment, count: 1 });
        if self.0.len() > 2 * MESSAGES {
            self.trim();
        }
    }

    fn take(&mut self, hash: u64, message: Message) {
        let kept = self.0.entry(hash).or_insert(Message { count: 0, ..message });
        let count = kept.count + message.count;
        *kept = Message { count, ..(*kept).min(message) };
    }

    fn trim(&mut self) {
        while self.0.len() > MESSAGES {
            self.0.pop_last();
        }
    }

    fn merge(&mut self, other: Messages) {
        for (hash, message) in other.0 {
            self.take(hash, message);
        }
        self.trim();
    }

    /// Messages that were told exactly once: hash, place, moment.
    pub fn told_once(&self) -> impl Iterator<Item = (u64, Place, Moment)> {
        let once = self.0.iter().filter(|(_, message)| message.count == 1);
        once.map(|(hash, message)| (*hash, message.place, message.moment))
    }
}

impl Facts {
    /// Adds what others say. In any order: [`Facts::sorted`] gives the same.
    pub fn merge(&mut self, other: Facts) {
        for (source, facts) in other.sources {
            self.sources.entry(source).or_default().merge(facts);
        }
        self.blocks.extend(other.blocks);
        for (key, series) in other.series {
            self.series.entry(key).or_default().merge(series);
        }
        for (key, durations) in other.durations {
            self.durations.entry(key).or_default().merge(durations);
        }
        for (key, signs) in other.signs {
            let own = self.signs.entry(key).or_default();
            for (second, count) in signs.seconds {
                *own.seconds.entry(second).or_default() += count;
            }
            for (minute, samples) in signs.samples {
                let kept = own.samples.entry(minute).or_default();
                kept.extend(samples);
                kept.sort();
                kept.truncate(SAMPLES_A_MINUTE);
            }
        }
        self.events.extend(other.events);
        self.claims.extend(other.claims);
        self.standings.extend(other.standings);
        self.clock_steps.extend(other.clock_steps);
        for (source, lines) in other.client_lines {
            self.client_lines.entry(source).or_default().merge(lines);
        }
        for (key, lines) in other.failed_lines {
            self.failed_lines.entry(key).or_default().extend(lines);
        }
        for (source, messages) in other.messages {
            self.messages.entry(source).or_default().merge(messages);
        }
        for (source, templates) in other.templates {
            self.templates.entry(source).or_default().merge(templates);
        }
    }

    /// The same facts in the one order that does not depend on how they were merged.
    pub fn sorted(mut self) -> Facts {
        self.events.sort();
        self.claims.sort();
        self.standings.sort();
        self.clock_steps.sort();
        self.client_lines.values_mut().for_each(ClientLines::settle);
        for (key, series) in &mut self.series {
            // Of a whole that was not read block by block.
            Hearing::default().listen(key, series);
            series.failures.sort_unstable();
            series.refusals.sort_unstable();
            series.of_clients.settle();
            series.of_anyone.settle();
        }
        self.failed_lines.values_mut().for_each(|lines| lines.sort_unstable());
        for source in self.sources.values_mut() {
            source.samples.sort();
        }
        self.templates.values_mut().for_each(templates::Templates::sort);
        self
    }
}

impl SourceFacts {
    fn merge(&mut self, other: SourceFacts) {
        for (format, count) in other.formats {
            *self.formats.entry(format).or_default() += count;
        }
        for (host, count) in other.hosts {
            *self.hosts.entry(host).or_default() += count;
        }
        for (own, other) in [(&mut self.offsets, other.offsets), (&mut self.revealed, other.revealed)] {
            for (offset, count) in other {
                *own.entry(offset).or_default() += count;
            }
        }
        self.records += other.records;
        self.continuations += other.continuations;
        self.unparsed += other.unparsed;
        self.zoneless += other.zoneless;
        self.samples.extend(other.samples);
        self.span = wider(self.span, other.span);
        self.stated_span = wider(self.stated_span, other.stated_span);
    }
}

/// The span from the earlier beginning to the later end.
fn wider(one: Option<(Moment, Moment)>, other: Option<(Moment, Moment)>) -> Option<(Moment, Moment)> {
    match (one, other) {
        (Some((first, last)), Some((from, to))) => Some((first.min_by(from), last.max_by(to))),
        (span, None) | (None, span) => span,
    }
}
