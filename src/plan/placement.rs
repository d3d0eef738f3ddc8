//! From effects to changes: where in the source an effect is brought about.
//!
//! This is the one place that knows of anchors, aliases, merge keys and shared text. Its order of
//! preference: the service's own key; the shared definition, if every service that sees it wants the
//! same; a local override. What none of these can do without touching another service is refused.

mod nested;

use super::sight::{Places, Seen, Sight};
use crate::model::compose::{ComposeFile, Field, Service};
use crate::rule::{Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::yaml::{Kind, NodeId, Tree};
use crate::syntax::{Change, Route, Segment, Value};
use std::collections::BTreeSet;

/// The changes that bring about one effect, and what else they make true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) changes: Vec<Change>,
    /// The services, and the paths in them, that the effect becomes true for, the one that asked included.
    pub(super) places: BTreeSet<(String, Route)>,
}

/// Finds the place of an effect. `wanted` says whether the same is wanted at a path of some service, since text
/// that several places share may change only if all of them want it.
pub(super) fn place(
    file: &ComposeFile,
    effect: &ServiceEffect,
    sight: &Sight<'_>,
    wanted: &dyn Fn(&str, &Route) -> bool,
) -> Result<Placement, Refusal> {
    let mut named =
        file.services_named(&effect.service).filter(|service| service.document == effect.document);
    let service = named.next().ok_or_else(|| refusal(RefusalCode::Notation, "there is no such service"))?;
    let place = Place { file, service, effect, sight, wanted };
    let all_keys = effect.path.segments.iter().all(|segment| matches!(segment, Segment::Key(_)));
    match (service.field(effect.field()), effect.path.segments.len()) {
        (_, 2..) if all_keys => place.nested(),
        (None, 1) => place.new_field(&effect.operation),
        (Some(found), 1) => place.existing_field(found, &effect.operation),
        (Some(found), _) => place.inside_field(found),
        (None, _) => Err(refusal(RefusalCode::Notation, format!("there is no `{}`", effect.field()))),
    }
}

struct Place<'a> {
    file: &'a ComposeFile,
    service: Service<'a>,
    effect: &'a ServiceEffect,
    sight: &'a Sight<'a>,
    wanted: &'a dyn Fn(&str, &Route) -> bool,
}

impl Place<'_> {
    fn tree(&self) -> &Tree {
        &self.file.tree
    }

    fn all_want(&self, places: &Places) -> bool {
        places.iter().all(|place| match place {
            Seen::Service(name, path) => self.is_here(name, path) || (self.wanted)(name, path),
            Seen::Elsewhere => false,
        })
    }

    /// Whether a place is the one that the effect is about.
    fn is_here(&self, service: &str, path: &Route) -> bool {
        service == self.service.name && *path == self.effect.path
    }

    fn done(&self, change: Change, places: &Places) -> Result<Placement, Refusal> {
        let places = places.iter().filter_map(|place| match place {
            Seen::Service(name, path) => Some((name.clone(), path.clone())),
            Seen::Elsewhere => None,
        });
        Ok(Placement { changes: vec![change], places: places.collect() })
    }

    fn alone(&self, change: Change) -> Result<Placement, Refusal> {
        let place = (self.service.name.to_owned(), self.effect.path.clone());
        Ok(Placement { changes: vec![change], places: BTreeSet::from([place]) })
    }

    fn anchored(&self, places: &Places) -> Refusal {
        let name = |place: &Seen| match place {
            Seen::Service(name, path) if self.is_here(name, path) => None,
            Seen::Service(name, path) if *name == self.service.name => Some(format!("its `{path}`")),
            Seen::Service(name, _) => Some(format!("`{name}`")),
            Seen::Elsewhere => Some("another place of the file".to_owned()),
        };
        let others: BTreeSet<String> = places.iter().filter_map(name).collect();
        refusal(
            RefusalCode::Anchored,
            format!(
                "the text is shared through an anchor with {}, which must stay as it is; write the value out for `{}`",
                list(&others),
                self.service.name
            ),
        )
    }

    /// The service has no such field yet.
    fn new_field(&self, operation: &Operation) -> Result<Placement, Refusal> {
        let value = match operation {
            Operation::Set(value) => value.clone(),
            Operation::Append(item) => Value::Sequence(vec![item.clone()]),
            Operation::Remove => return Err(self.missing()),
        };
        self.own_field(value)
    }

    /// Writes the field into the service's own mapping; an aliased service gets a mapping of its own
    /// that merges the shared one, if not everyone who shares it wants the field.
    fn own_field(&self, value: Value) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let own = tree.resolve_alias(self.service.node);
        let seeing = self.sight.of_entry(own, self.effect.field());
        if self.all_want(&seeing) && self.sight.is_one_value(self.service.document, &seeing) {
            let route = tree.route(own).key(self.effect.field());
            return self.done(Change::Insert { route, value }, &seeing);
        }
        let Kind::Alias(_) = tree.node(self.service.node).kind else {
            return Err(self.anchored(&seeing));
        };
        let field = self.effect.field();
        self.alone(Change::Set {
            route: self.service.route(),
            value: amended(tree, self.service.node, field, value),
        })
    }

    /// The field is there: its whole value changes, or its list grows.
    fn existing_field(&self, found: Field, operation: &Operation) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let route = tree.route(found.value);
        let change = match operation {
            Operation::Set(value) => Change::Set { route, value: value.clone() },
            Operation::Append(item)
                if tree.sequence(found.value).is_some_and(|list| !list.items.is_empty()) =>
            {
                Change::Append { route, value: item.clone() }
            }
            Operation::Append(item) if tree.is_null(found.value) || tree.sequence(found.value).is_some() => {
                Change::Set { route, value: Value::Sequence(vec![item.clone()]) }
            }
            Operation::Append(_) => {
                let message = format!("`{}` is no list; Compose refuses it", self.effect.field());
                return Err(refusal(RefusalCode::Notation, message));
            }
            Operation::Remove => return self.remove_field(found),
        };
        let seeing = self.sight.of_value(found.value);
        if self.all_want(&seeing) {
            return self.done(change, &seeing);
        }
        self.local_override(found, operation, &seeing)
    }

    /// The shared value stays; the service gets its own copy with the change.
    fn local_override(
        &self,
        found: Field,
        operation: &Operation,
        seeing: &Places,
    ) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let value = match operation {
            Operation::Set(value) => value.clone(),
            Operation::Append(item) => {
                let mut items = copy_of_list(tree, found.value).ok_or_else(|| self.anchored(seeing))?;
                items.push(item.clone());
                Value::Sequence(items)
            }
            Operation::Remove => return Err(self.anchored(seeing)),
        };
        let own = tree.resolve_alias(self.service.node);
        if found.mapping != own {
            return self.own_field(value);
        }
        // Its own key is an alias: the alias gives way, if the key itself is not shared.
        let written = self.sight.of_value(found.written);
        if found.written != found.value && self.all_want(&written) {
            let route = tree.route(found.written);
            return self.done(Change::Set { route, value }, &written);
        }
        Err(self.anchored(seeing))
    }

    /// The field goes, from the mapping that it is written in.
    fn remove_field(&self, found: Field) -> Result<Placement, Refusal> {
        let key = self.effect.path.last_key().unwrap_or_default();
        let seeing = self.sight.of_entry(found.mapping, key);
        if !self.all_want(&seeing) {
            return Err(self.anchored(&seeing));
        }
        self.done(Change::Remove { route: self.tree().route(found.written) }, &seeing)
    }

    /// An item of a list goes; of a shared list, the service gets a copy without it.
    fn remove_item(&self, found: Field, index: usize) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let items = tree.sequence(found.value).map(|list| &list.items).ok_or_else(|| self.missing())?;
        let item = items.get(index).ok_or_else(|| self.missing())?;
        let seeing = self.sight.of_value(item.node);
        if self.all_want(&seeing) {
            return self.done(Change::Remove { route: tree.route(item.node) }, &seeing);
        }
        let mut copy = copy_of_list(tree, found.value).ok_or_else(|| self.anchored(&seeing))?;
        copy.remove(index);
        let (own, field) = (tree.resolve_alias(self.service.node), self.effect.field());
        let is_own = |places: &Places| {
            let mut all = places.iter();
            all.all(|place| matches!(place, Seen::Service(name, _) if name == self.service.name))
        };
        let value = Value::Sequence(copy);
        if found.mapping != own && is_own(&self.sight.of_entry(own, field)) {
            return self.alone(Change::Insert { route: tree.route(own).key(field), value });
        }
        if found.written != found.value && is_own(&self.sight.of_value(found.written)) {
            return self.alone(Change::Set { route: tree.route(found.written), value });
        }
        Err(self.anchored(&seeing))
    }

    fn missing(&self) -> Refusal {
        refusal(RefusalCode::Notation, format!("there is no `{}`", self.effect.path))
    }

    /// The effect is about something inside the field: an item of a list, or a key of such an item.
    fn inside_field(&self, found: Field) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let missing = || self.missing();
        if let (Operation::Remove, [_, Segment::Index(index)]) =
            (&self.effect.operation, self.effect.path.segments.as_slice())
        {
            return self.remove_item(found, *index);
        }
        let Operation::Set(value) = &self.effect.operation else {
            return Err(refusal(RefusalCode::Notation, "only whole fields can grow"));
        };
        let (last, way) = self.effect.path.segments[1..].split_last().ok_or_else(missing)?;
        let mut written = found.written;
        for segment in way {
            written = step(tree, tree.resolve_alias(written), segment).ok_or_else(missing)?;
        }
        let at = tree.resolve_alias(written);
        match (step(tree, at, last), last) {
            (Some(item), _) => self.existing_item(item, value),
            (None, Segment::Key(key)) => self.new_key(written, key, value),
            (None, Segment::Index(_)) => Err(missing()),
        }
    }

    /// Sets what is there: the text itself, or the alias that stands for it here.
    fn existing_item(&self, item: NodeId, value: &Value) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let meant = tree.resolve_alias(item);
        let seeing = self.sight.of_value(meant);
        if self.all_want(&seeing) {
            return self.done(Change::Set { route: tree.route(meant), value: value.clone() }, &seeing);
        }
        let here = self.sight.of_value(item);
        if item != meant && self.all_want(&here) {
            return self.done(Change::Set { route: tree.route(item), value: value.clone() }, &here);
        }
        Err(self.anchored(&seeing))
    }

    /// Adds a key to a mapping: to its text, or to a copy in place of the alias that stands for it here.
    fn new_key(&self, written: NodeId, key: &str, value: &Value) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let mapping = tree.resolve_alias(written);
        let seeing = self.sight.of_entry(mapping, key);
        if self.all_want(&seeing) {
            let route = tree.route(mapping).key(key);
            return self.done(Change::Insert { route, value: value.clone() }, &seeing);
        }
        let here = self.sight.of_entry(written, key);
        if written != mapping && self.all_want(&here) {
            let route = tree.route(written);
            return self
                .done(Change::Set { route, value: amended(tree, written, key, value.clone()) }, &here);
        }
        Err(self.anchored(&seeing))
    }
}

/// A mapping that has what an alias stands for, and one more key.
fn amended(tree: &Tree, alias: NodeId, key: &str, value: Value) -> Value {
    let name = tree.node(alias).span.of(tree.text()).trim_start_matches('*').to_owned();
    Value::Mapping(vec![("<<".to_owned(), Value::Alias(name)), (key.to_owned(), value)])
}

fn step(tree: &Tree, at: NodeId, segment: &Segment) -> Option<NodeId> {
    match segment {
        Segment::Key(key) => tree.get(at, key),
        Segment::Index(index) => Some(tree.sequence(at)?.items.get(*index)?.node),
    }
}

/// The items of a list of strings; `None` if one is anything else.
fn copy_of_list(tree: &Tree, list: NodeId) -> Option<Vec<Value>> {
    let items = &tree.sequence(list)?.items;
    let copy = |item: &crate::syntax::yaml::Item| {
        let scalar = tree.scalar(tree.resolve_alias(item.node))?;
        Some(Value::String(scalar.value.to_string()))
    };
    items.iter().map(copy).collect()
}

fn refusal(code: RefusalCode, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message)
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "another place of the file".to_owned();
    }
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
