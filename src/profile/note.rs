//! Notes exceptions in the project file, by the same surgical edits as everywhere.
//!
//! Each says that `hardtack rollback` noted it: what it excepts may ask for nothing any more once the other steps are
//! undone, or under another profile, and that is no slip of a person then.

use crate::syntax::yaml::{Limits, ReadError, RewriteError, parse, rewrite};
use crate::syntax::{Change, Route, Value};

/// An exception to be noted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExceptionNote {
    /// The rule.
    pub rule: String,
    /// The service; every service if absent.
    pub service: Option<String>,
    /// The file, as a path from the root; every file if absent.
    pub file: Option<String>,
    /// Why.
    pub reason: String,
}

/// The head of a project file that is made to note an exception.
const HEAD: &str = "# Settings of hardtack for this project.\n";

/// The text of the project file with more exceptions; `None` if there is no file yet.
///
/// # Errors
/// If the file cannot be read, or has no sound edit; it is left as it is then.
pub fn note_exceptions(text: Option<&str>, notes: &[ExceptionNote]) -> Result<String, RewriteError> {
    let before = with_a_root(text.unwrap_or(HEAD))?;
    let tree = parse(&before, &Limits::default())?;
    let route = Route::root().key("exceptions");
    let values: Vec<Value> = notes.iter().map(value).collect();
    let has_items =
        tree.find(&route).and_then(|list| tree.sequence(list)).is_some_and(|list| !list.items.is_empty());
    let changes: Vec<Change> = match tree.find(&route) {
        Some(_) if has_items => {
            values.into_iter().map(|value| Change::Append { route: route.clone(), value }).collect()
        }
        Some(_) => vec![Change::Set { route, value: Value::Sequence(values) }],
        None => vec![Change::Insert { route, value: Value::Sequence(values) }],
    };
    Ok(rewrite(&before, &changes)?.0)
}

/// The text with something to edit: a file of comments alone has no tree, so it gets the empty key.
fn with_a_root(text: &str) -> Result<String, ReadError> {
    let tree = parse(text, &Limits::default())?;
    let has_root = tree.documents().first().is_some_and(|document| !tree.is_null(document.root));
    let line_break = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(if has_root { text.to_owned() } else { format!("{text}{line_break}exceptions:\n") })
}

fn value(note: &ExceptionNote) -> Value {
    let text = |key: &str, value: &str| (key.to_owned(), Value::string(value));
    let mut entries = vec![text("rule", &note.rule)];
    entries.extend(note.service.as_ref().map(|service| text("service", service)));
    entries.extend(note.file.as_ref().map(|file| text("file", file)));
    entries.push(text("reason", &note.reason));
    entries.push(text("noted-by", "rollback"));
    Value::Mapping(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(rule: &str) -> ExceptionNote {
        ExceptionNote {
            rule: rule.to_owned(),
            service: Some("web".to_owned()),
            file: None,
            reason: "it: breaks".to_owned(),
        }
    }

    const ITEM: &str =
        "  - rule: pin-digest\n    service: web\n    reason: \"it: breaks\"\n    noted-by: rollback\n";

    #[test]
    fn a_file_is_made() {
        let text = note_exceptions(None, &[note("pin-digest")]).unwrap();
        assert_eq!(text, format!("{HEAD}exceptions:\n{ITEM}"));
    }

    #[test]
    fn a_list_grows_or_is_made_and_comments_stay() {
        let text = note_exceptions(Some("profile: strict # ours\n"), &[note("pin-digest")]).unwrap();
        assert_eq!(text, format!("profile: strict # ours\nexceptions:\n{ITEM}"));
        let twice = note_exceptions(Some(&text), &[note("pin-digest")]).unwrap();
        assert_eq!(twice, format!("{text}{ITEM}"));
    }
}
