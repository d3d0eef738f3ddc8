//! Hardtack hardens `docker-compose` files, Dockerfiles and the nginx configuration beside them.
//!
//! What a fix does not mean to change stays identical, byte for byte; what it does change is declared,
//! proved and reversible on its own. The house is built in floors, each of which may use only those below:
//!
//! | floor | module | what it knows |
//! |---|---|---|
//! | 0 | [`text`] | bytes, ranges, lines, edits and their inverses |
//! | 1 | [`syntax`] | lossless trees, changes at routes, the tree diff |
//! | 2 | [`model`], [`knowledge`] | what Compose makes of the files; facts about images |
//! | 3 | [`rule`] | findings, effects, fixes, refusals, evidence |
//! | 4 | [`rules`], [`profile`] | one file for each rule; which rules, in which order |
//! | 5 | [`plan`] | check, place, apply in memory, prove, invert: pure |
//! | 6 | [`report`] | data in, text out: pure |
//! | 7 | [`edge`] | disk, clock, terminal: all the I/O there is |
//! | 8 | [`cli`] | one file for each command |
//!
//! Nothing below `edge` touches a file, a socket, a clock or a process; `tests/architecture.rs` says so.

pub mod cli;
pub mod edge;
pub mod knowledge;
pub mod model;
pub mod plan;
pub mod profile;
pub mod report;
pub mod rule;
pub mod rules;
pub mod syntax;
pub mod text;
