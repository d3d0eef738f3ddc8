//! Finds entries of large collections without walking them: a file may hold thousands of services.

use super::tree::{Kind, Node, NodeId};
use std::collections::HashMap;

/// Collections smaller than this are walked, which is faster and takes no memory.
const LARGE: usize = 32;

/// Where the keys and the children of large collections stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// By collection and key, the number of the first entry with that key.
    keys: HashMap<NodeId, HashMap<Box<str>, usize>>,
    /// By child, its number in its collection.
    slots: HashMap<NodeId, usize>,
}

impl Index {
    /// Indexes the large collections among `nodes`.
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut index = Self::default();
        for (number, node) in nodes.iter().enumerate() {
            match &node.kind {
                Kind::Mapping(mapping) if mapping.entries.len() >= LARGE => {
                    let keys = index.keys.entry(NodeId(number as u32)).or_default();
                    for (slot, entry) in mapping.entries.iter().enumerate() {
                        index.slots.insert(entry.key, slot);
                        index.slots.insert(entry.value, slot);
                        if let Kind::Scalar(key) = &nodes[resolved(nodes, entry.key).index()].kind {
                            keys.entry(key.value.clone()).or_insert(slot);
                        }
                    }
                }
                Kind::Sequence(sequence) if sequence.items.len() >= LARGE => {
                    index
                        .slots
                        .extend(sequence.items.iter().enumerate().map(|(slot, item)| (item.node, slot)));
                }
                _ => {}
            }
        }
        index
    }

    /// The number of the first entry with a key; `None` outside if the mapping is not indexed, inside if
    /// it has no such key.
    pub(super) fn entry(&self, mapping: NodeId, key: &str) -> Option<Option<usize>> {
        Some(self.keys.get(&mapping)?.get(key).copied())
    }

    /// The number of a child in its collection, if that is indexed.
    pub(super) fn slot(&self, child: NodeId) -> Option<usize> {
        self.slots.get(&child).copied()
    }
}

fn resolved(nodes: &[Node], mut id: NodeId) -> NodeId {
    while let Kind::Alias(target) = nodes[id.index()].kind {
        id = target;
    }
    id
}
