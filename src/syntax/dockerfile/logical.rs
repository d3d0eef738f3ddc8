//! The logical line of an instruction: its physical lines joined, and the way back to the source.

use super::Word;
use crate::text::TextRange;
use std::ops::Range;

/// The text of an instruction without continuations, and comments and blank lines between them.
///
/// Invariant: the text is the concatenation of its segments in the source, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogicalLine {
    text: String,
    /// Offset in `text` and range in the source of each piece; none is empty.
    segments: Vec<(usize, TextRange)>,
}

impl LogicalLine {
    pub(super) fn new() -> Self {
        Self { text: String::new(), segments: Vec::new() }
    }

    /// Adds a piece of the source at the end.
    pub(super) fn push(&mut self, source: &str, range: TextRange) {
        if !range.is_empty() {
            self.segments.push((self.text.len(), range));
            self.text.push_str(range.of(source));
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = TextRange> {
        self.segments.iter().map(|(_, range)| *range)
    }

    /// Where a part of the text stands in the source; `None` if a continuation cuts it in two.
    pub(super) fn span(&self, part: &Range<usize>) -> Option<TextRange> {
        let index = self.segments.partition_point(|(start, _)| *start <= part.start).checked_sub(1)?;
        let (start, source) = self.segments.get(index)?;
        let (from, to) = (part.start - start, part.end.checked_sub(*start)?);
        (to <= source.len()).then(|| TextRange::new(source.start + from, source.start + to))
    }

    /// A part of the text as a word.
    pub(super) fn word(&self, part: Range<usize>) -> Word {
        Word { span: self.span(&part), text: self.text[part].into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_a_span_unless_it_is_cut() {
        let source = "ab\\\ncd";
        let mut line = LogicalLine::new();
        line.push(source, TextRange::new(0, 2));
        line.push(source, TextRange::new(4, 6));
        assert_eq!(line.text(), "abcd");
        assert_eq!(line.span(&(0..2)), Some(TextRange::new(0, 2)));
        assert_eq!(line.span(&(2..4)), Some(TextRange::new(4, 6)));
        assert_eq!(line.span(&(3..4)), Some(TextRange::new(5, 6)));
        assert_eq!(line.span(&(1..3)), None);
        assert_eq!(&*line.word(1..3).text, "bc");
    }
}
