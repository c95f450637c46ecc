//! What waits to happen: told only where lines prove each part of it, in quiet logs too.
//!
//! A conflict whose holder is down again is over, but it comes back if the holder does: [`holder_returns`] tells that
//! something will start it, [`shared_port`] only that both had the place. [`would_fail`] tells what keeps a unit from
//! its next start, [`wrong_user`] that a server runs as another user than its configuration says.

mod life;

use std::collections::BTreeSet;

use super::evidence::Confidence;
use super::listeners::is_alias;
use super::ports::address::Place;
use super::ports::{Conflict, Holder, HolderHypothesis};
use super::world::{Evidence, World};
use crate::facts::claim::{How, Protocol};
use crate::facts::event::Kind as Event;
use crate::facts::sign::Sign;
use crate::facts::standing::What;
use life::{Lives, Policy, same_host};

/// A holder that is no more than likely counts from here on.
const SURE: f64 = 0.95;
/// So near two lines of a start are of one, in seconds.
const SAME_TIME_S: f64 = 2.0;
/// Names that tell nothing of who listens: stand-ins of containers, and what runs any program.
const NO_OWNERS: &[&str] = &[
    "docker-proxy",
    "docker-pr",
    "rootlessport",
    "conmon",
    "systemd",
    "node",
    "java",
    "python",
    "python3",
    "ruby",
    "php",
    "perl",
];

/// Kinds of the contract, section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // the names say it
pub enum Kind {
    HolderReturns,
    UnitWouldFail,
    SharedPort,
    WrongUser,
}

impl Kind {
    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Kind::HolderReturns => "holder-returns",
            Kind::UnitWouldFail => "unit-would-fail",
            Kind::SharedPort => "shared-port",
            Kind::WrongUser => "wrong-user",
        }
    }
}

/// Something that waits to happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Latent {
    #[allow(missing_docs)]
    pub kind: Kind,
    /// Who would fail, or runs wrongly.
    pub service: String,
    #[allow(missing_docs)]
    pub address: Option<String>,
    #[allow(missing_docs)]
    pub port: Option<u16>,
    /// One plain sentence.
    pub text: String,
    /// What shows it on the host.
    pub command: String,
    #[allow(missing_docs)]
    pub evidence: Vec<Evidence>,
}

/// Finds all that waits to happen.
pub fn latent(world: &World, conflicts: &[Conflict]) -> Vec<Latent> {
    let lives = Lives { world };
    let mut found = Vec::new();
    // The last conflict of two tells how things are now.
    let mut told: BTreeSet<(String, String, u16)> = BTreeSet::new();
    for conflict in conflicts.iter().rev() {
        let (Some(holder), Some(port)) = (conflict.holder(), conflict.port) else { continue };
        let name = holder_name(holder);
        if name.is_some_and(|name| !told.insert((conflict.service.clone(), name.to_owned(), port))) {
            continue;
        }
        let of_conflict = would_fail(&lives, conflict, holder)
            .or_else(|| holder_returns(&lives, conflict, holder))
            .or_else(|| shared_port(&lives, conflict, holder));
        found.extend(of_conflict);
    }
    found.extend(one_after_the_other(&lives, &told));
    found.extend(wrong_configuration(&lives));
    found.extend(wrong_user(world));
    found.sort_by(|one, other| (one.kind, &one.service, one.port).cmp(&(other.kind, &other.service, other.port)));
    found.dedup();
    found
}

fn holder_name(holder: &HolderHypothesis) -> Option<&str> {
    match &holder.holder {
        Holder::Container(name, _) | Holder::Service(name) => Some(name),
        Holder::Process(_) | Holder::SelfStale | Holder::SelfDuplicate | Holder::Unknown => None,
    }
}

fn is_sure(holder: &HolderHypothesis) -> bool {
    let is_direct = holder.reasons.iter().any(|reason| reason.is_direct);
    is_direct || holder.confidence == Confidence::Certain || holder.probability >= SURE
}

/// `container web`, `nginx`
fn called(holder: &HolderHypothesis) -> String {
    match &holder.holder {
        Holder::Container(name, _) => format!("container {name}"),
        _ => holder_name(holder).unwrap_or_default().to_owned(),
    }
}

fn of_conflict(kind: Kind, conflict: &Conflict, text: String, command: String, evidence: Vec<Evidence>) -> Latent {
    let (service, address, port) = (conflict.service.clone(), conflict.address.clone(), conflict.port);
    Latent { kind, service, address, port, text, command, evidence }
}

/// The line of the conflict's last failed bind.
fn last_failure(lives: &Lives<'_>, conflict: &Conflict) -> Vec<Evidence> {
    let last = conflict.failures.last().and_then(|index| lives.world.events.get(*index));
    last.into_iter().flat_map(|event| event.evidence.iter().take(1).cloned()).collect()
}

/// The unit failed to bind, was not started since, and the holder is still there when the logs end.
fn would_fail(lives: &Lives<'_>, conflict: &Conflict, holder: &HolderHypothesis) -> Option<Latent> {
    let (name, port) = (holder_name(holder)?, conflict.port?);
    let of_container = matches!(holder.holder, Holder::Container(..));
    let held = lives.last(&conflict.host, name, of_container)?;
    let is_so = conflict.solved.is_none() && is_sure(holder) && held.is_up && held.at < conflict.last;
    let text = format!(
        "{} would fail at its next start: {} has port {port}, by all that the logs tell up to their end.",
        conflict.service,
        called(holder)
    );
    let mut evidence = last_failure(lives, conflict);
    evidence.extend(held.evidence.iter().take(1).cloned());
    is_so.then(|| of_conflict(Kind::UnitWouldFail, conflict, text, format!("ss -ltnp 'sport = :{port}'"), evidence))
}

/// The holder is gone, the victim is back, and both are there: where nothing keeps them apart now.
fn is_over(lives: &Lives<'_>, conflict: &Conflict, holder: &HolderHypothesis) -> Option<()> {
    let name = holder_name(holder)?;
    let of_container = matches!(holder.holder, Holder::Container(..));
    let held = lives.last(&conflict.host, name, of_container)?;
    let is_so = is_sure(holder)
        && conflict.solved.is_some()
        && !held.is_up
        && !lives.is_gone(&conflict.host, name, of_container)
        // A bind that failed after a change shows that both still want the port; after the last one none does.
        && !lives.was_configured(&conflict.host, [name, &conflict.service], conflict.last)
        && !lives.is_gone(&conflict.host, &conflict.service, false);
    is_so.then_some(())
}

/// Something starts the holder again: a container's restart policy, a unit that starts with the host.
fn holder_returns(lives: &Lives<'_>, conflict: &Conflict, holder: &HolderHypothesis) -> Option<Latent> {
    is_over(lives, conflict, holder)?;
    let (name, port) = (holder_name(holder)?, conflict.port?);
    let (why, command, mut evidence) = match &holder.holder {
        Holder::Container(..) => {
            let (policy, evidence) = lives.policy(&conflict.host, name)?;
            // `unless-stopped` leaves one alone that was stopped, `on-failure` starts none with the daemon.
            let why =
                (policy == Policy::Always).then_some("its restart policy is always, so it comes back with docker")?;
            (why, format!("docker inspect -f '{{{{.HostConfig.RestartPolicy.Name}}}}' {name}"), evidence)
        }
        _ => {
            let evidence = lives.starts_with_host(&conflict.host, name)?;
            ("it starts with the host", format!("systemctl is-enabled {name} {}", conflict.service), evidence)
        }
    };
    let text = format!("{}, which held port {port} from {}, is down, but {why}.", called(holder), conflict.service);
    evidence.extend(last_failure(lives, conflict));
    Some(of_conflict(Kind::HolderReturns, conflict, text, command, evidence))
}

/// Both had the place, one after the other, and both may come back.
fn shared_port(lives: &Lives<'_>, conflict: &Conflict, holder: &HolderHypothesis) -> Option<Latent> {
    is_over(lives, conflict, holder)?;
    let (name, port) = (holder_name(holder)?, conflict.port?);
    let of_container = matches!(holder.holder, Holder::Container(..));
    let text = format!(
        "{} and {} have both had port {port}, one after the other: if both are started, one of them fails.",
        conflict.service,
        called(holder)
    );
    let direct = holder.reasons.iter().filter(|reason| reason.weight > 0.0);
    let mut evidence = last_failure(lives, conflict);
    evidence.extend(direct.flat_map(|reason| reason.evidence.iter().take(1).cloned()).take(2));
    let command = if of_container {
        format!("docker ps -a --filter name={name} --format '{{{{.Names}}}} {{{{.Status}}}} {{{{.Ports}}}}'")
    } else {
        format!("systemctl is-enabled {} {name}", conflict.service)
    };
    Some(of_conflict(Kind::SharedPort, conflict, text, command, evidence))
}

/// Somebody who listened.
struct Listened<'w> {
    owner: &'w str,
    of_container: bool,
    host: &'w Option<String>,
    place: Place<'w>,
    at: f64,
    pid: Option<i64>,
    evidence: Vec<Evidence>,
}

/// Whether both are one service under two names, as its unit and its program: the same process, or at the same time.
fn are_one(all: &[Listened<'_>], one: &str, other: &str) -> bool {
    let of = |name: &str| all.iter().filter(move |listened| listened.owner == name).collect::<Vec<_>>();
    let others = of(other);
    of(one).iter().any(|one| {
        others.iter().any(|other| one.pid.is_some() && one.pid == other.pid || (one.at - other.at).abs() <= SAME_TIME_S)
    })
}

/// All who listened for sure, with when.
fn listened<'w>(lives: &Lives<'w>) -> Vec<Listened<'w>> {
    let mut all = Vec::new();
    for (at, host, claim, line) in &lives.world.claims {
        let (owner, is_v6_only) = (claim.holder.as_str(), claim.is_v6_only);
        let place = Place { address: claim.address.as_deref(), port: claim.port, protocol: claim.protocol, is_v6_only };
        if claim.protocol != Protocol::Tcp {
            continue;
        }
        let is_owner =
            !NO_OWNERS.iter().any(|name| owner.starts_with(name)) && lives.last(host, owner, false).is_some();
        match (claim.how, at) {
            (How::OwnLine | How::Table, Some(at)) if is_owner => {
                let evidence = vec![line.clone()];
                all.push(Listened {
                    owner,
                    of_container: false,
                    host,
                    place,
                    at: at.as_f64(),
                    pid: claim.pid,
                    evidence,
                });
            }
            // A container that runs has what it publishes.
            (How::Published, _) => {
                for event in lives.of(host, owner).filter(|event| event.kind() == Event::ContainerStart) {
                    let evidence = event.evidence.iter().take(1).cloned().chain([line.clone()]).collect();
                    all.push(Listened { owner, of_container: true, host, place, at: event.s(), pid: None, evidence });
                }
            }
            _ => {}
        }
    }
    all.sort_by(|one, other| one.at.total_cmp(&other.at).then_with(|| one.evidence.cmp(&other.evidence)));
    all
}

/// Two who listened at one place at different times, without any conflict: the first was stopped in between.
fn one_after_the_other(lives: &Lives<'_>, told: &BTreeSet<(String, String, u16)>) -> Vec<Latent> {
    let all = listened(lives);
    let mut found: Vec<Latent> = Vec::new();
    let mut seen = told.clone();
    for (index, next) in all.iter().enumerate() {
        for first in all.iter().take(index) {
            let names = [first.owner, next.owner];
            let is_known = |one: &str, other: &str, seen: &BTreeSet<(String, String, u16)>| {
                seen.contains(&(one.to_owned(), other.to_owned(), next.place.port))
            };
            let fits = !is_alias(names[0], names[1])
                && !are_one(&all, names[0], names[1])
                && same_host(first.host, next.host)
                && first.place.conflicts(&next.place)
                && !is_known(names[0], names[1], &seen)
                && !is_known(names[1], names[0], &seen);
            if !fits {
                continue;
            }
            let Some(stop) = lives.stop_between(first.host, first.owner, first.of_container, (first.at, next.at))
            else {
                continue;
            };
            let may_return = [first, next].iter().all(|of| !lives.is_gone(of.host, of.owner, of.of_container));
            // Both up at the end: they have found a way.
            let is_up =
                |of: &&Listened<'_>| lives.last(of.host, of.owner, of.of_container).is_some_and(|last| last.is_up);
            if !may_return || [first, next].iter().all(is_up) {
                continue;
            }
            seen.insert((names[0].to_owned(), names[1].to_owned(), next.place.port));
            let mut evidence = first.evidence.clone();
            evidence.extend(stop.evidence.iter().take(1).cloned());
            evidence.extend(next.evidence.iter().cloned());
            let named = |of: &Listened<'_>| {
                if of.of_container { format!("container {}", of.owner) } else { of.owner.to_owned() }
            };
            let port = next.place.port;
            found.push(Latent {
                kind: Kind::SharedPort,
                service: next.owner.to_owned(),
                address: next.place.address.map(str::to_owned),
                port: Some(port),
                text: format!(
                    "{} and {} have both had port {port}, one after the other: if both are started, one of them fails.",
                    named(first),
                    named(next)
                ),
                command: format!("ss -ltnp 'sport = :{port}'"),
                evidence,
            });
        }
    }
    found
}

/// What servers say when they read a configuration that they cannot use; not what a request met (`.htaccess`).
fn is_of_start(text: &str) -> bool {
    const SAYINGS: &[&str] = &[
        " test failed",
        "Syntax error on line",
        "Error(s) found in configuration file",
        "Fatal errors found in configuration",
    ];
    // `unknown directive "x" in /etc/nginx/nginx.conf:12`
    let is_line = |place: &str| {
        let (_, line) = place.rsplit_once(':').unwrap_or_default();
        !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) && !place.contains(' ')
    };
    text.rsplit_once(" in /").is_some_and(|(_, place)| is_line(place))
        || SAYINGS.iter().any(|saying| text.contains(saying))
}

/// A configuration that was refused, and nothing since that may have mended it.
fn wrong_configuration(lives: &Lives<'_>) -> Vec<Latent> {
    let mut found = Vec::new();
    for sign in lives.world.signs.iter().filter(|sign| sign.sign == Sign::Configuration) {
        let Some((at, line)) = sign.samples.iter().rev().find(|(_, line)| is_of_start(&line.text)) else { continue };
        let host = lives.world.hosts.get(line.source).cloned().flatten();
        // What looks at the configuration, or reads it, may have found it mended.
        if lives.touched_after(&host, &sign.service, at.as_f64()) {
            continue;
        }
        let service = sign.service.clone();
        let command = match service.as_str() {
            "nginx" => "nginx -t".to_owned(),
            "haproxy" => "haproxy -c -f /etc/haproxy/haproxy.cfg".to_owned(),
            "apache2" | "httpd" => "apachectl configtest".to_owned(),
            other => format!("systemctl status {other}"),
        };
        found.push(Latent {
            kind: Kind::UnitWouldFail,
            text: format!("{service} would fail at its next start: its configuration was refused, and nothing shows that it was mended."),
            service,
            address: None,
            port: None,
            command,
            evidence: vec![line.clone()],
        });
    }
    found
}

/// A server that runs as another user than its configuration names.
fn wrong_user(world: &World) -> Vec<Latent> {
    let mut found: Vec<Latent> = Vec::new();
    let of = |service: &str, text: String, evidence: Vec<Evidence>| Latent {
        kind: Kind::WrongUser,
        service: service.to_owned(),
        address: None,
        port: None,
        text,
        command: format!("ps -o user=,pid=,args= -C {service}"),
        evidence,
    };
    let lives = Lives { world };
    // The last time that it said so, unless it was started since without saying it.
    let ignored = world.standings.iter().filter(|(_, _, standing, _)| standing.what == What::UserIgnored);
    let last = ignored.filter_map(|(at, host, standing, line)| Some((at.as_ref()?, host, standing, line)));
    if let Some((at, host, standing, line)) = last.max_by_key(|(at, ..)| **at)
        && !lives.started_after(host, &standing.service, at.as_f64() + 2.0)
    {
        let name = &standing.service;
        let text = format!(
            "{name} ignores the user of its configuration: it was started without root's rights and runs as who started it."
        );
        found.push(of(name, text, vec![line.clone()]));
    }
    for (_, host, configured, line) in &world.standings {
        let What::ConfiguredUser(wanted) = &configured.what else { continue };
        // The master runs as root; its processes do the work.
        let rows: Vec<(&String, &Evidence)> = world
            .standings
            .iter()
            .filter(|(_, other, row, _)| is_alias(&row.service, &configured.service) && same_host(host, other))
            .filter_map(|(_, _, row, line)| match &row.what {
                What::RunsAs(user) if user != "root" => Some((user, line)),
                _ => None,
            })
            .collect();
        if let Some((user, row)) = rows.first()
            && rows.iter().all(|(user, _)| *user != wanted)
        {
            let name = &configured.service;
            let text = format!("{name} runs as {user}, while its configuration names the user {wanted}.");
            found.push(of(name, text, vec![line.clone(), (*row).clone()]));
        }
    }
    found
}
