//! Flow collections: `[...]`, `{...}` and the single pair inside `[...]`.

use super::{Place, Reader};
use crate::syntax::yaml::error::Fault;
use crate::syntax::yaml::event::EventKind;
use crate::syntax::yaml::tree::{Entry, Item, NodeId};

impl Reader<'_> {
    /// Reads from the `[` to behind the `]`.
    pub(super) fn flow_items(&mut self, id: NodeId, around: Place) -> Result<Vec<Item>, Fault> {
        let place = Place { parent: Some(id), flow: true, ..around };
        self.expect(b'[', "a `[` was expected")?;
        let mut items = Vec::new();
        while self.flow_continues(&EventKind::SequenceEnd, b']', items.is_empty())? {
            items.push(Item { dash: None, node: self.node(place)? });
        }
        Ok(items)
    }

    /// Reads from the `{` to behind the `}`.
    pub(super) fn flow_entries(&mut self, id: NodeId, around: Place) -> Result<Vec<Entry>, Fault> {
        let place = Place { parent: Some(id), flow: true, ..around };
        self.expect(b'{', "a `{` was expected")?;
        let mut entries = Vec::new();
        while self.flow_continues(&EventKind::MappingEnd, b'}', entries.is_empty())? {
            entries.push(self.flow_entry(place)?);
        }
        Ok(entries)
    }

    /// Reads the `a: b` of `[a: b]`, a mapping without braces.
    pub(super) fn single_pair(&mut self, id: NodeId, around: Place) -> Result<Vec<Entry>, Fault> {
        let entry = self.flow_entry(Place { parent: Some(id), flow: true, ..around })?;
        if !self.take_event(&EventKind::MappingEnd) {
            return Err(self.disagreement("a pair in a sequence has more than one entry"));
        }
        Ok(vec![entry])
    }

    /// Steps over the comma between two members and says whether one more follows; steps over a
    /// trailing comma and the closing bracket if not.
    fn flow_continues(&mut self, end: &EventKind, close: u8, is_first: bool) -> Result<bool, Fault> {
        self.skip_trivia();
        let is_last = self.take_event(end);
        if !is_first && (!is_last || self.byte() == Some(b',')) {
            self.expect(b',', "a comma was expected")?;
            self.skip_trivia();
        }
        if is_last {
            self.expect(close, "a closing bracket was expected")?;
        }
        Ok(!is_last)
    }

    fn flow_entry(&mut self, place: Place) -> Result<Entry, Fault> {
        let explicit = self.byte() == Some(b'?') && self.is_separator(self.at + 1);
        if explicit {
            self.at += 1;
        }
        let key = self.node(place)?;
        let key_end = self.at;
        self.skip_trivia();
        let colon = (self.byte() == Some(b':')).then_some(self.at);
        // Without a colon the empty value stands right behind the key.
        self.at = colon.map_or(key_end, |colon| colon + 1);
        let value = self.node(place)?;
        Ok(Entry { key, value, colon, explicit })
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{spans, tree};
    use crate::syntax::yaml::{Entry, Kind, Tree};

    fn entries(tree: &Tree) -> Vec<Entry> {
        tree.nodes()
            .filter_map(|(_, node)| match &node.kind {
                Kind::Mapping(mapping) => Some(mapping.entries.clone()),
                _ => None,
            })
            .flatten()
            .collect()
    }

    #[test]
    fn trailing_commas_and_lines_stay_outside_of_the_members() {
        let text = "[ a , # x\n  [], {b: c, } ,\n]";
        assert_eq!(spans(text), [text, "a", "[]", "{b: c, }", "b", "c"]);
    }

    #[test]
    fn a_pair_without_braces_spans_key_and_value() {
        assert_eq!(spans("[a: b, c]"), ["[a: b, c]", "a: b", "a", "b", "c"]);
        assert_eq!(spans("[{a: b}: c]"), ["[{a: b}: c]", "{a: b}: c", "{a: b}", "a", "b", "c"]);
        assert_eq!(spans("[? a : b]"), ["[? a : b]", "? a : b", "a", "b"]);
        assert_eq!(spans("[&x a: b]"), ["[&x a: b]", "&x a: b", "a", "b"]);
        assert_eq!(spans("[{a: b}]"), ["[{a: b}]", "{a: b}", "a", "b"]);
    }

    #[test]
    fn a_colon_is_noted_where_it_stands_or_not_at_all() {
        let tree = tree("{a, b: , \"c\":d, ? e : f, : g}");
        let found: Vec<_> = entries(&tree).iter().map(|entry| (entry.colon, entry.explicit)).collect();
        assert_eq!(
            found,
            [(None, false), (Some(5), false), (Some(12), false), (Some(20), true), (Some(25), false)]
        );
    }

    #[test]
    fn an_empty_value_stands_behind_its_colon_or_its_key() {
        let text = "{a, b: , c: d}";
        let tree = tree(text);
        let places: Vec<usize> =
            entries(&tree).iter().map(|entry| tree.node(entry.value).span.start).collect();
        assert_eq!(places, [2, 6, 12]);
    }
}
