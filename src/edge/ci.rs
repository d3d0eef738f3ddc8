//! What a CI runner offers: the summary of a step, and how it knows the project's files.

use super::ProjectRoot;
use std::fs::OpenOptions;
use std::io::{self, Write as _};

/// Adds a text to the summary of the running step of GitHub Actions; does nothing elsewhere.
///
/// # Errors
/// If the file that `GITHUB_STEP_SUMMARY` names cannot be written.
pub fn append_step_summary(text: &str) -> io::Result<()> {
    match std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        Some(path) => OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes()),
        None => Ok(()),
    }
}

/// The way from the root of the repository to a project, with `/` at its end; empty if they are the same, or if
/// there is no repository.
#[must_use]
pub fn below_repository(root: &ProjectRoot) -> String {
    let folder = root.folder();
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    let inside = repository.and_then(|repository| folder.strip_prefix(repository).ok());
    let parts = inside.into_iter().flat_map(|inside| inside.iter());
    parts.map(|part| format!("{}/", part.to_string_lossy())).collect()
}

/// Sets outputs of the running step of GitHub Actions; does nothing elsewhere. Values are one line each.
///
/// # Errors
/// If the file that `GITHUB_OUTPUT` names cannot be written.
pub fn set_step_outputs(outputs: &[(&str, &str)]) -> io::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_OUTPUT").filter(|path| !path.is_empty()) else { return Ok(()) };
    let line = |(name, value): &(&str, &str)| format!("{name}={}\n", value.replace(['\r', '\n'], " "));
    let text: String = outputs.iter().map(line).collect();
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}
