//! What is wrong with a lock, where, and what to do.

use super::VERSION;
use crate::syntax::Route;
use crate::syntax::yaml::{ReadError, Tree};
use crate::text::LineColumn;

/// A text that is no lock. Locks come from repositories, so nothing in them is trusted.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct LockError {
    /// Where in the lock; `None` if it is about the lock as a whole.
    pub position: Option<LineColumn>,
    /// What is wrong.
    pub problem: LockProblem,
}

/// What is wrong with a lock.
#[derive(Debug, thiserror::Error)]
pub enum LockProblem {
    /// It is no YAML.
    #[error("it cannot be read: {0}")]
    Syntax(ReadError),
    /// It is YAML of another form.
    #[error("it cannot be read: {0}")]
    Form(String),
    /// It has another version.
    #[error("it has version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// A key is there twice; which of the two counts would be anybody's guess.
    #[error("`{0}` is here for the second time")]
    Duplicate(String),
    /// A key is not a reference in canonical form.
    #[error("`{0}` is not a reference in full, such as docker.io/library/nginx:1.27")]
    Reference(String),
}

impl LockError {
    pub(super) fn new(position: Option<LineColumn>, problem: LockProblem) -> Self {
        Self { position, problem }
    }

    pub(super) fn syntax(error: ReadError) -> Self {
        Self::new(Some(error.position), LockProblem::Syntax(error))
    }

    pub(super) fn form(error: serde_yaml::Error) -> Self {
        let position = error.location().map(|at| LineColumn { line: at.line(), column: at.column() });
        let message = error.to_string();
        // The place stands before the message already.
        let end = message.rfind(" at line ").unwrap_or(message.len());
        Self::new(position, LockProblem::Form(message.get(..end).unwrap_or(&message).to_owned()))
    }

    /// As [`form`](Self::form), at the start of the lock if the reader does not say where.
    pub(super) fn form_in(tree: &Tree, error: serde_yaml::Error) -> Self {
        let start = || tree.documents().first().map(|document| tree.node(document.root).span.start);
        let mut error = Self::form(error);
        error.position = error.position.or_else(|| start().map(|start| tree.locate(start)));
        error
    }

    /// What a person can do about it.
    #[must_use]
    pub fn help(&self) -> String {
        const RESTORE: &str = "restore it from version control, or delete it and have it made anew";
        match &self.problem {
            LockProblem::Syntax(error) => error.help().unwrap_or(RESTORE).to_owned(),
            LockProblem::Form(_) => RESTORE.to_owned(),
            LockProblem::Version(found) if *found > VERSION => {
                "it was written by a newer hardtack: use that one".to_owned()
            }
            LockProblem::Version(_) => format!("write `version: {VERSION}`"),
            LockProblem::Duplicate(_) => {
                "keep the entry whose digest stands in your files, and take the other one out; a merge in version control often leaves both".to_owned()
            }
            LockProblem::Reference(name) => match name.parse::<crate::model::ImageReference>() {
                Ok(reference) => format!("write `{}`", reference.canonical()),
                Err(why) => format!("{why}; take the entry out"),
            },
        }
    }
}

/// Where the key at the end of a route stands.
pub(super) fn key_position(tree: &Tree, route: &Route) -> Option<LineColumn> {
    let node = tree.find(route)?;
    let key = tree.entry_of(node).map_or(node, |entry| entry.key);
    Some(tree.locate(tree.node(key).span.start))
}
