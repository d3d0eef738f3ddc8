//! Which variables the files of a folder take from outside: what another line in their `.env` could change.

use super::file_set::{extended_files, folder_of};
use super::{ComposeFile, Project, included_files};
use crate::model::{Environment, Part, Template};
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::BTreeSet;

impl ComposeFile {
    /// The variables that its templates ask for, and those that services take by their bare name.
    #[must_use]
    pub fn names_read(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        names_of(&self.tree, &mut names);
        names
    }
}

impl Project {
    /// The names that may be asked for by the Compose files beside a `.env`, and by those that they extend and include:
    /// in templates at any depth, and as a bare name that takes its value from outside (`environment: [NAME]`, `NAME:`,
    /// `secrets: {a: {environment: NAME}}`). A text that only looks like a name counts, too.
    #[must_use]
    pub fn names_read_beside(&self, path: &str) -> BTreeSet<String> {
        let mut names = self.asked_beside.get(folder_of(path)).cloned().unwrap_or_default();
        for file in self.files_reading(path) {
            names_of(&file.tree, &mut names);
        }
        names
    }

    /// Whether a `.env` that sets one variable more changes nothing in the files that may read it: each template that
    /// asks for the variable has this value for a default, and nothing takes it by its bare name.
    #[must_use]
    pub fn reads_alike_with(&self, path: &str, name: &str, value: &str) -> bool {
        let folder = folder_of(path);
        let files = self.files_reading(path);
        let included: BTreeSet<String> = files.iter().flat_map(|file| included_files(file)).collect();
        if self.asked_beside.get(folder).is_some_and(|names| names.contains(name)) {
            return false;
        }
        files.iter().all(|file| {
            // What is included, or extended from elsewhere, may have variables of its own.
            if file.folder() != folder || included.contains(&file.path) {
                let mut names = BTreeSet::new();
                names_of(&file.tree, &mut names);
                return !names.contains(name);
            }
            let mut environment = file.environment.clone();
            environment.set(name, value);
            let texts = file.tree.nodes().filter_map(|(id, _)| Some((id, &*file.tree.scalar(id)?.value)));
            texts.filter(|(_, text)| text.contains(name)).all(|(id, text)| {
                if !text.contains('$') {
                    return text != name || is_key_with_value(&file.tree, id);
                }
                let resolved =
                    |environment: &Environment| Template::parse(text).ok()?.evaluate(environment).ok();
                resolved(&file.environment).is_some_and(|before| resolved(&environment) == Some(before))
            })
        })
    }

    /// The Compose files beside a `.env`, and those that they extend and include.
    #[must_use]
    pub fn files_reading(&self, path: &str) -> Vec<&ComposeFile> {
        let folder = folder_of(path);
        let mut files: Vec<&ComposeFile> =
            self.files().iter().filter(|file| file.folder() == folder).collect();
        let mut seen: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut next = 0;
        while let Some(file) = files.get(next).copied() {
            next += 1;
            let others = extended_files(file).into_iter().chain(included_files(file));
            let others = others.filter_map(|path| self.file(&path));
            files.extend(others.filter(|other| seen.insert(other.path.as_str())));
        }
        files
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

    #[test]
    fn what_is_read_elsewhere_or_not_at_all_may_have_another_value() {
        let own = "services: { a: { image: a, environment: { A: '${KEY:-pw}' } } }\n";
        let outer = format!("include: [{{path: sub/c.yaml, env_file: sub/x.env}}]\n{own}");
        let with = |text: &str| Project::new(vec![file("compose.yaml", text), file("sub/c.yaml", own)]);
        assert!(with(own).reads_alike_with(".env", "KEY", "pw"));
        assert!(!with(&outer).reads_alike_with(".env", "KEY", "pw"));
        let mut project = with(own);
        project.asked_beside.insert(String::new(), ["KEY".to_owned()].into());
        assert!(!project.reads_alike_with(".env", "KEY", "pw"));
        assert!(project.reads_alike_with("sub/.env", "KEY", "pw"));
    }

    #[test]
    fn a_value_that_all_have_for_a_default_changes_nothing() {
        for (text, wanted) in [
            ("A: '${KEY:-pw}', B: 'x${KEY-pw}', KEY: '${OTHER:-y}'", true),
            ("A: '${OTHER:-${KEY:-pw}}'", true),
            ("A: '${KEY:-pw}', B: '${KEY:-another}'", false),
            ("A: '${KEY:-pw}', B: '${KEY}'", false),
            ("A: '${KEY:-pw}', B: '${KEY:+x}'", false),
            ("A: '${KEY:-pw}', B: '${KEY:?set it}'", false),
            ("A: '${KEY:-pw}', KEY: ", false),
        ] {
            let text = format!("services: {{ a: {{ image: a, environment: {{ {text} }} }} }}\n");
            let project = Project::new(vec![file("compose.yaml", &text)]);
            assert_eq!(project.reads_alike_with(".env", "KEY", "pw"), wanted, "{text}");
        }
    }
}
