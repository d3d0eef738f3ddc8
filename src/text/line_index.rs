//! From byte offsets to lines and columns, as people and editors count them.

use std::fmt;

/// Where something stands in a file, counted as editors count: from 1, the column in characters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub struct LineColumn {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The starts of all lines of one text. A line ends at LF, CRLF or a lone CR.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

impl LineIndex {
    /// Indexes `text` in one pass.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        // Most texts have no carriage return, and a search for one character is fast.
        if !text.contains('\r') {
            starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
            return Self { starts, len: text.len() };
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at += 1;
            match bytes[at - 1] {
                b'\r' if bytes.get(at) == Some(&b'\n') => {}
                b'\n' | b'\r' => starts.push(at),
                _ => {}
            }
        }
        Self { starts, len: text.len() }
    }

    /// Number of lines; a text that ends in a line break has an empty last line.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Offset of the first byte of the line with this number (from 0), or the end of the text.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.len)
    }

    /// The line number (from 0) in which `offset` stands.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// Line and column of `offset` in `text`, which must be the text that was indexed.
    #[must_use]
    pub fn locate(&self, text: &str, offset: usize) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.starts[line];
        let before = text.get(start..offset).unwrap_or("").trim_start_matches('\u{feff}');
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_lf_crlf_and_lone_cr() {
        let text = "a\r\nbé\rc\nd";
        let index = LineIndex::new(text);
        assert_eq!(index.lines(), 4);
        assert_eq!(index.locate(text, 0).to_string(), "1:1");
        assert_eq!(index.locate(text, 6).to_string(), "2:3");
        assert_eq!(index.locate(text, 7).to_string(), "3:1");
        assert_eq!(index.locate(text, text.len()).to_string(), "4:2");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let text = "\u{feff}a: 1";
        assert_eq!(LineIndex::new(text).locate(text, 3).to_string(), "1:1");
    }
}
