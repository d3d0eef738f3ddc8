//! The step that notes new digests in `hardtack.lock`.
//!
//! It is a step like any other: part of the diff, of the run's files and of its record, so that taking the run
//! back gives the lock's bytes back, too. No other step needs it, and undoing a pin leaves it alone: what
//! a registry said stays true.

mod block;
mod entry;

use super::types::{ChangedFile, FileChange, Plan, Step, sha256_hex};
use super::{ReplayError, replay};
use crate::model::lock::{Lock, LockError, LockedImage};
use crate::rule::Safety;
use crate::syntax::yaml::{Limits, NodeId, ReadError, Tree, parse};
use crate::syntax::{Change, Route, Value};
use block::Block;
use std::collections::BTreeMap;

/// What the step has for the name of a rule. There is no rule of this name, and no exception can be made of it.
pub const LOCK_STEP: &str = "lock";

/// The key of the lock's entries.
const IMAGES: &str = "images";

/// The fields of an entry that are the program's.
const FIELDS: [&str; 7] = ["digest", "kind", "platforms", "size", "resolved-at", "source", "configuration"];

/// Why a lock cannot be extended. Nothing is planned then.
#[derive(Debug, thiserror::Error)]
pub enum LockStepError {
    /// The text is no lock, before or afterwards.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The text cannot be edited.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The entries have no place in the text.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The text afterwards would not hold what was there, and what is new, and nothing else.
    #[error("the new entries would change others")]
    Unsound,
}

impl Plan {
    /// The plan with a last step that notes `images`, by reference in canonical form, in the lock at `path`.
    /// `lock` is its text, if there is one. New entries go where the order of the references wants them; of an
    /// entry that is there, the program's fields change and the user's own stay, with their comments; every
    /// other byte stays.
    ///
    /// # Errors
    /// If the lock cannot be extended so that nothing else in it changes.
    pub fn with_lock_step(
        mut self,
        path: &str,
        lock: Option<&str>,
        images: &BTreeMap<String, LockedImage>,
    ) -> Result<Self, LockStepError> {
        let images = &news(lock, images)?;
        if images.is_empty() {
            return Ok(self);
        }
        let step = Step {
            id: self.steps.iter().map(|step| step.id).max().unwrap_or_default() + 1,
            rule: LOCK_STEP.to_owned(),
            title: match images.len() {
                1 => "note the digest and when the registry gave it".to_owned(),
                several => format!("note the {several} digests and when the registries gave them"),
            },
            safety: Safety::Safe,
            caveat: None,
            services: Vec::new(),
            findings: Vec::new(),
            evidence: Vec::new(),
            effects: Vec::new(),
            changes: changes(path, lock, images)?,
            depends: Vec::new(),
        };
        let texts = BTreeMap::from([(path.to_owned(), lock.map(str::to_owned))]);
        let done = replay(&texts, &[&step])?.remove(path).ok_or(LockStepError::Unsound)?;
        let after = done.text.ok_or(LockStepError::Unsound)?;
        check(lock, &after, images)?;
        self.files.push(ChangedFile {
            path: path.to_owned(),
            before: lock.map(sha256_hex),
            after: sha256_hex(&after),
            edit: done.edit,
            text_before: lock.unwrap_or_default().to_owned(),
            text_after: after,
        });
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.steps.push(step);
        Ok(self)
    }
}

fn check(
    before: Option<&str>,
    after: &str,
    images: &BTreeMap<String, LockedImage>,
) -> Result<(), LockStepError> {
    let mut wanted = before.map(Lock::read).transpose()?.unwrap_or_default().images;
    wanted.extend(images.clone());
    if Lock::read(after)?.images == wanted { Ok(()) } else { Err(LockStepError::Unsound) }
}

/// The entries that say something else than the lock does.
fn news(
    lock: Option<&str>,
    images: &BTreeMap<String, LockedImage>,
) -> Result<BTreeMap<String, LockedImage>, LockStepError> {
    let known = lock.map(Lock::read).transpose()?.unwrap_or_default().images;
    let is_new = |(name, image): &(&String, &LockedImage)| known.get(*name) != Some(*image);
    Ok(images.iter().filter(is_new).map(|(name, image)| (name.clone(), image.clone())).collect())
}

fn changes(
    path: &str,
    lock: Option<&str>,
    images: &BTreeMap<String, LockedImage>,
) -> Result<Vec<FileChange>, LockStepError> {
    let Some(text) = lock else {
        let text = Lock::of(images.clone()).to_text()?;
        return Ok(vec![FileChange::CreateFile { path: path.to_owned(), text }]);
    };
    let tree = parse(text, &Limits::default())?;
    let route = Route::root().key(IMAGES);
    let node = tree.find(&route);
    if let Some(block) = node.and_then(|node| Block::of(&tree, node)) {
        let changes: Result<Vec<_>, _> =
            images.iter().map(|(key, image)| block.changes(path, key, image)).collect();
        return Ok(changes?.concat());
    }
    let tree_change = |change| FileChange::Tree { path: path.to_owned(), change };
    let all = || -> Result<Value, LockStepError> {
        let entry =
            |(key, image): (&String, &LockedImage)| Ok((key.clone(), Value::Mapping(image.fields()?)));
        Ok(Value::Mapping(images.iter().map(entry).collect::<Result<_, LockError>>()?))
    };
    let Some(node) = node else {
        return Ok(vec![tree_change(Change::Insert { route, value: all()? })]);
    };
    if tree.mapping(node).is_none_or(|mapping| mapping.entries.is_empty()) {
        return Ok(vec![tree_change(Change::Set { route, value: all()? })]);
    }
    let mut changes = Vec::new();
    for (key, image) in images {
        let route = route.key(key);
        match tree.find(&route) {
            None => changes.push(Change::Insert { route, value: Value::Mapping(image.fields()?) }),
            Some(entry) => changes.extend(field_changes(&tree, entry, &route, image)?),
        }
    }
    Ok(changes.into_iter().map(tree_change).collect())
}

/// The changes of an entry in braces, field by field, so that fields of the user's own stay.
fn field_changes(
    tree: &Tree,
    entry: NodeId,
    route: &Route,
    image: &LockedImage,
) -> Result<Vec<Change>, LockStepError> {
    let fields = image.fields()?;
    let mut changes = Vec::new();
    let stays = |name: &str| fields.iter().any(|(field, _)| field == name);
    for name in FIELDS.into_iter().filter(|name| !stays(name) && tree.get(entry, name).is_some()) {
        changes.push(Change::Remove { route: route.key(name) });
    }
    for (name, value) in fields {
        let route = route.key(&name);
        changes.push(match tree.find(&route) {
            Some(_) => Change::Set { route, value },
            None => Change::Insert { route, value },
        });
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
