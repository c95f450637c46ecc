//! Text of a log as a page may show it: markup stays text, and what would be invisible or turn the direction of
//! writing is made visible.

use minijinja::value::ValueKind;
use minijinja::{Error, Output, State, Value};

/// The letter that is shown, where it is another one than the log has.
///
/// Control characters have pictures of their own; a tab is only wide.
fn shown(letter: char) -> char {
    match letter {
        '\t' => '\t',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(letter) => char::REPLACEMENT_CHARACTER,
        _ => letter,
    }
}

/// Letters that nobody sees: the control characters of Latin-1, marks of direction, joiners and spaces without width,
/// tags, and what is no character at all.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(letter) & 0xfffe == 0xfffe
}

/// Text for an element or for an attribute between double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(shown(letter)),
        }
    }
    out
}

/// The one door from values to the page: only what the page itself has drawn goes through as it is.
pub(super) fn write(out: &mut Output<'_>, _: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let is_markup = value.is_safe() || value.kind() == ValueKind::Number;
    out.write_str(&if is_markup { text } else { escaped(&text) }).map_err(Error::from)
}

/// At most so many letters, with a sign where some are left out.
pub(super) fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_what_is_hidden_stay_text() {
        for (text, wanted) in [
            ("</script><img src=x onerror='a()'>", "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;"),
            ("\"&amp;\"", "&quot;&amp;amp;&quot;"),
            ("a\x1b[31mb\r\n", "a␛[31mb␍␊"),
            ("a\u{202e}b\u{2066}\u{200b}c\u{feff}", "a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}"),
            ("a\tb\u{7f}\u{85}\u{ffff}\u{1fffe}", "a\tb␡\u{fffd}\u{fffd}\u{fffd}"),
            ("Grüße, 日本, עברית", "Grüße, 日本, עברית"),
        ] {
            assert_eq!(escaped(text), wanted);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!((cut("äöü", 3).as_str(), cut("äöü", 2).as_str()), ("äöü", "äö…"));
    }
}
