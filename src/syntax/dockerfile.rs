//! Dockerfiles: a lossless tree with BuildKit's grammar and exact byte spans, its editor and its diff.
//!
//! What is an instruction, a flag, a heredoc or a JSON form follows BuildKit's own parser and instruction
//! stage (`frontend/dockerfile/parser`, `shell` and `instructions`, read in the source of August 2026). What
//! either of them refuses is refused here, but for the names and values of flags: those grow with every
//! release of the frontend, and a newer flag is no reason to leave a file alone.

mod argument;
mod check;
mod command;
mod diff;
mod directive;
mod edit;
mod error;
mod flag;
mod heredoc;
mod json;
mod keyword;
mod limits;
mod lines;
mod logical;
mod parse;
mod place;
mod rewrite;
mod script;
mod shell;
mod tree;
mod words;

pub use argument::{Arguments, Pair};
pub use command::Command;
pub use diff::{Mismatch, verify};
pub use directive::{Directive, DirectiveName, Escape};
pub use edit::{LowerError, lower};
pub use error::{ReadError, ReadErrorKind};
pub use flag::{Flag, MountField};
pub use heredoc::Heredoc;
pub use keyword::Keyword;
pub use limits::Limits;
pub use parse::{decode, parse};
pub use place::{Notation, Place};
pub use rewrite::{RewriteError, rewrite};
pub use script::{Joint, Script, ScriptCommand, literal, substitutions};
pub use shell::{Expanded, ShellError, expand};
pub use tree::{Dockerfile, Instruction, StageRange, Word};
