//! The access log of nginx, combined.
//!
//! ```text
//! 198.18.9.77 - - [24/Nov/2026:09:00:00 +0000] "GET /api/items/81?page=2 HTTP/1.1" 502 157 "-" "curl/8.5.0"
//! ```
//!
//! About 185 bytes a line, as in logs of shops and interfaces: 20,000 clients, few of them with IPv6, and paths of
//! which few are asked for often (Zipf's law).

use std::collections::BTreeMap;

use super::{Day, Lines, Order, Truth, moment};
use crate::random::Random;

/// Clients, and how many of them have an address of IPv6.
const CLIENTS: usize = 20_000;
const IPV6_CLIENTS: usize = 400;
/// Different paths.
const PATHS: usize = 3_000;
/// How many slots a table of shares has.
const SLOTS: usize = 1 << 16;

/// Statuses of requests that do not fail, with their weights.
const STATUSES: [(u16, u64); 8] =
    [(200, 8400), (206, 60), (204, 140), (304, 720), (302, 180), (404, 430), (403, 50), (499, 20)];
/// Statuses of failing requests, with their weights.
const FAILURES: [(u16, u64); 4] = [(502, 60), (503, 20), (504, 15), (500, 5)];

/// Where requests come from, with weights.
const REFERERS: [(&str, u64); 5] = [
    ("-", 40),
    ("https://www.example.com/", 25),
    ("https://www.example.com/shop/cart", 15),
    ("https://www.example.com/search?q=winter+coat", 10),
    ("https://search.example.net/", 10),
];

/// What clients say that they are, with weights.
const AGENTS: [(&str, u64); 7] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        16,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", 20),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0", 14),
    ("ShopApp/4.12.1 (iPhone; iOS 18.1; Scale/3.00)", 24),
    ("Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.net/about)", 6),
    ("curl/8.5.0", 5),
    ("python-requests/2.32.3", 15),
];

/// The log while it is written.
pub(super) struct Log {
    random: Random,
    day: Day,
    clients: Vec<String>,
    /// Which clients were told.
    seen: Vec<bool>,
    requests: Vec<String>,
    /// Indices of requests, each as often as it is asked for.
    popular: Vec<u16>,
    statuses: Vec<u16>,
    failures: Vec<u16>,
    referers: Vec<&'static str>,
    agents: Vec<&'static str>,
    /// ` - - [24/Nov/2026:09:00:00 +0000] "` of the last second.
    stamp: (u64, String),
    /// Requests by the first digit of their status.
    classes: [u64; 10],
}

impl Log {
    pub(super) fn new(order: &Order) -> Log {
        let mut random = Random::new(order.seed, "large", "access");
        let ranks: Vec<(u16, u64)> = (0..PATHS).map(|rank| (rank as u16, 1_000_000 / (rank as u64 + 1))).collect();
        Log {
            clients: (0..CLIENTS).map(|number| client(number, &mut random)).collect(),
            requests: (0..PATHS).map(|_| request(&mut random)).collect(),
            random,
            day: order.day,
            seen: vec![false; CLIENTS],
            popular: slots(&ranks, SLOTS),
            statuses: slots(&STATUSES, 10_000),
            failures: slots(&FAILURES, 100),
            referers: slots(&REFERERS, 100),
            agents: slots(&AGENTS, 100),
            stamp: (u64::MAX, String::new()),
            classes: [0; 10],
        }
    }

    fn status(&mut self, second: u64) -> u16 {
        let of = if self.random.happens(self.day.share(second)) { &self.failures } else { &self.statuses };
        pick(of, self.random.next())
    }
}

impl Lines for Log {
    fn line(&mut self, second: u64, line: &mut Vec<u8>) {
        if self.stamp.0 != second {
            self.stamp = (second, moment(second).format(" - - [%d/%b/%Y:%H:%M:%S +0000] \"").to_string());
        }
        let status = self.status(second);
        self.classes[usize::from(status / 100)] += 1;
        // Two draws, the lesser of which counts: some clients ask more often than others.
        let chance = self.random.next();
        let client = (chance as u32).min((chance >> 32) as u32) as usize % CLIENTS;
        self.seen[client] = true;
        let (chance, size) = (self.random.next(), self.random.next());
        let request = pick(&self.popular, chance);
        let bytes = if status == 304 || status == 204 { 0 } else { (size % 900) * (size >> 32) % 60_000 };
        line.extend_from_slice(self.clients[client].as_bytes());
        line.extend_from_slice(self.stamp.1.as_bytes());
        line.extend_from_slice(self.requests[usize::from(request)].as_bytes());
        line.extend_from_slice(b" HTTP/1.1\" ");
        number(u64::from(status), line);
        line.push(b' ');
        number(bytes, line);
        line.extend_from_slice(b" \"");
        line.extend_from_slice(pick(&self.referers, chance >> 16).as_bytes());
        line.extend_from_slice(b"\" \"");
        // A client keeps to one agent.
        line.extend_from_slice(pick(&self.agents, client as u64).as_bytes());
        line.extend_from_slice(b"\"\n");
    }

    fn truth(&self) -> Truth {
        let classes = [("2xx", 2), ("3xx", 3), ("4xx", 4), ("5xx", 5)];
        let requests: BTreeMap<&str, u64> =
            classes.into_iter().map(|(name, class)| (name, self.classes[class])).collect();
        Truth {
            requests,
            failing: self.classes[5],
            clients: self.seen.iter().filter(|seen| **seen).count() as u64,
            ..Truth::default()
        }
    }
}

/// The address of a client: of the networks for benchmarks (RFC 2544) and for documentation (RFC 3849).
fn client(number: usize, random: &mut Random) -> String {
    if number.is_multiple_of(CLIENTS / IPV6_CLIENTS) {
        return format!("2001:db8:{:x}:{:x}::{}", random.between(1, 0xffff), number, random.hex(4));
    }
    format!("198.{}.{}.{}", 18 + number / 0x1_0000, number / 0x100 % 0x100, number % 0x100)
}

/// Method and target.
fn request(random: &mut Random) -> String {
    let word = random.of(&["items", "shop", "users", "search", "static/js", "images", "cart", "account/orders"]);
    match random.between(0, 10) {
        0 => format!("POST /api/{word}/{}", random.between(1, 100_000)),
        1..=3 => format!("GET /api/{word}/{}?page={}&sort=price", random.between(1, 100_000), random.between(1, 50)),
        4..=6 => format!("GET /{word}/{}.html", random.hex(8)),
        _ => format!("GET /{word}/{}/{}", random.between(1, 1000), random.hex(6)),
    }
}

/// A list of `slots` items, each about as often as its weight says: then one draw gives one item.
fn slots<T: Copy>(weights: &[(T, u64)], slots: usize) -> Vec<T> {
    let sum: u64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut list = Vec::with_capacity(slots);
    let mut through = 0;
    for (item, weight) in weights {
        through += weight;
        list.resize((through * slots as u64 / sum) as usize, *item);
    }
    list
}

/// An item of a list that is not empty.
fn pick<T: Copy>(list: &[T], chance: u64) -> T {
    list[(chance % list.len() as u64) as usize]
}

/// Decimal digits.
fn number(number: u64, line: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}
