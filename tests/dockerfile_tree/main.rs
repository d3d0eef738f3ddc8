//! The Dockerfile reader, editor and diff against BuildKit's recorded verdicts, real files and random damage.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod edits;
mod hostile;
mod invariants;
mod mutants;
mod real_files;
mod traps;
