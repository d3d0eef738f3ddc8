//! Reads the files that have no tree here and that rules look at all the same.

use super::ProjectRoot;
use super::workspace::read_text;
use crate::model::compose::file_set::{folder_of, join};
use crate::model::compose::{Build, Project};
use crate::model::workflow::FOLDER as WORKFLOWS;
use std::collections::{BTreeMap, BTreeSet};

/// Plain text files at the root that a rule looks at, or a fix adds a line to.
const PLAIN_FILES: &[&str] = &[
    ".gitignore",
    ".dockerignore",
    ".github/dependabot.yml",
    ".github/dependabot.yaml",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".gitlab-ci.yml",
    ".gitlab/hardtack-merge-request.yml",
    ".forgejo/workflows/hardtack-pull-request.yml",
    "renovate.json",
    "renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
];

/// More workflows than any repository has; a folder with more is not looked at to its end.
const MOST_WORKFLOWS: usize = 200;

/// The plain files at the root, the ignore files in the folders of Compose files, of builds and of Dockerfiles, and the workflows; and
/// those of them that are there and cannot be read, each with the reason.
pub(super) fn plain_files(
    root: &ProjectRoot,
    project: &Project,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let mut paths: BTreeSet<String> = PLAIN_FILES.iter().map(|path| (*path).to_owned()).collect();
    for file in project.files() {
        let folders =
            std::iter::successors(Some(file.folder()), |folder| folder.rsplit_once('/').map(|(up, _)| up));
        paths.extend(folders.map(|folder| join(folder, ".gitignore")));
        for build in file.services().filter_map(|service| Build::of(&service)) {
            paths.extend(build.context.as_ref().map(|context| join(context, ".dockerignore")));
            paths.extend(build.path().map(|path| format!("{path}.dockerignore")));
        }
    }
    for path in project.dockerfiles.keys() {
        paths.extend([join(folder_of(path), ".dockerignore"), format!("{path}.dockerignore")]);
    }
    let workflows: BTreeSet<String> =
        names_in(root, WORKFLOWS).map(|name| format!("{WORKFLOWS}{name}")).collect();
    paths.extend(workflows.into_iter().take(MOST_WORKFLOWS));
    let (mut plain, mut sealed) = (BTreeMap::new(), BTreeMap::new());
    for path in paths {
        if path.ends_with(".gitignore") && root.folder().join(&path).is_symlink() {
            sealed
                .insert(path, "it is a symbolic link, and git follows none for its ignore files".to_owned());
            continue;
        }
        match read_text(root, &path) {
            Ok(Some(text)) => drop(plain.insert(path, text)),
            Ok(None) => {}
            Err(unread) => drop(sealed.insert(path, unread.why)),
        }
    }
    (plain, sealed)
}

/// The names in a folder below the root; none if it cannot be listed.
fn names_in(root: &ProjectRoot, folder: &str) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(root.folder().join(folder)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}
