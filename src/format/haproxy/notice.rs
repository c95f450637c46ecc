//! Notices: `print_message` in `src/log.c` (to 2.3) and `src/errors.c` on standard error, and the texts that
//! `send_log` hands to syslog without the prefix.
//!
//! ```text
//! [ALERT] 327/023607 (31297) : Starting frontend http-in: cannot bind socket [0.0.0.0:80]
//! [NOTICE]   (61) : New worker (65) forked
//! Server web/s1 is UP, changed from CLI. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.
//! ```
//!
//! Up to 2.3 the prefix holds day of the year (counted from 0), time and pid; from 2.4 on only the pid. A message may
//! span lines. The bare texts have no level of their own: it is that of the priority or the envelope.

use chrono::{Datelike, NaiveDate};

use super::{NOTICE, PROGRAM, split_word};
use crate::format::stamp::{self, YEARLESS_BY_DAY};
use crate::format::tag::pri;
use crate::format::{Level, Record, Request, Stamp, Zone, text};

/// Labels of the prefix.
const LABELS: [&[u8]; 5] = [b"ALERT", b"WARNING", b"NOTICE", b"DIAG", b"DEBUG"];

/// The wrapper that started HAProxy under systemd up to 1.7 (`src/haproxy-systemd-wrapper.c`).
const WRAPPER: &[u8] = b"haproxy-systemd-wrapper: ";

/// How a banner begins, which follows some messages (a crash, a broken command line) and is none of their text.
const BANNERS: [&[u8]; 2] = [b"\nHA-Proxy version ", b"\nHAProxy version "];

/// What `send_log` writes, whole: texts of 1.5 to 3.4, of which many are on standard error, too. `%s` stands for a word,
/// `%S` for backend and server (`web/s1`), `%d` for a number, `%k` for the kind of a proxy, `%t` for any text, `%m` for
/// what a server's change may add, and `{a|b}` for one of several; `Backup ` may stand before `Server`.
const TEXTS: &[&str] = &[
    // src/server.c
    "Server %S is {DOWN|UP|stopping|going DOWN for maintenance}%m.",
    "Server %S is %s (leaving %t)%m.",
    "Server %S is leaving forced {maintenance|drain} but remains in {maintenance|drain mode}%m.",
    "Server %S was DOWN and now enters maintenance%m.",
    "Server %S enters drain state%m.",
    "Server %S remains in {forced maintenance|forced drain mode|drain mode}%m.",
    "Server %S ('%s') is %s (resolves again)%m.",
    "Server %S ('%s') resolves again but remains in maintenance%m.",
    "Server %S administratively READY thanks to valid DNS answer.",
    "%S changed its {IP|FQDN} from %s to %s by %t",
    // src/check.c
    "Health check for {|backup }server %S {succeeded|failed|conditionally succeeded}%m, status: %d/%d {UP|DOWN|DRAIN}.",
    "Agent check for {|backup }server %S {succeeded|failed|conditionally succeeded}%m, status: %d/%d {UP|DOWN|DRAIN}.",
    // src/backend.c, src/proto_tcp.c, src/sock.c
    "%k %s has no server available!",
    "Connect() failed for backend %s: %t.",
    "Cannot bind to {|tproxy }source address before connect() for backend %s{.|. Aborting.}",
    "Permission error on QUIC socket binding for proxy %s. Consider using setcap cap_net_bind_service (Linux only) or running as root.",
    "Proxy %s cannot create a server socket: %t",
    "Proxy %s has insufficient permissions to open server socket.",
    // src/listener.c, src/sock.c
    "Proxy %s reached process FD limit {at %d|(maxsock=%d)}. Please check 'ulimit-n' and restart.",
    "Proxy %s reached system {FD|memory} limit {at %d|at %d sockets|(maxsock=%d)|(actconn=%d)}. Please check system tunables.",
    "Proxy %s reached the configured maximum connection limit. Please check the global 'maxconn' value.",
    // src/proxy.c, src/listener.c
    "Proxy %s started.",
    "Proxy %s stopped (FE: %d conns, BE: %d conns).",
    "Proxy %s stopped (cumulated conns: FE: %d, BE: %d).",
    "Proxy %s hard-stopped (%d remaining conns will be closed).",
    "Stopping %k %s in %d ms.",
    "Pausing %k %s.",
    "Paused %k %s.",
    "Enabling %k %s.",
    "Resumed %k %s.",
    "%k %s failed to enter pause mode.",
    "Port %d busy while trying to enable %k %s.",
    "Bind on socket %d busy while trying to enable %k %s.",
    "Some proxies refused to pause, performing soft stop now.",
    "Some proxies refused to resume, a restart is probably needed to resume safe operations.",
    "soft-stop running for too long, performing a hard-stop.",
    "Some tasks resisted to hard-stop, exiting now.",
    "Scheduling a soft-stop in %d ms.",
    "Grace period expired, proceeding with soft-stop now.",
    // src/haproxy.c
    "SIGHUP received, dumping servers states for proxy %s.",
    "SIGHUP: Server %S is {UP|DOWN}. Conn: %d act, %d pend, %d tot.",
    "SIGHUP: Proxy %s %t Conn: act(FE+BE): %d+%d, %d pend (%d unass), tot(FE+BE): %d+%d.",
    // src/http_ana.c, src/applet.c, src/flt_spoe.c, src/acme.c
    "Blocking cacheable cookie in response from instance %s, server %s.",
    "Applet '%s' is based on a deprecated API. Please report this error to developers",
    "SPOE: [%s] <{EVENT|GROUP}:%s> sid=%d st=%t",
    "SPOE: [%s] {failed to create SPOE applet|failed to create SPOE context|internal error while execute spoe-send-group}",
    "acme: %s: {Starting|Successful} update of the certificate.",
    "acme: %s: %t Aborting.",
    "acme: %s: %t, retrying in %ds (%d/%d retries)...",
    // src/dns.c
    "DNS : {section|resolvers} '%s': can't {create|connect|bind} socket for nameserver '%s'%t",
];

/// A notice inside an envelope: `[ALERT]    (31297) : text`, or the bare text that goes to syslog. The program is set
/// where the prefix shows that it is HAProxy; else the envelope knows better.
pub fn notice(record: &[u8]) -> Option<Record<'_>> {
    if let Some(prefix) = prefix(record) {
        return Some(Record {
            program: Some(PROGRAM),
            level: Level::from_name(prefix.label),
            stamp: prefix.stamp,
            pid: Some(prefix.pid),
            ..with_message(prefix.message)
        });
    }
    let (level, message) = pri(record);
    let message = message.trim_ascii_end();
    is_bare(message).then(|| {
        let program = message.starts_with(WRAPPER).then_some(PROGRAM);
        Record { program, level, ..with_message(message) }
    })
}

/// Whether a notice begins with this line.
pub(super) fn is_notice(line: &[u8]) -> bool {
    prefix(line).is_some() || is_bare(pri(line).1.trim_ascii_end())
}

fn with_message(message: &[u8]) -> Record<'_> {
    let end = BANNERS.iter().filter_map(|banner| memchr::memmem::find(message, banner)).min();
    let message = message[..end.unwrap_or(message.len())].trim_ascii_end();
    Record { message: Some(text(message)), request: subject(message).map(Box::new), ..Record::new(NOTICE) }
}

/// `[ALERT] 327/023607 (31297) : `
struct Prefix<'a> {
    label: &'a [u8],
    stamp: Option<Stamp>,
    pid: i64,
    message: &'a [u8],
}

fn prefix(line: &[u8]) -> Option<Prefix<'_>> {
    let end = memchr::memchr(b']', line.get(..10.min(line.len()))?)?;
    let label = line[..end].strip_prefix(b"[").filter(|label| LABELS.contains(label))?;
    let rest = line[end + 1..].strip_prefix(b" ")?.trim_ascii_start();
    let (stamp, rest) = match rest.strip_prefix(b"(") {
        Some(_) => (None, rest),
        None => split_word(rest).and_then(|(word, rest)| Some((Some(day_of_year(word)?), rest)))?,
    };
    let rest = rest.strip_prefix(b"(")?;
    let close = memchr::memchr(b')', rest.get(..12.min(rest.len()))?)?;
    let (pid, message) = (std::str::from_utf8(&rest[..close]).ok()?, rest[close + 1..].strip_prefix(b" :")?);
    Some(Prefix { label, stamp, pid: pid.parse().ok()?, message: message.strip_prefix(b" ").unwrap_or(message) })
}

/// `327/023607`: the 328th day of the year, which is 24 November but in a leap year; local time.
fn day_of_year(word: &[u8]) -> Option<Stamp> {
    let [d1, d2, d3, b'/', h1, h2, m1, m2, s1, s2] = word else { return None };
    let day = stamp::digits(&[*d1, *d2, *d3])? + 1;
    let date = NaiveDate::from_yo_opt(YEARLESS_BY_DAY, day)?;
    let [hour, minute, second] = [[*h1, *h2], [*m1, *m2], [*s1, *s2]].map(|digits| stamp::digits(&digits));
    let civil_s = stamp::civil(YEARLESS_BY_DAY, date.month(), date.day(), hour?, minute?, second?)?;
    Some(Stamp { civil_s, nanos: 0, digits: 0, zone: Zone::Unknown, has_year: false })
}

/// Whether it is, whole, one of the texts that HAProxy writes without a prefix.
fn is_bare(message: &[u8]) -> bool {
    let text = message.strip_prefix(b"Backup ").filter(|text| text.starts_with(b"Server ")).unwrap_or(message);
    let may_fit = |pattern: &&&str| pattern.starts_with('%') || pattern.as_bytes().first() == text.first();
    message.starts_with(WRAPPER) || TEXTS.iter().filter(may_fit).any(|pattern| fits(pattern, text))
}

/// Whether `text` is what `pattern` stands for (see [`TEXTS`]).
fn fits(pattern: &str, text: &[u8]) -> bool {
    /// Whether `pattern` fits behind one of the first `longest` bytes of `text`.
    fn fits_behind(pattern: &str, text: &[u8], longest: usize) -> bool {
        (1..=longest).rev().any(|taken| fits(pattern, &text[taken..]))
    }
    let word = |text: &[u8]| text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let literal = pattern.find(['%', '{']).unwrap_or(pattern.len());
    let (literal, pattern) = pattern.split_at(literal);
    let Some(text) = text.strip_prefix(literal.as_bytes()) else { return false };
    if let Some((choice, rest)) = pattern.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return choice.split('|').any(|word| fits(&format!("{word}{rest}"), text));
    }
    let Some((kind, rest)) = pattern.strip_prefix('%').and_then(|rest| rest.split_at_checked(1)) else {
        return text.is_empty();
    };
    match kind {
        "d" => {
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits > 0 && fits(rest, &text[digits..])
        }
        "k" => ["frontend", "backend", "proxy", "ruleset"]
            .iter()
            .any(|kind| text.strip_prefix(kind.as_bytes()).is_some_and(|text| fits(rest, text))),
        "S" => {
            let end = word(text);
            is_place(&text[..end]) && fits_behind(rest, text, end)
        }
        "m" => {
            let is_more = [", ", ". ", " via ", " ("].iter().any(|more| text.starts_with(more.as_bytes()));
            fits(rest, text) || is_more && fits_behind(rest, text, text.len())
        }
        "s" => fits_behind(rest, text, word(text)),
        _ => fits_behind(rest, text, text.len()),
    }
}

/// `web/s1`
fn is_place(word: &[u8]) -> bool {
    let slashes = memchr::memchr_iter(b'/', word).count();
    slashes == 1 && !word.starts_with(b"/") && !word.ends_with(b"/")
}

/// Of which frontend, backend or server the message speaks, if of one.
fn subject(message: &[u8]) -> Option<Request<'_>> {
    const OF_SERVERS: [&[u8]; 5] =
        [b"Server ", b"Backup Server ", b"SIGHUP: Server ", b"Health check for ", b"Agent check for "];
    let own = |rest: &'static [u8]| message.strip_prefix(rest);
    if let Some(rest) = OF_SERVERS.into_iter().find_map(own) {
        let rest = rest.strip_prefix(b"backup ").unwrap_or(rest);
        let (place, _) = split_word(rest.strip_prefix(b"server ").unwrap_or(rest))?;
        let slash = memchr::memchr(b'/', place).filter(|_| is_place(place))?;
        let (backend, server) = (Some(text(&place[..slash])), Some(text(&place[slash + 1..])));
        return Some(Request { backend, server, ..Request::default() });
    }
    if message.ends_with(b" has no server available!") {
        let (_, rest) = split_word(message)?;
        let (name, _) = split_word(rest)?;
        let name = name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name);
        return Some(Request { backend: Some(text(name)), ..Request::default() });
    }
    let (verb, rest) = split_word(message)?;
    let (kind, rest) = match verb {
        b"Binding" => split_word(&rest[memchr::memmem::find(rest, b"] for ")? + 6..])?,
        b"Starting" | b"Stopping" | b"Pausing" | b"Paused" | b"Enabling" | b"Resumed" => split_word(rest)?,
        _ => return None,
    };
    let name = match verb {
        b"Binding" | b"Starting" => &rest[..memchr::memmem::find(rest, b": ")?],
        b"Stopping" => split_word(rest)?.0,
        _ => rest.strip_suffix(b".")?,
    };
    let name = Some(text(name)).filter(|name| !name.is_empty() && !name.contains(' '));
    match kind {
        b"frontend" | b"proxy" => Some(Request { frontend: Some(name?), ..Request::default() }),
        b"backend" => Some(Request { backend: Some(name?), ..Request::default() }),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_prefix_of_all_releases() {
        for (why, line, level, pid, message) in [
            ("1.5", "[WARNING] 327/023607 (31313) : config : x", Level::Warn, 31313, "config : x"),
            ("2.4", "[ALERT]    (3372) : Starting frontend bad: x", Level::Alert, 3372, "Starting frontend bad: x"),
            ("2.5", "[NOTICE]   (61) : New worker (65) forked", Level::Notice, 61, "New worker (65) forked"),
            ("diagnosis", "[DIAG]     (61) : config : x", Level::Info, 61, "config : x"),
            (
                "before a banner",
                "[WARNING] 327/023631 (1573) : x\nHA-Proxy version 2.0.0\nUsage : y",
                Level::Warn,
                1573,
                "x",
            ),
            ("two lines", "[NOTICE]   (61) : a\n   | b\n", Level::Notice, 61, "a\n   | b"),
        ] {
            let record = notice(line.as_bytes()).unwrap();
            assert_eq!((record.level, record.pid, record.message()), (Some(level), Some(pid), message), "{why}");
            assert_eq!(record.program, Some(PROGRAM), "{why}");
        }
    }

    #[test]
    fn days_are_counted_from_0() {
        for (word, year, month, day) in [
            ("000/000000", 2026, 1, 1),
            ("058/235959", 2024, 2, 28),
            ("059/120000", 2024, 2, 29),
            ("059/120000", 2026, 3, 1),
            ("327/023607", 2026, 11, 24),
            ("365/000000", 2024, 12, 31),
        ] {
            let stamp = day_of_year(word.as_bytes()).unwrap();
            let day = stamp::days_from_civil(year, month, day);
            assert_eq!((stamp.in_year(year).civil_s.div_euclid(86_400), stamp.has_year), (day, false), "{word}");
        }
        for word in ["366/000000", "327/240000", "327/02360", "32x/023607"] {
            assert_eq!(day_of_year(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn reads_the_texts_of_syslog() {
        for text in [
            "Server web/s1 is DOWN. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "Backup Server b/t is DOWN, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "Server b/s is DOWN via a/t. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "Server web.v2_test:1/app-1.example_com is UP, changed from CLI. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
            "Server web/s1 is UP/READY (leaving forced maintenance).",
            "Server web/s1 is UP (leaving forced drain).",
            "Server web/s1 ('app.example') is UP/READY (resolves again).",
            "Server web/s1 is going DOWN for maintenance (DNS timeout status). 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "Server web/s1 was DOWN and now enters maintenance.",
            "Server web/s1 enters drain state. 0 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
            "Server web/s1 remains in forced drain mode.",
            "Server web/s1 is leaving forced drain but remains in drain mode.",
            "web/s1 changed its IP from 10.0.0.1 to 10.0.0.2 by dns/ns1.",
            "Health check for backup server web/s2 failed, reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms, status: 0/2 DOWN.",
            "Agent check for server web/s2 conditionally succeeded, reason: Layer7 check conditionally passed, status: 3/3 UP.",
            "backend web has no server available!",
            "Connect() failed for backend shop: local address already in use.",
            "Cannot bind to source address before connect() for backend shop.",
            "Proxy www started.",
            "Proxy <HTTPCLIENT> stopped (cumulated conns: FE: 0, BE: 0).",
            "Proxy www stopped (FE: 14 conns, BE: 0 conns).",
            "Proxy www hard-stopped (3 remaining conns will be closed).",
            "Proxy www reached process FD limit (maxsock=4096). Please check 'ulimit-n' and restart.",
            "Proxy www reached system memory limit at 4096 sockets. Please check system tunables.",
            "Stopping frontend www in 0 ms.",
            "Resumed proxy tcp-asap.",
            "Port 80 busy while trying to enable frontend www.",
            "SIGHUP received, dumping servers states for proxy www.",
            "SIGHUP: Server web/s1 is DOWN. Conn: 0 act, 0 pend, 1 tot.",
            "SIGHUP: Proxy www-cap has no servers. Conn: act(FE+BE): 0+0, 0 pend (0 unass), tot(FE+BE): 7+0.",
            "SIGHUP: Proxy web has no server available ! Conn: act(FE+BE): 0+0, 0 pend (0 unass), tot(FE+BE): 7+0.",
            "Scheduling a soft-stop in 500 ms.",
            "Cannot bind to tproxy source address before connect() for backend shop. Aborting.",
            "Blocking cacheable cookie in response from instance www, server s1.",
            "SPOE: [waf] <EVENT:on-frontend-http-request> sid=1 st=0 0/0/0/0/0 1/1 0/0 0/1",
            "SPOE: [waf] failed to create SPOE applet",
            "acme: shop.pem: Starting update of the certificate.",
            "acme: shop.pem: http-01: the CA said no, retrying in 15s (1/5 retries)...",
        ] {
            let record = notice(text.as_bytes()).unwrap_or_else(|| unreachable!("{text}"));
            assert_eq!((record.message(), record.level, &record.program), (text, None, &None), "{text}");
        }
    }

    #[test]
    fn names_whom_it_is_about() {
        let whole = |name: Option<crate::format::Text<'_>>| name.unwrap_or_default().into_owned();
        for (message, frontend, backend, server) in [
            ("Starting frontend http-in: cannot bind socket [0.0.0.0:80]", "http-in", "", ""),
            ("Starting proxy shop: cannot bind socket [::1:22443]", "shop", "", ""),
            (
                "Binding [/etc/haproxy/haproxy.cfg:7] for frontend GLOBAL: cannot bind socket (Address already in use) for [127.0.0.1:80]",
                "GLOBAL",
                "",
                "",
            ),
            ("Binding [a] for peers mypeers: x", "", "", ""),
            ("Server web/s1 is UP (leaving forced drain).", "", "web", "s1"),
            ("Health check for backup server web/s2 failed, reason: x", "", "web", "s2"),
            ("backend 'b' has no server available!", "", "b", ""),
            ("Paused frontend www.v2.", "www.v2", "", ""),
            ("Stopping backend b in 0 ms.", "", "b", ""),
            ("Starting the engines: x", "", "", ""),
        ] {
            let request = subject(message.as_bytes()).unwrap_or_default();
            let got = [request.frontend, request.backend, request.server].map(whole);
            assert_eq!(got, [frontend, backend, server], "{message}");
        }
    }

    #[test]
    fn the_wrapper_is_known_by_its_name() {
        let record =
            notice(b"<7>haproxy-systemd-wrapper: executing /usr/sbin/haproxy -f /etc/haproxy/haproxy.cfg -Ds ")
                .unwrap();
        assert_eq!((record.level, &record.program), (Some(Level::Debug), &Some(PROGRAM)));
        assert_eq!(
            record.message(),
            "haproxy-systemd-wrapper: executing /usr/sbin/haproxy -f /etc/haproxy/haproxy.cfg -Ds"
        );
    }

    #[test]
    fn leaves_the_rest_alone() {
        for (why, text) in [
            ("Apache's error log", "[Fri Nov 20 10:00:01.000001 2026] [core:error] [pid 1] x"),
            ("php-fpm", "[24-Nov-2026 10:00:01] NOTICE: fpm is running, pid 1"),
            ("MariaDB", "2026-11-24  2:33:56 0 [Note] Server socket created on IP: '0.0.0.0'."),
            ("a label without pid", "[NOTICE] something happened"),
            ("no number for a pid", "[ALERT] (x) : y"),
            ("a start of the text only", "Proxy www started. And then some"),
            ("an end of the text only", "The Proxy www started."),
            ("no place", "Server web is DOWN."),
            ("a path", "Server /a/b is DOWN."),
            ("the cause is missing", "Server web/s1 is DOWN for lunch."),
            ("another server", "Server listening on 0.0.0.0 port 22."),
            ("a keyword of the list before", "    [ ALL] accept-proxy"),
            ("a banner", "HAProxy version 3.2.0-e134140d2 2025/05/28 - https://haproxy.org/"),
            ("what a client asked for", "GET /backend web has no server available!"),
            ("nothing", ""),
        ] {
            assert_eq!(notice(text.as_bytes()), None, "{why}");
        }
    }
}
