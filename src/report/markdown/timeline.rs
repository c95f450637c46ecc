//! The entries of a draft's timeline: which items are told, and in which words.

use serde::Serialize;

use super::known::{By, FOR_A_WHILE, Known, command, is_deed, is_minor, only_looks, shown};
use super::words::{code, cut, escape, sentence};
use crate::report::model::{Evidence, Item};
use crate::report::words::duration;

/// Words of a note or a message that are told.
const NOTE_WORDS: usize = 16;
/// An entry of this rank or above is left out.
const UNTOLD: u8 = 5;
/// What one line tells and the next repeats, in seconds.
const TOLD_AGAIN_S: f64 = 3.0;

/// One entry.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// `10:00:02`, with the date where it is another day than the start.
    pub time: String,
    /// One or two sentences.
    pub text: String,
    /// `` (`web01/syslog:16`) ``, with a blank before it.
    pub evidence: String,
    /// How much the story needs it; 0 is most.
    pub rank: u8,
}

impl Known<'_> {
    /// All entries that can be told, in order.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut told: Vec<&Item> = Vec::new();
        let mut looks: Vec<&Item> = Vec::new();
        for item in &self.of.timeline {
            let rank = self.rank(item);
            let is_repeated = told.iter().any(|before| is_told_by(item, before)) || self.is_carried_out(item);
            if rank >= UNTOLD || is_repeated {
                continue;
            }
            let Some(evidence) = self.evidence_of(item) else { continue };
            let is_look = rank > 0 && command(item).is_some_and(only_looks);
            match entries.last_mut().filter(|_| is_look && !looks.is_empty()) {
                // Looking around is one entry.
                Some(entry) => {
                    looks.push(item);
                    entry.text = looked(&looks);
                    entry.rank = 1;
                }
                None => {
                    entries.push(Entry { time: self.moment(item.at), text: self.told(item), evidence, rank });
                    looks = if is_look { vec![item] } else { Vec::new() };
                }
            }
            told.push(item);
        }
        // Where one entry needs its date, all show theirs, so that they read in order.
        if entries.iter().any(|entry| entry.time.len() > 8) {
            let day = self.date(&self.of.start);
            for entry in entries.iter_mut().filter(|entry| entry.time.len() <= 8) {
                entry.time = format!("{} {}", day.get(..10).unwrap_or_default(), entry.time);
            }
        }
        entries
    }

    /// Where it stands; what no line says stands beside the line that is nearest in time.
    fn evidence_of(&self, item: &Item) -> Option<String> {
        if !item.evidence.is_empty() {
            return Some(self.proof(&item.evidence));
        }
        let near = self.nearest(item)?;
        Some(format!(" (inferred; nearest line {})", self.reference(near)))
    }

    fn nearest(&self, item: &Item) -> Option<&Evidence> {
        let with_lines = self.of.timeline.iter().filter(|other| !other.evidence.is_empty() && other.source == "log");
        let distance = |other: &&Item| (other.at.as_f64() - item.at.as_f64()).abs();
        let nearest = with_lines.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        nearest.and_then(|other| other.evidence.first())
    }

    /// How much the story needs an item.
    fn rank(&self, item: &Item) -> u8 {
        let at = item.at.as_f64();
        let (start, end) = (self.start(), self.end());
        let is = |other: Option<&Item>| other.is_some_and(|other| std::ptr::eq(other, item));
        let detection = self.detection();
        let is_key = is(self.escalation())
            || is(self.mitigation())
            || is(self.first_bind_failure())
            || self.frees(item)
            || self.is_first_vain(item);
        let bound = self.first_bind_failure().map_or(start, |first| first.at.as_f64());
        let is_of_holder = is_deed(item) && self.is_of_holder(item) && (start - 120.0..=bound.max(start)).contains(&at);
        match item.kind {
            "hole" | "dip" | "slow" => UNTOLD,
            "last-failure" if item.evidence.is_empty() && self.recovers_near(item) => 4,
            "first-failure" | "last-failure" | "recovered" => 0,
            _ if is(detection.map(|found| found.item)) || self.is_trigger(item) => 0,
            _ if is_key => 1,
            "oom-kill" | "crash" | "resource-limit" if self.is_first(item) => 1,
            "container-start" | "service-start" | "container-stop" | "service-stop" if self.is_of_holder(item) => 2,
            "note" if is(self.assumption()) => 1,
            "operator-action" if command(item).is_some_and(is_minor) => 4,
            "operator-action" if is_of_holder || matches!(item.effect, Some("better" | "worse")) => 1,
            "operator-action" if item.effect.is_some() || self.fixes().iter().any(|fix| is(Some(fix))) => 2,
            "backend-down" if self.is_first(item) => 2,
            "service-start" if self.is_last_start(item) => 2,
            _ if at < start - 120.0 || at > end + 120.0 => 4,
            "operator-action" | "reload" | "config-change" | "package-change" => 3,
            "service-failed" | "restart" if self.is_first(item) => 3,
            "note" | "container-start" | "container-stop" | "host-boot" | "host-shutdown" => 3,
            "container-kill" | "service-failed" | "restart" => UNTOLD,
            _ => 4,
        }
    }

    /// Whether requests are answered again right after an item.
    fn recovers_near(&self, item: &Item) -> bool {
        let recovers = |other: &Item| (other.at.as_f64() - item.at.as_f64()).abs() <= TOLD_AGAIN_S;
        self.of.timeline.iter().any(|other| other.kind == "recovered" && recovers(other))
    }

    /// Whether an item is what a command did that is told itself.
    pub(super) fn is_carried_out(&self, item: &Item) -> bool {
        const DONE: &[&str] =
            &["service-start", "service-stop", "reload", "container-start", "container-stop", "container-kill"];
        let does = |other: &Item| {
            command(other).is_some_and(|command| !only_looks(command))
                && other.service == item.service
                && (other.at.as_f64() - item.at.as_f64()).abs() <= TOLD_AGAIN_S
        };
        DONE.contains(&item.kind) && item.service.is_some() && self.of.timeline.iter().any(does)
    }

    fn is_last_start(&self, item: &Item) -> bool {
        let starts = |other: &&Item| other.kind == "service-start" && other.service == item.service;
        let is_in_time = |other: &&Item| other.at.as_f64() <= self.end() + 60.0;
        let last = self.of.timeline.iter().rev().filter(starts).find(is_in_time);
        self.is_of_victim(item) && !self.of.ongoing && last.is_some_and(|last| std::ptr::eq(last, item))
    }

    fn is_first(&self, item: &Item) -> bool {
        let same = |other: &&Item| (other.kind, &other.service) == (item.kind, &item.service);
        self.of.timeline.iter().find(same).is_some_and(|first| std::ptr::eq(first, item))
    }

    /// Whether it is the first action that changed nothing.
    pub(super) fn is_first_vain(&self, item: &Item) -> bool {
        self.vain().is_some_and(|vain| std::ptr::eq(vain, item))
    }

    fn is_of_victim(&self, item: &Item) -> bool {
        item.service.is_some() && item.service == self.of.cause.service
    }

    fn is_of_holder(&self, item: &Item) -> bool {
        let Some(holder) = self.holder() else { return false };
        item.service.is_some()
            && (item.service == holder.name || item.service == holder.service)
            && item.service != self.of.cause.service
    }

    /// Whether it set the incident off, or is the command whose doing did.
    pub(super) fn is_trigger(&self, item: &Item) -> bool {
        let Some((told, is_by_command)) = self.trigger else { return false };
        let does = || {
            command(item).is_some_and(|command| !only_looks(command))
                && item.service == told.service
                && (item.at.as_f64() - told.at.as_f64()).abs() <= TOLD_AGAIN_S
        };
        std::ptr::eq(item, told) || is_by_command && does()
    }

    /// One or two sentences, with the effect of an action.
    pub(super) fn told(&self, item: &Item) -> String {
        let what = if item.source == "notes" { self.noted(item) } else { self.happened(item) };
        let is_check = self.detection().is_some_and(|found| found.by == By::Check && std::ptr::eq(found.item, item));
        let more = match () {
            () if is_check => " Detected here first.".into(),
            () => self.effect(item).map_or_else(String::new, |effect| format!(" {effect}")),
        };
        format!("{what}.{more}")
    }

    /// What an action did, in a sentence.
    fn effect(&self, item: &Item) -> Option<String> {
        let before = self.start() - item.at.as_f64();
        if item.source == "notes" || !(is_deed(item) || self.is_trigger(item)) {
            return None;
        }
        let is_look = command(item).is_some_and(only_looks);
        Some(match item.effect {
            _ if self.is_trigger(item) && before >= 1.0 => format!("The failure began {} later.", duration(before)),
            _ if self.is_trigger(item) && before > -1.0 => "The failure began then.".into(),
            _ if self.frees(item) && item.effect != Some("better") => format!("Effect: {} became free.", self.port()),
            Some("none") if is_look => "Effect: none, only a look.".into(),
            Some("none") => "Effect: none, a misleading path.".into(),
            Some("better") if item.text.ends_with(FOR_A_WHILE) => "Effect: fewer failures for a while.".into(),
            Some("better") => "Effect: fewer failures afterwards.".into(),
            Some("worse") => "Effect: more failures afterwards.".into(),
            _ if is_look => "Effect: none, only a look.".into(),
            _ if self.fixes().iter().any(|fix| std::ptr::eq(*fix, item)) => "Effect: part of the fix.".into(),
            _ if item.kind == "operator-action" => "Effect: none visible.".into(),
            _ => return None,
        })
    }

    /// `monitoring noted: "ALERT …"`; a writer that is no role stays unnamed.
    fn noted(&self, item: &Item) -> String {
        let (who, said) = speaker(&item.text);
        format!("{} noted: \"{}\"", sentence(&who), escape(&cut(said, NOTE_WORDS)).trim_end_matches('.'))
    }

    /// What happened, without the full stop.
    pub(super) fn happened(&self, item: &Item) -> String {
        if let Some(command) = command(item) {
            return format!("An operator ran {}", shown(command));
        }
        let text = item.text.strip_suffix(FOR_A_WHILE).unwrap_or(&item.text);
        let text = without_times(text);
        match item.kind {
            "first-failure" if item.evidence.is_empty() => "Requests stopped arriving".into(),
            "first-failure" => "The first request failed".into(),
            "last-failure" if item.evidence.is_empty() => "Requests arrived again".into(),
            "last-failure" => "The last request failed".into(),
            "recovered" => {
                escape(&text.replace("answers", "answered")).replace("answered again", "answered requests again")
            }
            "package-change" => package(text),
            "backend-down" | "backend-up" | "resource-limit" => {
                let (who, what) = text.split_once(": ").unwrap_or(("", text));
                let who = if who.is_empty() { self.layer() } else { escape(who) };
                let verb = if item.kind == "resource-limit" { "" } else { " reported" };
                format!("{who}{verb}: {}", code(&cut(what, 14)))
            }
            "bind-failure" if self.fails_again(item) => {
                format!("{}. Later tries failed, too", capital(&escape(&cut(text, NOTE_WORDS))))
            }
            _ => capital(&escape(&cut(&without_person(text), NOTE_WORDS))),
        }
    }

    fn fails_again(&self, item: &Item) -> bool {
        let again = |other: &&Item| (other.kind, &other.service) == (item.kind, &item.service);
        self.is_first(item) && self.of.timeline.iter().filter(again).count() > 1
    }
}

/// Commands that only look, one after the other.
fn looked(items: &[&Item]) -> String {
    let commands: Vec<String> = items.iter().filter_map(|item| command(item)).map(shown).collect();
    let told = match commands.as_slice() {
        [first, second] => format!("{first}, then {second}"),
        [first, second, ..] => format!("{first}, then {second} and others"),
        _ => commands.join(""),
    };
    format!("An operator ran {told}. Effect: none, they only looked.")
}

/// Whether an item only repeats one that was told right before it: a stop after the command that stops.
fn is_told_by(item: &Item, before: &Item) -> bool {
    let is_near = item.at.as_f64() - before.at.as_f64() <= TOLD_AGAIN_S;
    let is_same = item.service.is_some() && item.service == before.service;
    is_near
        && is_same
        && match (before.kind, item.kind) {
            ("bind-failure", "service-failed" | "restart") | ("service-failed", "restart") => true,
            (one, other) => one == other && one != "operator-action",
        }
}

/// The writer of a note, as a role, and what it says.
fn speaker(text: &str) -> (String, &str) {
    const ROLES: &[&str] = &[
        "monitoring",
        "on-call",
        "oncall",
        "support",
        "help desk",
        "helpdesk",
        "network",
        "platform",
        "developer",
        "engineer",
        "operator",
        "ops",
        "sysadmin",
        "admin",
        "lead",
        "customer",
        "colleague",
        "manager",
        "security",
        "database",
        "dba",
        "team",
        "vendor",
        "provider",
        "alert",
        "pager",
        "sre",
    ];
    match text.split_once(": ") {
        Some((who, said)) if who.len() <= 30 => {
            let is_role = ROLES.iter().any(|role| who.to_lowercase().contains(role));
            (if is_role { escape(who) } else { "a responder".into() }, said)
        }
        _ => ("a responder".into(), text),
    }
}

/// `bob logged in` of a login: people are told by their role.
fn without_person(text: &str) -> String {
    if text.ends_with(" logged in") { "an operator logged in".into() } else { text.to_owned() }
}

/// Without ` (4 times)`.
fn without_times(text: &str) -> &str {
    match text.rsplit_once(" (") {
        Some((before, times)) if times.ends_with(" times)") => before,
        _ => text,
    }
}

/// `Package apache2 was installed` of `a package changed: install apache2:amd64 <none> 2.4.57-2`.
fn package(text: &str) -> String {
    let change = text.strip_prefix("a package changed: ").unwrap_or(text);
    let mut words = change.split(' ');
    let done = match words.next() {
        Some("install") => "was installed",
        Some("upgrade") => "was upgraded",
        Some("remove" | "purge") => "was removed",
        _ => return format!("A package changed: {}", code(&cut(change, NOTE_WORDS))),
    };
    let name = words.next().and_then(|name| name.split(':').next()).unwrap_or("unknown");
    format!("Package {} {done}", escape(name))
}

/// With a capital where the first word is no name.
pub(super) fn capital(text: &str) -> String {
    const PLAIN: &[&str] = &["a", "an", "the", "container", "no", "requests", "fewer", "one", "who", "port", "its"];
    if text.split(' ').next().is_some_and(|word| PLAIN.contains(&word)) { sentence(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_by_their_role() {
        assert_eq!(speaker("on-call: looks"), ("on-call".into(), "looks"));
        assert_eq!(speaker("anna: looks"), ("a responder".into(), "looks"));
        assert_eq!(speaker("nginx is down"), ("a responder".into(), "nginx is down"));
        assert_eq!(without_person("bob logged in"), "an operator logged in");
    }

    #[test]
    fn words_of_items() {
        assert_eq!(package("a package changed: install apache2:amd64 <none> 2.4"), "Package apache2 was installed");
        assert_eq!(package("a package changed: odd"), "A package changed: `odd`");
        assert_eq!(without_times("x failed (4 times)"), "x failed");
        assert_eq!((capital("a service"), capital("nginx started")), ("A service".into(), "nginx started".into()));
    }
}
