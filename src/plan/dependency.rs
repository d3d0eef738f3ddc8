//! Which steps need which: a step whose changes have no place without those of an earlier one.

use super::{FileChange, StepId};
use crate::syntax::Change;
use std::collections::{BTreeSet, HashMap};

/// The changes of the steps so far, by file: a change only ever needs another one of its own file.
#[derive(Default)]
pub(super) struct Earlier<'c> {
    by_path: HashMap<&'c str, Vec<(StepId, &'c FileChange)>>,
}

impl<'c> Earlier<'c> {
    /// Takes the changes of one more step.
    pub(super) fn add(&mut self, step: StepId, changes: &'c [FileChange]) {
        for change in changes {
            self.by_path.entry(change.path()).or_default().push((step, change));
        }
    }

    /// The steps that `changes` need, in order.
    pub(super) fn needed_by(&self, changes: &[FileChange]) -> Vec<StepId> {
        let needed_by = |change: &FileChange| {
            let made = self.by_path.get(change.path()).into_iter().flatten();
            made.filter(|(_, made)| needed(made, change)).map(|(step, _)| *step).collect::<Vec<_>>()
        };
        let steps: BTreeSet<StepId> = changes.iter().flat_map(needed_by).collect();
        steps.into_iter().collect()
    }
}

/// Whether `change` stands on what `made` did to the same file.
fn needed(made: &FileChange, change: &FileChange) -> bool {
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
