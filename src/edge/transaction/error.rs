//! Why a set of writes did not happen.

use super::super::safe_path::PathError;
use std::io;

/// Why a set of writes did not happen, or could not be finished or undone.
///
/// Unless it is [`Interrupted`](Self::Interrupted) or [`Stuck`](Self::Stuck), every file is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The project's folder cannot be found.
    #[error("the project folder `{folder}` cannot be opened: {source}")]
    NoRoot {
        /// The folder as given.
        folder: String,
        /// The system's message.
        source: io::Error,
    },
    /// A path is not one that may be written.
    #[error("`{path}` is not written: {why}")]
    Path {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        why: PathError,
    },
    /// Two writes are about one file.
    #[error("two writes are about one file, `{0}`")]
    Twice(String),
    /// A write that deletes goes through a symbolic link.
    #[error("`{0}` is a symbolic link and is not deleted: its target would go and the link would stay")]
    DeleteThroughLink(String),
    /// A file is not as the plan saw it.
    #[error("`{path}` {}; nothing was written: make a new plan", .change.words())]
    Stale {
        /// The file.
        path: String,
        /// What became of it.
        change: Staleness,
    },
    /// Another process is writing to the project.
    #[error("another process is writing to this project ({holder}); wait for it and run again")]
    Locked {
        /// Who holds the lock, as far as is known.
        holder: String,
    },
    /// A folder does not let a file be made in it.
    #[error(
        "the folder `{folder}` is not writable ({source}); nothing was written: \
         make it writable for this user, or run as the user who owns it"
    )]
    FolderNotWritable {
        /// The folder, from the root; `.` for the root itself.
        folder: String,
        /// The system's message.
        source: io::Error,
    },
    /// The system refused a step.
    #[error("cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With which file.
        path: String,
        /// The system's message.
        source: io::Error,
    },
    /// `.hardtack` or something in it is not what Hardtack makes there.
    #[error("`{path}` {why}; look at it, and remove it if it is not yours")]
    Foreign {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Writing failed half-way and so did going back. The journal is there, so the next command finishes it.
    #[error(
        "{cause}; some files are written and others are not: remove the cause and run any \
         hardtack command here, which finishes the writing (or the way back)"
    )]
    Interrupted {
        /// What failed.
        cause: Box<TransactionError>,
    },
    /// A file that an interrupted run was to write is neither as before nor as after: somebody edited it.
    #[error(
        "an earlier run was interrupted, and `{path}` is neither as it was before nor as it was to be: \
         {why}. Nothing was touched. Restore that file, from version control or from the record in \
         `.hardtack/rollback`, and run again; or remove `.hardtack/journal.json` to keep all files as they are"
    )]
    Stuck {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// How a file differs from what the plan saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// Its content is another.
    Edited,
    /// It was not there and now is.
    Appeared,
    /// It was there and no longer is.
    Vanished,
}

impl Staleness {
    fn words(self) -> &'static str {
        match self {
            Self::Edited => "has changed since it was read",
            Self::Appeared => "has appeared since the plan was made",
            Self::Vanished => "is gone since it was read",
        }
    }
}

/// Says what was tried with which file, for `map_err`.
pub(super) fn io_error(doing: &'static str, path: &str) -> impl FnOnce(io::Error) -> TransactionError {
    move |source| TransactionError::Io { doing, path: path.to_owned(), source }
}

/// As [`io_error`], and says so plainly when the folder is what refuses.
pub(super) fn folder_error(
    doing: &'static str,
    path: &str,
    folder: &str,
) -> impl FnOnce(io::Error) -> TransactionError {
    move |source| match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            let folder = if folder.is_empty() { "." } else { folder };
            TransactionError::FolderNotWritable { folder: folder.to_owned(), source }
        }
        _ => TransactionError::Io { doing, path: path.to_owned(), source },
    }
}
