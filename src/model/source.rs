//! A file of a project that has a tree, whatever its language.

use super::compose::ComposeFile;
use super::dockerfile::DockerfileFile;
use super::nginx::NginxFile;
use crate::syntax::{Language, Route};
use crate::text::{LineColumn, LineIndex, TextRange};

/// A file of a project, as far as all languages are alike.
#[derive(Clone, Copy, Debug)]
pub enum Source<'p> {
    /// A Compose file.
    Compose(&'p ComposeFile),
    /// A Dockerfile.
    Dockerfile(&'p DockerfileFile),
    /// An nginx configuration file.
    Nginx(&'p NginxFile),
}

impl<'p> Source<'p> {
    /// Its path from the project root.
    #[must_use]
    pub fn path(&self) -> &'p str {
        match self {
            Self::Compose(file) => &file.path,
            Self::Dockerfile(file) => &file.path,
            Self::Nginx(file) => &file.path,
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &'p str {
        match self {
            Self::Compose(file) => file.tree.text(),
            Self::Dockerfile(file) => file.tree.text(),
            Self::Nginx(file) => file.tree.text(),
        }
    }

    /// Whether it may be changed.
    #[must_use]
    pub fn in_scope(&self) -> bool {
        match self {
            Self::Compose(file) => file.in_scope,
            Self::Dockerfile(file) => file.in_scope,
            Self::Nginx(file) => file.in_scope,
        }
    }

    /// Its comments in order, each from its mark to the end of the line.
    #[must_use]
    pub fn comments(&self) -> &'p [TextRange] {
        match self {
            Self::Compose(file) => file.tree.comments(),
            Self::Dockerfile(file) => file.tree.comments(),
            Self::Nginx(file) => file.tree.comments(),
        }
    }

    /// The lines of its text.
    #[must_use]
    pub fn lines(&self) -> &'p LineIndex {
        match self {
            Self::Compose(file) => file.tree.lines(),
            Self::Dockerfile(file) => file.tree.lines(),
            Self::Nginx(file) => file.tree.lines(),
        }
    }

    /// Line and column of an offset.
    #[must_use]
    pub fn locate(&self, offset: usize) -> LineColumn {
        match self {
            Self::Compose(file) => file.tree.locate(offset),
            Self::Dockerfile(file) => file.tree.locate(offset),
            Self::Nginx(file) => file.tree.locate(offset),
        }
    }

    /// Where the thing that a route names stands; `None` if there is none.
    #[must_use]
    pub fn span(&self, route: &Route) -> Option<TextRange> {
        match self {
            Self::Compose(file) => Some(file.tree.node(file.tree.find(route)?).span),
            Self::Dockerfile(file) => file.tree.span(route),
            Self::Nginx(file) => file.tree.span(route),
        }
    }

    /// Line and column of the thing that a route names.
    #[must_use]
    pub fn position(&self, route: &Route) -> Option<LineColumn> {
        Some(self.locate(self.span(route)?.start))
    }

    /// The language in which changes of it count instructions; `None` for YAML, whose changes need placing.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        match self {
            Self::Compose(_) => None,
            Self::Dockerfile(_) => Some(Language::Dockerfile),
            Self::Nginx(_) => Some(Language::Nginx),
        }
    }
}
