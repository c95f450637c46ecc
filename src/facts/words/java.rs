//! Java: the JDK's own words, and those of the servers and frameworks that run on it.

use super::super::event::Kind::{Crash, ServiceFailed, ServiceStart, ServiceStop};
use super::{Wording, bind, in_use, life};

/// `java.net`, netty, Tomcat, Jetty, Undertow, Spring Boot, Kafka, Elasticsearch.
pub(super) const JAVA: &[Wording] = &[
    // ActiveMQ, with the error's own words at the end.
    bind("<lead>Failed to bind to server socket: <socket> due to: java.net.BindException: <why>"),
    bind("<lead>Failed to bind to server socket: <socket>?<any> due to: java.net.BindException: <why>"),
    bind("<lead>java.net.BindException: <reason> <null>:<port>"),
    bind("<lead>java.net.BindException: Port in use: <socket>"), // Hadoop
    bind("<lead>java.net.BindException: Problem binding to [<socket>] java.net.BindException: <why>; <any>"),
    bind("<lead>java.net.BindException: <in-use>: Service '<word>' failed after <any>"), // Spark
    bind("<place>NativeIoException: bind(..) failed: <in-use>"),                         // netty's own transports
    bind("<place>NativeIoException: bind(..) failed with error(-<number>): <in-use>"),
    bind("<lead>java.net.BindException: <in-use>"),
    bind("<lead>java.net.BindException: <reason>: <socket>"),
    bind("<lead>java.net.BindException: <reason> <socket>"),
    bind("Exception in thread \"<any>\" java.net.BindException: <reason> <null>:<port>"),
    bind("Exception in thread \"<any>\" java.net.BindException: <in-use>"),
    bind("<lead>java.io.IOException: Failed to bind to <socket>"),
    bind("<lead>Failed to start connector [Connector[\"<word>-<port>\"]]"),
    bind("<lead>Failed to start connector [Connector[<word>-<port>]]"),
    bind("<lead>Failed to initialize component [Connector[\"<word>-<ip>-<port>\"]]"),
    bind("<lead>Failed to initialize end point associated with ProtocolHandler [\"<word>-<ip>-<port>\"]"),
    bind("<lead>Failed to create server shutdown socket on address [<address>] and port [<port>]<any>"),
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
    in_use("<lead>Port already in use: <port>; nested exception is:<any>"), // RMI and JMX
    in_use(
        "<lead>Error: Exception thrown by the agent : java.rmi.server.ExportException: Port already in use: <port>; nested exception is:<any>",
    ),
    in_use("<lead>Address <socket> is already in use, cannot bind to it."), // Neo4j
    in_use("<place>ConfigurationException: <socket> is in use by another process.  <any>"), // Cassandra
    in_use("<socket> is in use by another process.  <any>"),
    in_use("Port <port> is already being used by another process (pid: <pid>)"), // Solr
    in_use("<lead>Port <port> seems to be in use by another process. Quarkus may already be running <any>"),
    bind("<place>KafkaException: Socket server failed to bind to <socket>: <why>"),
    bind(
        "<place>[Failed to bind to [<any>]]; nested: ChannelException[Failed to bind to: <socket>]; nested: BindException[<why>];",
    ),
    bind("<place>BindHttpException: Failed to bind to [<port>]"),
    bind("<place>BindTransportException: Failed to bind to [<port>]"),
    bind("<place>BindHttpException: Failed to bind to <address>:[<port>]"),
    bind("<place>BindTransportException: Failed to bind to <address>:[<port>]"),
    bind("<place>BindHttpException: Failed to bind to <address>:[<any>]"),
    bind("<place>BindTransportException: Failed to bind to <address>:[<any>]"),
    bind("<place>BindHttpException: Failed to bind to <any>"),
    bind("<place>BindTransportException: Failed to bind to <any>"),
    life(ServiceStart, "<lead>Server startup in [<word>] milliseconds"),
    life(ServiceStart, "<lead>Server startup in <number> ms"),
    life(ServiceStart, "<lead>Tomcat started on port<any>"),
    life(ServiceStart, "<lead>Netty started on port<any>"),
    life(ServiceStart, "<lead>Jetty started on port<any>"),
    life(ServiceStart, "<lead>Undertow started on port<any>"),
    life(ServiceStart, "<lead>Started <word> in <word> seconds (JVM running for <word>)"),
    life(ServiceStart, "<lead>Started <word> in <word> seconds (process running for <word>)"),
    life(ServiceStop, "<lead>Pausing ProtocolHandler [<any>]"),
    life(ServiceStop, "<lead>Stopping service [<any>]"),
    life(ServiceFailed, "APPLICATION FAILED TO START"),
    life(ServiceFailed, "<lead>Application run failed"),
    life(Crash, "# A fatal error has been detected by the Java Runtime Environment:"),
    life(Crash, "Exception in thread \"main\" <any>"),
    life(Crash, "java.lang.OutOfMemoryError: <any>"),
    life(Crash, "<lead>fatal error in thread [<any>], exiting"),
];
