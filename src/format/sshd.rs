//! Lines of OpenSSH's server, from `auth.c` (`auth_log`), `packet.c` and `sshd.c`. The tag is `sshd`; from 9.8 on also
//! `sshd-session`, from 10.0 on `sshd-auth`.
//!
//! ```text
//! Accepted publickey for anna from 10.21.0.2 port 45853 ssh2: ED25519 SHA256:xvN12kDuFxBcgIhy8z6qiMSyanBk+DVPvnCUUlA3NYc
//! Failed password for invalid user admin from 203.0.113.5 port 4022 ssh2
//! Connection closed by authenticating user root 203.0.113.5 port 40022 [preauth]
//! ```
//!
//! The name of the user is the client's text, blanks included, so the peer is sought behind it, from the right.

use super::{Record, Text};

/// Whether a program of this name is OpenSSH's server.
pub fn writes_as(program: &str) -> bool {
    matches!(program, "sshd" | "sshd-session" | "sshd-auth")
}

/// One line, with the user and the peer that it names.
pub fn message(text: &str) -> Option<Record<'_>> {
    let text = text.trim_start_matches(' ');
    let mut record = Record { message: Some(Text::Borrowed(text)), ..Record::new("sshd") };
    if let Some((user, peer)) = user_and_peer(text) {
        record.user = user.filter(|user| !user.is_empty()).map(Text::Borrowed);
        record.client = Some(Text::Borrowed(peer.address));
        record.client_port = peer.port;
    }
    Some(record)
}

struct Peer<'a> {
    address: &'a str,
    port: Option<u16>,
}

fn user_and_peer(text: &str) -> Option<(Option<&str>, Peer<'_>)> {
    if let Some(rest) = user_first(text) {
        let (user, peer) = peer_at_end(rest)?;
        let user = user.strip_suffix(" from").unwrap_or(user);
        return Some((Some(user), peer));
    }
    const BEFORE_PEER: &[&str] = &[
        "Received disconnect from ",
        "Connection from ",
        "Connection closed by ",
        "Connection reset by ",
        "Disconnected from ",
        "Did not receive identification string from ",
        "Unable to negotiate with ",
    ];
    let rest = BEFORE_PEER.iter().find_map(|before| text.strip_prefix(before))?;
    peer_at_start(rest).map(|peer| (None, peer))
}

/// What follows where the user is named first.
fn user_first(text: &str) -> Option<&str> {
    const BEFORE_USER: &[&str] = &[
        "Invalid user ",
        "Disconnected from user ",
        "Disconnected from authenticating user ",
        "Disconnected from invalid user ",
        "Connection closed by authenticating user ",
        "Connection closed by invalid user ",
        "Connection reset by authenticating user ",
        "Connection reset by invalid user ",
    ];
    if let Some(rest) = BEFORE_USER.iter().find_map(|before| text.strip_prefix(before)) {
        return Some(rest);
    }
    // `Accepted METHOD for `, where the method is one word
    let rest = ["Accepted ", "Failed ", "Postponed ", "Partial "].iter().find_map(|verb| text.strip_prefix(verb))?;
    let rest = rest.split_once(' ')?.1.strip_prefix("for ")?;
    Some(rest.strip_prefix("invalid user ").unwrap_or(rest))
}

/// `10.21.0.2 port 45853:11: disconnected by user`, `203.0.113.5`
fn peer_at_start(text: &str) -> Option<Peer<'_>> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let port = rest.strip_prefix("port ").and_then(leading_port);
    // `10.0.2.2: 11: disconnected by user` of old versions
    address(if port.is_none() { word.trim_end_matches(':') } else { word }).map(|address| Peer { address, port })
}

/// `anna from 10.21.0.2 port 45853 ssh2`: what stands before the last peer, and the peer.
fn peer_at_end(text: &str) -> Option<(&str, Peer<'_>)> {
    let Some((head, tail)) = text.rsplit_once(" port ") else {
        // `Invalid user admin from 203.0.113.5` of old versions
        let (user, last) = text.rsplit_once(" from ")?;
        return Some((user, Peer { address: address(last)?, port: None }));
    };
    let (user, last) = head.rsplit_once(' ').unwrap_or(("", head));
    Some((user, Peer { address: address(last)?, port: leading_port(tail) }))
}

fn leading_port(text: &str) -> Option<u16> {
    text.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// `UNKNOWN` stands where the peer is gone already.
fn address(word: &str) -> Option<&str> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".:%-_".contains(&byte);
    (!word.is_empty() && word != "UNKNOWN" && word.bytes().all(is_letter)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_peer() {
        for (line, user, client, port) in [
            (
                "Accepted publickey for anna from 10.21.0.2 port 45853 ssh2: ED25519 SHA256:xvN1",
                "anna",
                "10.21.0.2",
                45853,
            ),
            ("Accepted password for plaso from 2001:0db8::1 port 42532  ssh2", "plaso", "2001:0db8::1", 42532),
            ("Failed password for root from 188.124.3.41 port 32889 ssh2", "root", "188.124.3.41", 32889),
            (
                "Failed password for invalid user nginx.service: Failed with result from 203.0.113.5 port 4022 ssh2",
                "nginx.service: Failed with result",
                "203.0.113.5",
                4022,
            ),
            (
                "Invalid user x from 1.2.3.4 port 5 from 203.0.113.5 port 4023",
                "x from 1.2.3.4 port 5",
                "203.0.113.5",
                4023,
            ),
            ("Disconnected from user deploy 10.21.0.2 port 35235", "deploy", "10.21.0.2", 35235),
            ("Connection closed by authenticating user root 203.0.113.5 port 9 [preauth]", "root", "203.0.113.5", 9),
            (" Accepted keyboard-interactive/pam for a from ::1 port 1 ssh2", "a", "::1", 1),
        ] {
            let record = message(line).unwrap_or_default();
            let got = (record.user.as_deref(), record.client.as_deref(), record.client_port);
            assert_eq!(got, (Some(user), Some(client), Some(port)), "{line}");
        }
    }

    #[test]
    fn reads_a_peer_without_user() {
        for (line, client, port) in [
            ("Connection closed by 203.0.113.5 port 40022 [preauth]", "203.0.113.5", Some(40022)),
            ("Received disconnect from 10.0.2.2: 11: disconnected by user", "10.0.2.2", None),
            ("Received disconnect from 10.21.0.2 port 45853:11: from 1.2.3.4 port 5", "10.21.0.2", Some(45853)),
            ("Connection from 188.124.3.41 port 32889", "188.124.3.41", Some(32889)),
        ] {
            let record = message(line).unwrap_or_default();
            assert_eq!(
                (record.client.as_deref(), record.client_port, record.user),
                (Some(client), port, None),
                "{line}"
            );
        }
    }

    #[test]
    fn leaves_other_text_as_it_is() {
        for line in [
            "Server listening on 0.0.0.0 port 22.",
            "pam_unix(sshd:session): session opened for user anna(uid=1001) by (uid=0)",
            "last message repeated 2 times",
            "Accepted ",
            "Invalid user  from ",
        ] {
            let record = message(line).unwrap_or_default();
            assert_eq!((record.message(), &record.client, &record.user), (line, &None, &None), "{line}");
        }
    }
}
