//! Every configuration of the shared corpus and projects.

use crate::{invariants, support};
use hardtack::syntax::nginx::{Limits, ReadErrorKind, decode, parse, verify};
use std::path::{Path, PathBuf};

fn configurations(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("nginx")
                && [".conf", ".template", ".tmpl"].iter().any(|end| name.ends_with(end))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads a file as it is, and with the line breaks of Windows; whether it is no template.
fn check(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let (name, source) = (path.display().to_string(), decode(&bytes).unwrap());
    let tree = match parse(source, &Limits::default()) {
        Ok(tree) => tree,
        Err(error) if error.kind == ReadErrorKind::Template => return false,
        Err(error) => panic!("{name}:{}: {error}", error.position),
    };
    invariants::check(&name, source, &tree);
    let windows = source.replace("\r\n", "\n").replace('\n', "\r\n");
    let other = parse(&windows, &Limits::default()).unwrap();
    invariants::check(&name, &windows, &other);
    assert_eq!(tree.root().directives.len(), other.root().directives.len(), "{name}");
    if !source.contains("_by_lua_block") && !source.contains("'\n") {
        assert_eq!(verify(&tree, &other, &[]), Ok(()), "{name}");
    }
    true
}

#[test]
fn the_corpus_is_read() {
    let Some(shared) = support::shared() else { return };
    let files = configurations(&shared.join("corpus/nginx"));
    let templates: Vec<&PathBuf> = files.iter().filter(|path| !check(path)).collect();
    assert!(files.len() > 15, "{} files", files.len());
    let is_template = |path: &PathBuf| path.extension().is_some_and(|end| end == "tmpl");
    assert!(templates.iter().all(|path| is_template(path)), "{templates:?}");
}

#[test]
fn the_shared_projects_are_read() {
    let Some(shared) = support::shared() else { return };
    let files = configurations(&shared.join("projects"));
    assert!(files.len() > 3, "{} files", files.len());
    assert!(files.iter().all(|path| check(path)));
}
