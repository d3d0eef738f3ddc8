//! Fetches shared profiles by git, and keeps them: the text of a hash never changes.

use super::git::Git;
use super::sha256_hex;
use crate::profile::SharedProfile;
use std::io::Read as _;
use std::path::PathBuf;

/// The longest profile, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The text of a shared profile: from the user's cache, or from its repository unless `offline`.
///
/// # Errors
/// Why there is none, in words for a message: it cannot be fetched, or its text is not the one that the hash names.
pub(super) fn shared_profile(name: &str, offline: bool) -> Result<String, String> {
    let shared = SharedProfile::read(name)?;
    let kept = cache().map(|folder| folder.join(format!("{}.yaml", shared.sha256)));
    if let Some(text) = kept.as_deref().and_then(read).filter(|text| has_hash(text, &shared.sha256)) {
        return Ok(text);
    }
    if offline {
        return Err("it was not fetched before, and --offline opens no socket".to_owned());
    }
    let text = fetch(&shared)?;
    if !has_hash(&text, &shared.sha256) {
        let found = sha256_hex(text.as_bytes());
        return Err(format!("its text has the hash {found}, which is not the one that is named"));
    }
    if let Some(path) = kept {
        keep(&path, &text);
    }
    Ok(text)
}

fn has_hash(text: &str, hash: &str) -> bool {
    sha256_hex(text.as_bytes()) == hash
}

/// The folder of the user's cache; `None` if the system names none.
fn cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(base.join("hardtack").join("profiles"))
}

fn read(path: &std::path::Path) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A cache that can't be written costs a fetch, and nothing else. What it holds is checked when it is read.
fn keep(path: &std::path::Path, text: &str) {
    let write = || {
        let folder = path.parent()?;
        std::fs::create_dir_all(folder).ok()?;
        let own = folder.join(format!(".{}-{}", std::process::id(), super::now().as_nanosecond()));
        std::fs::write(&own, text).ok()?;
        std::fs::rename(&own, path).ok()
    };
    let _kept = write();
}

fn fetch(shared: &SharedProfile) -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!(
        "hardtack-profile-{}-{}",
        std::process::id(),
        super::now().as_nanosecond()
    ));
    std::fs::create_dir(&folder).map_err(|error| format!("no folder to fetch it to: {error}"))?;
    let fetched = fetch_into(&folder, shared);
    let _removed = std::fs::remove_dir_all(&folder);
    fetched
}

fn fetch_into(folder: &std::path::Path, shared: &SharedProfile) -> Result<String, String> {
    let git = Git::bare(folder).map_err(|error| error.to_string())?;
    let told = |error: super::git::GitError| {
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{error}{hint}")
    };
    git.run(&["fetch", "--quiet", "--no-tags", "--depth=1", "--", &shared.repository, &shared.commit])
        .map_err(told)?;
    let object = format!("{}:{}", shared.commit, shared.path);
    let size = git.run(&["cat-file", "-s", &object]).map_err(told)?;
    if size.trim().parse::<u64>().is_ok_and(|size| size <= MAX_BYTES) {
        git.run(&["cat-file", "blob", &object]).map_err(told)
    } else {
        Err(format!("it is larger than {MAX_BYTES} bytes"))
    }
}
