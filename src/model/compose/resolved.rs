//! The resolved form: what a document means once aliases and merge keys are worked out.

use super::lookup::is_merge_key;
use crate::syntax::yaml::{Kind, NodeId, ScalarStyle, Tree, is_string_in_every_schema};
use std::collections::BTreeMap;

/// A value without notation: what two files are compared by.
///
/// Scalars keep the text that they stand for, un-interpolated: comparing that is stricter than
/// comparing what some environment would make of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The tag as written (`!reset`, `!override`), if any; Compose gives some a meaning.
    pub tag: Option<String>,
    /// The value.
    pub kind: ResolvedKind,
}

/// What a resolved value is.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedKind {
    /// No value.
    Null,
    /// A scalar that every reader takes for a string.
    String(String),
    /// A scalar that may be a number, a boolean or a date; with its text.
    Plain(String),
    /// A list.
    Sequence(Vec<Resolved>),
    /// A mapping without merge keys; the order of keys means nothing to Compose.
    Mapping(BTreeMap<String, Resolved>),
}

/// Aliases multiply a document beyond what is read: it is an alias bomb, or might as well be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its aliases expand to more than {LARGEST} values")]
pub struct TooManyNodes;

/// The most values that a resolved document may have.
const LARGEST: usize = 1_000_000;

impl From<ResolvedKind> for Resolved {
    fn from(kind: ResolvedKind) -> Self {
        Self { tag: None, kind }
    }
}

impl Resolved {
    /// Resolves the value of a node.
    ///
    /// # Errors
    /// If aliases make it larger than a million values.
    pub fn of(tree: &Tree, id: NodeId) -> Result<Self, TooManyNodes> {
        let mut budget = LARGEST;
        resolve(tree, id, &mut budget)
    }

    /// The value under a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            ResolvedKind::Mapping(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value under a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.kind {
            ResolvedKind::Mapping(entries) => entries.get_mut(key),
            _ => None,
        }
    }
}

fn resolve(tree: &Tree, id: NodeId, budget: &mut usize) -> Result<Resolved, TooManyNodes> {
    *budget = budget.checked_sub(1).ok_or(TooManyNodes)?;
    let id = tree.resolve_alias(id);
    let node = tree.node(id);
    let kind = match &node.kind {
        Kind::Scalar(_) if tree.is_null(id) => ResolvedKind::Null,
        Kind::Scalar(scalar) => {
            let text = scalar.value.to_string();
            let is_string = scalar.style != ScalarStyle::Plain || is_string_in_every_schema(&text);
            if is_string { ResolvedKind::String(text) } else { ResolvedKind::Plain(text) }
        }
        Kind::Sequence(sequence) => {
            let items = sequence.items.iter().map(|item| resolve(tree, item.node, budget));
            ResolvedKind::Sequence(items.collect::<Result<_, _>>()?)
        }
        Kind::Mapping(_) => {
            let mut entries = BTreeMap::new();
            for mapping in super::lookup::merge_chain(tree, id) {
                let Some(mapping) = tree.mapping(mapping) else { continue };
                for entry in mapping.entries.iter().filter(|entry| !is_merge_key(tree, entry)) {
                    let key = tree.key_text(entry).unwrap_or_default();
                    if !entries.contains_key(key) {
                        entries.insert(key.to_owned(), resolve(tree, entry.value, budget)?);
                    }
                }
            }
            ResolvedKind::Mapping(entries)
        }
        // `resolve_alias` follows every alias, and none can lead to itself: such files are not read.
        Kind::Alias(_) => ResolvedKind::Null,
    };
    let tag = node.tag().map(|tag| tag.of(tree.text()).to_owned());
    Ok(Resolved { tag, kind })
}
