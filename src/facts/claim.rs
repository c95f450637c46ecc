//! Who listens where: what servers say of themselves, what their configurations and tables of sockets say of them, and
//! what commands gave a container.

mod configured;
mod own_line;
mod table;

use crate::format::{Record, Value};

/// How a claim is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The service said so itself.
    OwnLine,
    /// A container was told to publish the port.
    Published,
    /// The service's configuration says that it would listen.
    Configured,
    /// A saved table of sockets names the process.
    Table,
}

/// A port is one of TCP or of UDP; neither is in the other's way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
}

/// Somebody listens on a port, or will when it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// Service or container; in a table the program, as far as the table prints it.
    pub holder: String,
    #[allow(missing_docs)]
    pub image: Option<String>,
    /// As bound; `None` where only the port is told.
    pub address: Option<String>,
    #[allow(missing_docs)]
    pub port: u16,
    #[allow(missing_docs)]
    pub how: How,
    #[allow(missing_docs)]
    pub protocol: Protocol,
    /// Whether a socket of IPv6 leaves IPv4 alone; `false` where that is not known.
    pub is_v6_only: bool,
    /// The process that listens, where told.
    pub pid: Option<i64>,
}

impl Claim {
    /// A claim of a port on any address.
    pub fn of(holder: String, port: u16, how: How, protocol: Protocol) -> Claim {
        Claim { holder, image: None, address: None, port, how, protocol, is_v6_only: false, pid: None }
    }
}

/// The claims that a record makes.
pub fn claims(record: &Record<'_>) -> Vec<Claim> {
    if record.is_traffic {
        return Vec::new();
    }
    match record.format {
        "sudo" => record.text_field("COMMAND").map(published).unwrap_or_default(),
        "docker-ps" | "docker-inspect" | "compose-file" => of_container(record),
        "ss" | "netstat" | "lsof" => table::claim(record).into_iter().collect(),
        format if format.ends_with("-config") => configured::claims(record),
        _ => own_line::claim(record).into_iter().collect(),
    }
}

/// The published ports of `docker run -d --name web -p 80:3000 shop/web:1.4`, by docker's or podman's client.
fn published(command: &str) -> Vec<Claim> {
    let mut words = command.split_whitespace();
    let is_client =
        words.next().is_some_and(|path| matches!(path.rsplit('/').next(), Some("docker" | "podman" | "nerdctl")));
    let mut words: Vec<&str> = words.collect();
    if words.first() == Some(&"container") {
        words.remove(0);
    }
    if !is_client || !matches!(words.first(), Some(&("run" | "create"))) {
        return Vec::new();
    }
    let value = |names: [&str; 2], index: usize| {
        let word = words[index];
        let joined = names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='));
        joined.or_else(|| names.contains(&word).then(|| words.get(index + 1).copied()).flatten())
    };
    let name = (0..words.len()).find_map(|index| value(["--name", "--name"], index));
    let Some(name) = name else { return Vec::new() };
    let ports = (0..words.len()).filter_map(|index| value(["-p", "--publish"], index)).filter_map(host_side);
    let claim = |(address, port, protocol)| Claim { address, ..Claim::of(name.into(), port, How::Published, protocol) };
    ports.map(claim).collect()
}

/// The host's side of `80:3000`, `127.0.0.1:80:3000/tcp`.
fn host_side(mapping: &str) -> Option<(Option<String>, u16, Protocol)> {
    let (host, inside) = mapping.rsplit_once(':')?;
    let protocol = protocol(inside);
    match host.rsplit_once(':') {
        Some((address, port)) => Some((Some(address.trim_matches(['[', ']']).into()), port.parse().ok()?, protocol)),
        None => Some((None, host.parse().ok()?, protocol)),
    }
}

/// `53/udp`; TCP goes without saying.
fn protocol(ports: &str) -> Protocol {
    if ports.trim_end_matches(['"', '\'', ' ']).ends_with("/udp") { Protocol::Udp } else { Protocol::Tcp }
}

/// What a container publishes, or wants to, by `docker ps`, `docker inspect` or its compose file.
fn of_container(record: &Record<'_>) -> Vec<Claim> {
    const FIELDS: [&str; 4] = ["PORTS", "Ports", "HostConfig.PortBindings", "ports"];
    let container = record.container.as_ref();
    let name = record.text_field("container_name").or(container.and_then(|container| container.name.as_deref()));
    let Some(name) = name else { return Vec::new() };
    let image = container.and_then(|container| container.image.as_deref()).map(str::to_owned);
    let fields = record.fields.iter().filter(|(field, _)| FIELDS.contains(&field.as_ref()));
    let mappings: Vec<&str> = fields
        .flat_map(|(_, value)| match value {
            Value::Text(text) => text.split(", ").collect(),
            Value::List(texts) => texts.iter().map(|text| text.as_ref()).collect(),
            Value::Number(_) => Vec::new(),
        })
        .collect();
    let ports = mappings.into_iter().flat_map(mapping);
    let claim = |(address, port, protocol)| Claim {
        image: image.clone(),
        address,
        ..Claim::of(name.into(), port, How::Published, protocol)
    };
    ports.map(claim).collect()
}

/// Most ports of one range: a wider one is of a program that takes any.
const RANGE_PORTS: u16 = 64;

/// The host's side of `0.0.0.0:8000-8002->8000-8002/tcp` and `[::]:80->80/tcp` of docker, of `127.0.0.1:8080:80`,
/// `8000-8002:80-82` and `target: 80, published: "8080", host_ip: 127.0.0.1` of compose. Ports that are only exposed
/// have none.
fn mapping(text: &str) -> Vec<(Option<String>, u16, Protocol)> {
    let text = text.trim_matches(['{', '}', ' ']);
    let is_udp = text.split(',').any(|pair| pair.trim().trim_end_matches(['"', '\'']) == "protocol: udp");
    let protocol = if is_udp { Protocol::Udp } else { protocol(text) };
    let (address, ports) = if text.contains("target:") {
        let value = |name: &str| {
            let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
            pairs
                .into_iter()
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim().trim_matches(['"', '\'']))
        };
        (value("host_ip"), value("published"))
    } else {
        let host = text.split_once("->").map(|(host, _)| host).or_else(|| Some(text.rsplit_once(':')?.0));
        match host.and_then(|host| host.rsplit_once(':')) {
            Some((address, ports)) => (Some(address), Some(ports)),
            None => (None, host),
        }
    };
    let Some(ports) = ports else { return Vec::new() };
    let address = address.map(|address| address.trim_matches(['[', ']'])).filter(|address| !address.is_empty());
    range(ports).map(|port| (address.map(str::to_owned), port, protocol)).collect()
}

/// `80`, `8000-8010`
fn range(ports: &str) -> std::ops::RangeInclusive<u16> {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) => first..=last.min(first.saturating_add(RANGE_PORTS)),
        #[allow(clippy::reversed_empty_ranges)] // none
        _ => 1..=0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_tables_and_files() {
        for (text, address, ports) in [
            ("0.0.0.0:80->80/tcp", Some("0.0.0.0"), vec![80]),
            ("[::]:80->80/tcp", Some("::"), vec![80]),
            (":::80->80/tcp", Some("::"), vec![80]),
            ("80->80/tcp", None, vec![80]),
            ("0.0.0.0:8000-8002->8000-8002/tcp", Some("0.0.0.0"), vec![8000, 8001, 8002]),
            ("6379/tcp", None, vec![]),
            ("8080:80", None, vec![8080]),
            ("127.0.0.1:8080:80", Some("127.0.0.1"), vec![8080]),
            ("[::1]:8080:80", Some("::1"), vec![8080]),
            ("8000-8001:80-81", None, vec![8000, 8001]),
            ("53:53/udp", None, vec![53]),
            ("80", None, vec![]),
            ("${PORT:-80}:80", None, vec![]),
            ("target: 80, published: \"8080\", host_ip: 127.0.0.1", Some("127.0.0.1"), vec![8080]),
            ("target: 53, published: 53, protocol: udp", None, vec![53]),
            ("{target: 80, mode: host}", None, vec![]),
        ] {
            let is_udp = text.contains("udp");
            let protocol = if is_udp { Protocol::Udp } else { Protocol::Tcp };
            let want: Vec<_> = ports.into_iter().map(|port| (address.map(str::to_owned), port, protocol)).collect();
            assert_eq!(mapping(text), want, "{text}");
        }
    }

    #[test]
    fn ports_that_a_container_publishes() {
        let ports =
            |command| published(command).into_iter().map(|claim| (claim.holder, claim.port)).collect::<Vec<_>>();
        let web = |port| ("web".to_owned(), port);
        assert_eq!(ports("/usr/bin/docker run -d --name web --restart always -p 80:3000 shop:1"), [web(80)]);
        assert_eq!(ports("/usr/bin/docker run --name=web --publish=127.0.0.1:80:80 -p 443:443 x"), [web(80), web(443)]);
        assert_eq!(ports("/usr/bin/docker ps -p 80:80 --name web"), []);
        assert_eq!(ports("/usr/bin/docker run -p 80:80 nameless"), []);
    }
}
