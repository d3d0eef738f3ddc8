//! Columns in characters, in both directions, without walking long lines again and again.

use super::decode::mark_length;
use crate::text::LineIndex;

/// One remembered offset for each so many characters.
const STRIDE: usize = 64;

/// Converts between byte offsets and (line, column) as parsers count them: lines and columns from 0,
/// columns in characters, a byte order mark not counted.
///
/// Parsers and the tree want the column of every node. Counting from the start of the line each time is
/// quadratic for a file that is one long line, as JSON often is; here the count starts at a remembered
/// offset at most 64 characters away.
#[derive(Debug)]
pub(super) struct Columns<'t> {
    text: &'t str,
    lines: &'t LineIndex,
    origin: usize,
    /// Offset of character 0, 64, 128 and so on; `None` if every character is one byte.
    offsets: Option<Vec<usize>>,
}

impl<'t> Columns<'t> {
    /// Indexes `text`, whose lines are `lines`, in one pass.
    pub(super) fn new(text: &'t str, lines: &'t LineIndex) -> Self {
        let offsets =
            (!text.is_ascii()).then(|| text.char_indices().step_by(STRIDE).map(|(at, _)| at).collect());
        Self { text, lines, origin: mark_length(text), offsets }
    }

    /// The column of the character at `offset`.
    pub(super) fn column(&self, offset: usize) -> usize {
        let start = self.start_of_line(self.lines.line_of(offset));
        self.characters_before(offset).saturating_sub(self.characters_before(start))
    }

    /// Whether `offset` is the first of its line.
    pub(super) fn is_line_start(&self, offset: usize) -> bool {
        self.start_of_line(self.lines.line_of(offset)) == offset
    }

    /// The offset of the character at this line and column; places past the end are the end.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.start_of_line(line);
        let Some(offsets) = &self.offsets else { return (start + column).min(self.text.len()) };
        let wanted = self.characters_before(start) + column;
        let Some(near) = offsets.get(wanted / STRIDE) else { return self.text.len() };
        let mut rest = self.text.get(*near..).unwrap_or_default().char_indices();
        rest.nth(wanted % STRIDE).map_or(self.text.len(), |(at, _)| near + at)
    }

    fn start_of_line(&self, line: usize) -> usize {
        self.lines.line_start(line).max(self.origin)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let Some(offsets) = &self.offsets else { return offset };
        let index = offsets.partition_point(|at| *at <= offset).saturating_sub(1);
        let near = offsets.get(index).copied().unwrap_or_default();
        let between = self.text.get(near..offset).unwrap_or_default();
        index * STRIDE + between.chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character of the text, both ways, against counting by hand.
    fn check(text: &str) {
        let lines = LineIndex::new(text);
        let columns = Columns::new(text, &lines);
        for (at, _) in text.char_indices().filter(|(at, _)| *at >= mark_length(text)) {
            let expected = lines.locate(text, at);
            assert_eq!(columns.column(at), expected.column - 1, "column of byte {at} of {text:?}");
            let back = columns.offset(expected.line - 1, expected.column - 1);
            assert_eq!(back, at, "offset of {expected} of {text:?}");
            assert_eq!(columns.is_line_start(at), expected.column == 1);
        }
    }

    #[test]
    fn both_directions_agree_with_counting() {
        check("a: 1\r\nb: 2\rc\n\n");
        check("\u{feff}a: 1\nb: 2");
        check("\u{feff}é: 1\r\n😀b: ü\r\n");
        check(&format!("{}\n{}x", "é".repeat(300), "😀ab".repeat(100)));
    }

    #[test]
    fn places_past_the_end_are_the_end() {
        for text in ["ab\nc", "é\nc"] {
            let lines = LineIndex::new(text);
            let columns = Columns::new(text, &lines);
            assert_eq!(columns.offset(1, 1), text.len());
            assert_eq!(columns.offset(1, 500), text.len());
            assert_eq!(columns.offset(9, 0), text.len());
        }
    }
}
