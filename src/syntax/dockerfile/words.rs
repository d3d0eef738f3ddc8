//! How BuildKit splits arguments into words.

use super::Escape;
use std::ops::Range;

/// What separates the keyword from the arguments and the words of FROM, COPY, ADD, EXPOSE and VOLUME:
/// BuildKit's `[\t\v\f\r ]+`. A no-break space does not.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The range of `within` without the white space (Unicode's) at both ends.
pub(super) fn trim(text: &str, within: Range<usize>) -> Range<usize> {
    let part = &text[within.clone()];
    let start = within.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// Words between [separators](is_separator); quotes mean nothing. `within` is trimmed.
pub(super) fn split_at_separators(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    if within.is_empty() {
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut start = within.start;
    let mut in_gap = false;
    for (offset, c) in text[within.clone()].char_indices() {
        let at = within.start + offset;
        match (is_separator(c), in_gap) {
            (true, false) => {
                words.push(start..at);
                in_gap = true;
            }
            (false, true) => {
                start = at;
                in_gap = false;
            }
            _ => {}
        }
    }
    words.push(start..within.end);
    words
}

/// Words between white space, where quotes and escapes keep white space inside a word (BuildKit's
/// `parseWords`, for ARG, ENV and LABEL). Quotes and escapes stay in the word.
pub(super) fn split_quoted(text: &str, within: Range<usize>, escape: Escape) -> Vec<Range<usize>> {
    let part = &text[within.clone()];
    let mut words = Vec::new();
    let mut characters = part.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut quote = None;
        let mut end = part.len();
        let mut current = Some((start, first));
        while let Some((at, c)) = current {
            match quote {
                None if c.is_whitespace() => {
                    end = at;
                    break;
                }
                None if matches!(c, '\'' | '"') => quote = Some(c),
                Some(open) if open == c => quote = None,
                // In single quotes nothing is escaped.
                _ if c == escape.char() && quote != Some('\'') => {
                    characters.next();
                }
                _ => {}
            }
            current = characters.next();
        }
        // BuildKit drops an escape character that nothing follows; alone, it is no word at all.
        if end - start > 1 || first != escape.char() {
            words.push(within.start + start..within.start + end);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        let words = split_quoted(text, 0..text.len(), Escape::Backslash);
        words.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn quotes_and_escapes_keep_a_word_together() {
        assert_eq!(quoted(r#"a="b c" d='e "f' g\ h"#), [r#"a="b c""#, r#"d='e "f'"#, r"g\ h"]);
        assert_eq!(quoted(r#"a="b\" c" d"#), [r#"a="b\" c""#, "d"]);
        assert_eq!(quoted(r"a='b\' c"), [r"a='b\'", "c"]);
        assert_eq!(quoted("a=\u{a0}b"), ["a=", "b"]);
        assert_eq!(quoted("\"a b"), ["\"a b"]);
        assert_eq!(quoted("\\"), Vec::<&str>::new());
        assert_eq!(quoted(""), Vec::<&str>::new());
    }

    #[test]
    fn separators_are_fewer_than_white_space() {
        let text = "a\t \u{b}b\u{a0}c";
        let words = split_at_separators(text, 0..text.len());
        assert_eq!(words.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["a", "b\u{a0}c"]);
        assert!(split_at_separators("", 0..0).is_empty());
        assert_eq!(trim("x \u{a0}a b\u{85} ", 1..9), 4..7);
    }
}
