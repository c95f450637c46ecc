//! What a draft needs to know of an incident, worked out once from the report: names, moments, who noticed, what
//! helped.

use super::words::{code, cut, escape};
use crate::analysis::looking;
use crate::analysis::marks::is_repair;
use crate::clock::Instant;
use crate::facts::event::Kind;
use crate::report::model::{Evidence, Holder, Incident, Item, Report};
use crate::report::text::Page;
use crate::report::words::{self, TRIGGER, clock, local};

/// A command so soon after the first failure still belongs to the change that set it off, in seconds.
const REACTS_AFTER_S: f64 = 15.0;
/// A health check so shortly before the first failing request saw the same failure, in seconds.
const SEEN_BEFORE_S: f64 = 60.0;
/// Actions so long before the end, and after it, can be what ended it, in seconds.
const ENDS_WITHIN_S: f64 = 180.0;
const ENDS_AFTER_S: f64 = 20.0;
/// Actions named as the fix.
const MOST_FIXES: usize = 3;

/// Who or what knew of the failure first.
pub(super) struct Detection<'a> {
    pub(super) item: &'a Item,
    pub(super) by: By,
}

/// How the failure was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// People wrote it down.
    Note,
    /// A health check.
    Check,
    /// Somebody acted, so somebody knew.
    Reaction,
}

/// An incident, and how it is told.
pub(super) struct Known<'a> {
    pub(super) report: &'a Report,
    pub(super) of: &'a Incident,
    page: Page<'a>,
    /// The item that tells the trigger, and whether a command that is told did it.
    pub(super) trigger: Option<(&'a Item, bool)>,
    fixes: Vec<&'a Item>,
}

impl<'a> Known<'a> {
    pub(super) fn new(report: &'a Report, of: &'a Incident) -> Known<'a> {
        let mut known = Known { report, of, page: Page::of(report, 100), trigger: None, fixes: Vec::new() };
        let lines = of.marks.trigger.as_ref().map(|mark| mark.evidence.as_slice()).unwrap_or_default();
        let tells = |item: &&Item| item.evidence.iter().any(|line| lines.contains(line));
        known.trigger = of.timeline.iter().find(tells).map(|item| (item, known.is_carried_out(item)));
        known.fixes = known.find_fixes();
        known
    }

    /// What ended it, as far as it is seen.
    pub(super) fn fixes(&self) -> &[&'a Item] {
        &self.fixes
    }

    pub(super) fn instant(time: &str) -> Instant {
        Page::instant(time)
    }

    pub(super) fn start(&self) -> f64 {
        Self::instant(&self.of.start).as_f64()
    }

    /// The end; of one that goes on, the end of the logs.
    pub(super) fn end(&self) -> f64 {
        self.start() + self.of.duration_s
    }

    /// `10:00:02`, with the date where it is another than that of the start.
    pub(super) fn moment(&self, at: Instant) -> String {
        let (start, at_local) = (local(Self::instant(&self.of.start), &self.report.zone), local(at, &self.report.zone));
        if start.get(..10) == at_local.get(..10) { clock(at, &self.report.zone) } else { at_local }
    }

    pub(super) fn moment_of(&self, time: &str) -> String {
        self.moment(Self::instant(time))
    }

    /// `2024-06-11 10:00:07`
    pub(super) fn date(&self, time: &str) -> String {
        local(Self::instant(time), &self.report.zone)
    }

    pub(super) fn zone(&self) -> String {
        words::zone_name(&self.report.zone, Self::instant(&self.of.start))
    }

    /// `` (`web01/syslog:16`) ``
    pub(super) fn proof(&self, evidence: &[Evidence]) -> String {
        let shown: Vec<String> = evidence.iter().take(1).map(|line| self.reference(line)).collect();
        if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) }
    }

    pub(super) fn reference(&self, line: &Evidence) -> String {
        code(&format!("{}:{}", self.page.short(&line.file), line.line))
    }

    /// The service that broke.
    pub(super) fn service(&self) -> String {
        let name = self.of.cause.service.as_ref().or(self.of.impact.layer.as_ref());
        name.or(self.of.services.first().map(|service| &service.name))
            .map_or_else(|| "the service".into(), |name| escape(name))
    }

    /// Where requests were counted.
    pub(super) fn layer(&self) -> String {
        let proxy = self.of.services.iter().find(|service| service.role == "proxy").map(|service| &service.name);
        self.of.impact.layer.as_ref().or(proxy).map_or_else(|| self.service(), |name| escape(name))
    }

    /// The machine of the service, `its host` where no line names one.
    pub(super) fn host(&self) -> String {
        let service = self.of.cause.service.as_deref();
        let own = |item: &&Item| item.host.is_some() && item.source == "log";
        let of_service = self.of.timeline.iter().filter(own).find(|item| item.service.as_deref() == service);
        of_service.and_then(|item| item.host.as_deref()).map_or_else(|| "its host".into(), escape)
    }

    pub(super) fn port(&self) -> String {
        self.of.cause.port.map_or_else(|| "its port".into(), |port| format!("port {port}"))
    }

    pub(super) fn holder(&self) -> Option<&'a Holder> {
        self.of.cause.holder.as_ref()
    }

    /// The kind of the holder as the measures know it.
    pub(super) fn holder_kind(&self) -> &'static str {
        self.holder().map_or("none", |holder| holder.kind)
    }

    /// `container web-preview`
    pub(super) fn holder_name(&self) -> String {
        let Some(holder) = self.holder() else { return "the unknown holder".into() };
        let name = holder.name.as_deref().map_or_else(|| "unknown".into(), escape);
        match holder.kind {
            "container" => format!("container {name}"),
            "self-stale" => format!("an old process of {name}"),
            "self-duplicate" => format!("a second listener of {name}"),
            "process" if holder.name.is_none() => "an unknown process".into(),
            "process" => format!("the process {name}"),
            _ => name,
        }
    }

    /// The status that the failing requests share.
    pub(super) fn status(&self) -> Option<&'a str> {
        let ended = |text: &'a str| text.rsplit_once("failing requests ended with ").map(|(_, status)| status);
        self.of.cause.evidence_for.iter().find_map(|reason| ended(&reason.text))
    }

    /// Notes of people that hold one of these words.
    fn note(&self, words: &[&str]) -> Option<&'a Item> {
        let from = self.first_bind_failure().map_or(self.start(), |item| item.at.as_f64().min(self.start()));
        self.of.timeline.iter().filter(|item| item.source == "notes" && item.at.as_f64() >= from - 1.0).find(|item| {
            let text = item.text.to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }

    pub(super) fn first_bind_failure(&self) -> Option<&'a Item> {
        let service = self.of.cause.service.as_deref();
        let is_own = |item: &&Item| item.kind == "bind-failure" && item.service.as_deref() == service;
        self.of.timeline.iter().find(is_own)
    }

    /// The first that knew: by the notes, by a health check, by what somebody did.
    pub(super) fn detection(&self) -> Option<Detection<'a>> {
        const WORDS: &[&str] = &["alert", "paged", "pager", "report", "complain", "cannot open", ": ack"];
        let noted = self.of.timeline.iter().find(|item| item.kind == "detected").or_else(|| self.note(WORDS));
        if let Some(item) = noted {
            return Some(Detection { item, by: By::Note });
        }
        let (start, end) = (self.start(), self.end());
        let is_check = |item: &&Item| {
            // Whoever takes a server out for maintenance is no check.
            item.kind == "backend-down"
                && !item.text.contains("maintenance")
                && (start - SEEN_BEFORE_S..=end).contains(&item.at.as_f64())
        };
        if let Some(item) = self.of.timeline.iter().find(is_check) {
            return Some(Detection { item, by: By::Check });
        }
        // A change soon after the start may belong to what set it off; whoever looks has a reason.
        let reacts = |item: &&Item| {
            let after = if command(item).is_some_and(only_looks) { REACTS_AFTER_S } else { SEEN_BEFORE_S };
            item.kind == "operator-action" && (start + after..=end).contains(&item.at.as_f64())
        };
        self.of.timeline.iter().find(reacts).map(|item| Detection { item, by: By::Reaction })
    }

    pub(super) fn assumption(&self) -> Option<&'a Item> {
        self.note(&["looks like", "thought", "must be", "suspect", "assume", "could somebody", "probably", "a cache?"])
    }

    pub(super) fn escalation(&self) -> Option<&'a Item> {
        self.of.timeline.iter().find(|item| item.kind == "escalation").or_else(|| self.note(&["escalat"]))
    }

    /// The first action after which fewer requests failed, for good.
    pub(super) fn mitigation(&self) -> Option<&'a Item> {
        let (start, end) = (self.start(), self.end() + ENDS_AFTER_S);
        self.of.timeline.iter().find(|item| {
            item.effect == Some("better")
                && is_deed(item)
                && !item.text.ends_with(FOR_A_WHILE)
                && command(item).is_none_or(|command| !is_minor(command))
                && (start..=end).contains(&item.at.as_f64())
        })
    }

    /// What can have ended it: changes shortly before the end, or right after it.
    fn find_fixes(&self) -> Vec<&'a Item> {
        if self.of.ongoing {
            return Vec::new();
        }
        let end = self.end();
        let changes = |item: &&Item| {
            let is_change = is_deed(item) || item.kind == "container-stop";
            is_change
                && !matches!(item.effect, Some("none" | "worse"))
                && !item.text.ends_with(FOR_A_WHILE)
                && command(item).is_none_or(|command| !only_looks(command) && !is_minor(command))
                && (end - ENDS_WITHIN_S..=end + ENDS_AFTER_S).contains(&item.at.as_f64())
                && item.at.as_f64() > self.start() + REACTS_AFTER_S.min(self.of.duration_s / 2.0)
                && !self.is_trigger(item)
        };
        let is_wanted = |item: &&Item| changes(item) || self.frees(item);
        let mut found: Vec<&Item> = self.of.timeline.iter().filter(is_wanted).collect();
        if found.is_empty() {
            let service = self.of.cause.service.as_deref();
            let starts = |item: &&Item| {
                matches!(item.kind, "service-start" | "backend-up")
                    && (item.service.as_deref() == service || item.kind == "backend-up")
                    && (end - ENDS_AFTER_S..=end + ENDS_AFTER_S).contains(&item.at.as_f64())
            };
            found = self.of.timeline.iter().filter(starts).collect();
        }
        // One that is known to have helped stays, whatever follows it.
        while found.len() > MOST_FIXES {
            let is_spare = |item: &&Item| item.effect != Some("better") && !self.frees(item);
            let spare = found.iter().position(is_spare).unwrap_or(0);
            found.remove(spare);
        }
        found
    }

    /// The first action that changed nothing.
    pub(super) fn vain(&self) -> Option<&'a Item> {
        self.of.timeline.iter().find(|item| {
            let changes = command(item).is_some_and(|command| !only_looks(command) && !is_minor(command));
            item.effect == Some("none") && changes && !self.frees(item) && !self.is_trigger(item)
        })
    }

    /// Whether a command made the holder give up the port for good.
    pub(super) fn frees(&self, item: &Item) -> bool {
        let until = self.holder().and_then(|holder| holder.until.as_deref()).map(|until| Self::instant(until).as_f64());
        let is_near = until.is_some_and(|until| (until - REACTS_AFTER_S..=until + 2.0).contains(&item.at.as_f64()));
        let changes = |command: &str| !only_looks(command) && !is_minor(command);
        is_near && command(item).is_some_and(changes) && item.service != self.of.cause.service
    }

    /// Whether the trigger is likely, and not only possible.
    pub(super) fn is_trigger_likely(&self) -> bool {
        self.of.cause.evidence_for.iter().any(|reason| reason.text.starts_with(TRIGGER))
    }

    /// Failing starts long before the first failing request: the old service went on answering.
    pub(super) fn earlier_failure(&self) -> Option<&'a Item> {
        let first = self.first_bind_failure()?;
        let is_other = self.holder().is_some_and(|holder| matches!(holder.kind, "service" | "self-stale"));
        (is_other && self.start() - first.at.as_f64() > SEEN_BEFORE_S).then_some(first)
    }
}

/// How the text of an action ends that helped only for a while.
pub(super) const FOR_A_WHILE: &str = ", which helped for a while";

/// Whether somebody did it.
pub(super) fn is_deed(item: &Item) -> bool {
    matches!(item.kind, "operator-action" | "reload" | "config-change" | "package-change" | "container-start")
}

/// The command that an operator ran, as the log has it.
pub(super) fn command(item: &Item) -> Option<&str> {
    let text = item.text.strip_suffix(FOR_A_WHILE).unwrap_or(&item.text);
    text.strip_prefix("an operator ran: ").filter(|_| item.kind == "operator-action")
}

/// A command as a draft shows it: the program without its folder, homes without their owner, not too long.
pub(super) fn shown(command: &str) -> String {
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    let program = program.rsplit('/').next().unwrap_or(program);
    let rest: Vec<String> = rest.split(' ').map(without_owner).collect();
    code(&cut(&format!("{program} {}", rest.join(" ")), 12))
}

/// `/home/anna/shop.conf` is `~/shop.conf`.
fn without_owner(word: &str) -> String {
    let Some((before, below)) = word.split_once("/home/") else { return word.to_owned() };
    let rest = below.find('/').map_or("", |slash| &below[slash..]);
    format!("{before}~{rest}")
}

/// Whether a command only prepares others.
pub(super) fn is_minor(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    matches!(program, "mkdir" | "touch" | "chmod" | "chown" | "logrotate")
        || words.any(|word| matches!(word, "daemon-reload" | "reset-failed"))
}

/// Whether a command shows something and changes nothing.
pub(super) fn only_looks(command: &str) -> bool {
    let program = command.split_whitespace().next().and_then(|path| path.rsplit('/').next());
    let kills = program == Some("fuser") && is_repair(Kind::OperatorAction, command);
    looking::only_looks(command) && !is_minor(command) && !kills
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_as_a_draft_shows_them() {
        for (command, wanted) in [
            ("/usr/bin/systemctl stop apache2", "`systemctl stop apache2`"),
            ("/usr/bin/cp /home/anna/www.conf /etc/x.conf", "`cp ~/www.conf /etc/x.conf`"),
            ("/usr/bin/ls --color=/home/anna", "`ls --color=~`"),
            ("/usr/bin/id", "`id`"),
        ] {
            assert_eq!(shown(command), wanted);
        }
    }

    #[test]
    fn commands_that_only_look() {
        for (command, looks) in [
            ("/usr/bin/ss -ltnp", true),
            ("/usr/sbin/iptables -L INPUT -n", true),
            ("/usr/sbin/iptables -I INPUT -j DROP", false),
            ("/usr/bin/systemctl status app@web", true),
            ("/usr/bin/systemctl restart app@web", false),
            ("/usr/sbin/nginx -t", true),
            ("/usr/sbin/nginx -s reload", false),
            ("/usr/bin/docker ps", true),
            ("/usr/bin/sed -i s/a/b/ x", false),
        ] {
            assert_eq!(only_looks(command), looks, "{command}");
        }
    }
}
