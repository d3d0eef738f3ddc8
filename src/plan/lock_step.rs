//! The step that notes new digests in `hardtack.lock`.
//!
//! It is a step like any other: part of the diff, of the run's files and of its record, so that taking the run
//! back gives the lock's bytes back, too. No other step needs it, and undoing a pin leaves it alone: what
//! a registry said stays true.

use super::types::{ChangedFile, FileChange, Plan, Step, sha256_hex};
use super::{ReplayError, replay};
use crate::model::lock::{Lock, LockError, LockedImage};
use crate::rule::Safety;
use crate::syntax::yaml::{Entry, Kind, Limits, NodeId, ReadError, Tree, parse};
use crate::syntax::{Change, Route, Value};
use std::collections::BTreeMap;

/// What the step has for the name of a rule. There is no rule of this name, and no exception can be made of it.
pub const LOCK_STEP: &str = "lock";

/// The key of the lock's entries.
const IMAGES: &str = "images";

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
    /// `lock` is its text, if there is one; of that every byte stays, and new entries go where the order of
    /// the references wants them.
    ///
    /// # Errors
    /// If the lock cannot be extended so that nothing else in it changes.
    pub fn with_lock_step(
        mut self,
        path: &str,
        lock: Option<&str>,
        images: &BTreeMap<String, LockedImage>,
    ) -> Result<Self, LockStepError> {
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
    let is_new = images.keys().all(|name| !wanted.contains_key(name));
    wanted.extend(images.clone());
    if is_new && Lock::read(after)?.images == wanted { Ok(()) } else { Err(LockStepError::Unsound) }
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
        return images.iter().map(|(key, image)| block.insertion(path, key, image)).collect();
    }
    let tree_change = |change| FileChange::Tree { path: path.to_owned(), change };
    let all = || Value::Mapping(images.iter().map(|(key, image)| (key.clone(), value(image))).collect());
    let Some(node) = node else {
        return Ok(vec![tree_change(Change::Insert { route, value: all() })]);
    };
    if tree.mapping(node).is_none_or(|mapping| mapping.entries.is_empty()) {
        return Ok(vec![tree_change(Change::Set { route, value: all() })]);
    }
    let insert =
        |(key, image): (&String, &LockedImage)| Change::Insert { route: route.key(key), value: value(image) };
    Ok(images.iter().map(insert).map(tree_change).collect())
}

fn value(image: &LockedImage) -> Value {
    let fields = image.fields().into_iter();
    Value::Mapping(fields.map(|(name, text)| (name.to_owned(), Value::string(text))).collect())
}

/// Entries one below the other, each on lines of its own.
struct Block<'t> {
    tree: &'t Tree,
    node: NodeId,
    column: usize,
}

impl<'t> Block<'t> {
    fn of(tree: &'t Tree, node: NodeId) -> Option<Self> {
        let is_block = |kind: &Kind| matches!(kind, Kind::Mapping(mapping) if !mapping.flow);
        let found = tree.node(node);
        (is_block(&found.kind) && found.column > 0).then_some(Self { tree, node, column: found.column })
    }

    /// The lines of one entry, in front of the first one with a greater key.
    fn insertion(&self, path: &str, key: &str, image: &LockedImage) -> Result<FileChange, LockStepError> {
        let newline = if self.tree.text().contains("\r\n") { "\r\n" } else { "\n" };
        let entry = Lock::of(BTreeMap::from([(key.to_owned(), image.clone())])).entries()?;
        let indent = " ".repeat(self.column);
        let lines: Vec<String> = entry.lines().map(|line| format!("{indent}{line}{newline}")).collect();
        let before = self.line_of_next(key);
        Ok(FileChange::InsertLines { path: path.to_owned(), before, text: lines.concat() })
    }

    /// The first line that belongs to what comes after `key`: of a comment above it, or its own. Only a line
    /// that stands nowhere else can be found again, so that an entry without one is passed over.
    fn line_of_next(&self, key: &str) -> Option<String> {
        let lines: Vec<&str> = self.tree.text().lines().collect();
        let entries = &self.tree.mapping(self.node)?.entries;
        let later = entries.iter().filter(|entry| self.tree.key_text(entry).is_some_and(|own| own > key));
        let first_lines = later.chain(self.entries_below()).filter_map(|entry| {
            let mut line = self.tree.lines().line_of(self.tree.node(entry.key).span.start);
            while line > 0 && lines.get(line - 1).is_some_and(|above| above.trim_start().starts_with('#')) {
                line -= 1;
            }
            lines.get(line).copied()
        });
        let mut unique = first_lines.filter(|line| lines.iter().filter(|other| other == &line).count() == 1);
        unique.next().map(str::to_owned)
    }

    /// The entries that stand below the whole block.
    fn entries_below(&self) -> impl Iterator<Item = &'t Entry> {
        let tree: &'t Tree = self.tree;
        let node = tree.node(self.node);
        let around = node.parent.and_then(|parent| tree.mapping(parent));
        let all = around.map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
        let end = node.span.end;
        all.iter().filter(move |entry| tree.node(entry.key).span.start >= end)
    }
}

#[cfg(test)]
mod tests;
