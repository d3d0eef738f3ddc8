//! The source files of the programs that services run, and where they write.

use super::file_set::join;
use super::mounted::words;
use super::{Placed, Project, Run, Service};
use crate::model::SourceWrite;
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::dockerfile::{Instruction, Keyword};
use std::collections::BTreeSet;

impl Project {
    /// The files and folders that services have in their containers and Dockerfiles copy, as paths from the root.
    #[must_use]
    pub fn source_paths(&self) -> BTreeSet<String> {
        let services = self.files().iter().flat_map(|file| file.services());
        let placed = services.filter_map(|service| Some(self.sources_of(&service, &self.run(&service)?)));
        let copied = self.dockerfiles.values().map(|file| self.copied_sources(file));
        placed.chain(copied).flatten().collect()
    }

    /// The files and folders of the project that stand in a service's container, or that its Dockerfile builds from.
    #[must_use]
    pub fn sources_of(&self, service: &Service<'_>, run: &Run<'_>) -> BTreeSet<String> {
        let placed = self.placed_in(service, run, "").placed.into_iter();
        let mounted = placed.filter(|placed: &Placed| placed.instruction.is_none() || run.built.is_none());
        let copied = run.built.as_ref().map(|built| self.copied_sources(built.file)).unwrap_or_default();
        mounted.map(|placed| placed.source).chain(copied).collect()
    }

    /// What the stages of a Dockerfile copy from the folders that it may be built in. One stage hands on to the other, so
    /// all of them count.
    #[must_use]
    pub fn copied_sources(&self, file: &DockerfileFile) -> BTreeSet<String> {
        let contexts = self.contexts(file);
        let sources = file.tree.instructions().iter().flat_map(sources);
        let below =
            |source: String| contexts.iter().map(|context| join(context, &source)).collect::<Vec<_>>();
        sources.flat_map(below).collect()
    }

    /// Where the source files among these files and folders write, each with its path. A script of a shell counts if
    /// `start` names it, since what only people run to build and to deploy is copied as well.
    pub fn writes_below<'p>(
        &'p self,
        places: &BTreeSet<String>,
        start: &str,
    ) -> impl Iterator<Item = (&'p str, &'p SourceWrite)> {
        let is_run = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            !name.ends_with("sh") || start.contains(name)
        };
        let is_there = |path: &str| {
            let mut above = std::iter::successors(Some(path), |at| {
                (!at.is_empty()).then(|| at.rsplit_once('/').map_or("", |(folder, _)| folder))
            });
            above.any(|at| places.contains(at))
        };
        let files = self.source_writes.iter().filter(move |(path, _)| is_there(path) && is_run(path));
        files.flat_map(|(path, writes)| writes.iter().map(move |write| (path.as_str(), write)))
    }
}

/// What an instruction copies from the context; of a pattern, the folder that it is looked for in.
fn sources(instruction: &Instruction) -> Vec<String> {
    let is_copy = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    if !is_copy || instruction.command.flag("from").is_some() || !instruction.heredocs.is_empty() {
        return Vec::new();
    }
    let words = words(instruction);
    let Some((_, sources)) = words.split_last() else { return Vec::new() };
    let plain = sources.iter().filter(|source| !source.contains(['$', ':']));
    let place = |source: &String| {
        let source = source.trim_start_matches('/');
        let end = source.find(['*', '?', '[']);
        let folder = end.map(|end| source[..end].rsplit_once('/').map_or("", |(folder, _)| folder));
        folder.unwrap_or(source).to_owned()
    };
    plain.map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_and_every_context_counts() {
        let mut project = Project::new(Vec::new());
        let text = "FROM a AS b\nCOPY src/*.py /a/\nCOPY --from=x y z\nFROM c\nCOPY . .\nCOPY $X /x\n";
        let file = DockerfileFile::read("web/Dockerfile", text.as_bytes()).unwrap();
        project.dockerfiles.insert("web/Dockerfile".to_owned(), file);
        assert_eq!(project.source_paths(), ["", "src", "web", "web/src"].map(str::to_owned).into());
        let write = SourceWrite { line: 1, path: "/x".to_owned(), unless: None };
        project.source_writes.insert("web/src/a.py".to_owned(), vec![write]);
        let below = |place: &str| project.writes_below(&[place.to_owned()].into(), "").count();
        assert_eq!(
            [below(""), below("web"), below("web/src/a.py"), below("we"), below("api")],
            [1, 1, 1, 0, 0]
        );
    }
}
