//! What can be done so that an outage does not come back, is seen sooner, or is over faster: one row a measure, with
//! the cause that it fits. Plain data; a draft picks its tasks here.
//!
//! `{service}` is the service that broke, `{holder}` who held the port, `{port}` the port, `{layer}` the outermost
//! service that logs requests, `{host}` the machine of the service.

/// What a measure is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Aim {
    Prevent,
    Detect,
    Recover,
}

impl Aim {
    /// The words of a draft.
    pub fn name(self) -> &'static str {
        match self {
            Aim::Prevent => "prevent",
            Aim::Detect => "detect sooner",
            Aim::Recover => "recover faster",
        }
    }
}

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Kind of cause that it fits (contract, section 6).
    pub cause: &'static str,
    /// Kinds of holder that it fits; none: any. `none` stands for a holder that is not determined.
    pub holders: &'static [&'static str],
    #[allow(missing_docs)]
    pub aim: Aim,
    /// Verb, object, place.
    pub task: &'static str,
}

/// The measures that fit, those for fewer holders first, aim after aim in turn: whoever takes only some has each aim.
pub fn fitting(cause: &str, holder: &str) -> Vec<&'static Measure> {
    let fits = |of: &&Measure| of.cause == cause && (of.holders.is_empty() || of.holders.contains(&holder));
    let mut found: Vec<(usize, &Measure)> = Vec::new();
    for aim in [Aim::Prevent, Aim::Detect, Aim::Recover] {
        let mut of_aim: Vec<&Measure> = MEASURES.iter().filter(fits).filter(|of| of.aim == aim).collect();
        of_aim.sort_by_key(|of| of.holders.is_empty());
        found.extend(of_aim.into_iter().enumerate());
    }
    found.sort_by_key(|(turn, of)| (*turn, of.aim));
    found.into_iter().map(|(_, of)| of).collect()
}

/// What can be better, broadly, by the kind of cause.
pub fn broadly(cause: &str) -> &'static str {
    BROADLY.iter().find(|(kind, _)| *kind == cause).map_or("", |(_, text)| text)
}

const BROADLY: &[(&str, &str)] = &[
    (
        "port-conflict",
        "All programs of a host share its ports, so a change to one program can stop another. Changes need a check \
         of who listens, before a service is stopped.",
    ),
    (
        "bind-permission",
        "Rights of a service differ between a test by hand and its unit. Changes of users and ports need a test \
         start under the real user.",
    ),
    (
        "crash",
        "A supervisor that starts a crashing service again and again hides the fault behind short recoveries. \
         Repeated starts need attention as a failure of their own.",
    ),
    (
        "oom",
        "Memory ran out without a warning before it. Memory use needs limits and alerts that act before the kernel \
         does.",
    ),
    (
        "backend-down",
        "The proxy depends on servers whose health it sees only from outside. Releases and health checks need to \
         agree on what healthy means.",
    ),
    (
        "upstream-timeout",
        "A slow service behind a proxy fails as surely as a stopped one. Response times need the same attention as \
         errors.",
    ),
    (
        "misconfiguration",
        "A configuration that is wrong takes effect only when it is loaded, long after it was written. Changes need \
         a test before and a probe after they are loaded.",
    ),
    (
        "overload",
        "The service took more requests than it could serve. Load needs a limit in front, and known room behind it.",
    ),
    (
        "resource-limit",
        "A limit set long ago met a load that had grown. Limits need an alert before they are reached, and a review \
         as load grows.",
    ),
    (
        "host-down",
        "The service depended on a single machine. Losing one machine needs to be an event that users do not notice.",
    ),
    (
        "unknown",
        "The logs at hand do not explain the failure. Logging and the record of changes need to be complete enough \
         to explain the next one.",
    ),
];

const fn row(cause: &'static str, holders: &'static [&'static str], aim: Aim, task: &'static str) -> Measure {
    Measure { cause, holders, aim, task }
}

use Aim::{Detect, Prevent, Recover};

/// All measures.
pub const MEASURES: &[Measure] = &[
    row(
        "port-conflict",
        &["container"],
        Prevent,
        "Stop publishing {port} for {holder} on {host}, and choose another port",
    ),
    row("port-conflict", &["container"], Prevent, "Turn off the automatic restart of {holder} on {host}"),
    row("port-conflict", &["service"], Prevent, "Move {holder} to another port in its configuration on {host}"),
    row("port-conflict", &["service"], Prevent, "Disable the automatic start of {holder} on {host}"),
    row("port-conflict", &["process"], Prevent, "Find what starts {holder} on {host} and give it another port"),
    row("port-conflict", &["self-stale"], Prevent, "Start {service} only through its unit on {host}, never by hand"),
    row(
        "port-conflict",
        &["self-stale"],
        Prevent,
        "Stop old processes of {service} on {host} before its unit starts a new one on port {port}",
    ),
    row(
        "port-conflict",
        &["self-duplicate"],
        Prevent,
        "Remove the second listener for port {port} from the configuration of {service} on {host}",
    ),
    row("port-conflict", &["none"], Prevent, "Reserve port {port} for {service} in the list of ports of {host}"),
    row(
        "port-conflict",
        &["none"],
        Detect,
        "Record who listens on port {port} of {host} at each failed start of {service}",
    ),
    row("port-conflict", &[], Prevent, "Check that port {port} is free before each start of {service} on {host}"),
    row("port-conflict", &[], Detect, "Alert on failed starts of {service} on {host}"),
    row("port-conflict", &[], Detect, "Probe port {port} of {host} from outside, and check that {service} answers"),
    row("port-conflict", &[], Recover, "Add the search for the holder of port {port} to the runbook of {service}"),
    row("port-conflict", &[], Recover, "Write a script that frees port {port} and starts {service} on {host}"),
    row("bind-permission", &[], Prevent, "Grant {service} the right to bind port {port} in its unit on {host}"),
    row(
        "bind-permission",
        &[],
        Prevent,
        "Test the unit of {service} under its real user before each release to {host}",
    ),
    row("bind-permission", &[], Detect, "Alert on failed starts of {service} on {host}"),
    row("bind-permission", &[], Detect, "Probe port {port} of {host} from outside, and check that {service} answers"),
    row("bind-permission", &[], Recover, "Add a check of the rights to bind a port to the runbook of {service}"),
    row("bind-permission", &[], Recover, "Keep the last working unit of {service} on {host} to roll back to"),
    row("crash", &[], Prevent, "Find the fault that crashed {service} in its own output on {host}, and fix it"),
    row("crash", &[], Prevent, "Check the data and configuration that {service} loads before a start on {host}"),
    row("crash", &[], Detect, "Alert on repeated restarts of {service} after a crash on {host}"),
    row("crash", &[], Detect, "Alert on the share of failing answers at {layer}"),
    row("crash", &[], Recover, "Keep the last working release of {service} on {host} to roll back to"),
    row("crash", &[], Recover, "Run a second instance of {service} behind {layer} that survives one crash"),
    row("oom", &[], Prevent, "Set a memory limit for {service} on {host} that fits its peak use"),
    row("oom", &[], Prevent, "Profile the memory use of {service} on {host}, and cut its peaks"),
    row("oom", &[], Detect, "Alert on memory use of {service} on {host} before the kernel acts"),
    row("oom", &[], Detect, "Alert on memory kills in the kernel log of {host}"),
    row("oom", &[], Recover, "Write a runbook for {service} on {host} that frees memory and holds back heavy work"),
    row("oom", &[], Recover, "Run a second instance of {service} with memory of its own behind {layer}"),
    row(
        "backend-down",
        &[],
        Prevent,
        "Release the servers of {service} one by one, each after a health check at {layer}",
    ),
    row("backend-down", &[], Prevent, "Test a new release of {service} with real requests before it joins {layer}"),
    row("backend-down", &[], Detect, "Extend the health check at {layer} to a page that needs all parts of {service}"),
    row("backend-down", &[], Detect, "Alert on the share of failing answers of each server behind {layer}"),
    row("backend-down", &[], Recover, "Write a runbook that takes a failing server of {service} out of {layer}"),
    row("backend-down", &[], Recover, "Prepare a rollback of the last release for each server of {service}"),
    row("upstream-timeout", &[], Prevent, "Trace slow requests through {service}, and fix the slowest step in it"),
    row("upstream-timeout", &[], Prevent, "Set time limits for the calls that {service} makes to what is behind it"),
    row(
        "upstream-timeout",
        &[],
        Detect,
        "Alert on slow answers of {service} at {layer}, before time limits are reached",
    ),
    row("upstream-timeout", &[], Detect, "Log the response time of each request to {service} at {layer}"),
    row("upstream-timeout", &[], Recover, "Write a runbook that relieves or restarts a slow {service} behind {layer}"),
    row("upstream-timeout", &[], Recover, "Limit how long requests may wait for {service} at {layer}"),
    row(
        "misconfiguration",
        &[],
        Prevent,
        "Run the configuration test of {service} in each deployment to {host}, and stop where it fails",
    ),
    row(
        "misconfiguration",
        &[],
        Prevent,
        "Test each new configuration of {service} with real requests on a staging copy of {host}",
    ),
    row(
        "misconfiguration",
        &[],
        Detect,
        "Probe each virtual host of {service} right after its configuration is loaded",
    ),
    row("misconfiguration", &[], Detect, "Alert on the share of failing answers of each virtual host at {layer}"),
    row(
        "misconfiguration",
        &[],
        Recover,
        "Keep the last working configuration of {service} on {host} under version control",
    ),
    row(
        "misconfiguration",
        &[],
        Recover,
        "Add a rollback of the last configuration change to the runbook of {service}",
    ),
    row(
        "overload",
        &[],
        Prevent,
        "Limit the rate of requests to {service} at {layer}, so that load stays within reach",
    ),
    row("overload", &[], Prevent, "Measure with a load test how many requests {service} on {host} can serve"),
    row("overload", &[], Detect, "Alert on load and waiting requests of {service} at {layer}"),
    row("overload", &[], Detect, "Alert on the share of failing answers at {layer}"),
    row("overload", &[], Recover, "Prepare more servers for {service} that take load behind {layer}"),
    row("overload", &[], Recover, "Write a runbook that sheds load of {service} at {layer}"),
    row("resource-limit", &[], Prevent, "Raise the limit that {service} reached in its configuration on {host}"),
    row("resource-limit", &[], Prevent, "Find the limits of {service} on {host} with a load test"),
    row("resource-limit", &[], Detect, "Alert on use near the limit of {service} on {host}"),
    row("resource-limit", &[], Detect, "Alert on messages about limits in the error log of {service} on {host}"),
    row("resource-limit", &[], Recover, "Add the limit, and how to raise it, to the runbook of {service}"),
    row("resource-limit", &[], Recover, "Prepare more servers for {service} that share the load on {layer}"),
    row("host-down", &[], Prevent, "Run {service} on a second host, so that users can do without {host}"),
    row("host-down", &[], Prevent, "Find why {host} went down in its kernel log and its management console"),
    row("host-down", &[], Detect, "Alert on {host} from outside as soon as the host stops answering"),
    row("host-down", &[], Detect, "Send the logs of {host} to another host as they are written"),
    row("host-down", &[], Recover, "Test that {service} comes up by itself when the host {host} boots"),
    row("host-down", &[], Recover, "Write a runbook that moves {service} from {host} to another host"),
    row("unknown", &[], Prevent, "Review each change to {service} on {host} before the failure with whoever made it"),
    row("unknown", &[], Prevent, "Record each change to {service} on {host} where responders can find it"),
    row("unknown", &[], Detect, "Alert on the share of failing answers of {service} at {layer}"),
    row("unknown", &[], Detect, "Log status and duration of each request at {layer}"),
    row("unknown", &[], Recover, "Write a runbook that saves the state of {service} on {host} before a restart"),
    row("unknown", &[], Recover, "Prepare a rollback of the last release of {service} on {host}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds of the contract, section 6.
    const CAUSES: [&str; 11] = [
        "port-conflict",
        "bind-permission",
        "crash",
        "oom",
        "backend-down",
        "upstream-timeout",
        "misconfiguration",
        "overload",
        "resource-limit",
        "host-down",
        "unknown",
    ];

    #[test]
    fn every_cause_and_holder_has_two_measures_of_each_aim_and_a_broad_word() {
        for cause in CAUSES {
            for holder in ["container", "service", "process", "self-stale", "self-duplicate", "none"] {
                let found = fitting(cause, holder);
                for aim in [Aim::Prevent, Aim::Detect, Aim::Recover] {
                    assert!(found.iter().filter(|of| of.aim == aim).count() >= 2, "{cause}, {holder}: {aim:?}");
                }
                let first: Vec<Aim> = found.iter().take(3).map(|of| of.aim).collect();
                assert_eq!(first, [Aim::Prevent, Aim::Detect, Aim::Recover], "{cause}, {holder}");
            }
            assert!(!broadly(cause).is_empty(), "{cause}");
        }
        assert!(MEASURES.iter().all(|of| CAUSES.contains(&of.cause)));
    }

    #[test]
    fn what_fits_one_holder_comes_before_what_fits_all() {
        assert!(fitting("port-conflict", "container")[0].task.starts_with("Stop publishing"));
        assert!(fitting("port-conflict", "none").iter().all(|of| !of.task.contains("{holder}")));
        assert!(fitting("no such cause", "none").is_empty() && broadly("no such cause").is_empty());
    }
}
