//! `include`: a file takes in others, and its variables go before theirs.

use super::ComposeFile;
use super::file_set::join;
use super::lookup::lookup;
use crate::model::Environment;
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::HashMap;

/// The files that a file includes, as paths from the root; those at addresses elsewhere come out as paths
/// that no file has.
#[must_use]
pub fn included_files(file: &ComposeFile) -> Vec<String> {
    let tree = &file.tree;
    let lists = tree.documents().iter().filter_map(|document| lookup(tree, document.root, "include"));
    let entries = lists.flat_map(|list| nodes(tree, list.value));
    let paths = entries.flat_map(|entry| match lookup(tree, entry, "path") {
        Some(path) => nodes(tree, path.value),
        None => vec![entry],
    });
    paths.filter_map(|path| Some(join(file.folder(), &tree.scalar(path)?.value))).collect()
}

/// The items of a list, aliases followed; what is no list stands for itself.
fn nodes(tree: &Tree, node: NodeId) -> Vec<NodeId> {
    match tree.sequence(node) {
        Some(list) => list.items.iter().map(|item| tree.resolve_alias(item.node)).collect(),
        None => vec![node],
    }
}

/// Gives each file the variables of the files that include it: the outer ones win, its own fill gaps.
pub(super) fn pass_variables_on(files: &mut [ComposeFile]) {
    let places: HashMap<String, usize> =
        files.iter().enumerate().map(|(place, file)| (file.path.clone(), place)).collect();
    let pairs: Vec<(usize, usize)> = files
        .iter()
        .enumerate()
        .flat_map(|(outer, file)| included_files(file).into_iter().map(move |path| (outer, path)))
        .filter_map(|(outer, path)| Some((outer, *places.get(&path)?)))
        .filter(|(outer, inner)| outer != inner)
        .collect();
    // A chain is as long as there are files at most; a circle, which Compose refuses, ends there, too.
    for _ in 0..files.len() {
        let mut settled = true;
        for (outer, inner) in &pairs {
            let mut environment: Environment = files[*outer].environment.clone();
            environment.fill(&files[*inner].environment);
            settled &= environment == files[*inner].environment;
            files[*inner].environment = environment;
        }
        if settled {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::compose::Project;

    fn file(path: &str, text: &str, variables: &[(&str, &str)]) -> ComposeFile {
        ComposeFile::read(path, text.as_bytes(), variables.iter().copied().collect()).unwrap()
    }

    #[test]
    fn short_and_long_entries_are_found() {
        let text = "include:\n  - a.yaml\n  - path: [sub/b.yaml, ../c.yaml]\n  - { path: d.yaml }\n";
        assert_eq!(
            included_files(&file("x/compose.yaml", text, &[])),
            ["x/a.yaml", "x/sub/b.yaml", "c.yaml", "x/d.yaml"]
        );
    }

    #[test]
    fn outer_variables_win_over_any_distance() {
        let project = Project::new(vec![
            file("compose.yaml", "include: [b/b.yaml]\n", &[("TAG", "outer")]),
            file("b/b.yaml", "include: [../a/a.yaml]\n", &[("TAG", "middle"), ("PORT", "1")]),
            file("a/a.yaml", "services: {}\n", &[("PORT", "2"), ("OWN", "3")]),
        ]);
        let innermost = &project.file("a/a.yaml").unwrap().environment;
        assert_eq!(innermost.get("TAG"), Some("outer"));
        assert_eq!(innermost.get("PORT"), Some("1"));
        assert_eq!(innermost.get("OWN"), Some("3"));
    }

    #[test]
    fn a_circle_ends() {
        let project = Project::new(vec![
            file("a.yaml", "include: [b.yaml]\n", &[("TAG", "a")]),
            file("b.yaml", "include: [a.yaml]\n", &[("TAG", "b")]),
        ]);
        assert_eq!(project.files().len(), 2);
    }
}
