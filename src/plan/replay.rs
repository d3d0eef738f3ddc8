//! Carries steps out on texts, without rules: what apply did, or would have done without some steps.

use super::{FileChange, Step, StepId};
use crate::syntax::yaml::{FileStyle, Limits, RewriteError, parse, rewrite_in_style};
use crate::syntax::{Change, Language, Renumbering};
use crate::text::{Edit, EditError, TextEdit, TextRange};
use std::collections::BTreeMap;

/// Why steps cannot be carried out on a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A change of a tree cannot be made as declared.
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// A change of a file that counts its instructions cannot be made as declared.
    #[error(transparent)]
    Source(#[from] crate::syntax::RewriteError),
    /// A change is about something that only a step that is left out brings.
    #[error("{path}: it counts on what another step brings")]
    Missing {
        /// The file.
        path: String,
    },
    /// An edit does not fit the text.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A file to create is there already, or one to edit is not.
    #[error("{path}: {what}")]
    File {
        /// The file.
        path: String,
        /// What is the matter.
        what: &'static str,
    },
}

/// A text and the edit that led to it from where the replay began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The text; `None` while the file does not exist.
    pub text: Option<String>,
    /// All edits so far, in one, over the text at the beginning (an absent file counts as empty).
    pub edit: TextEdit,
    /// The habits of the file before the first change, as the plan saw them.
    style: Option<FileStyle>,
}

impl Replayed {
    /// A text before any step.
    #[must_use]
    pub fn start(text: Option<String>) -> Self {
        Self { text, edit: TextEdit::default(), style: None }
    }
}

/// Carries steps out in order on `texts` (by path; `None` for a file that is not there), and returns the
/// files that changed.
///
/// # Errors
/// The first change that cannot be made as declared.
pub fn replay(
    texts: &BTreeMap<String, Option<String>>,
    steps: &[&Step],
) -> Result<BTreeMap<String, Replayed>, ReplayError> {
    replay_without(texts, steps, &|_| false)
}

/// Carries steps out in order, as if those that `skipped` names had never been in the plan. The routes of the
/// others follow: what stood behind an instruction that a skipped step inserted moves up.
///
/// # Errors
/// The first change that cannot be made as declared.
pub fn replay_without(
    texts: &BTreeMap<String, Option<String>>,
    steps: &[&Step],
    skipped: &dyn Fn(StepId) -> bool,
) -> Result<BTreeMap<String, Replayed>, ReplayError> {
    let mut done: BTreeMap<String, Replayed> = BTreeMap::new();
    let mut numberings: BTreeMap<&str, Renumbering> = BTreeMap::new();
    for step in steps {
        let mut by_file: BTreeMap<&str, Vec<&FileChange>> = BTreeMap::new();
        for change in &step.changes {
            by_file.entry(change.path()).or_default().push(change);
        }
        for (path, changes) in by_file {
            let sources = source_changes(&changes);
            let numbering = numberings.entry(path).or_default();
            if skipped(step.id) {
                numbering
                    .only_source(&sources.iter().map(|(_, change)| (*change).clone()).collect::<Vec<_>>());
                continue;
            }
            let start = || Replayed::start(texts.get(path).cloned().flatten());
            let state = done.entry(path.to_owned()).or_insert_with(start);
            carry_out(path, state, &changes)?;
            carry_out_sources(path, state, &sources, numbering)?;
        }
    }
    Ok(done)
}

/// The changes of a file that counts its instructions.
fn source_changes<'c>(changes: &[&'c FileChange]) -> Vec<(Language, &'c Change)> {
    let source = |change: &&'c FileChange| match change {
        FileChange::Source { language, change, .. } => Some((*language, change)),
        _ => None,
    };
    changes.iter().filter_map(source).collect()
}

fn carry_out_sources(
    path: &str,
    state: &mut Replayed,
    changes: &[(Language, &Change)],
    numbering: &mut Renumbering,
) -> Result<(), ReplayError> {
    let Some((language, _)) = changes.first() else { return Ok(()) };
    let missing = || ReplayError::Missing { path: path.to_owned() };
    let text = state.text.as_deref().ok_or_else(missing)?;
    let moved: Option<Vec<Change>> =
        changes.iter().map(|(_, change)| numbering.translate_change(change)).collect();
    let (after, edit) = language.rewrite(text, &moved.ok_or_else(missing)?)?;
    numbering.both(&changes.iter().map(|(_, change)| (*change).clone()).collect::<Vec<_>>());
    state.edit = state.edit.then(&edit);
    state.text = Some(after);
    Ok(())
}

fn carry_out(path: &str, state: &mut Replayed, changes: &[&FileChange]) -> Result<(), ReplayError> {
    let missing = |what| ReplayError::File { path: path.to_owned(), what };
    let trees: Vec<Change> = changes
        .iter()
        .filter_map(|change| match change {
            FileChange::Tree { change, .. } => Some(change.clone()),
            _ => None,
        })
        .collect();
    if !trees.is_empty() {
        let text = state.text.as_deref().ok_or_else(|| missing("there is no such file"))?;
        let tree = parse(text, &Limits::default()).map_err(RewriteError::from)?;
        let style = state.style.get_or_insert_with(|| FileStyle::of(&tree));
        let (after, edit) = rewrite_in_style(&tree, style, &trees)?;
        state.edit = state.edit.then(&edit);
        state.text = Some(after);
    }
    for change in changes {
        let edit = match (change, state.text.as_deref()) {
            (FileChange::Tree { .. } | FileChange::Source { .. }, _) => continue,
            (FileChange::CreateFile { text, .. }, None) => {
                TextEdit::new(vec![Edit::insertion(0, text.as_str())])?
            }
            (FileChange::CreateFile { .. }, Some(_)) => return Err(missing("there is such a file already")),
            (FileChange::AppendLine { line, .. }, Some(text)) => append_line(text, line)?,
            (FileChange::EnsureLine { line, .. }, Some(text)) if has_line(text, line) => continue,
            (FileChange::EnsureLine { line, .. }, text) => append_line(text.unwrap_or_default(), line)?,
            (FileChange::InsertLines { before, text: lines, .. }, Some(text)) => {
                insert_lines(text, before.as_deref(), lines)
                    .ok_or_else(|| missing("the line to insert at is not there, or not alone"))??
            }
            (FileChange::ReplaceLines { from, text: lines, .. }, Some(text)) => {
                replace_lines(text, from, lines)
                    .ok_or_else(|| missing("the lines to replace are not there, or not alone"))??
            }
            (
                FileChange::AppendLine { .. }
                | FileChange::InsertLines { .. }
                | FileChange::ReplaceLines { .. },
                None,
            ) => {
                return Err(missing("there is no such file"));
            }
        };
        let after = edit.apply(state.text.as_deref().unwrap_or_default())?;
        state.edit = state.edit.then(&edit);
        state.text = Some(after);
    }
    Ok(())
}

/// Whether a line stands in a text.
pub(super) fn has_line(text: &str, line: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().any(|found| found == line)
}

/// A new last line, with the line break that the file uses.
pub(super) fn append_line(text: &str, line: &str) -> Result<TextEdit, EditError> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let insert = if text.is_empty() || text.ends_with(['\n', '\r']) {
        format!("{line}{newline}")
    } else {
        format!("{newline}{line}")
    };
    TextEdit::new(vec![Edit::insertion(text.len(), insert)])
}

/// New lines in front of the only line with the text `before`, or at the end; `None` if there is no such line.
fn insert_lines(text: &str, before: Option<&str>, lines: &str) -> Option<Result<TextEdit, EditError>> {
    let Some(before) = before else {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let insert = match text.is_empty() || text.ends_with('\n') {
            true => lines.to_owned(),
            // A file that ends without line break goes on to do so.
            false => format!("{newline}{}", lines.trim_end_matches(['\n', '\r'])),
        };
        return Some(TextEdit::new(vec![Edit::insertion(text.len(), insert)]));
    };
    let starts = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    });
    let mut found = starts.filter(|(_, line)| *line == before).map(|(start, _)| start);
    match (found.next(), found.next()) {
        (Some(start), None) => Some(TextEdit::new(vec![Edit::insertion(start, lines)])),
        _ => None,
    }
}

/// Other lines in place of those that stand there once, from the start of a line; `None` if they do not.
fn replace_lines(text: &str, from: &str, lines: &str) -> Option<Result<TextEdit, EditError>> {
    let is_start = |at: &usize| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
    let mut found = text.match_indices(from).map(|(at, _)| at).filter(is_start);
    match (found.next(), found.next()) {
        (Some(at), None) if !from.is_empty() => {
            let range = TextRange::new(at, at + from.len());
            Some(TextEdit::new(vec![Edit::replacement(range, lines)]))
        }
        _ => None,
    }
}
