//! The tree: directives, their words and blocks, and comments, each with its exact span in the source.

use super::Word;
use crate::text::{LineColumn, LineIndex, TextRange};
use std::sync::Arc;

/// A directive, or an entry of a block that holds entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From its first byte to its `;` or `}`, that included.
    pub span: TextRange,
    /// Its name; in an entry of a `map` and the like, the first word.
    pub name: Word,
    /// The words behind the name. The parentheses of `if` belong to its words.
    pub arguments: Vec<Word>,
    /// What ends it.
    pub body: Body,
}

impl Directive {
    /// Its block, if it has one of directives or entries.
    #[must_use]
    pub fn block(&self) -> Option<&Block> {
        match &self.body {
            Body::Block(block) => Some(block),
            Body::None(_) | Body::Lua(_) => None,
        }
    }

    /// Whether it has this name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        &*self.name.value == name
    }

    /// All its words, the name first.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        std::iter::once(&self.name).chain(&self.arguments)
    }
}

/// What ends a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A `;` at this offset.
    None(usize),
    /// A block.
    Block(Block),
    /// Lua code, between the braces; it is not looked into.
    Lua(TextRange),
}

/// What stands between a `{` and its `}`, or in the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Between the braces, without them; at the root, the whole text.
    pub inner: TextRange,
    /// What the items are.
    pub kind: BlockKind,
    /// The directives or entries, in order.
    pub directives: Vec<Directive>,
}

/// What the items of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// Directives.
    Directives,
    /// Entries, whose first word is a value and no name, as in `map`; only `include`, `default` and a few
    /// others are special there. The server allows no block among them.
    Entries,
}

/// An nginx configuration file, read without loss.
///
/// Invariants: `text()` is the source; words, comments, braces, semicolons and Lua code are in order and do
/// not overlap; every byte outside them is a space, a tab, a carriage return or a line feed.
#[derive(Clone, Debug)]
pub struct Nginx {
    pub(super) text: Arc<str>,
    pub(super) root: Block,
    pub(super) comments: Vec<TextRange>,
    pub(super) lines: LineIndex,
}

impl Nginx {
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

    /// The whole file as a block without braces.
    #[must_use]
    pub fn root(&self) -> &Block {
        &self.root
    }

    /// The comments in order, each from its `#` to the end of the line without the break; those between the
    /// words of a directive, too. A `#` within a word or in Lua code is none.
    #[must_use]
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
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
