//! Events of docker, podman and Kubernetes (`formats/docker.md`, sections 1, 5 and 8), of which the service is the
//! container; and what dockerd says of itself.

use crate::facts::event::{Kind, Said};
use crate::facts::words::socket::signal_of_name;
use crate::facts::words::{self, Wording, life};
use crate::format::Record;

pub(super) fn event(record: &Record<'_>) -> Option<Said> {
    let action = record.action.as_deref()?;
    let kind = match record.format {
        "kubectl-events" => kubernetes(action, record.message())?,
        _ => container(action).filter(|_| is_of_container(record))?,
    };
    let signal = attribute(record, "signal").and_then(signal_of_name).filter(|_| kind == Kind::ContainerKill);
    Some(Said { signal, ..Said::of(kind, name(record)) })
}

/// `cmd/dockerd/daemon.go`
const DAEMON: &[Wording] = &[
    life(Kind::ServiceStart, "Daemon has completed initialization"),
    life(Kind::ServiceStop, "Processing signal '<any>'"),
];

/// The daemon itself.
pub(super) fn daemon(record: &Record<'_>) -> Option<Said> {
    words::said(DAEMON, record.message(), || words::service(record).or_else(|| Some("docker".into())))
}

/// What docker or podman did. `stop` follows a `die`, `restart` a `start`: they tell nothing new.
fn container(action: &str) -> Option<Kind> {
    Some(match action {
        "start" => Kind::ContainerStart,
        "die" | "died" => Kind::ContainerStop,
        "kill" => Kind::ContainerKill,
        "oom" => Kind::OomKill,
        _ if action == "health_status" || action.starts_with("health_status:") => Kind::ContainerHealth,
        _ => return None,
    })
}

/// Networks, volumes and images have events, too; of those above only a container has any, but in plugins.
fn is_of_container(record: &Record<'_>) -> bool {
    record.text_field("Type").is_none_or(|kind| kind == "container")
}

/// Reasons of Kubernetes' events, whose meaning may hang on the message.
fn kubernetes(reason: &str, message: &str) -> Option<Kind> {
    Some(match reason {
        "Started" => Kind::ContainerStart,
        "Killing" => Kind::ContainerKill,
        "Unhealthy" => Kind::ContainerHealth,
        "BackOff" if message.to_ascii_lowercase().starts_with("back-off restarting failed container") => {
            Kind::ServiceFailed
        }
        "OOMKilling" | "SystemOOM" => Kind::OomKill,
        _ => return None,
    })
}

fn attribute<'a>(record: &'a Record<'_>, name: &str) -> Option<&'a str> {
    record.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
}

/// The container's name, else the beginning of its id, as docker prints it.
fn name(record: &Record<'_>) -> Option<String> {
    let container = record.container.as_ref()?;
    let id = container.id.as_deref().map(|id| id.get(..12).unwrap_or(id));
    container.name.as_deref().or(id).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Container;

    fn said(format: &'static str, action: &'static str) -> Option<Said> {
        let container = Container { id: Some("22e4bc9123f200294f67".into()), name: Some("web".into()), image: None };
        let attributes = vec![("signal".into(), "15".into())];
        event(&Record { action: Some(action.into()), container: Some(container), attributes, ..Record::new(format) })
    }

    #[test]
    fn actions() {
        for (action, kind) in [
            ("start", Some(Kind::ContainerStart)),
            ("die", Some(Kind::ContainerStop)),
            ("died", Some(Kind::ContainerStop)),
            ("kill", Some(Kind::ContainerKill)),
            ("oom", Some(Kind::OomKill)),
            ("health_status: unhealthy", Some(Kind::ContainerHealth)),
            ("stop", None),
            ("restart", None),
            ("exec_start: sh -c start", None),
            ("exec_die", None),
            ("create", None),
        ] {
            assert_eq!(said("docker-events-json", action).map(|said| said.kind), kind, "{action}");
        }
    }

    #[test]
    fn a_kill_tells_the_signal() {
        let want = Said { signal: Some(15), ..Said::of(Kind::ContainerKill, Some("web".into())) };
        assert_eq!(said("docker-events-text", "kill"), Some(want));
        assert_eq!(said("docker-events-text", "die"), Some(Said::of(Kind::ContainerStop, Some("web".into()))));
    }
}
