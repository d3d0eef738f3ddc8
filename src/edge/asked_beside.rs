//! The variables that files beside Compose files ask for under names that no search takes for Compose files: whoever reads
//! them with `-f` reads the same `.env`.

use super::ProjectRoot;
use super::workspace::read_text;
use crate::model::compose::Project;
use crate::model::compose::file_set::join;
use crate::model::names_asked_for;
use std::collections::{BTreeMap, BTreeSet};

/// How Compose files end.
const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];
/// A text with more bytes is no Compose file that a person wrote.
const MOST_BYTES: u64 = 256 * 1024;
/// How many such files of a folder are looked into.
const MOST_FILES: usize = 100;

/// The names, by folder from the root; only folders of files that may be changed.
pub(super) fn asked_beside(root: &ProjectRoot, project: &Project) -> BTreeMap<String, BTreeSet<String>> {
    let in_scope = project.files().iter().filter(|file| file.in_scope);
    let folders: BTreeSet<&str> = in_scope.map(|file| file.folder()).collect();
    let asked = |folder: &str| {
        let paths = unread(root, project, folder);
        let texts = paths.into_iter().filter_map(|path| read_text(root, &path).ok().flatten());
        texts.flat_map(|text| names_asked_for(&text).collect::<Vec<_>>()).collect::<BTreeSet<_>>()
    };
    let named = folders.into_iter().map(|folder| (folder.to_owned(), asked(folder)));
    named.filter(|(_, names)| !names.is_empty()).collect()
}

fn unread(root: &ProjectRoot, project: &Project, folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.folder().join(folder)) else { return Vec::new() };
    let is_small = |entry: &std::fs::DirEntry| {
        entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MOST_BYTES)
    };
    let mut paths: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)))
        .filter(|(name, _)| name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)))
        .map(|(name, entry)| (join(folder, &name), entry))
        .filter(|(path, entry)| project.file(path).is_none() && is_small(entry))
        .map(|(path, _)| path)
        .collect();
    paths.sort();
    paths.truncate(MOST_FILES);
    paths
}
