//! What the judge reads: a draft in parts, and what the JSON report beside it knows. It shares no code with the
//! writer of drafts.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, FixedOffset};
use regex::Regex;
use serde_json::Value as Json;

pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the rubric")
}

/// A draft in parts.
pub struct Draft {
    /// Headings of the second level, and what stands below each.
    pub sections: Vec<(String, String)>,
    pub text: String,
}

impl Draft {
    pub fn new(text: &str) -> Draft {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix("## "), sections.last_mut()) {
                (Some(heading), _) => sections.push((heading.trim().to_owned(), String::new())),
                (None, Some((_, body))) => {
                    body.push_str(line);
                    body.push('\n');
                }
                (None, None) => {}
            }
        }
        Draft { sections, text: text.to_owned() }
    }

    /// What stands below a heading; nothing if it is not there.
    pub fn section(&self, heading: &str) -> &str {
        self.sections.iter().find(|(name, _)| name == heading).map_or("", |(_, body)| body)
    }

    pub fn summary(&self) -> &str {
        self.section("Issue Summary")
    }

    pub fn timeline(&self) -> &str {
        self.section("Timeline")
    }

    pub fn root_cause(&self) -> &str {
        self.section("Root cause and resolution")
    }

    pub fn measures(&self) -> &str {
        self.section("Corrective and preventative measures")
    }

    pub fn bullets(&self) -> Vec<&str> {
        self.timeline().lines().filter_map(|line| line.strip_prefix("- ")).collect()
    }

    pub fn tasks(&self) -> Vec<&str> {
        self.measures().lines().filter_map(|line| line.strip_prefix("- [ ] ")).collect()
    }

    /// Lines that ask.
    pub fn questions(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("[?] ")).collect()
    }
}

/// The text without references to evidence.
pub fn without_references(text: &str) -> String {
    regex(r"`[^`]*[^`\s]:\d+`([),])").replace_all(text, "$1").into_owned()
}

/// The text with a word in the place of code, and without what notes say.
pub fn prose(text: &str) -> String {
    let text = regex(r"`[^`]*`").replace_all(text, "code").into_owned();
    regex("\"[^\"]*\"").replace_all(&text, "\"\"").replace('\\', "")
}

pub fn words(text: &str) -> usize {
    without_references(text).split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

pub fn sentences(text: &str) -> Vec<String> {
    let text = regex(r"\(\s*(inferred; nearest line\s*)?\)").replace_all(&without_references(text), "").into_owned();
    let quiet =
        regex("\"[^\"]*\"").replace_all(&text, |found: &regex::Captures<'_>| found[0].replace(['.', '?', '!'], ""));
    let ends = regex(r"[.?!](\s+|$)");
    ends.split(&quiet).map(str::trim).filter(|sentence| words(sentence) > 0).map(str::to_owned).collect()
}

/// What the report knows of one incident, in the zone of the draft.
pub struct Truth<'a> {
    pub report: &'a Json,
    pub of: &'a Json,
    pub notes: &'a str,
    zone: FixedOffset,
}

impl<'a> Truth<'a> {
    pub fn new(report: &'a Json, index: usize, notes: &'a str, draft: &str) -> Truth<'a> {
        let offset = regex(r"UTC([+-])(\d\d):(\d\d)").captures(draft).map_or(0, |found| {
            let seconds = found[2].parse::<i32>().unwrap_or(0) * 3600 + found[3].parse::<i32>().unwrap_or(0) * 60;
            if &found[1] == "-" { -seconds } else { seconds }
        });
        let zone = FixedOffset::east_opt(offset).expect("an offset");
        Truth { report, of: &report["incidents"][index], notes, zone }
    }

    /// `2024-06-11 10:00:07` in the zone of the draft.
    pub fn local(&self, time: &str) -> String {
        let at = DateTime::parse_from_rfc3339(time).expect("a time of the report").with_timezone(&self.zone);
        at.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    pub fn clock(&self, time: &str) -> String {
        self.local(time)[11..].to_owned()
    }

    pub fn start(&self) -> &str {
        self.of["start"].as_str().expect("a start")
    }

    pub fn end(&self) -> Option<&str> {
        self.of["end"].as_str()
    }

    pub fn kind(&self) -> &str {
        self.of["cause"]["kind"].as_str().expect("a kind")
    }

    pub fn duration_s(&self) -> f64 {
        self.of["duration_s"].as_f64().expect("a duration")
    }

    /// Seconds from the start of the incident.
    pub fn after_start(&self, time: &str) -> f64 {
        let at = |time: &str| DateTime::parse_from_rfc3339(time).expect("a time of the report");
        let gap: Duration = at(time).signed_duration_since(at(self.start()));
        gap.num_milliseconds() as f64 / 1000.0
    }

    pub fn items(&self) -> impl Iterator<Item = &'a Json> {
        self.of["timeline"].as_array().into_iter().flatten()
    }

    /// All texts of the incident that are moments.
    pub fn times(&self) -> Vec<String> {
        let mut found = Vec::new();
        let stamp = regex(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$");
        each_text(self.of, &mut |text| {
            if stamp.is_match(text) {
                found.push(text.to_owned());
            }
        });
        each_text(&self.report["coverage"], &mut |text| found.push(text.to_owned()));
        found
    }

    /// The whole report of the incident as text, with what notes say.
    pub fn all(&self) -> String {
        let mut all = format!("{}\n", self.notes);
        each_text(self.of, &mut |text| {
            all.push_str(text);
            all.push('\n');
        });
        all
    }

    /// All its numbers.
    pub fn numbers(&self) -> Vec<f64> {
        let mut found = Vec::new();
        each_number(self.of, &mut |number| found.push(number));
        let inside = regex(r"\d+(,\d{3})*(\.\d+)?");
        let all = self.all();
        found.extend(inside.find_iter(&all).filter_map(|found| found.as_str().replace(',', "").parse::<f64>().ok()));
        let requests = &self.of["impact"]["requests"];
        if let (Some(expected), Some(missed)) = (requests["expected"].as_f64(), requests["missed"].as_f64()) {
            found.push(expected - missed);
        }
        found
    }

    /// File and line of all evidence.
    pub fn evidence(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        each_object(self.of, &mut |object| {
            if let (Some(file), Some(line)) = (object["file"].as_str(), object["line"].as_u64()) {
                found.push((file.to_owned(), line));
            }
        });
        found
    }

    /// Users' names, from the lines of sudo and sessions.
    pub fn people(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let said =
            regex(r"sudo(?:\[\d+\])?:\s+([a-z_][a-z0-9_-]*) : |/home/([a-z_][a-z0-9_-]*)|user ([a-z_][a-z0-9_-]*)\(");
        let own = ["root", "user"];
        for line in self.all().lines() {
            for names in said.captures_iter(line) {
                let name = names.iter().skip(1).flatten().next().map_or("", |name| name.as_str());
                if !own.contains(&name) && !name.is_empty() {
                    found.insert(name.to_owned());
                }
            }
        }
        found
    }
}

fn each_text(json: &Json, see: &mut dyn FnMut(&str)) {
    match json {
        Json::String(text) => see(text),
        Json::Array(parts) => parts.iter().for_each(|part| each_text(part, see)),
        Json::Object(parts) => parts.values().for_each(|part| each_text(part, see)),
        _ => {}
    }
}

fn each_number(json: &Json, see: &mut dyn FnMut(f64)) {
    match json {
        Json::Number(number) => see(number.as_f64().unwrap_or(0.0)),
        Json::Array(parts) => parts.iter().for_each(|part| each_number(part, see)),
        Json::Object(parts) => {
            for (name, part) in parts {
                if !matches!(name.as_str(), "series" | "offset" | "line") {
                    each_number(part, see);
                }
            }
        }
        _ => {}
    }
}

fn each_object(json: &Json, see: &mut dyn FnMut(&Json)) {
    match json {
        Json::Array(parts) => parts.iter().for_each(|part| each_object(part, see)),
        Json::Object(parts) => {
            see(json);
            parts.values().for_each(|part| each_object(part, see));
        }
        _ => {}
    }
}
