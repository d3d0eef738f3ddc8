//! Where the source files of the programs that are built or mounted write: read here, and only that is kept.

use super::ProjectRoot;
use crate::knowledge::WritingLanguage;
use crate::model::SourceWrite;
use crate::model::compose::Project;
use crate::model::compose::file_set::join;
use std::collections::{BTreeMap, BTreeSet};

/// A source with more bytes was made by a program.
const MOST_BYTES: u64 = 256 * 1024;

/// What all that is read may hold together; what comes after it is not read.
const MOST_BYTES_IN_ALL: u64 = 16 * 1024 * 1024;

/// The same for the number of files and folders that are looked at.
const MOST_NAMES: usize = 10_000;

/// How deep a folder is searched: `src/main/java/org/example/app/…` lies so deep.
const DEEPEST: usize = 8;

/// Folders with what others wrote, what was built, and what only tests and people read.
const SKIPPED: [&str; 20] = [
    "__pycache__",
    "__tests__",
    "bower_components",
    "build",
    "cypress",
    "dist",
    "docs",
    "e2e",
    "env",
    "examples",
    "fixtures",
    "node_modules",
    "out",
    "site-packages",
    "spec",
    "target",
    "test",
    "tests",
    "vendor",
    "venv",
];

/// Ends of the names of files that only tests and builds run.
const NOT_SHIPPED: [&str; 6] = ["_test", ".test", ".spec", ".config", "_spec", ".min"];

/// What they write, by their path from the root.
pub(super) fn source_writes(root: &ProjectRoot, project: &Project) -> BTreeMap<String, Vec<SourceWrite>> {
    let mut reader = Reader { root, seen: BTreeSet::new(), left: MOST_BYTES_IN_ALL, found: BTreeMap::new() };
    for path in project.source_paths() {
        reader.read(&path, DEEPEST);
    }
    reader.found
}

struct Reader<'r> {
    root: &'r ProjectRoot,
    seen: BTreeSet<String>,
    /// How many bytes may still be read.
    left: u64,
    found: BTreeMap<String, Vec<SourceWrite>>,
}

impl Reader<'_> {
    fn read(&mut self, path: &str, depth: usize) {
        let is_outside = path.starts_with(['/', '~']) || path.split('/').any(|part| part == "..");
        if is_outside || self.seen.len() >= MOST_NAMES || !self.seen.insert(path.to_owned()) {
            return;
        }
        let at = self.root.folder().join(path);
        let Ok(metadata) = std::fs::symlink_metadata(&at) else { return };
        if metadata.is_dir() {
            let Some(depth) = depth.checked_sub(1) else { return };
            let entries = std::fs::read_dir(at).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            let mut names: Vec<String> = names.filter(|name| !is_skipped(name)).take(MOST_NAMES).collect();
            names.sort_unstable();
            for name in names {
                self.read(&join(path, &name), depth);
            }
        } else if metadata.is_file() && metadata.len() <= MOST_BYTES.min(self.left) {
            self.read_source(path);
        }
    }

    fn read_source(&mut self, path: &str) {
        let Some(language) = WritingLanguage::of(path).filter(|_| is_shipped(path)) else { return };
        let Ok(content) = self.root.read(path, MOST_BYTES) else { return };
        self.left = self.left.saturating_sub(content.bytes.len() as u64);
        let writes = language.writes_in(&String::from_utf8_lossy(&content.bytes));
        if !writes.is_empty() {
            self.found.insert(path.to_owned(), writes);
        }
    }
}

fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || SKIPPED.contains(&name)
}

fn is_shipped(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_test =
        stem.starts_with("test_") || matches!(stem, "conftest" | "setup" | "gulpfile" | "Gruntfile");
    !is_test && !NOT_SHIPPED.iter().any(|end| stem.ends_with(end))
}
