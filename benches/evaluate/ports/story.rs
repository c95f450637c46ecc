//! One story of a port that was taken (methods, 8.5): who held it in truth, and what the logs show of it.
//!
//! **When a trace exists**, in the sense of the table: a line ties the true holder to the port. That is
//!
//! - a service's own line that it listens there, a table of sockets with it from the conflict, requests of the victim's
//!   users that it answered, or its configuration with the port where it also started in the two minutes before the
//!   victim's stop, or since;
//! - a container's event, with a line that tells that it publishes the port;
//! - of an old process of the victim: systemd's line of a left-over process, requests that it went on answering, or a
//!   table with its process;
//! - of a victim in its own way: that the same process said it listens there, or its configuration that asks twice.
//!
//! A start or a stop alone, the usual port of a program, a configuration alone, a stop that timed out are no trace.
//! [`Story::has_trace`] is set where such a line is written, and nowhere else.

use super::lines::{Form, Logs, access, docker_event, moment};
use crate::random::Random;

/// Who held the port in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Service,
    Stale,
    Duplicate,
    Container,
    ByHand,
}

/// A story with its logs.
pub(super) struct Story {
    pub(super) who: Who,
    /// Name of the holder, where it has one.
    pub(super) name: &'static str,
    pub(super) has_trace: bool,
    pub(super) logs: Logs,
    chance: Random,
    pub(super) victim: Victim,
    times: Times,
    /// Rows of the table of sockets, if one was saved.
    rows: Vec<String>,
}

/// A service that could not start.
#[derive(Clone, Copy)]
pub(super) struct Victim {
    unit: &'static str,
    pub(super) program: &'static str,
    port: u16,
}

const VICTIMS: &[Victim] = &[
    Victim { unit: "nginx", program: "nginx", port: 80 },
    Victim { unit: "apache2", program: "apachectl", port: 80 },
    Victim { unit: "haproxy", program: "haproxy", port: 80 },
    Victim { unit: "shop-api", program: "shop-api", port: 8080 },
    Victim { unit: "shop-web", program: "node", port: 3000 },
    Victim { unit: "billing", program: "java", port: 8080 },
];

/// Moments of the conflict, in ms.
struct Times {
    /// When the victim stopped before it; `None` where it never ran.
    stopped: Option<i64>,
    first: i64,
    last: i64,
    /// When the holder left, and the start that succeeded.
    freed: Option<i64>,
    solved: Option<i64>,
    end: i64,
}

/// Services that run beside: unit, program, own port.
const OTHERS: &[(&str, &str, u16)] = &[
    ("ssh", "sshd", 22),
    ("postfix", "postfix/master", 25),
    ("named", "named", 53),
    ("mysql", "mysqld", 3306),
    ("postgresql", "postgres", 5432),
    ("redis-server", "redis-server", 6379),
    ("prometheus", "prometheus", 9090),
    ("memcached", "memcached", 11211),
    ("mongod", "mongod", 27017),
    ("dovecot", "dovecot", 143),
    ("vsftpd", "vsftpd", 21),
    ("elasticsearch", "java", 9200),
    ("kafka", "java", 9092),
    ("rabbitmq-server", "beam.smp", 5672),
    ("mosquitto", "mosquitto", 1883),
    ("etcd", "etcd", 2379),
    ("consul", "consul", 8500),
    ("vault", "vault", 8200),
    ("cups", "cupsd", 631),
    ("squid", "squid", 3128),
    ("stunnel4", "stunnel4", 443),
    ("php-fpm", "php-fpm", 9000),
];

/// Programs that would take such a port: unit, and whether it says where it listens.
const TAKERS_OF_80: &[(&str, bool)] =
    &[("apache2", false), ("nginx", false), ("caddy", false), ("lighttpd", false), ("promo", true), ("landing", true)];
const TAKERS_OF_8080: &[(&str, bool)] = &[("jenkins", false), ("tomcat9", false), ("promo", true), ("landing", true)];
const TAKERS_OF_3000: &[(&str, bool)] = &[("grafana-server", false), ("promo", true), ("landing", true)];

fn takers(port: u16) -> &'static [(&'static str, bool)] {
    match port {
        80 => TAKERS_OF_80,
        8080 => TAKERS_OF_8080,
        _ => TAKERS_OF_3000,
    }
}

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;

impl Story {
    /// A story with so many other services up.
    pub(super) fn new(mut chance: Random, services: usize) -> Story {
        let who = match chance.share() {
            share if share < 0.40 => Who::Service,
            share if share < 0.60 => Who::Stale,
            share if share < 0.70 => Who::Duplicate,
            share if share < 0.88 => Who::Container,
            _ => Who::ByHand,
        };
        let victim = chance.of(VICTIMS);
        let form = if chance.happens(0.6) { Form::JournalExport } else { Form::Syslog };
        let times = times(&mut chance, who);
        let logs = Logs::new("web01", form);
        let mut story = Story { who, name: "", has_trace: false, logs, chance, victim, times, rows: Vec::new() };
        story.around(services);
        match who {
            Who::Service => story.by_service(),
            Who::Stale => story.by_old_process(),
            Who::Duplicate => story.by_itself(),
            Who::Container => story.by_container(),
            Who::ByHand => story.by_hand(),
        }
        story.victims_own();
        story
    }

    fn pid(&mut self) -> i64 {
        self.chance.between(500, 30_000)
    }

    /// The other services with their starts and stops, and what may mislead.
    fn around(&mut self, services: usize) {
        let (first, from) = (self.times.first, self.times.stopped.unwrap_or(self.times.first) - 100 * SECOND);
        let mut pool: Vec<_> = OTHERS.to_vec();
        let is_storm = self.chance.happens(0.25);
        for _ in 0..services {
            let (unit, program, port) = pool.swap_remove(self.chance.between(0, pool.len() as i64) as usize);
            let mut at = first - self.chance.between(10 * 60 * SECOND, 20 * HOUR);
            self.other_starts(at, unit, program, port);
            // Restarts of its own.
            while self.chance.happens(0.4) {
                at += self.chance.waiting(4.0 * HOUR as f64);
                if at >= self.times.end {
                    break;
                }
                self.logs.stopped(at, unit);
                at += self.chance.between(200, 3 * SECOND);
                self.other_starts(at, unit, program, port);
            }
            if is_storm && self.chance.happens(0.6) {
                let at = self.chance.between(from, first + 20 * SECOND);
                self.logs.stopped(at, unit);
                let up = at + self.chance.between(200, 3 * SECOND);
                self.other_starts(up, unit, program, port);
            }
            self.rows.push(row(port, program, 300 + i64::from(port)));
        }
        if self.chance.happens(1.0 / 6.0) {
            self.second_of_the_same_port(is_storm, from);
        }
        if self.chance.happens(1.0 / 12.0) {
            let name = "old-shop";
            let at = first - self.chance.between(3 * HOUR, 20 * HOUR);
            self.logs
                .sudo(at, &format!("/usr/bin/docker run -d --name {name} -p {}:3000 shop/old:1.0", self.victim.port));
            let id = self.chance.hex(64);
            let life = docker_event(at + 300, "start", name, &id) + &docker_event(at + 2 * HOUR, "die", name, &id);
            self.logs.file("docker-events-yesterday.json", life, None);
        }
    }

    /// A second program whose usual port it is, that in truth listens elsewhere.
    fn second_of_the_same_port(&mut self, is_storm: bool, from: i64) {
        let unit = match self.victim.port {
            80 if self.victim.unit != "haproxy" => "haproxy",
            80 => "varnish",
            8080 => "uwsgi",
            _ => "puma",
        };
        self.logs.started(self.times.first - self.chance.between(HOUR, 20 * HOUR), unit);
        if is_storm {
            let at = self.chance.between(from, self.times.first);
            self.logs.stopped(at, unit);
            self.logs.started(at + 800, unit);
        }
        if unit == "haproxy" && self.chance.happens(0.5) {
            self.logs.file("haproxy.cfg", "frontend stats\n  bind *:8404\n  mode http\n".into(), None);
        }
    }

    /// A start of another service, which may say where it listens.
    fn other_starts(&mut self, at: i64, unit: &str, program: &str, port: u16) {
        let pid = self.pid();
        self.logs.started(at, unit);
        let says = match unit {
            "ssh" => format!("Server listening on 0.0.0.0 port {port}."),
            "postgresql" => format!("LOG:  listening on IPv4 address \"127.0.0.1\", port {port}"),
            "prometheus" => format!("ts=x level=info component=web msg=\"Listening on\" address=[::]:{port}"),
            "mosquitto" => format!("Opening ipv4 listen socket on port {port}."),
            _ => return,
        };
        self.logs.say(at - 30, unit, program, pid, says);
    }

    /// Another service holds the port. A third of these leave little trace.
    fn by_service(&mut self) {
        let port = self.victim.port;
        let (unit, says) = loop {
            let taker = self.chance.of(takers(port));
            if taker.0 != self.victim.unit {
                break taker;
            }
        };
        self.name = unit;
        let from = self.times.stopped.map_or(self.times.first - 110 * SECOND, |stopped| stopped - 60 * SECOND);
        let is_in_window = self.times.stopped.is_some() || self.chance.happens(0.5);
        let start = match is_in_window {
            true => self.chance.between(from.max(self.times.stopped.unwrap_or(from) + 200), self.times.first - 50),
            false => self.times.first - self.chance.between(HOUR, 10 * HOUR),
        };
        let pid = self.pid();
        if self.chance.happens(0.95) {
            self.logs.started(start, unit);
        }
        let is_little = self.chance.happens(1.0 / 3.0);
        let [own_line, config, table, access] = [0.7, 0.5, 0.3, 0.25].map(|share| self.chance.happens(share));
        let told = [own_line && says, config && is_in_window, table];
        let none = !is_little && told == [false; 3];
        if !is_little {
            if told[0] || none && says {
                let text = format!("{} listening on :{port}", moment(start).format("%Y/%m/%d %H:%M:%S"));
                self.logs.say(start - 20, unit, unit, pid, text);
                self.has_trace = true;
            }
            if config {
                self.has_trace |= self.configured(unit, port) && is_in_window;
            }
            if table || none && !says {
                self.table(Some(row(port, unit, pid)));
                self.has_trace = true;
            }
        }
        if let Some(freed) = self.times.freed
            && self.chance.happens(0.8)
        {
            self.logs.stopped(freed, unit);
        }
        let serves = !is_little && access && self.times.solved.is_some() && self.times.stopped.is_some();
        let is_web = matches!(self.victim.unit, "nginx" | "apache2") && matches!(unit, "nginx" | "apache2");
        if serves && is_web {
            self.traffic(false);
            let until = self.times.freed.unwrap_or(self.times.end);
            let served = self.requests(start.max(self.times.stopped.unwrap_or(start)) + SECOND, until, 404);
            self.has_trace |= served.lines().count() >= 8;
            self.logs.file(&format!("{unit}-access.log"), served, None);
        }
    }

    /// The configuration of a taker that has one which is read; whether there is.
    fn configured(&mut self, unit: &str, port: u16) -> bool {
        let text = match unit {
            "apache2" => format!("Listen {port}\nListen 8443\nServerName promo.example\nDocumentRoot /srv/promo\n"),
            "nginx" => format!("server {{\n  listen {port};\n  server_name promo.example;\n  root /srv/promo;\n}}\n"),
            _ => return false,
        };
        self.logs.file(&format!("{unit}.conf"), text, None);
        true
    }

    /// A table of sockets, saved while the port was taken.
    fn table(&mut self, holder: Option<String>) {
        let mut rows = self.rows.clone();
        rows.extend(holder);
        let at = self.chance.between(self.times.first, self.times.last + 1);
        self.logs.file("ss.txt", format!("{HEADING}{}", rows.concat()), Some(at));
    }

    /// An old process of the victim outlived its stop.
    fn by_old_process(&mut self) {
        let unit = self.victim.unit;
        self.name = unit;
        let pid = self.pid();
        let [left, late, table, serves] = [0.55, 0.3, 0.25, 0.3].map(|share| self.chance.happens(share));
        if left {
            let text = format!(
                "Found left-over process {pid} ({}) in control group while starting unit. Ignoring.",
                self.program()
            );
            self.logs.systemd(self.times.first - 60, unit, format!("{unit}.service: {text}"));
            self.has_trace = true;
        }
        if let Some(stopped) = self.times.stopped
            && late
        {
            self.logs.systemd(stopped - 200, unit, format!("{unit}.service: State 'stop-sigterm' timed out. Killing."));
            self.logs.systemd(
                stopped - 190,
                unit,
                format!("{unit}.service: Killing process {pid} ({}) with signal SIGKILL.", self.program()),
            );
        }
        if table {
            self.table(Some(row(self.victim.port, self.program(), pid)));
            self.has_trace |= true;
        }
        if serves && self.is_web() && self.times.stopped.is_some() {
            self.traffic(true);
            self.has_trace |= self.times.solved.unwrap_or(self.times.last) - self.times.first > 12 * SECOND;
        }
    }

    /// The name of the victim's processes in a table.
    fn program(&self) -> &'static str {
        if self.victim.program == "apachectl" { "apache2" } else { self.victim.program }
    }

    fn is_web(&self) -> bool {
        matches!(self.victim.unit, "nginx" | "apache2")
    }

    /// The victim asks for its address twice.
    fn by_itself(&mut self) {
        self.name = self.victim.unit;
        if self.chance.happens(0.6) {
            let at = self.times.first - self.chance.between(60 * SECOND, 1500 * SECOND);
            self.logs.sudo(at, &format!("/usr/bin/vim /etc/{}/{0}.conf", self.victim.unit));
        }
        if self.chance.happens(0.35) {
            return;
        }
        let port = self.victim.port;
        match self.victim.unit {
            "nginx" => {
                let text = format!(
                    "server {{\n  listen {port};\n  listen [::]:{port} ipv6only=off;\n  server_name a.example;\n  root /srv;\n}}\n"
                );
                self.logs.file("nginx.conf", text, None);
                self.has_trace = true;
            }
            "apache2" => {
                let text = format!("Listen {port}\nServerName a.example\nListen 0.0.0.0:{port}\nDocumentRoot /srv\n");
                self.logs.file("apache2.conf", text, None);
                self.has_trace = true;
            }
            "shop-api" => self.has_trace = true, // its lines follow with its failures
            _ => {}
        }
    }

    fn by_container(&mut self) {
        self.name = "web";
        let (first, port) = (self.times.first, self.victim.port);
        let from = self.times.stopped.map_or(first - 3 * HOUR, |stopped| stopped + 100);
        let start = self.chance.between(from, first - 40);
        let id = self.chance.hex(64);
        let mut events = docker_event(start, "start", "web", &id);
        if let Some(freed) = self.times.freed {
            events += &docker_event(freed, "kill", "web", &id);
            events += &docker_event(freed + 30, "die", "web", &id);
        }
        self.logs.file("docker-events.json", events, None);
        match self.chance.share() {
            share if share < 0.45 => {
                let command = format!("/usr/bin/docker run -d --name web -p {port}:3000 shop/web:1.4");
                self.logs.sudo(start - 300, &command);
                self.has_trace = true;
            }
            share if share < 0.70 => {
                let text = format!(
                    "services:\n  web:\n    image: shop/web:1.4\n    container_name: web\n    ports:\n      - \"{port}:3000\"\n"
                );
                self.logs.file("docker-compose.yml", text, None);
                self.has_trace = true;
            }
            share if share < 0.85 => {
                self.table(Some(row(port, "docker-proxy", 2200)));
                self.has_trace = true;
            }
            _ => {}
        }
    }

    /// Somebody started it by hand, and nothing tells.
    fn by_hand(&mut self) {
        if let Some(freed) = self.times.freed
            && self.chance.happens(0.5)
        {
            let command = format!("/usr/bin/fuser -k {}/tcp", self.victim.port);
            self.logs.sudo(freed, &command);
        }
    }

    /// The victim's stop, failed starts, and the start that succeeded.
    fn victims_own(&mut self) {
        let unit = self.victim.unit;
        if let Some(stopped) = self.times.stopped {
            self.logs.started(stopped - self.chance.between(HOUR, 20 * HOUR), unit);
            self.logs.stopped(stopped, unit);
        }
        let mut tries = vec![self.times.first];
        while self.times.last - tries[tries.len() - 1] > 500 * SECOND || self.chance.happens(0.5) {
            let at = tries[tries.len() - 1] + self.chance.between(8 * SECOND, 90 * SECOND);
            if at >= self.times.last - 6 * SECOND {
                break;
            }
            tries.push(at);
        }
        if self.times.last > self.times.first {
            tries.push(self.times.last);
        }
        for at in tries {
            self.fails(at);
        }
        if let Some(solved) = self.times.solved {
            self.logs.started(solved, unit);
            // A table after it shows the victim, and says nothing.
            if self.chance.happens(0.1) {
                let rows = self.rows.concat() + &row(self.victim.port, self.program(), 31_000);
                self.logs.file("ss-after.txt", format!("{HEADING}{rows}"), Some(solved + 40 * SECOND));
            }
        }
        self.logs.say(self.times.end, "cron", "CRON", 900, "(root) CMD (true)");
    }

    /// A start that fails, in the words of each program.
    fn fails(&mut self, at: i64) {
        let Victim { unit, program, port } = self.victim;
        let pid = self.pid();
        let is_twice = self.who == Who::Duplicate && self.has_trace;
        let stamp = moment(at).format("%Y/%m/%d %H:%M:%S");
        let mut end = at + 30;
        let lines: Vec<String> = match unit {
            "nginx" => {
                let addresses: &[&str] = if is_twice { &["[::]"] } else { &["0.0.0.0", "[::]"] };
                for step in 0..5 {
                    for address in addresses {
                        let text =
                            format!("nginx: [emerg] bind() to {address}:{port} failed (98: Address already in use)");
                        self.logs.say(at + step * 500, unit, program, pid, text);
                    }
                }
                end = at + 2500;
                vec!["nginx: [emerg] still could not bind()".into()]
            }
            "apache2" => {
                let text = |address| {
                    format!(
                        "(98)Address already in use: AH00072: make_sock: could not bind to address {address}:{port}"
                    )
                };
                let first = if is_twice { vec![text("0.0.0.0")] } else { vec![text("[::]"), text("0.0.0.0")] };
                let after = ["no listening sockets available, shutting down", "AH00015: Unable to open logs"];
                first.into_iter().chain(after.map(str::to_owned)).collect()
            }
            "haproxy" => vec![
                format!(
                    "[ALERT]    ({pid}) : Binding [/etc/haproxy/haproxy.cfg:27] for frontend web: cannot bind socket (Address already in use) for [0.0.0.0:{port}]"
                ),
                format!(
                    "[ALERT]    ({pid}) : [/usr/sbin/haproxy.main()] Some protocols failed to start their listeners! Exiting."
                ),
            ],
            "shop-api" => {
                let first = is_twice.then(|| format!("{stamp} listening on :{port}"));
                let failed = format!("{stamp} listen tcp :{port}: bind: address already in use");
                first.into_iter().chain([failed]).collect()
            }
            "shop-web" => vec![format!("Error: listen EADDRINUSE: address already in use :::{port}")],
            _ => vec![format!("Web server failed to start. Port {port} was already in use.")],
        };
        for (line, offset) in lines.into_iter().zip(0..) {
            self.logs.say(end - 10 + offset, unit, program, pid, line);
        }
        self.logs.systemd(
            end + 20,
            unit,
            format!("{unit}.service: Main process exited, code=exited, status=1/FAILURE"),
        );
        self.logs.systemd(end + 22, unit, format!("{unit}.service: Failed with result 'exit-code'."));
        self.logs.systemd(end + 25, unit, format!("Failed to start {unit}.service - {unit}."));
    }

    /// The victim's access log: requests before and after, and while the port is taken only those of an old process.
    fn traffic(&mut self, serves_on: bool) {
        let Times { stopped, first, last, solved, end, .. } = self.times;
        let stopped = stopped.unwrap_or(first);
        let mut text = self.requests(stopped - 400 * SECOND, stopped, 200);
        if serves_on {
            text += &self.requests(first + SECOND, solved.unwrap_or(last), 502);
        }
        if let Some(solved) = solved {
            text += &self.requests(solved + 100, end, 200);
        }
        self.logs.file(&format!("{}-access.log", self.victim.unit), text, None);
    }

    fn requests(&mut self, from: i64, to: i64, status: u16) -> String {
        let mut text = String::new();
        let mut at = from + self.chance.waiting(900.0);
        while at < to {
            text += &access(at, self.chance.between(0, 300), status);
            at += self.chance.waiting(900.0);
        }
        text
    }
}

fn times(chance: &mut Random, who: Who) -> Times {
    let first = 1_795_000_000_000 + chance.between(0, 5_000_000) * 1000 + chance.between(0, 1000);
    // An old process had to be there; the others may have come before the victim ever ran.
    let ran = who == Who::Stale || chance.happens(0.85);
    let stopped = ran.then(|| first - chance.between(2 * SECOND, 120 * SECOND));
    let last = if chance.happens(0.2) { first } else { first + chance.between(15 * SECOND, 900 * SECOND) };
    let solved = chance.happens(0.85).then(|| last + chance.between(12 * SECOND, 300 * SECOND));
    let freed = solved.map(|solved| (solved - chance.between(SECOND, 8 * SECOND)).max(last + 4 * SECOND));
    let end = solved.unwrap_or(last) + chance.between(200 * SECOND, 400 * SECOND);
    Times { stopped, first, last, freed, solved, end }
}

const HEADING: &str = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n";

/// A row of `ss -ltnp`, which cuts names at 15 letters.
fn row(port: u16, program: &str, pid: i64) -> String {
    let name: String = program.chars().take(15).collect();
    format!("LISTEN 0      511    0.0.0.0:{port}      0.0.0.0:*    users:((\"{name}\",pid={pid},fd=6))\n")
}
