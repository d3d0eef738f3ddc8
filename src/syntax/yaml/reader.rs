//! The guided re-lexer: it walks the source in step with a parser's events and says where each token
//! stands.
//!
//! Between two events the source may hold only blanks, breaks, comments and the indicators that the
//! grammar allows there; a scalar's text must mean what the event says. Whatever else it meets is a
//! [`Disagreement`](ReadErrorKind::Disagreement), and the file is refused: a tree is either exact or not
//! made.

mod block;
mod block_scalar;
mod document;
mod flow;
mod node;
mod properties;
#[cfg(test)]
mod sample;
mod scalar;
mod trivia;

pub(super) use properties::name_after;

use super::columns::Columns;
use super::decode::mark_length;
use super::error::{Fault, ReadErrorKind};
use super::event::{Event, EventKind};
use super::tree::{Document, Node, NodeId};
use crate::text::TextRange;
use std::collections::HashMap;
use std::vec::IntoIter;

/// What the walk yields: the parts of a tree.
pub(super) struct Parts {
    pub(super) nodes: Vec<Node>,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<TextRange>,
}

/// Walks `text` along `events`.
///
/// The depth of the events bounds the recursion, so they must have been capped.
///
/// # Errors
/// A disagreement of source and events; an alias without anchor or inside its own anchor.
pub(super) fn read(text: &str, columns: &Columns<'_>, events: Vec<Event>) -> Result<Parts, Fault> {
    // A run keeps the trees of all its files, so none takes more room than its nodes need.
    let nodes = Vec::with_capacity(events.iter().filter(|event| event.is_node()).count());
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: mark_length(text),
        columns,
        events: events.into_iter(),
        parts: Parts { nodes, documents: Vec::new(), comments: Vec::new() },
        trivia: TextRange::empty(0),
        anchors: HashMap::new(),
        anchor_numbers: HashMap::new(),
    };
    reader.documents()?;
    Ok(reader.parts)
}

/// Where the walk stands.
struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Offset of the next byte to be read.
    at: usize,
    columns: &'t Columns<'t>,
    events: IntoIter<Event>,
    parts: Parts,
    /// The last stretch of blanks, breaks and comments that was skipped, so that going back to its start
    /// does not scan it again.
    trivia: TextRange,
    /// The anchors of this document, by name; the last one of a name counts.
    anchors: HashMap<&'t str, NodeId>,
    /// The anchors of the file by the parser's number, to see that both resolve each alias alike.
    anchor_numbers: HashMap<usize, NodeId>,
}

/// Where a node is looked for.
#[derive(Clone, Copy)]
struct Place {
    /// The collection around it.
    parent: Option<NodeId>,
    /// Column of the innermost block collection; `None` at the root.
    indent: Option<usize>,
    /// Whether it stands in `[...]` or `{...}`.
    flow: bool,
}

impl<'t> Reader<'t> {
    fn next_event(&mut self) -> Result<Event, Fault> {
        self.events.next().ok_or_else(|| self.disagreement("the events end before the source does"))
    }

    /// The event that comes next, left where it is.
    fn peek(&self) -> Option<&Event> {
        self.events.as_slice().first()
    }

    /// Takes the next event if it is `kind`.
    fn take_event(&mut self, kind: &EventKind) -> bool {
        let found = self.peek().is_some_and(|event| event.kind == *kind);
        if found {
            self.events.next();
        }
        found
    }

    fn byte(&self) -> Option<u8> {
        self.byte_at(self.at)
    }

    fn byte_at(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The source from `start` to here.
    fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Steps over one indicator.
    fn expect(&mut self, indicator: u8, missing: &'static str) -> Result<(), Fault> {
        if self.byte() != Some(indicator) {
            return Err(self.disagreement(missing));
        }
        self.at += 1;
        Ok(())
    }

    fn disagreement(&self, what: &'static str) -> Fault {
        Fault::new(ReadErrorKind::Disagreement(what), self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::Limits;
    use crate::syntax::yaml::event::{Parser, events};
    use crate::text::LineIndex;

    /// Reads `text` along the events of `other`.
    fn misread(other: &str, text: &str) -> Result<(), ReadErrorKind> {
        let (lines, other_lines) = (LineIndex::new(text), LineIndex::new(other));
        let other_columns = Columns::new(other, &other_lines);
        let story = events(Parser::First, other, &other_columns, &Limits::default()).unwrap();
        read(text, &Columns::new(text, &lines), story).map(|_| ()).map_err(|fault| fault.kind)
    }

    #[test]
    fn a_story_about_another_text_is_refused() {
        let pairs = [
            ("a: b\n", "a: c\n"),
            ("a: b\n", "a: bc\n"),
            ("a: bc\n", "a: b\n"),
            ("a: b\n", "a:  b\n"),
            ("a: b\n", "a: b\nc: d\n"),
            ("a: b\nc: d\n", "a: b\n"),
            ("a: b\n", "a: &x b\n"),
            ("a: &x b\n", "a: b\n"),
            ("a: 'b'\n", "a: \"b\"\n"),
            ("- a\n- b\n", "- a\n - b\n"),
            ("[a, b]\n", "[a; b]\n"),
            ("[a, b]\n", "[a, b}\n"),
            ("a: |\n  b\n", "a: |\n  c\n"),
            ("a: |\n  b\n", "a: |+\n  b\n\n"),
            ("a: >\n  b c\n", "a: >\n  b\n"),
            ("a: b\n", "a: b\n...\nx"),
        ];
        for (other, text) in pairs {
            let found = misread(other, text);
            assert!(matches!(found, Err(ReadErrorKind::Disagreement(_))), "{other:?} {text:?}: {found:?}");
            assert_eq!(misread(other, other), Ok(()), "{other:?}");
        }
    }
}
