//! `hardtack.lock`: which digest each reference stood for, and how that is known.
//!
//! The digest in a Compose file is the truth; the lock is evidence for it.

mod error;

pub use error::{LockError, LockProblem};

use super::{Digest, ImageConfiguration, ImageReference, Platform};
use crate::syntax::yaml::{Limits, duplicate_keys, parse};
use crate::syntax::{Route, Value};
use crate::text::LineColumn;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the lock's form that is read and written here. New fields do not change it: a program that
/// does not know a field passes over it.
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
    /// The platforms that the image is for, sorted; empty if nobody looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
    /// The size of the layers for the configuration's platform, compressed, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When the reference stood for it, as RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,
    /// Where that is known from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What the image says of itself, where a rule asked or the digest was refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ImageConfiguration>,
}

/// The lock: references in canonical form (`docker.io/library/nginx:1.27`), sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    version: u32,
    /// What is known, by reference.
    #[serde(default)]
    pub images: BTreeMap<String, LockedImage>,
}

/// What stands at the head of a lock that is made anew.
const HEADER: &str =
    "# hardtack.lock: evidence for pinned digests. Kept in git, written by hardtack, sorted.\n";

/// What stands as the source of an entry whose digest a file brought along.
const BROUGHT_ALONG: &str = "pinned in a file of the project";

impl LockedImage {
    /// The same image as the entry for a digest that a file brought along: when its tag stood for it nobody noted.
    #[must_use]
    pub fn brought_along(self) -> Self {
        Self { resolved_at: None, source: Some(BROUGHT_ALONG.to_owned()), ..self }
    }

    /// Whether nobody asked a registry what the tag stands for.
    #[must_use]
    pub fn is_brought_along(&self) -> bool {
        self.resolved_at.is_none() && self.source.as_deref() == Some(BROUGHT_ALONG)
    }

    /// The fields that are set, as the lock writes them.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn fields(&self) -> Result<Vec<(String, Value)>, LockError> {
        match to_value(&serde_yaml::to_value(self).map_err(LockError::form)?) {
            Value::Mapping(fields) => Ok(fields),
            _ => Ok(Vec::new()),
        }
    }

    /// The lines of each field that is set, without indentation, by name and in the order of the lock.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn field_lines(&self) -> Result<Vec<(String, String)>, LockError> {
        let serde_yaml::Value::Mapping(fields) = serde_yaml::to_value(self).map_err(LockError::form)? else {
            return Ok(Vec::new());
        };
        let lines = |(key, value): (serde_yaml::Value, serde_yaml::Value)| {
            let name = key.as_str().unwrap_or_default().to_owned();
            let field = serde_yaml::Mapping::from_iter([(key, value)]);
            Ok((name, serde_yaml::to_string(&field).map_err(LockError::form)?))
        };
        fields.into_iter().map(lines).collect()
    }
}

/// A value as the editor takes it. Nothing in a lock has a tag or a fraction.
fn to_value(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Bool(flag) => Value::Bool(*flag),
        serde_yaml::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::string(number.to_string()), Value::Integer)
        }
        serde_yaml::Value::String(text) => Value::string(text),
        serde_yaml::Value::Sequence(items) => Value::Sequence(items.iter().map(to_value).collect()),
        serde_yaml::Value::Mapping(entries) => {
            let entry = |(key, value): (&serde_yaml::Value, &serde_yaml::Value)| {
                Some((key.as_str()?.to_owned(), to_value(value)))
            };
            Value::Mapping(entries.iter().filter_map(entry).collect())
        }
        serde_yaml::Value::Null | serde_yaml::Value::Tagged(_) => Value::Null,
    }
}

impl Lock {
    /// A lock of these references, each in canonical form.
    #[must_use]
    pub fn of(images: BTreeMap<String, LockedImage>) -> Self {
        Self { version: VERSION, images }
    }

    /// The key under which a reference is listed: without digest where there is a tag, since the lock says what
    /// the tag stood for.
    #[must_use]
    pub fn key(reference: &ImageReference) -> String {
        reference.without_digest().as_ref().unwrap_or(reference).canonical()
    }

    /// What is known of a reference. Of one with a digest only if that is the digest that the lock has: what it
    /// says of another one is no evidence. Of a tag not if a file brought the digest along: nobody asked what the tag
    /// stands for.
    #[must_use]
    pub fn get(&self, reference: &ImageReference) -> Option<&LockedImage> {
        let entry = self.images.get(&Self::key(reference))?;
        let answers = match reference.digest() {
            Some(digest) => *digest == entry.digest,
            None => !entry.is_brought_along(),
        };
        answers.then_some(entry)
    }

    /// The text of a new file: the same for the same entries.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn to_text(&self) -> Result<String, LockError> {
        Ok(format!("{HEADER}{}", serde_yaml::to_string(self).map_err(LockError::form)?))
    }

    /// The lines of the entries alone, without indentation.
    ///
    /// # Errors
    /// None that can be met: all its parts have a YAML form.
    pub fn entries(&self) -> Result<String, LockError> {
        serde_yaml::to_string(&self.images).map_err(LockError::form)
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// If it is none, has another version, names something twice, or holds what is no reference or no digest;
    /// with the place and what to do.
    pub fn read(text: &str) -> Result<Self, LockError> {
        let tree = parse(text, &Limits::default()).map_err(LockError::syntax)?;
        if let Some((_, second)) = duplicate_keys(&tree).first() {
            let node = tree.node(*second);
            let key = tree.scalar(*second).map(|scalar| scalar.value.to_string()).unwrap_or_default();
            return Err(LockError::new(Some(tree.locate(node.span.start)), LockProblem::Duplicate(key)));
        }
        if tree.documents().is_empty() {
            let start = LineColumn { line: 1, column: 1 };
            return Err(LockError::new(Some(start), LockProblem::Form("it is empty".to_owned())));
        }
        // A mark at the beginning is no part of the content; the second reader takes it for a document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lock: Self = serde_yaml::from_str(text).map_err(|error| LockError::form_in(&tree, error))?;
        let at_key = |route: &Route| error::key_position(&tree, route);
        if lock.version != VERSION {
            let position = at_key(&Route::root().key("version"));
            return Err(LockError::new(position, LockProblem::Version(lock.version)));
        }
        let is_canonical =
            |text: &str| text.parse::<ImageReference>().is_ok_and(|reference| reference.canonical() == text);
        match lock.images.keys().find(|key| !is_canonical(key)) {
            Some(key) => {
                let position = at_key(&Route::root().key("images").key(key));
                Err(LockError::new(position, LockProblem::Reference(key.clone())))
            }
            None => Ok(lock),
        }
    }
}

#[cfg(test)]
mod tests;
