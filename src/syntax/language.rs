//! The languages whose trees count their items: Dockerfiles and nginx configurations.

use super::{Change, Route, dockerfile};
use crate::text::{LineIndex, TextEdit};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A language in which a [`Change`] names its place by the numbers of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Dockerfiles.
    Dockerfile,
}

/// Why changes cannot be carried out on a text of some language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// In a Dockerfile.
    #[error(transparent)]
    Dockerfile(#[from] dockerfile::RewriteError),
}

impl Language {
    /// The text with the changes, and the edit that leads there, proved on the trees before and after.
    ///
    /// # Errors
    /// If the text cannot be read, a change has no sound edit, or something else would change, too.
    pub fn rewrite(self, text: &str, changes: &[Change]) -> Result<(String, TextEdit), RewriteError> {
        match self {
            Self::Dockerfile => Ok(dockerfile::rewrite(text, changes)?),
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
        }
    }
}

fn read_dockerfile(text: &str) -> Result<dockerfile::Dockerfile, dockerfile::RewriteError> {
    Ok(dockerfile::parse(text, &dockerfile::Limits::default())?)
}
