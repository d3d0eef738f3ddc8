//! `.hardtack/`: the folder of Hardtack's own state in a project, and the lock in it.

use super::durable::{replace, sync_folder};
use super::error::{TransactionError, folder_error, io_error};
use crate::edge::rollback_store::ROLLBACK_FOLDER;
use crate::edge::safe_path::{self, OWN_FOLDER, TEMP_PREFIX};
pub(super) use crate::model::compose::file_set::folder_of;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = ".hardtack/lock";
const IGNORE: &str = ".hardtack/.gitignore";

/// A project whose state folder is used.
pub(super) struct Home {
    /// The project's root, canonical.
    root: PathBuf,
}

/// The right to write to a project. It ends with the value, and with the process however that ends.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing is not enough: a child process that another thread is just starting holds the same open file
    /// until it has become its own program, and with it the lock.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Home {
    /// The project at `root`. Nothing is made.
    pub(super) fn open(root: &Path) -> Result<Self, TransactionError> {
        let canonical = fs::canonicalize(root)
            .map_err(|source| TransactionError::NoRoot { folder: root.display().to_string(), source })?;
        Ok(Self { root: canonical })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The place of a path that has been judged before.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Whether the state folder is there.
    ///
    /// # Errors
    /// [`TransactionError::Foreign`] when something else has its name. A link is not followed: it would let a
    /// repository decide where on this machine Hardtack keeps files.
    pub(super) fn exists(&self, folder: &str) -> Result<bool, TransactionError> {
        match fs::symlink_metadata(self.at(folder)) {
            Ok(metadata) if metadata.is_dir() => Ok(true),
            Ok(_) => Err(foreign(folder, "is not a folder")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io_error("look at", folder)(error)),
        }
    }

    /// Makes the state folder where it is missing: for its owner alone, and hidden from Git, because rollback
    /// records hold the texts of files.
    pub(super) fn ensure(&self) -> Result<(), TransactionError> {
        self.ensure_folder(OWN_FOLDER, "")
    }

    /// Takes the lock without waiting.
    pub(super) fn lock(&self) -> Result<Lock, TransactionError> {
        let path = self.at(LOCK);
        if path.is_symlink() {
            return Err(foreign(LOCK, "is a symbolic link"));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(folder_error("open", LOCK, OWN_FOLDER))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TransactionError::Locked { holder: holder(file) }),
            Err(TryLockError::Error(error)) => return Err(io_error("lock", LOCK)(error)),
        }
        // The text only tells others who writes: that it could not be written is no reason to stop.
        let text = format!("process {} since {}\n", std::process::id(), crate::edge::now());
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(Lock { file })
    }

    /// Makes the rest of the state folder. Called under the lock, so that no two do it at once.
    pub(super) fn furnish(&self) -> Result<(), TransactionError> {
        if !self.at(IGNORE).exists() {
            let temp = self.at(&format!("{OWN_FOLDER}/{TEMP_PREFIX}gitignore"));
            replace(&self.at(IGNORE), &temp, b"*\n").map_err(folder_error("write", IGNORE, OWN_FOLDER))?;
        }
        self.ensure_folder(ROLLBACK_FOLDER, OWN_FOLDER)
    }

    fn ensure_folder(&self, folder: &str, parent: &str) -> Result<(), TransactionError> {
        if self.exists(folder)? {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.recursive(false).create(self.at(folder)) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.exists(folder)? => Ok(()),
            Err(error) => Err(folder_error("make", folder, parent)(error)),
            Ok(()) => sync_folder(&self.at(parent)).map_err(io_error("sync", parent)),
        }
    }

    /// Removes temporary files from a folder: those whose name goes on with `rest` after the common prefix.
    ///
    /// `folder` is a path from the root, empty for the root. A folder that is gone, or that a link stands in
    /// for, holds nothing of ours.
    pub(super) fn sweep(&self, folder: &str, rest: &str) -> Result<(), TransactionError> {
        let start = format!("{TEMP_PREFIX}{rest}");
        let inside = join(folder, "x");
        if safe_path::resolved_again(&self.root, &inside).is_err() {
            return Ok(());
        }
        let Ok(entries) = fs::read_dir(self.at(folder)) else { return Ok(()) };
        let mut removed = false;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let Some(name) = name.to_str().filter(|name| is_file && name.starts_with(&start)) else {
                continue;
            };
            fs::remove_file(entry.path()).map_err(io_error("remove", &join(folder, name)))?;
            removed = true;
        }
        // Before the journal goes, so that no loss of power brings a temporary file back without it.
        if removed { sync_folder(&self.at(folder)).map_err(io_error("sync", folder)) } else { Ok(()) }
    }
}

/// The path of `name` in `folder`, both from the root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn foreign(path: &str, why: &str) -> TransactionError {
    TransactionError::Foreign { path: path.to_owned(), why: why.to_owned() }
}

/// Who holds the lock, in the words that the holder left; they come from a file, so they are kept short and
/// printable.
fn holder(file: File) -> String {
    let mut text = String::new();
    let read = file.take(200).read_to_string(&mut text);
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    if read.is_err() || text.is_empty() { "unknown process".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_ends_with_its_value_even_if_a_child_still_holds_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        home.ensure().unwrap();
        let lock = home.lock().unwrap();
        let inherited = lock.file.try_clone().unwrap();
        assert!(matches!(home.lock(), Err(TransactionError::Locked { .. })));
        drop(lock);
        assert!(home.lock().is_ok());
        drop(inherited);
    }
}
