//! The Dockerfiles of a project: those that were found, and those that its services build.

use super::{Discovered, FileProblem, MAX_FILE_BYTES, ProjectRoot};
use crate::model::compose::{Build, Project, lower_case};
use crate::model::dockerfile::DockerfileFile;
use crate::report::json::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// Reads Dockerfiles: `found` ones, and those that services of the project build. One that a service names and
/// that is not there is no problem of this run: Compose accepts the file, and rules that need it say so. Where `Dockerfile`
/// is not there and `dockerfile` is, that one is built, and the project gets to know.
pub(super) fn read_dockerfiles(
    root: &ProjectRoot,
    found: Vec<Discovered>,
    project: &mut Project,
) -> (BTreeMap<String, DockerfileFile>, Vec<Problem>) {
    let mut reader = Reader { files: BTreeMap::new(), problems: Vec::new() };
    for file in found {
        match &file.content {
            Ok(content) => reader.take(&file.path, &content.bytes, true),
            Err(problem) => reader.problems.push(problem.of_file(&file.path)),
        }
    }
    let mut in_lower_case = BTreeSet::new();
    for (asked, in_scope) in built(project) {
        let has = |path: &str| reader.files.contains_key(path) || root.folder().join(path).exists();
        let lower = lower_case(&asked).filter(|lower| !has(&asked) && has(lower));
        let path = lower.clone().unwrap_or_else(|| asked.clone());
        in_lower_case.extend(lower.map(|_| asked));
        let is_known = |problem: &Problem| problem.path == path;
        if reader.files.contains_key(&path) || reader.problems.iter().any(is_known) {
            continue;
        }
        match root.read(&path, MAX_FILE_BYTES) {
            Ok(content) => reader.take(&path, &content.bytes, in_scope),
            Err(FileProblem::NotFound) => {}
            Err(problem) => reader.problems.push(problem.of_file(&path)),
        }
    }
    project.set_in_lower_case(in_lower_case);
    (reader.files, reader.problems)
}

/// The Dockerfiles that services build, and whether a service that may be changed is among those.
fn built(project: &Project) -> BTreeMap<String, bool> {
    let mut built = BTreeMap::new();
    for file in project.files() {
        for path in file.services().filter_map(|service| Build::of(&service)?.path().map(str::to_owned)) {
            *built.entry(path).or_insert(false) |= file.in_scope;
        }
    }
    built
}

struct Reader {
    files: BTreeMap<String, DockerfileFile>,
    problems: Vec<Problem>,
}

impl Reader {
    fn take(&mut self, path: &str, bytes: &[u8], in_scope: bool) {
        match DockerfileFile::read(path, bytes) {
            Ok(file) => {
                self.files.insert(path.to_owned(), DockerfileFile { in_scope, ..file });
            }
            Err(error) => self.problems.push(Problem {
                path: path.to_owned(),
                position: Some(error.position),
                message: error.to_string(),
                help: error.help().map(str::to_owned),
            }),
        }
    }
}
