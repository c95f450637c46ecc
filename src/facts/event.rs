//! What a line says happened: the words of each program, read by [`super::bind`], [`super::lifecycle`] and
//! [`super::operator`] from a line that the program writes about itself.

use serde::Serialize;

use crate::format::Record;

/// What happened. The names are those of the contract, section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names say it
pub enum Kind {
    BindFailure,
    ServiceStart,
    ServiceStop,
    ServiceFailed,
    Restart,
    Reload,
    Crash,
    OomKill,
    ContainerStart,
    ContainerStop,
    ContainerKill,
    ContainerHealth,
    OperatorAction,
    PackageChange,
    ConfigChange,
    HostBoot,
    HostShutdown,
    BackendDown,
    BackendUp,
    ResourceLimit,
    FirstFailure,
    LastFailure,
    Spike,
    Hole,
    Dip,
    Slow,
    Recovered,
    Detected,
    Note,
    Escalation,
}

impl Kind {
    /// The name in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BindFailure => "bind-failure",
            Kind::ServiceStart => "service-start",
            Kind::ServiceStop => "service-stop",
            Kind::ServiceFailed => "service-failed",
            Kind::Restart => "restart",
            Kind::Reload => "reload",
            Kind::Crash => "crash",
            Kind::OomKill => "oom-kill",
            Kind::ContainerStart => "container-start",
            Kind::ContainerStop => "container-stop",
            Kind::ContainerKill => "container-kill",
            Kind::ContainerHealth => "container-health",
            Kind::OperatorAction => "operator-action",
            Kind::PackageChange => "package-change",
            Kind::ConfigChange => "config-change",
            Kind::HostBoot => "host-boot",
            Kind::HostShutdown => "host-shutdown",
            Kind::BackendDown => "backend-down",
            Kind::BackendUp => "backend-up",
            Kind::ResourceLimit => "resource-limit",
            Kind::FirstFailure => "first-failure",
            Kind::LastFailure => "last-failure",
            Kind::Spike => "spike",
            Kind::Hole => "hole",
            Kind::Dip => "dip",
            Kind::Slow => "slow",
            Kind::Recovered => "recovered",
            Kind::Detected => "detected",
            Kind::Note => "note",
            Kind::Escalation => "escalation",
        }
    }
}

/// An event as one line tells it (contract, section 3: `event`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Said {
    /// What happened.
    pub kind: Kind,
    /// To whom: the unit without `.service`, else the program, in docker's events the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// As bound, without brackets; `unix:/path` or `/path` for a socket file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// TCP or UDP port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<&'static str>,
    /// The process that the line is about, where it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i64>,
    /// Signal that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i64>,
}

impl Said {
    /// Only that it happened, to `service`.
    pub fn of(kind: Kind, service: Option<String>) -> Said {
        Said { kind, service, address: None, port: None, errno: None, pid: None, signal: None }
    }
}

/// Whose line it is: the unit without `.service`, else the program.
pub fn service_name(record: &Record<'_>) -> Option<String> {
    let unit = record.unit.as_deref().map(|unit| unit.strip_suffix(".service").unwrap_or(unit));
    unit.or(record.program.as_deref()).map(str::to_owned)
}
