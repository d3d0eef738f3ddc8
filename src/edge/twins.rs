//! Paths of a project that lead to one file.

use super::ProjectRoot;
use crate::model::compose::Project;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The paths of Dockerfiles, nginx files and plain files that lead to a file which has another path here, by links, each
/// with why nothing is written by it: two changes of one text would be two writes of it. The path that is no link is
/// the one that stays. Compose files are found by one path only.
pub(super) fn twins(root: &ProjectRoot, project: &Project) -> BTreeMap<String, String> {
    let paths = project.dockerfiles.keys().chain(project.nginx.keys()).chain(project.plain.keys());
    let mut by_file: BTreeMap<PathBuf, Vec<&str>> = BTreeMap::new();
    for path in paths {
        if let Ok(real) = root.folder().join(path).canonicalize() {
            by_file.entry(real).or_default().push(path);
        }
    }
    let mut twins = BTreeMap::new();
    for mut paths in by_file.into_values().filter(|paths| paths.len() > 1) {
        paths.sort_by_key(|path| (root.folder().join(path).is_symlink(), *path));
        let (kept, others) = (paths[0], &paths[1..]);
        let why = || format!("it leads to {kept}, and what that gets it has as well");
        twins.extend(others.iter().filter(|other| **other != kept).map(|other| ((*other).to_owned(), why())));
    }
    twins
}
