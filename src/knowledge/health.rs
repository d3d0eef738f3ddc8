//! How to see whether a container serves.

use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{one_line, optional_line};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A command in the form of a Compose health check: `CMD` and its words, or `CMD-SHELL` and one text.
///
/// Invariant: at least one word follows, exactly one after `CMD-SHELL`. A `$` stands for itself; in a Compose
/// file it is written twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthTest(Vec<String>);

impl HealthTest {
    /// A test of these words; `None` if they are none.
    #[must_use]
    pub fn new(words: Vec<String>) -> Option<Self> {
        let is_sound = match words.first().map(String::as_str) {
            Some("CMD") => words.len() >= 2,
            Some("CMD-SHELL") => words.len() == 2,
            _ => false,
        };
        let is_filled = words.iter().all(|word| !word.trim().is_empty() && !word.contains('\n'));
        (is_sound && is_filled).then_some(Self(words))
    }

    /// All words, `CMD` or `CMD-SHELL` first.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether a shell of the image runs it.
    #[must_use]
    pub fn needs_shell(&self) -> bool {
        self.0.first().is_some_and(|first| first == "CMD-SHELL")
    }
}

impl<'de> Deserialize<'de> for HealthTest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(HealthTestVisitor)
    }
}

struct HealthTestVisitor;

impl<'de> Visitor<'de> for HealthTestVisitor {
    type Value = HealthTest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[CMD, program, ...] or [CMD-SHELL, text]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<HealthTest, A::Error> {
        let mut words: Vec<String> = Vec::new();
        while let Some(word) = items.next_element()? {
            words.push(word);
        }
        HealthTest::new(words)
            .ok_or_else(|| A::Error::custom("expected [CMD, program, ...] or [CMD-SHELL, text]"))
    }
}

/// What is known of an image's health check.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// A command that exists in the image and tells; `None` if there is none.
    #[serde(default)]
    pub test: Option<HealthTest>,
    /// Whether the image has a health check of its own.
    #[serde(default)]
    pub built_in: bool,
    /// The shortest interval at which the command is no burden, in seconds; `None` if it is cheap.
    #[serde(default)]
    pub interval_seconds: Option<u32>,
    /// How long one try may take, in seconds.
    #[serde(default)]
    pub timeout_seconds: Option<u32>,
    /// Whether it only tells under conditions that no file shows: a login, an option, a path of the
    /// application. Then it is a pattern for a person.
    #[serde(default)]
    pub adapt: bool,
    /// What to mind, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub note: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl Scoped for HealthFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_a_command_or_one_line_of_shell() {
        let read = |text: &str| serde_yaml::from_str::<HealthTest>(text);
        assert!(!read("[CMD, pg_isready, -h, 127.0.0.1]").unwrap().needs_shell());
        assert!(read("[CMD-SHELL, 'redis-cli ping | grep -q PONG']").unwrap().needs_shell());
        for bad in ["[]", "[CMD]", "[CMD-SHELL, a, b]", "[pg_isready]", "[NONE]", "text", "[CMD, '']"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("[CMD-SHELL, text]"), "{bad}: {error}");
        }
    }
}
