//! `hardtack.lock`: which digest each reference stood for, and how that is known.
//!
//! The digest in a Compose file is the truth; the lock is evidence for it.

use super::{Digest, ImageReference};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the lock's form that is read here.
const VERSION: u32 = 1;

/// What kind of thing a digest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DigestKind {
    /// An image for several platforms (an OCI index or a Docker manifest list).
    Index,
    /// An image for one platform.
    Manifest,
}

/// What is known of one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedImage {
    /// The digest.
    pub digest: Digest,
    /// What it names.
    pub kind: DigestKind,
    /// When the reference stood for it, as RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,
    /// Where that is known from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The lock: references in canonical form (`docker.io/library/nginx:1.27`), sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    version: u32,
    /// What is known, by reference.
    #[serde(default)]
    pub images: BTreeMap<String, LockedImage>,
}

/// A text that is no lock. Locks come from repositories, so nothing in them is trusted.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is no YAML of this form.
    #[error("it cannot be read: {0}")]
    Form(#[from] serde_yaml::Error),
    /// It has another version.
    #[error("it has version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// A key is not a reference in canonical form.
    #[error("`{0}` is not a reference in full, such as docker.io/library/nginx:1.27")]
    Reference(String),
}

/// What stands at the head of a lock that is made anew.
const HEADER: &str =
    "# hardtack.lock: evidence for pinned digests. Kept in git, written by hardtack, sorted.\n";

impl LockedImage {
    /// The fields that are set, as the lock writes them.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let kind = match self.kind {
            DigestKind::Index => "index",
            DigestKind::Manifest => "manifest",
        };
        let mut fields = vec![("digest", self.digest.to_string()), ("kind", kind.to_owned())];
        fields.extend(self.resolved_at.clone().map(|at| ("resolved-at", at)));
        fields.extend(self.source.clone().map(|source| ("source", source)));
        fields
    }
}

impl Lock {
    /// A lock of these references, each in canonical form.
    #[must_use]
    pub fn of(images: BTreeMap<String, LockedImage>) -> Self {
        Self { version: VERSION, images }
    }

    /// The text of a new file: the same for the same entries.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn to_text(&self) -> Result<String, LockError> {
        Ok(format!("{HEADER}{}", serde_yaml::to_string(self)?))
    }

    /// The lines of the entries alone, without indentation.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn entries(&self) -> Result<String, LockError> {
        Ok(serde_yaml::to_string(&self.images)?)
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// If it is none, has another version, or holds what is no reference or no digest.
    pub fn read(text: &str) -> Result<Self, LockError> {
        let lock: Self = serde_yaml::from_str(text)?;
        if lock.version != VERSION {
            return Err(LockError::Version(lock.version));
        }
        let is_canonical =
            |text: &str| text.parse::<ImageReference>().is_ok_and(|reference| reference.canonical() == text);
        match lock.images.keys().find(|key| !is_canonical(key)) {
            Some(key) => Err(LockError::Reference(key.clone())),
            None => Ok(lock),
        }
    }
}
