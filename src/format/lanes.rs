//! Sixteen bytes at a time, held in one number, for fast paths: no branch hangs on how long a value is.
//!
//! A *mark* is the highest bit of a byte. After Henry Warren, *Hacker's Delight*, 2nd edition, section 6-1; the forms
//! used here mark exactly the bytes that they should, also behind the first.

const ONES: u128 = u128::from_le_bytes([1; 16]);
/// The highest bit of each byte.
const MARKS: u128 = ONES << 7;

/// Sixteen bytes, the first of them lowest.
#[derive(Clone, Copy)]
pub(super) struct Lanes(u128);

impl Lanes {
    /// The first sixteen bytes, if there are so many.
    #[inline(always)]
    pub(super) fn of(text: &[u8]) -> Option<Lanes> {
        text.first_chunk().map(|bytes| Lanes(u128::from_le_bytes(*bytes)))
    }

    /// Marks the bytes that are `byte`.
    #[inline(always)]
    pub(super) fn equal(self, byte: u8) -> u128 {
        Lanes(self.0 ^ (ONES * u128::from(byte))).below(1)
    }

    /// Marks the bytes that are less than `limit`, which is at most 128.
    #[inline(always)]
    pub(super) fn below(self, limit: u8) -> u128 {
        // A byte without its highest bit reaches that bit again by adding what is missing from the limit to 128.
        let reaches = (self.0 & !MARKS) + ONES * u128::from(128 - limit);
        !(reaches | self.0) & MARKS
    }

    /// Marks the bytes from `first` to `last`, which is less than 128.
    #[inline(always)]
    pub(super) fn within(self, first: u8, last: u8) -> u128 {
        self.below(last + 1) & !self.below(first)
    }

    /// Marks the bytes that are not ASCII.
    #[inline(always)]
    pub(super) fn not_ascii(self) -> u128 {
        self.0 & MARKS
    }
}

/// Index of the first marked byte; 16 if there is none.
#[inline(always)]
pub(super) fn first(marks: u128) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Index of the first byte without a mark; 16 if there is none.
#[inline(always)]
pub(super) fn first_without(marks: u128) -> usize {
    first(!marks & MARKS)
}

/// The decimal digits at the beginning as a number, and how many they are: one to seven.
/// The sums of pairs, fours and eights of digits after Daniel Lemire, *Quickly parsing eight digits* (2018).
#[inline(always)]
pub(super) fn number(text: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*text.first_chunk()?);
    let digits = Lanes(u128::from(word)).within(b'0', b'9');
    let count = first_without(digits);
    (1..8).contains(&count).then_some(())?;
    // The digits to the end, zeros in front.
    let word = (word & 0x0f0f_0f0f_0f0f_0f0f) << (64 - 8 * count);
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff, count))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Which of the bytes are marked.
    fn marked(marks: u128) -> Vec<bool> {
        marks.to_le_bytes().iter().map(|byte| byte & 128 != 0).collect()
    }

    #[test]
    fn numbers() {
        for (text, want) in [
            ("0 \"-\" \"x\"", Some((0, 1))),
            ("157 \"-\" \"x\"", Some((157, 3))),
            ("1234567 \"", Some((1_234_567, 7))),
            ("12345678 ", None), // longer than it looks
            ("- \"-\" \"x\"", None),
            ("9/:12345", Some((9, 1))),
            ("157", None), // the careful way reads the end of a line
        ] {
            assert_eq!(number(text.as_bytes()), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn exactly_the_right_bytes_are_marked(bytes: [u8; 16], byte: u8, first in 0u8..127, more in 0u8..127) {
            let (lanes, last) = (Lanes::of(&bytes).unwrap(), first.saturating_add(more).min(127));
            let each = |is: &dyn Fn(u8) -> bool| bytes.iter().map(|byte| is(*byte)).collect::<Vec<_>>();
            prop_assert_eq!(marked(lanes.equal(byte)), each(&|other| other == byte));
            prop_assert_eq!(marked(lanes.below(last)), each(&|other| other < last));
            prop_assert_eq!(marked(lanes.within(first, last)), each(&|other| (first..=last).contains(&other)));
            prop_assert_eq!(marked(lanes.not_ascii()), each(&|other| !other.is_ascii()));
        }

        #[test]
        fn numbers_are_those_of_the_library(text in "[0-9]{1,7}") {
            let line = format!("{text} \"-\" \"-\"");
            prop_assert_eq!(number(line.as_bytes()), Some((text.parse().unwrap(), text.len())));
        }
    }
}
