//! Dockerfiles that are written inside Compose files (`dockerfile_inline`).

use super::{Build, BuildFile, ComposeFile, Project, Service};
use crate::model::dockerfile::DockerfileFile;
use crate::syntax::yaml::{NodeId, ScalarStyle};
use crate::text::LineColumn;

/// A service by its file, the number of the document, and its name.
pub(super) type Key = (String, usize, String);

/// A Dockerfile inside a Compose file. It is read as Compose hands it on, and never edited.
#[derive(Clone, Copy, Debug)]
pub struct InlineDockerfile<'p> {
    /// The service that is built from it.
    pub service: Service<'p>,
    /// Where its text stands.
    pub node: NodeId,
    /// What it says; its path is that of the Compose file.
    pub file: &'p DockerfileFile,
}

impl InlineDockerfile<'_> {
    /// Where a line of it stands in the Compose file; where it begins, if its notation moves lines.
    #[must_use]
    pub fn position(&self, inside: LineColumn) -> LineColumn {
        let tree = self.service.tree();
        let begin = tree.locate(tree.node(self.node).span.start);
        let is_literal = tree.scalar(self.node).is_some_and(|scalar| scalar.style == ScalarStyle::Literal);
        if is_literal { LineColumn { line: begin.line + inside.line, column: 1 } } else { begin }
    }
}

/// The Dockerfiles inside a file that can be read.
pub(super) fn of_file(file: &ComposeFile) -> Vec<(Key, DockerfileFile)> {
    let read = |service: Service<'_>| {
        let BuildFile::Inline(node) = Build::of(&service)?.dockerfile else { return None };
        let text = service.interpolate(&service.tree().scalar(node)?.value)?;
        let dockerfile = DockerfileFile::read(&file.path, text.as_bytes()).ok()?;
        Some((key(&service), DockerfileFile { in_scope: file.in_scope, ..dockerfile }))
    };
    file.services().filter_map(read).collect()
}

/// The key of a service.
pub(super) fn key(service: &Service<'_>) -> Key {
    (service.file.path.clone(), service.document, service.name.to_owned())
}

impl Project {
    /// The Dockerfiles inside Compose files that may be changed, in order.
    pub fn inline_dockerfiles(&self) -> impl Iterator<Item = InlineDockerfile<'_>> {
        self.services().filter_map(|service| {
            let file = self.inline.get(&key(&service))?;
            let BuildFile::Inline(node) = Build::of(&service)?.dockerfile else { return None };
            Some(InlineDockerfile { service, node, file })
        })
    }
}
