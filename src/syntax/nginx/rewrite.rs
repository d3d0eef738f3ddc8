//! Changes carried out on a text and proved on the trees, in one call.

use super::{Limits, LowerError, Mismatch, ReadError, lower, parse, verify};
use crate::syntax::Change;
use crate::text::{EditError, TextEdit};

/// Why changes cannot be carried out on a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The text cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A change has no sound edit.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The text would not change as declared.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// An edit does not fit the text.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// The text with the changes, and the edit that leads there. Just the changes were made: the trees before
/// and after say so.
///
/// # Errors
/// If the text cannot be read, a change has no sound edit, or something else would change, too.
pub fn rewrite(text: &str, changes: &[Change]) -> Result<(String, TextEdit), RewriteError> {
    let limits = Limits::default();
    let before = parse(text, &limits)?;
    let edit = lower(&before, changes)?;
    let after = edit.apply(text)?;
    verify(&before, &parse(&after, &limits)?, changes)?;
    Ok((after, edit))
}
