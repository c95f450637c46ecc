//! The files of a story: a host's journal or syslog, and whatever else a responder collected, in the servers' own words.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// A line of the host's log.
struct Line {
    at_ms: i64,
    program: String,
    pid: i64,
    /// The writer's unit.
    unit: String,
    /// The unit that systemd speaks about.
    about: Option<String>,
    message: String,
}

/// How the host's log was collected.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    JournalExport,
    Syslog,
}

/// Everything that was collected of one story.
pub(super) struct Logs {
    host: &'static str,
    form: Form,
    lines: Vec<Line>,
    /// Name, contents and, where it matters, when it was written.
    files: Vec<(String, String, Option<i64>)>,
}

pub(super) fn moment(at_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default()
}

impl Logs {
    pub(super) fn new(host: &'static str, form: Form) -> Logs {
        Logs { host, form, lines: Vec::new(), files: Vec::new() }
    }

    /// A line that a program of a unit writes.
    pub(super) fn say(&mut self, at_ms: i64, unit: &str, program: &str, pid: i64, message: impl Into<String>) {
        let (program, unit) = (program.to_owned(), format!("{unit}.service"));
        self.lines.push(Line { at_ms, program, pid, unit, about: None, message: message.into() });
    }

    /// A line of systemd about a unit.
    pub(super) fn systemd(&mut self, at_ms: i64, unit: &str, message: String) {
        let about = Some(format!("{unit}.service"));
        let (program, scope) = ("systemd".to_owned(), "init.scope".to_owned());
        self.lines.push(Line { at_ms, program, pid: 1, unit: scope, about, message });
    }

    pub(super) fn started(&mut self, at_ms: i64, unit: &str) {
        self.systemd(at_ms, unit, format!("Started {unit}.service - {unit}."));
    }

    pub(super) fn stopped(&mut self, at_ms: i64, unit: &str) {
        self.systemd(at_ms - 400, unit, format!("Stopping {unit}.service - {unit}..."));
        self.systemd(at_ms - 10, unit, format!("{unit}.service: Deactivated successfully."));
        self.systemd(at_ms, unit, format!("Stopped {unit}.service - {unit}."));
    }

    /// A command that somebody ran with sudo.
    pub(super) fn sudo(&mut self, at_ms: i64, command: &str) {
        let message = format!("   admin : TTY=pts/0 ; PWD=/home/admin ; USER=root ; COMMAND={command}");
        self.say(at_ms, "session-3", "sudo", 4000 + at_ms % 1000, message);
    }

    /// Another file.
    pub(super) fn file(&mut self, name: &str, contents: String, written_ms: Option<i64>) {
        self.files.push((name.to_owned(), contents, written_ms));
    }

    /// Writes all of it into a folder.
    pub(super) fn write(&mut self, folder: &Path) -> io::Result<()> {
        self.lines.sort_by_key(|line| line.at_ms);
        let (name, text) = match self.form {
            Form::JournalExport => ("journal.export", self.export()),
            Form::Syslog => ("syslog", self.syslog()),
        };
        fs::write(folder.join(name), text)?;
        for (name, contents, written_ms) in &self.files {
            let path = folder.join(name);
            fs::write(&path, contents)?;
            if let Some(written_ms) = written_ms {
                let since = Duration::from_millis(u64::try_from(*written_ms).unwrap_or_default());
                File::options().write(true).open(&path)?.set_modified(UNIX_EPOCH + since)?;
            }
        }
        Ok(())
    }

    fn export(&self) -> String {
        let entry = |(index, line): (usize, &Line)| {
            let about = line.about.as_ref().map(|unit| format!("UNIT={unit}\n")).unwrap_or_default();
            format!(
                "__CURSOR=s=1;i={index:x}\n__REALTIME_TIMESTAMP={}\nPRIORITY=6\nSYSLOG_IDENTIFIER={}\n_PID={}\n\
                 _HOSTNAME={}\n_SYSTEMD_UNIT={}\n{about}MESSAGE={}\n\n",
                line.at_ms * 1000,
                line.program,
                line.pid,
                self.host,
                line.unit,
                line.message
            )
        };
        self.lines.iter().enumerate().map(entry).collect()
    }

    /// rsyslog's `RSYSLOG_FileFormat`.
    fn syslog(&self) -> String {
        let line = |line: &Line| {
            let at = moment(line.at_ms).format("%Y-%m-%dT%H:%M:%S%.6f+00:00");
            let tag = if line.program == "sudo" { "sudo".into() } else { format!("{}[{}]", line.program, line.pid) };
            format!("{at} {} {tag}: {}\n", self.host, line.message)
        };
        self.lines.iter().map(line).collect()
    }
}

/// A row of `docker events --format '{{json .}}'`.
pub(super) fn docker_event(at_ms: i64, action: &str, name: &str, id: &str) -> String {
    let exit = if action == "die" { r#""exitCode":"0","# } else { "" };
    format!(
        r#"{{"status":"{action}","id":"{id}","from":"shop/{name}:1.4","Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{{exit}"image":"shop/{name}:1.4","name":"{name}"}}}},"scope":"local","time":{},"timeNano":{}}}"#,
        at_ms / 1000,
        at_ms * 1_000_000
    ) + "\n"
}

/// A line of an access log in the combined form.
pub(super) fn access(at_ms: i64, client: i64, status: u16) -> String {
    let at = moment(at_ms).format("%d/%b/%Y:%H:%M:%S +0000");
    let (high, low) = (client / 250, 1 + client % 250);
    format!("198.51.{high}.{low} - - [{at}] \"GET /cart HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0\"\n")
}
