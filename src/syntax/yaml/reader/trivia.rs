//! Blanks, breaks and comments, and the ends of lines.

use super::Reader;
use crate::text::TextRange;

impl Reader<'_> {
    /// Skips blanks, breaks and comments, and notes each comment once.
    ///
    /// Callers may go back to where they came from (an empty value stands before the trivia that follows
    /// it). Coming here again from there costs nothing, so that 100,000 lines of comment behind ten nested
    /// keys are not scanned ten times.
    pub(super) fn skip_trivia(&mut self) {
        if self.at == self.trivia.start && !self.trivia.is_empty() {
            self.at = self.trivia.end;
            return;
        }
        let start = self.at;
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') if self.may_start_comment(self.at) => self.skip_comment(),
                _ => break,
            }
        }
        self.trivia = TextRange::new(start, self.at);
    }

    /// Skips blanks, but stays on the line.
    pub(super) fn skip_blanks(&mut self) {
        self.at = self.after_blanks(self.at);
    }

    /// Skips from a `#` to the end of its line and notes the comment.
    pub(super) fn skip_comment(&mut self) {
        let comment = TextRange::new(self.at, self.line_end(self.at));
        self.at = comment.end;
        let is_new = self.parts.comments.last().is_none_or(|last| last.end <= comment.start);
        if is_new {
            self.parts.comments.push(comment);
        }
    }

    /// Whether a `#` here begins a comment: only after white space or at the start of a line.
    fn may_start_comment(&self, at: usize) -> bool {
        self.columns.is_line_start(at)
            || at.checked_sub(1).is_some_and(|before| matches!(self.byte_at(before), Some(b' ' | b'\t')))
    }

    /// Whether a token may end before `at`: there is white space or the end of the text.
    pub(super) fn is_separator(&self, at: usize) -> bool {
        matches!(self.byte_at(at), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    pub(super) fn after_blanks(&self, mut at: usize) -> usize {
        while matches!(self.byte_at(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    }

    pub(super) fn after_spaces(&self, mut at: usize) -> usize {
        while self.byte_at(at) == Some(b' ') {
            at += 1;
        }
        at
    }

    pub(super) fn is_break(&self, at: usize) -> bool {
        matches!(self.byte_at(at), Some(b'\n' | b'\r'))
    }

    /// The offset after the line break at `at`; `at` itself where there is none.
    pub(super) fn after_break(&self, at: usize) -> usize {
        match (self.byte_at(at), self.byte_at(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => at + 2,
            (Some(b'\r' | b'\n'), _) => at + 1,
            _ => at,
        }
    }

    /// The offset of the break that ends the line of `at`, or the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(self.bytes.len(), |found| at + found)
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{comments, spans};

    #[test]
    fn each_comment_is_noted_once_and_in_order() {
        let text = "# 1\na: # 2\n  b: # 3\n  # 4\n\t# 5\n# 6";
        assert_eq!(comments(text), ["# 1", "# 2", "# 3", "# 4", "# 5", "# 6"]);
        assert_eq!(comments("\u{feff}# 1\r\na: [x, # 2\r  y] # 3\r\n"), ["# 1", "# 2", "# 3"]);
        assert_eq!(comments("? a # 1\n# 2\n? b # 3\n# 4\n"), ["# 1", "# 2", "# 3", "# 4"]);
    }

    #[test]
    fn a_hash_inside_a_word_or_quotes_is_no_comment() {
        let text = "a: b#c\nd: \"e # f\"\n";
        assert_eq!(comments(text), Vec::<String>::new());
        assert_eq!(spans(text)[1..], ["a", "b#c", "d", "\"e # f\""]);
    }
}
