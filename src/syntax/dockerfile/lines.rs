//! Physical lines, as BuildKit cuts them: at line feeds only.

/// One line of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Offset of its first byte; behind the byte order mark on the first line.
    pub(super) start: usize,
    /// End of its text: all carriage returns and line feeds at the end are cut off.
    pub(super) text_end: usize,
    /// End with its line break.
    pub(super) end: usize,
    /// Its number, from 0.
    pub(super) number: usize,
}

impl Line {
    /// Its text without the line break.
    pub(super) fn text(self, source: &str) -> &str {
        &source[self.start..self.text_end]
    }
}

/// U+FEFF at the very start of a file, which BuildKit skips.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A cursor over the lines of a text.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t> {
    source: &'t str,
    at: usize,
    number: usize,
}

impl<'t> Lines<'t> {
    /// From the first line on.
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, at: 0, number: 0 }
    }

    /// Offset of the line that comes next.
    pub(super) fn offset(&self) -> usize {
        self.at
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = self.source.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let mark = if self.at == 0 && rest.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let start = self.at + mark;
        let text = &rest[mark..length];
        let line = Line {
            start,
            text_end: start + text.trim_end_matches(['\r', '\n']).len(),
            end: self.at + length,
            number: self.number,
        };
        self.at = line.end;
        self.number += 1;
        Some(line)
    }
}

/// Length of the white space at the start of a text, in bytes. White space is Unicode's, as for Go's
/// `unicode.IsSpace`.
pub(super) fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Whether a line is a comment.
pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Offset of the escape character that continues the line; `None` if the line ends its instruction.
///
/// Spaces and tabs may follow the escape character. If another one stands before it, it continues nothing;
/// that is so for any number of them, unlike in a shell.
pub(super) fn continuation(line: &str, escape: char) -> Option<usize> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_feeds_only() {
        let text = "\u{feff}a\r\nb\rc\r\r\n\nd";
        let lines: Vec<_> = Lines::new(text).collect();
        let texts: Vec<_> = lines.iter().map(|line| line.text(text)).collect();
        assert_eq!(texts, ["a", "b\rc", "", "d"]);
        assert_eq!((lines[0].start, lines[0].end), (3, 6));
        assert_eq!(lines[3].number, 3);
        assert_eq!(Lines::new("").next(), None);
        assert_eq!(Lines::new("\u{feff}").next().map(|line| (line.start, line.text_end)), Some((3, 3)));
    }

    #[test]
    fn one_escape_at_the_end_continues_and_two_do_not() {
        assert_eq!(continuation("RUN a \\", '\\'), Some(6));
        assert_eq!(continuation("RUN a \\ \t", '\\'), Some(6));
        assert_eq!(continuation("RUN a \\\\", '\\'), None);
        assert_eq!(continuation("RUN a \\\\\\", '\\'), None);
        assert_eq!(continuation("\\", '\\'), Some(0));
        assert_eq!(continuation("RUN a \\", '`'), None);
        assert_eq!(continuation("", '\\'), None);
    }
}
