//! How the program ends. One scheme for all commands; a code never changes its meaning.

use std::fmt;
use std::process::{ExitCode, Termination};

/// The exit codes, as `--help` and the manual give them.
pub(super) const HELP: &str = "\
Exit codes:
  0   done, or nothing to do
  1   findings or pending changes (check, and wherever --exit-code is given)
  2   usage or configuration is wrong
  3   some input could not be read or was refused as a whole
  4   the plan is stale, a rollback met a later edit, or a pull request is somebody's
  5   a registry or a forge that had to be asked gave no answer, or refused
  70  a bug of hardtack itself";

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Findings or pending changes.
    Findings = 1,
    /// Usage or configuration is wrong.
    Usage = 2,
    /// Some input could not be read or was refused as a whole.
    Input = 3,
    /// The plan is stale, a rollback met a later edit, or a pull request was refused since people decided otherwise.
    Conflict = 4,
    /// Network or forge.
    Network = 5,
    /// A bug of the program itself.
    Bug = 70,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// A command that could not do what it was asked to, for one reason or several.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    errors: Vec<anyhow::Error>,
}

impl Failure {
    /// Says what happened and gives the code.
    pub(super) fn report(self) -> Exit {
        self.errors.iter().for_each(|error| super::output::error(&format!("{error:#}")));
        self.exit
    }

    /// The same with other words.
    pub(super) fn told(self, change: &dyn Fn(String) -> String) -> Self {
        let errors = self.errors.iter().map(|error| anyhow::anyhow!(change(format!("{error:#}"))));
        Self { exit: self.exit, errors: errors.collect() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<String> = self.errors.iter().map(|error| format!("{error:#}")).collect();
        f.write_str(&errors.join("; "))
    }
}

/// Gives an error the code with which the program ends.
pub(super) trait OrExit<T> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure { exit, errors: vec![error.into()] })
    }
}

/// A failure from a sentence.
pub(super) fn failure(exit: Exit, message: impl Into<String>) -> Failure {
    failures(exit, [message.into()])
}

/// A failure from several sentences, each an error of its own.
pub(super) fn failures(exit: Exit, messages: impl IntoIterator<Item = String>) -> Failure {
    Failure { exit, errors: messages.into_iter().map(|message| anyhow::anyhow!(message)).collect() }
}
