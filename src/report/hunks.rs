//! Which step changed which lines, for the notes beside each hunk.

use crate::plan::{ChangedFile, Counted, FileChange, Plan, StepId};
use crate::syntax::yaml::{Limits, NodeId, Tree, parse};
use crate::syntax::{Change, Language, Value};
use std::ops::RangeInclusive;

/// The lines of a file's text afterwards (from 0) that a step wrote.
pub(super) struct Written {
    pub(super) step: StepId,
    pub(super) lines: RangeInclusive<usize>,
}

/// What each step wrote into a file, in the order of the lines.
pub(super) fn written(plan: &Plan, file: &ChangedFile) -> Vec<Written> {
    let mut found = Vec::new();
    match language(plan, file) {
        Some(language) => found.extend(counted(plan, file, language)),
        None => found.extend(placed(plan, file)),
    }
    found.sort_by_key(|written| (*written.lines.start(), written.step));
    found
}

/// The language of a file that counts its instructions.
fn language(plan: &Plan, file: &ChangedFile) -> Option<Language> {
    plan.steps.iter().flat_map(|step| &step.changes).find_map(|change| match change {
        FileChange::Source { path, language, .. } if *path == file.path => Some(*language),
        _ => None,
    })
}

/// What steps wrote into a file that counts its instructions: later steps moved what earlier ones wrote.
fn counted(plan: &Plan, file: &ChangedFile, language: Language) -> Vec<Written> {
    let mut counted = Counted::default();
    for step in &plan.steps {
        counted.take(step.id, &file.path, &step.changes);
    }
    let routes = counted.places().iter().map(|(route, _)| route);
    let lines = language.lines_of(&file.text_after, routes).unwrap_or_default();
    let placed = counted.places().iter().zip(lines).map(|((_, step), lines)| (*step, lines));
    let mut found: Vec<Written> =
        placed.map(|(step, lines)| Written { step, lines: lines.unwrap_or(0..=0) }).collect();
    // What only takes something away wrote nothing, and is told at the first hunk.
    let is_told = |step: StepId| found.iter().any(|written| written.step == step);
    let touching =
        plan.steps.iter().filter(|step| step.changes.iter().any(|change| change.path() == file.path));
    let silent: Vec<StepId> = touching.map(|step| step.id).filter(|step| !is_told(*step)).collect();
    found.extend(silent.into_iter().map(|step| Written { step, lines: 0..=0 }));
    found
}

fn placed(plan: &Plan, file: &ChangedFile) -> Vec<Written> {
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
