//! What several integration tests need: the real Compose as the judge, and the shared example projects.
//!
//! Both are named by environment variables, which `scripts/test` sets. A test that lacks one returns early
//! through `let Some(…) = … else { return }`: that counts as skipped on a person's machine, and is a failure
//! where the variable `CI` is set, so that no law can fall silent in the one place that must check it.

#![allow(dead_code, reason = "compiled anew into each test program, and each uses only its part")]

pub mod buildkit;
pub mod compose;
pub mod compose_strategy;
pub mod corpus_files;
pub mod law_checks;
pub mod metamorphosis;
pub mod model_difference;
pub mod planning;
pub mod project_copy;
pub mod second_view;
pub mod undo_checks;

use std::io::Write;
use std::path::PathBuf;

/// The folder of shared example projects, `HARDTACK_SHARED`; `None` when the test is to be skipped.
///
/// # Panics
/// When the variable is unset and `CI` is set, or when it names no folder.
pub fn shared() -> Option<PathBuf> {
    needed("HARDTACK_SHARED").inspect(|path| assert!(path.is_dir(), "{} is no folder", path.display()))
}

/// The folder of the programs of all-repos, `HARDTACK_ALL_REPOS`; `None` when the test is to be skipped.
///
/// # Panics
/// When the variable is unset and `CI` is set, or when it names no folder.
pub fn all_repos() -> Option<PathBuf> {
    needed("HARDTACK_ALL_REPOS").inspect(|path| assert!(path.is_dir(), "{} is no folder", path.display()))
}

/// The path in the environment variable `variable`; `None`, with a line on stderr, when it is unset.
fn needed(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!in_ci, "{variable} is unset, and CI must not skip a test");
    // Not `eprintln!`: the test harness keeps what that prints to itself when a test passes.
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {variable} is unset (scripts/test sets it)");
    None
}
