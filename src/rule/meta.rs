//! What a rule says about itself.

use super::{OptionSpec, Severity};

/// A rule's name, documentation and options. The documentation is the doc comment at the head of the
/// rule's file: one text feeds `explain`, the reference page and the tests, which run its examples.
#[derive(Debug)]
pub struct Meta {
    /// The rule's name, as in profiles; its file has the same name, with `_` for `-`.
    pub id: &'static str,
    /// How bad it is to leave it as it is.
    pub severity: Severity,
    /// The text of the rule's file, of which the doc comment is taken.
    pub source: &'static str,
    /// Rules that must stand earlier in a profile, where both are in it; `*` for all that do not say so
    /// themselves.
    pub after: &'static [&'static str],
    /// The options that it takes.
    pub options: &'static [OptionSpec],
    /// Standards whose controls it supports, with version and number.
    pub supports: &'static [&'static str],
}

impl Meta {
    /// The documentation in Markdown; its first line is one sentence.
    #[must_use]
    pub fn docs(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n")
    }

    /// The first sentence of the documentation.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.source.lines().next().and_then(|line| line.strip_prefix("//!")).unwrap_or_default().trim()
    }
}
