//! Where lines begin and end, and where the next entry of a collection goes.

use super::remove::is_commented_out;
use crate::syntax::yaml::{Entry, Kind, NodeId, ScalarStyle, Tree};

/// Offset of the line break that ends the line of `offset`, or the end of the text.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find(['\n', '\r']).map_or(text.len(), |at| offset + at)
}

/// Offset of the first byte of the line of `offset`, behind a byte order mark.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    text[..offset].rfind(['\n', '\r']).map_or(first, |at| at + 1).min(offset)
}

/// Offset behind the line break at `offset`.
pub(super) fn after_break(text: &str, offset: usize) -> usize {
    match text.as_bytes().get(offset) {
        Some(b'\r') if text.as_bytes().get(offset + 1) == Some(&b'\n') => offset + 2,
        Some(_) => offset + 1,
        None => offset,
    }
}

/// Offset of the line break before the line that starts at `start`; `None` for the first line.
pub(super) fn break_before(text: &str, start: usize) -> Option<usize> {
    let before = &text[..start];
    if before.ends_with("\r\n") {
        return Some(start - 2);
    }
    before.ends_with(['\n', '\r']).then(|| start - 1)
}

/// The end of an entry: of its value, or of its colon or key where the value is empty.
pub(super) fn entry_end(tree: &Tree, entry: &Entry) -> usize {
    let value = tree.node(entry.value).full().end;
    let colon = entry.colon.map_or(0, |at| at + 1);
    value.max(colon).max(tree.node(entry.key).full().end)
}

/// Where the line of a new sibling goes that follows what ends at `end`: the end of that line, or of
/// the comment lines directly below that are indented to `column` or more. They belong to what stands
/// above them (notes, entries that are commented out), so the new line does not come between. Deeper
/// than `column` they do so behind blank lines, too.
pub(super) fn after_block(tree: &Tree, end: usize, column: usize) -> usize {
    let text = tree.text();
    let mut at = line_end(text, end);
    let (mut line, mut least) = (at, column);
    loop {
        let start = after_break(text, line);
        if start == line {
            return at;
        }
        line = line_end(text, start);
        let content = text[start..line].trim_start_matches(' ');
        if content.is_empty() {
            least = column + 1;
            continue;
        }
        let depth = line - start - content.len();
        if !content.starts_with('#') || depth < least || !is_a_comment_of_the_tree(tree, start + depth) {
            return at;
        }
        (at, least) = (line, column);
    }
}

/// Where a new key goes behind a list that ends on the line of `at`: an editor that switches items off puts the
/// `#` at the start of the line, and such items, directly below, are still of the list.
pub(super) fn after_switched_off_items(text: &str, at: usize) -> usize {
    if !text[line_start(text, at)..at].trim_start().starts_with("- ") {
        return at;
    }
    let (mut last, mut end) = (at, at);
    loop {
        let start = after_break(text, end);
        let line = line_end(text, start);
        let content = &text[start..line];
        // A key that is switched off, or a service, takes the items below it along.
        let is_item = content.trim_start_matches('#').trim_start().starts_with("- ");
        if start == end || !content.starts_with('#') || (is_commented_out(content) && !is_item) {
            return last;
        }
        end = line;
        if is_item {
            last = line;
        }
    }
}

/// A `#` in a block scalar is text, not a comment.
fn is_a_comment_of_the_tree(tree: &Tree, offset: usize) -> bool {
    tree.comments().binary_search_by_key(&offset, |comment| comment.start).is_ok()
}

/// Whether what ends at `end` is a block scalar that the end of the file cuts off: without the final
/// line break its value would grow by one if a line followed.
pub(super) fn is_cut_off_block(tree: &Tree, last: NodeId) -> bool {
    let mut id = last;
    loop {
        let node = tree.node(id);
        if node.full().end != tree.text().len() {
            return false;
        }
        id = match &node.kind {
            Kind::Scalar(scalar) => {
                let is_block = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
                let header = node.span.of(tree.text()).lines().next().unwrap_or_default();
                let indicators = header.split('#').next().unwrap_or_default();
                return is_block && !indicators.contains('-');
            }
            Kind::Mapping(mapping) if !mapping.flow => match mapping.entries.last() {
                Some(entry) => entry.value,
                None => return false,
            },
            Kind::Sequence(sequence) if !sequence.flow => match sequence.items.last() {
                Some(item) => item.node,
                None => return false,
            },
            _ => return false,
        };
    }
}
