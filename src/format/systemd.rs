//! What systemd says about its units, from `src/core/job.c`, `service.c` and `unit.c` of v215 to v256.
//!
//! ```text
//! nginx.service: Main process exited, code=exited, status=1/FAILURE
//! Started nginx.service - A high performance web server and a reverse proxy server.
//! Started A high performance web server and a reverse proxy server.
//! ```
//!
//! Up to v242, and later with `StatusUnitFormat=description`, a finished job names its unit by the description alone;
//! then only the journal knows the unit (`UNIT=`, `USER_UNIT=` for a user's manager).

use super::{Record, Text, Value};

/// What systemd says in `text`. The manager of the system is process 1; others are users' managers, or somebody who
/// imitates systemd, and whoever makes events of the record has to look at its pid.
pub fn message<'a>(envelope: &Record<'_>, text: &'a str) -> Option<Record<'a>> {
    let text = text.trim_start_matches(' ');
    let mut record = Record { message: Some(Text::Borrowed(text)), ..Record::new("systemd") };
    let is_known = ["UNIT", "USER_UNIT"].iter().any(|name| envelope.text_field(name).is_some());
    if !is_known && let Some(unit) = unit(text) {
        record.fields.push((Text::Borrowed("UNIT"), Value::Text(Text::Borrowed(unit))));
    }
    Some(record)
}

/// What comes before the unit in the lines that do not begin with it.
const BEFORE_UNIT: &[&str] = &[
    "Starting ",
    "Started ",
    "Stopping ",
    "Stopped target ",
    "Stopped (with error) ",
    "Stopped ",
    "Reloading ",
    "Reloaded ",
    "Finished ",
    "Failed to start ",
    "Failed to stop ",
    "Failed to listen on ",
    "Failed to mount ",
    "Failed to reload ",
    "Failed unmounting ",
    "Failed deactivating ",
    "Failed to activate swap ",
    "Timed out starting ",
    "Timed out stopping ",
    "Timed out waiting for device ",
    "Timed out unmounting ",
    "Timed out mounting ",
    "Dependency failed for ",
    "Assertion failed for ",
    "Reload failed for ",
    "Condition check resulted in ",
    "Listening on ",
    "Closed ",
    "Mounting ",
    "Mounted ",
    "Unmounting ",
    "Unmounted ",
    "Activating swap ",
    "Activated swap ",
    "Deactivating swap ",
    "Deactivated swap ",
    "Expecting device ",
    "Found device ",
    "Reached target ",
    "Created slice ",
    "Removed slice ",
    "Set up automount ",
    "Unset automount ",
    "start request repeated too quickly for ",
    "Job ",
    "Unit ",
];

/// The unit that the text speaks about, if it names it.
pub fn unit(text: &str) -> Option<&str> {
    let rest = BEFORE_UNIT.iter().find_map(|before| text.strip_prefix(before));
    unit_at_start(rest.unwrap_or(text))
}

/// `nginx.service` of `nginx.service: Main …`, `nginx.service - A …`, `nginx.service.`, `nginx.service...`,
/// `nginx.service/start failed …`.
fn unit_at_start(text: &str) -> Option<&str> {
    let word = text.split([' ', '/', ':']).next()?;
    // A colon within a name (`dev-disk-by\x2dpath-pci\x2d0000:00:1f.2.device`) stands before more of the name.
    let word = if is_unit(word.trim_end_matches('.')) { word } else { text.split(' ').next()?.trim_end_matches(':') };
    let name = word.trim_end_matches('.');
    is_unit(name).then_some(name)
}

/// Whether `name` has the form of a unit's name: the kinds of `src/basic/unit-def.c`, after a name of its letters.
pub fn is_unit(name: &str) -> bool {
    const KINDS: &[&str] =
        &["service", "socket", "target", "device", "mount", "automount", "swap", "timer", "path", "slice", "scope"];
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    name.rsplit_once('.')
        .is_some_and(|(stem, kind)| !stem.is_empty() && KINDS.contains(&kind) && stem.bytes().all(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_unit_that_the_text_names() {
        for (text, expected) in [
            ("httpd.service: main process exited, code=exited, status=1/FAILURE", Some("httpd.service")),
            ("Unit docker.service entered failed state.", Some("docker.service")),
            ("docker.service failed.", Some("docker.service")),
            ("docker.service holdoff time over, scheduling restart.", Some("docker.service")),
            ("start request repeated too quickly for httpd.service", Some("httpd.service")),
            ("Unit httpd.service cannot be reloaded because it is inactive.", Some("httpd.service")),
            ("Job httpd.service/start failed with result 'dependency'.", Some("httpd.service")),
            ("Started nginx.service - A high performance web server.", Some("nginx.service")),
            ("Stopping user@1001.service - User Manager for UID 1001...", Some("user@1001.service")),
            ("Reached target basic.target - Basic System.", Some("basic.target")),
            ("Stopped target default.target - Main User Target.", Some("default.target")),
            ("Started nginx.service.", Some("nginx.service")),
            ("Starting nginx.service...", Some("nginx.service")),
            ("Created slice system-app\\x2dshop.slice - Slice /system/app.", Some("system-app\\x2dshop.slice")),
            ("dev-pci\\x2d0000:00:1f.2.device: Job timed out.", Some("dev-pci\\x2d0000:00:1f.2.device")),
            ("a.timer - X was skipped because of an unmet condition check (Y=z).", Some("a.timer")),
            ("Started run-u12.service - /bin/sh -c echo Failed to start nginx.service.", Some("run-u12.service")),
            ("Started A high performance web server and a reverse proxy server.", None),
            ("Finished Rotate log files.", None),
            ("Condition check resulted in Fast boot being skipped.", None),
            ("Startup finished in 4.102s.", None),
            ("Reloading.", None),
            ("Started Watch of nginx.service.", None),
            ("message repeated 2 times: [ Started nginx.service.]", None),
        ] {
            assert_eq!(unit(text), expected, "{text}");
        }
    }

    #[test]
    fn a_unit_of_the_journal_is_not_told_twice() {
        let mut envelope = Record::new("journald-json");
        envelope.fields.push(("UNIT".into(), Value::Text("nginx.service".into())));
        let record = message(&envelope, "nginx.service: Deactivated successfully.");
        assert_eq!(record.map(|record| record.fields), Some(vec![]));
    }

    #[test]
    fn a_blank_before_the_text_is_no_part_of_it() {
        let record = message(&Record::default(), " Started nginx.service - x").unwrap_or_default();
        assert_eq!((record.message(), record.text_field("UNIT")), ("Started nginx.service - x", Some("nginx.service")));
    }
}
