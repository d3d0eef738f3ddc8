//! Floor 4: which rules run, in which order, with which options; and the project's own settings.
//!
//! Everything a user writes here is checked where it is written: errors carry file, line and column.

mod definition;
mod note;
mod project_file;
mod reader;
mod shared;

pub use definition::{BUILTIN, Profile, ProfileRule, Source, load};
pub use note::{ExceptionNote, note_exceptions};
pub use project_file::{ExceptionEntry, MirrorEntry, ProjectFile};
pub use reader::{ConfigError, place_of, without_place};
pub use shared::{SharedProfile, is_shared};
