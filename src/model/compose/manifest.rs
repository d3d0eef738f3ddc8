//! The files of a program that list its packages and scripts, as far as its Dockerfile copies them.

use super::Project;
use super::file_set::{folder_of, join};
use super::mounted::words;
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::dockerfile::{Instruction, Keyword};
use std::collections::BTreeSet;

/// The names of such files: of npm and its like, and of Python's packages.
const NAMES: [&str; 4] = ["package.json", "pyproject.toml", "setup.cfg", "setup.py"];

/// Such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manifest<'p> {
    /// Its path from the root.
    pub path: &'p str,
    /// Its text.
    pub text: &'p str,
}

impl Project {
    /// Where such files may lie that Dockerfiles copy.
    #[must_use]
    pub fn manifest_paths(&self) -> BTreeSet<String> {
        let of_file = |file: &DockerfileFile| {
            let contexts = self.contexts(file);
            let copied = file.tree.instructions().iter().flat_map(move |instruction| {
                NAMES.iter().flat_map(|name| places(&contexts, instruction, name)).collect::<Vec<_>>()
            });
            copied.collect::<BTreeSet<_>>()
        };
        self.dockerfiles.values().flat_map(of_file).collect()
    }

    /// The files of this name that some instructions of a Dockerfile copy from its context, in that order.
    pub fn manifests<'p>(
        &'p self,
        file: &DockerfileFile,
        instructions: impl IntoIterator<Item = &'p Instruction>,
        name: &str,
    ) -> Vec<Manifest<'p>> {
        let contexts = self.contexts(file);
        let places = instructions.into_iter().flat_map(|instruction| places(&contexts, instruction, name));
        let mut seen = BTreeSet::new();
        let known = places.filter_map(|path| self.manifests.get_key_value(&path));
        known
            .filter(|(path, _)| seen.insert(path.as_str()))
            .map(|(path, text)| Manifest { path, text })
            .collect()
    }

    /// The folders that a Dockerfile may be built in: those that services name, or else its own and the root.
    #[must_use]
    pub fn contexts(&self, file: &DockerfileFile) -> BTreeSet<String> {
        let named: BTreeSet<String> =
            self.built_from(&file.path).filter_map(|(_, build)| build.context).collect();
        match named.is_empty() {
            true => [folder_of(&file.path).to_owned(), String::new()].into(),
            false => named,
        }
    }
}

/// Where a file of this name lies if an instruction copies it.
fn places(contexts: &BTreeSet<String>, instruction: &Instruction, name: &str) -> Vec<String> {
    let is_copy = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    if !is_copy || instruction.command.flag("from").is_some() || !instruction.heredocs.is_empty() {
        return Vec::new();
    }
    let words = words(instruction);
    let Some((_, sources)) = words.split_last() else { return Vec::new() };
    let place = |source: &String| {
        let source = source.trim_end_matches('/').trim_start_matches('/');
        let (folder, last) = source.rsplit_once('/').unwrap_or(("", source));
        if folder.contains(SIGNS) || source.contains(['$', ':']) {
            return None;
        }
        match (last.contains(SIGNS), last == name) {
            (true, _) => may_be(last, name).then(|| folder.to_owned()),
            (false, true) => Some(folder.to_owned()),
            (false, false) => Some(source.to_owned()),
        }
    };
    let folders = sources.iter().filter_map(place);
    let below = |folder: String| {
        contexts.iter().map(move |context| join(&join(context, &folder), name)).collect::<Vec<_>>()
    };
    folders.flat_map(below).collect()
}

/// Signs of a pattern.
const SIGNS: [char; 3] = ['*', '?', '['];

/// Whether a name fits a pattern, as far as the plain text at both ends of it tells.
fn may_be(pattern: &str, name: &str) -> bool {
    let start = pattern.split(SIGNS).next().unwrap_or_default();
    let end = pattern.rsplit(['*', '?', ']']).next().unwrap_or_default();
    name.starts_with(start) && name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(dockerfile: &str, path: &str) -> Vec<String> {
        let mut project = Project::new(Vec::new());
        let file = DockerfileFile::read(path, dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert(path.to_owned(), file);
        let paths = project.manifest_paths().into_iter();
        paths.filter(|path| path.ends_with("package.json")).collect()
    }

    #[test]
    fn a_manifest_lies_where_it_is_copied_from() {
        for (copy, wanted) in [
            ("COPY . .", vec!["package.json", "web/package.json"]),
            ("COPY package*.json ./", vec!["package.json", "web/package.json"]),
            ("COPY [\"app/package.json\", \"./\"]", vec!["app/package.json", "web/app/package.json"]),
            ("COPY app/ ./", vec!["app/package.json", "web/app/package.json"]),
            ("COPY *.lock ./", vec![]),
            ("COPY --from=build /app/package.json ./", vec![]),
            ("COPY $APP ./", vec![]),
            ("RUN cp package.json x", vec![]),
        ] {
            assert_eq!(paths(&format!("FROM x\n{copy}\n"), "web/Dockerfile"), wanted, "{copy}");
        }
    }
}
