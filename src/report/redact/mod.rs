//! What must not leave the house: secrets and personal data in the texts of a report.
//!
//! Every text of the report goes through [`Redaction::text`], in one walk, so that all forms of a run show the same:
//!
//! - what is secret by its shape or by the name before it ([`rules`]) becomes a mark such as `[secret]` or `?[query]`;
//! - card numbers and long runs of letters and digits that no one would type ([`numbers`]) become one, too;
//! - addresses of clients become `client-1`, `client-2` … in the order in which the walk meets them ([`addresses`]).
//!
//! What stays: the addresses of the services themselves, that is loopback and unspecified ones, and those that a line
//! shows as listening, bound, published or asked as an upstream; versions, ports, names of containers, hosts and
//! services. A container's id and an image's digest stay as their first twelve digits.

mod addresses;
mod numbers;
mod rules;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use addresses::Addresses;
use walk::{names, texts};

use super::extract::Extract;
use super::model::Report;

/// Characters of a line that a report keeps: the last word of one that is so long may be cut, and with it a secret.
const CUT_AT: usize = super::build::EVIDENCE_CHARS;

/// What a run knows while it redacts: the same address is the same client in all outputs.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    addresses: Addresses,
    /// Names that the report knows: of services, containers, images, hosts.
    names: BTreeSet<String>,
}

impl Redaction {
    /// Redacts all texts of a report. What it gives redacts further texts of the same run alike.
    pub fn of(report: &mut Report) -> Redaction {
        let mut redaction = Redaction { names: names(report), ..Redaction::default() };
        texts(report, &mut |text| redaction.addresses.learn(text));
        texts(report, &mut |text| redaction.text(text));
        redaction
    }

    /// Redacts one text.
    pub fn text(&mut self, text: &mut String) {
        if text.chars().nth(CUT_AT - 1).is_some() && text.chars().nth(CUT_AT).is_none() {
            without_last_word(text);
        }
        rules::apply(text);
        numbers::apply(text, &self.names);
        self.addresses.apply(text);
    }

    /// Redacts the lines that are handed on, and the names of their files.
    pub fn extracts(&mut self, extracts: &mut [Extract]) {
        for extract in &*extracts {
            self.addresses.learn(&String::from_utf8_lossy(&extract.bytes));
        }
        for extract in extracts {
            self.text(&mut extract.path);
            let mut whole = String::from_utf8_lossy(&extract.bytes).into_owned();
            // A key goes over many lines.
            rules::without_keys(&mut whole);
            let mut lines = String::with_capacity(whole.len());
            for line in whole.split_inclusive('\n') {
                let mut line = line.to_owned();
                rules::apply(&mut line);
                numbers::apply(&mut line, &self.names);
                self.addresses.apply(&mut line);
                lines.push_str(&line);
            }
            extract.bytes = lines.into_bytes();
        }
    }
}

/// Puts `…` in the place of the last word.
fn without_last_word(text: &mut String) {
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | ',' | ';');
    text.truncate(text.trim_end().rfind(ends).unwrap_or(0));
    text.push_str(" …");
}
