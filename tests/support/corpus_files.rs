//! The shared corpus as projects: each folder with Compose files is one.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which may fail")]

use super::planning::Planner;
use hardtack::model::Environment;
use hardtack::model::compose::{ComposeFile, ComposeFileError, Project, extended_files};
use hardtack::plan::Plan;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The corpus, read and planned.
pub struct Corpus {
    /// Where it stands.
    pub root: PathBuf,
    /// The projects, by folder.
    pub folders: Vec<Folder>,
    /// Files that were refused as a whole.
    pub refused: Vec<(String, ComposeFileError)>,
    /// Files that were read or refused.
    pub files: usize,
    /// The planner of the strict profile.
    pub strict: Planner,
    /// The planner of the recommended profile.
    pub recommended: Planner,
}

/// One project and its plans.
pub struct Folder {
    /// Its files, and those of other folders that they extend.
    pub project: Project,
    /// Path and bytes of its own files.
    pub sources: Vec<(String, Vec<u8>)>,
    /// The plan by the strict profile.
    pub strict: Plan,
    /// The plan by the recommended profile.
    pub recommended: Plan,
}

impl Folder {
    /// The plans, with the name of the profile.
    pub fn plans<'f>(&'f self, corpus: &'f Corpus) -> [(&'f Planner, &'f Plan); 2] {
        [(&corpus.strict, &self.strict), (&corpus.recommended, &self.recommended)]
    }

    /// The path of its first file.
    pub fn name(&self) -> &str {
        self.sources.first().map_or("", |(path, _)| path)
    }
}

/// A file as it came out of reading.
type Read = (String, Vec<u8>, Result<ComposeFile, ComposeFileError>);

impl Corpus {
    /// Reads and plans all that is below `root`.
    pub fn read(root: &Path) -> Self {
        let (strict, recommended) = (Planner::of("strict"), Planner::of("recommended"));
        let mut paths = Vec::new();
        compose_files(root, &mut paths);
        let read: Vec<Read> = paths.par_iter().map(|path| read_file(root, path)).collect();
        let (mut folders, mut refused) = (BTreeMap::<String, Vec<_>>::new(), Vec::new());
        let files = read.len();
        for (path, bytes, result) in read {
            match result {
                // A template is no part of a project: whoever fills it in makes a file of it.
                Ok(file) if path.ends_with(".j2") => {
                    folders.entry(path.clone()).or_default().push((bytes, file))
                }
                Ok(file) => folders.entry(file.folder().to_owned()).or_default().push((bytes, file)),
                Err(error) => refused.push((path, error)),
            }
        }
        let folders: Vec<Vec<_>> = folders.into_values().collect();
        let folders = folders.into_par_iter().map(|own| folder(root, own, &strict, &recommended)).collect();
        Self { root: root.to_owned(), folders, refused, files, strict, recommended }
    }
}

fn folder(root: &Path, own: Vec<(Vec<u8>, ComposeFile)>, strict: &Planner, recommended: &Planner) -> Folder {
    let (bytes, mut files): (Vec<_>, Vec<_>) = own.into_iter().unzip();
    let sources = files.iter().map(|file| file.path.clone()).zip(bytes).collect();
    files.extend(context(root, &files));
    let project = Project::new(files);
    let (strict, recommended) = (strict.plan(&project, &[]), recommended.plan(&project, &[]));
    Folder { project, sources, strict, recommended }
}

/// The files elsewhere that the services of a project extend: read, and never changed.
fn context(root: &Path, files: &[ComposeFile]) -> Vec<ComposeFile> {
    let mut known: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
    let mut waiting: Vec<String> = files.iter().flat_map(extended_files).collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if !known.insert(path.clone()) || !root.join(&path).is_file() {
            continue;
        }
        if let (_, _, Ok(mut file)) = read_file(root, &root.join(&path)) {
            file.in_scope = false;
            waiting.extend(extended_files(&file));
            found.push(file);
        }
    }
    found
}

fn read_file(root: &Path, path: &Path) -> Read {
    let bytes = fs::read(path).expect("a file that was just listed can be read");
    let path = path.strip_prefix(root).expect("it is below the root");
    let path = path.to_str().expect("names in the corpus are UTF-8").replace('\\', "/");
    let file = ComposeFile::read(&path, &bytes, Environment::new());
    (path, bytes, file)
}

fn compose_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder of the corpus can be listed");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    for path in paths {
        let ends = |end: &str| path.extension().is_some_and(|found| found == end);
        if path.is_dir() {
            compose_files(&path, found);
        } else if ends("yml") || ends("yaml") || ends("j2") {
            found.push(path);
        }
    }
}

/// The Dockerfiles below a folder, by path from there.
pub fn dockerfiles(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().to_lowercase();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains("dockerfile") && !name.ends_with("ignore") && !name.ends_with(".md") {
                let below = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(below, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
