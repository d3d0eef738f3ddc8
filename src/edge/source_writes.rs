//! Where the source files of the programs that are built or mounted write: read here, and only that is kept.

use super::ProjectRoot;
use super::project_root::read_regular;
use crate::knowledge::WritingLanguage;
use crate::model::SourceWrite;
use crate::model::compose::Project;
use crate::model::compose::file_set::join;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

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
    let mut search =
        Search { root, seen: BTreeSet::new(), names: 0, left: MOST_BYTES_IN_ALL, sources: BTreeMap::new() };
    for path in project.source_paths() {
        search.begin(&path);
    }
    let written = |(path, language): (String, &WritingLanguage)| {
        let content = read_regular(&root.folder().join(&path), MOST_BYTES).ok()?;
        let writes = language.writes_in(&String::from_utf8_lossy(&content.bytes));
        (!writes.is_empty()).then_some((path, writes))
    };
    search.sources.into_par_iter().filter_map(written).collect()
}

/// What is found of the sources, before any is read.
struct Search<'r> {
    root: &'r ProjectRoot,
    /// The folders that were looked through.
    seen: BTreeSet<String>,
    /// How many names were looked at.
    names: usize,
    /// How many bytes may still be read.
    left: u64,
    sources: BTreeMap<String, &'static WritingLanguage>,
}

impl Search<'_> {
    /// Looks through a file or folder of the project, unless a link is on the way to it.
    fn begin(&mut self, path: &str) {
        let is_outside = path.starts_with(['/', '~']) || path.split('/').any(|part| part == "..");
        let at = self.root.folder().join(path);
        let ways = at.ancestors().take_while(|way| *way != self.root.folder());
        let is_link = |way: &Path| fs::symlink_metadata(way).map_or(true, |found| found.is_symlink());
        if is_outside || ways.into_iter().any(is_link) {
            return;
        }
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => self.folder(path, DEEPEST),
            Ok(found) if found.is_file() => self.file(path, || Some(found.len())),
            _ => {}
        }
    }

    /// Looks through a folder: what its entries are, the folder itself tells, and links lead nowhere.
    fn folder(&mut self, path: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.seen.insert(path.to_owned())) else { return };
        let entries = fs::read_dir(self.root.folder().join(path)).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)));
        let mut named: Vec<(String, fs::DirEntry)> =
            named.filter(|(name, _)| !is_skipped(name)).take(MOST_NAMES).collect();
        named.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        for (name, entry) in named {
            self.names += 1;
            let Ok(kind) = entry.file_type() else { continue };
            if self.names > MOST_NAMES {
                return;
            }
            let path = join(path, &name);
            if kind.is_dir() {
                self.folder(&path, depth);
            } else if kind.is_file() {
                self.file(&path, || entry.metadata().ok().map(|found| found.len()));
            }
        }
    }

    fn file(&mut self, path: &str, bytes: impl FnOnce() -> Option<u64>) {
        let Some(language) = WritingLanguage::of(path).filter(|_| is_shipped(path)) else { return };
        if self.sources.contains_key(path) {
            return;
        }
        let Some(bytes) = bytes().filter(|bytes| *bytes <= MOST_BYTES.min(self.left)) else { return };
        self.left -= bytes;
        self.sources.insert(path.to_owned(), language);
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
