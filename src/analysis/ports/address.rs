//! Which sockets are in each other's way (methods, 5.1).

use std::net::IpAddr;

use crate::facts::claim::Protocol;

/// A place where somebody listens, or wants to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) struct Place<'a> {
    /// `None` where only the port is known: any.
    pub(in crate::analysis) address: Option<&'a str>,
    pub(in crate::analysis) port: u16,
    pub(in crate::analysis) protocol: Protocol,
    /// Whether a socket of IPv6 leaves IPv4 alone.
    pub(in crate::analysis) is_v6_only: bool,
}

/// What a socket is bound to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// A name, an address as in a variable, or nothing: it may be anything.
    Unclear,
    One(IpAddr),
}

impl Place<'_> {
    /// Whether both cannot be had at once: the ports and protocols are equal, and either address stands for all of the
    /// other's family, or they are equal. `::` stands for IPv4, too, unless it is known not to.
    pub(in crate::analysis) fn conflicts(&self, other: &Place<'_>) -> bool {
        let same = self.port == other.port && self.protocol == other.protocol;
        same && match (self.bound(), other.bound()) {
            (Bound::One(one), Bound::One(also)) => {
                one == also || self.stands_for(one, also) || other.stands_for(also, one)
            }
            _ => true,
        }
    }

    fn bound(&self) -> Bound {
        match self.address.map(str::trim) {
            Some("localhost") => Bound::One(IpAddr::from([127, 0, 0, 1])),
            Some(text) => text.parse().map_or(Bound::Unclear, |ip: IpAddr| Bound::One(ip.to_canonical())),
            None => Bound::Unclear,
        }
    }

    /// Whether `own` is a wildcard that takes `other`.
    fn stands_for(&self, own: IpAddr, other: IpAddr) -> bool {
        own.is_unspecified() && (own.is_ipv4() == other.is_ipv4() || own.is_ipv6() && !self.is_v6_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way() {
        for (one, other, want) in [
            ("0.0.0.0", "0.0.0.0", true),
            ("0.0.0.0", "127.0.0.1", true),
            ("127.0.0.1", "192.0.2.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("localhost", "127.0.0.1", true),
            ("::", "0.0.0.0", true),
            ("::", "192.0.2.1", true),
            (":: only", "0.0.0.0", false),
            (":: only", "192.0.2.1", false),
            (":: only", "::1", true),
            (":: only", "::", true),
            ("0.0.0.0", "::1", false),
            ("::1", "2001:db8::1", false),
            ("", "127.0.0.1", true),
            ("", "::1", true),
            ("web.example", "192.0.2.1", true),
        ] {
            let place = |text: &'static str| Place {
                address: Some(text.trim_end_matches(" only")).filter(|text| !text.is_empty()),
                port: 80,
                protocol: Protocol::Tcp,
                is_v6_only: text.ends_with(" only"),
            };
            let (one, other) = (place(one), place(other));
            assert_eq!((one.conflicts(&other), other.conflicts(&one)), (want, want), "{one:?} {other:?}");
            assert!(!one.conflicts(&Place { port: 81, ..other }));
            assert!(!one.conflicts(&Place { protocol: Protocol::Udp, ..other }));
        }
    }
}
