//! The server's tokenizer, with the span of every token.

use super::error::{Fault, ReadErrorKind};
use super::word::{Quote, Word, unescape};
use super::{Limits, lua};
use crate::text::TextRange;

/// A token. White space is between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word with its quotes.
    Word(Word),
    /// From `#` to the end of the line, without its break.
    Comment(TextRange),
    /// A `;` at this offset.
    Semicolon(usize),
    /// A `{` that opens a block.
    Open(usize),
    /// A `}` that closes one.
    Close(usize),
}

/// A cursor over the tokens of a text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

/// What the server takes as white space: no other character is.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'t> Lexer<'t> {
    /// From the beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token; `None` at the end of the text.
    pub(super) fn token(&mut self) -> Result<Option<Token>, Fault> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = bytes.get(start) else { return Ok(None) };
        self.at += 1;
        Ok(Some(match first {
            b';' => Token::Semicolon(start),
            b'{' => Token::Open(start),
            b'}' => Token::Close(start),
            b'#' => {
                let length = self.text[start..].find('\n').unwrap_or(self.text.len() - start);
                self.at = start + length;
                let comment = self.text[start..self.at].trim_end_matches('\r');
                Token::Comment(TextRange::new(start, start + comment.len()))
            }
            _ => Token::Word(self.word(start)?),
        }))
    }

    fn word(&mut self, start: usize) -> Result<Word, Fault> {
        let quote = match self.text.as_bytes().get(start) {
            Some(b'"') => Quote::Double,
            Some(b'\'') => Quote::Single,
            _ => Quote::None,
        };
        let end = self.word_end(start, quote)?;
        if end - start > Limits::WORD {
            return Err(Fault::new(ReadErrorKind::WordTooLong, start));
        }
        self.at = end;
        let mut word = Word { span: TextRange::new(start, end), quote, value: Box::default() };
        word.value = unescape(word.inner().of(self.text));
        if quote != Quote::None {
            self.after_quote()?;
        }
        Ok(word)
    }

    /// Just behind a word that begins at `start`, its closing quote included.
    fn word_end(&self, start: usize, quote: Quote) -> Result<usize, Fault> {
        let bytes = self.text.as_bytes();
        let mut at = start + quote.as_str().len();
        let mut after_dollar = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                // In `${name}` the braces belong to the word; a dollar sign takes any number of them.
                b'{' if after_dollar => {
                    at += 1;
                    continue;
                }
                b'\\' => at += 1,
                b'"' if quote == Quote::Double => return Ok(at + 1),
                b'\'' if quote == Quote::Single => return Ok(at + 1),
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' if quote == Quote::None => return Ok(at),
                _ => {}
            }
            after_dollar = *byte == b'$';
            at += 1;
        }
        match quote {
            // The server wants at least the `;` behind it; whoever reads the tokens says so.
            Quote::None => Ok(bytes.len()),
            _ => Err(Fault::new(ReadErrorKind::UnclosedQuote, start)),
        }
    }

    /// Only these may follow a quoted word; `)` begins the next one.
    fn after_quote(&self) -> Result<(), Fault> {
        match self.text[self.at..].chars().next() {
            None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{' | ')') => Ok(()),
            Some(other) => Err(Fault::new(ReadErrorKind::BehindQuote(other), self.at)),
        }
    }

    /// Skips Lua code from here to the brace that closes its block, and yields where it stands; `None` if
    /// there is no such brace.
    pub(super) fn lua(&mut self) -> Option<TextRange> {
        let start = self.at;
        let end = lua::end(self.text, start)?;
        self.at = end + 1;
        Some(TextRange::new(start, end))
    }
}
