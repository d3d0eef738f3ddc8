//! Writing files with a record.

use super::exit::{Exit, Failure, OrExit, failure};
use super::saved_plan::way;
use crate::edge::{self, FileWrite, NewRecord, ProjectRoot, RecordId, RollbackStore, TransactionError, now};
use crate::plan::rollback::RollbackRecord;
use crate::plan::sha256_hex;
use crate::report::diff::file_diff;
use crate::report::secrets::is_env_file;
use std::borrow::Cow;

/// A file: path from the root, text before, text afterwards.
pub(super) type Written = (String, Option<String>, Option<String>);

/// Writes files, all or none, and before them the record that `record` makes for the run's id.
pub(super) fn commit(
    root: &ProjectRoot,
    files: &[Written],
    undoes: Option<&RecordId>,
    record: impl FnOnce(&str) -> RollbackRecord,
) -> Result<String, Failure> {
    let digits: String = files
        .iter()
        .flat_map(|(path, before, after)| [Some(path), before.as_ref(), after.as_ref()])
        .flatten()
        .map(|text| sha256_hex(text))
        .collect();
    let digits: String = sha256_hex(&digits).chars().take(8).collect();
    let store = RollbackStore::of(root.folder());
    let id = store.next_id(now(), &digits).or_exit(Exit::Input)?;
    let json = record(id.as_str()).to_json().or_exit(Exit::Bug)?;
    let patch = files.iter().map(|(path, before, after)| {
        file_diff(path, before.as_deref(), after.as_deref().unwrap_or_default())
    });
    let new = NewRecord {
        id: id.clone(),
        undoes: undoes.cloned(),
        json: json.into_bytes(),
        patch: patch.collect(),
    };
    let writes: Vec<FileWrite> = files
        .iter()
        .map(|(path, before, after)| FileWrite {
            path: path.clone(),
            expect: before.as_deref().map(sha256_hex),
            content: after.as_ref().map(|text| text.clone().into_bytes()),
            // A new `.env` holds secrets, and is its owner's alone.
            mode: (before.is_none() && is_env_file(path)).then_some(0o600),
        })
        .collect();
    edge::apply(root.folder(), &writes, Some(&new)).map_err(|error| write_failure(&error))?;
    Ok(id.as_str().to_owned())
}

fn write_failure(error: &TransactionError) -> Failure {
    let exit = match error {
        TransactionError::Stale { .. } | TransactionError::Locked { .. } => Exit::Conflict,
        _ => Exit::Input,
    };
    failure(exit, error.to_string())
}

/// The root as seen from the working folder.
pub(super) fn shown_folder(root: &ProjectRoot) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    here.map_or_else(|_| root.folder().display().to_string(), |here| way(&here, root.folder()))
}

/// The argument that leads a later command to this project from the working folder, if it takes one.
pub(super) fn elsewhere(root: &ProjectRoot) -> String {
    let here = ProjectRoot::of(std::path::Path::new("."));
    if here == *root { String::new() } else { format!(" --root {}", quoted(&shown_folder(root))) }
}

/// A path that no program takes for an option.
pub(super) fn not_a_flag(path: &str) -> Cow<'_, str> {
    if path.starts_with('-') { Cow::Owned(format!("./{path}")) } else { Cow::Borrowed(path) }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@+=".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_safe_for_a_shell() {
        assert_eq!(quoted("compose.yaml"), "compose.yaml");
        assert_eq!(quoted("my file"), "'my file'");
        assert_eq!(quoted("a'b;rm"), "'a'\\''b;rm'");
    }
}
