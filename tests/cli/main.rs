//! The program as a person meets it: the real binary, run in folders of its own with an empty environment.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod apply;
mod bad_input;
mod determinism;
mod exit_codes;
mod golden;
mod guides;
mod moved_secrets;
mod narrowing;
mod notices;
mod paths;
mod port_values;
mod profiles;
mod project;
mod report;
mod rollback;
mod rollback_refusals;
mod saved_plans;
mod secrets;
mod settings;
mod sources;
mod suppressions;
mod tampered_plans;
mod terminal;
mod wrong_shapes;
