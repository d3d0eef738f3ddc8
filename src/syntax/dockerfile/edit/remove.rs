//! Takes instructions away, with the comments that annotate them.

use super::{LowerError, instruction, line_start, through_break};
use crate::syntax::Route;
use crate::syntax::dockerfile::{Dockerfile, Keyword, Place, directive};
use crate::text::{Edit, TextRange};

/// Removes the lines of an instruction and of the comments that annotate it.
pub(super) fn remove(tree: &Dockerfile, route: &Route) -> Result<Edit, LowerError> {
    let index = instruction(tree, route)?;
    let found = tree.instructions().get(index).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    if found.keyword == Keyword::From {
        return Err(LowerError::Stage(route.clone()));
    }
    let text = tree.text();
    let head = directive::head_end(text, tree.directives(), tree.frontend());
    let first = annotations(tree, index).first().map_or(found.span.start, |comment| comment.start);
    let mut start = line_start(text, first).max(head);
    let end = through_break(text, found.span.end);
    if !text[..end].ends_with('\n') {
        // The last line of a file without a final line break: its predecessor becomes the last.
        let before = text[..start].strip_suffix('\n').unwrap_or(&text[..start]);
        start = before.strip_suffix('\r').unwrap_or(before).len().max(head);
    }
    Ok(Edit::deletion(TextRange::new(start, end)))
}

/// The comments that go when the node at `route` is removed: those above it and those inside it.
pub(in crate::syntax::dockerfile) fn attached_comments(tree: &Dockerfile, route: &Route) -> Vec<TextRange> {
    let Some(Place::Instruction(index)) = tree.find(route) else { return Vec::new() };
    let Some(instruction) = tree.instructions().get(index) else { return Vec::new() };
    let inside = tree.comments().iter().filter(|comment| instruction.span.contains_range(**comment));
    annotations(tree, index).into_iter().chain(inside.copied()).collect()
}

/// The comments that annotate an instruction: on the lines directly above it, at its column, back to one that
/// is an instruction commented out, which nothing but itself belongs to.
fn annotations(tree: &Dockerfile, index: usize) -> Vec<TextRange> {
    let Some(instruction) = tree.instructions().get(index) else { return Vec::new() };
    let text = tree.text();
    let column = |offset: usize| offset - line_start(text, offset);
    let own = column(instruction.span.start);
    let mut found: Vec<TextRange> = block(tree, index)
        .take_while(|comment| column(comment.start) == own && !is_commented_out(comment.of(text)))
        .collect();
    found.reverse();
    found
}

/// Where the block of comments directly above an instruction begins; `None` if there is none.
pub(super) fn attached_block(tree: &Dockerfile, index: usize) -> Option<usize> {
    block(tree, index).last().map(|comment| comment.start)
}

/// The comments on the lines directly above an instruction, from the last one up. What must stay at the top
/// of the file is no part of it.
fn block(tree: &Dockerfile, index: usize) -> impl Iterator<Item = TextRange> {
    let text = tree.text();
    let head = directive::head_end(text, tree.directives(), tree.frontend());
    let start = tree.instructions().get(index).map_or(0, |instruction| instruction.span.start);
    let floor = index.checked_sub(1).and_then(|before| tree.instructions().get(before));
    let floor = floor.map_or(head, |before| before.span.end.max(head));
    let above = tree.comments().partition_point(|comment| comment.start < start);
    let mut line = line_start(text, start);
    tree.comments()[..above].iter().rev().copied().take_while(move |comment| {
        let is_adjacent = comment.start >= floor && through_break(text, comment.end) == line;
        line = line_start(text, comment.start);
        is_adjacent
    })
}

/// Whether a comment holds an instruction that somebody has switched off.
fn is_commented_out(comment: &str) -> bool {
    let inner = comment.trim_start_matches('#').trim_start();
    let name = inner.split_whitespace().next().unwrap_or_default();
    Keyword::find(name).is_some_and(|keyword| keyword.as_str() == name && inner.len() > name.len())
}
