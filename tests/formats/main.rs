//! The formats for other tools, each against its own schema or its own rules, by the real binary.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]
#![allow(dead_code, reason = "a helper that other tests share")]

#[path = "../cli/project.rs"]
mod project;

mod gate;
mod github;
mod gitlab;
mod markdown;
mod own_schema;
mod samples;
mod sarif;
