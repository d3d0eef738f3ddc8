//! The rollback records of a project: `.hardtack/rollback/`.
//!
//! Each run that changes files adds one record, `<id>.json`, with a plain patch beside it, `<id>.patch`. A
//! record is never edited and never removed by Hardtack. Undoing is a run like any other and adds a record of
//! its own, whose file name says what it undoes: `<id>.undoes-<earlier id>.json`. So the state of a record
//! shows in the names alone, an undo can itself be undone, and two runs never write to one file. An undo of
//! some fixes and one of all of them look alike here; what an undo took back is in its record.
//!
//! The content is opaque here: bytes in, bytes out, and never to be trusted, since anyone can put a file there.

use super::project_root::{FileProblem, read_regular};
use super::record_id::RecordId;
use super::safe_path::OWN_FOLDER;
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Largest record that is read, in bytes. It holds the texts before, so it may exceed a single file's limit.
pub const MAX_RECORD_BYTES: u64 = 64 * 1024 * 1024;

/// The folder of the records, from the root.
pub(super) const ROLLBACK_FOLDER: &str = ".hardtack/rollback";

/// A record that is to be written together with the files it is about, by [`apply`](super::apply).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Its identity, from [`RollbackStore::next_id`].
    pub id: RecordId,
    /// The record that this run undoes, if it is an undo.
    pub undoes: Option<RecordId>,
    /// The record itself.
    pub json: Vec<u8>,
    /// The same change as a patch for people and for `patch -R`.
    pub patch: String,
}

impl NewRecord {
    /// The paths of its two files from the root: the record and the patch.
    pub(super) fn paths(&self) -> [String; 2] {
        let undoes = self.undoes.as_ref().map(|id| format!(".undoes-{id}")).unwrap_or_default();
        let folder = ROLLBACK_FOLDER;
        [format!("{folder}/{}{undoes}.json", self.id), format!("{folder}/{}.patch", self.id)]
    }
}

/// One record, as its file's name tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackEntry {
    /// Its identity.
    pub id: RecordId,
    /// The record that it undoes, if it is an undo.
    pub undoes: Option<RecordId>,
    /// The records that undo it, wholly or in part, oldest first.
    pub undone_by: Vec<RecordId>,
}

impl RollbackEntry {
    fn file_name(&self) -> String {
        let undoes = self.undoes.as_ref().map(|id| format!(".undoes-{id}")).unwrap_or_default();
        format!("{}{undoes}.json", self.id)
    }
}

/// Why a record cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be listed.
    #[error("the rollback records in `{folder}` cannot be listed: {why}")]
    Unlistable {
        /// The folder.
        folder: String,
        /// The system's message.
        why: String,
    },
    /// No record has this id.
    #[error("there is no rollback record {0}")]
    Unknown(RecordId),
    /// The record is there and cannot be read.
    #[error("the rollback record {id} was not read: {problem}")]
    Unreadable {
        /// Its identity.
        id: RecordId,
        /// What is wrong.
        problem: FileProblem,
    },
    /// No id can be made of this hash or time.
    #[error(transparent)]
    Id(#[from] super::RecordIdError),
}

/// The rollback records of one project.
#[derive(Clone, Debug)]
pub struct RollbackStore {
    folder: PathBuf,
}

impl RollbackStore {
    /// The store of the project at `root`. Nothing is made; a project without records has an empty store.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { folder: root.join(OWN_FOLDER).join("rollback") }
    }

    /// All records, newest first. Files with other names are not records and are left out.
    ///
    /// # Errors
    /// [`StoreError::Unlistable`].
    pub fn list(&self) -> Result<Vec<RollbackEntry>, StoreError> {
        let unlistable = |error: io::Error| StoreError::Unlistable {
            folder: ROLLBACK_FOLDER.to_owned(),
            why: error.to_string(),
        };
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(unlistable)?,
        };
        let names: Result<BTreeSet<_>, _> = files.map(|file| Ok(file?.file_name())).collect();
        // Of two files with one id the same counts on every machine: names come sorted, the plain one last.
        let entries = names.map_err(unlistable)?.into_iter();
        let mut records: BTreeMap<RecordId, RollbackEntry> = entries
            .rev()
            .filter_map(|name| parse_file_name(name.to_str()?))
            .map(|entry| (entry.id.clone(), entry))
            .collect();
        let undoes: Vec<(RecordId, RecordId)> =
            records.values().filter_map(|entry| Some((entry.undoes.clone()?, entry.id.clone()))).collect();
        for (undone, by) in undoes {
            if let Some(entry) = records.get_mut(&undone) {
                entry.undone_by.push(by);
            }
        }
        Ok(records.into_values().rev().collect())
    }

    /// The newest record; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unlistable`].
    pub fn last(&self) -> Result<Option<RollbackEntry>, StoreError> {
        Ok(self.list()?.into_iter().next())
    }

    /// The bytes of a record. They come from outside: whoever parses them trusts nothing in them.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Unreadable`] (also when larger than `max_bytes`), or
    /// [`StoreError::Unlistable`].
    pub fn read(&self, id: &RecordId, max_bytes: u64) -> Result<Vec<u8>, StoreError> {
        let entry = self.list()?.into_iter().find(|entry| entry.id == *id);
        let entry = entry.ok_or_else(|| StoreError::Unknown(id.clone()))?;
        let path = self.folder.join(entry.file_name());
        let unreadable = |problem| StoreError::Unreadable { id: id.clone(), problem };
        if path.is_symlink() {
            return Err(unreadable(FileProblem::NotAFile));
        }
        Ok(read_regular(&path, max_bytes).map_err(unreadable)?.bytes)
    }

    /// An id for a run at `now` of the plan whose hash starts with the eight digits `digits`.
    ///
    /// Ids grow in the order of the runs: where the newest record has the same second, or a later one because
    /// the clock was set back, the id's time is one second after that record's.
    ///
    /// # Errors
    /// [`StoreError::Id`] for wrong `digits`, or [`StoreError::Unlistable`].
    pub fn next_id(&self, now: Timestamp, digits: &str) -> Result<RecordId, StoreError> {
        let newest = self.list()?.into_iter().find_map(|entry| entry.id.time());
        let after = newest.and_then(|newest| newest.checked_add(1.second()).ok());
        Ok(RecordId::new(after.map_or(now, |after| after.max(now)), digits)?)
    }
}

/// The record that a file's name stands for.
pub(super) fn parse_file_name(name: &str) -> Option<RollbackEntry> {
    let stem = name.strip_suffix(".json")?;
    let (id, undoes) = match stem.split_once(".undoes-") {
        Some((id, undoes)) => (id, Some(undoes.parse().ok()?)),
        None => (stem, None),
    };
    Some(RollbackEntry { id: id.parse().ok()?, undoes, undone_by: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RecordId {
        text.parse().unwrap()
    }

    fn store(files: &[&str]) -> (tempfile::TempDir, RollbackStore) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(ROLLBACK_FOLDER)).unwrap();
        for file in files {
            fs::write(folder.path().join(ROLLBACK_FOLDER).join(file), *file).unwrap();
        }
        let store = RollbackStore::of(folder.path());
        (folder, store)
    }

    const FIRST: &str = "20261121T073000Z-aaaaaaaa";
    const SECOND: &str = "20261121T073001Z-00000000";

    #[test]
    fn an_absent_store_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let store = RollbackStore::of(folder.path());
        assert_eq!(store.list(), Ok(Vec::new()));
        assert_eq!(store.read(&id(FIRST), 9), Err(StoreError::Unknown(id(FIRST))));
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn lists_newest_first_and_knows_what_was_undone() {
        let undo = format!("{SECOND}.undoes-{FIRST}.json");
        let (_folder, store) = store(&[
            &undo,
            &format!("{FIRST}.json"),
            &format!("{FIRST}.patch"),
            "notes.json",
            "x.undoes-y.json",
        ]);
        let listed = store.list().unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!((&listed[0].id, &listed[0].undoes), (&id(SECOND), &Some(id(FIRST))));
        assert_eq!((&listed[1].id, &listed[1].undone_by), (&id(FIRST), &vec![id(SECOND)]));
        assert_eq!(store.last().unwrap(), Some(listed[0].clone()));
        assert_eq!(store.read(&id(SECOND), 99).unwrap(), undo.as_bytes());
        assert!(matches!(store.read(&id(SECOND), 9), Err(StoreError::Unreadable { .. })));
    }

    #[test]
    fn ids_grow_even_when_the_clock_stands_or_goes_back() {
        let (_folder, store) = store(&[&format!("{SECOND}.json")]);
        for now in ["2026-11-21T07:30:01Z", "2020-01-01T00:00:00Z"] {
            let next = store.next_id(now.parse().unwrap(), "00000000").unwrap();
            assert_eq!(next, id("20261121T073002Z-00000000"));
        }
        let later = store.next_id("2026-11-22T00:00:00Z".parse().unwrap(), "00000000").unwrap();
        assert_eq!(later, id("20261122T000000Z-00000000"));
        assert!(store.next_id(Timestamp::UNIX_EPOCH, "nothexok").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_record_that_is_a_link_is_not_read() {
        let (folder, store) = store(&[]);
        let at = folder.path().join(ROLLBACK_FOLDER).join(format!("{FIRST}.json"));
        std::os::unix::fs::symlink("/etc/hostname", at).unwrap();
        assert!(matches!(store.read(&id(FIRST), 9999), Err(StoreError::Unreadable { .. })));
    }
}
