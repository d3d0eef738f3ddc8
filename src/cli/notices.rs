//! What is worth a word about the files of a run before anything is planned.

use super::output::status;
use crate::edge::Workspace;
use crate::model::compose::{extended_files, included_files};
use crate::profile::Profile;
use crate::report::visible;
use std::collections::BTreeSet;
use std::path::Path;

/// What is known to be wrong with a profile, such as a guide as it was written.
pub(super) fn tell_what_is_wrong_with(profile: &Profile) {
    for warning in &profile.warnings {
        status(&format!("warning: profile {}: {}", profile.name, visible(warning)));
    }
}

/// Nothing to do because nothing is there is worth a word: most often the folder is the wrong one.
pub(super) fn tell_what_is_empty(workspace: &Workspace) {
    let project = &workspace.project;
    let files = || project.files().iter().filter(|file| file.in_scope);
    // A folder of Dockerfiles, or a file that was named, is something to look at by itself.
    let others = project.dockerfiles.values().any(|file| file.in_scope)
        || project.nginx.values().any(|file| file.in_scope);
    if files().next().is_none() && !others && workspace.problems.is_empty() && workspace.left.is_empty() {
        status("note: there is no Compose file here; name one, or a folder that holds one");
    }
    for file in files().filter(|file| file.tree.documents().is_empty()) {
        status(&format!("note: {}: the file is empty; there is nothing in it to harden", file.path));
    }
}

/// Files that Compose reads with those of the run, under names that no search takes for Compose files.
pub(super) fn tell_what_is_left_out(workspace: &Workspace) {
    let project = &workspace.project;
    let in_run = |path: &str| {
        project.file(path).is_some_and(|file| file.in_scope)
            || workspace.problems.iter().any(|problem| problem.path == path)
    };
    let mut told = BTreeSet::new();
    for file in project.files().iter().filter(|file| file.in_scope) {
        let included = included_files(file).into_iter().map(|path| (path, "included"));
        let extended = extended_files(file).into_iter().map(|path| (path, "extended"));
        for (path, how) in included.chain(extended) {
            let is_there = || workspace.root.folder().join(&path).is_file();
            let is_left = || workspace.left.iter().any(|folder| Path::new(&path).starts_with(folder));
            if !in_run(&path) && is_there() && !is_left() && told.insert(path.clone()) {
                status(&format!(
                    "note: {}",
                    visible(&format!(
                        "{path} is {how} by {} and not in this run; name it to have it planned, too",
                        file.path
                    ))
                ));
            }
        }
    }
}

/// Folders below that have settings of their own: what was accepted there is not known here.
pub(super) fn tell_what_is_left(workspace: &Workspace) {
    /// The most folders that are named.
    const MOST: usize = 5;
    let named: Vec<&str> = workspace.left.iter().take(MOST).map(String::as_str).collect();
    if named.is_empty() {
        return;
    }
    let more = match workspace.left.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    status(&format!(
        "note: left to the hardtack.yaml of their own, and not in this run: {}{more}; run hardtack for each of them",
        visible(&named.join(", "))
    ));
}
