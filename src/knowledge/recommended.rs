//! Packages that come only because others recommend them, and what relies on them.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the package index that says so.
const FILE: &str = include_str!("recommended_packages.yaml");

/// One package that others recommend.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecommendedPackage {
    /// Its name.
    pub package: String,
    /// The packages that recommend it, or depend on one that does.
    brought_by: Vec<String>,
    /// Packages that bring it for sure, or do the same.
    #[serde(default)]
    instead: Vec<String>,
    /// Words of commands that rely on it, one behind the other.
    #[serde(default)]
    used_by: Vec<String>,
    /// What stands in commands that rely on it.
    #[serde(default)]
    texts: Vec<String>,
    /// What stands in a command that does without it.
    #[serde(default)]
    unless: Vec<String>,
    /// What goes wrong without it, as a sentence goes on.
    #[serde(deserialize_with = "one_line")]
    pub without: String,
    /// What is done where it is relied on.
    pub then: Reliance,
    /// The package index that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

/// What is done about a recommended package that something relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reliance {
    /// It is named beside what brought it.
    Name,
    /// A person says whether it is needed: it is large, and often it is not.
    Ask,
}

impl RecommendedPackage {
    /// All of them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static KNOWN: LazyLock<Vec<RecommendedPackage>> =
            LazyLock::new(|| embedded("recommended_packages.yaml", FILE));
        &KNOWN
    }

    /// Whether a package brings it by recommendation only.
    #[must_use]
    pub fn is_brought_by(&self, package: &str) -> bool {
        self.brought_by.iter().any(|known| is_same(known, package))
    }

    /// Whether a package is it, brings it for sure or does the same.
    #[must_use]
    pub fn is_given_by(&self, package: &str) -> bool {
        [&self.package].into_iter().chain(&self.instead).any(|known| is_same(known, package))
    }

    /// Whether it is relied on by what no command shows, such as the program of the image.
    #[must_use]
    pub fn is_used_unseen(&self) -> bool {
        self.used_by.is_empty() && self.texts.is_empty()
    }

    /// Whether a text of the shell relies on it.
    #[must_use]
    pub fn is_used_by(&self, text: &str) -> bool {
        if self.unless.iter().any(|word| text.contains(word.as_str())) {
            return false;
        }
        let is_end = |c: char| c.is_whitespace() || ";&|()<>\"'`,[]".contains(c);
        let words = text.split(is_end).filter(|word| !word.is_empty() && !word.starts_with('-'));
        let words: Vec<&str> = words
            .filter(|word| !word.contains("://"))
            .map(|word| word.rsplit('/').next().unwrap_or(word))
            .collect();
        let is_said = |phrase: &String| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            words.windows(phrase.len()).any(|window| window == phrase)
        };
        self.used_by.iter().any(is_said) || self.texts.iter().any(|part| text.contains(part.as_str()))
    }
}

/// Whether a package is the known one, perhaps with a version in its name (`gcc-12`, `libstdc++-12-dev`).
fn is_same(known: &str, package: &str) -> bool {
    let is_version = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    known == package || package.split('-').filter(|part| !is_version(part)).eq(known.split('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(package: &str) -> &'static RecommendedPackage {
        RecommendedPackage::all().iter().find(|known| known.package == package).unwrap()
    }

    #[test]
    fn nothing_brings_itself_and_every_fact_has_a_source() {
        for known in RecommendedPackage::all() {
            assert!(known.source.contains("Debian") && !known.brought_by.is_empty(), "{known:?}");
            assert!(!known.brought_by.iter().any(|by| known.is_given_by(by)), "{known:?}");
            assert!(known.is_used_unseen() || known.unless.iter().all(|word| !known.is_used_by(word)));
        }
    }

    #[test]
    fn a_package_is_known_with_a_version_in_its_name() {
        assert!(known("libc6-dev").is_brought_by("gcc-12"));
        assert!(known("libc6-dev").is_given_by("libstdc++-12-dev"));
        assert!(!known("libc6-dev").is_brought_by("gcc-12-base"));
        assert!(known("ca-certificates").is_brought_by("curl"));
        assert!(!known("ca-certificates").is_brought_by("libpq5"));
    }

    #[test]
    fn commands_are_known_by_their_words() {
        let pip = known("python3-dev");
        for text in
            ["pip3 --no-cache-dir install -r x", "a && python3 -m pip install b", "\"pip\", \"install\""]
        {
            assert!(pip.is_used_by(text), "{text}");
        }
        for text in ["pip3 list", "pip install --only-binary :all: x", "curl https://a/pip install"] {
            assert!(!pip.is_used_by(text), "{text}");
        }
        let ssh = known("openssh-client");
        assert!(ssh.is_used_by("git clone git@example.org:a/b") && ssh.is_used_by("/usr/bin/ssh-keyscan x"));
        assert!(!ssh.is_used_by("git clone https://example.org/a"));
        assert!(known("ca-certificates").is_used_unseen());
    }
}
