//! Puts instructions in.

use super::{LowerError, ScriptPlace, break_at, line_start, remove::attached_block, script};
use crate::syntax::Route;
use crate::syntax::dockerfile::{Dockerfile, Keyword, directive, lines::leading_space};
use crate::text::Edit;

/// Puts `text` (one instruction) before the instruction that is at `route` now, or behind the last one of its
/// list. Comments directly above an instruction stay with it.
pub(super) fn insert(tree: &Dockerfile, route: &Route, text: &str) -> Result<Edit, LowerError> {
    let slot = tree.slot(&route.segments).filter(|_| route.document == 0);
    let slot = slot.ok_or_else(|| LowerError::NotFound(route.clone()))?;
    if let Some(place) = ScriptPlace::of(slot.below) {
        return script::insert(tree, route, slot.number, place, text);
    }
    if !slot.below.is_empty() {
        return Err(LowerError::NotFound(route.clone()));
    }
    let name = text.split_whitespace().next().unwrap_or_default();
    let keyword = Keyword::find(name).filter(|_| text.trim() == text);
    let keyword = keyword.ok_or_else(|| LowerError::Value(route.clone()))?;
    let in_stage =
        tree.instructions().get(slot.list.start).is_some_and(|first| first.keyword == Keyword::From)
            && !slot.list.is_empty();
    // What is inserted before the FROM of a stage would stand in the stage before it.
    if keyword == Keyword::From || (in_stage && slot.number == slot.list.start) {
        return Err(LowerError::Stage(route.clone()));
    }
    if in_stage && slot.number == slot.list.end {
        after(tree, route, slot.number - 1, text)
    } else {
        before(tree, route, slot.number, text)
    }
}

/// Behind instruction number `index`, at the end of its last line.
fn after(tree: &Dockerfile, route: &Route, index: usize, text: &str) -> Result<Edit, LowerError> {
    let last = tree.instructions().get(index).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    if last.open {
        return Err(LowerError::Open(route.clone()));
    }
    let line_break = break_at(tree.text(), last.span.end);
    let written = written(tree, index, text, line_break);
    Ok(Edit::insertion(last.span.end, format!("{line_break}{written}")))
}

/// Before instruction number `index` and the comments that belong to it.
fn before(tree: &Dockerfile, route: &Route, index: usize, text: &str) -> Result<Edit, LowerError> {
    let next = tree.instructions().get(index).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    let head = directive::head_end(tree.text(), tree.directives(), tree.frontend());
    let first = attached_block(tree, index).unwrap_or(next.span.start);
    let at = line_start(tree.text(), first).max(head);
    let line_break = break_at(tree.text(), next.span.start);
    Ok(Edit::insertion(at, format!("{}{line_break}", written(tree, index, text, line_break))))
}

/// The instruction in the habits of its neighbour: line breaks, indentation, case of the keyword.
fn written(tree: &Dockerfile, neighbour: usize, text: &str, line_break: &str) -> String {
    let Some(instruction) = tree.instructions().get(neighbour) else { return text.to_owned() };
    let source = tree.text();
    let start = line_start(source, instruction.span.start);
    let line = source[start..instruction.span.start].trim_start_matches('\u{feff}');
    let indent = &line[..leading_space(line)];
    let (name, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let name = if instruction.command.name.text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        name.to_ascii_lowercase()
    } else {
        name.to_owned()
    };
    let rest = rest.replace("\r\n", "\n").replace('\n', line_break);
    format!("{indent}{name}{rest}")
}
