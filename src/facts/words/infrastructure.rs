//! What a host needs besides: names, mail, remote shells, directories, monitoring, containers' tools.

use super::super::event::Kind::{Crash, Reload, ServiceFailed, ServiceStart, ServiceStop};
use super::runtimes::GO;
use super::{Speaker, bind, head, in_use, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["sshd"],
        heads: &[head::none],
        says: &[
            bind("error: Bind to port <port> on <address> failed: <why>"),
            bind("Bind to port <port> on <address> failed: <why>"),
            life(ServiceFailed, "fatal: Cannot bind any address."),
            life(ServiceFailed, "Cannot bind any address."),
            life(ServiceStart, "Server listening on <address> port <port>."),
            life(ServiceStop, "Received signal <number>; terminating."),
            life(Reload, "Received SIGHUP; restarting."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["vsftpd"],
        heads: &[head::none],
        says: &[
            bind("500 OOPS: could not bind listening IPv4 socket"),
            bind("500 OOPS: could not bind listening IPv6 socket"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["postfix/master", "master"],
        heads: &[],
        says: &[
            bind("fatal: bind <address> port <port>: <why>"),
            life(ServiceStart, "daemon started -- version <any>"),
            life(ServiceStop, "terminating on signal 15"),
            life(Reload, "reload -- version <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["dovecot"],
        heads: &[head::none],
        says: &[
            bind("master: Error: service(<word>): listen(<address>, <port>) failed: <why>"),
            bind("Error: service(<word>): listen(<address>, <port>) failed: <why>"),
            life(ServiceFailed, "master: Fatal: Failed to start listeners"),
            life(ServiceFailed, "Fatal: Failed to start listeners"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["named", "named-pkcs11", "bind9"],
        heads: &[head::named],
        says: &[
            bind("creating IPv4 interface <word> failed; interface ignored"),
            bind("creating IPv6 interface <word> failed; interface ignored"),
            bind("could not listen on UDP socket: <why>"),
            bind("could not listen on TCP socket: <why>"),
            life(ServiceFailed, "unable to listen on any configured interfaces"),
            life(ServiceFailed, "exiting (due to fatal error)"),
            life(Crash, "exiting (due to assertion failure)"),
            life(ServiceStart, "running"),
            life(ServiceStop, "shutting down"),
            life(Reload, "received SIGHUP signal to reload zones"),
            life(Reload, "received control channel command 'reload'"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["dnsmasq", "dnsmasq-dhcp"],
        heads: &[head::none, head::dnsmasq],
        says: &[
            bind("failed to create listening socket for port <port>: <why>"),
            bind("failed to create listening socket for <address>: <why>"),
            bind("failed to bind DHCP server socket: <why>"),
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
            life(ServiceFailed, "fatal error: <any>"),
            life(ServiceStart, "info: start of service (unbound <any>)."),
            life(ServiceStop, "info: service stopped (unbound <any>)."),
            life(Reload, "notice: Restart of unbound <any>."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-resolved"],
        heads: &[],
        says: &[
            bind("Failed to listen on UDP socket <socket>: <why>"),
            bind("Failed to listen on TCP socket <socket>: <why>"),
            bind("Failed to start manager: <reason>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["gdnsd"],
        heads: &[],
        says: &[
            bind("Failed to bind() TCP DNS socket to <socket>: <why>"),
            bind("Failed to bind() UDP DNS socket to <socket>: <why>"),
            bind("Failed to bind() TCP DNS socket to <socket>"),
            bind("Failed to bind() UDP DNS socket to <socket>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-socket-activate"],
        heads: &[],
        says: &[bind("Failed to listen on <socket>: <why>")],
        runtime: &[],
    },
    Speaker {
        names: &["cupsd", "cups"],
        heads: &[head::cups],
        says: &[bind("Unable to open listen socket for address <socket> - <why>")],
        runtime: &[],
    },
    Speaker {
        names: &["syslog-ng"],
        heads: &[],
        says: &[
            bind("Error binding socket; addr='AF_INET(<socket>)', error='<why>'"),
            bind("Error binding socket; addr='AF_INET6(<socket>)', error='<why>'"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["mosquitto"],
        heads: &[head::mosquitto],
        says: &[
            bind("Error: <in-use>"),
            life(ServiceStart, "mosquitto version <word> running"),
            life(ServiceStop, "mosquitto version <word> terminating"),
            life(ServiceStop, "mosquitto version <word> terminated"),
            life(Reload, "Reloading config."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["nats-server", "gnatsd", "nats"],
        heads: &[head::nats],
        says: &[
            bind("Error listening on port: <socket>, \"listen <any>: bind: <reason>\""),
            life(ServiceStart, "Server is ready"),
            life(ServiceStop, "Initiating Shutdown..."),
            life(Reload, "Reloaded server configuration"),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["slapd"],
        heads: &[head::slapd],
        says: &[life(ServiceStart, "slapd starting"), life(ServiceStop, "slapd stopped.")],
        runtime: &[],
    },
    Speaker {
        names: &["prometheus*", "alertmanager"],
        heads: &[head::none],
        says: &[
            life(ServiceStart, "Server is ready to receive web requests."),
            life(ServiceStop, "Received SIGTERM, exiting gracefully..."),
            life(ServiceStop, "Received an OS signal, exiting gracefully..."),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["podman", "rootlessport", "conmon"],
        heads: &[head::none],
        says: &[
            bind(
                "<any>rootlessport cannot expose privileged port <number>, <any>: listen tcp <socket>: bind: <reason>",
            ),
            bind("failed to expose ports via rootlessport: \"listen tcp <socket>: bind: <reason>\n\""),
            bind("failed to expose ports via rootlessport: \"listen tcp <socket>: bind: <reason>\""),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["zookeeper"],
        heads: &[],
        says: &[life(ServiceStart, "<lead>binding to port <any>")],
        runtime: super::runtimes::TABLES,
    },
    Speaker {
        names: &["supervisord", "supervisor"],
        heads: &[head::none],
        says: &[in_use(
            "Error: Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.",
        )],
        runtime: &[],
    },
];
