//! What became of a service or container by the end of the logs.

use super::super::listeners::is_alias;
use super::super::world::{Evidence, Happening, World};
use crate::facts::event::Kind;
use crate::facts::standing::What;

/// A start so soon after the host's is one that nobody asked for, in seconds.
const WITH_HOST_S: f64 = 180.0;

const UP: [Kind; 1] = [Kind::ServiceStart];
const DOWN: [Kind; 4] = [Kind::ServiceStop, Kind::ServiceFailed, Kind::Crash, Kind::OomKill];

/// Commands that change files, and those that change whatever they are told to.
const EDITORS: &[&str] = &[
    "sed", "tee", "cp", "mv", "rm", "ln", "vi", "vim", "nvim", "nano", "emacs", "ed", "ex", "perl", "patch", "install",
    "rsync", "sh", "bash", "sudoedit", "dd", "crudini", "augtool",
];
/// Folders of Apache for other things than where it listens.
const BESIDES: &[&str] = &["/conf-enabled/", "/conf-available/", "/mods-enabled/", "/mods-available/"];
const MANAGERS: &[&str] = &["ansible", "puppet", "chef", "salt", "cf-agent", "docker-compose", "a2en", "a2dis"];

/// Whether two may be of one host.
pub(super) fn same_host(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// When a container is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Always,
    /// `no`, `on-failure`, `unless-stopped`.
    Other,
    /// The container is no more.
    Removed,
}

/// The last that is known of somebody.
pub(super) struct Last<'w> {
    pub(super) is_up: bool,
    pub(super) at: f64,
    pub(super) evidence: &'w [Evidence],
}

/// The lives of all services and containers.
#[derive(Clone, Copy)]
pub(super) struct Lives<'w> {
    pub(super) world: &'w World,
}

impl<'w> Lives<'w> {
    /// All that happened to somebody, in order.
    pub(super) fn of(&self, host: &Option<String>, name: &str) -> impl Iterator<Item = &'w Happening> {
        let is_own = move |event: &&Happening| {
            same_host(&event.host, host) && event.service().is_some_and(|service| is_alias(service, name))
        };
        self.world.events.iter().filter(is_own)
    }

    fn turns(
        &self,
        host: &Option<String>,
        name: &str,
        of_container: bool,
    ) -> impl Iterator<Item = (bool, &'w Happening)> {
        self.of(host, name).filter_map(move |event| {
            let kind = event.kind();
            match of_container {
                true if kind == Kind::ContainerStart => Some((true, event)),
                true if kind == Kind::ContainerStop => Some((false, event)),
                false if UP.contains(&kind) => Some((true, event)),
                false if DOWN.contains(&kind) => Some((false, event)),
                _ => None,
            }
        })
    }

    /// Whether it is up when the logs end, by its last start or stop.
    pub(super) fn last(&self, host: &Option<String>, name: &str, of_container: bool) -> Option<Last<'w>> {
        let (is_up, event) = self.turns(host, name, of_container).last()?;
        Some(Last { is_up, at: event.s(), evidence: &event.evidence })
    }

    /// Its first stop between two moments.
    pub(super) fn stop_between(
        &self,
        host: &Option<String>,
        name: &str,
        of_container: bool,
        (from, to): (f64, f64),
    ) -> Option<&'w Happening> {
        let mut turns = self.turns(host, name, of_container);
        turns.find(|(is_up, event)| !is_up && from < event.s() && event.s() < to).map(|(_, event)| event)
    }

    /// Whether it was started after that moment.
    pub(super) fn started_after(&self, host: &Option<String>, name: &str, at: f64) -> bool {
        self.turns(host, name, false).any(|(is_up, event)| is_up && event.s() > at)
    }

    /// Whether anything happened to it afterwards that may have read or mended its configuration.
    pub(super) fn touched_after(&self, host: &Option<String>, name: &str, at: f64) -> bool {
        const KINDS: [Kind; 6] = [
            Kind::ServiceStart,
            Kind::Reload,
            Kind::Restart,
            Kind::OperatorAction,
            Kind::ConfigChange,
            Kind::PackageChange,
        ];
        let mut own = self.of(host, name).filter(|event| event.s() > at);
        let acted = |event: &&Happening| {
            // An editor names no service.
            event.kind() == Kind::OperatorAction && event.s() > at && same_host(&event.host, host)
        };
        own.any(|event| KINDS.contains(&event.kind())) || self.world.events.iter().any(|event| acted(&event))
    }

    /// Whether somebody may have changed the configuration of one of these after that moment.
    pub(super) fn was_configured(&self, host: &Option<String>, names: [&str; 2], at: f64) -> bool {
        let changes = |words: &[&str]| {
            let program = words.first().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
            let is_of = |word: &str, name: &str| word.split('/').any(|part| part.split('.').next() == Some(name));
            let says_where = |word: &str| !BESIDES.iter().any(|folder| word.contains(folder));
            let of_one = |word: &str| says_where(word) && names.iter().any(|name| is_of(word, name));
            let names_one = || words.iter().skip(1).any(|word| of_one(word));
            MANAGERS.iter().any(|manager| program.starts_with(manager)) || EDITORS.contains(&program) && names_one()
        };
        let told = |event: &Happening| {
            let is_own = event.service().is_some_and(|service| names.iter().any(|name| is_alias(service, name)));
            event.kind() == Kind::ConfigChange && is_own && event.s() > at && same_host(&event.host, host)
        };
        self.world.events.iter().any(told)
            || self.commands(host).any(|(event, words)| event.s() > at && changes(&words))
    }

    /// What people ran on the host, in order, as words.
    fn commands(&self, host: &Option<String>) -> impl Iterator<Item = (&'w Happening, Vec<&'w str>)> {
        let here = move |event: &&Happening| event.kind() == Kind::OperatorAction && same_host(&event.host, host);
        self.world.events.iter().filter(here).map(|event| (event, event.event.message.split_whitespace().collect()))
    }

    /// Whether it cannot come back by itself: removed, disabled, masked, and not undone since.
    pub(super) fn is_gone(&self, host: &Option<String>, name: &str, of_container: bool) -> bool {
        if of_container {
            return self.policy(host, name).is_some_and(|(policy, _)| policy == Policy::Removed);
        }
        let mut is_gone = false;
        for event in self.world.events.iter().filter(|event| same_host(&event.host, host)) {
            let words: Vec<&str> = event.event.message.split_whitespace().collect();
            match event.kind() {
                Kind::PackageChange if event.service().is_some_and(|package| is_package(package, name)) => {
                    is_gone = matches!(words.first(), Some(&("remove" | "purge")));
                }
                Kind::PackageChange | Kind::OperatorAction if removes(&words, name) => is_gone = true,
                Kind::OperatorAction if acts_on(&words, name, &["disable", "mask"]) => is_gone = true,
                Kind::OperatorAction if acts_on(&words, name, &["enable", "unmask"]) => is_gone = false,
                _ => {}
            }
        }
        is_gone
    }

    /// The lines that show that the unit starts with the host: it was enabled, or came up with it, and was not disabled
    /// since.
    pub(super) fn starts_with_host(&self, host: &Option<String>, name: &str) -> Option<Vec<Evidence>> {
        let mut shown: Option<Vec<Evidence>> = None;
        let mut boot: Option<&Happening> = None;
        for event in self.world.events.iter().filter(|event| same_host(&event.host, host)) {
            let words: Vec<&str> = event.event.message.split_whitespace().collect();
            let is_own = event.service().is_some_and(|service| is_alias(service, name));
            match event.kind() {
                Kind::HostBoot => boot = Some(event),
                Kind::OperatorAction if acts_on(&words, name, &["disable", "mask"]) => shown = None,
                Kind::OperatorAction if acts_on(&words, name, &["enable"]) => {
                    shown = Some(event.evidence.iter().take(1).cloned().collect());
                }
                // What a person starts proves nothing.
                Kind::OperatorAction if is_own => boot = None,
                Kind::ServiceStart if is_own => {
                    if let Some(boot) = boot.filter(|boot| event.s() - boot.s() <= WITH_HOST_S) {
                        let lines = [boot, event].into_iter().flat_map(|event| event.evidence.iter().take(1));
                        shown = Some(lines.cloned().collect());
                    }
                }
                _ => {}
            }
        }
        shown
    }

    /// When docker starts the container again: by the last command that says so, else by what its file or a look at it
    /// says, if these agree.
    pub(super) fn policy(&self, host: &Option<String>, name: &str) -> Option<(Policy, Vec<Evidence>)> {
        let mut known: Option<(Policy, Vec<Evidence>)> = None;
        for (event, words) in self.commands(host) {
            if let Some(policy) = commanded(&words, name) {
                known = Some((policy, event.evidence.iter().take(1).cloned().collect()));
            }
        }
        let standing = self
            .world
            .standings
            .iter()
            .filter(|(_, other, standing, _)| standing.service == name && same_host(other, host));
        let written: Vec<(Policy, Evidence)> = standing
            .filter_map(|(_, _, standing, line)| match &standing.what {
                What::Restarts(policy) => Some((of_word(policy), line.clone())),
                _ => None,
            })
            .collect();
        let agree = written.iter().all(|(policy, _)| written.first().is_some_and(|(first, _)| first == policy));
        match known {
            // A file of another day may say otherwise than the last command.
            Some((policy, lines)) if written.iter().all(|(other, _)| *other == policy) => Some((policy, lines)),
            Some((Policy::Always, lines)) => Some((Policy::Other, lines)),
            Some(other) => Some(other),
            None if agree => written.into_iter().next().map(|(policy, line)| (policy, vec![line])),
            None => None,
        }
    }
}

fn of_word(policy: &str) -> Policy {
    if policy == "always" { Policy::Always } else { Policy::Other }
}

/// What a command of docker or podman says of a container's return: `docker run --restart always --name web …`,
/// `docker update --restart=no web`, `docker rm -f web`.
fn commanded(words: &[&str], name: &str) -> Option<Policy> {
    let (program, rest) = words.split_first()?;
    if !matches!(program.rsplit('/').next(), Some("docker" | "podman" | "nerdctl")) {
        return None;
    }
    let rest = rest.strip_prefix(&["container"]).unwrap_or(rest);
    let (verb, rest) = rest.split_first()?;
    let option = |option: &str| {
        let at = |(index, word): (usize, &&'_ str)| match word.strip_prefix(option) {
            Some("") => rest.get(index + 1).map(|value| (*value).to_owned()),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        rest.iter().enumerate().find_map(at)
    };
    let names_it = rest.contains(&name);
    match *verb {
        "run" | "create" if option("--name").as_deref() == Some(name) => {
            Some(option("--restart").map_or(Policy::Other, |policy| of_word(&policy)))
        }
        "update" if names_it => option("--restart").map(|policy| of_word(&policy)),
        "rm" | "remove" if names_it => Some(Policy::Removed),
        _ => None,
    }
}

/// `systemctl disable --now nginx.service`
fn acts_on(words: &[&str], name: &str, verbs: &[&str]) -> bool {
    let is_systemctl = words.first().is_some_and(|program| program.rsplit('/').next() == Some("systemctl"));
    let names_it = words.iter().any(|word| is_alias(word.strip_suffix(".service").unwrap_or(word), name));
    is_systemctl && names_it && words.iter().any(|word| verbs.contains(word))
}

/// `apt-get remove -y nginx`
fn removes(words: &[&str], name: &str) -> bool {
    let program = words.first().and_then(|program| program.rsplit('/').next());
    let is_manager = matches!(program, Some("apt" | "apt-get" | "dnf" | "yum" | "zypper" | "aptitude"));
    let is_removal = words.iter().any(|word| matches!(*word, "remove" | "purge" | "autoremove" | "erase"));
    is_manager && is_removal && words.iter().any(|word| is_package(word, name))
}

/// `nginx-core` is of nginx.
fn is_package(package: &str, name: &str) -> bool {
    package == name
        || package.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')) && !package.ends_with("-doc")
}
