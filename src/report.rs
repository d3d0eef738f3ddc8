//! Floor 6: data in, text out. Pure: nothing here prints, and colour is only marked, never decided.

pub mod diff;
pub mod explain;
mod hunks;
pub mod json;
mod style;
pub mod text;
