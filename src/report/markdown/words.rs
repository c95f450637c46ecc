//! Text of logs and notes in Markdown: it stays text, whatever it holds; and how long a draft is.

/// Characters of a log that would not be seen, or break a line.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// One line, without hidden characters.
fn line(text: &str) -> String {
    let visible: String = text.chars().map(|letter| if is_hidden(letter) { ' ' } else { letter }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as Markdown shows it as it is: no heading, link, HTML, table or emphasis.
pub(super) fn escape(text: &str) -> String {
    const SPECIAL: &str = "\\`*_[]<>#|~&$!";
    let mut out = String::with_capacity(text.len() + 8);
    for letter in line(text).chars() {
        // A list begins only where a line does.
        if SPECIAL.contains(letter) || out.is_empty() && matches!(letter, '-' | '+' | '=') {
            out.push('\\');
        }
        out.push(letter);
    }
    // What some readers of Markdown make a link of by itself.
    let plain = out.replace("://", ":\\//").replace("www.", "www\\.");
    plain.split(' ').map(unlinked).collect::<Vec<_>>().join(" ")
}

/// `bob\@example.org`, which is no link; a unit such as `app@crm` stays.
fn unlinked(word: &str) -> String {
    match word.split_once('@') {
        Some((before, after)) if after.contains('.') => format!("{before}\\@{after}"),
        _ => word.to_owned(),
    }
}

/// Text as code; a fence longer than any run of backticks in it.
pub(super) fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

/// Markdown in a cell of a table.
pub(super) fn cell(markdown: &str) -> String {
    markdown.replace("\\|", "|").replace('|', "\\|")
}

/// The first words of a text.
pub(super) fn cut(text: &str, words: usize) -> String {
    let all: Vec<&str> = text.split_whitespace().collect();
    let cut = |word: &str| -> String {
        const LONGEST: usize = 60;
        if word.chars().count() <= LONGEST {
            word.to_owned()
        } else {
            word.chars().take(LONGEST).chain(['…']).collect()
        }
    };
    let kept: Vec<String> = all.iter().take(words).map(|word| cut(word)).collect();
    let more = if all.len() > words { " …" } else { "" };
    kept.join(" ") + more
}

/// With a capital at its begin.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Words of a draft. References to evidence do not count: `` (`error.log:12`) ``.
pub(super) fn count(markdown: &str) -> usize {
    let is_reference = |word: &str| {
        let inner = word.trim_matches(|letter: char| "()`,.;".contains(letter));
        let line = inner.rsplit_once(':').map(|(file, line)| (file, line.chars().all(|digit| digit.is_ascii_digit())));
        word.contains('`') && matches!(line, Some((file, true)) if !file.is_empty())
    };
    markdown.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric) && !is_reference(word)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_log_holds_stays_text() {
        for (text, wanted) in [
            ("# Heading\n## Two", "\\# Heading \\#\\# Two"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("[click](http://evil.example)", "\\[click\\](http:\\//evil.example)"),
            ("a | b | `c`", "a \\| b \\| \\`c\\`"),
            ("![x](y) *bold* _it_ &amp; ~~no~~", "\\!\\[x\\](y) \\*bold\\* \\_it\\_ \\&amp; \\~\\~no\\~\\~"),
            ("- item", "\\- item"),
            ("www.evil.example", "www\\.evil.example"),
            ("a\u{202e}b\u{7}c", "a b c"),
            ("app@crm 10:00 bob@example.org", "app@crm 10:00 bob\\@example.org"),
            (":\\*a*", ":\\\\\\*a\\*"),
        ] {
            assert_eq!(escape(text), wanted, "{text}");
        }
    }

    #[test]
    fn code_keeps_its_fence() {
        assert_eq!(code("systemctl stop nginx"), "`systemctl stop nginx`");
        assert_eq!(code("a `` b\n# c | d"), "``` a `` b # c | d ```");
        assert_eq!(cell("a \\| `b | c`"), "a \\| `b \\| c`");
    }

    #[test]
    fn references_are_no_words() {
        assert_eq!(count("- **10:00:02** nginx stopped – now. (`web01/error.log:12`, `b.log:3`) [?]"), 4);
        assert_eq!(count("An operator ran `ss -ltnp 'sport = :80'`."), 7);
        assert_eq!(cut("one two three", 2), "one two …");
        assert_eq!((sentence("from"), sentence("")), ("From".into(), String::new()));
    }
}
