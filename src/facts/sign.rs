//! Signs of what broke: error lines that are no event of their own, but tell why requests fail (methods, 5.4).

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
    /// systemd found a process of the unit that outlived its stop.
    LeftOver,
}

/// What an error line says of the cause, and of which upstream (as `address:port` or a backend's name).
pub fn sign(record: &Record<'_>) -> Option<(Sign, Option<String>)> {
    let message = record.message();
    match record.format {
        "nginx-error" => nginx(record, message),
        "apache-error" => apache(message),
        "haproxy-notice" => haproxy(message),
        "systemd" => left_over(record, message),
        _ => None,
    }
}

/// `U: Found left-over process 77 (x) in control group while starting unit. Ignoring.` (`formats/syslog.md`, section 2)
fn left_over(record: &Record<'_>, message: &str) -> Option<(Sign, Option<String>)> {
    let is_left = message.contains(": Found left-over process ")
        || message.contains(": Unit process ") && message.contains(" remains running after unit stopped");
    let unit = record.text_field("UNIT").or_else(|| message.split_once(": ").map(|(unit, _)| unit))?;
    is_left.then(|| (Sign::LeftOver, Some(unit.strip_suffix(".service").unwrap_or(unit).to_owned())))
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
    } else if message.contains(" could not be resolved (") {
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
        "AH02572" => Sign::CertificateOrName,
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
