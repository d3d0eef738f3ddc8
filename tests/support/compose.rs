//! The real Compose v2 as the judge: what it accepts, and what it makes of a project.

use super::needed;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The whole environment of a call, so that an answer depends on the project alone. There is no `PATH`, which
/// also keeps Compose from starting other programs.
///
/// The last two are the Go runtime's: a call lives for some 20 ms, so collecting garbage and waking a thread for
/// each processor only costs. Over many files, two at a time, they save a quarter of the time.
pub const ENVIRONMENT: [(&str, &str); 5] = [
    ("HOME", "/nonexistent"),
    // An `include` from a git host or a registry is refused at once, where it would wait for a network.
    ("COMPOSE_EXPERIMENTAL_GIT_REMOTE", "false"),
    ("COMPOSE_EXPERIMENTAL_OCI_REMOTE", "false"),
    ("GOGC", "off"),
    ("GOMAXPROCS", "1"),
];

/// A Compose v2 binary.
#[derive(Clone, Debug)]
pub struct Compose {
    binary: PathBuf,
}

impl Compose {
    /// The binary that `HARDTACK_COMPOSE` names; `None` when the test is to be skipped.
    ///
    /// # Panics
    /// When the variable is unset and `CI` is set, or when it names no file.
    pub fn find() -> Option<Self> {
        let binary = needed("HARDTACK_COMPOSE")?;
        assert!(binary.is_file(), "HARDTACK_COMPOSE names no file: {}", binary.display());
        // A relative path would be looked up in the folder of the project.
        let binary = binary.canonicalize().expect("a file that was just seen has a path");
        Some(Self { binary })
    }

    /// The resolved project that `files` (in this order, relative to `folder`) make together, with every
    /// profile and every unused resource, as `config --format json` prints it. No file means those that
    /// Compose finds by itself.
    ///
    /// # Errors
    /// Compose's own message, when it refuses the project.
    pub fn resolve<F: AsRef<OsStr>>(&self, name: &str, folder: &Path, files: &[F]) -> Result<Value, String> {
        let json = self.config(name, folder, files, &["--format", "json"])?;
        serde_json::from_slice(&json).map_err(|error| format!("Compose printed no JSON: {error}"))
    }

    /// Whether Compose accepts the project that `files` make, as in [`Self::resolve`], with no output to read.
    ///
    /// # Errors
    /// Compose's own message, when it refuses the project.
    pub fn accept<F: AsRef<OsStr>>(&self, name: &str, folder: &Path, files: &[F]) -> Result<(), String> {
        self.config(name, folder, files, &["--quiet"]).map(drop)
    }

    /// The output of a call as a person writes it, `-p trap -f web.yaml config`, with more variables.
    ///
    /// # Errors
    /// Compose's own message, when it refuses the project.
    pub fn call(
        &self,
        folder: &Path,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<Vec<u8>, String> {
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(ENVIRONMENT).envs(variables.iter().copied());
        command.current_dir(folder).stdin(Stdio::null()).args(arguments);
        self.output(command)
    }

    /// Runs `config` with `options` and returns what it wrote to stdout.
    fn config<F: AsRef<OsStr>>(
        &self,
        name: &str,
        folder: &Path,
        files: &[F],
        options: &[&str],
    ) -> Result<Vec<u8>, String> {
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(ENVIRONMENT).current_dir(folder).stdin(Stdio::null());
        command.args(["--project-name", name, "--all-resources", "--profile", "*"]);
        for file in files {
            command.arg("--file").arg(file);
        }
        command.arg("config").args(options);
        self.output(command)
    }

    fn output(&self, mut command: Command) -> Result<Vec<u8>, String> {
        let output =
            command.output().map_err(|error| format!("{} did not start: {error}", self.binary.display()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(if message.is_empty() { output.status.to_string() } else { message })
    }
}
