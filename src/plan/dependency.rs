//! Which steps need which: a step whose changes have no place without those of an earlier one.

use super::counted::Counted;
use super::{FileChange, StepId};
use crate::syntax::{Change, Route, Segment};
use std::collections::{BTreeSet, HashMap};

/// What the steps so far made, by file and place.
#[derive(Default)]
pub(super) struct Earlier<'c> {
    by_path: HashMap<&'c str, Made>,
}

/// What was made in one file.
#[derive(Default)]
struct Made {
    /// The steps that created the file; everything in it needs them.
    created: Vec<StepId>,
    /// By place, the steps that everything at and below that place needs.
    at: HashMap<Route, Vec<StepId>>,
    /// By list, the steps that appended to it; what reaches into the list needs them.
    appended: HashMap<Route, Vec<StepId>>,
    /// What was made in a file that counts its instructions.
    counted: Counted,
}

impl<'c> Earlier<'c> {
    /// Takes the changes of one more step.
    pub(super) fn add(&mut self, step: StepId, changes: &'c [FileChange]) {
        for change in changes {
            let made = self.by_path.entry(change.path()).or_default();
            match change {
                FileChange::CreateFile { .. } => made.created.push(step),
                FileChange::Tree { change, .. } => made.add(step, change),
                _ => {}
            }
        }
        let paths: BTreeSet<&str> = changes.iter().map(FileChange::path).collect();
        for path in paths {
            self.by_path.entry(path).or_default().counted.take(step, path, changes);
        }
    }

    /// The steps that `changes` need, in order.
    pub(super) fn needed_by(&self, changes: &[FileChange]) -> Vec<StepId> {
        let mut steps = BTreeSet::new();
        for change in changes {
            let Some(made) = self.by_path.get(change.path()) else { continue };
            steps.extend(&made.created);
            match change {
                FileChange::Tree { change, .. } => made.needed_by(change.route(), &mut steps),
                FileChange::Source { change, .. } => steps.extend(made.counted.needed_by(change)),
                _ => {}
            }
        }
        steps.into_iter().collect()
    }
}

impl Made {
    fn add(&mut self, step: StepId, change: &Change) {
        match change {
            // What was set or inserted is below, or is itself what changes again.
            Change::Set { route, .. } | Change::Insert { route, .. } => {
                self.at.entry(route.clone()).or_default().push(step);
            }
            // Appending again needs nothing; reaching into the list counts on the new item.
            Change::Append { route, .. } => self.appended.entry(route.clone()).or_default().push(step),
            // Removing an item moves those behind it; a key makes room for the same key alone.
            Change::Remove { route } => {
                let place = match route.last() {
                    Some(Segment::Index(_)) => route.parent(),
                    _ => Some(route.clone()),
                };
                self.at.entry(place.unwrap_or_default()).or_default().push(step);
            }
        }
    }

    /// Looks at the place itself and at everything that it stands in.
    fn needed_by(&self, route: &Route, steps: &mut BTreeSet<StepId>) {
        let mut place = Some(route.clone());
        while let Some(at) = place {
            steps.extend(self.at.get(&at).into_iter().flatten());
            if at != *route {
                steps.extend(self.appended.get(&at).into_iter().flatten());
            }
            place = at.parent();
        }
    }
}
