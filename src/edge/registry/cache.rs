//! Contents that have a digest, kept for the next run.
//!
//! A content never changes under its digest, so nothing here gets old. What a tag stands for is not kept, since it
//! does; nor is any token. What is read is checked against its digest again: a cache that somebody tampered with is
//! an empty one.

use super::manifest::check;
use crate::model::Digest;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// How many contents of one algorithm are kept; beyond that the older half goes. They have some kB each.
const MAX_KEPT: usize = 4096;

/// Makes the names of files that are being written differ.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A folder of contents. Whatever goes wrong with it costs a request and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in this folder, which is made when it is needed.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The user's own: `hardtack/registry` in `XDG_CACHE_HOME` or in `~/.cache`; `None` if there is neither.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(Self::at(caches.join("hardtack").join("registry")))
    }

    /// The content of a digest, if it is there, has at most `limit` bytes and is the right one.
    pub(super) fn read(&self, digest: &Digest, limit: usize) -> Option<Vec<u8>> {
        let path = self.path(digest);
        let mut content = Vec::new();
        File::open(&path).ok()?.take(limit as u64 + 1).read_to_end(&mut content).ok()?;
        if content.len() <= limit && check(digest, &content).is_ok() {
            return Some(content);
        }
        let _removed = fs::remove_file(path);
        None
    }

    /// Keeps a content that was checked against its digest.
    pub(super) fn keep(&self, digest: &Digest, content: &[u8]) {
        let _kept = self.write(digest, content);
    }

    fn write(&self, digest: &Digest, content: &[u8]) -> std::io::Result<()> {
        let folder = self.folder.join(digest.algorithm());
        make_private(&folder)?;
        make_room(&folder)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!(".{}-{number}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&unfinished).and_then(|mut file| file.write_all(content));
        let done = written.and_then(|()| fs::rename(&unfinished, self.path(digest)));
        if done.is_err() {
            let _removed = fs::remove_file(&unfinished);
        }
        done
    }

    /// The digits of a digest are hexadecimal, so that they are a file name and nothing else.
    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.algorithm()).join(digest.hex())
    }
}

/// A folder that only its owner sees into: the images of a company are nobody else's business.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the older half away once there are too many.
fn make_room(folder: &Path) -> std::io::Result<()> {
    let entries: Vec<_> = fs::read_dir(folder)?.flatten().collect();
    if entries.len() < MAX_KEPT {
        return Ok(());
    }
    let age = |entry: &fs::DirEntry| {
        entry.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut by_age: Vec<(SystemTime, PathBuf)> =
        entries.iter().map(|entry| (age(entry), entry.path())).collect();
    by_age.sort();
    for (_, path) in by_age.into_iter().take(MAX_KEPT / 2) {
        let _removed = fs::remove_file(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::computed;
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("a/b"));
        (folder, cache)
    }

    #[test]
    fn what_is_kept_comes_back() {
        let (_folder, cache) = cache();
        for algorithm in ["sha256", "sha512"] {
            let digest = computed(algorithm, b"content").unwrap();
            assert_eq!(cache.read(&digest, 100), None);
            cache.keep(&digest, b"content");
            assert_eq!(cache.read(&digest, 100).as_deref(), Some(&b"content"[..]));
            assert_eq!(cache.read(&digest, 3), None, "too long");
        }
    }

    #[test]
    fn what_was_tampered_with_is_not_there() {
        let (_folder, cache) = cache();
        let digest = computed("sha256", b"content").unwrap();
        cache.keep(&digest, b"content");
        fs::write(cache.path(&digest), b"another").unwrap();
        assert_eq!(cache.read(&digest, 100), None);
        assert!(!cache.path(&digest).exists());
        cache.keep(&digest, b"content");
        assert!(cache.read(&digest, 100).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, cache) = cache();
        let digest = computed("sha256", b"content").unwrap();
        cache.keep(&digest, b"content");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache.path(&digest)), mode(&cache.folder)), (0o600, 0o700));
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let (_folder, cache) = cache();
        let folder = cache.folder.join("sha256");
        fs::create_dir_all(&folder).unwrap();
        for number in 0..MAX_KEPT {
            fs::write(folder.join(format!("{number:064x}")), b"x").unwrap();
        }
        let digest = computed("sha256", b"content").unwrap();
        cache.keep(&digest, b"content");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), MAX_KEPT / 2 + 1);
        assert!(cache.read(&digest, 100).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), b"").unwrap();
        let cache = Cache::at(folder.path().join("file/below"));
        let digest = computed("sha256", b"content").unwrap();
        cache.keep(&digest, b"content");
        assert_eq!(cache.read(&digest, 100), None);
    }
}
