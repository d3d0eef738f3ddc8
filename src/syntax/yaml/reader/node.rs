//! One node: which kind it is, and its place in the arena.

use super::{Place, Reader};
use crate::syntax::yaml::error::{Fault, ReadErrorKind};
use crate::syntax::yaml::event::{Event, EventKind};
use crate::syntax::yaml::tree::{Kind, Node, NodeId, Properties, Scalar, ScalarStyle, Sequence};
use crate::text::TextRange;

impl Reader<'_> {
    /// Reads the node that the next event begins, and leaves the walk at its end.
    ///
    /// The arena gets the node before its children, and the anchor is known from then on.
    pub(super) fn node(&mut self, place: Place) -> Result<NodeId, Fault> {
        let event = self.next_event()?;
        let properties = self.properties(&event)?;
        let id = self.reserve(place, properties, &event)?;
        let (kind, span) = match event.kind {
            EventKind::Scalar(value, style) => self.scalar(value, style, event.start, place)?,
            EventKind::Alias => self.alias(id, &event)?,
            EventKind::SequenceStart => self.sequence(id, &event, place)?,
            EventKind::MappingStart => self.mapping(id, &event, place)?,
            _ => return Err(self.disagreement("a node was expected")),
        };
        self.complete(id, kind, span);
        Ok(id)
    }

    /// Gives the node its number. What it is stays open until it has been read.
    fn reserve(&mut self, place: Place, properties: Properties, event: &Event) -> Result<NodeId, Fault> {
        let number = u32::try_from(self.parts.nodes.len())
            .map_err(|_| self.disagreement("there are more nodes than can be numbered"))?;
        let id = NodeId(number);
        self.parts.nodes.push(Node {
            kind: Kind::Sequence(Sequence { flow: false, items: Vec::new() }),
            span: TextRange::empty(self.at),
            properties: (properties != Properties::default()).then(|| Box::new(properties)),
            column: 0,
            parent: place.parent,
            document: self.parts.documents.len(),
        });
        if let Some(anchor) = properties.anchor {
            let name = self.text.get(anchor.start + 1..anchor.end).unwrap_or_default();
            self.anchors.insert(name, id);
            self.anchor_numbers.insert(event.anchor, id);
        }
        Ok(id)
    }

    fn complete(&mut self, id: NodeId, kind: Kind, span: TextRange) {
        let column = self.columns.column(span.start);
        if let Some(node) = self.parts.nodes.get_mut(id.index()) {
            node.kind = kind;
            node.span = span;
            node.column = column;
        }
    }

    fn scalar(
        &mut self,
        value: Box<str>,
        style: ScalarStyle,
        told: usize,
        place: Place,
    ) -> Result<(Kind, TextRange), Fault> {
        // An empty value stands right behind its indicator or its properties: here.
        if style == ScalarStyle::Plain && value.is_empty() {
            return Ok((Kind::Scalar(Scalar { value, style }), TextRange::empty(self.at)));
        }
        self.skip_trivia();
        let start = self.at;
        let mut value = value;
        match style {
            ScalarStyle::Plain => self.plain(&value)?,
            ScalarStyle::SingleQuoted => self.single_quoted()?,
            ScalarStyle::DoubleQuoted => self.double_quoted()?,
            ScalarStyle::Literal | ScalarStyle::Folded => value = self.block_scalar(value, style, place)?,
        }
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            self.check_start(start, told)?;
        }
        Ok((Kind::Scalar(Scalar { value, style }), TextRange::new(start, self.at)))
    }

    /// The parser must have seen the token where the walk found it.
    pub(super) fn check_start(&self, start: usize, told: usize) -> Result<(), Fault> {
        if told == start {
            return Ok(());
        }
        let what = "a token stands at another place than the parser says";
        Err(Fault::new(ReadErrorKind::Disagreement(what), start))
    }

    fn alias(&mut self, id: NodeId, event: &Event) -> Result<(Kind, TextRange), Fault> {
        self.skip_trivia();
        if self.byte() != Some(b'*') {
            return Err(self.disagreement("an alias was expected"));
        }
        let span = self.property();
        self.check_start(span.start, event.start)?;
        let name = self.text.get(span.start + 1..span.end).unwrap_or_default();
        let fault = |kind| Fault::new(kind, span.start);
        let Some(target) = self.anchors.get(name).copied() else {
            return Err(fault(ReadErrorKind::UndefinedAlias(name.to_owned())));
        };
        if self.anchor_numbers.get(&event.anchor) != Some(&target) {
            return Err(fault(ReadErrorKind::Disagreement("an alias means two different nodes")));
        }
        if self.is_inside(id, target) {
            return Err(fault(ReadErrorKind::RecursiveAlias(name.to_owned())));
        }
        Ok((Kind::Alias(target), span))
    }

    /// Whether `id` is `ancestor` or stands below it; takes as many steps as the node is deep.
    fn is_inside(&self, id: NodeId, ancestor: NodeId) -> bool {
        let parent = |id: &NodeId| self.parts.nodes.get(id.index()).and_then(|node| node.parent);
        std::iter::successors(Some(id), parent).any(|at| at == ancestor)
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::yaml::reader::sample::{refusal, spans, tree};
    use crate::syntax::yaml::{Kind, ReadErrorKind};

    #[test]
    fn an_alias_means_the_last_anchor_of_its_name() {
        let tree = tree("- &a x\n- *a\n- &a y\n- *a\n");
        let meant: Vec<&str> = tree
            .nodes()
            .filter(|(_, node)| matches!(node.kind, Kind::Alias(_)))
            .filter_map(|(id, _)| tree.scalar(tree.resolve_alias(id)).map(|scalar| &*scalar.value))
            .collect();
        assert_eq!(meant, ["x", "y"]);
    }

    #[test]
    fn an_alias_may_be_a_key() {
        assert_eq!(spans("- &a x\n- *a : y\n"), ["- &a x\n- *a : y", "x", "*a : y", "*a", "y"]);
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_refused() {
        let recursive = |name: &str| ReadErrorKind::RecursiveAlias(name.to_owned());
        assert_eq!(refusal("&a [*a]"), (recursive("a"), 4));
        assert_eq!(refusal("x: &b\n  y:\n  - *b\n"), (recursive("b"), 15));
        // Not inside: the inner anchor has the name by then.
        assert_eq!(spans("&a [&a x, *a]").len(), 3);
    }

    #[test]
    fn an_anchor_of_another_document_is_not_known() {
        let unknown = ReadErrorKind::UndefinedAlias("a".to_owned());
        assert_eq!(refusal("&a x\n---\n*a\n"), (unknown, 9));
    }

    #[test]
    fn columns_count_characters_and_not_the_byte_order_mark() {
        let tree = tree("\u{feff}é: ü\n😀: [x, y]\n");
        let columns: Vec<usize> = tree.nodes().map(|(_, node)| node.column).collect();
        assert_eq!(columns, [0, 0, 3, 0, 3, 4, 7]);
    }
}
