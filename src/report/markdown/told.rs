//! The sentences of a draft about cause, impact and resolution. What the logs show, what that suggests and what they do
//! not show is told apart in the words.

use super::known::{By, Detection, Known};
use super::timeline::capital;
use super::words::{cut, escape, sentence};
use crate::report::model::{Item, Mark, Reason};
use crate::report::words::{IN_COMMON, PERHAPS, SILENCE, TRIGGER, UNUSUAL, about, duration, number, percent};

/// Words that a reason of the report may have in a sentence.
const REASON_WORDS: usize = 22;
/// What the report knows under a name of its own.
const TOLD_ELSEWHERE: [&str; 5] = [TRIGGER, PERHAPS, IN_COMMON, UNUSUAL, SILENCE];

/// How a kind of cause is told.
struct Kind {
    name: &'static str,
    /// What the service was.
    state: &'static str,
    /// How it led to failing requests. `{service}`, `{layer}`, `{port}`.
    leads: &'static str,
    /// What the fix changed, and why that ended it.
    fixed: &'static str,
}

const fn kind(name: &'static str, state: &'static str, leads: &'static str, fixed: &'static str) -> Kind {
    Kind { name, state, leads, fixed }
}

const KINDS: &[Kind] = &[
    kind(
        "port-conflict",
        "down",
        "Without {port}, {service} could not start, so users did not reach it.",
        "What changed: {port} was free for {service}. It ended the failure because {service} could then bind the \
         port and start.",
    ),
    kind(
        "bind-permission",
        "down",
        "Without the right to bind its port, {service} could not start, so nothing answered.",
        "What changed: {service} got the right to bind its port. It ended the failure because {service} could then \
         start.",
    ),
    kind(
        "crash",
        "down again and again",
        "Each time {service} was away, the requests that needed it failed.",
        "What changed: {service} started and stayed up. It ended the failure because the requests that need it were \
         answered again.",
    ),
    kind(
        "oom",
        "down again and again",
        "Each time the kernel stopped {service}, the requests that needed it failed until it was up again.",
        "What changed: {service} ran again in a fresh process. It ended the failure because a fresh process needs \
         less memory at first.",
    ),
    kind(
        "backend-down",
        "failing",
        "{layer} passed requests on to {service}, and no good answer came back.",
        "What changed: requests no longer went to a failing server of {service}. It ended the failure because \
         {layer} had only working servers left.",
    ),
    kind(
        "upstream-timeout",
        "slow",
        "{layer} waited for {service} up to its time limit, then gave up and answered with an error.",
        "What changed: {service} answered in time again. It ended the failure because {layer} no longer had to give \
         up.",
    ),
    kind(
        "misconfiguration",
        "failing",
        "With this configuration, {service} could not serve the requests that depend on it.",
        "What changed: {service} loaded a configuration that works. It ended the failure because the requests could \
         be served again.",
    ),
    kind(
        "overload",
        "overloaded",
        "Requests waited for {service} or were turned away, because more came than it could serve.",
        "What changed: load and capacity fitted again. It ended the failure because {service} could serve all that \
         came.",
    ),
    kind(
        "resource-limit",
        "failing in part",
        "Requests beyond the limit were turned away, while those within it were served.",
        "What changed: {service} was no longer at its limit. It ended the failure because each request found a free \
         place.",
    ),
    kind(
        "host-down",
        "down",
        "With its host away, {service} could not answer at all.",
        "What changed: the host was up again. It ended the failure because {service} could answer.",
    ),
    kind(
        "unknown",
        "failing",
        "How the requests came to fail, the logs do not show.",
        "The logs do not show what changed. No reason can be given for the end, because the cause is not known.",
    ),
];

impl Known<'_> {
    fn kind(&self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == self.of.cause.kind).or(KINDS.last())
    }

    pub(super) fn filled(&self, text: &str) -> String {
        text.replace("{service}", &self.service())
            .replace("{holder}", &self.holder_name())
            .replace("port {port}", &self.port())
            .replace("{port}", &self.port())
            .replace("{layer}", &self.layer())
            .replace("{host}", &self.host())
    }

    pub(super) fn state(&self) -> &'static str {
        let none_answered = self.of.impact.requests.as_ref().is_some_and(|requests| requests.failed == 0);
        match self.kind() {
            Some(kind) if kind.name == "misconfiguration" && none_answered => "down",
            Some(kind) if kind.name == "unknown" && self.of.title.contains(" slow ") => "slow",
            Some(kind) if kind.name == "unknown" && none_answered => "silent",
            Some(kind) => kind.state,
            None => "failing",
        }
    }

    /// `From 2024-06-11 10:00:07 to 11:29:37 UTC (89 min 30 s), apache2 on web01 was down.`
    pub(super) fn window(&self) -> String {
        let (service, state) = (self.service(), self.state());
        let (start, zone, lasts) = (self.date(&self.of.start), self.zone(), duration(self.of.duration_s));
        let place = match self.host().as_str() {
            "its host" => String::new(),
            host => format!(" on {host}"),
        };
        match &self.of.end {
            Some(end) => {
                format!("From {start} to {} {zone} ({lasts}), {service}{place} was {state}.", self.moment_of(end))
            }
            None => format!(
                "Since {start} {zone}, {service}{place} has been {state}. The failure goes on when the logs end, \
                 after {lasts}."
            ),
        }
    }

    /// What users saw.
    pub(super) fn seen(&self) -> String {
        let requests = self.of.impact.requests.as_ref();
        let (failed, missed) = requests.map_or((0, 0), |requests| (requests.failed, requests.missed));
        let of_wrong_server = self.of.impact.statement.contains("refused by the server that held the port");
        let status = self.status().map(|status| format!("status {}{}", escape(status), meaning(status)));
        let errors = match (status, self.of.cause.kind) {
            (Some(status), _) if of_wrong_server => Some(format!("{status} from the wrong server")),
            (Some(status), _) => Some(status),
            (None, _) if of_wrong_server => Some("error answers from the wrong server".into()),
            (None, "upstream-timeout") => Some("slow requests that ended in error answers".into()),
            (None, _) if failed > 0 => Some("error answers or broken connections".into()),
            _ => None,
        };
        // A few errors beside a silence are not what users saw.
        let errors = errors.filter(|_| missed == 0 || failed * 20 >= missed);
        let silence = (missed > 0).then(|| "refused connections or no answer".to_owned());
        let parts: Vec<String> = errors.into_iter().chain(silence).collect();
        match parts.as_slice() {
            [] if self.state() == "slow" => "Users saw slow answers.".into(),
            [] => "What users saw, whether errors, slow pages or no answer, the logs do not show.".into(),
            parts => format!("Users saw {}.", parts.join(", or ")),
        }
    }

    /// What the failing requests have in common, and no client's address in it.
    pub(super) fn confined(&self) -> Option<String> {
        let common = self.of.cause.evidence_for.iter().filter_map(|reason| reason.text.strip_prefix(IN_COMMON));
        let wanted = |text: &&str| text.contains(" were for ") || text.contains(" came to the host ");
        let common = common.into_iter().find(wanted).map(|text| text.split(';').next().unwrap_or(text));
        let scope = || self.of.title.split("; ").nth(1).filter(|text| text.ends_with(" failed"));
        common.or_else(scope).map(|text| format!("{}.", sentence(&escape(&cut(text, REASON_WORDS)))))
    }

    /// Until when an old server went on answering in place of the new one.
    pub(super) fn old_content(&self) -> Option<String> {
        let first = self.earlier_failure()?;
        let (service, holder) = (self.service(), self.holder_name());
        Some(format!(
            "Before that, from {} on, {service} already failed to start while {holder} went on answering: users may \
             have seen old content.",
            self.moment(first.at)
        ))
    }

    /// The share of users.
    pub(super) fn users(&self) -> String {
        let Some(clients) = self.of.impact.clients.as_ref().filter(|clients| clients.seen > 0) else {
            return "The share of users affected cannot be known, because the logs show no clients.".into();
        };
        let Some(share) = clients.percent else {
            return "The share of users affected cannot be known from these logs.".into();
        };
        let counts = format!("{} of {} clients", number(clients.affected), number(clients.seen));
        let range = match (clients.low, clients.high) {
            (Some(low), Some(high)) if high - low >= 1.0 => {
                format!("between {} and {} with its uncertainty", percent(low), percent(high))
            }
            _ => "counted, so without an interval".into(),
        };
        format!("{} of users ({counts}; {range}) met at least one failure.", percent(share))
    }

    /// How the share came about.
    pub(super) fn computed(&self) -> String {
        let (Some(requests), Some(_)) = (&self.of.impact.requests, &self.of.impact.layer) else {
            return "No log of requests covers the incident, so no share of requests was computed.".into();
        };
        let seen = requests.expected.saturating_sub(requests.missed);
        let share = requests.percent.map_or_else(String::new, |share| format!(" That is {}", percent(share)));
        let range = match (requests.low, requests.high) {
            (Some(low), Some(high)) if requests.needs_interval() && high - low >= 1.0 => {
                format!(" (between {} and {})", percent(low), percent(high))
            }
            _ => String::new(),
        };
        let share = if share.is_empty() { share } else { format!("{share}{range} of all requests.") };
        let layer = self.layer();
        let missed = number(about(requests.missed));
        let counted = format!("{} of {} requests in the log of {layer} failed", number(requests.failed), number(seen));
        match (seen, requests.missed) {
            (0, 0) => format!("The impact was computed from the requests that {layer} logged."),
            (0, _) => format!(
                "The impact was computed by the usual rate of {layer}: about {missed} requests never arrived.{share}"
            ),
            (_, 0) => format!("The impact was computed by counting: {counted}.{share}"),
            (_, _) => format!(
                "The impact was computed by counting: {counted}, and about {missed} more never arrived, by the \
                 usual rate.{share}"
            ),
        }
    }

    /// The root cause in a sentence, with how sure it is.
    pub(super) fn cause(&self) -> String {
        let summary = escape(&self.of.cause.summary);
        match self.of.cause.confidence {
            "likely" => format!("**Root cause (likely, not proven):** {summary}"),
            "certain" => format!("**Root cause:** {summary}"),
            _ if self.of.cause.kind == "unknown" => format!("**Root cause:** Not determined. {summary}"),
            _ => format!("**Root cause (only possible):** {summary}"),
        }
    }

    /// Times to detect, to mitigate and to resolve.
    pub(super) fn times(&self) -> String {
        let after = |at: f64| match at - self.start() {
            gap if gap < 1.0 => "at once".to_owned(),
            gap => duration(gap),
        };
        let detect = match self.detection() {
            Some(Detection { item, by: By::Check }) => format!("{} (by a health check)", after(item.at.as_f64())),
            Some(Detection { item, by: By::Note }) => format!("{} (by a note)", after(item.at.as_f64())),
            Some(Detection { item, by: By::Reaction }) => {
                format!("at most {} (first command seen)", after(item.at.as_f64()))
            }
            None => "not known from the logs".into(),
        };
        let end = self.end();
        let mitigate = match self.mitigation().map(|item| item.at.as_f64()) {
            Some(at) => after(at.min(end)),
            None => "not known from the logs".into(),
        };
        let resolve = if self.of.ongoing { "not known, it goes on".into() } else { duration(self.of.duration_s) };
        format!("Time to detect: {detect}; time to mitigate: {mitigate}; time to resolve: {resolve}.")
    }

    /// When and how it was detected; `None`: the logs show nothing.
    pub(super) fn detected(&self) -> Option<String> {
        let found = self.detection()?;
        let (time, proof) = (self.moment(found.item.at), self.proof(&found.item.evidence));
        Some(match found.by {
            By::Note => format!("Detection: a note of {time} tells of it first{proof}."),
            By::Check => format!("Detection: the first trace is a health check at {time}{proof}."),
            By::Reaction => {
                format!(
                    "Detection: the first command after the failure, at {time}, suggests that it was known by \
                     then{proof}."
                )
            }
        })
    }

    /// What set it off, or that it is not shown.
    pub(super) fn trigger(&self) -> String {
        let Some(mark) = &self.of.marks.trigger else { return "The logs do not show what set it off.".into() };
        let before = self.start() - Self::instant(&mark.time).as_f64();
        let when = if before >= 1.0 {
            format!("{} before the first failure", duration(before))
        } else {
            "at the time of the first failure".into()
        };
        let what = uncapital(&self.mark(mark));
        let how = if self.is_trigger_likely() {
            "The logs show the likely trigger"
        } else {
            "This suggests a possible trigger"
        };
        format!("{how}: {what} at {}, {when}{}.", self.moment_of(&mark.time), self.proof(&mark.evidence))
    }

    /// What a mark rests on, in the words of the timeline.
    fn mark(&self, mark: &Mark) -> String {
        let same = |item: &&Item| item.text == mark.text && item.evidence == mark.evidence;
        match self.of.timeline.iter().find(same) {
            Some(item) => self.happened(item),
            None => capital(&escape(&cut(&mark.text, REASON_WORDS))),
        }
    }

    /// From trigger to symptom, step by step.
    pub(super) fn chain(&self) -> Vec<String> {
        let mut steps = vec![self.trigger()];
        // With a holder, what names it stands beside it.
        let most = if self.held().is_some() { 1 } else { 3 };
        steps.extend(self.reasons().into_iter().take(most));
        steps.extend(self.held());
        if let Some(kind) = self.kind() {
            steps.push(self.filled(kind.leads));
        }
        let (start, first) = (self.moment_of(&self.of.start), &self.of.marks.impact_start);
        let proof = first.as_ref().map_or_else(String::new, |mark| self.proof(&mark.evidence));
        steps.push(if proof.is_empty() {
            format!("From {start} on, requests that were to be expected did not arrive.")
        } else {
            let what =
                self.status().map_or_else(|| "failed".to_owned(), |status| format!("ended with {}", escape(status)));
            format!("From {start} on, requests {what}{proof}.")
        });
        steps
    }

    /// What speaks for the cause; what a line shows before what is known otherwise.
    fn reasons(&self) -> Vec<String> {
        let wanted = |reason: &&Reason| !TOLD_ELSEWHERE.iter().any(|begin| reason.text.starts_with(begin));
        let told = |reason: &Reason| {
            let named = reason
                .text
                .replace("killed it for", "killed {service} for")
                .replace("its health check marked it down", "the health check marked {service} down");
            let text = self.filled(&escape_around(&cut(&named, REASON_WORDS)));
            let figures = reason.text.split(' ').filter(|word| word.chars().any(|letter| letter.is_ascii_digit()));
            match figures.count() > 1 {
                _ if !reason.evidence.is_empty() => {
                    format!("The logs show that {text}{}.", self.proof(&reason.evidence))
                }
                true => format!("The logs show by count that {text}."),
                false => format!("Besides, {text}."),
            }
        };
        self.of.cause.evidence_for.iter().filter(wanted).map(told).collect()
    }

    /// Who held the port, with evidence, or that it is not determined. `None` where no port was in question.
    pub(super) fn held(&self) -> Option<String> {
        if self.of.cause.kind != "port-conflict" {
            return None;
        }
        let port = self.port();
        let Some(holder) = self.holder() else {
            return Some(format!(
                "Who held {port} is not determined: the logs do not show which process listened there."
            ));
        };
        let name = self.holder_name();
        let time = |at: &Option<String>| at.as_deref().map(|at| self.moment_of(at));
        let span = match (time(&holder.since), time(&holder.until)) {
            (Some(since), Some(until)) => format!(" from {since} to {until}"),
            (Some(since), None) => format!(" from {since} on"),
            (None, Some(until)) => format!(" until {until}"),
            (None, None) => String::new(),
        };
        let line = self
            .of
            .cause
            .evidence_for
            .iter()
            .filter(|reason| !TOLD_ELSEWHERE.iter().any(|begin| reason.text.starts_with(begin)));
        let lines: Vec<&Reason> = line.filter(|reason| !reason.evidence.is_empty()).collect();
        let proof = lines.get(1).or(lines.first()).map_or_else(String::new, |reason| self.proof(&reason.evidence));
        let sure = if self.of.cause.confidence == "certain" { "The logs show that" } else { "This suggests that" };
        Some(format!("{sure} {name} held {port}{span}{proof}."))
    }

    /// The conclusion, and how sure it is.
    pub(super) fn suggests(&self) -> String {
        match self.of.cause.kind {
            "unknown" => "This suggests no cause by itself, so none is named.".into(),
            _ => {
                format!("This suggests the root cause given in the summary; it is rated {}.", self.of.cause.confidence)
            }
        }
    }

    /// What the logs do not show.
    pub(super) fn unknowns(&self) -> Vec<String> {
        let has_notes = self.of.timeline.iter().any(|item| item.source == "notes");
        let people = if has_notes { "what people knew beyond their notes" } else { "what people knew and assumed" };
        let mut told = vec![format!("The logs do not show {people}.")];
        if self.of.assumptions.iter().any(|text| text.starts_with("That it is over is not verified")) {
            told.push("They do not show for certain that it is over: too few requests follow.".into());
        }
        told
    }

    /// What ended it, and why; that it goes on.
    pub(super) fn resolution(&self) -> Vec<String> {
        let Some(end) = &self.of.end else {
            let last = self
                .report
                .coverage
                .as_ref()
                .map_or_else(String::new, |coverage| format!(" at {}", self.moment_of(&coverage.last)));
            return vec![
                format!("The failure goes on when the logs end{last}, so no resolution is known."),
                "Nothing has changed yet that ended it, because the requests still fail.".into(),
            ];
        };
        let fixes = self.fixes();
        // What helped first is told with what ended it, in order.
        let mut steps: Vec<(&Item, &str)> = fixes.iter().map(|item| (*item, "")).collect();
        if let Some(item) = self.mitigation().filter(|item| !fixes.iter().any(|fix| std::ptr::eq(*fix, *item))) {
            steps.push((item, ", the first relief"));
        }
        steps.sort_by(|(one, _), (other, _)| one.at.as_f64().total_cmp(&other.at.as_f64()));
        let step = |(item, more): &(&Item, &str)| format!("At {}, {}{more}.", self.moment(item.at), self.within(item));
        let mut told: Vec<String> = steps.iter().map(step).collect();
        if fixes.is_empty() {
            told.push(format!("No action is seen that ended it; the last failure is that of {}.", self.moment_of(end)));
        }
        told.extend(self.kind().map(|kind| {
            let fixed = self.filled(kind.fixed);
            if fixes.is_empty() { fixed.replace("What changed:", "This suggests what changed:") } else { fixed }
        }));
        if let Some(item) = self.of.timeline.iter().rev().find(|item| item.kind == "recovered") {
            told.push(format!("At {}, {}.", self.moment(item.at), self.within(item)));
        }
        if let Some(mark) = &self.of.marks.verified {
            told.push(format!("The recovery held, and counts as verified at {}.", self.moment_of(&mark.time)));
        }
        told
    }

    /// What happened, inside a sentence, with its line.
    fn within(&self, item: &Item) -> String {
        let what = uncapital(&self.happened(item));
        format!("{what}{}", self.proof(&item.evidence))
    }

    /// When the logs already named the cause.
    pub(super) fn lesson(&self) -> Option<String> {
        let line = self.first_bind_failure().filter(|item| item.at.as_f64() >= self.start() - 60.0);
        line.map(|item| {
            format!(
                "The deciding line was in the log from {} on{}, so an alert on it can shorten the next outage.",
                self.moment(item.at),
                self.proof(&item.evidence)
            )
        })
    }
}

/// Escaped, but for the place of the service's name.
fn escape_around(text: &str) -> String {
    text.split("{service}").map(escape).collect::<Vec<_>>().join(" {service} ").trim().to_owned()
}

/// Without the capital of a word that is no name.
fn uncapital(text: &str) -> String {
    const PLAIN: &[&str] = &["An", "A", "Package", "Container", "The", "Requests"];
    match text.split_once(' ') {
        Some((first, rest)) if PLAIN.contains(&first) => format!("{} {rest}", first.to_lowercase()),
        _ => text.to_owned(),
    }
}

/// What a status says in words.
fn meaning(status: &str) -> &'static str {
    match status {
        "400" => " (bad request)",
        "401" => " (not authorised)",
        "403" => " (forbidden)",
        "404" => " (not found)",
        "408" => " (request timeout)",
        "429" => " (too many requests)",
        "500" => " (internal error)",
        "502" => " (bad gateway)",
        "503" => " (service unavailable)",
        "504" => " (gateway timeout)",
        _ => "",
    }
}
