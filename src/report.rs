//! Floor 6: data in, text out. Pure: nothing here prints, and colour is only marked, never decided.

pub mod audit;
mod context;
pub mod diff;
pub mod explain;
mod fixes;
pub mod gate;
pub mod github;
pub mod gitlab;
mod hunks;
mod issue;
pub mod json;
pub mod markdown;
mod plain;
pub mod pull_request;
pub mod refresh;
pub mod sarif;
pub use crate::knowledge::mask as secrets;
pub mod starter;
mod style;
pub mod text;
mod uri;

pub use issue::Matter;
pub use plain::{visible, visible_lines};
