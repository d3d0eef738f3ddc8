//! nginx configuration: a lossless tree with the server's own tokens and exact byte spans, its editor and
//! its diff.
//!
//! What is a word, a quote, a comment or a block follows the server's tokenizer (`ngx_conf_read_token` and
//! `ngx_conf_parse` in `src/core/ngx_conf_file.c`, nginx 1.22 to 1.29). Names of directives are an open set and
//! are never validated. The body of a `*_by_lua_block` ends by Lua's rules, as OpenResty reads it.

mod diff;
mod edit;
mod error;
mod lexer;
mod limits;
mod lua;
mod parse;
mod place;
mod rewrite;
mod tree;
mod word;

pub use diff::{Mismatch, verify};
pub use edit::{LowerError, lower};
pub use error::{ReadError, ReadErrorKind};
pub use limits::Limits;
pub use parse::{decode, parse};
pub use place::Place;
pub use rewrite::{RewriteError, rewrite};
pub use tree::{Block, BlockKind, Body, Directive, Nginx};
pub use word::{Quote, Word};
