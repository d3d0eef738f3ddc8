//! Undoing steps of a run.

use super::RollbackRecord;
use super::merge::{Clash, carry_over};
use super::proof::{means_the_same, prove, prove_items};
use crate::plan::replay::{ReplayError, Replayed, replay_without};
use crate::plan::types::{FileChange, Step, StepId, sha256_hex};
use crate::syntax::Change;
use std::collections::{BTreeMap, BTreeSet};

/// What a file becomes when steps are undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoneFile {
    /// Its path from the root.
    pub path: String,
    /// Its text now.
    pub current: Option<String>,
    /// Its text with the steps undone; `None` if it goes.
    pub after: Option<String>,
}

/// What undoing comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// The steps that are undone: those asked for, and those that need them.
    pub steps: Vec<StepId>,
    /// The files that change.
    pub files: Vec<UndoneFile>,
}

/// Why steps cannot be undone. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// The record does not lead to what it says it led to.
    #[error("{path}: the record does not reproduce the text that the run wrote ({why})")]
    Record {
        /// The file.
        path: String,
        /// What is different.
        why: String,
    },
    /// A later edit touched what has to change.
    #[error("{path}: {clash}, and undoing would touch it")]
    Clash {
        /// The file.
        path: String,
        /// The place.
        clash: Clash,
    },
    /// Undoing would change something else, too.
    #[error("{path}: undoing would change more than the steps did ({why})")]
    NotProved {
        /// The file.
        path: String,
        /// What else.
        why: String,
    },
    /// The file is not there any more.
    #[error("{path}: the file is gone")]
    Gone {
        /// The file.
        path: String,
    },
}

/// The steps asked for and all that cannot be without them.
#[must_use]
pub fn closure(steps: &[Step], wanted: &BTreeSet<StepId>) -> BTreeSet<StepId> {
    let mut closed = wanted.clone();
    // Steps only depend on earlier ones, so one pass in order is enough.
    for step in steps {
        if step.depends.iter().any(|needed| closed.contains(needed)) {
            closed.insert(step.id);
        }
    }
    closed
}

/// Undoes `wanted` steps of a run, and those that need them, on the texts as they are now. `undone` are
/// the steps of that run that were undone before.
///
/// # Errors
/// If the record is not sound, or somebody's later edit is in the way.
pub fn undo(
    record: &RollbackRecord,
    undone: &BTreeSet<StepId>,
    wanted: &BTreeSet<StepId>,
    current: &BTreeMap<String, Option<String>>,
) -> Result<Undo, UndoError> {
    let steps: BTreeSet<StepId> = closure(&record.steps, wanted).difference(undone).copied().collect();
    let before: BTreeMap<String, Option<String>> =
        record.files.iter().map(|file| (file.path.clone(), file.before.clone())).collect();
    let all: Vec<&Step> = record.steps.iter().collect();
    let whole = replayed(&before, &all, &|_| false)?;
    check_record(record, &whole)?;
    let now = replayed(&before, &all, &|id| undone.contains(&id))?;
    let then = replayed(&before, &all, &|id| undone.contains(&id) || steps.contains(&id))?;
    let mut files = Vec::new();
    for file in &record.files {
        let unchanged = Replayed::start(file.before.clone());
        let (made, wanted) =
            (now.get(&file.path).unwrap_or(&unchanged), then.get(&file.path).unwrap_or(&unchanged));
        if made.text == wanted.text {
            continue;
        }
        let current = current.get(&file.path).cloned().flatten();
        let after = undo_file(&file.path, made, wanted, current.as_deref(), record, &steps)?;
        if after != current {
            files.push(UndoneFile { path: file.path.clone(), current, after });
        }
    }
    Ok(Undo { steps: steps.into_iter().collect(), files })
}

fn replayed(
    before: &BTreeMap<String, Option<String>>,
    steps: &[&Step],
    skipped: &dyn Fn(StepId) -> bool,
) -> Result<BTreeMap<String, Replayed>, UndoError> {
    replay_without(before, steps, skipped).map_err(|error: ReplayError| UndoError::Record {
        path: steps
            .first()
            .and_then(|step| step.changes.first())
            .map(|change| change.path().to_owned())
            .unwrap_or_default(),
        why: error.to_string(),
    })
}

/// All steps together give the text that the record says they gave.
fn check_record(record: &RollbackRecord, whole: &BTreeMap<String, Replayed>) -> Result<(), UndoError> {
    for file in &record.files {
        let text = whole.get(&file.path).and_then(|done| done.text.as_deref()).or(file.before.as_deref());
        if text.map(sha256_hex) != file.after {
            let why =
                "another version of hardtack may have written it; restore the file from version control";
            return Err(UndoError::Record { path: file.path.clone(), why: why.to_owned() });
        }
    }
    Ok(())
}

fn undo_file(
    path: &str,
    made: &Replayed,
    wanted: &Replayed,
    current: Option<&str>,
    record: &RollbackRecord,
    steps: &BTreeSet<StepId>,
) -> Result<Option<String>, UndoError> {
    if current == made.text.as_deref() {
        return Ok(wanted.text.clone());
    }
    if current == wanted.text.as_deref() {
        return Ok(wanted.text.clone());
    }
    let (Some(base), Some(current)) = (made.text.as_deref(), current) else {
        return Err(UndoError::Gone { path: path.to_owned() });
    };
    let is_whole =
        |change: &FileChange| matches!(change, FileChange::CreateFile { path: at, .. } if at == path);
    if wanted.text.is_none() && record.steps.iter().flat_map(|step| &step.changes).any(is_whole) {
        // The run created the file and somebody changed it since: it is theirs now.
        return Err(UndoError::Clash { path: path.to_owned(), clash: Clash { line: 1 } });
    }
    let unsound = |why: String| UndoError::NotProved { path: path.to_owned(), why };
    let start = record.files.iter().find(|file| file.path == path).and_then(|file| file.before.as_deref());
    let back = made.edit.invert(start.unwrap_or_default()).map_err(|error| unsound(error.to_string()))?;
    let edit = back.then(&wanted.edit);
    let after = carry_over(base, current, &edit)
        .map_err(|clash| UndoError::Clash { path: path.to_owned(), clash })?;
    let undone = record.steps.iter().filter(|step| steps.contains(&step.id)).flat_map(|step| &step.changes);
    let changes: Vec<Change> = undone
        .filter_map(|change| match change {
            FileChange::Tree { path: at, change } if at == path => Some(change.clone()),
            _ => None,
        })
        .collect();
    if let Err(why) = prove(&after, current, &changes) {
        let intended = wanted.text.as_deref().unwrap_or_default();
        if changes.is_empty() || !means_the_same((base, intended), (current, &after)) {
            return Err(unsound(why));
        }
    }
    let undone = record.steps.iter().filter(|step| steps.contains(&step.id)).flat_map(|step| &step.changes);
    let language = undone.filter(|change| change.path() == path).find_map(|change| match change {
        FileChange::Source { language, .. } => Some(*language),
        _ => None,
    });
    if let (Some(language), Some(wanted)) = (language, wanted.text.as_deref()) {
        prove_items(language, (base, wanted), (current, &after)).map_err(unsound)?;
    }
    // A file that lines made goes with the last of them, and stays with what somebody else put there.
    Ok((wanted.text.is_some() || !after.is_empty()).then_some(after))
}
