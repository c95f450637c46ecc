//! What the analysis of a month costs (methods, 8.7), on one core; and what of a report's time it takes.

use std::time::Instant;

use pmtrace::analysis::aside::Asides;
use pmtrace::analysis::spikes::spikes;
use pmtrace::analysis::world::World;

use crate::cases::{Bar, per_second, side_by_side};
use crate::frame::{Figure, Scale, Table, quantile};
use crate::simulate::{DAY_S, Order};
use crate::tallies::counted;

const RATES: [f64; 4] = [0.1, 1.0, 10.0, 100.0];
const CHRONIC: [f64; 3] = [0.0001, 0.001, 0.01];
/// Times that each is measured.
const ROUNDS: usize = 5;

/// Milliseconds for a series.
struct Cost {
    rate: f64,
    chronic: f64,
    /// Millions of seconds of the series.
    seconds: f64,
    spikes_ms: f64,
    /// All but the spikes: holes and dips, as nothing else happens in these logs.
    silences_ms: f64,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let days = scale.of(30, 3) as i64;
    let orders: Vec<Order> = RATES
        .into_iter()
        .rev()
        .flat_map(|rate| CHRONIC.map(|chronic| Order { chronic, ..Order::new(rate, days * DAY_S, scale.seed) }))
        .collect();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let mut costs = Vec::new();
    // A few at a time, as a busy month is large; measured one by one.
    for part in orders.chunks(2) {
        let worlds = side_by_side(part, |order| counted(order).0);
        for (order, world) in part.iter().zip(&worlds) {
            let measure = || cost(order, world);
            costs.push(one.as_ref().map_or_else(|_| measure(), |pool| pool.install(measure)));
        }
    }
    costs.reverse();
    costs.sort_by(|one, other| one.rate.total_cmp(&other.rate).then(one.chronic.total_cmp(&other.chronic)));
    vec![of_spikes(scale, &costs), of_silences(scale, &costs), crate::phases::table(scale)]
}

fn cost(order: &Order, world: &World) -> Cost {
    let ms = |work: &dyn Fn()| {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let (begun, on_core) = (Instant::now(), on_core_ms());
                work();
                let lasted = begun.elapsed().as_secs_f64() * 1000.0;
                on_core.zip(on_core_ms()).map_or(lasted, |(before, after)| (after - before).min(lasted))
            })
            .collect();
        quantile(&mut times, 0.5).unwrap_or_default()
    };
    let spikes_ms = ms(&|| {
        for (index, service) in world.services.iter().enumerate() {
            std::hint::black_box(spikes(index, service, &mut Asides::default()));
        }
    });
    let all_ms = ms(&|| {
        std::hint::black_box(pmtrace::analysis::plan(world));
    });
    Cost {
        rate: order.rate,
        chronic: order.chronic,
        seconds: order.length_s as f64 / 1e6,
        spikes_ms,
        silences_ms: (all_ms - spikes_ms).max(0.0),
    }
}

/// Milliseconds that this thread has been on a core, where the system tells: what else runs there does not count then.
fn on_core_ms() -> Option<f64> {
    // The count is brought up to date when the thread gives way, else only every few milliseconds.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse::<f64>().ok().map(|nanos| nanos / 1e6)
}

fn of_spikes(scale: &Scale, costs: &[Cost]) -> Table {
    let row = |cost: &Cost| {
        vec![
            per_second(cost.rate),
            format!("{} %", cost.chronic * 100.0),
            format!("{:.1}", cost.spikes_ms),
            format!("{:.1}", cost.spikes_ms / cost.seconds),
        ]
    };
    let most = |wanted: &dyn Fn(&Cost) -> bool| {
        costs.iter().filter(|cost| wanted(cost)).map(|cost| cost.spikes_ms).fold(None, most)
    };
    let is_heavy = |cost: &Cost| cost.chronic > 0.005 && cost.rate >= 100.0;
    Table {
        title: format!("Cost of spikes: one series of {:.0} days, one thread", days(costs)),
        columns: ["rate", "chronic share", "ms", "ms per million seconds"].map(str::to_owned).to_vec(),
        rows: costs.iter().map(row).collect(),
        figures: vec![
            figure(scale, "cost of a series-month, ≤ 0.1 % chronic", most(&|cost| cost.chronic < 0.005), (60.0, 30.0)),
            figure(scale, "cost of a series-month, 1 % of 100/s", most(&is_heavy), (300.0, 150.0)),
        ],
    }
}

fn of_silences(scale: &Scale, costs: &[Cost]) -> Table {
    let usual: Vec<&Cost> = costs.iter().filter(|cost| (0.0005..0.005).contains(&cost.chronic)).collect();
    let row = |cost: &&Cost| {
        vec![
            per_second(cost.rate),
            format!("{:.1}", cost.silences_ms),
            format!("{:.1}", cost.silences_ms / cost.seconds),
        ]
    };
    let worst = usual.iter().map(|cost| cost.silences_ms).fold(None, most);
    Table {
        title: format!("Cost of holes and dips: one series of {:.0} days, one thread", days(costs)),
        columns: ["rate", "ms", "ms per million seconds"].map(str::to_owned).to_vec(),
        rows: usual.iter().map(row).collect(),
        figures: vec![figure(scale, "cost of holes and dips, a month", worst, (80.0, 40.0))],
    }
}

fn most(most: Option<f64>, next: f64) -> Option<f64> {
    Some(most.map_or(next, |most: f64| most.max(next)))
}

fn days(costs: &[Cost]) -> f64 {
    costs.first().map_or(0.0, |cost| cost.seconds * 1e6 / DAY_S as f64)
}

/// In the quick form the series are no months.
fn figure(scale: &Scale, what: &str, reached: Option<f64>, (bar, goal): (f64, f64)) -> Figure {
    let reached = reached.filter(|_| !scale.is_quick);
    Bar::at_most(what, bar, goal).value(&Scale { is_quick: false, ..*scale }, reached, ROUNDS, " ms")
}
