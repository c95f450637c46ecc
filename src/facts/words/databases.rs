//! Databases, caches and queues.

use super::super::event::Kind::{Crash, Reload, Restart, ServiceFailed, ServiceStart, ServiceStop};
use super::runtimes::GO;
use super::{Speaker, bind, head, in_use, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["postgres", "postgresql*", "postmaster"],
        heads: &[head::postgres],
        says: &[
            bind("LOG:  could not bind IPv4 address \"<address>\": <why>"),
            bind("LOG:  could not bind IPv6 address \"<address>\": <why>"),
            bind("LOG:  could not bind Unix address \"<path>\": <why>"),
            bind("LOG:  could not bind IPv4 socket: <why>"),
            bind("LOG:  could not bind IPv6 socket: <why>"),
            bind("LOG:  could not bind Unix socket: <why>"),
            bind("FATAL:  failed to bind a socket: \"<path>\""), // pgpool
            life(ServiceFailed, "FATAL:  could not create any TCP/IP sockets"),
            life(ServiceFailed, "FATAL:  could not create any Unix-domain sockets"),
            life(ServiceStart, "LOG:  database system is ready to accept connections"),
            life(ServiceStart, "LOG:  database system is ready to accept read-only connections"),
            life(ServiceStart, "LOG:  database system is ready to accept read only connections"), // up to 13
            life(ServiceStop, "LOG:  received fast shutdown request"),
            life(ServiceStop, "LOG:  received smart shutdown request"),
            life(ServiceStop, "LOG:  received immediate shutdown request"),
            life(Reload, "LOG:  received SIGHUP, reloading configuration files"),
            life(Restart, "LOG:  all server processes terminated; reinitializing"),
            life(Crash, "LOG:  <any> process (PID <pid>) was terminated by signal <signal>: <any>"),
            life(Crash, "LOG:  <any> process (PID <pid>) was terminated by signal <signal>"),
            life(Crash, "LOG:  background worker \"<any>\" (PID <pid>) was terminated by signal <signal>: <any>"),
            life(Crash, "LOG:  client backend (PID <pid>) was terminated by signal <signal>: <any>"), // from 18 on
            life(Crash, "LOG:  server process (PID <pid>) exited with exit code <code>"),
            life(Crash, "LOG:  client backend (PID <pid>) exited with exit code <code>"),
            life(Crash, "LOG:  startup process (PID <pid>) exited with exit code <code>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["mariadbd", "mysqld", "mariadb*", "mysql*"],
        heads: &[head::mysql],
        says: &[
            bind("Can't start server: Bind on TCP/IP port. Got error: <errno>: <any>"),
            bind("Can't start server: Bind on TCP/IP port: <why>"),
            bind("Can't start server : Bind on unix socket: <why>"),
            bind("Can't start server: Bind on unix socket: <why>"),
            bind(
                "Plugin mysqlx reported: 'Setup of bind-address: '<address>' port: <port> failed, `bind()` failed with error: <why>. <any>",
            ),
            bind("Setup of bind-address: '<address>' port: <port> failed, `bind()` failed with error: <why>. <any>"),
            life(ServiceFailed, "Aborting"),
            life(ServiceStart, "<word>: ready for connections."),
            life(ServiceStart, "<word>: ready for connections. Version: <any>"),
            life(ServiceStop, "<word> (initiated by: <any>): Normal shutdown"),
            life(ServiceStop, "<word>: Normal shutdown"),
            life(ServiceStop, "Received SHUTDOWN from user <any>"),
            life(Crash, "mariadbd got signal <signal> ;"),
            life(Crash, "mysqld got signal <signal> ;"),
            life(Crash, "<word>/mariadbd got signal <signal> ;"), // 10.5 and later with a path
            life(Crash, "<word>/mysqld got signal <signal> ;"),
            life(Crash, "<any> UTC - mysqld got signal <signal> ;"), // MySQL from 5.6 on, with a stamp of its own
        ],
        runtime: &[],
    },
    Speaker {
        names: &["redis*", "valkey*"],
        heads: &[head::redis],
        says: &[
            bind("Warning: Could not create server TCP listening socket <socket>: bind: <why>"), // fatal, unless marked with -
            bind("Could not create server TCP listening socket <socket>: bind: <why>"),
            bind("Creating Server TCP listening socket <socket>: bind: <why>"),
            bind("Opening port <port>: bind: <why>"), // 2.4
            bind("Opening Unix socket: bind: <why>"),
            bind("Failed opening Unix socket: bind: <why>"), // from 7.2 on
            life(ServiceFailed, "Failed listening on port <port> (<word>), aborting."),
            life(ServiceFailed, "Failed listening on port <port>, aborting."),
            life(ServiceFailed, "Configured to not listen anywhere, exiting."),
            life(ServiceStart, "Ready to accept connections"),
            life(ServiceStart, "Ready to accept connections <word>"),
            life(ServiceStart, "The server is now ready to accept connections on port <port>"),
            life(ServiceStart, "The server is now ready to accept connections at <path>"),
            life(ServiceStop, "User requested shutdown..."),
            life(Crash, "Redis <word> crashed by signal: <signal>, <any>"),
            life(Crash, "Redis <word> crashed by signal: <signal>"),
            life(Crash, "    Redis <word> crashed by signal: <signal>"), // up to 5
            life(Crash, "Valkey <word> crashed by signal: <signal>, <any>"),
            life(Crash, "valkey <word> crashed by signal: <signal>, <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["mongod", "mongos", "mongodb"],
        heads: &[head::mongodb, head::none], // JSON is read as the text of 4.2
        says: &[
            bind("[<word>] Failed to set up listener: SocketException: <why>"),
            bind("[<word>] Error setting up listener: SocketException: <why>"),
            bind("[<word>] listen(): bind() failed errno:<errno> <any> for socket: <socket>"),
            bind("[<word>] ERROR: listen(): bind() failed errno:<errno> <any> for socket: <socket>"), // 2.4
            bind("[<word>] listen(): bind() failed <why> for socket: <socket>"),                      // 3.4
            life(ServiceFailed, "[<word>] shutting down with code:48"),
            life(ServiceFailed, "[<word>] Shutting down with code:48"),
            life(ServiceStart, "[<word>] Waiting for connections"),
            life(ServiceStart, "[<word>] waiting for connections on port <any>"),
            life(ServiceStop, "[SignalHandler] Received signal: Terminated"),
            life(ServiceStop, "[SignalHandler] Received signal: Interrupt"),
            life(ServiceStop, "[SignalHandler] Received signal"),
            life(ServiceStop, "[signalProcessingThread] got signal <number> <any>"),
            life(Crash, "[<word>] Got signal: <signal> <any>"),
            life(Crash, "[<word>] Got signal: <signal> (<any>)."),
            life(Crash, "[<word>] *** aborting after <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["memcached"],
        heads: &[head::none],
        says: &[
            bind("failed to listen on TCP port <port>: <why>"),
            bind("failed to listen on UDP port <port>: <why>"),
            bind("failed to listen on one of interface(s) <address>: <any>"), // its error is not that of bind()
            bind("bind(): <reason>"),
            life(ServiceStop, "Exiting normally"), // up to 1.5
            life(ServiceStop, "Signal handled: <any>."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["rabbitmq*", "beam.smp"],
        heads: &[head::rabbitmq],
        says: &[
            life(ServiceStart, "Server startup complete; <any> plugins started."),
            life(ServiceStop, "RabbitMQ is asked to stop..."),
            life(ServiceStop, "SIGTERM received - shutting down"),
            life(ServiceFailed, "BOOT FAILED"),
            life(Crash, "Kernel pid terminated <any>"),
        ],
        runtime: super::runtimes::TABLES,
    },
    Speaker {
        names: &[],
        heads: &[head::none], // what means the same in any other mouth
        says: &[
            life(ServiceFailed, "BOOT FAILED"),
            life(Crash, "Kernel pid terminated (application_controller) <any>"),
            life(Crash, "<lead>UTC - mysqld got signal <signal> ;"),
            life(ServiceStart, "ready to serve client requests"),
            life(ServiceStop, "received signal; shutting down"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["kafka*"],
        heads: &[head::log4j],
        says: &[
            life(ServiceStart, "[KafkaServer id=<number>] started<any>"),
            life(ServiceStart, "[KafkaRaftServer nodeId=<number>] Kafka Server started<any>"),
            life(ServiceStop, "[BrokerServer id=<number>] Transition from STARTED to SHUTTING_DOWN<any>"),
            life(ServiceStart, "[Kafka Server <number>], started<any>"),
            life(ServiceStop, "[KafkaServer id=<number>] shutting down<any>"),
            life(ServiceStop, "[Kafka Server <number>], shutting down<any>"),
            life(
                ServiceFailed,
                "[KafkaServer id=<number>] Fatal error during KafkaServer startup. Prepare to shutdown<any>",
            ),
            life(
                ServiceFailed,
                "[Kafka Server <number>], Fatal error during KafkaServer startup. Prepare to shutdown<any>",
            ),
        ],
        runtime: super::runtimes::TABLES,
    },
    Speaker {
        names: &["elasticsearch", "opensearch"],
        heads: &[head::elasticsearch],
        says: &[life(ServiceStart, "started"), life(ServiceStart, "started {<any>"), life(ServiceStop, "stopping ...")],
        runtime: super::runtimes::TABLES,
    },
    Speaker {
        names: &["elasticsearch", "opensearch"],
        heads: &[head::none], // in JSON, with the logger before the words
        says: &[
            life(ServiceStart, "o.e.n.Node: started"),
            life(ServiceStart, "o.e.n.Node: started {<any>"),
            life(ServiceStop, "o.e.n.Node: stopping ..."),
            life(ServiceStart, "org.elasticsearch.node.Node: started"),
            life(ServiceStart, "org.elasticsearch.node.Node: started {<any>"),
            life(ServiceStop, "org.elasticsearch.node.Node: stopping ..."),
            life(ServiceStart, "o.o.n.Node: started"),
            life(ServiceStop, "o.o.n.Node: stopping ..."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["etcd"],
        heads: &[head::etcd],
        says: &[
            life(ServiceStart, "ready to serve client requests"),
            life(ServiceStop, "received signal; shutting down"),
            life(ServiceStop, "received terminated signal, shutting down..."),
            life(ServiceStop, "received interrupt signal, shutting down..."),
            life(ServiceFailed, "fatal: <any>"),
        ],
        runtime: &[GO],
    },
    Speaker {
        names: &["pgbouncer"],
        heads: &[head::pgbouncer],
        says: &[
            bind("WARNING cannot listen on <socket>: bind(): <why>"),
            life(ServiceFailed, "FATAL nowhere to listen on"),
            life(ServiceStart, "LOG process up: <any>"),
            life(ServiceStop, "LOG got SIGTERM, <any>"),
            life(ServiceStop, "LOG got SIGINT, <any>"),
            life(Reload, "LOG got SIGHUP, re-reading config"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["clickhouse*"],
        heads: &[head::clickhouse],
        says: &[
            bind(
                "Application: Listen [<address>]:<port> failed: Poco::Exception. Code: 1000, e.code() = <errno>, <any>",
            ),
            bind(
                "Application: DB::Exception: Listen [<address>]:<port> failed: Poco::Exception. Code: 1000, e.code() = <errno>, <any>",
            ),
            life(ServiceStart, "Application: Ready for connections."),
            life(ServiceStop, "Application: Received termination signal (<any>)"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["proxysql"],
        heads: &[head::none],
        says: &[bind("<lead>network.cpp:<number>:listen_on_port(): [ERROR] bind(): <why>")],
        runtime: &[],
    },
    Speaker {
        names: &["couchdb", "beam"],
        heads: &[],
        says: &[in_use("Failure to start Mochiweb: eaddrinuse")],
        runtime: super::runtimes::TABLES,
    },
];
