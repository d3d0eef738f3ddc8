//! What runs are known by while they go on, and what those that were killed left.

use super::Git;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A run's own names: a place for refs, and a folder. While it goes on, it holds a lock in the repository, by which other
/// runs tell, also from another container, and which ends with the process however that ends.
pub(super) struct OwnNames {
    name: String,
    lock: Option<(PathBuf, File)>,
}

impl OwnNames {
    /// Names that no other run has.
    pub(super) fn new(repository: &Git) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let time = crate::edge::now().as_nanosecond();
        let name = format!("{}-{number}-{time}", std::process::id());
        let path = common_folder(repository).map(|folder| lock_in(&folder, &name));
        // Where there can be none, a run counts as left after a day.
        let lock = path.and_then(|path| {
            let file = OpenOptions::new().write(true).create_new(true).open(&path).ok()?;
            let _held = file.try_lock();
            Some((path, file))
        });
        Self { name, lock }
    }

    /// The place of its refs.
    pub(super) fn namespace(&self) -> String {
        format!("refs/hardtack/{}", self.name)
    }

    /// Its folder, which is not made.
    pub(super) fn folder(&self) -> PathBuf {
        std::env::temp_dir().join(format!("hardtack-{}", self.name))
    }
}

impl Drop for OwnNames {
    fn drop(&mut self) {
        if let Some((path, file)) = self.lock.take() {
            let _removed = fs::remove_file(path);
            // Closing is not enough: a git that is just being started holds the same open file.
            let _unlocked = file.unlock();
        }
    }
}

/// Takes back what runs that were killed left. What can't be is no reason to stop.
pub(super) fn take_back_left(repository: &Git) {
    let common = common_folder(repository);
    let is_left = |name: &str| is_left(common.as_deref(), name);
    let listed = repository.run(&["worktree", "list", "--porcelain"]).unwrap_or_default();
    for path in listed.lines().filter_map(|line| line.strip_prefix("worktree ")) {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()?.strip_prefix("hardtack-"));
        if name.is_some_and(is_left) {
            let _removed = repository.run(&["worktree", "remove", "--force", "--force", path]);
        }
    }
    let refs = repository.run(&["for-each-ref", "--format=%(refname)", "refs/hardtack/"]).unwrap_or_default();
    for name in refs.lines() {
        if name.split('/').nth(2).is_some_and(is_left) {
            let _removed = repository.run(&["update-ref", "-d", name]);
        }
    }
    // The locks go last: while one is there, what it stands for is taken back by the next run.
    for entry in common.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        let file = entry.file_name();
        let name = file.to_str().and_then(|name| name.strip_prefix("hardtack-")?.strip_suffix(".lock"));
        if name.is_some_and(is_left) {
            let _removed = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name of [`OwnNames`] is of a run that goes on no more.
fn is_left(common: Option<&Path>, name: &str) -> bool {
    /// No run takes a day: git's calls have limits.
    const DAY: i128 = 86_400_000_000_000;
    let parts: Vec<Option<i128>> = name.split('-').map(|part| part.parse().ok()).collect();
    let [Some(_), Some(_), Some(time)] = parts[..] else { return false };
    let lock = common.and_then(|folder| OpenOptions::new().write(true).open(lock_in(folder, name)).ok());
    match lock.map(|file| file.try_lock()) {
        Some(Ok(())) => true,
        Some(Err(TryLockError::WouldBlock)) => false,
        Some(Err(TryLockError::Error(_))) | None => time + DAY < crate::edge::now().as_nanosecond(),
    }
}

/// The folder that all working trees of a repository share.
fn common_folder(repository: &Git) -> Option<PathBuf> {
    let found = repository.run(&["rev-parse", "--git-common-dir"]).ok()?;
    Some(repository.folder().join(found.trim_end_matches('\n')))
}

fn lock_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("hardtack-{name}.lock"))
}
