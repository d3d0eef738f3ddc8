//! Takes directives away, with the comments that annotate them.

use super::{Behind, LowerError, begins_line, behind, line_start, through_break};
use crate::syntax::Route;
use crate::syntax::nginx::{Block, Directive, Nginx};
use crate::text::{Edit, TextRange};

/// Removes a directive: its lines and those of the comments that annotate it, or just itself and the blanks
/// next to it if it shares a line with something else.
pub(super) fn remove(tree: &Nginx, route: &Route) -> Result<Edit, LowerError> {
    let (block, found) = at(tree, route).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    let text = tree.text();
    if !has_own_lines(tree, found) {
        return Ok(Edit::deletion(within_line(tree, found)));
    }
    let first = annotations(tree, block, found).last().map_or(found.span.start, |comment| comment.start);
    let mut start = line_start(text, first);
    let end = through_break(text, found.span.end);
    if !text[..end].ends_with('\n') {
        // The last line of a file without a final line break: its predecessor becomes the last.
        let before = text[..start].strip_suffix('\n').unwrap_or(&text[..start]);
        start = before.strip_suffix('\r').unwrap_or(before).len();
    }
    Ok(Edit::deletion(TextRange::new(start, end)))
}

/// The directive that a route names, and its block.
fn at<'t>(tree: &'t Nginx, route: &Route) -> Option<(&'t Block, &'t Directive)> {
    let slot = tree.slot(route).filter(|slot| slot.below.is_empty())?;
    Some((slot.block, slot.block.directives.get(slot.number)?))
}

/// The comments that go when the directive at `route` is removed: above it, inside it and behind it.
pub(in crate::syntax::nginx) fn attached_comments(tree: &Nginx, route: &Route) -> Vec<TextRange> {
    let Some((block, found)) = at(tree, route) else { return Vec::new() };
    let comments = tree.comments();
    let first = comments.partition_point(|comment| comment.start < found.span.start);
    let inside = comments[first..].iter().take_while(|comment| comment.start < found.span.end).copied();
    let mut gone: Vec<TextRange> = inside.collect();
    if has_own_lines(tree, found) {
        gone.extend(annotations(tree, block, found));
        if let Behind::Comment(comment) = behind(tree, found.span.end) {
            gone.push(comment);
        }
    }
    gone
}

/// Whether nothing but a comment shares the lines of a directive.
fn has_own_lines(tree: &Nginx, found: &Directive) -> bool {
    begins_line(tree.text(), found.span.start) && !matches!(behind(tree, found.span.end), Behind::More)
}

/// A directive and the blanks up to what follows on its line; if nothing does, those before it.
fn within_line(tree: &Nginx, found: &Directive) -> TextRange {
    let (text, TextRange { start, end }) = (tree.text(), found.span);
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    match behind(tree, end) {
        Behind::More => TextRange::new(start, end + blanks(&text[end..])),
        Behind::Nothing | Behind::Comment(_) => {
            TextRange::new(text[..start].trim_end_matches([' ', '\t']).len(), end)
        }
    }
}

/// The comments that annotate a directive on lines of its own, from the last one up: directly above it, at
/// its column, back to one that is a directive commented out, which nothing but itself belongs to. The comment at
/// the head of a file is about the file, whatever stands below it.
fn annotations(tree: &Nginx, block: &Block, found: &Directive) -> impl Iterator<Item = TextRange> {
    let text = tree.text();
    let column = move |offset: usize| offset - line_start(text, offset);
    let own = column(found.span.start);
    let top = block_above(tree, block, found).last();
    let is_head =
        top.is_some_and(|top| text[..top.start].trim_matches([' ', '\t', '\r', '\n', '\u{feff}']).is_empty());
    block_above(tree, block, found)
        .take_while(move |_| !is_head)
        .take_while(move |comment| column(comment.start) == own && !is_commented_out(comment.of(text)))
}

/// The comments that fill the lines directly above a directive, from the last one up.
pub(super) fn block_above(tree: &Nginx, block: &Block, found: &Directive) -> impl Iterator<Item = TextRange> {
    let (text, start) = (tree.text(), found.span.start);
    let above = tree.comments().partition_point(|comment| comment.start < start);
    let mut line = line_start(text, start);
    // Comments within the directive before it end before its last line, or that line is no blank.
    let floor = block.inner.start;
    tree.comments()[..above].iter().rev().copied().take_while(move |comment| {
        let is_adjacent = comment.start >= floor
            && begins_line(text, comment.start)
            && through_break(text, comment.end) == line;
        line = line_start(text, comment.start);
        is_adjacent
    })
}

/// Whether a comment holds a directive that somebody has switched off, or a brace of one.
fn is_commented_out(comment: &str) -> bool {
    let inner = comment.trim_start_matches('#').trim();
    inner.ends_with([';', '{', '}'])
}
