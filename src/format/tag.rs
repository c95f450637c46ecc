//! The sender in syslog's lines: `<PRI>` before the stamp, host and tag behind it.
//!
//! ```text
//! web01 nginx[77]: text                        most
//! web01 /usr/sbin/cron[77]: text               a path; the program is its last part
//! haproxy[17025]: text                         no host, as syslog(3) sends it
//! web01 local0.info haproxy[77]: text          busybox, and logread of OpenWrt without the host
//! mac kernel[0] <Info>: text                   macOS
//! web01 app[5] text                            rsyslog, from RFC 5424
//! web01 last message repeated 3 times          sysklogd: no tag
//! ```

use super::Level;

/// Who sent a line, and the rest of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sender<'a> {
    pub(super) host: Option<&'a [u8]>,
    /// By busybox' or macOS' word for it.
    pub(super) level: Option<Level>,
    pub(super) program: Option<&'a [u8]>,
    pub(super) pid: Option<i64>,
    /// Whether there is a tag: with a colon behind it, or a pid.
    pub(super) has_tag: bool,
    pub(super) message: &'a [u8],
}

impl Sender<'_> {
    /// Whether the line only counts the one before it.
    pub(super) fn is_repeat(&self) -> bool {
        is_repeat(self.message)
    }
}

/// What busybox' syslogd says of itself, without a tag: `syslogd started: BusyBox v1.35.0`, `syslogd exiting`.
fn is_of_daemon(text: &[u8]) -> bool {
    text.starts_with(b"syslogd started: ") || text == b"syslogd exiting"
}

/// `last message repeated 3 times`, `--- last message repeated 5 times ---`
fn is_repeat(text: &[u8]) -> bool {
    text.strip_prefix(b"--- ").unwrap_or(text).starts_with(b"last message repeated ")
}

/// The level of `<PRI>`, and what follows it; the octet count of RFC 6587 before it is dropped. What is no such
/// number, as `<999>`, is text.
pub(super) fn pri(line: &[u8]) -> (Option<Level>, &[u8]) {
    let counted = line.iter().position(|byte| !byte.is_ascii_digit()).filter(|digits| (1..=6).contains(digits));
    let uncounted =
        counted.and_then(|digits| line.get(digits..)?.strip_prefix(b" ")).filter(|rest| rest.starts_with(b"<"));
    match priority(uncounted.unwrap_or(line)) {
        Some((level, rest)) => (Some(level), rest),
        None => (None, line),
    }
}

/// `<134>`: facility × 8 + severity, at most 191, no leading zeros.
fn priority(line: &[u8]) -> Option<(Level, &[u8])> {
    let inner = line.strip_prefix(b"<")?;
    let end = inner.iter().take(4).position(|byte| *byte == b'>')?;
    let (digits, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
    let number = super::stamp::digits(digits).filter(|number| *number <= 191)?;
    let leading_zero = digits.len() > 1 && digits.starts_with(b"0");
    let level = Level::from_severity(u8::try_from(number & 7).ok()?)?;
    (!leading_zero).then_some((level, rest))
}

/// Reads what stands behind the stamp and its blank. The first word is the host unless it is a tag, busybox' words,
/// or nothing that a host could be called.
pub(super) fn sender(text: &[u8]) -> Sender<'_> {
    // Two blanks: the host is there, and empty.
    if let Some(rest) = text.strip_prefix(b" ") {
        return tagged(rest);
    }
    let (first, behind) = rest_of_word(text);
    let has_no_host = is_repeat(text)
        || is_of_daemon(text)
        || first.ends_with(b":")
        || first.contains(&b'[')
        || words(first).is_some();
    if has_no_host || !is_host(first) || is_of_haproxy(behind) {
        return tagged(text);
    }
    let rest = behind.strip_prefix(b" ").unwrap_or(behind);
    // Of RFC 5424 with neither, rsyslog leaves the two hyphens.
    match rest.strip_prefix(b"- ").filter(|_| first == b"-") {
        Some(message) => Sender { host: Some(first), has_tag: true, message, ..Sender::default() },
        None => Sender { host: Some(first), ..tagged(rest) },
    }
}

/// `TAG[PID]: MSG` behind the host, perhaps after busybox' words. Without a tag all is message.
fn tagged(text: &[u8]) -> Sender<'_> {
    let (first, behind) = rest_of_word(text);
    let (level, text) = match words(first) {
        Some(level) => (Some(level), behind.strip_prefix(b" ").unwrap_or(behind)),
        None => (None, text),
    };
    match tag(text) {
        Some(sender) => Sender { level: level.or(sender.level), ..sender },
        None => untagged(text, level),
    }
}

/// What rsyslog makes of RFC 5424 with a program but without its pid, which only a byte order mark behind it shows:
/// `evntslog \u{feff}text`.
fn untagged(text: &[u8], level: Option<Level>) -> Sender<'_> {
    let (word, behind) = rest_of_word(text);
    match behind.strip_prefix(" \u{feff}".as_bytes()) {
        Some(message) => {
            Sender { level, has_tag: true, program: Some(without_path(word)), message, ..Sender::default() }
        }
        None => Sender { level, message: text, ..Sender::default() },
    }
}

/// `prog[pid]: `, `prog: `, `prog[pid] `, `prog[pid] <Info>: ` and the message.
fn tag(text: &[u8]) -> Option<Sender<'_>> {
    let (word, behind) = split_tag(text);
    let (tag, has_colon) = word.strip_suffix(b":").map_or((word, false), |tag| (tag, true));
    let (name, pid) = match tag.strip_suffix(b"]").and_then(|tag| split_last(tag, b'[')) {
        Some((name, pid)) => (name, Some(pid)),
        None => (tag, None),
    };
    if name.is_empty() || name.contains(&b'[') || !has_colon && pid.is_none() {
        return None;
    }
    let (level, behind) = match mac_level(behind).filter(|_| !has_colon) {
        Some((level, behind)) => (Some(level), behind),
        None => (None, behind),
    };
    let message = behind.strip_prefix(b" ").unwrap_or(behind);
    Some(Sender {
        host: None,
        level,
        program: Some(without_path(name)),
        pid: pid.and_then(number),
        has_tag: true,
        message: message.strip_prefix("\u{feff}".as_bytes()).unwrap_or(message),
    })
}

/// The first word, or up to the end of `[77]:` or `app:` where the message follows it without a blank; more words where
/// a pid shows that they are one name.
fn split_tag(text: &[u8]) -> (&[u8], &[u8]) {
    let (word, behind) = rest_of_word(text);
    let end = word.windows(2).position(|pair| pair == b"]:").map(|at| at + 2);
    let end = end.or_else(|| words_of_tag(text)).or_else(|| plain_tag(word));
    end.and_then(|end| text.split_at_checked(end)).unwrap_or((word, behind))
}

/// Where `Google Chrome[77]:` ends: at most three words, of which the last has the pid.
fn words_of_tag(text: &[u8]) -> Option<usize> {
    const WORDS: usize = 3;
    let end = text.iter().take(48).position(|byte| *byte == b':')?;
    let (name, pid) = split_last(text.get(..end)?.strip_suffix(b"]")?, b'[')?;
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let is_name = name.split(|byte| *byte == b' ').all(|word| !word.is_empty() && word.iter().all(is_letter));
    let words = name.split(|byte| *byte == b' ').count();
    (is_name && (2..=WORDS).contains(&words) && number(pid).is_some()).then_some(end + 1)
}

/// Where `app:` ends if a text follows at once, but no number (`host:80`) and no path (`http://`).
fn plain_tag(word: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', word)?;
    let (name, behind) = (word.get(..colon)?, word.get(colon + 1..)?);
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let is_name = name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(is_letter);
    (is_name && behind.first().is_some_and(u8::is_ascii_alphabetic) && !behind.ends_with(b":")).then_some(colon + 1)
}

/// ` <Info>:` of macOS
fn mac_level(text: &[u8]) -> Option<(Level, &[u8])> {
    let inner = text.strip_prefix(b" <")?;
    let end = inner.iter().take(12).position(|byte| *byte == b'>')?;
    let level = Level::from_name(inner.get(..end)?)?;
    Some((level, inner.get(end + 1..)?.strip_prefix(b":")?))
}

/// Whether busybox' words stand behind the stamp, or behind the host.
pub(super) fn has_words(text: &[u8]) -> bool {
    let (first, behind) = rest_of_word(text);
    let (second, _) = rest_of_word(behind.strip_prefix(b" ").unwrap_or(behind));
    words(first).is_some() || words(second).is_some()
}

/// `local0.info`: the level of busybox' words.
fn words(word: &[u8]) -> Option<Level> {
    const FACILITIES: &[&[u8]] = &[
        b"kern",
        b"user",
        b"mail",
        b"daemon",
        b"auth",
        b"syslog",
        b"lpr",
        b"news",
        b"uucp",
        b"cron",
        b"authpriv",
        b"ftp",
        b"ntp",
        b"security",
        b"local0",
        b"local1",
        b"local2",
        b"local3",
        b"local4",
        b"local5",
        b"local6",
        b"local7",
    ];
    const LEVELS: &[&[u8]] = &[b"emerg", b"alert", b"crit", b"err", b"warn", b"notice", b"info", b"debug"];
    let (facility, level) = split_last(word, b'.')?;
    let is_known = FACILITIES.contains(&facility) && LEVELS.contains(&level);
    is_known.then(|| Level::from_name(level)).flatten()
}

/// Names, addresses, and chains such as `source/host` or `user@host`. A level in capitals is what programs write
/// behind a stamp of their own.
fn is_host(word: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b".:-_/@%".contains(byte);
    let is_level =
        word.iter().all(u8::is_ascii_uppercase) && (Level::from_name(word).is_some() || word.ends_with(b"DEBUG"));
    !word.is_empty() && word.iter().all(is_letter) && !is_level
}

/// ` [24/Nov/2026:` behind the first word, which is then the client of HAProxy's line.
fn is_of_haproxy(behind: &[u8]) -> bool {
    matches!(behind, [b' ', b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..])
}

/// The program without its path. `postfix/smtpd` is no path.
pub(super) fn without_path(name: &[u8]) -> &[u8] {
    let is_path = name.starts_with(b"/") || name.starts_with(b"./") || name.starts_with(b"../");
    split_last(name, b'/').filter(|(_, last)| is_path && !last.is_empty()).map_or(name, |(_, last)| last)
}

/// All of it as a process' number.
pub(super) fn number(word: &[u8]) -> Option<i64> {
    super::stamp::digits(word).map(i64::from)
}

/// The bytes before the first blank or the end of the line, and the rest from there on.
pub(super) fn rest_of_word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(memchr::memchr3(b' ', b'\t', b'\n', text).unwrap_or(text.len()))
}

fn split_last(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(byte, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<i64>, &'a str);

    #[test]
    fn reads_host_and_tag() {
        let rows: &[Row<'_>] = &[
            ("web01 app[123]: plain text", Some("web01"), Some("app"), Some(123), "plain text"),
            ("web01 app: no pid", Some("web01"), Some("app"), None, "no pid"),
            ("web01 app[5]:no blank", Some("web01"), Some("app"), Some(5), "no blank"),
            ("web01 app[5]:  two", Some("web01"), Some("app"), Some(5), " two"),
            ("web01 app[5]: ", Some("web01"), Some("app"), Some(5), ""),
            ("web01 app[5]:", Some("web01"), Some("app"), Some(5), ""),
            ("web01 app[5] with data", Some("web01"), Some("app"), Some(5), "with data"),
            ("web01 /usr/sbin/cron[77]: x", Some("web01"), Some("cron"), Some(77), "x"),
            ("web01 postfix/smtpd[99]: x", Some("web01"), Some("postfix/smtpd"), Some(99), "x"),
            ("web01 my-app.v2_x[1]: x", Some("web01"), Some("my-app.v2_x"), Some(1), "x"),
            ("web01 (sd-pam)[55]: x", Some("web01"), Some("(sd-pam)"), Some(55), "x"),
            ("web01 docker/nginx:1.25[7]: x", Some("web01"), Some("docker/nginx:1.25"), Some(7), "x"),
            ("web01 app[main]: x", Some("web01"), Some("app"), None, "x"),
            ("haproxy[17025]: x", None, Some("haproxy"), Some(17025), "x"),
            ("nginx: x", None, Some("nginx"), None, "x"),
            (" sshd[1332]: x", None, Some("sshd"), Some(1332), "x"),
            ("- app[5]: x", Some("-"), Some("app"), Some(5), "x"),
            ("- - nobody", Some("-"), None, None, "nobody"),
            ("web01 evntslog \u{feff}text", Some("web01"), Some("evntslog"), None, "text"),
            ("web01 app[5] \u{feff}text", Some("web01"), Some("app"), Some(5), "text"),
            ("web01 app:no blank", Some("web01"), Some("app"), None, "no blank"),
            ("web01 at 10:00 x", Some("web01"), None, None, "at 10:00 x"),
            ("web01 shop.example:80 x", Some("web01"), None, None, "shop.example:80 x"),
            ("web01 with blank[12]: x", Some("web01"), Some("with blank"), Some(12), "x"),
            ("mac Google Chrome He[9]: x", Some("mac"), Some("Google Chrome He"), Some(9), "x"),
            ("web01 went to the child[12]: x", Some("web01"), None, None, "went to the child[12]: x"),
            ("fe80::1 app[5]: x", Some("fe80::1"), Some("app"), Some(5), "x"),
            ("relay/web01 app[5]: x", Some("relay/web01"), Some("app"), Some(5), "x"),
            ("web01 log_tag this is debug", Some("web01"), None, None, "log_tag this is debug"),
            ("web01 [origin software=\"rsyslogd\"] x", Some("web01"), None, None, "[origin software=\"rsyslogd\"] x"),
            ("web01 http://a: x", Some("web01"), Some("http://a"), None, "x"),
            ("syslogd exiting", None, None, None, "syslogd exiting"),
            ("last message repeated 3 times", None, None, None, "last message repeated 3 times"),
            ("web01 last message repeated 3 times", Some("web01"), None, None, "last message repeated 3 times"),
            ("--- last message repeated 5 times ---", None, None, None, "--- last message repeated 5 times ---"),
            ("1.2.3.4:5 [24/Nov/2026:03:41:49.490] www", None, None, None, "1.2.3.4:5 [24/Nov/2026:03:41:49.490] www"),
            ("INFO main: x", None, None, None, "INFO main: x"),
            ("web01", Some("web01"), None, None, ""),
            ("", None, None, None, ""),
        ];
        for (line, host, program, pid, message) in rows {
            let got = sender(line.as_bytes());
            let host = host.map(str::as_bytes);
            let program = program.map(str::as_bytes);
            assert_eq!(
                (got.host, got.program, got.pid, got.message),
                (host, program, *pid, message.as_bytes()),
                "{line}"
            );
        }
    }

    #[test]
    fn reads_the_words_for_a_level() {
        for (line, level, program) in [
            ("web01 local0.info haproxy[77]: x", Some(Level::Info), Some("haproxy")),
            ("web01 user.notice root: hello", Some(Level::Notice), Some("root")),
            ("web01 syslog.info syslogd started: BusyBox v1.35.0", Some(Level::Info), None),
            ("daemon.err dnsmasq[1]: x", Some(Level::Error), Some("dnsmasq")),
            ("mac kernel[0] <Info>: x", Some(Level::Info), Some("kernel")),
            ("mac app[1] <Warning>: x", Some(Level::Warn), Some("app")),
            ("web01 NetworkManager[1]: <info>  x", None, Some("NetworkManager")),
            ("web01 user.name: x", None, Some("user.name")),
        ] {
            let got = sender(line.as_bytes());
            assert_eq!((got.level, got.program), (level, program.map(str::as_bytes)), "{line}");
        }
    }

    #[test]
    fn a_priority_is_a_number_below_192() {
        for (line, level, rest) in [
            ("<134>x", Some(Level::Info), "x"),
            ("<0>x", Some(Level::Emerg), "x"),
            ("<191>x", Some(Level::Debug), "x"),
            ("42 <13>1 x", Some(Level::Notice), "1 x"),
            ("<192>x", None, "<192>x"),
            ("<999>x", None, "<999>x"),
            ("<013>x", None, "<013>x"),
            ("<>x", None, "<>x"),
            ("<13", None, "<13"),
            ("42 x", None, "42 x"),
            ("2026-11-24T02:33:56+01:00 <13>", None, "2026-11-24T02:33:56+01:00 <13>"),
        ] {
            assert_eq!(pri(line.as_bytes()), (level, rest.as_bytes()), "{line}");
        }
    }
}
