//! Text from outside as a terminal may have it: nothing in a file's name or a value steers the terminal, and
//! what would not be seen is seen.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line of text with control characters, line feeds included, and the marks that reverse the direction of
/// writing written as escapes; tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// As [`visible`] for a text of several lines: its line feeds stay.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

fn is_hidden(c: char) -> bool {
    let is_control = c.is_control() && c != '\t';
    // Marks that reorder what is shown, so that a line reads otherwise than it is (CVE-2021-42574).
    is_control || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_lines};

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("a\u{1b}[31mb\r\u{9b}2J\u{7f}"), "a\\u{1b}[31mb\\u{d}\\u{9b}2J\\u{7f}");
        assert_eq!(visible("\u{202e}x\n"), "\\u{202e}x\\u{a}");
        assert_eq!(visible_lines("a\u{1b}\nb\n"), "a\\u{1b}\nb\n");
    }

    #[test]
    fn everything_else_stays() {
        let text = "ü — 日本 \t\"'\\";
        assert_eq!(visible(text), text);
    }
}
