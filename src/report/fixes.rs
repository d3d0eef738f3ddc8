//! The edits of each fix by itself, over the texts before: what an editor or a review tool can offer one by one.

use super::secrets::{holds_secret, is_env_file};
use crate::plan::{FileChange, Plan, Step, StepId, replay_without};
use crate::text::TextEdit;
use std::collections::{BTreeMap, BTreeSet};

/// The most text that is read again to work fixes out one by one, in bytes. A plan of some hundred steps on
/// files of usual size is far below; of a larger one the later fixes are left out.
const MAX_WORK: usize = 32 * 1024 * 1024;

/// By file, the edits that carry one fix out on the text before the plan.
pub(super) type Edits = BTreeMap<String, TextEdit>;

/// The edits of each step with what it depends on. A step is left out if it makes a file or changes a `.env`, if what it inserts
/// holds a secret (an edit may copy what services share), or if it is too much work.
pub(super) fn edits_by_step(plan: &Plan) -> BTreeMap<StepId, Edits> {
    let texts: BTreeMap<String, Option<String>> = plan
        .files
        .iter()
        .filter(|file| file.before.is_some())
        .map(|file| (file.path.clone(), Some(file.text_before.clone())))
        .collect();
    let mut left = MAX_WORK;
    let mut found = BTreeMap::new();
    for step in &plan.steps {
        let closure = with_dependencies(plan, step);
        let steps = concerned(plan, &closure);
        let size = |change: &FileChange| {
            texts.get(change.path()).and_then(Option::as_ref).map_or(0, |text| text.len().max(1))
        };
        let work: usize = steps
            .iter()
            .filter(|step| closure.contains(&step.id))
            .flat_map(|step| step.changes.iter().map(size))
            .sum();
        let Some(rest) = left.checked_sub(work) else { break };
        left = rest;
        let Ok(done) = replay_without(&texts, &steps, &|id| !closure.contains(&id)) else { continue };
        let edits: Edits = done.into_iter().map(|(path, done)| (path, done.edit)).collect();
        let is_new = |path: &String| !texts.contains_key(path);
        let is_shown = |path: &String| !is_new(path) && !is_env_file(path);
        if edits.keys().all(is_shown) && !edits.values().any(inserts_secret) {
            found.insert(step.id, edits);
        }
    }
    found
}

fn inserts_secret(edit: &TextEdit) -> bool {
    edit.edits().iter().flat_map(|edit| edit.insert.lines()).any(holds_secret)
}

fn with_dependencies(plan: &Plan, step: &Step) -> BTreeSet<StepId> {
    let mut closure = BTreeSet::from([step.id]);
    // A step depends on earlier ones only.
    for earlier in plan.steps.iter().rev().filter(|earlier| earlier.id <= step.id) {
        if closure.contains(&earlier.id) {
            closure.extend(&earlier.depends);
        }
    }
    closure
}

/// The steps to replay: those of the closure, and those whose instructions move the routes of these.
fn concerned<'p>(plan: &'p Plan, closure: &BTreeSet<StepId>) -> Vec<&'p Step> {
    let of_closure = |step: &&Step| closure.contains(&step.id);
    let counted: BTreeSet<&str> = plan
        .steps
        .iter()
        .filter(of_closure)
        .flat_map(|step| &step.changes)
        .filter(|change| matches!(change, FileChange::Source { .. }))
        .map(FileChange::path)
        .collect();
    let moves = |step: &&Step| step.changes.iter().any(|change| counted.contains(change.path()));
    plan.steps.iter().filter(|step| of_closure(step) || moves(step)).collect()
}
