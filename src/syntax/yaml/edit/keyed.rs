//! A list of names that becomes a mapping with these names as keys, line by line, so that comments stay.

use super::emit::{emit_after_key, emit_key};
use super::place::{line_end, line_start};
use super::style::FileStyle;
use super::{LowerError, Placed};
use crate::syntax::yaml::{NodeId, Sequence, Tree};
use crate::syntax::{Route, Value};
use crate::text::TextRange;

/// Turns each item `- name` into the key `name:` with its value below. The names and their order are those of
/// the list; anything else has no edit that keeps what stands between the items.
pub(super) fn set(
    tree: &Tree,
    file: &FileStyle,
    id: NodeId,
    route: &Route,
    (list, entries): (&Sequence, &[(String, Value)]),
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let notation = || LowerError::Notation(route.clone());
    let text = tree.text();
    let parent = tree.node(id).parent.ok_or_else(notation)?;
    tree.entry_of(id).filter(|entry| entry.value == id).ok_or_else(notation)?;
    if list.items.len() != entries.len() {
        return Err(notation());
    }
    let style = file.around(tree, parent);
    let (outer, dashes) = (tree.node(parent).column, tree.node(id).column);
    // Dashes may stand under the key of their list; keys below it may not.
    let column = if dashes > outer { dashes } else { outer + style.step };
    for (item, (name, value)) in list.items.iter().zip(entries) {
        let (node, dash) = (tree.node(item.node), item.dash.ok_or_else(notation)?);
        let scalar = tree.scalar(item.node).ok_or_else(notation)?;
        let is_plain = node.anchor().is_none() && node.tag().is_none() && *scalar.value == **name;
        let is_on_its_line = text[line_start(text, dash)..dash].bytes().all(|byte| byte == b' ')
            && !text[dash..node.span.end].contains(['\n', '\r']);
        if !is_plain || !is_on_its_line || !matches!(value, Value::Mapping(entries) if !entries.is_empty()) {
            return Err(notation());
        }
        let indent = " ".repeat(column - dashes);
        let key = format!("{indent}{}:", emit_key(name, false, false));
        out.push(Placed::replacement(TextRange::new(dash, node.span.end), key));
        let mut below = String::new();
        emit_after_key(value, column, &style, &mut below);
        out.push(Placed::insertion(line_end(text, node.span.end), below, column + 1));
    }
    Ok(())
}
