//! Application servers, which have names of their own: Python's, Ruby's, PHP's.

use super::super::event::Kind::{Crash, Reload, ResourceLimit, Restart, ServiceFailed, ServiceStart, ServiceStop};
use super::runtimes::{BARE, NODE, PYTHON, RUBY};
use super::{Speaker, bind, bind_because, head, in_use, life};

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
            life(ServiceFailed, "Reason: App failed to load."),
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
            life(Reload, "<word> detected changes in <any>. Reloading..."), // in development
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
            life(ServiceStop, "SIGINT/SIGQUIT received...killing workers..."), // up to 2.0
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
            life(ServiceStart, "* Listening on ssl://<socket>?<any>"),
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
            // With `log_level = debug` the place in the source stands between.
            bind(
                "ERROR: pid <number>, func <word>, line <number>: unable to bind listening socket for address '<socket>': <why>",
            ),
            life(ServiceFailed, "ERROR: pid <number>, func <word>, line <number>: FPM initialization failed"),
            life(ServiceStart, "NOTICE: pid <number>, func <word>, line <number>: ready to handle connections"),
            life(ServiceStop, "NOTICE: pid <number>, func <word>, line <number>: Terminating ..."),
            life(Reload, "NOTICE: pid <number>, func <word>, line <number>: Reloading in progress ..."),
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
        names: &[],
        heads: &[head::none], // before its log is open
        says: &[
            bind("ERROR: unable to bind listening socket for address '<socket>': <why>"),
            in_use("ERROR: Another FPM instance seems to already listen on <path>"),
            life(ServiceFailed, "ERROR: FPM initialization failed"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["php"],
        heads: &[head::php_server, head::none],
        says: &[
            bind("Failed to listen on <socket> (reason: <why>)"),
            life(ServiceStart, "PHP <word> Development Server (<any>) started"),
            life(ServiceStart, "PHP <word> Development Server started at <any>"), // up to 7.3
        ],
        runtime: &[],
    },
    Speaker { names: &["node", "nodejs"], heads: &[], says: &[], runtime: &[NODE] },
];
