//! Entries and items that go, with the comments that annotate them.

use super::place::{after_break, break_before, entry_end, line_end, line_start};
use super::{LowerError, Placed};
use crate::syntax::yaml::{Kind, NodeId, Tree};
use crate::syntax::{Route, Segment};
use crate::text::TextRange;
use std::ops::Range;

/// One element of a collection, wherever it is written.
struct Element {
    /// From its first byte (the dash, the key) to the end of its value.
    range: Range<usize>,
    /// Column of its first byte.
    column: usize,
}

/// Takes the node at `route` away.
pub(super) fn remove(tree: &Tree, route: &Route) -> Result<Placed, LowerError> {
    let (elements, index, flow) = siblings(tree, route)?;
    if elements.len() == 1 {
        return Err(LowerError::OnlyOne(route.clone()));
    }
    if flow {
        let range = match elements.get(index + 1) {
            Some(next) => elements[index].range.start..next.range.start,
            None => elements[index - 1].range.end..elements[index].range.end,
        };
        if tree.comments().iter().any(|comment| range.contains(&comment.start)) {
            return Err(LowerError::CommentsInside(route.clone()));
        }
        return Ok(Placed::replacement(range.into(), String::new()));
    }
    let element = &elements[index];
    let text = tree.text();
    let start = line_start(text, element.range.start);
    if !text[start..element.range.start].bytes().all(|byte| byte == b' ') {
        // `- name: x` with more keys below: the next key moves up to the dash.
        let next = elements.get(index + 1).ok_or_else(|| LowerError::Notation(route.clone()))?;
        let range = element.range.start..next.range.start;
        if tree.comments().iter().any(|comment| range.contains(&comment.start)) {
            return Err(LowerError::CommentsInside(route.clone()));
        }
        return Ok(Placed::replacement(range.into(), String::new()));
    }
    Ok(Placed::replacement(lines_of(tree, element), String::new()))
}

/// The comments that go with the node at `route`: on its lines, and directly above it.
pub(in crate::syntax::yaml) fn attached_comments(tree: &Tree, route: &Route) -> Vec<TextRange> {
    let Ok(placed) = remove(tree, route) else { return Vec::new() };
    tree.comments().iter().copied().filter(|comment| placed.range.contains_range(*comment)).collect()
}

fn siblings(tree: &Tree, route: &Route) -> Result<(Vec<Element>, usize, bool), LowerError> {
    let not_found = || LowerError::NotFound(route.clone());
    let parent = route.parent().and_then(|parent| tree.find(&parent)).ok_or_else(not_found)?;
    let column = tree.node(parent).column;
    match (&tree.node(parent).kind, route.last()) {
        (Kind::Mapping(mapping), Some(Segment::Key(key))) => {
            let index = mapping.entries.iter().position(|entry| tree.key_text(entry) == Some(key));
            let elements = mapping.entries.iter().map(|entry| Element {
                range: tree.node(entry.key).full().start..entry_end(tree, entry),
                column,
            });
            Ok((elements.collect(), index.ok_or_else(not_found)?, mapping.flow))
        }
        (Kind::Sequence(sequence), Some(Segment::Index(index))) if *index < sequence.items.len() => {
            let elements = sequence.items.iter().map(|item| item_element(tree, item.node, item.dash, column));
            Ok((elements.collect(), *index, sequence.flow))
        }
        _ => Err(not_found()),
    }
}

fn item_element(tree: &Tree, node: NodeId, dash: Option<usize>, column: usize) -> Element {
    let full = tree.node(node).full();
    match dash {
        Some(dash) => Element { range: dash..full.end.max(dash + 1), column },
        None => Element { range: full.start..full.end, column },
    }
}

/// The whole lines of a block element, from the comment lines attached above it.
fn lines_of(tree: &Tree, element: &Element) -> TextRange {
    let text = tree.text();
    let start = attached_above(text, line_start(text, element.range.start), element.column);
    let end = line_end(text, element.range.end);
    match break_before(text, start) {
        // The last line of a file without final newline: the break before it goes instead.
        Some(before) if end == text.len() => TextRange::new(before, end),
        _ => TextRange::new(start, after_break(text, end)),
    }
}

/// The start of the comment lines directly above a line, at the same column, that are prose: a
/// commented-out sibling (`# key: value`, `# - item`) annotates nothing and stays.
fn attached_above(text: &str, mut start: usize, column: usize) -> usize {
    while let Some(end) = break_before(text, start) {
        let above = line_start(text, end);
        let line = &text[above..end];
        let content = line.trim_start_matches(' ');
        let is_attached =
            content.starts_with('#') && line.len() - content.len() == column && !is_commented_out(content);
        if !is_attached {
            break;
        }
        start = above;
    }
    start
}

/// Whether a comment looks like an entry or an item that somebody switched off.
pub(super) fn is_commented_out(comment: &str) -> bool {
    let text = comment.trim_start_matches('#').trim();
    if text.starts_with("- ") || text == "-" {
        return true;
    }
    let Some((key, rest)) = text.split_once(':') else { return false };
    let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
    is_key && (rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::is_commented_out;

    #[test]
    fn prose_and_switched_off_entries_are_told_apart() {
        assert!(is_commented_out("# ports:"));
        assert!(is_commented_out("#- 80:80"));
        assert!(is_commented_out("# image: nginx"));
        assert!(!is_commented_out("# the front door: keep it open"));
        assert!(!is_commented_out("# see https://example.org"));
    }
}
