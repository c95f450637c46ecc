//! Who listens where: what servers say of themselves, and what commands gave a container.

use super::event;
use crate::format::Record;

/// How a claim is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The service said so itself.
    OwnLine,
    /// A container was told to publish the port.
    Published,
}

/// Somebody listens on a port, or will when it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// Service or container.
    pub holder: String,
    #[allow(missing_docs)]
    pub image: Option<String>,
    /// As bound; `None` where only the port is told.
    pub address: Option<String>,
    #[allow(missing_docs)]
    pub port: u16,
    #[allow(missing_docs)]
    pub how: How,
}

/// The claims that a record makes.
pub fn claims(record: &Record<'_>) -> Vec<Claim> {
    if record.is_traffic {
        return Vec::new();
    }
    match record.format {
        "sudo" => record.text_field("COMMAND").map(published).unwrap_or_default(),
        _ => own_line(record).into_iter().collect(),
    }
}

/// Readiness lines that name the socket (`formats/lifecycle.md`, section 2).
fn own_line(record: &Record<'_>) -> Option<Claim> {
    const WORDS: [&str; 6] = [
        "Server listening on ",
        "Listening at: ",
        "Uvicorn running on ",
        "* Listening on ",
        "Now listening on: ",
        "Running on ",
    ];
    let message = record.message();
    let place = message.find("Listening at: ").map_or(message, |at| &message[at..]);
    let place = WORDS.iter().find_map(|words| place.trim_start().strip_prefix(words))?;
    let (address, port) = socket(place)?;
    let holder = event::service_name(record)?;
    Some(Claim { holder, image: None, address, port, how: How::OwnLine })
}

/// `0.0.0.0 port 22.`, `http://127.0.0.1:8000 (100)`, `[::]:80`
fn socket(text: &str) -> Option<(Option<String>, u16)> {
    let word = text.split_whitespace().next()?;
    if let Some((address, rest)) = text.split_once(" port ") {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        return Some((Some(address.into()), digits.parse().ok()?));
    }
    let place = word.split_once("://").map_or(word, |(_, place)| place).trim_end_matches('/');
    let (address, port) = place.rsplit_once(':')?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Some(((!address.is_empty()).then(|| address.into()), port.parse().ok()?))
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
    let claim = |(address, port)| Claim { holder: name.into(), image: None, address, port, how: How::Published };
    ports.map(claim).collect()
}

/// The host's side of `80:3000`, `127.0.0.1:80:3000/tcp`.
fn host_side(mapping: &str) -> Option<(Option<String>, u16)> {
    let (host, _inside) = mapping.rsplit_once(':')?;
    match host.rsplit_once(':') {
        Some((address, port)) => Some((Some(address.trim_matches(['[', ']']).into()), port.parse().ok()?)),
        None => Some((None, host.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn sockets() {
        assert_eq!(socket("0.0.0.0 port 22."), Some((Some("0.0.0.0".into()), 22)));
        assert_eq!(socket("http://127.0.0.1:8000 (100)"), Some((Some("127.0.0.1".into()), 8000)));
        assert_eq!(socket("http://[::]:5000"), Some((Some("::".into()), 5000)));
        assert_eq!(socket("/run/docker.sock"), None);
    }
}
