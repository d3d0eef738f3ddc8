//! The tree diff: whether two trees differ by exactly the declared changes, comments included.

use super::edit::attached_comments;
use super::encode::is_string_in_every_schema;
use super::{Entry, Item, Kind, NodeId, ScalarStyle, Tree};
use crate::syntax::{Change, Route, Segment, Value};
use crate::text::TextRange;
use std::collections::{HashMap, HashSet};

/// The first place where the tree after an edit is not what the changes declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the edited text differs from what was declared at `{route}`: {what}")]
pub struct Mismatch {
    /// Where, in the tree after the edit.
    pub route: Route,
    /// What is different.
    pub what: &'static str,
}

/// Proves that `after` is `before` with `changes` and nothing else.
///
/// Values, keys and their order, notation, quotes, anchors, aliases and tags of everything else are
/// the same, and every comment that was not attached to something removed still stands between the
/// same neighbours.
///
/// # Errors
/// The first difference that no change declares, or the first change that is not there.
pub fn verify(before: &Tree, after: &Tree, changes: &[Change]) -> Result<(), Mismatch> {
    if before.documents().len() != after.documents().len() {
        return Err(Mismatch { route: Route::root(), what: "the number of documents" });
    }
    let mut walk = Walk { before, after, matched: Vec::new() };
    for (number, (old, new)) in before.documents().iter().zip(after.documents()).enumerate() {
        let way = Way::Document(number);
        if old.start_marker.is_some() != new.start_marker.is_some()
            || old.end_marker.is_some() != new.end_marker.is_some()
        {
            return way.fail("the document's markers");
        }
        let declared = Declared::of(changes, number);
        walk.node(old.root, new.root, &declared, way)?;
    }
    let gone: HashSet<usize> = changes
        .iter()
        .filter(|change| matches!(change, Change::Remove { .. }))
        .flat_map(|change| attached_comments(before, change.route()))
        .map(|comment| comment.start)
        .collect();
    walk.comments(&gone)
}

/// The changes at and below one node.
#[derive(Default)]
struct Declared<'c> {
    set: Option<&'c Value>,
    removed: bool,
    inserted: Vec<(&'c str, &'c Value)>,
    appended: Vec<&'c Value>,
    keys: HashMap<&'c str, Declared<'c>>,
    items: HashMap<usize, Declared<'c>>,
}

impl<'c> Declared<'c> {
    fn of(changes: &'c [Change], document: usize) -> Self {
        let mut declared = Self::default();
        for change in changes.iter().filter(|change| change.route().document == document) {
            declared.add(change);
        }
        declared
    }

    fn add(&mut self, change: &'c Change) {
        let segments = &change.route().segments;
        match (change, segments.split_last()) {
            (Change::Insert { value, .. }, Some((Segment::Key(key), parent))) => {
                self.at(parent).inserted.push((key, value));
            }
            (Change::Append { value, .. }, _) => self.at(segments).appended.push(value),
            (Change::Set { value, .. }, _) => self.at(segments).set = Some(value),
            (Change::Remove { .. }, _) => self.at(segments).removed = true,
            (Change::Insert { .. }, _) => {}
        }
    }

    fn at(&mut self, segments: &'c [Segment]) -> &mut Self {
        segments.iter().fold(self, |node, segment| match segment {
            Segment::Key(key) => node.keys.entry(key).or_default(),
            Segment::Index(index) => node.items.entry(*index).or_default(),
        })
    }
}

/// The way to a node. It stays on the stack: only what is wrong somewhere needs a route.
#[derive(Clone, Copy)]
enum Way<'w> {
    Document(usize),
    Key(&'w Self, &'w str),
    Index(&'w Self, usize),
}

impl Way<'_> {
    fn route(&self) -> Route {
        match self {
            Self::Document(number) => Route::document(*number),
            Self::Key(parent, key) => parent.route().key(*key),
            Self::Index(parent, index) => parent.route().index(*index),
        }
    }

    fn fail(&self, what: &'static str) -> Result<(), Mismatch> {
        Err(Mismatch { route: self.route(), what })
    }
}

struct Walk<'t> {
    before: &'t Tree,
    after: &'t Tree,
    /// Starts of the nodes that stand in both trees, in source order.
    matched: Vec<(usize, usize)>,
}

impl Walk<'_> {
    fn node(&mut self, old: NodeId, new: NodeId, declared: &Declared, way: Way<'_>) -> Result<(), Mismatch> {
        let (before, after) = (self.before.node(old), self.after.node(new));
        // A block collection starts where its first child does, so it is no landmark of its own.
        if declared.set.is_none() && !is_block(&before.kind) {
            self.matched.push((before.full().start, after.full().start));
        }
        let old_text = |range: TextRange| range.of(self.before.text());
        let new_text = |range: TextRange| range.of(self.after.text());
        if before.anchor().map(old_text) != after.anchor().map(new_text) {
            return way.fail("an anchor");
        }
        if before.tag().map(old_text) != after.tag().map(new_text) {
            return way.fail("a tag");
        }
        if let Some(value) = declared.set {
            self.match_names(old, new);
            return if is_value(self.after, new, value) {
                Ok(())
            } else {
                way.fail("the value that was set")
            };
        }
        match (&before.kind, &after.kind) {
            (Kind::Scalar(a), Kind::Scalar(b)) if a == b && declared.inserted.is_empty() => Ok(()),
            (Kind::Alias(_), Kind::Alias(_)) => {
                let same = old_text(before.span) == new_text(after.span);
                if same { Ok(()) } else { way.fail("an alias") }
            }
            (Kind::Sequence(a), Kind::Sequence(b)) if a.flow == b.flow => {
                self.sequence(&a.items, &b.items, declared, way)
            }
            (Kind::Mapping(a), Kind::Mapping(b)) if a.flow == b.flow => {
                self.mapping(&a.entries, &b.entries, declared, way)
            }
            // An empty value that became the mapping of what was inserted below it.
            (Kind::Scalar(_), Kind::Mapping(b))
                if self.before.is_null(old) && !declared.inserted.is_empty() =>
            {
                self.mapping(&[], &b.entries, declared, way)
            }
            _ => way.fail("the kind or the value of a node that no change names"),
        }
    }

    /// The items of a list that became a mapping with these items as keys: what stands between them stays there.
    fn match_names(&mut self, old: NodeId, new: NodeId) {
        if let (Some(list), Some(mapping)) = (self.before.sequence(old), self.after.mapping(new))
            && !list.flow
            && !mapping.flow
        {
            let starts = list.items.iter().zip(&mapping.entries).map(|(item, entry)| {
                (self.before.node(item.node).full().start, self.after.node(entry.key).full().start)
            });
            self.matched.extend(starts);
        }
    }

    fn sequence(
        &mut self,
        old: &[Item],
        new: &[Item],
        declared: &Declared,
        way: Way<'_>,
    ) -> Result<(), Mismatch> {
        let is_removed = |index: &usize| declared.items.get(index).is_some_and(|node| node.removed);
        let kept: Vec<usize> = (0..old.len()).filter(|index| !is_removed(index)).collect();
        if new.len() != kept.len() + declared.appended.len() {
            return way.fail("the number of items");
        }
        for (position, index) in kept.iter().enumerate() {
            let empty = Declared::default();
            let below = declared.items.get(index).unwrap_or(&empty);
            self.node(old[*index].node, new[position].node, below, Way::Index(&way, position))?;
        }
        for (position, value) in declared.appended.iter().enumerate() {
            if !is_value(self.after, new[kept.len() + position].node, value) {
                return way.fail("an item that was appended");
            }
        }
        Ok(())
    }

    fn mapping(
        &mut self,
        old: &[Entry],
        new: &[Entry],
        declared: &Declared,
        way: Way<'_>,
    ) -> Result<(), Mismatch> {
        let inserted = |entry: &&Entry| {
            let key = self.after.key_text(entry);
            declared.inserted.iter().find(|(name, _)| Some(*name) == key).copied()
        };
        let added: Vec<_> =
            new.iter().filter_map(|entry| inserted(&entry).map(|(_, value)| (entry, value))).collect();
        if added.len() != declared.inserted.len() {
            return way.fail("the entries that were inserted");
        }
        for (entry, value) in &added {
            if !is_value(self.after, entry.value, value) {
                return way.fail("the value of an entry that was inserted");
            }
        }
        let is_removed = |entry: &&Entry| {
            let key = self.before.key_text(entry).unwrap_or_default();
            declared.keys.get(key).is_some_and(|node| node.removed)
        };
        let kept: Vec<_> = old.iter().filter(|entry| !is_removed(entry)).collect();
        let stayed: Vec<_> = new.iter().filter(|entry| inserted(entry).is_none()).collect();
        if kept.len() != stayed.len() {
            return way.fail("the number of entries");
        }
        for (a, b) in kept.into_iter().zip(stayed) {
            let empty = Declared::default();
            let key = self.before.key_text(a).unwrap_or_default();
            let below = declared.keys.get(key).unwrap_or(&empty);
            let way = Way::Key(&way, key);
            if a.explicit != b.explicit || a.colon.is_some() != b.colon.is_some() {
                return way.fail("the notation of a key");
            }
            self.node(a.key, b.key, &empty, way)?;
            self.node(a.value, b.value, below, way)?;
        }
        Ok(())
    }

    /// Every comment stands behind the same number of nodes that both trees share.
    fn comments(&mut self, gone: &HashSet<usize>) -> Result<(), Mismatch> {
        let mut old_starts: Vec<usize> = self.matched.iter().map(|(old, _)| *old).collect();
        let mut new_starts: Vec<usize> = self.matched.iter().map(|(_, new)| *new).collect();
        old_starts.sort_unstable();
        new_starts.sort_unstable();
        let old = self.before.comments().iter().filter(|comment| !gone.contains(&comment.start));
        let old: Vec<_> = old.copied().collect();
        let new = self.after.comments();
        let place = |starts: &[usize], offset: usize| starts.partition_point(|start| *start < offset);
        let same = old.len() == new.len()
            && old.iter().zip(new).all(|(a, b)| {
                a.of(self.before.text()) == b.of(self.after.text())
                    && place(&old_starts, a.start) == place(&new_starts, b.start)
            });
        if same { Ok(()) } else { Err(Mismatch { route: Route::root(), what: "a comment" }) }
    }
}

fn is_block(kind: &Kind) -> bool {
    match kind {
        Kind::Mapping(mapping) => !mapping.flow,
        Kind::Sequence(sequence) => !sequence.flow,
        Kind::Scalar(_) | Kind::Alias(_) => false,
    }
}

/// Whether a node is what a change wants to be written.
fn is_value(tree: &Tree, id: NodeId, value: &Value) -> bool {
    let node = tree.node(id);
    match (&node.kind, value) {
        (_, Value::Null) => tree.is_null(id),
        (Kind::Scalar(scalar), Value::String(text)) => {
            let quoted = scalar.style != ScalarStyle::Plain || node.tag().is_some();
            &*scalar.value == text && (quoted || is_string_in_every_schema(text))
        }
        (Kind::Scalar(scalar), Value::Bool(flag)) => {
            scalar.style == ScalarStyle::Plain && *scalar.value == *flag.to_string()
        }
        (Kind::Scalar(scalar), Value::Integer(number)) => {
            scalar.style == ScalarStyle::Plain && *scalar.value == *number.to_string()
        }
        (Kind::Alias(_), Value::Alias(name)) => node.span.of(tree.text()).strip_prefix('*') == Some(name),
        (Kind::Sequence(sequence), Value::Sequence(values)) => {
            sequence.items.len() == values.len()
                && sequence.items.iter().zip(values).all(|(item, value)| is_value(tree, item.node, value))
        }
        (Kind::Mapping(mapping), Value::Mapping(values)) => {
            mapping.entries.len() == values.len()
                && mapping.entries.iter().zip(values).all(|(entry, (key, value))| {
                    tree.key_text(entry) == Some(key) && is_value(tree, entry.value, value)
                })
        }
        _ => false,
    }
}
