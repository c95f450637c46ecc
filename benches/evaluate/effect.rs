//! What an action did, told from the requests before and after it (methods, 6.2 and 8.6).

use rayon::prelude::*;

use crate::frame::{Figure, Scale, Side, Table, percent};
use crate::random::Random;
use crate::scene::{DAY_S, Failing, Scene, Traffic, sudo};

/// Requests a second, and cases of a row at full scale and at the quick one.
const RATES: [(f64, &str, usize, usize); 3] = [(0.1, "0.1/s", 120, 8), (1.0, "1/s", 160, 6), (10.0, "10/s", 60, 1)];
/// Share of requests that fails before and after the action, and what it then did.
const ROWS: [(f64, f64, &str); 8] = [
    (1.0, 0.001, "better"),
    (0.3, 0.001, "better"),
    (0.05, 0.001, "better"),
    (1.0, 1.0, "none"),
    (0.3, 0.3, "none"),
    (0.05, 0.05, "none"),
    (0.3, 1.0, "worse"),
    (1.0, 0.3, "better"),
];

/// The table.
pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let mut table = Table {
        title: "Effect of an action (failing share before and after it)".into(),
        columns: ["rate", "before → after", "cases", "helped", "no effect", "worse", "cannot tell"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    let (mut told, mut right) = (0, 0);
    for (rate, name, full, quick) in RATES {
        for (before, after, truth) in ROWS {
            let cases = scale.of(full, quick);
            let row = format!("effect {name} {before} {after}");
            let effects: Vec<Option<String>> = (0..cases)
                .into_par_iter()
                .map(|case| effect(Random::new(scale.seed, &row, &case.to_string()), rate, before, after))
                .collect();
            let count = |wanted: Option<&str>| effects.iter().filter(|effect| effect.as_deref() == wanted).count();
            told += effects.iter().flatten().count();
            right += count(Some(truth));
            let share = |wanted| format!("{:.1}%", percent(count(wanted), cases).unwrap_or(0.0));
            table.rows.push(vec![
                name.into(),
                format!("{:.1}% → {:.1}%", before * 100.0, after * 100.0),
                cases.to_string(),
                share(Some("better")),
                share(Some("none")),
                share(Some("worse")),
                share(None),
            ]);
        }
    }
    table.figures.push(Figure {
        what: "effect of an action, right when told".into(),
        reached: percent(right, told),
        of: told,
        side: Side::AtLeast,
        bar: 97.0,
        goal: 99.0,
        unit: " %",
    });
    vec![table]
}

/// What the report says of a command in the middle of an outage: ten minutes before and after it so much fails, and a
/// second command, five minutes later still, ends what is left.
fn effect(mut random: Random, rate: f64, before: f64, after: f64) -> Option<String> {
    let mut scene = Scene::default();
    // A slow log needs more of its quiet time to know it.
    let quiet_s = if rate < 1.0 { 6 * 3600 } else { 2400 };
    let begins = DAY_S + quiet_s;
    let acts = begins + 600 + random.between(0, 60);
    let ends = acts + 600;
    let failing = |from: i64, to: i64, share: f64| Failing { from, to, share, status: 502 };
    let traffic = Traffic {
        rate,
        from: DAY_S,
        to: ends + quiet_s / 2,
        failures: vec![failing(begins, acts, before), failing(acts, ends, after)],
    };
    traffic.write(&mut random, scene.file("nginx/access.log"));
    let log = scene.file("auth.log");
    log.push_str(&sudo(acts, "web01", "/usr/bin/systemctl restart app"));
    if after > 0.01 {
        log.push_str(&sudo(ends, "web01", "/usr/bin/systemctl restart database"));
    }
    let report = scene.report()?;
    let items = report["incidents"].as_array()?.iter().flat_map(|incident| incident["timeline"].as_array());
    let command =
        items.flatten().find(|item| item["text"].as_str().is_some_and(|text| text.contains("restart app")))?;
    command["effect"].as_str().map(str::to_owned)
}
