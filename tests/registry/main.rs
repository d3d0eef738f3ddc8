//! Digests from registries: from real ones, and from one that misbehaves in every way that we know of.

#![allow(clippy::unwrap_used, reason = "the whole crate is a test")]

#[path = "../support/mod.rs"]
mod support;

mod command;
mod configurations;
mod customs;
mod environment;
mod fault_server;
mod faults;
mod mirrors;
mod odd_answers;
mod odd_server;
mod push;
mod real;
mod real_server;
mod refresh;
mod speed;
mod speed_server;
mod unknown_images;
