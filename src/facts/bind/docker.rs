//! Ports that docker could not publish (`formats/docker.md`, section 4). Address and port are the host's; the service
//! is the container that was to have them, where the line names it.
//!
//! ```text
//! driver failed programming external connectivity on endpoint web (…): Bind for 0.0.0.0:80 failed: port is already allocated
//! ```

use super::failure_of;
use crate::facts::event::Said;
use crate::facts::words::{self, template::tells};
use crate::format::Record;

/// What failed, in all versions of the engine; the end of a longer sentence.
const CAUSES: &[&str] = &[
    "Bind for <socket> failed: <reason>",
    "Bind for <socket>: unexpected error (Failure <reason>)",
    "listen <word> <socket>: bind: <reason>",
    "failed to bind host port for <socket>:<word>/<word>: <reason>",
    "failed to bind host port for <socket>/<word>: <reason>",
    "failed to bind host port <socket>/<word>: <reason>",
    "failed to bind port <socket>/<word>: <reason>",
];

/// Words before the cause that add nothing.
const AROUND: &[&str] = &[
    "Error response from daemon: ",
    "Ports are not available: ",
    "ports are not available: ",
    "error while calling PortManager.AddPort(): ",
    "error while calling RootlessKit PortManager.AddPort(): ",
    "failed to set up container networking: ",
    "failed to start userland proxy for port mapping ",
    "Error starting userland proxy: ",
    "error starting userland proxy: ",
];

/// A line of dockerd.
pub(super) fn failure(record: &Record<'_>) -> Option<Said> {
    let of_port = || sentence(record.message()).or_else(|| record.text_field("error").and_then(sentence));
    own(record).or_else(of_port)
}

/// What the daemon itself was to listen on: `failed to load listeners: listen tcp 0.0.0.0:2375: bind: …`, said on
/// standard error (`cmd/dockerd/daemon.go`, `loadListeners`).
fn own(record: &Record<'_>) -> Option<Said> {
    let text = record.message();
    let text = text.strip_prefix("failed to start daemon: ").unwrap_or(text);
    let cause = text.strip_prefix("failed to load listeners: ")?;
    let service = words::service(record).unwrap_or_else(|| "docker".into());
    failed(cause).map(|said| Said { service: Some(service), ..said })
}

/// What docker's and compose's clients print, wherever it was kept.
pub(super) fn of_client(record: &Record<'_>) -> Option<Said> {
    const CLIENTS: &[&str] = &["docker", "docker-compose", "compose", "dockerd", "containerd"];
    let is_client = record.program.as_deref().is_none_or(|program| CLIENTS.contains(&program));
    let first = record.message().lines().next().unwrap_or_default(); // a hint follows
    let text = first.strip_prefix("docker: ").unwrap_or(first);
    let is_error = text.starts_with("Error response from daemon: ") || text.starts_with("ERROR: for ");
    (is_client && is_error).then(|| sentence(text)).flatten()
}

/// What dockerd says of a port, or its API to a client.
fn sentence(text: &str) -> Option<Said> {
    let text = text.trim_end().trim_end_matches('.');
    if text.contains(", retry: ") {
        return None; // tried again at once
    }
    let (name, cause) = endpoint(text).unwrap_or((None, text));
    let cause = match name {
        Some(_) => cause,
        None => cause
            .split_once("Failed to allocate and map port ")
            .and_then(|(_, rest)| rest.split_once(": "))
            .map_or(cause, |(_, cause)| cause),
    };
    failed(cause).map(|said| Said { service: name.map(str::to_owned), ..said })
}

/// `… on endpoint NAME (64 hex digits): cause`
fn endpoint(text: &str) -> Option<(Option<&str>, &str)> {
    let (_, rest) = text.split_once("driver failed programming external connectivity on endpoint ")?;
    let (name, rest) = rest.split_once(" (")?;
    let (_id, cause) = rest.split_once("): ")?;
    Some((Some(name), cause))
}

fn failed(cause: &str) -> Option<Said> {
    let mut cause = cause;
    while let Some(rest) = AROUND.iter().find_map(|words| cause.strip_prefix(words)) {
        cause = rest;
    }
    // Docker Desktop tells the mapping, RootlessKit what to do, and the proxy's words follow it.
    if (cause.starts_with("exposing port ") || cause.starts_with("cannot expose privileged port "))
        && let Some(at) = cause.rfind(": listen ")
    {
        cause = cause.get(at + 2..)?;
    }
    // A mapping is told before the proxy's own words.
    if let Some((_, rest)) = cause.split_once(": error starting userland proxy: ") {
        cause = rest;
    }
    let told = CAUSES.iter().find_map(|wording| tells(wording, cause))?;
    Some(Said { address: told.socket.address, port: told.socket.port, errno: told.errno, ..failure_of(None) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version() {
        let line = |text: &str| sentence(text).map(|said| (said.service, said.address, said.port, said.errno));
        for (text, service, address, port, errno) in [
            (
                "Failed to allocate and map port 80-80: Bind for 0.0.0.0:80 failed: port is already allocated",
                None,
                "0.0.0.0",
                80,
                "EADDRINUSE",
            ),
            (
                "Handler for POST /v1.41/containers/3260/start returned error: driver failed programming external connectivity on endpoint web2 (ebf4): Bind for :::80 failed: port is already allocated",
                Some("web2"),
                "::",
                80,
                "EADDRINUSE",
            ),
            (
                "docker: Error response from daemon: driver failed programming external connectivity on endpoint web3 (a112): Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use",
                Some("web3"),
                "127.0.0.1",
                80,
                "EADDRINUSE",
            ),
            (
                "Failed to start container 86a7: driver failed programming external connectivity on endpoint c (bcc7): Bind for 127.0.0.1:9980 failed: port is already allocated",
                Some("c"),
                "127.0.0.1",
                9980,
                "EADDRINUSE",
            ),
            (
                "driver failed programming external connectivity on endpoint web (4d1c): failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use",
                Some("web"),
                "0.0.0.0",
                80,
                "EADDRINUSE",
            ),
            ("failed to bind host port [::]:443/tcp: address already in use", None, "::", 443, "EADDRINUSE"),
            (
                "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:80 -> 127.0.0.1:0: listen tcp 0.0.0.0:80: bind: address already in use",
                None,
                "0.0.0.0",
                80,
                "EADDRINUSE",
            ),
            (
                "driver failed programming external connectivity on endpoint web (4d1c): Error starting userland proxy: error while calling PortManager.AddPort(): cannot expose privileged port 80, you can add 'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf (currently 1024), or choose a larger port number (>= 1024): listen tcp 0.0.0.0:80: bind: permission denied",
                Some("web"),
                "0.0.0.0",
                80,
                "EACCES",
            ),
            (
                "driver failed programming external connectivity on endpoint far (4d1c): Error starting userland proxy: listen tcp4 203.0.113.9:8090: bind: cannot assign requested address",
                Some("far"),
                "203.0.113.9",
                8090,
                "EADDRNOTAVAIL",
            ),
        ] {
            let want = (service.map(str::to_owned), Some(address.to_owned()), Some(port), Some(errno));
            assert_eq!(line(text), Some(want), "{text}");
        }
    }

    #[test]
    fn near_misses() {
        for text in [
            "Loading containers: start.",
            "user42: how do I fix \"docker: Error response from daemon: Bind for 0.0.0.0:80 failed: port is already allocated\"?",
            "Failed to allocate and map port: Bind for 0.0.0.0:80 failed: port is already allocated, retry: 1",
        ] {
            assert_eq!(sentence(text), None, "{text}");
        }
    }
}
