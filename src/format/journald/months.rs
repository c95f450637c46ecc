//! Months as `strftime("%b")` abbreviates them in other locales than English (glibc), for `journalctl -o short`.

/// English, then German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Swedish, Finnish, Turkish, Russian
/// and Ukrainian. Words that mean different months in different languages stand where more readers have them.
const NAMES: [(&str, &[&str]); 12] = [
    ("Jan", &["jan", "janv.", "ene", "gen", "sty", "led", "tammi", "oca", "янв", "січ"]),
    ("Feb", &["feb", "févr.", "fev", "lut", "úno", "helmi", "şub", "фев", "лют"]),
    ("Mar", &["mar", "mär", "mrz", "mars", "mrt", "bře", "maalis", "мар", "бер"]),
    ("Apr", &["apr", "avril", "abr", "kwi", "dub", "huhti", "nis", "апр", "кві"]),
    ("May", &["may", "mai", "mag", "mei", "maj", "kvě", "touko", "мая", "май", "тра"]),
    ("Jun", &["jun", "juin", "giu", "cze", "čen", "juni", "kesä", "haz", "июн", "чер"]),
    ("Jul", &["jul", "juil.", "lug", "lip", "čec", "juli", "heinä", "tem", "июл", "лип"]),
    ("Aug", &["aug", "août", "ago", "sie", "srp", "elo", "ağu", "авг", "сер"]),
    ("Sep", &["sep", "sept.", "sept", "set", "wrz", "zář", "syys", "eyl", "сен", "вер"]),
    ("Oct", &["oct", "okt", "oct.", "ott", "out", "paź", "říj", "loka", "eki", "окт", "жов"]),
    ("Nov", &["nov", "nov.", "lis", "marras", "kas", "ноя", "лис"]),
    ("Dec", &["dec", "dez", "déc.", "dic", "gru", "pro", "joulu", "ara", "дек", "гру"]),
];

/// The English name of a month that another locale calls `word`: `Mär`, `févr.`, `1月`, `11월`.
pub(super) fn english(word: &[u8]) -> Option<&'static str> {
    let word = std::str::from_utf8(word).ok()?;
    if let Some(number) = word.strip_suffix('月').or_else(|| word.strip_suffix('월')) {
        let index = number.parse::<usize>().ok()?.checked_sub(1)?;
        return NAMES.get(index).map(|(english, _)| *english);
    }
    let word = word.to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&word.as_str())).map(|(english, _)| *english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_the_words_of_their_locales() {
        for (word, month) in [
            ("Mär", Some("Mar")),
            ("Mai", Some("May")),
            ("févr.", Some("Feb")),
            ("août", Some("Aug")),
            ("1月", Some("Jan")),
            ("12月", Some("Dec")),
            ("13月", None),
            ("0月", None),
            ("月", None),
            ("Foo", None),
            ("", None),
        ] {
            assert_eq!(english(word.as_bytes()), month, "{word}");
        }
    }
}
