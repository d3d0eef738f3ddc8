//! Which steps need which: a step whose changes have no place without those of an earlier one.

use super::{FileChange, Step, StepId};
use crate::syntax::Change;

/// The earlier steps that `changes` need.
pub(super) fn dependencies(earlier: &[Step], changes: &[FileChange]) -> Vec<StepId> {
    let needs =
        |step: &&Step| step.changes.iter().any(|made| changes.iter().any(|change| needed(made, change)));
    earlier.iter().filter(needs).map(|step| step.id).collect()
}

/// Whether `change` stands on what `made` did.
fn needed(made: &FileChange, change: &FileChange) -> bool {
    if made.path() != change.path() {
        return false;
    }
    match (made, change) {
        (FileChange::Tree { change: made, .. }, FileChange::Tree { change, .. }) => tree_needed(made, change),
        (FileChange::CreateFile { .. }, _) => true,
        _ => false,
    }
}

fn tree_needed(made: &Change, change: &Change) -> bool {
    let (at, route) = (made.route(), change.route());
    match made {
        // What was set or inserted is below, or is itself what changes again.
        Change::Set { .. } | Change::Insert { .. } => route.starts_with(at),
        // Appending again needs nothing; reaching into the list counts on the new item.
        Change::Append { .. } => route.starts_with(at) && route != at,
        // Removing an item moves those behind it.
        Change::Remove { .. } => at.parent().is_some_and(|list| route.starts_with(&list)),
    }
}
