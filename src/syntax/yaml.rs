//! YAML: a lossless tree with exact byte spans, its editor and its diff.
//!
//! `yaml-rust2` says what the text means (events); a re-lexer walks the source in step with those events
//! and says where every token stands. If the two disagree anywhere, the file is refused.

mod diff;
mod edit;
mod encode;
mod tree;

pub use diff::{Mismatch, verify};
pub use edit::{LowerError, lower};
pub use encode::{is_plain_string, is_string_in_every_schema};
pub use tree::{Document, Entry, Item, Kind, Mapping, Node, NodeId, Scalar, ScalarStyle, Sequence, Tree};
