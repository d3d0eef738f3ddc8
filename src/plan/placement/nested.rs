//! Values further down than the field, of which only the first keys may be there: `deploy.resources.limits`.

use super::{Place, Placement, refusal};
use crate::model::compose::{Field, lookup_in, merge_chain};
use crate::plan::sight::{Sight, chain_at};
use crate::rule::{Operation, Refusal, RefusalCode};
use crate::syntax::yaml::{Kind, NodeId};
use crate::syntax::{Change, Segment, Value};
use std::collections::BTreeSet;

/// How far the way leads in what is there.
enum Reached {
    /// To its end: what is there.
    End(Field),
    /// To a key that is missing, with its number on the way.
    Gap(usize),
}

impl Place<'_> {
    /// The effect is about a value at a way of keys.
    pub(super) fn nested(&self) -> Result<Placement, Refusal> {
        match (self.reach()?, &self.effect.operation) {
            (Reached::End(found), Operation::Set(value)) => self.set_nested(found, value),
            (Reached::Gap(depth), Operation::Set(value)) => self.fill_gap(depth, value.clone()),
            (Reached::End(found), Operation::Remove) => self.remove_nested(found),
            (Reached::Gap(_), Operation::Remove) => Err(self.missing()),
            (_, Operation::Append(_)) => Err(refusal(RefusalCode::Notation, "only whole fields can grow")),
        }
    }

    fn way(&self) -> &[Segment] {
        &self.effect.path.segments
    }

    fn key(&self, depth: usize) -> &str {
        match self.way().get(depth) {
            Some(Segment::Key(key)) => key,
            _ => "",
        }
    }

    /// Who sees the key with this number on the way.
    fn sight_at(&self, depth: usize) -> Result<&Sight, Refusal> {
        (self.sights)(&self.way()[..=depth]).ok_or_else(|| self.missing())
    }

    /// Walks down as far as the way leads. An empty value is a mapping that has nothing yet.
    fn reach(&self) -> Result<Reached, Refusal> {
        let tree = self.tree();
        let mut chain = self.service.chain();
        for depth in 0..self.way().len() {
            let Some(found) = lookup_in(tree, &chain, self.key(depth)) else {
                return Ok(Reached::Gap(depth));
            };
            if depth + 1 == self.way().len() {
                return Ok(Reached::End(found));
            }
            if let Some(tag) = tree.node(found.value).tag {
                let tag = tag.of(tree.text());
                let message =
                    format!("`{}` is tagged {tag}, which decides what becomes of it", self.key(depth));
                return Err(refusal(RefusalCode::Explicit, message));
            }
            if tree.mapping(found.value).is_none() && !tree.is_null(found.value) {
                let message = format!("`{}` is no mapping; Compose refuses it", self.key(depth));
                return Err(refusal(RefusalCode::Notation, message));
            }
            chain = merge_chain(tree, found.value);
        }
        Err(self.missing())
    }

    /// The value is there and changes: for everyone who sees it, or in place of the alias that brings it.
    fn set_nested(&self, found: Field, value: &Value) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let last = self.way().len() - 1;
        let seeing = self.sight_at(last)?.of_value(found.value);
        if self.all_want(&seeing) {
            return self.done(Change::Set { route: tree.route(found.value), value: value.clone() }, seeing);
        }
        let beside = self.sight_at(last)?.of_mapping(found.mapping);
        if found.written != found.value && self.all_want(&beside) {
            return self.done(Change::Set { route: tree.route(found.written), value: value.clone() }, beside);
        }
        Err(self.anchored(&seeing))
    }

    fn remove_nested(&self, found: Field) -> Result<Placement, Refusal> {
        let seeing = self.sight_at(self.way().len() - 1)?.of_mapping(found.mapping);
        if !self.all_want(&seeing) {
            return Err(self.anchored(&seeing));
        }
        self.done(Change::Remove { route: self.tree().route(found.written) }, seeing)
    }

    /// The key with number `depth` is not there: it goes into the mapping before it, with all that is still
    /// to come in its value.
    fn fill_gap(&self, depth: usize, value: Value) -> Result<Placement, Refusal> {
        let value = (depth + 1..self.way().len())
            .rev()
            .fold(value, |inner, below| Value::Mapping(vec![(self.key(below).to_owned(), inner)]));
        if depth == 0 {
            return self.own_field(value);
        }
        let tree = self.tree();
        let before = chain_at(&self.service, &self.way()[..depth - 1]).ok_or_else(|| self.missing())?;
        let parent = lookup_in(tree, &before, self.key(depth - 1)).ok_or_else(|| self.missing())?;
        let seeing = self.seeing_gap(depth, parent.value)?;
        if self.all_want(&seeing) && self.sight_at(depth)?.is_one_for(self.service.document, &seeing) {
            let route = tree.route(parent.value).key(self.key(depth));
            return self.done(Change::Insert { route, value }, seeing);
        }
        // An alias gives way to a mapping of its own that merges what the alias stood for.
        let beside = self.sight_at(depth - 1)?.of_mapping(parent.mapping);
        match tree.node(parent.written).kind {
            Kind::Alias(_) if tree.mapping(parent.value).is_some() && self.all_want(&beside) => {
                let name = tree.node(parent.written).span.of(tree.text()).trim_start_matches('*').to_owned();
                let merged = Value::Mapping(vec![
                    ("<<".to_owned(), Value::Alias(name)),
                    (self.key(depth).to_owned(), value),
                ]);
                self.done(Change::Set { route: tree.route(parent.written), value: merged }, beside)
            }
            _ => Err(self.anchored(&seeing)),
        }
    }

    /// The services for which a key counts that is written into the value before the gap.
    fn seeing_gap(&self, depth: usize, parent: NodeId) -> Result<BTreeSet<String>, Refusal> {
        if self.tree().is_null(parent) {
            return Ok(self.sight_at(depth - 1)?.of_value(parent));
        }
        Ok(self.sight_at(depth)?.of_mapping(parent))
    }
}
