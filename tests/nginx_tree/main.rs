//! The nginx reader, editor, diff and model against the shared traps, real files and random damage.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod edits;
mod hostile;
mod invariants;
mod mutants;
mod real_files;
mod traps;
