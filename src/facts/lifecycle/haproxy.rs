//! `src/haproxy.c`, `src/mworker.c`, `src/server.c`, `src/proxy.c` of HAProxy 1.5 to 3.4 (`formats/haproxy.md`,
//! sections 4 and 5).

use crate::facts::event::{Kind, Said};
use crate::facts::words::{self, Wording, life};
use crate::format::Record;

const LIFE: &[Wording] = &[
    life(Kind::Reload, "Reloading HAProxy"),
    life(Kind::Reload, "Reloading HAProxy (hard-reload)"),
    life(Kind::Reload, "Reexecuting Master process"), // `in waitpid mode` means that the reload did not work
    life(Kind::ServiceStop, "Exiting Master process..."),
    life(Kind::ServiceFailed, "[<word>] Some protocols failed to start their listeners! Exiting."),
    life(Kind::ServiceFailed, "Fatal errors found in configuration."),
    life(Kind::ServiceFailed, "[<word>] No enabled listener found (check <any>) ! Exiting."),
    life(Kind::ResourceLimit, "Proxy <word> reached process FD limit<any>"),
    life(Kind::ResourceLimit, "Proxy <word> reached system FD limit<any>"),
    life(Kind::ResourceLimit, "Proxy <word> reached system memory limit<any>"),
    life(Kind::ResourceLimit, "Proxy <word> reached the configured maximum connection limit<any>"),
    life(Kind::ResourceLimit, "Connect() failed for backend <word>: no free ports."),
    life(Kind::ResourceLimit, "Connect() failed for backend <word>: local address already in use."),
    life(Kind::BackendDown, "backend '<word>' has no server available!"),
    life(Kind::BackendDown, "backend <word> has no server available!"),
    life(Kind::Crash, "Current worker <pid> left with exit code <signal>"),
    life(Kind::Crash, "Former worker <pid> left with exit code <signal>"),
    life(Kind::Crash, "Current worker <word> (<pid>) exited with code <signal> (<any>)"),
    life(Kind::Crash, "Former worker <word> (<pid>) exited with code <signal> (<any>)"),
    life(Kind::Crash, "Current worker (<pid>) exited with code <signal> (<any>)"),
    life(Kind::Crash, "Former worker (<pid>) exited with code <signal> (<any>)"),
];

pub(super) fn event(record: &Record<'_>) -> Option<Said> {
    let service = || words::service(record).or_else(|| Some("haproxy".into()));
    let message = record.message();
    if let Some(kind) = server(message) {
        return Some(Said::of(kind, service()));
    }
    let said = words::said(LIFE, message, service)?;
    match (said.kind, said.signal) {
        (Kind::Crash, Some(code)) => signal(code).map(|signal| Said { signal: Some(signal), ..said }),
        _ => Some(said),
    }
}

/// The signal that ended a worker, by the exit status that the master tells; an ordinary stop (130, 143) is no crash.
fn signal(code: i64) -> Option<i64> {
    (code >= 128 && code != 130 && code != 143).then_some(code - 128)
}

/// `[Backup ]Server B/S is DOWN…`: the server's new state. Words that the server's check sent stand in quotes later on.
fn server(message: &str) -> Option<Kind> {
    let rest = message.strip_prefix("Backup ").unwrap_or(message).strip_prefix("Server ")?;
    let (name, state) = rest.split_once(" is ")?;
    let is_name = name.split_once('/').is_some_and(|(backend, server)| !backend.is_empty() && !server.is_empty());
    let becomes = |words: &str| {
        state.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '.', ' ', '/']))
    };
    let kind = match state {
        _ if becomes("UP") => Kind::BackendUp,
        _ if becomes("DOWN") && !state.starts_with("DOWN/READY") => Kind::BackendDown,
        _ if becomes("going DOWN for maintenance") => Kind::BackendDown,
        _ => return None,
    };
    (is_name && !name.contains(' ')).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(message: &'static str) -> Option<Kind> {
        event(&Record { message: Some(message.into()), ..Record::new("haproxy-notice") }).map(|said| said.kind)
    }

    #[test]
    fn every_release() {
        use Kind::*;
        for (message, want) in [
            ("Reloading HAProxy", Reload),
            ("Reexecuting Master process", Reload),
            ("Exiting Master process...", ServiceStop),
            ("Current worker 495 left with exit code 137", Crash),
            ("Current worker #1 (2332) exited with code 137 (Killed)", Crash),
            ("Current worker (84) exited with code 139 (Segmentation fault)", Crash),
            ("[/usr/sbin/haproxy.main()] Some protocols failed to start their listeners! Exiting.", ServiceFailed),
            ("[haproxy.main()] No enabled listener found (check for 'bind' directives) ! Exiting.", ServiceFailed),
            ("[haproxy.main()] No enabled listener found (check the <listen> keywords) ! Exiting.", ServiceFailed),
            ("Connect() failed for backend shop: no free ports.", ResourceLimit),
            ("Proxy x reached process FD limit (maxsock=100). Please check 'ulimit-n' and restart.", ResourceLimit),
            (
                "Server b/s is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms. 0 active and 1 backup servers left.",
                BackendDown,
            ),
            ("Backup Server web/s2 is DOWN. 1 active and 0 backup servers left.", BackendDown),
            ("Server web/s1 is going DOWN for maintenance. 0 active and 0 backup servers left.", BackendDown),
            ("backend 'b' has no server available!", BackendDown),
            ("backend web has no server available!", BackendDown),
            ("Server web/s1 is UP/READY (leaving forced maintenance).", BackendUp),
            ("Server web/s1 is UP, changed from CLI. 1 active and 0 backup servers online.", BackendUp),
        ] {
            assert_eq!(kind(message), Some(want), "{message}");
        }
    }

    #[test]
    fn near_misses() {
        for message in [
            "Loading success.",
            "Reexecuting Master process in waitpid mode",
            "Current worker #1 (1574) exited with code 143 (Terminated)",
            "Former worker (80) exited with code 0 (Exit)",
            "Current worker (91) exited with code 1 (Exit)",
            "SIGHUP: Server web/s1 is DOWN. Conn: 0 act, 0 pend, 1 tot.",
            "Health check for server web/s1 failed, reason: Layer4 timeout, check duration: 2001ms, status: 1/3 UP.",
            "Server web/s1 is stopping",
            "Server web/s1 is DOWN/READY (leaving forced maintenance).",
        ] {
            assert_eq!(kind(message), None, "{message}");
        }
    }
}
