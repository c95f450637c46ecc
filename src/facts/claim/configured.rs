//! Where a server would listen, by its configuration: `Listen` of Apache, `listen` of nginx, `bind` of HAProxy. Sockets
//! of files and of other protocols than TCP are no claim.

use super::{Claim, How, Protocol, range};
use crate::format::{Record, Value};

/// The claims of a record of a configuration.
pub(super) fn claims(record: &Record<'_>) -> Vec<Claim> {
    let Some(holder) = record.program.as_deref() else { return Vec::new() };
    let sockets: Vec<(Socket, bool)> = match record.format {
        "apache-config" => values(record, "Listen").flat_map(|value| with(apache(first(value)), false)).collect(),
        "nginx-config" => of_nginx(record),
        _ => values(record, "bind").flat_map(of_haproxy).collect(),
    };
    let claim = |((address, port), is_v6_only): (Socket, bool)| {
        let address = address.map(str::to_owned);
        Claim { address, is_v6_only, ..Claim::of(holder.into(), port, How::Configured, Protocol::Tcp) }
    };
    sockets.into_iter().map(claim).collect()
}

/// Address and port.
type Socket<'a> = (Option<&'a str>, u16);

/// The sockets, with whether those of IPv6 leave IPv4 alone.
fn with(sockets: Vec<Socket<'_>>, is_v6_only: bool) -> Vec<(Socket<'_>, bool)> {
    let is_v6 = |socket: &Socket| socket.0.is_some_and(|address| address.contains(':'));
    sockets.into_iter().map(|socket| (socket, is_v6_only && is_v6(&socket))).collect()
}

/// Options stand behind the sockets; what the system's own setting says of IPv6 is not known.
fn of_haproxy(value: &str) -> Vec<(Socket<'_>, bool)> {
    let is_v6_only = value.split_ascii_whitespace().any(|word| word == "v6only");
    with(first(value).split(',').flat_map(haproxy).collect(), is_v6_only)
}

fn values<'r>(record: &'r Record<'_>, name: &'r str) -> impl Iterator<Item = &'r str> {
    let fields = record.fields.iter().filter(move |(field, _)| field == name);
    let lists = fields.filter_map(|(_, value)| if let Value::List(values) = value { Some(values) } else { None });
    lists.flatten().map(|value| value.as_ref())
}

fn first(value: &str) -> &str {
    value.split_ascii_whitespace().next().unwrap_or_default()
}

/// `80`, `192.0.2.1:443`, `[::]:80`, `*:80`
fn apache(socket: &str) -> Vec<Socket<'_>> {
    let (address, port) = socket.rsplit_once(':').map_or((None, socket), |(address, port)| (Some(address), port));
    sockets(address, port)
}

/// A server without `listen` has port 80 (`ngx_http_core_server`), unless another file has it.
fn of_nginx<'r>(record: &'r Record<'_>) -> Vec<(Socket<'r>, bool)> {
    let is_server = record.message() == "server";
    let listens: Vec<&str> = values(record, "listen").collect();
    if is_server && listens.is_empty() && values(record, "server_name").next().is_some() {
        let elsewhere = values(record, "include").next().is_some();
        return if elsewhere { Vec::new() } else { vec![((None, 80), false)] };
    }
    let is_tcp = |value: &&str| !value.split_ascii_whitespace().any(|word| matches!(word, "udp" | "quic"));
    // `ipv6only=on` is the default since 1.3.4.
    let is_v6_only = |value: &str| !value.split_ascii_whitespace().any(|word| word == "ipv6only=off");
    listens.into_iter().filter(is_tcp).flat_map(|value| with(nginx(first(value)), is_v6_only(value))).collect()
}

/// `80`, `127.0.0.1`, `[::]:80`, `*:8000-8010` (`ngx_parse_url`)
fn nginx(socket: &str) -> Vec<Socket<'_>> {
    if socket.starts_with("unix:") {
        return Vec::new();
    }
    let is_port = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit()) && !text.contains('.');
    match socket.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => sockets(Some(address), port),
        _ if is_port(socket) => sockets(None, socket),
        _ => sockets(Some(socket), "80"),
    }
}

/// `*:80`, `:443`, `ipv6@:::80`, `[::1]:8000-8010` (`str2sa_range` in `src/tools.c`)
fn haproxy(socket: &str) -> Vec<Socket<'_>> {
    let socket = match socket.split_once('@') {
        Some(("ipv4" | "ipv6" | "tcp" | "tcp4" | "tcp6" | "mptcp" | "mptcp4" | "mptcp6", rest)) => rest,
        Some(_) => return Vec::new(),
        None => socket,
    };
    socket.rsplit_once(':').map(|(address, port)| sockets(Some(address), port)).unwrap_or_default()
}

/// All of the ports at an address; `*` and nothing are any.
fn sockets<'a>(address: Option<&'a str>, ports: &str) -> Vec<Socket<'a>> {
    let address =
        address.map(|address| address.trim_matches(['[', ']'])).filter(|address| !matches!(*address, "" | "*"));
    range(ports).filter(|port| *port != 0).map(|port| (address, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{FORMATS, Format};

    fn claimed(config: &str) -> Vec<(String, Option<String>, u16)> {
        let is_config = |format: &&&dyn Format| format.name().ends_with("-config");
        let parts = FORMATS.iter().filter(is_config).flat_map(|format| format.document(config.as_bytes()));
        let claims = parts.flat_map(|part| claims(&part.record));
        claims.map(|claim| (claim.holder, claim.address, claim.port)).collect()
    }

    #[test]
    fn which_sockets_leave_the_other_family_alone() {
        for (config, want) in [
            ("server { listen 80; listen [::]:80; }", [false, true]),
            ("server { listen 80; listen [::]:80 ipv6only=off; }", [false, false]),
            ("frontend a\n bind :80\n bind :::80 v6only\n", [false, true]),
            ("Listen 80\nListen [::]:80\n", [false, false]),
        ] {
            let is_config = |format: &&&dyn Format| format.name().ends_with("-config");
            let parts = FORMATS.iter().filter(is_config).flat_map(|format| format.document(config.as_bytes()));
            let told: Vec<bool> = parts.flat_map(|part| claims(&part.record)).map(|claim| claim.is_v6_only).collect();
            assert_eq!(told, want, "{config}");
        }
    }

    #[test]
    fn where_servers_would_listen() {
        const ANY: Option<&str> = None;
        for (config, holder, sockets) in [
            ("Listen 80\n", "apache2", vec![(ANY, 80)]),
            (
                "Listen 192.0.2.1:443 https\nListen [2001:db8::1]:8080\n",
                "apache2",
                vec![(Some("192.0.2.1"), 443), (Some("2001:db8::1"), 8080)],
            ),
            ("Define P 81\nListen ${P}\nListen *:82\nListen ${Q}\n", "apache2", vec![(ANY, 81), (ANY, 82)]),
            ("<VirtualHost *:8443>\n</VirtualHost>\n", "apache2", vec![]),
            (
                "server { listen 80 default_server; listen [::]:80 ipv6only=on; }",
                "nginx",
                vec![(ANY, 80), (Some("::"), 80)],
            ),
            (
                "server { listen unix:/run/x.sock; listen 127.0.0.1; listen *:8000-8001; }",
                "nginx",
                vec![(Some("127.0.0.1"), 80), (ANY, 8000), (ANY, 8001)],
            ),
            ("server { listen 443 ssl; listen 444 quic; listen 53 udp; }", "nginx", vec![(ANY, 443)]),
            ("server { server_name a; }", "nginx", vec![(ANY, 80)]),
            ("server { server_name a; include x; }", "nginx", vec![]),
            ("upstream a { server 192.0.2.1:80; }", "nginx", vec![]),
            ("listen 8080;", "nginx", vec![(ANY, 8080)]),
            (
                "frontend a\n bind *:80,:443 ssl crt /a:b\n bind 192.0.2.1:8000-8002\n",
                "haproxy",
                vec![
                    (ANY, 80),
                    (ANY, 443),
                    (Some("192.0.2.1"), 8000),
                    (Some("192.0.2.1"), 8001),
                    (Some("192.0.2.1"), 8002),
                ],
            ),
            (
                "frontend a\n bind :::80 v6only\n bind ipv4@:81\n bind [::1]:82\n",
                "haproxy",
                vec![(Some("::"), 80), (ANY, 81), (Some("::1"), 82)],
            ),
            (
                "frontend a\n bind /run/a.sock\n bind unix@/run/b:1\n bind quic4@:443\n bind fd@3\n bind \"${A}:80\"\n",
                "haproxy",
                vec![(Some("${A}"), 80)],
            ),
            ("listen stats :1936\n mode http\n", "haproxy", vec![(ANY, 1936)]),
            ("backend a\n server b 192.0.2.1:80\n", "haproxy", vec![]),
        ] {
            let want: Vec<_> = sockets
                .into_iter()
                .map(|(address, port)| (holder.to_owned(), address.map(str::to_owned), port))
                .collect();
            assert_eq!(claimed(config), want, "{config}");
        }
    }
}
