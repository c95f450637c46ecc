//! What files that are one document have in common: JSON objects one after another, and tables by the places of their
//! headings.

use std::ops::Range;

use serde::Deserialize;

/// The objects of an array, or of a series, from `from` on, each with its bytes. Ends at the first that is none.
pub(super) fn objects<'a, T: Deserialize<'a>>(text: &'a str, from: usize) -> Vec<(Range<usize>, T)> {
    let mut found = Vec::new();
    let mut at = from;
    while let Some(rest) = text.get(at..) {
        let start = text.len() - rest.trim_start_matches(['[', ',', ' ', '\t', '\r', '\n']).len();
        let Some(object) = text.get(start..).filter(|object| object.starts_with('{')) else { break };
        let mut values = serde_json::Deserializer::from_str(object).into_iter::<T>();
        let Some(Ok(value)) = values.next() else { break };
        at = start + values.byte_offset();
        found.push((start..at, value));
    }
    found
}

/// The lines of a text, each with its bytes, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        (start..start + line.len(), line)
    })
}

/// The columns of a table whose cells begin below their headings, two or more blanks apart. Cells may be empty, and
/// hold blanks.
pub(super) struct Columns<'a>(Vec<(usize, &'a str)>);

impl<'a> Columns<'a> {
    /// The headings; places count letters, not bytes, as the writers pad.
    pub(super) fn of(headings: &'a str) -> Columns<'a> {
        let mut columns = Vec::new();
        let mut rest = headings;
        loop {
            let from = headings.len() - rest.trim_start_matches(' ').len();
            let Some(heading) = headings.get(from..).filter(|heading| !heading.is_empty()) else { break };
            let end = heading.find("  ").unwrap_or(heading.len());
            let (name, behind) = heading.split_at(end);
            let before = headings.get(..from).unwrap_or_default();
            columns.push((before.chars().count(), name));
            rest = behind;
        }
        Columns(columns)
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.0.iter().map(|(_, name)| *name)
    }

    /// The cells of a row, by the names of their columns; without those that are empty.
    pub(super) fn cells<'t>(&self, row: &'t str) -> Vec<(&'a str, &'t str)> {
        let byte = |letter: usize| row.char_indices().nth(letter).map_or(row.len(), |(at, _)| at);
        let ends = self.0.iter().skip(1).map(|(start, _)| byte(*start)).chain([row.len()]);
        let cells = self
            .0
            .iter()
            .zip(ends)
            .map(|((start, name), end)| (*name, row.get(byte(*start)..end).unwrap_or_default().trim_matches(' ')));
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_their_places() {
        for (text, want) in [
            ("[\n {\"a\": 1},\n {\"a\": 2}\n]\n", vec![(3, 1), (14, 2)]),
            ("{\"a\":1}\n{\"a\":2}", vec![(0, 1), (8, 2)]),
            ("[]", vec![]),
            ("[{\"a\":1}, {\"a\":", vec![(1, 1)]),
            ("no JSON", vec![]),
        ] {
            let found = objects::<std::collections::BTreeMap<String, i64>>(text, 0);
            let found: Vec<_> = found.into_iter().map(|(range, object)| (range.start, object["a"])).collect();
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn cells_below_their_headings() {
        let columns = Columns::of("CONTAINER ID   IMAGE   COMMAND    PORTS   NAMES");
        assert_eq!(columns.names().collect::<Vec<_>>(), ["CONTAINER ID", "IMAGE", "COMMAND", "PORTS", "NAMES"]);
        let row = "e958d5114afa   a:1     \"sleep …\"          web";
        let want = [("CONTAINER ID", "e958d5114afa"), ("IMAGE", "a:1"), ("COMMAND", "\"sleep …\""), ("NAMES", "web")];
        assert_eq!(columns.cells(row), want);
    }
}
