//! A draft: everything that a template may use of an incident, as long as it may be.

use serde::Serialize;

use super::known::{By, Known};
use super::timeline::Entry;
use crate::report::measures::{Aim, Measure, broadly, fitting};
use crate::report::model::{Incident, Report};
use crate::report::words::duration;

/// One incident for a template. All text is Markdown, with what logs and notes say escaped.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Draft {
    pub id: String,
    pub title: String,
    pub ongoing: bool,
    /// Whether there is room for what is only good to know.
    pub is_full: bool,
    pub zone: String,
    /// `2024-06-11 10:00:07`
    pub start: String,
    /// `null` if it goes on.
    pub end: Option<String>,
    pub duration: String,
    pub service: String,
    /// `down`, `slow`, `failing`, …
    pub state: &'static str,
    /// Sentences.
    pub window: String,
    pub seen: String,
    /// What the failing requests have in common.
    pub confined: Option<String>,
    /// Answers of the wrong server before the first failing request.
    pub old_content: Option<String>,
    pub users: String,
    pub computed: String,
    pub cause: String,
    pub times: String,
    pub detected: Option<String>,
    pub trigger: String,
    /// From trigger to symptom.
    pub chain: Vec<String>,
    /// Who held the port; `null` where none was in question.
    pub held: Option<String>,
    pub suggests: String,
    pub unknowns: Vec<String>,
    pub resolution: Vec<String>,
    pub lesson: Option<String>,
    /// What can be better, broadly.
    pub broadly: String,
    pub tasks: Vec<Task>,
    pub timeline: Vec<Entry>,
    /// Open questions on detection and escalation, which belong to the timeline.
    pub questions: Vec<String>,
    /// Open questions on the cause and the fix.
    pub cause_questions: Vec<String>,
}

/// Something to do.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Task {
    /// Verb, object, place.
    pub text: String,
    /// `prevent`, `detect sooner`, `recover faster`
    pub aim: &'static str,
}

/// How much of it is told.
#[derive(Clone, Copy, Debug)]
struct Size {
    entries: usize,
    tasks: usize,
    /// Whether what is good to know is told.
    is_full: bool,
}

/// Words of a draft.
pub const LEAST_WORDS: usize = 400;
#[allow(missing_docs)]
pub const MOST_WORDS: usize = 600;
/// A draft is cut to so many words, so that other ways to count stay within the limit, too; it grows to so many.
const CUT_TO: usize = 590;
const GROWS_TO: usize = 425;
/// Where there is hardly anything to tell.
const LITTLE: &str =
    "The logs at hand say little about this incident, so parts of this draft stay open for people to fill in.";
/// Entries of a timeline.
const MOST_ENTRIES: usize = 20;
const GOOD_ENTRIES: usize = 14;
const LEAST_ENTRIES: usize = 7;
/// Tasks: two of each aim, at least five.
const TASKS: usize = 6;
const LEAST_TASKS: usize = 5;
const MOST_TASKS: usize = 9;

/// The draft of an incident. `words` counts the words of a draft as it is rendered.
///
/// # Errors
/// Where `words` fails.
pub(super) fn draft(
    report: &Report,
    of: &Incident,
    words: &dyn Fn(&Draft) -> Result<usize, String>,
) -> Result<Draft, String> {
    let known = Known::new(report, of);
    let mut whole = whole(&known);
    let of_interest = whole.timeline.iter().filter(|entry| entry.rank < 4).count();
    let mut size = Size { entries: MOST_ENTRIES.min(of_interest), tasks: TASKS, is_full: true };
    loop {
        let draft = sized(&whole, size);
        let count = words(&draft)?;
        let next = match count {
            count if count > CUT_TO => smaller(size),
            count if count < GROWS_TO && size.tasks < MOST_TASKS.min(whole.tasks.len()) => {
                Some(Size { tasks: size.tasks + 1, ..size })
            }
            count if count < GROWS_TO && size.entries < MOST_ENTRIES.min(whole.timeline.len()) => {
                Some(Size { entries: size.entries + 1, ..size })
            }
            count if count < LEAST_WORDS + 10 && whole.unknowns.iter().all(|text| text != LITTLE) => {
                whole.unknowns.push(LITTLE.into());
                Some(size)
            }
            _ => None,
        };
        match next {
            Some(next) => size = next,
            None => return Ok(draft),
        }
    }
}

/// Entries go first, then what is good to know, then a task, then more entries.
fn smaller(size: Size) -> Option<Size> {
    match size {
        Size { entries, is_full: true, .. } if entries > GOOD_ENTRIES => Some(Size { entries: entries - 1, ..size }),
        Size { is_full: true, tasks, .. } if tasks > LEAST_TASKS => Some(Size { tasks: tasks - 1, ..size }),
        Size { is_full: false, entries, .. } if entries > LEAST_ENTRIES => Some(Size { entries: entries - 1, ..size }),
        Size { is_full: true, .. } => Some(Size { is_full: false, ..size }),
        Size { tasks, .. } if tasks > LEAST_TASKS => Some(Size { tasks: tasks - 1, ..size }),
        Size { entries, .. } if entries > 2 => Some(Size { entries: entries - 1, ..size }),
        _ => None,
    }
}

/// A draft cut to a size; of the timeline stays what the story needs most.
fn sized(whole: &Draft, size: Size) -> Draft {
    let mut draft = whole.clone();
    let mut order: Vec<usize> = (0..draft.timeline.len()).collect();
    order.sort_by_key(|index| (whole.timeline[*index].rank, *index));
    order.truncate(size.entries);
    order.sort_unstable();
    draft.timeline = order.into_iter().map(|index| whole.timeline[index].clone()).collect();
    draft.tasks.truncate(size.tasks);
    draft.is_full = size.is_full;
    draft
}

fn whole(known: &Known<'_>) -> Draft {
    let of = known.of;
    Draft {
        id: of.id.clone(),
        title: super::words::escape(&of.title),
        ongoing: of.ongoing,
        is_full: true,
        zone: known.zone(),
        start: known.date(&of.start),
        end: of.end.as_deref().map(|end| known.date(end)),
        duration: duration(of.duration_s),
        service: known.service(),
        state: known.state(),
        window: known.window(),
        seen: known.seen(),
        confined: known.confined(),
        old_content: known.old_content(),
        users: known.users(),
        computed: known.computed(),
        cause: known.cause(),
        times: known.times(),
        detected: known.detected(),
        trigger: known.trigger(),
        chain: known.chain(),
        held: known.held(),
        suggests: known.suggests(),
        unknowns: known.unknowns(),
        resolution: known.resolution(),
        lesson: known.lesson(),
        broadly: broadly(of.cause.kind).into(),
        tasks: tasks(known),
        timeline: known.entries(),
        questions: people_questions(known),
        cause_questions: cause_questions(known),
    }
}

/// All that fit the cause; where they are few, those of an unknown cause fit as well.
fn tasks(known: &Known<'_>) -> Vec<Task> {
    let kind = known.of.cause.kind;
    let more = fitting("unknown", "none").into_iter().filter(|_| kind != "unknown");
    let task = |measure: &Measure| Task { text: known.filled(measure.task), aim: Aim::name(measure.aim) };
    fitting(kind, known.holder_kind()).into_iter().chain(more).map(task).collect()
}

/// What only people know: who noticed, what was assumed, who was called.
fn people_questions(known: &Known<'_>) -> Vec<String> {
    let start = known.moment_of(&known.of.start);
    let mut questions = Vec::new();
    if !known.detection().is_some_and(|found| found.by == By::Note) {
        questions.push(format!(
            "Who noticed the failure of {start} first, and by what: an alert, an engineer or a customer?"
        ));
    }
    if known.assumption().is_none() {
        questions.push(match known.vain().and_then(|item| Some((item, super::known::command(item)?))) {
            Some((item, command)) => {
                let (command, at) = (super::known::shown(command), known.moment(item.at));
                format!("What was assumed to be wrong when {command} was run at {at}?")
            }
            None => format!("What was assumed to be wrong with {} after {start}?", known.service()),
        });
    }
    if known.escalation().is_none() {
        questions.push(format!("To whom was the incident escalated after {start}, and when?"));
    }
    questions
}

/// What the logs do not show of the cause and the end.
fn cause_questions(known: &Known<'_>) -> Vec<String> {
    let of = known.of;
    let mut questions = Vec::new();
    if of.cause.kind == "port-conflict" && known.holder().is_none() {
        questions.push(format!("Which process listened on {} of {} then?", known.port(), known.host()));
    }
    if of.marks.trigger.is_none() {
        questions.push(format!(
            "What changed shortly before {}: a release, a configuration, or the load?",
            known.moment_of(&of.start)
        ));
    }
    match &of.end {
        None => questions.push(format!("Is {} well again by now, and what ended the failure?", known.service())),
        Some(end) if known.fixes().is_empty() => {
            questions.push(format!("What ended the failure at {}?", known.moment_of(end)));
        }
        Some(end) if of.marks.verified.is_none() => {
            questions.push(format!("Who verified after {} that {} was well?", known.moment_of(end), known.service()));
        }
        Some(_) => {}
    }
    questions
}
