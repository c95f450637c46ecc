//! Signs of what broke: error lines that are no event of their own, but tell why requests fail (methods, 5.4).

mod applications;

use crate::format::{Level, Record};

/// What an error line says of the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// The configuration cannot be loaded, or cannot work.
    Configuration,
    /// A certificate or a name in the configuration that does not serve.
    CertificateOrName,
    /// An upstream refuses connections or cannot be reached.
    UpstreamDown,
    /// An upstream answers too late.
    UpstreamSlow,
    /// An upstream ends the connection before its answer.
    UpstreamBroke,
    /// A limit of its own is reached: connections, workers, files, space.
    Limit,
    /// systemd found a process of the unit that outlived its stop.
    LeftOver,
    /// systemd had to kill the unit, as it would not stop.
    StopTimedOut,
}

/// What an error line says of the cause, and of which upstream (as `address:port` or a backend's name).
pub fn sign(record: &Record<'_>) -> Option<(Sign, Option<String>)> {
    let message = record.message();
    match record.format {
        "nginx-error" => nginx(record, message),
        "apache-error" => apache(message),
        "haproxy-notice" => haproxy(message),
        "systemd" => left_over(record, message).or_else(|| stop_timed_out(record, message)),
        "kernel" | "sudo" | "sshd" | "cron" => None,
        _ => applications::sign(record, message),
    }
}

/// `U: Found left-over process 77 (x) in control group while starting unit. Ignoring.` (`formats/syslog.md`, section 2)
fn left_over(record: &Record<'_>, message: &str) -> Option<(Sign, Option<String>)> {
    let is_left = message.contains(": Found left-over process ")
        || message.contains(": Unit process ") && message.contains(" remains running after unit stopped");
    let unit = record.text_field("UNIT").or_else(|| message.split_once(": ").map(|(unit, _)| unit))?;
    is_left.then(|| (Sign::LeftOver, Some(unit.strip_suffix(".service").unwrap_or(unit).to_owned())))
}

/// `U: State 'stop-sigterm' timed out. Killing.`, `U: Main process exited, code=killed, status=9/KILL`; up to v240
/// without `State` and the quotes (`src/core/service.c`, `src/core/unit.c`).
fn stop_timed_out(record: &Record<'_>, message: &str) -> Option<(Sign, Option<String>)> {
    let (unit, rest) = message.split_once(": ")?;
    let is_timeout = rest.ends_with(" timed out. Killing.") && (rest.contains("stop-") || rest.contains("final-"));
    let is_killed = rest.eq_ignore_ascii_case("main process exited, code=killed, status=9/KILL")
        || rest.starts_with("Killing process ") && rest.trim_end_matches('.').ends_with(" with signal SIGKILL");
    let unit = record.text_field("UNIT").unwrap_or(unit).strip_suffix(".service")?;
    (is_timeout || is_killed).then(|| (Sign::StopTimedOut, Some(unit.to_owned())))
}

/// Messages of `src/http/ngx_http_upstream.c` and of the configuration's readers (`formats/nginx.md`).
fn nginx(record: &Record<'_>, message: &str) -> Option<(Sign, Option<String>)> {
    let upstream = || record.request.as_ref().and_then(|request| request.upstream.as_deref().map(str::to_owned));
    let to_upstream = message.contains("upstream");
    if record.level == Some(Level::Emerg) {
        let of_socket = message.contains("bind()") || message.contains("listen()");
        return (!of_socket).then(|| (nginx_configuration(message), None));
    }
    let sign = if message.starts_with("upstream timed out") {
        Sign::UpstreamSlow
    } else if message.starts_with("connect()") && to_upstream || message.starts_with("no live upstreams") {
        Sign::UpstreamDown
    } else if to_upstream
        && (message.starts_with("upstream prematurely closed") || message.starts_with("recv() failed"))
    {
        Sign::UpstreamBroke
    } else if message.contains(" could not be resolved (")
        || message.starts_with("no resolver defined to resolve ")
        || message.starts_with("upstream SSL certificate ")
        || message.starts_with("SSL_do_handshake() failed") && to_upstream
    {
        Sign::CertificateOrName
    } else if message.starts_with("rewrite or internal redirection cycle") {
        Sign::Configuration
    } else {
        return None;
    };
    Some((sign, upstream()))
}

fn nginx_configuration(message: &str) -> Sign {
    match message {
        text if text.starts_with("host not found") || text.starts_with("cannot load certificate") => {
            Sign::CertificateOrName
        }
        _ => Sign::Configuration,
    }
}

/// Codes of `modules/proxy/` and of the configuration's readers (`formats/apache.md`, section 3).
fn apache(message: &str) -> Option<(Sign, Option<String>)> {
    let code = message.get(..7)?;
    let sign = match code {
        "AH00124" | "AH00526" | "AH00014" | "AH00534" | "AH00543" | "AH02291" | "AH02297" | "AH02312" => {
            Sign::Configuration
        }
        "AH02572" | "AH02562" | "AH02565" | "AH02039" => Sign::CertificateOrName,
        "AH00898" if message.contains("DNS lookup failure") || message.contains("SSL Handshake") => {
            Sign::CertificateOrName
        }
        "AH00957" | "AH01114" | "AH01079" | "AH00940" | "AH01170" => Sign::UpstreamDown,
        "AH00898" | "AH01102" => Sign::UpstreamBroke,
        _ => return None,
    };
    let between =
        |text: &str| text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name.into());
    Some((sign, if code == "AH00957" { between(message) } else { None }))
}

/// `src/cfgparse.c`, `src/haproxy.c` (`formats/haproxy.md`, section 4).
fn haproxy(message: &str) -> Option<(Sign, Option<String>)> {
    let text = message.strip_prefix("config : ").unwrap_or(message);
    let is_configuration = text.starts_with("parsing [")
        || text.starts_with("Error(s) found in configuration file")
        || text.starts_with("Fatal errors found in configuration");
    is_configuration.then_some((Sign::Configuration, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Request;

    #[test]
    fn signs_of_servers() {
        for (format, level, message, wanted) in [
            (
                "nginx-error",
                Level::Error,
                "upstream timed out (110: Connection timed out) while reading response header from upstream",
                Some(Sign::UpstreamSlow),
            ),
            (
                "nginx-error",
                Level::Error,
                "connect() failed (111: Connection refused) while connecting to upstream",
                Some(Sign::UpstreamDown),
            ),
            (
                "nginx-error",
                Level::Emerg,
                "unknown directive \"x\" in /etc/nginx/nginx.conf:12",
                Some(Sign::Configuration),
            ),
            (
                "nginx-error",
                Level::Emerg,
                "cannot load certificate \"/etc/x.pem\": BIO_new_file() failed",
                Some(Sign::CertificateOrName),
            ),
            (
                "nginx-error",
                Level::Error,
                "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream",
                Some(Sign::CertificateOrName),
            ),
            (
                "nginx-error",
                Level::Error,
                "shop.internal could not be resolved (3: Host not found)",
                Some(Sign::CertificateOrName),
            ),
            ("nginx-error", Level::Crit, "SSL_do_handshake() failed (SSL: error:0A00006C) while SSL handshaking", None),
            ("nginx-error", Level::Emerg, "bind() to 0.0.0.0:80 failed (98: Address already in use)", None),
            (
                "apache-error",
                Level::Error,
                "AH00957: http: attempt to connect to 127.0.0.1:8000 (127.0.0.1) failed",
                Some(Sign::UpstreamDown),
            ),
            (
                "apache-error",
                Level::Error,
                "AH00898: Error reading from remote server returned by /a",
                Some(Sign::UpstreamBroke),
            ),
            (
                "apache-error",
                Level::Error,
                "AH00898: DNS lookup failure for: shop.internal returned by /a",
                Some(Sign::CertificateOrName),
            ),
            ("apache-error", Level::Notice, "AH00094: Command line: '/usr/sbin/apache2'", None),
        ] {
            let request = message.contains("upstream").then(|| Box::new(Request::default()));
            let record = Record { level: Some(level), message: Some(message.into()), request, ..Record::new(format) };
            assert_eq!(sign(&record).map(|(sign, _)| sign), wanted, "{message}");
        }
    }

    #[test]
    fn what_systemd_says_of_a_stop() {
        for (message, sign) in [
            ("nginx.service: State 'stop-sigterm' timed out. Killing.", Some(Sign::StopTimedOut)),
            ("nginx.service: stop-sigterm timed out. Killing.", Some(Sign::StopTimedOut)),
            ("nginx.service: Killing process 77 (nginx) with signal SIGKILL.", Some(Sign::StopTimedOut)),
            ("nginx.service: Main process exited, code=killed, status=9/KILL", Some(Sign::StopTimedOut)),
            ("nginx.service: Main process exited, code=killed, status=15/TERM", None),
            ("nginx.service: start operation timed out. Terminating.", None),
            (
                "nginx.service: Found left-over process 77 (nginx) in control group while starting unit. Ignoring.",
                Some(Sign::LeftOver),
            ),
        ] {
            let record = Record { message: Some(message.into()), ..Record::new("systemd") };
            let want = sign.map(|sign| (sign, Some("nginx".to_owned())));
            assert_eq!(super::sign(&record), want, "{message}");
        }
    }
}
