//! From effects to changes: where in the source an effect is brought about.
//!
//! This is the one place that knows of anchors, aliases, merge keys and shared text. Its order of
//! preference: the service's own key; the shared definition, if every service that sees it wants the
//! same; a local override. What none of these can do without touching another service is refused.

mod nested;

use super::sight::Sight;
use crate::model::compose::{ComposeFile, Field, Service};
use crate::rule::{Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::yaml::{Kind, NodeId, Tree};
use crate::syntax::{Change, Segment, Value};
use std::collections::BTreeSet;

/// The changes that bring about one effect, and what else they make true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) changes: Vec<Change>,
    /// The services that the effect becomes true for, the one that asked included.
    pub(super) services: BTreeSet<String>,
}

/// Who sees what at a place that an effect names, by the way to it.
pub(super) type Sights<'a> = dyn Fn(&[Segment]) -> Option<&'a Sight> + 'a;

/// Finds the place of an effect. `wanted` says whether the same effect is wanted for another service,
/// since text that several services share may change only if all of them want it.
pub(super) fn place<'a>(
    file: &'a ComposeFile,
    effect: &'a ServiceEffect,
    sights: &'a Sights<'a>,
    wanted: &'a dyn Fn(&str) -> bool,
) -> Result<Placement, Refusal> {
    let mut named =
        file.services_named(&effect.service).filter(|service| service.document == effect.document);
    let service = named.next().ok_or_else(|| refusal(RefusalCode::Notation, "there is no such service"))?;
    let sight = sights(&effect.path.segments[..effect.path.segments.len().min(1)])
        .ok_or_else(|| refusal(RefusalCode::Notation, "the effect names no field"))?;
    let place = Place { file, service, effect, sight, sights, wanted };
    let all_keys = effect.path.segments.iter().all(|segment| matches!(segment, Segment::Key(_)));
    match (service.field(effect.field()), effect.path.segments.len()) {
        (_, 2..) if all_keys => place.nested(),
        (None, 1) => place.new_field(&effect.operation),
        (Some(found), 1) if effect.operation == Operation::Remove => place.remove_field(found),
        (Some(found), 1) => place.existing_field(found, &effect.operation),
        (Some(found), _) => place.inside_field(found),
        (None, _) => Err(refusal(RefusalCode::Notation, format!("there is no `{}`", effect.field()))),
    }
}

struct Place<'a> {
    file: &'a ComposeFile,
    service: Service<'a>,
    effect: &'a ServiceEffect,
    sight: &'a Sight,
    sights: &'a Sights<'a>,
    wanted: &'a dyn Fn(&str) -> bool,
}

impl Place<'_> {
    fn tree(&self) -> &Tree {
        &self.file.tree
    }

    /// The services for which the field is this very node.
    fn seeing_node(&self, node: NodeId) -> BTreeSet<String> {
        self.sight.of_value(node)
    }

    /// The services for which a field written into this mapping would count.
    fn seeing_mapping(&self, mapping: NodeId) -> BTreeSet<String> {
        self.sight.of_mapping(mapping)
    }

    fn all_want(&self, services: &BTreeSet<String>) -> bool {
        services.iter().all(|name| name == self.service.name || (self.wanted)(name))
    }

    fn done(&self, change: Change, services: BTreeSet<String>) -> Result<Placement, Refusal> {
        Ok(Placement { changes: vec![change], services })
    }

    fn alone(&self, change: Change) -> Result<Placement, Refusal> {
        self.done(change, BTreeSet::from([self.service.name.to_owned()]))
    }

    fn anchored(&self, services: &BTreeSet<String>) -> Refusal {
        let others: Vec<_> = services.iter().filter(|name| *name != self.service.name).cloned().collect();
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
        let seeing = self.seeing_mapping(own);
        if self.all_want(&seeing) && self.sight.is_one_for(self.service.document, &seeing) {
            let route = tree.route(own).key(self.effect.field());
            return self.done(Change::Insert { route, value }, seeing);
        }
        let Kind::Alias(_) = tree.node(self.service.node).kind else {
            return Err(self.anchored(&seeing));
        };
        let name = tree.node(self.service.node).span.of(tree.text()).trim_start_matches('*').to_owned();
        let merged = Value::Mapping(vec![
            ("<<".to_owned(), Value::Alias(name)),
            (self.effect.field().to_owned(), value),
        ]);
        self.alone(Change::Set { route: self.service.route(), value: merged })
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
        let seeing = self.seeing_node(found.value);
        if self.all_want(&seeing) {
            return self.done(change, seeing);
        }
        self.local_override(found, operation, &seeing)
    }

    /// The shared value stays; the service gets its own copy with the change.
    fn local_override(
        &self,
        found: Field,
        operation: &Operation,
        seeing: &BTreeSet<String>,
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
        self.own_copy(found, value, seeing)
    }

    /// The service gets a value of its own in front of the shared one, or in place of an alias to it.
    fn own_copy(&self, found: Field, value: Value, seeing: &BTreeSet<String>) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let own = tree.resolve_alias(self.service.node);
        if found.mapping != own {
            return self.own_field(value);
        }
        // Its own key is an alias: the alias gives way, if the key itself is not shared.
        let shared_mapping = self.seeing_mapping(own);
        if found.written != found.value && self.all_want(&shared_mapping) {
            let route = tree.route(found.written);
            return self.done(Change::Set { route, value }, shared_mapping);
        }
        Err(self.anchored(seeing))
    }

    /// The field goes, from the mapping that it is written in.
    fn remove_field(&self, found: Field) -> Result<Placement, Refusal> {
        let seeing = self.seeing_mapping(found.mapping);
        if !self.all_want(&seeing) {
            return Err(self.anchored(&seeing));
        }
        self.done(Change::Remove { route: self.tree().route(found.written) }, seeing)
    }

    /// An item of a list goes; of a shared list, the service gets a copy without it.
    fn remove_item(&self, found: Field, index: usize) -> Result<Placement, Refusal> {
        let tree = self.tree();
        let items = tree.sequence(found.value).map(|list| &list.items).ok_or_else(|| self.missing())?;
        let item = items.get(index).ok_or_else(|| self.missing())?;
        let seeing = self.seeing_node(found.value);
        if self.all_want(&seeing) {
            return self.done(Change::Remove { route: tree.route(item.node) }, seeing);
        }
        let mut copy = copy_of_list(tree, found.value).ok_or_else(|| self.anchored(&seeing))?;
        copy.remove(index);
        self.own_copy(found, Value::Sequence(copy), &seeing)
    }

    fn missing(&self) -> Refusal {
        refusal(RefusalCode::Notation, format!("there is no `{}`", self.effect.path))
    }

    /// The effect is about something inside the field: an item of a list, or a key of such an item.
    fn inside_field(&self, found: Field) -> Result<Placement, Refusal> {
        let tree = self.tree();
        if let (Operation::Remove, [_, Segment::Index(index)]) =
            (&self.effect.operation, self.effect.path.segments.as_slice())
        {
            return self.remove_item(found, *index);
        }
        let seeing = self.seeing_node(found.value);
        if !self.all_want(&seeing) {
            return Err(self.anchored(&seeing));
        }
        let missing = || refusal(RefusalCode::Notation, format!("there is no `{}`", self.effect.path));
        let Operation::Set(value) = &self.effect.operation else {
            return Err(refusal(RefusalCode::Notation, "only whole fields can grow"));
        };
        let (last, way) = self.effect.path.segments[1..].split_last().ok_or_else(missing)?;
        let mut at = found.value;
        for segment in way {
            at = tree.resolve_alias(step(tree, at, segment).ok_or_else(missing)?);
        }
        let change = match (step(tree, at, last), last) {
            (Some(node), _) => {
                Change::Set { route: tree.route(tree.resolve_alias(node)), value: value.clone() }
            }
            (None, Segment::Key(key)) => {
                Change::Insert { route: tree.route(at).key(key), value: value.clone() }
            }
            (None, Segment::Index(_)) => return Err(missing()),
        };
        self.done(change, seeing)
    }
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

fn list(names: &[String]) -> String {
    match names {
        [] => "another place of the file".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
