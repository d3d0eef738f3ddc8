//! How an image starts and stops.

use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{one_line, optional_line};
use serde::{Deserialize, Serialize};

/// What an image's entry point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryPoint {
    /// A script that prepares data as root and then becomes another user.
    StepDown,
    /// The program itself, or a script that only hands over to it, as the user that the image names.
    Program,
    /// A root process that starts others as other users and stays: a web server's master, s6.
    Supervisor,
    /// A shell or an interpreter: what runs is for the deployment to say.
    Shell,
}

/// How an image starts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// What the entry point is.
    pub entrypoint: EntryPoint,
    /// What it becomes another user with, such as `gosu`.
    #[serde(default, deserialize_with = "optional_line")]
    pub via: Option<String>,
    /// The first words of a `command` with which it starts as the image intends; an option (`-c`) counts as
    /// one of them. Empty if any command does.
    #[serde(default)]
    pub programs: Vec<String>,
    /// More names of its own programs, those that the facts about what it writes are about: where any command does, or
    /// where it is started by another name, besides its entry script.
    #[serde(default)]
    pub names: Vec<String>,
    /// Whether paths among the arguments of a `command` are folders where it keeps its data.
    #[serde(default)]
    pub arguments_are_data: bool,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl StartFact {
    /// Whether the image starts as it intends with a `command` that begins with `word`.
    #[must_use]
    pub fn runs(&self, word: &str) -> bool {
        let name = word.rsplit('/').next().unwrap_or(word);
        self.programs.is_empty() || word.starts_with('-') || self.programs.iter().any(|own| own == name)
    }
}

impl StartFact {
    /// Whether a program of this name is the image's own, be it started by a shell.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        self.programs.iter().chain(&self.names).any(|own| own == name)
    }
}

impl Scoped for StartFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

/// How an image stops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// The signal that the image's configuration asks for, such as `SIGINT`; `None` if it asks for none.
    #[serde(default, deserialize_with = "optional_line")]
    pub signal: Option<String>,
    /// How many seconds it may take to stop without harm to its data; `None` if ten suffice.
    #[serde(default)]
    pub grace_seconds: Option<u32>,
    /// What follows from that, in one line.
    #[serde(deserialize_with = "one_line")]
    pub note: String,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl Scoped for StopFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_runs_the_server_by_its_name_its_path_or_by_an_option() {
        let text = "{entrypoint: step-down, programs: [postgres], source: script, confidence: documented}";
        let fact: StartFact = serde_yaml::from_str(text).unwrap();
        assert!(fact.runs("postgres") && fact.runs("-c") && fact.runs("/usr/local/bin/postgres"));
        assert!(!fact.runs("sh") && !fact.runs("") && !fact.runs("postgresql"));
    }
}
