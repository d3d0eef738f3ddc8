//! Words: what the server makes of a written one, and how a text is written as one.

use super::lexer::{Lexer, Token};
use crate::text::TextRange;

/// The quotes around a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quote {
    /// None.
    None,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
}

impl Quote {
    /// The character; empty without quotes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Single => "'",
            Self::Double => "\"",
        }
    }
}

/// A word of a directive: its name or an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, quotes included.
    pub span: TextRange,
    /// The quotes around it. A quote further inside is an ordinary character.
    pub quote: Quote,
    /// What the server sees: without the quotes, and with escapes resolved. A backslash stays before all but
    /// quotes, a backslash, `t`, `r` and `n`.
    pub value: Box<str>,
}

impl Word {
    /// Where the text stands without its quotes.
    #[must_use]
    pub fn inner(&self) -> TextRange {
        let quote = self.quote.as_str().len();
        TextRange::new(self.span.start + quote, self.span.end - quote)
    }
}

/// The text that the server copies out of a word without its quotes.
pub(super) fn unescape(written: &str) -> Box<str> {
    if !written.contains('\\') {
        return written.into();
    }
    let mut value = String::with_capacity(written.len());
    let mut rest = written.chars().peekable();
    while let Some(c) = rest.next() {
        let escaped = match (c, rest.peek()) {
            ('\\', Some(next @ ('"' | '\'' | '\\'))) => Some(*next),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('n')) => Some('\n'),
            _ => None,
        };
        if escaped.is_some() {
            rest.next();
        }
        value.push(escaped.unwrap_or(c));
    }
    value.into()
}

/// How `value` is written as one word with the text `next` directly behind it: in these quotes if they can hold
/// it, else in double ones if there were none. `None` for a text that cannot be a word on one line.
pub(super) fn write(value: &str, quote: Quote, next: &str) -> Option<String> {
    let with_quotes = (quote == Quote::None).then_some(Quote::Double);
    [Some(quote), with_quotes]
        .into_iter()
        .flatten()
        .map(|quote| escape(value, quote))
        .find(|written| reads_as(written, value, next))
}

fn escape(value: &str, quote: Quote) -> String {
    let sign = quote.as_str();
    let mut written = String::with_capacity(value.len() + 2);
    written.push_str(sign);
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        let keeps_backslash =
            !matches!(rest.peek(), None | Some('"' | '\'' | '\\' | 't' | 'r' | 'n' | '\t' | '\r' | '\n'));
        match c {
            '\\' if !keeps_backslash => written.push_str("\\\\"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            '\n' => written.push_str("\\n"),
            _ if sign.starts_with(c) => written.extend(['\\', c]),
            _ => written.push(c),
        }
    }
    written.push_str(sign);
    written
}

/// Whether the tokenizer reads a written word as the whole of one, with this value: a `$` would swallow a `{`
/// behind it, say.
fn reads_as(written: &str, value: &str, next: &str) -> bool {
    let next = next.chars().next().unwrap_or(';');
    let text = format!("{written}{next}");
    let mut lexer = Lexer::new(&text);
    let whole = TextRange::new(0, written.len());
    !value.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
        && matches!(lexer.token(), Ok(Some(Token::Word(word))) if word.span == whole && &*word.value == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_the_servers() {
        assert_eq!(&*unescape(r#"a\"b\'c\\d\.e\tf"#), "a\"b'c\\d\\.e\tf");
        assert_eq!(&*unescape("é\\é\\"), "é\\é\\");
    }

    #[test]
    fn quotes_stay_where_they_can() {
        let said = |value, quote| write(value, quote, ";").unwrap();
        assert_eq!(said("8080", Quote::None), "8080");
        assert_eq!(said("8080", Quote::Single), "'8080'");
        assert_eq!(said("it's", Quote::Single), r"'it\'s'");
        assert_eq!(said("it's", Quote::None), "it's");
        assert_eq!(said("a b", Quote::None), "\"a b\"");
        assert_eq!(said("", Quote::None), "\"\"");
        assert_eq!(said("#a", Quote::None), "\"#a\"");
        assert_eq!(said("${a}", Quote::None), "${a}");
        assert_eq!(said("a{2}", Quote::None), "\"a{2}\"");
        assert_eq!(write("$", Quote::None, "{").unwrap(), "\"$\"");
        assert_eq!(said(r"~ \.php$", Quote::Double), "\"~ \\.php$\"");
        assert_eq!(said("a\nb", Quote::None), r"a\nb");
        assert_eq!(write("a\u{1}", Quote::Double, ""), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in "[a-z\\\\\"' ;{}$#\t\n\ré.]{0,8}") {
            for (quote, next) in [(Quote::None, "{"), (Quote::Single, ")"), (Quote::Double, " ")] {
                // The quoted forms hold everything, so there is always one.
                prop_assert!(write(&value, quote, next).is_some(), "{value:?} {quote:?}");
            }
        }
    }
}
