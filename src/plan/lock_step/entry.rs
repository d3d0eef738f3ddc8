//! One entry of a lock, field by field.

use super::{FIELDS, LockStepError};
use crate::model::lock::LockedImage;
use crate::syntax::yaml::{NodeId, Tree};
use crate::text::TextRange;

/// An entry whose fields stand on lines of their own.
pub(super) struct Entry<'t> {
    tree: &'t Tree,
    /// From the line of its key to the last line of its last field.
    range: TextRange,
    /// Where its fields begin in their lines.
    column: usize,
    parts: Vec<Part>,
}

/// Lines that belong together.
struct Part {
    /// The field; `None` for the line of the key, comments and blank lines.
    field: Option<String>,
    lines: String,
}

impl<'t> Entry<'t> {
    /// The entry that `node` is the value of; `None` if its fields do not stand on lines of their own.
    pub(super) fn of(tree: &'t Tree, node: NodeId) -> Option<Self> {
        let (found, mapping) = (tree.node(node), tree.mapping(node)?);
        if mapping.flow || mapping.entries.is_empty() {
            return None;
        }
        let index = tree.lines();
        let line_after = |offset: usize| match index.line_of(offset) + 1 {
            next if next < index.lines() => index.line_start(next),
            _ => tree.text().len(),
        };
        let key = tree.node(tree.entry_of(node)?.key).span;
        let start = index.line_start(index.line_of(key.start));
        let (mut end, mut parts) = (start, Vec::new());
        for entry in &mapping.entries {
            let (key, value) = (tree.node(entry.key).span, tree.node(entry.value).span);
            let first = index.line_start(index.line_of(key.start));
            if first < end {
                return None;
            }
            let after = line_after(value.end.saturating_sub(1).max(key.start));
            parts.push(Part { field: None, lines: tree.text().get(end..first)?.to_owned() });
            let field = tree.key_text(entry)?.to_owned();
            parts.push(Part { field: Some(field), lines: tree.text().get(first..after)?.to_owned() });
            end = after;
        }
        Some(Self { tree, range: TextRange::new(start, end), column: found.column, parts })
    }

    /// The lines as they are.
    pub(super) fn lines(&self) -> &'t str {
        self.range.of(self.tree.text())
    }

    /// The lines that say what `image` says; fields of other names stay, and so do comments.
    pub(super) fn lines_for(self, image: &LockedImage) -> Result<String, LockStepError> {
        let newline = newline(self.tree);
        let is_open_ended = !self.lines().ends_with('\n');
        let mut parts = self.parts;
        if is_open_ended && let Some(last) = parts.last_mut() {
            last.lines.push_str(newline);
        }
        let new = image.field_lines()?;
        let is_new = |field: &str| new.iter().any(|(name, _)| name == field);
        parts.retain(|part| part.field.as_deref().is_none_or(|name| !FIELDS.contains(&name) || is_new(name)));
        // A field that was not there stands behind the one that comes before it, at first behind the key.
        let mut place = 0;
        for (name, text) in &new {
            let indent = " ".repeat(self.column);
            let lines: String = text.lines().map(|line| format!("{indent}{line}{newline}")).collect();
            match parts.iter().position(|part| part.field.as_ref() == Some(name)) {
                Some(at) => {
                    let comment = comment(&parts[at].lines).filter(|_| lines.lines().count() == 1);
                    parts[at].lines = match comment {
                        Some(comment) => format!("{}{comment}", lines.trim_end_matches(['\r', '\n'])),
                        None => lines,
                    };
                    place = at;
                }
                None => {
                    place += 1;
                    parts.insert(place, Part { field: Some(name.clone()), lines });
                }
            }
        }
        let mut text: String = parts.into_iter().map(|part| part.lines).collect();
        if is_open_ended {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        Ok(text)
    }
}

/// The comment behind the value of a field of one line, with the blanks before it and the line break.
fn comment(lines: &str) -> Option<&str> {
    let at = lines.find(" #").filter(|_| lines.lines().count() == 1)?;
    let blanks = lines[..at].len() - lines[..at].trim_end().len();
    // Inside quotes it is none.
    let is_quoted = lines[..at].matches(['"', '\'']).count() % 2 == 1;
    (!is_quoted).then(|| &lines[at - blanks..])
}

/// The line break that a lock uses.
pub(super) fn newline(tree: &Tree) -> &'static str {
    if tree.text().contains("\r\n") { "\r\n" } else { "\n" }
}
