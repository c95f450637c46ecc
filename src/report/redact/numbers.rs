//! Numbers of cards and accounts, by their check digits, and runs of letters and digits that no one would type: keys,
//! tokens, ids of sessions.

use std::collections::BTreeSet;
use std::ops::Range;

/// Letters and digits from which on a run may be a secret.
const LEAST: usize = 16;
/// From so many on a run without a digit may be one.
const LEAST_LETTERS: usize = 24;
/// Bytes from which on a run that holds slashes may be a secret, and not a path.
const LEAST_SLASHED: usize = 28;

/// Cuts them out of a text. Runs that `names` hold stay.
pub(super) fn apply(text: &mut String, names: &BTreeSet<String>) {
    replace(text, &cards(text), "[card]");
    replace(text, &accounts(text), "[account]");
    let tokens = tokens(text, names);
    replace(text, &tokens, "[token]");
}

fn replace(text: &mut String, ranges: &[Range<usize>], mark: &str) {
    for range in ranges.iter().rev() {
        text.replace_range(range.clone(), mark);
    }
}

/// Runs of bytes that belong together.
fn runs(text: &str, belongs: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match found.last_mut() {
            _ if !belongs(byte) => {}
            Some(last) if last.end == at => last.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}

/// How the digits of a card are grouped where they are.
const GROUPS: &[&[usize]] =
    &[&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[4, 4, 4, 2], &[4, 4, 4, 3], &[4, 4, 5]];

/// Numbers of cards: 13 to 19 digits in one run, or in the usual groups.
fn cards(text: &str) -> Vec<Range<usize>> {
    let runs = runs(text, |byte| byte.is_ascii_digit());
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, first) in runs.iter().enumerate() {
        if found.last().is_some_and(|last| first.start < last.end) {
            continue;
        }
        let is_card = |range: &Range<usize>| is_card(text.get(range.clone()).unwrap_or_default());
        let grouped = || GROUPS.iter().find_map(|lengths| grouped(text, runs.get(index..)?, lengths));
        let whole = (13..=19).contains(&first.len()).then(|| first.clone());
        found.extend(whole.or_else(grouped).filter(is_card));
    }
    found
}

/// The range of the first runs, if they have these lengths and only a blank, a dash, a dot or a plus between them.
fn grouped(text: &str, runs: &[Range<usize>], lengths: &[usize]) -> Option<Range<usize>> {
    let runs = runs.get(..lengths.len())?;
    let fits = runs.iter().zip(lengths).all(|(run, length)| run.len() == *length);
    let is_one = runs.windows(2).all(|pair| {
        let between = text.get(pair[0].end..pair[1].start).unwrap_or_default();
        matches!(between, " " | "-" | "+" | ".")
    });
    (fits && is_one).then(|| Some(runs.first()?.start..runs.last()?.end)).flatten()
}

/// By the sum of Luhn. Those of banks and shops begin with 2 to 6; stamps of time begin with 1.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect();
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10) && digits.first().is_some_and(|first| (2..=6).contains(first))
}

/// International account numbers: two letters, two check digits, then groups of four; the sum is 1 modulo 97.
fn accounts(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let fits = bytes[at..at + 2].iter().all(u8::is_ascii_alphabetic)
            && bytes[at + 2..at + 4].iter().all(u8::is_ascii_digit);
        match (begins && fits).then(|| account(bytes, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the account number that begins there: the longest that has the sum.
fn account(bytes: &[u8], start: usize) -> Option<usize> {
    let mut letters: Vec<u8> = Vec::new();
    let mut best = None;
    let mut at = start;
    while letters.len() < 34 {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() => letters.push(byte.to_ascii_uppercase()),
            Some(b' ') if letters.len().is_multiple_of(4) => {}
            _ => break,
        }
        at += 1;
        let is_whole = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if letters.len() >= 15 && is_whole && has_sum(&letters) {
            best = Some(at);
        }
    }
    best
}

fn has_sum(letters: &[u8]) -> bool {
    let (head, rest) = letters.split_at(4);
    let sum = rest.iter().chain(head).fold(0u32, |sum, byte| match byte {
        digit if digit.is_ascii_digit() => (sum * 10 + u32::from(digit - b'0')) % 97,
        letter => (sum * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    sum == 1
}

/// Runs that look drawn by chance.
fn tokens(text: &str, names: &BTreeSet<String>) -> Vec<Range<usize>> {
    let is_named = |run: &str| names.iter().any(|name| name.contains(run));
    let mut found = Vec::new();
    for whole in runs(text, |byte| byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte)) {
        let run = text.get(whole.clone()).unwrap_or_default();
        if run.len() >= LEAST_SLASHED && run.contains('/') && is_key_with_slashes(run) {
            found.push(whole);
            continue;
        }
        let mut at = whole.start;
        for part in run.split(['/', '=']) {
            if is_drawn(part) && !is_named(part) {
                // The signs that fill a base64 text up go with it.
                let padding = text.get(at + part.len()..).unwrap_or_default();
                let padding = padding.len() - padding.trim_start_matches('=').len();
                found.push(at..at + part.len() + if at + part.len() + padding == whole.end { padding } else { 0 });
            }
            at += part.len() + 1;
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
}

/// The kinds of its letters and digits, without what divides them.
fn classes(run: &str) -> Vec<Class> {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Some(Class::Lower),
        b'A'..=b'Z' => Some(Class::Upper),
        b'0'..=b'9' => Some(Class::Digit),
        _ => None,
    };
    run.bytes().filter_map(class).collect()
}

/// Of 100 neighbours, how many are of different kinds. Words have few, chance has many.
fn changes(classes: &[Class]) -> usize {
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    changes * 100 / classes.len().saturating_sub(1).max(1)
}

fn is_drawn(run: &str) -> bool {
    let classes = classes(run);
    if classes.len() < LEAST {
        return false;
    }
    let has = |class: Class| classes.contains(&class);
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let changes = changes(&classes);
    match (has(Class::Digit), has(Class::Lower), has(Class::Upper)) {
        (true, lower, upper) if is_hex => lower || upper,
        (true, false, true) => changes >= 20,
        (true, true, _) => changes >= 28,
        (false, true, true) => classes.len() >= LEAST_LETTERS && changes >= 40,
        _ => false,
    }
}

/// A base64 text may hold slashes, as a path does; but its letters are of all kinds, and none of its parts is a word.
fn is_key_with_slashes(run: &str) -> bool {
    let is_word = |part: &str| part.len() >= 3 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    if run.starts_with('/') || run.split('/').any(is_word) {
        return false;
    }
    let classes = classes(run);
    let all = [Class::Digit, Class::Lower, Class::Upper].iter().all(|class| classes.contains(class));
    all && changes(&classes) >= 30
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let mut text = text.to_owned();
        apply(&mut text, &BTreeSet::from(["shop-web-7d4b9c6f5d-x2x7k".to_owned()]));
        text
    }

    #[test]
    fn numbers_with_check_digits() {
        for (text, want) in [
            ("GET /pay/4111111111111111 200 512", "GET /pay/[card] 200 512"),
            ("card 5555-5555-5555-4444, 378282246310005", "card [card], [card]"),
            ("4111 1111 1111 1111 200 512", "[card] 200 512"),
            (
                "4111111111111112 1732413600123 timeNano 1732413600123456789",
                "4111111111111112 1732413600123 timeNano 1732413600123456789",
            ),
            ("to DE89370400440532013000 and GB82 WEST 1234 5698 7654 32 now", "to [account] and [account] now"),
        ] {
            assert_eq!(told(text), want);
        }
    }

    #[test]
    fn runs_that_chance_drew_and_those_that_people_typed() {
        for (text, want) in [
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1 end", "key [token] end"),
            ("logs/web01/9f86d081884c7d659a2feaa0c55ad015.access.log", "logs/web01/[token].access.log"),
            ("/s/9f86d081884c7d659a2feaa0c55ad015 x", "/s/[token] x"),
            ("id 123e4567-e89b-12d3-a456-426614174000", "id [token]"),
            ("Zm9vYmFyQmF6cXV1eDEyMw== x", "[token] x"),
            ("pod shop-web-7d4b9c6f5d-x2x7k stays", "pod shop-web-7d4b9c6f5d-x2x7k stays"),
            (
                "2026-11-24T03:00:20 /usr/lib/x86_64-linux-gnu/libapache2-mod-php8 AppleWebKit/537.36 systemd-networkd-wait-online",
                "2026-11-24T03:00:20 /usr/lib/x86_64-linux-gnu/libapache2-mod-php8 AppleWebKit/537.36 systemd-networkd-wait-online",
            ),
            (
                "org.apache.catalina.core.StandardWrapperValve.invoke AbstractConnectionFactoryBeanImpl",
                "org.apache.catalina.core.StandardWrapperValve.invoke AbstractConnectionFactoryBeanImpl",
            ),
            ("1:2.4.52-1ubuntu4.7 sha256:e3b0c44298fc", "1:2.4.52-1ubuntu4.7 sha256:e3b0c44298fc"),
        ] {
            assert_eq!(told(text), want);
        }
    }
}
