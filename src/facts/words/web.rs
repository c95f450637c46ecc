//! Web servers and proxies. nginx, Apache and HAProxy have formats of their own; what stands here of nginx and Apache is
//! for output without a name.

use super::super::event::Kind::{Crash, Reload, ServiceFailed, ServiceStart, ServiceStop};
use super::runtimes::GO;
use super::{Speaker, bind, head, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &[],
        heads: &[head::nginx],
        says: &[
            bind("bind() to <socket> failed (<errno>: <any>)"),
            bind("listen() to <socket>, backlog <any> failed (<errno>: <any>)"),
            life(ServiceFailed, "still could not bind()"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &[],
        heads: &[head::none],
        says: &[
            bind("(<errno>)<any>: AH00072: make_sock: could not bind to address <socket>"),
            life(ServiceFailed, "no listening sockets available, shutting down"),
            life(ServiceFailed, "AH00015: Unable to open logs"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["caddy"],
        heads: &[head::none],
        says: &[
            life(ServiceStart, "serving initial configuration"),
            life(ServiceStop, "shutting down apps, then terminating"),
            life(Reload, "admin.api: load complete"),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["caddy"],
        heads: &[head::caddy],
        says: &[
            life(ServiceStart, "serving initial configuration"),
            life(ServiceStop, "shutting down apps, then terminating"),
            life(Reload, "admin.api\tload complete"),
        ],
        runtime: &[],
    },
    Speaker { names: &["traefik"], heads: &[], says: &[], runtime: &[GO] },
    Speaker {
        names: &["envoy", "istio-proxy", "pilot-agent"],
        heads: &[head::envoy],
        says: &[
            bind("error initializing configuration '<any>': cannot bind '<socket>': <why>"),
            bind("listener '<any>' failed to bind or apply socket options: cannot bind '<socket>': <why>"),
            bind("listener '<any>' failed to listen on address '<socket>' on worker"),
            bind("<any>rejected: Error adding/updating listener(s) <any>: cannot bind '<socket>': <why>"),
            bind("cannot bind '<socket>': <why>"),
            life(ServiceStart, "all dependencies initialized. starting workers"),
            life(ServiceStop, "caught SIGTERM"),
            life(ServiceStop, "caught ENVOY_SIGTERM"),
            life(Crash, "Caught Segmentation fault, suspect faulting address <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["lighttpd"],
        heads: &[head::lighttpd],
        says: &[
            bind("can't bind to socket: <socket>: <why>"),
            bind("can't bind to socket: <socket> <reason>"), // before 1.4.50
            bind("can't bind to port:  <port> <why>"),
            bind("can't bind to port: <port> <why>"),
            bind("can't bind to port: <address> <port> <why>"),
            bind("bind() <socket>: <why>"), // from 1.4.74 on
            bind("listen() <socket>: <why>"),
            life(ServiceStart, "server started (<any>)"),
            life(ServiceStart, "server started"),
            life(ServiceStop, "server stopped by UID = <number> PID = <number>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["varnishd", "varnish"],
        heads: &[head::none],
        says: &[
            bind("Error: Could not get socket <socket>: <why>"),
            life(ServiceStart, "Child launched OK"),
            life(ServiceStop, "Info: manager dies"),
            life(Crash, "Error: Child (<pid>) died signal=<deadly>"),
            life(Crash, "Error: Child (<pid>) died signal=<deadly> (core dumped)"),
            life(Crash, "Child (<pid>) died signal=<deadly>"),
            life(Crash, "Child (<pid>) died signal=<deadly> (core dumped)"),
            life(Crash, "Child (<pid>) not responding to CLI, killed it."),
            life(Crash, "Child (<pid>) Panic at: <any>"),
            life(Crash, "Error: Child (<pid>) Panic at: <any>"),
            life(Crash, "Child not responding to CLI, killed it."),
            life(Crash, "Error: Child (<pid>) not responding to CLI, killed it."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["squid", "squid3", "(squid-1)"],
        heads: &[head::squid],
        says: &[
            bind("commBind Cannot bind socket FD <number> to <socket>: (<errno>) <any>"),
            bind("commBind: Cannot bind socket FD <number> to <socket>: (<errno>) <any>"),
            life(ServiceFailed, "FATAL: Unable to open <word> Socket"),
            life(ServiceFailed, "FATAL: Cannot open <word> Port"),
            life(ServiceStart, "Accepting HTTP Socket connections at <any>"),
            life(ServiceStart, "Accepting HTTP connections at <any>"),
            life(ServiceStop, "Squid Cache (Version <any>): Exiting normally."),
            life(Reload, "Reconfiguring Squid Cache (version <any>)..."),
            life(Crash, "FATAL: Received Segment Violation...dying."),
            life(Crash, "Squid Parent: <word> process <pid> exited with status <code>"),
            life(Crash, "Squid Parent: <word> process <pid> exited due to signal <deadly> with status <number>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &[],
        heads: &[head::none], // before its log is open
        says: &[
            life(Crash, "FATAL: Received Segment Violation...dying."),
            life(ServiceFailed, "FATAL: Unable to open HTTP Socket"),
            life(ServiceFailed, "FATAL: Cannot open HTTP Port"),
            life(Crash, "Squid Parent: <word> process <pid> exited with status <code>"),
            life(Crash, "Squid Parent: <word> process <pid> exited due to signal <deadly> with status <number>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["stunnel", "stunnel4", "stunnel5"],
        heads: &[head::stunnel],
        says: &[
            bind("Binding service [<any>] to <socket>: <why>"),
            bind("Error binding service [<any>] to <socket>"), // 5.0 to 5.46, its error on a line of its own
            life(ServiceFailed, "Binding service [<any>] failed"),
            life(ServiceStart, "Configuration successful"),
            life(ServiceStop, "Terminated"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["tinyproxy"],
        heads: &[head::tinyproxy],
        says: &[
            bind("Could not create listening sockets."),
            life(ServiceStart, "Starting main loop. Accepting connections."),
            life(ServiceStop, "Shutting down."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &[],
        heads: &[head::none], // before its log is open
        says: &[bind("Could not create listening sockets.")],
        runtime: &[],
    },
    Speaker {
        names: &["socat"],
        heads: &[head::socat],
        says: &[
            bind("bind(<number>, {AF=2 <socket>}, <number>): <why>"),
            bind("bind(<number>, {AF=10 <socket>}, <number>): <why>"),
            bind("bind(<number>, {AF=1 \"<path>\"}, <number>): <why>"),
            bind("bind(<number>, {LEN=<number> AF=<number> <socket>}, <number>): <why>"), // BSD
            bind("bind(<number>, {LEN=<number> AF=1 \"<path>\"}, <number>): <why>"),
        ],
        runtime: &[],
    },
];
