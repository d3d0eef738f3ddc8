//! The Compose files beside those of a run, the ones that they extend and include, and the variables that come with those.

use super::dotenv_files::DotenvFiles;
use super::workspace::read_compose;
use super::{MAX_FILE_BYTES, ProjectRoot, is_compose_file_name};
use crate::model::compose::file_set::{folder_of, join};
use crate::model::compose::{ComposeFile, Project, extended_files, included_files, includes};
use std::collections::{BTreeMap, BTreeSet};

/// How often what is included is looked for anew: a variable, or a folder, may come with the file that includes it.
const ROUNDS: usize = 8;

/// The project of these files and of those that it takes to understand them. `beside` has what the folders of the files hold, and the
/// sets of files that are read as one.
pub(super) fn compose_project(
    root: &ProjectRoot,
    mut files: Vec<ComposeFile>,
    (listed, sets): (&BTreeMap<String, Vec<String>>, &[Vec<String>]),
    mut known: BTreeSet<String>,
    dotenv: &mut DotenvFiles,
) -> Project {
    let beside = listed.iter().flat_map(|(folder, names)| {
        let compose = names.iter().filter(|name| is_compose_file_name(name));
        compose.map(move |name| join(folder, name))
    });
    let mut waiting: Vec<String> = beside.collect();
    waiting.extend(files.iter().flat_map(taken_in));
    waiting.extend(sets.iter().flatten().cloned());
    files.extend(context_files(root, waiting, &mut known, dotenv));
    if files.iter().all(|file| includes(file).is_empty()) {
        return Project::new(files);
    }
    let mut texts = BTreeMap::new();
    for _ in 0..ROUNDS {
        let project = Project::with_texts(files.clone(), &texts);
        let waiting = project.files().iter().flat_map(taken_in).collect();
        let more = context_files(root, waiting, &mut known, dotenv);
        let found = dotenv.handed_on(root, project.files());
        if more.is_empty() && found == texts {
            return project;
        }
        files.extend(more);
        texts = found;
    }
    Project::with_texts(files, &texts)
}

/// The files that a file extends and includes.
fn taken_in(file: &ComposeFile) -> Vec<String> {
    extended_files(file).into_iter().chain(included_files(file)).collect()
}

/// The files at these paths and those that they take in, as far as they are not known: they are read and never changed.
fn context_files(
    root: &ProjectRoot,
    mut waiting: Vec<String>,
    known: &mut BTreeSet<String>,
    dotenv: &mut DotenvFiles,
) -> Vec<ComposeFile> {
    let mut context: Vec<ComposeFile> = Vec::new();
    while let Some(path) = waiting.pop() {
        if !known.insert(path.clone()) {
            continue;
        }
        let Ok(content) = root.read(&path, MAX_FILE_BYTES) else { continue };
        dotenv.add(root, folder_of(&path));
        let Ok(mut file) = read_compose(&path, &content.bytes, dotenv) else { continue };
        file.in_scope = false;
        waiting.extend(taken_in(&file));
        context.push(file);
    }
    context
}

/// What the folders of these files hold, each in order.
pub(super) fn listed_folders(root: &ProjectRoot, files: &[ComposeFile]) -> BTreeMap<String, Vec<String>> {
    let folders: BTreeSet<&str> = files.iter().map(ComposeFile::folder).collect();
    let names = |folder: &str| -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(root.folder().join(folder)) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    };
    folders.into_iter().map(|folder| (folder.to_owned(), names(folder))).collect()
}
