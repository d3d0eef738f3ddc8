//! YAML: a lossless tree with exact byte spans, its editor and its diff.
//!
//! A parser says what the text means (events); a re-lexer walks the source in step with those events and
//! says where every token stands. If the two disagree anywhere, the file is refused.

mod columns;
mod decode;
mod diff;
mod duplicates;
mod edit;
mod encode;
mod error;
mod event;
mod index;
mod limits;
mod parse;
mod reader;
mod refusal;
mod rewrite;
mod tree;

pub use decode::decode;
pub use diff::{Mismatch, verify};
pub use duplicates::duplicate_keys;
pub use edit::{FileStyle, LowerError, lower, lower_in_style};
pub use encode::{is_plain_string, is_string_in_every_schema};
pub use error::{ReadError, ReadErrorKind};
pub use limits::Limits;
pub use parse::parse;
pub use rewrite::{RewriteError, rewrite, rewrite_in_style};
pub use tree::{Document, Entry, Item, Kind, Mapping, Node, NodeId, Scalar, ScalarStyle, Sequence, Tree};
