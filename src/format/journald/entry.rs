//! An entry's fields, put into a record; and whether its message may be read as that of the program it names.

use crate::format::{Container, Level, Record, Text, Value, apache, nest, nginx, stamp};

/// Fields of one entry that are kept. journald itself takes no more (`ENTRY_FIELD_COUNT_MAX`).
const MOST_FIELDS: usize = 1024;

/// Letters of a program's name that the kernel keeps in `_COMM`.
const COMM_BYTES: usize = 15;

/// Collects the fields of an entry.
pub(super) struct Entry<'a> {
    record: Record<'a>,
    sent: Option<Text<'a>>,
    received: Option<Text<'a>>,
    identifier: Option<Text<'a>>,
    comm: Option<Text<'a>>,
    pid: Option<Text<'a>>,
    claimed_pid: Option<Text<'a>>,
    full_id: Option<Text<'a>>,
    short_id: Option<Text<'a>>,
    name: Option<Text<'a>>,
    image: Option<Text<'a>>,
    fields: usize,
}

impl<'a> Entry<'a> {
    /// An entry of the form `format`, without fields.
    pub(super) fn new(format: &'static str) -> Self {
        let mut record = Record::new(format);
        record.fields.reserve(24);
        Entry {
            record,
            sent: None,
            received: None,
            identifier: None,
            comm: None,
            pid: None,
            claimed_pid: None,
            full_id: None,
            short_id: None,
            name: None,
            image: None,
            fields: 0,
        }
    }

    /// Takes a field. Of a field that has a place of its own the first counts, others are kept under their name.
    pub(super) fn add(&mut self, name: Text<'a>, value: Text<'a>) {
        self.fields += 1;
        if self.fields > MOST_FIELDS {
            return;
        }
        let place = match name.as_ref() {
            "_SOURCE_REALTIME_TIMESTAMP" => &mut self.sent,
            "__REALTIME_TIMESTAMP" => &mut self.received,
            "_HOSTNAME" => &mut self.record.host,
            "SYSLOG_IDENTIFIER" => &mut self.identifier,
            "_COMM" => &mut self.comm,
            "_PID" => &mut self.pid,
            "SYSLOG_PID" => &mut self.claimed_pid,
            "_SYSTEMD_UNIT" => &mut self.record.unit,
            "MESSAGE" => &mut self.record.message,
            "MESSAGE_ID" => &mut self.record.code,
            "CONTAINER_ID_FULL" => &mut self.full_id,
            "CONTAINER_ID" => &mut self.short_id,
            "CONTAINER_NAME" => &mut self.name,
            "IMAGE_NAME" => &mut self.image,
            "PRIORITY" if self.record.level.is_none() => match level(&value) {
                Some(level) => {
                    self.record.level = Some(level);
                    return;
                }
                None => return self.keep(name, value),
            },
            _ => return self.keep(name, value),
        };
        if place.is_none() {
            *place = Some(value);
        } else {
            self.keep(name, value);
        }
    }

    /// Keeps a field under its own name; one that comes again becomes a list.
    fn keep(&mut self, name: Text<'a>, value: Text<'a>) {
        match self.record.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Value::List(values))) => values.push(value),
            Some((_, first)) => {
                let before = match std::mem::replace(first, Value::Number(0)) {
                    Value::Text(text) => text,
                    Value::Number(number) => number.to_string().into(),
                    Value::List(_) => Text::default(),
                };
                *first = Value::List(vec![before, value]);
            }
            None => self.record.fields.push((name, Value::Text(value))),
        }
    }

    /// The record, with the line of the program inside read where there is one. `None` for the remains of an entry that
    /// somebody cut out: neither a message nor the moment of its reception.
    pub(super) fn finish(mut self) -> Option<Record<'a>> {
        if self.record.message.is_none() && self.received.is_none() {
            return None;
        }
        self.place_stamp();
        self.place_pid();
        self.place_container();
        let is_own = is_own_word(&self.record, self.identifier.as_deref(), self.comm.as_deref());
        self.place_program();
        if !is_own {
            return Some(self.record);
        }
        Some(match image_program(&self.record) {
            Some(program) => nest_as(self.record, program),
            None => nest::nest(self.record),
        })
    }

    /// The sender's moment where it is known, as all text forms of journalctl show it.
    fn place_stamp(&mut self) {
        let micros = |text: &Option<Text<'_>>| text.as_deref().and_then(|text| stamp::micros(text.as_bytes()));
        self.record.stamp = micros(&self.sent);
        if self.record.stamp.is_none() {
            self.record.stamp = micros(&self.received);
        } else if let Some(received) = self.received.take() {
            self.keep("__REALTIME_TIMESTAMP".into(), received);
        }
    }

    fn place_pid(&mut self) {
        let number = |text: &Option<Text<'_>>| text.as_deref().and_then(|text| text.parse().ok());
        self.record.pid = number(&self.pid);
        if self.record.pid.is_none() {
            self.record.pid = number(&self.claimed_pid);
        } else if let Some(claimed) = self.claimed_pid.take() {
            self.keep("SYSLOG_PID".into(), claimed);
        }
    }

    fn place_container(&mut self) {
        if self.full_id.is_some()
            && let Some(short) = self.short_id.take()
        {
            self.keep("CONTAINER_ID".into(), short);
        }
        let id = self.full_id.take().or(self.short_id.take());
        let container = Container { id, name: self.name.take(), image: self.image.take() };
        if container != Container::default() {
            self.record.container = Some(container);
        }
    }

    fn place_program(&mut self) {
        let named = self.identifier.is_some();
        let program = self.identifier.take().or_else(|| self.comm.clone());
        self.record.program = program.map(without_path).filter(|program| !program.is_empty());
        if let (true, Some(comm)) = (named, self.comm.take()) {
            self.keep("_COMM".into(), comm);
        }
    }
}

/// `3`: one digit from 0 to 7; anything else is no level.
fn level(priority: &str) -> Option<Level> {
    match priority.as_bytes() {
        [digit @ b'0'..=b'7'] => Level::from_severity(digit - b'0'),
        _ => None,
    }
}

/// `cron` of `/usr/sbin/cron`.
pub(super) fn without_path(program: Text<'_>) -> Text<'_> {
    match program {
        Text::Borrowed(path) => Text::Borrowed(base_name(path)),
        Text::Owned(path) => Text::Owned(base_name(&path).to_owned()),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Reads the message as that of `program`, which the record does not name itself.
pub(super) fn nest_as<'a>(mut record: Record<'a>, program: String) -> Record<'a> {
    let named = record.program.replace(program.into());
    let mut record = nest::nest(record);
    record.program = named;
    record
}

/// The server in a container, by its image: `nginx` of `registry.example:5000/library/nginx:1.25`. docker's journald
/// driver gives the container's id as the identifier, so the image alone tells whose words these are.
fn image_program(record: &Record<'_>) -> Option<String> {
    let image = record.container.as_ref()?.image.as_deref()?;
    let program = base_name(image).split([':', '@']).next()?;
    let known = nginx::writes_as(program) || apache::writes_as(program) || program == "haproxy";
    known.then(|| program.to_owned())
}

/// Whether the message may be read as the words of the program that `identifier` names.
///
/// Anyone can write `logger -t nginx 'bind() to 0.0.0.0:80 failed'`, so the fields that journald sets must agree:
///
/// - the process has that name (`_COMM`, cut at 15 letters, else `_EXE`), or one of the same server's names;
/// - or it runs in the unit of that name: wrappers (`sh`), Apache's piped `logger`;
/// - or it is a child of systemd that has not yet become the program (`(nginx)`), or pid 1;
/// - or it hands on the lines of others over the native protocol, as docker and rsyslog do, and runs as root.
///
/// Where journald knew no process (kernel, journals of other machines, processes that were gone too soon), only what
/// comes from a login session is doubted; sudo lives there.
fn is_own_word(record: &Record<'_>, identifier: Option<&str>, comm: Option<&str>) -> bool {
    let Some(named) = identifier.map(base_name) else { return true };
    let exe = record.text_field("_EXE").map(base_name);
    let unit = record.unit.as_deref().unwrap_or_default();
    let Some(writer) = comm.or(exe) else {
        return named == "sudo" || !unit.starts_with("session-");
    };
    let stem = unit.split(['@', '.']).next().unwrap_or_default();
    let by_systemd = || record.pid == Some(1) || writer.starts_with('(') || exe == Some("systemd");
    is_kin(named, writer)
        || is_kin(named, stem)
        || (matches!(named, "systemd" | "kernel") && by_systemd())
        || hands_on(record, writer)
}

/// Whether both names are of one server.
fn is_kin(named: &str, other: &str) -> bool {
    let cut = named.as_bytes().get(..COMM_BYTES).unwrap_or(named.as_bytes());
    let is_apache = |name: &str| apache::writes_as(name) || name.starts_with("apache2") || name == "apachectl";
    let is_docker = |name: &str| matches!(name, "docker" | "dockerd") || name.starts_with("containerd");
    cut.eq_ignore_ascii_case(other.as_bytes())
        || named.eq_ignore_ascii_case(other)
        || (nginx::writes_as(named) && nginx::writes_as(other))
        || (is_apache(named) && is_apache(other))
        || (is_docker(named) && is_docker(other))
}

/// Whether `writer` is a program of root that hands on what others wrote, over journald's native protocol. Commands
/// by which people write lines of their own do not count.
fn hands_on(record: &Record<'_>, writer: &str) -> bool {
    let by_hand = matches!(
        writer,
        "logger" | "systemd-cat" | "cat" | "tee" | "echo" | "sh" | "bash" | "dash" | "zsh" | "busybox"
    );
    let native = record.text_field("_TRANSPORT") == Some("journal");
    native && !by_hand && record.text_field("_UID") == Some("0")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry<'a>(fields: &'a [(&'a str, &'a str)]) -> Record<'a> {
        let mut entry = Entry::new("journald-export");
        for (name, value) in fields {
            entry.add((*name).into(), (*value).into());
        }
        entry.finish().unwrap()
    }

    #[test]
    fn fields_have_their_places() {
        let record = entry(&[
            ("__REALTIME_TIMESTAMP", "1795488235657927"),
            ("_SOURCE_REALTIME_TIMESTAMP", "1795488235657918"),
            ("_HOSTNAME", "web01"),
            ("SYSLOG_IDENTIFIER", "/usr/sbin/cron"),
            ("_COMM", "cron"),
            ("SYSLOG_PID", "7"),
            ("_PID", "9379"),
            ("_SYSTEMD_UNIT", "cron.service"),
            ("PRIORITY", "3"),
            ("MESSAGE", "started"),
            ("MESSAGE_ID", "f77379a8490b408bbe5f6940505a777b"),
            ("CONTAINER_ID_FULL", "4f1d2a7b9c0e6f5a"),
            ("CONTAINER_ID", "4f1d2a7b9c0e"),
            ("TAG", "one"),
            ("TAG", "two"),
            ("TAG", ""),
        ]);
        assert_eq!(record.stamp, stamp::micros(b"1795488235657918"));
        assert_eq!((record.host.as_deref(), record.program.as_deref()), (Some("web01"), Some("cron")));
        assert_eq!((record.pid, record.unit.as_deref()), (Some(9379), Some("cron.service")));
        assert_eq!((record.level, record.message()), (Some(Level::Error), "started"));
        assert_eq!(record.code.as_deref(), Some("f77379a8490b408bbe5f6940505a777b"));
        assert_eq!(record.container.as_ref().unwrap().id.as_deref(), Some("4f1d2a7b9c0e6f5a"));
        assert_eq!(record.text_field("SYSLOG_PID"), Some("7"));
        let tags = record.fields.iter().find(|(name, _)| name == "TAG").map(|(_, value)| value.clone());
        assert_eq!(tags, Some(Value::List(vec!["one".into(), "two".into(), "".into()])));
    }

    #[test]
    fn what_is_no_value_is_not_one() {
        let record = entry(&[
            ("_SOURCE_REALTIME_TIMESTAMP", "soon"),
            ("__REALTIME_TIMESTAMP", "1795488235657927"),
            ("PRIORITY", "9"),
            ("SYSLOG_IDENTIFIER", ""),
            ("SYSLOG_PID", "77"),
        ]);
        assert_eq!(record.stamp, stamp::micros(b"1795488235657927"));
        assert_eq!((record.level, record.program.as_deref(), record.pid), (None, None, Some(77)));
        assert_eq!(record.text_field("PRIORITY"), Some("9"));
        let mut remains = Entry::new("journald-export");
        remains.add("_SOURCE_REALTIME_TIMESTAMP".into(), "1795488235657918".into());
        assert!(remains.finish().is_none());
    }

    #[test]
    fn whose_word_it_is() {
        // why, identifier, _COMM, _EXE, _SYSTEMD_UNIT, _TRANSPORT, _UID
        for (why, is_own, fields) in [
            ("nginx itself", true, ["nginx", "nginx", "/usr/sbin/nginx", "nginx.service", "stdout", "0"]),
            (
                "logger in a session",
                false,
                ["nginx", "logger", "/usr/bin/logger", "session-61.scope", "syslog", "1000"],
            ),
            ("logger as root", false, ["nginx", "logger", "", "", "journal", "0"]),
            ("systemd-cat", false, ["nginx", "cat", "/usr/bin/cat", "session-61.scope", "stdout", "0"]),
            ("a script of a cron job", false, ["nginx", "sh", "/usr/bin/dash", "cron.service", "stdout", "0"]),
            ("a wrapper in its unit", true, ["nginx", "sh", "/usr/bin/dash", "nginx.service", "stdout", "0"]),
            ("Apache's piped logger", true, ["httpd", "logger", "/usr/bin/logger", "httpd.service", "syslog", "0"]),
            ("apachectl", true, ["apachectl", "apache2", "/usr/sbin/apache2", "apache2.service", "stdout", "0"]),
            (
                "apachectl, the script",
                true,
                ["apachectl", "apachectl", "/usr/bin/dash", "apache2.service", "stdout", "0"],
            ),
            ("a name cut at 15 letters", true, ["systemd-journald", "systemd-journal", "", "", "driver", "0"]),
            (
                "a child of systemd",
                true,
                ["systemd", "(systemd)", "/usr/lib/systemd/systemd", "user@0.service", "journal", "0"],
            ),
            (
                "pid 1 of a container",
                true,
                ["systemd", "init", "/usr/lib/systemd/systemd", "init.scope", "journal", "0"],
            ),
            ("no process known", true, ["sshd", "", "", "", "syslog", ""]),
            ("gone too soon, in a session", false, ["nginx", "", "", "session-61.scope", "syslog", "1000"]),
            ("sudo, gone too soon", true, ["sudo", "", "", "session-61.scope", "syslog", "0"]),
            (
                "a container of docker",
                true,
                ["4f1d2a7b9c0e", "dockerd", "/usr/sbin/dockerd", "docker.service", "journal", "0"],
            ),
            ("a user's program", false, ["nginx", "python3", "/usr/bin/python3.11", "", "journal", "1000"]),
        ] {
            let [identifier, comm, exe, unit, transport, uid] = fields;
            let mut record = Record::new("journald-export");
            record.unit = (!unit.is_empty()).then(|| unit.into());
            for (name, value) in [("_EXE", exe), ("_TRANSPORT", transport), ("_UID", uid)] {
                if !value.is_empty() {
                    record.fields.push((name.into(), Value::Text(value.into())));
                }
            }
            let comm = Some(comm).filter(|comm| !comm.is_empty());
            assert_eq!(is_own_word(&record, Some(identifier), comm), is_own, "{why}");
        }
    }
}
