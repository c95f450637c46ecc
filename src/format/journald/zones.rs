//! Zones by their abbreviations, which `journalctl -o short-full` and its kind print behind the time.

use crate::format::stamp::digits;

/// Seconds east of UTC of an abbreviation that means one offset only: `CEST`, `-03`, `+0530`. Others (`CST`, `IST`)
/// stand for several.
pub(super) fn abbreviated(zone: &[u8]) -> Option<i32> {
    let quarters: i32 = match zone {
        b"UTC" | b"GMT" | b"WET" => 0,
        b"CET" | b"WEST" | b"BST" | b"WAT" => 4,
        b"CEST" | b"EET" | b"CAT" | b"SAST" => 8,
        b"EEST" | b"MSK" | b"EAT" => 12,
        b"PKT" => 20,
        b"WIB" => 28,
        b"WITA" | b"AWST" | b"HKT" => 32,
        b"JST" | b"KST" | b"WIT" => 36,
        b"ACST" => 38,
        b"AEST" => 40,
        b"ACDT" => 42,
        b"AEDT" => 44,
        b"NZST" => 48,
        b"NZDT" => 52,
        b"NDT" => -10,
        b"ADT" => -12,
        b"NST" => -14,
        b"EDT" | b"AST" => -16,
        b"EST" => -20,
        b"MDT" => -24,
        b"MST" | b"PDT" => -28,
        b"AKDT" => -32,
        b"AKST" | b"HDT" => -36,
        b"HST" => -40,
        _ => return numeric(zone),
    };
    Some(quarters * 900)
}

/// `-03`, `+0530`
fn numeric(zone: &[u8]) -> Option<i32> {
    let (sign, offset) = match zone {
        [b'+', offset @ ..] => (1, offset),
        [b'-', offset @ ..] => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = match offset.len() {
        2 => (digits(offset)?, 0),
        4 => (digits(offset.get(..2)?)?, digits(offset.get(2..)?)?),
        _ => return None,
    };
    Some(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_one_offset() {
        for (zone, offset) in [
            ("CET", Some(3600)),
            ("NST", Some(-12_600)),
            ("+0530", Some(19_800)),
            ("-03", Some(-10_800)),
            ("CST", None),
            ("+5", None),
        ] {
            assert_eq!(abbreviated(zone.as_bytes()), offset, "{zone}");
        }
    }
}
