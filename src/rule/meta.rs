//! What a rule says about itself.

use super::{OptionSpec, Severity};

/// A rule's name, documentation and options. The documentation is the doc comment of the rule's file:
/// one text feeds `explain`, the reference page and the tests, which run its examples.
#[derive(Debug)]
pub struct Meta {
    /// The rule's name, as in profiles; its file has the same name.
    pub id: &'static str,
    /// How bad it is to leave it as it is.
    pub severity: Severity,
    /// The documentation in Markdown, its first line one sentence.
    pub docs: &'static str,
    /// Rules that must stand earlier in a profile, where both are in it.
    pub after: &'static [&'static str],
    /// The options that it takes.
    pub options: &'static [OptionSpec],
    /// Standards whose controls it supports, with version and number.
    pub supports: &'static [&'static str],
}

impl Meta {
    /// The first sentence of the documentation.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        summary_of(self.docs)
    }
}

/// The first line of a documentation text.
#[must_use]
pub fn summary_of(docs: &'static str) -> &'static str {
    docs.trim_start().lines().next().unwrap_or_default().trim()
}
