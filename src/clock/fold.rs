//! An hour that comes twice, when clocks go back: the order of the lines tells which of its two passes a stamp is in
//! (`formats/time.md`, section 2).
//!
//! Where the stamps fall back inside such an hour, by at least half of it, the second pass begins. A line that is
//! only late falls, too, but the lines after it go on where they were.

use super::zone::Rule;

/// How long after the end of the first pass its clock may fall and be believed, even if the lines then stand where
/// they stood before: the second pass comes to its end, too.
const PROMPT_S: i64 = 300;
/// How late a line of the first pass may come among those of the second.
const LATE_S: i64 = 120;
/// Stamps that lie farther apart are of different changes.
const SAME_CHANGE_S: i64 = 6 * 3600;

/// For each run of a stream, from its first to its last civil second: where its second pass begins, if in one.
pub(super) fn second_passes(rule: &Rule, runs: &[(i64, i64)]) -> Vec<Option<i64>> {
    let mut found = vec![None; runs.len()];
    if rule.is_fixed() {
        return found;
    }
    let mut begins_s = None;
    let mut before_s = runs.first().map_or(0, |run| run.1);
    for index in 1..runs.len() {
        let (first_s, last_s) = runs[index];
        let is_second = match step(rule, before_s, runs, index, is_second(begins_s, before_s)) {
            Step::Late { is_second } => is_second,
            Step::GoesOn { is_second } => {
                begins_s = is_second.then_some(first_s);
                before_s = last_s;
                is_second
            }
        };
        found[index] = is_second.then_some(first_s);
    }
    found
}

/// Whether a stamp of a run, whose second pass begins there, is in it.
pub(super) fn is_second(begins_s: Option<i64>, civil_s: i64) -> bool {
    begins_s.is_some_and(|begins_s| (civil_s - begins_s).abs() < SAME_CHANGE_S)
}

/// What a run is, seen from the one before it.
enum Step {
    /// Some lines that come too late; what follows goes on from before them.
    Late { is_second: bool },
    /// It goes on, in which pass.
    GoesOn { is_second: bool },
}

fn step(rule: &Rule, before_s: i64, runs: &[(i64, i64)], index: usize, is_second: bool) -> Step {
    let (first_s, last_s) = runs[index];
    let next_s = runs.get(index + 1).map(|next| next.0);
    let in_one_fold = (first_s - before_s).abs() < SAME_CHANGE_S && rule.fold_s(before_s).is_some();
    let Some(fold_s) = rule.fold_s(first_s).filter(|_| in_one_fold) else {
        let returns =
            first_s < before_s && last_s < before_s && next_s.is_some_and(|next_s| next_s >= before_s - LATE_S);
        let stays = is_second && (before_s - first_s) < SAME_CHANGE_S;
        return if returns && stays { Step::Late { is_second } } else { Step::GoesOn { is_second: false } };
    };
    let fell_s = before_s - first_s;
    if fell_s >= fold_s / 2 && !is_second {
        let silence_s = fold_s - fell_s;
        let undone = next_s.is_some_and(|next_s| next_s >= before_s && next_s - before_s < silence_s);
        let late = undone && silence_s > PROMPT_S && last_s < before_s;
        return if late { Step::Late { is_second } } else { Step::GoesOn { is_second: true } };
    }
    // A leap forwards in the second pass, back at once: a late line of the first.
    let of_first = (0..=LATE_S).contains(&(before_s + fold_s - first_s));
    let falls_again = next_s.is_some_and(|next_s| last_s - next_s >= fold_s / 2);
    if is_second && of_first && falls_again {
        return Step::Late { is_second: false };
    }
    Step::GoesOn { is_second }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::stamp;

    /// The passes of moments on the day when clocks go back, each a run of its own: `1`, `2`, and `.` for what
    /// comes once.
    fn passes(zone: &str, date: (i32, u32, u32), times: &str) -> String {
        let civil = |time: &str| {
            let parts: Vec<u32> = time.split(':').map(|part| part.parse().unwrap()).collect();
            stamp::civil(date.0, date.1, date.2, parts[0], parts[1], parts[2]).unwrap()
        };
        let runs: Vec<(i64, i64)> = times.split(' ').map(|time| (civil(time), civil(time))).collect();
        let rule: Rule = zone.parse().unwrap();
        let found = second_passes(&rule, &runs);
        let pass = |(begins, run): (&Option<i64>, &(i64, i64))| match rule.fold_s(run.0) {
            None => '.',
            Some(_) if is_second(*begins, run.0) => '2',
            Some(_) => '1',
        };
        found.iter().zip(&runs).map(pass).collect()
    }

    #[test]
    fn the_order_of_the_lines_tells_the_pass() {
        for (why, times, wanted) in [
            ("a fall", "01:59:58 02:00:00 02:59:59 02:00:01 02:30:00 03:00:00", ".1122."),
            ("no fall", "02:00:00 02:20:00 02:59:59 03:00:00", "111."),
            ("a fall by half an hour", "02:40:00 02:10:00 02:30:00", "122"),
            ("a fall by less", "02:40:00 02:20:00 02:45:00", "111"),
            ("late at the seam", "02:59:59 02:00:00 02:59:58 02:00:01 02:59:59 03:00:00", "12122."),
            ("late by forty minutes", "02:50:00 02:10:00 02:50:01 02:59:59 02:00:00", "11112"),
            ("late in the second pass", "02:59:59 02:00:00 02:50:00 02:10:00 02:51:00", "12222"),
            ("late from before the hour", "02:59:59 02:00:30 01:30:00 02:01:00 03:00:00", "12.2."),
            ("a clock set back before", "01:50:00 01:10:00 01:50:00 02:10:00", "...1"),
            ("only the second is left", "02:59:59 02:00:01", "12"),
            ("alone", "02:30:00", "1"),
        ] {
            assert_eq!(passes("Europe/Berlin", (2026, 10, 25), times), wanted, "{why}");
        }
    }

    #[test]
    fn changes_are_not_always_an_hour_and_not_always_there() {
        for (why, zone, date, times, wanted) in [
            ("Lord Howe", "Australia/Lord_Howe", (2026, 4, 5), "01:59:59 01:30:00 01:45:00 02:00:00", "122."),
            ("New York", "America/New_York", (2026, 11, 1), "01:59:59 01:00:00 01:59:00 02:00:00", "122."),
            ("no change that day", "Europe/Berlin", (2026, 10, 24), "02:59:59 02:00:00", ".."),
            ("no change at all", "+01:00", (2026, 10, 25), "02:59:59 02:00:00", ".."),
        ] {
            assert_eq!(passes(zone, date, times), wanted, "{why}");
        }
    }

    #[test]
    fn each_change_has_its_own_passes() {
        let civil = |year, day, hour, minute| stamp::civil(year, 10, day, hour, minute, 0).unwrap();
        // A busy log without a jump from the second pass of one year to the first of the next.
        let runs = [
            (civil(2025, 26, 1, 0), civil(2025, 26, 2, 59)),
            (civil(2025, 26, 2, 0), civil(2026, 25, 2, 59)),
            (civil(2026, 25, 2, 0), civil(2026, 25, 9, 0)),
        ];
        let found = second_passes(&"Europe/Berlin".parse().unwrap(), &runs);
        assert!(!is_second(found[0], civil(2025, 26, 2, 30)));
        assert!(is_second(found[1], civil(2025, 26, 2, 30)));
        assert!(!is_second(found[1], civil(2026, 25, 2, 30)));
        assert!(is_second(found[2], civil(2026, 25, 2, 30)));
    }
}
