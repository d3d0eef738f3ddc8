//! Floor 6: data in, text out. Pure: nothing here prints, and colour is only marked, never decided.

mod context;
pub mod diff;
pub mod explain;
mod hunks;
pub mod json;
mod plain;
pub mod secrets;
mod style;
pub mod text;

pub use plain::{visible, visible_lines};
