//! What a build is given besides the file.

use crate::model::ImageReference;
use std::collections::{BTreeMap, BTreeSet};

/// The part of a service's `build:` that changes what a Dockerfile means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildInputs {
    /// `build.args`, which win over the defaults of ARG.
    pub arguments: BTreeMap<String, String>,
    /// The names of `build.additional_contexts`, each of which takes the place of a stage or an image.
    pub contexts: BTreeSet<String>,
}

impl BuildInputs {
    /// The additional context that takes the place of `name`, a stage's name or an image reference.
    ///
    /// An image is looked up as it is written, in its short form and without `:latest`, so that a digest in
    /// the file makes another key of it.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&str> {
        if let Some(found) = self.contexts.get(name) {
            return Some(found);
        }
        let familiar = name.parse::<ImageReference>().ok()?.familiar();
        self.contexts.get(familiar.strip_suffix(":latest").unwrap_or(&familiar)).map(String::as_str)
    }
}
