//! Reads the files that list the packages and scripts of the programs that Dockerfiles copy.

use super::ProjectRoot;
use crate::model::compose::Project;
use std::collections::BTreeMap;

/// A text with more bytes is no such file that a person wrote.
const MOST_BYTES: u64 = 256 * 1024;

/// More of them than any project has; what comes after them is not read.
const MOST_FILES: usize = 1_000;

/// Their texts, by path from the root.
pub(super) fn manifest_files(root: &ProjectRoot, project: &Project) -> BTreeMap<String, String> {
    let read = |path: String| {
        let content = root.read(&path, MOST_BYTES).ok()?;
        Some((path, String::from_utf8(content.bytes).ok()?))
    };
    project.manifest_paths().into_iter().filter_map(read).take(MOST_FILES).collect()
}
