//! Floor 0: bytes, ranges, lines and edits. Knows no format.

mod edit;
mod line_index;
mod range;

pub use edit::{Edit, EditError, TextEdit};
pub use line_index::{LineColumn, LineIndex};
pub use range::TextRange;
