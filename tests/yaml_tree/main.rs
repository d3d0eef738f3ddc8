//! The YAML tree against real files, mutants and hostile input.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the whole crate is a test")]

mod corpus;
mod hostile;
mod invariants;
mod mutants;
mod oracle;
