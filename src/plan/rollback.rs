//! The rollback record, and undoing: all of a run, or some of its steps, with later edits kept.

mod merge;
mod proof;
mod record;
mod undo;

pub use merge::Clash;
pub use record::{RecordError, RecordedFile, RollbackRecord};
pub use undo::{Undo, UndoError, UndoneFile, closure, undo};
