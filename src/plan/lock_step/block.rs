//! A lock whose entries stand one below the other, edited line by line.

use super::entry::{Entry, newline};
use super::{LockStepError, field_changes};
use crate::model::lock::{Lock, LockedImage};
use crate::plan::types::FileChange;
use crate::syntax::yaml::{Entry as TreeEntry, Kind, NodeId, Tree};
use std::collections::BTreeMap;

/// Entries one below the other, each on lines of its own.
pub(super) struct Block<'t> {
    tree: &'t Tree,
    node: NodeId,
    column: usize,
}

impl<'t> Block<'t> {
    /// The entries below `node`; `None` if they stand in braces.
    pub(super) fn of(tree: &'t Tree, node: NodeId) -> Option<Self> {
        let is_block = |kind: &Kind| matches!(kind, Kind::Mapping(mapping) if !mapping.flow);
        let found = tree.node(node);
        (is_block(&found.kind) && found.column > 0).then_some(Self { tree, node, column: found.column })
    }

    /// The changes that make the entry of `key` say what `image` says.
    pub(super) fn changes(
        &self,
        path: &str,
        key: &str,
        image: &LockedImage,
    ) -> Result<Vec<FileChange>, LockStepError> {
        let Some(node) = self.tree.get(self.node, key) else {
            return Ok(vec![self.insertion(path, key, image)?]);
        };
        let path = path.to_owned();
        if let Some(entry) = Entry::of(self.tree, node) {
            let from = entry.lines().to_owned();
            return Ok(vec![FileChange::ReplaceLines { path, from, text: entry.lines_for(image)? }]);
        }
        let changes = field_changes(self.tree, node, &self.tree.route(node), image)?;
        Ok(changes.into_iter().map(|change| FileChange::Tree { path: path.clone(), change }).collect())
    }

    /// The lines of one entry, in front of the first one with a greater key.
    fn insertion(&self, path: &str, key: &str, image: &LockedImage) -> Result<FileChange, LockStepError> {
        let newline = newline(self.tree);
        let entry = Lock::of(BTreeMap::from([(key.to_owned(), image.clone())])).entries()?;
        let indent = " ".repeat(self.column);
        let lines: Vec<String> = entry.lines().map(|line| format!("{indent}{line}{newline}")).collect();
        let before = self.line_of_next(key);
        Ok(FileChange::InsertLines { path: path.to_owned(), before, text: lines.concat() })
    }

    /// The first line that belongs to what comes after `key`: of a comment above it, or its own. Only a line
    /// that stands nowhere else can be found again, so that an entry without one is passed over.
    fn line_of_next(&self, key: &str) -> Option<String> {
        let lines: Vec<&str> = self.tree.text().lines().collect();
        let entries = &self.tree.mapping(self.node)?.entries;
        let later = entries.iter().filter(|entry| self.tree.key_text(entry).is_some_and(|own| own > key));
        let first_lines = later.chain(self.entries_below()).filter_map(|entry| {
            let mut line = self.tree.lines().line_of(self.tree.node(entry.key).span.start);
            while line > 0 && lines.get(line - 1).is_some_and(|above| above.trim_start().starts_with('#')) {
                line -= 1;
            }
            lines.get(line).copied()
        });
        let mut unique = first_lines.filter(|line| lines.iter().filter(|other| other == &line).count() == 1);
        unique.next().map(str::to_owned)
    }

    /// The entries that stand below the whole block.
    fn entries_below(&self) -> impl Iterator<Item = &'t TreeEntry> {
        let tree: &'t Tree = self.tree;
        let node = tree.node(self.node);
        let around = node.parent.and_then(|parent| tree.mapping(parent));
        let all = around.map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
        let end = node.span.end;
        all.iter().filter(move |entry| tree.node(entry.key).span.start >= end)
    }
}
