//! Every Dockerfile of the examples and of the shared projects.

use crate::{invariants, support};
use hardtack::model::dockerfile::{BuildInputs, ImageUse, ResolvedDockerfile};
use hardtack::syntax::dockerfile::{Limits, decode, parse, rewrite};
use hardtack::syntax::{Change, Value};
use std::path::{Path, PathBuf};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn dockerfiles(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if name.contains("dockerfile") && !name.ends_with(".md") && !name.ends_with("dockerignore")
            {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Reads a file, and pins every image in it that can be pinned where it stands.
fn check(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let name = path.display().to_string();
    let source = decode(&bytes).unwrap();
    let tree = parse(source, &Limits::default())
        .unwrap_or_else(|error| panic!("{name}:{}: {error}", error.position));
    invariants::check(&name, source, &tree);
    let resolved = ResolvedDockerfile::new(&tree, &BuildInputs::default());
    let pins: Vec<Change> = resolved.images().iter().filter_map(pin).collect();
    let (after, edit) = rewrite(source, &pins).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(edit.invert(source).unwrap().apply(&after).unwrap(), source, "{name}");
    assert_eq!(after.len(), source.len() + pins.len() * (DIGEST.len() + 1), "{name}");
    pins.len()
}

fn pin(image: &ImageUse) -> Option<Change> {
    let reference = image.reference().filter(|reference| reference.digest().is_none())?;
    (image.is_literal() && image.span.is_some()).then(|| Change::Set {
        route: image.route.clone(),
        value: Value::string(format!("{}@{DIGEST}", reference)),
    })
}

#[test]
fn the_examples_are_read_and_pinned() {
    let files = dockerfiles(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"));
    let pinned: usize = files.iter().map(|path| check(path)).sum();
    assert!(!files.is_empty() && pinned > 0, "no Dockerfile was found");
}

#[test]
fn the_shared_projects_are_read_and_pinned() {
    let Some(shared) = support::shared() else { return };
    let files = dockerfiles(&shared.join("projects"));
    let pinned: usize = files.iter().map(|path| check(path)).sum();
    assert!(files.len() > 10 && pinned > 10, "{} files, {pinned} pins", files.len());
}
