//! Names, addresses and time: the servers of DNS, DHCP and NTP.

use super::super::event::Kind::{Crash, Reload, ServiceFailed, ServiceStart, ServiceStop};
use super::{Speaker, bind, head, in_use, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["named", "named-pkcs11", "bind9"],
        heads: &[head::named],
        says: &[
            bind("creating IPv4 interface <word> failed; interface ignored"),
            bind("creating IPv6 interface <word> failed; interface ignored"),
            bind("could not listen on TCP socket: <why>"),
            life(ServiceFailed, "unable to listen on any configured interfaces"),
            life(ServiceFailed, "exiting (due to fatal error)"),
            life(Crash, "exiting (due to assertion failure)"),
            life(ServiceStart, "running"),
            life(ServiceStop, "shutting down"),
            life(Reload, "received SIGHUP signal to reload zones"),
            life(Reload, "received control channel command 'reload'"),
            life(Reload, "received control channel command 'reload <any>'"),
            life(Reload, "received control channel command 'reconfig'"),
            bind("could not listen on UDP socket: <why>"),
            bind("couldn't add command channel <socket>: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &[],
        heads: &[head::none], // what no other program says
        says: &[
            bind("creating IPv4 interface <word> failed; interface ignored"),
            bind("creating IPv6 interface <word> failed; interface ignored"),
            bind("could not listen on UDP socket: <reason>"),
            bind("could not listen on TCP socket: <reason>"),
            bind("couldn't add command channel <socket>: <reason>"),
            life(ServiceFailed, "unable to listen on any configured interfaces"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["dnsmasq", "dnsmasq-dhcp"],
        heads: &[head::none, head::dnsmasq],
        says: &[
            bind("failed to create listening socket for port <port>: <why>"),
            bind("failed to create listening socket for <address>: <why>"),
            bind("failed to create listening socket: <why>"),
            bind("failed to bind listening socket for <address>: <why>"), // up to 2.5x
            bind("failed to bind DHCP server socket: <why>"),
            bind("failed to bind socket: <why>"),
            bind("cannot create DHCP socket: <why>"),
            bind("TFTP: failed to create listening socket for <address>: <why>"),
            life(ServiceFailed, "FAILED to start up"),
            life(ServiceStart, "started, version <word> <any>"),
            life(ServiceStop, "exiting on receipt of SIGTERM"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["unbound"],
        heads: &[head::unbound],
        says: &[
            bind("error: bind: <why>"),
            bind("error: can't bind socket: <why> for <address> port <port>"),
            bind("error: can't bind socket: <why> for <address>"),
            bind("error: can't bind socket: <why>"),
            life(ServiceFailed, "fatal error: <any>"),
            life(ServiceStart, "info: start of service (unbound <any>)."),
            life(ServiceStop, "info: service stopped (unbound <any>)."),
            life(Reload, "notice: Restart of unbound <any>."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-resolved"],
        heads: &[head::none],
        says: &[
            bind("Failed to listen on UDP socket <socket>: <why>"),
            bind("Failed to listen on TCP socket <socket>: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-resolved"],
        heads: &[],
        says: &[bind("Failed to start manager: <reason>")],
        runtime: &[],
    },
    Speaker {
        names: &["gdnsd"],
        heads: &[head::none],
        says: &[
            bind("Failed to bind() TCP DNS socket to <socket>: <why>"),
            bind("Failed to bind() UDP DNS socket to <socket>: <why>"),
            bind("Failed to bind() TCP DNS socket to <socket>"),
            bind("Failed to bind() UDP DNS socket to <socket>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["pdns_server", "pdns*", "pdns-recursor", "dnsdist"],
        heads: &[head::none],
        says: &[
            bind("Unable to bind UDP socket to '<socket>': <why>"),
            bind("Unable to bind TCP socket to '<socket>': <why>"),
            bind("Unable to bind TCP socket <socket>: <why>"),
            bind("binding UDP socket to '<socket>': <reason>"),
            bind("binding UDP socket to '<address>' port <port>: <reason>"),
            bind("binding TCP socket to '<socket>': <reason>"),
            bind("Exception: Resolver binding to server socket on port <port> for <address>: <why>"),
            bind("<lead>Unable to bind to TCP server socket on <socket>: <why>"),
            life(ServiceFailed, "Fatal error: Unable to bind to UDP socket"),
            life(ServiceFailed, "Fatal error: Unable to bind to TCP socket"),
            life(ServiceFailed, "Fatal error: Unable to acquire TCP socket: <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["nsd", "knotd", "knot", "kresd"],
        heads: &[head::nsd, head::none],
        says: &[
            bind("error: can't bind udp socket: <reason>"),
            bind("error: can't bind tcp socket: <reason>"),
            bind("error: can't bind udp socket <socket>: <reason>"),
            bind("error: can't bind tcp socket <socket>: <reason>"),
            bind("can't bind udp socket: <reason>"),
            bind("can't bind tcp socket: <reason>"),
            bind("can't bind udp socket <socket>: <reason>"),
            bind("can't bind tcp socket <socket>: <reason>"),
            bind("<lead>cannot bind address <socket> (<reason>)"),
            bind("<lead>cannot bind address '<socket>' (<reason>)"),
            life(ServiceFailed, "<lead>server initialization failed, nsd could not be started"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["dhcpd", "dhcpd6"],
        heads: &[],
        says: &[bind("Can't bind to dhcp address: <why>"), bind("Can't bind to dhcp address <address>: <why>")],
        runtime: &[],
    },
    Speaker {
        names: &["kea-dhcp4", "kea-dhcp6"],
        heads: &[],
        says: &[
            bind(
                "<any>failed to bind fallback socket to address <address>, port <port>, reason: <why> - is another DHCP server running?",
            ),
            bind("<any>Failed to bind socket <number> to <address>/port=<port>: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["chronyd"],
        heads: &[head::none],
        says: &[
            bind("Could not bind <word> socket to <socket> : <why>"),
            bind("Could not bind <word> NTP socket : <why>"),
            bind("Could not bind <word> command socket : <why>"),
            life(ServiceStop, "chronyd exiting"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["ntpd"],
        heads: &[head::none],
        says: &[
            in_use("unable to bind to wildcard address <address> - another process may be running - EXITING"),
            bind("bind(<number>) <word> <socket> flags <word> failed: <why>"),
            life(ServiceStop, "ntpd exiting on signal 15 (<any>)"),
        ],
        runtime: &[],
    },
];
