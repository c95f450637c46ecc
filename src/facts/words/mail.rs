//! Mail and files: the servers of SMTP, IMAP and FTP, and what filters them.

use super::super::event::Kind::{Reload, ServiceFailed, ServiceStart, ServiceStop};
use super::{Speaker, bind, head, in_use, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["postfix/master", "postfix-*", "master"],
        heads: &[head::postfix],
        says: &[
            bind("fatal: bind <address> port <port>: <why>"),
            life(ServiceStart, "daemon started -- version <any>"),
            life(ServiceStop, "terminating on signal 15"),
            life(Reload, "reload -- version <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &[],
        heads: &[head::none], // what no other program says
        says: &[bind("fatal: bind <address> port <port>: <reason>")],
        runtime: &[],
    },
    Speaker {
        names: &["dovecot"],
        heads: &[head::none],
        says: &[
            bind("master: Error: service(<word>): listen(<address>, <port>) failed: <why>"),
            bind("Error: service(<word>): listen(<address>, <port>) failed: <why>"),
            bind("master: Error: bind(<address>, <port>) failed: <why>"),
            bind("master: Error: service(<word>): net_listen_unix(<path>) failed: <why>"),
            bind("master: Error: service(<word>): bind(<path>) failed: <why>"),
            bind("master: Error: net_listen_unix(<path>) failed: <why>"),
            bind("master: Error: bind(<path>) failed: <why>"),
            life(ServiceFailed, "master: Fatal: Failed to start listeners"),
            life(ServiceFailed, "Fatal: Failed to start listeners"),
            life(ServiceStop, "master: Warning: Killed with signal 15 (<any>)"),
            life(Reload, "master: Warning: SIGHUP received - reloading configuration"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["exim", "exim4"],
        heads: &[head::exim, head::none],
        says: &[
            bind("socket bind() to port <port> for address (any IPv4) failed: <reason>: <any>"),
            bind("socket bind() to port <port> for address (any IPv6) failed: <reason>: <any>"),
            bind("socket bind() to port <port> for address <address> failed: <reason>: <any>"),
            life(ServiceStart, "exim <version> daemon started: pid=<any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["sendmail", "sm-mta"],
        heads: &[],
        says: &[
            bind("<lead>opendaemonsocket: daemon <word>: cannot bind: <why>"),
            life(ServiceFailed, "<lead>opendaemonsocket: daemon <word>: server SMTP socket wedged: exiting"),
            life(ServiceStart, "starting daemon (<any>): SMTP<any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["spamd", "spamassassin"],
        heads: &[head::none],
        says: &[
            bind("spamd: could not create <word> socket on [<address>]:<port>: <why>"),
            bind(
                "server socket setup failed, retry <number>: spamd: could not create <word> socket on [<address>]:<port>: <why>",
            ),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["clamd"],
        heads: &[head::clamd, head::none],
        says: &[
            bind("ERROR: TCP: Cannot bind to <socket>: <reason>"),
            bind("TCP: Cannot bind to <socket>: <reason>"),
            in_use("ERROR: LOCAL: Socket file <path> is in use by another process."),
            in_use("LOCAL: Socket file <path> is in use by another process."),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["proftpd"],
        heads: &[head::none],
        says: &[
            bind("<lead>Failed binding to <address>, port <port>: <why>"),
            bind("<lead>fatal: unable to bind to <address>, port <port>: <why>"),
            life(ServiceStart, "<lead>ProFTPD <any> (built <any>) standalone mode STARTUP"),
            life(ServiceStop, "<lead>ProFTPD killed (signal 15)"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["pure-ftpd"],
        heads: &[],
        says: &[bind("<lead>Unable to start a standalone server: [<why>]")],
        runtime: &[],
    },
];
