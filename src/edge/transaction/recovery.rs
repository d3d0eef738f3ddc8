//! What the next command does about a transaction that was interrupted.

use super::durable::{hash_file, is_torn};
use super::error::{TransactionError, io_error};
use super::home::Home;
use super::journal::{Journal, State, Step, temp_prefix};
use super::step::{perform, sync_folders};
use crate::edge::safe_path::{self, OWN_FOLDER, TEMP_PREFIX};
use std::fs;
use std::path::Path;

/// What [`recover`] found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// No transaction was interrupted.
    Nothing,
    /// One was interrupted before it touched a file; its temporary files are gone.
    Discarded,
    /// One was interrupted while it wrote these files, and is now complete. Paths from the root.
    Completed(Vec<String>),
    /// One had failed and was interrupted while it put these files back, which is now done.
    Reverted(Vec<String>),
}

/// Ends the transaction that was interrupted in the project at `root`, if one was.
///
/// Every command that reads or writes a project calls this first. Nothing is made or locked where there is
/// nothing to do, so it works on a project that is read-only.
///
/// # Errors
/// [`TransactionError::Locked`] when another process is writing right now, [`TransactionError::Stuck`] when a
/// file was edited since the interruption, [`TransactionError::Foreign`] when the journal is not Hardtack's.
pub fn recover(root: &Path) -> Result<Recovery, TransactionError> {
    let home = Home::open(root)?;
    if !home.exists(OWN_FOLDER)? || !has_traces(&home)? {
        return Ok(Recovery::Nothing);
    }
    let _lock = home.lock()?;
    recover_locked(&home)
}

fn has_traces(home: &Home) -> Result<bool, TransactionError> {
    let entries = fs::read_dir(home.at(OWN_FOLDER)).map_err(io_error("list", OWN_FOLDER))?;
    let is_temp = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX);
    Ok(Journal::exists(home) || entries.flatten().any(is_temp))
}

/// [`recover`] for one who holds the lock.
pub(super) fn recover_locked(home: &Home) -> Result<Recovery, TransactionError> {
    let Some(mut journal) = Journal::read(home)? else {
        home.sweep(OWN_FOLDER, "")?;
        return Ok(Recovery::Nothing);
    };
    if journal.state == State::Prepared {
        discard(home, &journal)?;
        return Ok(Recovery::Discarded);
    }
    let mut open = Vec::new();
    for (number, step) in journal.steps.iter().enumerate() {
        if is_open(home, step)? {
            open.push(number);
        }
    }
    for number in open {
        perform(home, &mut journal, number)?;
    }
    sync_folders(home, &journal.folders)?;
    let paths = journal.steps.iter().filter(|step| !step.is_own()).map(|step| step.path.clone()).collect();
    if journal.state == State::Reverting {
        discard(home, &journal)?;
        return Ok(Recovery::Reverted(paths));
    }
    finish(home, &journal)?;
    Ok(Recovery::Completed(paths))
}

/// Removes all that a transaction made and none of which is in its place: temporary files, new folders, and
/// the journal last.
pub(super) fn discard(home: &Home, journal: &Journal) -> Result<(), TransactionError> {
    sweep(home, journal)?;
    for folder in journal.new_folders.iter().rev() {
        // One that is not empty holds what somebody else put there, and one that is gone was never made.
        let _ = fs::remove_dir(home.at(folder));
    }
    Journal::remove(home)
}

/// Ends a transaction all of whose files are in place.
fn finish(home: &Home, journal: &Journal) -> Result<(), TransactionError> {
    sweep(home, journal)?;
    Journal::remove(home)
}

fn sweep(home: &Home, journal: &Journal) -> Result<(), TransactionError> {
    let prefix = temp_prefix(&journal.id);
    let rest = prefix.strip_prefix(TEMP_PREFIX).unwrap_or(&prefix);
    for folder in &journal.folders {
        home.sweep(folder, rest)?;
    }
    home.sweep(OWN_FOLDER, "")
}

/// Whether a step is still to be done.
///
/// # Errors
/// [`TransactionError::Stuck`] when its file is neither as before nor as after, nor a torn write of ours.
fn is_open(home: &Home, step: &Step) -> Result<bool, TransactionError> {
    let stuck = |why: String| TransactionError::Stuck { path: step.path.clone(), why };
    safe_path::resolved_again(home.root(), &step.path).map_err(|why| stuck(why.to_string()))?;
    let now = hash_file(&step.target(home)).map_err(io_error("read", &step.path))?;
    let Some(temp) = step.temp_path() else {
        return match now {
            None => Ok(false),
            now if now == step.before => Ok(true),
            Some(_) => Err(stuck("somebody edited it".to_owned())),
        };
    };
    safe_path::resolved_again(home.root(), &temp).map_err(|why| stuck(why.to_string()))?;
    match hash_file(&home.at(&temp)).map_err(io_error("read", &temp))? {
        None if now == step.after => return Ok(false),
        None => return Err(stuck(format!("its new text, `{temp}`, is gone"))),
        ready if ready != step.after => return Err(stuck(format!("its new text, `{temp}`, was edited"))),
        Some(_) => {}
    }
    if now == step.before || now == step.after || is_torn_target(home, step, &temp)? {
        return Ok(true);
    }
    Err(stuck("somebody edited it".to_owned()))
}

/// Whether the file is what an interrupted overwriting left.
fn is_torn_target(home: &Home, step: &Step, temp: &str) -> Result<bool, TransactionError> {
    let target = step.target(home);
    if !step.in_place || !target.exists() {
        return Ok(false);
    }
    let found = fs::read(target).map_err(io_error("read", &step.path))?;
    let ready = fs::read(home.at(temp)).map_err(io_error("read", temp))?;
    Ok(is_torn(&found, &ready))
}
