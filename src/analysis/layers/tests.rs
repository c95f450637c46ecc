use super::*;
use crate::facts::Place;

/// Numbers that look random, after G. Marsaglia's xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn line(at_ms: i64, key: u64, client: u64) -> Sampled {
    let place = Place { block: (0, 0), line: 0, offset: 0 };
    let (at, loose) = (at_ms * 1_000_000, key / 10);
    Sampled { at, place, key, loose, client, forwarded: None, has_upstream: false, took_us: None }
}

/// An hour of one request each two seconds: half for ten popular keys, half for a thousand others.
fn requests(seed: u64) -> Vec<Sampled> {
    let mut chance = Chance(seed);
    let keys = |chance: &mut Chance| if chance.below(2) == 0 { chance.below(10) } else { 10 + chance.below(1000) };
    (0..1800)
        .map(|number| line(number * 2000 + chance.below(1500) as i64, keys(&mut chance) * 10, chance.below(300)))
        .collect()
}

fn of(one: &[Sampled], other: &[Sampled], names: [&str; 2]) -> Option<Relation> {
    relation((0, one), (1, other), names, &[(0, 3599)])
}

#[test]
fn layers_of_one_service() {
    let front = requests(7);
    let behind: Vec<Sampled> =
        front.iter().map(|line| Sampled { at: line.at + 300_000_000, client: 1, ..*line }).collect();
    // The one behind sees a single client, whatever the names say.
    let found = of(&front, &behind, ["apache2", "haproxy"]);
    let Some(Relation::Behind { inner: 1, outer: 0, coverage }) = found else { panic!("{found:?}") };
    assert!(coverage > 0.97, "{coverage}");
    // A fifth of what the one behind sees comes past the front.
    let visits = requests(99).into_iter().step_by(4).map(|line| Sampled { at: line.at + 700_000_000, ..line });
    let mut more: Vec<Sampled> = behind.iter().copied().chain(visits).collect();
    more.sort_unstable();
    let found = of(&more, &front, ["nginx", "haproxy"]);
    let Some(Relation::Behind { inner: 0, outer: 1, coverage }) = found else { panic!("{found:?}") };
    assert!((coverage - 0.8).abs() < 0.05, "{coverage}");
}

#[test]
fn other_bytes_are_the_same_requests() {
    let front = requests(7);
    let behind: Vec<Sampled> = front.iter().map(|line| Sampled { key: line.key + 1, client: 1, ..*line }).collect();
    assert!(matches!(of(&front, &behind, ["x", "y"]), Some(Relation::Behind { outer: 0, .. })));
}

#[test]
fn services_with_the_same_popular_paths_are_unrelated() {
    assert_eq!(of(&requests(7), &requests(8), ["haproxy", "nginx"]), Some(Relation::Unrelated));
    let few: Vec<Sampled> = requests(7).into_iter().take(20).collect();
    assert_eq!(of(&few, &requests(8), ["haproxy", "nginx"]), None);
}

#[test]
fn what_is_quiet_between_findings() {
    assert_eq!(quiet(0, 100, &[(40, 50), (45, 60), (90, 120)]), [(0, 39), (61, 89)]);
    assert_eq!(quiet(0, 100, &[(-5, 3)]), [(4, 100)]);
    assert_eq!(quiet(0, 100, &[(0, 100)]), []);
}
