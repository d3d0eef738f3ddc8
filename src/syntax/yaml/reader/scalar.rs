//! Plain and quoted scalars.

use super::Reader;
use crate::syntax::yaml::error::Fault;

impl Reader<'_> {
    /// Walks a plain scalar by folding the source and comparing it with the value: only so is it known
    /// where a plain scalar ends without repeating the parser's rules.
    pub(super) fn plain(&mut self, value: &str) -> Result<(), Fault> {
        let mut rest = value.as_bytes();
        while !rest.is_empty() {
            rest = match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.white_space(rest),
                Some(_) => self.word(rest),
                None => None,
            }
            .ok_or_else(|| self.disagreement("a plain scalar does not read as its value"))?;
        }
        Ok(())
    }

    /// Steps over what the value and the source have in common up to the next white space.
    fn word<'v>(&mut self, value: &'v [u8]) -> Option<&'v [u8]> {
        let is_white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let length = value.iter().position(is_white).unwrap_or(value.len());
        let source = self.bytes.get(self.at..self.at + length)?;
        let (word, rest) = value.split_at_checked(length).filter(|(word, _)| !word.is_empty())?;
        self.at += length;
        (word == source).then_some(rest)
    }

    /// Steps over white space between two words: blanks on one line stand for themselves, one break for
    /// a space, and more breaks for one less than there are.
    fn white_space<'v>(&mut self, value: &'v [u8]) -> Option<&'v [u8]> {
        let start = self.at;
        self.skip_blanks();
        if !self.is_break(self.at) {
            return value.strip_prefix(self.since(start).as_bytes());
        }
        let mut breaks = 0_usize;
        while self.is_break(self.at) {
            self.at = self.after_break(self.at);
            self.skip_blanks();
            breaks += 1;
        }
        if breaks == 1 {
            return value.strip_prefix(b" ");
        }
        let (folded, rest) = value.split_at_checked(breaks - 1)?;
        folded.iter().all(|byte| *byte == b'\n').then_some(rest)
    }

    /// Walks `'...'`, in which a quote is written twice.
    pub(super) fn single_quoted(&mut self) -> Result<(), Fault> {
        self.expect(b'\'', "a single quote was expected")?;
        loop {
            match (self.byte(), self.byte_at(self.at + 1)) {
                (Some(b'\''), Some(b'\'')) => self.at += 2,
                (Some(b'\''), _) => break,
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(self.disagreement("a single quote is not closed")),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Walks `"..."`, in which a backslash takes away the meaning of the next character.
    pub(super) fn double_quoted(&mut self) -> Result<(), Fault> {
        self.expect(b'"', "a double quote was expected")?;
        loop {
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(self.disagreement("a double quote is not closed")),
            }
        }
        self.at += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{spans, tree};

    #[test]
    fn a_plain_scalar_of_several_lines_ends_at_its_last_word() {
        let text = "a: one  two \t\n\n  three # four\nb:\n  five\n  \tsix\r\n\r\n\r\n  seven:8\n";
        assert_eq!(
            spans(text)[1..],
            ["a", "one  two \t\n\n  three", "b", "five\n  \tsix\r\n\r\n\r\n  seven:8"]
        );
        let tree = tree(text);
        let last = tree.get(tree.documents()[0].root, "b").and_then(|id| tree.scalar(id)).unwrap();
        assert_eq!(&*last.value, "five six\n\nseven:8");
    }

    #[test]
    fn quoted_scalars_end_at_their_own_quote() {
        let text = "['it''s', \"a\\\"b\\\\\", '', \"\", \"x\\\n  y\", 'p\n\n  q']";
        assert_eq!(
            spans(text)[1..],
            ["'it''s'", "\"a\\\"b\\\\\"", "''", "\"\"", "\"x\\\n  y\"", "'p\n\n  q'"]
        );
    }
}
