//! One nginx configuration file of a project.

use super::ResolvedNginx;
use crate::syntax::nginx::{Limits, Nginx, ReadError, decode, parse};
use std::sync::Arc;

/// An nginx configuration file that can be read.
#[derive(Clone, Debug)]
pub struct NginxFile {
    /// Its path from the project root, with `/`.
    pub path: String,
    /// Its source, shared.
    pub tree: Arc<Nginx>,
    /// Whether it may be changed; files read only to understand others may not.
    pub in_scope: bool,
}

impl NginxFile {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What nginx would refuse, or what cannot be read without doubt.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let tree = parse(decode(bytes)?, &Limits::default())?;
        Ok(Self { path: path.to_owned(), tree: Arc::new(tree), in_scope: true })
    }

    /// The same file with another text, read anew.
    ///
    /// # Errors
    /// As [`NginxFile::read`].
    pub fn with_text(&self, text: &str) -> Result<Self, ReadError> {
        let tree = Arc::new(parse(text, &Limits::default())?);
        Ok(Self { path: self.path.clone(), tree, in_scope: self.in_scope })
    }

    /// What nginx makes of it, as far as this file alone says.
    #[must_use]
    pub fn resolved(&self) -> ResolvedNginx {
        ResolvedNginx::new(&self.tree)
    }
}
