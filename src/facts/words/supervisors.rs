//! Programs that start others and speak about them: the service is the one that they name. systemd and docker have
//! files of their own.

use super::super::event::Kind::{
    Crash, HostShutdown, OomKill, Reload, Restart, ServiceFailed, ServiceStart, ServiceStop,
};
use super::{Speaker, bind, head, life};

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker {
        names: &["supervisord", "supervisor"],
        heads: &[head::supervisord, head::supervisord_bare],
        says: &[
            life(ServiceStart, "success: <name> entered RUNNING state, <any>"),
            life(Crash, "exited: <name> (exit status <code>; not expected)"),
            life(Crash, "exited: <name> (terminated by <deadly>; not expected)"),
            life(Crash, "exited: <name> (terminated by <deadly> (core dumped); not expected)"),
            life(ServiceStop, "exited: <name> (exit status <number>; expected)"),
            life(ServiceStop, "stopped: <name> (<any>)"),
            life(ServiceFailed, "gave up: <name> entered FATAL state, <any>"),
            life(Restart, "received SIGHUP indicating restart request"),
            life(ServiceStop, "received SIGTERM indicating exit request"),
            life(ServiceStop, "received SIGINT indicating exit request"),
            life(ServiceStop, "received SIGQUIT indicating exit request"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["pm2*", "PM2*"],
        heads: &[head::pm2],
        says: &[
            life(ServiceStart, "App [<name>:<number>] online"),
            life(ServiceStart, "App [<title>:<number>] online"),
            life(ServiceStart, "App name:<name> id:<number> online"), // up to 2
            life(ServiceStop, "App [<title>:<number>] exited with code [0] via signal [<any>]"),
            life(Crash, "App [<title>:<number>] exited with code [<code>] via signal [<any>]"),
            life(ServiceStop, "App name:<name> id:<number> exited with code [0] via signal [<any>]"),
            life(Crash, "App name:<name> id:<number> exited with code [<code>] via signal [<any>]"),
            life(ServiceStop, "App [<name>:<number>] exited with code [0] via signal [<any>]"),
            life(Crash, "App [<name>:<number>] exited with code [<code>] via signal [<any>]"), // names SIGINT for every exit
            life(ServiceStop, "Stopping app:<name> id:<number>"),
            life(ServiceFailed, "Script <any> had too many unstable restarts (<number>). Stopped. \"errored\""),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["monit"],
        heads: &[head::monit, head::none],
        says: &[
            bind("HTTP server -- Cannot bind: <why>"),
            bind("Cannot create socket [<address>]:<port> -- <reason>"),
            life(ServiceStart, "'<word>' Monit <word> started"),
            life(ServiceStop, "'<word>' Monit <word> stopped"),
            life(Restart, "'<name>' trying to restart"),
            life(ServiceStart, "'<name>' process is running with pid <pid>"),
            life(Reload, "Reinitializing Monit -- control file <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["runsv", "runsvdir", "runit"],
        heads: &[head::none],
        says: &[life(ServiceFailed, "runsv <name>: fatal: unable to start ./run: <any>")],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-oomd"],
        heads: &[],
        says: &[
            life(OomKill, "Killed <any>/<name>.service due to <any>"),
            life(OomKill, "Killed <any> due to memory <any>"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-coredump"],
        heads: &[],
        says: &[life(Crash, "Process <pid> (<name>) of user <number> dumped core.")],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-logind"],
        heads: &[],
        says: &[
            life(HostShutdown, "System is rebooting."),
            life(HostShutdown, "System is powering down."),
            life(HostShutdown, "System is halting."),
            life(HostShutdown, "The system will reboot now!"),
            life(HostShutdown, "The system will power off now!"),
        ],
        runtime: &[],
    },
    Speaker {
        names: &["systemd-shutdown"],
        heads: &[],
        says: &[life(HostShutdown, "Sending SIGTERM to remaining processes...")],
        runtime: &[],
    },
    Speaker {
        names: &["kubelet", "kube-proxy", "k3s", "minikube"],
        heads: &[head::none],
        says: &[
            bind("can't open \"<any>\" (<word>), skipping this <any>: listen <word> <socket>: bind: <reason>"),
            bind("can't open \"<any>\" (<word>), skipping it: listen <word> <socket>: bind: <reason>"),
            life(ServiceFailed, "failed to \"StartContainer\" for \"<name>\" with CrashLoopBackOff: <any>"),
            life(
                ServiceFailed,
                "Error syncing pod <any>, skipping: failed to \"StartContainer\" for \"<name>\" with CrashLoopBackOff: <any>",
            ),
            life(ServiceFailed, "[failed to \"StartContainer\" for \"<name>\" with CrashLoopBackOff: <any>"),
            life(
                ServiceFailed,
                "Error syncing pod <any>, skipping: [failed to \"StartContainer\" for \"<name>\" with CrashLoopBackOff: <any>",
            ),
        ],
        runtime: &[super::runtimes::GO],
    },
];
