//! Which step changed which lines, for the notes beside each hunk.

use crate::plan::{ChangedFile, FileChange, Plan, StepId};
use crate::syntax::yaml::{Limits, NodeId, Tree, parse};
use crate::syntax::{Change, Value};
use std::ops::RangeInclusive;

/// The lines of a file's text afterwards (from 0) that a step wrote.
pub(super) struct Written {
    pub(super) step: StepId,
    pub(super) lines: RangeInclusive<usize>,
}

/// What each step wrote into a file, in the order of the lines.
pub(super) fn written(plan: &Plan, file: &ChangedFile) -> Vec<Written> {
    let tree = parse(&file.text_after, &Limits::default()).ok();
    let mut found = Vec::new();
    for step in &plan.steps {
        for change in step.changes.iter().filter(|change| change.path() == file.path) {
            let lines = match (change, &tree) {
                (FileChange::Tree { change, .. }, Some(tree)) => lines_of(tree, change),
                _ => None,
            };
            // What cannot be located stands at the first hunk rather than nowhere.
            found.push(Written { step: step.id, lines: lines.unwrap_or(0..=0) });
        }
    }
    found.sort_by_key(|written| (*written.lines.start(), written.step));
    found
}

fn lines_of(tree: &Tree, change: &Change) -> Option<RangeInclusive<usize>> {
    let node = match change {
        Change::Append { route, value } => appended(tree, tree.find(route)?, value)?,
        change => tree.find(change.route())?,
    };
    let span = tree.node(node).span;
    let last = span.end.saturating_sub(1).max(span.start);
    Some(tree.lines().line_of(span.start)..=tree.lines().line_of(last))
}

fn appended(tree: &Tree, list: NodeId, value: &Value) -> Option<NodeId> {
    let items = &tree.sequence(list)?.items;
    let is_it = |node: NodeId| match value {
        Value::String(text) => tree.scalar(node).is_some_and(|scalar| &*scalar.value == text),
        _ => false,
    };
    let mut newest = items.iter().rev().map(|item| item.node);
    newest.find(|node| is_it(*node)).or_else(|| items.last().map(|item| item.node))
}
