//! Lowers changes to text edits. Nothing is printed anew: an edit covers just what it changes.
//!
//! `Set` replaces a word at its place, `Insert` puts a directive before the one that has its number now (or
//! behind the last of its block), `Append` adds a last word, `Remove` takes a directive away.

mod insert;
mod remove;

pub(super) use insert::as_directive;
pub(super) use remove::attached_comments;

use super::{Nginx, Place, Quote, word};
use crate::syntax::{Change, Route, Value};
use crate::text::{Edit, EditError, TextEdit, TextRange};

/// Why a change has no sound edit in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// There is nothing at the route, or nothing that this kind of change is for.
    #[error("there is no `{0}` that can be changed so")]
    NotFound(Route),
    /// The value is no text, or one that cannot stand at its place.
    #[error("the value for `{0}` cannot be written there")]
    Value(Route),
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
pub fn lower(tree: &Nginx, changes: &[Change]) -> Result<TextEdit, LowerError> {
    let mut edits = Vec::new();
    for change in changes {
        edits.push(match change {
            Change::Set { route, value } => set(tree, route, text(route, value)?)?,
            Change::Insert { route, value } => insert::insert(tree, route, text(route, value)?)?,
            Change::Append { route, value } => append(tree, route, text(route, value)?)?,
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

/// Puts a text where a word is. Quotes around that stay; a text that needs some gets double ones.
fn set(tree: &Nginx, route: &Route, text: &str) -> Result<Edit, LowerError> {
    let Some(Place::Argument(found)) = tree.find(route) else {
        return Err(LowerError::NotFound(route.clone()));
    };
    // Directly behind a quoted word only one that begins with `)` may stand.
    let is_behind_quote = tree.text()[..found.span.start].ends_with(['"', '\'']);
    let written = word::write(text, found.quote, &tree.text()[found.span.end..])
        .filter(|text| !is_behind_quote || text.starts_with(')'));
    let written = written.ok_or_else(|| LowerError::Value(route.clone()))?;
    Ok(Edit::replacement(found.span, written))
}

/// Puts a word behind the last one.
fn append(tree: &Nginx, route: &Route, text: &str) -> Result<Edit, LowerError> {
    let Some(Place::Arguments(directive)) = tree.find(route) else {
        return Err(LowerError::NotFound(route.clone()));
    };
    let last = directive.arguments.last().unwrap_or(&directive.name);
    let written = word::write(text, Quote::None, &tree.text()[last.span.end..])
        .ok_or_else(|| LowerError::Value(route.clone()))?;
    Ok(Edit::insertion(last.span.end, format!(" {written}")))
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

/// The offset of the first byte of the line in which `offset` stands. Lines end at line feeds, as for the
/// server.
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

/// Whether `offset` is the first of its line that is no blank.
fn begins_line(text: &str, offset: usize) -> bool {
    is_blank(&text[line_start(text, offset)..offset])
}

/// The blanks at the beginning of the line in which `offset` stands.
fn indent(text: &str, offset: usize) -> &str {
    let line = &text[line_start(text, offset)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Whether there is nothing but spaces, tabs and carriage returns.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

/// What stands behind `offset` on its line, but for blanks.
enum Behind {
    /// Nothing.
    Nothing,
    /// A comment.
    Comment(TextRange),
    /// Something else.
    More,
}

fn behind(tree: &Nginx, offset: usize) -> Behind {
    let text = tree.text();
    let rest = &text[offset..through_break(text, offset)];
    if is_blank(rest.trim_end_matches('\n')) {
        return Behind::Nothing;
    }
    let comments = tree.comments();
    let next = comments.get(comments.partition_point(|comment| comment.start < offset));
    match next.filter(|next| is_blank(&text[offset..next.start])) {
        Some(comment) => Behind::Comment(*comment),
        None => Behind::More,
    }
}
