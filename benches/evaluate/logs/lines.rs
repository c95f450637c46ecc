//! One request as a line of a server's log.

use chrono::DateTime;

use crate::simulate::Request;

/// What writes the line.
pub(super) enum Lines {
    /// nginx: `log_format combined`.
    Combined,
    /// Apache: the same, but for what it writes where nothing was sent.
    Apache,
    /// HAProxy: `option httplog`, without an envelope.
    Haproxy,
    /// The same in syslog's, with a stamp of RFC 3339.
    HaproxySyslog,
}

const HOSTS: [&str; 4] = ["shop", "www", "api", "static"];
const WORDS: [&str; 8] = ["items", "cart", "users", "search", "images", "orders", "login", "help"];
const AGENTS: [&str; 3] =
    ["Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "ShopApp/4.12", "curl/8.5.0"];

/// The address of a client: of the networks for benchmarks (RFC 2544).
pub(crate) fn address(client: u32) -> [u8; 4] {
    let [_, b, c, d] = client.to_be_bytes();
    // More than the two networks hold, where each request has a client of its own.
    [198 - (b >> 1), 18 + (b & 1), c, d]
}

pub(super) fn put_address(client: u32, line: &mut Vec<u8>) {
    for (index, part) in address(client).into_iter().enumerate() {
        if index > 0 {
            line.push(b'.');
        }
        number(u64::from(part), line);
    }
}

/// Method, target, and version.
pub(super) fn put_request(request: &Request, line: &mut Vec<u8>) {
    let path = request.path();
    line.extend_from_slice(if path % 16 == 9 { b"POST /" } else { b"GET /" });
    line.extend_from_slice(WORDS[usize::from(path) % WORDS.len()].as_bytes());
    line.push(b'/');
    number(u64::from(path), line);
    line.extend_from_slice(b" HTTP/1.1");
}

pub(super) fn host(request: &Request) -> &'static str {
    HOSTS[usize::from(request.part())]
}

impl Lines {
    /// Puts the line with its newline behind what is there.
    pub(super) fn put(&self, request: &Request, line: &mut Vec<u8>) {
        match self {
            Lines::Combined | Lines::Apache => combined(request, line),
            Lines::Haproxy => haproxy(request, line),
            Lines::HaproxySyslog => {
                syslog_head(request.at_us, "lb1", "haproxy[1187]", line);
                haproxy(request, line);
            }
        }
    }
}

fn combined(request: &Request, line: &mut Vec<u8>) {
    put_address(request.client, line);
    line.extend_from_slice(b" - - [");
    civil(request.at_s(), b":", line);
    line.extend_from_slice(b" +0000] \"");
    put_request(request, line);
    line.extend_from_slice(b"\" ");
    number(u64::from(request.status), line);
    line.push(b' ');
    number(u64::from(request.bytes()), line);
    line.extend_from_slice(b" \"-\" \"");
    line.extend_from_slice(AGENTS[request.client as usize % AGENTS.len()].as_bytes());
    line.extend_from_slice(b"\"\n");
}

fn haproxy(request: &Request, line: &mut Vec<u8>) {
    put_address(request.client, line);
    line.push(b':');
    number(32_768 + (request.chance >> 50), line);
    line.extend_from_slice(b" [");
    civil(request.at_s(), b":", line);
    line.push(b'.');
    digits(request.at_us.rem_euclid(1_000_000) as u64 / 1000, 3, line);
    line.extend_from_slice(b"] www ");
    line.extend_from_slice(host(request).as_bytes());
    // What ended it: no server took it, it broke, it took too long, or the application failed.
    let (server, timers, state): (&[u8], &[u8], &[u8]) = match request.status {
        503 => (b"/<NOSRV> ", b"0/-1/-1/-1/", b"SC--"),
        502 => (b"/s1 ", b"0/0/0/-1/", b"SH--"),
        504 => (b"/s1 ", b"0/0/0/-1/", b"sH--"),
        _ => (b"/s1 ", b"0/0/0/", b"----"),
    };
    line.extend_from_slice(server);
    line.extend_from_slice(timers);
    let took = u64::from(request.duration_ms());
    if state == b"----" {
        number(took, line);
        line.push(b'/');
    }
    number(took + 1, line);
    line.push(b' ');
    number(u64::from(request.status), line);
    line.push(b' ');
    number(u64::from(request.bytes()), line);
    line.extend_from_slice(b" - - ");
    line.extend_from_slice(state);
    line.extend_from_slice(b" 2/2/1/1/0 0/0 \"");
    put_request(request, line);
    line.extend_from_slice(b"\"\n");
}

/// `2026-09-01T10:00:01.123456+00:00 web1 nginx[812]: `
pub(super) fn syslog_head(at_us: i64, host: &str, tag: &str, line: &mut Vec<u8>) {
    let (day, second) = (at_us.div_euclid(86_400_000_000), at_us.div_euclid(1_000_000).rem_euclid(86_400));
    let (year, month, of_month) = date(day);
    for (value, width, before) in [
        (year, 4, ""),
        (month, 2, "-"),
        (of_month, 2, "-"),
        (second as u64 / 3600, 2, "T"),
        (second as u64 / 60 % 60, 2, ":"),
        (second as u64 % 60, 2, ":"),
        (at_us.rem_euclid(1_000_000) as u64, 6, "."),
    ] {
        line.extend_from_slice(before.as_bytes());
        digits(value, width, line);
    }
    for piece in ["+00:00 ", host, " ", tag, ": "] {
        line.extend_from_slice(piece.as_bytes());
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `24/Nov/2026:09:00:00`
fn civil(at_s: i64, between: &[u8], line: &mut Vec<u8>) {
    let (year, month, of_month) = date(at_s.div_euclid(86_400));
    let second = at_s.rem_euclid(86_400) as u64;
    digits(of_month, 2, line);
    line.push(b'/');
    line.extend_from_slice(MONTHS[(month as usize + 11) % 12].as_bytes());
    line.push(b'/');
    digits(year, 4, line);
    for part in [second / 3600, second / 60 % 60, second % 60] {
        line.extend_from_slice(between);
        digits(part, 2, line);
    }
}

/// `2026/11/24 09:00:00`
pub(super) fn error_stamp(at_s: i64, line: &mut Vec<u8>) {
    let stamp = DateTime::from_timestamp(at_s, 0).unwrap_or_default().format("%Y/%m/%d %H:%M:%S");
    line.extend_from_slice(stamp.to_string().as_bytes());
}

/// Year, month and day of the month of a day since 1970 (Hinnant, *chrono-compatible low-level date algorithms*).
fn date(day: i64) -> (u64, u64, u64) {
    let z = day + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    ((year + era * 400 + i64::from(month <= 2)) as u64, month as u64, of_month as u64)
}

/// Decimal digits.
fn number(number: u64, line: &mut Vec<u8>) {
    let mut width = 1;
    let mut rest = number / 10;
    while rest > 0 {
        (width, rest) = (width + 1, rest / 10);
    }
    digits(number, width, line);
}

/// The last `width` decimal digits.
fn digits(number: u64, width: usize, line: &mut Vec<u8>) {
    let from = line.len();
    line.resize(from + width, b'0');
    let mut rest = number;
    for digit in line[from..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_servers() {
        let request = Request {
            at_us: 1_795_510_800_250_000,
            client: 0x0102_0304,
            status: 503,
            incident: None,
            is_slow: false,
            chance: 0x0000_0000_0010_0c00,
        };
        let text = |lines: &Lines| {
            let mut line = Vec::new();
            lines.put(&request, &mut line);
            String::from_utf8_lossy(&line).into_owned()
        };
        assert!(
            text(&Lines::Combined)
                .starts_with("197.18.3.4 - - [24/Nov/2026:09:00:00 +0000] \"GET /images/12 HTTP/1.1\" 503 157 ")
        );
        assert!(
            text(&Lines::Haproxy)
                .starts_with("197.18.3.4:32768 [24/Nov/2026:09:00:00.250] www shop/<NOSRV> 0/-1/-1/-1/")
        );
        assert!(text(&Lines::HaproxySyslog).starts_with("2026-11-24T09:00:00.250000+00:00 lb1 haproxy[1187]: 197."));
    }
}
