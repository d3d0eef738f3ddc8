//! New values for nodes that exist.

use super::emit::{emit_after_key, emit_flow};
use super::keyed;
use super::place::after_block;
use super::style::FileStyle;
use super::{LowerError, Placed};
use crate::syntax::yaml::encode::encode_string;
use crate::syntax::yaml::{Kind, NodeId, ScalarStyle, Tree};
use crate::syntax::{Route, Value};
use crate::text::TextRange;

/// Puts `value` in the place of the node at `route`.
pub(super) fn set(
    tree: &Tree,
    file: &FileStyle,
    route: &Route,
    value: &Value,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let id = tree.find(route).ok_or_else(|| LowerError::NotFound(route.clone()))?;
    let node = tree.node(id);
    if let Some(tag) = node.tag()
        && !matches!(tag.of(tree.text()), "!!str" | "!")
    {
        return Err(LowerError::Tagged(route.clone()));
    }
    if let (Kind::Sequence(list), Value::Mapping(entries)) = (&node.kind, value)
        && !list.flow
    {
        return keyed::set(tree, file, id, route, (list, entries), out);
    }
    if comments_inside(tree, node.span) {
        return Err(LowerError::CommentsInside(route.clone()));
    }
    let inside = stands_in_flow(tree, id);
    let is_item = node.parent.is_some_and(|parent| tree.sequence(parent).is_some());
    match (&node.kind, value) {
        (Kind::Mapping(mapping), _) if !mapping.flow => Err(LowerError::Notation(route.clone())),
        (Kind::Sequence(sequence), _) if !sequence.flow => Err(LowerError::Notation(route.clone())),
        (_, Value::Sequence(items)) if !inside && !items.is_empty() => {
            set_block(tree, file, id, route, value, out)
        }
        (_, Value::Mapping(entries)) if !inside && !is_item && !entries.is_empty() => {
            set_block(tree, file, id, route, value, out)
        }
        (Kind::Scalar(_) | Kind::Alias(_), Value::String(text)) => {
            // In the place of an alias, a text is written as the one that the alias stood for.
            let written = tree.scalar(tree.resolve_alias(id)).map(|scalar| scalar.style);
            let style = match written.unwrap_or(ScalarStyle::Plain) {
                ScalarStyle::Literal | ScalarStyle::Folded => ScalarStyle::Plain,
                ScalarStyle::Plain if inside && is_json(tree, id) => ScalarStyle::DoubleQuoted,
                style => style,
            };
            let mut written = encode_string(text, style, inside);
            let needs_blank = node.span.is_empty() && !tree.text()[..node.span.start].ends_with(' ');
            if needs_blank {
                written.insert(0, ' ');
            }
            out.push(Placed::replacement(node.span, written));
            Ok(())
        }
        _ => {
            let written = emit_flow(value, quotes_around(tree, id), inside);
            let blank = if node.span.is_empty() { " " } else { "" };
            out.push(Placed::replacement(node.span, format!("{blank}{written}")));
            Ok(())
        }
    }
}

/// A collection in place of a scalar or an alias: what was there goes, a comment behind it stays on
/// the key's line, and the new lines follow.
fn set_block(
    tree: &Tree,
    file: &FileStyle,
    id: NodeId,
    route: &Route,
    value: &Value,
    out: &mut Vec<Placed>,
) -> Result<(), LowerError> {
    let node = tree.node(id);
    let notation = || LowerError::Notation(route.clone());
    let parent = node.parent.ok_or_else(notation)?;
    let entry = tree.entry_of(id).filter(|entry| !entry.explicit).ok_or_else(notation)?;
    let colon = entry.colon.ok_or_else(notation)?;
    let between = &tree.text()[colon + 1..node.span.start];
    if node.anchor().is_some() || node.tag().is_some() || !between.trim_matches([' ', '\t']).is_empty() {
        return Err(notation());
    }
    let column = tree.node(parent).column;
    let style = file.around(tree, parent);
    let mut text = String::new();
    emit_after_key(value, column, &style, &mut text);
    out.push(Placed::replacement(TextRange::new(colon + 1, node.span.end), String::new()));
    out.push(Placed::insertion(after_block(tree, node.span.end, column + 1), text, column + 1));
    Ok(())
}

fn comments_inside(tree: &Tree, span: TextRange) -> bool {
    let first = tree.comments().partition_point(|comment| comment.start < span.start);
    tree.comments().get(first).is_some_and(|comment| comment.start < span.end)
}

/// Whether the mapping around a node has its keys in double quotes, as JSON has.
fn is_json(tree: &Tree, id: NodeId) -> bool {
    let mut around = std::iter::successors(tree.node(id).parent, |at| tree.node(*at).parent);
    let nearest = around.find_map(|at| tree.mapping(at));
    let first_key = nearest.and_then(|mapping| tree.scalar(mapping.entries.first()?.key));
    first_key.is_some_and(|key| key.style == ScalarStyle::DoubleQuoted)
}

/// Whether a node stands inside brackets.
fn stands_in_flow(tree: &Tree, id: NodeId) -> bool {
    let Some(parent) = tree.node(id).parent else { return false };
    match &tree.node(parent).kind {
        Kind::Mapping(mapping) => mapping.flow,
        Kind::Sequence(sequence) => sequence.flow,
        _ => false,
    }
}

/// Double quotes where the keys around have them (JSON), none elsewhere.
fn quotes_around(tree: &Tree, id: NodeId) -> ScalarStyle {
    let entries =
        tree.node(id).parent.and_then(|parent| tree.mapping(parent)).map(|mapping| &mapping.entries);
    let first_key = entries.and_then(|entries| tree.scalar(entries.first()?.key));
    match first_key {
        Some(scalar) if scalar.style == ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        _ => ScalarStyle::Plain,
    }
}
