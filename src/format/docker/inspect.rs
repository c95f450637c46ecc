//! `docker inspect`: an array of containers, each with the ports that it wants (`HostConfig.PortBindings`, also of one
//! that is stopped) and has (`NetworkSettings.Ports`), and the error that kept it from starting (`State.Error`).
//!
//! ```text
//! {"Id":"22e4bc9123f2…","Name":"/web", …}            --format '{{json .}}', one line a container
//! [
//!     {
//!         "Id": "22e4bc9123f2…",
//!         "Name": "/web",
//!         "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}, "NetworkMode": "default"},
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::format::document::objects;
use crate::format::{Container, Format, Framing, Part, Record, Text, Value};

/// `docker inspect` of containers.
pub struct Inspect;

impl Format for Inspect {
    fn name(&self) -> &'static str {
        "docker-inspect"
    }

    fn framing(&self) -> Framing {
        Framing::Document
    }

    fn is_start(&self, _previous: &[u8], line: &[u8]) -> bool {
        line.trim_ascii_end() == b"[" || line.starts_with(b"[{") || line.starts_with(b"{\"Id\":")
    }

    fn parse<'a>(&self, _record: &'a [u8]) -> Option<Record<'a>> {
        None
    }

    fn document<'a>(&self, bytes: &'a [u8]) -> Vec<Part<'a>> {
        let Ok(text) = str::from_utf8(bytes) else { return Vec::new() };
        objects::<Inspected<'a>>(text, 0)
            .into_iter()
            .map(|(range, object)| Part::of_text(range, object.into_record()))
            .collect()
    }

    fn samples(&self) -> &'static [&'static str] {
        &[
            "[\n{\"Id\":\"22e4bc9123f2\",\"Name\":\"/web\",\"State\":{\"Status\":\"running\"},\"Config\":{\"Image\":\"shop/web:1.4\"},\
           \"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"80\"}]}}}\n]",
        ]
    }
}

/// A container, by docker's own names. Images and networks have no `State`.
#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Inspected<'a> {
    #[serde(borrow)]
    Id: Text<'a>,
    #[serde(borrow)]
    Name: Text<'a>,
    #[serde(borrow)]
    State: State<'a>,
    #[serde(borrow)]
    Config: Config<'a>,
    #[serde(borrow)]
    HostConfig: HostConfig<'a>,
    #[serde(borrow)]
    NetworkSettings: Option<NetworkSettings<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct State<'a> {
    #[serde(borrow)]
    Status: Option<Text<'a>>,
    ExitCode: Option<i64>,
    #[serde(borrow)]
    Error: Option<Text<'a>>,
    #[serde(borrow)]
    StartedAt: Option<Text<'a>>,
    #[serde(borrow)]
    FinishedAt: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Config<'a> {
    #[serde(borrow)]
    Image: Option<Text<'a>>,
}

/// Ports of the container, each with those of the host.
type Bindings<'a> = BTreeMap<Text<'a>, Option<Vec<Binding<'a>>>>;

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct HostConfig<'a> {
    #[serde(borrow)]
    PortBindings: Option<Bindings<'a>>,
    #[serde(borrow)]
    NetworkMode: Option<Text<'a>>,
    #[serde(borrow)]
    RestartPolicy: Option<RestartPolicy<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct RestartPolicy<'a> {
    #[serde(borrow, default)]
    Name: Text<'a>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct NetworkSettings<'a> {
    #[serde(borrow)]
    Ports: Option<Bindings<'a>>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Binding<'a> {
    #[serde(borrow, default)]
    HostIp: Text<'a>,
    #[serde(borrow, default)]
    HostPort: Text<'a>,
}

impl<'a> Inspected<'a> {
    fn into_record(self) -> Record<'a> {
        let mut record = Record::new("docker-inspect");
        let name = match self.Name {
            Text::Borrowed(name) => Text::Borrowed(name.strip_prefix('/').unwrap_or(name)),
            Text::Owned(name) => Text::Owned(name.strip_prefix('/').unwrap_or(&name).to_owned()),
        };
        record.container = Some(Container { id: Some(self.Id), name: Some(name), image: self.Config.Image });
        let state = self.State;
        let texts = [
            ("State.Status", state.Status),
            ("State.Error", state.Error.filter(|error| !error.is_empty())),
            ("State.StartedAt", state.StartedAt),
            ("State.FinishedAt", state.FinishedAt.filter(|moment| !moment.starts_with("0001-"))),
            ("HostConfig.NetworkMode", self.HostConfig.NetworkMode),
            ("HostConfig.RestartPolicy", self.HostConfig.RestartPolicy.map(|policy| policy.Name)),
        ];
        record.fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name.into(), Value::Text(text?)))));
        record.fields.extend(state.ExitCode.map(|code| ("State.ExitCode".into(), Value::Number(code))));
        let ports = [
            ("HostConfig.PortBindings", self.HostConfig.PortBindings),
            ("NetworkSettings.Ports", self.NetworkSettings.and_then(|settings| settings.Ports)),
        ];
        for (name, bindings) in ports {
            let ports = published(bindings.unwrap_or_default());
            if !ports.is_empty() {
                record.fields.push((name.into(), Value::List(ports)));
            }
        }
        record
    }
}

/// `0.0.0.0:80->80/tcp`, as `docker ps` writes it; without address for all of them.
fn published(bindings: Bindings<'_>) -> Vec<Text<'_>> {
    let pairs = bindings.into_iter().flat_map(|(inside, hosts)| {
        hosts.unwrap_or_default().into_iter().map(move |host| match host.HostIp.as_ref() {
            "" => format!("{}->{inside}", host.HostPort),
            ip if ip.contains(':') => format!("[{ip}]:{}->{inside}", host.HostPort),
            ip => format!("{ip}:{}->{inside}", host.HostPort),
        })
    });
    pairs.map(Text::Owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_container_publishes() {
        let parts = Inspect.document(Inspect.samples()[0].as_bytes());
        let [Part { range, record, .. }] = parts.as_slice() else { unreachable!("one container") };
        let want =
            Container { id: Some("22e4bc9123f2".into()), name: Some("web".into()), image: Some("shop/web:1.4".into()) };
        assert_eq!((range.start, &record.container), (2, &Some(want)));
        let ports = record.fields.iter().find(|(name, _)| name == "HostConfig.PortBindings").map(|(_, ports)| ports);
        assert_eq!(ports, Some(&Value::List(vec!["80->80/tcp".into()])));
    }

    #[test]
    fn leaves_the_rest_alone() {
        for other in
            ["[]", "[{\"Id\":\"sha256:8251\",\"RepoTags\":[]}]", "[\n{\"Name\":\"bridge\",\"Id\":\"1\"}]", "[1]", "["]
        {
            assert!(Inspect.document(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
