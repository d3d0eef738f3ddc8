//! New entries of mappings and new items of sequences.

use super::emit::{emit_after_key, emit_block, emit_flow, emit_key};
use super::flow::flow_insert;
use super::place::{after_block, after_switched_off_items, entry_end, is_cut_off_block};
use super::style::{FileStyle, LocalStyle};
use super::{LowerError, Placed};
use crate::syntax::yaml::{Entry, Kind, Mapping, NodeId, ScalarStyle, Sequence, Tree};
use crate::syntax::{Route, Value};

/// A new entry at `route`, behind the last entry of its mapping.
pub(super) fn insert(
    tree: &Tree,
    file: &FileStyle,
    route: &Route,
    value: &Value,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let (Some(key), Some(parent_route)) = (route.last_key(), route.parent()) else {
        return Err(LowerError::NotAMapping(route.clone()));
    };
    let parent = tree.find(&parent_route).ok_or(LowerError::NotFound(parent_route))?;
    let style = file.around(tree, parent);
    match &tree.node(parent).kind {
        Kind::Mapping(mapping) => {
            if tree.get(parent, key).is_some() {
                return Err(LowerError::Exists(route.clone()));
            }
            if mapping.flow {
                insert_in_flow(tree, parent, mapping, key, value, &style, out);
                return Ok(());
            }
            insert_in_block(tree, parent, mapping, route, (key, value), &style, out)
        }
        Kind::Alias(_) => Err(LowerError::Alias(route.clone())),
        _ if tree.is_null(parent) => insert_in_empty(tree, parent, route, (key, value), &style, out),
        _ => Err(LowerError::NotAMapping(route.clone())),
    }
}

fn insert_in_block(
    tree: &Tree,
    id: NodeId,
    mapping: &Mapping,
    route: &Route,
    (key, value): (&str, &Value),
    style: &LocalStyle,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let column = tree.node(id).column;
    let Some((last, before)) = mapping.entries.split_last() else {
        return Err(LowerError::NotAMapping(route.clone()));
    };
    let follow = if is_cut_off_block(tree, last.value) {
        before.last().ok_or_else(|| LowerError::CutOffBlock(route.clone()))?
    } else {
        last
    };
    let at = after_block(tree, entry_end(tree, follow), column.max(1));
    let at = after_switched_off_items(tree.text(), at);
    let mut text = style.newline.to_owned();
    text.extend(std::iter::repeat_n(' ', column));
    text.push_str(&block_entry(key, value, column, style));
    out.push(Placed::insertion(at, text, column));
    Ok(())
}

fn block_entry(key: &str, value: &Value, column: usize, style: &LocalStyle) -> String {
    let mut text = format!("{}:", emit_key(key, false, false));
    match (value, style.flow_lists) {
        (Value::Sequence(items), Some(item_style)) if !items.is_empty() && !style.block_lists_prevail => {
            text.push(' ');
            text.push_str(&emit_flow(value, item_style, false));
        }
        _ => emit_after_key(value, column, style, &mut text),
    }
    text
}

/// The parent's value is empty: the new entry becomes the first one below its key.
fn insert_in_empty(
    tree: &Tree,
    id: NodeId,
    route: &Route,
    (key, value): (&str, &Value),
    style: &LocalStyle,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let node = tree.node(id);
    let parent = node.parent.map(|parent| tree.node(parent));
    let Some((parent, Kind::Mapping(mapping))) = parent.map(|parent| (parent, &parent.kind)) else {
        return Err(LowerError::Notation(route.clone()));
    };
    // `~` and `null` are text that would have to go; an empty value has nothing in the way.
    if mapping.flow || !node.span.is_empty() {
        return Err(LowerError::Notation(route.clone()));
    }
    let column = parent.column + style.step;
    let at = after_block(tree, node.full().end, column);
    let mut text = style.newline.to_owned();
    text.extend(std::iter::repeat_n(' ', column));
    text.push_str(&block_entry(key, value, column, style));
    out.push(Placed::insertion(at, text, column));
    Ok(())
}

fn insert_in_flow(
    tree: &Tree,
    id: NodeId,
    mapping: &Mapping,
    key: &str,
    value: &Value,
    style: &LocalStyle,
    out: &mut Vec<Placed>,
) {
    // JSON stays JSON: keys in double quotes ask for the same in what is added.
    let first_key = mapping.entries.first().and_then(|entry| tree.scalar(entry.key));
    let quoted = first_key.is_some_and(|scalar| scalar.style == ScalarStyle::DoubleQuoted);
    let want = match style.flow_lists {
        _ if quoted => ScalarStyle::DoubleQuoted,
        Some(items) => items,
        None => ScalarStyle::Plain,
    };
    let gap = if quoted && is_dense(tree, mapping) { "" } else { " " };
    let text = format!("{}:{gap}{}", emit_key(key, quoted, true), emit_flow(value, want, true));
    let elements = mapping
        .entries
        .iter()
        .map(|entry| tree.node(entry.key).full().start..entry_end(tree, entry))
        .collect::<Vec<_>>();
    flow_insert(tree, id, &elements, &text, out);
}

/// Whether the values stand right behind their colons, as in JSON without blanks.
fn is_dense(tree: &Tree, mapping: &Mapping) -> bool {
    let behind_colon = |entry: &Entry| Some(tree.node(entry.value).full().start == entry.colon? + 1);
    mapping.entries.last().and_then(behind_colon) == Some(true)
}

/// A new last item of the sequence at `route`.
pub(super) fn append(
    tree: &Tree,
    file: &FileStyle,
    route: &Route,
    value: &Value,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let id = tree.find(route).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    match &tree.node(id).kind {
        Kind::Sequence(sequence) if sequence.flow => {
            let text = emit_flow(value, item_style(tree, sequence), true);
            let elements = sequence
                .items
                .iter()
                .map(|item| std::ops::Range::from(tree.node(item.node).full()))
                .collect::<Vec<_>>();
            flow_insert(tree, id, &elements, &text, out);
            Ok(())
        }
        Kind::Sequence(sequence) => append_in_block(tree, file, route, (id, sequence), value, out),
        Kind::Alias(_) => Err(LowerError::Alias(route.clone())),
        _ => Err(LowerError::NotASequence(route.clone())),
    }
}

fn append_in_block(
    tree: &Tree,
    file: &FileStyle,
    route: &Route,
    (id, sequence): (NodeId, &Sequence),
    value: &Value,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let column = tree.node(id).column;
    let Some((last, dash)) = sequence.items.last().and_then(|item| Some((item, item.dash?))) else {
        return Err(LowerError::NotASequence(route.clone()));
    };
    if is_cut_off_block(tree, last.node) {
        return Err(LowerError::CutOffBlock(route.clone()));
    }
    let style = file.around(tree, id);
    let node = tree.node(last.node);
    // The blanks between dash and item, where the item is written on the dash's line.
    let gap = node.full().start.saturating_sub(dash + 1);
    let gap = if (1..=8).contains(&gap) && !node.full().is_empty() { gap } else { 1 };
    let at = after_block(tree, node.full().end.max(dash + 1), column + 1);
    let mut text = style.newline.to_owned();
    text.extend(std::iter::repeat_n(' ', column));
    text.push('-');
    text.extend(std::iter::repeat_n(' ', gap));
    match value {
        Value::String(_) => text.push_str(&emit_flow(value, item_style(tree, sequence), false)),
        _ => emit_block(value, column + 1 + gap, &style, &mut text),
    }
    out.push(Placed::insertion(at, text, column + 1));
    Ok(())
}

/// The quotes that all scalar items of a list share; without agreement none.
fn item_style(tree: &Tree, sequence: &Sequence) -> ScalarStyle {
    let mut styles =
        sequence.items.iter().filter_map(|item| tree.scalar(item.node)).map(|scalar| scalar.style);
    let Some(first) = styles.next() else { return ScalarStyle::Plain };
    let shared = styles.all(|style| style == first);
    if shared && matches!(first, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
        first
    } else {
        ScalarStyle::Plain
    }
}
