//! The tree: nodes in an arena, each with its exact span in the source.

use super::index::Index;
use crate::syntax::{Route, Segment};
use crate::text::{LineColumn, LineIndex, TextRange};
use std::sync::Arc;

/// The number of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes; also an empty value.
    Plain,
    /// In `'`.
    SingleQuoted,
    /// In `"`.
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// A scalar: what it means and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text that it stands for, unquoted, unescaped and folded.
    pub value: Box<str>,
    /// How it is written.
    pub style: ScalarStyle,
}

/// One item of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Offset of its `-`; `None` in flow style.
    pub dash: Option<usize>,
    /// The item.
    pub node: NodeId,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Whether it is written `[...]`.
    pub flow: bool,
    /// Its items.
    pub items: Vec<Item>,
}

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: NodeId,
    /// The value; an empty value is a plain scalar with an empty span.
    pub value: NodeId,
    /// Offset of the `:`; `None` where a key stands alone.
    pub colon: Option<usize>,
    /// Whether the key is written with `?`.
    pub explicit: bool,
}

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Whether it is written `{...}` (or is a single pair inside `[...]`).
    pub flow: bool,
    /// Its entries in source order, duplicates and merge keys included.
    pub entries: Vec<Entry>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A scalar, an empty value included.
    Scalar(Scalar),
    /// `*name`, and the node that it stands for.
    Alias(NodeId),
    /// A sequence.
    Sequence(Sequence),
    /// A mapping.
    Mapping(Mapping),
}

/// One node of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The node's own bytes, without anchor and tag. A block collection runs from its first token to
    /// the end of its last descendant; a block scalar from its header to its last line (with `+`
    /// chomping, to its last blank line).
    pub span: TextRange,
    /// Anchor and tag. Few nodes have one, and a tree has many nodes.
    pub(super) properties: Option<Box<Properties>>,
    /// Column of `span.start` in characters, from 0.
    pub column: usize,
    /// The collection that it stands in; `None` for the root of a document.
    pub parent: Option<NodeId>,
    /// Number of its document, from 0.
    pub document: usize,
}

/// What stands in front of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub(super) anchor: Option<TextRange>,
    pub(super) tag: Option<TextRange>,
}

impl Properties {
    /// Offset of the first one.
    pub(super) fn start(&self) -> Option<usize> {
        match (self.anchor, self.tag) {
            (Some(anchor), Some(tag)) => Some(anchor.start.min(tag.start)),
            (one, other) => one.or(other).map(|range| range.start),
        }
    }
}

impl Node {
    /// As `span`, with anchor and tag.
    #[must_use]
    pub fn full(&self) -> TextRange {
        let start = self.properties.as_ref().and_then(|properties| properties.start());
        TextRange::new(start.unwrap_or(self.span.start), self.span.end)
    }

    /// The `&name`, with the ampersand.
    #[must_use]
    pub fn anchor(&self) -> Option<TextRange> {
        self.properties.as_ref()?.anchor
    }

    /// The `!tag`, with the exclamation mark.
    #[must_use]
    pub fn tag(&self) -> Option<TextRange> {
        self.properties.as_ref()?.tag
    }
}

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its root node.
    pub root: NodeId,
    /// Offset of its `---`, if written.
    pub start_marker: Option<usize>,
    /// Offset of its `...`, if written.
    pub end_marker: Option<usize>,
}

/// A YAML file, read without loss.
///
/// Invariants: `text()` is the source; spans are on character boundaries, nested and in order; children
/// stand inside their parent; every byte outside tokens is blank, line break, comment or indicator; the
/// re-lexer's start of every scalar that is not a block is the parser's own.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<Node>,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<TextRange>,
    pub(super) lines: LineIndex,
    pub(super) index: Index,
}

impl Tree {
    /// The source, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The source, shared.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The documents of the file, in order.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The comments of the file in order, each from its `#` to the end of the line.
    #[must_use]
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// The node with this number.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All nodes with their numbers; parents come before their children.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index as u32), node))
    }

    /// The mapping that a node is; `None` for anything else, an alias of a mapping included.
    #[must_use]
    pub fn mapping(&self, id: NodeId) -> Option<&Mapping> {
        match &self.node(id).kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The sequence that a node is; `None` for anything else.
    #[must_use]
    pub fn sequence(&self, id: NodeId) -> Option<&Sequence> {
        match &self.node(id).kind {
            Kind::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// The scalar that a node is; `None` for anything else.
    #[must_use]
    pub fn scalar(&self, id: NodeId) -> Option<&Scalar> {
        match &self.node(id).kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Follows aliases to the node that is meant.
    #[must_use]
    pub fn resolve_alias(&self, mut id: NodeId) -> NodeId {
        while let Kind::Alias(target) = self.node(id).kind {
            id = target;
        }
        id
    }

    /// The first entry of a mapping whose key has this text; no alias or merge key is followed.
    #[must_use]
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<&Entry> {
        let entries = &self.mapping(mapping)?.entries;
        match self.index.entry(mapping, key) {
            Some(slot) => entries.get(slot?),
            None => entries.iter().find(|entry| self.key_text(entry) == Some(key)),
        }
    }

    /// The entry that a node is the key or the value of; `None` for an item of a sequence and a root.
    #[must_use]
    pub fn entry_of(&self, node: NodeId) -> Option<&Entry> {
        let entries = &self.mapping(self.node(node).parent?)?.entries;
        match self.index.slot(node) {
            Some(slot) => entries.get(slot),
            None => entries.iter().find(|entry| entry.value == node || entry.key == node),
        }
    }

    /// The value under a key of a mapping; no alias or merge key is followed.
    #[must_use]
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.entry(mapping, key).map(|entry| entry.value)
    }

    /// The text of an entry's key; `None` if the key is not a scalar.
    #[must_use]
    pub fn key_text(&self, entry: &Entry) -> Option<&str> {
        self.scalar(self.resolve_alias(entry.key)).map(|scalar| &*scalar.value)
    }

    /// Whether a node is an empty value, `~` or `null`.
    #[must_use]
    pub fn is_null(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let Kind::Scalar(scalar) = &node.kind else { return false };
        node.tag().is_none()
            && scalar.style == ScalarStyle::Plain
            && matches!(&*scalar.value, "" | "~" | "null" | "Null" | "NULL")
    }

    /// The node at a route; `None` if there is none.
    #[must_use]
    pub fn find(&self, route: &Route) -> Option<NodeId> {
        let mut id = self.documents.get(route.document)?.root;
        for segment in &route.segments {
            id = match segment {
                Segment::Key(key) => self.get(id, key)?,
                Segment::Index(index) => self.sequence(id)?.items.get(*index)?.node,
            };
        }
        Some(id)
    }

    /// The route of a node that is not a key.
    #[must_use]
    pub fn route(&self, id: NodeId) -> Route {
        let mut segments = Vec::new();
        let mut at = id;
        while let Some(parent) = self.node(at).parent {
            match &self.node(parent).kind {
                Kind::Mapping(_) => {
                    let key = self.entry_of(at).and_then(|entry| self.key_text(entry)).unwrap_or_default();
                    segments.push(Segment::Key(key.to_owned()));
                }
                Kind::Sequence(sequence) => {
                    let walk = || sequence.items.iter().position(|item| item.node == at);
                    let index = self.index.slot(at).or_else(walk).unwrap_or_default();
                    segments.push(Segment::Index(index));
                }
                _ => {}
            }
            at = parent;
        }
        segments.reverse();
        Route { document: self.node(id).document, segments }
    }

    /// Line and column of an offset.
    #[must_use]
    pub fn locate(&self, offset: usize) -> LineColumn {
        self.lines.locate(&self.text, offset)
    }

    /// The lines of the source.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }
}
