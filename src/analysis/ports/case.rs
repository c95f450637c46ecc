//! What is known of one conflict: the claims to its port, the lives of those around it, tables of sockets.

use std::collections::BTreeSet;

use super::super::evidence::Reason;
use super::super::listeners::is_alias;
use super::super::world::{Evidence, Happening, World};
use super::address::Place;
use super::episodes::same_host;
use super::{Conflict, TOLERANCE_S};
use crate::clock::Instant;
use crate::facts::claim::{Claim, How, Protocol};
use crate::facts::event::Kind;

/// A table of sockets so long before the first failure still tells who had the port, in seconds.
const TABLE_BEFORE_S: f64 = 3600.0;
/// Names under which a container's port is held on the host; `lsof` cuts them at nine letters.
const PROXIES: &[&str] = &["docker-proxy", "docker-pr", "rootlessport", "rootlessp", "conmon", "slirp4netns", "pasta"];
/// Programs that run any other: the name tells nothing, only the process does.
const INTERPRETERS: &[&str] = &["node", "java", "python", "python3", "ruby", "php", "perl", "gunicorn", "uvicorn"];

/// What a container engine says of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// `port is already allocated`: by its own table, so another container has it.
    OwnTable,
    /// `failed to bind host port … address already in use`: somebody outside has it.
    Outside,
}

/// Whom a row of a table names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The victim's own program, in another process than those that failed.
    Victim,
    /// The engine's stand-in for some container.
    Proxy,
    Service(String),
    /// A program that no other log tells of.
    Process(String),
}

/// A row of a table of sockets that was printed while the port was taken.
#[derive(Clone, Debug)]
pub(super) struct Row<'w> {
    pub(super) named: Named,
    pub(super) claim: &'w Claim,
    pub(super) line: &'w Evidence,
}

/// A claim with its moment and line.
pub(super) type Claimed<'w> = (Option<f64>, &'w Claim, &'w Evidence);

/// What one conflict's hypotheses are weighed by.
pub(super) struct Case<'w> {
    pub(super) world: &'w World,
    pub(super) conflict: &'w Conflict,
    pub(super) engine: Option<Engine>,
    pub(super) rows: Vec<Row<'w>>,
    protocol: Protocol,
    is_whole_seconds: bool,
}

impl<'w> Case<'w> {
    pub(super) fn of(world: &'w World, conflict: &'w Conflict) -> Case<'w> {
        let failures: Vec<&Happening> = conflict.failures.iter().map(|index| &world.events[*index]).collect();
        let of_udp = |event: &Happening| event.event.message.split(|c: char| !c.is_alphanumeric()).any(is_udp);
        let protocol = if failures.iter().any(|event| of_udp(event)) { Protocol::Udp } else { Protocol::Tcp };
        let mut case = Case {
            world,
            conflict,
            engine: failures.iter().find_map(|event| engine(&event.event.message)),
            rows: Vec::new(),
            protocol,
            is_whole_seconds: failures.iter().any(|event| event.at.digits == 0),
        };
        case.rows = case.tables();
        case
    }

    /// How far a moment may be off against the conflict's own.
    pub(super) fn tolerance(&self, at: &Instant) -> f64 {
        if self.is_whole_seconds || at.digits == 0 { TOLERANCE_S.1 } else { TOLERANCE_S.0 }
    }

    pub(super) fn here(&self, host: &Option<String>) -> bool {
        same_host(host, &self.conflict.host)
    }

    /// Whether a claim is to what the victim wanted.
    pub(super) fn is_wanted(&self, claim: &Claim) -> bool {
        let Some(port) = self.conflict.port else { return false };
        // Many tries stand for more than one address; those of all families at once for any.
        let wanted =
            Place { address: self.conflict.address.as_deref(), port, protocol: self.protocol, is_v6_only: false };
        wanted.conflicts(&place(claim))
    }

    /// The claims of that kind on the conflict's host.
    pub(super) fn claims(&self, how: How) -> impl Iterator<Item = Claimed<'w>> {
        let world = self.world;
        let all = world.claims.iter().filter(move |(_, host, claim, _)| claim.how == how && self.here(host));
        all.map(|(at, _, claim, line)| (at.map(Instant::as_f64), claim, line))
    }

    /// Starts and stops of somebody, in order: what ends every life of the host is among them.
    pub(super) fn life(&self, name: &str, up: &[Kind], down: &[Kind]) -> Life<'w> {
        const OF_HOST: [Kind; 2] = [Kind::HostShutdown, Kind::HostBoot];
        let events = self.world.events.iter().filter(|event| self.here(&event.host)).filter_map(|event| {
            let is_own = event.service().is_some_and(|service| is_alias(service, name));
            let (is_up, is_down) = (is_own && up.contains(&event.kind()), is_own && down.contains(&event.kind()));
            let killed = is_own
                && down.contains(&Kind::ContainerStop)
                && event.kind() == Kind::ContainerKill
                && event.event.said.signal == Some(9);
            let of_host = OF_HOST.contains(&event.kind());
            (is_up || is_down || killed || of_host).then_some((is_up, event))
        });
        Life(events.collect())
    }

    /// That the tables of the conflict name somebody else, unless one of them names this one (methods, 5.2).
    pub(super) fn named_otherwise(&self, is_this: impl Fn(&Named) -> bool) -> Option<Reason> {
        let row = self.rows.first().filter(|_| !self.rows.iter().any(|row| is_this(&row.named)))?;
        let text = format!("a table of sockets names {}", row.claim.holder);
        Some(Reason::new(-6.0, text, vec![row.line.clone()]))
    }

    /// The rows about the port between one hour before the first failure and the last; up to the start that succeeded,
    /// for all but the victim, which may have listened before it said so.
    fn tables(&self) -> Vec<Row<'w>> {
        let conflict = self.conflict;
        let from = conflict.first - TABLE_BEFORE_S;
        let until = conflict.solved.map_or(conflict.last, |solved| (solved - TOLERANCE_S.1).max(conflict.last));
        let rows =
            self.claims(How::Table).filter(|(_, claim, _)| self.is_wanted(claim)).filter_map(|(at, claim, line)| {
                let at = at.filter(|at| (from..=until + TOLERANCE_S.0).contains(at))?;
                let named = self.named(claim)?;
                let is_late = at > conflict.last + TOLERANCE_S.0 || at < conflict.first - TOLERANCE_S.0;
                (named != Named::Victim || !is_late).then_some(Row { named, claim, line })
            });
        rows.collect()
    }

    /// Whose a row is: the process tells where lines of a log have it, else the program. `None` for the victim's failing
    /// process.
    fn named(&self, claim: &Claim) -> Option<Named> {
        let program = claim.holder.as_str();
        let victim = self.conflict.service.as_str();
        if PROXIES.contains(&program) {
            return Some(Named::Proxy);
        }
        let is_failing = |index: &usize| {
            let event = &self.world.events[*index].event;
            claim.pid.is_some() && (event.pid == claim.pid || event.said.pid == claim.pid)
        };
        if self.conflict.failures.iter().any(is_failing) {
            return None;
        }
        let events = || self.world.events.iter().filter(|event| self.here(&event.host));
        let by_pid = events()
            .filter(|event| event.kind() != Kind::OperatorAction && claim.pid.is_some() && event.event.pid == claim.pid)
            .filter(|event| !matches!(event.event.program.as_deref(), None | Some("systemd" | "dockerd" | "sudo")))
            .find_map(Happening::service);
        if let Some(service) = by_pid {
            return Some(if is_alias(service, victim) { Named::Victim } else { Named::Service(service.into()) });
        }
        // An interpreter's name may be that of many.
        if INTERPRETERS.iter().any(|known| program.starts_with(known)) {
            let run = events().filter(|event| event.event.program.as_deref() == Some(program));
            let by_name: BTreeSet<&str> = run.filter_map(Happening::service).collect();
            return Some(match by_name.first().filter(|_| by_name.len() == 1) {
                Some(service) if is_alias(service, victim) => Named::Victim,
                Some(service) => Named::Service((*service).into()),
                None => Named::Process(program.into()),
            });
        }
        if is_program_of(victim, program) {
            return Some(Named::Victim);
        }
        let mut known = events().filter_map(Happening::service).filter(|service| is_program_of(service, program));
        let own = |name: &&str| is_program_of(name, program);
        let mut series = self.world.services.iter().filter(|series| self.here(&series.host)).map(|of| of.name.as_str());
        match known.next().or_else(|| series.find(own)) {
            Some(service) => Some(Named::Service(service.into())),
            None => Some(Named::Process(program.into())),
        }
    }
}

/// What an engine says of the port, in all of its versions (`formats/docker.md`, section 4).
fn engine(message: &str) -> Option<Engine> {
    const OUTSIDE: &[&str] =
        &["ailed to bind host port", "ailed to bind port", "rror starting userland proxy", "orts are not available"];
    if message.contains("port is already allocated") {
        return Some(Engine::OwnTable);
    }
    OUTSIDE.iter().any(|words| message.contains(words)).then_some(Engine::Outside)
}

fn is_udp(word: &str) -> bool {
    matches!(word, "udp" | "UDP" | "udp4" | "udp6")
}

fn place(claim: &Claim) -> Place<'_> {
    Place {
        address: claim.address.as_deref(),
        port: claim.port,
        protocol: claim.protocol,
        is_v6_only: claim.is_v6_only,
    }
}

/// Whether two of somebody's claims are in each other's way.
pub(super) fn collide(one: &Claim, other: &Claim) -> bool {
    place(one).conflicts(&place(other))
}

/// Whether a table's program is what that service runs: `systemd-resolve` of `systemd-resolved`.
fn is_program_of(service: &str, program: &str) -> bool {
    is_alias(service, program) || cut_of(service, program)
}

/// Tables cut names: `ss` at 15 letters, `lsof` at 9.
fn cut_of(whole: &str, printed: &str) -> bool {
    whole == printed || matches!(printed.len(), 9 | 15) && whole.starts_with(printed)
}

/// Starts and stops of somebody, in order, each with whether it is up afterwards.
pub(super) struct Life<'w>(Vec<(bool, &'w Happening)>);

/// Whether somebody was up when the first bind failed.
pub(super) enum State<'w> {
    Up(&'w Happening),
    Down(&'w Happening),
    /// First seen to start afterwards.
    StartsLater(&'w Happening),
    /// First seen to stop afterwards: it was up.
    StopsLater(&'w Happening),
    /// Nothing is told, or it went down within the tolerance.
    Unclear,
}

impl<'w> Life<'w> {
    pub(super) fn at_first(&self, case: &Case<'_>) -> State<'w> {
        let first = case.conflict.first;
        let before = self.0.iter().rev().find(|(_, event)| event.s() <= first + case.tolerance(&event.at));
        let after = self.0.iter().find(|(_, event)| event.s() > first + case.tolerance(&event.at));
        match (before, after) {
            (Some((true, event)), _) => State::Up(event),
            (Some((false, event)), _) if event.s() < first - case.tolerance(&event.at) => State::Down(event),
            (Some(_), _) => State::Unclear,
            (None, Some((true, event))) => State::StartsLater(event),
            (None, Some((false, event))) => State::StopsLater(event),
            (None, None) => State::Unclear,
        }
    }

    /// The last start up to the first failure.
    pub(super) fn start(&self, case: &Case<'_>) -> Option<&'w Happening> {
        let is_before = |event: &Happening| event.s() <= case.conflict.first + case.tolerance(&event.at);
        self.0.iter().rev().find(|(is_up, event)| *is_up && is_before(event)).map(|(_, event)| *event)
    }

    /// The first stop after the first failure, if it was not up again before the last.
    pub(super) fn gone(&self, case: &Case<'_>) -> Option<&'w Happening> {
        let conflict = case.conflict;
        let is_after = |event: &Happening| event.s() > conflict.first + case.tolerance(&event.at);
        let (_, event) = self.0.iter().find(|(is_up, event)| !*is_up && is_after(event))?;
        let back = self.0.iter().any(|(is_up, later)| *is_up && later.s() > event.s() && later.s() <= conflict.last);
        (event.s() + case.tolerance(&event.at) < conflict.last && !back).then_some(*event)
    }

    /// The stop between the last failure and the start that succeeded.
    pub(super) fn freed(&self, case: &Case<'_>) -> Option<&'w Happening> {
        let conflict = case.conflict;
        let solved = conflict.solved?;
        let is_between = |event: &Happening| {
            let tolerance = case.tolerance(&event.at);
            event.s() >= conflict.last - tolerance && event.s() <= solved + tolerance
        };
        self.0.iter().find(|(is_up, event)| !*is_up && is_between(event)).map(|(_, event)| *event)
    }

    /// Whether it went down after a moment and up to the first failure.
    pub(super) fn ended_since(&self, at: f64, case: &Case<'_>) -> bool {
        let ended = |event: &Happening| event.s() > at && event.s() < case.conflict.first - case.tolerance(&event.at);
        self.0.iter().any(|(is_up, event)| !*is_up && ended(event))
    }
}
