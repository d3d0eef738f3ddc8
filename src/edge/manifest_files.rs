//! Reads the files that list the packages and scripts of the programs that Dockerfiles copy.

use super::ProjectRoot;
use crate::model::compose::file_set::{folder_of, join};
use crate::model::compose::{Project, members, package_hints, pnpm_members};
use crate::rule::shell_words;
use std::collections::{BTreeMap, BTreeSet};

/// A text with more bytes is no such file that a person wrote.
const MOST_BYTES: u64 = 256 * 1024;

/// More of them than any project has; what comes after them is not read.
const MOST_FILES: usize = 1_000;

/// More places than are looked at, whether there is one or not.
const MOST_PLACES: usize = 20_000;

/// Their texts, by path from the root: those that are copied, and those of the packages that these name as members of
/// their repository.
pub(super) fn manifest_files(root: &ProjectRoot, project: &Project) -> BTreeMap<String, String> {
    let text = |path: &str| String::from_utf8(root.read(path, MOST_BYTES).ok()?.bytes).ok();
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = project.manifest_paths().into_iter().rev().collect();
    while let Some(path) = open.pop() {
        if found.len() >= MOST_FILES || seen.len() >= MOST_PLACES {
            break;
        }
        let is_outside = path.split('/').any(|part| part == "..");
        if is_outside || !seen.insert(path.clone()) {
            continue;
        }
        let Some(manifest) = text(&path) else { continue };
        if path.rsplit('/').next() == Some("package.json") {
            let folder = folder_of(&path);
            let pnpm = text(&join(folder, "pnpm-workspace.yaml")).unwrap_or_default();
            let members = members(&manifest).into_iter().chain(pnpm_members(&pnpm));
            let places = members.flat_map(|member| folders(root, folder, &member));
            open.extend(places.chain(named(folder, &manifest)).map(|folder| join(&folder, "package.json")));
        }
        found.insert(path, manifest);
    }
    found
}

/// The folders that a pattern such as `packages/*` stands for; the pattern itself if it is none.
fn folders(root: &ProjectRoot, folder: &str, pattern: &str) -> Vec<String> {
    let Some(above) = pattern.trim_end_matches('*').strip_suffix('/').filter(|_| pattern.ends_with('*'))
    else {
        return vec![join(folder, pattern)];
    };
    if above.contains(['*', '?', '[', '{']) || above.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let above = join(folder, above);
    let entries = std::fs::read_dir(root.folder().join(&above)).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).take(MOST_FILES).collect();
    names.sort_unstable();
    names.into_iter().filter(|name| name != "node_modules").map(|name| join(&above, &name)).collect()
}

/// The folders that the scripts of a `package.json` name: `npm --prefix web start`.
fn named(folder: &str, manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in manifest.lines() {
        let words: Vec<&str> = shell_words(line).filter(|word| !word.is_empty()).collect();
        found.extend(package_hints(&words).into_iter().map(|hint| join(folder, hint)));
    }
    found
}
