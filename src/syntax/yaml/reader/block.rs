//! Collections: which style they have, and the block style itself.

use super::{Place, Reader};
use crate::syntax::yaml::error::Fault;
use crate::syntax::yaml::event::{Event, EventKind};
use crate::syntax::yaml::tree::{Entry, Item, Kind, Mapping, NodeId, Sequence};
use crate::text::TextRange;

impl Reader<'_> {
    pub(super) fn sequence(
        &mut self,
        id: NodeId,
        event: &Event,
        place: Place,
    ) -> Result<(Kind, TextRange), Fault> {
        self.skip_trivia();
        let start = self.at;
        let flow = self.byte() == Some(b'[');
        if event.flow.is_some_and(|told| told != flow) {
            return Err(self.disagreement("a sequence has another style than the parser says"));
        }
        let mut items = if flow {
            self.check_start(start, event.start)?;
            self.flow_items(id, place)?
        } else {
            self.block_items(id, place)?
        };
        items.shrink_to_fit();
        Ok((Kind::Sequence(Sequence { flow, items }), TextRange::new(start, self.at)))
    }

    pub(super) fn mapping(
        &mut self,
        id: NodeId,
        event: &Event,
        place: Place,
    ) -> Result<(Kind, TextRange), Fault> {
        self.skip_trivia();
        let start = self.at;
        let braces = self.is_braced(event, place);
        let mut entries = if braces {
            self.flow_entries(id, place)?
        } else if place.flow {
            self.single_pair(id, place)?
        } else {
            self.block_entries(id, place)?
        };
        entries.shrink_to_fit();
        let flow = braces || place.flow;
        Ok((Kind::Mapping(Mapping { flow, entries }), TextRange::new(start, self.at)))
    }

    /// Whether the brace here, if there is one, belongs to this mapping, and not to its first key, as in
    /// `{a: b}: c` and `[{a: b}: c]`.
    ///
    /// A mapping with braces starts at its brace for every parser. One without starts at the colon for
    /// `yaml-rust2`, and at the first key for `granit-parser`; that key's own event then comes next, with
    /// the same start.
    fn is_braced(&self, event: &Event, place: Place) -> bool {
        let told_block = event.flow == Some(false);
        let key_has_it = || {
            self.peek().is_some_and(|next| next.kind == EventKind::MappingStart && next.start == event.start)
        };
        self.byte() == Some(b'{') && !told_block && event.start == self.at && !(place.flow && key_has_it())
    }

    fn block_items(&mut self, id: NodeId, around: Place) -> Result<Vec<Item>, Fault> {
        if around.flow {
            return Err(self.disagreement("a block sequence stands inside brackets"));
        }
        let column = self.columns.column(self.at);
        let place = Place { parent: Some(id), indent: Some(column), flow: false };
        let mut items = Vec::new();
        while items.is_empty() || !self.take_event(&EventKind::SequenceEnd) {
            self.skip_trivia();
            let dash = self.at;
            self.expect(b'-', "a `-` was expected")?;
            if !self.is_separator(self.at) || self.columns.column(dash) != column {
                return Err(self.disagreement("a `-` stands out of line"));
            }
            items.push(Item { dash: Some(dash), node: self.node(place)? });
        }
        Ok(items)
    }

    fn block_entries(&mut self, id: NodeId, around: Place) -> Result<Vec<Entry>, Fault> {
        let column = self.columns.column(self.at);
        let place = Place { parent: Some(id), indent: Some(column), ..around };
        let mut entries = Vec::new();
        while entries.is_empty() || !self.take_event(&EventKind::MappingEnd) {
            self.skip_trivia();
            if self.columns.column(self.at) != column {
                return Err(self.disagreement("a key stands out of line"));
            }
            let explicit = self.byte() == Some(b'?') && self.is_separator(self.at + 1);
            if explicit {
                self.at += 1;
            }
            let key = self.node(place)?;
            let colon = self.block_colon(explicit, column)?;
            let value = self.node(place)?;
            entries.push(Entry { key, value, colon, explicit });
        }
        Ok(entries)
    }

    /// Steps over the colon behind a key. A key with `?` may have none; its colon stands in the column of
    /// the mapping, and a colon that no white space follows belongs to the next key.
    fn block_colon(&mut self, explicit: bool, column: usize) -> Result<Option<usize>, Fault> {
        let key_end = self.at;
        self.skip_trivia();
        let colon = self.at;
        let found = self.byte() == Some(b':')
            && self.is_separator(colon + 1)
            && (!explicit || self.columns.column(colon) == column);
        match (found, explicit) {
            (true, _) => self.at += 1,
            // Without a colon the empty value stands right behind the key.
            (false, true) => self.at = key_end,
            (false, false) => return Err(self.disagreement("a colon was expected")),
        }
        Ok(found.then_some(colon))
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::Kind;
    use crate::syntax::yaml::reader::sample::{spans, tree};

    /// For each entry of each mapping: the offset of its colon, and whether its key has a `?`.
    fn colons(text: &str) -> Vec<(Option<usize>, bool)> {
        let tree = tree(text);
        tree.nodes()
            .filter_map(|(_, node)| match &node.kind {
                Kind::Mapping(mapping) => Some(&mapping.entries),
                _ => None,
            })
            .flatten()
            .map(|entry| (entry.colon, entry.explicit))
            .collect()
    }

    #[test]
    fn a_block_ends_with_its_last_descendant() {
        let text = "a:\n  b:\n  - c # x\n\n# y\nd:\n- e\n";
        assert_eq!(spans(text)[2], "b:\n  - c");
        assert_eq!(spans(text)[0], "a:\n  b:\n  - c # x\n\n# y\nd:\n- e");
        assert_eq!(spans("a:\n  b:\n\nc: 1\n")[2], "b:");
    }

    #[test]
    fn dashes_and_compact_collections_are_found() {
        let text = "- - a\n  -   b: 1\n      c:\n-\n  d\n-\n";
        assert_eq!(
            spans(text)[1..],
            ["- a\n  -   b: 1\n      c:", "a", "b: 1\n      c:", "b", "1", "c", "", "d", ""]
        );
        let tree = tree(text);
        let dashes: Vec<_> = tree
            .nodes()
            .filter_map(|(_, node)| match &node.kind {
                Kind::Sequence(sequence) => Some(&sequence.items),
                _ => None,
            })
            .flatten()
            .filter_map(|item| item.dash)
            .collect();
        assert_eq!(dashes, [0, 26, 32, 2, 8]);
    }

    #[test]
    fn an_explicit_key_may_lack_its_colon() {
        assert_eq!(colons("? a\n: b\n? c\n? d\n:\te\n"), [(Some(4), true), (None, true), (Some(16), true)]);
        assert_eq!(spans("? c\n? d\n")[1..], ["c", "", "d", ""]);
    }

    #[test]
    fn a_colon_that_nothing_separates_begins_the_next_key() {
        let text = "? a\n:b: c\n";
        assert_eq!(spans(text)[1..], ["a", "", ":b", "c"]);
        assert_eq!(colons(text), [(None, true), (Some(6), false)]);
    }

    #[test]
    fn the_colon_of_an_inner_mapping_is_not_the_outer_ones() {
        let text = "? a: b\n: c: d\n";
        assert_eq!(spans(text), ["? a: b\n: c: d", "a: b", "a", "b", "c: d", "c", "d"]);
        assert_eq!(colons(text), [(Some(7), true), (Some(3), false), (Some(10), false)]);
    }

    #[test]
    fn a_flow_collection_may_be_a_key() {
        assert_eq!(spans("{a: b}: c\n"), ["{a: b}: c", "{a: b}", "a", "b", "c"]);
        assert_eq!(spans("{{a: b}: c}: d\n")[..3], ["{{a: b}: c}: d", "{{a: b}: c}", "{a: b}"]);
        assert_eq!(spans("[a]: b\n"), ["[a]: b", "[a]", "a", "b"]);
        assert_eq!(spans("&x {a: b}: c\n")[..2], ["&x {a: b}: c", "{a: b}"]);
    }

    #[test]
    fn a_key_may_be_empty_quoted_or_apart_from_its_colon() {
        assert_eq!(spans(": a\n\"b\" : c\nd  :\n")[1..], ["", "a", "\"b\"", "c", "d", ""]);
    }
}
