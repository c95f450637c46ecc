//! What holds for a service until it is changed: whether its container is started again, and as which user it runs.

use super::words;
use crate::format::{Record, Value};

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A container's restart policy: `no`, `always`, `unless-stopped`, `on-failure`.
    Restarts(String),
    /// The user that the configuration names.
    ConfiguredUser(String),
    /// A user that a process of it runs as, by a table.
    RunsAs(String),
    /// The server says that it ignores the user of its configuration, as it was started without root's rights.
    UserIgnored,
}

/// What holds, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing {
    /// Service or container.
    pub service: String,
    #[allow(missing_docs)]
    pub what: What,
}

/// What nginx says when it ignores `user` (`ngx_set_user` in `src/core/nginx.c`).
const IGNORED: &str = "the \"user\" directive makes sense only if the master process runs with super-user privileges";

/// Servers whose configuration names a user.
const SERVERS: &[&str] = &["nginx", "apache2", "httpd"];

/// What a record says of it.
pub fn standings(record: &Record<'_>) -> Vec<Standing> {
    let found = match record.format {
        "docker-inspect" => restarts(record, "HostConfig.RestartPolicy"),
        "compose-file" => restarts(record, "restart"),
        "nginx-config" => configured(record, "user"),
        "apache-config" => configured(record, "User"),
        "lsof" => runs_as(record),
        _ => ignored(record),
    };
    found.into_iter().collect()
}

fn restarts(record: &Record<'_>, field: &str) -> Option<Standing> {
    let container = record.container.as_ref().and_then(|container| container.name.as_deref());
    let name = record.text_field("container_name").or(container)?;
    let policy = record.text_field(field)?.split(':').next()?;
    Some(Standing { service: name.into(), what: What::Restarts(policy.into()) })
}

/// A user that a variable of the environment names is not known.
fn configured(record: &Record<'_>, field: &str) -> Option<Standing> {
    let (_, value) = record.fields.iter().find(|(name, _)| name == field)?;
    let Value::List(values) = value else { return None };
    let user = values.first()?.split_ascii_whitespace().next()?;
    let is_name = user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let service = record.program.as_deref()?;
    is_name.then(|| Standing { service: service.into(), what: What::ConfiguredUser(user.into()) })
}

fn runs_as(record: &Record<'_>) -> Option<Standing> {
    let program = record.program.as_deref().filter(|program| SERVERS.contains(program))?;
    Some(Standing { service: program.into(), what: What::RunsAs(record.user.as_deref()?.into()) })
}

/// A server in a container is one that is made so.
fn ignored(record: &Record<'_>) -> Option<Standing> {
    let is_own = record.container.is_none() && record.client.is_none() && !record.is_traffic;
    let starts = is_own && words::own_line(record).trim_start_matches("nginx: [warn] ").starts_with(IGNORED);
    let is_nginx = record.format == "nginx-error" || record.program.as_deref() == Some("nginx");
    (starts && is_nginx).then(|| Standing { service: "nginx".into(), what: What::UserIgnored })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::FORMATS;

    #[test]
    fn what_records_say() {
        let told = |format: &str, text: &str| -> Vec<Standing> {
            let format = FORMATS.iter().find(|known| known.name() == format).unwrap();
            let parts = format.document(text.as_bytes()).into_iter().map(|part| part.record);
            format.parse(text.as_bytes()).into_iter().chain(parts).flat_map(|record| standings(&record)).collect()
        };
        let text = |what: fn(String) -> What, text: &str| what(text.into());
        let always = vec![("web", text(What::Restarts, "always"))];
        for (format, line, want) in [
            (
                "docker-inspect",
                "[\n{\"Id\":\"22e4\",\"Name\":\"/web\",\"State\":{\"Status\":\"running\"},\"Config\":{},\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":0}}}\n]",
                always.clone(),
            ),
            ("compose-file", "services:\n  web:\n    image: nginx:1.25\n    restart: always\n", always),
            (
                "nginx-config",
                "user portal;\nworker_processes 1;\n",
                vec![("nginx", text(What::ConfiguredUser, "portal"))],
            ),
            ("apache-config", "User ${APACHE_RUN_USER}\nListen 80\n", vec![]),
            ("apache-config", "User www-data\nListen 80\n", vec![("apache2", text(What::ConfiguredUser, "www-data"))]),
            (
                "nginx-error",
                "2026/11/20 10:00:01 [warn] 812#812: the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored in /etc/nginx/nginx.conf:1",
                vec![("nginx", What::UserIgnored)],
            ),
            (
                "nginx-error",
                "2026/11/20 10:00:01 [error] 812#812: *1 open() \"/the \"user\" directive makes sense only if the master process runs with super-user privileges\" failed, client: 10.0.0.1",
                vec![],
            ),
        ] {
            let want: Vec<Standing> =
                want.into_iter().map(|(service, what)| Standing { service: service.into(), what }).collect();
            assert_eq!(told(format, line), want, "{line}");
        }
    }
}
