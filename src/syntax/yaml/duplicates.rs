//! Keys that one mapping has twice.

use super::tree::{Kind, NodeId, Tree};
use std::collections::HashMap;

/// The keys that stand more than once in one mapping: for each, the first key with that text, and the
/// later one. In source order of mappings, and within a mapping of the later key.
///
/// Keys are compared by text, as Docker's reader does, so `80` and `"80"` are the same key. `<<` twice is a
/// duplicate as well: Compose has refused it since 2.17. Keys that are collections have no text and are
/// left out.
#[must_use]
pub fn duplicate_keys(tree: &Tree) -> Vec<(NodeId, NodeId)> {
    let mut found = Vec::new();
    for (_, node) in tree.nodes() {
        let Kind::Mapping(mapping) = &node.kind else { continue };
        let mut seen = HashMap::with_capacity(mapping.entries.len());
        for entry in &mapping.entries {
            let Some(text) = tree.key_text(entry) else { continue };
            let first = *seen.entry(text).or_insert(entry.key);
            if first != entry.key {
                found.push((first, entry.key));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::{Limits, parse};

    fn duplicates(text: &str) -> Vec<(String, String)> {
        let tree = parse(text, &Limits::default()).unwrap();
        let place = |id: NodeId| tree.locate(tree.node(id).span.start).to_string();
        duplicate_keys(&tree).into_iter().map(|(first, second)| (place(first), place(second))).collect()
    }

    fn pair(first: &str, second: &str) -> (String, String) {
        (first.to_owned(), second.to_owned())
    }

    #[test]
    fn the_same_text_twice_is_a_duplicate_however_it_is_written() {
        assert_eq!(duplicates("a: 1\n'a': 2\n\"a\": 3\n"), [pair("1:1", "2:1"), pair("1:1", "3:1")]);
        assert_eq!(duplicates("x: {b: 1, c: 2, b: 3}\n"), [pair("1:5", "1:17")]);
    }

    #[test]
    fn a_merge_key_twice_is_a_duplicate() {
        let text = "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n";
        assert_eq!(duplicates(text), [pair("3:3", "4:3")]);
    }

    #[test]
    fn the_same_key_in_two_mappings_is_none() {
        assert_eq!(duplicates("a: {k: 1}\nb: {k: 1}\n---\na: 1\n"), []);
    }

    #[test]
    fn a_hundred_thousand_keys_take_no_quadratic_time() {
        let text: String = (0..100_000).map(|number| format!("k{number}: 1\n")).collect();
        let tree = parse(&text, &Limits::default()).unwrap();
        assert_eq!(duplicate_keys(&tree), []);
    }
}
