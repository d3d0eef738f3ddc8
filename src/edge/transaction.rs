//! Writing a set of files so that all are written or none is, whenever the process is killed.
//!
//! The protocol, in the order in which its steps reach the disk:
//!
//! 1. `.hardtack/lock` is taken, and what an earlier run left is ended by [`recover`].
//! 2. Every path is judged and every file compared with what the plan saw. A difference stops here.
//! 3. The journal says what will be made: state `prepared`.
//! 4. Each file's new text, and the rollback record, is written to a temporary file beside its place.
//! 5. The journal says that all are complete: state `committed`. This is the moment that decides.
//! 6. The record is put in its place, so that the way back is there before any file changes; then the files.
//! 7. The journal is removed.
//!
//! Killed before 5, the next command removes the temporary files; after 5, it puts the rest in place. There is
//! no other clean-up path. Where the system refuses a step after 5 (a file that may not be changed, a failing
//! disk), the run goes back itself, by a journal of the same kind with the texts before: state `reverting`.
//!
//! A file is replaced by renaming, so readers see the old text or the new one. It is overwritten instead, under
//! the journal's protection, when replacing would break something: other hard links, a mount of that one file,
//! an owner who cannot be kept. Extended attributes and access control lists are kept only by overwriting.

mod durable;
mod error;
mod home;
mod journal;
mod recovery;
mod step;

pub use durable::sha256_hex;
pub use error::{Staleness, TransactionError};
pub use recovery::{Recovery, recover};

use super::rollback_store::NewRecord;
use durable::sync_folder;
use error::{folder_error, io_error};
use home::{Home, folder_of};
use journal::{Journal, State, temp_prefix};
use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;
use step::Target;

/// What one file shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWrite {
    /// The file, from the root, with `/`; never `..`, never in `.git` or `.hardtack`. Where it is a symbolic
    /// link that stays in the project, the file that it leads to is meant.
    pub path: String,
    /// SHA-256 (hexadecimal) of the content that the plan saw; `None` when the file must not exist.
    pub expect: Option<String>,
    /// The new content; `None` to delete the file.
    pub content: Option<Vec<u8>>,
    /// Permission bits that it shall have; `None` to keep what it has, or for a new file what the system
    /// gives. Without effect on systems that have none.
    pub mode: Option<u32>,
}

/// Writes all of `writes`, and `record` with them, in the project at `root`; or nothing.
///
/// The record may stand alone: with no writes, it is only stored.
///
/// # Errors
/// Any [`TransactionError`]; after all but `Interrupted` and `Stuck` every file is as it was before.
pub fn apply(root: &Path, writes: &[FileWrite], record: Option<&NewRecord>) -> Result<(), TransactionError> {
    if writes.is_empty() && record.is_none() {
        return Ok(());
    }
    let home = Home::open(root)?;
    home.ensure()?;
    let _lock = home.lock()?;
    recovery::recover_locked(&home)?;
    home.furnish()?;
    let id = fresh_id();
    let mut targets = examine(&home, writes, record, &id)?;
    let mut journal = plan(id, &targets);
    if let Err(cause) = prepare(&home, &mut journal, &mut targets) {
        // Nothing is in its place yet. What this leaves behind, the next command removes.
        let _ = recovery::discard(&home, &journal);
        return Err(cause);
    }
    commit(&home, &mut journal)?;
    execute(&home, &mut journal).map_err(|cause| match revert(&home, &journal, &targets) {
        Ok(()) => cause,
        Err(_) => TransactionError::Interrupted { cause: Box::new(cause) },
    })
}

/// Sixteen digits that no other transaction has: their only purpose is that temporary files have free names.
fn fresh_id() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Judges all writes; the record's come first, so that they are put in place first.
fn examine<'a>(
    home: &Home,
    writes: &'a [FileWrite],
    record: Option<&'a NewRecord>,
    id: &str,
) -> Result<Vec<Target<'a>>, TransactionError> {
    let mut targets = Vec::new();
    if let Some(record) = record {
        let contents = [record.json.as_slice(), record.patch.as_bytes()];
        for (path, content) in record.paths().iter().zip(contents) {
            let temp = format!("{}{}", temp_prefix(id), targets.len());
            targets.push(step::examine_own(home, path, content, &temp)?);
        }
    }
    for write in writes {
        let temp = format!("{}{}", temp_prefix(id), targets.len());
        targets.push(step::examine(home, write, &temp)?);
    }
    let mut seen = BTreeSet::new();
    match targets.iter().find(|target| !seen.insert(&target.step.path)) {
        Some(again) => Err(TransactionError::Twice(again.step.path.clone())),
        None => Ok(targets),
    }
}

fn plan(id: String, targets: &[Target<'_>]) -> Journal {
    let new_folders: BTreeSet<String> =
        targets.iter().flat_map(|target| target.missing_folders.iter().cloned()).collect();
    let steps = targets.iter().map(|target| target.step.clone()).collect();
    // A folder sorts before what is in it.
    Journal::new(id, new_folders.into_iter().collect(), steps)
}

/// Steps 3 and 4 of the protocol, and a last look at the files.
fn prepare(home: &Home, journal: &mut Journal, targets: &mut [Target<'_>]) -> Result<(), TransactionError> {
    journal.write(home)?;
    for folder in &journal.new_folders {
        make_folder(home, folder)?;
    }
    for target in &mut *targets {
        let replaced = target.before.as_ref().map(|before| &before.metadata);
        step::stage(home, &mut target.step, target.content, replaced)?;
    }
    step::sync_folders(home, &journal.folders)?;
    for target in &*targets {
        step::compare_again(home, &target.step)?;
    }
    // Staging has found out which files are overwritten.
    journal.steps = targets.iter().map(|target| target.step.clone()).collect();
    Ok(())
}

fn make_folder(home: &Home, folder: &str) -> Result<(), TransactionError> {
    let parent = folder_of(folder);
    match fs::create_dir(home.at(folder)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(folder_error("make the folder", folder, parent)(error))
        }
        _ => sync_folder(&home.at(parent)).map_err(io_error("sync the folder", parent)),
    }
}

/// Step 5 of the protocol.
///
/// The system may say that this failed when the new journal is already there. Then it is taken back before
/// the temporary files are, which it would otherwise miss.
fn commit(home: &Home, journal: &mut Journal) -> Result<(), TransactionError> {
    journal.state = State::Committed;
    let Err(cause) = journal.write(home) else { return Ok(()) };
    journal.state = State::Prepared;
    if journal.write(home).is_err() {
        return Err(TransactionError::Interrupted { cause: Box::new(cause) });
    }
    let _ = recovery::discard(home, journal);
    Err(cause)
}

/// Steps 6 and 7 of the protocol.
fn execute(home: &Home, journal: &mut Journal) -> Result<(), TransactionError> {
    let own = journal.steps.iter().take_while(|step| step.is_own()).count();
    for number in 0..journal.steps.len() {
        if number == own && own > 0 {
            sync_folder(&home.at(super::rollback_store::ROLLBACK_FOLDER))
                .map_err(io_error("sync the folder", super::rollback_store::ROLLBACK_FOLDER))?;
        }
        step::perform(home, journal, number)?;
    }
    step::sync_folders(home, &journal.folders)?;
    Journal::remove(home)
}

/// Puts the texts before back, last file first, under a journal of its own.
fn revert(home: &Home, done: &Journal, targets: &[Target<'_>]) -> Result<(), TransactionError> {
    let mut back = done.clone();
    back.state = State::Reverting;
    back.steps.clear();
    for (number, (target, step)) in targets.iter().zip(&done.steps).enumerate().rev() {
        let Some(mut step) = step::reverse(home, target, step, done, number)? else { continue };
        let before = target.before.as_ref();
        let bytes = before.map(|before| before.bytes.as_slice());
        step::stage(home, &mut step, bytes, before.map(|before| &before.metadata))?;
        back.steps.push(step);
    }
    step::sync_folders(home, &back.folders)?;
    back.write(home)?;
    for number in 0..back.steps.len() {
        step::perform(home, &mut back, number)?;
    }
    step::sync_folders(home, &back.folders)?;
    recovery::discard(home, &back)
}
