//! Puts directives in.

use super::{
    Behind, LowerError, begins_line, behind, break_at, indent, is_blank, line_start, remove, through_break,
};
use crate::syntax::Route;
use crate::syntax::nginx::{Block, BlockKind, Body, Directive, Limits, Nginx, parse};
use crate::text::Edit;

/// Puts `text` (one directive) before the directive that is at `route` now, or behind the last one of its
/// block. Comments directly above a directive stay with it; behind one with a blank line below it is put above
/// that line.
pub(super) fn insert(tree: &Nginx, route: &Route, text: &str) -> Result<Edit, LowerError> {
    let slot = tree.slot(route).filter(|slot| slot.below.is_empty());
    let slot = slot.ok_or_else(|| LowerError::NotFound(route.clone()))?;
    let value_error = || LowerError::Value(route.clone());
    let wanted = as_directive(text).ok_or_else(value_error)?;
    let has_block = wanted.root().directives.iter().any(|found| !matches!(found.body, Body::None(_)));
    if has_block && slot.block.kind == BlockKind::Entries {
        return Err(value_error());
    }
    let directives = &slot.block.directives;
    let previous = slot.number.checked_sub(1).and_then(|number| directives.get(number));
    let previous = previous.filter(|previous| ends_paragraph(tree, previous));
    Ok(match (directives.get(slot.number), previous.or(directives.last())) {
        (Some(_), Some(last)) if previous.is_some() => after(tree, last, text),
        (Some(next), _) => before(tree, slot.block, next, text),
        (None, Some(last)) => after(tree, last, text),
        (None, None) if slot.owner.is_some() => into_empty(tree, slot.block, text),
        (None, None) => into_empty_file(tree, text),
    })
}

/// Whether a directive without a block is the last of lines that stand together: it has lines of its own, and the
/// next is blank.
fn ends_paragraph(tree: &Nginx, found: &Directive) -> bool {
    let (text, end) = (tree.text(), through_break(tree.text(), found.span.end));
    matches!(found.body, Body::None(_))
        && begins_line(text, found.span.start)
        && !matches!(behind(tree, found.span.end), Behind::More)
        && text[end..].contains('\n')
        && is_blank(text[end..through_break(text, end)].trim_end_matches('\n'))
}

/// A text as the tree of the one directive that it is, without blanks around it and comments within.
pub(in crate::syntax::nginx) fn as_directive(text: &str) -> Option<Nginx> {
    let tree = parse(text, &Limits::default()).ok()?;
    let [directive] = &tree.root().directives[..] else { return None };
    let is_whole = directive.span == tree.root().inner && tree.comments().is_empty();
    is_whole.then_some(tree)
}

/// Before a directive: on a line of its own above the comments that belong to it, or on the same line if the
/// directive shares its line with what comes before it.
fn before(tree: &Nginx, block: &Block, next: &Directive, text: &str) -> Edit {
    let (source, start) = (tree.text(), next.span.start);
    let line_break = break_at(source, start);
    let indent = indent(source, start);
    let written = on_lines(text, indent, line_break);
    if !begins_line(source, start) {
        return Edit::insertion(start, format!("{written} "));
    }
    let first = remove::block_above(tree, block, next).last().map_or(start, |comment| comment.start);
    Edit::insertion(line_start(source, first), format!("{indent}{written}{line_break}"))
}

/// Behind a directive and the comment on its line.
fn after(tree: &Nginx, last: &Directive, text: &str) -> Edit {
    let (source, end) = (tree.text(), last.span.end);
    let line_break = break_at(source, last.span.start);
    let indent = indent(source, last.span.start);
    let written = on_lines(text, indent, line_break);
    let next_line = format!("{line_break}{indent}{written}");
    match behind(tree, end) {
        Behind::Comment(comment) => Edit::insertion(comment.end, next_line),
        _ if begins_line(source, last.span.start) => Edit::insertion(end, next_line),
        _ => Edit::insertion(end, format!(" {written}")),
    }
}

/// Into a block without directives: as its last line, or between the braces if they are on one line.
fn into_empty(tree: &Nginx, block: &Block, text: &str) -> Edit {
    let (source, open, close) = (tree.text(), block.inner.start, block.inner.end);
    let line_break = break_at(source, open);
    let outer = indent(source, open);
    if !source[open..close].contains('\n') {
        let blank = if open == close { " " } else { "" };
        return Edit::insertion(open, format!(" {}{blank}", on_lines(text, outer, line_break)));
    }
    // Behind a line break the brace is the first of its line: a comment would have swallowed it.
    let indent = format!("{}{}", indent(source, close), unit(tree));
    let written = on_lines(text, &indent, line_break);
    Edit::insertion(line_start(source, close), format!("{indent}{written}{line_break}"))
}

/// Into a file without directives: at its end.
fn into_empty_file(tree: &Nginx, text: &str) -> Edit {
    let source = tree.text();
    let line_break = break_at(source, 0);
    let written = on_lines(text, "", line_break);
    let first = if line_start(source, source.len()) == source.len() { "" } else { line_break };
    Edit::insertion(source.len(), format!("{first}{written}{line_break}"))
}

/// A directive with the line breaks of its surroundings, and each line but the first indented like them.
fn on_lines(text: &str, indent: &str, line_break: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', &format!("{line_break}{indent}"))
}

/// By how much the file indents: as the first directive in a block, on a line of its own, does.
fn unit(tree: &Nginx) -> &str {
    let source = tree.text();
    let mut waiting: Vec<&Directive> = tree.root().directives.iter().rev().collect();
    while let Some(owner) = waiting.pop() {
        let Some(block) = owner.block() else { continue };
        if let Some(first) = block.directives.first()
            && begins_line(source, first.span.start)
            && let Some(unit) =
                indent(source, first.span.start).strip_prefix(indent(source, owner.span.start))
            && !unit.is_empty()
            && through_break(source, owner.span.start) <= first.span.start
        {
            return unit;
        }
        waiting.extend(block.directives.iter().rev());
    }
    "    "
}
