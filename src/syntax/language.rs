//! The languages whose trees count their items: Dockerfiles and nginx configurations.

use super::{Change, Route, dockerfile, nginx};
use crate::text::{LineIndex, TextEdit};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A language in which a [`Change`] names its place by the numbers of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Dockerfiles.
    Dockerfile,
    /// nginx configuration.
    Nginx,
}

/// Why changes cannot be carried out on a text of some language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// In a Dockerfile.
    #[error(transparent)]
    Dockerfile(#[from] dockerfile::RewriteError),
    /// In an nginx configuration.
    #[error(transparent)]
    Nginx(#[from] nginx::RewriteError),
}

impl Language {
    /// The text with the changes, and the edit that leads there, proved on the trees before and after.
    ///
    /// # Errors
    /// If the text cannot be read, a change has no sound edit, or something else would change, too.
    pub fn rewrite(self, text: &str, changes: &[Change]) -> Result<(String, TextEdit), RewriteError> {
        match self {
            Self::Dockerfile => Ok(dockerfile::rewrite(text, changes)?),
            Self::Nginx => Ok(nginx::rewrite(text, changes)?),
        }
    }

    /// The lines of a text, from 0, on which the things stand that routes name; `None` for one that is not there.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn lines_of<'r>(
        self,
        text: &str,
        routes: impl Iterator<Item = &'r Route>,
    ) -> Result<Vec<Option<RangeInclusive<usize>>>, RewriteError> {
        let index = LineIndex::new(text);
        let lines = |span: crate::text::TextRange| {
            let last = span.end.saturating_sub(1).max(span.start);
            index.line_of(span.start)..=index.line_of(last)
        };
        match self {
            Self::Dockerfile => {
                let tree = read_dockerfile(text)?;
                Ok(routes.map(|route| tree.span(route).map(lines)).collect())
            }
            Self::Nginx => {
                let tree = read_nginx(text)?;
                Ok(routes.map(|route| tree.span(route).map(lines)).collect())
            }
        }
    }

    /// The instructions of a text, each as it is written, in order.
    ///
    /// # Errors
    /// If the text cannot be read.
    pub fn items(self, text: &str) -> Result<Vec<String>, RewriteError> {
        match self {
            Self::Dockerfile => {
                let tree = read_dockerfile(text)?;
                Ok(tree.instructions().iter().map(|item| item.span.of(text).to_owned()).collect())
            }
            Self::Nginx => {
                let tree = read_nginx(text)?;
                let mut items = Vec::new();
                nginx_items(text, tree.root(), "", &mut items);
                Ok(items)
            }
        }
    }
}

fn read_dockerfile(text: &str) -> Result<dockerfile::Dockerfile, dockerfile::RewriteError> {
    Ok(dockerfile::parse(text, &dockerfile::Limits::default())?)
}

fn read_nginx(text: &str) -> Result<nginx::Nginx, nginx::RewriteError> {
    Ok(nginx::parse(text, &nginx::Limits::default())?)
}

/// The directives of a block and those within them, each with the names of the blocks that it stands in; of one
/// with a block the words before that.
fn nginx_items(text: &str, block: &nginx::Block, within: &str, items: &mut Vec<String>) {
    for directive in &block.directives {
        match directive.block() {
            None => items.push(format!("{within}{}", directive.span.of(text))),
            Some(inner) => {
                let head = text.get(directive.span.start..inner.inner.start).unwrap_or_default();
                items.push(format!("{within}{head}"));
                nginx_items(text, inner, &format!("{within}{} > ", directive.name.value), items);
            }
        }
    }
}
