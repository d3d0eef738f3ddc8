//! Which files a run is about.

use super::file_kind::FileKind;
use super::project_root::{FileContent, FileProblem, ProjectRoot, read_regular};
use super::safe_path::OWN_FOLDER;
use ignore::{DirEntry, WalkBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

/// One file that a run is about, or that it should have been about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// The project it belongs to.
    pub root: ProjectRoot,
    /// Its path from the root, with `/`; as given where it is not below the root or not UTF-8.
    pub path: String,
    /// Whether a person named it. A problem with such a file is an error of input; one with a file that was
    /// only found is reported and the run goes on as if it were not there.
    pub named: bool,
    /// What it is taken for.
    pub kind: FileKind,
    /// Its content, or why there is none.
    pub content: Result<FileContent, FileProblem>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The files, in a fixed order.
    pub files: Vec<Discovered>,
    /// Folders that a search passed by as projects of their own: each has a `hardtack.yaml`, with exceptions and a profile
    /// that the one above knows nothing of. Paths from their root, in order.
    pub left: Vec<String>,
    /// Files that a search met whose name is nearly that of the settings, which nothing reads. Paths from their root.
    pub misnamed: Vec<String>,
}

/// Finds the Compose files and the Dockerfiles of `paths`, in a fixed order, each once.
///
/// A folder is searched with all below it for files whose [names](FileKind::of_found) say what they are,
/// leaving out what a `.gitignore` excludes (also outside a Git repository), `.git` and `.hardtack`; no
/// machine-wide exclusion counts, so that every machine finds the same. A folder below with a `hardtack.yaml` is a project
/// of its own and is [left](Discovery::left) to that. A file is taken whatever its name,
/// ignored or not. A symbolic link is followed inside its root only, and links to folders are not descended into. No problem with one file hides another.
#[must_use]
pub fn discover(paths: &[PathBuf], max_bytes: u64) -> Discovery {
    let mut found =
        Found { max_bytes, files: BTreeMap::new(), left: BTreeSet::new(), misnamed: BTreeSet::new() };
    for path in paths {
        let root = ProjectRoot::of(path);
        if path.is_dir() {
            found.search(&root, path);
        } else {
            found.name(&root, path);
        }
    }
    let mut files: Vec<Discovered> = found.files.into_values().collect();
    files.sort_by(|one, two| (&one.root, &one.path).cmp(&(&two.root, &two.path)));
    Discovery {
        files,
        left: found.left.into_iter().collect(),
        misnamed: found.misnamed.into_iter().collect(),
    }
}

/// The projects below a folder that are part of the same repository: folders with a `hardtack.yaml`, also below one another.
/// Paths from the root, in order. What has a `.git` is another repository's.
#[must_use]
pub fn projects_below(root: &ProjectRoot) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.folder().to_path_buf()];
    while let Some(folder) = open.pop() {
        for inside in discover(std::slice::from_ref(&folder), 0).left {
            let below = folder.join(inside);
            let shown = root.relative(&below).filter(|_| !below.join(".git").exists());
            if shown.is_some_and(|shown| found.insert(shown)) {
                open.push(below);
            }
        }
    }
    found.into_iter().collect()
}

struct Found {
    max_bytes: u64,
    /// By canonical path, so that a file with two names, or named twice, is there once.
    files: BTreeMap<PathBuf, Discovered>,
    left: BTreeSet<String>,
    misnamed: BTreeSet<String>,
}

impl Found {
    /// Takes a file that a person named.
    fn name(&mut self, root: &ProjectRoot, path: &Path) {
        let place = place_of(path);
        let content = match read_regular(path, self.max_bytes) {
            Err(FileProblem::NotFound) if place.is_symlink() => Err(FileProblem::BrokenLink),
            content => content,
        };
        let real = fs::canonicalize(path).unwrap_or_else(|_| place.clone());
        // A link inside the root stands for its target; one that leads out keeps the name that it was given, and
        // is not read: nothing could be written through it.
        let shown = root.relative(&real).or_else(|| root.relative(&place));
        let content = if shown.is_none() {
            Err(FileProblem::NameNotUtf8)
        } else if content.is_ok() && place.is_symlink() && !real.starts_with(root.folder()) {
            Err(FileProblem::LeavesRoot { target: real.display().to_string() })
        } else {
            content
        };
        let path = shown.unwrap_or_else(|| path.display().to_string());
        let kind = FileKind::of_named(path.rsplit('/').next().unwrap_or(&path));
        self.take(real, Discovered { root: root.clone(), path, named: true, kind, content });
    }

    /// Takes the Compose files of a folder.
    fn search(&mut self, root: &ProjectRoot, folder: &Path) {
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        let (passed_by, left) = channel();
        let walk = WalkBuilder::new(&folder)
            .standard_filters(false)
            .git_ignore(true)
            .parents(true)
            .require_git(false)
            .filter_entry(move |entry| {
                if entry.depth() == 0 {
                    return true;
                }
                let name = entry.file_name();
                let is_folder = || entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_project = is_folder() && entry.path().join("hardtack.yaml").is_file();
                if is_project {
                    let _received = passed_by.send(entry.path().to_path_buf());
                }
                !is_project && name != ".git" && name != OWN_FOLDER
            })
            .build();
        for entry in walk {
            match entry {
                // The folder itself was asked for, whatever it is called.
                Ok(entry) if entry.depth() == 0 => {}
                Ok(entry) => self.meet(root, &entry),
                Err(error) => self.report(root, &folder, &error),
            }
        }
        let shown = |path: PathBuf| root.relative(&path).unwrap_or_else(|| path.display().to_string());
        self.left.extend(left.try_iter().map(shown));
    }

    /// Judges one entry of a folder.
    fn meet(&mut self, root: &ProjectRoot, entry: &DirEntry) {
        let name = entry.file_name().to_string_lossy();
        if matches!(&*name, "hardtack.yml" | ".hardtack.yaml" | ".hardtack.yml") {
            self.misnamed.extend(root.relative(entry.path()));
        }
        let Some(kind) = FileKind::of_found(&name) else { return };
        // Docker makes folders where a Compose file was to be mounted; `Dockerfile.d` is just a folder.
        if kind == FileKind::Dockerfile && entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return;
        }
        let is_link = entry.file_type().is_some_and(|kind| kind.is_symlink());
        let real = match fs::canonicalize(entry.path()) {
            Ok(real) => real,
            Err(error) => {
                let broken = is_link && error.kind() == io::ErrorKind::NotFound;
                let why = error.to_string();
                let problem = if broken { FileProblem::BrokenLink } else { FileProblem::Unreadable { why } };
                return self.take_problem(root, entry.path(), problem);
            }
        };
        if !real.starts_with(root.folder()) {
            let target = real.display().to_string();
            return self.take_problem(root, entry.path(), FileProblem::LeavesRoot { target });
        }
        let Some(path) = root.relative(&real) else {
            return self.take_problem(root, entry.path(), FileProblem::NameNotUtf8);
        };
        let content = read_regular(&real, self.max_bytes);
        self.take(real, Discovered { root: root.clone(), path, named: false, kind, content });
    }

    /// Keeps a folder that could not be searched; what is wrong with a `.gitignore` line is Git's to say.
    fn report(&mut self, root: &ProjectRoot, searched: &Path, error: &ignore::Error) {
        if error.is_partial() {
            return;
        }
        let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        let at = path_of(error).unwrap_or_else(|| searched.to_path_buf());
        self.take_problem(root, &at, FileProblem::Unreadable { why });
    }

    fn take_problem(&mut self, root: &ProjectRoot, at: &Path, problem: FileProblem) {
        let path = root.relative(at).unwrap_or_else(|| at.display().to_string());
        let kind = FileKind::of_named(path.rsplit('/').next().unwrap_or(&path));
        let file = Discovered { root: root.clone(), path, named: false, kind, content: Err(problem) };
        self.take(at.to_path_buf(), file);
    }

    /// Keeps a file once. Of two roots the outer one holds it, whatever the order of the arguments.
    fn take(&mut self, real: PathBuf, file: Discovered) {
        match self.files.get_mut(&real) {
            None => {
                self.files.insert(real, file);
            }
            Some(known) => {
                let named = known.named || file.named;
                if file.root < known.root {
                    *known = file;
                }
                known.named = named;
            }
        }
    }
}

/// A named path made absolute, its folder's links followed and its own not.
fn place_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match (absolute.parent().map(fs::canonicalize), absolute.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

/// The path that an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
