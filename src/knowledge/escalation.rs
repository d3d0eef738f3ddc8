//! What runs with `privileged: true` and needs programs to gain privileges, or starts others that may.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("escalation.yaml");

/// A kind of program that gains privileges by design.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// Whole words of names, in small letters.
    words: Vec<String>,
    /// Folders of the container that only such a program mounts something at.
    #[serde(default)]
    folders: Vec<String>,
    /// What fails without, as a sentence goes on.
    #[serde(deserialize_with = "one_line")]
    pub why: String,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

impl Escalation {
    /// The kind that one of these names belongs to: of an image, of a folder, of a service.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        Self::all().iter().find(|kind| kind.words.iter().any(|word| words.contains(&word.as_str())))
    }

    /// The kind that mounts something at this path.
    #[must_use]
    pub fn mounting(path: &str) -> Option<&'static Self> {
        let path = path.trim_end_matches('/');
        Self::all().iter().find(|kind| kind.folders.iter().any(|folder| folder == path))
    }

    fn all() -> &'static [Self] {
        static KNOWN: LazyLock<Vec<Escalation>> = LazyLock::new(|| embedded("escalation.yaml", FILE));
        &KNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_count() {
        for name in [
            "docker.io/library/docker",
            "rancher/k3s",
            "kindest/kind",
            "gitlab/gitlab-runner",
            "debezium/db2-cdc",
        ] {
            assert!(Escalation::named(name).is_some(), "{name}");
        }
        for name in ["kindly/app", "mydb2x", "homeassistant/home-assistant", "docker-compose"] {
            assert_eq!(Escalation::named(name).is_some(), name == "docker-compose", "{name}");
        }
        assert!(Escalation::mounting("/var/lib/docker/").is_some());
        assert!(Escalation::mounting("/var/lib/mysql").is_none());
    }
}
