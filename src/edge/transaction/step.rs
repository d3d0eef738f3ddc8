//! One file of a transaction: seen, staged beside its place, put into its place.

use super::FileWrite;
use super::durable::{create_new, hash_file, overwrite, sha256_hex, sync_folder};
use super::error::{Staleness, TransactionError, folder_error, io_error};
use super::home::{Home, folder_of};
use super::journal::{Journal, Step, temp_prefix};
use crate::edge::project_root::mode_of;
use crate::edge::safe_path::{self, Resolved};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};

/// What a file was before the transaction, kept to be able to go back.
pub(super) struct Before {
    pub(super) bytes: Vec<u8>,
    pub(super) metadata: Metadata,
}

/// A write that has been judged: its place is safe and its file is as expected.
pub(super) struct Target<'a> {
    pub(super) step: Step,
    pub(super) content: Option<&'a [u8]>,
    pub(super) before: Option<Before>,
    pub(super) missing_folders: Vec<String>,
}

/// Judges a write that a plan asks for.
pub(super) fn examine<'a>(
    home: &Home,
    write: &'a FileWrite,
    temp: &str,
) -> Result<Target<'a>, TransactionError> {
    let resolved = safe_path::resolve(home.root(), &write.path)
        .map_err(|why| TransactionError::Path { path: write.path.clone(), why })?;
    if resolved.is_link && write.content.is_none() {
        return Err(TransactionError::DeleteThroughLink(write.path.clone()));
    }
    let expected = write.expect.as_ref().map(|hash| hash.to_ascii_lowercase());
    examine_place(home, resolved, expected, write.content.as_deref(), write.mode, temp)
}

/// Judges a write of one of Hardtack's own files, which must be new.
pub(super) fn examine_own<'a>(
    home: &Home,
    path: &str,
    content: &'a [u8],
    temp: &str,
) -> Result<Target<'a>, TransactionError> {
    let metadata = safe_path::resolved_again(home.root(), path)
        .map_err(|why| TransactionError::Path { path: path.to_owned(), why })?;
    let resolved = Resolved { real: path.to_owned(), metadata, missing_folders: Vec::new(), is_link: false };
    examine_place(home, resolved, None, Some(content), Some(0o600), temp)
}

fn examine_place<'a>(
    home: &Home,
    resolved: Resolved,
    expected: Option<String>,
    content: Option<&'a [u8]>,
    mode: Option<u32>,
    temp: &str,
) -> Result<Target<'a>, TransactionError> {
    let path = resolved.real;
    let before = match resolved.metadata {
        None => None,
        Some(metadata) => {
            let bytes = fs::read(home.at(&path)).map_err(io_error("read", &path))?;
            Some(Before { bytes, metadata })
        }
    };
    let found = before.as_ref().map(|before| sha256_hex(&before.bytes));
    compare(&path, expected.as_deref(), found.as_deref())?;
    let kept = before.as_ref().and_then(|before| mode_of(&before.metadata));
    let step = Step {
        path,
        temp: content.map(|_| temp.to_owned()),
        before: expected,
        after: content.map(sha256_hex),
        in_place: false,
        mode: mode.map(|mode| mode & 0o7777).or(kept),
    };
    Ok(Target { step, content, before, missing_folders: resolved.missing_folders })
}

/// Says how a file differs from what the plan saw.
fn compare(path: &str, expected: Option<&str>, found: Option<&str>) -> Result<(), TransactionError> {
    let change = match (expected, found) {
        (expected, found) if expected == found => return Ok(()),
        (None, Some(_)) => Staleness::Appeared,
        (Some(_), None) => Staleness::Vanished,
        _ => Staleness::Edited,
    };
    Err(TransactionError::Stale { path: path.to_owned(), change })
}

/// Looks again, after all is staged, so that an edit made meanwhile is not lost.
pub(super) fn compare_again(home: &Home, step: &Step) -> Result<(), TransactionError> {
    let found = hash_file(&step.target(home)).map_err(io_error("read", &step.path))?;
    compare(&step.path, step.before.as_deref(), found.as_deref())
}

/// Writes what the file shall be to a temporary file beside it: complete, on the disk, with the mode and the
/// owner of the file that it replaces. Finds out whether the file can be replaced at all.
pub(super) fn stage(
    home: &Home,
    step: &mut Step,
    content: Option<&[u8]>,
    replaced: Option<&Metadata>,
) -> Result<(), TransactionError> {
    let (Some(temp), Some(content)) = (step.temp_path(), content) else { return Ok(()) };
    // Until it is complete, and has its owner, it is for nobody else; a new file gets what the umask leaves.
    let initial = if step.mode.is_some() { 0o600 } else { 0o666 };
    let mut file = create_new(&home.at(&temp), initial).map_err(folder_error(
        "create a temporary file for",
        &step.path,
        folder_of(&step.path),
    ))?;
    fill(&mut file, content, step, replaced).map_err(io_error("write the new text of", &step.path))?;
    if step.in_place {
        // Now, while nothing has happened yet, and not after the commit.
        let open = OpenOptions::new().write(true).open(step.target(home));
        open.map_err(io_error("open for writing", &step.path))?;
    }
    Ok(())
}

/// Fills a temporary file, and has the step overwrite its file where replacing would break something.
fn fill(file: &mut File, content: &[u8], step: &mut Step, replaced: Option<&Metadata>) -> io::Result<()> {
    file.write_all(content)?;
    if let Some(replaced) = replaced {
        let breaks = !take_owner(file, replaced)? || has_other_links(replaced);
        // What is gone meanwhile, as when a deletion is taken back, cannot be overwritten.
        step.in_place |= breaks && step.before.is_some();
    }
    if let Some(mode) = step.mode.filter(|_| !step.in_place) {
        set_mode(file, mode)?;
    }
    file.sync_all()
}

/// Gives the file the owner and the group of the one that it replaces; says whether it has them.
///
/// A file whose owner cannot be kept is overwritten: that keeps it, and lets nobody read who could not before.
#[cfg(unix)]
fn take_owner(file: &File, replaced: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = file.metadata()?;
    let same = (made.uid(), made.gid()) == (replaced.uid(), replaced.gid());
    Ok(same || fchown(file, Some(replaced.uid()), Some(replaced.gid())).is_ok())
}

#[cfg(not(unix))]
fn take_owner(_file: &File, _replaced: &Metadata) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn has_other_links(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
fn has_other_links(_file: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Puts the step with this number into its place.
///
/// A file that is a mount of its own refuses to be replaced: the journal then says that it is overwritten,
/// before it is, so that an interruption finds the half-written file expected.
pub(super) fn perform(home: &Home, journal: &mut Journal, number: usize) -> Result<(), TransactionError> {
    let Some(step) = journal.steps.get_mut(number) else { return Ok(()) };
    let Some(temp) = step.temp_path() else {
        return match fs::remove_file(step.target(home)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error("remove", &step.path)(error))
            }
            _ => Ok(()),
        };
    };
    if !step.in_place {
        match fs::rename(home.at(&temp), step.target(home)) {
            Ok(()) => return Ok(()),
            Err(error) if step.before.is_some() && is_mount(&error) => step.in_place = true,
            Err(error) => return Err(io_error("replace", &step.path)(error)),
        }
        journal.write(home)?;
    }
    journal.steps.get(number).map_or(Ok(()), |step| perform_in_place(home, step, &temp))
}

fn is_mount(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices)
}

fn perform_in_place(home: &Home, step: &Step, temp: &str) -> Result<(), TransactionError> {
    let content = fs::read(home.at(temp)).map_err(io_error("read", temp))?;
    let write = || -> io::Result<()> {
        let file = overwrite(&step.target(home), &content)?;
        let now = mode_of(&file.metadata()?);
        if let Some(mode) = step.mode.filter(|mode| now.is_some_and(|now| now != *mode)) {
            set_mode(&file, mode)?;
        }
        file.sync_all()
    };
    write().map_err(io_error("overwrite", &step.path))?;
    fs::remove_file(home.at(temp)).map_err(io_error("remove", temp))
}

/// Makes the changes of these folders last. One that is gone needs nothing.
pub(super) fn sync_folders(home: &Home, folders: &[String]) -> Result<(), TransactionError> {
    for folder in folders {
        let path = home.at(folder);
        if path.is_dir() {
            sync_folder(&path).map_err(io_error("sync the folder", folder))?;
        }
    }
    Ok(())
}

/// The step that leads back, when the step has been done or begun; `None` when its file is untouched.
pub(super) fn reverse(
    home: &Home,
    target: &Target<'_>,
    step: &Step,
    journal: &Journal,
    number: usize,
) -> Result<Option<Step>, TransactionError> {
    let now = hash_file(&step.target(home)).map_err(io_error("read", &step.path))?;
    // As long as the temporary file is there and the content is the old one, nothing was put anywhere.
    let pending = step.temp_path().is_none_or(|temp| home.at(&temp).exists());
    if pending && now == step.before {
        return Ok(None);
    }
    Ok(Some(Step {
        path: step.path.clone(),
        temp: target.before.as_ref().map(|_| format!("{}back-{number}", temp_prefix(&journal.id))),
        before: step.after.clone(),
        after: step.before.clone(),
        in_place: step.in_place,
        mode: target.before.as_ref().and_then(|before| mode_of(&before.metadata)),
    }))
}
