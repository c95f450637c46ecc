//! Whose output a file holds, by the path at which container engines keep it: its lines do not say.
//!
//! ```text
//! /var/lib/docker/containers/ID/ID-json.log                  docker's json-file driver, rotated `.1`, `.2.gz`
//! /var/lib/docker/containers/ID/local-logs/container.log     its local driver
//! /var/lib/containers/storage/overlay-containers/ID/userdata/ctr.log        podman
//! /var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log            the kubelet, rotated `0.log.20261124-024633.gz`
//! /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log         its links for log shippers
//! ```
//!
//! Sources: `containerRoot` and `StartLogger` of `daemon/container.go` in moby, `BuildContainerLogsDirectory` and
//! `legacyLogSymlink` of `pkg/kubelet/kuberuntime` in Kubernetes. Names of pods, namespaces and containers hold no `_`.

use super::{Container, Record, Text, Value};

/// Formats of which a line says nothing of its container.
const NAMELESS: [&str; 3] = ["docker-json-file", "docker-local", "cri"];

/// The container that wrote a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    id: Option<String>,
    name: Option<String>,
    /// Namespace and pod.
    pod: Option<(String, String)>,
}

impl Owner {
    /// Who wrote the file of that path, by the last of its parts that tell; `None` if none does.
    pub fn of(path: &str) -> Option<Owner> {
        let parts: Vec<&str> = path.split(['/', '\\', '!']).collect();
        (0..parts.len()).rev().find_map(|at| {
            let part = parts.get(at)?;
            let before = |back: usize| at.checked_sub(back).and_then(|at| parts.get(at)).copied().unwrap_or_default();
            let log = part.split_once(".log").map(|(stem, _)| stem);
            log.and_then(of_link).or_else(|| of_pod(before(1), part, parts.get(at + 1)?)).or_else(|| of_folder(part))
        })
    }

    /// Adds to a record what its format leaves out.
    pub(super) fn complete<'a>(&'a self, record: &mut Record<'a>) {
        let outermost = record.envelope.first().copied().unwrap_or(record.format);
        if !NAMELESS.contains(&outermost) {
            return;
        }
        let own = |text: &'a Option<String>| text.as_deref().map(Text::Borrowed);
        if record.container.is_none() {
            record.container = Some(Container { id: own(&self.id), name: own(&self.name), image: None });
        }
        if let Some((namespace, pod)) = &self.pod {
            for (name, value) in [("namespace", namespace), ("pod", pod)] {
                record.fields.push((name.into(), Value::Text(Text::Borrowed(value))));
            }
        }
    }
}

/// `ID-json`, `POD_NAMESPACE_CONTAINER-ID`
fn of_link(stem: &str) -> Option<Owner> {
    if let Some(id) = stem.strip_suffix("-json").filter(|id| is_id(id)) {
        return Some(Owner { id: Some(id.to_owned()), ..Owner::default() });
    }
    let (names, id) = stem.rsplit_once('-').filter(|(_, id)| is_id(id))?;
    let [pod, namespace, container] = parts(names)?;
    Some(Owner {
        id: Some(id.to_owned()),
        name: Some(container.to_owned()),
        pod: Some((namespace.to_owned(), pod.to_owned())),
    })
}

/// `NAMESPACE_POD_UID` in `pods`, and the folder of the container in it.
fn of_pod(folder: &str, pod: &str, container: &str) -> Option<Owner> {
    let [namespace, pod, uid] = parts(pod)?;
    let is_uid = uid.len() >= 32 && uid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (folder == "pods" || is_uid).then(|| Owner {
        id: None,
        name: Some(container.to_owned()),
        pod: Some((namespace.to_owned(), pod.to_owned())),
    })
}

/// The folder of a container, which has its id.
fn of_folder(part: &str) -> Option<Owner> {
    is_id(part).then(|| Owner { id: Some(part.to_owned()), ..Owner::default() })
}

/// Three names, divided by `_`.
fn parts(names: &str) -> Option<[&str; 3]> {
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    let parts: Vec<&str> = names.split('_').filter(is_name).collect();
    (names.matches('_').count() == 2).then(|| parts.try_into().ok())?
}

/// 64 hexadecimal digits
fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "960f13b923ea9f7e0f56990433fdfb73a72a95aab63996b75876adbf0f602884";

    #[test]
    fn paths_that_tell() {
        for (path, id, name, pod) in [
            ("ID-json.log", true, None, None),
            ("/var/lib/docker/containers/ID/ID-json.log.2.gz", true, None, None),
            ("logs.tar.gz!docker/containers/ID/ID-json.log.1", true, None, None),
            ("/var/lib/docker/containers/ID/local-logs/container.log.1.gz", true, None, None),
            ("/var/lib/containers/storage/overlay-containers/ID/userdata/ctr.log", true, None, None),
            (
                "/var/log/containers/web-7d4b-x2x9k_shop_nginx-ID.log",
                true,
                Some("nginx"),
                Some(("shop", "web-7d4b-x2x9k")),
            ),
            (
                "/var/log/pods/shop_web-7d4b-x2x9k_1f8b/nginx/0.log",
                false,
                Some("nginx"),
                Some(("shop", "web-7d4b-x2x9k")),
            ),
            (
                "saved/kube-system_etcd.n1_0123456789abcdef0123456789abcdef/etcd/3.log.20261124-024633.gz",
                false,
                Some("etcd"),
                Some(("kube-system", "etcd.n1")),
            ),
        ] {
            let owner = Owner::of(&path.replace("ID", ID)).unwrap_or_default();
            assert_eq!(owner.id.as_deref(), id.then_some(ID), "{path}");
            assert_eq!(owner.name.as_deref(), name, "{path}");
            let got = owner.pod.as_ref().map(|(namespace, pod)| (namespace.as_str(), pod.as_str()));
            assert_eq!(got, pod, "{path}");
        }
    }

    #[test]
    fn other_paths() {
        for path in ["access.log", "a_b_c/x/0.log", "960f13b923ea-json.log", "web_shop_nginx-json.log", ""] {
            assert_eq!(Owner::of(path), None, "{path}");
        }
    }

    #[test]
    fn only_lines_that_do_not_tell_are_completed() {
        let owner = Owner { id: Some(ID.to_owned()), ..Owner::default() };
        for (format, envelope, completed) in [
            ("docker-json-file", vec![], true),
            ("nginx-error", vec!["docker-json-file"], true),
            ("cri", vec![], true),
            ("nginx-error", vec![], false),
            ("cri", vec!["syslog-iso"], false),
        ] {
            let mut record = Record { envelope, ..Record::new(format) };
            owner.complete(&mut record);
            assert_eq!(record.container.is_some(), completed, "{format} {:?}", record.envelope);
        }
    }
}
