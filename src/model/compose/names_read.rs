//! Which variables the files of a folder take from outside: what another line in their `.env` could change.

use super::file_set::{extended_files, folder_of};
use super::{ComposeFile, Project, included_files};
use crate::model::{Part, Template};
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::BTreeSet;

impl Project {
    /// The names that may be asked for by the Compose files beside a `.env`, and by those that they extend and include:
    /// in templates at any depth, and as a bare name that takes its value from outside (`environment: [NAME]`, `NAME:`,
    /// `secrets: {a: {environment: NAME}}`). A text that only looks like a name counts, too.
    #[must_use]
    pub fn names_read_beside(&self, path: &str) -> BTreeSet<String> {
        let folder = folder_of(path);
        let mut waiting: Vec<&ComposeFile> =
            self.files().iter().filter(|file| file.folder() == folder).collect();
        let mut seen: BTreeSet<&str> = waiting.iter().map(|file| file.path.as_str()).collect();
        let mut names = BTreeSet::new();
        while let Some(file) = waiting.pop() {
            names_of(&file.tree, &mut names);
            let others = extended_files(file).into_iter().chain(included_files(file));
            waiting.extend(
                others.filter_map(|path| self.file(&path)).filter(|other| seen.insert(other.path.as_str())),
            );
        }
        names
    }
}

fn names_of(tree: &Tree, names: &mut BTreeSet<String>) {
    for (id, _) in tree.nodes() {
        let Some(scalar) = tree.scalar(id) else { continue };
        if scalar.value.contains('$') {
            if let Ok(template) = Template::parse(&scalar.value) {
                names_in(template.parts(), names);
            }
        } else if is_name(&scalar.value) && !is_key_with_value(tree, id) {
            names.insert(scalar.value.to_string());
        }
    }
}

fn names_in(parts: &[Part], names: &mut BTreeSet<String>) {
    for part in parts {
        let Part::Variable(variable) = part else { continue };
        names.insert(variable.name.clone());
        if let Some(operation) = &variable.operation {
            names_in(&operation.word.parts, names);
        }
    }
}

/// Whether a scalar is the key of an entry that says what its value is.
fn is_key_with_value(tree: &Tree, id: NodeId) -> bool {
    tree.entry_of(id).is_some_and(|entry| entry.key == id && !tree.is_null(entry.value))
}

/// Whether a text can be the name of a variable.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn file(path: &str, text: &str) -> ComposeFile {
        ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap()
    }

    #[test]
    fn templates_and_bare_names_count_and_keys_do_not() {
        let text = "services:\n  web:\n    image: web:${TAG:-${OTHER}}\n    environment:\n      SET: value\n      BARE:\n  \
                    db:\n    extends: {file: base/b.yaml, service: db}\n    environment: [PASSED, GIVEN=$IN_IT]\n";
        let project = Project::new(vec![
            file("compose.yaml", text),
            file("base/b.yaml", "services: {db: {image: $BASE}}\n"),
            file("other/compose.yaml", "services: {db: {image: $ELSEWHERE}}\n"),
        ]);
        let names = project.names_read_beside(".env");
        for name in ["TAG", "OTHER", "BARE", "PASSED", "IN_IT", "BASE"] {
            assert!(names.contains(name), "{name}");
        }
        for name in ["SET", "GIVEN", "ELSEWHERE"] {
            assert!(!names.contains(name), "{name}");
        }
    }
}
