//! Floor 1: lossless trees of each format, and what can be done to them.
//!
//! A reader turns text into a tree whose text is the source, byte for byte. A [`Change`] says what shall
//! become of one node, at a [`Route`]; the editor of each format lowers it to a
//! [`TextEdit`](crate::text::TextEdit), and the tree diff says afterwards whether just that happened.

mod change;
pub mod dockerfile;
mod language;
pub mod nginx;
mod renumber;
mod route;
mod value;
pub mod yaml;

pub use change::Change;
pub use language::{Language, RewriteError};
pub use renumber::{Renumbering, in_order, shift_route};
pub use route::{Route, RouteError, Segment};
pub use value::Value;
