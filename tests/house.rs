//! The rules of the house, read from the source text: what a room imports, where files are opened and printing is
//! done, and what must not stand in code at all. Only `#[cfg(test)]` parts are free.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;

/// The rooms, in their order, and what each may import of the others. `lib.rs`, `main.rs` and the files beside them
/// stand outside and import from all.
const ROOMS: &[(&str, &[&str])] = &[
    ("input", &[]),
    ("format", &["input"]),
    ("facts", &["input", "format"]),
    // It needs what stamps say, never how a line looks.
    ("clock", &["format::Stamp", "format::Zone", "format::stamp", "format::nest::counts_in_utc", "facts"]),
    // It never sees a file or a line.
    ("analysis", &["facts", "clock"]),
    ("report", &["input", "format", "facts", "clock", "analysis"]),
];

/// Words that may stand only in the files that begin so.
const PLACES: &[(&str, &[&str], &[&str])] = &[
    ("unsafe code", &["unsafe", "unsafe_code"], &["input/map.rs"]),
    (
        "files are opened",
        &["File::open", "File::create", "OpenOptions", "fs::", "std::fs"],
        &["input/", "main.rs", "report/"],
    ),
    (
        "printing",
        &["print!", "println!", "eprint!", "eprintln!", "dbg!", "stdout()", "stderr()"],
        &["main.rs", "report/"],
    ),
    (
        "what stops the program",
        &["unwrap()", ".expect(", "unwrap_unchecked", "panic!", "todo!", "unimplemented!", "unreachable!"],
        &[],
    ),
];

/// Lines of a file, with its tests.
const LINES: usize = 600;

/// A file of the source.
struct Source {
    /// Below `src`.
    path: String,
    text: String,
    /// Without comments, texts and tests; the lines stay where they are.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                // A file `tests.rs` is the body of a `#[cfg(test)] mod tests;`.
                let is_test = path.ends_with("/tests.rs");
                let code = if is_test { String::new() } else { without_tests(&without_texts(&text)) };
                sources.push(Source { path, code, text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// The code with blanks in the place of comments and of what stands between quotes.
fn without_texts(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let after_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let len = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest, '"'),
            '\'' => character(rest),
            'r' | 'b' | 'c' if !after_word => raw(rest),
            _ => 0,
        };
        let (taken, next) = rest.split_at(if len == 0 { first.len_utf8() } else { len });
        if len == 0 {
            code.push_str(taken);
        } else {
            code.extend(taken.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        }
        rest = next;
    }
    code
}

/// The length of a text up to its closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let closes = |(_, letter): &(usize, char)| {
        let closes = *letter == quote && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    };
    text.char_indices().skip(1).find(closes).map_or(text.len(), |(at, _)| at + 1)
}

/// The length of `'x'`, or 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.chars().skip(1);
    match (letters.next(), letters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 0,
    }
}

/// The length of `r"…"`, `br#"…"#` and the like, or 0 where no raw text begins.
fn raw(text: &str) -> usize {
    let mark = text.trim_start_matches(['b', 'c']);
    let Some(hashes) = mark.strip_prefix('r') else { return 0 };
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(count));
    if !hashes[count..].starts_with('"') || text.len() - mark.len() > 1 {
        return 0;
    }
    let begin = text.len() - hashes.len() + count + 1;
    text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len())
}

/// The code with blanks in the place of the items that only tests see.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        let len = item(&rest[at..]);
        kept.push_str(&rest[..at]);
        kept.extend(rest[at..at + len].chars().filter(|letter| *letter == '\n'));
        rest = &rest[at + len..];
    }
    kept + rest
}

/// The length of an item: up to the brace that closes it, or the semicolon where it has none.
fn item(code: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in code.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Offsets at which the words stand on their own.
fn places<'a>(code: &'a str, words: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(words).map(|(at, _)| at).filter(move |at| {
        let begins = !words.starts_with(in_word) || !code[..*at].ends_with(in_word);
        begins && (!words.ends_with(in_word) || !code[at + words.len()..].starts_with(in_word))
    })
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The paths of a use tree: `facts::{Facts, event::Kind}` are `facts::Facts` and `facts::event::Kind`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        return branches(group).into_iter().flat_map(paths).collect();
    }
    let end = tree.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    match rest.strip_prefix("::") {
        Some(below) if !name.is_empty() => {
            let below = paths(below).into_iter();
            below.map(|path| if path.is_empty() { name.to_owned() } else { format!("{name}::{path}") }).collect()
        }
        _ => vec![name.to_owned()],
    }
}

/// What stands between the commas of a group whose brace is open.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut found) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(&group[begin..at]);
                begin = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// What a file names of the whole crate, as paths from its root, with the lines: by `crate::` and by `super::` that
/// reaches the root.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let module = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
    let to_root = "super::".repeat(module.split('/').count());
    let mut found = Vec::new();
    for begin in ["crate::", &to_root] {
        for at in places(&source.code, begin) {
            let tree = &source.code[at + begin.len()..];
            found.extend(paths(tree).into_iter().map(|path| (line(&source.code, at), path)));
        }
    }
    found.retain(|(_, path)| !path.is_empty());
    found
}

fn is_below(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[test]
fn a_room_imports_only_from_those_before_it() {
    let mut broken = Vec::new();
    for source in sources() {
        let Some((room, allowed)) = ROOMS.iter().find(|(room, _)| source.path.starts_with(&format!("{room}/"))) else {
            assert!(!source.path.contains('/'), "{}: the house has no such room", source.path);
            continue;
        };
        for (line, path) in imports(&source) {
            if !is_below(&path, room) && !allowed.iter().any(|of| is_below(&path, of)) {
                broken.push(format!("src/{}:{line}: {room} imports {path}", source.path));
            }
        }
    }
    assert_none("a room imports only from those before it", &broken);
}

#[test]
fn words_stand_only_in_their_places() {
    let sources = sources();
    for (what, words, homes) in PLACES {
        let mut broken = Vec::new();
        for source in sources.iter().filter(|source| !homes.iter().any(|home| source.path.starts_with(home))) {
            for (word, at) in words.iter().flat_map(|word| places(&source.code, word).map(move |at| (word, at))) {
                broken.push(format!("src/{}:{}: {word}", source.path, line(&source.code, at)));
            }
        }
        assert_none(&format!("{what}: only in {homes:?}"), &broken);
    }
}

#[test]
fn every_unsafe_block_says_why_it_is_safe() {
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for at in places(&source.code, "unsafe") {
            let number = line(&source.code, at);
            let before = lines[..number - 1].iter().rev().map(|line| line.trim_start());
            let says = before.take_while(|line| line.starts_with("//")).any(|line| line.starts_with("// SAFETY: "));
            assert!(says, "src/{}:{number}: a comment \"SAFETY: …\" stands above", source.path);
        }
    }
}

#[test]
fn no_file_is_long() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES).then(|| format!("src/{}: {lines} lines", source.path))
    };
    assert_none(&format!("over {LINES} lines"), &sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn every_format_is_in_the_list() {
    let sources = sources();
    let list = sources.iter().find(|source| source.path == "format/mod.rs").unwrap();
    let begin = list.code.find("FORMATS").unwrap();
    let list = &list.code[begin..begin + list.code[begin..].find(';').unwrap()];
    // What a user spells out is not known before the run.
    const OF_USERS: &[&str] = &["template::Template", "template::Within"];
    let mut missing = Vec::new();
    let mut count = 0;
    for source in &sources {
        let Some(path) = source.path.strip_prefix("format/") else { continue };
        let program = path.split(['/', '.']).next().unwrap();
        for at in places(&source.code, "Format for") {
            let name = paths(&source.code[at + "Format for".len()..]).remove(0);
            count += 1;
            let name = format!("{program}::{name}");
            if !OF_USERS.contains(&name.as_str()) && places(list, &format!("&{name}")).next().is_none() {
                missing.push(format!("src/{}:{}: {name}", source.path, line(&source.code, at)));
            }
        }
    }
    assert!(count > 10, "{count}");
    assert_none("implements Format and is not in FORMATS", &missing);
}

/// Files of `format/` that belong to no program.
const SHARED_BY_FORMATS: &[&str] =
    &["mod", "access", "config", "document", "lanes", "nest", "owner", "pieces", "read", "recognise", "stamp", "tag"];

#[test]
fn every_file_of_format_is_registered() {
    let sources = sources();
    let list = sources.iter().find(|source| source.path == "format/mod.rs").unwrap();
    let part = |name: &str, text: &str| {
        let begin = text.find(name).unwrap();
        text[begin..begin + text[begin..].find("];").unwrap()].to_owned()
    };
    let formats = part("static FORMATS", &list.code);
    let messages = part("static MESSAGES", &list.text);
    let mut programs: Vec<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix("format/")?.split(['/', '.']).next())
        .filter(|program| !SHARED_BY_FORMATS.contains(program))
        .collect();
    programs.dedup();
    let is_registered =
        |program: &&str| formats.contains(&format!("&{program}::")) || messages.contains(&format!("(\"{program}\", "));
    let missing: Vec<String> = programs
        .iter()
        .filter(|program| !is_registered(program))
        .map(|program| format!("src/format/{program}"))
        .collect();
    assert!(programs.len() > 20, "{programs:?}");
    assert_none("neither in FORMATS nor in MESSAGES", &missing);
}

#[test]
fn what_is_code_and_what_is_not() {
    for (source, code) in [
        ("a // unwrap()\nb", "a            \nb"),
        ("f(\"x \\\" // y\", z)", "f(           , z)"),
        ("let c: &'a str = ['\"', '\\'', b'x'];", "let c: &'a str = [   ,     , b   ];"),
        ("br#\"a \" b\"# + r\"\\\" + var", "            +      + var"),
        ("x /* y */ z", "x         z"),
    ] {
        assert_eq!(without_texts(source), code, "{source}");
    }
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests { { } }\nb #[cfg(test)] use c;d"), "a\n\n\nb d");
}

#[test]
fn what_is_an_import() {
    let source = |path: &str, code: &str| Source { path: path.into(), text: String::new(), code: code.into() };
    for (path, code, wanted) in [
        (
            "facts/sign.rs",
            "use crate::format::{self, Record, stamp::{civil, Cache}};",
            "format::self format::Record format::stamp::civil format::stamp::Cache",
        ),
        ("facts/sign.rs", "fn f(at: &crate::clock::Instant) -> super::At<u8>", "clock::Instant"),
        ("facts/mod.rs", "use super::report::model; pub(in crate::facts) fn f()", "facts report::model"),
        ("facts/words/web.rs", "use super::super::event::Kind; use super::super::super::cli::Cli;", "cli::Cli"),
    ] {
        let found: Vec<String> = imports(&source(path, code)).into_iter().map(|(_, path)| path).collect();
        assert_eq!(found.join(" "), wanted, "{code}");
    }
    assert!(is_below("facts::event", "facts") && !is_below("factsheet", "facts"));
    assert_eq!(places("my_unsafe unsafe unsafe_code", "unsafe").collect::<Vec<_>>(), [10]);
}
