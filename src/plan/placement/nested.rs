//! Values further down than the field, of which only the first keys may be there: `deploy.resources.limits`.

use super::{Place, Placement, amended, refusal};
use crate::model::compose::{Field, lookup};
use crate::plan::sight::{Places, Seen};
use crate::rule::{Operation, Refusal, RefusalCode};
use crate::syntax::yaml::NodeId;
use crate::syntax::{Change, Route, Segment, Value};
use std::rc::Rc;

/// How far the way leads in what is there.
enum Reached {
    /// To its end: what is there.
    End(Field),
    /// To a key that is missing: its number on the way, and what stands before it, as written.
    Gap(usize, NodeId),
}

impl Place<'_> {
    /// The effect is about a value at a way of keys.
    pub(super) fn nested(&self) -> Result<Placement, Refusal> {
        match (self.reach()?, &self.effect.operation) {
            (Reached::End(found), Operation::Set(value)) => self.existing_item(found.written, value),
            (Reached::Gap(depth, before), Operation::Set(value)) => {
                self.fill_gap(depth, before, value.clone())
            }
            (Reached::End(found), Operation::Remove) => self.remove_field(found),
            (Reached::Gap(..), Operation::Remove) => Err(self.missing()),
            (_, Operation::Append(_)) => Err(refusal(RefusalCode::Notation, "only whole fields can grow")),
        }
    }

    /// The keys of the way, of which the service's field is the first.
    fn keys(&self) -> Vec<&str> {
        self.effect
            .path
            .segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                Segment::Index(_) => None,
            })
            .collect()
    }

    /// Walks down as far as the way leads. An empty value is a mapping that has nothing yet.
    fn reach(&self) -> Result<Reached, Refusal> {
        let tree = self.tree();
        let keys = self.keys();
        let mut before = self.service.node;
        for (depth, key) in keys.iter().enumerate() {
            let Some(found) = lookup(tree, before, key) else { return Ok(Reached::Gap(depth, before)) };
            if depth + 1 == keys.len() {
                return Ok(Reached::End(found));
            }
            if let Some(tag) = tree.node(found.value).tag() {
                let message =
                    format!("`{key}` is tagged {}, which decides what becomes of it", tag.of(tree.text()));
                return Err(refusal(RefusalCode::Explicit, message));
            }
            if tree.mapping(found.value).is_none() && !tree.is_null(found.value) {
                let message = format!("`{key}` is no mapping; Compose refuses it");
                return Err(refusal(RefusalCode::Notation, message));
            }
            before = found.written;
        }
        Err(self.missing())
    }

    /// The key with number `depth` is not there: it goes into the mapping before it, or into one of the
    /// service's own in place of the alias that stands there, with all that is still to come in its value.
    fn fill_gap(&self, depth: usize, written: NodeId, value: Value) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let keys = self.keys();
        let (Some(key), rest) = (keys.get(depth), keys.get(depth + 1..).unwrap_or_default()) else {
            return Err(self.missing());
        };
        let value =
            rest.iter().rev().fold(value, |inner, key| Value::Mapping(vec![((*key).to_owned(), inner)]));
        let mapping = tree.resolve_alias(written);
        let entry = self.sight.of_entry(mapping, key);
        let seeing = further(&entry, rest);
        if self.all_want(&seeing) && self.sight.is_one_value(self.service.document, &entry) {
            return self.done(Change::Insert { route: tree.route(mapping).key(*key), value }, &seeing);
        }
        let here = further(&self.sight.of_entry(written, key), rest);
        if written != mapping && tree.mapping(mapping).is_some() && self.all_want(&here) {
            let value = amended(tree, written, key, value);
            return self.done(Change::Set { route: tree.route(written), value }, &here);
        }
        Err(self.anchored(&seeing))
    }
}

/// The places further down from some places.
fn further(places: &Places, rest: &[&str]) -> Places {
    let below = |path: &Route| rest.iter().fold(path.clone(), |path, key| path.key(*key));
    let further = places.iter().map(|place| match place {
        Seen::Service(name, path) => Seen::Service(name.clone(), below(path)),
        Seen::Elsewhere => Seen::Elsewhere,
    });
    Rc::new(further.collect())
}
