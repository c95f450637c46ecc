//! What a host needs besides: remote shells, files, directories, monitoring, telephony, containers' tools.

use super::super::event::Kind::{Reload, ServiceFailed, ServiceStart, ServiceStop};
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
        names: &["systemd-socket-activate"],
        heads: &[],
        says: &[bind("Failed to listen on <socket>: <why>")],
        runtime: &[],
    },
    Speaker {
        names: &["cupsd", "cups"],
        heads: &[head::cups, head::none],
        says: &[
            bind("Unable to open listen socket for address <socket> - <why>"),
            bind("Unable to bind socket for address <socket> - <why>"), // up to 1.5
        ],
        runtime: &[],
    },
    Speaker {
        names: &["syslog-ng"],
        heads: &[head::syslog_ng, head::none],
        says: &[
            bind("Error binding socket; addr='AF_UNIX(<path>)', error='<why>'"),
            bind("Error binding socket; addr='AF_INET(<socket>)', error='<why>', <any>"),
            bind("Error binding socket; addr='AF_INET(<socket>)', error='<why>'"),
            bind("Error binding socket; addr='AF_INET6(<socket>)', error='<why>'"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["mosquitto"],
        heads: &[head::mosquitto, head::mosquitto_iso],
        says: &[
            bind("Error: <reason>"),
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
            bind("Error listening on router port: <socket> - listen <any>: bind: <reason>"),
            life(ServiceStart, "Server is ready"),
            life(ServiceStop, "Initiating Shutdown..."),
            life(Reload, "Reloaded server configuration"),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["slapd"],
        heads: &[head::slapd, head::none],
        says: &[
            bind("daemon: bind(<number>) failed errno=<errno> (<any>)"),
            life(ServiceStart, "slapd starting"),
            life(ServiceStop, "slapd stopped."),
        ],
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
            bind(
                "Error: unable to start container <word>: cannot listen on the <word> port: listen <word> <socket>: bind: <reason>",
            ),
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
        says: &[
            in_use(
                "Error: Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.",
            ),
            bind("Error: Cannot open an HTTP server: socket.error reported errno.<why> (<number>)"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["snmpd"],
        heads: &[head::none],
        says: &[
            bind("Error opening specified endpoint \"<word>:<socket>\""),
            bind("Error opening specified endpoint \"<port>\""),
            bind("Error opening specified endpoint \"<any>\""),
            life(ServiceStop, "Received TERM signal (15). Shutting down..."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["rsyncd", "rsync"],
        heads: &[],
        says: &[
            bind("bind() failed: <why> (address-family <number>)"),
            bind("rsync: bind() failed: <why> (address-family <number>)"),
            bind("rsync: [Receiver] bind() failed: <why> (address-family <number>)"),
            life(ServiceFailed, "unable to bind any inbound sockets on port <port>"),
            life(ServiceStart, "rsyncd version <any> starting, listening on port <port>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["smbd", "nmbd", "winbindd"],
        heads: &[],
        says: &[
            bind("<lead>bind failed on port <port> socket_addr = <address>."),
            bind("<lead>bind failed on port <port> socket_addr = <address>. Error = <why>"),
            bind("<lead>open_socket_in failed: <why>"),
            bind("<lead>smbd_open_once_socket: open_socket_in: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["openvpn*", "ovpn-*"],
        heads: &[head::none],
        says: &[
            bind("<lead>Socket bind failed on local address [AF_INET][undef]:<port>: <why>"),
            bind("<lead>Socket bind failed on local address [AF_INET6][undef]:<port>: <why>"),
            bind("<lead>Socket bind failed on local address [AF_INET]<socket>: <why>"),
            bind("<lead>Socket bind failed on local address [AF_INET6]<socket>: <why>"),
            bind("<lead>Socket bind failed on local address [undef]:<port>: <why>"), // up to 2.2
            bind("<lead>Socket bind failed on local address <socket>: <why>"),
            life(ServiceStart, "<lead>Initialization Sequence Completed"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["openvpn*", "ovpn-*"],
        heads: &[],
        says: &[life(ServiceFailed, "<lead>Exiting due to fatal error")],
        runtime: &[],
    },
    Speaker {
        names: &["charon", "charon-systemd", "ipsec"],
        heads: &[],
        says: &[bind("<lead>unable to bind socket: <why>"), life(ServiceFailed, "<lead>could not create any sockets")],
        runtime: &[],
    },
    Speaker {
        names: &["radiusd", "freeradius"],
        heads: &[head::radius, head::none],
        says: &[
            bind("Failed binding to <word> address <address> port <port> bound to server <word>: <why>"),
            bind("Failed binding to <word> address <address> port <port>: <why>"),
            bind("<place>: Error binding to port for <address> port <port>"),
            life(ServiceStart, "Ready to process requests"),
            life(ServiceStart, "Ready to process requests."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["asterisk"],
        heads: &[head::asterisk],
        says: &[
            bind("<word>: Failed to bind to <socket>: <why>"),
            bind("<word>: Unable to bind <any> to <socket>: <why>"),
            bind("<word> in <word>: Failed to bind to <socket>: <why>"),
            bind("<word> in <word>: Unable to bind <any> to <socket>: <why>"),
            bind("<word> in <word>: Transport '<word>' could not be started: <reason>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["zabbix*"],
        heads: &[head::zabbix],
        says: &[
            bind("listener failed: bind() for [[-]:<port>] failed: <why>"),
            bind("listener failed: bind() for [[<address>]:<port>] failed: <why>"),
            bind("listener failed: <any> unable to serve on any address [[-]:<port>]"),
            bind("listener failed: <any> unable to serve on any address [[<address>]:<port>]"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["icinga2"],
        heads: &[head::icinga],
        says: &[
            bind("critical/ApiListener: Cannot bind TCP socket for host '<address>' on port '<port>': bind: <why>"),
            bind("critical/ApiListener: Cannot bind TCP socket for host '<address>' on port '<port>'."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["nrpe"],
        heads: &[],
        says: &[
            bind("Bind to port <port> on <address> failed: <why>"),
            bind("Network server bind failure (<errno>: <any>)"),
            life(ServiceFailed, "Cannot bind to any address."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["munin-node"],
        heads: &[],
        says: &[bind("<lead>Can't connect to TCP port <port> on <address> [<reason>]")], // Net::Server binds so
        runtime: super::runtimes::TABLES,
    },
    Speaker {
        names: &["xinetd", "inetd"],
        heads: &[],
        says: &[
            bind("bind failed (<why> (errno = <errno>)). service = <name>"),
            bind("bind failed (<why>). service = <name>"),
            bind("<name>/tcp: bind: <why>"),
            bind("<name>/udp: bind: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["rpcbind", "in.tftpd", "spawn-fcgi", "transmission-daemon", "git-daemon"],
        heads: &[],
        says: &[
            bind("cannot bind <word>: <why>"),
            bind("cannot bind to local <word> socket: <why>"),
            bind("spawn-fcgi: bind failed: <why>"),
            bind("<lead>Couldn't bind port <port> on <address>: <reason>"),
            in_use(
                "<lead>Couldn't bind port <port> on <address>: Address already in use (Is another copy of Transmission already running?)",
            ),
            bind("Could not bind to <address>: <why>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["mpd"],
        heads: &[],
        says: &[
            bind("<lead>bind to '<socket>' failed: <why>"), // `continuing anyway` where another address serves
            bind("<lead>Failed to bind to '<socket>': <why>"),
            bind("<lead>Failed to listen on <socket>: <why>"),
        ],
        runtime: &[],
    },
];
