//! One Dockerfile of a project.

use super::{BuildInputs, ResolvedDockerfile};
use crate::syntax::dockerfile::{Dockerfile, Limits, ReadError, decode, parse};
use std::sync::Arc;

/// A Dockerfile that can be read.
#[derive(Clone, Debug)]
pub struct DockerfileFile {
    /// Its path from the project root, with `/`.
    pub path: String,
    /// Its source, shared.
    pub tree: Arc<Dockerfile>,
    /// Whether it may be changed; files read only to understand others may not.
    pub in_scope: bool,
}

impl DockerfileFile {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What BuildKit would refuse, or what cannot be read without doubt.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let tree = parse(decode(bytes)?, &Limits::default())?;
        Ok(Self { path: path.to_owned(), tree: Arc::new(tree), in_scope: true })
    }

    /// The same file with another text, read anew.
    ///
    /// # Errors
    /// As [`DockerfileFile::read`].
    pub fn with_text(&self, text: &str) -> Result<Self, ReadError> {
        let tree = Arc::new(parse(text, &Limits::default())?);
        Ok(Self { path: self.path.clone(), tree, in_scope: self.in_scope })
    }

    /// What a build with these inputs makes of it.
    #[must_use]
    pub fn resolved(&self, inputs: &BuildInputs) -> ResolvedDockerfile {
        ResolvedDockerfile::new(&self.tree, inputs)
    }
}
