//! The small texts that services read: rules look in them for what they call, and for what they do at their start.

use super::ProjectRoot;
use super::workspace::read_text;
use crate::model::compose::file_set::join;
use crate::model::compose::{EnvFile, Ground, Project, Run, lookup};
use std::collections::{BTreeMap, BTreeSet};

/// A text with more bytes is no configuration that a person wrote.
const MOST_BYTES: u64 = 256 * 1024;

/// More of them than any project has; what comes after them is not read.
const MOST_TEXTS: usize = 1_000;

/// How deep a folder that is mounted or copied is searched.
const DEEPEST: usize = 2;

/// How many names of a folder are looked at.
const MOST_NAMES: usize = 200;

/// Endings of files in a folder that may be configuration or a script.
const ENDINGS: [&str; 14] = [
    "conf",
    "cfg",
    "cnf",
    "ini",
    "toml",
    "yml",
    "yaml",
    "json",
    "env",
    "sh",
    "envsh",
    "template",
    "tmpl",
    "properties",
];

/// The texts that the services of a project read, by path from the root.
pub(super) fn service_texts(root: &ProjectRoot, project: &Project) -> BTreeMap<String, String> {
    let mut named = BTreeSet::new();
    for service in project.files().iter().flat_map(|file| file.services()) {
        let folder = service.file.base();
        named.extend(EnvFile::of(&service).into_iter().map(|file| join(folder, &file.path)));
        let nothing =
            || Run { part: service, is_built: false, built: None, ground: Ground::Unknown(String::new()) };
        let run = project.run(&service).unwrap_or_else(nothing);
        let placed = project.placed_in(&service, &run, "");
        named.extend(placed.placed.into_iter().map(|placed| placed.source));
        named.extend(project.entry_script_paths(&service, &run));
    }
    named.extend(project.files().iter().flat_map(|file| {
        let documents = file.tree.documents().iter();
        documents.flat_map(|document| config_files(file, document.root)).collect::<Vec<_>>()
    }));
    let mut reader = Reader { root, texts: BTreeMap::new() };
    for path in named {
        reader.read(&path, DEEPEST, true);
    }
    reader.texts
}

/// The files of the top-level `configs`.
fn config_files(file: &crate::model::compose::ComposeFile, root: crate::syntax::yaml::NodeId) -> Vec<String> {
    let tree = &file.tree;
    let configs = lookup(tree, root, "configs").and_then(|field| tree.mapping(field.value));
    let entries = configs.map(|mapping| &mapping.entries[..]).unwrap_or_default();
    let path = |entry: &crate::syntax::yaml::Entry| {
        let field = lookup(tree, tree.resolve_alias(entry.value), "file")?;
        let path = &tree.scalar(field.value)?.value;
        Some(join(file.base(), path))
    };
    entries.iter().filter_map(path).collect()
}

struct Reader<'r> {
    root: &'r ProjectRoot,
    texts: BTreeMap<String, String>,
}

impl Reader<'_> {
    /// Reads a file, or what may be configuration in a folder. What is named itself is read whatever its name.
    fn read(&mut self, path: &str, depth: usize, is_named: bool) {
        let is_outside = path.starts_with(['/', '~']) || path.split('/').any(|part| part == "..");
        if is_outside || self.texts.len() >= MOST_TEXTS || self.texts.contains_key(path) {
            return;
        }
        let at = self.root.folder().join(path);
        let Ok(metadata) = std::fs::symlink_metadata(&at) else { return };
        if metadata.is_dir() {
            let Some(depth) = depth.checked_sub(1) else { return };
            let entries = std::fs::read_dir(at).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
            names.retain(|name| !name.starts_with('.') && name != "node_modules");
            names.sort_unstable();
            for name in names.into_iter().take(MOST_NAMES) {
                self.read(&join(path, &name), depth, false);
            }
            return;
        }
        let is_small = metadata.is_file() && metadata.len() <= MOST_BYTES;
        if is_small
            && (is_named || may_be_configuration(path))
            && let Ok(Some(text)) = read_text(self.root, path)
        {
            self.texts.insert(path.to_owned(), text);
        }
    }
}

/// Whether a file in a folder may be configuration or a script, by its name.
fn may_be_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending),
        None => name.ends_with("file"),
    }
}
