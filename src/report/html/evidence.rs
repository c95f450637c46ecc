//! The lines that prove something, each once, by file and line, and links to them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::model::Evidence;
use super::super::text::Page;
use super::shown::cut;

/// Where a line stands; a link where the page shows the line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Reference {
    /// The id of the line in the page.
    pub id: Option<String>,
    /// `web01/syslog:16`
    pub text: String,
}

/// The lines of an incident that the page shows.
pub(super) struct Ledger<'a> {
    page: &'a Page<'a>,
    incident: &'a str,
    /// At most so many lines.
    most: usize,
    letters: usize,
    /// File, line: id and text.
    lines: BTreeMap<(String, usize), (String, String)>,
    left_out: usize,
}

/// The lines of a file.
#[derive(Debug, Serialize)]
pub(super) struct File {
    path: String,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    number: usize,
    text: String,
    /// Whether the line before it in the file is not shown.
    is_apart: bool,
}

/// All of a section.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    files: Vec<File>,
    count: usize,
    left_out: usize,
}

/// Letters of a path.
const PATH: usize = 160;

impl<'a> Ledger<'a> {
    pub(super) fn new(page: &'a Page<'a>, incident: &'a str, most: usize, letters: usize) -> Ledger<'a> {
        Ledger { page, incident, most, letters, lines: BTreeMap::new(), left_out: 0 }
    }

    /// Enters the first lines of these, and says where they stand.
    pub(super) fn references(&mut self, evidence: &[Evidence], most: usize) -> Vec<Reference> {
        evidence.iter().take(most).map(|line| self.reference(line)).collect()
    }

    fn reference(&mut self, evidence: &Evidence) -> Reference {
        let path = cut(self.page.short(&evidence.file), PATH);
        let text = format!("{path}:{}", evidence.line);
        let (count, key) = (self.lines.len(), (path, evidence.line));
        if let Some((id, _)) = self.lines.get(&key) {
            return Reference { id: Some(id.clone()), text };
        }
        if count >= self.most {
            self.left_out += 1;
            return Reference { id: None, text };
        }
        let id = format!("{}-line{}", self.incident, count + 1);
        self.lines.insert(key, (id.clone(), cut(evidence.text.trim_end(), self.letters)));
        Reference { id: Some(id), text }
    }

    /// The lines by file, in the order of the files.
    pub(super) fn shown(self) -> Shown {
        let mut shown = Shown { files: Vec::new(), count: self.lines.len(), left_out: self.left_out };
        for ((path, number), (id, text)) in self.lines {
            let is_new = shown.files.last().is_none_or(|file| file.path != path);
            if is_new {
                shown.files.push(File { path, lines: Vec::new() });
            }
            let Some(file) = shown.files.last_mut() else { continue };
            let is_apart = file.lines.last().is_some_and(|before| before.number + 1 != number);
            file.lines.push(Line { id, number, text, is_apart });
        }
        shown
    }
}
