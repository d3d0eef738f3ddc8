//! The proof of undoing on a file that somebody edited since: just the undone changes are gone.

use crate::model::compose::{Resolved, ResolvedKind};
use crate::plan::proof::resolved_documents;
use crate::syntax::yaml::{Limits, NodeId, Tree, parse, verify};
use crate::syntax::{Change, Language, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Proves that `current` is `after` with `changes` and nothing else.
///
/// Where somebody added to the same list since, our item is no longer its last one; then it is proved the
/// other way: `after` is `current` without the changes.
pub(super) fn prove(after: &str, current: &str, changes: &[Change]) -> Result<(), String> {
    if changes.is_empty() {
        return Ok(());
    }
    let read = |text: &str| parse(text, &Limits::default()).map_err(|error| error.to_string());
    let (after, current) = (read(after)?, read(current)?);
    verify(&after, &current, changes).or_else(|mismatch| {
        let back: Option<Vec<Change>> =
            changes.iter().map(|change| inverse(change, &current, &after)).collect();
        match back {
            Some(back) => verify(&current, &after, &back).map_err(|error| error.to_string()),
            None => Err(mismatch.to_string()),
        }
    })
}

/// Whether undoing means for each service, and for each other part of the file, either what it means for the file
/// as the run left it, or nothing. `made` becomes `wanted` there, and `current`, which somebody edited, becomes
/// `after`. Notation may differ: a list that an undone step left in brackets decides how others are written.
pub(super) fn means_the_same((made, wanted): (&str, &str), (current, after): (&str, &str)) -> bool {
    let read = |text: &str| {
        let tree = parse(text, &Limits::default()).ok()?;
        Some(units(resolved_documents(&tree).ok()?))
    };
    let (Some(made), Some(wanted), Some(current), Some(after)) =
        (read(made), read(wanted), read(current), read(after))
    else {
        return false;
    };
    let all: BTreeSet<&(usize, String, String)> =
        [&made, &wanted, &current, &after].into_iter().flat_map(BTreeMap::keys).collect();
    all.into_iter().all(|unit| {
        let is_ours = made.get(unit) == current.get(unit) && wanted.get(unit) == after.get(unit);
        is_ours || made.get(unit) == wanted.get(unit) && current.get(unit) == after.get(unit)
    })
}

/// The parts of a file that are compared with each other: document, top-level key and, among the services, name.
fn units(documents: Vec<Resolved>) -> BTreeMap<(usize, String, String), Resolved> {
    let mut units = BTreeMap::new();
    for (number, document) in documents.into_iter().enumerate() {
        let ResolvedKind::Mapping(entries) = document.kind else { continue };
        for (key, value) in entries {
            match value.kind {
                ResolvedKind::Mapping(services) if key == "services" => {
                    let unit = |(name, service)| ((number, key.clone(), name), service);
                    units.extend(services.into_iter().map(unit));
                }
                kind => {
                    units.insert((number, key, String::new()), Resolved { kind, tag: value.tag });
                }
            }
        }
    }
    units
}

/// Proves that undoing does to a file that somebody edited since what it does to the file as the run left it:
/// the same instructions come and go on the way from `current` to `after` as from `made` to `wanted`.
pub(super) fn prove_items(
    language: Language,
    (made, wanted): (&str, &str),
    (current, after): (&str, &str),
) -> Result<(), String> {
    let difference = |from: &str, to: &str| -> Result<BTreeMap<String, i64>, String> {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for (text, sign) in [(from, -1), (to, 1)] {
            for item in language.items(text).map_err(|error| error.to_string())? {
                *counts.entry(item).or_default() += sign;
            }
        }
        counts.retain(|_, count| *count != 0);
        Ok(counts)
    };
    match difference(made, wanted)? == difference(current, after)? {
        true => Ok(()),
        false => Err("other instructions than those of the run would change".to_owned()),
    }
}

/// The change that takes `change` back on `current`, to what `after` has there.
fn inverse(change: &Change, current: &Tree, after: &Tree) -> Option<Change> {
    match change {
        Change::Insert { route, .. } => Some(Change::Remove { route: route.clone() }),
        Change::Append { route, value } => {
            let items = &current.sequence(current.find(route)?)?.items;
            let is_it = |node: NodeId| text(current, node).map(Value::String).as_ref() == Some(value);
            let index = items.iter().position(|item| is_it(item.node))?;
            Some(Change::Remove { route: route.index(index) })
        }
        Change::Set { route, .. } => {
            let value = Value::String(text(after, after.find(route)?)?);
            Some(Change::Set { route: route.clone(), value })
        }
        Change::Remove { .. } => None,
    }
}

fn text(tree: &Tree, node: NodeId) -> Option<String> {
    Some(tree.scalar(node)?.value.to_string())
}
