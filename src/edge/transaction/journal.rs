//! The journal: what an interrupted transaction was about, so that the next command can end it.

use super::durable::{replace, sync_folder};
use super::error::{TransactionError, folder_error, io_error};
use super::home::{Home, folder_of, join};
use crate::edge::project_root::read_regular;
use crate::edge::rollback_store::{ROLLBACK_FOLDER, parse_file_name};
use crate::edge::safe_path::{self, OWN_FOLDER, TEMP_PREFIX};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;

const JOURNAL: &str = ".hardtack/journal.json";
const FORMAT: u32 = 1;

/// Largest journal that is read, in bytes; one step takes some 300.
const MAX_JOURNAL_BYTES: u64 = 16 * 1024 * 1024;

/// How far a transaction has come. The order of the variants is the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Temporary files are being made; no target was touched. Ends by removing them.
    Prepared,
    /// All temporary files are complete. Ends by putting them in their places.
    Committed,
    /// A target could not be written; the texts before lie ready. Ends by putting those back.
    Reverting,
}

/// One file's part in a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// The file, from the root, every symbolic link followed.
    pub(super) path: String,
    /// Name of the temporary file beside it that holds what it shall be; none when it shall be gone.
    pub(super) temp: Option<String>,
    /// SHA-256 of its content before; none when it was not there.
    pub(super) before: Option<String>,
    /// SHA-256 of its content after; none when it shall be gone.
    pub(super) after: Option<String>,
    /// Whether it is overwritten, because replacing it would break a hard link, a mount or its ownership.
    pub(super) in_place: bool,
    /// Permission bits that it shall have; none for what the system gives new files.
    pub(super) mode: Option<u32>,
}

impl Step {
    pub(super) fn target(&self, home: &Home) -> PathBuf {
        home.at(&self.path)
    }

    /// Path of the temporary file from the root.
    pub(super) fn temp_path(&self) -> Option<String> {
        self.temp.as_ref().map(|temp| join(folder_of(&self.path), temp))
    }

    /// Whether the file is one of Hardtack's own: a rollback record or its patch.
    pub(super) fn is_own(&self) -> bool {
        self.path.starts_with(ROLLBACK_FOLDER)
    }

    fn is_sound(&self, id: &str) -> bool {
        let prefix = temp_prefix(id);
        let temp_is_sound = |temp: &String| temp.starts_with(&prefix) && !temp.contains(['/', '\\', '\0']);
        self.temp.iter().all(temp_is_sound)
            && self.temp.is_some() == self.after.is_some()
            && (safe_path::check(&self.path).is_ok() || is_record(&self.path))
    }
}

/// What every temporary file of the transaction `id` is called at the start.
pub(super) fn temp_prefix(id: &str) -> String {
    format!("{TEMP_PREFIX}{id}-")
}

fn is_record(path: &str) -> bool {
    let name = path.strip_prefix(ROLLBACK_FOLDER).and_then(|rest| rest.strip_prefix('/'));
    let as_json =
        name.map(|name| name.strip_suffix(".patch").map_or(name.to_owned(), |id| format!("{id}.json")));
    as_json.is_some_and(|name| parse_file_name(&name).is_some())
}

/// A transaction under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    format: u32,
    /// Sixteen hexadecimal digits, part of every temporary file's name.
    pub(super) id: String,
    pub(super) state: State,
    /// Folders that the transaction makes, outermost first.
    pub(super) new_folders: Vec<String>,
    /// All folders that may hold temporary files of this transaction.
    pub(super) folders: Vec<String>,
    pub(super) steps: Vec<Step>,
}

impl Journal {
    pub(super) fn new(id: String, new_folders: Vec<String>, steps: Vec<Step>) -> Self {
        let mut folders: Vec<String> = steps.iter().map(|step| folder_of(&step.path).to_owned()).collect();
        folders.sort();
        folders.dedup();
        Self { format: FORMAT, id, state: State::Prepared, new_folders, folders, steps }
    }

    /// The journal of the transaction that was interrupted, if one was.
    ///
    /// # Errors
    /// [`TransactionError::Foreign`] when it is not one that this version writes: it is written in one step,
    /// so an interruption cannot be the reason.
    pub(super) fn read(home: &Home) -> Result<Option<Self>, TransactionError> {
        if !Self::exists(home) {
            return Ok(None);
        }
        let foreign = |why: String| TransactionError::Foreign { path: JOURNAL.to_owned(), why };
        if home.at(JOURNAL).is_symlink() {
            return Err(foreign("is a symbolic link".to_owned()));
        }
        let file = read_regular(&home.at(JOURNAL), MAX_JOURNAL_BYTES)
            .map_err(|problem| foreign(format!("was not read: {problem}")))?;
        let journal: Self = serde_json::from_slice(&file.bytes)
            .map_err(|error| foreign(format!("is no journal of this version of hardtack ({error})")))?;
        if journal.is_sound() {
            Ok(Some(journal))
        } else {
            Err(foreign("holds what hardtack does not write".to_owned()))
        }
    }

    pub(super) fn exists(home: &Home) -> bool {
        home.at(JOURNAL).symlink_metadata().is_ok()
    }

    /// A journal may come with a repository from anywhere: nothing in it may lead out of the project, into
    /// Git's folder, or to a file that is not a temporary file of this very transaction.
    fn is_sound(&self) -> bool {
        let id_is_sound = self.id.len() == 16 && self.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let in_project = |folder: &String| safe_path::check(folder).is_ok();
        let known = |folder: &String| folder.is_empty() || folder == ROLLBACK_FOLDER || in_project(folder);
        self.format == FORMAT
            && id_is_sound
            && self.steps.iter().all(|step| step.is_sound(&self.id))
            && self.new_folders.iter().all(in_project)
            && self.folders.iter().all(known)
    }

    /// Writes the journal, in one step, so that it has reached the disk on return.
    pub(super) fn write(&self, home: &Home) -> Result<(), TransactionError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| TransactionError::Io {
            doing: "write",
            path: JOURNAL.to_owned(),
            source: io::Error::other(error),
        })?;
        let temp = home.at(&format!("{OWN_FOLDER}/{TEMP_PREFIX}journal"));
        // Left by a write that failed; the lock is held, so it is nobody else's.
        let _ = fs::remove_file(&temp);
        replace(&home.at(JOURNAL), &temp, &text).map_err(folder_error("write", JOURNAL, OWN_FOLDER))
    }

    /// Ends the transaction.
    pub(super) fn remove(home: &Home) -> Result<(), TransactionError> {
        match fs::remove_file(home.at(JOURNAL)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", JOURNAL)(error)),
            _ => {
                // If this is lost with the power, the next command finds a journal of which all is done.
                let _ = sync_folder(&home.at(OWN_FOLDER));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef";

    fn step(path: &str, temp: &str) -> Step {
        Step {
            path: path.to_owned(),
            temp: Some(temp.to_owned()),
            before: None,
            after: Some("00".to_owned()),
            in_place: false,
            mode: None,
        }
    }

    #[test]
    fn what_hardtack_writes_is_sound() {
        let temp = format!("{TEMP_PREFIX}{ID}-0");
        let record = format!("{ROLLBACK_FOLDER}/20261121T073000Z-aaaaaaaa");
        let paths = ["compose.yaml".to_owned(), format!("{record}.json"), format!("{record}.patch")];
        let undo = format!("{record}.undoes-20261121T073000Z-bbbbbbbb.json");
        let steps = paths.iter().chain([&undo]).map(|path| step(path, &temp)).collect();
        let journal = Journal::new(ID.to_owned(), vec!["a".to_owned()], steps);
        assert!(journal.is_sound());
        assert_eq!(journal.folders, ["", ROLLBACK_FOLDER]);
    }

    #[test]
    fn a_hostile_journal_is_not_sound() {
        let temp = format!("{TEMP_PREFIX}{ID}-0");
        for (path, temp) in [
            ("../x", temp.as_str()),
            (".git/hooks/pre-commit", &temp),
            (".hardtack/lock", &temp),
            (".hardtack/rollback/../../x", &temp),
            ("compose.yaml", "payload"),
            ("compose.yaml", &format!("{temp}/../../x")),
        ] {
            let journal = Journal::new(ID.to_owned(), Vec::new(), vec![step(path, temp)]);
            assert!(!journal.is_sound(), "{path} {temp}");
        }
        let mut journal = Journal::new(ID.to_owned(), vec!["../x".to_owned()], Vec::new());
        assert!(!journal.is_sound());
        journal.new_folders.clear();
        assert!(journal.is_sound());
        journal.folders.push("/tmp".to_owned());
        assert!(!journal.is_sound());
    }
}
