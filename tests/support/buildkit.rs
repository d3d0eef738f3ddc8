//! BuildKit's own parser as the judge of Dockerfiles: what it refuses, and which instructions it sees.
//!
//! It speaks through tally, a linter that is built on it. tally has no command that prints the instructions, but a
//! rule about blank lines between them: asked to want one everywhere, and then nowhere, it names each pair of
//! neighbours once, with the line of the second.

use super::needed;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The rule, in the words of tally.
const RULE: &str = "tally/newline-between-instructions";

/// A tally binary.
#[derive(Clone, Debug)]
pub struct BuildKit {
    binary: PathBuf,
}

/// An instruction: its line, from 1, and its keyword in upper case.
pub type Seen = (usize, String);

impl BuildKit {
    /// The binary that `HARDTACK_BUILDKIT_PARSER` names; `None` when the test is to be skipped.
    ///
    /// # Panics
    /// When the variable is unset and `CI` is set, or when it names no file.
    pub fn find() -> Option<Self> {
        let binary = needed("HARDTACK_BUILDKIT_PARSER")?;
        assert!(binary.is_file(), "HARDTACK_BUILDKIT_PARSER names no file: {}", binary.display());
        Some(Self { binary: binary.canonicalize().expect("a file that was just seen has a path") })
    }

    /// The instructions of a Dockerfile but the first, in order.
    ///
    /// # Errors
    /// Why BuildKit refuses it.
    pub fn instructions(&self, text: &[u8]) -> Result<Vec<Seen>, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("Dockerfile"), text).expect("a file in a temporary folder");
        let mut seen = self.pairs(folder.path(), "always")?;
        seen.extend(self.pairs(folder.path(), "never")?);
        seen.sort();
        // With an unusual escape character a pair is named twice.
        seen.dedup();
        Ok(seen)
    }

    /// The pairs of neighbours that the rule complains about in this mode, by the second of them.
    fn pairs(&self, folder: &Path, mode: &str) -> Result<Vec<Seen>, String> {
        let settings = format!("[rules.{}]\nmode = \"{mode}\"\n", RULE.replace('/', "."));
        std::fs::write(folder.join("settings.toml"), settings).expect("a file in a temporary folder");
        let mut command = Command::new(&self.binary);
        command.env_clear().env("HOME", folder).env("GOMAXPROCS", "1").env("GOGC", "off");
        command.current_dir(folder).stdin(Stdio::null());
        command.args(["lint", "--config", "settings.toml", "--format", "json", "--slow-checks", "off"]);
        command.args(["--no-inline-directives", "--ignore", "*", "--select", RULE, "--fail-level", "none"]);
        let output = command.arg("Dockerfile").output().expect("tally starts");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        let report: Value = serde_json::from_slice(&output.stdout).expect("tally prints JSON");
        let files = report["files"].as_array().into_iter().flatten();
        let found = files.flat_map(|file| file["violations"].as_array().into_iter().flatten());
        Ok(found.filter(|found| found["rule"] == RULE).map(second).collect())
    }
}

/// The second instruction of a pair, of "expected blank line between FROM and RUN".
fn second(violation: &Value) -> Seen {
    let message = violation["message"].as_str().expect("a violation has a message");
    let keyword = message.rsplit(' ').next().unwrap_or_default().to_uppercase();
    let line = violation["location"]["start"]["line"].as_u64().expect("a violation has a line");
    (usize::try_from(line).expect("a line fits"), keyword)
}
