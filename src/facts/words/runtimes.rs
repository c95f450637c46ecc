//! Languages and their runtimes.
//!
//! What a language's own library prints may come from any program ([`TABLES`]). There the words must be distinct enough
//! to stand without a name, and nothing that a client sent may come before them.

use super::super::event::Kind::{Crash, ServiceFailed, ServiceStart, ServiceStop};
use super::java::JAVA;
use super::{Wording, bind, bind_because, in_use, life};

/// The words that any program may use.
pub(super) const TABLES: &[&[Wording]] =
    &[BARE, PLAIN, GO, NODE, PYTHON, RUBY, PHP, JAVA, DOTNET, RUST, ERLANG, PERL, OTHERS];

/// The error alone, as the whole line or behind the one word that languages put before it.
pub(super) const BARE: &[Wording] = &[
    bind("<in-use>"),
    bind("Error: <in-use>"),
    bind("RuntimeError: <in-use>"),
    bind("panic: <in-use>"),
    bind("fatal: <in-use>"),
];

/// What programs of any language say of a socket that they name. Outgoing connections bind, too, but to no port that
/// is told.
const PLAIN: &[Wording] = &[
    bind("<lead>failed to bind <socket>: <reason>"),
    bind("<lead>failed to bind to <socket>: <reason>"),
    bind("<lead>failed to bind to address <socket>: <reason>"),
    bind("<lead>failed to listen on <socket>: <reason>"),
    bind("<lead>Failed to bind <socket>: <reason>"),
    bind("<lead>Failed to bind to <socket>: <reason>"),
    bind("<lead>Failed to bind to address <socket>: <reason>"),
    bind("<lead>Failed to listen on <socket>: <reason>"),
    bind("<lead>could not bind <socket>: <reason>"),
    bind("<lead>could not bind to <socket>: <reason>"),
    bind("<lead>Could not bind <socket>: <reason>"),
    bind("<lead>Could not bind to <socket>: <reason>"),
    bind("<lead>cannot bind <socket>: <reason>"),
    bind("<lead>cannot bind to <socket>: <reason>"),
    bind("<lead>Cannot bind <socket>: <reason>"),
    bind("<lead>Cannot bind to <socket>: <reason>"),
    bind("<lead>unable to bind to <socket>: <reason>"),
    bind("<lead>Unable to bind to <socket>: <reason>"),
    bind("<lead>error binding to <socket>: <reason>"),
    bind("<lead>Error binding to <socket>: <reason>"),
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
    bind("<lead>listen unixgram <path>: bind: <reason>"),
    bind("<lead>listen sctp <socket>: bind: <reason>"),
    life(Crash, "panic: <any>"),
    life(Crash, "fatal error: all goroutines are asleep - deadlock!"),
    life(Crash, "fatal error: concurrent map <any>"),
    life(Crash, "fatal error: runtime: out of memory"),
    life(Crash, "fatal error: stack overflow"),
];

/// `lib/net.js`, `lib/dgram.js`; Bun, Deno and the servers for development. The object that Node prints behind a stack repeats the error.
pub(super) const NODE: &[Wording] = &[
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
    bind("error: AddrInUse: <reason>"),
    in_use("Error: Port <port> is already in use"),
    in_use("Error: Port <port> is already in use."),
    in_use("Port <port> is already in use. Use '--port' to specify a different port."),
    life(Crash, "FATAL ERROR: <any> - JavaScript heap out of memory"),
    life(Crash, "Node.js v<version>"), // the last line of an uncaught error, alone
];

/// `socket`, `asyncio`, and the servers of the standard library.
pub(super) const PYTHON: &[Wording] = &[
    bind("<lead>[Errno <number>] error while attempting to bind on address <socket>: <why>"),
    bind("<place>:[Errno <number>] error while attempting to bind on address <socket>: <why>"), // behind `ERROR:root:`
    bind("OSError: <in-use>"),
    bind("socket.error: <in-use>"),
    in_use("Error: That port is already in use."),
    bind_because("EACCES", "Error: You don't have permission to access that port."),
    bind_because("EADDRNOTAVAIL", "Error: That IP address can't be assigned to."),
    in_use(
        "Port <port> is in use by another program. Either identify and stop that program, or start the server with a different port.",
    ),
    bind("<lead>CannotListenError: Couldn't listen on any:<port>: <why>."), // Twisted
    bind("<place>CannotListenError: Couldn't listen on any:<port>: <why>."),
    bind("<place>CannotListenError: Couldn't listen on <socket>: <why>."),
    in_use("OSError: Port <port> not free on '<address>'"), // CherryPy
    in_use("portend.PortNotFree: Port <address> is in use on <port>."),
    in_use("portend.Timeout: Port <port> not free on <address>."),
    in_use("RuntimeError: Could not bind to <socket> after trying for <number> seconds"), // eventlet in OpenStack
    in_use("<lead>ERROR: the Jupyter server could not be started because port <port> is not available."),
    in_use("<lead>ERROR: the notebook server could not be started because port <port> is not available."),
    in_use("ERROR: TensorBoard could not bind to port <port>, it was already in use"),
];

/// `TCPServer`, WEBrick, puma, thin, unicorn: `binder.rb:341:in `initialize': Address already in use - bind(2) for …`.
pub(super) const RUBY: &[Wording] = &[
    bind("<place>: <reason> - bind(2) for \"<address>\" port <port> (Errno::<word>)"),
    bind("<place>: <reason> - bind(2) for \"<address>\" port <port>"),
    bind("<place>: <reason> - bind(2) for <socket> (Errno::<word>)"),
    bind("<reason> - bind(2) for \"<address>\" port <port> (Errno::<word>)"),
    bind("<reason> - bind(2) for \"<address>\" port <port>"),
    bind("<reason> - bind(2) for <socket> (Errno::<word>)"),
    bind("<lead>TCPServer Error: <reason> - bind(2) for \"<address>\" port <port>"), // WEBrick
    bind("<lead>TCPServer Error: <reason> - bind(2) for <socket>"),
    bind("<lead>TCPServer Error: <reason> - bind(2)"),
    bind("<place>: <reason> - bind(2) (Errno::<word>)"), // Ruby 1.8 to 2.0
    bind("<place>: <reason> - bind - bind(2) (Errno::<word>)"),
    bind("<place>: no acceptor (port is in use or requires root privileges) (RuntimeError)"), // EventMachine: thin
    in_use(
        "The address <socket> is already in use by another process, perhaps another Phusion Passenger Standalone instance.",
    ),
];

/// `main/network.c`, `main/streams/xp_socket.c` and the servers that use them.
const PHP: &[Wording] = &[
    bind("<lead>Failed to listen on <socket> (reason: <why>)"),
    bind("<lead>stream_socket_server(): Unable to connect to <socket> (<reason>)<any>"),
    bind("<lead>stream_socket_server(): unable to connect to <socket> (<reason>)<any>"),
    bind("<lead>Failed to listen on \"<socket>\": <reason>"), // ReactPHP
    bind("<lead>failed to listen server port[<socket>], Error: <why>[<number>]"), // Swoole
    bind("<lead>failed to listen server port[<socket>], Error: <why>[<number>] in <any>"),
];

/// Kestrel of ASP.NET (`CoreStrings.resx`), and `System.Net.Sockets`.
const DOTNET: &[Wording] = &[
    bind("<lead>Failed to bind to address <socket>."),
    bind("<lead>Unable to bind to <socket> on the IPv<number> loopback interface: '<why>'."),
    bind("System.Net.Sockets.SocketException (<number>): <in-use>"),
    bind("---> System.Net.Sockets.SocketException (<number>): <in-use>"),
    bind("Unhandled exception. System.Net.Sockets.SocketException (<number>): <in-use>"),
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
    bind("<lead>Os { code: <number>, kind: AddrInUse, message: \"<reason>\" }', <any>"), // up to 1.72
    bind("<lead>error creating server listener: <reason>"),
    bind("<lead>Can not bind to address"),
    bind("<lead>Rocket failed to bind network socket to given address/port."),
    bind("<lead>Rocket failed to bind network socket to given address/port: <any>"),
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
    bind("<place>{could_not_start_listener,\"<address>\",<port>,<reason>}<any>"),
    bind("<place>{listen_error,<word>,<reason>}<any>"),
    bind("<lead>Failed to start Ranch listener <any>port: <port>]) for reason <reason> (<any>)"), // Elixir's way to write
    bind("<lead>Failed to start Ranch listener <any>port: <port>, <any> for reason <reason> (<any>)"),
    bind("<lead>Failed to start Ranch listener <any> for reason <reason> (<any>)"),
    in_use("<lead>ERROR: distribution port <port> in use by another node: <any>"),
    in_use("<lead>ERROR: distribution port <port> in use by <any>"),
    in_use("<lead>Running <word> with <any> at <socket> (<word>) failed, port already in use"),
    in_use("<lead>Running <word> with <any> at <socket> failed, port already in use"),
    in_use("<lead>Running <word> with <any> on <socket> failed, port already in use"),
    in_use("<lead>Running <word> with <any> using <socket> failed, port already in use"),
    bind("<place>{:failed_to_start_child, :listener, <reason>}<any>"), // Bandit
];

/// `IO::Socket`, whose error text programs print behind words of their own.
const PERL: &[Wording] = &[
    bind("<place>port <port>: IO::Socket::INET: <in-use>"),
    bind("<place>IO::Socket::INET: <in-use>"),
    bind("<place>IO::Socket::IP: <in-use>"),
    bind("<place>port <port>: IO::Socket::INET: <in-use> at <word> line <number>."),
    bind("<place>IO::Socket::INET: <in-use> at <word> line <number>."), // what `die` adds
    bind("<place>IO::Socket::IP: <in-use> at <word> line <number>."),
];

/// Runtimes of which one error is known: Dart, Haskell, Swift's NIO, Crystal, Boost of C++.
const OTHERS: &[Wording] = &[
    bind(
        "<lead>SocketException: Failed to create server socket (OS Error: <reason>, errno = <number>), address = <address>, port = <port>",
    ),
    bind("<lead>Network.Socket.bind: resource busy (<reason>)"),
    bind("<lead>Network.Socket.bind: permission denied (<reason>)"),
    bind("<lead>bind(descriptor:ptr:bytes:): <reason>"),
    bind("<lead>Could not bind to '<socket>': <reason>"),
    bind("<lead>Could not bind to '<socket>': <reason> (Socket::BindError)"),
    bind("what():  bind: <in-use>"),
    bind("what():  bind: <in-use> [system:<any>"),
];
