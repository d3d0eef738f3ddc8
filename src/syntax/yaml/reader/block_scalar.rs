//! Block scalars: `|` and `>`.

use super::{Place, Reader};
use crate::syntax::yaml::error::Fault;
use crate::syntax::yaml::tree::ScalarStyle;

/// What becomes of the breaks behind the last line with content (YAML 1.2.2, section 8.1.1.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// What stands behind the `|` or `>`.
#[derive(Clone, Copy)]
struct Header {
    chomping: Chomping,
    /// The indentation indicator, relative to the parent.
    indent: Option<usize>,
}

/// The lines of a block scalar.
#[derive(Clone, Copy)]
struct Body {
    /// Offset of the first line.
    start: usize,
    /// Column at which the content of each line starts; `None` if no line has content.
    indent: Option<usize>,
    /// End of the last line with content.
    content_end: Option<usize>,
    /// End of the last line, blank ones included.
    end: Option<usize>,
}

impl Reader<'_> {
    /// Walks a block scalar by its indentation, then compares what was walked with the value, and returns
    /// the value as libyaml reads it, of whose family Docker's parser is.
    ///
    /// Trailing blank lines are its own only if the header says `+`. The break that ends its last line is
    /// outside, and so is a comment in the header of a scalar without content.
    pub(super) fn block_scalar(
        &mut self,
        value: Box<str>,
        style: ScalarStyle,
        place: Place,
    ) -> Result<Box<str>, Fault> {
        let indicator = if style == ScalarStyle::Literal { b'|' } else { b'>' };
        self.expect(indicator, "the header of a block scalar was expected")?;
        let header = self.block_header();
        let header_end = self.at;
        self.skip_blanks();
        if self.byte() == Some(b'#') {
            self.skip_comment();
        }
        if !self.is_break(self.at) && self.byte().is_some() {
            return Err(self.disagreement("the header of a block scalar does not end its line"));
        }
        let body = self.block_body(self.after_break(self.at), header, place);
        let agrees = self.block_content_agrees(body, &value, style);
        let chomped = self.chomped(header, body, value).filter(|_| agrees);
        let value = chomped.ok_or_else(|| self.disagreement("a block scalar does not read as its value"))?;
        let end = if header.chomping == Chomping::Keep { body.end } else { body.content_end };
        self.at = end.unwrap_or(header_end);
        Ok(value)
    }

    fn block_header(&mut self) -> Header {
        let mut header = Header { chomping: Chomping::Clip, indent: None };
        loop {
            match self.byte() {
                Some(b'+') => header.chomping = Chomping::Keep,
                Some(b'-') => header.chomping = Chomping::Strip,
                Some(digit @ b'1'..=b'9') => header.indent = Some(usize::from(digit - b'0')),
                _ => return header,
            }
            self.at += 1;
        }
    }

    fn block_body(&self, start: usize, header: Header, place: Place) -> Body {
        let indent = match header.indent {
            Some(more) => Some(place.indent.unwrap_or(0) + more),
            None => self.detect_indent(start, place),
        };
        let mut body = Body { start, indent, content_end: None, end: None };
        let mut line = start;
        while line < self.bytes.len() {
            let (depth, end) = (self.after_spaces(line) - line, self.line_end(line));
            let is_blank = line + depth == end;
            // Spaces beyond the indentation are content, even on a line that has nothing else.
            let is_content = match indent {
                Some(indent) if is_blank => depth > indent,
                Some(indent) => depth >= indent && !(indent == 0 && self.is_document_marker(line)),
                None => false,
            };
            if is_content {
                body.content_end = Some(end);
            } else if !is_blank {
                break;
            }
            body.end = Some(end);
            line = self.after_break(end);
            if line == end {
                break;
            }
        }
        body
    }

    /// The indentation of the first line that is not blank, if that line is inside.
    fn detect_indent(&self, start: usize, place: Place) -> Option<usize> {
        let mut line = start;
        loop {
            let content = self.after_spaces(line);
            if self.is_break(content) {
                line = self.after_break(content);
                continue;
            }
            let depth = content - line;
            let is_inside = content < self.bytes.len()
                && place.indent.is_none_or(|parent| depth > parent)
                && !(depth == 0 && self.is_document_marker(line));
            return is_inside.then_some(depth);
        }
    }

    /// Whether the walked lines hold the value: for `|` line by line, for `>` without the white space,
    /// which folding moves about.
    fn block_content_agrees(&self, body: Body, value: &str, style: ScalarStyle) -> bool {
        let content_end = body.content_end.unwrap_or(body.start);
        let content = self.text.get(body.start..content_end).unwrap_or_default();
        if style == ScalarStyle::Folded {
            let is_solid = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            return content.bytes().filter(is_solid).eq(value.bytes().filter(is_solid));
        }
        let indent = body.indent.unwrap_or(0);
        let mut lines = value.split('\n');
        let mut at = body.start;
        while at < content_end {
            let end = self.line_end(at);
            let from = self.after_spaces(at).min(at + indent);
            if lines.next() != self.text.get(from..end) {
                return false;
            }
            at = self.after_break(end);
        }
        lines.all(str::is_empty)
    }

    /// The value, if it ends in as many breaks as the header lets it have.
    ///
    /// Where the last line that counts ends with the file and not with a break, the event source adds one;
    /// libyaml and Docker don't, so it goes.
    fn chomped(&self, header: Header, body: Body, value: Box<str>) -> Option<Box<str>> {
        let end_of_file = Some(self.bytes.len());
        let after_content = body.content_end.unwrap_or(body.start);
        let (expected, last) = match header.chomping {
            Chomping::Strip => (0, None),
            Chomping::Clip => (body.content_end.map_or(0, |end| self.breaks(end, end + 1)), body.content_end),
            Chomping::Keep => {
                let last = body.end.map_or(body.start, |end| self.after_break(end));
                (self.breaks(after_content, last), body.end)
            }
        };
        let found = value.len() - value.trim_end_matches('\n').len();
        if last == end_of_file && found == expected + 1 {
            return value.strip_suffix('\n').map(Into::into);
        }
        (found == expected).then_some(value)
    }

    /// How many line breaks stand from `at` to `end`.
    fn breaks(&self, mut at: usize, end: usize) -> usize {
        let mut count = 0;
        while at < end {
            count += usize::from(self.is_break(at));
            at = self.after_break(at).max(at + 1);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{comments, spans, tree};

    /// The span of the value of the first key.
    fn value(text: &str) -> String {
        spans(text)[2].clone()
    }

    #[test]
    fn only_kept_blank_lines_belong_to_the_scalar() {
        assert_eq!(value("a: |\n  x\n\n\nb: 1\n"), "|\n  x");
        assert_eq!(value("a: >-\n  x\n\n  y\n\nb: 1\n"), ">-\n  x\n\n  y");
        assert_eq!(value("a: |+\n  x\n\n \nb: 1\n"), "|+\n  x\n\n ");
        assert_eq!(value("a: |+\r\n  x\r\n\r\n"), "|+\r\n  x\r\n");
        assert_eq!(value("a: |+\n\n\nb: 1\n"), "|+\n\n");
    }

    #[test]
    fn spaces_beyond_the_indentation_are_content() {
        assert_eq!(value("a: |\n  x\n     \nb: 1\n"), "|\n  x\n     ");
        assert_eq!(value("a: |\n  x\n  \nb: 1\n"), "|\n  x");
    }

    #[test]
    fn the_indentation_indicator_counts_from_the_parent() {
        assert_eq!(value("a: |1\n   x\n y\nb: 1\n"), "|1\n   x\n y");
        assert_eq!(spans("- - |2-\n      x\n    y\n")[2], "|2-\n      x\n    y");
    }

    #[test]
    fn a_comment_in_the_header_is_inside_only_with_content() {
        let text = "a: >- # x | y\n  z\nb: | # none\nc: 1\n";
        assert_eq!(spans(text)[1..5], ["a", ">- # x | y\n  z", "b", "|"]);
        assert_eq!(comments(text), ["# x | y", "# none"]);
    }

    #[test]
    fn a_less_indented_comment_ends_the_scalar() {
        let text = "a:\n  b: |\n    x # no comment\n  # a comment\n  c: 1\n";
        assert_eq!(spans(text)[4], "|\n    x # no comment");
        assert_eq!(comments(text), ["# a comment"]);
    }

    #[test]
    fn a_scalar_may_end_with_the_file_or_with_the_document() {
        assert_eq!(value("a: |\n  x"), "|\n  x");
        assert_eq!(value("a: |"), "|");
        assert_eq!(spans("--- |\nx\n y\n...\n"), ["|\nx\n y"]);
        assert_eq!(spans("--- |\n---\na\n"), ["|", "a"]);
    }

    #[test]
    fn no_break_is_read_where_the_file_ends_without_one() {
        let read = |text: &str| {
            let tree = tree(text);
            let found = tree.get(tree.documents()[0].root, "a").and_then(|id| tree.scalar(id)).unwrap();
            found.value.to_string()
        };
        assert_eq!(read("a: |\n  x\n  y"), "x\ny");
        assert_eq!(read("a: |\n  x\n  y\n"), "x\ny\n");
        assert_eq!(read("a: >\n  x\n  y"), "x y");
        assert_eq!(read("a: |+\n  x"), "x");
        assert_eq!(read("a: |+\n  x\n"), "x\n");
        assert_eq!(read("a: |-\n  x"), "x");
        assert_eq!(read("a: |\n  x\n "), "x\n");
    }

    #[test]
    fn an_empty_scalar_that_is_clipped_has_no_value() {
        // `yaml-rust2` says that it is one line break; libyaml and `granit-parser` that it is nothing.
        let tree = tree("a: |\n\n");
        let found = tree.get(tree.documents()[0].root, "a").and_then(|id| tree.scalar(id)).unwrap();
        assert_eq!(&*found.value, "");
    }
}
