//! The proof of undoing on a file that somebody edited since: just the undone changes are gone.

use crate::syntax::yaml::{Limits, NodeId, Tree, parse, verify};
use crate::syntax::{Change, Language, Value};
use std::collections::BTreeMap;

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
