//! Two layers of one service, or two services with the same paths: whether requests are counted once.

use pmtrace::analysis::impact::Remark;
use rayon::prelude::*;

use crate::access::{Request, Writer, log, moments, report};
use crate::frame::{Figure, Scale, Side, Table, number, percent, quantile};
use crate::random::Random;

const OUTAGE_S: i64 = 600;
/// Share of the requests that fail in the outage.
const SHARE: f64 = 0.5;

/// What the two logs have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pair {
    Same,
    /// Two in five stay in front.
    Static,
    /// A fifth of what the inner one sees comes past the outer one.
    Direct,
    /// A fifth of the lines of the outer log is lost.
    Lossy,
    Unrelated,
}

const PAIRS: [(&str, Pair); 5] = [
    ("inner sees all of it", Pair::Same),
    ("inner sees 60 % (static files stay in front)", Pair::Static),
    ("inner also has 20 % direct visits", Pair::Direct),
    ("outer log lacks 20 % of the lines", Pair::Lossy),
    ("unrelated services, same popular paths", Pair::Unrelated),
];

/// What the report made of a pair.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// Whether the requests of both were added up as of two services.
    is_added: bool,
    /// How far the share of failing requests is off, in points.
    share_off: f64,
    /// How far the number of requests is off, in percent.
    count_off: f64,
}

pub(crate) fn tables(scale: &Scale) -> Vec<Table> {
    let mut table = Table {
        title: "Two layers of one service, or not: HAProxy in front of nginx".into(),
        columns: ["rate", "pair", "n", "found", "added up", "share off p90 (points)", "requests off p90 (%)"]
            .map(str::to_owned)
            .to_vec(),
        ..Table::default()
    };
    let (mut related, mut joined, mut unrelated, mut wrong) = (0, 0, 0, 0);
    let mut shares: Vec<f64> = Vec::new();
    for (rate, length_s, count) in
        [(0.3, 24 * 3600, scale.of(16, 1)), (1.0, 8 * 3600, scale.of(16, 1)), (10.0, 2 * 3600, scale.of(10, 1))]
    {
        for (name, pair) in PAIRS {
            let told: Vec<Told> = (0..count)
                .into_par_iter()
                .filter_map(|number| {
                    case(scale.seed, &format!("{name} at {rate} number {number}"), rate, length_s, pair)
                })
                .collect();
            let added = told.iter().filter(|told| told.is_added).count();
            if pair == Pair::Unrelated {
                (unrelated, wrong) = (unrelated + told.len(), wrong + told.len() - added);
            } else {
                (related, joined) = (related + told.len(), joined + told.len() - added);
                shares.extend(told.iter().map(|told| told.share_off));
            }
            let of = |figure: fn(&Told) -> f64| {
                let mut all: Vec<f64> = told.iter().map(figure).collect();
                quantile(&mut all, 0.9).map_or_else(|| "–".into(), number)
            };
            let (share, requests) = (of(|told| told.share_off), of(|told| told.count_off));
            table.rows.push(
                [
                    format!("{rate}/s"),
                    name.into(),
                    count.to_string(),
                    told.len().to_string(),
                    added.to_string(),
                    share,
                    requests,
                ]
                .to_vec(),
            );
        }
    }
    table.figures = vec![
        Figure::of("related layers joined", percent(joined, related), related, Side::AtLeast, 97.0, 100.0, " %"),
        Figure::of("unrelated services joined", Some(wrong as f64), unrelated, Side::AtMost, 0.0, 0.0, ""),
        Figure::of(
            "share of two layers, counted once, off: p90 (points)",
            quantile(&mut shares, 0.9),
            shares.len(),
            Side::AtMost,
            3.0,
            1.5,
            "",
        ),
    ];
    vec![table]
}

fn requests(random: &mut Random, rate: f64, length_s: i64, start_s: i64) -> Vec<Request> {
    let make = |at_ms: i64, random: &mut Random| {
        let is_hit = (start_s * 1000..(start_s + OUTAGE_S) * 1000).contains(&at_ms) && random.happens(SHARE);
        let is_popular = random.happens(0.4);
        let path = if is_popular {
            format!("/assets/{}.css", random.between(1, 20))
        } else {
            format!("/item/{}?page={}", random.between(1, 20_000), random.between(1, 9))
        };
        Request {
            at_ms,
            client: format!("198.51.100.{}", random.between(1, 250)),
            vhost: "www.example.com",
            backend: "web",
            // One size for each path, so that popular ones are alike everywhere.
            bytes: if is_hit { 157 } else { path.bytes().map(u64::from).sum::<u64>() * 7 },
            path,
            status: if is_hit || random.happens(0.001) { 502 } else { 200 },
            took_ms: random.between(5, 300),
        }
    };
    moments(random, rate, length_s).into_iter().map(|at_ms| make(at_ms, random)).collect()
}

fn case(seed: u64, name: &str, rate: f64, length_s: i64, pair: Pair) -> Option<Told> {
    let mut random = Random::new(seed, name, "layers");
    let start_s = random.between(length_s / 3, length_s * 2 / 3);
    let outer = requests(&mut random, rate, length_s, start_s);
    let behind = |request: &Request| Request {
        client: "10.0.0.5".into(),
        at_ms: request.at_ms + 1,
        took_ms: request.took_ms - 2,
        ..request.clone()
    };
    let mut truth = outer.clone();
    let mut logged = outer.clone();
    let inner: Vec<Request> = match pair {
        Pair::Same => outer.iter().map(behind).collect(),
        Pair::Static => outer.iter().filter(|_| random.happens(0.6)).map(behind).collect(),
        Pair::Direct => {
            let direct = requests(&mut random, rate / 4.0, length_s, start_s);
            truth.extend(direct.clone());
            outer.iter().map(behind).chain(direct).collect()
        }
        Pair::Lossy => {
            logged.retain(|_| random.happens(0.8));
            outer.iter().map(behind).collect()
        }
        Pair::Unrelated => {
            let other = requests(&mut random, rate, length_s, start_s);
            truth.extend(other.clone());
            other
        }
    };
    let files =
        [("lb/haproxy.log", log(&logged, Writer::Haproxy)), ("web/nginx/access.log", log(&inner, Writer::Nginx))];
    let (report, incidents) = report(&files)?;
    let impact = &report.incidents.first()?.impact;
    let found = impact.requests.as_ref()?;
    let inside: Vec<&Request> =
        truth.iter().filter(|request| (start_s * 1000..(start_s + OUTAGE_S) * 1000).contains(&request.at_ms)).collect();
    let failed = inside.iter().filter(|request| request.status >= 500).count() as f64;
    let all = inside.len() as f64;
    let is_entries = |remark: &Remark| matches!(remark, Remark::Entries(_));
    Some(Told {
        // Two incidents are as well told apart.
        is_added: incidents.iter().any(|incident| incident.impact.remarks.iter().any(is_entries))
            || incidents.len() > 1,
        share_off: (found.percent? - 100.0 * failed / all).abs(),
        count_off: 100.0 * (found.expected as f64 - all).abs() / all,
    })
}
