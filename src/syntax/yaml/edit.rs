//! Lowers changes to text edits. Nothing is printed anew: an edit covers just what it changes.
//!
//! Where a new line goes: at the end of the line of what it follows, before the line break that is
//! there, written as line break + indentation + text. CRLF, a missing final newline and trailing
//! comments then need no special case.

mod emit;
mod flow;
mod insert;
mod keyed;
mod place;
mod remove;
mod set;
mod style;

pub(super) use remove::attached_comments;

use super::Tree;
use crate::syntax::{Change, Route};
use crate::text::{Edit, EditError, TextEdit, TextRange};
pub use style::FileStyle;

/// Why a change has no sound edit in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// There is nothing at the route.
    #[error("there is no `{0}`")]
    NotFound(Route),
    /// The key to insert is there already.
    #[error("`{0}` exists already")]
    Exists(Route),
    /// The parent is neither a mapping nor an empty value.
    #[error("what `{0}` should go into is no mapping")]
    NotAMapping(Route),
    /// The node is no sequence.
    #[error("`{0}` is no list")]
    NotASequence(Route),
    /// An alias stands where the text would have to change.
    #[error("`{0}` is an alias")]
    Alias(Route),
    /// The node carries a tag that says how its value is read.
    #[error("`{0}` carries a tag")]
    Tagged(Route),
    /// Removing the only entry would leave an empty value behind.
    #[error("`{0}` is the only one in its collection")]
    OnlyOne(Route),
    /// A block scalar at the end of a file without final newline changes its value if a line follows.
    #[error("`{0}` would follow a block text that the end of the file cuts off")]
    CutOffBlock(Route),
    /// The text to replace has comments inside.
    #[error("comments stand inside `{0}`")]
    CommentsInside(Route),
    /// The notation (an explicit key, a value on the next line after a property) has no edit here.
    #[error("the notation of `{0}` is not supported")]
    Notation(Route),
    /// Two changes want the same bytes.
    #[error(transparent)]
    Overlap(#[from] EditError),
}

/// A piece of a lowered change. Of several insertions at one offset the one with the higher rank
/// comes first: deeper lines before shallower ones, so that an item added to a list does not end up
/// below a key added to the mapping around it.
#[derive(Clone, Debug)]
struct Placed {
    range: TextRange,
    text: String,
    rank: usize,
}

impl Placed {
    fn insertion(offset: usize, text: String, rank: usize) -> Self {
        Self { range: TextRange::empty(offset), text, rank }
    }

    /// Whether it puts a comma behind what ends at `offset`, and nothing else.
    fn is_comma_at(&self, offset: usize) -> bool {
        self.range == TextRange::empty(offset) && self.text == ","
    }

    fn replacement(range: TextRange, text: String) -> Self {
        Self { range, text, rank: 0 }
    }
}

/// Lowers changes of one tree, all at routes of that same tree, to one edit of its text.
///
/// Changes at one place keep the order in which they are given.
///
/// # Errors
/// The first change that has no sound edit, or two that overlap.
pub fn lower(tree: &Tree, changes: &[Change]) -> Result<TextEdit, LowerError> {
    lower_in_style(tree, &FileStyle::of(tree), changes)
}

/// As [`lower`], with the habits that the file had before earlier changes.
///
/// # Errors
/// As [`lower`].
pub fn lower_in_style(tree: &Tree, style: &FileStyle, changes: &[Change]) -> Result<TextEdit, LowerError> {
    let mut placed = Vec::new();
    for change in changes {
        match change {
            Change::Set { route, value } => set::set(tree, style, route, value, &mut placed)?,
            Change::Insert { route, value } => insert::insert(tree, style, route, value, &mut placed)?,
            Change::Append { route, value } => insert::append(tree, style, route, value, &mut placed)?,
            Change::Remove { route } => placed.push(remove::remove(tree, route)?),
        }
    }
    Ok(join(placed)?)
}

/// Sorts the pieces and joins insertions at one offset into one edit.
fn join(mut placed: Vec<Placed>) -> Result<TextEdit, EditError> {
    placed.sort_by_key(|piece| (piece.range.start, piece.range.end, std::cmp::Reverse(piece.rank)));
    let mut edits: Vec<Edit> = Vec::with_capacity(placed.len());
    for piece in placed {
        match edits.last_mut() {
            Some(last) if last.range == piece.range && piece.range.is_empty() => {
                last.insert.push_str(&piece.text);
            }
            _ => edits.push(Edit { range: piece.range, insert: piece.text }),
        }
    }
    TextEdit::new(edits)
}

#[cfg(test)]
mod tests;
