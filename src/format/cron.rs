//! Lines of cron: Vixie cron of Debian and cronie, from `misc.c` (`log_it`), and busybox' `crond`.
//!
//! ```text
//! (root) CMD (   cd / && run-parts --report /etc/cron.hourly)
//! (CRON) INFO (Running @reboot jobs)
//! USER root pid 99 cmd run-parts /etc/periodic/15min
//! ```
//!
//! The tag is `cron` or `crond`; `CRON` or `CROND` for the process that runs a job; `crontab` for the editor of tables.

use super::{Record, Text};

/// Whether a program of this name is cron.
pub fn writes_as(program: &str) -> bool {
    matches!(program, "cron" | "crond" | "CRON" | "CROND" | "crontab")
}

/// One line, with the user whose table it is about.
pub fn message(text: &str) -> Option<Record<'_>> {
    let text = text.trim_start_matches(' ');
    let user = user(text).map(Text::Borrowed);
    Some(Record { message: Some(Text::Borrowed(text)), user, ..Record::new("cron") })
}

/// `root` of `(root) CMD (…)`. `(CRON)` is cron itself; `(*system*nginx)` is a file of `/etc/cron.d`.
fn user(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix("USER ") {
        return rest.split_once(" pid ").map(|(user, _)| user);
    }
    let (user, rest) = text.strip_prefix('(')?.split_once(") ")?;
    let says = rest.bytes().next()?.is_ascii_uppercase() && rest.contains('(');
    (says && user != "CRON" && !user.is_empty() && !user.starts_with('*')).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_user() {
        for (line, user) in [
            ("(root) CMD (   cd / && run-parts --report /etc/cron.hourly)", Some("root")),
            ("(root) RELOAD (crontabs/root)", Some("root")),
            ("(anna) BEGIN EDIT (anna)", Some("anna")),
            ("USER root pid 99 cmd run-parts /etc/periodic/15min", Some("root")),
            ("(CRON) INFO (pidfile fd = 3)", None),
            ("(*system*nginx) RELOAD (/etc/cron.d/nginx)", None),
            ("pam_unix(cron:session): session opened for user root by (uid=0)", None),
            ("(", None),
        ] {
            let record = message(line).unwrap_or_default();
            assert_eq!((record.message(), record.user.as_deref()), (line, user), "{line}");
        }
    }
}
