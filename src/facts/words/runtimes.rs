//! Languages, their runtimes, and the application servers written in them.
//!
//! What a language's own library prints may come from any program ([`TABLES`]). There the words must be distinct enough
//! to stand without a name, and nothing that a client sent may come before them.

use super::super::event::Kind::{Crash, Reload, ResourceLimit, Restart, ServiceFailed, ServiceStart, ServiceStop};
use super::{Speaker, Wording, bind, bind_because, head, in_use, life};

/// The words that any program may use.
pub(super) const TABLES: &[&[Wording]] = &[BARE, GO, NODE, PYTHON, RUBY, JAVA, DOTNET, RUST, ERLANG, PERL];

/// The error alone, as the whole line or behind the one word that languages put before it.
const BARE: &[Wording] = &[
    bind("<in-use>"),
    bind("Error: <in-use>"),
    bind("RuntimeError: <in-use>"),
    bind("panic: <in-use>"),
    bind("fatal: <in-use>"),
];

/// `net/net.go`, `OpError.Error`, behind the words of all who passed it on. `dial tcp …: connect: …` is outgoing.
pub(super) const GO: &[Wording] = &[
    bind("<lead>listen tcp <socket>: bind: <reason>"),
    bind("<lead>listen tcp4 <socket>: bind: <reason>"),
    bind("<lead>listen tcp6 <socket>: bind: <reason>"),
    bind("<lead>listen udp <socket>: bind: <reason>"),
    bind("<lead>listen udp4 <socket>: bind: <reason>"),
    bind("<lead>listen udp6 <socket>: bind: <reason>"),
    bind("<lead>listen unix <path>: bind: <reason>"),
    life(Crash, "panic: <any>"),
];

/// `lib/net.js`, `lib/dgram.js`; Bun and Deno. The object that Node prints behind a stack repeats the error.
const NODE: &[Wording] = &[
    bind("<lead>listen EADDRINUSE: <reason> <socket>"),
    bind("<lead>listen EACCES: <reason> <socket>"),
    bind("<lead>listen EADDRNOTAVAIL: <reason> <socket>"),
    bind("<lead>listen <reason> <socket>"), // before 12
    bind("<lead>bind <reason> <socket>"),   // UDP
    in_use("EADDRINUSE: Failed to start server. Is port <port> in use?"),
    in_use("error: Failed to start server. Is port <port> in use?"),
    bind("error: Failed to start server"),
    bind("error: Uncaught AddrInUse: <reason>"),
    bind("error: Uncaught (in promise) AddrInUse: <reason>"),
    life(Crash, "FATAL ERROR: <any> - JavaScript heap out of memory"),
];

/// `socket`, `asyncio`, and the servers of the standard library.
const PYTHON: &[Wording] = &[
    bind("<lead>[Errno <number>] error while attempting to bind on address <socket>: <why>"),
    bind("OSError: <in-use>"),
    bind("socket.error: <in-use>"),
    in_use("Error: That port is already in use."),
    bind_because("EACCES", "Error: You don't have permission to access that port."),
    bind_because("EADDRNOTAVAIL", "Error: That IP address can't be assigned to."),
    in_use(
        "Port <port> is in use by another program. Either identify and stop that program, or start the server with a different port.",
    ),
];

/// `TCPServer`, WEBrick, puma, thin, unicorn: `binder.rb:341:in `initialize': Address already in use - bind(2) for …`.
const RUBY: &[Wording] = &[
    bind("<place>: <reason> - bind(2) for \"<address>\" port <port> (Errno::<word>)"),
    bind("<place>: <reason> - bind(2) for \"<address>\" port <port>"),
    bind("<place>: <reason> - bind(2) for <socket> (Errno::<word>)"),
    bind("<reason> - bind(2) for \"<address>\" port <port> (Errno::<word>)"),
    bind("<reason> - bind(2) for \"<address>\" port <port>"),
];

/// `java.net`, netty, Tomcat, Jetty, Undertow, Spring Boot, Kafka, Elasticsearch.
const JAVA: &[Wording] = &[
    bind("<lead>java.net.BindException: <reason> <null>:<port>"),
    bind("<lead>java.net.BindException: <in-use>"),
    bind("<lead>java.net.BindException: <reason>: <socket>"),
    bind("<lead>java.net.BindException: <reason> <socket>"),
    bind("Exception in thread \"<any>\" java.net.BindException: <reason> <null>:<port>"),
    bind("Exception in thread \"<any>\" java.net.BindException: <in-use>"),
    bind("<lead>java.io.IOException: Failed to bind to <socket>"),
    bind("<lead>Failed to initialize component [Connector[\"<word>-<port>\"]]"),
    bind("<lead>Failed to initialize component [Connector[<word>-<port>]]"),
    bind("<lead>Failed to initialize connector [Connector[<word>-<port>]]"),
    bind("<lead>Failed to initialize end point associated with ProtocolHandler [\"<word>-<port>\"]"),
    bind("<lead>StandardServer.await: create[<socket>]:<any>"),
    bind("<any>WFLYCTL0080: Failed services\" => {\"<word>\" => \"<reason> <socket>\"<any>"),
    bind("<lead>MSC000001: Failed to start service <word>: <any>Could not start '<word>' listener<any>"),
    bind("<lead>MSC000001: Failed to start service <word>: <any>Could not start <word> listener<any>"),
    in_use("<lead>Web server failed to start. Port <port> was already in use."),
    in_use("<lead>Embedded servlet container failed to start. Port <port> was already in use."),
    bind(
        "<lead>The Tomcat connector configured to listen on port <port> failed to start. The port may already be in use or the connector may be misconfigured.",
    ),
    in_use("<place>PortInUseException: Port <port> is already in use"),
    bind("<place>KafkaException: Socket server failed to bind to <socket>: <why>"),
    bind(
        "<place>[Failed to bind to [<any>]]; nested: ChannelException[Failed to bind to: <socket>]; nested: BindException[<why>];",
    ),
    bind("<place>BindHttpException: Failed to bind to [<port>]"),
    bind("<place>BindTransportException: Failed to bind to [<port>]"),
    bind("<place>BindHttpException: Failed to bind to <any>"),
    bind("<place>BindTransportException: Failed to bind to <any>"),
    life(ServiceStart, "<lead>Server startup in [<word>] milliseconds"),
    life(ServiceStart, "<lead>Server startup in <number> ms"),
    life(ServiceStart, "<lead>Tomcat started on port(s): <any>"),
    life(ServiceStart, "<lead>Tomcat started on port <any> with context path <any>"),
    life(ServiceStart, "<lead>Started <word> in <word> seconds (JVM running for <word>)"),
    life(ServiceStart, "<lead>Started <word> in <word> seconds (process running for <word>)"),
    life(ServiceStop, "<lead>Pausing ProtocolHandler [<any>]"),
    life(ServiceStop, "<lead>Stopping service [<any>]"),
    life(ServiceFailed, "APPLICATION FAILED TO START"),
    life(ServiceFailed, "<lead>Application run failed"),
    life(Crash, "Exception in thread \"main\" <any>"),
    life(Crash, "java.lang.OutOfMemoryError: <any>"),
    life(Crash, "<lead>fatal error in thread [<any>], exiting"),
];

/// Kestrel of ASP.NET.
const DOTNET: &[Wording] = &[
    bind("<lead>Failed to bind to address <socket>: <why>"),
    bind("<lead>Failed to bind to address <socket> on the IPv<number> loopback interface: port <why>"),
    bind("<lead>Microsoft.AspNetCore.Connections.AddressInUseException: <in-use>"),
    life(ServiceStart, "Now listening on: <any>"),
    life(ServiceStart, "Application started. Press Ctrl+C to shut down."),
    life(ServiceStop, "Application is shutting down..."),
    life(ServiceFailed, "Hosting failed to start"),
    life(ServiceFailed, "Unable to start Kestrel."),
    life(Crash, "Unhandled exception. <any>"),
];

/// `std::io::Error`, hyper, actix, Rocket.
const RUST: &[Wording] = &[
    bind("<lead>Os { code: <number>, kind: AddrInUse, message: \"<reason>\" }"),
    bind("<lead>error creating server listener: <reason>"),
    bind("<lead>Can not bind to address"),
    bind("<lead>Rocket failed to bind network socket to given address/port."),
    life(Crash, "thread 'main' panicked at <any>"),
    life(Crash, "thread 'main' (<number>) panicked at <any>"),
];

/// Ranch, cowboy and Phoenix, RabbitMQ.
const ERLANG: &[Wording] = &[
    bind("<lead>Failed to start Ranch listener {acceptor,{<erlang-ip>},<port>} in <any> for reason <reason> (<any>)"),
    bind(
        "<lead>Failed to start Ranch listener <any>([{port,<port>},{ip,{<erlang-ip>}}<any> for reason <reason> (<any>)",
    ),
    bind("<lead>Failed to start Ranch listener <any>{port,<port>}<any> for reason <reason> (<any>)"),
    bind("<lead>Failed to start Ranch listener <any> for reason <reason> (<any>)"),
    bind("<place>{could_not_start_listener,\"<address>\",<port>,<reason>}<any>"),
    bind("<place>{listen_error,<word>,<reason>}<any>"),
    in_use("<lead>ERROR: distribution port <port> in use by another node: <any>"),
    in_use("<lead>Running <word> with cowboy <any> at <socket> (<word>) failed, port already in use"),
    in_use("<lead>Running <word> with cowboy <any> on <socket> failed, port already in use"),
];

/// `IO::Socket`, whose error text programs print behind words of their own.
const PERL: &[Wording] = &[
    bind("<place>port <port>: IO::Socket::INET: <in-use>"),
    bind("<place>IO::Socket::INET: <in-use>"),
    bind("<place>IO::Socket::IP: <in-use>"),
];

/// Application servers, which have names of their own.
pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["gunicorn*"],
        heads: &[head::gunicorn],
        says: &[
            in_use("Connection in use: <socket>"),
            bind("connection to <socket> failed: <why>"), // a bind, in spite of its name
            bind_because("EADDRNOTAVAIL", "Invalid address: <socket>"),
            life(ServiceFailed, "Can't connect to <socket>"),
            life(ServiceFailed, "Reason: Worker failed to boot."),
            life(ServiceStart, "Listening at: <any> (<number>)"),
            life(ServiceStart, "Running on <any> (CTRL + C to quit)"), // hypercorn
            life(ServiceStop, "Shutting down: Master"),
            life(Reload, "Handling signal: hup"),
            life(Crash, "Worker (pid:<pid>) was sent <deadly>!"),
            life(Crash, "Worker (pid:<pid>) was sent <deadly>! Perhaps out of memory?"),
            life(Crash, "Worker (pid:<pid>) exited with code <code>."),
            life(Crash, "Worker (pid:<pid>) exited with code <code>"),
            life(Crash, "Worker with pid <pid> was terminated due to signal <deadly>"),
            life(Crash, "WORKER TIMEOUT (pid:<pid>)"),
        ],
        runtime: &[PYTHON, BARE],
    },
    Speaker {
        names: &["hypercorn"],
        heads: &[head::gunicorn],
        says: &[life(ServiceStart, "Running on <any> (CTRL + C to quit)")],
        runtime: &[PYTHON, BARE],
    },
    Speaker {
        names: &["uvicorn"],
        heads: &[head::uvicorn],
        says: &[
            bind("<in-use>"),
            life(ServiceStart, "Uvicorn running on <any>"),
            life(ServiceStop, "Stopping parent process [<pid>]"),
            life(ServiceStop, "Shutting down"),
            life(Reload, "Received SIGHUP, restarting processes."),
            life(Crash, "Child process [<pid>] died"),
            life(ServiceFailed, "Application startup failed. Exiting."),
        ],
        runtime: &[PYTHON, BARE],
    },
    Speaker {
        names: &["uwsgi*"],
        heads: &[head::none],
        says: &[
            bind("bind(): <why> [core/socket.c line <number>]"),
            life(ServiceStart, "spawned uWSGI master process (pid: <pid>)"),
            life(ServiceStart, "spawned uWSGI worker <number> (and the only)<any>"),
            life(ServiceStop, "SIGINT/SIGTERM received...killing workers..."),
            life(Reload, "...gracefully killing workers..."),
            life(Crash, "DAMN ! worker <number> (pid: <pid>) died, killed by signal <signal> :( trying respawn ..."),
            life(Crash, "DAMN ! worker <number> (pid: <pid>) died :( trying respawn ..."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["unicorn*"],
        heads: &[head::ruby],
        says: &[bind("adding listener failed addr=<socket> (<reason>)")],
        runtime: &[RUBY],
    },
    Speaker {
        names: &["puma"],
        heads: &[head::none, head::puma],
        says: &[
            life(ServiceStart, "* Listening on <socket>"),
            life(ServiceStart, "* Inherited <socket>"), // after an exec of itself
            life(ServiceStop, "- Gracefully stopping, waiting for requests to finish"),
            life(ServiceStop, "- Gracefully shutting down workers..."),
            life(Restart, "* Restarting..."),
            life(Reload, "- Starting phased worker restart, phase: <number>"),
        ],
        runtime: &[RUBY],
    },
    Speaker {
        names: &["php-fpm*", "php*-fpm"],
        heads: &[head::php_fpm],
        says: &[
            bind("ERROR: unable to bind listening socket for address '<socket>': <why>"),
            in_use("ERROR: Another FPM instance seems to already listen on <path>"),
            life(ServiceFailed, "ERROR: FPM initialization failed"),
            life(ServiceStart, "NOTICE: ready to handle connections"),
            life(ServiceStop, "NOTICE: Terminating ..."),
            life(ServiceStop, "NOTICE: Finishing ..."),
            life(Reload, "NOTICE: Reloading in progress ..."),
            life(Crash, "WARNING: [pool <word>] child <pid> exited on signal <deadly> (<any>) after <any>"),
            life(Crash, "WARNING: [pool <word>] child <pid> exited with code <code> after <any>"),
            life(
                ResourceLimit,
                "WARNING: [pool <word>] server reached pm.max_children setting (<number>), consider raising it",
            ),
            life(
                ResourceLimit,
                "WARNING: [pool <word>] server reached max_children setting (<number>), consider raising it",
            ),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["php"],
        heads: &[head::php_server, head::none],
        says: &[
            bind("Failed to listen on <socket> (reason: <why>)"),
            life(ServiceStart, "PHP <word> Development Server (<any>) started"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["node", "nodejs"],
        heads: &[head::none],
        says: &[life(Crash, "Node.js v<word>")], // the last line of an uncaught error
        runtime: &[NODE],
    },
];
