//! Addresses, ports and errors, in the forms in which programs print them (`formats/bind-failures.md`, section 1).

/// Where a program wanted to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::facts) struct Socket {
    /// As written, without brackets; the path of a socket file. Absent where the program names none, or `*`.
    pub(in crate::facts) address: Option<String>,
    pub(in crate::facts) port: Option<u16>,
}

/// Reads all of `text`: `0.0.0.0:80`, `[::]:80`, `:::80`, `*:80`, `:80`, `80`, `/run/x.sock`, `unix:/run/x.sock`,
/// `http://[::]:5000`, `('::', 8000, 0, 0)` of Python, `0.0.0.0/0.0.0.0:8080` and `/127.0.0.1:9300` of Java,
/// `127.0.0.1#53` of BIND, `127.0.0.1@53` of NSD and Knot.
pub(in crate::facts) fn socket(text: &str) -> Option<Socket> {
    if text.is_empty() || text.starts_with("unix:/") {
        return (!text.is_empty()).then(|| Socket { address: Some(text.into()), port: None });
    }
    if let Some(tuple) = text.strip_prefix("('") {
        return python(tuple);
    }
    if let Some((scheme, place)) = text.split_once("://") {
        let place = place.strip_suffix('/').unwrap_or(place);
        return scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| host_and_port(place)).flatten();
    }
    match text.rsplit_once('/') {
        // Java prints a name, which may be empty, a slash and the address.
        Some((name, place)) if !name.contains('/') => {
            host_and_port(place).filter(|_| name.is_empty() || is_host(name)).or_else(|| path(text))
        }
        Some(_) => path(text),
        None => host_and_port(text),
    }
}

fn path(text: &str) -> Option<Socket> {
    let is_path = text.starts_with('/') && !text.contains(['"', '\'']);
    is_path.then(|| Socket { address: Some(text.into()), port: None })
}

/// `0.0.0.0', 8000)`, `::', 8000, 0, 0)`
fn python(tuple: &str) -> Option<Socket> {
    let (address, rest) = tuple.strip_suffix(')')?.split_once("', ")?;
    let port = rest.split(", ").next()?.parse().ok()?;
    is_host(address).then(|| Socket { address: named(address), port: Some(port) })
}

/// The port is what follows the last colon: `:::3000` is `::` and 3000.
fn host_and_port(text: &str) -> Option<Socket> {
    let (host, port) = match text.rsplit_once([':', '#', '@']) {
        Some((host, port)) => (host, port),
        None => ("", text),
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { port.parse().ok()? } else { return None };
    is_host(address).then(|| Socket { address: named(address), port: Some(port) })
}

/// An address that stands for all is named only where it is written (`0.0.0.0`, `::`).
fn named(address: &str) -> Option<String> {
    (!matches!(address, "" | "*" | "<null>")).then(|| address.to_owned())
}

/// Letters, digits and marks of addresses and names of hosts.
fn is_host(text: &str) -> bool {
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_%*".contains(&byte);
    text == "<null>" || text.bytes().all(mark)
}

/// Texts of errors and the errno that each means, in lower case: of the C library, musl, BSD, Windows and the runtimes.
const REASONS: &[(&str, &str)] = &[
    ("address already in use", "EADDRINUSE"),
    ("address in use", "EADDRINUSE"),
    ("eaddrinuse", "EADDRINUSE"),
    ("addrinuse", "EADDRINUSE"),
    ("port is already allocated", "EADDRINUSE"),
    ("connection in use", "EADDRINUSE"),
    ("already in use", "EADDRINUSE"),
    ("in use", "EADDRINUSE"),
    ("the bound address is already in use", "EADDRINUSE"), // Qt
    ("only one usage of each socket address (protocol/network address/port) is normally permitted", "EADDRINUSE"),
    ("die adresse wird bereits verwendet", "EADDRINUSE"), // what the C library says in other languages
    ("adresse déjà utilisée", "EADDRINUSE"),
    ("la dirección ya se está usando", "EADDRINUSE"),
    ("indirizzo già in uso", "EADDRINUSE"),
    ("адрес уже используется", "EADDRINUSE"),
    ("アドレスは既に使用中です", "EADDRINUSE"),
    ("地址已在使用", "EADDRINUSE"),
    ("address is already in use", "EADDRINUSE"),
    ("permission denied", "EACCES"),
    ("eacces", "EACCES"),
    ("an attempt was made to access a socket in a way forbidden by its access permissions", "EACCES"),
    ("keine berechtigung", "EACCES"),
    ("permission non accordée", "EACCES"),
    ("cannot assign requested address", "EADDRNOTAVAIL"),
    ("can't assign requested address", "EADDRNOTAVAIL"),
    ("address not available", "EADDRNOTAVAIL"),
    ("eaddrnotavail", "EADDRNOTAVAIL"),
    ("the requested address is not valid in its context", "EADDRNOTAVAIL"),
    ("kann die angeforderte adresse nicht zuweisen", "EADDRNOTAVAIL"),
    ("no such file or directory", "ENOENT"),
    ("operation not permitted", "EPERM"),
    ("protocol not supported", "EPROTONOSUPPORT"),
    ("address family not supported by protocol", "EAFNOSUPPORT"),
];

/// The errno that an error's text means: `Address already in use`, `[Errno 98] …`, `[98] …`, `… (98)`, `… [98]`,
/// `… (os error 98)`, `… (EADDRINUSE)`, `:eaddrinuse`.
pub(in crate::facts) fn errno(text: &str) -> Option<&'static str> {
    let text = text.trim_end_matches('.').trim_start_matches(':');
    let numbered = text.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let is_number = |inside: &str| {
        let inside = inside.to_ascii_lowercase();
        let number = ["errno ", "errno=", "errno: ", "errno = ", "os error ", "-"].iter();
        let number = number.fold(inside.as_str(), |rest, words| rest.strip_prefix(words).unwrap_or(rest));
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) || inside == "eaddrinuse"
    };
    let text = numbered.filter(|(number, _)| is_number(number)).map_or(text, |(_, text)| text);
    let closed = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    let closed = closed.or_else(|| text.strip_suffix(']').and_then(|text| text.rsplit_once(" [")));
    let text =
        closed.filter(|(_, inside)| is_number(inside) || *inside == "Bind failed").map_or(text, |(text, _)| text);
    let text =
        [": bind", ": Bind", ": JVM_Bind", ": NET_Bind"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    let lower = text.to_lowercase();
    REASONS.iter().find(|(reason, _)| lower == *reason).map(|(_, errno)| *errno)
}

/// Numbers of errors: of Linux, of BSD and macOS, of Windows.
pub(in crate::facts) fn errno_of_number(number: i64) -> Option<&'static str> {
    Some(match number {
        98 | 48 | 10048 => "EADDRINUSE",
        13 | 10013 => "EACCES",
        99 | 49 | 10049 => "EADDRNOTAVAIL",
        1 => "EPERM",
        2 => "ENOENT",
        12 => "ENOMEM",
        22 => "EINVAL",
        23 => "ENFILE",
        24 => "EMFILE",
        28 => "ENOSPC",
        97 => "EAFNOSUPPORT",
        _ => return None,
    })
}

/// `SIGSEGV`, `SEGV`, `11`; numbers of Linux.
pub(in crate::facts) fn signal_of_name(name: &str) -> Option<i64> {
    const NAMES: &[(&str, i64)] = &[
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("SYS", 31),
    ];
    let bare = name.strip_prefix("SIG").unwrap_or(name);
    let named = NAMES.iter().find(|(known, _)| *known == bare).map(|(_, number)| *number);
    named.or_else(|| name.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_programs_print() {
        for (text, address, port) in [
            ("0.0.0.0:80", Some("0.0.0.0"), Some(80)),
            ("[::]:80", Some("::"), Some(80)),
            (":::3000", Some("::"), Some(3000)),
            ("::1:22443", Some("::1"), Some(22443)),
            ("*:6379", None, Some(6379)),
            (":80", None, Some(80)),
            ("9000", None, Some(9000)),
            ("unix:/run/x.sock", Some("unix:/run/x.sock"), None),
            ("/run/php/x.sock", Some("/run/php/x.sock"), None),
            ("/x.sock", Some("/x.sock"), None),
            ("0.0.0.0/0.0.0.0:8080", Some("0.0.0.0"), Some(8080)),
            ("/127.0.0.1:9300", Some("127.0.0.1"), Some(9300)),
            ("<null>:8080", None, Some(8080)),
            ("http://[::]:5000", Some("::"), Some(5000)),
            ("tcp://0.0.0.0:9292/", Some("0.0.0.0"), Some(9292)),
            ("('0.0.0.0', 8000)", Some("0.0.0.0"), Some(8000)),
            ("('::', 8000, 0, 0)", Some("::"), Some(8000)),
            ("127.0.0.1#53", Some("127.0.0.1"), Some(53)),
            ("::1@53", Some("::1"), Some(53)),
            ("fe80::1%eth0:80", Some("fe80::1%eth0"), Some(80)),
        ] {
            let want = Socket { address: address.map(str::to_owned), port };
            assert_eq!(socket(text), Some(want), "{text}");
        }
    }

    #[test]
    fn leaves_alone_what_is_no_socket() {
        for text in ["", "x", "0.0.0.0:80 x", "0.0.0.0:99999", "0.0.0.0:", "a b/c:80", "(\"x\", 1)", "0.0.0.0:-1"] {
            assert_eq!(socket(text), None, "{text}");
        }
    }

    #[test]
    fn errors() {
        for (text, want) in [
            ("Address already in use", Some("EADDRINUSE")),
            ("address already in use.", Some("EADDRINUSE")),
            ("[Errno 98] Address already in use", Some("EADDRINUSE")),
            ("Address already in use (98)", Some("EADDRINUSE")),
            ("Address already in use (os error 98)", Some("EADDRINUSE")),
            ("Address already in use (Bind failed)", Some("EADDRINUSE")),
            ("Address in use", Some("EADDRINUSE")),
            ("EADDRNOTAVAIL", Some("EADDRNOTAVAIL")),
            ("Can't assign requested address", Some("EADDRNOTAVAIL")),
            ("[98] Address already in use", Some("EADDRINUSE")),
            ("Address already in use (errno=98)", Some("EADDRINUSE")),
            ("Address already in use (errno: 98)", Some("EADDRINUSE")),
            ("Address already in use (EADDRINUSE)", Some("EADDRINUSE")),
            ("Address already in use: NET_Bind", Some("EADDRINUSE")),
            (":eaddrinuse", Some("EADDRINUSE")),
            ("アドレスは既に使用中です", Some("EADDRINUSE")),
            (
                "Only one usage of each socket address (protocol/network address/port) is normally permitted.",
                Some("EADDRINUSE"),
            ),
            ("Address already in use (by tests)", None),
            ("Permission denied", Some("EACCES")),
            ("Address already in use by tests", None),
            ("Connection refused", None),
        ] {
            assert_eq!(errno(text), want, "{text}");
        }
    }
}
