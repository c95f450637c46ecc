//! Drafts in Markdown: a postmortem for each incident, for people to complete.
//!
//! The forms are minijinja templates: `postmortem` (the default), `sre`, `status`, or a file of one's own. All get the
//! same names:
//!
//! - `drafts`: one [`Draft`] an incident, with the names of its fields: `id`, `title`, `ongoing`, `is_full`, `zone`,
//!   `start`, `end` (none if it goes on), `duration`, `service`, `state`; the sentences `window`, `seen`, `confined`,
//!   `old_content`, `users`, `computed`, `cause`, `times`, `detected`, `trigger`, `held`, `suggests`, `lesson` (some may
//!   be none), `broadly`; the lists of sentences `chain`, `unknowns`, `resolution`, `questions`, `cause_questions`;
//!   `timeline` with `time`, `text`, `evidence`, `rank`; `tasks` with `text`, `aim`.
//! - `quiet`: why nothing was found, or none; `read`: what was read.
//! - `report`: the report as `-o json` writes it (contract, section 5), unescaped.
//!
//! Two filters are for what comes from `report`: `plain` makes text that Markdown shows as it is, `code` makes code of
//! it. `cell` fits Markdown into a table.
//!
//! What logs and notes say is escaped, so that no line of a log makes a heading, a link, HTML or breaks a table. Lines
//! of requests are never quoted, only referred to. People are told by their role.

mod draft;
mod known;
mod timeline;
mod told;
mod words;

pub use draft::{Draft, LEAST_WORDS, MOST_WORDS, Task};
pub use timeline::Entry;

use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::model::Report;
use super::text::Page;
use super::words::{local, number, zone_name};

/// The forms that are built in.
const BUILT_IN: &[(&str, &str)] = &[
    ("postmortem", include_str!("../templates/postmortem.md")),
    ("sre", include_str!("../templates/sre.md")),
    ("status", include_str!("../templates/status.md")),
];

/// The form of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name, or that of its file.
    name: String,
    text: String,
}

impl Default for Template {
    fn default() -> Template {
        Template::built_in("postmortem").unwrap_or(Template { name: String::new(), text: String::new() })
    }
}

impl Template {
    fn built_in(name: &str) -> Option<Template> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Some(Template { name: (*name).into(), text: (*text).into() })
    }

    /// The text of a user's own template; `name` is told in problems.
    pub fn own(name: &str, text: String) -> Template {
        Template { name: name.into(), text }
    }

    /// A built-in template by its name, else a file.
    ///
    /// # Errors
    /// What cannot be read or is no template, where, and what to do.
    pub fn choose(given: Option<&str>) -> Result<Template, String> {
        let Some(given) = given else { return Ok(Template::default()) };
        if let Some(built_in) = Template::built_in(given) {
            return Ok(built_in);
        }
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let text = std::fs::read_to_string(given).map_err(|error| {
            let problem = crate::input::discover::plain(&error);
            format!("--template {given}: {problem}; name a file, or one of {}", names.join(", "))
        })?;
        let template = Template::own(given, text);
        environment(&template).map(|_| template.clone())
    }
}

/// The templates and filters.
fn environment(template: &Template) -> Result<Environment<'_>, String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.add_filter("plain", |text: String| words::escape(&text));
    environment.add_filter("code", |text: String| words::code(&text));
    environment.add_filter("cell", |text: String| words::cell(&text));
    environment.add_template(&template.name, &template.text).map_err(|error| problem(template, &error))?;
    Ok(environment)
}

/// What is wrong with a template, where, and what to do.
fn problem(template: &Template, error: &minijinja::Error) -> String {
    let line = error.line().map_or_else(String::new, |line| format!(", line {line}"));
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    format!("--template {}{line}: {what}; correct it there, or use postmortem, sre or status", template.name)
}

/// The report as drafts in Markdown.
///
/// # Errors
/// What is wrong with the template, where, and what to do.
pub fn markdown(report: &Report, template: &Template) -> Result<String, String> {
    let form = Template::default();
    let measure = environment(&form)?;
    let words = |draft: &Draft| {
        let one = std::slice::from_ref(draft);
        rendered(&measure, &form, &context! { drafts => one, quiet => (), read => "", report => () })
            .map(|text| words::count(&text))
    };
    let drafts = report.incidents.iter().map(|incident| draft::draft(report, incident, &words));
    let drafts: Vec<Draft> = drafts.collect::<Result<_, _>>()?;
    let quiet = report.quiet.as_ref().map(|quiet| words::escape(&quiet.text));
    let values = context! { drafts, quiet, read => read(report), report => Value::from_serialize(report) };
    let text = rendered(&environment(template)?, template, &values)?;
    Ok(format!("{}\n", text.trim_end()))
}

fn rendered(environment: &Environment<'_>, template: &Template, values: &Value) -> Result<String, String> {
    let found = environment.get_template(&template.name).map_err(|error| problem(template, &error))?;
    found.render(values).map_err(|error| problem(template, &error))
}

/// `12,053 records of 7 files, from 2024-06-11 08:00:22 to 2024-06-11 13:29:59 UTC`
fn read(report: &Report) -> String {
    let records: u64 = report.inputs.iter().map(|input| input.records).sum();
    let files = report.inputs.len();
    let noun = if files == 1 { "file" } else { "files" };
    let mut text = format!("{} records of {files} {noun}", number(records));
    if let Some(coverage) = &report.coverage {
        let (first, last) = (Page::instant(&coverage.first), Page::instant(&coverage.last));
        let zone = zone_name(&report.zone, first);
        text += &format!(", from {} to {} {zone}", local(first, &report.zone), local(last, &report.zone));
    }
    text
}

#[cfg(test)]
mod tests;
