//! What must hold for every tree, checked from outside by other means than the reader's.

use hardtack::syntax::yaml::{Kind, Node, NodeId, ScalarStyle, Tree};
use hardtack::text::TextRange;
use std::collections::HashSet;

/// Checks everything that `Tree` promises; panics with `name` and the offence.
pub fn check(name: &str, source: &str, tree: &Tree) {
    assert_eq!(tree.text(), source, "{name}: the text is not the source");
    let checker = Checker { name, source, tree };
    checker.nesting();
    checker.coverage();
    for (id, node) in tree.nodes() {
        checker.node(id, node);
    }
}

struct Checker<'a> {
    name: &'a str,
    source: &'a str,
    tree: &'a Tree,
}

impl Checker<'_> {
    fn holds(&self, condition: bool, what: &str, at: usize) {
        assert!(condition, "{}: {what} at {} (byte {at})", self.name, self.tree.locate(at));
    }

    fn slice(&self, range: TextRange) -> &str {
        match self.source.get(range.start..range.end) {
            Some(slice) => slice,
            None => panic!("{}: {range:?} is no part of the text", self.name),
        }
    }

    fn node(&self, id: NodeId, node: &Node) {
        let (span, full) = (node.span, node.full());
        self.slice(full);
        self.holds(full.contains_range(span), "a span is outside its full span", span.start);
        self.holds(full.end == span.end, "a full span ends elsewhere", span.end);
        for (property, sign) in [(node.anchor(), '&'), (node.tag(), '!')] {
            let Some(range) = property else { continue };
            self.holds(full.contains_range(range), "a property is outside", range.start);
            self.holds(range.end <= span.start, "a property is behind its node", range.start);
            self.holds(self.slice(range).starts_with(sign), "no property", range.start);
        }
        // Counting from the line's start is quadratic in one long line, so only short ones are counted.
        let line = self.tree.lines().line_of(span.start);
        if span.start - self.tree.lines().line_start(line) < 2_000 {
            let column = self.tree.locate(span.start).column - 1;
            self.holds(node.column == column, "a column is wrong", span.start);
        }
        self.token(id, node);
    }

    fn token(&self, id: NodeId, node: &Node) {
        let (slice, at) = (self.slice(node.span), node.span.start);
        let enclosed =
            |open: char, close: char| slice.len() >= 2 && slice.starts_with(open) && slice.ends_with(close);
        let found = match &node.kind {
            Kind::Alias(target) => {
                let anchor = self.tree.node(*target).anchor();
                let name = anchor.map(|anchor| &self.slice(anchor)[1..]);
                *target < id && slice.strip_prefix('*') == name
            }
            Kind::Sequence(sequence) if sequence.flow => enclosed('[', ']'),
            Kind::Sequence(_) => slice.starts_with('-'),
            Kind::Mapping(mapping) if mapping.flow => {
                enclosed('{', '}') || (mapping.entries.len() == 1 && self.is_item(node))
            }
            Kind::Mapping(_) => !slice.is_empty(),
            Kind::Scalar(scalar) => match scalar.style {
                ScalarStyle::SingleQuoted => enclosed('\'', '\''),
                ScalarStyle::DoubleQuoted => enclosed('"', '"'),
                ScalarStyle::Literal => slice.starts_with('|'),
                ScalarStyle::Folded => slice.starts_with('>'),
                ScalarStyle::Plain => {
                    slice.is_empty() == scalar.value.is_empty() && slice.trim_ascii() == slice
                }
            },
        };
        self.holds(found, "a span does not hold its token", at);
    }

    fn is_item(&self, node: &Node) -> bool {
        node.parent.is_some_and(|parent| self.tree.sequence(parent).is_some_and(|sequence| sequence.flow))
    }

    /// Children stand in order inside their parent, know it, and come after it in the arena.
    fn nesting(&self) {
        let mut reached = HashSet::new();
        for document in self.tree.documents() {
            self.holds(self.tree.node(document.root).parent.is_none(), "a root has a parent", 0);
            self.mark(document.root, &mut reached);
        }
        for (id, node) in self.tree.nodes() {
            let mut at = node.span.start;
            for (child, indicator) in children(node) {
                let inner = self.tree.node(child);
                self.holds(child > id && inner.parent == Some(id), "a child has another parent", at);
                self.holds(inner.document == node.document, "a child is in another document", at);
                if let Some(offset) = indicator {
                    self.holds(offset >= at, "an indicator is out of order", offset);
                    at = offset + 1;
                }
                self.holds(inner.full().start >= at, "a child is out of order", inner.full().start);
                at = inner.full().end;
                self.mark(child, &mut reached);
            }
            self.holds(at <= node.span.end, "a child sticks out of its parent", at);
            let is_block = match &node.kind {
                Kind::Mapping(mapping) => !mapping.flow,
                Kind::Sequence(sequence) => !sequence.flow,
                _ => false,
            };
            self.holds(!is_block || at == node.span.end, "a block does not end at its last child", at);
        }
        self.holds(reached.len() == self.tree.nodes().count(), "a node stands in no collection", 0);
    }

    fn mark(&self, id: NodeId, reached: &mut HashSet<NodeId>) {
        self.holds(reached.insert(id), "a node stands in two collections", 0);
    }

    /// Every byte belongs to a token or is blank, break, comma, question mark or part of a directive.
    fn coverage(&self) {
        let bytes = self.source.as_bytes();
        let mut free = vec![true; bytes.len()];
        let mut claim = |range: TextRange| {
            for slot in &mut free[range.start..range.end] {
                assert!(*slot, "{}: two tokens claim a byte of {range:?}", self.name);
                *slot = false;
            }
        };
        for (_, node) in self.tree.nodes() {
            let one = |offset: usize| TextRange::new(offset, offset + 1);
            node.anchor().into_iter().chain(node.tag()).for_each(&mut claim);
            children(node).filter_map(|(_, indicator)| indicator).map(one).for_each(&mut claim);
            match &node.kind {
                Kind::Scalar(_) | Kind::Alias(_) => claim(node.span),
                Kind::Sequence(_) | Kind::Mapping(_) => {
                    let slice = self.slice(node.span);
                    if slice.starts_with(['[', '{']) && self.is_bracketed(node) {
                        claim(one(node.span.start));
                        claim(one(node.span.end - 1));
                    }
                }
            }
        }
        for document in self.tree.documents() {
            for at in document.start_marker.into_iter().chain(document.end_marker) {
                claim(TextRange::new(at, at + 3));
            }
        }
        for comment in self.tree.comments() {
            self.holds(self.slice(*comment).starts_with('#'), "a comment has no #", comment.start);
            let in_header = (comment.start..comment.end).all(|at| !free[at]);
            if !in_header {
                free[comment.start..comment.end].fill(false);
            }
        }
        self.rest_is_trivia(&free);
    }

    /// Whether the brackets at the ends of a flow collection are its own, not those of its only key.
    fn is_bracketed(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Sequence(sequence) => sequence.flow,
            Kind::Mapping(mapping) => {
                let first = mapping.entries.first().map(|entry| self.tree.node(entry.key).full().start);
                mapping.flow && first != Some(node.span.start)
            }
            _ => false,
        }
    }

    fn rest_is_trivia(&self, free: &[bool]) {
        let mut at = 0;
        for line in self.source.split_inclusive('\n').flat_map(|line| line.split_inclusive('\r')) {
            let is_directive = line.starts_with('%');
            let is_marker = line.trim_end().trim_start_matches('\u{feff}') == "...";
            for (offset, character) in line.char_indices() {
                let place = at + offset;
                let fits = !free[place]
                    || is_directive
                    || is_marker
                    || matches!(character, ' ' | '\t' | '\n' | '\r' | ',' | '?')
                    || (character == '\u{feff}' && place == 0);
                self.holds(fits, &format!("{character:?} belongs to no token"), place);
            }
            at += line.len();
        }
    }
}

/// The children of a node in order, each with the offset of the indicator before it.
fn children(node: &Node) -> Box<dyn Iterator<Item = (NodeId, Option<usize>)> + '_> {
    match &node.kind {
        Kind::Sequence(sequence) => Box::new(sequence.items.iter().map(|item| (item.node, item.dash))),
        Kind::Mapping(mapping) => {
            Box::new(mapping.entries.iter().flat_map(|entry| [(entry.key, None), (entry.value, entry.colon)]))
        }
        _ => Box::new(std::iter::empty()),
    }
}
