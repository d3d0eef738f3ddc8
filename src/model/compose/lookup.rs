//! Looking keys up as Compose does: the mapping's own keys, then what its merge keys bring in.

use crate::syntax::yaml::{Entry, NodeId, ScalarStyle, Tree};

/// A key found for a mapping, wherever it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The mapping in which the key is written: the one asked, or one that a merge key brings in.
    pub mapping: NodeId,
    /// The value as written there; it may be an alias.
    pub written: NodeId,
    /// The value with aliases followed.
    pub value: NodeId,
}

/// More merge keys than any file that a person wrote; stops bombs.
const MOST_MAPPINGS: usize = 256;

/// The mappings consulted for a key, in order of precedence: the mapping itself, then those of its
/// merge keys, depth first. Aliases are followed; what is no mapping is left out, each stands once.
#[must_use]
pub fn merge_chain(tree: &Tree, mapping: NodeId) -> Vec<NodeId> {
    let mut chain = Vec::new();
    extend_chain(tree, tree.resolve_alias(mapping), &mut chain);
    chain
}

fn extend_chain(tree: &Tree, id: NodeId, chain: &mut Vec<NodeId>) {
    let Some(mapping) = tree.mapping(id) else { return };
    if chain.contains(&id) || chain.len() >= MOST_MAPPINGS {
        return;
    }
    chain.push(id);
    for entry in mapping.entries.iter().filter(|entry| is_merge_key(tree, entry)) {
        let merged = tree.resolve_alias(entry.value);
        match tree.sequence(merged) {
            Some(sequence) => {
                for item in &sequence.items {
                    extend_chain(tree, tree.resolve_alias(item.node), chain);
                }
            }
            None => extend_chain(tree, merged, chain),
        }
    }
}

/// Whether an entry is a merge: `<<` without quotes. In quotes it is an ordinary key.
#[must_use]
pub fn is_merge_key(tree: &Tree, entry: &Entry) -> bool {
    tree.scalar(entry.key).is_some_and(|key| &*key.value == "<<" && key.style == ScalarStyle::Plain)
}

/// The value of a key of a mapping as Compose sees it.
#[must_use]
pub fn lookup(tree: &Tree, mapping: NodeId, key: &str) -> Option<Field> {
    lookup_in(tree, &merge_chain(tree, mapping), key)
}

/// As [`lookup`], in a chain that is known already.
#[must_use]
pub fn lookup_in(tree: &Tree, chain: &[NodeId], key: &str) -> Option<Field> {
    chain.iter().find_map(|mapping| {
        let written = tree.get(*mapping, key)?;
        Some(Field { mapping: *mapping, written, value: tree.resolve_alias(written) })
    })
}
