//! Lowers changes to text edits. Nothing is printed anew: an edit covers just what it changes.
//!
//! `Set` replaces a text at its place, `Insert` puts an instruction before the one that has its number now (or
//! behind the last of its stage), or a word or a command into a shell text, `Append` adds a flag, `Remove` takes an instruction away. No edit ever puts
//! a comment behind an instruction, where it would be an argument, or anything between directives.

mod insert;
mod remove;
mod script;
mod set;

pub(super) use remove::attached_comments;
pub(super) use script::ScriptPlace;

use super::{Dockerfile, Place};
use crate::syntax::{Change, Route, Value};
use crate::text::{Edit, EditError, TextEdit};

/// Why a change has no sound edit in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// There is nothing at the route, or nothing that this kind of change is for.
    #[error("there is no `{0}` that can be changed so")]
    NotFound(Route),
    /// The value is no text, or one that cannot stand at its place.
    #[error("the value for `{0}` cannot be written there")]
    Value(Route),
    /// A continuation cuts the text in two.
    #[error("a line break inside the instruction cuts `{0}` in two")]
    Cut(Route),
    /// The quotes around or in the text are more involved than one pair.
    #[error("the quoting of `{0}` is not supported")]
    Notation(Route),
    /// Behind an instruction whose last line asks for another one nothing can be inserted.
    #[error("`{0}` would become part of the instruction before it, which the end of the file cuts off")]
    Open(Route),
    /// A FROM cannot be inserted or removed: it would tear a stage apart or join two.
    #[error("`{0}` begins a stage")]
    Stage(Route),
    /// A shell text is more involved than a list of commands.
    #[error("nothing can be put in at `{0}`: {1}")]
    Script(Route, &'static str),
    /// Two changes want the same bytes.
    #[error(transparent)]
    Overlap(#[from] EditError),
}

/// Lowers changes of one tree, all at routes of that same tree, to one edit of its text.
///
/// Changes at one place keep the order in which they are given.
///
/// # Errors
/// The first change that has no sound edit, or two that overlap.
pub fn lower(tree: &Dockerfile, changes: &[Change]) -> Result<TextEdit, LowerError> {
    let mut edits = Vec::new();
    for change in changes {
        edits.push(match change {
            Change::Set { route, value: Value::Sequence(items) } => set::set_array(tree, route, items)?,
            Change::Set { route, value } => set::set(tree, route, text(route, value)?)?,
            Change::Insert { route, value } => insert::insert(tree, route, text(route, value)?)?,
            Change::Append { route, value } => set::append_flag(tree, route, text(route, value)?)?,
            Change::Remove { route } => remove::remove(tree, route)?,
        });
    }
    Ok(join(edits)?)
}

fn text<'v>(route: &Route, value: &'v Value) -> Result<&'v str, LowerError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(LowerError::Value(route.clone())),
    }
}

/// Joins insertions at one offset, which keep their order.
fn join(mut edits: Vec<Edit>) -> Result<TextEdit, EditError> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut joined: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match joined.last_mut() {
            Some(last) if last.range == edit.range && edit.range.is_empty() => {
                last.insert.push_str(&edit.insert)
            }
            _ => joined.push(edit),
        }
    }
    TextEdit::new(joined)
}

/// The offset of the first byte of the line in which `offset` stands, by BuildKit's lines.
fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// From `offset` to the end of its line, the break included.
fn through_break(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |length| offset + length + 1)
}

/// The line break at the end of the line in which `offset` stands; at the last line that of the line before.
fn break_at(text: &str, offset: usize) -> &'static str {
    let line_feed =
        text[offset..].find('\n').map(|length| offset + length).or_else(|| text[..offset].rfind('\n'));
    match line_feed {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The instruction that a route names, by its number.
fn instruction(tree: &Dockerfile, route: &Route) -> Result<usize, LowerError> {
    match tree.find(route) {
        Some(Place::Instruction(index)) => Ok(index),
        _ => Err(LowerError::NotFound(route.clone())),
    }
}
