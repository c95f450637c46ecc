//! Lines of sudo, from `lib/eventlog/eventlog.c` (`new_logline`), and of the PAM modules that it loads.
//!
//! ```text
//!   deploy : PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl restart apache2
//!  mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/mallory ; USER=root ; COMMAND=/usr/bin/systemctl stop nginx
//! ```
//!
//! The name is padded to eight. `TTY` is missing without a terminal. A reason before the fields means that sudo
//! refused, and nothing ran. Nothing is quoted: a directory or a command may hold ` ; ` and the names of fields.

use super::{Record, Text, Value};

/// The fields in the order in which sudo writes them; the last takes all the rest.
const FIELDS: &[&str] = &["HOST", "TTY", "CHROOT", "PWD", "USER", "GROUP", "TSID", "ENV", "COMMAND"];

/// Who ran what as whom; or any other text of sudo, as it stands.
pub fn message(text: &str) -> Option<Record<'_>> {
    let text = text.trim_start_matches(' ');
    let mut record = Record { message: Some(Text::Borrowed(text)), ..Record::new("sudo") };
    if let Some((user, said)) = text.split_once(" : ") {
        let (reason, fields) = fields(said);
        if !fields.is_empty() || said.starts_with("(command continued) ") {
            record.user = Some(Text::Borrowed(user));
        }
        if let Some(reason) = reason.filter(|_| !fields.is_empty()) {
            record.fields.push((Text::Borrowed("reason"), Value::Text(Text::Borrowed(reason))));
        }
        record.fields.extend(fields.into_iter().map(|(name, value)| (name.into(), Value::Text(value.into()))));
    }
    Some(record)
}

/// `REASON ; TTY=… ; PWD=… ; USER=… ; COMMAND=…`: the reason, and the fields in order. A name out of order is part
/// of the value before it, and so is a command before the user that it runs as.
fn fields(text: &str) -> (Option<&str>, Vec<(&'static str, &str)>) {
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    let mut allowed = FIELDS;
    let mut at = 0;
    for part in text.split(" ; ") {
        let is_user_known = starts.iter().any(|(_, name)| *name == "USER");
        let name = part.split_once('=').and_then(|(name, _)| allowed.iter().position(|known| *known == name));
        if let Some(index) = name.filter(|index| is_user_known || *index + 1 < allowed.len()) {
            starts.push((at, allowed[index]));
            allowed = &allowed[index + 1..];
        }
        at += part.len() + " ; ".len();
    }
    let end = |index: usize| starts.get(index + 1).map_or(text.len(), |(next, _)| next - " ; ".len());
    let value = |(index, (at, name)): (usize, &(usize, &'static str))| {
        Some((*name, text.get(at + name.len() + 1..end(index))?))
    };
    let reason = starts.first().filter(|(at, _)| *at > 0).and_then(|(at, _)| text.get(..at - " ; ".len()));
    (reason, starts.iter().enumerate().filter_map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_who_ran_what() {
        for (line, user, expected) in [
            (
                "  deploy : PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl restart apache2",
                "deploy",
                &[("PWD", "/home/deploy"), ("USER", "root"), ("COMMAND", "/usr/bin/systemctl restart apache2")][..],
            ),
            (
                " vagrant : TTY=pts/0 ; PWD=/home/vagrant ; USER=root ; COMMAND=/bin/sh -c a; b ; TTY=c",
                "vagrant",
                &[("TTY", "pts/0"), ("PWD", "/home/vagrant"), ("USER", "root"), ("COMMAND", "/bin/sh -c a; b ; TTY=c")],
            ),
            (
                "anna : PWD=/srv ; USER=root ; ENV=DEBIAN_FRONTEND=noninteractive ; COMMAND=/usr/bin/dpkg -i a.deb",
                "anna",
                &[
                    ("PWD", "/srv"),
                    ("USER", "root"),
                    ("ENV", "DEBIAN_FRONTEND=noninteractive"),
                    ("COMMAND", "/usr/bin/dpkg -i a.deb"),
                ],
            ),
            (
                "anna : TTY=pts/0 ; PWD=/srv/a ; b ; COMMAND=c ; USER=root ; COMMAND=/usr/bin/echo USER=y ; COMMAND=z",
                "anna",
                &[
                    ("TTY", "pts/0"),
                    ("PWD", "/srv/a ; b ; COMMAND=c"),
                    ("USER", "root"),
                    ("COMMAND", "/usr/bin/echo USER=y ; COMMAND=z"),
                ],
            ),
            (
                "tsg : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/root ; USER=root ; COMMAND=/bin/ls",
                "tsg",
                &[
                    ("reason", "3 incorrect password attempts"),
                    ("TTY", "pts/1"),
                    ("PWD", "/root"),
                    ("USER", "root"),
                    ("COMMAND", "/bin/ls"),
                ],
            ),
            (" vagrant : (command continued) '/etc/metricbeat/metricbeat.yml)", "vagrant", &[]),
        ] {
            let record = message(line).unwrap_or_default();
            let expected: Vec<(Text<'_>, Value<'_>)> =
                expected.iter().map(|(name, value)| ((*name).into(), Value::Text((*value).into()))).collect();
            assert_eq!((record.user.as_deref(), &record.fields), (Some(user), &expected), "{line}");
        }
    }

    #[test]
    fn leaves_other_text_as_it_is() {
        for line in [
            "pam_unix(sudo:session): session opened for user root by vagrant(uid=1000)",
            "unable to execute /usr/sbin/sendmail: No such file or directory",
            "anna : something that has no fields",
            "anna : ",
        ] {
            let record = message(line).unwrap_or_default();
            assert_eq!((record.message(), &record.user, record.fields.len()), (line, &None, 0), "{line}");
        }
    }
}
