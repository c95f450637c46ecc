//! Traffic with a known truth (methods, 8.1): who asked when, what failed, and because of which incident.
//!
//! ```text
//! let order = Order { incidents: apart(Kind::step(0.3, 1800), 4, 10 * DAY_S, &mut chance), ..Order::new(1.0, 10 * DAY_S, seed) };
//! let truth = run(&order, &mut |request| write(request));
//! ```
//!
//! Sessions come by chance (Poisson), busier by day than by night and on workdays than at weekends; each has about four
//! requests, four seconds apart. In quiet times a share of the requests fails, one client fails in a clump, a bot runs
//! into errors, a few clients fail in the same moment. [`Order::is_hard`] adds pauses, a nightly job, a chronic share
//! that breathes, and surges. The requests come in order of time; the same order gives the same requests, so that they
//! can be told a second time.

mod calendar;
mod incident;
mod noise;
mod run;
#[cfg(test)]
mod tests;

pub(crate) use calendar::DAY_S;
pub(crate) use incident::{Injected, Kind, Truth, apart};
#[allow(unused_imports)] // for tables of small logs
pub(crate) use run::requests;
pub(crate) use run::{run, run_until};

/// First second of all logs: 2026-09-01T00:00:00Z, a Tuesday.
pub(crate) const START_S: i64 = 1_788_220_800;
/// From this rate on, in requests a second, each request comes by itself, without a session.
const PLAIN_RATE: f64 = 100.0;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Clients {
    /// Some of thousands, drawn anew for each request, a few of them often. So the bars were measured: half of the
    /// outages with six requests were found, and an outage needs five failures of three clients.
    Many,
    /// The same, but all of a session are asked by one: fewer witnesses of a short outage.
    Sessions,
    /// So many in all.
    Few(u32),
    /// Each request from another one.
    New,
}

/// Which traffic is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Mean requests a second.
    pub(crate) rate: f64,
    /// Share of the requests that fail in quiet times.
    pub(crate) chronic: f64,
    /// With pauses, a nightly job, and a chronic share that breathes.
    pub(crate) is_hard: bool,
    /// With hours of two to five times the traffic.
    pub(crate) has_surges: bool,
    pub(crate) clients: Clients,
    pub(crate) seed: u64,
    /// First second, since 1970.
    pub(crate) start_s: i64,
    pub(crate) length_s: i64,
    pub(crate) incidents: Vec<Injected>,
}

impl Order {
    /// Quiet traffic of many clients, of which 0.1 % fails.
    pub(crate) fn new(rate: f64, length_s: i64, seed: u64) -> Order {
        Order {
            rate,
            chronic: 0.001,
            is_hard: false,
            has_surges: false,
            clients: Clients::Many,
            seed,
            start_s: START_S,
            length_s,
            incidents: Vec::new(),
        }
    }

    /// First second after the log.
    pub(crate) fn end_s(&self) -> i64 {
        self.start_s + self.length_s
    }

    /// How many clients there are to choose from.
    fn pool(&self) -> u32 {
        match self.clients {
            Clients::Few(count) => count,
            Clients::Many | Clients::Sessions | Clients::New => (20_000.0 * self.rate).clamp(500.0, 20_000.0) as u32,
        }
    }
}

/// A request that was logged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Request {
    /// Microseconds since 1970.
    pub(crate) at_us: i64,
    pub(crate) client: u32,
    pub(crate) status: u16,
    /// The incident that made it fail, or slow, by its index in the order.
    pub(crate) incident: Option<u16>,
    /// Whether an incident made it slow.
    pub(crate) is_slow: bool,
    /// What the rest of it hangs on.
    pub(crate) chance: u64,
}

/// Shares of the virtual hosts, or backends, in 256 requests.
const PARTS: [u8; 3] = [128, 205, 243];

/// Which virtual host or backend a request of this chance goes to: 0 to 3.
fn part(chance: u64) -> u8 {
    let at = chance as u8;
    PARTS.iter().filter(|from| at >= **from).count() as u8
}

impl Request {
    /// The second in which it was logged.
    pub(crate) fn at_s(&self) -> i64 {
        self.at_us.div_euclid(1_000_000)
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.status >= 500
    }

    /// Its virtual host or backend: 0 to 3, of which 0 has half of all requests and 3 a twentieth.
    pub(crate) fn part(&self) -> u8 {
        part(self.chance)
    }

    /// Its path: 0 to 255, the first ones asked for more often.
    pub(crate) fn path(&self) -> u8 {
        ((self.chance >> 8) as u8).min((self.chance >> 16) as u8)
    }

    /// How long its answer took: some 20 ms, with a long tail; a failed one up to half a minute.
    pub(crate) fn duration_ms(&self) -> u32 {
        let share = f64::from((self.chance >> 24) as u16 | 1) / 65_536.0;
        let usual = (12.0 / share.powf(0.6)).min(8000.0);
        let slow = if self.is_slow { 2000.0 + 8000.0 * share } else { 0.0 };
        let failed = if self.status == 504 { 30_000.0 } else { 0.0 };
        (usual + slow + failed) as u32
    }

    /// Bytes of its answer.
    pub(crate) fn bytes(&self) -> u32 {
        if self.is_failed() { 157 } else { 200 + ((self.chance >> 40) as u32 & 0x3fff) }
    }
}
