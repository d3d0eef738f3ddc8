//! Floor 4: which rules run, in which order, with which options; and the project's own settings.
//!
//! Everything a user writes here is checked where it is written: errors carry file, line and column.

mod definition;
mod project_file;
mod reader;

pub use definition::{BUILTIN, Profile, ProfileRule, Source, load};
pub use project_file::{ExceptionEntry, ProjectFile, exception_text};
pub use reader::ConfigError;
