//! The victim in its own way: by an old process that outlived its stop, or by asking for the address twice (methods,
//! 5.2).

use super::super::evidence::Reason;
use super::super::listeners::{is_alias, usual_ports};
use super::super::world::{Evidence, Happening};
use super::case::{Case, Claimed, Named, State, collide};
use super::episodes::series;
use super::{Holder, HolderHypothesis, STILL_SERVES, hypothesis};
use crate::facts::claim::How;
use crate::facts::event::Kind;
use crate::facts::sign::Sign;

/// What systemd says of a unit's stop belongs to a failure so long after it, in seconds.
const STOP_S: f64 = 300.0;
/// A change of the configuration so long before the first failure may be what broke it, in seconds.
const CHANGED_S: f64 = 1800.0;

/// An old process of the same service still holds the port: the commonest after a restart that failed.
pub(super) fn stale(case: &Case<'_>) -> HolderHypothesis {
    let conflict = case.conflict;
    let victim = &conflict.service;
    let mut reasons = Vec::new();
    if let Some(line) = sign(case, Sign::LeftOver, conflict.last) {
        let text = format!("systemd found a left-over process of {victim}");
        reasons.push(Reason::new(5.0, text, vec![line]).direct());
    }
    if let Some(line) = sign(case, Sign::StopTimedOut, conflict.first) {
        let text = format!("{victim} would not stop and was killed");
        reasons.push(Reason::new(3.5, text, vec![line]));
    }
    if let Some(own) = series(case.world, victim, &conflict.host) {
        let end = conflict.solved.unwrap_or(conflict.last).floor() as i64;
        // From a second after the first failure to a second before the start: whole seconds stand for both sides.
        let answered = own.count(conflict.first.ceil() as i64 + 1, end - 1).requests;
        if answered >= STILL_SERVES {
            let text = format!("{victim} went on answering: {answered} requests between the failed binds");
            reasons.push(Reason::new(5.0, text, Vec::new()).direct());
        }
    }
    let row = case.rows.iter().find(|row| row.named == Named::Victim);
    if let Some(row) = row {
        let text = format!("a table of sockets names another process of {victim}");
        reasons.push(Reason::new(9.0, text, vec![row.line.clone()]).direct());
    }
    reasons.extend(case.named_otherwise(|named| *named == Named::Victim));
    let pid = row.and_then(|row| row.claim.pid);
    HolderHypothesis { pid, ..hypothesis(Holder::SelfStale, -1.0, reasons) }
}

/// The first line of that kind about the victim, from [`STOP_S`] before the first failure on.
fn sign(case: &Case<'_>, sign: Sign, until: f64) -> Option<Evidence> {
    let span = case.conflict.first - STOP_S..=until + super::TOLERANCE_S.0;
    let victim = case.conflict.service.as_str();
    // Where the victim is known by its program only, systemd names that beside the unit: `process 77 (node)`.
    let program = format!(" ({victim}) ");
    let of_sign = case.world.signs.iter().filter(|signs| signs.sign == sign);
    let mut lines = of_sign.flat_map(|signs| signs.samples.iter().map(|sample| (signs.about.as_deref(), sample)));
    let is_of_victim =
        |about: Option<&str>, line: &Evidence| about == Some(victim) || line.text.contains(program.as_str());
    lines
        .find(|(about, (at, line))| span.contains(&at.as_f64()) && is_of_victim(*about, line))
        .map(|(_, (_, line))| line.clone())
}

/// The victim asks for the address twice, or another unit runs the same program.
pub(super) fn duplicate(case: &Case<'_>) -> HolderHypothesis {
    let mut reasons: Vec<Reason> = Vec::new();
    // Each shows the same, so one of them counts: the most direct.
    let twice = listened_in_the_same_start(case).or_else(|| configured_twice(case)).or_else(|| second_unit(case));
    reasons.extend(twice);
    if let Some(event) = changed(case) {
        let text = format!("the configuration of {} changed shortly before", case.conflict.service);
        reasons.push(Reason::new(1.0, text, event.evidence.clone()));
    }
    reasons.extend(case.named_otherwise(|_| false));
    hypothesis(Holder::SelfDuplicate, -2.0, reasons)
}

/// The process whose bind failed had said that it listens there. The same address tried twice in vain shows nothing
/// like it: who holds an address does not fail with it the first time.
fn listened_in_the_same_start(case: &Case<'_>) -> Option<Reason> {
    let conflict = case.conflict;
    let pids: Vec<i64> = conflict.failures.iter().filter_map(|index| case.world.events[*index].event.pid).collect();
    let is_own = |(at, claim, _): &Claimed<'_>| {
        is_alias(&claim.holder, &conflict.service)
            && case.is_wanted(claim)
            && claim.pid.is_some_and(|pid| pids.contains(&pid))
            && at.is_some_and(|at| at <= conflict.last + super::TOLERANCE_S.0)
    };
    let (_, _, line) = case.claims(How::OwnLine).find(is_own)?;
    let text = format!("{} said in the same start that it listens there", conflict.service);
    Some(Reason::new(6.0, text, vec![line.clone()]).direct())
}

/// Two lines of one file of the configuration ask for what cannot be had twice. nginx asks but once for what several of
/// its servers name alike, and HAProxy's listeners share; the same file may be there in several copies.
fn configured_twice(case: &Case<'_>) -> Option<Reason> {
    let victim = &case.conflict.service;
    if is_alias(victim, "haproxy") {
        return None;
    }
    let own = case.claims(How::Configured).filter(|(_, claim, _)| is_alias(&claim.holder, victim));
    let own: Vec<Claimed<'_>> = own.filter(|(_, claim, _)| case.is_wanted(claim)).collect();
    let is_nginx = is_alias(victim, "nginx");
    let is_twice = |(_, one, line): &Claimed<'_>, (_, other, also): &Claimed<'_>| {
        let families = [one, other].map(|claim| claim.address.as_deref().is_some_and(|text| text.contains(':')));
        let asks_twice = !is_nginx || families[0] != families[1];
        let is_other = line.offset != also.offset || one != other;
        line.source == also.source && is_other && asks_twice && collide(one, other)
    };
    let pair = own
        .iter()
        .enumerate()
        .find_map(|(index, one)| own[index + 1..].iter().find(|other| is_twice(one, other)).map(|other| (one, other)));
    // nginx tells every socket that it could not have: where it names both, somebody else is in the way.
    let addresses = case.conflict.failures.iter().map(|index| &case.world.events[*index].event.said.address);
    let families: Vec<bool> = addresses.map(|address| address.as_deref().is_some_and(|a| a.contains(':'))).collect();
    let is_all_failed = is_nginx && families.contains(&true) && families.contains(&false);
    let ((_, _, one), (_, _, other)) = pair.filter(|_| !is_all_failed)?;
    let text = format!("the configuration of {victim} asks twice for the address");
    Some(Reason::new(6.0, text, vec![(*one).clone(), (*other).clone()]))
}

/// Another unit runs the same program, one that always listens on this port, and was up.
fn second_unit(case: &Case<'_>) -> Option<Reason> {
    let (victim, port) = (case.conflict.service.as_str(), case.conflict.port?);
    let is_usual = |program: &str| usual_ports(program).is_some_and(|ports| ports.contains(&port));
    let of_victim = case.conflict.failures.iter().map(|index| case.world.events[*index].event.program.as_deref());
    let program = of_victim.flatten().find(|program| is_usual(program))?;
    // Instances of one template are made to run beside each other.
    let is_other = |event: &&Happening| {
        let unit = event.service().filter(|unit| !unit.contains('@') && !is_alias(unit, victim));
        unit.is_some()
            && event.event.program.as_deref() == Some(program)
            && !is_alias(unit.unwrap_or_default(), program)
    };
    let events = case.world.events.iter().filter(|event| case.here(&event.host));
    let unit = events.filter(is_other).find_map(Happening::service)?;
    let life = case.life(unit, &[Kind::ServiceStart], &[Kind::ServiceStop, Kind::ServiceFailed, Kind::Crash]);
    match life.at_first(case) {
        State::Up(event) => {
            let text = format!("the unit {unit} runs {program}, too");
            Some(Reason::new(6.0, text, event.evidence.clone()))
        }
        _ => None,
    }
}

/// The last change of the victim's configuration before the first failure: told as one, a reload, or a command that
/// writes below its folder.
fn changed<'w>(case: &Case<'w>) -> Option<&'w Happening> {
    const WRITERS: &[&str] =
        &["vi", "vim", "nano", "emacs", "tee", "cp", "mv", "sed", "ln", "rm", "install", "sudoedit"];
    let conflict = case.conflict;
    let folder = format!("/etc/{}", conflict.service);
    let writes = |command: &str| {
        let mut words = command.split_whitespace();
        let program = words.next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        matches!(program, "a2ensite" | "a2enmod" | "a2enconf") && is_alias(&conflict.service, "apache2")
            || WRITERS.contains(&program) && words.any(|word| word.starts_with(&folder))
    };
    let span = conflict.first - CHANGED_S..=conflict.first;
    let mut events = case.world.events.iter().filter(|event| case.here(&event.host) && span.contains(&event.s()));
    let is_change = |event: &&Happening| match event.kind() {
        Kind::ConfigChange | Kind::Reload => event.service().is_some_and(|name| is_alias(name, &conflict.service)),
        Kind::OperatorAction => writes(&event.event.message),
        _ => false,
    };
    events.rfind(is_change)
}
