//! Lines of the Linux kernel, from `kernel/printk/printk.c`, as a syslog daemon writes them.
//!
//! ```text
//! [ 2521.927348] Memory cgroup out of memory: Killed process 50 (python3) total-vm:547760kB, …
//! [12345.678901][T96407] nginx[4321]: segfault at 0 ip …
//! ```
//!
//! The first bracket holds the seconds since boot, not counting suspended time (`printk.time`), so the moment of the
//! record is its envelope's; the second one the thread or processor (`CONFIG_PRINTK_CALLER`). Both may be missing, as
//! they are in the journal, so that the same line reads the same from both.

use super::{Record, Text, Value};

/// One line of the kernel, with or without its brackets.
pub fn message(text: &str) -> Option<Record<'_>> {
    let mut record = Record::new("kernel");
    let mut rest = text;
    if let Some((seconds, after)) = bracket(text.trim_start_matches(' '), is_seconds) {
        record.fields.push((Text::Borrowed("printk_time"), Value::Text(Text::Borrowed(seconds))));
        rest = after;
        if let Some((caller, after)) = bracket(rest.strip_prefix(' ').unwrap_or(rest), is_caller) {
            record.fields.push((Text::Borrowed("printk_caller"), Value::Text(Text::Borrowed(caller))));
            rest = after;
        }
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    record.message = Some(Text::Borrowed(rest));
    Some(record)
}

/// What is in the bracket at the beginning, without padding, and what comes after it.
fn bracket(text: &str, fits: fn(&str) -> bool) -> Option<(&str, &str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let inner = inner.trim_start_matches(' ');
    fits(inner).then_some((inner, rest))
}

/// `12345.678901`
fn is_seconds(text: &str) -> bool {
    text.split_once('.').is_some_and(|(seconds, micros)| is_number(seconds) && is_number(micros))
}

/// `T96407`, a thread; `C3`, a processor
fn is_caller(text: &str) -> bool {
    text.strip_prefix(['T', 'C']).is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_brackets_of_printk_and_no_others() {
        for (line, expected, seconds, caller) in [
            ("[ 2521.926917] Call Trace:", "Call Trace:", Some("2521.926917"), None),
            ("[ 2521.926936]  <TASK>", " <TASK>", Some("2521.926936"), None),
            ("[    0.000000] Linux version 6.1.0", "Linux version 6.1.0", Some("0.000000"), None),
            ("[12345.678901][T96407] x", "x", Some("12345.678901"), Some("T96407")),
            ("[12345.678901] [    C3] x", "x", Some("12345.678901"), Some("C3")),
            ("[ 2521.927318] [   50]   996  50 python3", "[   50]   996  50 python3", Some("2521.927318"), None),
            ("[  pid  ]   uid  tgid total_vm", "[  pid  ]   uid  tgid total_vm", None, None),
            ("nginx[4321]: segfault at 0 ip 0", "nginx[4321]: segfault at 0 ip 0", None, None),
            ("", "", None, None),
        ] {
            let record = message(line).unwrap_or_default();
            assert_eq!(record.message(), expected, "{line}");
            assert_eq!(record.text_field("printk_time"), seconds, "{line}");
            assert_eq!(record.text_field("printk_caller"), caller, "{line}");
        }
    }
}
