//! What the template of a `.env` that is not there shows: the form of a value, never the value.
//!
//! Projects keep `.env.example` for people to copy. What a host has in its `.env` is somebody's own, but where the template has a bare
//! port number, a bare port number is what the file is written for.

use super::{ComposeFile, Project, includes};
use crate::model::Environment;
use std::collections::{BTreeMap, BTreeSet};

/// The names of templates that are copied to `.env`, in the order in which they are looked for.
pub const SAMPLE_NAMES: [&str; 8] = [
    ".env.example",
    ".env.sample",
    ".env.dist",
    ".env.template",
    "example.env",
    "env.example",
    "sample.env",
    "env.sample",
];

/// How many folders are looked into for the template that counts for a file.
const MOST_FOLDERS: usize = 16;

/// The template of a `.env` that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its path from the root.
    pub path: String,
    /// What it sets.
    pub variables: Environment,
}

/// A file as it would be with the port numbers of templates, for looking at the form of what it says.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The file, whose variables have these numbers besides those that are known.
    pub file: ComposeFile,
    /// Where each of the numbers is from.
    pub sources: BTreeMap<String, String>,
}

impl Project {
    /// A file with the port numbers that templates have for variables without a value; `None` if there are none. The templates
    /// count that stand beside the file, or beside one that includes it, where no `.env` does.
    #[must_use]
    pub fn sampled(&self, file: &ComposeFile) -> Option<Sampled> {
        if self.samples.is_empty() {
            return None;
        }
        let mut sampled = Sampled { file: file.clone(), sources: BTreeMap::new() };
        for folder in self.folders_of_variables(file) {
            let Some(sample) = self.samples.get(&folder) else { continue };
            for name in sample.variables.names() {
                let value = sample.variables.get(name).filter(|value| is_port(value));
                if let Some(value) = value.filter(|_| sampled.file.environment.get(name).is_none()) {
                    sampled.file.environment.set(name, value);
                    sampled.sources.insert(name.to_owned(), sample.path.clone());
                }
            }
        }
        (!sampled.sources.is_empty()).then_some(sampled)
    }

    /// The folders whose `.env` Compose may read for a file: its own, and those of the files that include it.
    fn folders_of_variables(&self, file: &ComposeFile) -> Vec<String> {
        let mut paths = vec![file.path.clone()];
        let mut folders = vec![file.folder().to_owned(), file.base().to_owned()];
        let mut next = 0;
        while let Some(path) = paths.get(next).filter(|_| next < MOST_FOLDERS).cloned() {
            next += 1;
            for outer in self.including.get(&path).into_iter().flatten() {
                if !paths.contains(outer) {
                    paths.push(outer.clone());
                    folders.push(super::file_set::folder_of(outer).to_owned());
                }
            }
        }
        let mut seen = BTreeSet::new();
        folders.retain(|folder| seen.insert(folder.clone()));
        folders
    }
}

/// By path of an included file, the files that include it.
pub(super) fn including(files: &[ComposeFile]) -> BTreeMap<String, Vec<String>> {
    let mut including: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for outer in files {
        for path in includes(outer).into_iter().flat_map(|include| include.paths) {
            including.entry(path).or_default().push(outer.path.clone());
        }
    }
    including
}

/// Whether a value is one port number and nothing else.
fn is_port(value: &str) -> bool {
    !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> ComposeFile {
        ComposeFile::read(path, text.as_bytes(), Environment::from_iter([("SET", "1")])).unwrap()
    }

    fn project() -> Project {
        let mut project = Project::new(vec![
            file("compose.yaml", "include: [sub/x.yaml]\n"),
            file("sub/x.yaml", "services: {}\n"),
            file("other/y.yaml", "services: {}\n"),
        ]);
        let variables = [
            ("PORT", "8080"),
            ("SET", "2"),
            ("ADDRESS", "127.0.0.1:80"),
            ("RANGE", "80-81"),
            ("NONE", ""),
            ("ODD", "080"),
            ("BIG", "65536"),
            ("PASSWORD", "hunter2"),
        ];
        let sample = Sample { path: ".env.example".to_owned(), variables: variables.into_iter().collect() };
        project.samples.insert(String::new(), sample);
        project
    }

    #[test]
    fn bare_port_numbers_of_variables_without_a_value_count_and_nothing_else() {
        let project = project();
        let sampled = project.sampled(project.file("compose.yaml").unwrap()).unwrap();
        assert_eq!(sampled.file.environment.names().collect::<Vec<_>>(), ["PORT", "SET"]);
        assert_eq!(sampled.file.environment.get("SET"), Some("1"));
        assert_eq!(sampled.sources.get("PORT").map(String::as_str), Some(".env.example"));
    }

    #[test]
    fn the_template_of_the_including_file_counts_and_one_elsewhere_does_not() {
        let project = project();
        let has = |path: &str| project.sampled(project.file(path).unwrap()).is_some();
        assert!(has("sub/x.yaml"));
        assert!(!has("other/y.yaml"));
    }
}
