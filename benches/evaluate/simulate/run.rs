//! The requests, one after the other.

use std::cmp::Reverse;

use super::super::random::Random;
use super::calendar::Calendar;
use super::incident::{Kind, Truth};
use super::noise::Noise;
use super::{Clients, Order, PLAIN_RATE, Request, part};

/// Mean requests of a session, and seconds between them.
const SESSION: f64 = 4.0;
const SESSION_GAP_S: f64 = 4.0;
/// How likely a client tries again after a failure, after how many seconds, and how often at most.
const RETRY: f64 = 0.4;
const RETRY_S: (f64, f64) = (1.0, 10.0);
const RETRIES: u8 = 3;
/// Seconds before the first one, in which sessions begin that go on in the log.
const BEFORE_S: i64 = 60;
/// Seconds that a request is planned ahead at most; sessions with a longer pause are none.
const AHEAD_S: usize = 128;
const SECOND_US: i64 = 1_000_000;

/// What is still to come of a client.
#[derive(Clone, Copy, Debug)]
struct Planned {
    at_us: i64,
    client: u32,
    kind: Ahead,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ahead {
    /// The next request of a session.
    Session,
    /// Another try, after so many.
    Retry(u8),
    /// A failure that has nothing to do with an incident, of a clump, a bot, or a blip.
    Failure,
}

/// Gives all requests of the order to `each`, in order of time, and tells what its incidents did.
pub(crate) fn run(order: &Order, each: &mut impl FnMut(&Request)) -> Vec<Truth> {
    run_until(order, order.end_s(), each)
}

/// The same, but only the requests before that second.
pub(crate) fn run_until(order: &Order, end_s: i64, each: &mut impl FnMut(&Request)) -> Vec<Truth> {
    let mut run = Run::new(order);
    for second in order.start_s - BEFORE_S..end_s.min(order.end_s()) {
        run.second(second, each);
    }
    run.truths
}

/// All requests at once, where they are few.
pub(crate) fn requests(order: &Order) -> (Vec<Request>, Vec<Truth>) {
    let mut all = Vec::with_capacity((order.rate * order.length_s as f64 * 1.3) as usize);
    let truths = run(order, &mut |request: &Request| all.push(*request));
    (all, truths)
}

struct Run<'a> {
    order: &'a Order,
    random: Random,
    calendar: Calendar,
    noise: Noise,
    /// By second, modulo their number.
    ahead: Vec<Vec<Planned>>,
    /// When the next session begins, in microseconds.
    next_us: i64,
    truths: Vec<Truth>,
    /// Which of them lie in this second.
    active: Vec<usize>,
    /// Clients told so far, where each request has another.
    clients: u32,
    pool: u32,
    is_plain: bool,
}

impl Run<'_> {
    fn new(order: &Order) -> Run<'_> {
        let first_s = order.start_s - BEFORE_S;
        Run {
            random: Random::new(order.seed, "simulate", "requests"),
            calendar: Calendar::of(order, first_s),
            noise: Noise::of(order),
            ahead: vec![Vec::new(); AHEAD_S],
            next_us: first_s * SECOND_US,
            truths: order.incidents.iter().map(|injected| Truth::new(*injected)).collect(),
            active: Vec::new(),
            clients: 0,
            pool: order.pool(),
            is_plain: order.rate >= PLAIN_RATE,
            order,
        }
    }

    fn second(&mut self, s: i64, each: &mut impl FnMut(&Request)) {
        let (from, to) = (s * SECOND_US, (s + 1) * SECOND_US);
        let slot = s.rem_euclid(AHEAD_S as i64) as usize;
        let mut planned = std::mem::take(&mut self.ahead[slot]);
        while self.noise.extra.last().is_some_and(|(at, _)| *at < to) {
            if let Some((at_us, client)) = self.noise.extra.pop() {
                planned.push(Planned { at_us, client, kind: Ahead::Failure });
            }
        }
        let lies_here = |truth: &Truth| truth.injected.from_us < to && truth.injected.to_us() > from;
        self.active.clear();
        self.active.extend((0..self.truths.len()).filter(|index| lies_here(&self.truths[*index])));
        // The earliest last; of a session, the next request may come in the same second.
        planned.sort_unstable_by_key(|next| Reverse((next.at_us, next.client)));
        let sessions_us = self.order.rate * self.calendar.at(s) / if self.is_plain { 1.0 } else { SESSION } / 1e6;
        self.next_us = self.next_us.max(from);
        loop {
            let ahead = planned.last().map_or(i64::MAX, |planned| planned.at_us);
            let next = if self.next_us < to.min(ahead) {
                let at_us = self.next_us;
                self.next_us += 1 + self.waiting(1.0 / sessions_us);
                Planned { at_us, client: self.client(), kind: Ahead::Session }
            } else if let Some(next) = planned.pop() {
                next
            } else {
                break;
            };
            self.request(next, (from, to), &mut planned, each);
        }
        self.ahead[slot] = planned;
    }

    fn request(
        &mut self,
        of: Planned,
        (from, to): (i64, i64),
        planned: &mut Vec<Planned>,
        each: &mut impl FnMut(&Request),
    ) {
        let chance = self.random.next();
        if of.kind == Ahead::Session
            && !self.is_plain
            && (self.random.next() >> 32) as f64 / 4_294_967_296.0 >= 1.0 / SESSION
        {
            let at_us = of.at_us + self.waiting(SESSION_GAP_S * 1e6).min((AHEAD_S as i64 - 2) * SECOND_US);
            let client = if self.order.clients == Clients::Sessions { of.client } else { self.client() };
            self.plan(Planned { at_us, client, kind: Ahead::Session }, to, planned);
        }
        if from < self.order.start_s * SECOND_US {
            return;
        }
        let mut request = Request {
            at_us: of.at_us,
            client: of.client,
            status: good(chance),
            incident: None,
            is_slow: false,
            chance,
        };
        if self.hit(&mut request) {
            return;
        }
        if of.kind == Ahead::Failure && request.incident.is_none() {
            request.status = failed(chance);
        } else if request.incident.is_none() || request.is_slow {
            let chronic = self.noise.share_at(of.at_us);
            if self.random.happens(chronic) {
                request.status = failed(chance);
            }
        }
        for at in 0..self.active.len() {
            let index = self.active[at];
            self.truths[index].add(&request, request.incident == u16::try_from(index).ok());
        }
        each(&request);
        let tries = if let Ahead::Retry(tries) = of.kind { tries } else { 0 };
        if request.is_failed() && of.kind != Ahead::Failure && tries < RETRIES && self.random.happens(RETRY) {
            let wait_s = RETRY_S.0 + (RETRY_S.1 - RETRY_S.0) * self.random.share();
            let client = if self.order.clients == Clients::New { self.client() } else { of.client };
            let again = Planned { at_us: of.at_us + (wait_s * 1e6) as i64, client, kind: Ahead::Retry(tries + 1) };
            self.plan(again, to, planned);
        }
    }

    /// Lets the incidents of that moment hit the request; whether it never comes because of one.
    fn hit(&mut self, request: &mut Request) -> bool {
        for at in 0..self.active.len() {
            let index = self.active[at];
            let injected = self.truths[index].injected;
            let share = injected.share_at(request.at_us);
            let is_of_part = injected.part.is_none_or(|own| own == part(request.chance));
            if share <= 0.0 || !is_of_part || !self.random.happens(share) {
                continue;
            }
            match injected.kind {
                Kind::Hole { .. } | Kind::Loss { .. } => {
                    self.truths[index].missed += 1;
                    return true;
                }
                Kind::Slow { .. } => request.is_slow = true,
                Kind::Step { .. } | Kind::Climb { .. } | Kind::Flap { .. } => {
                    request.status = 500 + [3, 2, 4, 0][(request.chance >> 56) as usize % 4];
                }
            }
            request.incident = u16::try_from(index).ok();
        }
        false
    }

    fn plan(&mut self, next: Planned, to: i64, planned: &mut Vec<Planned>) {
        if next.at_us < to {
            let at = planned.partition_point(|other| other.at_us > next.at_us);
            planned.insert(at, next);
        } else {
            let slot = next.at_us.div_euclid(SECOND_US).rem_euclid(AHEAD_S as i64) as usize;
            self.ahead[slot].push(next);
        }
    }

    /// Microseconds to the next of something that comes every `mean`.
    fn waiting(&mut self, mean: f64) -> i64 {
        (-(1.0 - self.random.share()).ln() * mean) as i64
    }

    /// Of many clients, the lesser of two draws: some ask more often than others.
    fn client(&mut self) -> u32 {
        if self.order.clients == Clients::New {
            self.clients += 1;
            return self.pool + self.clients;
        }
        let chance = self.random.next();
        let (one, other) = (chance as u32, (chance >> 32) as u32);
        let drawn = if matches!(self.order.clients, Clients::Few(_)) { one } else { one.min(other) };
        ((u64::from(drawn) * u64::from(self.pool)) >> 32) as u32
    }
}

/// Status of a request that does not fail: bots and old links make some 404.
fn good(chance: u64) -> u16 {
    match (chance >> 48) as u8 {
        0..216 => 200,
        216..236 => 304,
        236..250 => 302,
        _ => 404,
    }
}

/// Status of one that fails without an incident.
fn failed(chance: u64) -> u16 {
    if chance >> 63 == 0 { 500 } else { 502 }
}
