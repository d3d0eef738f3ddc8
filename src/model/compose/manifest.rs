//! The files of a program that list its packages and scripts, as far as its Dockerfile copies them.

use super::file_set::{folder_of, join};
use super::mounted::words;
use super::{Project, package_hints};
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::dockerfile::{Instruction, Keyword};
use std::collections::BTreeSet;

/// The names of such files: of npm and its like, and of Python's packages.
const NAMES: [&str; 4] = ["package.json", "pyproject.toml", "setup.cfg", "setup.py"];

/// The file of npm and its like.
const PACKAGE: &str = "package.json";

/// How many parts of a folder that is written may be those of the repository.
const MOST_PARTS: usize = 4;

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
        let named = self.dockerfiles.values().flat_map(|file| self.named_packages(file));
        self.dockerfiles.values().flat_map(of_file).chain(named).collect()
    }

    /// Where the `package.json` may lie of a package that a Dockerfile works in, or that a command of its services names:
    /// what is written is a place in the container, so that each end of it is looked for in what is copied.
    fn named_packages(&self, file: &DockerfileFile) -> Vec<String> {
        let mut written: Vec<String> = Vec::new();
        for instruction in file.tree.instructions() {
            let words = words(instruction);
            if instruction.keyword == Keyword::Workdir {
                written.extend(words.first().cloned());
            }
            written.extend(hints(&words));
        }
        for (service, _) in self.built_from(&file.path) {
            written.extend(service.text_at(&["working_dir"]));
            let words = ["entrypoint", "command"].iter().flat_map(|key| service.words_at(&[key]));
            written.extend(hints(&words.map(str::to_owned).collect::<Vec<_>>()));
        }
        let ends = written.iter().flat_map(|path| {
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            let ends = (0..parts.len()).rev().take(MOST_PARTS).map(|from| parts[from..].join("/"));
            ends.collect::<Vec<_>>()
        });
        let ends: BTreeSet<String> = ends.filter(|end| !end.contains(['$', '*'])).collect();
        let sources = self.copied_sources(file);
        let below =
            |source: &String| ends.iter().map(|end| join(&join(source, end), PACKAGE)).collect::<Vec<_>>();
        sources.iter().flat_map(below).collect()
    }

    /// Each `package.json` below what a Dockerfile copies, with its folder as it is seen from the contexts and from each
    /// folder that is copied.
    #[must_use]
    pub fn packages(&self, file: &DockerfileFile) -> Vec<(Manifest<'_>, Vec<String>)> {
        let sources = self.copied_sources(file);
        let contexts = self.contexts(file);
        let below = |path: &str, above: &str| match path.strip_prefix(above)? {
            rest if above.is_empty() || rest.is_empty() => Some(rest.to_owned()),
            rest => rest.strip_prefix('/').map(str::to_owned),
        };
        let is_package = |path: &str| path.rsplit('/').next() == Some(PACKAGE);
        let all = self.manifests.iter().filter(|(path, _)| is_package(path));
        all.filter_map(|(path, text)| {
            let is_copied = sources.iter().any(|source| below(path, source).is_some());
            let above = sources.iter().chain(&contexts);
            let folders = above.filter_map(|above| below(folder_of(path), above)).collect();
            is_copied.then_some((Manifest { path, text }, folders))
        })
        .collect()
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

/// The folders and packages that the words of commands name, each text taken apart as a shell does.
fn hints(words: &[String]) -> Vec<String> {
    let text = words.join(" ");
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ";&|()\"'`".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    package_hints(&words).into_iter().map(str::to_owned).collect()
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
            (
                "COPY . /app\nWORKDIR /app/api\nCMD npm --prefix ui start",
                vec![
                    "api/package.json",
                    "app/api/package.json",
                    "package.json",
                    "ui/package.json",
                    "web/api/package.json",
                    "web/app/api/package.json",
                    "web/package.json",
                    "web/ui/package.json",
                ],
            ),
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
