//! Documents, their markers and directives.

use super::{Place, Reader};
use crate::syntax::yaml::error::Fault;
use crate::syntax::yaml::event::EventKind;
use crate::syntax::yaml::tree::Document;

const START: &str = "---";
const END: &str = "...";

impl Reader<'_> {
    /// Reads all documents, and whatever stands before, between and behind them.
    pub(super) fn documents(&mut self) -> Result<(), Fault> {
        while self.take_event(&EventKind::DocumentStart) {
            self.anchors.clear();
            self.skip_prologue();
            let start_marker = self.marker(START);
            let root = self.node(Place { parent: None, indent: None, flow: false })?;
            if !self.take_event(&EventKind::DocumentEnd) {
                return Err(self.disagreement("the end of a document was expected"));
            }
            self.skip_trivia();
            let end_marker = self.marker(END);
            self.parts.documents.push(Document { root, start_marker, end_marker });
        }
        self.skip_prologue();
        if self.byte().is_some() || self.peek().is_some() {
            return Err(self.disagreement("something stands behind the last document"));
        }
        Ok(())
    }

    /// Skips what may stand before a document: trivia, directives, and end markers of nothing.
    fn skip_prologue(&mut self) {
        loop {
            self.skip_trivia();
            if self.byte() == Some(b'%') && self.columns.is_line_start(self.at) {
                self.skip_directive();
            } else if self.marker(END).is_none() {
                return;
            }
        }
    }

    /// Skips a directive's line, noting the comment behind it.
    fn skip_directive(&mut self) {
        let end = self.line_end(self.at);
        while self.at < end {
            self.at += 1;
            if matches!(self.byte_at(self.at - 1), Some(b' ' | b'\t')) && self.byte() == Some(b'#') {
                self.skip_comment();
            }
        }
    }

    /// Steps over a marker that stands here, and says where.
    fn marker(&mut self, marker: &str) -> Option<usize> {
        let start = self.at;
        let found = self.is_document_marker(start)
            && self.text.get(start..).is_some_and(|rest| rest.starts_with(marker));
        found.then(|| {
            self.at += marker.len();
            start
        })
    }

    /// Whether `---` or `...` stands alone at this start of a line.
    pub(super) fn is_document_marker(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or_default();
        (rest.starts_with(START) || rest.starts_with(END))
            && self.is_separator(at + START.len())
            && self.columns.is_line_start(at)
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{comments, spans, tree};

    fn markers(text: &str) -> Vec<(Option<usize>, Option<usize>)> {
        tree(text).documents().iter().map(|document| (document.start_marker, document.end_marker)).collect()
    }

    #[test]
    fn markers_are_noted_where_they_are_written() {
        assert_eq!(markers("a: 1\n"), [(None, None)]);
        assert_eq!(markers("---\na\n...\n# x\n--- b\n"), [(Some(0), Some(6)), (Some(14), None)]);
        assert_eq!(markers("\u{feff}---\r\na\r\n---\r\n"), [(Some(3), None), (Some(11), None)]);
    }

    #[test]
    fn end_markers_of_nothing_are_skipped() {
        assert_eq!(markers("a\n...\n...\n---\nb\n..."), [(None, Some(2)), (Some(10), Some(16))]);
        assert_eq!(markers("...\n"), []);
    }

    #[test]
    fn a_file_may_hold_no_document() {
        for text in ["", "\n", "# x\n", "\u{feff}"] {
            assert_eq!(markers(text), [], "{text:?}");
        }
    }

    #[test]
    fn directives_are_skipped_with_their_comments_noted() {
        let text = "# a\n%YAML 1.2 # b\n%TAG !e! tag:x#y\n--- # c\n!e!z d\n";
        assert_eq!(comments(text), ["# a", "# b", "# c"]);
        assert_eq!(spans(text), ["d"]);
    }

    #[test]
    fn three_dashes_inside_a_line_are_text() {
        assert_eq!(spans("a: ---\nb: x ...\n")[1..], ["a", "---", "b", "x ..."]);
    }

    #[test]
    fn each_node_knows_its_document() {
        let tree = tree("a\n---\nb\n---\n- c\n");
        let numbers: Vec<usize> = tree.nodes().map(|(_, node)| node.document).collect();
        assert_eq!(numbers, [0, 1, 2, 2]);
    }
}
