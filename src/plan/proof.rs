//! The proof: the resolved project differs by exactly the effects.

use crate::model::compose::{Resolved, ResolvedKind, TooManyNodes};
use crate::rule::{Operation, ServiceEffect};
use crate::syntax::yaml::Tree;
use crate::syntax::{Segment, Value};
use std::collections::BTreeMap;

/// What a proof found wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// An effect has no place in the resolved project.
    #[error("the effect `{0}` does not fit the project")]
    Effect(String),
    /// Something else than the effects changed; the first place where.
    #[error("`{0}` would change, too")]
    Leak(String),
    /// A file cannot be resolved.
    #[error(transparent)]
    Resolve(#[from] TooManyNodes),
}

/// The documents of a file as Compose sees them: resolved, without the extensions (`x-...`) at the top.
pub(super) fn resolved_documents(tree: &Tree) -> Result<Vec<Resolved>, TooManyNodes> {
    tree.documents()
        .iter()
        .map(|document| Ok(without_extensions(Resolved::of(tree, document.root)?)))
        .collect()
}

/// Extensions at the top level hold shared definitions; Compose makes nothing of them by themselves.
pub(super) fn without_extensions(mut document: Resolved) -> Resolved {
    if let ResolvedKind::Mapping(entries) = &mut document.kind {
        entries.retain(|key, _| !key.starts_with("x-"));
    }
    document
}

/// Proves that `after` is `before` with the effects and nothing else.
pub(super) fn prove(
    mut before: Vec<Resolved>,
    after: &[Resolved],
    effects: &[&ServiceEffect],
) -> Result<(), ProofError> {
    for effect in effects {
        let unfit = || ProofError::Effect(effect.to_string());
        let document = before.get_mut(effect.document).ok_or_else(unfit)?;
        apply(document, effect).ok_or_else(unfit)?;
    }
    if before.len() != after.len() {
        return Err(ProofError::Leak("the number of documents".to_owned()));
    }
    for (expected, found) in before.iter().zip(after) {
        if expected != found {
            let mut path = String::new();
            first_difference(expected, found, &mut path);
            return Err(ProofError::Leak(path));
        }
    }
    Ok(())
}

/// Makes an effect true of a resolved document.
fn apply(document: &mut Resolved, effect: &ServiceEffect) -> Option<()> {
    let service = document.get_mut("services")?.get_mut(&effect.service)?;
    let (last, way) = effect.path.segments.split_last()?;
    let is_key = |segment: &Segment| matches!(segment, Segment::Key(_));
    let makes_way = matches!(effect.operation, Operation::Set(_)) && effect.path.segments.iter().all(is_key);
    let mut at = service;
    for segment in way {
        at = match (segment, &mut at.kind) {
            (Segment::Key(key), ResolvedKind::Mapping(entries)) => {
                if makes_way {
                    make_mapping(entries, key);
                }
                entries.get_mut(key)?
            }
            (Segment::Index(index), ResolvedKind::Sequence(items)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    match (last, &mut at.kind, &effect.operation) {
        (Segment::Key(key), ResolvedKind::Mapping(entries), Operation::Set(value)) => {
            set(entries.entry(key.clone()).or_insert_with(|| ResolvedKind::Null.into()), value);
        }
        (Segment::Index(index), ResolvedKind::Sequence(items), Operation::Set(value)) => {
            set(items.get_mut(*index)?, value);
        }
        (Segment::Key(key), ResolvedKind::Mapping(entries), Operation::Append(value)) => {
            let list = entries.entry(key.clone()).or_insert_with(|| ResolvedKind::Null.into());
            if list.kind == ResolvedKind::Null {
                list.kind = ResolvedKind::Sequence(Vec::new());
            }
            let ResolvedKind::Sequence(items) = &mut list.kind else { return None };
            items.push(resolved(value));
        }
        (Segment::Key(key), ResolvedKind::Mapping(entries), Operation::Remove) => {
            entries.remove(key)?;
        }
        (Segment::Index(index), ResolvedKind::Sequence(items), Operation::Remove) if *index < items.len() => {
            items.remove(*index);
        }
        _ => return None,
    }
    Some(())
}

/// Puts an empty mapping where nothing is.
fn make_mapping(entries: &mut BTreeMap<String, Resolved>, key: &str) {
    let entry = entries.entry(key.to_owned()).or_insert_with(|| ResolvedKind::Null.into());
    if entry.kind == ResolvedKind::Null {
        entry.kind = ResolvedKind::Mapping(BTreeMap::new());
    }
}

/// A tag stays when a value changes.
fn set(target: &mut Resolved, value: &Value) {
    target.kind = resolved(value).kind;
}

fn resolved(value: &Value) -> Resolved {
    let kind = match value {
        Value::Null | Value::Alias(_) => ResolvedKind::Null,
        Value::Bool(flag) => ResolvedKind::Plain(flag.to_string()),
        Value::Integer(number) => ResolvedKind::Plain(number.to_string()),
        Value::String(text) => ResolvedKind::String(text.clone()),
        Value::Sequence(items) => ResolvedKind::Sequence(items.iter().map(resolved).collect()),
        Value::Mapping(entries) => {
            let entries: BTreeMap<_, _> =
                entries.iter().map(|(key, value)| (key.clone(), resolved(value))).collect();
            ResolvedKind::Mapping(entries)
        }
    };
    kind.into()
}

/// The way to the first place where two values differ.
fn first_difference(a: &Resolved, b: &Resolved, path: &mut String) {
    match (&a.kind, &b.kind) {
        (ResolvedKind::Mapping(x), ResolvedKind::Mapping(y)) => {
            let keys = x.keys().chain(y.keys());
            if let Some(key) = keys.into_iter().find(|key| x.get(*key) != y.get(*key)) {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                if let (Some(x), Some(y)) = (x.get(key), y.get(key)) {
                    first_difference(x, y, path);
                }
            }
        }
        (ResolvedKind::Sequence(x), ResolvedKind::Sequence(y)) => {
            if let Some(index) = x.iter().zip(y).position(|(x, y)| x != y) {
                path.push_str(&format!("[{index}]"));
                first_difference(&x[index], &y[index], path);
            }
        }
        _ => {}
    }
}
