//! Secrets as real systems make them, and logs with an outage that hold them wherever a log holds free text. Knows
//! nothing of how they are taken out.

use std::fmt::Write as _;

/// Numbers by chance, always the same ones.
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn letters(&mut self, alphabet: &str, len: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..len).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

const HEX: &str = "0123456789abcdef";
const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOWER: &str = "abcdefghijklmnopqrstuv0123456789";

/// One secret, and what stands before it where it is known only by that.
#[derive(Debug)]
pub struct Secret {
    pub kind: &'static str,
    pub value: String,
    /// `password=`; nothing where its shape is enough.
    before: String,
}

impl Secret {
    /// As it stands in a text.
    pub fn told(&self) -> String {
        format!("{}{}", self.before, self.value)
    }

    /// Whether its shape alone tells what it is.
    fn is_bare(&self) -> bool {
        self.before.is_empty()
    }
}

/// How a kind of secret is made.
type Make = fn(&mut Chance) -> (String, &'static str);

const KINDS: &[(&str, Make)] = &[
    ("AWS access key", |by| (format!("AKIA{}", by.letters(UPPER, 16)), "")),
    ("AWS secret key", |by| (by.letters(&format!("{BASE62}/+"), 40), "aws_secret_access_key=")),
    ("GitHub token", |by| (format!("ghp_{}", by.letters(BASE62, 36)), "")),
    ("GitHub fine-grained token", |by| (format!("github_pat_{}", by.letters(BASE62, 60)), "")),
    ("Slack token", |by| (format!("xoxb-{}-{}", by.letters("0123456789", 12), by.letters(BASE62, 24)), "")),
    ("Stripe key", |by| (format!("sk_live_{}", by.letters(BASE62, 24)), "")),
    ("Google key", |by| (format!("AIza{}", by.letters(BASE62, 35)), "")),
    ("GitLab token", |by| (format!("glpat-{}", by.letters(BASE62, 20)), "")),
    ("npm token", |by| (format!("npm_{}", by.letters(BASE62, 36)), "")),
    ("JWT", |by| {
        let mut part = |len| by.letters(BASE62, len);
        (format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", part(40), part(43)), "")
    }),
    ("hexadecimal token", |by| (by.letters(HEX, 32), "")),
    ("long hexadecimal token", |by| (by.letters(HEX, 64), "")),
    ("base64 token", |by| (format!("{}==", by.letters(BASE62, 30)), "")),
    ("PHP session", |by| (by.letters(LOWER, 26), "PHPSESSID=")),
    ("Java session", |by| (by.letters("0123456789ABCDEF", 32), ";jsessionid=")),
    ("short session", |by| (by.letters(LOWER, 9), "sid=")),
    ("CSRF token", |by| (by.letters(BASE62, 12), "csrf_token=")),
    ("password", |by| (by.letters(BASE62, 11), "password=")),
    ("password of a script", |by| (by.letters("abcdefghijklmnop", 9), "PGPASSWORD=")),
    ("option", |by| (by.letters("abcdefghijklmnopqrst", 10), "--token ")),
    ("bearer", |by| (by.letters(BASE62, 18), "Authorization: Bearer ")),
    ("basic", |by| (by.letters(BASE62, 20), "Basic ")),
    ("API key", |by| (by.letters(BASE62, 13), "X-Api-Key: ")),
    ("database password", |by| (by.letters(BASE62, 12), "postgres://shop:")),
    ("card", |by| (card(by), "")),
    ("e-mail", |by| (format!("{}.{}@mail.example.org", by.letters("abcdefgh", 6), by.letters("ijklmnop", 7)), "")),
    ("address", |by| (format!("198.51.{}.{}", 101 + by.below(99), 101 + by.below(99)), "")),
    ("address of IPv6", |by| (format!("2001:db8:{}::{}", by.letters("abcdef", 4), by.letters("123456", 4)), "")),
    ("account", |by| (account(by), "")),
];

/// A card's number with its check digit.
fn card(by: &mut Chance) -> String {
    let head = format!("4{}", by.letters("0123456789", 14));
    let sum: u32 = head.chars().rev().enumerate().fold(0, |sum, (index, digit)| {
        let digit = digit.to_digit(10).unwrap() * if index % 2 == 0 { 2 } else { 1 };
        sum + digit / 10 + digit % 10
    });
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// A German account number with its check digits.
fn account(by: &mut Chance) -> String {
    let number = by.letters("0123456789", 18);
    let rest =
        format!("{number}131400").chars().fold(0u32, |rest, digit| (rest * 10 + digit.to_digit(10).unwrap()) % 97);
    format!("DE{:02}{number}", 98 - rest)
}

pub fn secrets(seed: u64, count: usize) -> Vec<Secret> {
    let mut by = Chance::of(seed);
    let make = |index: usize| {
        let (kind, make) = KINDS[index % KINDS.len()];
        let (value, before) = make(&mut by);
        Secret { kind, value, before: before.into() }
    };
    (0..count).map(make).collect()
}

/// The logs of an outage: their names and texts.
pub struct Logs {
    pub files: Vec<(String, String)>,
    pub notes: String,
}

/// The outage: from 10:00 to 10:20 a container holds the port of nginx.
const FIRST: usize = 10 * 3600;
const LAST: usize = FIRST + 1200;

fn clock(s: usize) -> String {
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// Puts each secret at a place of some log, one after the other.
pub fn logs(seed: u64, secrets: &[Secret]) -> Logs {
    let mut by = Chance::of(seed + 1);
    let mut haproxy = String::new();
    let mut access = String::new();
    let mut lines: Vec<(usize, &str, String)> = story();
    for s in (FIRST - 3600..LAST + 3600).step_by(2) {
        let is_down = (FIRST..LAST).contains(&s);
        let (status, server) = if is_down { (503, "<NOSRV>") } else { (200, "web01") };
        let client = format!("203.0.113.{}", 1 + by.below(200));
        let _ = writeln!(
            haproxy,
            "Nov 20 {} lb01 haproxy[77]: {client}:40000 [20/Nov/2026:{}.000] shop shop/{server} 0/0/1/2/3 {status} 217 - - ---- 1/1/0/0/0 0/0 \"GET /item/{} HTTP/1.1\"",
            clock(s),
            clock(s),
            s % 7
        );
        if !is_down {
            let _ = writeln!(
                access,
                "{client} - - [20/Nov/2026:{} +0000] \"GET /item/{} HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0 Chrome/120.0.0.0\"",
                clock(s),
                s % 7
            );
        }
    }
    let mut notes = String::from("2026-11-20T10:05:00Z monitoring: shop is down\n");
    let mut of_file = None;
    for (index, secret) in secrets.iter().enumerate() {
        let s = FIRST + 4 + by.below(LAST - FIRST - 8);
        let (time, told) = (clock(s), secret.told());
        let told = if secret.kind == "database password" { format!("{told}@10.0.0.9/shop") } else { told };
        let client = format!("203.0.113.{}", 1 + by.below(200));
        let in_url = told.replace(' ', "%20");
        let place = match by.below(13) {
            // A path holds what its shape tells.
            1 if !secret.is_bare() => 0,
            12 if of_file.is_some() || !secret.is_bare() => 2,
            place => place,
        };
        let request = match place {
            0 => format!("GET /pay?next=1&x={in_url} HTTP/1.1"),
            1 => format!("GET /reset/{} HTTP/1.1", secret.value),
            _ => format!("GET /item/{index} HTTP/1.1"),
        };
        let traffic = |captures: &str, cookie: &str| {
            format!(
                "Nov 20 {time} lb01 haproxy[77]: {client}:40000 [20/Nov/2026:{time}.000] shop shop/<NOSRV> 0/-1/-1/-1/0 503 217 {cookie} - SC-- 1/1/0/0/0 0/0 {captures}\"{request}\""
            )
        };
        match place {
            0 | 1 => lines.push((s, "haproxy", traffic("", "-"))),
            2 => {
                let line = format!(
                    "{client} - - [20/Nov/2026:{time} +0000] \"{request}\" 502 150 \"https://shop.example/cart?ref={in_url}\" \"curl/8.5.0\""
                );
                lines.push((s, "access", line));
            }
            3 => {
                let line =
                    format!("{client} - - [20/Nov/2026:{time} +0000] \"{request}\" 502 150 \"-\" \"bot/1.0 ({told})\"");
                lines.push((s, "access", line));
            }
            4 => lines.push((s, "haproxy", traffic(&format!("{{shop.example|{told}|curl}} "), "-"))),
            5 => lines.push((s, "haproxy", traffic("", &format!("basket={}", secret.value)))),
            6 => {
                let line = format!(
                    "2026/11/20 {time} [error] 812#812: *{index} connect() failed (111: Connection refused) while connecting to upstream, client: {client}, server: shop.example, request: \"GET /cart?q={in_url} HTTP/1.1\", upstream: \"http://10.0.0.5:8080/cart?q={in_url}\", host: \"shop.example\""
                );
                lines.push((s, "nginx", line));
            }
            7 => {
                let line = format!(
                    "[Fri Nov 20 {time}.000001 2026] [proxy:error] [pid 900:tid 900] [client {client}:40000] AH00898: Error reading from remote server returned by {told}, referer: https://shop.example/?r={in_url}"
                );
                lines.push((s, "apache", line));
            }
            8 => {
                let line = format!(
                    "Nov 20 {time} web01 sudo:    anna.kowalski : TTY=pts/0 ; PWD=/home/anna.kowalski ; USER=root ; COMMAND=/usr/bin/deploy --verbose {told}"
                );
                lines.push((s, "auth", line));
            }
            9 => {
                let line = format!(
                    "{{\"status\":\"start\",\"id\":\"web\",\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{{\"ID\":\"web\",\"Attributes\":{{\"image\":\"shop/job:1.4\",\"name\":\"job\",\"note\":\"{told}\"}}}},\"time\":{}}}",
                    1_795_132_800 + s
                );
                lines.push((s, "docker", line));
            }
            10 => {
                let line = format!(
                    "{{\"__REALTIME_TIMESTAMP\":\"{}000000\",\"_HOSTNAME\":\"web01\",\"SYSLOG_IDENTIFIER\":\"shop\",\"PRIORITY\":\"3\",\"_PID\":\"7\",\"CONTEXT\":\"{told}\",\"MESSAGE\":\"request failed with {told}\"}}",
                    1_795_132_800 + s
                );
                lines.push((s, "journal", line));
            }
            11 => {
                let _ = writeln!(notes, "2026-11-20T{time}Z on-call: tried {told} again");
            }
            _ => of_file = Some(secret.value.clone()),
        }
    }
    lines.sort();
    let of =
        |name: &str| lines.iter().filter(|line| line.1 == name).fold(String::new(), |all, line| all + &line.2 + "\n");
    // In the order of their stamps, as a log is.
    let merged = |more: String, from: usize| {
        let mut all: Vec<&str> = more.lines().collect();
        all.sort_by_key(|line| line.get(from..).map(|rest| rest.chars().take(21).collect::<String>()));
        all.into_iter().fold(String::new(), |all, line| all + line + "\n")
    };
    let named = of_file.map_or("plain".to_owned(), |secret| secret.replace([':', '/'], "_"));
    let mut files = vec![
        ("lb01/haproxy.log".to_owned(), merged(haproxy + &of("haproxy"), 0)),
        ("web01/nginx/error.log".to_owned(), of("nginx")),
        ("web01/apache2/error.log".to_owned(), of("apache")),
        ("web01/auth.log".to_owned(), of("auth")),
        ("web01/docker-events.json".to_owned(), of("docker")),
        ("web01/journal.json".to_owned(), of("journal")),
        ("web01/syslog".to_owned(), of("syslog")),
    ];
    let stamp = |line: &str| line.split('[').nth(1).unwrap_or_default().to_owned();
    let all = access + &of("access");
    let mut access: Vec<&str> = all.lines().collect();
    access.sort_by_key(|line| stamp(line));
    files.push((format!("web01/nginx/{named}.access.log"), access.join("\n") + "\n"));
    Logs { files, notes }
}

/// What happens, whatever the secrets are.
fn story() -> Vec<(usize, &'static str, String)> {
    let mut lines = Vec::new();
    let mut say = |s: usize, log: &'static str, text: String| lines.push((s, log, text));
    let systemd = |s: usize, text: &str| format!("Nov 20 {} web01 systemd[1]: {text}", clock(s));
    let event = |s: usize, action: &str| {
        format!(
            "{{\"status\":\"{action}\",\"id\":\"preview\",\"Type\":\"container\",\"Action\":\"{action}\",\"Actor\":{{\"ID\":\"preview\",\"Attributes\":{{\"image\":\"nginx:1.25.3\",\"name\":\"web-preview\"}}}},\"time\":{}}}",
            1_795_132_800 + s
        )
    };
    say(FIRST - 1, "syslog", systemd(FIRST - 1, "Stopping nginx.service - A high performance web server..."));
    say(FIRST - 1, "syslog", systemd(FIRST - 1, "Stopped nginx.service - A high performance web server."));
    say(FIRST, "docker", event(FIRST, "start"));
    for s in [FIRST + 5, FIRST + 600] {
        say(s, "syslog", systemd(s, "Starting nginx.service - A high performance web server..."));
        let emerg = "bind() to 0.0.0.0:80 failed (98: Address already in use)";
        say(s, "nginx", format!("2026/11/20 {} [emerg] 812#812: {emerg}", clock(s)));
        say(s, "syslog", format!("Nov 20 {} web01 nginx[812]: nginx: [emerg] {emerg}", clock(s)));
        say(s + 1, "syslog", systemd(s + 1, "nginx.service: Control process exited, code=exited, status=1/FAILURE"));
        say(s + 1, "syslog", systemd(s + 1, "nginx.service: Failed with result 'exit-code'."));
        say(s + 1, "syslog", systemd(s + 1, "Failed to start nginx.service - A high performance web server."));
    }
    let command = "docker run -d --name web-preview --restart always -p 80:80 nginx:1.25.3";
    let sudo = "sudo:    anna.kowalski : TTY=pts/0 ; PWD=/home/anna.kowalski ; USER=root ; COMMAND=/usr/bin/";
    say(FIRST - 2, "auth", format!("Nov 20 {} web01 {sudo}{command}", clock(FIRST - 2)));
    say(LAST - 3, "docker", event(LAST - 3, "die"));
    say(LAST - 2, "syslog", systemd(LAST - 2, "Starting nginx.service - A high performance web server..."));
    say(LAST - 1, "syslog", systemd(LAST - 1, "Started nginx.service - A high performance web server."));
    lines
}
