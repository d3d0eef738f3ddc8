//! `hardtack pr` from end to end: the real binary, the real git over HTTP (`git http-backend`), and a forge that keeps
//! state. Every request to the part that is GitHub, and every answer of it, is held to GitHub's own description.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../registry/fault_server.rs"]
#[allow(dead_code, reason = "the tests of registries use the rest")]
mod fault_server;
#[path = "../registry/push.rs"]
#[allow(dead_code, reason = "the tests of registries use the rest")]
mod push;
#[path = "../registry/real_server.rs"]
#[allow(dead_code, reason = "the tests of registries use the rest")]
mod real_server;

mod all_repos;
mod contract;
mod flow;
mod forge;
mod git_server;
mod gitea;
mod github;
mod gitlab;
mod http;
mod many_repositories;
mod new_user;
mod odd_clones;
mod other_forges;
mod parts;
mod people;
mod refresh;
mod scene;
mod secrets;
mod shared_profiles;
mod walls;
